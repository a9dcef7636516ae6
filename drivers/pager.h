/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The pager inside: which sealed keys are in the HSM at the moment.
 *
 *	pager.c		what is there, and how it goes
 *	pagerseek.c	how it gets there
 *
 *	(out) --> COMING --> IN --> GOING --> (out)
 *		    |                 ^
 *		    +-- unsure -------+
 *
 * COMING and GOING have a call under way; whoever wants the key then waits, so
 * that two load it once, and none loads it while it is being deleted. Deletes
 * are sent by a work, and nobody's signals or deadlines end them.
 *
 * An import or a generation of which it is not known whether it happened is
 * left GOING: it is deleted after its answer came at last, so that it cannot
 * come to be after that.
 *
 * A change wakes all who wait, and each looks at everything anew: there is no
 * other way to be told something. The lock may be held when that of the device
 * is taken.
 */
#ifndef CRYPTECH_PAGER_H
#define CRYPTECH_PAGER_H

#include <linux/hashtable.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include <cryptech/rpc.h>

struct cryptech_call;
struct cryptech_client;
struct cryptech_device;
struct cryptech_package;

#define CRYPTECH_PAGER_BITS	8

enum cryptech_resident_state {
	CRYPTECH_RESIDENT_COMING,
	CRYPTECH_RESIDENT_IN,
	CRYPTECH_RESIDENT_GOING,
};

/**
 * struct cryptech_resident - a key that has or may have a slot in the HSM
 * @ref:	references
 * @dev:	the device
 * @incarnation: of it
 * @entry:	in the pager's list
 * @by_uuid:	in its table
 * @uuid:	of the key
 * @state:	enum cryptech_resident_state
 * @out:	in neither any more: it is not in the HSM, or not known to be
 * @package:	that it was loaded from; NULL: a new one that has none yet
 * @used:	jiffies, when its last pin ended
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
	u64 incarnation;
	struct list_head entry;
	struct hlist_node by_uuid;
	u8 uuid[CRYPTECH_UUID_SIZE];
	enum cryptech_resident_state state;
	bool out;
	struct cryptech_package *package;
	unsigned long used;
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
	DECLARE_HASHTABLE(by_uuid, CRYPTECH_PAGER_BITS);
	struct list_head queue;
	unsigned int changes;
	unsigned int freed;
	wait_queue_head_t wait;
	struct work_struct work;
	struct cryptech_device *dev;
};

/* --- residents ------------------------------------------------------------- */

/* With a reference for the caller; NULL: no memory. @package may be NULL. */
struct cryptech_resident *
cryptech_resident_alloc(struct cryptech_client *kernel, const u8 *uuid,
			struct cryptech_package *package);

static inline struct cryptech_resident *
cryptech_resident_get(struct cryptech_resident *resident)
{
	kref_get(&resident->ref);
	return resident;
}

/* May be NULL. Without the pager's lock; likewise a list of them. */
void cryptech_resident_put(struct cryptech_resident *resident);
void cryptech_residents_put(struct list_head *gone);

/* Is there a key that it is loaded for? */
bool cryptech_resident_wanted(const struct cryptech_resident *resident);

/* --- the pager, with its lock held ----------------------------------------- */

/* Something changed that somebody may wait for. */
void cryptech_pager_changed(struct cryptech_pager *pager);

struct cryptech_resident *cryptech_pager_find(struct cryptech_pager *pager,
					      const u8 *uuid);

/* The pager gets a reference of its own. */
void cryptech_pager_insert(struct cryptech_pager *pager,
			   struct cryptech_resident *resident);

/*
 * It is out; or all are. The pager's reference becomes the caller's, or goes to
 * the list @gone, to be put without the lock.
 */
void cryptech_pager_remove(struct cryptech_pager *pager,
			   struct cryptech_resident *resident);
void cryptech_pager_clear(struct cryptech_pager *pager,
			  struct list_head *gone);

/* Have it deleted in the HSM. */
void cryptech_pager_go(struct cryptech_pager *pager,
		       struct cryptech_resident *resident);

#endif /* CRYPTECH_PAGER_H */
