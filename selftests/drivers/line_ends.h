/* SPDX-License-Identifier: GPL-2.0 */
/*
 * For line_test.c: the driver's end of a line (the other is line_hsm.c), and
 * the line between, which damages bytes as it is told.
 */
#ifndef LINE_ENDS_H
#define LINE_ENDS_H

/* --- the driver's end ---------------------------------------------------- */

static struct line line;
static u8 requests[LINE_SLOTS * CRYPTECH_RPC_MESSAGE_MAX];
static u8 packet[LINE_PACKET_MAX];
static struct slip_decoder in;

static u64 numbers;
static struct call {
	unsigned int id;
	u64 number;
	size_t len;
	u8 request[CRYPTECH_RPC_MESSAGE_MAX];
	bool waiting;
	unsigned int answers;
} calls[LINE_SLOTS];

static unsigned int ids;
static unsigned int wrong;	/* answers that are not the call's */
static unsigned int overs;
static unsigned int nothings;	/* packets that were nobody's */

static void answered(const struct line_answer *a)
{
	static u8 reply[CRYPTECH_RPC_MESSAGE_MAX];
	struct call *call = &calls[a->slot];
	size_t len = hsm_reply(call->request, call->len, reply);

	if (!call->waiting || a->number != call->number || a->len != len ||
	    memcmp(a->reply, reply, len)) {
		wrong++;
		return;
	}
	call->waiting = false;
	call->answers++;
}

static void driver_take(const u8 *data, size_t len)
{
	struct line_answer a;
	bool complete;

	while (len) {
		size_t n = slip_decode(&in, data, len, &complete);

		data += n;
		len -= n;
		if (!complete)
			continue;
		switch (line_receive(&line, packet, in.len, &a)) {
		case LINE_ANSWER:
			answered(&a);
			break;
		case LINE_OVER:
			overs++;
			break;
		case LINE_NOTHING:
			nothings++;
			break;
		default:
			break;
		}
	}
}

static void put_word(u8 *p, u32 word)
{
	p[0] = word >> 24;
	p[1] = word >> 16;
	p[2] = word >> 8;
	p[3] = word;
}

/* Send @len bytes (12 and more) on @slot; what follows the head is @fill. */
static void send_call(unsigned int slot, u32 function, u32 client, size_t len,
		      u8 fill)
{
	struct call *call = &calls[slot];

	call->id = ids++ % HSM_CALLS;
	call->number = ++numbers;
	call->len = len;
	call->waiting = true;
	memset(call->request, fill, len);
	put_word(call->request, function);
	put_word(call->request + 4, client);
	put_word(call->request + 8, call->id);
	memcpy(line_request(&line, slot), call->request, len);
	line_send(&line, slot, call->number, len);
}

/* --- the line ------------------------------------------------------------ */

enum way { TO_HSM, TO_HOST };
enum damage { NONE, LOST, DOUBLED, CHANGED };

static struct plan {
	enum damage damage;
	enum way way;
	size_t at;		/* the byte of that way that it happens to */
	u8 with;		/* CHANGED: exclusive or */
	unsigned int chance;	/* or one of so many bytes, at random; 0: no */
} plan;

static size_t passed[2];	/* bytes */

/* Carry a byte. */
static size_t damaged(enum way way, u8 byte, u8 *to)
{
	enum damage damage = NONE;
	u8 with = plan.with;

	if (plan.chance && !(random() % plan.chance)) {
		damage = 1 + random() % 3;
		with = 1 + random() % 255;
	} else if (!plan.chance && plan.way == way && plan.at == passed[way]) {
		damage = plan.damage;
	}
	passed[way]++;
	to[0] = damage == CHANGED ? byte ^ with : byte;
	to[1] = byte;
	return damage == LOST ? 0 : damage == DOUBLED ? 2 : 1;
}

static void carry(enum way way, const u8 *data, size_t len)
{
	static u8 out[2 * (2 * LINE_PACKET_MAX + 2)];
	size_t n = 0;

	for (size_t i = 0; i < len; i++)
		n += damaged(way, data[i], out + n);
	if (way == TO_HSM)
		hsm_take(out, n);
	else
		driver_take(out, n);
}

/* Everything that either end has to say, until both are silent. */
static void talk(void)
{
	static u8 frame[LINE_PACKET_MAX], stream[2 * LINE_PACKET_MAX + 2];
	size_t n, moved;
	bool is_frame;

	do {
		struct slip_encoder e;

		moved = 0;
		n = line_next(&line, frame, &is_frame);
		if (n) {
			if (is_frame)
				n = line_seal(frame, n);
			slip_encoder_init(&e, frame, n);
			moved = slip_encode(&e, stream, sizeof(stream));
			carry(TO_HSM, stream, moved);
		}
		n = hsm_give(stream, sizeof(stream));
		carry(TO_HOST, stream, n);
		moved += n;
	} while (moved);
}

static void ping(void)
{
	line.ping = line.mode == LINE_FRAMES;
	talk();
}

/* HELLO until WELCOME, as the sweep does. Returns how many it took. */
static unsigned int greet(u64 session)
{
	unsigned int n = 0;

	line_begin(&line, session);
	do {
		line.hello = true;
		talk();
		n++;
	} while (line.mode == LINE_DOWN && n < 50);
	return n;
}

static bool waiting(void)
{
	for (int i = 0; i < LINE_SLOTS; i++)
		if (calls[i].waiting)
			return true;
	return false;
}

/* Ping until all is answered. Returns how many it took. */
static unsigned int settle(unsigned int most)
{
	unsigned int n = 0;

	talk();
	for (; waiting() && n < most; n++)
		ping();
	return n;
}

static void start(void)
{
	memset(calls, 0, sizeof(calls));
	memset(passed, 0, sizeof(passed));
	plan = (struct plan){ .damage = NONE };
	wrong = overs = nothings = 0;
	numbers = 0;
	ids = 0;
	line_init(&line, requests, WORDS);
	slip_decoder_init(&in, packet, sizeof(packet));
	hsm_start();
}

static void end(void)
{
	hsm_end();
}

#endif /* LINE_ENDS_H */
