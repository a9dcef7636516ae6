// SPDX-License-Identifier: GPL-2.0
/*
 * Keyring keys that come in packages: sealed ones, whose package stays in the
 * payload and is loaded when it is needed; and those from another HSM, which come
 * to stand in flash.
 *
 * A new sealed key is a volatile one that the HSM exports at once. That is a job
 * of several calls, and it has to wait for a slot at times: so it has a work of
 * its own, which sleeps. Nothing but the package of a key ever changes; the key's
 * lock guards it.
 */
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/workqueue.h>

#include "cryptech.h"
#include "key.h"
#include "sealed.h"

static struct workqueue_struct *sealed_wq;

/* --- packages of keys ------------------------------------------------------ */

struct cryptech_package *cryptech_sealed_package(struct cryptech_key *key)
{
	struct cryptech_package *package;

	spin_lock(&key->lock);
	package = key->package;
	if (package)
		cryptech_package_get(package);
	spin_unlock(&key->lock);
	return package;
}

void cryptech_sealed_drop(struct cryptech_key *key)
{
	struct cryptech_package *package = cryptech_sealed_package(key);

	if (!package)
		return;
	cryptech_pager_drop(package, key->serial);
	cryptech_package_put(package);
}

/* Do two that have one name have one public half? */
static bool same_key(const struct cryptech_key *a, const struct cryptech_key *b)
{
	if (a->type != b->type || a->pub.keylen != b->pub.keylen)
		return false;
	return !a->pub.keylen ||
	       !memcmp(a->pub.key, b->pub.key, a->pub.keylen);
}

int cryptech_sealed_update(struct cryptech_key *key,
			   struct cryptech_key *newer)
{
	int ret;

	if (!key->sealed || !newer->sealed)
		return -EOPNOTSUPP;
	ret = cryptech_key_usable(key);
	if (ret)
		return ret;
	if (memcmp(key->uuid, newer->uuid, sizeof(key->uuid)) ||
	    memcmp(key->serial, newer->serial, sizeof(key->serial)))
		return -EINVAL;
	if (!same_key(key, newer))
		return -EKEYREJECTED;
	/* nobody else knows the newer one, which is about to go */
	spin_lock(&key->lock);
	swap(key->package, newer->package);
	spin_unlock(&key->lock);
	return 0;
}

/* --- using keys -------------------------------------------------------------- */

static int hold_sealed(struct cryptech_key *key, struct cryptech_hold *hold,
		       unsigned long deadline, bool lasting)
{
	struct cryptech_package *package = cryptech_sealed_package(key);
	int ret;

	if (!package)
		return -EAGAIN;
	ret = cryptech_pager_pin(hold->kernel, package, deadline, lasting,
				 &hold->resident);
	cryptech_package_put(package);
	return ret == -EBADMSG ? -EKEYREJECTED : ret;
}

int cryptech_key_hold(struct cryptech_key *key, struct cryptech_hold *hold,
		      unsigned long deadline)
{
	int ret;

	hold->kernel = cryptech_key_resolve(key);
	if (IS_ERR(hold->kernel))
		return PTR_ERR(hold->kernel);
	hold->resident = NULL;
	if (!key->sealed)
		return 0;
	ret = hold_sealed(key, hold, deadline, false);
	if (ret)
		cryptech_client_put(hold->kernel);
	return ret;
}

bool cryptech_key_release(struct cryptech_hold *hold, int ret)
{
	bool lost = hold->resident && ret == -ENOKEY;

	if (lost)
		cryptech_pager_lost(hold->resident);
	if (hold->resident)
		cryptech_pager_unpin(hold->resident, false);
	cryptech_client_put(hold->kernel);
	return lost && !hold->tries++;
}

int cryptech_key_pin(struct cryptech_key *key, unsigned long deadline,
		     struct cryptech_resident **resident)
{
	struct cryptech_hold hold = {};
	int ret;

	hold.kernel = cryptech_key_resolve(key);
	if (IS_ERR(hold.kernel))
		return PTR_ERR(hold.kernel);
	ret = hold_sealed(key, &hold, deadline, true);
	*resident = hold.resident;
	cryptech_client_put(hold.kernel);
	return ret;
}

/* --- load ------------------------------------------------------------------- */

static int load_learn(struct cryptech_key *key, unsigned long deadline)
{
	struct cryptech_hold hold = {};
	int ret;

	do {
		ret = cryptech_key_hold(key, &hold, deadline);
		if (ret)
			return ret;
		ret = cryptech_key_learn(key, hold.kernel, deadline);
	} while (cryptech_key_release(&hold, ret));
	return ret;
}

struct cryptech_key *
cryptech_sealed_load(struct cryptech_client *kernel,
		     const struct cryptech_key_request *req,
		     unsigned long deadline)
{
	struct cryptech_key *key = cryptech_key_alloc(kernel);
	int ret;

	if (!key)
		return ERR_PTR(-ENOMEM);
	memcpy(key->uuid, req->package->uuid, sizeof(key->uuid));
	key->sealed = true;
	key->package = cryptech_package_get(req->package);
	ret = load_learn(key, deadline);
	cryptech_key_settle(key, ret, true);
	if (!ret)
		return key;
	cryptech_key_put(key);
	return ERR_PTR(ret);
}

/* --- receive ---------------------------------------------------------------- */

static int receive_import(struct cryptech_client *kernel,
			  const struct cryptech_package *package,
			  unsigned long deadline)
{
	struct cryptech_call *call;
	u32 type;
	int ret;

	ret = cryptech_package_check(kernel, package, &type, deadline);
	if (ret)
		return ret;
	/* its source waits to be told that it came, for which there is no way */
	if (CRYPTECH_KEY_FAMILY(type) == CRYPTECH_KEY_FAMILY_HSS)
		return -EOPNOTSUPP;
	call = cryptech_call_import(kernel, package, false);
	if (!call)
		return -ENOMEM;
	call->committed = true;
	ret = cryptech_call_run_until(call, deadline);
	if (!ret)
		ret = cryptech_imported(call, package, &type);
	cryptech_call_put(call);
	return ret;
}

struct cryptech_key *
cryptech_sealed_receive(struct cryptech_client *kernel,
			const struct cryptech_key_request *req,
			unsigned long deadline)
{
	struct cryptech_key *key = cryptech_key_alloc(kernel);
	bool imported;
	int ret;

	if (!key)
		return ERR_PTR(-ENOMEM);
	memcpy(key->uuid, req->package->uuid, sizeof(key->uuid));
	key->made = true;
	key->token = true;
	ret = receive_import(kernel, req->package, deadline);
	/* if it is not certain, somebody else's key may have that UUID */
	imported = !ret;
	if (!ret)
		ret = cryptech_key_learn(key, kernel, deadline);
	if (ret == -EBADMSG)
		ret = -EKEYREJECTED;
	cryptech_key_settle(key, ret, imported);
	if (!ret)
		return key;
	cryptech_key_put(key);
	return ERR_PTR(ret);
}

/* --- new -------------------------------------------------------------------- */

/**
 * struct sealed_job - the making of a sealed key
 * @work:	does it
 * @key:	that is made; a reference
 * @kernel:	by whom; a reference
 * @flags:	CRYPTECH_KEY_FLAG_*
 * @label_len:	bytes of
 * @label:	its label
 */
struct sealed_job {
	struct work_struct work;
	struct cryptech_key *key;
	struct cryptech_client *kernel;
	u32 flags;
	size_t label_len;
	char label[CRYPTECH_LABEL_MAX];
};

static struct cryptech_call *make_generate(struct cryptech_client *kernel,
					   void *data)
{
	struct sealed_job *job = data;

	return cryptech_call_key_generate(kernel, job->key->uuid,
					  job->key->type, job->flags,
					  job->label, job->label_len);
}

/* The key stands in the HSM: seal it. */
static int job_seal(struct sealed_job *job, struct cryptech_resident *resident,
		    unsigned long deadline)
{
	struct cryptech_package *package;
	struct cryptech_key *key = job->key;
	int ret = 0;

	if (cryptech_key_is_asymmetric(key->type))
		ret = cryptech_key_learn_public(key, job->kernel, deadline);
	if (ret)
		return ret;
	package = cryptech_package_export(job->kernel, key->uuid, deadline);
	if (IS_ERR(package))
		return PTR_ERR(package);
	cryptech_pager_keep(resident, package);
	spin_lock(&key->lock);
	key->package = package;
	spin_unlock(&key->lock);
	return 0;
}

static int job_make(struct sealed_job *job)
{
	unsigned int wait = cryptech_call_timeout(CRYPTECH_RPC_KEY_GENERATE);
	unsigned long deadline = jiffies + msecs_to_jiffies(wait);
	struct cryptech_resident *resident;
	u8 uuid[CRYPTECH_UUID_SIZE];
	struct cryptech_call *call;
	int ret;

	ret = cryptech_pager_generate(job->kernel, job->key->uuid,
				      make_generate, job, deadline, &call,
				      &resident);
	if (ret)
		return ret;
	ret = cryptech_rpc_key_generated(call, uuid, NULL);
	cryptech_call_put(call);
	if (!ret && memcmp(uuid, job->key->uuid, sizeof(uuid)))
		ret = -EPROTO;
	if (!ret)
		ret = job_seal(job, resident, deadline);
	cryptech_pager_unpin(resident, false);
	return ret;
}

static void sealed_job_run(struct work_struct *work)
{
	struct sealed_job *job = container_of(work, struct sealed_job, work);

	cryptech_key_settle(job->key, job_make(job), true);
	cryptech_client_put(job->kernel);
	cryptech_key_put(job->key);
	kfree(job);
}

int cryptech_sealed_start(struct cryptech_key *key,
			  struct cryptech_client *kernel, u32 flags,
			  const char *label, size_t label_len)
{
	struct sealed_job *job = kzalloc(sizeof(*job), GFP_KERNEL);

	if (!job)
		return -ENOMEM;
	INIT_WORK(&job->work, sealed_job_run);
	job->key = cryptech_key_get(key);
	job->kernel = cryptech_client_get(kernel);
	job->flags = flags;
	job->label_len = label_len;
	memcpy(job->label, label, label_len);
	queue_work(sealed_wq, &job->work);
	return 0;
}

int cryptech_sealed_init(void)
{
	sealed_wq = alloc_workqueue("cryptech_sealed", WQ_UNBOUND, 0);
	return sealed_wq ? 0 : -ENOMEM;
}

void cryptech_sealed_exit(void)
{
	/* the devices are gone, so that every job ends at once */
	destroy_workqueue(sealed_wq);
}
