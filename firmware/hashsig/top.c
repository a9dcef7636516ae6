// SPDX-License-Identifier: MIT
/*
 * The top of a tall tree: public nodes that take long to compute, cached.
 */
#include "root_internal.h"

#include <stdlib.h>

#define TOP_CHUNK	8192

/*
 * What is below is made again, at most 2^12 leaves at a time: some hundred
 * milliseconds of one core. A taller top would be a lot of flash.
 */
unsigned int root_top_height(unsigned int h)
{
	return h <= 10 ? 0 : h <= 20 ? h - 10 : 13;
}

static size_t top_size(const struct root_facts *facts)
{
	const struct lms_params *params = &facts->params[0];

	return (size_t)params->n << root_top_height(params->h);
}

int top_write(struct roots *roots, const struct root_facts *facts,
		     const uint8_t *top)
{
	size_t size = top_size(facts);
	int ret = KS_OK;

	if (!root_top_height(facts->params[0].h))
		return CRYPTECH_ERR_OK;
	for (size_t at = 0, i = 0; at < size && !ret; at += TOP_CHUNK, i++) {
		size_t len = size - at < TOP_CHUNK ? size - at : TOP_CHUNK;

		ret = ks_write(roots->ks, KS_CLASS_TOP + i, facts->uuid,
			       top + at, len, false);
	}
	return root_error(ret);
}

int top_erase(struct roots *roots, const uint8_t *uuid)
{
	int ret = KS_OK;

	for (unsigned int i = 0; i < TOP_CHUNKS && !ret; i++) {
		ret = ks_delete(roots->ks, KS_CLASS_TOP + i, uuid);
		if (ret == KS_NOT_FOUND)
			ret = KS_OK;
	}
	return root_error(ret);
}

/* Does level root_top_height() of the tree hash to T1? */
static int top_check(const struct root_facts *facts, const uint8_t *top)
{
	const struct lms_params *params = &facts->params[0];
	uint32_t count = (uint32_t)1 << root_top_height(params->h);
	uint8_t *nodes = malloc((size_t)count / 2 * params->n);
	const uint8_t *children = top;
	bool same;

	if (!nodes)
		return CRYPTECH_ERR_ALLOCATION_FAILURE;
	for (count /= 2; count; count /= 2) {
		lms_nodes(params, facts->id, count, count, children, nodes);
		children = nodes;
	}
	same = memcmp(nodes, facts->t1, params->n) == 0;
	free(nodes);
	return same ? CRYPTECH_ERR_OK : CRYPTECH_ERR_KEYSTORE_LOST_DATA;
}

int root_read_top(struct roots *roots, const struct root *root, uint8_t *top)
{
	size_t size = top_size(&root->facts);

	if (root->damage)
		return root->damage;
	if (!root_top_height(root->facts.params[0].h)) {
		memcpy(top, root->facts.t1, size);
		return CRYPTECH_ERR_OK;
	}
	for (size_t at = 0, i = 0; at < size; at += TOP_CHUNK, i++) {
		size_t want = size - at < TOP_CHUNK ? size - at : TOP_CHUNK;
		size_t len = 0;

		if (ks_read(roots->ks, KS_CLASS_TOP + i, root->facts.uuid,
			    top + at, want, &len) || len != want)
			return CRYPTECH_ERR_KEYSTORE_LOST_DATA;
	}
	return top_check(&root->facts, top);
}
