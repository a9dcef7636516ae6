/* SPDX-License-Identifier: MIT */
/*
 * What libcrypto says, asked the plain way by its own interface, for
 * comparison with what comes out of the cores and the HSM.
 */
#ifndef TESTS_PLAIN_H
#define TESTS_PLAIN_H

#include "vectors.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

/* Encode a key; frees it. */
static inline void plain_encode(EVP_PKEY *pkey, struct bytes *der,
				struct bytes *spki)
{
	PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(pkey);
	uint8_t *p = der->data, *q = spki->data;

	der->len = info ? i2d_PKCS8_PRIV_KEY_INFO(info, &p) : 0;
	spki->len = i2d_PUBKEY(pkey, &q);
	PKCS8_PRIV_KEY_INFO_free(info);
	EVP_PKEY_free(pkey);
}

/*
 * Is @signature over @hash good? EC signatures are r || s. @digest NULL: RSA's
 * input was padded as it is.
 */
static inline bool plain_verify(const struct bytes *spki, const void *hash,
				size_t hash_len, const char *digest,
				const uint8_t *signature, size_t len)
{
	const uint8_t *p = spki->data;
	EVP_PKEY *pkey = d2i_PUBKEY(NULL, &p, (long)spki->len);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(pkey, NULL);
	ECDSA_SIG *sig = NULL;
	uint8_t *made = NULL;
	bool good;

	if (EVP_PKEY_is_a(pkey, "EC")) {
		sig = ECDSA_SIG_new();
		ECDSA_SIG_set0(sig, BN_bin2bn(signature, len / 2, NULL),
			       BN_bin2bn(signature + len / 2, len / 2, NULL));
		len = i2d_ECDSA_SIG(sig, &made);
		signature = made;
	}
	good = EVP_PKEY_verify_init(ctx) == 1 &&
	       (!digest || EVP_PKEY_CTX_set_signature_md(ctx,
					EVP_get_digestbyname(digest)) == 1) &&
	       EVP_PKEY_verify(ctx, signature, len, hash, hash_len) == 1;
	ECDSA_SIG_free(sig);
	OPENSSL_free(made);
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(pkey);
	return good;
}

#endif /* TESTS_PLAIN_H */
