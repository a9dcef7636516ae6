// SPDX-License-Identifier: MIT
/*
 * The record of a hash signature key of the vault: XDR, wrapped as a whole under
 * K_state (the HSM's) as KEY records are, and always of the length that its tree
 * can need at most, so that a leaf can be spent when the flash is full.
 *
 *	u32 version | uuid[16] | u32 lms | u32 lmots | I[16] | T1[n] |
 *	u32 floor | u32 end | u32 nodes | nodes * (u32 node, value[n]) |
 *	u32 seeds | seeds * (u32 node, image[72]) | zeros
 *
 * The nodes are the frontier, which says what can no longer be computed; the
 * seeds are wrapped slots, and which of them the vault still signs with is the
 * guard's to say.
 */
#include "internal.h"

#include <cryptech/xdr.h>

#include <stdlib.h>

#define STATE_VERSION	1

static size_t plain_size(const struct lms_params *params)
{
	return 9 * 4 + CRYPTECH_UUID_SIZE + LMS_ID_SIZE + params->n +
	       2 * params->h * (4 + params->n) +
	       (params->h + 1) * (4 + IMAGE);
}

static void put_raw(struct xdr_writer *w, const uint8_t *data, size_t len)
{
	memcpy(xdr_put_raw(w, len), data, len);
}

/* plain_size() bytes of zeros at first. */
static void put_state(uint8_t *plain, size_t size, const struct vk_state *state)
{
	const struct root *root = &state->root;
	const struct lms_params *params = &root->facts.params[0];
	struct xdr_writer w;

	xdr_writer_init(&w, plain, size);
	xdr_put_u32(&w, STATE_VERSION);
	put_raw(&w, root->facts.uuid, CRYPTECH_UUID_SIZE);
	xdr_put_u32(&w, params->lms);
	xdr_put_u32(&w, params->lmots);
	put_raw(&w, root->facts.id, LMS_ID_SIZE);
	put_raw(&w, root->facts.t1, params->n);
	xdr_put_u32(&w, root->seeds.floor);
	xdr_put_u32(&w, root->seeds.end);
	xdr_put_u32(&w, root->node_count);
	for (unsigned int i = 0; i < root->node_count; i++) {
		xdr_put_u32(&w, root->nodes[i].node);
		put_raw(&w, root->nodes[i].value, params->n);
	}
	xdr_put_u32(&w, state->count);
	for (unsigned int i = 0; i < state->count; i++) {
		xdr_put_u32(&w, state->cover[i].node);
		put_raw(&w, state->cover[i].image, IMAGE);
	}
}

int state_write(struct vaultkeys *vk, const struct vk_state *state)
{
	size_t size = plain_size(&state->root.facts.params[0]);
	uint8_t *plain = calloc(1, size);
	uint8_t *wrapped = malloc(core_wrap_size(size));
	int error = CRYPTECH_ERR_ALLOCATION_FAILURE;

	if (plain && wrapped) {
		put_state(plain, size, state);
		error = core_wrap(vk->config.k_state, plain, size, wrapped);
	}
	if (!error)
		error = vk_store_error(ks_write(vk->config.ks, KS_CLASS_VAULT,
						state->root.facts.uuid, wrapped,
						core_wrap_size(size), false));
	free(plain);
	free(wrapped);
	return error;
}

/* --- reading ------------------------------------------------------------------------ */

static bool get_raw(struct xdr_reader *r, uint8_t *data, size_t len)
{
	const uint8_t *at = xdr_get_raw(r, len);

	if (at)
		memcpy(data, at, len);
	return at;
}

static bool get_facts(struct xdr_reader *r, struct root_facts *facts)
{
	struct lms_params *params = &facts->params[0];
	uint32_t lms, lmots;

	facts->levels = 1;
	facts->reserve = 1;
	facts->profile = CRYPTECH_HASHSIG_PUNCTURED;
	if (xdr_get_u32(r) != STATE_VERSION ||
	    !get_raw(r, facts->uuid, CRYPTECH_UUID_SIZE))
		return false;
	lms = xdr_get_u32(r);
	lmots = xdr_get_u32(r);
	return lms_params(params, lms, lmots) && params->h <= STATE_H_MAX &&
	       get_raw(r, facts->id, LMS_ID_SIZE) &&
	       get_raw(r, facts->t1, params->n);
}

static bool get_nodes(struct xdr_reader *r, struct root *root)
{
	unsigned int n = root->facts.params[0].n;

	root->node_count = xdr_get_u32(r);
	if (root->node_count > NODES_MAX)
		return false;
	for (unsigned int i = 0; i < root->node_count; i++) {
		root->nodes[i].node = xdr_get_u32(r);
		if (!get_raw(r, root->nodes[i].value, n))
			return false;
	}
	return frontier_is_whole(root);
}

/* The seeds are those of the leaves that are left, no more, no less. */
static bool get_cover(struct xdr_reader *r, struct vk_state *state)
{
	const struct seeds *seeds = &state->root.seeds;
	uint32_t nodes[COVER_MAX];
	unsigned int count;

	count = seeds->floor == seeds->end ? 0 :
		cover_nodes(state->root.facts.params[0].h, seeds->floor,
			    seeds->end, nodes);
	state->count = xdr_get_u32(r);
	if (state->count != count || count > STATE_H_MAX + 1)
		return false;
	for (unsigned int i = 0; i < count; i++) {
		state->cover[i].node = xdr_get_u32(r);
		if (state->cover[i].node != nodes[i] ||
		    !get_raw(r, state->cover[i].image, IMAGE))
			return false;
	}
	return true;
}

static bool get_state(const uint8_t *plain, size_t len, const uint8_t *uuid,
		      struct vk_state *state)
{
	struct seeds *seeds = &state->root.seeds;
	struct xdr_reader r;

	memset(state, 0, sizeof(*state));
	xdr_reader_init(&r, plain, len);
	if (!get_facts(&r, &state->root.facts) ||
	    memcmp(state->root.facts.uuid, uuid, CRYPTECH_UUID_SIZE) ||
	    len != plain_size(&state->root.facts.params[0]))
		return false;
	seeds->floor = xdr_get_u32(&r);
	seeds->end = xdr_get_u32(&r);
	if (seeds->end != (uint32_t)1 << state->root.facts.params[0].h ||
	    seeds->floor > seeds->end)
		return false;
	return get_nodes(&r, &state->root) && get_cover(&r, state);
}

int state_read(struct vaultkeys *vk, const uint8_t *uuid,
	       struct vk_state *state)
{
	size_t len, plain_len;
	uint8_t *data = malloc(2 * KS_RECORD_MAX);
	int error;

	if (!data)
		return CRYPTECH_ERR_ALLOCATION_FAILURE;
	error = vk_store_error(ks_read(vk->config.ks, KS_CLASS_VAULT, uuid,
				       data, KS_RECORD_MAX, &len));
	if (!error && len < 16)
		error = CRYPTECH_ERR_KEYSTORE_LOST_DATA;
	if (!error)
		error = core_unwrap(vk->config.k_state, data, len,
				    data + KS_RECORD_MAX, &plain_len);
	if (error == CRYPTECH_ERR_KEYWRAP_BAD_MAGIC ||
	    error == CRYPTECH_ERR_KEYWRAP_BAD_LENGTH ||
	    error == CRYPTECH_ERR_KEYWRAP_BAD_PADDING ||
	    (!error && !get_state(data + KS_RECORD_MAX, plain_len, uuid,
				  state)))
		error = CRYPTECH_ERR_KEYSTORE_LOST_DATA;
	free(data);
	return error;
}
