// SPDX-License-Identifier: GPL-2.0
/* Cipher requests on their slots: see cipher.h. */
#include <crypto/algapi.h>
#include <crypto/internal/skcipher.h>
#include <crypto/scatterwalk.h>
#include <linux/bottom_half.h>
#include <linux/errno.h>
#include <linux/jiffies.h>
#include <linux/rcupdate.h>
#include <linux/string.h>

#include "cipher.h"
#include "cryptech.h"

#define XDR_OPAQUE(len)		(4 + ALIGN(len, 4))

/* What precedes the data: function, client; uuid, mode, iv, block, length. */
#define REQUEST_HEAD	(CRYPTECH_RPC_REQUEST_MIN +			       \
			 XDR_OPAQUE(CRYPTECH_UUID_SIZE) + 4 +		       \
			 XDR_OPAQUE(CRYPTECH_CIPHER_BLOCK) + 4 + 4)

/* Likewise: function, client, error; iv, length. */
#define REPLY_HEAD	(CRYPTECH_RPC_REPLY_MIN +			       \
			 XDR_OPAQUE(CRYPTECH_CIPHER_BLOCK) + 4)

void cryptech_ciphers_init(struct cryptech_device *dev)
{
	/* none is waiting who did not say that he may */
	crypto_init_queue(&dev->cipher_queue, 0);
}

/* --- ending -------------------------------------------------------------- */

static void cipher_tell(struct skcipher_request *req, int result)
{
	local_bh_disable();
	crypto_request_complete(&req->base, result);
	local_bh_enable();
}

/* It leaves the queue: the crypto API says so before the result. */
static void cipher_tell_started(struct cryptech_cipher *cipher)
{
	if (cipher->waited)
		cipher_tell(cipher->req, -EINPROGRESS);
	cipher->waited = false;
}

/* The request is its caller's again, and with it @cipher. */
static void cipher_end(struct cryptech_cipher *cipher, int result)
{
	struct skcipher_request *req = cipher->req;
	struct cryptech_device *dev = cipher->dev;

	cipher_tell_started(cipher);
	if (!result && cipher->mode == CRYPTECH_MODE_CBC)
		memcpy(req->iv, cipher->iv, CRYPTECH_CIPHER_BLOCK);
	cipher_tell(req, result);
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
	struct crypto_async_request *base =
		crypto_dequeue_request(&dev->cipher_queue);

	lockdep_assert_held(&dev->lock);
	return base ? skcipher_request_ctx(skcipher_request_cast(base)) : NULL;
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
		if (slot->cipher)
			ended_add(slot->cipher, -EIO, ended);
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

/* --- chunks, by whoever has the slot to himself -------------------------- */

/*
 * How long the next chunk is: whole blocks, except at the end. XTS cannot end
 * in a chunk of less than a block.
 */
static unsigned int chunk_length(const struct cryptech_cipher *cipher)
{
	unsigned int max = ALIGN_DOWN(cipher->dev->message_max - REQUEST_HEAD,
				      CRYPTECH_CIPHER_BLOCK);
	unsigned int left = cipher->req->cryptlen - cipher->done;

	if (left <= max)
		return left;
	if (left - max < CRYPTECH_CIPHER_BLOCK)
		return max - CRYPTECH_CIPHER_BLOCK;
	return max;
}

/* Write the request of the next chunk; its length. */
static size_t chunk_write(struct cryptech_cipher *cipher, void *buffer)
{
	struct xdr_writer w;
	u8 *data;

	cipher->chunk = chunk_length(cipher);
	xdr_writer_init(&w, buffer, CRYPTECH_RPC_MESSAGE_MAX);
	xdr_put_u32(&w, cipher->function);
	xdr_put_u32(&w, CRYPTECH_CLIENT_KERNEL);
	xdr_put_opaque(&w, cipher->uuid, sizeof(cipher->uuid));
	xdr_put_u32(&w, cipher->mode);
	xdr_put_opaque(&w, cipher->iv, sizeof(cipher->iv));
	xdr_put_u32(&w, cipher->mode == CRYPTECH_MODE_XTS ?
			cipher->done / CRYPTECH_CIPHER_BLOCK : 0);
	data = xdr_put_opaque_room(&w, cipher->chunk);
	scatterwalk_map_and_copy(data, cipher->req->src, cipher->done,
				 cipher->chunk, 0);
	return xdr_written(&w);
}

/* Send the next chunk. */
static void chunk_send(struct cryptech_device *dev,
		       struct cryptech_cipher_slot *slot)
{
	unsigned int number = CRYPTECH_SLOTS_CALL + (slot - dev->ciphers);
	struct cryptech_cipher *cipher = slot->cipher;
	size_t len;
	bool lost;
	u64 id;

	len = chunk_write(cipher, dev->ops->buffer(dev, number));
	spin_lock_bh(&dev->lock);
	lost = slot->lost;
	if (lost) {
		slot->used = false;
	} else {
		slot->active = false;
		slot->suspect = false;
		slot->function = cipher->function;
		slot->len = len;
		slot->sent = jiffies;
		slot->id = ++dev->call_id;
		id = slot->id;
	}
	spin_unlock_bh(&dev->lock);
	if (lost)
		cipher_end(cipher, -EIO);
	else
		dev->ops->send(dev, number, id, NULL, len);
}

/*
 * Take the answer to a chunk out of memory that the HSM may be changing: the
 * head is copied, then checked. Returns 0, the HSM's error as -errno, or
 * -EPROTO if it is no answer to it.
 */
static int chunk_read(struct cryptech_cipher_slot *slot, const void *reply,
		      u32 len)
{
	struct cryptech_cipher *cipher = slot->cipher;
	u8 copy[REPLY_HEAD];
	struct xdr_reader r;
	const u8 *iv;
	size_t iv_len;
	u32 error;

	memcpy(copy, reply, min_t(size_t, len, sizeof(copy)));
	xdr_reader_init(&r, copy, min_t(size_t, len, sizeof(copy)));
	if (xdr_get_u32(&r) != slot->function ||
	    xdr_get_u32(&r) != CRYPTECH_CLIENT_KERNEL)
		return -EPROTO;
	error = xdr_get_u32(&r);
	if (error)
		return cryptech_errno(error) == -EPROTO ?
		       -EIO : cryptech_errno(error);
	if (!cipher)
		return 0;
	iv = xdr_get_opaque(&r, &iv_len);
	if (xdr_get_u32(&r) != cipher->chunk || r.bad ||
	    iv_len != sizeof(cipher->iv) ||
	    len != REPLY_HEAD + ALIGN(cipher->chunk, 4))
		return -EPROTO;
	memcpy(cipher->iv, iv, sizeof(cipher->iv));
	scatterwalk_map_and_copy((void *)reply + REPLY_HEAD, cipher->req->dst,
				 cipher->done, cipher->chunk, 1);
	cipher->done += cipher->chunk;
	return 0;
}

/* --- requests ------------------------------------------------------------ */

int cryptech_cipher_submit(struct cryptech_cipher *cipher)
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
		if (!slot) {
			cipher->waited = true;
			ret = crypto_enqueue_request(&dev->cipher_queue,
						     &cipher->req->base);
		}
	}
	spin_unlock_bh(&dev->lock);
	if (slot)
		chunk_send(dev, slot);
	rcu_read_unlock();
	return ret;
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
		chunk_send(dev, slot);
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
	result = chunk_read(slot, reply, len);
	if (result == -EPROTO) {
		slot_leave(dev, slot);
		return -EPROTO;
	}
	if (!result && cipher && cipher->done < cipher->req->cryptlen) {
		chunk_send(dev, slot);
		return 0;
	}
	dev->ops->wipe(dev, number, slot->len);
	slot_pass_on(dev, slot);
	if (cipher)
		cipher_end(cipher, result);
	return 0;
}
