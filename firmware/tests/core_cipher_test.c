// SPDX-License-Identifier: MIT
/*
 * AES keys and ciphers of the cores, and RSA without padding: vectors, and
 * chunks against libcrypto's own call over the whole.
 */
#include "../cores/cores.h"
#include "plain.h"
#include "tap.h"

#include <pthread.h>

#define BLOCK	CORE_BLOCK

static const uint32_t types[] = {
	CRYPTECH_KEY_AES128, CRYPTECH_KEY_AES192, CRYPTECH_KEY_AES256,
	CRYPTECH_KEY_AES128_XTS, CRYPTECH_KEY_AES256_XTS,
};
static const size_t sizes[] = { 16, 24, 32, 32, 64 };
static const char *const names[] = {
	"AES-128-CBC", "AES-192-CBC", "AES-256-CBC", "AES-128-XTS",
	"AES-256-XTS",
};
#define TYPES	(sizeof(types) / sizeof(*types))
#define FIRST_XTS 3

/* Bytes that differ from each other; the same each time. */
static void fill(uint8_t *data, size_t len, uint32_t seed)
{
	for (size_t i = 0; i < len; i++) {
		seed = seed * 1664525 + 1013904223;
		data[i] = (uint8_t)(seed >> 24);
	}
}

/* The whole at once, by libcrypto's own interface. */
static void plain_cipher(const char *name, const uint8_t *key,
			 const uint8_t *iv, const uint8_t *in, size_t len,
			 uint8_t *out)
{
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, name, NULL);
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int made = 0;

	EXPECT(EVP_EncryptInit_ex2(ctx, cipher, key, iv, NULL) == 1 &&
	       EVP_CIPHER_CTX_set_padding(ctx, 0) == 1 &&
	       EVP_EncryptUpdate(ctx, out, &made, in, (int)len) == 1 &&
	       (size_t)made == len);
	EVP_CIPHER_CTX_free(ctx);
	EVP_CIPHER_free(cipher);
}

static struct bytes value, iv, text, wanted, got;
static uint8_t next[BLOCK];

/* Both ways, each twice: the second time uses contexts made by the first. */
static void expect_both_ways(const struct core_key *key)
{
	for (unsigned int i = 0; i < 4; i++) {
		bool encrypt = i % 2;
		const struct bytes *from = encrypt ? &text : &wanted;
		const struct bytes *to = encrypt ? &wanted : &text;

		EXPECT_EQ(core_key_cipher(key, encrypt, iv.data, 0,
					  from->data, from->len, got.data,
					  next), 0);
		EXPECT_MEM(got.data, to->data, to->len);
	}
}

static bool padding_is_good(const uint8_t *data, size_t len)
{
	uint8_t n = data[len - 1];

	if (!n || n > BLOCK)
		return false;
	for (unsigned int i = 1; i <= n; i++)
		if (data[len - i] != n)
			return false;
	return true;
}

/* The vectors have PKCS#7 padding, which is their caller's business. */
static void cbc_vectors(void)
{
	static struct vector v;
	struct core_key *key;

	REQUIRE(vector_open(&v, "aes_cbc_pkcs5.txt"));
	while (vector_next(&v)) {
		vector_bytes(&v, 2, &value);
		vector_bytes(&v, 3, &iv);
		vector_bytes(&v, 4, &text);
		vector_bytes(&v, 5, &wanted);
		REQUIRE(!core_key_from_raw(CRYPTECH_KEY_FAMILY_AES << 16 |
					   (uint32_t)value.len * 8, value.data,
					   value.len, &key));
		if (vector_is(&v, "valid")) {
			uint8_t pad = BLOCK - text.len % BLOCK;

			memset(text.data + text.len, pad, pad);
			text.len += pad;
			EXPECT_EQ(text.len, wanted.len);
			expect_both_ways(key);
			EXPECT_MEM(next, wanted.data + wanted.len - BLOCK,
				   BLOCK);
		} else {
			bool whole = wanted.len && wanted.len % BLOCK == 0;

			EXPECT_EQ(core_key_cipher(key, false, iv.data, 0,
						  wanted.data, wanted.len,
						  got.data, next),
				  whole ? 0 : CRYPTECH_ERR_BAD_ARGUMENTS);
			EXPECT(!whole ||
			       !padding_is_good(got.data, wanted.len));
		}
		core_key_put(key);
	}
	EXPECT_EQ(v.read, 216);
}

static void xts_vectors(void)
{
	static struct vector v;
	struct core_key *key;

	REQUIRE(vector_open(&v, "aes_xts.txt"));
	while (vector_next(&v)) {
		vector_bytes(&v, 2, &value);
		vector_bytes(&v, 3, &iv);
		memset(iv.data + iv.len, 0, BLOCK - iv.len);
		vector_bytes(&v, 4, &text);
		vector_bytes(&v, 5, &wanted);
		REQUIRE(!core_key_from_raw(CRYPTECH_KEY_FAMILY_AES_XTS << 16 |
					   (uint32_t)value.len * 4, value.data,
					   value.len, &key));
		EXPECT_EQ(text.len, wanted.len);
		expect_both_ways(key);
		EXPECT_MEM(next, iv.data, BLOCK);
		core_key_put(key);
	}
	EXPECT_EQ(v.read, 82);
}

/* One key and 4 KiB less 3 bytes, or whole blocks, and their ciphertext. */
static struct core_key *sample(size_t i)
{
	struct core_key *key;

	fill(value.data, sizes[i], (uint32_t)i);
	fill(iv.data, BLOCK, 77);
	text.len = wanted.len = i < FIRST_XTS ? 4080 : 4093;
	fill(text.data, text.len, 99);
	plain_cipher(names[i], value.data, iv.data, text.data, text.len,
		     wanted.data);
	if (!EXPECT(!core_key_from_raw(types[i], value.data, sizes[i], &key)))
		return NULL;
	return key;
}

/* A chunk, and what comes behind it, both ways. */
static void split_at(const struct core_key *key, bool xts, size_t at)
{
	for (unsigned int encrypt = 0; encrypt < 2; encrypt++) {
		const uint8_t *from = encrypt ? text.data : wanted.data;
		const uint8_t *to = encrypt ? wanted.data : text.data;
		uint32_t block = xts ? (uint32_t)(at / BLOCK) : 0;

		memset(got.data, 0, text.len);
		EXPECT_EQ(core_key_cipher(key, encrypt, iv.data, 0, from, at,
					  got.data, next), 0);
		EXPECT_EQ(core_key_cipher(key, encrypt, next, block, from + at,
					  text.len - at, got.data + at, next),
			  0);
		EXPECT_MEM(got.data, to, text.len);
	}
}

static void two_chunks_are_one(void)
{
	for (size_t i = 0; i < TYPES; i++) {
		struct core_key *key = sample(i);
		bool xts = i >= FIRST_XTS;

		REQUIRE(key);
		/* what is stolen from has to be in the last chunk */
		for (size_t at = BLOCK; at + BLOCK <= text.len; at += BLOCK)
			split_at(key, xts, at);
		core_key_put(key);
	}
}

static void block_by_block(void)
{
	for (size_t i = 0; i < TYPES; i++) {
		struct core_key *key = sample(i);
		size_t at, len;

		REQUIRE(key);
		memcpy(next, iv.data, BLOCK);
		for (at = 0; at < text.len; at += len) {
			len = text.len - at < 2 * BLOCK ? text.len - at : BLOCK;
			EXPECT_EQ(core_key_cipher(key, true, next,
						  i < FIRST_XTS ? 0 : at / BLOCK,
						  text.data + at, len,
						  got.data + at, next), 0);
		}
		EXPECT_MEM(got.data, wanted.data, text.len);
		core_key_put(key);
	}
}

/* The end of the longest data unit there is, 16 MiB. */
static void last_blocks_of_a_unit(void)
{
	const size_t len = (size_t)BLOCK << 20;
	static const uint32_t from_end[] = { 1, 2, 63, 64, 65, 255 };
	uint8_t *whole = malloc(len);
	struct core_key *key = sample(TYPES - 1);

	REQUIRE(key && whole);
	fill(whole, len, 5);
	plain_cipher(names[TYPES - 1], value.data, iv.data, whole, len, whole);
	for (size_t i = 0; i < sizeof(from_end) / sizeof(*from_end); i++) {
		size_t n = from_end[i] * BLOCK;
		uint32_t block = (1u << 20) - from_end[i];

		EXPECT_EQ(core_key_cipher(key, false, iv.data, block,
					  whole + len - n, n, got.data, next),
			  0);
		EXPECT_EQ(core_key_cipher(key, true, iv.data, block, got.data,
					  n, text.data, next), 0);
		EXPECT_MEM(text.data, whole + len - n, n);
		EXPECT_EQ(core_key_cipher(key, true, iv.data, block, got.data,
					  n + 1, text.data, next),
			  CRYPTECH_ERR_BAD_ARGUMENTS);
	}
	fill(whole, len, 5);
	EXPECT_MEM(got.data, whole + len - 255 * BLOCK, 255 * BLOCK);
	EXPECT_EQ(core_key_cipher(key, true, iv.data, 1u << 20, got.data,
				  BLOCK, text.data, next),
		  CRYPTECH_ERR_BAD_ARGUMENTS);
	EXPECT_EQ(core_key_cipher(key, true, iv.data, 0xffffffff, got.data,
				  BLOCK, text.data, next),
		  CRYPTECH_ERR_BAD_ARGUMENTS);
	core_key_put(key);
	free(whole);
}

/* --- threads ---------------------------------------------------------------- */

#define THREADS	4
#define ROUNDS	20000

struct worker {
	pthread_t thread;
	const struct core_key *key;
	size_t at, len;		/* its part of the unit */
	unsigned int bad;
};

/* Its part again and again, both ways, while others use the same key. */
static void *work(void *argument)
{
	struct worker *me = argument;
	uint8_t data[512], iv_out[BLOCK];
	uint32_t block = (uint32_t)(me->at / BLOCK);

	for (unsigned int i = 0; i < ROUNDS; i++) {
		bool encrypt = i % 2;
		const uint8_t *from = encrypt ? text.data : wanted.data;
		const uint8_t *to = encrypt ? wanted.data : text.data;

		if (core_key_cipher(me->key, encrypt, iv.data, block,
				    from + me->at, me->len, data, iv_out) ||
		    memcmp(data, to + me->at, me->len))
			me->bad++;
	}
	return NULL;
}

static void threads_share_a_key(void)
{
	struct core_key *key = sample(TYPES - 1);
	struct worker workers[THREADS];

	REQUIRE(key);
	for (size_t i = 0; i < THREADS; i++) {
		workers[i] = (struct worker){
			.key = key, .at = i * 512, .len = 512,
		};
		EXPECT(!pthread_create(&workers[i].thread, NULL, work,
				       &workers[i]));
	}
	for (size_t i = 0; i < THREADS; i++) {
		pthread_join(workers[i].thread, NULL);
		EXPECT_EQ(workers[i].bad, 0);
	}
	core_key_put(key);
}

static void chunk_limits(void)
{
	for (size_t i = 0; i < TYPES; i++) {
		struct core_key *key = sample(i);
		bool xts = i >= FIRST_XTS;

		REQUIRE(key);
		for (size_t len = 0; len <= 3 * BLOCK; len++) {
			bool good = len >= BLOCK &&
				    (xts || len % BLOCK == 0);

			EXPECT_EQ(core_key_cipher(key, true, iv.data, 0,
						  text.data, len, got.data,
						  next),
				  good ? 0 : CRYPTECH_ERR_BAD_ARGUMENTS);
		}
		EXPECT_EQ(core_key_cipher(key, true, iv.data, 1, text.data,
					  BLOCK, got.data, next),
			  xts ? 0 : CRYPTECH_ERR_BAD_ARGUMENTS);
		core_key_put(key);
	}
}

static void keys_in_and_out(void)
{
	struct core_key *key, *other;
	size_t len;

	for (size_t i = 0; i < TYPES; i++) {
		EXPECT_EQ(core_secret_size(types[i]), sizes[i]);
		fill(value.data, 65, 3);
		for (size_t n = 0; n <= 65; n++) {
			int error = core_key_from_raw(types[i], value.data, n,
						      &key);

			EXPECT_EQ(error, n == sizes[i] ? 0 :
				  CRYPTECH_ERR_BAD_ARGUMENTS);
			if (error)
				continue;
			EXPECT_EQ(core_key_type(key), types[i]);
			EXPECT_EQ(core_key_class(key), CRYPTECH_KEY_CLASS_AES);
			EXPECT_EQ(core_key_raw(key, got.data, n - 1, &len),
				  CRYPTECH_ERR_RESULT_TOO_LONG);
			EXPECT_EQ(core_key_raw(key, got.data, n, &len), 0);
			EXPECT_EQ(len, n);
			EXPECT_MEM(got.data, value.data, n);
			core_key_put(key);
		}
		REQUIRE(!core_key_generate(types[i], &key));
		REQUIRE(!core_key_generate(types[i], &other));
		EXPECT_EQ(core_key_type(key), types[i]);
		EXPECT(!core_key_raw(key, got.data, 64, &len));
		EXPECT(!core_key_raw(other, text.data, 64, &len));
		EXPECT(memcmp(got.data, text.data, sizes[i]) != 0);
		core_key_put(key);
		core_key_put(other);
	}
}

static void bad_keys(void)
{
	static const uint32_t none[] = {
		0, CRYPTECH_KEY_RSA2048, CRYPTECH_KEY_EC_P256, 0x00030000,
		0x00030081, 0x00030040, 0x00030200, 0x000400c0, 0x00040200,
		0x00050100, 0x00060000, 0x00060200, 0x00070040, 0x00080300,
		0x00090081, 0x000a0080, 0x000a0000, 0x000a0100 ^ 1, 0x000b0100,
	};
	struct core_key *key;

	fill(value.data, 64, 3);
	for (size_t i = 0; i < sizeof(none) / sizeof(*none); i++) {
		EXPECT_EQ(core_secret_size(none[i]), 0);
		EXPECT_EQ(core_key_from_raw(none[i], value.data, 32, &key),
			  CRYPTECH_ERR_UNSUPPORTED_KEY);
	}
	for (size_t i = 3; i < sizeof(none) / sizeof(*none); i++)
		EXPECT_EQ(core_key_generate(none[i], &key),
			  CRYPTECH_ERR_UNSUPPORTED_KEY);
	/* both keys of XTS the same, but for a bit, and not but for it */
	for (size_t i = FIRST_XTS; i < TYPES; i++) {
		memcpy(value.data + sizes[i] / 2, value.data, sizes[i] / 2);
		EXPECT_EQ(core_key_from_raw(types[i], value.data, sizes[i],
					    &key), CRYPTECH_ERR_BAD_ARGUMENTS);
		value.data[sizes[i] - 1] ^= 0x80;
		EXPECT_EQ(core_key_from_raw(types[i], value.data, sizes[i],
					    &key), 0);
		core_key_put(key);
	}
}

/* What one kind of key can, and the other cannot. */
static void wrong_kind(void)
{
	uint8_t data[256] = { 1 };
	struct core_key *aes, *ec;
	size_t len;

	REQUIRE(!core_key_generate(CRYPTECH_KEY_AES256, &aes));
	REQUIRE(!core_key_generate(CRYPTECH_KEY_EC_P256, &ec));
	EXPECT_EQ(core_key_spki(aes, data, sizeof(data), &len),
		  CRYPTECH_ERR_UNSUPPORTED_KEY);
	EXPECT_EQ(core_key_pkcs8(aes, data, sizeof(data), &len),
		  CRYPTECH_ERR_UNSUPPORTED_KEY);
	EXPECT_EQ(core_key_check(aes), CRYPTECH_ERR_UNSUPPORTED_KEY);
	EXPECT_EQ(core_key_sign(aes, CRYPTECH_DIGEST_NONE, data, 32, data + 64,
				128, &len), CRYPTECH_ERR_UNSUPPORTED_KEY);
	EXPECT_EQ(core_key_verify(aes, CRYPTECH_DIGEST_NONE, data, 32,
				  data + 64, 64),
		  CRYPTECH_ERR_UNSUPPORTED_KEY);
	EXPECT_EQ(core_rsa_private(aes, data, 32, data + 64),
		  CRYPTECH_ERR_UNSUPPORTED_KEY);
	EXPECT_EQ(core_rsa_private(ec, data, 64, data + 64),
		  CRYPTECH_ERR_UNSUPPORTED_KEY);
	EXPECT_EQ(core_key_raw(ec, data, sizeof(data), &len),
		  CRYPTECH_ERR_UNSUPPORTED_KEY);
	EXPECT_EQ(core_key_cipher(ec, true, data, 0, data, 16, data + 64,
				  next), CRYPTECH_ERR_UNSUPPORTED_KEY);
	core_key_put(aes);
	core_key_put(ec);
}

/*
 * A vector's signature is the private exponent's power of its padded message,
 * which the public one gives back.
 */
static void rsa_vectors(void)
{
	static struct vector v;
	struct core_key *key = NULL;
	struct bytes der, spki;
	uint8_t out[512];
	const uint8_t *p;
	EVP_PKEY *pkey = NULL;
	unsigned int done = 0;

	REQUIRE(vector_open(&v, "rsa2048_sign.txt"));
	while (vector_next(&v)) {
		EVP_PKEY_CTX *ctx;

		if (!strcmp(v.field[0], "key")) {
			core_key_put(key);
			EVP_PKEY_free(pkey);
			vector_bytes(&v, 2, &der);
			REQUIRE(!core_key_from_pkcs8(der.data, der.len, &key));
			REQUIRE(!core_key_spki(key, spki.data,
					       sizeof(spki.data), &spki.len));
			p = spki.data;
			pkey = d2i_PUBKEY(NULL, &p, (long)spki.len);
			continue;
		}
		vector_bytes(&v, 3, &wanted);
		ctx = EVP_PKEY_CTX_new(pkey, NULL);
		text.len = sizeof(text.data);
		EXPECT(EVP_PKEY_encrypt_init(ctx) == 1 &&
		       EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_NO_PADDING) == 1 &&
		       EVP_PKEY_encrypt(ctx, text.data, &text.len, wanted.data,
					wanted.len) == 1);
		EVP_PKEY_CTX_free(ctx);
		EXPECT_EQ(text.len, 256);
		EXPECT(text.data[0] == 0 && text.data[1] == 1);
		EXPECT_EQ(core_rsa_private(key, text.data, 256, out), 0);
		EXPECT_MEM(out, wanted.data, 256);
		done++;
	}
	EXPECT(done > 20);
	core_key_put(key);
	EVP_PKEY_free(pkey);
}

static void rsa_limits(void)
{
	EVP_PKEY *pkey = EVP_RSA_gen(1024);
	struct core_key *key, *public;
	uint8_t out[128], n[129] = { 0 };
	struct bytes der, spki;
	BIGNUM *modulus = NULL;

	EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_N, &modulus);
	BN_bn2binpad(modulus, n, 128);
	plain_encode(pkey, &der, &spki);
	REQUIRE(!core_key_from_pkcs8(der.data, der.len, &key));
	REQUIRE(!core_key_from_spki(spki.data, spki.len, &public));
	EXPECT_EQ(core_rsa_private(key, n, 128, out),
		  CRYPTECH_ERR_BAD_ARGUMENTS);
	EXPECT_EQ(core_rsa_private(key, n, 127, out),
		  CRYPTECH_ERR_BAD_ARGUMENTS);
	EXPECT_EQ(core_rsa_private(key, n, 129, out),
		  CRYPTECH_ERR_BAD_ARGUMENTS);
	/* n - 1 is its own power: the exponent is odd */
	n[127]--;
	EXPECT_EQ(core_rsa_private(key, n, 128, out), 0);
	EXPECT_MEM(out, n, 128);
	EXPECT_EQ(core_rsa_private(public, n, 128, out),
		  CRYPTECH_ERR_UNSUPPORTED_KEY);
	memset(n, 0, 128);
	EXPECT_EQ(core_rsa_private(key, n, 128, out), 0);
	EXPECT_MEM(out, n, 128);
	memset(n, 0xff, 128);
	EXPECT_EQ(core_rsa_private(key, n, 128, out),
		  CRYPTECH_ERR_BAD_ARGUMENTS);
	BN_free(modulus);
	core_key_put(key);
	core_key_put(public);
}

int main(void)
{
	RUN(cbc_vectors);
	RUN(xts_vectors);
	RUN(two_chunks_are_one);
	RUN(block_by_block);
	RUN(last_blocks_of_a_unit);
	RUN(threads_share_a_key);
	RUN(chunk_limits);
	RUN(keys_in_and_out);
	RUN(bad_keys);
	RUN(wrong_kind);
	RUN(rsa_vectors);
	RUN(rsa_limits);
	return tap_done();
}
