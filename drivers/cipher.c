// SPDX-License-Identifier: GPL-2.0
/* Cipher requests on their slots: see cipher.h. */
#include <crypto/algapi.h>
#include <linux/bottom_half.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/rcupdate.h>
#include <linux/string.h>

#include "cipher.h"
#include "cryptech.h"
#include "token.h"
#include "trace.h"

void cryptech_ciphers_init(struct cryptech_device *dev)
{
	INIT_LIST_HEAD(&dev->cipher_queue);
}

/* --- tracing: one submit and one complete for each message --------------- */

static void slot_trace_submit(struct cryptech_device *dev,
			      struct cryptech_cipher_slot *slot)
{
	trace_cryptech_submit(dev->index, CRYPTECH_CLIENT_KERNEL, slot->id,
			      slot->function, slot->len);
}

static void slot_trace_complete(struct cryptech_device *dev,
				struct cryptech_cipher_slot *slot, int result,
				u32 reply)
{
	if (trace_cryptech_complete_enabled())
		trace_cryptech_complete(dev->index, CRYPTECH_CLIENT_KERNEL,
					slot->id, slot->function, result,
					slot->error, reply,
					ktime_get_ns() - slot->sent_ns);
}

/* --- ending -------------------------------------------------------------- */

static void cipher_tell(struct crypto_async_request *base, int result)
{
	local_bh_disable();
	crypto_request_complete(base, result);
	local_bh_enable();
}

/* It leaves the queue: the crypto API says so before the result. */
static void cipher_tell_started(struct cryptech_cipher *cipher)
{
	if (cipher->waited)
		cipher_tell(cipher->base, -EINPROGRESS);
	cipher->waited = false;
}

/* The request is its caller's again, and with it @cipher. */
static void cipher_end(struct cryptech_cipher *cipher, int result)
{
	struct crypto_async_request *base = cipher->base;
	struct cryptech_device *dev = cipher->dev;

	cipher_tell_started(cipher);
	if (!result && cipher->codec->finish)
		cipher->codec->finish(cipher);
	cipher_tell(base, result);
	cryptech_device_put(dev);
}

void cryptech_ciphers_end(struct list_head *ended)
{
	struct cryptech_cipher *cipher, *next;

	list_for_each_entry_safe(cipher, next, ended, entry)
		cipher_end(cipher, cipher->result);
}

/* --- slots, under dev->lock ---------------------------------------------- */

static struct cryptech_cipher_slot *slot_take(struct cryptech_device *dev,
					      struct cryptech_cipher *cipher)
{
	struct cryptech_cipher_slot *slot;

	lockdep_assert_held(&dev->lock);
	for (slot = dev->ciphers; slot < dev->ciphers + CRYPTECH_SLOTS_CIPHER;
	     slot++) {
		if (slot->used)
			continue;
		memset(slot, 0, sizeof(*slot));
		slot->cipher = cipher;
		slot->used = true;
		slot->active = true;
		return slot;
	}
	return NULL;
}

static struct cryptech_cipher *queue_next(struct cryptech_device *dev)
{
	struct cryptech_cipher *cipher;

	lockdep_assert_held(&dev->lock);
	cipher = list_first_entry_or_null(&dev->cipher_queue,
					  struct cryptech_cipher, entry);
	if (cipher)
		list_del(&cipher->entry);
	return cipher;
}

static void ended_add(struct cryptech_cipher *cipher, int result,
		      struct list_head *ended)
{
	cipher->result = result;
	list_add_tail(&cipher->entry, ended);
}

void cryptech_ciphers_fail(struct cryptech_device *dev, struct list_head *ended)
{
	struct cryptech_cipher_slot *slot;
	struct cryptech_cipher *cipher;

	lockdep_assert_held(&dev->lock);
	for (slot = dev->ciphers; slot < dev->ciphers + CRYPTECH_SLOTS_CIPHER;
	     slot++) {
		if (!slot->used)
			continue;
		if (slot->active) {
			slot->lost = true;
			continue;
		}
		slot->used = false;
		if (slot->cipher) {
			slot_trace_complete(dev, slot, -EIO, 0);
			ended_add(slot->cipher, -EIO, ended);
		}
	}
	while ((cipher = queue_next(dev)))
		ended_add(cipher, -ENODEV, ended);
}

/* As for ordinary calls; see cryptech_call_is_lost(). */
static bool slot_is_lost(struct cryptech_device *dev,
			 struct cryptech_cipher_slot *slot, unsigned long age,
			 unsigned long deadline)
{
	unsigned int number = CRYPTECH_SLOTS_CALL + (slot - dev->ciphers);
	bool suspect = slot->suspect;

	if (age / 2 >= deadline)
		return true;
	slot->suspect = age >= msecs_to_jiffies(CRYPTECH_MAILBOX_LOST_MS) &&
			!dev->ops->busy(dev, number);
	return suspect && slot->suspect;
}

bool cryptech_ciphers_expire(struct cryptech_device *dev,
			     struct list_head *ended)
{
	unsigned long deadline =
		msecs_to_jiffies(cryptech_call_timeout(CRYPTECH_RPC_ENCRYPT));
	struct cryptech_cipher_slot *slot;
	unsigned long age;
	bool lost = false;

	lockdep_assert_held(&dev->lock);
	for (slot = dev->ciphers; slot < dev->ciphers + CRYPTECH_SLOTS_CIPHER;
	     slot++) {
		if (!slot->used || slot->active)
			continue;
		age = jiffies - slot->sent;
		if (slot->cipher && age >= deadline) {
			slot_trace_complete(dev, slot, -ETIMEDOUT, 0);
			ended_add(slot->cipher, -ETIMEDOUT, ended);
			/* the slot is the HSM's until it answers */
			slot->cipher = NULL;
		}
		lost |= slot_is_lost(dev, slot, age, deadline);
	}
	return lost;
}

bool cryptech_ciphers_idle(struct cryptech_device *dev)
{
	bool idle = true;
	int i;

	lockdep_assert_held(&dev->lock);
	for (i = 0; i < CRYPTECH_SLOTS_CIPHER; i++)
		idle &= !dev->ciphers[i].used;
	return idle;
}

/* --- messages, by whoever has the slot to himself ------------------------ */

/* Write the next message; its length. */
static size_t message_write(struct cryptech_cipher *cipher, void *buffer)
{
	struct xdr_writer w, function;

	xdr_writer_init(&w, buffer, CRYPTECH_RPC_MESSAGE_MAX);
	function = w;
	xdr_put_u32(&w, 0);
	xdr_put_u32(&w, CRYPTECH_CLIENT_KERNEL);
	xdr_put_opaque(&w, cipher->uuid, sizeof(cipher->uuid));
	cipher->codec->write(cipher, &w);
	/* which it is, the codec has said by now */
	xdr_put_u32(&function, cipher->function);
	return xdr_written(&w);
}

/* Send the next message. */
static void message_send(struct cryptech_device *dev,
			 struct cryptech_cipher_slot *slot)
{
	unsigned int number = CRYPTECH_SLOTS_CALL + (slot - dev->ciphers);
	struct cryptech_cipher *cipher = slot->cipher;
	size_t len;
	bool lost;
	u64 id;

	len = message_write(cipher, dev->ops->buffer(dev, number));
	spin_lock_bh(&dev->lock);
	lost = slot->lost;
	if (lost) {
		slot->used = false;
	} else {
		slot->active = false;
		slot->suspect = false;
		slot->function = cipher->function;
		slot->len = len;
		slot->error = 0;
		slot->sent = jiffies;
		slot->sent_ns = ktime_get_ns();
		slot->id = ++dev->call_id;
		id = slot->id;
		slot_trace_submit(dev, slot);
	}
	spin_unlock_bh(&dev->lock);
	if (lost)
		cipher_end(cipher, -EIO);
	else
		dev->ops->send(dev, number, id, NULL, len);
}

/*
 * Take the answer out of memory that the HSM may be changing: the head is
 * copied, then checked. Returns what the codec does, or the HSM's error as
 * -errno.
 */
static int message_read(struct cryptech_cipher_slot *slot, const void *reply,
			u32 len)
{
	struct cryptech_cipher *cipher = slot->cipher;
	u8 copy[CRYPTECH_CIPHER_HEAD];
	struct xdr_reader r;
	u32 error;
	int ret;

	len = min_t(u32, len, CRYPTECH_RPC_MESSAGE_MAX);
	memcpy(copy, reply, min_t(size_t, len, sizeof(copy)));
	xdr_reader_init(&r, copy, min_t(size_t, len, sizeof(copy)));
	if (xdr_get_u32(&r) != slot->function ||
	    xdr_get_u32(&r) != CRYPTECH_CLIENT_KERNEL)
		return -EPROTO;
	error = xdr_get_u32(&r);
	if (r.bad)
		return -EPROTO;
	slot->error = error;
	if (error == CRYPTECH_ERR_INVALID_SIGNATURE)
		return -EBADMSG;	/* the crypto API's word for a wrong tag */
	if (error)
		return cryptech_errno(error) == -EPROTO ?
		       -EIO : cryptech_errno(error);
	if (!cipher)
		return 0;
	ret = cipher->codec->read(cipher, &r, reply, len);
	memzero_explicit(copy, sizeof(copy));
	return ret;
}

/* --- requests ------------------------------------------------------------ */

/* No slot is free: it waits, if it says that it may. */
static int cipher_enqueue(struct cryptech_device *dev,
			  struct cryptech_cipher *cipher)
{
	lockdep_assert_held(&dev->lock);
	if (!(cipher->base->flags & CRYPTO_TFM_REQ_MAY_BACKLOG))
		return -ENOSPC;
	cipher->waited = true;
	list_add_tail(&cipher->entry, &dev->cipher_queue);
	return -EBUSY;
}

/* Takes over the reference to the device unless it fails. */
static int cipher_start(struct cryptech_cipher *cipher)
{
	struct cryptech_device *dev = cipher->dev;
	struct cryptech_cipher_slot *slot = NULL;
	int ret = -ENODEV;

	rcu_read_lock();
	spin_lock_bh(&dev->lock);
	if (dev->state == CRYPTECH_READY && dev->libhal) {
		ret = -EOPNOTSUPP;
	} else if (dev->state == CRYPTECH_READY) {
		ret = -EINPROGRESS;
		slot = slot_take(dev, cipher);
		if (!slot)
			ret = cipher_enqueue(dev, cipher);
	}
	spin_unlock_bh(&dev->lock);
	if (slot)
		message_send(dev, slot);
	rcu_read_unlock();
	return ret;
}

int cryptech_cipher_submit(struct cryptech_cipher *cipher,
			   const struct cryptech_tfm_key *key)
{
	struct cryptech_device *dev = cryptech_tfm_device(key);
	int ret;

	if (IS_ERR(dev))
		return PTR_ERR(dev);
	cipher->dev = dev;
	memcpy(cipher->uuid, key->uuid, sizeof(cipher->uuid));
	ret = cipher_start(cipher);
	if (ret != -EINPROGRESS && ret != -EBUSY)
		cryptech_device_put(dev);
	return ret;	/* it may be over already */
}

unsigned int cryptech_cipher_message_max(const struct cryptech_cipher *cipher)
{
	return cipher->dev->message_max;
}

/* The slot is free for the next request, if one waits. */
static void slot_pass_on(struct cryptech_device *dev,
			 struct cryptech_cipher_slot *slot)
{
	struct cryptech_cipher *next = NULL;
	bool stopped;

	spin_lock_bh(&dev->lock);
	slot->used = false;
	if (dev->state == CRYPTECH_READY)
		next = queue_next(dev);
	if (next)
		slot = slot_take(dev, next);
	stopped = dev->state == CRYPTECH_STOPPED;
	spin_unlock_bh(&dev->lock);
	if (stopped)
		wake_up_all(&dev->wait);
	if (next) {
		cipher_tell_started(next);
		message_send(dev, slot);
	}
}

/* Take the slot to oneself, if this is the answer that it waits for. */
static struct cryptech_cipher_slot *
slot_find_answered(struct cryptech_device *dev, u32 number, u64 id)
{
	struct cryptech_cipher_slot *slot =
		&dev->ciphers[number - CRYPTECH_SLOTS_CALL];

	spin_lock_bh(&dev->lock);
	if (!slot->used || slot->active || slot->id != id)
		slot = NULL;
	else
		slot->active = true;
	spin_unlock_bh(&dev->lock);
	return slot;
}

/* The HSM is about to be reset, which ends the request, if it has not yet. */
static void slot_leave(struct cryptech_device *dev,
		       struct cryptech_cipher_slot *slot)
{
	struct cryptech_cipher *cipher = NULL;

	spin_lock_bh(&dev->lock);
	slot->active = false;
	if (slot->lost) {
		slot->used = false;
		cipher = slot->cipher;
		if (cipher)
			slot_trace_complete(dev, slot, -EIO, 0);
	}
	spin_unlock_bh(&dev->lock);
	if (cipher)
		cipher_end(cipher, -EIO);
}

int cryptech_cipher_answer(struct cryptech_device *dev, u32 number, u64 id,
			   const void *reply, u32 len)
{
	struct cryptech_cipher_slot *slot;
	struct cryptech_cipher *cipher;
	int result;

	slot = slot_find_answered(dev, number, id);
	if (!slot)
		return -EPROTO;
	cipher = slot->cipher;
	result = message_read(slot, reply, len);
	if (result == -EPROTO) {
		slot_leave(dev, slot);
		return -EPROTO;
	}
	if (cipher)
		slot_trace_complete(dev, slot, min(result, 0), len);
	if (result > 0) {
		message_send(dev, slot);
		return 0;
	}
	dev->ops->wipe(dev, number, slot->len);
	slot_pass_on(dev, slot);
	if (cipher)
		cipher_end(cipher, result);
	return 0;
}
