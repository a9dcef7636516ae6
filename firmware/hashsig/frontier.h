/* SPDX-License-Identifier: MIT */
/*
 * The *frontier* is root->nodes: the fewest nodes that lie over [0, floor),
 * over [floor, end) and over [end, 2^h), from left to right. What is above it
 * follows from it, what is below has to be computed from leaves.
 */
#ifndef HASHSIG_FRONTIER_H
#define HASHSIG_FRONTIER_H

#include "root.h"

#define NODES_MAX	(COVER_MAX + 2)

typedef bool node_fn(void *data, uint32_t r, uint8_t *value);
/*
 * The frontier for to->seeds' floor and end, from @from's and, for what is
 * below it, from @node (NULL: nothing is). NOT_READY: @node does not know.
 */
int frontier_move(const struct root *from, struct root *to, node_fn *node,
		  void *data);
/* Are these the right nodes, for their floor and end? */
bool frontier_is_named(const struct root *root);
/* And do they hash to T1? */
bool frontier_is_whole(const struct root *root);
/* The node numbers alone; returns how many. */
unsigned int frontier_nodes(const struct root *root, uint32_t r[NODES_MAX]);

#endif /* HASHSIG_FRONTIER_H */
