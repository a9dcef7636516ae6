// SPDX-License-Identifier: GPL-2.0
/*
 * Typed calls: each encodes one function of include/cryptech/rpc.h, waits and
 * decodes. A reply that is not exactly what its function answers is -EPROTO.
 */
#include <linux/errno.h>
#include <linux/string.h>

#include "cryptech.h"

#define XDR_U32		4
#define XDR_OPAQUE(len)	(XDR_U32 + ALIGN(len, 4))

/* What goes around signature, key or list in a reply of the full size. */
#define RESULT_MAX	(CRYPTECH_RPC_MESSAGE_MAX - CRYPTECH_RPC_REPLY_MIN - \
			 XDR_U32)

int cryptech_run_and_put(struct cryptech_call *call, u32 *error)
{
	int err;

	if (error)
		*error = 0;
	if (!call)
		return -ENOMEM;
	err = cryptech_call_run(call, error);
	cryptech_call_put(call);
	return err;
}

/* Decode results that are one opaque of exactly @len bytes. */
static int cryptech_one_opaque(const struct cryptech_call *call, void *data,
			       size_t len)
{
	struct xdr_reader r;
	const u8 *p;
	size_t n;

	cryptech_call_results(call, &r);
	p = xdr_get_opaque(&r, &n);
	if (!xdr_reader_done(&r) || n != len)
		return -EPROTO;
	memcpy(data, p, len);
	return 0;
}

/* The same of at most *@len bytes; the rest of the buffer is not touched. */
static int cryptech_some_opaque(const struct cryptech_call *call, void *data,
				size_t *len)
{
	struct xdr_reader r;
	const u8 *p;
	size_t n;

	cryptech_call_results(call, &r);
	p = xdr_get_opaque(&r, &n);
	if (!xdr_reader_done(&r))
		return -EPROTO;
	if (n > *len) {
		*len = n;
		return -EOVERFLOW;
	}
	memcpy(data, p, n);
	*len = n;
	return 0;
}

int cryptech_rpc_pin(struct cryptech_client *client, u32 function, u32 user,
		     const void *pin, size_t pin_len, u32 *error)
{
	struct cryptech_call *call;

	call = cryptech_call_new(client, function,
				 XDR_U32 + XDR_OPAQUE(pin_len), 0);
	if (call) {
		xdr_put_u32(&call->args, user);
		xdr_put_opaque(&call->args, pin, pin_len);
	}
	return cryptech_run_and_put(call, error);
}

int cryptech_rpc_logout(struct cryptech_client *client, u32 *error)
{
	return cryptech_run_and_put(cryptech_call_new(client,
						      CRYPTECH_RPC_LOGOUT,
						      0, 0), error);
}

int cryptech_rpc_random(struct cryptech_client *client, void *data,
			size_t len, u32 *error)
{
	struct cryptech_call *call;
	int err;

	if (len > RESULT_MAX)
		return -EINVAL;
	call = cryptech_call_new(client, CRYPTECH_RPC_GET_RANDOM, XDR_U32,
				 XDR_OPAQUE(len));
	if (!call)
		return -ENOMEM;
	xdr_put_u32(&call->args, len);
	err = cryptech_call_run(call, error);
	if (!err)
		err = cryptech_one_opaque(call, data, len);
	cryptech_call_put(call);
	return err;
}

/* A UUID that the caller chose, or nothing. */
static void cryptech_put_uuid(struct cryptech_call *call, const u8 *uuid)
{
	bool chosen = uuid && memchr_inv(uuid, 0, CRYPTECH_UUID_SIZE);

	xdr_put_opaque(&call->args, uuid, chosen ? CRYPTECH_UUID_SIZE : 0);
}

struct cryptech_call *
cryptech_call_key_generate(struct cryptech_client *client, const u8 *uuid,
			   u32 type, u32 flags, const void *label,
			   size_t label_len)
{
	struct cryptech_call *call;

	call = cryptech_call_new(client, CRYPTECH_RPC_KEY_GENERATE,
				 XDR_OPAQUE(CRYPTECH_UUID_SIZE) +
				 2 * XDR_U32 + XDR_OPAQUE(label_len),
				 XDR_OPAQUE(CRYPTECH_UUID_SIZE));
	if (!call)
		return NULL;
	cryptech_put_uuid(call, uuid);
	xdr_put_u32(&call->args, type);
	xdr_put_u32(&call->args, flags);
	xdr_put_opaque(&call->args, label, label_len);
	return call;
}

int cryptech_rpc_key_generated(const struct cryptech_call *call, u8 *made,
			       u32 *error)
{
	int err = cryptech_call_result(call, error);

	return err ? err : cryptech_one_opaque(call, made, CRYPTECH_UUID_SIZE);
}

int cryptech_run_maker(struct cryptech_call *call, u8 *made, u32 *error)
{
	int err;

	if (!call)
		return -ENOMEM;
	err = cryptech_call_run(call, error);
	if (!err)
		err = cryptech_rpc_key_generated(call, made, error);
	cryptech_call_put(call);
	return err;
}

int cryptech_rpc_key_generate(struct cryptech_client *client, const u8 *uuid,
			      u32 type, u32 flags, const void *label,
			      size_t label_len, u8 *made, u32 *error)
{
	return cryptech_run_maker(cryptech_call_key_generate(client, uuid, type,
							     flags, label,
							     label_len),
				  made, error);
}

int cryptech_rpc_key_load(struct cryptech_client *client, const u8 *uuid,
			  const void *der, size_t der_len, u32 flags,
			  const void *label, size_t label_len, u8 *made,
			  u32 *error)
{
	struct cryptech_call *call;

	call = cryptech_call_new(client, CRYPTECH_RPC_KEY_LOAD,
				 XDR_OPAQUE(CRYPTECH_UUID_SIZE) + XDR_U32 +
				 XDR_OPAQUE(der_len) + XDR_OPAQUE(label_len),
				 XDR_OPAQUE(CRYPTECH_UUID_SIZE));
	if (!call)
		return -ENOMEM;
	cryptech_put_uuid(call, uuid);
	xdr_put_opaque(&call->args, der, der_len);
	xdr_put_u32(&call->args, flags);
	xdr_put_opaque(&call->args, label, label_len);
	return cryptech_run_maker(call, made, error);
}

int cryptech_rpc_key_load_raw(struct cryptech_client *client, const u8 *uuid,
			      u32 type, const void *value, size_t value_len,
			      u32 flags, const void *label, size_t label_len,
			      u8 *made, u32 *error)
{
	struct cryptech_call *call;

	call = cryptech_call_new(client, CRYPTECH_RPC_KEY_LOAD_RAW,
				 XDR_OPAQUE(CRYPTECH_UUID_SIZE) + 2 * XDR_U32 +
				 XDR_OPAQUE(value_len) + XDR_OPAQUE(label_len),
				 XDR_OPAQUE(CRYPTECH_UUID_SIZE));
	if (!call)
		return -ENOMEM;
	cryptech_put_uuid(call, uuid);
	xdr_put_u32(&call->args, type);
	xdr_put_opaque(&call->args, value, value_len);
	xdr_put_u32(&call->args, flags);
	xdr_put_opaque(&call->args, label, label_len);
	return cryptech_run_maker(call, made, error);
}

/* A call whose first argument is the UUID of a key. */
static struct cryptech_call *
cryptech_call_key(struct cryptech_client *client, u32 function,
		  const u8 *uuid, size_t args_max, size_t results_max)
{
	struct cryptech_call *call;

	call = cryptech_call_new(client, function,
				 XDR_OPAQUE(CRYPTECH_UUID_SIZE) + args_max,
				 results_max);
	if (call)
		xdr_put_opaque(&call->args, uuid, CRYPTECH_UUID_SIZE);
	return call;
}

void cryptech_get_key_info(struct xdr_reader *r,
			   struct cryptech_key_info *info)
{
	const u8 *label;
	size_t len;

	memset(info, 0, sizeof(*info));
	info->type = xdr_get_u32(r);
	info->class = xdr_get_u32(r);
	info->flags = xdr_get_u32(r);
	label = xdr_get_opaque(r, &len);
	if (len > sizeof(info->label)) {
		r->bad = true;
		return;
	}
	memcpy(info->label, label, len);
	info->label_len = len;
}

int cryptech_rpc_key_info(struct cryptech_client *client, const u8 *uuid,
			  struct cryptech_key_info *info, u32 *error)
{
	struct cryptech_call *call;
	struct xdr_reader r;
	int err;

	call = cryptech_call_key(client, CRYPTECH_RPC_KEY_INFO, uuid, 0,
				 3 * XDR_U32 +
				 XDR_OPAQUE(CRYPTECH_LABEL_MAX));
	if (!call)
		return -ENOMEM;
	err = cryptech_call_run(call, error);
	if (!err) {
		cryptech_call_results(call, &r);
		cryptech_get_key_info(&r, info);
		if (!xdr_reader_done(&r))
			err = -EPROTO;
	}
	cryptech_call_put(call);
	return err;
}

struct cryptech_call *cryptech_call_key_delete(struct cryptech_client *client,
					       const u8 *uuid)
{
	return cryptech_call_key(client, CRYPTECH_RPC_KEY_DELETE, uuid, 0, 0);
}

int cryptech_rpc_key_delete(struct cryptech_client *client, const u8 *uuid,
			    u32 *error)
{
	return cryptech_run_and_put(cryptech_call_key_delete(client, uuid),
				    error);
}

int cryptech_rpc_key_set_label(struct cryptech_client *client, const u8 *uuid,
			       const void *label, size_t label_len,
			       u32 *error)
{
	struct cryptech_call *call;

	call = cryptech_call_key(client, CRYPTECH_RPC_KEY_SET_LABEL, uuid,
				 XDR_OPAQUE(label_len), 0);
	if (call)
		xdr_put_opaque(&call->args, label, label_len);
	return cryptech_run_and_put(call, error);
}

int cryptech_rpc_key_public(struct cryptech_client *client, const u8 *uuid,
			    void *spki, size_t *len, u32 *error)
{
	struct cryptech_call *call;
	int err;

	/* asked for whole, so that the length needed is known */
	call = cryptech_call_key(client, CRYPTECH_RPC_KEY_PUBLIC, uuid,
				 XDR_U32, XDR_U32 + RESULT_MAX);
	if (!call)
		return -ENOMEM;
	xdr_put_u32(&call->args, RESULT_MAX);
	err = cryptech_call_run(call, error);
	if (!err)
		err = cryptech_some_opaque(call, spki, len);
	cryptech_call_put(call);
	return err;
}

int cryptech_rpc_sign(struct cryptech_client *client, const u8 *uuid,
		      u32 digest, const void *input, size_t input_len,
		      void *signature, size_t *len, u32 *error)
{
	size_t max = min_t(size_t, *len, RESULT_MAX);
	struct cryptech_call *call;
	int err;

	call = cryptech_call_key(client, CRYPTECH_RPC_SIGN, uuid,
				 2 * XDR_U32 + XDR_OPAQUE(input_len),
				 XDR_OPAQUE(max));
	if (!call)
		return -ENOMEM;
	xdr_put_u32(&call->args, digest);
	xdr_put_opaque(&call->args, input, input_len);
	xdr_put_u32(&call->args, max);
	err = cryptech_call_run(call, error);
	if (!err) {
		err = cryptech_some_opaque(call, signature, len);
		if (err == -EOVERFLOW)	/* it was told the limit */
			err = -EPROTO;
	}
	cryptech_call_put(call);
	return err;
}

int cryptech_rpc_verify(struct cryptech_client *client, const u8 *uuid,
			u32 digest, const void *input, size_t input_len,
			const void *signature, size_t signature_len,
			u32 *error)
{
	struct cryptech_call *call;

	call = cryptech_call_key(client, CRYPTECH_RPC_VERIFY, uuid,
				 XDR_U32 + XDR_OPAQUE(input_len) +
				 XDR_OPAQUE(signature_len), 0);
	if (call) {
		xdr_put_u32(&call->args, digest);
		xdr_put_opaque(&call->args, input, input_len);
		xdr_put_opaque(&call->args, signature, signature_len);
	}
	return cryptech_run_and_put(call, error);
}
