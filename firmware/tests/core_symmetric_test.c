// SPDX-License-Identifier: MIT
/*
 * The cores' ECB, CTR, GCM, CMAC and HMAC: published vectors; every split of a
 * message; what is wrong with a tag, a key or a length.
 */
#include "../cores/cores.h"
#include "plain.h"
#include "tap.h"

#define LONG	3000

static struct bytes key_bytes, iv, aad, text, wanted, tag, got;
static const uint8_t zeros[64];

static struct core_key *raw_key(uint32_t family, size_t bits)
{
	struct core_key *key;

	return core_key_from_raw(family << 16 | (uint32_t)bits, key_bytes.data,
				 key_bytes.len, &key) ? NULL : key;
}

static struct core_key *aes_key(uint32_t family)
{
	return raw_key(family, key_bytes.len * 8);
}

static void fill(uint8_t *data, size_t len, uint32_t seed)
{
	for (size_t i = 0; i < len; i++) {
		seed = seed * 1664525 + 1013904223;
		data[i] = (uint8_t)(seed >> 24);
	}
}

/* --- ECB and CTR ------------------------------------------------------------- */

static unsigned int cipher_vectors(const char *file, uint32_t family)
{
	static struct vector v;
	struct core_key *key;
	uint8_t next[CORE_BLOCK];

	if (!vector_open(&v, file))
		return 0;
	while (vector_next(&v)) {
		vector_bytes(&v, 2, &key_bytes);
		vector_bytes(&v, 3, &iv);
		vector_bytes(&v, 4, &text);
		vector_bytes(&v, 5, &wanted);
		key = aes_key(family);
		if (!EXPECT(key) ||
		    !EXPECT_EQ(core_iv_size(core_key_type(key)), iv.len))
			return 0;
		for (int i = 0; i < 4; i++) {
			const struct bytes *from = i % 2 ? &text : &wanted;
			const struct bytes *to = i % 2 ? &wanted : &text;

			EXPECT_EQ(core_key_cipher(key, i % 2, iv.data, 0,
						  from->data, from->len,
						  got.data, next), 0);
			EXPECT_MEM(got.data, to->data, to->len);
		}
		core_key_put(key);
	}
	return v.read;
}

static void ecb_vectors(void)
{
	EXPECT_EQ(cipher_vectors("nist_ecb.txt", CRYPTECH_KEY_FAMILY_AES_ECB),
		  120);
}

static void ctr_vectors(void)
{
	EXPECT_EQ(cipher_vectors("nist_ctr.txt", CRYPTECH_KEY_FAMILY_AES_CTR),
		  9);
}

/*
 * In two chunks and in one, from counters whose carry goes through so many
 * bytes; the sum is checked by adding one at a time.
 */
static void ctr_carries(void)
{
	uint8_t next[CORE_BLOCK], count[CORE_BLOCK], whole[80 * CORE_BLOCK];
	struct core_key *key;

	key_bytes.len = 24;
	fill(key_bytes.data, key_bytes.len, 5);
	key = aes_key(CRYPTECH_KEY_FAMILY_AES_CTR);
	REQUIRE(key);
	fill(text.data, sizeof(whole), 9);
	for (size_t ones = 0; ones <= CORE_BLOCK; ones++) {
		fill(iv.data, CORE_BLOCK, 3);
		memset(iv.data + CORE_BLOCK - ones, 0xff, ones);
		memcpy(count, iv.data, CORE_BLOCK);
		EXPECT_EQ(core_key_cipher(key, true, iv.data, 0, text.data,
					  sizeof(whole), whole, next), 0);
		for (size_t n = 1; n < 80; n++) {
			for (int i = CORE_BLOCK - 1; i >= 0 && !++count[i]; i--)
				;
			EXPECT_EQ(core_key_cipher(key, true, iv.data, 0,
						  text.data,
						  n * CORE_BLOCK - n % 2,
						  got.data, next), 0);
			EXPECT_MEM(next, count, CORE_BLOCK);
			EXPECT_EQ(core_key_cipher(key, true, next, 0,
						  text.data + n * CORE_BLOCK,
						  sizeof(whole) - n * CORE_BLOCK,
						  got.data + n * CORE_BLOCK,
						  next), 0);
			EXPECT_MEM(got.data + n * CORE_BLOCK,
				   whole + n * CORE_BLOCK,
				   sizeof(whole) - n * CORE_BLOCK);
		}
	}
	core_key_put(key);
}

static void chunk_limits(void)
{
	uint8_t next[CORE_BLOCK];
	struct core_key *ecb, *ctr;

	REQUIRE(!core_key_generate(CRYPTECH_KEY_AES128_ECB, &ecb));
	REQUIRE(!core_key_generate(CRYPTECH_KEY_AES256_CTR, &ctr));
	for (size_t len = 0; len < 50; len++) {
		EXPECT_EQ(core_key_cipher(ecb, true, zeros, 0, text.data, len,
					  got.data, next),
			  len && len % CORE_BLOCK == 0 ? 0 :
			  CRYPTECH_ERR_BAD_ARGUMENTS);
		EXPECT_EQ(core_key_cipher(ctr, true, zeros, 0, text.data, len,
					  got.data, next),
			  len ? 0 : CRYPTECH_ERR_BAD_ARGUMENTS);
	}
	EXPECT_EQ(core_key_cipher(ecb, true, zeros, 1, text.data, 16, got.data,
				  next), CRYPTECH_ERR_BAD_ARGUMENTS);
	EXPECT_EQ(core_key_cipher(ctr, true, zeros, 1, text.data, 16, got.data,
				  next), CRYPTECH_ERR_BAD_ARGUMENTS);
	core_key_put(ecb);
	core_key_put(ctr);
}

/* --- GCM ------------------------------------------------------------------------ */

static bool is_wiped(const uint8_t *data, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (data[i])
			return false;
	return true;
}

static int open_gcm(const struct core_key *key)
{
	memset(got.data, 0x5a, wanted.len);
	return core_key_gcm_decrypt(key, iv.data, aad.data, aad.len,
				    wanted.data, wanted.len, tag.data,
				    got.data);
}

static void expect_sealed(const struct core_key *key)
{
	uint8_t made[16];

	EXPECT_EQ(open_gcm(key), 0);
	EXPECT_MEM(got.data, text.data, text.len);
	EXPECT_EQ(core_key_gcm_encrypt(key, iv.data, aad.data, aad.len,
				       text.data, text.len, got.data, made), 0);
	EXPECT_MEM(got.data, wanted.data, wanted.len);
	EXPECT_MEM(made, tag.data, 16);
}

static void expect_refused(const struct core_key *key)
{
	EXPECT_EQ(open_gcm(key), CRYPTECH_ERR_INVALID_SIGNATURE);
	EXPECT(is_wiped(got.data, wanted.len));
}

/* Any bit of IV, associated data, ciphertext or tag. */
static void expect_bits_count(const struct core_key *key)
{
	struct bytes *const parts[] = { &iv, &aad, &wanted, &tag };

	for (size_t p = 0; p < 4; p++)
		for (size_t i = 0; i < parts[p]->len; i++) {
			parts[p]->data[i] ^= 1 << i % 8;
			expect_refused(key);
			parts[p]->data[i] ^= 1 << i % 8;
		}
}

static void gcm_vectors(void)
{
	static struct vector v;
	unsigned int invalid = 0;
	struct core_key *key;

	REQUIRE(vector_open(&v, "nist_gcm.txt"));
	while (vector_next(&v)) {
		vector_bytes(&v, 2, &key_bytes);
		vector_bytes(&v, 3, &iv);
		vector_bytes(&v, 4, &aad);
		vector_bytes(&v, 5, &text);
		vector_bytes(&v, 6, &wanted);
		vector_bytes(&v, 7, &tag);
		key = aes_key(CRYPTECH_KEY_FAMILY_AES_GCM);
		REQUIRE(key && iv.len == 12 && tag.len == 16);
		if (vector_is(&v, "valid")) {
			expect_sealed(key);
			expect_bits_count(key);
		} else {
			expect_refused(key);
			invalid++;
		}
		core_key_put(key);
	}
	EXPECT_EQ(v.read, 225);
	EXPECT_EQ(invalid, 75);
}

/* --- MACs ------------------------------------------------------------------------- */

static void expect_mac(const struct core_key *key)
{
	struct core_mac none = { 0 };

	EXPECT_EQ(core_mac_size(core_key_type(key)), tag.len);
	EXPECT_EQ(core_key_mac(key, &none, text.data, text.len, got.data), 0);
	EXPECT_MEM(got.data, tag.data, tag.len);
}

static void cmac_vectors(void)
{
	static struct vector v;
	struct core_key *key;

	REQUIRE(vector_open(&v, "nist_cmac.txt"));
	while (vector_next(&v)) {
		vector_bytes(&v, 2, &key_bytes);
		vector_bytes(&v, 3, &text);
		vector_bytes(&v, 4, &tag);
		key = aes_key(CRYPTECH_KEY_FAMILY_AES_CMAC);
		REQUIRE(key);
		expect_mac(key);
		core_key_put(key);
	}
	EXPECT_EQ(v.read, 12);
}

/* Of a key shorter than the HSM takes, "Jefe", there is one for each hash. */
static void rfc4231(void)
{
	static struct vector v;
	struct core_key *key;
	unsigned int short_ones = 0;

	REQUIRE(vector_open(&v, "rfc4231.txt"));
	while (vector_next(&v)) {
		vector_bytes(&v, 2, &key_bytes);
		vector_bytes(&v, 3, &text);
		vector_bytes(&v, 4, &tag);
		key = raw_key(CRYPTECH_KEY_FAMILY_HMAC, tag.len * 8);
		if (key_bytes.len < CRYPTECH_HMAC_KEY_MIN) {
			EXPECT(!key);
			short_ones++;
			continue;
		}
		REQUIRE(key);
		expect_mac(key);
		core_key_put(key);
	}
	EXPECT_EQ(v.read, 18);
	EXPECT_EQ(short_ones, 3);
}

/* Wycheproof, whole tags; the invalid ones are not what is made. */
static void hmac_vectors(void)
{
	static struct vector v;
	struct core_mac none = { 0 };
	unsigned int valid = 0;
	struct core_key *key;

	REQUIRE(vector_open(&v, "hmac_sha256.txt"));
	while (vector_next(&v)) {
		vector_bytes(&v, 2, &key_bytes);
		vector_bytes(&v, 3, &text);
		vector_bytes(&v, 4, &tag);
		key = raw_key(CRYPTECH_KEY_FAMILY_HMAC, 256);
		REQUIRE(key);
		EXPECT_EQ(core_key_mac(key, &none, text.data, text.len,
				       got.data), 0);
		EXPECT_EQ(!memcmp(got.data, tag.data, tag.len),
			  vector_is(&v, "valid"));
		valid += vector_is(&v, "valid");
		core_key_put(key);
	}
	EXPECT_EQ(valid, 66);
}

/* All lengths, all places to cut at, three parts too, against the whole. */
static void parts_of(uint32_t type, size_t key_len)
{
	struct core_mac none = { 0 }, first, second;
	uint8_t whole[64], parts[64];
	struct core_key *key;
	size_t size = core_mac_size(type);

	fill(key_bytes.data, key_len, type);
	REQUIRE(!core_key_from_raw(type, key_bytes.data, key_len, &key));
	for (size_t len = 128; len < LONG; len += len < 700 ? 1 : 131) {
		EXPECT_EQ(core_key_mac(key, &none, text.data, len, whole), 0);
		for (size_t at = 128; at + 128 <= len; at += 128) {
			first = none;
			EXPECT_EQ(core_key_mac_update(key, &first, text.data,
						      at), 0);
			EXPECT_EQ(first.done, at);
			EXPECT_EQ(core_key_mac(key, &first, text.data + at,
					       len - at, parts), 0);
			EXPECT_MEM(parts, whole, size);
			if (at + 256 > len)
				continue;
			second = first;
			EXPECT_EQ(core_key_mac_update(key, &second,
						      text.data + at, 128), 0);
			EXPECT_EQ(core_key_mac(key, &second,
					       text.data + at + 128,
					       len - at - 128, parts), 0);
			EXPECT_MEM(parts, whole, size);
		}
	}
	core_key_put(key);
}

static void macs_in_parts(void)
{
	fill(text.data, LONG, 77);
	parts_of(CRYPTECH_KEY_AES128_CMAC, 16);
	parts_of(CRYPTECH_KEY_AES256_CMAC, 32);
	parts_of(CRYPTECH_KEY_HMAC_SHA256, 14);
	parts_of(CRYPTECH_KEY_HMAC_SHA256, 65);
	parts_of(CRYPTECH_KEY_HMAC_SHA384, 128);
	parts_of(CRYPTECH_KEY_HMAC_SHA512, 256);
}

static void mac_limits(void)
{
	struct core_mac begun = { 0 };
	struct core_key *key;

	REQUIRE(!core_key_generate(CRYPTECH_KEY_HMAC_SHA512, &key));
	for (size_t len = 0; len <= 300; len++)
		EXPECT_EQ(core_key_mac_update(key, &(struct core_mac){ 0 },
					      text.data, len),
			  len && len % 128 == 0 ? 0 :
			  CRYPTECH_ERR_BAD_ARGUMENTS);
	EXPECT_EQ(core_key_mac_update(key, &begun, text.data, 128), 0);
	for (size_t len = 0; len <= 200; len++)
		EXPECT_EQ(core_key_mac(key, &begun, text.data, len, got.data),
			  len >= 128 ? 0 : CRYPTECH_ERR_BAD_ARGUMENTS);
	/* a length that SHA-2 cannot count */
	begun.done = UINT64_MAX / 8;
	EXPECT_EQ(core_key_mac_update(key, &begun, text.data, 128),
		  CRYPTECH_ERR_BAD_ARGUMENTS);
	core_key_put(key);
}

/* --- keys ---------------------------------------------------------------------------- */

static void key_lengths(void)
{
	static const uint32_t types[] = {
		CRYPTECH_KEY_AES128_ECB, CRYPTECH_KEY_AES192_CTR,
		CRYPTECH_KEY_AES256_GCM, CRYPTECH_KEY_AES192_CMAC,
	};
	struct core_key *key;
	size_t len;

	fill(key_bytes.data, 300, 1);
	for (size_t n = 0; n <= 300; n++) {
		int error = core_key_from_raw(CRYPTECH_KEY_HMAC_SHA384,
					      key_bytes.data, n, &key);

		EXPECT_EQ(error, n >= 14 && n <= 256 ? 0 :
			  CRYPTECH_ERR_BAD_ARGUMENTS);
		if (error)
			continue;
		EXPECT_EQ(core_key_class(key), CRYPTECH_KEY_CLASS_HMAC);
		EXPECT_EQ(core_key_raw(key, got.data, n, &len), 0);
		EXPECT_EQ(len, n);
		EXPECT_MEM(got.data, key_bytes.data, n);
		core_key_put(key);
		for (size_t i = 0; i < 4; i++)
			EXPECT_EQ(core_key_from_raw(types[i], key_bytes.data,
						    n == core_secret_size(types[i]) ?
						    n + 1 : n, &key),
				  CRYPTECH_ERR_BAD_ARGUMENTS);
	}
	REQUIRE(!core_key_generate(CRYPTECH_KEY_HMAC_SHA384, &key));
	EXPECT_EQ(core_key_raw(key, got.data, 64, &len), 0);
	EXPECT_EQ(len, 48);
	core_key_put(key);
}

/* Each function has its keys, and others are UNSUPPORTED_KEY. */
static void wrong_kind(void)
{
	static const uint32_t types[] = {
		CRYPTECH_KEY_AES256, CRYPTECH_KEY_AES256_GCM,
		CRYPTECH_KEY_AES256_CMAC, CRYPTECH_KEY_HMAC_SHA256,
		CRYPTECH_KEY_EC_P256,
	};
	struct core_mac begun = { 0 };
	uint8_t next[CORE_BLOCK];

	for (size_t i = 0; i < 5; i++) {
		struct core_key *key;
		bool mac = i == 2 || i == 3;

		REQUIRE(!core_key_generate(types[i], &key));
		EXPECT_EQ(core_key_cipher(key, true, zeros, 0, text.data, 16,
					  got.data, next),
			  i == 0 ? 0 : CRYPTECH_ERR_UNSUPPORTED_KEY);
		EXPECT_EQ(core_key_gcm_encrypt(key, zeros, NULL, 0, text.data,
					       16, got.data, got.data + 16),
			  i == 1 ? 0 : CRYPTECH_ERR_UNSUPPORTED_KEY);
		EXPECT_EQ(core_key_gcm_decrypt(key, zeros, NULL, 0, got.data,
					       16, got.data + 16,
					       got.data + 32),
			  i == 1 ? 0 : CRYPTECH_ERR_UNSUPPORTED_KEY);
		EXPECT_EQ(core_key_mac(key, &begun, text.data, 16, got.data),
			  mac ? 0 : CRYPTECH_ERR_UNSUPPORTED_KEY);
		EXPECT_EQ(core_key_mac_update(key, &(struct core_mac){ 0 },
					      text.data, 128),
			  mac ? 0 : CRYPTECH_ERR_UNSUPPORTED_KEY);
		core_key_put(key);
	}
}

int main(void)
{
	RUN(ecb_vectors);
	RUN(ctr_vectors);
	RUN(ctr_carries);
	RUN(chunk_limits);
	RUN(gcm_vectors);
	RUN(cmac_vectors);
	RUN(rfc4231);
	RUN(hmac_vectors);
	RUN(macs_in_parts);
	RUN(mac_limits);
	RUN(key_lengths);
	RUN(wrong_kind);
	return tap_done();
}
