// SPDX-License-Identifier: GPL-2.0
/* The typed door of /dev/cryptechN, for keys: see ioctl.c. */
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "cryptech.h"
#include "ioctl.h"
#include "token.h"

#define XDR_OPAQUE(len)		(4 + ALIGN(len, 4))

int cryptech_ioc_key_generate(struct cryptech_client *client, void *arg)
{
	struct cryptech_ioc_key_generate *gen = arg;

	if (gen->label_len > CRYPTECH_LABEL_MAX)
		return -EINVAL;
	return cryptech_rpc_key_generate(client, gen->uuid, gen->type,
					 gen->key_flags, gen->label,
					 gen->label_len, gen->uuid,
					 &gen->error);
}

int cryptech_ioc_key_load(struct cryptech_client *client, void *arg)
{
	struct cryptech_ioc_key_load *load = arg;
	void *der;
	int err;

	if (load->label_len > CRYPTECH_LABEL_MAX)
		return -EINVAL;
	der = cryptech_copy_in(load->der, load->der_len);
	if (IS_ERR(der))
		return PTR_ERR(der);
	err = cryptech_rpc_key_load(client, load->uuid, der, load->der_len,
				    load->key_flags, load->label,
				    load->label_len, load->uuid,
				    &load->error);
	kvfree_sensitive(der, load->der_len);
	return err;
}

int cryptech_ioc_key_load_raw(struct cryptech_client *client, void *arg)
{
	struct cryptech_ioc_key_load_raw *load = arg;
	void *value;
	int err;

	if (load->reserved || load->label_len > CRYPTECH_LABEL_MAX)
		return -EINVAL;
	value = cryptech_copy_in(load->value, load->value_len);
	if (IS_ERR(value))
		return PTR_ERR(value);
	err = cryptech_rpc_key_load_raw(client, load->uuid, load->type, value,
					load->value_len, load->key_flags,
					load->label, load->label_len,
					load->uuid, &load->error);
	kvfree_sensitive(value, load->value_len);
	return err;
}

int cryptech_ioc_token(struct cryptech_client *client, void *arg)
{
	struct cryptech_ioc_token *token = arg;
	u8 serial[CRYPTECH_SERIAL_SIZE];
	struct cryptech_key_info info;
	int err;

	if (token->reserved)
		return -EINVAL;
	err = cryptech_rpc_key_info(client, token->uuid, &info, &token->error);
	if (err)
		return err;
	if (!cryptech_device_serial(client->dev, serial))
		return -ENODEV;
	cryptech_token_make(token->token, info.type, serial, token->uuid);
	return 0;
}

int cryptech_ioc_key_info(struct cryptech_client *client, void *arg)
{
	struct cryptech_ioc_key_info *info = arg;
	struct cryptech_key_info got;
	int err;

	if (info->reserved)
		return -EINVAL;
	err = cryptech_rpc_key_info(client, info->uuid, &got, &info->error);
	if (err)
		return err;
	info->type = got.type;
	info->key_class = got.class;
	info->key_flags = got.flags;
	info->label_len = got.label_len;
	memcpy(info->label, got.label, sizeof(info->label));
	return 0;
}

int cryptech_ioc_key_public(struct cryptech_client *client, void *arg)
{
	struct cryptech_ioc_key_public *public = arg;
	size_t len = min_t(u32, public->spki_len, CRYPTECH_RPC_MESSAGE_MAX);
	void *spki;
	int err;

	spki = kvmalloc(max_t(size_t, len, 1), GFP_KERNEL);
	if (!spki)
		return -ENOMEM;
	err = cryptech_rpc_key_public(client, public->uuid, spki, &len,
				      &public->error);
	if (!err)
		err = cryptech_copy_out(public->spki, spki, len);
	if (!err || err == -EOVERFLOW)
		public->spki_len = len;
	kvfree(spki);
	return err;
}

int cryptech_ioc_key_delete(struct cryptech_client *client, void *arg)
{
	struct cryptech_ioc_key_delete *delete = arg;

	if (delete->reserved)
		return -EINVAL;
	return cryptech_rpc_key_delete(client, delete->uuid, &delete->error);
}

/* Decode KEY_LIST; items go out one by one. */
static int cryptech_list_results(struct cryptech_call *call,
				 struct cryptech_ioc_key_list *list)
{
	struct cryptech_key_item __user *items = u64_to_user_ptr(list->items);
	u32 room = list->count, n, i;
	struct xdr_reader r;

	cryptech_call_results(call, &r);
	n = xdr_get_u32(&r);
	if (r.bad || n > room)
		return -EPROTO;
	for (i = 0; i < n; i++) {
		struct cryptech_key_item item = {};
		struct cryptech_key_info info;
		const u8 *uuid;
		size_t len;

		uuid = xdr_get_opaque(&r, &len);
		cryptech_get_key_info(&r, &info);
		if (r.bad || len != sizeof(item.uuid))
			return -EPROTO;
		memcpy(item.uuid, uuid, sizeof(item.uuid));
		item.type = info.type;
		item.key_class = info.class;
		item.key_flags = info.flags;
		item.label_len = info.label_len;
		memcpy(item.label, info.label, sizeof(item.label));
		if (copy_to_user(&items[i], &item, sizeof(item)))
			return -EFAULT;
	}
	list->count = n;
	return xdr_reader_done(&r) ? 0 : -EPROTO;
}

int cryptech_ioc_key_list(struct cryptech_client *client, void *arg)
{
	struct cryptech_ioc_key_list *list = arg;
	struct cryptech_call *call;
	bool start;
	int err;

	if (!list->count)
		return -EINVAL;
	call = cryptech_call_new(client, CRYPTECH_RPC_KEY_LIST,
				 XDR_OPAQUE(CRYPTECH_UUID_SIZE) + 4,
				 CRYPTECH_RPC_MESSAGE_MAX);
	if (!call)
		return -ENOMEM;
	start = !memchr_inv(list->previous, 0, sizeof(list->previous));
	xdr_put_opaque(&call->args, list->previous,
		       start ? 0 : sizeof(list->previous));
	xdr_put_u32(&call->args, list->count);
	err = cryptech_call_run(call, &list->error);
	if (!err)
		err = cryptech_list_results(call, list);
	cryptech_call_put(call);
	return err;
}

int cryptech_ioc_key_set_label(struct cryptech_client *client, void *arg)
{
	struct cryptech_ioc_key_set_label *set = arg;

	if (set->label_len > CRYPTECH_LABEL_MAX)
		return -EINVAL;
	return cryptech_rpc_key_set_label(client, set->uuid, set->label,
					  set->label_len, &set->error);
}

int cryptech_ioc_sign(struct cryptech_client *client, void *arg)
{
	struct cryptech_ioc_sign *sign = arg;
	size_t len = min_t(u32, sign->signature_len, CRYPTECH_RPC_MESSAGE_MAX);
	void *input, *signature;
	int err;

	if (sign->flags & CRYPTECH_SIGN_ONCE)
		return cryptech_ioc_sign_once(client, sign);
	input = cryptech_copy_in(sign->input, sign->input_len);
	if (IS_ERR(input))
		return PTR_ERR(input);
	err = -ENOMEM;
	signature = kvmalloc(max_t(size_t, len, 1), GFP_KERNEL);
	if (!signature)
		goto out;
	err = cryptech_rpc_sign(client, sign->uuid, sign->digest, input,
				sign->input_len, signature, &len,
				&sign->error);
	if (!err) {
		err = cryptech_copy_out(sign->signature, signature, len);
		sign->signature_len = len;
	}
	kvfree(signature);
out:
	kvfree_sensitive(input, sign->input_len);
	return err;
}

int cryptech_ioc_verify(struct cryptech_client *client, void *arg)
{
	struct cryptech_ioc_verify *verify = arg;
	void *input, *signature;
	int err;

	if (verify->flags & CRYPTECH_SIGN_ONCE)
		return cryptech_ioc_verify_hss(client, verify);
	input = cryptech_copy_in(verify->input, verify->input_len);
	if (IS_ERR(input))
		return PTR_ERR(input);
	signature = cryptech_copy_in(verify->signature,
				     verify->signature_len);
	err = PTR_ERR_OR_ZERO(signature);
	if (err)
		goto out;
	err = cryptech_rpc_verify(client, verify->uuid, verify->digest, input,
				  verify->input_len, signature,
				  verify->signature_len, &verify->error);
	kvfree(signature);
out:
	kvfree_sensitive(input, verify->input_len);
	return err;
}
