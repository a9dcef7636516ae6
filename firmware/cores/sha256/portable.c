// SPDX-License-Identifier: MIT
/*
 * The engine for every CPU: one message at a time, in plain C (FIPS 180-4, 6.2).
 */
#include "internal.h"

const uint32_t sha256_first[8] = {
	0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
	0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
};

/* Aligned, as vector engines load four at once. */
const uint32_t sha256_k[64] __attribute__((aligned(64))) = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5,
	0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
	0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3,
	0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
	0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc,
	0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7,
	0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
	0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
	0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
	0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3,
	0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5,
	0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
	0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static inline uint32_t ror(uint32_t x, unsigned int by)
{
	return x >> by | x << (32 - by);
}

static inline uint32_t small_0(uint32_t x)
{
	return ror(x, 7) ^ ror(x, 18) ^ x >> 3;
}

static inline uint32_t small_1(uint32_t x)
{
	return ror(x, 17) ^ ror(x, 19) ^ x >> 10;
}

/* The words change places instead of values: eight rounds come round again. */
#define ROUND(a, b, c, d, e, f, g, h, i)				       \
	do {								       \
		h += (ror(e, 6) ^ ror(e, 11) ^ ror(e, 25)) +		       \
		     (g ^ (e & (f ^ g))) + sha256_k[(i)] + w[(i) & 15];	       \
		d += h;							       \
		h += (ror(a, 2) ^ ror(a, 13) ^ ror(a, 22)) +		       \
		     ((a & b) | (c & (a | b)));				       \
	} while (0)

static inline void next_words(uint32_t w[16])
{
#pragma GCC unroll 16
	for (unsigned int i = 0; i < 16; i++)
		w[i] += small_0(w[(i + 1) & 15]) + w[(i + 9) & 15] +
			small_1(w[(i + 14) & 15]);
}

/* @w is used up. */
static void compress_words(uint32_t state[8], uint32_t w[16])
{
	uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
	uint32_t e = state[4], f = state[5], g = state[6], h = state[7];

	for (unsigned int i = 0; i < 64; i += 8) {
		if (i && !(i & 15))
			next_words(w);
		ROUND(a, b, c, d, e, f, g, h, i);
		ROUND(h, a, b, c, d, e, f, g, i + 1);
		ROUND(g, h, a, b, c, d, e, f, i + 2);
		ROUND(f, g, h, a, b, c, d, e, i + 3);
		ROUND(e, f, g, h, a, b, c, d, i + 4);
		ROUND(d, e, f, g, h, a, b, c, i + 5);
		ROUND(c, d, e, f, g, h, a, b, i + 6);
		ROUND(b, c, d, e, f, g, h, a, i + 7);
	}
	state[0] += a;
	state[1] += b;
	state[2] += c;
	state[3] += d;
	state[4] += e;
	state[5] += f;
	state[6] += g;
	state[7] += h;
}

static void compress(uint32_t (*state)[8], const uint8_t (*block)[64],
		     size_t count)
{
	uint32_t w[16];

	for (size_t i = 0; i < count; i++) {
		for (unsigned int k = 0; k < 16; k++)
			w[k] = get_be32(block[i] + 4 * k);
		compress_words(state[i], w);
	}
	core_wipe(w, sizeof(w));
}

static void run_chain(const struct sha256_chain *chain, unsigned int n)
{
	uint8_t j = chain->first;
	uint8_t block[64] = { 0 };
	uint32_t state[8], w[16];

	memcpy(block, chain->prefix, SHA256_PREFIX_SIZE);
	memcpy(block + 23, chain->value, n);
	block[23 + n] = 0x80;
	put_be32(block + 60, 8 * (23 + n));
	for (unsigned int s = 0; s < chain->steps; s++) {
		block[22] = j++;
		for (unsigned int k = 0; k < 16; k++)
			w[k] = get_be32(block + 4 * k);
		memcpy(state, sha256_first, sizeof(state));
		compress_words(state, w);
		for (unsigned int k = 0; k < n / 4; k++)
			put_be32(block + 23 + 4 * k, state[k]);
	}
	memcpy(chain->value, block + 23, n);
	core_wipe(block, sizeof(block));
	core_wipe(state, sizeof(state));
	core_wipe(w, sizeof(w));
}

static void chains(const struct sha256_chain *chains, size_t count,
		   unsigned int n)
{
	for (size_t i = 0; i < count; i++)
		if (chains[i].steps)
			run_chain(&chains[i], n);
}

static bool usable(void)
{
	return true;
}

const struct sha256_engine sha256_portable = {
	.name = "portable",
	.lanes = 1,
	.usable = usable,
	.compress = compress,
	.chains = chains,
};
