// SPDX-License-Identifier: MIT
/*
 * AES keys in the HSM, what they encrypt, and RSA without padding: who may,
 * with which key, and that what comes out is what the vectors say.
 */
#include "key_box.h"

#define UUID	(size_t)CRYPTECH_UUID_SIZE
#define BLOCK	16
#define CIPHERS	CRYPTECH_KEY_FLAG_DATAENCIPHERMENT
#define RAW	CRYPTECH_KEY_FLAG_RAW
#define CBC	CRYPTECH_KEY_MODE_FLAG(CRYPTECH_MODE_CBC)
#define XTS	CRYPTECH_KEY_MODE_FLAG(CRYPTECH_MODE_XTS)
/* As many bytes as fit a request whose last argument they are. */
#define DATA_MAX (CRYPTECH_RPC_MESSAGE_MAX - 60)

static const struct {
	uint32_t type, mode;
	size_t size;
} types[] = {
	{ CRYPTECH_KEY_AES128, CRYPTECH_MODE_CBC, 16 },
	{ CRYPTECH_KEY_AES192, CRYPTECH_MODE_CBC, 24 },
	{ CRYPTECH_KEY_AES256, CRYPTECH_MODE_CBC, 32 },
	{ CRYPTECH_KEY_AES128_XTS, CRYPTECH_MODE_XTS, 32 },
	{ CRYPTECH_KEY_AES256_XTS, CRYPTECH_MODE_XTS, 64 },
};
#define TYPES	(sizeof(types) / sizeof(*types))

static struct bytes uuid, value, iv, text, wanted;
static uint8_t large[CRYPTECH_RPC_MESSAGE_MAX];
/* What the last cipher() gave. */
static const uint8_t *out_iv, *out;
static size_t out_iv_len, out_len;

static int load(uint32_t type, const struct bytes *from, uint32_t flags)
{
	return result_bytes(ask(&box, ME, CRYPTECH_RPC_KEY_LOAD_RAW, "ouous",
				"", (size_t)0, type, from->data, from->len,
				flags, "aes"), &uuid);
}

static int generate(uint32_t type, uint32_t flags)
{
	return result_bytes(ask(&box, ME, CRYPTECH_RPC_KEY_GENERATE, "ouus",
				"", (size_t)0, type, flags, ""), &uuid);
}

static int cipher(uint32_t word, bool encrypt, uint32_t mode, size_t iv_len,
		  uint32_t block, const void *data, size_t len)
{
	uint32_t function = encrypt ? CRYPTECH_RPC_ENCRYPT :
				      CRYPTECH_RPC_DECRYPT;
	int error = ask(&box, word, function, "ououo", uuid.data, UUID, mode,
			iv.data, iv_len, block, data, len);

	out_len = out_iv_len = 0;
	if (error)
		return error;
	out_iv = xdr_get_opaque(&box.results, &out_iv_len);
	out = xdr_get_opaque(&box.results, &out_len);
	return xdr_reader_done(&box.results) && out_iv_len == BLOCK &&
	       out_len == len ? 0 : -1;
}

static uint32_t flags_of_key(void)
{
	if (ask(&box, ME, CRYPTECH_RPC_KEY_INFO, "o", uuid.data, UUID))
		return 0;
	EXPECT(CRYPTECH_KEY_FAMILY(xdr_get_u32(&box.results)) >=
	       CRYPTECH_KEY_FAMILY_AES);
	EXPECT_EQ(xdr_get_u32(&box.results), CRYPTECH_KEY_CLASS_AES);
	return xdr_get_u32(&box.results);
}

/* The next vector of whole blocks that no padding was added to. */
static bool next_vector(struct vector *v, bool xts)
{
	do {
		if (!vector_next(v))
			return false;
		vector_bytes(v, 2, &value);
		vector_bytes(v, 3, &iv);
		vector_bytes(v, 4, &text);
		vector_bytes(v, 5, &wanted);
	} while (!vector_is(v, "valid") || (!xts && text.len < BLOCK));
	memset(iv.data + iv.len, 0, BLOCK - iv.len);
	if (!xts)
		text.len = wanted.len = text.len / BLOCK * BLOCK;
	return true;
}

static uint32_t type_of_value(bool xts)
{
	return xts ? CRYPTECH_KEY_FAMILY_AES_XTS << 16 |
		     (uint32_t)value.len * 4 :
		     CRYPTECH_KEY_FAMILY_AES << 16 | (uint32_t)value.len * 8;
}

/* In memory, in flash, and in flash after a start. */
static void expect_vector(bool xts)
{
	uint32_t mode = xts ? CRYPTECH_MODE_XTS : CRYPTECH_MODE_CBC;

	EXPECT_EQ(cipher(ME, true, mode, BLOCK, 0, text.data, text.len), 0);
	EXPECT(out_len == wanted.len && !memcmp(out, wanted.data, out_len));
	EXPECT(out_iv_len && !memcmp(out_iv, xts ? iv.data : wanted.data +
				     wanted.len - BLOCK, BLOCK));
	EXPECT_EQ(cipher(ME, false, mode, BLOCK, 0, wanted.data, wanted.len),
		  0);
	EXPECT(out_len == text.len && !memcmp(out, text.data, out_len));
}

static void vectors(bool xts)
{
	static struct vector v;
	unsigned int n = 0;

	REQUIRE(key_box_fresh(false));
	REQUIRE(vector_open(&v, xts ? "aes_xts.txt" : "aes_cbc_pkcs5.txt"));
	while (next_vector(&v, xts)) {
		EXPECT_EQ(load(type_of_value(xts), &value, CIPHERS), 0);
		expect_vector(xts);
		EXPECT_EQ(load(type_of_value(xts), &value, CIPHERS | TOKEN),
			  0);
		expect_vector(xts);
		EXPECT_EQ(flags_of_key(), CIPHERS | TOKEN | (xts ? XTS : CBC));
		if (!(n++ % 20)) {
			REQUIRE(key_box_restart());
			EXPECT_EQ(flags_of_key(),
				  CIPHERS | TOKEN | (xts ? XTS : CBC));
			expect_vector(xts);
		}
	}
	EXPECT_EQ(n, xts ? 82 : 24);
}

static void cbc_vectors(void)
{
	vectors(false);
}

static void xts_vectors(void)
{
	vectors(true);
}

/* The longest messages, and one after the other as long as one alone. */
static void chunks(void)
{
	static uint8_t whole[2 * DATA_MAX];
	EVP_CIPHER *xts = EVP_CIPHER_fetch(NULL, "AES-256-XTS", NULL);
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	const size_t first = DATA_MAX / BLOCK * BLOCK;
	int made;

	REQUIRE(key_box_fresh(false));
	for (size_t i = 0; i < 64; i++)
		value.data[i] = (uint8_t)(i * 7);
	value.len = 64;
	memset(iv.data, 0x3c, BLOCK);
	for (size_t i = 0; i < sizeof(large); i++)
		large[i] = (uint8_t)(i * i >> 3);
	EXPECT_EQ(load(CRYPTECH_KEY_AES256_XTS, &value, CIPHERS), 0);
	EXPECT(EVP_EncryptInit_ex2(ctx, xts, value.data, iv.data, NULL) == 1);
	memcpy(whole, large, DATA_MAX);
	memcpy(whole + first, large, DATA_MAX);
	EXPECT(EVP_EncryptUpdate(ctx, whole, &made, whole,
				 (int)(first + DATA_MAX)) == 1);
	EXPECT_EQ(cipher(ME, true, CRYPTECH_MODE_XTS, BLOCK, 0, large, first),
		  0);
	EXPECT(out_len == first && !memcmp(out, whole, first));
	EXPECT_EQ(cipher(ME, true, CRYPTECH_MODE_XTS, BLOCK, first / BLOCK,
			 large, DATA_MAX), 0);
	EXPECT(out_len == DATA_MAX && !memcmp(out, whole + first, DATA_MAX));
	EXPECT_EQ(cipher(ME, false, CRYPTECH_MODE_XTS, BLOCK, first / BLOCK,
			 whole + first, DATA_MAX), 0);
	EXPECT(out_len == DATA_MAX && !memcmp(out, large, DATA_MAX));
	EVP_CIPHER_CTX_free(ctx);
	EVP_CIPHER_free(xts);
}

static void every_type(void)
{
	static const struct bytes message = {
		.data = "two blocks of sixteen bytes each", .len = 32
	};
	struct bytes hidden;

	REQUIRE(key_box_fresh(false));
	for (size_t i = 0; i < TYPES; i++) {
		uint32_t mode = types[i].mode, other = 3 - mode;

		EXPECT_EQ(generate(types[i].type, CIPHERS |
				   (i % 2 ? 0 : TOKEN)), 0);
		EXPECT_EQ(flags_of_key(), CIPHERS | (i % 2 ? 0 : TOKEN) |
			  CRYPTECH_KEY_MODE_FLAG(mode));
		EXPECT_EQ(cipher(ME, true, mode, BLOCK, 0, message.data, 32),
			  0);
		REQUIRE(out_len == 32);
		memcpy(hidden.data, out, 32);
		EXPECT(memcmp(hidden.data, message.data, 32) != 0);
		EXPECT_EQ(cipher(ME, false, mode, BLOCK, 0, hidden.data, 32),
			  0);
		EXPECT(out_len == 32 && !memcmp(out, message.data, 32));
		/* nothing public about it, and no signatures */
		EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_KEY_PUBLIC, "ou",
			      uuid.data, UUID, 4096),
			  CRYPTECH_ERR_UNSUPPORTED_KEY);
		EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_SIGN, "ouou", uuid.data,
			      UUID, 0, message.data, (size_t)32, 512),
			  CRYPTECH_ERR_FORBIDDEN);
		EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_RSA_PRIVATE, "oo",
			      uuid.data, UUID, message.data, (size_t)32),
			  CRYPTECH_ERR_FORBIDDEN);
		/* another mode than its own, with its type's and asked for */
		for (uint32_t m = 0; m < 20; m++)
			if (m != mode)
				EXPECT_EQ(cipher(ME, true, m, BLOCK, 0,
						 message.data, 32),
					  CRYPTECH_ERR_FORBIDDEN);
		EXPECT_EQ(generate(types[i].type, CIPHERS |
				   CRYPTECH_KEY_MODE_FLAG(mode)), 0);
		EXPECT_EQ(generate(types[i].type, CIPHERS |
				   CRYPTECH_KEY_MODE_FLAG(other)),
			  CRYPTECH_ERR_BAD_ARGUMENTS);
		EXPECT_EQ(generate(types[i].type, CIPHERS |
				   CRYPTECH_KEY_MODE_FLAG(15)),
			  CRYPTECH_ERR_BAD_ARGUMENTS);
	}
}

static void flags(void)
{
	static const uint32_t bad[] = {
		SIGNS, SIGNS | CIPHERS, KEKEK, KEKEK | CIPHERS, RAW | CIPHERS,
		0x20000, CIPHERS | 0x1000000, XTS, 0x300000,
	};
	const uint8_t zeros[32] = { 0 };
	struct bytes der, spki;

	REQUIRE(key_box_fresh(false));
	value.len = 16;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		EXPECT_EQ(generate(CRYPTECH_KEY_AES128, bad[i]),
			  CRYPTECH_ERR_BAD_ARGUMENTS);
		EXPECT_EQ(load(CRYPTECH_KEY_AES128, &value, bad[i] | TOKEN),
			  CRYPTECH_ERR_BAD_ARGUMENTS);
	}
	/* a mode is for AES keys alone */
	plain_encode(EVP_EC_gen("P-256"), &der, &spki);
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_KEY_LOAD, "oous", "", (size_t)0,
		      der.data, der.len, SIGNS | CBC, ""),
		  CRYPTECH_ERR_BAD_ARGUMENTS);
	EXPECT_EQ(generate(CRYPTECH_KEY_EC_P256, SIGNS | CBC),
		  CRYPTECH_ERR_BAD_ARGUMENTS);
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_KEYS_VOLATILE), 0);
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_KEYS_TOKEN), 0);
	/* no usage, no use; and a key that decrypts, but is not AES */
	EXPECT_EQ(generate(CRYPTECH_KEY_AES128, 0), 0);
	EXPECT_EQ(cipher(ME, true, CRYPTECH_MODE_CBC, BLOCK, 0, zeros, 32),
		  CRYPTECH_ERR_FORBIDDEN);
	EXPECT_EQ(generate(CRYPTECH_KEY_RSA2048, CIPHERS), 0);
	EXPECT_EQ(cipher(ME, true, 0, BLOCK, 0, zeros, 32),
		  CRYPTECH_ERR_UNSUPPORTED_KEY);
	EXPECT_EQ(cipher(ME, false, CRYPTECH_MODE_CBC, BLOCK, 0, zeros, 32),
		  CRYPTECH_ERR_UNSUPPORTED_KEY);
}

static void sizes_and_types(void)
{
	static const uint32_t none[] = {
		0, CRYPTECH_KEY_RSA2048, CRYPTECH_KEY_EC_P256, 0x00030040,
		0x000400c0,
	};

	REQUIRE(key_box_fresh(false));
	for (size_t i = 0; i < 65; i++)
		value.data[i] = (uint8_t)i;
	for (size_t i = 0; i < TYPES; i++)
		for (value.len = 0; value.len <= 65; value.len++)
			EXPECT_EQ(load(types[i].type, &value, CIPHERS),
				  value.len == types[i].size ? 0 :
				  CRYPTECH_ERR_BAD_ARGUMENTS);
	value.len = 32;
	for (size_t i = 0; i < sizeof(none) / sizeof(*none); i++)
		EXPECT_EQ(load(none[i], &value, CIPHERS),
			  CRYPTECH_ERR_UNSUPPORTED_KEY);
	memset(value.data, 7, 64);
	EXPECT_EQ(load(CRYPTECH_KEY_AES128_XTS, &value, CIPHERS),
		  CRYPTECH_ERR_BAD_ARGUMENTS);
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_KEY_LOAD_RAW, "suous", "short",
		      CRYPTECH_KEY_AES256, value.data, (size_t)32, CIPHERS,
		      ""), CRYPTECH_ERR_KEY_NAME_TOO_LONG);
	EXPECT_EQ(load(CRYPTECH_KEY_AES256, &value, CIPHERS | TOKEN), 0);
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_KEY_LOAD_RAW, "ouous", uuid.data,
		      UUID, CRYPTECH_KEY_AES256, value.data, (size_t)32,
		      CIPHERS, ""), CRYPTECH_ERR_KEY_NAME_IN_USE);
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_KEY_LOAD_RAW, "suous", "",
		      CRYPTECH_KEY_AES256, value.data, (size_t)32, CIPHERS,
		      "\377"), CRYPTECH_ERR_BAD_ARGUMENTS);
}

static void chunk_limits(void)
{
	REQUIRE(key_box_fresh(false));
	for (size_t i = 0; i < TYPES; i++) {
		bool xts = types[i].mode == CRYPTECH_MODE_XTS;

		EXPECT_EQ(generate(types[i].type, CIPHERS), 0);
		for (size_t len = 0; len <= 33; len++)
			EXPECT_EQ(cipher(ME, len % 2, types[i].mode, BLOCK, 0,
					 large, len),
				  len >= BLOCK && (xts || len % BLOCK == 0) ?
				  0 : CRYPTECH_ERR_BAD_ARGUMENTS);
		for (size_t len = 0; len <= 32; len++)
			EXPECT_EQ(cipher(ME, true, types[i].mode, len, 0,
					 large, BLOCK),
				  len == BLOCK ? 0 :
				  CRYPTECH_ERR_BAD_ARGUMENTS);
		EXPECT_EQ(cipher(ME, true, types[i].mode, BLOCK, 1, large,
				 BLOCK),
			  xts ? 0 : CRYPTECH_ERR_BAD_ARGUMENTS);
		EXPECT_EQ(cipher(ME, true, types[i].mode, BLOCK, (1 << 20) - 1,
				 large, BLOCK),
			  xts ? 0 : CRYPTECH_ERR_BAD_ARGUMENTS);
		EXPECT_EQ(cipher(ME, true, types[i].mode, BLOCK, (1 << 20) - 1,
				 large, BLOCK + 1),
			  CRYPTECH_ERR_BAD_ARGUMENTS);
		EXPECT_EQ(cipher(ME, true, types[i].mode, BLOCK, 1 << 20,
				 large, BLOCK), CRYPTECH_ERR_BAD_ARGUMENTS);
		EXPECT_EQ(cipher(ME, true, types[i].mode, BLOCK, 0xffffffff,
				 large, BLOCK), CRYPTECH_ERR_BAD_ARGUMENTS);
	}
}

static void others_keys(void)
{
	REQUIRE(key_box_fresh(false));
	EXPECT_EQ(generate(CRYPTECH_KEY_AES256, CIPHERS), 0);
	EXPECT_EQ(cipher(OTHER, true, CRYPTECH_MODE_CBC, BLOCK, 0, large, 32),
		  CRYPTECH_ERR_KEY_NOT_FOUND);
	EXPECT_EQ(cipher(NOBODY, true, CRYPTECH_MODE_CBC, BLOCK, 0, large, 32),
		  CRYPTECH_ERR_FORBIDDEN);
	EXPECT_EQ(generate(CRYPTECH_KEY_AES256, CIPHERS | TOKEN | PUBLIC), 0);
	EXPECT_EQ(cipher(OTHER, true, CRYPTECH_MODE_CBC, BLOCK, 0, large, 32),
		  0);
	/* PUBLIC is for libhal's functions, which do nothing with AES keys */
	EXPECT_EQ(cipher(NOBODY, true, CRYPTECH_MODE_CBC, BLOCK, 0, large, 32),
		  CRYPTECH_ERR_FORBIDDEN);
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_KEY_DELETE, "o", uuid.data, UUID),
		  0);
	EXPECT_EQ(cipher(ME, true, CRYPTECH_MODE_CBC, BLOCK, 0, large, 32),
		  CRYPTECH_ERR_KEY_NOT_FOUND);
}

/* What libhal's functions make of a key that libhal does not have. */
static void by_handle(void)
{
	struct named key = { 0 }, kekek = { 0 };
	struct bytes got;

	REQUIRE(key_box_fresh(true));
	EXPECT_EQ(generate(CRYPTECH_KEY_AES256,
			   CIPHERS | TOKEN | EXPORTABLE), 0);
	memcpy(key.uuid, uuid.data, UUID);
	EXPECT_EQ(pkey_open(ME, &key), 0);
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_PKEY_GET_KEY_TYPE, "u",
		      key.handle), 0);
	EXPECT_EQ(xdr_get_u32(&box.results), CRYPTECH_KEY_CLASS_AES);
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_PKEY_GET_KEY_FLAGS, "u",
		      key.handle), 0);
	EXPECT_EQ(xdr_get_u32(&box.results), CIPHERS | TOKEN | EXPORTABLE);
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_PKEY_GET_PUBLIC_KEY_LEN, "u",
		      key.handle), 0);
	EXPECT_EQ(xdr_get_u32(&box.results), 0);
	EXPECT_EQ(pkey_public(ME, key.handle, &got),
		  CRYPTECH_ERR_UNSUPPORTED_KEY);
	EXPECT_EQ(pkey_sign(ME, key.handle, 0, "x", 1, &got),
		  CRYPTECH_ERR_FORBIDDEN);
	EXPECT_EQ(pkey_verify(ME, key.handle, 0, "x", 1, &got),
		  CRYPTECH_ERR_FORBIDDEN);
	/* no transfer by RSA: the HSM's computer would see the key */
	EXPECT_EQ(generate(CRYPTECH_KEY_RSA2048, KEKEK), 0);
	memcpy(kekek.uuid, uuid.data, UUID);
	EXPECT_EQ(pkey_open(ME, &kekek), 0);
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_PKEY_EXPORT, "uuuu", key.handle,
		      kekek.handle, 5480, 512), CRYPTECH_ERR_UNSUPPORTED_KEY);
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_PKEY_SET_ATTRIBUTES, "uuus",
		      key.handle, 1, CRYPTECH_ATTRIBUTE_LABEL, "new"), 0);
	REQUIRE(key_box_restart());
	memcpy(uuid.data, key.uuid, UUID);
	EXPECT_EQ(cipher(ME, true, CRYPTECH_MODE_CBC, BLOCK, 0, large, 32), 0);
}

/* The key's bytes are nowhere in the flash. */
static void wrapped_at_rest(void)
{
	static const char secret[] = "these bytes are to be seen nowhere, in no "
				     "place of the flash at all";
	const struct nor *nor;

	REQUIRE(key_box_fresh(false));
	memcpy(value.data, secret, 64);
	value.len = 64;
	EXPECT_EQ(load(CRYPTECH_KEY_AES256_XTS, &value, CIPHERS | TOKEN), 0);
	nor = hsm_flash_nor();
	for (size_t i = 0; i + 8 <= 64; i++)
		EXPECT(!memmem(nor->bits, nor->flash.size, secret + i,
			       8));
}

static void rsa_private(void)
{
	uint8_t input[256] = { 0 }, power[256];
	struct bytes der, spki, output;
	EVP_PKEY *pkey = EVP_RSA_gen(2048);
	EVP_PKEY_CTX *ctx;
	size_t len = sizeof(power);

	REQUIRE(key_box_fresh(false));
	for (size_t i = 1; i < sizeof(input); i++)
		input[i] = (uint8_t)(i * 11);
	ctx = EVP_PKEY_CTX_new(pkey, NULL);
	EXPECT(EVP_PKEY_encrypt_init(ctx) == 1 &&
	       EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_NO_PADDING) == 1 &&
	       EVP_PKEY_encrypt(ctx, power, &len, input, 256) == 1);
	EVP_PKEY_CTX_free(ctx);
	plain_encode(pkey, &der, &spki);

	EXPECT_EQ(result_bytes(ask(&box, ME, CRYPTECH_RPC_KEY_LOAD, "oous", "",
				   (size_t)0, der.data, der.len, RAW | TOKEN,
				   ""), &uuid), 0);
	EXPECT_EQ(result_bytes(ask(&box, ME, CRYPTECH_RPC_RSA_PRIVATE, "oo",
				   uuid.data, UUID, power, (size_t)256),
			       &output), 0);
	EXPECT(output.len == 256 && !memcmp(output.data, input, 256));
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_RSA_PRIVATE, "oo", uuid.data,
		      UUID, power, (size_t)255), CRYPTECH_ERR_BAD_ARGUMENTS);
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_RSA_PRIVATE, "oo", uuid.data,
		      UUID, power, (size_t)0), CRYPTECH_ERR_BAD_ARGUMENTS);
	memset(power, 0xff, sizeof(power));
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_RSA_PRIVATE, "oo", uuid.data,
		      UUID, power, (size_t)256), CRYPTECH_ERR_BAD_ARGUMENTS);
	EXPECT_EQ(ask(&box, NOBODY, CRYPTECH_RPC_RSA_PRIVATE, "oo", uuid.data,
		      UUID, input, (size_t)256), CRYPTECH_ERR_FORBIDDEN);
	/* RAW is nothing but that: it signs with padding only if it signs */
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_SIGN, "ouou", uuid.data, UUID,
		      0, input, (size_t)32, 256), CRYPTECH_ERR_FORBIDDEN);
	EXPECT_EQ(result_bytes(ask(&box, ME, CRYPTECH_RPC_KEY_LOAD, "oous", "",
				   (size_t)0, der.data, der.len,
				   SIGNS | CIPHERS, ""), &uuid), 0);
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_RSA_PRIVATE, "oo", uuid.data,
		      UUID, input, (size_t)256), CRYPTECH_ERR_FORBIDDEN);
}

int main(void)
{
	RUN(cbc_vectors);
	RUN(xts_vectors);
	RUN(chunks);
	RUN(every_type);
	RUN(flags);
	RUN(sizes_and_types);
	RUN(chunk_limits);
	RUN(others_keys);
	RUN(by_handle);
	RUN(wrapped_at_rest);
	RUN(rsa_private);
	box_stop(&box);
	return tap_done();
}
