// SPDX-License-Identifier: MIT
/*
 * The LM-OTS engine against RFC 8554 and RFC 9858, written down once more here
 * over OpenSSL's SHA-256: every W, n = 32 and 24.
 */
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#include <openssl/sha.h>

#include "Vlmots.h"
#include "verilated.h"

typedef std::vector<uint8_t> bytes;

enum { CHILD, LEAF, BEGIN, SIGN, NODE };

static Vlmots *core;
static unsigned long cycles;
static uint32_t child_words[8];
static std::vector<uint32_t> results;

static void tick()
{
	core->clk = 0;
	core->eval();
	if (core->result)
		results.push_back(core->word);
	if (core->child)
		child_words[core->child_number] = core->word;
	core->clk = 1;
	core->eval();
	core->rst = core->memory_write = core->start = 0;
	cycles++;
}

static void put(int number, const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i += 4) {
		core->memory_write = 1;
		core->memory_number = number + i / 4;
		core->memory_in = (uint32_t)p[i] << 24 | p[i + 1] << 16 |
				  p[i + 2] << 8 | p[i + 3];
		tick();
	}
}

static bytes words(const uint32_t *w, size_t n)
{
	bytes b;

	for (size_t i = 0; i < n / 4; i++)
		for (int k = 24; k >= 0; k -= 8)
			b.push_back(w[i] >> k);
	return b;
}

static bytes random_bytes(size_t n)
{
	bytes b(n);

	for (uint8_t &x : b)
		x = rand();
	return b;
}

static bytes operator+(bytes a, const bytes &b)
{
	a.insert(a.end(), b.begin(), b.end());
	return a;
}

static bytes u(uint64_t v, int n)
{
	bytes b;

	while (n--)
		b.push_back(v >> 8 * n);
	return b;
}

/* @number: of the node that the seed is of */
static unsigned long run(int operation, const bytes &number, const bytes &seed,
			 bool holds = false)
{
	unsigned long before;

	put(4, number.data(), 4);
	put(8, seed.data(), seed.size());
	before = cycles;
	results.clear();
	core->operation = operation;
	core->start = 1;
	core->hold = 0;
	tick();
	while (core->busy) {
		core->hold = holds && rand() % 4;
		tick();
	}
	return cycles - before;
}

/* --- RFC 8554 ----------------------------------------------------------------- */

struct set {
	int n, w, p, ls;
};
static const struct set sets[] = {
	{ 32, 1, 265, 7 }, { 32, 2, 133, 6 }, { 32, 4, 67, 4 }, { 32, 8, 34, 0 },
	{ 24, 1, 200, 8 }, { 24, 2, 101, 6 }, { 24, 4, 51, 4 }, { 24, 8, 26, 0 },
};

static bytes H(const struct set &s, const bytes &m)
{
	bytes d(32);

	SHA256(m.data(), m.size(), d.data());
	d.resize(s.n);
	return d;
}

static bytes step(const struct set &s, const bytes &id, uint32_t q, int i,
		  int j, const bytes &v)
{
	return H(s, id + u(q, 4) + u(i, 2) + u(j, 1) + v);
}

static int coef(const bytes &m, int i, int w)
{
	return m[i * w / 8] >> (8 - w * (i % (8 / w)) - w) & ((1 << w) - 1);
}

static bytes leaf(const struct set &s, const bytes &id, int h, uint32_t q,
		  const bytes &seed)
{
	bytes k = id + u(q, 4) + u(0x8080, 2);

	for (int i = 0; i < s.p; i++) {
		bytes x = step(s, id, q, i, 0xff, seed);

		for (int j = 0; j < (1 << s.w) - 1; j++)
			x = step(s, id, q, i, j, x);
		k = k + x;
	}
	return H(s, id + u((1u << h) + q, 4) + u(0x8282, 2) + H(s, k));
}

static bytes signature(const struct set &s, const bytes &id, uint32_t q,
		       const bytes &seed, const bytes &digest)
{
	unsigned int sum = 0;
	bytes m, y;

	for (int i = 0; i < 8 * s.n / s.w; i++)
		sum += (1 << s.w) - 1 - coef(digest, i, s.w);
	m = digest + u(sum << s.ls & 0xffff, 2);
	for (int i = 0; i < s.p; i++) {
		bytes x = step(s, id, q, i, 0xff, seed);

		for (int j = 0; j < coef(m, i, s.w); j++)
			x = step(s, id, q, i, j, x);
		y = y + x;
	}
	return y;
}

/* --- */

static int points;
static bool all = true;

static void ok(bool passed, const char *what, const struct set &s)
{
	printf("%sok %d n = %d, W = %d: %s\n", passed ? "" : "not ", ++points,
	       s.n, s.w, what);
	all &= passed;
}

static void test(const struct set &s)
{
	static const int log[] = { 0, 0, 1, 0, 2, 0, 0, 0, 3 };
	const int h = 10, depth = 7;
	bytes id = random_bytes(16), top = random_bytes(s.n);
	bytes digest = random_bytes(s.n), below = random_bytes(2 * s.n);
	uint32_t q = rand() & 1023, node = (1u << h) + q, r = node >> depth;
	bytes seed = top;
	unsigned long took[5];

	core->n24 = s.n == 24;
	core->width = log[s.w];
	core->height = h;
	core->depth = depth;
	core->path = (uint32_t)(q << (25 - depth)) & 0x1ffffff;
	put(0, id.data(), 16);
	for (int d = depth - 1; d >= 0; d--)
		seed = step(s, id, node >> d, 0xe4e4, 0xff, seed);

	took[CHILD] = run(CHILD, u(r, 4), top);
	ok(words(child_words, s.n) == seed && core->node == node &&
	   results.empty(), "a child's seed, which is no result", s);
	took[BEGIN] = run(BEGIN, u(r, 4), top);
	ok(words(results.data(), s.n) == step(s, id, q, 0xfffd, 0xff, seed) &&
	   results.size() == (size_t)s.n / 4, "C", s);
	took[LEAF] = run(LEAF, u(r, 4), top);
	bytes value = leaf(s, id, h, q, seed);
	ok(words(results.data(), s.n) == value, "a leaf", s);
	put(16, digest.data(), s.n);
	took[SIGN] = run(SIGN, u(r, 4), top);
	bytes y = signature(s, id, q, seed, digest);
	ok(words(results.data(), 4 * results.size()) == y + value,
	   "a signature, and the leaf by its chains", s);
	run(SIGN, u(r, 4), top, true);
	ok(words(results.data(), 4 * results.size()) == y + value,
	   "the same, taken slowly", s);
	put(80, below.data(), 2 * s.n);
	took[NODE] = run(NODE, u(77, 4), {});
	ok(words(results.data(), s.n) ==
	   H(s, id + u(77, 4) + u(0x8383, 2) + below), "an inner node", s);
	printf("# cycles: C %lu, leaf %lu, signature %lu, node %lu\n",
	       took[BEGIN], took[LEAF], took[SIGN], took[NODE]);
	unsigned long most = s.p * ((1ul << s.w) * 66 + 180) + 2000;
	ok(took[LEAF] <= most && took[SIGN] <= most + s.p * 60ul,
	   "no more cycles than there were", s);
}

int main(int argc, char **argv)
{
	Verilated::commandArgs(argc, argv);
	core = new Vlmots;
	core->rst = 1;
	tick();
	while (core->wiping)
		tick();
	for (const struct set &s : sets)
		test(s);
	printf("1..%d\n", points);
	return !all;
}
