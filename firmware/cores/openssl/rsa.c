// SPDX-License-Identifier: MIT
/*
 * RSA without padding, RSAES-OAEP (RFC 8017, 7.1), and RSAES-PKCS1-v1_5 (7.2),
 * that for libhal's key transfer only.
 */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/rsa.h>

#define OVERHEAD	11	/* 00 02, at least 8 bytes of padding, 00 */
#define OAEP_HASH	32	/* SHA-256 */
#define OAEP_OVERHEAD	(2 * OAEP_HASH + 2)	/* two hashes, 00, 01 */

/* SHA-256, also in MGF1. The label is copied, as libcrypto keeps it. */
static bool set_oaep(EVP_PKEY_CTX *ctx, const void *label, size_t len)
{
	void *copy;

	if (EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) != 1 ||
	    EVP_PKEY_CTX_set_rsa_oaep_md(ctx, EVP_sha256()) != 1 ||
	    EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, EVP_sha256()) != 1)
		return false;
	if (!len)
		return true;
	copy = OPENSSL_memdup(label, len);
	if (copy && EVP_PKEY_CTX_set0_rsa_oaep_label(ctx, copy, (int)len) == 1)
		return true;
	OPENSSL_free(copy);
	return false;
}

/* By OAEP with @label; NULL: PKCS#1 v1.5, type 2. */
static int encrypt(const struct core_key *key, const void *label,
		   size_t label_len, const void *plain, size_t len,
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
	if (len > need - (label ? OAEP_OVERHEAD : OVERHEAD))
		return CRYPTECH_ERR_BAD_ARGUMENTS;
	ctx = EVP_PKEY_CTX_new(key->pkey, NULL);
	done = ctx && EVP_PKEY_encrypt_init(ctx) == 1 &&
	       (label ? set_oaep(ctx, label, label_len) :
		EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1) &&
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

int core_rsa_encrypt(const struct core_key *key, const void *plain, size_t len,
		     uint8_t *out, size_t size, size_t *out_len)
{
	return encrypt(key, NULL, 0, plain, len, out, size, out_len);
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

/* --- OAEP ----------------------------------------------------------------- */

int core_rsa_oaep_encrypt(const struct core_key *key, const void *label,
			  size_t label_len, const uint8_t *plain, size_t len,
			  uint8_t *out, size_t size, size_t *out_len)
{
	return encrypt(key, label, label_len, plain, len, out, size, out_len);
}

/* Exclusive or of MGF1 (RFC 8017, B.2.1) over @data. */
static bool unmask(const uint8_t *seed, size_t seed_len, uint8_t *data,
		   size_t len)
{
	uint8_t input[CORE_SIGNATURE_MAX + 4], mask[OAEP_HASH];
	bool done = true;

	memcpy(input, seed, seed_len);
	for (size_t i = 0; i < len && done; i += OAEP_HASH) {
		uint32_t counter = (uint32_t)(i / OAEP_HASH);

		for (unsigned int j = 0; j < 4; j++)
			input[seed_len + j] = (uint8_t)(counter >> 8 * (3 - j));
		done = !core_sha256(input, seed_len + 4, mask);
		for (size_t j = 0; j < OAEP_HASH && i + j < len; j++)
			data[i + j] ^= mask[j];
	}
	core_wipe(input, sizeof(input));
	core_wipe(mask, sizeof(mask));
	return done;
}

/* Undo both masks of EM in place (RFC 8017, 7.1.2, step 3 b to f); @hash gets the
 * label's. */
static bool oaep_open(uint8_t *em, size_t size, const void *label,
		      size_t label_len, uint8_t hash[OAEP_HASH])
{
	uint8_t *seed = em + 1, *block = seed + OAEP_HASH;
	size_t block_len = size - 1 - OAEP_HASH;

	return !core_sha256(label, label_len, hash) &&
	       unmask(block, block_len, seed, OAEP_HASH) &&
	       unmask(seed, OAEP_HASH, block, block_len);
}

/* 0xff if the data block is what encoding makes of the label and a message of
 * @len bytes, else 0: hash, zeros, 01, message. */
static uint8_t oaep_mask(const uint8_t *block, size_t size,
			 const uint8_t hash[OAEP_HASH], size_t len)
{
	uint8_t different = block[size - len - 1] ^ 1;

	for (size_t i = 0; i < OAEP_HASH; i++)
		different |= block[i] ^ hash[i];
	for (size_t i = OAEP_HASH; i < size - len - 1; i++)
		different |= block[i];
	return is_zero(different);
}

/* Decode EM (RFC 8017, 7.1.2, step 3) in place; the message is at its end. */
static bool oaep_decode(uint8_t *em, size_t size, const char *label,
			size_t plain_len, uint8_t *good)
{
	size_t block_len = size - 1 - OAEP_HASH;
	uint8_t hash[OAEP_HASH];

	if (!oaep_open(em, size, label, strlen(label), hash))
		return false;
	*good = is_zero(em[0]) & oaep_mask(em + size - block_len, block_len,
					   hash, plain_len);
	return true;
}

/*
 * That of libcrypto tells by an error whether the padding was right (Manger
 * 2001). Here as above, every byte has one place, all are looked at always, and
 * whatever is not as it should be leaves random bytes.
 */
int core_rsa_oaep_decrypt_fixed(const struct core_key *key, const char *label,
				const uint8_t *in, size_t in_len,
				uint8_t *plain, size_t plain_len)
{
	size_t size = core_key_signature_size(key);
	uint8_t good = 0;
	uint8_t *em;
	int error;

	if (!core_key_is_rsa(key) || !key->private)
		return CRYPTECH_ERR_UNSUPPORTED_KEY;
	if (plain_len > size - OAEP_OVERHEAD)
		return CRYPTECH_ERR_BAD_ARGUMENTS;
	error = core_random(plain, plain_len);
	if (error)
		return error;
	em = calloc(1, size);
	if (!em) {
		core_wipe(plain, plain_len);
		return CRYPTECH_ERR_ALLOCATION_FAILURE;
	}
	/* A length or number that is wrong is known to whoever sent it, and is
	 * decoded all the same: zeros are no good message. */
	if (!raw_decrypt(key, in, in_len, em, size))
		core_wipe(em, size);
	if (!oaep_decode(em, size, label, plain_len, &good))
		error = CRYPTECH_ERR_ALLOCATION_FAILURE;
	for (size_t i = 0; i < plain_len; i++)
		plain[i] = (em[size - plain_len + i] & good) |
			   (plain[i] & (uint8_t)~good);
	if (error)
		core_wipe(plain, plain_len);
	core_wipe(em, size);
	free(em);
	return error;
}

/* All bits set if @byte is 0, else 0. */
static size_t all_if_zero(uint8_t byte)
{
	return (size_t)0 - (is_zero(byte) & 1);
}

/*
 * Where the 01 before the message is in @rest, which are zeros up to there: 0xff,
 * and @at; else 0. All bytes are looked at always.
 */
static uint8_t find_message(const uint8_t *rest, size_t len, size_t *at)
{
	uint8_t found = 0, bad = 0;

	*at = 0;
	for (size_t i = 0; i < len; i++) {
		uint8_t one = is_zero(rest[i] ^ 1) & (uint8_t)~found;

		bad |= (uint8_t)~(found | one | is_zero(rest[i]));
		*at |= i & all_if_zero((uint8_t)~one);
		found |= one;
	}
	return found & (uint8_t)~bad;
}

/* Move @rest @by bytes to the front, in time that does not depend on @by. */
static void shift(uint8_t *rest, size_t len, size_t by)
{
	for (size_t bit = 1; bit < len; bit *= 2) {
		uint8_t keep = (uint8_t)((((by & bit) | (0 - (by & bit))) >>
					  (8 * sizeof(by) - 1)) - 1);

		for (size_t i = 0; i < len; i++) {
			uint8_t moved = i + bit < len ? rest[i + bit] : 0;

			rest[i] = (rest[i] & keep) | (moved & (uint8_t)~keep);
		}
	}
}

int core_rsa_oaep_decrypt(const struct core_key *key, const void *label,
			  size_t label_len, const uint8_t *in, size_t in_len,
			  uint8_t *plain, size_t size, size_t *len)
{
	size_t em_len = core_key_signature_size(key), rest_len, at = 0;
	uint8_t hash[OAEP_HASH], *em, *rest, different, good;
	int error = CRYPTECH_ERR_INVALID_SIGNATURE;

	*len = 0;
	if (!core_key_is_rsa(key) || !key->private)
		return CRYPTECH_ERR_UNSUPPORTED_KEY;
	rest_len = em_len - 1 - 2 * OAEP_HASH;
	if (size < rest_len - 1)
		return CRYPTECH_ERR_RESULT_TOO_LONG;
	em = calloc(1, em_len);
	if (!em)
		return CRYPTECH_ERR_ALLOCATION_FAILURE;
	rest = em + em_len - rest_len;
	/* As above: zeros are no good message. */
	if (!raw_decrypt(key, in, in_len, em, em_len))
		core_wipe(em, em_len);
	if (!oaep_open(em, em_len, label, label_len, hash)) {
		error = CRYPTECH_ERR_ALLOCATION_FAILURE;
		goto out;
	}
	different = em[0];
	for (size_t i = 0; i < OAEP_HASH; i++)
		different |= em[1 + OAEP_HASH + i] ^ hash[i];
	good = is_zero(different) & find_message(rest, rest_len, &at);
	shift(rest, rest_len, at & all_if_zero((uint8_t)~good));
	/* From here on whoever asked is told anyway. */
	if (good) {
		*len = rest_len - at - 1;
		memcpy(plain, rest + 1, *len);
		error = CRYPTECH_ERR_OK;
	}
out:
	core_wipe(em, em_len);
	free(em);
	return error;
}
