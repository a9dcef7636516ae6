# SPDX-License-Identifier: MIT
"""Keys and signatures made and checked without the HSM, by openssl."""

import atexit
import functools
import os
import re
import shutil
import tempfile

from harness import openssl

FOLDER = tempfile.mkdtemp(prefix="cryptech-keys-")
atexit.register(shutil.rmtree, FOLDER, ignore_errors=True)


@functools.lru_cache(maxsize=None)
def make_key(kind, size):
    """A private key made by openssl: the name of its PEM file."""
    path = os.path.join(FOLDER, f"{kind}-{size}.pem")
    option = (f"rsa_keygen_bits:{size}" if kind == "rsa"
              else f"ec_paramgen_curve:{size}")
    openssl("genpkey", "-algorithm", kind, "-pkeyopt", option, "-out", path)
    return path


def der_of(path, public=False):
    """PKCS#8, or SubjectPublicKeyInfo."""
    if public:
        return openssl("pkey", "-in", path, "-pubout", "-outform", "DER")
    return openssl("pkcs8", "-topk8", "-nocrypt", "-in", path,
                   "-outform", "DER")


@functools.lru_cache(maxsize=None)
def rsa_public(spki):
    text = openssl("rsa", "-pubin", "-inform", "DER", "-noout", "-text",
                   "-modulus", data=spki).decode()
    modulus = int(re.search(r"Modulus=([0-9A-F]+)", text).group(1), 16)
    exponent = int(re.search(r"Exponent: (\d+)", text).group(1))
    return modulus, exponent


def rsa_recover(spki, signature):
    """What a PKCS#1 v1.5 type 1 signature (RFC 8017, 9.2) contains."""
    modulus, exponent = rsa_public(spki)
    size = (modulus.bit_length() + 7) // 8
    assert len(signature) == size
    block = pow(int.from_bytes(signature, "big"), exponent,
                modulus).to_bytes(size, "big")
    assert block[:2] == b"\x00\x01"
    padding, _, content = block[2:].partition(b"\0")
    assert len(padding) >= 8 and set(padding) == {0xFF}
    return content


def ec_signature_to_der(raw):
    """r || s as an ECDSA-Sig-Value."""
    def integer(value):
        body = value.to_bytes(value.bit_length() // 8 + 1, "big")
        return bytes([2, len(body)]) + body
    half = len(raw) // 2
    body = integer(int.from_bytes(raw[:half], "big"))
    body += integer(int.from_bytes(raw[half:], "big"))
    length = bytes([len(body)]) if len(body) < 128 else \
        bytes([0x81, len(body)])
    return b"\x30" + length + body


def openssl_verifies(spki, digest, signature):
    """True if openssl accepts a signature over a hash value."""
    files = {}
    for name, data in (("spki", spki), ("sig", signature)):
        files[name] = os.path.join(FOLDER, name)
        with open(files[name], "wb") as f:
            f.write(data)
    return openssl("pkeyutl", "-verify", "-pubin", "-keyform", "DER",
                   "-inkey", files["spki"], "-sigfile", files["sig"],
                   data=digest, ok=False) == 0


def aes_ecb(key, data):
    return openssl("enc", f"-aes-{8 * len(key)}-ecb", "-nopad", "-K",
                   key.hex(), data=data)


def xts(keys, tweak, data, block=0):
    """AES-XTS (IEEE 1619) from its definition, beginning at that block."""
    def xor(a, b):
        return bytes(x ^ y for x, y in zip(a, b))
    half = len(keys) // 2
    t = int.from_bytes(aes_ecb(keys[half:], tweak), "little")
    masks, whole = [], len(data) // 16
    for _ in range(block + whole + 1):
        masks.append(t.to_bytes(16, "little"))
        t = t << 1 ^ (0x87 | 1 << 128 if t >> 127 else 0)
    masks = masks[block:]
    mask = b"".join(masks[:whole])
    head = data[:16 * whole]
    out = xor(aes_ecb(keys[:half], xor(head, mask)), mask)
    rest = data[16 * whole:]
    if not rest:
        return out
    last = rest + out[-16:][len(rest):]
    stolen = xor(aes_ecb(keys[:half], xor(last, masks[whole])), masks[whole])
    return out[:-16] + stolen + out[-16:][:len(rest)]
