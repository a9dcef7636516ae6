// SPDX-License-Identifier: MIT
/*
 * Flash that rots under keys that move: packages in the outbox, Kp, KEKEKs,
 * records of version 2. Nothing is given twice by it, nothing else is lost, and
 * who asks is told.
 */
#include "root_move.h"

static struct tree a;
static struct parcel p, q;

static bool begin(void)
{
	memset(&sealing, 0, sizeof(sealing));
	tree_make(&a, H5, W8, CRYPTECH_HASHSIG_PUNCTURED, 1);
	return up_both() && EXPECT_EQ(tree_create(&a), 0) &&
	       tree_commit(&a, 3);
}

static void finish(void)
{
	end_both();
	tree_free(&a);
}

/* Where in the image these bytes stand, once. */
static uint8_t *find(const void *data, size_t len)
{
	uint8_t *at_ = memmem(nor->bits, nor->flash.size, data, len);

	EXPECT(at_ && !memmem(at_ + 1, nor->bits + SIZE - at_ - 1, data, len));
	return at_ ? at_ : nor->bits;
}

/* The state record, from its tag on. */
static uint8_t *find_state(void)
{
	uint8_t head[24] = "HSS1\0\0\0\2";

	memcpy(head + 8, a.facts.uuid, 16);
	return find(head, sizeof(head)) - RECORD_HEAD;
}

/* --- the outbox ------------------------------------------------------------------ */

static void a_package_rots(void)
{
	uint8_t turned[64];

	REQUIRE(begin());
	for (size_t byte = 0; byte < 64; byte += 9) {
		uint8_t *at_;

		request[0]++;
		REQUIRE(!split(&a, &p));
		turn(turned, p.body + 64, sizeof(turned));
		at_ = find(turned, sizeof(turned));
		at_[byte] ^= 0x10;
		for (int again = 0; again < 2; again++) {
			EXPECT_EQ(ask_outbox(&a, NULL, &q),
				  CRYPTECH_ERR_KEYSTORE_BAD_CRC);
			EXPECT_EQ(split(&a, &q),
				  CRYPTECH_ERR_KEYSTORE_BAD_CRC);
			EXPECT_EQ(park(&a, &q), CRYPTECH_ERR_KEYSTORE_BAD_CRC);
			REQUIRE(restart());
			EXPECT_EQ(outbox_count(roots), 1);
		}
		/* What stayed is of use; what went may have arrived. */
		EXPECT_EQ(root_outbox_drop(roots, tree_root(&a)), 0);
		EXPECT_EQ(ask_outbox(&a, NULL, &q), CRYPTECH_ERR_KEY_NOT_FOUND);
		tree_check(&a, 3, tree_root(&a)->seeds.end);
		if (tree_root(&a)->seeds.end == 4)
			break;
	}
	finish();
}

/* Another package with a right CRC is one that no record names. */
static void a_package_is_exchanged(void)
{
	uint8_t record[200] = "somebody wrote this";

	REQUIRE(begin() && !split(&a, &p));
	REQUIRE(!ks_write(ks, KS_CLASS_OUTBOX, a.facts.uuid, record,
			  sizeof(record), false));
	EXPECT_EQ(ask_outbox(&a, NULL, &q), CRYPTECH_ERR_KEY_NOT_FOUND);
	EXPECT_EQ(split(&a, &q), CRYPTECH_ERR_FORBIDDEN);
	REQUIRE(restart());
	EXPECT_EQ(outbox_count(roots), 0);
	tree_check(&a, 3, 18);
	finish();
}

/* --- Kp ------------------------------------------------------------------------- */

static uint8_t *kp_cell(void)
{
	return nor->bits + tree_root(&a)->places->kp;
}

static void one_bit_of_kp(void)
{
	uint8_t kp[PACKAGE_KEY_SIZE];

	REQUIRE(begin() && !park(&a, &p));
	for (unsigned int bit = 0; bit < 8 * KS_CELL_SIZE; bit += 11) {
		uint8_t *data = kp_cell() + 24 + bit / 8;

		*data ^= 1 << bit % 8;
		REQUIRE(restart());
		EXPECT(!root_package_key(roots, tree_root(&a), kp));
		EXPECT_MEM(kp, sealing.kp, sizeof(kp));
		*data ^= 1 << bit % 8;
	}
	*(kp_cell() + 40) ^= 4;
	REQUIRE(restart() && !unpark(&a, &p));
	tree_check(&a, 3, 32);
	EXPECT_EQ(stats_now().cells, tree_root(&a)->node_count);
	finish();
}

static void more_of_kp(void)
{
	uint8_t kp[PACKAGE_KEY_SIZE];

	REQUIRE(begin() && !park(&a, &p));
	*(kp_cell() + 40) ^= 0x44;
	REQUIRE(restart());
	EXPECT(strstr(outside.log, "what opens its package is damaged"));
	EXPECT(tree_root(&a)->parked);
	EXPECT_EQ(root_package_key(roots, tree_root(&a), kp),
		  CRYPTECH_ERR_KEYSTORE_LOST_DATA);
	/* It can go, and all of it goes. */
	REQUIRE(!root_delete(roots, tree_root(&a)));
	EXPECT_EQ(stats_now().cells, 0);
	REQUIRE(restart());
	EXPECT(!tree_root(&a) && !roots_stale(roots));
	finish();
}

/* --- KEKEKs ---------------------------------------------------------------------- */

static void a_kekek_rots(void)
{
	uint8_t read[64];
	size_t len;

	REQUIRE(begin() && !add_kekek(kekek_a));
	*find(kekek_secret, sizeof(kekek_secret)) ^= 1;
	for (int again = 0; again < 2; again++) {
		EXPECT_EQ(kekek_read(roots, kekek_a, read, sizeof(read), &len),
			  CRYPTECH_ERR_KEYSTORE_LOST_DATA);
		EXPECT_EQ(kekek_count(roots), 1);
		REQUIRE(restart());
		EXPECT(!roots_stale(roots));
	}
	EXPECT_EQ(kekek_drop(roots, kekek_a), 0);
	REQUIRE(restart());
	EXPECT(!roots_stale(roots));
	EXPECT_EQ(kekek_count(roots), 0);
	finish();
}

/* --- records --------------------------------------------------------------------- */

static size_t state_len(void)
{
	uint8_t any;
	size_t len = 0;

	ks_read(ks, KS_CLASS_STATE, a.facts.uuid, &any, 1, &len);
	return len;
}

/* One bit anywhere in the core of a record is put right. */
static void one_bit_of_a_record(bool parked)
{
	size_t core;

	REQUIRE(begin() && !(parked ? park(&a, &p) : split(&a, &p)));
	core = state_len() - RECORD_HEAD;
	core -= 2 * 5 * (24 + 4);	/* values, or zeros */
	for (size_t bit = 0; bit < 8 * core; bit += 13) {
		uint8_t *data = find_state() + RECORD_HEAD + bit / 8;

		*data ^= 1 << bit % 8;
		REQUIRE(restart());
		EXPECT(!roots_stale(roots));
		tree_check(&a, parked ? 32 : 3, parked ? 32 : 18);
		EXPECT_EQ(tree_root(&a)->parked, parked);
		EXPECT_EQ(ask_outbox(&a, NULL, &q), 0);
		EXPECT_MEM(q.body, p.body, p.len);
		*data ^= 1 << bit % 8;
	}
	finish();
}

static void one_bit_of_a_split_record(void)
{
	one_bit_of_a_record(false);
}

static void one_bit_of_a_parked_record(void)
{
	one_bit_of_a_record(true);
}

/* The one value of a parked key stands in the core, too. */
static void the_value_of_a_parked_record(void)
{
	uint8_t *value;

	REQUIRE(begin() && !park(&a, &p));
	value = memmem(find_state() + 200, 1000, tree_value(&a, 1), 24);
	REQUIRE(value);
	memset(value, 0, 24);
	REQUIRE(restart());
	tree_check(&a, 32, 32);
	REQUIRE(!unpark(&a, &p));
	tree_check(&a, 3, 32);
	finish();
}

/* A record that cannot be read: nothing is signed, nothing given, nothing
 * forgotten, until somebody deletes it or it reads well again. */
static void a_record_is_lost(bool parked)
{
	uint8_t kp[PACKAGE_KEY_SIZE], *state;
	struct tree b;

	REQUIRE(begin() && !(parked ? park(&a, &p) : split(&a, &p)));
	/* It is not the newest of all, or all would wait for the officer. */
	tree_make(&b, H5, W8, CRYPTECH_HASHSIG_PUNCTURED, 2);
	EXPECT_EQ(tree_create(&b), 0);
	state = find_state();
	state[RECORD_HEAD + 100] ^= 0x81;
	for (int again = 0; again < 2; again++) {
		REQUIRE(restart());
		EXPECT(!roots_stale(roots));
		EXPECT_EQ(tree_root(&a)->damage,
			  CRYPTECH_ERR_KEYSTORE_LOST_DATA);
		EXPECT_EQ(ask_outbox(&a, NULL, &q),
			  CRYPTECH_ERR_KEYSTORE_LOST_DATA);
		EXPECT_EQ(split(&a, &q), CRYPTECH_ERR_KEYSTORE_LOST_DATA);
		EXPECT_EQ(park(&a, &q), CRYPTECH_ERR_KEYSTORE_LOST_DATA);
		EXPECT_EQ(unpark(&a, &p), CRYPTECH_ERR_KEYSTORE_LOST_DATA);
		EXPECT_EQ(root_package_key(roots, tree_root(&a), kp),
			  CRYPTECH_ERR_KEYSTORE_LOST_DATA);
		EXPECT_EQ(adopt(&p, NULL), CRYPTECH_ERR_KEY_NAME_IN_USE);
		EXPECT_EQ(outbox_count(roots), 1);
	}
	state[RECORD_HEAD + 100] ^= 0x81;
	REQUIRE(restart());
	EXPECT_EQ(ask_outbox(&a, NULL, &q), 0);
	EXPECT_MEM(q.body, p.body, p.len);
	if (parked)
		EXPECT_EQ(unpark(&a, &p), 0);
	tree_check(&a, 3, parked ? 32 : 18);
	tree_free(&b);
	finish();
}

static void a_split_record_is_lost(void)
{
	a_record_is_lost(false);
}

static void a_parked_record_is_lost(void)
{
	a_record_is_lost(true);
}

/* R5 in a half: what is left can be split and parked. */
static void a_half_loses_leaves(void)
{
	struct root *root;
	unsigned int i;

	REQUIRE(begin() && !split(&a, &p));
	EXPECT_EQ(root_outbox_drop(roots, tree_root(&a)), 0);
	root = tree_root(&a);	/* [3, 18): the cell of 8 to 15 is lost */
	for (i = 0; root->nodes[i].node != 5; i++)
		;
	memset(nor->bits + root->places->of[i].seed + 30, 0, 20);
	REQUIRE(restart());
	tree_check(&a, 3, 8);
	EXPECT_EQ(tree_root(&a)->lost, 10);
	request[0]++;
	REQUIRE(!split(&a, &q));
	tree_check(&a, 3, 6);
	EXPECT_EQ(root_outbox_drop(roots, tree_root(&a)), 0);
	REQUIRE(restart() && !park(&a, &q) && restart() && !unpark(&a, &q) &&
		restart());
	tree_check(&a, 3, 6);
	EXPECT_EQ(stats_now().cells, tree_root(&a)->node_count);
	finish();
}

int main(void)
{
	RUN(a_package_rots);
	RUN(a_package_is_exchanged);
	RUN(one_bit_of_kp);
	RUN(more_of_kp);
	RUN(a_kekek_rots);
	RUN(one_bit_of_a_split_record);
	RUN(one_bit_of_a_parked_record);
	RUN(the_value_of_a_parked_record);
	RUN(a_split_record_is_lost);
	RUN(a_parked_record_is_lost);
	RUN(a_half_loses_leaves);
	return tap_done();
}
