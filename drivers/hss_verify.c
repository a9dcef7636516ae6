// SPDX-License-Identifier: GPL-2.0
/*
 * Verification of HSS signatures. Names are those of RFC 8554: Q is the hash
 * of the message with its checksum, Kc the one-time key that a signature
 * leads to, Tc the root that it leads to.
 *
 * All that is handled here is public: time may depend on it.
 */
#include <linux/sched.h>

#include "compat/sha256.h"
#include "hss_verify.h"

/* --- hashing -------------------------------------------------------------- */

static void put_u16(u8 *p, unsigned int value)
{
	p[0] = value >> 8;
	p[1] = value;
}

static void put_u32(u8 *p, u32 value)
{
	put_u16(p, value >> 16);
	put_u16(p + 2, value & 0xffff);
}

/* Every hash of the scheme begins so. */
static void hash_init(struct sha256_ctx *hash, const struct lms_public *key,
		      u32 number, unsigned int what)
{
	u8 prefix[6];

	put_u32(prefix, number);
	put_u16(prefix + 4, what);
	sha256_init(hash);
	sha256_update(hash, key->id, CRYPTECH_LMS_I_SIZE);
	sha256_update(hash, prefix, sizeof(prefix));
}

/* Its first n bytes are the hash; @out has room for all of them. */
static void hash_final(struct sha256_ctx *hash, u8 *out)
{
	sha256_final(hash, out);
}

/* --- one-time signatures: RFC 8554, 4 ------------------------------------- */

/* Q and its checksum, 4.4, algorithm 2. */
struct digits {
	u8 bytes[CRYPTECH_LMS_N_MAX + 2];
};

static unsigned int digit(const struct digits *digits, unsigned int i,
			  unsigned int w)
{
	unsigned int bit = i * w;

	return digits->bytes[bit / 8] >> (8 - w - bit % 8) & ((1 << w) - 1);
}

static void make_digits(struct digits *digits, const struct hss_step *step,
			const u8 *message, size_t message_len)
{
	const struct lms_params *set = &step->key.params;
	unsigned int i, sum = 0;
	struct sha256_ctx hash;

	hash_init(&hash, &step->key, step->signature.q, CRYPTECH_LMS_D_MESG);
	sha256_update(&hash, step->signature.c, set->n);
	sha256_update(&hash, message, message_len);
	hash_final(&hash, digits->bytes);

	for (i = 0; i < set->n * 8 / set->w; i++)
		sum += (1 << set->w) - 1 - digit(digits, i, set->w);
	put_u16(digits->bytes + set->n, sum << set->ls);
}

/* What one step of a chain hashes, 4.6: I | q | i | j | value. */
#define LINK_I		20
#define LINK_J		22
#define LINK_VALUE	23
#define LINK_SIZE	(LINK_VALUE + CRYPTECH_LMS_N_MAX)

/* Go on from value @from of chain @i to its end; @out has room for a hash. */
static void chain(const struct hss_step *step, unsigned int i,
		  unsigned int from, u8 *out)
{
	const struct lms_params *set = &step->key.params;
	u8 link[LINK_SIZE];
	unsigned int j;

	memcpy(link, step->key.id, CRYPTECH_LMS_I_SIZE);
	put_u32(link + CRYPTECH_LMS_I_SIZE, step->signature.q);
	put_u16(link + LINK_I, i);
	memcpy(out, step->signature.y + (size_t)i * set->n, set->n);
	for (j = from; j < (1U << set->w) - 1; j++) {
		link[LINK_J] = j;
		memcpy(link + LINK_VALUE, out, set->n);
		sha256(link, LINK_VALUE + set->n, out);
	}
}

/* Kc, 4.6, algorithm 4b; @out has room for a hash. */
static void ots_candidate(const struct hss_step *step, const u8 *message,
			  size_t message_len, u8 *out)
{
	const struct lms_params *set = &step->key.params;
	struct digits digits;
	struct sha256_ctx hash;
	unsigned int i;

	make_digits(&digits, step, message, message_len);
	hash_init(&hash, &step->key, step->signature.q, CRYPTECH_LMS_D_PBLC);
	for (i = 0; i < set->p; i++) {
		chain(step, i, digit(&digits, i, set->w), out);
		sha256_update(&hash, out, set->n);
		cond_resched();
	}
	hash_final(&hash, out);
}

/* --- trees: RFC 8554, 5.4.2, algorithm 6a --------------------------------- */

static bool step_verify(const struct hss_step *step, const u8 *message,
			size_t message_len)
{
	const struct lms_params *set = &step->key.params;
	u32 node = (1U << set->h) + step->signature.q;
	const u8 *sibling = step->signature.path;
	u8 value[SHA256_DIGEST_SIZE];
	struct sha256_ctx hash;

	ots_candidate(step, message, message_len, value);
	hash_init(&hash, &step->key, node, CRYPTECH_LMS_D_LEAF);
	sha256_update(&hash, value, set->n);
	hash_final(&hash, value);

	for (; node > 1; node /= 2, sibling += set->n) {
		hash_init(&hash, &step->key, node / 2, CRYPTECH_LMS_D_INTR);
		sha256_update(&hash, node & 1 ? sibling : value, set->n);
		sha256_update(&hash, node & 1 ? value : sibling, set->n);
		hash_final(&hash, value);
	}
	return !memcmp(value, step->key.root, set->n);
}

/* --- levels: RFC 8554, 6.3 ------------------------------------------------ */

bool cryptech_hss_verify(struct cryptech_hss_work *work, unsigned int levels,
			 const struct lms_public *root, const u8 *message,
			 size_t message_len, const u8 *signature,
			 size_t signature_len, size_t *used)
{
	const struct hss_step *step = work->steps;
	unsigned int i;
	size_t n;

	if (!hss_get_signature(signature, signature_len, levels, root,
			       work->steps, &n))
		return false;
	for (i = 0; i + 1 < levels; i++, step++) {
		const struct lms_public *next = &step[1].key;

		if (!step_verify(step, next->bytes,
				 lms_public_size(&next->params)))
			return false;
	}
	if (!step_verify(step, message, message_len))
		return false;
	*used = n;
	return true;
}

size_t cryptech_hss_signature_max(unsigned int levels,
				  const struct lms_params *root)
{
	struct lms_params sets[CRYPTECH_HSS_LEVELS_MAX];
	unsigned int i;

	sets[0] = *root;
	for (i = 1; i < levels; i++)
		lms_params_of(&sets[i], CRYPTECH_LMS_N_MAX, CRYPTECH_LMS_H_MAX,
			      1);
	return hss_signature_size(sets, levels);
}

/* --- public keys ---------------------------------------------------------- */

/* AlgorithmIdentifier, and the type of what follows it. */
static const u8 spki_algorithm[] =
	"\x30\x0d\x06\x0b" CRYPTECH_HSS_OID "\x03";

#define SPKI_ALGORITHM_SIZE	(sizeof(spki_algorithm) - 1)

/* A length below 128, which DER writes in one byte. */
static size_t get_length(struct xdr_reader *r)
{
	const u8 *p = xdr_get_raw(r, 1);

	if (!p || *p >= 0x80) {
		r->bad = true;
		return 0;
	}
	return *p;
}

bool cryptech_hss_get_spki(const u8 *der, size_t len,
			   const u8 **public, size_t *public_len)
{
	const u8 *p;
	struct xdr_reader r;

	xdr_reader_init(&r, der, len);
	p = xdr_get_raw(&r, 1);
	if (!p || *p != 0x30 || get_length(&r) != xdr_left(&r))
		return false;
	p = xdr_get_raw(&r, SPKI_ALGORITHM_SIZE);
	if (!p || memcmp(p, spki_algorithm, SPKI_ALGORITHM_SIZE))
		return false;
	if (get_length(&r) != xdr_left(&r))
		return false;
	/* the count of unused bits in the last byte */
	p = xdr_get_raw(&r, 1);
	if (!p || *p || !xdr_left(&r))
		return false;
	*public = r.next;
	*public_len = xdr_left(&r);
	return true;
}
