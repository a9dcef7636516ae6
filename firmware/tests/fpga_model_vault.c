// SPDX-License-Identifier: MIT
/*
 * The commands of the model on slots, keys and text; fpga.rst has their rules.
 */
#include "fpga_model.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/rand.h>

#include "../cores/fpga/internal.h"

#define META	13

uint32_t model_random(struct model *model)
{
	uint32_t word;

	(void)model;
	if (RAND_bytes((uint8_t *)&word, sizeof(word)) != 1)
		abort();
	return word;
}

/* --- AES ---------------------------------------------------------------------- */

void model_aes(const uint32_t *key, bool is_long, bool encrypt,
	       uint32_t block[4])
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	uint8_t bytes[16], value[32];
	int len;

	put_words(value, key, is_long ? 32 : 16);
	put_words(bytes, block, 16);
	if (EVP_CipherInit_ex2(ctx, is_long ? EVP_aes_256_ecb() :
			       EVP_aes_128_ecb(), value, NULL, encrypt,
			       NULL) != 1 ||
	    EVP_CIPHER_CTX_set_padding(ctx, 0) != 1 ||
	    EVP_CipherUpdate(ctx, bytes, &len, bytes, 16) != 1)
		abort();
	EVP_CIPHER_CTX_free(ctx);
	words_of(block, bytes, 16);
}

void model_wrap(const uint32_t key[8], uint32_t *words, unsigned int n)
{
	for (unsigned int t = 1; t <= 6 * n; t++) {
		uint32_t *r = words + 2 + 2 * ((t - 1) % n);
		uint32_t block[4] = { words[0], words[1], r[0], r[1] };

		model_aes(key, true, true, block);
		words[0] = block[0];
		words[1] = block[1] ^ t;
		memcpy(r, block + 2, 8);
	}
}

void model_unwrap(const uint32_t key[8], uint32_t *words, unsigned int n)
{
	for (unsigned int t = 6 * n; t; t--) {
		uint32_t *r = words + 2 + 2 * ((t - 1) % n);
		uint32_t block[4] = { words[0], words[1] ^ t, r[0], r[1] };

		model_aes(key, true, false, block);
		memcpy(words, block, 8);
		memcpy(r, block + 2, 8);
	}
}

/* SP 800-108 with CMAC of one whole block: AES(key, block xor K1). */
static void derive(const uint32_t master[8], const char *label,
		   uint32_t context, uint32_t value[8])
{
	uint32_t k1[4] = { 0 }, carry;

	model_aes(master, true, true, k1);
	carry = k1[0] >> 31 ? 0x87 : 0;
	for (int i = 0; i < 4; i++)
		k1[i] = k1[i] << 1 | (i < 3 ? k1[i + 1] >> 31 : 0);
	k1[3] ^= carry;
	for (uint32_t i = 1; i <= 2; i++) {
		uint32_t *block = value + 4 * (i - 1);

		block[0] = i ^ k1[0];
		block[1] = word_of((const uint8_t *)label) ^ k1[1];
		block[2] = context ^ k1[2];
		block[3] = 256 ^ k1[3];
		model_aes(master, true, true, block);
	}
}

/* --- slots -------------------------------------------------------------------- */

static bool is(const uint32_t *slot, enum fpga_use use)
{
	return slot[META] & FPGA_META_VALID &&
	       (slot[META] & FPGA_META_USE) == use;
}

static unsigned int master(struct model *model, unsigned int op)
{
	if (!model->has_memory)
		return FPGA_OUTCOME_NO_MEMORY;
	if (op == FPGA_OP_MASTER_WIPE) {
		memset(model->slots, 0, sizeof(model->slots));
		memset(model->table, 0, sizeof(model->table));
		memset(&model->memory, 0, sizeof(model->memory));
		model->has_table = false;
		return FPGA_OUTCOME_OK;
	}
	if (model->memory.mark)
		return FPGA_OUTCOME_REFUSED;
	if (model->random_dead)
		return FPGA_OUTCOME_NO_RANDOM;
	for (int i = 0; i < 8; i++)
		model->memory.master[i] = op == FPGA_OP_MASTER_NEW ?
				   model_random(model) : model->text[i];
	model->memory.nonce[0] = model_random(model);
	model->memory.nonce[1] = model_random(model);
	model->memory.mark = op == FPGA_OP_MASTER_NEW ? 1 : 2;
	return FPGA_OUTCOME_OK;
}

static unsigned int make(struct model *model, unsigned int op,
			 unsigned int a, unsigned int b, unsigned int n)
{
	uint32_t *slot = model->slots[a], argument = model->argument;

	if (op == FPGA_OP_DERIVE) {
		if (b != FPGA_USE_WRAP && b != FPGA_USE_OPEN)
			return FPGA_OUTCOME_UNKNOWN;
		if (!model->memory.mark)
			return FPGA_OUTCOME_NO_MEMORY;
		memset(slot, 0, 64);
		derive(model->memory.master, b == FPGA_USE_WRAP ? "wrap" : "open",
		       argument & 0xffffff, slot);
		slot[META] = b | FPGA_META_LONG | FPGA_META_VALID;
	} else if (op == FPGA_OP_GENERATE) {
		if ((argument & FPGA_META_USE) != FPGA_USE_BLOCK)
			return FPGA_OUTCOME_UNKNOWN;
		if (model->random_dead)
			return FPGA_OUTCOME_NO_RANDOM;
		memset(slot, 0, 64);
		for (int i = 0; i < 12; i++)
			slot[i] = model_random(model);
		slot[META] = (argument & FPGA_META_LONG) | FPGA_META_VALID;
	} else {
		memset(slot, 0, 64);
		memcpy(slot, model->text, 48);
		slot[12] = n;
		slot[META] = (argument & 0x1fef) | FPGA_META_CLEAR |
			     FPGA_META_VALID;
	}
	return FPGA_OUTCOME_OK;
}

#define SLOT_HIGH	0xa65959a6u
#define SLOT_LOW	64u

static unsigned int wrap(struct model *model, unsigned int op,
			 const uint32_t *kek, uint32_t *slot)
{
	uint32_t *text = model->text;

	if (!is(kek, FPGA_USE_WRAP))
		return FPGA_OUTCOME_REFUSED;
	if (op == FPGA_OP_WRAP) {
		if (!(slot[META] & FPGA_META_VALID) ||
		    slot[META] & FPGA_META_BEGUN ||
		    (kek[META] & FPGA_META_CLEAR &&
		     !(slot[META] & FPGA_META_CLEAR)))
			return FPGA_OUTCOME_REFUSED;
		text[0] = SLOT_HIGH;
		text[1] = SLOT_LOW;
		memcpy(text + 2, slot, 64);
		model_wrap(kek, text, 8);
		model->status |= FPGA_STATUS_PUBLIC;
		return FPGA_OUTCOME_OK;
	}
	model_unwrap(kek, text, 8);
	memcpy(slot, text + 2, 64);
	if (text[0] != SLOT_HIGH || text[1] != SLOT_LOW)
		memset(slot, 0, 64);
	else
		slot[META] |= kek[META] & FPGA_META_CLEAR;
	memset(text, 0, sizeof(model->text));
	return slot[META] ? FPGA_OUTCOME_OK : FPGA_OUTCOME_BROKEN;
}

static unsigned int seal(struct model *model, unsigned int op,
			 const uint32_t *slot, unsigned int n)
{
	uint32_t *text = model->text;

	if (n < 2 || n > 126)
		return FPGA_OUTCOME_UNKNOWN;
	if (!is(slot, FPGA_USE_OPEN))
		return FPGA_OUTCOME_REFUSED;
	if (op == FPGA_OP_SEAL) {
		model_wrap(slot, text, n);
	} else {
		model_unwrap(slot, text, n);
		if (text[0] != SLOT_HIGH &&
		    (text[0] != 0xa6a6a6a6 || text[1] != 0xa6a6a6a6)) {
			memset(text, 0, sizeof(model->text));
			return FPGA_OUTCOME_BROKEN;
		}
	}
	model->status |= FPGA_STATUS_PUBLIC;
	return FPGA_OUTCOME_OK;
}

static unsigned int block(struct model *model, unsigned int op,
			  const uint32_t *slot, unsigned int n)
{
	if (n > 64)
		return FPGA_OUTCOME_UNKNOWN;
	if (!is(slot, FPGA_USE_BLOCK))
		return FPGA_OUTCOME_REFUSED;
	for (unsigned int i = 0; i < n; i++)
		model_aes(slot, slot[META] & FPGA_META_LONG,
			  op == FPGA_OP_ENCRYPT, model->text + 4 * i);
	model->status |= FPGA_STATUS_PUBLIC;
	return FPGA_OUTCOME_OK;
}

unsigned int model_command(struct model *model, uint32_t command,
			   unsigned int *cycles)
{
	unsigned int op = command >> 24, a = command >> 20 & 15;
	unsigned int b = command >> 16 & 15, n = command & 0xffff;
	uint32_t *slot = model->slots[a];

	switch (op) {
	case FPGA_OP_MASTER_NEW:
	case FPGA_OP_MASTER_ENTER:
	case FPGA_OP_MASTER_WIPE:
		return master(model, op);
	case FPGA_OP_GENERATE:
		*cycles = 12 * 32768;
		/* fall through */
	case FPGA_OP_DERIVE:
	case FPGA_OP_WRITE:
		return make(model, op, a, b, n);
	case FPGA_OP_WIPE:
		memset(slot, 0, 64);
		return FPGA_OUTCOME_OK;
	case FPGA_OP_INFO:
		memcpy(model->text, slot + 8, 24);
		model->status |= FPGA_STATUS_PUBLIC;
		return FPGA_OUTCOME_OK;
	case FPGA_OP_WRAP:
	case FPGA_OP_UNWRAP:
		*cycles = 5000;
		return wrap(model, op, slot, model->slots[b]);
	case FPGA_OP_SEAL:
	case FPGA_OP_UNSEAL:
		*cycles = 600 * n;
		return seal(model, op, slot, n);
	case FPGA_OP_ENCRYPT:
	case FPGA_OP_DECRYPT:
		*cycles = 200 * n;
		return block(model, op, slot, n);
	default:
		return model_tree(model, op, a, b, n, cycles);
	}
}
