// SPDX-License-Identifier: MIT
/*
 * Keys from keys, and keys in keys.
 */
#include "internal.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/params.h>

/*
 * SP 800-108 (r1), 4.1: K(i) = CMAC(key, [i]32 || label || 00 || [256]32) for
 * i = 1 and 2; the context is empty, the integers are big endian.
 */
int core_kdf(const uint8_t key[32], const char *label, uint8_t out[32])
{
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_MODE,
						 "counter", 0),
		OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_MAC,
						 "CMAC", 0),
		OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_CIPHER,
						 "AES-256-CBC", 0),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY,
						  (void *)key, 32),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT,
						  (void *)label,
						  strlen(label)),
		OSSL_PARAM_construct_end(),
	};
	EVP_KDF_CTX *ctx = EVP_KDF_CTX_new(core_algorithms()->kbkdf);
	int done = ctx && EVP_KDF_derive(ctx, out, 32, params) == 1;

	EVP_KDF_CTX_free(ctx);
	if (done)
		return CRYPTECH_ERR_OK;
	core_wipe(out, 32);
	return CRYPTECH_ERR_ALLOCATION_FAILURE;
}

static EVP_CIPHER_CTX *wrap_context(const uint8_t kek[32], int encrypt)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();

	if (!ctx)
		return NULL;
	EVP_CIPHER_CTX_set_flags(ctx, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
	if (EVP_CipherInit_ex2(ctx, core_algorithms()->wrap, kek, NULL,
			       encrypt, NULL) == 1)
		return ctx;
	EVP_CIPHER_CTX_free(ctx);
	return NULL;
}

int core_wrap(const uint8_t kek[32], const void *plain, size_t len,
	      uint8_t *wrapped)
{
	EVP_CIPHER_CTX *ctx;
	int out = 0, done;

	if (!len || len > INT_MAX - 16)
		return CRYPTECH_ERR_KEYWRAP_BAD_LENGTH;
	ctx = wrap_context(kek, 1);
	if (!ctx)
		return CRYPTECH_ERR_ALLOCATION_FAILURE;
	done = EVP_CipherUpdate(ctx, wrapped, &out, plain, (int)len) == 1 &&
	       (size_t)out == core_wrap_size(len);
	EVP_CIPHER_CTX_free(ctx);
	if (done)
		return CRYPTECH_ERR_OK;
	core_wipe(wrapped, core_wrap_size(len));
	return CRYPTECH_ERR_IMPOSSIBLE;
}

/*
 * Lengths that no wrapping makes are BAD_LENGTH, everything else that does not
 * unwrap is BAD_MAGIC: the check value, the length in it and the padding are
 * not told apart.
 *
 * When it fails, libcrypto clears wrapped_len bytes of the output, 8 more than
 * any plaintext has; hence a buffer of our own.
 */
int core_unwrap(const uint8_t kek[32], const uint8_t *wrapped,
		size_t wrapped_len, uint8_t *plain, size_t *len)
{
	EVP_CIPHER_CTX *ctx;
	uint8_t *buffer;
	int out = 0, done;

	*len = 0;
	if (wrapped_len < 16 || wrapped_len % 8 || wrapped_len > INT_MAX)
		return CRYPTECH_ERR_KEYWRAP_BAD_LENGTH;
	ctx = wrap_context(kek, 0);
	buffer = malloc(wrapped_len);
	if (!ctx || !buffer) {
		EVP_CIPHER_CTX_free(ctx);
		free(buffer);
		return CRYPTECH_ERR_ALLOCATION_FAILURE;
	}
	ERR_set_mark();
	done = EVP_CipherUpdate(ctx, buffer, &out, wrapped,
				(int)wrapped_len) == 1 &&
	       out > 0 && (size_t)out <= wrapped_len - 8;
	ERR_pop_to_mark();
	EVP_CIPHER_CTX_free(ctx);
	if (done) {
		memcpy(plain, buffer, out);
		*len = out;
	}
	core_wipe(buffer, wrapped_len);
	free(buffer);
	return done ? CRYPTECH_ERR_OK : CRYPTECH_ERR_KEYWRAP_BAD_MAGIC;
}
