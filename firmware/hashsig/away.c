// SPDX-License-Identifier: MIT
/*
 * Keys that go elsewhere, wholly or in part: what there is of them in memory.
 */
#include "levels.h"

#include <stdlib.h>

bool hss_is_parked(const struct hss *hss)
{
	return hss->root && hss->root->parked;
}

struct root *hss_root(const struct hss *hss)
{
	return hss->root;
}

static void burn_run(struct hss *hss)
{
	if (hss->run)
		core_wipe(hss->run, (size_t)hss->facts.reserve *
			  hss->facts.params[0].n);
	hss->run_first = hss->run_next = hss->run_end = 0;
}

/* Can anything be given away at all? */
static int check(const struct hss *hss)
{
	/* Whoever keeps the seeds does not give them away. */
	if (hss->keeper)
		return CRYPTECH_ERR_FORBIDDEN;
	if (!hss->root || hss->units)
		return CRYPTECH_ERR_IMPOSSIBLE;
	return hss->level[0].now ? hss->damage : hss->root->damage;
}

/* The root tree in memory is as the one in flash again. */
static void follow_root(struct hss *hss)
{
	struct tree *tree = hss->level[0].now;
	int error;

	burn_run(hss);
	tree_go(tree, tree->seeds->floor);
	error = tree_cut(tree);
	if (error == CRYPTECH_ERR_ALLOCATION_FAILURE)
		hss->lack = error;
	else if (error)
		hss->damage = error;
}

/* --- split ---------------------------------------------------------------------- */

struct asker {
	struct tree *tree;
	bool missed;
};

static bool ask_node(void *data, uint32_t r, uint8_t *value)
{
	struct asker *asker = data;

	if (give_node(asker->tree, r, value))
		return true;
	asker->missed = true;
	return false;
}

int hss_split(struct hss *hss, const uint8_t *request, root_seal *seal,
	      void *data, uint8_t **package, size_t *len)
{
	struct asker asker = { .tree = hss->level[0].now };
	struct root *root = hss->root;
	uint32_t end, left;
	int error = check(hss);

	*package = NULL;
	if (error)
		return error;
	end = root->seeds.end;
	left = end - root->seeds.floor;
	error = root_split(hss->roots, root, ask_node, &asker, request, seal,
			   data, package, len);
	if (root->seeds.end != end)
		follow_root(hss);
	else if (asker.missed)
		tree_want(asker.tree, end - left / 2);
	return error;
}

/* --- park ----------------------------------------------------------------------- */

static void forget_lower(struct hss *hss)
{
	for (unsigned int i = 1; i < hss->facts.levels; i++) {
		struct level *level = &hss->level[i];

		tree_free(level->now);
		tree_free(level->next);
		level->now = level->next = NULL;
		core_wipe(level->above, level->above_len);
	}
}

int hss_park(struct hss *hss, root_seal *seal, void *data, uint8_t **package,
	     size_t *len)
{
	bool parked = hss_is_parked(hss);
	int error = check(hss);

	*package = NULL;
	if (error)
		return error;
	error = root_park(hss->roots, hss->root, seal, data, package, len);
	if (!parked && hss->root->seeds.floor == hss->root->seeds.end) {
		forget_lower(hss);
		follow_root(hss);
	}
	return error;
}
