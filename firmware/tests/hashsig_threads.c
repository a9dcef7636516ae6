// SPDX-License-Identifier: MIT
/*
 * Eight threads sign with one key, by requests, streams and libhal's functions,
 * while its lower trees come and go in the background: every signature is good,
 * no leaf signs twice, and the count is exact. Then the same while keys are
 * deleted and clients leave.
 */
#include "hashsig_box.h"

#define THREADS	8
#define EACH	24

struct made {
	char text[24];
	struct signature signature;
};

struct worker {
	pthread_t thread;
	unsigned int number;
	uint32_t word;
	uint8_t key[UUID_SIZE];
	uint64_t random;
	unsigned int count, strange, not_ready;
	struct made made[EACH];
	uint8_t request[512], reply[CRYPTECH_RPC_MESSAGE_MAX];
	struct xdr_writer w;
	struct xdr_reader results;
};

static struct worker workers[THREADS];

static void begin(struct worker *me, uint32_t function)
{
	xdr_writer_init(&me->w, me->request, sizeof(me->request));
	xdr_put_u32(&me->w, function);
	xdr_put_u32(&me->w, me->word);
}

static int end(struct worker *me)
{
	size_t len = hsm_call(box.hsm, HSM_PORT_SOCKET, me->request,
			      xdr_written(&me->w), me->reply);

	if (me->w.bad || len < CRYPTECH_RPC_REPLY_MIN)
		return -1;
	xdr_reader_init(&me->results, me->reply + 8, len - 8);
	return (int)xdr_get_u32(&me->results);
}

static void put_key(struct worker *me)
{
	xdr_put_opaque(&me->w, me->key, UUID_SIZE);
}

static void put_id(struct worker *me, unsigned int i)
{
	uint8_t id[16] = { 0 };

	memcpy(id, &me->number, 4);
	memcpy(id + 4, &i, 4);
	xdr_put_opaque(&me->w, id, sizeof(id));
}

static int once(struct worker *me, unsigned int i, const char *text)
{
	begin(me, CRYPTECH_RPC_SIGN_ONCE);
	put_key(me);
	put_id(me, i);
	xdr_put_opaque(&me->w, text, strlen(text));
	xdr_put_u32(&me->w, 4000);
	return end(me);
}

static int in_pieces(struct worker *me, unsigned int i, const char *text)
{
	uint32_t stream;
	int error;

	begin(me, CRYPTECH_RPC_SIGN_INIT);
	put_key(me);
	put_id(me, i);
	error = end(me);
	if (error)
		return error;
	stream = xdr_get_u32(&me->results);
	begin(me, CRYPTECH_RPC_SIGN_UPDATE);
	xdr_put_u32(&me->w, stream);
	xdr_put_opaque(&me->w, text, strlen(text));
	error = end(me);
	if (error)
		return error;
	begin(me, CRYPTECH_RPC_SIGN_FINAL);
	xdr_put_u32(&me->w, stream);
	xdr_put_u32(&me->w, 4000);
	return end(me);
}

static int by_handle(struct worker *me, const char *text)
{
	uint32_t handle;
	int error;

	begin(me, CRYPTECH_RPC_PKEY_OPEN);
	xdr_put_u32(&me->w, 0);
	put_key(me);
	error = end(me);
	if (error)
		return error;
	handle = xdr_get_u32(&me->results);
	begin(me, CRYPTECH_RPC_PKEY_SIGN);
	xdr_put_u32(&me->w, handle);
	xdr_put_u32(&me->w, 0);
	xdr_put_opaque(&me->w, text, strlen(text));
	xdr_put_u32(&me->w, 4000);
	return end(me);
}

static int sign(struct worker *me, unsigned int i, const char *text)
{
	int error;

	do {
		switch (i % 4) {
		case 0:
			error = in_pieces(me, i, text);
			break;
		case 1:
			error = by_handle(me, text);
			break;
		default:
			error = once(me, i, text);
		}
		me->not_ready += error == CRYPTECH_ERR_NOT_READY;
	} while (error == CRYPTECH_ERR_NOT_READY);
	return error;
}

static bool keep(struct worker *me, const char *text)
{
	struct made *made = &me->made[me->count];
	const uint8_t *data;
	size_t len;

	data = xdr_get_opaque(&me->results, &len);
	if (!data || len > sizeof(made->signature.data))
		return false;
	strcpy(made->text, text);
	memcpy(made->signature.data, data, len);
	made->signature.len = len;
	me->count++;
	return true;
}

static void *sign_all(void *data)
{
	struct worker *me = data;
	char text[24];

	for (unsigned int i = 0; i < EACH; i++) {
		snprintf(text, sizeof(text), "thread %u text %u", me->number,
			 i);
		if (sign(me, i, text) || !keep(me, text))
			me->strange++;
	}
	return NULL;
}

static bool start_all(void *(*work)(void *), const uint8_t *key)
{
	memset(workers, 0, sizeof(workers));
	for (unsigned int i = 0; i < THREADS; i++) {
		workers[i].number = i;
		workers[i].random = i;
		/* two threads a client: two streams are a client's quota */
		workers[i].word = 0x7000 + i / 2;
		memcpy(workers[i].key, key, UUID_SIZE);
		if (i % 2 == 0 && box_login(&box, workers[i].word,
					    CRYPTECH_USER_NORMAL))
			return false;
	}
	for (unsigned int i = 0; i < THREADS; i++)
		if (pthread_create(&workers[i].thread, NULL, work,
				   &workers[i]))
			return false;
	return true;
}

/* Everything that was signed, checked and written up. */
static unsigned int check_all(const uint8_t *key)
{
	uint8_t public[CRYPTECH_HSS_PUBLIC_MAX];
	size_t len = public_of(key, public);
	unsigned int total = 0;

	for (unsigned int i = 0; i < THREADS; i++) {
		for (unsigned int k = 0; k < workers[i].count; k++) {
			const struct made *made = &workers[i].made[k];

			/* good, and by a leaf that signed nothing before */
			EXPECT(plain_hss(&ledger, true, public, len,
					 made->signature.data,
					 made->signature.len, made->text,
					 strlen(made->text)));
			total++;
		}
	}
	EXPECT_EQ(ledger.repeats, 0);
	return total;
}

static void one_key(uint32_t reserve, const struct sets *sets, uint64_t all)
{
	const uint8_t *key = name_of('k');

	REQUIRE(hashsig_fresh(2, 1 << 20));
	REQUIRE(make_key(key, reserve, sets));
	REQUIRE(start_all(sign_all, key));
	for (unsigned int i = 0; i < THREADS; i++) {
		pthread_join(workers[i].thread, NULL);
		EXPECT_EQ(workers[i].strange, 0);
	}
	EXPECT_EQ(check_all(key), THREADS * EACH);
	EXPECT_EQ(left_of(key), all - THREADS * EACH);
}

static void two_levels(void)
{
	/* 192 signatures: the lower tree changes six times */
	one_key(1, SETS(2, { H5_W8 }, { H5_W8 }), 1024);
}

static void reserved_runs(void)
{
	one_key(3, SETS(2, { H5_W8 }, { H5_W4 }), 1024);
}

static void one_level(void)
{
	one_key(16, SETS(1, { H10_W4 }), 1024);
}

/* --- while keys and clients come and go ------------------------------------------------ */

static void *coming_and_going(void *data)
{
	struct worker *me = data;
	char text[24];
	int error;

	for (unsigned int i = 0; i < EACH; i++) {
		unsigned int what = nor_random(&me->random) % 16;

		if (me->number == 0 && i % 8 == 7) {
			begin(me, CRYPTECH_RPC_KEY_DELETE);
			put_key(me);
			error = end(me);
		} else if (what == 0) {
			hsm_client_gone(box.hsm, HSM_PORT_SOCKET, me->word);
			begin(me, CRYPTECH_RPC_LOGIN);
			xdr_put_u32(&me->w, CRYPTECH_USER_NORMAL);
			xdr_put_opaque(&me->w, BOX_USER, strlen(BOX_USER));
			error = end(me);
		} else if (what == 1) {
			begin(me, CRYPTECH_RPC_HASHSIG_GENERATE);
			put_key(me);
			xdr_put_u32(&me->w, FLAGS);
			xdr_put_opaque(&me->w, "", 0);
			xdr_put_u32(&me->w, 0);
			xdr_put_u32(&me->w, 1);
			xdr_put_u32(&me->w, 2);
			for (unsigned int k = 0; k < 2; k++) {
				xdr_put_u32(&me->w, 5);
				xdr_put_u32(&me->w, 4);
			}
			error = end(me);
		} else {
			snprintf(text, sizeof(text), "thread %u text %u",
				 me->number, i);
			error = sign(me, i, text);
			if (!error && !keep(me, text))
				me->strange++;
		}
		switch (error) {
		case CRYPTECH_ERR_OK:
		case CRYPTECH_ERR_FORBIDDEN:
		case CRYPTECH_ERR_KEY_NOT_FOUND:
		case CRYPTECH_ERR_KEY_NAME_IN_USE:
		case CRYPTECH_ERR_BAD_ARGUMENTS:	/* a stream that is gone */
		case CRYPTECH_ERR_NO_KEY_SLOTS_AVAILABLE:
			break;
		default:
			printf("# error %d\n", error);
			me->strange++;
		}
	}
	return NULL;
}

/*
 * The lower of two trees of H5 and W8: its one-time keys are known by an I of
 * its own, whichever root it had.
 */
static void note_lower(const struct made *made)
{
	const size_t lms = 4 + 4 + 35 * 32 + 4 + 5 * 32, key = 56;
	const uint8_t *data = made->signature.data;

	REQUIRE(made->signature.len == 4 + lms + key + lms);
	EXPECT(plain_note(&ledger, data + 4 + lms + 8, data + 4 + lms + key,
			  lms, made->text, strlen(made->text)));
	EXPECT_EQ(ledger.repeats, 0);
}

static void keys_and_clients(void)
{
	const uint8_t *key = name_of('k');

	REQUIRE(hashsig_fresh(2, 1 << 20));
	for (unsigned int round = 0; round < 4; round++) {
		REQUIRE(make_key(key, 1, SETS(2, { H5_W8 }, { H5_W8 })));
		REQUIRE(start_all(coming_and_going, key));
		for (unsigned int i = 0; i < THREADS; i++) {
			pthread_join(workers[i].thread, NULL);
			EXPECT_EQ(workers[i].strange, 0);
			for (unsigned int k = 0; k < workers[i].count; k++) {
				note_lower(&workers[i].made[k]);
			}
		}
		hsm_port_gone(box.hsm, HSM_PORT_SOCKET);
		EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_CLIENTS), 0);
		EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_HANDLES), 0);
		REQUIRE(hashsig_restart());
		delete_key(key);
		EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_HASHSIG_KEYS), 0);
		EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_RECORDS_LOST), 0);
	}
}

int main(void)
{
	RUN(two_levels);
	RUN(reserved_runs);
	RUN(one_level);
	RUN(keys_and_clients);
	hashsig_over();
	return tap_done();
}
