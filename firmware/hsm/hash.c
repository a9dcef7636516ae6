// SPDX-License-Identifier: MIT
/*
 * Hashes and HMACs for clients that have no good one of their own. libhal
 * does not take SHA-224 in these functions, and neither do we.
 */
#include "internal.h"

#include <stdlib.h>

struct hash {
	struct core_hash *state;
	enum cryptech_digest digest;
	bool hmac;
};

/* The value of a digest number that these functions take; else 0. */
static size_t digest_size(uint32_t digest)
{
	if (digest == CRYPTECH_DIGEST_SHA224)
		return 0;
	return core_digest_size(digest);
}

void hash_free(struct hash *hash)
{
	if (!hash)
		return;
	core_hash_free(hash->state);
	free(hash);
}

int handle_HASH_GET_DIGEST_LEN(struct call *call)
{
	size_t size = digest_size(xdr_get_u32(&call->in));

	if (!size)
		return CRYPTECH_ERR_BAD_ARGUMENTS;
	xdr_put_u32(&call->out, size);
	return CRYPTECH_ERR_OK;
}

/*
 * DER of AlgorithmIdentifier { OID, NULL }: SHA-1 in RFC 3279, the others in
 * RFC 4055 (2.16.840.1.101.3.4.2.n of NIST).
 */
static size_t algorithm_id(uint32_t digest, uint8_t id[15])
{
	static const uint8_t sha1[11] = {
		0x30, 0x09, 0x06, 0x05, 0x2b, 0x0e, 0x03, 0x02, 0x1a,
		0x05, 0x00
	};
	static const uint8_t sha2[15] = {
		0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03,
		0x04, 0x02, 0x00, 0x05, 0x00
	};
	static const uint8_t last[] = {
		[CRYPTECH_DIGEST_SHA256] = 1,
		[CRYPTECH_DIGEST_SHA384] = 2,
		[CRYPTECH_DIGEST_SHA512] = 3,
		[CRYPTECH_DIGEST_SHA512_224] = 5,
		[CRYPTECH_DIGEST_SHA512_256] = 6,
	};

	if (digest == CRYPTECH_DIGEST_SHA1) {
		memcpy(id, sha1, sizeof(sha1));
		return sizeof(sha1);
	}
	memcpy(id, sha2, sizeof(sha2));
	id[12] = last[digest];
	return sizeof(sha2);
}

int handle_HASH_GET_DIGEST_ALGORITHM_ID(struct call *call)
{
	uint32_t digest = xdr_get_u32(&call->in);
	uint32_t max = xdr_get_u32(&call->in);
	uint8_t id[15];
	size_t len;
	int error;

	error = call_fits(call, xdr_size_opaque(max));
	if (error)
		return error;
	if (!digest_size(digest))
		return CRYPTECH_ERR_BAD_ARGUMENTS;
	len = algorithm_id(digest, id);
	if (!max) {
		xdr_put_u32(&call->out, len);
		return CRYPTECH_ERR_OK;
	}
	if (max < len)
		return CRYPTECH_ERR_RESULT_TOO_LONG;
	xdr_put_opaque(&call->out, id, len);
	return CRYPTECH_ERR_OK;
}

int handle_HASH_GET_ALGORITHM(struct call *call)
{
	struct hash *hash = handle_find(call->client, HANDLE_HASH,
					xdr_get_u32(&call->in));

	if (!hash)
		return CRYPTECH_ERR_BAD_ARGUMENTS;
	xdr_put_u32(&call->out, hash->digest);
	return CRYPTECH_ERR_OK;
}

int handle_HASH_INITIALIZE(struct call *call)
{
	const uint8_t *key;
	struct hash *hash;
	uint32_t digest;
	uint32_t handle;
	size_t key_len;
	int error;

	xdr_get_u32(&call->in);		/* the session: nothing hangs on it */
	digest = xdr_get_u32(&call->in);
	key = xdr_get_opaque(&call->in, &key_len);
	if (!digest_size(digest))
		return CRYPTECH_ERR_BAD_ARGUMENTS;

	hash = calloc(1, sizeof(*hash));
	if (!hash)
		return CRYPTECH_ERR_ALLOCATION_FAILURE;
	hash->digest = digest;
	hash->hmac = key_len;
	hash->state = core_hash_new(digest, key, key_len);
	if (!hash->state)
		error = CRYPTECH_ERR_ALLOCATION_FAILURE;
	else
		error = handle_open(call->client, HANDLE_HASH, hash,
				    hash->hmac, &handle);
	if (error) {
		hash_free(hash);
		return error;
	}
	xdr_put_u32(&call->out, handle);
	return CRYPTECH_ERR_OK;
}

int handle_HASH_UPDATE(struct call *call)
{
	struct hash *hash = handle_find(call->client, HANDLE_HASH,
					xdr_get_u32(&call->in));
	const uint8_t *data;
	size_t len;

	if (!hash)
		return CRYPTECH_ERR_BAD_ARGUMENTS;
	data = xdr_get_opaque(&call->in, &len);
	return core_hash_update(hash->state, data, len);
}

/* Take the value and close the handle, which is known to be good. */
static int finish(struct client *client, uint32_t handle, uint8_t *value)
{
	struct hash *hash = handle_close(client, HANDLE_HASH, handle);
	int error = core_hash_final(hash->state, value);

	hash_free(hash);
	return error;
}

int handle_HASH_FINALIZE(struct call *call)
{
	uint32_t handle = xdr_get_u32(&call->in);
	uint32_t length = xdr_get_u32(&call->in);
	uint8_t value[CORE_DIGEST_MAX];
	struct hash *hash;
	size_t size;
	int error;

	if (!length || call_fits(call, xdr_size_opaque(length)))
		return CRYPTECH_ERR_RPC_PACKET_OVERFLOW;
	hash = handle_find(call->client, HANDLE_HASH, handle);
	if (!hash || length < core_digest_size(hash->digest))
		return CRYPTECH_ERR_BAD_ARGUMENTS;
	size = core_digest_size(hash->digest);
	error = finish(call->client, handle, value);
	if (!error)
		xdr_put_opaque(&call->out, value, size);
	core_wipe(value, sizeof(value));
	return error;
}

int hash_peek(struct client *client, uint32_t handle,
	      enum cryptech_digest *digest)
{
	struct hash *hash = handle_find(client, HANDLE_HASH, handle);

	if (!hash || hash->hmac)
		return CRYPTECH_ERR_BAD_ARGUMENTS;
	*digest = hash->digest;
	return CRYPTECH_ERR_OK;
}

int hash_take(struct client *client, uint32_t handle,
	      uint8_t value[CORE_DIGEST_MAX], size_t *len)
{
	enum cryptech_digest digest;
	int error;

	error = hash_peek(client, handle, &digest);
	if (error)
		return error;
	*len = core_digest_size(digest);
	return finish(client, handle, value);
}
