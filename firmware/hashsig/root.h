/* SPDX-License-Identifier: MIT */
/*
 * Root trees: the part of hash signature keys that is in the keystore. Here a
 * leaf is spent for good; Documentation/hashsig-format.rst has the records.
 *
 *	root.c	   create, commit, delete
 *	top.c	   the upper nodes, cached
 *	frontier.c public nodes, and what follows from them
 *	cells.c	   seeds and public nodes in cells
 *	record.c   state records to the byte
 *	recover.c  rules R1 to R7, at start
 *	anchor.c   freshness: the anchor, the hash over all keys
 *	backup.h   keys that go elsewhere, and come from there
 *	rekey.c	   another K_state
 *
 * The promise: once root_commit() has gone past its commit point the leaves
 * below the new floor cannot be computed any more from what is stored, and no
 * power cut, rot or older copy of a part of the flash brings them back. It
 * returns success only after their seeds read zero.
 *
 * Everything is called with the HSM's lock held, and nothing here waits for
 * anything but flash and anchor. Errors are enum cryptech_error.
 */
#ifndef HASHSIG_ROOT_H
#define HASHSIG_ROOT_H

#include "../keystore/keystore.h"
#include "../platform/platform.h"
#include "seeds.h"

struct roots;			/* of all keys of an HSM */

struct public_node {
	uint32_t node;
	uint8_t value[LMS_N_MAX];
};

/* What never changes about a key. */
struct root_facts {
	uint8_t uuid[CRYPTECH_UUID_SIZE];
	unsigned int levels;
	struct lms_params params[CRYPTECH_HSS_LEVELS_MAX];	/* [0]: the root */
	uint32_t profile;		/* CRYPTECH_HASHSIG_ */
	uint32_t reserve;		/* leaves a commit takes */
	uint8_t id[LMS_ID_SIZE];	/* I */
	uint8_t t1[LMS_N_MAX];		/* the root node */
};

/*
 * A key as its committed record has it. The nodes cover the whole tree, left
 * to right: those over [0, floor) and [end, 2^h), which cannot be computed
 * any more, and those of the seeds' nodes in between. They hash to t1.
 *
 * Of a parked key there are no seeds, floor is end, and the root is the one
 * node; the leaves [away, end) are in its newest package.
 */
struct root {
	struct root_facts facts;
	uint32_t generation;
	struct seeds seeds;		/* floor and end are in it; secret */
	unsigned int node_count;
	struct public_node nodes[COVER_MAX + 2];
	bool parked;
	uint32_t away;
	uint32_t lost;			/* leaves lost to rot (R5) */
	int damage;	/* 0, or what whoever names the key is told */
	void *user;			/* whoever uses this: hss.c's */
	struct root *next;		/* in roots, by UUID */
	/* cells and the like: root.c's own */
	struct root_places *places;
};

struct roots_config {
	struct keystore *ks;
	const struct platform *platform;	/* anchor, log */
	const uint8_t *k_state;			/* 32 bytes, stays */
};

/*
 * Start: recover every key (R1 to R7) and compare the flash with the anchor.
 * Keys that are damaged are there with `damage` set. Nothing of any key can
 * be used before this returned 0.
 */
int roots_start(struct roots **roots, const struct roots_config *config);
void roots_stop(struct roots *roots);		/* wipes; NULL is fine */

struct root *roots_first(struct roots *roots);	/* then ->next */
struct root *roots_find(struct roots *roots, const uint8_t *uuid);

/*
 * True: the flash is not the newest there was, or not the anchor's. All that
 * commits answers KEYSTORE_LOST_DATA until the security officer decided.
 */
bool roots_stale(const struct roots *roots);
/* CRYPTECH_ACCEPT_; BAD_ARGUMENTS if not stale or unknown. */
int roots_accept(struct roots *roots, uint32_t decision);
uint64_t roots_anchor(const struct roots *roots);

/*
 * A new key: all of it is in flash when this returns, nothing if it fails or
 * the power does. @seed: S_1, or the single seed. @top: the nodes of level
 * root_top_height(h) of the tree, 2^that * n bytes, which cannot be made again
 * quickly; they are cached in flash, as a hint. KEY_NAME_IN_USE,
 * NO_KEY_INDEX_SLOTS.
 */
unsigned int root_top_height(unsigned int h);	/* h up to 10: 0; 25: 13 */
int root_create(struct roots *roots, const struct root_facts *facts,
		const uint8_t *seed, const uint8_t *top, struct root **root);
/* The cached top nodes; KEYSTORE_LOST_DATA if they are gone or do not hash to
 * t1: they have to be computed anew, with what root->nodes gives. */
int root_read_top(struct roots *roots, const struct root *root, uint8_t *top);

/*
 * The commit: burn the leaves [floor, to). Their seeds go to @run (n bytes
 * each, in order; NULL: nobody wants them). @node gives the public nodes that
 * the new cover needs: those over [0, to) and of the new seeds' nodes that are
 * not in root->nodes; false: it does not know (NOT_READY, nothing happened).
 * Nodes are checked against t1 before anything is written.
 *
 * On failure after the commit point the leaves are burnt all the same, and @run
 * is wiped. HASHSIG_KEY_EXHAUSTED if @to is beyond the end; FORBIDDEN: it is
 * parked; IMPOSSIBLE unless above floor; ASSERTION_FAILED, nothing happened: the nodes of @node do not
 * hash to t1; NO_KEY_INDEX_SLOTS, nothing happened: flash is full; KEYSTORE_*.
 *
 * While it works it may move cells of other keys: their generation changes,
 * and nothing else that is seen here.
 */
int root_commit(struct roots *roots, struct root *root, uint32_t to,
		bool (*node)(void *data, uint32_t r, uint8_t *value),
		void *data, uint8_t *run);

/*
 * Gone, with all its cells, for good; @root is freed. Works on a full flash
 * and for damaged keys. KEYSTORE_LOST_DATA while stale. After KEYSTORE_ACCESS
 * @root is there still, damaged, and the next start finishes it.
 */
int root_delete(struct roots *roots, struct root *root);

/*
 * Another K_state, while there is no key (IMPOSSIBLE). Prepare gives the ledger
 * for it, which the caller puts in place under the name that the ledger has
 * (ledger_len 0: there is none to be); it changes nothing. KEYSTORE_LOST_DATA
 * while stale. Then, with the new one where k_state points to, and the new
 * ledger in place or certain to be so by the next start, roots_rekey: nothing
 * can fail any more.
 */
#define ROOTS_LEDGER_MAX	128
struct roots_rekey {
	uint8_t k_record[32];		/* secret */
	uint8_t ledger[ROOTS_LEDGER_MAX];
	size_t ledger_len;
};
extern const uint8_t roots_ledger_name[KS_NAME_SIZE];
int roots_rekey_prepare(struct roots *roots, const uint8_t k_state[32],
			struct roots_rekey *rekey);
void roots_rekey(struct roots *roots, const struct roots_rekey *rekey);

#endif /* HASHSIG_ROOT_H */
