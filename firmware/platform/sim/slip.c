// SPDX-License-Identifier: MIT
#include "slip.h"

void slip_decoder_init(struct slip_decoder *d, void *packet, size_t size)
{
	*d = (struct slip_decoder){ .packet = packet, .size = size };
}

static void put(struct slip_decoder *d, uint8_t byte)
{
	if (d->len == d->size)
		d->overflow = true;
	else
		d->packet[d->len++] = byte;
}

/* END: true if a packet is complete. */
static bool end(struct slip_decoder *d)
{
	bool complete = d->len && !d->overflow;

	d->dropped += d->overflow;
	d->overflow = false;
	d->escaped = false;
	if (!complete)
		d->len = 0;
	return complete;
}

static uint8_t unescape(uint8_t byte)
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

size_t slip_decode(struct slip_decoder *d, const uint8_t *data, size_t len,
		   bool *complete)
{
	size_t i;

	if (d->complete)
		d->len = 0;
	d->complete = false;
	for (i = 0; i < len && !d->complete; i++) {
		if (data[i] == SLIP_END) {
			d->complete = end(d);
		} else if (d->escaped) {
			put(d, unescape(data[i]));
			d->escaped = false;
		} else if (data[i] == SLIP_ESC) {
			d->escaped = true;
		} else {
			put(d, data[i]);
		}
	}
	*complete = d->complete;
	return i;
}

void slip_encoder_init(struct slip_encoder *e, const void *packet, size_t len)
{
	*e = (struct slip_encoder){ .packet = packet, .len = len };
}

size_t slip_encode(struct slip_encoder *e, uint8_t *data, size_t size)
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
