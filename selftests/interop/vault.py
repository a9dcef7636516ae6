# SPDX-License-Identifier: MIT
"""Keys of the FPGA's vault, which is the design itself under simulation: what
they sign is verified by Bouncy Castle and hss.py, what they encrypt is held
against what CBC says of its blocks.
"""

import os
import time

import castle
import hss
from castle import NORMAL, USER_PIN, WHEEL, WHEEL_PIN
from hal import NOT_READY, SIGNS, TOKEN, HalError, opaque, u32
from harness import test

KEY_GENERATE, ENCRYPT, DECRYPT = 0x110, 0x120, 0x121
VAULT, DECRYPTS, AES256, CBC = 0x80000, 0x4, 0x30100, 1


def sign_when_ready(c, uuid, message):
    """What a restart has lost is computed again first."""
    deadline = time.monotonic() + 120
    while True:
        try:
            return castle.sign(c, uuid, message)
        except HalError as e:
            if e.code != NOT_READY or time.monotonic() > deadline:
                raise


@test
def vault_ready(hsm):
    """An HSM with an FPGA; PINs are set"""
    with hsm.client() as c:
        c.login(WHEEL, hsm.factory_pin())
        c.set_pin(WHEEL, WHEEL_PIN)
        c.set_pin(NORMAL, USER_PIN)


@test
def vault_signatures(hsm):
    """HSS 5/8 and 5/4/24 in the vault: others verify, also after a kill -9"""
    for text in ("5/8", "5/4/24"):
        with castle.user(hsm) as c:
            (lms, lmots), = castle.sets(text)
            error, reader = c.raw(castle.HASHSIG_GENERATE, opaque(b"") +
                                  u32(SIGNS | TOKEN | VAULT) + opaque(b"") +
                                  u32(0) + u32(0) + u32(1) + u32(lms) +
                                  u32(lmots))
            assert error == 0, error
            uuid = reader.opaque()
            state, deadline = 0, time.monotonic() + 120
            while state == 0:
                state = c.call(castle.HASHSIG_JOB, uuid).u32()
                assert time.monotonic() < deadline, "the job does not end"
            assert state == 1, f"the job ended in state {state}"
            public = c.plain(castle.KEY_PUBLIC, uuid, 1024, result="o")[20:]
            signature = castle.sign(c, uuid, b"first")
            assert hss.verify(public, b"first", signature)
            assert castle.castle_verifies(public, b"first", signature) or \
                "24" in text
        hsm.restart(kill=True)
        with castle.user(hsm) as c:
            again = sign_when_ready(c, uuid, b"second")
            assert hss.verify(public, b"second", again)
            # another one-time key
            assert again[4:8] != signature[4:8]


def crypt(c, function, uuid, iv, data):
    reader = c.call(function, uuid, CBC, iv, 0, data)
    reader.opaque()
    return reader.opaque()


@test
def vault_cipher(hsm):
    """AES-256 in the vault: both ways, and chained as CBC is"""
    iv, text = os.urandom(16), os.urandom(160)
    other = bytes(x ^ 0x5a for x in iv)
    with castle.user(hsm) as c:
        uuid = c.plain(KEY_GENERATE, b"", AES256, DECRYPTS | VAULT, b"",
                       result="o")
        made = crypt(c, ENCRYPT, uuid, iv, text)
        assert crypt(c, DECRYPT, uuid, iv, made) == text
        moved = bytes(x ^ 0x5a for x in text[:16])
        assert crypt(c, ENCRYPT, uuid, other, moved) == made[:16]
        assert crypt(c, ENCRYPT, uuid, made[:16], text[16:32]) == made[16:32]
