// SPDX-License-Identifier: MIT
/*
 * The commands of the model on trees and the guard's table, by the firmware's own
 * mathematics.
 */
#include "fpga_model.h"

#include <string.h>

#include "../cores/fpga/internal.h"
#include "../hashsig/lms.h"

#define META	13
#define TABLE_HIGH	0xa65959a6u

struct seed {
	struct lms_params params;
	uint8_t id[16], value[32];
	uint32_t node;
};

static bool params_of(struct lms_params *params, uint32_t meta)
{
	return lms_params_of(params, meta & FPGA_META_N24 ? 24 : 32,
			     (meta & FPGA_META_HEIGHT) >>
			     FPGA_META_HEIGHT_SHIFT,
			     1 << ((meta & FPGA_META_WIDTH) >>
				   FPGA_META_WIDTH_SHIFT));
}

static bool seed_of(struct seed *seed, const uint32_t *slot)
{
	put_words(seed->value, slot, 32);
	put_words(seed->id, slot + 8, 16);
	seed->node = slot[12];
	return slot[META] & FPGA_META_VALID &&
	       (slot[META] & FPGA_META_USE) == FPGA_USE_SEED &&
	       params_of(&seed->params, slot[META]);
}

static bool descend(struct seed *seed, unsigned int depth, uint32_t path)
{
	if (depth > seed->params.h ||
	    (uint64_t)seed->node << depth >= 2ull << seed->params.h)
		return false;
	while (depth--) {
		uint8_t sides[2][32];
		unsigned int side = path >> depth & 1;

		lms_seed_children(&seed->params, seed->id, seed->node,
				  seed->value, sides[0], sides[1]);
		memcpy(seed->value, sides[side], 32);
		seed->node = 2 * seed->node + side;
	}
	return true;
}

static unsigned int nodes(struct model *model, unsigned int op,
			  const uint32_t *slot, uint32_t *to, unsigned int n)
{
	uint8_t value[64];
	uint32_t words[16];
	struct seed seed;

	if (!seed_of(&seed, slot) || slot[META] & FPGA_META_BEGUN)
		return FPGA_OUTCOME_REFUSED;
	if (op == FPGA_OP_NODE) {
		put_words(value, model->below, 64);
		lms_nodes(&seed.params, seed.id, model->argument, 1, value,
			  value);
	} else if (n > 25 ||
		   !descend(&seed, n, model->argument >> (26 - n))) {
		return FPGA_OUTCOME_UNKNOWN;
	} else if (op == FPGA_OP_CHILD) {
		memcpy(words, slot, 64);
		words_of(words, seed.value, seed.params.n);
		words[12] = seed.node;
		memcpy(to, words, 64);
		return FPGA_OUTCOME_OK | seed.node << FPGA_RESULT_NODE_SHIFT;
	} else {
		if (seed.node >> seed.params.h != 1)
			return FPGA_OUTCOME_UNKNOWN;
		lms_leaves(&seed.params, seed.id,
			   seed.node - (1u << seed.params.h), 1, seed.value, 0,
			   value);
	}
	words_of(model->text, value, seed.params.n);
	model->status |= FPGA_STATUS_PUBLIC;
	return FPGA_OUTCOME_OK | seed.node << FPGA_RESULT_NODE_SHIFT;
}

/* --- the guard --------------------------------------------------------------------- */

static unsigned int table_load(struct model *model, const uint32_t *kek)
{
	uint32_t *text = model->text;

	if (model->has_table || (kek[META] & 7) != FPGA_USE_WRAP)
		return FPGA_OUTCOME_REFUSED;
	model_unwrap(kek, text, 34);
	if (text[0] != TABLE_HIGH || text[1] != 8 * 34 ||
	    memcmp(text + 2, model->memory.nonce, 8) ||
	    text[4] != model->memory.committed || text[5])
		return FPGA_OUTCOME_BROKEN;
	memcpy(model->table, text + 6, sizeof(model->table));
	model->has_table = true;
	return FPGA_OUTCOME_OK;
}

static unsigned int entry_new(struct model *model, uint32_t *slot,
			      uint32_t *entry)
{
	struct lms_params params;
	uint32_t meta = model->argument & (FPGA_META_N24 | FPGA_META_WIDTH |
					   FPGA_META_HEIGHT);

	if (!model->has_table || (model->argument & FPGA_META_USE) !=
	    FPGA_USE_SEED)
		return FPGA_OUTCOME_REFUSED;
	if (entry[4])
		return FPGA_OUTCOME_EXHAUSTED;
	if (!params_of(&params, meta))
		return FPGA_OUTCOME_UNKNOWN;
	if (model->random_dead)
		return FPGA_OUTCOME_NO_RANDOM;
	memset(slot, 0, 64);
	for (int i = 0; i < 12; i++)
		slot[i] = model_random(model);
	slot[12] = 1;
	slot[META] = meta | FPGA_USE_SEED | FPGA_META_VALID;
	memcpy(entry, slot + 8, 16);
	entry[4] = slot[META];
	entry[5] = 0;
	entry[6] = 1u << params.h;
	return FPGA_OUTCOME_OK;
}

static unsigned int prepare(struct model *model, const uint32_t *kek,
			    uint32_t *entry, unsigned int n)
{
	uint32_t *text = model->text, q = 0;

	if (!model->has_table || (n && !entry[4]) ||
	    (kek[META] & 7) != FPGA_USE_WRAP)
		return FPGA_OUTCOME_REFUSED;
	if (n && entry[5] == entry[6])
		return FPGA_OUTCOME_EXHAUSTED;
	model->prepared_burns = n;
	if (n) {
		q = entry[5]++;
		memcpy(model->prepared_id, entry, 16);
		model->prepared_leaf = entry[6] + q;	/* 2^h + q */
	}
	model->prepared = ++model->memory.serial;
	text[0] = TABLE_HIGH;
	text[1] = 8 * 34;
	memcpy(text + 2, model->memory.nonce, 8);
	text[4] = model->prepared;
	text[5] = 0;
	memcpy(text + 6, model->table, sizeof(model->table));
	model_wrap(kek, text, 34);
	model->status |= FPGA_STATUS_PUBLIC;
	return FPGA_OUTCOME_OK | q << FPGA_RESULT_NODE_SHIFT;
}

static unsigned int commit(struct model *model)
{
	if (!model->prepared)
		return FPGA_OUTCOME_REFUSED;
	model->memory.serial++;
	model->memory.committed = model->prepared;
	model->prepared = 0;
	model->begin_allowed = model->prepared_burns;
	memcpy(model->begin_id, model->prepared_id, 16);
	model->begin_leaf = model->prepared_leaf;
	return FPGA_OUTCOME_OK;
}

static unsigned int begin_leaf(struct model *model, uint32_t *slot)
{
	struct seed seed;
	uint8_t c[32];

	if (!seed_of(&seed, slot) || !model->begin_allowed ||
	    slot[META] & FPGA_META_BEGUN || seed.node != model->begin_leaf ||
	    memcmp(slot + 8, model->begin_id, 16))
		return FPGA_OUTCOME_REFUSED;
	model->begin_allowed = false;
	lms_randomizer(&seed.params, seed.id,
		       seed.node - (1u << seed.params.h), seed.value, c);
	slot[META] |= FPGA_META_BEGUN;
	words_of(model->text, c, seed.params.n);
	model->status |= FPGA_STATUS_PUBLIC;
	return FPGA_OUTCOME_OK;
}

static unsigned int sign(struct model *model, uint32_t *slot)
{
	uint8_t signature[4 + 32 + 265 * 32], digest[32], leaf[32];
	static const uint8_t zeros[32];
	struct seed seed;
	size_t y_len;

	if (!seed_of(&seed, slot) || !(slot[META] & FPGA_META_BEGUN))
		return FPGA_OUTCOME_REFUSED;
	put_words(digest, model->digest, 32);
	lms_ots_sign(&seed.params, seed.id,
		     seed.node - (1u << seed.params.h), seed.value, zeros,
		     digest, signature, leaf);
	memset(slot, 0, 64);
	y_len = seed.params.n * seed.params.p;
	words_of(model->y, signature + 4 + seed.params.n, y_len);
	words_of(model->y + y_len / 4, leaf, seed.params.n);
	model->y_words = (y_len + seed.params.n) / 4;
	model->y_made = model->y_taken = 0;
	return FPGA_OUTCOME_OK;
}

unsigned int model_tree(struct model *model, unsigned int op, unsigned int a,
			unsigned int b, unsigned int n, unsigned int *cycles)
{
	uint32_t *slot = model->slots[a];
	uint32_t *entry = model->table[b % VAULT_ENTRIES];

	*cycles = op == FPGA_OP_LEAF ? 80000 : 3000;
	if (op >= FPGA_OP_ENTRY_NEW && op <= FPGA_OP_PREPARE &&
	    b >= VAULT_ENTRIES)
		return FPGA_OUTCOME_UNKNOWN;
	switch (op) {
	case FPGA_OP_CHILD:
	case FPGA_OP_LEAF:
	case FPGA_OP_NODE:
		return nodes(model, op, slot, model->slots[b], n);
	case FPGA_OP_TABLE_NEW:
		if (model->has_table || model->memory.committed)
			return FPGA_OUTCOME_REFUSED;
		model->has_table = true;
		return FPGA_OUTCOME_OK;
	case FPGA_OP_TABLE_LOAD:
		return table_load(model, slot);
	case FPGA_OP_ENTRY_NEW:
		return entry_new(model, slot, entry);
	case FPGA_OP_ENTRY_FREE:
		memset(entry, 0, 4 * MODEL_ENTRY_WORDS);
		return FPGA_OUTCOME_OK;
	case FPGA_OP_ENTRY_INFO:
		memcpy(model->text, entry, 4 * MODEL_ENTRY_WORDS);
		model->status |= FPGA_STATUS_PUBLIC;
		return FPGA_OUTCOME_OK;
	case FPGA_OP_PREPARE:
		return prepare(model, slot, entry, n);
	case FPGA_OP_COMMIT:
		return commit(model);
	case FPGA_OP_BEGIN:
		return begin_leaf(model, slot);
	case FPGA_OP_SIGN:
		return sign(model, slot);
	default:
		return FPGA_OUTCOME_UNKNOWN;
	}
}
