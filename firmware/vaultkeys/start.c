// SPDX-License-Identifier: MIT
/*
 * Keys of the vault: start and stop, and hash signature keys that come to be.
 */
#include "internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void vk_log(const struct vaultkeys *vk, const char *format, ...)
{
	const struct platform *platform = vk->config.platform;
	char line[256];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	if (platform->log)
		platform->log(platform->data, line);
}

int vk_store_error(int ks_error)
{
	switch (ks_error) {
	case KS_OK:
		return CRYPTECH_ERR_OK;
	case KS_NOT_FOUND:
		return CRYPTECH_ERR_KEY_NOT_FOUND;
	case KS_FULL:
		return CRYPTECH_ERR_NO_KEY_INDEX_SLOTS;
	case KS_CORRUPT:
	case KS_TOO_LONG:
		return CRYPTECH_ERR_KEYSTORE_LOST_DATA;
	case KS_NO_MEMORY:
		return CRYPTECH_ERR_ALLOCATION_FAILURE;
	default:
		return CRYPTECH_ERR_KEYSTORE_ACCESS;
	}
}

/* --- start and stop ------------------------------------------------------------------ */

int vaultkeys_start(struct vaultkeys **out,
		    const struct vaultkeys_config *config)
{
	struct vaultkeys *vk = calloc(1, sizeof(*vk));

	*out = vk;
	if (!vk)
		return CRYPTECH_ERR_ALLOCATION_FAILURE;
	vk->config = *config;
	vk->fpga = config->fpga;
	lock_init(&vk->lock);
	return CRYPTECH_ERR_OK;
}

void vaultkeys_stop(struct vaultkeys *vk)
{
	if (!vk)
		return;
	lock_destroy(&vk->lock);
	free(vk);
}

int vaultkeys_begin(struct vaultkeys *vk)
{
	int error;

	vk->known = true;
	if (!vk->fpga)
		return CRYPTECH_ERR_CORE_NOT_FOUND;
	error = guard_ready(vk);
	if (error == CRYPTECH_ERR_KEYSTORE_LOST_DATA)
		vk_log(vk, "the flash has no guard's table of this FPGA's "
		       "time: its hash signature keys cannot sign");
	else if (error)
		vk_log(vk, "the FPGA's vault cannot be used (error %d)",
		       error);
	return error;
}

/* --- hash signature keys --------------------------------------------------------------- */

static uint32_t meta_of(const struct lms_params *params)
{
	unsigned int width = (unsigned int)__builtin_ctz(params->w);

	return (params->n == 24 ? FPGA_META_N24 : 0) |
	       width << FPGA_META_WIDTH_SHIFT |
	       params->h << FPGA_META_HEIGHT_SHIFT;
}

static int check_facts(const struct root_facts *facts)
{
	if (facts->profile != CRYPTECH_HASHSIG_PUNCTURED ||
	    facts->reserve != 1)
		return CRYPTECH_ERR_BAD_ARGUMENTS;
	return facts->levels == 1 && facts->params[0].h <= STATE_H_MAX ?
	       CRYPTECH_ERR_OK : CRYPTECH_ERR_UNSUPPORTED_KEY;
}

/* The seed of its root, and its id. */
static int draw(struct vk_tree *tree, const struct lms_params *params)
{
	struct vaultkeys *vk = tree->vk;
	struct vk_state *state = &tree->state;
	struct vault_entry info;
	unsigned int entry, slot;
	int error = guard_find_free(vk, &entry);

	if (!error)
		error = slot_new(vk, &slot);
	if (error)
		return error;
	error = vault_entry_new(vk->fpga, slot, entry, meta_of(params));
	if (!error)
		error = vault_entry_info(vk->fpga, entry, &info);
	if (!error) {
		memcpy(state->root.facts.id, info.id, LMS_ID_SIZE);
		state->count = 1;
		state->cover[0].node = 1;
		error = slot_wrap(vk, slot, state->cover[0].image);
	}
	slot_put(vk, slot, error ? NULL : state->cover[0].image);
	return error == CRYPTECH_ERR_FORBIDDEN ? CRYPTECH_ERR_CORE_NOT_FOUND :
						 error;
}

int vaultkeys_hss_new(struct vaultkeys *vk, struct root_facts *facts,
		      struct hss **hss)
{
	struct vk_tree *tree;
	int error = check_facts(facts);

	*hss = NULL;
	if (!error)
		error = guard_ready(vk);
	if (error)
		return error;
	tree = tree_add(vk);
	if (!tree)
		return CRYPTECH_ERR_ALLOCATION_FAILURE;
	tree->state.root.facts = *facts;
	tree->state.root.seeds.end = (uint32_t)1 << facts->params[0].h;
	error = draw(tree, &facts->params[0]);
	memcpy(facts->id, tree->state.root.facts.id, LMS_ID_SIZE);
	if (!error)
		error = hss_new_kept(hss, facts, &vk_keeper, tree);
	if (error)
		vk_keeper.free(tree);
	return error;
}

bool vaultkeys_hss_next(struct vaultkeys *vk, const uint8_t *previous,
			uint8_t uuid[CRYPTECH_UUID_SIZE])
{
	return ks_next(vk->config.ks, KS_CLASS_VAULT, previous, uuid, NULL) ==
	       KS_OK;
}

int vaultkeys_hss_open(struct vaultkeys *vk, const uint8_t *uuid,
		       struct hss **hss)
{
	struct vk_tree *tree = tree_add(vk);
	int error;

	*hss = NULL;
	if (!tree)
		return CRYPTECH_ERR_ALLOCATION_FAILURE;
	error = state_read(vk, uuid, &tree->state);
	if (!error) {
		tree->stored = true;
		error = hss_open_kept(hss, &tree->state.root, &vk_keeper, tree);
	}
	if (error) {
		vaultkeys_hss_spare(vk);
		tree_drop(tree);
	}
	return error;
}

void vaultkeys_hss_spare(struct vaultkeys *vk)
{
	vk->unreadable = true;
}

int vaultkeys_hss_discard(struct vaultkeys *vk, const uint8_t *uuid)
{
	return vk_store_error(ks_delete(vk->config.ks, KS_CLASS_VAULT, uuid));
}
