// SPDX-License-Identifier: MIT
/*
 * Generation of hash signature keys. It may take hours, so it is a job of the
 * client that asked: background threads work at it, the client asks how far
 * it is, and it ends with its client. Until it is done there is nothing of it
 * but memory.
 */
#include "hashsig.h"

#include <stdlib.h>

struct job *job_find(struct client *client, const uint8_t *uuid)
{
	struct job *job = client->jobs;

	while (job && memcmp(job->uuid, uuid, CRYPTECH_UUID_SIZE))
		job = job->next;
	return job;
}

static unsigned int running_of(const struct client *client)
{
	const struct job *job;
	unsigned int n = 0;

	for (job = client->jobs; job; job = job->next)
		n += job->state == CRYPTECH_JOB_RUNNING;
	return n;
}

static bool names(const struct client *client, const uint8_t *uuid)
{
	const struct job *job;

	for (job = client->jobs; job; job = job->next)
		if (job->state == CRYPTECH_JOB_RUNNING &&
		    !memcmp(job->uuid, uuid, CRYPTECH_UUID_SIZE))
			return true;
	return false;
}

bool job_names(struct hsm *hsm, const uint8_t *uuid)
{
	struct client *client;

	if (!hsm->hashsigs->jobs)
		return false;
	for (unsigned int i = 0; i < HSM_PORTS; i++) {
		struct port *port = &hsm->ports[i];

		for (unsigned int b = 0; b <= port->bucket_mask; b++)
			for (client = port->buckets[b]; client;
			     client = client->next)
				if (names(client, uuid))
					return true;
	}
	return false;
}

/* --- start ----------------------------------------------------------------------- */

/* The struct key that it is to become, which nobody finds yet. */
static int make_key(const struct key_request *request, struct key **result)
{
	struct key *key = key_alloc();
	int error;

	if (!key)
		return CRYPTECH_ERR_ALLOCATION_FAILURE;
	key->type = CRYPTECH_KEY_HSS;
	key->class = CRYPTECH_KEY_CLASS_HASHSIG_PRIVATE;
	key->flags = request->flags;
	key->dead = true;
	error = key_name(key, request);
	if (error) {
		key_put(key);
		return error;
	}
	*result = key;
	return CRYPTECH_ERR_OK;
}

static int make_hashsig(struct hsm *hsm, uint32_t flags,
			struct root_facts *facts, struct hashsig **h)
{
	struct hss *hss;
	int error = flags & CRYPTECH_KEY_FLAG_VAULT ?
		    vaultkeys_hss_new(hsm->vaultkeys, facts, &hss) :
		    hss_new(&hss, facts);

	if (error)
		return error;
	*h = hashsig_new(hss);
	if (*h)
		return CRYPTECH_ERR_OK;
	hss_free(hss);
	return CRYPTECH_ERR_ALLOCATION_FAILURE;
}

static int make_job(struct hsm *hsm, const struct key_request *request,
		    struct root_facts *facts, struct job **result)
{
	struct job *job = calloc(1, sizeof(*job));
	int error;

	if (!job)
		return CRYPTECH_ERR_ALLOCATION_FAILURE;
	error = make_key(request, &job->key);
	if (error)
		goto fail;
	memcpy(job->uuid, job->key->uuid, CRYPTECH_UUID_SIZE);
	memcpy(facts->uuid, job->uuid, CRYPTECH_UUID_SIZE);
	error = make_hashsig(hsm, request->flags, facts, &job->hashsig);
	if (error)
		goto fail;
	job->hashsig->job = job;
	*result = job;
	return CRYPTECH_ERR_OK;

fail:
	key_put(job->key);
	free(job);
	return error;
}

static void count_leaves(struct job *job)
{
	struct hss_counts counts;

	hss_count(job->hashsig->hss, &counts);
	job->done = counts.done;
	job->total = counts.total;
}

/* What makes it wrong whatever its parameters. */
static int check(struct call *call, const struct key_request *request)
{
	struct hsm *hsm = call->hsm;
	int error;

	if (roots_stale(hsm->hashsigs->roots) &&
	    !(request->flags & CRYPTECH_KEY_FLAG_VAULT))
		return CRYPTECH_ERR_KEYSTORE_LOST_DATA;
	error = key_check_room(call, request->uuid, request->flags);
	if (error)
		return error;
	if (hsm->hashsigs->jobs >= HSM_JOBS ||
	    running_of(call->client) >= HSM_CLIENT_JOBS)
		return CRYPTECH_ERR_NO_KEY_SLOTS_AVAILABLE;
	return CRYPTECH_ERR_OK;
}

int job_start(struct call *call, const struct key_request *request,
	      struct root_facts *facts, struct job **result)
{
	struct client *client = call->client;
	struct job *job = NULL, *old;
	int error;

	error = check(call, request);
	if (!error)
		error = make_job(call->hsm, request, facts, &job);
	if (error)
		return error;
	error = client_hold(client);
	if (error) {
		hashsig_abandon(call->hsm, job->hashsig);
		key_put(job->key);
		free(job);
		return error;
	}
	/* An old job of the name is not asked for any more. */
	old = job_find(client, job->uuid);
	if (old)
		job_forget(call->hsm, old);
	job->state = CRYPTECH_JOB_RUNNING;
	job->client = client;
	job->next = client->jobs;
	client->jobs = job;
	call->hsm->hashsigs->jobs++;
	count_leaves(job);
	*result = job;
	return CRYPTECH_ERR_OK;
}

/* --- end ------------------------------------------------------------------------- */

void job_end(struct hsm *hsm, struct job *job, uint32_t state, int error)
{
	struct job **link;
	unsigned int kept = 0;

	job->state = state;
	job->error = error;
	if (job->hashsig) {		/* no key has it */
		job->hashsig->job = NULL;
		hashsig_abandon(hsm, job->hashsig);
		job->hashsig = NULL;
	}
	key_put(job->key);
	job->key = NULL;
	hsm->hashsigs->jobs--;
	/* The oldest is forgotten when there are more than are kept. */
	link = &job->client->jobs;
	while (*link) {
		if ((*link)->state != CRYPTECH_JOB_RUNNING &&
		    ++kept > HSM_JOBS_KEPT) {
			job_forget(hsm, *link);
			break;
		}
		link = &(*link)->next;
	}
}

void job_forget(struct hsm *hsm, struct job *job)
{
	struct client *client = job->client;
	struct job **link = &client->jobs;

	if (job->state == CRYPTECH_JOB_RUNNING)
		job_end(hsm, job, CRYPTECH_JOB_CANCELLED, CRYPTECH_ERR_OK);
	while (*link != job)
		link = &(*link)->next;
	*link = job->next;
	free(job);
	client_release(client);
}

void jobs_client_gone(struct client *client)
{
	while (client->jobs)
		job_forget(client->hsm, client->jobs);
}

static int set_spki(struct key *key, const struct hss *hss)
{
	uint8_t public[CRYPTECH_HSS_PUBLIC_MAX];
	uint8_t spki[HASHSIG_SPKI_MAX];
	size_t len = hss_public(hss, public);

	len = hashsig_spki(public, len, spki);
	key->spki = malloc(len);
	if (!key->spki)
		return CRYPTECH_ERR_ALLOCATION_FAILURE;
	memcpy(key->spki, spki, len);
	key->spki_len = len;
	return CRYPTECH_ERR_OK;
}

/* The state first: see hashsigkey.c. */
static int store(struct hsm *hsm, struct job *job,
		 const struct sealed *sealed)
{
	struct hashsig *h = job->hashsig;
	struct key *key = job->key;
	int error;

	error = hss_store(h->hss, hsm->hashsigs->roots);
	if (error)
		return error;
	error = store_write(hsm, KS_CLASS_KEY, key->uuid, sealed->data,
			    sealed->len, true);
	if (error) {
		h->doomed = true;	/* goes with its last user */
		return error;
	}
	key->dead = false;
	hashsig_own(hsm, h, key);
	job->hashsig = NULL;
	return keys_insert(hsm->keys, key);	/* there is room */
}

int job_commit(struct hsm *hsm, struct job *job)
{
	struct sealed sealed = { 0 };
	bool found;
	int error;

	keys_position(hsm->keys, job->uuid, &found);
	if (found)
		return CRYPTECH_ERR_KEY_NAME_IN_USE;
	error = keys_check_slots(hsm, job->key->flags);
	if (!error)
		error = keys_reserve(hsm->keys);
	if (!error)
		error = set_spki(job->key, job->hashsig->hss);
	if (!error)
		error = record_seal(hsm, job->key, NULL, 0, &sealed);
	if (!error)
		error = store(hsm, job, &sealed);
	free(sealed.data);
	return error;
}

void job_progress(struct hsm *hsm, struct job *job)
{
	struct hashsig *h = job->hashsig;
	int error = h->broken;

	count_leaves(job);
	if (job->waited_for)
		return;
	if (!error && hss_work_left(h->hss))
		return;
	if (!error) {
		job->done = job->total;
		error = job_commit(hsm, job);
	}
	job_end(hsm, job, error ? CRYPTECH_JOB_FAILED : CRYPTECH_JOB_DONE,
		error);
}
