// SPDX-License-Identifier: MIT
/*
 * Clients and handles: what belongs to whom, how much of it there is, and when it
 * goes.
 */
#include "hsm_fresh.h"

static void handles_belong_to_clients(void)
{
	uint32_t handle;
	uint32_t next;

	REQUIRE(fresh());
	EXPECT_EQ(hash_open(ME, CRYPTECH_DIGEST_SHA256, "", &handle), 0);
	EXPECT(handle != 0);
	EXPECT_EQ(ask(&box, OTHER, CRYPTECH_RPC_HASH_GET_ALGORITHM, "u",
		      handle), 1);
	EXPECT_EQ(ask(&box, OTHER, CRYPTECH_RPC_HASH_UPDATE, "us", handle,
		      "x"), 1);
	EXPECT_EQ(ask(&box, OTHER, CRYPTECH_RPC_HASH_FINALIZE, "uu", handle,
		      32), 1);
	/* the same word on another port is another client */
	box.port = HSM_PORT_MAILBOX;
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_HASH_GET_ALGORITHM, "u", handle),
		  1);
	box.port = HSM_PORT_SOCKET;
	/* the mark and the counter are part of the handle */
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_HASH_GET_ALGORITHM, "u",
		      handle ^ 0x80000000), 1);
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_HASH_GET_ALGORITHM, "u",
		      handle ^ 0x00010000), 1);
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_HASH_GET_ALGORITHM, "u",
		      handle | 0xffff), 1);
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_HASH_GET_ALGORITHM, "u", handle),
		  0);
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_HASH_FINALIZE, "uu", handle, 32),
		  0);
	EXPECT_EQ(hash_open(ME, CRYPTECH_DIGEST_SHA256, "", &next), 0);
	EXPECT(next != handle);
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_HASH_GET_ALGORITHM, "u", handle),
		  1);
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_LOGOUT, ""), 0);
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_HASH_GET_ALGORITHM, "u", next),
		  1);
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_HANDLES), 0);
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_CLIENTS), 0);
}

/* No handle is 0 and none comes back while its counter can still tell. */
static void handles_do_not_come_back(void)
{
	static uint8_t seen[0x80000000u >> 19];
	unsigned int repeated = 0;
	uint32_t handle;
	int i;

	memset(seen, 0, sizeof(seen));
	box_stop(&box);
	box_init(&box, hsm_flash_blank());
	box.config.handles = 16;
	REQUIRE(box_start(&box) && box_init_pins(&box));
	for (i = 0; i < 16 * 255; i++) {
		EXPECT_EQ(hash_open(ME, CRYPTECH_DIGEST_SHA1, "", &handle), 0);
		EXPECT(handle != 0 && handle >> 16 <= 0xff);
		repeated += seen[(handle >> 16 << 4) | (handle & 0xf)]++;
		EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_HASH_FINALIZE, "uu",
			      handle, 20), 0);
	}
	EXPECT_EQ(repeated, 0);
}

/*
 * Handles opened and closed in any order by clients whose words share a
 * bucket, against a list of what should be there.
 */
static void handles_in_any_order(void)
{
	static struct { uint32_t word, handle; } model[40];
	unsigned int count = 0;
	uint64_t random = 99;
	uint32_t word;
	unsigned int i;
	int round;

	REQUIRE(fresh());
	for (round = 0; round < 3000; round++) {
		word = 5 + nor_random(&random) % 4 * 1024;
		i = nor_random(&random) % 40;
		if (i >= count && count < 40) {
			model[count].word = word;
			EXPECT_EQ(hash_open(word, CRYPTECH_DIGEST_SHA1, "",
					    &model[count].handle), 0);
			count++;
		} else if (round % 64 == 0) {
			EXPECT_EQ(ask(&box, word, CRYPTECH_RPC_LOGOUT, ""), 0);
			for (i = count; i-- > 0; )
				if (model[i].word == word)
					model[i] = model[--count];
		} else if (i < count) {
			EXPECT_EQ(ask(&box, model[i].word,
				      CRYPTECH_RPC_HASH_FINALIZE, "uu",
				      model[i].handle, 20), 0);
			model[i] = model[--count];
		}
		for (i = 0; i < count && round % 16 == 0; i++)
			EXPECT_EQ(ask(&box, model[i].word,
				      CRYPTECH_RPC_HASH_GET_ALGORITHM, "u",
				      model[i].handle), 0);
		if (!EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_HANDLES),
			       count))
			break;
	}
}

static void quotas_and_limits(void)
{
	uint32_t handle;
	uint32_t word;
	int i;

	box_stop(&box);
	box_init(&box, hsm_flash_blank());
	box.config.handles = 16;
	box.config.clients = 6;
	REQUIRE(box_start(&box) && box_init_pins(&box));

	for (i = 0; i < 4; i++)
		EXPECT_EQ(hash_open(ME, CRYPTECH_DIGEST_SHA1, "", &handle), 0);
	EXPECT_EQ(hash_open(ME, CRYPTECH_DIGEST_SHA1, "", &handle), 13);
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_HANDLES), 4);
	for (word = 1; word <= 3; word++)
		for (i = 0; i < 4; i++)
			EXPECT_EQ(hash_open(word, CRYPTECH_DIGEST_SHA1, "",
					    &handle), 0);
	EXPECT_EQ(hash_open(9, CRYPTECH_DIGEST_SHA1, "", &handle), 13);
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_CLIENTS), 4);

	/* whom a login makes the seventh is refused, before his try counts */
	EXPECT_EQ(box_login(&box, 10, CRYPTECH_USER_NORMAL), 0);
	EXPECT_EQ(box_login(&box, 11, CRYPTECH_USER_NORMAL), 0);
	for (i = 0; i < 5; i++)
		EXPECT_EQ(box_login(&box, 12, CRYPTECH_USER_NORMAL), 25);
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_PIN_DELAY_USER), 0);
	/* but can still ask what needs no place, and others' ports are free */
	EXPECT_EQ(ask(&box, 12, CRYPTECH_RPC_GET_VERSION, ""), 0);
	box.port = HSM_PORT_MAILBOX;
	EXPECT_EQ(box_login(&box, 12, CRYPTECH_USER_NORMAL), 0);
	EXPECT_EQ(hash_open(12, CRYPTECH_DIGEST_SHA1, "", &handle), 0);
	box.port = HSM_PORT_SOCKET;
	/* a place that gets free is given again */
	hsm_client_gone(box.hsm, HSM_PORT_SOCKET, 10);
	EXPECT_EQ(box_login(&box, 12, CRYPTECH_USER_NORMAL), 0);
}

static void any_number_of_clients_may_ask(void)
{
	uint32_t word;

	REQUIRE(fresh());
	for (word = 0; word < 100000; word++)
		if (!EXPECT_EQ(ask(&box, word * 42949, CRYPTECH_RPC_GET_VERSION,
				   ""), 0))
			break;
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_CLIENTS), 0);
}

static void logout_and_logout_all(void)
{
	REQUIRE(fresh());
	EXPECT_EQ(box_login(&box, 1, CRYPTECH_USER_NORMAL), 0);
	EXPECT_EQ(box_login(&box, 2, CRYPTECH_USER_SO), 0);
	box.port = HSM_PORT_MAILBOX;
	EXPECT_EQ(box_login(&box, 3, CRYPTECH_USER_NORMAL), 0);
	box.port = HSM_PORT_SOCKET;
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_CLIENTS), 3);

	EXPECT_EQ(logged_in(1, CRYPTECH_USER_NORMAL), 0);
	EXPECT_EQ(logged_in(1, CRYPTECH_USER_SO), 26);
	EXPECT_EQ(logged_in(4, CRYPTECH_USER_NORMAL), 26);
	EXPECT_EQ(logged_in(1, 0), 1);
	EXPECT_EQ(logged_in(1, 4), 1);

	/* a new login replaces the old one and takes no second place */
	EXPECT_EQ(box_login(&box, 1, CRYPTECH_USER_WHEEL), 0);
	EXPECT_EQ(logged_in(1, CRYPTECH_USER_NORMAL), 26);
	EXPECT_EQ(logged_in(1, CRYPTECH_USER_WHEEL), 0);
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_CLIENTS), 3);
	EXPECT_EQ(ask(&box, 1, CRYPTECH_RPC_LOGOUT, ""), 0);
	EXPECT_EQ(logged_in(1, CRYPTECH_USER_WHEEL), 26);
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_CLIENTS), 2);

	EXPECT_EQ(ask(&box, 2, CRYPTECH_RPC_LOGOUT_ALL, ""), 26);
	EXPECT_EQ(logged_in(2, CRYPTECH_USER_SO), 0);
	/* the multiplexer of the port: this port alone */
	EXPECT_EQ(ask(&box, CRYPTECH_CLIENT_MUX, CRYPTECH_RPC_LOGOUT_ALL, ""),
		  0);
	EXPECT_EQ(logged_in(2, CRYPTECH_USER_SO), 26);
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_CLIENTS), 1);
	/* the wheel: all of them */
	EXPECT_EQ(box_login(&box, 5, CRYPTECH_USER_WHEEL), 0);
	EXPECT_EQ(ask(&box, 5, CRYPTECH_RPC_LOGOUT_ALL, ""), 0);
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_CLIENTS), 0);
}

static void attach_empties_its_port(void)
{
	const uint8_t *serial;
	uint32_t handle;
	size_t len;

	REQUIRE(fresh());
	EXPECT_EQ(box_login(&box, ME, CRYPTECH_USER_NORMAL), 0);
	box.port = HSM_PORT_MAILBOX;
	EXPECT_EQ(box_login(&box, ME, CRYPTECH_USER_NORMAL), 0);
	EXPECT_EQ(hash_open(ME, CRYPTECH_DIGEST_SHA1, "", &handle), 0);
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_ATTACH, "u", 1), 26);
	EXPECT_EQ(ask(&box, 0, CRYPTECH_RPC_ATTACH, "u", 0), 1);
	EXPECT_EQ(logged_in(ME, CRYPTECH_USER_NORMAL), 0);

	EXPECT_EQ(ask(&box, 0, CRYPTECH_RPC_ATTACH, "u", 99), 0);
	EXPECT_EQ(result_u32(), CRYPTECH_ATTACH_VERSION);
	serial = result_opaque(&len);
	EXPECT_EQ(len, 16);
	EXPECT(serial[0] || memcmp(serial, serial + 1, 15));
	EXPECT_EQ(result_u32(), 1024);
	EXPECT_EQ(result_u32(), 4096);
	EXPECT_EQ(result_u32(), 16384);
	EXPECT(xdr_reader_done(&box.results));

	EXPECT_EQ(logged_in(ME, CRYPTECH_USER_NORMAL), 26);
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_HASH_GET_ALGORITHM, "u", handle),
		  1);
	box.port = HSM_PORT_SOCKET;
	EXPECT_EQ(logged_in(ME, CRYPTECH_USER_NORMAL), 0);
	hsm_port_gone(box.hsm, HSM_PORT_SOCKET);
	EXPECT_EQ(logged_in(ME, CRYPTECH_USER_NORMAL), 26);
}

int main(void)
{
	RUN(handles_belong_to_clients);
	RUN(handles_do_not_come_back);
	RUN(handles_in_any_order);
	RUN(quotas_and_limits);
	RUN(any_number_of_clients_may_ask);
	RUN(logout_and_logout_all);
	RUN(attach_empties_its_port);
	box_stop(&box);
	return tap_done();
}
