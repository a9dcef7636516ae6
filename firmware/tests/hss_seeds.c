/* SPDX-License-Identifier: MIT */
/*
 * Which seeds a tree's set gives, and that it gives no others: over every
 * interval of a tree of 32 leaves, and over every interval of each of these.
 * The values were computed by vectors/hss/seeds.py.
 */
#include "../hashsig/seeds.h"
#include "tap.h"
#include "vectors.h"

#define SMALL_H		5
#define SMALL_LEAVES	(1u << SMALL_H)
#define SMALL_NODES	(2 * SMALL_LEAVES)

/* A tree of the vectors. */
struct tree {
	struct lms_params params;
	uint8_t id[LMS_ID_SIZE];
	uint8_t first[LMS_N_MAX];		/* S_1 */
	uint8_t node[SMALL_NODES][LMS_N_MAX];	/* if it is a small one */
};

static void params_of(struct lms_params *params, unsigned int n,
		      unsigned int h)
{
	uint32_t lms = (n == 32 ? 0x05 : 0x0a) + (h - 5) / 5;

	EXPECT(lms_params(params, lms, n == 32 ? 0x03 : 0x07));
	EXPECT(params->n == n && params->h == h);
}

/* One line of the vectors; returns its node. */
static uint32_t take_line(const struct vector *v, struct tree *tree,
			  struct bytes *seed)
{
	struct bytes id;

	if (v->fields != 5)
		abort();
	params_of(&tree->params, atoi(v->field[0]), atoi(v->field[1]));
	vector_bytes(v, 2, &id);
	memcpy(tree->id, id.data, sizeof(tree->id));
	vector_bytes(v, 4, seed);
	EXPECT_EQ(seed->len, tree->params.n);
	return strtoul(v->field[3], NULL, 10);
}

static void small_tree(struct tree *tree, unsigned int n)
{
	struct vector v;
	struct bytes seed;
	struct tree line;

	memset(tree, 0, sizeof(*tree));
	REQUIRE(vector_open(&v, "hss/seeds.txt"));
	while (vector_next(&v)) {
		uint32_t r = take_line(&v, &line, &seed);

		if (line.params.n != n || line.params.h != SMALL_H)
			continue;
		tree->params = line.params;
		memcpy(tree->id, line.id, sizeof(tree->id));
		memcpy(tree->node[r], seed.data, n);
	}
	memcpy(tree->first, tree->node[1], n);
}

/* --- what a set has to be -------------------------------------------------- */

/*
 * The nodes under which there are leaves of [first, end) and none else, and
 * which are under no such node: said another way than cover_nodes() does it.
 */
static bool wanted_node(uint32_t r, uint32_t first, uint32_t end)
{
	uint32_t low = r, high = r;

	while (low < SMALL_LEAVES) {
		low = 2 * low;
		high = 2 * high + 1;
	}
	return low - SMALL_LEAVES >= first && high - SMALL_LEAVES < end;
}

static void check_cover(uint32_t first, uint32_t end)
{
	uint32_t nodes[COVER_MAX] = { 0 };
	unsigned int count = cover_nodes(SMALL_H, first, end, nodes);
	unsigned int i, want = 0;
	uint32_t r, next = first;

	for (r = 1; r < SMALL_NODES; r++)
		want += wanted_node(r, first, end) &&
			(r == 1 || !wanted_node(r / 2, first, end));
	EXPECT_EQ(count, want);
	EXPECT(count <= 2 * SMALL_H);
	for (i = 0; i < count; i++) {
		uint32_t a, b;

		EXPECT(wanted_node(nodes[i], first, end));
		cover_leaves(SMALL_H, nodes[i], &a, &b);
		EXPECT_EQ(a, next);
		next = b;
	}
	EXPECT_EQ(next, end);
}

static void covers(void)
{
	uint32_t nodes[COVER_MAX];
	uint32_t first, end;

	for (first = 0; first <= SMALL_LEAVES; first++)
		for (end = first; end <= SMALL_LEAVES; end++)
			check_cover(first, end);
	EXPECT_EQ(cover_nodes(25, 0, 1u << 25, nodes), 1);
	EXPECT_EQ(nodes[0], 1);
	/* The most there can be. */
	EXPECT_EQ(cover_nodes(25, 1, (1u << 25) - 1, nodes), 48);
	EXPECT_EQ(nodes[0], (1u << 25) + 1);
	EXPECT_EQ(nodes[47], (1u << 26) - 2);
}

/* The set has the seeds of the cover's nodes, and nothing else at all. */
static bool set_is(const struct seeds *seeds, const struct tree *tree,
		   uint32_t floor, uint32_t end)
{
	struct seeds want;
	uint32_t nodes[COVER_MAX];
	unsigned int i, count = cover_nodes(SMALL_H, floor, end, nodes);

	memset(&want, 0, sizeof(want));
	want.floor = floor;
	want.end = end;
	want.count = count;
	for (i = 0; i < count; i++) {
		want.list[i].node = nodes[i];
		memcpy(want.list[i].value, tree->node[nodes[i]],
		       sizeof(want.list[i].value));
	}
	return !memcmp(seeds, &want, sizeof(want));
}

/* --- sets ------------------------------------------------------------------ */

static void narrow_all(unsigned int n)
{
	struct seeds whole, some, less;
	struct tree tree;
	uint32_t a, b, c, d;

	small_tree(&tree, n);
	memset(&whole, 0xa5, sizeof(whole));
	seeds_init(&whole, &tree.params, false, tree.first);
	REQUIRE(set_is(&whole, &tree, 0, SMALL_LEAVES));
	for (a = 0; a <= SMALL_LEAVES; a++) {
		for (b = a; b <= SMALL_LEAVES; b++) {
			memset(&some, 0xa5, sizeof(some));
			seeds_narrow(&whole, &tree.params, tree.id, a, b,
				     &some);
			EXPECT(set_is(&some, &tree, a, b));
			for (c = a; c <= b; c++) {
				/* From the end or from both: as splits do. */
				d = b - (c - a) / 2;
				if (d < c)
					break;
				memset(&less, 0xa5, sizeof(less));
				seeds_narrow(&some, &tree.params, tree.id, c,
					     d, &less);
				EXPECT(set_is(&less, &tree, c, d));
			}
		}
	}
}

static void narrow_24(void)
{
	narrow_all(24);
}

static void narrow_32(void)
{
	narrow_all(32);
}

static void narrow_step_by_step(void)
{
	struct seeds a, b;
	struct tree tree;
	uint32_t floor;

	small_tree(&tree, 32);
	seeds_init(&a, &tree.params, false, tree.first);
	for (floor = 1; floor <= SMALL_LEAVES; floor++) {
		seeds_narrow(&a, &tree.params, tree.id, floor, SMALL_LEAVES,
			     &b);
		EXPECT(set_is(&b, &tree, floor, SMALL_LEAVES));
		a = b;
	}
	EXPECT_EQ(a.count, 0);
}

/* What is asked for beyond a set does not come into being. */
static void narrow_never_widens(void)
{
	struct seeds whole, some, less;
	struct tree tree;
	uint8_t out[SMALL_LEAVES * LMS_N_MAX];
	unsigned int i;

	small_tree(&tree, 32);
	seeds_init(&whole, &tree.params, false, tree.first);
	seeds_narrow(&whole, &tree.params, tree.id, 5, 20, &some);
	seeds_narrow(&some, &tree.params, tree.id, 0, SMALL_LEAVES, &less);
	for (i = 0; i < less.count; i++)
		EXPECT(wanted_node(less.list[i].node, 5, 20));
	seeds_narrow(&some, &tree.params, tree.id, 4, 8, &less);
	EXPECT_EQ(less.count, 0);
	EXPECT(!seeds_leaves(&less, &tree.params, tree.id, 5, 1, out));
}

/* --- leaves ---------------------------------------------------------------- */

static void check_leaves(const struct seeds *seeds, const struct tree *tree,
			 uint32_t first, uint32_t count)
{
	size_t n = tree->params.n, len = count * n, i;
	uint8_t out[SMALL_LEAVES * LMS_N_MAX + 1];
	bool all = first >= seeds->floor && first + count <= seeds->end;

	memset(out, 0xa5, sizeof(out));
	EXPECT_EQ(seeds_leaves(seeds, &tree->params, tree->id, first, count,
			       out), all);
	for (i = 0; all && i < count; i++)
		EXPECT_MEM(out + i * n, tree->node[SMALL_LEAVES + first + i],
			   n);
	for (i = all ? len : 0; i < sizeof(out); i++)
		EXPECT_EQ(out[i], 0xa5);
}

static void leaves_all(void)
{
	static const unsigned int sizes[] = { 24, 32 };
	struct seeds whole, some;
	struct tree tree;
	uint32_t a, b, first, count;
	size_t i;

	for (i = 0; i < 2; i++) {
		small_tree(&tree, sizes[i]);
		seeds_init(&whole, &tree.params, false, tree.first);
		for (a = 0; a <= SMALL_LEAVES; a += 3) {
			for (b = a; b <= SMALL_LEAVES; b++) {
				seeds_narrow(&whole, &tree.params, tree.id, a,
					     b, &some);
				for (first = 0; first < SMALL_LEAVES; first++)
					for (count = 1; first + count <=
					     SMALL_LEAVES; count += 5)
						check_leaves(&some, &tree,
							     first, count);
			}
		}
	}
}

/* A leaf is only there if a seed of the list is above it, whatever floor and
 * end say: rot takes seeds away. */
static void leaves_that_rotted(void)
{
	struct seeds whole, some;
	struct tree tree;
	uint8_t out[SMALL_LEAVES * LMS_N_MAX];
	uint32_t first, end, q;

	small_tree(&tree, 32);
	seeds_init(&whole, &tree.params, false, tree.first);
	seeds_narrow(&whole, &tree.params, tree.id, 3, 29, &some);
	cover_leaves(SMALL_H, some.list[2].node, &first, &end);
	memmove(&some.list[2], &some.list[3],
		(some.count-- - 3) * sizeof(some.list[0]));
	for (q = 3; q < 29; q++)
		EXPECT_EQ(seeds_leaves(&some, &tree.params, tree.id, q, 1,
				       out), q < first || q >= end);
	memset(out, 0xa5, sizeof(out));
	EXPECT(!seeds_leaves(&some, &tree.params, tree.id, 3, 26, out));
	for (q = 0; q < sizeof(out); q++)
		EXPECT_EQ(out[q], 0xa5);
}

static void leaves_of_hostile_ranges(void)
{
	struct seeds seeds;
	struct tree tree;
	uint8_t out[LMS_N_MAX];

	small_tree(&tree, 32);
	seeds_init(&seeds, &tree.params, false, tree.first);
	EXPECT(!seeds_leaves(&seeds, &tree.params, tree.id, 32, 1, out));
	EXPECT(!seeds_leaves(&seeds, &tree.params, tree.id, UINT32_MAX, 1,
			     out));
	EXPECT(!seeds_leaves(&seeds, &tree.params, tree.id, 1, UINT32_MAX,
			     out));
	EXPECT(!seeds_leaves(&seeds, &tree.params, tree.id, 31, 2, out));
}

/* Tall trees, and every size: the lines of the vectors that are leaves. */
static void leaves_of_tall_trees(void)
{
	struct seeds whole, one;
	struct vector v;
	struct tree tree, line;
	struct bytes seed;
	uint8_t out[LMS_N_MAX];
	unsigned int checked = 0;

	REQUIRE(vector_open(&v, "hss/seeds.txt"));
	while (vector_next(&v)) {
		uint32_t r = take_line(&v, &line, &seed);
		uint32_t q = r - (1u << line.params.h);

		if (r == 1) {
			tree = line;
			memcpy(tree.first, seed.data, seed.len);
			seeds_init(&whole, &tree.params, false, tree.first);
		}
		if (r >> line.params.h == 0)
			continue;
		EXPECT(seeds_leaves(&whole, &tree.params, tree.id, q, 1, out));
		EXPECT_MEM(out, seed.data, seed.len);
		seeds_narrow(&whole, &tree.params, tree.id, q, q + 1, &one);
		EXPECT_EQ(one.count, 1);
		EXPECT_EQ(one.list[0].node, r);
		EXPECT_MEM(one.list[0].value, seed.data, seed.len);
		checked++;
	}
	EXPECT_EQ(checked, 2 * (32 + 3 + 4));
}

static void single(void)
{
	struct seeds seeds, less;
	struct tree tree;
	uint8_t out[3 * LMS_N_MAX];
	unsigned int i;

	small_tree(&tree, 24);
	seeds_init(&seeds, &tree.params, true, tree.first);
	EXPECT(seeds_leaves(&seeds, &tree.params, tree.id, 7, 3, out));
	for (i = 0; i < 3; i++)
		EXPECT_MEM(out + 24 * i, tree.first, 24);
	seeds_narrow(&seeds, &tree.params, tree.id, 8, 32, &less);
	EXPECT(!seeds_leaves(&less, &tree.params, tree.id, 7, 1, out));
	EXPECT(seeds_leaves(&less, &tree.params, tree.id, 8, 1, out));
	seeds_narrow(&less, &tree.params, tree.id, 32, 32, &seeds);
	EXPECT(!seeds_leaves(&seeds, &tree.params, tree.id, 31, 1, out));
	EXPECT_EQ(seeds.count, 1);
	seeds_wipe(&seeds);
	memset(&less, 0, sizeof(less));
	EXPECT_MEM(&seeds, &less, sizeof(less));
}

int main(void)
{
	RUN(covers);
	RUN(narrow_24);
	RUN(narrow_32);
	RUN(narrow_step_by_step);
	RUN(narrow_never_widens);
	RUN(leaves_all);
	RUN(leaves_that_rotted);
	RUN(leaves_of_hostile_ranges);
	RUN(leaves_of_tall_trees);
	RUN(single);
	return tap_done();
}
