/* SPDX-License-Identifier: MIT */
/*
 * Taking leaves.
 *
 * A lower tree is drawn and built while the one before it signs, and nothing
 * else happens to it: only when a signature needs it is a leaf of the level
 * above spent on its public key. That one-time signature is made under the
 * lock, as part of taking a leaf (0.2 ms with W8 on a good core). As work for
 * later it would need the seed of a leaf that is spent already to stay around.
 */
#include "levels.h"
#include "math.h"

#include <stdlib.h>
#include <string.h>

bool give_node(void *data, uint32_t r, uint8_t *value)
{
	const struct tree *tree = data;
	const uint8_t *known = tree_node(tree, r);

	if (known)
		memcpy(value, known, tree->params.n);
	return known;
}

/* Spend the next run in flash. It does not go beyond the window, which has the
 * public nodes of its leaves. */
static int commit_run(struct hss *hss)
{
	struct tree *tree = hss->level[0].now;
	uint32_t first = tree->next, window = tree->window_height;
	uint32_t border = ((first >> window) + 1) << window;
	uint32_t to = border < tree->seeds->end ? border : tree->seeds->end;
	int error;

	if (to - first > hss->facts.reserve)
		to = first + hss->facts.reserve;
	error = root_commit(hss->roots, hss->root, to, give_node, tree,
			    hss->run);
	/* Spent all the same, if it was past its commit point. */
	if (error) {
		tree_go(tree, tree->seeds->floor);
		/* The tree is ready: waiting would not bring that node. */
		return error == CRYPTECH_ERR_NOT_READY ?
		       CRYPTECH_ERR_IMPOSSIBLE : error;
	}
	hss->run_first = hss->run_next = first;
	hss->run_end = to;
	return 0;
}

static int take_root(struct hss *hss, struct onetime *one)
{
	struct tree *tree = hss->level[0].now;
	size_t n = tree->params.n;
	uint8_t *seed;
	int error;

	if (hss->run_next == hss->run_end) {
		error = commit_run(hss);
		if (error)
			return error;
	}
	seed = hss->run + (hss->run_next++ - hss->run_first) * n;
	onetime_init(one, tree, seed);
	core_wipe(seed, n);
	tree_go(tree, tree->next + 1);
	return 0;
}

/* Spent is what lies below the floor, whatever the error. */
static int take_kept(struct hss *hss, struct onetime *one)
{
	struct tree *tree = hss->level[0].now;
	uint8_t c[LMS_N_MAX];
	unsigned int leaf;
	int error = hss->keeper->take(hss->kept, give_node, tree, c, &leaf);

	if (error) {
		tree_go(tree, tree->seeds->floor);
		return error;
	}
	onetime_init_kept(one, tree, c, leaf);
	tree_go(tree, tree->next + 1);
	return 0;
}

static int take_lower(struct tree *tree, struct onetime *one)
{
	uint8_t seed[LMS_N_MAX];
	struct seeds rest;

	if (!seeds_leaves(&tree->own, &tree->params, tree->id, tree->next, 1,
			  seed))
		return CRYPTECH_ERR_IMPOSSIBLE;
	seeds_narrow(&tree->own, &tree->params, tree->id, tree->next + 1,
		     tree->own.end, &rest);
	tree->own = rest;
	seeds_wipe(&rest);
	onetime_init(one, tree, seed);
	core_wipe(seed, sizeof(seed));
	tree_go(tree, tree->next + 1);
	return 0;
}

static int take(struct hss *hss, unsigned int level, struct onetime *one);

/* Sign the next tree's public key with a leaf of the level above. */
static int sign_next(struct hss *hss, unsigned int i, const uint8_t *public)
{
	struct level *level = &hss->level[i];
	uint8_t digest[LMS_N_MAX];
	struct onetime one;
	int error = take(hss, i - 1, &one);

	if (error)
		return error;
	error = lms_digest(&one.params, one.id, one.q, one.c, public,
			   lms_public_size(&level->params), digest);
	if (!error)
		error = onetime_sign(&one, digest, level->above);
	core_wipe(&one, sizeof(one));
	return error;
}

/* The next tree takes the place of one that is used up. */
static int change_tree(struct hss *hss, unsigned int i)
{
	struct level *level = &hss->level[i];
	struct tree *tree = level->next;
	uint8_t *public = level->above + level->above_len -
			  lms_public_size(&level->params);
	int error;

	/* No unit of it is out: all its windows had to be complete. */
	tree_free(level->now);
	level->now = NULL;
	put_public(public, &level->params, tree->id, tree_node(tree, 1));
	error = sign_next(hss, i, public);
	if (error)
		return error;
	level->now = tree;
	level->next = NULL;
	return 0;
}

static int take(struct hss *hss, unsigned int i, struct onetime *one)
{
	struct level *level = &hss->level[i];
	int error;

	if (i == 0)
		return hss->keeper ? take_kept(hss, one) : take_root(hss, one);
	if (!level_left(level)) {
		error = change_tree(hss, i);
		if (error)
			return error;
	}
	return take_lower(level->now, one);
}

/* Nobody shall wait for what will never be there. */
static int not_ready(const struct hss *hss)
{
	return hss_work_left(hss) || atomic_load(&hss->stop) ?
	       CRYPTECH_ERR_NOT_READY : CRYPTECH_ERR_KEYSTORE_LOST_DATA;
}

/* Is everything there for a signature? Asked before anything is spent. */
static int check(struct hss *hss)
{
	unsigned int i = hss->facts.levels;
	bool ready = true;
	int error;

	if (hss->damage)
		return hss->damage;
	if (!hss->root)
		return CRYPTECH_ERR_IMPOSSIBLE;
	if (hss->root->damage)
		return hss->root->damage;
	if (hss->root->parked)
		return CRYPTECH_ERR_FORBIDDEN;
	if (hss->lack) {
		error = hss->lack;
		hss->lack = 0;		/* another attempt may be luckier */
		return error;
	}
	while (i-- > 0) {
		const struct level *level = &hss->level[i];

		if (level_left(level)) {
			ready = ready && tree_ready(level->now);
			return ready ? 0 : not_ready(hss);
		}
		ready = ready && level->next && tree_ready(level->next);
	}
	return CRYPTECH_ERR_HASHSIG_KEY_EXHAUSTED;
}

/* The parts of the levels above the lowest. */
static void put_above(const struct hss *hss, struct hss_leaf *leaf)
{
	uint8_t *at = put_u32(leaf->above, hss->facts.levels - 1);
	unsigned int i;

	for (i = 1; i < hss->facts.levels; i++) {
		const struct level *level = &hss->level[i];

		memcpy(at, level->above, level->above_len);
		at += level->above_len;
	}
}

int hss_take(struct hss *hss, struct hss_leaf **out)
{
	unsigned int lowest = hss->facts.levels - 1;
	struct hss_leaf *leaf;
	int error = check(hss);

	*out = NULL;
	if (error)
		return error;
	leaf = calloc(1, sizeof(*leaf) + hss_signature_bytes(hss));
	if (!leaf)
		return CRYPTECH_ERR_ALLOCATION_FAILURE;
	error = take(hss, lowest, &leaf->one);
	if (error) {
		core_wipe(&leaf->one, sizeof(leaf->one));
		free(leaf);
		return error;
	}
	leaf->len = hss_signature_bytes(hss);
	leaf->before = leaf->len -
		       lms_signature_size(&hss->level[lowest].params);
	put_above(hss, leaf);
	hss->done = 0;
	hss->out++;
	*out = leaf;
	return 0;
}

void hss_leaf_put(struct hss *hss, struct hss_leaf *leaf)
{
	if (!leaf)
		return;
	if (leaf->one.keeper)
		leaf->one.keeper->drop(leaf->one.kept, leaf->one.kept_leaf);
	core_wipe(&leaf->one, sizeof(leaf->one));
	free(leaf);
	hss->out--;
}
