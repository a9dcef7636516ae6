// SPDX-License-Identifier: MIT
/*
 * Zeroising, on the whole design. It is filled by commands until no memory is
 * empty; then, while it is idle or in the middle of each kind of work, it is
 * zeroised: by command, by the tamper pin, by reset. 1,000 cycles later everything
 * that it keeps has to be as in one that never had a secret and to which the same
 * was done; all of it, but for what `allowed` names.
 */
#include <cstdio>
#include <map>
#include <random>

#include "dump.h"
#include "host.h"

#define CYCLES	1000	/* that zeroising may take */
#define MEMORY	128

/* What may differ, and why. A name that ends with a dot: all of that core. */
static const struct {
	const char *name, *why;
} allowed[] = {
	{ "trng.", "the next random word; none that was used is there" },
	{ "random", "the same, on its way to the vault" },
	{ "random_valid", "the same" },
	{ "vault.random", "the same" },
	{ "vault.random_valid", "the same" },
	{ "random_started", "that it has passed its start-up test" },
	{ "vault.random_started", "the same" },
	{ "vault.status", "RANDOM and STARTED, too; its other bits are named by themselves" },
	{ "noise", "the pin" },
	{ "bus.address", "where the last frame went" },
	{ "bus.last", "how long it was" },
	{ "bus.last_word", "the same" },
	{ "bus.writes", "what it was" },
	{ "address", "bus.address" },
	{ "vault.address", "bus.address" },
	{ "vault.bus_number", "bus.address" },
	{ "vault.at_store", "bus.address" },
};

/* What has to be the same always: tables. */
static const char *const constants[] = {
	"aes.sbox0", "aes.sbox1", "aes.sbox2", "aes.sbox3",
	"lmots.hasher.sha256.constants", "vault.listing",
};

static std::mt19937 noise(1);
static int points, failures;

static void ok(bool passed, const std::string &what)
{
	printf("%sok %d %s\n", passed ? "" : "not ", ++points, what.c_str());
	failures += !passed;
}

struct Device {
	uint8_t memory[MEMORY] = {};
	Board board;
	Host host;

	Device() : board(memory, MEMORY, [] { return noise() & 1; }), host(board)
	{
		host.wait();
	}
};

/* --- filling ------------------------------------------------------------------- */

enum { K_WRAP = 0, K_OPEN = 1, K_BLOCK = 2, LEAF = 3, TREE = 4, CLEAR = 12 };
enum { WIDTH_4 = 2 << FPGA_META_WIDTH_SHIFT, WIDTH_8 = 3 << FPGA_META_WIDTH_SHIFT,
       HEIGHT_1 = 1 << FPGA_META_HEIGHT_SHIFT };

static Words random_words(size_t n)
{
	Words words(n);

	for (uint32_t &word : words)
		word = noise() | 1;
	return words;
}

static void must(Host &host, uint32_t op, uint32_t a = 0, uint32_t b = 0,
		 uint32_t n = 0, uint32_t argument = 0)
{
	uint32_t outcome = host.command(op, a, b, n, argument);

	if (outcome != FPGA_OUTCOME_OK) {
		printf("Bail out! command %02x: outcome %u\n", op, outcome);
		exit(1);
	}
}

/* All slots, all entries, and a leaf that has begun. */
static void fill(Device &device)
{
	Host &host = device.host;
	uint32_t seed = FPGA_USE_SEED | WIDTH_8 | HEIGHT_1;

	must(host, FPGA_OP_MASTER_NEW);
	must(host, FPGA_OP_TABLE_NEW);
	must(host, FPGA_OP_DERIVE, K_WRAP, FPGA_USE_WRAP, 0, 1);
	must(host, FPGA_OP_DERIVE, K_OPEN, FPGA_USE_OPEN, 0, 2);
	must(host, FPGA_OP_GENERATE, K_BLOCK, 0, 0,
	     FPGA_USE_BLOCK | FPGA_META_LONG);
	for (uint32_t n = 0; n < 8; n++)
		must(host, FPGA_OP_ENTRY_NEW, TREE + n, n, 0, seed);
	for (uint32_t n = CLEAR; n < 16; n++) {
		host.text(random_words(12));
		must(host, FPGA_OP_WRITE, n, 0, n,
		     FPGA_USE_BLOCK | FPGA_META_LONG);
	}
	must(host, FPGA_OP_PREPARE, K_WRAP, 0, 1);
	must(host, FPGA_OP_COMMIT);
	must(host, FPGA_OP_CHILD, TREE, LEAF, 1, 0);
	must(host, FPGA_OP_BEGIN, LEAF);
	host.put(FPGA_REG_DIGEST, random_words(FPGA_DIGEST_WORDS));
	host.put(FPGA_REG_BELOW, random_words(FPGA_BELOW_WORDS));
	host.text(random_words(FPGA_TEXT_WORDS));
}

/* --- what runs when it is zeroised ------------------------------------------------ */

static const struct work {
	const char *name;
	uint32_t op, a, b, n, argument;
	unsigned long cycles;	/* that it has run */
} works[] = {
	{ "idle", 0, 0, 0, 0, 0, 0 },
	{ "KDF", FPGA_OP_DERIVE, CLEAR, FPGA_USE_OPEN, 0, 3, 2500 },
	{ "round keys", FPGA_OP_WRAP, K_WRAP, K_BLOCK, 0, 0, 180 },
	{ "key wrap", FPGA_OP_WRAP, K_WRAP, K_BLOCK, 0, 0, 2000 },
	{ "unwrapping", FPGA_OP_UNWRAP, K_WRAP, CLEAR, 0, 0, 2000 },
	{ "AES for the bus", FPGA_OP_ENCRYPT, K_BLOCK, 0, 60, 0, 3000 },
	{ "text of the bus", FPGA_OP_SEAL, K_OPEN, 0, 100, 0, 30000 },
	{ "seed of a child", FPGA_OP_CHILD, TREE + 1, CLEAR, 1, 1, 200 },
	{ "leaf", FPGA_OP_LEAF, TREE + 1, 0, 1, 1, 5000 },
	{ "signature", FPGA_OP_SIGN, LEAF, 0, 0, 0, 60000 },
	{ "drawing a key", FPGA_OP_GENERATE, CLEAR, 0, 0,
	  FPGA_USE_BLOCK | FPGA_META_LONG, 200000 },
	{ "tamper memory", FPGA_OP_PREPARE, K_WRAP, 1, 1, 0, 900 },
};

enum trigger { COMMAND, PIN, RESET };
static const char *const triggers[] = { "by command", "by the pin",
					"by reset" };

static void pull(Device &device, enum trigger trigger)
{
	if (trigger == COMMAND) {
		device.host.write(FPGA_REG_CONTROL, { FPGA_CONTROL_ZEROISE });
		device.board.run(CYCLES - 80);	/* the frame's end took 80 */
	} else if (trigger == PIN) {
		device.board.tamper(true);
		device.board.run(CYCLES - 2);
	} else {
		device.board.core.rst = 1;
		device.board.run(1);
		device.board.core.rst = 0;
		device.board.run(CYCLES - 1);
	}
}

static bool is_allowed(const std::string &name)
{
	for (const auto &a : allowed) {
		size_t len = strlen(a.name);

		if (a.name[len - 1] == '.' ? !name.compare(0, len, a.name)
					   : name == a.name)
			return true;
	}
	return false;
}

/* Names of what is not the same. */
static std::vector<std::string> differences(Board &board, const Snapshot &one,
					    const Snapshot &other)
{
	std::vector<std::string> names;
	size_t n = 0;

	for (const Item &item : items_of(board)) {
		std::string name = name_of(item.name);

		if (one[n] != other[n] && !is_allowed(name))
			names.push_back(name);
		n++;
	}
	return names;
}

static std::map<size_t, bool> filled;	/* what differed before, once at least */

static void note_filled(Board &board, const Snapshot &fresh)
{
	Snapshot now = snapshot_of(board);

	for (size_t n = 0; n < now.size(); n++)
		if (now[n] != fresh[n])
			filled[n] = true;
}

static void test(Device &device, const Snapshot &full, const Sram &sram,
		 const uint8_t *memory, const struct work &work,
		 enum trigger trigger)
{
	Device fresh;

	restore(device.board, full);
	memcpy(device.memory, memory, MEMORY);
	device.board.sram = sram;
	if (work.op) {
		device.host.start(work.op, work.a, work.b, work.n,
				  work.argument);
		device.board.run(work.cycles);
		if (!(device.board.core.rootp->hsm_top__DOT__vault__DOT__busy)) {
			printf("# %s was over already\n", work.name);
			failures++;
		}
	}
	memcpy(fresh.memory, device.memory, MEMORY);
	fresh.board.power_up();
	fresh.host.wait();
	note_filled(device.board, snapshot_of(fresh.board));
	pull(device, trigger);
	pull(fresh, trigger);

	auto names = differences(device.board, snapshot_of(device.board),
				 snapshot_of(fresh.board));
	for (const auto &name : names)
		printf("# still there: %s\n", name.c_str());
	ok(names.empty(), std::string(work.name) + ", " + triggers[trigger]);
}

/* That zeroising had something to do: each memory differed once, and so did
 * all but these few other things. */
static void test_filled(Board &board)
{
	std::vector<std::string> empty;
	size_t n = 0, others = 0;

	for (const Item &item : items_of(board)) {
		std::string name = name_of(item.name);
		bool constant = false;

		for (const char *c : constants)
			constant |= name == c;
		if (constant ? filled[n] : !filled[n] && item.size > 8)
			empty.push_back(name);
		others += !filled[n] && !constant;
		n++;
	}
	for (const auto &name : empty)
		printf("# not as it should be: %s\n", name.c_str());
	printf("# %zu of %zu never differed\n", others, n);
	ok(empty.empty(),
	   "every memory had something in it, tables did not change");
}

int main(int argc, char **argv)
{
	Verilated::commandArgs(argc, argv);
	setvbuf(stdout, nullptr, _IOLBF, 0);

	Device device;
	uint8_t memory[MEMORY];

	printf("# %zu registers, memories and wires\n",
	       items_of(device.board).size());
	fill(device);
	Snapshot full = snapshot_of(device.board);
	Sram sram = device.board.sram;
	memcpy(memory, device.memory, MEMORY);
	for (const auto &work : works)
		for (auto trigger : { COMMAND, PIN, RESET })
			test(device, full, sram, memory, work, trigger);
	test_filled(device.board);
	printf("1..%d\n", points);
	return failures != 0;
}
