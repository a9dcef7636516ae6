/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Ciphers: requests of the crypto API, which may neither sleep nor allocate.
 *
 * Sixteen slots are kept for them. A request takes one until it ends, and
 * goes over it message by message, each copied straight between the caller's
 * memory and the slot: what is in them is its codec's business. If all are
 * taken the request waits in the device's queue, if it says that it may, and
 * else is refused.
 *
 * The API's request holds a struct cryptech_cipher. Whoever copies a message has
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

struct crypto_async_request;
struct cryptech_cipher;
struct cryptech_device;
struct cryptech_tfm_key;
struct xdr_reader;
struct xdr_writer;

/**
 * struct cryptech_codec - the messages of a kind of request
 * @write:	write the next message's arguments; @cipher->function is its
 *		function, which @write may set
 * @read:	take the results: @r reads a copy of the first
 *		CRYPTECH_CIPHER_HEAD bytes of the message, @reply is all of it, in
 *		memory that the HSM may be changing, @len its length. Returns 0,
 *		1 if another message is to follow, or -EPROTO if it is no answer
 *		to what was sent
 * @finish:	the request succeeded; may be NULL
 *
 * Called by whoever has the slot, in any context but hard interrupt.
 */
struct cryptech_codec {
	void (*write)(struct cryptech_cipher *cipher, struct xdr_writer *w);
	int (*read)(struct cryptech_cipher *cipher, struct xdr_reader *r,
		    const void *reply, u32 len);
	void (*finish)(struct cryptech_cipher *cipher);
};

#define CRYPTECH_CIPHER_HEAD	128	/* bytes */

/**
 * struct cryptech_cipher - a request of the crypto API
 * @base:	the request
 * @codec:	its messages
 * @dev:	the device; a reference is held
 * @entry:	in the queue, or a list of those to end
 * @function:	of the message that is under way
 * @uuid:	of the key
 * @result:	what it ends with
 * @waited:	it was in the queue: -EINPROGRESS is due first
 */
struct cryptech_cipher {
	struct crypto_async_request *base;
	const struct cryptech_codec *codec;
	struct cryptech_device *dev;
	struct list_head entry;
	u32 function;
	u8 uuid[CRYPTECH_UUID_SIZE];
	int result;
	bool waited;
};

/**
 * cryptech_cipher_submit() - Start a request
 * @cipher:	@base, @codec, @function filled in, the rest zero
 * @key:	of the tfm
 *
 * Any context but hard interrupt. The request ends in bounded time: 0, -EIO as the HSM was
 * lost, -ENODEV likewise while it waited in the queue, -ETIMEDOUT, or the
 * HSM's error.
 *
 * Return: -EINPROGRESS, -EBUSY if it waits in the queue; it fails with -ENOSPC
 * if there is no room, or as cryptech_tfm_device().
 */
int cryptech_cipher_submit(struct cryptech_cipher *cipher,
			   const struct cryptech_tfm_key *key);

/* The longest message that the HSM takes; @cipher has been submitted. */
unsigned int cryptech_cipher_message_max(const struct cryptech_cipher *cipher);

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

/* --- the doors: skcipher.c, aead.c, mac.c, akcipher.c, sig.c ------------- */

int cryptech_skciphers_register(void);
void cryptech_skciphers_unregister(void);
int cryptech_aead_register(void);
void cryptech_aead_unregister(void);
int cryptech_macs_register(void);
void cryptech_macs_unregister(void);
int cryptech_akciphers_register(void);
void cryptech_akciphers_unregister(void);
int cryptech_sigs_register(void);
void cryptech_sigs_unregister(void);

#endif /* CRYPTECH_CIPHER_H */
