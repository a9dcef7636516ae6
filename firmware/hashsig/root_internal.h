/* SPDX-License-Identifier: MIT */
/*
 * What the files of root.h share. Records and cells to the byte, and why they
 * are safe: Documentation/hashsig-format.rst.
 */
#ifndef HASHSIG_ROOT_INTERNAL_H
#define HASHSIG_ROOT_INTERNAL_H

#include "backup.h"
#include "frontier.h"

#include <cryptech/xdr.h>

#include <string.h>

/*
 * Mistakes to make on purpose: tests/hs_powerloss.c and tests/hs_hostile.c show
 * that they find them.
 */
enum hs_mutation {
	HS_MUT_NONE,
	HS_MUT_NO_READ_BACK,	/* cells are not looked at before the commit */
	HS_MUT_NO_FLOOR,	/* the record's floor is not raised */
	HS_MUT_ZERO_FIRST,	/* spent cells are zeroed before the commit */
	HS_MUT_RELEASE_FIRST,	/* success before they are zeroed */
	HS_MUT_CHILDREN_STAY,	/* cells that no record lists are left (R4) */
	HS_MUT_ANCHOR_FIRST,	/* the anchor advances before the commit */
	HS_MUT_KEEP_RUN,	/* seeds are given in spite of an error */
	HS_MUT_DELETE_FIRST,	/* deleting before the ledger says so */
	HS_MUT_COLLECT_FIRST,	/* zeroed before the commit when collecting */
	HS_MUT_ONE_PLACE,	/* no second copy of public nodes */
	HS_MUT_ANY_CELL,	/* another node's or generation's cell will do */
	HS_MUT_ANY_TIME,	/* keys of different times will do */
	HS_MUT_NO_ANCHOR,	/* the anchor is not looked at */
	HS_MUT_KEKEK_LIVES,	/* an import does not end its KEKEK */
	HS_MUT_KP_SURVIVES,	/* an unparked key keeps Kp, for ever */
	HS_MUT_OUTBOX_LATE,	/* the package is stored after the commit */
	HS_MUT_SPLIT_KEEPS,	/* cells of what was given away stay */
	HS_MUT_KP_FORGOTTEN,	/* acknowledging a parked key zeroes Kp */
	HS_MUT_ASKED_FORGOTTEN,	/* a request is good again once acknowledged */
	HS_MUT_KEY_STAYS,	/* KEY records of imports that were not */
	HS_MUT_OUTBOX_STAYS,	/* packages of commits that never came */
	HS_MUT_COUNT,
};
#ifdef HS_MUTATIONS
extern enum hs_mutation hs_mutation;
#define HS_MUTATED(m)	(hs_mutation == (m))
#else
#define HS_MUTATED(m)	false
#endif

#define DROPPED_MAX	(3 * NODES_MAX)

#define RECORD_TAG	32	/* HMAC-SHA-256 */
#define RECORD_VERSION	1
#define RECORD_MOVED	2	/* of keys that were split, parked, adopted */
#define RECORD_STATE	0x48535331u	/* "HSS1" */
#define RECORD_LEDGER	0x4853534cu	/* "HSSL" */
#define KEYS_HASH	32
#define OUTBOX_HASH	32
#define ASKED_SIZE	8	/* of a request, as far as it is remembered */

/* What a state record says beside its lists: see record.c. */
#define RECORD_HEAD	(RECORD_TAG + 4)
#define STATE_FIXED	(4 + 4 + CRYPTECH_UUID_SIZE + 4 + 8 + 4 + 4 + 4 + \
			 LMS_ID_SIZE + 4 + 4 + KEYS_HASH + 4 + 4)
#define STATE_MOVED	(4 + 4 + 4 + CRYPTECH_UUID_SIZE + OUTBOX_HASH)
#define STATE_MAX	(RECORD_HEAD + STATE_FIXED + STATE_MOVED +	     \
			 ASKED_SIZE * LMS_H_MAX +			     \
			 8 * CRYPTECH_HSS_LEVELS_MAX + LMS_N_MAX +	     \
			 NODES_MAX * (12 + LMS_N_MAX + 4))
#define LEDGER_CORE	(4 + 4 + 8 + KEYS_HASH + 4 + CRYPTECH_UUID_SIZE)
#define LEDGER_SIZE	(RECORD_HEAD + LEDGER_CORE)

/* Where things are in flash; places->of[i] belongs to root->nodes[i]. */
struct place {
	ks_cell seed;		/* 0: it has none, being spent */
	ks_cell copy;		/* a second copy of a node that cannot be
				 * computed any more; 0: there is none */
	bool bad;		/* the node's value in the record has rotted */
};

struct root_places {
	uint64_t anchor;	/* of the last commit */
	/* The record cannot be read. Generation and anchor value are what it
	 * claims: good for the hash over all keys, and for nothing else. */
	bool unread;
	ks_cell single;		/* the seed of a single-seed key */
	ks_cell kp;		/* Kp of a parked one */
	/* The record is of version 2 and has these; all zeros: none. */
	bool moved;
	uint8_t kekek[CRYPTECH_UUID_SIZE];	/* that it came by */
	uint8_t outbox[OUTBOX_HASH];	/* of the package made last */
	/* What the key was split for, ever: halving ends after h times. */
	uint8_t asked[LMS_H_MAX][ASKED_SIZE];
	struct place of[NODES_MAX];
	/*
	 * Listed in the record and to be zeroed by the next commit: rotten,
	 * beside what is left (R5), or with one wrong bit. Of these the value
	 * is in memory and has no place until then.
	 */
	unsigned int dropped_count;
	ks_cell dropped[DROPPED_MAX];
};

struct ledger {
	bool there;
	uint64_t anchor;
	uint8_t keys[KEYS_HASH];
	/* The key whose end this is. It is gone by the next commit. */
	bool ends;
	uint8_t ended[CRYPTECH_UUID_SIZE];
};

struct roots {
	struct keystore *ks;
	const struct platform *platform;
	const uint8_t *k_state;
	uint8_t k_record[32];
	struct root *first;
	uint64_t anchor;	/* the highest value in flash */
	bool behind;		/* the platform's anchor has yet to follow */
	bool stale;
	struct ledger ledger;
	unsigned int kekek_count;	/* single-use ones, by UUID */
	uint8_t kekeks[CRYPTECH_KEKEKS_MAX + 1][CRYPTECH_UUID_SIZE];
	/* A key as it will be when the commit that is being made is done. */
	struct root draft;
	struct root_places draft_places;
	uint8_t kp[PACKAGE_KEY_SIZE];	/* of the draft; zeros but then */
	uint8_t record[STATE_MAX];
};

static inline bool is_spent_node(const struct root *root, uint32_t r)
{
	uint32_t first, end;

	if (root->parked)
		return true;
	cover_leaves(root->facts.params[0].h, r, &first, &end);
	return end <= root->seeds.floor || first >= root->seeds.end;
}

/* The error that users of root.h see for a keystore's. */
int root_error(int ks_error);
void root_log(const struct roots *roots, const uint8_t *uuid,
	      const char *format, ...) __attribute__((format(printf, 3, 4)));


/* record.c */
void facts_put(struct xdr_writer *w, const struct root_facts *facts);
bool facts_get(struct xdr_reader *r, struct root_facts *facts);
/* Writes and returns the length, which is the same in all of a key's life but
 * for rot, and longer from when it is moved first. */
size_t state_encode(const struct roots *roots, const struct root *root,
		    const struct root_places *places,
		    const uint8_t keys[KEYS_HASH], uint8_t *record);
/*
 * False: it is damaged, or not this key's. Otherwise all but the seeds' values
 * is filled in; node values that are damaged are marked bad. One bit of the
 * record and of each value may be wrong: that is mended.
 */
bool state_decode(const struct roots *roots, const uint8_t *uuid,
		  uint8_t *record, size_t len, struct root *root,
		  uint8_t keys[KEYS_HASH]);
/* What a record that cannot be read says of its generation and anchor value. */
void state_claims(const uint8_t *record, size_t len, struct root *root);
void ledger_encode(const struct roots *roots, const struct ledger *ledger,
		   uint8_t record[LEDGER_SIZE]);
bool ledger_decode(const struct roots *roots, uint8_t *record, size_t len,
		   struct ledger *ledger);

/* cells.c */
/*
 * Write the cells that @root needs and has not: seeds, copies. On failure
 * there are none of them. @replace: as many others are about to be zeroed.
 */
int cells_write(struct roots *roots, struct root *root, bool replace);
/* Of what @from has in flash, what @to still needs goes on being used. */
void cells_carry(const struct root *from, struct root *to);
/* What the last carry left behind, for @to's dropped list. */
void cells_drop(const struct root *from, struct root *to);
/* Does this key's record list the cell? */
bool cells_list(const struct root *root, ks_cell cell);
/* Zero every cell of this key that it does not list. @before: listed until
 * now; may be NULL. */
int cells_zero(struct roots *roots, const struct root *root,
	       const struct root_places *before);
/* Zero those of @places that it does not list: they were written in vain. */
int cells_undo(struct roots *roots, const struct root *root,
	       const struct root_places *places);
/* Read the cells that the record lists: into root->seeds what is good (R5);
 * copies, for nodes that are bad in the record, too. */
int cells_read(struct roots *roots, struct root *root);
/* Kp of a parked key. KEYSTORE_LOST_DATA */
int cells_read_kp(const struct roots *roots, const struct root *root,
		  uint8_t kp[PACKAGE_KEY_SIZE]);

/* anchor.c */
/*
 * The hash over all keys: those there are, with @changed in place of the one
 * of its name or added, and without @gone. Both may be NULL. And over the
 * single-use KEKEKs, without the one that @changed came by.
 */
int keys_hash(const struct roots *roots, const struct root *changed,
	      const struct root *gone, uint8_t hash[KEYS_HASH]);
/* May there be a commit? Lets the platform's anchor catch up. */
int anchor_ready(struct roots *roots);
/* Flash has this value now. */
int anchor_follow(struct roots *roots, uint64_t value);
int ledger_read(struct roots *roots);
/* Write a ledger with this value and the keys there are without @gone. */
int ledger_write(struct roots *roots, uint64_t value, const struct root *gone);
/* The platform's value, 0 if it keeps none; false: it cannot be read. */
bool anchor_value(const struct roots *roots, uint64_t *value);
/* Compare flash and anchor; sets roots->stale. @keys: of the newest record. */
int anchor_start(struct roots *roots, const uint8_t keys[KEYS_HASH]);

/* outbox.c */
/* The record of a package, and the hash that names it in a state record. */
int outbox_write(struct roots *roots, const uint8_t *uuid,
		 const uint8_t request[ROOT_REQUEST_SIZE],
		 const uint8_t *package, size_t len,
		 uint8_t hash[OUTBOX_HASH]);
int outbox_delete(struct roots *roots, const uint8_t *uuid);
/* Start: those that no state record names go. */
int outbox_recover(struct roots *roots);

/* adopt.c */
/* Start: KEY records of imports that were not committed go. */
int imports_recover(struct roots *roots);

/* kekek.c */
/* Start: which there are; those by which a key has come go. */
int kekeks_load(struct roots *roots);
/*
 * The hash over all keys is not @keys, of the newest record. Is it without one
 * of them? Then that one goes: it was not wholly added, or dropped.
 */
int kekeks_settle(struct roots *roots, const uint8_t keys[KEYS_HASH],
		  bool *right);
int kekeks_clear(struct roots *roots);
/* A key has come by it. */
int kekek_spend(struct roots *roots, const uint8_t *uuid);

/* body.c */
/* @root's seeds and nodes into @body of ROOT_BODY_MAX bytes; the length. */
size_t body_put(const struct root *root, uint8_t *body);
/* Another struct root; BAD_ARGUMENTS as root_body_look, ALLOCATION_FAILURE.
 * Free with root_free. */
int body_get(const uint8_t *body, size_t len, struct root **root);

/* root.c */
/* What a commit makes of a key. */
struct aim {
	uint32_t floor, end;	/* of it as it will be */
	bool parked;
	uint32_t away;
	const struct root *back;	/* where its seeds come from; or NULL */
	const uint8_t *kp;	/* of a key that is being parked, or NULL */
	const uint8_t *outbox;	/* hash of its package; NULL: as it was */
	const uint8_t *request;	/* to remember it was split for; or NULL */
	bool grows;	/* more cells are written than zeroed */
	ks_cell with;	/* collecting: a cell whose company is moved; or 0 */
};
/*
 * One record. After an error root->generation, and root->damage, tell whether
 * it may be past its commit point.
 */
int root_aim(struct roots *roots, struct root *root, const struct aim *aim,
	     node_fn *node, void *data);
/* split.c: a key, or a part of it, leaves. */
struct leaving {
	node_fn *node;			/* as for root_commit() */
	void *node_data;
	root_seal *seal;
	void *seal_data;
	uint8_t request[ROOT_REQUEST_SIZE];
	uint8_t *package;		/* the result, if it worked */
	size_t len;
};
/* @goes: what leaves. @aim: what stays; its outbox is filled in. */
int root_leave(struct roots *roots, struct root *root, const struct root *goes,
	       struct leaving *leaving, struct aim *aim);

/* root.c */
/* True if it is worth to try again what found no room. */
bool root_collect(struct roots *roots);
/* There has to be a ledger before there is anything else. */
int root_begin(struct roots *roots);
/* A new key: cells, top (or NULL), record. It is in roots then. */
int root_enter(struct roots *roots, struct root *root, const uint8_t *top);
struct root *root_new(const uint8_t *uuid);
void root_free(struct root *root);
void root_insert(struct roots *roots, struct root *root);
/* State, cells and top go, and so does @root, without a word to the ledger. If
 * it fails @root is there still, damaged. */
int root_forget(struct roots *roots, struct root *root);

/* top.c */
#define TOP_CHUNKS	64	/* classes from KS_CLASS_TOP on */
int top_write(struct roots *roots, const struct root_facts *facts,
	      const uint8_t *top);
int top_erase(struct roots *roots, const uint8_t *uuid);

#endif /* HASHSIG_ROOT_INTERNAL_H */
