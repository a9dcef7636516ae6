/* SPDX-License-Identifier: MIT */
/*
 * HSS private keys in memory (RFC 8554, 6): the levels of trees, which leaf is
 * next, and the work that has to be done before it can sign.
 *
 *	seeds.c	 which seeds exist
 *	tree.c	 public nodes in memory: the top of the tree, and windows of leaves
 *	build.c	 computing many leaves, by any number of threads
 *	hss.c	 keys: made, stored, found again, deleted
 *	work.c	 what is left of a key; what it has to compute
 *	take.c	 taking a leaf, and another tree
 *	leaf.c	 signing with a leaf that was taken
 *	away.c	 keys that go elsewhere, wholly or in part
 *	keeper.h keys whose seeds are not here
 *
 * Only the root tree is in flash (root.h). Lower trees are drawn anew after a
 * restart, live here, and spend their seeds as the root does.
 *
 * Threads. There is none in here. What is marked (lock) wants the HSM's lock
 * held and takes microseconds, but for flash; what is marked (free) computes,
 * on an object that the caller alone has, without the lock. Long work is cut
 * into units:
 *
 *	(lock) hss_work_get -> (free) hss_work_run -> (lock) hss_work_put
 *
 * by any number of threads at once; so on one core it is done between other
 * calls, on many in parallel. Errors are enum cryptech_error.
 */
#ifndef HASHSIG_HSS_H
#define HASHSIG_HSS_H

#include "backup.h"

struct hss;
struct hss_work;
struct hss_leaf;

/* Of what height the windows are: leaves whose nodes are all in memory. */
unsigned int hss_window_height(unsigned int h);	/* h - root_top_height(h) */

/* --- generation ---------------------------------------------------------------- */

/*
 * Draw a key of these parameters (facts->id and t1 are filled in when the work
 * is done). (lock) or not: nobody else knows it yet. UNSUPPORTED_KEY: a set
 * that is unknown, or whose signature is longer than CRYPTECH_HSS_SIGNATURE_MAX;
 * BAD_ARGUMENTS: profile, reserve, number of levels.
 */
int hss_new(struct hss **hss, const struct root_facts *facts);
/* (lock) All work done: put it into the keystore. From here on it is a key. */
int hss_store(struct hss *hss, struct roots *roots);

/* --- keys of the keystore -------------------------------------------------------- */

/* (lock) For a root that recovery found. Nothing is computed yet. One that is
 * damaged opens, too: all it can do is to say so, and to be deleted. */
int hss_open(struct hss **hss, struct roots *roots, struct root *root);
/* (lock) Wipe and free; no unit of work and no leaf may be out. */
void hss_free(struct hss *hss);
/* (lock) Out of flash, too, and freed; if it fails nothing is freed. */
int hss_delete(struct hss *hss);

const struct root_facts *hss_facts(const struct hss *hss);
/* The HSS public key: writes and returns its length. */
size_t hss_public(const struct hss *hss, uint8_t public[CRYPTECH_HSS_PUBLIC_MAX]);
size_t hss_signature_bytes(const struct hss *hss);

struct hss_counts {
	uint64_t root_left;	/* leaves of the root tree never spent */
	uint64_t left;		/* signatures left, at most; stops at 2^64 - 1 */
	uint64_t left_max;	/* of the fresh key */
	uint64_t done, total;	/* leaves of the work that signing waits for */
};
void hss_count(const struct hss *hss, struct hss_counts *counts);	/* (lock) */

/* --- work -------------------------------------------------------------------------- */

enum hss_when {
	HSS_NOW,	/* what the next signature waits for */
	HSS_AHEAD,	/* also what later ones will want */
};

/*
 * (lock) The next unit, some milliseconds of one core; NULL: there is none to
 * give out (nothing to do, or others are at the last ones). It holds seeds.
 */
struct hss_work *hss_work_get(struct hss *hss, enum hss_when when);
void hss_work_run(struct hss_work *work);			/* (free) */
/* (lock) Takes the result in and frees the unit. An error says that the key
 * cannot be made or is damaged. */
int hss_work_put(struct hss *hss, struct hss_work *work);
/* (lock) Is anything of this kind to do or being done? */
bool hss_working(const struct hss *hss, enum hss_when when);
/* (lock) Compressions that are left to do before it can sign; 0: none. */
uint64_t hss_work_left(const struct hss *hss);
/* (lock) hss_work_get gives NULL from now on, and units that are running end
 * early, for hss_free. Checked by them without the lock. */
void hss_stop(struct hss *hss);
unsigned int hss_out(const struct hss *hss);	/* units and leaves that are out */

/* (lock) Give out no unit, or again; true: none is out. */
bool hss_hold(struct hss *hss, bool hold);

/* --- going elsewhere --------------------------------------------------------------- */

/*
 * (lock, held, no unit out) As root_split() and root_park(). With the commit the
 * rest of a reserved run is burnt; nothing in memory is left of the seeds that
 * went. NOT_READY: another package waits, or there is HSS_NOW work to do first
 * (hss_work_left() tells).
 */
int hss_split(struct hss *hss, const uint8_t *request, root_seal *seal,
	      void *data, uint8_t **package, size_t *len);
/* And all of the lower trees. */
int hss_park(struct hss *hss, root_seal *seal, void *data, uint8_t **package,
	     size_t *len);
bool hss_is_parked(const struct hss *hss);
struct root *hss_root(const struct hss *hss);	/* NULL: not in flash yet */

/* --- signing ------------------------------------------------------------------------- */

/*
 * (lock) Take the next leaf: it is spent now, in flash if it is the root's.
 * NOT_READY: there is HSS_NOW work to do first, nothing was spent. FORBIDDEN:
 * the key is parked.
 * HASHSIG_KEY_EXHAUSTED, KEYSTORE_*. ALLOCATION_FAILURE, CSPRNG_BROKEN: also of
 * work that could not be begun for that reason; once told, it is tried again.
 * ASSERTION_FAILED: a node in memory is wrong; a leaf of a level above may be
 * lost by it.
 *
 * With the first leaf of a lower tree its public key is signed, too: one
 * one-time signature for each level that changes its tree (W8: 0.2 ms).
 */
int hss_take(struct hss *hss, struct hss_leaf **leaf);
/* What the message's hash begins with: for lms_message_begin(). */
int hss_leaf_begin(const struct hss_leaf *leaf, struct lms_message *message);
/*
 * (free) The signature over a digest of lms_message_final(): *len bytes of
 * hss_signature_bytes(). ASSERTION_FAILED: the completed chains are not the
 * leaf; nothing is given out. Once only.
 */
int hss_leaf_sign(struct hss_leaf *leaf, const uint8_t *digest,
		  uint8_t *signature, size_t size, size_t *len);
/* (lock) Wipe and free. NULL is fine. */
void hss_leaf_put(struct hss *hss, struct hss_leaf *leaf);

#endif /* HASHSIG_HSS_H */
