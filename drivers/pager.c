// SPDX-License-Identifier: GPL-2.0
/* Sealed keys that are in the HSM: what is there, and how it goes. */
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/moduleparam.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "cryptech.h"
#include "key.h"
#include "pager.h"
#include "sealed.h"

static unsigned int sealed_idle_s = 60;
module_param(sealed_idle_s, uint, 0644);
MODULE_PARM_DESC(sealed_idle_s,
		 "Seconds for which a sealed key that nobody uses stays in the HSM (60)");

/* --- residents ------------------------------------------------------------ */

struct cryptech_resident *
cryptech_resident_alloc(struct cryptech_client *kernel, const u8 *uuid,
			struct cryptech_package *package)
{
	struct cryptech_resident *r = kzalloc(sizeof(*r), GFP_KERNEL);

	if (!r)
		return NULL;
	kref_init(&r->ref);
	INIT_LIST_HEAD(&r->entry);
	INIT_HLIST_NODE(&r->by_uuid);
	memcpy(r->uuid, uuid, sizeof(r->uuid));
	r->dev = cryptech_device_get(kernel->dev);
	r->incarnation = kernel->incarnation;
	if (package)
		r->package = cryptech_package_get(package);
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

void cryptech_resident_put(struct cryptech_resident *r)
{
	if (r)
		kref_put(&r->ref, resident_release);
}

bool cryptech_resident_wanted(const struct cryptech_resident *r)
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

void cryptech_pager_changed(struct cryptech_pager *pager)
{
	WRITE_ONCE(pager->changes, pager->changes + 1);
	wake_up_all(&pager->wait);
}

struct cryptech_resident *cryptech_pager_find(struct cryptech_pager *pager,
					      const u8 *uuid)
{
	struct cryptech_resident *r;

	hash_for_each_possible(pager->by_uuid, r, by_uuid, hash_of(uuid))
		if (!memcmp(r->uuid, uuid, sizeof(r->uuid)))
			return r;
	return NULL;
}

void cryptech_pager_insert(struct cryptech_pager *pager,
			   struct cryptech_resident *r)
{
	cryptech_resident_get(r);
	list_add_tail(&r->entry, &pager->residents);
	hash_add(pager->by_uuid, &r->by_uuid, hash_of(r->uuid));
}

void cryptech_pager_remove(struct cryptech_pager *pager,
			   struct cryptech_resident *r)
{
	list_del_init(&r->entry);
	hash_del(&r->by_uuid);
	r->out = true;
	cryptech_pager_changed(pager);
}

void cryptech_pager_go(struct cryptech_pager *pager,
		       struct cryptech_resident *r)
{
	r->state = CRYPTECH_RESIDENT_GOING;
	cryptech_device_queue(pager->dev, &pager->work);
	cryptech_pager_changed(pager);
}

void cryptech_pager_clear(struct cryptech_pager *pager,
			  struct list_head *gone)
{
	struct cryptech_resident *r, *next;

	list_for_each_entry_safe(r, next, &pager->residents, entry) {
		cryptech_pager_remove(pager, r);
		list_add_tail(&r->entry, gone);
	}
}

void cryptech_residents_put(struct list_head *gone)
{
	struct cryptech_resident *r, *next;

	list_for_each_entry_safe(r, next, gone, entry) {
		list_del_init(&r->entry);
		cryptech_resident_put(r);
	}
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
	r->used = jiffies;
	if (!r->pins && !r->out && r->state == CRYPTECH_RESIDENT_IN) {
		if (cryptech_resident_wanted(r))
			cryptech_pager_changed(pager);
		else
			cryptech_pager_go(pager, r);
	}
	spin_unlock_bh(&pager->lock);
	cryptech_resident_put(r);
}

void cryptech_pager_lost(struct cryptech_resident *r)
{
	struct cryptech_pager *pager = r->dev->pager;
	bool removed;

	spin_lock_bh(&pager->lock);
	removed = !r->out;
	if (removed) {
		pager->freed++;
		cryptech_pager_remove(pager, r);
	}
	spin_unlock_bh(&pager->lock);
	if (removed)
		cryptech_resident_put(r);
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
	r = cryptech_pager_find(pager, package->uuid);
	if (r && r->package == package && r->state == CRYPTECH_RESIDENT_IN && !r->pins)
		cryptech_pager_go(pager, r);
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
		cryptech_pager_remove(pager, r);
	}
	spin_unlock_bh(&pager->lock);
	if (removed)
		cryptech_resident_put(r);
	cryptech_resident_put(r);
	cryptech_call_put(call);
}

static int pager_delete(struct cryptech_pager *pager,
			struct cryptech_resident *r)
{
	struct cryptech_client *kernel = cryptech_client_kernel(pager->dev);
	struct cryptech_call *call = NULL;
	int ret = -ENOMEM;

	if (IS_ERR(kernel))
		return PTR_ERR(kernel);
	/* or it is over, and somebody may have loaded the key anew */
	if (kernel->incarnation == r->incarnation)
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
	return r->state == CRYPTECH_RESIDENT_GOING && !r->deleting &&
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
		found = cryptech_resident_get(r);
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
		cryptech_resident_put(r);
	}
}

/* --- for the core ------------------------------------------------------------ */

/* Nobody uses it: others may want its slot, and cannot ask for it. */
static bool resident_is_idle(const struct cryptech_resident *r)
{
	unsigned long idle = (unsigned long)READ_ONCE(sealed_idle_s) * HZ;

	return r->state == CRYPTECH_RESIDENT_IN && !r->pins &&
	       time_after(jiffies, r->used + idle);
}

void cryptech_pager_sweep(struct cryptech_device *dev)
{
	struct cryptech_pager *pager = dev->pager;
	struct cryptech_resident *r;
	bool due = false;

	spin_lock_bh(&pager->lock);
	list_for_each_entry(r, &pager->residents, entry) {
		if (resident_is_idle(r))
			cryptech_pager_go(pager, r);
		due |= resident_is_due(r);
	}
	spin_unlock_bh(&pager->lock);
	if (due)
		cryptech_device_queue(dev, &pager->work);
}

void cryptech_pager_forget(struct cryptech_device *dev)
{
	struct cryptech_pager *pager = dev->pager;
	LIST_HEAD(gone);

	spin_lock_bh(&pager->lock);
	cryptech_pager_clear(pager, &gone);
	spin_unlock_bh(&pager->lock);
	cryptech_residents_put(&gone);
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
