// SPDX-License-Identifier: MIT
/*
 * Every program and erase of every call of root.h is cut, in three ways, and
 * every step of the recovery after it; torn bits read otherwise at each boot.
 * Whether it was done or not: the key is wholly as before or wholly as after,
 * no more of it is in flash, and the anchor agrees.
 *
 * hs_powerloss goes deeper, with trees of four leaves; here are whole ones.
 */
#include "root_box.h"

#define H5	0x0a		/* SHA256_M24_H5 */
#define W2	0x06
#define KIB	1024

static struct tree a, b, c;
static struct nor *base, *cut_once;

/* What an operation may leave. */
struct view {
	bool a, b;		/* there */
	uint32_t floor;		/* of a */
};

struct operation {
	const char *name;
	void (*setup)(void);
	int (*run)(void);
	struct view before, after;
	bool stale;		/* it begins so */
};

static int create(void)
{
	return tree_create(&a);
}

static int create_again(void)
{
	return tree_create(&b);
}

static int commit_to(uint32_t to)
{
	return root_commit(roots, tree_root(&a), to, tree_node, &a, NULL);
}

static int first_leaf(void)
{
	return commit_to(1);
}

static int next_leaf(void)
{
	return commit_to(tree_root(&a)->seeds.floor + 1);
}

static int run_of_leaves(void)
{
	return commit_to(17);
}

static int last_leaves(void)
{
	return commit_to(32);
}

static int delete(void)
{
	return root_delete(roots, tree_root(&a));
}

static int accept_flash(void)
{
	return roots_accept(roots, CRYPTECH_ACCEPT_FLASH);
}

static int destroy(void)
{
	return roots_accept(roots, CRYPTECH_ACCEPT_DESTROY);
}

static void setup_nothing(void)
{
}

static void setup_one(void)
{
	EXPECT(!tree_create(&a));
}

static void setup_used(void)
{
	EXPECT(!tree_create(&a) && !tree_create(&b) && tree_commit(&a, 7) &&
	       tree_commit(&b, 3));
}

static void setup_deleted(void)
{
	setup_used();
	EXPECT(!root_delete(roots, tree_root(&b)));
}

static void setup_stale(void)
{
	setup_used();
	outside.anchor += 7;
	down();
	EXPECT(!ks_mount(&ks, &nor->flash) && !roots_up());
}

/* Two keys' cells lie where few do, so that a commit moves some. */
static void setup_sparse(void)
{
	setup_used();
	for (uint32_t n = 0; n < 12; n++) {
		c.facts.uuid[3] = n;
		EXPECT(!tree_create(&c));
		for (uint32_t to = 1; to < 32; to++)
			EXPECT(tree_commit(&c, to));
		EXPECT(!root_delete(roots, tree_root(&c)));
	}
}

static const struct operation operations[] = {
	{ "create the first", setup_nothing, create, { 0 }, { true, false, 0 },
	  false },
	{ "create another", setup_deleted, create_again, { true, false, 7 },
	  { true, true, 7 }, false },
	{ "first leaf", setup_one, first_leaf, { true, false, 0 },
	  { true, false, 1 }, false },
	{ "next leaf", setup_used, next_leaf, { true, true, 7 },
	  { true, true, 8 }, false },
	{ "run of leaves", setup_used, run_of_leaves, { true, true, 7 },
	  { true, true, 17 }, false },
	{ "last leaves", setup_used, last_leaves, { true, true, 7 },
	  { true, true, 32 }, false },
	{ "delete", setup_used, delete, { true, true, 7 }, { false, true, 7 },
	  false },
	{ "accept the flash", setup_stale, accept_flash, { true, true, 7 },
	  { true, true, 7 }, true },
	{ "destroy", setup_stale, destroy, { true, true, 7 }, { 0 }, true },
	{ "move and sign", setup_sparse, next_leaf, { true, true, 7 },
	  { true, true, 8 }, false },
};

#define OPERATIONS	(sizeof(operations) / sizeof(operations[0]))

/* --- looking -------------------------------------------------------------- */

/* Every cell in flash is listed by a key: what is not was zeroed. */
static uint32_t cells_there(void)
{
	uint32_t want = 0;

	for (struct root *r = roots_first(roots); r; r = r->next)
		for (unsigned int i = 0; i < r->node_count; i++)
			want++;
	return EXPECT_EQ(stats_now().cells, want) ? want : 0;
}

static bool is_view(const struct view *v)
{
	struct root *root = tree_root(&a);

	return (tree_root(&b) != NULL) == v->b && (root != NULL) == v->a &&
	       (!root || root->seeds.floor == v->floor);
}

/* All that may be; the power was off. */
static bool look(const struct operation *op, const struct view *only,
		 struct view *found)
{
	struct root *root = tree_root(&a);
	bool ok;

	if (op->stale && roots_stale(roots)) {
		/* Undecided still: some may be gone if they were to be. */
		*found = (struct view){ root, tree_root(&b), 7 };
		return EXPECT(op->run != accept_flash || (root && found->b));
	}
	ok = EXPECT(!roots_stale(roots)) &&
	     EXPECT_EQ(outside.anchor, roots_anchor(roots));
	*found = is_view(&op->before) ? op->before : op->after;
	ok = ok && EXPECT(is_view(found)) &&
	     EXPECT(!only || !memcmp(only, found, sizeof(*found)));
	cells_there();
	if (ok && root)
		ok = tree_check(&a, found->floor, 32);
	return ok && (!found->b || tree_check(&b, op->setup == setup_deleted ?
					      0 : 3, 32));
}

/* It is of use: a leaf more, or the next key. */
static bool use(const struct view *v, bool stale)
{
	if (stale)
		return EXPECT_EQ(roots_accept(roots, CRYPTECH_ACCEPT_DESTROY),
				 0);
	if (!v->a)
		return EXPECT_EQ(tree_create(&a), 0) && tree_commit(&a, 2);
	if (v->floor < 32 && !tree_commit(&a, v->floor + 1))
		return false;
	return EXPECT_EQ(root_delete(roots, tree_root(&a)), 0);
}

static int boot(uint64_t seed)
{
	int ret;

	down();
	nor_boot(nor, seed);
	ret = ks_mount(&ks, &nor->flash);
	return ret ? ret : roots_up();
}

/* Twice, and use it then; what it was found to be it stays. */
static bool settle(const struct operation *op, uint64_t seed, bool firm)
{
	struct view first, second;
	bool stale;

	if (!EXPECT_EQ(boot(seed), 0) ||
	    !look(op, firm ? &op->after : NULL, &first))
		return false;
	stale = roots_stale(roots);
	if (!EXPECT_EQ(boot(seed + 1), 0) ||
	    !look(op, stale ? NULL : &first, &second))
		return false;
	return use(&second, stale);
}

/* --- cutting -------------------------------------------------------------- */

static const enum nor_cut ways[] = {
	NOR_NOT_DONE, NOR_TORN, NOR_TORN, NOR_DONE
};
#define WAYS	(sizeof(ways) / sizeof(ways[0]))

/* Cut the recovery from what is in @cut_once at each of its steps. */
static bool cut_recovery(const struct operation *op, uint64_t anchor,
			 uint64_t seed, unsigned int *states)
{
	for (uint64_t step = 1;; step++) {
		enum nor_cut way = ways[nor_random(&seed) % WAYS];
		bool off;

		down();
		nor_copy(nor, cut_once);
		outside.anchor = anchor;
		nor_boot(nor, seed);
		nor_cut_at(nor, step, way, seed);
		if (!ks_mount(&ks, &nor->flash))
			roots_up();
		off = nor->off;
		(*states)++;
		if (!settle(op, seed + 7, false)) {
			printf("# recovery cut at %llu\n",
			       (unsigned long long)step);
			return false;
		}
		if (!off)
			return true;
	}
}

static bool begin(const struct operation *op, uint64_t anchor)
{
	down();
	nor_copy(nor, base);
	outside.anchor = anchor;
	return EXPECT_EQ(ks_mount(&ks, &nor->flash), KS_OK) &&
	       EXPECT_EQ(roots_up(), 0) &&
	       EXPECT_EQ(roots_stale(roots), op->stale);
}

static bool cut_operation(const struct operation *op, unsigned int *states)
{
	uint64_t anchor = outside.anchor, then, seed = 1;

	for (uint64_t step = 1;; step++) {
		for (unsigned int way = 0; way < WAYS; way++) {
			int error;
			bool off;

			if (!begin(op, anchor))
				return false;
			nor_cut_at(nor, step, ways[way], nor_random(&seed));
			error = op->run();
			off = nor->off;
			then = outside.anchor;
			if (!EXPECT_EQ(error != 0, off))
				return false;
			nor_copy(cut_once, nor);
			(*states)++;
			if (!settle(op, nor_random(&seed), !error)) {
				printf("# %s, cut at %llu, way %u\n", op->name,
				       (unsigned long long)step, way);
				return false;
			}
			if (off && (getenv("CRYPTECH_FULL") ||
				    nor_random(&seed) % 8 == 0) &&
			    !cut_recovery(op, then, nor_random(&seed),
					  states)) {
				printf("# %s, cut at %llu, way %u\n", op->name,
				       (unsigned long long)step, way);
				return false;
			}
			if (!off)
				return true;
		}
	}
}

static const struct operation *operation;

static void cut(void)
{
	unsigned int states = 0;

	/* Small segments: what moves and erases does so soon. */
	REQUIRE(up(32 * KIB, 512));
	base = nor_new(32 * KIB, 512);
	cut_once = nor_new(32 * KIB, 512);
	tree_make(&a, H5, W2, CRYPTECH_HASHSIG_PUNCTURED, 1);
	tree_make(&b, H5, W2, CRYPTECH_HASHSIG_PUNCTURED, 2);
	tree_make(&c, H5, W2, CRYPTECH_HASHSIG_PUNCTURED, 3);
	operation->setup();
	nor_copy(base, nor);
	cut_operation(operation, &states);
	printf("# %s: %u cuts\n", operation->name, states);
	tree_free(&a);
	tree_free(&b);
	tree_free(&c);
	nor_free(base);
	nor_free(cut_once);
	end();
}

int main(int argc, char **argv)
{
	for (size_t i = 0; i < OPERATIONS; i++) {
		operation = &operations[i];
		if (argc < 2 || !strcmp(argv[1], operation->name))
			tap_run(cut, operation->name);
	}
	return tap_done();
}
