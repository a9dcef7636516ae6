// SPDX-License-Identifier: MIT
/*
 * Signatures, and RSA encryption for key transfer.
 */
#include "internal.h"

#include <string.h>

#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/rsa.h>

#define DIGEST_INFO_MAX	(19 + CORE_DIGEST_MAX)

/* --- DigestInfo (RFC 8017, section 9.2, note 1) ----------------------------- */

/*
 * SEQUENCE { SEQUENCE { OID, NULL }, OCTET STRING }. All the SHA-2 ones share
 * the OID 2.16.840.1.101.3.4.2.x and differ in x; SHA-1 has 1.3.14.3.2.26.
 */
static const uint8_t sha2_x[CORE_DIGESTS] = {
	[CRYPTECH_DIGEST_SHA224] = 4,
	[CRYPTECH_DIGEST_SHA256] = 1,
	[CRYPTECH_DIGEST_SHA512_224] = 5,
	[CRYPTECH_DIGEST_SHA512_256] = 6,
	[CRYPTECH_DIGEST_SHA384] = 2,
	[CRYPTECH_DIGEST_SHA512] = 3,
};

static size_t digest_info(enum cryptech_digest digest, const void *value,
			  size_t len, uint8_t out[DIGEST_INFO_MAX])
{
	static const uint8_t sha1[] = {
		0x30, 0x21, 0x30, 0x09, 0x06, 0x05, 0x2b, 0x0e, 0x03, 0x02,
		0x1a, 0x05, 0x00, 0x04, 0x14,
	};
	static const uint8_t sha2[] = {
		0x30, 0x00, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01,
		0x65, 0x03, 0x04, 0x02, 0x00, 0x05, 0x00, 0x04, 0x00,
	};
	size_t head = sizeof(sha2);

	if (digest == CRYPTECH_DIGEST_SHA1) {
		head = sizeof(sha1);
		memcpy(out, sha1, head);
	} else {
		memcpy(out, sha2, head);
		out[1] = (uint8_t)(head - 2 + len);
		out[14] = sha2_x[digest];
		out[18] = (uint8_t)len;
	}
	memcpy(out + head, value, len);
	return head + len;
}

/*
 * What goes into the signature: for RSA with a digest its DigestInfo, put into
 * @buffer, else the input as it is.
 */
static int to_be_signed(const struct core_key *key,
			enum cryptech_digest digest, const uint8_t **input,
			size_t *len, uint8_t buffer[DIGEST_INFO_MAX])
{
	if (digest != CRYPTECH_DIGEST_NONE) {
		if (!core_digest_size(digest) ||
		    *len != core_digest_size(digest))
			return CRYPTECH_ERR_BAD_ARGUMENTS;
		if (core_key_is_rsa(key)) {
			*len = digest_info(digest, *input, *len, buffer);
			*input = buffer;
		}
	}
	if (core_key_is_rsa(key) &&
	    *len > core_key_signature_size(key) - RSA_PKCS1_PADDING_SIZE)
		return CRYPTECH_ERR_BAD_ARGUMENTS;
	return CRYPTECH_ERR_OK;
}

/* --- contexts --------------------------------------------------------------- */

/*
 * A context from the key's place for it, or a new one. Made without a digest:
 * libcrypto then pads what it gets, and one context serves all digests.
 */
static EVP_PKEY_CTX *take_context(const struct core_key *key,
				  _Atomic(EVP_PKEY_CTX *) *place,
				  int (*init)(EVP_PKEY_CTX *))
{
	EVP_PKEY_CTX *ctx = atomic_exchange(place, NULL);

	if (ctx)
		return ctx;
	ctx = EVP_PKEY_CTX_new(key->pkey, NULL);
	if (ctx && init(ctx) == 1 &&
	    (!core_key_is_rsa(key) ||
	     EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1))
		return ctx;
	EVP_PKEY_CTX_free(ctx);
	return NULL;
}

static void return_context(_Atomic(EVP_PKEY_CTX *) *place, EVP_PKEY_CTX *ctx)
{
	EVP_PKEY_CTX_free(atomic_exchange(place, ctx));
}

/* --- r || s and SEQUENCE { r, s } ------------------------------------------- */

#define ECDSA_DER_MAX	160	/* P-521 has at most 139 */

static int raw_from_der(const uint8_t *der, size_t der_len, uint8_t *raw,
			size_t field)
{
	ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &der, (long)der_len);
	int done;

	done = sig &&
	       BN_bn2binpad(ECDSA_SIG_get0_r(sig), raw, (int)field) > 0 &&
	       BN_bn2binpad(ECDSA_SIG_get0_s(sig), raw + field,
			    (int)field) > 0;
	ECDSA_SIG_free(sig);
	return done ? CRYPTECH_ERR_OK : CRYPTECH_ERR_IMPOSSIBLE;
}

/* Returns the length; 0: out of memory. */
static size_t der_from_raw(const uint8_t *raw, size_t field,
			   uint8_t der[ECDSA_DER_MAX])
{
	ECDSA_SIG *sig = ECDSA_SIG_new();
	BIGNUM *r = BN_bin2bn(raw, (int)field, NULL);
	BIGNUM *s = BN_bin2bn(raw + field, (int)field, NULL);
	int len = 0;

	if (sig && r && s && ECDSA_SIG_set0(sig, r, s) == 1) {
		r = s = NULL;	/* they are the signature's now */
		len = i2d_ECDSA_SIG(sig, NULL);
		if (len > 0 && len <= ECDSA_DER_MAX)
			len = i2d_ECDSA_SIG(sig, &der);
		else
			len = 0;
	}
	BN_free(r);
	BN_free(s);
	ECDSA_SIG_free(sig);
	return len > 0 ? (size_t)len : 0;
}

/* --- sign and verify --------------------------------------------------------- */

static int sign(const struct core_key *key, EVP_PKEY_CTX *ctx,
		const uint8_t *input, size_t input_len, uint8_t *signature,
		size_t size)
{
	uint8_t der[ECDSA_DER_MAX];
	size_t made = sizeof(der);

	if (core_key_is_rsa(key)) {
		made = size;
		if (EVP_PKEY_sign(ctx, signature, &made, input,
				  input_len) == 1 && made == size)
			return CRYPTECH_ERR_OK;
		return CRYPTECH_ERR_IMPOSSIBLE;
	}
	if (EVP_PKEY_sign(ctx, der, &made, input, input_len) != 1)
		return CRYPTECH_ERR_IMPOSSIBLE;
	return raw_from_der(der, made, signature, size / 2);
}

int core_key_sign(const struct core_key *key, enum cryptech_digest digest,
		  const void *input, size_t input_len, uint8_t *signature,
		  size_t size, size_t *len)
{
	struct core_key *owner = (struct core_key *)key;
	size_t need = core_key_signature_size(key);
	uint8_t buffer[DIGEST_INFO_MAX];
	const uint8_t *tbs = input;
	EVP_PKEY_CTX *ctx;
	int error;

	*len = 0;
	if (!key->private)
		return CRYPTECH_ERR_UNSUPPORTED_KEY;
	if (size < need)
		return CRYPTECH_ERR_RESULT_TOO_LONG;
	error = to_be_signed(key, digest, &tbs, &input_len, buffer);
	if (error)
		return error;
	ctx = take_context(key, &owner->signer, EVP_PKEY_sign_init);
	if (!ctx)
		return CRYPTECH_ERR_ALLOCATION_FAILURE;
	ERR_set_mark();
	error = sign(key, ctx, tbs, input_len, signature, need);
	ERR_pop_to_mark();
	return_context(&owner->signer, ctx);
	if (error)
		core_wipe(signature, need);
	else
		*len = need;
	return error;
}

int core_key_verify(const struct core_key *key, enum cryptech_digest digest,
		    const void *input, size_t input_len,
		    const uint8_t *signature, size_t len)
{
	struct core_key *owner = (struct core_key *)key;
	uint8_t buffer[DIGEST_INFO_MAX], der[ECDSA_DER_MAX];
	const uint8_t *tbs = input;
	EVP_PKEY_CTX *ctx;
	int error, good;

	if (!key->pkey)
		return CRYPTECH_ERR_UNSUPPORTED_KEY;
	error = to_be_signed(key, digest, &tbs, &input_len, buffer);
	if (error)
		return error;
	/* libcrypto takes RSA signatures that lack leading zeros. */
	if (len != core_key_signature_size(key))
		return CRYPTECH_ERR_INVALID_SIGNATURE;
	if (!core_key_is_rsa(key)) {
		len = der_from_raw(signature, len / 2, der);
		if (!len)
			return CRYPTECH_ERR_ALLOCATION_FAILURE;
		signature = der;
	}
	ctx = take_context(key, &owner->verifier, EVP_PKEY_verify_init);
	if (!ctx)
		return CRYPTECH_ERR_ALLOCATION_FAILURE;
	ERR_set_mark();
	good = EVP_PKEY_verify(ctx, signature, len, tbs, input_len) == 1;
	ERR_pop_to_mark();
	return_context(&owner->verifier, ctx);
	return good ? CRYPTECH_ERR_OK : CRYPTECH_ERR_INVALID_SIGNATURE;
}
