#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Shamir's scheme once more, written from its definition alone: logarithms to
the base 3 in GF(2^8) instead of products bit by bit. Prints shares.txt.

    shares.py > shares.txt
"""
import hashlib
import struct
import subprocess

EXP = [1]
while len(EXP) < 255:
    a = EXP[-1]
    doubled = (a << 1) ^ (0x11b if a & 0x80 else 0)
    EXP.append(doubled ^ a)		# times 3, which generates the field
LOG = {value: power for power, value in enumerate(EXP)}


def times(a, b):
    return EXP[(LOG[a] + LOG[b]) % 255] if a and b else 0


def power(a, n):
    result = 1
    for _ in range(n):
        result = times(result, a)
    return result


def drawn(label, size):
    """Bytes that are the same each time."""
    stream = b""
    while len(stream) < size:
        stream += hashlib.sha256(f"{label} {len(stream)}".encode()).digest()
    return stream[:size]


def check(secret):
    """SP 800-108 counter mode with CMAC of AES-256, by openssl."""
    text = subprocess.run(
        ["openssl", "kdf", "-keylen", "32", "-kdfopt", "mac:CMAC",
         "-kdfopt", "cipher:AES-256-CBC", "-kdfopt", "mode:counter",
         "-kdfopt", "hexkey:" + secret.hex(), "-kdfopt", "salt:share-check",
         "KBKDF"], check=True, capture_output=True, text=True).stdout
    return bytes.fromhex(text.strip().replace(":", ""))[:8]


def shares(number, kind, m, n):
    secret = drawn(f"secret {number}", 32)
    higher = [drawn(f"power {i} of {number}", 32) for i in range(1, m)]
    for x in range(1, n + 1):
        y = bytearray(secret)
        for i, coefficients in enumerate(higher, 1):
            for k in range(32):
                y[k] ^= times(coefficients[k], power(x, i))
        yield secret, (b"CSHR" + struct.pack(">IIIII", 1, kind, m, n, x) +
                       drawn(f"set {number}", 16) + check(secret) + y)


if __name__ == "__main__":
    print("# secret, share; made by shares.py")
    for number, (kind, m, n) in enumerate(
            [(1, 2, 3), (2, 3, 5), (1, 7, 7), (2, 16, 16), (1, 2, 16)]):
        for secret, share in shares(number, kind, m, n):
            print(secret.hex(), share.hex())
