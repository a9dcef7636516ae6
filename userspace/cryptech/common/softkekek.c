// SPDX-License-Identifier: MIT
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "base64.h"
#include "bundle.h"
#include "softkekek.h"

#define KEY_SIZE	32
#define PKCS8_MAX	8192

bool softkekek_is(const json_t *root)
{
	return json_object_get(root, "kekek_pkcs8") ||
	       json_object_get(root, "kekek_salt");
}

static bool derive(const char *passphrase, size_t len,
		   const struct bytes *salt, uint8_t key[KEY_SIZE])
{
	return PKCS5_PBKDF2_HMAC(passphrase, len, salt->data, salt->len,
				 SOFTKEKEK_ITERATIONS, EVP_sha256(), KEY_SIZE,
				 key) == 1;
}

/* AES-256 key wrap with padding (RFC 5649), either way. */
static bool wrap(bool forward, const uint8_t key[KEY_SIZE],
		 const uint8_t *in, size_t in_len, struct bytes *out)
{
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, "AES-256-WRAP-PAD", NULL);
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	bool good = false;
	int len;

	out->data = OPENSSL_zalloc(in_len + 16);
	out->len = 0;
	if (cipher && ctx && out->data && in_len <= PKCS8_MAX &&
	    EVP_CipherInit_ex2(ctx, cipher, key, NULL, forward, NULL) == 1 &&
	    EVP_CipherUpdate(ctx, out->data, &len, in, in_len) == 1 &&
	    len > 0) {
		out->len = len;
		good = true;
	}
	EVP_CIPHER_CTX_free(ctx);
	EVP_CIPHER_free(cipher);
	if (!good)
		bytes_free(out);
	return good;
}

/* EncryptedPrivateKeyInfo (RFC 5958) with id-aes256-wrap-pad around @data. */
static bool encode(const struct bytes *data, struct bytes *der)
{
	X509_SIG *sig = X509_SIG_new();
	ASN1_OCTET_STRING *octets;
	X509_ALGOR *algorithm;
	int len = 0;

	*der = (struct bytes){ NULL, 0 };
	if (!sig)
		return false;
	X509_SIG_getm(sig, &algorithm, &octets);
	if (X509_ALGOR_set0(algorithm, OBJ_nid2obj(NID_id_aes256_wrap_pad),
			    V_ASN1_UNDEF, NULL) &&
	    ASN1_OCTET_STRING_set(octets, data->data, data->len))
		len = i2d_X509_SIG(sig, &der->data);
	X509_SIG_free(sig);
	der->len = len > 0 ? len : 0;
	return der->len;
}

static X509_SIG *decode(const struct bytes *der)
{
	const X509_ALGOR *algorithm;
	const uint8_t *next = der->data;
	X509_SIG *sig = d2i_X509_SIG(NULL, &next, der->len);
	const ASN1_OBJECT *oid;

	if (!sig)
		return NULL;
	X509_SIG_get0(sig, &algorithm, NULL);
	X509_ALGOR_get0(&oid, NULL, NULL, algorithm);
	if (next == der->data + der->len &&
	    OBJ_obj2nid(oid) == NID_id_aes256_wrap_pad)
		return sig;
	X509_SIG_free(sig);
	return NULL;
}

static bool put(json_t *root, EVP_PKEY *key, const struct bytes *salt,
		const uint8_t secret[KEY_SIZE])
{
	PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(key);
	struct bytes plain = { NULL, 0 }, wrapped = { NULL, 0 };
	struct bytes der = { NULL, 0 };
	uint8_t *spki = NULL;
	int len, spki_len = i2d_PUBKEY(key, &spki);
	bool good = false;

	len = info ? i2d_PKCS8_PRIV_KEY_INFO(info, &plain.data) : 0;
	plain.len = len > 0 ? len : 0;
	if (spki_len > 0 && plain.len &&
	    wrap(true, secret, plain.data, plain.len, &wrapped) &&
	    encode(&wrapped, &der)) {
		bundle_put(root, "kekek_pubkey", base64_lines(spki, spki_len));
		bundle_put(root, "kekek_pkcs8",
			   base64_lines(der.data, der.len));
		bundle_put(root, "kekek_salt",
			   base64_lines(salt->data, salt->len));
		good = true;
	}
	PKCS8_PRIV_KEY_INFO_free(info);
	bytes_free(&plain);
	bytes_free(&wrapped);
	bytes_free(&der);
	OPENSSL_free(spki);
	return good;
}

bool softkekek_make(json_t *root, unsigned int bits, const char *passphrase,
		    size_t passphrase_len)
{
	uint8_t random[SOFTKEKEK_SALT], secret[KEY_SIZE];
	struct bytes salt = { random, sizeof(random) };
	EVP_PKEY *key = NULL;
	bool good;

	good = RAND_bytes(random, sizeof(random)) == 1 &&
	       derive(passphrase, passphrase_len, &salt, secret) &&
	       (key = EVP_RSA_gen(bits)) && put(root, key, &salt, secret);
	EVP_PKEY_free(key);
	OPENSSL_cleanse(secret, sizeof(secret));
	return good;
}

bool softkekek_open(const json_t *root, const char *passphrase,
		    size_t passphrase_len, struct bytes *pkcs8)
{
	struct bytes der = { NULL, 0 }, salt = { NULL, 0 };
	const ASN1_OCTET_STRING *octets;
	uint8_t secret[KEY_SIZE];
	X509_SIG *sig = NULL;
	bool good = false;

	*pkcs8 = (struct bytes){ NULL, 0 };
	if (base64_bytes(json_object_get(root, "kekek_pkcs8"), &der,
			 PKCS8_MAX) &&
	    base64_bytes(json_object_get(root, "kekek_salt"), &salt, 256) &&
	    (sig = decode(&der)) &&
	    derive(passphrase, passphrase_len, &salt, secret)) {
		X509_SIG_get0(sig, NULL, &octets);
		good = wrap(false, secret, ASN1_STRING_get0_data(octets),
			    ASN1_STRING_length(octets), pkcs8);
	}
	OPENSSL_cleanse(secret, sizeof(secret));
	X509_SIG_free(sig);
	bytes_free(&der);
	bytes_free(&salt);
	return good;
}
