// SPDX-License-Identifier: MIT
/*
 * Single-use KEKEKs and imports; and every program and erase of what moves a
 * key, cut: what is found then is what was before or what should be, whole, and
 * stays so.
 */
#include "root_move.h"

static struct tree a;
static struct parcel p, q;
static const uint8_t key_record[100] = "a KEY record";

static bool begin(void)
{
	memset(&sealing, 0, sizeof(sealing));
	tree_make(&a, H5, W8, CRYPTECH_HASHSIG_PUNCTURED, 1);
	return up_both();
}

static void finish(void)
{
	end_both();
	tree_free(&a);
}

/* The other side makes a key, and gives half of it for whom? */
static bool get_half(void)
{
	bool ok;

	at(1);
	ok = EXPECT_EQ(tree_create(&a), 0) && EXPECT_EQ(split(&a, &p), 0);
	at(0);
	return ok;
}

static bool has_record(enum ks_class class, const uint8_t *name)
{
	uint8_t any;
	size_t len;

	return ks_read(ks, class, name, &any, sizeof(any), &len) !=
	       KS_NOT_FOUND;
}

/* --- KEKEKs ------------------------------------------------------------------- */

static void kekeks_come_and_go(void)
{
	uint8_t uuid[CRYPTECH_UUID_SIZE] = { 0 }, read[64];
	size_t len;

	REQUIRE(begin());
	EXPECT(!kekek_next(roots, NULL, uuid));
	for (unsigned int i = 0; i < CRYPTECH_KEKEKS_MAX; i++) {
		uuid[0] = i * 37;	/* not in their order */
		EXPECT_EQ(kekek_count(roots), i);
		EXPECT_EQ(add_kekek(uuid), 0);
		EXPECT_EQ(add_kekek(uuid), CRYPTECH_ERR_KEY_NAME_IN_USE);
		REQUIRE(restart());
	}
	EXPECT_EQ(add_kekek(kekek_a), CRYPTECH_ERR_NO_KEY_SLOTS_AVAILABLE);
	EXPECT_EQ(kekek_read(roots, uuid, read, sizeof(read), &len), 0);
	EXPECT_EQ(len, sizeof(kekek_secret));
	EXPECT_MEM(read, kekek_secret, len);
	EXPECT_EQ(kekek_read(roots, uuid, read, 3, &len),
		  CRYPTECH_ERR_RESULT_TOO_LONG);
	EXPECT_EQ(kekek_read(roots, kekek_a, read, sizeof(read), &len),
		  CRYPTECH_ERR_KEY_NOT_FOUND);
	EXPECT_EQ(kekek_drop(roots, kekek_a), CRYPTECH_ERR_KEY_NOT_FOUND);
	for (unsigned int i = 0; i < CRYPTECH_KEKEKS_MAX; i++) {
		REQUIRE(kekek_next(roots, NULL, uuid));
		EXPECT_EQ(kekek_drop(roots, uuid), 0);
		REQUIRE(restart());
		EXPECT_EQ(kekek_count(roots), CRYPTECH_KEKEKS_MAX - 1 - i);
	}
	EXPECT(!in_flash(kekek_secret, sizeof(kekek_secret)));
	finish();
}

static void kekeks_are_listed_in_order(void)
{
	uint8_t uuid[CRYPTECH_UUID_SIZE], before[CRYPTECH_UUID_SIZE] = { 0 };
	unsigned int count = 0;

	REQUIRE(begin());
	for (unsigned int i = 0; i < CRYPTECH_KEKEKS_MAX; i++) {
		memset(uuid, 1 + i * 83 % 251, sizeof(uuid));
		EXPECT_EQ(add_kekek(uuid), 0);
	}
	while (kekek_next(roots, before, uuid)) {
		EXPECT(memcmp(before, uuid, sizeof(uuid)) < 0);
		memcpy(before, uuid, sizeof(uuid));
		count++;
	}
	EXPECT_EQ(count, CRYPTECH_KEKEKS_MAX);
	finish();
}

static void an_import_spends_its_kekek(void)
{
	REQUIRE(begin() && get_half());
	REQUIRE(!add_kekek(kekek_a) && !add_kekek(kekek_b));
	EXPECT_EQ(adopt(&p, kekek_a), 0);
	EXPECT_EQ(kekek_count(roots), 1);
	EXPECT(!has_record(KS_CLASS_KEKEK, kekek_a));
	EXPECT(root_came_by(tree_root(&a), kekek_a));
	EXPECT(!root_came_by(tree_root(&a), kekek_b));
	REQUIRE(restart());
	EXPECT(root_came_by(tree_root(&a), kekek_a));
	EXPECT_EQ(kekek_count(roots), 1);
	/* Also when the key is gone, and whatever it did before. */
	REQUIRE(!park(&a, &q) && !root_outbox_drop(roots, tree_root(&a)) &&
		!unpark(&a, &q) && tree_commit(&a, 20));
	EXPECT(root_came_by(tree_root(&a), kekek_a));
	REQUIRE(!root_delete(roots, tree_root(&a)));
	EXPECT_EQ(adopt(&p, kekek_a), CRYPTECH_ERR_KEY_NOT_FOUND);
	EXPECT_EQ(adopt(&p, kekek_b), 0);	/* who gives it, knows why */
	finish();
}

/*
 * An older copy of the flash's part where a KEKEK was brings it back; the
 * newest record knows better. One is as a power cut leaves it, two are not.
 */
static void an_older_kekek_is_none(bool two)
{
	REQUIRE(begin() && get_half());
	REQUIRE(!add_kekek(kekek_a) && !add_kekek(kekek_b));
	EXPECT_EQ(adopt(&p, kekek_a), 0);
	EXPECT_EQ(kekek_drop(roots, kekek_b), 0);
	REQUIRE(!root_delete(roots, tree_root(&a)));
	REQUIRE(!ks_write(ks, KS_CLASS_KEKEK, kekek_a, kekek_secret,
			  sizeof(kekek_secret), true));
	if (two)
		REQUIRE(!ks_write(ks, KS_CLASS_KEKEK, kekek_b, kekek_secret,
				  sizeof(kekek_secret), true));
	REQUIRE(restart());
	EXPECT_EQ(roots_stale(roots), two);
	if (two) {
		EXPECT_EQ(adopt(&p, kekek_a),
			  CRYPTECH_ERR_KEYSTORE_LOST_DATA);
		EXPECT_EQ(roots_accept(roots, CRYPTECH_ACCEPT_FLASH), 0);
	}
	EXPECT_EQ(kekek_count(roots), 0);
	EXPECT_EQ(adopt(&p, kekek_a), CRYPTECH_ERR_KEY_NOT_FOUND);
	EXPECT(!in_flash(kekek_secret, sizeof(kekek_secret)));
	REQUIRE(restart());
	EXPECT(!roots_stale(roots));
	finish();
}

static void one_older_kekek_is_none(void)
{
	an_older_kekek_is_none(false);
}

static void older_kekeks_are_stale(void)
{
	an_older_kekek_is_none(true);
}

/* --- imports ------------------------------------------------------------------- */

static void write_key_record(void)
{
	EXPECT_EQ(ks_write(ks, KS_CLASS_KEY, a.facts.uuid, key_record,
			   sizeof(key_record), true), KS_OK);
}

static bool has_key_record(void)
{
	return has_record(KS_CLASS_KEY, a.facts.uuid);
}

/* What stays of a KEY record, by what there is of the state. */
static void imports_are_finished_or_undone(void)
{
	REQUIRE(begin() && get_half());
	/* no state */
	REQUIRE(!import_begin(roots, a.facts.uuid));
	write_key_record();
	REQUIRE(restart());
	EXPECT(!has_key_record());
	EXPECT(!has_record(KS_CLASS_IMPORT, a.facts.uuid));
	/* a state */
	REQUIRE(!import_begin(roots, a.facts.uuid) && !adopt(&p, NULL));
	write_key_record();
	REQUIRE(restart());
	EXPECT(has_key_record());
	EXPECT(!has_record(KS_CLASS_IMPORT, a.facts.uuid));
	/* ended: nothing is asked any more */
	REQUIRE(!park(&a, &q) && restart());
	EXPECT(has_key_record());
	/* parked still */
	REQUIRE(!ks_delete(ks, KS_CLASS_KEY, a.facts.uuid) &&
		!import_begin(roots, a.facts.uuid));
	write_key_record();
	REQUIRE(restart());
	EXPECT(!has_key_record());
	EXPECT(tree_root(&a)->parked);
	/* back */
	REQUIRE(!import_begin(roots, a.facts.uuid));
	write_key_record();
	REQUIRE(!unpark(&a, &q) && restart());
	EXPECT(has_key_record());
	EXPECT(!import_end(roots, a.facts.uuid));
	finish();
}

/* --- cuts ---------------------------------------------------------------------- */

/* What is found: as before, or as after. */
enum found { BEFORE, AFTER, WRONG };

struct operation {
	const char *name;
	void (*setup)(void);
	int (*run)(void);
	enum found (*look)(void);
};

static int do_split(void)
{
	return split(&a, &q);
}

static int do_park(void)
{
	return park(&a, &q);
}

static int do_drop(void)
{
	return root_outbox_drop(roots, tree_root(&a));
}

static int do_adopt(void)
{
	return adopt(&p, kekek_a);
}

static int do_unpark(void)
{
	return unpark(&a, &p);
}

static int do_forget(void)
{
	return root_delete(roots, tree_root(&a));
}

static int do_add(void)
{
	return add_kekek(kekek_b);
}

static int do_drop_kekek(void)
{
	return kekek_drop(roots, kekek_a);
}

static void setup_used(void)
{
	EXPECT(!tree_create(&a) && tree_commit(&a, 3));
}

static void setup_adopted(void)
{
	EXPECT(get_half() && !adopt(&p, NULL) && tree_commit(&a, 17));
}

static void setup_split(void)
{
	setup_used();
	EXPECT(!split(&a, &p));
}

static void setup_parked(void)
{
	setup_used();
	EXPECT(!park(&a, &p));
}

static void setup_away(void)
{
	setup_parked();
	EXPECT(!root_outbox_drop(roots, tree_root(&a)));
}

static void setup_waiting(void)
{
	EXPECT(get_half() && !add_kekek(kekek_a) && !add_kekek(kekek_b));
}

static void setup_kekek(void)
{
	EXPECT(!add_kekek(kekek_a));
}

/* The state as it should be with these; its cells and no others. */
static bool is_state(uint32_t floor, uint32_t end, bool parked)
{
	const struct root *root = tree_root(&a);
	unsigned int cells = parked ? 1 : root ? root->node_count : 0;

	return root && root->parked == parked &&
	       root->seeds.floor == floor && root->seeds.end == end &&
	       EXPECT_EQ(stats_now().cells, cells) &&
	       tree_check(&a, floor, end);
}

/* What the outbox has is what was sealed at last, for [floor, end). */
static bool outbox_has(uint32_t floor, uint32_t end)
{
	static struct parcel found;
	struct root_body look;

	return !ask_outbox(&a, NULL, &found) &&
	       EXPECT(!root_body_look(found.body, found.len, &look)) &&
	       EXPECT_EQ(look.floor, floor) && EXPECT_EQ(look.end, end);
}

static bool kp_is_right(void)
{
	uint8_t kp[PACKAGE_KEY_SIZE];

	return EXPECT_EQ(root_package_key(roots, tree_root(&a), kp), 0) &&
	       EXPECT(!memcmp(kp, sealing.kp, sizeof(kp)));
}

static bool outbox_is_empty(void)
{
	return !has_record(KS_CLASS_OUTBOX, a.facts.uuid);
}

static enum found look_split(void)
{
	if (is_state(3, 32, false) && outbox_is_empty())
		return BEFORE;
	return is_state(3, 18, false) && outbox_has(18, 32) ? AFTER : WRONG;
}

static enum found look_split_adopted(void)
{
	if (is_state(17, 32, false) && outbox_is_empty())
		return BEFORE;
	return is_state(17, 25, false) && outbox_has(25, 32) ? AFTER : WRONG;
}

static enum found look_park(void)
{
	if (is_state(3, 32, false) && outbox_is_empty())
		return BEFORE;
	return is_state(32, 32, true) && outbox_has(3, 32) && kp_is_right() ?
	       AFTER : WRONG;
}

static enum found look_drop(void)
{
	if (!is_state(3, 18, false))
		return WRONG;
	if (outbox_is_empty())
		return AFTER;
	return outbox_has(18, 32) ? BEFORE : WRONG;
}

static enum found look_drop_parked(void)
{
	if (!is_state(32, 32, true) || !kp_is_right())
		return WRONG;
	if (outbox_is_empty())
		return AFTER;
	return outbox_has(3, 32) ? BEFORE : WRONG;
}

static enum found look_adopt(void)
{
	bool kekek = has_record(KS_CLASS_KEKEK, kekek_a);

	if (!has_record(KS_CLASS_KEKEK, kekek_b))
		return WRONG;
	if (!tree_root(&a))
		return kekek && EXPECT_EQ(stats_now().cells, 0) ? BEFORE :
		       WRONG;
	return is_state(16, 32, false) && !kekek ? AFTER : WRONG;
}

static enum found look_unpark(void)
{
	if (!outbox_is_empty())
		return WRONG;
	if (is_state(3, 32, false))
		return AFTER;
	return is_state(32, 32, true) && kp_is_right() ? BEFORE : WRONG;
}

static enum found look_forget(void)
{
	if (!tree_root(&a))
		return EXPECT_EQ(stats_now().cells, 0) && outbox_is_empty() ?
		       AFTER : WRONG;
	return is_state(32, 32, true) && outbox_has(3, 32) ? BEFORE : WRONG;
}

static enum found look_kekek(const uint8_t *uuid, bool there_is_after)
{
	uint8_t next[CRYPTECH_UUID_SIZE];
	bool there = false;

	for (bool more = kekek_next(roots, NULL, next); more && !there;
	     more = kekek_next(roots, next, next))
		there = !memcmp(next, uuid, sizeof(next));
	if (!EXPECT_EQ(has_record(KS_CLASS_KEKEK, uuid), there))
		return WRONG;
	return there == there_is_after ? AFTER : BEFORE;
}

static enum found look_add(void)
{
	return has_record(KS_CLASS_KEKEK, kekek_a) ?
	       look_kekek(kekek_b, true) : WRONG;
}

static enum found look_drop_kekek(void)
{
	return look_kekek(kekek_a, false);
}

static const struct operation operations[] = {
	{ "split", setup_used, do_split, look_split },
	{ "split an adopted key", setup_adopted, do_split,
	  look_split_adopted },
	{ "park", setup_used, do_park, look_park },
	{ "acknowledge", setup_split, do_drop, look_drop },
	{ "acknowledge what is parked", setup_parked, do_drop,
	  look_drop_parked },
	{ "adopt", setup_waiting, do_adopt, look_adopt },
	{ "take back", setup_away, do_unpark, look_unpark },
	{ "forget", setup_parked, do_forget, look_forget },
	{ "another KEKEK", setup_kekek, do_add, look_add },
	{ "destroy a KEKEK", setup_kekek, do_drop_kekek, look_drop_kekek },
};

#define TEARS	4

/* One cut. False: it was beyond the last step. */
static bool cut(const struct operation *op, struct nor *base,
		const struct outside *before, uint64_t step, unsigned int tear)
{
	enum found found, later;
	int error;

	down();
	nor_copy(nor, base);
	outside = *before;
	nor_boot(nor, 1);
	if (!EXPECT(!ks_mount(&ks, &nor->flash) && !roots_up()))
		return false;
	nor_cut_at(nor, step, tear == 0 ? NOR_NOT_DONE : NOR_TORN,
		   step * TEARS + tear);
	error = op->run();
	if (!nor->off) {
		EXPECT_EQ(error, 0);
		EXPECT_EQ(op->look(), AFTER);
		return false;
	}
	if (!restart())
		return false;
	EXPECT(!roots_stale(roots));
	EXPECT_EQ(outside.anchor, roots_anchor(roots));
	found = op->look();
	EXPECT(found != WRONG);
	if (!EXPECT(restart()))
		return false;
	later = op->look();
	if (!EXPECT_EQ(later, found))
		printf("# %s, step %llu, tear %u\n", op->name,
		       (unsigned long long)step, tear);
	/* And it works on: done again, or for the first time. */
	if (found == BEFORE && EXPECT_EQ(op->run(), 0))
		EXPECT_EQ(op->look(), AFTER);
	return true;
}

static void every_step_is_cut(void)
{
	for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]);
	     i++) {
		const struct operation *op = &operations[i];
		struct nor *base = nor_new(SIZE, SECTOR);
		struct outside before;
		unsigned int cuts = 0;

		REQUIRE(base && begin());
		op->setup();
		before = outside;
		nor_copy(base, nor);
		for (unsigned int tear = 0; tear < TEARS; tear++)
			for (uint64_t step = 1;
			     cut(op, base, &before, step, tear); step++)
				cuts++;
		printf("# %s: %u cuts\n", op->name, cuts);
		nor_free(base);
		finish();
	}
}

int main(void)
{
	RUN(kekeks_come_and_go);
	RUN(kekeks_are_listed_in_order);
	RUN(an_import_spends_its_kekek);
	RUN(one_older_kekek_is_none);
	RUN(older_kekeks_are_stale);
	RUN(imports_are_finished_or_undone);
	RUN(every_step_is_cut);
	return tap_done();
}
