/* SPDX-License-Identifier: MIT */
/*
 * The outside ledger of hash signature keys. It knows what a key was at its
 * birth (it was there) and what has been handed out since, and nothing of how
 * or where anything is kept. From that alone it says what a key may still be
 * able to do, and which bytes must not exist any more.
 */
#ifndef TESTS_HS_LEDGER_H
#define TESTS_HS_LEDGER_H

#include "../hashsig/root.h"

#define HS_KEYS		5
#define HS_NODES	64	/* h up to 5; a set of nodes is a uint64_t */
#define HS_ALL		UINT64_MAX
#define HS_ALL_OF_ALL	{ HS_ALL, HS_ALL, HS_ALL, HS_ALL, HS_ALL }

/* A key at its birth: every secret and every public node it ever has. */
struct hs_key {
	bool made;
	struct root_facts facts;
	uint8_t seeds[HS_NODES][LMS_N_MAX];	/* S_r; [1]: a single seed */
	uint8_t nodes[HS_NODES][LMS_N_MAX];
};

/* What has become of it. Leaves [burnt, burnt_max) may be burnt or not. */
struct hs_life {
	bool there;		/* created, not deleted, for certain */
	bool maybe;		/* the next start decides */
	uint32_t burnt, burnt_max;
	uint64_t handed;	/* leaves whose seed was handed out */
};

struct hs_ledger {
	struct hs_life keys[HS_KEYS];
};

extern struct hs_key hs_keys[HS_KEYS];

static inline uint32_t hs_leaves(const struct hs_key *key)
{
	return 1u << key->facts.params[0].h;
}

/*
 * Bear a key that follows from @number: all its nodes, and what is to be
 * looked for. Forgets the one that was in this slot.
 */
void hs_key_make(unsigned int slot, uint64_t number, uint32_t lms,
		 uint32_t lmots, uint32_t profile);
/* Forget all keys and all that is looked for. */
void hs_keys_forget(void);

/* Nodes from whose seeds a spent leaf's could be computed, by slot. */
struct hs_forbidden {
	uint64_t nodes[HS_KEYS];
};
void hs_forbidden(const struct hs_ledger *ledger, struct hs_forbidden *f);

/* --- looking for secrets --------------------------------------------------- */

/* Bytes that are a seed, in clear or wrapped. */
struct hs_secret {
	uint8_t bytes[72];
	uint8_t len;
	uint8_t slot;
	bool wrapped;
	uint64_t nodes;		/* whose seeds they are */
};

/* List one, for a slot below HS_KEYS. */
void hs_note(const uint8_t *bytes, size_t len, unsigned int slot,
	     uint64_t nodes, bool wrapped);
/* For core_wrap's observer: lists what holds a seed of a key. */
void hs_wrap_note(const uint8_t *plain, size_t len, const uint8_t *wrapped,
		  size_t wrapped_len);
/*
 * The first secret that any offset of @data holds and @f forbids; NULL: none.
 * @at: where. Looks for seeds in clear and wrapped.
 */
const struct hs_secret *hs_look(const struct hs_forbidden *f,
				const uint8_t *data, size_t len, size_t *at);

/* --- what a root gives ------------------------------------------------------ */

/*
 * Is this root what the ledger says, between burnt and burnt_max? If so
 * burnt becomes its floor. @harmed: the flash was damaged, so leaves may be
 * lost, but what is left must be right. *why: what is wrong.
 */
bool hs_root_is_right(struct hs_ledger *ledger, unsigned int slot,
		      const struct root *root, bool harmed, const char **why);
/* The same of a key whose upper leaves may be elsewhere. */
bool hs_part_is_right(struct hs_ledger *ledger, unsigned int slot,
		      const struct root *root, const char **why);
/* Seeds of leaves [from, to) were handed out for good: never twice. */
bool hs_hand_out(struct hs_ledger *ledger, unsigned int slot, uint32_t from,
		 uint32_t to, const uint8_t *run, const char **why);

#endif /* TESTS_HS_LEDGER_H */
