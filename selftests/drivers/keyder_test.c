// SPDX-License-Identifier: MIT
/*
 * The drivers' DER against OpenSSL's: every public half and every signature
 * that OpenSSL makes is taken, means the same, and comes back the same; what
 * is not strict DER is refused.
 */
#include <errno.h>
#include <stdint.h>

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "../../firmware/tests/tap.h"

/* the kernel's words, so that the file itself is what is tested */
typedef uint8_t u8;
typedef uint32_t u32;

#include "../../drivers/keyder.c"

static const struct {
	const char *name;
	u32 type;
	size_t field;
	size_t der_max;		/* RFC 3279, by hand */
} curves[] = {
	{ "P-256", CRYPTECH_KEY_EC_P256, 32, 72 },
	{ "P-384", CRYPTECH_KEY_EC_P384, 48, 104 },
	{ "P-521", CRYPTECH_KEY_EC_P521, 66, 139 },
};

#define CURVES (sizeof(curves) / sizeof(curves[0]))

/* A public half in a buffer of exactly its size, so that ASan sees the end. */
struct spki {
	u8 *der;
	size_t len;
};

static struct spki spki_of(EVP_PKEY *pkey)
{
	struct spki s = { NULL, 0 };
	u8 *der = NULL;
	int len = i2d_PUBKEY(pkey, &der);

	if (len > 0) {
		s.len = len;
		s.der = malloc(len);
		memcpy(s.der, der, len);
	}
	OPENSSL_free(der);
	EVP_PKEY_free(pkey);
	return s;
}

static int parse(const u8 *der, size_t len, struct cryptech_spki *spki)
{
	u8 *exact = malloc(len ? len : 1);
	int ret;

	memcpy(exact, der, len);
	ret = cryptech_spki_parse(exact, len, spki);
	if (!ret)
		spki->key = der + (spki->key - exact);
	free(exact);
	return ret;
}

static void rsa_keys_are_understood(void)
{
	static const u32 sizes[] = { 1024, 1031, 2048, 3072, 4096 };
	size_t i;

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		EVP_PKEY *pkey = EVP_RSA_gen(sizes[i]);
		struct cryptech_spki spki;
		u8 *key = NULL;
		struct spki s;
		int len;

		REQUIRE(pkey);
		len = i2d_PublicKey(pkey, &key);
		s = spki_of(pkey);
		EXPECT_EQ(parse(s.der, s.len, &spki), 0);
		EXPECT_EQ(spki.type, CRYPTECH_KEY_FAMILY_RSA << 16 | sizes[i]);
		REQUIRE(len > 0 && (size_t)len == spki.key_len);
		EXPECT_MEM(spki.key, key, len);
		OPENSSL_free(key);
		free(s.der);
	}
}

static void ec_keys_are_understood(void)
{
	size_t i;

	for (i = 0; i < CURVES; i++) {
		EVP_PKEY *pkey = EVP_EC_gen(curves[i].name);
		struct cryptech_spki spki;
		u8 *point = NULL;
		struct spki s;
		size_t len;

		REQUIRE(pkey);
		len = EVP_PKEY_get1_encoded_public_key(pkey, &point);
		s = spki_of(pkey);
		EXPECT_EQ(parse(s.der, s.len, &spki), 0);
		EXPECT_EQ(spki.type, curves[i].type);
		REQUIRE(len == spki.key_len);
		EXPECT_MEM(spki.key, point, len);
		OPENSSL_free(point);
		free(s.der);
	}
}

/* OpenSSL makes none so short. */
static struct spki short_rsa(void)
{
	static const u8 der[] = {
		0x30, 0x1c,
		0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d,
		0x01, 0x01, 0x01, 0x05, 0x00,
		0x03, 0x0b, 0x00, 0x30, 0x08, 0x02, 0x03, 0x00, 0xc5, 0x0f,
		0x02, 0x01, 0x03,
	};
	struct spki s = { malloc(sizeof(der)), sizeof(der) };

	memcpy(s.der, der, sizeof(der));
	return s;
}

/* The public key of RFC 8554, appendix F, test case 1, as RFC 9708 wraps it. */
static const u8 hss_spki[] = {
	0x30, 0x4e, 0x30, 0x0d, 0x06, 0x0b, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d,
	0x01, 0x09, 0x10, 0x03, 0x11, 0x03, 0x3d, 0x00,
#define HSS_AT	20
	0x00, 0x00, 0x00, 0x02, 0x00, 0x00, 0x00, 0x05, 0x00, 0x00, 0x00, 0x04,
	0x61, 0xa5, 0xd5, 0x7d, 0x37, 0xf5, 0xe4, 0x6b, 0xfb, 0x75, 0x20, 0x80,
	0x6b, 0x07, 0xa1, 0xb8, 0x50, 0x65, 0x0e, 0x3b, 0x31, 0xfe, 0x4a, 0x77,
	0x3e, 0xa2, 0x9a, 0x07, 0xf0, 0x9c, 0xf2, 0xea, 0x30, 0xe5, 0x79, 0xf0,
	0xdf, 0x58, 0xef, 0x8e, 0x29, 0x8d, 0xa0, 0x43, 0x4c, 0xb2, 0xb8, 0x78,
};

/* With one byte of the key changed */
static int parse_hss_with(size_t at, u8 byte)
{
	u8 der[sizeof(hss_spki)];
	struct cryptech_spki spki;

	memcpy(der, hss_spki, sizeof(der));
	der[HSS_AT + at] = byte;
	return parse(der, sizeof(der), &spki);
}

static void hss_keys_are_understood(void)
{
	static const u8 null[] = { 0x05, 0x00 };
	u8 der[sizeof(hss_spki) + sizeof(null)];
	struct cryptech_spki spki;
	size_t i;

	EXPECT_EQ(parse(hss_spki, sizeof(hss_spki), &spki), 0);
	EXPECT_EQ(spki.type, CRYPTECH_KEY_HSS);
	EXPECT_EQ(spki.key_len, 60);
	EXPECT(spki.key == hss_spki + HSS_AT);
	for (i = 0; i < sizeof(hss_spki); i++)
		EXPECT_EQ(parse(hss_spki, i, &spki), -EBADMSG);

	/* no level, one too many, unknown sets, hashes of two sizes */
	EXPECT_EQ(parse_hss_with(3, 0), -ENOPKG);
	EXPECT_EQ(parse_hss_with(3, 9), -ENOPKG);
	EXPECT_EQ(parse_hss_with(3, 8), 0);
	EXPECT_EQ(parse_hss_with(7, 0x0f), -ENOPKG);
	EXPECT_EQ(parse_hss_with(11, 0x09), -ENOPKG);
	EXPECT_EQ(parse_hss_with(7, 0x0a), -ENOPKG);
	EXPECT_EQ(parse_hss_with(7, 0x09), 0);

	/* parameters have to be absent */
	memcpy(der, hss_spki, 17);
	memcpy(der + 17, null, sizeof(null));
	memcpy(der + 19, hss_spki + 17, sizeof(hss_spki) - 17);
	der[1] += sizeof(null);
	der[3] += sizeof(null);
	EXPECT_EQ(parse(der, sizeof(der), &spki), -EBADMSG);
}

static void other_keys_are_not_supported(void)
{
	struct cryptech_spki spki;
	struct spki s;

	s = short_rsa();
	EXPECT_EQ(parse(s.der, s.len, &spki), -ENOPKG);
	free(s.der);

	s = spki_of(EVP_EC_gen("secp256k1"));
	EXPECT_EQ(parse(s.der, s.len, &spki), -ENOPKG);
	free(s.der);
	s = spki_of(EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"));
	EXPECT_EQ(parse(s.der, s.len, &spki), -ENOPKG);
	free(s.der);
}

static void cut_and_longer_keys_are_refused(void)
{
	struct cryptech_spki spki;
	size_t i, kind;

	for (kind = 0; kind < 2; kind++) {
		struct spki s = spki_of(kind ? EVP_RSA_gen(2048) :
					       EVP_EC_gen("P-256"));
		u8 *longer = malloc(s.len + 1);

		for (i = 0; i < s.len; i++)
			EXPECT_EQ(parse(s.der, i, &spki), -EBADMSG);
		memcpy(longer, s.der, s.len);
		longer[s.len] = 0;
		EXPECT_EQ(parse(longer, s.len + 1, &spki), -EBADMSG);
		free(longer);
		free(s.der);
	}
}

/* No mutation may read beyond the end or give pointers outside. */
static void hostile_keys_do_no_harm(void)
{
	struct spki s = spki_of(EVP_EC_gen("P-256"));
	struct cryptech_spki spki;
	size_t i;
	int b;

	for (i = 0; i < s.len; i++) {
		u8 old = s.der[i];

		for (b = 0; b < 256; b++) {
			s.der[i] = b;
			if (parse(s.der, s.len, &spki))
				continue;
			EXPECT(spki.key >= s.der &&
			       spki.key + spki.key_len <= s.der + s.len);
		}
		s.der[i] = old;
	}
	free(s.der);
}

/* r and s of interesting lengths: leading zeros and set sign bits */
static void fill(u8 *raw, size_t field, unsigned int round)
{
	size_t i;

	for (i = 0; i < 2 * field; i++)
		raw[i] = (i + 1) * 37 + round;
	for (i = 0; i < round % (field + 1); i++)
		raw[i] = 0;
	for (i = 0; i < round / 3 % (field + 1); i++)
		raw[field + i] = 0;
	if (field == 66) {
		raw[0] &= 1;
		raw[66] &= 1;
	}
}

static int openssl_encode(const u8 *raw, size_t field, u8 **der)
{
	ECDSA_SIG *sig = ECDSA_SIG_new();
	int len;

	ECDSA_SIG_set0(sig, BN_bin2bn(raw, field, NULL),
		       BN_bin2bn(raw + field, field, NULL));
	*der = NULL;
	len = i2d_ECDSA_SIG(sig, der);
	ECDSA_SIG_free(sig);
	return len;
}

static void signatures_are_encoded_as_by_openssl(void)
{
	u8 raw[CRYPTECH_EC_RAW_MAX], der[CRYPTECH_EC_DER_MAX];
	u8 back[CRYPTECH_EC_RAW_MAX], *wanted;
	unsigned int round;
	size_t i;
	int len;

	for (i = 0; i < CURVES; i++) {
		for (round = 0; round < 300; round++) {
			fill(raw, curves[i].field, round);
			len = openssl_encode(raw, curves[i].field, &wanted);
			REQUIRE(cryptech_ec_raw_to_der(raw, curves[i].field,
						       der, sizeof(der)) ==
				len);
			EXPECT_MEM(der, wanted, len);
			EXPECT_EQ(cryptech_ec_raw_to_der(raw, curves[i].field,
							 der, len - 1),
				  -EOVERFLOW);
			EXPECT_EQ(cryptech_ec_der_to_raw(wanted, len, false,
							 back,
							 curves[i].field),
				  len);
			EXPECT_MEM(back, raw, 2 * curves[i].field);
			OPENSSL_free(wanted);
		}
	}
}

static void the_longest_signature_is_known(void)
{
	u8 raw[CRYPTECH_EC_RAW_MAX], *der;
	size_t i;

	for (i = 0; i < CURVES; i++) {
		u32 bits = CRYPTECH_KEY_BITS(curves[i].type);

		EXPECT_EQ(cryptech_ec_field(bits), curves[i].field);
		EXPECT_EQ(cryptech_ec_der_max(bits), curves[i].der_max);
		memset(raw, 0xff, sizeof(raw));
		if (bits == 521)
			raw[0] = raw[66] = 1;
		EXPECT_EQ(openssl_encode(raw, curves[i].field, &der),
			  curves[i].der_max);
		OPENSSL_free(der);
	}
}

static void trailing_bytes_are_ignored_only_on_request(void)
{
	static const u8 der[] = { 0x30, 6, 2, 1, 1, 2, 1, 2, 0xaa, 0xbb };
	u8 raw[64];

	EXPECT_EQ(cryptech_ec_der_to_raw(der, 8, false, raw, 32), 8);
	EXPECT_EQ(cryptech_ec_der_to_raw(der, 10, false, raw, 32), -EBADMSG);
	EXPECT_EQ(cryptech_ec_der_to_raw(der, 10, true, raw, 32), 8);
	EXPECT(raw[31] == 1 && raw[63] == 2 && !raw[0] && !raw[30]);
}

#define BAD(...)							\
	do {								\
		static const u8 bad[] = { __VA_ARGS__ };		\
		u8 raw[64];						\
		EXPECT_EQ(cryptech_ec_der_to_raw(bad, sizeof(bad), true, \
						 raw, 32), -EBADMSG);	\
	} while (0)

static void signatures_have_to_be_strict_der(void)
{
	u8 der[2 + 2 * 35], raw[64];
	size_t i;

	BAD(0x30, 0x81, 6, 2, 1, 1, 2, 1, 2);		/* length not minimal */
	BAD(0x30, 0x80, 2, 1, 1, 2, 1, 2, 0, 0);	/* indefinite */
	BAD(0x31, 6, 2, 1, 1, 2, 1, 2);			/* a SET */
	BAD(0x30, 6, 4, 1, 1, 2, 1, 2);			/* not an INTEGER */
	BAD(0x30, 3, 2, 1, 1);				/* s is missing */
	BAD(0x30, 9, 2, 1, 1, 2, 1, 2, 2, 1, 3);	/* one too many */
	BAD(0x30, 7, 2, 2, 0, 1, 2, 1, 2);		/* r not minimal */
	BAD(0x30, 6, 2, 1, 0x81, 2, 1, 2);		/* r is negative */
	BAD(0x30, 5, 2, 0, 2, 1, 2);			/* r is empty */
	BAD(0x30, 7, 2, 1, 1, 2, 1, 2);			/* cut */
	BAD(0x30);

	/* 33 bytes, but for the sign bit */
	memset(der, 0x7f, sizeof(der));
	der[0] = 0x30;
	der[1] = sizeof(der) - 2;
	der[2] = der[2 + 35] = 2;
	der[3] = der[3 + 35] = 33;
	EXPECT_EQ(cryptech_ec_der_to_raw(der, sizeof(der), false, raw, 32),
		  -EBADMSG);
	for (i = 0; i < 2; i++) {
		der[4 + 35 * i] = 0;
		der[5 + 35 * i] = 0x80;
	}
	EXPECT_EQ(cryptech_ec_der_to_raw(der, sizeof(der), false, raw, 32),
		  sizeof(der));
}

int main(void)
{
	RUN(rsa_keys_are_understood);
	RUN(ec_keys_are_understood);
	RUN(hss_keys_are_understood);
	RUN(other_keys_are_not_supported);
	RUN(cut_and_longer_keys_are_refused);
	RUN(hostile_keys_do_no_harm);
	RUN(signatures_are_encoded_as_by_openssl);
	RUN(the_longest_signature_is_known);
	RUN(trailing_bytes_are_ignored_only_on_request);
	RUN(signatures_have_to_be_strict_der);
	return tap_done();
}
