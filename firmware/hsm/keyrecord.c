// SPDX-License-Identifier: MIT
/*
 * The record of a key in flash: XDR, wrapped as a whole under K_flash (AES key
 * wrap with padding, RFC 5649), so that nothing of it can be read or changed
 * without the master key, nor the record be put under another name.
 *
 *	u32 version | uuid[16] | u32 type | u32 class | u32 flags |
 *	opaque attributes | opaque spki | opaque secret
 *
 * attributes: (u32 type, opaque value) one after the other; secret: PKCS#8, the
 * bytes of an AES key, or empty in a public key. An AES key has no spki.
 *
 * The same plaintext is what packages carry, the image of a key: then with the
 * body of an HSS key for its secret, which records do not have.
 */
#include "backup.h"

#include <stdlib.h>

#define RECORD_VERSION	1
#define RECORD_HEAD	(4 + CRYPTECH_UUID_SIZE + 3 * 4)

static uint64_t plain_size(size_t attributes_len, size_t spki_len,
			   size_t secret_len)
{
	return RECORD_HEAD + xdr_size_opaque(attributes_len) +
	       xdr_size_opaque(spki_len) + xdr_size_opaque(secret_len);
}

bool record_too_long(size_t attributes_len, size_t spki_len, size_t secret_len)
{
	uint64_t size = plain_size(attributes_len, spki_len, secret_len);

	return size > KS_RECORD_MAX || core_wrap_size(size) > KS_RECORD_MAX;
}

int record_image(const struct key *key, const uint8_t *secret,
		 size_t secret_len, uint8_t **image, size_t *len)
{
	uint64_t size = plain_size(key->attributes.len, key->spki_len,
				   secret_len);
	struct xdr_writer w;

	*image = NULL;
	*len = 0;
	if (size > KS_RECORD_MAX)
		return CRYPTECH_ERR_RESULT_TOO_LONG;
	*image = malloc(size);
	if (!*image)
		return CRYPTECH_ERR_ALLOCATION_FAILURE;
	*len = size;
	xdr_writer_init(&w, *image, size);
	xdr_put_u32(&w, RECORD_VERSION);
	memcpy(xdr_put_raw(&w, CRYPTECH_UUID_SIZE), key->uuid,
	       CRYPTECH_UUID_SIZE);
	xdr_put_u32(&w, key->type);
	xdr_put_u32(&w, key->class);
	xdr_put_u32(&w, key->flags);
	xdr_put_opaque(&w, key->attributes.data, key->attributes.len);
	xdr_put_opaque(&w, key->spki, key->spki_len);
	xdr_put_opaque(&w, secret, secret_len);
	return CRYPTECH_ERR_OK;
}

int record_seal(const struct hsm *hsm, const struct key *key,
		const uint8_t *secret, size_t secret_len, struct sealed *sealed)
{
	uint8_t *plain;
	size_t size;
	int error;

	memset(sealed, 0, sizeof(*sealed));
	if (record_too_long(key->attributes.len, key->spki_len, secret_len))
		return CRYPTECH_ERR_RESULT_TOO_LONG;
	error = record_image(key, secret, secret_len, &plain, &size);
	if (error)
		return error;
	sealed->len = core_wrap_size(size);
	sealed->data = malloc(sealed->len);
	if (sealed->data)
		error = core_wrap(hsm->k_flash, plain, size, sealed->data);
	else
		error = CRYPTECH_ERR_ALLOCATION_FAILURE;
	core_wipe(plain, size);
	free(plain);
	if (error) {
		free(sealed->data);
		sealed->data = NULL;
	}
	return error;
}

bool record_parse(const uint8_t *image, size_t len, const uint8_t *uuid,
		  struct key_record *record)
{
	struct xdr_reader r;
	uint32_t version;

	memset(record, 0, sizeof(*record));
	xdr_reader_init(&r, image, len);
	version = xdr_get_u32(&r);
	record->uuid = xdr_get_raw(&r, CRYPTECH_UUID_SIZE);
	record->type = xdr_get_u32(&r);
	record->class = xdr_get_u32(&r);
	record->flags = xdr_get_u32(&r);
	record->attributes = xdr_get_opaque(&r, &record->attributes_len);
	record->spki = xdr_get_opaque(&r, &record->spki_len);
	record->secret = xdr_get_opaque(&r, &record->secret_len);
	return xdr_reader_done(&r) && version == RECORD_VERSION &&
	       memcmp(record->uuid, uuid, CRYPTECH_UUID_SIZE) == 0;
}

int record_open(const struct hsm *hsm, const uint8_t *uuid,
		const uint8_t *data, size_t len, struct key_record *record)
{
	size_t size = len - 8, plain_len;
	uint8_t *plain;
	int error;

	memset(record, 0, sizeof(*record));
	if (len < 16)
		return CRYPTECH_ERR_KEYSTORE_LOST_DATA;
	plain = malloc(size);
	if (!plain)
		return CRYPTECH_ERR_ALLOCATION_FAILURE;
	error = core_unwrap(hsm->k_flash, data, len, plain, &plain_len);
	if (!error && !record_parse(plain, plain_len, uuid, record))
		error = CRYPTECH_ERR_KEYSTORE_LOST_DATA;
	record->plain = plain;
	record->plain_size = size;
	if (!error)
		return CRYPTECH_ERR_OK;
	record_close(record);
	return error == CRYPTECH_ERR_ALLOCATION_FAILURE ?
	       error : CRYPTECH_ERR_KEYSTORE_LOST_DATA;
}

void record_close(struct key_record *record)
{
	if (record->plain)
		core_wipe(record->plain, record->plain_size);
	free(record->plain);
	memset(record, 0, sizeof(*record));
}
