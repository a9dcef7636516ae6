// SPDX-License-Identifier: GPL-2.0
/*
 * Sealed keys on their way into the HSM.
 *
 * When the HSM has no slot, the one who wants it (the seeker) joins the pager's
 * queue. The first in it picks the key that was used longest ago and is not
 * pinned, leaves the queue, and goes on when that key is out. Others who come
 * meanwhile join the queue before they even try.
 */
#include <linux/errno.h>
#include <linux/jiffies.h>
#include <linux/sched.h>
#include <linux/string.h>

#include "cryptech.h"
#include "key.h"
#include "pager.h"
#include "sealed.h"

/**
 * struct seeker - somebody who wants a key in the HSM
 * @pager:	of the device
 * @kernel:	the kernel's client
 * @uuid:	of the key
 * @package:	to load, or NULL: a new key
 * @deadline:	jiffies
 * @lasting:	the pin may last
 * @entry:	in the queue, or empty
 * @resident:	of the key; before it is found: a fresh one, or NULL
 * @victim:	what goes to make room, or NULL
 * @full:	the HSM said that it has no slot
 * @freed:	the pager's count when it was asked
 */
struct seeker {
	struct cryptech_pager *pager;
	struct cryptech_client *kernel;
	const u8 *uuid;
	struct cryptech_package *package;
	unsigned long deadline;
	bool lasting;
	struct list_head entry;
	struct cryptech_resident *resident;
	struct cryptech_resident *victim;
	bool full;
	unsigned int freed;
};

/* --- what can go, with the lock held -------------------------------------- */

/* What was used longest ago and can go. */
static struct cryptech_resident *pager_victim(struct cryptech_pager *pager)
{
	struct cryptech_resident *r;

	list_for_each_entry(r, &pager->residents, entry)
		if (r->state == CRYPTECH_RESIDENT_IN && !r->pins)
			return r;
	return NULL;
}

/*
 * No key can go now. Will one, without somebody's doing? 0, or -EBUSY if all
 * are pinned to last, -ENOSPC if the slots are not the pager's at all.
 */
static int pager_hope(struct cryptech_pager *pager)
{
	struct cryptech_resident *r;
	int ret = -ENOSPC;

	list_for_each_entry(r, &pager->residents, entry) {
		if (r->state == CRYPTECH_RESIDENT_GOING || r->calling)
			return 0;
		if (r->state != CRYPTECH_RESIDENT_IN)
			continue;
		if (r->pins > r->lasting)
			return 0;
		ret = -EBUSY;
	}
	return ret;
}

/* --- waiting --------------------------------------------------------------- */

/* For a change since @changes. */
static int pager_wait(struct cryptech_pager *pager, unsigned int changes,
		      unsigned long deadline)
{
	long left = deadline - jiffies;

	if (left <= 0)
		return -EBUSY;
	left = wait_event_killable_timeout(pager->wait,
					   READ_ONCE(pager->changes) !=
					   changes, left);
	return left < 0 ? -EINTR : 0;
}

/* --- seekers: the key ------------------------------------------------------- */

static void resident_pin(struct cryptech_pager *pager,
			 struct cryptech_resident *r, bool lasting)
{
	r->pins++;
	r->lasting += lasting;
	list_move_tail(&r->entry, &pager->residents);
}

/*
 * Can it be used for the seeker? If it was loaded for a key that is gone
 * meanwhile, it is his from now on; @old is to be put without the lock.
 */
static bool resident_serves(struct cryptech_resident *r, struct seeker *s,
			    struct cryptech_package **old)
{
	if (r->state != CRYPTECH_RESIDENT_IN || !r->package || !s->package ||
	    !cryptech_package_equal(r->package, s->package))
		return false;
	if (!cryptech_resident_wanted(r)) {
		*old = r->package;
		r->package = cryptech_package_get(s->package);
	}
	return true;
}

/* The present incarnation may have begun unnoticed; an older one is over. */
static int pager_admit(struct seeker *s, struct list_head *gone)
{
	struct cryptech_pager *pager = s->pager;

	if (s->kernel->incarnation < pager->incarnation)
		return -ENODEV;
	if (s->kernel->incarnation > pager->incarnation) {
		cryptech_pager_clear(pager, gone);
		pager->incarnation = s->kernel->incarnation;
	}
	return 0;
}

enum found {
	FOUND,		/* it is there, and pinned */
	FOUND_NONE,	/* the fresh one is in, to be filled */
	FOUND_BUSY,	/* it will change */
};

/* With the lock. */
static int seeker_look(struct seeker *s, struct cryptech_package **old,
		       struct list_head *gone)
{
	struct cryptech_pager *pager = s->pager;
	struct cryptech_resident *r;
	int ret;

	ret = pager_admit(s, gone);
	if (ret)
		return ret;
	r = cryptech_pager_find(pager, s->uuid);
	if (!r) {
		if (!s->resident)
			return -ENOMEM;
		cryptech_pager_insert(pager, s->resident);
		resident_pin(pager, s->resident, s->lasting);
		return FOUND_NONE;
	}
	if (resident_serves(r, s, old)) {
		resident_pin(pager, r, s->lasting);
		swap(s->resident, r);
		cryptech_resident_get(s->resident);
		if (r)	/* not needed after all */
			list_add_tail(&r->entry, gone);
		return FOUND;
	}
	if (r->state != CRYPTECH_RESIDENT_IN)
		return FOUND_BUSY;
	/* loaded from another package of the same key */
	if (!r->pins)
		cryptech_pager_go(pager, r);
	else if (r->lasting)
		return -EBUSY;
	return FOUND_BUSY;
}

static int seeker_find(struct seeker *s)
{
	struct cryptech_pager *pager = s->pager;
	struct cryptech_package *old = NULL;
	unsigned int changes;
	LIST_HEAD(gone);
	int ret;

	do {
		spin_lock_bh(&pager->lock);
		ret = seeker_look(s, &old, &gone);
		changes = pager->changes;
		spin_unlock_bh(&pager->lock);
		cryptech_residents_put(&gone);
		if (ret == -ENOMEM && !s->resident) {
			s->resident = cryptech_resident_alloc(s->kernel, s->uuid,
							      s->package);
			ret = s->resident ? FOUND_BUSY : -ENOMEM;
		} else if (ret == FOUND_BUSY) {
			ret = pager_wait(pager, changes, s->deadline);
			ret = ret ? ret : FOUND_BUSY;
		}
	} while (ret == FOUND_BUSY);
	cryptech_package_put(old);
	return ret;
}

/* --- seekers: a slot --------------------------------------------------------- */

static void seeker_leave(struct seeker *s)
{
	if (list_empty(&s->entry))
		return;
	list_del_init(&s->entry);
	cryptech_pager_changed(s->pager);	/* it is another's turn */
}

/* May he ask the HSM? 1, 0: not yet, or why never. With the lock. */
static int seeker_may_go(struct seeker *s)
{
	struct cryptech_pager *pager = s->pager;

	if (s->resident->out)
		return -ENODEV;
	if (s->victim)
		return s->victim->out;
	if (list_empty(&s->entry)) {
		if (!s->full && list_empty(&pager->queue))
			return 1;
		s->resident->calling = false;
		/* who had his turn, and lost his slot to a newcomer, is next */
		if (s->full)
			list_add(&s->entry, &pager->queue);
		else
			list_add_tail(&s->entry, &pager->queue);
	}
	if (!list_is_first(&s->entry, &pager->queue))
		return 0;
	if (!s->full || s->freed != pager->freed)
		return 1;
	s->victim = pager_victim(pager);
	if (!s->victim)
		return pager_hope(pager);
	cryptech_resident_get(s->victim);
	s->victim->taken = true;
	cryptech_pager_go(pager, s->victim);
	s->resident->calling = true;
	seeker_leave(s);
	return 0;
}

/* With the lock. */
static void seeker_goes(struct seeker *s, int ret)
{
	s->resident->calling = ret > 0;
	s->freed = s->pager->freed;
	if (s->victim && !s->victim->out) {
		/* he does not wait for it any more, others may */
		s->victim->taken = false;
	} else if (s->victim && ret < 0) {
		s->pager->freed++;
		cryptech_pager_changed(s->pager);
	}
	seeker_leave(s);
}

/* Wait until it is worth to ask the HSM. */
static int seeker_turn(struct seeker *s)
{
	struct cryptech_pager *pager = s->pager;
	unsigned int changes;
	int wait = 0;
	int ret;

	do {
		spin_lock_bh(&pager->lock);
		ret = wait ? wait : seeker_may_go(s);
		changes = pager->changes;
		if (ret)
			seeker_goes(s, ret);
		spin_unlock_bh(&pager->lock);
		if (!ret)
			wait = pager_wait(pager, changes, s->deadline);
	} while (!ret);
	cryptech_resident_put(s->victim);
	s->victim = NULL;
	return ret < 0 ? ret : 0;
}

/* Make the key come to be, for the resident that is the seeker's to fill. */
static int seeker_call(struct seeker *s, cryptech_make_t make,
		       void *data, struct cryptech_call **made)
{
	struct cryptech_call *call;
	int ret;

	*made = NULL;
	do {
		ret = seeker_turn(s);
		if (ret)
			return ret;
		call = make(s->kernel, data);
		if (!call)
			return -ENOMEM;
		/* a signal that is not fatal must not leave it half done */
		call->committed = true;
		ret = cryptech_call_run_until(call, s->deadline);
		s->full = ret == -ENOSPC &&
			  call->error == CRYPTECH_ERR_NO_KEY_SLOTS_AVAILABLE;
		if (s->full)
			cryptech_call_put(call);
	} while (s->full);
	*made = call;
	return ret;
}

/* The call was sent, and nobody knows what became of it. */
static bool is_unsure(const struct cryptech_call *call, int error)
{
	return call && (error == -EINTR || error == -ETIMEDOUT ||
			error == -EPROTO) && cryptech_call_was_sent(call);
}

/* The call is over: IN, out, or unsure. @ret if that is an error. */
static int seeker_filled(struct seeker *s, struct cryptech_call *call, int ret)
{
	struct cryptech_pager *pager = s->pager;
	struct cryptech_resident *r = s->resident;
	bool removed = false;

	spin_lock_bh(&pager->lock);
	r->calling = false;
	if (!ret && r->out)
		ret = -ENODEV;
	if (!ret) {
		r->state = CRYPTECH_RESIDENT_IN;
		cryptech_pager_changed(pager);
	} else {
		r->pins--;
		r->lasting -= s->lasting;
		if (!r->out && is_unsure(call, ret)) {
			r->unsure = cryptech_call_get(call);
			cryptech_pager_go(pager, r);
		} else if (!r->out) {
			removed = true;
			/* there was a slot for what then failed */
			pager->freed += !!call;
			cryptech_pager_remove(pager, r);
		}
	}
	spin_unlock_bh(&pager->lock);
	if (removed)
		cryptech_resident_put(r);
	return ret;
}

static void seeker_init(struct seeker *s, struct cryptech_client *kernel,
			unsigned long deadline)
{
	memset(s, 0, sizeof(*s));
	s->pager = kernel->dev->pager;
	s->kernel = kernel;
	s->deadline = deadline;
	INIT_LIST_HEAD(&s->entry);
}

static int seeker_fill(struct seeker *s, cryptech_make_t make,
		       void *data, struct cryptech_call **call)
{
	int ret = seeker_call(s, make, data, call);
	u32 type;

	if (!ret && s->package)
		ret = cryptech_imported(*call, s->package, &type);
	return seeker_filled(s, *call, ret);
}

/* Give the resident to the caller; in case of an error the reference goes. */
static int seeker_end(struct seeker *s, int ret,
		      struct cryptech_resident **resident)
{
	*resident = NULL;
	if (ret < 0)
		cryptech_resident_put(s->resident);
	else
		*resident = s->resident;
	return ret < 0 ? ret : 0;
}

static struct cryptech_call *make_import(struct cryptech_client *kernel,
					 void *data)
{
	return cryptech_call_import(kernel, data, false);
}

int cryptech_pager_pin(struct cryptech_client *kernel,
		       struct cryptech_package *package,
		       unsigned long deadline, bool lasting,
		       struct cryptech_resident **resident)
{
	struct cryptech_call *call = NULL;
	struct seeker s;
	int ret;

	seeker_init(&s, kernel, deadline);
	s.uuid = package->uuid;
	s.package = package;
	s.lasting = lasting;
	ret = seeker_find(&s);
	if (ret == FOUND_NONE)
		ret = seeker_fill(&s, make_import, package, &call);
	cryptech_call_put(call);
	return seeker_end(&s, ret, resident);
}

int cryptech_pager_generate(struct cryptech_client *kernel, const u8 *uuid,
			    cryptech_make_t make, void *data,
			    unsigned long deadline,
			    struct cryptech_call **call,
			    struct cryptech_resident **resident)
{
	struct seeker s;
	int ret;

	*call = NULL;
	seeker_init(&s, kernel, deadline);
	s.uuid = uuid;
	ret = seeker_find(&s);
	if (ret == FOUND_NONE)
		ret = seeker_fill(&s, make, data, call);
	if (ret < 0) {
		cryptech_call_put(*call);
		*call = NULL;
	}
	return seeker_end(&s, ret, resident);
}
