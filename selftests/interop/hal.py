# SPDX-License-Identifier: MIT
"""A client for libhal's RPC protocol, written from the protocol alone.

It shares no code and no numbers with the firmware, so that a mistake made
there is not made here as well. Standard library only.
"""

import socket
import struct

OK, BAD_ARGUMENTS, UNSUPPORTED_KEY = 0, 1, 2
KEYWRAP_ERRORS = (9, 10, 11)
ALLOCATION_FAILURE, RESULT_TOO_LONG, ASN1_PARSE_FAILED = 13, 14, 15
INVALID_SIGNATURE, KEY_NOT_FOUND, KEY_NAME_IN_USE = 17, 21, 22
NO_KEY_SLOTS, PIN_INCORRECT, NO_CLIENT_SLOTS, FORBIDDEN = 23, 24, 25, 26
XDR_BUFFER_OVERFLOW, PACKET_OVERFLOW, BAD_FUNCTION = 27, 29, 30
KEY_NAME_TOO_LONG, BAD_ATTRIBUTE_LENGTH = 31, 39
ATTRIBUTE_NOT_FOUND = 40
NOT_IMPLEMENTED, NOT_READY = 45, 49

NORMAL, SO, WHEEL = 1, 2, 3
SHA1, SHA224, SHA256, SHA512_224, SHA512_256, SHA384, SHA512 = range(1, 8)
RSA_PRIVATE, RSA_PUBLIC, EC_PRIVATE, EC_PUBLIC = 1, 2, 3, 4
P256, P384, P521 = 1, 2, 3
SIGNS, KEKEK, DECRYPTS, TOKEN, PUBLIC, EXPORTABLE = 1, 2, 4, 8, 0x10, 0x20
NIL = 0xFFFFFFFF

FACTORY_WHEEL_PIN = b"YouReallyNeedToChangeThisPINRightNowWeAreNotKidding"
MESSAGE_MAX = 16384

END, ESC, ESC_END, ESC_ESC = b"\xc0", b"\xdb", b"\xdb\xdc", b"\xdb\xdd"


class HalError(Exception):
    """A reply whose error word is not 0."""

    def __init__(self, code):
        super().__init__(f"HSM error {code}")
        self.code = code


def u32(value):
    return struct.pack(">I", value)


def opaque(data):
    return u32(len(data)) + data + bytes(-len(data) % 4)


class Reader:
    """Reads a reply; trailing bytes are an error at done()."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def u32(self):
        value = struct.unpack_from(">I", self.data, self.at)[0]
        self.at += 4
        return value

    def u64(self):
        return self.u32() << 32 | self.u32()

    def opaque(self):
        n = self.u32()
        assert self.at + n + (-n % 4) <= len(self.data), "opaque too long"
        data = self.data[self.at:self.at + n]
        padding = self.data[self.at + n:self.at + n + (-n % 4)]
        assert not any(padding), "padding is not zero"
        self.at += n + (-n % 4)
        return data

    def done(self):
        assert self.at == len(self.data), "reply is longer than its results"


class Client:
    """One connection, which is one client of the HSM."""

    def __init__(self, path, timeout=60):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(timeout)
        self.sock.connect(path)
        self.buffer = b""

    def close(self):
        self.sock.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def send(self, message):
        body = message.replace(ESC, ESC_ESC).replace(END, ESC_END)
        self.sock.sendall(END + body + END)

    def receive(self):
        while True:
            head, sep, rest = self.buffer.partition(END)
            if sep:
                self.buffer = rest
                if head:
                    return head.replace(ESC_END, END).replace(ESC_ESC, ESC)
                continue
            more = self.sock.recv(65536)
            if not more:
                raise EOFError("the HSM closed the connection")
            self.buffer += more

    def raw(self, function, arguments=b"", client=0):
        """Send one request; return the error word and the results."""
        self.send(u32(function) + u32(client) + arguments)
        reply = self.receive()
        assert len(reply) >= 12 and len(reply) % 4 == 0, "bad reply length"
        assert reply[:4] == u32(function), "reply to another function"
        error = struct.unpack(">I", reply[8:12])[0]
        assert error == 0 or len(reply) == 12, "results beside an error"
        return error, Reader(reply[12:])

    def call(self, function, *arguments):
        """Each argument an int (u32) or bytes (opaque)."""
        body = b"".join(u32(a) if isinstance(a, int) else opaque(a)
                        for a in arguments)
        error, reader = self.raw(function, body)
        if error:
            raise HalError(error)
        return reader

    def plain(self, function, *arguments, result=None):
        """A call with at most one result: None, 'u' or 'o'."""
        reader = self.call(function, *arguments)
        value = {None: lambda: None, "u": reader.u32,
                 "o": reader.opaque}[result]()
        reader.done()
        return value

    def key(self, function, *arguments):
        """A call that answers pkey handle and UUID."""
        reader = self.call(function, *arguments)
        handle, uuid = reader.u32(), reader.opaque()
        reader.done()
        assert len(uuid) == 16
        return handle, uuid

    def version(self):
        return self.plain(0, result="u")

    def random(self, n):
        return self.plain(1, n, result="o")

    def set_pin(self, user, pin):
        return self.plain(2, user, pin)

    def login(self, user, pin):
        return self.plain(3, user, pin)

    def logout(self):
        return self.plain(4)

    def logout_all(self):
        return self.plain(5)

    def is_logged_in(self, user):
        return self.plain(6, user)

    def digest_len(self, alg):
        return self.plain(7, alg, result="u")

    def algorithm_id(self, alg, maximum=1024):
        return self.plain(8, alg, maximum, result="o")

    def hash_algorithm(self, handle):
        return self.plain(9, handle, result="u")

    def hash_init(self, alg, key=b""):
        return self.plain(10, 0, alg, key, result="u")

    def hash_update(self, handle, data):
        return self.plain(11, handle, data)

    def hash_final(self, handle, length=64):
        return self.plain(12, handle, length, result="o")

    def load(self, der, flags):
        return self.key(13, 0, der, flags)

    def open(self, uuid):
        return self.plain(14, 0, uuid, result="u")

    def generate_rsa(self, bits, flags, exponent=b"\x01\x00\x01"):
        return self.key(15, 0, bits, exponent, flags)

    def generate_ec(self, curve, flags):
        return self.key(16, 0, curve, flags)

    def close_key(self, pkey):
        return self.plain(17, pkey)

    def delete(self, pkey):
        return self.plain(18, pkey)

    def key_type(self, pkey):
        return self.plain(19, pkey, result="u")

    def key_flags(self, pkey):
        return self.plain(20, pkey, result="u")

    def public_key_len(self, pkey):
        return self.plain(21, pkey, result="u")

    def public_key(self, pkey, maximum=8192):
        return self.plain(22, pkey, maximum, result="o")

    def sign(self, pkey, data=b"", hash_handle=0, maximum=1024):
        return self.plain(23, pkey, hash_handle, data, maximum, result="o")

    def verify(self, pkey, signature, data=b"", hash_handle=0):
        return self.plain(24, pkey, hash_handle, data, signature)

    def match_once(self, state, previous, key_type=0, curve=0, mask=0,
                   flags=0, attributes=(), maximum=64):
        words = [0, key_type, curve, mask, flags, len(attributes)]
        for attribute, value in attributes:
            words += [attribute, value]
        reader = self.call(25, *words, state, maximum, previous)
        state = reader.u32()
        uuids = [reader.opaque() for _ in range(reader.u32())]
        reader.done()
        return state, uuids

    def match(self, **criteria):
        """Every match, by as many calls as it takes."""
        state, previous, found = 0, bytes(16), []
        while True:
            state, uuids = self.match_once(state, previous, **criteria)
            found += uuids
            if len(uuids) < criteria.get("maximum", 64):
                return found
            previous = uuids[-1]

    def key_curve(self, pkey):
        return self.plain(26, pkey, result="u")

    def set_attributes(self, pkey, attributes):
        body = u32(pkey) + u32(len(attributes))
        for attribute, value in attributes:
            body += u32(attribute)
            body += u32(NIL) if value is None else opaque(value)
        error, reader = self.raw(27, body)
        if error:
            raise HalError(error)
        reader.done()

    def attribute_lengths(self, pkey, types):
        reader = self.call(28, pkey, len(types), *types, 0)
        result = [(reader.u32(), reader.u32()) for _ in range(reader.u32())]
        reader.done()
        return result

    def get_attributes(self, pkey, types, buffer_len):
        reader = self.call(28, pkey, len(types), *types, buffer_len)
        result = [(reader.u32(), reader.opaque())
                  for _ in range(reader.u32())]
        reader.done()
        return result

    def export(self, pkey, kekek, pkcs8_max=5480, kek_max=512):
        reader = self.call(29, pkey, kekek, pkcs8_max, kek_max)
        pkcs8, kek = reader.opaque(), reader.opaque()
        reader.done()
        return pkcs8, kek

    def import_key(self, kekek, pkcs8, kek, flags):
        return self.key(30, 0, kekek, pkcs8, kek, flags)

    def generate_hashsig(self, levels, lms, lmots, flags):
        return self.key(31, 0, levels, lms, lmots, flags)

    def check_tamper(self):
        return self.plain(66)
