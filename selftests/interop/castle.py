# SPDX-License-Identifier: MIT
"""HSS signatures: ours verified by others, those of others by the HSM.

Bouncy Castle is one of them, hss.py the other, which has to prove itself on
the same signatures as the HSM.

OpenSSL 3.0 knows no LMS, so it has no part in this.
"""

import functools
import os
import struct
import subprocess
import sys
import time

import hss
from hal import (ASN1_PARSE_FAILED, INVALID_SIGNATURE, UNSUPPORTED_KEY,
                 NORMAL, WHEEL, SIGNS, TOKEN, HalError, opaque, u32)
from harness import TOP, Skip, fails, openssl, test

sys.path.insert(0, os.path.join(TOP, "selftests/drivers"))
# pylint: disable=wrong-import-position
from hss_cases import cases, known  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
VECTORS = os.path.join(TOP, "firmware/tests/vectors/lms")
CASTLE = "/usr/share/java/bcprov.jar"
USER_PIN, WHEEL_PIN = b"user-pin-1", b"wheel-pin-1"

KEY_LOAD, KEY_PUBLIC, KEY_DELETE, VERIFY = 0x111, 0x113, 0x114, 0x119
HASHSIG_GENERATE, HASHSIG_JOB = 0x130, 0x131
(SIGN_ONCE, SIGN_INIT, SIGN_UPDATE, SIGN_FINAL, VERIFY_INIT, VERIFY_UPDATE,
 VERIFY_FINAL) = range(0x138, 0x13F)
PIECE = 16000
# RFC 9708: 1.2.840.113549.1.9.16.3.17 without parameters
ALGORITHM = bytes.fromhex("300d060b2a864886f70d0109100311")


def spki(public):
    bits = b"\x03" + bytes([1 + len(public)]) + b"\0" + public
    return b"\x30" + bytes([len(ALGORITHM) + len(bits)]) + ALGORITHM + bits


class Castle:
    """One Java machine for all questions: it takes a second to start."""

    def __init__(self):
        self.process = subprocess.Popen(
            ["java", "-XX:TieredStopAtLevel=1", "-cp", CASTLE,
             os.path.join(HERE, "Castle.java")],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        ready, _, self.version = self.process.stdout.readline().partition(" ")
        assert ready == "ready", "no Bouncy Castle: scripts/setup gets it"
        self.version = self.version.strip()

    def verify(self, public, message, signature):
        """ok, bad or unknown."""
        print(public.hex(), message.hex() or "-", signature.hex() or "-",
              file=self.process.stdin, flush=True)
        return self.process.stdout.readline().strip()


@functools.lru_cache(maxsize=None)
def castle():
    return Castle()


@functools.lru_cache(maxsize=None)
def vectors():
    return list(cases(VECTORS))


def user(hsm):
    client = hsm.client()
    client.login(NORMAL, USER_PIN)
    return client


def sets(text):
    """10/4,5/8/24 as typecodes."""
    for level in text.split(","):
        h, w, n = map(int, (level + "/32").split("/")[:3])
        yield (next(code for code in hss.LMS if hss.LMS[code] == (n, h)),
               next(code for code in hss.OTS if hss.OTS[code][:2] == (n, w)))


def generate(c, text):
    """A key of these sets; its UUID and its public key."""
    body = opaque(b"") + u32(SIGNS | TOKEN) + opaque(text.encode()) + \
        u32(0) + u32(0) + u32(len(text.split(",")))
    for lms, lmots in sets(text):
        body += u32(lms) + u32(lmots)
    error, reader = c.raw(HASHSIG_GENERATE, body)
    if error:
        raise HalError(error)
    uuid = reader.opaque()
    state, deadline = 0, time.monotonic() + 60
    while state == 0:
        state = c.call(HASHSIG_JOB, uuid).u32()
        assert time.monotonic() < deadline, "the job does not end"
    assert state == 1, f"the job ended in state {state}"
    der = c.plain(KEY_PUBLIC, uuid, 1024, result="o")
    public = der[20:]
    assert der == spki(public)
    return uuid, public


def sign(c, uuid, message):
    """By SIGN_ONCE, or in pieces if it does not fit."""
    request = os.urandom(16)
    if len(message) <= PIECE:
        reader = c.call(SIGN_ONCE, uuid, request, message, PIECE)
    else:
        stream = c.plain(SIGN_INIT, uuid, request, result="u")
        for at in range(0, len(message), PIECE):
            c.plain(SIGN_UPDATE, stream, message[at:at + PIECE])
        reader = c.call(SIGN_FINAL, stream, PIECE)
    signature = reader.opaque()
    reader.u64()
    reader.done()
    return signature


def verify_stream(c, uuid, message, signature):
    stream = c.plain(VERIFY_INIT, uuid, signature, result="u")
    # in pieces that are no blocks of any hash
    piece = 37 if len(message) < 5000 else 4001
    for at in range(0, len(message), piece):
        c.plain(VERIFY_UPDATE, stream, message[at:at + piece])
    c.plain(VERIFY_FINAL, stream)


def verify_once(c, uuid, message, signature):
    c.plain(VERIFY, uuid, 0, message, signature)


def load_der(c, der):
    return c.plain(KEY_LOAD, b"", der, SIGNS, b"", result="o")


def load(c, public):
    return load_der(c, spki(public))


MESSAGES = [b"", b"a", bytes(55), bytes(64), bytes(range(256)) * 8,
            b"0123456789abcdef" * 5000]


def castle_verifies(public, message, signature):
    """And no other message; whether it could be asked."""
    got = castle().verify(public, message, signature)
    if got == "unknown":
        return False
    assert got == "ok", f"{len(message)} bytes: {got}"
    got = castle().verify(public, message + b"x", signature)
    assert got == "bad", f"{len(message)} bytes and one more: {got}"
    return True


@test
def ready(hsm):
    """PINs are set; Bouncy Castle is there"""
    with hsm.client() as c:
        c.login(WHEEL, hsm.factory_pin())
        c.set_pin(WHEEL, WHEEL_PIN)
        c.set_pin(NORMAL, USER_PIN)
    print("# " + castle().version)


@test
def others_know_vectors(_):
    """Bouncy Castle and hss.py verify RFC 8554's and hash-sigs' signatures"""
    count = 0
    for name, public, message, signature in vectors():
        if not known(public):
            continue
        print("# " + name)
        hss.verify(public, message, signature)
        try:
            hss.verify(public, message + b"x", signature)
            raise AssertionError("hss.py takes another message")
        except hss.Bad:
            pass
        count += castle_verifies(public, message, signature)
    # all but the one with n = 24, which newer ones know
    assert count >= 31, count


def ours(text, doc="", rounds=1):
    """Makes a test: what a key of these sets signs."""
    def function(hsm):
        ledger, asked = hss.Ledger(), True
        with user(hsm) as c:
            uuid, public = generate(c, text)
            for message in MESSAGES * rounds:
                signature = sign(c, uuid, message)
                ledger.check(public, message, signature)
                asked = castle_verifies(public, message, signature)
                verify_stream(c, uuid, message, signature)
            c.plain(KEY_DELETE, uuid)
        if not asked:
            raise Skip(f"hss.py verifies, {castle().version} does not know it")
    function.__name__ = "ours_" + text.translate(
        {ord("/"): "_", ord(","): "_"})
    function.__doc__ = f"Others verify what {text} signs{doc}"
    test(function)


ours("5/1")
ours("5/2")
ours("5/4")
ours("5/8")
ours("10/4")
ours("5/4/24")
ours("10/4,10/4")
ours("5/4,5/4", ", across rollovers", 12)
ours("5/8,10/2,5/4", ", sets mixed")


@test
def openssl_reads_the_pem(hsm):
    """openssl parses the public key as RFC 9708 has it"""
    with user(hsm) as c:
        uuid, public = generate(c, "5/8")
        der = c.plain(KEY_PUBLIC, uuid, 1024, result="o")
        text = openssl("asn1parse", "-inform", "DER", "-dump", data=der)
        lines = text.decode().splitlines()
        kinds = [line.split(":", 2)[2].split() for line in lines
                 if "cons:" in line or "prim:" in line]
        assert kinds[0][0] == kinds[1][0] == "SEQUENCE", lines
        assert kinds[2][0] == "OBJECT", lines
        assert kinds[3] == ["BIT", "STRING"] and len(kinds) == 4, kinds
        assert der.endswith(b"\0" + public)
        c.plain(KEY_DELETE, uuid)


# --- the HSM as a verifier ---------------------------------------------------

@test
def vectors_over_rpc(hsm):
    """The HSM verifies signatures of others, at once and in pieces"""
    count = 0
    with user(hsm) as c:
        for name, public, message, signature in vectors():
            if not known(public):
                fails(UNSUPPORTED_KEY, load, c, public)
                continue
            uuid = load(c, public)
            for verify in (verify_once, verify_stream):
                verify(c, uuid, message, signature)
                fails(INVALID_SIGNATURE, verify, c, uuid, message[1:],
                      signature)
            c.plain(KEY_DELETE, uuid)
            count += 1
    assert count == 32, (name, count)


def fields(public, signature):
    """Offsets where the fields of a signature begin, level by level."""
    yield 0
    at, levels = 4, public[3]
    for level in range(levels):
        ots, = struct.unpack_from(">I", signature, at + 4)
        n, _, chains, _ = hss.OTS[ots]
        yield from (at, at + 4, at + 8, at + 8 + n)
        at += 8 + n * (chains + 1)
        lms, = struct.unpack_from(">I", signature, at)
        yield from (at, at + 4)
        at += 4 + n * hss.LMS[lms][1]
        if level + 1 < levels:
            yield from (at, at + 4, at + 8, at + 24)
            at += 24 + n
    assert at == len(signature)


@test
def changed_over_rpc(hsm):
    """Every field changed, cut, or something after it: refused"""
    wanted = ("hss_lms_verify.vec 1", "hss_lms_verify.vec 3", "cisco 5/1 1",
              "cisco 5/8,5/8,5/8 1")
    with user(hsm) as c:
        for name, public, message, signature in vectors():
            if name not in wanted:
                continue
            uuid = load(c, public)
            starts = list(fields(public, signature))
            for verify in (verify_once, verify_stream):
                for at in starts + [len(signature) - 1]:
                    for bit in (0, 7):
                        bad = bytearray(signature)
                        bad[at] ^= 1 << bit
                        fails(INVALID_SIGNATURE, verify, c, uuid, message,
                              bytes(bad))
                    fails(INVALID_SIGNATURE, verify, c, uuid, message,
                          signature[:at])
                for more in (b"\0", bytes(4), signature):
                    if len(signature + more) < PIECE:
                        fails(INVALID_SIGNATURE, verify, c, uuid, message,
                              signature + more)
                verify(c, uuid, message, signature)
            c.plain(KEY_DELETE, uuid)


@test
def malformed_keys(hsm):
    """Public keys that are none are refused"""
    _, public, _, _ = vectors()[0]
    der = spki(public)
    with user(hsm) as c:
        for at in range(20):
            bad = bytearray(der)
            bad[at] ^= 1
            fails((ASN1_PARSE_FAILED, UNSUPPORTED_KEY), load_der, c,
                  bytes(bad))
        for at in range(len(der)):
            fails(ASN1_PARSE_FAILED, load_der, c, der[:at])
        for at in range(12):
            bad = bytearray(public)
            bad[at] ^= 0x40
            fails(UNSUPPORTED_KEY, load, c, bytes(bad))
        for levels in (0, 9):
            fails(UNSUPPORTED_KEY, load, c, u32(levels) + public[4:])
