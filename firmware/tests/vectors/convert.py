#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Turn Wycheproof's JSON files into the line format that core_test reads.

    convert.py WYCHEPROOF_TESTVECTORS_V1_FOLDER OUTPUT_FOLDER

See README.md beside this file for the format.
"""
import json
import os
import sys

SHA = {"SHA-1": "sha1", "SHA-224": "sha224", "SHA-256": "sha256",
       "SHA-384": "sha384", "SHA-512": "sha512"}


def tests(folder, name):
    with open(os.path.join(folder, name), encoding="utf-8") as f:
        for group in json.load(f)["testGroups"]:
            for test in group["tests"]:
                yield group, test


def line(*fields):
    return " ".join(str(field) or "-" for field in fields) + "\n"


def key_wrap(folder):
    for group, test in tests(folder, "aes_kwp_test.json"):
        if group["keySize"] == 256:
            yield line(test["tcId"], test["result"], test["key"],
                       test["msg"], test["ct"])


def cbc(folder):
    for _, test in tests(folder, "aes_cbc_pkcs5_test.json"):
        yield line(test["tcId"], test["result"], test["key"], test["iv"],
                   test["msg"], test["ct"])


def xts(folder):
    for group, test in tests(folder, "aes_xts_test.json"):
        if group["keySize"] in (256, 512):
            yield line(test["tcId"], test["result"], test["key"], test["iv"],
                       test["msg"], test["ct"])


def hmac(folder):
    for _, test in tests(folder, "hmac_sha256_test.json"):
        yield line(test["tcId"], test["result"], test["key"], test["msg"],
                   test["tag"])


def pbkdf2(folder):
    for _, test in tests(folder, "pbkdf2_hmacsha256_test.json"):
        yield line(test["tcId"], test["result"], test["password"],
                   test["salt"], test["iterationCount"], test["dk"])


def signatures(key_field):
    """Tests of one key follow a line that gives digest and key."""
    def convert(folder, name):
        last = None
        for group, test in tests(folder, name):
            if group is not last:
                yield line("key", SHA[group["sha"]], group[key_field])
                last = group
            yield line(test["tcId"], test["result"], test["msg"],
                       test["sig"])
    return convert


def oaep(folder):
    for group, test in tests(folder,
                             "rsa_oaep_2048_sha256_mgf1sha256_test.json"):
        if test["tcId"] == 1:
            yield line("key", SHA[group["sha"]], group["privateKeyPkcs8"])
        yield line(test["tcId"], test["result"], test["label"], test["msg"],
                   test["ct"])


def main():
    folder, output = sys.argv[1:]
    public, private = signatures("publicKeyDer"), signatures("privateKeyPkcs8")
    files = {
        "aes256_kwp.txt": key_wrap(folder),
        "aes_cbc_pkcs5.txt": cbc(folder),
        "aes_xts.txt": xts(folder),
        "hmac_sha256.txt": hmac(folder),
        "pbkdf2_sha256.txt": pbkdf2(folder),
        "ecdsa_p256_sha256.txt":
            public(folder, "ecdsa_secp256r1_sha256_p1363_test.json"),
        "ecdsa_p384_sha384.txt":
            public(folder, "ecdsa_secp384r1_sha384_p1363_test.json"),
        "rsa2048_verify_sha256.txt":
            public(folder, "rsa_signature_2048_sha256_test.json"),
        "rsa2048_sign.txt":
            private(folder, "rsa_pkcs1_2048_sig_gen_test.json"),
        "rsa2048_oaep_sha256.txt": oaep(folder),
    }
    for name, lines in files.items():
        with open(os.path.join(output, name), "w", encoding="ascii") as f:
            f.write("# SPDX-License-Identifier: Apache-2.0\n")
            f.writelines(lines)


if __name__ == "__main__":
    main()
