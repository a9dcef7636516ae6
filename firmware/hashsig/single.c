// SPDX-License-Identifier: MIT
/*
 * Single-seed keys in the hands of others: as a body out of their seed, and the
 * other way round. All of the tree follows from the seed, so all its nodes are
 * computed.
 */
#include "root_internal.h"

#include <stdlib.h>

int root_single_get(const uint8_t *body, size_t len, struct root_single *single)
{
	struct root *root;
	int error = body_get(body, len, &root);

	if (error)
		return error;
	if (root->seeds.single) {
		single->facts = root->facts;
		single->floor = root->seeds.floor;
		single->end = root->seeds.end;
		memcpy(single->seed, root->seeds.list[0].value,
		       root->facts.params[0].n);
	} else {
		error = CRYPTECH_ERR_BAD_ARGUMENTS;
	}
	root_free(root);
	return error;
}

/* Node r at @tree + r * n. */
static void compute_tree(const struct root_single *single, uint8_t *tree)
{
	const struct lms_params *params = &single->facts.params[0];
	uint32_t first = (uint32_t)1 << params->h;
	size_t n = params->n;

	lms_leaves(params, single->facts.id, 0, first, single->seed, 0,
		   tree + first * n);
	for (first /= 2; first; first /= 2)
		lms_nodes(params, single->facts.id, first, first,
			  tree + 2 * first * n, tree + first * n);
}

static void fill(const struct root_single *single, const uint8_t *tree,
		 struct root *root)
{
	size_t n = single->facts.params[0].n;
	uint32_t nodes[NODES_MAX];

	root->facts = single->facts;
	seeds_init(&root->seeds, &single->facts.params[0], true,
		   single->seed);
	root->seeds.floor = single->floor;
	root->seeds.end = single->end;
	root->node_count = frontier_nodes(root, nodes);
	for (unsigned int i = 0; i < root->node_count; i++) {
		root->nodes[i].node = nodes[i];
		memcpy(root->nodes[i].value, tree + nodes[i] * n, n);
	}
}

int root_single_put(const struct root_single *single, uint8_t *body,
		    size_t *len)
{
	const struct lms_params *params = &single->facts.params[0];
	int error = CRYPTECH_ERR_BAD_ARGUMENTS;
	struct root *root;
	uint8_t *tree;

	if (params->h > ROOT_SINGLE_H_MAX ||
	    single->facts.profile != CRYPTECH_HASHSIG_SINGLE_SEED ||
	    single->floor >= single->end ||
	    single->end > (uint32_t)1 << params->h)
		return CRYPTECH_ERR_BAD_ARGUMENTS;
	tree = malloc((size_t)2 * params->n << params->h);
	root = root_new(single->facts.uuid);
	if (!tree || !root) {
		error = CRYPTECH_ERR_ALLOCATION_FAILURE;
	} else {
		compute_tree(single, tree);
		fill(single, tree, root);
		if (frontier_is_whole(root)) {
			*len = body_put(root, body);
			error = CRYPTECH_ERR_OK;
		}
	}
	free(tree);
	if (root)
		root_free(root);
	return error;
}
