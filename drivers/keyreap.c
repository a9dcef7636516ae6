// SPDX-License-Identifier: GPL-2.0
/*
 * The reaper: deletes keys in the HSM that nobody can name any more.
 *
 * It gets them from contexts that must not wait (the garbage collector of
 * keys, the end of a failed add_key()) and where no memory can be asked for:
 * the key itself stands in the list. One work sends KEY_DELETE, for a few
 * keys at a time; the calls' ends decide what becomes of each:
 *
 *  volatile key	gone with the device's incarnation or the kernel's login
 *			in any case; forgotten as soon as that is over
 *  key in flash	kept until the same device is there and the kernel is
 *			logged in to it
 *
 * What is still here when the module goes is left behind, and named.
 */
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/list.h>
#include <linux/printk.h>

#include "compat/workqueue.h"
#include "cryptech.h"
#include "key.h"

#define REAPER_CALLS	8		/* at once */
#define REAPER_AGAIN	(5 * HZ)	/* after an error that may pass */

static void reaper_run(struct work_struct *work);

static LIST_HEAD(reaper_list);
static unsigned int reaper_calls;
static DEFINE_SPINLOCK(reaper_lock);	/* guards both */
static DECLARE_DELAYED_WORK(reaper_work, reaper_run);

void cryptech_reaper_wake(void)
{
	mod_delayed_work(system_dfl_wq, &reaper_work, 0);
}

/* With the caller's reference. */
static void reaper_keep(struct cryptech_key *key)
{
	spin_lock(&reaper_lock);
	list_add_tail(&key->entry, &reaper_list);
	spin_unlock(&reaper_lock);
}

void cryptech_key_reap(struct cryptech_key *key)
{
	reaper_keep(cryptech_key_get(key));
	cryptech_reaper_wake();
}

static void reaper_forget(struct cryptech_key *key, int error)
{
	if (error)
		pr_notice("cryptech: key %pUb is not wanted, but stays in the HSM (error %d)\n",
			  key->uuid, -error);
	cryptech_key_put(key);
}

/* Is it worth to try the delete again that gave @error? */
static bool worth_again(const struct cryptech_key *key, int error)
{
	switch (error) {
	case -EACCES:		/* the kernel is not logged in any more, ... */
	case -ENODEV:		/* or the incarnation is over: so are */
	case -EREMOTEIO:	/* volatile keys */
		return key->token;
	case -EAGAIN:
	case -EBUSY:
	case -EIO:
	case -ENOMEM:
	case -ETIMEDOUT:
		return true;
	default:
		return false;
	}
}

/* The delete is over: what becomes of the key? */
static void reaper_done(struct cryptech_call *call)
{
	struct cryptech_key *key = call->private;
	int ret = cryptech_call_result(call, NULL);
	bool keep = worth_again(key, ret);

	if (keep)
		reaper_keep(key);
	else if (!ret || ret == -ENOKEY || !key->token)
		reaper_forget(key, 0);
	else
		reaper_forget(key, ret);
	cryptech_call_put(call);

	spin_lock(&reaper_lock);
	reaper_calls--;
	spin_unlock(&reaper_lock);
	if (keep)
		queue_delayed_work(system_dfl_wq, &reaper_work,
				   REAPER_AGAIN);
	else
		cryptech_reaper_wake();
}

enum reaper_verdict {
	REAPER_SENT,	/* reaper_done() has it */
	REAPER_FORGET,
	REAPER_KEEP,	/* until somebody wakes the reaper */
	REAPER_RETRY,	/* soon */
};

static enum reaper_verdict reaper_send(struct cryptech_key *key,
				       struct cryptech_client *kernel)
{
	struct cryptech_call *call;

	if (!key->token && key->incarnation != kernel->incarnation)
		return REAPER_FORGET;
	if (READ_ONCE(kernel->role) == CRYPTECH_USER_NONE)
		return key->token ? REAPER_KEEP : REAPER_FORGET;

	call = cryptech_call_key_delete(kernel, key->uuid);
	if (!call)
		return REAPER_RETRY;
	call->private = key;
	if (cryptech_call_submit(call, reaper_done)) {
		cryptech_call_put(call);
		return REAPER_RETRY;
	}
	return REAPER_SENT;
}

static enum reaper_verdict reaper_try(struct cryptech_key *key)
{
	struct cryptech_device *dev = cryptech_device_find_serial(key->serial);
	enum reaper_verdict verdict;
	struct cryptech_client *kernel;

	if (IS_ERR(dev))
		return key->token ? REAPER_KEEP : REAPER_FORGET;
	kernel = cryptech_client_kernel(dev);
	cryptech_device_put(dev);
	if (IS_ERR(kernel))
		return key->token ? REAPER_KEEP : REAPER_FORGET;
	verdict = reaper_send(key, kernel);
	cryptech_client_put(kernel);
	return verdict;
}

/* Take the next key of @todo, and the right to send one more call. */
static struct cryptech_key *reaper_next(struct list_head *todo)
{
	struct cryptech_key *key = NULL;

	spin_lock(&reaper_lock);
	if (reaper_calls < REAPER_CALLS && !list_empty(todo)) {
		key = list_first_entry(todo, struct cryptech_key, entry);
		list_del_init(&key->entry);
		reaper_calls++;
	}
	spin_unlock(&reaper_lock);
	return key;
}

static void reaper_run(struct work_struct *work)
{
	struct cryptech_key *key;
	bool retry = false;
	LIST_HEAD(todo);

	spin_lock(&reaper_lock);
	list_splice_init(&reaper_list, &todo);
	spin_unlock(&reaper_lock);

	while ((key = reaper_next(&todo))) {
		enum reaper_verdict verdict = reaper_try(key);

		if (verdict == REAPER_SENT)
			continue;
		retry |= verdict == REAPER_RETRY;
		if (verdict == REAPER_FORGET)
			reaper_forget(key, 0);
		else
			reaper_keep(key);
		spin_lock(&reaper_lock);
		reaper_calls--;
		spin_unlock(&reaper_lock);
	}

	/* what is left waits for the end of a call */
	spin_lock(&reaper_lock);
	list_splice(&todo, &reaper_list);
	spin_unlock(&reaper_lock);
	if (retry)
		queue_delayed_work(system_dfl_wq, &reaper_work,
				   REAPER_AGAIN);
}

void cryptech_reaper_exit(void)
{
	struct cryptech_key *key, *next;

	/* the devices are gone, so no call is under way and none will be */
	cancel_delayed_work_sync(&reaper_work);
	list_for_each_entry_safe(key, next, &reaper_list, entry) {
		list_del_init(&key->entry);
		reaper_forget(key, key->token ? -ENODEV : 0);
	}
}
