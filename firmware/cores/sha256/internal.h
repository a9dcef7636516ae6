/* SPDX-License-Identifier: MIT */
/*
 * What the engines share.
 */
#ifndef CORES_SHA256_INTERNAL_H
#define CORES_SHA256_INTERNAL_H

#include <string.h>

#include "../cores.h"
#include "../sha256.h"

extern const uint32_t sha256_k[64];

extern const struct sha256_engine sha256_portable, sha256_shani, sha256_avx2,
	sha256_avx512;
/* avx512.c in the instructions of AVX2: linked into tests alone. */
extern const struct sha256_engine sha256_lowered __attribute__((weak));

/*
 * For the wide engines: who does what does not fill their lanes. Never a wide
 * engine.
 */
const struct sha256_engine *sha256_narrow(void);

static inline uint32_t get_be32(const uint8_t *p)
{
	uint32_t word;

	memcpy(&word, p, 4);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	word = __builtin_bswap32(word);
#endif
	return word;
}

static inline void put_be32(uint8_t *p, uint32_t word)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	word = __builtin_bswap32(word);
#endif
	memcpy(p, &word, 4);
}

/*
 * Secrets go through the vector registers. Where the compiler can, functions
 * that hold them leave none behind.
 */
#ifdef __has_attribute
#if __has_attribute(zero_call_used_regs)
#define SHA256_CLEAN __attribute__((zero_call_used_regs("used")))
#endif
#endif
#ifndef SHA256_CLEAN
#define SHA256_CLEAN
#endif

#endif /* CORES_SHA256_INTERNAL_H */
