/* SPDX-License-Identifier: MIT */
/*
 * SLIP (RFC 1055) as libhal's peers speak it: END stands before and after
 * each packet, END with nothing before it is ignored, and a byte after ESC
 * that is neither ESC_END nor ESC_ESC is taken as it is. Unlike there, END
 * ends a packet even after ESC, so that a broken sender does not drag the next
 * packet along.
 */
#ifndef SIM_SLIP_H
#define SIM_SLIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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

void slip_decoder_init(struct slip_decoder *d, void *packet, size_t size);

/*
 * Take bytes of the stream, up to the end of the next packet. Returns how
 * many were taken; *complete tells whether a packet of d->len bytes (more
 * than 0) stands in d->packet. The next call starts a new one.
 *
 * A packet longer than @size is dropped whole, to its END, and counted: cut
 * short it would be another request than the one that was sent.
 */
size_t slip_decode(struct slip_decoder *d, const uint8_t *data, size_t len,
		   bool *complete);

struct slip_encoder {
	const uint8_t *packet;
	size_t len;
	size_t done;		/* bytes of the packet written so far */
	bool begun;		/* the first END was written */
	bool ended;		/* the last END was written */
};

/* @packet is read by slip_encode() and has to stay until then. */
void slip_encoder_init(struct slip_encoder *e, const void *packet, size_t len);

/* The next piece of the stream, at most @size bytes (at least 2); returns its
 * length, 0 once all was given. */
size_t slip_encode(struct slip_encoder *e, uint8_t *data, size_t size);

#endif /* SIM_SLIP_H */
