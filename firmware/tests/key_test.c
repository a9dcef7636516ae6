// SPDX-License-Identifier: MIT
/*
 * libhal's key functions, by handle: what is made, what it is, signatures that
 * libcrypto takes, and who may not.
 */
#include "key_box.h"

static struct bytes der, spki, got, signature;

/* DigestInfo of SHA-256 (RFC 8017, 9.2) around hash_value(). */
static size_t digest_info(uint8_t out[51])
{
	struct bytes head;

	from_hex(&head, "3031300d060960864801650304020105000420");
	memcpy(out, head.data, 19);
	memcpy(out + 19, hash_value(), 32);
	return 51;
}

static int get_u32(uint32_t function, uint32_t handle, uint32_t *value)
{
	int error = ask(&box, ME, function, "u", handle);

	*value = error ? 0xdeadbeef : xdr_get_u32(&box.results);
	return error;
}

static void expect_is(const struct named *key, uint32_t class, uint32_t curve,
		      uint32_t flags)
{
	uint32_t value;

	EXPECT_EQ(get_u32(CRYPTECH_RPC_PKEY_GET_KEY_TYPE, key->handle, &value),
		  0);
	EXPECT_EQ(value, class);
	EXPECT_EQ(get_u32(CRYPTECH_RPC_PKEY_GET_KEY_CURVE, key->handle,
			  &value), 0);
	EXPECT_EQ(value, curve);
	EXPECT_EQ(get_u32(CRYPTECH_RPC_PKEY_GET_KEY_FLAGS, key->handle,
			  &value), 0);
	EXPECT_EQ(value, flags);
	EXPECT_EQ(pkey_public(ME, key->handle, &got), 0);
	EXPECT_EQ(get_u32(CRYPTECH_RPC_PKEY_GET_PUBLIC_KEY_LEN, key->handle,
			  &value), 0);
	EXPECT_EQ(value, got.len);
	EXPECT(key->uuid[6] >> 4 == 4 && key->uuid[8] >> 6 == 2);
	EXPECT_EQ(key->handle >> 31, !!(flags & TOKEN));
}

/* Signatures by data and by hash, taken by libcrypto and by the HSM. */
static void expect_signs(const struct named *key, bool rsa, size_t size)
{
	uint8_t info[51];
	size_t len = digest_info(info);
	const uint8_t *input = rsa ? info : hash_value();

	if (!rsa)
		len = 32;
	EXPECT_EQ(pkey_public(ME, key->handle, &got), 0);
	EXPECT_EQ(pkey_sign(ME, key->handle, 0, input, len, &signature), 0);
	EXPECT_EQ(signature.len, size);
	EXPECT(plain_verify(&got, hash_value(), 32, "sha256", signature.data,
			    signature.len));
	EXPECT_EQ(pkey_verify(ME, key->handle, 0, input, len, &signature), 0);
	EXPECT_EQ(pkey_verify(ME, key->handle, hash_handle(ME), "", 0,
			      &signature), 0);
	signature.data[size - 1] ^= 1;
	EXPECT_EQ(pkey_verify(ME, key->handle, 0, input, len, &signature),
		  CRYPTECH_ERR_INVALID_SIGNATURE);
	EXPECT_EQ(pkey_sign(ME, key->handle, hash_handle(ME), "", 0,
			    &signature), 0);
	EXPECT(plain_verify(&got, hash_value(), 32, "sha256", signature.data,
			    signature.len));
}

static void rsa(void)
{
	struct named key;

	REQUIRE(key_box_fresh(false));
	plain_encode(EVP_RSA_gen(2048), &der, &spki);
	EXPECT_EQ(pkey_load(ME, &der, SIGNS | TOKEN, &key), 0);
	expect_is(&key, CRYPTECH_KEY_CLASS_RSA_PRIVATE, 0, SIGNS | TOKEN);
	EXPECT(got.len == spki.len && !memcmp(got.data, spki.data, got.len));
	expect_signs(&key, true, 256);
	EXPECT_EQ(pkey_load(ME, &spki, SIGNS, &key), 0);
	expect_is(&key, CRYPTECH_KEY_CLASS_RSA_PUBLIC, 0, SIGNS);
	EXPECT_EQ(pkey_verify(ME, key.handle, hash_handle(ME), "", 0,
			      &signature), 0);
	EXPECT_EQ(pkey_sign(ME, key.handle, 0, "x", 1, &got),
		  CRYPTECH_ERR_UNSUPPORTED_KEY);
	EXPECT_EQ(result_named(ask(&box, ME, CRYPTECH_RPC_PKEY_GENERATE_RSA,
				   "uuou", 0, 2048, "\0\1\0\1", (size_t)4,
				   SIGNS), &key), 0);
	expect_is(&key, CRYPTECH_KEY_CLASS_RSA_PRIVATE, 0, SIGNS);
	expect_signs(&key, true, 256);
}

static void ec(void)
{
	static const char *const names[] = { "", "P-256", "P-384", "P-521" };
	static const size_t sizes[] = { 0, 64, 96, 132 };
	struct named key;

	REQUIRE(key_box_fresh(false));
	for (uint32_t curve = 1; curve <= 3; curve++) {
		plain_encode(EVP_EC_gen(names[curve]), &der, &spki);
		EXPECT_EQ(pkey_load(ME, &der, SIGNS | TOKEN, &key), 0);
		expect_is(&key, CRYPTECH_KEY_CLASS_EC_PRIVATE, curve,
			  SIGNS | TOKEN);
		EXPECT(got.len == spki.len &&
		       !memcmp(got.data, spki.data, got.len));
		expect_signs(&key, false, sizes[curve]);
		EXPECT_EQ(pkey_load(ME, &spki, SIGNS, &key), 0);
		expect_is(&key, CRYPTECH_KEY_CLASS_EC_PUBLIC, curve, SIGNS);
		EXPECT_EQ(pkey_verify(ME, key.handle, 0, hash_value(), 32,
				      &signature), 0);
		EXPECT_EQ(pkey_generate_ec(ME, curve, SIGNS, &key), 0);
		expect_is(&key, CRYPTECH_KEY_CLASS_EC_PRIVATE, curve, SIGNS);
		expect_signs(&key, false, sizes[curve]);
	}
	EXPECT_EQ(pkey_generate_ec(ME, 0, SIGNS, &key),
		  CRYPTECH_ERR_UNSUPPORTED_KEY);
	EXPECT_EQ(pkey_generate_ec(ME, 4, SIGNS, &key),
		  CRYPTECH_ERR_UNSUPPORTED_KEY);
}

static int generate_rsa(uint32_t bits, const char *e, size_t len,
			struct named *key)
{
	return result_named(ask(&box, ME, CRYPTECH_RPC_PKEY_GENERATE_RSA,
				"uuou", 0, bits, e, len, SIGNS), key);
}

static void sizes_and_exponents(void)
{
	struct named key;

	REQUIRE(key_box_fresh(false));
	EXPECT_EQ(generate_rsa(1024, "\1\0\1", 3, &key),
		  CRYPTECH_ERR_UNSUPPORTED_KEY);
	EXPECT_EQ(generate_rsa(4104, "\1\0\1", 3, &key),
		  CRYPTECH_ERR_UNSUPPORTED_KEY);
	EXPECT_EQ(generate_rsa(0x10800, "\1\0\1", 3, &key),
		  CRYPTECH_ERR_UNSUPPORTED_KEY);
	EXPECT_EQ(generate_rsa(2049, "\1\0\1", 3, &key),
		  CRYPTECH_ERR_BAD_ARGUMENTS);
	EXPECT_EQ(generate_rsa(2048, "\3", 1, &key),
		  CRYPTECH_ERR_UNSUPPORTED_KEY);
	EXPECT_EQ(generate_rsa(2048, "", 0, &key),
		  CRYPTECH_ERR_UNSUPPORTED_KEY);
	EXPECT_EQ(generate_rsa(2048, "\1\0\0\0\0\1\0\1", 8, &key),
		  CRYPTECH_ERR_UNSUPPORTED_KEY);
	plain_encode(EVP_RSA_gen(1024), &der, &spki);
	EXPECT_EQ(pkey_load(ME, &der, SIGNS, &key),
		  CRYPTECH_ERR_UNSUPPORTED_KEY);
	EXPECT_EQ(pkey_load(ME, &spki, SIGNS, &key),
		  CRYPTECH_ERR_UNSUPPORTED_KEY);

	REQUIRE(key_box_fresh(true));
	EXPECT_EQ(pkey_load(ME, &der, SIGNS, &key), 0);
	expect_signs(&key, true, 128);
	EXPECT_EQ(generate_rsa(1024, "\1\0\1", 3, &key), 0);
	EXPECT_EQ(generate_rsa(1016, "\1\0\1", 3, &key),
		  CRYPTECH_ERR_UNSUPPORTED_KEY);
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_KEYS_VOLATILE), 2);
}

static void malformed_keys(void)
{
	struct named key;

	REQUIRE(key_box_fresh(false));
	plain_encode(EVP_EC_gen("P-256"), &der, &spki);
	der.data[der.len++] = 0;
	EXPECT_EQ(pkey_load(ME, &der, SIGNS | TOKEN, &key),
		  CRYPTECH_ERR_ASN1_PARSE_FAILED);
	der.len = 0;
	EXPECT_EQ(pkey_load(ME, &der, SIGNS | TOKEN, &key),
		  CRYPTECH_ERR_ASN1_PARSE_FAILED);
	spki.data[spki.len - 1] ^= 1;
	EXPECT_EQ(pkey_load(ME, &spki, SIGNS | TOKEN, &key),
		  CRYPTECH_ERR_KEY_NOT_ON_CURVE);
	plain_encode(EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), &der, &spki);
	EXPECT_EQ(pkey_load(ME, &der, SIGNS, &key),
		  CRYPTECH_ERR_UNSUPPORTED_KEY);
	/* a key of two halves that are not of each other */
	plain_encode(EVP_EC_gen("P-256"), &der, &spki);
	memcpy(got.data, der.data + der.len - 64, 64);
	plain_encode(EVP_EC_gen("P-256"), &der, &spki);
	memcpy(der.data + der.len - 64, got.data, 64);
	EXPECT_EQ(pkey_load(ME, &der, SIGNS, &key),
		  CRYPTECH_ERR_BAD_ARGUMENTS);
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_KEYS_TOKEN), 0);
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_KEYS_VOLATILE), 0);
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_HANDLES), 0);
}

static void flags_and_uses(void)
{
	static const uint32_t bad[] = {
		0x40, 0x10000 | SIGNS, 0x80000000, KEKEK | SIGNS,
		KEKEK | CRYPTECH_KEY_FLAG_DATAENCIPHERMENT,
	};
	struct named key;

	REQUIRE(key_box_fresh(false));
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		EXPECT_EQ(pkey_generate_ec(ME, 1, bad[i], &key),
			  CRYPTECH_ERR_BAD_ARGUMENTS);
	EXPECT_EQ(pkey_generate_ec(ME, 1, 0, &key), 0);
	EXPECT_EQ(pkey_sign(ME, key.handle, 0, "x", 1, &signature),
		  CRYPTECH_ERR_FORBIDDEN);
	EXPECT_EQ(pkey_verify(ME, key.handle, 0, "x", 1, &signature),
		  CRYPTECH_ERR_FORBIDDEN);
	/* what opens transfer packages signs nothing */
	EXPECT_EQ(pkey_generate_ec(ME, 1, KEKEK, &key), 0);
	EXPECT_EQ(pkey_sign(ME, key.handle, 0, "x", 1, &signature),
		  CRYPTECH_ERR_FORBIDDEN);
}

static void sign_arguments(void)
{
	static const uint8_t long_input[246];
	struct named key, ec_key;
	uint32_t hash;

	REQUIRE(key_box_fresh(false));
	plain_encode(EVP_RSA_gen(2048), &der, &spki);
	EXPECT_EQ(pkey_load(ME, &der, SIGNS, &key), 0);
	EXPECT_EQ(pkey_generate_ec(ME, 1, SIGNS, &ec_key), 0);
	hash = hash_handle(ME);
	EXPECT_EQ(pkey_sign(ME, key.handle, 0, "", 0, &got),
		  CRYPTECH_ERR_BAD_ARGUMENTS);
	EXPECT_EQ(pkey_sign(ME, key.handle, hash, "x", 1, &got),
		  CRYPTECH_ERR_BAD_ARGUMENTS);
	EXPECT_EQ(pkey_sign(ME, key.handle, 0, long_input, 246, &got),
		  CRYPTECH_ERR_BAD_ARGUMENTS);
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_PKEY_SIGN, "uusu", key.handle, 0,
		      "x", 255), CRYPTECH_ERR_RESULT_TOO_LONG);
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_PKEY_SIGN, "uusu", key.handle,
		      hash, "", 255), CRYPTECH_ERR_RESULT_TOO_LONG);
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_PKEY_SIGN, "uusu", key.handle,
		      hash, "", 16369), CRYPTECH_ERR_RPC_PACKET_OVERFLOW);
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_PKEY_SIGN, "uusu", ec_key.handle,
		      0, "x", 63), CRYPTECH_ERR_RESULT_TOO_LONG);
	/* none of these has used the hash up */
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_PKEY_SIGN, "uusu", key.handle,
		      hash, "", 256), 0);
	EXPECT_EQ(pkey_sign(ME, key.handle, hash, "", 0, &got),
		  CRYPTECH_ERR_BAD_ARGUMENTS);
	EXPECT_EQ(pkey_sign(ME, key.handle, hash_handle(OTHER), "", 0, &got),
		  CRYPTECH_ERR_BAD_ARGUMENTS);
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_PKEY_GET_PUBLIC_KEY, "uu",
		      key.handle, 293), CRYPTECH_ERR_RESULT_TOO_LONG);
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_PKEY_GET_PUBLIC_KEY, "uu",
		      key.handle, 294), 0);
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_PKEY_GET_PUBLIC_KEY, "uu",
		      key.handle, 0xffffffff),
		  CRYPTECH_ERR_RPC_PACKET_OVERFLOW);
}

/* Every function by handle, with a handle that is not the caller's. */
static void expect_no_key(uint32_t word, uint32_t handle)
{
	static const uint32_t simple[] = {
		CRYPTECH_RPC_PKEY_CLOSE, CRYPTECH_RPC_PKEY_DELETE,
		CRYPTECH_RPC_PKEY_GET_KEY_TYPE, CRYPTECH_RPC_PKEY_GET_KEY_FLAGS,
		CRYPTECH_RPC_PKEY_GET_KEY_CURVE,
	};

	for (size_t i = 0; i < sizeof(simple) / sizeof(*simple); i++)
		EXPECT_EQ(ask(&box, word, simple[i], "u", handle),
			  CRYPTECH_ERR_KEY_NOT_FOUND);
	EXPECT_EQ(ask(&box, word, CRYPTECH_RPC_PKEY_GET_PUBLIC_KEY_LEN, "u",
		      handle), 0);
	EXPECT_EQ(xdr_get_u32(&box.results), 0);
	EXPECT_EQ(pkey_public(word, handle, &got), CRYPTECH_ERR_KEY_NOT_FOUND);
	EXPECT_EQ(pkey_sign(word, handle, 0, "x", 1, &got),
		  CRYPTECH_ERR_KEY_NOT_FOUND);
	EXPECT_EQ(pkey_verify(word, handle, 0, "x", 1, &signature),
		  CRYPTECH_ERR_KEY_NOT_FOUND);
	EXPECT_EQ(ask(&box, word, CRYPTECH_RPC_PKEY_SET_ATTRIBUTES, "uuus",
		      handle, 1, 1, "x"), CRYPTECH_ERR_KEY_NOT_FOUND);
	EXPECT_EQ(ask(&box, word, CRYPTECH_RPC_PKEY_GET_ATTRIBUTES, "uuuu",
		      handle, 1, 1, 10), CRYPTECH_ERR_KEY_NOT_FOUND);
}

static void handles_are_their_clients(void)
{
	struct named mine, volatile_key, again;

	REQUIRE(key_box_fresh(false));
	EXPECT_EQ(pkey_generate_ec(ME, 1, SIGNS | TOKEN, &mine), 0);
	EXPECT_EQ(pkey_generate_ec(ME, 1, SIGNS, &volatile_key), 0);
	expect_no_key(OTHER, mine.handle);
	expect_no_key(OTHER, volatile_key.handle);
	expect_no_key(NOBODY, mine.handle);
	expect_no_key(ME, 0);
	expect_no_key(ME, mine.handle ^ 0x10000);
	expect_no_key(ME, mine.handle ^ 0x80000000);
	/* a token key can be opened, a volatile one cannot */
	again = mine;
	EXPECT_EQ(pkey_open(OTHER, &again), 0);
	expect_signs(&mine, false, 64);
	EXPECT_EQ(pkey_open(OTHER, &volatile_key), CRYPTECH_ERR_KEY_NOT_FOUND);
	EXPECT_EQ(pkey_open(NOBODY, &mine), CRYPTECH_ERR_FORBIDDEN);
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_PKEY_OPEN, "us", 0, "short"),
		  CRYPTECH_ERR_KEY_NAME_TOO_LONG);
	/* deleted under a handle that stays */
	EXPECT_EQ(pkey_delete(ME, mine.handle), 0);
	expect_no_key(ME, mine.handle);
	EXPECT_EQ(pkey_sign(OTHER, again.handle, 0, "x", 1, &got),
		  CRYPTECH_ERR_KEY_NOT_FOUND);
	EXPECT_EQ(pkey_public(OTHER, again.handle, &got),
		  CRYPTECH_ERR_KEY_NOT_FOUND);
	EXPECT_EQ(pkey_delete(OTHER, again.handle),
		  CRYPTECH_ERR_KEY_NOT_FOUND);
	EXPECT_EQ(ask(&box, OTHER, CRYPTECH_RPC_PKEY_CLOSE, "u", again.handle),
		  0);
	EXPECT_EQ(pkey_open(OTHER, &again), CRYPTECH_ERR_KEY_NOT_FOUND);
	/* closed */
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_PKEY_CLOSE, "u",
		      volatile_key.handle), 0);
	expect_no_key(ME, volatile_key.handle);
	EXPECT_EQ(pkey_open(ME, &volatile_key), 0);
	/* logged out: gone with the client */
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_LOGOUT, ""), 0);
	expect_no_key(ME, volatile_key.handle);
	EXPECT_EQ(box_login(&box, ME, CRYPTECH_USER_NORMAL), 0);
	EXPECT_EQ(pkey_open(ME, &volatile_key), CRYPTECH_ERR_KEY_NOT_FOUND);
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_KEYS_VOLATILE), 0);
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_HANDLES), 0);
}

static void public_keys_need_no_login(void)
{
	struct named key, token;

	REQUIRE(key_box_fresh(false));
	EXPECT_EQ(box_login(&box, OTHER, CRYPTECH_USER_SO), 0);
	for (uint32_t word = OTHER; word <= NOBODY; word += NOBODY - OTHER) {
		EXPECT_EQ(pkey_generate_ec(word, 1, SIGNS, &key),
			  CRYPTECH_ERR_FORBIDDEN);
		EXPECT_EQ(pkey_generate_ec(word, 1, SIGNS | PUBLIC | TOKEN,
					   &key), CRYPTECH_ERR_FORBIDDEN);
		EXPECT_EQ(pkey_generate_ec(word, 1, SIGNS | PUBLIC, &key), 0);
		EXPECT_EQ(pkey_sign(word, key.handle, 0, hash_value(), 32,
				    &signature), 0);
		EXPECT_EQ(pkey_delete(word, key.handle), 0);
	}
	/* a user who becomes SO keeps his handles, but they are of no use */
	EXPECT_EQ(pkey_generate_ec(ME, 1, SIGNS, &key), 0);
	EXPECT_EQ(pkey_generate_ec(ME, 1, SIGNS | PUBLIC | TOKEN, &token), 0);
	EXPECT_EQ(box_login(&box, ME, CRYPTECH_USER_SO), 0);
	/* PUBLIC is for use alone */
	EXPECT_EQ(pkey_sign(ME, token.handle, 0, hash_value(), 32,
			    &signature), 0);
	EXPECT_EQ(pkey_delete(ME, token.handle), CRYPTECH_ERR_FORBIDDEN);
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_PKEY_SET_ATTRIBUTES, "uuus",
		      token.handle, 1, 1, "x"), CRYPTECH_ERR_FORBIDDEN);
	EXPECT_EQ(pkey_sign(ME, key.handle, 0, "x", 1, &signature),
		  CRYPTECH_ERR_FORBIDDEN);
	EXPECT_EQ(pkey_delete(ME, key.handle), CRYPTECH_ERR_FORBIDDEN);
}

static void wheel_and_volatile_keys(void)
{
	struct named key;

	for (int compat = 0; compat < 2; compat++) {
		REQUIRE(key_box_fresh(compat));
		EXPECT_EQ(box_login(&box, OTHER, CRYPTECH_USER_WHEEL), 0);
		EXPECT_EQ(pkey_generate_ec(ME, 1, SIGNS, &key), 0);
		EXPECT_EQ(pkey_open(OTHER, &key),
			  compat ? 0 : CRYPTECH_ERR_KEY_NOT_FOUND);
		box.port = HSM_PORT_MAILBOX;
		EXPECT_EQ(box_login(&box, OTHER, CRYPTECH_USER_WHEEL), 0);
		EXPECT_EQ(pkey_open(OTHER, &key), CRYPTECH_ERR_KEY_NOT_FOUND);
	}
}

int main(void)
{
	RUN(rsa);
	RUN(ec);
	RUN(sizes_and_exponents);
	RUN(malformed_keys);
	RUN(flags_and_uses);
	RUN(sign_arguments);
	RUN(handles_are_their_clients);
	RUN(public_keys_need_no_login);
	RUN(wheel_and_volatile_keys);
	box_stop(&box);
	return tap_done();
}
