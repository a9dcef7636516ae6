// SPDX-License-Identifier: MIT
/*
 * Do the numbers of a key that somebody else made belong together?
 *
 * libcrypto's own check of a private RSA key proves both primes prime, which
 * takes 50 times as long as a signature. What has to be known is less: that the
 * numbers say the same of each other, and that what one half does the other
 * undoes. A product of "primes" that are none does not pass the latter, but for
 * numbers that work just as well as primes.
 */
#include "internal.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>

enum rsa_number { N, E, D, P, Q, DP, DQ, QINV, RSA_NUMBERS };

static const char *const rsa_names[RSA_NUMBERS] = {
	[N] = OSSL_PKEY_PARAM_RSA_N,
	[E] = OSSL_PKEY_PARAM_RSA_E,
	[D] = OSSL_PKEY_PARAM_RSA_D,
	[P] = OSSL_PKEY_PARAM_RSA_FACTOR1,
	[Q] = OSSL_PKEY_PARAM_RSA_FACTOR2,
	[DP] = OSSL_PKEY_PARAM_RSA_EXPONENT1,
	[DQ] = OSSL_PKEY_PARAM_RSA_EXPONENT2,
	[QINV] = OSSL_PKEY_PARAM_RSA_COEFFICIENT1,
};

/*
 * RFC 8017, section 3.2, for one of both primes: @d_prime = d mod (prime - 1),
 * and e * @d_prime = 1 there, which makes d right too.
 */
static bool half_fits(BIGNUM *const *x, const BIGNUM *prime,
		      const BIGNUM *d_prime, BN_CTX *ctx)
{
	BIGNUM *less = BN_CTX_get(ctx), *t = BN_CTX_get(ctx);

	return t && BN_is_odd(prime) && BN_num_bits(prime) > 1 &&
	       BN_sub(less, prime, BN_value_one()) &&
	       BN_mod(t, x[D], less, ctx) && !BN_cmp(t, d_prime) &&
	       BN_mod_mul(t, x[E], d_prime, less, ctx) && BN_is_one(t);
}

static bool numbers_fit(BIGNUM *const *x, BN_CTX *ctx)
{
	BIGNUM *t = BN_CTX_get(ctx);

	return t && BN_mul(t, x[P], x[Q], ctx) && !BN_cmp(t, x[N]) &&
	       BN_cmp(x[D], x[N]) < 0 && BN_cmp(x[QINV], x[P]) < 0 &&
	       half_fits(x, x[P], x[DP], ctx) &&
	       half_fits(x, x[Q], x[DQ], ctx) &&
	       BN_mod_mul(t, x[QINV], x[Q], x[P], ctx) && BN_is_one(t);
}

static bool rsa_numbers_fit(const EVP_PKEY *pkey)
{
	BIGNUM *x[RSA_NUMBERS] = { NULL };
	BN_CTX *ctx = BN_CTX_secure_new();
	bool fit = ctx;

	for (unsigned int i = 0; i < RSA_NUMBERS && fit; i++) {
		fit = EVP_PKEY_get_bn_param(pkey, rsa_names[i], &x[i]) == 1;
		if (fit)
			BN_set_flags(x[i], BN_FLG_CONSTTIME);
	}
	if (fit) {
		BN_CTX_start(ctx);
		fit = numbers_fit(x, ctx);
		BN_CTX_end(ctx);
	}
	for (unsigned int i = 0; i < RSA_NUMBERS; i++)
		BN_clear_free(x[i]);
	BN_CTX_free(ctx);
	return fit;
}

/* Does the public half take what the private half signs? */
static bool rsa_works(const struct core_key *key)
{
	uint8_t signature[CORE_SIGNATURE_MAX], input[32];
	size_t len;

	return !core_random(input, sizeof(input)) &&
	       !core_key_sign(key, CRYPTECH_DIGEST_NONE, input, sizeof(input),
			      signature, sizeof(signature), &len) &&
	       !core_key_verify(key, CRYPTECH_DIGEST_NONE, input,
				sizeof(input), signature, len);
}

static bool ec_fits(const struct core_key *key)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key->pkey, NULL);
	bool fit;

	fit = ctx && (key->private ? EVP_PKEY_check(ctx) :
				     EVP_PKEY_public_check(ctx)) == 1;
	EVP_PKEY_CTX_free(ctx);
	return fit;
}

int core_key_check(const struct core_key *key)
{
	bool fit = true;

	if (!key->pkey)
		return CRYPTECH_ERR_UNSUPPORTED_KEY;
	ERR_set_mark();
	if (!core_key_is_rsa(key))
		fit = ec_fits(key);
	else if (key->private)
		fit = rsa_numbers_fit(key->pkey) && rsa_works(key);
	ERR_pop_to_mark();
	if (fit)
		return CRYPTECH_ERR_OK;
	return core_key_is_rsa(key) || key->private ?
	       CRYPTECH_ERR_BAD_ARGUMENTS : CRYPTECH_ERR_KEY_NOT_ON_CURVE;
}
