/* SPDX-License-Identifier: MIT */
/*
 * Root trees over emulated flash and an anchor in memory, for test programs in
 * one file each. The trees are computed here, whole, node by node.
 */
#ifndef TESTS_ROOT_BOX_H
#define TESTS_ROOT_BOX_H

#include <cryptech/rpc.h>

#include <stdlib.h>

#include "../hashsig/root.h"
#include "nor.h"
#include "tap.h"

#define TREE_H_MAX	15

static struct nor *nor;
static struct keystore *ks;
static struct roots *roots;

static struct outside {
	uint64_t anchor;
	unsigned int advances;
	bool cannot_read, cannot_advance;
	char log[8192];		/* lines */
} outside;

static const uint8_t k_state[32] = "a key that wraps the states of k";

static inline int outside_read(void *data, uint64_t *value)
{
	struct outside *o = data;

	*value = o->anchor;
	return o->cannot_read ? -1 : 0;
}

static inline int outside_advance(void *data, uint64_t value)
{
	struct outside *o = data;

	if (o->cannot_advance || value <= o->anchor)
		return -1;
	o->anchor = value;
	o->advances++;
	return 0;
}

static inline void outside_log(void *data, const char *line)
{
	struct outside *o = data;
	size_t len = strlen(o->log);

	if (getenv("ROOT_LOG"))
		printf("# log: %s\n", line);
	snprintf(o->log + len, sizeof(o->log) - len, "%s\n", line);
}

static struct platform platform = {
	.data = &outside,
	.anchor_kind = CRYPTECH_FRESH_FILE,
	.anchor_read = outside_read,
	.anchor_advance = outside_advance,
	.log = outside_log,
};

static inline int roots_up(void)
{
	const struct roots_config config = {
		.ks = ks, .platform = &platform, .k_state = k_state,
	};

	outside.log[0] = 0;
	return roots_start(&roots, &config);
}

static inline void down(void)
{
	roots_stop(roots);
	roots = NULL;
	ks_unmount(ks);
	ks = NULL;
}

/* The power was off. */
static inline bool restart(void)
{
	down();
	nor_boot(nor, nor->steps + 1);
	return EXPECT_EQ(ks_mount(&ks, &nor->flash), KS_OK) &&
	       EXPECT_EQ(roots_up(), CRYPTECH_ERR_OK);
}

static inline bool up(uint32_t size, uint32_t sector_size)
{
	memset(&outside, 0, sizeof(outside));
	nor = nor_new(size, sector_size);
	return EXPECT(nor) && EXPECT_EQ(ks_mount(&ks, &nor->flash), KS_OK) &&
	       EXPECT_EQ(roots_up(), CRYPTECH_ERR_OK);
}

static inline void end(void)
{
	down();
	EXPECT_EQ(nor->misuse, 0);
	nor_free(nor);
	nor = NULL;
}

/* --- trees ---------------------------------------------------------------- */

struct tree {
	struct root_facts facts;
	uint8_t seed[LMS_N_MAX];
	uint8_t *seeds;			/* of nodes 1 to 2^(h + 1) - 1 */
	uint8_t *nodes;			/* of the same */
	unsigned int asked;		/* how often tree_node was called */
	bool knows_nothing, lies;
};

static inline uint8_t *tree_seed(struct tree *t, uint32_t r)
{
	return t->seeds + r * t->facts.params[0].n;
}

static inline uint8_t *tree_value(struct tree *t, uint32_t r)
{
	return t->nodes + r * t->facts.params[0].n;
}

static inline bool tree_node(void *data, uint32_t r, uint8_t *value)
{
	struct tree *t = data;

	t->asked++;
	memcpy(value, tree_value(t, r), t->facts.params[0].n);
	value[0] ^= t->lies;
	return !t->knows_nothing;
}

/* Key number @number of this set. */
static inline void tree_make(struct tree *t, uint32_t lms, uint32_t lmots,
			     uint32_t profile, unsigned int number)
{
	struct lms_params *params = &t->facts.params[0];
	bool single = profile == CRYPTECH_HASHSIG_SINGLE_SEED;
	uint32_t count;

	memset(t, 0, sizeof(*t));
	if (!lms_params(params, lms, lmots) || params->h > TREE_H_MAX)
		abort();
	count = (uint32_t)1 << params->h;
	t->facts.levels = 1;
	t->facts.profile = profile;
	t->facts.reserve = 1;
	memset(t->facts.uuid, 0x77, sizeof(t->facts.uuid));
	t->facts.uuid[0] = number >> 8;
	t->facts.uuid[1] = number;
	memset(t->facts.id, 0x1d ^ number, sizeof(t->facts.id));
	memset(t->seed, 0x5e ^ number, sizeof(t->seed));
	t->seeds = calloc(2 * count, params->n);
	t->nodes = calloc(2 * count, params->n);
	if (!t->seeds || !t->nodes)
		abort();
	memcpy(tree_seed(t, 1), t->seed, params->n);
	for (uint32_t r = 1; r < count; r++)
		lms_seed_children(params, t->facts.id, r, tree_seed(t, r),
				  tree_seed(t, 2 * r),
				  tree_seed(t, 2 * r + 1));
	for (uint32_t r = 1; single && r < 2 * count; r++)
		memcpy(tree_seed(t, r), t->seed, params->n);
	lms_leaves(params, t->facts.id, 0, count, tree_seed(t, count),
		   params->n, tree_value(t, count));
	for (uint32_t r = count / 2; r; r /= 2)
		lms_nodes(params, t->facts.id, r, r, tree_value(t, 2 * r),
			  tree_value(t, r));
	memcpy(t->facts.t1, tree_value(t, 1), params->n);
}

static inline void tree_free(struct tree *t)
{
	free(t->seeds);
	free(t->nodes);
}

static inline uint8_t *tree_top(struct tree *t)
{
	return tree_value(t, 1u << root_top_height(t->facts.params[0].h));
}

static inline int tree_create(struct tree *t)
{
	struct root *root;

	return root_create(roots, &t->facts, t->seed, tree_top(t), &root);
}

static inline struct root *tree_root(struct tree *t)
{
	return roots_find(roots, t->facts.uuid);
}

/* The seeds of the leaves from @first on are right. */
static inline bool tree_is_run(struct tree *t, uint32_t first, uint32_t count,
			       const uint8_t *run)
{
	uint32_t leaves = (uint32_t)1 << t->facts.params[0].h;

	return !memcmp(run, tree_seed(t, leaves + first),
		       (size_t)count * t->facts.params[0].n);
}

/* Burn up to @to, and look at what comes of it. */
static inline bool tree_commit(struct tree *t, uint32_t to)
{
	struct root *root = tree_root(t);
	uint32_t floor = root->seeds.floor;
	uint8_t *run = malloc((size_t)(to - floor) * t->facts.params[0].n);
	bool ok = EXPECT_EQ(root_commit(roots, root, to, tree_node, t, run),
			    CRYPTECH_ERR_OK) &&
		  EXPECT(tree_is_run(t, floor, to - floor, run)) &&
		  EXPECT_EQ(root->seeds.floor, to);

	free(run);
	return ok;
}

/* Everything in memory about it is as it has to be. */
static inline bool tree_check(struct tree *t, uint32_t floor, uint32_t end)
{
	const struct lms_params *params = &t->facts.params[0];
	struct root *root = tree_root(t);
	uint32_t next = 0;

	if (!EXPECT(root) || !EXPECT_EQ(root->damage, 0) ||
	    !EXPECT_EQ(root->seeds.floor, floor) ||
	    !EXPECT_EQ(root->seeds.end, end) ||
	    !EXPECT_MEM(root->facts.t1, t->facts.t1, params->n) ||
	    !EXPECT_MEM(root->facts.id, t->facts.id, LMS_ID_SIZE) ||
	    !EXPECT_EQ(root->facts.levels, t->facts.levels) ||
	    !EXPECT_EQ(root->facts.profile, t->facts.profile) ||
	    !EXPECT_EQ(root->facts.reserve, t->facts.reserve))
		return false;
	for (unsigned int i = 0; i < root->node_count; i++) {
		uint32_t first, last;

		cover_leaves(params->h, root->nodes[i].node, &first, &last);
		if (!EXPECT_EQ(first, next) ||
		    !EXPECT_MEM(root->nodes[i].value,
				tree_value(t, root->nodes[i].node), params->n))
			return false;
		next = last;
	}
	for (unsigned int i = 0; i < root->seeds.count; i++)
		if (!EXPECT_MEM(root->seeds.list[i].value,
				tree_seed(t, root->seeds.list[i].node),
				params->n))
			return false;
	return EXPECT_EQ(next, 1u << params->h);
}

/* --- flash ---------------------------------------------------------------- */

static inline struct ks_stats stats_now(void)
{
	struct ks_stats stats;

	ks_stats(ks, &stats);
	return stats;
}

#endif /* TESTS_ROOT_BOX_H */
