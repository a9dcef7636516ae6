// SPDX-License-Identifier: MIT
/*
 * Work on trees, in units of some milliseconds, without the lock.
 *
 * Keys that have some stand in a queue; background threads of the platform
 * take units by turns: first what a signature waits for, then what later ones
 * will want, then generation, which may take hours. A call that waits computes
 * too.
 */
#include "hashsig.h"

/* --- the queue ----------------------------------------------------------------- */

static void append(struct hashsigs *all, struct hashsig *h)
{
	struct hashsig **link = &all->queue;

	while (*link)
		link = &(*link)->queue_next;
	*link = h;
	h->queue_next = NULL;
	h->queued = true;
}

void hashsig_unqueue(struct hsm *hsm, struct hashsig *h)
{
	struct hashsig **link = &hsm->hashsigs->queue;

	if (!h->queued)
		return;
	while (*link != h)
		link = &(*link)->queue_next;
	*link = h->queue_next;
	h->queued = false;
}

/*
 * Those that have nothing to do any more stand in nobody's way. A job that
 * cannot get on, for lack of memory, comes to its end here.
 */
static void sweep(struct hsm *hsm)
{
	struct hashsig **link = &hsm->hashsigs->queue;
	struct hashsig *h;

	while ((h = *link)) {
		if (!h->broken && hss_working(h->hss, HSS_AHEAD)) {
			link = &h->queue_next;
			continue;
		}
		*link = h->queue_next;
		h->queued = false;
		if (h->job)
			job_progress(hsm, h->job);
	}
}

/* The next unit of keys, or of keys that are being made. */
static struct hss_work *next_of(struct hsm *hsm, bool jobs,
				enum hss_when when, struct hashsig **found)
{
	struct hss_work *unit;
	struct hashsig *h;

	for (h = hsm->hashsigs->queue; h; h = h->queue_next) {
		if (!h->job == jobs || h->broken)
			continue;
		unit = hss_work_get(h->hss, when);
		if (!unit)
			continue;
		/* the others first, next time */
		hashsig_unqueue(hsm, h);
		append(hsm->hashsigs, h);
		*found = h;
		return unit;
	}
	return NULL;
}

static struct hss_work *next_unit(struct hsm *hsm, struct hashsig **h)
{
	struct hss_work *unit;

	sweep(hsm);
	unit = next_of(hsm, false, HSS_NOW, h);
	if (!unit)
		unit = next_of(hsm, false, HSS_AHEAD, h);
	if (!unit)
		unit = next_of(hsm, true, HSS_NOW, h);
	return unit;
}

/* --- units ----------------------------------------------------------------------- */

/* The caller is a user of @h; drops the lock. */
static void run(struct hsm *hsm, struct hashsig *h, struct hss_work *unit)
{
	int error;

	lock_drop(&hsm->lock);
	hss_work_run(unit);
	lock_take(&hsm->lock);
	error = hss_work_put(h->hss, unit);
	if (error && !h->stopping && !h->broken)
		h->broken = error;
	if (!hss_work_left(h->hss))
		h->asked = false;
	if (h->job)
		job_progress(hsm, h->job);
	lock_wake(&hsm->lock);
}

void hashsig_step(struct hsm *hsm, struct hashsig *h)
{
	struct hss_work *unit = NULL;

	if (!h->stopping && !h->broken)
		unit = hss_work_get(h->hss, HSS_NOW);
	if (unit)
		run(hsm, h, unit);
	else if (!h->stopping && !h->broken && hss_working(h->hss, HSS_NOW))
		lock_wait(&hsm->lock);
	else if (h->job)
		job_progress(hsm, h->job);
}

/* --- background ------------------------------------------------------------------ */

static void work(void *arg);

/* One thread more, if there is a core for it. */
static void hire(struct hsm *hsm)
{
	const struct platform *platform = hsm->platform;
	struct hashsigs *all = hsm->hashsigs;

	if (!platform->background || all->stopping ||
	    all->workers >= platform->cores)
		return;
	if (!platform->background(platform->data, work, hsm))
		all->workers++;
}

static void work(void *arg)
{
	struct hsm *hsm = arg;
	struct hss_work *unit;
	struct hashsig *h;

	lock_take(&hsm->lock);
	while (!hsm->hashsigs->stopping && (unit = next_unit(hsm, &h))) {
		/* Where one unit was there may be another. */
		hire(hsm);
		hashsig_get(h);
		run(hsm, h, unit);
		hashsig_put(hsm, h);
	}
	hsm->hashsigs->workers--;
	lock_wake(&hsm->lock);
	lock_drop(&hsm->lock);
}

void hashsig_kick(struct hsm *hsm, struct hashsig *h)
{
	if (!hsm->platform->background || h->stopping || h->broken ||
	    !hss_working(h->hss, HSS_AHEAD))
		return;
	if (!h->queued)
		append(hsm->hashsigs, h);
	hire(hsm);
}

void hashsig_work_stop(struct hsm *hsm)
{
	struct hashsigs *all = hsm->hashsigs;
	struct hashsig *h;

	all->stopping = true;
	for (h = all->first; h; h = h->next)
		hss_stop(h->hss);
	while (all->workers)
		lock_wait(&hsm->lock);
}
