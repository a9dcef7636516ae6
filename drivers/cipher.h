/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Ciphers: requests of the crypto API, which may neither sleep nor allocate.
 *
 * Sixteen slots are kept for them. A request takes one until it ends, and
 * goes over it chunk by chunk, each copied straight between the caller's
 * memory and the slot. If all are taken the request waits in the device's
 * queue, if it says that it may, and else is refused.
 *
 * The API's request holds a struct cryptech_cipher. Whoever copies a chunk has
 * the slot to himself (`active`), under rcu_read_lock(): if the HSM is lost
 * meanwhile it is he who ends the request. So nobody touches the caller's
 * memory once the request has ended.
 */
#ifndef CRYPTECH_CIPHER_H
#define CRYPTECH_CIPHER_H

#include <linux/list.h>
#include <linux/types.h>

#include <cryptech/rpc.h>

#define CRYPTECH_CIPHER_BLOCK	16	/* bytes, of AES; and of the IV */

struct cryptech_device;
struct skcipher_request;

/**
 * struct cryptech_cipher - a request of the crypto API
 * @req:	the request
 * @dev:	the device; a reference is held
 * @entry:	in a list of those to end
 * @function:	CRYPTECH_RPC_ENCRYPT or _DECRYPT
 * @mode:	CRYPTECH_MODE_*
 * @uuid:	of the key
 * @iv:		for the next chunk
 * @done:	bytes that are done
 * @chunk:	bytes of the chunk that is under way
 * @result:	what it ends with
 * @waited:	it was in the queue: -EINPROGRESS is due first
 */
struct cryptech_cipher {
	struct skcipher_request *req;
	struct cryptech_device *dev;
	struct list_head entry;
	u32 function;
	u32 mode;
	u8 uuid[CRYPTECH_UUID_SIZE];
	u8 iv[CRYPTECH_CIPHER_BLOCK];
	unsigned int done;
	unsigned int chunk;
	int result;
	bool waited;
};

/**
 * cryptech_cipher_submit() - Start a request
 * @cipher:	@req, @dev, @function, @mode, @uuid, @iv filled in, the rest
 *		zero; at least one block of data, whole ones but for XTS
 *
 * Any context but hard interrupt. Takes over the reference to the device
 * unless it fails. The request ends in bounded time: 0, -EIO as the HSM was
 * lost, -ENODEV likewise while it waited in the queue, -ETIMEDOUT, or the
 * HSM's error.
 *
 * Return: -EINPROGRESS, -EBUSY if it waits in the queue; it fails with -ENOSPC
 * if there is no room, or -ENODEV.
 */
int cryptech_cipher_submit(struct cryptech_cipher *cipher);

/* --- for the core: cipher.c ---------------------------------------------- */

void cryptech_ciphers_init(struct cryptech_device *dev);

/* As cryptech_device_answer(), for the slots of ciphers. */
int cryptech_cipher_answer(struct cryptech_device *dev, u32 slot, u64 id,
			   const void *reply, u32 len);

/*
 * With dev->lock held, as cryptech_calls_fail() and _expire(): what has to end
 * is put on a list for cryptech_ciphers_end(), without the lock.
 */
void cryptech_ciphers_fail(struct cryptech_device *dev, struct list_head *ended);
bool cryptech_ciphers_expire(struct cryptech_device *dev,
			     struct list_head *ended);
bool cryptech_ciphers_idle(struct cryptech_device *dev);

void cryptech_ciphers_end(struct list_head *ended);

/* --- the doors: skcipher.c, akcipher.c ----------------------------------- */

int cryptech_skciphers_register(void);
void cryptech_skciphers_unregister(void);
int cryptech_akciphers_register(void);
void cryptech_akciphers_unregister(void);

#endif /* CRYPTECH_CIPHER_H */
