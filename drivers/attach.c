// SPDX-License-Identifier: GPL-2.0
/*
 * Attach and loss: one delayed work per device, the sweep, moves it from
 * state to state, enforces deadlines and listens for the heartbeat.
 *
 *	ABSENT --begin--> WAITING --ready--> ATTACHING --ATTACH--> READY
 *	   ^                                     |                   |
 *	   +---------------- lost ---------------+-------------------+
 *
 * The sweep runs twice a second while the HSM is ready, once while it is not,
 * and at once on attention.
 */
#include <linux/jiffies.h>
#include <linux/kobject.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

#include "cipher.h"
#include "cryptech.h"
#include "hashsig.h"
#include "key.h"
#include "sealed.h"

#define CRYPTECH_SWEEP_READY	msecs_to_jiffies(CRYPTECH_MAILBOX_BEAT_MS)
#define CRYPTECH_SWEEP_ABSENT	HZ
#define CRYPTECH_MESSAGE_LEAST	1024	/* an HSM that takes less is useless */

static void cryptech_uevent(struct cryptech_device *dev, const char *state,
			    u64 incarnation)
{
	char state_text[40], incarnation_text[48];
	char *env[3];

	snprintf(state_text, sizeof(state_text), "CRYPTECH_STATE=%s", state);
	snprintf(incarnation_text, sizeof(incarnation_text),
		 "CRYPTECH_INCARNATION=%llu", incarnation);
	env[0] = state_text;
	env[1] = incarnation_text;
	env[2] = NULL;
	kobject_uevent_env(&dev->dev.kobj, KOBJ_CHANGE, env);
}

/* Go from one state to the next, unless somebody chose another meanwhile. */
static bool cryptech_advance(struct cryptech_device *dev,
			     enum cryptech_state from, enum cryptech_state to)
{
	bool advanced;

	spin_lock_bh(&dev->lock);
	advanced = dev->state == from;
	if (advanced)
		dev->state = to;
	spin_unlock_bh(&dev->lock);
	return advanced;
}

/*
 * The HSM is lost, stopped or gone: fail all calls, wake all files. On return
 * no sender is in the transport.
 */
void cryptech_lose(struct cryptech_device *dev, enum cryptech_state state)
{
	LIST_HEAD(dropped);
	LIST_HEAD(ciphers);

	spin_lock_bh(&dev->lock);
	/* STOPPED ends by cryptech_device_start() or GONE, GONE never */
	if (dev->state < CRYPTECH_STOPPED || dev->state < state)
		dev->state = state;
	cryptech_calls_fail(dev, &dropped);
	cryptech_ciphers_fail(dev, &ciphers);
	spin_unlock_bh(&dev->lock);
	wake_up_all(&dev->wait);
	cryptech_ciphers_end(&ciphers);
	synchronize_rcu();
	cryptech_calls_drop(&dropped);
}

/*
 * What else is to do after cryptech_lose(), if there was an incarnation. Only
 * by the sweep, or when it does not run any more: so this never overtakes the
 * end of cryptech_attach().
 */
void cryptech_end_incarnation(struct cryptech_device *dev)
{
	struct cryptech_client *kernel, *mux;

	spin_lock_bh(&dev->lock);
	kernel = dev->kernel;
	mux = dev->mux;
	dev->kernel = NULL;
	dev->mux = NULL;
	spin_unlock_bh(&dev->lock);
	if (!kernel)
		return;
	cryptech_keys_detached(dev);
	cryptech_hwrng_changed(dev);
	cryptech_hashwatch_forget(dev);
	dev_info(&dev->dev, "HSM detached\n");
	cryptech_uevent(dev, "absent", kernel->incarnation);
	cryptech_client_put(kernel);
	cryptech_client_put(mux);
}

/* Ask the HSM to forget all calls. */
static void cryptech_begin(struct cryptech_device *dev)
{
	spin_lock_bh(&dev->lock);
	dev->failed = false;
	spin_unlock_bh(&dev->lock);
	if (!dev->ops->begin(dev))
		cryptech_advance(dev, CRYPTECH_ABSENT, CRYPTECH_WAITING);
}

/* What ATTACH and STATUS tell. */
struct cryptech_attached {
	u8 serial[CRYPTECH_SERIAL_SIZE];
	char release[CRYPTECH_RELEASE_MAX];
	u32 message_max;
};

/* A call before others are let in, which an HSM that is there answers soon. */
static struct cryptech_call *cryptech_attach_call(struct cryptech_client *mux,
						  u32 function, size_t args,
						  size_t results)
{
	struct cryptech_call *call = cryptech_call_new(mux, function, args,
						       results);

	if (!call)
		return NULL;
	call->attaching = true;
	call->timeout_ms = min_t(unsigned int, call->timeout_ms,
				 CRYPTECH_MAILBOX_LOST_MS);
	return call;
}

static int cryptech_call_attach(struct cryptech_client *mux,
				struct cryptech_attached *to)
{
	struct cryptech_call *call;
	struct xdr_reader r;
	const u8 *serial;
	size_t serial_len;
	u32 version;
	int err;

	call = cryptech_attach_call(mux, CRYPTECH_RPC_ATTACH, 4, 64);
	if (!call)
		return -ENOMEM;
	xdr_put_u32(&call->args, CRYPTECH_ATTACH_VERSION);
	err = cryptech_call_run(call, NULL);
	if (err)
		goto out;

	cryptech_call_results(call, &r);
	version = xdr_get_u32(&r);
	serial = xdr_get_opaque(&r, &serial_len);
	xdr_get_u32(&r);	/* clients and handles: the HSM enforces them */
	xdr_get_u32(&r);
	to->message_max = xdr_get_u32(&r);
	if (!xdr_reader_done(&r) || version != CRYPTECH_ATTACH_VERSION ||
	    serial_len != CRYPTECH_SERIAL_SIZE ||
	    to->message_max < CRYPTECH_MESSAGE_LEAST) {
		err = -EPROTO;
		goto out;
	}
	to->message_max = min_t(u32, to->message_max,
				CRYPTECH_RPC_MESSAGE_MAX);
	memcpy(to->serial, serial, CRYPTECH_SERIAL_SIZE);
out:
	cryptech_call_put(call);
	return err;
}

/* The release is for people's eyes: control characters are not let through. */
static void cryptech_copy_release(struct cryptech_attached *to,
				  const u8 *text, size_t len)
{
	size_t i;

	len = min_t(size_t, len, CRYPTECH_RELEASE_MAX - 1);
	for (i = 0; i < len; i++)
		to->release[i] = text[i] >= ' ' && text[i] < 0x7f ?
				 text[i] : '_';
	to->release[len] = 0;
}

static int cryptech_call_status(struct cryptech_client *mux,
				struct cryptech_attached *to)
{
	struct cryptech_call *call;
	struct xdr_reader r;
	const u8 *text;
	u32 error = 0;
	size_t len;
	int err;

	call = cryptech_attach_call(mux, CRYPTECH_RPC_STATUS, 0,
				    CRYPTECH_RPC_MESSAGE_MAX);
	if (!call)
		return -ENOMEM;
	err = cryptech_call_run(call, &error);
	if (!err) {
		cryptech_call_results(call, &r);
		text = xdr_get_opaque(&r, &len);
		if (text)
			cryptech_copy_release(to, text, len);
		else
			err = -EPROTO;
		xdr_get_opaque(&r, &len);
		cryptech_figures_take(mux->dev, &r);
	}
	cryptech_call_put(call);
	/* the HSM may refuse: it is the release alone that is unknown then */
	return error ? 0 : err;
}

/* A call to an HSM that has no ATTACH, but libhal's functions. */
static int cryptech_call_libhal(struct cryptech_client *mux,
				struct cryptech_attached *to, u32 function)
{
	struct cryptech_call *call;
	struct xdr_reader r;
	u32 version, error;
	int err;

	call = cryptech_attach_call(mux, function, 0, 4);
	if (!call)
		return -ENOMEM;
	err = cryptech_call_run(call, &error);
	if (error && function == CRYPTECH_RPC_LOGOUT_ALL)
		err = 0;	/* not everywhere may everybody do it */
	if (!err && function == CRYPTECH_RPC_GET_VERSION) {
		cryptech_call_results(call, &r);
		version = xdr_get_u32(&r);
		if (!xdr_reader_done(&r))
			err = -EPROTO;
		snprintf(to->release, sizeof(to->release),
			 "libhal %u.%u.%u.%u", version >> 24,
			 version >> 16 & 0xff, version >> 8 & 0xff,
			 version & 0xff);
		to->message_max = CRYPTECH_RPC_MESSAGE_MAX;
	}
	cryptech_call_put(call);
	return err;
}

static int cryptech_call_who(struct cryptech_client *mux,
			     struct cryptech_attached *to)
{
	int err;

	if (mux->dev->libhal) {
		/* logins of before had other client words, and keep places */
		err = cryptech_call_libhal(mux, to, CRYPTECH_RPC_LOGOUT_ALL);
		return err ? err :
		       cryptech_call_libhal(mux, to, CRYPTECH_RPC_GET_VERSION);
	}
	err = cryptech_call_attach(mux, to);
	return err ? err : cryptech_call_status(mux, to);
}

/* Everything is known: the incarnation begins, unless it is lost already. */
static bool cryptech_begin_incarnation(struct cryptech_device *dev,
				       const struct cryptech_attached *from,
				       struct cryptech_client *kernel,
				       struct cryptech_client *mux)
{
	bool begun;

	spin_lock_bh(&dev->lock);
	begun = dev->state == CRYPTECH_ATTACHING && !dev->failed;
	if (begun) {
		dev->incarnation = kernel->incarnation;
		memcpy(dev->serial, from->serial, sizeof(dev->serial));
		memcpy(dev->release, from->release, sizeof(dev->release));
		dev->message_max = from->message_max;
		dev->kernel = cryptech_client_get(kernel);
		dev->mux = cryptech_client_get(mux);
		dev->state = CRYPTECH_READY;
	}
	spin_unlock_bh(&dev->lock);
	return begun;
}

static int cryptech_attach(struct cryptech_device *dev)
{
	struct cryptech_attached attached = {};
	struct cryptech_client *kernel, *mux;
	u64 incarnation = dev->incarnation + 1;	/* changed by us alone */
	int err;

	if (!cryptech_advance(dev, CRYPTECH_WAITING, CRYPTECH_ATTACHING))
		return -ENODEV;
	mux = cryptech_client_special(dev, CRYPTECH_CLIENT_MUX, incarnation);
	if (!mux)
		return -ENOMEM;
	err = -ENOMEM;
	kernel = cryptech_client_special(dev, CRYPTECH_CLIENT_KERNEL,
					 incarnation);
	if (!kernel)
		goto out_mux;
	err = cryptech_call_who(mux, &attached);
	if (err)
		goto out_kernel;
	if (!cryptech_begin_incarnation(dev, &attached, kernel, mux)) {
		err = -ENODEV;
		goto out_kernel;
	}
	dev_info(&dev->dev, "HSM %*phN attached, release %s\n",
		 CRYPTECH_SERIAL_SIZE, attached.serial, attached.release);
	cryptech_keys_attached(dev);
	cryptech_hwrng_changed(dev);
	cryptech_uevent(dev, "ready", incarnation);

out_kernel:
	cryptech_client_put(kernel);
out_mux:
	cryptech_client_put(mux);
	return err;
}

/* Is there a reason to give this incarnation up? */
static bool cryptech_is_lost(struct cryptech_device *dev)
{
	bool lost, unanswered;
	LIST_HEAD(dropped);
	LIST_HEAD(ciphers);

	lost = dev->ops->check(dev) != 0;
	spin_lock_bh(&dev->lock);
	lost |= dev->failed;
	unanswered = cryptech_calls_expire(dev, &dropped);
	unanswered |= cryptech_ciphers_expire(dev, &ciphers);
	spin_unlock_bh(&dev->lock);
	cryptech_calls_drop(&dropped);
	cryptech_ciphers_end(&ciphers);
	if (unanswered && !lost)
		dev_warn_ratelimited(&dev->dev, "HSM left a call unanswered\n");
	return lost || unanswered;
}

void cryptech_sweep(struct work_struct *work)
{
	struct cryptech_device *dev =
		container_of(to_delayed_work(work), struct cryptech_device,
			     sweep);
	unsigned long next;
	int err;

	if (cryptech_device_state(dev) == CRYPTECH_READY &&
	    cryptech_is_lost(dev)) {
		cryptech_lose(dev, CRYPTECH_ABSENT);
		cryptech_end_incarnation(dev);
	}
	if (cryptech_device_state(dev) == CRYPTECH_ABSENT)
		cryptech_begin(dev);
	if (cryptech_device_state(dev) == CRYPTECH_WAITING &&
	    dev->ops->ready(dev)) {
		err = cryptech_attach(dev);
		if (err) {
			dev_warn_ratelimited(&dev->dev,
					     "HSM did not attach: error %d\n",
					     err);
			cryptech_lose(dev, CRYPTECH_ABSENT);
		}
	}
	cryptech_figures_refresh(dev);
	cryptech_pager_sweep(dev);

	spin_lock_bh(&dev->lock);
	next = dev->state == CRYPTECH_READY ? CRYPTECH_SWEEP_READY :
					      CRYPTECH_SWEEP_ABSENT;
	/* does nothing if attention has queued it meanwhile */
	if (dev->state != CRYPTECH_GONE && dev->state != CRYPTECH_STOPPED)
		queue_delayed_work(dev->wq, &dev->sweep, next);
	spin_unlock_bh(&dev->lock);
}
