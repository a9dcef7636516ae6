/* SPDX-License-Identifier: MIT */
/*
 * Keys that are in the FPGA's vault and nowhere else: their values never are in
 * this machine's memory. See fpga.rst for the vault, keys.rst for such keys.
 *
 *	slots.c	 which of them are in slots now
 *	guard.c	 the guard's table, in flash and in the FPGA
 *	state.c	 records of hash signature keys, to the byte
 *	tree.c	 hash signature keys: the keeper of their seeds (hashsig/keeper.h)
 *	start.c	 start, stop, states without a key
 *	aes.c	 AES keys
 *
 * In flash a value is a wrapped image, 72 bytes that only this vault opens, with
 * the master key in its tamper memory. When something needs it, it goes into a
 * slot, and from there when another needs that one; so there may be any number
 * of them.
 *
 * Whether there is an FPGA that works is found out by each call: without it what
 * needs a value answers CORE_NOT_FOUND, IO_UNEXPECTED or MASTERKEY_NOT_SET, and
 * nothing is computed in software instead.
 *
 * (lock): the HSM's lock is held. All else takes its own.
 */
#ifndef VAULTKEYS_VAULTKEYS_H
#define VAULTKEYS_VAULTKEYS_H

#include "../cores/cores.h"
#include "../hashsig/hss.h"
#include "../hashsig/keeper.h"
#include "../keystore/keystore.h"
#include "../platform/platform.h"

struct fpga;
struct vaultkeys;

struct vaultkeys_config {
	struct fpga *fpga;		/* NULL: there is none */
	struct keystore *ks;
	const struct platform *platform;	/* log */
	const uint8_t *k_state;		/* 32 bytes; seals states, stays */
};

/* ALLOCATION_FAILURE. Asks nothing of the FPGA. */
int vaultkeys_start(struct vaultkeys **vk,
		    const struct vaultkeys_config *config);
/* (lock) No key of it is left. NULL is fine. */
void vaultkeys_stop(struct vaultkeys *vk);
/*
 * (lock) All states were opened: bring the guard's table into the FPGA, and let
 * go what no state is of. The error is what such keys answer; it is logged.
 */
int vaultkeys_begin(struct vaultkeys *vk);

/* --- AES ------------------------------------------------------------------------- */

#define VAULTKEYS_AES_MAX	144	/* bytes of a record: two images (XTS) */

/* A new one. UNSUPPORTED_KEY: AES-192. Takes the random generator's time. */
int vaultkeys_aes_new(struct vaultkeys *vk, uint32_t type,
		      struct core_key **key);
/* What its KEY record keeps, and the key of that. KEYSTORE_LOST_DATA: it is of
 * another length. That it opens is found out by its first use. */
int vaultkeys_aes_record(const struct core_key *key, uint8_t *record,
			 size_t size, size_t *len);
int vaultkeys_aes_open(struct vaultkeys *vk, uint32_t type,
		       const uint8_t *record, size_t len,
		       struct core_key **key);

/* --- hash signatures ---------------------------------------------------------------- */

/*
 * (lock) Draw one: as hss_new(), for facts of one level of H5, H10 or H15,
 * punctured, reserve 1; UNSUPPORTED_KEY, BAD_ARGUMENTS for others.
 * HASHSIG_KEY_EXHAUSTED: the guard has no entry left. facts->id is filled in.
 */
int vaultkeys_hss_new(struct vaultkeys *vk, struct root_facts *facts,
		      struct hss **hss);
/* (lock) The name of the state behind @previous (NULL: the first). */
bool vaultkeys_hss_next(struct vaultkeys *vk, const uint8_t *previous,
			uint8_t uuid[CRYPTECH_UUID_SIZE]);
/* (lock) Of a state that is in flash. KEYSTORE_*: it is damaged. */
int vaultkeys_hss_open(struct vaultkeys *vk, const uint8_t *uuid,
		       struct hss **hss);
/* (lock) There is a state that is not opened and stays: so do all entries of the
 * guard, as nobody can tell which of them is its. */
void vaultkeys_hss_spare(struct vaultkeys *vk);
/* (lock) A state that no hss is of. KEY_NOT_FOUND */
int vaultkeys_hss_discard(struct vaultkeys *vk, const uint8_t *uuid);

#endif /* VAULTKEYS_VAULTKEYS_H */
