// SPDX-License-Identifier: MIT
/*
 * Hash signature keys as keys of the HSM: made, looked at, used, deleted, and
 * what is refused.
 */
#include "hashsig_box.h"

static void life(void)
{
	const uint8_t *uuid = name_of('a');
	static struct signature signature;
	struct hss_info info;

	REQUIRE(hashsig_fresh(2, 1 << 20));
	REQUIRE(make_key(uuid, 1, SETS(1, { H5_W8 })));
	REQUIRE(!hss_info(ME, uuid, &info));
	EXPECT_EQ(info.left, 32);
	EXPECT_EQ(info.root_left, 32);
	REQUIRE(!sign_text(uuid, "hello", &signature));
	EXPECT_EQ(signature.left, 31);
	EXPECT(is_good(uuid, "hello", &signature));
	EXPECT_EQ(verify_text(ME, uuid, "hello", &signature), 0);
	EXPECT_EQ(verify_text(ME, uuid, "hellp", &signature),
		  CRYPTECH_ERR_INVALID_SIGNATURE);
	REQUIRE(hashsig_restart());
	EXPECT_EQ(left_of(uuid), 31);
	REQUIRE(!sign_text(uuid, "again", &signature));
	EXPECT(is_good(uuid, "again", &signature));
	EXPECT_EQ(delete_key(uuid), 0);
	EXPECT_EQ(left_of(uuid), UINT64_MAX);
	REQUIRE(hashsig_restart());
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_HASHSIG_KEYS), 0);
	EXPECT_EQ(ledger.repeats, 0);
}

int main(void)
{
	RUN(life);
	hashsig_over();
	return tap_done();
}
