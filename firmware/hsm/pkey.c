// SPDX-License-Identifier: MIT
/*
 * libhal's key functions, by handle: load, open, generate, close, delete, what
 * a key is, sign, verify.
 */
#include "hashsig.h"

#define RSA_EXPONENT	65537

/* May the client make keys of these flags, and do they make sense? */
static int check_new(struct call *call, uint32_t flags)
{
	int error = key_check_flags(flags, CRYPTECH_KEY_FLAGS_LIBHAL);

	if (error)
		return error;
	return client_writes(call->client, flags) ? CRYPTECH_ERR_OK :
						    CRYPTECH_ERR_FORBIDDEN;
}

static int put_new(struct call *call, int error, uint32_t handle,
		   const struct key *key)
{
	if (error)
		return error;
	xdr_put_u32(&call->out, handle);
	xdr_put_opaque(&call->out, key->uuid, sizeof(key->uuid));
	return CRYPTECH_ERR_OK;
}

int handle_PKEY_LOAD(struct call *call)
{
	struct key_request request = { 0 };
	const uint8_t *der;
	struct key *key;
	uint32_t handle;
	size_t len;
	int error;

	xdr_get_u32(&call->in);		/* the session: nothing hangs on it */
	der = xdr_get_opaque(&call->in, &len);
	request.flags = xdr_get_u32(&call->in);
	error = check_new(call, request.flags);
	if (!error)
		error = key_load(call, der, len, &request, &handle, &key);
	return put_new(call, error, handle, key);
}

int handle_PKEY_OPEN(struct call *call)
{
	const uint8_t *uuid;
	struct key *key;
	uint32_t handle;
	int error;

	xdr_get_u32(&call->in);
	error = call_uuid(call, &uuid);
	if (!error)
		error = call_key_by_uuid(call, uuid, &key);
	if (!error)
		error = handle_open(call->client, HANDLE_KEY, key,
				    key_is_token(key), &handle);
	if (error)
		return error;
	key_get(key);
	xdr_put_u32(&call->out, handle);
	return CRYPTECH_ERR_OK;
}

/* Is the number, big endian, the one exponent that keys are made with? */
static bool is_exponent(const uint8_t *number, size_t len)
{
	uint32_t value = 0;

	while (len && !*number) {
		number++;
		len--;
	}
	if (len > sizeof(value))
		return false;
	while (len--)
		value = value << 8 | *number++;
	return value == RSA_EXPONENT;
}

int handle_PKEY_GENERATE_RSA(struct call *call)
{
	struct key_request request = { 0 };
	const uint8_t *exponent;
	struct key *key;
	uint32_t bits, handle;
	size_t len;
	int error;

	xdr_get_u32(&call->in);
	bits = xdr_get_u32(&call->in);
	exponent = xdr_get_opaque(&call->in, &len);
	request.flags = xdr_get_u32(&call->in);
	error = check_new(call, request.flags);
	if (error)
		return error;
	if (bits % 8)
		return CRYPTECH_ERR_BAD_ARGUMENTS;
	if (bits > KEY_RSA_BITS_MAX || !is_exponent(exponent, len))
		return CRYPTECH_ERR_UNSUPPORTED_KEY;
	error = key_generate(call, CRYPTECH_KEY_FAMILY_RSA << 16 | bits,
			     &request, &handle, &key);
	return put_new(call, error, handle, key);
}

static uint32_t type_of_curve(uint32_t curve)
{
	switch (curve) {
	case CRYPTECH_CURVE_P256:
		return CRYPTECH_KEY_EC_P256;
	case CRYPTECH_CURVE_P384:
		return CRYPTECH_KEY_EC_P384;
	case CRYPTECH_CURVE_P521:
		return CRYPTECH_KEY_EC_P521;
	default:
		return 0;
	}
}

int handle_PKEY_GENERATE_EC(struct call *call)
{
	struct key_request request = { 0 };
	struct key *key;
	uint32_t type, handle;
	int error;

	xdr_get_u32(&call->in);
	type = type_of_curve(xdr_get_u32(&call->in));
	request.flags = xdr_get_u32(&call->in);
	error = check_new(call, request.flags);
	if (!error)
		error = key_generate(call, type, &request, &handle, &key);
	return put_new(call, error, handle, key);
}

int handle_PKEY_CLOSE(struct call *call)
{
	struct key *key = handle_close(call->client, HANDLE_KEY,
				       xdr_get_u32(&call->in));

	if (!key)
		return CRYPTECH_ERR_KEY_NOT_FOUND;
	key_put(key);
	return CRYPTECH_ERR_OK;
}

int handle_PKEY_DELETE(struct call *call)
{
	uint32_t handle = xdr_get_u32(&call->in);
	struct key *key;
	int error;

	error = call_key_by_handle(call, handle, &key);
	if (error)
		return error;
	if (!client_writes(call->client, key->flags))
		return CRYPTECH_ERR_FORBIDDEN;
	error = key_delete(call->hsm, key);
	if (error)
		return error;
	key_put(handle_close(call->client, HANDLE_KEY, handle));
	return CRYPTECH_ERR_OK;
}

/* --- what a key is ------------------------------------------------------------ */

int handle_PKEY_GET_KEY_TYPE(struct call *call)
{
	struct key *key;
	int error = call_key_by_handle(call, xdr_get_u32(&call->in), &key);

	if (error)
		return error;
	xdr_put_u32(&call->out, key->class);
	return CRYPTECH_ERR_OK;
}

int handle_PKEY_GET_KEY_FLAGS(struct call *call)
{
	struct key *key;
	int error = call_key_by_handle(call, xdr_get_u32(&call->in), &key);

	if (error)
		return error;
	/* libhal's clients know no others */
	xdr_put_u32(&call->out, key->flags & CRYPTECH_KEY_FLAGS_LIBHAL);
	return CRYPTECH_ERR_OK;
}

int handle_PKEY_GET_KEY_CURVE(struct call *call)
{
	struct key *key;
	int error = call_key_by_handle(call, xdr_get_u32(&call->in), &key);

	if (error)
		return error;
	xdr_put_u32(&call->out, key_curve(key));
	return CRYPTECH_ERR_OK;
}

/*
 * The public key as libhal's clients know it: of hash signatures in a form of
 * its own, which has room for one parameter set; into @buffer then. Where the
 * levels' sets differ it stays RFC 9708's.
 */
static const uint8_t *libhal_spki(const struct key *key,
				  uint8_t buffer[HASHSIG_SPKI_MAX],
				  size_t *len)
{
	uint8_t public[CRYPTECH_HSS_PUBLIC_MAX];

	*len = key->spki_len;
	if (!key_is_hashsig(key) ||
	    (key->hashsig && !hashsig_uniform(key->hashsig)))
		return key->spki;
	*len = hashsig_spki_libhal(public, hashsig_public(key, public),
				   buffer);
	return buffer;
}

/* libhal has no error here: the length of what is not there is 0. */
int handle_PKEY_GET_PUBLIC_KEY_LEN(struct call *call)
{
	uint8_t spki[HASHSIG_SPKI_MAX];
	struct key *key;
	size_t len;
	int error = call_key_by_handle(call, xdr_get_u32(&call->in), &key);

	if (!error)
		libhal_spki(key, spki, &len);
	xdr_put_u32(&call->out, error ? 0 : len);
	return CRYPTECH_ERR_OK;
}

int handle_PKEY_GET_PUBLIC_KEY(struct call *call)
{
	uint32_t handle = xdr_get_u32(&call->in);
	uint32_t max = xdr_get_u32(&call->in);
	uint8_t buffer[HASHSIG_SPKI_MAX];
	const uint8_t *spki;
	struct key *key;
	size_t len;
	int error = call_fits(call, xdr_size_opaque(max));

	if (!error)
		error = call_key_by_handle(call, handle, &key);
	if (error)
		return error;
	if (key_is_secret(key))
		return CRYPTECH_ERR_UNSUPPORTED_KEY;
	spki = libhal_spki(key, buffer, &len);
	if (len > max)
		return CRYPTECH_ERR_RESULT_TOO_LONG;
	xdr_put_opaque(&call->out, spki, len);
	return CRYPTECH_ERR_OK;
}

/* --- sign and verify ------------------------------------------------------------ */

/* What is signed: input as it is, or the value of a hash. */
struct subject {
	uint32_t hash;
	enum cryptech_digest digest;
	const uint8_t *data;
	size_t len;
	uint8_t value[CORE_DIGEST_MAX];
};

/* One of hash handle and input, not both. */
static int check_subject(struct call *call, struct subject *subject)
{
	subject->digest = CRYPTECH_DIGEST_NONE;
	if (!subject->hash == !subject->len)
		return CRYPTECH_ERR_BAD_ARGUMENTS;
	if (!subject->hash)
		return CRYPTECH_ERR_OK;
	return hash_peek(call->client, subject->hash, &subject->digest);
}

/* Ends the hash: all else that can be wrong has been asked before. */
static int take_subject(struct call *call, struct subject *subject)
{
	if (!subject->hash)
		return CRYPTECH_ERR_OK;
	subject->data = subject->value;
	return hash_take(call->client, subject->hash, subject->value,
			 &subject->len);
}

int handle_PKEY_SIGN(struct call *call)
{
	struct subject subject;
	struct key *key;
	uint32_t handle, max;
	int error;

	handle = xdr_get_u32(&call->in);
	subject.hash = xdr_get_u32(&call->in);
	subject.data = xdr_get_opaque(&call->in, &subject.len);
	max = xdr_get_u32(&call->in);
	error = call_fits(call, xdr_size_opaque(max));
	if (!error)
		error = call_key_by_handle(call, handle, &key);
	if (!error)
		error = key_may_sign(key, max);
	if (!error)
		error = check_subject(call, &subject);
	if (!error)
		error = take_subject(call, &subject);
	if (error)
		return error;
	return key_sign(call, key, subject.digest, subject.data, subject.len,
			max);
}

int handle_PKEY_VERIFY(struct call *call)
{
	struct subject subject;
	const uint8_t *signature;
	struct key *key;
	size_t signature_len;
	uint32_t handle;
	int error;

	handle = xdr_get_u32(&call->in);
	subject.hash = xdr_get_u32(&call->in);
	subject.data = xdr_get_opaque(&call->in, &subject.len);
	signature = xdr_get_opaque(&call->in, &signature_len);
	error = call_key_by_handle(call, handle, &key);
	if (!error)
		error = key_may_verify(key);
	if (!error)
		error = check_subject(call, &subject);
	if (!error)
		error = take_subject(call, &subject);
	if (error)
		return error;
	return key_verify(call, key, subject.digest, subject.data,
			  subject.len, signature, signature_len);
}
