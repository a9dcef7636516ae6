// SPDX-License-Identifier: MIT
/*
 * Many threads at the same few keys: loaded, used, labelled, listed and deleted
 * at once. All names are names of one key, so whatever signature comes must be
 * good, however the key came and went meanwhile.
 */
#include "key_box.h"

#include <pthread.h>

#define THREADS	4
#define ROUNDS	600
#define NAMES	5

static struct bytes der, spki;
static uint8_t hash[32];

struct worker {
	pthread_t thread;
	uint64_t random;
	uint32_t word;
	unsigned int signatures, bad_signatures, bad_replies, strange;
	uint8_t request[4096], reply[CRYPTECH_RPC_MESSAGE_MAX];
	struct xdr_writer w;
	struct xdr_reader results;
};

static void begin(struct worker *me, uint32_t function)
{
	xdr_writer_init(&me->w, me->request, sizeof(me->request));
	xdr_put_u32(&me->w, function);
	xdr_put_u32(&me->w, me->word);
}

static void put_name(struct worker *me)
{
	uint8_t name[CRYPTECH_UUID_SIZE] = "one of the names";

	name[0] = (uint8_t)('a' + nor_random(&me->random) % NAMES);
	xdr_put_opaque(&me->w, name, sizeof(name));
}

static int end(struct worker *me)
{
	size_t len = hsm_call(box.hsm, HSM_PORT_SOCKET, me->request,
			      xdr_written(&me->w), me->reply);

	if (me->w.bad || len < CRYPTECH_RPC_REPLY_MIN ||
	    memcmp(me->reply, me->request, 8)) {
		me->bad_replies++;
		return -1;
	}
	xdr_reader_init(&me->results, me->reply + 8, len - 8);
	return (int)xdr_get_u32(&me->results);
}

static int load(struct worker *me)
{
	begin(me, CRYPTECH_RPC_KEY_LOAD);
	put_name(me);
	xdr_put_opaque(&me->w, der.data, der.len);
	xdr_put_u32(&me->w, nor_random(&me->random) % 3 ? SIGNS | TOKEN :
							  SIGNS);
	xdr_put_opaque(&me->w, "label", 5);
	return end(me);
}

static int sign(struct worker *me)
{
	const uint8_t *signature;
	size_t len;
	int error;

	begin(me, CRYPTECH_RPC_SIGN);
	put_name(me);
	xdr_put_u32(&me->w, CRYPTECH_DIGEST_SHA256);
	xdr_put_opaque(&me->w, hash, 32);
	xdr_put_u32(&me->w, 64);
	error = end(me);
	if (error)
		return error;
	signature = xdr_get_opaque(&me->results, &len);
	me->signatures++;
	if (len != 64 || !plain_verify(&spki, hash, 32, "sha256",
				       signature, len))
		me->bad_signatures++;
	return 0;
}

static int label(struct worker *me)
{
	uint64_t text = nor_random(&me->random) & 0x7f7f7f7f7f7f7f7f;

	text |= 0x2020202020202020;
	begin(me, CRYPTECH_RPC_KEY_SET_LABEL);
	put_name(me);
	xdr_put_opaque(&me->w, &text, sizeof(text));
	return end(me);
}

static int delete(struct worker *me)
{
	begin(me, CRYPTECH_RPC_KEY_DELETE);
	put_name(me);
	return end(me);
}

static int list(struct worker *me)
{
	begin(me, CRYPTECH_RPC_KEY_LIST);
	xdr_put_opaque(&me->w, "", 0);
	xdr_put_u32(&me->w, 100);
	return end(me);
}

static int login_again(struct worker *me)
{
	begin(me, CRYPTECH_RPC_LOGOUT);
	end(me);
	begin(me, CRYPTECH_RPC_LOGIN);
	xdr_put_u32(&me->w, CRYPTECH_USER_NORMAL);
	xdr_put_opaque(&me->w, BOX_USER, strlen(BOX_USER));
	return end(me);
}

/* What may be answered while others are at the same keys and the client. */
static bool is_expected(int error)
{
	switch (error) {
	case CRYPTECH_ERR_OK:
	case CRYPTECH_ERR_KEY_NOT_FOUND:
	case CRYPTECH_ERR_KEY_NAME_IN_USE:
	case CRYPTECH_ERR_FORBIDDEN:
	case CRYPTECH_ERR_BAD_ARGUMENTS:	/* a label with a DEL in it */
		return true;
	default:
		return false;
	}
}

static void *work(void *data)
{
	struct worker *me = data;
	int error;

	for (unsigned int i = 0; i < ROUNDS; i++) {
		switch (nor_random(&me->random) % 32) {
		case 0:
			error = login_again(me);
			break;
		case 1 ... 6:
			error = load(me);
			break;
		case 7 ... 10:
			error = delete(me);
			break;
		case 11 ... 14:
			error = label(me);
			break;
		case 15 ... 17:
			error = list(me);
			break;
		default:
			error = sign(me);
			break;
		}
		if (!is_expected(error)) {
			printf("# error %d\n", error);
			me->strange++;
		}
	}
	return NULL;
}

static void same_keys(void)
{
	static struct worker workers[THREADS];
	unsigned int signatures = 0;

	REQUIRE(key_box_fresh(false));
	plain_encode(EVP_EC_gen("P-256"), &der, &spki);
	memcpy(hash, hash_value(), sizeof(hash));
	for (unsigned int i = 0; i < THREADS; i++) {
		workers[i].random = i;
		/* two threads a client */
		workers[i].word = i % 2 ? ME : OTHER;
		REQUIRE(!pthread_create(&workers[i].thread, NULL, work,
					&workers[i]));
	}
	for (unsigned int i = 0; i < THREADS; i++) {
		pthread_join(workers[i].thread, NULL);
		signatures += workers[i].signatures;
		EXPECT_EQ(workers[i].bad_signatures, 0);
		EXPECT_EQ(workers[i].bad_replies, 0);
		EXPECT_EQ(workers[i].strange, 0);
	}
	EXPECT(signatures > ROUNDS / 2);
	hsm_port_gone(box.hsm, HSM_PORT_SOCKET);
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_KEYS_VOLATILE), 0);
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_CLIENTS), 0);
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_HANDLES), 0);
	EXPECT(box_status(&box, CRYPTECH_STATUS_KEYS_TOKEN) <= NAMES);
	REQUIRE(key_box_restart());
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_RECORDS_LOST), 0);
}

int main(void)
{
	RUN(same_keys);
	box_stop(&box);
	return tap_done();
}
