// SPDX-License-Identifier: GPL-2.0
/* The host's end of a line: see line.h. */
#include <linux/string.h>

#include "line.h"

void line_init(struct line *line, u8 *requests, u32 words)
{
	memset(line, 0, sizeof(*line));
	line->requests = requests;
	line->next_words = words;
}

u8 *line_request(struct line *line, unsigned int slot)
{
	return line->requests + (size_t)slot * CRYPTECH_RPC_MESSAGE_MAX;
}

/* The request of a call that nobody waits for any more may hold secrets. */
static void line_forget_all(struct line *line)
{
	unsigned int slot;

	for (slot = 0; slot < LINE_SLOTS; slot++) {
		memset(line_request(line, slot), 0, line->calls[slot].len);
		memset(&line->calls[slot], 0, sizeof(line->calls[slot]));
	}
}

void line_begin(struct line *line, u64 session)
{
	line_forget_all(line);
	line->mode = LINE_DOWN;
	line->session = session;
	line->hello = true;
	line->ping = false;
	line->bye = false;
	line->pings = 0;
	line->pong = 0;
	memset(line->busy, 0, sizeof(line->busy));
	line->words = line->next_words;
}

void line_end(struct line *line)
{
	line_forget_all(line);
	line->bye = line->mode == LINE_FRAMES;
	line->mode = LINE_DOWN;
	line->hello = false;
	line->ping = false;
}

void line_send(struct line *line, unsigned int slot, u64 number, size_t len)
{
	line->calls[slot] = (struct line_call) {
		.state = LINE_QUEUED,
		.number = number,
		.turn = ++line->turns,
		.len = len,
	};
}

static bool line_is_busy(const struct line *line, unsigned int slot)
{
	return line->busy[slot / 32] >> slot % 32 & 1;
}

bool line_busy(const struct line *line, unsigned int slot)
{
	const struct line_call *call = &line->calls[slot];

	if (line->mode == LINE_LIBHAL)	/* nothing tells */
		return true;
	if (call->state == LINE_FREE || call->tries >= LINE_TRIES)
		return false;
	/* sent after the last ping that was answered: nothing told yet */
	return call->state == LINE_QUEUED || call->ping >= line->pong ||
	       line_is_busy(line, slot);
}

/* --- sending ------------------------------------------------------------- */

static size_t line_put_kind(struct line *line, u8 *packet,
			    enum line_kind kind, u64 number)
{
	const struct line_frame f = {
		.kind = kind,
		.session = line->session,
		.number = number,
	};

	return line_put(packet, &f);
}

static u32 line_word(const u8 *message, unsigned int index)
{
	struct xdr_reader r;

	xdr_reader_init(&r, message + 4 * index, 4);
	return xdr_get_u32(&r);
}

static void line_set_client(u8 *message, u32 client)
{
	struct xdr_writer w;

	xdr_writer_init(&w, message + 4, 4);
	xdr_put_u32(&w, client);
}

/* With libhal: is a call of the same client outstanding? */
static bool line_must_wait(struct line *line, unsigned int slot)
{
	u32 client = line_word(line_request(line, slot), 1);
	unsigned int other;

	if (line->mode != LINE_LIBHAL)
		return false;
	for (other = 0; other < LINE_SLOTS; other++)
		if (line->calls[other].state == LINE_SENT &&
		    line_word(line_request(line, other), 1) == client)
			return true;
	return false;
}

/* The call whose turn it is, or LINE_SLOTS. */
static unsigned int line_next_slot(struct line *line)
{
	unsigned int slot, found = LINE_SLOTS;

	for (slot = 0; slot < LINE_SLOTS; slot++) {
		if (line->calls[slot].state != LINE_QUEUED)
			continue;
		if (found < LINE_SLOTS &&
		    line->calls[slot].turn > line->calls[found].turn)
			continue;
		if (!line_must_wait(line, slot))
			found = slot;
	}
	return found;
}

static size_t line_put_bare(struct line *line, unsigned int slot, u8 *packet)
{
	size_t len = line->calls[slot].len;
	u32 client;

	memcpy(packet, line_request(line, slot), len);
	client = line->words + line_word(packet, 1);
	if (client >= line->next_words)
		line->next_words = client + 1;
	line_set_client(packet, client);
	return len;
}

static size_t line_put_request(struct line *line, unsigned int slot,
			       u8 *packet)
{
	const struct line_call *call = &line->calls[slot];
	const struct line_frame f = {
		.kind = LINE_REQUEST,
		.session = line->session,
		.number = call->number,
		.slot = slot,
		.message = line_request(line, slot),
		.len = call->len,
	};

	return line_put(packet, &f);
}

static size_t line_next_call(struct line *line, u8 *packet, bool *frame)
{
	unsigned int slot = line_next_slot(line);

	if (slot == LINE_SLOTS)
		return 0;
	line->calls[slot].state = LINE_SENT;
	line->calls[slot].ping = line->pings;
	*frame = line->mode == LINE_FRAMES;
	return *frame ? line_put_request(line, slot, packet) :
			line_put_bare(line, slot, packet);
}

size_t line_next(struct line *line, u8 *packet, bool *frame)
{
	*frame = true;
	if (line->bye) {
		line->bye = false;
		return line_put_kind(line, packet, LINE_BYE, 0);
	}
	if (line->hello) {
		line->hello = false;
		return line_put_kind(line, packet, LINE_HELLO, 0);
	}
	if (line->mode == LINE_DOWN)
		return 0;
	if (line->ping) {
		line->ping = false;
		return line_put_kind(line, packet, LINE_PING, ++line->pings);
	}
	return line_next_call(line, packet, frame);
}

/* --- receiving ----------------------------------------------------------- */

static enum line_event line_reply(struct line *line,
				  const struct line_frame *f,
				  struct line_answer *answer)
{
	struct line_call *call;

	if (f->slot >= LINE_SLOTS)
		return LINE_NOTHING;
	call = &line->calls[f->slot];
	/* one that was repeated may be answered twice */
	if (call->state == LINE_FREE || call->number != f->number)
		return LINE_ALIVE;
	call->state = LINE_FREE;
	answer->slot = f->slot;
	answer->number = f->number;
	answer->reply = f->message;
	answer->len = f->len;
	return LINE_ANSWER;
}

/* Repeat what the HSM had not got, or we not, when it answered the ping. */
static void line_repair(struct line *line)
{
	struct line_call *call;
	unsigned int slot;

	for (slot = 0; slot < LINE_SLOTS; slot++) {
		call = &line->calls[slot];
		if (call->state != LINE_SENT || call->ping >= line->pong ||
		    line_is_busy(line, slot) || call->tries >= LINE_TRIES)
			continue;
		call->state = LINE_QUEUED;
		call->turn = ++line->turns;
		call->tries++;
		line->repeated++;
	}
}

static enum line_event line_pong(struct line *line,
				 const struct line_frame *f)
{
	struct xdr_reader r;
	unsigned int i;

	if (f->len != 4 * LINE_BUSY_WORDS || f->number > line->pings ||
	    f->number <= line->pong)
		return LINE_NOTHING;
	xdr_reader_init(&r, f->message, f->len);
	for (i = 0; i < LINE_BUSY_WORDS; i++)
		line->busy[i] = xdr_get_u32(&r);
	line->pong = f->number;
	line_repair(line);
	return LINE_ALIVE;
}

static enum line_event line_frame(struct line *line,
				  const struct line_frame *f,
				  struct line_answer *answer)
{
	if (!line->session || f->session != line->session)
		return LINE_NOTHING;
	if (line->mode == LINE_DOWN) {
		if (f->kind != LINE_WELCOME)
			return LINE_NOTHING;
		line->mode = LINE_FRAMES;
		return LINE_UP;
	}
	switch (f->kind) {
	case LINE_WELCOME:
		return LINE_ALIVE;
	case LINE_REPLY:
		return line_reply(line, f, answer);
	case LINE_PONG:
		return line_pong(line, f);
	case LINE_LOST:
		return LINE_OVER;
	default:
		return LINE_NOTHING;
	}
}

/* Does a board with libhal answer HELLO, which it cannot understand? */
static bool line_is_libhal(struct line *line, const u8 *packet, size_t len)
{
	return line->session && len == CRYPTECH_RPC_REPLY_MIN &&
	       line_word(packet, 0) == LINE_HEAD_WORD(LINE_HELLO) &&
	       line_word(packet, 1) == line->session >> 32 &&
	       line_word(packet, 2) == CRYPTECH_ERR_RPC_BAD_FUNCTION;
}

static enum line_event line_bare(struct line *line, u8 *packet, size_t len,
				 struct line_answer *answer)
{
	u32 function, client;
	unsigned int slot;

	if (len < CRYPTECH_RPC_REPLY_MIN || len > CRYPTECH_RPC_MESSAGE_MAX)
		return LINE_NOTHING;
	function = line_word(packet, 0);
	client = line_word(packet, 1) - line->words;
	for (slot = 0; slot < LINE_SLOTS; slot++) {
		const u8 *request = line_request(line, slot);

		if (line->calls[slot].state != LINE_SENT ||
		    line_word(request, 0) != function ||
		    line_word(request, 1) != client)
			continue;
		line->calls[slot].state = LINE_FREE;
		line_set_client(packet, client);
		answer->slot = slot;
		answer->number = line->calls[slot].number;
		answer->reply = packet;
		answer->len = len;
		return LINE_ANSWER;
	}
	return LINE_NOTHING;
}

enum line_event line_receive(struct line *line, u8 *packet, size_t len,
			     struct line_answer *answer)
{
	struct line_frame f;

	if (line->mode == LINE_LIBHAL)
		return line_bare(line, packet, len, answer);
	if (line_is_frame(packet, len) && line_get(packet, len, &f))
		return line_frame(line, &f, answer);
	if (line->mode == LINE_DOWN && line_is_libhal(line, packet, len)) {
		line->mode = LINE_LIBHAL;
		return LINE_UP;
	}
	return LINE_NOTHING;
}
