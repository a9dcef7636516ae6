// SPDX-License-Identifier: MIT
/*
 * Generation as a job: seen, cancelled, gone with its client, and nothing of it
 * left behind. What it works at is long enough never to end by itself here:
 * H20 of W8, an hour of a core.
 */
#include "hashsig_box.h"

#define LONG_JOB	SETS(1, { 8, 4 })
#define THIRD		0x5555

static struct job_info info;

/* So the tests begin, with two background threads. */
static bool fresh(void)
{
	return hashsig_fresh(2, 1 << 20);
}

/* Wait until some of it is done. */
static bool is_under_way(uint32_t word, const uint8_t *uuid)
{
	do {
		if (job_info(word, uuid, &info) ||
		    info.state != CRYPTECH_JOB_RUNNING)
			return false;
	} while (!info.done);
	return true;
}

static int cancel(uint32_t word, const uint8_t *uuid)
{
	return ask(&box, word, CRYPTECH_RPC_HASHSIG_CANCEL, "o", uuid,
		   (size_t)UUID_SIZE);
}

static void nothing_is_left(void)
{
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_HASHSIG_KEYS), 0);
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_KEYS_TOKEN), 0);
	REQUIRE(hashsig_restart());
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_HASHSIG_KEYS), 0);
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_KEYS_TOKEN), 0);
}

static void seen(void)
{
	const uint8_t *uuid = name_of('a');
	uint64_t done, writes = 0;

	REQUIRE(fresh());
	writes = hsm_flash_writes();
	REQUIRE(!generate(uuid, 1, LONG_JOB));
	REQUIRE(is_under_way(ME, uuid));
	EXPECT_EQ(info.total, 1 << 20);
	EXPECT_EQ(info.error, 0);
	done = info.done;
	do {
		REQUIRE(!job_info(ME, uuid, &info));
		EXPECT(info.done >= done);
	} while (info.done == done);
	EXPECT_EQ(hsm_flash_writes(), writes);	/* nothing of it in flash */
	/* it is nobody's key yet, and no other client's job */
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_KEY_INFO, "o", uuid,
		      (size_t)UUID_SIZE), CRYPTECH_ERR_KEY_NOT_FOUND);
	EXPECT_EQ(job_info(OTHER, uuid, &info), CRYPTECH_ERR_KEY_NOT_FOUND);
	EXPECT_EQ(cancel(OTHER, uuid), CRYPTECH_ERR_KEY_NOT_FOUND);
	EXPECT_EQ(generate(uuid, 1, LONG_JOB), CRYPTECH_ERR_KEY_NAME_IN_USE);
	EXPECT_EQ(generate_as(OTHER, uuid, UUID_SIZE, FLAGS, "", 0, 1,
			      LONG_JOB), CRYPTECH_ERR_KEY_NAME_IN_USE);
	EXPECT_EQ(ask(&box, OTHER, CRYPTECH_RPC_KEY_GENERATE, "ouus", uuid,
		      (size_t)UUID_SIZE, CRYPTECH_KEY_EC_P256, FLAGS, ""),
		  CRYPTECH_ERR_KEY_NAME_IN_USE);

	EXPECT_EQ(cancel(ME, uuid), 0);
	REQUIRE(!job_info(ME, uuid, &info));
	EXPECT_EQ(info.state, CRYPTECH_JOB_CANCELLED);
	EXPECT_EQ(cancel(ME, uuid), CRYPTECH_ERR_KEY_NOT_FOUND);
	EXPECT_EQ(cancel(ME, name_of('n')), CRYPTECH_ERR_KEY_NOT_FOUND);
	/* the name is free at once */
	REQUIRE(make_key(uuid, 1, SETS(1, { H5_W8 })));
	REQUIRE(!job_info(ME, uuid, &info));
	EXPECT_EQ(info.state, CRYPTECH_JOB_DONE);
	EXPECT_EQ(info.done, 32);
	EXPECT_EQ(info.total, 32);
	EXPECT_EQ(delete_key(uuid), 0);
	nothing_is_left();
}

/* Others are served, and other keys made, while it runs. */
static void blocks_nobody(void)
{
	const uint8_t *uuid = name_of('a'), *other = name_of('b');
	static struct signature signature;

	REQUIRE(fresh());
	REQUIRE(make_key(other, 1, SETS(2, { H5_W8 }, { H5_W8 })));
	REQUIRE(!generate(uuid, 1, LONG_JOB));
	REQUIRE(is_under_way(ME, uuid));
	/* over two changes of the lower tree */
	for (unsigned int i = 0; i < 70; i++) {
		REQUIRE(!sign_text(other, "text", &signature));
		EXPECT_EQ(signature.left, 1023 - i);
	}
	REQUIRE(make_key(name_of('c'), 1, SETS(1, { H5_W8 })));
	REQUIRE(!job_info(ME, uuid, &info));
	EXPECT_EQ(info.state, CRYPTECH_JOB_RUNNING);
}

static void goes_with_its_client(void)
{
	REQUIRE(fresh());
	for (unsigned int i = 0; i < 3; i++) {
		const uint8_t *uuid = name_of('a' + i);

		REQUIRE(!box_login(&box, THIRD, CRYPTECH_USER_NORMAL));
		REQUIRE(!generate_as(THIRD, uuid, UUID_SIZE, FLAGS, "", 0, 1,
				     LONG_JOB));
		REQUIRE(is_under_way(THIRD, uuid));
		if (i == 0)
			EXPECT_EQ(ask(&box, THIRD, CRYPTECH_RPC_LOGOUT, ""), 0);
		else if (i == 1)
			hsm_client_gone(box.hsm, HSM_PORT_SOCKET, THIRD);
		else	/* ATTACH */
			EXPECT_EQ(ask(&box, CRYPTECH_CLIENT_MUX,
				      CRYPTECH_RPC_ATTACH, "u", 1), 0);
		EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_CLIENTS),
			  i < 2 ? 2 : 0);
		if (i == 2) {
			REQUIRE(!box_login(&box, ME, CRYPTECH_USER_NORMAL));
			REQUIRE(!box_login(&box, OTHER,
					   CRYPTECH_USER_NORMAL));
		}
		EXPECT_EQ(job_info(ME, uuid, &info),
			  CRYPTECH_ERR_KEY_NOT_FOUND);
		REQUIRE(make_key(uuid, 1, SETS(1, { H5_W8 })));
		EXPECT_EQ(delete_key(uuid), 0);
	}
	nothing_is_left();
}

/* Four a client, sixteen in all; what ends makes room. */
static void quota(void)
{
	char letter = 'A';

	REQUIRE(fresh());
	for (uint32_t word = 1; word <= 4; word++) {
		REQUIRE(!box_login(&box, THIRD + word, CRYPTECH_USER_NORMAL));
		for (unsigned int i = 0; i < 4; i++)
			REQUIRE(!generate_as(THIRD + word, name_of(letter++),
					     UUID_SIZE, FLAGS, "", 0, 1,
					     LONG_JOB));
		EXPECT_EQ(generate_as(THIRD + word, name_of('z'), UUID_SIZE,
				      FLAGS, "", 0, 1, LONG_JOB),
			  CRYPTECH_ERR_NO_KEY_SLOTS_AVAILABLE);
	}
	EXPECT_EQ(generate(name_of('z'), 1, SETS(1, { H5_W8 })),
		  CRYPTECH_ERR_NO_KEY_SLOTS_AVAILABLE);
	EXPECT_EQ(cancel(THIRD + 1, name_of('A')), 0);
	REQUIRE(make_key(name_of('z'), 1, SETS(1, { H5_W8 })));
	EXPECT_EQ(delete_key(name_of('z')), 0);
	hsm_port_gone(box.hsm, HSM_PORT_SOCKET);
	REQUIRE(!box_login(&box, ME, CRYPTECH_USER_NORMAL));
	nothing_is_left();
}

/* The last sixteen that ended. */
static void remembered(void)
{
	uint8_t uuid[UUID_SIZE] = "a job";

	REQUIRE(fresh());
	for (unsigned int i = 0; i < 17; i++) {
		uuid[15] = i;
		REQUIRE(!generate(uuid, 1, LONG_JOB));
		EXPECT_EQ(cancel(ME, uuid), 0);
	}
	for (unsigned int i = 0; i < 17; i++) {
		uuid[15] = i;
		EXPECT_EQ(job_info(ME, uuid, &info),
			  i ? 0 : CRYPTECH_ERR_KEY_NOT_FOUND);
	}
	/* a UUID that the HSM draws is told at once */
	REQUIRE(!generate_as(ME, uuid, 0, FLAGS, "", 0, 1,
			     SETS(1, { H5_W8 })));
	xdr_get_u32(&box.results);
	memcpy(uuid, xdr_get_raw(&box.results, 16), 16);
	EXPECT_EQ(job_wait(ME, uuid), CRYPTECH_JOB_DONE);
	EXPECT_EQ(left_of(uuid), 32);
}

/*
 * A flash with room for less than a key, and a little more each time until it
 * is enough: whatever of a key had found room is gone again.
 */
static void no_room_in_flash(void)
{
	const uint8_t *uuid = name_of('a');
	uint8_t value[16] = "the value of it";
	uint8_t name[UUID_SIZE] = "filler";
	unsigned int fillers = 0, failed = 0;
	char label[65];
	int error = 0;

	REQUIRE(hashsig_fresh(2, 96 << 10));
	memset(label, 'l', 64);
	label[64] = 0;
	while (!error) {
		memcpy(name + 8, &fillers, sizeof(fillers));
		error = ask(&box, ME, CRYPTECH_RPC_KEY_LOAD_RAW, "ouous", name,
			    (size_t)UUID_SIZE, CRYPTECH_KEY_AES128, value,
			    sizeof(value),
			    CRYPTECH_KEY_FLAG_DATAENCIPHERMENT | TOKEN, label);
		fillers += !error;
	}
	EXPECT_EQ(error, CRYPTECH_ERR_NO_KEY_INDEX_SLOTS);
	for (;;) {
		REQUIRE(!generate(uuid, 1, SETS(1, { H5_W8 })));
		if (job_wait(ME, uuid) == CRYPTECH_JOB_DONE)
			break;
		failed++;
		REQUIRE(!job_info(ME, uuid, &info));
		EXPECT_EQ(info.state, CRYPTECH_JOB_FAILED);
		EXPECT_EQ(info.error, CRYPTECH_ERR_NO_KEY_INDEX_SLOTS);
		EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_HASHSIG_KEYS), 0);
		EXPECT_EQ(left_of(uuid), UINT64_MAX);
		if (failed % 8 == 1) {
			box.log[0] = 0;
			REQUIRE(hashsig_restart());
			EXPECT_EQ(box.log[0], 0);	/* nothing discarded */
		}
		REQUIRE(fillers);
		fillers--;
		memcpy(name + 8, &fillers, sizeof(fillers));
		REQUIRE(!delete_key(name));
	}
	EXPECT(failed);
	printf("# %u times\n", failed);
	EXPECT_EQ(left_of(uuid), 32);
}

/* The HSM stops in the middle of everything: ASan sees what is forgotten. */
static void stopped(void)
{
	static struct signature signature;

	REQUIRE(fresh());
	REQUIRE(make_key(name_of('b'), 1, SETS(2, { H5_W8 }, { H10_W8 })));
	for (unsigned int i = 0; i < 3; i++)
		REQUIRE(!generate(name_of('c' + i), 1, LONG_JOB));
	REQUIRE(is_under_way(ME, name_of('d')));
	/* its next tree is being built, too */
	REQUIRE(!sign_text(name_of('b'), "text", &signature));
	box_stop(&box);
	REQUIRE(box_start(&box));
	REQUIRE(!box_login(&box, ME, CRYPTECH_USER_NORMAL));
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_HASHSIG_KEYS), 1);
	EXPECT_EQ(delete_key(name_of('b')), 0);
}

/* --- function 31 ----------------------------------------------------------------------- */

static void *client_goes(void *data)
{
	(void)data;
	while (!box_hired)	/* until it is at work */
		;
	hsm_client_gone(box.hsm, HSM_PORT_SOCKET, THIRD);
	return NULL;
}

/* Whoever waits for libhal's function and goes takes its work with him. */
static void synchronous(void)
{
	static uint8_t reply[CRYPTECH_RPC_MESSAGE_MAX];
	uint8_t request[28];
	struct xdr_writer w;
	pthread_t thread;
	size_t len;

	REQUIRE(fresh());
	REQUIRE(!box_login(&box, THIRD, CRYPTECH_USER_NORMAL));
	box_hired = 0;
	REQUIRE(!pthread_create(&thread, NULL, client_goes, NULL));
	xdr_writer_init(&w, request, sizeof(request));
	xdr_put_u32(&w, CRYPTECH_RPC_PKEY_GENERATE_HASHSIG);
	xdr_put_u32(&w, THIRD);
	xdr_put_u32(&w, 0);
	xdr_put_u32(&w, 1);
	xdr_put_u32(&w, 8);
	xdr_put_u32(&w, 4);
	xdr_put_u32(&w, FLAGS);
	len = hsm_call(box.hsm, HSM_PORT_SOCKET, request, sizeof(request),
		       reply);
	pthread_join(thread, NULL);
	EXPECT_EQ(len, 12);
	EXPECT_EQ(reply[11], CRYPTECH_ERR_FORBIDDEN);
	nothing_is_left();
}

int main(void)
{
	RUN(seen);
	RUN(blocks_nobody);
	RUN(goes_with_its_client);
	RUN(quota);
	RUN(remembered);
	RUN(no_room_in_flash);
	RUN(stopped);
	RUN(synchronous);
	hashsig_over();
	return tap_done();
}
