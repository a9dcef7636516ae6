// SPDX-License-Identifier: MIT
/*
 * Keys: from DER, to DER, made.
 */
#include "internal.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/asn1.h>
#include <openssl/core_names.h>
#include <openssl/decoder.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#define RSA_BITS_MIN	1024
#define RSA_BITS_MAX	8192
#define RSA_E_BITS_MAX	64

struct curve {
	uint32_t type;
	int nid;
	const char *name;	/* libcrypto's name of the group */
};

static const struct curve curves[] = {
	{ CRYPTECH_KEY_EC_P256, NID_X9_62_prime256v1, "prime256v1" },
	{ CRYPTECH_KEY_EC_P384, NID_secp384r1, "secp384r1" },
	{ CRYPTECH_KEY_EC_P521, NID_secp521r1, "secp521r1" },
};

#define CURVES	(sizeof(curves) / sizeof(*curves))

/* --- the object ------------------------------------------------------------ */

/* Takes over @pkey, also on failure. */
static int key_new(EVP_PKEY *pkey, uint32_t type, bool private,
		   struct core_key **key)
{
	*key = calloc(1, sizeof(**key));
	if (!*key) {
		EVP_PKEY_free(pkey);
		return CRYPTECH_ERR_ALLOCATION_FAILURE;
	}
	atomic_init(&(*key)->references, 1);
	(*key)->pkey = pkey;
	(*key)->type = type;
	(*key)->private = private;
	return CRYPTECH_ERR_OK;
}

struct core_key *core_key_get(struct core_key *key)
{
	atomic_fetch_add_explicit(&key->references, 1, memory_order_relaxed);
	return key;
}

void core_key_put(struct core_key *key)
{
	if (!key || atomic_fetch_sub_explicit(&key->references, 1,
					      memory_order_acq_rel) != 1)
		return;
	EVP_PKEY_CTX_free(key->signer);
	EVP_PKEY_CTX_free(key->verifier);
	EVP_PKEY_free(key->pkey);
	core_secret_free(key);
	free(key);
}

uint32_t core_key_type(const struct core_key *key)
{
	return key->type;
}

enum cryptech_key_class core_key_class(const struct core_key *key)
{
	if (core_family(key) == CRYPTECH_KEY_FAMILY_HMAC)
		return CRYPTECH_KEY_CLASS_HMAC;
	if (core_secret_size(key->type))
		return CRYPTECH_KEY_CLASS_AES;
	if (core_key_is_rsa(key))
		return key->private ? CRYPTECH_KEY_CLASS_RSA_PRIVATE :
				      CRYPTECH_KEY_CLASS_RSA_PUBLIC;
	return key->private ? CRYPTECH_KEY_CLASS_EC_PRIVATE :
			      CRYPTECH_KEY_CLASS_EC_PUBLIC;
}

size_t core_key_signature_size(const struct core_key *key)
{
	size_t bytes = (CRYPTECH_KEY_BITS(key->type) + 7) / 8;

	return core_key_is_rsa(key) ? bytes : 2 * bytes;
}

/* --- from DER -------------------------------------------------------------- */

/*
 * What the AlgorithmIdentifier says: RSA, or a curve by its name. Keys that
 * name no curve but spell out its parameters are refused, for they may spell
 * out another.
 */
static int algorithm_type(const X509_ALGOR *algorithm, uint32_t *type)
{
	const ASN1_OBJECT *oid;
	const void *parameter;
	int kind, nid;

	X509_ALGOR_get0(&oid, &kind, &parameter, algorithm);
	nid = OBJ_obj2nid(oid);
	if (nid == NID_rsaEncryption) {
		*type = CRYPTECH_KEY_FAMILY_RSA << 16;
		return CRYPTECH_ERR_OK;
	}
	if (nid != NID_X9_62_id_ecPublicKey || kind != V_ASN1_OBJECT)
		return CRYPTECH_ERR_UNSUPPORTED_KEY;
	nid = OBJ_obj2nid(parameter);
	for (size_t i = 0; i < CURVES; i++) {
		if (curves[i].nid == nid) {
			*type = curves[i].type;
			return CRYPTECH_ERR_OK;
		}
	}
	return CRYPTECH_ERR_UNSUPPORTED_KEY;
}

/* Is @der one SEQUENCE and nothing behind it? */
static bool der_is_sequence(const uint8_t *der, size_t len)
{
	const uint8_t *p = der;
	long content;
	int tag, class;

	if (!len || len > LONG_MAX)
		return false;
	if (ASN1_get_object(&p, &content, &tag, &class, (long)len) !=
	    V_ASN1_CONSTRUCTED)
		return false;
	return tag == V_ASN1_SEQUENCE && class == V_ASN1_UNIVERSAL &&
	       p + content == der + len;
}

/*
 * Modulus of a size that we serve, and odd; public exponent odd, from 3, of at
 * most 64 bits (what the kernel and every other verifier takes); two primes.
 * Whether the numbers belong together is core_key_check's business.
 */
static int rsa_limits(const EVP_PKEY *pkey, bool private, uint32_t *type)
{
	BIGNUM *n = NULL, *e = NULL, *third = NULL, *second = NULL;
	int bits = EVP_PKEY_get_bits(pkey);
	int error = CRYPTECH_ERR_UNSUPPORTED_KEY;

	if (bits < RSA_BITS_MIN || bits > RSA_BITS_MAX)
		return error;
	if (EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_N, &n) != 1 ||
	    EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_E, &e) != 1)
		goto out;
	if (!BN_is_odd(n) || !BN_is_odd(e) || BN_is_one(e) ||
	    BN_num_bits(e) > RSA_E_BITS_MAX)
		goto out;
	if (private) {
		ERR_set_mark();
		EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_FACTOR2,
				      &second);
		EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_FACTOR3,
				      &third);
		ERR_pop_to_mark();
		if (!second || BN_is_zero(second) || third)
			goto out;
	}
	*type = CRYPTECH_KEY_FAMILY_RSA << 16 | (uint32_t)bits;
	error = CRYPTECH_ERR_OK;
out:
	BN_free(n);
	BN_free(e);
	BN_clear_free(second);
	BN_clear_free(third);
	return error;
}

/* Is the key on the curve of @type, with its point written in full? */
static int ec_limits(const EVP_PKEY *pkey, uint32_t type)
{
	char name[64];

	for (size_t i = 0; i < CURVES; i++) {
		if (curves[i].type != type)
			continue;
		if (EVP_PKEY_get_utf8_string_param(pkey,
				OSSL_PKEY_PARAM_GROUP_NAME, name, sizeof(name),
				NULL) != 1 || strcmp(name, curves[i].name))
			return CRYPTECH_ERR_UNSUPPORTED_KEY;
	}
	if (EVP_PKEY_get_utf8_string_param(pkey,
			OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, name,
			sizeof(name), NULL) != 1 ||
	    strcmp(name, OSSL_PKEY_EC_POINT_CONVERSION_FORMAT_UNCOMPRESSED))
		return CRYPTECH_ERR_ASN1_PARSE_FAILED;
	return CRYPTECH_ERR_OK;
}

/* Checks what was decoded against what was announced. Takes over @pkey. */
static int key_accept(EVP_PKEY *pkey, uint32_t type, bool private,
		      struct core_key **key)
{
	int error;

	if (CRYPTECH_KEY_FAMILY(type) == CRYPTECH_KEY_FAMILY_RSA)
		error = rsa_limits(pkey, private, &type);
	else
		error = ec_limits(pkey, type);
	if (error) {
		EVP_PKEY_free(pkey);
		return error;
	}
	return key_new(pkey, type, private, key);
}

/*
 * The decoder is told what to expect. Left to guess, it takes four times as
 * long, and takes things that are no PKCS#8 too.
 */
static EVP_PKEY *decode_private(const uint8_t *der, size_t len, uint32_t type)
{
	bool rsa = CRYPTECH_KEY_FAMILY(type) == CRYPTECH_KEY_FAMILY_RSA;
	EVP_PKEY *pkey = NULL;
	OSSL_DECODER_CTX *ctx;

	ctx = OSSL_DECODER_CTX_new_for_pkey(&pkey, "DER", "PrivateKeyInfo",
					    rsa ? "RSA" : "EC",
					    EVP_PKEY_KEYPAIR, NULL, NULL);
	if (!ctx)
		return NULL;
	if (OSSL_DECODER_from_data(ctx, &der, &len) != 1 || len) {
		EVP_PKEY_free(pkey);
		pkey = NULL;
	}
	OSSL_DECODER_CTX_free(ctx);
	return pkey;
}

static int from_pkcs8(const uint8_t *der, size_t len, struct core_key **key)
{
	const X509_ALGOR *algorithm;
	PKCS8_PRIV_KEY_INFO *info;
	const uint8_t *p = der, *inner;
	int inner_len, error;
	uint32_t type = 0;
	EVP_PKEY *pkey;

	info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &p, (long)len);
	if (!info)
		return CRYPTECH_ERR_ASN1_PARSE_FAILED;
	error = CRYPTECH_ERR_ASN1_PARSE_FAILED;
	if (p != der + len ||
	    PKCS8_pkey_get0(NULL, &inner, &inner_len, &algorithm, info) != 1)
		goto out;
	error = algorithm_type(algorithm, &type);
	if (error)
		goto out;
	error = CRYPTECH_ERR_ASN1_PARSE_FAILED;
	if (!der_is_sequence(inner, inner_len))
		goto out;
	pkey = decode_private(der, len, type);
	error = pkey ? key_accept(pkey, type, true, key) :
		       CRYPTECH_ERR_ASN1_PARSE_FAILED;
out:
	PKCS8_PRIV_KEY_INFO_free(info);
	return error;
}

int core_key_from_pkcs8(const uint8_t *der, size_t len, struct core_key **key)
{
	int error;

	if (len > CORE_DER_MAX)
		return CRYPTECH_ERR_UNSUPPORTED_KEY;
	ERR_set_mark();
	error = from_pkcs8(der, len, key);
	ERR_pop_to_mark();
	return error;
}

/*
 * libcrypto does not say why it could not make a key of the BIT STRING. If it
 * has the form of a point then it was none of the curve.
 */
static int point_error(const uint8_t *point, size_t len, uint32_t type)
{
	size_t field = (CRYPTECH_KEY_BITS(type) + 7) / 8;

	if (CRYPTECH_KEY_FAMILY(type) == CRYPTECH_KEY_FAMILY_EC &&
	    len == 1 + 2 * field && point[0] == POINT_CONVERSION_UNCOMPRESSED)
		return CRYPTECH_ERR_KEY_NOT_ON_CURVE;
	return CRYPTECH_ERR_ASN1_PARSE_FAILED;
}

static int from_spki(const uint8_t *der, size_t len, struct core_key **key)
{
	const uint8_t *p = der, *inner;
	X509_ALGOR *algorithm;
	X509_PUBKEY *info;
	int inner_len, error;
	uint32_t type = 0;
	EVP_PKEY *pkey;

	info = d2i_X509_PUBKEY(NULL, &p, (long)len);
	if (!info)
		return CRYPTECH_ERR_ASN1_PARSE_FAILED;
	error = CRYPTECH_ERR_ASN1_PARSE_FAILED;
	if (p != der + len ||
	    X509_PUBKEY_get0_param(NULL, &inner, &inner_len, &algorithm,
				   info) != 1)
		goto out;
	error = algorithm_type(algorithm, &type);
	if (error)
		goto out;
	error = CRYPTECH_ERR_ASN1_PARSE_FAILED;
	if (CRYPTECH_KEY_FAMILY(type) == CRYPTECH_KEY_FAMILY_RSA &&
	    !der_is_sequence(inner, inner_len))
		goto out;
	pkey = X509_PUBKEY_get(info);
	error = pkey ? key_accept(pkey, type, false, key) :
		       point_error(inner, inner_len, type);
out:
	X509_PUBKEY_free(info);
	return error;
}

int core_key_from_spki(const uint8_t *der, size_t len, struct core_key **key)
{
	int error;

	if (len > CORE_DER_MAX)
		return CRYPTECH_ERR_UNSUPPORTED_KEY;
	ERR_set_mark();
	error = from_spki(der, len, key);
	ERR_pop_to_mark();
	return error;
}

/* --- to DER ---------------------------------------------------------------- */

/* Hand out a buffer of libcrypto's, of @made bytes, and wipe it. */
static int give_der(uint8_t *buffer, int made, uint8_t *der, size_t size,
		    size_t *len)
{
	int error = CRYPTECH_ERR_OK;

	*len = 0;
	if (made <= 0)
		return CRYPTECH_ERR_ALLOCATION_FAILURE;
	if ((size_t)made > size) {
		error = CRYPTECH_ERR_RESULT_TOO_LONG;
	} else {
		memcpy(der, buffer, made);
		*len = made;
	}
	OPENSSL_clear_free(buffer, made);
	return error;
}

int core_key_pkcs8(const struct core_key *key, uint8_t *der, size_t size,
		   size_t *len)
{
	PKCS8_PRIV_KEY_INFO *info;
	uint8_t *buffer = NULL;
	int made;

	if (!key->private)
		return CRYPTECH_ERR_UNSUPPORTED_KEY;
	info = EVP_PKEY2PKCS8(key->pkey);
	if (!info)
		return CRYPTECH_ERR_ALLOCATION_FAILURE;
	made = i2d_PKCS8_PRIV_KEY_INFO(info, &buffer);
	PKCS8_PRIV_KEY_INFO_free(info);
	return give_der(buffer, made, der, size, len);
}

int core_key_spki(const struct core_key *key, uint8_t *der, size_t size,
		  size_t *len)
{
	uint8_t *buffer = NULL;
	int made;

	if (!key->pkey)
		return CRYPTECH_ERR_UNSUPPORTED_KEY;
	made = i2d_PUBKEY(key->pkey, &buffer);
	return give_der(buffer, made, der, size, len);
}

/* --- made ------------------------------------------------------------------ */

static EVP_PKEY *generate_ec(uint32_t type)
{
	for (size_t i = 0; i < CURVES; i++) {
		if (curves[i].type == type)
			return EVP_PKEY_Q_keygen(NULL, NULL, "EC",
						 curves[i].name);
	}
	return NULL;
}

int core_key_generate(uint32_t type, struct core_key **key)
{
	size_t bits = CRYPTECH_KEY_BITS(type);
	EVP_PKEY *pkey = NULL;

	switch (CRYPTECH_KEY_FAMILY(type)) {
	case CRYPTECH_KEY_FAMILY_RSA:
		if (bits < RSA_BITS_MIN || bits > RSA_BITS_MAX || bits % 8)
			return CRYPTECH_ERR_UNSUPPORTED_KEY;
		/* its default exponent is 65537 */
		pkey = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", bits);
		break;
	case CRYPTECH_KEY_FAMILY_EC:
		if (bits != 256 && bits != 384 && bits != 521)
			return CRYPTECH_ERR_UNSUPPORTED_KEY;
		pkey = generate_ec(type);
		break;
	default:
		return core_secret_generate(type, key);
	}
	if (!pkey)
		return CRYPTECH_ERR_ALLOCATION_FAILURE;
	return key_new(pkey, type, true, key);
}
