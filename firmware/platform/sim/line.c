// SPDX-License-Identifier: MIT
#include "line.h"

#include <stdlib.h>
#include <string.h>

void line_open(struct line *line, const struct line_ops *ops, void *data)
{
	memset(line, 0, sizeof(*line));
	line->ops = ops;
	line->data = data;
	line->last = &line->first;
	slip_decoder_init(&line->in, line->packet, sizeof(line->packet));
}

/* --- calls --------------------------------------------------------------- */

static void call_free(struct line_call *call)
{
	explicit_bzero(call, sizeof(*call));
	free(call);
}

static void queue(struct line *line, struct line_call *call)
{
	if (call->queued)
		return;
	call->queued = true;
	call->next = NULL;
	*line->last = call;
	line->last = &call->next;
}

static void unqueue(struct line *line, struct line_call *call)
{
	struct line_call **link = &line->first;

	if (!call->queued)
		return;
	while (*link != call)
		link = &(*link)->next;
	*link = call->next;
	if (line->last == &call->next)
		line->last = link;
	call->queued = false;
}

/* Nobody wants this call any more. While it runs, it stays. */
static void drop(struct line *line, struct line_call *call)
{
	if (!call || !call->answered)
		return;
	unqueue(line, call);
	if (line->sending == call)
		line->sending = NULL;
	if (call->bare)
		line->bare--;
	call_free(call);
}

bool line_call_current(const struct line *line, const struct line_call *call)
{
	return __atomic_load_n(&line->run, __ATOMIC_ACQUIRE) == call->run;
}

static struct line_call *call_new(struct line *line, const uint8_t *request,
				  size_t len)
{
	struct line_call *call = calloc(1, sizeof(*call));

	if (!call)	/* as if it had been lost on the line */
		return NULL;
	call->run = line->run;
	call->bank = line->bank;
	call->request_len = len;
	memcpy(call->request, request, len);
	line->banks[line->bank].running++;
	return call;
}

/* A bank whose last call has ended leaves nothing behind. */
static void bank_ended(struct line *line, unsigned int number)
{
	struct line_bank *bank = &line->banks[number];

	if (--bank->running || !bank->stale)
		return;
	bank->stale = false;
	line->ops->reset(line->data, number);
}

/* --- sessions ------------------------------------------------------------ */

/* End the session, or the time without one. */
static void end_session(struct line *line)
{
	struct line_bank *bank = &line->banks[line->bank];

	__atomic_store_n(&line->run, line->run + 1, __ATOMIC_RELEASE);
	for (int i = 0; i < LINE_SLOTS; i++) {
		drop(line, line->slots[i]);
		line->slots[i] = NULL;
	}
	/* bare ones are left */
	drop(line, line->sending);
	while (line->first)
		drop(line, line->first);
	line->session = 0;
	line->bare = 0;
	line->welcome = false;
	line->pong = 0;
	bank->stale = bank->running;
	line->ops->reset(line->data, line->bank);
	line->bank = (line->bank + 1) % LINE_BANKS;
}

/* Go on with a session that is wanted, if a bank is free for it. */
static void begin_session(struct line *line)
{
	if (!line->wanted || line->banks[line->bank].stale)
		return;
	line->session = line->wanted;
	line->wanted = 0;
	line->welcome = true;
}

static void hello(struct line *line, uint64_t session)
{
	if (!session || session == line->wanted)
		return;
	if (session == line->session) {
		line->welcome = true;
		return;
	}
	end_session(line);
	line->wanted = session;
	begin_session(line);
}

void line_answer(struct line *line, struct line_call *call)
{
	unsigned int bank = call->bank;

	call->answered = true;
	explicit_bzero(call->request, call->request_len);
	if (!line_call_current(line, call))
		call_free(call);
	else if (call->reply_len)
		queue(line, call);
	else
		drop(line, call);	/* a bare one that was too short */
	bank_ended(line, bank);
	begin_session(line);
}

/* --- packets that came --------------------------------------------------- */

static void serve(struct line *line, struct line_call *call)
{
	line->ops->request(line->data, call);
}

static void request(struct line *line, const struct line_frame *f)
{
	struct line_call *call;

	if (f->slot >= LINE_SLOTS || f->len < CRYPTECH_RPC_REQUEST_MIN ||
	    f->len > CRYPTECH_RPC_MESSAGE_MAX)
		return;
	call = line->slots[f->slot];
	if (call && f->number <= call->number) {
		line->repeated++;
		if (f->number == call->number && call->answered &&
		    line->sending != call)
			queue(line, call);
		return;
	}
	if (call && !call->answered) {	/* no host of ours does this */
		line->lost = line->session;
		end_session(line);
		return;
	}
	drop(line, call);
	call = call_new(line, f->message, f->len);
	line->slots[f->slot] = call;
	if (!call)
		return;
	call->slot = f->slot;
	call->number = f->number;
	serve(line, call);
}

static void frame(struct line *line, const struct line_frame *f)
{
	if (f->kind == LINE_HELLO) {
		hello(line, f->session);
		return;
	}
	if (f->kind != LINE_REQUEST && f->kind != LINE_PING &&
	    f->kind != LINE_BYE)
		return;
	if (!line->session || f->session != line->session) {
		/* not to a session that is just coming */
		if (f->kind != LINE_BYE && f->session != line->wanted)
			line->lost = f->session;
		return;
	}
	if (f->kind == LINE_REQUEST)
		request(line, f);
	else if (f->kind == LINE_PING)
		line->pong = f->number;
	else
		end_session(line);
}

/* A bare message, as libhal's clients send it. */
static void bare(struct line *line, const uint8_t *packet, size_t len)
{
	struct line_call *call;

	if (line->session || line->wanted || packet[0] ||
	    len < CRYPTECH_RPC_REQUEST_MIN || len > CRYPTECH_RPC_MESSAGE_MAX ||
	    line->banks[line->bank].stale)
		return;
	call = call_new(line, packet, len);
	if (!call)
		return;
	call->bare = true;
	line->bare++;
	serve(line, call);
}

static void packet(struct line *line, size_t len)
{
	struct line_frame f;

	if (!line_is_frame(line->packet, len))
		bare(line, line->packet, len);
	else if (line_get(line->packet, len, &f))
		frame(line, &f);
	else
		line->damaged++;
	explicit_bzero(line->packet, len);
}

bool line_open_for_more(const struct line *line)
{
	return line->bare < LINE_BARE_MAX;
}

size_t line_take(struct line *line, const uint8_t *data, size_t len)
{
	size_t done = 0;
	bool complete;

	while (done < len && line_open_for_more(line)) {
		done += slip_decode(&line->in, data + done, len - done,
				    &complete);
		if (complete)
			packet(line, line->in.len);
	}
	return done;
}

/* --- packets to send ----------------------------------------------------- */

bool line_has_more(const struct line *line)
{
	return line->frame_len || line->lost || line->welcome || line->pong ||
	       line->first;
}

/* A call's answer is sent wholly: now its slot is not busy any more. */
static void sent(struct line *line)
{
	struct line_call *call = line->sending;

	explicit_bzero(line->frame, line->frame_len);
	line->frame_len = 0;
	line->sending = NULL;
	if (call && call->bare)
		drop(line, call);
}

static void put(struct line *line, const struct line_frame *f)
{
	line->frame_len = line_seal(line->frame, line_put(line->frame, f));
}

static void put_pong(struct line *line)
{
	uint8_t words[4 * LINE_BUSY_WORDS];
	uint32_t busy[LINE_BUSY_WORDS] = { 0 };
	struct line_frame f = {
		.kind = LINE_PONG, .session = line->session,
		.number = line->pong, .message = words, .len = sizeof(words),
	};
	struct xdr_writer w;

	for (int i = 0; i < LINE_SLOTS; i++) {
		const struct line_call *call = line->slots[i];

		if (call && (!call->answered || call->queued))
			busy[i / 32] |= 1u << i % 32;
	}
	xdr_writer_init(&w, words, sizeof(words));
	for (int i = 0; i < LINE_BUSY_WORDS; i++)
		xdr_put_u32(&w, busy[i]);
	put(line, &f);
	line->pong = 0;
}

static void put_reply(struct line *line)
{
	struct line_call *call = line->first;
	const struct line_frame f = {
		.kind = LINE_REPLY, .session = line->session,
		.number = call->number, .slot = call->slot,
		.message = call->reply, .len = call->reply_len,
	};

	unqueue(line, call);
	line->sending = call;
	if (!call->bare) {
		put(line, &f);
		return;
	}
	memcpy(line->frame, call->reply, call->reply_len);
	line->frame_len = call->reply_len;
}

/* The next packet, in line->frame; false if there is none. */
static bool next(struct line *line)
{
	struct line_frame f = { .kind = LINE_LOST, .session = line->lost };

	if (line->lost) {
		line->lost = 0;
		put(line, &f);
	} else if (line->welcome) {
		line->welcome = false;
		f.kind = LINE_WELCOME;
		f.session = line->session;
		put(line, &f);
	} else if (line->pong) {
		put_pong(line);
	} else if (line->first) {
		put_reply(line);
	}
	slip_encoder_init(&line->out, line->frame, line->frame_len);
	return line->frame_len;
}

size_t line_give(struct line *line, uint8_t *data, size_t size)
{
	size_t n = 0;

	do {
		if (line->frame_len)
			n = slip_encode(&line->out, data, size);
		if (!n && line->frame_len)
			sent(line);
	} while (!n && next(line));
	return n;
}

void line_close(struct line *line)
{
	end_session(line);
	explicit_bzero(line->packet, sizeof(line->packet));
	explicit_bzero(line->frame, sizeof(line->frame));
}
