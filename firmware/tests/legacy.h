/* SPDX-License-Identifier: MIT */
/*
 * libhal's packages by libcrypto's own encoder: EncryptedPrivateKeyInfo with
 * an algorithm that has no parameters.
 */
#ifndef TESTS_LEGACY_H
#define TESTS_LEGACY_H

#include "plain.h"

/* SEQUENCE { SEQUENCE { OID }, OCTET STRING } */
static inline void envelope(int nid, const uint8_t *data, size_t len,
			    struct bytes *out)
{
	X509_SIG *sig = X509_SIG_new();
	X509_ALGOR *algorithm;
	ASN1_OCTET_STRING *octets;
	uint8_t *p = out->data;

	X509_SIG_getm(sig, &algorithm, &octets);
	X509_ALGOR_set0(algorithm, OBJ_nid2obj(nid), V_ASN1_UNDEF, NULL);
	ASN1_OCTET_STRING_set(octets, data, (int)len);
	out->len = i2d_X509_SIG(sig, &p);
	X509_SIG_free(sig);
}

/* Its content; false if it is none of this algorithm. */
static inline bool open_envelope(const struct bytes *in, int nid,
				 struct bytes *out)
{
	const uint8_t *p = in->data;
	X509_SIG *sig = d2i_X509_SIG(NULL, &p, (long)in->len);
	const ASN1_OCTET_STRING *octets;
	const X509_ALGOR *algorithm;
	const ASN1_OBJECT *oid;
	bool good;
	int kind;

	if (!sig || p != in->data + in->len)
		return false;
	X509_SIG_get0(sig, &algorithm, &octets);
	X509_ALGOR_get0(&oid, &kind, NULL, algorithm);
	good = OBJ_obj2nid(oid) == nid && kind == V_ASN1_UNDEF;
	out->len = ASN1_STRING_length(octets);
	memcpy(out->data, ASN1_STRING_get0_data(octets), out->len);
	X509_SIG_free(sig);
	return good;
}

#endif /* TESTS_LEGACY_H */
