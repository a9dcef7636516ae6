/* SPDX-License-Identifier: MIT */
/*
 * What a keystore should hold, and whether it does: through its calls, and in
 * the raw image, by a reader of the format that shares no code with it.
 */
#ifndef TESTS_KS_MODEL_H
#define TESTS_KS_MODEL_H

#include "../keystore/keystore.h"
#include "nor.h"

#define MODEL_SLOTS	96
#define MODEL_CELLS	12
#define MODEL_DATA	1024	/* bytes of a record's data, at most */

/* Slot 2n and 2n + 1: the same name in two classes. */
struct model {
	struct {
		uint32_t version;	/* 0: absent */
		uint32_t len;
	} slots[MODEL_SLOTS];
	struct {
		uint32_t version;
		ks_cell cell;		/* 0: none */
	} cells[MODEL_CELLS];
};

enum op_kind {
	OP_END,
	OP_WRITE,		/* slot, len */
	OP_WRITE_NEW,
	OP_DELETE,
	OP_COMMIT,		/* prepare and commit */
	OP_ABANDON,		/* prepare and abandon */
	OP_CELL_WRITE,		/* cell */
	OP_CELL_ZERO,
	OP_CELLS_WRITE,		/* cells slot, slot + 3 ..., len of them */
	OP_CELLS_ZERO,
	OP_REMOUNT,
};

struct op {
	enum op_kind kind;
	unsigned int slot;
	uint32_t len;
};

struct box {
	struct nor *nor;
	struct keystore *ks;	/* NULL: not mounted */
	struct model now;
	struct model next;	/* once the operation in flight is done */
	uint32_t version;	/* the last that was used */
	char why[160];		/* what was found wrong first; empty: nothing */
};

void model_name(unsigned int slot, uint8_t name[KS_NAME_SIZE]);
enum ks_class model_class(unsigned int slot);
void model_owner(unsigned int cell, uint8_t owner[KS_NAME_SIZE]);
void model_data(uint32_t version, uint8_t *data, size_t len);

/* Note what is wrong, unless something was before; returns false. */
bool box_wrong(struct box *box, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * Do an operation. @box->next is what it makes of @box->now, which follows
 * when it succeeds. Returns what the keystore did; KS_FLASH after a cut.
 */
int box_do(struct box *box, const struct op *op);
/* Boot and mount; with @cut_step, the power fails there. */
int box_mount(struct box *box, uint64_t seed);
void box_unmount(struct box *box);

/*
 * Compare keystore and model: all of .now, but what .next has otherwise may
 * be either; .now and .next become what it is. Zeroes cells that the model
 * does not have, as their owner would. With @image, compare the raw image,
 * too.
 */
bool box_check(struct box *box, bool image);

#endif /* TESTS_KS_MODEL_H */
