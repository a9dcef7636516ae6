#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""HSS signatures of others, as C.

  hss_cases.py FOLDER >FILE

FOLDER is firmware/tests/vectors/lms; its README says where they come from.
hss_lms_sig.vec has private keys: their public halves are made from the seed
here, by RFC 8554, appendix A, so that a hash function is all that is shared
with those who verify.
"""

import hashlib
import json
import os
import struct
import sys

# typecodes to heights, or to digits; SHA-256 alone
HEIGHTS = dict(zip(range(5, 15), 2 * [5, 10, 15, 20, 25]))
DIGITS = dict(zip(range(1, 9), 2 * [1, 2, 4, 8]))
# RFC 8554, table 1
CHAINS = {1: 265, 2: 133, 4: 67, 8: 34}


def sha(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def leaf(lmots, identity, seed, q):
    """The one-time public key of leaf q, n = 32."""
    w = DIGITS[lmots]
    start = identity + struct.pack(">I", q)
    ends = []
    for i in range(CHAINS[w]):
        value = sha(start, struct.pack(">HB", i, 0xff), seed)
        for j in range((1 << w) - 1):
            value = sha(start, struct.pack(">HB", i, j), value)
        ends.append(value)
    return sha(start, b"\x80\x80", *ends)


def root(lms, lmots, identity, seed):
    leaves = 1 << HEIGHTS[lms]
    row = [sha(identity, struct.pack(">IH", leaves + q, 0x8282),
               leaf(lmots, identity, seed, q)) for q in range(leaves)]
    while len(row) > 1:
        half = len(row) // 2
        row = [sha(identity, struct.pack(">IH", half + i, 0x8383),
                   row[2 * i], row[2 * i + 1]) for i in range(half)]
    return row[0]


def public_of(private):
    """Levels | counter[8] | sets | seed | I, as hash-sigs and Botan have it."""
    levels, = struct.unpack_from(">I", private)
    lms, lmots = struct.unpack_from(">II", private, 12)
    seed, identity = private[-48:-16], private[-16:]
    return struct.pack(">III", levels, lms, lmots) + identity + \
        root(lms, lmots, identity, seed)


def read_vec(path):
    """Cases of a .vec file: (name, public, message, signature)."""
    fields, count = {}, 0
    with open(path, encoding="ascii") as f:
        for line in f:
            key, found, value = line.partition("=")
            if not found or line.startswith("#"):
                continue
            fields[key.strip()] = bytes.fromhex(value.strip())
            if key.strip() != "Signature":
                continue
            count += 1
            public = fields.get("PublicKey") or public_of(fields["PrivateKey"])
            yield (f"{os.path.basename(path)} {count}", public,
                   fields["Msg"], fields["Signature"])
            fields = {}


def read_json(path):
    with open(path, encoding="ascii") as f:
        text = json.load(f)
    for count, test in enumerate(text["tests"], 1):
        yield (f"cisco {text['parameters']} {count}",
               bytes.fromhex(text["public"]), bytes.fromhex(test["message"]),
               bytes.fromhex(test["signature"]))


def cases(folder):
    yield from read_vec(f"{folder}/hss_lms_verify.vec")
    yield from read_vec(f"{folder}/hss_lms_sig.vec")
    for name in sorted(os.listdir(f"{folder}/cisco")):
        if name.endswith(".json"):
            yield from read_json(f"{folder}/cisco/{name}")


def known(public):
    """Whether the root's set is one with SHA-256."""
    lms, lmots = struct.unpack_from(">II", public, 4)
    return lms in HEIGHTS and lmots in DIGITS


def literal(data):
    return "(const unsigned char[]){" + ",".join(map(str, data)) + "}"


def main():
    print("static const struct hss_case hss_cases[] = {")
    for name, public, message, signature in cases(sys.argv[1]):
        print(f'{{ "{name}", {int(known(public))}')
        for data in (public, message, signature):
            print(f", {literal(data)}, {len(data)}")
        print("},")
    print("};")


if __name__ == "__main__":
    main()
