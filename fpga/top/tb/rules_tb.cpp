// SPDX-License-Identifier: MIT
/*
 * The rules of the vault: each command with a slot of each use, known to the bus or
 * not, empty, or begun; arguments out of range; what the bus may read, and when.
 */
#include "bench.h"

enum { OK = FPGA_OUTCOME_OK, REFUSED = FPGA_OUTCOME_REFUSED,
       UNKNOWN = FPGA_OUTCOME_UNKNOWN, NO_MEMORY = FPGA_OUTCOME_NO_MEMORY,
       NO_RANDOM = FPGA_OUTCOME_NO_RANDOM, BROKEN = FPGA_OUTCOME_BROKEN };

static const uint32_t SEED_META = FPGA_USE_SEED | 2u << FPGA_META_WIDTH_SHIFT |
				  1u << FPGA_META_HEIGHT_SHIFT;

/* Slot s is of kind s: use s % 4, CLEAR from 4 on; then 8: empty, 9: begun. */
enum { KINDS = 10, EMPTY = 8, BEGUN = 9, SPARE = 15 };

static Fixture *f;

static bool fill()
{
	Host &h = f->host;
	bool good = true;

	good &= h.command(FPGA_OP_GENERATE, 0, 0, 0, FPGA_META_LONG) == OK;
	good &= h.command(FPGA_OP_DERIVE, 1, FPGA_USE_WRAP, 0, 1) == OK;
	good &= h.command(FPGA_OP_DERIVE, 3, FPGA_USE_OPEN, 0, 1) == OK;
	for (uint32_t use = 0; use < 4; use++)
		good &= f->write(4 + use, random_bytes(32), random_bytes(16), 1,
				 FPGA_META_LONG | (use == FPGA_USE_SEED ?
						   SEED_META : use));
	good &= h.command(FPGA_OP_TABLE_NEW) == OK;
	good &= h.command(FPGA_OP_ENTRY_NEW, 2, 0, 0, SEED_META) == OK;
	good &= h.command(FPGA_OP_PREPARE, 1, 0, 1) == OK;
	good &= h.command(FPGA_OP_COMMIT) == OK;
	good &= h.command(FPGA_OP_CHILD, 2, BEGUN, 1, 0) == OK;
	good &= h.command(FPGA_OP_BEGIN, BEGUN) == OK;
	return good;
}

static bool is_clear(int kind)
{
	return kind >= 4 && kind < 8;
}

static bool has_use(int kind, uint32_t use)
{
	return kind < 8 && kind % 4 == (int)use;
}

static std::string name_of(int kind)
{
	static const char *uses[] = { "BLOCK", "WRAP", "SEED", "OPEN" };

	return kind == EMPTY ? "an empty slot" : kind == BEGUN ? "a begun one" :
	       std::string(uses[kind % 4]) + (is_clear(kind) ? ", clear" : "");
}

static bool hidden()
{
	return !(f->host.status() & FPGA_STATUS_PUBLIC) &&
	       f->host.get(128) == Words(128);
}

/* Only that use may: all others are refused, and nothing is to be read. */
static bool only(uint32_t op, uint32_t use, uint32_t n, bool clear_too = true,
		 int b = SPARE)
{
	for (int kind = 0; kind < KINDS; kind++) {
		bool may = has_use(kind, use) && (clear_too || !is_clear(kind));
		uint32_t got;

		f->host.text(Words(8, 0x5a5a5a5a));
		got = f->host.command(op, kind, b, n);
		if (may ? got == REFUSED || got == UNKNOWN
			: got != REFUSED || !hidden()) {
			printf("# op %02x, %s: %u\n", op, name_of(kind).c_str(),
			       got);
			return false;
		}
	}
	return f->host.command(FPGA_OP_WIPE, SPARE) == OK;
}

static bool test_wrap()
{
	for (int kek : { 1, 5 })
		for (int kind = 0; kind < KINDS; kind++) {
			bool may = kind < 8 && (!is_clear(kek) || is_clear(kind));
			uint32_t got = f->host.command(FPGA_OP_WRAP, kek, kind);
			Words wrapped = f->host.get(18), info;

			if (got != (may ? OK : REFUSED) || (!may && !hidden())) {
				printf("# under %s, %s: %u\n",
				       name_of(kek).c_str(),
				       name_of(kind).c_str(), got);
				return false;
			}
			if (!may)
				continue;
			/* it comes back as it was */
			f->host.text(wrapped);
			f->host.command(FPGA_OP_INFO, kind);
			info = f->host.get(6);
			f->host.text(wrapped);
			if (f->host.command(FPGA_OP_UNWRAP, kek, SPARE) != OK ||
			    !hidden() ||
			    f->host.command(FPGA_OP_INFO, SPARE) != OK ||
			    f->host.get(6) != info)
				return false;
		}
	return true;
}

/* The bus makes a slot under a key that it knows, and says that it is secret. */
static bool test_forged()
{
	Bytes key = random_bytes(32), head = random_bytes(32 + 16) + u(1, 4);
	struct {
		uint32_t meta;
		bool comes;
	} const forged[] = {
		{ 0x80000000 | FPGA_USE_WRAP | FPGA_META_LONG, true },
		{ 0x80000000 | SEED_META, true },
		{ 0x80000000 | SEED_META | FPGA_META_BEGUN, false },
		{ FPGA_USE_WRAP, false },
	};

	f->write(10, key, Bytes(16), 0, FPGA_USE_WRAP | FPGA_META_LONG);
	for (auto &t : forged) {
		Bytes image = head + u(t.meta, 4) + u(0, 8);
		uint32_t got;

		f->host.text(words_of(openssl("id-aes256-wrap-pad", true, key,
					      image)));
		got = f->host.command(FPGA_OP_UNWRAP, 10, 11);
		f->host.command(FPGA_OP_INFO, 11);
		if (got != (t.comes ? OK : BROKEN) ||
		    f->host.get(6)[5] != (t.comes ? t.meta | FPGA_META_CLEAR : 0))
			return false;
	}
	return true;
}

/* What the bus writes is CLEAR, valid and not begun, whatever it says. */
static bool test_written()
{
	for (uint32_t meta : { 0u, ~0u, 0x80000000u, 0x1fffu & ~4u }) {
		uint32_t m;

		f->write(10, random_bytes(32), random_bytes(16), 0x1234, meta);
		f->host.command(FPGA_OP_INFO, 10);
		m = f->host.get(6)[5];
		if (f->host.get(6)[4] != 0x1234 ||
		    m != ((meta & 0x1fef) | FPGA_META_CLEAR | 0x80000000))
			return false;
	}
	return f->host.command(FPGA_OP_WIPE, 10) == OK &&
	       f->host.command(FPGA_OP_INFO, 10) == OK &&
	       f->host.get(6) == Words(6);
}

static bool refused(uint32_t want, uint32_t op, uint32_t a = 0, uint32_t b = 0,
		    uint32_t n = 0, uint32_t argument = 0)
{
	uint32_t got = f->host.command(op, a, b, n, argument);

	if (got != want)
		printf("# op %02x, %u, %u, %u, %x: %u\n", op, a, b, n, argument,
		       got);
	return got == want && hidden();
}

static bool test_arguments()
{
	bool good = true;

	for (uint32_t op = 0; op < 256; op++) {
		static const uint32_t ops[] = {
			1, 2, 3, 8, 9, 10, 11, 12, 16, 17, 18, 19, 20, 21, 32,
			33, 34, 40, 41, 42, 43, 44, 45, 46, 47, 48
		};
		bool known = false;

		for (uint32_t o : ops)
			known |= o == op;
		good &= known || refused(UNKNOWN, op, 1, 1, 1, 1);
	}
	for (uint32_t n : { 0u, 128u, 0x81u, 0x8001u, 0xffffu })
		good &= refused(UNKNOWN, FPGA_OP_SEAL, 3, 0, n) &&
			refused(UNKNOWN, FPGA_OP_UNSEAL, 3, 0, n);
	for (uint32_t n : { 0u, 64u, 65u, 127u, 128u, 0x8001u })
		good &= refused(UNKNOWN, FPGA_OP_ENCRYPT, 0, 0, n) &&
			refused(UNKNOWN, FPGA_OP_DECRYPT, 0, 0, n);
	for (uint32_t use = 0; use < 16; use++)
		good &= use == FPGA_USE_WRAP || use == FPGA_USE_OPEN ||
			refused(UNKNOWN, FPGA_OP_DERIVE, 12, use);
	good &= refused(UNKNOWN, FPGA_OP_DERIVE, 12, FPGA_USE_WRAP, 0, 1 << 24);
	for (uint32_t use : { FPGA_USE_WRAP, FPGA_USE_SEED, FPGA_USE_OPEN })
		good &= refused(REFUSED, FPGA_OP_GENERATE, 12, 0, 0, use);
	for (uint32_t height : { 0u, 26u, 31u })
		good &= refused(UNKNOWN, FPGA_OP_ENTRY_NEW, 12, 1, 0,
				FPGA_USE_SEED | height << FPGA_META_HEIGHT_SHIFT);
	good &= refused(REFUSED, FPGA_OP_ENTRY_NEW, 12, 1, 0, FPGA_USE_WRAP |
			5u << FPGA_META_HEIGHT_SHIFT);
	for (uint32_t entry : { 8u, 15u })
		good &= refused(UNKNOWN, FPGA_OP_ENTRY_NEW, 12, entry, 0,
				SEED_META) &&
			refused(UNKNOWN, FPGA_OP_ENTRY_FREE, 0, entry) &&
			refused(UNKNOWN, FPGA_OP_ENTRY_INFO, 0, entry) &&
			refused(UNKNOWN, FPGA_OP_PREPARE, 1, entry, 1);
	for (uint32_t n : { 2u, 3u, 0x100u, 0x8001u })
		good &= refused(UNKNOWN, FPGA_OP_PREPARE, 1, 0, n);
	/* a leaf has to be one */
	return good && refused(REFUSED, FPGA_OP_LEAF, 2, 0, 0) &&
	       f->host.command(FPGA_OP_INFO, 12) == OK &&
	       f->host.get(6) == Words(6);
}

/* Commands and words that come while one runs change nothing. */
static bool test_busy()
{
	Words want;

	f->host.command(FPGA_OP_LEAF, 6, 0, 1);
	want = f->host.get(8);
	f->host.start(FPGA_OP_LEAF, 6, 0, 1);
	f->host.write(FPGA_REG_TEXT, Words(8, 0xffffffff));
	f->host.write(FPGA_REG_DIGEST, Words(8, 0xffffffff));
	f->host.start(FPGA_OP_WIPE, 6);
	f->host.write(FPGA_REG_CONTROL, { FPGA_CONTROL_TAKE });
	if (!(f->host.status() & FPGA_STATUS_BUSY) ||
	    f->host.get(8) != Words(8) ||
	    f->host.read(FPGA_REG_RANDOM, 1)[0])
		return false;
	f->host.wait();
	return f->host.outcome() == OK && f->host.get(8) == want &&
	       f->host.command(FPGA_OP_LEAF, 6, 0, 1) == OK;
}

/* Registers that nobody has read as zero; all are whole while a command runs. */
static bool test_registers()
{
	for (unsigned int a : { 0x28u, 0x3fu, 0x40u, 0xc0u, 0x104u, 0x105u,
				0x106u, 0x107u, 0x108u, 0x109u, 0x10fu, 0x110u,
				0x111u, 0x150u, 0x1ffu, 0x300u, 0x310u, 0x400u,
				0x1103u, 0x8100u, 0xffffu })
		if (f->host.read(a, 1)[0])
			return false;
	f->host.start(FPGA_OP_LEAF, 6, 0, 1, 0);
	for (int i = 0; i < 30; i++)
		if (f->host.read(FPGA_REG_IDENTITY, 2)[0] != 0x68736d2d ||
		    f->host.read(FPGA_REG_EPOCH, 1)[0] != 1)
			return false;
	return f->host.wait() && f->host.outcome() == OK;
}

/* Without a tamper memory there is no master key, and nothing that needs one. */
static bool test_no_memory()
{
	bool good;

	f->board.sram.absent = true;
	f->again();
	good = !(f->host.status() & (FPGA_STATUS_MEMORY | FPGA_STATUS_MASTER));
	for (uint32_t op : { FPGA_OP_MASTER_NEW, FPGA_OP_MASTER_ENTER,
			     FPGA_OP_TABLE_NEW, FPGA_OP_TABLE_LOAD })
		good &= refused(NO_MEMORY, op);
	good &= refused(NO_MEMORY, FPGA_OP_DERIVE, 0, FPGA_USE_WRAP);
	good &= refused(REFUSED, FPGA_OP_ENTRY_NEW, 0, 0, 0, SEED_META);
	good &= f->host.command(FPGA_OP_GENERATE, 0) == OK;
	good &= f->write(1, Bytes(32), Bytes(16), 0, FPGA_USE_OPEN);
	good &= f->host.command(FPGA_OP_SEAL, 1, 0, 2) == OK;
	f->board.sram.absent = false;
	f->again();
	return good && f->host.status() & FPGA_STATUS_MASTER;
}

/* Noise that stands still: no keys, and the slot is empty. */
static bool test_no_random()
{
	uint8_t memory[8192] = { 0 };
	bool dead = false;
	Board board(memory, sizeof(memory),
		    [&] { return dead ? true : rand() >> 7 & 1; });
	Host host(board);
	bool good = host.wait() && host.command(FPGA_OP_MASTER_NEW) == OK &&
		    host.command(FPGA_OP_TABLE_NEW) == OK &&
		    host.command(FPGA_OP_GENERATE, 3) == OK;

	dead = true;
	good &= host.command(FPGA_OP_GENERATE, 3) == NO_RANDOM;
	good &= host.command(FPGA_OP_INFO, 3) == OK && host.get(6) == Words(6);
	good &= host.command(FPGA_OP_ENTRY_NEW, 3, 0, 0, SEED_META) == NO_RANDOM;
	good &= host.command(FPGA_OP_ENTRY_INFO, 0, 0) == OK &&
		host.get(8) == Words(8);
	good &= host.command(FPGA_OP_MASTER_WIPE) == OK &&
		host.command(FPGA_OP_MASTER_NEW) == NO_RANDOM &&
		!(host.status() & FPGA_STATUS_MASTER);
	return good && host.status() & FPGA_STATUS_FAILED;
}

int main(int argc, char **argv)
{
	Verilated::commandArgs(argc, argv);
	f = new Fixture;
	ok(f->host.command(FPGA_OP_MASTER_NEW) == OK && fill(),
	   "a slot of each use, clear and not, an empty and a begun one");
	ok(f->host.command(FPGA_OP_MASTER_NEW) == REFUSED &&
	   f->host.command(FPGA_OP_MASTER_ENTER) == REFUSED,
	   "a master key that is there stays");
	ok(only(FPGA_OP_ENCRYPT, FPGA_USE_BLOCK, 1) &&
	   only(FPGA_OP_DECRYPT, FPGA_USE_BLOCK, 1), "blocks: BLOCK only");
	ok(only(FPGA_OP_SEAL, FPGA_USE_OPEN, 2) &&
	   only(FPGA_OP_UNSEAL, FPGA_USE_OPEN, 2), "text: OPEN only");
	ok(only(FPGA_OP_UNWRAP, FPGA_USE_WRAP, 0), "slots: WRAP only");
	ok(only(FPGA_OP_CHILD, FPGA_USE_SEED, 1) &&
	   only(FPGA_OP_LEAF, FPGA_USE_SEED, 1) &&
	   only(FPGA_OP_NODE, FPGA_USE_SEED, 0), "trees: SEED only");
	ok(only(FPGA_OP_PREPARE, FPGA_USE_WRAP, 0, false, 0),
	   "the table: WRAP that the bus does not know");
	ok(test_wrap(), "under a clear key only what is clear");
	ok(test_forged(), "what comes from under a clear key is clear");
	ok(test_written(), "what the bus writes is clear");
	ok(test_arguments(), "arguments out of range, and no commands");
	ok(test_busy(), "nothing is heard while a command runs");
	ok(test_registers(), "registers that are none, and those that always are");
	ok(test_no_memory(), "no tamper memory");
	ok(test_no_random(), "no random numbers");
	delete f;
	return done();
}
