# SPDX-License-Identifier: MIT
"""What cryptech-hsm does differently when it is not in --libhal-compat."""

import os
import select
import struct

from hal import (BAD_ARGUMENTS, BAD_FUNCTION, FORBIDDEN, KEY_NAME_IN_USE,
                 KEY_NOT_FOUND, NOT_READY, PIN_INCORRECT, INVALID_SIGNATURE,
                 RESULT_TOO_LONG, UNSUPPORTED_KEY, KEY_NAME_TOO_LONG,
                 FACTORY_WHEEL_PIN, NORMAL, SO, WHEEL, P256, SIGNS, KEKEK,
                 TOKEN, EXPORTABLE, SHA256, u32)
from harness import fails, openssl, test
from keys import (der_of, ec_signature_to_der, make_key, openssl_verifies,
                  rsa_public, rsa_recover, xts)
from compat import digest_info

USER_PIN, SO_PIN, WHEEL_PIN = b"user-pin-1", b"so-pin-12", b"wheel-pin-1"
ATTACH, STATUS = 0x100, 0x101
(KEY_GENERATE, KEY_LOAD, KEY_INFO, KEY_PUBLIC, KEY_DELETE, KEY_LIST,
 KEY_SET_LABEL) = range(0x110, 0x117)
SIGN, VERIFY, KEY_LOAD_RAW, RSA_PRIVATE = range(0x118, 0x11C)
ENCRYPT, DECRYPT = 0x120, 0x121
CIPHERS, RAW = 4, 0x10000
CBC, XTS = 1, 2
AES128, AES256, AES128_XTS = 0x30080, 0x30100, 0x40080
RSA2048, EC_P256 = 0x10800, 0x20100


def status(c):
    """Release, serial number and a dictionary of the figures."""
    reader = c.call(STATUS)
    release, serial = reader.opaque(), reader.opaque()
    tags = {}
    for _ in range(reader.u32()):
        tag = reader.u32()
        tags[tag] = reader.u64()
    reader.done()
    return release, serial, tags


def user(hsm):
    client = hsm.client()
    client.login(NORMAL, USER_PIN)
    return client


@test
def factory(hsm):
    """A fresh device: random factory PIN, few functions, init lifts it"""
    pin = hsm.factory_pin()
    path = hsm.dir + "/state/factory-pin"
    assert os.stat(path).st_mode & 0o777 == 0o600
    assert pin != FACTORY_WHEEL_PIN and len(pin) >= 16
    with hsm.client() as c:
        release, serial, tags = status(c)
        assert len(serial) == 16 and any(serial) and release
        assert tags[2] & 2 and not tags[2] & 1
        c.version()
        c.random(4)
        fails(PIN_INCORRECT, c.login, WHEEL, FACTORY_WHEEL_PIN)
        c.login(WHEEL, pin)
        c.is_logged_in(WHEEL)
        fails(FORBIDDEN, c.hash_init, SHA256)
        fails(FORBIDDEN, c.generate_ec, P256, SIGNS)
        fails(FORBIDDEN, c.set_pin, NORMAL, USER_PIN)
        fails(FORBIDDEN, c.match)
        fails(BAD_ARGUMENTS, c.set_pin, WHEEL, b"7-bytes")
        assert os.path.exists(path)
        c.set_pin(WHEEL, WHEEL_PIN)
        assert not os.path.exists(path)
        assert not status(c)[2][2] & 2
        fails(BAD_ARGUMENTS, c.set_pin, SO, b"7-bytes")
        c.set_pin(SO, SO_PIN)
        c.set_pin(NORMAL, USER_PIN)
        c.logout()
        fails(PIN_INCORRECT, c.login, WHEEL, pin)
        c.login(WHEEL, WHEEL_PIN)
    hsm.restart()
    assert not os.path.exists(path)
    with hsm.client() as c:
        assert status(c)[1] == serial


@test
def uses(hsm):
    """Weak RSA, mixed uses and unattested transfer are refused"""
    with user(hsm) as c:
        fails((BAD_ARGUMENTS, UNSUPPORTED_KEY), c.generate_rsa, 1024, SIGNS)
        weak = der_of(make_key("rsa", 1024))
        fails((BAD_ARGUMENTS, UNSUPPORTED_KEY), c.load, weak, SIGNS)
        fails(BAD_ARGUMENTS, c.generate_rsa, 2048, SIGNS | KEKEK)
        kekek, _ = c.load(der_of(make_key("rsa", 2048), public=True), KEKEK)
        pkey, _ = c.generate_ec(P256, SIGNS | EXPORTABLE)
        fails(FORBIDDEN, c.export, pkey, kekek)
        fails(FORBIDDEN, c.import_key, kekek, bytes(64), bytes(256), SIGNS)
        fails(FORBIDDEN, c.verify, kekek, bytes(256), data=b"x")


@test
def by_uuid(hsm):
    """Our own functions: generate, load, info, list, label, sign, delete"""
    with user(hsm) as c, hsm.client() as nobody:
        name = os.urandom(16)
        uuid = c.plain(KEY_GENERATE, name, RSA2048, SIGNS | TOKEN, b"mine",
                       result="o")
        assert uuid == name
        fails(KEY_NAME_IN_USE, c.plain, KEY_GENERATE, name, EC_P256, SIGNS,
              b"", result="o")
        private = make_key("ec", "P-256")
        other = c.plain(KEY_LOAD, b"", der_of(private), SIGNS | TOKEN,
                        "käse".encode(), result="o")
        assert other[6] >> 4 == 4

        def info(key):
            reader = c.call(KEY_INFO, key)
            result = (reader.u32(), reader.u32(), reader.u32(),
                      reader.opaque())
            reader.done()
            return result
        assert info(uuid) == (RSA2048, 1, SIGNS | TOKEN, b"mine")
        assert info(other) == (EC_P256, 3, SIGNS | TOKEN, "käse".encode())
        c.plain(KEY_SET_LABEL, uuid, b"ours")
        assert info(uuid)[3] == b"ours"
        assert c.plain(KEY_PUBLIC, other, 1000, result="o") == \
            der_of(private, public=True)
        listed, previous = [], b""
        while True:
            reader = c.call(KEY_LIST, previous, 1)
            if not reader.u32():
                break
            previous = reader.opaque()
            listed.append((previous, reader.u32(), reader.u32(),
                           reader.u32(), reader.opaque()))
            reader.done()
        assert {uuid, other} <= {item[0] for item in listed}
        assert [i[0] for i in listed] == sorted(i[0] for i in listed)
        digest = bytes(range(32))
        signature = c.plain(SIGN, uuid, SHA256, digest, 512, result="o")
        spki = c.plain(KEY_PUBLIC, uuid, 1000, result="o")
        assert rsa_recover(spki, signature) == digest_info(SHA256, digest)
        c.plain(VERIFY, uuid, SHA256, digest, signature)
        fails(INVALID_SIGNATURE, c.plain, VERIFY, uuid, SHA256, digest[::-1],
              signature)
        fails(BAD_ARGUMENTS, c.plain, SIGN, uuid, SHA256, digest[1:], 512)
        fails(RESULT_TOO_LONG, c.plain, SIGN, uuid, SHA256, digest, 255)
        signature = c.plain(SIGN, other, SHA256, digest, 512, result="o")
        assert openssl_verifies(der_of(private, public=True), digest,
                                ec_signature_to_der(signature))
        for function in (KEY_INFO, KEY_DELETE):
            fails(FORBIDDEN, nobody.plain, function, uuid)
            fails(KEY_NOT_FOUND, c.plain, function, bytes(16))
            fails((KEY_NAME_TOO_LONG, BAD_ARGUMENTS), c.plain, function,
                  uuid[1:])
        fails(BAD_ARGUMENTS, c.plain, KEY_SET_LABEL, uuid, b"x" * 65)
        fails(BAD_ARGUMENTS, c.plain, KEY_SET_LABEL, uuid, b"a\nb")
        fails(BAD_ARGUMENTS, c.plain, KEY_SET_LABEL, uuid, b"\xff\xfe")
        for bad in (0, 0x10801, 0x20101, 0xFFFFFFFF):
            fails((BAD_ARGUMENTS, UNSUPPORTED_KEY), c.plain, KEY_GENERATE,
                  b"", bad, SIGNS, b"")
        fails(BAD_ARGUMENTS, c.plain, KEY_GENERATE, b"", EC_P256, 0x20000,
              b"")
        c.plain(KEY_DELETE, uuid)
        c.plain(KEY_DELETE, other)
        fails(KEY_NOT_FOUND, c.plain, KEY_INFO, uuid)


def chunks(c, function, key, mode, iv, data, size):
    """The whole in chunks of @size bytes, each as the one before says."""
    out, first = b"", iv
    for at in range(0, len(data), size):
        block = at // 16 if mode == XTS else 0
        reader = c.call(function, key, mode, iv, block, data[at:at + size])
        iv = reader.opaque()
        out += reader.opaque()
        reader.done()
    assert iv == (first if mode == XTS else
                  (out if function == ENCRYPT else data)[-16:])
    return out


@test
def cbc(hsm):
    """AES-CBC in chunks of every size is openssl's, and is the key's mode"""
    value, iv, data = bytes(range(32)), os.urandom(16), os.urandom(4096)
    with user(hsm) as c:
        key = c.plain(KEY_LOAD_RAW, b"", AES256, value, CIPHERS | TOKEN,
                      b"cbc", result="o")
        reader = c.call(KEY_INFO, key)
        assert (reader.u32(), reader.u32(), reader.u32()) == \
            (AES256, 0x100, CIPHERS | TOKEN | CBC << 20)
        wanted = openssl("enc", "-aes-256-cbc", "-nopad", "-K", value.hex(),
                         "-iv", iv.hex(), data=data)
        for size in (16, 48, 1024, 4080, 4096):
            assert chunks(c, ENCRYPT, key, CBC, iv, data, size) == wanted
            assert chunks(c, DECRYPT, key, CBC, iv, wanted, size) == data
        fails(FORBIDDEN, c.call, ENCRYPT, key, XTS, iv, 0, data)
        fails(FORBIDDEN, c.call, ENCRYPT, key, 0, iv, 0, data)
        fails(BAD_ARGUMENTS, c.call, ENCRYPT, key, CBC, iv, 1, data)
        fails(BAD_ARGUMENTS, c.call, ENCRYPT, key, CBC, iv, 0, data[1:])
        fails(BAD_ARGUMENTS, c.call, ENCRYPT, key, CBC, iv[1:], 0, data)
        fails(UNSUPPORTED_KEY, c.plain, KEY_PUBLIC, key, 1000, result="o")
        fails(FORBIDDEN, c.plain, SIGN, key, SHA256, bytes(32), 512)
        fails(BAD_ARGUMENTS, c.plain, KEY_LOAD_RAW, b"", AES256, value[1:],
              CIPHERS, b"")
        fails(BAD_ARGUMENTS, c.plain, KEY_LOAD_RAW, b"", AES256, value,
              SIGNS, b"")
        fails(BAD_ARGUMENTS, c.plain, KEY_LOAD_RAW, b"", AES256, value,
              CIPHERS | XTS << 20, b"")
        hsm.restart(kill=True)
    with user(hsm) as c, hsm.client() as nobody:
        assert chunks(c, DECRYPT, key, CBC, iv, wanted, 4096) == data
        fails(FORBIDDEN, nobody.call, DECRYPT, key, CBC, iv, 0, wanted)
        unused = c.plain(KEY_GENERATE, b"", AES128, 0, b"", result="o")
        fails(FORBIDDEN, c.call, ENCRYPT, unused, CBC, iv, 0, data)


@test
def xts_chunks(hsm):
    """AES-XTS in chunks that begin anywhere, with a stolen last block"""
    value, tweak = bytes(range(7, 39)), os.urandom(16)
    data = os.urandom(2055)
    wanted = xts(value, tweak, data)
    with user(hsm) as c:
        key = c.plain(KEY_LOAD_RAW, b"", AES128_XTS, value, CIPHERS, b"",
                      result="o")
        for size in (80, 1040, 2032, 2055):
            assert chunks(c, ENCRYPT, key, XTS, tweak, data, size) == wanted
            assert chunks(c, DECRYPT, key, XTS, tweak, wanted, size) == data
        far = (1 << 20) - 2
        reader = c.call(ENCRYPT, key, XTS, tweak, far, data[:32])
        assert reader.opaque() == tweak
        assert reader.opaque() == xts(value, tweak, data[:32], far)
        fails(BAD_ARGUMENTS, c.call, ENCRYPT, key, XTS, tweak, far, data[:33])
        fails(BAD_ARGUMENTS, c.call, ENCRYPT, key, XTS, tweak, 0, data[:15])
        fails(FORBIDDEN, c.call, ENCRYPT, key, CBC, tweak, 0, data[:32])
        fails(BAD_ARGUMENTS, c.plain, KEY_LOAD_RAW, b"", AES128_XTS,
              bytes(16) * 2, CIPHERS, b"")


@test
def raw_rsa(hsm):
    """RSA without padding: with keys that were made for it"""
    private = make_key("rsa", 2048)
    modulus, exponent = rsa_public(der_of(private, public=True))
    number = bytes(1) + os.urandom(255)
    with user(hsm) as c:
        key = c.plain(KEY_LOAD, b"", der_of(private), RAW, b"", result="o")
        out = c.plain(RSA_PRIVATE, key, number, result="o")
        assert pow(int.from_bytes(out, "big"), exponent, modulus) == \
            int.from_bytes(number, "big")
        fails(BAD_ARGUMENTS, c.plain, RSA_PRIVATE, key, number[1:])
        fails(BAD_ARGUMENTS, c.plain, RSA_PRIVATE, key,
              modulus.to_bytes(256, "big"))
        key = c.plain(KEY_LOAD, b"", der_of(private), SIGNS | CIPHERS, b"",
                      result="o")
        fails(FORBIDDEN, c.plain, RSA_PRIVATE, key, number)


@test
def ports(hsm):
    """ATTACH is not for socket clients; trailing bytes are refused"""
    with user(hsm) as c:
        fails(FORBIDDEN, c.plain, ATTACH, 1)
        assert c.raw(0, u32(0))[0] == BAD_ARGUMENTS
        assert c.raw(0x102)[0] == BAD_FUNCTION
        fails(FORBIDDEN, c.logout_all)


@test
def two_clients_do_not_wait(hsm):
    """A short call is answered while another client's long one runs"""
    with user(hsm) as slow, hsm.client() as quick:
        body = struct.pack(">II", 0, 4096) + u32(3) + b"\x01\0\x01\0"
        slow.send(u32(15) + u32(0) + body + u32(SIGNS))
        quick.random(16)
        assert not select.select([slow.sock], [], [], 0)[0], \
            "the long call was answered first"
        slow.receive()


@test
def many_clients(hsm):
    """1,000 clients at once, each with a login state of its own"""
    clients = [hsm.client() for _ in range(1000)]
    handles = [c.hash_init(SHA256) for c in clients]
    for c, h in zip(clients, handles):
        c.hash_update(h, b"abc")
    digests = {c.hash_final(h) for c, h in zip(clients, handles)}
    assert len(digests) == 1
    clients[0].login(NORMAL, USER_PIN)
    fails(FORBIDDEN, clients[1].is_logged_in, NORMAL)
    for c in clients:
        c.close()


@test
def pin_delay(hsm):
    """Wrong PINs: a delay from the third on, for the role, over restarts"""
    with hsm.client() as c, user(hsm) as logged_in:
        for _ in range(3):
            fails(PIN_INCORRECT, c.login, SO, b"wrong-pin")
        assert fails(NOT_READY, c.login, SO, SO_PIN) == NOT_READY
        assert 1 <= status(c)[2][20] <= 5
        logged_in.is_logged_in(NORMAL)
        c.login(NORMAL, USER_PIN)
    hsm.restart(kill=True)
    with hsm.client() as c:
        assert 1 <= status(c)[2][20] <= 5
        fails(NOT_READY, c.login, SO, SO_PIN)
