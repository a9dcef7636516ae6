// SPDX-License-Identifier: MIT
/*
 * Public keys of hash signatures. As SubjectPublicKeyInfo they come in two
 * forms, with one OID:
 *
 *	RFC 9708	SEQUENCE { SEQUENCE { OID }, BIT STRING { public key } }
 *	libhal		SEQUENCE { SEQUENCE { OID, NULL }, BIT STRING {
 *			SEQUENCE { INTEGER L, INTEGER lms, INTEGER lmots,
 *			OCTET STRING I, OCTET STRING T1 } } }
 *
 * public key: the bytes of RFC 8554. All lengths are below 128, and all
 * numbers too, so that each form of a public key is one string of bytes: what
 * comes in is compared with what would go out.
 */
#include "hashsig.h"

#define OID_SIZE	11
#define RFC_HEAD	20
#define LIBHAL_HEAD	24		/* up to and with the SEQUENCE's head */
/* L, lms, lmots; I; T1's head */
#define LIBHAL_FIELDS	(3 * 3 + 2 + CRYPTECH_LMS_I_SIZE + 2)

#define PUBLIC_HEAD	(3 * 4 + CRYPTECH_LMS_I_SIZE)	/* up to T1 */

/* tag, length; returns the place after them */
static uint8_t *put_head(uint8_t *p, uint8_t tag, size_t len)
{
	*p++ = tag;
	*p++ = (uint8_t)len;
	return p;
}

static uint8_t *put_bytes(uint8_t *p, uint8_t tag, const void *data,
			  size_t len)
{
	p = put_head(p, tag, len);
	memcpy(p, data, len);
	return p + len;
}

/* Everything up to the content of the BIT STRING, of @len bytes. */
static uint8_t *put_start(uint8_t *p, size_t len, bool null)
{
	size_t algorithm = 2 + OID_SIZE + (null ? 2 : 0);

	p = put_head(p, 0x30, 2 + algorithm + 3 + len);
	p = put_head(p, 0x30, algorithm);
	p = put_bytes(p, 0x06, CRYPTECH_HSS_OID, OID_SIZE);
	if (null)
		p = put_head(p, 0x05, 0);
	p = put_head(p, 0x03, 1 + len);
	*p++ = 0;	/* no unused bits */
	return p;
}

size_t hashsig_spki(const uint8_t *public, size_t len,
		    uint8_t spki[HASHSIG_SPKI_MAX])
{
	uint8_t *p = put_start(spki, len, false);

	memcpy(p, public, len);
	return p + len - spki;
}

size_t hashsig_spki_libhal(const uint8_t *public, size_t len,
			   uint8_t spki[HASHSIG_SPKI_MAX])
{
	size_t n = len - PUBLIC_HEAD;
	size_t fields = LIBHAL_FIELDS + n;
	uint8_t *p = put_start(spki, 2 + fields, true);

	p = put_head(p, 0x30, fields);
	/* L, lms, lmots: the last byte of each word has it all */
	for (unsigned int i = 0; i < 3; i++)
		p = put_bytes(p, 0x02, public + 4 * i + 3, 1);
	p = put_bytes(p, 0x04, public + 12, CRYPTECH_LMS_I_SIZE);
	p = put_bytes(p, 0x04, public + PUBLIC_HEAD, n);
	return p - spki;
}

/* What could be the public key in libhal's form, of n bytes a hash. */
static void from_libhal(const uint8_t *der, size_t n, uint8_t *public)
{
	const uint8_t *fields = der + LIBHAL_HEAD;

	memset(public, 0, 12);
	for (unsigned int i = 0; i < 3; i++)
		public[4 * i + 3] = fields[3 * i + 2];
	memcpy(public + 12, fields + 11, CRYPTECH_LMS_I_SIZE);
	memcpy(public + PUBLIC_HEAD, der + LIBHAL_HEAD + LIBHAL_FIELDS, n);
}

static int check_public(const uint8_t *public, size_t len)
{
	struct lms_public root;
	unsigned int levels;

	return hss_get_public(public, len, &levels, &root) ?
	       CRYPTECH_ERR_OK : CRYPTECH_ERR_UNSUPPORTED_KEY;
}

int hashsig_from_spki(const uint8_t *der, size_t der_len,
		      uint8_t public[CRYPTECH_HSS_PUBLIC_MAX], size_t *len)
{
	static const size_t sizes[] = { 32, 24 };
	uint8_t again[HASHSIG_SPKI_MAX];

	for (unsigned int i = 0; i < 2; i++) {
		size_t n = sizes[i];

		*len = PUBLIC_HEAD + n;
		if (der_len == RFC_HEAD + *len) {
			memcpy(public, der + RFC_HEAD, *len);
			hashsig_spki(public, *len, again);
		} else if (der_len == LIBHAL_HEAD + LIBHAL_FIELDS + n) {
			from_libhal(der, n, public);
			hashsig_spki_libhal(public, *len, again);
		} else {
			continue;
		}
		if (!memcmp(der, again, der_len))
			return check_public(public, *len);
	}
	return CRYPTECH_ERR_ASN1_PARSE_FAILED;
}

size_t hashsig_public(const struct key *key,
		      uint8_t public[CRYPTECH_HSS_PUBLIC_MAX])
{
	memcpy(public, key->spki + RFC_HEAD, key->spki_len - RFC_HEAD);
	return key->spki_len - RFC_HEAD;
}

static int verify(const uint8_t *public, size_t public_len,
		  const uint8_t *input, size_t len, const uint8_t *signature,
		  size_t signature_len)
{
	struct hss_verify *verify;
	int error;

	error = hss_verify_begin(&verify, public, public_len, signature,
				 signature_len);
	if (error)
		return error;
	error = hss_verify_update(verify, input, len);
	if (error) {
		hss_verify_abort(verify);
		return error;
	}
	return hss_verify_final(verify);
}

int hashsig_verify(struct call *call, const struct key *key,
		   const uint8_t *input, size_t len, const uint8_t *signature,
		   size_t signature_len)
{
	uint8_t public[CRYPTECH_HSS_PUBLIC_MAX];
	size_t public_len = hashsig_public(key, public);
	int error, gone;

	call_unlock(call);
	error = verify(public, public_len, input, len, signature,
		       signature_len);
	gone = call_relock(call);
	return error ? error : gone;
}
