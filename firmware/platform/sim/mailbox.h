/* SPDX-License-Identifier: MIT */
/*
 * The HSM's side of <cryptech/mailbox.h>: rings, slots, epochs. It knows
 * nothing of what the messages mean. The host can change every byte of the
 * shared memory at any time, so what this side wrote itself is never read
 * back, and what the host wrote is read once.
 *
 * Threads: calls are taken by the loop's thread and may be answered by any.
 */
#ifndef SIM_MAILBOX_H
#define SIM_MAILBOX_H

#include <cryptech/mailbox.h>
#include <cryptech/rpc.h>

#include <pthread.h>

#include "loop.h"

struct mailbox;

/* The descriptors of a shared mailbox (keeper.h says where from). */
struct mailbox_fds {
	int memory;				/* CRYPTECH_MAILBOX_SIZE bytes */
	int hsm[CRYPTECH_MAILBOX_VECTORS];	/* event counters we watch */
	int host[CRYPTECH_MAILBOX_VECTORS];	/* and those we raise */
};

/*
 * Calls may outlive their epoch, for as long as a key generation takes, and
 * must then disturb nobody. So epochs use banks of calls in turn, each with
 * clients of its own; one whose calls have not all ended is not used again.
 */
#define MAILBOX_BANKS	3

/* A call that was taken; it is its taker's until mailbox_answer(). */
struct mailbox_call {
	struct mailbox *mailbox;
	uint64_t run;		/* count of epochs when it was taken */
	unsigned int bank;
	uint64_t call;		/* the host's number */
	uint32_t slot;
	uint32_t length;	/* of the request */
	uint8_t request[CRYPTECH_RPC_MESSAGE_MAX];	/* our copy */
};

struct mailbox_ops {
	/* A request; in the loop's thread, no lock held. */
	void (*request)(void *data, struct mailbox_call *call);
	/*
	 * The calls and clients of a bank are void: drop those clients. Called
	 * when the host begins anew or is gone, and if calls were running then,
	 * once more after the last of them has ended. In the loop's thread.
	 */
	void (*reset)(void *data, unsigned int bank);
};

struct mailbox_bank {
	unsigned int inflight;		/* calls taken, not ended */
	bool stale;			/* void since its last reset() */
	struct mailbox_call calls[CRYPTECH_MAILBOX_SLOTS];
};

struct mailbox {
	struct loop *loop;
	const struct mailbox_ops *ops;
	void *data;
	struct source beat;		/* timer of the heart */
	struct source drained;		/* raised: the last call of a void
					 * bank has ended */
	struct source ring;		/* the host's doorbells */
	struct source attention;

	pthread_mutex_t lock;		/* guards all below */
	struct mailbox_fds fds;
	uint8_t *memory;		/* NULL: none yet */
	uint64_t boot;
	uint64_t heartbeat;
	uint32_t epoch;			/* in force; 0: none */
	uint32_t fault;
	uint32_t busy[4];		/* slots in flight */
	uint16_t replied[CRYPTECH_MAILBOX_SLOTS]; /* bytes that stand there */
	uint64_t taken;			/* last entry of the request ring */
	uint64_t answered;		/* last of the completion ring */
	uint64_t run;			/* raised whenever calls get void */
	unsigned int bank;		/* of this epoch */
	bool asleep;			/* the host has to ring for requests */
	bool resetting;			/* waits for a bank to become free */
	bool asked;			/* the host has asked for an epoch */
	unsigned long faults;
	struct mailbox_bank banks[MAILBOX_BANKS];
};

/* Start without memory. NULL with errno set. */
struct mailbox *mailbox_start(struct loop *loop,
			      const struct mailbox_ops *ops, void *data);
/*
 * Serve this memory from now on; another one that was served is left, and its
 * host counts as gone. Takes the descriptors over, in any case. 0, or -1 with
 * errno set.
 */
int mailbox_attach(struct mailbox *m, const struct mailbox_fds *fds);
void mailbox_fds_close(const struct mailbox_fds *fds);
/* End. No call may be running. */
void mailbox_stop(struct mailbox *m);

/* False once the host has begun anew since the call was taken: it need not
 * be worked on, but still has to be answered. */
bool mailbox_call_current(struct mailbox_call *call);

/*
 * Answer a call, exactly once; any thread. The reply is dropped if the host
 * has begun anew meanwhile. The copy of the request is wiped.
 */
void mailbox_answer(struct mailbox_call *call, const void *reply, size_t len);

/* Parts of it, for test peers that have to misbehave. Lock held. */
void mailbox_publish(struct mailbox *m, uint64_t seq, uint64_t call,
		     uint32_t slot, uint32_t length);
/* The same with a wrong number at the place of entry @k. */
void mailbox_publish_as(struct mailbox *m, uint64_t k, uint64_t seq,
			uint64_t call, uint32_t slot, uint32_t length);

#endif /* SIM_MAILBOX_H */
