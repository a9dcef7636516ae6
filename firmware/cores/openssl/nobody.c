// SPDX-License-Identifier: MIT
/*
 * An RSA key that is nobody's: its primes are the two largest of 1,536 bits, so
 * there is nothing to keep and nothing to search for.
 */
#include "internal.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <openssl/x509.h>

#define PRIME_BITS	1536
#define PRIME_P		3453	/* what is missing to 2^1536 */
#define PRIME_Q		4977
#define EXPONENT	65537

struct numbers {
	BIGNUM *n, *e, *d, *p, *q, *dp, *dq, *qinv;
};

static bool set_prime(BIGNUM *prime, unsigned int missing)
{
	return BN_set_bit(prime, PRIME_BITS) && BN_sub_word(prime, missing);
}

/* All but the primes, which are there, by RFC 8017, section 3.2. */
static bool fill(struct numbers *x, BN_CTX *ctx)
{
	BIGNUM *p1 = BN_CTX_get(ctx), *q1 = BN_CTX_get(ctx);
	BIGNUM *phi = BN_CTX_get(ctx);

	return phi && BN_set_word(x->e, EXPONENT) &&
	       BN_mul(x->n, x->p, x->q, ctx) &&
	       BN_sub(p1, x->p, BN_value_one()) &&
	       BN_sub(q1, x->q, BN_value_one()) && BN_mul(phi, p1, q1, ctx) &&
	       BN_mod_inverse(x->d, x->e, phi, ctx) &&
	       BN_mod(x->dp, x->d, p1, ctx) && BN_mod(x->dq, x->d, q1, ctx) &&
	       BN_mod_inverse(x->qinv, x->q, x->p, ctx);
}

static EVP_PKEY *assemble(const struct numbers *x)
{
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	OSSL_PARAM *params = NULL;
	EVP_PKEY *pkey = NULL;

	if (build && ctx &&
	    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, x->n) &&
	    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, x->e) &&
	    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_D, x->d) &&
	    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_FACTOR1, x->p) &&
	    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_FACTOR2, x->q) &&
	    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_EXPONENT1,
				   x->dp) &&
	    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_EXPONENT2,
				   x->dq) &&
	    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_COEFFICIENT1,
				   x->qinv))
		params = OSSL_PARAM_BLD_to_param(build);
	if (params && EVP_PKEY_fromdata_init(ctx) == 1)
		EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_KEYPAIR, params);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(build);
	EVP_PKEY_CTX_free(ctx);
	return pkey;
}

static EVP_PKEY *make(void)
{
	BN_CTX *ctx = BN_CTX_new();
	EVP_PKEY *pkey = NULL;
	struct numbers x;

	if (!ctx)
		return NULL;
	BN_CTX_start(ctx);
	x = (struct numbers){
		.n = BN_CTX_get(ctx), .e = BN_CTX_get(ctx),
		.d = BN_CTX_get(ctx), .p = BN_CTX_get(ctx),
		.q = BN_CTX_get(ctx), .dp = BN_CTX_get(ctx),
		.dq = BN_CTX_get(ctx), .qinv = BN_CTX_get(ctx),
	};
	if (x.qinv && set_prime(x.p, PRIME_P) && set_prime(x.q, PRIME_Q) &&
	    fill(&x, ctx))
		pkey = assemble(&x);
	BN_CTX_end(ctx);
	BN_CTX_free(ctx);
	return pkey;
}

int core_key_nobody(struct core_key **key)
{
	int error = CRYPTECH_ERR_ALLOCATION_FAILURE;
	EVP_PKEY *pkey = make();
	PKCS8_PRIV_KEY_INFO *info = pkey ? EVP_PKEY2PKCS8(pkey) : NULL;
	uint8_t *der = NULL;
	int len = info ? i2d_PKCS8_PRIV_KEY_INFO(info, &der) : 0;

	*key = NULL;
	if (len > 0)
		error = core_key_from_pkcs8(der, (size_t)len, key);
	OPENSSL_free(der);
	PKCS8_PRIV_KEY_INFO_free(info);
	EVP_PKEY_free(pkey);
	return error;
}
