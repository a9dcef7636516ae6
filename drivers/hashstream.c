// SPDX-License-Identifier: GPL-2.0
/*
 * Signing and verifying messages of any length.
 *
 * What fits one call is one call. Else the HSM has a stream: INIT, UPDATE for
 * each piece, FINAL. A client may have CRYPTECH_STREAMS_MAX of them; whoever
 * comes later waits here, because the kernel's client serves many. A stream
 * counts until the HSM has closed it, whatever became of him who opened it:
 *
 *  FINAL		closes it
 *  ABORT		closes it, on any failure between; nobody waits for it,
 *			and its end lets the next one in
 *  INIT whose answer	closed when the answer comes; if it never does, the HSM
 *  is not waited for	is reset, and the client is over
 *
 * INIT spends a leaf when it signs. From there on nothing may look as if it
 * had not happened: signals other than fatal ones wait.
 */
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/jiffies.h>
#include <linux/pagemap.h>
#include <linux/sched/signal.h>
#include <linux/sizes.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "cryptech.h"
#include "hashsig.h"

#define CRYPTECH_STREAMS_MAX	2		/* a client, by the HSM's rule */
#define FAULT_IN		SZ_1M	/* bytes between two looks */

#define XDR_U32		4
#define XDR_U64		8
#define XDR_OPAQUE(len)	(XDR_U32 + ALIGN((size_t)(len), 4))
#define XDR_UUID	XDR_OPAQUE(CRYPTECH_UUID_SIZE)
#define XDR_REQUEST	XDR_OPAQUE(CRYPTECH_HASHSIG_REQUEST_SIZE)

/* --- messages ------------------------------------------------------------ */

/* The next @len bytes of it, which it has, as an opaque argument. */
static int put_message(struct cryptech_call *call,
		       struct cryptech_message *message, size_t len)
{
	u8 *to = xdr_put_opaque_room(&call->args, len);

	if (!to)
		return -EMSGSIZE;
	if (message->kernel) {
		memcpy(to, message->kernel, len);
		message->kernel += len;
	} else {
		if (copy_from_user(to, message->user, len))
			return -EFAULT;
		message->user += len;
	}
	message->len -= len;
	return 0;
}

/*
 * A bad pointer shall not cost a leaf: have a look before one is spent. (It
 * may go bad later; then it does.)
 */
static int look_at_message(const struct cryptech_message *message)
{
	const char __user *from = message->user;
	size_t left = message->len, len;

	if (message->kernel)
		return 0;
	if (!access_ok(from, left))
		return -EFAULT;
	for (; left; left -= len, from += len) {
		if (fatal_signal_pending(current))
			return -EINTR;
		len = min_t(size_t, left, FAULT_IN);
		if (fault_in_readable(from, len))
			return -EFAULT;
		cond_resched();
	}
	return 0;
}

static size_t message_max(struct cryptech_client *client)
{
	return READ_ONCE(client->dev->message_max);
}

/* --- how many streams there are ------------------------------------------ */

static bool stream_counts(struct cryptech_client *client)
{
	return atomic_add_unless(&client->streams, 1, CRYPTECH_STREAMS_MAX);
}

static int stream_reserve(struct cryptech_client *client)
{
	unsigned int ms = cryptech_call_timeout(CRYPTECH_RPC_SIGN_INIT);
	long left;

	left = wait_event_interruptible_timeout(client->wait,
						stream_counts(client),
						msecs_to_jiffies(ms));
	if (left < 0)
		return left;
	return left ? 0 : -EBUSY;
}

static void stream_release(struct cryptech_client *client)
{
	atomic_dec(&client->streams);
	wake_up_all(&client->wait);
}

static void stream_aborted(struct cryptech_call *call)
{
	stream_release(call->client);
	cryptech_call_put(call);
}

/* Send ABORT, made for @counted; its reference goes with it. */
static void stream_abort(struct cryptech_call *abort, u32 number, bool counted)
{
	xdr_put_u32(&abort->args, number);
	if (counted) {
		if (!cryptech_call_submit(abort, stream_aborted))
			return;
		/* the HSM has forgotten the client and all that it had */
		stream_release(abort->client);
	} else {
		cryptech_call_submit(abort, NULL);
	}
	cryptech_call_put(abort);
}

/* The number that INIT was answered; 0: it did not open any. */
static u32 stream_number(const struct cryptech_call *init)
{
	struct xdr_reader r;
	u32 number;

	if (init->error)
		return 0;
	cryptech_call_results(init, &r);
	number = xdr_get_u32(&r);
	return xdr_reader_done(&r) ? number : 0;
}

void cryptech_stream_late(struct cryptech_call *call)
{
	bool counted = call->private == call->client;
	struct cryptech_call *abort;
	u32 number;

	if (call->function != CRYPTECH_RPC_SIGN_INIT &&
	    call->function != CRYPTECH_RPC_VERIFY_INIT)
		return;
	number = stream_number(call);
	abort = number ? cryptech_call_alloc(call->client,
					     CRYPTECH_RPC_STREAM_ABORT,
					     XDR_U32, 0, GFP_ATOMIC) : NULL;
	if (abort)
		stream_abort(abort, number, counted);
	else if (counted)
		stream_release(call->client);
}

/* --- streams ------------------------------------------------------------- */

/**
 * struct stream - one that is open
 * @client:	whose it is
 * @number:	the HSM's name of it
 * @abort:	the call that closes it, made beforehand
 * @spends:	it signs
 * @error:	where the HSM's error goes, or NULL
 */
struct stream {
	struct cryptech_client *client;
	u32 number;
	struct cryptech_call *abort;
	bool spends;
	u32 *error;
};

static int stream_begin(struct stream *s, struct cryptech_call *init)
{
	int err;

	s->abort = cryptech_call_new(s->client, CRYPTECH_RPC_STREAM_ABORT,
				     XDR_U32, 0);
	if (!s->abort)
		return -ENOMEM;
	err = stream_reserve(s->client);
	if (err)
		goto out;
	/* tells cryptech_stream_late() that it counts */
	init->private = s->client;
	err = cryptech_call_run(init, s->error);
	if (!err) {
		s->number = stream_number(init);
		if (s->number)
			return 0;
		err = -EPROTO;
	}
	if (!cryptech_call_abandoned(init))
		stream_release(s->client);
out:
	cryptech_call_put(s->abort);
	return err;
}

/* The HSM was lost between two calls: to him who waits it is one. */
static int stream_result(const struct stream *s, int err)
{
	return err == -ENODEV && s->spends ? -EREMOTEIO : err;
}

static int stream_update(struct stream *s, u32 function,
			 struct cryptech_message *message)
{
	size_t most = message_max(s->client) - CRYPTECH_RPC_REQUEST_MIN -
		      2 * XDR_U32;
	struct cryptech_call *call;
	size_t len;
	int err = 0;

	while (!err && message->len) {
		len = min(message->len, ALIGN_DOWN(most, 4));
		call = cryptech_call_new(s->client, function,
					 XDR_U32 + XDR_OPAQUE(len), 0);
		if (!call)
			return -ENOMEM;
		call->committed = s->spends;
		xdr_put_u32(&call->args, s->number);
		err = put_message(call, message, len);
		if (!err)
			err = cryptech_call_run(call, s->error);
		cryptech_call_put(call);
	}
	return stream_result(s, err);
}

/* Nothing came of it. */
static void stream_break(struct stream *s)
{
	stream_abort(s->abort, s->number, true);
}

/* Run FINAL, with its other arguments encoded. The stream is over. */
static int stream_final(struct stream *s, struct cryptech_call *final)
{
	int err;

	final->committed = s->spends;
	err = cryptech_call_run(final, s->error);
	if (cryptech_call_was_sent(final)) {
		stream_release(s->client);
		cryptech_call_put(s->abort);
	} else {
		stream_break(s);
	}
	return stream_result(s, err);
}

static struct cryptech_call *final_call(struct stream *s, u32 function,
					size_t args_max, size_t results_max)
{
	struct cryptech_call *final;

	final = cryptech_call_new(s->client, function, XDR_U32 + args_max,
				  results_max);
	if (final)
		xdr_put_u32(&final->args, s->number);
	return final;
}

/* --- signing ------------------------------------------------------------- */

static size_t signature_room(const struct cryptech_signing *signing)
{
	return min_t(size_t, signing->size, CRYPTECH_HSS_SIGNATURE_MAX);
}

static int take_signature(const struct cryptech_call *call,
			  struct cryptech_signing *signing)
{
	struct xdr_reader r;
	const u8 *signature;
	size_t len;
	u64 left;

	cryptech_call_results(call, &r);
	signature = xdr_get_opaque(&r, &len);
	left = xdr_get_u64(&r);
	if (!xdr_reader_done(&r) || len > signing->size)
		return -EPROTO;
	memcpy(signing->signature, signature, len);
	signing->size = len;
	signing->left = left;
	cryptech_hashwatch(call->client, signing->uuid, left, NULL);
	return 0;
}

static int sign_once(struct cryptech_client *client,
		     struct cryptech_signing *signing, u32 *error)
{
	size_t room = signature_room(signing);
	struct cryptech_call *call;
	int err;

	call = cryptech_call_new(client, CRYPTECH_RPC_SIGN_ONCE,
				 XDR_UUID + XDR_REQUEST +
				 XDR_OPAQUE(signing->message.len) + XDR_U32,
				 XDR_OPAQUE(room) + XDR_U64);
	if (!call)
		return -ENOMEM;
	xdr_put_opaque(&call->args, signing->uuid, CRYPTECH_UUID_SIZE);
	xdr_put_opaque(&call->args, signing->request,
		       CRYPTECH_HASHSIG_REQUEST_SIZE);
	err = put_message(call, &signing->message, signing->message.len);
	xdr_put_u32(&call->args, room);
	if (!err)
		err = cryptech_call_run(call, error);
	if (!err)
		err = take_signature(call, signing);
	cryptech_call_put(call);
	return err;
}

static int sign_open(struct stream *s, const struct cryptech_signing *signing)
{
	struct cryptech_call *init;
	int err;

	init = cryptech_call_new(s->client, CRYPTECH_RPC_SIGN_INIT,
				 XDR_UUID + XDR_REQUEST, XDR_U32);
	if (!init)
		return -ENOMEM;
	xdr_put_opaque(&init->args, signing->uuid, CRYPTECH_UUID_SIZE);
	xdr_put_opaque(&init->args, signing->request,
		       CRYPTECH_HASHSIG_REQUEST_SIZE);
	err = stream_begin(s, init);
	cryptech_call_put(init);
	return err;
}

static int sign_final(struct stream *s, struct cryptech_signing *signing)
{
	size_t room = signature_room(signing);
	struct cryptech_call *final;
	int err;

	final = final_call(s, CRYPTECH_RPC_SIGN_FINAL, XDR_U32,
			   XDR_OPAQUE(room) + XDR_U64);
	if (!final) {
		stream_break(s);
		return -ENOMEM;
	}
	xdr_put_u32(&final->args, room);
	err = stream_final(s, final);
	if (!err)
		err = take_signature(final, signing);
	cryptech_call_put(final);
	return err;
}

static int sign_stream(struct cryptech_client *client,
		       struct cryptech_signing *signing, u32 *error)
{
	struct stream s = {
		.client	= client,
		.spends	= true,
		.error	= error,
	};
	int err;

	err = look_at_message(&signing->message);
	if (err)
		return err;
	err = sign_open(&s, signing);
	if (err)
		return err;
	err = stream_update(&s, CRYPTECH_RPC_SIGN_UPDATE, &signing->message);
	if (!err)
		return sign_final(&s, signing);
	stream_break(&s);
	return err;
}

int cryptech_hashsig_sign(struct cryptech_client *client,
			  struct cryptech_signing *signing, u32 *error)
{
	size_t args = XDR_UUID + XDR_REQUEST +
		      XDR_OPAQUE(signing->message.len) + XDR_U32;

	if (error)
		*error = 0;
	if (CRYPTECH_RPC_REQUEST_MIN + args <= message_max(client))
		return sign_once(client, signing, error);
	return sign_stream(client, signing, error);
}

/* --- verifying ----------------------------------------------------------- */

static int verify_once(struct cryptech_client *client, const u8 *uuid,
		       struct cryptech_message *message,
		       const void *signature, size_t len, u32 *error)
{
	struct cryptech_call *call;
	int err;

	call = cryptech_call_new(client, CRYPTECH_RPC_VERIFY,
				 XDR_UUID + XDR_U32 +
				 XDR_OPAQUE(message->len) + XDR_OPAQUE(len),
				 0);
	if (!call)
		return -ENOMEM;
	xdr_put_opaque(&call->args, uuid, CRYPTECH_UUID_SIZE);
	xdr_put_u32(&call->args, CRYPTECH_DIGEST_NONE);
	err = put_message(call, message, message->len);
	xdr_put_opaque(&call->args, signature, len);
	if (!err)
		err = cryptech_call_run(call, error);
	cryptech_call_put(call);
	return err;
}

static int verify_open(struct stream *s, const u8 *uuid,
		       const void *signature, size_t len)
{
	struct cryptech_call *init;
	int err;

	init = cryptech_call_new(s->client, CRYPTECH_RPC_VERIFY_INIT,
				 XDR_UUID + XDR_OPAQUE(len), XDR_U32);
	if (!init)
		return -ENOMEM;
	xdr_put_opaque(&init->args, uuid, CRYPTECH_UUID_SIZE);
	xdr_put_opaque(&init->args, signature, len);
	err = stream_begin(s, init);
	cryptech_call_put(init);
	return err;
}

static int verify_stream(struct cryptech_client *client, const u8 *uuid,
			 struct cryptech_message *message,
			 const void *signature, size_t len, u32 *error)
{
	struct stream s = { .client = client, .error = error };
	struct cryptech_call *final;
	int err;

	err = verify_open(&s, uuid, signature, len);
	if (err)
		return err;
	err = stream_update(&s, CRYPTECH_RPC_VERIFY_UPDATE, message);
	if (err)
		goto fail;
	err = -ENOMEM;
	final = final_call(&s, CRYPTECH_RPC_VERIFY_FINAL, 0, 0);
	if (!final)
		goto fail;
	err = stream_final(&s, final);
	cryptech_call_put(final);
	return err;

fail:
	stream_break(&s);
	return err;
}

int cryptech_hashsig_verify(struct cryptech_client *client, const u8 *uuid,
			    const struct cryptech_message *message,
			    const void *signature, size_t len, u32 *error)
{
	size_t args = XDR_UUID + XDR_U32 + XDR_OPAQUE(message->len) +
		      XDR_OPAQUE(len);
	struct cryptech_message rest = *message;

	if (error)
		*error = 0;
	/* no key here makes longer ones, and it has to fit a message */
	if (len > CRYPTECH_HSS_SIGNATURE_MAX)
		return -EKEYREJECTED;
	if (CRYPTECH_RPC_REQUEST_MIN + args <= message_max(client))
		return verify_once(client, uuid, &rest, signature, len, error);
	return verify_stream(client, uuid, &rest, signature, len, error);
}
