// SPDX-License-Identifier: GPL-2.0
/*
 * The little DER that keys need. Reading goes through the bounded cursor of
 * xdr.h; lengths are definite and minimal, at most two bytes of them.
 */
#include <linux/errno.h>

#include <cryptech/hss.h>
#include <cryptech/rpc.h>
#include <cryptech/xdr.h>

#include "keyder.h"

#define DER_INTEGER	0x02
#define DER_BIT_STRING	0x03
#define DER_NULL	0x05
#define DER_OID		0x06
#define DER_SEQUENCE	0x30

#define RSA_BITS_MIN	512	/* no room for a padded hash below */

static u8 der_get_u8(struct xdr_reader *r)
{
	const u8 *p = xdr_get_raw(r, 1);

	return p ? *p : 0;
}

static size_t der_get_length(struct xdr_reader *r)
{
	size_t len = der_get_u8(r);

	switch (len) {
	case 0x00 ... 0x7f:
		return len;
	case 0x81:
		len = der_get_u8(r);
		r->bad |= len < 0x80;
		return len;
	case 0x82:
		len = der_get_u8(r) << 8;
		len |= der_get_u8(r);
		r->bad |= len < 0x100;
		return len;
	default:
		r->bad = true;
		return 0;
	}
}

/* Read one element of type @tag; @content is a cursor over what is in it. */
static void der_get(struct xdr_reader *r, u8 tag, struct xdr_reader *content)
{
	size_t len = 0;
	const u8 *p;

	if (der_get_u8(r) != tag)
		r->bad = true;
	else
		len = der_get_length(r);
	p = xdr_get_raw(r, len);
	xdr_reader_init(content, p, p ? len : 0);
	content->bad = !p;
}

static bool der_next_is(const struct xdr_reader *content, const void *bytes,
			size_t len)
{
	return !content->bad && xdr_left(content) == len &&
	       !memcmp(content->next, bytes, len);
}

/* Read a positive INTEGER; @content loses the leading zero, if it has one. */
static void der_get_positive(struct xdr_reader *r, struct xdr_reader *content)
{
	const u8 *p;

	der_get(r, DER_INTEGER, content);
	p = content->next;
	if (content->bad || !xdr_left(content) || p[0] & 0x80)
		goto bad;
	if (xdr_left(content) > 1 && !p[0]) {
		if (!(p[1] & 0x80))
			goto bad;
		content->next++;
	}
	return;

bad:
	r->bad = true;
	content->bad = true;
}

static const u8 oid_rsa[] = {		/* 1.2.840.113549.1.1.1 */
	0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01,
};

static const u8 oid_ec[] = {		/* 1.2.840.10045.2.1 */
	0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01,
};

static const u8 oid_p256[] = {		/* 1.2.840.10045.3.1.7 */
	0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07,
};

static const u8 oid_p384[] = {		/* 1.3.132.0.34 */
	0x2b, 0x81, 0x04, 0x00, 0x22,
};

static const u8 oid_p521[] = {		/* 1.3.132.0.35 */
	0x2b, 0x81, 0x04, 0x00, 0x23,
};

static const u8 oid_hss[] = CRYPTECH_HSS_OID;

static int parse_rsa(struct xdr_reader *params, struct cryptech_spki *spki)
{
	struct xdr_reader r, seq, null, n, e;
	size_t bits;
	u8 top;

	der_get(params, DER_NULL, &null);
	if (!xdr_reader_done(params) || !xdr_reader_done(&null))
		return -EBADMSG;
	xdr_reader_init(&r, spki->key, spki->key_len);
	der_get(&r, DER_SEQUENCE, &seq);
	der_get_positive(&seq, &n);
	der_get_positive(&seq, &e);
	if (!xdr_reader_done(&r) || !xdr_reader_done(&seq))
		return -EBADMSG;

	bits = xdr_left(&n) * 8;
	for (top = n.next[0]; bits && !(top & 0x80); top <<= 1)
		bits--;
	if (bits < RSA_BITS_MIN || bits > 0xffff)
		return -ENOPKG;
	spki->type = CRYPTECH_KEY_FAMILY_RSA << 16 | bits;
	return 0;
}

static int parse_ec(struct xdr_reader *params, struct cryptech_spki *spki)
{
	struct xdr_reader curve;

	der_get(params, DER_OID, &curve);
	if (!xdr_reader_done(params))
		return -EBADMSG;
	if (der_next_is(&curve, oid_p256, sizeof(oid_p256)))
		spki->type = CRYPTECH_KEY_EC_P256;
	else if (der_next_is(&curve, oid_p384, sizeof(oid_p384)))
		spki->type = CRYPTECH_KEY_EC_P384;
	else if (der_next_is(&curve, oid_p521, sizeof(oid_p521)))
		spki->type = CRYPTECH_KEY_EC_P521;
	else
		return -ENOPKG;

	if (spki->key_len !=
	    1 + 2 * cryptech_ec_field(CRYPTECH_KEY_BITS(spki->type)) ||
	    spki->key[0] != 4)
		return -EBADMSG;
	return 0;
}

/* RFC 9708: no parameters, and the key as it is in RFC 8554. */
static int parse_hss(struct xdr_reader *params, struct cryptech_spki *spki)
{
	struct lms_public root;
	unsigned int levels;

	if (!xdr_reader_done(params))
		return -EBADMSG;
	if (!hss_get_public(spki->key, spki->key_len, &levels, &root))
		return -ENOPKG;
	spki->type = CRYPTECH_KEY_HSS;
	return 0;
}

int cryptech_spki_parse(const u8 *der, size_t len, struct cryptech_spki *spki)
{
	struct xdr_reader r, seq, algorithm, oid, bits;

	xdr_reader_init(&r, der, len);
	der_get(&r, DER_SEQUENCE, &seq);
	der_get(&seq, DER_SEQUENCE, &algorithm);
	der_get(&algorithm, DER_OID, &oid);
	der_get(&seq, DER_BIT_STRING, &bits);
	if (!xdr_reader_done(&r) || !xdr_reader_done(&seq) || oid.bad)
		return -EBADMSG;
	/* the count of unused bits, which both keys fill up to the last */
	if (der_get_u8(&bits) || bits.bad || !xdr_left(&bits))
		return -EBADMSG;
	spki->algorithm = oid.next;
	spki->algorithm_len = xdr_left(&oid);
	spki->key = bits.next;
	spki->key_len = xdr_left(&bits);

	if (der_next_is(&oid, oid_rsa, sizeof(oid_rsa)))
		return parse_rsa(&algorithm, spki);
	if (der_next_is(&oid, oid_ec, sizeof(oid_ec)))
		return parse_ec(&algorithm, spki);
	if (der_next_is(&oid, oid_hss, sizeof(oid_hss) - 1))
		return parse_hss(&algorithm, spki);
	return -ENOPKG;
}

/* Bytes of a header for @len bytes of content; @len is below 256 here. */
static size_t der_header(size_t len)
{
	return len < 0x80 ? 2 : 3;
}

size_t cryptech_ec_der_max(u32 bits)
{
	/* one more than full bytes need: the sign bit of an INTEGER */
	size_t integer = bits / 8 + 1;
	size_t content = 2 * (der_header(integer) + integer);

	return der_header(content) + content;
}

/* The INTEGER's content of @value: no leading zeros but for the sign bit. */
static size_t integer_length(const u8 *value, size_t field)
{
	while (field > 1 && !*value) {
		value++;
		field--;
	}
	return field + !!(*value & 0x80);
}

static void put_header(struct xdr_writer *w, u8 tag, size_t len)
{
	u8 *p = xdr_put_raw(w, der_header(len));

	if (!p)
		return;
	*p++ = tag;
	if (len >= 0x80)
		*p++ = 0x81;
	*p = len;
}

static void put_integer(struct xdr_writer *w, const u8 *value, size_t field)
{
	size_t len = integer_length(value, field);
	u8 *p;

	put_header(w, DER_INTEGER, len);
	p = xdr_put_raw(w, len);
	if (!p)
		return;
	if (len > field) {
		*p++ = 0;
		len = field;
	}
	memcpy(p, value + field - len, len);
}

int cryptech_ec_raw_to_der(const u8 *raw, size_t field, u8 *der, size_t size)
{
	size_t r = integer_length(raw, field);
	size_t s = integer_length(raw + field, field);
	struct xdr_writer w;

	xdr_writer_init(&w, der, size);
	put_header(&w, DER_SEQUENCE, der_header(r) + r + der_header(s) + s);
	put_integer(&w, raw, field);
	put_integer(&w, raw + field, field);
	return w.bad ? -EOVERFLOW : (int)xdr_written(&w);
}

static bool get_field(struct xdr_reader *r, u8 *value, size_t field)
{
	struct xdr_reader integer;
	size_t len;

	der_get_positive(r, &integer);
	len = xdr_left(&integer);
	if (integer.bad || len > field)
		return false;
	memset(value, 0, field - len);
	memcpy(value + field - len, integer.next, len);
	return true;
}

int cryptech_ec_der_to_raw(const u8 *der, size_t len, bool trailing,
			   u8 *raw, size_t field)
{
	struct xdr_reader r, seq;

	xdr_reader_init(&r, der, len);
	der_get(&r, DER_SEQUENCE, &seq);
	if (!get_field(&seq, raw, field) ||
	    !get_field(&seq, raw + field, field) || !xdr_reader_done(&seq))
		return -EBADMSG;
	if (!trailing && !xdr_reader_done(&r))
		return -EBADMSG;
	return r.next - der;
}
