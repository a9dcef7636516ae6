// SPDX-License-Identifier: MIT
/*
 * LM-OTS: seeds, one-time public values, one-time signatures (RFC 8554, 4).
 *
 * Everything secret here is data of SHA-256, which takes the same time for
 * all of it. How many steps a chain takes depends on the digits of the digest;
 * they are known to whoever has the message and the signature.
 */
#include "math.h"

/* One hash of a seed. It has the form of a chain's step (see lms.h). */
static void from_seed(const uint8_t *id, uint32_t number, uint16_t tag,
		      uint8_t *value, uint8_t prefix[PREFIX_SIZE],
		      struct sha256_chain *chain)
{
	lms_prefix(prefix, id, number, tag);
	chain->prefix = prefix;
	chain->value = value;
	chain->first = LMS_FROM_SEED;
	chain->steps = 1;
}

void lms_seed_children(const struct lms_params *params, const uint8_t *id,
		       uint32_t r, const uint8_t *seed, uint8_t *left,
		       uint8_t *right)
{
	uint8_t prefix[2][PREFIX_SIZE];
	struct sha256_chain chains[2];

	/* @seed may be the place of one of them */
	memmove(left, seed, params->n);
	memmove(right, left, params->n);
	from_seed(id, 2 * r, LMS_D_SEED, left, prefix[0], &chains[0]);
	from_seed(id, 2 * r + 1, LMS_D_SEED, right, prefix[1], &chains[1]);
	sha256_chains(chains, 2, params->n);
	sha256_burn();
}

void lms_randomizer(const struct lms_params *params, const uint8_t *id,
		    uint32_t q, const uint8_t *seed, uint8_t *c)
{
	uint8_t prefix[PREFIX_SIZE];
	struct sha256_chain chain;

	memcpy(c, seed, params->n);
	from_seed(id, q, LMS_D_C, c, prefix, &chain);
	sha256_chains(&chain, 1, params->n);
	sha256_burn();
}

/* --- public values ----------------------------------------------------------- */

/* Leaves side by side, this many chains of each at a time. */
#define LEAVES	SHA256_LANES_MAX
#define SLAB	16

struct slab {
	uint8_t prefix[LEAVES * SLAB][PREFIX_SIZE];
	struct sha256_chain chain[LEAVES * SLAB];
	uint8_t value[LEAVES][SLAB * LMS_N_MAX];
};

/* The ends of the chains i .. i + count - 1 of @leaves leaves, from their seeds. */
static void run_slab(struct slab *slab, const struct lms_params *params,
		     const uint8_t *id, uint32_t q, unsigned int leaves,
		     unsigned int i, unsigned int count, const uint8_t *seeds,
		     size_t stride)
{
	unsigned int at = 0;

	for (unsigned int leaf = 0; leaf < leaves; leaf++) {
		for (unsigned int k = 0; k < count; k++, at++) {
			struct sha256_chain *chain = &slab->chain[at];

			lms_prefix(slab->prefix[at], id, q + leaf, i + k);
			chain->prefix = slab->prefix[at];
			chain->value = slab->value[leaf] + k * params->n;
			memcpy(chain->value, seeds + leaf * stride, params->n);
			/* the value from the seed, then all of the chain */
			chain->first = LMS_FROM_SEED;
			chain->steps = 1 + lms_steps(params);
		}
	}
	sha256_chains(slab->chain, at, params->n);
}

/* RFC 8554, 5.3: the node of leaf q is H(I | u32 2^h + q | D_LEAF | K). */
static void leaf_nodes(const struct lms_params *params, const uint8_t *id,
		       uint32_t q, unsigned int count, const uint8_t *keys,
		       size_t stride, uint8_t *leaves)
{
	uint8_t prefix[LEAVES][PREFIX_SIZE];
	struct sha256_many many;

	for (unsigned int i = 0; i < count; i++)
		lms_prefix(prefix[i], id, (1u << params->h) + q + i,
			   CRYPTECH_LMS_D_LEAF);
	sha256_many_begin(&many, count);
	sha256_many_add(&many, prefix, PREFIX_SIZE, PREFIX_SIZE);
	sha256_many_add(&many, keys, stride, params->n);
	sha256_many_end(&many, leaves, params->n, params->n);
}

static void begin_keys(struct sha256_many *many, const uint8_t *id, uint32_t q,
		       unsigned int count)
{
	uint8_t prefix[LEAVES][PREFIX_SIZE];

	for (unsigned int i = 0; i < count; i++)
		lms_prefix(prefix[i], id, q + i, CRYPTECH_LMS_D_PBLC);
	sha256_many_begin(many, count);
	sha256_many_add(many, prefix, PREFIX_SIZE, PREFIX_SIZE);
}

/* Up to LEAVES of them. RFC 8554, 4.3: K is the hash of all ends of chains. */
static void few_leaves(struct slab *slab, const struct lms_params *params,
		       const uint8_t *id, uint32_t q, unsigned int count,
		       const uint8_t *seeds, size_t stride, uint8_t *leaves)
{
	uint8_t keys[LEAVES][LMS_N_MAX];
	struct sha256_many many;

	begin_keys(&many, id, q, count);
	for (unsigned int i = 0; i < params->p; i += SLAB) {
		unsigned int chains = params->p - i < SLAB ? params->p - i : SLAB;

		run_slab(slab, params, id, q, count, i, chains, seeds, stride);
		sha256_many_add(&many, slab->value, sizeof(slab->value[0]),
				chains * params->n);
	}
	sha256_many_end(&many, keys[0], sizeof(keys[0]), params->n);
	leaf_nodes(params, id, q, count, keys[0], sizeof(keys[0]), leaves);
}

void lms_leaves(const struct lms_params *params, const uint8_t *id,
		uint32_t first, uint32_t count, const uint8_t *seeds,
		size_t stride, uint8_t *leaves)
{
	unsigned int lanes = sha256_engine()->lanes;
	struct slab slab;

	for (uint32_t i = 0; i < count; i += lanes) {
		unsigned int few = count - i < lanes ? count - i : lanes;

		few_leaves(&slab, params, id, first + i, few,
			   seeds + i * stride, stride,
			   leaves + (size_t)i * params->n);
	}
	/* The ends of chains are public, but were secret before. */
	core_wipe(&slab, sizeof(slab));
	sha256_burn();
}

void lms_leaf_node(const struct lms_params *params, const uint8_t *id,
		   uint32_t q, const uint8_t *ends, uint8_t *leaf)
{
	struct sha256_many many;
	uint8_t key[LMS_N_MAX];

	begin_keys(&many, id, q, 1);
	sha256_many_add(&many, ends, 0, (size_t)params->p * params->n);
	sha256_many_end(&many, key, 0, params->n);
	leaf_nodes(params, id, q, 1, key, 0, leaf);
}

/* --- messages ---------------------------------------------------------------- */

int lms_message_begin(struct lms_message *message,
		      const struct lms_params *params, const uint8_t *id,
		      uint32_t q, const uint8_t *c)
{
	uint8_t prefix[PREFIX_SIZE];
	int error;

	message->n = params->n;
	message->hash = core_hash_new(CRYPTECH_DIGEST_SHA256, NULL, 0);
	if (!message->hash)
		return CRYPTECH_ERR_ALLOCATION_FAILURE;
	lms_prefix(prefix, id, q, CRYPTECH_LMS_D_MESG);
	error = core_hash_update(message->hash, prefix, sizeof(prefix));
	if (!error)
		error = core_hash_update(message->hash, c, params->n);
	if (error)
		lms_message_abort(message);
	return error;
}

int lms_message_update(struct lms_message *message, const void *data,
		       size_t len)
{
	return core_hash_update(message->hash, data, len);
}

int lms_message_final(struct lms_message *message, uint8_t *digest)
{
	uint8_t whole[CORE_DIGEST_MAX];
	int error = core_hash_final(message->hash, whole);

	if (!error)
		memcpy(digest, whole, message->n);
	lms_message_abort(message);
	return error;
}

void lms_message_abort(struct lms_message *message)
{
	core_hash_free(message->hash);
	message->hash = NULL;
}

int lms_digest(const struct lms_params *params, const uint8_t *id, uint32_t q,
	       const uint8_t *c, const void *data, size_t len, uint8_t *digest)
{
	struct lms_message message;
	int error;

	error = lms_message_begin(&message, params, id, q, c);
	if (error)
		return error;
	error = lms_message_update(&message, data, len);
	if (error) {
		lms_message_abort(&message);
		return error;
	}
	return lms_message_final(&message, digest);
}

/* --- signatures -------------------------------------------------------------- */

/* Digit i of w bits, the first in the highest bits (RFC 8554, 3.1.3). */
static unsigned int digit(const uint8_t *bytes, unsigned int i, unsigned int w)
{
	unsigned int each = 8 / w;

	return bytes[i / each] >> (w * (each - 1 - i % each)) & ((1u << w) - 1);
}

void lms_digits(const struct lms_params *params, const uint8_t *digest,
		uint8_t digits[CRYPTECH_LMOTS_P_MAX])
{
	unsigned int count = 8 * params->n / params->w;
	unsigned int sum = 0;
	uint8_t bytes[2];

	for (unsigned int i = 0; i < count; i++) {
		digits[i] = digit(digest, i, params->w);
		sum += lms_steps(params) - digits[i];
	}
	sum <<= params->ls;
	bytes[0] = sum >> 8 & 0xff;
	bytes[1] = sum & 0xff;
	for (unsigned int i = count; i < params->p; i++)
		digits[i] = digit(bytes, i - count, params->w);
}

static uint8_t *put_u32(uint8_t *p, uint32_t value)
{
	p[0] = value >> 24;
	p[1] = value >> 16 & 0xff;
	p[2] = value >> 8 & 0xff;
	p[3] = value & 0xff;
	return p + 4;
}

struct signing {
	uint8_t digits[CRYPTECH_LMOTS_P_MAX];
	uint8_t prefix[CRYPTECH_LMOTS_P_MAX][PREFIX_SIZE];
	struct sha256_chain chain[CRYPTECH_LMOTS_P_MAX];
	uint8_t ends[CRYPTECH_LMOTS_P_MAX * LMS_N_MAX];
};

/* From the seed to the digit: what is in the signature (RFC 8554, 4.5). */
static void run_to_digits(struct signing *s, const struct lms_params *params,
			  const uint8_t *id, uint32_t q, const uint8_t *seed,
			  uint8_t *y)
{
	for (unsigned int i = 0; i < params->p; i++) {
		struct sha256_chain *chain = &s->chain[i];

		lms_prefix(s->prefix[i], id, q, i);
		chain->prefix = s->prefix[i];
		chain->value = y + i * params->n;
		memcpy(chain->value, seed, params->n);
		chain->first = LMS_FROM_SEED;
		chain->steps = 1 + s->digits[i];
	}
	sha256_chains(s->chain, params->p, params->n);
}

/* And on to the end, in another place. */
static void run_to_ends(struct signing *s, const struct lms_params *params,
			const uint8_t *y)
{
	memcpy(s->ends, y, (size_t)params->p * params->n);
	for (unsigned int i = 0; i < params->p; i++) {
		struct sha256_chain *chain = &s->chain[i];

		chain->value = s->ends + i * params->n;
		chain->first = s->digits[i];
		chain->steps = lms_steps(params) - s->digits[i];
	}
	sha256_chains(s->chain, params->p, params->n);
}

void lms_ots_sign(const struct lms_params *params, const uint8_t *id,
		  uint32_t q, const uint8_t *seed, const uint8_t *c,
		  const uint8_t *digest, uint8_t *signature, uint8_t *leaf)
{
	uint8_t *y = put_u32(signature, params->lmots) + params->n;
	struct signing s;

	memcpy(y - params->n, c, params->n);
	lms_digits(params, digest, s.digits);
	run_to_digits(&s, params, id, q, seed, y);
	run_to_ends(&s, params, y);
	lms_leaf_node(params, id, q, s.ends, leaf);
	core_wipe(s.ends, (size_t)params->p * params->n);
	sha256_burn();
}
