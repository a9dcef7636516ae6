// SPDX-License-Identifier: MIT
/*
 * AES-GCM (SP 800-38D) of whole messages.
 */
#include "internal.h"

#include <limits.h>

#include <openssl/err.h>

/* What encryption and decryption have in common: all but the tag. */
struct gcm {
	const uint8_t *iv, *aad, *in;
	size_t aad_len, len;
	uint8_t *out;
};

static int start(const struct core_key *key, bool encrypt, const struct gcm *g,
		 EVP_CIPHER_CTX **ctx)
{
	int made;

	*ctx = NULL;
	if (core_family(key) != CRYPTECH_KEY_FAMILY_AES_GCM)
		return CRYPTECH_ERR_UNSUPPORTED_KEY;
	if (g->len > INT_MAX || g->aad_len > INT_MAX)
		return CRYPTECH_ERR_BAD_ARGUMENTS;
	*ctx = EVP_CIPHER_CTX_new();
	/* its default IV has 12 bytes */
	if (*ctx &&
	    EVP_CipherInit_ex2(*ctx,
			       core_algorithms()->gcm[core_aes_index(key->type)],
			       key->secret, g->iv, encrypt, NULL) == 1 &&
	    EVP_CipherUpdate(*ctx, NULL, &made, g->aad, (int)g->aad_len) == 1)
		return CRYPTECH_ERR_OK;
	return CRYPTECH_ERR_ALLOCATION_FAILURE;
}

static bool cover(EVP_CIPHER_CTX *ctx, const struct gcm *g)
{
	int made = 0;

	return !g->len ||
	       (EVP_CipherUpdate(ctx, g->out, &made, g->in, (int)g->len) == 1 &&
		(size_t)made == g->len);
}

int core_key_gcm_encrypt(const struct core_key *key,
			 const uint8_t iv[CRYPTECH_GCM_IV_SIZE],
			 const uint8_t *aad, size_t aad_len, const uint8_t *in,
			 size_t len, uint8_t *out,
			 uint8_t tag[CRYPTECH_GCM_TAG_SIZE])
{
	const struct gcm g = { iv, aad, in, aad_len, len, out };
	EVP_CIPHER_CTX *ctx;
	uint8_t none[1];
	int error, made;

	ERR_set_mark();
	error = start(key, true, &g, &ctx);
	if (!error &&
	    (!cover(ctx, &g) || EVP_CipherFinal_ex(ctx, none, &made) != 1 ||
	     EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG,
				 CRYPTECH_GCM_TAG_SIZE, tag) != 1))
		error = CRYPTECH_ERR_IMPOSSIBLE;
	ERR_pop_to_mark();
	EVP_CIPHER_CTX_free(ctx);
	if (error)
		core_wipe(out, len);
	return error;
}

int core_key_gcm_decrypt(const struct core_key *key,
			 const uint8_t iv[CRYPTECH_GCM_IV_SIZE],
			 const uint8_t *aad, size_t aad_len, const uint8_t *in,
			 size_t len, const uint8_t tag[CRYPTECH_GCM_TAG_SIZE],
			 uint8_t *out)
{
	const struct gcm g = { iv, aad, in, aad_len, len, out };
	EVP_CIPHER_CTX *ctx;
	uint8_t none[1];
	int error, made;

	ERR_set_mark();
	error = start(key, false, &g, &ctx);
	if (!error &&
	    (!cover(ctx, &g) ||
	     EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG,
				 CRYPTECH_GCM_TAG_SIZE, (void *)tag) != 1))
		error = CRYPTECH_ERR_IMPOSSIBLE;
	/* libcrypto compares in constant time */
	if (!error && EVP_CipherFinal_ex(ctx, none, &made) != 1)
		error = CRYPTECH_ERR_INVALID_SIGNATURE;
	ERR_pop_to_mark();
	EVP_CIPHER_CTX_free(ctx);
	if (error)
		core_wipe(out, len);
	return error;
}
