// SPDX-License-Identifier: GPL-2.0
/* Typed calls for HSS keys: see hashsig.h, and rpc.c for the manner. */
#include <linux/errno.h>
#include <linux/string.h>

#include "cryptech.h"
#include "hashsig.h"

#define XDR_U32		4
#define XDR_U64		8
#define XDR_OPAQUE(len)	(XDR_U32 + ALIGN(len, 4))
#define XDR_UUID	XDR_OPAQUE(CRYPTECH_UUID_SIZE)
#define XDR_LEVELS	(XDR_U32 + CRYPTECH_HSS_LEVELS_MAX * 2 * XDR_U32)

/* A call whose arguments are the UUID of a key. */
static struct cryptech_call *call_of_key(struct cryptech_client *client,
					 u32 function, const u8 *uuid,
					 size_t results_max, gfp_t gfp)
{
	struct cryptech_call *call;

	call = cryptech_call_alloc(client, function, XDR_UUID, results_max,
				   gfp);
	if (call)
		xdr_put_opaque(&call->args, uuid, CRYPTECH_UUID_SIZE);
	return call;
}

/* --- generation ---------------------------------------------------------- */

struct cryptech_call *
cryptech_call_hashsig_generate(struct cryptech_client *client, const u8 *uuid,
			       u32 flags, const void *label, size_t label_len,
			       const struct cryptech_hashsig_set *set)
{
	bool chosen = memchr_inv(uuid, 0, CRYPTECH_UUID_SIZE);
	struct cryptech_call *call;
	u32 i;

	call = cryptech_call_new(client, CRYPTECH_RPC_HASHSIG_GENERATE,
				 XDR_UUID + 3 * XDR_U32 +
				 XDR_OPAQUE(label_len) + XDR_LEVELS, XDR_UUID);
	if (!call)
		return NULL;
	xdr_put_opaque(&call->args, uuid, chosen ? CRYPTECH_UUID_SIZE : 0);
	xdr_put_u32(&call->args, flags);
	xdr_put_opaque(&call->args, label, label_len);
	xdr_put_u32(&call->args, set->profile);
	xdr_put_u32(&call->args, set->reserve);
	xdr_put_u32(&call->args, set->levels);
	for (i = 0; i < set->levels; i++) {
		xdr_put_u32(&call->args, set->level[i].lms);
		xdr_put_u32(&call->args, set->level[i].lmots);
	}
	return call;
}

int cryptech_rpc_hashsig_generate(struct cryptech_client *client,
				  const u8 *uuid, u32 flags, const void *label,
				  size_t label_len,
				  const struct cryptech_hashsig_set *set,
				  u8 *made, u32 *error)
{
	struct cryptech_call *call;

	call = cryptech_call_hashsig_generate(client, uuid, flags, label,
					      label_len, set);
	return cryptech_run_maker(call, made, error);
}

struct cryptech_call *
cryptech_call_hashsig_job(struct cryptech_client *client, const u8 *uuid)
{
	return call_of_key(client, CRYPTECH_RPC_HASHSIG_JOB, uuid,
			   2 * XDR_U32 + 2 * XDR_U64, GFP_KERNEL);
}

int cryptech_hashsig_job_result(const struct cryptech_call *call,
				struct cryptech_hashsig_job *job, u32 *error)
{
	int err = cryptech_call_result(call, error);
	struct xdr_reader r;

	if (err)
		return err;
	cryptech_call_results(call, &r);
	job->state = xdr_get_u32(&r);
	job->error = xdr_get_u32(&r);
	job->done = xdr_get_u64(&r);
	job->total = xdr_get_u64(&r);
	return xdr_reader_done(&r) ? 0 : -EPROTO;
}

int cryptech_rpc_hashsig_job(struct cryptech_client *client, const u8 *uuid,
			     struct cryptech_hashsig_job *job, u32 *error)
{
	struct cryptech_call *call = cryptech_call_hashsig_job(client, uuid);
	int err;

	if (!call)
		return -ENOMEM;
	err = cryptech_call_run(call, error);
	if (!err)
		err = cryptech_hashsig_job_result(call, job, error);
	cryptech_call_put(call);
	return err;
}

struct cryptech_call *
cryptech_call_hashsig_cancel(struct cryptech_client *client, const u8 *uuid)
{
	return call_of_key(client, CRYPTECH_RPC_HASHSIG_CANCEL, uuid, 0,
			   GFP_KERNEL);
}

int cryptech_rpc_hashsig_cancel(struct cryptech_client *client,
				const u8 *uuid, u32 *error)
{
	return cryptech_run_and_put(cryptech_call_hashsig_cancel(client, uuid),
				    error);
}

/* --- what a key is ------------------------------------------------------- */

struct cryptech_call *
cryptech_call_hashsig_info(struct cryptech_client *client, const u8 *uuid,
			   gfp_t gfp)
{
	return call_of_key(client, CRYPTECH_RPC_HASHSIG_INFO, uuid,
			   3 * XDR_U32 + 5 * XDR_U64 + XDR_LEVELS, gfp);
}

int cryptech_hashsig_info_result(const struct cryptech_call *call,
				 struct cryptech_hashsig_info *info,
				 u32 *error)
{
	int err = cryptech_call_result(call, error);
	struct xdr_reader r;
	u32 i;

	if (err)
		return err;
	memset(info, 0, sizeof(*info));
	cryptech_call_results(call, &r);
	info->set.profile = xdr_get_u32(&r);
	info->set.reserve = xdr_get_u32(&r);
	info->state = xdr_get_u32(&r);
	info->root_left = xdr_get_u64(&r);
	info->left = xdr_get_u64(&r);
	info->left_max = xdr_get_u64(&r);
	info->done = xdr_get_u64(&r);
	info->total = xdr_get_u64(&r);
	info->set.levels = xdr_get_u32(&r);
	if (info->set.levels < 1 ||
	    info->set.levels > CRYPTECH_HSS_LEVELS_MAX)
		return -EPROTO;
	for (i = 0; i < info->set.levels; i++) {
		info->set.level[i].lms = xdr_get_u32(&r);
		info->set.level[i].lmots = xdr_get_u32(&r);
	}
	return xdr_reader_done(&r) ? 0 : -EPROTO;
}

int cryptech_rpc_hashsig_info(struct cryptech_client *client, const u8 *uuid,
			      struct cryptech_hashsig_info *info, u32 *error)
{
	struct cryptech_call *call;
	int err;

	call = cryptech_call_hashsig_info(client, uuid, GFP_KERNEL);
	if (!call)
		return -ENOMEM;
	err = cryptech_call_run(call, error);
	if (!err)
		err = cryptech_hashsig_info_result(call, info, error);
	cryptech_call_put(call);
	return err;
}

int cryptech_rpc_hashsig_accept(struct cryptech_client *client, u32 decision,
				u32 *error)
{
	struct cryptech_call *call;

	call = cryptech_call_new(client, CRYPTECH_RPC_HASHSIG_ACCEPT, XDR_U32,
				 0);
	if (call)
		xdr_put_u32(&call->args, decision);
	return cryptech_run_and_put(call, error);
}
