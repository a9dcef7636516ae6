/* SPDX-License-Identifier: MIT */
/*
 * The levels of a key, for hss.c, work.c and take.c alone.
 */
#ifndef HASHSIG_LEVELS_H
#define HASHSIG_LEVELS_H

#include "tree.h"

struct level {
	struct lms_params params;
	struct tree *now;	/* signs; signed by the level above */
	struct tree *next;	/* is being built, or waits for its use */
	/* The signature over now's public key, and that key. */
	uint8_t *above;
	size_t above_len;
};

struct hss {
	struct root_facts facts;
	struct roots *roots;
	struct root *root;	/* NULL: not in flash yet */
	/* Who has the root's seeds; NULL: they are in @root, or in its tree. */
	const struct hss_keeper *keeper;
	void *kept;
	struct level level[CRYPTECH_HSS_LEVELS_MAX];	/* [0] has no next */
	/* Seeds of root leaves that are spent in flash and not yet taken. */
	uint8_t *run;
	uint32_t run_next, run_end;	/* of the leaves in it */
	uint32_t run_first;
	atomic_bool stop;
	bool held;		/* no unit is given out */
	unsigned int units;	/* that are out */
	int damage;		/* for good */
	int lack;		/* memory or randomness, until somebody was told */
	unsigned int out;	/* units and leaves */
	uint64_t done;		/* leaves of HSS_NOW work since the last leaf */
};

/* Leaves that a level can give before it needs another tree. */
static inline uint64_t level_left(const struct level *level)
{
	return level->now ? tree_left(level->now) : 0;
}

/* The public nodes that the keystore asks for when it commits; @data: the tree.
 * take.c */
bool give_node(void *data, uint32_t r, uint8_t *value);

/* The LMS public key of a tree: lms_public_size() bytes. */
void put_public(uint8_t *at, const struct lms_params *params,
		const uint8_t *id, const uint8_t *t1);

/* hss_new() with what it would have drawn for the root: tests. */
int hss_new_from(struct hss **hss, const struct root_facts *facts,
		 const uint8_t *id, const uint8_t *seed);

#endif /* HASHSIG_LEVELS_H */
