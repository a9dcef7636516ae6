# SPDX-License-Identifier: MIT
"""HSS/LMS verification from RFC 8554 and RFC 9858, by hashlib alone.

Slow, and as the RFC's algorithms stand there. It tells which one-time keys
signed what, so that a ledger can find one that signed twice.
"""

import hashlib
import struct

# n, h by LMS typecode; n, w, p, ls by LM-OTS typecode
LMS = {5 + i: (32, 5 * (i + 1)) for i in range(5)}
LMS.update({10 + i: (24, 5 * (i + 1)) for i in range(5)})
OTS = {1: (32, 1, 265, 7), 2: (32, 2, 133, 6), 3: (32, 4, 67, 4),
       4: (32, 8, 34, 0), 5: (24, 1, 200, 8), 6: (24, 2, 101, 6),
       7: (24, 4, 51, 4), 8: (24, 8, 26, 0)}
D_PBLC, D_MESG, D_LEAF, D_INTR = 0x8080, 0x8181, 0x8282, 0x8383


class Bad(Exception):
    """The signature is not good; the text says why."""


def u32(value):
    return struct.pack(">I", value)


def u16(value):
    return struct.pack(">H", value)


def word(data):
    return struct.unpack(">I", data)[0]


def digits(data, w, count):
    """coef(S, i, w), 3.1.3"""
    bits = int.from_bytes(data, "big")
    total = 8 * len(data)
    return [bits >> (total - w * (i + 1)) & ((1 << w) - 1)
            for i in range(count)]


def ots_public(ots, identifier, q, message, c, chains):
    """Algorithm 4b"""
    n, w, p, ls = OTS[ots]
    top = (1 << w) - 1

    def h(data):
        return hashlib.sha256(data).digest()[:n]
    head = identifier + u32(q)
    digest = h(head + u16(D_MESG) + c + message)
    checksum = sum(top - d for d in digits(digest, w, 8 * n // w)) << ls
    ends = []
    for i, a in enumerate(digits(digest + u16(checksum), w, p)):
        value = chains[n * i:n * (i + 1)]
        prefix = head + u16(i)
        for j in range(a, top):
            value = h(prefix + bytes([j]) + value)
        ends.append(value)
    return h(head + u16(D_PBLC) + b"".join(ends))


class Cursor:
    """Takes bytes off the front of a message."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, n):
        if self.at + n > len(self.data):
            raise Bad("too short")
        self.at += n
        return self.data[self.at - n:self.at]


def take_lms(cursor, lms, ots):
    """q, c, y, path of one LMS signature, and its bytes."""
    start = cursor.at
    n, h = LMS[lms]
    q = word(cursor.take(4))
    if word(cursor.take(4)) != ots:
        raise Bad("LM-OTS type")
    c = cursor.take(n)
    chains = cursor.take(n * OTS[ots][2])
    if word(cursor.take(4)) != lms:
        raise Bad("LMS type")
    path = [cursor.take(n) for _ in range(h)]
    if q >> h:
        raise Bad("q")
    return q, c, chains, path, cursor.data[start:cursor.at]


def lms_verify(key, message, parts):
    """Algorithm 6a"""
    lms, ots = word(key[:4]), word(key[4:8])
    identifier, root = key[8:24], key[24:]
    n, h = LMS[lms]
    q, c, chains, path, _ = parts
    node = 2 ** h + q
    value = ots_public(ots, identifier, q, message, c, chains)
    value = hashlib.sha256(identifier + u32(node) + u16(D_LEAF) +
                           value).digest()[:n]
    for sibling in path:
        pair = sibling + value if node & 1 else value + sibling
        node >>= 1
        value = hashlib.sha256(identifier + u32(node) + u16(D_INTR) +
                               pair).digest()[:n]
    if value != root:
        raise Bad("root")


def take_public(cursor):
    head = cursor.take(8)
    lms, ots = word(head[:4]), word(head[4:])
    if lms not in LMS or ots not in OTS or LMS[lms][0] != OTS[ots][0]:
        raise Bad("set")
    return head + cursor.take(16 + LMS[lms][0])


def verify(public, message, signature):
    """Section 6.3. Returns (I, q, what was signed) of every level."""
    cursor = Cursor(public)
    levels = word(cursor.take(4))
    key = take_public(cursor)
    if cursor.at != len(public) or not 1 <= levels <= 8:
        raise Bad("public key")
    cursor = Cursor(signature)
    if word(cursor.take(4)) != levels - 1:
        raise Bad("levels")
    signed = []
    for level in range(levels):
        parts = take_lms(cursor, word(key[:4]), word(key[4:8]))
        below = message if level == levels - 1 else take_public(cursor)
        lms_verify(key, below, parts)
        # with the signature's bytes: C, too, must be the same each time
        signed.append((key[8:24], parts[0], below + parts[4]))
        key = below
    if cursor.at != len(signature):
        raise Bad("bytes left over")
    return signed


class Ledger:
    """What each one-time key has signed."""

    def __init__(self):
        self.entries = {}

    def check(self, public, message, signature):
        """Verify, and enter; a one-time key that signed twice is the end."""
        for identifier, q, what in verify(public, message, signature):
            digest = hashlib.sha256(what).digest()
            known = self.entries.setdefault((identifier, q), digest)
            assert known == digest, f"leaf {q} signed twice"
