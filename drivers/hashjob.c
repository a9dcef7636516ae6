// SPDX-License-Identifier: GPL-2.0
/*
 * HSS keys in the making: a tree of 2^20 leaves takes a while, so the HSM
 * makes it as a job, of the kernel's client, and is asked after it.
 *
 *	HASHSIG_GENERATE -> HASHSIG_JOB, again and again -> KEY_PUBLIC ->
 *	HASHSIG_INFO -> settled
 *
 * One delayed work asks for all jobs, each in its own time; an answer's end
 * puts the job back into the list. A job whose key nobody wants any more, or
 * of which it is not known whether it was started, is cancelled. What the HSM
 * may have finished meanwhile is for the reaper.
 */
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/jiffies.h>
#include <linux/list.h>
#include <linux/string.h>

#include "compat/workqueue.h"
#include "cryptech.h"
#include "hashsig.h"
#include "key.h"

#define POLL_FIRST_MS	5	/* small trees are made in no time */
#define POLL_MOST_MS	500

static void jobs_run(struct work_struct *work);

static LIST_HEAD(jobs);
static DEFINE_SPINLOCK(jobs_lock);	/* guards it */
static DECLARE_DELAYED_WORK(jobs_work, jobs_run);

void cryptech_hashjobs_wake(void)
{
	mod_delayed_work(system_dfl_wq, &jobs_work, 0);
}

/* --- one job: the caller has its reference to the key --------------------- */

/* The end. @undo: the key may stand in the HSM. */
static void job_settle(struct cryptech_hashkey *hss, int error, bool undo)
{
	struct cryptech_key *key = hss->key;

	cryptech_key_settle(key, hss->error ? hss->error : error, undo);
	cryptech_key_put(key);
}

static void job_keep(struct cryptech_hashkey *hss)
{
	spin_lock(&jobs_lock);
	list_add_tail(&hss->entry, &jobs);
	spin_unlock(&jobs_lock);
}

/* Ask again later. */
static void job_again(struct cryptech_hashkey *hss)
{
	hss->poll_at = jiffies + msecs_to_jiffies(hss->poll_ms);
	hss->poll_ms = min_t(unsigned int, 2 * hss->poll_ms, POLL_MOST_MS);
	job_keep(hss);
	cryptech_hashjobs_wake();
}

/* Errors that say nothing about the job. */
static bool passes(int error)
{
	return error == -ETIMEDOUT || error == -EAGAIN || error == -EBUSY ||
	       error == -ENOMEM;
}

static bool job_unwanted(struct cryptech_hashkey *hss)
{
	bool doomed;

	spin_lock(&hss->key->lock);
	doomed = hss->key->doomed;
	spin_unlock(&hss->key->lock);
	return doomed || hss->error;
}

static void job_cancelled(struct cryptech_call *call)
{
	struct cryptech_hashkey *hss = call->private;
	int ret = cryptech_call_result(call, NULL);

	cryptech_call_put(call);
	if (passes(ret))
		job_again(hss);
	else	/* if it was not at work any more it may have come to its end */
		job_settle(hss, -ECANCELED, ret != 0);
}

static void job_told(struct cryptech_call *call)
{
	struct cryptech_hashkey *hss = call->private;
	struct cryptech_key *key = hss->key;
	struct cryptech_hashsig_job job;
	int ret = cryptech_hashsig_job_result(call, &job, NULL);

	if (passes(ret)) {
		job_again(hss);
	} else if (ret) {
		job_settle(hss, ret, true);
	} else if (job.state == CRYPTECH_JOB_RUNNING) {
		spin_lock(&key->lock);
		hss->done = job.done;
		hss->total = job.total;
		spin_unlock(&key->lock);
		job_again(hss);
	} else if (job.state == CRYPTECH_JOB_DONE) {
		ret = cryptech_key_publish(key, call->client);
		if (ret)
			job_settle(hss, ret, true);
		else	/* it has a reference of its own */
			cryptech_key_put(key);
	} else {
		ret = cryptech_errno(job.error);
		job_settle(hss, ret ? ret : -ECANCELED, false);
	}
	cryptech_call_put(call);
}

/* The kernel's client whose job it is; NULL: he is no more. */
static struct cryptech_client *job_client(struct cryptech_hashkey *hss)
{
	struct cryptech_device *dev;
	struct cryptech_client *kernel;

	dev = cryptech_device_find_serial(hss->key->serial);
	if (IS_ERR(dev))
		return NULL;
	kernel = cryptech_client_kernel(dev);
	cryptech_device_put(dev);
	if (IS_ERR(kernel))
		return NULL;
	if (kernel->incarnation == hss->key->incarnation)
		return kernel;
	cryptech_client_put(kernel);
	return NULL;
}

static int job_send(struct cryptech_hashkey *hss,
		    struct cryptech_client *kernel)
{
	bool cancel = job_unwanted(hss);
	struct cryptech_call *call;
	int ret;

	call = cancel ? cryptech_call_hashsig_cancel(kernel, hss->key->uuid) :
			cryptech_call_hashsig_job(kernel, hss->key->uuid);
	if (!call)
		return -ENOMEM;
	call->private = hss;
	ret = cryptech_call_submit(call, cancel ? job_cancelled : job_told);
	if (ret)
		cryptech_call_put(call);
	return ret;
}

static void job_ask(struct cryptech_hashkey *hss)
{
	struct cryptech_client *kernel = job_client(hss);
	int ret = -ENODEV;

	if (kernel) {
		ret = job_send(hss, kernel);
		cryptech_client_put(kernel);
	}
	if (ret == -ENOMEM)
		job_again(hss);
	else if (ret)	/* the HSM has forgotten its clients, and their jobs */
		job_settle(hss, -EREMOTEIO, true);
}

/* --- all jobs ------------------------------------------------------------ */

static bool job_is_due(struct cryptech_hashkey *hss)
{
	return time_after_eq(jiffies, hss->poll_at) || job_unwanted(hss);
}

static void jobs_run(struct work_struct *work)
{
	unsigned long next = MAX_JIFFY_OFFSET, now;
	struct cryptech_hashkey *hss, *after;
	LIST_HEAD(due);

	spin_lock(&jobs_lock);
	list_for_each_entry_safe(hss, after, &jobs, entry)
		if (job_is_due(hss))
			list_move_tail(&hss->entry, &due);
	now = jiffies;
	list_for_each_entry(hss, &jobs, entry)
		next = min(next, time_after(hss->poll_at, now) ?
				 hss->poll_at - now : 0);
	spin_unlock(&jobs_lock);

	list_for_each_entry_safe(hss, after, &due, entry) {
		list_del_init(&hss->entry);
		job_ask(hss);
	}
	if (next != MAX_JIFFY_OFFSET)
		queue_delayed_work(system_dfl_wq, &jobs_work, next);
}

void cryptech_hashjobs_exit(void)
{
	struct cryptech_hashkey *hss, *after;

	/* the devices are gone, so no call is under way and none will be */
	cancel_delayed_work_sync(&jobs_work);
	list_for_each_entry_safe(hss, after, &jobs, entry) {
		list_del_init(&hss->entry);
		job_settle(hss, -ENODEV, true);
	}
}

/* --- from the start to the end ------------------------------------------- */

static void job_started(struct cryptech_call *call)
{
	struct cryptech_hashkey *hss = call->private;
	u8 uuid[CRYPTECH_UUID_SIZE];
	int ret = cryptech_rpc_key_generated(call, uuid, NULL);

	if (!ret && memcmp(uuid, hss->key->uuid, sizeof(uuid)))
		ret = -EPROTO;
	/* started or not: make sure that it is not */
	if (ret == -ETIMEDOUT || ret == -EPROTO)
		hss->error = ret;
	if (!ret || hss->error)
		job_again(hss);
	else
		job_settle(hss, ret, ret == -EREMOTEIO);
	cryptech_call_put(call);
}

int cryptech_hashjob_start(struct cryptech_key *key,
			   struct cryptech_client *kernel, u32 flags,
			   const char *label, size_t label_len)
{
	struct cryptech_call *call;
	int ret;

	call = cryptech_call_hashsig_generate(kernel, key->uuid, flags, label,
					      label_len, &key->hss->set);
	if (!call)
		return -ENOMEM;
	key->hss->poll_ms = POLL_FIRST_MS;
	call->private = key->hss;
	cryptech_key_get(key);
	ret = cryptech_call_submit(call, job_started);
	if (ret) {
		cryptech_key_put(key);
		cryptech_call_put(call);
	}
	return ret;
}

static void job_known(struct cryptech_call *call)
{
	struct cryptech_hashkey *hss = call->private;
	struct cryptech_hashsig_info info;
	int ret = cryptech_hashsig_info_result(call, &info, NULL);

	if (!ret)
		ret = cryptech_hashkey_set_info(hss->key, &info);
	if (!ret)
		cryptech_hashwatch(call->client, hss->key->uuid, info.left,
				   &info);
	job_settle(hss, ret, true);
	cryptech_call_put(call);
}

void cryptech_hashjob_published(struct cryptech_key *key,
				struct cryptech_client *kernel)
{
	struct cryptech_call *call;
	int ret = -ENOMEM;

	cryptech_key_get(key);
	call = cryptech_call_hashsig_info(kernel, key->uuid, GFP_KERNEL);
	if (call) {
		call->private = key->hss;
		ret = cryptech_call_submit(call, job_known);
	}
	if (!ret)
		return;
	cryptech_call_put(call);
	job_settle(key->hss, ret, true);
}
