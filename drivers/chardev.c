// SPDX-License-Identifier: GPL-2.0
/*
 * /dev/cryptechN, and its raw door: one RPC message per write, its reply by
 * read.
 */
#include <linux/compat.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "cryptech.h"

/**
 * struct cryptech_file - an open file
 * @client:	its client
 * @lock:	guards @call; not held while waiting for the HSM
 * @call:	the outstanding request of the raw door, until its reply was
 *		read, or NULL
 */
struct cryptech_file {
	struct cryptech_client *client;
	struct mutex lock;	/* of call */
	struct cryptech_call *call;
};

static int cryptech_open(struct inode *inode, struct file *file)
{
	struct cryptech_device *dev =
		container_of(inode->i_cdev, struct cryptech_device, cdev);
	struct cryptech_file *f;

	f = kzalloc(sizeof(*f), GFP_KERNEL_ACCOUNT);
	if (!f)
		return -ENOMEM;
	mutex_init(&f->lock);
	f->client = cryptech_client_new(dev);
	if (IS_ERR(f->client)) {
		int err = PTR_ERR(f->client);

		kfree(f);
		return err;
	}
	file->private_data = f;
	return stream_open(inode, file);
}

/* Never waits: the client logs out when its last call was answered. */
static int cryptech_release(struct inode *inode, struct file *file)
{
	struct cryptech_file *f = file->private_data;

	cryptech_call_put(f->call);
	cryptech_client_put(f->client);
	mutex_destroy(&f->lock);
	kfree(f);
	return 0;
}

/* May this client have this function of the HSM by the raw door? */
static bool cryptech_raw_allowed(struct cryptech_client *client, u32 function)
{
	const struct cryptech_function_info *info =
		cryptech_function(function);

	if (!info || !(info->doors & CRYPTECH_DOOR_RAW))
		return false;
	return function != CRYPTECH_RPC_LOGOUT_ALL ||
	       READ_ONCE(client->role) == CRYPTECH_USER_WHEEL;
}

/* Copy a request in: header and arguments once each, before any look at it. */
static struct cryptech_call *
cryptech_raw_call(struct cryptech_client *client, const char __user *data,
		  size_t len)
{
	u8 head[CRYPTECH_RPC_REQUEST_MIN];
	struct cryptech_call *call;
	struct xdr_reader r;
	size_t args_len;
	u32 function;
	u8 *args;

	if (copy_from_user(head, data, sizeof(head)))
		return ERR_PTR(-EFAULT);
	xdr_reader_init(&r, head, sizeof(head));
	function = xdr_get_u32(&r);
	if (!cryptech_raw_allowed(client, function))
		return ERR_PTR(-EPERM);

	args_len = len - sizeof(head);
	call = cryptech_call_new(client, function, args_len,
				 CRYPTECH_RPC_MESSAGE_MAX);
	if (!call)
		return ERR_PTR(-ENOMEM);
	args = xdr_put_raw(&call->args, args_len);
	if (!args || copy_from_user(args, data + sizeof(head), args_len)) {
		cryptech_call_put(call);
		return ERR_PTR(-EFAULT);
	}
	return call;
}

static ssize_t cryptech_write(struct file *file, const char __user *data,
			      size_t len, loff_t *pos)
{
	struct cryptech_file *f = file->private_data;
	struct cryptech_call *call;
	ssize_t ret;

	if (len < CRYPTECH_RPC_REQUEST_MIN)
		return -EINVAL;
	if (len > CRYPTECH_RPC_MESSAGE_MAX)
		return -EMSGSIZE;
	if (mutex_lock_interruptible(&f->lock))
		return -ERESTARTSYS;
	ret = -EBUSY;
	if (f->call)
		goto out;
	call = cryptech_raw_call(f->client, data, len);
	ret = PTR_ERR_OR_ZERO(call);
	if (ret)
		goto out;
	call->polled = true;
	ret = cryptech_call_submit(call, NULL);
	if (ret) {
		cryptech_call_put(call);
		goto out;
	}
	f->call = call;
	ret = len;
out:
	mutex_unlock(&f->lock);
	return ret;
}

/* Wait until the outstanding call is over; it always ends in bounded time. */
static int cryptech_raw_wait(struct cryptech_file *f, bool nonblock)
{
	struct cryptech_call *call;
	int err = 0;

	if (mutex_lock_interruptible(&f->lock))
		return -ERESTARTSYS;
	call = f->call ? cryptech_call_get(f->call) : NULL;
	mutex_unlock(&f->lock);
	if (!call)
		return cryptech_client_alive(f->client) ? -ENODATA : -ENODEV;

	if (nonblock) {
		if (!completion_done(&call->finished))
			err = -EAGAIN;
	} else {
		err = wait_for_completion_interruptible(&call->finished);
	}
	cryptech_call_put(call);
	return err;
}

/* Under f->lock: hand the reply over; it stays until that has worked. */
static ssize_t cryptech_raw_take(struct cryptech_file *f, char __user *data,
				 size_t len)
{
	struct cryptech_call *call = f->call;
	ssize_t ret;

	/* another reader was faster, and perhaps there is a new request */
	if (!call || !completion_done(&call->finished))
		return -EAGAIN;
	ret = call->result;
	if (!ret) {
		if (len < call->reply_len)
			return -EMSGSIZE;
		if (copy_to_user(data, call->reply, call->reply_len))
			return -EFAULT;
		ret = call->reply_len;
	}
	f->call = NULL;
	cryptech_call_put(call);
	wake_up_all(&f->client->wait);
	return ret;
}

static ssize_t cryptech_read(struct file *file, char __user *data, size_t len,
			     loff_t *pos)
{
	struct cryptech_file *f = file->private_data;
	bool nonblock = file->f_flags & O_NONBLOCK;
	ssize_t ret;

	do {
		ret = cryptech_raw_wait(f, nonblock);
		if (ret)
			return ret;
		if (mutex_lock_interruptible(&f->lock))
			return -ERESTARTSYS;
		ret = cryptech_raw_take(f, data, len);
		mutex_unlock(&f->lock);
	} while (ret == -EAGAIN && !nonblock);
	return ret;
}

static __poll_t cryptech_poll(struct file *file, poll_table *wait)
{
	struct cryptech_file *f = file->private_data;
	__poll_t mask = 0;
	bool alive;

	poll_wait(file, &f->client->wait, wait);
	poll_wait(file, &f->client->dev->wait, wait);

	alive = cryptech_client_alive(f->client);
	mutex_lock(&f->lock);
	if (f->call && completion_done(&f->call->finished))
		mask |= EPOLLIN | EPOLLRDNORM;
	if (!f->call && alive)
		mask |= EPOLLOUT | EPOLLWRNORM;
	mutex_unlock(&f->lock);
	if (!alive)
		mask |= EPOLLHUP | EPOLLERR;
	return mask;
}

struct cryptech_client *cryptech_file_client(struct file *file)
{
	struct cryptech_file *f = file->private_data;

	return f->client;
}

const struct file_operations cryptech_fops = {
	.owner = THIS_MODULE,
	.open = cryptech_open,
	.release = cryptech_release,
	.read = cryptech_read,
	.write = cryptech_write,
	.poll = cryptech_poll,
	.unlocked_ioctl = cryptech_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

struct cryptech_client *cryptech_client_from_fd(int fd)
{
	struct cryptech_client *client = ERR_PTR(-EINVAL);
	struct file *file = fget(fd);

	if (!file)
		return ERR_PTR(-EBADF);
	if (file->f_op == &cryptech_fops)
		client = cryptech_client_get(cryptech_file_client(file));
	fput(file);
	return client;
}
