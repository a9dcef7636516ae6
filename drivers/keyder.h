/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The little DER that keys need: public halves and ECDSA signatures.
 *
 * Nothing here allocates, sleeps or keeps what it was given, and nothing
 * depends on the kernel but <linux/types.h>, so that the same file is tested
 * against OpenSSL in a program.
 */
#ifndef CRYPTECH_KEYDER_H
#define CRYPTECH_KEYDER_H

#include <linux/types.h>

/* The longest field of a supported curve in bytes: P-521. */
#define CRYPTECH_EC_FIELD_MAX	66
#define CRYPTECH_EC_RAW_MAX	(2 * CRYPTECH_EC_FIELD_MAX)
#define CRYPTECH_EC_DER_MAX	139

/**
 * struct cryptech_spki - what a SubjectPublicKeyInfo says
 * @type: family and bits as in CRYPTECH_KEY_TYPES; every RSA size has one
 * @algorithm: the content of the algorithm's OBJECT IDENTIFIER
 * @algorithm_len: its length in bytes
 * @key: the content of the BIT STRING: a DER RSAPublicKey (RFC 8017, A.1.1),
 *	an uncompressed point (SEC 1, 2.3.3) or an HSS public key (RFC 8554)
 * @key_len: its length in bytes
 *
 * The pointers point into what was parsed.
 */
struct cryptech_spki {
	u32 type;
	const u8 *algorithm;
	size_t algorithm_len;
	const u8 *key;
	size_t key_len;
};

/**
 * cryptech_spki_parse() - Parse the public half of a key
 * @der: a SubjectPublicKeyInfo (RFC 5280, 4.1; RFC 3279, 2.3.1; RFC 5480, 2.1;
 *	RFC 9708, 4)
 * @len: its length; trailing bytes are refused
 * @spki: what it says, filled in on success
 *
 * Only strict DER with named curves and uncompressed points is taken.
 *
 * Return: 0, -EBADMSG if it is not well-formed, -ENOPKG if it is of an
 * algorithm or curve that is not supported.
 */
int cryptech_spki_parse(const u8 *der, size_t len, struct cryptech_spki *spki);

/** cryptech_ec_field() - Bytes of a field element of the curve of @bits bits */
static inline size_t cryptech_ec_field(u32 bits)
{
	return (bits + 7) / 8;
}

/**
 * cryptech_ec_der_max() - The longest DER signature of a curve
 * @bits: of the curve's order
 *
 * Return: bytes that an ECDSA-Sig-Value of it can have.
 */
size_t cryptech_ec_der_max(u32 bits);

/**
 * cryptech_ec_raw_to_der() - Encode a signature as ECDSA-Sig-Value
 * @raw: r || s, each of @field bytes, big endian
 * @field: at most CRYPTECH_EC_FIELD_MAX
 * @der: where to (RFC 3279, 2.2.3)
 * @size: room there
 *
 * Return: the length, or -EOVERFLOW.
 */
int cryptech_ec_raw_to_der(const u8 *raw, size_t field, u8 *der, size_t size);

/**
 * cryptech_ec_der_to_raw() - Decode an ECDSA-Sig-Value
 * @der: strict DER
 * @len: bytes there
 * @trailing: whether bytes after the value are ignored, or refused
 * @raw: where r || s go, each of @field bytes, big endian
 * @field: at most CRYPTECH_EC_FIELD_MAX
 *
 * Return: the length of the value in @der, or -EBADMSG; then @raw is
 * undefined.
 */
int cryptech_ec_der_to_raw(const u8 *der, size_t len, bool trailing,
			   u8 *raw, size_t field);

#endif /* CRYPTECH_KEYDER_H */
