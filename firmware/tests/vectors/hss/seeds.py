#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Seeds of punctured trees, straight from the definition:

    S_r = H(I || u32str(r) || u16str(0xE4E4) || u8str(0xff) || S_(r div 2))

    ./seeds.py > seeds.txt
"""
import hashlib
import struct


def seed(n, identity, first, r):
    if r == 1:
        return first
    above = seed(n, identity, first, r // 2)
    text = identity + struct.pack(">IHB", r, 0xE4E4, 0xFF) + above
    return hashlib.sha256(text).digest()[:n]


def bytes_of(name, n):
    return hashlib.sha256(name.encode()).digest()[:n]


print("# Made by seeds.py. Fields: n, height, I, node (decimal), its seed.")
for n in (24, 32):
    for h, nodes in (
        (5, range(1, 64)),
        (10, (1, 1024, 1500, 2047)),
        (25, (1, 2**25, 2**25 + 0x0F0F0F, 2**26 - 2, 2**26 - 1)),
    ):
        identity = bytes_of(f"I {n} {h}", 16)
        first = bytes_of(f"S {n} {h}", n)
        for r in nodes:
            print(n, h, identity.hex(), r, seed(n, identity, first, r).hex())
