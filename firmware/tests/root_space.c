// SPDX-License-Identifier: MIT
/*
 * What root trees take of the flash, and that they give it back.
 *
 * --table alone prints the table of Documentation/hashsig-format.rst.
 */
#include "root_box.h"

#define H5	0x0a		/* SHA256_M24_H5 */
#define W2	0x06
#define KIB	1024
#define MIB	(1024 * KIB)

static struct tree a;

static uint64_t random_state = 1;

static uint32_t below(uint32_t n)
{
	return nor_random(&random_state) % n;
}

static void name_key(uint32_t n)
{
	for (int i = 0; i < 4; i++)
		a.facts.uuid[i] = n >> (24 - 8 * i);
}

/* --- what a key takes ----------------------------------------------------- */

/*
 * A tree of which only the path to one leaf is known: enough to spend what is
 * left of it.
 */
struct path {
	struct root_facts facts;
	uint32_t leaf;
	uint8_t value[LMS_H_MAX + 1][LMS_N_MAX];	/* by height: beside it */
	uint8_t self[LMS_N_MAX];
};

static bool path_node(void *data, uint32_t r, uint8_t *value)
{
	struct path *p = data;
	unsigned int h = p->facts.params[0].h;

	for (unsigned int up = 0; up < h; up++) {
		if (r != ((((uint32_t)1 << h) + p->leaf) >> up ^ 1))
			continue;
		memcpy(value, p->value[up], p->facts.params[0].n);
		return true;
	}
	if (r != ((uint32_t)1 << h) + p->leaf)
		return false;
	memcpy(value, p->self, p->facts.params[0].n);
	return true;
}

static void path_make(struct path *p, uint32_t lms, uint32_t lmots,
		      uint32_t leaf)
{
	struct lms_params *params = &p->facts.params[0];
	uint8_t pair[2 * LMS_N_MAX];
	uint32_t r;

	memset(p, 0, sizeof(*p));
	if (!lms_params(params, lms, lmots))
		abort();
	p->facts.levels = 1;
	p->facts.reserve = 1;
	p->leaf = leaf;
	r = ((uint32_t)1 << params->h) + leaf;
	memset(p->self, 0xaa, sizeof(p->self));
	memcpy(p->facts.t1, p->self, params->n);
	for (unsigned int up = 0; up < params->h; up++, r >>= 1) {
		bool right = r & 1;

		memset(p->value[up], up, params->n);
		memcpy(pair + right * params->n, p->facts.t1, params->n);
		memcpy(pair + !right * params->n, p->value[up], params->n);
		lms_nodes(params, p->facts.id, r >> 1, 1, pair, p->facts.t1);
	}
}

struct use {
	uint32_t fresh, most;	/* bytes of flash */
	uint32_t top;		/* of these: public nodes, cached */
	uint32_t cells, written;
};

/* Bytes that were programmed to something else than zeros. */
static bool measure(uint32_t lms, uint32_t lmots, struct use *use)
{
	static uint8_t top[(LMS_N_MAX << 13)];
	uint8_t seed[LMS_N_MAX] = { 1 };
	struct root *root;
	struct path p;
	uint32_t before;

	if (!up(MIB, 4096))
		return false;
	path_make(&p, lms, lmots, 0x15555 % (1u << (lms == H5 || lms == 5 ?
						    5 : 10)));
	/* The ledger is everybody's. */
	before = stats_now().live + 48 + (104 + 4 + 15) / 16 * 16;
	if (!EXPECT_EQ(root_create(roots, &p.facts, seed, top, &root), 0))
		return false;
	use->fresh = stats_now().live - before;
	use->top = (p.facts.params[0].n << root_top_height(p.facts.params[0].h));
	if (!EXPECT_EQ(root_commit(roots, root, p.leaf, path_node, &p, NULL),
		       0))
		return false;
	use->most = stats_now().live - before;
	use->cells = stats_now().cells;
	end();
	return true;
}

static void table(void)
{
	static const uint32_t lms[] = { 5, 6, 7, 8, 9, 10, 11, 12, 13, 14 };

	printf("# h   n   fresh  at most  of it top  cells\n");
	for (size_t i = 0; i < sizeof(lms) / sizeof(lms[0]); i++) {
		struct lms_params params;
		struct use use;

		lms_params(&params, lms[i], lms[i] < 10 ? 3 : 7);
		REQUIRE(measure(lms[i], params.lmots, &use));
		/* Every node of the frontier has one cell. */
		EXPECT_EQ(use.cells, params.h + 1);
		printf("# %2u  %u  %6u  %6u  %6u  %4u\n", params.h, params.n,
		       use.fresh, use.most, params.h > 10 ? use.top : 0,
		       use.cells);
	}
}

/* --- churn ---------------------------------------------------------------- */

/* As tree_commit, but any outcome. */
static int spend(uint32_t n, uint32_t count)
{
	struct root *root;
	uint32_t to;

	name_key(n);
	root = tree_root(&a);
	to = root->seeds.floor + count;
	if (to > root->seeds.end)
		to = root->seeds.end;
	if (to == root->seeds.floor)
		return CRYPTECH_ERR_HASHSIG_KEY_EXHAUSTED;
	return root_commit(roots, root, to, tree_node, &a, NULL);
}

static bool replace_key(uint32_t n)
{
	name_key(n);
	return EXPECT_EQ(root_delete(roots, tree_root(&a)), 0) &&
	       EXPECT_EQ(tree_create(&a), 0);
}

/* Not more segments for cells than twice what they need. */
static bool is_dense(void)
{
	struct ks_stats stats = stats_now();
	uint32_t need = stats.cells / stats.cells_fit;

	return EXPECT(stats.cell_segments <= 5 + 2 * need);
}

#define KEYS	1000

static void thousand_keys(void)
{
	struct ks_stats fresh, stats;
	uint64_t floors[KEYS] = { 0 };

	REQUIRE(up(4 * MIB, 4096));
	tree_make(&a, H5, W2, CRYPTECH_HASHSIG_PUNCTURED, 0);
	name_key(0);
	REQUIRE(!tree_create(&a) && !root_delete(roots, tree_root(&a)));
	fresh = stats_now();
	for (uint32_t n = 0; n < KEYS; n++) {
		name_key(n);
		REQUIRE(!tree_create(&a));
	}
	for (uint32_t i = 0; i < 10000; i++) {
		uint32_t n = below(KEYS), count = 1 + below(3);
		int error = spend(n, count);

		floors[n] += count;
		if (error == CRYPTECH_ERR_HASHSIG_KEY_EXHAUSTED) {
			REQUIRE(replace_key(n));
			floors[n] = 0;
		} else if (!EXPECT_EQ(error, 0)) {
			break;
		}
		if (i % 1000 == 0)
			REQUIRE(is_dense());
		if (i % 2500 == 2499)
			REQUIRE(restart() && EXPECT(!roots_stale(roots)));
	}
	stats = stats_now();
	printf("# %u keys: %u cells in %u segments, %u could do; %u bytes "
	       "live, %u free\n", KEYS, stats.cells, stats.cell_segments,
	       stats.cells / stats.cells_fit + 1, stats.live, stats.free);
	for (uint32_t n = 0; n < KEYS; n++) {
		name_key(n);
		REQUIRE(tree_check(&a, floors[n] > 32 ? 32 : floors[n], 32));
		REQUIRE(!root_delete(roots, tree_root(&a)));
	}
	stats = stats_now();
	EXPECT_EQ(stats.cells, 0);
	EXPECT_EQ(stats.live, fresh.live);
	EXPECT_EQ(stats.records, 1);
	EXPECT_EQ(stats.free, fresh.free);
	tree_free(&a);
	end();
}

/* One key signs all the time, beside many that never do. */
static void idle_beside_busy(void)
{
	REQUIRE(up(2 * MIB, 4096));
	tree_make(&a, H5, W2, CRYPTECH_HASHSIG_PUNCTURED, 0);
	name_key(0);
	REQUIRE(!tree_create(&a));
	for (uint32_t n = 1; n < 300; n++) {
		name_key(n);
		REQUIRE(!tree_create(&a));
		for (int i = 0; i < 40; i++) {
			int error = spend(0, 1);

			if (error == CRYPTECH_ERR_HASHSIG_KEY_EXHAUSTED)
				REQUIRE(replace_key(0));
			else
				REQUIRE(!error);
		}
	}
	REQUIRE(is_dense());
	printf("# %u cells in %u segments\n", stats_now().cells,
	       stats_now().cell_segments);
	REQUIRE(restart());
	for (uint32_t n = 1; n < 300; n++) {
		name_key(n);
		REQUIRE(tree_check(&a, 0, 32));
	}
	tree_free(&a);
	end();
}

/* --- full flash ----------------------------------------------------------- */

static void fill(void)
{
	static const uint8_t data[1000];
	uint8_t name[KS_NAME_SIZE] = { 0 };
	size_t len = sizeof(data);

	for (uint32_t i = 0; len; i++) {
		memcpy(name, &i, sizeof(i));
		if (ks_write(ks, KS_CLASS_KEY, name, data, len, true))
			len /= 2;
	}
}

/* Other records take all they can get: keys that are there go on. */
static void full_flash(void)
{
	int error = 0;

	REQUIRE(up(512 * KIB, 4096));
	tree_make(&a, H5, W2, CRYPTECH_HASHSIG_PUNCTURED, 0);
	for (uint32_t n = 0; n < 20; n++) {
		name_key(n);
		REQUIRE(!tree_create(&a));
	}
	fill();
	for (uint32_t n = 100; n < 1000 && !error; n++) {
		name_key(n);
		error = tree_create(&a);
	}
	EXPECT_EQ(error, CRYPTECH_ERR_NO_KEY_INDEX_SLOTS);
	EXPECT(!tree_root(&a));
	for (uint32_t i = 0; i < 20 * 32; i++)
		REQUIRE(!spend(i % 20, 1));
	REQUIRE(restart());
	for (uint32_t n = 0; n < 20; n++) {
		name_key(n);
		REQUIRE(tree_check(&a, 32, 32));
		EXPECT_EQ(root_delete(roots, tree_root(&a)), 0);
	}
	tree_free(&a);
	end();
}

/* Filled up with keys alone, all of which are used, and deleted. */
static void full_of_keys(void)
{
	uint32_t count = 0;
	int error;

	REQUIRE(up(512 * KIB, 4096));
	tree_make(&a, H5, W2, CRYPTECH_HASHSIG_PUNCTURED, 0);
	do {
		name_key(count);
		error = tree_create(&a);
		count += !error;
	} while (!error);
	EXPECT_EQ(error, CRYPTECH_ERR_NO_KEY_INDEX_SLOTS);
	printf("# %u keys in 512 KiB\n", count);
	EXPECT(count > 300);
	/* They need more than when they were fresh, so some will not. */
	for (uint32_t n = 0; n < count; n++) {
		uint32_t floor;

		name_key(n);
		floor = tree_root(&a)->seeds.floor;
		error = spend(n, 1);
		EXPECT(!error || error == CRYPTECH_ERR_NO_KEY_INDEX_SLOTS);
		name_key(n);
		EXPECT_EQ(tree_root(&a)->seeds.floor, floor + !error);
	}
	REQUIRE(restart());
	EXPECT(!roots_stale(roots));
	for (uint32_t n = 0; n < count; n++) {
		name_key(n);
		REQUIRE(EXPECT_EQ(root_delete(roots, tree_root(&a)), 0));
	}
	EXPECT_EQ(stats_now().cells, 0);
	EXPECT_EQ(stats_now().records, 1);
	tree_free(&a);
	end();
}

/* Replacements have taken of the reserve what they may; deleting may more. */
static void delete_at_the_last(void)
{
	uint8_t name[KS_NAME_SIZE] = "ledger's like", data[104] = { 1 };
	uint8_t cell[1][KS_CELL_SIZE] = { { 1 } };
	ks_cell at;

	REQUIRE(up(16 * 1536, 1536));
	tree_make(&a, H5, W2, CRYPTECH_HASHSIG_PUNCTURED, 0);
	for (uint32_t n = 0; n < 4; n++) {
		name_key(n);
		REQUIRE(!tree_create(&a));
	}
	REQUIRE(!ks_write(ks, KS_CLASS_CONFIG, name, data, sizeof(data),
			  true));
	fill();
	while (!ks_cells_write(ks, name, (const uint8_t (*)[KS_CELL_SIZE])cell,
			       1, true, &at))
		;
	/* What is replaced finds no room any more. */
	while (!ks_write(ks, KS_CLASS_CONFIG, name, data, sizeof(data),
			 false))
		;
	EXPECT_EQ(spend(0, 1), CRYPTECH_ERR_NO_KEY_INDEX_SLOTS);
	for (uint32_t n = 0; n < 4; n++) {
		name_key(n);
		EXPECT_EQ(root_delete(roots, tree_root(&a)), 0);
		if (n % 2)
			REQUIRE(restart() && EXPECT(!roots_stale(roots)));
	}
	EXPECT(!roots_first(roots));
	tree_free(&a);
	end();
}

int main(int argc, char **argv)
{
	RUN(table);
	if (argc > 1 && !strcmp(argv[1], "--table"))
		return tap_done();
	RUN(thousand_keys);
	RUN(idle_beside_busy);
	RUN(full_flash);
	RUN(full_of_keys);
	RUN(delete_at_the_last);
	return tap_done();
}
