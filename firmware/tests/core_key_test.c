// SPDX-License-Identifier: MIT
/*
 * Keys of the cores: what is taken, what is refused, and that libcrypto's own
 * calls agree with what comes out.
 */
#include "../cores/cores.h"
#include "plain.h"
#include "tap.h"

#include <openssl/param_build.h>

static struct bytes der, spki;

static void encode(EVP_PKEY *pkey)
{
	plain_encode(pkey, &der, &spki);
}

static int load(struct core_key **key)
{
	int error = core_key_from_pkcs8(der.data, der.len, key);

	if (!error) {
		error = core_key_check(*key);
		if (error)
			core_key_put(*key);
	}
	return error;
}

static int load_error(void)
{
	struct core_key *key;
	int error = load(&key);

	if (!error)
		core_key_put(key);
	return error;
}

static int spki_error(void)
{
	struct core_key *key;
	int error = core_key_from_spki(spki.data, spki.len, &key);

	if (!error) {
		error = core_key_check(key);
		core_key_put(key);
	}
	return error;
}

static void type_round_trip(uint32_t type, size_t signature_size)
{
	static const uint8_t hash[64] = { 0x5a, 1, 2, 3 };
	uint8_t signature[CORE_SIGNATURE_MAX];
	struct core_key *key, *public;
	size_t len, got;

	REQUIRE(!core_key_generate(type, &key));
	EXPECT_EQ(core_key_type(key), type);
	EXPECT_EQ(core_key_signature_size(key), signature_size);
	EXPECT(!core_key_pkcs8(key, der.data, sizeof(der.data), &der.len));
	EXPECT(!core_key_spki(key, spki.data, sizeof(spki.data), &spki.len));
	EXPECT_EQ(core_key_pkcs8(key, der.data, der.len - 1, &len),
		  CRYPTECH_ERR_RESULT_TOO_LONG);
	core_key_put(key);

	REQUIRE(!load(&key));
	REQUIRE(!core_key_from_spki(spki.data, spki.len, &public));
	EXPECT_EQ(core_key_type(public), type);
	EXPECT_EQ(core_key_sign(key, CRYPTECH_DIGEST_SHA256, hash, 32,
				signature, signature_size - 1, &len),
		  CRYPTECH_ERR_RESULT_TOO_LONG);
	/* twice each, for the second time uses contexts made by the first */
	for (unsigned int i = 0; i < 2; i++) {
		EXPECT_EQ(core_key_sign(key, CRYPTECH_DIGEST_SHA256, hash, 32,
					signature, sizeof(signature), &len), 0);
		EXPECT_EQ(len, signature_size);
		EXPECT(plain_verify(&spki, hash, 32, "sha256", signature,
				    len));
		EXPECT_EQ(core_key_verify(public, CRYPTECH_DIGEST_SHA256, hash,
					  32, signature, len), 0);
		EXPECT_EQ(core_key_sign(key, CRYPTECH_DIGEST_SHA512, hash, 64,
					signature, sizeof(signature), &len), 0);
		EXPECT(plain_verify(&spki, hash, 64, "sha512", signature,
				    len));
	}
	signature[len - 1] ^= 1;
	EXPECT_EQ(core_key_verify(key, CRYPTECH_DIGEST_SHA512, hash, 64,
				  signature, len),
		  CRYPTECH_ERR_INVALID_SIGNATURE);
	EXPECT_EQ(core_key_sign(key, CRYPTECH_DIGEST_SHA256, hash, 31,
				signature, sizeof(signature), &len),
		  CRYPTECH_ERR_BAD_ARGUMENTS);
	EXPECT_EQ(core_key_sign(public, CRYPTECH_DIGEST_SHA256, hash, 32,
				signature, sizeof(signature), &got),
		  CRYPTECH_ERR_UNSUPPORTED_KEY);
	EXPECT_EQ(core_key_pkcs8(public, der.data, sizeof(der.data), &got),
		  CRYPTECH_ERR_UNSUPPORTED_KEY);
	core_key_put(public);
	core_key_put(key);
}

static void rsa_round_trip(void)
{
	type_round_trip(0x00010400, 128);
	type_round_trip(CRYPTECH_KEY_RSA2048, 256);
}

static void ec_round_trip(void)
{
	type_round_trip(CRYPTECH_KEY_EC_P256, 64);
	type_round_trip(CRYPTECH_KEY_EC_P384, 96);
	type_round_trip(CRYPTECH_KEY_EC_P521, 132);
}

static void generate_refuses(void)
{
	static const uint32_t types[] = {
		0, 0x00010200, 0x00010401, 0x00012008, 0x00020100 + 1,
		0x000200e0, 0x00030800, 0xffffffff,
	};
	struct core_key *key;

	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		EXPECT_EQ(core_key_generate(types[i], &key),
			  CRYPTECH_ERR_UNSUPPORTED_KEY);
}

/* Every prefix and one more byte; each length byte wrong. */
static void strict(void)
{
	size_t len = der.len, spki_len = spki.len;

	EXPECT_EQ(load_error(), 0);
	EXPECT_EQ(spki_error(), 0);
	for (der.len = 0; der.len < len; der.len++)
		EXPECT_EQ(load_error(), CRYPTECH_ERR_ASN1_PARSE_FAILED);
	for (spki.len = 0; spki.len < spki_len; spki.len++)
		EXPECT_EQ(spki_error(), CRYPTECH_ERR_ASN1_PARSE_FAILED);
	der.data[len] = spki.data[spki_len] = 0;
	der.len = len + 1;
	spki.len = spki_len + 1;
	EXPECT_EQ(load_error(), CRYPTECH_ERR_ASN1_PARSE_FAILED);
	EXPECT_EQ(spki_error(), CRYPTECH_ERR_ASN1_PARSE_FAILED);
	der.len = len;
	spki.len = spki_len;
}

/* A bit flipped anywhere is refused, or gives another sound key. */
static void flips(void)
{
	for (size_t i = 0; i < der.len; i++) {
		der.data[i] ^= 1 << i % 8;
		load_error();
		der.data[i] ^= 1 << i % 8;
	}
	for (size_t i = 0; i < spki.len; i++) {
		spki.data[i] ^= 1 << i % 8;
		spki_error();
		spki.data[i] ^= 1 << i % 8;
	}
}

static void ec_der(void)
{
	uint8_t point[64];

	encode(EVP_EC_gen("P-256"));
	strict();
	flips();
	/* the last byte of the point */
	spki.data[spki.len - 1] ^= 1;
	EXPECT_EQ(spki_error(), CRYPTECH_ERR_KEY_NOT_ON_CURVE);
	/* public half of another key inside the private one */
	memcpy(point, der.data + der.len - 64, 64);
	encode(EVP_EC_gen("P-256"));
	memcpy(der.data + der.len - 64, point, 64);
	EXPECT_EQ(load_error(), CRYPTECH_ERR_BAD_ARGUMENTS);
}

/* Bytes behind the inner structure, all lengths around it right. */
static void inner_trailing_bytes(void)
{
	encode(EVP_EC_gen("P-256"));
	REQUIRE(der.data[0] == 0x30 && der.data[1] == 0x81);
	/* 30 81 L | 02 01 00 | 30 13 ... | 04 6d | 30 6b ... */
	REQUIRE(der.data[27] == 0x04 && der.data[28] == 0x6d);
	der.data[2]++;
	der.data[28]++;
	der.data[der.len++] = 0;
	EXPECT_EQ(load_error(), CRYPTECH_ERR_ASN1_PARSE_FAILED);
}

static EVP_PKEY *ec_with(const char *curve, const char *param,
			 const char *value)
{
	EVP_PKEY *pkey = EVP_PKEY_Q_keygen(NULL, NULL, "EC", curve);

	if (param)
		EVP_PKEY_set_utf8_string_param(pkey, param, value);
	return pkey;
}

static void ec_other_forms(void)
{
	encode(ec_with("P-256", OSSL_PKEY_PARAM_EC_ENCODING, "explicit"));
	EXPECT_EQ(load_error(), CRYPTECH_ERR_UNSUPPORTED_KEY);
	EXPECT_EQ(spki_error(), CRYPTECH_ERR_UNSUPPORTED_KEY);
	encode(ec_with("P-256", OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT,
		       "compressed"));
	EXPECT_EQ(load_error(), CRYPTECH_ERR_ASN1_PARSE_FAILED);
	EXPECT_EQ(spki_error(), CRYPTECH_ERR_ASN1_PARSE_FAILED);
	encode(ec_with("secp256k1", NULL, NULL));
	EXPECT_EQ(load_error(), CRYPTECH_ERR_UNSUPPORTED_KEY);
	EXPECT_EQ(spki_error(), CRYPTECH_ERR_UNSUPPORTED_KEY);
	/* RFC 5915 allows to leave the public key out */
	EVP_PKEY *pkey = EVP_EC_gen("P-256");

	EVP_PKEY_set_int_param(pkey, OSSL_PKEY_PARAM_EC_INCLUDE_PUBLIC, 0);
	encode(pkey);
	EXPECT_EQ(load_error(), 0);
	encode(EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"));
	EXPECT_EQ(load_error(), CRYPTECH_ERR_UNSUPPORTED_KEY);
	EXPECT_EQ(spki_error(), CRYPTECH_ERR_UNSUPPORTED_KEY);
}

static EVP_PKEY *rsa_named(const char *name, unsigned int bits,
			   uint32_t primes, uint32_t e)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, name, NULL);
	BIGNUM *exponent = BN_new();
	EVP_PKEY *pkey = NULL;

	BN_set_word(exponent, e);
	EVP_PKEY_keygen_init(ctx);
	EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, (int)bits);
	EVP_PKEY_CTX_set_rsa_keygen_primes(ctx, (int)primes);
	EVP_PKEY_CTX_set1_rsa_keygen_pubexp(ctx, exponent);
	EVP_PKEY_keygen(ctx, &pkey);
	EVP_PKEY_CTX_free(ctx);
	BN_free(exponent);
	return pkey;
}

static EVP_PKEY *rsa_with(unsigned int bits, uint32_t primes, uint32_t e)
{
	return rsa_named("RSA", bits, primes, e);
}

static void rsa_der(void)
{
	encode(rsa_with(1024, 2, 3));
	EXPECT_EQ(load_error(), 0);
	strict();
	encode(rsa_with(512, 2, 65537));
	EXPECT_EQ(load_error(), CRYPTECH_ERR_UNSUPPORTED_KEY);
	EXPECT_EQ(spki_error(), CRYPTECH_ERR_UNSUPPORTED_KEY);
	encode(rsa_with(1536, 3, 65537));
	EXPECT_EQ(load_error(), CRYPTECH_ERR_UNSUPPORTED_KEY);
	EXPECT_EQ(spki_error(), 0);
	encode(rsa_named("RSA-PSS", 1024, 2, 65537));
	EXPECT_EQ(load_error(), CRYPTECH_ERR_UNSUPPORTED_KEY);
	EXPECT_EQ(spki_error(), CRYPTECH_ERR_UNSUPPORTED_KEY);
}

/* Replace one number of an RSA key by itself plus 2. */
static EVP_PKEY *rsa_spoilt(EVP_PKEY *from, const char *which)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	EVP_PKEY *pkey = NULL;
	OSSL_PARAM *params;
	BIGNUM *number = NULL;

	EVP_PKEY_todata(from, EVP_PKEY_KEYPAIR, &params);
	EVP_PKEY_get_bn_param(from, which, &number);
	BN_add_word(number, 2);
	OSSL_PARAM_set_BN(OSSL_PARAM_locate(params, which), number);
	EVP_PKEY_fromdata_init(ctx);
	EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_KEYPAIR, params);
	OSSL_PARAM_free(params);
	BN_free(number);
	EVP_PKEY_CTX_free(ctx);
	return pkey;
}

static void rsa_inconsistent(void)
{
	static const char *const numbers[] = {
		OSSL_PKEY_PARAM_RSA_N, OSSL_PKEY_PARAM_RSA_E,
		OSSL_PKEY_PARAM_RSA_D, OSSL_PKEY_PARAM_RSA_FACTOR1,
		OSSL_PKEY_PARAM_RSA_FACTOR2, OSSL_PKEY_PARAM_RSA_EXPONENT1,
		OSSL_PKEY_PARAM_RSA_EXPONENT2, OSSL_PKEY_PARAM_RSA_COEFFICIENT1,
	};
	EVP_PKEY *good = rsa_with(1024, 2, 65537);

	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		encode(rsa_spoilt(good, numbers[i]));
		if (load_error() != CRYPTECH_ERR_BAD_ARGUMENTS) {
			printf("# %s\n", numbers[i]);
			tap_failed = true;
		}
	}
	EVP_PKEY_free(good);
}

/* n = p * q, and all else right for it, but p is a product. */
static void rsa_composite_prime(void)
{
	EVP_PKEY *three = rsa_with(1536, 3, 65537), *pkey = NULL;
	BIGNUM *x[8] = { NULL }, *r = NULL, *less = BN_new();
	static const char *const names[] = {
		OSSL_PKEY_PARAM_RSA_N, OSSL_PKEY_PARAM_RSA_E,
		OSSL_PKEY_PARAM_RSA_D, OSSL_PKEY_PARAM_RSA_FACTOR1,
		OSSL_PKEY_PARAM_RSA_FACTOR2, OSSL_PKEY_PARAM_RSA_EXPONENT1,
		OSSL_PKEY_PARAM_RSA_EXPONENT2, OSSL_PKEY_PARAM_RSA_COEFFICIENT1,
	};
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	EVP_PKEY_CTX *key_ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	BN_CTX *ctx = BN_CTX_new();
	OSSL_PARAM *params;

	for (int i = 0; i < 5; i++)
		EVP_PKEY_get_bn_param(three, names[i], &x[i]);
	EVP_PKEY_get_bn_param(three, OSSL_PKEY_PARAM_RSA_FACTOR3, &r);
	/* p := p * r; d := 1/e mod (p - 1)(q - 1), as if p were prime */
	BN_mul(x[3], x[3], r, ctx);
	for (int i = 5; i < 8; i++)
		x[i] = BN_new();
	BN_sub(x[5], x[3], BN_value_one());
	BN_sub(x[6], x[4], BN_value_one());
	BN_mul(less, x[5], x[6], ctx);
	REQUIRE(BN_mod_inverse(x[2], x[1], less, ctx));
	BN_mod(x[5], x[2], x[5], ctx);
	BN_mod(x[6], x[2], x[6], ctx);
	BN_mod_inverse(x[7], x[4], x[3], ctx);
	for (int i = 0; i < 8; i++)
		OSSL_PARAM_BLD_push_BN(build, names[i], x[i]);
	params = OSSL_PARAM_BLD_to_param(build);
	EVP_PKEY_fromdata_init(key_ctx);
	EVP_PKEY_fromdata(key_ctx, &pkey, EVP_PKEY_KEYPAIR, params);
	encode(pkey);
	EXPECT_EQ(load_error(), CRYPTECH_ERR_BAD_ARGUMENTS);
	for (int i = 0; i < 8; i++)
		BN_free(x[i]);
	BN_free(r);
	BN_free(less);
	BN_CTX_free(ctx);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(build);
	EVP_PKEY_CTX_free(key_ctx);
	EVP_PKEY_free(three);
}

static void rsa_exponent_limits(void)
{
	EVP_PKEY *good = rsa_with(1024, 2, 65537);
	EVP_PKEY_CTX *ctx;
	EVP_PKEY *pkey = NULL;
	OSSL_PARAM *params;
	BIGNUM *e = BN_new();

	BN_set_word(e, 65538);
	EVP_PKEY_todata(good, EVP_PKEY_PUBLIC_KEY, &params);
	OSSL_PARAM_set_BN(OSSL_PARAM_locate(params, OSSL_PKEY_PARAM_RSA_E), e);
	ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	EVP_PKEY_fromdata_init(ctx);
	EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params);
	encode(pkey);
	EXPECT_EQ(spki_error(), CRYPTECH_ERR_UNSUPPORTED_KEY);
	OSSL_PARAM_free(params);
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(good);
	BN_free(e);
}

static void rsa_raw_input(void)
{
	uint8_t signature[128], text[118] = "padded as it is";
	const uint8_t *p = spki.data;
	struct core_key *key;
	EVP_PKEY_CTX *ctx;
	uint8_t got[128];
	EVP_PKEY *pkey;
	size_t len;

	encode(rsa_with(1024, 2, 65537));
	REQUIRE(!load(&key));
	EXPECT_EQ(core_key_sign(key, CRYPTECH_DIGEST_NONE, text, 118,
				signature, 128, &len),
		  CRYPTECH_ERR_BAD_ARGUMENTS);
	EXPECT_EQ(core_key_sign(key, CRYPTECH_DIGEST_NONE, text, 117,
				signature, 128, &len), 0);
	EXPECT_EQ(core_key_verify(key, CRYPTECH_DIGEST_NONE, text, 117,
				  signature, 128), 0);
	EXPECT_EQ(core_key_verify(key, CRYPTECH_DIGEST_NONE, text, 116,
				  signature, 128),
		  CRYPTECH_ERR_INVALID_SIGNATURE);
	pkey = d2i_PUBKEY(NULL, &p, (long)spki.len);
	ctx = EVP_PKEY_CTX_new(pkey, NULL);
	len = sizeof(got);
	EXPECT(EVP_PKEY_verify_recover_init(ctx) == 1 &&
	       EVP_PKEY_verify_recover(ctx, got, &len, signature, 128) == 1);
	EXPECT_EQ(len, 117);
	EXPECT_MEM(got, text, 117);
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(pkey);
	core_key_put(key);
}

/*
 * A signature that begins with a zero byte, without it: the number is the same,
 * but RFC 8017 (8.2.2) wants all bytes. EC: r and s of another width.
 */
static void signature_lengths(void)
{
	uint8_t signature[132] = { 1 }, text[4];
	struct core_key *key;
	uint32_t n = 0;
	size_t len;

	encode(rsa_with(1024, 2, 65537));
	REQUIRE(!load(&key));
	for (; signature[0]; n++) {
		memcpy(text, &n, 4);
		REQUIRE(!core_key_sign(key, CRYPTECH_DIGEST_NONE, text, 4,
				       signature, 128, &len));
	}
	EXPECT_EQ(core_key_verify(key, CRYPTECH_DIGEST_NONE, text, 4,
				  signature, 128), 0);
	EXPECT_EQ(core_key_verify(key, CRYPTECH_DIGEST_NONE, text, 4,
				  signature + 1, 127),
		  CRYPTECH_ERR_INVALID_SIGNATURE);
	EXPECT_EQ(core_key_verify(key, CRYPTECH_DIGEST_NONE, text, 4,
				  signature, 0),
		  CRYPTECH_ERR_INVALID_SIGNATURE);
	core_key_put(key);

	encode(EVP_EC_gen("P-256"));
	REQUIRE(!load(&key));
	REQUIRE(!core_key_sign(key, CRYPTECH_DIGEST_NONE, text, 4, signature,
			       64, &len));
	memmove(signature + 34, signature + 32, 32);
	memmove(signature + 1, signature, 32);
	signature[0] = signature[33] = 0;
	EXPECT_EQ(core_key_verify(key, CRYPTECH_DIGEST_NONE, text, 4,
				  signature, 66),
		  CRYPTECH_ERR_INVALID_SIGNATURE);
	core_key_put(key);
}

/* Encrypt @padded, which has the modulus' length, without padding. */
static void raw_encrypt(const uint8_t *padded, uint8_t *out)
{
	const uint8_t *p = spki.data;
	EVP_PKEY *pkey = d2i_PUBKEY(NULL, &p, (long)spki.len);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(pkey, NULL);
	size_t len = 128;

	EXPECT(EVP_PKEY_encrypt_init(ctx) == 1 &&
	       EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_NO_PADDING) == 1 &&
	       EVP_PKEY_encrypt(ctx, out, &len, padded, 128) == 1);
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(pkey);
}

static void rsa_transfer(void)
{
	uint8_t kek[32] = "kek of thirty-two bytes, isn't.", plain[32];
	uint8_t padded[128], out[128];
	struct core_key *key;
	size_t len;

	encode(rsa_with(1024, 2, 65537));
	REQUIRE(!load(&key));
	EXPECT_EQ(core_rsa_encrypt(key, kek, 32, out, 127, &len),
		  CRYPTECH_ERR_RESULT_TOO_LONG);
	EXPECT_EQ(core_rsa_encrypt(key, kek, 32, out, 128, &len), 0);
	EXPECT_EQ(core_rsa_decrypt_fixed(key, out, 128, plain, 32), 0);
	EXPECT_MEM(plain, kek, 32);

	/* every byte of the padding counts, and none makes an error */
	memset(padded, 0xa5, sizeof(padded));
	padded[0] = 0;
	padded[1] = 2;
	padded[95] = 0;
	memcpy(padded + 96, kek, 32);
	raw_encrypt(padded, out);
	EXPECT_EQ(core_rsa_decrypt_fixed(key, out, 128, plain, 32), 0);
	EXPECT_MEM(plain, kek, 32);
	for (unsigned int i = 1; i < 96; i++) {
		uint8_t keep = padded[i];

		padded[i] = i == 1 || i == 95 ? 1 : 0;
		raw_encrypt(padded, out);
		EXPECT_EQ(core_rsa_decrypt_fixed(key, out, 128, plain, 32), 0);
		EXPECT(memcmp(plain, kek, 32) != 0);
		padded[i] = keep;
	}
	/* no number below n, and a wrong length */
	memset(out, 0xff, sizeof(out));
	EXPECT_EQ(core_rsa_decrypt_fixed(key, out, 128, plain, 32), 0);
	EXPECT_EQ(core_rsa_decrypt_fixed(key, out, 127, plain, 32), 0);
	core_key_put(key);
}

static void ec_long_input(void)
{
	static const uint8_t input[200] = { 7 };
	uint8_t signature[64];
	struct core_key *key;
	size_t len;

	encode(EVP_EC_gen("P-256"));
	REQUIRE(!load(&key));
	EXPECT_EQ(core_key_sign(key, CRYPTECH_DIGEST_NONE, input, 200,
				signature, 64, &len), 0);
	/* cut to the order's bits: the first 32 bytes are all that counts */
	EXPECT_EQ(core_key_verify(key, CRYPTECH_DIGEST_NONE, input, 32,
				  signature, 64), 0);
	core_key_put(key);
}

int main(void)
{
	RUN(rsa_round_trip);
	RUN(ec_round_trip);
	RUN(generate_refuses);
	RUN(ec_der);
	RUN(inner_trailing_bytes);
	RUN(ec_other_forms);
	RUN(rsa_der);
	RUN(rsa_inconsistent);
	RUN(rsa_composite_prime);
	RUN(rsa_exponent_limits);
	RUN(rsa_raw_input);
	RUN(signature_lengths);
	RUN(rsa_transfer);
	RUN(ec_long_input);
	return tap_done();
}
