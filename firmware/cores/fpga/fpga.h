/* SPDX-License-Identifier: MIT */
/*
 * The FPGA: what it does, as the firmware asks for it. fpga.rst tells what it is
 * and what its rules are; its registers and commands stand in fpga/regs.
 *
 *	spi.h	the line, which a platform provides
 *	bus.c	frames on it: registers, CRC, tries
 *	fpga.c	finding it, watching it
 *	random.c random words
 *	mix.c	random bytes beside others
 *	check.c	its known answers
 *	vault.c	commands on slots, keys, text
 *	tree.c	commands on trees and the guard's table
 *
 * All functions may be called by several threads at once: one command runs at
 * a time, the others wait. None wants the HSM's lock; those that can take
 * longer than a millisecond say so. Errors are enum cryptech_error:
 *
 *	IO_UNEXPECTED	  the line is dead, or what came over it was damaged
 *			  three times; from then on every call says so, at
 *			  once, until fpga_again()
 *	CORE_NOT_FOUND	  there is none, of another name or version, or it was
 *			  reset behind our back: what the vault held is gone;
 *			  until fpga_again(), too
 *	TAMPER		  its tamper pin was seen; until fpga_again(), too
 *	KEYWRAP_BAD_MAGIC what was unwrapped is not whole, or not current
 *	FORBIDDEN	  a rule of the vault
 *	CSPRNG_BROKEN	  its random generator's health tests failed
 *	MASTERKEY_NOT_SET no tamper memory, or no master key in it
 *	BAD_ARGUMENTS	  a slot or number out of range
 *	HASHSIG_KEY_EXHAUSTED  no leaf, or no entry, is left
 */
#ifndef CORES_FPGA_FPGA_H
#define CORES_FPGA_FPGA_H

#include <cryptech/rpc.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "registers.h"
#include "spi.h"

struct fpga;

/* --- the whole ---------------------------------------------------------------- */

/*
 * Look whether it is there: names, versions, that it is ready and has passed
 * its own tests; known answers through clear slots. @log may be NULL. *@fpga
 * is made even if that fails, so that fpga_again() can be tried.
 */
int fpga_open(struct fpga **fpga, const struct spi *spi,
	      void (*log)(void *data, const char *line), void *data);
int fpga_again(struct fpga *fpga);	/* the same once more */
void fpga_close(struct fpga *fpga);	/* zeroises; NULL is fine */

struct fpga_state {
	int error;			/* 0: it works */
	uint32_t status;		/* FPGA_STATUS_, if it works */
	uint32_t version;		/* of the top */
	uint64_t frames, damaged;	/* that were sent, and sent again */
};
/* Looks now, unless a command is running. */
void fpga_look(struct fpga *fpga, struct fpga_state *state);
/* `error` as it was last seen, at once. */
int fpga_error(const struct fpga *fpga);

/* Random bytes of its generator; some 32,768 cycles for each 4 of them. */
int fpga_random(struct fpga *fpga, void *data, size_t len);

/*
 * Xors @len bytes into @data that follow from words of its generator: for
 * core_random_mix(). Drawn anew now and then, which takes longer. Once a word has
 * not come: its error, until fpga_again().
 */
int fpga_mix(struct fpga *fpga, uint8_t *data, size_t len);

/* --- the vault ---------------------------------------------------------------- */

#define VAULT_SLOTS		16
#define VAULT_SLOT_WRAPPED	72	/* bytes: 16 words, wrapped */
#define VAULT_TEXT_MAX		1008	/* bytes that SEAL takes, that ENCRYPT takes */

int vault_zeroise(struct fpga *fpga);
int vault_master_new(struct fpga *fpga);
int vault_master_enter(struct fpga *fpga, const uint8_t key[32]);
int vault_master_wipe(struct fpga *fpga);

int vault_derive(struct fpga *fpga, unsigned int slot, enum fpga_use use,
		 uint32_t context);
/* An AES key for vault_block(). @is_long: 256 bits, else 128. */
int vault_generate(struct fpga *fpga, unsigned int slot, bool is_long);
/* A key that the bus knows, for tests: FPGA_META_ bits in @meta. */
int vault_write(struct fpga *fpga, unsigned int slot, const uint8_t value[32],
		const uint8_t id[16], uint32_t node, uint32_t meta);
int vault_wipe(struct fpga *fpga, unsigned int slot);
struct vault_info {
	uint8_t id[16];
	uint32_t node, meta;
};
int vault_info(struct fpga *fpga, unsigned int slot, struct vault_info *info);

int vault_wrap(struct fpga *fpga, unsigned int kek, unsigned int slot,
	       uint8_t wrapped[VAULT_SLOT_WRAPPED]);
int vault_unwrap(struct fpga *fpga, unsigned int kek, unsigned int slot,
		 const uint8_t wrapped[VAULT_SLOT_WRAPPED]);
/* RFC 5649 under a slot of use OPEN, as core_wrap() and core_unwrap() are, of 9 to
 * VAULT_TEXT_MAX bytes (KEYWRAP_BAD_LENGTH). */
int vault_seal(struct fpga *fpga, unsigned int slot, const void *plain,
	       size_t len, uint8_t *wrapped);
int vault_unseal(struct fpga *fpga, unsigned int slot, const uint8_t *wrapped,
		 size_t wrapped_len, uint8_t *plain, size_t *len);
/* AES blocks, each for itself (ECB), any number; in place is fine. Takes long if
 * they are many. */
int vault_block(struct fpga *fpga, unsigned int slot, bool encrypt,
		const uint8_t *in, uint8_t *out, size_t blocks);

/* --- trees and the guard's table ------------------------------------------------ */

#define VAULT_ENTRIES		8
#define VAULT_TABLE_WRAPPED	280	/* bytes */

int vault_child(struct fpga *fpga, unsigned int from, unsigned int to,
		unsigned int depth, uint32_t path);
/* Takes long: a leaf of W8 is half a million cycles. */
int vault_leaf(struct fpga *fpga, unsigned int slot, unsigned int depth,
	       uint32_t path, uint8_t *value, size_t n);
int vault_node(struct fpga *fpga, unsigned int slot, uint32_t node,
	       const uint8_t *below, uint8_t *value, size_t n);

int vault_table_new(struct fpga *fpga);
int vault_table_load(struct fpga *fpga, unsigned int kek,
		     const uint8_t table[VAULT_TABLE_WRAPPED]);
int vault_entry_new(struct fpga *fpga, unsigned int slot, unsigned int entry,
		    uint32_t meta);
int vault_entry_free(struct fpga *fpga, unsigned int entry);
struct vault_entry {
	uint8_t id[16];
	uint32_t meta, floor, end;	/* meta 0: the entry is free */
};
int vault_entry_info(struct fpga *fpga, unsigned int entry,
		     struct vault_entry *info);
/* *q: the leaf that is burnt by it; q NULL: none is. */
int vault_prepare(struct fpga *fpga, unsigned int kek, unsigned int entry,
		  uint32_t *q, uint8_t table[VAULT_TABLE_WRAPPED]);
int vault_commit(struct fpga *fpga);
int vault_begin(struct fpga *fpga, unsigned int slot, uint8_t *c, size_t n);
/*
 * y[0] to y[p-1] into @y, p * n bytes, and what the completed chains give for the
 * leaf into @leaf. The slot is empty after it, whatever happened.
 */
int vault_sign(struct fpga *fpga, unsigned int slot, const uint8_t *digest,
	       size_t n, uint8_t *y, size_t y_len, uint8_t *leaf);

#endif /* CORES_FPGA_FPGA_H */
