// SPDX-License-Identifier: MIT
/*
 * The master key changes while others make, load, use and move keys. Calls
 * wrap and unwrap keys without the lock, so a key that was sealed under the old
 * one must never be found under the new one: every key in flash opens after a
 * restart.
 */
#include "hashsig_box.h"

#include <pthread.h>

#define THREADS	3
#define ROUNDS	300
#define CHANGES	25
#define NAMES	5
#define WHEEL	0x4444

static struct bytes der, spki;

struct worker {
	pthread_t thread;
	uint64_t random;
	uint32_t word;
	unsigned int done, strange, signatures, imports;
	uint8_t request[CRYPTECH_RPC_MESSAGE_MAX];
	uint8_t reply[CRYPTECH_RPC_MESSAGE_MAX];
	uint8_t package[2048];
	size_t package_len;
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
	uint8_t name[UUID_SIZE] = "one of the names";

	name[0] = (uint8_t)('a' + nor_random(&me->random) % NAMES);
	xdr_put_opaque(&me->w, name, sizeof(name));
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

static int load(struct worker *me)
{
	begin(me, CRYPTECH_RPC_KEY_LOAD);
	put_name(me);
	xdr_put_opaque(&me->w, der.data, der.len);
	xdr_put_u32(&me->w, SIGNS | TOKEN | EXPORTABLE);
	xdr_put_opaque(&me->w, "label", 5);
	return end(me);
}

static int sign(struct worker *me)
{
	int error;

	begin(me, CRYPTECH_RPC_SIGN);
	put_name(me);
	xdr_put_u32(&me->w, CRYPTECH_DIGEST_SHA256);
	xdr_put_opaque(&me->w, hash_value(), 32);
	xdr_put_u32(&me->w, 64);
	error = end(me);
	me->signatures += !error;
	return error;
}

static int delete(struct worker *me)
{
	begin(me, CRYPTECH_RPC_KEY_DELETE);
	put_name(me);
	return end(me);
}

/* A package of the master key before is one that does not open. */
static int import(struct worker *me)
{
	int error;

	begin(me, CRYPTECH_RPC_RAW_IMPORT);
	xdr_put_opaque(&me->w, me->package, me->package_len);
	xdr_put_u32(&me->w, 0);
	xdr_put_u32(&me->w, 0);
	error = end(me);
	me->imports += !error;
	return error == CRYPTECH_ERR_KEYWRAP_BAD_MAGIC ? 0 : error;
}

/* Off the HSM and back. */
static int cycle(struct worker *me)
{
	uint64_t random = me->random;
	const uint8_t *data;
	size_t len;
	int error;

	begin(me, CRYPTECH_RPC_RAW_EXPORT);
	put_name(me);
	error = end(me);
	if (error)
		return error;
	data = xdr_get_opaque(&me->results, &len);
	if (!data || len > sizeof(me->package))
		return -1;
	memcpy(me->package, data, len);
	me->package_len = len;
	me->random = random;	/* the same name */
	error = delete(me);
	return error ? error : import(me);
}

static bool is_expected(int error)
{
	return error == CRYPTECH_ERR_OK ||
	       error == CRYPTECH_ERR_KEY_NOT_FOUND ||
	       error == CRYPTECH_ERR_KEY_NAME_IN_USE;
}

static void *work(void *arg)
{
	static int (*const acts[])(struct worker *me) = {
		load, load, sign, sign, delete, cycle, cycle,
	};
	struct worker *me = arg;

	for (unsigned int i = 0; i < ROUNDS; i++) {
		int error = acts[nor_random(&me->random) % 7](me);

		me->done++;
		me->strange += !is_expected(error);
	}
	return NULL;
}

static void *change(void *arg)
{
	struct worker *me = arg;

	for (unsigned int i = 0; i < CHANGES; i++) {
		begin(me, CRYPTECH_RPC_MASTER_KEY_GENERATE);
		xdr_put_u32(&me->w, 1);
		me->strange += end(me) != 0;
		me->done++;
		/* so that keys come to be meanwhile */
		for (unsigned int k = 0; k < 4; k++) {
			load(me);
			sign(me);
		}
	}
	return NULL;
}

static void keys_of_one_master_key(void)
{
	static struct worker workers[THREADS + 1];
	unsigned int signatures = 0, imports = 0;

	REQUIRE(hashsig_fresh(2, 1 << 20));
	plain_encode(EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256"), &der, &spki);
	for (unsigned int i = 0; i <= THREADS; i++) {
		workers[i].random = 77 + i;
		workers[i].word = i ? 0x8000 + i : WHEEL;
		REQUIRE(!box_login(&box, workers[i].word, i ?
				   CRYPTECH_USER_NORMAL : CRYPTECH_USER_WHEEL));
	}
	/* an HSS key that is being made does not mind */
	EXPECT_EQ(generate(name_of('h'), 1, SETS(1, { H10_W4 })), 0);
	for (unsigned int i = 0; i <= THREADS; i++)
		REQUIRE(!pthread_create(&workers[i].thread, NULL, i ? work :
					change, &workers[i]));
	for (unsigned int i = 0; i <= THREADS; i++) {
		pthread_join(workers[i].thread, NULL);
		EXPECT_EQ(workers[i].done, i ? ROUNDS : CHANGES);
		EXPECT_EQ(workers[i].strange, 0);
		signatures += workers[i].signatures;
		imports += workers[i].imports;
	}
	printf("# %u signatures, %u imports, %u changes\n", signatures, imports,
	       CHANGES);
	EXPECT(signatures > 20 && imports > 5);
	EXPECT_EQ(load(&workers[1]) & ~CRYPTECH_ERR_KEY_NAME_IN_USE, 0);
	REQUIRE(hashsig_restart());
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_RECORDS_LOST), 0);
	EXPECT(box_status(&box, CRYPTECH_STATUS_KEYS_TOKEN) > 0);
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_MODE) &
		  CRYPTECH_MODE_STALE, 0);
}

int main(void)
{
	RUN(keys_of_one_master_key);
	hashsig_over();
	return tap_done();
}
