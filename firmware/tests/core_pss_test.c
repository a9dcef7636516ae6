// SPDX-License-Identifier: MIT
/*
 * RSASSA-PSS of the cores: against vectors, and against libcrypto asked
 * another way.
 */
#include "../cores/cores.h"
#include "plain.h"
#include "tap.h"

static struct bytes der, spki, message, signature;
static uint8_t hash[CORE_DIGEST_MAX], out[512];

static const struct {
	enum cryptech_digest digest;
	const char *name;
	unsigned int size;
} digests[] = {
#define DIGEST(number, id, name, size) { CRYPTECH_DIGEST_##id, name, size },
	CRYPTECH_DIGESTS(DIGEST)
};
#define DIGESTS	(sizeof(digests) / sizeof(*digests))

static enum cryptech_digest digest_of(const char *name)
{
	for (size_t i = 0; i < DIGESTS; i++)
		if (!strcmp(digests[i].name, name))
			return digests[i].digest;
	return CRYPTECH_DIGEST_NONE;
}

static int hash_of(enum cryptech_digest digest, const struct bytes *data)
{
	struct core_hash *h = core_hash_new(digest, NULL, 0);
	int error = core_hash_update(h, data->data, data->len);

	if (!error)
		error = core_hash_final(h, hash);
	core_hash_free(h);
	return error;
}

static void vectors(void)
{
	enum cryptech_digest digest = CRYPTECH_DIGEST_NONE;
	struct core_key *key = NULL;
	struct vector v;
	int error;

	REQUIRE(vector_open(&v, "rsa_pss.txt"));
	while (vector_next(&v)) {
		if (!strcmp(v.field[0], "key")) {
			core_key_put(key);
			digest = digest_of(v.field[1]);
			vector_bytes(&v, 2, &spki);
			REQUIRE(!core_key_from_spki(spki.data, spki.len, &key));
			continue;
		}
		vector_bytes(&v, 2, &message);
		vector_bytes(&v, 3, &signature);
		EXPECT_EQ(hash_of(digest, &message), 0);
		error = core_rsa_pss_verify(key, digest, hash,
					    core_digest_size(digest),
					    signature.data, signature.len);
		if (!EXPECT_EQ(error, vector_is(&v, "valid") ? 0 :
			       CRYPTECH_ERR_INVALID_SIGNATURE))
			printf("# vector %s\n", v.field[0]);
	}
	EXPECT_EQ(v.read, 169);
	core_key_put(key);
}

/* By libcrypto, in one go over the message, which tells it all by name. */
static bool plain_pss(bool verify, const char *name)
{
	const uint8_t *p = verify ? spki.data : der.data;
	EVP_PKEY *pkey = verify ? d2i_PUBKEY(NULL, &p, (long)spki.len) :
			 d2i_AutoPrivateKey(NULL, &p, (long)der.len);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	OSSL_PARAM params[] = {
		OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_PAD_MODE, "pss", 3),
		OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_PSS_SALTLEN,
				       "digest", 6),
		OSSL_PARAM_END
	};
	bool good;

	if (verify) {
		good = EVP_DigestVerifyInit_ex(ctx, NULL, name, NULL, NULL,
					       pkey, params) == 1 &&
		       EVP_DigestVerify(ctx, signature.data, signature.len,
					message.data, message.len) == 1;
	} else {
		signature.len = sizeof(signature.data);
		good = EVP_DigestSignInit_ex(ctx, NULL, name, NULL, NULL, pkey,
					     params) == 1 &&
		       EVP_DigestSign(ctx, signature.data, &signature.len,
				      message.data, message.len) == 1;
	}
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(pkey);
	return good;
}

static void as_libcrypto(unsigned int bits)
{
	struct core_key *key, *public;
	uint8_t first[512];
	size_t len;

	plain_encode(EVP_RSA_gen(bits), &der, &spki);
	REQUIRE(!core_key_from_pkcs8(der.data, der.len, &key));
	REQUIRE(!core_key_from_spki(spki.data, spki.len, &public));
	message.len = 9;
	memcpy(message.data, "a message", 9);
	for (size_t i = 0; i < DIGESTS; i++) {
		enum cryptech_digest digest = digests[i].digest;
		unsigned int size = digests[i].size;

		EXPECT_EQ(hash_of(digest, &message), 0);
		EXPECT_EQ(core_rsa_pss_sign(key, digest, hash, size,
					    first, sizeof(first), &len), 0);
		EXPECT_EQ(len, bits / 8);
		/* the salt is another each time */
		EXPECT_EQ(core_rsa_pss_sign(key, digest, hash, size,
					    signature.data, len,
					    &signature.len), 0);
		EXPECT(memcmp(first, signature.data, len));
		EXPECT(plain_pss(true, digests[i].name));
		REQUIRE(plain_pss(false, digests[i].name));
		EXPECT_EQ(core_rsa_pss_verify(public, digest, hash, size,
					      signature.data, signature.len),
			  0);
		/* PKCS#1 v1.5 is another scheme */
		EXPECT_EQ(core_key_verify(public, digest, hash, size,
					  signature.data, signature.len),
			  CRYPTECH_ERR_INVALID_SIGNATURE);
		EXPECT_EQ(core_key_sign(key, digest, hash, size, out,
					sizeof(out), &len), 0);
		EXPECT_EQ(core_rsa_pss_verify(public, digest, hash, size, out,
					      len),
			  CRYPTECH_ERR_INVALID_SIGNATURE);
		EXPECT_EQ(core_rsa_pss_sign(public, digest, hash, size, out,
					    sizeof(out), &len),
			  CRYPTECH_ERR_UNSUPPORTED_KEY);
	}
	core_key_put(public);
	core_key_put(key);
}

static void both_ways(void)
{
	as_libcrypto(2048);
	as_libcrypto(3072);
}

/* Every bit of a signature counts. */
static void flipped_bits(void)
{
	struct core_key *key;
	size_t len;

	plain_encode(EVP_RSA_gen(1024), &der, &spki);
	REQUIRE(!core_key_from_pkcs8(der.data, der.len, &key));
	memset(hash, 7, 32);
	EXPECT_EQ(core_rsa_pss_sign(key, CRYPTECH_DIGEST_SHA256, hash, 32, out,
				    128, &len), 0);
	for (size_t i = 0; i < 1024; i++) {
		out[i / 8] ^= 1 << i % 8;
		EXPECT_EQ(core_rsa_pss_verify(key, CRYPTECH_DIGEST_SHA256, hash,
					      32, out, 128),
			  CRYPTECH_ERR_INVALID_SIGNATURE);
		out[i / 8] ^= 1 << i % 8;
	}
	EXPECT_EQ(core_rsa_pss_verify(key, CRYPTECH_DIGEST_SHA256, hash, 32,
				      out, 128), 0);
	/* a number is no signature without its leading zeros */
	do
		EXPECT_EQ(core_rsa_pss_sign(key, CRYPTECH_DIGEST_SHA256, hash,
					    32, out, 128, &len), 0);
	while (out[0]);
	EXPECT_EQ(core_rsa_pss_verify(key, CRYPTECH_DIGEST_SHA256, hash, 32,
				      out + 1, 127),
		  CRYPTECH_ERR_INVALID_SIGNATURE);
	core_key_put(key);
}

static int sign(const struct core_key *key, enum cryptech_digest digest,
		size_t hash_len, size_t size)
{
	size_t len = 1;
	int error = core_rsa_pss_sign(key, digest, hash, hash_len, out, size,
				      &len);

	EXPECT_EQ(len, error ? 0 : core_key_signature_size(key));
	return error;
}

static void refuses(void)
{
	struct core_key *key;

	plain_encode(EVP_RSA_gen(1024), &der, &spki);
	REQUIRE(!core_key_from_pkcs8(der.data, der.len, &key));
	EXPECT_EQ(sign(key, CRYPTECH_DIGEST_SHA384, 48, 128), 0);
	/* 2 * 64 + 2 bytes do not go into 128 */
	EXPECT_EQ(sign(key, CRYPTECH_DIGEST_SHA512, 64, 128),
		  CRYPTECH_ERR_BAD_ARGUMENTS);
	EXPECT_EQ(core_rsa_pss_verify(key, CRYPTECH_DIGEST_SHA512, hash, 64,
				      out, 128), CRYPTECH_ERR_BAD_ARGUMENTS);
	EXPECT_EQ(sign(key, CRYPTECH_DIGEST_SHA256, 32, 127),
		  CRYPTECH_ERR_RESULT_TOO_LONG);
	EXPECT_EQ(sign(key, CRYPTECH_DIGEST_SHA256, 31, 128),
		  CRYPTECH_ERR_BAD_ARGUMENTS);
	EXPECT_EQ(sign(key, CRYPTECH_DIGEST_NONE, 32, 128),
		  CRYPTECH_ERR_BAD_ARGUMENTS);
	EXPECT_EQ(sign(key, CRYPTECH_DIGEST_NONE, 0, 128),
		  CRYPTECH_ERR_BAD_ARGUMENTS);
	EXPECT_EQ(sign(key, 99, 32, 128), CRYPTECH_ERR_BAD_ARGUMENTS);
	for (size_t len = 0; len < 300; len++)
		EXPECT_EQ(core_rsa_pss_verify(key, CRYPTECH_DIGEST_SHA256, hash,
					      32, message.data, len),
			  CRYPTECH_ERR_INVALID_SIGNATURE);
	core_key_put(key);
	REQUIRE(!core_key_generate(CRYPTECH_KEY_EC_P256, &key));
	EXPECT_EQ(sign(key, CRYPTECH_DIGEST_SHA256, 32, 128),
		  CRYPTECH_ERR_UNSUPPORTED_KEY);
	core_key_put(key);
	REQUIRE(!core_key_generate(CRYPTECH_KEY_AES256, &key));
	EXPECT_EQ(core_rsa_pss_verify(key, CRYPTECH_DIGEST_SHA256, hash, 32,
				      out, 128), CRYPTECH_ERR_UNSUPPORTED_KEY);
	core_key_put(key);
}

int main(void)
{
	RUN(vectors);
	RUN(both_ways);
	RUN(flipped_bits);
	RUN(refuses);
	return tap_done();
}
