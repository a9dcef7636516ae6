// SPDX-License-Identifier: MIT
/*
 * HSS verification (RFC 8554, 6.3 and 5.4.2). Nothing here is secret.
 *
 * What a level's signature is about is known from the signature itself, for
 * all levels but the last: so their chains run together.
 */
#include "math.h"

#include <stdlib.h>

struct hss_verify {
	struct lms_message message;
	unsigned int levels;
	struct hss_step step[CRYPTECH_HSS_LEVELS_MAX];	/* point into bytes */
	uint8_t bytes[];	/* public key, signature */
};

struct chain_work {
	struct sha256_chain *chain;
	uint8_t (*prefix)[PREFIX_SIZE];
	size_t count;
};

/* The chains of one level, from the digits to their ends; in place. */
static void add_chains(struct chain_work *work, const struct hss_step *step,
		       const uint8_t *digest)
{
	const struct lms_params *params = &step->key.params;
	uint8_t digits[CRYPTECH_LMOTS_P_MAX];

	lms_digits(params, digest, digits);
	for (unsigned int i = 0; i < params->p; i++) {
		struct sha256_chain *chain = &work->chain[work->count];
		uint8_t *prefix = work->prefix[work->count++];

		lms_prefix(prefix, step->key.id, step->signature.q, i);
		chain->prefix = prefix;
		/* our own copy */
		chain->value = (uint8_t *)step->signature.y + i * params->n;
		chain->first = digits[i];
		chain->steps = lms_steps(params) - digits[i];
	}
}

static bool leads_to_root(const struct hss_step *step)
{
	const struct lms_params *params = &step->key.params;
	const struct lms_signature *signature = &step->signature;
	uint8_t leaf[LMS_N_MAX];

	lms_leaf_node(params, step->key.id, signature->q, signature->y, leaf);
	return lms_path_leads(params, step->key.id, signature->q, leaf,
			      signature->path, step->key.root);
}

/* @steps whose hashes are of the same length; @digests of what they sign. */
static int verify_chains(const struct hss_step *steps, unsigned int count,
			 const uint8_t (*digests)[LMS_N_MAX])
{
	struct chain_work work = { .count = 0 };
	size_t chains = 0;
	uint8_t *memory;

	for (unsigned int i = 0; i < count; i++)
		chains += steps[i].key.params.p;
	memory = calloc(chains, sizeof(*work.chain) + PREFIX_SIZE);
	if (!memory)
		return CRYPTECH_ERR_ALLOCATION_FAILURE;
	work.chain = (void *)memory;
	work.prefix = (void *)(memory + chains * sizeof(*work.chain));
	for (unsigned int i = 0; i < count; i++)
		add_chains(&work, &steps[i], digests[i]);
	sha256_chains(work.chain, work.count, steps[0].key.params.n);
	free(memory);
	for (unsigned int i = 0; i < count; i++)
		if (!leads_to_root(&steps[i]))
			return CRYPTECH_ERR_INVALID_SIGNATURE;
	return CRYPTECH_ERR_OK;
}

/* Each level but the last signs the next one's public key. */
static int verify_upper(const struct hss_verify *verify)
{
	uint8_t digests[CRYPTECH_HSS_LEVELS_MAX][LMS_N_MAX];
	const struct hss_step *step = verify->step;
	unsigned int upper = verify->levels - 1;
	int error = CRYPTECH_ERR_OK;

	for (unsigned int i = 0; i < upper && !error; i++)
		error = lms_digest(&step[i].key.params, step[i].key.id,
				   step[i].signature.q, step[i].signature.c,
				   step[i + 1].key.bytes,
				   lms_public_size(&step[i + 1].key.params),
				   digests[i]);
	for (unsigned int i = 0, run; i < upper && !error; i += run) {
		for (run = 1; i + run < upper; run++)
			if (step[i + run].key.params.n != step[i].key.params.n)
				break;
		error = verify_chains(step + i, run,
				      (const uint8_t (*)[LMS_N_MAX])digests + i);
	}
	return error;
}

static int take_apart(struct hss_verify *verify, size_t public_len,
		      size_t signature_len)
{
	struct lms_public root;
	size_t used;

	if (!hss_get_public(verify->bytes, public_len, &verify->levels, &root))
		return CRYPTECH_ERR_UNSUPPORTED_KEY;
	if (!hss_get_signature(verify->bytes + public_len, signature_len,
			       verify->levels, &root, verify->step, &used) ||
	    used != signature_len)
		return CRYPTECH_ERR_INVALID_SIGNATURE;
	return CRYPTECH_ERR_OK;
}

int hss_verify_begin(struct hss_verify **verify, const uint8_t *public,
		     size_t public_len, const uint8_t *signature,
		     size_t signature_len)
{
	const struct hss_step *last;
	struct hss_verify *v;
	int error;

	v = malloc(sizeof(*v) + public_len + signature_len);
	if (!v)
		return CRYPTECH_ERR_ALLOCATION_FAILURE;
	v->message.hash = NULL;
	memcpy(v->bytes, public, public_len);
	memcpy(v->bytes + public_len, signature, signature_len);
	error = take_apart(v, public_len, signature_len);
	if (!error)
		error = verify_upper(v);
	if (!error) {
		last = &v->step[v->levels - 1];
		error = lms_message_begin(&v->message, &last->key.params,
					  last->key.id, last->signature.q,
					  last->signature.c);
	}
	if (error) {
		hss_verify_abort(v);
		return error;
	}
	*verify = v;
	return CRYPTECH_ERR_OK;
}

int hss_verify_update(struct hss_verify *verify, const void *data, size_t len)
{
	return lms_message_update(&verify->message, data, len);
}

int hss_verify_final(struct hss_verify *verify)
{
	uint8_t digest[1][LMS_N_MAX];
	int error;

	error = lms_message_final(&verify->message, digest[0]);
	if (!error)
		error = verify_chains(&verify->step[verify->levels - 1], 1,
				      (const uint8_t (*)[LMS_N_MAX])digest);
	hss_verify_abort(verify);
	return error;
}

void hss_verify_abort(struct hss_verify *verify)
{
	if (!verify)
		return;
	lms_message_abort(&verify->message);
	free(verify);
}
