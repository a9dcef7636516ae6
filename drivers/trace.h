/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tracepoints of calls: who asks which HSM for what, and how it ends. One
 * submit has one complete of the same number, as every call ends.
 *
 * Nothing of a message is in them but its function and its length: no key, no
 * name of one, no data.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM cryptech

#if !defined(CRYPTECH_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define CRYPTECH_TRACE_H

#include <linux/tracepoint.h>
#include <linux/types.h>

#include <cryptech/rpc.h>

#ifndef CRYPTECH_TRACE_NAMES
#define CRYPTECH_TRACE_NAMES

/* The tables of the protocol, as __print_symbolic() wants them. */
#define CRYPTECH_TRACE_NAME(number, name, ...)	{ number, #name },
#define CRYPTECH_TRACE_FUNCTION(function)				       \
	__print_symbolic(function, CRYPTECH_FUNCTIONS(CRYPTECH_TRACE_NAME)     \
			 { ~0U, "?" })
#define CRYPTECH_TRACE_ERROR(error)					       \
	__print_symbolic(error, CRYPTECH_ERRORS(CRYPTECH_TRACE_NAME)	       \
			 { ~0U, "?" })

/* The length of what carries a PIN tells the PIN's. */
static inline u32 cryptech_trace_len(u32 function, size_t len)
{
	return function == CRYPTECH_RPC_LOGIN ||
	       function == CRYPTECH_RPC_SET_PIN ? 0 : len;
}

#endif /* CRYPTECH_TRACE_NAMES */

TRACE_EVENT(cryptech_submit,
	    TP_PROTO(int device, u32 client, u64 call, u32 function,
		     size_t request),
	    TP_ARGS(device, client, call, function, request),
	    TP_STRUCT__entry(__field(int, device)
			     __field(u32, client)
			     __field(u64, call)
			     __field(u32, function)
			     __field(u32, request)),
	    TP_fast_assign(__entry->device = device;
			   __entry->client = client;
			   __entry->call = call;
			   __entry->function = function;
			   __entry->request =
				cryptech_trace_len(function, request);),
	    TP_printk("device=%d client=%u call=%llu function=0x%03x %s request=%u",
		      __entry->device, __entry->client, __entry->call,
		      __entry->function,
		      CRYPTECH_TRACE_FUNCTION(__entry->function),
		      __entry->request)
);

TRACE_EVENT(cryptech_complete,
	    TP_PROTO(int device, u32 client, u64 call, u32 function,
		     int result, u32 error, size_t reply, u64 ns),
	    TP_ARGS(device, client, call, function, result, error, reply, ns),
	    TP_STRUCT__entry(__field(int, device)
			     __field(u32, client)
			     __field(u64, call)
			     __field(u32, function)
			     __field(int, result)
			     __field(u32, error)
			     __field(u32, reply)
			     __field(u64, ns)),
	    TP_fast_assign(__entry->device = device;
			   __entry->client = client;
			   __entry->call = call;
			   __entry->function = function;
			   __entry->result = result;
			   __entry->error = error;
			   __entry->reply = reply;
			   __entry->ns = ns;),
	    TP_printk("device=%d client=%u call=%llu function=0x%03x %s result=%d error=%u %s reply=%u ns=%llu",
		      __entry->device, __entry->client, __entry->call,
		      __entry->function,
		      CRYPTECH_TRACE_FUNCTION(__entry->function),
		      __entry->result, __entry->error,
		      CRYPTECH_TRACE_ERROR(__entry->error), __entry->reply,
		      __entry->ns)
);

#endif /* CRYPTECH_TRACE_H */

/* the kernel's headers read this file again, from where they are */
#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
