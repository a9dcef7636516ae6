/* SPDX-License-Identifier: MIT */
/*
 * The two forms of an ECDSA signature: r || s in fixed width, as the HSM
 * speaks it, and DER (RFC 3279 section 2.2.3), as X.509, CMS and openssl do.
 */
#ifndef TOOL_ECDSA_H
#define TOOL_ECDSA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes of r, and of s, for a curve of @bits bits. */
static inline size_t ecdsa_width(unsigned int bits)
{
	return (bits + 7) / 8;
}

/*
 * @der gets the DER form of @raw, of twice @width bytes. @der_len: in, room;
 * out, length.
 */
bool ecdsa_to_der(const uint8_t *raw, size_t width, uint8_t *der,
		  size_t *der_len);

/*
 * @raw, twice @width bytes, from DER. False if it is not DER of exactly that
 * length with two numbers that fit.
 */
bool ecdsa_from_der(const uint8_t *der, size_t der_len, uint8_t *raw,
		    size_t width);

#endif /* TOOL_ECDSA_H */
