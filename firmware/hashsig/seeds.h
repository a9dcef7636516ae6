/* SPDX-License-Identifier: MIT */
/*
 * The private half of one LMS tree in memory: the smallest set of nodes whose
 * seeds give those of the unused leaves, always one interval [floor, end), and
 * of no others. What was dropped from the set cannot be computed from it.
 *
 * No state, no locks. Everything here is secret; the caller keeps it in locked
 * memory and wipes it.
 */
#ifndef HASHSIG_SEEDS_H
#define HASHSIG_SEEDS_H

#include "lms.h"

#define COVER_MAX	(2 * LMS_H_MAX)

/*
 * The fewest nodes of a tree of height @h that cover the leaves [first, end)
 * and none else, from left to right; returns how many, at most 2 * h (or 1).
 */
unsigned int cover_nodes(unsigned int h, uint32_t first, uint32_t end,
			 uint32_t nodes[COVER_MAX]);
/* The leaves [*first, *end) under node @r. */
void cover_leaves(unsigned int h, uint32_t r, uint32_t *first, uint32_t *end);

struct seed {
	uint32_t node;
	uint8_t value[LMS_N_MAX];	/* the first n bytes count */
};

struct seeds {
	bool single;			/* list[0] serves every leaf */
	uint32_t floor, end;		/* unused leaves */
	unsigned int count;
	struct seed list[COVER_MAX];	/* left to right */
};

/* The whole tree, from the root's seed S_1 (or the single seed). */
void seeds_init(struct seeds *seeds, const struct lms_params *params,
		bool single, const uint8_t *seed);
/* Leaf seeds first .. first + count - 1 into @out, n bytes each. False (and
 * nothing written) unless all are in [floor, end). */
bool seeds_leaves(const struct seeds *seeds, const struct lms_params *params,
		  const uint8_t *id, uint32_t first, uint32_t count,
		  uint8_t *out);
/* @to becomes the set for [floor, end) within @from's interval; another
 * object. A single-seed set keeps its seed even when nothing is left, as it
 * cannot be less; a punctured one is then empty. */
void seeds_narrow(const struct seeds *from, const struct lms_params *params,
		  const uint8_t *id, uint32_t floor, uint32_t end,
		  struct seeds *to);
void seeds_wipe(struct seeds *seeds);

#endif /* HASHSIG_SEEDS_H */
