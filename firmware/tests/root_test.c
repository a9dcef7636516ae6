// SPDX-License-Identifier: MIT
/* Root trees: create, commit, delete, restart, and what goes wrong in them. */
#include "root_box.h"

#define H5	0x0a		/* SHA256_M24_H5 */
#define H10	0x0b
#define H15	0x0c
#define W8	0x08		/* SHA256_N24_W8 */
#define W2	0x06
#define MIB	(1024 * 1024)

static struct tree a, b, c;

static struct nor *image;	/* a copy */

static void keep(void)
{
	if (!image)
		image = nor_new(nor->flash.size, nor->flash.sector_size);
	nor_copy(image, nor);
}

static bool is_kept(void)
{
	return EXPECT_MEM(nor->bits, image->bits, nor->flash.size);
}

static void start(uint32_t profile)
{
	up(MIB, 4096);
	tree_make(&a, H5, W8, profile, 1);
	tree_make(&b, H5, W8, profile, 2);
	tree_make(&c, H5, W8, profile, 3);
}

static void stop(void)
{
	tree_free(&a);
	tree_free(&b);
	tree_free(&c);
	end();
	nor_free(image);
	image = NULL;
}

static void create_and_delete(void)
{
	start(CRYPTECH_HASHSIG_PUNCTURED);
	EXPECT_EQ(tree_create(&a), CRYPTECH_ERR_OK);
	EXPECT_EQ(tree_create(&a), CRYPTECH_ERR_KEY_NAME_IN_USE);
	tree_check(&a, 0, 32);
	EXPECT_EQ(outside.anchor, 1);
	EXPECT_EQ(stats_now().cells, 1);
	REQUIRE(restart());
	EXPECT_EQ(outside.log[0], 0);
	tree_check(&a, 0, 32);
	EXPECT(!roots_stale(roots));
	REQUIRE(tree_commit(&a, 3));
	EXPECT_EQ(root_delete(roots, tree_root(&a)), CRYPTECH_ERR_OK);
	EXPECT(!tree_root(&a));
	EXPECT_EQ(stats_now().cells, 0);
	EXPECT_EQ(outside.anchor, 3);
	REQUIRE(restart());
	EXPECT(!tree_root(&a));
	EXPECT(!roots_stale(roots));
	EXPECT_EQ(roots_anchor(roots), 3);
	/* The same name again. */
	EXPECT_EQ(tree_create(&a), CRYPTECH_ERR_OK);
	REQUIRE(restart());
	tree_check(&a, 0, 32);
	stop();
}

static void restart_writes_nothing(void)
{
	start(CRYPTECH_HASHSIG_PUNCTURED);
	REQUIRE(!tree_create(&a) && tree_commit(&a, 7));
	REQUIRE(restart());
	keep();
	REQUIRE(restart());
	is_kept();
	EXPECT_EQ(outside.log[0], 0);
	stop();
}

static void used_to_its_end(void)
{
	for (uint32_t profile = 0; profile <= CRYPTECH_HASHSIG_SINGLE_SEED;
	     profile++) {
		start(profile);
		REQUIRE(!tree_create(&a));
		for (uint32_t floor = 1; floor <= 32; floor++) {
			REQUIRE(tree_commit(&a, floor));
			REQUIRE(tree_check(&a, floor, 32));
			REQUIRE(restart());
			REQUIRE(tree_check(&a, floor, 32));
		}
		EXPECT_EQ(root_commit(roots, tree_root(&a), 33, tree_node, &a,
				      NULL),
			  CRYPTECH_ERR_HASHSIG_KEY_EXHAUSTED);
		EXPECT_EQ(outside.anchor, 33);
		if (profile == CRYPTECH_HASHSIG_PUNCTURED)
			EXPECT_EQ(tree_root(&a)->seeds.count, 0);
		stop();
	}
}

/* From every third floor to every other: each by a key of its own. */
static void runs(void)
{
	for (uint32_t first = 0; first < 32; first += 3) {
		start(CRYPTECH_HASHSIG_PUNCTURED);
		for (uint32_t to = first + 1; to <= 32; to++) {
			a.facts.uuid[2] = to;
			REQUIRE(!tree_create(&a));
			REQUIRE(first == 0 || tree_commit(&a, first));
			REQUIRE(tree_commit(&a, to));
			REQUIRE(tree_check(&a, to, 32));
		}
		REQUIRE(restart());
		for (uint32_t to = first + 1; to <= 32; to++) {
			a.facts.uuid[2] = to;
			REQUIRE(tree_check(&a, to, 32));
		}
		stop();
	}
}

/* Bigger sets; with n = 32, several levels, and tops. */
static void other_sets(void)
{
	static const struct {
		uint32_t lms, lmots;
	} sets[] = { { H10, W2 }, { H15, W2 }, { 0x05, 0x02 }, { 0x06, 0x02 } };
	uint8_t top[32 * LMS_N_MAX];
	unsigned int i;

	for (i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
		uint32_t leaves;
		unsigned int n;

		REQUIRE(up(MIB, 4096));
		tree_make(&a, sets[i].lms, sets[i].lmots,
			  CRYPTECH_HASHSIG_PUNCTURED, i);
		a.facts.levels = 1 + i;
		a.facts.reserve = 5 + i;
		for (unsigned int level = 1; level <= i; level++)
			a.facts.params[level] = a.facts.params[0];
		leaves = 1u << a.facts.params[0].h;
		n = a.facts.params[0].n;
		REQUIRE(!tree_create(&a));
		REQUIRE(tree_commit(&a, 1));
		REQUIRE(tree_commit(&a, 2));
		REQUIRE(tree_commit(&a, leaves / 2 - 1));
		REQUIRE(restart());
		REQUIRE(tree_check(&a, leaves / 2 - 1, leaves));
		REQUIRE(tree_commit(&a, leaves / 2 + 1));
		REQUIRE(tree_commit(&a, leaves - 1));
		REQUIRE(restart());
		REQUIRE(tree_check(&a, leaves - 1, leaves));
		EXPECT_EQ(tree_root(&a)->facts.params[i].lmots, sets[i].lmots);
		EXPECT_EQ(root_read_top(roots, tree_root(&a), top),
			  CRYPTECH_ERR_OK);
		EXPECT_MEM(top, tree_top(&a),
			   (n << root_top_height(a.facts.params[0].h)));
		EXPECT_EQ(root_delete(roots, tree_root(&a)), CRYPTECH_ERR_OK);
		/* The ledger alone is left. */
		EXPECT_EQ(stats_now().records, 1);
		EXPECT_EQ(stats_now().cells, 0);
		tree_free(&a);
		end();
	}
}

static void top_that_is_wrong(void)
{
	uint8_t top[32 * LMS_N_MAX];

	REQUIRE(up(MIB, 4096));
	tree_make(&a, H15, W2, CRYPTECH_HASHSIG_PUNCTURED, 1);
	tree_top(&a)[5] ^= 1;
	REQUIRE(!tree_create(&a));
	EXPECT_EQ(root_read_top(roots, tree_root(&a), top),
		  CRYPTECH_ERR_KEYSTORE_LOST_DATA);
	EXPECT_EQ(ks_delete(ks, KS_CLASS_TOP, a.facts.uuid), KS_OK);
	EXPECT_EQ(root_read_top(roots, tree_root(&a), top),
		  CRYPTECH_ERR_KEYSTORE_LOST_DATA);
	/* It was a hint: the key works. */
	REQUIRE(restart());
	EXPECT(!tree_root(&a)->damage);
	REQUIRE(tree_commit(&a, 1));
	tree_free(&a);
	end();
}

/* --- what is refused changes nothing -------------------------------------- */

static int try(uint32_t to, uint8_t *run)
{
	return root_commit(roots, tree_root(&a), to, tree_node, &a, run);
}

static bool is_zero(const uint8_t *data, size_t len)
{
	while (len--)
		if (data[len])
			return false;
	return true;
}

static void refusals(void)
{
	uint8_t run[32 * LMS_N_MAX];

	start(CRYPTECH_HASHSIG_PUNCTURED);
	REQUIRE(!tree_create(&a) && tree_commit(&a, 5));
	keep();
	EXPECT_EQ(try(5, NULL), CRYPTECH_ERR_IMPOSSIBLE);
	EXPECT_EQ(try(0, NULL), CRYPTECH_ERR_IMPOSSIBLE);
	EXPECT_EQ(try(33, NULL), CRYPTECH_ERR_HASHSIG_KEY_EXHAUSTED);
	EXPECT_EQ(try(UINT32_MAX, NULL), CRYPTECH_ERR_HASHSIG_KEY_EXHAUSTED);
	a.knows_nothing = true;
	memset(run, 1, sizeof(run));
	EXPECT_EQ(try(9, run), CRYPTECH_ERR_NOT_READY);
	EXPECT(is_zero(run, 4 * 24));
	a.knows_nothing = false;
	a.lies = true;
	memset(run, 1, sizeof(run));
	EXPECT_EQ(try(9, run), CRYPTECH_ERR_ASSERTION_FAILED);
	EXPECT(is_zero(run, 4 * 24));
	a.lies = false;
	is_kept();
	EXPECT_EQ(outside.anchor, 2);
	tree_check(&a, 5, 32);
	/* What is above the frontier needs nobody to know it: 5 is of 10, 11. */
	a.knows_nothing = true;
	EXPECT_EQ(try(6, NULL), CRYPTECH_ERR_OK);
	stop();
}

static void device_fails(void)
{
	uint8_t run[32 * LMS_N_MAX];

	start(CRYPTECH_HASHSIG_PUNCTURED);
	REQUIRE(!tree_create(&a) && tree_commit(&a, 5));
	nor->fail_program = true;
	memset(run, 1, sizeof(run));
	EXPECT_EQ(try(9, run), CRYPTECH_ERR_KEYSTORE_ACCESS);
	EXPECT(is_zero(run, 4 * 24));
	EXPECT_EQ(tree_create(&b), CRYPTECH_ERR_KEYSTORE_ACCESS);
	EXPECT_EQ(root_delete(roots, tree_root(&a)),
		  CRYPTECH_ERR_KEYSTORE_ACCESS);
	nor->fail_program = false;
	REQUIRE(restart());
	EXPECT(!tree_root(&b));
	tree_check(&a, 5, 32);
	stop();
}

/* --- the anchor ----------------------------------------------------------- */

static void anchor_does_not_advance(void)
{
	uint8_t run[32 * LMS_N_MAX];

	start(CRYPTECH_HASHSIG_PUNCTURED);
	REQUIRE(!tree_create(&a) && !tree_create(&b));
	outside.cannot_advance = true;
	memset(run, 1, sizeof(run));
	EXPECT_EQ(try(4, run), CRYPTECH_ERR_KEYSTORE_ACCESS);
	/* Burnt, all the same. */
	EXPECT(is_zero(run, 4 * 24));
	tree_check(&a, 4, 32);
	keep();
	EXPECT_EQ(try(5, run), CRYPTECH_ERR_KEYSTORE_ACCESS);
	EXPECT_EQ(tree_create(&c), CRYPTECH_ERR_KEYSTORE_ACCESS);
	EXPECT_EQ(root_delete(roots, tree_root(&b)),
		  CRYPTECH_ERR_KEYSTORE_ACCESS);
	is_kept();
	/* Not at the next start either, which is no reason not to start. */
	REQUIRE(restart());
	EXPECT(!roots_stale(roots));
	EXPECT_EQ(outside.anchor, 2);
	EXPECT_EQ(try(5, NULL), CRYPTECH_ERR_KEYSTORE_ACCESS);
	outside.cannot_advance = false;
	EXPECT_EQ(try(5, NULL), CRYPTECH_ERR_OK);
	EXPECT_EQ(outside.anchor, 4);
	REQUIRE(restart());
	tree_check(&a, 5, 32);
	/* One behind, from a cut between commit and anchor. */
	outside.anchor--;
	REQUIRE(restart());
	EXPECT(!roots_stale(roots));
	EXPECT_EQ(outside.anchor, 4);
	stop();
}

static void no_anchor(void)
{
	platform.anchor_kind = CRYPTECH_FRESH_NONE;
	start(CRYPTECH_HASHSIG_PUNCTURED);
	outside.cannot_read = outside.cannot_advance = true;
	REQUIRE(!tree_create(&a) && tree_commit(&a, 3));
	REQUIRE(restart());
	EXPECT(!roots_stale(roots));
	EXPECT_EQ(roots_anchor(roots), 2);
	EXPECT_EQ(outside.advances, 0);
	platform.anchor_kind = CRYPTECH_FRESH_FILE;
	stop();
}

static void expect_stale(void)
{
	struct root *root = tree_root(&a);

	EXPECT(roots_stale(roots));
	keep();
	if (EXPECT(root)) {
		EXPECT_EQ(try(root->seeds.floor + 1, NULL),
			  CRYPTECH_ERR_KEYSTORE_LOST_DATA);
		EXPECT_EQ(root_delete(roots, root),
			  CRYPTECH_ERR_KEYSTORE_LOST_DATA);
	}
	EXPECT_EQ(tree_create(&c), CRYPTECH_ERR_KEYSTORE_LOST_DATA);
	EXPECT_EQ(roots_accept(roots, 0), CRYPTECH_ERR_BAD_ARGUMENTS);
	EXPECT_EQ(roots_accept(roots, 3), CRYPTECH_ERR_BAD_ARGUMENTS);
	is_kept();
}

static void anchor_is_another(void)
{
	start(CRYPTECH_HASHSIG_PUNCTURED);
	REQUIRE(!tree_create(&a) && tree_commit(&a, 3) && tree_commit(&a, 6));
	EXPECT_EQ(roots_accept(roots, CRYPTECH_ACCEPT_FLASH),
		  CRYPTECH_ERR_BAD_ARGUMENTS);
	for (int i = 0; i < 4; i++) {
		outside.anchor = i == 0 ? 4 : i == 1 ? 1 : i == 2 ? 0 : 3;
		outside.cannot_read = i == 3;
		REQUIRE(restart());
		expect_stale();
		if (i == 3)
			EXPECT_EQ(roots_accept(roots, CRYPTECH_ACCEPT_FLASH),
				  CRYPTECH_ERR_KEYSTORE_ACCESS);
	}
	outside.cannot_read = false;
	outside.anchor = 1000;
	REQUIRE(restart());
	EXPECT(roots_stale(roots));
	EXPECT_EQ(roots_accept(roots, CRYPTECH_ACCEPT_FLASH), CRYPTECH_ERR_OK);
	EXPECT_EQ(outside.anchor, 1001);
	EXPECT(!roots_stale(roots));
	REQUIRE(restart());
	EXPECT(!roots_stale(roots));
	tree_check(&a, 6, 32);
	REQUIRE(tree_commit(&a, 7));
	EXPECT_EQ(outside.anchor, 1002);
	REQUIRE(restart());
	EXPECT(!roots_stale(roots));
	stop();
}

/* A ledger that ends no key ends none of any name either. */
static void key_without_a_name(void)
{
	start(CRYPTECH_HASHSIG_PUNCTURED);
	memset(a.facts.uuid, 0, sizeof(a.facts.uuid));
	REQUIRE(!tree_create(&a) && tree_commit(&a, 2));
	outside.anchor = 10;
	REQUIRE(restart());
	REQUIRE(!roots_accept(roots, CRYPTECH_ACCEPT_FLASH));
	REQUIRE(restart());
	tree_check(&a, 2, 32);
	EXPECT_EQ(root_delete(roots, tree_root(&a)), CRYPTECH_ERR_OK);
	REQUIRE(restart());
	EXPECT(!roots_first(roots) && !roots_stale(roots));
	stop();
}

/* --- older flash ---------------------------------------------------------- */

static void older_image(void)
{
	struct nor *old;

	start(CRYPTECH_HASHSIG_PUNCTURED);
	REQUIRE(!tree_create(&a) && !tree_create(&b) && tree_commit(&a, 3));
	old = nor_new(MIB, 4096);
	nor_copy(old, nor);
	REQUIRE(tree_commit(&a, 4) && tree_commit(&a, 5));
	down();
	nor_copy(nor, old);
	nor_free(old);
	REQUIRE(!ks_mount(&ks, &nor->flash) && !roots_up());
	expect_stale();
	EXPECT_EQ(roots_accept(roots, CRYPTECH_ACCEPT_DESTROY),
		  CRYPTECH_ERR_OK);
	EXPECT(!roots_first(roots));
	EXPECT_EQ(stats_now().cells, 0);
	EXPECT_EQ(stats_now().records, 1);
	REQUIRE(restart());
	EXPECT(!roots_stale(roots) && !roots_first(roots));
	REQUIRE(!tree_create(&a));
	EXPECT_EQ(outside.anchor, 7);
	stop();
}

static void flash_is_blank(void)
{
	start(CRYPTECH_HASHSIG_PUNCTURED);
	REQUIRE(!tree_create(&a));
	end();
	nor = nor_new(MIB, 4096);
	REQUIRE(!ks_mount(&ks, &nor->flash) && !roots_up());
	EXPECT(roots_stale(roots));
	EXPECT_EQ(tree_create(&b), CRYPTECH_ERR_KEYSTORE_LOST_DATA);
	EXPECT_EQ(roots_accept(roots, CRYPTECH_ACCEPT_FLASH), CRYPTECH_ERR_OK);
	EXPECT_EQ(tree_create(&b), CRYPTECH_ERR_OK);
	stop();
}

/* A state record is put back as it was, all else left: what an old sector among
 * new ones does. */
struct old_record {
	uint8_t data[4096];
	size_t len;
};

static void take_record(struct tree *t, struct old_record *old)
{
	EXPECT_EQ(ks_read(ks, KS_CLASS_STATE, t->facts.uuid, old->data,
			  sizeof(old->data), &old->len), KS_OK);
}

static void put_record(struct tree *t, const struct old_record *old)
{
	EXPECT_EQ(ks_write(ks, KS_CLASS_STATE, t->facts.uuid, old->data,
			   old->len, false), KS_OK);
	REQUIRE(restart());
}

static void older_record(void)
{
	struct old_record old;

	/* With no anchor the hash over all keys is what is left. */
	platform.anchor_kind = CRYPTECH_FRESH_NONE;
	start(CRYPTECH_HASHSIG_PUNCTURED);
	REQUIRE(!tree_create(&a) && !tree_create(&b) && tree_commit(&a, 3));
	take_record(&a, &old);
	REQUIRE(tree_commit(&a, 4) && tree_commit(&b, 1));
	put_record(&a, &old);
	expect_stale();
	EXPECT_EQ(roots_accept(roots, CRYPTECH_ACCEPT_FLASH), CRYPTECH_ERR_OK);
	/* The seed of leaf 3 is gone; what lay beside it is not. */
	tree_check(&a, 4, 32);
	EXPECT_EQ(tree_root(&a)->lost, 1);
	platform.anchor_kind = CRYPTECH_FRESH_FILE;
	stop();
}

static void record_of_a_deleted_key(void)
{
	struct old_record old;

	platform.anchor_kind = CRYPTECH_FRESH_NONE;
	start(CRYPTECH_HASHSIG_PUNCTURED);
	REQUIRE(!tree_create(&a) && !tree_create(&b));
	take_record(&a, &old);
	REQUIRE(!root_delete(roots, tree_root(&a)));
	/* The last that was deleted is deleted again. */
	put_record(&a, &old);
	EXPECT(!roots_stale(roots));
	EXPECT(!tree_root(&a));
	REQUIRE(tree_commit(&b, 1));
	put_record(&a, &old);
	expect_stale();
	platform.anchor_kind = CRYPTECH_FRESH_FILE;
	stop();
}

/* A key of the same name as one before, and of the same generation. */
static void record_of_a_namesake(void)
{
	struct old_record old;

	platform.anchor_kind = CRYPTECH_FRESH_NONE;
	start(CRYPTECH_HASHSIG_PUNCTURED);
	REQUIRE(!tree_create(&a) && !tree_create(&b));
	take_record(&a, &old);
	REQUIRE(!root_delete(roots, tree_root(&a)) && !tree_create(&a) &&
		tree_commit(&b, 1));
	put_record(&a, &old);
	EXPECT(roots_stale(roots));
	platform.anchor_kind = CRYPTECH_FRESH_FILE;
	stop();
}

static void record_of_another_key(void)
{
	struct old_record old;

	start(CRYPTECH_HASHSIG_PUNCTURED);
	REQUIRE(!tree_create(&a) && !tree_create(&b));
	take_record(&a, &old);
	put_record(&b, &old);
	EXPECT_EQ(tree_root(&b)->damage, CRYPTECH_ERR_KEYSTORE_LOST_DATA);
	EXPECT(roots_stale(roots));
	stop();
}

int main(void)
{
	RUN(create_and_delete);
	RUN(restart_writes_nothing);
	RUN(used_to_its_end);
	RUN(runs);
	RUN(other_sets);
	RUN(top_that_is_wrong);
	RUN(refusals);
	RUN(device_fails);
	RUN(anchor_does_not_advance);
	RUN(no_anchor);
	RUN(anchor_is_another);
	RUN(key_without_a_name);
	RUN(older_image);
	RUN(flash_is_blank);
	RUN(older_record);
	RUN(record_of_a_deleted_key);
	RUN(record_of_a_namesake);
	RUN(record_of_another_key);
	return tap_done();
}
