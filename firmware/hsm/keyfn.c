// SPDX-License-Identifier: MIT
/*
 * Our own key functions, by UUID. The table gives them to the logged-in alone
 * (USER), so a key that the client sees is one that it may use.
 */
#include "key.h"

int call_new_uuid(struct call *call, const uint8_t **uuid)
{
	static const uint8_t zero[CRYPTECH_UUID_SIZE];
	size_t len;

	*uuid = xdr_get_opaque(&call->in, &len);
	if (!len) {
		*uuid = NULL;
		return CRYPTECH_ERR_OK;
	}
	if (len != CRYPTECH_UUID_SIZE)
		return CRYPTECH_ERR_KEY_NAME_TOO_LONG;
	if (!memcmp(*uuid, zero, sizeof(zero)))
		return CRYPTECH_ERR_BAD_ARGUMENTS;
	return CRYPTECH_ERR_OK;
}

int call_label(struct call *call, const uint8_t **label, size_t *len)
{
	*label = xdr_get_opaque(&call->in, len);
	return label_prefix(*label, *len) == *len ? CRYPTECH_ERR_OK :
						    CRYPTECH_ERR_BAD_ARGUMENTS;
}

static int put_uuid(struct call *call, int error, const struct key *key)
{
	if (!error)
		xdr_put_opaque(&call->out, key->uuid, sizeof(key->uuid));
	return error;
}

int call_request(struct call *call, struct key_request *request, bool made)
{
	const uint32_t vault = made ? CRYPTECH_KEY_FLAG_VAULT : 0;
	int error;

	request->attributes = NULL;
	request->attributes_len = 0;
	request->flags = xdr_get_u32(&call->in);
	error = call_label(call, &request->label, &request->label_len);
	if (error)
		return error;
	/* What never leaves the vault does not leave the HSM. */
	if ((request->flags & vault) &&
	    (request->flags & CRYPTECH_KEY_FLAG_EXPORTABLE))
		return CRYPTECH_ERR_BAD_ARGUMENTS;
	return key_check_flags(request->flags, CRYPTECH_KEY_FLAGS_ALL | vault);
}

int handle_KEY_GENERATE(struct call *call)
{
	struct key_request request;
	struct key *key;
	uint32_t type;
	int error;

	error = call_new_uuid(call, &request.uuid);
	if (error)
		return error;
	type = xdr_get_u32(&call->in);
	error = call_request(call, &request, true);
	if (!error)
		error = key_generate(call, type, &request, NULL, &key);
	return put_uuid(call, error, key);
}

int handle_KEY_LOAD(struct call *call)
{
	struct key_request request;
	const uint8_t *der;
	struct key *key;
	size_t len;
	int error;

	error = call_new_uuid(call, &request.uuid);
	if (error)
		return error;
	der = xdr_get_opaque(&call->in, &len);
	error = call_request(call, &request, false);
	if (!error)
		error = key_load(call, der, len, &request, NULL, &key);
	return put_uuid(call, error, key);
}

int handle_KEY_LOAD_RAW(struct call *call)
{
	struct key_request request;
	const uint8_t *value;
	struct key *key;
	uint32_t type;
	size_t len;
	int error;

	error = call_new_uuid(call, &request.uuid);
	if (error)
		return error;
	type = xdr_get_u32(&call->in);
	value = xdr_get_opaque(&call->in, &len);
	error = call_request(call, &request, false);
	if (!error)
		error = key_load_raw(call, type, value, len, &request, &key);
	return put_uuid(call, error, key);
}

static void put_info(struct call *call, const struct key *key)
{
	const uint8_t *label;
	size_t len;

	label = attributes_label(&key->attributes, &len);
	xdr_put_u32(&call->out, key->type);
	xdr_put_u32(&call->out, key->class);
	xdr_put_u32(&call->out, key->flags);
	xdr_put_opaque(&call->out, label, len);
}

int handle_KEY_INFO(struct call *call)
{
	struct key *key;
	int error = call_key(call, &key);

	if (!error)
		put_info(call, key);
	return error;
}

int handle_KEY_PUBLIC(struct call *call)
{
	struct key *key;
	uint32_t max;
	int error = call_key(call, &key);

	if (error)
		return error;
	max = xdr_get_u32(&call->in);
	error = call_fits(call, xdr_size_opaque(max));
	if (error)
		return error;
	if (key_is_secret(key))
		return CRYPTECH_ERR_UNSUPPORTED_KEY;
	if (key->spki_len > max)
		return CRYPTECH_ERR_RESULT_TOO_LONG;
	xdr_put_opaque(&call->out, key->spki, key->spki_len);
	return CRYPTECH_ERR_OK;
}

/* A damaged key too can be deleted, or it would stay for ever. */
int handle_KEY_DELETE(struct call *call)
{
	struct key *key = NULL;
	int error = call_key(call, &key);

	if (error && !(key && error == key->damage))
		return error;
	return key_delete(call->hsm, key);
}

/* What a key takes in the reply of KEY_LIST. */
static size_t item_size(const struct key *key)
{
	size_t len;

	attributes_label(&key->attributes, &len);
	return xdr_size_opaque(CRYPTECH_UUID_SIZE) + 3 * 4 +
	       xdr_size_opaque(len);
}

int call_list(struct call *call, const uint8_t **previous, uint32_t *max)
{
	size_t len;

	*previous = xdr_get_opaque(&call->in, &len);
	*max = xdr_get_u32(&call->in);
	if (len && len != CRYPTECH_UUID_SIZE)
		return CRYPTECH_ERR_KEY_NAME_TOO_LONG;
	if (!len)
		*previous = NULL;
	return *max ? CRYPTECH_ERR_OK : CRYPTECH_ERR_BAD_ARGUMENTS;
}

int handle_KEY_LIST(struct call *call)
{
	const struct keys *keys = call->hsm->keys;
	const uint8_t *previous;
	struct xdr_writer head;
	uint32_t max, n = 0;
	size_t at = 0;
	bool found;
	int error;

	error = call_list(call, &previous, &max);
	if (error)
		return error;
	if (previous) {
		at = keys_position(keys, previous, &found);
		at += found;
	}
	xdr_writer_init(&head, xdr_put_raw(&call->out, 4), 4);
	for (; at < keys->count && n < max; at++) {
		const struct key *key = keys->list[at];

		if (key->damage || !key_visible(call->client, key))
			continue;
		if (item_size(key) > xdr_room(&call->out))
			break;
		xdr_put_opaque(&call->out, key->uuid, sizeof(key->uuid));
		put_info(call, key);
		n++;
	}
	xdr_put_u32(&head, n);
	return CRYPTECH_ERR_OK;
}

int handle_KEY_SET_LABEL(struct call *call)
{
	struct attributes list;
	const uint8_t *label;
	struct key *key;
	size_t len;
	int error = call_key(call, &key);

	if (!error)
		error = call_label(call, &label, &len);
	if (!error)
		error = attributes_copy(&list, &key->attributes);
	if (error)
		return error;
	if (len)
		error = attributes_set(&list, CRYPTECH_ATTRIBUTE_LABEL, label,
				       len);
	else
		attributes_remove(&list, CRYPTECH_ATTRIBUTE_LABEL);
	if (!error)
		error = key_set_attributes(call->hsm, key, &list);
	attributes_free(&list);
	return error;
}

/* digest: of CRYPTECH_DIGESTS, or NONE. */
static int get_subject(struct call *call, const struct key *key,
		       enum cryptech_digest *digest, const uint8_t **input,
		       size_t *len)
{
	uint32_t number = xdr_get_u32(&call->in);

	*digest = number;
	*input = xdr_get_opaque(&call->in, len);
	/* A message of HSS may be empty, a hash value cannot. */
	if ((!*len && !key_is_hashsig(key)) || (number != CRYPTECH_DIGEST_NONE &&
		      *len != core_digest_size(number)))
		return CRYPTECH_ERR_BAD_ARGUMENTS;
	return CRYPTECH_ERR_OK;
}

int handle_SIGN(struct call *call)
{
	enum cryptech_digest digest;
	const uint8_t *input;
	struct key *key;
	size_t len;
	uint32_t max;
	int error = call_key(call, &key);

	if (!error)
		error = get_subject(call, key, &digest, &input, &len);
	if (error)
		return error;
	/* It spends a leaf, so it wants a request: SIGN_ONCE. */
	if (key_is_hashsig(key))
		return CRYPTECH_ERR_UNSUPPORTED_KEY;
	max = xdr_get_u32(&call->in);
	error = call_fits(call, xdr_size_opaque(max));
	if (error)
		return error;
	return key_sign(call, key, digest, input, len, max);
}

int handle_VERIFY(struct call *call)
{
	enum cryptech_digest digest;
	const uint8_t *input, *signature;
	struct key *key;
	size_t len, signature_len;
	int error = call_key(call, &key);

	if (!error)
		error = get_subject(call, key, &digest, &input, &len);
	if (error)
		return error;
	if (key_is_hashsig(key) && digest != CRYPTECH_DIGEST_NONE)
		return CRYPTECH_ERR_BAD_ARGUMENTS;
	signature = xdr_get_opaque(&call->in, &signature_len);
	return key_verify(call, key, digest, input, len, signature,
			  signature_len);
}
