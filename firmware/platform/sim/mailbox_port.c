// SPDX-License-Identifier: MIT
#include "ports.h"

#include <string.h>

#include "container.h"
#include "log.h"

_Static_assert(HSM_PORT_MAILBOX + MAILBOX_BANKS <= HSM_PORTS,
	       "a port for each bank");

static void answer(struct mailbox_port *port, struct mailbox_call *call)
{
	uint8_t reply[CRYPTECH_RPC_MESSAGE_MAX];
	size_t len = 0;

	if (mailbox_call_current(call))
		len = hsm_call(port->hsm, HSM_PORT_MAILBOX + call->bank,
			       call->request, call->length, reply);
	mailbox_answer(call, reply, len);
	explicit_bzero(reply, len);
}

/* Once answered, the slot and with it the job can be in use again. */
static void run(struct job *job)
{
	struct mailbox_job *mine = container_of(job, struct mailbox_job, job);

	answer(mine->port, mine->call);
}

static void request(void *data, struct mailbox_call *call)
{
	struct mailbox_port *port = data;
	enum cryptech_cost cost = hsm_cost(call->request, call->length);
	struct mailbox_job *job;

	if (cost == CRYPTECH_COST_INLINE) {
		answer(port, call);
		return;
	}
	job = &port->jobs[call->bank][call->slot];
	job->call = call;
	pool_submit(port->pool, cost, &job->job);
}

static void reset(void *data, unsigned int bank)
{
	struct mailbox_port *port = data;

	hsm_port_gone(port->hsm, HSM_PORT_MAILBOX + bank);
}

static const struct mailbox_ops ops = { .request = request, .reset = reset };

int mailbox_port_open(struct mailbox_port *port, struct loop *loop,
		      struct pool *pool, struct hsm *hsm, const char *path)
{
	port->hsm = hsm;
	port->pool = pool;
	for (int i = 0; i < MAILBOX_BANKS * CRYPTECH_MAILBOX_SLOTS; i++) {
		struct mailbox_job *job =
			&port->jobs[i / CRYPTECH_MAILBOX_SLOTS]
				   [i % CRYPTECH_MAILBOX_SLOTS];

		job->job.run = run;
		job->job.done = NULL;
		job->port = port;
	}
	port->mailbox = mailbox_start(loop, &ops, port);
	if (!port->mailbox) {
		sim_log_errno("cannot start the mailbox");
		return -1;
	}
	if (!keeper_link_open(&port->link, loop, path, port->mailbox))
		return 0;
	mailbox_stop(port->mailbox);
	return -1;
}

void mailbox_port_close(struct mailbox_port *port)
{
	if (!port->link.lost)
		keeper_link_close(&port->link);
	mailbox_stop(port->mailbox);
}
