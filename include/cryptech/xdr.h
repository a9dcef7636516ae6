/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * XDR (RFC 4506), as much of it as the RPC protocol needs: unsigned integers
 * of 32 and 64 bits and variable-length opaque data.
 *
 * One bounded cursor reads and one writes. Both are sticky: once something
 * did not fit, `bad` stays set, reads give zeros and writes do nothing, so a
 * caller checks once, at the end. Neither allocates, locks or sleeps.
 */
#ifndef CRYPTECH_XDR_H
#define CRYPTECH_XDR_H

#ifdef __KERNEL__
#include <linux/string.h>
#include <linux/types.h>
#else
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#endif

struct xdr_reader {
	const uint8_t *next;
	const uint8_t *end;
	bool bad;
};

struct xdr_writer {
	uint8_t *start;
	uint8_t *next;
	uint8_t *end;
	bool bad;
};

/* @data may be NULL if @len is 0. */
static inline void xdr_reader_init(struct xdr_reader *r, const void *data,
				   size_t len)
{
	r->next = data;
	/* C knows no NULL + 0 */
	r->end = len ? r->next + len : r->next;
	r->bad = false;
}

/* Bytes not read yet. */
static inline size_t xdr_left(const struct xdr_reader *r)
{
	return r->end - r->next;
}

/* The next @len bytes as they stand, or NULL. */
static inline const uint8_t *xdr_get_raw(struct xdr_reader *r, size_t len)
{
	const uint8_t *p = r->next;

	if (r->bad || xdr_left(r) < len) {
		r->bad = true;
		return NULL;
	}
	r->next += len;
	return p;
}

static inline uint32_t xdr_get_u32(struct xdr_reader *r)
{
	const uint8_t *p = xdr_get_raw(r, 4);

	if (!p)
		return 0;
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	       (uint32_t)p[2] << 8 | p[3];
}

static inline uint64_t xdr_get_u64(struct xdr_reader *r)
{
	uint64_t high = xdr_get_u32(r);

	return high << 32 | xdr_get_u32(r);
}

/*
 * Opaque data: a pointer into the message, its length in @len, the padding
 * skipped (its content is not looked at). NULL and 0 if it does not fit.
 */
static inline const uint8_t *xdr_get_opaque(struct xdr_reader *r, size_t *len)
{
	uint32_t n = xdr_get_u32(r);
	const uint8_t *p = xdr_get_raw(r, n);

	if (p)
		xdr_get_raw(r, -n & 3);
	*len = r->bad ? 0 : n;
	return r->bad ? NULL : p;
}

/* True if everything fitted and nothing is left over. */
static inline bool xdr_reader_done(const struct xdr_reader *r)
{
	return !r->bad && r->next == r->end;
}

static inline void xdr_writer_init(struct xdr_writer *w, void *data,
				   size_t size)
{
	w->start = data;
	w->next = w->start;
	w->end = w->start + size;
	w->bad = false;
}

static inline size_t xdr_written(const struct xdr_writer *w)
{
	return w->next - w->start;
}

static inline size_t xdr_room(const struct xdr_writer *w)
{
	return w->bad ? 0 : w->end - w->next;
}

/* Room for @len bytes that the caller fills, or NULL. */
static inline uint8_t *xdr_put_raw(struct xdr_writer *w, size_t len)
{
	uint8_t *p = w->next;

	if (w->bad || (size_t)(w->end - w->next) < len) {
		w->bad = true;
		return NULL;
	}
	w->next += len;
	return p;
}

static inline void xdr_put_u32(struct xdr_writer *w, uint32_t value)
{
	const uint8_t bytes[4] = {
		value >> 24, value >> 16 & 0xff, value >> 8 & 0xff,
		value & 0xff,
	};
	uint8_t *p = xdr_put_raw(w, 4);

	if (p)
		memcpy(p, bytes, 4);
}

static inline void xdr_put_u64(struct xdr_writer *w, uint64_t value)
{
	xdr_put_u32(w, value >> 32);
	xdr_put_u32(w, (uint32_t)value);
}

/* Room for opaque data of @len bytes: length and padding are written. */
static inline uint8_t *xdr_put_opaque_room(struct xdr_writer *w, size_t len)
{
	size_t pad = -len & 3;
	uint8_t *p;

	if (w->bad || xdr_room(w) < 4 || xdr_room(w) - 4 < len ||
	    xdr_room(w) - 4 - len < pad) {
		w->bad = true;
		return NULL;
	}
	xdr_put_u32(w, (uint32_t)len);
	p = xdr_put_raw(w, len + pad);
	if (p)
		memset(p + len, 0, pad);
	return p;
}

static inline void xdr_put_opaque(struct xdr_writer *w, const void *data,
				  size_t len)
{
	uint8_t *p = xdr_put_opaque_room(w, len);

	if (p && len)
		memcpy(p, data, len);
}

#endif /* CRYPTECH_XDR_H */
