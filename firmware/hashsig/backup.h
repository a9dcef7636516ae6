/* SPDX-License-Identifier: MIT */
/*
 * Root trees that leave this HSM, wholly or in part, and come back: what makes
 * sure that no leaf is ever in two places. Documentation/hashsig-format.rst has
 * the records, Documentation/backup.rst the reasons.
 *
 *	body.c	  a root tree as bytes, seeds in clear: what packages carry
 *	single.c  libhal's form of it: one seed
 *	outbox.c  packages that were made and not acknowledged yet
 *	split.c	  half of a key goes to another HSM for ever
 *	park.c	  a key goes off the HSM, and comes back
 *	adopt.c	  a key comes from another HSM; imports that a power cut hit
 *	kekek.c	  single-use KEKEKs
 *
 * Each of these is one state record, committed as by root_commit(): before it
 * nothing happened, after it the leaves are where the record says. What has to
 * be there before the commit (package, KEY record) is written before and
 * discarded at the next start if the commit never came; what has to go (seeds,
 * Kp, KEKEK) reads zero before success is returned, or before the next start
 * ends. All of them take an anchor value, and answer KEYSTORE_LOST_DATA while
 * the flash is stale.
 *
 * Called with the HSM's lock held, like root.h.
 */
#ifndef HASHSIG_BACKUP_H
#define HASHSIG_BACKUP_H

#include "root.h"

#define ROOT_BODY_MAX		8192	/* bytes of a body */
#define ROOT_REQUEST_SIZE	32	/* what a package was asked for by */
#define PACKAGE_KEY_SIZE	32	/* Kp, see park.c */
#define ROOT_PACKAGE_MAX	(CRYPTECH_RPC_MESSAGE_MAX - 64)

/* --- bodies ------------------------------------------------------------------- */

/*
 * What a body says, for who has opened a package and wants to know before
 * anything happens. BAD_ARGUMENTS: it is not one, or its nodes do not hash to
 * its T1, or its seeds are not those of [floor, end).
 */
struct root_body {
	struct root_facts facts;
	uint32_t floor, end;
};
int root_body_look(const uint8_t *body, size_t len, struct root_body *look);

/*
 * The body of what is left of another when the leaves below @floor are burnt,
 * into @to of ROOT_BODY_MAX bytes. Its public nodes are computed, as many
 * leaves as there are under a node of the cover: hours for the tallest tree,
 * so it is for whoever does not hold the lock. HASHSIG_KEY_EXHAUSTED: nothing
 * is left.
 */
int root_body_narrow(const uint8_t *body, size_t len, uint32_t floor,
		     uint8_t *to, size_t *to_len);

/*
 * What libhal's body has: one seed, and a range. Out of a body: BAD_ARGUMENTS,
 * it is none or not of a single-seed key. Into one of ROOT_BODY_MAX bytes: the
 * whole tree is computed, so this is for whoever does not hold the lock.
 * BAD_ARGUMENTS: T1 is not this seed's, the tree is too tall, or the range is
 * none. Secret: the caller wipes it.
 */
#define ROOT_SINGLE_H_MAX	10
struct root_single {
	struct root_facts facts;
	uint8_t seed[LMS_N_MAX];
	uint32_t floor, end;
};
int root_single_get(const uint8_t *body, size_t len,
		    struct root_single *single);
int root_single_put(const struct root_single *single, uint8_t *body,
		    size_t *len);

/* --- out ---------------------------------------------------------------------- */

/*
 * Makes a package out of a body (secret, wiped after): encrypt, sign. It gets
 * malloc()ed memory in *package, which split and park take over. Errors end
 * the operation; nothing has happened then. @kp: Kp for park, else NULL.
 */
typedef int root_seal(void *data, const uint8_t *body, size_t len,
		      const uint8_t *kp, uint8_t **package,
		      size_t *package_len);

/*
 * Give away the upper half of what is left, floor(r/2) leaves: the package is
 * in the outbox before the commit, and in *package (free() it) after it.
 *
 * The same @request (ROOT_REQUEST_SIZE bytes: a hash of whom it is for) as that
 * of the package in the outbox gives that package again, and nothing happens.
 * NOT_READY: another package of this key waits there; or @node does not know
 * a public node that is needed (see root_commit). HASHSIG_KEY_EXHAUSTED: fewer
 * than two leaves. FORBIDDEN: the key is parked; or some key that is here was
 * split for this request before, and the package was acknowledged: a KEKEK is
 * good once, so another package for it would be of no use to anybody. A
 * request that begins with eight zeros is for a KEKEK of many uses.
 */
int root_split(struct roots *roots, struct root *root,
	       bool (*node)(void *data, uint32_t r, uint8_t *value),
	       void *node_data, const uint8_t *request, root_seal *seal,
	       void *seal_data, uint8_t **package, size_t *len);

/*
 * Give away all of it, to come back by root_unpark() only: root->parked from
 * the commit on, and Kp, drawn anew, is all that is left here. A parked key
 * gives the package that is in the outbox again; KEY_NOT_FOUND: it was
 * dropped. NO_KEY_SLOTS_AVAILABLE: CRYPTECH_PARKED_MAX are parked. A key whose
 * last package (of root_split) was not acknowledged is NOT_READY.
 * HASHSIG_KEY_EXHAUSTED: nothing is left of it.
 */
int root_park(struct roots *roots, struct root *root, root_seal *seal,
	      void *seal_data, uint8_t **package, size_t *len);

/*
 * The package in the outbox: acknowledged packages leave it. request may be
 * NULL. KEY_NOT_FOUND: none. KEYSTORE_BAD_CRC: it has rotted.
 */
int root_outbox(struct roots *roots, const struct root *root,
		uint8_t *request, uint8_t **package, size_t *len);
int root_outbox_drop(struct roots *roots, struct root *root);
unsigned int outbox_count(struct roots *roots);

/* Kp of a parked key; secret. KEYSTORE_LOST_DATA: it has rotted. */
int root_package_key(struct roots *roots, const struct root *root,
		     uint8_t kp[PACKAGE_KEY_SIZE]);

/* root_delete() of a parked key is what forgets it: Kp reads zero after. */

/* --- in ------------------------------------------------------------------------- */

/*
 * A body comes from another HSM. The commit that makes the key live is the one
 * that kills the KEKEK @kekek (kekek_add; NULL: none, for disaster recovery):
 * its record reads zero before this returns 0. KEY_NAME_IN_USE: a key of this
 * UUID or with this I stands, parked or not; KEY_NOT_FOUND: there is no such
 * KEKEK; BAD_ARGUMENTS as root_body_look. After an error roots_find() tells
 * whether it was past its commit: the key is there then, damaged.
 */
int root_adopt(struct roots *roots, const uint8_t *body, size_t len,
	       const uint8_t *kekek, struct root **root);

/* Did this key come by that KEKEK? Then its package was imported, and who asks
 * again can be told so. */
bool root_came_by(const struct root *root, const uint8_t *kekek);

/* The newest package of a parked key is back: Kp reads zero before this
 * returns 0. BAD_ARGUMENTS: the body is not what was parked. After an error
 * root->parked tells whether it was past its commit. */
int root_unpark(struct roots *roots, struct root *root, const uint8_t *body,
		size_t len);

/*
 * An import writes a KEY record beside the state, before the commit. begin
 * notes which; if the power fails before the commit, the next start deletes
 * that KEY record. end after all of it, or after giving up (the KEY record is
 * deleted by the caller then).
 */
int import_begin(struct roots *roots, const uint8_t *uuid);
int import_end(struct roots *roots, const uint8_t *uuid);

/*
 * Single-use KEKEKs: what the caller sealed, by UUID. add:
 * NO_KEY_SLOTS_AVAILABLE when CRYPTECH_KEKEKS_MAX are there. read: *len at
 * most @size. KEY_NOT_FOUND. next: as ks_next; false: no more. Adding and
 * dropping take an anchor value, so that an older copy of the flash's part
 * with a KEKEK does not bring one back.
 */
int kekek_add(struct roots *roots, const uint8_t *uuid, const void *sealed,
	      size_t len);
int kekek_read(struct roots *roots, const uint8_t *uuid, void *sealed,
	       size_t size, size_t *len);
int kekek_drop(struct roots *roots, const uint8_t *uuid);
bool kekek_next(struct roots *roots, const uint8_t *previous, uint8_t *uuid);
unsigned int kekek_count(struct roots *roots);

#endif /* HASHSIG_BACKUP_H */
