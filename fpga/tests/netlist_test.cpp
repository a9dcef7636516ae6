// SPDX-License-Identifier: MIT
/*
 * What yosys made of the design does what the design does: a short script over the
 * pins, against published vectors and OpenSSL's SHA-256.
 */
#include <cstdio>
#include <cstring>
#include <random>

#include <openssl/sha.h>

#include "host.h"

#define MEMORY	128

typedef std::vector<uint8_t> Bytes;

static std::mt19937 noise(1);
static int points, failures;

static void ok(bool passed, const char *what)
{
	printf("%sok %d %s\n", passed ? "" : "not ", ++points, what);
	failures += !passed;
}

/* --- AES and key wrap -------------------------------------------------------------- */

static bool identity(Host &host)
{
	return host.read(FPGA_REG_IDENTITY, FPGA_IDENTITY_WORDS) ==
	       Words FPGA_IDENTITY;
}

static void put_slot(Host &host, unsigned int slot, uint32_t meta,
		     uint32_t node = 0)
{
	Words words;

	for (uint32_t i = 0; i < 12; i++)
		words.push_back(0x00010203 + 0x04040404 * i);
	host.text(words);
	host.command(FPGA_OP_WRITE, slot, 0, node, meta);
}

/* FIPS 197, C.3 and C.1 */
static bool aes(Host &host, uint32_t meta, const Words &encrypted)
{
	const Words plain = { 0x00112233, 0x44556677, 0x8899aabb, 0xccddeeff };

	put_slot(host, 0, FPGA_USE_BLOCK | meta);
	host.text(plain);
	if (host.command(FPGA_OP_ENCRYPT, 0, 0, 1) != FPGA_OUTCOME_OK ||
	    host.get(4) != encrypted)
		return false;
	host.text(encrypted);
	return host.command(FPGA_OP_DECRYPT, 0, 0, 1) == FPGA_OUTCOME_OK &&
	       host.get(4) == plain;
}

/* RFC 3394, 4.6; and with one bit flipped */
static bool unseal(Host &host)
{
	Words wrapped = { 0x28c9f404, 0xc4b810f4, 0xcbccb35c, 0xfb87f826,
			  0x3f5786e2, 0xd80ed326, 0xcbc7f0e7, 0x1a99f43b,
			  0xfb988b9b, 0x7a02dd21 };
	const Words plain = { 0xa6a6a6a6, 0xa6a6a6a6, 0x00112233, 0x44556677,
			      0x8899aabb, 0xccddeeff, 0x00010203, 0x04050607,
			      0x08090a0b, 0x0c0d0e0f };

	put_slot(host, 1, FPGA_USE_OPEN | FPGA_META_LONG);
	host.text(wrapped);
	if (host.command(FPGA_OP_UNSEAL, 1, 0, 4) != FPGA_OUTCOME_OK ||
	    host.get(10) != plain)
		return false;
	wrapped[7] ^= 0x100;
	host.text(wrapped);
	return host.command(FPGA_OP_UNSEAL, 1, 0, 4) == FPGA_OUTCOME_BROKEN &&
	       host.get(10) == Words(10);
}

/* A slot goes out and comes back, and not with a bit flipped. */
static bool unwrap(Host &host)
{
	Words wrapped;

	put_slot(host, 2, FPGA_USE_WRAP | FPGA_META_LONG);
	put_slot(host, 3, FPGA_USE_BLOCK, 77);
	if (host.command(FPGA_OP_WRAP, 2, 3) != FPGA_OUTCOME_OK)
		return false;
	wrapped = host.get(18);
	host.text(wrapped);
	if (host.command(FPGA_OP_UNWRAP, 2, 4) != FPGA_OUTCOME_OK ||
	    host.command(FPGA_OP_INFO, 4) != FPGA_OUTCOME_OK ||
	    host.get(6)[4] != 77)
		return false;
	wrapped[17] ^= 1;
	host.text(wrapped);
	return host.command(FPGA_OP_UNWRAP, 2, 4) == FPGA_OUTCOME_BROKEN &&
	       host.command(FPGA_OP_WRAP, 2, 4) == FPGA_OUTCOME_REFUSED;
}

/* --- a leaf (RFC 8554, 4.3 and 5.3; appendix A) --------------------------------------- */

static void put(Bytes &out, uint32_t number, int bytes)
{
	while (bytes--)
		out.push_back(number >> 8 * bytes);
}

static Bytes hash(const Bytes &in)
{
	Bytes out(32);

	SHA256(in.data(), in.size(), out.data());
	return out;
}

static Bytes tagged(const Bytes &id, uint32_t number, uint32_t tag)
{
	Bytes out = id;

	put(out, number, 4);
	put(out, tag, 2);
	return out;
}

/* Of W1, n = 32: 265 chains of one step. */
static Bytes leaf_of(const Bytes &id, const Bytes &seed, uint32_t q, uint32_t r)
{
	Bytes all = tagged(id, q, 0x8080), leaf;

	for (int i = 0; i < 265; i++) {
		Bytes x = tagged(id, q, i);

		x.push_back(0xff);
		x.insert(x.end(), seed.begin(), seed.end());
		Bytes y = tagged(id, q, i), digest = hash(x);
		y.push_back(0);
		y.insert(y.end(), digest.begin(), digest.end());
		digest = hash(y);
		all.insert(all.end(), digest.begin(), digest.end());
	}
	leaf = tagged(id, r, 0x8282);
	Bytes key = hash(all);
	leaf.insert(leaf.end(), key.begin(), key.end());
	return hash(leaf);
}

static bool leaf(Host &host)
{
	const uint32_t r = 32 + 5;	/* height 5, leaf 5 */
	Bytes seed, id, got;

	put_slot(host, 5, FPGA_USE_SEED | 5 << FPGA_META_HEIGHT_SHIFT, r);
	for (int i = 0; i < 48; i++)
		(i < 32 ? seed : id).push_back(i);
	if (host.command(FPGA_OP_LEAF, 5, 0, 0, 0) != FPGA_OUTCOME_OK ||
	    host.node() != r)
		return false;
	for (uint32_t word : host.get(8))
		put(got, word, 4);
	return got == leaf_of(id, seed, 5, r);
}

/* --- secrets and their end ---------------------------------------------------------------- */

static bool master(Host &host, const uint8_t *memory)
{
	Words sealed;

	host.text(Words{ 1, 2, 3, 4, 5, 6, 7, 8 });
	if (host.command(FPGA_OP_MASTER_ENTER) != FPGA_OUTCOME_OK ||
	    memory[31] != 8 ||
	    host.command(FPGA_OP_DERIVE, 6, FPGA_USE_OPEN, 0, 1) !=
		    FPGA_OUTCOME_OK)
		return false;
	host.text(Words{ 0xa6a6a6a6, 0xa6a6a6a6, 1, 2, 3, 4 });
	if (host.command(FPGA_OP_SEAL, 6, 0, 2) != FPGA_OUTCOME_OK)
		return false;
	sealed = host.get(6);
	host.text(sealed);
	return host.command(FPGA_OP_UNSEAL, 6, 0, 2) == FPGA_OUTCOME_OK &&
	       host.get(6) == Words{ 0xa6a6a6a6, 0xa6a6a6a6, 1, 2, 3, 4 };
}

static bool zeroised(Host &host)
{
	host.write(FPGA_REG_CONTROL, { FPGA_CONTROL_ZEROISE });
	if (!host.wait() || host.get(64) != Words(64))
		return false;
	for (unsigned int slot = 0; slot < 16; slot++)
		if (host.command(FPGA_OP_INFO, slot) != FPGA_OUTCOME_OK ||
		    host.get(6) != Words(6))
			return false;
	return host.status() & FPGA_STATUS_MASTER;
}

static bool tamper(Board &board, Host &host, const uint8_t *memory)
{
	board.tamper(true);
	board.run(100);
	board.tamper(false);
	if (!host.wait() || !(host.status() & FPGA_STATUS_TAMPER))
		return false;
	for (int i = 0; i < 32; i++)
		if (memory[i])
			return false;
	return !(host.status() & FPGA_STATUS_MASTER);
}

int main(int argc, char **argv)
{
	static uint8_t memory[MEMORY];

	Verilated::commandArgs(argc, argv);
	setvbuf(stdout, nullptr, _IOLBF, 0);

	Board board(memory, MEMORY, [] { return noise() & 1; });
	Host host(board);

	board.run(400);		/* its own reset */
	host.wait();
	ok(identity(host), "names and versions");
	ok(aes(host, FPGA_META_LONG,
	       { 0x8ea2b7ca, 0x516745bf, 0xeafc4990, 0x4b496089 }),
	   "AES-256: FIPS 197, C.3");
	ok(aes(host, 0, { 0x69c4e0d8, 0x6a7b0430, 0xd8cdb780, 0x70b4c55a }),
	   "AES-128: FIPS 197, C.1");
	ok(unseal(host), "key wrap: RFC 3394, 4.6");
	ok(unwrap(host), "a slot is wrapped, and unwrapped");
	ok(leaf(host), "a leaf of W1");
	ok(master(host, memory), "a master key, and a key derived from it");
	ok(zeroised(host), "zeroised");
	ok(tamper(board, host, memory), "the tamper pin");
	printf("# %llu cycles\n", (unsigned long long)board.cycles);
	printf("1..%d\n", points);
	return failures != 0;
}
