// SPDX-License-Identifier: GPL-2.0
/*
 * Which sealed keys are in the HSM at the moment.
 *
 *	(out) --> COMING --> IN --> GOING --> (out)
 *		    |                 ^
 *		    +-- unsure -------+
 *
 * COMING and GOING have a call under way; whoever wants the key then waits, so
 * that two load it once, and none loads it while it is being deleted. Deletes
 * are sent by a work, and nobody's signals or deadlines end them.
 *
 * When the HSM has no slot, the one who wants it (the seeker) joins the pager's
 * queue. The first in it picks the key that was used longest ago and is not
 * pinned, leaves the queue, and goes on when that key is out. Others who come
 * meanwhile join the queue before they even try.
 *
 * An import or a generation of which it is not known whether it happened is
 * left GOING: it is deleted after its answer came at last, so that it cannot
 * come to be after that.
 *
 * A change wakes all who wait, and each looks at everything anew: there is no
 * other way to be told something. The lock may be held when that of the device
 * is taken.
 */
#include <linux/err.h>
#include <linux/hashtable.h>
#include <linux/jiffies.h>
#include <linux/list.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "cryptech.h"
#include "key.h"
#include "sealed.h"

#define PAGER_HASH_BITS	8

enum resident_state {
	RESIDENT_COMING,
	RESIDENT_IN,
	RESIDENT_GOING,
};

/**
 * struct cryptech_resident - a key that has or may have a slot in the HSM
 * @ref:	references
 * @dev:	the device
 * @entry:	in the pager's list
 * @by_uuid:	in its table
 * @uuid:	of the key
 * @state:	enum resident_state
 * @out:	in neither any more: it is not in the HSM, or not known to be
 * @package:	that it was loaded from; NULL: a new one that has none yet
 * @pins:	nobody takes it out while there are any
 * @lasting:	so many of them may last
 * @calling:	COMING: it is not its turn that is waited for, but the HSM
 * @deleting:	GOING: the delete is under way
 * @taken:	GOING: somebody waits for just this slot
 * @unsure:	GOING: the call that may have made it, or NULL
 */
struct cryptech_resident {
	struct kref ref;
	struct cryptech_device *dev;
	struct list_head entry;
	struct hlist_node by_uuid;
	u8 uuid[CRYPTECH_UUID_SIZE];
	enum resident_state state;
	bool out;
	struct cryptech_package *package;
	unsigned int pins;
	unsigned int lasting;
	bool calling;
	bool deleting;
	bool taken;
	struct cryptech_call *unsure;
};

/**
 * struct cryptech_pager - the sealed keys of a device
 * @lock:	guards what follows, and all residents
 * @incarnation: the residents' one
 * @residents:	the one that was used longest ago first
 * @by_uuid:	the same, to be found
 * @queue:	seekers who wait for a slot
 * @changes:	counts changes that somebody may wait for
 * @freed:	counts slots that came free, and that nobody has taken
 * @wait:	for those who wait
 * @work:	sends deletes
 * @dev:	the device, which has the pager
 */
struct cryptech_pager {
	spinlock_t lock;	/* of all of it; BH off */
	u64 incarnation;
	struct list_head residents;
	DECLARE_HASHTABLE(by_uuid, PAGER_HASH_BITS);
	struct list_head queue;
	unsigned int changes;
	unsigned int freed;
	wait_queue_head_t wait;
	struct work_struct work;
	struct cryptech_device *dev;
};

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

/* --- residents ------------------------------------------------------------ */

static struct cryptech_resident *resident_alloc(struct seeker *s)
{
	struct cryptech_resident *r = kzalloc(sizeof(*r), GFP_KERNEL);

	if (!r)
		return NULL;
	kref_init(&r->ref);
	INIT_LIST_HEAD(&r->entry);
	INIT_HLIST_NODE(&r->by_uuid);
	memcpy(r->uuid, s->uuid, sizeof(r->uuid));
	r->dev = cryptech_device_get(s->kernel->dev);
	if (s->package)
		r->package = cryptech_package_get(s->package);
	return r;
}

static void resident_release(struct kref *ref)
{
	struct cryptech_resident *r =
		container_of(ref, struct cryptech_resident, ref);

	cryptech_call_put(r->unsure);
	cryptech_package_put(r->package);
	cryptech_device_put(r->dev);
	kfree(r);
}

/* May be NULL. Without the lock. */
static void resident_put(struct cryptech_resident *r)
{
	if (r)
		kref_put(&r->ref, resident_release);
}

static struct cryptech_resident *resident_get(struct cryptech_resident *r)
{
	kref_get(&r->ref);
	return r;
}

/* Is there a key that it is loaded for? */
static bool resident_wanted(const struct cryptech_resident *r)
{
	return r->package && !READ_ONCE(r->package->dropped);
}

/* --- the pager, with its lock held ----------------------------------------- */

static u32 hash_of(const u8 *uuid)
{
	u32 hash;

	memcpy(&hash, uuid, sizeof(hash));
	return hash;
}

static void pager_changed(struct cryptech_pager *pager)
{
	WRITE_ONCE(pager->changes, pager->changes + 1);
	wake_up_all(&pager->wait);
}

static struct cryptech_resident *pager_find(struct cryptech_pager *pager,
					    const u8 *uuid)
{
	struct cryptech_resident *r;

	hash_for_each_possible(pager->by_uuid, r, by_uuid, hash_of(uuid))
		if (!memcmp(r->uuid, uuid, sizeof(r->uuid)))
			return r;
	return NULL;
}

/* It gets a reference of the pager's. */
static void pager_insert(struct cryptech_pager *pager,
			 struct cryptech_resident *r)
{
	resident_get(r);
	list_add_tail(&r->entry, &pager->residents);
	hash_add(pager->by_uuid, &r->by_uuid, hash_of(r->uuid));
}

/* The pager's reference becomes the caller's, to be put without the lock. */
static void pager_remove(struct cryptech_pager *pager,
			 struct cryptech_resident *r)
{
	list_del_init(&r->entry);
	hash_del(&r->by_uuid);
	r->out = true;
	pager_changed(pager);
}

static void pager_go(struct cryptech_pager *pager, struct cryptech_resident *r)
{
	r->state = RESIDENT_GOING;
	cryptech_device_queue(pager->dev, &pager->work);
	pager_changed(pager);
}

/* All of them are out; what the pager held goes to @gone. */
static void pager_clear(struct cryptech_pager *pager, struct list_head *gone)
{
	struct cryptech_resident *r, *next;

	list_for_each_entry_safe(r, next, &pager->residents, entry) {
		pager_remove(pager, r);
		list_add_tail(&r->entry, gone);
	}
}

static void residents_put(struct list_head *gone)
{
	struct cryptech_resident *r, *next;

	list_for_each_entry_safe(r, next, gone, entry) {
		list_del_init(&r->entry);
		resident_put(r);
	}
}

/* What was used longest ago and can go. */
static struct cryptech_resident *pager_victim(struct cryptech_pager *pager)
{
	struct cryptech_resident *r;

	list_for_each_entry(r, &pager->residents, entry)
		if (r->state == RESIDENT_IN && !r->pins)
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
		if (r->state == RESIDENT_GOING || r->calling)
			return 0;
		if (r->state != RESIDENT_IN)
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
	if (r->state != RESIDENT_IN || !r->package || !s->package ||
	    !cryptech_package_equal(r->package, s->package))
		return false;
	if (!resident_wanted(r)) {
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
		pager_clear(pager, gone);
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
	r = pager_find(pager, s->uuid);
	if (!r) {
		if (!s->resident)
			return -ENOMEM;
		pager_insert(pager, s->resident);
		resident_pin(pager, s->resident, s->lasting);
		return FOUND_NONE;
	}
	if (resident_serves(r, s, old)) {
		resident_pin(pager, r, s->lasting);
		swap(s->resident, r);
		resident_get(s->resident);
		if (r)	/* not needed after all */
			list_add_tail(&r->entry, gone);
		return FOUND;
	}
	/* loaded from another package of the same key */
	if (r->state == RESIDENT_IN && !r->pins)
		pager_go(pager, r);
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
		residents_put(&gone);
		if (ret == -ENOMEM && !s->resident) {
			s->resident = resident_alloc(s);
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
	pager_changed(s->pager);	/* it is another's turn */
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
	resident_get(s->victim);
	s->victim->taken = true;
	pager_go(pager, s->victim);
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
		pager_changed(s->pager);
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
	resident_put(s->victim);
	s->victim = NULL;
	return ret < 0 ? ret : 0;
}

/* Make the key come to be, for the resident that is the seeker's to fill. */
static int seeker_call(struct seeker *s, cryptech_pager_make_t make,
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
		r->state = RESIDENT_IN;
		pager_changed(pager);
	} else {
		r->pins--;
		r->lasting -= s->lasting;
		if (!r->out && is_unsure(call, ret)) {
			r->unsure = cryptech_call_get(call);
			pager_go(pager, r);
		} else if (!r->out) {
			removed = true;
			pager_remove(pager, r);
		}
	}
	spin_unlock_bh(&pager->lock);
	if (removed)
		resident_put(r);
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

static int seeker_fill(struct seeker *s, cryptech_pager_make_t make,
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
		resident_put(s->resident);
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
			    cryptech_pager_make_t make, void *data,
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

/* --- the ends of pins ------------------------------------------------------- */

void cryptech_pager_keep(struct cryptech_resident *r,
			 struct cryptech_package *package)
{
	struct cryptech_pager *pager = r->dev->pager;

	spin_lock_bh(&pager->lock);
	r->package = cryptech_package_get(package);
	spin_unlock_bh(&pager->lock);
}

void cryptech_pager_unpin(struct cryptech_resident *r, bool lasting)
{
	struct cryptech_pager *pager = r->dev->pager;

	spin_lock_bh(&pager->lock);
	r->pins--;
	r->lasting -= lasting;
	if (!r->pins && !r->out && r->state == RESIDENT_IN) {
		if (resident_wanted(r))
			pager_changed(pager);
		else
			pager_go(pager, r);
	}
	spin_unlock_bh(&pager->lock);
	resident_put(r);
}

void cryptech_pager_lost(struct cryptech_resident *r)
{
	struct cryptech_pager *pager = r->dev->pager;
	bool removed;

	spin_lock_bh(&pager->lock);
	removed = !r->out;
	if (removed) {
		pager->freed++;
		pager_remove(pager, r);
	}
	spin_unlock_bh(&pager->lock);
	if (removed)
		resident_put(r);
}

void cryptech_pager_drop(struct cryptech_package *package, const u8 *serial)
{
	struct cryptech_device *dev;
	struct cryptech_pager *pager;
	struct cryptech_resident *r;

	/* whoever has it pinned sees this at the end of that */
	WRITE_ONCE(package->dropped, true);
	dev = cryptech_device_find_serial(serial);
	if (IS_ERR(dev))
		return;
	pager = dev->pager;
	spin_lock_bh(&pager->lock);
	r = pager_find(pager, package->uuid);
	if (r && r->package == package && r->state == RESIDENT_IN && !r->pins)
		pager_go(pager, r);
	spin_unlock_bh(&pager->lock);
	cryptech_device_put(dev);
}

/* --- deletes ----------------------------------------------------------------- */

static void pager_deleted(struct cryptech_call *call)
{
	struct cryptech_resident *r = call->private;
	struct cryptech_pager *pager = r->dev->pager;
	bool removed = false;

	spin_lock_bh(&pager->lock);
	r->deleting = false;
	switch (cryptech_call_result(call, NULL)) {
	case -EAGAIN:
	case -EBUSY:
	case -EIO:
	case -ENOMEM:
	case -EPROTO:
	case -ETIMEDOUT:
		break;		/* the sweep tries again */
	default:		/* not there, if need be because nothing is */
		removed = !r->out;
	}
	if (removed) {
		pager->freed += !r->taken;
		pager_remove(pager, r);
	}
	spin_unlock_bh(&pager->lock);
	if (removed)
		resident_put(r);
	resident_put(r);
	cryptech_call_put(call);
}

static int pager_delete(struct cryptech_pager *pager,
			struct cryptech_resident *r)
{
	struct cryptech_client *kernel = cryptech_client_kernel(pager->dev);
	struct cryptech_call *call;
	int ret = -ENOMEM;

	if (IS_ERR(kernel))
		return PTR_ERR(kernel);
	call = cryptech_call_key_delete(kernel, r->uuid);
	cryptech_client_put(kernel);
	if (call) {
		call->private = r;
		ret = cryptech_call_submit(call, pager_deleted);
	}
	if (ret)
		cryptech_call_put(call);
	return ret;
}

/* It can be deleted, and nobody is at it. */
static bool resident_is_due(const struct cryptech_resident *r)
{
	return r->state == RESIDENT_GOING && !r->deleting &&
	       (!r->unsure || READ_ONCE(r->unsure->answered));
}

/* The next to delete, with a reference; or NULL. */
static struct cryptech_resident *pager_next(struct cryptech_pager *pager)
{
	struct cryptech_resident *r, *found = NULL;

	spin_lock_bh(&pager->lock);
	list_for_each_entry(r, &pager->residents, entry) {
		if (!resident_is_due(r))
			continue;
		r->deleting = true;
		found = resident_get(r);
		break;
	}
	spin_unlock_bh(&pager->lock);
	return found;
}

static void pager_run(struct work_struct *work)
{
	struct cryptech_pager *pager =
		container_of(work, struct cryptech_pager, work);
	struct cryptech_resident *r;
	int ret = 0;

	while (!ret && (r = pager_next(pager))) {
		ret = pager_delete(pager, r);
		if (!ret)
			continue;
		spin_lock_bh(&pager->lock);
		r->deleting = false;	/* the sweep tries again */
		spin_unlock_bh(&pager->lock);
		resident_put(r);
	}
}

/* --- for the core ------------------------------------------------------------ */

void cryptech_pager_sweep(struct cryptech_device *dev)
{
	struct cryptech_pager *pager = dev->pager;
	struct cryptech_resident *r;
	bool due = false;

	spin_lock_bh(&pager->lock);
	list_for_each_entry(r, &pager->residents, entry)
		due |= resident_is_due(r);
	spin_unlock_bh(&pager->lock);
	if (due)
		cryptech_device_queue(dev, &pager->work);
}

void cryptech_pager_forget(struct cryptech_device *dev)
{
	struct cryptech_pager *pager = dev->pager;
	LIST_HEAD(gone);

	spin_lock_bh(&pager->lock);
	pager_clear(pager, &gone);
	spin_unlock_bh(&pager->lock);
	residents_put(&gone);
}

bool cryptech_pager_init(struct cryptech_device *dev)
{
	struct cryptech_pager *pager = kzalloc(sizeof(*pager), GFP_KERNEL);

	if (!pager)
		return false;
	spin_lock_init(&pager->lock);
	INIT_LIST_HEAD(&pager->residents);
	INIT_LIST_HEAD(&pager->queue);
	hash_init(pager->by_uuid);
	init_waitqueue_head(&pager->wait);
	INIT_WORK(&pager->work, pager_run);
	pager->dev = dev;
	dev->pager = pager;
	return true;
}

/* With the device's last reference, so that no resident holds one. */
void cryptech_pager_exit(struct cryptech_device *dev)
{
	kfree(dev->pager);
}
