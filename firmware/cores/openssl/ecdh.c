// SPDX-License-Identifier: MIT
/*
 * Diffie-Hellman on P-256, and private keys as numbers.
 */
#include "internal.h"

#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>

#define SCALAR_SIZE	32

static const uint8_t order[SCALAR_SIZE] = {	/* SP 800-186, 3.2.1.3 */
	0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff,
	0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17,
	0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
};

/*
 * PrivateKeyInfo (RFC 5208) around ECPrivateKey (RFC 5915) without the public
 * key, up to the scalar.
 */
static const uint8_t pkcs8_head[] = {
	0x30, 0x41, 0x02, 0x01, 0x00, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86,
	0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce,
	0x3d, 0x03, 0x01, 0x07, 0x04, 0x27, 0x30, 0x25, 0x02, 0x01, 0x01,
	0x04, 0x20,
};

/* In [1, order)? In time that does not depend on it. */
static bool in_range(const uint8_t scalar[SCALAR_SIZE])
{
	unsigned int any = 0, borrow = 0;

	for (int i = SCALAR_SIZE - 1; i >= 0; i--) {
		any |= scalar[i];
		borrow = (scalar[i] - order[i] - borrow) >> 8 & 1;
	}
	return any && borrow;
}

int core_key_p256(const uint8_t scalar[SCALAR_SIZE], struct core_key **key)
{
	uint8_t der[sizeof(pkcs8_head) + SCALAR_SIZE];
	int error;

	if (!in_range(scalar))
		return CRYPTECH_ERR_BAD_ARGUMENTS;
	memcpy(der, pkcs8_head, sizeof(pkcs8_head));
	memcpy(der + sizeof(pkcs8_head), scalar, SCALAR_SIZE);
	error = core_key_from_pkcs8(der, sizeof(der), key);
	core_wipe(der, sizeof(der));
	return error;
}

int core_key_scalar(const struct core_key *key, uint8_t scalar[SCALAR_SIZE])
{
	BIGNUM *number = NULL;
	int error = CRYPTECH_ERR_ALLOCATION_FAILURE;

	if (key->type != CRYPTECH_KEY_EC_P256 || !key->private)
		return CRYPTECH_ERR_UNSUPPORTED_KEY;
	if (EVP_PKEY_get_bn_param(key->pkey, OSSL_PKEY_PARAM_PRIV_KEY,
				  &number) == 1 &&
	    BN_bn2binpad(number, scalar, SCALAR_SIZE) == SCALAR_SIZE)
		error = CRYPTECH_ERR_OK;
	else
		core_wipe(scalar, SCALAR_SIZE);
	BN_clear_free(number);
	return error;
}

/* libcrypto looks whether the public point is a good one when it is set. */
static int derive(EVP_PKEY_CTX *ctx, EVP_PKEY *public, uint8_t *secret)
{
	size_t len = SCALAR_SIZE;

	if (!ctx || EVP_PKEY_derive_init(ctx) != 1)
		return CRYPTECH_ERR_ALLOCATION_FAILURE;
	if (EVP_PKEY_derive_set_peer(ctx, public) != 1 ||
	    EVP_PKEY_derive(ctx, secret, &len) != 1 || len != SCALAR_SIZE)
		return CRYPTECH_ERR_KEY_NOT_ON_CURVE;
	return CRYPTECH_ERR_OK;
}

int core_ecdh(const struct core_key *private_key,
	      const struct core_key *public_key, uint8_t secret[SCALAR_SIZE])
{
	EVP_PKEY_CTX *ctx;
	int error;

	if (private_key->type != CRYPTECH_KEY_EC_P256 ||
	    public_key->type != CRYPTECH_KEY_EC_P256 || !private_key->private)
		return CRYPTECH_ERR_UNSUPPORTED_KEY;
	ERR_set_mark();
	ctx = EVP_PKEY_CTX_new_from_pkey(NULL, private_key->pkey, NULL);
	error = derive(ctx, public_key->pkey, secret);
	EVP_PKEY_CTX_free(ctx);
	ERR_pop_to_mark();
	if (error)
		core_wipe(secret, SCALAR_SIZE);
	return error;
}
