#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Turn vectors of RSA and ECDSA, as Debian's python3-cryptography-vectors has
them, into the line format that core_pss_test, core_oaep_test and core_test read;
and make, by RFC 8017 alone, the PSS signatures that it lacks.

    convert_public.py CRYPTOGRAPHY_VECTORS_FOLDER OUTPUT_FOLDER

See README.md beside this file for the format.
"""
import hashlib
import os
import re
import sys

HASHES = ("sha1", "sha224", "sha256", "sha384", "sha512")


def line(*fields):
    return " ".join(str(field) or "-" for field in fields) + "\n"


# --- DER --------------------------------------------------------------------

def tlv(tag, *parts):
    body = b"".join(parts)
    size = len(body)
    if size < 128:
        return bytes([tag, size]) + body
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 128 + len(length)]) + length + body


def integer(n):
    return tlv(2, n.to_bytes(n.bit_length() // 8 + 1, "big"))


RSA = tlv(0x30, bytes.fromhex("06092a864886f70d0101010500"))
P521 = tlv(0x30, bytes.fromhex("06072a8648ce3d0201"),
           bytes.fromhex("06052b81040023"))


def spki(algorithm, key):
    return tlv(0x30, algorithm, tlv(3, b"\0", key)).hex()


def rsa_spki(n, e):
    return spki(RSA, tlv(0x30, integer(n), integer(e)))


def rsa_pkcs8(n, e, d, p, q, dp, dq, u):
    key = tlv(0x30, *map(integer, (0, n, e, d, p, q, dp, dq, u)))
    return tlv(0x30, integer(0), RSA, tlv(4, key)).hex()


# --- PSS --------------------------------------------------------------------

def labs(path):
    """RSA Laboratories' files: (title, bytes) for each value."""
    title, value = None, ""
    with open(path, encoding="ascii") as f:
        for text in f:
            text = text.strip()
            if re.fullmatch(r"([0-9a-f]{2} ?)+|[0-9a-f]+", text):
                value += text.replace(" ", "")
                continue
            if value:
                yield title, bytes.fromhex("0" * (len(value) % 2) + value)
                value = ""
            name = re.fullmatch(r"# (?:=+ )?([A-Z].*?):?", text)
            title = name[1] if name else title
        if value:
            yield title, bytes.fromhex(value)


def labs_keys(path):
    """Each key as a dictionary, with a list of what was done with it."""
    key = {}
    for title, value in labs(path):
        if title == "Modulus" and "Coefficient" in key:
            yield key
            key = {}
        if title in ("Message to be signed", "Message", "Message to be encrypted"):
            key.setdefault("tests", []).append({"message": value})
        elif "tests" in key:
            key["tests"][-1][title] = value
        elif title == "Exponent" and "Public exponent" in key:
            key["Private exponent"] = value
        elif title != "Exponent":
            key[title] = value
    yield key


PARTS = ("Modulus", "Public exponent", "Private exponent", "Prime 1",
         "Prime 2", "Prime exponent 1", "Prime exponent 2", "Coefficient")


def numbers(key):
    return [int.from_bytes(key[part], "big") for part in PARTS]


def pss_of_labs(folder):
    """SHA-1 with salts of 20 bytes, and moduli that are no whole bytes."""
    path = f"{folder}/asymmetric/RSA/pkcs-1v2-1d2-vec/pss-vect.txt"
    for k, key in enumerate(labs_keys(path)):
        n, e = numbers(key)[:2]
        yield line("key", "sha1", rsa_spki(n, e))
        for t, test in enumerate(key["tests"][:2]):
            yield line(f"labs-{k + 1}.{t + 1}", "valid", test["message"].hex(),
                       test["Signature"].hex())


def pss_of_nist(folder):
    """Salts of 20 bytes, which is the right length for SHA-1 alone."""
    path = f"{folder}/asymmetric/RSA/FIPS_186-2/SigGenPSS_186-2.rsp"
    values, taken, key = {}, {}, ""
    with open(path, encoding="ascii") as f:
        for text in f:
            name, _, value = text.strip().partition(" = ")
            if name == "S":
                n, e = int(values["n"], 16), int(values["e"], 16)
                sha = values["SHAAlg"].lower()
                count = taken[n, sha] = taken.get((n, sha), 0) + 1
                if count > (2 if sha == "sha1" else 1):
                    continue
                # there is no place for a salt of 64 bytes
                if (n.bit_length(), sha) == (1024, "sha512"):
                    continue
                if key != (n, sha):
                    key = n, sha
                    yield line("key", sha, rsa_spki(n, e))
                yield line(f"nist-{n.bit_length()}-{sha}",
                           "valid" if sha == "sha1" else "invalid",
                           values["Msg"], value)
            values[name] = value


def mgf1(sha, seed, size):
    out = b""
    while len(out) < size:
        out += hashlib.new(sha, seed + (len(out) // hashlib.new(
            sha).digest_size).to_bytes(4, "big")).digest()
    return out[:size]


def emsa_pss(sha, message, bits, salt, mgf=None, prefix=b"", middle=1,
             trailer=0xbc, top=0):
    """RFC 8017, 9.1.1; what comes after the salt makes it wrong."""
    size = (bits + 7) // 8
    digest = hashlib.new(sha, message).digest()
    inner = hashlib.new(sha, bytes(8) + digest + salt).digest()
    padding = bytes(size - len(salt) - len(inner) - 2 - len(prefix))
    db = padding + prefix + bytes([middle]) + salt
    mask = mgf1(mgf or sha, inner, len(db))
    masked = bytearray(a ^ b for a, b in zip(db, mask))
    masked[0] = masked[0] & 0xff >> 8 * size - bits | top
    return int.from_bytes(bytes(masked) + inner + bytes([trailer]), "big")


def pss_by_rfc(folder):
    """Of RSA Laboratories' last key (2,048 bits), for every hash."""
    path = f"{folder}/asymmetric/RSA/pkcs-1v2-1d2-vec/pss-vect.txt"
    n, e, d = numbers(list(labs_keys(path))[-1])[:3]
    bits, message = n.bit_length() - 1, b"a message"
    for sha in (*HASHES, "sha512-224", "sha512-256"):
        name = sha.replace("-", "_") if "-" in sha else sha
        size = hashlib.new(name).digest_size
        salt = hashlib.sha512(sha.encode()).digest()[:size]
        other = "sha1" if sha == "sha256" else "sha256"
        yield line("key", sha, rsa_spki(n, e))
        for kind, args in {
                "valid": {}, "salt-short": {"salt": salt[:-1]},
                "salt-long": {"salt": salt + b"s"}, "salt-none": {"salt": b""},
                "mgf": {"mgf": other}, "trailer": {"trailer": 0xcc},
                "middle": {"middle": 2}, "padding": {"prefix": b"\1"},
                "top": {"top": 0x80}}.items():
            em = emsa_pss(name, message, bits, **{"salt": salt, **args})
            if em >= n:
                continue
            signature = pow(em, d, n).to_bytes((bits + 8) // 8, "big")
            yield line(f"rfc-{sha}-{kind}",
                       "valid" if kind == "valid" else "invalid",
                       message.hex(), signature.hex())
            if kind == "valid":
                yield line(f"rfc-{sha}-message", "invalid",
                           (message + b".").hex(), signature.hex())
                yield line(f"rfc-{sha}-cut", "invalid", message.hex(),
                           signature[1:].hex())
                above = (int.from_bytes(signature, "big") + n).to_bytes(
                    len(signature) + 1, "big")
                yield line(f"rfc-{sha}-above", "invalid", message.hex(),
                           above[above[0] == 0:].hex())


def pss(folder):
    yield from pss_of_labs(folder)
    yield from pss_of_nist(folder)
    yield from pss_by_rfc(folder)


# --- P-521 ------------------------------------------------------------------

def p521(folder):
    path = f"{folder}/asymmetric/ECDSA/FIPS_186-3/SigVer.rsp"
    values, sha, n = {}, None, 0
    with open(path, encoding="ascii") as f:
        for text in f:
            section = re.match(r"\[(P-521)?,?(?:.*SHA-(\d+))?", text)
            if section:
                sha = section[1] and f"sha{section[2]}"
                continue
            name, _, value = text.strip().partition(" = ")
            values[name] = value
            if name != "Result" or not sha:
                continue
            n += 1
            x, y, r, s = (int(values[k], 16).to_bytes(66, "big").hex()
                          for k in ("Qx", "Qy", "R", "S"))
            yield line("key", sha, spki(P521, bytes.fromhex("04" + x + y)))
            yield line(n, "valid" if value[0] == "P" else "invalid",
                       values["Msg"], r + s)


def main():
    folder, output = sys.argv[1:]
    for name, lines in {"rsa_pss.txt": pss,
                        "ecdsa_p521.txt": p521}.items():
        with open(os.path.join(output, name), "w", encoding="ascii") as f:
            f.write("# SPDX-License-Identifier: Apache-2.0\n")
            f.writelines(lines(folder))


if __name__ == "__main__":
    main()
