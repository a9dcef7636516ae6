// SPDX-License-Identifier: MIT
/*
 * The master key: known by its fingerprint, given as shares, replaced.
 */
#include "master_box.h"

/* --- tests ---------------------------------------------------------------- */

static void known_by_its_fingerprint(void)
{
	box_stop(&box);
	box_init(&box, hsm_flash_blank());
	REQUIRE(box_start(&box));
	EXPECT(tells_fingerprint(ME));
	EXPECT_EQ(set_key(0, new_key), 26);
	REQUIRE(master_fresh(1 << 20));
	EXPECT(tells_fingerprint(NOBODY));
	EXPECT(tells_fingerprint(WHEEL));
}

static void for_the_wheel_alone(void)
{
	const uint32_t words[] = { ME, SO, NOBODY };

	REQUIRE(master_fresh(1 << 20));
	for (unsigned int i = 0; i < 3; i++) {
		EXPECT_EQ(set_as(words[i], 0, new_key, 32), 26);
		EXPECT_EQ(ask(&box, words[i],
			      CRYPTECH_RPC_MASTER_KEY_GENERATE, "u", 0), 26);
		EXPECT_EQ(ask(&box, words[i], CRYPTECH_RPC_MASTER_KEY_SHARES,
			      "uu", 2, 3), 26);
	}
	EXPECT(!has_key(new_key));
}

/* The reply of a change is the new fingerprint. */
static void replaced(void)
{
	uint8_t wanted[32], old[32];
	struct bytes got;

	REQUIRE(master_fresh(1 << 20));
	memcpy(old, box.master_key, 32);
	REQUIRE(!result_bytes(set_key(0, new_key), &got));
	plain_fingerprint(new_key, wanted);
	EXPECT_EQ(got.len, 32);
	EXPECT_MEM(got.data, wanted, 32);
	EXPECT(has_key(new_key) && tells_fingerprint(ME));
	REQUIRE(!result_bytes(ask(&box, WHEEL,
				  CRYPTECH_RPC_MASTER_KEY_GENERATE, "u", 0),
			      &got));
	plain_fingerprint(box.master_key, wanted);
	EXPECT_MEM(got.data, wanted, 32);
	EXPECT(!has_key(new_key) && !has_key(old));
	/* the one that is there already is fine, too */
	memcpy(old, box.master_key, 32);
	EXPECT_EQ(set_key(0, old), 0);
	REQUIRE(master_restart());
	EXPECT(has_key(old) && tells_fingerprint(ME));
}

static void not_while_keys_stand(void)
{
	uint8_t old[32];

	REQUIRE(master_fresh(1 << 20));
	memcpy(old, box.master_key, 32);
	REQUIRE(!make_ec('V', SIGNS));		/* in memory: stays */
	REQUIRE(!make_ec('T', SIGNS | TOKEN) && !sign_with('T'));
	EXPECT_EQ(set_key(0, new_key), 26);
	EXPECT_EQ(set_key(2, new_key), 1);
	EXPECT_EQ(ask(&box, WHEEL, CRYPTECH_RPC_MASTER_KEY_GENERATE, "u", 0),
		  26);
	EXPECT(has_key(old) && tells_fingerprint(ME));
	EXPECT_EQ(sign_with('T'), 0);
	/* wrong arguments destroy nothing */
	EXPECT_EQ(set_as(WHEEL, 1, new_key, 31), 34);
	EXPECT_EQ(set_as(WHEEL, 1, new_key, 0), 34);
	EXPECT_EQ(sign_with('T'), 0);
	EXPECT_EQ(set_key(1, new_key), 0);
	EXPECT(has_key(new_key));
	EXPECT_EQ(info_of('T'), 21);
	EXPECT_EQ(sign_with('V'), 0);
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_KEYS_TOKEN), 0);
	/* those who are logged in stay so, and make new keys */
	REQUIRE(!make_ec('N', SIGNS | TOKEN));
	REQUIRE(master_restart());
	EXPECT_EQ(sign_with('N'), 0);
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_RECORDS_LOST), 0);
	EXPECT_EQ(info_of('T'), 21);
}

static void settings_stay(void)
{
	struct self self;

	REQUIRE(master_fresh(1 << 20) && make_settings() && look(&self));
	EXPECT_EQ(self.policy, CRYPTECH_POLICY_SHARED_SEED);
	EXPECT(self.devices.len > 100);
	for (int i = 0; i < 3; i++) {
		EXPECT_EQ(ask(&box, WHEEL, CRYPTECH_RPC_MASTER_KEY_GENERATE,
			      "u", 0), 0);
		EXPECT(is_still(&self));
		REQUIRE(master_restart());
		EXPECT(is_still(&self));
	}
	EXPECT_EQ(make_recoverable(), 0);
	EXPECT_EQ(ask(&box, NOBODY, CRYPTECH_RPC_LOGIN, "us",
		      CRYPTECH_USER_NORMAL, "wrong"), 24);
}

/* HSS keys go, the anchor does not. */
static void hash_signature_keys(void)
{
	const uint8_t *uuid = name_of('H');
	struct signature signature;
	uint64_t anchor;

	REQUIRE(master_fresh(1 << 20));
	REQUIRE(make_key(uuid, 1, SETS(1, { H5_W8 })));
	EXPECT_EQ(sign_text(uuid, "one", &signature), 0);
	EXPECT_EQ(set_key(0, new_key), 26);
	EXPECT_EQ(set_key(1, new_key), 0);
	EXPECT_EQ(info_of('H'), 21);
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_HASHSIG_KEYS), 0);
	anchor = box_anchor;
	EXPECT(anchor > 2);
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_ANCHOR), anchor);
	REQUIRE(master_restart());
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_MODE) &
		  CRYPTECH_MODE_STALE, 0);
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_ANCHOR), anchor);
	EXPECT_EQ(set_key(0, hash_value()), 0);
	/* without a restart, too */
	REQUIRE(make_key(uuid, 1, SETS(1, { H5_W8 })));
	EXPECT_EQ(sign_text(uuid, "two", &signature), 0);
	REQUIRE(master_restart());
	EXPECT_EQ(sign_text(uuid, "three", &signature), 0);
	EXPECT(is_good(uuid, "three", &signature));
	EXPECT_EQ(left_of(uuid), 30);
}

static void given_as_shares(void)
{
	static const uint32_t sizes[][2] = { { 2, 3 }, { 3, 5 }, { 16, 16 } };
	static struct share_list list, other;
	uint8_t key[32];

	REQUIRE(master_fresh(1 << 20));
	EXPECT_EQ(get_shares(1, 3, &list), 1);
	EXPECT_EQ(get_shares(4, 3, &list), 1);
	EXPECT_EQ(get_shares(2, 17, &list), 1);
	for (unsigned int i = 0; i < 3; i++) {
		uint32_t m = sizes[i][0], n = sizes[i][1];

		REQUIRE(master_fresh(1 << 20));
		memcpy(key, box.master_key, 32);
		REQUIRE(!get_shares(m, n, &list) && !get_shares(m, n, &other));
		EXPECT_EQ(list.n, n);
		/* another HSM, blank */
		REQUIRE(master_fresh(1 << 20));
		REQUIRE(!has_key(key));
		EXPECT_EQ(set_shares(0, &list, 0, m - 1), 1);
		EXPECT_EQ(set_shares(0, &list, 0, 0), 1);
		EXPECT_EQ(set_shares(0, &list, 0, 17), 1);
		memcpy(other.data[0], list.data[0], CRYPTECH_SHARE_SIZE);
		EXPECT_EQ(set_shares(0, &other, 0, m), 1);
		EXPECT(!has_key(key));
		EXPECT_EQ(set_shares(0, &list, n - m, m), 0);
		EXPECT(has_key(key));
	}
	/* a share of another length is none */
	EXPECT_EQ(set_as(WHEEL, 0, list.data[0], CRYPTECH_SHARE_SIZE - 1), 34);
	EXPECT_EQ(set_as(WHEEL, 0, list.data[0], CRYPTECH_SHARE_SIZE), 1);
}

/* Shares of the recovery key are no shares of this one. */
static void of_its_own_kind(void)
{
	static struct share_list list;
	struct bytes fingerprint;
	const uint8_t *data;

	REQUIRE(master_fresh(1 << 20));
	REQUIRE(!ask(&box, SO, CRYPTECH_RPC_RECOVERY_CREATE, "uu", 2, 2));
	data = xdr_get_opaque(&box.results, &fingerprint.len);
	EXPECT(data && fingerprint.len == 32);
	REQUIRE(!result_shares(0, &list));
	EXPECT_EQ(set_shares(0, &list, 0, 2), 1);
}

int main(void)
{
	RUN(known_by_its_fingerprint);
	RUN(for_the_wheel_alone);
	RUN(replaced);
	RUN(not_while_keys_stand);
	RUN(settings_stay);
	RUN(hash_signature_keys);
	RUN(given_as_shares);
	RUN(of_its_own_kind);
	hashsig_over();
	return tap_done();
}
