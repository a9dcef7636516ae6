/* SPDX-License-Identifier: MIT */
/*
 * Signing with a leaf that was taken: it is spent, whatever happens here.
 *
 * A fault in the hardware could make a signature that says more about the seed
 * than it should. So the chains are completed and everything is compared with
 * what the tree says before a byte of it is given out.
 */
#include "tree.h"

#include <stdlib.h>
#include <string.h>

/* What is public of the next leaf. */
static void init(struct onetime *one, const struct tree *tree)
{
	const struct lms_params *params = &tree->params;
	size_t n = params->n;

	one->params = *params;
	one->keeper = NULL;
	memcpy(one->id, tree->id, sizeof(one->id));
	one->q = tree->next;
	memcpy(one->leaf, tree_node(tree, ((uint32_t)1 << params->h) + one->q),
	       n);
	memcpy(one->root, tree_node(tree, 1), n);
	tree_path(tree, one->q, one->path);
}

void onetime_init(struct onetime *one, const struct tree *tree,
		  const uint8_t *seed)
{
	init(one, tree);
	memcpy(one->seed, seed, one->params.n);
	lms_randomizer(&one->params, one->id, one->q, one->seed, one->c);
}

void onetime_init_kept(struct onetime *one, const struct tree *tree,
		       const uint8_t *c, unsigned int leaf)
{
	init(one, tree);
	memcpy(one->c, c, one->params.n);
	one->keeper = tree->keeper;
	one->kept = tree->kept;
	one->kept_leaf = leaf;
}

/* The part of the signature that needs the seed; @at: behind q. */
static int sign_chains(struct onetime *one, const uint8_t *digest, uint8_t *at,
		       uint8_t *leaf)
{
	const struct lms_params *params = &one->params;

	if (!one->keeper) {
		lms_ots_sign(params, one->id, one->q, one->seed, one->c,
			     digest, at, leaf);
		core_wipe(one->seed, sizeof(one->seed));
		return 0;
	}
	at = put_u32(at, params->lmots);
	memcpy(at, one->c, params->n);
	return one->keeper->sign(one->kept, one->kept_leaf, digest,
				 at + params->n, leaf);
}

int onetime_sign(struct onetime *one, const uint8_t *digest,
		 uint8_t *signature)
{
	const struct lms_params *params = &one->params;
	uint8_t leaf[LMS_N_MAX];
	uint8_t *at = put_u32(signature, one->q);
	int error = sign_chains(one, digest, at, leaf);

	if (error) {
		core_wipe(signature, lms_signature_size(params));
		return error;
	}
	if (!core_equal(leaf, one->leaf, params->n) ||
	    !lms_path_leads(params, one->id, one->q, leaf, one->path,
			    one->root)) {
		core_wipe(signature, lms_signature_size(params));
		return CRYPTECH_ERR_ASSERTION_FAILED;
	}
	at = put_u32(at + lmots_signature_size(params), params->lms);
	memcpy(at, one->path, (size_t)params->h * params->n);
	return 0;
}

int hss_leaf_begin(const struct hss_leaf *leaf, struct lms_message *message)
{
	return lms_message_begin(message, &leaf->one.params, leaf->one.id,
				 leaf->one.q, leaf->one.c);
}

int hss_leaf_sign(struct hss_leaf *leaf, const uint8_t *digest,
		  uint8_t *signature, size_t size, size_t *len)
{
	int error;

	*len = 0;
	if (leaf->used)
		return CRYPTECH_ERR_IMPOSSIBLE;
	if (size < leaf->len)
		return CRYPTECH_ERR_RESULT_TOO_LONG;
	leaf->used = true;
	error = onetime_sign(&leaf->one, digest, signature + leaf->before);
	if (error)
		return error;
	memcpy(signature, leaf->above, leaf->before);
	*len = leaf->len;
	return 0;
}
