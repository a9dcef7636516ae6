# SPDX-License-Identifier: MIT
"""As many clients as the HSM serves, all at once, and then one more.

Each has a connection, a login, a volatile key and a hash under way, all of them
its own, and asks for what only it can be answered: its key's attribute, a
signature of its own digest, the hash of what it sent. Their calls are all sent
before the first reply is taken.
"""

import concurrent.futures
import hashlib
import os
import resource

import harness
import keys
from hal import NORMAL, SHA256, SIGNS, TOKEN, Reader, opaque, u32

CLIENTS = 1024          # connections, cryptech-hsm(8)
MORE = 8                # that are refused
MARK = 0x434C4E54       # an attribute: whose key it is
# What the HSM may take for each: buffers of a connection, a key and a hash.
KIB_EACH = 64
SIGN, GET_ATTRIBUTES = 0x17, 0x1c


def room_for_files():
    """Our own ends of the connections; the HSM asks for its ends itself."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = CLIENTS + 256
    if hard != resource.RLIM_INFINITY and hard < wanted:
        raise harness.Skip(f"only {hard} open files are allowed")
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def memory_kib(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as f:
        return next(int(line.split()[1]) for line in f
                    if line.startswith("VmRSS:"))


def files(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


class Member:
    """One of them, and what it has."""

    def __init__(self, hsm, number, pin, der, uuid):
        self.client = hsm.client()
        self.name = b"client %d" % number
        self.client.login(NORMAL, pin)
        self.key, _ = self.client.load(der, SIGNS)
        self.client.set_attributes(self.key, [(MARK, self.name)])
        self.shared = self.client.open(uuid)
        self.hash = self.client.hash_init(SHA256, b"")
        self.client.hash_update(self.hash, self.name)

    def ask(self):
        """Send, and do not wait."""
        self.client.send(u32(GET_ATTRIBUTES) + u32(0) + u32(self.key) +
                         u32(1) + u32(MARK) + u32(256))

    def answered(self):
        reply = self.client.receive()
        assert reply[:4] == u32(GET_ATTRIBUTES) and reply[8:12] == u32(0)
        reader = Reader(reply[12:])
        assert (reader.u32(), reader.u32()) == (1, MARK)
        assert reader.opaque() == self.name, "somebody else's attribute"
        reader.done()

    def digest(self):
        return hashlib.sha256(self.name).digest()

    def ask_signature(self):
        self.client.send(u32(SIGN) + u32(0) + u32(self.shared) + u32(0) +
                         opaque(self.digest()) + u32(256))

    def signature(self):
        reply = self.client.receive()
        assert reply[:4] == u32(SIGN) and reply[8:12] == u32(0)
        return Reader(reply[12:]).opaque()

    def finish(self):
        value = self.client.hash_final(self.hash)
        assert value == self.digest(), "somebody else's hash"
        self.client.close()


def refused(hsm):
    """One client too many is shown the door, at once, and harms nobody."""
    client = hsm.client()
    try:
        assert client.sock.recv(1) == b"", "the HSM serves too many"
    finally:
        client.close()


class Crowd:
    """The points, in their order; each takes what the one before left."""

    def __init__(self, hsm, pin, rsa, ec):
        self.hsm, self.pin = hsm, pin
        self.rsa_spki, self.ec_der = rsa[1], ec[0]
        self.members = []
        room_for_files()
        with hsm.client() as client:
            client.login(NORMAL, pin)
            _, self.rsa = client.load(rsa[0], SIGNS | TOKEN)
        self.before = memory_kib(hsm.process.pid)
        self.files = files(hsm.process.pid)

    def member(self, number):
        return Member(self.hsm, number, self.pin, self.ec_der, self.rsa)

    def enter(self):
        """1,024 clients log in, load a key each and begin a hash"""
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            self.members = list(pool.map(
                self.member, range(CLIENTS)))

    def too_many(self):
        """more are refused, one after the other"""
        for _ in range(MORE):
            refused(self.hsm)

    def answers(self):
        """calls of all of them at once: each gets its own answers"""
        for _ in range(3):
            for member in self.members:
                member.ask()
            for member in reversed(self.members):
                member.answered()

    def signatures(self):
        """and its own signatures"""
        for member in self.members:
            member.ask_signature()
        for member in self.members:
            assert keys.rsa_recover(self.rsa_spki, member.signature()) == \
                member.digest(), "somebody else's signature"

    def memory(self):
        """the HSM's memory is within its bound"""
        grown = memory_kib(self.hsm.process.pid) - self.before
        print(f"# {grown // CLIENTS} KiB each, {grown} KiB in all")
        assert grown < CLIENTS * KIB_EACH

    def one_goes(self):
        """one goes, and another one is served in its place"""
        self.members.pop(CLIENTS // 2).finish()
        # the HSM has to notice first; every refusal is a defined one
        for _ in range(1000):
            try:
                member = self.member(CLIENTS)
                break
            except (EOFError, OSError):
                continue
        else:
            raise AssertionError("nobody is served in its place")
        member.ask()
        member.answered()
        self.members.append(member)

    def leave(self):
        """all go, and their files with them"""
        for member in self.members:
            member.finish()
        with self.hsm.client() as client:
            client.login(NORMAL, self.pin)
            client.delete(client.open(self.rsa))
        # the HSM notices in its own time; calls pass it
        for _ in range(1000):
            if files(self.hsm.process.pid) <= self.files:
                return
            with self.hsm.client() as client:
                client.plain(0, result="u")
        raise AssertionError("files are left open")

    def all(self):
        return (self.enter, self.too_many, self.answers, self.signatures,
                self.memory, self.one_goes, self.leave)
