/* SPDX-License-Identifier: MIT */
/* The HSM's ports: where requests come in. */
#ifndef SIM_PORTS_H
#define SIM_PORTS_H

#include "../../hsm/hsm.h"
#include "keeper.h"
#include "loop.h"
#include "mailbox.h"
#include "pool.h"

/*
 * The mailbox port: requests of a virtual machine go to hsm_call(), at once or
 * by the pool, and their replies back in whatever order they are ready. To the
 * HSM each bank of the mailbox is a port, HSM_PORT_MAILBOX and those after it.
 */
struct mailbox_port;

struct mailbox_job {
	struct job job;
	struct mailbox_port *port;
	struct mailbox_call *call;
};

struct mailbox_port {
	struct hsm *hsm;
	struct pool *pool;
	struct mailbox *mailbox;
	struct keeper_link link;
	struct mailbox_job jobs[MAILBOX_BANKS][CRYPTECH_MAILBOX_SLOTS];
};

/* Serve the mailbox at @path. 0, or -1 with a line in the log. */
int mailbox_port_open(struct mailbox_port *port, struct loop *loop,
		      struct pool *pool, struct hsm *hsm, const char *path);
/* No call may be running. */
void mailbox_port_close(struct mailbox_port *port);

/*
 * The socket port: each connection is a client of its own. Its client word is
 * ours: whatever the peer has put into bytes 4 to 7 of its requests is
 * overwritten, as libhal's multiplexer does. Requests of a connection are
 * served one after the other; one that does not read its reply is not read
 * from either, and holds up nobody else. When it ends, its client is gone.
 */
struct socket_port;

/* Connections at a time; one more is closed at once. */
#define SOCKET_CONNECTIONS	1024

/* Listen at @path. NULL with a line in the log. */
struct socket_port *socket_port_open(struct loop *loop, struct pool *pool,
				     struct hsm *hsm, const char *path);
/* No call may be running. Removes the socket file. */
void socket_port_close(struct socket_port *port);

/*
 * The pty port: <cryptech/line.h>, for our driver, and without a session bare
 * messages, for libhal's clients. The pty stays while the HSM runs, whoever
 * opens and closes its other end.
 */
struct pty_port;

/* Make a pty; @link, unless NULL, becomes a symbolic link to its other end.
 * NULL with a line in the log. */
struct pty_port *pty_port_open(struct loop *loop, struct pool *pool,
			       struct hsm *hsm, const char *link);
/* The path of its other end. */
const char *pty_port_name(const struct pty_port *port);
/* No call may be running. Takes the link away. */
void pty_port_close(struct pty_port *port);

#endif /* SIM_PORTS_H */
