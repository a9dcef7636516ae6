/* SPDX-License-Identifier: MIT */
/*
 * One LMS tree in memory, for tree.c, build.c, leaf.c and levels.h alone.
 *
 * Of a tall tree only what signing needs is kept: the *top*, the public nodes
 * of the upper levels, and *windows*, the public nodes of the subtrees that
 * hang from the top, for the leaves that are next and for those after them.
 * Everything here is with the HSM's lock, but for unit_run().
 */
#ifndef HASHSIG_TREE_H
#define HASHSIG_TREE_H

#include <stdatomic.h>

#include "hss.h"
#include "keeper.h"

/*
 * Public nodes of a part of a tree: @root and @depth levels below it. A node
 * has a place in it: 1 is @root, p has 2p and 2p + 1 under it.
 */
struct patch {
	uint32_t root;
	unsigned int depth;
	uint8_t *value;		/* n bytes a place, of 2^(depth + 1) */
	uint8_t *known;		/* of each place: is its value there? */
};

/* The leaves under a node of the lowest level of the top. */
struct window {
	struct window *link;
	uint32_t index;
	/*
	 * Whole windows can sign. Of the others only the root is wanted, so
	 * they keep nothing that is below the units they are built of.
	 */
	bool whole;
	struct patch patch;
	uint32_t given, end;	/* leaves that no unit was made for yet */
	uint32_t left;		/* leaves that are not computed yet */
};

struct tree {
	struct lms_params params;
	uint8_t id[LMS_ID_SIZE];
	unsigned int top_height, window_height;
	unsigned int unit_height;	/* 2^this leaves are a unit of work */
	struct patch top;
	uint32_t scan;		/* the top knows all windows below this one */
	struct window *windows;	/* complete, or being built */
	uint32_t extra;		/* a window that a split wants; 0: none */
	uint32_t built;		/* leaves computed; of use while it is new */
	uint32_t next;		/* the leaf that signs next */
	struct seeds *seeds;	/* own, or of the root in flash */
	struct seeds own;
	const struct root *root;	/* NULL: not in flash */
	/* Who has the seeds, if they are not in @seeds; else NULL. */
	const struct hss_keeper *keeper;
	void *kept;
	struct unit *again;	/* units that failed, to be tried once more */
};

static inline uint8_t *put_u32(uint8_t *at, uint32_t value)
{
	at[0] = value >> 24;
	at[1] = value >> 16;
	at[2] = value >> 8;
	at[3] = value;
	return at + 4;
}

/* --- tree.c --- */

/* A tree of which nothing is computed yet. ALLOCATION_FAILURE */
int tree_new(struct tree **tree, const struct lms_params *params,
	     const uint8_t *id, bool single, const uint8_t *seed);
/* The same, its seeds being elsewhere. */
int tree_new_kept(struct tree **tree, const struct lms_params *params,
		  const uint8_t *id, const struct hss_keeper *keeper,
		  void *kept);
/* A tree in flash; @roots NULL: it is a keeper's. ALLOCATION_FAILURE; KEYSTORE_LOST_DATA: its public nodes
 * are not those of its t1. */
int tree_open(struct tree **tree, struct roots *roots, struct root *root);
void tree_free(struct tree *tree);		/* wipes; NULL is fine */
/* It is in flash now: there its seeds are, and nowhere else. */
void tree_stored(struct tree *tree, struct root *root);

/* Leaves that were never taken. */
static inline uint32_t tree_left(const struct tree *tree)
{
	return tree->seeds->end - tree->next;
}

/* The value of a node; NULL: it is not there. */
const uint8_t *tree_node(const struct tree *tree, uint32_t r);
/* Is there all that the next leaf needs? */
bool tree_ready(const struct tree *tree);
/* h nodes, the sibling of leaf q first. The tree is ready, q next. */
void tree_path(const struct tree *tree, uint32_t q, uint8_t *path);
/* The leaves before @next are taken; windows that lie behind are freed. */
void tree_go(struct tree *tree, uint32_t next);
/*
 * Leaves at the end went elsewhere, with the record's frontier moved. What was
 * being built of them is dropped; no unit of it is out. ALLOCATION_FAILURE;
 * KEYSTORE_LOST_DATA: the nodes are not this tree's.
 */
int tree_cut(struct tree *tree);
/* Leaf @q is where a split wants to cut: the nodes around it are wanted. */
void tree_want(struct tree *tree, uint32_t q);

bool patch_init(struct patch *patch, const struct lms_params *params,
		uint32_t root, unsigned int depth);
void patch_free(struct patch *patch);
/* 0: not in this patch */
uint32_t patch_place(const struct patch *patch, uint32_t r);
const uint8_t *patch_get(const struct patch *patch,
			 const struct lms_params *params, uint32_t r);
/* Take in a value, and all above it that follows. False: it contradicts what
 * was known. */
bool patch_put(struct patch *patch, const struct lms_params *params,
	       const uint8_t *id, uint32_t r, const uint8_t *value);

/* The part of a window that is not spent: [*first, *end), maybe nothing. */
void window_leaves(const struct tree *tree, uint32_t index, uint32_t *first,
		   uint32_t *end);
int window_new(struct window **window, const struct tree *tree,
	       uint32_t index, bool whole);
void window_free(struct window *window);

/* --- build.c --- */

/* Compressions that a leaf's node takes. */
uint32_t leaf_cost(const struct lms_params *params);

/*
 * Leaves that have to be computed before the next leaf can sign (HSS_NOW), or
 * also later ones (HSS_AHEAD), with those that somebody computes now.
 */
uint64_t tree_wants(const struct tree *tree, enum hss_when when);

/* A unit of work. Only unit_run() is for any thread. */
struct unit {
	struct tree *tree;
	struct window *window;
	const atomic_bool *stop;
	struct lms_params params;
	uint8_t id[LMS_ID_SIZE];
	struct seeds seeds;	/* of its leaves alone */
	uint32_t first, end;
	struct patch patch;
	bool done;		/* else: stopped, or seeds are not there */
	int error;		/* the keeper's, that may pass */
	struct unit *next;	/* of those to be tried again */
};

/* *@unit stays NULL if there is nothing that is not given out. */
int tree_unit(struct tree *tree, enum hss_when when, const atomic_bool *stop,
	      struct unit **unit);
void unit_run(struct unit *unit);
/* KEYSTORE_LOST_DATA: what was computed is not this tree. */
int unit_take_in(struct unit *unit);
/* It could not be done now: it is the tree's, the next to be given out. */
void unit_again(struct unit *unit);
void unit_free(struct unit *unit);

/* --- leaf.c --- */

/* A leaf that was taken, with all its signature needs. Secret. */
struct onetime {
	struct lms_params params;
	uint8_t id[LMS_ID_SIZE];
	uint32_t q;
	uint8_t seed[LMS_N_MAX];
	uint8_t c[LMS_N_MAX];
	uint8_t leaf[LMS_N_MAX];	/* what its node has to be */
	uint8_t root[LMS_N_MAX];	/* and that of the tree */
	uint8_t path[LMS_H_MAX * LMS_N_MAX];
	/* Who has the seed, if not @seed. */
	const struct hss_keeper *keeper;
	void *kept;
	unsigned int kept_leaf;
};

/* Of the tree's next leaf, which is not taken by this. */
void onetime_init(struct onetime *one, const struct tree *tree,
		  const uint8_t *seed);
/* The same of one whose seed is elsewhere: that has given @c, too. */
void onetime_init_kept(struct onetime *one, const struct tree *tree,
		       const uint8_t *c, unsigned int leaf);
/* lms_signature_size() bytes over a digest; wiped if ASSERTION_FAILED, and if a
 * keeper fails. */
int onetime_sign(struct onetime *one, const uint8_t *digest,
		 uint8_t *signature);

struct hss_leaf {
	struct onetime one;
	bool used;
	size_t before;		/* bytes of the levels above */
	size_t len;		/* of the whole signature */
	uint8_t above[];
};

#endif /* HASHSIG_TREE_H */
