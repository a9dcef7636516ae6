// SPDX-License-Identifier: MIT
#include <stdlib.h>
#include <string.h>

#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include "x509.h"

#define SERIAL_BYTES	16

/* Cut the next attribute off *next, in place, and undo its escapes. */
static char *cut_attribute(char **next)
{
	char *start = *next, *out = start, *in = start;

	if (!*start)
		return NULL;
	while (*in && *in != '/') {
		if (*in == '\\' && in[1])
			in++;
		*out++ = *in++;
	}
	*next = *in ? in + 1 : in;
	*out = 0;
	return start;
}

static bool add_attribute(X509_NAME *name, char *text)
{
	char *value = strchr(text, '=');

	if (!value || !value[1])
		return false;
	*value++ = 0;
	return X509_NAME_add_entry_by_txt(name, text, MBSTRING_UTF8,
					  (unsigned char *)value, -1, -1, 0);
}

X509_NAME *x509_name(const char *subject)
{
	X509_NAME *name = X509_NAME_new();
	bool common = subject[0] != '/';
	char *copy = strdup(common ? subject : subject + 1);
	char *next = copy, *text;
	bool good = name && copy && *copy;

	if (good && common)
		good = X509_NAME_add_entry_by_NID(name, NID_commonName,
						  MBSTRING_UTF8,
						  (unsigned char *)copy,
						  -1, -1, 0);
	while (good && !common && (text = cut_attribute(&next)))
		good = add_attribute(name, text);
	free(copy);
	if (good)
		return name;
	X509_NAME_free(name);
	return NULL;
}

/* A positive number of SERIAL_BYTES random bytes that never gets shorter. */
static bool set_serial(X509 *cert)
{
	uint8_t bytes[SERIAL_BYTES];
	BIGNUM *n = NULL;
	bool good;

	good = RAND_bytes(bytes, sizeof(bytes)) == 1;
	bytes[0] = (bytes[0] & 0x3f) | 0x40;
	good = good && (n = BN_bin2bn(bytes, sizeof(bytes), NULL)) &&
		BN_to_ASN1_INTEGER(n, X509_get_serialNumber(cert));
	BN_free(n);
	return good;
}

/* --- extensions ---------------------------------------------------------- */

/* Some have a default in certificates. */
static const struct {
	int nid;
	const char *otherwise;
} extensions[X509_EXTENSION_COUNT] = {
	[X509_BASIC_CONSTRAINTS] = { NID_basic_constraints,
				     "critical,CA:FALSE" },
	[X509_KEY_USAGE] = { NID_key_usage, "critical,digitalSignature" },
	[X509_EXTENDED_KEY_USAGE] = { NID_ext_key_usage, NULL },
	[X509_SUBJECT_ALT_NAME] = { NID_subject_alt_name, NULL },
};

const char *x509_extension_name(enum x509_extension i)
{
	return OBJ_nid2sn(extensions[i].nid);
}

bool x509_extension_check(enum x509_extension i, const char *text)
{
	X509_EXTENSION *ext;
	X509V3_CTX ctx;

	X509V3_set_ctx_nodb(&ctx);
	X509V3_set_ctx_test(&ctx);
	ext = X509V3_EXT_conf_nid(NULL, &ctx, extensions[i].nid, text);
	X509_EXTENSION_free(ext);
	return ext;
}

static bool add_extension(X509 *cert, int nid, const char *value)
{
	X509_EXTENSION *ext;
	X509V3_CTX ctx;
	bool good;

	X509V3_set_ctx_nodb(&ctx);
	X509V3_set_ctx(&ctx, cert, cert, NULL, NULL, 0);
	ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	good = ext && X509_add_ext(cert, ext, -1);
	X509_EXTENSION_free(ext);
	return good;
}

static bool add_extensions(X509 *cert, const struct x509_wish *wish)
{
	const char *value;
	bool good = true;
	size_t i;

	for (i = 0; good && i < X509_EXTENSION_COUNT; i++) {
		value = wish->extensions[i] ? wish->extensions[i] :
					      extensions[i].otherwise;
		if (value)
			good = add_extension(cert, extensions[i].nid, value);
	}
	return good;
}

/* --- certificates -------------------------------------------------------- */

/* Everything but the signature. */
static bool fill(X509 *cert, const struct signer *signer,
		 const struct x509_wish *wish)
{
	X509_NAME *name = x509_name(wish->subject);
	bool good;

	good = name && X509_set_version(cert, X509_VERSION_3) &&
		set_serial(cert) &&
		X509_set_issuer_name(cert, name) &&
		X509_set_subject_name(cert, name) &&
		X509_gmtime_adj(X509_getm_notBefore(cert), 0) &&
		X509_time_adj_ex(X509_getm_notAfter(cert), wish->days, 0,
				 NULL) &&
		X509_set_pubkey(cert, signer->public) &&
		add_extensions(cert, wish) &&
		add_extension(cert, NID_subject_key_identifier, "hash") &&
		/* always: else OpenSSL leaves it empty where it is our own */
		add_extension(cert, NID_authority_key_identifier,
			      "keyid:always");
	X509_NAME_free(name);
	return good;
}

/*
 * libcrypto signs certificates only with keys it holds, so algorithm and
 * signature are put in place by hand. They are reachable as const pointers
 * only; the certificate is ours, and i2d_re_X509_tbs() encodes it anew.
 */
static bool put_algorithm(X509 *cert, const struct signer *signer,
			  uint32_t digest)
{
	const ASN1_BIT_STRING *sig;
	const X509_ALGOR *outer;

	X509_get0_signature(&sig, &outer, cert);
	return signer_algorithm(signer, digest, false, (X509_ALGOR *)outer) &&
		signer_algorithm(signer, digest, false,
				 (X509_ALGOR *)X509_get0_tbs_sigalg(cert));
}

static bool set_bits(ASN1_BIT_STRING *bits, const struct signature *signature)
{
	/* Whole bytes: without this, zero bits at the end would be cut off. */
	bits->flags &= ~(ASN1_STRING_FLAG_BITS_LEFT | 7);
	bits->flags |= ASN1_STRING_FLAG_BITS_LEFT;
	return ASN1_STRING_set(bits, signature->bytes, signature->len);
}

static bool put_signature(X509 *cert, const struct signature *signature)
{
	const ASN1_BIT_STRING *sig;
	const X509_ALGOR *outer;

	X509_get0_signature(&sig, &outer, cert);
	return set_bits((ASN1_BIT_STRING *)sig, signature);
}

X509 *x509_self_signed(const struct signer *signer,
		       const struct x509_wish *wish,
		       enum signer_result *result, int *error)
{
	struct signature sig;
	struct hash hash;
	X509 *cert = X509_new();
	uint8_t *tbs = NULL;
	int len;
	bool good = false;

	*result = SIGNER_OK;
	if (!cert || !fill(cert, signer, wish) ||
	    !put_algorithm(cert, signer, wish->digest))
		goto out;
	len = i2d_re_X509_tbs(cert, &tbs);
	if (len <= 0 || !hash_bytes(&hash, wish->digest, tbs, len))
		goto out;
	*result = signer_sign(signer, &hash, &sig, error);
	good = *result == SIGNER_OK && put_signature(cert, &sig);
out:
	OPENSSL_free(tbs);
	if (good)
		return cert;
	X509_free(cert);
	return NULL;
}

/* --- requests ------------------------------------------------------------ */

/* Nothing that was not asked for: what is missing is the issuer's to decide. */
static bool request_extensions(X509_REQ *req, const struct x509_wish *wish)
{
	STACK_OF(X509_EXTENSION) *list = sk_X509_EXTENSION_new_null();
	bool good = list;
	X509_EXTENSION *ext;
	X509V3_CTX ctx;
	size_t i;

	X509V3_set_ctx_nodb(&ctx);
	X509V3_set_ctx(&ctx, NULL, NULL, req, NULL, 0);
	for (i = 0; good && i < X509_EXTENSION_COUNT; i++) {
		if (!wish->extensions[i])
			continue;
		ext = X509V3_EXT_conf_nid(NULL, &ctx, extensions[i].nid,
					  wish->extensions[i]);
		good = ext && sk_X509_EXTENSION_push(list, ext);
		if (!good)
			X509_EXTENSION_free(ext);
	}
	if (good && sk_X509_EXTENSION_num(list))
		good = X509_REQ_add_extensions(req, list);
	sk_X509_EXTENSION_pop_free(list, X509_EXTENSION_free);
	return good;
}

/* Everything but the signature. */
static bool request_fill(X509_REQ *req, const struct signer *signer,
			 const struct x509_wish *wish)
{
	X509_NAME *name = x509_name(wish->subject);
	X509_ALGOR *algorithm = X509_ALGOR_new();
	bool good;

	good = name && algorithm &&
		X509_REQ_set_version(req, X509_REQ_VERSION_1) &&
		X509_REQ_set_subject_name(req, name) &&
		X509_REQ_set_pubkey(req, signer->public) &&
		request_extensions(req, wish) &&
		signer_algorithm(signer, wish->digest, false, algorithm) &&
		X509_REQ_set1_signature_algo(req, algorithm);
	X509_ALGOR_free(algorithm);
	X509_NAME_free(name);
	return good;
}

static bool request_sign(X509_REQ *req, const struct signature *signature)
{
	ASN1_BIT_STRING *bits = ASN1_BIT_STRING_new();

	if (!bits || !set_bits(bits, signature)) {
		ASN1_BIT_STRING_free(bits);
		return false;
	}
	X509_REQ_set0_signature(req, bits);
	return true;
}

X509_REQ *x509_request(const struct signer *signer,
		       const struct x509_wish *wish,
		       enum signer_result *result, int *error)
{
	X509_REQ *req = X509_REQ_new();
	struct signature sig;
	struct hash hash;
	uint8_t *info = NULL;
	bool good = false;
	int len;

	*result = SIGNER_OK;
	if (!req || !request_fill(req, signer, wish))
		goto out;
	len = i2d_re_X509_REQ_tbs(req, &info);
	if (len <= 0 || !hash_bytes(&hash, wish->digest, info, len))
		goto out;
	*result = signer_sign(signer, &hash, &sig, error);
	good = *result == SIGNER_OK && request_sign(req, &sig) &&
		X509_REQ_verify(req, signer->public) == 1;
out:
	OPENSSL_free(info);
	if (good)
		return req;
	X509_REQ_free(req);
	return NULL;
}
