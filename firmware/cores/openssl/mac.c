// SPDX-License-Identifier: MIT
/*
 * MACs: AES-CMAC (SP 800-38B) and HMAC (FIPS 198-1), of whole messages and of
 * such that come in pieces between which nobody keeps anything but what has to
 * be known of the beginning (struct core_mac).
 *
 * libcrypto's EVP does not let go of that. So pieces of CMAC go through CBC, of
 * which CMAC is the last block but for what is done to the message's end; and
 * those of HMAC through libcrypto's bare SHA-2, whose chaining value can be set.
 */
#define OPENSSL_SUPPRESS_DEPRECATED	/* SHA256_CTX and SHA512_CTX */

#include "internal.h"

#include <limits.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <openssl/sha.h>

#define SHA256_BLOCK	64
#define SHA512_BLOCK	128

size_t core_mac_size(uint32_t type)
{
	if (!core_secret_size(type))
		return 0;
	switch (CRYPTECH_KEY_FAMILY(type)) {
	case CRYPTECH_KEY_FAMILY_AES_CMAC:
		return CORE_BLOCK;
	case CRYPTECH_KEY_FAMILY_HMAC:
		return CRYPTECH_KEY_BITS(type) / 8;
	default:
		return 0;
	}
}

static enum cryptech_digest hmac_digest(const struct core_key *key)
{
	switch (CRYPTECH_KEY_BITS(key->type)) {
	case 256:
		return CRYPTECH_DIGEST_SHA256;
	case 384:
		return CRYPTECH_DIGEST_SHA384;
	default:
		return CRYPTECH_DIGEST_SHA512;
	}
}

/* --- whole messages --------------------------------------------------------------- */

/* A context that has taken in nothing yet, or NULL. */
static EVP_MAC_CTX *mac_start(const struct core_key *key)
{
	bool cmac = core_family(key) == CRYPTECH_KEY_FAMILY_AES_CMAC;
	const struct core_algorithms *a = core_algorithms();
	const EVP_CIPHER *cbc = cmac ? a->cbc[core_aes_index(key->type)] : NULL;
	const char *part = cmac ? EVP_CIPHER_get0_name(cbc) :
				  core_digest_name(hmac_digest(key));
	const char *name = cmac ? OSSL_MAC_PARAM_CIPHER : OSSL_MAC_PARAM_DIGEST;
	const OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(name, (char *)part, 0),
		OSSL_PARAM_construct_end(),
	};
	EVP_MAC_CTX *ctx = EVP_MAC_CTX_new(cmac ? a->cmac : a->hmac);

	if (ctx && EVP_MAC_init(ctx, key->secret, key->secret_len, params) == 1)
		return ctx;
	EVP_MAC_CTX_free(ctx);
	return NULL;
}

/* The MAC of @first and @rest one after the other. */
static int mac_of(const struct core_key *key, const uint8_t *first,
		  size_t first_len, const uint8_t *rest, size_t rest_len,
		  uint8_t *out)
{
	size_t size = core_mac_size(key->type), made;
	EVP_MAC_CTX *ctx;
	int done;

	ERR_set_mark();
	ctx = mac_start(key);
	done = ctx && EVP_MAC_update(ctx, first, first_len) == 1 &&
	       EVP_MAC_update(ctx, rest, rest_len) == 1 &&
	       EVP_MAC_final(ctx, out, &made, size) == 1 && made == size;
	ERR_pop_to_mark();
	EVP_MAC_CTX_free(ctx);
	return done ? CRYPTECH_ERR_OK : CRYPTECH_ERR_ALLOCATION_FAILURE;
}

/* --- CMAC in pieces ---------------------------------------------------------------- */

static int cmac_update(const struct core_key *key, struct core_mac *mac,
		       const uint8_t *data, size_t len)
{
	const EVP_CIPHER *cbc = core_algorithms()->cbc[core_aes_index(key->type)];
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	uint8_t out[CRYPTECH_MAC_BLOCK];
	bool good;
	int made;

	good = ctx && EVP_CipherInit_ex2(ctx, cbc, key->secret, mac->chain, 1,
					 NULL) == 1 &&
	       EVP_CIPHER_CTX_set_padding(ctx, 0) == 1;
	for (; good && len; len -= sizeof(out), data += sizeof(out))
		good = EVP_CipherUpdate(ctx, out, &made, data,
					sizeof(out)) == 1 &&
		       (size_t)made == sizeof(out);
	memcpy(mac->chain, out + sizeof(out) - CORE_BLOCK, CORE_BLOCK);
	core_wipe(out, sizeof(out));
	EVP_CIPHER_CTX_free(ctx);
	return good ? CRYPTECH_ERR_OK : CRYPTECH_ERR_ALLOCATION_FAILURE;
}

/*
 * What precedes enters a block only by being added to it, so the MAC is that of
 * the rest of the message with its first block changed.
 */
static int cmac_final(const struct core_key *key, const struct core_mac *mac,
		      const uint8_t *data, size_t len, uint8_t *out)
{
	uint8_t first[CORE_BLOCK];
	int error;

	for (unsigned int i = 0; i < CORE_BLOCK; i++)
		first[i] = data[i] ^ mac->chain[i];
	error = mac_of(key, first, CORE_BLOCK, data + CORE_BLOCK,
		       len - CORE_BLOCK, out);
	core_wipe(first, sizeof(first));
	return error;
}

/* --- HMAC in pieces ----------------------------------------------------------------- */

union sha2 {
	SHA256_CTX sha256;
	SHA512_CTX sha512;
};

static size_t block_of(enum cryptech_digest digest)
{
	return digest == CRYPTECH_DIGEST_SHA256 ? SHA256_BLOCK : SHA512_BLOCK;
}

static void sha2_start(enum cryptech_digest digest, union sha2 *sha)
{
	if (digest == CRYPTECH_DIGEST_SHA256)
		SHA256_Init(&sha->sha256);
	else if (digest == CRYPTECH_DIGEST_SHA384)
		SHA384_Init(&sha->sha512);
	else
		SHA512_Init(&sha->sha512);
}

static void sha2_update(enum cryptech_digest digest, union sha2 *sha,
			const uint8_t *data, size_t len)
{
	if (digest == CRYPTECH_DIGEST_SHA256)
		SHA256_Update(&sha->sha256, data, len);
	else
		SHA512_Update(&sha->sha512, data, len);
}

static void sha2_final(enum cryptech_digest digest, union sha2 *sha,
		       uint8_t *out)
{
	if (digest == CRYPTECH_DIGEST_SHA256)
		SHA256_Final(out, &sha->sha256);
	else
		SHA512_Final(out, &sha->sha512);
}

/* The key, filled up to a block, each byte with @pad added (FIPS 198-1, 4). */
static void hmac_key_block(const struct core_key *key, uint8_t pad,
			   union sha2 *sha)
{
	enum cryptech_digest digest = hmac_digest(key);
	size_t size = block_of(digest);
	uint8_t block[SHA512_BLOCK] = { 0 };

	if (key->secret_len > size) {
		sha2_start(digest, sha);
		sha2_update(digest, sha, key->secret, key->secret_len);
		sha2_final(digest, sha, block);
	} else {
		memcpy(block, key->secret, key->secret_len);
	}
	for (size_t i = 0; i < size; i++)
		block[i] ^= pad;
	sha2_start(digest, sha);
	sha2_update(digest, sha, block, size);
	core_wipe(block, sizeof(block));
}

/* As if the key's block and @mac->done bytes had been taken in. */
static void hmac_load(const struct core_key *key, const struct core_mac *mac,
		      union sha2 *sha)
{
	enum cryptech_digest digest = hmac_digest(key);
	uint64_t bits = (block_of(digest) + mac->done) * 8;

	if (!mac->done) {
		hmac_key_block(key, 0x36, sha);
		return;
	}
	sha2_start(digest, sha);
	if (digest == CRYPTECH_DIGEST_SHA256) {
		memcpy(sha->sha256.h, mac->chain, sizeof(sha->sha256.h));
		sha->sha256.Nl = (SHA_LONG)bits;
		sha->sha256.Nh = (SHA_LONG)(bits >> 32);
	} else {
		memcpy(sha->sha512.h, mac->chain, sizeof(sha->sha512.h));
		sha->sha512.Nl = bits;
	}
}

static void hmac_update(const struct core_key *key, struct core_mac *mac,
			const uint8_t *data, size_t len)
{
	enum cryptech_digest digest = hmac_digest(key);
	union sha2 sha;

	hmac_load(key, mac, &sha);
	sha2_update(digest, &sha, data, len);
	if (digest == CRYPTECH_DIGEST_SHA256)
		memcpy(mac->chain, sha.sha256.h, sizeof(sha.sha256.h));
	else
		memcpy(mac->chain, sha.sha512.h, sizeof(sha.sha512.h));
	core_wipe(&sha, sizeof(sha));
}

static void hmac_final(const struct core_key *key, const struct core_mac *mac,
		       const uint8_t *data, size_t len, uint8_t *out)
{
	enum cryptech_digest digest = hmac_digest(key);
	uint8_t inner[CORE_DIGEST_MAX];
	union sha2 sha;

	hmac_load(key, mac, &sha);
	sha2_update(digest, &sha, data, len);
	sha2_final(digest, &sha, inner);
	hmac_key_block(key, 0x5c, &sha);
	sha2_update(digest, &sha, inner, core_mac_size(key->type));
	sha2_final(digest, &sha, out);
	core_wipe(inner, sizeof(inner));
	core_wipe(&sha, sizeof(sha));
}

/* --- for all ------------------------------------------------------------------------- */

int core_key_mac_update(const struct core_key *key, struct core_mac *mac,
			const uint8_t *data, size_t len)
{
	int error = CRYPTECH_ERR_OK;

	if (!core_mac_size(key->type))
		return CRYPTECH_ERR_UNSUPPORTED_KEY;
	if (!len || len % CRYPTECH_MAC_BLOCK || mac->done > UINT64_MAX / 16)
		return CRYPTECH_ERR_BAD_ARGUMENTS;
	if (core_family(key) == CRYPTECH_KEY_FAMILY_AES_CMAC)
		error = cmac_update(key, mac, data, len);
	else
		hmac_update(key, mac, data, len);
	mac->done += len;
	if (error)
		core_wipe(mac, sizeof(*mac));
	return error;
}

int core_key_mac(const struct core_key *key, const struct core_mac *mac,
		 const uint8_t *data, size_t len, uint8_t *out)
{
	if (!core_mac_size(key->type))
		return CRYPTECH_ERR_UNSUPPORTED_KEY;
	if (!mac->done)
		return mac_of(key, data, len, NULL, 0, out);
	if (len < CRYPTECH_MAC_BLOCK)
		return CRYPTECH_ERR_BAD_ARGUMENTS;
	if (core_family(key) == CRYPTECH_KEY_FAMILY_AES_CMAC)
		return cmac_final(key, mac, data, len, out);
	hmac_final(key, mac, data, len, out);
	return CRYPTECH_ERR_OK;
}
