// SPDX-License-Identifier: MIT
/* The port to the tamper memory, against a model of such a memory. */
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "Vmkm.h"
#include "sram.h"
#include "verilated.h"

static Vmkm *core;
static uint8_t memory[8192];
static Sram sram(memory, sizeof(memory));

static void tick()
{
	core->clk = 0;
	core->eval();
	core->miso = sram.lines(core->cs_n, core->sck, core->mosi);
	core->clk = 1;
	core->eval();
	core->start = 0;
}

static unsigned long run(bool mode, bool reads, uint8_t address, uint32_t word)
{
	unsigned long cycles = 0;

	core->mode = mode;
	core->reads = reads;
	core->address = address;
	core->word_in = word;
	core->start = 1;
	tick();
	core->word_in = rand();
	while (core->busy) {
		tick();
		cycles++;
	}
	tick();
	return cycles;
}

static uint32_t word_at(int address)
{
	const uint8_t *p = memory + address;

	return (uint32_t)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
}

static bool test_words(unsigned long *most)
{
	for (int i = 0; i < 1000; i++) {
		uint8_t before[sizeof(memory)];
		uint8_t address = 4 * rand();
		uint32_t word = rand() ^ (uint32_t)rand() << 16;
		unsigned long cycles;

		memcpy(before, memory, sizeof(memory));
		cycles = run(false, false, address, word);
		if (cycles > *most)
			*most = cycles;
		if (word_at(address) != word)
			return false;
		memcpy(memory + address, before + address, 4);
		if (memcmp(before, memory, sizeof(memory)))
			return false;	/* it wrote elsewhere, too */
		address = 4 * rand();
		run(false, true, address, rand());
		if (core->word_out != word_at(address) ||
		    memcmp(before, memory, sizeof(memory)))
			return false;
	}
	return true;
}

/* Cut off by a reset after any cycle: bytes are old or new, in order. */
static bool test_cut()
{
	for (int cut = 0; cut < 230; cut++) {
		bool fresh = true;

		memset(memory, 0, 8);
		core->mode = core->reads = 0;
		core->address = 0;
		core->word_in = 0x81828384;
		core->start = 1;
		for (int i = 0; i < cut; i++)
			tick();
		core->rst = 1;
		tick();
		core->rst = 0;
		tick();
		if (!core->cs_n || core->word_out || core->busy)
			return false;
		for (int i = 0; i < 4; i++) {
			if (memory[i] != 0x81 + i && memory[i] != 0)
				return false;
			if (memory[i] && !fresh)
				return false;
			fresh = memory[i] != 0;
		}
	}
	return word_at(0) == 0x81828384 && word_at(4) == 0;
}

int main(int argc, char **argv)
{
	unsigned long most = 0;
	bool ok[5];

	Verilated::commandArgs(argc, argv);
	core = new Vmkm;
	core->rst = 1;
	tick();
	core->rst = 0;
	for (uint8_t &b : memory)
		b = rand();
	run(false, true, 0, 0);
	ok[0] = core->word_out == (word_at(0) | 0xffffff) &&
		core->word_out != word_at(0);
	run(true, false, 0, 0);
	ok[1] = test_words(&most);
	ok[2] = test_cut();
	sram.absent = true;
	run(false, true, 0, 0);
	ok[3] = core->word_out == 0xffffffff;
	ok[4] = most <= 228;
	printf("%sok 1 a byte at a time without sequential mode\n",
	       ok[0] ? "" : "not ");
	printf("%sok 2 words, written and read\n", ok[1] ? "" : "not ");
	printf("%sok 3 cut off anywhere\n", ok[2] ? "" : "not ");
	printf("%sok 4 no memory reads as ones\n", ok[3] ? "" : "not ");
	printf("# %lu cycles a word\n", most);
	printf("%sok 5 no more cycles than there were\n", ok[4] ? "" : "not ");
	printf("1..5\n");
	return !(ok[0] && ok[1] && ok[2] && ok[3] && ok[4]);
}
