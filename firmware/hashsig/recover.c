// SPDX-License-Identifier: MIT
/*
 * Start: what the flash has of each key, rules R1 to R7 of hashsig-format.rst.
 *
 * The keystore's mount has done R1 to R3: of each name there is one record,
 * firm, and what else there was reads zero. R7 is the order of a commit.
 */
#include "root_internal.h"

#include <stdlib.h>

/* --- one key -------------------------------------------------------------- */

struct interval {
	uint32_t floor, end;
};

/* The longest run of leaves whose seeds are there. */
static struct interval longest(const struct seeds *seeds, unsigned int h)
{
	struct interval best = { seeds->end, seeds->end };
	struct interval run = best;

	for (unsigned int i = 0; i < seeds->count; i++) {
		uint32_t first, end;

		cover_leaves(h, seeds->list[i].node, &first, &end);
		if (i == 0 || first != run.end)
			run.floor = first;
		run.end = end;
		if (run.end - run.floor > best.end - best.floor)
			best = run;
	}
	return best;
}

/*
 * R5: the seeds of [floor, end) are not all there. One interval stays, which
 * is all that a key can have; the rest is burnt by the next commit. What had
 * its cells is put down for that.
 */
static int give_up_leaves(struct roots *roots, struct root *root)
{
	const struct lms_params *params = &root->facts.params[0];
	struct interval stay = longest(&root->seeds, params->h);
	struct root *less = &roots->draft;
	int error;

	memset(&roots->draft_places, 0, sizeof(roots->draft_places));
	less->places = &roots->draft_places;
	less->facts = root->facts;
	root->lost = root->seeds.end - root->seeds.floor -
		     (stay.end - stay.floor);
	seeds_narrow(&root->seeds, params, root->facts.id, stay.floor,
		     stay.end, &less->seeds);
	error = frontier_move(root, less, NULL, NULL);
	if (!error) {
		cells_carry(root, less);
		roots->draft_places.anchor = root->places->anchor;
		roots->draft_places.moved = root->places->moved;
		memcpy(roots->draft_places.kekek, root->places->kekek,
		       sizeof(root->places->kekek));
		memcpy(roots->draft_places.outbox, root->places->outbox,
		       sizeof(root->places->outbox));
		memcpy(roots->draft_places.asked, root->places->asked,
		       sizeof(root->places->asked));
		memcpy(roots->draft_places.dropped, root->places->dropped,
		       sizeof(root->places->dropped));
		roots->draft_places.dropped_count =
			root->places->dropped_count;
		cells_drop(root, less);
		root->seeds = less->seeds;
		root->node_count = less->node_count;
		memcpy(root->nodes, less->nodes, sizeof(root->nodes));
		*root->places = roots->draft_places;
		root_log(roots, root->facts.uuid,
			 "%u leaves were lost to damaged flash, %u are left",
			 root->lost, stay.end - stay.floor);
	}
	core_wipe(&roots->draft, sizeof(roots->draft));
	return error;
}

static uint32_t leaves_of(const struct root *root)
{
	uint32_t count = 0, first, end;

	for (unsigned int i = 0; i < root->seeds.count; i++) {
		cover_leaves(root->facts.params[0].h, root->seeds.list[i].node,
			     &first, &end);
		count += end - first;
	}
	return count;
}

/* R5, and the frontier hashed to T1. */
static int load_cells(struct roots *roots, struct root *root)
{
	int error = cells_read(roots, root);

	if (error)
		return error;
	if (!frontier_is_whole(root))
		return CRYPTECH_ERR_KEYSTORE_LOST_DATA;
	if (root->seeds.single ||
	    leaves_of(root) == root->seeds.end - root->seeds.floor)
		return CRYPTECH_ERR_OK;
	return give_up_leaves(roots, root);
}

static void damaged(struct roots *roots, struct root *root, const char *what)
{
	root->damage = CRYPTECH_ERR_KEYSTORE_LOST_DATA;
	seeds_wipe(&root->seeds);
	root_log(roots, root->facts.uuid, "its %s damaged", what);
}

/* What the newest record says. */
struct newest {
	uint64_t anchor;
	uint8_t keys[KEYS_HASH];
};

static void note_newest(struct newest *newest, uint64_t anchor,
			const uint8_t *keys)
{
	if (anchor <= newest->anchor)
		return;
	newest->anchor = anchor;
	memcpy(newest->keys, keys, KEYS_HASH);
}

/*
 * A record that cannot be read. The other keys need not wait for the security
 * officer if what it claims fits the hash over all keys: then they are those
 * of the newest commit, whatever is wrong with this one.
 */
static void load_claims(struct roots *roots, struct root *root,
			const uint8_t *uuid, size_t len)
{
	root->node_count = 0;
	root->parked = false;
	memset(root->places, 0, sizeof(*root->places));
	memcpy(root->facts.uuid, uuid, CRYPTECH_UUID_SIZE);
	root->places->unread = true;
	state_claims(roots->record,
		     len < sizeof(roots->record) ? len : sizeof(roots->record),
		     root);
	damaged(roots, root, "record is");
}

/* The record of one key, without its cells. */
static int load_record(struct roots *roots, const uint8_t *uuid,
		       struct newest *newest)
{
	struct root *root = root_new(uuid);
	uint8_t keys[KEYS_HASH];
	size_t len = 0;
	int ret;

	if (!root)
		return CRYPTECH_ERR_ALLOCATION_FAILURE;
	root_insert(roots, root);
	ret = ks_read_rotten(roots->ks, KS_CLASS_STATE, uuid, roots->record,
			     sizeof(roots->record), &len);
	if (ret == KS_FLASH)
		return root_error(ret);
	if (ret != KS_TOO_LONG && state_decode(roots, uuid, roots->record, len,
					       root, keys)) {
		note_newest(newest, root->places->anchor, keys);
		return CRYPTECH_ERR_OK;
	}
	load_claims(roots, root, uuid, ret == KS_TOO_LONG ? 0 : len);
	return CRYPTECH_ERR_OK;
}

static int load_records(struct roots *roots, struct newest *newest)
{
	uint8_t name[KS_NAME_SIZE];
	const uint8_t *last = NULL;
	int error = CRYPTECH_ERR_OK;

	while (!error && !ks_next(roots->ks, KS_CLASS_STATE, last, name,
				  NULL)) {
		error = load_record(roots, name, newest);
		last = name;
	}
	return error;
}

static int load_all_cells(struct roots *roots)
{
	int error = CRYPTECH_ERR_OK;

	for (struct root *root = roots->first; root && !error;
	     root = root->next) {
		if (root->damage)
			continue;
		error = load_cells(roots, root);
		if (error == CRYPTECH_ERR_KEYSTORE_LOST_DATA) {
			damaged(roots, root, "state in flash is");
			error = CRYPTECH_ERR_OK;
		}
	}
	return error;
}

/* --- what no record lists ------------------------------------------------- */

/*
 * R4, for whatever owner. A key whose record cannot be read keeps its cells:
 * nothing is signed with it, and it may read well at the next start.
 */
static int zero_unlisted(struct roots *roots)
{
	uint8_t owner[KS_NAME_SIZE];
	const struct root *root = NULL;
	struct ks_stats stats;
	uint32_t zeroed = 0;
	int ret = KS_OK;

	ks_stats(roots->ks, &stats);
	if (HS_MUTATED(HS_MUT_CHILDREN_STAY))
		stats.cells = 0;
	for (uint32_t i = stats.cells; i > 0 && !ret; i--) {
		ks_cell cell = ks_cell_at(roots->ks, i - 1, owner);

		if (!cell)
			continue;
		/* One owner's cells come together. */
		if (!root || memcmp(root->facts.uuid, owner, KS_NAME_SIZE))
			root = roots_find(roots, owner);
		if (root && (root->places->unread || cells_list(root, cell)))
			continue;
		ret = ks_cell_zero(roots->ks, cell);
		zeroed++;
	}
	if (zeroed)
		root_log(roots, NULL, "%u cells that no record lists were "
			 "zeroed", zeroed);
	return root_error(ret);
}

/* Tops of keys that are not there: a creation or deletion was cut. */
static int erase_tops(struct roots *roots)
{
	int error = CRYPTECH_ERR_OK;

	for (unsigned int i = 0; i < TOP_CHUNKS && !error; i++) {
		uint8_t name[KS_NAME_SIZE];
		const uint8_t *last = NULL;

		while (!error && !ks_next(roots->ks, KS_CLASS_TOP + i, last,
					  name, NULL)) {
			if (!roots_find(roots, name))
				error = top_erase(roots, name);
			last = name;
		}
	}
	return error;
}

/*
 * The ledger is the newest record there is: the key that it ends may still be
 * there, wholly or in part.
 */
static int finish_deletion(struct roots *roots, const struct newest *newest)
{
	struct root *root = roots_find(roots, roots->ledger.ended);

	if (!root || !roots->ledger.there || !roots->ledger.ends ||
	    roots->ledger.anchor < newest->anchor || root->places->unread)
		return CRYPTECH_ERR_OK;
	root_log(roots, root->facts.uuid, "its deletion is finished");
	return root_forget(roots, root);
}

/* --- start, stop ---------------------------------------------------------- */

static int recover(struct roots *roots)
{
	struct newest newest = { 0 };
	int error = ledger_read(roots);

	if (!error)
		error = load_records(roots, &newest);
	if (!error && roots->ledger.there)
		note_newest(&newest, roots->ledger.anchor, roots->ledger.keys);
	if (!error)
		error = finish_deletion(roots, &newest);
	if (!error)
		error = zero_unlisted(roots);
	if (!error)
		error = load_all_cells(roots);
	if (!error)
		error = erase_tops(roots);
	if (!error)
		error = imports_recover(roots);
	if (!error)
		error = kekeks_load(roots);
	roots->anchor = newest.anchor;
	if (!error)
		error = anchor_start(roots, newest.keys);
	if (!error && !roots->stale)
		error = outbox_recover(roots);
	return error;
}

int roots_start(struct roots **out, const struct roots_config *config)
{
	struct roots *roots = calloc(1, sizeof(*roots));
	int error;

	*out = NULL;
	if (!roots)
		return CRYPTECH_ERR_ALLOCATION_FAILURE;
	roots->ks = config->ks;
	roots->platform = config->platform;
	roots->k_state = config->k_state;
	error = core_kdf(config->k_state, "hashsig records", roots->k_record);
	if (!error)
		error = recover(roots);
	if (error) {
		roots_stop(roots);
		return error;
	}
	*out = roots;
	return CRYPTECH_ERR_OK;
}

void roots_stop(struct roots *roots)
{
	if (!roots)
		return;
	while (roots->first) {
		struct root *root = roots->first;

		roots->first = root->next;
		root_free(root);
	}
	core_wipe(roots, sizeof(*roots));
	free(roots);
}

/* --- the security officer's decision -------------------------------------- */

/*
 * A ledger above flash and anchor says that what there is is right. It comes
 * last when keys are destroyed: until it is there, all waits for a decision.
 */
int roots_accept(struct roots *roots, uint32_t decision)
{
	uint64_t value = roots->anchor, outside = 0;
	int error = CRYPTECH_ERR_OK;

	if (!roots->stale || (decision != CRYPTECH_ACCEPT_FLASH &&
			      decision != CRYPTECH_ACCEPT_DESTROY))
		return CRYPTECH_ERR_BAD_ARGUMENTS;
	if (!anchor_value(roots, &outside))
		return CRYPTECH_ERR_KEYSTORE_ACCESS;
	if (outside > value)
		value = outside;
	while (decision == CRYPTECH_ACCEPT_DESTROY && roots->first && !error)
		error = root_forget(roots, roots->first);
	/* Of an older flash one may be spent. */
	if (!error)
		error = kekeks_clear(roots);
	if (!error)
		error = ledger_write(roots, value + 1, NULL);
	if (!error)
		error = anchor_follow(roots, value + 1);
	if (error)
		return error;
	roots->stale = false;
	root_log(roots, NULL, decision == CRYPTECH_ACCEPT_DESTROY ?
		 "the security officer had them all destroyed" :
		 "the security officer accepted the flash as it is");
	return CRYPTECH_ERR_OK;
}
