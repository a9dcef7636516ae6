// SPDX-License-Identifier: GPL-2.0
/*
 * Hash signature keys that are nearly used up, and the figures of STATUS that
 * sysfs shows.
 *
 * Each answer to a request to sign, by any door but the raw one, tells how many
 * signatures are left. How many there were is asked for once a key, after its
 * first signature in an incarnation; nobody waits for that. When a sixteenth
 * or less is left it is said once.
 */
#include <linux/jiffies.h>
#include <linux/kobject.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "cryptech.h"
#include "hashsig.h"

#define WATCHED_MAX	64	/* keys; the one longest unused is forgotten */
#define LOW		16	/* one part of so many is little */

/**
 * struct watched - a key that signed
 * @entry:	in the device's list
 * @uuid:	its name
 * @few:	so many signatures left, or less, is little; 0: not known yet
 * @told:	it was said
 */
struct watched {
	struct list_head entry;
	u8 uuid[CRYPTECH_UUID_SIZE];
	u64 few;
	bool told;
};

/**
 * struct cryptech_watch - what is kept of a device
 * @lock:	guards what follows, a leaf
 * @keys:	that signed, the latest first
 * @count:	how many
 * @known:	bit of each figure that the HSM told
 * @value:	what it told last
 * @stale:	figures may have changed since
 * @asking:	a STATUS is under way
 */
struct cryptech_watch {
	spinlock_t lock;	/* of all of it */
	struct list_head keys;
	unsigned int count;
	unsigned long known;
	u64 value[CRYPTECH_FIGURE_COUNT];
	bool stale;
	bool asking;
};

bool cryptech_hashwatch_init(struct cryptech_device *dev)
{
	struct cryptech_watch *watch = kzalloc(sizeof(*watch), GFP_KERNEL);

	if (!watch)
		return false;
	spin_lock_init(&watch->lock);
	INIT_LIST_HEAD(&watch->keys);
	dev->watch = watch;
	return true;
}

void cryptech_hashwatch_exit(struct cryptech_device *dev)
{
	if (dev->watch)
		cryptech_hashwatch_forget(dev);
	kfree(dev->watch);
}

static void tell(struct cryptech_device *dev, const u8 *uuid, u64 left)
{
	char key_text[48], left_text[32];
	char *env[4];

	dev_warn_ratelimited(&dev->dev,
			     "hash signature key %pUb is nearly used up: %llu signatures left\n",
			     uuid, left);
	snprintf(key_text, sizeof(key_text), "KEY=%pUb", uuid);
	snprintf(left_text, sizeof(left_text), "LEFT=%llu", left);
	env[0] = "CRYPTECH_EVENT=hashsig-low";
	env[1] = key_text;
	env[2] = left_text;
	env[3] = NULL;
	kobject_uevent_env(&dev->dev.kobj, KOBJ_CHANGE, env);
}

/* Under the watch's lock: the key, first in the list, or NULL. */
static struct watched *find_watched(struct cryptech_watch *watch,
				    const u8 *uuid)
{
	struct watched *w;

	list_for_each_entry(w, &watch->keys, entry) {
		if (memcmp(w->uuid, uuid, sizeof(w->uuid)))
			continue;
		list_move(&w->entry, &watch->keys);
		return w;
	}
	return NULL;
}

/* Under the lock: take @fresh for the key; NULL, or one that has to be freed. */
static struct watched *add_watched(struct cryptech_watch *watch,
				   struct watched *fresh, const u8 *uuid)
{
	struct watched *old = NULL;

	if (watch->count == WATCHED_MAX) {
		old = list_last_entry(&watch->keys, struct watched, entry);
		list_del(&old->entry);
	} else {
		watch->count++;
	}
	memcpy(fresh->uuid, uuid, sizeof(fresh->uuid));
	list_add(&fresh->entry, &watch->keys);
	return old;
}

static bool info_is_low(const struct cryptech_hashsig_info *info)
{
	struct lms_params root;

	return lms_params(&root, info->set.level[0].lms,
			  info->set.level[0].lmots) &&
	       info->root_left <= (1ull << root.h) / LOW;
}

/*
 * Keep what is known now. Returns true if it is to be said; *ask: nobody has
 * asked yet how many signatures the key had.
 */
static bool watch_key(struct cryptech_watch *watch, const u8 *uuid, u64 left,
		      const struct cryptech_hashsig_info *info, bool *ask)
{
	struct watched *fresh = kzalloc(sizeof(*fresh), GFP_KERNEL);
	struct watched *w;
	bool low = false;

	if (!fresh)
		return false;
	spin_lock_bh(&watch->lock);
	w = find_watched(watch, uuid);
	if (!w) {
		w = fresh;
		*ask = !info;
		fresh = add_watched(watch, fresh, uuid);
	}
	if (info) {
		w->few = info->left_max / LOW;
		low = info_is_low(info);
	}
	low |= w->few && left <= w->few;
	low &= !w->told;
	w->told |= low;
	spin_unlock_bh(&watch->lock);
	kfree(fresh);
	return low;
}

/* The answer to the question how many signatures a key had. */
static void watch_answered(struct cryptech_call *call)
{
	struct cryptech_hashsig_info info;

	if (!cryptech_hashsig_info_result(call, &info, NULL))
		cryptech_hashwatch(call->client, call->private, info.left,
				   &info);
	kfree(call->private);
	cryptech_call_put(call);
}

static void watch_ask(struct cryptech_client *client, const u8 *uuid)
{
	struct cryptech_call *call;

	call = cryptech_call_hashsig_info(client, uuid, GFP_KERNEL);
	if (!call)
		return;
	call->private = kmemdup(uuid, CRYPTECH_UUID_SIZE, GFP_KERNEL);
	if (call->private && !cryptech_call_submit(call, watch_answered))
		return;
	kfree(call->private);
	cryptech_call_put(call);
}

void cryptech_hashwatch(struct cryptech_client *client, const u8 *uuid,
			u64 left, const struct cryptech_hashsig_info *info)
{
	struct cryptech_device *dev = client->dev;
	bool ask = false;

	if (watch_key(dev->watch, uuid, left, info, &ask))
		tell(dev, uuid, left);
	if (ask)
		watch_ask(client, uuid);
}

void cryptech_hashwatch_forget(struct cryptech_device *dev)
{
	struct cryptech_watch *watch = dev->watch;
	struct watched *w, *next;
	LIST_HEAD(old);

	spin_lock_bh(&watch->lock);
	list_splice_init(&watch->keys, &old);
	watch->count = 0;
	spin_unlock_bh(&watch->lock);
	list_for_each_entry_safe(w, next, &old, entry)
		kfree(w);
}

/* --- figures ------------------------------------------------------------- */

static const u32 figure_tags[] = {
#define CRYPTECH_FIGURE(tag)	CRYPTECH_STATUS_##tag,
	CRYPTECH_FIGURES(CRYPTECH_FIGURE)
#undef CRYPTECH_FIGURE
};

/* May the answer to this function mean other figures? */
static bool changes_figures(const struct cryptech_watch *watch, u32 function)
{
	switch (function) {
	/* of any kind of key: without hash signature keys there is no need */
	case CRYPTECH_RPC_PKEY_SIGN:
	case CRYPTECH_RPC_PKEY_DELETE:
	case CRYPTECH_RPC_KEY_DELETE:
	case CRYPTECH_RPC_TRANSFER_EXPORT:
	case CRYPTECH_RPC_RAW_EXPORT:
	case CRYPTECH_RPC_MASTER_KEY_GENERATE:
	case CRYPTECH_RPC_MASTER_KEY_SET:
		return READ_ONCE(watch->value[CRYPTECH_FIGURE_HASHSIG_KEYS]);
	case CRYPTECH_RPC_PKEY_GENERATE_HASHSIG:
	case CRYPTECH_RPC_HASHSIG_GENERATE:
	case CRYPTECH_RPC_HASHSIG_JOB:
	case CRYPTECH_RPC_HASHSIG_INFO:
	case CRYPTECH_RPC_HASHSIG_ACCEPT:
	case CRYPTECH_RPC_SIGN_ONCE:
	case CRYPTECH_RPC_SIGN_INIT:
	case CRYPTECH_RPC_SIGN_FINAL:
	case CRYPTECH_RPC_TRANSFER_IMPORT:
	case CRYPTECH_RPC_RAW_IMPORT:
		return true;
	default:
		return false;
	}
}

void cryptech_figures_stale(struct cryptech_call *call)
{
	struct cryptech_watch *watch = call->client->dev->watch;

	if (changes_figures(watch, call->function))
		WRITE_ONCE(watch->stale, true);
}

void cryptech_figures_take(struct cryptech_device *dev, struct xdr_reader *r)
{
	struct cryptech_watch *watch = dev->watch;
	u64 value[CRYPTECH_FIGURE_COUNT];
	unsigned long known = 0;
	u32 n = xdr_get_u32(r);
	u64 v;
	u32 tag;
	size_t i;

	while (n-- && !r->bad) {
		tag = xdr_get_u32(r);
		v = xdr_get_u64(r);
		for (i = 0; i < ARRAY_SIZE(figure_tags) && !r->bad; i++) {
			if (figure_tags[i] != tag)
				continue;
			value[i] = v;
			known |= BIT(i);
		}
	}
	spin_lock_bh(&watch->lock);
	watch->known = known;
	for (i = 0; i < ARRAY_SIZE(value); i++)
		if (known & BIT(i))
			watch->value[i] = value[i];
	spin_unlock_bh(&watch->lock);
}

bool cryptech_figure_get(struct cryptech_device *dev,
			 enum cryptech_figure figure, u64 *value)
{
	struct cryptech_watch *watch = dev->watch;
	bool known;

	spin_lock_bh(&watch->lock);
	known = watch->known & BIT(figure);
	*value = watch->value[figure];
	spin_unlock_bh(&watch->lock);
	return known;
}

static void figures_answered(struct cryptech_call *call)
{
	struct cryptech_device *dev = call->client->dev;
	struct xdr_reader r;
	size_t len;

	if (!cryptech_call_result(call, NULL)) {
		cryptech_call_results(call, &r);
		xdr_get_opaque(&r, &len);
		xdr_get_opaque(&r, &len);
		cryptech_figures_take(dev, &r);
	}
	WRITE_ONCE(dev->watch->asking, false);
	cryptech_call_put(call);
}

/* Only by the sweep. */
void cryptech_figures_refresh(struct cryptech_device *dev)
{
	struct cryptech_client *mux;
	struct cryptech_call *call = NULL;

	if (!READ_ONCE(dev->watch->stale) || READ_ONCE(dev->watch->asking))
		return;
	mux = cryptech_client_mux(dev);
	if (IS_ERR(mux))
		return;
	call = cryptech_call_new(mux, CRYPTECH_RPC_STATUS, 0,
				 CRYPTECH_RPC_MESSAGE_MAX);
	cryptech_client_put(mux);
	if (!call)
		return;
	/* what comes from here on is newer than the answer may be */
	WRITE_ONCE(dev->watch->stale, false);
	WRITE_ONCE(dev->watch->asking, true);
	if (!cryptech_call_submit(call, figures_answered))
		return;
	WRITE_ONCE(dev->watch->asking, false);
	cryptech_call_put(call);
}
