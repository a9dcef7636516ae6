// SPDX-License-Identifier: MIT
/*
 * Keys are made, changed and deleted here and nowhere else.
 */
#include "hashsig.h"

#include <stdlib.h>

/* --- what may be -------------------------------------------------------------- */

/*
 * A key that opens transfer packages does nothing else: whoever could have it
 * sign or decrypt for him could open them all.
 */
int key_check_flags(uint32_t flags, uint32_t allowed)
{
	const uint32_t other_uses = CRYPTECH_KEY_FLAG_DIGITALSIGNATURE |
				    CRYPTECH_KEY_FLAG_DATAENCIPHERMENT |
				    CRYPTECH_KEY_FLAG_RAW;

	if (flags & ~allowed)
		return CRYPTECH_ERR_BAD_ARGUMENTS;
	if ((flags & CRYPTECH_KEY_FLAG_KEYENCIPHERMENT) && (flags & other_uses))
		return CRYPTECH_ERR_BAD_ARGUMENTS;
	return CRYPTECH_ERR_OK;
}

int key_check_type(const struct hsm *hsm, uint32_t type)
{
	uint32_t bits = CRYPTECH_KEY_BITS(type);
	uint32_t least = hsm->config.libhal_compat ? KEY_RSA_BITS_MIN_LIBHAL :
						     KEY_RSA_BITS_MIN;

	switch (CRYPTECH_KEY_FAMILY(type)) {
	case CRYPTECH_KEY_FAMILY_RSA:
		if (bits >= least && bits <= KEY_RSA_BITS_MAX)
			return CRYPTECH_ERR_OK;
		return CRYPTECH_ERR_UNSUPPORTED_KEY;
	case CRYPTECH_KEY_FAMILY_EC:
		if (bits == 256 || bits == 384 || bits == 521)
			return CRYPTECH_ERR_OK;
		return CRYPTECH_ERR_UNSUPPORTED_KEY;
	default:
		return core_secret_size(type) ? CRYPTECH_ERR_OK :
						CRYPTECH_ERR_UNSUPPORTED_KEY;
	}
}

static uint32_t mode_of(uint32_t type)
{
	switch (CRYPTECH_KEY_FAMILY(type)) {
	case CRYPTECH_KEY_FAMILY_AES:
		return CRYPTECH_MODE_CBC;
	case CRYPTECH_KEY_FAMILY_AES_XTS:
		return CRYPTECH_MODE_XTS;
	case CRYPTECH_KEY_FAMILY_AES_ECB:
		return CRYPTECH_MODE_ECB;
	case CRYPTECH_KEY_FAMILY_AES_CTR:
		return CRYPTECH_MODE_CTR;
	case CRYPTECH_KEY_FAMILY_AES_GCM:
		return CRYPTECH_MODE_GCM;
	case CRYPTECH_KEY_FAMILY_AES_CMAC:
		return CRYPTECH_MODE_CMAC;
	default:
		return CRYPTECH_MODE_OF_TYPE;
	}
}

/* The uses that a secret key cannot have: it encrypts, or it makes MACs. */
static uint32_t uses_of_other_kinds(const struct key *key)
{
	return CRYPTECH_KEY_FLAG_KEYENCIPHERMENT | CRYPTECH_KEY_FLAG_RAW |
	       (key_is_mac(key) ? CRYPTECH_KEY_FLAG_DATAENCIPHERMENT :
				  CRYPTECH_KEY_FLAG_DIGITALSIGNATURE);
}

/*
 * Which flags go with which kind of key. An AES key serves one mode, so that
 * what one mode protects does not fall by another's means; which, its type
 * says, and it is kept in the flags for whoever looks.
 */
int key_settle_flags(struct key *key)
{
	uint32_t mode = CRYPTECH_KEY_MODE(key->flags);
	uint32_t own = mode_of(key->type);

	if (mode != CRYPTECH_MODE_OF_TYPE && mode != own)
		return CRYPTECH_ERR_BAD_ARGUMENTS;
	if (key_is_secret(key) && (key->flags & uses_of_other_kinds(key)))
		return CRYPTECH_ERR_BAD_ARGUMENTS;
	if ((key->flags & CRYPTECH_KEY_FLAG_CALLER_IV) &&
	    own != CRYPTECH_MODE_GCM)
		return CRYPTECH_ERR_BAD_ARGUMENTS;
	if (key_is_hashsig(key) &&
	    (key->flags & (CRYPTECH_KEY_FLAG_KEYENCIPHERMENT |
			   CRYPTECH_KEY_FLAG_DATAENCIPHERMENT)))
		return CRYPTECH_ERR_BAD_ARGUMENTS;
	/* Of HSS private keys, which are not made here. */
	if (key->flags & CRYPTECH_KEY_FLAG_RECOVERABLE)
		return CRYPTECH_ERR_BAD_ARGUMENTS;
	if ((key->flags & CRYPTECH_KEY_FLAG_RAW) &&
	    key->class != CRYPTECH_KEY_CLASS_RSA_PRIVATE)
		return CRYPTECH_ERR_BAD_ARGUMENTS;
	key->flags |= CRYPTECH_KEY_MODE_FLAG(own);
	return CRYPTECH_ERR_OK;
}

int key_draw_uuid(uint8_t uuid[CRYPTECH_UUID_SIZE])
{
	int error = core_random(uuid, CRYPTECH_UUID_SIZE);

	uuid[6] = (uuid[6] & 0x0f) | 0x40;
	uuid[8] = (uuid[8] & 0x3f) | 0x80;
	return error;
}

int key_name(struct key *key, const struct key_request *request)
{
	int error = CRYPTECH_ERR_OK;

	if (request->uuid)
		memcpy(key->uuid, request->uuid, CRYPTECH_UUID_SIZE);
	else
		error = key_draw_uuid(key->uuid);
	if (!error && request->attributes &&
	    !attributes_parse(&key->attributes, request->attributes,
			      request->attributes_len))
		error = CRYPTECH_ERR_KEYWRAP_BAD_MAGIC;
	if (!error && request->label_len)
		error = attributes_set(&key->attributes,
				       CRYPTECH_ATTRIBUTE_LABEL,
				       request->label, request->label_len);
	return error;
}

int key_check_room(struct call *call, const uint8_t *uuid, uint32_t flags)
{
	struct client *client = call->client;
	bool found = false;

	if (uuid)
		keys_position(call->hsm->keys, uuid, &found);
	/* A state without a key: of one that is parked. */
	if (found || (uuid && (job_names(call->hsm, uuid) ||
			       roots_find(call->hsm->hashsigs->roots, uuid))))
		return CRYPTECH_ERR_KEY_NAME_IN_USE;
	if (flags & CRYPTECH_KEY_FLAG_TOKEN)
		return keys_check_slots(call->hsm, flags);
	if (client->key_count >= HSM_CLIENT_VOLATILE ||
	    client->port->volatile_keys >= HSM_PORT_VOLATILE)
		return CRYPTECH_ERR_NO_KEY_SLOTS_AVAILABLE;
	return keys_check_slots(call->hsm, flags);
}

/* --- make ---------------------------------------------------------------------- */

static int set_spki(struct key *key, const struct core_key *core)
{
	uint8_t der[CORE_DER_MAX];
	size_t len;
	int error;

	error = core_key_spki(core, der, sizeof(der), &len);
	if (error)
		return error;
	key->spki = malloc(len);
	if (!key->spki)
		return CRYPTECH_ERR_ALLOCATION_FAILURE;
	memcpy(key->spki, der, len);
	key->spki_len = len;
	return CRYPTECH_ERR_OK;
}

static int seal(const struct hsm *hsm, const struct key *key,
		const struct core_key *core, struct sealed *sealed)
{
	uint8_t secret[CORE_DER_MAX];
	size_t len = 0;
	int error = CRYPTECH_ERR_OK;

	if (key_is_vault(key))
		error = vaultkeys_aes_record(core, secret, sizeof(secret),
					     &len);
	else if (key_is_secret(key))
		error = core_key_raw(core, secret, sizeof(secret), &len);
	else if (core && key_is_private(key))
		error = core_key_pkcs8(core, secret, sizeof(secret), &len);
	if (!error)
		error = record_seal(hsm, key, secret, len, sealed);
	core_wipe(secret, sizeof(secret));
	return error;
}

/*
 * Everything about the new key that takes time; lock not needed. Without
 * @core it is a public key of hash signatures, whose kind and spki are set.
 */
static int prepare(const struct hsm *hsm, struct core_key *core,
		   const struct key_request *request, struct key *key,
		   struct sealed *sealed)
{
	int error;

	if (core) {
		key->type = core_key_type(core);
		key->class = core_key_class(core);
		key->core = core_key_get(core);
	}
	key->flags = request->flags;
	error = key_settle_flags(key);
	if (error)
		return error;
	error = key_name(key, request);
	if (!error && core && !key_is_secret(key))
		error = set_spki(key, core);
	if (!error && key_is_token(key))
		error = seal(hsm, key, core, sealed);
	return error;
}

/* The key takes its place; nothing but the flash can fail any more. */
static int commit_token(struct hsm *hsm, struct key *key,
			const struct sealed *sealed)
{
	int error = keys_reserve(hsm->keys);

	if (!error)
		error = store_write(hsm, KS_CLASS_KEY, key->uuid, sealed->data,
				    sealed->len, true);
	if (!error)
		error = keys_insert(hsm->keys, key);
	return error;
}

static int commit_volatile(struct client *client, struct key *key)
{
	int error = client_hold(client);

	if (error)
		return error;
	error = keys_insert(client->hsm->keys, key);
	if (error) {
		client_release(client);
		return error;
	}
	key->owner = client;
	key->owner_next = client->keys;
	client->keys = key;
	client->key_count++;
	client->port->volatile_keys++;
	return CRYPTECH_ERR_OK;
}

static int commit(struct call *call, struct key *key,
		  const struct sealed *sealed, uint32_t *handle)
{
	struct client *client = call->client;
	int error = key_check_room(call, key->uuid, key->flags);

	if (error)
		return error;
	if (handle) {
		error = handle_open(client, HANDLE_KEY, key,
				    key_is_token(key), handle);
		if (error)
			return error;
		key_get(key);
	}
	if (key_is_token(key))
		error = commit_token(call->hsm, key, sealed);
	else
		error = commit_volatile(client, key);
	if (error && handle)
		key_put(handle_close(client, HANDLE_KEY, *handle));
	return error;
}

/*
 * A token key starts outside the cache: its decoded form is dropped here, and
 * whoever uses it first decodes what is in flash.
 */
static void drop_core(struct key *key)
{
	if (!key_is_token(key))
		return;
	core_key_put(key->core);
	key->core = NULL;
}

/* Add @key, whose reference is used up; on success *@result is good until the
 * lock is dropped. */
static int add(struct call *call, struct key *key, struct core_key *core,
	       const struct key_request *request, uint32_t *handle,
	       struct key **result)
{
	struct sealed sealed = { 0 };
	int error, gone;

	call_unlock(call);
	error = prepare(call->hsm, core, request, key, &sealed);
	drop_core(key);
	gone = call_relock(call);
	if (!error)
		error = gone;
	if (!error)
		error = commit(call, key, &sealed, handle);
	free(sealed.data);
	/* The list holds the key from here on, or nobody does. */
	key_put(key);
	*result = error ? NULL : key;
	return error;
}

int key_add(struct call *call, struct core_key *core,
	    const struct key_request *request, uint32_t *handle,
	    struct key **result)
{
	struct key *key = key_alloc();

	return key ? add(call, key, core, request, handle, result) :
		     CRYPTECH_ERR_ALLOCATION_FAILURE;
}

/* Its spki is kept in the form of RFC 9708, however it came. */
static int add_hashsig(struct call *call, const uint8_t *public, size_t len,
		       const struct key_request *request, uint32_t *handle,
		       struct key **result)
{
	struct key *key = key_alloc();

	if (!key)
		return CRYPTECH_ERR_ALLOCATION_FAILURE;
	key->type = CRYPTECH_KEY_HSS;
	key->class = CRYPTECH_KEY_CLASS_HASHSIG_PUBLIC;
	key->spki = malloc(HASHSIG_SPKI_MAX);
	if (!key->spki) {
		key_put(key);
		return CRYPTECH_ERR_ALLOCATION_FAILURE;
	}
	key->spki_len = hashsig_spki(public, len, key->spki);
	return add(call, key, NULL, request, handle, result);
}

/* PKCS#8 first, SPKI second, as libhal guesses. */
static int decode(const uint8_t *der, size_t len, struct core_key **core)
{
	int error = core_key_from_pkcs8(der, len, core);

	if (error == CRYPTECH_ERR_ASN1_PARSE_FAILED)
		error = core_key_from_spki(der, len, core);
	return error;
}

static int decode_checked(const struct hsm *hsm, const uint8_t *der,
			  size_t len, struct core_key **core)
{
	int error = decode(der, len, core);

	if (error)
		return error;
	error = key_check_type(hsm, core_key_type(*core));
	if (!error)
		error = core_key_check(*core);
	if (error)
		core_key_put(*core);
	return error;
}

int key_load(struct call *call, const uint8_t *der, size_t len,
	     const struct key_request *request, uint32_t *handle,
	     struct key **key)
{
	uint8_t public[CRYPTECH_HSS_PUBLIC_MAX];
	struct core_key *core;
	size_t public_len;
	int error, gone;

	error = key_check_room(call, request->uuid, request->flags);
	if (error)
		return error;
	error = hashsig_from_spki(der, len, public, &public_len);
	if (!error)
		return add_hashsig(call, public, public_len, request, handle,
				   key);
	if (error != CRYPTECH_ERR_ASN1_PARSE_FAILED)
		return error;
	call_unlock(call);
	error = decode_checked(call->hsm, der, len, &core);
	gone = call_relock(call);
	if (error)
		return error;
	error = gone;
	if (!error)
		error = key_add(call, core, request, handle, key);
	core_key_put(core);
	return error;
}

int key_load_raw(struct call *call, uint32_t type, const uint8_t *value,
		 size_t len, const struct key_request *request,
		 struct key **key)
{
	struct core_key *core;
	int error;

	error = key_check_room(call, request->uuid, request->flags);
	if (!error)
		error = core_key_from_raw(type, value, len, &core);
	if (error)
		return error;
	error = key_add(call, core, request, NULL, key);
	core_key_put(core);
	return error;
}

/*
 * A KEKEK that was made here and never leaves. Whoever knew the private half of
 * one that this device attests could open what others send.
 */
static bool is_for_here_alone(uint32_t flags)
{
	return (flags & CRYPTECH_KEY_FLAG_KEYENCIPHERMENT) &&
	       !(flags & CRYPTECH_KEY_FLAG_EXPORTABLE);
}

int key_generate(struct call *call, uint32_t type,
		 const struct key_request *request, uint32_t *handle,
		 struct key **key)
{
	struct key_request made = *request;
	struct core_key *core;
	int error, gone;

	error = key_check_type(call->hsm, type);
	if (!error)
		error = key_check_room(call, request->uuid, request->flags);
	if (error)
		return error;
	if (is_for_here_alone(request->flags))
		made.flags |= CRYPTECH_KEY_FLAG_LOCAL;
	call_unlock(call);
	if (request->flags & CRYPTECH_KEY_FLAG_VAULT)
		error = vaultkeys_aes_new(call->hsm->vaultkeys, type, &core);
	else
		error = core_key_generate(type, &core);
	gone = call_relock(call);
	if (error)
		return error;
	error = gone;
	if (!error)
		error = key_add(call, core, &made, handle, key);
	core_key_put(core);
	return error;
}

/* --- change and delete ----------------------------------------------------------- */

/* Write the key's record anew, with the attributes that @key has by now. */
static int rewrite(struct hsm *hsm, const struct key *key)
{
	struct key_record record;
	struct sealed sealed;
	uint8_t *data = malloc(KS_RECORD_MAX);
	size_t len;
	int error;

	if (!data)
		return CRYPTECH_ERR_ALLOCATION_FAILURE;
	error = store_error(ks_read(hsm->ks, KS_CLASS_KEY, key->uuid, data,
				    KS_RECORD_MAX, &len));
	if (!error)
		error = record_open(hsm, key->uuid, data, len, &record);
	free(data);
	if (error)
		return error;
	error = record_seal(hsm, key, record.secret, record.secret_len,
			    &sealed);
	record_close(&record);
	if (error)
		return error;
	error = store_write(hsm, KS_CLASS_KEY, key->uuid, sealed.data,
			    sealed.len, false);
	free(sealed.data);
	return error;
}

int key_set_attributes(struct hsm *hsm, struct key *key,
		       struct attributes *list)
{
	struct attributes old = key->attributes;
	int error = CRYPTECH_ERR_OK;

	if (record_too_long(list->len, key->spki_len, 0))
		return CRYPTECH_ERR_RESULT_TOO_LONG;
	key->attributes = *list;
	if (key_is_token(key))
		error = rewrite(hsm, key);
	if (error) {
		key->attributes = old;
		return error;
	}
	attributes_free(&old);
	memset(list, 0, sizeof(*list));
	return CRYPTECH_ERR_OK;
}

/* The state of a hash signature key goes last: see hashsigkey.c. */
int key_delete(struct hsm *hsm, struct key *key)
{
	struct hashsig *h = key->hashsig;
	uint8_t uuid[CRYPTECH_UUID_SIZE];
	int error;

	error = hashsig_may_delete(hsm, key->uuid);
	if (error)
		return error;
	memcpy(uuid, key->uuid, sizeof(uuid));
	if (key_is_token(key))
		error = store_error(ks_delete(hsm->ks, KS_CLASS_KEY, uuid));
	if (error)
		return error;
	if (h)
		hashsig_disown(hsm, h);
	keys_remove(hsm->keys, key);
	return hashsig_delete(hsm, uuid, h);
}
