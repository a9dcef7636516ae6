#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
Files of `cryptech backup`, `master-key` and `recovery`, as far as they go
without an HSM: what the tool writes is read here by other means, what is
written here the tool has to read or refuse. The program is CRYPTECH, or
build/test/cryptech; TAP on standard output.
"""

import base64
import ctypes
import ctypes.util
import hashlib
import json
import os
import struct
import subprocess
import tempfile
import traceback

TOP = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
TOOL = os.environ.get("CRYPTECH", os.path.join(TOP, "build/test/cryptech"))
NONE = "--device=65535"     # a device that there is not
SERIAL = "00112233445566778899aabbccddeeff"
UUID = "12345678-9abc-4ef0-8123-456789abcdef"

count = failed = 0


def point(good, what, *comments):
    global count, failed
    count += 1
    failed += not good
    for comment in () if good else comments:
        print("# " + str(comment).replace("\n", "\n# "))
    print(f"{'ok' if good else 'not ok'} {count} {what}", flush=True)


def tool(*arguments, text=None):
    """Exit status and all output of the tool."""
    done = subprocess.run([TOOL, *arguments], input=text, timeout=60,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True)
    return done.returncode, done.stdout


def t(what, status, words, *arguments, text=None):
    got, output = tool(*arguments, text=text)
    point(got == status and words in output, what,
          f"{arguments}: status {got}, wanted {status} and {words!r}", output)


def lines(data):
    text = base64.b64encode(data).decode()
    return [text[i:i + 76] for i in range(0, len(text), 76)]


def write(name, content):
    with open(name, "w") as out:
        out.write(content if isinstance(content, str) else json.dumps(content))
    return name


# --- soft KEKEKs, which need no HSM ------------------------------------------

def kwp_unwrap(key, wrapped):
    """RFC 5649 section 4.2, from AES blocks."""
    crypto = ctypes.CDLL(ctypes.util.find_library("crypto"))
    schedule = ctypes.create_string_buffer(512)
    crypto.AES_set_decrypt_key(key, 8 * len(key), schedule)

    def decrypt(block):
        out = ctypes.create_string_buffer(16)
        crypto.AES_decrypt(block, out, schedule)
        return out.raw

    n = len(wrapped) // 8 - 1
    if n == 1:
        plain = decrypt(wrapped)
        a, r = plain[:8], [plain[8:]]
    else:
        a = wrapped[:8]
        r = [wrapped[8 * i:8 * i + 8] for i in range(1, n + 1)]
        for j in range(5, -1, -1):
            for i in range(n, 0, -1):
                a = struct.pack(">Q", struct.unpack(">Q", a)[0] ^ (n * j + i))
                plain = decrypt(a + r[i - 1])
                a, r[i - 1] = plain[:8], plain[8:]
    data = b"".join(r)
    magic, length = struct.unpack(">II", a)
    assert magic == 0xa65959a6 and len(data) - 8 < length <= len(data)
    assert not any(data[length:])
    return data[:length]


def der(data, tag):
    """The content of a DER value and what follows it."""
    assert data[0] == tag
    length, at = data[1], 2
    if length & 0x80:
        at += length & 0x7f
        length = int.from_bytes(data[2:at], "big")
    return data[at:at + length], data[at + length:]


def encrypted_key_info(data):
    """The OCTET STRING of an EncryptedPrivateKeyInfo with RFC 5649's OID."""
    content, rest = der(data, 0x30)
    assert not rest
    algorithm, content = der(content, 0x30)
    oid, parameters = der(algorithm, 0x06)
    assert oid == bytes.fromhex("608648016503040130") and not parameters
    octets, rest = der(content, 0x04)
    assert not rest
    return octets


def openssl(*arguments, data):
    return subprocess.run(["openssl", *arguments], input=data, check=True,
                          capture_output=True).stdout


def soft_kekek():
    write("pass", "correct horse\n")
    os.chmod("pass", 0o600)
    t("a soft KEKEK", 0, "", "backup", "setup", "--legacy", "--soft-kekek",
      "--out", "soft", "--pin-file", "pass")
    point(os.stat("soft").st_mode & 0o777 == 0o600, "its file is private")
    with open("soft") as file:
        text = file.read()
    db = json.loads(text)
    point(sorted(db) == ["comment", "kekek_pkcs8", "kekek_pubkey",
                         "kekek_salt"], "has libhal's members", sorted(db))
    point(text == json.dumps(db, indent=4, sort_keys=True) + "\n",
          "and libhal's layout")
    point(all(len(line) == 76 for line in db["kekek_pkcs8"][:-1]) and
          len(db["kekek_pkcs8"]) > 1, "base64 in lines of 76")
    salt, spki, info = (base64.b64decode("".join(db["kekek_" + name]))
                        for name in ("salt", "pubkey", "pkcs8"))
    point(len(salt) == 16, "a salt of 16 bytes")
    key = hashlib.pbkdf2_hmac("sha256", b"correct horse", salt, 8000, 32)
    pkcs8 = kwp_unwrap(key, encrypted_key_info(info))
    public = openssl("pkey", "-inform", "DER", "-pubout", "-outform", "DER",
                     data=pkcs8)
    point(public == spki, "which the passphrase opens, as RFC 5649 has it")
    t("nothing is overwritten", 1, "--force", "backup", "setup", "--legacy",
      "--soft-kekek", "--out", "soft", "--pin-file", "pass")
    point(open("soft").read() == text, "indeed")
    t("but by force", 0, "", "backup", "setup", "--legacy", "--soft-kekek",
      "--out", "soft", "--force", "--pin-file", "pass")
    point(json.load(open("soft"))["kekek_salt"] != db["kekek_salt"],
          "with another salt")
    point(not [n for n in os.listdir(".") if n.startswith("soft.")],
          "nothing is left beside it")
    t("not to standard output", 1, "no ordinary file", "backup", "setup",
      "--legacy", "--soft-kekek", "--out", "-", "--pin-file", "pass")
    os.symlink("soft", "link")
    t("nor through a link", 1, "no ordinary file", "backup", "setup",
      "--legacy", "--soft-kekek", "--out", "link", "--force", "--pin-file",
      "pass")
    t("nor where there is no folder", 1, "cannot write", "backup", "setup",
      "--legacy", "--soft-kekek", "--out", "no/soft", "--pin-file", "pass")


# --- our files -----------------------------------------------------------------

def ours(kind, items=(), **more):
    return {"format": "cryptech-backup", "version": 1, "kind": kind,
            "serial": SERIAL, "items": list(items), **more}


def item(data=b"12345", **more):
    return {"uuid": UUID, "data": lines(data), **more}


def forms():
    good = ours("raw", [item(bytes(200), label="x", type="rsa2048")])
    verify = ("backup", "verify", "file", NONE)

    write("file", good)
    t("a good file", 3, "there is none", *verify)
    good["items"][0]["data"] = "".join(good["items"][0]["data"])
    write("file", good)
    t("with base64 in one line", 3, "there is none", *verify)
    write("file", dict(good, later="unknown"))
    t("with members that are not known", 3, "there is none", *verify)

    def bad(what, words, content):
        write("file", content)
        t(what, 1, words, *verify)

    bad("an empty file", "not a JSON object", "")
    bad("a list", "not a JSON object", [])
    bad("half a file", "not a JSON object", json.dumps(good)[:-10])
    bad("something behind it", "not a JSON object", json.dumps(good) + "{}")
    bad("a member twice", "not a JSON object",
        json.dumps(good)[:-1] + ', "kind": "raw"}')
    bad("too deep", "not a JSON object", "[" * 100000)
    bad("JSON of others", "another format", {"keys": []})
    bad("another version", "version", dict(good, version=2))
    bad("a version that is text", "version", dict(good, version="1"))
    bad("another kind", "kind", dict(good, kind="other"))
    bad("a serial number too short", "serial number",
        dict(good, serial=SERIAL[:-2]))
    bad("one too long", "serial number", dict(good, serial=SERIAL + "00"))
    bad("one with large letters", "serial number",
        dict(good, serial=SERIAL.upper()))
    bad("no items", "no list", dict(good, items=None))
    bad("an item that is no object", "damaged", dict(good, items=[1]))
    bad("an item without data", "damaged",
        dict(good, items=[{"uuid": UUID}]))
    bad("a UUID that is none", "damaged",
        dict(good, items=[dict(item(), uuid=UUID[:-1])]))
    for what, data in (("a letter that is none", ["AAA!"]),
                       ("three letters", ["AAA"]),
                       ("bits left over", ["AAB="]),
                       ("pads in the midst", ["AA==", "AAAA"]),
                       ("three pads", ["A==="]), ("a space", ["AAA "]),
                       ("a newline", ["AAAA\n"]), ("a dash", ["AA-A"]),
                       ("a number in its lines", ["AAAA", 1]),
                       ("a number", 1), ("too much", ["A" * 100000])):
        bad("data with " + what, "damaged",
            dict(good, items=[dict(item(), data=data)]))


def kinds():
    setup = ours("setup", [item(single_use=False)])
    ack = ours("ack", [item()])

    write("file", setup)
    t("a setup file is not imported", 1, "backup export --to", "backup",
      "import", "file")
    t("nor acknowledged", 1, "backup export --to", "backup", "ack", "file")
    write("file", ack)
    t("an acknowledgement is not imported", 1, "cryptech backup ack",
      "backup", "import", "file")
    write("file", ours("identity", [item()]))
    t("an identity is no setup file", 1, "cryptech device approve", "backup",
      "export", "--to", "file", "--out", "new", "--all")
    t("it is approved", 3, "there is none", "device", "approve", "file", NONE)
    write("file", ours("identity", [item(), item()]))
    t("but not two in one", 1, "damaged", "device", "approve", "file", NONE)
    write("file", ours("identity", [item(bytes(513))]))
    t("nor one too large", 1, "damaged", "device", "approve", "file", NONE)
    write("file", {"kekek_uuid": UUID, "kekek_pubkey": lines(b"123")})
    t("libhal's setup file is not imported", 1, "backup export --to",
      "backup", "import", "file")
    t("it is exported to", 3, "there is none", "backup", "export", "--to",
      "file", "--out", "new", "--all", NONE)
    write("file", {"kekek_uuid": UUID, "kekek_pubkey": lines(b"123"),
                   "keys": []})
    t("libhal's keys are imported", 3, "there is none", "backup", "import",
      "file", NONE)
    t("all of them", 2, "all keys", "backup", "import", "file", "one")
    t("and cannot be verified", 1, "backup import", "backup", "verify",
      "file")
    write("file", {"kekek_uuid": UUID, "keys": 1})
    t("keys that are no list", 1, "no list", "backup", "import", "file")


def usage():
    export = ("backup", "export")
    t("a verb is missing", 2, "verb is missing", "backup")
    t("or is none", 2, "no verb frob", "backup", "frob")
    t("usage errors name the verb", 2, "cryptech backup export --help",
      *export)
    t("export without --out", 2, "--out", *export, "--raw", "--all")
    t("export to nobody", 2, "--raw", *export, "--out", "new", "--all")
    t("export both ways", 2, "either", *export, "--out", "new", "--raw",
      "--to", "file", "--all")
    t("export of nothing", 2, "--all", *export, "--out", "new", "--raw")
    t("export of a key and all", 2, "--all", *export, "--out", "new", "--raw",
      "--all", "key")
    t("setup of too many", 2, "1 to 16", "backup", "setup", "--out", "new",
      "--single-use", "17")
    t("setup of libhal's with single-use ones", 2, "no single-use", "backup",
      "setup", "--out", "new", "--single-use", "1", "--legacy")
    t("a soft one of ours", 2, "--legacy", "backup", "setup", "--out", "new",
      "--soft-kekek")
    t("a flag to drop that is none", 2, "no flag tok:", "backup", "import",
      "file", "--drop", "exportable,tok")
    t("forgetting what cannot be", 2, "kekek, outbox or parked", "backup",
      "forget", "key", UUID)
    t("forgetting no UUID", 2, "no UUID", "backup", "forget", "outbox", "x")
    t("a policy that is none", 2, "no policy", "backup", "policy", "all")
    t("none and another", 2, "no policy none", "backup", "policy", "none",
      "shared-seed")
    t("a serial number that is none", 2, "32 hex", "device", "revoke", "12")
    t("a threshold above the count", 2, "--threshold", "master-key", "shares",
      "--threshold", "4", "--count", "3", "--out-dir", ".")
    t("a threshold of one", 2, "--threshold", "recovery", "create", "-m", "1",
      "-n", "3", "--out-dir", ".")
    t("too many shares", 2, "2 to 16", "master-key", "shares", "-m", "2",
      "-n", "17", "--out-dir", ".")
    t("shares to nowhere", 1, "cannot write", "master-key", "shares", "-m",
      "2", "-n", "3", "--out-dir", "no")
    write("share-2-of-3.pem", "x")
    t("shares over others", 1, "share-2-of-3.pem", "master-key", "shares",
      "-m", "2", "-n", "3", "--out-dir", ".")
    t("a recovery key for others", 2, "hss", "keygen", "rsa2048",
      "--recoverable", "--exportable")
    t("that does not leave", 2, "--exportable", "keygen", "hss", "5/8",
      "--recoverable")


# --- shares ----------------------------------------------------------------------

def share(x, m=2, n=3, kind=1, group=b"s" * 16, version=1):
    return (b"CSHR" + struct.pack(">IIIII", version, kind, m, n, x) + group +
            b"c" * 8 + bytes([x]) * 32)


def pem(data, checksum=None, name="CRYPTECH SHARE"):
    text = base64.b64encode(data).decode()
    text = "".join(text[i:i + 64] + "\n" for i in range(0, len(text), 64))
    checksum = checksum or hashlib.sha256(data).hexdigest()[:16]
    return (f"-----BEGIN {name}-----\nOf: somebody\nChecksum: {checksum}\n\n"
            f"{text}-----END {name}-----\n")


def shares():
    for x in 1, 2, 3:
        write(f"s{x}", pem(share(x)))
    set_key = ("master-key", "set", NONE)
    t("two shares", 3, "there is none", *set_key, "s3", "s1")
    write("s4", "A note before.\n\n" + pem(share(2)) + "\nOne behind.\n")
    t("with notes around", 3, "there is none", *set_key, "s1", "s4")
    t("one is not enough", 1, "any 2", *set_key, "s1")
    t("one twice", 1, "are the same share", *set_key, "s1", "s2", "s1")
    t("none", 2, "either", *set_key)

    def bad(what, words, content, status=1):
        write("bad", content)
        t(what, status, words, *set_key, "s1", "bad")

    bad("a share of another set", "different sets",
        pem(share(2, group=b"t" * 16)))
    bad("of a recovery key", "not of a master key", pem(share(2, kind=2)))
    bad("of another kind", "not know", pem(share(2, kind=3)))
    bad("of another version", "not know", pem(share(2, version=2)))
    bad("number 0", "not know", pem(share(0)))
    bad("number 4 of 3", "not know", pem(share(4)))
    bad("with another threshold", "different sets", pem(share(2, m=3)))
    bad("a wrong checksum", "damaged", pem(share(2), "0" * 16))
    bad("a byte too few", "damaged", pem(share(2)[:-1]))
    bad("a byte too many", "damaged", pem(share(2) + b"x"))
    bad("another file", "is no CRYPTECH SHARE", pem(share(2), name="X"))
    bad("no file at all", "is no CRYPTECH SHARE", "hello\n")
    text = pem(share(2))
    bad("mistyped", "damaged", text.replace("AgIC", "AgIB"))
    bad("without its checksum", "damaged",
        "".join(line for line in text.splitlines(True)
                if "Checksum" not in line))

    write("key", "01" * 32 + "\n")
    t("a key in digits", 3, "there is none", *set_key, "-k", "key")
    write("key", "k" * 32)
    t("a key in bytes", 3, "there is none", *set_key, "-k", "key")
    write("key", "k" * 33)
    t("one too long", 1, "neither", *set_key, "-k", "key")
    write("key", "0g" * 32)
    t("digits that are none", 1, "neither", *set_key, "-k", "key")
    t("key and shares", 2, "either", *set_key, "-k", "key", "s1")


def recovery():
    for x in 1, 2:
        write(f"r{x}", pem(share(x, kind=2)))
    write("file", ours("raw", [item(label="one"),
                               dict(item(label="two"),
                                    uuid="f" + UUID[1:])]))
    arm = ("recovery", "arm", NONE)
    all_of = ("file", "r1", "r2")
    t("arm", 3, "there is none", *arm, "--floor", "7", "--key", "two",
      *all_of)
    t("by UUID", 3, "there is none", *arm, "--floor", "7", "--key",
      "f2345678", *all_of)
    t("one of several", 5, "--key", *arm, "--floor", "7", *all_of)
    t("one that is not there", 5, "no such key", *arm, "--floor", "7",
      "--key", "six", *all_of)
    t("without a floor", 2, "--floor or --after", *arm, *all_of)
    t("with two", 2, "--floor or --after", *arm, "--floor", "7", "--after",
      "x", *all_of)
    with open("sig", "wb") as file:
        file.write(struct.pack(">II", 1, 0x01020304) + bytes(1000))
    t("behind a signature", 3, "there is none", *arm, "--after", "sig",
      "--key", "one", *all_of)
    with open("sig", "wb") as file:
        file.write(os.urandom(4).replace(b"\0", b"x") + bytes(1000))
    t("that is none", 1, "no signature", *arm, "--after", "sig", "--key",
      "one", *all_of)
    t("a share of the master key", 1, "not of a recovery key", *arm,
      "--floor", "7", "--key", "one", "file", "r1", "s2")


# --- what older versions wrote ---------------------------------------------------

def kept():
    """The tool goes as far with each as without an HSM it can."""
    def of(name):
        return os.path.join(TOP, "userspace/tests/files", name)

    for what, *arguments in (
            ("identity", "device", "approve", of("identity_v1.json")),
            ("setup", "backup", "export", "--to", of("setup_v1.json"),
             "--out", "new", "--all"),
            ("transfer", "backup", "import", of("transfer_v1.json")),
            ("transfer, looked at", "backup", "verify",
             of("transfer_v1.json")),
            ("acknowledgement", "backup", "ack", of("ack_v1.json")),
            ("raw", "backup", "import", of("raw_v1.json")),
            ("raw, looked at", "backup", "verify", of("raw_v1.json")),
            ("libhal's setup", "backup", "export", "--to",
             of("libhal_setup_v1.json"), "--out", "new", "--all"),
            ("libhal's keys", "backup", "import", of("libhal_keys_v1.json")),
            ("shares of the master key", "master-key", "set",
             *(of(f"master-share-{x}_v1.pem") for x in (1, 3, 2))),
            ("shares of the recovery key", "recovery", "arm", "--floor", "2",
             "--key", "firmware", of("raw_v1.json"),
             *(of(f"recovery-share-{x}_v1.pem") for x in (2, 1)))):
        t(f"version 1: {what}", 3, "there is none", *arguments, NONE)


def main():
    for name in ("CRYPTECH_FD", "CRYPTECH_DEVICE"):
        os.environ.pop(name, None)
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        for part in (soft_kekek, forms, kinds, usage, shares, recovery,
                     kept):
            try:
                part()
            except Exception:   # what cannot be read is told like the rest
                point(False, part.__name__, traceback.format_exc())
        os.chdir("/")
    print(f"1..{count}")
    return failed > 0


if __name__ == "__main__":
    raise SystemExit(main())
