/* SPDX-License-Identifier: MIT */
/*
 * Keys in an HSM in a box: calls that the tests of keys make again and again.
 */
#ifndef TESTS_KEY_BOX_H
#define TESTS_KEY_BOX_H

#include "hsm_box.h"
#include "hsm_flash.h"
#include "plain.h"
#include "tap.h"

#define ME	0x1111
#define OTHER	0x2222
#define NOBODY	0x3333

#define SIGNS	CRYPTECH_KEY_FLAG_DIGITALSIGNATURE
#define KEKEK	CRYPTECH_KEY_FLAG_KEYENCIPHERMENT
#define TOKEN	CRYPTECH_KEY_FLAG_TOKEN
#define PUBLIC	CRYPTECH_KEY_FLAG_PUBLIC
#define EXPORTABLE CRYPTECH_KEY_FLAG_EXPORTABLE

static struct box box;

struct named {
	uint32_t handle;
	uint8_t uuid[CRYPTECH_UUID_SIZE];
};

/* A fresh HSM; ME and OTHER are users. */
static inline bool key_box_fresh(bool libhal_compat)
{
	box_stop(&box);
	box_init(&box, hsm_flash_blank());
	box.config.libhal_compat = libhal_compat;
	return box_start(&box) && box_init_pins(&box) &&
	       !box_login(&box, ME, CRYPTECH_USER_NORMAL) &&
	       !box_login(&box, OTHER, CRYPTECH_USER_NORMAL);
}

static inline bool key_box_restart(void)
{
	return box_restart(&box) &&
	       !box_login(&box, ME, CRYPTECH_USER_NORMAL);
}

/* The results "pkey:u uuid:o" of the last call. */
static inline int result_named(int error, struct named *named)
{
	const uint8_t *uuid;
	size_t len;

	if (error)
		return error;
	named->handle = xdr_get_u32(&box.results);
	uuid = xdr_get_opaque(&box.results, &len);
	if (len != CRYPTECH_UUID_SIZE || !xdr_reader_done(&box.results))
		return -1;
	memcpy(named->uuid, uuid, len);
	return 0;
}

static inline int pkey_load(uint32_t word, const struct bytes *der,
			    uint32_t flags, struct named *named)
{
	return result_named(ask(&box, word, CRYPTECH_RPC_PKEY_LOAD, "uou", 0,
				der->data, der->len, flags), named);
}

static inline int pkey_generate_ec(uint32_t word, uint32_t curve,
				   uint32_t flags, struct named *named)
{
	return result_named(ask(&box, word, CRYPTECH_RPC_PKEY_GENERATE_EC,
				"uuu", 0, curve, flags), named);
}

static inline int pkey_open(uint32_t word, struct named *named)
{
	int error = ask(&box, word, CRYPTECH_RPC_PKEY_OPEN, "uo", 0,
			named->uuid, sizeof(named->uuid));

	if (!error)
		named->handle = xdr_get_u32(&box.results);
	return error;
}

/* The opaque result of the last call, whole. */
static inline int result_bytes(int error, struct bytes *out)
{
	const uint8_t *data;

	out->len = 0;
	if (error)
		return error;
	data = xdr_get_opaque(&box.results, &out->len);
	if (!data || !xdr_reader_done(&box.results) ||
	    out->len > sizeof(out->data))
		return -1;
	memcpy(out->data, data, out->len);
	return 0;
}

static inline int pkey_sign(uint32_t word, uint32_t handle, uint32_t hash,
			    const void *input, size_t len,
			    struct bytes *signature)
{
	return result_bytes(ask(&box, word, CRYPTECH_RPC_PKEY_SIGN, "uuou",
				handle, hash, input, len, 1024), signature);
}

static inline int pkey_verify(uint32_t word, uint32_t handle, uint32_t hash,
			      const void *input, size_t len,
			      const struct bytes *signature)
{
	return ask(&box, word, CRYPTECH_RPC_PKEY_VERIFY, "uuoo", handle, hash,
		   input, len, signature->data, signature->len);
}

static inline int pkey_public(uint32_t word, uint32_t handle,
			      struct bytes *spki)
{
	return result_bytes(ask(&box, word, CRYPTECH_RPC_PKEY_GET_PUBLIC_KEY,
				"uu", handle, 4096), spki);
}

static inline int pkey_delete(uint32_t word, uint32_t handle)
{
	return ask(&box, word, CRYPTECH_RPC_PKEY_DELETE, "u", handle);
}

/* A SHA-256 of "message" as hash handle. */
static inline uint32_t hash_handle(uint32_t word)
{
	uint32_t handle;

	if (ask(&box, word, CRYPTECH_RPC_HASH_INITIALIZE, "uus", 0,
		CRYPTECH_DIGEST_SHA256, ""))
		return 0;
	handle = xdr_get_u32(&box.results);
	return ask(&box, word, CRYPTECH_RPC_HASH_UPDATE, "us", handle,
		   "message") ? 0 : handle;
}

/* ... and its value. */
static inline const uint8_t *hash_value(void)
{
	static uint8_t value[32];

	EVP_Digest("message", 7, value, NULL, EVP_sha256(), NULL);
	return value;
}

#endif /* TESTS_KEY_BOX_H */
