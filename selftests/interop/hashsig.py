# SPDX-License-Identifier: MIT
"""Hash signature keys: by libhal's functions, and by ours over kill -9."""

import hashlib
import os
import random

import hss
from hal import (
    BAD_ARGUMENTS, FACTORY_WHEEL_PIN, FORBIDDEN, INVALID_SIGNATURE,
    KEY_NOT_FOUND, NORMAL, NOT_READY, RESULT_TOO_LONG, SHA256, SIGNS, TOKEN,
    UNSUPPORTED_KEY, WHEEL, HalError, Reader, opaque, u32)
from harness import fails, test

USER_PIN, WHEEL_PIN = b"user-pin-1", b"wheel-pin-1"
EXHAUSTED = 48
HASHSIG_PRIVATE, HASHSIG_PUBLIC = 5, 6
H5, H10, W4, W8 = 5, 6, 3, 4
KEY_PUBLIC, KEY_DELETE = 0x113, 0x114
GENERATE, JOB, CANCEL, INFO, SIGN_ONCE = 0x130, 0x131, 0x132, 0x133, 0x138
SIGN_INIT, SIGN_UPDATE, SIGN_FINAL = 0x139, 0x13a, 0x13b
RUNNING, DONE, CANCELLED = 0, 1, 3
FLAGS = SIGNS | TOKEN


def user(hsm):
    client = hsm.client()
    client.login(NORMAL, USER_PIN)
    return client


def libhal_public(spki):
    """The RFC's public key out of libhal's SubjectPublicKeyInfo."""
    # SEQUENCE, SEQUENCE { OID, NULL }, BIT STRING, SEQUENCE
    head = bytes.fromhex("3053" "300f" "060b2a864886f70d0109100311" "0500"
                         "034000" "303d")
    assert len(spki) == 85 and spki[:len(head)] == head
    fields, numbers, at = spki[24:], [], 0
    for _ in range(3):
        assert fields[at:at + 2] == b"\x02\x01"
        numbers.append(fields[at + 2])
        at += 3
    assert fields[at:at + 2] == b"\x04\x10"
    identifier = fields[at + 2:at + 18]
    at += 18
    assert fields[at:at + 2] == b"\x04\x20" and len(fields) == at + 34
    return b"".join(map(u32, numbers)) + identifier + fields[at + 2:]


@test
def pins(hsm):
    """hash signatures: PINs are set"""
    with hsm.client() as c:
        c.login(WHEEL, FACTORY_WHEEL_PIN)
        c.set_pin(WHEEL, WHEEL_PIN)
        c.set_pin(NORMAL, USER_PIN)


# --- libhal's functions ------------------------------------------------------

@test
def libhal_keys(hsm):
    """hash signatures by libhal's functions, checked by hashlib"""
    # levels, lms, lmots, bytes of a signature as libhal's own have them
    cases = ((1, H5, W4, 2352), (1, H5, W8, 1296), (1, H10, W4, 2512),
             (1, H10, W8, 1456), (2, H5, 2, 8980), (2, H5, W4, 4756),
             (2, H10, W4, 5076))
    with user(hsm) as c:
        for levels, lms, lmots, size in cases:
            ledger = hss.Ledger()
            key, uuid = c.generate_hashsig(levels, lms, lmots, FLAGS)
            assert key >> 31 and c.key_type(key) == HASHSIG_PRIVATE
            assert c.key_flags(key) == FLAGS and c.key_curve(key) == 0
            assert c.public_key_len(key) == 85
            spki = c.public_key(key)
            public = libhal_public(spki)
            assert public[:12] == u32(levels) + u32(lms) + u32(lmots)
            assert c.match(key_type=HASHSIG_PRIVATE) == [uuid]
            fails(RESULT_TOO_LONG, c.sign, key, data=b"m", maximum=size - 1)
            for message in (b"a message", bytes(range(256))):
                signature = c.sign(key, data=message, maximum=size)
                assert len(signature) == size
                ledger.check(public, message, signature)
                c.verify(key, signature, data=message)
                fails(INVALID_SIGNATURE, c.verify, key, signature,
                      data=message + b"!")
            hashed = c.hash_init(SHA256)
            c.hash_update(hashed, b"hashed")
            signature = c.sign(key, hash_handle=hashed, maximum=size)
            ledger.check(public, hashlib.sha256(b"hashed").digest(),
                         signature)
            loaded, _ = c.load(spki, SIGNS)
            assert c.key_type(loaded) == HASHSIG_PUBLIC
            assert c.public_key(loaded) == spki
            c.verify(loaded, signature,
                     data=hashlib.sha256(b"hashed").digest())
            fails(UNSUPPORTED_KEY, c.sign, loaded, data=b"m", maximum=size)
            c.delete(key)
            fails(KEY_NOT_FOUND, c.sign, key, data=b"m", maximum=size)
            fails(KEY_NOT_FOUND, c.open, uuid)


@test
def libhal_refusals(hsm):
    """hash signature parameters that libhal refuses, or dies of"""
    with user(hsm) as c:
        fails(UNSUPPORTED_KEY, c.generate_hashsig, 1, 99, W4, FLAGS)
        fails(UNSUPPORTED_KEY, c.generate_hashsig, 1, 0, W4, FLAGS)
        fails(UNSUPPORTED_KEY, c.generate_hashsig, 1, H5, 9, FLAGS)
        fails(UNSUPPORTED_KEY, c.generate_hashsig, 2, H5, 1, FLAGS)
        fails(BAD_ARGUMENTS, c.generate_hashsig, 0, H5, W8, FLAGS)
        fails(BAD_ARGUMENTS, c.generate_hashsig, 9, H5, W8, FLAGS)
        fails(BAD_ARGUMENTS, c.generate_hashsig, 1, H5, W8, FLAGS | 0x40)
        fails(FORBIDDEN, c.generate_hashsig, 1, H5, W8, SIGNS)
        fails(FORBIDDEN, c.generate_hashsig, 1, H5, W8, TOKEN)
    with hsm.client() as c:
        fails(FORBIDDEN, c.generate_hashsig, 1, H5, W8, FLAGS)


@test
def exhaustion(hsm):
    """a hash signature key signs 2^h times, and never again"""
    ledger = hss.Ledger()
    with user(hsm) as c:
        key, uuid = c.generate_hashsig(1, H5, W8, FLAGS)
        public = libhal_public(c.public_key(key))
        for i in range(32):
            ledger.check(public, u32(i), c.sign(key, data=u32(i),
                                                maximum=1296))
        assert len(ledger.entries) == 32
        fails(EXHAUSTED, c.sign, key, data=b"m", maximum=1296)
    hsm.restart(kill=True)
    with user(hsm) as c:
        key = c.open(uuid)
        fails(EXHAUSTED, c.sign, key, data=b"m", maximum=1296)
        c.delete(key)


# --- our functions -----------------------------------------------------------

def generate(client, uuid, *sets, reserve=1):
    body = opaque(uuid) + u32(FLAGS) + opaque(b"") + u32(0) + u32(reserve)
    body += u32(len(sets)) + b"".join(u32(a) + u32(b) for a, b in sets)
    error, reader = client.raw(GENERATE, body)
    if error:
        raise HalError(error)
    assert reader.opaque() == uuid


def job(client, uuid):
    reader = client.call(JOB, uuid)
    found = reader.u32(), reader.u32(), reader.u64(), reader.u64()
    reader.done()
    return found


def make(client, *sets, reserve=1):
    """A key that is there: its name and public key."""
    uuid = os.urandom(16)
    generate(client, uuid, *sets, reserve=reserve)
    while job(client, uuid)[0] == RUNNING:
        pass
    assert job(client, uuid)[0] == DONE
    reader = client.call(KEY_PUBLIC, uuid, 80)
    return uuid, reader.opaque()[20:]


def left_of(client, uuid):
    """Root leaves, and signatures, left."""
    reader = client.call(INFO, uuid)
    for _ in range(3):
        reader.u32()
    return reader.u64(), reader.u64()


def once_body(uuid, request, message):
    return opaque(uuid) + opaque(request) + opaque(message) + u32(8000)


def once(client, uuid, request, message):
    while True:
        error, reader = client.raw(SIGN_ONCE, once_body(uuid, request,
                                                        message))
        if error != NOT_READY:
            break
    if error:
        raise HalError(error)
    signature, left = reader.opaque(), reader.u64()
    reader.done()
    return signature, left


@test
def job_dies_with_its_client(hsm):
    """a long generation is seen, cancelled, and gone with its client"""
    uuid = os.urandom(16)
    with user(hsm) as c:
        generate(c, uuid, (8, W8))          # H20: an hour
        while not job(c, uuid)[2]:
            pass
        assert job(c, uuid)[3] == 1 << 20
        c.plain(CANCEL, uuid)
        assert job(c, uuid)[0] == CANCELLED
        generate(c, uuid, (8, W8))
        assert job(c, uuid)[0] == RUNNING
    with user(hsm) as c:
        fails(KEY_NOT_FOUND, job, c, uuid)
        generate(c, uuid, (H5, W8))
        while job(c, uuid)[0] == RUNNING:
            pass
        c.plain(KEY_DELETE, uuid)


def ask_and_die(hsm, c, uuid, request, message):
    """Kill -9 with a SIGN_ONCE in flight; what it answered, if it did."""
    c.send(u32(SIGN_ONCE) + u32(0) + once_body(uuid, request, message))
    # as many short calls as it likes before the blow: no clock is asked
    for _ in range(random.randrange(4)):
        hsm.client().close()
    hsm.process.kill()
    try:
        reply = c.receive()
    except (EOFError, ConnectionError):
        reply = None
    hsm.restart(kill=True)
    if reply is None:
        return None
    reader = Reader(reply)
    assert reader.u32() == SIGN_ONCE
    reader.u32()
    return reader.opaque() if reader.u32() == 0 else None


def killed(hsm, sets, reserve, rounds):
    ledger = hss.Ledger()
    answered = 0
    c = user(hsm)
    uuid, public = make(c, *sets, reserve=reserve)
    for i in range(rounds):
        request, message = os.urandom(16), u32(i)
        # some before, so that it dies in the middle of a run too
        for k in range(i % 3):
            signature, _ = once(c, uuid, os.urandom(16), bytes([k]) + message)
            ledger.check(public, bytes([k]) + message, signature)
        before = left_of(c, uuid)
        signature = ask_and_die(hsm, c, uuid, request, message)
        if signature is not None:
            answered += 1
            ledger.check(public, message, signature)
        c.close()
        c = user(hsm)
        signature, left = once(c, uuid, request, message)
        ledger.check(public, message, signature)
        root, now = left_of(c, uuid)
        assert now == left
        fell = before[0] - root
        least = 1 if len(sets) == 1 and reserve == 1 else 0
        assert least <= fell <= 2 * reserve + reserve - 1, \
            f"{fell} root leaves gone"
        if len(sets) == 1 and reserve == 1:
            assert before[1] - now <= 2, f"{before[1] - now} gone"
    c.plain(KEY_DELETE, uuid)
    c.close()
    print(f"# {answered} of {rounds} were answered, "
          f"{len(ledger.entries)} leaves seen")


@test
def kill_while_signing(hsm):
    """kill -9 during SIGN_ONCE costs at most two leaves, and none twice"""
    killed(hsm, ((H10, W8),), 1, 15)


@test
def kill_with_levels(hsm):
    """kill -9 during SIGN_ONCE of two levels costs at most two root leaves"""
    killed(hsm, ((H10, W8), (H5, W8)), 1, 10)


@test
def kill_in_a_run(hsm):
    """kill -9 during SIGN_ONCE costs two, and what was left of a run"""
    killed(hsm, ((H10, W8),), 4, 10)


@test
def streams_over_the_socket(hsm):
    """a message of a megabyte in pieces, checked by hashlib"""
    ledger = hss.Ledger()
    with user(hsm) as c:
        uuid, public = make(c, (H5, W8), (H5, W4))
        message = os.urandom(1 << 20)
        stream = c.plain(SIGN_INIT, uuid, bytes(16), result="u")
        for at in range(0, len(message), 16000):
            c.plain(SIGN_UPDATE, stream, message[at:at + 16000])
        reader = c.call(SIGN_FINAL, stream, 8000)
        ledger.check(public, message, reader.opaque())
        assert reader.u64() == 1023
        c.plain(KEY_DELETE, uuid)
