/* SPDX-License-Identifier: MIT */
/*
 * Which seeds of a tree exist; hashsig/seeds.h has the interface.
 *
 * Everything rests on one property: the nodes of a set are exactly the cover
 * of [floor, end), so no node of it is on the path to a leaf outside, and
 * hashing goes down only.
 */
#include "seeds.h"

#include <string.h>

/* How many levels node @r is above the leaves. */
static unsigned int node_height(unsigned int h, uint32_t r)
{
	return h - (31 - (unsigned int)__builtin_clz(r));
}

unsigned int cover_nodes(unsigned int h, uint32_t first, uint32_t end,
			 uint32_t nodes[COVER_MAX])
{
	unsigned int count = 0;

	while (first < end) {
		unsigned int up = 0;

		/* The tallest tree that begins here and does not go beyond. */
		while (up < h && !(first >> up & 1) &&
		       end - first >= (uint32_t)2 << up)
			up++;
		nodes[count++] = (((uint32_t)1 << h) + first) >> up;
		first += (uint32_t)1 << up;
	}
	return count;
}

void cover_leaves(unsigned int h, uint32_t r, uint32_t *first, uint32_t *end)
{
	unsigned int up = node_height(h, r);

	*first = (r << up) - ((uint32_t)1 << h);
	*end = *first + ((uint32_t)1 << up);
}

void seeds_init(struct seeds *seeds, const struct lms_params *params,
		bool single, const uint8_t *seed)
{
	memset(seeds, 0, sizeof(*seeds));
	seeds->single = single;
	seeds->end = (uint32_t)1 << params->h;
	seeds->count = 1;
	seeds->list[0].node = 1;
	memcpy(seeds->list[0].value, seed, params->n);
}

void seeds_wipe(struct seeds *seeds)
{
	core_wipe(seeds, sizeof(*seeds));
}

/* The seed of node @r, which is at or below node @from. */
static void seed_below(const struct lms_params *params, const uint8_t *id,
		       const struct seed *from, uint32_t r, uint8_t *value)
{
	unsigned int up = node_height(LMS_H_MAX, from->node) -
			  node_height(LMS_H_MAX, r);
	uint8_t child[2][LMS_N_MAX];

	memcpy(value, from->value, params->n);
	while (up-- > 0) {
		lms_seed_children(params, id, r >> (up + 1), value, child[0],
				  child[1]);
		memcpy(value, child[r >> up & 1], params->n);
	}
	core_wipe(child, sizeof(child));
}

/* The node of a set under which node @r is; NULL: it cannot be computed. */
static const struct seed *seed_above(const struct seeds *seeds,
				     unsigned int h, uint32_t r)
{
	unsigned int i;

	for (i = 0; i < seeds->count; i++) {
		const struct seed *seed = &seeds->list[i];
		unsigned int up = node_height(h, seed->node);
		unsigned int low = node_height(h, r);

		if (low <= up && r >> (up - low) == seed->node)
			return seed;
	}
	return NULL;
}

void seeds_narrow(const struct seeds *from, const struct lms_params *params,
		  const uint8_t *id, uint32_t floor, uint32_t end,
		  struct seeds *to)
{
	uint32_t nodes[COVER_MAX];
	unsigned int i, count;

	memset(to, 0, sizeof(*to));
	to->single = from->single;
	to->floor = floor;
	to->end = end;
	if (from->single) {
		to->count = from->count;
		to->list[0] = from->list[0];
		return;
	}
	count = cover_nodes(params->h, floor, end, nodes);
	for (i = 0; i < count; i++) {
		const struct seed *above = seed_above(from, params->h,
						      nodes[i]);
		struct seed *seed = &to->list[to->count];

		/* Asked for more than there is: what is not there stays out. */
		if (!above)
			continue;
		seed->node = nodes[i];
		seed_below(params, id, above, nodes[i], seed->value);
		to->count++;
	}
}

/* --- leaves --------------------------------------------------------------- */

/* Are there seeds for all of [first, end)? */
static bool covered(const struct seeds *seeds, unsigned int h, uint32_t first,
		    uint32_t end)
{
	while (first < end) {
		const struct seed *seed = seed_above(seeds, h,
						     ((uint32_t)1 << h) + first);
		uint32_t from;

		if (!seed)
			return false;
		cover_leaves(h, seed->node, &from, &first);
	}
	return true;
}

struct walk {
	const struct lms_params *params;
	const uint8_t *id;
	uint32_t first, end;	/* of the leaves that are wanted */
	uint8_t *out;
};

/*
 * Down from a node to all wanted leaves under it. As deep as the tree is tall;
 * a step keeps its two children's seeds no longer than it needs them.
 */
static void walk_down(const struct walk *walk, uint32_t r, const uint8_t *seed)
{
	size_t n = walk->params->n;
	uint8_t child[2][LMS_N_MAX];
	uint32_t first, end;

	cover_leaves(walk->params->h, r, &first, &end);
	if (end <= walk->first || first >= walk->end)
		return;
	if (end - first == 1) {
		memcpy(walk->out + (first - walk->first) * n, seed, n);
		return;
	}
	lms_seed_children(walk->params, walk->id, r, seed, child[0], child[1]);
	walk_down(walk, 2 * r, child[0]);
	walk_down(walk, 2 * r + 1, child[1]);
	core_wipe(child, sizeof(child));
}

bool seeds_leaves(const struct seeds *seeds, const struct lms_params *params,
		  const uint8_t *id, uint32_t first, uint32_t count,
		  uint8_t *out)
{
	struct walk walk = { params, id, first, first + count, out };
	size_t n = params->n;
	unsigned int i;

	if (first < seeds->floor || first > seeds->end ||
	    count > seeds->end - first)
		return false;
	if (seeds->single) {
		for (; seeds->count && count > 0; count--, out += n)
			memcpy(out, seeds->list[0].value, n);
		return seeds->count;
	}
	if (!covered(seeds, params->h, first, first + count))
		return false;
	for (i = 0; i < seeds->count; i++)
		walk_down(&walk, seeds->list[i].node, seeds->list[i].value);
	return true;
}
