// SPDX-License-Identifier: MIT
/*
 * KEKEKs: RSA keys of this HSM that others encrypt transit keys to, and the
 * statements by which this device answers for them.
 *
 * A single-use one is for one hash signature key. It is no key in the index but
 * a record beside the states (hashsig/backup.h), for the commit that makes its
 * key live is the one that destroys it. Sealed under K_state:
 *
 *	"KEKEK" and three zeros | u32 version | uuid[16] | opaque PKCS#8
 */
#include "backup.h"

#include <stdlib.h>

#define KEKEK_TYPE	CRYPTECH_KEY_RSA3072
#define KEKEK_VERSION	1
#define KEKEK_MAX	4096	/* bytes of a record, and of a statement */
#define SPKI_MAX	1024

static const uint8_t kekek_tag[8] = "KEKEK";

static struct roots *roots_of(struct hsm *hsm)
{
	return hsm->hashsigs->roots;
}

/* --- records -------------------------------------------------------------- */

/* @sealed gets KEKEK_MAX bytes at most. */
static int seal(const struct hsm *hsm, const uint8_t *uuid,
		const struct core_key *core, uint8_t sealed[KEKEK_MAX],
		size_t *len)
{
	uint8_t plain[KEKEK_MAX - 16], der[KEKEK_MAX - 64];
	struct xdr_writer w;
	size_t der_len;
	int error;

	error = core_key_pkcs8(core, der, sizeof(der), &der_len);
	if (!error) {
		xdr_writer_init(&w, plain, sizeof(plain));
		memcpy(xdr_put_raw(&w, sizeof(kekek_tag)), kekek_tag,
		       sizeof(kekek_tag));
		xdr_put_u32(&w, KEKEK_VERSION);
		memcpy(xdr_put_raw(&w, CRYPTECH_UUID_SIZE), uuid,
		       CRYPTECH_UUID_SIZE);
		xdr_put_opaque(&w, der, der_len);
		*len = core_wrap_size(xdr_written(&w));
		error = w.bad ? CRYPTECH_ERR_RESULT_TOO_LONG :
			core_wrap(hsm->k_state, plain, xdr_written(&w), sealed);
	}
	core_wipe(der, sizeof(der));
	core_wipe(plain, sizeof(plain));
	return error;
}

static int decode(const uint8_t *plain, size_t len, const uint8_t *uuid,
		  struct core_key **core)
{
	const uint8_t *tag, *name, *der;
	struct xdr_reader r;
	uint32_t version;
	size_t der_len;

	xdr_reader_init(&r, plain, len);
	tag = xdr_get_raw(&r, sizeof(kekek_tag));
	version = xdr_get_u32(&r);
	name = xdr_get_raw(&r, CRYPTECH_UUID_SIZE);
	der = xdr_get_opaque(&r, &der_len);
	if (!xdr_reader_done(&r) || version != KEKEK_VERSION ||
	    memcmp(tag, kekek_tag, sizeof(kekek_tag)) ||
	    memcmp(name, uuid, CRYPTECH_UUID_SIZE))
		return CRYPTECH_ERR_KEYSTORE_LOST_DATA;
	return core_key_from_pkcs8(der, der_len, core);
}

/* Lock not needed: @k_state is a copy. KEYSTORE_LOST_DATA */
static int unseal(const uint8_t k_state[32], const uint8_t *uuid,
		  const uint8_t *sealed, size_t len, struct core_key **core)
{
	uint8_t plain[KEKEK_MAX];
	size_t plain_len;
	int error = CRYPTECH_ERR_KEYSTORE_LOST_DATA;

	if (len >= 16)
		error = core_unwrap(k_state, sealed, len, plain, &plain_len);
	if (!error)
		error = decode(plain, plain_len, uuid, core);
	core_wipe(plain, sizeof(plain));
	if (error && error != CRYPTECH_ERR_ALLOCATION_FAILURE)
		error = CRYPTECH_ERR_KEYSTORE_LOST_DATA;
	return error;
}

/* KEY_NOT_FOUND: there is no single-use KEKEK of this name. */
static int open_single(struct call *call, const uint8_t *uuid,
		       struct core_key **core)
{
	uint8_t sealed[KEKEK_MAX], k_state[32];
	int error, gone;
	size_t len;

	error = kekek_read(roots_of(call->hsm), uuid, sealed, sizeof(sealed),
			   &len);
	if (error)
		return error;
	memcpy(k_state, call->hsm->k_state, sizeof(k_state));
	call_unlock(call);
	error = unseal(k_state, uuid, sealed, len, core);
	core_wipe(k_state, sizeof(k_state));
	/* What seals it stays in memory, so this must not outlive the record. */
	core_wipe(sealed, sizeof(sealed));
	gone = call_relock(call);
	if (!error && gone) {
		core_key_put(*core);
		error = gone;
	}
	return error;
}

/* --- keys that serve as KEKEKs -------------------------------------------- */

static struct key *find_ordinary(struct call *call, const uint8_t *uuid)
{
	struct key *key;

	if (call_key_by_uuid(call, uuid, &key) || !key_is_token(key) ||
	    key->class != CRYPTECH_KEY_CLASS_RSA_PRIVATE ||
	    !(key->flags & CRYPTECH_KEY_FLAG_KEYENCIPHERMENT))
		return NULL;
	return key;
}

int kekek_open(struct call *call, const uint8_t *uuid, struct kekek *kekek)
{
	struct key *key;
	int error;

	memset(kekek, 0, sizeof(*kekek));
	error = open_single(call, uuid, &kekek->core);
	if (error != CRYPTECH_ERR_KEY_NOT_FOUND) {
		kekek->single_use = true;
		return error;
	}
	key = find_ordinary(call, uuid);
	return key ? key_core(call, key, &kekek->core) :
		     CRYPTECH_ERR_KEY_NOT_FOUND;
}

/* --- statements ----------------------------------------------------------- */

/* Lock not needed. */
static int make_statement(const struct hsm *hsm, const uint8_t *uuid,
			  uint32_t flags, const uint8_t *spki, size_t spki_len,
			  uint8_t out[KEKEK_MAX], size_t *len)
{
	const struct kekek_statement statement = {
		.serial = hsm->serial, .uuid = uuid, .flags = flags,
		.spki = spki, .spki_len = spki_len,
	};
	int error;

	*len = kekek_statement_put(out, KEKEK_MAX, &statement);
	if (!*len)
		return CRYPTECH_ERR_RESULT_TOO_LONG;
	error = device_sign(hsm, out, *len);
	*len += ATTEST_SIGNATURE;
	return error;
}

static int single_statement(const struct hsm *hsm, const uint8_t *uuid,
			    const struct core_key *core,
			    uint8_t out[KEKEK_MAX], size_t *len)
{
	uint8_t spki[SPKI_MAX];
	size_t spki_len;
	int error;

	error = core_key_spki(core, spki, sizeof(spki), &spki_len);
	return error ? error : make_statement(hsm, uuid, KEKEK_SINGLE_USE,
					      spki, spki_len, out, len);
}

static int attest_single(struct call *call, const uint8_t *uuid,
			 uint8_t out[KEKEK_MAX], size_t *len)
{
	struct core_key *core;
	int error, gone;

	error = open_single(call, uuid, &core);
	if (error)
		return error;
	call_unlock(call);
	error = single_statement(call->hsm, uuid, core, out, len);
	core_key_put(core);
	gone = call_relock(call);
	return error ? error : gone;
}

/* Nothing is said of a key that is no KEKEK, or whose private half somebody may
 * have who loaded it, or takes it along. */
static int attest_ordinary(struct call *call, const uint8_t *uuid,
			   uint8_t out[KEKEK_MAX], size_t *len)
{
	struct key *key;
	int error, gone;

	error = call_key_by_uuid(call, uuid, &key);
	if (error)
		return error;
	if (!find_ordinary(call, uuid) ||
	    !(key->flags & CRYPTECH_KEY_FLAG_LOCAL))
		return CRYPTECH_ERR_FORBIDDEN;
	key_get(key);
	call_unlock(call);
	error = make_statement(call->hsm, uuid, 0, key->spki, key->spki_len,
			       out, len);
	gone = call_relock(call);
	key_put(key);
	return error ? error : gone;
}

int handle_KEKEK_ATTEST(struct call *call)
{
	uint8_t statement[KEKEK_MAX];
	const uint8_t *uuid;
	size_t len;
	int error;

	error = call_uuid(call, &uuid);
	if (error)
		return error;
	error = attest_single(call, uuid, statement, &len);
	if (error == CRYPTECH_ERR_KEY_NOT_FOUND)
		error = attest_ordinary(call, uuid, statement, &len);
	if (!error)
		xdr_put_opaque(&call->out, statement, len);
	return error;
}

/* --- made, listed, destroyed ---------------------------------------------- */

/* What takes time, a second or more: a new key, and what is said of it. */
static int generate(struct call *call, const uint8_t *uuid,
		    struct core_key **core, uint8_t statement[KEKEK_MAX],
		    size_t *len)
{
	int error, gone;

	call_unlock(call);
	error = core_key_generate(KEKEK_TYPE, core);
	if (!error) {
		error = single_statement(call->hsm, uuid, *core, statement,
					 len);
		if (error)
			core_key_put(*core);
	}
	gone = call_relock(call);
	if (!error && gone) {
		core_key_put(*core);
		error = gone;
	}
	return error;
}

static int keep(struct hsm *hsm, const uint8_t *uuid,
		const struct core_key *core)
{
	uint8_t sealed[KEKEK_MAX];
	size_t len;
	int error = seal(hsm, uuid, core, sealed, &len);

	if (!error)
		error = kekek_add(roots_of(hsm), uuid, sealed, len);
	core_wipe(sealed, sizeof(sealed));
	return error;
}

int handle_KEKEK_CREATE(struct call *call)
{
	uint8_t uuid[CRYPTECH_UUID_SIZE], statement[KEKEK_MAX];
	struct hsm *hsm = call->hsm;
	struct core_key *core;
	size_t len;
	int error;

	if (roots_stale(roots_of(hsm)))
		return CRYPTECH_ERR_KEYSTORE_LOST_DATA;
	if (kekek_count(roots_of(hsm)) >= CRYPTECH_KEKEKS_MAX)
		return CRYPTECH_ERR_NO_KEY_SLOTS_AVAILABLE;
	error = key_draw_uuid(uuid);
	if (!error)
		error = generate(call, uuid, &core, statement, &len);
	if (error)
		return error;
	error = keep(hsm, uuid, core);
	core_key_put(core);
	if (error)
		return error;
	xdr_put_opaque(&call->out, uuid, sizeof(uuid));
	xdr_put_opaque(&call->out, statement, len);
	return CRYPTECH_ERR_OK;
}

int handle_KEKEK_LIST(struct call *call)
{
	uint8_t uuid[CRYPTECH_UUID_SIZE];
	const uint8_t *previous;
	struct xdr_writer head;
	uint32_t max, n = 0;
	int error;

	error = call_list(call, &previous, &max);
	if (error)
		return error;
	xdr_writer_init(&head, xdr_put_raw(&call->out, 4), 4);
	while (n < max && xdr_room(&call->out) >= 4 + sizeof(uuid) &&
	       kekek_next(roots_of(call->hsm), previous, uuid)) {
		xdr_put_opaque(&call->out, uuid, sizeof(uuid));
		previous = uuid;
		n++;
	}
	xdr_put_u32(&head, n);
	return CRYPTECH_ERR_OK;
}

int handle_KEKEK_DELETE(struct call *call)
{
	const uint8_t *uuid;
	int error = call_uuid(call, &uuid);

	return error ? error : kekek_drop(roots_of(call->hsm), uuid);
}
