/* SPDX-License-Identifier: MIT */
/*
 * The HSM's side of <cryptech/line.h>: bytes of a line in, bytes out, and
 * calls between. It knows nothing of what the messages mean, and no
 * descriptors; all functions are for one thread, the loop's.
 *
 * Without a session bare messages are calls, too, so that libhal's clients can
 * use the line: at most LINE_BARE_MAX at a time. Their answers go out in the
 * order in which they are ready.
 */
#ifndef SIM_LINE_H
#define SIM_LINE_H

#include <cryptech/line.h>
#include <cryptech/slip.h>

#define LINE_BARE_MAX	16

/* Epochs of a line use banks of clients in turn; see mailbox.h. */
#define LINE_BANKS	3

/* A call; its maker's, line.c's, but for what is said. */
struct line_call {
	void *owner;		/* for whoever serves it */
	struct line_call *next;	/* in the queue of answers */
	uint64_t run;		/* count of sessions when it came */
	uint64_t number;
	unsigned int slot;
	unsigned int bank;	/* of clients */
	bool bare;
	bool answered;
	bool queued;		/* its answer waits to be sent */
	size_t request_len;
	size_t reply_len;
	uint8_t request[CRYPTECH_RPC_MESSAGE_MAX];
	uint8_t reply[CRYPTECH_RPC_MESSAGE_MAX];	/* the server's */
};

struct line_ops {
	/* Serve it: write call->reply, reply_len (0: none), then
	 * line_answer(), now or later. */
	void (*request)(void *data, struct line_call *call);
	/* The clients of a bank are gone. Called when a session begins or
	 * ends, and if calls were running then, once more after the last. */
	void (*reset)(void *data, unsigned int bank);
};

struct line_bank {
	unsigned int running;	/* calls not answered */
	bool stale;		/* void, but calls are running */
};

struct line {
	const struct line_ops *ops;
	void *data;
	uint64_t session;	/* in force; 0: none */
	uint64_t wanted;	/* comes into force when a bank is free; or 0 */
	bool welcome;		/* to be sent, like those below */
	uint64_t lost;		/* LOST with this session; 0: no */
	uint64_t pong;		/* PONG with this number; 0: no */
	struct line_call *slots[LINE_SLOTS];	/* the last call of each */
	unsigned int bare;	/* bare calls there are */
	struct line_call *first;	/* answers to be sent */
	struct line_call **last;
	struct line_call *sending;	/* its answer is in `frame` */
	uint64_t run;		/* raised whenever calls get void */
	unsigned int bank;
	struct line_bank banks[LINE_BANKS];
	unsigned long repeated;	/* requests that came again */
	unsigned long damaged;	/* packets that were none */

	struct slip_decoder in;
	struct slip_encoder out;
	size_t frame_len;
	uint8_t packet[LINE_PACKET_MAX];
	uint8_t frame[LINE_PACKET_MAX];
};

void line_open(struct line *line, const struct line_ops *ops, void *data);
/* No call may be running. */
void line_close(struct line *line);

/* Take bytes that came. Returns how many were taken: fewer only while there
 * are too many bare calls. */
size_t line_take(struct line *line, const uint8_t *data, size_t len);
/* The next bytes to send, at most @size, at least 2; returns how many. */
size_t line_give(struct line *line, uint8_t *data, size_t size);
/* Would line_take() take anything? Has line_give() something? */
bool line_open_for_more(const struct line *line);
bool line_has_more(const struct line *line);

/* False once the session of the call is over: it need not be worked on, but
 * still has to be answered. Any thread. */
bool line_call_current(const struct line *line, const struct line_call *call);

/* The reply stands in the call. */
void line_answer(struct line *line, struct line_call *call);

#endif /* SIM_LINE_H */
