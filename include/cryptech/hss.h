/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * HSS/LMS signatures (RFC 8554; sets with n = 24: RFC 9858): the parameter
 * sets, the sizes that follow from them, and where the parts of a signature
 * are. SHA-256 alone; SHAKE's typecodes are unknown here.
 *
 *	HSS public key	u32 L | LMS public key
 *	LMS public key	u32 lms type | u32 lmots type | I[16] | T1[n]
 *	HSS signature	u32 L - 1 | (L - 1) * (LMS signature | LMS public key) |
 *			LMS signature
 *	LMS signature	u32 q | u32 lmots type | C[n] | y[p * n] |
 *			u32 lms type | path[h * n]
 *
 * All numbers are big endian. Shared by firmware, driver and userspace:
 * nothing here allocates, locks or sleeps.
 */
#ifndef CRYPTECH_HSS_H
#define CRYPTECH_HSS_H

#include <cryptech/xdr.h>

/* LMS: L(typecode, NAME, n, h) */
#define CRYPTECH_LMS_TYPES(L)						       \
L(0x05, SHA256_M32_H5,  32, 5)						       \
L(0x06, SHA256_M32_H10, 32, 10)						       \
L(0x07, SHA256_M32_H15, 32, 15)						       \
L(0x08, SHA256_M32_H20, 32, 20)						       \
L(0x09, SHA256_M32_H25, 32, 25)						       \
L(0x0a, SHA256_M24_H5,  24, 5)						       \
L(0x0b, SHA256_M24_H10, 24, 10)						       \
L(0x0c, SHA256_M24_H15, 24, 15)						       \
L(0x0d, SHA256_M24_H20, 24, 20)						       \
L(0x0e, SHA256_M24_H25, 24, 25)

/* LM-OTS: O(typecode, NAME, n, w, p, ls) */
#define CRYPTECH_LMOTS_TYPES(O)						       \
O(0x01, SHA256_N32_W1, 32, 1, 265, 7)					       \
O(0x02, SHA256_N32_W2, 32, 2, 133, 6)					       \
O(0x03, SHA256_N32_W4, 32, 4, 67, 4)					       \
O(0x04, SHA256_N32_W8, 32, 8, 34, 0)					       \
O(0x05, SHA256_N24_W1, 24, 1, 200, 8)					       \
O(0x06, SHA256_N24_W2, 24, 2, 101, 6)					       \
O(0x07, SHA256_N24_W4, 24, 4, 51, 4)					       \
O(0x08, SHA256_N24_W8, 24, 8, 26, 0)

/*
 * Trees of 4 and 8 leaves, and four chains of two values, which sign next to
 * nothing: for tests that try every state of a key. Never in a product.
 */
#ifdef LMS_TEST_HEIGHTS
#define CRYPTECH_LMS_TEST_TYPES(L)					       \
L(0xf2, TEST_M24_H2, 24, 2)						       \
L(0xf3, TEST_M24_H3, 24, 3)
#define CRYPTECH_LMOTS_TEST_TYPES(O)					       \
O(0xf1, TEST_N24_W1, 24, 1, 4, 8)
#else
#define CRYPTECH_LMS_TEST_TYPES(L)
#define CRYPTECH_LMOTS_TEST_TYPES(O)
#endif

#define CRYPTECH_LMS_N_MAX		32
#define CRYPTECH_LMS_I_SIZE		16
#define CRYPTECH_LMS_H_MAX		25
#define CRYPTECH_LMOTS_P_MAX		265
#define CRYPTECH_HSS_LEVELS_MAX		8
/* LMS public key with n = 32 */
#define CRYPTECH_LMS_PUBLIC_MAX		56
#define CRYPTECH_HSS_PUBLIC_MAX		60
/* The longest signature that fits every message of the RPC protocol. */
#define CRYPTECH_HSS_SIGNATURE_MAX	16352

/* id-alg-hss-lms-hashsig, 1.2.840.113549.1.9.16.3.17 (RFC 9708), its content */
#define CRYPTECH_HSS_OID \
	"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x03\x11"

/* Domain separators, RFC 8554, 3.1.3 and 4. */
#define CRYPTECH_LMS_D_PBLC	0x8080
#define CRYPTECH_LMS_D_MESG	0x8181
#define CRYPTECH_LMS_D_LEAF	0x8282
#define CRYPTECH_LMS_D_INTR	0x8383

/* One level's set. All in bytes or counts; w in bits. */
struct lms_params {
	uint32_t lms;
	uint32_t lmots;
	unsigned int n;		/* bytes of a hash */
	unsigned int h;		/* height of the tree */
	unsigned int w;		/* bits of a digit */
	unsigned int p;		/* chains */
	unsigned int ls;	/* left shift of the checksum */
};

/* False: unknown typecodes, or n not the same in both. */
static inline bool lms_params(struct lms_params *params, uint32_t lms,
			      uint32_t lmots)
{
	unsigned int n = 0;

	params->lms = lms;
	params->lmots = lmots;
	switch (lms) {
#define CRYPTECH_L(code, name, n_, h_)					       \
	case code:							       \
		n = n_;							       \
		params->h = h_;						       \
		break;
	CRYPTECH_LMS_TYPES(CRYPTECH_L)
	CRYPTECH_LMS_TEST_TYPES(CRYPTECH_L)
#undef CRYPTECH_L
	default:
		return false;
	}
	switch (lmots) {
#define CRYPTECH_O(code, name, n_, w_, p_, ls_)				       \
	case code:							       \
		params->n = n_;						       \
		params->w = w_;						       \
		params->p = p_;						       \
		params->ls = ls_;					       \
		break;
	CRYPTECH_LMOTS_TYPES(CRYPTECH_O)
	CRYPTECH_LMOTS_TEST_TYPES(CRYPTECH_O)
#undef CRYPTECH_O
	default:
		return false;
	}
	return params->n == n;
}

/* By height, digit and n; false: there is no such set. */
static inline bool lms_params_of(struct lms_params *params, unsigned int n,
				 unsigned int h, unsigned int w)
{
	uint32_t lms = 0, lmots = 0;

#define CRYPTECH_L(code, name, n_, h_)					       \
	if (n == n_ && h == h_)						       \
		lms = code;
	CRYPTECH_LMS_TYPES(CRYPTECH_L)
#undef CRYPTECH_L
#define CRYPTECH_O(code, name, n_, w_, p_, ls_)				       \
	if (n == n_ && w == w_)						       \
		lmots = code;
	CRYPTECH_LMOTS_TYPES(CRYPTECH_O)
#undef CRYPTECH_O
	return lms_params(params, lms, lmots);
}

/* One or two digits at *@text, which moves on; 0: there is no number. */
static inline unsigned int hss_parse_number(const char **text)
{
	unsigned int value = 0, digits;

	for (digits = 0; digits < 2 && **text >= '0' && **text <= '9'; digits++)
		value = value * 10 + (unsigned int)(*(*text)++ - '0');
	return value;
}

/*
 * The sets of a key's levels as people write them, root first: "H/W" with n =
 * 32, which may be said ("H/W/32"), or "H/W/24", with commas between levels and
 * nothing else, as in "10/4,10/4". False: malformed, or a set that there is not.
 */
static inline bool hss_parse(const char *text, unsigned int *levels,
			     struct lms_params *params)
{
	unsigned int n, h, w, i = 0;

	for (;;) {
		n = 32;
		h = hss_parse_number(&text);
		if (*text++ != '/')
			return false;
		w = hss_parse_number(&text);
		if (*text == '/') {
			text++;
			n = hss_parse_number(&text);
		}
		if (i == CRYPTECH_HSS_LEVELS_MAX ||
		    !lms_params_of(&params[i++], n, h, w))
			return false;
		*levels = i;
		if (!*text)
			return true;
		if (*text++ != ',')
			return false;
	}
}

static inline size_t lms_public_size(const struct lms_params *params)
{
	return 4 + 4 + CRYPTECH_LMS_I_SIZE + params->n;
}

static inline size_t lmots_signature_size(const struct lms_params *params)
{
	return 4 + (size_t)params->n * (1 + params->p);
}

static inline size_t lms_signature_size(const struct lms_params *params)
{
	return 4 + lmots_signature_size(params) + 4 +
	       (size_t)params->n * params->h;
}

/* Of an HSS signature by @levels levels of these sets. */
static inline size_t hss_signature_size(const struct lms_params *params,
					unsigned int levels)
{
	size_t size = 4;
	unsigned int i;

	for (i = 0; i < levels; i++) {
		size += lms_signature_size(&params[i]);
		if (i > 0)
			size += lms_public_size(&params[i]);
	}
	return size;
}

/* An LMS public key and where its parts are. */
struct lms_public {
	struct lms_params params;
	const uint8_t *bytes;	/* lms_public_size() of them */
	const uint8_t *id;	/* I, in bytes */
	const uint8_t *root;	/* T1, in bytes */
};

/* An LMS signature and where its parts are. */
struct lms_signature {
	uint32_t q;		/* below 2^h */
	const uint8_t *c;	/* n bytes */
	const uint8_t *y;	/* p * n */
	const uint8_t *path;	/* h * n, the leaf's sibling first */
};

/* One step of verification: @signature over the next level's public key's
 * bytes, or over the message, by @key. */
struct hss_step {
	struct lms_public key;
	struct lms_signature signature;
};

static inline bool lms_get_public(struct xdr_reader *r, struct lms_public *key)
{
	uint32_t lms, lmots;

	key->bytes = r->next;
	lms = xdr_get_u32(r);
	lmots = xdr_get_u32(r);
	if (r->bad || !lms_params(&key->params, lms, lmots))
		return false;
	key->id = xdr_get_raw(r, CRYPTECH_LMS_I_SIZE);
	key->root = xdr_get_raw(r, key->params.n);
	return !r->bad;
}

/* RFC 8554, 5.4: the types have to be those of the key. */
static inline bool lms_get_signature(struct xdr_reader *r,
				     const struct lms_params *params,
				     struct lms_signature *signature)
{
	size_t n = params->n;

	signature->q = xdr_get_u32(r);
	if (xdr_get_u32(r) != params->lmots)
		return false;
	signature->c = xdr_get_raw(r, n);
	signature->y = xdr_get_raw(r, n * params->p);
	if (xdr_get_u32(r) != params->lms)
		return false;
	signature->path = xdr_get_raw(r, n * params->h);
	return !r->bad && signature->q >> params->h == 0;
}

/*
 * Take an HSS public key, wholly: *@levels and the root's LMS public key.
 * False if it is malformed or of an unknown set.
 */
static inline bool hss_get_public(const uint8_t *public, size_t len,
				  unsigned int *levels, struct lms_public *key)
{
	struct xdr_reader r;

	xdr_reader_init(&r, public, len);
	*levels = xdr_get_u32(&r);
	return !r.bad && *levels >= 1 && *levels <= CRYPTECH_HSS_LEVELS_MAX &&
	       lms_get_public(&r, key) && xdr_left(&r) == 0;
}

/*
 * Take apart the signature of a key with @levels levels (RFC 8554, 6.3): one
 * step a level, root first. *@used: bytes that it takes; whether bytes may
 * follow it is the caller's rule. False if it is malformed.
 */
static inline bool hss_get_signature(const uint8_t *signature, size_t len,
				     unsigned int levels,
				     const struct lms_public *root,
				     struct hss_step *steps, size_t *used)
{
	struct xdr_reader r;
	unsigned int i;

	xdr_reader_init(&r, signature, len);
	if (xdr_get_u32(&r) != levels - 1 || r.bad)
		return false;
	steps[0].key = *root;
	for (i = 0; i < levels; i++) {
		if (!lms_get_signature(&r, &steps[i].key.params,
				       &steps[i].signature))
			return false;
		if (i + 1 < levels && !lms_get_public(&r, &steps[i + 1].key))
			return false;
	}
	*used = r.next - signature;
	return true;
}

#endif /* CRYPTECH_HSS_H */
