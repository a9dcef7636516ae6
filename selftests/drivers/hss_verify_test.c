// SPDX-License-Identifier: MIT
/*
 * The kernel's verifier of HSS signatures, as a program: signatures of others
 * verify; with anything changed or cut off they do not. A bit of each byte of
 * the short signatures is flipped; with CRYPTECH_FULL all bits of those, and
 * one of each byte of the others.
 */
#include <stdint.h>
#include <stdlib.h>

#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/objects.h>
#include <openssl/sha.h>
#include <openssl/x509.h>

#include "../../firmware/tests/tap.h"
#include "hss_case.h"

/* the kernel's words, so that the file itself is what is tested */
typedef uint8_t u8;
typedef uint32_t u32;

#define CRYPTECH_COMPAT_SHA256_H
#define SHA256_DIGEST_SIZE	32
#define sha256_ctx		SHA256state_st
#define sha256_init(c)		SHA256_Init(c)
#define sha256_update(c, p, n)	SHA256_Update(c, p, n)
#define sha256_final(c, out)	SHA256_Final(out, c)
#define cond_resched()		do { } while (0)

/* OpenSSL's own takes its time to look for the algorithm. */
static void sha256(const u8 *data, size_t len, u8 *out)
{
	SHA256_CTX hash;

	SHA256_Init(&hash);
	SHA256_Update(&hash, data, len);
	SHA256_Final(out, &hash);
}

#include "../../drivers/hss_verify.c"

#define SHORT		1500	/* bytes of a signature */
#define SAMPLES		40	/* of the bytes of a longer one */

static bool full;

/* @data in a buffer of exactly its size, so that ASan sees the end. */
static u8 *copy(const u8 *data, size_t len)
{
	u8 *p = malloc(len ? len : 1);

	memcpy(p, data, len);
	return p;
}

/* By an HSS public key; *@used is left alone if it does not verify. */
static bool verify(const u8 *public, size_t public_len, const u8 *message,
		   size_t message_len, const u8 *signature, size_t len,
		   size_t *used)
{
	struct cryptech_hss_work *work = malloc(sizeof(*work));
	u8 *exact = copy(signature, len);
	struct lms_public root;
	unsigned int levels;
	bool ok;

	ok = hss_get_public(public, public_len, &levels, &root) &&
	     cryptech_hss_verify(work, levels, &root, message, message_len,
				 exact, len, used);
	free(exact);
	free(work);
	return ok;
}

static bool verify_signature(const struct hss_case *c, const u8 *signature,
			     size_t len, size_t *used)
{
	return verify(c->public, c->public_len, c->message, c->message_len,
		      signature, len, used);
}

static void signatures_of_others_verify(void)
{
	unsigned int known = 0;
	size_t i, used;

	for (i = 0; i < HSS_CASES; i++) {
		const struct hss_case *c = &hss_cases[i];

		used = 0;
		EXPECT_EQ(verify_signature(c, c->signature, c->signature_len,
					   &used), c->known);
		EXPECT_EQ(used, c->known ? c->signature_len : 0);
		known += c->known;
	}
	EXPECT_EQ(known, 32);
	EXPECT_EQ(HSS_CASES - known, 2);
}

static void what_follows_is_told(void)
{
	u8 longer[16384] = { 0 };
	size_t i, used;

	for (i = 0; i < HSS_CASES; i++) {
		const struct hss_case *c = &hss_cases[i];

		if (!c->known)
			continue;
		memcpy(longer, c->signature, c->signature_len);
		used = 0;
		EXPECT(verify_signature(c, longer, c->signature_len + 1,
					&used));
		EXPECT_EQ(used, c->signature_len);
		used = 0;
		EXPECT(verify_signature(c, longer, sizeof(longer), &used));
		EXPECT_EQ(used, c->signature_len);
	}
}

/* Parsing refuses them: no hash is computed. */
static void cut_signatures_are_refused(void)
{
	size_t i, len, used = 0;

	for (i = 0; i < HSS_CASES; i++)
		for (len = 0; len < hss_cases[i].signature_len; len++)
			EXPECT(!verify_signature(&hss_cases[i],
						 hss_cases[i].signature, len,
						 &used));
	EXPECT_EQ(used, 0);
}

static void flip(const struct hss_case *c, u8 *signature, size_t at,
		 unsigned int bit)
{
	size_t used = 0;

	signature[at] ^= 1 << bit;
	if (verify_signature(c, signature, c->signature_len, &used) || used)
		tap_expect(false, c->name, __FILE__, (int)at);
	signature[at] ^= 1 << bit;
}

/* The first of each set that has short signatures. */
static bool every_byte(const struct hss_case *c)
{
	return c->signature_len < SHORT &&
	       (strstr(c->name, "/8 1") || strstr(c->name, "verify.vec"));
}

static void changed_signatures_are_refused(void)
{
	size_t i, at;

	for (i = 0; i < HSS_CASES; i++) {
		const struct hss_case *c = &hss_cases[i];
		u8 *signature = copy(c->signature, c->signature_len);
		unsigned int bits = full && every_byte(c) ? 8 : 1, bit;
		size_t step = 1;

		if (!full && !every_byte(c))
			step = c->signature_len / SAMPLES;
		for (at = 0; c->known && at < c->signature_len; at += step)
			for (bit = 0; bit < bits; bit++)
				flip(c, signature, at, (at + bit) % 8);
		free(signature);
	}
}

static void other_messages_are_refused(void)
{
	size_t i, used = 0;

	for (i = 0; i < HSS_CASES; i++) {
		const struct hss_case *c = &hss_cases[i];
		u8 *message = copy(c->message, c->message_len);

		message[i % c->message_len] ^= 1 << i % 8;
		EXPECT(!verify(c->public, c->public_len, message,
			       c->message_len, c->signature, c->signature_len,
			       &used));
		message[i % c->message_len] ^= 1 << i % 8;
		EXPECT(!verify(c->public, c->public_len, message,
			       c->message_len - 1, c->signature,
			       c->signature_len, &used));
		EXPECT(!verify(c->public, c->public_len, NULL, 0,
			       c->signature, c->signature_len, &used));
		free(message);
	}
}

static void other_keys_refuse(void)
{
	size_t i, at, used = 0;

	for (i = 0; i < HSS_CASES; i++) {
		const struct hss_case *c = &hss_cases[i];
		u8 *public = copy(c->public, c->public_len);

		for (at = 0; at < c->public_len; at++) {
			public[at] ^= 1 << (at + i) % 8;
			EXPECT(!verify(public, c->public_len, c->message,
				       c->message_len, c->signature,
				       c->signature_len, &used));
			public[at] ^= 1 << (at + i) % 8;
			EXPECT(!verify(public, at, c->message, c->message_len,
				       c->signature, c->signature_len, &used));
		}
		free(public);
	}
}

/* A signature of a level for another: RFC 8554, 6.3, has to bind them. */
static void levels_are_bound(void)
{
	const struct hss_case *a = NULL, *b = NULL;
	u8 *mixed;
	size_t i, head, used = 0;

	for (i = 0; i < HSS_CASES; i++) {
		if (!strcmp(hss_cases[i].name, "cisco 5/4,5/4 1"))
			a = &hss_cases[i];
		if (!strcmp(hss_cases[i].name, "cisco 10/4,10/4 1"))
			b = &hss_cases[i];
	}
	REQUIRE(a && b);
	/* the lower level's, with its public key, as a key of its own is good */
	head = 4 + 4 + 4 + 68 * 32 + 4 + 5 * 32;
	EXPECT_EQ(head + 56 + head - 4, a->signature_len);
	mixed = malloc(a->signature_len);
	memcpy(mixed, "\0\0\0\1", 4);
	memcpy(mixed + 4, a->signature + head, 56);
	EXPECT(verify(mixed, 60, a->message, a->message_len, mixed, 0,
		      &used) == false);
	memcpy(mixed + 60, "\0\0\0", 4);
	memcpy(mixed + 64, a->signature + head + 56, head - 4);
	EXPECT(verify(mixed, 60, a->message, a->message_len, mixed + 60, head,
		      &used));
	/* but not under a root that did not sign that public key */
	memcpy(mixed, a->signature, a->signature_len);
	mixed[head + 8] ^= 1;
	EXPECT(!verify(a->public, a->public_len, a->message, a->message_len,
		       mixed, a->signature_len, &used));
	EXPECT(!verify(b->public, b->public_len, a->message, a->message_len,
		       a->signature, a->signature_len, &used));
	free(mixed);
}

/* Sizes by hand. */
static void longest_signatures(void)
{
	struct lms_params set;

	EXPECT(lms_params_of(&set, 32, 5, 8));
	EXPECT_EQ(cryptech_hss_signature_max(1, &set), 1296);
	EXPECT(lms_params_of(&set, 32, 10, 4));
	EXPECT_EQ(cryptech_hss_signature_max(1, &set), 2512);
	EXPECT_EQ(cryptech_hss_signature_max(2, &set), 2512 + 56 + 9324);
	EXPECT(lms_params_of(&set, 24, 5, 8));
	EXPECT_EQ(cryptech_hss_signature_max(1, &set), 784);
	EXPECT(lms_params_of(&set, 32, 25, 1));
	EXPECT_EQ(cryptech_hss_signature_max(8, &set), 4 + 8 * 9324 + 7 * 56);
}

/* --- SubjectPublicKeyInfo --------------------------------------------------- */

/* OpenSSL's, with parameters of the given ASN.1 type. */
static u8 *spki_of(const u8 *key, size_t key_len, int params, size_t *len)
{
	X509_PUBKEY *info = X509_PUBKEY_new();
	u8 *mine = OPENSSL_memdup(key, key_len);
	u8 *der = NULL;

	if (!info || !mine ||
	    !X509_PUBKEY_set0_param(info,
			OBJ_txt2obj("1.2.840.113549.1.9.16.3.17", 1), params,
			NULL, mine, (int)key_len))
		abort();
	*len = i2d_X509_PUBKEY(info, &der);
	X509_PUBKEY_free(info);
	return der;
}

static bool get_spki(const u8 *der, size_t len, const u8 *key, size_t key_len)
{
	u8 *exact = copy(der, len);
	const u8 *public = NULL;
	size_t public_len = 0;
	bool ok = cryptech_hss_get_spki(exact, len, &public, &public_len);

	if (ok && key) {
		EXPECT_EQ(public_len, key_len);
		EXPECT_MEM(public, key, key_len);
	}
	free(exact);
	return ok;
}

static void openssl_keys_are_taken(void)
{
	size_t i, len;
	u8 *der;

	for (i = 0; i < HSS_CASES; i++) {
		const struct hss_case *c = &hss_cases[i];

		der = spki_of(c->public, c->public_len, V_ASN1_UNDEF, &len);
		EXPECT(get_spki(der, len, c->public, c->public_len));
		OPENSSL_free(der);
	}
	/* the longest that has lengths of one byte, and the next */
	der = spki_of(hss_cases[0].signature, 109, V_ASN1_UNDEF, &len);
	EXPECT(get_spki(der, len, hss_cases[0].signature, 109));
	OPENSSL_free(der);
	der = spki_of(hss_cases[0].signature, 110, V_ASN1_UNDEF, &len);
	EXPECT(!get_spki(der, len, NULL, 0));
	OPENSSL_free(der);
}

static void other_der_is_refused(void)
{
	const struct hss_case *c = &hss_cases[0];
	u8 longer[256] = { 0 };
	size_t at, bit, len;
	u8 *der;

	der = spki_of(c->public, c->public_len, V_ASN1_NULL, &len);
	EXPECT(!get_spki(der, len, NULL, 0));
	OPENSSL_free(der);
	der = spki_of(c->public, c->public_len, V_ASN1_UNDEF, &len);
	for (at = 0; at < len; at++)
		EXPECT(!get_spki(der, at, NULL, 0));
	memcpy(longer, der, len);
	EXPECT(!get_spki(longer, len + 1, NULL, 0));
	/* all but the key itself has one form alone */
	for (at = 0; at < len - c->public_len; at++)
		for (bit = 0; bit < 8; bit++) {
			longer[at] ^= 1 << bit;
			EXPECT(!get_spki(longer, len, NULL, 0));
			longer[at] ^= 1 << bit;
		}
	/* bytes from 0x80 on count the bytes of a length, they are not one */
	longer[1] = 0x80 + 17;
	longer[18] = 0x80;
	EXPECT(!get_spki(longer, 2 + longer[1], NULL, 0));
	longer[1] = der[1];
	longer[18] = der[18];
	/* no key at all */
	longer[1] -= c->public_len;
	longer[18] -= c->public_len;
	EXPECT_EQ(longer[18], 1);
	EXPECT(!get_spki(longer, len - c->public_len, NULL, 0));
	/* a length that could be shorter */
	longer[1] = 0x81;
	memcpy(longer + 2, der + 1, len - 1);
	EXPECT(!get_spki(longer, len + 1, NULL, 0));
	OPENSSL_free(der);
}

/* RFC 8708, before 9708, had an OCTET STRING around the key. */
static void the_older_form_is_no_key(void)
{
	const struct hss_case *c = &hss_cases[0];
	struct lms_public root;
	unsigned int levels;
	u8 wrapped[62] = { 0x04, 60 };

	memcpy(wrapped + 2, c->public, 60);
	EXPECT(!hss_get_public(wrapped, sizeof(wrapped), &levels, &root));
	EXPECT(hss_get_public(wrapped + 2, 60, &levels, &root));
}

int main(void)
{
	full = getenv("CRYPTECH_FULL");
	RUN(signatures_of_others_verify);
	RUN(what_follows_is_told);
	RUN(cut_signatures_are_refused);
	RUN(changed_signatures_are_refused);
	RUN(other_messages_are_refused);
	RUN(other_keys_refuse);
	RUN(levels_are_bound);
	RUN(longest_signatures);
	RUN(openssl_keys_are_taken);
	RUN(other_der_is_refused);
	RUN(the_older_form_is_no_key);
	return tap_done();
}
