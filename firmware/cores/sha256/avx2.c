// SPDX-License-Identifier: MIT
/*
 * The engine for CPUs with AVX2: eight lanes.
 */
#define LANES	8

#include "lanes.h"

static bool usable(void)
{
	return __builtin_cpu_supports("avx2");
}

const struct sha256_engine sha256_avx2 = {
	.name = "avx2",
	.lanes = LANES,
	.usable = usable,
	.compress = compress,
	.chains = chains,
};
