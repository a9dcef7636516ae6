// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bk_explore.h"
#include "hs_heap.h"

#define FLASH	16384u
#define SECTOR	1024u

/* --- states --------------------------------------------------------------------- */

static void enter(struct bk_run *run, const struct bk_node *node)
{
	for (unsigned int i = 0; i < BK_SIDES; i++) {
		nor_copy(run->box.side[i].nor, node->nor[i]);
		run->box.side[i].nor->cut_step = 0;
	}
	run->box.world = node->world;
}

static void leave(struct bk_run *run, struct bk_node *node)
{
	for (unsigned int i = 0; i < BK_SIDES; i++)
		nor_copy(node->nor[i], run->box.side[i].nor);
	node->world = run->box.world;
}

/* What is the same whatever the order and place of records in flash. */
static uint64_t hash_logical(uint64_t h, const struct bk_world *w)
{
	for (unsigned int i = 0; i < BK_SIDES; i++)
		h = hs_memo_hash(h, &w->view[i].logical,
				 sizeof(w->view[i].logical));
	h = hs_memo_hash(h, &w->statements, sizeof(w->statements));
	h = hs_memo_hash(h, &w->acks, sizeof(w->acks));
	h = hs_memo_hash(h, &w->kps, sizeof(w->kps));
	h = hs_memo_hash(h, &w->sent, sizeof(w->sent));
	h = hs_memo_hash(h, w->for_kekek, sizeof(w->for_kekek));
	h = hs_memo_hash(h, w->parked_as, sizeof(w->parked_as));
	h = hs_memo_hash(h, &w->signed_with, sizeof(w->signed_with));
	return hs_memo_hash(h, &w->excused, sizeof(w->excused));
}

static uint64_t hash_flash(uint64_t h, const struct bk_node *node,
			   unsigned int side)
{
	const struct nor *nor = node->nor[side];

	h = hs_memo_hash(h, &node->world.anchor[side],
			 sizeof(node->world.anchor[side]));
	h = hs_memo_hash(h, nor->bits, nor->flash.size);
	return hs_memo_hash(h, nor->torn, nor->flash.size);
}

/* An HSM that a cut left is what its flash is, to the bit. */
static bool is_seen(struct bk_run *run, const struct bk_node *node)
{
	const struct bk_view *view = node->world.view;
	const uint8_t where[] = {
		node->at, node->faults, node->cuts[0], node->cuts[1],
		node->recuts, view[0].known, view[1].known,
	};
	uint64_t h = hash_logical(hs_memo_hash(17, where, sizeof(where)),
				  &node->world);

	for (unsigned int i = 0; i < BK_SIDES; i++)
		if (!run->logical || !view[i].known)
			h = hash_flash(h, node, i);
	run->states++;
	if (hs_memo_add(&run->seen, h))
		return false;
	run->same++;
	return true;
}

static bool report(struct bk_run *run, unsigned int depth)
{
	if (run->quiet)
		return false;
	printf("# %s:", run->script->name);
	for (unsigned int i = 0; i < depth; i++)
		printf(" %s", run->path[i]);
	printf(": %s\n", run->box.why);
	return false;
}

/* --- one step -------------------------------------------------------------------- */

/* May a step of the script say this, if the messenger does his duty? */
static bool is_expected(const struct bk_node *node, const struct bk_step *step,
			int ret)
{
	bool again = node->cuts[step->side];

	switch (ret) {
	case 0:
		return true;
	case CRYPTECH_ERR_HASHSIG_KEY_EXHAUSTED:
		return node->world.excused;
	case CRYPTECH_ERR_KEY_NAME_IN_USE:
		return again && step->kind == BK_UNPARK;
	case CRYPTECH_ERR_KEY_NOT_FOUND:
		return again && (step->kind == BK_DELETE ||
				 step->kind == BK_FORGET);
	}
	return false;
}

/* Start, look, do, look. What is cut in it, is. */
static int play(struct bk_run *run, const struct bk_step *step)
{
	struct bk_box *box = &run->box;
	int ret = bk_start(box, step->side, run->boot);

	if (!ret && bk_check(box, step->side)) {
		ret = bk_do(box, step);
		if (ret >= 0)
			bk_check(box, step->side);
	}
	bk_stop(box, step->side);
	return ret;
}

static bool walk(struct bk_run *run, unsigned int depth);

struct trial {
	const struct bk_step *step;
	uint8_t at, faults;		/* after it */
};

static const char *const kind_names[] = {
	"end", "kekek", "export", "import", "ack", "sign", "park",
	"ack-delete", "unpark", "delete", "forget", "old-import", "old-unpark",
};

static void name_step(struct bk_run *run, unsigned int depth,
		      const struct bk_step *step, uint64_t cut, int way)
{
	static const char ways[] = "-+~";

	if (cut)
		snprintf(run->path[depth], sizeof(run->path[depth]),
			 "%s%u/%u@%u%c", kind_names[step->kind], step->side,
			 step->what, (unsigned int)cut % 10000,
			 ways[way < 2 ? way : 2]);
	else
		snprintf(run->path[depth], sizeof(run->path[depth]),
			 "%s%u/%u", kind_names[step->kind], step->side,
			 step->what);
}

/* Not cut; *steps of program and erase, *started of them in the start. */
static bool try_whole(struct bk_run *run, unsigned int depth,
		      const struct trial *t, uint64_t *steps,
		      uint64_t *started)
{
	const struct bk_node *node = &run->node[depth];
	struct bk_node *next = &run->node[depth + 1];
	struct bk_box *box = &run->box;
	const struct nor *nor = box->side[t->step->side].nor;
	int ret;

	enter(run, node);
	name_step(run, depth, t->step, 0, 0);
	*steps = nor->steps;
	ret = play(run, t->step);
	*steps = nor->steps - *steps;
	*started = box->started;
	if (!t->faults && !is_expected(node, t->step, ret))
		bk_wrong(box, "answer %d, %s", ret, box->said);
	if (box->why[0])
		return report(run, depth + 1);
	leave(run, next);
	next->at = t->at;
	next->faults = t->faults;
	memcpy(next->cuts, node->cuts, sizeof(next->cuts));
	next->recuts = node->recuts;
	return walk(run, depth + 1);
}

static bool try_cut(struct bk_run *run, unsigned int depth,
		    const struct trial *t, uint64_t at, int way, bool recut)
{
	const struct bk_node *node = &run->node[depth];
	struct bk_node *next = &run->node[depth + 1];
	struct bk_box *box = &run->box;
	unsigned int side = t->step->side;

	enter(run, node);
	name_step(run, depth, t->step, at, way);
	nor_cut_at(box->side[side].nor, at, way == 0 ? NOR_NOT_DONE :
		   way == 1 ? NOR_DONE : NOR_TORN, nor_random(&run->rng));
	if (play(run, t->step) >= 0 && !box->why[0])
		bk_wrong(box, "a cut that did not come");
	if (box->why[0])
		return report(run, depth + 1);
	leave(run, next);
	/* Nobody knows what came of it: it is asked again. */
	next->at = node->at;
	next->faults = t->faults;
	memcpy(next->cuts, node->cuts, sizeof(next->cuts));
	next->cuts[side] += !recut;
	next->recuts = node->recuts + recut;
	return walk(run, depth + 1);
}

static bool is_skipped(struct bk_run *run, const struct bk_node *node,
		       bool recut)
{
	unsigned int sample = recut ? run->recut :
			      run->sample[node->cuts[0] + node->cuts[1] > 0];

	return sample > 1 && nor_random(&run->rng) % sample;
}

static bool try_cuts(struct bk_run *run, unsigned int depth,
		     const struct trial *t, uint64_t steps, uint64_t started,
		     uint64_t boot)
{
	const struct bk_node *node = &run->node[depth];
	unsigned int side = t->step->side;
	bool recut = node->cuts[side];

	/* Of what a cut left, the recovery may be cut. */
	if (recut && (node->world.view[side].known || node->recuts))
		return true;
	if (!run->cut || (recut && !run->recut))
		return true;
	if (recut)
		steps = started;
	for (uint64_t at = 1; at <= steps; at++) {
		for (unsigned int way = 0; way < 2 + run->tears; way++) {
			/* As the step before, done. */
			if (way == 0 && at > 1)
				continue;
			run->boot = boot;
			if (!is_skipped(run, node, recut) &&
			    !try_cut(run, depth, t, at, way, recut))
				return false;
		}
	}
	return true;
}

static bool try_step(struct bk_run *run, unsigned int depth,
		     const struct trial *t)
{
	/* The same for all that is cut: torn bits decide what there is to do. */
	const uint64_t boot = nor_random(&run->rng);
	uint64_t steps, started;

	run->boot = boot;
	return try_whole(run, depth, t, &steps, &started) &&
	       try_cuts(run, depth, t, steps, started, boot);
}

/* --- the messenger ------------------------------------------------------------------ */

/* Who exports for this KEKEK, imports for it, ... */
static uint8_t side_of(const struct bk_run *run, enum bk_kind kind,
		       unsigned int what)
{
	for (const struct bk_step *s = run->script->steps; s->kind; s++)
		if (s->kind == kind && s->what == what)
			return s->side;
	return BK_NONE;
}

static bool try_message(struct bk_run *run, unsigned int depth,
			enum bk_kind kind, uint8_t side, unsigned int what)
{
	const struct bk_node *node = &run->node[depth];
	const struct bk_step step = { kind, side, what };
	const struct trial t = { &step, node->at, node->faults + 1 };

	return side == BK_NONE || try_step(run, depth, &t);
}

/* Any message that was ever sent comes again, or late, or too early. */
static bool try_messages(struct bk_run *run, unsigned int depth)
{
	const struct bk_world *w = &run->node[depth].world;

	for (unsigned int k = 0; k < BK_SECRETS; k++) {
		if ((w->statements >> k & 1) &&
		    !try_message(run, depth, BK_EXPORT,
				 side_of(run, BK_EXPORT, k), k))
			return false;
		if ((w->acks >> k & 1) &&
		    !try_message(run, depth, BK_ACK,
				 side_of(run, BK_ACK, k), k))
			return false;
	}
	for (unsigned int i = 0; i < BK_PACKAGES; i++) {
		const struct bk_package *p = &bk_packages[i];
		bool raw = p->secret == BK_KP;

		if ((w->sent >> i & 1) &&
		    !try_message(run, depth,
				 raw ? BK_OLD_UNPARK : BK_OLD_IMPORT,
				 raw ? side_of(run, BK_UNPARK, 0) :
				       side_of(run, BK_IMPORT, p->number), i))
			return false;
	}
	return true;
}

/* --- walking --------------------------------------------------------------------------- */

static bool finish(struct bk_run *run, unsigned int depth)
{
	enter(run, &run->node[depth]);
	run->ends++;
	return bk_finish(&run->box, nor_random(&run->rng)) ||
	       report(run, depth);
}

static bool walk(struct bk_run *run, unsigned int depth)
{
	struct bk_node *node = &run->node[depth];
	const struct bk_step *steps = run->script->steps;
	struct trial t;

	if (is_seen(run, node))
		return true;
	if (depth + 1 == BK_DEPTH)
		__builtin_trap();
	/* A message that never came is not answered. */
	run->box.world = node->world;
	while (steps[node->at].kind && !bk_can(&run->box, &steps[node->at]))
		node->at++;
	if (node->faults < run->faults && !try_messages(run, depth))
		return false;
	if (!steps[node->at].kind)
		return finish(run, depth);
	t = (struct trial){ &steps[node->at], node->at + 1, node->faults };
	return try_step(run, depth, &t);
}

static bool set_up(struct bk_run *run)
{
	struct bk_box *box = &run->box;
	bool ok = true;

	memset(box->world.for_kekek, BK_NONE, sizeof(box->world.for_kekek));
	memset(box->world.parked_as, BK_NONE, sizeof(box->world.parked_as));
	for (unsigned int i = 0; i < BK_SIDES && ok; i++) {
		ok = !bk_start(box, i, i) &&
		     (i != BK_SOURCE || bk_create(box, i)) &&
		     bk_check(box, i);
		bk_stop(box, i);
	}
	leave(run, &run->node[0]);
	run->node[0].at = run->node[0].faults = run->node[0].recuts = 0;
	memset(run->node[0].cuts, 0, sizeof(run->node[0].cuts));
	return ok || report(run, 0);
}

bool bk_explore(struct bk_run *run)
{
	bool ok;

	run->rng = 1;
	run->states = run->same = run->ends = 0;
	hs_heap_hide = true;
	bk_box_new(&run->box, FLASH, SECTOR);
	for (unsigned int i = 0; i < BK_DEPTH * BK_SIDES; i++)
		run->node[i / BK_SIDES].nor[i % BK_SIDES] =
			nor_new(FLASH, SECTOR);
	hs_heap_hide = false;
	ok = set_up(run) && walk(run, 0);
	bk_box_free(&run->box);
	for (unsigned int i = 0; i < BK_DEPTH * BK_SIDES; i++)
		nor_free(run->node[i / BK_SIDES].nor[i % BK_SIDES]);
	free(run->seen.slots);
	memset(&run->seen, 0, sizeof(run->seen));
	return ok;
}
