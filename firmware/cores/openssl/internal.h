/* SPDX-License-Identifier: MIT */
/*
 * What the files of this folder share: libcrypto's algorithms, looked up
 * once (a lookup costs more than a hash of a short message), and the key.
 */
#ifndef CORES_OPENSSL_INTERNAL_H
#define CORES_OPENSSL_INTERNAL_H

#include "../cores.h"

#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <stdatomic.h>

#define CORE_DIGESTS	(CRYPTECH_DIGEST_SHA512 + 1)

struct core_algorithms {
	EVP_MD *digests[CORE_DIGESTS];	/* by enum cryptech_digest */
	EVP_MAC *hmac, *cmac;
	EVP_KDF *kbkdf;
	EVP_CIPHER *wrap;		/* AES-256, RFC 5649 */
	/* AES of 128, 192, 256 bits; XTS has none of 192. */
	EVP_CIPHER *ecb[3], *cbc[3], *xts[3], *ctr[3], *gcm[3];
};

/* Never NULL; a member is NULL if libcrypto lacks it. */
const struct core_algorithms *core_algorithms(void);

/* NULL for NONE and for unknown digests. */
const EVP_MD *core_md(enum cryptech_digest digest);
const char *core_digest_name(enum cryptech_digest digest);

/* What an AES key keeps contexts for. GCM and CMAC keep none. */
enum core_cipher {
	CORE_CIPHER_DECRYPT, CORE_CIPHER_ENCRYPT,
	CORE_CIPHER_TWEAK_DECRYPT, CORE_CIPHER_TWEAK_ENCRYPT,
	CORE_CIPHERS
};

/*
 * The contexts are kept between calls because making one costs more than
 * some of the operations. Each is a place for at most one: whoever needs it
 * takes it out, or makes a new one if the place is empty.
 */
struct core_key {
	atomic_uint references;
	uint32_t type;			/* CRYPTECH_KEY_* */
	/* RSA, EC; NULL in a secret key */
	EVP_PKEY *pkey;
	bool private;
	_Atomic(EVP_PKEY_CTX *) signer;
	_Atomic(EVP_PKEY_CTX *) verifier;
	/* AES, HMAC: the key, of XTS both one after the other */
	uint8_t secret[CORE_SECRET_MAX];
	size_t secret_len;			/* 0: it is elsewhere */
	const struct core_elsewhere *elsewhere;
	void *elsewhere_data;
	_Atomic(EVP_CIPHER_CTX *) ciphers[CORE_CIPHERS];
};

/* Secret keys (secret.c). core_secret_free frees what only they have. */
int core_secret_generate(uint32_t type, struct core_key **key);
void core_secret_free(struct core_key *key);

/* core_key_cipher() of a chunk that was checked (elsewhere.c) */
int core_elsewhere_cipher(const struct core_key *key, bool encrypt,
			  const uint8_t *iv, uint32_t block, const uint8_t *in,
			  size_t len, uint8_t *out);
/* The tweak of XTS @n blocks on. */
void core_multiply_alpha(uint8_t tweak[CORE_BLOCK], uint32_t n);
/* The counter block of CTR @blocks on; @next may be @iv. */
void core_count_on(const uint8_t *iv, size_t blocks, uint8_t *next);

/* The place of a key's length among libcrypto's algorithms. */
static inline unsigned int core_aes_index(uint32_t type)
{
	return CRYPTECH_KEY_BITS(type) / 64 - 2;
}

static inline uint32_t core_family(const struct core_key *key)
{
	return CRYPTECH_KEY_FAMILY(key->type);
}

static inline bool core_key_is_rsa(const struct core_key *key)
{
	return CRYPTECH_KEY_FAMILY(key->type) == CRYPTECH_KEY_FAMILY_RSA;
}

#endif /* CORES_OPENSSL_INTERNAL_H */
