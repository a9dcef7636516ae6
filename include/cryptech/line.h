/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * Frames on a serial line or pty between our driver and our firmware.
 *
 * libhal sends bare messages in SLIP. Nothing tells that a byte was changed,
 * and a late reply looks like a new one. So between ourselves a packet is a
 * frame, in big endian:
 *
 *	u8	0xa5: no message begins so, its function being below 2^24
 *	u8	0x43
 *	u8	version, 1
 *	u8	kind
 *	u64	session: drawn by the host, never 0
 *	u64	number
 *	u16	slot
 *	u16	length of what follows, without the check
 *	...	a message, or nothing
 *	u32	CRC-32 (IEEE 802.3) of all before it
 *
 *	kind		from	number		slot	what follows
 *	1 HELLO		host	0		0	-
 *	2 WELCOME	HSM	0		0	-
 *	3 REQUEST	host	of the call	its	the request
 *	4 REPLY		HSM	of the call	its	the reply
 *	5 PING		host	of the ping	0	-
 *	6 PONG		HSM	of the ping	0	LINE_BUSY_WORDS u32: busy slots
 *	7 BYE		host	0		0	-
 *	8 LOST		HSM	0		0	-
 *
 * The kinds of the two directions differ, so that a line that echoes answers
 * nobody. A packet that is not exactly such a frame is dropped and nothing
 * else happens. A byte that was lost or doubled makes the length wrong, one that
 * was changed, or any burst of up to 32 bits, the CRC; what is worse passes with
 * a chance of 2^-32. Since END stands before and after each packet, a byte
 * costs no other packet than its own.
 *
 * Sessions. The host draws a session and says HELLO, again and again until
 * WELCOME comes. The HSM then forgets the session before, with its calls, drops
 * the clients of the port, and says WELCOME, again for each HELLO that repeats
 * the session in force. A frame of another session is dropped; if it came from
 * the host, the HSM says LOST with the number of that session, and the host
 * begins anew. BYE ends a session. While one is in force bare messages are
 * dropped, since a torn frame could hold what looks like one.
 *
 * Calls. There are CRYPTECH_MAILBOX_SLOTS slots, of which each has one call in
 * flight. Numbers of calls grow. The HSM keeps the last call of each slot and
 * its reply: the same number again is the same call, which is not done again;
 * what it answered is sent once more. A lower number is old and dropped. A higher
 * one, before the call there was answered, ends the session.
 *
 * Repair. The line keeps its order. A slot is busy from the arrival of its
 * request until its reply was sent wholly. So if the host sent a request, then
 * PING n, and PONG n says that the slot is not busy and no reply has come, then
 * request or reply was lost, and the host sends the request again. No clock is
 * needed to know it. PONG also is the HSM's sign of life.
 *
 * A board that knows libhal's protocol alone takes HELLO for a message with an
 * unknown function, and answers that with function and client word as they
 * came, and error RPC_BAD_FUNCTION: this is how the host finds out.
 */
#ifndef CRYPTECH_LINE_H
#define CRYPTECH_LINE_H

#ifdef __KERNEL__
#include <linux/crc32.h>
#endif

#include <cryptech/mailbox.h>
#include <cryptech/rpc.h>
#include <cryptech/xdr.h>

#define LINE_MAGIC		0xa5
#define LINE_MARK		0x43
#define LINE_VERSION		1

/* The first word of a frame of that kind. */
#define LINE_HEAD_WORD(kind)	((uint32_t)LINE_MAGIC << 24 |		\
				 (uint32_t)LINE_MARK << 16 |		\
				 LINE_VERSION << 8 | (kind))

#define LINE_SLOTS		CRYPTECH_MAILBOX_SLOTS
#define LINE_BUSY_WORDS		((LINE_SLOTS + 31) / 32)

#define LINE_HEAD		24
#define LINE_CHECK		4
#define LINE_PACKET_MAX		(LINE_HEAD + CRYPTECH_RPC_MESSAGE_MAX + \
				 LINE_CHECK)

/* How often the host pings, and after what silence it begins anew. */
#define LINE_PING_MS		CRYPTECH_MAILBOX_BEAT_MS
#define LINE_LOST_MS		CRYPTECH_MAILBOX_LOST_MS

enum line_kind {
	LINE_HELLO = 1,
	LINE_WELCOME = 2,
	LINE_REQUEST = 3,
	LINE_REPLY = 4,
	LINE_PING = 5,
	LINE_PONG = 6,
	LINE_BYE = 7,
	LINE_LOST = 8,
};

struct line_frame {
	uint32_t kind;		/* enum line_kind */
	uint64_t session;
	uint64_t number;
	uint32_t slot;
	const uint8_t *message;	/* in the packet */
	size_t len;
};

static inline uint32_t line_crc(const uint8_t *data, size_t len)
{
#ifdef __KERNEL__
	return ~crc32_le(~0U, data, len);
#else
	uint32_t crc = ~0U;
	size_t i;
	int bit;

	for (i = 0; i < len; i++) {
		crc ^= data[i];
		for (bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320U : 0);
	}
	return ~crc;
#endif
}

/*
 * Write a frame, without its check, to @packet (LINE_PACKET_MAX bytes), with
 * f->len bytes of f->message, at most CRYPTECH_RPC_MESSAGE_MAX. Returns its
 * length so far.
 */
static inline size_t line_put(uint8_t *packet, const struct line_frame *f)
{
	struct xdr_writer w;

	xdr_writer_init(&w, packet, LINE_PACKET_MAX);
	xdr_put_u32(&w, LINE_HEAD_WORD(f->kind));
	xdr_put_u64(&w, f->session);
	xdr_put_u64(&w, f->number);
	xdr_put_u32(&w, f->slot << 16 | (uint32_t)f->len);
	if (f->len)
		memcpy(xdr_put_raw(&w, f->len), f->message, f->len);
	return xdr_written(&w);
}

/* Complete it: the check. Returns the length of the packet. */
static inline size_t line_seal(uint8_t *packet, size_t len)
{
	struct xdr_writer w;

	xdr_writer_init(&w, packet + len, LINE_CHECK);
	xdr_put_u32(&w, line_crc(packet, len));
	return len + LINE_CHECK;
}

/* Is this meant to be a frame, not a bare message? */
static inline bool line_is_frame(const uint8_t *packet, size_t len)
{
	return len && packet[0] == LINE_MAGIC;
}

/* Read a packet. False if it is not exactly a frame. */
static inline bool line_get(const uint8_t *packet, size_t len,
			    struct line_frame *f)
{
	struct xdr_reader r;
	uint32_t head, sizes;

	if (len < LINE_HEAD + LINE_CHECK)
		return false;
	xdr_reader_init(&r, packet, len);
	head = xdr_get_u32(&r);
	f->kind = head & 0xff;
	f->session = xdr_get_u64(&r);
	f->number = xdr_get_u64(&r);
	sizes = xdr_get_u32(&r);
	f->slot = sizes >> 16;
	f->len = sizes & 0xffff;
	if (head != LINE_HEAD_WORD(f->kind) ||
	    len != LINE_HEAD + f->len + LINE_CHECK)
		return false;
	f->message = xdr_get_raw(&r, f->len);
	return xdr_get_u32(&r) == line_crc(packet, len - LINE_CHECK);
}

#endif /* CRYPTECH_LINE_H */
