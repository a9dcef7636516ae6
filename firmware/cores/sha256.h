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

/* The longest that n may be, and the most lanes of any engine. */
#define SHA256_SIZE		32
#define SHA256_PREFIX_SIZE	22
#if defined(__x86_64__)
#define SHA256_LANES_MAX	16
#else
#define SHA256_LANES_MAX	1
#endif

/* What the first block starts from. */
extern const uint32_t sha256_first[8];

/*
 * A Winternitz chain (RFC 8554, 4.3): `steps` times
 *	value = H(prefix | u8 j | value), j = first, first + 1, ...
 * of n bytes (24 or 32), one block each. @prefix: I | u32 q | u16 i, 22 bytes.
 * j is a byte: 0 follows 255. So a chain that begins with 255 derives its own
 * first value from the leaf's seed, as appendix A does, and goes on.
 */
struct sha256_chain {
	const uint8_t *prefix;
	uint8_t *value;		/* in and out */
	uint8_t first;
	uint16_t steps;		/* up to 256; 0: nothing to do */
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

/*
 * By the engine in use. Chains of unequal length are scheduled so that the
 * lanes stay full: better many in one call than a few in each of many.
 */
void sha256_chains(const struct sha256_chain *chains, size_t count,
		   unsigned int n);

/*
 * Up to SHA256_LANES_MAX messages of the same length, hashed side by side. The
 * pieces of one call are of one length, @stride bytes apart (0: the same for
 * all).
 */
struct sha256_many {
	unsigned int count;
	uint64_t len;
	uint32_t state[SHA256_LANES_MAX][8];
	uint8_t block[SHA256_LANES_MAX][64];
};
void sha256_many_begin(struct sha256_many *many, unsigned int count);
void sha256_many_add(struct sha256_many *many, const void *data,
		     size_t stride, size_t len);
/* The first @n bytes of each digest. */
void sha256_many_end(struct sha256_many *many, uint8_t *digests,
		     size_t stride, unsigned int n);

/*
 * Overwrite what the engines leave below the caller's stack frame: registers
 * that were spilled. After secret values have gone through them.
 */
void sha256_burn(void);

/* The engine in use; a name from sha256_engines[], for tests and benchmarks. */
const struct sha256_engine *sha256_engine(void);
/* False: unknown, or not usable on this CPU; nothing changes. */
bool sha256_use(const char *name);
extern const struct sha256_engine *const sha256_engines[];	/* ends with NULL */

#endif /* CORES_SHA256_H */
