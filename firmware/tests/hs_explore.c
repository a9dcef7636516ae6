// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hs_explore.h"
#include "hs_heap.h"

struct hs_memo hs_seen;

static void save(struct hs_snapshot *to, const struct hs_box *box)
{
	nor_copy(to->nor, box->nor);
	to->world = box->world;
}

static void restore(struct hs_box *box, const struct hs_snapshot *from)
{
	nor_copy(box->nor, from->nor);
	box->world = from->world;
}

/* --- cutting ------------------------------------------------------------------- */

static bool report(struct hs_run *run, int level)
{
	if (run->quiet)
		return false;
	printf("# %s, %s, cut at", run->scenario->name, run->geometry->name);
	for (int i = 0; i <= level; i++)
		printf(" %llu", (unsigned long long)run->path[i]);
	printf(": %s\n", run->box.why);
	return false;
}

static bool is_skipped(struct hs_run *run, int level)
{
	unsigned int sample = run->sample[level];

	/* Recoveries that collect cells take hundreds of steps. */
	if (level == 1 && strstr(run->scenario->name, "-collecting"))
		sample *= 24;
	return sample > 1 && nor_random(&run->rng) % sample;
}

static bool is_seen(struct hs_run *run, int level)
{
	const struct hs_snapshot *s = &run->cut[level];
	uint64_t h = hs_memo_hash(level, &s->world.ledger,
				  sizeof(s->world.ledger));

	run->total++;
	h = hs_memo_hash(h, &s->world.anchor, sizeof(s->world.anchor));
	h = hs_memo_hash(h, s->nor->bits, s->nor->flash.size);
	h = hs_memo_hash(h, s->nor->torn, s->nor->flash.size);
	return !hs_memo_add(&hs_seen, h);
}

/*
 * Start from what the last cut left, three times, and use the keys up after
 * one of them; *steps: of the first recovery.
 */
static bool recover(struct hs_run *run, int level, uint64_t seed, uint64_t *steps)
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
static bool explore(struct hs_run *run, int level)
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
static bool first_cut(struct hs_run *run, uint64_t step, enum nor_cut cut)
{
	struct hs_box *box = &run->box;
	int ret;

	restore(box, &run->base);
	ret = hs_start(box, 1);
	if (ret)
		return hs_wrong(box, "first start: %d", ret);
	run->steps = box->nor->steps;
	box->collected = 0;
	nor_cut_at(box->nor, step, cut, nor_random(&run->rng));
	for (const struct hs_op *op = run->scenario->ops;
	     op->kind != HS_END && !box->nor->off; op++) {
		ret = hs_do(box, op);
		if (!box->nor->off && (ret || !hs_check(box)))
			return hs_wrong(box, "operation %d on %u: %d, %s",
					op->kind, op->slot, ret, box->said);
	}
	run->steps = box->nor->steps - run->steps;
	run->collected = box->collected;
	hs_stop(box);
	return !box->why[0];
}

/*
 * The flash says that it has programmed what it has not: one byte of a step,
 * which is as it was. That is found before it does harm: the operation fails,
 * and after a start it was done, or not.
 */
static bool lie(struct hs_run *run, uint64_t step)
{
	struct hs_box *box = &run->box;
	int ret;

	restore(box, &run->base);
	ret = hs_start(box, 1);
	if (ret)
		return hs_wrong(box, "first start: %d", ret);
	box->nor->lie_step = box->nor->steps + step;
	for (const struct hs_op *op = run->scenario->ops;
	     op->kind != HS_END && !ret; op++)
		ret = hs_do(box, op);
	if (box->why[0])
		return false;
	hs_stop(box);
	ret = hs_start(box, 1);
	if (ret)
		return hs_wrong(box, "start after a lie: %d, %s", ret,
				box->said);
	if (!hs_check(box) || !hs_use_up(box, 1))
		return false;
	hs_stop(box);
	return true;
}

static bool run_lies(struct hs_run *run)
{
	for (uint64_t step = 1; run->lies && step <= run->steps; step++) {
		run->total++;
		run->path[0] = step;
		if (!lie(run, step)) {
			if (!run->quiet)
				printf("# a lie, not a cut:\n");
			return report(run, 0);
		}
	}
	return true;
}

static bool run_cuts(struct hs_run *run)
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

static bool run_setup(struct hs_run *run)
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

bool hs_explore(struct hs_run *run)
{
	uint32_t size = run->geometry->size;
	uint32_t sector_size = run->geometry->sector_size;
	bool ok;

	run->rng = 1;
	run->total = 0;
	hs_box_new(&run->box, size, sector_size);
	run->box.heap = 5;	/* it costs more than all else */
	hs_heap_hide = true;
	run->base.nor = nor_new(size, sector_size);
	for (int i = 0; i < HS_DEPTH; i++)
		run->cut[i].nor = nor_new(size, sector_size);
	hs_heap_hide = false;
	ok = run_setup(run) ? run_cuts(run) && run_lies(run) :
			      report(run, -1);
	hs_box_free(&run->box);
	nor_free(run->base.nor);
	for (int i = 0; i < HS_DEPTH; i++)
		nor_free(run->cut[i].nor);
	return ok;
}

