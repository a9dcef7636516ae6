// SPDX-License-Identifier: MIT
/*
 * The decoded key, and what is done with it.
 *
 * To unwrap and decode a key costs as much as several signatures, so the last
 * used ones of flash stay decoded in memory. What falls out is wiped as soon as
 * the last call that uses it is done.
 */
#include "hashsig.h"

#include <stdlib.h>

/* --- the cache --------------------------------------------------------------- */

static void unlink_key(struct keys *keys, struct key *key)
{
	if (key->newer)
		key->newer->older = key->older;
	else
		keys->newest = key->older;
	if (key->older)
		key->older->newer = key->newer;
	else
		keys->oldest = key->newer;
	key->newer = key->older = NULL;
	keys->cached--;
}

static void link_newest(struct keys *keys, struct key *key)
{
	key->older = keys->newest;
	if (keys->newest)
		keys->newest->newer = key;
	else
		keys->oldest = key;
	keys->newest = key;
	keys->cached++;
}

/* For volatile keys this does nothing: what they have is not of the cache. */
void key_uncache(struct keys *keys, struct key *key)
{
	if (!key_is_token(key) || !key->core)
		return;
	unlink_key(keys, key);
	core_key_put(key->core);
	key->core = NULL;
}

static void cache(struct keys *keys, struct key *key, struct core_key *core)
{
	if (keys->cached >= KEY_CACHE_MAX)
		key_uncache(keys, keys->oldest);
	key->core = core_key_get(core);
	link_newest(keys, key);
}

/* --- decoding ---------------------------------------------------------------- */

static int decode(const struct hsm *hsm, const struct key *key,
		  const uint8_t *data, size_t len, struct core_key **core)
{
	struct key_record record;
	int error;

	error = record_open(hsm, key->uuid, data, len, &record);
	if (error)
		return error;
	if (key_is_vault(key))
		error = vaultkeys_aes_open(hsm->vaultkeys, key->type,
					   record.secret, record.secret_len,
					   core);
	else if (key_is_secret(key))
		error = core_key_from_raw(key->type, record.secret,
					  record.secret_len, core);
	else if (record.secret_len)
		error = core_key_from_pkcs8(record.secret, record.secret_len,
					    core);
	else
		error = core_key_from_spki(record.spki, record.spki_len, core);
	record_close(&record);
	/* It was good when it was written. */
	return error ? CRYPTECH_ERR_KEYSTORE_LOST_DATA : CRYPTECH_ERR_OK;
}

/* The key of a record, which is read under the lock and decoded without. */
static int fetch(struct call *call, struct key *key, struct core_key **core)
{
	uint8_t *data = malloc(KS_RECORD_MAX);
	int error, gone;
	size_t len;

	if (!data)
		return CRYPTECH_ERR_ALLOCATION_FAILURE;
	error = store_error(ks_read(call->hsm->ks, KS_CLASS_KEY, key->uuid,
				    data, KS_RECORD_MAX, &len));
	if (error) {
		free(data);
		return error;
	}
	call_unlock(call);
	error = decode(call->hsm, key, data, len, core);
	free(data);
	gone = call_relock(call);
	if (!error && (gone || key->dead)) {
		core_key_put(*core);
		error = gone ? gone : CRYPTECH_ERR_KEY_NOT_FOUND;
	}
	return error;
}

int key_core(struct call *call, struct key *key, struct core_key **core)
{
	struct keys *keys = call->hsm->keys;
	int error = CRYPTECH_ERR_OK;

	if (key_is_hashsig(key))
		return CRYPTECH_ERR_UNSUPPORTED_KEY;
	if (key->core) {
		if (key_is_token(key) && keys->newest != key) {
			unlink_key(keys, key);
			link_newest(keys, key);
		}
		*core = core_key_get(key->core);
		return CRYPTECH_ERR_OK;
	}
	key_get(key);
	error = fetch(call, key, core);
	if (!error && !key->core)	/* else another call was faster */
		cache(keys, key, *core);
	key_put(key);
	return error;
}

/* --- sign and verify ----------------------------------------------------------- */

int key_may_verify(const struct key *key)
{
	return key->flags & CRYPTECH_KEY_FLAG_DIGITALSIGNATURE ?
	       CRYPTECH_ERR_OK : CRYPTECH_ERR_FORBIDDEN;
}

static size_t signature_size(const struct key *key)
{
	size_t bytes = (CRYPTECH_KEY_BITS(key->type) + 7) / 8;

	return CRYPTECH_KEY_FAMILY(key->type) == CRYPTECH_KEY_FAMILY_EC ?
	       2 * bytes : bytes;
}

int key_may_sign(const struct key *key, size_t max)
{
	if (!(key->flags & CRYPTECH_KEY_FLAG_DIGITALSIGNATURE))
		return CRYPTECH_ERR_FORBIDDEN;
	if (!key_is_private(key))
		return CRYPTECH_ERR_UNSUPPORTED_KEY;
	if (key_is_hashsig(key))
		return hashsig_may_sign(key, max);
	if (max < signature_size(key))
		return CRYPTECH_ERR_RESULT_TOO_LONG;
	return CRYPTECH_ERR_OK;
}

int key_sign(struct call *call, struct key *key, enum cryptech_digest digest,
	     const uint8_t *input, size_t len, size_t max)
{
	uint8_t signature[CORE_SIGNATURE_MAX];
	struct core_key *core;
	size_t signature_len;
	int error, gone;

	error = key_may_sign(key, max);
	if (!error && key_is_hashsig(key))	/* a hash value is a message */
		return hashsig_sign(call, key, input, len);
	if (!error)
		error = key_core(call, key, &core);
	if (error)
		return error;
	call_unlock(call);
	error = core_key_sign(core, digest, input, len, signature,
			      sizeof(signature), &signature_len);
	core_key_put(core);
	gone = call_relock(call);
	if (error || gone)
		return error ? error : gone;
	xdr_put_opaque(&call->out, signature, signature_len);
	return CRYPTECH_ERR_OK;
}

int key_verify(struct call *call, struct key *key,
	       enum cryptech_digest digest, const uint8_t *input, size_t len,
	       const uint8_t *signature, size_t signature_len)
{
	struct core_key *core;
	int error, gone;

	error = key_may_verify(key);
	if (!error && key_is_hashsig(key))
		return hashsig_verify(call, key, input, len, signature,
				      signature_len);
	if (!error)
		error = key_core(call, key, &core);
	if (error)
		return error;
	call_unlock(call);
	error = core_key_verify(core, digest, input, len, signature,
				signature_len);
	core_key_put(core);
	gone = call_relock(call);
	return error ? error : gone;
}
