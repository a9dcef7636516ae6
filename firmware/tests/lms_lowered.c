// SPDX-License-Identifier: MIT
/*
 * The engine for AVX-512 in the instructions of AVX2.
 */
#define SHA256_AS_LOWERED
#include "../cores/sha256/avx512.c"
