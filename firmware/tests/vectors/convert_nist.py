#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Turn vectors of NIST and of RFC 4231, as Debian's python3-cryptography-vectors
has them, into the line format that core_symmetric_test reads.

    convert_nist.py CRYPTOGRAPHY_VECTORS_FOLDER OUTPUT_FOLDER

See README.md beside this file for the format.
"""
import os
import re
import sys

BITS = (128, 192, 256)
GCM_OF_A_KIND = 1       # tests that are taken of each set of lengths


def records(path):
    """Each test as a dictionary, with what [brackets] before it said."""
    about, test = {}, {}
    with open(path, encoding="ascii") as f:
        for text in (*f, "\n"):
            if text.startswith("#"):
                continue
            text = text.strip()
            section = re.fullmatch(r"\[(.*?)(?: = (\d+))?\]", text)
            if section:
                about[section[1].lower()] = section[2]
                continue
            if text:
                name, _, value = text.partition("=")
                test[name.strip().lower()] = value.strip()
                continue
            if "key" in test:
                yield {**about, **test}
            test = {}


def line(*fields):
    return " ".join(str(field) or "-" for field in fields) + "\n"


def ecb(folder):
    for kind in ("GFSbox", "KeySbox", "MMT", "VarTxt"):
        for bits in BITS:
            path = f"{folder}/ciphers/AES/ECB/ECB{kind}{bits}.rsp"
            for n, test in enumerate(records(path)):
                if n < 10:
                    yield line(f"{kind}{bits}-{n}", "valid", test["key"], "-",
                               test["plaintext"], test["ciphertext"])


def ctr(folder):
    for bits in BITS:
        path = f"{folder}/ciphers/AES/CTR/aes-{bits}-ctr.txt"
        for n, test in enumerate(records(path)):
            yield line(f"{bits}-{n}", "valid", test["key"], test["iv"],
                       test["plaintext"], test["ciphertext"])


def gcm(folder):
    for kind in ("Decrypt", "EncryptExtIV"):
        for bits in BITS:
            taken = {}
            path = f"{folder}/ciphers/AES/GCM/gcm{kind}{bits}.rsp"
            for test in records(path):
                if (test["ivlen"], test["taglen"]) != ("96", "128"):
                    continue
                lengths = (test["ptlen"], test["aadlen"], "fail" in test)
                taken[lengths] = taken.get(lengths, 0) + 1
                if taken[lengths] > GCM_OF_A_KIND:
                    continue
                yield line(f"{kind}{bits}-{test['count']}",
                           "invalid" if "fail" in test else "valid",
                           test["key"], test["iv"], test["aad"],
                           test.get("pt", ""), test["ct"], test["tag"])


def cmac(folder):
    for bits in BITS:
        path = f"{folder}/CMAC/nist-800-38b-aes{bits}.txt"
        for n, test in enumerate(records(path)):
            yield line(f"{bits}-{n}", "valid", test["key"], test["message"],
                       test["output"])


def hmac(folder):
    for bits in (256, 384, 512):
        path = f"{folder}/HMAC/rfc-4231-sha{bits}.txt"
        for n, test in enumerate(records(path)):
            yield line(bits, "valid", test["key"], test["msg"], test["md"])


def main():
    folder, output = sys.argv[1:]
    for name, lines in {"nist_ecb.txt": ecb, "nist_ctr.txt": ctr,
                        "nist_gcm.txt": gcm, "nist_cmac.txt": cmac,
                        "rfc4231.txt": hmac}.items():
        with open(os.path.join(output, name), "w", encoding="ascii") as f:
            f.write("# SPDX-License-Identifier: Apache-2.0\n")
            f.writelines(lines(folder))


if __name__ == "__main__":
    main()
