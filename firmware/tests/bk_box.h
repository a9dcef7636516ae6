/* SPDX-License-Identifier: MIT */
/*
 * Two HSMs' root trees, each on emulated flash with an anchor of its own, that
 * give a key to each other or off the HSM; all messages and files there ever
 * were; and an outside ledger that says who can sign with which leaf.
 *
 * Each step is what one HSM does for one call: it starts (so that whatever a
 * power cut left is recovered), does it and stops. bk_explore.h cuts them.
 *
 * Packages are sealed by a stand-in: whoever has the secret of the KEKEK, or Kp,
 * opens them, and nobody else. So what a package can sign is what is in it as
 * long as that secret is anywhere in a flash, and nothing from then on.
 */
#ifndef TESTS_BK_BOX_H
#define TESTS_BK_BOX_H

#include "../hashsig/backup.h"
#include "hs_ledger.h"
#include "nor.h"

#define BK_SIDES	2
#define BK_SECRETS	12	/* KEKEKs, and Kps, there can be */
#define BK_PACKAGES	64	/* different ones, in all that is tried */
#define BK_NONE		0xff
#define BK_PLACES	160
#define BK_PACKAGE_MAX	640

enum bk_side_name { BK_SOURCE, BK_DEST };

/* What is looked for in the flash; of each a set of numbers. */
enum bk_secret { BK_SEED, BK_KEKEK_SECRET, BK_KP, BK_CIPHER, BK_KINDS };

enum bk_kind {
	BK_END,
	BK_KEKEK,	/* create KEKEK number .what, or attest it again */
	BK_EXPORT,	/* split, for KEKEK number .what */
	BK_IMPORT,	/* the newest package for KEKEK number .what */
	BK_ACK,		/* the acknowledgement of that import */
	BK_SIGN,	/* with .what leaves */
	BK_PARK,
	BK_ACK_DELETE,	/* delete a key that is parked */
	BK_UNPARK,	/* the newest package of this side's that was parked */
	BK_DELETE,	/* delete a key for good */
	BK_FORGET,	/* ... that is parked */
	/* What the messenger does beside: a package by its own number. */
	BK_OLD_IMPORT,
	BK_OLD_UNPARK,
};

struct bk_step {
	uint8_t kind, side, what;
};

struct bk_package {
	uint8_t secret, number;	/* BK_KEKEK_SECRET or BK_KP: which opens it */
	uint32_t floor, end;	/* leaves that are in it */
	uint16_t len;
	uint8_t bytes[BK_PACKAGE_MAX];
};
extern struct bk_package bk_packages[BK_PACKAGES];

/* Where bytes of a secret were programmed, and no erase was since. */
struct bk_place {
	uint32_t pos;
	uint16_t len;
	uint8_t kind;
	uint64_t numbers;
};

/* What is known of an HSM that is at rest. */
struct bk_view {
	bool known;		/* else a cut left it, and nobody knows */
	uint64_t found[BK_KINDS];	/* in flash, wrapped or not */
	uint64_t can_sign;	/* leaves that its root has */
	uint64_t logical;	/* a hash of all that matters of it */
	bool there, parked, key_record;
};

/* All that outlives the power, but the flash. */
struct bk_world {
	uint64_t anchor[BK_SIDES];
	struct bk_view view[BK_SIDES];
	uint32_t statements, acks;	/* sets of KEKEKs */
	unsigned int kps;	/* how many were drawn */
	uint64_t sent;		/* packages that left their HSM: kept for ever */
	uint8_t for_kekek[BK_SECRETS];	/* the newest of these; or BK_NONE */
	uint8_t parked_as[BK_SIDES];
	uint64_t signed_with;	/* leaves, for ever */
	uint64_t excused;	/* that a cut, or who asked for it, took */
	unsigned int place_count[BK_SIDES];
	struct bk_place places[BK_SIDES][BK_PLACES];
};

struct bk_side {
	struct flash flash;		/* first to look, then to nor's */
	struct nor *nor;
	struct platform platform;
	struct keystore *ks;
	struct roots *roots;
};

struct bk_box {
	struct bk_side side[BK_SIDES];
	struct bk_world world;
	uint64_t started;	/* steps that the last start took */
	char why[160];
	char said[160];
};

/* Mistakes of whoever calls the root trees. */
enum bk_mutation {
	BK_MUT_NONE,
	BK_MUT_NO_NOTE,		/* a KEY record without import_begin() */
	BK_MUT_KEKEK_FIRST,	/* dropping the KEKEK, then importing */
	BK_MUT_NEW_REQUEST,	/* each request is another one */
	BK_MUT_DROP_EARLY,	/* the outbox is emptied when asked again */
	BK_MUT_FORGET_ON_ACK,	/* deleting a parked key deletes Kp */
	BK_MUT_COUNT,
};
extern enum bk_mutation bk_mutation;

extern const struct hs_key *const bk_key;

void bk_key_make(uint32_t lms);
bool bk_box_new(struct bk_box *box, uint32_t size, uint32_t sector_size);
void bk_box_free(struct bk_box *box);
bool bk_wrong(struct bk_box *box, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* bk_box.c: start one side, from flash as it is. */
int bk_start(struct bk_box *box, unsigned int side, uint64_t seed);
void bk_stop(struct bk_box *box, unsigned int side);
struct root *bk_root(struct bk_box *box, unsigned int side);
bool bk_has_key_record(struct bk_box *box, unsigned int side);
/* After a start, or a step: note what it is, and compare with the ledger. */
bool bk_check(struct bk_box *box, unsigned int side);

/* bk_steps.c: 0, a cryptech_error, or -1 after a cut. The side is started. */
int bk_do(struct bk_box *box, const struct bk_step *step);
bool bk_create(struct bk_box *box, unsigned int side);
/* Is there what this needs? */
bool bk_can(const struct bk_box *box, const struct bk_step *step);
/*
 * Nothing fails any more: what is under way is finished, all old packages are
 * tried, all keys are used up. Is every leaf accounted for?
 */
bool bk_finish(struct bk_box *box, uint64_t seed);

/* bk_ledger.c */
void bk_note_secret(enum bk_secret kind, unsigned int number,
		    const uint8_t *bytes, size_t len);
void bk_wrap_note(const uint8_t *plain, size_t len, const uint8_t *wrapped,
		  size_t wrapped_len);
/* The number of a package, which is noted if it is a new one. */
unsigned int bk_package_number(const struct bk_package *package);
/* Of these bytes; BK_NONE: nobody ever made them. */
unsigned int bk_package_find(const uint8_t *bytes, size_t len);
void bk_find(const struct nor *nor, uint64_t found[BK_KINDS]);
/* What was erased in part, or written in part, must not be left so. */
bool bk_has_remains(const struct bk_box *box, unsigned int side);
bool bk_ledger_is_right(struct bk_box *box);
bool bk_hand_out(struct bk_box *box, uint32_t from, uint32_t to,
		 const uint8_t *run);
uint64_t bk_leaves(uint32_t from, uint32_t to);

#endif /* TESTS_BK_BOX_H */
