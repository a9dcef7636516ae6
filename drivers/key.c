// SPDX-License-Identifier: GPL-2.0
/* Keys of the HSM by name, and what the core tells them. */
#include <linux/errno.h>
#include <linux/jiffies.h>
#include <linux/oid_registry.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "cryptech.h"
#include "key.h"
#include "keyder.h"
#include "sealed.h"

struct cryptech_key *cryptech_key_alloc(struct cryptech_client *kernel)
{
	struct cryptech_key *key = kzalloc(sizeof(*key), GFP_KERNEL);

	if (!key)
		return NULL;
	if (!cryptech_device_serial(kernel->dev, key->serial)) {
		kfree(key);
		return NULL;
	}
	kref_init(&key->ref);
	key->state = CRYPTECH_KEY_MAKING;
	key->incarnation = kernel->incarnation;
	key->started = jiffies;
	init_completion(&key->over);
	spin_lock_init(&key->lock);
	INIT_LIST_HEAD(&key->entry);
	return key;
}

static void key_release(struct kref *ref)
{
	struct cryptech_key *key = container_of(ref, struct cryptech_key, ref);

	cryptech_package_put(key->package);
	kfree(key->spki);
	kfree(key->hss);
	kfree(key);
}

void cryptech_key_put(struct cryptech_key *key)
{
	kref_put(&key->ref, key_release);
}

int cryptech_key_usable(const struct cryptech_key *key)
{
	switch (cryptech_key_state(key)) {
	case CRYPTECH_KEY_READY:
		return 0;
	case CRYPTECH_KEY_MAKING:
		return -EAGAIN;
	default:
		return key->error;
	}
}

/* The kernel's name of the algorithm that such keys are for. */
static const char *algorithm_name(u32 type)
{
	switch (type) {
	case CRYPTECH_KEY_EC_P256:
		return "ecdsa-nist-p256";
	case CRYPTECH_KEY_EC_P384:
		return "ecdsa-nist-p384";
	case CRYPTECH_KEY_EC_P521:
		return "ecdsa-nist-p521";
	case CRYPTECH_KEY_HSS:
		return "hss";
	default:
		return "rsa";
	}
}

int cryptech_key_set_public(struct cryptech_key *key, const u8 *spki,
			    size_t len)
{
	struct cryptech_spki parsed;

	key->spki = kmemdup(spki, len, GFP_KERNEL);
	if (!key->spki)
		return -ENOMEM;
	if (cryptech_spki_parse(key->spki, len, &parsed) ||
	    parsed.type != key->type)
		return -EPROTO;
	/* a pointer to const in all but name: the kernel only reads it */
	key->pub.key = (void *)parsed.key;
	key->pub.keylen = parsed.key_len;
	key->pub.algo = look_up_OID(parsed.algorithm, parsed.algorithm_len);
	key->pub.id_type = "cryptech";
	key->pub.pkey_algo = algorithm_name(key->type);
	return key->hss ? cryptech_hashkey_set_public(key) : 0;
}

/* It is not wanted any more, and may be in the HSM. */
static void key_reap(struct cryptech_key *key)
{
	if (key->sealed)
		cryptech_sealed_drop(key);
	else
		cryptech_key_reap(key);
}

void cryptech_key_settle(struct cryptech_key *key, int error, bool undo)
{
	bool reap;

	key->error = error;
	/* pairs with cryptech_key_state(): first the facts, then READY */
	smp_store_release(&key->state,
			  error ? CRYPTECH_KEY_FAILED : CRYPTECH_KEY_READY);

	spin_lock(&key->lock);
	key->settled = true;
	key->undo = undo;
	/* what failed has no name that anybody could use: undo it at once */
	if (error)
		key->doomed = true;
	reap = key->doomed && undo;
	spin_unlock(&key->lock);
	complete_all(&key->over);

	if (reap)
		key_reap(key);
}

/* @unsettled: only if it is still being made. */
static void key_doom(struct cryptech_key *key, bool unsettled)
{
	bool reap = false, cancel = false;

	spin_lock(&key->lock);
	if (!key->doomed && !(unsettled && key->settled)) {
		key->doomed = true;
		reap = key->settled && key->undo;
		cancel = !key->settled && key->hss;
	}
	spin_unlock(&key->lock);

	if (reap)
		key_reap(key);
	if (cancel)
		cryptech_hashjobs_wake();
}

void cryptech_key_unconsumed(struct cryptech_key *key)
{
	if (key->made || key->sealed)
		key_doom(key, false);
}

void cryptech_key_gone(struct cryptech_key *key)
{
	if (key->sealed)
		key_doom(key, false);
	else if (key->made && (!key->token || key->hss))
		key_doom(key, key->token);
}

void cryptech_keys_attached(struct cryptech_device *dev)
{
	cryptech_reaper_wake();
}

void cryptech_keys_detached(struct cryptech_device *dev)
{
	cryptech_hashjobs_wake();
	cryptech_pager_forget(dev);
	cryptech_reaper_wake();
}

void cryptech_keys_login(struct cryptech_device *dev)
{
	cryptech_reaper_wake();
}

int cryptech_keys_init(void)
{
	int ret;

	ret = cryptech_sealed_init();
	if (ret)
		return ret;
	ret = cryptech_keytype_register();
	if (ret)
		goto err_sealed;
	ret = cryptech_asymmetric_register();
	if (ret)
		goto err_keytype;
	return 0;

err_keytype:
	cryptech_keytype_unregister();
err_sealed:
	cryptech_sealed_exit();
	return ret;
}

void cryptech_keys_exit(void)
{
	cryptech_asymmetric_unregister();
	cryptech_keytype_unregister();
	cryptech_sealed_exit();
	cryptech_hashjobs_exit();
	cryptech_reaper_exit();
}
