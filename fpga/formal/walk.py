# SPDX-License-Identifier: MIT
"""Where the vault's program can be, and what holds there.

This walks the program as vault/assemble reads it, every command from its first
word, and notes for each place what is known of the sequencer's registers. What
it notes is not believed: rules.py writes it as invariants, and the solver shows
of the Verilog that they hold. A mistake here makes a proof fail.

A place is a command, the address to which a call returns, and pc. Of it is known

    k       bounds
    m       bits of the slot at hand; that it is slot A's or slot B's word, as
            it was when the command began
    A, B    bits of these words
    same    no slot's word 13 was written by this command
    taint   0, 1, or slot A's CLEAR; noleak: a CLEAR slot wraps no other
    equal   `differs` is not set
    flags   bits
"""

import importlib.machinery
import importlib.util

META = 13
START = 63			# in the place of a command, after reset
VALID, BEGUN, CLEAR, LONG, USE = 5, 4, 3, 2, 0
TO_SLOT, TO_META, TO_FRESH, CONTROL, TO_K = 1, 6, 7, 15, 23
SLOT, STORE, FROM_META = 1, 2, 7
ALWAYS, LOOP, HEIGHT, CALL, RETURN, DIFFERS = 1, 2, 3, 4, 5, 6
NOT_USE, NOT_SLOT, IF, UNLESS, LEAKS, EQUAL = 7, 8, 9, 10, 11, 12
FACT_BEGUN, FACT_CLEAR, FACT_INVERSE = 20, 21, 25
NOTHING = (0, 0)		# bits that are known, and what they are


def assembled(path):
    """The program that vault/assemble in that folder makes."""
    loader = importlib.machinery.SourceFileLoader("assemble", path)
    spec = importlib.util.spec_from_loader("assemble", loader)
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    program = module.Program()
    program.read(module.SOURCE)
    return program, [word for word, _ in program.words()], module.OPS, \
        module.CONSTANTS


class Instruction:
    def __init__(self, word):
        self.target = word >> 23
        self.condition = word >> 19 & 15
        self.to = word >> 14 & 31
        self.source = word >> 10 & 15
        self.is_b = word >> 9 & 1
        self.by_k = word >> 8 & 1
        self.fixed = word & 255


def with_bit(known, bit, value):
    return known[0] | 1 << bit, known[1] & ~(1 << bit) | value << bit


def meta_bits(word):
    """What the vault keeps of a word 13, of a constant."""
    return (63, (word >> 31) << VALID | (word >> 4 & 1) << BEGUN |
            (word >> 2 & 1) << CLEAR | (word >> 3 & 1) << LONG | word & 3)


def first():
    return {"k": (0, 0), "m": NOTHING, "A": NOTHING, "B": NOTHING,
            "of": None, "of_begun": False, "same": True, "taint": "0",
            "noleak": False, "equal": True, "flags": NOTHING}


def join(x, y):
    out = dict(x)
    out["k"] = min(x["k"][0], y["k"][0]), max(x["k"][1], y["k"][1])
    for name in ("m", "A", "B", "flags"):
        mask = x[name][0] & y[name][0] & ~(x[name][1] ^ y[name][1])
        out[name] = mask, x[name][1] & mask
    for name in ("same", "noleak", "equal", "of_begun"):
        out[name] = x[name] and y[name]
    for name in ("of", "taint"):
        out[name] = x[name] if x[name] == y[name] else None
    out["of_begun"] = out["of_begun"] and out["of"] is not None
    return out


class Walk:
    def __init__(self, path):
        program, words, self.ops, constants = assembled(path)
        self.labels, self.own = program.labels, program.own
        self.flags = program.flags
        self.code = [Instruction(w) for w in words]
        self.constants = {constants + n: c
                          for n, c in enumerate(program.constants)}
        self.names = {v: n for (kind, n), v in program.values.items()
                      if kind == "op"}
        self.calls = {i.target for i in self.code if i.condition == CALL}
        self.inside = self.routines()
        self.rows, self.after = {}, {}
        self.walk()

    def routines(self):
        """Every pc between a call and its return; there `back` counts."""
        inside, todo = set(), list(self.calls)
        while todo:
            pc = todo.pop()
            if pc in inside:
                continue
            inside.add(pc)
            i = self.code[pc]
            if i.condition == CALL:
                raise ValueError("a call within a call")
            if i.condition not in (ALWAYS, RETURN):
                todo.append(pc + 1)
            if i.condition not in (0, RETURN):
                todo.append(i.target)
        return inside

    def walk(self):
        entries = [((START, 0, self.labels["start"]),
                    {**first(), "flags": (127, 0), "same": False,
                     "m": (63, 0)})]
        entries += [((op, 0, op), first()) for op in range(self.ops)]
        todo = []
        for place, facts in entries:
            self.rows[place] = facts
            todo.append(place)
        while todo:
            place = todo.pop()
            for to, facts in self.steps(place):
                old = self.rows.get(to)
                new = facts if old is None else join(old, facts)
                if new != old:
                    self.rows[to] = new
                    todo.append(to)

    def numbers(self, i, facts):
        lo, hi = facts["k"] if i.by_k else (i.fixed, i.fixed)
        return range(lo, hi + 1)

    def steps(self, place):
        op, back, pc = place
        i = self.code[pc]
        facts = self.moved(i, dict(self.rows[place]))
        self.after[place] = facts
        if i.to == CONTROL and i.fixed & 0xe1 == 0xe1:
            return			# zeroises: from the start again
        for to, new in self.branches(i, op, pc, back, facts):
            if i.condition == CALL:
                if pc in self.inside:
                    raise ValueError("a call within a call")
                yield (op, pc + 1, to), new
            else:
                yield (op, back if to in self.inside else 0, to), new

    # --- what an instruction moves -------------------------------------------
    def moved(self, i, facts):
        if i.to == TO_K:
            facts["k"] = i.fixed, i.fixed
        elif i.to == TO_SLOT:
            if any(n & 15 == META for n in self.numbers(i, facts)):
                facts["same"] = False
        elif i.to == TO_FRESH:
            facts.update(of=None, of_begun=False,
                         m=(1 << VALID | 1 << BEGUN | 1 << CLEAR, 1 << VALID))
        elif i.to == TO_META:
            self.meta(i, facts)
        elif i.to == CONTROL:
            self.control(i, facts)
        elif i.to in (0x19, 0x1b, 0x11, 0x13):
            facts["equal"] = False
        return facts

    def meta(self, i, facts):
        facts.update(of=None, of_begun=False, m=NOTHING)
        if i.source == SLOT and i.fixed & 15 == META and not i.by_k and \
                facts["same"]:
            of = "B" if i.is_b else "A"
            facts.update(of=of, of_begun=True, m=facts[of])
        elif i.source == STORE and i.fixed in self.constants and not i.by_k:
            facts["m"] = meta_bits(self.constants[i.fixed])

    def control(self, i, facts):
        what = i.fixed >> 5
        if what in (0, 1):
            facts["flags"] = with_bit(facts["flags"], i.fixed & 7, what ^ 1)
        elif what == 2:
            facts["taint"] = "1" if i.fixed & 1 else \
                "A" if facts["of"] == "A" else None
        elif what == 3:
            facts["m"] = with_bit(facts["m"], BEGUN, 1)
            facts["of_begun"] = False

    # --- where it goes then ----------------------------------------------------
    def branches(self, i, op, pc, back, facts):
        c = i.condition
        if c in (LOOP, HEIGHT):
            yield from self.loop(i, pc, facts)
        elif c in (ALWAYS, CALL):
            yield i.target, facts
        elif c == RETURN:
            yield back, facts
        elif c == 0:
            yield pc + 1, facts
        elif c in (IF, UNLESS) and i.fixed == FACT_INVERSE:
            yield i.target if (c == IF) == (op & 1) else pc + 1, facts
        else:
            taken, not_taken = dict(facts), dict(facts)
            self.learn(i, taken, not_taken)
            yield i.target, taken
            yield pc + 1, not_taken

    def loop(self, i, pc, facts):
        lo, hi = facts["k"]
        if i.condition == HEIGHT:
            every = {**facts, "k": (0, 255)}
            yield i.target, every
            yield pc + 1, every
            return
        n = i.fixed
        if lo <= n <= hi:
            yield pc + 1, {**facts, "k": ((n + 1) % 256,) * 2}
        rest = [k for k in range(lo, hi + 1) if k != n]
        if rest:
            bounds = (0, 255) if 255 in rest else (rest[0] + 1, rest[-1] + 1)
            yield i.target, {**facts, "k": bounds}

    def know(self, facts, bits):
        """Bits of the slot at hand, and of the slot that it is of."""
        for bit, value in bits:
            facts["m"] = with_bit(facts["m"], bit, value)
            if facts["of"] and (bit != BEGUN or facts["of_begun"]):
                facts[facts["of"]] = with_bit(facts[facts["of"]], bit, value)

    def learn(self, i, taken, not_taken):
        c = i.condition
        if c == DIFFERS:
            not_taken["equal"] = True
        elif c == EQUAL:
            taken["equal"] = True
        elif c in (NOT_USE, NOT_SLOT):
            self.know(not_taken, [(VALID, 1), (BEGUN, 0)])
            if c == NOT_USE:
                self.know(not_taken, [(USE, i.fixed & 1),
                                      (USE + 1, i.fixed >> 1 & 1)])
        elif c == LEAKS:
            not_taken["noleak"] = not_taken["taint"] == "A" and \
                not_taken["of"] == "B"
        elif c in (IF, UNLESS):
            for facts, value in ((taken, c == IF), (not_taken, c == UNLESS)):
                if i.fixed < 8:
                    facts["flags"] = with_bit(facts["flags"], i.fixed,
                                              int(value))
                elif i.fixed in (FACT_BEGUN, FACT_CLEAR):
                    self.know(facts, [(BEGUN if i.fixed == FACT_BEGUN
                                       else CLEAR, int(value))])
