// SPDX-License-Identifier: MIT
/*
 * Hash signature keys across restarts: lower trees made anew, keys of which a
 * part is missing, power cuts while a key is stored or deleted, and flash that
 * is not the newest.
 *
 * Every fourth cut by default; all of them with CRYPTECH_FULL=1.
 */
#include "../keystore/keystore.h"
#include "hashsig_box.h"

#define OFFICER		0x5050

static struct signature signature;

static uint32_t state_of(const uint8_t *uuid)
{
	struct hss_info info;

	return hss_info(ME, uuid, &info) ? 0xffffffff : info.state;
}

/* --- lower trees -------------------------------------------------------------------- */

static void lower_trees_anew(void)
{
	const uint8_t *key = name_of('k');

	REQUIRE(hashsig_fresh(2, 1 << 20));
	REQUIRE(make_key(key, 1, SETS(2, { H5_W8 }, { H5_W8 })));
	for (unsigned int i = 0; i < 5; i++) {
		/* a restart alone spends nothing; the first signature after it
		 * leaves behind what its lower tree had */
		for (unsigned int k = 0; k < 3; k++)
			REQUIRE(hashsig_restart());
		EXPECT_EQ(left_of(key), 1024 - 32 * i);
		EXPECT_EQ(state_of(key), CRYPTECH_HASHSIG_IDLE);
		REQUIRE(!sign_text(key, "text", &signature));
		EXPECT_EQ(signature.left, 1023 - 32 * i);
		EXPECT_EQ(state_of(key), CRYPTECH_HASHSIG_READY);
		EXPECT(is_good(key, "text", &signature));
	}
	EXPECT_EQ(ledger.count, 10);
	EXPECT_EQ(ledger.repeats, 0);
}

/* More than a call waits for: NOT_READY, for this key alone. */
static void rebuilt_in_the_background(void)
{
	const uint8_t *key = name_of('k'), *other = name_of('o');
	struct hss_info info;
	int error;

	REQUIRE(hashsig_fresh(2, 1 << 20));
	REQUIRE(make_key(key, 1, SETS(3, { H5_W8 }, { H10_W8 }, { H10_W8 })));
	REQUIRE(make_key(other, 1, SETS(1, { H5_W8 })));
	REQUIRE(hashsig_restart());
	REQUIRE(!hss_info(ME, key, &info));
	EXPECT_EQ(info.state, CRYPTECH_HASHSIG_IDLE);
	EXPECT_EQ(info.done, 0);
	EXPECT_EQ(info.total, 2048 + 32);
	EXPECT_EQ(info.left, 32 << 20);
	error = sign_once(ME, key, (const uint8_t *)"the same request",
			  "text", 8000, &signature);
	EXPECT_EQ(error, CRYPTECH_ERR_NOT_READY);
	EXPECT_EQ(state_of(key), CRYPTECH_HASHSIG_REBUILDING);
	REQUIRE(!sign_text(other, "text", &signature));
	while (error == CRYPTECH_ERR_NOT_READY) {
		EXPECT_EQ(left_of(key), 32 << 20);
		error = sign_once(ME, key, (const uint8_t *)"the same request",
				  "text", 8000, &signature);
	}
	REQUIRE(!error);
	EXPECT(is_good(key, "text", &signature));
	EXPECT_EQ(signature.left, (32 << 20) - 1);
	EXPECT_EQ(state_of(key), CRYPTECH_HASHSIG_READY);
	/* it may also be deleted in the middle */
	REQUIRE(hashsig_restart());
	EXPECT_EQ(sign_once(ME, key, (const uint8_t *)"the same request",
			    "text", 8000, &signature),
		  CRYPTECH_ERR_NOT_READY);
	EXPECT_EQ(delete_key(key), 0);
	EXPECT_EQ(left_of(key), UINT64_MAX);
}

/* The other profile: one seed for all leaves, as in RFC 8554, appendix A. */
static void single_seed(void)
{
	const uint8_t *uuid = name_of('a');
	struct hss_info info;

	REQUIRE(hashsig_fresh(2, 1 << 20));
	REQUIRE(!generate_as(ME, uuid, UUID_SIZE, FLAGS | PUBLIC | EXPORTABLE,
			     "\303\244", CRYPTECH_HASHSIG_SINGLE_SEED, 0,
			     SETS(1, { H5_W8 })));
	REQUIRE(job_wait(ME, uuid) == CRYPTECH_JOB_DONE);
	for (unsigned int i = 0; i < 4; i++) {
		REQUIRE(!hss_info(ME, uuid, &info));
		EXPECT_EQ(info.profile, CRYPTECH_HASHSIG_SINGLE_SEED);
		EXPECT_EQ(info.reserve, 1);
		EXPECT_EQ(info.left, 32 - i);
		REQUIRE(!sign_text(uuid, i % 2 ? "text" : "other",
				   &signature));
		EXPECT(is_good(uuid, i % 2 ? "text" : "other", &signature));
		REQUIRE(hashsig_restart());
	}
	EXPECT_EQ(ledger.count, 4);
	EXPECT_EQ(ledger.repeats, 0);
}

/* --- one part without the other -------------------------------------------------------- */

static bool back(void)
{
	return box_start(&box) && !box_login(&box, ME, CRYPTECH_USER_NORMAL) &&
	       !box_login(&box, OTHER, CRYPTECH_USER_NORMAL);
}

static bool has_state(const uint8_t *uuid)
{
	struct keystore *ks;
	uint8_t name[KS_NAME_SIZE];
	size_t len;
	bool found;

	box_stop(&box);
	if (ks_mount(&ks, box.platform.flash))
		return false;
	found = !ks_next(ks, KS_CLASS_STATE, NULL, name, &len) &&
		!memcmp(name, uuid, UUID_SIZE);
	ks_unmount(ks);
	return found;
}

static void state_alone(void)
{
	const uint8_t *key = name_of('k');

	REQUIRE(hashsig_fresh(2, 1 << 20));
	REQUIRE(make_key(key, 1, SETS(1, { H5_W8 })));
	REQUIRE(has_state(key));
	REQUIRE(back());
	EXPECT_EQ(left_of(key), 32);
	REQUIRE(box_take_away(&box, KS_CLASS_KEY, NULL));
	REQUIRE(back());
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_HASHSIG_KEYS), 0);
	EXPECT_EQ(left_of(key), UINT64_MAX);
	EXPECT(!has_state(key));
	REQUIRE(back());
	REQUIRE(make_key(key, 1, SETS(1, { H5_W8 })));
	EXPECT_EQ(left_of(key), 32);
}

/* Such a record tells of a key that is lost; it can be deleted. */
static void record_alone(void)
{
	const uint8_t *key = name_of('k');

	REQUIRE(hashsig_fresh(2, 1 << 20));
	REQUIRE(make_key(key, 1, SETS(1, { H5_W8 })));
	REQUIRE(box_take_away(&box, KS_CLASS_STATE, NULL));
	REQUIRE(back());
	/* a state that went without a trace is also a flash that is not fresh */
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_MODE) &
		  CRYPTECH_MODE_STALE, CRYPTECH_MODE_STALE);
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_RECORDS_LOST), 1);
	EXPECT_EQ(sign_text(key, "text", &signature),
		  CRYPTECH_ERR_KEYSTORE_LOST_DATA);
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_KEY_INFO, "o", key,
		      (size_t)UUID_SIZE), CRYPTECH_ERR_KEYSTORE_LOST_DATA);
	EXPECT_EQ(generate(key, 1, SETS(1, { H5_W8 })),
		  CRYPTECH_ERR_KEYSTORE_LOST_DATA);
	EXPECT_EQ(delete_key(key), 0);
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_RECORDS_LOST), 0);
	REQUIRE(!box_login(&box, OFFICER, CRYPTECH_USER_SO));
	EXPECT_EQ(ask(&box, OFFICER, CRYPTECH_RPC_HASHSIG_ACCEPT, "u",
		      CRYPTECH_ACCEPT_FLASH), 0);
	REQUIRE(make_key(key, 1, SETS(1, { H5_W8 })));
}

/* --- power cuts -------------------------------------------------------------------------- */

static struct nor *base;

static bool keep_base(void)
{
	const struct nor *nor = hsm_flash_nor();

	box_stop(&box);
	base = nor_new(nor->flash.size, nor->flash.sector_size);
	if (base)
		nor_copy(base, nor);
	return base;
}

/* From the base on, with a cut at @step; 0: never. */
static bool from_base(uint64_t anchor, uint64_t step, enum nor_cut cut)
{
	box_stop(&box);
	nor_copy(hsm_flash_nor(), base);
	nor_boot(hsm_flash_nor(), step);
	box_anchor = anchor;
	if (!back())
		return false;
	if (step)
		nor_cut_at(hsm_flash_nor(), step, cut, step);
	return true;
}

/* Power is back. Whatever was cut: a whole key, or nothing. */
static bool whole_or_nothing(const uint8_t *key, uint64_t seed)
{
	int error;

	box_stop(&box);
	nor_boot(hsm_flash_nor(), seed);
	if (!back())
		return false;
	if (!EXPECT(!(box_status(&box, CRYPTECH_STATUS_MODE) &
		      CRYPTECH_MODE_STALE)) ||
	    !EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_RECORDS_LOST), 0))
		return false;
	error = sign_text(key, "text", &signature);
	if (error) {
		EXPECT_EQ(error, CRYPTECH_ERR_KEY_NOT_FOUND);
		EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_HASHSIG_KEYS), 0);
		EXPECT(!has_state(key));
	} else {
		EXPECT_EQ(signature.left, 31);
		EXPECT(is_good(key, "text", &signature));
		EXPECT_EQ(delete_key(key), 0);
	}
	return true;
}

/* Cut at all steps, or at some; how many cuts. */
static unsigned int each_cut(const uint8_t *key, uint64_t anchor,
			     unsigned int steps, void (*act)(const uint8_t *))
{
	unsigned int every = getenv("CRYPTECH_FULL") ? 1 : 4, cuts = 0;

	for (unsigned int i = 1; i <= steps; i++) {
		for (enum nor_cut cut = NOR_NOT_DONE; cut <= NOR_DONE; cut++) {
			if ((3 * i + cut) % every)
				continue;
			if (!EXPECT(from_base(anchor, i, cut)))
				return cuts;
			act(key);
			if (!EXPECT(whole_or_nothing(key, i)))
				return cuts;
			cuts++;
		}
	}
	printf("# %u cuts of %u\n", cuts, 3 * steps);
	return cuts;
}

static void make_it(const uint8_t *key)
{
	make_key(key, 1, SETS(1, { H5_W8 }));
}

static void delete_it(const uint8_t *key)
{
	delete_key(key);
}

static void cut_while_stored(void)
{
	const uint8_t *key = name_of('k');
	unsigned int steps;
	uint64_t before;

	REQUIRE(hashsig_fresh(0, 256 << 10) && keep_base());
	REQUIRE(from_base(0, 0, NOR_DONE));
	before = hsm_flash_writes();
	REQUIRE(make_key(key, 1, SETS(1, { H5_W8 })));
	steps = hsm_flash_writes() - before;
	EXPECT(each_cut(key, 0, steps, make_it) > 20);
	EXPECT_EQ(ledger.repeats, 0);
	nor_free(base);
}

static void cut_while_deleted(void)
{
	const uint8_t *key = name_of('k');
	uint64_t anchor, before;
	unsigned int steps;

	REQUIRE(hashsig_fresh(0, 256 << 10));
	REQUIRE(make_key(key, 1, SETS(1, { H5_W8 })) && keep_base());
	anchor = box_anchor;
	REQUIRE(from_base(anchor, 0, NOR_DONE));
	before = hsm_flash_writes();
	EXPECT_EQ(delete_key(key), 0);
	steps = hsm_flash_writes() - before;
	EXPECT(each_cut(key, anchor, steps, delete_it) > 5);
	nor_free(base);
}

/* --- flash that is not the newest ------------------------------------------------------------ */

static int accept(uint32_t decision)
{
	return ask(&box, OFFICER, CRYPTECH_RPC_HASHSIG_ACCEPT, "u", decision);
}

/* A key that signed, and the flash from before that put back. */
static bool rolled_back(const uint8_t *key, const uint8_t *ec)
{
	if (!hashsig_fresh(2, 1 << 20) ||
	    !make_key(key, 1, SETS(2, { H5_W8 }, { H5_W8 })) ||
	    ask(&box, ME, CRYPTECH_RPC_KEY_GENERATE, "ouus", ec,
		(size_t)UUID_SIZE, CRYPTECH_KEY_EC_P256, FLAGS, "") ||
	    !keep_base() || !back())
		return false;
	/* a commit of the root is what the anchor counts */
	if (sign_text(key, "text", &signature) ||
	    !is_good(key, "text", &signature))
		return false;
	box_stop(&box);
	nor_copy(hsm_flash_nor(), base);
	nor_boot(hsm_flash_nor(), 1);
	nor_free(base);
	return back() && !box_login(&box, OFFICER, CRYPTECH_USER_SO);
}

static void expect_stale(const uint8_t *key, const uint8_t *ec)
{
	static const uint8_t hash[32];
	uint64_t writes = hsm_flash_writes();

	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_MODE),
		  CRYPTECH_MODE_SIMULATOR | CRYPTECH_MODE_STALE);
	EXPECT_EQ(state_of(key), CRYPTECH_HASHSIG_STALE);
	EXPECT_EQ(sign_text(key, "text", &signature),
		  CRYPTECH_ERR_KEYSTORE_LOST_DATA);
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_SIGN_INIT, "oo", key,
		      (size_t)UUID_SIZE, "sixteen bytes...", (size_t)16),
		  CRYPTECH_ERR_KEYSTORE_LOST_DATA);
	EXPECT_EQ(generate(name_of('n'), 1, SETS(1, { H5_W8 })),
		  CRYPTECH_ERR_KEYSTORE_LOST_DATA);
	EXPECT_EQ(delete_key(key), CRYPTECH_ERR_KEYSTORE_LOST_DATA);
	EXPECT_EQ(hsm_flash_writes(), writes);
	/* other keys have nothing to do with it */
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_SIGN, "ouou", ec,
		      (size_t)UUID_SIZE, CRYPTECH_DIGEST_SHA256, hash,
		      sizeof(hash), 64), 0);
	/* and what needs no seed goes on */
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_KEY_PUBLIC, "ou", key,
		      (size_t)UUID_SIZE, 80), 0);
	EXPECT_EQ(accept(0), CRYPTECH_ERR_BAD_ARGUMENTS);
	EXPECT_EQ(accept(3), CRYPTECH_ERR_BAD_ARGUMENTS);
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_HASHSIG_ACCEPT, "u",
		      CRYPTECH_ACCEPT_FLASH), CRYPTECH_ERR_FORBIDDEN);
}

static void accepted(void)
{
	const uint8_t *key = name_of('k'), *ec = name_of('e');

	REQUIRE(rolled_back(key, ec));
	expect_stale(key, ec);
	/* it does not go away by itself */
	REQUIRE(hashsig_restart());
	REQUIRE(!box_login(&box, OFFICER, CRYPTECH_USER_SO));
	expect_stale(key, ec);
	EXPECT_EQ(accept(CRYPTECH_ACCEPT_FLASH), 0);
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_MODE),
		  CRYPTECH_MODE_SIMULATOR);
	REQUIRE(!sign_text(key, "text", &signature));
	EXPECT(is_good(key, "text", &signature));
	EXPECT_EQ(accept(CRYPTECH_ACCEPT_FLASH), CRYPTECH_ERR_BAD_ARGUMENTS);
	REQUIRE(hashsig_restart());
	EXPECT_EQ(state_of(key), CRYPTECH_HASHSIG_IDLE);
	REQUIRE(make_key(name_of('n'), 1, SETS(1, { H5_W8 })));
	EXPECT_EQ(delete_key(key), 0);
	/* what was accepted did sign twice: why it has to be asked about */
	EXPECT_EQ(ledger.repeats, 1);
}

static void destroyed(void)
{
	const uint8_t *key = name_of('k'), *ec = name_of('e');

	REQUIRE(rolled_back(key, ec));
	EXPECT_EQ(accept(CRYPTECH_ACCEPT_DESTROY), 0);
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_MODE),
		  CRYPTECH_MODE_SIMULATOR);
	EXPECT_EQ(state_of(key), 0xffffffff);
	EXPECT_EQ(sign_text(key, "text", &signature),
		  CRYPTECH_ERR_KEY_NOT_FOUND);
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_HASHSIG_KEYS), 0);
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_KEYS_TOKEN), 1);
	EXPECT(!has_state(key));
	REQUIRE(back());
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_KEYS_TOKEN), 1);
	REQUIRE(make_key(key, 1, SETS(1, { H5_W8 })));
}

int main(void)
{
	RUN(lower_trees_anew);
	RUN(rebuilt_in_the_background);
	RUN(single_seed);
	RUN(state_alone);
	RUN(record_alone);
	RUN(cut_while_stored);
	RUN(cut_while_deleted);
	RUN(accepted);
	RUN(destroyed);
	hashsig_over();
	return tap_done();
}
