// SPDX-License-Identifier: MIT
#include <string.h>

#include <openssl/bn.h>
#include <openssl/ec.h>

#include "ecdsa.h"

bool ecdsa_to_der(const uint8_t *raw, size_t width, uint8_t *der,
		  size_t *der_len)
{
	BIGNUM *r = BN_bin2bn(raw, width, NULL);
	BIGNUM *s = BN_bin2bn(raw + width, width, NULL);
	ECDSA_SIG *sig = ECDSA_SIG_new();
	bool good = false;
	int len;

	if (!r || !s || !sig || !ECDSA_SIG_set0(sig, r, s))
		goto out;
	r = NULL;	/* the signature's now */
	s = NULL;
	len = i2d_ECDSA_SIG(sig, NULL);
	if (len > 0 && (size_t)len <= *der_len) {
		*der_len = i2d_ECDSA_SIG(sig, &der);
		good = true;
	}
out:
	BN_free(r);
	BN_free(s);
	ECDSA_SIG_free(sig);
	return good;
}

bool ecdsa_from_der(const uint8_t *der, size_t der_len, uint8_t *raw,
		    size_t width)
{
	const uint8_t *next = der;
	ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &next, der_len);
	uint8_t *again = NULL;
	bool good = false;
	int len;

	if (!sig)
		return false;
	/* Only the one DER form: no trailing bytes, no other encodings. */
	len = i2d_ECDSA_SIG(sig, &again);
	if (len > 0 && (size_t)len == der_len && !memcmp(again, der, len) &&
	    BN_bn2binpad(ECDSA_SIG_get0_r(sig), raw, width) >= 0 &&
	    BN_bn2binpad(ECDSA_SIG_get0_s(sig), raw + width, width) >= 0 &&
	    !BN_is_negative(ECDSA_SIG_get0_r(sig)) &&
	    !BN_is_negative(ECDSA_SIG_get0_s(sig)))
		good = true;
	OPENSSL_free(again);
	ECDSA_SIG_free(sig);
	return good;
}
