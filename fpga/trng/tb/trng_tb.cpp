// SPDX-License-Identifier: MIT
/*
 * The random generator's digital half, over bits that the test chooses: words are
 * what CRC-32 makes of them, and each health test fails at its count and not one
 * before.
 */
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "Vtrng.h"
#include "verilated.h"

static Vtrng *core;
static const int SAMPLE = 64;

static void tick()
{
	core->clk = 0;
	core->eval();
	core->clk = 1;
	core->eval();
}

static void reset()
{
	core->rst = 1;
	tick();
	core->rst = 0;
	core->take = 0;
}

/* One sample: the bit stands for all of its period. */
static void sample(int bit)
{
	core->noise = bit;
	for (int i = 0; i < SAMPLE; i++)
		tick();
}

static int points;
static bool all = true;

static void ok(bool passed, const char *what)
{
	printf("%sok %d %s\n", passed ? "" : "not ", ++points, what);
	all &= passed;
}

/* What the samples that were taken make. */
static uint32_t crc(const std::vector<int> &bits)
{
	uint32_t crc = 0;

	for (int bit : bits)
		crc = crc << 1 ^ ((crc >> 31 ^ bit) ? 0x04c11db7 : 0);
	return crc;
}

int main(int argc, char **argv)
{
	Verilated::commandArgs(argc, argv);
	core = new Vtrng;

	reset();
	std::vector<int> bits;
	bool early = false;
	for (int i = 0; i < 1024; i++) {
		int bit = rand() >> 7 & 1;

		sample(bit);
		bits.push_back(bit);
		early |= core->valid || core->word;
	}
	ok(!early && core->started, "no word before the start-up test passed");
	while (!core->valid && bits.size() < 2000) {
		int bit = rand() >> 7 & 1;

		sample(bit);
		bits.push_back(bit);
	}
	/* from reset on: what start-up saw is folded in */
	ok(core->valid && core->word == crc(bits), "a word is its samples' CRC");
	ok(bits.size() == 1536, "512 samples behind the start-up test");
	for (int i = 0; i < 600; i++)
		sample(rand() >> 7 & 1);
	ok(core->word == crc(bits), "it stays until it is taken");
	core->take = 1;
	tick();
	core->take = 0;
	tick();
	ok(!core->valid && !core->word, "and is given once");

	for (int n = 100; n <= 101; n++) {
		reset();
		sample(1);
		for (int i = 0; i < n; i++)
			sample(0);
		sample(1);
		ok(core->failed == (n == 101), n == 101 ?
		   "101 equal samples fail" : "100 equal samples do not");
	}
	for (int n = 903; n <= 904; n++) {
		reset();
		/* the first and n - 1 more like it, never 101 together */
		int left = n, others = 1024 - n;
		for (int i = 0; i < 1024; i++) {
			int bit = i % 8 != 7 && left ? 1 : others ? 0 : 1;

			if (bit)
				left--;
			else
				others--;
			sample(bit);
		}
		sample(0);
		ok(core->failed == (n == 904), n == 904 ?
		   "904 of 1,024 like the first fail" : "903 do not");
	}
	for (int i = 0; i < 3000; i++)
		sample(rand() >> 7 & 1);
	ok(core->failed && !core->valid && !core->word,
	   "nothing comes after a failure");
	printf("1..%d\n", points);
	return !all;
}
