# SPDX-License-Identifier: MIT
"""libhal's behaviour, against cryptech-hsm --libhal-compat."""

import hashlib
import hmac
import os
import struct

from hal import (
    ATTRIBUTE_NOT_FOUND, BAD_ARGUMENTS, BAD_FUNCTION, FORBIDDEN,
    KEY_NAME_TOO_LONG, KEY_NOT_FOUND, KEYWRAP_ERRORS,
    PACKET_OVERFLOW, PIN_INCORRECT, RESULT_TOO_LONG, INVALID_SIGNATURE,
    ASN1_PARSE_FAILED, XDR_BUFFER_OVERFLOW, FACTORY_WHEEL_PIN, NORMAL, SO,
    WHEEL, SHA1, SHA224, SHA256, SHA384, SHA512, SHA512_224, SHA512_256,
    RSA_PRIVATE, RSA_PUBLIC, EC_PRIVATE, EC_PUBLIC, P256, P384, P521, SIGNS,
    KEKEK, TOKEN, PUBLIC, EXPORTABLE, UNSUPPORTED_KEY)
from harness import fails, openssl, test
from keys import (der_of, ec_signature_to_der, make_key, openssl_verifies,
                  rsa_recover)

USER_PIN, SO_PIN, WHEEL_PIN = b"user-pin-1", b"so-pin-12", b"wheel-pin-1"
HASHES = {SHA1: "sha1", SHA256: "sha256", SHA512_224: "sha512_224",
          SHA512_256: "sha512_256", SHA384: "sha384", SHA512: "sha512"}
OIDS = {SHA1: "2b0e03021a", SHA256: "608648016503040201",
        SHA384: "608648016503040202", SHA512: "608648016503040203",
        SHA512_224: "608648016503040205", SHA512_256: "608648016503040206"}


def algorithm_id(alg):
    oid = bytes.fromhex(OIDS[alg])
    inner = bytes([6, len(oid)]) + oid + b"\x05\x00"
    return bytes([0x30, len(inner)]) + inner


def digest_info(alg, digest):
    body = algorithm_id(alg) + bytes([4, len(digest)]) + digest
    return bytes([0x30, len(body)]) + body


def user(hsm):
    client = hsm.client()
    client.login(NORMAL, USER_PIN)
    return client


@test
def pins(hsm):
    """PINs: factory wheel PIN, unset PINs, who may set which"""
    with hsm.client() as c:
        fails(FORBIDDEN, c.is_logged_in, WHEEL)
        fails(PIN_INCORRECT, c.login, NORMAL, USER_PIN)
        fails(FORBIDDEN, c.set_pin, NORMAL, USER_PIN)
        fails(PIN_INCORRECT, c.login, WHEEL, FACTORY_WHEEL_PIN + b"x")
        c.login(WHEEL, FACTORY_WHEEL_PIN)
        c.is_logged_in(WHEEL)
        fails(FORBIDDEN, c.is_logged_in, NORMAL)
        c.set_pin(WHEEL, WHEEL_PIN)
        c.set_pin(SO, SO_PIN)
        c.logout()
        fails(FORBIDDEN, c.is_logged_in, WHEEL)
        c.login(SO, SO_PIN)
        fails(FORBIDDEN, c.set_pin, WHEEL, b"otherwheel")
        fails(FORBIDDEN, c.set_pin, SO, b"other-so-pin")
        c.set_pin(NORMAL, USER_PIN)
        c.login(NORMAL, USER_PIN)
        c.is_logged_in(NORMAL)
        fails(FORBIDDEN, c.is_logged_in, SO)
        fails(FORBIDDEN, c.set_pin, NORMAL, b"other-user")
        fails(PIN_INCORRECT, c.login, WHEEL, FACTORY_WHEEL_PIN)
        for bad in (0, 4, 99):
            fails(BAD_ARGUMENTS, c.login, bad, USER_PIN)
    with hsm.client() as c:
        c.login(WHEEL, WHEEL_PIN)
        fails(BAD_ARGUMENTS, c.set_pin, NORMAL, b"abc")
        fails(BAD_ARGUMENTS, c.set_pin, NORMAL, bytes(4097))
        c.login(NORMAL, USER_PIN)


@test
def basics(hsm):
    """Version, random numbers, tamper, unknown functions, short messages"""
    with hsm.client() as c:
        assert c.version() == 0x01010100
        for n in (1, 2, 3, 4, 5, 1000, 16368):
            assert len(c.random(n)) == n
        assert c.random(32) != c.random(32)
        fails(PACKET_OVERFLOW, c.random, 16369)
        fails(PACKET_OVERFLOW, c.random, 0xFFFFFFFF)
        c.check_tamper()
        for function in (32, 33, 65, 67, 0xFF, 0x7FFFFFFF, 0xFFFFFFFF):
            assert c.raw(function)[0] == BAD_FUNCTION
        c.send(b"\0\0\0")
        c.send(b"\0\0\0\0\0\0\0")
        c.sock.sendall(b"\xc0\xc0\xc0")
        assert c.version() == 0x01010100
        assert c.raw(1)[0] == XDR_BUFFER_OVERFLOW
        assert c.raw(1, b"\0\0")[0] == XDR_BUFFER_OVERFLOW
        # the client word that a client sends does not count
        assert c.raw(0, client=0x12345678)[0] == 0


@test
def hashes(hsm):
    """Hashes and HMACs against Python's hashlib"""
    message = bytes(range(256)) * 17
    with hsm.client() as c:
        for alg, name in HASHES.items():
            def new():
                return hashlib.new(name)
            size = new().digest_size
            assert c.digest_len(alg) == size
            assert c.algorithm_id(alg) == algorithm_id(alg)
            h = c.hash_init(alg)
            assert c.hash_algorithm(h) == alg
            for at in range(0, len(message), 1000):
                c.hash_update(h, message[at:at + 1000])
            expected = new()
            expected.update(message)
            assert c.hash_final(h) == expected.digest()
            fails(BAD_ARGUMENTS, c.hash_update, h, b"x")
            for key in (b"k", bytes(64), os.urandom(200)):
                h = c.hash_init(alg, key)
                c.hash_update(h, message)
                assert c.hash_final(h, size) == \
                    hmac.new(key, message, name).digest()
            h = c.hash_init(alg)
            fails(BAD_ARGUMENTS, c.hash_final, h, size - 1)
        reader = c.call(8, SHA256, 0)
        assert reader.u32() == 15
        reader.done()
        fails(RESULT_TOO_LONG, c.algorithm_id, SHA256, 14)
        for bad in (0, SHA224, 8, 0xFFFFFFFF):
            fails(BAD_ARGUMENTS, c.hash_init, bad)
            fails(BAD_ARGUMENTS, c.digest_len, bad)
        fails(BAD_ARGUMENTS, c.hash_algorithm, 0)


@test
def hash_handles(hsm):
    """Hash handles belong to their client"""
    with hsm.client() as a, hsm.client() as b:
        h = a.hash_init(SHA256)
        fails(BAD_ARGUMENTS, b.hash_update, h, b"x")
        fails(BAD_ARGUMENTS, b.hash_final, h)
        assert a.hash_final(h) == hashlib.sha256().digest()


def check_rsa(c, pkey, bits):
    spki = c.public_key(pkey)
    assert c.public_key_len(pkey) == len(spki)
    for alg, name in HASHES.items():
        digest = hashlib.new(name, b"message").digest()
        if len(digest_info(alg, digest)) > bits // 8 - 11:
            continue
        h = c.hash_init(alg)
        c.hash_update(h, b"message")
        signature = c.sign(pkey, hash_handle=h)
        assert len(signature) == bits // 8
        assert rsa_recover(spki, signature) == digest_info(alg, digest)
        assert c.sign(pkey, data=digest_info(alg, digest)) == signature
        c.verify(pkey, signature, data=digest_info(alg, digest))
        h = c.hash_init(alg)
        c.hash_update(h, b"message")
        c.verify(pkey, signature, hash_handle=h)
        bad = bytes([signature[0], signature[1] ^ 1]) + signature[2:]
        fails(INVALID_SIGNATURE, c.verify, pkey, bad,
              data=digest_info(alg, digest))
        fails(INVALID_SIGNATURE, c.verify, pkey, signature[:-1],
              data=digest_info(alg, digest))
    fails(RESULT_TOO_LONG, c.sign, pkey, data=b"x", maximum=bits // 8 - 1)
    fails((BAD_ARGUMENTS, RESULT_TOO_LONG), c.sign, pkey,
          data=bytes(bits // 8 - 10))
    fails(BAD_ARGUMENTS, c.sign, pkey)
    h = c.hash_init(SHA256)
    fails(BAD_ARGUMENTS, c.sign, pkey, data=b"x", hash_handle=h)
    fails((BAD_ARGUMENTS, KEY_NOT_FOUND), c.sign, pkey, hash_handle=h ^ 0x10000)


@test
def rsa(hsm):
    """RSA 1024, 2048, 4096: generate, load, sign, verify by data and hash"""
    with user(hsm) as c:
        for bits in (1024, 2048, 4096):
            pkey, uuid = c.generate_rsa(bits, SIGNS)
            assert uuid[6] >> 4 == 4 and uuid[8] >> 6 == 2
            assert c.key_type(pkey) == RSA_PRIVATE
            assert c.key_curve(pkey) == 0
            assert c.key_flags(pkey) == SIGNS
            check_rsa(c, pkey, bits)
            c.delete(pkey)
            private = make_key("rsa", bits)
            pkey, _ = c.load(der_of(private), SIGNS | TOKEN)
            assert c.public_key(pkey) == der_of(private, public=True)
            check_rsa(c, pkey, bits)
            c.delete(pkey)
            fails(KEY_NOT_FOUND, c.sign, pkey, data=b"x")
            public, _ = c.load(der_of(private, public=True), SIGNS)
            assert c.key_type(public) == RSA_PUBLIC
            assert c.public_key(public) == der_of(private, public=True)
            fails((BAD_ARGUMENTS, 2, FORBIDDEN), c.sign, public, data=b"x")
            c.delete(public)
        for bits in (0, 512, 1023, 1025, 8200):
            fails((BAD_ARGUMENTS, UNSUPPORTED_KEY), c.generate_rsa, bits,
                  SIGNS)
        fails((BAD_ARGUMENTS, UNSUPPORTED_KEY), c.generate_rsa, 2048, SIGNS,
              b"\x03")


@test
def ec(hsm):
    """P-256, P-384, P-521: generate, load, sign, verify by data and hash"""
    sizes = {P256: (64, "P-256", SHA256), P384: (96, "P-384", SHA384),
             P521: (132, "P-521", SHA512)}
    with user(hsm) as c:
        for curve, (size, name, alg) in sizes.items():
            private = make_key("ec", name)
            for pkey, _ in (c.generate_ec(curve, SIGNS),
                            c.load(der_of(private), SIGNS | TOKEN)):
                assert c.key_type(pkey) == EC_PRIVATE
                assert c.key_curve(pkey) == curve
                spki = c.public_key(pkey)
                digest = hashlib.new(HASHES[alg], b"message").digest()
                first = c.sign(pkey, data=digest)
                assert len(first) == size
                assert first != c.sign(pkey, data=digest)
                assert openssl_verifies(spki, digest,
                                        ec_signature_to_der(first))
                h = c.hash_init(alg)
                c.hash_update(h, b"message")
                second = c.sign(pkey, hash_handle=h)
                assert openssl_verifies(spki, digest,
                                        ec_signature_to_der(second))
                c.verify(pkey, second, data=digest)
                h = c.hash_init(alg)
                c.hash_update(h, b"message")
                c.verify(pkey, first, hash_handle=h)
                fails(INVALID_SIGNATURE, c.verify, pkey, first,
                      data=digest[::-1])
                for bad in (bytes(size), b"\xff" * size, first[:-1],
                            first + b"\0"):
                    fails(INVALID_SIGNATURE, c.verify, pkey, bad, data=digest)
                fails(RESULT_TOO_LONG, c.sign, pkey, data=digest,
                      maximum=size - 1)
                public, _ = c.load(spki, SIGNS)
                assert c.key_type(public) == EC_PUBLIC
                c.verify(public, first, data=digest)
                c.delete(public)
                c.delete(pkey)
        for bad in (0, 4, 99):
            fails((BAD_ARGUMENTS, 2), c.generate_ec, bad, SIGNS)


@test
def flags_and_use(hsm):
    """Key flags: usage, unknown bits, KEYENCIPHERMENT alone"""
    with user(hsm) as c:
        fails(BAD_ARGUMENTS, c.generate_ec, P256, 0x40)
        fails(BAD_ARGUMENTS, c.generate_ec, P256, SIGNS | 0x10000)
        fails(BAD_ARGUMENTS, c.generate_rsa, 2048, SIGNS | KEKEK)
        pkey, _ = c.generate_ec(P256, 0)
        fails(FORBIDDEN, c.sign, pkey, data=bytes(32))
        fails(FORBIDDEN, c.verify, pkey, bytes(64), data=bytes(32))
        for garbage in (b"", b"0", bytes(100), der_of(make_key("ec", "P-256"))
                        + b"\0"):
            fails((ASN1_PARSE_FAILED, BAD_ARGUMENTS), c.load, garbage, SIGNS)
        ed = openssl("genpkey", "-algorithm", "ed25519", "-outform", "DER")
        fails((2, ASN1_PARSE_FAILED), c.load, ed, SIGNS)


@test
def roles(hsm):
    """Roles: SO and nobody use no keys, PUBLIC volatile keys need no login"""
    with hsm.client() as nobody, hsm.client() as so:
        so.login(SO, SO_PIN)
        for c in (nobody, so):
            fails(FORBIDDEN, c.generate_ec, P256, SIGNS)
            fails(FORBIDDEN, c.generate_ec, P256, SIGNS | TOKEN | PUBLIC)
            fails(FORBIDDEN, c.load, der_of(make_key("ec", "P-256")), SIGNS)
            fails(FORBIDDEN, c.open, bytes(16))
            pkey, _ = c.generate_ec(P256, SIGNS | PUBLIC)
            assert len(c.sign(pkey, data=bytes(32))) == 64
            c.delete(pkey)
            assert c.match() == []


@test
def isolation(hsm):
    """Handles and volatile keys belong to their client; logout drops them"""
    with user(hsm) as a, user(hsm) as b, hsm.client() as nobody:
        volatile, volatile_uuid = a.generate_ec(P256, SIGNS)
        token, token_uuid = a.generate_ec(P256, SIGNS | TOKEN)
        for c in (b, nobody):
            for handle in (volatile, token):
                fails(KEY_NOT_FOUND, c.sign, handle, data=bytes(32))
                fails(KEY_NOT_FOUND, c.public_key, handle)
                fails(KEY_NOT_FOUND, c.key_flags, handle)
                fails(KEY_NOT_FOUND, c.delete, handle)
                fails(KEY_NOT_FOUND, c.close_key, handle)
                assert c.public_key_len(handle) == 0
        fails(KEY_NOT_FOUND, b.open, volatile_uuid)
        assert volatile_uuid not in b.match()
        handle = b.open(token_uuid)
        assert b.public_key(handle) == a.public_key(token)
        a.logout()
        fails(KEY_NOT_FOUND, a.sign, token, data=bytes(32))
        a.login(NORMAL, USER_PIN)
        fails(KEY_NOT_FOUND, a.open, volatile_uuid)
        assert token_uuid in a.match()
        fails(FORBIDDEN, a.logout_all)
        with hsm.client() as wheel:
            wheel.login(WHEEL, WHEEL_PIN)
            wheel.logout_all()
            fails(FORBIDDEN, wheel.is_logged_in, WHEEL)
        fails(FORBIDDEN, a.is_logged_in, NORMAL)
        fails(KEY_NOT_FOUND, b.sign, handle, data=bytes(32))
        a.login(NORMAL, USER_PIN)
        a.delete(a.open(token_uuid))
        fails(KEY_NOT_FOUND, a.open, token_uuid)
        fails(KEY_NAME_TOO_LONG, a.open, bytes(15))
        fails(KEY_NAME_TOO_LONG, a.open, bytes(17))


@test
def matching(hsm):
    """MATCH by type, curve, flags and attributes, in pages, in UUID order"""
    with user(hsm) as c:
        before = set(c.match())
        made = {}
        for curve, flags in ((P256, SIGNS), (P256, SIGNS | TOKEN),
                             (P384, SIGNS | EXPORTABLE), (P384, TOKEN),
                             (P521, SIGNS | TOKEN | EXPORTABLE)):
            pkey, uuid = c.generate_ec(curve, flags)
            c.set_attributes(pkey, [(1, b"mine"), (2, bytes([curve]))])
            made[uuid] = (curve, flags, pkey)
        found = c.match()
        assert set(found) == before | set(made)
        stores = [[u for u in found if u in made and
                   bool(made[u][1] & TOKEN) == store] for store in (1, 0)]
        assert [u for u in found if u in made] == \
            sorted(stores[0]) + sorted(stores[1])

        def expect(condition, **criteria):
            wanted = {u for u, v in made.items() if condition(*v)}
            for maximum in (1, 2, 64):
                got = c.match(maximum=maximum, **criteria)
                assert len(got) == len(set(got))
                assert set(got) - before == wanted, criteria
        for curve in (P256, P384, P521):
            expect(lambda k, f, _, curve=curve: k == curve, curve=curve)
            expect(lambda k, f, _, curve=curve: k == curve,
                   attributes=[(1, b"mine"), (2, bytes([curve]))])
        expect(lambda k, f, _: True, key_type=EC_PRIVATE)
        expect(lambda k, f, _: False, key_type=RSA_PRIVATE)
        expect(lambda k, f, _: f & EXPORTABLE, mask=EXPORTABLE,
               flags=EXPORTABLE)
        expect(lambda k, f, _: not f & TOKEN, mask=TOKEN, flags=0)
        expect(lambda k, f, _: f & 0x28 == 0x28, mask=0x28, flags=0x28)
        expect(lambda k, f, _: False, attributes=[(1, b"mine"), (3, b"")])
        expect(lambda k, f, _: False, attributes=[(1, b"other")])
        fails(PACKET_OVERFLOW, c.match_once, 0, bytes(16), maximum=819)
        for _, _, pkey in made.values():
            c.delete(pkey)
        assert set(c.match()) == before


@test
def attributes(hsm):
    """128 attributes, 6 of 512 bytes beside an RSA-4096 key, restart"""
    with user(hsm) as c:
        many, many_uuid = c.generate_ec(P256, SIGNS | TOKEN)
        values = {t: os.urandom(t % 11 + 1) for t in range(1000, 1128)}
        c.set_attributes(many, list(values.items()))
        assert dict(c.attribute_lengths(many, list(values))) == \
            {t: len(v) for t, v in values.items()}
        assert dict(c.get_attributes(many, list(values), 4096)) == values
        big, big_uuid = c.load(der_of(make_key("rsa", 4096)), SIGNS | TOKEN)
        blobs = {t: os.urandom(512) for t in range(6)}
        for item in blobs.items():
            c.set_attributes(big, [item])
        c.set_attributes(many, [(1000, None), (1001, b"new"), (1, b"")])
        values.pop(1000)
        values.update({1001: b"new", 1: b""})
        fails(ATTRIBUTE_NOT_FOUND, c.get_attributes, many, [1000], 100)
        assert c.attribute_lengths(many, [1000]) == [(1000, 0)]
        fails(RESULT_TOO_LONG, c.get_attributes, big, list(blobs), 512)
        volatile, _ = c.generate_ec(P256, SIGNS)
        fails(ATTRIBUTE_NOT_FOUND, c.get_attributes, volatile, [1], 100)
        fails(ATTRIBUTE_NOT_FOUND, c.attribute_lengths, volatile, [1])
    hsm.restart(kill=True)
    with user(hsm) as c:
        many, big = c.open(many_uuid), c.open(big_uuid)
        assert dict(c.get_attributes(many, list(values), 4096)) == values
        assert dict(c.get_attributes(big, list(blobs), 4096)) == blobs
        assert c.match(attributes=[(1001, b"new")]) == [many_uuid]
        c.delete(many)
        c.delete(big)


def unwrap(private, pkcs8, kek):
    """What openssl makes of an export, as plain PKCS#8."""
    prefix = bytes.fromhex("300b0609608648016503040130")
    assert prefix in pkcs8, "no id-aes256-wrap-pad"
    wrapped = pkcs8[pkcs8.index(prefix) + len(prefix):]
    head = 4 if wrapped[1] == 0x82 else 3 if wrapped[1] == 0x81 else 2
    assert wrapped[0] == 4
    wrapped = wrapped[head:]
    rsa_oid = bytes.fromhex("300b06092a864886f70d010101")
    assert rsa_oid in kek
    secret = openssl("pkeyutl", "-decrypt", "-inkey", private, "-in",
                     "/dev/stdin", data=kek[-256:])
    assert len(secret) == 32
    return openssl("enc", "-d", "-id-aes256-wrap-pad", "-K", secret.hex(),
                   "-iv", "A65959A6", data=wrapped)


@test
def export(hsm):
    """Export to a KEKEK, opened by openssl; only with the right flags"""
    kekek = make_key("rsa", 2048)
    with user(hsm) as c:
        k, _ = c.load(der_of(kekek, public=True), KEKEK)
        for kind, size in (("ec", "P-256"), ("ec", "P-521"), ("rsa", 2048),
                           ("rsa", 4096)):
            private = make_key(kind, size)
            pkey, _ = c.load(der_of(private), SIGNS | EXPORTABLE)
            plain = unwrap(kekek, *c.export(pkey, k))
            assert openssl("pkey", "-inform", "DER", "-pubout", data=plain) \
                == openssl("pkey", "-in", private, "-pubout")
            fails(RESULT_TOO_LONG, c.export, pkey, k, 5479, 512)
            fails(RESULT_TOO_LONG, c.export, pkey, k, 5480, 255)
            fails(KEY_NOT_FOUND, c.export, pkey, k ^ 0x10000)
        stays, _ = c.generate_ec(P256, SIGNS)
        fails(FORBIDDEN, c.export, stays, k)
        signer, _ = c.load(der_of(kekek, public=True), SIGNS)
        fails(FORBIDDEN, c.export, pkey, signer)
        fails(FORBIDDEN, c.verify, k, bytes(256), data=b"x")


def package(kekek_spki, plain):
    """What another HSM would send, made by openssl."""
    secret = os.urandom(32)
    wrapped = openssl("enc", "-id-aes256-wrap-pad", "-K", secret.hex(),
                      "-iv", "A65959A6", data=plain)

    def tlv(tag, body):
        n = len(body)
        length = (bytes([n]) if n < 128 else bytes([0x81, n]) if n < 256
                  else b"\x82" + struct.pack(">H", n))
        return bytes([tag]) + length + body

    with open("/dev/shm/cryptech-kekek." + str(os.getpid()), "wb") as f:
        f.write(kekek_spki)
    try:
        box = openssl("pkeyutl", "-encrypt", "-pubin", "-keyform", "DER",
                      "-inkey", f.name, data=secret)
    finally:
        os.unlink(f.name)
    aes = bytes.fromhex("300b060960864801650304" + "0130")
    rsa_oid = bytes.fromhex("300b06092a864886f70d010101")
    return (tlv(0x30, aes + tlv(4, wrapped)), tlv(0x30, rsa_oid + tlv(4, box)))


@test
def import_key(hsm):
    """Import what openssl wrapped to the HSM's KEKEK; damage is refused"""
    with user(hsm) as c:
        k, _ = c.generate_rsa(2048, KEKEK | TOKEN)
        fails(FORBIDDEN, c.sign, k, data=b"x")
        spki = c.public_key(k)
        private = make_key("ec", "P-256")
        pkcs8, kek = package(spki, der_of(private))
        pkey, _ = c.import_key(k, pkcs8, kek, SIGNS)
        assert c.public_key(pkey) == der_of(private, public=True)
        before = c.match()
        for at in range(19, len(pkcs8), 13):
            bad = bytearray(pkcs8)
            bad[at] ^= 0x40
            fails(KEYWRAP_ERRORS, c.import_key, k, bytes(bad), kek, SIGNS)
        for at in range(21, len(kek), 37):
            bad = bytearray(kek)
            bad[at] ^= 1
            fails(KEYWRAP_ERRORS, c.import_key, k, pkcs8, bytes(bad), SIGNS)
        fails(ASN1_PARSE_FAILED, c.import_key, k, pkcs8[:-1], kek, SIGNS)
        fails(BAD_ARGUMENTS, c.import_key, k, pkcs8, kek, 0x40)
        signer, _ = c.generate_rsa(2048, SIGNS)
        fails(FORBIDDEN, c.import_key, signer, pkcs8, kek, SIGNS)
        c.delete(signer)
        assert c.match() == before
        c.delete(k)


@test
def survives(hsm):
    """Keys, PINs and attributes survive kill -9; volatile keys do not"""
    with user(hsm) as c:
        token, token_uuid = c.generate_rsa(2048, SIGNS | TOKEN)
        _, volatile_uuid = c.generate_ec(P256, SIGNS)
        spki = c.public_key(token)
        hsm.restart(kill=True)
    with user(hsm) as c:
        token = c.open(token_uuid)
        assert c.public_key(token) == spki
        fails(KEY_NOT_FOUND, c.open, volatile_uuid)
        info = digest_info(SHA256, hashlib.sha256(b"m").digest())
        assert rsa_recover(spki, c.sign(token, data=info)) == info
        c.delete(token)
