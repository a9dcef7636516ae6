// SPDX-License-Identifier: MIT
/*
 * Keys as images, which packages carry: out of one HSM, into another, or back
 * into the same. Not those of hash signature keys, of which only one may ever
 * be: see hashsigmove.c.
 *
 * An image comes out of a package whose seal was good, so somebody who may send
 * keys made it; it is checked all the same like a key that a user loads. What
 * is wrong with it has one error, that of a package which does not open.
 */
#include "backup.h"

#include <stdlib.h>

/* What decoding says of an image. */
static int not_an_image(int error)
{
	return !error || error == CRYPTECH_ERR_ALLOCATION_FAILURE ?
	       error : CRYPTECH_ERR_KEYWRAP_BAD_MAGIC;
}

/* The decoded key; whatever cannot be decoded is no image. */
static int decode(const struct key_record *record, struct core_key **core)
{
	int error;

	if (class_is_secret(record->class))
		error = core_key_from_raw(record->type, record->secret,
					  record->secret_len, core);
	else if (record->secret_len)
		error = core_key_from_pkcs8(record->secret, record->secret_len,
					    core);
	else
		error = core_key_from_spki(record->spki, record->spki_len,
					   core);
	return not_an_image(error);
}

/* Does the image say of the key what the key says of itself? */
static bool agrees(const struct key_record *record, const struct core_key *core)
{
	uint8_t spki[CORE_DER_MAX];
	size_t len = 0;

	if (core_key_type(core) != record->type ||
	    core_key_class(core) != record->class)
		return false;
	if (!class_is_secret(record->class) &&
	    core_key_spki(core, spki, sizeof(spki), &len))
		return false;
	return len == record->spki_len && !memcmp(spki, record->spki, len);
}

/* Lock not needed. */
static int decode_checked(const struct hsm *hsm,
			  const struct key_record *record,
			  struct core_key **core)
{
	int error = decode(record, core);

	if (error)
		return error;
	error = key_check_type(hsm, core_key_type(*core));
	if (!error && !agrees(record, *core))
		error = CRYPTECH_ERR_KEYWRAP_BAD_MAGIC;
	/* any bytes are a secret key */
	if (!error && !class_is_secret(record->class))
		error = not_an_image(core_key_check(*core));
	if (error) {
		core_key_put(*core);
		*core = NULL;
	}
	return error;
}

/* What can be said of it before it is decoded. */
static int check(struct call *call, const struct key_record *record,
		 uint32_t flags)
{
	static const uint8_t zeros[CRYPTECH_UUID_SIZE];
	struct attributes attributes = { 0 };
	struct key kind = {
		.type = record->type, .class = record->class, .flags = flags,
	};

	if (!memcmp(record->uuid, zeros, sizeof(zeros)) ||
	    key_check_flags(flags, CRYPTECH_KEY_FLAGS_ALL) ||
	    key_settle_flags(&kind) ||
	    !attributes_parse(&attributes, record->attributes,
			      record->attributes_len))
		return CRYPTECH_ERR_KEYWRAP_BAD_MAGIC;
	attributes_free(&attributes);
	return key_check_room(call, record->uuid, flags);
}

/* A public key of hash signatures is known by its spki alone. */
static int add_hashsig(struct call *call, const struct key_record *record,
		       const struct key_request *request, bool check_only,
		       struct key **key)
{
	uint8_t public[CRYPTECH_HSS_PUBLIC_MAX];
	size_t len;

	if (record->class != CRYPTECH_KEY_CLASS_HASHSIG_PUBLIC ||
	    record->secret_len ||
	    hashsig_from_spki(record->spki, record->spki_len, public, &len))
		return CRYPTECH_ERR_KEYWRAP_BAD_MAGIC;
	return check_only ? CRYPTECH_ERR_OK :
	       key_load(call, record->spki, record->spki_len, request, NULL,
			key);
}

int key_add_image(struct call *call, const struct key_record *record,
		  uint32_t drop, bool check_only, struct key **key)
{
	const struct key_request request = {
		.uuid = record->uuid,
		.flags = record->flags & ~drop,
		.attributes = record->attributes,
		.attributes_len = record->attributes_len,
	};
	struct core_key *core;
	int error, gone;

	*key = NULL;
	error = check(call, record, request.flags);
	if (error)
		return error;
	if (CRYPTECH_KEY_FAMILY(record->type) == CRYPTECH_KEY_FAMILY_HSS)
		return add_hashsig(call, record, &request, check_only, key);
	call_unlock(call);
	error = decode_checked(call->hsm, record, &core);
	gone = call_relock(call);
	if (error)
		return error;
	error = gone;
	if (!error && !check_only)
		error = key_add(call, core, &request, NULL, key);
	core_key_put(core);
	return error;
}

/* Lock not needed. */
static int secret_of(const struct key *key, const struct core_key *core,
		     uint8_t secret[CORE_DER_MAX], size_t *len)
{
	*len = 0;
	if (key_is_secret(key))
		return core_key_raw(core, secret, CORE_DER_MAX, len);
	if (key_is_private(key))
		return core_key_pkcs8(core, secret, CORE_DER_MAX, len);
	return CRYPTECH_ERR_OK;
}

/* The secret of a key that the caller holds a reference to. */
static int take_secret(struct call *call, struct key *key,
		       uint8_t secret[CORE_DER_MAX], size_t *len)
{
	struct core_key *core;
	int error, gone;

	error = key_core(call, key, &core);
	if (error)
		return error;
	call_unlock(call);
	error = secret_of(key, core, secret, len);
	core_key_put(core);
	gone = call_relock(call);
	if (!error)
		error = gone;
	return !error && key->dead ? CRYPTECH_ERR_KEY_NOT_FOUND : error;
}

int key_image(struct call *call, struct key *key, uint8_t **image, size_t *len)
{
	uint8_t secret[CORE_DER_MAX];
	size_t secret_len = 0;
	int error = CRYPTECH_ERR_OK;

	*image = NULL;
	if (key->class == CRYPTECH_KEY_CLASS_HASHSIG_PRIVATE)
		return CRYPTECH_ERR_UNSUPPORTED_KEY;
	key_get(key);
	if (!key_is_hashsig(key))
		error = take_secret(call, key, secret, &secret_len);
	if (!error)
		error = record_image(key, secret, secret_len, image, len);
	core_wipe(secret, sizeof(secret));
	key_put(key);
	return error;
}
