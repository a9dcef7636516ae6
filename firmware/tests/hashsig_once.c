// SPDX-License-Identifier: MIT
/*
 * One request, one leaf: what is asked again is answered again, what was the
 * caller's mistake cost nothing, and what is spent stays spent. SIGN_ONCE, and
 * messages in pieces.
 */
#include "hashsig_box.h"

#define THIRD	0x5555

static struct signature first, second;
static const uint8_t *key;

static bool fresh_key(void)
{
	key = name_of('k');
	return hashsig_fresh(2, 1 << 20) &&
	       make_key(key, 1, SETS(2, { H5_W8 }, { H5_W8 }));
}

/* A request's id, of a number. */
static const uint8_t *id_of(unsigned int number)
{
	static uint8_t ids[8][16];
	static unsigned int next;
	uint8_t *id = ids[next++ % 8];

	memset(id, 0, 16);
	memcpy(id, &number, sizeof(number));
	return id;
}

static int once(uint32_t word, unsigned int id, const char *text,
		struct signature *signature)
{
	return sign_once(word, key, id_of(id), text, 3000, signature);
}

static bool same(const struct signature *a, const struct signature *b)
{
	return a->len == b->len && !memcmp(a->data, b->data, a->len);
}

/* --- SIGN_ONCE --------------------------------------------------------------------- */

static void asked_again(void)
{
	REQUIRE(fresh_key());
	REQUIRE(!once(ME, 1, "text", &first));
	EXPECT(is_good(key, "text", &first));
	for (unsigned int i = 0; i < 3; i++) {
		REQUIRE(!once(i % 2 ? OTHER : ME, 1, "text", &second));
		EXPECT(same(&first, &second));
		EXPECT_EQ(second.left, 1023);
	}
	EXPECT_EQ(once(ME, 1, "texu", &second), CRYPTECH_ERR_FORBIDDEN);
	EXPECT_EQ(once(ME, 1, "", &second), CRYPTECH_ERR_FORBIDDEN);
	/* too small a reply: nothing lost either */
	EXPECT_EQ(sign_once(ME, key, id_of(1), "text", 2643, &second),
		  CRYPTECH_ERR_RESULT_TOO_LONG);
	EXPECT_EQ(left_of(key), 1023);
	/* another request for the same message is another signature */
	REQUIRE(!once(ME, 2, "text", &second));
	EXPECT(!same(&first, &second));
	EXPECT_EQ(second.left, 1022);
}

/* The last eight. */
static void remembered(void)
{
	struct signature *all = calloc(10, sizeof(*all));

	REQUIRE(fresh_key());
	for (unsigned int i = 0; i < 9; i++)
		REQUIRE(!once(ME, i, "text", &all[i]));
	EXPECT_EQ(left_of(key), 1024 - 9);
	for (unsigned int i = 1; i < 9; i++) {
		REQUIRE(!once(ME, i, "text", &second));
		EXPECT(same(&all[i], &second));
	}
	EXPECT_EQ(left_of(key), 1024 - 9);
	/* the first of nine is forgotten; asked again, it is a new one */
	REQUIRE(!once(ME, 0, "text", &second));
	EXPECT(!same(&all[0], &second));
	EXPECT_EQ(left_of(key), 1024 - 10);
	/* ... and no key remembers another's */
	key = name_of('l');
	REQUIRE(make_key(key, 1, SETS(1, { H5_W8 })));
	REQUIRE(!once(ME, 3, "else", &second));
	EXPECT(is_good(key, "else", &second));
	free(all);
}

/* What was answered is answered again even when the key is used up. */
static void remembered_to_the_end(void)
{
	REQUIRE(hashsig_fresh(2, 1 << 20));
	key = name_of('k');
	REQUIRE(make_key(key, 1, SETS(1, { H5_W8 })));
	for (unsigned int i = 0; i < 32; i++)
		REQUIRE(!once(ME, i, "text", &first));
	EXPECT_EQ(once(ME, 32, "text", &second),
		  CRYPTECH_ERR_HASHSIG_KEY_EXHAUSTED);
	REQUIRE(!once(ME, 31, "text", &second));
	EXPECT(same(&first, &second));
	EXPECT_EQ(second.left, 0);
	REQUIRE(hashsig_restart());
	EXPECT_EQ(once(ME, 31, "text", &second),
		  CRYPTECH_ERR_HASHSIG_KEY_EXHAUSTED);
}

/* --- the same request from many threads at once --------------------------------------- */

#define CROWD	6

struct asker {
	pthread_t thread;
	uint8_t request[200];
	size_t len;
	uint8_t reply[CRYPTECH_RPC_MESSAGE_MAX];
	size_t reply_len;
};

static void *ask_it(void *data)
{
	struct asker *me = data;

	me->reply_len = hsm_call(box.hsm, HSM_PORT_SOCKET, me->request,
				 me->len, me->reply);
	return NULL;
}

static void at_the_same_time(void)
{
	static struct asker askers[CROWD];
	struct xdr_writer w;

	REQUIRE(fresh_key());
	for (unsigned int round = 0; round < 20; round++) {
		for (unsigned int i = 0; i < CROWD; i++) {
			xdr_writer_init(&w, askers[i].request,
					sizeof(askers[i].request));
			xdr_put_u32(&w, CRYPTECH_RPC_SIGN_ONCE);
			xdr_put_u32(&w, ME);
			xdr_put_opaque(&w, key, UUID_SIZE);
			xdr_put_opaque(&w, id_of(1000 + round), 16);
			xdr_put_opaque(&w, "text", 4);
			xdr_put_u32(&w, 3000);
			askers[i].len = xdr_written(&w);
		}
		for (unsigned int i = 0; i < CROWD; i++)
			REQUIRE(!pthread_create(&askers[i].thread, NULL,
						ask_it, &askers[i]));
		for (unsigned int i = 0; i < CROWD; i++)
			pthread_join(askers[i].thread, NULL);
		for (unsigned int i = 0; i < CROWD; i++) {
			EXPECT(askers[i].reply_len > 2644);
			EXPECT_EQ(askers[i].reply_len, askers[0].reply_len);
			EXPECT_MEM(askers[i].reply, askers[0].reply,
				   askers[0].reply_len);
		}
		EXPECT_EQ(left_of(key), 1023 - round);
	}
}

/* --- messages in pieces ----------------------------------------------------------------- */

static int result_stream(int error, uint32_t *stream)
{
	if (error)
		return error;
	*stream = xdr_get_u32(&box.results);
	return xdr_reader_done(&box.results) && *stream ? 0 : -1;
}

static int sign_init(uint32_t word, unsigned int id, uint32_t *stream)
{
	return result_stream(ask(&box, word, CRYPTECH_RPC_SIGN_INIT, "oo", key,
				 (size_t)UUID_SIZE, id_of(id), (size_t)16),
			     stream);
}

static int sign_update(uint32_t word, uint32_t stream, const char *text)
{
	return ask(&box, word, CRYPTECH_RPC_SIGN_UPDATE, "us", stream, text);
}

static int sign_final(uint32_t word, uint32_t stream, uint32_t max,
		      struct signature *signature)
{
	return result_signature(ask(&box, word, CRYPTECH_RPC_SIGN_FINAL, "uu",
				    stream, max), signature);
}

static int verify_init(uint32_t word, const struct signature *signature,
		       uint32_t *stream)
{
	return result_stream(ask(&box, word, CRYPTECH_RPC_VERIFY_INIT, "oo",
				 key, (size_t)UUID_SIZE, signature->data,
				 signature->len), stream);
}

static int verify_update(uint32_t word, uint32_t stream, const char *text)
{
	return ask(&box, word, CRYPTECH_RPC_VERIFY_UPDATE, "us", stream, text);
}

static int verify_final(uint32_t word, uint32_t stream)
{
	return ask(&box, word, CRYPTECH_RPC_VERIFY_FINAL, "u", stream);
}

static int stream_abort(uint32_t word, uint32_t stream)
{
	return ask(&box, word, CRYPTECH_RPC_STREAM_ABORT, "u", stream);
}

static void in_pieces(void)
{
	uint32_t stream;

	REQUIRE(fresh_key());
	REQUIRE(!sign_init(ME, 1, &stream));
	EXPECT_EQ(left_of(key), 1023);	/* spent now, not later */
	EXPECT_EQ(sign_update(ME, stream, "a mess"), 0);
	EXPECT_EQ(sign_update(ME, stream, ""), 0);
	EXPECT_EQ(sign_update(ME, stream, "age"), 0);
	REQUIRE(!sign_final(ME, stream, 3000, &first));
	EXPECT(is_good(key, "a message", &first));
	EXPECT_EQ(first.left, 1023);
	EXPECT_EQ(sign_update(ME, stream, "more"), CRYPTECH_ERR_BAD_ARGUMENTS);
	EXPECT_EQ(sign_final(ME, stream, 3000, &second),
		  CRYPTECH_ERR_BAD_ARGUMENTS);

	/* SIGN_ONCE and streams remember the same requests */
	REQUIRE(!once(ME, 1, "a message", &second));
	EXPECT(same(&first, &second));
	REQUIRE(!sign_init(OTHER, 1, &stream));
	EXPECT_EQ(sign_update(OTHER, stream, "a message"), 0);
	REQUIRE(!sign_final(OTHER, stream, 3000, &second));
	EXPECT(same(&first, &second));
	REQUIRE(!sign_init(ME, 1, &stream));
	EXPECT_EQ(sign_update(ME, stream, "another"), 0);
	EXPECT_EQ(sign_final(ME, stream, 3000, &second),
		  CRYPTECH_ERR_FORBIDDEN);
	EXPECT_EQ(left_of(key), 1023);

	/* no piece at all is a message too */
	REQUIRE(!sign_init(ME, 2, &stream));
	REQUIRE(!sign_final(ME, stream, 3000, &second));
	EXPECT(is_good(key, "", &second));
	EXPECT_EQ(left_of(key), 1022);

	/* too small a reply, mended by asking again */
	REQUIRE(!sign_init(ME, 3, &stream));
	EXPECT_EQ(sign_update(ME, stream, "big"), 0);
	EXPECT_EQ(sign_final(ME, stream, 2643, &second),
		  CRYPTECH_ERR_RESULT_TOO_LONG);
	REQUIRE(!once(ME, 3, "big", &second));
	EXPECT(is_good(key, "big", &second));
	EXPECT_EQ(left_of(key), 1021);
	/* three messages and the lower tree */
	EXPECT_EQ(ledger.count, 4);
	EXPECT_EQ(ledger.repeats, 0);
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_CLIENTS), 2);
}

static void long_messages(void)
{
	static char piece[16001], whole[8 * 16000 + 1];
	uint32_t stream;

	REQUIRE(fresh_key());
	REQUIRE(!sign_init(ME, 1, &stream));
	for (unsigned int i = 0; i < 8; i++) {
		memset(piece, 'a' + i, 16000);
		memcpy(whole + 16000 * i, piece, 16000);
		REQUIRE(!sign_update(ME, stream, piece));
	}
	REQUIRE(!sign_final(ME, stream, 3000, &first));
	EXPECT(is_good(key, whole, &first));
	REQUIRE(!verify_init(OTHER, &first, &stream));
	for (unsigned int i = 0; i < 8; i++) {
		memset(piece, 'a' + i, 16000);
		REQUIRE(!verify_update(OTHER, stream, piece));
	}
	EXPECT_EQ(verify_final(OTHER, stream), 0);
}

static void verified_in_pieces(void)
{
	uint32_t stream, another;

	REQUIRE(fresh_key());
	REQUIRE(!once(ME, 1, "a message", &first));
	REQUIRE(!verify_init(ME, &first, &stream));
	REQUIRE(!verify_init(ME, &first, &another));
	EXPECT(stream != another);
	EXPECT_EQ(verify_update(ME, stream, "a mess"), 0);
	EXPECT_EQ(verify_update(ME, another, "a message"), 0);
	EXPECT_EQ(verify_update(ME, stream, "age"), 0);
	EXPECT_EQ(verify_update(ME, another, "!"), 0);
	EXPECT_EQ(sign_update(ME, stream, ""), CRYPTECH_ERR_BAD_ARGUMENTS);
	EXPECT_EQ(verify_final(ME, stream), 0);
	EXPECT_EQ(verify_final(ME, another), CRYPTECH_ERR_INVALID_SIGNATURE);
	EXPECT_EQ(verify_final(ME, another), CRYPTECH_ERR_BAD_ARGUMENTS);
	second = first;
	second.len--;
	EXPECT_EQ(verify_init(ME, &second, &stream),
		  CRYPTECH_ERR_INVALID_SIGNATURE);
	second.len += 2;
	EXPECT_EQ(verify_init(ME, &second, &stream),
		  CRYPTECH_ERR_INVALID_SIGNATURE);
	/* the level above is checked before any message came */
	second = first;
	second.data[100] ^= 1;
	EXPECT_EQ(verify_init(ME, &second, &stream),
		  CRYPTECH_ERR_INVALID_SIGNATURE);
	EXPECT_EQ(verify_init(ME, &first, &stream), 0);
	EXPECT_EQ(stream_abort(ME, stream), 0);
	EXPECT_EQ(stream_abort(ME, stream), CRYPTECH_ERR_BAD_ARGUMENTS);
}

/* Two a client, of either kind; each the client's own. */
static void quota(void)
{
	uint32_t one, two, three;

	REQUIRE(fresh_key());
	REQUIRE(!once(ME, 0, "text", &first));
	REQUIRE(!sign_init(ME, 1, &one));
	REQUIRE(!verify_init(ME, &first, &two));
	EXPECT_EQ(sign_init(ME, 3, &three),
		  CRYPTECH_ERR_NO_KEY_SLOTS_AVAILABLE);
	EXPECT_EQ(verify_init(ME, &first, &three),
		  CRYPTECH_ERR_NO_KEY_SLOTS_AVAILABLE);
	EXPECT_EQ(left_of(key), 1022);
	REQUIRE(!sign_init(OTHER, 4, &three));
	EXPECT_EQ(sign_update(OTHER, one, "x"), CRYPTECH_ERR_BAD_ARGUMENTS);
	EXPECT_EQ(sign_final(OTHER, one, 3000, &second),
		  CRYPTECH_ERR_BAD_ARGUMENTS);
	EXPECT_EQ(stream_abort(OTHER, one), CRYPTECH_ERR_BAD_ARGUMENTS);
	EXPECT_EQ(stream_abort(ME, one), 0);
	EXPECT_EQ(left_of(key), 1021);
	REQUIRE(!sign_init(ME, 5, &one));
	EXPECT_EQ(left_of(key), 1020);
	EXPECT_EQ(ask(&box, NOBODY, CRYPTECH_RPC_SIGN_UPDATE, "us", one, ""),
		  CRYPTECH_ERR_FORBIDDEN);
}

/* What an open stream works at is not signed a second time meanwhile. */
static void open_requests(void)
{
	uint32_t stream, again;

	REQUIRE(fresh_key());
	REQUIRE(!sign_init(ME, 1, &stream));
	EXPECT_EQ(once(OTHER, 1, "text", &second), CRYPTECH_ERR_NOT_READY);
	EXPECT_EQ(sign_init(OTHER, 1, &again), CRYPTECH_ERR_NOT_READY);
	EXPECT_EQ(left_of(key), 1023);
	/* aborted: the leaf is gone, the request free */
	EXPECT_EQ(stream_abort(ME, stream), 0);
	EXPECT_EQ(left_of(key), 1023);
	REQUIRE(!once(OTHER, 1, "text", &second));
	EXPECT_EQ(left_of(key), 1022);
	EXPECT(is_good(key, "text", &second));
}

static void client_goes(void)
{
	uint32_t stream;

	REQUIRE(fresh_key());
	REQUIRE(!box_login(&box, THIRD, CRYPTECH_USER_NORMAL));
	REQUIRE(!sign_init(THIRD, 1, &stream));
	REQUIRE(!sign_update(THIRD, stream, "te"));
	EXPECT_EQ(ask(&box, THIRD, CRYPTECH_RPC_LOGOUT, ""), 0);
	EXPECT_EQ(left_of(key), 1023);
	REQUIRE(!box_login(&box, THIRD, CRYPTECH_USER_NORMAL));
	EXPECT_EQ(sign_update(THIRD, stream, "xt"),
		  CRYPTECH_ERR_BAD_ARGUMENTS);
	REQUIRE(!once(THIRD, 1, "text", &first));
	EXPECT_EQ(first.left, 1022);
	REQUIRE(!sign_init(THIRD, 2, &stream));
	REQUIRE(!verify_init(THIRD, &first, &stream));
	hsm_client_gone(box.hsm, HSM_PORT_SOCKET, THIRD);
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_CLIENTS), 2);
	REQUIRE(!sign_init(ME, 3, &stream));
	hsm_port_gone(box.hsm, HSM_PORT_SOCKET);
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_CLIENTS), 0);
	REQUIRE(!box_login(&box, ME, CRYPTECH_USER_NORMAL));
	EXPECT_EQ(left_of(key), 1020);
}

static void key_goes(void)
{
	uint32_t stream, check, again;

	REQUIRE(fresh_key());
	REQUIRE(!once(OTHER, 1, "text", &first));
	REQUIRE(!sign_init(ME, 2, &stream));
	REQUIRE(!sign_init(OTHER, 1, &again));
	REQUIRE(!verify_init(OTHER, &first, &check));
	REQUIRE(!sign_update(ME, stream, "te"));
	REQUIRE(!sign_update(OTHER, again, "te"));
	REQUIRE(!verify_update(OTHER, check, "te"));
	EXPECT_EQ(delete_key(key), 0);
	EXPECT_EQ(sign_update(ME, stream, "xt"), CRYPTECH_ERR_KEY_NOT_FOUND);
	EXPECT_EQ(sign_final(ME, stream, 3000, &second),
		  CRYPTECH_ERR_KEY_NOT_FOUND);
	EXPECT_EQ(sign_final(ME, stream, 3000, &second),
		  CRYPTECH_ERR_BAD_ARGUMENTS);
	EXPECT_EQ(sign_update(OTHER, again, "xt"),
		  CRYPTECH_ERR_KEY_NOT_FOUND);
	EXPECT_EQ(stream_abort(OTHER, again), 0);
	/* verifying needs the key no more */
	EXPECT_EQ(verify_update(OTHER, check, "xt"), 0);
	EXPECT_EQ(verify_final(OTHER, check), 0);
}

/* With reservation a run is committed at once, and spent one by one. */
static void reserved(void)
{
	uint64_t writes;

	REQUIRE(hashsig_fresh(2, 1 << 20));
	key = name_of('k');
	REQUIRE(make_key(key, 8, SETS(1, { H5_W8 })));
	for (unsigned int i = 0; i < 8; i++) {
		writes = hsm_flash_writes();
		REQUIRE(!once(ME, i, "text", &first));
		EXPECT_EQ(first.left, 31 - i);
		EXPECT(is_good(key, "text", &first));
		EXPECT_EQ(hsm_flash_writes() == writes, i > 0);
	}
	REQUIRE(!once(ME, 8, "text", &first));
	EXPECT_EQ(first.left, 23);
	/* a restart burns the rest of the run */
	REQUIRE(hashsig_restart());
	EXPECT_EQ(left_of(key), 16);
	EXPECT_EQ(ledger.count, 8);
	EXPECT_EQ(ledger.repeats, 0);
}

int main(void)
{
	RUN(asked_again);
	RUN(remembered);
	RUN(remembered_to_the_end);
	RUN(at_the_same_time);
	RUN(in_pieces);
	RUN(long_messages);
	RUN(verified_in_pieces);
	RUN(quota);
	RUN(open_requests);
	RUN(client_goes);
	RUN(key_goes);
	RUN(reserved);
	hashsig_over();
	return tap_done();
}
