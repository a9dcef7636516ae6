// SPDX-License-Identifier: MIT
/*
 * Our own key functions, by UUID.
 */
#include "key_box.h"

#define UUID	(size_t)CRYPTECH_UUID_SIZE

static const uint8_t given[CRYPTECH_UUID_SIZE] = "a name of 16 by";
static struct bytes der, spki, uuid, got, signature;

static int generate(uint32_t word, const void *name, size_t len, uint32_t type,
		    uint32_t flags, const char *label)
{
	return result_bytes(ask(&box, word, CRYPTECH_RPC_KEY_GENERATE, "ouus",
				name, len, type, flags, label), &uuid);
}

static int load(const void *name, size_t len, const struct bytes *key,
		uint32_t flags, const char *label)
{
	return result_bytes(ask(&box, ME, CRYPTECH_RPC_KEY_LOAD, "oous", name,
				len, key->data, key->len, flags, label),
			    &uuid);
}

static int sign(uint32_t word, const void *name, uint32_t digest,
		const void *input, size_t len, uint32_t max)
{
	return result_bytes(ask(&box, word, CRYPTECH_RPC_SIGN, "ouou", name,
				UUID, digest, input, len, max), &signature);
}

static int verify(const void *name, uint32_t digest, const void *input,
		  size_t len)
{
	return ask(&box, ME, CRYPTECH_RPC_VERIFY, "ouoo", name, UUID, digest,
		   input, len, signature.data, signature.len);
}

static int public(uint32_t word, const void *name)
{
	return result_bytes(ask(&box, word, CRYPTECH_RPC_KEY_PUBLIC, "ou",
				name, UUID, 4096), &got);
}

static int delete(uint32_t word, const void *name)
{
	return ask(&box, word, CRYPTECH_RPC_KEY_DELETE, "o", name, UUID);
}

static void expect_info(const void *name, uint32_t type, uint32_t class,
			uint32_t flags, const char *label)
{
	const uint8_t *text;
	size_t len;

	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_KEY_INFO, "o", name, UUID), 0);
	EXPECT_EQ(xdr_get_u32(&box.results), type);
	EXPECT_EQ(xdr_get_u32(&box.results), class);
	EXPECT_EQ(xdr_get_u32(&box.results), flags);
	text = xdr_get_opaque(&box.results, &len);
	EXPECT(xdr_reader_done(&box.results));
	EXPECT(len == strlen(label) && !memcmp(text, label, len));
}

static void every_type(void)
{
	static const struct {
		uint32_t type, class;
		const char *digest;
		uint32_t number;
		size_t size;
	} types[] = {
		{ CRYPTECH_KEY_RSA2048, CRYPTECH_KEY_CLASS_RSA_PRIVATE,
		  "sha512", CRYPTECH_DIGEST_SHA512, 256 },
		{ CRYPTECH_KEY_EC_P256, CRYPTECH_KEY_CLASS_EC_PRIVATE,
		  "sha256", CRYPTECH_DIGEST_SHA256, 64 },
		{ CRYPTECH_KEY_EC_P384, CRYPTECH_KEY_CLASS_EC_PRIVATE,
		  "sha384", CRYPTECH_DIGEST_SHA384, 96 },
		{ CRYPTECH_KEY_EC_P521, CRYPTECH_KEY_CLASS_EC_PRIVATE,
		  "sha224", CRYPTECH_DIGEST_SHA224, 132 },
	};
	uint8_t hash[64];
	unsigned int len;

	REQUIRE(key_box_fresh(false));
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++) {
		uint32_t flags = i % 2 ? SIGNS : SIGNS | TOKEN;

		EVP_Digest("message", 7, hash, &len,
			   EVP_get_digestbyname(types[i].digest), NULL);
		EXPECT_EQ(generate(ME, "", 0, types[i].type, flags,
				   "Schl\303\274ssel"), 0);
		EXPECT_EQ(uuid.len, 16);
		expect_info(uuid.data, types[i].type, types[i].class, flags,
			    "Schl\303\274ssel");
		EXPECT_EQ(public(ME, uuid.data), 0);
		EXPECT_EQ(sign(ME, uuid.data, types[i].number, hash, len,
			       types[i].size), 0);
		EXPECT_EQ(signature.len, types[i].size);
		EXPECT(plain_verify(&got, hash, len, types[i].digest,
				    signature.data, signature.len));
		EXPECT_EQ(verify(uuid.data, types[i].number, hash, len), 0);
		hash[0] ^= 1;
		EXPECT_EQ(verify(uuid.data, types[i].number, hash, len),
			  CRYPTECH_ERR_INVALID_SIGNATURE);
		EXPECT_EQ(sign(ME, uuid.data, types[i].number, hash, len,
			       types[i].size - 1),
			  CRYPTECH_ERR_RESULT_TOO_LONG);
		EXPECT_EQ(sign(ME, uuid.data, types[i].number, hash, len - 1,
			       1024), CRYPTECH_ERR_BAD_ARGUMENTS);
		EXPECT_EQ(sign(ME, uuid.data, 99, hash, len, 1024),
			  CRYPTECH_ERR_BAD_ARGUMENTS);
		EXPECT_EQ(sign(ME, uuid.data, 0, hash, 0, 1024),
			  CRYPTECH_ERR_BAD_ARGUMENTS);
		EXPECT_EQ(delete(ME, uuid.data), 0);
		EXPECT_EQ(delete(ME, uuid.data), CRYPTECH_ERR_KEY_NOT_FOUND);
		EXPECT_EQ(sign(ME, uuid.data, types[i].number, hash, len,
			       1024), CRYPTECH_ERR_KEY_NOT_FOUND);
	}
}

static void names(void)
{
	static const uint8_t zero[CRYPTECH_UUID_SIZE];

	REQUIRE(key_box_fresh(false));
	plain_encode(EVP_RSA_gen(2048), &der, &spki);
	EXPECT_EQ(generate(ME, given, UUID, CRYPTECH_KEY_EC_P256,
			   SIGNS | TOKEN, ""), 0);
	EXPECT_MEM(uuid.data, given, UUID);
	EXPECT_EQ(generate(ME, given, UUID, CRYPTECH_KEY_EC_P256, SIGNS, ""),
		  CRYPTECH_ERR_KEY_NAME_IN_USE);
	EXPECT_EQ(load(given, UUID, &der, SIGNS | TOKEN, ""),
		  CRYPTECH_ERR_KEY_NAME_IN_USE);
	EXPECT_EQ(generate(ME, given, UUID - 1, CRYPTECH_KEY_EC_P256, SIGNS,
			   ""), CRYPTECH_ERR_KEY_NAME_TOO_LONG);
	EXPECT_EQ(load(given, UUID - 1, &der, SIGNS, ""),
		  CRYPTECH_ERR_KEY_NAME_TOO_LONG);
	EXPECT_EQ(generate(ME, zero, UUID, CRYPTECH_KEY_EC_P256, SIGNS, ""),
		  CRYPTECH_ERR_BAD_ARGUMENTS);
	EXPECT_EQ(delete(ME, given), 0);
	EXPECT_EQ(load(given, UUID, &der, SIGNS | TOKEN, "loaded"), 0);
	expect_info(given, CRYPTECH_KEY_RSA2048,
		    CRYPTECH_KEY_CLASS_RSA_PRIVATE, SIGNS | TOKEN, "loaded");
	EXPECT_EQ(public(ME, given), 0);
	EXPECT(got.len == spki.len && !memcmp(got.data, spki.data, got.len));
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_KEY_PUBLIC, "ou", given, UUID,
		      293), CRYPTECH_ERR_RESULT_TOO_LONG);
	REQUIRE(key_box_restart());
	expect_info(given, CRYPTECH_KEY_RSA2048,
		    CRYPTECH_KEY_CLASS_RSA_PRIVATE, SIGNS | TOKEN, "loaded");
	EXPECT_EQ(sign(ME, given, CRYPTECH_DIGEST_SHA256, hash_value(), 32,
		       256), 0);
	EXPECT(plain_verify(&spki, hash_value(), 32, "sha256", signature.data,
			    signature.len));
}

static void flags(void)
{
	const uint32_t raw = CRYPTECH_KEY_FLAG_RAW;
	struct named key = { 0 };

	REQUIRE(key_box_fresh(false));
	plain_encode(EVP_RSA_gen(2048), &der, &spki);
	EXPECT_EQ(load(given, UUID, &der, SIGNS | raw | TOKEN, ""), 0);
	expect_info(given, CRYPTECH_KEY_RSA2048,
		    CRYPTECH_KEY_CLASS_RSA_PRIVATE, SIGNS | raw | TOKEN, "");
	/* libhal's functions do not show what libhal has not */
	memcpy(key.uuid, given, UUID);
	EXPECT_EQ(pkey_open(ME, &key), 0);
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_PKEY_GET_KEY_FLAGS, "u",
		      key.handle), 0);
	EXPECT_EQ(xdr_get_u32(&box.results), SIGNS | TOKEN);
	EXPECT_EQ(load("", 0, &spki, SIGNS | raw, ""),
		  CRYPTECH_ERR_BAD_ARGUMENTS);
	EXPECT_EQ(load("", 0, &der, KEKEK | raw, ""),
		  CRYPTECH_ERR_BAD_ARGUMENTS);
	EXPECT_EQ(load("", 0, &der, KEKEK | SIGNS, ""),
		  CRYPTECH_ERR_BAD_ARGUMENTS);
	EXPECT_EQ(load("", 0, &der, 0x20000, ""), CRYPTECH_ERR_BAD_ARGUMENTS);
	EXPECT_EQ(generate(ME, "", 0, CRYPTECH_KEY_EC_P256, SIGNS | raw, ""),
		  CRYPTECH_ERR_BAD_ARGUMENTS);
	EXPECT_EQ(generate(ME, "", 0, 0x00010400, SIGNS, ""),
		  CRYPTECH_ERR_UNSUPPORTED_KEY);
	EXPECT_EQ(generate(ME, "", 0, 0x00012000, SIGNS, ""),
		  CRYPTECH_ERR_UNSUPPORTED_KEY);
	EXPECT_EQ(generate(ME, "", 0, 0, SIGNS, ""),
		  CRYPTECH_ERR_UNSUPPORTED_KEY);
	EXPECT_EQ(generate(ME, "", 0, CRYPTECH_KEY_EC_P256, 0, ""), 0);
	EXPECT_EQ(sign(ME, uuid.data, 0, "x", 1, 64), CRYPTECH_ERR_FORBIDDEN);
	EXPECT_EQ(verify(uuid.data, 0, "x", 1), CRYPTECH_ERR_FORBIDDEN);
	EXPECT_EQ(load("", 0, &spki, SIGNS, ""), 0);
	EXPECT_EQ(sign(ME, uuid.data, 0, "x", 1, 256),
		  CRYPTECH_ERR_UNSUPPORTED_KEY);
}

static void labels(void)
{
	static const char *const bad[] = {
		"tab\t", "del\177", "\302\205", "\300\257", "\355\240\200",
		"\364\220\200\200", "\377", "cut \303", "\200",
		"0123456789012345678901234567890123456789012345678901234567890"
		"1234",
	};
	static const char *const good[] = {
		"", "a b", "\303\244", "\342\202\254", "\360\237\224\221",
		"0123456789012345678901234567890123456789012345678901234567890"
		"123",
	};
	static const char long_label[] =
		"0123456789012345678901234567890123456789012345678901234567890"
		"12\303\244xyz";
	struct named key = { 0 };

	REQUIRE(key_box_fresh(false));
	EXPECT_EQ(generate(ME, given, UUID, CRYPTECH_KEY_EC_P256,
			   SIGNS | TOKEN, "first"), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		EXPECT_EQ(generate(ME, "", 0, CRYPTECH_KEY_EC_P256, SIGNS,
				   bad[i]), CRYPTECH_ERR_BAD_ARGUMENTS);
		EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_KEY_SET_LABEL, "os",
			      given, UUID, bad[i]),
			  CRYPTECH_ERR_BAD_ARGUMENTS);
	}
	expect_info(given, CRYPTECH_KEY_EC_P256, CRYPTECH_KEY_CLASS_EC_PRIVATE,
		    SIGNS | TOKEN, "first");
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_KEY_SET_LABEL, "os",
			      given, UUID, good[i]), 0);
		expect_info(given, CRYPTECH_KEY_EC_P256,
			    CRYPTECH_KEY_CLASS_EC_PRIVATE, SIGNS | TOKEN,
			    good[i]);
	}
	/* libhal's attribute 3 is the label, as far as it is one */
	memcpy(key.uuid, given, UUID);
	EXPECT_EQ(pkey_open(ME, &key), 0);
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_PKEY_SET_ATTRIBUTES, "uuus",
		      key.handle, 1, CRYPTECH_ATTRIBUTE_LABEL, long_label), 0);
	expect_info(given, CRYPTECH_KEY_EC_P256, CRYPTECH_KEY_CLASS_EC_PRIVATE,
		    SIGNS | TOKEN,
		    "0123456789012345678901234567890123456789012345678901234567890"
		    "12");
	REQUIRE(key_box_restart());
	EXPECT_EQ(sign(ME, given, 0, hash_value(), 32, 64), 0);
}

/* Walk the list in replies of at most @max; how many keys it has. */
static unsigned int count_list(uint32_t word, uint32_t max)
{
	uint8_t previous[CRYPTECH_UUID_SIZE];
	size_t have = 0, len;
	unsigned int count = 0;
	uint32_t n;

	do {
		const uint8_t *name;

		if (ask(&box, word, CRYPTECH_RPC_KEY_LIST, "ou", previous,
			have, max))
			return 0xffff;
		n = xdr_get_u32(&box.results);
		EXPECT(n <= max);
		for (uint32_t i = 0; i < n; i++) {
			name = xdr_get_opaque(&box.results, &len);
			EXPECT(name && len == UUID &&
			       (!have || memcmp(previous, name, len) < 0));
			memcpy(previous, name, UUID);
			have = UUID;
			for (int word_no = 0; word_no < 3; word_no++)
				xdr_get_u32(&box.results);
			xdr_get_opaque(&box.results, &len);
			EXPECT_EQ(len, 64);
		}
		EXPECT(xdr_reader_done(&box.results));
		count += n;
	} while (n);
	return count;
}

static void list(void)
{
	static const char label[] = "a label that is as long as a label may be,"
				    " which is 64 bytes ...";
	struct named key;

	REQUIRE(key_box_fresh(false));
	EXPECT_EQ(count_list(ME, 1), 0);
	EXPECT_EQ(generate(OTHER, "", 0, CRYPTECH_KEY_EC_P256, SIGNS, label),
		  0);
	for (unsigned int i = 0; i < 200; i++)
		EXPECT_EQ(generate(ME, "", 0, CRYPTECH_KEY_EC_P256,
				   i % 2 ? SIGNS : SIGNS | TOKEN, label), 0);
	EXPECT_EQ(count_list(ME, 1), 200);
	EXPECT_EQ(count_list(ME, 7), 200);
	EXPECT_EQ(count_list(ME, 100000), 200);
	EXPECT_EQ(count_list(OTHER, 100000), 101);
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_KEY_LIST, "su", "", 0),
		  CRYPTECH_ERR_BAD_ARGUMENTS);
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_KEY_LIST, "su", "short", 1),
		  CRYPTECH_ERR_KEY_NAME_TOO_LONG);
	EXPECT_EQ(pkey_generate_ec(ME, 1, SIGNS, &key), 0);
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_LOGOUT, ""), 0);
	EXPECT_EQ(box_login(&box, ME, CRYPTECH_USER_NORMAL), 0);
	EXPECT_EQ(count_list(ME, 50), 100);
}

static void others_keys(void)
{
	REQUIRE(key_box_fresh(false));
	EXPECT_EQ(generate(OTHER, given, UUID, CRYPTECH_KEY_EC_P256, SIGNS,
			   ""), 0);
	EXPECT_EQ(sign(ME, given, 0, hash_value(), 32, 64),
		  CRYPTECH_ERR_KEY_NOT_FOUND);
	EXPECT_EQ(public(ME, given), CRYPTECH_ERR_KEY_NOT_FOUND);
	EXPECT_EQ(delete(ME, given), CRYPTECH_ERR_KEY_NOT_FOUND);
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_KEY_INFO, "o", given, UUID),
		  CRYPTECH_ERR_KEY_NOT_FOUND);
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_KEY_SET_LABEL, "os", given, UUID,
		      "x"), CRYPTECH_ERR_KEY_NOT_FOUND);
	EXPECT_EQ(public(NOBODY, given), CRYPTECH_ERR_FORBIDDEN);
	EXPECT_EQ(generate(NOBODY, "", 0, CRYPTECH_KEY_EC_P256, SIGNS, ""),
		  CRYPTECH_ERR_FORBIDDEN);
	EXPECT_EQ(sign(OTHER, given, 0, hash_value(), 32, 64), 0);
	hsm_client_gone(box.hsm, HSM_PORT_SOCKET, OTHER);
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_KEYS_VOLATILE), 0);
	EXPECT_EQ(generate(ME, given, UUID, CRYPTECH_KEY_EC_P256, SIGNS, ""),
		  0);
}

int main(void)
{
	RUN(every_type);
	RUN(names);
	RUN(flags);
	RUN(labels);
	RUN(list);
	RUN(others_keys);
	box_stop(&box);
	return tap_done();
}
