/* SPDX-License-Identifier: MIT */
/*
 * What the files of vaultkeys.h share.
 */
#ifndef VAULTKEYS_INTERNAL_H
#define VAULTKEYS_INTERNAL_H

#include "../cores/fpga/fpga.h"
#include "../hashsig/frontier.h"
#include "../hsm/lock.h"
#include "vaultkeys.h"

#include <string.h>

#define IMAGE	VAULT_SLOT_WRAPPED

/* Slots by number. 1 and 2 are others'. */
#define SLOT_STATE	0	/* K_state, which wraps all of these */
#define SLOT_FIRST	3	/* of those that are used by turns */

/* What is in a slot, as far as is known. */
struct place {
	bool there;		/* the slot holds @image */
	uint8_t image[IMAGE];
	unsigned int pins;	/* it stays so long */
	uint64_t used;		/* when last: the least goes first */
};

struct vk_tree;

struct vaultkeys {
	struct vaultkeys_config config;
	struct fpga *fpga;

	struct lock lock;	/* of these, and of covers of trees */
	struct place places[VAULT_SLOTS];
	bool derived;		/* K_state is in its slot */
	uint64_t now;

	/* with the HSM's lock */
	struct vk_tree *trees;
	bool known;		/* all trees of the flash are among them */
	bool unreadable;	/* states that cannot be opened */
	bool loaded;		/* the table is in the FPGA */
	unsigned int current;	/* the place in flash that has it: 0 or 1 */
};

void vk_log(const struct vaultkeys *vk, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* The error of a keystore error. */
int vk_store_error(int ks_error);

/* --- slots.c -------------------------------------------------------------------- */

/*
 * A slot that holds this, pinned; NOT_READY: all of them are in use.
 * KEYSTORE_LOST_DATA: it does not open here.
 */
int slot_get(struct vaultkeys *vk, const uint8_t image[IMAGE],
	     unsigned int *slot);
/* An empty one, pinned, for something that has no image, or not yet. */
int slot_new(struct vaultkeys *vk, unsigned int *slot);
/* Unpinned, and what it holds remembered by this image (NULL: wiped). */
void slot_put(struct vaultkeys *vk, unsigned int slot, const uint8_t *image);
/* What is in a slot, wrapped. */
int slot_wrap(struct vaultkeys *vk, unsigned int slot, uint8_t image[IMAGE]);
/* An FPGA that was reset, or zeroised, has none of what we thought. */
void slots_forget(struct vaultkeys *vk);
/* K_state is in its slot. */
int slots_key(struct vaultkeys *vk);

/*
 * Use @image in a slot; tried once more if the vault was empty. FORBIDDEN does
 * not come out of it: that is what an empty slot answers.
 */
typedef int slot_user(void *data, struct fpga *fpga, unsigned int slot);
int slot_use(struct vaultkeys *vk, const uint8_t image[IMAGE], slot_user *user,
	     void *data);

/* --- guard.c: with the HSM's lock ------------------------------------------------- */

/* The FPGA works and has the table. KEYSTORE_LOST_DATA: there is none of its
 * time in flash. */
int guard_ready(struct vaultkeys *vk);
/* The entry of a tree. KEYSTORE_LOST_DATA: there is none. */
int guard_find(struct vaultkeys *vk, const uint8_t id[LMS_ID_SIZE],
	       unsigned int *entry, struct vault_entry *info);
/* One that is free. HASHSIG_KEY_EXHAUSTED */
int guard_find_free(struct vaultkeys *vk, unsigned int *entry);
/*
 * What the table says now becomes what holds: PREPARE, store, COMMIT. @q: the
 * next leaf of the entry is burnt by it. NULL: none.
 */
int guard_commit(struct vaultkeys *vk, unsigned int entry, uint32_t *q);

/* --- state.c ---------------------------------------------------------------------- */

#define STATE_H_MAX	15

struct wrapped {
	uint32_t node;
	uint8_t image[IMAGE];	/* of its seed */
};

/* A key as its record has it: root->seeds has floor and end alone. */
struct vk_state {
	struct root root;
	unsigned int count;
	struct wrapped cover[STATE_H_MAX + 1];	/* left to right */
};

int state_write(struct vaultkeys *vk, const struct vk_state *state);
int state_read(struct vaultkeys *vk, const uint8_t *uuid,
	       struct vk_state *state);

/* --- tree.c ----------------------------------------------------------------------- */

struct vk_tree {
	struct vaultkeys *vk;
	struct vk_tree *next;
	bool stored;
	struct vk_state state;	/* cover: with vk->lock */
};

extern const struct hss_keeper vk_keeper;

/* Known from now on, or no more. */
struct vk_tree *tree_add(struct vaultkeys *vk);
void tree_drop(struct vk_tree *tree);
/* Is there a tree of this id? */
bool tree_is_known(const struct vaultkeys *vk, const uint8_t id[LMS_ID_SIZE]);

#endif /* VAULTKEYS_INTERNAL_H */
