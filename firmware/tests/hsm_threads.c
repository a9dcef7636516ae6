// SPDX-License-Identifier: MIT
/*
 * Many threads at one HSM: calls that drop the lock while clients log out,
 * vanish, or their whole port starts anew. The sanitizers watch; in the end
 * nothing is left over.
 */
#include <pthread.h>

#include "hsm_box.h"
#include "hsm_flash.h"
#include "hsm_message.h"
#include "tap.h"

#define THREADS	6
#define ROUNDS	1500

static struct box box;

struct worker {
	pthread_t thread;
	uint64_t random;
	unsigned int bad;	/* replies that break the protocol */
	unsigned int signatures;
	uint32_t pkey;		/* handles it got, of whatever client */
	uint32_t hash;
	struct xdr_reader results;
	uint8_t reply[CRYPTECH_RPC_MESSAGE_MAX];
};

/* Clients are few, so that the threads meet. */
static uint32_t some_client(struct worker *worker)
{
	return 2 + random_u32(&worker->random) % 3;
}

static int call(struct worker *worker, unsigned int port, uint32_t function,
		const uint32_t *words, unsigned int count,
		const void *data, size_t len)
{
	uint8_t request[256];
	struct xdr_writer w;
	size_t got;
	unsigned int i;

	xdr_writer_init(&w, request, sizeof(request));
	xdr_put_u32(&w, function);
	xdr_put_u32(&w, function == CRYPTECH_RPC_ATTACH ? 0 :
			some_client(worker));
	for (i = 0; i < count; i++)
		xdr_put_u32(&w, words[i]);
	if (data)
		xdr_put_opaque(&w, data, len);
	if (function == CRYPTECH_RPC_PKEY_SIGN)
		xdr_put_u32(&w, 512);
	got = hsm_call(box.hsm, port, request, xdr_written(&w), worker->reply);
	if (got < CRYPTECH_RPC_REPLY_MIN ||
	    memcmp(worker->reply, request, 8)) {
		worker->bad++;
		return -1;
	}
	xdr_reader_init(&worker->results, worker->reply + 8, got - 8);
	return xdr_get_u32(&worker->results);
}

#define CALL(function, data, len, ...)					       \
	call(worker, port, CRYPTECH_RPC_##function,			       \
	     (const uint32_t[]){ __VA_ARGS__ },				       \
	     sizeof((const uint32_t[]){ __VA_ARGS__ }) / 4, data, len)

static void one_call(struct worker *worker, unsigned int port)
{
	const uint32_t flags = CRYPTECH_KEY_FLAG_DIGITALSIGNATURE;
	uint8_t value[32] = { 1 };

	switch (random_u32(&worker->random) % 16) {
	case 0:
		hsm_client_gone(box.hsm, port, some_client(worker));
		break;
	case 1:
		CALL(LOGOUT, NULL, 0);
		break;
	case 2:
		if (random_u32(&worker->random) % 16 == 0)
			CALL(ATTACH, NULL, 0, 1);
		break;
	case 3: case 4: case 5:
		CALL(LOGIN, BOX_USER, 4, CRYPTECH_USER_NORMAL);
		break;
	case 6: case 7:
		if (!CALL(PKEY_GENERATE_EC, NULL, 0, 0, CRYPTECH_CURVE_P256,
			  flags))
			worker->pkey = xdr_get_u32(&worker->results);
		break;
	case 8:
		CALL(PKEY_DELETE, NULL, 0, worker->pkey);
		break;
	case 9:
		if (!CALL(HASH_INITIALIZE, "", 0, 0, CRYPTECH_DIGEST_SHA256))
			worker->hash = xdr_get_u32(&worker->results);
		break;
	case 10:
		CALL(HASH_UPDATE, value, 32, worker->hash);
		break;
	case 11:
		CALL(HASH_FINALIZE, NULL, 0, worker->hash, 32);
		break;
	default:
		worker->signatures += !CALL(PKEY_SIGN, value, 32, worker->pkey,
					    0);
	}
}

static void *work(void *data)
{
	struct worker *worker = data;
	int i;

	for (i = 0; i < ROUNDS; i++)
		one_call(worker, i % 8 ? HSM_PORT_SOCKET : HSM_PORT_MAILBOX);
	return NULL;
}

static void clients_come_and_go(void)
{
	static struct worker workers[THREADS];
	unsigned int signatures = 0;
	int i;

	box_init(&box, hsm_flash_blank());
	REQUIRE(box_start(&box) && box_init_pins(&box));
	for (i = 0; i < THREADS; i++) {
		workers[i].random = 0x1234567 + i;
		pthread_create(&workers[i].thread, NULL, work, &workers[i]);
	}
	for (i = 0; i < THREADS; i++) {
		pthread_join(workers[i].thread, NULL);
		EXPECT_EQ(workers[i].bad, 0);
		signatures += workers[i].signatures;
	}
	EXPECT(signatures > 0);
	hsm_port_gone(box.hsm, HSM_PORT_SOCKET);
	hsm_port_gone(box.hsm, HSM_PORT_MAILBOX);
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_CLIENTS), 0);
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_HANDLES), 0);
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_KEYS_VOLATILE), 0);
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_PIN_DELAY_USER), 0);
}

int main(void)
{
	RUN(clients_come_and_go);
	box_stop(&box);
	return tap_done();
}
