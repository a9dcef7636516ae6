/* SPDX-License-Identifier: MIT */
/*
 * How much a key has left, and the work that has to be done before it can sign.
 */
#include "levels.h"

#include <stdlib.h>
#include <string.h>

struct hss_work {
	struct unit *unit;
	bool now;
};

/* --- counts ------------------------------------------------------------------------ */

static uint64_t add(uint64_t a, uint64_t b)
{
	uint64_t sum;

	return __builtin_add_overflow(a, b, &sum) ? UINT64_MAX : sum;
}

static uint64_t multiply(uint64_t a, uint64_t b)
{
	uint64_t product;

	return __builtin_mul_overflow(a, b, &product) ? UINT64_MAX : product;
}

/* Can any level above give a leaf for another tree of this one? */
static bool supplied(const struct hss *hss, unsigned int level)
{
	while (level-- > 0)
		if (level_left(&hss->level[level]))
			return true;
	return false;
}

/* Computations that some kind of work takes, in a unit of the caller's. */
static uint64_t weigh(const struct level *level, uint64_t leaves,
		      bool compressions)
{
	return compressions ? leaves * leaf_cost(&level->params) : leaves;
}

static uint64_t next_wants(const struct level *level)
{
	return level->next ? tree_wants(level->next, HSS_NOW) :
	       (uint64_t)1 << level->params.h;
}

/* What a split waits for while lower levels sign. */
static uint64_t split_wants(const struct hss *hss, bool compressions)
{
	const struct level *root = &hss->level[0];

	return root->now->extra ?
	       weigh(root, tree_wants(root->now, HSS_NOW), compressions) : 0;
}

/* What the next signature waits for: from the lowest level up, as far as trees
 * are used up. And what a split does. */
static uint64_t now_wants(const struct hss *hss, bool compressions)
{
	unsigned int i = hss->facts.levels;
	uint64_t sum = 0;

	while (i-- > 0) {
		const struct level *level = &hss->level[i];

		if (level_left(level))
			return sum + weigh(level, tree_wants(level->now,
						HSS_NOW), compressions) +
			       (i > 0 ? split_wants(hss, compressions) : 0);
		if (i > 0)
			sum += weigh(level, next_wants(level), compressions);
	}
	return 0;	/* used up */
}

static bool ahead_wants(const struct hss *hss)
{
	unsigned int i;

	for (i = 0; i < hss->facts.levels; i++) {
		const struct level *level = &hss->level[i];

		if (level_left(level) && tree_wants(level->now, HSS_AHEAD))
			return true;
		if (i > 0 && supplied(hss, i) &&
		    (!level->next || tree_wants(level->next, HSS_AHEAD)))
			return true;
	}
	return false;
}

static bool idle(const struct hss *hss)
{
	return hss->damage || hss->lack || atomic_load(&hss->stop);
}

void hss_count(const struct hss *hss, struct hss_counts *counts)
{
	uint64_t below = 1;
	unsigned int i = hss->facts.levels;

	memset(counts, 0, sizeof(*counts));
	if (!hss->level[0].now)
		return;
	while (i-- > 0) {
		const struct level *level = &hss->level[i];

		counts->left = add(counts->left,
				   multiply(level_left(level), below));
		below = multiply(below, (uint64_t)1 << level->params.h);
	}
	counts->left_max = below;
	counts->root_left = level_left(&hss->level[0]);
	counts->done = hss->done;
	counts->total = hss->done + now_wants(hss, false);
}

bool hss_working(const struct hss *hss, enum hss_when when)
{
	if (idle(hss))
		return false;
	return now_wants(hss, false) ||
	       (when == HSS_AHEAD && ahead_wants(hss));
}

uint64_t hss_work_left(const struct hss *hss)
{
	return idle(hss) ? 0 : now_wants(hss, true);
}

/* --- work ---------------------------------------------------------------------------- */

/* A tree for a level below the root. */
static int draw(struct hss *hss, struct level *level)
{
	uint8_t id[LMS_ID_SIZE], seed[LMS_N_MAX];
	int error = core_random(id, sizeof(id));

	if (!error)
		error = core_random(seed, sizeof(seed));
	if (!error)
		error = tree_new(&level->next, &level->params, id,
				 hss->facts.profile ==
				 CRYPTECH_HASHSIG_SINGLE_SEED, seed);
	core_wipe(seed, sizeof(seed));
	return error;
}

static int next_unit(struct hss *hss, struct level *level, enum hss_when when,
		     struct unit **unit)
{
	int error = level->next ? 0 : draw(hss, level);

	return error ? error :
	       tree_unit(level->next, when, &hss->stop, unit);
}

static int now_unit(struct hss *hss, struct unit **unit)
{
	unsigned int i = hss->facts.levels;
	int error = 0;

	/* Not one of a key that is used up. */
	if (!now_wants(hss, false))
		return 0;
	while (i-- > 0 && !error && !*unit) {
		struct level *level = &hss->level[i];

		if (level_left(level)) {
			error = tree_unit(level->now, HSS_NOW, &hss->stop,
					  unit);
			break;
		}
		error = next_unit(hss, level, HSS_NOW, unit);
	}
	if (!error && !*unit && hss->level[0].now->extra)
		error = tree_unit(hss->level[0].now, HSS_NOW, &hss->stop,
				  unit);
	return error;
}

static int ahead_unit(struct hss *hss, struct unit **unit)
{
	unsigned int i = hss->facts.levels;
	int error = 0;

	/* The lowest levels come to their ends first. */
	while (i-- > 0 && !error && !*unit) {
		struct level *level = &hss->level[i];

		if (level_left(level))
			error = tree_unit(level->now, HSS_AHEAD, &hss->stop,
					  unit);
		if (!error && !*unit && i > 0 && supplied(hss, i))
			error = next_unit(hss, level, HSS_AHEAD, unit);
	}
	return error;
}

static void note_error(struct hss *hss, int error)
{
	if (error == CRYPTECH_ERR_KEYSTORE_LOST_DATA)
		hss->damage = error;
	else
		hss->lack = error;
}

struct hss_work *hss_work_get(struct hss *hss, enum hss_when when)
{
	struct hss_work *work;
	int error = CRYPTECH_ERR_ALLOCATION_FAILURE;

	if (idle(hss) || hss->held)
		return NULL;
	work = calloc(1, sizeof(*work));
	if (work) {
		error = now_unit(hss, &work->unit);
		work->now = work->unit;
		if (!error && !work->unit && when == HSS_AHEAD)
			error = ahead_unit(hss, &work->unit);
	}
	if (error)
		note_error(hss, error);
	if (error || !work->unit) {
		free(work);
		return NULL;
	}
	hss->out++;
	hss->units++;
	return work;
}

void hss_work_run(struct hss_work *work)
{
	unit_run(work->unit);
}

int hss_work_put(struct hss *hss, struct hss_work *work)
{
	struct tree *root = hss->level[0].now;
	const uint8_t *t1;
	int error = 0;

	if (!atomic_load(&hss->stop))
		error = unit_take_in(work->unit);
	if (error)
		note_error(hss, error);
	else if (work->now)
		hss->done += work->unit->end - work->unit->first;
	/* Who keeps the seeds may be there again: whoever waits is told. */
	if (error && work->unit->error) {
		unit_again(work->unit);
		error = 0;
	} else {
		unit_free(work->unit);
	}
	free(work);
	hss->out--;
	hss->units--;
	t1 = tree_node(root, 1);
	if (!hss->root && t1)
		memcpy(hss->facts.t1, t1, hss->facts.params[0].n);
	return error;
}

void hss_stop(struct hss *hss)
{
	atomic_store(&hss->stop, true);
}

unsigned int hss_out(const struct hss *hss)
{
	return hss->out;
}

bool hss_hold(struct hss *hss, bool hold)
{
	hss->held = hold;
	return !hss->units;
}
