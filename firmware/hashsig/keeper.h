/* SPDX-License-Identifier: MIT */
/*
 * Root trees whose seeds are not in memory, nor in the flash in clear or under a
 * key that is: somebody else keeps them and does what needs them. That is
 * firmware/vault, for which the FPGA does. All other things of such a key are as
 * those of others: public nodes, windows, work, the order of a signature.
 *
 * Its key has one level, and no root among the roots of root.h: the struct root
 * is the keeper's, with floor, end and nodes, and without seeds.
 *
 * (lock) and (free) mean what they do in hss.h. Errors are enum cryptech_error;
 * whatever a keeper answers to leaves() but KEYSTORE_LOST_DATA may be different
 * next time.
 */
#ifndef HASHSIG_KEEPER_H
#define HASHSIG_KEEPER_H

#include "root.h"

struct hss_keeper {
	/* (free) The nodes of the leaves first .. first + count - 1. */
	int (*leaves)(void *kept, uint32_t first, uint32_t count,
		      uint8_t *values);
	/*
	 * (lock) All leaves are known, so is facts->t1: from here on it is in
	 * flash. *@root is there until free().
	 */
	int (*store)(void *kept, const struct root_facts *facts,
		     struct root **root);
	/*
	 * (lock) Spend the leaf at the floor, for good, and raise the floor. @c
	 * gets its C, *@leaf is what it is called from now on. @node gives
	 * public nodes, as for root_commit(). NOT_READY: the floor was raised
	 * alone, by leaves that were spent before and not known to be.
	 */
	int (*take)(void *kept, bool (*node)(void *data, uint32_t r,
					     uint8_t *value),
		    void *data, uint8_t *c, unsigned int *leaf);
	/* (free) y and the leaf's node, as of lms_ots_sign(). Once. */
	int (*sign)(void *kept, unsigned int leaf, const uint8_t *digest,
		    uint8_t *y, uint8_t *node);
	/* A leaf that was taken is not used, or was. */
	void (*drop)(void *kept, unsigned int leaf);
	/* (lock) Out of flash; free() follows. */
	int (*remove)(void *kept);
	/* (lock) What there is of it in memory. */
	void (*free)(void *kept);
};

struct hss;

/*
 * As hss_new(), of a tree that @kept has drawn: facts->id is filled in. @kept is
 * freed with it; if this fails it is not. UNSUPPORTED_KEY, BAD_ARGUMENTS.
 */
int hss_new_kept(struct hss **hss, const struct root_facts *facts,
		 const struct hss_keeper *keeper, void *kept);
/* As hss_open(). */
int hss_open_kept(struct hss **hss, struct root *root,
		  const struct hss_keeper *keeper, void *kept);
/* NULL: its seeds are here. */
void *hss_kept(const struct hss *hss);

#endif /* HASHSIG_KEEPER_H */
