// SPDX-License-Identifier: MIT
/*
 * libcrypto's CMS calls want the private key at hand, so the structure is
 * filled in through its PKCS#7 types: for plain data and a signer named by
 * issuer and serial number both standards have the same encoding
 * (RFC 5652 section 5.1: version 1).
 */
#include <string.h>

#include <openssl/pkcs7.h>

#include "cms.h"

static bool set_signer_info(PKCS7_SIGNER_INFO *info,
			    const struct signer *signer, X509 *cert,
			    const struct hash *hash)
{
	PKCS7_ISSUER_AND_SERIAL *who = info->issuer_and_serial;

	ASN1_INTEGER_free(who->serial);
	who->serial = ASN1_INTEGER_dup(X509_get0_serialNumber(cert));
	return who->serial && ASN1_INTEGER_set(info->version, 1) &&
		X509_NAME_set(&who->issuer, X509_get_issuer_name(cert)) &&
		signer_algorithm(signer, hash->digest, true,
				 info->digest_enc_alg);
}

/* Without parameters, as RFC 5754 section 2 wants it. */
static void set_digest(X509_ALGOR *algorithm, uint32_t digest)
{
	X509_ALGOR_set_md(algorithm, hash_method(digest));
}

/* Takes over @info if it succeeds. PKCS7_add_signer() would add parameters. */
static bool add_signer(PKCS7 *p7, PKCS7_SIGNER_INFO *info, uint32_t digest)
{
	X509_ALGOR *algorithm = X509_ALGOR_new();

	if (!algorithm)
		return false;
	set_digest(info->digest_alg, digest);
	set_digest(algorithm, digest);
	if (!sk_X509_ALGOR_push(p7->d.sign->md_algs, algorithm)) {
		X509_ALGOR_free(algorithm);
		return false;
	}
	return sk_PKCS7_SIGNER_INFO_push(p7->d.sign->signer_info, info);
}

static PKCS7 *new_signed_data(void)
{
	PKCS7 *p7 = PKCS7_new();

	if (p7 && PKCS7_set_type(p7, NID_pkcs7_signed) &&
	    PKCS7_content_new(p7, NID_pkcs7_data) && PKCS7_set_detached(p7, 1))
		return p7;
	PKCS7_free(p7);
	return NULL;
}

bool cms_sign(const struct signer *signer, X509 *cert, const struct hash *hash,
	      struct bytes *der, enum signer_result *result, int *error)
{
	PKCS7_SIGNER_INFO *info = PKCS7_SIGNER_INFO_new();
	PKCS7 *p7 = new_signed_data();
	struct signature sig;
	int len = 0;

	*der = (struct bytes){ NULL, 0 };
	*result = SIGNER_OK;
	if (!info || !p7 || !set_signer_info(info, signer, cert, hash))
		goto out;
	*result = signer_sign(signer, hash, &sig, error);
	if (*result || !ASN1_STRING_set(info->enc_digest, sig.bytes, sig.len) ||
	    !add_signer(p7, info, hash->digest))
		goto out;
	info = NULL;	/* the message's now */
	len = i2d_PKCS7(p7, &der->data);
	if (len > 0)
		der->len = len;
out:
	PKCS7_SIGNER_INFO_free(info);
	PKCS7_free(p7);
	return len > 0;
}
