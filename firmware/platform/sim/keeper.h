/* SPDX-License-Identifier: MIT */
/*
 * The keeper: a small process that owns a mailbox's memory and doorbells, so
 * that an HSM can die and be started again behind a running virtual machine
 * (QEMU's ivshmem device does not connect a second time).
 *
 *	QEMU -- PATH --> keeper <-- PATH.keeper -- HSM
 *
 * To QEMU it is an ivshmem server: the HSM is peer 0, the guest peer 1. To an
 * HSM it hands the same descriptors. Once QEMU leaves, it makes new memory and
 * doorbells, so nothing of one virtual machine is left for the next. One QEMU
 * and one HSM at a time. It is started by the first HSM and ends when both
 * are gone.
 */
#ifndef SIM_KEEPER_H
#define SIM_KEEPER_H

#include "loop.h"
#include "mailbox.h"

#define KEEPER_SUFFIX	".keeper"
#define KEEPER_OPTION	"--keeper"	/* how the keeper is started: no option
					 * for people */

/* What it says to an HSM: a packet each. */
enum keeper_news {
	/* Here is your mailbox, with the descriptors in the order of struct
	 * mailbox_fds. Said at first, and again whenever it was renewed. */
	KEEPER_MAILBOX = 1,
	KEEPER_HOST_CAME = 2,
	KEEPER_BUSY = 3,	/* another HSM serves here; good bye */
};

#define KEEPER_MAGIC	0x4350524b	/* "KRPC": not someone else's socket */
#define KEEPER_FDS	(1 + 2 * CRYPTECH_MAILBOX_VECTORS)

struct keeper_message {
	uint32_t magic;
	uint32_t news;
};

/* An HSM's link to its keeper. */
struct keeper_link {
	struct source source;
	struct loop *loop;
	const char *path;	/* the mailbox's */
	struct mailbox *mailbox;
	bool lost;		/* the link could not be mended: loop stopped */
};

/*
 * Connect to the keeper of the mailbox at @path, or start one, and attach its
 * memory to @mailbox. Later news are served from @loop; if the keeper dies,
 * another one is started. 0, or -1 with a line in the log.
 */
int keeper_link_open(struct keeper_link *link, struct loop *loop,
		     const char *path, struct mailbox *mailbox);
void keeper_link_close(struct keeper_link *link);

/* main() of the keeper, to be called first by every program that uses links:
 * returns at once unless the command line is a keeper's. */
void keeper_main(int argc, char **argv);

#endif /* SIM_KEEPER_H */
