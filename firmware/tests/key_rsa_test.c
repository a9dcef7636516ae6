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

/* --- OAEP ------------------------------------------------------------------ */

static int oaep(uint32_t function, const char *label, const struct bytes *in,
		struct bytes *result)
{
	return result_bytes(ask(&box, ME, function, "ouso", uuid.data, UUID,
				SHA256, label, in->data, in->len), result);
}

static int decrypt(const char *label, const struct bytes *in)
{
	return oaep(CRYPTECH_RPC_OAEP_DECRYPT, label, in, &got);
}

static int encrypt(const char *label, const struct bytes *in,
		   struct bytes *result)
{
	return oaep(CRYPTECH_RPC_OAEP_ENCRYPT, label, in, result);
}

static bool got_is(const struct bytes *plain)
{
	return got.len == plain->len && !memcmp(got.data, plain->data, got.len);
}

/* By libcrypto, with the label "label". */
static void plain_oaep(bool encrypts, const struct bytes *in,
		       struct bytes *result)
{
	const uint8_t *p = der.data;
	EVP_PKEY *pkey = d2i_AutoPrivateKey(NULL, &p, (long)der.len);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(pkey, NULL);

	EXPECT_EQ(encrypts ? EVP_PKEY_encrypt_init(ctx) :
			     EVP_PKEY_decrypt_init(ctx), 1);
	EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING);
	EVP_PKEY_CTX_set_rsa_oaep_md(ctx, EVP_sha256());
	EVP_PKEY_CTX_set0_rsa_oaep_label(ctx, OPENSSL_strdup("label"), 5);
	result->len = sizeof(result->data);
	EXPECT_EQ((encrypts ? EVP_PKEY_encrypt : EVP_PKEY_decrypt)
		  (ctx, result->data, &result->len, in->data, in->len), 1);
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(pkey);
}

/* Messages of every length, both ways. */
static void oaep_both_ways(void)
{
	struct bytes in = { .len = 0 }, sealed;

	REQUIRE(key_box_fresh(false));
	plain_encode(EVP_RSA_gen(2048), &der, &spki);
	REQUIRE(!load(&der, DECRYPTS | TOKEN));
	for (in.len = 0; in.len <= 190; in.len++) {
		memset(in.data, (int)in.len % 3, in.len);
		plain_oaep(true, &in, &sealed);
		EXPECT_EQ(decrypt("label", &sealed), 0);
		EXPECT(got_is(&in));
		if (in.len % 19)
			continue;
		EXPECT_EQ(encrypt("label", &in, &sealed), 0);
		EXPECT_EQ(sealed.len, 256);
		plain_oaep(false, &sealed, &got);
		EXPECT(got_is(&in));
	}
	EXPECT_EQ(encrypt("label", &in, &sealed), CRYPTECH_ERR_BAD_ARGUMENTS);
}

static void oaep_vectors(void)
{
	struct bytes label, message, sealed;
	struct vector v;
	int error;

	REQUIRE(key_box_fresh(false));
	REQUIRE(vector_open(&v, "rsa2048_oaep_sha256.txt"));
	while (vector_next(&v)) {
		if (!strcmp(v.field[0], "key")) {
			vector_bytes(&v, 2, &der);
			REQUIRE(!load(&der, DECRYPTS));
			continue;
		}
		vector_bytes(&v, 2, &label);
		vector_bytes(&v, 3, &message);
		vector_bytes(&v, 4, &sealed);
		error = result_bytes(ask(&box, ME, CRYPTECH_RPC_OAEP_DECRYPT,
					 "ouoo", uuid.data, UUID, SHA256,
					 label.data, label.len, sealed.data,
					 sealed.len), &got);
		if (!EXPECT_EQ(error, vector_is(&v, "valid") ? 0 :
			       CRYPTECH_ERR_INVALID_SIGNATURE) ||
		    !EXPECT(error || got_is(&message)))
			printf("# vector %s\n", v.field[0]);
	}
	EXPECT_EQ(v.read, 38);
}

/* One error for whatever does not decrypt, and nothing beside it. */
static void oaep_one_error(void)
{
	const int wrong = CRYPTECH_ERR_INVALID_SIGNATURE;
	struct bytes in = { .len = 5 }, sealed;

	REQUIRE(key_box_fresh(false));
	REQUIRE(!generate(CRYPTECH_KEY_RSA2048, DECRYPTS));
	EXPECT_EQ(encrypt("label", &in, &sealed), 0);
	EXPECT_EQ(decrypt("Label", &sealed), wrong);
	EXPECT_EQ(decrypt("", &sealed), wrong);
	for (size_t i = 0; i < 256; i += 15) {
		sealed.data[i] ^= 1;
		EXPECT_EQ(decrypt("label", &sealed), wrong);
		EXPECT_EQ(box.reply_len, 12);
		sealed.data[i] ^= 1;
	}
	EXPECT_EQ(decrypt("label", &sealed), 0);
	for (sealed.len = 0; sealed.len < 300; sealed.len += 17)
		EXPECT_EQ(decrypt("label", &sealed), wrong);
	memset(sealed.data, 0xff, 256);
	sealed.len = 256;
	EXPECT_EQ(decrypt("label", &sealed), wrong);
	memset(sealed.data, 0, 256);
	EXPECT_EQ(decrypt("label", &sealed), wrong);
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_OAEP_DECRYPT, "ouso", uuid.data,
		      UUID, CRYPTECH_DIGEST_SHA1, "", sealed.data, (size_t)256),
		  CRYPTECH_ERR_BAD_ARGUMENTS);
}

int main(void)
{
	RUN(pss_key);
	RUN(one_scheme);
	RUN(which_keys);
	RUN(by_handle);
	RUN(backed_up);
	RUN(oaep_both_ways);
	RUN(oaep_vectors);
	RUN(oaep_one_error);
	box_stop(&box);
	return tap_done();
}
