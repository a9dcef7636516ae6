// SPDX-License-Identifier: GPL-2.0
/*
 * Devices: their class, their life, how they are found; the module.
 */
#include <linux/fs.h>
#include <linux/idr.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "cipher.h"
#include "cryptech.h"
#include "hashsig.h"
#include "key.h"
#include "sealed.h"

#define CRYPTECH_DEVICES_MAX	64
#define CRYPTECH_STOP_TIMEOUT	(2 * HZ)

static dev_t cryptech_devt;
static DEFINE_IDA(cryptech_ida);

/* Registered devices. */
static LIST_HEAD(cryptech_devices);
static DEFINE_SPINLOCK(cryptech_devices_lock);

struct class cryptech_class = {
	.name = "cryptech",
	.dev_groups = cryptech_groups,
};

static void cryptech_device_release(struct device *d)
{
	struct cryptech_device *dev =
		container_of(d, struct cryptech_device, dev);

	if (!dev->was_registered) {
		ida_free(&cryptech_ida, dev->index);
		if (dev->wq)
			destroy_workqueue(dev->wq);
	}
	xa_destroy(&dev->clients);
	kvfree(dev->spare);
	cryptech_hashwatch_exit(dev);
	cryptech_pager_exit(dev);
	kfree(dev);
}

/*
 * Memory for a reply of @size bytes at most, or NULL. The raw door asks for the
 * greatest size in each call, and the kernel zeroes whatever it gives out: a
 * device keeps one such buffer that is not in use.
 */
u8 *cryptech_reply_get(struct cryptech_device *dev, size_t size, gfp_t gfp)
{
	u8 *reply = NULL;

	if (size == CRYPTECH_RPC_MESSAGE_MAX)
		reply = xchg(&dev->spare, NULL);
	return reply ? reply : kvmalloc(size, gfp);
}

/* Give it back, any context but hard interrupt; @used bytes were written. */
void cryptech_reply_put(struct cryptech_device *dev, u8 *reply, size_t size,
			size_t used)
{
	memzero_explicit(reply, used);
	if (size == CRYPTECH_RPC_MESSAGE_MAX)
		reply = xchg(&dev->spare, reply);
	kvfree(reply);
}

struct cryptech_device *
cryptech_device_alloc(struct device *parent,
		      const struct cryptech_transport_ops *ops,
		      void *transport)
{
	struct cryptech_device *dev;
	int err;

	dev = kzalloc(sizeof(*dev), GFP_KERNEL);
	if (!dev)
		return ERR_PTR(-ENOMEM);
	dev->index = ida_alloc_max(&cryptech_ida, CRYPTECH_DEVICES_MAX - 1,
				   GFP_KERNEL);
	if (dev->index < 0) {
		err = dev->index;
		kfree(dev);
		return ERR_PTR(err);
	}
	dev->ops = ops;
	dev->transport = transport;
	dev->state = CRYPTECH_STOPPED;	/* until it is registered */
	dev->message_max = CRYPTECH_RPC_MESSAGE_MAX;
	dev->next_word = CRYPTECH_CLIENT_FIRST;
	spin_lock_init(&dev->lock);
	INIT_LIST_HEAD(&dev->entry);
	INIT_LIST_HEAD(&dev->queue);
	INIT_LIST_HEAD(&dev->long_queue);
	cryptech_ciphers_init(dev);
	INIT_DELAYED_WORK(&dev->sweep, cryptech_sweep);
	init_waitqueue_head(&dev->wait);
	xa_init_flags(&dev->clients, XA_FLAGS_ALLOC | XA_FLAGS_LOCK_BH);
	cdev_init(&dev->cdev, &cryptech_fops);
	dev->cdev.owner = THIS_MODULE;

	device_initialize(&dev->dev);
	dev->dev.class = &cryptech_class;
	dev->dev.parent = parent;
	dev->dev.devt = MKDEV(MAJOR(cryptech_devt), dev->index);
	dev->dev.release = cryptech_device_release;
	err = dev_set_name(&dev->dev, "cryptech%d", dev->index);
	if (err)
		goto err_put;
	err = -ENOMEM;
	if (!cryptech_hashwatch_init(dev) || !cryptech_pager_init(dev))
		goto err_put;
	dev->wq = alloc_workqueue("cryptech%d", WQ_UNBOUND | WQ_MEM_RECLAIM |
				  WQ_HIGHPRI, 0, dev->index);
	if (!dev->wq)
		goto err_put;
	return dev;

err_put:
	put_device(&dev->dev);
	return ERR_PTR(err);
}
EXPORT_SYMBOL_GPL(cryptech_device_alloc);

int cryptech_device_register(struct cryptech_device *dev)
{
	int err;

	err = cryptech_hwrng_add(dev);
	if (err)
		return err;
	err = cdev_device_add(&dev->cdev, &dev->dev);
	if (err) {
		cryptech_hwrng_remove(dev);
		return err;
	}
	dev->was_registered = true;
	spin_lock_bh(&cryptech_devices_lock);
	list_add_tail(&dev->entry, &cryptech_devices);
	spin_unlock_bh(&cryptech_devices_lock);

	cryptech_device_start(dev);
	return 0;
}
EXPORT_SYMBOL_GPL(cryptech_device_register);

void cryptech_device_unregister(struct cryptech_device *dev)
{
	spin_lock_bh(&cryptech_devices_lock);
	list_del_init(&dev->entry);
	spin_unlock_bh(&cryptech_devices_lock);

	cryptech_lose(dev, CRYPTECH_GONE);
	cancel_delayed_work_sync(&dev->sweep);
	cryptech_end_incarnation(dev);
	cdev_device_del(&dev->cdev, &dev->dev);
	/* dead files may hold the device for long, not its number */
	ida_free(&cryptech_ida, dev->index);
	drain_workqueue(dev->wq);
	cryptech_hwrng_remove(dev);
	/* nothing is queued any more: that is done under the lock only */
	destroy_workqueue(dev->wq);
}
EXPORT_SYMBOL_GPL(cryptech_device_unregister);

void cryptech_device_stop(struct cryptech_device *dev)
{
	bool was_ready;

	spin_lock_bh(&dev->lock);
	was_ready = dev->state == CRYPTECH_READY;
	if (was_ready)
		dev->state = CRYPTECH_STOPPED;
	spin_unlock_bh(&dev->lock);
	if (was_ready)
		wait_event_timeout(dev->wait, cryptech_calls_idle(dev),
				   CRYPTECH_STOP_TIMEOUT);
	cryptech_lose(dev, CRYPTECH_STOPPED);
	cancel_delayed_work_sync(&dev->sweep);
	cryptech_end_incarnation(dev);
}
EXPORT_SYMBOL_GPL(cryptech_device_stop);

void cryptech_device_start(struct cryptech_device *dev)
{
	spin_lock_bh(&dev->lock);
	if (dev->state == CRYPTECH_STOPPED)
		dev->state = CRYPTECH_ABSENT;
	spin_unlock_bh(&dev->lock);
	cryptech_device_attention(dev);
}
EXPORT_SYMBOL_GPL(cryptech_device_start);

void cryptech_device_attention(struct cryptech_device *dev)
{
	spin_lock_bh(&dev->lock);
	if (dev->state != CRYPTECH_GONE && dev->state != CRYPTECH_STOPPED)
		mod_delayed_work(dev->wq, &dev->sweep, 0);
	spin_unlock_bh(&dev->lock);
}
EXPORT_SYMBOL_GPL(cryptech_device_attention);

void cryptech_device_fail(struct cryptech_device *dev)
{
	LIST_HEAD(dropped);

	spin_lock_bh(&dev->lock);
	dev->failed = true;
	/* the sweep itself waits for ATTACH */
	if (dev->state == CRYPTECH_ATTACHING)
		cryptech_calls_fail(dev, &dropped);
	spin_unlock_bh(&dev->lock);
	cryptech_calls_drop(&dropped);
	cryptech_device_attention(dev);
}
EXPORT_SYMBOL_GPL(cryptech_device_fail);

bool cryptech_device_queue(struct cryptech_device *dev,
			   struct work_struct *work)
{
	bool queued = false;

	spin_lock_bh(&dev->lock);
	if (dev->state != CRYPTECH_GONE) {
		queue_work(dev->wq, work);
		queued = true;
	}
	spin_unlock_bh(&dev->lock);
	return queued;
}

enum cryptech_state cryptech_device_state(struct cryptech_device *dev)
{
	enum cryptech_state state;

	spin_lock_bh(&dev->lock);
	state = dev->state;
	spin_unlock_bh(&dev->lock);
	return state;
}

bool cryptech_device_serial(struct cryptech_device *dev, u8 *serial)
{
	bool valid;

	spin_lock_bh(&dev->lock);
	valid = dev->incarnation != 0 && !dev->libhal;
	memcpy(serial, dev->serial, CRYPTECH_SERIAL_SIZE);
	spin_unlock_bh(&dev->lock);
	return valid;
}

struct cryptech_device *cryptech_device_find(int index)
{
	struct cryptech_device *dev, *found = ERR_PTR(-ENODEV);

	spin_lock_bh(&cryptech_devices_lock);
	list_for_each_entry(dev, &cryptech_devices, entry)
		if (dev->index == index)
			found = cryptech_device_get(dev);
	spin_unlock_bh(&cryptech_devices_lock);
	return found;
}

struct cryptech_device *cryptech_device_find_serial(const u8 *serial)
{
	struct cryptech_device *dev, *found = ERR_PTR(-ENODEV);
	u8 its[CRYPTECH_SERIAL_SIZE];

	spin_lock_bh(&cryptech_devices_lock);
	list_for_each_entry(dev, &cryptech_devices, entry) {
		if (cryptech_device_serial(dev, its) &&
		    !memcmp(its, serial, sizeof(its))) {
			found = cryptech_device_get(dev);
			break;
		}
	}
	spin_unlock_bh(&cryptech_devices_lock);
	return found;
}

struct cryptech_device *cryptech_device_find_only(void)
{
	struct cryptech_device *dev, *found;

	spin_lock_bh(&cryptech_devices_lock);
	dev = list_first_entry_or_null(&cryptech_devices,
				       struct cryptech_device, entry);
	if (!dev)
		found = ERR_PTR(-ENODEV);
	else if (!list_is_singular(&cryptech_devices))
		found = ERR_PTR(-ENOTUNIQ);
	else
		found = cryptech_device_get(dev);
	spin_unlock_bh(&cryptech_devices_lock);
	return found;
}

static int __init cryptech_init(void)
{
	int err;

	err = class_register(&cryptech_class);
	if (err)
		return err;
	err = alloc_chrdev_region(&cryptech_devt, 0, CRYPTECH_DEVICES_MAX,
				  "cryptech");
	if (err)
		goto err_class;
	err = cryptech_keys_init();
	if (err)
		goto err_region;
	err = cryptech_skciphers_register();
	if (err)
		goto err_keys;
	err = cryptech_aead_register();
	if (err)
		goto err_skciphers;
	err = cryptech_macs_register();
	if (err)
		goto err_aead;
	err = cryptech_akciphers_register();
	if (err)
		goto err_macs;
	err = cryptech_sigs_register();
	if (err)
		goto err_akciphers;
	return 0;

err_akciphers:
	cryptech_akciphers_unregister();
err_macs:
	cryptech_macs_unregister();
err_aead:
	cryptech_aead_unregister();
err_skciphers:
	cryptech_skciphers_unregister();
err_keys:
	cryptech_keys_exit();
err_region:
	unregister_chrdev_region(cryptech_devt, CRYPTECH_DEVICES_MAX);
err_class:
	class_unregister(&cryptech_class);
	return err;
}

/* Transports use our symbols, so no device is left here. */
static void __exit cryptech_exit(void)
{
	cryptech_sigs_unregister();
	cryptech_akciphers_unregister();
	cryptech_macs_unregister();
	cryptech_aead_unregister();
	cryptech_skciphers_unregister();
	cryptech_keys_exit();
	unregister_chrdev_region(cryptech_devt, CRYPTECH_DEVICES_MAX);
	class_unregister(&cryptech_class);
	ida_destroy(&cryptech_ida);
}

module_init(cryptech_init);
module_exit(cryptech_exit);

MODULE_DESCRIPTION("Hardware security module: core");
MODULE_LICENSE("GPL");
