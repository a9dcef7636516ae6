// SPDX-License-Identifier: MIT
/*
 * Each engine of SHA-256 that this CPU has against libcrypto.
 */
#define OPENSSL_API_COMPAT 0x10100000L	/* SHA256_Transform */
#include <openssl/sha.h>
#include <stdlib.h>

#include "../cores/sha256.h"
#include "tap.h"

#define MOST	700	/* more chains than are sorted at once */

static const struct sha256_engine *engine;
static uint64_t random_state;

static uint32_t random_u32(void)
{
	random_state = random_state * 6364136223846793005u + 1442695040888963407u;
	return random_state >> 32;
}

static void random_fill(void *data, size_t len)
{
	for (uint8_t *p = data; len--; p++)
		*p = random_u32() & 0xff;
}

/* Any states and blocks, any number of them, and none touched beyond. */
static void compressions(void)
{
	uint32_t state[41][8], wanted[41][8];
	uint8_t block[40][64];
	SHA256_CTX ctx;

	memset(&ctx, 0, sizeof(ctx));
	for (unsigned int count = 0; count <= 40; count++) {
		random_fill(state, sizeof(state));
		random_fill(block, sizeof(block));
		memcpy(wanted, state, sizeof(state));
		for (unsigned int i = 0; i < count; i++) {
			memcpy(ctx.h, wanted[i], 32);
			SHA256_Transform(&ctx, block[i]);
			memcpy(wanted[i], ctx.h, 32);
		}
		engine->compress(state, (const uint8_t (*)[64])block, count);
		EXPECT_MEM(state, wanted, sizeof(state));
	}
}

/* One step after the other; j is a byte. */
static void chain_by_libcrypto(const struct sha256_chain *chain, unsigned int n,
			       uint8_t *value)
{
	uint8_t text[55], digest[32];

	memcpy(text, chain->prefix, 22);
	memcpy(value, chain->value, n);
	for (unsigned int i = 0; i < chain->steps; i++) {
		text[22] = (chain->first + i) & 0xff;
		memcpy(text + 23, value, n);
		SHA256(text, 23 + n, digest);
		memcpy(value, digest, n);
	}
}

static void some_chains(unsigned int count, unsigned int n,
			unsigned int most_steps)
{
	static struct sha256_chain chain[MOST];
	static uint8_t prefix[MOST][22], value[MOST * 32 + 1];
	static uint8_t wanted[MOST * 32 + 1];

	random_fill(prefix, sizeof(prefix));
	random_fill(value, sizeof(value));
	memcpy(wanted, value, sizeof(value));
	for (unsigned int i = 0; i < count; i++) {
		chain[i].prefix = prefix[i];
		chain[i].value = value + i * n;
		chain[i].first = random_u32() % 256;
		chain[i].steps = random_u32() % (most_steps + 1);
		chain_by_libcrypto(&chain[i], n, wanted + i * n);
	}
	engine->chains(chain, count, n);
	EXPECT_MEM(value, wanted, sizeof(value));
}

static void chains(void)
{
	for (unsigned int n = 24; n <= 32; n += 8) {
		for (unsigned int count = 0; count <= 70; count++)
			some_chains(count, n, 3 + count % 17);
		for (unsigned int count = 300; count < MOST; count += 57)
			some_chains(count, n, 4);
		for (unsigned int count = 1; count < 40; count += 6)
			some_chains(count, n, 256);
		some_chains(MOST, n, 0);
	}
}

/* All of the same length, as when leaves are made. */
static void whole_chains(void)
{
	static struct sha256_chain chain[3 * 67];
	static uint8_t prefix[3 * 67][22], value[3 * 67][32];
	uint8_t wanted[3 * 67][32];

	random_fill(prefix, sizeof(prefix));
	random_fill(value, sizeof(value));
	for (unsigned int i = 0; i < 3 * 67; i++) {
		chain[i] = (struct sha256_chain){ prefix[i], value[i], 255, 16 };
		chain_by_libcrypto(&chain[i], 32, wanted[i]);
	}
	engine->chains(chain, 3 * 67, 32);
	EXPECT_MEM(value, wanted, sizeof(value));
}

/* Every length of padding, in pieces. */
static void many(void)
{
	static uint8_t text[SHA256_LANES_MAX][300];
	uint8_t digest[SHA256_LANES_MAX][32], wanted[32];
	struct sha256_many many;

	random_fill(text, sizeof(text));
	for (size_t len = 0; len <= 300; len++) {
		unsigned int count = 1 + len % SHA256_LANES_MAX;
		unsigned int n = len % 2 ? 24 : 32;
		size_t cut = len ? random_u32() % len : 0;

		memset(digest, 0xee, sizeof(digest));
		sha256_many_begin(&many, count);
		sha256_many_add(&many, text, sizeof(text[0]), cut);
		sha256_many_add(&many, text[0] + cut, sizeof(text[0]),
				len - cut);
		sha256_many_end(&many, digest[0], 32, n);
		for (unsigned int i = 0; i < count; i++) {
			SHA256(text[i], len, wanted);
			memset(wanted + n, 0xee, 32 - n);
			EXPECT_MEM(digest[i], wanted, 32);
		}
	}
}

static void choice(void)
{
	const struct sha256_engine *first = sha256_engine();

	EXPECT(first->usable());
	for (unsigned int i = 0; sha256_engines[i] != first; i++)
		EXPECT(!sha256_engines[i]->usable());
	EXPECT(!sha256_use("abacus"));
	EXPECT(sha256_engine() == first);
	EXPECT(sha256_use("portable"));
	EXPECT(!strcmp(sha256_engine()->name, "portable"));
	for (unsigned int i = 0; sha256_engines[i]; i++)
		EXPECT(sha256_engines[i]->lanes <= SHA256_LANES_MAX);
}

static void run(void (*test)(void), const char *name)
{
	char what[64];

	random_state = 1;
	snprintf(what, sizeof(what), "%s %s", name, engine->name);
	tap_run(test, what);
}

int main(void)
{
	RUN(choice);
	for (unsigned int i = 0; sha256_engines[i]; i++) {
		engine = sha256_engines[i];
		if (!sha256_use(engine->name)) {
			printf("ok %u %s # SKIP not on this CPU\n",
			       ++tap_tests, engine->name);
			continue;
		}
		run(compressions, "compressions");
		run(chains, "chains");
		run(whole_chains, "whole_chains");
		run(many, "many");
	}
	return tap_done();
}
