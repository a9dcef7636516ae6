/* SPDX-License-Identifier: GPL-2.0 */
/*
 * cryptech.ko inside: devices, clients and calls.
 *
 * Objects, and who keeps them alive:
 *
 *  device	a struct device with its cdev; held by the transport until it
 *		unregisters it, by every client, and by whoever looked it up
 *  client	a client word of one device and one incarnation; held by its
 *		open file or by the device (the kernel's own), by each of its
 *		calls, and by whoever got it from a descriptor. The last put
 *		sends LOGOUT and never waits
 *  call	one request and its reply; held by its maker (the waiter) and,
 *		from submission until the answer or a reset, by its slot
 *  cipher	a request of the crypto API on one of the slots that are kept
 *		for them; it lies in the API's own request (cipher.h)
 *
 * Locks: cryptech_device.lock (a spinlock, BH off) guards a device's state,
 * slots and queue. Senders hold the RCU read lock from their look at the
 * state to the end of the transport's work, so that after a change of state
 * and synchronize_rcu() the transport is left alone. No lock is held over a
 * call to the HSM.
 */
#ifndef CRYPTECH_DRIVER_H
#define CRYPTECH_DRIVER_H

#include <linux/cdev.h>
#include <linux/completion.h>
#include <linux/device.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>

#include <cryptech/mailbox.h>
#include <cryptech/rpc.h>
#include <cryptech/xdr.h>

/*
 * Slots of a device. Ciphers have the last ones to themselves; long calls may
 * stand in the first ones only, so that they never hold up short ones.
 */
#define CRYPTECH_SLOTS		CRYPTECH_MAILBOX_SLOTS
#define CRYPTECH_SLOTS_CIPHER	16
#define CRYPTECH_SLOTS_CALL	(CRYPTECH_SLOTS - CRYPTECH_SLOTS_CIPHER)
#define CRYPTECH_SLOTS_LONG	16

#define CRYPTECH_RPC_OURS	0x100	/* from here on: not libhal's */
#define CRYPTECH_RELEASE_MAX	64	/* text of STATUS, with its zero */

struct cryptech_call;
struct cryptech_cipher;
struct cryptech_device;
struct cryptech_hwrng;
struct cryptech_pager;
struct cryptech_watch;

/* --- transports ---------------------------------------------------------- */

/**
 * struct cryptech_transport_ops - what a bus does for the core
 * @buffer:	Where the request of @slot, which is free, can be written:
 *		CRYPTECH_RPC_MESSAGE_MAX bytes. Any context but hard interrupt.
 * @send:	Give a request to the HSM. Any context but hard interrupt,
 *		must not sleep. @slot is free, @id was never used before.
 *		@request is NULL if the request stands in @buffer.
 * @wipe:	Overwrite the request of @slot (@len bytes of it), which was
 *		answered. Same context as @send.
 * @begin:	Forget all calls and ask the HSM to do so. No @send runs or
 *		will run until @ready said yes. Process context. Returns 0, or
 *		an error if the HSM is not there (@begin is called again).
 * @ready:	Has the HSM done what @begin asked for? If not, remind it.
 *		Process context. After a yes @send may be called, and
 *		cryptech_device.libhal says what the HSM understands.
 * @check:	Take what answers there are (no interrupt is relied on), then:
 *		is the HSM alive and sane? 0, or -EREMOTEIO: all calls are
 *		lost. Process context.
 * @busy:	Is the HSM still working on @slot? Same context as @send.
 *
 * The core makes no call into a transport after cryptech_device_unregister().
 */
struct cryptech_transport_ops {
	void *(*buffer)(struct cryptech_device *dev, unsigned int slot);
	void (*send)(struct cryptech_device *dev, unsigned int slot, u64 id,
		     const void *request, size_t len);
	void (*wipe)(struct cryptech_device *dev, unsigned int slot,
		     size_t len);
	int (*begin)(struct cryptech_device *dev);
	bool (*ready)(struct cryptech_device *dev);
	int (*check)(struct cryptech_device *dev);
	bool (*busy)(struct cryptech_device *dev, unsigned int slot);
};

/* --- devices ------------------------------------------------------------- */

/**
 * enum cryptech_state - how a device and its HSM stand to each other
 * @CRYPTECH_ABSENT:	the calls are lost; the HSM was not asked yet to
 *			start anew
 * @CRYPTECH_WAITING:	it was asked
 * @CRYPTECH_ATTACHING:	it answered; ATTACH is under way
 * @CRYPTECH_READY:	calls go
 * @CRYPTECH_STOPPED:	not registered yet, suspended or shut down
 * @CRYPTECH_GONE:	unregistered, for ever
 */
enum cryptech_state {
	CRYPTECH_ABSENT,
	CRYPTECH_WAITING,
	CRYPTECH_ATTACHING,
	CRYPTECH_READY,
	CRYPTECH_STOPPED,
	CRYPTECH_GONE,
};

/**
 * struct cryptech_cipher_slot - a slot that is kept for ciphers
 * @cipher:	the request on it; NULL if there is none, or nobody waits any
 *		more
 * @used:	the slot is not free
 * @active:	somebody copies a chunk to or from it, under rcu_read_lock():
 *		@cipher stays until he is done
 * @lost:	the HSM was lost meanwhile; he has to end the request
 * @suspect:	its call seemed lost at the last look
 * @function:	that was sent
 * @id:		number of the call
 * @sent:	jiffies
 * @len:	bytes of the request
 * @error:	the HSM's, of its answer
 * @sent_ns:	as @sent, for tracing
 */
struct cryptech_cipher_slot {
	struct cryptech_cipher *cipher;
	bool used;
	bool active;
	bool lost;
	bool suspect;
	u32 function;
	u64 id;
	unsigned long sent;
	size_t len;
	u32 error;
	u64 sent_ns;
};

/**
 * struct cryptech_device - one HSM
 * @dev:	of class cryptech, cryptechN
 * @cdev:	/dev/cryptechN
 * @entry:	in the list of devices
 * @index:	N; another device may have it once this one is unregistered
 * @was_registered: unregistration frees what else release does
 * @ops:	the transport
 * @libhal:	the HSM knows libhal's functions alone; changes only while
 *		@state is CRYPTECH_WAITING
 * @transport:	the transport's own data
 * @wq:		done callbacks, the sweep; lives until unregistration, used
 *		under @lock and before @state is CRYPTECH_GONE only
 * @sweep:	the one delayed work: deadlines, heartbeat, attach
 * @wait:	woken when @state leaves CRYPTECH_READY (poll of files), and,
 *		when stopped, by every answer
 * @lock:	guards what follows, up to @clients
 * @state:	enum cryptech_state
 * @failed:	the transport saw the protocol broken: reset
 * @incarnation: counts attaches; stands for the present one when ready
 * @call_id:	number of the latest call; never used twice
 * @slots:	ordinary calls in flight, by slot
 * @queue:	short calls that wait for a slot
 * @long_queue:	long ones
 * @ciphers:	the slots from CRYPTECH_SLOTS_CALL on
 * @cipher_queue: requests that wait for one of these
 * @serial:	the HSM's, valid if @incarnation is not 0
 * @release:	the HSM's firmware version, zero-terminated
 * @message_max: longest message that the HSM takes, bytes
 * @kernel:	the kernel's own client in this incarnation, or NULL
 * @mux:	client 0 of this incarnation: ATTACH, STATUS, random numbers
 * @clients:	client word -> client; own lock
 * @next_word:	where to look for the next free client word
 * @hwrng:	its random number generator (hwrng.c)
 * @watch:	its hash signature keys in use, figures for sysfs (hashwatch.c)
 * @pager:	sealed keys that are in the HSM (pager.c)
 */
struct cryptech_device {
	struct device dev;
	struct cdev cdev;
	struct list_head entry;
	int index;
	bool was_registered;
	const struct cryptech_transport_ops *ops;
	void *transport;
	bool libhal;
	struct workqueue_struct *wq;
	struct delayed_work sweep;
	wait_queue_head_t wait;

	spinlock_t lock;		/* of what follows, up to clients */
	enum cryptech_state state;
	bool failed;
	u64 incarnation;
	u64 call_id;
	struct cryptech_call *slots[CRYPTECH_SLOTS_CALL];
	struct list_head queue;
	struct list_head long_queue;
	struct cryptech_cipher_slot ciphers[CRYPTECH_SLOTS_CIPHER];
	struct list_head cipher_queue;
	u8 serial[CRYPTECH_SERIAL_SIZE];
	char release[CRYPTECH_RELEASE_MAX];
	u32 message_max;
	struct cryptech_client *kernel;
	struct cryptech_client *mux;

	struct xarray clients;
	u32 next_word;

	u8 *spare;			/* see cryptech_reply_get() */
	struct cryptech_hwrng *hwrng;
	struct cryptech_watch *watch;
	struct cryptech_pager *pager;
};

/*
 * For transports. alloc: the caller holds the one reference. register: starts
 * looking for the HSM, /dev/cryptechN appears; on failure the caller only has
 * to put. unregister: every call fails, every file is dead; may sleep, waits
 * for done callbacks; then put. stop: no calls any more, those in flight have
 * 2 s; for suspend and shutdown. start: after resume; attaches anew.
 */
struct cryptech_device *
cryptech_device_alloc(struct device *parent,
		      const struct cryptech_transport_ops *ops,
		      void *transport);
int cryptech_device_register(struct cryptech_device *dev);
void cryptech_device_unregister(struct cryptech_device *dev);
void cryptech_device_stop(struct cryptech_device *dev);
void cryptech_device_start(struct cryptech_device *dev);

u8 *cryptech_reply_get(struct cryptech_device *dev, size_t size, gfp_t gfp);
void cryptech_reply_put(struct cryptech_device *dev, u8 *reply, size_t size,
			size_t used);

/**
 * cryptech_device_answer - the transport has a reply
 * @dev:	the device
 * @slot:	as the HSM gave it, unchecked
 * @id:		likewise
 * @reply:	the message; may be changed by the HSM meanwhile, is read once
 * @len:	its length, as the HSM gave it, unchecked; at most
 *		CRYPTECH_RPC_MESSAGE_MAX bytes are ever read
 *
 * Any context but hard interrupt. Returns 0, or -EPROTO if there is no such call
 * or the reply is not one to it: the transport then calls
 * cryptech_device_fail().
 */
int cryptech_device_answer(struct cryptech_device *dev, u32 slot, u64 id,
			   const void *reply, u32 len);

/*
 * The HSM broke the protocol: reset it soon. Something about the HSM changed:
 * have a look soon. Any context but hard interrupt.
 */
void cryptech_device_fail(struct cryptech_device *dev);
void cryptech_device_attention(struct cryptech_device *dev);

/*
 * Queue @work on the device's workqueue unless the device is gone: the only
 * way to use it. Returns false if it is gone. Any context but hard interrupt.
 */
bool cryptech_device_queue(struct cryptech_device *dev,
			   struct work_struct *work);

static inline struct cryptech_device *
cryptech_device_get(struct cryptech_device *dev)
{
	get_device(&dev->dev);
	return dev;
}

static inline void cryptech_device_put(struct cryptech_device *dev)
{
	put_device(&dev->dev);
}

/*
 * Look a device up; the caller gets a reference. By /dev/cryptechN's number;
 * by serial (CRYPTECH_SERIAL_SIZE bytes; the device that attached last if a
 * serial stands twice is undefined: serials are unique); or the only one
 * there is. Errors: -ENODEV, for _only also -ENOTUNIQ if there are several.
 * Any context but hard interrupt.
 */
struct cryptech_device *cryptech_device_find(int index);
struct cryptech_device *cryptech_device_find_serial(const u8 *serial);
struct cryptech_device *cryptech_device_find_only(void);

/* Copy the serial; false if the device never attached, or has none (libhal). */
bool cryptech_device_serial(struct cryptech_device *dev, u8 *serial);

/* --- clients ------------------------------------------------------------- */

/**
 * struct cryptech_client - who calls
 * @ref:	references; the last put logs out
 * @dev:	the device; a reference is held
 * @word:	the client word in its messages
 * @incarnation: of @dev, in which it lives
 * @role:	enum cryptech_user, as the replies to LOGIN and LOGOUT told
 * @used:	a request of it was sent
 * @streams:	streams that it has in the HSM (hashstream.c)
 * @logout:	the call that the last put sends, made beforehand; from then
 *		on the call owns the client
 * @wait:	for those who poll for the end of its calls, or wait for a
 *		stream to end
 */
struct cryptech_client {
	struct kref ref;
	wait_queue_head_t wait;
	struct cryptech_device *dev;
	u32 word;
	u64 incarnation;
	u32 role;
	bool used;
	atomic_t streams;
	struct cryptech_call *logout;
};

/* A client of the present incarnation, or ERR_PTR(-ENODEV, -ENOMEM). */
struct cryptech_client *cryptech_client_new(struct cryptech_device *dev);

static inline struct cryptech_client *
cryptech_client_get(struct cryptech_client *client)
{
	kref_get(&client->ref);
	return client;
}

/* May be NULL. Any context but hard interrupt, not under dev->lock. */
void cryptech_client_put(struct cryptech_client *client);

/*
 * The kernel's own client in the present incarnation, with a reference;
 * ERR_PTR(-ENODEV) if no HSM is attached. It is there before the kernel has
 * logged in: the HSM refuses then (-EACCES).
 */
struct cryptech_client *cryptech_client_kernel(struct cryptech_device *dev);

/*
 * The client behind descriptor @fd of the current process, with a reference.
 * ERR_PTR: -EBADF no such descriptor, -EINVAL not a /dev/cryptechN.
 */
struct cryptech_client *cryptech_client_from_fd(int fd);

/* Is its incarnation the present one? (It may end at any moment.) */
bool cryptech_client_alive(struct cryptech_client *client);

/* --- calls --------------------------------------------------------------- */

typedef void (*cryptech_done_t)(struct cryptech_call *call);

/**
 * struct cryptech_call - one request and its reply
 * @args:	encode the arguments here, between new and submit
 * @timeout_ms:	deadline, counted from submission; preset by the function's
 *		cost from the module parameters, may be changed before
 * @done:	see cryptech_call_submit()
 * @polled:	wake who polls the client's file when it is over
 * @private:	the maker's
 * @committed:	what it belongs to may have happened already: only a fatal
 *		signal ends the wait for it, even before it is sent
 *
 * The rest belongs to call.c.
 */
struct cryptech_call {
	struct xdr_writer args;
	unsigned int timeout_ms;
	cryptech_done_t done;
	bool polled;
	void *private;
	bool committed;

	struct kref ref;
	struct cryptech_client *client;
	struct list_head entry;
	struct completion finished;
	struct work_struct work;
	unsigned long submitted;	/* jiffies */
	u64 submitted_ns;		/* likewise, for tracing */
	unsigned long sent;		/* jiffies, once in a slot */
	u64 id;
	int slot;			/* -1: none */
	int result;			/* 0 or -errno, once finished */
	u32 function;
	bool is_long;			/* CRYPTECH_COST_LONG */
	bool queued;			/* waits for a slot */
	bool answered;			/* its answer is just being taken */
	bool suspect;			/* seemed lost at the last look */
	bool over;			/* has its result */
	bool late;			/* had it before its answer came */
	bool attaching;			/* goes before the device is ready */
	bool releasing;			/* is the client's LOGOUT, owns it */
	u32 error;			/* the HSM's error, if result is 0 */
	size_t reply_max;
	size_t reply_len;
	u8 *request;
	u8 *reply;
};

/**
 * cryptech_call_new - make a call
 * @client:	who calls; a reference is taken
 * @function:	enum cryptech_function
 * @args_max:	room for encoded arguments, bytes
 * @results_max: room for encoded results, bytes; a longer reply is -EPROTO
 *
 * Both are capped to what a message can hold. Buffers are wiped when the call
 * is freed. May sleep. Returns the call or NULL (no memory).
 */
struct cryptech_call *cryptech_call_new(struct cryptech_client *client,
					u32 function, size_t args_max,
					size_t results_max);

/* The same in any context but hard interrupt, as @gfp says. */
struct cryptech_call *cryptech_call_alloc(struct cryptech_client *client,
					  u32 function, size_t args_max,
					  size_t results_max, gfp_t gfp);

static inline struct cryptech_call *
cryptech_call_get(struct cryptech_call *call)
{
	kref_get(&call->ref);
	return call;
}

/* May be NULL. Any context but hard interrupt, not under dev->lock. */
void cryptech_call_put(struct cryptech_call *call);

/**
 * cryptech_call_submit - send it, or queue it until a slot is free
 * @call:	fully encoded, not submitted before
 * @done:	called once from the device's workqueue when the call has its
 *		result (may sleep, may drop references, may submit others but
 *		not wait long); or NULL. Not called if this returns an error.
 *
 * Does not sleep; any context but hard interrupt. Returns 0; -ENODEV if the
 * client's incarnation is over; -EMSGSIZE if the arguments did not fit;
 * -EOPNOTSUPP if the HSM knows libhal's functions alone and this is none.
 * After an error nothing was sent.
 *
 * The result comes in bounded time: -ETIMEDOUT after the deadline at the
 * latest.
 */
int cryptech_call_submit(struct cryptech_call *call, cryptech_done_t done);

/**
 * cryptech_call_wait - wait for the result of a submitted call
 * @call:	the call
 * @error:	where the HSM's error number goes, 0 if none; or NULL
 *
 * Interruptible while the call waits for a slot, killable after. Returns 0, or
 *  -ERESTARTSYS  interrupted, and it did not and will not happen
 *  -EINTR	  killed; it may have happened
 *  -ETIMEDOUT	  no answer within the deadline; it may have happened
 *  -EREMOTEIO	  the HSM was lost; it may have happened
 *  -ENODEV	  the HSM was lost before it was sent; it did not happen
 *  -EPROTO	  the reply is malformed or longer than there was room for
 *  others	  the HSM's error by the table in rpc.h; it did not happen
 *
 * The call stays with the HSM if the waiter leaves; a late reply is dropped.
 */
int cryptech_call_wait(struct cryptech_call *call, u32 *error);

/* Submit and wait. */
int cryptech_call_run(struct cryptech_call *call, u32 *error);

/*
 * The result of a call that is over (in its done callback, or after the wait),
 * as cryptech_call_wait() would give it.
 */
int cryptech_call_result(const struct cryptech_call *call, u32 *error);

/*
 * Of a call whose wait has ended: has it reached the HSM? And if so, does its
 * waiter not know what the HSM did, because he did not wait for the answer?
 */
bool cryptech_call_was_sent(const struct cryptech_call *call);
bool cryptech_call_abandoned(const struct cryptech_call *call);

/* A reader of the results; use only if the result was 0. */
void cryptech_call_results(const struct cryptech_call *call,
			   struct xdr_reader *r);

/* -errno for an error number of the HSM (0 for 0); unknown ones are -EIO. */
int cryptech_errno(u32 error);

/* The function's class, cost and doors, or NULL if the table lacks it. */
struct cryptech_function_info {
	u32 number;
	u8 class;		/* enum cryptech_class */
	u8 cost;		/* enum cryptech_cost */
	u8 doors;		/* enum cryptech_door bits */
};

const struct cryptech_function_info *cryptech_function(u32 number);

/* --- between the files of the core --------------------------------------- */

/* core.c */
extern struct class cryptech_class;
enum cryptech_state cryptech_device_state(struct cryptech_device *dev);

/* attach.c */
void cryptech_sweep(struct work_struct *work);
void cryptech_lose(struct cryptech_device *dev, enum cryptech_state state);
void cryptech_end_incarnation(struct cryptech_device *dev);

/* call.c, its table in function.c; _fail and _expire with dev->lock held */
void cryptech_calls_fail(struct cryptech_device *dev,
			 struct list_head *dropped);
bool cryptech_calls_expire(struct cryptech_device *dev,
			   struct list_head *dropped);
void cryptech_calls_drop(struct list_head *dropped);
bool cryptech_calls_idle(struct cryptech_device *dev);
unsigned int cryptech_call_timeout(u32 function);	/* milliseconds */

/* hwrng.c */
int cryptech_hwrng_add(struct cryptech_device *dev);
void cryptech_hwrng_remove(struct cryptech_device *dev);
void cryptech_hwrng_changed(struct cryptech_device *dev);

/* client.c */
struct cryptech_client *cryptech_client_special(struct cryptech_device *dev,
						u32 word, u64 incarnation);
/* As cryptech_client_kernel(), but client 0: for the driver's own business. */
struct cryptech_client *cryptech_client_mux(struct cryptech_device *dev);
void cryptech_client_free(struct cryptech_client *client);
void cryptech_client_saw_reply(struct cryptech_call *call);

/* chardev.c, ioctl.c */
struct file;
extern const struct file_operations cryptech_fops;
long cryptech_ioctl(struct file *file, unsigned int cmd, unsigned long arg);
struct cryptech_client *cryptech_file_client(struct file *file);

/* trace.c: tell of a call that is over; with dev->lock held */
void cryptech_trace_complete(struct cryptech_call *call);

/* sysfs.c */
extern const struct attribute_group *cryptech_groups[];

#include "rpc.h"

#endif /* CRYPTECH_DRIVER_H */
