// SPDX-License-Identifier: MIT
/*
 * Root trees: create, commit, delete.
 */
#include "root_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define MOVES_MAX	8	/* cells that a commit moves along with it */
#define MOVE_SHARE	25	/* percent: see ks_cell_share */
#define COLLECT_MAX	256	/* keys, before flash counts as full */

int root_error(int ks_error)
{
	switch (ks_error) {
	case KS_OK:
		return CRYPTECH_ERR_OK;
	case KS_FULL:
		return CRYPTECH_ERR_NO_KEY_INDEX_SLOTS;
	case KS_NO_MEMORY:
		return CRYPTECH_ERR_ALLOCATION_FAILURE;
	case KS_CORRUPT:
		return CRYPTECH_ERR_KEYSTORE_LOST_DATA;
	default:
		return CRYPTECH_ERR_KEYSTORE_ACCESS;
	}
}

void root_log(const struct roots *roots, const uint8_t *uuid,
	      const char *format, ...)
{
	char line[256];
	va_list args;
	int n = 0;

	if (uuid)
		n = snprintf(line, sizeof(line),
			     "hash signature key %02x%02x%02x%02x...: ",
			     uuid[0], uuid[1], uuid[2], uuid[3]);
	va_start(args, format);
	vsnprintf(line + n, sizeof(line) - n, format, args);
	va_end(args);
	roots->platform->log(roots->platform->data, line);
}

/* --- keys in memory ------------------------------------------------------- */

struct root *root_new(const uint8_t *uuid)
{
	struct root *root = calloc(1, sizeof(*root));

	if (!root)
		return NULL;
	root->places = calloc(1, sizeof(*root->places));
	if (!root->places) {
		free(root);
		return NULL;
	}
	memcpy(root->facts.uuid, uuid, CRYPTECH_UUID_SIZE);
	return root;
}

void root_free(struct root *root)
{
	free(root->places);
	core_wipe(root, sizeof(*root));
	free(root);
}

void root_insert(struct roots *roots, struct root *root)
{
	struct root **at = &roots->first;

	while (*at && memcmp((*at)->facts.uuid, root->facts.uuid,
			     CRYPTECH_UUID_SIZE) < 0)
		at = &(*at)->next;
	root->next = *at;
	*at = root;
}

static void root_remove(struct roots *roots, struct root *root)
{
	struct root **at = &roots->first;

	while (*at != root)
		at = &(*at)->next;
	*at = root->next;
}

struct root *roots_first(struct roots *roots)
{
	return roots->first;
}

struct root *roots_find(struct roots *roots, const uint8_t *uuid)
{
	struct root *root = roots->first;

	while (root && memcmp(root->facts.uuid, uuid, CRYPTECH_UUID_SIZE))
		root = root->next;
	return root;
}

/* --- committing ----------------------------------------------------------- */

/* The record of a key as it will be; after this nothing can refuse it. */
static int prepare(struct roots *roots, struct root *root)
{
	uint8_t keys[KEYS_HASH];
	size_t len;
	int error;

	root->places->anchor = roots->anchor + 1;
	error = keys_hash(roots, root, NULL, keys);
	if (error)
		return error;
	len = state_encode(roots, root, root->places, keys, roots->record);
	return root_error(ks_prepare(roots->ks, KS_CLASS_STATE,
				     root->facts.uuid, roots->record, len));
}

/* Of what a record of version 2 says what stays the same, or changes. */
static void carry_moved(const struct root *root, const struct aim *aim,
			struct root *draft)
{
	struct root_places *to = draft->places;
	const struct root_places *from = root->places;

	to->moved = from->moved || aim->outbox;
	memcpy(to->kekek, from->kekek, sizeof(to->kekek));
	/* What was in the outbox of a parked key does not open any more. */
	if (aim->outbox)
		memcpy(to->outbox, aim->outbox, sizeof(to->outbox));
	else if (!aim->back)
		memcpy(to->outbox, from->outbox, sizeof(to->outbox));
	memcpy(to->asked, from->asked, sizeof(to->asked));
	for (unsigned int i = 0; aim->request && i < LMS_H_MAX; i++) {
		if (memcmp(to->asked[i], (uint8_t[ASKED_SIZE]){ 0 },
			   ASKED_SIZE))
			continue;
		memcpy(to->asked[i], aim->request, ASKED_SIZE);
		break;
	}
}

/* What the record will list goes to the draft, without any write. */
static int draw_draft(struct roots *roots, const struct root *root,
		      const struct aim *aim, node_fn *node, void *data)
{
	const struct root *from = aim->back ? aim->back : root;
	struct root *draft = &roots->draft;
	int error;

	memset(&roots->draft_places, 0, sizeof(roots->draft_places));
	draft->places = &roots->draft_places;
	draft->facts = root->facts;
	draft->generation = root->generation + 1;
	draft->parked = aim->parked;
	draft->away = aim->away;
	seeds_narrow(&from->seeds, &root->facts.params[0], root->facts.id,
		     aim->floor, aim->end, &draft->seeds);
	if (draft->parked) {	/* a single seed, too */
		draft->seeds.count = 0;
		core_wipe(draft->seeds.list, sizeof(draft->seeds.list));
	}
	error = frontier_move(from, draft, node, data);
	if (error)
		return error;
	if (!frontier_is_whole(draft))
		return CRYPTECH_ERR_ASSERTION_FAILED;
	cells_carry(root, draft);
	carry_moved(root, aim, draft);
	return CRYPTECH_ERR_OK;
}

struct move {
	const struct roots *roots;
	unsigned int moved;
	ks_cell with;	/* move what is in the segment of this; 0: where few are */
};

static void move_cell(struct move *move, ks_cell *cell)
{
	struct keystore *ks = move->roots->ks;

	if (!*cell)
		return;
	if (move->with ? ks_cell_together(ks, *cell, move->with) :
	    move->moved < MOVES_MAX && ks_cell_share(ks, *cell) < MOVE_SHARE) {
		*cell = 0;
		move->moved++;
	}
}

/* Have cells written anew that keep much flash from its reuse. */
static void move_cells(struct roots *roots, const struct root *root,
		       ks_cell with)
{
	struct move move = { .roots = roots, .with = with };
	struct root *draft = &roots->draft;

	/* Nobody has Kp in memory. If it has rotted it stays where it is. */
	if (draft->places->kp && !cells_read_kp(roots, root, roots->kp))
		move_cell(&move, &draft->places->kp);
	move_cell(&move, &draft->places->single);
	for (unsigned int i = 0; i < draft->node_count; i++) {
		move_cell(&move, &draft->places->of[i].seed);
		move_cell(&move, &draft->places->of[i].copy);
	}
}

/*
 * Behind the commit point: memory follows flash, and what the record does not
 * list any more is zeroed. The anchor first: a power cut must not find leaves
 * gone that an older, still valid image has.
 */
static int follow(struct roots *roots, struct root *root)
{
	struct root_places before = *root->places;
	struct root *draft = &roots->draft;
	bool gives = draft->seeds.end < root->seeds.end;
	int error, zero;

	root->seeds = draft->seeds;
	root->generation = draft->generation;
	root->parked = draft->parked;
	root->away = draft->away;
	root->node_count = draft->node_count;
	memcpy(root->nodes, draft->nodes, sizeof(root->nodes));
	*root->places = roots->draft_places;
	error = HS_MUTATED(HS_MUT_ANCHOR_FIRST) ? CRYPTECH_ERR_OK :
		anchor_follow(roots, root->places->anchor);
	zero = HS_MUTATED(HS_MUT_RELEASE_FIRST) ||
	       (gives && HS_MUTATED(HS_MUT_SPLIT_KEEPS)) ? 0 :
	       cells_zero(roots, root, &before);
	/* What is spent or given away may still be read: the next start zeroes
	 * it, and until then nothing of this key gets out. */
	if (zero)
		root->damage = zero;
	return zero ? zero : error;
}

static int commit_draft(struct roots *roots, struct root *root, bool grows)
{
	struct root *draft = &roots->draft;
	int error = cells_write(roots, draft, !grows);

	if (error)
		return error;
	error = prepare(roots, draft);
	if (error) {
		cells_undo(roots, root, draft->places);
		return error;
	}
	if (HS_MUTATED(HS_MUT_ANCHOR_FIRST))
		anchor_follow(roots, draft->places->anchor);
	if (HS_MUTATED(HS_MUT_ZERO_FIRST) ||
	    (HS_MUTATED(HS_MUT_COLLECT_FIRST) &&
	     draft->seeds.floor == root->seeds.floor))
		cells_zero(roots, draft, root->places);
	error = root_error(ks_commit(roots->ks));
	if (error) {
		/* Done or not? The next mount will tell; here they are burnt. */
		root->seeds = draft->seeds;
		root->damage = CRYPTECH_ERR_KEYSTORE_ACCESS;
		return error;
	}
	return follow(roots, root);
}

int root_aim(struct roots *roots, struct root *root, const struct aim *aim,
	     node_fn *node, void *data)
{
	int error = draw_draft(roots, root, aim, node, data);

	if (!error) {
		move_cells(roots, root, aim->with);
		if (aim->kp)
			memcpy(roots->kp, aim->kp, sizeof(roots->kp));
		error = commit_draft(roots, root, aim->grows);
	}
	core_wipe(&roots->draft, sizeof(roots->draft));
	core_wipe(roots->kp, sizeof(roots->kp));
	return error;
}

/* The same leaves and nothing new, or leaves burnt up to @floor. */
static struct aim aim_at(const struct root *root, uint32_t floor)
{
	return (struct aim){
		.floor = floor,
		.end = root->seeds.end,
		.parked = root->parked,
		.away = root->away,
	};
}

/* --- collecting ----------------------------------------------------------- */

/*
 * Move what one key has in the segment that the fewest cells hold: a record
 * with the same floor, and copies. True if something was gained.
 */
static bool collect_one(struct roots *roots)
{
	ks_cell cell = ks_cell_emptiest(roots->ks);
	uint8_t owner[KS_NAME_SIZE], data[KS_CELL_SIZE];
	struct root *root;
	struct aim aim;

	if (!cell || ks_cell_read(roots->ks, cell, owner, data))
		return false;
	core_wipe(data, sizeof(data));
	root = roots_find(roots, owner);
	if (!root || root->damage)
		return false;
	aim = aim_at(root, root->seeds.floor);
	aim.with = cell;
	return !root_aim(roots, root, &aim, NULL, NULL);
}

bool root_collect(struct roots *roots)
{
	struct ks_stats stats;
	uint32_t before;
	unsigned int i;

	ks_stats(roots->ks, &stats);
	before = stats.cell_segments;
	for (i = 0; i < COLLECT_MAX && stats.cell_segments >= before; i++) {
		if (!collect_one(roots))
			return false;
		ks_stats(roots->ks, &stats);
	}
	return i < COLLECT_MAX;
}

/*
 * A bounded amount of work after each commit, so that the segments held by cells
 * are not more than about twice as many as they need.
 */
static void collect_some(struct roots *roots)
{
	struct ks_stats stats;

	ks_stats(roots->ks, &stats);
	if (stats.cell_segments > 4 + 2 * (stats.cells / stats.cells_fit))
		collect_one(roots);
}

int root_commit(struct roots *roots, struct root *root, uint32_t to,
		bool (*node)(void *data, uint32_t r, uint8_t *value),
		void *data, uint8_t *run)
{
	const struct root_facts *facts = &root->facts;
	uint32_t floor = root->seeds.floor;
	const struct aim aim = aim_at(root, to);
	int error = anchor_ready(roots);

	if (!error)
		error = root->damage;
	if (!error && root->parked)
		error = CRYPTECH_ERR_FORBIDDEN;
	if (!error && to <= floor)
		error = CRYPTECH_ERR_IMPOSSIBLE;
	if (!error && to > root->seeds.end)
		error = CRYPTECH_ERR_HASHSIG_KEY_EXHAUSTED;
	if (error)
		return error;
	if (run && !seeds_leaves(&root->seeds, &facts->params[0], facts->id,
				 floor, to - floor, run))
		return CRYPTECH_ERR_KEYSTORE_LOST_DATA;
	do {
		error = root_aim(roots, root, &aim, node, data);
	} while (error == CRYPTECH_ERR_NO_KEY_INDEX_SLOTS && root_collect(roots));
	if (error && run && !HS_MUTATED(HS_MUT_KEEP_RUN))
		core_wipe(run, (size_t)(to - floor) * facts->params[0].n);
	if (!error)
		collect_some(roots);
	return error;
}

/* --- creating, deleting --------------------------------------------------- */

static void draw_new(struct root *root, const struct root_facts *facts,
		     const uint8_t *seed)
{
	const struct lms_params *params = &facts->params[0];

	root->facts = *facts;
	root->generation = 1;
	seeds_init(&root->seeds, params,
		   facts->profile == CRYPTECH_HASHSIG_SINGLE_SEED, seed);
	root->node_count = 1;
	root->nodes[0].node = 1;
	memcpy(root->nodes[0].value, facts->t1, params->n);
}

/* What was written of a key that will not be. */
static void unwrite_new(struct roots *roots, struct root *root)
{
	unsigned int count = root->node_count;

	root->places->single = 0;
	memset(root->places->of, 0, sizeof(root->places->of));
	root->node_count = 0;
	cells_zero(roots, root, NULL);
	top_erase(roots, root->facts.uuid);
	root->node_count = count;
}

static int write_new(struct roots *roots, struct root *root,
		     const uint8_t *top)
{
	int error = cells_write(roots, root, false);

	if (!error && top)
		error = top_write(roots, &root->facts, top);
	if (!error)
		error = prepare(roots, root);
	if (!error)
		error = root_error(ks_commit(roots->ks));
	if (error)
		unwrite_new(roots, root);
	return error;
}

int root_begin(struct roots *roots)
{
	int error = anchor_ready(roots);

	/* It has to be there before keys are, so that deleting, which replaces
	 * it, works on a full flash. */
	if (!error && !roots->ledger.there)
		error = ledger_write(roots, roots->anchor, NULL);
	return error;
}

int root_enter(struct roots *roots, struct root *root, const uint8_t *top)
{
	int error;

	do {
		error = write_new(roots, root, top);
	} while (error == CRYPTECH_ERR_NO_KEY_INDEX_SLOTS &&
		 root_collect(roots));
	if (error)
		return error;
	root_insert(roots, root);
	/* An anchor that is one behind is what a power cut leaves, too: the
	 * key is there, and the next commit will not do without it. */
	anchor_follow(roots, root->places->anchor);
	return CRYPTECH_ERR_OK;
}

int root_create(struct roots *roots, const struct root_facts *facts,
		const uint8_t *seed, const uint8_t *top, struct root **out)
{
	int error = anchor_ready(roots);
	struct root *root;

	if (!error && roots_find(roots, facts->uuid))
		error = CRYPTECH_ERR_KEY_NAME_IN_USE;
	if (!error)
		error = root_begin(roots);
	if (error)
		return error;
	root = root_new(facts->uuid);
	if (!root)
		return CRYPTECH_ERR_ALLOCATION_FAILURE;
	draw_new(root, facts, seed);
	error = root_enter(roots, root, top);
	if (error) {
		root_free(root);
		return error;
	}
	*out = root;
	return CRYPTECH_ERR_OK;
}

int root_forget(struct roots *roots, struct root *root)
{
	struct root_places before = *root->places;
	int ret = ks_delete(roots->ks, KS_CLASS_STATE, root->facts.uuid);
	int error = root_error(ret == KS_NOT_FOUND ? KS_OK : ret);

	memset(root->places, 0, sizeof(*root->places));
	root->node_count = 0;
	root->damage = CRYPTECH_ERR_KEYSTORE_ACCESS;
	if (!error)
		error = cells_zero(roots, root, &before);
	if (!error)
		error = top_erase(roots, root->facts.uuid);
	if (!error)
		error = outbox_delete(roots, root->facts.uuid);
	if (error)
		return error;
	root_remove(roots, root);
	root_free(root);
	return CRYPTECH_ERR_OK;
}

/*
 * The ledger is the commit point: it says that the key is no more, and until
 * the next commit, which. If the power fails, recovery does the rest.
 */
int root_delete(struct roots *roots, struct root *root)
{
	int error = anchor_ready(roots);

	if (!error && HS_MUTATED(HS_MUT_DELETE_FIRST))
		error = root_error(ks_delete(roots->ks, KS_CLASS_STATE,
					     root->facts.uuid));
	if (!error)
		error = ledger_write(roots, roots->anchor + 1, root);
	if (error)
		return error;
	anchor_follow(roots, roots->anchor + 1);
	return root_forget(roots, root);
}

/* --- freshness ------------------------------------------------------------ */

bool roots_stale(const struct roots *roots)
{
	return roots->stale;
}

uint64_t roots_anchor(const struct roots *roots)
{
	return roots->anchor;
}
