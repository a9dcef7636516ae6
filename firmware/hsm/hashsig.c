// SPDX-License-Identifier: MIT
/*
 * Hash signature keys by UUID: generation, what is known of them, what becomes
 * of them when the flash is not the newest. And libhal's generation.
 */
#include "backup.h"

/* --- generation ------------------------------------------------------------------ */

#define FLAGS_NEEDED	(CRYPTECH_KEY_FLAG_DIGITALSIGNATURE |		       \
			 CRYPTECH_KEY_FLAG_TOKEN)
#define FLAGS_ALLOWED	(FLAGS_NEEDED | CRYPTECH_KEY_FLAG_PUBLIC |	       \
			 CRYPTECH_KEY_FLAG_EXPORTABLE |		       \
			 CRYPTECH_KEY_FLAG_RECOVERABLE |		       \
			 CRYPTECH_KEY_FLAG_VAULT)

/* To be had back from a package, it has to be one that packages are made of. */
static int check_recoverable(struct hsm *hsm, uint32_t flags)
{
	if (!(flags & CRYPTECH_KEY_FLAG_RECOVERABLE))
		return CRYPTECH_ERR_OK;
	return flags & CRYPTECH_KEY_FLAG_EXPORTABLE ? recovery_check(hsm) :
	       CRYPTECH_ERR_BAD_ARGUMENTS;
}

/* One level's set; UNSUPPORTED_KEY */
static int set_level(struct root_facts *facts, unsigned int level,
		     uint32_t lms, uint32_t lmots)
{
	return lms_params(&facts->params[level], lms, lmots) ?
	       CRYPTECH_ERR_OK : CRYPTECH_ERR_UNSUPPORTED_KEY;
}

static int get_facts(struct call *call, struct root_facts *facts)
{
	int error = CRYPTECH_ERR_OK;
	uint32_t n;

	memset(facts, 0, sizeof(*facts));
	facts->profile = xdr_get_u32(&call->in);
	facts->reserve = xdr_get_u32(&call->in);
	if (!facts->reserve)
		facts->reserve = 1;
	n = xdr_get_u32(&call->in);
	if (facts->profile > CRYPTECH_HASHSIG_SINGLE_SEED ||
	    facts->reserve > CRYPTECH_HASHSIG_RESERVE_MAX ||
	    !n || n > CRYPTECH_HSS_LEVELS_MAX)
		return CRYPTECH_ERR_BAD_ARGUMENTS;
	facts->levels = n;
	for (unsigned int i = 0; i < n && !error; i++) {
		uint32_t lms = xdr_get_u32(&call->in);

		error = set_level(facts, i, lms, xdr_get_u32(&call->in));
	}
	return error;
}

int handle_HASHSIG_GENERATE(struct call *call)
{
	struct key_request request;
	struct root_facts facts;
	struct job *job;
	int error;

	error = call_new_uuid(call, &request.uuid);
	if (!error)
		error = call_request(call, &request, true);
	if (error)
		return error;
	if ((request.flags & ~FLAGS_ALLOWED) ||
	    (request.flags & FLAGS_NEEDED) != FLAGS_NEEDED)
		return CRYPTECH_ERR_BAD_ARGUMENTS;
	error = get_facts(call, &facts);
	if (!error)
		error = check_recoverable(call->hsm, request.flags);
	if (!error)
		error = job_start(call, &request, &facts, &job);
	if (error)
		return error;
	xdr_put_opaque(&call->out, job->uuid, sizeof(job->uuid));
	hashsig_kick(call->hsm, job->hashsig);
	return CRYPTECH_ERR_OK;
}

static int call_job(struct call *call, struct job **job)
{
	const uint8_t *uuid;
	int error = call_uuid(call, &uuid);

	if (error)
		return error;
	*job = job_find(call->client, uuid);
	return *job ? CRYPTECH_ERR_OK : CRYPTECH_ERR_KEY_NOT_FOUND;
}

/*
 * Without threads, whoever asks how far it is does some of it. And whoever asks
 * finds out that it cannot get on, for lack of memory.
 */
static int work_at(struct call *call, struct job **job)
{
	struct hashsig *h = (*job)->hashsig;
	uint8_t uuid[CRYPTECH_UUID_SIZE];

	memcpy(uuid, (*job)->uuid, sizeof(uuid));
	hashsig_get(h);
	hashsig_step(call->hsm, h);
	hashsig_put(call->hsm, h);
	*job = job_find(call->client, uuid);
	return *job ? CRYPTECH_ERR_OK : CRYPTECH_ERR_KEY_NOT_FOUND;
}

int handle_HASHSIG_JOB(struct call *call)
{
	struct job *job;
	int error = call_job(call, &job);

	if (error)
		return error;
	if (job->hashsig && (!call->hsm->platform->background ||
			     !hss_working(job->hashsig->hss, HSS_NOW)))
		error = work_at(call, &job);
	if (error)
		return error;
	xdr_put_u32(&call->out, job->state);
	xdr_put_u32(&call->out, job->error);
	xdr_put_u64(&call->out, job->done);
	xdr_put_u64(&call->out, job->total);
	return CRYPTECH_ERR_OK;
}

int handle_HASHSIG_CANCEL(struct call *call)
{
	struct job *job;
	int error = call_job(call, &job);

	if (error)
		return error;
	if (job->state != CRYPTECH_JOB_RUNNING || job->waited_for)
		return CRYPTECH_ERR_KEY_NOT_FOUND;
	job_end(call->hsm, job, CRYPTECH_JOB_CANCELLED, CRYPTECH_ERR_OK);
	return CRYPTECH_ERR_OK;
}

/*
 * Function 31 answers when the key is there. The job goes with the client, so
 * while the lock is dropped it may be lost; what it works on is not, as this
 * is a user of it.
 */
static int wait_for_job(struct call *call, struct job *job)
{
	struct hashsig *h = job->hashsig;
	int error = CRYPTECH_ERR_OK;

	hashsig_get(h);
	while (!error && hss_work_left(h->hss)) {
		hashsig_kick(call->hsm, h);
		hashsig_step(call->hsm, h);
		error = call->client->gone ? CRYPTECH_ERR_FORBIDDEN :
					     h->broken;
	}
	hashsig_put(call->hsm, h);
	return error;
}

static int finish_job(struct call *call, struct job *job, uint32_t *handle)
{
	struct client *client = call->client;
	int error;

	error = handle_open(client, HANDLE_KEY, job->key, true, handle);
	if (error)
		return error;
	key_get(job->key);
	error = job_commit(call->hsm, job);
	if (error)
		key_put(handle_close(client, HANDLE_KEY, *handle));
	return error;
}

int handle_PKEY_GENERATE_HASHSIG(struct call *call)
{
	struct key_request request = { 0 };
	struct root_facts facts = { .reserve = 1 };
	uint32_t levels, lms, lmots, handle;
	struct job *job;
	int error;

	xdr_get_u32(&call->in);		/* the session */
	levels = xdr_get_u32(&call->in);
	lms = xdr_get_u32(&call->in);
	lmots = xdr_get_u32(&call->in);
	request.flags = xdr_get_u32(&call->in);
	if (request.flags & ~CRYPTECH_KEY_FLAGS_LIBHAL)
		return CRYPTECH_ERR_BAD_ARGUMENTS;
	if (!client_writes(call->client, request.flags) ||
	    (request.flags & FLAGS_NEEDED) != FLAGS_NEEDED)
		return CRYPTECH_ERR_FORBIDDEN;
	if ((request.flags & ~FLAGS_ALLOWED) ||
	    !levels || levels > CRYPTECH_HSS_LEVELS_MAX)
		return CRYPTECH_ERR_BAD_ARGUMENTS;
	facts.levels = levels;
	for (unsigned int i = 0; i < levels; i++) {
		error = set_level(&facts, i, lms, lmots);
		if (error)
			return error;
	}
	error = job_start(call, &request, &facts, &job);
	if (error)
		return error;
	job->waited_for = true;
	error = wait_for_job(call, job);
	if (call->client->gone)		/* and the job with it */
		return CRYPTECH_ERR_FORBIDDEN;
	if (!error)
		error = finish_job(call, job, &handle);
	if (!error) {
		xdr_put_u32(&call->out, handle);
		xdr_put_opaque(&call->out, job->uuid, sizeof(job->uuid));
	}
	job_forget(call->hsm, job);
	return error;
}

/* --- what is known ----------------------------------------------------------------- */

static uint32_t state_of(const struct hsm *hsm, const struct hashsig *h,
			 const struct hss_counts *counts)
{
	if (hashsig_is_stale(hsm, h))
		return CRYPTECH_HASHSIG_STALE;
	if (hss_is_parked(h->hss))
		return CRYPTECH_HASHSIG_PARKED;
	if (!counts->left)
		return CRYPTECH_HASHSIG_EXHAUSTED;
	if (!hss_work_left(h->hss))
		return CRYPTECH_HASHSIG_READY;
	return h->asked ? CRYPTECH_HASHSIG_REBUILDING : CRYPTECH_HASHSIG_IDLE;
}

int handle_HASHSIG_INFO(struct call *call)
{
	const struct root_facts *facts;
	struct hss_counts counts;
	struct hashsig *h;
	int error = call_hashsig(call, &h);

	if (error)
		return error;
	facts = hss_facts(h->hss);
	hss_count(h->hss, &counts);
	xdr_put_u32(&call->out, facts->profile);
	xdr_put_u32(&call->out, facts->reserve);
	xdr_put_u32(&call->out, state_of(call->hsm, h, &counts));
	xdr_put_u64(&call->out, counts.root_left);
	xdr_put_u64(&call->out, counts.left);
	xdr_put_u64(&call->out, counts.left_max);
	xdr_put_u64(&call->out, counts.done);
	xdr_put_u64(&call->out, counts.total);
	xdr_put_u32(&call->out, facts->levels);
	for (unsigned int i = 0; i < facts->levels; i++) {
		xdr_put_u32(&call->out, facts->params[i].lms);
		xdr_put_u32(&call->out, facts->params[i].lmots);
	}
	return CRYPTECH_ERR_OK;
}

/* --- freshness --------------------------------------------------------------------- */

int handle_HASHSIG_ACCEPT(struct call *call)
{
	return hashsigs_accept(call->hsm, xdr_get_u32(&call->in));
}
