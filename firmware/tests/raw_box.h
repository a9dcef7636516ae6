/* SPDX-License-Identifier: MIT */
/*
 * Raw packages and what goes with them, of an HSM in a box.
 */
#ifndef TESTS_RAW_BOX_H
#define TESTS_RAW_BOX_H

#include <openssl/hmac.h>
#include <openssl/kdf.h>

#include "hashsig_box.h"

#define WHEEL	0x4444
#define SO	0x5555

#define RECOVERABLE	CRYPTECH_KEY_FLAG_RECOVERABLE

struct package {
	uint8_t data[CRYPTECH_RPC_MESSAGE_MAX];
	size_t len;
};

/* A fresh HSM, everybody logged in. */
static inline bool raw_fresh(void)
{
	return hashsig_fresh(0, 1 << 20) &&
	       !box_login(&box, WHEEL, CRYPTECH_USER_WHEEL) &&
	       !box_login(&box, SO, CRYPTECH_USER_SO);
}

static inline bool raw_restart(void)
{
	return hashsig_restart() &&
	       !box_login(&box, WHEEL, CRYPTECH_USER_WHEEL) &&
	       !box_login(&box, SO, CRYPTECH_USER_SO);
}

static inline int raw_export(uint32_t word, const uint8_t *uuid,
			     struct package *package)
{
	int error = ask(&box, word, CRYPTECH_RPC_RAW_EXPORT, "o", uuid,
			(size_t)UUID_SIZE);
	const uint8_t *data;

	package->len = 0;
	if (error)
		return error;
	data = xdr_get_opaque(&box.results, &package->len);
	if (!data || !xdr_reader_done(&box.results))
		return -1;
	memcpy(package->data, data, package->len);
	return 0;
}

static inline int raw_import_as(uint32_t word, const struct package *package,
				uint32_t drop, uint32_t check)
{
	return ask(&box, word, CRYPTECH_RPC_RAW_IMPORT, "ouu", package->data,
		   package->len, drop, check);
}

static inline int raw_import(const struct package *package)
{
	return raw_import_as(ME, package, 0, 0);
}

/* The results "uuid:o type:u flags:u label:o" of the last call. */
struct imported {
	uint8_t uuid[UUID_SIZE];
	uint32_t type, flags;
	char label[CRYPTECH_LABEL_MAX + 1];
};

static inline bool result_imported(struct imported *imported)
{
	const uint8_t *data;
	size_t len;

	data = xdr_get_opaque(&box.results, &len);
	if (!data || len != UUID_SIZE)
		return false;
	memcpy(imported->uuid, data, len);
	imported->type = xdr_get_u32(&box.results);
	imported->flags = xdr_get_u32(&box.results);
	data = xdr_get_opaque(&box.results, &len);
	if (len > CRYPTECH_LABEL_MAX || !xdr_reader_done(&box.results))
		return false;
	memcpy(imported->label, data, len);
	imported->label[len] = 0;
	return true;
}

struct share_list {
	uint32_t n;
	uint8_t data[CRYPTECH_SHARES_MAX][CRYPTECH_SHARE_SIZE];
};

/* The results "n:u n*(share:o)", where they begin. */
static inline int result_shares(int error, struct share_list *list)
{
	size_t len;

	if (error)
		return error;
	list->n = xdr_get_u32(&box.results);
	for (unsigned int i = 0; i < list->n; i++) {
		const uint8_t *share = xdr_get_opaque(&box.results, &len);

		if (len != CRYPTECH_SHARE_SIZE || i >= CRYPTECH_SHARES_MAX)
			return -1;
		memcpy(list->data[i], share, len);
	}
	return xdr_reader_done(&box.results) ? 0 : -1;
}

static inline int recovery_create(uint32_t m, uint32_t n,
				  struct share_list *list)
{
	int error = ask(&box, SO, CRYPTECH_RPC_RECOVERY_CREATE, "uu", m, n);
	size_t len;

	if (error)
		return error;
	xdr_get_opaque(&box.results, &len);
	return len == CRYPTECH_FINGERPRINT_SIZE ? result_shares(0, list) : -1;
}

static inline int recovery_arm_as(uint32_t word, const struct package *package,
				  uint32_t floor, const struct share_list *list,
				  uint32_t first, uint32_t count)
{
	static uint8_t message[CRYPTECH_RPC_MESSAGE_MAX];
	struct xdr_writer w;

	xdr_writer_init(&w, message, sizeof(message));
	xdr_put_u32(&w, CRYPTECH_RPC_RECOVERY_ARM);
	xdr_put_u32(&w, word);
	xdr_put_opaque(&w, package->data, package->len);
	xdr_put_u32(&w, floor);
	xdr_put_u32(&w, count);
	for (uint32_t i = 0; i < count; i++)
		xdr_put_opaque(&w, list->data[first + i], CRYPTECH_SHARE_SIZE);
	return ask_raw(&box, message, xdr_written(&w));
}

/* With the master key that another HSM had, and nothing else of it. */
static inline bool replaced_hsm(void)
{
	uint8_t key[MASTER_KEY_SIZE];

	memcpy(key, box.master_key, sizeof(key));
	return raw_fresh() && memcmp(key, box.master_key, sizeof(key)) &&
	       !ask(&box, WHEEL, CRYPTECH_RPC_MASTER_KEY_SET, "uuo", 0, 1,
		    key, sizeof(key));
}

/* How many keys are parked and deleted, and the first of them. */
static inline int parked_list(uint32_t word, const uint8_t *previous,
			      size_t previous_len, uint32_t max,
			      uint32_t *count, uint8_t first[UUID_SIZE])
{
	int error = ask(&box, word, CRYPTECH_RPC_PARKED_LIST, "ou", previous,
			previous_len, max);
	const uint8_t *uuid;
	size_t len;

	if (error)
		return error;
	*count = xdr_get_u32(&box.results);
	for (uint32_t i = 0; i < *count; i++) {
		uuid = xdr_get_opaque(&box.results, &len);
		if (len != UUID_SIZE)
			return -1;
		if (!i)
			memcpy(first, uuid, len);
	}
	return xdr_reader_done(&box.results) ? 0 : -1;
}

static inline unsigned int parked(void)
{
	uint8_t first[UUID_SIZE];
	uint32_t count;

	return parked_list(ME, NULL, 0, 100, &count, first) ? 9999 : count;
}

static inline int forget(uint32_t word, uint32_t what, const uint8_t *uuid)
{
	return ask(&box, word, CRYPTECH_RPC_FORGET, "uo", what, uuid,
		   (size_t)UUID_SIZE);
}

/* --- libcrypto's word -------------------------------------------------- */

/* SP 800-108 in counter mode with CMAC of AES-256. */
static inline void plain_kdf(const uint8_t key[32], const char *label, uint8_t out[32])
{
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string("mode", "counter", 0),
		OSSL_PARAM_construct_utf8_string("mac", "CMAC", 0),
		OSSL_PARAM_construct_utf8_string("cipher", "AES-256-CBC", 0),
		OSSL_PARAM_construct_octet_string("key", (void *)key, 32),
		OSSL_PARAM_construct_octet_string("salt",
						  (void *)label,
						  strlen(label)),
		OSSL_PARAM_construct_end(),
	};
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, "KBKDF", NULL);
	EVP_KDF_CTX *ctx = EVP_KDF_CTX_new(kdf);

	EXPECT_EQ(EVP_KDF_derive(ctx, out, 32, params), 1);
	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
}

/* AES-256 key wrap with padding, by libcrypto. -1: it does not unwrap. */
static inline int plain_wrap(const uint8_t kek[32], bool wrap, const uint8_t *in,
		      size_t len, uint8_t *out)
{
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, "AES-256-WRAP-PAD", NULL);
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int out_len = -1;

	EVP_CIPHER_CTX_set_flags(ctx, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
	if (EVP_CipherInit_ex2(ctx, cipher, kek, NULL, wrap, NULL) != 1 ||
	    EVP_CipherUpdate(ctx, out, &out_len, in, len) != 1)
		out_len = -1;
	EVP_CIPHER_CTX_free(ctx);
	EVP_CIPHER_free(cipher);
	return out_len;
}

#endif /* TESTS_RAW_BOX_H */
