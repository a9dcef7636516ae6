// SPDX-License-Identifier: MIT
/*
 * RSASSA-PSS (RFC 8017, 8.1). The length of the salt is no choice: as long as
 * the hash value, which is what FIPS 186-5 (5.4) allows at most and what whoever
 * verifies expects.
 */
#include "internal.h"

#include <openssl/err.h>
#include <openssl/rsa.h>

/* Is there room for hash value, salt, and the bytes around them (9.1.1, step 3)? */
static int check(const struct core_key *key, enum cryptech_digest digest,
		 size_t input_len)
{
	size_t size = core_digest_size(digest);
	size_t bits = CRYPTECH_KEY_BITS(key->type);

	if (!core_key_is_rsa(key))
		return CRYPTECH_ERR_UNSUPPORTED_KEY;
	/* The encoded message has one bit less than the modulus. */
	if (!size || input_len != size || (bits - 1 + 7) / 8 < 2 * size + 2)
		return CRYPTECH_ERR_BAD_ARGUMENTS;
	return CRYPTECH_ERR_OK;
}

static EVP_PKEY_CTX *context(const struct core_key *key,
			     enum cryptech_digest digest,
			     int (*init)(EVP_PKEY_CTX *))
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key->pkey, NULL);

	if (ctx && init(ctx) == 1 &&
	    EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) == 1 &&
	    EVP_PKEY_CTX_set_signature_md(ctx, core_md(digest)) == 1 &&
	    EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, core_md(digest)) == 1 &&
	    EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_DIGEST) == 1)
		return ctx;
	EVP_PKEY_CTX_free(ctx);
	return NULL;
}

int core_rsa_pss_sign(const struct core_key *key, enum cryptech_digest digest,
		      const void *input, size_t input_len, uint8_t *signature,
		      size_t size, size_t *len)
{
	size_t need = core_key_signature_size(key), made = need;
	EVP_PKEY_CTX *ctx;
	int error;

	*len = 0;
	error = check(key, digest, input_len);
	if (error)
		return error;
	if (!key->private)
		return CRYPTECH_ERR_UNSUPPORTED_KEY;
	if (size < need)
		return CRYPTECH_ERR_RESULT_TOO_LONG;
	ERR_set_mark();
	ctx = context(key, digest, EVP_PKEY_sign_init);
	if (!ctx)
		error = CRYPTECH_ERR_ALLOCATION_FAILURE;
	else if (EVP_PKEY_sign(ctx, signature, &made, input, input_len) != 1 ||
		 made != need)
		error = CRYPTECH_ERR_IMPOSSIBLE;
	EVP_PKEY_CTX_free(ctx);
	ERR_pop_to_mark();
	if (error)
		core_wipe(signature, need);
	else
		*len = need;
	return error;
}

int core_rsa_pss_verify(const struct core_key *key,
			enum cryptech_digest digest, const void *input,
			size_t input_len, const uint8_t *signature, size_t len)
{
	EVP_PKEY_CTX *ctx;
	int error;

	error = check(key, digest, input_len);
	if (error)
		return error;
	/* libcrypto takes signatures that lack leading zeros. */
	if (len != core_key_signature_size(key))
		return CRYPTECH_ERR_INVALID_SIGNATURE;
	ERR_set_mark();
	ctx = context(key, digest, EVP_PKEY_verify_init);
	if (!ctx)
		error = CRYPTECH_ERR_ALLOCATION_FAILURE;
	else if (EVP_PKEY_verify(ctx, signature, len, input, input_len) != 1)
		error = CRYPTECH_ERR_INVALID_SIGNATURE;
	EVP_PKEY_CTX_free(ctx);
	ERR_pop_to_mark();
	return error;
}
