/* SPDX-License-Identifier: MIT */
/*
 * NOR flash in memory, for tests, that loses power where it is told to.
 *
 * A bit is 1, 0 or torn. A torn bit reads as it likes, the same until the
 * next boot; programming a 0 or an erase makes it firm. Every program and
 * every erase is a step. Whoever programs a 1 over a bit that is not firmly 1
 * relies on it: that is counted in .misuse, and a test that finds it above
 * zero has failed.
 */
#ifndef TESTS_NOR_H
#define TESTS_NOR_H

#include "../keystore/flash.h"

enum nor_cut {
	NOR_NOT_DONE,	/* the step leaves everything as it was */
	NOR_TORN,	/* the bits that change become 1, 0 or torn */
	NOR_DONE,	/* the step is done, the next is not */
};

struct nor {
	struct flash flash;	/* first: the keystore's view */
	uint8_t *bits;		/* as they read in this boot */
	uint8_t *torn;		/* 1: this bit is torn */
	uint64_t steps;		/* programs and erases, since it was made */
	uint64_t syncs;
	uint32_t *erases;	/* of each sector */
	uint32_t misuse;
	bool off;		/* the power is off: every call fails */

	uint64_t cut_step;	/* cut when .steps gets there; 0: never */
	enum nor_cut cut;
	uint64_t rng;
	bool fail_erase, fail_program;	/* the device does not answer */
	uint64_t lie_step;	/* then a program leaves out a byte and says
				 * nothing; 0: never */
	uint32_t worn;		/* a sector that no erase makes all blank */
};

/* All blank. NULL: no memory. */
struct nor *nor_new(uint32_t size, uint32_t sector_size);
void nor_free(struct nor *nor);
/* @to becomes as @from; both of the same size. */
void nor_copy(struct nor *to, const struct nor *from);
/* Power on: torn bits are drawn anew, from @seed. No cut is set. */
void nor_boot(struct nor *nor, uint64_t seed);
/* Cut the @step-th program or erase from now, 1 being the next. */
void nor_cut_at(struct nor *nor, uint64_t step, enum nor_cut cut,
		uint64_t seed);

/* Small, fast, the same everywhere; not for secrets (splitmix64). */
uint64_t nor_random(uint64_t *state);

#endif /* TESTS_NOR_H */
