// SPDX-License-Identifier: MIT
/*
 * RSA without padding, and RSAES-PKCS1-v1_5 (RFC 8017, 7.2), that for libhal's
 * key transfer only.
 */
#include "internal.h"

#include <stdlib.h>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/rsa.h>

#define OVERHEAD	11	/* 00 02, at least 8 bytes of padding, 00 */

int core_rsa_encrypt(const struct core_key *key, const void *plain, size_t len,
		     uint8_t *out, size_t size, size_t *out_len)
{
	size_t need = core_key_signature_size(key);
	EVP_PKEY_CTX *ctx;
	int done;

	*out_len = 0;
	if (!core_key_is_rsa(key))
		return CRYPTECH_ERR_UNSUPPORTED_KEY;
	if (size < need)
		return CRYPTECH_ERR_RESULT_TOO_LONG;
	if (len > need - OVERHEAD)
		return CRYPTECH_ERR_BAD_ARGUMENTS;
	ctx = EVP_PKEY_CTX_new(key->pkey, NULL);
	done = ctx && EVP_PKEY_encrypt_init(ctx) == 1 &&
	       EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1 &&
	       EVP_PKEY_encrypt(ctx, out, &size, plain, len) == 1 &&
	       size == need;
	EVP_PKEY_CTX_free(ctx);
	if (!done) {
		core_wipe(out, need);
		return CRYPTECH_ERR_ALLOCATION_FAILURE;
	}
	*out_len = need;
	return CRYPTECH_ERR_OK;
}

/* @in as it is to the power of the private exponent, @size bytes. False if @in
 * is no number below n. */
static bool raw_decrypt(const struct core_key *key, const uint8_t *in,
			size_t in_len, uint8_t *out, size_t size)
{
	EVP_PKEY_CTX *ctx;
	bool done;

	if (in_len != size)
		return false;
	ERR_set_mark();
	ctx = EVP_PKEY_CTX_new(key->pkey, NULL);
	done = ctx && EVP_PKEY_decrypt_init(ctx) == 1 &&
	       EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_NO_PADDING) == 1 &&
	       EVP_PKEY_decrypt(ctx, out, &size, in, in_len) == 1 &&
	       size == in_len;
	EVP_PKEY_CTX_free(ctx);
	ERR_pop_to_mark();
	return done;
}

/* Is @in, of as many bytes as the modulus, below it? */
static int check_below_modulus(const struct core_key *key, const uint8_t *in,
			       size_t len)
{
	BIGNUM *number = BN_bin2bn(in, (int)len, NULL), *n = NULL;
	int error = CRYPTECH_ERR_ALLOCATION_FAILURE;

	if (number && EVP_PKEY_get_bn_param(key->pkey, OSSL_PKEY_PARAM_RSA_N,
					    &n) == 1)
		error = BN_ucmp(number, n) < 0 ? CRYPTECH_ERR_OK :
						 CRYPTECH_ERR_BAD_ARGUMENTS;
	BN_clear_free(number);
	BN_free(n);
	return error;
}

int core_rsa_private(const struct core_key *key, const uint8_t *in,
		     size_t len, uint8_t *out)
{
	int error;

	if (!core_key_is_rsa(key) || !key->private)
		return CRYPTECH_ERR_UNSUPPORTED_KEY;
	if (len != core_key_signature_size(key))
		return CRYPTECH_ERR_BAD_ARGUMENTS;
	error = check_below_modulus(key, in, len);
	if (error)
		return error;
	if (raw_decrypt(key, in, len, out, len))
		return CRYPTECH_ERR_OK;
	core_wipe(out, len);
	return CRYPTECH_ERR_IMPOSSIBLE;
}

/* 0xff if @byte is 0, else 0. */
static uint8_t is_zero(uint8_t byte)
{
	return (uint8_t)(((unsigned int)byte - 1) >> 8);
}

/* 0xff if the padding is right for a message of @len bytes, else 0. */
static uint8_t padding_mask(const uint8_t *padded, size_t size, size_t len)
{
	uint8_t good = is_zero(padded[0]) & is_zero(padded[1] ^ 2) &
		       is_zero(padded[size - len - 1]);

	for (size_t i = 2; i < size - len - 1; i++)
		good &= (uint8_t)~is_zero(padded[i]);
	return good;
}

/*
 * Whether the padding is right must not show (Bleichenbacher 1998). Since the
 * caller knows how long the message has to be, every byte of the padding has
 * one place: all are looked at always, and a mask chooses between the message
 * and random bytes.
 */
int core_rsa_decrypt_fixed(const struct core_key *key, const uint8_t *in,
			   size_t in_len, uint8_t *plain, size_t plain_len)
{
	size_t size = core_key_signature_size(key);
	uint8_t *padded;
	uint8_t good;
	int error;

	if (!core_key_is_rsa(key) || !key->private)
		return CRYPTECH_ERR_UNSUPPORTED_KEY;
	if (plain_len > size - OVERHEAD)
		return CRYPTECH_ERR_BAD_ARGUMENTS;
	error = core_random(plain, plain_len);
	if (error)
		return error;
	padded = calloc(1, size);
	if (!padded) {
		core_wipe(plain, plain_len);
		return CRYPTECH_ERR_ALLOCATION_FAILURE;
	}
	/* Length and n are public: to answer those sooner tells nothing. */
	if (raw_decrypt(key, in, in_len, padded, size)) {
		good = padding_mask(padded, size, plain_len);
		for (size_t i = 0; i < plain_len; i++)
			plain[i] = (padded[size - plain_len + i] & good) |
				   (plain[i] & (uint8_t)~good);
	}
	core_wipe(padded, size);
	free(padded);
	return CRYPTECH_ERR_OK;
}
