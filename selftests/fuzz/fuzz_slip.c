// SPDX-License-Identifier: MIT
/*
 * Fuzz target: SLIP.
 *
 *	input:	u8 size of the packet buffer | u8 step | stream
 *
 * The packets of a stream are the same however it is cut into pieces, none is
 * longer than the buffer, and each, encoded again, decodes to itself.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cryptech/slip.h>

#define PACKETS_MAX	64
#define ROOM		256

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(met)							       \
	do {								       \
		if (!(met)) {						       \
			fprintf(stderr, "fuzz_slip: not so: %s (line %d)\n",   \
				#met, __LINE__);			       \
			abort();					       \
		}							       \
	} while (0)

struct packets {
	unsigned int count;
	struct {
		uint8_t data[ROOM];
		size_t len;
	} packet[PACKETS_MAX];
	unsigned long dropped;
};

/* The stream in pieces of @step bytes, each in memory of its own length. */
static void decode(struct packets *packets, size_t room, const uint8_t *stream,
		   size_t len, size_t step)
{
	uint8_t *buffer = malloc(room);
	struct slip_decoder d;
	bool complete;

	CHECK(buffer);
	memset(packets, 0, sizeof(*packets));
	slip_decoder_init(&d, buffer, room);
	while (len) {
		size_t n = step < len ? step : len, taken;
		uint8_t *piece = malloc(n);

		CHECK(piece);
		memcpy(piece, stream, n);
		complete = false;
		taken = slip_decode(&d, piece, n, &complete);
		free(piece);
		CHECK(taken && taken <= n && (complete || taken == n));
		stream += taken;
		len -= taken;
		if (!complete || packets->count == PACKETS_MAX)
			continue;
		CHECK(d.len && d.len <= room);
		memcpy(packets->packet[packets->count].data, buffer, d.len);
		packets->packet[packets->count++].len = d.len;
	}
	packets->dropped = d.dropped;
	free(buffer);
}

static void check_encoder(const uint8_t *packet, size_t len, size_t step)
{
	static struct packets back;
	static uint8_t stream[2 * ROOM + 16];
	struct slip_encoder e;
	size_t n, at = 0;

	slip_encoder_init(&e, packet, len);
	while ((n = slip_encode(&e, stream + at, step)) != 0) {
		CHECK(n <= step);
		at += n;
		CHECK(at <= 2 * len + 2);
	}
	CHECK(at >= len + 2);
	decode(&back, len, stream, at, step);
	CHECK(back.count == 1 && back.packet[0].len == len);
	CHECK(!memcmp(back.packet[0].data, packet, len));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct packets whole, pieces;
	size_t room, step;

	if (size < 2)
		return 0;
	room = data[0] + 1;
	step = data[1] % 14 + 2;
	data += 2;
	size -= 2;
	decode(&whole, room, data, size, size);
	decode(&pieces, room, data, size, step);
	CHECK(whole.count == pieces.count && whole.dropped == pieces.dropped);
	for (unsigned int i = 0; i < whole.count; i++) {
		CHECK(whole.packet[i].len == pieces.packet[i].len);
		CHECK(!memcmp(whole.packet[i].data, pieces.packet[i].data,
			      whole.packet[i].len));
		check_encoder(whole.packet[i].data, whole.packet[i].len, step);
	}
	return 0;
}
