// SPDX-License-Identifier: MIT
/*
 * Rot: bits of the flash that turned by themselves. Leaves may be lost, even
 * a key; nothing that was spent comes back, and nothing wrong is taken for
 * right.
 *
 * Every seventh bit and block by default; all of them with CRYPTECH_FULL=1.
 */
#include "root_box.h"

#define H5	0x0a		/* SHA256_M24_H5 */
#define W8	0x08
#define KIB	1024
#define FLOOR	5

static struct tree a, b;
static struct nor *image;

/* What became of key a. */
enum outcome {
	UNHARMED,
	LEAVES_LOST,
	DAMAGED,	/* it says so, or all keys wait for a decision */
	OUTCOMES
};

struct outcomes {
	unsigned int of[OUTCOMES];
};

static void start(uint32_t profile)
{
	up(64 * KIB, 512);
	tree_make(&a, H5, W8, profile, 1);
	tree_make(&b, H5, W8, profile, 2);
	EXPECT(!tree_create(&a) && !tree_create(&b));
	EXPECT(tree_commit(&a, 2) && tree_commit(&a, FLOOR) &&
	       tree_commit(&b, 1));
	image = nor_new(64 * KIB, 512);
	nor_copy(image, nor);
}

static void stop(void)
{
	tree_free(&a);
	tree_free(&b);
	end();
	nor_free(image);
}

/* What is in memory is right, and good for a signature. */
static enum outcome look(struct root *root)
{
	uint32_t lost = root->lost;

	if (!EXPECT(root->seeds.floor >= FLOOR) ||
	    !EXPECT_EQ(lost, root->seeds.floor - FLOOR + 32 -
			     root->seeds.end) ||
	    !tree_check(&a, root->seeds.floor, root->seeds.end))
		return OUTCOMES;
	if (root->seeds.floor == root->seeds.end)
		return LEAVES_LOST;
	if (!tree_commit(&a, root->seeds.floor + 1))
		return OUTCOMES;
	return lost ? LEAVES_LOST : UNHARMED;
}

/* Mount what there is now. */
static bool weigh(struct outcomes *outcomes)
{
	enum outcome outcome = DAMAGED;
	struct root *root;
	int ret;

	down();
	ret = ks_mount(&ks, &nor->flash);
	if (ret)
		return EXPECT(ret == KS_BAD_FLASH || ret == KS_FLASH);
	EXPECT_EQ(roots_up(), CRYPTECH_ERR_OK);
	root = tree_root(&a);
	if (root && !root->damage && !roots_stale(roots))
		outcome = look(root);
	else if (root && root->damage)
		EXPECT_EQ(root->damage, CRYPTECH_ERR_KEYSTORE_LOST_DATA);
	else
		EXPECT(roots_stale(roots));
	if (outcome == OUTCOMES)
		return false;
	outcomes->of[outcome]++;
	return true;
}

static void show(const char *what, const struct outcomes *o)
{
	printf("# %s: %u unharmed, %u lost leaves, %u damaged\n", what,
	       o->of[UNHARMED], o->of[LEAVES_LOST], o->of[DAMAGED]);
}

static uint32_t stride(void)
{
	return getenv("CRYPTECH_FULL") ? 1 : 7;
}

#define TRIES(bytes)	((8 * (bytes) + stride() - 1) / stride())

/* Each bit in [at, at + len), and with @two another of its byte. */
static void turn_bits(uint32_t at, uint32_t len, bool two,
		      struct outcomes *outcomes)
{
	for (uint32_t bit = 8 * at; bit < 8 * (at + len); bit += stride()) {
		nor_copy(nor, image);
		outside.anchor = 5;
		nor->bits[bit / 8] ^= 1 << bit % 8;
		if (two)
			nor->bits[bit / 8] ^= 1 << (bit + 3) % 8;
		if (!weigh(outcomes)) {
			printf("# bit %u of byte %u\n", bit % 8, bit / 8);
			return;
		}
	}
}

/* Where these bytes are in the image. */
static uint32_t find(const void *data, size_t len)
{
	const uint8_t *at = memmem(image->bits, image->flash.size, data, len);

	return EXPECT(at) ? at - image->bits : 0;
}

static uint32_t find_record(struct tree *t, uint32_t *len)
{
	uint8_t data[4096];
	size_t size;

	EXPECT_EQ(ks_read(ks, KS_CLASS_STATE, t->facts.uuid, data, sizeof(data),
			  &size), KS_OK);
	*len = size;
	return find(data, size);
}

static void bits_of_a_record(void)
{
	struct outcomes outcomes = { 0 };
	uint32_t at, len;

	start(CRYPTECH_HASHSIG_PUNCTURED);
	at = find_record(&a, &len);
	turn_bits(at, len, false, &outcomes);
	show("one bit of its record", &outcomes);
	EXPECT_EQ(outcomes.of[UNHARMED], TRIES(len));
	stop();
}

/* One wrong bit is put right, two are too many; a copy is only a copy. */
static void bits_of_cells(void)
{
	ks_cell cell = 0, list[16];
	unsigned int n = 0, copies = 0;

	start(CRYPTECH_HASHSIG_PUNCTURED);
	/* 0-3 and 4 are spent; 5, 6-7, 8-15, 16-31 have seeds. */
	while ((cell = ks_cell_next(ks, a.facts.uuid, cell)))
		list[n++] = cell;
	EXPECT_EQ(n, 6);
	for (unsigned int i = 0; i < n; i++) {
		struct outcomes one = { 0 }, two = { 0 };
		bool copy = image->bits[list[i] + 32] >> 2 == 3;

		turn_bits(list[i] + 32, 64, false, &one);
		turn_bits(list[i] + 32, 64, true, &two);
		show(copy ? "one bit of a copy" : "one bit of a seed", &one);
		show(copy ? "two bits of a copy" : "two bits of a seed", &two);
		EXPECT_EQ(one.of[UNHARMED], TRIES(64));
		EXPECT_EQ(two.of[copy ? UNHARMED : LEAVES_LOST], TRIES(64));
		copies += copy;
	}
	EXPECT_EQ(copies, 2);
	stop();
}

/* A key that is damaged does not keep the others from their work. */
static void damage_is_one_keys(void)
{
	uint32_t at, len, stale = 0;

	start(CRYPTECH_HASHSIG_PUNCTURED);
	at = find_record(&a, &len);
	for (uint32_t i = 0; i < 36 + 60; i++) {
		nor_copy(nor, image);
		outside.anchor = 5;
		nor->bits[at + i] ^= 0x42;
		REQUIRE(restart());
		EXPECT_EQ(tree_root(&a)->damage,
			  CRYPTECH_ERR_KEYSTORE_LOST_DATA);
		EXPECT_EQ(roots_stale(roots), i >= 60 && i < 72);
		stale += roots_stale(roots);
		if (roots_stale(roots))
			continue;
		/* Its cells stay: at the next start it may read well. */
		EXPECT_EQ(stats_now().cells, 6 + 6);
		REQUIRE(tree_commit(&b, 2));
		REQUIRE(restart() && EXPECT(!roots_stale(roots)));
		EXPECT_EQ(root_commit(roots, tree_root(&a), FLOOR + 1,
				      tree_node, &a, NULL),
			  CRYPTECH_ERR_KEYSTORE_LOST_DATA);
		REQUIRE(!root_delete(roots, tree_root(&a)));
		EXPECT_EQ(stats_now().cells, 5);	/* b's now */
		REQUIRE(restart() && EXPECT(!roots_stale(roots)));
	}
	EXPECT_EQ(stale, 12);
	stop();
}

/* A copy that has rotted is written anew by the next commit. */
static void copies_are_renewed(void)
{
	uint8_t zeros[64] = { 0 };
	struct root *root;
	ks_cell cell = 0;

	start(CRYPTECH_HASHSIG_PUNCTURED);
	while ((cell = ks_cell_next(ks, a.facts.uuid, cell)))
		if (nor->bits[cell + 32] >> 2 == 3)
			memset(nor->bits + cell + 40, 0x33, 8);
	REQUIRE(restart());
	root = tree_root(&a);
	REQUIRE(!root->damage && tree_commit(&a, FLOOR + 1));
	/* Now the record's own are gone: 0-3 and 4-5. */
	for (uint32_t r = 8; r <= 18; r += 10) {
		const uint8_t *value = tree_value(&a, r);
		uint8_t *at = nor->bits;

		while ((at = memmem(at, nor->bits + nor->flash.size - at,
				    value, 24))) {
			/* In a copy the key's name comes before it. */
			if (memcmp(at - 16, a.facts.uuid, 16))
				memcpy(at, zeros, 24);
			at++;
		}
	}
	REQUIRE(restart());
	root = tree_root(&a);
	REQUIRE(EXPECT_EQ(root->damage, 0) && tree_check(&a, FLOOR + 1, 32));
	REQUIRE(tree_commit(&a, FLOOR + 2));
	stop();
}

static void bits_of_the_ledger(void)
{
	struct outcomes outcomes = { 0 };
	uint8_t name[KS_NAME_SIZE], data[256];
	size_t len;

	start(CRYPTECH_HASHSIG_PUNCTURED);
	REQUIRE(!ks_next(ks, KS_CLASS_LEDGER, NULL, name, NULL));
	REQUIRE(!ks_read(ks, KS_CLASS_LEDGER, name, data, sizeof(data), &len));
	turn_bits(find(data, len), len, false, &outcomes);
	show("one bit of the ledger", &outcomes);
	EXPECT_EQ(outcomes.of[UNHARMED], TRIES(len));
	stop();
}

/* Anywhere, headers of the keystore too. */
static void bits_of_the_image(void)
{
	struct outcomes outcomes = { 0 };
	uint32_t used = 0;

	start(CRYPTECH_HASHSIG_PUNCTURED);
	for (uint32_t at = 0; at < image->flash.size; at += 16)
		if (image->bits[at] != 0xff)
			used = at + 16;
	for (uint32_t at = 3; at < used; at += stride()) {
		nor_copy(nor, image);
		outside.anchor = 5;
		nor->bits[at] ^= 1 << at % 8;
		if (!weigh(&outcomes)) {
			printf("# byte %u\n", at);
			break;
		}
	}
	show("one bit of the image", &outcomes);
	EXPECT(outcomes.of[UNHARMED] > outcomes.of[DAMAGED]);
	stop();
}

/* Blocks of bytes of any length: zeros, ones, noise, or from elsewhere. */
static void blocks_of_the_image(void)
{
	struct outcomes outcomes = { 0 };
	uint64_t rng = 1;

	start(CRYPTECH_HASHSIG_PUNCTURED);
	for (int i = 0; i < 7000 / (int)stride(); i++) {
		uint32_t at = nor_random(&rng) % (16 * KIB);
		uint32_t from = nor_random(&rng) % (16 * KIB);
		uint32_t len = 1 + nor_random(&rng) % (i % 2 ? 64 : 1024);
		int kind = nor_random(&rng) % 4;

		nor_copy(nor, image);
		outside.anchor = 5;
		for (uint32_t k = 0; k < len; k++)
			nor->bits[at + k] = kind == 0 ? 0 : kind == 1 ? 0xff :
				kind == 2 ? nor_random(&rng) :
				image->bits[from + k];
		if (!weigh(&outcomes)) {
			printf("# %u bytes at %u\n", len, at);
			break;
		}
	}
	show("a block of the image", &outcomes);
	stop();
}

static void rotten_single_seed(void)
{
	struct outcomes one = { 0 }, two = { 0 };
	uint32_t at;

	start(CRYPTECH_HASHSIG_SINGLE_SEED);
	at = ks_cell_next(ks, a.facts.uuid, 0) + 32;
	turn_bits(at, 64, false, &one);
	turn_bits(at, 64, true, &two);
	show("one bit of the single seed", &one);
	show("two bits of the single seed", &two);
	EXPECT_EQ(one.of[UNHARMED], TRIES(64));
	EXPECT_EQ(two.of[DAMAGED], TRIES(64));
	stop();
}

/* --- what is left after R5 ------------------------------------------------ */

/* Its header, too: the keystore does not know it any more. */
static ks_cell rot_seed(uint32_t node)
{
	ks_cell cell = 0;

	/* Which cell is whose nobody outside can tell: try. */
	while ((cell = ks_cell_next(ks, a.facts.uuid, cell))) {
		struct nor *before = nor_new(64 * KIB, 512);
		bool gone = true;

		nor_copy(before, nor);
		nor->bits[cell + 50] ^= 0x24;
		nor->bits[cell + 6] ^= 0x10;
		if (!restart())
			return 0;
		for (unsigned int i = 0; i < tree_root(&a)->seeds.count; i++)
			gone &= tree_root(&a)->seeds.list[i].node != node;
		if (!gone)
			nor_copy(nor, before);
		nor_free(before);
		if (gone)
			return cell;
		if (!restart())
			return 0;
	}
	EXPECT(!"no such seed");
	return 0;
}

static void one_interval_stays(void)
{
	ks_cell cell;

	start(CRYPTECH_HASHSIG_PUNCTURED);
	/* Leaves 8 to 15 rot: 16 to 31 are more than 5 to 7. */
	cell = rot_seed(5);
	REQUIRE(cell);
	REQUIRE(tree_check(&a, 16, 32));
	EXPECT_EQ(tree_root(&a)->lost, 11);
	REQUIRE(restart());
	REQUIRE(tree_check(&a, 16, 32));
	REQUIRE(tree_commit(&a, 17));
	/* The cells beside it are zero now, 5 to 7 too, and by its place the
	 * rotten one. */
	for (int i = 0; i < 96; i++)
		EXPECT_EQ(nor->bits[cell + i], 0);
	REQUIRE(restart());
	REQUIRE(tree_check(&a, 17, 32));
	EXPECT_EQ(tree_root(&a)->lost, 0);
	stop();

	start(CRYPTECH_HASHSIG_PUNCTURED);
	/* Leaves 16 to 31 rot: 5 to 15 are what is left, and the end moves. */
	rot_seed(3);
	REQUIRE(tree_check(&a, 5, 16));
	EXPECT_EQ(tree_root(&a)->lost, 16);
	REQUIRE(tree_commit(&a, 6));
	REQUIRE(restart());
	REQUIRE(tree_check(&a, 6, 16));
	EXPECT_EQ(tree_root(&a)->lost, 0);
	EXPECT_EQ(root_commit(roots, tree_root(&a), 17, tree_node, &a, NULL),
		  CRYPTECH_ERR_HASHSIG_KEY_EXHAUSTED);
	REQUIRE(tree_commit(&a, 16));
	REQUIRE(restart());
	REQUIRE(tree_check(&a, 16, 16));
	stop();
}

/*
 * A cell that has rotted a little, be it its header, so that the keystore does
 * not know it any more, is written anew by the next commit, and then zeroed.
 */
static void cells_are_renewed(void)
{
	static const uint32_t places[] = { 6, 40 };
	ks_cell cells[16], cell = 0;
	unsigned int n = 0;

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		start(CRYPTECH_HASHSIG_PUNCTURED);
		for (n = 0; (cell = ks_cell_next(ks, a.facts.uuid, cell)); n++)
			cells[n] = cell;
		for (unsigned int k = 0; k < n; k++)
			nor->bits[cells[k] + places[i]] ^= 0x10;
		REQUIRE(restart());
		REQUIRE(tree_check(&a, FLOOR, 32));
		/* As often as it is started. */
		REQUIRE(restart());
		REQUIRE(tree_check(&a, FLOOR, 32));
		REQUIRE(tree_commit(&a, FLOOR + 1));
		for (unsigned int k = 0; k < n; k++)
			for (int at = 0; at < 96; at++)
				EXPECT_EQ(nor->bits[cells[k] + at], 0);
		REQUIRE(restart());
		REQUIRE(tree_check(&a, FLOOR + 1, 32));
		EXPECT_EQ(tree_root(&a)->lost, 0);
		stop();
	}
}

/* The same while a commit fails before it has any effect. */
static void refusal_keeps_rotten_cells(void)
{
	ks_cell cell = 0;

	start(CRYPTECH_HASHSIG_PUNCTURED);
	while ((cell = ks_cell_next(ks, a.facts.uuid, cell)))
		nor->bits[cell + 40] ^= 0x10;
	REQUIRE(restart());
	/* Another record is prepared, so this key's cannot be. */
	REQUIRE(!ks_prepare(ks, KS_CLASS_KEY, a.facts.uuid, "x", 1));
	EXPECT_EQ(root_commit(roots, tree_root(&a), FLOOR + 1, tree_node, &a,
			      NULL), CRYPTECH_ERR_KEYSTORE_ACCESS);
	ks_abandon(ks);
	EXPECT_EQ(stats_now().cells, 6 + 6);	/* b's, too */
	REQUIRE(restart());
	REQUIRE(tree_check(&a, FLOOR, 32));
	REQUIRE(tree_commit(&a, FLOOR + 1));
	stop();
}

int main(void)
{
	RUN(bits_of_a_record);
	RUN(bits_of_cells);
	RUN(damage_is_one_keys);
	RUN(copies_are_renewed);
	RUN(bits_of_the_ledger);
	RUN(bits_of_the_image);
	RUN(blocks_of_the_image);
	RUN(rotten_single_seed);
	RUN(one_interval_stays);
	RUN(cells_are_renewed);
	RUN(refusal_keeps_rotten_cells);
	return tap_done();
}
