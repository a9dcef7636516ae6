// SPDX-License-Identifier: MIT
/*
 * How many cycles each command takes on the whole design, against cycles.txt: no
 * more than there, and no fewer, so that the table says what is.
 *
 *   build/fpga/test/cycles_test [--record]	run from the top folder
 *
 * A command is counted from the cycle in which it began to the one in which it has
 * ended; "whole" is with the frames before and behind it, at an eighth of the
 * clock. Words of the random generator are waiting when it begins, as far as
 * it keeps any: one.
 */
#include <cstdio>
#include <fstream>
#include <map>
#include <random>
#include <sstream>

#include "dump.h"
#include "host.h"

#define TABLE	"fpga/cycles.txt"
#define MEMORY	128

static std::mt19937 noise(1);
static std::vector<std::pair<std::string, uint64_t>> measured;

/* Notes when commands begin and end. */
class Watched : public Board {
public:
	using Board::Board;

	uint64_t began = 0, ended = 0;
	bool busy = false;

protected:
	void tick() override
	{
		bool was = busy;

		Board::tick();
		busy = core.rootp->hsm_top__DOT__vault__DOT__busy;
		if (busy && !was)
			began = cycles;
		if (!busy && was)
			ended = cycles;
	}
};

struct Device {
	uint8_t memory[MEMORY] = {};
	Watched board;
	Host host;

	Device() : board(memory, MEMORY, [] { return noise() & 1; }), host(board)
	{
		host.wait();
	}
};

enum { WRAP = 0, OPEN = 1, LONG = 2, SHORT = 3, TREE = 4, CHILD = 5 };

static uint32_t seed_meta(unsigned int log_w, bool n24, unsigned int height)
{
	return FPGA_USE_SEED | log_w << FPGA_META_WIDTH_SHIFT |
	       (n24 ? FPGA_META_N24 : 0) | height << FPGA_META_HEIGHT_SHIFT;
}

static void check(Device &device, const std::string &name)
{
	uint32_t outcome = device.host.outcome();

	if (outcome != FPGA_OUTCOME_OK) {
		printf("Bail out! %s: outcome %u\n", name.c_str(), outcome);
		exit(1);
	}
}

static void note(const std::string &name, uint64_t cycles)
{
	measured.push_back({ name, cycles });
}

/* Until a random word waits. */
static void rest(Device &device)
{
	while (!(device.host.status() & FPGA_STATUS_RANDOM))
		device.board.run(1000);
}

/* A command; its cycles are noted if it has a name. */
static void run(Device &device, const std::string &name, uint32_t op,
		uint32_t a = 0, uint32_t b = 0, uint32_t n = 0,
		uint32_t argument = 0)
{
	rest(device);
	device.host.start(op, a, b, n, argument);
	while (device.board.busy)
		device.board.run(1);
	check(device, name);
	if (!name.empty())
		note(name, device.board.ended - device.board.began);
}

static Words words_of(size_t n)
{
	Words words(n);

	for (uint32_t &word : words)
		word = noise();
	return words;
}

/* --- what is measured ----------------------------------------------------------- */

static void master(Device &device)
{
	Device other;

	run(device, "MASTER_NEW", FPGA_OP_MASTER_NEW);
	other.host.text(words_of(8));
	run(other, "MASTER_ENTER", FPGA_OP_MASTER_ENTER);
	run(device, "DERIVE", FPGA_OP_DERIVE, WRAP, FPGA_USE_WRAP, 0, 1);
	run(device, "", FPGA_OP_DERIVE, OPEN, FPGA_USE_OPEN, 0, 1);
}

static void slots(Device &device)
{
	const uint32_t is_long = FPGA_META_LONG;

	run(device, "GENERATE", FPGA_OP_GENERATE, LONG, 0, 0, is_long);
	run(device, "", FPGA_OP_GENERATE, SHORT, 0, 0, 0);
	run(device, "WRITE", FPGA_OP_WRITE, CHILD, 0, 0, is_long);
	run(device, "WIPE", FPGA_OP_WIPE, CHILD);
	run(device, "INFO", FPGA_OP_INFO, LONG);
	run(device, "WRAP", FPGA_OP_WRAP, WRAP, LONG);
	run(device, "UNWRAP", FPGA_OP_UNWRAP, WRAP, LONG);
	for (uint32_t n : { 2, 5, 127 }) {
		Words text = words_of(2 + 2 * n);

		text[0] = 0xa65959a6;
		text[1] = 8 * n;
		device.host.text(text);
		run(device, "SEAL n=" + std::to_string(n), FPGA_OP_SEAL, OPEN, 0,
		    n);
		run(device, "UNSEAL n=" + std::to_string(n), FPGA_OP_UNSEAL,
		    OPEN, 0, n);
	}
	for (uint32_t n : { 1, 63 }) {
		std::string blocks = " n=" + std::to_string(n);

		device.host.text(words_of(4 * n));
		run(device, "ENCRYPT" + blocks, FPGA_OP_ENCRYPT, LONG, 0, n);
		run(device, "DECRYPT" + blocks, FPGA_OP_DECRYPT, LONG, 0, n);
		run(device, "ENCRYPT 128 bits" + blocks, FPGA_OP_ENCRYPT, SHORT,
		    0, n);
	}
}

static void guard(Device &device)
{
	Words table;

	run(device, "TABLE_NEW", FPGA_OP_TABLE_NEW);
	run(device, "ENTRY_NEW", FPGA_OP_ENTRY_NEW, TREE, 0, 0,
	    seed_meta(3, false, 10));
	run(device, "ENTRY_INFO", FPGA_OP_ENTRY_INFO, 0, 0);
	run(device, "PREPARE n=0", FPGA_OP_PREPARE, WRAP, 0, 0);
	run(device, "PREPARE", FPGA_OP_PREPARE, WRAP, 0, 1);
	table = device.host.get(70);
	run(device, "COMMIT", FPGA_OP_COMMIT);
	run(device, "ENTRY_FREE", FPGA_OP_ENTRY_FREE, 0, 0);
	device.board.power_up();
	device.host.wait();
	run(device, "", FPGA_OP_DERIVE, WRAP, FPGA_USE_WRAP, 0, 1);
	device.host.text(table);
	run(device, "TABLE_LOAD", FPGA_OP_TABLE_LOAD, WRAP);
}

/* SIGN with the host reading: the ring holds 254 words. */
static uint64_t sign(Device &device, unsigned int slot)
{
	uint32_t taken = 0, status;

	device.host.put(FPGA_REG_DIGEST, words_of(FPGA_DIGEST_WORDS));
	device.host.start(FPGA_OP_SIGN, slot);
	uint64_t began = device.board.began;

	do {
		status = device.host.status();
		uint32_t made = (status & FPGA_STATUS_WORDS) >>
				FPGA_STATUS_WORDS_SHIFT;
		uint32_t n = (made - taken) & 0xff;

		if (n > 64)
			n = 64;
		if (taken % 256 + n > 256)
			n = 256 - taken % 256;
		if (n)
			device.host.read(FPGA_REG_TEXT + taken % 256, n);
		taken += n;
		if (n && device.board.busy)
			device.host.write(FPGA_REG_TAKEN, { taken & 0xff });
	} while (device.board.busy);
	check(device, "SIGN");
	return device.board.ended - began;
}

static void trees(Device &device)
{
	for (bool n24 : { false, true })
		for (unsigned int log_w = 0; log_w < 4; log_w++) {
			std::string name = " W" + std::to_string(1 << log_w) +
					   (n24 ? " n=24" : " n=32");

			run(device, "", FPGA_OP_ENTRY_FREE, 0, 0);
			run(device, "", FPGA_OP_ENTRY_NEW, TREE, 0, 0,
			    seed_meta(log_w, n24, 10));
			run(device, "LEAF" + name, FPGA_OP_LEAF, TREE, 0, 10, 0);
			device.host.put(FPGA_REG_BELOW, words_of(16));
			run(device, log_w ? "" : "NODE" + name, FPGA_OP_NODE,
			    TREE, 0, 0, 1);
			run(device, log_w ? "" : "CHILD depth=10" + name,
			    FPGA_OP_CHILD, TREE, CHILD, 10, 0);
			run(device, "", FPGA_OP_PREPARE, WRAP, 0, 1);
			run(device, "", FPGA_OP_COMMIT);
			run(device, log_w ? "" : "BEGIN" + name, FPGA_OP_BEGIN,
			    CHILD);
			note("SIGN whole" + name, sign(device, CHILD));
		}
}

/* With the frames that bring and fetch: what a host can do in a second. */
static void whole(Device &device)
{
	uint64_t began = device.board.cycles;

	run(device, "", FPGA_OP_LEAF, TREE, 0, 10, 1);
	device.host.get(6);
	note("LEAF whole W8 n=24", device.board.cycles - began);
	began = device.board.cycles;
	device.host.put(FPGA_REG_BELOW, words_of(12));
	run(device, "", FPGA_OP_NODE, TREE, 0, 0, 1);
	device.host.get(6);
	note("NODE whole n=24", device.board.cycles - began);
}

/* What a key and a signature are made of, with all frames: a leaf, a node above,
 * a signature with what the guard wants before it. */
static void whole_tree(Device &device, unsigned int log_w)
{
	std::string name = " W" + std::to_string(1 << log_w) + " n=32";
	uint64_t began;

	run(device, "", FPGA_OP_ENTRY_FREE, 0, 0);
	run(device, "", FPGA_OP_ENTRY_NEW, TREE, 0, 0,
	    seed_meta(log_w, false, 10));
	rest(device);
	began = device.board.cycles;
	run(device, "", FPGA_OP_LEAF, TREE, 0, 10, 1);
	device.host.get(8);
	note("LEAF whole" + name, device.board.cycles - began);
	began = device.board.cycles;
	device.host.put(FPGA_REG_BELOW, words_of(16));
	run(device, "", FPGA_OP_NODE, TREE, 0, 0, 1);
	device.host.get(8);
	note("NODE whole" + name, device.board.cycles - began);
	began = device.board.cycles;
	run(device, "", FPGA_OP_PREPARE, WRAP, 0, 1);
	device.host.get(70);
	run(device, "", FPGA_OP_COMMIT);
	run(device, "", FPGA_OP_CHILD, TREE, CHILD, 10, 0);
	run(device, "", FPGA_OP_BEGIN, CHILD);
	device.host.get(8);
	sign(device, CHILD);
	note("signature whole" + name, device.board.cycles - began);
}

static void zeroise(Device &device)
{
	device.host.write(FPGA_REG_CONTROL, { FPGA_CONTROL_ZEROISE });
	uint64_t began = device.board.began;

	while (device.board.busy)
		device.board.run(1);
	note("zeroise, and ready again", device.board.ended - began);
}

/* --- the table -------------------------------------------------------------------- */

static void record()
{
	std::ofstream out(TABLE);

	out << "# SPDX-License-Identifier: MIT\n#\n"
	       "# Cycles of each command, by build/fpga/test/cycles_test --record.\n"
	       "# \"whole\": with the frames of the host, at an eighth of the clock.\n";
	for (const auto &[name, cycles] : measured)
		out << cycles << "\t" << name << "\n";
}

static int compare()
{
	std::map<std::string, uint64_t> table;
	std::ifstream in(TABLE);
	int n = 0, failures = 0;

	for (std::string line; std::getline(in, line);) {
		size_t tab = line.find('\t');

		if (line[0] != '#' && tab != std::string::npos)
			table[line.substr(tab + 1)] = std::stoull(line);
	}
	for (const auto &[name, cycles] : measured) {
		uint64_t before = table.count(name) ? table[name] : 0;

		if (cycles != before)
			printf("# %s: %llu, in the table %llu\n", name.c_str(),
			       (unsigned long long)cycles,
			       (unsigned long long)before);
		printf("%sok %d %s takes as long as %s says\n",
		       cycles == before ? "" : "not ", ++n, name.c_str(), TABLE);
		failures += cycles != before;
		table.erase(name);
	}
	for (const auto &[name, cycles] : table)
		printf("# in the table, not measured: %s\n", name.c_str());
	printf("%sok %d nothing else is in the table\n",
	       table.empty() ? "" : "not ", ++n);
	printf("1..%d\n", n);
	return failures || !table.empty();
}

int main(int argc, char **argv)
{
	Device device;

	master(device);
	slots(device);
	guard(device);
	trees(device);
	whole(device);
	whole_tree(device, 2);
	whole_tree(device, 3);
	zeroise(device);
	if (argc > 1 && std::string(argv[1]) == "--record") {
		record();
		return 0;
	}
	return compare();
}
