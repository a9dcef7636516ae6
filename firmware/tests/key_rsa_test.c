// SPDX-License-Identifier: MIT
/*
 * What RSA keys of the HSM do by other schemes than PKCS#1 v1.5.
 */
#include "key_box.h"

#define UUID	(size_t)CRYPTECH_UUID_SIZE
#define PSS	CRYPTECH_KEY_FLAG_PSS
#define DECRYPTS CRYPTECH_KEY_FLAG_DATAENCIPHERMENT
#define RAW	CRYPTECH_KEY_FLAG_RAW
#define SHA256	CRYPTECH_DIGEST_SHA256

static struct bytes der, spki, uuid, signature, package, got;

static int load(const struct bytes *key, uint32_t flags)
{
	return result_bytes(ask(&box, ME, CRYPTECH_RPC_KEY_LOAD, "sous", "",
				key->data, key->len, flags, ""), &uuid);
}

static int generate(uint32_t type, uint32_t flags)
{
	return result_bytes(ask(&box, ME, CRYPTECH_RPC_KEY_GENERATE, "suus", "",
				type, flags, ""), &uuid);
}

static uint32_t flags_of_key(void)
{
	if (ask(&box, ME, CRYPTECH_RPC_KEY_INFO, "o", uuid.data, UUID))
		return 0;
	xdr_get_u32(&box.results);
	xdr_get_u32(&box.results);
	return xdr_get_u32(&box.results);
}

static int sign(uint32_t digest, size_t len, uint32_t max)
{
	return result_bytes(ask(&box, ME, CRYPTECH_RPC_SIGN, "ouou", uuid.data,
				UUID, digest, hash_value(), len, max),
			    &signature);
}

static int verify(void)
{
	return ask(&box, ME, CRYPTECH_RPC_VERIFY, "ouoo", uuid.data, UUID,
		   SHA256, hash_value(), (size_t)32, signature.data,
		   signature.len);
}

/* By libcrypto, of the hash value of "message", with a salt of 32 bytes. */
static bool is_pss(void)
{
	const uint8_t *p = spki.data;
	EVP_PKEY *pkey = d2i_PUBKEY(NULL, &p, (long)spki.len);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(pkey, NULL);
	bool good = EVP_PKEY_verify_init(ctx) == 1 &&
		    EVP_PKEY_CTX_set_rsa_padding(ctx,
						 RSA_PKCS1_PSS_PADDING) == 1 &&
		    EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) == 1 &&
		    EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, 32) == 1 &&
		    EVP_PKEY_verify(ctx, signature.data, signature.len,
				    hash_value(), 32) == 1;

	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(pkey);
	return good;
}

static bool is_pkcs1(void)
{
	return plain_verify(&spki, hash_value(), 32, "sha256", signature.data,
			    signature.len);
}

static void expect_pss(void)
{
	EXPECT_EQ(sign(SHA256, 32, 256), 0);
	EXPECT_EQ(signature.len, 256);
	EXPECT(is_pss());
	EXPECT(!is_pkcs1());
	EXPECT_EQ(verify(), 0);
	signature.data[100] ^= 1;
	EXPECT_EQ(verify(), CRYPTECH_ERR_INVALID_SIGNATURE);
	EXPECT_EQ(sign(SHA256, 32, 255), CRYPTECH_ERR_RESULT_TOO_LONG);
	/* without a hash there is no PSS */
	EXPECT_EQ(sign(CRYPTECH_DIGEST_NONE, 32, 256),
		  CRYPTECH_ERR_BAD_ARGUMENTS);
	EXPECT_EQ(sign(SHA256, 31, 256), CRYPTECH_ERR_BAD_ARGUMENTS);
}

/* A key is of one scheme, whoever made it and however it is kept. */
static void pss_key(void)
{
	struct bytes public;

	REQUIRE(key_box_fresh(false));
	plain_encode(EVP_RSA_gen(2048), &der, &public);
	spki = public;
	REQUIRE(!load(&der, SIGNS | TOKEN | PSS));
	EXPECT_EQ(flags_of_key(), SIGNS | TOKEN | PSS);
	expect_pss();
	REQUIRE(key_box_restart());
	expect_pss();
	REQUIRE(!load(&public, SIGNS | PSS));
	REQUIRE(!load(&der, SIGNS | PSS));
	expect_pss();
	REQUIRE(!generate(CRYPTECH_KEY_RSA2048, SIGNS | PSS));
	REQUIRE(!result_bytes(ask(&box, ME, CRYPTECH_RPC_KEY_PUBLIC, "ou",
				  uuid.data, UUID, 4096), &spki));
	expect_pss();
}

/* The same bytes as keys of the two schemes: neither takes the other's. */
static void one_scheme(void)
{
	struct bytes pss, pkcs1;

	REQUIRE(key_box_fresh(false));
	plain_encode(EVP_RSA_gen(2048), &der, &spki);
	REQUIRE(!load(&spki, SIGNS | PSS));
	pss = uuid;
	REQUIRE(!load(&der, SIGNS));
	pkcs1 = uuid;
	EXPECT_EQ(sign(SHA256, 32, 256), 0);
	EXPECT(is_pkcs1() && !is_pss());
	EXPECT_EQ(verify(), 0);
	uuid = pss;
	EXPECT_EQ(verify(), CRYPTECH_ERR_INVALID_SIGNATURE);
	REQUIRE(!load(&der, SIGNS | PSS));
	EXPECT_EQ(sign(SHA256, 32, 256), 0);
	uuid = pss;
	EXPECT_EQ(verify(), 0);
	EXPECT_EQ(sign(SHA256, 32, 256), CRYPTECH_ERR_UNSUPPORTED_KEY);
	uuid = pkcs1;
	EXPECT_EQ(verify(), CRYPTECH_ERR_INVALID_SIGNATURE);
}

static void which_keys(void)
{
	static const uint32_t others[] = { DECRYPTS, KEKEK, RAW };

	REQUIRE(key_box_fresh(false));
	plain_encode(EVP_RSA_gen(2048), &der, &spki);
	for (size_t i = 0; i < 3; i++) {
		EXPECT_EQ(load(&der, PSS | others[i]),
			  CRYPTECH_ERR_BAD_ARGUMENTS);
		EXPECT_EQ(load(&der, PSS | SIGNS | others[i]),
			  CRYPTECH_ERR_BAD_ARGUMENTS);
	}
	REQUIRE(!load(&der, PSS | PUBLIC | EXPORTABLE));
	EXPECT_EQ(sign(SHA256, 32, 256), CRYPTECH_ERR_FORBIDDEN);
	EXPECT_EQ(verify(), CRYPTECH_ERR_FORBIDDEN);
	EXPECT_EQ(generate(CRYPTECH_KEY_EC_P521, SIGNS | PSS),
		  CRYPTECH_ERR_BAD_ARGUMENTS);
	EXPECT_EQ(generate(CRYPTECH_KEY_AES256, DECRYPTS | PSS),
		  CRYPTECH_ERR_BAD_ARGUMENTS);
	EXPECT_EQ(generate(CRYPTECH_KEY_HMAC_SHA256, SIGNS | PSS),
		  CRYPTECH_ERR_BAD_ARGUMENTS);
	/* nor can libhal's functions make one */
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_PKEY_LOAD, "uou", 0, der.data,
		      der.len, SIGNS | PSS), CRYPTECH_ERR_BAD_ARGUMENTS);
}

/* libhal's functions use it as what it is. */
static void by_handle(void)
{
	struct named named;

	REQUIRE(key_box_fresh(false));
	plain_encode(EVP_RSA_gen(2048), &der, &spki);
	REQUIRE(!load(&der, SIGNS | TOKEN | PSS));
	memcpy(named.uuid, uuid.data, UUID);
	REQUIRE(!pkey_open(ME, &named));
	EXPECT_EQ(pkey_sign(ME, named.handle, hash_handle(ME), "", 0,
			    &signature), 0);
	EXPECT(is_pss());
	EXPECT_EQ(pkey_verify(ME, named.handle, hash_handle(ME), "", 0,
			      &signature), 0);
	EXPECT_EQ(pkey_sign(ME, named.handle, 0, hash_value(), 32, &got),
		  CRYPTECH_ERR_BAD_ARGUMENTS);
}

/* Nobody makes another key of it on the way through a backup. */
static void backed_up(void)
{
	REQUIRE(key_box_fresh(false));
	plain_encode(EVP_RSA_gen(2048), &der, &spki);
	REQUIRE(!load(&der, SIGNS | TOKEN | PSS | EXPORTABLE));
	REQUIRE(!result_bytes(ask(&box, ME, CRYPTECH_RPC_RAW_EXPORT, "o",
				  uuid.data, UUID), &package));
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_KEY_DELETE, "o", uuid.data, UUID),
		  0);
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_RAW_IMPORT, "ouu", package.data,
		      package.len, PSS, 0), CRYPTECH_ERR_BAD_ARGUMENTS);
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_RAW_IMPORT, "ouu", package.data,
		      package.len, EXPORTABLE, 0), 0);
	EXPECT_EQ(flags_of_key(), SIGNS | TOKEN | PSS);
	expect_pss();
}

int main(void)
{
	RUN(pss_key);
	RUN(one_scheme);
	RUN(which_keys);
	RUN(by_handle);
	RUN(backed_up);
	box_stop(&box);
	return tap_done();
}
