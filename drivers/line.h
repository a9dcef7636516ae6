/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The host's side of <cryptech/line.h>: what is to be sent next, and what a
 * packet that came means. It knows no tty, clock or lock: whoever has a line
 * makes its calls one after the other. It is compiled outside the kernel, too,
 * by its test.
 *
 * A board that knows libhal alone is spoken to in bare messages. Its replies
 * are known by function and client word, so of each client one call is
 * outstanding; and each session has client words that none before it had, so
 * that an answer that comes later than its session is nobody's.
 */
#ifndef CRYPTECH_DRIVER_LINE_H
#define CRYPTECH_DRIVER_LINE_H

#include <linux/types.h>

#include <cryptech/line.h>

/* A call whose frames come to nothing so often is lost. */
#define LINE_TRIES		10

/**
 * enum line_mode - how far the line is
 * @LINE_DOWN:		the HSM has not answered HELLO yet
 * @LINE_FRAMES:	our firmware: frames
 * @LINE_LIBHAL:	a board with libhal: bare messages
 */
enum line_mode { LINE_DOWN, LINE_FRAMES, LINE_LIBHAL };

/**
 * enum line_event - what a packet was
 * @LINE_NOTHING:	nobody's: dropped
 * @LINE_ALIVE:		something of this session
 * @LINE_UP:		the answer to HELLO: calls may go
 * @LINE_ANSWER:	a reply to a call
 * @LINE_OVER:		the HSM does not know this session any more
 */
enum line_event {
	LINE_NOTHING,
	LINE_ALIVE,
	LINE_UP,
	LINE_ANSWER,
	LINE_OVER,
};

enum line_call_state { LINE_FREE, LINE_QUEUED, LINE_SENT };

/**
 * struct line_call - what stands in a slot
 * @state:	LINE_SENT until the answer; LINE_QUEUED again to be repeated
 * @number:	of the call
 * @turn:	calls are sent in this order
 * @ping:	number of the last ping before it was sent
 * @len:	bytes of the request
 * @tries:	how often it was repeated
 */
struct line_call {
	enum line_call_state state;
	u64 number;
	u64 turn;
	u64 ping;
	size_t len;
	unsigned int tries;
};

/**
 * struct line - a line, the host's end
 * @mode:	how far it is
 * @session:	the one that HELLO proposed, 0: none
 * @hello:	to be sent, like @ping and @bye
 * @ping:	likewise
 * @bye:	likewise, and nothing after it
 * @pings:	pings sent in this session
 * @pong:	the latest that was answered
 * @busy:	what it said
 * @turns:	calls queued so far
 * @words:	added to client words for libhal
 * @next_words:	what no word so far has reached
 * @repeated:	requests sent again
 * @requests:	LINE_SLOTS times CRYPTECH_RPC_MESSAGE_MAX bytes, the owner's
 */
struct line {
	enum line_mode mode;
	u64 session;
	bool hello;
	bool ping;
	bool bye;
	u64 pings;
	u64 pong;
	u32 busy[LINE_BUSY_WORDS];
	u64 turns;
	u32 words;
	u32 next_words;
	unsigned long repeated;
	struct line_call calls[LINE_SLOTS];
	u8 *requests;
};

/* An answer; @reply stands in the packet, with the client word of the call. */
struct line_answer {
	u32 slot;
	u64 number;
	const u8 *reply;
	size_t len;
};

/* @words: where client words for libhal begin, drawn by chance. */
void line_init(struct line *line, u8 *requests, u32 words);

/* Forget all calls, begin @session. Requests of before are wiped. */
void line_begin(struct line *line, u64 session);

/* Forget all calls and say BYE. */
void line_end(struct line *line);

/* Where the request of @slot stands. */
u8 *line_request(struct line *line, unsigned int slot);

/* Queue the request of @slot, which is free and holds @len bytes. */
void line_send(struct line *line, unsigned int slot, u64 number, size_t len);

/* May the HSM, or the line, still be at work on it? */
bool line_busy(const struct line *line, unsigned int slot);

/*
 * The next packet, written to @packet (LINE_PACKET_MAX bytes). Returns its
 * length, 0 if there is none. *frame: line_seal() has to complete it, which
 * needs no lock.
 */
size_t line_next(struct line *line, u8 *packet, bool *frame);

/* A packet came. @packet is changed for an answer from libhal. */
enum line_event line_receive(struct line *line, u8 *packet, size_t len,
			     struct line_answer *answer);

#endif /* CRYPTECH_DRIVER_LINE_H */
