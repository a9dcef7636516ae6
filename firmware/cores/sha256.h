/* SPDX-License-Identifier: MIT */
/*
 * Many SHA-256 computations at once, for hash chains and trees (FIPS 180-4).
 * OpenSSL computes one at a time; a tree of 2^20 leaves needs 10^9.
 *
 * The engine is chosen at the first use: the fastest that this CPU has. All
 * give the same results; which are there is compiled in by architecture.
 */
#ifndef CORES_SHA256_H
#define CORES_SHA256_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A Winternitz chain (RFC 8554, 4.3): `steps` times
 *	value = H(prefix | u8 j | value), j = first, first + 1, ...
 * of n bytes, one block each. @prefix: I | u32 q | u16 i, 22 bytes.
 */
struct sha256_chain {
	const uint8_t *prefix;
	uint8_t *value;		/* in and out */
	uint8_t first;
	uint8_t steps;		/* 0: nothing to do */
};

/* avx512: 16 lanes; shani: 4 interleaved; avx2: 8; portable: 1 */
struct sha256_engine {
	const char *name;
	unsigned int lanes;	/* messages that it likes at once */
	bool (*usable)(void);	/* on this CPU */
	/*
	 * One compression for each of @count independent messages: state[i]
	 * (eight words in host order, SHA-256's own first value for a first
	 * block) takes in the 64 bytes of block i. Any @count.
	 */
	void (*compress)(uint32_t (*state)[8], const uint8_t (*block)[64],
			 size_t count);
	/* Chains, see below, of which lanes of them run at once. */
	void (*chains)(const struct sha256_chain *chains, size_t count,
		       unsigned int n);
};

void sha256_chains(const struct sha256_chain *chains, size_t count,
		   unsigned int n);

/* The engine in use; a name from sha256_engines[], for tests and benchmarks. */
const struct sha256_engine *sha256_engine(void);
/* False: unknown, or not usable on this CPU; nothing changes. */
bool sha256_use(const char *name);
extern const struct sha256_engine *const sha256_engines[];	/* ends with NULL */

#endif /* CORES_SHA256_H */
