/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * The mailbox: calls over memory that host and HSM share.
 *
 * The memory belongs to the device (a PCI memory BAR; in QEMU BAR 2 of
 * ivshmem-doorbell). The HSM never masters the bus: the host copies requests
 * in and replies out. All integers are little endian. Each page below is
 * written by one side only, so neither has to trust its own words to the
 * other; what the other side wrote is read once, checked, then used.
 *
 *	offset    written by  what
 *	0x000000  HSM         struct cryptech_mailbox_hsm
 *	0x001000  host        struct cryptech_mailbox_host
 *	0x002000  host        request ring, CRYPTECH_MAILBOX_RING entries
 *	0x003000  HSM         completion ring, as many
 *	0x010000  host        request of slot 0, then of slot 1, ...
 *	0x210000  HSM         reply of slot 0, then of slot 1, ...
 *
 * A slot is a request buffer and a reply buffer of CRYPTECH_RPC_MESSAGE_MAX
 * bytes. The host owns a slot until it has put its number into the request
 * ring, the HSM from then until it has put it into the completion ring. Either
 * may hold secrets: the host zeroes a request once it is answered, the HSM a
 * reply when it takes the next request of the slot, or a new epoch.
 *
 * Rings have no shared indices. Entry k of an epoch (k = 1, 2, ...) stands at
 * place k % CRYPTECH_MAILBOX_RING and is published by writing `seq` = k last,
 * with release order; the reader looks at the one place where the next entry
 * has to appear, with acquire order. The place still holds k - RING (or 0)
 * until then; any other value is a fault. At most CRYPTECH_MAILBOX_SLOTS
 * entries can be outstanding, fewer than the ring has places, so a ring never
 * overflows. The host gives each call a number of its own, `call`, that is
 * not used twice; a completion repeats it, and a completion whose slot is not
 * in flight with that number is a fault.
 *
 * Doorbells. The host rings vector 0 of the HSM after it has published
 * requests if `wake` of the HSM's page is not 0; the HSM interrupts the host,
 * vector 0, after it has published completions if `wake` of the host's page is not 0.
 * A side that is about to sleep sets its `wake` to 1, then a full barrier,
 * then looks at its ring once more; it sets it to 0 while it is working. So
 * many calls share one doorbell, and none is lost.
 *
 * Calls may be answered in any order; a host that wants one after the other
 * waits for the first.
 *
 * Epochs. The host starts anew (first use, reboot, fault, time-out) by
 * writing a value that differs from the HSM's `epoch`, and not 0, into its
 * own `epoch`, and ringing vector 1 (attention). The HSM then forgets every call of this
 * mailbox, drops the clients of the port, makes sure that none of its threads
 * still writes here, zeroes its completion ring, its `busy` words and its
 * `fault`, and repeats the value in its own `epoch`, with release order, and
 * interrupts on vector 1. Before that moment the host writes neither ring nor
 * slots of the new epoch, except that it zeroes its request ring before it
 * writes its `epoch` (one that is not zero then is a fault, SEQ, for requests
 * of an old epoch must not be served again). The HSM looks at the host's
 * `epoch` when vector 1 rings and at no other time: what stands there when it
 * starts is old. The first call is ATTACH. An HSM that starts sets a new
 * `boot`, leaves `epoch` 0 and interrupts on vector 1: to the host that is the loss
 * of every call, and it starts a new epoch.
 *
 * Faults. A side that sees the protocol broken says so: the HSM writes
 * `fault` and interrupts on vector 1, and answers nothing more in this epoch; the host
 * just starts a new epoch.
 *
 * Life. The HSM adds 1 to `heartbeat` at least every CRYPTECH_MAILBOX_BEAT_MS.
 * `busy` has a bit for each slot that the HSM has taken and not answered yet;
 * a call that is older than CRYPTECH_MAILBOX_LOST_MS and neither answered nor
 * busy was lost, and so is every call if the heart stands still that long.
 */
#ifndef CRYPTECH_MAILBOX_H
#define CRYPTECH_MAILBOX_H

#ifdef __KERNEL__
#include <linux/types.h>
#else
#include <stdint.h>
#endif

#define CRYPTECH_MAILBOX_MAGIC		0x31584f424d534843ULL /* "CHSMBOX1" */
#define CRYPTECH_MAILBOX_VERSION	1
#define CRYPTECH_MAILBOX_SIZE		0x400000	/* the BAR: 4 MiB */

#define CRYPTECH_MAILBOX_SLOTS		80
#define CRYPTECH_MAILBOX_SLOT_SIZE	0x4000
#define CRYPTECH_MAILBOX_RING		128		/* a power of two */

#define CRYPTECH_MAILBOX_HSM		0x000000
#define CRYPTECH_MAILBOX_HOST		0x001000
#define CRYPTECH_MAILBOX_REQUESTS	0x002000
#define CRYPTECH_MAILBOX_COMPLETIONS	0x003000
#define CRYPTECH_MAILBOX_REQUEST_SLOTS	0x010000
#define CRYPTECH_MAILBOX_REPLY_SLOTS	0x210000

#define CRYPTECH_MAILBOX_VECTOR_RING	0	/* rings have news */
#define CRYPTECH_MAILBOX_VECTOR_ATTN	1	/* epoch, boot or fault */
#define CRYPTECH_MAILBOX_VECTORS	2

#define CRYPTECH_MAILBOX_BEAT_MS	500
#define CRYPTECH_MAILBOX_LOST_MS	5000

/* ivshmem peer numbers, the upper half of its doorbell register */
#define CRYPTECH_MAILBOX_PEER_HSM	0
#define CRYPTECH_MAILBOX_PEER_HOST	1

enum cryptech_mailbox_fault {
	CRYPTECH_MAILBOX_FAULT_NONE = 0,
	CRYPTECH_MAILBOX_FAULT_SEQ = 1,		/* a ring entry out of order */
	CRYPTECH_MAILBOX_FAULT_SLOT = 2,	/* slot number or busy slot */
	CRYPTECH_MAILBOX_FAULT_LENGTH = 3,	/* message too short or long */
};

/* Written by the HSM. */
struct cryptech_mailbox_hsm {
	uint64_t magic;		/* CRYPTECH_MAILBOX_MAGIC, written last */
	uint32_t version;	/* CRYPTECH_MAILBOX_VERSION */
	uint32_t slots;		/* CRYPTECH_MAILBOX_SLOTS */
	uint64_t boot;		/* random: this run of the HSM; 0: none yet */
	uint32_t epoch;		/* the host's, once it is in force */
	uint32_t fault;		/* enum cryptech_mailbox_fault */
	uint32_t busy[4];	/* bit slot % 32 of word slot / 32 */
	uint32_t pad[4];
	uint64_t heartbeat;
	uint32_t pad2[14];
	uint32_t wake;		/* ring vector 0 after a request */
	uint32_t pad3[15];
};

/* Written by the host. */
struct cryptech_mailbox_host {
	uint32_t epoch;		/* the one that it asks for; not 0 */
	uint32_t pad[15];
	uint32_t wake;		/* interrupt after a completion */
	uint32_t pad2[15];
};

/* An entry of either ring. */
struct cryptech_mailbox_entry {
	uint64_t seq;		/* k; written last */
	uint64_t call;		/* the host's number of the call */
	uint32_t slot;		/* below CRYPTECH_MAILBOX_SLOTS */
	uint32_t length;	/* bytes of the message in the slot */
	uint32_t pad[2];
};

#endif /* CRYPTECH_MAILBOX_H */
