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

#define TOP_CHUNK	8192

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

/* What the record will list goes to @draft, without any write. */
static int draw_draft(struct roots *roots, const struct root *root,
		      uint32_t to, node_fn *node, void *data)
{
	struct root *draft = &roots->draft;
	int error;

	memset(&roots->draft_places, 0, sizeof(roots->draft_places));
	draft->places = &roots->draft_places;
	draft->facts = root->facts;
	draft->generation = root->generation + 1;
	seeds_narrow(&root->seeds, &root->facts.params[0], root->facts.id, to,
		     root->seeds.end, &draft->seeds);
	error = frontier_move(root, draft, node, data);
	if (error)
		return error;
	if (!frontier_is_whole(draft))
		return CRYPTECH_ERR_ASSERTION_FAILED;
	cells_carry(root, draft);
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
static void move_cells(const struct roots *roots, struct root *draft,
		       ks_cell with)
{
	struct move move = { .roots = roots, .with = with };

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
	int error, zero;

	root->seeds = draft->seeds;
	root->generation = draft->generation;
	root->node_count = draft->node_count;
	memcpy(root->nodes, draft->nodes, sizeof(root->nodes));
	*root->places = roots->draft_places;
	error = HS_MUTATED(HS_MUT_ANCHOR_FIRST) ? CRYPTECH_ERR_OK :
		anchor_follow(roots, root->places->anchor);
	zero = HS_MUTATED(HS_MUT_RELEASE_FIRST) ? 0 :
	       cells_zero(roots, root, &before);
	return zero ? zero : error;
}

static int commit_draft(struct roots *roots, struct root *root)
{
	struct root *draft = &roots->draft;
	int error = cells_write(roots, draft, true);

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

/* One record. @with: a cell whose company in its segment is moved. */
static int commit(struct roots *roots, struct root *root, uint32_t to,
		  node_fn *node, void *data, ks_cell with)
{
	int error = draw_draft(roots, root, to, node, data);

	if (!error) {
		move_cells(roots, &roots->draft, with);
		error = commit_draft(roots, root);
	}
	core_wipe(&roots->draft, sizeof(roots->draft));
	return error;
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

	if (!cell || ks_cell_read(roots->ks, cell, owner, data))
		return false;
	core_wipe(data, sizeof(data));
	root = roots_find(roots, owner);
	return root && !root->damage &&
	       !commit(roots, root, root->seeds.floor, NULL, NULL, cell);
}

/* True if it is worth to try again what found no room. */
static bool collect(struct roots *roots)
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
	int error = anchor_ready(roots);

	if (!error)
		error = root->damage;
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
		error = commit(roots, root, to, node, data, 0);
	} while (error == CRYPTECH_ERR_NO_KEY_INDEX_SLOTS && collect(roots));
	if (error && run && !HS_MUTATED(HS_MUT_KEEP_RUN))
		core_wipe(run, (size_t)(to - floor) * facts->params[0].n);
	if (!error)
		collect_some(roots);
	return error;
}

/* --- the top of the tree -------------------------------------------------- */

/*
 * What is below is made again, at most 2^12 leaves at a time: some hundred
 * milliseconds of one core. A taller top would be a lot of flash.
 */
unsigned int root_top_height(unsigned int h)
{
	return h <= 10 ? 0 : h <= 20 ? h - 10 : 13;
}

static size_t top_size(const struct root_facts *facts)
{
	const struct lms_params *params = &facts->params[0];

	return (size_t)params->n << root_top_height(params->h);
}

static int top_write(struct roots *roots, const struct root_facts *facts,
		     const uint8_t *top)
{
	size_t size = top_size(facts);
	int ret = KS_OK;

	if (!root_top_height(facts->params[0].h))
		return CRYPTECH_ERR_OK;
	for (size_t at = 0, i = 0; at < size && !ret; at += TOP_CHUNK, i++) {
		size_t len = size - at < TOP_CHUNK ? size - at : TOP_CHUNK;

		ret = ks_write(roots->ks, KS_CLASS_TOP + i, facts->uuid,
			       top + at, len, false);
	}
	return root_error(ret);
}

int top_erase(struct roots *roots, const uint8_t *uuid)
{
	int ret = KS_OK;

	for (unsigned int i = 0; i < TOP_CHUNKS && !ret; i++) {
		ret = ks_delete(roots->ks, KS_CLASS_TOP + i, uuid);
		if (ret == KS_NOT_FOUND)
			ret = KS_OK;
	}
	return root_error(ret);
}

/* Does level root_top_height() of the tree hash to T1? */
static int top_check(const struct root_facts *facts, const uint8_t *top)
{
	const struct lms_params *params = &facts->params[0];
	uint32_t count = (uint32_t)1 << root_top_height(params->h);
	uint8_t *nodes = malloc((size_t)count / 2 * params->n);
	const uint8_t *children = top;
	bool same;

	if (!nodes)
		return CRYPTECH_ERR_ALLOCATION_FAILURE;
	for (count /= 2; count; count /= 2) {
		lms_nodes(params, facts->id, count, count, children, nodes);
		children = nodes;
	}
	same = memcmp(nodes, facts->t1, params->n) == 0;
	free(nodes);
	return same ? CRYPTECH_ERR_OK : CRYPTECH_ERR_KEYSTORE_LOST_DATA;
}

int root_read_top(struct roots *roots, const struct root *root, uint8_t *top)
{
	size_t size = top_size(&root->facts);

	if (root->damage)
		return root->damage;
	if (!root_top_height(root->facts.params[0].h)) {
		memcpy(top, root->facts.t1, size);
		return CRYPTECH_ERR_OK;
	}
	for (size_t at = 0, i = 0; at < size; at += TOP_CHUNK, i++) {
		size_t want = size - at < TOP_CHUNK ? size - at : TOP_CHUNK;
		size_t len = 0;

		if (ks_read(roots->ks, KS_CLASS_TOP + i, root->facts.uuid,
			    top + at, want, &len) || len != want)
			return CRYPTECH_ERR_KEYSTORE_LOST_DATA;
	}
	return top_check(&root->facts, top);
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

static int write_new(struct roots *roots, struct root *root,
		     const uint8_t *top)
{
	int error = cells_write(roots, root, false);

	if (!error)
		error = top_write(roots, &root->facts, top);
	if (!error)
		error = prepare(roots, root);
	if (!error)
		error = root_error(ks_commit(roots->ks));
	if (error) {
		memset(root->places, 0, sizeof(*root->places));
		root->node_count = 0;
		cells_zero(roots, root, NULL);
		top_erase(roots, root->facts.uuid);
	}
	return error;
}

int root_create(struct roots *roots, const struct root_facts *facts,
		const uint8_t *seed, const uint8_t *top, struct root **out)
{
	int error = anchor_ready(roots);
	struct root *root;

	if (!error && roots_find(roots, facts->uuid))
		error = CRYPTECH_ERR_KEY_NAME_IN_USE;
	/* There has to be one before keys are, so that deleting, which
	 * replaces it, works on a full flash. */
	if (!error && !roots->ledger.there)
		error = ledger_write(roots, roots->anchor, NULL);
	if (error)
		return error;
	root = root_new(facts->uuid);
	if (!root)
		return CRYPTECH_ERR_ALLOCATION_FAILURE;
	do {
		draw_new(root, facts, seed);
		error = write_new(roots, root, top);
	} while (error == CRYPTECH_ERR_NO_KEY_INDEX_SLOTS && collect(roots));
	if (error) {
		root_free(root);
		return error;
	}
	root_insert(roots, root);
	/* An anchor that is one behind is what a power cut leaves, too: the
	 * key is there, and the next commit will not do without it. */
	anchor_follow(roots, root->places->anchor);
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
