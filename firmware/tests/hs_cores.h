/* SPDX-License-Identifier: MIT */
/*
 * Ideal cores, for tests that try millions of states: what they compute is
 * worth nothing, but it is fast, the same in every run, and exact. Instead of
 * cores/openssl.
 *
 * A key wrap here is a name for what was wrapped: it opens if these very bytes
 * came out of core_wrap() with this key, else not. So whoever knows all wraps
 * that were ever made (the observer) knows all that will ever open.
 */
#ifndef TESTS_HS_CORES_H
#define TESTS_HS_CORES_H

#include "../cores/cores.h"

/* Called once for each different wrap. */
extern void (*hs_wrap_seen)(const uint8_t *plain, size_t len,
			    const uint8_t *wrapped, size_t wrapped_len);
/* Forget all wraps; none opens any more. */
void hs_wraps_forget(void);
/* What core_random() gives from here on. */
void hs_random_seed(uint64_t seed);

#endif /* TESTS_HS_CORES_H */
