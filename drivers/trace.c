// SPDX-License-Identifier: GPL-2.0
/* The tracepoints' code: the kernel's headers make it of trace.h. */
#include <linux/errno.h>
#include <linux/ktime.h>

#include "cryptech.h"

#define CREATE_TRACE_POINTS
#include "trace.h"

void cryptech_trace_complete(struct cryptech_call *call)
{
	/* else nobody has looked at a reply, or somebody is just doing so */
	bool replied = !call->result || call->result == -EPROTO;

	trace_cryptech_complete(call->client->dev->index, call->client->word,
				call->id, call->function,
				cryptech_call_result(call, NULL),
				call->result ? 0 : call->error,
				replied ? call->reply_len : 0,
				ktime_get_ns() - call->submitted_ns);
}
