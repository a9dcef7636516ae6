// SPDX-License-Identifier: MIT
/*
 * Messages that come in pieces, to be signed or verified. A stream belongs to
 * its client and goes with it.
 *
 * A stream that signs took its leaf when it began, because C, with which the
 * message's hash begins, must not be computed before the leaf is spent. What
 * comes is hashed twice, as RFC 8554 wants it and by SHA-256 for the memory of
 * requests.
 */
#include "hashsig.h"

#include <stdlib.h>

enum stream_kind {
	STREAM_SIGN,
	STREAM_AGAIN,		/* the request was answered before */
	STREAM_VERIFY,
};

struct stream {
	struct stream *next;		/* of the client */
	struct client *client;
	uint32_t number;
	enum stream_kind kind;
	int error;			/* it came to an end: what FINAL says */
	struct hashsig *hashsig;	/* of SIGN and AGAIN: a user of it */
	struct stream *key_next;	/* of the key */
	uint8_t id[CRYPTECH_HASHSIG_REQUEST_SIZE];
	struct core_hash *input;	/* SHA-256 of what came */
	/* SIGN */
	struct pending pending;
	struct hss_leaf *leaf;
	struct lms_message message;
	bool begun;			/* message is open */
	/* AGAIN */
	uint8_t known[32];
	/* the answer: known (AGAIN), or to be */
	uint8_t *signature;
	size_t len;
	/* VERIFY */
	struct hss_verify *verify;
};

/* --- what a stream holds ------------------------------------------------------------ */

/* What it has of its key goes: the leaf is burnt. */
static void leave_key(struct hsm *hsm, struct stream *stream)
{
	struct hashsig *h = stream->hashsig;
	struct stream **link;

	if (!h)
		return;
	if (stream->begun)
		lms_message_abort(&stream->message);
	stream->begun = false;
	if (stream->leaf)
		hss_leaf_put(h->hss, stream->leaf);
	stream->leaf = NULL;
	if (stream->pending.id)
		request_end(hsm, h, &stream->pending);
	stream->pending.id = NULL;
	for (link = &h->streams; *link; link = &(*link)->key_next) {
		if (*link == stream) {
			*link = stream->key_next;
			break;
		}
	}
	stream->hashsig = NULL;
	hashsig_put(hsm, h);
}

/* Not in its client's list any more, or not yet. */
static void stream_free(struct hsm *hsm, struct stream *stream)
{
	leave_key(hsm, stream);
	hss_verify_abort(stream->verify);
	core_hash_free(stream->input);
	free(stream->signature);
	free(stream);
}

/* A stream for this client, counted but without a number yet. */
static int stream_new(struct client *client, enum stream_kind kind,
		      struct stream **result)
{
	struct stream *stream;
	int error;

	if (client->stream_count >= HSM_CLIENT_STREAMS)
		return CRYPTECH_ERR_NO_KEY_SLOTS_AVAILABLE;
	error = client_hold(client);
	if (error)
		return error;
	stream = calloc(1, sizeof(*stream));
	if (!stream) {
		client_release(client);
		return CRYPTECH_ERR_ALLOCATION_FAILURE;
	}
	stream->client = client;
	stream->kind = kind;
	client->stream_count++;
	*result = stream;
	return CRYPTECH_ERR_OK;
}

static void uncount(struct client *client)
{
	client->stream_count--;
	client_release(client);
}

/* Give it its number: from here on the client has it. */
static void stream_open(struct call *call, struct stream *stream)
{
	uint32_t *last = &call->hsm->hashsigs->stream_number;

	*last = *last % UINT32_MAX + 1;	/* never 0 */
	stream->number = *last;
	stream->next = call->client->streams;
	call->client->streams = stream;
	xdr_put_u32(&call->out, stream->number);
}

static struct stream *find(struct client *client, uint32_t number)
{
	struct stream *stream = client->streams;

	while (stream && stream->number != number)
		stream = stream->next;
	return stream;
}

/* Out of the client's hands. */
static void stream_close(struct stream *stream)
{
	struct stream **link = &stream->client->streams;

	while (*link != stream)
		link = &(*link)->next;
	*link = stream->next;
	uncount(stream->client);
}

void streams_drop(struct client *client)
{
	struct stream *stream;

	while ((stream = client->streams)) {
		stream_close(stream);
		stream_free(client->hsm, stream);
	}
}

void streams_abort(struct hsm *hsm, struct hashsig *h)
{
	struct stream *stream;

	while ((stream = h->streams)) {
		stream->error = CRYPTECH_ERR_KEY_NOT_FOUND;
		leave_key(hsm, stream);
	}
}

/* --- sign --------------------------------------------------------------------------- */

static void join_key(struct stream *stream, struct hashsig *h)
{
	hashsig_get(h);
	stream->hashsig = h;
	stream->key_next = h->streams;
	h->streams = stream;
}

/* The request was answered: the same input will get the same answer. */
static int begin_again(struct stream *stream, const struct answered *answered)
{
	stream->kind = STREAM_AGAIN;
	memcpy(stream->known, answered->input, sizeof(stream->known));
	stream->signature = malloc(answered->len);
	if (!stream->signature)
		return CRYPTECH_ERR_ALLOCATION_FAILURE;
	memcpy(stream->signature, answered->signature, answered->len);
	stream->len = answered->len;
	return CRYPTECH_ERR_OK;
}

static int begin_first(struct call *call, struct stream *stream)
{
	struct hashsig *h = stream->hashsig;
	int error;

	stream->len = hss_signature_bytes(h->hss);
	stream->signature = malloc(stream->len);
	if (!stream->signature)
		return CRYPTECH_ERR_ALLOCATION_FAILURE;
	stream->pending.id = stream->id;
	stream->pending.stream = true;
	request_begin(h, &stream->pending);
	error = hashsig_take(call, h, &stream->leaf);
	if (!error)
		error = hss_leaf_begin(stream->leaf, &stream->message);
	stream->begun = !error;
	return error;
}

static int begin(struct call *call, struct stream *stream, struct hashsig *h,
		 const uint8_t *id)
{
	struct answered *answered = request_find(h, id);

	if (!answered && request_pending(h, id))
		return CRYPTECH_ERR_NOT_READY;
	memcpy(stream->id, id, sizeof(stream->id));
	stream->input = core_hash_new(CRYPTECH_DIGEST_SHA256, NULL, 0);
	if (!stream->input)
		return CRYPTECH_ERR_ALLOCATION_FAILURE;
	join_key(stream, h);
	return answered ? begin_again(stream, answered) :
			  begin_first(call, stream);
}

int handle_SIGN_INIT(struct call *call)
{
	struct stream *stream;
	struct hashsig *h;
	const uint8_t *id;
	size_t len;
	int error;

	error = call_hashsig(call, &h);
	if (error)
		return error;
	id = xdr_get_opaque(&call->in, &len);
	if (len != CRYPTECH_HASHSIG_REQUEST_SIZE)
		return CRYPTECH_ERR_BAD_ARGUMENTS;
	error = stream_new(call->client, STREAM_SIGN, &stream);
	if (error)
		return error;
	/* If the key goes while we wait, the stream leaves it, but we do not. */
	hashsig_get(h);
	error = begin(call, stream, h, id);
	if (!error) {
		stream_open(call, stream);
	} else {
		uncount(call->client);
		stream_free(call->hsm, stream);
	}
	hashsig_put(call->hsm, h);
	return error;
}

/* The stream a call names, of one of two kinds. */
static int call_stream(struct call *call, bool verify, struct stream **stream)
{
	*stream = find(call->client, xdr_get_u32(&call->in));
	if (!*stream || ((*stream)->kind == STREAM_VERIFY) != verify)
		return CRYPTECH_ERR_BAD_ARGUMENTS;
	return CRYPTECH_ERR_OK;
}

int handle_SIGN_UPDATE(struct call *call)
{
	struct stream *stream;
	const uint8_t *data;
	size_t len;
	int error;

	error = call_stream(call, false, &stream);
	if (!error)
		error = stream->error;
	if (error)
		return error;
	data = xdr_get_opaque(&call->in, &len);
	error = core_hash_update(stream->input, data, len);
	if (!error && stream->begun)
		error = lms_message_update(&stream->message, data, len);
	/* Half of a piece taken in is no message. */
	stream->error = error;
	return error;
}

/* Lock not needed: the stream is out of everybody's hands. */
static int finish(struct stream *stream, uint8_t input[32])
{
	uint8_t digest[LMS_N_MAX];
	int error;

	error = core_hash_final(stream->input, input);
	if (error || stream->kind == STREAM_AGAIN)
		return error;
	stream->begun = false;
	error = lms_message_final(&stream->message, digest);
	if (error)
		return error;
	return hss_leaf_sign(stream->leaf, digest, stream->signature,
			     stream->len, &stream->len);
}

/* A key that goes meanwhile waits for us, as we are a user of it. */
static void hide_from_key(struct stream *stream)
{
	struct stream **link = &stream->hashsig->streams;

	while (*link != stream)
		link = &(*link)->key_next;
	*link = stream->key_next;
}

static int answer(struct call *call, struct stream *stream, uint32_t max)
{
	struct hashsig *h = stream->hashsig;
	uint8_t input[32];
	const uint8_t *signature = stream->signature;
	size_t len;
	int error;

	hide_from_key(stream);
	call_unlock(call);
	error = finish(stream, input);
	call_relock(call);
	if (error)
		return error;
	len = stream->len;
	if (stream->kind == STREAM_AGAIN) {
		if (!core_equal(stream->known, input, sizeof(input)))
			return CRYPTECH_ERR_FORBIDDEN;
	} else {
		request_remember(h, stream->id, input, stream->signature, len);
		stream->signature = NULL;
	}
	if (call->client->gone)
		return CRYPTECH_ERR_FORBIDDEN;
	return put_signature(call, h, signature, len, max);
}

/* The leaf is spent already, so the reply's size is asked about last. */
int handle_SIGN_FINAL(struct call *call)
{
	struct stream *stream;
	uint32_t max;
	int error;

	error = call_stream(call, false, &stream);
	if (error)
		return error;
	max = xdr_get_u32(&call->in);
	stream_close(stream);
	error = stream->error;
	if (!error)
		error = answer(call, stream, max);
	stream_free(call->hsm, stream);
	return error;
}

/* --- verify ------------------------------------------------------------------------- */

static int begin_verify(struct call *call, const struct key *key,
			struct stream *stream)
{
	uint8_t public[CRYPTECH_HSS_PUBLIC_MAX];
	size_t public_len = hashsig_public(key, public);
	const uint8_t *signature;
	size_t len;
	int error, gone;

	signature = xdr_get_opaque(&call->in, &len);
	call_unlock(call);
	error = hss_verify_begin(&stream->verify, public, public_len,
				 signature, len);
	gone = call_relock(call);
	if (error)
		stream->verify = NULL;
	return error ? error : gone;
}

int handle_VERIFY_INIT(struct call *call)
{
	struct stream *stream;
	struct key *key;
	int error;

	error = call_key(call, &key);
	if (error)
		return error;
	if (!key_is_hashsig(key))
		return CRYPTECH_ERR_UNSUPPORTED_KEY;
	error = key_may_verify(key);
	if (!error)
		error = stream_new(call->client, STREAM_VERIFY, &stream);
	if (error)
		return error;
	error = begin_verify(call, key, stream);
	if (error) {
		uncount(call->client);
		stream_free(call->hsm, stream);
		return error;
	}
	stream_open(call, stream);
	return CRYPTECH_ERR_OK;
}

int handle_VERIFY_UPDATE(struct call *call)
{
	struct stream *stream;
	const uint8_t *data;
	size_t len;
	int error;

	error = call_stream(call, true, &stream);
	if (!error)
		error = stream->error;
	if (error)
		return error;
	data = xdr_get_opaque(&call->in, &len);
	error = hss_verify_update(stream->verify, data, len);
	stream->error = error;
	return error;
}

int handle_VERIFY_FINAL(struct call *call)
{
	struct hss_verify *verify;
	struct stream *stream;
	int error, gone;

	error = call_stream(call, true, &stream);
	if (error)
		return error;
	stream_close(stream);
	error = stream->error;
	if (error) {
		stream_free(call->hsm, stream);
		return error;
	}
	verify = stream->verify;
	stream->verify = NULL;
	stream_free(call->hsm, stream);
	call_unlock(call);
	error = hss_verify_final(verify);
	gone = call_relock(call);
	return error ? error : gone;
}

int handle_STREAM_ABORT(struct call *call)
{
	struct stream *stream = find(call->client, xdr_get_u32(&call->in));

	if (!stream)
		return CRYPTECH_ERR_BAD_ARGUMENTS;
	stream_close(stream);
	stream_free(call->hsm, stream);
	return CRYPTECH_ERR_OK;
}
