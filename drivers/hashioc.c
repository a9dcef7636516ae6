// SPDX-License-Identifier: GPL-2.0
/* The typed door of /dev/cryptechN, for HSS keys: see ioctl.c. */
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "cryptech.h"
#include "hashsig.h"
#include "ioctl.h"

int cryptech_ioc_sign_once(struct cryptech_client *client,
			   struct cryptech_ioc_sign *sign)
{
	struct cryptech_signing signing = {
		.uuid		= sign->uuid,
		.request	= sign->request_id,
		.message	= {
			.user	= u64_to_user_ptr(sign->input),
			.len	= sign->input_len,
		},
		.size		= min_t(u32, sign->signature_len,
					CRYPTECH_HSS_SIGNATURE_MAX),
	};
	int err;

	if (sign->digest != CRYPTECH_DIGEST_NONE)
		return -EINVAL;
	signing.signature = kvmalloc(max_t(size_t, signing.size, 1),
				     GFP_KERNEL);
	if (!signing.signature)
		return -ENOMEM;
	err = cryptech_hashsig_sign(client, &signing, &sign->error);
	if (!err) {
		/* if this fails, the same request gives it again */
		if (copy_to_user(u64_to_user_ptr(sign->signature),
				 signing.signature, signing.size))
			err = -EFAULT;
		sign->signature_len = signing.size;
		sign->left = signing.left;
	}
	kvfree(signing.signature);
	return err;
}

int cryptech_ioc_verify_hss(struct cryptech_client *client,
			    struct cryptech_ioc_verify *verify)
{
	struct cryptech_message message = {
		.user	= u64_to_user_ptr(verify->input),
		.len	= verify->input_len,
	};
	void *signature;
	int err;

	if (verify->digest != CRYPTECH_DIGEST_NONE)
		return -EINVAL;
	/* longer than any; nobody has to copy it to know */
	if (verify->signature_len > CRYPTECH_HSS_SIGNATURE_MAX)
		return -EKEYREJECTED;
	signature = vmemdup_user(u64_to_user_ptr(verify->signature),
				 verify->signature_len);
	if (IS_ERR(signature))
		return PTR_ERR(signature);
	err = cryptech_hashsig_verify(client, verify->uuid, &message,
				      signature, verify->signature_len,
				      &verify->error);
	kvfree(signature);
	return err;
}

int cryptech_ioc_hashsig_generate(struct cryptech_client *client, void *arg)
{
	struct cryptech_ioc_hashsig_generate *gen = arg;
	struct cryptech_hashsig_set set = {
		.profile	= gen->profile,
		.reserve	= gen->reserve,
		.levels		= gen->levels,
	};
	size_t used;

	if (gen->label_len > CRYPTECH_LABEL_MAX || gen->levels < 1 ||
	    gen->levels > CRYPTECH_HSS_LEVELS_MAX)
		return -EINVAL;
	used = gen->levels * sizeof(set.level[0]);
	if (memchr_inv((u8 *)gen->level + used, 0, sizeof(gen->level) - used))
		return -EINVAL;
	memcpy(set.level, gen->level, used);
	return cryptech_rpc_hashsig_generate(client, gen->uuid, gen->key_flags,
					     gen->label, gen->label_len, &set,
					     gen->uuid, &gen->error);
}

int cryptech_ioc_hashsig_job(struct cryptech_client *client, void *arg)
{
	struct cryptech_ioc_hashsig_job *job = arg;
	struct cryptech_hashsig_job got;
	int err;

	if (job->reserved)
		return -EINVAL;
	err = cryptech_rpc_hashsig_job(client, job->uuid, &got, &job->error);
	if (err)
		return err;
	job->state = got.state;
	job->job_error = got.error;
	job->done = got.done;
	job->total = got.total;
	return 0;
}

int cryptech_ioc_hashsig_cancel(struct cryptech_client *client, void *arg)
{
	struct cryptech_ioc_hashsig_cancel *cancel = arg;

	if (cancel->reserved)
		return -EINVAL;
	return cryptech_rpc_hashsig_cancel(client, cancel->uuid,
					   &cancel->error);
}

int cryptech_ioc_hashsig_info(struct cryptech_client *client, void *arg)
{
	struct cryptech_ioc_hashsig_info *info = arg;
	struct cryptech_hashsig_info got;
	int err;

	if (info->reserved)
		return -EINVAL;
	err = cryptech_rpc_hashsig_info(client, info->uuid, &got,
					&info->error);
	if (err)
		return err;
	info->state = got.state;
	info->profile = got.set.profile;
	info->reserve = got.set.reserve;
	info->root_left = got.root_left;
	info->left = got.left;
	info->left_max = got.left_max;
	info->done = got.done;
	info->total = got.total;
	info->levels = got.set.levels;
	memcpy(info->level, got.set.level, sizeof(info->level));
	return 0;
}

int cryptech_ioc_hashsig_accept(struct cryptech_client *client, void *arg)
{
	struct cryptech_ioc_hashsig_accept *accept = arg;

	return cryptech_rpc_hashsig_accept(client, accept->decision,
					   &accept->error);
}
