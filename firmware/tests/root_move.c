// SPDX-License-Identifier: MIT
/*
 * Root trees that are split, parked, adopted, taken back: what each side can
 * make afterwards, what is in flash, what is refused.
 */
#include "root_move_look.h"

static struct tree b;
static struct parcel p, q;

static bool begin(uint32_t lms, uint32_t lmots, uint32_t profile)
{
	memset(&sealing, 0, sizeof(sealing));
	tree_make(&a, lms, lmots, profile, 1);
	tree_make(&b, lms, lmots, profile, 2);
	return up_both() && EXPECT_EQ(tree_create(&a), 0);
}

static void finish(void)
{
	end_both();
	tree_free(&a);
	tree_free(&b);
}

/* --- split -------------------------------------------------------------------- */

/* From every floor: who has what, in memory and flash, before and after a
 * restart; and all of it signs. */
static void halves(uint32_t lms, uint32_t lmots, uint32_t step)
{
	REQUIRE(begin(lms, lmots, CRYPTECH_HASHSIG_PUNCTURED));
	for (uint32_t floor = 0; floor < 31; floor += step) {
		uint32_t middle = 32 - (32 - floor) / 2;

		at(0);
		if (floor)
			REQUIRE(tree_commit(&a, floor));
		REQUIRE(!split(&a, &p));
		expect_body(&p, middle, 32);
		tree_check(&a, floor, middle);
		expect_flash(floor, middle, 0);
		REQUIRE(restart());
		tree_check(&a, floor, middle);
		at(1);
		REQUIRE(!add_kekek(kekek_a) && !adopt(&p, kekek_a));
		tree_check(&a, middle, 32);
		expect_flash(middle, 32, 0);
		REQUIRE(restart());
		use_up(middle, 32);
		expect_flash(32, 32, 0);
		REQUIRE(!root_delete(roots, tree_root(&a)));
		at(0);
		use_up(floor, middle);
		REQUIRE(!root_delete(roots, tree_root(&a)));
		REQUIRE(!tree_create(&a));
	}
	finish();
}

static void halves_of_every_interval(void)
{
	halves(H5, W8, 1);
}

static void halves_of_another_set(void)
{
	halves(H5_32, W8_32, 7);
}

/* Halves of halves, to the last leaf, on one side and the other. */
static void split_to_the_end(void)
{
	uint32_t end = 32;

	REQUIRE(begin(H5, W8, CRYPTECH_HASHSIG_PUNCTURED));
	while (end > 1) {
		uint32_t middle = end - end / 2;

		REQUIRE(EXPECT_EQ(split(&a, &p), 0));
		expect_body(&p, middle, end);
		EXPECT_EQ(root_outbox_drop(roots, tree_root(&a)), 0);
		REQUIRE(restart());
		tree_check(&a, 0, middle);
		expect_flash(0, middle, 0);
		end = middle;
		request[0]++;
	}
	EXPECT_EQ(split(&a, &p), CRYPTECH_ERR_HASHSIG_KEY_EXHAUSTED);
	use_up(0, 1);
	EXPECT_EQ(split(&a, &p), CRYPTECH_ERR_HASHSIG_KEY_EXHAUSTED);
	finish();
}

/* What was adopted may be given on. */
static void an_adopted_key_is_split(void)
{
	REQUIRE(begin(H5, W8, CRYPTECH_HASHSIG_PUNCTURED));
	REQUIRE(!split(&a, &p));
	at(1);
	REQUIRE(!adopt(&p, NULL) && tree_commit(&a, 19) && !split(&a, &p));
	expect_body(&p, 26, 32);
	REQUIRE(restart());
	tree_check(&a, 19, 26);
	use_up(19, 26);
	finish();
}

static void single_seed_halves(void)
{
	REQUIRE(begin(H5, W8, CRYPTECH_HASHSIG_SINGLE_SEED));
	REQUIRE(tree_commit(&a, 3) && !split(&a, &p));
	expect_body(&p, 18, 32);
	REQUIRE(restart());
	use_up(3, 18);
	at(1);
	REQUIRE(!adopt(&p, NULL) && restart());
	use_up(18, 32);
	finish();
}

static struct nor *image;

static void keep_image(void)
{
	if (!image)
		image = nor_new(SIZE, SECTOR);
	nor_copy(image, nor);
}

static void expect_same_image(void)
{
	EXPECT_MEM(nor->bits, image->bits, SIZE);
}

/* Nothing live is another than before. */
static void expect_nothing_happened(uint32_t floor, uint32_t end)
{
	uint8_t any;
	size_t len;

	tree_check(&a, floor, end);
	expect_flash(floor, end, 0);
	EXPECT_EQ(ks_read(ks, KS_CLASS_OUTBOX, a.facts.uuid, &any, 1, &len),
		  KS_NOT_FOUND);
}

static void splits_that_are_refused(void)
{
	REQUIRE(begin(H5, W8, CRYPTECH_HASHSIG_PUNCTURED));
	REQUIRE(tree_commit(&a, 3));
	keep_image();
	sealing.error = CRYPTECH_ERR_CSPRNG_BROKEN;
	EXPECT_EQ(split(&a, &p), CRYPTECH_ERR_CSPRNG_BROKEN);
	EXPECT_EQ(park(&a, &p), CRYPTECH_ERR_CSPRNG_BROKEN);
	sealing.error = 0;
	a.knows_nothing = true;
	EXPECT_EQ(split(&a, &p), CRYPTECH_ERR_NOT_READY);
	a.knows_nothing = false;
	a.lies = true;
	EXPECT_EQ(split(&a, &p), CRYPTECH_ERR_ASSERTION_FAILED);
	a.lies = false;
	EXPECT_EQ(ask_outbox(&a, NULL, &p), CRYPTECH_ERR_KEY_NOT_FOUND);
	EXPECT_EQ(root_outbox_drop(roots, tree_root(&a)),
		  CRYPTECH_ERR_KEY_NOT_FOUND);
	expect_same_image();
	sealing.pad = ROOT_PACKAGE_MAX;
	EXPECT_EQ(split(&a, &p), CRYPTECH_ERR_RESULT_TOO_LONG);
	EXPECT_EQ(park(&a, &p), CRYPTECH_ERR_RESULT_TOO_LONG);
	sealing.pad = 0;
	expect_same_image();
	roots->stale = true;
	EXPECT_EQ(split(&a, &p), CRYPTECH_ERR_KEYSTORE_LOST_DATA);
	EXPECT_EQ(park(&a, &p), CRYPTECH_ERR_KEYSTORE_LOST_DATA);
	EXPECT_EQ(adopt(&p, NULL), CRYPTECH_ERR_BAD_ARGUMENTS);
	roots->stale = false;
	expect_same_image();
	expect_nothing_happened(3, 32);
	finish();
}

/* --- the outbox ------------------------------------------------------------------ */

static void a_package_is_given_again(void)
{
	uint8_t asked[ROOT_REQUEST_SIZE];

	REQUIRE(begin(H5, W8, CRYPTECH_HASHSIG_PUNCTURED));
	REQUIRE(!split(&a, &p));
	EXPECT_EQ(outbox_count(roots), 1);
	for (int again = 0; again < 2; again++) {
		EXPECT_EQ(split(&a, &q), 0);
		EXPECT_EQ(q.len, p.len);
		EXPECT_MEM(q.body, p.body, p.len);
		EXPECT_EQ(root_split(roots, tree_root(&a), tree_node, &a,
				     other_request, seal, &sealing,
				     &q.package, &q.len),
			  CRYPTECH_ERR_NOT_READY);
		EXPECT(!q.package);
		EXPECT_EQ(park(&a, &q), CRYPTECH_ERR_NOT_READY);
		EXPECT_EQ(ask_outbox(&a, asked, &q), 0);
		EXPECT_MEM(q.body, p.body, p.len);
		EXPECT_MEM(asked, request, sizeof(request));
		EXPECT_EQ(sealing.count, 1);
		/* Also when it signed meanwhile, and was off. */
		REQUIRE(tree_commit(&a, again + 1) && restart());
	}
	EXPECT_EQ(root_outbox_drop(roots, tree_root(&a)), 0);
	EXPECT(!in_flash(q.body, 64));
	EXPECT_EQ(outbox_count(roots), 0);
	EXPECT_EQ(ask_outbox(&a, NULL, &q), CRYPTECH_ERR_KEY_NOT_FOUND);
	/* A request that comes late, or twice, gives nothing away. */
	EXPECT_EQ(split(&a, &q), CRYPTECH_ERR_FORBIDDEN);
	REQUIRE(restart());
	EXPECT_EQ(split(&a, &q), CRYPTECH_ERR_FORBIDDEN);
	request[0]++;
	REQUIRE(!split(&a, &q));
	expect_body(&q, 9, 16);
	finish();
}

/* One that no state record names was written before a commit that never came. */
static void a_package_without_its_commit(void)
{
	uint8_t record[4000] = "of nobody";

	REQUIRE(begin(H5, W8, CRYPTECH_HASHSIG_PUNCTURED));
	REQUIRE(!ks_write(ks, KS_CLASS_OUTBOX, a.facts.uuid, record,
			  sizeof(record), true));
	REQUIRE(!ks_write(ks, KS_CLASS_OUTBOX, b.facts.uuid, record,
			  sizeof(record), true));
	EXPECT_EQ(ask_outbox(&a, NULL, &p), CRYPTECH_ERR_KEY_NOT_FOUND);
	REQUIRE(restart());
	EXPECT_EQ(outbox_count(roots), 0);
	EXPECT(!in_flash("of nobody", 9));
	/* And it goes with its key. */
	REQUIRE(!split(&a, &p));
	EXPECT_EQ(outbox_count(roots), 1);
	REQUIRE(!root_delete(roots, tree_root(&a)));
	EXPECT_EQ(outbox_count(roots), 0);
	finish();
}

/* --- park ---------------------------------------------------------------------- */

static void parked_and_taken_back(uint32_t profile, uint32_t floor)
{
	uint8_t kp[PACKAGE_KEY_SIZE], seed[LMS_N_MAX];
	unsigned int n;

	REQUIRE(begin(H5, W8, profile));
	n = a.facts.params[0].n;
	if (floor)
		REQUIRE(tree_commit(&a, floor));
	REQUIRE(!park(&a, &p));
	expect_body(&p, floor, 32);
	EXPECT(sealing.has_kp);
	for (int again = 0; again < 2; again++) {
		struct root *root = tree_root(&a);

		EXPECT(root->parked);
		EXPECT_EQ(root->seeds.count, 0);
		EXPECT_EQ(root->node_count, 1);
		EXPECT_EQ(root->away, floor);
		tree_check(&a, 32, 32);
		if (profile == CRYPTECH_HASHSIG_PUNCTURED)
			expect_flash(32, 32, 1);	/* Kp's cell */
		EXPECT(!in_flash(sealing.kp, 16));
		REQUIRE(!root_package_key(roots, root, kp));
		EXPECT_MEM(kp, sealing.kp, sizeof(kp));
		EXPECT_EQ(park(&a, &q), 0);
		EXPECT_MEM(q.body, p.body, p.len);
		EXPECT_EQ(sealing.count, 1);
		EXPECT_EQ(split(&a, &q), CRYPTECH_ERR_FORBIDDEN);
		EXPECT_EQ(root_commit(roots, root, 32, tree_node, &a, seed),
			  CRYPTECH_ERR_FORBIDDEN);
		EXPECT_EQ(adopt(&p, NULL), CRYPTECH_ERR_KEY_NAME_IN_USE);
		EXPECT_EQ(tree_create(&a), CRYPTECH_ERR_KEY_NAME_IN_USE);
		REQUIRE(restart());
	}
	EXPECT_EQ(root_outbox_drop(roots, tree_root(&a)), 0);
	EXPECT_EQ(park(&a, &q), CRYPTECH_ERR_KEY_NOT_FOUND);
	REQUIRE(restart());
	REQUIRE(!unpark(&a, &p));
	EXPECT(!tree_root(&a)->parked);
	if (profile == CRYPTECH_HASHSIG_PUNCTURED)
		expect_flash(floor, 32, 0);	/* no Kp any more */
	EXPECT_EQ(root_package_key(roots, tree_root(&a), kp),
		  CRYPTECH_ERR_KEY_NOT_FOUND);
	EXPECT_EQ(unpark(&a, &p), CRYPTECH_ERR_BAD_ARGUMENTS);
	REQUIRE(restart());
	use_up(floor, 32);
	if (profile == CRYPTECH_HASHSIG_PUNCTURED)
		EXPECT(!in_flash(tree_seed(&a, 63), n));
	finish();
}

static void a_parked_key_comes_back(void)
{
	parked_and_taken_back(CRYPTECH_HASHSIG_PUNCTURED, 0);
	parked_and_taken_back(CRYPTECH_HASHSIG_PUNCTURED, 13);
	parked_and_taken_back(CRYPTECH_HASHSIG_PUNCTURED, 31);
	parked_and_taken_back(CRYPTECH_HASHSIG_SINGLE_SEED, 13);
}

static void each_package_has_its_own_key(void)
{
	uint8_t kp[PACKAGE_KEY_SIZE];

	REQUIRE(begin(H5, W8, CRYPTECH_HASHSIG_PUNCTURED));
	REQUIRE(!park(&a, &p));
	memcpy(kp, sealing.kp, sizeof(kp));
	REQUIRE(!unpark(&a, &p));
	/* With the outbox, too: that package does not open any more. */
	EXPECT_EQ(outbox_count(roots), 0);
	REQUIRE(tree_commit(&a, 1) && !park(&a, &q));
	EXPECT(memcmp(kp, sealing.kp, sizeof(kp)));
	/* The older body is not what is parked now, whoever opened it. */
	EXPECT_EQ(unpark(&a, &p), CRYPTECH_ERR_BAD_ARGUMENTS);
	EXPECT(tree_root(&a)->parked);
	REQUIRE(!unpark(&a, &q));
	tree_check(&a, 1, 32);
	use_up(1, 32);
	EXPECT_EQ(park(&a, &p), CRYPTECH_ERR_HASHSIG_KEY_EXHAUSTED);
	finish();
}

/* A half that was adopted is parked, and given away in part after it. */
static void a_half_is_parked(void)
{
	REQUIRE(begin(H5, W8, CRYPTECH_HASHSIG_PUNCTURED));
	REQUIRE(tree_commit(&a, 5) && !split(&a, &p));
	EXPECT_EQ(root_outbox_drop(roots, tree_root(&a)), 0);
	REQUIRE(!park(&a, &q));
	expect_body(&q, 5, 19);
	REQUIRE(restart() && !unpark(&a, &q));
	tree_check(&a, 5, 19);
	EXPECT_EQ(unpark(&a, &q), CRYPTECH_ERR_BAD_ARGUMENTS);
	request[0]++;
	REQUIRE(restart() && !split(&a, &q));
	expect_body(&q, 12, 19);
	at(1);
	REQUIRE(!adopt(&p, NULL) && !park(&a, &q));
	expect_body(&q, 19, 32);
	/* Of the same key, but not what was parked. */
	EXPECT_EQ(adopt(&p, NULL), CRYPTECH_ERR_KEY_NAME_IN_USE);
	REQUIRE(!unpark(&a, &q));
	use_up(19, 32);
	finish();
}

static void parked_keys_are_not_too_many(void)
{
	unsigned int i;

	REQUIRE(begin(H5, W8, CRYPTECH_HASHSIG_PUNCTURED));
	for (i = 0; i < CRYPTECH_PARKED_MAX; i++) {
		uint8_t uuid[CRYPTECH_UUID_SIZE] = { 0xee, i >> 8, i };
		struct root *root = root_new(uuid);

		REQUIRE(root);
		root->parked = true;
		root->next = roots->first;	/* in memory, only */
		roots->first = root;
	}
	EXPECT_EQ(park(&a, &p), CRYPTECH_ERR_NO_KEY_SLOTS_AVAILABLE);
	for (i = 0; i < CRYPTECH_PARKED_MAX; i++) {
		struct root *root = roots->first;

		roots->first = root->next;
		root_free(root);
	}
	expect_nothing_happened(0, 32);
	EXPECT_EQ(park(&a, &p), 0);
	finish();
}

static void a_parked_key_is_forgotten(void)
{
	REQUIRE(begin(H5, W8, CRYPTECH_HASHSIG_PUNCTURED));
	REQUIRE(!park(&a, &p) && !root_delete(roots, tree_root(&a)));
	EXPECT_EQ(stats_now().cells, 0);
	expect_flash(32, 32, 0);
	REQUIRE(restart());
	EXPECT(!tree_root(&a));
	finish();
}

/* Kp's cell moves like others when flash is short, in a commit of its own. */
static void what_opens_a_package_moves(void)
{
	uint8_t kp[PACKAGE_KEY_SIZE];
	struct aim aim;
	struct root *root;
	ks_cell before;

	REQUIRE(begin(H5, W8, CRYPTECH_HASHSIG_PUNCTURED));
	REQUIRE(!park(&a, &p));
	root = tree_root(&a);
	before = root->places->kp;
	aim = (struct aim){
		.floor = 32, .end = 32, .parked = true, .away = root->away,
		.with = before,
	};
	REQUIRE(!root_aim(roots, root, &aim, NULL, NULL));
	EXPECT(root->places->kp != before);
	expect_flash(32, 32, 1);
	REQUIRE(restart() && !root_package_key(roots, tree_root(&a), kp));
	EXPECT_MEM(kp, sealing.kp, sizeof(kp));
	EXPECT_EQ(park(&a, &q), 0);
	EXPECT_MEM(q.body, p.body, p.len);
	REQUIRE(!unpark(&a, &p));
	expect_flash(0, 32, 0);
	finish();
}

/* --- adopt ---------------------------------------------------------------------- */

static void adoptions_that_are_refused(void)
{
	static struct parcel bad;
	struct root_body look;
	unsigned int n;

	REQUIRE(begin(H5, W8, CRYPTECH_HASHSIG_PUNCTURED));
	n = a.facts.params[0].n;
	REQUIRE(tree_commit(&a, 3) && !split(&a, &p));
	EXPECT_EQ(adopt(&p, NULL), CRYPTECH_ERR_KEY_NAME_IN_USE);
	/* Its tree, under another name. */
	bad = p;
	bad.body[8] ^= 1;
	EXPECT_EQ(adopt(&bad, NULL), CRYPTECH_ERR_KEY_NAME_IN_USE);
	at(1);
	EXPECT_EQ(adopt(&p, kekek_a), CRYPTECH_ERR_KEY_NOT_FOUND);
	REQUIRE(!add_kekek(kekek_a));
	keep_image();
	for (size_t len = 0; len < p.len; len++)
		EXPECT_EQ(root_body_look(p.body, len, &look),
			  CRYPTECH_ERR_BAD_ARGUMENTS);
	bad = p;
	bad.len++;
	EXPECT_EQ(adopt(&bad, kekek_a), CRYPTECH_ERR_BAD_ARGUMENTS);
	/* Every bit but those of UUID, reserve (in part), the one-time
	 * parameters and the seeds themselves contradicts another. */
	for (size_t i = 0; i < 8 * p.len; i++) {
		size_t byte = i / 8;

		if ((byte >= 8 && byte < 24) || (byte >= 28 && byte < 32) ||
		    (byte >= 40 && byte < 44) || byte >= p.len - 3 * n)
			continue;
		bad = p;
		bad.body[byte] ^= 1 << i % 8;
		EXPECT_EQ(adopt(&bad, kekek_a), CRYPTECH_ERR_BAD_ARGUMENTS);
	}
	/* reserve: 0, and more than may be */
	memset(bad.body, 0, sizeof(bad.body));
	bad = p;
	put32(bad.body + 28, 0);
	EXPECT_EQ(adopt(&bad, kekek_a), CRYPTECH_ERR_BAD_ARGUMENTS);
	put32(bad.body + 28, CRYPTECH_HASHSIG_RESERVE_MAX + 1);
	EXPECT_EQ(adopt(&bad, kekek_a), CRYPTECH_ERR_BAD_ARGUMENTS);
	expect_same_image();
	EXPECT_EQ(adopt(&p, kekek_a), 0);
	finish();
}

/* With a higher floor: as if the leaves below had been spent. */
static void bodies_are_narrowed(void)
{
	static struct parcel narrow;

	REQUIRE(begin(H5, W8, CRYPTECH_HASHSIG_PUNCTURED));
	REQUIRE(tree_commit(&a, 3) && !park(&a, &p));
	for (uint32_t floor = 0; floor < 32; floor++) {
		REQUIRE(!root_body_narrow(p.body, p.len, floor, narrow.body,
					  &narrow.len));
		expect_body(&narrow, floor < 3 ? 3 : floor, 32);
	}
	EXPECT_EQ(root_body_narrow(p.body, p.len, 32, narrow.body,
				   &narrow.len),
		  CRYPTECH_ERR_HASHSIG_KEY_EXHAUSTED);
	/* One seed is another: its nodes tell. */
	p.body[p.len - 1] ^= 1;
	EXPECT_EQ(root_body_narrow(p.body, p.len, 20, narrow.body,
				   &narrow.len), CRYPTECH_ERR_BAD_ARGUMENTS);
	finish();
	/* What one seed serves. */
	REQUIRE(begin(H5, W8, CRYPTECH_HASHSIG_SINGLE_SEED));
	REQUIRE(!park(&a, &p) && !root_body_narrow(p.body, p.len, 20,
						   narrow.body, &narrow.len));
	expect_body(&narrow, 20, 32);
	finish();
}

int main(void)
{
	RUN(halves_of_every_interval);
	RUN(halves_of_another_set);
	RUN(split_to_the_end);
	RUN(an_adopted_key_is_split);
	RUN(single_seed_halves);
	RUN(splits_that_are_refused);
	RUN(a_package_is_given_again);
	RUN(a_package_without_its_commit);
	RUN(a_parked_key_comes_back);
	RUN(each_package_has_its_own_key);
	RUN(a_half_is_parked);
	RUN(parked_keys_are_not_too_many);
	RUN(a_parked_key_is_forgotten);
	RUN(what_opens_a_package_moves);
	RUN(adoptions_that_are_refused);
	RUN(bodies_are_narrowed);
	if (image)
		nor_free(image);
	return tap_done();
}
