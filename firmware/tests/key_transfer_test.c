// SPDX-License-Identifier: MIT
/*
 * libhal's export and import: packages that libcrypto opens, and packages that
 * libcrypto made.
 */
#include "key_box.h"
#include "legacy.h"

static struct bytes der, spki, kekek_der, kekek_spki, pkcs8, kek, got;
static struct named key, kekek;

/* AES key wrap with padding, either way. */
static bool key_wrap(const uint8_t secret[32], bool encrypt,
		     const struct bytes *in, struct bytes *out)
{
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, "AES-256-WRAP-PAD", NULL);
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	bool good;
	int len;

	EVP_CIPHER_CTX_set_flags(ctx, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
	good = EVP_CipherInit_ex2(ctx, cipher, secret, NULL, encrypt,
				  NULL) == 1 &&
	       EVP_CipherUpdate(ctx, out->data, &len, in->data,
				(int)in->len) == 1;
	out->len = good ? (size_t)len : 0;
	EVP_CIPHER_CTX_free(ctx);
	EVP_CIPHER_free(cipher);
	return good;
}

static bool rsa(bool encrypt, const struct bytes *key_bytes,
		const struct bytes *in, struct bytes *out)
{
	const uint8_t *p = key_bytes->data;
	EVP_PKEY *pkey = encrypt ?
		d2i_PUBKEY(NULL, &p, (long)key_bytes->len) :
		d2i_AutoPrivateKey(NULL, &p, (long)key_bytes->len);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(pkey, NULL);
	bool good;

	out->len = sizeof(out->data);
	if (encrypt)
		good = EVP_PKEY_encrypt_init(ctx) == 1 &&
		       EVP_PKEY_encrypt(ctx, out->data, &out->len, in->data,
					in->len) == 1;
	else
		good = EVP_PKEY_decrypt_init(ctx) == 1 &&
		       EVP_PKEY_decrypt(ctx, out->data, &out->len, in->data,
					in->len) == 1;
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(pkey);
	return good;
}

static int export(uint32_t handle, uint32_t kekek_handle, uint32_t pkcs8_max,
		  uint32_t kek_max)
{
	const uint8_t *data;
	int error = ask(&box, ME, CRYPTECH_RPC_PKEY_EXPORT, "uuuu", handle,
			kekek_handle, pkcs8_max, kek_max);

	if (error)
		return error;
	data = xdr_get_opaque(&box.results, &pkcs8.len);
	memcpy(pkcs8.data, data, pkcs8.len);
	data = xdr_get_opaque(&box.results, &kek.len);
	memcpy(kek.data, data, kek.len);
	return xdr_reader_done(&box.results) ? 0 : -1;
}

static int import(uint32_t word, uint32_t kekek_handle, uint32_t flags,
		  struct named *named)
{
	return result_named(ask(&box, word, CRYPTECH_RPC_PKEY_IMPORT, "uuoou",
				0, kekek_handle, pkcs8.data, pkcs8.len,
				kek.data, kek.len, flags), named);
}

/* Does the package hold @der, opened by libcrypto with the KEKEK? */
static void expect_package_holds_der(void)
{
	struct bytes encrypted, secret, wrapped, plain;

	REQUIRE(open_envelope(&kek, NID_rsaEncryption, &encrypted));
	REQUIRE(rsa(false, &kekek_der, &encrypted, &secret));
	EXPECT_EQ(secret.len, 32);
	REQUIRE(open_envelope(&pkcs8, NID_id_aes256_wrap_pad, &wrapped));
	REQUIRE(key_wrap(secret.data, false, &wrapped, &plain));
	EXPECT(plain.len == der.len && !memcmp(plain.data, der.data, der.len));
}

static void export_by_libcrypto(void)
{
	EVP_PKEY *pkeys[] = {
		EVP_RSA_gen(1024), EVP_RSA_gen(2048), EVP_EC_gen("P-256"),
		EVP_EC_gen("P-384"), EVP_EC_gen("P-521"),
	};

	REQUIRE(key_box_fresh(true));
	plain_encode(EVP_RSA_gen(2048), &kekek_der, &kekek_spki);
	EXPECT_EQ(pkey_load(ME, &kekek_spki, KEKEK, &kekek), 0);
	for (size_t i = 0; i < sizeof(pkeys) / sizeof(*pkeys); i++) {
		plain_encode(pkeys[i], &der, &spki);
		EXPECT_EQ(pkey_load(ME, &der, SIGNS | EXPORTABLE |
				    (i % 2 ? TOKEN : 0), &key), 0);
		EXPECT_EQ(export(key.handle, kekek.handle, 5480, 512), 0);
		expect_package_holds_der();
	}
}

static void export_refuses(void)
{
	struct named other;

	REQUIRE(key_box_fresh(true));
	plain_encode(EVP_RSA_gen(2048), &kekek_der, &kekek_spki);
	EXPECT_EQ(pkey_load(ME, &kekek_spki, KEKEK, &kekek), 0);
	plain_encode(EVP_EC_gen("P-256"), &der, &spki);
	EXPECT_EQ(pkey_load(ME, &der, SIGNS | EXPORTABLE, &key), 0);
	EXPECT_EQ(export(key.handle, kekek.handle, 5479, 512),
		  CRYPTECH_ERR_RESULT_TOO_LONG);
	EXPECT_EQ(export(key.handle, kekek.handle, 5480, 255),
		  CRYPTECH_ERR_RESULT_TOO_LONG);
	EXPECT_EQ(export(key.handle, kekek.handle, 5480, 256),
		  CRYPTECH_ERR_RESULT_TOO_LONG);	/* the DER around it */
	EXPECT_EQ(export(key.handle, kekek.handle, 16000, 512),
		  CRYPTECH_ERR_RPC_PACKET_OVERFLOW);
	EXPECT_EQ(export(key.handle, kekek.handle ^ 0x10000, 5480, 512),
		  CRYPTECH_ERR_KEY_NOT_FOUND);
	EXPECT_EQ(pkey_load(ME, &der, SIGNS, &other), 0);
	EXPECT_EQ(export(other.handle, kekek.handle, 5480, 512),
		  CRYPTECH_ERR_FORBIDDEN);
	EXPECT_EQ(pkey_load(ME, &spki, SIGNS | EXPORTABLE, &other), 0);
	EXPECT_EQ(export(other.handle, kekek.handle, 5480, 512),
		  CRYPTECH_ERR_UNSUPPORTED_KEY);
	EXPECT_EQ(pkey_load(ME, &kekek_spki, SIGNS, &other), 0);
	EXPECT_EQ(export(key.handle, other.handle, 5480, 512),
		  CRYPTECH_ERR_FORBIDDEN);
	EXPECT_EQ(pkey_load(ME, &spki, KEKEK, &other), 0);
	EXPECT_EQ(export(key.handle, other.handle, 5480, 512),
		  CRYPTECH_ERR_UNSUPPORTED_KEY);
}

/* What libcrypto packs for the HSM's own KEKEK. */
static void make_package(const uint8_t *secret_bytes, size_t len)
{
	struct bytes secret, encrypted, wrapped;

	memcpy(secret.data, secret_bytes, len);
	secret.len = len;
	EXPECT(rsa(true, &kekek_spki, &secret, &encrypted));
	EXPECT(key_wrap(secret.data, true, &der, &wrapped));
	envelope(NID_rsaEncryption, encrypted.data, encrypted.len, &kek);
	envelope(NID_id_aes256_wrap_pad, wrapped.data, wrapped.len, &pkcs8);
}

static void import_from_libcrypto(void)
{
	static const uint8_t secret[40] = "the key that encrypts the key...";

	REQUIRE(key_box_fresh(true));
	EXPECT_EQ(result_named(ask(&box, ME, CRYPTECH_RPC_PKEY_GENERATE_RSA,
				   "uuou", 0, 2048, "\1\0\1", (size_t)3,
				   KEKEK | TOKEN), &kekek), 0);
	EXPECT_EQ(pkey_public(ME, kekek.handle, &kekek_spki), 0);
	plain_encode(EVP_EC_gen("P-256"), &der, &spki);
	make_package(secret, 32);
	EXPECT_EQ(import(ME, kekek.handle, SIGNS | TOKEN, &key), 0);
	EXPECT_EQ(pkey_public(ME, key.handle, &got), 0);
	EXPECT(got.len == spki.len && !memcmp(got.data, spki.data, got.len));
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_PKEY_GET_KEY_FLAGS, "u",
		      key.handle), 0);
	EXPECT_EQ(xdr_get_u32(&box.results), SIGNS | TOKEN);

	/* what does not open has one error, wherever the damage is */
	for (size_t i = 19; i < pkcs8.len; i += 7) {
		pkcs8.data[i] ^= 1;
		EXPECT_EQ(import(ME, kekek.handle, SIGNS, &key),
			  CRYPTECH_ERR_KEYWRAP_BAD_MAGIC);
		pkcs8.data[i] ^= 1;
	}
	for (size_t i = 21; i < kek.len; i += 31) {
		kek.data[i] ^= 1;
		EXPECT_EQ(import(ME, kekek.handle, SIGNS, &key),
			  CRYPTECH_ERR_KEYWRAP_BAD_MAGIC);
		kek.data[i] ^= 1;
	}
	make_package(secret, 33);
	EXPECT_EQ(import(ME, kekek.handle, SIGNS, &key),
		  CRYPTECH_ERR_KEYWRAP_BAD_MAGIC);
	envelope(NID_rsaEncryption, secret, 32, &kek);
	EXPECT_EQ(import(ME, kekek.handle, SIGNS, &key),
		  CRYPTECH_ERR_KEYWRAP_BAD_MAGIC);
	make_package(secret, 32);
	envelope(NID_id_aes256_wrap_pad, secret, 33, &pkcs8);
	EXPECT_EQ(import(ME, kekek.handle, SIGNS, &key),
		  CRYPTECH_ERR_KEYWRAP_BAD_MAGIC);
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_KEYS_VOLATILE), 0);
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_KEYS_TOKEN), 2);
}

static void import_refuses(void)
{
	static const uint8_t secret[32] = "the key that encrypts the key...";
	struct named other;
	size_t len;

	REQUIRE(key_box_fresh(true));
	plain_encode(EVP_RSA_gen(1024), &kekek_der, &kekek_spki);
	EXPECT_EQ(pkey_load(ME, &kekek_der, KEKEK, &kekek), 0);
	plain_encode(EVP_EC_gen("P-256"), &der, &spki);
	make_package(secret, 32);
	EXPECT_EQ(import(ME, kekek.handle, 0x40, &key),
		  CRYPTECH_ERR_BAD_ARGUMENTS);
	EXPECT_EQ(import(ME, kekek.handle ^ 0x10000, SIGNS, &key),
		  CRYPTECH_ERR_KEY_NOT_FOUND);
	EXPECT_EQ(pkey_load(ME, &kekek_der, SIGNS, &other), 0);
	EXPECT_EQ(import(ME, other.handle, SIGNS, &key),
		  CRYPTECH_ERR_FORBIDDEN);
	EXPECT_EQ(pkey_load(ME, &kekek_spki, KEKEK, &other), 0);
	EXPECT_EQ(import(ME, other.handle, SIGNS, &key),
		  CRYPTECH_ERR_UNSUPPORTED_KEY);
	/* envelopes: cut short, too long, of another algorithm */
	len = pkcs8.len;
	for (pkcs8.len = 0; pkcs8.len < len; pkcs8.len++)
		EXPECT_EQ(import(ME, kekek.handle, SIGNS, &key),
			  CRYPTECH_ERR_ASN1_PARSE_FAILED);
	pkcs8.data[pkcs8.len++] = 0;
	EXPECT_EQ(import(ME, kekek.handle, SIGNS, &key),
		  CRYPTECH_ERR_ASN1_PARSE_FAILED);
	pkcs8.len--;
	len = kek.len;
	for (kek.len = 0; kek.len < len; kek.len++)
		EXPECT_EQ(import(ME, kekek.handle, SIGNS, &key),
			  CRYPTECH_ERR_ASN1_PARSE_FAILED);
	EXPECT_EQ(import(ME, kekek.handle, SIGNS, &key), 0);
	pkcs8.data[14] ^= 1;
	EXPECT_EQ(import(ME, kekek.handle, SIGNS, &key),
		  CRYPTECH_ERR_ASN1_PARSE_FAILED);
	/* a good package that holds no key, or one too small */
	der.len = 20;
	make_package(secret, 32);
	EXPECT_EQ(import(ME, kekek.handle, SIGNS, &key),
		  CRYPTECH_ERR_ASN1_PARSE_FAILED);
}

/* Two HSMs of libhal's ways: out of one and into the other. */
static void there_and_back(void)
{
	REQUIRE(key_box_fresh(true));
	plain_encode(EVP_RSA_gen(2048), &kekek_der, &kekek_spki);
	EXPECT_EQ(pkey_load(ME, &kekek_spki, KEKEK, &kekek), 0);
	EXPECT_EQ(pkey_generate_ec(ME, 2, SIGNS | EXPORTABLE | TOKEN, &key), 0);
	EXPECT_EQ(pkey_public(ME, key.handle, &spki), 0);
	EXPECT_EQ(export(key.handle, kekek.handle, 5480, 512), 0);
	REQUIRE(key_box_fresh(true));
	EXPECT_EQ(pkey_load(ME, &kekek_der, KEKEK, &kekek), 0);
	EXPECT_EQ(import(ME, kekek.handle, SIGNS, &key), 0);
	EXPECT_EQ(pkey_sign(ME, key.handle, hash_handle(ME), "", 0, &got), 0);
	EXPECT(plain_verify(&spki, hash_value(), 32, "sha256", got.data,
			    got.len));
}

static void only_in_libhals_ways(void)
{
	REQUIRE(key_box_fresh(false));
	plain_encode(EVP_RSA_gen(2048), &kekek_der, &kekek_spki);
	EXPECT_EQ(pkey_load(ME, &kekek_der, KEKEK, &kekek), 0);
	plain_encode(EVP_EC_gen("P-256"), &der, &spki);
	EXPECT_EQ(pkey_load(ME, &der, SIGNS | EXPORTABLE, &key), 0);
	EXPECT_EQ(export(key.handle, kekek.handle, 5480, 512),
		  CRYPTECH_ERR_FORBIDDEN);
	make_package((const uint8_t *)"the key that encrypts the key...", 32);
	EXPECT_EQ(import(ME, kekek.handle, SIGNS, &key),
		  CRYPTECH_ERR_FORBIDDEN);
	EXPECT_EQ(import(ME, 0, SIGNS, &key), CRYPTECH_ERR_FORBIDDEN);
}

int main(void)
{
	RUN(export_by_libcrypto);
	RUN(export_refuses);
	RUN(import_from_libcrypto);
	RUN(import_refuses);
	RUN(there_and_back);
	RUN(only_in_libhals_ways);
	box_stop(&box);
	return tap_done();
}
