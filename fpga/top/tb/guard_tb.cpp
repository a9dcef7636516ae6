// SPDX-License-Identifier: MIT
/*
 * Trees and the guard, over the pins: signatures of every W and n as RFC 8554 says
 * (written down once more here over OpenSSL's SHA-256), no leaf twice, no old table,
 * power that fails in every byte of the tamper memory, and its pin.
 */
#include <openssl/sha.h>

#include "bench.h"

enum { OK = FPGA_OUTCOME_OK, REFUSED = FPGA_OUTCOME_REFUSED,
       BROKEN = FPGA_OUTCOME_BROKEN, EXHAUSTED = FPGA_OUTCOME_EXHAUSTED,
       NO_MEMORY = FPGA_OUTCOME_NO_MEMORY };
enum { KEK, ROOT, LEAF, OTHER, OPENER };	/* slots */

static Fixture *f;

static uint32_t meta_of(int n, int log_w, int height)
{
	return FPGA_USE_SEED | (n == 24 ? FPGA_META_N24 : 0) |
	       (uint32_t)log_w << FPGA_META_WIDTH_SHIFT |
	       (uint32_t)height << FPGA_META_HEIGHT_SHIFT;
}

/* The bit at the top is the first step. */
static uint32_t path_of(uint32_t q, int depth)
{
	return depth ? q << (26 - depth) & 0x3ffffff : 0;
}

static bool commit(int entry, int n, Words *table = NULL)
{
	if (f->host.command(FPGA_OP_PREPARE, KEK, entry, n) != OK)
		return false;
	if (table)
		*table = f->host.get(70);
	return f->host.command(FPGA_OP_COMMIT) == OK;
}

static bool load(const Words &table, uint32_t want = OK)
{
	f->host.text(table);
	return f->host.command(FPGA_OP_TABLE_LOAD, KEK) == want;
}

/* Power fails, and comes again: slots and table are lost. */
static bool again()
{
	f->again();
	return f->state_key();
}

/* --- RFC 8554 ------------------------------------------------------------------- */

struct set {
	int n, w, p, ls;
};
static const struct set sets[] = {
	{ 32, 1, 265, 7 }, { 32, 2, 133, 6 }, { 32, 4, 67, 4 }, { 32, 8, 34, 0 },
	{ 24, 1, 200, 8 }, { 24, 2, 101, 6 }, { 24, 4, 51, 4 }, { 24, 8, 26, 0 },
};

static Bytes H(int n, const Bytes &m)
{
	Bytes d(32);

	SHA256(m.data(), m.size(), d.data());
	d.resize(n);
	return d;
}

static int coef(const Bytes &m, int i, int w)
{
	return m[i * w / 8] >> (8 - w * (i % (8 / w)) - w) & ((1 << w) - 1);
}

/* Algorithm 4b and 6a: the leaf that a signature over @digest belongs to. */
static Bytes leaf_of(const set &s, const Bytes &id, int h, uint32_t q,
		     const Bytes &digest, const Bytes &y)
{
	Bytes m = digest, k = id + u(q, 4) + u(0x8080, 2);
	unsigned int sum = 0;

	for (int i = 0; i < 8 * s.n / s.w; i++)
		sum += (1 << s.w) - 1 - coef(digest, i, s.w);
	m = m + u(sum << s.ls & 0xffff, 2);
	for (int i = 0; i < s.p; i++) {
		Bytes x(y.begin() + i * s.n, y.begin() + (i + 1) * s.n);

		for (int j = coef(m, i, s.w); j < (1 << s.w) - 1; j++)
			x = H(s.n, id + u(q, 4) + u(i, 2) + u(j, 1) + x);
		k = k + x;
	}
	return H(s.n, id + u((1u << h) + q, 4) + u(0x8282, 2) + H(s.n, k));
}

/* The leaf with a seed that is known, down from S_1. */
static Bytes leaf_below(const set &s, const Bytes &id, int h, uint32_t q,
			Bytes seed)
{
	Bytes y;

	seed.resize(s.n);
	for (int d = h - 1; d >= 0; d--)
		seed = H(s.n, id + u(((1u << h) + q) >> d, 4) + u(0xe4e4, 2) +
			      u(0xff, 1) + seed);
	for (int i = 0; i < s.p; i++)
		y = y + H(s.n, id + u(q, 4) + u(i, 2) + u(0xff, 1) + seed);
	/* a digest of zeros: the chains from their starts; the checksum's, too,
	 * if they are walked here */
	for (int i = 8 * s.n / s.w; i < s.p; i++) {
		unsigned int sum = (unsigned int)(8 * s.n / s.w) * ((1 << s.w) - 1);
		int digit = coef(u(sum << s.ls & 0xffff, 2), i - 8 * s.n / s.w,
				 s.w);
		Bytes x(y.begin() + i * s.n, y.begin() + (i + 1) * s.n);

		for (int j = 0; j < digit; j++)
			x = H(s.n, id + u(q, 4) + u(i, 2) + u(j, 1) + x);
		std::copy(x.begin(), x.end(), y.begin() + i * s.n);
	}
	return leaf_of(s, id, h, q, Bytes(s.n), y);
}

/* --- signatures -------------------------------------------------------------------- */

static Bytes id_of(int slot)
{
	f->host.command(FPGA_OP_INFO, slot);
	return bytes_of(f->host.get(4));
}

static Bytes leaf_value(int n, int slot, int depth, uint32_t q)
{
	if (f->host.command(FPGA_OP_LEAF, slot, 0, depth, path_of(q, depth)) != OK)
		return Bytes();
	return bytes_of(f->host.get(n / 4));
}

/* What SIGN gives, taken as it comes; empty: it did not end well. */
static Bytes sign(int slot, const Bytes &digest)
{
	unsigned int taken = 0;
	uint32_t status;
	Words y;

	f->host.write(FPGA_REG_DIGEST, words_of(digest));
	f->host.start(FPGA_OP_SIGN, slot);
	do {
		unsigned int made;

		status = f->host.status();
		made = (status & FPGA_STATUS_WORDS) >> FPGA_STATUS_WORDS_SHIFT;
		while ((taken & 255) != made) {
			size_t some = (made - taken) & 255;

			some = some < 64 ? some : 64;
			some = some < 256 - (taken & 255) ? some
							  : 256 - (taken & 255);
			Words w = f->host.read(FPGA_REG_TEXT + (taken & 255),
					       some);
			y = y + w;
			taken += some;
			f->host.write(FPGA_REG_TAKEN, { taken & 255 });
		}
	} while (status & FPGA_STATUS_BUSY);
	return f->host.outcome() == OK ? bytes_of(y) : Bytes();
}

static bool test_set(const set &s)
{
	static const int log[] = { 0, 0, 1, 0, 2, 0, 0, 0, 3 };
	uint32_t meta = meta_of(s.n, log[s.w], 1);
	Bytes id, leaves[2], digest = random_bytes(s.n), got, c;
	bool good = f->host.command(FPGA_OP_ENTRY_NEW, ROOT, 0, 0, meta) == OK;

	id = id_of(ROOT);
	for (int q = 0; q < 2; q++)
		leaves[q] = leaf_value(s.n, ROOT, 1, q);
	for (uint32_t q = 0; q < 2; q++) {
		good &= f->host.command(FPGA_OP_PREPARE, KEK, 0, 1) == OK &&
			f->host.node() == q &&
			f->host.command(FPGA_OP_COMMIT) == OK &&
			f->host.command(FPGA_OP_CHILD, ROOT, LEAF, 1,
					path_of(q, 1)) == OK &&
			f->host.node() == 2 + q &&
			f->host.command(FPGA_OP_BEGIN, LEAF) == OK;
		good &= c != bytes_of(f->host.get(s.n / 4));
		c = bytes_of(f->host.get(s.n / 4));
		got = sign(LEAF, digest);
		good &= got.size() == (size_t)(s.p + 1) * s.n &&
			Bytes(got.end() - s.n, got.end()) == leaves[q] &&
			leaf_of(s, id, 1, q, digest, got) == leaves[q];
	}
	f->host.put(FPGA_REG_BELOW, words_of(leaves[0] + leaves[1]));
	good &= f->host.command(FPGA_OP_NODE, ROOT, 0, 0, 1) == OK &&
		bytes_of(f->host.get(s.n / 4)) ==
			H(s.n, id + u(1, 4) + u(0x8383, 2) + leaves[0] +
			       leaves[1]);
	good &= f->host.command(FPGA_OP_PREPARE, KEK, 0, 1) == EXHAUSTED;
	return good && f->host.command(FPGA_OP_ENTRY_FREE, 0, 0) == OK;
}

/* Seeds down the tree, in one go and in steps, as they are defined. */
static bool test_seeds()
{
	Bytes seed = random_bytes(32), id = random_bytes(16);

	for (const set &s : { sets[2], sets[6] }) {
		uint32_t q = 0x155;
		Bytes want = leaf_below(s, id, 10, q, seed);

		f->write(ROOT, seed, id, 1, meta_of(s.n, 2, 10));
		if (leaf_value(s.n, ROOT, 10, q) != want ||
		    f->host.node() != 0x400 + q ||
		    f->host.command(FPGA_OP_CHILD, ROOT, OTHER, 4,
				    path_of(q >> 6, 4)) != OK ||
		    leaf_value(s.n, OTHER, 6, q & 63) != want)
			return false;
	}
	return true;
}

/* --- once ------------------------------------------------------------------------ */

static bool test_once()
{
	Bytes digest = random_bytes(32), id;
	uint32_t meta = meta_of(32, 2, 2);
	bool good = f->host.command(FPGA_OP_ENTRY_NEW, ROOT, 1, 0, meta) == OK &&
		    f->host.command(FPGA_OP_ENTRY_NEW, OTHER, 1, 0, meta) ==
			    EXHAUSTED;
	auto child = [&](int slot, uint32_t q) {
		good &= f->host.command(FPGA_OP_CHILD, ROOT, slot, 2,
					path_of(q, 2)) == OK;
	};
	auto begin = [&](int slot, uint32_t want) {
		uint32_t got = f->host.command(FPGA_OP_BEGIN, slot);

		good &= got == want &&
			(got == OK || f->host.get(8) == Words(8));
	};

	child(LEAF, 0);
	begin(LEAF, REFUSED);				/* nothing prepared */
	good &= f->host.command(FPGA_OP_COMMIT) == REFUSED;
	good &= f->host.command(FPGA_OP_PREPARE, KEK, 1, 1) == OK;
	begin(LEAF, REFUSED);				/* not committed */
	good &= f->host.command(FPGA_OP_PREPARE, KEK, 1, 1) == OK;
	good &= f->host.node() == 1 &&
		f->host.command(FPGA_OP_COMMIT) == OK &&
		f->host.command(FPGA_OP_COMMIT) == REFUSED;
	begin(LEAF, REFUSED);				/* leaf 0 is gone */
	begin(ROOT, REFUSED);				/* no leaf */
	id = id_of(ROOT);
	f->write(OTHER, random_bytes(32), id, 5, meta);
	begin(OTHER, REFUSED);				/* the bus knows it */
	child(LEAF, 1);
	good &= sign(LEAF, digest).empty();		/* not begun */
	begin(LEAF, OK);
	begin(LEAF, REFUSED);
	child(OTHER, 1);
	begin(OTHER, REFUSED);				/* that was its turn */
	good &= !sign(LEAF, digest).empty();
	good &= sign(LEAF, digest).empty();		/* the slot is empty */
	good &= f->host.command(FPGA_OP_INFO, LEAF) == OK &&
		f->host.get(6) == Words(6);

	/* two may be begun at once; of one that was freed none can */
	good &= commit(1, 1);
	child(LEAF, 2);
	begin(LEAF, OK);
	good &= commit(1, 1);
	child(OTHER, 3);
	good &= commit(1, 0);
	begin(OTHER, REFUSED);		/* committed, but then another table was */
	good &= !sign(LEAF, digest).empty();
	good &= f->host.command(FPGA_OP_PREPARE, KEK, 1, 1) == EXHAUSTED;
	good &= f->host.command(FPGA_OP_ENTRY_NEW, ROOT, 2, 0, meta) == OK &&
		commit(2, 1);
	child(LEAF, 0);
	good &= f->host.command(FPGA_OP_ENTRY_FREE, 0, 2) == OK;
	begin(LEAF, REFUSED);
	return good && f->host.command(FPGA_OP_PREPARE, KEK, 2, 1) == REFUSED &&
	       f->host.command(FPGA_OP_ENTRY_FREE, 0, 1) == OK;
}

/* ABORT, while the ring is full and nobody reads. */
static bool test_abort()
{
	bool good = f->host.command(FPGA_OP_ENTRY_NEW, ROOT, 1, 0,
				    meta_of(32, 0, 2)) == OK &&
		    commit(1, 1) &&
		    f->host.command(FPGA_OP_CHILD, ROOT, LEAF, 2, 0) == OK &&
		    f->host.command(FPGA_OP_BEGIN, LEAF) == OK;

	f->host.start(FPGA_OP_SIGN, LEAF);
	good &= !f->host.wait(300000);		/* it waits */
	f->host.write(FPGA_REG_CONTROL, { FPGA_CONTROL_ABORT });
	good &= f->host.wait(10000) && f->host.outcome() == REFUSED &&
		f->host.get(64) == Words(64) &&
		f->host.command(FPGA_OP_INFO, LEAF) == OK &&
		f->host.get(6) == Words(6);
	f->host.start(FPGA_OP_LEAF, ROOT, 0, 2);
	f->host.write(FPGA_REG_CONTROL, { FPGA_CONTROL_ABORT });
	good &= f->host.wait(10000) && f->host.outcome() == REFUSED &&
		f->host.get(64) == Words(64);
	return good && leaf_value(32, ROOT, 2, 0).size() == 32 &&
	       f->host.command(FPGA_OP_ENTRY_FREE, 0, 1) == OK;
}

/* --- tables ------------------------------------------------------------------------- */

static bool test_replay()
{
	Words old, now, never;
	bool good = f->host.command(FPGA_OP_ENTRY_NEW, ROOT, 3, 0,
				    meta_of(32, 2, 5)) == OK;
	uint32_t epoch;

	good &= commit(3, 1, &old) && commit(3, 1, &now);
	epoch = f->host.read(FPGA_REG_EPOCH, 1)[0];
	good &= f->host.command(FPGA_OP_PREPARE, KEK, 3, 1) == OK;
	never = f->host.get(70);
	good &= load(now, REFUSED);			/* one is there */
	good &= again() && f->host.read(FPGA_REG_EPOCH, 1)[0] == epoch;
	good &= f->host.command(FPGA_OP_TABLE_NEW) == REFUSED;
	good &= f->host.command(FPGA_OP_ENTRY_NEW, ROOT, 4, 0,
				meta_of(32, 2, 5)) == REFUSED;
	good &= load(old, BROKEN) && load(never, BROKEN);
	good &= f->host.command(FPGA_OP_ENTRY_INFO, 0, 3) == REFUSED;
	for (size_t i = 0; i < now.size(); i += 3) {
		Words bad = now;

		bad[i] ^= 1u << rand() % 32;
		good &= load(bad, BROKEN) && f->host.get(70) == Words(70);
	}
	good &= f->host.command(FPGA_OP_DERIVE, OTHER, FPGA_USE_WRAP, 0, 9) == OK;
	f->host.text(now);
	good &= f->host.command(FPGA_OP_TABLE_LOAD, OTHER) == BROKEN;
	good &= load(now) && f->host.command(FPGA_OP_ENTRY_INFO, 0, 3) == OK &&
		f->host.get(8)[5] == 2 && load(now, REFUSED);
	/* prepared, and a power cycle: that epoch is not given again */
	good &= commit(3, 1, &now) &&
		f->host.read(FPGA_REG_EPOCH, 1)[0] > epoch + 1;
	return good && again() && load(never, BROKEN) && load(old, BROKEN) &&
	       load(now);
}

/* The same master key once more, until the epochs meet: it is not the same HSM. */
static bool test_nonce()
{
	Words key = words_of(random_bytes(32)), first, second;
	bool good = true;
	auto fresh = [&](Words *table) {
		good &= f->host.command(FPGA_OP_MASTER_WIPE) == OK;
		f->host.text(key);
		good &= f->host.command(FPGA_OP_MASTER_ENTER) == OK &&
			f->state_key() &&
			f->host.command(FPGA_OP_TABLE_NEW) == OK &&
			f->host.command(FPGA_OP_ENTRY_NEW, ROOT, 0, 0,
					meta_of(32, 2, 5)) == OK &&
			commit(0, 1, table);
	};

	fresh(&first);
	good &= f->host.read(FPGA_REG_EPOCH, 1)[0] == 1;
	fresh(&second);
	good &= f->host.read(FPGA_REG_EPOCH, 1)[0] == 1;
	return good && again() && load(first, BROKEN) && load(second);
}

/* --- power that fails in a byte ------------------------------------------------------- */

/* Until @bytes were written to the tamper memory, then power is off. */
static bool cut(uint32_t op, uint32_t a, uint32_t b, uint32_t n, int bytes)
{
	int written = 0;
	uint64_t end = f->board.cycles + 2000000;

	f->board.sram.written = [&](size_t) { written++; };
	f->host.start(op, a, b, n);
	while (written < bytes && f->board.cycles < end)
		f->board.run(1);
	f->board.power_up();
	f->board.sram.written = NULL;
	return f->host.wait() && written == bytes;
}

static bool test_torn()
{
	Words old, next;
	uint32_t before = f->host.read(FPGA_REG_EPOCH, 1)[0], epoch, most = 0;
	bool good = commit(0, 0, &old);
	int lost = 0, kept = 0;

	for (int bytes = 1; bytes <= 12 && good; bytes++) {
		good &= cut(FPGA_OP_PREPARE, KEK, 0, 1, bytes);
		good &= f->state_key() && load(old);
	}
	for (int bytes = 1; bytes <= 12 && good; bytes++) {
		before = f->host.read(FPGA_REG_EPOCH, 1)[0];
		good &= f->host.command(FPGA_OP_PREPARE, KEK, 0, 1) == OK;
		next = f->host.get(70);
		good &= cut(FPGA_OP_COMMIT, 0, 0, 0, bytes) && f->state_key();
		epoch = f->host.read(FPGA_REG_EPOCH, 1)[0];
		if (epoch == before) {
			lost++;
			good &= load(next, BROKEN) && load(old);
		} else {
			kept++;
			good &= epoch > before && epoch > most &&
				load(old, BROKEN) && load(next);
			old = next;
			most = epoch;
		}
	}
	return good && lost && kept && f->host.status() & FPGA_STATUS_MEMORY;
}

/* While the master key is drawn: there is none yet, or all of it. */
static bool test_torn_master()
{
	for (int bytes = 1; bytes <= 44; bytes += bytes < 40 ? 13 : 1) {
		bool whole;

		if (f->host.command(FPGA_OP_MASTER_WIPE) != OK ||
		    !cut(FPGA_OP_MASTER_NEW, 0, 0, 0, bytes))
			return false;
		whole = f->host.status() & FPGA_STATUS_MASTER;
		if (whole != (bytes == 44) ||
		    f->host.command(FPGA_OP_MASTER_NEW) != (whole ? REFUSED : OK))
			return false;
	}
	return true;
}

/* Garbage, as an SRAM has it when power comes the first time. */
static bool test_garbage()
{
	for (int i = 0; i < 20; i++) {
		for (uint8_t &b : f->memory)
			b = i ? rand() >> 4 : 0xff;
		f->again();
		if ((f->host.status() & (FPGA_STATUS_MEMORY |
					 FPGA_STATUS_MASTER)) !=
		    FPGA_STATUS_MEMORY)
			return false;
	}
	/* ... and with a key in it, which is not given up for that */
	if (f->host.command(FPGA_OP_MASTER_NEW) != OK)
		return false;
	memset(f->memory + 0x40, 0x11, 32);
	f->again();
	return !(f->host.status() & FPGA_STATUS_MEMORY) &&
	       f->host.command(FPGA_OP_MASTER_NEW) == NO_MEMORY &&
	       f->host.command(FPGA_OP_MASTER_WIPE) == OK &&
	       f->host.command(FPGA_OP_MASTER_NEW) == OK;
}

/* --- the pin --------------------------------------------------------------------------- */

static bool zeros(const uint8_t *p, size_t n)
{
	while (n--)
		if (*p++)
			return false;
	return true;
}

static bool test_tamper()
{
	bool good = f->state_key() &&
		    f->host.command(FPGA_OP_GENERATE, LEAF) == OK;

	f->host.start(FPGA_OP_ENCRYPT, LEAF, 0, 63);
	f->board.tamper(true);
	f->board.run(20000);
	good &= zeros(f->memory, 0x60) &&
		f->host.status() & FPGA_STATUS_TAMPER &&
		f->host.status() & FPGA_STATUS_BUSY;	/* while it is open */
	f->board.tamper(false);
	good &= f->host.wait(20000) && f->host.outcome() == FPGA_OUTCOME_NONE &&
		f->host.status() & FPGA_STATUS_TAMPER &&
		!(f->host.status() & FPGA_STATUS_MASTER) &&
		f->host.command(FPGA_OP_INFO, LEAF) == OK &&
		f->host.get(6) == Words(6);
	good &= f->host.command(FPGA_OP_MASTER_NEW) == OK;
	f->again();
	return good && !(f->host.status() & FPGA_STATUS_TAMPER) &&
	       f->host.status() & FPGA_STATUS_MASTER;
}

int main(int argc, char **argv)
{
	Verilated::commandArgs(argc, argv);
	f = new Fixture;
	ok(f->ready() && f->host.command(FPGA_OP_TABLE_NEW) == OK,
	   "a master key, and an empty table");
	for (const set &s : sets)
		ok(test_set(s), "signatures, n " + std::to_string(s.n) + ", W " +
				std::to_string(s.w));
	ok(test_seeds(), "seeds down a tree of height 10");
	ok(test_once(), "prepare, commit, begin, sign: in this order, and once");
	ok(test_abort(), "a signature that nobody reads is ended");
	ok(test_replay(), "no table but the one that is committed");
	ok(test_nonce(), "no table of another tamper memory");
	ok(test_torn(), "power that fails in a byte of PREPARE and COMMIT");
	ok(test_torn_master(), "power that fails in a byte of MASTER_NEW");
	ok(test_garbage(), "garbage in the tamper memory");
	ok(test_tamper(), "the tamper pin wipes vault and tamper memory");
	delete f;
	return done();
}
