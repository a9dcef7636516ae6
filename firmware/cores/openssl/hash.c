// SPDX-License-Identifier: MIT
/*
 * Hash, HMAC and PBKDF2.
 */
#include "internal.h"

#include <limits.h>
#include <stdlib.h>

#include <openssl/core_names.h>
#include <openssl/params.h>

/* One of both is set. */
struct core_hash {
	EVP_MD_CTX *md;
	EVP_MAC_CTX *mac;
};

#define DIGEST_SIZE(number, name, text, size) [number] = size,
static const uint8_t digest_sizes[CORE_DIGESTS] = {
	CRYPTECH_DIGESTS(DIGEST_SIZE)
};

size_t core_digest_size(enum cryptech_digest digest)
{
	if ((unsigned int)digest >= CORE_DIGESTS)
		return 0;
	return digest_sizes[digest];
}

static int hash_start(struct core_hash *hash, enum cryptech_digest digest)
{
	hash->md = EVP_MD_CTX_new();
	return hash->md &&
	       EVP_DigestInit_ex2(hash->md, core_md(digest), NULL) == 1;
}

static int hmac_start(struct core_hash *hash, enum cryptech_digest digest,
		      const void *key, size_t key_len)
{
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST,
						 (char *)core_digest_name(digest),
						 0),
		OSSL_PARAM_construct_end(),
	};

	hash->mac = EVP_MAC_CTX_new(core_algorithms()->hmac);
	return hash->mac &&
	       EVP_MAC_init(hash->mac, key, key_len, params) == 1;
}

struct core_hash *core_hash_new(enum cryptech_digest digest,
				const void *key, size_t key_len)
{
	struct core_hash *hash;
	int done;

	if (!core_md(digest))
		return NULL;
	hash = calloc(1, sizeof(*hash));
	if (!hash)
		return NULL;
	if (key_len)
		done = hmac_start(hash, digest, key, key_len);
	else
		done = hash_start(hash, digest);
	if (!done) {
		core_hash_free(hash);
		return NULL;
	}
	return hash;
}

int core_hash_update(struct core_hash *hash, const void *data, size_t len)
{
	int done;

	if (hash->mac)
		done = EVP_MAC_update(hash->mac, data, len);
	else
		done = EVP_DigestUpdate(hash->md, data, len);
	return done == 1 ? CRYPTECH_ERR_OK : CRYPTECH_ERR_IMPOSSIBLE;
}

int core_hash_final(struct core_hash *hash, uint8_t *digest)
{
	unsigned int size;
	size_t len;
	int done;

	if (hash->mac)
		done = EVP_MAC_final(hash->mac, digest, &len, CORE_DIGEST_MAX);
	else
		done = EVP_DigestFinal_ex(hash->md, digest, &size);
	return done == 1 ? CRYPTECH_ERR_OK : CRYPTECH_ERR_IMPOSSIBLE;
}

void core_hash_free(struct core_hash *hash)
{
	if (!hash)
		return;
	EVP_MD_CTX_free(hash->md);
	EVP_MAC_CTX_free(hash->mac);
	free(hash);
}

int core_sha256(const void *data, size_t len, uint8_t digest[32])
{
	return EVP_Digest(data, len, digest, NULL,
			  core_md(CRYPTECH_DIGEST_SHA256), NULL) == 1 ?
	       CRYPTECH_ERR_OK : CRYPTECH_ERR_ALLOCATION_FAILURE;
}

int core_pbkdf2(const void *password, size_t password_len, const void *salt,
		size_t salt_len, unsigned int iterations, uint8_t *out,
		size_t out_len)
{
	if (password_len > INT_MAX || salt_len > INT_MAX ||
	    iterations > INT_MAX || out_len > INT_MAX)
		return CRYPTECH_ERR_BAD_ARGUMENTS;
	if (PKCS5_PBKDF2_HMAC(password, (int)password_len, salt, (int)salt_len,
			      (int)iterations, core_md(CRYPTECH_DIGEST_SHA256),
			      (int)out_len, out) == 1)
		return CRYPTECH_ERR_OK;
	core_wipe(out, out_len);
	return CRYPTECH_ERR_ALLOCATION_FAILURE;
}
