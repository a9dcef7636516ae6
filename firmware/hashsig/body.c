// SPDX-License-Identifier: MIT
/*
 * A root tree as bytes: XDR, big endian, for packages of ours alone, which are
 * encrypted; libhal's body has one seed.
 *
 *	u32 "HSSB" | u32 version 1 | uuid[16] | u32 profile | u32 reserve |
 *	u32 levels | levels * (u32 lms, u32 lmots) | id[16] | t1[n] |
 *	u32 floor | u32 end | nodes, n bytes each | seeds, n bytes each
 *
 * How many nodes and seeds there are, and which, follows from floor and end:
 * the frontier of the tree, from left to right, and the cover of [floor, end),
 * or the one seed of a single-seed key.
 */
#include "root_internal.h"

#include <stdlib.h>

#define BODY_MAGIC	0x48535342u	/* "HSSB" */
#define BODY_VERSION	1

/* --- bytes ---------------------------------------------------------------- */

static void put_raw(struct xdr_writer *w, const void *data, size_t len)
{
	memcpy(xdr_put_raw(w, len), data, len);
}

size_t body_put(const struct root *root, uint8_t *body)
{
	unsigned int n = root->facts.params[0].n;
	struct xdr_writer w;

	xdr_writer_init(&w, body, ROOT_BODY_MAX);
	xdr_put_u32(&w, BODY_MAGIC);
	xdr_put_u32(&w, BODY_VERSION);
	put_raw(&w, root->facts.uuid, CRYPTECH_UUID_SIZE);
	facts_put(&w, &root->facts);
	xdr_put_u32(&w, root->seeds.floor);
	xdr_put_u32(&w, root->seeds.end);
	for (unsigned int i = 0; i < root->node_count; i++)
		put_raw(&w, root->nodes[i].value, n);
	for (unsigned int i = 0; i < root->seeds.count; i++)
		put_raw(&w, root->seeds.list[i].value, n);
	return xdr_written(&w);
}

static void get_values(struct xdr_reader *r, struct root *root)
{
	unsigned int n = root->facts.params[0].n;
	struct seeds *seeds = &root->seeds;
	uint32_t list[NODES_MAX] = { 1 };
	const uint8_t *value;

	root->node_count = frontier_nodes(root, list);
	for (unsigned int i = 0; i < root->node_count; i++) {
		root->nodes[i].node = list[i];
		value = xdr_get_raw(r, n);
		if (value)
			memcpy(root->nodes[i].value, value, n);
	}
	list[0] = 1;
	seeds->count = seeds->single ? 1 :
		cover_nodes(root->facts.params[0].h, seeds->floor, seeds->end,
			    list);
	for (unsigned int i = 0; i < seeds->count; i++) {
		seeds->list[i].node = list[i];
		value = xdr_get_raw(r, n);
		if (value)
			memcpy(seeds->list[i].value, value, n);
	}
}

static bool get_head(struct xdr_reader *r, struct root *root)
{
	uint32_t magic = xdr_get_u32(r), version = xdr_get_u32(r);
	const uint8_t *uuid = xdr_get_raw(r, CRYPTECH_UUID_SIZE);
	struct root_facts *facts = &root->facts;

	if (r->bad || magic != BODY_MAGIC || version != BODY_VERSION)
		return false;
	memcpy(facts->uuid, uuid, CRYPTECH_UUID_SIZE);
	if (!facts_get(r, facts) || facts->reserve < 1 ||
	    facts->reserve > CRYPTECH_HASHSIG_RESERVE_MAX ||
	    hss_signature_size(facts->params, facts->levels) >
	    CRYPTECH_HSS_SIGNATURE_MAX)
		return false;
	root->seeds.single = facts->profile == CRYPTECH_HASHSIG_SINGLE_SEED;
	root->seeds.floor = xdr_get_u32(r);
	root->seeds.end = xdr_get_u32(r);
	return !r->bad && root->seeds.floor < root->seeds.end &&
	       root->seeds.end <= (uint32_t)1 << facts->params[0].h;
}

int body_get(const uint8_t *body, size_t len, struct root **out)
{
	static const uint8_t no_uuid[CRYPTECH_UUID_SIZE];
	struct root *root = root_new(no_uuid);
	struct xdr_reader r;

	*out = NULL;
	if (!root)
		return CRYPTECH_ERR_ALLOCATION_FAILURE;
	xdr_reader_init(&r, body, len);
	if (get_head(&r, root)) {
		get_values(&r, root);
		if (xdr_reader_done(&r) && frontier_is_whole(root)) {
			*out = root;
			return CRYPTECH_ERR_OK;
		}
	}
	root_free(root);
	return CRYPTECH_ERR_BAD_ARGUMENTS;
}

int root_body_look(const uint8_t *body, size_t len, struct root_body *look)
{
	struct root *root;
	int error = body_get(body, len, &root);

	if (error)
		return error;
	look->facts = root->facts;
	look->floor = root->seeds.floor;
	look->end = root->seeds.end;
	root_free(root);
	return CRYPTECH_ERR_OK;
}

/* --- a higher floor ------------------------------------------------------- */

#define BATCH	8	/* leaves at a time, full lanes for every engine */

/*
 * The value of a node from the seeds of the leaves under it, all of which are
 * there: from left to right, keeping what has no right neighbour yet.
 */
static bool compute_node(void *data, uint32_t r, uint8_t *value)
{
	const struct root *root = data;
	const struct lms_params *params = &root->facts.params[0];
	uint8_t seeds[BATCH * LMS_N_MAX], leaves[BATCH * LMS_N_MAX];
	uint8_t stack[LMS_H_MAX + 1][2 * LMS_N_MAX];
	uint32_t first, end, q, count;
	size_t n = params->n;
	bool good = true;

	cover_leaves(params->h, r, &first, &end);
	for (q = first; q < end && good; q += count) {
		count = end - q < BATCH ? end - q : BATCH;
		good = seeds_leaves(&root->seeds, params, root->facts.id, q,
				    count, seeds);
		if (!good)
			break;
		lms_leaves(params, root->facts.id, q, count, seeds, n, leaves);
		for (uint32_t i = 0; i < count; i++) {
			uint32_t node = ((uint32_t)1 << params->h) + q + i;
			unsigned int up = 0;

			memcpy(value, leaves + i * n, n);
			for (; node != r && node & 1; node /= 2, up++) {
				memcpy(stack[up] + n, value, n);
				lms_nodes(params, root->facts.id, node / 2, 1,
					  stack[up], value);
			}
			memcpy(stack[up], value, n);
		}
	}
	core_wipe(seeds, sizeof(seeds));
	return good;
}

int root_body_narrow(const uint8_t *body, size_t len, uint32_t floor,
		     uint8_t *to, size_t *to_len)
{
	struct root *root, *less = NULL;
	int error = body_get(body, len, &root);

	if (error)
		return error;
	if (floor < root->seeds.floor)
		floor = root->seeds.floor;
	if (floor >= root->seeds.end)
		error = CRYPTECH_ERR_HASHSIG_KEY_EXHAUSTED;
	else if (!(less = root_new(root->facts.uuid)))
		error = CRYPTECH_ERR_ALLOCATION_FAILURE;
	if (!error) {
		less->facts = root->facts;
		seeds_narrow(&root->seeds, &root->facts.params[0],
			     root->facts.id, floor, root->seeds.end,
			     &less->seeds);
		error = frontier_move(root, less, compute_node, root);
	}
	if (!error && !frontier_is_whole(less))
		error = CRYPTECH_ERR_BAD_ARGUMENTS;
	if (!error)
		*to_len = body_put(less, to);
	if (less)
		root_free(less);
	root_free(root);
	return error;
}
