/* SPDX-License-Identifier: MIT */
/*
 * The public nodes of a tree in memory: what is known, what is checked against
 * what, and the path of a leaf.
 */
#include "tree.h"

#include <stdlib.h>
#include <string.h>

unsigned int hss_window_height(unsigned int h)
{
	return h - root_top_height(h);
}

/* The level of node @r; the root's is 0. */
static unsigned int level_of(uint32_t r)
{
	return 31 - (unsigned int)__builtin_clz(r);
}

/* --- patches ---------------------------------------------------------------- */

bool patch_init(struct patch *patch, const struct lms_params *params,
		uint32_t root, unsigned int depth)
{
	size_t places = (size_t)2 << depth;

	patch->root = root;
	patch->depth = depth;
	patch->value = calloc(places, params->n + 1);
	patch->known = patch->value ? patch->value + places * params->n : NULL;
	return patch->value;
}

void patch_free(struct patch *patch)
{
	free(patch->value);
	patch->value = NULL;
}

uint32_t patch_place(const struct patch *patch, uint32_t r)
{
	unsigned int above = level_of(patch->root), below;

	if (r < patch->root)
		return 0;
	below = level_of(r) - above;
	if (below > patch->depth || r >> below != patch->root)
		return 0;
	return r - (patch->root << below) + ((uint32_t)1 << below);
}

static uint8_t *value_at(const struct patch *patch,
			 const struct lms_params *params, uint32_t place)
{
	return patch->value + (size_t)place * params->n;
}

const uint8_t *patch_get(const struct patch *patch,
			 const struct lms_params *params, uint32_t r)
{
	uint32_t place = patch_place(patch, r);

	return place && patch->known[place] ?
	       value_at(patch, params, place) : NULL;
}

bool patch_put(struct patch *patch, const struct lms_params *params,
	       const uint8_t *id, uint32_t r, const uint8_t *value)
{
	uint32_t place = patch_place(patch, r);
	uint8_t parent[LMS_N_MAX];

	for (;;) {
		uint8_t *at = value_at(patch, params, place);

		/* What was known is true to all above it already. */
		if (patch->known[place])
			return core_equal(at, value, params->n);
		memcpy(at, value, params->n);
		patch->known[place] = 1;
		if (place == 1 || !patch->known[place ^ 1])
			return true;
		place /= 2;
		r /= 2;
		lms_nodes(params, id, r, 1, value_at(patch, params, 2 * place),
			  parent);
		value = parent;
	}
}

/* --- windows ---------------------------------------------------------------- */

void window_leaves(const struct tree *tree, uint32_t index, uint32_t *first,
		   uint32_t *end)
{
	const struct seeds *seeds = tree->seeds;

	*first = index << tree->window_height;
	*end = *first + ((uint32_t)1 << tree->window_height);
	if (*first < seeds->floor)
		*first = seeds->floor;
	if (*end > seeds->end)
		*end = seeds->end;
	if (*end < *first)
		*end = *first;
}

/* What of a window cannot be computed is in the record. */
static bool put_frontier(const struct tree *tree, struct patch *patch)
{
	unsigned int i;

	for (i = 0; tree->root && i < tree->root->node_count; i++) {
		const struct public_node *node = &tree->root->nodes[i];

		if (patch_place(patch, node->node) &&
		    !patch_put(patch, &tree->params, tree->id, node->node,
			       node->value))
			return false;
	}
	return true;
}

int window_new(struct window **out, const struct tree *tree, uint32_t index,
	       bool whole)
{
	struct window *window = calloc(1, sizeof(*window));
	unsigned int depth = tree->window_height;

	*out = NULL;
	if (!window)
		return CRYPTECH_ERR_ALLOCATION_FAILURE;
	window->index = index;
	window->whole = whole;
	window_leaves(tree, index, &window->given, &window->end);
	window->left = window->end - window->given;
	if (!whole)
		depth -= tree->unit_height;
	if (!patch_init(&window->patch, &tree->params,
			((uint32_t)1 << tree->top_height) + index, depth)) {
		free(window);
		return CRYPTECH_ERR_ALLOCATION_FAILURE;
	}
	if (!put_frontier(tree, &window->patch)) {
		window_free(window);
		return CRYPTECH_ERR_KEYSTORE_LOST_DATA;
	}
	*out = window;
	return 0;
}

void window_free(struct window *window)
{
	patch_free(&window->patch);
	free(window);
}

/* The window that signs with the next leaf; NULL: it is not complete. */
static struct window *window_now(const struct tree *tree)
{
	uint32_t index = tree->next >> tree->window_height;
	struct window *window;

	for (window = tree->windows; window; window = window->link)
		if (window->index == index && window->whole && !window->left)
			return window;
	return NULL;
}

/* --- trees ------------------------------------------------------------------- */

/* Some 3 ms of one good core: 2^this leaves. */
static unsigned int unit_height(const struct lms_params *params,
				unsigned int window_height)
{
	unsigned int height = window_height < 3 ? window_height : 3;

	while (height < window_height &&
	       (leaf_cost(params) << (height + 1)) <= 160000)
		height++;
	return height;
}

static int tree_alloc(struct tree **out, const struct lms_params *params,
		      const uint8_t *id)
{
	struct tree *tree = calloc(1, sizeof(*tree));

	if (!tree)
		return CRYPTECH_ERR_ALLOCATION_FAILURE;
	tree->params = *params;
	memcpy(tree->id, id, sizeof(tree->id));
	tree->window_height = hss_window_height(params->h);
	tree->top_height = params->h - tree->window_height;
	tree->unit_height = unit_height(params, tree->window_height);
	tree->seeds = &tree->own;
	if (!patch_init(&tree->top, params, 1, tree->top_height)) {
		free(tree);
		return CRYPTECH_ERR_ALLOCATION_FAILURE;
	}
	*out = tree;
	return 0;
}

int tree_new(struct tree **tree, const struct lms_params *params,
	     const uint8_t *id, bool single, const uint8_t *seed)
{
	int error = tree_alloc(tree, params, id);

	if (!error)
		seeds_init(&(*tree)->own, params, single, seed);
	return error;
}

int tree_new_kept(struct tree **tree, const struct lms_params *params,
		  const uint8_t *id, const struct hss_keeper *keeper,
		  void *kept)
{
	int error = tree_alloc(tree, params, id);

	if (error)
		return error;
	(*tree)->own.end = (uint32_t)1 << params->h;
	(*tree)->keeper = keeper;
	(*tree)->kept = kept;
	return 0;
}

void tree_free(struct tree *tree)
{
	struct window *window;
	struct unit *unit;

	if (!tree)
		return;
	while ((unit = tree->again)) {
		tree->again = unit->next;
		unit_free(unit);
	}
	while ((window = tree->windows)) {
		tree->windows = window->link;
		window_free(window);
	}
	patch_free(&tree->top);
	seeds_wipe(&tree->own);
	free(tree);
}

void tree_stored(struct tree *tree, struct root *root)
{
	tree->root = root;
	tree->seeds = &root->seeds;
	seeds_wipe(&tree->own);
}

const uint8_t *tree_node(const struct tree *tree, uint32_t r)
{
	const uint8_t *value = patch_get(&tree->top, &tree->params, r);
	const struct window *window;

	for (window = tree->windows; window && !value; window = window->link)
		if (window->whole && !window->left)
			value = patch_get(&window->patch, &tree->params, r);
	return value;
}

bool tree_ready(const struct tree *tree)
{
	uint32_t r = tree->next + ((uint32_t)1 << tree->params.h);

	if (!tree_left(tree) || !window_now(tree))
		return false;
	for (; r > 1; r /= 2)
		if (!tree_node(tree, r) || !tree_node(tree, r ^ 1))
			return false;
	return true;
}

void tree_path(const struct tree *tree, uint32_t q, uint8_t *path)
{
	size_t n = tree->params.n;
	uint32_t r = q + ((uint32_t)1 << tree->params.h);

	for (; r > 1; r /= 2, path += n)
		memcpy(path, tree_node(tree, r ^ 1), n);
}

void tree_go(struct tree *tree, uint32_t next)
{
	struct window **link = &tree->windows;
	struct window *window;

	tree->next = next;
	while ((window = *link)) {
		/* One that is being built is freed by what completes it. */
		if (window->index >= next >> tree->window_height ||
		    window->left) {
			link = &window->link;
			continue;
		}
		*link = window->link;
		window_free(window);
	}
}

void tree_want(struct tree *tree, uint32_t q)
{
	uint32_t index = q >> tree->window_height;
	struct window **link = &tree->windows;
	struct window *window;

	/* The one that was wanted before: unless it is used, too. */
	while ((window = *link) && (window->index != tree->extra ||
				    window->left))
		link = &window->link;
	if (window && tree->extra && tree->extra != index &&
	    tree->extra - (tree->next >> tree->window_height) > 1) {
		*link = window->link;
		window_free(window);
	}
	tree->extra = index;
}

/* --- after a restart --------------------------------------------------------- */

/* The nodes in the record are the whole tree, from left to right. */
static bool frontier_is_whole(const struct root *root, unsigned int h)
{
	uint32_t first, end, next = 0;
	unsigned int i;

	for (i = 0; i < root->node_count; i++) {
		uint32_t r = root->nodes[i].node;

		if (r == 0 || level_of(r) > h)
			return false;
		cover_leaves(h, r, &first, &end);
		if (first != next)
			return false;
		next = end;
	}
	return next == (uint32_t)1 << h;
}

/*
 * The cached top is a hint: taken wholly if it hashes to the tree's root, else
 * not at all; then what is missing is computed.
 */
static bool read_top(struct tree *tree, struct roots *roots, struct root *root)
{
	const struct lms_params *params = &tree->params;
	struct patch *top = &tree->top;
	uint32_t level = (uint32_t)1 << tree->top_height;
	bool good;

	if (tree->top_height == 0 || !roots)
		return true;
	good = !root_read_top(roots, root, value_at(top, params, level));
	while (good && (level /= 2) > 0)
		lms_nodes(params, tree->id, level, level,
			  value_at(top, params, 2 * level),
			  value_at(top, params, level));
	good = good && core_equal(value_at(top, params, 1), root->facts.t1,
				  params->n);
	memset(top->known, good, (size_t)2 << tree->top_height);
	return good;
}

/* The nodes of the record that lie below the top: what follows for the top. */
static int raise_frontier(struct tree *tree, const struct public_node *node)
{
	unsigned int below = level_of(node->node) - tree->top_height;
	uint32_t r = node->node >> below;
	struct window *window;
	const uint8_t *value;
	int error;

	error = window_new(&window, tree, r - ((uint32_t)1 << tree->top_height),
			   true);
	if (error)
		return error;
	value = patch_get(&window->patch, &tree->params, r);
	if (!value || !patch_put(&tree->top, &tree->params, tree->id, r, value))
		error = CRYPTECH_ERR_KEYSTORE_LOST_DATA;
	window_free(window);
	return error;
}

static int take_frontier(struct tree *tree, const struct root *root)
{
	const uint8_t *t1 = root->facts.t1;
	unsigned int i;
	int error = 0;

	if (!frontier_is_whole(root, tree->params.h) ||
	    !patch_put(&tree->top, &tree->params, tree->id, 1, t1) ||
	    !put_frontier(tree, &tree->top))
		return CRYPTECH_ERR_KEYSTORE_LOST_DATA;
	for (i = 0; i < root->node_count && !error; i++) {
		const struct public_node *node = &root->nodes[i];

		/* Neighbours in a window are raised again; they are few. */
		if (level_of(node->node) > tree->top_height)
			error = raise_frontier(tree, node);
	}
	return error;
}

int tree_open(struct tree **out, struct roots *roots, struct root *root)
{
	struct tree *tree;
	int error;

	*out = NULL;
	error = tree_alloc(&tree, &root->facts.params[0], root->facts.id);
	if (error)
		return error;
	tree->root = root;
	tree->seeds = &root->seeds;
	tree->next = root->seeds.floor;
	read_top(tree, roots, root);
	error = take_frontier(tree, root);
	if (error) {
		tree_free(tree);
		return error;
	}
	*out = tree;
	return 0;
}

/* --- when leaves go elsewhere -------------------------------------------------- */

int tree_cut(struct tree *tree)
{
	struct window **link = &tree->windows;
	struct window *window;

	while ((window = *link)) {
		if (!window->left) {
			link = &window->link;
			continue;
		}
		*link = window->link;
		window_free(window);
	}
	tree->extra = 0;
	return take_frontier(tree, tree->root);
}
