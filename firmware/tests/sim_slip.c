// SPDX-License-Identifier: MIT
/* SLIP: bytes from RFC 1055 and libhal's habits, then everything else. */
#include <cryptech/slip.h>

#include <stdint.h>
#include <stdlib.h>

#include "tap.h"

#define SIZE	64

static uint8_t packet[SIZE];
static struct slip_decoder d;

/* Feed a stream; returns how many packets it had, the last in packet. */
static int feed(const void *stream, size_t len)
{
	const uint8_t *p = stream;
	uint8_t last[SIZE];
	size_t last_len = 0;
	int n = 0;

	while (len) {
		bool complete;
		size_t taken = slip_decode(&d, p, len, &complete);

		if (!EXPECT(taken > 0 && taken <= len))
			break;
		if (complete) {
			n++;
			last_len = d.len;
			memcpy(last, packet, d.len);
		}
		p += taken;
		len -= taken;
	}
	if (n) {
		memcpy(packet, last, last_len);
		d.len = last_len;
	}
	return n;
}

#define FEED(bytes) feed(bytes, sizeof(bytes) - 1)

static void start(void)
{
	memset(packet, 0xee, SIZE);
	slip_decoder_init(&d, packet, SIZE);
}

static void plain_packet(void)
{
	start();
	EXPECT_EQ(FEED("\xc0" "abc\xc0"), 1);
	EXPECT_EQ(d.len, 3);
	EXPECT_MEM(packet, "abc", 3);
}

static void escapes(void)
{
	start();
	EXPECT_EQ(FEED("\xdb\xdc\xdb\xdd" "a\xc0"), 1);
	EXPECT_EQ(d.len, 3);
	EXPECT_MEM(packet, "\xc0\xdb" "a", 3);
}

static void other_byte_after_esc_is_taken(void)
{
	start();
	EXPECT_EQ(FEED("\xdb" "x\xc0"), 1);
	EXPECT_EQ(d.len, 1);
	EXPECT_MEM(packet, "x", 1);
}

static void end_after_esc_ends(void)
{
	start();
	EXPECT_EQ(FEED("a\xdb\xc0" "bc\xc0"), 2);
	EXPECT_EQ(d.len, 2);
	EXPECT_MEM(packet, "bc", 2);
}

static void empty_packets_are_none(void)
{
	start();
	EXPECT_EQ(FEED("\xc0\xc0\xc0\xc0"), 0);
	EXPECT_EQ(FEED("a\xc0\xc0\xc0"), 1);
}

static void cut_anywhere(void)
{
	static const uint8_t stream[] = "\xc0" "a\xdb\xdc" "b\xdb\xdd\xc0";

	for (size_t cut = 0; cut < sizeof(stream); cut++) {
		int n;

		start();
		n = feed(stream, cut);
		n += feed(stream + cut, sizeof(stream) - 1 - cut);
		EXPECT_EQ(n, 1);
		EXPECT_MEM(packet, "a\xc0" "b\xdb", 4);
	}
}

static void longest_packet(void)
{
	uint8_t stream[SIZE + 1];

	start();
	memset(stream, 'x', SIZE);
	stream[SIZE] = SLIP_END;
	EXPECT_EQ(feed(stream, sizeof(stream)), 1);
	EXPECT_EQ(d.len, SIZE);
	EXPECT_EQ(d.dropped, 0);
}

static void too_long_packet_is_dropped_whole(void)
{
	uint8_t stream[3 * SIZE];

	start();
	memset(stream, 'x', sizeof(stream));
	stream[SIZE + 1] = SLIP_END;
	stream[sizeof(stream) - 1] = SLIP_END;
	EXPECT_EQ(feed(stream, sizeof(stream)), 0);
	EXPECT_EQ(d.dropped, 2);
	EXPECT_EQ(FEED("ok\xc0"), 1);
	EXPECT_EQ(d.len, 2);
	EXPECT_MEM(packet, "ok", 2);
}

static void encoding(void)
{
	struct slip_encoder e;
	uint8_t out[16];

	slip_encoder_init(&e, "a\xc0\xdb", 3);
	EXPECT_EQ(slip_encode(&e, out, sizeof(out)), 7);
	EXPECT_MEM(out, "\xc0" "a\xdb\xdc\xdb\xdd\xc0", 7);
	EXPECT_EQ(slip_encode(&e, out, sizeof(out)), 0);
}

static void round_trip_in_pieces(void)
{
	uint8_t data[SIZE], stream[2 * SIZE + 2];

	srandom(1);
	for (int round = 0; round < 20000; round++) {
		size_t len = 1 + random() % SIZE, n = 0, got;
		size_t piece = 2 + random() % 9;
		struct slip_encoder e;

		for (size_t i = 0; i < len; i++)
			data[i] = random() % 3 ? 0xc0 + random() % 0x20 :
						 random();
		slip_encoder_init(&e, data, len);
		while ((got = slip_encode(&e, stream + n, piece)))
			n += got;
		start();
		if (!EXPECT_EQ(feed(stream, n), 1) ||
		    !EXPECT_EQ(d.len, len) || !EXPECT_MEM(packet, data, len))
			return;
	}
}

int main(void)
{
	RUN(plain_packet);
	RUN(escapes);
	RUN(other_byte_after_esc_is_taken);
	RUN(end_after_esc_ends);
	RUN(empty_packets_are_none);
	RUN(cut_anywhere);
	RUN(longest_packet);
	RUN(too_long_packet_is_dropped_whole);
	RUN(encoding);
	RUN(round_trip_in_pieces);
	return tap_done();
}
