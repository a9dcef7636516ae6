// SPDX-License-Identifier: MIT
/*
 * The cores against values from elsewhere.
 */
#include "../cores/cores.h"
#include "tap.h"
#include "vectors.h"

static struct bytes a, b, c;	/* fields of the line at hand */
static uint8_t out[VECTOR_BYTES];

static bool expect_line(const struct vector *v, bool met)
{
	if (!met) {
		printf("# vector %s\n", v->field[0]);
		tap_failed = true;
	}
	return met;
}

/* Hash in two parts, cut at @cut. */
static int hash_parts(enum cryptech_digest digest, const struct bytes *key,
		      const struct bytes *message, size_t cut)
{
	struct core_hash *hash;
	int error;

	hash = core_hash_new(digest, key ? key->data : NULL,
			     key ? key->len : 0);
	if (!hash)
		return -1;
	error = core_hash_update(hash, message->data, cut) ||
		core_hash_update(hash, message->data + cut,
				 message->len - cut) ||
		core_hash_final(hash, out);
	core_hash_free(hash);
	return error;
}

/* FIPS 180-4, the examples of its web page: "abc". */
static void digests(void)
{
	static const struct {
		enum cryptech_digest digest;
		const char *value;
	} abc[] = {
		{ CRYPTECH_DIGEST_SHA1,
		  "a9993e364706816aba3e25717850c26c9cd0d89d" },
		{ CRYPTECH_DIGEST_SHA224,
		  "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7" },
		{ CRYPTECH_DIGEST_SHA256,
		  "ba7816bf8f01cfea414140de5dae2223"
		  "b00361a396177a9cb410ff61f20015ad" },
		{ CRYPTECH_DIGEST_SHA384,
		  "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded163"
		  "1a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7" },
		{ CRYPTECH_DIGEST_SHA512,
		  "ddaf35a193617abacc417349ae204131"
		  "12e6fa4e89a97ea20a9eeee64b55d39a"
		  "2192992a274fc1a836ba3c23a3feebbd"
		  "454d4423643ce80e2a9ac94fa54ca49f" },
		{ CRYPTECH_DIGEST_SHA512_224,
		  "4634270f707b6a54daae7530460842e20e37ed265ceee9a43e8924aa" },
		{ CRYPTECH_DIGEST_SHA512_256,
		  "53048e2681941ef99b2e29b76b4c7dab"
		  "e4c2d0c634fc6d46e0e2f13107e7af23" },
	};
	const struct bytes text = { .data = "abc", .len = 3 };

	for (size_t i = 0; i < sizeof(abc) / sizeof(*abc); i++) {
		from_hex(&a, abc[i].value);
		EXPECT_EQ(core_digest_size(abc[i].digest), a.len);
		EXPECT_EQ(hash_parts(abc[i].digest, NULL, &text, 1), 0);
		EXPECT_MEM(out, a.data, a.len);
	}
	EXPECT_EQ(core_digest_size(CRYPTECH_DIGEST_NONE), 0);
	EXPECT_EQ(core_digest_size(8), 0);
	EXPECT(!core_hash_new(8, NULL, 0));
	EXPECT(!core_hash_new(CRYPTECH_DIGEST_NONE, NULL, 0));
}

static void hmac_sha256(void)
{
	struct vector v;

	REQUIRE(vector_open(&v, "hmac_sha256.txt"));
	while (vector_next(&v)) {
		vector_bytes(&v, 2, &a);
		vector_bytes(&v, 3, &b);
		vector_bytes(&v, 4, &c);
		if (!a.len)	/* that is no HMAC here */
			continue;
		expect_line(&v, !hash_parts(CRYPTECH_DIGEST_SHA256, &a, &b,
					    b.len / 2));
		expect_line(&v, core_equal(out, c.data, c.len) ==
				vector_is(&v, "valid"));
	}
	EXPECT_EQ(v.read, 174);
}

static void pbkdf2(void)
{
	struct vector v;

	REQUIRE(vector_open(&v, "pbkdf2_sha256.txt"));
	while (vector_next(&v)) {
		vector_bytes(&v, 2, &a);
		vector_bytes(&v, 3, &b);
		vector_bytes(&v, 5, &c);
		expect_line(&v, !core_pbkdf2(a.data, a.len, b.data, b.len,
					     strtoul(v.field[4], NULL, 10),
					     out, c.len));
		expect_line(&v, !memcmp(out, c.data, c.len));
	}
	EXPECT_EQ(v.read, 60);
}

/*
 * From KBKDFCMAC(AES, CounterMode, 32, rlen=4, llen=4, BeforeFixed,
 * label=b"flash", context=b"") of Python's cryptography, key 00 01 .. 1f.
 */
static void kdf(void)
{
	uint8_t key[32];

	for (unsigned int i = 0; i < sizeof(key); i++)
		key[i] = (uint8_t)i;
	from_hex(&a, "a9e61feb6d3b5cdc9983bae43526de62"
		     "27216345dbfe346d937c622772201baa");
	EXPECT_EQ(core_kdf(key, "flash", out), 0);
	EXPECT_MEM(out, a.data, 32);
	EXPECT_EQ(core_kdf(key, "state", out), 0);
	EXPECT(memcmp(out, a.data, 32) != 0);
}

static void key_wrap(void)
{
	struct vector v;
	uint8_t *plain;
	size_t len;
	int error;

	REQUIRE(vector_open(&v, "aes256_kwp.txt"));
	while (vector_next(&v)) {
		vector_bytes(&v, 2, &a);
		vector_bytes(&v, 3, &b);
		vector_bytes(&v, 4, &c);
		/* just as much room as promised, for the sanitizer to watch */
		plain = malloc(c.len < 8 ? 1 : c.len - 8);
		error = core_unwrap(a.data, c.data, c.len, plain, &len);
		if (vector_is(&v, "invalid")) {
			expect_line(&v, error != 0);
		} else {
			expect_line(&v, !error && len == b.len &&
				    !memcmp(plain, b.data, len));
			expect_line(&v, core_wrap_size(b.len) == c.len);
			expect_line(&v, !core_wrap(a.data, b.data, b.len,
						   out));
			expect_line(&v, !memcmp(out, c.data, c.len));
		}
		free(plain);
	}
	EXPECT_EQ(v.read, 94);
}

static void key_wrap_errors(void)
{
	static const uint8_t kek[32] = { 1 };
	uint8_t wrapped[48], plain[40];
	size_t len;

	EXPECT_EQ(core_wrap(kek, "0123456789012345678901234567890123456789",
			    40, wrapped), 0);
	EXPECT_EQ(core_unwrap(kek, wrapped, 48, plain, &len), 0);
	EXPECT_EQ(len, 40);
	for (size_t i = 0; i < 48; i++) {
		wrapped[i] ^= 0x10;
		EXPECT_EQ(core_unwrap(kek, wrapped, 48, plain, &len),
			  CRYPTECH_ERR_KEYWRAP_BAD_MAGIC);
		wrapped[i] ^= 0x10;
	}
	for (size_t i = 0; i < 48; i++)
		EXPECT(core_unwrap(kek, wrapped, i, plain, &len) != 0);
	EXPECT_EQ(core_unwrap(kek, wrapped, 47, plain, &len),
		  CRYPTECH_ERR_KEYWRAP_BAD_LENGTH);
	EXPECT_EQ(core_wrap(kek, "", 0, wrapped),
		  CRYPTECH_ERR_KEYWRAP_BAD_LENGTH);
}

static enum cryptech_digest digest_of(const char *name)
{
#define NAMED(number, upper, text, size) \
	if (!strcmp(name, text)) \
		return number;
	CRYPTECH_DIGESTS(NAMED)
	return CRYPTECH_DIGEST_NONE;
}

/* Take the key of a "key" line in the place of @key. */
static void next_key(const struct vector *v, bool private,
		     struct core_key **key, enum cryptech_digest *digest)
{
	int error;

	core_key_put(*key);
	*key = NULL;
	*digest = digest_of(v->field[1]);
	vector_bytes(v, 2, &a);
	error = private ? core_key_from_pkcs8(a.data, a.len, key) :
			  core_key_from_spki(a.data, a.len, key);
	EXPECT_EQ(error, 0);
	EXPECT_EQ(core_key_check(*key), 0);
}

static void verify_file(const char *name, unsigned int lines)
{
	enum cryptech_digest digest = CRYPTECH_DIGEST_NONE;
	struct core_key *key = NULL;
	struct vector v;
	int error;

	REQUIRE(vector_open(&v, name));
	while (vector_next(&v)) {
		if (!strcmp(v.field[0], "key")) {
			next_key(&v, false, &key, &digest);
			continue;
		}
		vector_bytes(&v, 2, &b);
		vector_bytes(&v, 3, &c);
		hash_parts(digest, NULL, &b, 0);
		error = core_key_verify(key, digest, out,
					core_digest_size(digest), c.data,
					c.len);
		if (vector_is(&v, "valid"))
			expect_line(&v, !error);
		else if (vector_is(&v, "invalid"))
			expect_line(&v, error == CRYPTECH_ERR_INVALID_SIGNATURE);
	}
	core_key_put(key);
	EXPECT_EQ(v.read, lines);
}

static void ecdsa_p256_verify(void)
{
	verify_file("ecdsa_p256_sha256.txt", 374);
}

static void ecdsa_p384_verify(void)
{
	verify_file("ecdsa_p384_sha384.txt", 384);
}

static void rsa_verify(void)
{
	verify_file("rsa2048_verify_sha256.txt", 262);
}

static void ecdsa_p521_vectors(void)
{
	verify_file("ecdsa_p521.txt", 150);
}

/* RFC 6979, A.2.7, SHA-512 of "sample". */
static void ecdsa_p521_verify(void)
{
	struct core_key *key;

	from_hex(&a, "30819b301006072a8648ce3d020106052b81040023038186000401"
		 "894550d0785932e00eaa23b694f213f8c3121f86dc97a04e5a7167db4e5b"
		 "cd371123d46e45db6b5d5370a7f20fb633155d38ffa16d2bd761dcac474b"
		 "9a2f5023a4"
		 "00493101c962cd4d2fddf782285e64584139c2f91b47f87ff82354d6630f"
		 "746a28a0db25741b5b34a828008b22acc23f924faafbd4d33f81ea66956d"
		 "feaa2bfdfcf5");
	from_hex(&b, "00c328fafcbd79dd77850370c46325d987cb525569fb63c5d3bc5395"
		 "0e6d4c5f174e25a1ee9017b5d450606add152b534931d7d4e8455cc91f9b"
		 "15bf05ec36e377fa"
		 "00617cce7cf5064806c467f678d3b4080d6f1cc50af26ca209417308281b"
		 "68af282623eaa63e5b5c0723d8b8c37ff0777b1a20f8ccb1dccc43997f1e"
		 "e0e44da4a67a");
	EXPECT_EQ(b.len, 132);
	REQUIRE(!core_key_from_spki(a.data, a.len, &key));
	memcpy(c.data, "sample", 6);
	c.len = 6;
	hash_parts(CRYPTECH_DIGEST_SHA512, NULL, &c, 3);
	EXPECT_EQ(core_key_verify(key, CRYPTECH_DIGEST_SHA512, out, 64, b.data,
				  b.len), 0);
	b.data[131] ^= 1;
	EXPECT_EQ(core_key_verify(key, CRYPTECH_DIGEST_SHA512, out, 64, b.data,
				  b.len), CRYPTECH_ERR_INVALID_SIGNATURE);
	core_key_put(key);
}

static void rsa_sign(void)
{
	enum cryptech_digest digest = CRYPTECH_DIGEST_NONE;
	struct core_key *key = NULL;
	uint8_t signature[256];
	struct vector v;
	size_t len;

	REQUIRE(vector_open(&v, "rsa2048_sign.txt"));
	while (vector_next(&v)) {
		if (!strcmp(v.field[0], "key")) {
			next_key(&v, true, &key, &digest);
			continue;
		}
		vector_bytes(&v, 2, &b);
		vector_bytes(&v, 3, &c);
		hash_parts(digest, NULL, &b, b.len);
		expect_line(&v, !core_key_sign(key, digest, out,
					       core_digest_size(digest),
					       signature, 256, &len));
		expect_line(&v, len == c.len && !memcmp(signature, c.data, len));
	}
	core_key_put(key);
	EXPECT_EQ(v.read, 51);
}

static void wipe_and_random(void)
{
	uint8_t x[64] = { 0 }, y[64] = { 0 };

	EXPECT_EQ(core_random(x, sizeof(x)), 0);
	EXPECT_EQ(core_random(y, sizeof(y)), 0);
	EXPECT(!core_equal(x, y, sizeof(x)));
	core_wipe(x, sizeof(x));
	core_wipe(y, sizeof(y));
	EXPECT(core_equal(x, y, sizeof(x)));
	EXPECT_EQ(x[63], 0);
}

int main(void)
{
	RUN(digests);
	RUN(hmac_sha256);
	RUN(pbkdf2);
	RUN(kdf);
	RUN(key_wrap);
	RUN(key_wrap_errors);
	RUN(ecdsa_p256_verify);
	RUN(ecdsa_p384_verify);
	RUN(ecdsa_p521_vectors);
	RUN(ecdsa_p521_verify);
	RUN(rsa_verify);
	RUN(rsa_sign);
	RUN(wipe_and_random);
	return tap_done();
}
