// SPDX-License-Identifier: MIT
/*
 * Hash signature keys of the FPGA's vault, through the HSM: what a client sees
 * of them, and what is refused.
 */
#include "vault_box.h"

#define FLASH	(512 * 1024)

/* The design under simulation takes its time: 18 million cycles for each time
 * that a tree of W8 is computed: once here, without a restart. */
#ifdef SLOW_BOARD
#define W8_SIGNS 3
#else
#define W8_SIGNS 32
#endif

/* @count leaves of a key sign, each once, with a restart on the way. */
static void sign_many(uint32_t lms, uint32_t lmots, int count)
{
	const uint8_t *key = name_of('a');
	struct signature signature;
	char text[16];

	REQUIRE(vault_fresh(2, FLASH));
	REQUIRE(vault_make_hss(key, lms, lmots));
	EXPECT_EQ(left_of(key), 32);
	for (int i = 0; i < count; i++) {
		snprintf(text, sizeof(text), "message %d", i);
		if (i == 5 || i == 31)
			REQUIRE(vault_power());
		REQUIRE(EXPECT_EQ(sign_text(key, text, &signature), 0));
		EXPECT(is_good(key, text, &signature));
		EXPECT_EQ(signature.left, 31 - i);
		EXPECT_EQ(verify_text(ME, key, text, &signature), 0);
		EXPECT_EQ(verify_text(ME, key, "another", &signature),
			  CRYPTECH_ERR_INVALID_SIGNATURE);
	}
	EXPECT_EQ(ledger.count, count);
	EXPECT_EQ(ledger.repeats, 0);
	if (count == 32)
		EXPECT_EQ(sign_text(key, "one too many", &signature),
			  CRYPTECH_ERR_HASHSIG_KEY_EXHAUSTED);
	vault_over();
}

static void n32_w8(void)
{
	sign_many(H5_W8, W8_SIGNS);
}

static void n32_w4(void)
{
	sign_many(H5_W4, 32);
}

static void n24_w2(void)
{
	sign_many(0x0a, 0x06, 32);
}

int main(void)
{
	RUN(n32_w8);
	RUN(n32_w4);
	RUN(n24_w2);
	return tap_done();
}
