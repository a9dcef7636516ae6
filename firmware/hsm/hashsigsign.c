// SPDX-License-Identifier: MIT
/*
 * Signing with hash signature keys.
 *
 * The order in which things are asked follows from one rule: what the caller
 * did wrong, and whatever else can be known before, spends no leaf. Once a leaf
 * is taken, the answer is remembered even if nobody is there any more to hear
 * it; who asks again with the same request gets it.
 */
#include "hashsig.h"

#include <stdlib.h>

/* --- requests -------------------------------------------------------------------- */

struct answered *request_find(struct hashsig *h, const uint8_t *id)
{
	for (unsigned int i = 0; i < HASHSIG_REQUESTS; i++) {
		struct answered *answered = &h->answered[i];

		if (answered->signature &&
		    !memcmp(answered->id, id, sizeof(answered->id)))
			return answered;
	}
	return NULL;
}

struct pending *request_pending(struct hashsig *h, const uint8_t *id)
{
	struct pending *pending = h->pending;

	while (pending &&
	       memcmp(pending->id, id, CRYPTECH_HASHSIG_REQUEST_SIZE))
		pending = pending->next;
	return pending;
}

void request_begin(struct hashsig *h, struct pending *pending)
{
	pending->next = h->pending;
	h->pending = pending;
}

void request_end(struct hsm *hsm, struct hashsig *h, struct pending *pending)
{
	struct pending **link = &h->pending;

	while (*link != pending)
		link = &(*link)->next;
	*link = pending->next;
	lock_wake(&hsm->lock);
}

void request_remember(struct hashsig *h, const uint8_t *id,
		      const uint8_t input[32], uint8_t *signature, size_t len)
{
	struct answered *answered = &h->answered[h->oldest];

	h->oldest = (h->oldest + 1) % HASHSIG_REQUESTS;
	free(answered->signature);
	memcpy(answered->id, id, sizeof(answered->id));
	memcpy(answered->input, input, sizeof(answered->input));
	answered->signature = signature;
	answered->len = len;
}

void requests_forget(struct hashsig *h)
{
	for (unsigned int i = 0; i < HASHSIG_REQUESTS; i++)
		free(h->answered[i].signature);
	memset(h->answered, 0, sizeof(h->answered));
}

int put_signature(struct call *call, struct hashsig *h,
		  const uint8_t *signature, size_t len, uint32_t max)
{
	struct hss_counts counts;

	if (len > max)
		return CRYPTECH_ERR_RESULT_TOO_LONG;
	hss_count(h->hss, &counts);
	xdr_put_opaque(&call->out, signature, len);
	xdr_put_u64(&call->out, counts.left);
	return CRYPTECH_ERR_OK;
}

/* --- leaves ---------------------------------------------------------------------- */

/*
 * Do, or wait for, what the next signature needs, if that does not take long.
 * Without background threads a part of it is done in each call, so that who
 * asks often enough gets there.
 */
int hashsig_make_ready(struct hsm *hsm, const struct client *client,
		       struct hashsig *h)
{
	uint64_t before = hss_work_left(h->hss);
	uint64_t max = hss_kept(h->hss) ? HASHSIG_WAIT_MAX_VAULT :
					  HASHSIG_WAIT_MAX;
	uint64_t left = before;
	int error;

	h->asked = true;
	hashsig_kick(hsm, h);
	if (before > max && hsm->platform->background)
		return CRYPTECH_ERR_NOT_READY;
	while (left && before - left < max) {
		if (!hss_working(h->hss, HSS_NOW))
			return CRYPTECH_ERR_IMPOSSIBLE;
		hashsig_step(hsm, h);
		hashsig_kick(hsm, h);
		if (client && client->gone)
			return CRYPTECH_ERR_FORBIDDEN;
		error = hashsig_usable(hsm, h);
		if (error)
			return error;
		left = hss_work_left(h->hss);
		/* Somebody else took the tree that we waited for. */
		if (left > before)
			before = left;
	}
	return left ? CRYPTECH_ERR_NOT_READY : CRYPTECH_ERR_OK;
}

int hashsig_take(struct call *call, struct hashsig *h, struct hss_leaf **leaf)
{
	struct hss_counts counts;
	int error;

	for (;;) {
		error = hashsig_usable(call->hsm, h);
		if (error)
			return error;
		error = hss_take(h->hss, leaf);
		if (error != CRYPTECH_ERR_NOT_READY)
			break;
		error = hashsig_make_ready(call->hsm, call->client, h);
		if (error)
			return error;
	}
	hashsig_look(call->hsm, h, &counts);
	hashsig_kick(call->hsm, h);
	return error;
}

/* Lock not needed. */
static int sign_with(struct hss_leaf *leaf, const uint8_t *input, size_t len,
		     uint8_t *signature, size_t size, size_t *signature_len)
{
	struct lms_message message;
	uint8_t digest[LMS_N_MAX];
	int error;

	error = hss_leaf_begin(leaf, &message);
	if (error)
		return error;
	error = lms_message_update(&message, input, len);
	if (error) {
		lms_message_abort(&message);
		return error;
	}
	error = lms_message_final(&message, digest);
	if (error)
		return error;
	return hss_leaf_sign(leaf, digest, signature, size, signature_len);
}

/* The caller is a user; *@signature is memory of its own. */
static int sign(struct call *call, struct hashsig *h, const uint8_t *input,
		size_t len, uint8_t **signature, size_t *signature_len)
{
	size_t size = hss_signature_bytes(h->hss);
	struct hss_leaf *leaf;
	int error;

	*signature = malloc(size);
	if (!*signature)
		return CRYPTECH_ERR_ALLOCATION_FAILURE;
	error = hashsig_take(call, h, &leaf);
	if (!error) {
		call_unlock(call);
		error = sign_with(leaf, input, len, *signature, size,
				  signature_len);
		/* Who is gone is told so later: the answer is remembered. */
		call_relock(call);
		hss_leaf_put(h->hss, leaf);
	}
	if (error) {
		free(*signature);
		*signature = NULL;
	}
	return error;
}

int hashsig_may_sign(const struct key *key, size_t max)
{
	const struct hashsig *h = key->hashsig;

	if (!h)
		return CRYPTECH_ERR_KEYSTORE_LOST_DATA;
	if (max < hss_signature_bytes(h->hss))
		return CRYPTECH_ERR_RESULT_TOO_LONG;
	return CRYPTECH_ERR_OK;
}

int hashsig_sign(struct call *call, struct key *key, const uint8_t *input,
		 size_t len)
{
	struct hashsig *h = key->hashsig;
	uint8_t *signature;
	size_t signature_len;
	int error;

	hashsig_get(h);
	error = sign(call, h, input, len, &signature, &signature_len);
	hashsig_put(call->hsm, h);
	if (error)
		return error;
	if (call->client->gone)
		error = CRYPTECH_ERR_FORBIDDEN;
	else
		xdr_put_opaque(&call->out, signature, signature_len);
	free(signature);
	return error;
}

/* --- SIGN_ONCE ------------------------------------------------------------------- */

struct once {
	const uint8_t *id;
	const uint8_t *input;
	size_t len;
	uint32_t max;
	uint8_t hash[32];
};

static int get_once(struct call *call, struct once *once)
{
	size_t len;

	once->id = xdr_get_opaque(&call->in, &len);
	once->input = xdr_get_opaque(&call->in, &once->len);
	once->max = xdr_get_u32(&call->in);
	if (len != CRYPTECH_HASHSIG_REQUEST_SIZE)
		return CRYPTECH_ERR_BAD_ARGUMENTS;
	return call_fits(call, xdr_size_opaque(once->max) + 8);
}

static int hash_input(struct once *once)
{
	struct core_hash *hash = core_hash_new(CRYPTECH_DIGEST_SHA256, NULL, 0);
	int error;

	if (!hash)
		return CRYPTECH_ERR_ALLOCATION_FAILURE;
	error = core_hash_update(hash, once->input, once->len);
	if (!error)
		error = core_hash_final(hash, once->hash);
	core_hash_free(hash);
	return error;
}

/* The same request may be under way: then wait for its end. */
static int wait_for_others(struct call *call, struct hashsig *h,
			   const uint8_t *id)
{
	struct pending *pending;

	while ((pending = request_pending(h, id))) {
		if (pending->stream)
			return CRYPTECH_ERR_NOT_READY;
		lock_wait(&call->hsm->lock);
		if (call->client->gone)
			return CRYPTECH_ERR_FORBIDDEN;
		if (h->stopping)
			return CRYPTECH_ERR_KEY_NOT_FOUND;
	}
	return CRYPTECH_ERR_OK;
}

static int answer_again(struct call *call, struct hashsig *h,
			const struct answered *answered,
			const struct once *once)
{
	if (!core_equal(answered->input, once->hash, sizeof(once->hash)))
		return CRYPTECH_ERR_FORBIDDEN;
	return put_signature(call, h, answered->signature, answered->len,
			     once->max);
}

static int answer_first(struct call *call, struct hashsig *h,
			const struct once *once)
{
	struct pending pending = { .id = once->id };
	uint8_t *signature;
	size_t len;
	int error;

	request_begin(h, &pending);
	error = sign(call, h, once->input, once->len, &signature, &len);
	request_end(call->hsm, h, &pending);
	if (error)
		return error;
	request_remember(h, once->id, once->hash, signature, len);
	if (call->client->gone)
		return CRYPTECH_ERR_FORBIDDEN;
	return put_signature(call, h, signature, len, once->max);
}

int handle_SIGN_ONCE(struct call *call)
{
	struct answered *answered;
	struct hashsig *h;
	struct once once;
	int error;

	error = call_hashsig(call, &h);
	if (!error)
		error = get_once(call, &once);
	if (error)
		return error;
	if (once.max < hss_signature_bytes(h->hss))
		return CRYPTECH_ERR_RESULT_TOO_LONG;
	error = hash_input(&once);
	if (error)
		return error;
	hashsig_get(h);
	error = wait_for_others(call, h, once.id);
	if (!error) {
		answered = request_find(h, once.id);
		error = answered ? answer_again(call, h, answered, &once) :
				   answer_first(call, h, &once);
	}
	hashsig_put(call->hsm, h);
	return error;
}
