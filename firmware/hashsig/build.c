/* SPDX-License-Identifier: MIT */
/*
 * Computing leaves, many of them: which windows a tree wants, in units that
 * any number of threads compute at once, and what becomes of the results.
 *
 * A new tree and one whose top was lost are the same case: nodes of the path
 * are unknown, so the windows under them are wanted.
 */
#include "tree.h"

#include <stdlib.h>
#include <string.h>

#define NO_WINDOW	UINT32_MAX

/* Leaves between two looks at the stop flag; full lanes for every engine. */
#define BATCH		8

uint32_t leaf_cost(const struct lms_params *params)
{
	uint32_t last = (16 + 4 + 2 + params->p * params->n + 9 + 63) / 64;

	/* x[i], the chains, the public value, the leaf's node */
	return params->p + params->p * ((1u << params->w) - 1) + last + 1;
}

/* --- what is wanted ------------------------------------------------------------ */

static uint32_t window_count(const struct tree *tree)
{
	return (uint32_t)1 << tree->top_height;
}

static bool top_knows(const struct tree *tree, uint32_t r)
{
	return patch_get(&tree->top, &tree->params, r);
}

static struct window *window_find(const struct tree *tree, uint32_t index,
				  bool whole)
{
	struct window *window;

	for (window = tree->windows; window; window = window->link)
		if (window->index == index && window->whole == whole)
			return window;
	return NULL;
}

/* Those that sign now and next, or are to be split, are kept; the others give
 * their root. */
static bool wants_whole(const struct tree *tree, uint32_t index)
{
	return index - (tree->next >> tree->window_height) <= 1 ||
	       (tree->extra && index == tree->extra);
}

/* Is what this window's root is part of unknown on the path of @leaf_window? */
static bool on_path(const struct tree *tree, uint32_t index,
		    uint32_t leaf_window)
{
	uint32_t r = window_count(tree) + index;
	uint32_t path = window_count(tree) + leaf_window;
	unsigned int below = 31 - (unsigned int)__builtin_clz(r ^ path);

	return !top_knows(tree, r) && !top_knows(tree, r >> below);
}

static bool window_wanted(const struct tree *tree, uint32_t index,
			  enum hss_when when)
{
	uint32_t now = tree->next >> tree->window_height;
	const struct window *window;
	uint32_t first, end;

	window_leaves(tree, index, &first, &end);
	if (first == end)
		return false;
	if (index == now || (index == now + 1 && when == HSS_AHEAD) ||
	    (tree->extra && index == tree->extra)) {
		window = window_find(tree, index, true);
		return !window || window->left;
	}
	return when == HSS_AHEAD ?
	       !top_knows(tree, window_count(tree) + index) :
	       on_path(tree, index, now) ||
	       (tree->extra && on_path(tree, index, tree->extra));
}

/* The next window from @index on that is wanted. */
static uint32_t next_wanted(const struct tree *tree, uint32_t index,
			    enum hss_when when)
{
	uint32_t now = tree->next >> tree->window_height;

	while (index < window_count(tree)) {
		if (window_wanted(tree, index, when))
			return index;
		index++;
		if (index > now + 1 && index < tree->scan)
			index = tree->extra >= index &&
				tree->extra < tree->scan ? tree->extra :
				tree->scan;
	}
	return NO_WINDOW;
}

static uint32_t first_wanted(const struct tree *tree, enum hss_when when)
{
	return tree_left(tree) ?
	       next_wanted(tree, tree->next >> tree->window_height, when) :
	       NO_WINDOW;
}

uint64_t tree_wants(const struct tree *tree, enum hss_when when)
{
	uint64_t leaves = 0;
	uint32_t index, first, end;

	/* A new tree: everything; said without a look at all windows, as
	 * tall ones have thousands and this is asked after every unit. */
	if (!top_knows(tree, 1))
		return ((uint64_t)1 << tree->params.h) - tree->built;
	for (index = first_wanted(tree, when); index != NO_WINDOW;
	     index = next_wanted(tree, index + 1, when)) {
		const struct window *window;

		window = window_find(tree, index, wants_whole(tree, index));
		window_leaves(tree, index, &first, &end);
		leaves += window ? window->left : end - first;
	}
	return leaves;
}

/* --- units ------------------------------------------------------------------------ */

static int unit_new(struct tree *tree, struct window *window,
		    const atomic_bool *stop, struct unit **out)
{
	struct unit *unit = calloc(1, sizeof(*unit));
	uint32_t root = (((uint32_t)1 << tree->params.h) + window->given) >>
			tree->unit_height;
	uint32_t first, end;

	if (!unit)
		return CRYPTECH_ERR_ALLOCATION_FAILURE;
	if (!patch_init(&unit->patch, &tree->params, root, tree->unit_height)) {
		free(unit);
		return CRYPTECH_ERR_ALLOCATION_FAILURE;
	}
	cover_leaves(tree->params.h, root, &first, &end);
	unit->tree = tree;
	unit->window = window;
	unit->stop = stop;
	unit->params = tree->params;
	memcpy(unit->id, tree->id, sizeof(unit->id));
	unit->first = window->given;
	unit->end = end < window->end ? end : window->end;
	seeds_narrow(tree->seeds, &tree->params, tree->id, unit->first,
		     unit->end, &unit->seeds);
	window->given = unit->end;
	*out = unit;
	return 0;
}

int tree_unit(struct tree *tree, enum hss_when when, const atomic_bool *stop,
	      struct unit **unit)
{
	uint32_t index;
	int error;

	*unit = tree->again;
	if (*unit) {
		tree->again = (*unit)->next;
		return 0;
	}
	for (index = first_wanted(tree, when); index != NO_WINDOW;
	     index = next_wanted(tree, index + 1, when)) {
		bool whole = wants_whole(tree, index);
		struct window *window = window_find(tree, index, whole);

		if (!window) {
			error = window_new(&window, tree, index, whole);
			if (error)
				return error;
			window->link = tree->windows;
			tree->windows = window;
		}
		if (window->given < window->end)
			return unit_new(tree, window, stop, unit);
	}
	return 0;
}

/* Where the node @r of a unit's patch is, known or not. */
static uint8_t *unit_at(struct unit *unit, uint32_t r)
{
	return unit->patch.value +
	       (size_t)patch_place(&unit->patch, r) * unit->params.n;
}

static bool run_leaves(struct unit *unit)
{
	uint8_t seeds[BATCH * LMS_N_MAX];
	uint32_t leaf0 = (uint32_t)1 << unit->params.h;
	uint32_t q, count;
	bool good = true;

	for (q = unit->first; q < unit->end && good; q += count) {
		count = unit->end - q < BATCH ? unit->end - q : BATCH;
		good = !atomic_load_explicit(unit->stop,
					     memory_order_relaxed) &&
		       seeds_leaves(&unit->seeds, &unit->params, unit->id, q,
				    count, seeds);
		if (good)
			lms_leaves(&unit->params, unit->id, q, count, seeds,
				   unit->params.n, unit_at(unit, leaf0 + q));
	}
	core_wipe(seeds, sizeof(seeds));
	return good;
}

/* The same by whoever has the seeds, one by one: others wait for him, too. */
static bool run_kept(struct unit *unit)
{
	const struct tree *tree = unit->tree;
	uint32_t leaf0 = (uint32_t)1 << unit->params.h;
	bool good = true;

	unit->error = 0;
	for (uint32_t q = unit->first; q < unit->end && good; q++) {
		good = !atomic_load_explicit(unit->stop, memory_order_relaxed);
		if (good)
			unit->error = tree->keeper->leaves(tree->kept, q, 1,
						unit_at(unit, leaf0 + q));
		good = good && !unit->error;
	}
	return good;
}

void unit_run(struct unit *unit)
{
	uint32_t first = unit->first + ((uint32_t)1 << unit->params.h);
	uint32_t end = unit->end + ((uint32_t)1 << unit->params.h);
	unsigned int up;

	unit->done = unit->tree->keeper ? run_kept(unit) : run_leaves(unit);
	seeds_wipe(&unit->seeds);
	/* All nodes above that have both children in the unit. */
	for (up = 0; unit->done && up <= unit->patch.depth; up++) {
		if (first < end)
			memset(unit->patch.known +
			       patch_place(&unit->patch, first), 1,
			       end - first);
		first = (first + 1) / 2;
		end /= 2;
		if (first < end && up < unit->patch.depth)
			lms_nodes(&unit->params, unit->id, first, end - first,
				  unit_at(unit, 2 * first),
				  unit_at(unit, first));
	}
}

/* --- results ---------------------------------------------------------------------- */

/* Everything of the unit's patch that the window's has room for. */
static void copy_nodes(const struct unit *unit, struct patch *to)
{
	size_t n = unit->params.n;
	unsigned int below;

	for (below = 0; below <= unit->patch.depth; below++) {
		uint32_t from = (uint32_t)1 << below, i;
		uint32_t at = patch_place(to, unit->patch.root << below);

		if (!at)
			return;
		for (i = 0; i < (uint32_t)1 << below; i++) {
			if (!unit->patch.known[from + i])
				continue;
			memcpy(to->value + (at + i) * n,
			       unit->patch.value + (from + i) * n, n);
			to->known[at + i] = 1;
		}
	}
}

/* The uppermost nodes of the unit first: they are compared with what is above
 * before anything below them is believed. */
static bool merge(const struct unit *unit, struct window *window)
{
	const struct lms_params *params = &unit->params;
	uint32_t nodes[COVER_MAX];
	unsigned int i, count;

	count = cover_nodes(params->h, unit->first, unit->end, nodes);
	for (i = 0; i < count; i++) {
		const uint8_t *value = patch_get(&unit->patch, params,
						 nodes[i]);

		if (!value || !patch_place(&window->patch, nodes[i]) ||
		    !patch_put(&window->patch, params, unit->id, nodes[i],
			       value))
			return false;
	}
	copy_nodes(unit, &window->patch);
	return true;
}

static void window_drop(struct tree *tree, struct window *window)
{
	struct window **link = &tree->windows;

	while (*link != window)
		link = &(*link)->link;
	*link = window->link;
	window_free(window);
}

/* All leaves are there: is it the window it should be? */
static int window_complete(struct tree *tree, struct window *window)
{
	uint32_t r = window->patch.root;
	const uint8_t *value = patch_get(&window->patch, &tree->params, r);

	if (!value || !patch_put(&tree->top, &tree->params, tree->id, r, value))
		return CRYPTECH_ERR_KEYSTORE_LOST_DATA;
	while (tree->scan < window_count(tree) &&
	       top_knows(tree, window_count(tree) + tree->scan))
		tree->scan++;
	if (!window->whole ||
	    window->index < tree->next >> tree->window_height)
		window_drop(tree, window);
	return 0;
}

int unit_take_in(struct unit *unit)
{
	struct window *window = unit->window;

	if (!unit->done)
		return unit->error ? unit->error :
				     CRYPTECH_ERR_KEYSTORE_LOST_DATA;
	/* A mistake stays what it is: the window is never complete then. */
	if (!merge(unit, window))
		return CRYPTECH_ERR_KEYSTORE_LOST_DATA;
	window->left -= unit->end - unit->first;
	unit->tree->built += unit->end - unit->first;
	return window->left ? 0 : window_complete(unit->tree, window);
}

void unit_again(struct unit *unit)
{
	unit->next = unit->tree->again;
	unit->tree->again = unit;
}

void unit_free(struct unit *unit)
{
	patch_free(&unit->patch);
	core_wipe(unit, sizeof(*unit));
	free(unit);
}
