/* SPDX-License-Identifier: MIT */
/*
 * HSS keys in memory: made, put into the keystore, found there, deleted; and
 * what can be told of them.
 */
#include "levels.h"

#include <stdlib.h>
#include <string.h>

/* --- making and freeing ---------------------------------------------------------- */

static int take_params(struct hss *hss, const struct root_facts *facts)
{
	unsigned int i;

	if (facts->levels < 1 || facts->levels > CRYPTECH_HSS_LEVELS_MAX ||
	    facts->reserve < 1 ||
	    facts->reserve > CRYPTECH_HASHSIG_RESERVE_MAX ||
	    (facts->profile != CRYPTECH_HASHSIG_PUNCTURED &&
	     facts->profile != CRYPTECH_HASHSIG_SINGLE_SEED))
		return CRYPTECH_ERR_BAD_ARGUMENTS;
	hss->facts = *facts;
	for (i = 0; i < facts->levels; i++) {
		struct lms_params *params = &hss->facts.params[i];

		if (!lms_params(params, params->lms, params->lmots))
			return CRYPTECH_ERR_UNSUPPORTED_KEY;
		hss->level[i].params = *params;
	}
	if (hss_signature_bytes(hss) > CRYPTECH_HSS_SIGNATURE_MAX)
		return CRYPTECH_ERR_UNSUPPORTED_KEY;
	return 0;
}

static int alloc_buffers(struct hss *hss)
{
	unsigned int i;

	hss->run = calloc(hss->facts.reserve, hss->facts.params[0].n);
	if (!hss->run)
		return CRYPTECH_ERR_ALLOCATION_FAILURE;
	for (i = 1; i < hss->facts.levels; i++) {
		struct level *level = &hss->level[i];

		level->above_len = lms_signature_size(&level[-1].params) +
				   lms_public_size(&level->params);
		level->above = calloc(1, level->above_len);
		if (!level->above)
			return CRYPTECH_ERR_ALLOCATION_FAILURE;
	}
	return 0;
}

static int hss_alloc(struct hss **out, const struct root_facts *facts)
{
	struct hss *hss = calloc(1, sizeof(*hss));
	int error;

	*out = NULL;
	if (!hss)
		return CRYPTECH_ERR_ALLOCATION_FAILURE;
	error = take_params(hss, facts);
	if (!error)
		error = alloc_buffers(hss);
	if (error)
		hss_free(hss);
	else
		*out = hss;
	return error;
}

int hss_new_from(struct hss **out, const struct root_facts *facts,
		 const uint8_t *id, const uint8_t *seed)
{
	struct hss *hss;
	int error = hss_alloc(&hss, facts);

	*out = NULL;
	if (error)
		return error;
	memcpy(hss->facts.id, id, sizeof(hss->facts.id));
	error = tree_new(&hss->level[0].now, &hss->facts.params[0], id,
			 facts->profile == CRYPTECH_HASHSIG_SINGLE_SEED, seed);
	if (error)
		hss_free(hss);
	else
		*out = hss;
	return error;
}

int hss_new(struct hss **hss, const struct root_facts *facts)
{
	uint8_t id[LMS_ID_SIZE], seed[LMS_N_MAX];
	int error;

	*hss = NULL;
	error = core_random(id, sizeof(id));
	if (!error)
		error = core_random(seed, sizeof(seed));
	if (!error)
		error = hss_new_from(hss, facts, id, seed);
	core_wipe(seed, sizeof(seed));
	return error;
}

int hss_new_kept(struct hss **out, const struct root_facts *facts,
		 const struct hss_keeper *keeper, void *kept)
{
	struct hss *hss;
	int error;

	*out = NULL;
	if (facts->levels != 1 || facts->reserve != 1 ||
	    facts->profile != CRYPTECH_HASHSIG_PUNCTURED)
		return CRYPTECH_ERR_BAD_ARGUMENTS;
	error = hss_alloc(&hss, facts);
	if (error)
		return error;
	error = tree_new_kept(&hss->level[0].now, &hss->facts.params[0],
			      facts->id, keeper, kept);
	if (error) {
		hss_free(hss);
		return error;
	}
	hss->keeper = keeper;
	hss->kept = kept;
	*out = hss;
	return 0;
}

void *hss_kept(const struct hss *hss)
{
	return hss->kept;
}

static int store(struct hss *hss, struct roots *roots, struct root **root)
{
	const struct tree *tree = hss->level[0].now;

	if (hss->keeper)
		return hss->keeper->store(hss->kept, &hss->facts, root);
	return root_create(roots, &hss->facts, tree->own.list[0].value,
			   tree_node(tree, (uint32_t)1 << tree->top_height),
			   root);
}

int hss_store(struct hss *hss, struct roots *roots)
{
	struct tree *tree = hss->level[0].now;
	struct root *root;
	int error = hss->damage ? hss->damage : hss->lack;

	if (error)
		return error;
	if (hss->root)
		return CRYPTECH_ERR_IMPOSSIBLE;
	if (!tree_ready(tree))
		return CRYPTECH_ERR_NOT_READY;
	error = store(hss, roots, &root);
	if (error)
		return error;
	tree_stored(tree, root);
	hss->roots = roots;
	hss->root = root;
	root->user = hss;
	return 0;
}

int hss_open(struct hss **out, struct roots *roots, struct root *root)
{
	struct hss *hss;
	int error;

	*out = NULL;
	if (root->damage) {
		/* Of such a key nothing may be asked but to go. */
		hss = calloc(1, sizeof(*hss));
		if (!hss)
			return CRYPTECH_ERR_ALLOCATION_FAILURE;
		hss->facts = root->facts;
		hss->damage = root->damage;
	} else {
		error = hss_alloc(&hss, &root->facts);
		if (error)
			return error;
		error = tree_open(&hss->level[0].now, roots, root);
		if (error == CRYPTECH_ERR_KEYSTORE_LOST_DATA) {
			hss->damage = error;
		} else if (error) {
			hss_free(hss);
			return error;
		}
	}
	hss->roots = roots;
	hss->root = root;
	root->user = hss;
	*out = hss;
	return 0;
}

int hss_open_kept(struct hss **hss, struct root *root,
		  const struct hss_keeper *keeper, void *kept)
{
	struct tree *tree;
	int error = hss_open(hss, NULL, root);

	if (error)
		return error;
	(*hss)->keeper = keeper;
	(*hss)->kept = kept;
	tree = (*hss)->level[0].now;
	if (tree) {
		tree->keeper = keeper;
		tree->kept = kept;
	}
	return 0;
}

void hss_free(struct hss *hss)
{
	unsigned int i;

	if (!hss)
		return;
	for (i = 0; i < CRYPTECH_HSS_LEVELS_MAX; i++) {
		tree_free(hss->level[i].now);
		tree_free(hss->level[i].next);
		free(hss->level[i].above);
	}
	if (hss->run)
		core_wipe(hss->run, (size_t)hss->facts.reserve *
			  hss->facts.params[0].n);
	free(hss->run);
	if (hss->root)
		hss->root->user = NULL;
	if (hss->keeper)
		hss->keeper->free(hss->kept);
	core_wipe(hss, sizeof(*hss));
	free(hss);
}

int hss_delete(struct hss *hss)
{
	int error = 0;

	if (hss->keeper && hss->root)
		error = hss->keeper->remove(hss->kept);
	else if (hss->root)
		error = root_delete(hss->roots, hss->root);
	if (error)
		return error;
	hss->root = NULL;
	hss_free(hss);
	return 0;
}

/* --- what it is ------------------------------------------------------------------- */

const struct root_facts *hss_facts(const struct hss *hss)
{
	return &hss->facts;
}

void put_public(uint8_t *at, const struct lms_params *params,
		       const uint8_t *id, const uint8_t *t1)
{
	at = put_u32(at, params->lms);
	at = put_u32(at, params->lmots);
	memcpy(at, id, LMS_ID_SIZE);
	memcpy(at + LMS_ID_SIZE, t1, params->n);
}

size_t hss_public(const struct hss *hss,
		  uint8_t public[CRYPTECH_HSS_PUBLIC_MAX])
{
	const struct root_facts *facts = &hss->facts;

	put_public(put_u32(public, facts->levels), &facts->params[0],
		   facts->id, facts->t1);
	return 4 + lms_public_size(&facts->params[0]);
}

size_t hss_signature_bytes(const struct hss *hss)
{
	return hss_signature_size(hss->facts.params, hss->facts.levels);
}
