// SPDX-License-Identifier: MIT
/*
 * Cycles of a hash on a plain SHA-256 core that a host drives over SPI (plain.v):
 *
 *   build/fpga/bench/plain_bench
 *
 * prints, for the host's two ways to do it, "words" (a frame for each word) and
 * "bursts" (a frame for all that there is to write, one for all to read),
 *
 *   WAY step CYCLES	a step of a chain: what changed of the block, the command,
 *			the digest
 *   WAY block CYCLES	a block of a longer message: all of it, and the command
 *
 * It computes a leaf of an LMS tree with W = 4, n = 32 by bursts, one chain by
 * single words. What comes out has to be what libcrypto computes, and each step has
 * to take as long as the others: so they may be multiplied.
 */
#include <cstdio>
#include <cstdlib>

#include <openssl/sha.h>

#include "bench.h"

enum { COMMAND = 16, DIGEST = 32, FIRST = 1, CONTINUED = 0 };
enum { CHAINS = 67, STEPS = 15, CHANGED = 5, CONSTANT = 14 };
static const uint16_t D_PBLC = 0x8080, D_LEAF = 0x8282;

static void must(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "plain_bench: %s\n", what);
	exit(1);
}

static Bytes sha256(const Bytes &in)
{
	Bytes out(32);

	SHA256(in.data(), in.size(), out.data());
	return out;
}

/* The message with its padding, as blocks. */
static Words padded(Bytes in)
{
	uint64_t bits = 8 * in.size();

	in.push_back(0x80);
	while (in.size() % 64 != 56)
		in.push_back(0);
	return words_of(in + u(bits, 8));
}

/* A host that writes single words, or bursts. */
class Driver {
public:
	Driver(Host &host, bool bursts) : host(host), bursts(bursts) {}

	uint64_t step = 0, block = 0;

	/* Of one block, of which words CHANGED to CONSTANT - 1 are new. */
	Bytes hash_step(const Bytes &in, bool all)
	{
		Words words = padded(in);
		uint64_t began;

		must(words.size() == 16, "a step is one block");
		if (all)
			write(0, words);
		began = host.board.cycles;
		if (bursts) {
			write(CHANGED, Words(words.begin() + CHANGED,
					     words.end()) + Words{ FIRST });
		} else {
			write(CHANGED, Words(words.begin() + CHANGED,
					     words.begin() + CONSTANT));
			write(COMMAND, { FIRST });
		}
		Bytes out = digest();
		note(step, began);
		must(out == sha256(in), "not SHA-256");
		return out;
	}

	Bytes hash(const Bytes &in)
	{
		Words words = padded(in);

		for (size_t n = 0; n < words.size(); n += 16) {
			uint64_t began = host.board.cycles;

			write(0, Words(words.begin() + n,
				       words.begin() + n + 16) +
				 Words{ n ? CONTINUED : FIRST });
			note(block, began);
		}
		Bytes out = digest();
		must(out == sha256(in), "not SHA-256");
		return out;
	}

private:
	Host &host;
	bool bursts;

	void note(uint64_t &cycles, uint64_t began)
	{
		uint64_t now = host.board.cycles - began;

		must(!cycles || cycles == now, "its time is not always the same");
		cycles = now;
	}

	void write(unsigned int address, const Words &words)
	{
		if (bursts) {
			must(host.write(address, words), "refused");
			return;
		}
		for (size_t n = 0; n < words.size(); n++)
			must(host.write(address + n, { words[n] }), "refused");
	}

	Bytes digest()
	{
		Words words;

		if (bursts)
			return bytes_of(host.read(DIGEST, 8));
		for (int n = 0; n < 8; n++)
			words = words + host.read(DIGEST + n, 1);
		return bytes_of(words);
	}
};

/* The end of a chain (RFC 8554, 4.3, with secrets as in its appendix A). */
static Bytes chain(Driver &driver, const Bytes &prefix, int i, const Bytes &seed,
		   bool first)
{
	Bytes value = driver.hash_step(prefix + u(i, 2) + u(0xff, 1) + seed,
				       first);

	for (int j = 0; j < STEPS; j++)
		value = driver.hash_step(prefix + u(i, 2) + u(j, 1) + value,
					 false);
	return value;
}

static void leaf(Driver &driver)
{
	Bytes id = random_bytes(16), seed = random_bytes(32), ends;
	uint32_t q = 5, height = 10;

	for (int i = 0; i < CHAINS; i++)
		ends = ends + chain(driver, id + u(q, 4), i, seed, !i);
	Bytes key = driver.hash(id + u(q, 4) + u(D_PBLC, 2) + ends);
	driver.hash(id + u((1 << height) + q, 4) + u(D_LEAF, 2) + key);
}

static void print(const char *way, const Driver &driver)
{
	printf("%s step %llu\n%s block %llu\n", way,
	       (unsigned long long)driver.step, way,
	       (unsigned long long)driver.block);
}

int main(int argc, char **argv)
{
	uint8_t memory[16] = { 0 };
	Board board(memory, sizeof(memory), [] { return false; });
	Host host(board);
	Driver bursts(host, true), words(host, false);
	Bytes prefix = random_bytes(20);

	Verilated::commandArgs(argc, argv);
	leaf(bursts);
	chain(words, prefix, 0, random_bytes(32), true);
	words.hash(random_bytes(200));
	print("bursts", bursts);
	print("words", words);
	return 0;
}
