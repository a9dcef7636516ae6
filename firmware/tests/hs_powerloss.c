// SPDX-License-Identifier: MIT
/*
 * Hash signature keys lose power at every program and erase of everything that
 * is done with them, and again in the recovery, and again in that one's.
 *
 * Each step is cut in three ways: not done, torn (in several ways, by seed),
 * done. Then the HSM is started three times, torn bits drawn anew each time,
 * and after one of these starts every key is used to its end. The ledger
 * (hs_ledger.h), which knows only what was handed out, asserts at every stop:
 *
 *  - no leaf's seed is handed out twice;
 *  - every leaf that is left has its seed, and a path that leads to T1;
 *  - no more is burnt than the run that was in flight, and what a start found
 *    stays so;
 *  - no seed from which a spent leaf could be computed is anywhere in the
 *    flash, wrapped or not, aligned or not; where it was, everything is zero
 *    for good, not only reads so; nor is it on the heap;
 *  - other keys are not touched.
 *
 * States that are the same (flash with its torn bits, anchor, ledger) are
 * explored once. Without arguments: a sample. --full, or CRYPTECH_FULL=1 in
 * the environment: all first and second cuts, more ways of tearing, and a
 * large sample of the third. --one SCENARIO, at the end: that one alone.
 *
 * Built with HS_MUTATIONS it makes mistakes on purpose, one after the other,
 * and each must be found.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hs_box.h"
#include "hs_cores.h"
#include "hs_heap.h"
#include "hs_memo.h"

#define DEPTH 3

/* Slots of keys: what they are. */
enum { A, B, SINGLE, TALL };

struct geometry {
	const char *name;
	uint32_t size, sector_size;
};

static const struct geometry geometries[] = {
	{ "16 segments of 1 sector", 16384, 1024 },
	{ "10 segments of 4 sectors", 20480, 512 },
};

struct scenario {
	const char *name;
	void (*setup)(struct hs_box *box);
	struct hs_op ops[8];		/* HS_END: the end */
};

struct snapshot {
	struct nor *nor;
	struct hs_world world;
};

struct run {
	struct hs_box box;
	const struct geometry *geometry;
	const struct scenario *scenario;
	struct snapshot base;		/* after the set-up */
	struct snapshot cut[DEPTH];	/* after each of the cuts */
	int depth;			/* cuts, each in a recovery */
	unsigned int tears;		/* ways of tearing a step */
	unsigned int sample[DEPTH];	/* one of so many is tried */
	uint64_t rng;
	uint64_t total;			/* states, also the same ones */
	uint64_t steps;			/* of the operations, uncut */
	uint64_t path[DEPTH];		/* steps that are cut, for reports */
};

static struct hs_memo seen;

static void save(struct snapshot *to, const struct hs_box *box)
{
	nor_copy(to->nor, box->nor);
	to->world = box->world;
}

static void restore(struct hs_box *box, const struct snapshot *from)
{
	nor_copy(box->nor, from->nor);
	box->world = from->world;
}

/* --- set-ups ------------------------------------------------------------------ */

static void must(struct hs_box *box, enum hs_kind kind, unsigned int slot,
		 uint32_t count)
{
	const struct hs_op op = { kind, slot, count };
	int ret = hs_do(box, &op);

	if (ret || !hs_check(box))
		hs_wrong(box, "set-up: operation %d on %u: %d, %s", kind, slot,
			 ret, box->said);
}

static void setup_none(struct hs_box *box)
{
	(void)box;
}

static void setup_one(struct hs_box *box)
{
	must(box, HS_CREATE, A, 0);
}

static void setup_used(struct hs_box *box)
{
	setup_one(box);
	must(box, HS_COMMIT, A, 1);
}

static void setup_used_restarted(struct hs_box *box)
{
	setup_used(box);
	must(box, HS_RESTART, 0, 0);
}

static void setup_two(struct hs_box *box)
{
	setup_used(box);
	must(box, HS_CREATE, B, 0);
}

static void setup_last(struct hs_box *box)
{
	setup_one(box);
	must(box, HS_COMMIT, A, 3);
}

static void setup_single(struct hs_box *box)
{
	must(box, HS_CREATE, SINGLE, 0);
	must(box, HS_CREATE, A, 0);
	must(box, HS_COMMIT, SINGLE, 1);
}

static void setup_tall(struct hs_box *box)
{
	must(box, HS_CREATE, TALL, 0);
	must(box, HS_COMMIT, TALL, 1);
}

static void fill(struct hs_box *box, uint32_t len)
{
	const struct hs_op op = { HS_FILLER, 0, len };
	int ret;

	do
		ret = hs_do(box, &op);
	while (!ret);
	if (ret != CRYPTECH_ERR_NO_KEY_INDEX_SLOTS)
		hs_wrong(box, "set-up: fill: %d", ret);
	box->world.filler--;
}

/* Room is there, but nowhere in one piece: all that writes moves records. */
static void setup_holes(struct hs_box *box)
{
	uint32_t last;

	setup_two(box);
	fill(box, 100);
	last = box->world.filler;
	for (uint32_t i = 2; i <= last; i += 2)
		must(box, HS_UNFILL, i, 0);
}

static void setup_holes_restarted(struct hs_box *box)
{
	setup_holes(box);
	must(box, HS_RESTART, 0, 0);
}

/* --- scenarios ----------------------------------------------------------------- */

static const struct scenario scenarios[] = {
	{ "create", setup_none, { { HS_CREATE, A, 0 } } },
	{ "create-second", setup_used, { { HS_CREATE, B, 0 } } },
	{ "create-single", setup_used, { { HS_CREATE, SINGLE, 0 } } },
	{ "sign-first", setup_one, { { HS_COMMIT, A, 1 } } },
	{ "sign-second", setup_used, { { HS_COMMIT, A, 1 } } },
	{ "sign-restarted", setup_used_restarted, { { HS_COMMIT, A, 1 } } },
	{ "sign-last", setup_last, { { HS_COMMIT, A, 1 } } },
	{ "sign-two-keys", setup_two, {
		{ HS_COMMIT, A, 1 }, { HS_COMMIT, B, 1 } } },
	{ "sign-single", setup_single, { { HS_COMMIT, SINGLE, 1 } } },
	{ "sign-tall", setup_tall, {
		{ HS_COMMIT, TALL, 1 }, { HS_COMMIT, TALL, 1 } } },
	{ "reserve-two", setup_used, { { HS_COMMIT, A, 2 } } },
	{ "reserve-all", setup_one, { { HS_COMMIT, A, 4 } } },
	{ "reserve-more", setup_used, { { HS_COMMIT, A, 9 } } },
	{ "reserve-tall", setup_tall, { { HS_COMMIT, TALL, 4 } } },
	{ "life", setup_none, {
		{ HS_CREATE, A, 0 }, { HS_COMMIT, A, 1 },
		{ HS_COMMIT, A, 2 }, { HS_COMMIT, A, 1 },
		{ HS_DELETE, A, 0 } } },
	{ "sign-restart-sign", setup_two, {
		{ HS_COMMIT, A, 1 }, { HS_RESTART, 0, 0 },
		{ HS_COMMIT, A, 1 } } },
	{ "delete", setup_one, { { HS_DELETE, A, 0 } } },
	{ "delete-used", setup_two, { { HS_DELETE, A, 0 } } },
	{ "delete-single", setup_single, { { HS_DELETE, SINGLE, 0 } } },
	{ "delete-create", setup_two, {
		{ HS_DELETE, A, 0 }, { HS_CREATE, TALL, 0 } } },
	{ "create-moving", setup_holes, {
		{ HS_CREATE, TALL, 0 }, { HS_COMMIT, TALL, 1 } } },
	{ "sign-moving", setup_holes, {
		{ HS_COMMIT, A, 1 }, { HS_COMMIT, B, 1 },
		{ HS_COMMIT, A, 1 } } },
	{ "sign-moving-restarted", setup_holes_restarted, {
		{ HS_COMMIT, A, 1 }, { HS_COMMIT, B, 1 },
		{ HS_COMMIT, A, 1 } } },
	{ "reserve-moving", setup_holes_restarted, {
		{ HS_COMMIT, B, 3 }, { HS_COMMIT, A, 2 } } },
	{ "delete-moving", setup_holes_restarted, {
		{ HS_DELETE, A, 0 }, { HS_COMMIT, B, 1 } } },
};

#define SCENARIOS (sizeof(scenarios) / sizeof(scenarios[0]))
#define GEOMETRIES (sizeof(geometries) / sizeof(geometries[0]))

static void make_keys(void)
{
	hs_wrap_seen = hs_wrap_note;
	hs_key_make(A, 1, 0xf2, 0xf1, CRYPTECH_HASHSIG_PUNCTURED);
	hs_key_make(B, 2, 0xf2, 0xf1, CRYPTECH_HASHSIG_PUNCTURED);
	hs_key_make(SINGLE, 3, 0xf2, 0xf1, CRYPTECH_HASHSIG_SINGLE_SEED);
	hs_key_make(TALL, 4, 0xf3, 0xf1, CRYPTECH_HASHSIG_PUNCTURED);
}

/* --- cutting ------------------------------------------------------------------- */

static bool report(struct run *run, int level)
{
	printf("# %s, %s, cut at", run->scenario->name, run->geometry->name);
	for (int i = 0; i <= level; i++)
		printf(" %llu", (unsigned long long)run->path[i]);
	printf(": %s\n", run->box.why);
	return false;
}

static bool is_skipped(struct run *run, int level)
{
	return run->sample[level] > 1 &&
	       nor_random(&run->rng) % run->sample[level];
}

static bool is_seen(struct run *run, int level)
{
	const struct snapshot *s = &run->cut[level];
	uint64_t h = hs_memo_hash(level, &s->world.ledger,
				  sizeof(s->world.ledger));

	run->total++;
	h = hs_memo_hash(h, &s->world.anchor, sizeof(s->world.anchor));
	h = hs_memo_hash(h, s->nor->bits, s->nor->flash.size);
	h = hs_memo_hash(h, s->nor->torn, s->nor->flash.size);
	return !hs_memo_add(&seen, h);
}

/*
 * Start from what the last cut left, three times, and use the keys up after
 * one of them; *steps: of the first recovery.
 */
static bool recover(struct run *run, int level, uint64_t seed, uint64_t *steps)
{
	unsigned int used = nor_random(&run->rng) % 3;
	uint32_t count = 1 + nor_random(&run->rng) % 2;
	struct hs_box *box = &run->box;
	bool ok = true;

	restore(box, &run->cut[level]);
	box->nor->cut_step = 0;
	*steps = box->nor->steps;
	for (unsigned int boot = 0; boot < 3 && ok; boot++) {
		int ret = hs_start(box, boot ? nor_random(&run->rng) : seed);

		if (boot == 0)
			*steps = box->nor->steps - *steps;
		if (ret)
			ok = hs_wrong(box, "start %u: %d, %s", boot + 1, ret,
				      box->said);
		else
			ok = hs_check(box);
		if (ok && boot == used)
			ok = hs_use_up(box, count);
		hs_stop(box);
	}
	return ok || report(run, level);
}

/* From the state after cut number @level: recover, and cut the recovery. */
static bool explore(struct run *run, int level)
{
	uint64_t seed = nor_random(&run->rng), steps;

	if (is_seen(run, level))
		return true;
	if (!recover(run, level, seed, &steps))
		return false;
	if (level + 1 == run->depth)
		return true;
	for (uint64_t step = 1; step <= steps; step++) {
		for (unsigned int way = 0; way < run->tears + 2; way++) {
			struct hs_box *box = &run->box;
			int ret;

			if (is_skipped(run, level + 1))
				continue;
			run->path[level + 1] = step;
			restore(box, &run->cut[level]);
			nor_cut_at(box->nor, step,
				   way == 0 ? NOR_NOT_DONE :
				   way == 1 ? NOR_DONE : NOR_TORN, 0);
			ret = hs_start(box, seed);
			hs_stop(box);
			if (ret == 0 || !box->nor->off) {
				hs_wrong(box, "a start that was cut: %d", ret);
				return report(run, level + 1);
			}
			if (box->why[0])
				return report(run, level + 1);
			save(&run->cut[level + 1], box);
			if (!explore(run, level + 1))
				return false;
		}
	}
	return true;
}

/* Do the scenario's operations; the power is cut at @step. */
static bool first_cut(struct run *run, uint64_t step, enum nor_cut cut)
{
	struct hs_box *box = &run->box;
	int ret;

	restore(box, &run->base);
	ret = hs_start(box, 1);
	if (ret)
		return hs_wrong(box, "first start: %d", ret);
	run->steps = box->nor->steps;
	nor_cut_at(box->nor, step, cut, nor_random(&run->rng));
	for (const struct hs_op *op = run->scenario->ops;
	     op->kind != HS_END && !box->nor->off; op++) {
		ret = hs_do(box, op);
		if (!box->nor->off && (ret || !hs_check(box)))
			return hs_wrong(box, "operation %d on %u: %d, %s",
					op->kind, op->slot, ret, box->said);
	}
	run->steps = box->nor->steps - run->steps;
	hs_stop(box);
	return !box->why[0];
}

static bool run_cuts(struct run *run)
{
	for (uint64_t step = 1;; step++) {
		for (unsigned int way = 0; way < run->tears + 2; way++) {
			/* The first shows how it goes when nothing is cut. */
			if (step > 1 && is_skipped(run, 0))
				continue;
			run->path[0] = step;
			if (!first_cut(run, step, way == 0 ? NOR_NOT_DONE :
				       way == 1 ? NOR_DONE : NOR_TORN))
				return report(run, 0);
			save(&run->cut[0], &run->box);
			if (!explore(run, 0))
				return false;
			if (!run->cut[0].nor->off)
				return true;	/* past the last step */
		}
	}
}

static bool run_setup(struct run *run)
{
	struct hs_box *box = &run->box;
	int ret = hs_start(box, 1);

	if (ret)
		return hs_wrong(box, "set-up: start: %d, %s", ret, box->said);
	run->scenario->setup(box);
	hs_stop(box);
	save(&run->base, box);
	return !box->why[0];
}

static bool run_scenario(struct run *run)
{
	uint32_t size = run->geometry->size;
	uint32_t sector_size = run->geometry->sector_size;
	bool ok;

	run->rng = 1;
	run->total = 0;
	hs_box_new(&run->box, size, sector_size);
	run->box.heap = 1;
	hs_heap_hide = true;
	run->base.nor = nor_new(size, sector_size);
	for (int i = 0; i < DEPTH; i++)
		run->cut[i].nor = nor_new(size, sector_size);
	hs_heap_hide = false;
	ok = run_setup(run) ? run_cuts(run) : report(run, -1);
	hs_box_free(&run->box);
	nor_free(run->base.nor);
	for (int i = 0; i < DEPTH; i++)
		nor_free(run->cut[i].nor);
	return ok;
}

/* --- tests ----------------------------------------------------------------------- */

#ifndef HS_MUTATIONS
int main(int argc, char **argv)
{
	bool full = (argc > 1 && !strcmp(argv[1], "--full")) ||
		    getenv("CRYPTECH_FULL");
	const char *one = argc > 2 && !strcmp(argv[argc - 2], "--one") ?
			  argv[argc - 1] : NULL;
	struct run run = {
		.depth = DEPTH, .tears = 2, .sample = { 1, 24, 200 }
	};
	uint64_t total = 0;
	bool all = true;
	int n = 0;

	if (full) {
		run.tears = 4;
		run.sample[1] = 1;
		run.sample[2] = 100;
	}
	make_keys();
	for (size_t i = 0; i < SCENARIOS * GEOMETRIES; i++) {
		bool ok;

		run.scenario = &scenarios[i % SCENARIOS];
		run.geometry = &geometries[i / SCENARIOS];
		if (one && strcmp(one, run.scenario->name))
			continue;
		ok = run_scenario(&run);
		all &= ok;
		total += run.total;
		printf("%sok %d %s, %s # %llu steps, %llu states\n",
		       ok ? "" : "not ", ++n, run.scenario->name,
		       run.geometry->name, (unsigned long long)run.steps,
		       (unsigned long long)run.total);
		fflush(stdout);
	}
	printf("1..%d\n# %llu states, %llu of them different\n", n,
	       (unsigned long long)total, (unsigned long long)seen.count);
	return !all;
}
#endif
