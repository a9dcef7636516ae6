// SPDX-License-Identifier: GPL-2.0
/*
 * The typed door of /dev/cryptechN: see include/uapi/linux/cryptech.h.
 *
 * The struct is copied in once, its handler works on the copy, and the copy
 * goes back whether the call succeeded or not (for `error` and lengths).
 */
#include <linux/capability.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include <linux/cryptech.h>

#include "cryptech.h"
#include "ioctl.h"
#include "iocmap.h"
#include "key.h"

#define CRYPTECH_RANDOM_MAX	16368

void *cryptech_copy_in(u64 from, u32 len)
{
	void *data;

	if (len > CRYPTECH_RPC_MESSAGE_MAX)
		return ERR_PTR(-EINVAL);
	data = kvmalloc(max_t(size_t, len, 1), GFP_KERNEL);
	if (!data)
		return ERR_PTR(-ENOMEM);
	if (copy_from_user(data, u64_to_user_ptr(from), len)) {
		kvfree_sensitive(data, len);
		return ERR_PTR(-EFAULT);
	}
	return data;
}

int cryptech_copy_out(u64 to, const void *data, size_t len)
{
	return copy_to_user(u64_to_user_ptr(to), data, len) ? -EFAULT : 0;
}

static int cryptech_ioc_info(struct cryptech_client *client, void *arg)
{
	struct cryptech_ioc_info *info = arg;
	struct cryptech_device *dev = client->dev;
	int err = 0;

	spin_lock_bh(&dev->lock);
	info->abi = CRYPTECH_IOC_ABI;
	info->index = dev->index;
	info->incarnation = client->incarnation;
	memcpy(info->serial, dev->serial, sizeof(info->serial));
	info->message_max = dev->message_max;
	if (dev->state != CRYPTECH_READY ||
	    dev->incarnation != client->incarnation)
		err = -ENODEV;
	else
		info->kernel_user = READ_ONCE(dev->kernel->role);
	spin_unlock_bh(&dev->lock);
	return err;
}

/* Decode STATUS; items go out one by one, as many as there is room for. */
static int cryptech_status_results(struct cryptech_call *call,
				   struct cryptech_ioc_status *status)
{
	struct cryptech_status_item __user *items =
		u64_to_user_ptr(status->items);
	u32 room = status->count, n, i;
	const u8 *release, *serial;
	size_t release_len, serial_len;
	struct xdr_reader r;

	cryptech_call_results(call, &r);
	release = xdr_get_opaque(&r, &release_len);
	serial = xdr_get_opaque(&r, &serial_len);
	n = xdr_get_u32(&r);
	if (r.bad || serial_len != sizeof(status->serial) ||
	    xdr_left(&r) % 12 || xdr_left(&r) / 12 != n)
		return -EPROTO;
	memset(status->release, 0, sizeof(status->release));
	memcpy(status->release, release,
	       min_t(size_t, release_len, sizeof(status->release) - 1));
	memcpy(status->serial, serial, sizeof(status->serial));
	status->count = n;
	for (i = 0; i < min(n, room); i++) {
		struct cryptech_status_item item = {};

		item.tag = xdr_get_u32(&r);
		item.value = xdr_get_u64(&r);
		if (copy_to_user(&items[i], &item, sizeof(item)))
			return -EFAULT;
	}
	return 0;
}

static int cryptech_ioc_status(struct cryptech_client *client, void *arg)
{
	struct cryptech_ioc_status *status = arg;
	struct cryptech_call *call;
	int err;

	call = cryptech_call_new(client, CRYPTECH_RPC_STATUS, 0,
				 CRYPTECH_RPC_MESSAGE_MAX);
	if (!call)
		return -ENOMEM;
	err = cryptech_call_run(call, &status->error);
	if (!err)
		err = cryptech_status_results(call, status);
	cryptech_call_put(call);
	return err;
}

static int cryptech_do_pin(struct cryptech_client *client, u32 function,
			   struct cryptech_ioc_pin *arg)
{
	void *pin;
	int err;

	if (arg->reserved || arg->pin_len > CRYPTECH_PIN_MAX)
		return -EINVAL;
	pin = cryptech_copy_in(arg->pin, arg->pin_len);
	if (IS_ERR(pin))
		return PTR_ERR(pin);
	err = cryptech_rpc_pin(client, function, arg->user, pin, arg->pin_len,
			       &arg->error);
	kvfree_sensitive(pin, arg->pin_len);
	return err;
}

static int cryptech_ioc_login(struct cryptech_client *client, void *arg)
{
	return cryptech_do_pin(client, CRYPTECH_RPC_LOGIN, arg);
}

static int cryptech_ioc_set_pin(struct cryptech_client *client, void *arg)
{
	return cryptech_do_pin(client, CRYPTECH_RPC_SET_PIN, arg);
}

static int cryptech_ioc_logout(struct cryptech_client *client, void *arg)
{
	struct cryptech_ioc_logout *logout = arg;

	if (logout->reserved)
		return -EINVAL;
	return cryptech_rpc_logout(client, &logout->error);
}

/*
 * The kernel's own login. The device is the one of this file, and so is the
 * incarnation: a dead file opens nothing.
 */
static struct cryptech_client *
cryptech_kernel_of(struct cryptech_client *client)
{
	struct cryptech_client *kernel;

	if (!capable(CAP_SYS_ADMIN))
		return ERR_PTR(-EPERM);
	kernel = cryptech_client_kernel(client->dev);
	if (!IS_ERR(kernel) && kernel->incarnation != client->incarnation) {
		cryptech_client_put(kernel);
		return ERR_PTR(-ENODEV);
	}
	return kernel;
}

static int cryptech_ioc_kernel_login(struct cryptech_client *client,
				     void *arg)
{
	struct cryptech_client *kernel = cryptech_kernel_of(client);
	struct cryptech_ioc_pin *pin = arg;
	int err;

	if (IS_ERR(kernel))
		return PTR_ERR(kernel);
	err = -EINVAL;
	if (pin->user == CRYPTECH_USER_NORMAL)
		err = cryptech_do_pin(kernel, CRYPTECH_RPC_LOGIN, pin);
	if (!err)
		cryptech_keys_login(kernel->dev);
	cryptech_client_put(kernel);
	return err;
}

static int cryptech_ioc_kernel_logout(struct cryptech_client *client,
				      void *arg)
{
	struct cryptech_client *kernel = cryptech_kernel_of(client);
	int err;

	if (IS_ERR(kernel))
		return PTR_ERR(kernel);
	err = cryptech_ioc_logout(kernel, arg);
	cryptech_client_put(kernel);
	return err;
}

static int cryptech_ioc_random(struct cryptech_client *client, void *arg)
{
	struct cryptech_ioc_random *random = arg;
	void *data;
	int err;

	if (!random->length || random->length > CRYPTECH_RANDOM_MAX)
		return -EINVAL;
	data = kvmalloc(random->length, GFP_KERNEL);
	if (!data)
		return -ENOMEM;
	err = cryptech_rpc_random(client, data, random->length,
				  &random->error);
	if (!err)
		err = cryptech_copy_out(random->data, data, random->length);
	kvfree_sensitive(data, random->length);
	return err;
}

#define CRYPTECH_IOCTL(name, type, handler, ...)			       \
	{ CRYPTECH_IOC_##name, offsetof(struct type, error), handler,	       \
	  ##__VA_ARGS__ }

static const struct cryptech_ioctl cryptech_ioctls[] = {
	{ CRYPTECH_IOC_INFO, 0, cryptech_ioc_info },
	CRYPTECH_IOCTL(STATUS, cryptech_ioc_status, cryptech_ioc_status),
	CRYPTECH_IOCTL(LOGIN, cryptech_ioc_pin, cryptech_ioc_login),
	CRYPTECH_IOCTL(LOGOUT, cryptech_ioc_logout, cryptech_ioc_logout),
	CRYPTECH_IOCTL(SET_PIN, cryptech_ioc_pin, cryptech_ioc_set_pin),
	CRYPTECH_IOCTL(KERNEL_LOGIN, cryptech_ioc_pin,
		       cryptech_ioc_kernel_login),
	CRYPTECH_IOCTL(KERNEL_LOGOUT, cryptech_ioc_logout,
		       cryptech_ioc_kernel_logout),
	CRYPTECH_IOCTL(RANDOM, cryptech_ioc_random, cryptech_ioc_random),
	CRYPTECH_IOCTL(KEY_GENERATE, cryptech_ioc_key_generate,
		       cryptech_ioc_key_generate),
	CRYPTECH_IOCTL(KEY_LOAD, cryptech_ioc_key_load,
		       cryptech_ioc_key_load),
	CRYPTECH_IOCTL(KEY_INFO, cryptech_ioc_key_info,
		       cryptech_ioc_key_info),
	CRYPTECH_IOCTL(KEY_PUBLIC, cryptech_ioc_key_public,
		       cryptech_ioc_key_public),
	CRYPTECH_IOCTL(KEY_DELETE, cryptech_ioc_key_delete,
		       cryptech_ioc_key_delete),
	CRYPTECH_IOCTL(KEY_LIST, cryptech_ioc_key_list,
		       cryptech_ioc_key_list),
	CRYPTECH_IOCTL(KEY_SET_LABEL, cryptech_ioc_key_set_label,
		       cryptech_ioc_key_set_label),
	CRYPTECH_IOCTL(SIGN, cryptech_ioc_sign, cryptech_ioc_sign,
		       CRYPTECH_SIGN_ONCE,
		       offsetof(struct cryptech_ioc_sign, left)),
	CRYPTECH_IOCTL(VERIFY, cryptech_ioc_verify, cryptech_ioc_verify,
		       CRYPTECH_SIGN_ONCE),
	CRYPTECH_IOCTL(KEY_LOAD_RAW, cryptech_ioc_key_load_raw,
		       cryptech_ioc_key_load_raw),
	CRYPTECH_IOCTL(TOKEN, cryptech_ioc_token, cryptech_ioc_token),
	CRYPTECH_IOCTL(HASHSIG_GENERATE, cryptech_ioc_hashsig_generate,
		       cryptech_ioc_hashsig_generate),
	CRYPTECH_IOCTL(HASHSIG_JOB, cryptech_ioc_hashsig_job,
		       cryptech_ioc_hashsig_job),
	CRYPTECH_IOCTL(HASHSIG_CANCEL, cryptech_ioc_hashsig_cancel,
		       cryptech_ioc_hashsig_cancel),
	CRYPTECH_IOCTL(HASHSIG_INFO, cryptech_ioc_hashsig_info,
		       cryptech_ioc_hashsig_info),
	CRYPTECH_IOCTL(HASHSIG_ACCEPT, cryptech_ioc_hashsig_accept,
		       cryptech_ioc_hashsig_accept),
};

/* The largest struct, as an array that is aligned for each of them. */
#define CRYPTECH_IOC_WORDS	(256 / sizeof(u64))

/* By type and number alone: the size may be that of a newer struct. */
static const struct cryptech_ioctl *cryptech_find_ioctl(unsigned int cmd)
{
	size_t i;

	if (_IOC_TYPE(cmd) != CRYPTECH_IOC_MAGIC)
		return NULL;
	for (i = 0; i < ARRAY_SIZE(cryptech_ioctls); i++)
		if (_IOC_NR(cryptech_ioctls[i].cmd) == _IOC_NR(cmd))
			return &cryptech_ioctls[i];
	for (i = 0; i < cryptech_cipher_ioctl_count; i++)
		if (_IOC_NR(cryptech_cipher_ioctls[i].cmd) == _IOC_NR(cmd))
			return &cryptech_cipher_ioctls[i];
	for (i = 0; i < cryptech_backup_ioctl_count; i++)
		if (_IOC_NR(cryptech_backup_ioctls[i].cmd) == _IOC_NR(cmd))
			return &cryptech_backup_ioctls[i];
	return NULL;
}

/*
 * Copy the struct in, whose true size its first field tells. Returns how much
 * of it the caller has, or -errno.
 */
static int cryptech_ioctl_get(const struct cryptech_ioctl *ioctl, void *arg,
			      void __user *user)
{
	size_t size = _IOC_SIZE(ioctl->cmd);
	struct cryptech_ioc_head *head = arg;
	u32 user_size;
	int err;

	if (get_user(user_size, (u32 __user *)user))
		return -EFAULT;
	if (user_size < (ioctl->first ? ioctl->first : size))
		return -EINVAL;
	if (user_size > PAGE_SIZE)
		return -E2BIG;
	err = copy_struct_from_user(arg, size, user, user_size);
	if (err)
		return err;
	/* it may have changed between the two looks */
	if (head->size != user_size || head->flags & ~ioctl->flags)
		return -EINVAL;
	return min_t(size_t, user_size, size);
}

long cryptech_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct cryptech_client *client = cryptech_file_client(file);
	const struct cryptech_ioctl *ioctl = cryptech_find_ioctl(cmd);
	void __user *user = (void __user *)arg;
	u64 words[CRYPTECH_IOC_WORDS];
	u32 *error = NULL;
	int size, err;

	if (!ioctl)
		return -ENOTTY;
	if (WARN_ON_ONCE(_IOC_SIZE(ioctl->cmd) > sizeof(words)))
		return -ENOTTY;
	size = cryptech_ioctl_get(ioctl, words, user);
	if (size < 0)
		return size;
	if (ioctl->error) {
		error = (u32 *)((u8 *)words + ioctl->error);
		*error = 0;
	}
	if (ioctl->handle)
		err = ioctl->handle(client, words);
	else
		err = cryptech_iocmap_call(client, ioctl->map, words, error);
	if (copy_to_user(user, words, size))
		return -EFAULT;
	return err;
}
