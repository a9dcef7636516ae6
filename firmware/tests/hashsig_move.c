// SPDX-License-Identifier: MIT
/*
 * HSS keys of an HSM that leave it and come back: what goes with them, what
 * stays, and what a restart finds. The packages are images as they are; who
 * asks for them, and by what right, is tested elsewhere (backup_*.c).
 */
#include "../hsm/backup.h"
#include "hashsig_box.h"

#define OFFICER		0x5050

static struct signature signature;

/* --- packages ------------------------------------------------------------------ */

struct parcel {
	uint8_t *data;
	size_t len;
};

static int seal_error;

static int seal(void *data, const uint8_t *image, size_t len,
		const uint8_t *kp, uint8_t **package, size_t *package_len)
{
	(void)data;
	(void)kp;
	if (seal_error)
		return seal_error;
	*package = malloc(len);
	if (!*package)
		return CRYPTECH_ERR_ALLOCATION_FAILURE;
	memcpy(*package, image, len);
	*package_len = len;
	return 0;
}

static struct key *key_of(const uint8_t *uuid)
{
	bool found;
	size_t at = keys_position(box.hsm->keys, uuid, &found);

	return found ? box.hsm->keys->list[at] : NULL;
}

static int split_for(const uint8_t *uuid, const char *whom, struct parcel *p)
{
	uint8_t request[ROOT_REQUEST_SIZE] = { 0 };
	int error;

	free(p->data);
	memcpy(request, whom, strlen(whom));
	lock_take(&box.hsm->lock);
	error = hashsig_split(box.hsm, key_of(uuid), request, seal, NULL,
			      &p->data, &p->len);
	lock_drop(&box.hsm->lock);
	return error;
}

static int park(const uint8_t *uuid, struct parcel *p)
{
	int error;

	free(p->data);
	lock_take(&box.hsm->lock);
	error = hashsig_park(box.hsm, key_of(uuid), seal, NULL, &p->data,
			     &p->len);
	lock_drop(&box.hsm->lock);
	return error;
}

/* Comes in, by adopt (with @floor) or unpark. */
static int come(const uint8_t *uuid, const struct parcel *p, bool back,
		uint32_t drop, uint32_t floor)
{
	struct key_record record;
	struct key *key;
	int error;

	if (!record_parse(p->data, p->len, uuid, &record))
		return -1;
	lock_take(&box.hsm->lock);
	error = back ? hashsig_unpark(box.hsm, &record, drop, &key) :
		       hashsig_adopt(box.hsm, &record, drop, NULL, floor,
				     &key);
	if (!error && memcmp(key->uuid, uuid, UUID_SIZE))
		error = -1;
	lock_drop(&box.hsm->lock);
	return error;
}

static uint32_t state_of(const uint8_t *uuid)
{
	struct hss_info info;

	return hss_info(ME, uuid, &info) ? 0xffffffff : info.state;
}

static uint64_t root_left(const uint8_t *uuid)
{
	struct hss_info info;

	return hss_info(ME, uuid, &info) ? UINT64_MAX : info.root_left;
}

/* The root leaf of the last signature: behind levels - 1 of one level. */
static uint32_t leaf(void)
{
	const uint8_t *q = signature.data + 4;

	return (uint32_t)q[0] << 24 | q[1] << 16 | q[2] << 8 | q[3];
}

static bool sign(const uint8_t *uuid, const char *text)
{
	return EXPECT_EQ(sign_text(uuid, text, &signature), 0) &&
	       EXPECT(is_good(uuid, text, &signature));
}

static bool make(const uint8_t *uuid, uint32_t reserve,
		 const struct sets *sets)
{
	return !generate_as(ME, uuid, UUID_SIZE, FLAGS | EXPORTABLE, "it moves",
			    CRYPTECH_HASHSIG_PUNCTURED, reserve, sets) &&
	       job_wait(ME, uuid) == CRYPTECH_JOB_DONE;
}

static void sign_all(const uint8_t *uuid, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++)
		REQUIRE(sign(uuid, "one of many"));
	EXPECT_EQ(sign_text(uuid, "no", &signature),
		  CRYPTECH_ERR_HASHSIG_KEY_EXHAUSTED);
}

/* --- split --------------------------------------------------------------------- */

static void a_reserved_run_is_burnt(void)
{
	const uint8_t *uuid = name_of('r');
	struct parcel p = { 0 };

	REQUIRE(hashsig_fresh(2, 1 << 20));
	REQUIRE(make(uuid, 8, SETS(1, { H5_W8 })));
	REQUIRE(sign(uuid, "of a run"));
	EXPECT_EQ(leaf(), 0);
	EXPECT_EQ(root_left(uuid), 31);
	/* A split that comes to nothing burns nothing. */
	seal_error = CRYPTECH_ERR_CSPRNG_BROKEN;
	EXPECT_EQ(split_for(uuid, "one", &p), CRYPTECH_ERR_CSPRNG_BROKEN);
	EXPECT_EQ(park(uuid, &p), CRYPTECH_ERR_CSPRNG_BROKEN);
	seal_error = 0;
	EXPECT_EQ(root_left(uuid), 31);
	REQUIRE(sign(uuid, "of the same run"));
	EXPECT_EQ(leaf(), 1);
	EXPECT_EQ(split_for(uuid, "one", &p), 0);
	/* 24 were left in flash: 12 stay */
	EXPECT_EQ(root_left(uuid), 12);
	REQUIRE(sign(uuid, "of the next run"));
	EXPECT_EQ(leaf(), 8);
	REQUIRE(hashsig_restart());
	EXPECT_EQ(root_left(uuid), 4);
	/* The other half, which this HSM may have once the first is gone. */
	REQUIRE(sign(uuid, "after it"));
	EXPECT_EQ(leaf(), 16);
	sign_all(uuid, 3);
	REQUIRE(!delete_key(uuid));
	EXPECT_EQ(come(uuid, &p, false, 0, 0), 0);
	EXPECT_EQ(root_left(uuid), 12);
	sign_all(uuid, 12);
	EXPECT_EQ(leaf(), 31);
	EXPECT_EQ(ledger.count, 3 + 1 + 3 + 12);
	EXPECT_EQ(ledger.repeats, 0);
	free(p.data);
}

/* It works on: streams, remembered requests, lower trees. */
static void a_split_key_works_on(void)
{
	const uint8_t *uuid = name_of('s');
	const uint8_t *request = (const uint8_t *)"the same request";
	static struct signature again;
	struct parcel p = { 0 };
	uint32_t stream;

	REQUIRE(hashsig_fresh(2, 1 << 20));
	REQUIRE(make(uuid, 1, SETS(2, { H5_W8 }, { H5_W8 })));
	REQUIRE(!sign_once(ME, uuid, request, "text", 8000, &signature));
	EXPECT(is_good(uuid, "text", &signature));
	REQUIRE(!ask(&box, ME, CRYPTECH_RPC_SIGN_INIT, "oo", uuid,
		     (size_t)UUID_SIZE, "another request!", (size_t)16));
	stream = xdr_get_u32(&box.results);
	EXPECT_EQ(split_for(uuid, "one", &p), 0);
	/* 31 root leaves were left: 16 stay, and the lower tree goes on */
	EXPECT_EQ(root_left(uuid), 16);
	EXPECT_EQ(left_of(uuid), 16 * 32 + 30);
	EXPECT_EQ(state_of(uuid), CRYPTECH_HASHSIG_READY);
	REQUIRE(!sign_once(ME, uuid, request, "text", 8000, &again));
	EXPECT_MEM(again.data, signature.data, signature.len);
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_SIGN_UPDATE, "us", stream,
		      "streamed"), 0);
	REQUIRE(!result_signature(ask(&box, ME, CRYPTECH_RPC_SIGN_FINAL, "uu",
				      stream, 8000), &signature));
	EXPECT(is_good(uuid, "streamed", &signature));
	REQUIRE(sign(uuid, "with the lower tree"));
	EXPECT_EQ(left_of(uuid), 16 * 32 + 29);
	/* The package again, and none for somebody else. */
	EXPECT_EQ(split_for(uuid, "another", &p), CRYPTECH_ERR_NOT_READY);
	EXPECT_EQ(split_for(uuid, "one", &p), 0);
	EXPECT_EQ(root_left(uuid), 16);
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_HASHSIG_LEAVES_MIN), 16);
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_OUTBOX), 1);
	EXPECT_EQ(ledger.repeats, 0);
	free(p.data);
}

/* Where to cut has to be computed first; units that run meanwhile hold seeds
 * that go. */
static void split_while_it_is_rebuilt(unsigned int threads)
{
	const uint8_t *uuid = name_of('t');
	struct parcel p = { 0 };
	int error;

	REQUIRE(hashsig_fresh(threads, 1 << 20));
	REQUIRE(make(uuid, 1, SETS(1, { H10_W4 })));
	REQUIRE(hashsig_restart());
	EXPECT_EQ(state_of(uuid), CRYPTECH_HASHSIG_IDLE);
	do {
		error = split_for(uuid, "one", &p);
	} while (error == CRYPTECH_ERR_NOT_READY);
	EXPECT_EQ(error, 0);
	EXPECT_EQ(root_left(uuid), 512);
	REQUIRE(sign(uuid, "at once"));
	EXPECT_EQ(leaf(), 0);
	REQUIRE(!delete_key(uuid));
	/* The half comes without its nodes; it is rebuilt while it is split. */
	REQUIRE(!come(uuid, &p, false, 0, 0));
	EXPECT_EQ(state_of(uuid), CRYPTECH_HASHSIG_IDLE);
	if (threads)
		sign_once(ME, uuid, (const uint8_t *)"the same request",
			  "text", 8000, &signature);
	do {
		error = split_for(uuid, "another", &p);
	} while (error == CRYPTECH_ERR_NOT_READY);
	EXPECT_EQ(error, 0);
	REQUIRE(sign(uuid, "in the middle"));
	EXPECT(leaf() >= 512 && leaf() < 768);
	EXPECT_EQ(ledger.repeats, 0);
	free(p.data);
}

static void a_key_is_split_as_it_is_rebuilt(void)
{
	split_while_it_is_rebuilt(2);
	split_while_it_is_rebuilt(0);
}

/* --- park ----------------------------------------------------------------------- */

static void what_goes_with_a_parked_key(void)
{
	const uint8_t *uuid = name_of('p');
	const uint8_t *request = (const uint8_t *)"the same request";
	struct parcel p = { 0 }, q = { 0 };
	uint32_t stream;

	REQUIRE(hashsig_fresh(2, 1 << 20));
	REQUIRE(make(uuid, 4, SETS(1, { H5_W8 })));
	REQUIRE(!sign_once(ME, uuid, request, "text", 8000, &signature));
	EXPECT(is_good(uuid, "text", &signature));
	REQUIRE(!ask(&box, ME, CRYPTECH_RPC_SIGN_INIT, "oo", uuid,
		     (size_t)UUID_SIZE, "another request!", (size_t)16));
	stream = xdr_get_u32(&box.results);
	REQUIRE(!park(uuid, &p));
	EXPECT_EQ(state_of(uuid), CRYPTECH_HASHSIG_PARKED);
	EXPECT_EQ(root_left(uuid), 0);
	EXPECT_EQ(left_of(uuid), 0);
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_SIGN_FINAL, "uu", stream, 8000),
		  CRYPTECH_ERR_KEY_NOT_FOUND);
	EXPECT_EQ(sign_once(ME, uuid, request, "text", 8000, &signature),
		  CRYPTECH_ERR_FORBIDDEN);
	EXPECT_EQ(sign_text(uuid, "no", &signature), CRYPTECH_ERR_FORBIDDEN);
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_SIGN_INIT, "oo", uuid,
		      (size_t)UUID_SIZE, "another request!", (size_t)16),
		  CRYPTECH_ERR_FORBIDDEN);
	EXPECT_EQ(split_for(uuid, "one", &q), CRYPTECH_ERR_FORBIDDEN);
	/* It is a key, but none that has few leaves. */
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_HASHSIG_KEYS), 1);
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_HASHSIG_LOW), 0);
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_HASHSIG_LEAVES_MIN), 0);
	for (int again = 0; again < 2; again++) {
		EXPECT_EQ(come(uuid, &p, true, 0, 0),
			  CRYPTECH_ERR_KEY_NOT_FOUND);
		EXPECT_EQ(come(uuid, &p, false, 0, 0),
			  CRYPTECH_ERR_KEY_NAME_IN_USE);
		REQUIRE(!park(uuid, &q));
		EXPECT_EQ(q.len, p.len);
		EXPECT_MEM(q.data, p.data, p.len);
		REQUIRE(hashsig_restart());
		EXPECT_EQ(state_of(uuid), CRYPTECH_HASHSIG_PARKED);
		EXPECT_EQ(sign_text(uuid, "no", &signature),
			  CRYPTECH_ERR_FORBIDDEN);
	}
	REQUIRE(!delete_key(uuid));
	EXPECT_EQ(state_of(uuid), 0xffffffff);
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_HASHSIG_KEYS), 0);
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_KEYS_TOKEN), 0);
	for (int again = 0; again < 2; again++) {
		/* Its name stays taken, by whatever kind of key. */
		EXPECT_EQ(generate(uuid, 1, SETS(1, { H5_W8 })),
			  CRYPTECH_ERR_KEY_NAME_IN_USE);
		EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_KEY_GENERATE, "ouus",
			      uuid, (size_t)UUID_SIZE, CRYPTECH_KEY_EC_P256,
			      FLAGS, ""), CRYPTECH_ERR_KEY_NAME_IN_USE);
		EXPECT_EQ(come(uuid, &p, false, 0, 0),
			  CRYPTECH_ERR_KEY_NAME_IN_USE);
		REQUIRE(hashsig_restart());
	}
	EXPECT_EQ(come(uuid, &p, true, TOKEN, 0), CRYPTECH_ERR_BAD_ARGUMENTS);
	EXPECT_EQ(come(uuid, &p, true, EXPORTABLE, 0), 0);
	EXPECT_EQ(root_left(uuid), 28);
	REQUIRE(sign(uuid, "back"));
	EXPECT_EQ(leaf(), 4);
	EXPECT_EQ(come(uuid, &p, true, 0, 0), CRYPTECH_ERR_KEY_NOT_FOUND);
	REQUIRE(hashsig_restart());
	sign_all(uuid, 24);
	EXPECT_EQ(ledger.count, 26);
	EXPECT_EQ(ledger.repeats, 0);
	free(p.data);
	free(q.data);
}

/* By handle, as libhal's clients do. */
static void deleted_by_handle(void)
{
	const uint8_t *uuid = name_of('l');
	struct parcel p = { 0 };
	uint32_t handle;

	REQUIRE(hashsig_fresh(2, 1 << 20));
	REQUIRE(make(uuid, 1, SETS(2, { H5_W8 }, { H5_W8 })));
	REQUIRE(sign(uuid, "one"));
	REQUIRE(!park(uuid, &p));
	REQUIRE(!ask(&box, ME, CRYPTECH_RPC_PKEY_OPEN, "uo", 0, uuid,
		     (size_t)UUID_SIZE));
	handle = xdr_get_u32(&box.results);
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_PKEY_DELETE, "u", handle), 0);
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_OUTBOX), 0);
	REQUIRE(hashsig_restart());
	EXPECT_EQ(come(uuid, &p, true, 0, 0), 0);
	EXPECT_EQ(left_of(uuid), 31 * 32);
	REQUIRE(sign(uuid, "two"));
	EXPECT_EQ(ledger.repeats, 0);
	free(p.data);
}

/* --- what is refused -------------------------------------------------------------- */

static void images_that_are_refused(void)
{
	const uint8_t *uuid = name_of('b'), *other = name_of('o');
	struct key_record record;
	struct parcel p = { 0 };
	struct key *key;
	size_t spki;

	REQUIRE(hashsig_fresh(2, 1 << 20));
	REQUIRE(make(uuid, 1, SETS(1, { H5_W8 })));
	REQUIRE(make(other, 1, SETS(1, { H5_W8 })));
	REQUIRE(!park(uuid, &p) && !delete_key(uuid));
	/* Another key's public half. */
	REQUIRE(record_parse(p.data, p.len, uuid, &record));
	spki = record.spki - p.data;
	p.data[spki + record.spki_len - 1] ^= 1;
	EXPECT_EQ(come(uuid, &p, true, 0, 0), CRYPTECH_ERR_KEYWRAP_BAD_MAGIC);
	p.data[spki + record.spki_len - 1] ^= 1;
	/* Another name in the image than in the body. */
	memcpy(p.data + 4, other, UUID_SIZE);
	EXPECT_EQ(come(other, &p, true, 0, 0), CRYPTECH_ERR_KEY_NOT_FOUND);
	EXPECT_EQ(come(other, &p, false, 0, 0),
		  CRYPTECH_ERR_KEYWRAP_BAD_MAGIC);
	memcpy(p.data + 4, uuid, UUID_SIZE);
	/* No state, another class, flags that do not go together. */
	for (int i = 0; i < 4; i++) {
		REQUIRE(record_parse(p.data, p.len, uuid, &record));
		if (i == 0)
			record.secret_len = 0;
		else if (i == 1)
			record.class = CRYPTECH_KEY_CLASS_HASHSIG_PUBLIC;
		else if (i == 2)
			record.flags |= CRYPTECH_KEY_FLAG_KEYENCIPHERMENT;
		else
			record.flags &= ~SIGNS;
		lock_take(&box.hsm->lock);
		EXPECT_EQ(hashsig_unpark(box.hsm, &record, 0, &key),
			  i < 2 ? CRYPTECH_ERR_KEYWRAP_BAD_MAGIC :
				  CRYPTECH_ERR_BAD_ARGUMENTS);
		lock_drop(&box.hsm->lock);
	}
	REQUIRE(hashsig_restart());
	EXPECT_EQ(come(uuid, &p, true, 0, 0), 0);
	REQUIRE(sign(uuid, "all the same"));
	free(p.data);
}

/* With a floor: as the officer arms it when an HSM was lost. */
static void adopted_with_a_floor(void)
{
	const uint8_t *uuid = name_of('f');
	struct parcel p = { 0 };

	REQUIRE(hashsig_fresh(2, 1 << 20));
	REQUIRE(make(uuid, 1, SETS(1, { H5_W8 })));
	REQUIRE(sign(uuid, "one") && !park(uuid, &p) && !delete_key(uuid));
	REQUIRE(hashsig_fresh(2, 1 << 20));	/* another HSM */
	EXPECT_EQ(come(uuid, &p, false, 0, 32),
		  CRYPTECH_ERR_HASHSIG_KEY_EXHAUSTED);
	EXPECT_EQ(come(uuid, &p, false, 0, 11), 0);
	EXPECT_EQ(root_left(uuid), 21);
	REQUIRE(sign(uuid, "eleven"));
	EXPECT_EQ(leaf(), 11);
	REQUIRE(hashsig_restart());
	sign_all(uuid, 20);
	free(p.data);
}

/* --- the security officer's decision ------------------------------------------------ */

static void all_is_destroyed(void)
{
	const uint8_t *away = name_of('x'), *here = name_of('y');
	struct parcel p = { 0 }, q = { 0 };

	REQUIRE(hashsig_fresh(2, 1 << 20));
	REQUIRE(make(away, 1, SETS(1, { H5_W8 })));
	REQUIRE(make(here, 1, SETS(1, { H5_W8 })));
	REQUIRE(!park(away, &p) && !delete_key(away) &&
		!split_for(here, "one", &q));
	box_stop(&box);
	box_anchor += 5;
	REQUIRE(key_box_restart());
	REQUIRE(!box_login(&box, OFFICER, CRYPTECH_USER_SO));
	EXPECT_EQ(state_of(here), CRYPTECH_HASHSIG_STALE);
	EXPECT_EQ(split_for(here, "one", &q),
		  CRYPTECH_ERR_KEYSTORE_LOST_DATA);
	EXPECT_EQ(park(here, &q), CRYPTECH_ERR_KEYSTORE_LOST_DATA);
	EXPECT_EQ(come(away, &p, true, 0, 0),
		  CRYPTECH_ERR_KEYSTORE_LOST_DATA);
	EXPECT_EQ(ask(&box, OFFICER, CRYPTECH_RPC_HASHSIG_ACCEPT, "u",
		      CRYPTECH_ACCEPT_DESTROY), 0);
	EXPECT_EQ(come(away, &p, true, 0, 0), CRYPTECH_ERR_KEY_NOT_FOUND);
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_OUTBOX), 0);
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_KEYS_PARKED), 0);
	REQUIRE(hashsig_restart());
	EXPECT_EQ(come(away, &p, true, 0, 0), CRYPTECH_ERR_KEY_NOT_FOUND);
	REQUIRE(make(away, 1, SETS(1, { H5_W8 })));
	free(p.data);
	free(q.data);
}

int main(void)
{
	RUN(a_reserved_run_is_burnt);
	RUN(a_split_key_works_on);
	RUN(a_key_is_split_as_it_is_rebuilt);
	RUN(what_goes_with_a_parked_key);
	RUN(deleted_by_handle);
	RUN(images_that_are_refused);
	RUN(adopted_with_a_floor);
	RUN(all_is_destroyed);
	hashsig_over();
	return tap_done();
}
