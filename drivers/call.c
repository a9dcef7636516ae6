// SPDX-License-Identifier: GPL-2.0
/*
 * Calls: slots, the queue before them, answers, deadlines.
 *
 * A call is made, encoded, submitted; then it waits in a queue (if all slots
 * are taken) or stands in a slot. It is over as soon as it has a result: the
 * answer, or an error. A call that is over without an answer (its deadline
 * passed) keeps its slot until the HSM answers or is reset, so that a late
 * answer cannot be taken for another call's.
 */
#include <linux/errno.h>
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

#include "cipher.h"
#include "cryptech.h"
#include "hashsig.h"
#include "trace.h"

#define CRYPTECH_DEADLINE_LEAST_MS	100

static unsigned int deadline_ms = 10000;
module_param(deadline_ms, uint, 0644);
MODULE_PARM_DESC(deadline_ms,
		 "Deadline of ordinary calls in milliseconds, at least 100 (10000)");

static unsigned int long_deadline_ms = 180000;
module_param(long_deadline_ms, uint, 0644);
MODULE_PARM_DESC(long_deadline_ms,
		 "Deadline of long calls in milliseconds: key generation, PINs (180000)");

/* --- making and freeing -------------------------------------------------- */

static void cryptech_call_work(struct work_struct *work)
{
	struct cryptech_call *call =
		container_of(work, struct cryptech_call, work);

	call->done(call);
	cryptech_call_put(call);
}

static bool cryptech_is_long(u32 function)
{
	const struct cryptech_function_info *info =
		cryptech_function(function);

	return info && info->cost == CRYPTECH_COST_LONG;
}

unsigned int cryptech_call_timeout(u32 function)
{
	return max_t(unsigned int, CRYPTECH_DEADLINE_LEAST_MS,
		     cryptech_is_long(function) ?
		     READ_ONCE(long_deadline_ms) : READ_ONCE(deadline_ms));
}

struct cryptech_call *cryptech_call_alloc(struct cryptech_client *client,
					  u32 function, size_t args_max,
					  size_t results_max, gfp_t gfp)
{
	struct cryptech_call *call;
	size_t request_max;

	call = kzalloc(sizeof(*call), gfp);
	if (!call)
		return NULL;
	request_max = min_t(size_t, CRYPTECH_RPC_MESSAGE_MAX,
			    CRYPTECH_RPC_REQUEST_MIN + args_max);
	call->reply_max = min_t(size_t, CRYPTECH_RPC_MESSAGE_MAX,
				CRYPTECH_RPC_REPLY_MIN + results_max);
	call->request = kvmalloc(request_max, gfp);
	call->reply = cryptech_reply_get(client->dev, call->reply_max, gfp);
	if (!call->request || !call->reply) {
		kvfree(call->request);
		kvfree(call->reply);	/* as it came: empty */
		kfree(call);
		return NULL;
	}
	kref_init(&call->ref);
	INIT_LIST_HEAD(&call->entry);
	init_completion(&call->finished);
	INIT_WORK(&call->work, cryptech_call_work);
	call->client = cryptech_client_get(client);
	call->function = function;
	call->slot = -1;
	call->is_long = cryptech_is_long(function);
	call->timeout_ms = cryptech_call_timeout(function);
	xdr_writer_init(&call->args, call->request, request_max);
	xdr_put_u32(&call->args, function);
	xdr_put_u32(&call->args, client->word);
	return call;
}

struct cryptech_call *cryptech_call_new(struct cryptech_client *client,
					u32 function, size_t args_max,
					size_t results_max)
{
	return cryptech_call_alloc(client, function, args_max, results_max,
				   GFP_KERNEL_ACCOUNT);
}

static void cryptech_call_free(struct kref *ref)
{
	struct cryptech_call *call =
		container_of(ref, struct cryptech_call, ref);

	kvfree_sensitive(call->request, call->args.end - call->args.start);
	cryptech_reply_put(call->client->dev, call->reply, call->reply_max,
			   call->reply_len);
	if (call->releasing)
		cryptech_client_free(call->client);
	else
		cryptech_client_put(call->client);
	kfree(call);
}

void cryptech_call_put(struct cryptech_call *call)
{
	if (call)
		kref_put(&call->ref, cryptech_call_free);
}

/* --- slots and queues, under dev->lock ------------------------------------ */

/* Give a call its result, unless it has one. */
static void cryptech_call_finish(struct cryptech_device *dev,
				 struct cryptech_call *call, int result)
{
	lockdep_assert_held(&dev->lock);
	if (call->over)
		return;
	call->over = true;
	call->result = result;
	if (trace_cryptech_complete_enabled())
		cryptech_trace_complete(call);
	complete_all(&call->finished);
	if (call->polled)
		wake_up_all(&call->client->wait);
	if (call->done) {
		cryptech_call_get(call);
		queue_work(dev->wq, &call->work);
	}
}

/* Put a call in a free slot, if there is one; the caller sends it. */
static bool cryptech_take_slot(struct cryptech_device *dev,
			       struct cryptech_call *call)
{
	int slot = call->is_long ? CRYPTECH_SLOTS_LONG : CRYPTECH_SLOTS_CALL;

	/* from above, so that short calls leave the first to long ones */
	while (--slot >= 0 && dev->slots[slot])
		;
	if (slot < 0)
		return false;
	dev->slots[slot] = call;
	call->slot = slot;
	call->sent = jiffies;
	call->client->used = true;
	return true;
}

static struct list_head *cryptech_queue_of(struct cryptech_device *dev,
					   struct cryptech_call *call)
{
	return call->is_long ? &dev->long_queue : &dev->queue;
}

/* The first call of a queue, now in a slot; the caller sends it. */
static struct cryptech_call *cryptech_first_call(struct cryptech_device *dev,
						 struct list_head *queue)
{
	struct cryptech_call *call;

	call = list_first_entry_or_null(queue, struct cryptech_call, entry);
	if (!call || !cryptech_take_slot(dev, call))
		return NULL;
	list_del_init(&call->entry);
	call->queued = false;
	return cryptech_call_get(call);
}

/*
 * A slot is free: the call that gets it. Long ones first, who have fewer to
 * choose from. With a reference of the caller's: the slot's may go before the
 * call is sent.
 */
static struct cryptech_call *cryptech_next_call(struct cryptech_device *dev)
{
	struct cryptech_call *call;

	if (dev->state != CRYPTECH_READY)
		return NULL;
	call = cryptech_first_call(dev, &dev->long_queue);
	return call ? call : cryptech_first_call(dev, &dev->queue);
}

/* May this call go now? Members of an old incarnation never may. */
static int cryptech_admit(struct cryptech_device *dev,
			  struct cryptech_call *call)
{
	if (call->attaching)
		return dev->state == CRYPTECH_ATTACHING ? 0 : -ENODEV;
	if (dev->state != CRYPTECH_READY ||
	    call->client->incarnation != dev->incarnation)
		return -ENODEV;
	if (xdr_written(&call->args) > dev->message_max)
		return -EMSGSIZE;
	if (dev->libhal && call->function >= CRYPTECH_RPC_OURS)
		return -EOPNOTSUPP;
	return 0;
}

/*
 * Take a call out of the queue; its reference from there is the caller's.
 * False if it stands in a slot already, or is over.
 */
static bool cryptech_unqueue(struct cryptech_call *call)
{
	if (!call->queued)
		return false;
	list_del_init(&call->entry);
	call->queued = false;
	return true;
}

/*
 * Fail every call of the device: sent ones may have happened. Like
 * cryptech_calls_expire() it leaves on @dropped what cryptech_calls_drop()
 * has to let go once the lock is released.
 */
void cryptech_calls_fail(struct cryptech_device *dev,
			 struct list_head *dropped)
{
	struct cryptech_call *call, *next;
	LIST_HEAD(queued);
	int slot;

	lockdep_assert_held(&dev->lock);
	for (slot = 0; slot < CRYPTECH_SLOTS_CALL; slot++) {
		call = dev->slots[slot];
		if (!call)
			continue;
		dev->slots[slot] = NULL;
		list_add_tail(&call->entry, dropped);
		cryptech_call_finish(dev, call, -EREMOTEIO);
	}
	list_splice_init(&dev->long_queue, &queued);
	list_splice_init(&dev->queue, &queued);
	list_for_each_entry_safe(call, next, &queued, entry) {
		cryptech_unqueue(call);
		list_add_tail(&call->entry, dropped);
		cryptech_call_finish(dev, call, -ENODEV);
	}
}

/* Has the HSM lost the call in this slot, or hung over it? */
static bool cryptech_call_is_lost(struct cryptech_device *dev,
				  struct cryptech_call *call)
{
	unsigned long age = jiffies - call->sent;
	bool suspect = call->suspect;

	if (age / 2 >= msecs_to_jiffies(call->timeout_ms))
		return true;
	call->suspect = age >= msecs_to_jiffies(CRYPTECH_MAILBOX_LOST_MS) &&
			!dev->ops->busy(dev, call->slot);
	/* only when seen twice: an answer may just be on its way */
	return suspect && call->suspect;
}

static bool cryptech_call_is_late(struct cryptech_call *call)
{
	return jiffies - call->submitted >=
	       msecs_to_jiffies(call->timeout_ms);
}

static void cryptech_queue_expire(struct cryptech_device *dev,
				  struct list_head *queue,
				  struct list_head *dropped)
{
	struct cryptech_call *call, *next;

	list_for_each_entry_safe(call, next, queue, entry) {
		if (!cryptech_call_is_late(call))
			continue;
		cryptech_unqueue(call);
		list_add_tail(&call->entry, dropped);
		cryptech_call_finish(dev, call, -ETIMEDOUT);
	}
}

/*
 * Give calls whose deadline passed their result. Returns true if the HSM has
 * lost a call: it was not at work on it, twice in a row, more than
 * CRYPTECH_MAILBOX_LOST_MS after it was sent; or it has not answered in twice
 * the time that it had.
 */
bool cryptech_calls_expire(struct cryptech_device *dev,
			   struct list_head *dropped)
{
	struct cryptech_call *call;
	bool lost = false;
	int slot;

	lockdep_assert_held(&dev->lock);
	for (slot = 0; slot < CRYPTECH_SLOTS_CALL; slot++) {
		call = dev->slots[slot];
		if (!call)
			continue;
		if (cryptech_call_is_late(call))
			cryptech_call_finish(dev, call, -ETIMEDOUT);
		lost |= cryptech_call_is_lost(dev, call);
	}
	cryptech_queue_expire(dev, &dev->long_queue, dropped);
	cryptech_queue_expire(dev, &dev->queue, dropped);
	return lost;
}

void cryptech_calls_drop(struct list_head *dropped)
{
	struct cryptech_call *call, *next;

	list_for_each_entry_safe(call, next, dropped, entry) {
		list_del_init(&call->entry);
		cryptech_call_put(call);
	}
}

/* No call in any slot? */
bool cryptech_calls_idle(struct cryptech_device *dev)
{
	bool idle = true;
	int slot;

	spin_lock_bh(&dev->lock);
	for (slot = 0; slot < CRYPTECH_SLOTS_CALL; slot++)
		idle &= !dev->slots[slot];
	idle &= cryptech_ciphers_idle(dev);
	spin_unlock_bh(&dev->lock);
	return idle;
}

/* --- sending and answering ----------------------------------------------- */

/* Under rcu_read_lock() since the call got its slot. */
static void cryptech_send(struct cryptech_device *dev,
			  struct cryptech_call *call)
{
	dev->ops->send(dev, call->slot, call->id, call->request,
		       xdr_written(&call->args));
}

int cryptech_call_submit(struct cryptech_call *call, cryptech_done_t done)
{
	struct cryptech_device *dev = call->client->dev;
	struct list_head *queue = cryptech_queue_of(dev, call);
	bool send = false;
	int err;

	if (call->args.bad)
		return -EMSGSIZE;
	call->done = done;
	call->submitted = jiffies;
	call->submitted_ns = ktime_get_ns();

	rcu_read_lock();
	spin_lock_bh(&dev->lock);
	err = cryptech_admit(dev, call);
	if (!err) {
		cryptech_call_get(call);
		call->id = ++dev->call_id;
		trace_cryptech_submit(dev->index, call->client->word, call->id,
				      call->function, xdr_written(&call->args));
		send = list_empty(queue) && cryptech_take_slot(dev, call);
		if (!send) {
			call->queued = true;
			list_add_tail(&call->entry, queue);
		}
	}
	spin_unlock_bh(&dev->lock);
	if (send)
		cryptech_send(dev, call);
	rcu_read_unlock();
	return err;
}

/*
 * Copy the reply out of memory that the HSM may be changing, and check the
 * copy's header. Returns the call's result, or -EBADMSG if this is no reply
 * to it at all.
 */
static int cryptech_take_reply(struct cryptech_call *call, const void *reply,
			       u32 len)
{
	struct xdr_reader r;

	call->reply_len = min_t(size_t, len, call->reply_max);
	memcpy(call->reply, reply, call->reply_len);

	xdr_reader_init(&r, call->reply, call->reply_len);
	if (xdr_get_u32(&r) != call->function ||
	    xdr_get_u32(&r) != call->client->word)
		return -EBADMSG;
	call->error = xdr_get_u32(&r);
	return len > call->reply_max ? -EPROTO : 0;
}

/* The call in flight that this answers, with a reference, or NULL. */
static struct cryptech_call *
cryptech_find_answered(struct cryptech_device *dev, u32 slot, u64 id)
{
	struct cryptech_call *call = NULL;

	if (slot >= CRYPTECH_SLOTS_CALL)
		return NULL;
	spin_lock_bh(&dev->lock);
	call = dev->slots[slot];
	if (call && (call->id != id || call->answered))
		call = NULL;
	if (call) {
		call->answered = true;
		cryptech_call_get(call);
	}
	spin_unlock_bh(&dev->lock);
	return call;
}

/*
 * The answer is taken: free the slot, and send the next call if one waits.
 * Returns it, with a reference; the slot's, of the answered call, goes to
 * @dropped.
 */
static struct cryptech_call *cryptech_free_slot(struct cryptech_device *dev,
						struct cryptech_call *call,
						int result,
						struct list_head *dropped)
{
	struct cryptech_call *next = NULL;
	bool stopped = false;

	spin_lock_bh(&dev->lock);
	/* else a reset has taken it meanwhile, with the slot's reference */
	if (dev->slots[call->slot] == call) {
		dev->slots[call->slot] = NULL;
		call->late = call->over;
		list_add_tail(&call->entry, dropped);
		cryptech_call_finish(dev, call, result);
		next = cryptech_next_call(dev);
		stopped = dev->state == CRYPTECH_STOPPED;
	}
	spin_unlock_bh(&dev->lock);
	if (next)
		cryptech_send(dev, next);
	if (stopped)
		wake_up_all(&dev->wait);
	return next;
}

int cryptech_device_answer(struct cryptech_device *dev, u32 slot, u64 id,
			   const void *reply, u32 len)
{
	struct cryptech_call *call, *next = NULL;
	LIST_HEAD(dropped);
	int result;

	if (len < CRYPTECH_RPC_REPLY_MIN || len > CRYPTECH_RPC_MESSAGE_MAX)
		return -EPROTO;
	rcu_read_lock();
	if (slot >= CRYPTECH_SLOTS_CALL && slot < CRYPTECH_SLOTS) {
		result = cryptech_cipher_answer(dev, slot, id, reply, len);
		rcu_read_unlock();
		return result;
	}
	call = cryptech_find_answered(dev, slot, id);
	if (!call) {
		rcu_read_unlock();
		return -EPROTO;
	}
	result = cryptech_take_reply(call, reply, len);
	if (result != -EBADMSG) {
		dev->ops->wipe(dev, slot, xdr_written(&call->args));
		cryptech_client_saw_reply(call);
		next = cryptech_free_slot(dev, call, result, &dropped);
		if (call->late)
			cryptech_stream_late(call);
	}
	rcu_read_unlock();
	cryptech_calls_drop(&dropped);
	cryptech_call_put(next);
	cryptech_call_put(call);
	return result == -EBADMSG ? -EPROTO : 0;
}
EXPORT_SYMBOL_GPL(cryptech_device_answer);

/* --- waiting ------------------------------------------------------------- */

bool cryptech_call_was_sent(const struct cryptech_call *call)
{
	return call->slot >= 0;
}

bool cryptech_call_abandoned(const struct cryptech_call *call)
{
	return cryptech_call_was_sent(call) &&
	       (call->result == -ETIMEDOUT || call->result == -EINTR);
}

/*
 * The waiter leaves with @result, unless the call is over already. Returns
 * false if @queued_only and the call was sent: then it has to stay.
 */
static bool cryptech_call_leave(struct cryptech_call *call, int result,
				bool queued_only)
{
	struct cryptech_device *dev = call->client->dev;
	bool unqueued, left;

	spin_lock_bh(&dev->lock);
	unqueued = cryptech_unqueue(call);
	left = unqueued || !queued_only;
	if (left)
		cryptech_call_finish(dev, call, result);
	spin_unlock_bh(&dev->lock);
	if (unqueued)
		cryptech_call_put(call);	/* the queue's reference */
	return left;
}

static long cryptech_call_time_left(struct cryptech_call *call)
{
	unsigned long age = jiffies - call->submitted;
	unsigned long timeout = msecs_to_jiffies(call->timeout_ms);

	return age < timeout ? timeout - age : 1;
}

int cryptech_call_result(const struct cryptech_call *call, u32 *error)
{
	if (error)
		*error = call->result ? 0 : call->error;
	return call->result ? call->result : cryptech_errno(call->error);
}

int cryptech_call_wait(struct cryptech_call *call, u32 *error)
{
	long left = -ERESTARTSYS;

	if (error)
		*error = 0;
	if (!call->committed) {
		left = cryptech_call_time_left(call);
		left = wait_for_completion_interruptible_timeout(&call->finished,
								 left);
		if (left < 0 && cryptech_call_leave(call, -ERESTARTSYS, true))
			return call->result;
	}
	if (left < 0) {
		left = cryptech_call_time_left(call);
		left = wait_for_completion_killable_timeout(&call->finished,
							    left);
	}
	if (left <= 0)
		cryptech_call_leave(call, left ? -EINTR : -ETIMEDOUT, false);
	return cryptech_call_result(call, error);
}

int cryptech_call_run(struct cryptech_call *call, u32 *error)
{
	int err;

	if (error)
		*error = 0;
	err = cryptech_call_submit(call, NULL);
	return err ? err : cryptech_call_wait(call, error);
}

void cryptech_call_results(const struct cryptech_call *call,
			   struct xdr_reader *r)
{
	xdr_reader_init(r, call->reply, call->reply_len);
	xdr_get_raw(r, CRYPTECH_RPC_REPLY_MIN);
}
