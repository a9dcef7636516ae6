// SPDX-License-Identifier: MIT
/*
 * Linked into core_cipher_test in place of core_key_from_raw(): AES keys whose
 * value is elsewhere, which is here, with libcrypto's blocks alone. So all
 * vectors of the modes are also those of such keys.
 */
#include "../cores/cores.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

struct value {
	size_t size;		/* of a key; XTS has two */
	uint8_t bytes[CORE_SECRET_MAX];
};

int __real_core_key_from_raw(uint32_t type, const void *value, size_t len,
			     struct core_key **key);
int __wrap_core_key_from_raw(uint32_t type, const void *value, size_t len,
			     struct core_key **key);
int __real_core_key_raw(const struct core_key *key, uint8_t *value,
			size_t size, size_t *len);
int __wrap_core_key_raw(const struct core_key *key, uint8_t *value,
			size_t size, size_t *len);

static int blocks(void *data, unsigned int which, bool encrypt,
		  const uint8_t *in, uint8_t *out, size_t count)
{
	const struct value *value = data;
	const EVP_CIPHER *cipher = value->size == 16 ? EVP_aes_128_ecb() :
				   value->size == 24 ? EVP_aes_192_ecb() :
				   EVP_aes_256_ecb();
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int made;
	bool done;

	done = EVP_CipherInit_ex(ctx, cipher, NULL,
				 value->bytes + which * value->size, NULL,
				 encrypt) == 1 &&
	       EVP_CIPHER_CTX_set_padding(ctx, 0) == 1 &&
	       EVP_CipherUpdate(ctx, out, &made, in, (int)count * 16) == 1;
	EVP_CIPHER_CTX_free(ctx);
	return done ? CRYPTECH_ERR_OK : CRYPTECH_ERR_IMPOSSIBLE;
}

static const struct core_elsewhere elsewhere = { blocks, free };

int __wrap_core_key_from_raw(uint32_t type, const void *bytes, size_t len,
			     struct core_key **key)
{
	int error = __real_core_key_from_raw(type, bytes, len, key);
	struct core_key *there;
	struct value *value;

	if (error)
		return error;
	value = calloc(1, sizeof(*value));
	if (!value)
		return CRYPTECH_ERR_ALLOCATION_FAILURE;
	value->size = CRYPTECH_KEY_BITS(type) / 8;
	memcpy(value->bytes, bytes, len);
	error = core_key_elsewhere(type, &elsewhere, value, &there);
	if (error) {		/* what nobody serves elsewhere stays here */
		free(value);
		return CRYPTECH_ERR_OK;
	}
	core_key_put(*key);
	*key = there;
	return CRYPTECH_ERR_OK;
}

/* Its tests ask for the value of keys; elsewhere it is not to be had. */
int __wrap_core_key_raw(const struct core_key *key, uint8_t *value,
			size_t size, size_t *len)
{
	const struct value *have = core_key_where(key, &elsewhere);
	size_t need = core_secret_size(core_key_type(key));

	if (!have)
		return __real_core_key_raw(key, value, size, len);
	if (__real_core_key_raw(key, value, size, len) !=
	    CRYPTECH_ERR_FORBIDDEN)
		return CRYPTECH_ERR_IMPOSSIBLE;
	*len = 0;
	if (size < need)
		return CRYPTECH_ERR_RESULT_TOO_LONG;
	memcpy(value, have->bytes, need);
	*len = need;
	return CRYPTECH_ERR_OK;
}
