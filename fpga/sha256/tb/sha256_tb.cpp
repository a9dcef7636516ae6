// SPDX-License-Identifier: MIT
/*
 * The SHA-256 core against OpenSSL: messages of all lengths up to a few blocks,
 * and chains of LM-OTS as RFC 8554 defines them, n = 32 and 24.
 */
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#include <openssl/sha.h>

#include "Vsha256.h"
#include "verilated.h"

static Vsha256 *core;
static unsigned long cycles;
static uint32_t prefix[8], prefix_out;

static void tick()
{
	core->clk = 0;
	if (core->busy)
		core->word = prefix_out;
	core->eval();
	prefix_out = prefix[core->prefix_number];
	core->clk = 1;
	core->eval();
	core->shift_in = core->start = core->shift_out = core->rst = 0;
	cycles++;
}

static uint32_t be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
}

static void shift_in(const uint8_t block[64])
{
	for (int i = 0; i < 16; i++) {
		core->shift_in = 1;
		core->word = be32(block + 4 * i);
		tick();
	}
}

static unsigned long run(bool first, bool chain, bool n24 = false, int i = 0,
			 int j = 0, int last = 0)
{
	unsigned long before = cycles;

	core->start = 1;
	core->first = first;
	core->chain = chain;
	core->n24 = n24;
	core->i = i;
	core->j = j;
	core->stop = (last + 1) & 255;
	tick();
	while (core->busy)
		tick();
	return cycles - before;
}

static void digest(uint8_t out[32])
{
	for (int i = 0; i < 8; i++) {
		for (int k = 0; k < 4; k++)
			out[4 * i + k] = core->digest >> (24 - 8 * k);
		core->shift_out = 1;
		tick();
	}
}

static bool test_message(size_t len)
{
	std::vector<uint8_t> m(len + 128, 0);
	size_t blocks = (len + 9 + 63) / 64;
	uint8_t got[32], want[32];

	for (size_t i = 0; i < len; i++)
		m[i] = rand();
	SHA256(m.data(), len, want);
	m[len] = 0x80;
	for (int k = 0; k < 8; k++)
		m[blocks * 64 - 1 - k] = (uint64_t)len * 8 >> 8 * k;
	for (size_t b = 0; b < blocks; b++) {
		shift_in(&m[64 * b]);
		run(b == 0, false);
	}
	digest(got);
	return !memcmp(got, want, 32);
}

static bool test_chain(bool n24, int i, int from, int to, unsigned long *took)
{
	size_t n = n24 ? 24 : 32, len = 23 + n;
	uint8_t m[64] = { 0 }, got[32], want[32];

	for (size_t k = 0; k < len; k++)
		m[k] = rand();
	m[20] = i >> 8;
	m[21] = i;
	for (int k = 0; k < 5; k++)
		prefix[k] = be32(m + 4 * k);
	m[22] = from;
	m[len] = 0x80;
	m[62] = len * 8 >> 8;
	m[63] = len * 8;
	shift_in(m);
	*took = run(true, true, n24, i, from, to);
	digest(got);

	m[len] = 0;
	for (int j = from;; j = (j + 1) & 255) {
		m[22] = j;
		SHA256(m, len, want);
		memcpy(m + 23, want, n);
		if (j == to)
			break;
	}
	return !memcmp(got, want, n);
}

int main(int argc, char **argv)
{
	unsigned long took = 0, one = 0;
	int bad = 0;

	Verilated::commandArgs(argc, argv);
	core = new Vsha256;
	core->rst = 1;
	tick();
	for (size_t len = 0; len < 300; len++)
		bad += !test_message(len);
	printf("%sok 1 messages of 0 to 299 bytes\n", bad ? "not " : "");
	int wrong = 0;
	for (int k = 0; k < 200; k++)
		wrong += !test_chain(k & 1, rand() & 0xffff, k, k + k % 50,
				     &took);
	printf("%sok 2 chains of 1 to 50 steps, n = 32 and 24\n",
	       wrong ? "not " : "");
	/* x_q[i], j = 0xff, begins a chain whose next j is 0 */
	bool whole = test_chain(false, 5, 255, 254, &took) &&
		     test_chain(false, 0xe4e4, 255, 255, &one);
	printf("%sok 3 from a seed through a whole chain\n",
	       whole ? "" : "not ");
	printf("# %lu cycles for 256 steps, %lu for one\n", took, one);
	/* No more than was measured once: a chain's cost is the key's cost. */
	bool fast = took <= 256 * 66 + 1 && one <= 67;
	printf("%sok 4 no more cycles than there were\n", fast ? "" : "not ");
	printf("1..4\n");
	return bad || wrong || !whole || !fast;
}
