// SPDX-License-Identifier: MIT
/*
 * RSA-OAEP of the cores: against vectors, and against libcrypto's.
 */
#include "../cores/cores.h"
#include "plain.h"
#include "tap.h"

static struct bytes der, spki, label, message, cipher;
static uint8_t out[512];

static void expect_line(const struct vector *v, bool met)
{
	if (!met)
		printf("# vector %s\n", v->field[0]);
	EXPECT(met);
}

/* Does it decrypt to @message, of as many bytes? */
static bool decrypts(const struct core_key *key, const char *text, size_t len)
{
	memset(out, 0, sizeof(out));
	return !core_rsa_oaep_decrypt_fixed(key, text, cipher.data, cipher.len,
					    out, len) &&
	       len == message.len && !memcmp(out, message.data, len);
}

static void expect_vector(const struct vector *v, const struct core_key *key)
{
	char text[512] = { 0 };

	vector_bytes(v, 2, &label);
	vector_bytes(v, 3, &message);
	vector_bytes(v, 4, &cipher);
	/* our labels are text */
	if (memchr(label.data, 0, label.len))
		return;
	memcpy(text, label.data, label.len);
	/* of no bytes each message is the right one */
	if (message.len || vector_is(v, "invalid"))
		expect_line(v, decrypts(key, text, message.len) ==
			       vector_is(v, "valid"));
	expect_line(v, !decrypts(key, text, message.len + 1));
	if (!message.len)
		return;
	expect_line(v, !decrypts(key, "another", message.len));
}

static void vectors(void)
{
	struct core_key *key = NULL;
	struct vector v;

	REQUIRE(vector_open(&v, "rsa2048_oaep_sha256.txt"));
	while (vector_next(&v)) {
		if (strcmp(v.field[0], "key")) {
			expect_vector(&v, key);
			continue;
		}
		core_key_put(key);
		vector_bytes(&v, 2, &der);
		REQUIRE(!core_key_from_pkcs8(der.data, der.len, &key));
	}
	EXPECT_EQ(v.read, 38);
	core_key_put(key);
}

/* By libcrypto, either way, with @text for the label. */
static bool plain_oaep(bool encrypt, const char *text, const struct bytes *in,
		       struct bytes *result)
{
	const uint8_t *p = encrypt ? spki.data : der.data;
	EVP_PKEY *pkey = encrypt ? d2i_PUBKEY(NULL, &p, (long)spki.len) :
			 d2i_AutoPrivateKey(NULL, &p, (long)der.len);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(pkey, NULL);
	bool good = (encrypt ? EVP_PKEY_encrypt_init(ctx) :
			       EVP_PKEY_decrypt_init(ctx)) == 1;

	EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING);
	EVP_PKEY_CTX_set_rsa_oaep_md(ctx, EVP_sha256());
	EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, EVP_sha256());
	EVP_PKEY_CTX_set0_rsa_oaep_label(ctx, OPENSSL_strdup(text),
					 (int)strlen(text));
	result->len = sizeof(result->data);
	if (encrypt)
		good = good && EVP_PKEY_encrypt(ctx, result->data, &result->len,
						in->data, in->len) == 1;
	else
		good = good && EVP_PKEY_decrypt(ctx, result->data, &result->len,
						in->data, in->len) == 1;
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(pkey);
	return good;
}

static void as_libcrypto(unsigned int bits)
{
	struct core_key *key, *public;
	struct bytes plain;

	plain_encode(EVP_RSA_gen(bits), &der, &spki);
	REQUIRE(!core_key_from_pkcs8(der.data, der.len, &key));
	REQUIRE(!core_key_from_spki(spki.data, spki.len, &public));
	message.len = 32;
	memcpy(message.data, "the key that encrypts the key...", 32);
	EXPECT_EQ(core_rsa_oaep_encrypt(public, "a label", 7, message.data, 32,
					cipher.data, bits / 8, &cipher.len), 0);
	EXPECT_EQ(cipher.len, bits / 8);
	REQUIRE(plain_oaep(false, "a label", &cipher, &plain));
	EXPECT_EQ(plain.len, 32);
	EXPECT_MEM(plain.data, message.data, 32);
	EXPECT(!plain_oaep(false, "b label", &cipher, &plain));
	REQUIRE(plain_oaep(true, "a label", &message, &cipher));
	EXPECT(decrypts(key, "a label", 32));
	EXPECT_EQ(core_rsa_oaep_decrypt_fixed(public, "a label", cipher.data,
					      cipher.len, out, 32),
		  CRYPTECH_ERR_UNSUPPORTED_KEY);
	core_key_put(public);
	core_key_put(key);
}

static void both_ways(void)
{
	as_libcrypto(1024);
	as_libcrypto(2048);
	as_libcrypto(3072);
	as_libcrypto(4096);
}

static void refuses(void)
{
	static const uint8_t long_message[256];
	struct core_key *key;
	size_t len;

	plain_encode(EVP_RSA_gen(2048), &der, &spki);
	REQUIRE(!core_key_from_pkcs8(der.data, der.len, &key));
	EXPECT_EQ(core_rsa_oaep_encrypt(key, "", 0, long_message, 190, out, 256,
					&len), 0);
	EXPECT_EQ(core_rsa_oaep_encrypt(key, "", 0, long_message, 191, out, 256,
					&len), CRYPTECH_ERR_BAD_ARGUMENTS);
	EXPECT_EQ(core_rsa_oaep_encrypt(key, "", 0, long_message, 1, out, 255,
					&len), CRYPTECH_ERR_RESULT_TOO_LONG);
	EXPECT_EQ(core_rsa_oaep_decrypt_fixed(key, "", long_message, 256, out,
					      191),
		  CRYPTECH_ERR_BAD_ARGUMENTS);
	core_key_put(key);
	REQUIRE(!core_key_generate(CRYPTECH_KEY_EC_P256, &key));
	EXPECT_EQ(core_rsa_oaep_encrypt(key, "", 0, long_message, 1, out, 256,
					&len), CRYPTECH_ERR_UNSUPPORTED_KEY);
	EXPECT_EQ(core_rsa_oaep_decrypt_fixed(key, "", long_message, 64, out,
					      1),
		  CRYPTECH_ERR_UNSUPPORTED_KEY);
	core_key_put(key);
}

/* What does not decrypt gives other bytes each time, never an error. */
static void failures_are_random(void)
{
	uint8_t first[32];
	struct core_key *key;

	plain_encode(EVP_RSA_gen(2048), &der, &spki);
	REQUIRE(!core_key_from_pkcs8(der.data, der.len, &key));
	memset(cipher.data, 1, 256);
	for (cipher.len = 0; cipher.len <= 257; cipher.len++) {
		EXPECT_EQ(core_rsa_oaep_decrypt_fixed(key, "", cipher.data,
						      cipher.len, first, 32),
			  0);
		EXPECT_EQ(core_rsa_oaep_decrypt_fixed(key, "", cipher.data,
						      cipher.len, out, 32), 0);
		EXPECT(memcmp(first, out, 32) != 0);
	}
	core_key_put(key);
}

/* The one that stands in is a key like others; its primes are what it says. */
static void nobodys_key(void)
{
	BIGNUM *p = NULL, *q = NULL, *end = BN_new();
	const uint8_t *at = der.data;
	struct core_key *key;
	EVP_PKEY *pkey;

	REQUIRE(!core_key_nobody(&key));
	EXPECT_EQ(core_key_type(key), CRYPTECH_KEY_RSA3072);
	EXPECT_EQ(core_key_check(key), 0);
	REQUIRE(!core_key_pkcs8(key, der.data, sizeof(der.data), &der.len));
	pkey = d2i_AutoPrivateKey(NULL, &at, (long)der.len);
	EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_FACTOR1, &p);
	EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_FACTOR2, &q);
	EXPECT_EQ(BN_check_prime(p, NULL, NULL), 1);
	EXPECT_EQ(BN_check_prime(q, NULL, NULL), 1);
	BN_set_bit(end, 1536);
	BN_sub(p, end, p);
	BN_sub(q, end, q);
	EXPECT(BN_is_word(p, 3453) && BN_is_word(q, 4977));
	BN_free(p);
	BN_free(q);
	BN_free(end);
	EVP_PKEY_free(pkey);
	core_key_put(key);
}

int main(void)
{
	RUN(vectors);
	RUN(both_ways);
	RUN(refuses);
	RUN(failures_are_random);
	RUN(nobodys_key);
	return tap_done();
}
