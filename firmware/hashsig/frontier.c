// SPDX-License-Identifier: MIT
/*
 * Frontiers: the public nodes that are kept, and what follows from them.
 */
#include "root_internal.h"

static unsigned int height_of(unsigned int h, uint32_t r)
{
	return h - (31 - (unsigned int)__builtin_clz(r));
}

unsigned int frontier_nodes(const struct root *root, uint32_t r[NODES_MAX])
{
	const uint32_t cut[4] = {
		0, root->seeds.floor, root->seeds.end,
		(uint32_t)1 << root->facts.params[0].h,
	};
	uint32_t nodes[COVER_MAX];
	unsigned int count = 0;

	if (root->parked) {
		r[0] = 1;
		return 1;
	}
	for (int part = 0; part < 3; part++) {
		unsigned int n = cut[part] == cut[part + 1] ? 0 :
			cover_nodes(root->facts.params[0].h, cut[part],
				    cut[part + 1], nodes);

		for (unsigned int i = 0; i < n && count < NODES_MAX; i++)
			r[count++] = nodes[i];
	}
	return count;
}

static const struct public_node *find(const struct root *root, uint32_t r)
{
	for (unsigned int i = 0; i < root->node_count; i++)
		if (root->nodes[i].node == r)
			return &root->nodes[i];
	return NULL;
}

/* Is node @r under one of the frontier's? */
static bool is_below(const struct root *root, uint32_t r)
{
	unsigned int h = root->facts.params[0].h, low = height_of(h, r);

	for (unsigned int i = 0; i < root->node_count; i++) {
		unsigned int up = height_of(h, root->nodes[i].node);

		if (up > low && r >> (up - low) == root->nodes[i].node)
			return true;
	}
	return false;
}

/*
 * The value of a node: in the frontier, above it, or below. The frontier cuts
 * every path from the root to a leaf once, so this goes no deeper than h.
 */
static bool value_of(const struct root *root, uint32_t r, node_fn *node,
		     void *data, uint8_t *value)
{
	const struct lms_params *params = &root->facts.params[0];
	const struct public_node *known = find(root, r);
	uint8_t children[2 * LMS_N_MAX];

	if (known) {
		memcpy(value, known->value, params->n);
		return true;
	}
	if (is_below(root, r))
		return node && node(data, r, value);
	/* A leaf that is not there: the frontier has a gap. */
	if (r >> params->h)
		return false;
	if (!value_of(root, 2 * r, node, data, children) ||
	    !value_of(root, 2 * r + 1, node, data, children + params->n))
		return false;
	lms_nodes(params, root->facts.id, r, 1, children, value);
	return true;
}

int frontier_move(const struct root *from, struct root *to, node_fn *node,
		  void *data)
{
	uint32_t r[NODES_MAX];

	to->node_count = frontier_nodes(to, r);
	for (unsigned int i = 0; i < to->node_count; i++) {
		to->nodes[i].node = r[i];
		if (!value_of(from, r[i], node, data, to->nodes[i].value))
			return CRYPTECH_ERR_NOT_READY;
	}
	return CRYPTECH_ERR_OK;
}

bool frontier_is_named(const struct root *root)
{
	uint32_t r[NODES_MAX];

	if (frontier_nodes(root, r) != root->node_count)
		return false;
	for (unsigned int i = 0; i < root->node_count; i++)
		if (root->nodes[i].node != r[i])
			return false;
	return true;
}

bool frontier_is_whole(const struct root *root)
{
	unsigned int n = root->facts.params[0].n;
	uint8_t t1[LMS_N_MAX];

	return frontier_is_named(root) &&
	       value_of(root, 1, NULL, NULL, t1) &&
	       memcmp(t1, root->facts.t1, n) == 0;
}
