// SPDX-License-Identifier: MIT
/*
 * The keystore loses power at every program and erase of every kind of
 * operation, and again in the recovery, and again in that one's.
 *
 * Each step is cut in three ways: not done, torn (in several ways, by seed),
 * done. Then the flash is mounted three times, torn bits drawn anew each
 * time, and compared with the model: what was committed is there, what was in
 * flight is there or not and stays so, what was deleted reads zero, and
 * everything that lives or is zero is firm.
 *
 * Without arguments: all first cuts, a sample of the second and third.
 * --full, or CRYPTECH_FULL=1 in the environment: all second cuts, too, more
 * ways of tearing, and a larger sample of the third. --one SCENARIO, at the
 * end: that one alone.
 *
 * Built with KS_MUTATIONS it makes the keystore's mistakes on purpose, one
 * after the other, and each must be found.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ks_model.h"

#define DEPTH 3

struct geometry {
	const char *name;
	uint32_t size, sector_size;
};

static const struct geometry geometries[] = {
	{ "12 segments of 1 sector", 3072, 256 },
	{ "8 segments of 2 sectors", 4096, 256 },
};

struct scenario {
	const char *name;
	void (*setup)(struct box *box);	/* NULL: on blank flash */
	struct op ops[8];		/* OP_END: the end */
};

struct run {
	struct box box;
	const struct geometry *geometry;
	const struct scenario *scenario;
	struct nor *base;		/* after the set-up */
	struct nor *cut[DEPTH];		/* after each of the cuts */
	struct model now, next;		/* at the first cut */
	int depth;			/* cuts, each in a recovery */
	unsigned int tears;		/* ways of tearing a step */
	unsigned int sample[DEPTH];	/* one of so many is tried */
	uint64_t rng;
	uint64_t states;
	uint64_t path[DEPTH];		/* steps that are cut, for reports */
};

/* --- set-ups ------------------------------------------------------------- */

static void must(struct box *box, enum op_kind kind, unsigned int slot,
		 uint32_t len)
{
	const struct op op = { kind, slot, len };
	int ret = box_do(box, &op);

	if (ret)
		box_wrong(box, "set-up: operation %d on %u: %d", kind, slot,
			  ret);
}

/* Records of @len bytes from slot @slot on, until there is no room. */
static unsigned int fill(struct box *box, unsigned int slot, uint32_t len)
{
	struct op op = { OP_WRITE, slot, len };
	int ret;

	while (!(ret = box_do(box, &op)))
		op.slot++;
	if (ret != KS_FULL)
		box_wrong(box, "set-up: fill: %d", ret);
	return op.slot;
}

static void setup_empty(struct box *box)
{
	(void)box;
}

static void setup_few(struct box *box)
{
	must(box, OP_WRITE, 0, 40);
	must(box, OP_WRITE, 1, 20);
	must(box, OP_WRITE, 2, 0);
	must(box, OP_CELL_WRITE, 0, 0);
	must(box, OP_CELL_WRITE, 1, 0);
}

static void setup_few_remounted(struct box *box)
{
	setup_few(box);
	must(box, OP_REMOUNT, 0, 0);
}

static void setup_full(struct box *box)
{
	setup_few(box);
	fill(box, 3, 50);
}

/* Every other record is gone: many holes, no segment to spare. */
static void setup_holes(struct box *box)
{
	unsigned int end;

	setup_few(box);
	end = fill(box, 3, 30);
	for (unsigned int i = 3; i < end; i += 2)
		must(box, OP_DELETE, i, 0);
	must(box, OP_WRITE, 3, 60);
	must(box, OP_WRITE, 5, 60);
}

static void setup_holes_remounted(struct box *box)
{
	setup_holes(box);
	must(box, OP_REMOUNT, 0, 0);
}

/* One segment is far more worn than those of the records that never change. */
static void setup_worn(struct box *box)
{
	must(box, OP_WRITE, 0, 60);
	must(box, OP_WRITE, 1, 60);
	must(box, OP_REMOUNT, 0, 0);
	for (int i = 0; i < 1000; i++)
		must(box, OP_WRITE, 2, 90);
}

static void setup_cells(struct box *box)
{
	setup_few(box);
	for (unsigned int i = 2; i < 6; i++)
		must(box, OP_CELL_WRITE, i, 0);
	must(box, OP_CELL_ZERO, 0, 0);
	must(box, OP_CELL_ZERO, 1, 0);
}

/* --- scenarios ----------------------------------------------------------- */

static const struct scenario scenarios[] = {
	{ "format", NULL, { { OP_REMOUNT, 0, 0 } } },
	{ "create-first", setup_empty, { { OP_WRITE, 0, 33 } } },
	{ "create", setup_few, { { OP_WRITE_NEW, 4, 33 } } },
	{ "create-remounted", setup_few_remounted, { { OP_WRITE, 4, 33 } } },
	{ "create-empty", setup_few, { { OP_WRITE, 4, 0 } } },
	{ "replace", setup_few, { { OP_WRITE, 0, 40 } } },
	{ "replace-shorter", setup_few, { { OP_WRITE, 0, 7 } } },
	{ "replace-longer", setup_few_remounted, { { OP_WRITE, 1, 77 } } },
	{ "replace-empty", setup_few, { { OP_WRITE, 2, 0 } } },
	{ "delete", setup_few, { { OP_DELETE, 0, 0 } } },
	{ "delete-empty", setup_few, { { OP_DELETE, 2, 0 } } },
	{ "delete-remounted", setup_few_remounted, { { OP_DELETE, 1, 0 } } },
	{ "delete-full", setup_full, {
		{ OP_DELETE, 4, 0 }, { OP_DELETE, 6, 0 } } },
	{ "commit", setup_few, { { OP_COMMIT, 4, 33 } } },
	{ "commit-replace", setup_few, { { OP_COMMIT, 0, 44 } } },
	{ "abandon", setup_few, { { OP_ABANDON, 0, 44 } } },
	{ "cell-write", setup_few, { { OP_CELL_WRITE, 2, 0 } } },
	{ "cell-write-remounted", setup_few_remounted,
		{ { OP_CELL_WRITE, 2, 0 } } },
	{ "cell-zero", setup_few, { { OP_CELL_ZERO, 0, 0 } } },
	{ "sign", setup_cells, {
		{ OP_CELL_WRITE, 6, 0 }, { OP_COMMIT, 1, 30 },
		{ OP_CELL_ZERO, 2, 0 } } },
	{ "cells-write", setup_few, { { OP_CELLS_WRITE, 2, 3 } } },
	{ "cells-write-remounted", setup_few_remounted,
		{ { OP_CELLS_WRITE, 2, 3 } } },
	{ "cells-write-full", setup_full, { { OP_CELLS_WRITE, 2, 4 } } },
	{ "cells-zero", setup_cells, { { OP_CELLS_ZERO, 2, 2 } } },
	{ "cells-zero-remounted", setup_cells, {
		{ OP_REMOUNT, 0, 0 }, { OP_CELLS_ZERO, 2, 2 },
		{ OP_CELLS_WRITE, 6, 2 } } },
	{ "cell-reuse", setup_cells, {
		{ OP_CELL_ZERO, 2, 0 }, { OP_CELL_ZERO, 3, 0 },
		{ OP_CELL_ZERO, 4, 0 }, { OP_CELL_ZERO, 5, 0 },
		{ OP_REMOUNT, 0, 0 }, { OP_CELL_WRITE, 7, 0 } } },
	{ "create-moving", setup_holes, { { OP_WRITE, 90, 90 } } },
	{ "create-moving-remounted", setup_holes_remounted,
		{ { OP_WRITE, 90, 90 } } },
	{ "replace-moving", setup_holes, { { OP_WRITE, 5, 60 } } },
	{ "delete-moving", setup_holes, {
		{ OP_DELETE, 4, 0 }, { OP_DELETE, 6, 0 },
		{ OP_DELETE, 8, 0 } } },
	{ "commit-moving", setup_holes, { { OP_COMMIT, 3, 90 } } },
	{ "cell-moving", setup_holes, { { OP_CELL_WRITE, 7, 0 },
		{ OP_CELL_WRITE, 8, 0 } } },
	{ "several", setup_few, {
		{ OP_WRITE, 5, 50 }, { OP_DELETE, 5, 0 },
		{ OP_WRITE, 5, 10 }, { OP_REMOUNT, 0, 0 },
		{ OP_WRITE, 5, 20 }, { OP_DELETE, 0, 0 } } },
	{ "level-wear", setup_worn, {
		{ OP_WRITE, 2, 90 }, { OP_WRITE, 2, 90 },
		{ OP_WRITE, 2, 90 } } },
};

#define SCENARIOS (sizeof(scenarios) / sizeof(scenarios[0]))
#define GEOMETRIES (sizeof(geometries) / sizeof(geometries[0]))

/* --- cutting ------------------------------------------------------------- */

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

/* After recovery it must still be of use. */
static bool is_usable(struct box *box)
{
	const struct op write = { OP_WRITE, 94, 20 };
	const struct op delete = { OP_DELETE, 94, 0 };
	int ret = box_do(box, &write);

	if (ret == KS_FULL)
		return true;
	if (!ret)
		ret = box_do(box, &delete);
	return (ret == KS_OK && box_check(box, true)) ||
	       box_wrong(box, "not usable: %d", ret);
}

/*
 * Mount what the last cut left, three times, and use it after one of them;
 * *steps: of the first recovery.
 */
static bool recover(struct run *run, int level, uint64_t seed, uint64_t *steps)
{
	int used = nor_random(&run->rng) % 3;
	struct box *box = &run->box;
	bool ok = true;

	run->states++;
	nor_copy(box->nor, run->cut[level]);
	box->nor->cut_step = 0;
	*steps = box->nor->steps;
	box->now = run->now;
	box->next = run->next;
	for (int boot = 0; boot < 3 && ok; boot++) {
		int ret = box_mount(box, boot ? nor_random(&run->rng) : seed);

		if (boot == 0)
			*steps = box->nor->steps - *steps;
		if (ret)
			ok = box_wrong(box, "mount %d: %d", boot + 1, ret);
		else
			ok = box_check(box, true);
		if (ok && boot == used)
			ok = is_usable(box);
		box_unmount(box);
	}
	return ok || report(run, level);
}

/* From the state after cut number @level: recover, and cut the recovery. */
static bool explore(struct run *run, int level)
{
	uint64_t seed = nor_random(&run->rng), steps;

	if (!recover(run, level, seed, &steps))
		return false;
	if (level + 1 == run->depth)
		return true;
	for (uint64_t step = 1; step <= steps; step++) {
		for (unsigned int way = 0; way < run->tears + 2; way++) {
			struct box *box = &run->box;
			int ret;

			if (is_skipped(run, level + 1))
				continue;
			run->path[level + 1] = step;
			nor_copy(box->nor, run->cut[level]);
			nor_cut_at(box->nor, step,
				   way == 0 ? NOR_NOT_DONE :
				   way == 1 ? NOR_DONE : NOR_TORN, 0);
			ret = box_mount(box, seed);
			box_unmount(box);
			if (ret == KS_OK || !box->nor->off) {
				box_wrong(box, "a mount that was cut: %d", ret);
				return report(run, level + 1);
			}
			nor_copy(run->cut[level + 1], box->nor);
			if (!explore(run, level + 1))
				return false;
		}
	}
	return true;
}

/* Do the scenario's operations; the power is cut at @step. */
static bool first_cut(struct run *run, uint64_t step, enum nor_cut cut)
{
	struct box *box = &run->box;
	int ret = KS_OK;

	nor_copy(box->nor, run->base);
	box->now = box->next = run->now;
	if (run->scenario->setup)
		ret = box_mount(box, 1);
	nor_cut_at(box->nor, step, cut, nor_random(&run->rng));
	for (const struct op *op = run->scenario->ops;
	     op->kind != OP_END && !box->nor->off; op++)
		ret = box_do(box, op);
	box_unmount(box);
	return ret == KS_OK || ret == KS_FLASH ||
	       box_wrong(box, "operation: %d", ret);
}

static bool run_cuts(struct run *run)
{
	const struct model before = run->now;
	struct box *box = &run->box;

	for (uint64_t step = 1;; step++) {
		for (unsigned int way = 0; way < run->tears + 2; way++) {
			run->now = before;
			run->path[0] = step;
			if (!first_cut(run, step, way == 0 ? NOR_NOT_DONE :
				       way == 1 ? NOR_DONE : NOR_TORN))
				return report(run, 0);
			run->now = box->now;
			run->next = box->next;
			nor_copy(run->cut[0], box->nor);
			if (!explore(run, 0))
				return false;
			if (!run->cut[0]->off)
				return true;	/* past the last step */
		}
	}
}

static bool run_setup(struct run *run)
{
	struct box *box = &run->box;

	memset(&box->now, 0, sizeof(box->now));
	if (run->scenario->setup) {
		if (box_mount(box, 1))
			return box_wrong(box, "set-up: mount");
		run->scenario->setup(box);
		box_unmount(box);
	}
	nor_copy(run->base, box->nor);
	run->now = box->now;
	return !box->why[0];
}

static bool run_scenario(struct run *run)
{
	uint32_t size = run->geometry->size;
	uint32_t sector_size = run->geometry->sector_size;
	bool ok;

	memset(&run->box, 0, sizeof(run->box));
	run->rng = 1;
	run->states = 0;
	run->box.nor = nor_new(size, sector_size);
	run->base = nor_new(size, sector_size);
	for (int i = 0; i < DEPTH; i++)
		run->cut[i] = nor_new(size, sector_size);
	ok = run_setup(run) ? run_cuts(run) : report(run, -1);
	nor_free(run->box.nor);
	nor_free(run->base);
	for (int i = 0; i < DEPTH; i++)
		nor_free(run->cut[i]);
	return ok;
}

/* --- tests --------------------------------------------------------------- */

#ifdef KS_MUTATIONS
#include "../keystore/internal.h"

enum ks_mutation ks_mutation;

static bool is_found(struct run *run)
{
	for (size_t i = 0; i < SCENARIOS * GEOMETRIES; i++) {
		run->scenario = &scenarios[i / GEOMETRIES];
		run->geometry = &geometries[i % GEOMETRIES];
		if (!run_scenario(run))
			return true;
	}
	return false;
}

/* Most are found by one cut, some take two. */
static bool is_found_deepening(int cuts)
{
	struct run one = { .depth = 1, .tears = 5, .sample = { 1 } };
	struct run two = { .depth = 2, .tears = 10, .sample = { 1, 2 } };
	struct run three = { .depth = 3, .tears = 6, .sample = { 1, 1, 32 } };

	return (cuts == 1 && is_found(&one)) || is_found(&two) ||
	       is_found(&three);
}

int main(void)
{
	static const struct {
		const char *name;
		int cuts;
	} mistakes[MUT_NO_READ_BACK] = {
		[MUT_NO_COPY] = { "trusting a commit that may be torn", 1 },
		[MUT_FIRM_IN_PLACE] = { "firming a torn commit in place", 2 },
		[MUT_NO_VOID] = { "leaving what was not committed", 1 },
		[MUT_NO_TOMBSTONE] = { "deleting without a tombstone", 1 },
		[MUT_ZERO_FIRST] = { "zeroing before the commit", 1 },
		[MUT_NO_ZERO] = { "leaving what was replaced", 1 },
		[MUT_SETTLE_FIRST] = { "settling before the commit", 1 },
		[MUT_NO_BURN] = { "appending to a torn header", 1 },
		[MUT_TRUST_BLANK] = { "trusting blank flash", 1 },
		[MUT_NO_KILL] = { "erasing with the header standing", 1 },
		[MUT_MOVE_ZERO_FIRST] = { "moving without a commit", 1 },
		[MUT_COMMIT_EARLY] = { "committing before the data", 1 },
		[MUT_HEADER_ZERO_FIRST] = { "zeroing headers before data", 1 },
		[MUT_CELL_HEADER_FIRST] = { "zeroing cells' headers first", 1 },
		[MUT_NO_SEAL] = { "taking a zeroed body for a record", 2 },
	};
	bool all = true;

	printf("1..%d\n", MUT_NO_READ_BACK - 1);
	for (int m = 1; m < MUT_NO_READ_BACK; m++) {
		bool found;

		ks_mutation = m;
		found = is_found_deepening(mistakes[m].cuts);
		all &= found;
		printf("%sok %d finds the mistake of %s\n", found ? "" : "not ",
		       m, mistakes[m].name);
		fflush(stdout);
	}
	return !all;
}
#else
int main(int argc, char **argv)
{
	bool full = (argc > 1 && !strcmp(argv[1], "--full")) ||
		    getenv("CRYPTECH_FULL");
	const char *one = argc > 2 && !strcmp(argv[argc - 2], "--one") ?
			  argv[argc - 1] : NULL;
	struct run run = {
		.depth = DEPTH, .tears = 3, .sample = { 1, 24, 200 }
	};
	uint64_t states = 0;
	bool all = true;
	int n = 0;

	if (full) {
		run.tears = 6;
		run.sample[1] = 1;
		run.sample[2] = 400;
	}
	for (size_t i = 0; i < SCENARIOS * GEOMETRIES; i++) {
		bool ok;

		run.scenario = &scenarios[i % SCENARIOS];
		run.geometry = &geometries[i / SCENARIOS];
		if (one && strcmp(one, run.scenario->name))
			continue;
		ok = run_scenario(&run);
		all &= ok;
		states += run.states;
		printf("%sok %d %s, %s\n", ok ? "" : "not ", ++n,
		       run.scenario->name, run.geometry->name);
		fflush(stdout);
	}
	printf("1..%d\n# %llu states\n", n, (unsigned long long)states);
	return !all;
}
#endif
