// SPDX-License-Identifier: MIT
/*
 * Secret keys: bytes that AES or HMAC computes with.
 */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

static bool aes_bits(uint32_t bits, bool with_192)
{
	return bits == 128 || bits == 256 || (bits == 192 && with_192);
}

size_t core_secret_size(uint32_t type)
{
	uint32_t bits = CRYPTECH_KEY_BITS(type);

	switch (CRYPTECH_KEY_FAMILY(type)) {
	case CRYPTECH_KEY_FAMILY_AES:
	case CRYPTECH_KEY_FAMILY_AES_ECB:
	case CRYPTECH_KEY_FAMILY_AES_CTR:
	case CRYPTECH_KEY_FAMILY_AES_GCM:
	case CRYPTECH_KEY_FAMILY_AES_CMAC:
		return aes_bits(bits, true) ? bits / 8 : 0;
	case CRYPTECH_KEY_FAMILY_AES_XTS:
		return aes_bits(bits, false) ? 2 * bits / 8 : 0;
	case CRYPTECH_KEY_FAMILY_HMAC:
		return bits == 256 || bits == 384 || bits == 512 ? bits / 8 : 0;
	default:
		return 0;
	}
}

static bool length_is_good(uint32_t type, size_t len)
{
	if (CRYPTECH_KEY_FAMILY(type) == CRYPTECH_KEY_FAMILY_HMAC)
		return len >= CRYPTECH_HMAC_KEY_MIN &&
		       len <= CRYPTECH_HMAC_KEY_MAX;
	return len == core_secret_size(type);
}

int core_key_from_raw(uint32_t type, const void *value, size_t len,
		      struct core_key **key)
{
	const uint8_t *bytes = value;

	if (!core_secret_size(type))
		return CRYPTECH_ERR_UNSUPPORTED_KEY;
	if (!length_is_good(type, len))
		return CRYPTECH_ERR_BAD_ARGUMENTS;
	/* Equal halves open XTS to chosen plaintexts (IEEE 1619; IG C.I). */
	if (CRYPTECH_KEY_FAMILY(type) == CRYPTECH_KEY_FAMILY_AES_XTS &&
	    core_equal(bytes, bytes + len / 2, len / 2))
		return CRYPTECH_ERR_BAD_ARGUMENTS;
	*key = calloc(1, sizeof(**key));
	if (!*key)
		return CRYPTECH_ERR_ALLOCATION_FAILURE;
	atomic_init(&(*key)->references, 1);
	(*key)->type = type;
	(*key)->secret_len = len;
	memcpy((*key)->secret, bytes, len);
	return CRYPTECH_ERR_OK;
}

int core_secret_generate(uint32_t type, struct core_key **key)
{
	size_t size = core_secret_size(type);
	uint8_t value[CORE_SECRET_MAX];
	int error;

	if (!size)
		return CRYPTECH_ERR_UNSUPPORTED_KEY;
	error = core_random(value, size);
	if (!error)
		error = core_key_from_raw(type, value, size, key);
	core_wipe(value, sizeof(value));
	/* Two equal halves never come from a generator that works. */
	return error == CRYPTECH_ERR_BAD_ARGUMENTS ?
	       CRYPTECH_ERR_CSPRNG_BROKEN : error;
}

int core_key_raw(const struct core_key *key, uint8_t *value, size_t size,
		 size_t *len)
{
	*len = 0;
	if (key->elsewhere)
		return CRYPTECH_ERR_FORBIDDEN;
	if (!key->secret_len)
		return CRYPTECH_ERR_UNSUPPORTED_KEY;
	if (size < key->secret_len)
		return CRYPTECH_ERR_RESULT_TOO_LONG;
	memcpy(value, key->secret, key->secret_len);
	*len = key->secret_len;
	return CRYPTECH_ERR_OK;
}

void core_secret_free(struct core_key *key)
{
	for (unsigned int i = 0; i < CORE_CIPHERS; i++)
		EVP_CIPHER_CTX_free(key->ciphers[i]);
	core_wipe(key->secret, sizeof(key->secret));
	if (key->elsewhere)
		key->elsewhere->free(key->elsewhere_data);
}
