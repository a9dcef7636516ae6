// SPDX-License-Identifier: MIT
/*
 * The engine for CPUs with AVX-512: sixteen lanes.
 *
 * With SHA256_AS_LOWERED it is compiled for AVX2: the compiler takes two
 * registers for one, which is slow, but shows that the code is right on CPUs
 * that do not have the instructions.
 */
#define LANES	16

#include "lanes.h"

#ifdef SHA256_AS_LOWERED
#define ENGINE	sha256_lowered
#define NAME	"lowered"

static bool usable(void)
{
	return __builtin_cpu_supports("avx2");
}
#else
#define ENGINE	sha256_avx512
#define NAME	"avx512"

static bool usable(void)
{
	return __builtin_cpu_supports("avx512f") &&
	       __builtin_cpu_supports("avx512vl") &&
	       __builtin_cpu_supports("avx512bw") &&
	       __builtin_cpu_supports("avx512dq");
}
#endif

const struct sha256_engine ENGINE = {
	.name = NAME,
	.lanes = LANES,
	.usable = usable,
	.compress = compress,
	.chains = chains,
};
