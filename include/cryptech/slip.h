/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * SLIP (RFC 1055) as libhal's peers speak it: END stands before and after
 * each packet, END with nothing before it is ignored, and a byte after ESC
 * that is neither ESC_END nor ESC_ESC is taken as it is. Unlike there, END
 * ends a packet even after ESC, so that a broken sender does not drag the next
 * packet along.
 */
#ifndef CRYPTECH_SLIP_H
#define CRYPTECH_SLIP_H

#ifdef __KERNEL__
#include <linux/types.h>
#else
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#endif

#define SLIP_END	0xc0
#define SLIP_ESC	0xdb
#define SLIP_ESC_END	0xdc
#define SLIP_ESC_ESC	0xdd

struct slip_decoder {
	uint8_t *packet;	/* of @size bytes, the owner's */
	size_t size;
	size_t len;		/* bytes of the packet so far */
	bool escaped;		/* the last byte was ESC */
	bool overflow;		/* longer than @size: dropped to its END */
	bool complete;		/* the last call completed a packet */
	unsigned long dropped;	/* packets that were too long */
};

static inline void slip_decoder_init(struct slip_decoder *d, void *packet,
				     size_t size)
{
	*d = (struct slip_decoder){ .packet = packet, .size = size };
}

/* A byte was damaged, as the receiver saw: the packet is dropped as a long one. */
static inline void slip_decoder_spoil(struct slip_decoder *d)
{
	d->overflow = true;
}

static inline void slip_put_(struct slip_decoder *d, uint8_t byte)
{
	if (d->len == d->size)
		d->overflow = true;
	else
		d->packet[d->len++] = byte;
}

/* END: true if a packet is complete. */
static inline bool slip_end_(struct slip_decoder *d)
{
	bool complete = d->len && !d->overflow;

	d->dropped += d->overflow;
	d->overflow = false;
	d->escaped = false;
	if (!complete)
		d->len = 0;
	return complete;
}

static inline uint8_t slip_unescape_(uint8_t byte)
{
	switch (byte) {
	case SLIP_ESC_END:
		return SLIP_END;
	case SLIP_ESC_ESC:
		return SLIP_ESC;
	default:
		return byte;
	}
}

/*
 * Take bytes of the stream, up to the end of the next packet. Returns how
 * many were taken; *complete tells whether a packet of d->len bytes (more
 * than 0) stands in d->packet. The next call starts a new one.
 *
 * A packet longer than @size is dropped whole, to its END, and counted: cut
 * short it would be another request than the one that was sent.
 */
static inline size_t slip_decode(struct slip_decoder *d, const uint8_t *data,
				 size_t len, bool *complete)
{
	size_t i;

	if (d->complete)
		d->len = 0;
	d->complete = false;
	for (i = 0; i < len && !d->complete; i++) {
		if (data[i] == SLIP_END) {
			d->complete = slip_end_(d);
		} else if (d->escaped) {
			slip_put_(d, slip_unescape_(data[i]));
			d->escaped = false;
		} else if (data[i] == SLIP_ESC) {
			d->escaped = true;
		} else {
			slip_put_(d, data[i]);
		}
	}
	*complete = d->complete;
	return i;
}

struct slip_encoder {
	const uint8_t *packet;
	size_t len;
	size_t done;		/* bytes of the packet written so far */
	bool begun;		/* the first END was written */
	bool ended;		/* the last END was written */
};

/* @packet is read by slip_encode() and has to stay until then. */
static inline void slip_encoder_init(struct slip_encoder *e,
				     const void *packet, size_t len)
{
	*e = (struct slip_encoder){ .packet = packet, .len = len };
}

/* The next piece of the stream, at most @size bytes (at least 2); returns its
 * length, 0 once all was given. */
static inline size_t slip_encode(struct slip_encoder *e, uint8_t *data,
				 size_t size)
{
	size_t n = 0;

	if (!e->begun && size) {
		data[n++] = SLIP_END;
		e->begun = true;
	}
	for (; e->done < e->len && size - n >= 2; e->done++) {
		uint8_t byte = e->packet[e->done];

		if (byte == SLIP_END || byte == SLIP_ESC) {
			data[n++] = SLIP_ESC;
			byte = byte == SLIP_END ? SLIP_ESC_END : SLIP_ESC_ESC;
		}
		data[n++] = byte;
	}
	if (e->done == e->len && !e->ended && n < size) {
		data[n++] = SLIP_END;
		e->ended = true;
	}
	return n;
}

#endif /* CRYPTECH_SLIP_H */
