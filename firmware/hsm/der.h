/* SPDX-License-Identifier: MIT */
/*
 * DER (X.690), as much of it as libhal's packages need: elements of less than
 * 65,536 bytes, one behind the other, and small numbers.
 */
#ifndef HSM_DER_H
#define HSM_DER_H

#include <cryptech/xdr.h>

#define DER_INTEGER	0x02
#define DER_OCTETS	0x04
#define DER_NULL	0x05
#define DER_OID		0x06
#define DER_SEQUENCE	0x30

static inline size_t der_head_size(size_t len)
{
	return len < 0x80 ? 2 : len < 0x100 ? 3 : 4;
}

/* These return the place after what they put. */
static inline uint8_t *der_put_head(uint8_t *p, uint8_t tag, size_t len)
{
	size_t size = der_head_size(len);

	*p++ = tag;
	if (size > 2)
		*p++ = (uint8_t)(0x80 + size - 2);
	if (size > 3)
		*p++ = (uint8_t)(len >> 8);
	*p++ = (uint8_t)len;
	return p;
}

static inline uint8_t *der_put(uint8_t *p, uint8_t tag, const void *data,
			       size_t len)
{
	p = der_put_head(p, tag, len);
	memcpy(p, data, len);
	return p + len;
}

static inline uint8_t *der_put_number(uint8_t *p, uint32_t value)
{
	const uint8_t bytes[5] = { 0, (uint8_t)(value >> 24),
				   (uint8_t)(value >> 16),
				   (uint8_t)(value >> 8), (uint8_t)value };
	size_t skip = 0;

	/* the shortest form that is not negative */
	while (skip < 4 && !bytes[skip] && bytes[skip + 1] < 0x80)
		skip++;
	return der_put(p, DER_INTEGER, bytes + skip, sizeof(bytes) - skip);
}

/* The content of the next element, which has to be of this tag. */
static inline const uint8_t *der_get(struct xdr_reader *r, uint8_t tag,
				     size_t *len)
{
	const uint8_t *head = xdr_get_raw(r, 2);
	size_t n = 0;

	*len = 0;
	if (!head || head[0] != tag) {
		r->bad = true;
		return NULL;
	}
	*len = head[1];
	if (*len == 0x81 || *len == 0x82) {
		n = *len - 0x80;
		head = xdr_get_raw(r, n);
		*len = head ? head[0] : 0;
		if (head && n == 2)
			*len = *len << 8 | head[1];
	}
	/* the shortest form is the only one */
	if (der_head_size(*len) != 2 + n)
		r->bad = true;
	return xdr_get_raw(r, *len);
}

/* Go on with its content alone. */
static inline void der_enter(struct xdr_reader *r, uint8_t tag)
{
	struct xdr_reader rest = *r;
	size_t len;
	const uint8_t *content = der_get(&rest, tag, &len);

	if (content && !rest.bad)
		xdr_reader_init(r, content, len);
	else
		r->bad = true;
}

/* ... which is all there is. */
static inline void der_enter_whole(struct xdr_reader *r, uint8_t tag)
{
	const uint8_t *end = r->end;

	der_enter(r, tag);
	if (!r->bad && r->end != end)
		r->bad = true;
}

static inline uint32_t der_get_number(struct xdr_reader *r)
{
	size_t len;
	const uint8_t *bytes = der_get(r, DER_INTEGER, &len);
	uint32_t value = 0;

	if (!bytes || !len || len > 5 || bytes[0] >= 0x80 ||
	    (len > 1 && !bytes[0] && bytes[1] < 0x80) ||
	    (len == 5 && bytes[0])) {
		r->bad = true;
		return 0;
	}
	while (len--)
		value = value << 8 | *bytes++;
	return value;
}

#endif /* HSM_DER_H */
