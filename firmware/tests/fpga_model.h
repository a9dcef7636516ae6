/* SPDX-License-Identifier: MIT */
/*
 * The FPGA as a program, for tests: frames, registers and commands as
 * fpga/regs/registers.txt and fpga.rst have them, computed by libcrypto. Time is
 * what its line takes. It counts each command that it runs.
 */
#ifndef TESTS_FPGA_MODEL_H
#define TESTS_FPGA_MODEL_H

#include "../cores/fpga/fpga.h"

#define MODEL_ENTRY_WORDS	8

struct tamper_memory {
	uint32_t master[8], nonce[2];
	uint32_t mark;			/* 0: no key; 1: drawn; 2: entered */
	uint32_t serial, committed;
};

struct model {
	bool has_memory;
	struct tamper_memory memory;	/* which a reset leaves */
	uint32_t slots[VAULT_SLOTS][16];
	uint32_t text[FPGA_TEXT_WORDS], digest[8], below[16];
	uint32_t argument, result, status;
	uint32_t table[VAULT_ENTRIES][MODEL_ENTRY_WORDS];
	bool has_table, loaded;
	uint32_t prepared;		/* epoch; 0: none */
	uint32_t prepared_id[4], prepared_leaf, begin_id[4], begin_leaf;
	bool begin_allowed, prepared_burns;
	uint32_t y[2200];		/* of the signature that is read */
	unsigned int y_words, y_made, y_taken;
	uint64_t cycles, busy_until, random_at;
	uint32_t random;
	bool tampered;			/* since power came */
	bool random_dead;		/* its health tests fail */
	unsigned int ran[0x40];		/* commands, by operation */
	uint32_t version_offset;	/* another design answers */
};

/* With an empty tamper memory. */
void model_init(struct model *model);
/* Power comes again, or somebody pulls its reset. */
void model_reset(struct model *model);
/* Its tamper pin. */
void model_tamper(struct model *model);
void model_spi(struct model *model, struct spi *spi);
/* All commands that ran. */
unsigned int model_ran(const struct model *model);

/* fpga_model_vault.c: runs COMMAND; gives an enum fpga_outcome. */
unsigned int model_command(struct model *model, uint32_t command,
			   unsigned int *cycles);
/* fpga_model_tree.c */
unsigned int model_tree(struct model *model, unsigned int op, unsigned int a,
			unsigned int b, unsigned int n, unsigned int *cycles);
uint32_t model_random(struct model *model);
/* AES with the key of a slot, or of 8 words; in place. */
void model_aes(const uint32_t *key, bool is_long, bool encrypt,
	       uint32_t block[4]);
/* RFC 3394 with the integrity value in words 0 and 1. */
void model_wrap(const uint32_t key[8], uint32_t *words, unsigned int n);
void model_unwrap(const uint32_t key[8], uint32_t *words, unsigned int n);

#endif /* TESTS_FPGA_MODEL_H */
