// SPDX-License-Identifier: MIT
/* Root trees: create, commit, delete, restart. */
#include "root_box.h"

#define H5	0x0a		/* SHA256_M24_H5 */
#define W8	0x08		/* SHA256_N24_W8 */
#define MIB	(1024 * 1024)

static struct tree a;

static void creates(void)
{
	REQUIRE(up(MIB, 4096));
	tree_make(&a, H5, W8, CRYPTECH_HASHSIG_PUNCTURED, 1);
	EXPECT_EQ(tree_create(&a), CRYPTECH_ERR_OK);
	EXPECT_EQ(tree_create(&a), CRYPTECH_ERR_KEY_NAME_IN_USE);
	tree_check(&a, 0, 32);
	EXPECT_EQ(outside.anchor, 1);
	REQUIRE(restart());
	tree_check(&a, 0, 32);
	EXPECT(!roots_stale(roots));
	EXPECT_EQ(root_delete(roots, tree_root(&a)), CRYPTECH_ERR_OK);
	EXPECT(!tree_root(&a));
	EXPECT_EQ(stats_now().cells, 0);
	REQUIRE(restart());
	EXPECT(!tree_root(&a));
	EXPECT(!roots_stale(roots));
	tree_free(&a);
	end();
}

static void used_to_its_end(void)
{
	uint32_t profile;

	for (profile = 0; profile <= CRYPTECH_HASHSIG_SINGLE_SEED; profile++) {
		REQUIRE(up(MIB, 4096));
		tree_make(&a, H5, W8, profile, 1);
		REQUIRE(!tree_create(&a));
		for (uint32_t floor = 1; floor <= 32; floor++) {
			REQUIRE(tree_commit(&a, floor));
			REQUIRE(tree_check(&a, floor, 32));
			REQUIRE(restart());
			REQUIRE(tree_check(&a, floor, 32));
		}
		EXPECT_EQ(root_commit(roots, tree_root(&a), 33, tree_node, &a,
				      NULL), CRYPTECH_ERR_HASHSIG_KEY_EXHAUSTED);
		EXPECT_EQ(outside.anchor, 33);
		tree_free(&a);
		end();
	}
}

int main(void)
{
	RUN(creates);
	RUN(used_to_its_end);
	return tap_done();
}
