/* SPDX-License-Identifier: MIT */
/*
 * A whole single-seed LMS key in memory, for tests and benchmarks: what
 * hashsig/ must never have.
 */
#ifndef TESTS_LMS_KEY_H
#define TESTS_LMS_KEY_H

#include <stdlib.h>
#include <string.h>

#include "../hashsig/lms.h"

struct lms_key {
	struct lms_params params;
	uint8_t id[LMS_ID_SIZE];
	uint8_t seed[LMS_N_MAX];
	uint8_t *nodes;		/* r = 1 .. 2^(h + 1) - 1, at r * n */
};

static inline uint8_t *lms_key_node(const struct lms_key *key, uint32_t r)
{
	return key->nodes + (size_t)r * key->params.n;
}

/* From params, id, seed. */
static inline void lms_key_make(struct lms_key *key)
{
	uint32_t leaves = 1u << key->params.h;

	key->nodes = malloc((size_t)2 * leaves * key->params.n);
	if (!key->nodes)
		abort();
	lms_leaves(&key->params, key->id, 0, leaves, key->seed, 0,
		   lms_key_node(key, leaves));
	for (uint32_t r = leaves / 2; r; r /= 2)
		lms_nodes(&key->params, key->id, r, r, lms_key_node(key, 2 * r),
			  lms_key_node(key, r));
}

static inline void lms_key_free(struct lms_key *key)
{
	free(key->nodes);
	key->nodes = NULL;
}

static inline uint8_t *lms_key_u32(uint8_t *p, uint32_t value)
{
	p[0] = value >> 24;
	p[1] = value >> 16 & 0xff;
	p[2] = value >> 8 & 0xff;
	p[3] = value & 0xff;
	return p + 4;
}

/* lms_public_size() bytes. */
static inline void lms_key_public(const struct lms_key *key, uint8_t *out)
{
	out = lms_key_u32(lms_key_u32(out, key->params.lms), key->params.lmots);
	memcpy(out, key->id, LMS_ID_SIZE);
	memcpy(out + LMS_ID_SIZE, lms_key_node(key, 1), key->params.n);
}

/* lms_signature_size() bytes; false if the completed chains are not the leaf. */
static inline bool lms_key_sign(const struct lms_key *key, uint32_t q,
				const void *message, size_t len, uint8_t *out)
{
	const struct lms_params *params = &key->params;
	uint8_t c[LMS_N_MAX], digest[LMS_N_MAX], leaf[LMS_N_MAX];
	uint32_t r = (1u << params->h) + q;
	struct lms_message hash;
	bool good;

	lms_randomizer(params, key->id, q, key->seed, c);
	if (lms_message_begin(&hash, params, key->id, q, c) ||
	    lms_message_update(&hash, message, len) ||
	    lms_message_final(&hash, digest))
		abort();
	out = lms_key_u32(out, q);
	lms_ots_sign(params, key->id, q, key->seed, c, digest, out, leaf);
	good = !memcmp(leaf, lms_key_node(key, r), params->n);
	out = lms_key_u32(out + lmots_signature_size(params), params->lms);
	for (; r > 1; r /= 2, out += params->n)
		memcpy(out, lms_key_node(key, r ^ 1), params->n);
	return good;
}

#endif /* TESTS_LMS_KEY_H */
