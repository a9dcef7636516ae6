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
		add_extension(cert, NID_basic_constraints,
			      "critical,CA:FALSE") &&
		add_extension(cert, NID_key_usage,
			      "critical,digitalSignature") &&
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

static bool put_signature(X509 *cert, const struct signature *signature)
{
	const ASN1_BIT_STRING *sig;
	const X509_ALGOR *outer;
	ASN1_BIT_STRING *mine;

	X509_get0_signature(&sig, &outer, cert);
	mine = (ASN1_BIT_STRING *)sig;
	/* Whole bytes: without this, zero bits at the end would be cut off. */
	mine->flags &= ~(ASN1_STRING_FLAG_BITS_LEFT | 7);
	mine->flags |= ASN1_STRING_FLAG_BITS_LEFT;
	return ASN1_STRING_set(mine, signature->bytes, signature->len);
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
