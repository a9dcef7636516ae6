// SPDX-License-Identifier: MIT
/*
 * --slots: an HSM of few keys, in flash and in memory.
 */
#include "hashsig_box.h"

#define SLOTS	3

static bool small(unsigned int slots)
{
	box_stop(&box);
	box_init(&box, hsm_flash_blank());
	box.config.slots = slots;
	box_set_threads(0);
	box_set_anchor();
	return box_start(&box) && box_init_pins(&box) &&
	       !box_login(&box, ME, CRYPTECH_USER_NORMAL) &&
	       !box_login(&box, OTHER, CRYPTECH_USER_NORMAL);
}

static int make(uint32_t word, uint8_t letter, uint32_t flags)
{
	return ask(&box, word, CRYPTECH_RPC_KEY_GENERATE, "ouus",
		   name_of(letter), (size_t)UUID_SIZE, CRYPTECH_KEY_EC_P256,
		   flags, "");
}

static void in_flash(void)
{
	struct named named;

	REQUIRE(small(SLOTS));
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_SLOTS), SLOTS);
	for (unsigned int i = 0; i < SLOTS; i++)
		EXPECT_EQ(make(ME, 'a' + i, SIGNS | TOKEN), 0);
	EXPECT_EQ(make(ME, 'x', SIGNS | TOKEN), 41);
	EXPECT_EQ(pkey_generate_ec(ME, 1, SIGNS | TOKEN, &named), 41);
	EXPECT_EQ(generate(name_of('h'), 1, SETS(1, { H5_W8 })), 41);
	EXPECT_EQ(make(ME, 'a', SIGNS | TOKEN), 22);
	/* memory is another matter */
	EXPECT_EQ(make(ME, 'v', SIGNS), 0);
	REQUIRE(key_box_restart());
	EXPECT_EQ(make(ME, 'x', SIGNS | TOKEN), 41);
	EXPECT_EQ(delete_key(name_of('b')), 0);
	EXPECT_EQ(make(ME, 'x', SIGNS | TOKEN), 0);
	EXPECT_EQ(make(ME, 'b', SIGNS | TOKEN), 41);
}

/* All clients' together. */
static void in_memory(void)
{
	REQUIRE(small(SLOTS));
	EXPECT_EQ(make(ME, 'a', SIGNS), 0);
	EXPECT_EQ(make(OTHER, 'b', SIGNS), 0);
	EXPECT_EQ(make(ME, 'c', SIGNS), 0);
	EXPECT_EQ(make(ME, 'd', SIGNS), 23);
	EXPECT_EQ(make(OTHER, 'd', SIGNS), 23);
	EXPECT_EQ(make(ME, 't', SIGNS | TOKEN), 0);
	EXPECT_EQ(ask(&box, OTHER, CRYPTECH_RPC_LOGOUT, ""), 0);
	EXPECT_EQ(make(ME, 'd', SIGNS), 0);
	EXPECT_EQ(make(ME, 'e', SIGNS), 23);
	EXPECT_EQ(delete_key(name_of('a')), 0);
	EXPECT_EQ(make(ME, 'e', SIGNS), 0);
}

/* A job that began while there was room ends in none. */
static void room_that_is_gone(void)
{
	const uint8_t *uuid = name_of('h');
	struct job_info info;

	REQUIRE(small(1));
	EXPECT_EQ(generate(uuid, 1, SETS(1, { H5_W8 })), 0);
	EXPECT_EQ(make(ME, 'a', SIGNS | TOKEN), 0);
	EXPECT_EQ(job_wait(ME, uuid), CRYPTECH_JOB_FAILED);
	EXPECT_EQ(job_info(ME, uuid, &info), 0);
	EXPECT_EQ(info.error, 41);
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_KEYS_TOKEN), 1);
	EXPECT_EQ(delete_key(name_of('a')), 0);
	EXPECT(make_key(uuid, 1, SETS(1, { H5_W8 })));
}

/* What was there before stays, however many. */
static void fewer_than_there_are(void)
{
	REQUIRE(small(0));
	for (unsigned int i = 0; i < SLOTS + 2; i++)
		EXPECT_EQ(make(ME, 'a' + i, SIGNS | TOKEN), 0);
	box.config.slots = SLOTS;
	REQUIRE(key_box_restart());
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_KEYS_TOKEN), SLOTS + 2);
	EXPECT_EQ(make(ME, 'x', SIGNS | TOKEN), 41);
	EXPECT_EQ(delete_key(name_of('a')), 0);
	EXPECT_EQ(delete_key(name_of('b')), 0);
	EXPECT_EQ(make(ME, 'x', SIGNS | TOKEN), 41);
	EXPECT_EQ(delete_key(name_of('c')), 0);
	EXPECT_EQ(make(ME, 'x', SIGNS | TOKEN), 0);
}

int main(void)
{
	RUN(in_flash);
	RUN(in_memory);
	RUN(room_that_is_gone);
	RUN(fewer_than_there_are);
	hashsig_over();
	return tap_done();
}
