/* SPDX-License-Identifier: MIT */
/*
 * An HSM's root trees on emulated flash, with an anchor beside it, and the
 * outside ledger that watches every byte that goes to flash and every seed
 * that comes out.
 */
#ifndef TESTS_HS_BOX_H
#define TESTS_HS_BOX_H

#include "hs_ledger.h"
#include "nor.h"

#define HS_PLACES 192

/* Where bytes of a wrapped seed were programmed, and no erase was since. */
struct hs_place {
	uint32_t pos;
	uint16_t len;
	uint8_t slot;
	uint64_t nodes;
};

/* All that outlives the power, but the flash. */
struct hs_world {
	struct hs_ledger ledger;
	uint64_t anchor;
	uint32_t filler;	/* records that only take room, numbered */
	unsigned int place_count;
	struct hs_place places[HS_PLACES];
};

struct hs_box {
	struct nor *nor;
	struct flash flash;		/* first to look, then to nor's */
	struct platform platform;
	struct keystore *ks;
	struct roots *roots;
	struct hs_world world;
	unsigned int heap;		/* look at the heap every so often */
	unsigned int looks;
	unsigned int full;		/* operations refused: no room */
	unsigned int collected;		/* records that only moved cells */
	char why[160];			/* what was wrong first */
	char said[160];			/* the last line of the log */
};

enum hs_kind {
	HS_END,
	HS_CREATE,	/* slot */
	HS_COMMIT,	/* slot, leaves */
	HS_DELETE,	/* slot */
	HS_RESTART,
	HS_FILLER,	/* a record of so many bytes */
	HS_UNFILL,	/* delete a filler, by number */
};

struct hs_op {
	enum hs_kind kind;
	unsigned int slot;
	uint32_t count;
};

bool hs_box_new(struct hs_box *box, uint32_t size, uint32_t sector_size);
void hs_box_free(struct hs_box *box);
bool hs_wrong(struct hs_box *box, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Boot, mount, recover; a cut that is set stays set. An error: which. */
int hs_start(struct hs_box *box, uint64_t seed);
void hs_stop(struct hs_box *box);
/* Do an operation and write it up. 0, a cryptech_error, or -1 after a cut or
 * when something was wrong. */
int hs_do(struct hs_box *box, const struct hs_op *op);
/*
 * After a start or an operation: roots, ledger, flash and memory agree. What
 * was in flight is decided by what is found.
 */
bool hs_check(struct hs_box *box);
/* Use all keys that are there to their end; @run leaves at a time. */
bool hs_use_up(struct hs_box *box, uint32_t run);

#endif /* TESTS_HS_BOX_H */
