// SPDX-License-Identifier: MIT
#include <errno.h>
#include <string.h>

#include <openssl/rsa.h>

#include "ecdsa.h"
#include "fail.h"
#include "find.h"
#include "signer.h"

static bool is_ec(const struct signer *signer)
{
	return EVP_PKEY_is_a(signer->public, "EC");
}

static bool is_rsa(const struct signer *signer)
{
	return EVP_PKEY_is_a(signer->public, "RSA");
}

/* Does @sig verify, by libcrypto? */
static bool check(const struct signer *signer, const struct hash *hash,
		  const struct signature *sig)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(signer->public, NULL);
	bool good;

	good = ctx && EVP_PKEY_verify_init(ctx) > 0 &&
		(!is_rsa(signer) ||
		 EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) > 0) &&
		EVP_PKEY_CTX_set_signature_md(ctx,
					      hash_method(hash->digest)) > 0 &&
		EVP_PKEY_verify(ctx, sig->bytes, sig->len, hash->value,
				hash->len) == 1;
	EVP_PKEY_CTX_free(ctx);
	return good;
}

enum signer_result signer_sign(const struct signer *signer,
			       const struct hash *hash, struct signature *sig,
			       int *error)
{
	uint8_t raw[CRYPTECH_SIGNATURE_MAX];
	size_t raw_len = sizeof(raw), width;

	if ((!is_ec(signer) && !is_rsa(signer)) || signer->pss)
		return SIGNER_KEY;
	*error = signer->sign(signer->context, hash, raw, &raw_len);
	if (*error)
		return SIGNER_CALL;
	sig->len = sizeof(sig->bytes);
	if (is_rsa(signer)) {
		memcpy(sig->bytes, raw, raw_len);
		sig->len = raw_len;
	} else {
		width = ecdsa_width(EVP_PKEY_get_bits(signer->public));
		if (raw_len != 2 * width ||
		    !ecdsa_to_der(raw, width, sig->bytes, &sig->len))
			return SIGNER_WRONG;
	}
	return check(signer, hash, sig) ? SIGNER_OK : SIGNER_WRONG;
}

bool signer_algorithm(const struct signer *signer, uint32_t digest, bool plain,
		      X509_ALGOR *algorithm)
{
	int pkey = is_ec(signer) ? NID_X9_62_id_ecPublicKey :
				   NID_rsaEncryption;
	int md = EVP_MD_get_type(hash_method(digest));
	int nid = NID_rsaEncryption;

	if (!is_ec(signer) && !is_rsa(signer))
		return false;
	if ((is_ec(signer) || !plain) &&
	    !OBJ_find_sigid_by_algs(&nid, md, pkey))
		return false;
	/* RFC 3279: RSA has NULL parameters, ECDSA none at all. */
	return X509_ALGOR_set0(algorithm, OBJ_nid2obj(nid), is_rsa(signer) ?
			       V_ASN1_NULL : V_ASN1_UNDEF, NULL);
}

static int sign_in_hsm(void *context, const struct hash *hash, uint8_t *sig,
		       size_t *sig_len)
{
	struct signer_hsm *s = context;

	return cryptech_sign(s->hsm, s->key.uuid, hash->digest, hash->value,
			     hash->len, sig, sig_len);
}

void signer_hsm_init(struct signer_hsm *s, struct cryptech *hsm,
		     const char *name)
{
	uint8_t spki[CRYPTECH_SPKI_MAX];
	const uint8_t *next = spki;
	size_t len = sizeof(spki);
	int ret;

	s->hsm = hsm;
	find_key(hsm, name, &s->key);
	ret = cryptech_key_public(hsm, s->key.uuid, spki, &len);
	if (ret)
		fail_call(hsm, ret, "cannot get the public key of %s", name);
	s->signer.public = d2i_PUBKEY(NULL, &next, len);
	if (!s->signer.public)
		fail_openssl("cannot read the public key of %s", name);
	s->signer.pss = s->key.flags & CRYPTECH_KEY_FLAG_PSS;
	s->signer.sign = sign_in_hsm;
	s->signer.context = s;
}

void signer_hsm_free(struct signer_hsm *s)
{
	EVP_PKEY_free(s->signer.public);
}

void signer_fail(struct signer_hsm *s, enum signer_result result, int error)
{
	if (result == SIGNER_CALL)
		fail_call(s->hsm, error, "cannot sign");
	if (result == SIGNER_KEY)
		fail(EXIT_FAILED, "this kind of key cannot sign this");
	fail(EXIT_FAILED, "the HSM's signature does not verify; nothing was "
	     "written");
}
