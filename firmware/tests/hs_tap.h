/* SPDX-License-Identifier: MIT */
/*
 * The tap of build/test/cryptech-hsm-tapped, an HSM like any other, but that it
 * appends all that core_random() gives and all that core_wrap() wraps to the
 * file that HS_TAP in its environment names. So a test knows every secret that
 * it ever had, and can look for it where it must not be.
 */
#ifndef TESTS_HS_TAP_H
#define TESTS_HS_TAP_H

#include <stdint.h>

enum hs_tap_kind {
	HS_TAP_RANDOM = 1,	/* first: the bytes */
	HS_TAP_WRAP = 2,	/* first: in clear, second: wrapped */
};

struct hs_tap {
	uint32_t kind;
	uint32_t first, second;	/* lengths of what follows */
};

#endif /* TESTS_HS_TAP_H */
