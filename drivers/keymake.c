// SPDX-License-Identifier: GPL-2.0
/*
 * Making keys: what add_key() does before the key core looks for a place.
 *
 * add_key() holds locks here that every other add_key() on the machine needs
 * for reading, and that loading a module which brings a key type takes for
 * writing. So all of it together takes CRYPTECH_KEY_WAIT_MS at most. A `new`
 * that is not answered by then becomes a job: two calls, the second sent by
 * the end of the first, which nobody waits for. The key's UUID is drawn here,
 * so that it has its name from the start.
 */
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uuid.h>

#include "cryptech.h"
#include "key.h"
#include "sealed.h"

/* RSA-4096 is 550 bytes; larger ones are loaded, not made. */
#define SPKI_MAX	2400

int cryptech_call_run_until(struct cryptech_call *call, unsigned long deadline)
{
	unsigned long now = jiffies;

	if (!time_before(now, deadline))
		return -ETIMEDOUT;
	call->timeout_ms = min(call->timeout_ms,
			       jiffies_to_msecs(deadline - now));
	return cryptech_call_run(call, NULL);
}

/* --- questions ----------------------------------------------------------- */

int cryptech_key_ask_info(struct cryptech_client *client, const u8 *uuid,
			  struct cryptech_key_info *info,
			  unsigned long deadline)
{
	struct cryptech_call *call;
	struct xdr_reader r;
	int ret;

	call = cryptech_call_new(client, CRYPTECH_RPC_KEY_INFO,
				 4 + CRYPTECH_UUID_SIZE,
				 16 + CRYPTECH_LABEL_MAX);
	if (!call)
		return -ENOMEM;
	xdr_put_opaque(&call->args, uuid, CRYPTECH_UUID_SIZE);
	ret = cryptech_call_run_until(call, deadline);
	if (!ret) {
		cryptech_call_results(call, &r);
		cryptech_get_key_info(&r, info);
		if (!xdr_reader_done(&r))
			ret = -EPROTO;
	}
	cryptech_call_put(call);
	return ret;
}

static struct cryptech_call *public_call(struct cryptech_client *client,
					 const u8 *uuid)
{
	struct cryptech_call *call;

	call = cryptech_call_new(client, CRYPTECH_RPC_KEY_PUBLIC,
				 8 + CRYPTECH_UUID_SIZE, 4 + SPKI_MAX);
	if (!call)
		return NULL;
	xdr_put_opaque(&call->args, uuid, CRYPTECH_UUID_SIZE);
	xdr_put_u32(&call->args, SPKI_MAX);
	return call;
}

static int public_result(struct cryptech_key *key,
			 const struct cryptech_call *call)
{
	struct xdr_reader r;
	const u8 *spki;
	size_t len;

	cryptech_call_results(call, &r);
	spki = xdr_get_opaque(&r, &len);
	if (!xdr_reader_done(&r))
		return -EPROTO;
	return cryptech_key_set_public(key, spki, len);
}

/* --- use ----------------------------------------------------------------- */

static bool class_is_private(u32 class)
{
	return class == CRYPTECH_KEY_CLASS_RSA_PRIVATE ||
	       class == CRYPTECH_KEY_CLASS_EC_PRIVATE ||
	       class == CRYPTECH_KEY_CLASS_HASHSIG_PRIVATE;
}

int cryptech_key_learn_public(struct cryptech_key *key,
			      struct cryptech_client *kernel,
			      unsigned long deadline)
{
	struct cryptech_call *call = public_call(kernel, key->uuid);
	int ret;

	if (!call)
		return -ENOMEM;
	ret = cryptech_call_run_until(call, deadline);
	if (!ret)
		ret = public_result(key, call);
	cryptech_call_put(call);
	return ret;
}

static int learn_hss(struct cryptech_key *key, struct cryptech_client *kernel,
		     unsigned long deadline)
{
	struct cryptech_hashsig_info info;
	struct cryptech_call *call;
	int ret;

	call = cryptech_call_hashsig_info(kernel, key->uuid, GFP_KERNEL);
	if (!call)
		return -ENOMEM;
	ret = cryptech_call_run_until(call, deadline);
	if (!ret)
		ret = cryptech_hashsig_info_result(call, &info, NULL);
	if (!ret)
		ret = cryptech_hashkey_set_info(key, &info);
	if (!ret)
		cryptech_hashwatch(kernel, key->uuid, info.left, &info);
	cryptech_call_put(call);
	return ret;
}

int cryptech_key_learn(struct cryptech_key *key,
		       struct cryptech_client *kernel, unsigned long deadline)
{
	struct cryptech_key_info info;
	int ret;

	ret = cryptech_key_ask_info(kernel, key->uuid, &info, deadline);
	if (ret)
		return ret;
	key->type = info.type;
	key->private = class_is_private(info.class);
	key->token = info.flags & CRYPTECH_KEY_FLAG_TOKEN;
	key->pss = info.flags & CRYPTECH_KEY_FLAG_PSS;
	if (!cryptech_key_is_asymmetric(key->type))
		return 0;
	if (key->type == CRYPTECH_KEY_HSS) {
		ret = cryptech_hashkey_init(key, NULL);
		if (ret)
			return ret;
	}
	ret = cryptech_key_learn_public(key, kernel, deadline);
	if (!ret && key->hss && key->private)
		ret = learn_hss(key, kernel, deadline);
	return ret;
}

struct cryptech_key *cryptech_key_use(struct cryptech_client *kernel,
				      const u8 *uuid, unsigned long deadline)
{
	struct cryptech_key *key = cryptech_key_alloc(kernel);
	int ret;

	if (!key)
		return ERR_PTR(-ENOMEM);
	memcpy(key->uuid, uuid, sizeof(key->uuid));
	ret = cryptech_key_learn(key, kernel, deadline);
	cryptech_key_settle(key, ret, false);
	if (!ret)
		return key;
	cryptech_key_put(key);
	return ERR_PTR(ret);
}

/* --- new ----------------------------------------------------------------- */

/* May the call have been carried out although it gave this error? */
static bool may_have_happened(int error)
{
	return error == -ETIMEDOUT || error == -EREMOTEIO || error == -EPROTO;
}

/* The job's second call is over: the key is there, with its public half. */
static void job_published(struct cryptech_call *call)
{
	struct cryptech_key *key = call->private;
	int ret = cryptech_call_result(call, NULL);

	if (!ret)
		ret = public_result(key, call);
	if (!ret && key->hss)
		cryptech_hashjob_published(key, call->client);
	else
		cryptech_key_settle(key, ret, true);
	cryptech_key_put(key);
	cryptech_call_put(call);
}

int cryptech_key_publish(struct cryptech_key *key,
			 struct cryptech_client *kernel)
{
	struct cryptech_call *call = public_call(kernel, key->uuid);
	int ret;

	if (!call)
		return -ENOMEM;
	call->private = cryptech_key_get(key);
	ret = cryptech_call_submit(call, job_published);
	if (ret) {
		cryptech_key_put(key);
		cryptech_call_put(call);
	}
	return ret;
}

/* The job's first call is over. */
static void job_generated(struct cryptech_call *call)
{
	struct cryptech_key *key = call->private;
	u8 uuid[CRYPTECH_UUID_SIZE];
	int ret = cryptech_rpc_key_generated(call, uuid, NULL);
	bool undo = !ret || may_have_happened(ret);
	bool publish;

	if (!ret && memcmp(uuid, key->uuid, sizeof(uuid)))
		ret = -EPROTO;
	publish = !ret && cryptech_key_is_asymmetric(key->type);
	if (publish)
		ret = cryptech_key_publish(key, call->client);
	if (ret || !publish)
		cryptech_key_settle(key, ret, undo);
	cryptech_key_put(key);
	cryptech_call_put(call);
}

/* Descriptions make labels if they are plain text; others give none. */
static size_t label_length(const char *name)
{
	size_t len = name ? strlen(name) : 0;
	size_t i;

	if (len > CRYPTECH_LABEL_MAX)
		len = CRYPTECH_LABEL_MAX;
	for (i = 0; i < len; i++)
		if (name[i] < ' ' || name[i] > '~')
			return 0;
	return len;
}

static int job_start(struct cryptech_key *key, struct cryptech_client *kernel,
		     u32 flags, const char *name)
{
	struct cryptech_call *call;
	int ret;

	if (key->sealed)
		return cryptech_sealed_start(key, kernel, flags, name,
					     label_length(name));
	if (key->hss)
		return cryptech_hashjob_start(key, kernel, flags, name,
					      label_length(name));
	call = cryptech_call_key_generate(kernel, key->uuid, key->type, flags,
					  name, label_length(name));
	if (!call)
		return -ENOMEM;
	call->private = cryptech_key_get(key);
	ret = cryptech_call_submit(call, job_generated);
	if (ret) {
		cryptech_key_put(key);
		cryptech_call_put(call);
	}
	return ret;
}

static struct cryptech_key *key_new(struct cryptech_client *kernel,
				    const struct cryptech_key_request *req,
				    const char *name, unsigned long deadline)
{
	struct cryptech_key *key = cryptech_key_alloc(kernel);
	long left = deadline - jiffies;
	int ret;

	if (!key)
		return ERR_PTR(-ENOMEM);
	generate_random_uuid(key->uuid);
	key->type = req->type;
	key->private = true;
	key->made = true;
	key->token = req->flags & CRYPTECH_KEY_FLAG_TOKEN;
	key->pss = req->flags & CRYPTECH_KEY_FLAG_PSS;
	key->sealed = req->sealed;

	ret = 0;
	if (req->type == CRYPTECH_KEY_HSS)
		ret = cryptech_hashkey_init(key, &req->hss);
	if (!ret)
		ret = job_start(key, kernel, req->flags, name);
	if (ret)
		goto fail;
	ret = wait_for_completion_killable_timeout(&key->over, max(left, 0L));
	if (ret < 0)
		ret = -EINTR;
	else
		ret = cryptech_key_usable(key);
	if (!ret || ret == -EAGAIN)
		return key;

fail:
	cryptech_key_unconsumed(key);
	cryptech_key_put(key);
	return ERR_PTR(ret);
}

/* --- all of them ---------------------------------------------------------------- */

struct cryptech_key *cryptech_key_make(const struct cryptech_key_request *req,
				       const char *name)
{
	unsigned long deadline =
		jiffies + msecs_to_jiffies(CRYPTECH_KEY_WAIT_MS);
	struct cryptech_client *kernel;
	struct cryptech_device *dev;
	struct cryptech_key *key;

	dev = cryptech_authority(req, deadline);
	if (IS_ERR(dev))
		return ERR_CAST(dev);
	kernel = cryptech_client_kernel(dev);
	cryptech_device_put(dev);
	if (IS_ERR(kernel))
		return ERR_CAST(kernel);

	if (req->verb == CRYPTECH_KEY_NEW)
		key = key_new(kernel, req, name, deadline);
	else if (req->verb == CRYPTECH_KEY_LOAD &&
		 req->package->kind == CRYPTECH_PACKAGE_TRANSFER)
		key = cryptech_sealed_receive(kernel, req, deadline);
	else if (req->verb == CRYPTECH_KEY_LOAD)
		key = cryptech_sealed_load(kernel, req, deadline);
	else
		key = cryptech_key_use(kernel, req->uuid, deadline);
	cryptech_client_put(kernel);
	return key;
}

static int device_has(struct cryptech_device *dev, cryptech_key_has_t has,
		      const void *data, unsigned long deadline)
{
	struct cryptech_client *kernel = cryptech_client_kernel(dev);
	int ret;

	if (IS_ERR(kernel))
		return PTR_ERR(kernel);
	ret = has(kernel, data, deadline);
	cryptech_client_put(kernel);
	return ret;
}

struct cryptech_device *cryptech_key_search(cryptech_key_has_t has,
					    const void *data,
					    unsigned long deadline)
{
	struct cryptech_device *found = cryptech_device_find_only();
	struct cryptech_device *dev;
	struct class_dev_iter iter;
	struct device *d;
	int error = -ENOKEY;
	int ret;

	if (!IS_ERR(found) || PTR_ERR(found) != -ENOTUNIQ)
		return found;

	found = NULL;
	class_dev_iter_init(&iter, &cryptech_class, NULL, NULL);
	while ((d = class_dev_iter_next(&iter))) {
		dev = container_of(d, struct cryptech_device, dev);
		ret = device_has(dev, has, data, deadline);
		if (!ret && !found) {
			found = cryptech_device_get(dev);
		} else if (!ret) {
			cryptech_device_put(found);
			found = NULL;
			error = -ENOTUNIQ;
			break;
		} else if (ret != -ENOKEY) {
			/* it may have the key: say why that is not known */
			error = ret;
		}
	}
	class_dev_iter_exit(&iter);
	return found ? found : ERR_PTR(error);
}

/* Does the HSM show that key to the kernel? */
static int has_key(struct cryptech_client *kernel, const void *uuid,
		   unsigned long deadline)
{
	struct cryptech_key_info info;

	return cryptech_key_ask_info(kernel, uuid, &info, deadline);
}

struct cryptech_device *cryptech_key_find_device(const u8 *uuid,
						 unsigned long deadline)
{
	return cryptech_key_search(has_key, uuid, deadline);
}
