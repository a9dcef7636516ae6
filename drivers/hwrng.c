// SPDX-License-Identifier: GPL-2.0
/*
 * The HSM's random numbers for the kernel's hw_random.
 *
 * One generator for each device, there while its HSM is attached. It is
 * registered and unregistered by a work of its own, for that waits for readers.
 *
 * What comes is looked at: an HSM whose generator is stuck or repeats itself
 * gives an error from then on, until it attaches anew. Good numbers fail this
 * less than once in 2^100 reads.
 */
#include <linux/hw_random.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "cryptech.h"

#define RNG_BLOCK	16	/* bytes that must never come twice */
#define RNG_BLOCKS	16	/* fetched at once */
#define RNG_SIZE	(RNG_BLOCK * RNG_BLOCKS)

static unsigned short rng_quality = 512;
module_param(rng_quality, ushort, 0444);
MODULE_PARM_DESC(rng_quality,
		 "Bits of entropy assumed in 1024 bits of an HSM's random numbers, an estimate, as the driver sees only the output of its deterministic generator; at least 1 (512)");

/**
 * struct cryptech_hwrng - a device's generator
 * @rng:	what is registered
 * @name:	its name, cryptechN
 * @dev:	the device, which owns it
 * @work:	brings @registered in line with the device's state
 * @registered:	by @work alone, and at the end
 * @lock:	guards what follows
 * @incarnation: of the device that @buffer and @broken are of
 * @broken:	it repeated itself
 * @have:	bytes at the end of @buffer that were not given away yet
 * @buffer:	fetched; wiped as it is given away
 * @before:	the first block of the fetch before
 */
struct cryptech_hwrng {
	struct hwrng rng;
	char name[16];
	struct cryptech_device *dev;
	struct work_struct work;
	bool registered;

	struct mutex lock;	/* of what follows */
	u64 incarnation;
	bool broken;
	size_t have;
	u8 buffer[RNG_SIZE];
	u8 before[RNG_BLOCK];
};

/* Does any block stand twice, or come again from the last time? */
static bool hwrng_repeats(const struct cryptech_hwrng *h)
{
	const u8 *a, *b, *end = h->buffer + RNG_SIZE;

	for (a = h->buffer; a < end; a += RNG_BLOCK) {
		if (!memcmp(a, h->before, RNG_BLOCK))
			return true;
		for (b = a + RNG_BLOCK; b < end; b += RNG_BLOCK)
			if (!memcmp(a, b, RNG_BLOCK))
				return true;
	}
	return false;
}

static int hwrng_fetch(struct cryptech_hwrng *h, struct cryptech_client *mux)
{
	int err;

	err = cryptech_rpc_random(mux, h->buffer, RNG_SIZE, NULL);
	if (err)
		return err;
	if (hwrng_repeats(h)) {
		dev_err(&h->dev->dev, "HSM repeats its random numbers\n");
		h->broken = true;
		memzero_explicit(h->buffer, RNG_SIZE);
		return -EIO;
	}
	memcpy(h->before, h->buffer, RNG_BLOCK);
	/* the block that is compared with is not given away */
	h->have = RNG_SIZE - RNG_BLOCK;
	return 0;
}

static void hwrng_begin(struct cryptech_hwrng *h, u64 incarnation)
{
	if (h->incarnation == incarnation)
		return;
	h->incarnation = incarnation;
	h->broken = false;
	h->have = 0;
	memset(h->before, 0, sizeof(h->before));
}

static int hwrng_give(struct cryptech_hwrng *h, void *data, size_t max)
{
	u8 *from = h->buffer + RNG_SIZE - h->have;
	size_t len = min(max, h->have);

	memcpy(data, from, len);
	memzero_explicit(from, len);
	h->have -= len;
	return len;
}

/* At most what one fetch gives. Interrupted: nothing, and again later. */
static int hwrng_read(struct hwrng *rng, void *data, size_t max, bool wait)
{
	struct cryptech_hwrng *h = container_of(rng, struct cryptech_hwrng, rng);
	struct cryptech_client *mux = cryptech_client_mux(h->dev);
	int ret = 0;

	if (IS_ERR(mux))
		return PTR_ERR(mux);
	if (mutex_lock_interruptible(&h->lock)) {
		ret = -ERESTARTSYS;
		goto out_put;
	}
	hwrng_begin(h, mux->incarnation);
	if (h->broken)
		ret = -EIO;
	else if (!h->have && wait)
		ret = hwrng_fetch(h, mux);
	if (!ret)
		ret = hwrng_give(h, data, max);
	mutex_unlock(&h->lock);
out_put:
	cryptech_client_put(mux);
	return ret;
}

static void hwrng_unregister_now(struct cryptech_hwrng *h)
{
	if (h->registered)
		hwrng_unregister(&h->rng);
	h->registered = false;
}

static void hwrng_work(struct work_struct *work)
{
	struct cryptech_hwrng *h =
		container_of(work, struct cryptech_hwrng, work);
	bool ready = cryptech_device_state(h->dev) == CRYPTECH_READY;
	int err;

	if (!ready) {
		hwrng_unregister_now(h);
	} else if (!h->registered) {
		memset(&h->rng, 0, sizeof(h->rng));
		h->rng.name = h->name;
		h->rng.read = hwrng_read;
		h->rng.quality = clamp_t(unsigned short, rng_quality, 1, 1024);
		err = hwrng_register(&h->rng);
		if (err)
			dev_warn(&h->dev->dev, "no hw_random: error %d\n", err);
		h->registered = !err;
	}
}

/* An incarnation began or ended. */
void cryptech_hwrng_changed(struct cryptech_device *dev)
{
	cryptech_device_queue(dev, &dev->hwrng->work);
}

int cryptech_hwrng_add(struct cryptech_device *dev)
{
	struct cryptech_hwrng *h = kzalloc(sizeof(*h), GFP_KERNEL);

	if (!h)
		return -ENOMEM;
	snprintf(h->name, sizeof(h->name), "cryptech%d", dev->index);
	h->dev = dev;
	INIT_WORK(&h->work, hwrng_work);
	mutex_init(&h->lock);
	dev->hwrng = h;
	return 0;
}

/* Nobody calls cryptech_hwrng_changed() any more, and its work is done. */
void cryptech_hwrng_remove(struct cryptech_device *dev)
{
	struct cryptech_hwrng *h = dev->hwrng;

	hwrng_unregister_now(h);
	dev->hwrng = NULL;
	mutex_destroy(&h->lock);
	kfree_sensitive(h);
}
