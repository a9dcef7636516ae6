# SPDX-License-Identifier: MIT
"""How long calls take, and how many there are a second with 1 to 64 in flight.

Of each kind of call and number in flight the best round counts: that with most
calls a second. Its percentiles are those of the same second.
"""

FLIGHTS = (1, 2, 4, 8, 16, 32, 64)
SHARES = ("p50", "p90", "p99", "p99.9", "longest")

SOCKET = (("version", "empty calls"), ("aes", "AES-256-CBC, 4 KiB"),
          ("ec-p256", "P-256 signatures"), ("rsa2048", "RSA-2048 signatures"),
          ("hss", "HSS signatures"))
MAILBOX = (("null", "empty calls"), ("aes", "AF_ALG cbc(paes), 4 KiB"),
           ("ec-p256", "keyctl P-256 signatures"),
           ("rsa2048", "keyctl RSA-2048 signatures"))
# what vm_bench counts as bytes
BYTES = {"aes": 4096}


class Figures:
    """Of one kind of call: (calls a second, percentiles) by calls in flight."""

    def __init__(self, name):
        self.name = name
        self.of = {}

    def add(self, flight, rate, percentiles):
        if flight not in self.of or rate > self.of[flight][0]:
            self.of[flight] = (rate, percentiles)

    def rates(self):
        return [self.of[n][0] for n in FLIGHTS]

    def alone(self):
        return self.of[1][1]


def over_socket(rpc, rounds):
    """rpc(in flight, kind) gives the numbers that rpc_bench prints."""
    found = []
    for what, name in SOCKET:
        figures = Figures(name)
        for _ in range(rounds):
            for n in FLIGHTS:
                rate, _, *percentiles = rpc(n, what)
                figures.add(n, rate, percentiles)
        found.append(figures)
    return found


def over_mailbox(said):
    """said: lists of what the guest printed, by name."""
    found = []
    for what, name in MAILBOX:
        figures = Figures(name)
        for n in FLIGHTS:
            for line in said[f"{what}-{n}"]:
                rate, *percentiles = map(float, line.split())
                figures.add(n, rate / BYTES.get(what, 1), percentiles)
        found.append(figures)
    return found


def table(row, found):
    """Two tables by the caller's row(name, *figures)."""
    row("one call at a time: us", *SHARES)
    for figures in found:
        row(figures.name, *(f"{us:,.0f}" for us in figures.alone()))
    row("")
    row("calls a second; in flight:", *map(str, FLIGHTS))
    for figures in found:
        row(figures.name, *(f"{rate:,.0f}" for rate in figures.rates()))
