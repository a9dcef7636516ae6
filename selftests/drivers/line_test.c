// SPDX-License-Identifier: GPL-2.0
/*
 * A line with the driver at one end and the firmware at the other, and damage
 * between: each byte lost, doubled, changed. Whatever happens to it, every call
 * is answered by its own answer, and done once.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

typedef uint8_t u8;
typedef uint32_t u32;
typedef uint64_t u64;

#include "../../drivers/line.c"

#include <cryptech/slip.h>

#include "../../firmware/tests/tap.h"
#include "line_hsm.h"

#define SESSION		0x1122334455667788ull
#define WORDS		0x40000000

#include "line_ends.h"

/* --- tests ---------------------------------------------------------------- */

static void frames_are_as_documented(void)
{
	/* made by Python: struct.pack, zlib.crc32 */
	static const u8 hello[] =
		"\xa5\x43\x01\x01\x11\x22\x33\x44\x55\x66\x77\x88"
		"\0\0\0\0\0\0\0\0\0\0\0\0\xc4\xe3\x0d\x70";
	static const u8 request[] =
		"\xa5\x43\x01\x03\x11\x22\x33\x44\x55\x66\x77\x88"
		"\0\0\0\0\0\0\0\x01\0\x4f\0\x0c"
		"\0\0\0\x01\0\0\0\x02\0\0\0\0\x2e\xc4\x42\x37";
	u8 frame[LINE_PACKET_MAX];
	bool is_frame;

	start();
	EXPECT_EQ(line_crc((const u8 *)"123456789", 9), 0xcbf43926);
	line_begin(&line, SESSION);
	EXPECT_EQ(line_seal(frame, line_next(&line, frame, &is_frame)),
		  sizeof(hello) - 1);
	EXPECT_MEM(frame, hello, sizeof(hello) - 1);
	line.mode = LINE_FRAMES;
	send_call(79, 1, 2, 12, 0);
	EXPECT_EQ(line_seal(frame, line_next(&line, frame, &is_frame)),
		  sizeof(request) - 1);
	EXPECT_MEM(frame, request, sizeof(request) - 1);
	end();
}

static void a_line_works(void)
{
	start();
	EXPECT_EQ(greet(SESSION), 1);
	EXPECT_EQ(line.mode, LINE_FRAMES);
	for (int slot = 0; slot < LINE_SLOTS; slot++)
		send_call(slot, 1, slot, 12 + 200 * slot, slot);
	send_call(LINE_SLOTS - 1, 1, 7, CRYPTECH_RPC_MESSAGE_MAX, SLIP_END);
	EXPECT_EQ(settle(0), 0);
	for (int slot = 0; slot < LINE_SLOTS; slot++)
		EXPECT_EQ(calls[slot].answers, 1);
	EXPECT_EQ(wrong + overs + nothings, 0);
	EXPECT_EQ(line.repeated, 0);
	end();
}

/*
 * Greeting, two calls, a ping, another call, BYE: every kind of frame. Returns
 * the pings that were needed beside the one.
 */
static unsigned int conversation(size_t len, u8 fill)
{
	unsigned int n = greet(SESSION) - 1;

	send_call(3, 1, 2, 12, 0);
	send_call(4, 2, 3, len, fill);
	talk();
	ping();
	send_call(3, 3, 2, 17, SLIP_ESC);
	n += settle(4);
	line_end(&line);
	talk();
	return n;
}

static void check_conversation(unsigned int n)
{
	EXPECT(!waiting());
	EXPECT_EQ(calls[3].answers, 2);
	EXPECT_EQ(calls[4].answers, 1);
	for (int id = 0; id < 3; id++)
		EXPECT_EQ(hsm_done(id), 1);
	EXPECT_EQ(wrong + overs, 0);
	/* the packet of the damaged byte alone is dropped, in one or two pieces */
	EXPECT(nothings + hsm_damaged() <= 2);
	/* and repaired by the first thing that is said after it */
	EXPECT(n <= 1);
}

static void damage_once(size_t len, u8 fill, enum damage damage, enum way way,
			size_t at, u8 with)
{
	start();
	plan = (struct plan){
		.damage = damage, .way = way, .at = at, .with = with,
	};
	check_conversation(conversation(len, fill));
	end();
}

/* Each kind of damage to each byte, or to each of @step bytes. */
static void damage_all(size_t len, u8 fill, size_t step)
{
	static const u8 others[] = {
		SLIP_END, SLIP_ESC, SLIP_ESC_END, SLIP_ESC_ESC, LINE_MAGIC,
	};
	size_t lens[2];

	start();
	check_conversation(conversation(len, fill));
	lens[TO_HSM] = passed[TO_HSM];
	lens[TO_HOST] = passed[TO_HOST];
	end();
	for (int way = TO_HSM; way <= TO_HOST; way++) {
		for (size_t at = 0; at < lens[way]; at += step) {
			damage_once(len, fill, LOST, way, at, 0);
			damage_once(len, fill, DOUBLED, way, at, 0);
			for (int bit = 0; bit < 8; bit++)
				damage_once(len, fill, CHANGED, way, at,
					    1 << bit);
			for (size_t i = 0; i < sizeof(others); i++) {
				damage_once(len, fill, CHANGED, way, at,
					    others[i]);
				/* most bytes are fill, or 0 */
				if (fill != others[i])
					damage_once(len, fill, CHANGED, way,
						    at, fill ^ others[i]);
			}
		}
	}
}

static void every_byte_of_short_messages(void)
{
	damage_all(40, 0, 1);
}

static void every_byte_of_escaped_messages(void)
{
	damage_all(40, SLIP_END, 1);
	damage_all(40, SLIP_ESC, 1);
}

/* A message that holds frames and bare messages: torn, it must be neither. */
static void bytes_of_long_messages(void)
{
	size_t step = getenv("CRYPTECH_FULL") ? 7 : 1499;

	damage_all(CRYPTECH_RPC_MESSAGE_MAX, 0, step);
	damage_all(CRYPTECH_RPC_MESSAGE_MAX, SLIP_END, 2 * step);
}

/* One request after the other through a line that damages one byte of 2,000. */
static void noise(void)
{
	unsigned int rounds = getenv("CRYPTECH_FULL") ? 200000 : 4000;
	unsigned int begun = 1;

	start();
	srandom(7);
	greet(SESSION);
	plan.chance = 2000;
	for (unsigned int i = 0; i < rounds; i++) {
		unsigned int slot = random() % LINE_SLOTS;

		if (calls[slot].waiting || line_busy(&line, slot))
			continue;
		send_call(slot, 1 + random() % 9, random() % 5,
			  12 + random() % 200, random());
		if (random() % 3)
			talk();
		else
			ping();
	}
	plan.chance = 0;
	settle(20);
	/* too many tries: the driver would have begun anew; do that, too */
	if (waiting()) {
		memset(calls, 0, sizeof(calls));
		begun += greet(SESSION + 1);
	}
	EXPECT_EQ(wrong, 0);
	EXPECT_EQ(overs, 0);
	EXPECT_EQ(begun, 1);
	EXPECT(line.repeated > rounds / 100);
	for (unsigned int id = 0; id < ids && id < HSM_CALLS; id++)
		if (hsm_done(id) != 1 + (ids - 1 - id) / HSM_CALLS) {
			EXPECT_EQ(hsm_done(id), 1);
			break;
		}
	end();
}

static void a_torn_frame_is_no_bare_message(void)
{
	u8 stream[] = "\xc0\0\0\0\x01\0\0\0\x02\0\0\0\x63\xc0";

	start();
	greet(SESSION);
	hsm_take(stream, sizeof(stream) - 1);
	talk();
	EXPECT_EQ(hsm_done(0x63), 0);
	line_end(&line);
	talk();
	EXPECT(!hsm_in_session());
	hsm_take(stream, sizeof(stream) - 1);
	EXPECT_EQ(hsm_done(0x63), 1);
	end();
}

static void requests_are_done_once(void)
{
	start();
	greet(SESSION);
	send_call(5, 1, 2, 40, 1);
	talk();
	/* once more, as if the answer had been lost */
	calls[5].waiting = true;
	line.calls[5].state = LINE_QUEUED;
	talk();
	EXPECT(!waiting());
	EXPECT_EQ(calls[5].answers, 2);
	EXPECT_EQ(hsm_done(0), 1);
	EXPECT_EQ(hsm_repeated(), 1);
	/* an older number is nobody's */
	line.calls[5].state = LINE_QUEUED;
	line.calls[5].number = 0;
	talk();
	EXPECT_EQ(hsm_done(0), 1);
	EXPECT_EQ(wrong, 0);
	end();
}

static void slow_calls_are_not_repeated(void)
{
	start();
	greet(SESSION);
	send_call(5, 1 | HSM_HELD, 2, 40, 1);
	send_call(6, 1, 2, 40, 1);
	talk();
	for (int i = 0; i < 20; i++) {
		ping();
		EXPECT(line_busy(&line, 5));
	}
	EXPECT(calls[5].waiting && !calls[6].waiting);
	EXPECT_EQ(line.repeated, 0);
	/* answered, but not sent yet when the ping comes */
	hsm_release();
	ping();
	EXPECT(!waiting());
	EXPECT_EQ(line.repeated, 0);
	EXPECT_EQ(hsm_done(0), 1);
	end();
}

/* What was sent after a ping is not what its pong is about. */
static void pongs_are_of_their_time(void)
{
	u8 frame[LINE_PACKET_MAX], stream[256];
	struct slip_encoder e;
	bool is_frame;
	size_t n;

	start();
	greet(SESSION);
	line.ping = true;
	n = line_seal(frame, line_next(&line, frame, &is_frame));
	slip_encoder_init(&e, frame, n);
	hsm_take(stream, slip_encode(&e, stream, sizeof(stream)));
	send_call(5, 1, 2, 40, 1);
	n = line_seal(frame, line_next(&line, frame, &is_frame));
	driver_take(stream, hsm_give(stream, sizeof(stream)));
	EXPECT_EQ(line.pong, 1);
	EXPECT_EQ(line.repeated, 0);
	slip_encoder_init(&e, frame, n);
	hsm_take(stream, slip_encode(&e, stream, sizeof(stream)));
	talk();
	EXPECT(!waiting());
	end();
}

static void greeting_twice_changes_nothing(void)
{
	unsigned int resets;

	start();
	greet(SESSION);
	send_call(5, 1 | HSM_HELD, 2, 40, 1);
	talk();
	resets = hsm_resets();
	line.hello = true;
	talk();
	EXPECT_EQ(hsm_resets(), resets);
	hsm_release();
	talk();
	EXPECT(!waiting());
	EXPECT_EQ(hsm_done(0), 1);
	end();
}

static void late_answers_are_nobodys(void)
{
	unsigned int resets;
	size_t said;

	start();
	greet(SESSION);
	send_call(5, 1 | HSM_HELD, 2, 40, 1);
	talk();
	resets = hsm_resets();
	greet(SESSION + 1);
	EXPECT_EQ(line.mode, LINE_FRAMES);
	EXPECT_EQ(hsm_resets(), resets + 1);
	memset(calls, 0, sizeof(calls));
	said = passed[TO_HOST];
	hsm_release();
	talk();
	EXPECT_EQ(passed[TO_HOST], said);
	EXPECT_EQ(hsm_resets(), resets + 2);	/* after the last call */
	send_call(5, 1, 2, 40, 9);
	talk();
	EXPECT_EQ(calls[5].answers, 1);
	EXPECT_EQ(hsm_done(0), 0);
	EXPECT_EQ(wrong, 0);
	end();
}

/* Calls of three sessions run: a fourth waits until one has ended. */
static void sessions_wait_for_old_calls(void)
{
	start();
	for (u64 i = 0; i < 3; i++) {
		EXPECT_EQ(greet(SESSION + i), 1);
		send_call(5, 1 | HSM_HELD, 2, 40, 1);
		talk();
	}
	EXPECT_EQ(greet(SESSION + 9), 50);
	EXPECT(!hsm_in_session());
	hsm_release();
	talk();
	EXPECT_EQ(line.mode, LINE_FRAMES);
	EXPECT(hsm_in_session());
	EXPECT_EQ(hsm_done(0) + hsm_done(1) + hsm_done(2), 0);
	end();
}

static void a_restart_is_told(void)
{
	start();
	greet(SESSION);
	hsm_restart();
	ping();
	EXPECT_EQ(overs, 1);
	EXPECT_EQ(greet(SESSION + 1), 1);
	send_call(1, 1, 2, 40, 1);
	EXPECT_EQ(settle(0), 0);
	EXPECT_EQ(calls[1].answers, 1);
	end();
}

static void a_dead_call_is_lost(void)
{
	start();
	greet(SESSION);
	plan.chance = 1;	/* nothing gets through */
	send_call(1, 1, 2, 40, 1);
	for (int i = 0; i < 30; i++)
		ping();
	plan.chance = 0;
	EXPECT(line_busy(&line, 1));	/* nothing is known of it */
	EXPECT_EQ(settle(3), 1);
	/* but one that is repeated for ever is given up */
	send_call(1, 1, 2, 40, 1);
	line.calls[1].tries = LINE_TRIES;
	EXPECT(!line_busy(&line, 1));
	end();
}

/* An HSM that says what it cannot know. */
static void lies(void)
{
	static const struct line_frame lies[] = {
		{ .kind = LINE_REPLY, .session = SESSION, .number = 1,
		  .slot = LINE_SLOTS },
		{ .kind = LINE_REPLY, .session = SESSION, .number = 1,
		  .slot = 0xffff },
		{ .kind = LINE_REPLY, .session = SESSION, .number = 2,
		  .slot = 1 },
		{ .kind = LINE_REPLY, .session = SESSION, .number = 1 },
		{ .kind = LINE_REPLY, .session = SESSION + 1, .number = 1,
		  .slot = 1 },
		{ .kind = LINE_PONG, .session = SESSION, .number = 99,
		  .len = 4 * LINE_BUSY_WORDS },
		{ .kind = LINE_PONG, .session = SESSION, .number = 1 },
		{ .kind = LINE_REQUEST, .session = SESSION, .number = 1,
		  .slot = 1 },
		{ .kind = LINE_LOST, .session = SESSION + 1 },
		{ .kind = 9, .session = SESSION }, { .kind = 0 },
	};
	static u8 zeros[64], lie[LINE_PACKET_MAX];
	struct line_answer a;

	start();
	greet(SESSION);
	send_call(1, 1, 2, 40, 1);
	line.calls[1].state = LINE_SENT;
	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		struct line_frame f = lies[i];
		enum line_event event;
		size_t len;

		f.message = zeros;
		len = line_seal(lie, line_put(lie, &f));
		event = line_receive(&line, lie, len, &a);
		if (!EXPECT(event == LINE_NOTHING || event == LINE_ALIVE))
			printf("# lie %zu\n", i);
	}
	EXPECT_EQ(line.calls[1].state, LINE_SENT);
	EXPECT_EQ(line.pong, 0);
	end();
}

int main(void)
{
	RUN(frames_are_as_documented);
	RUN(a_line_works);
	RUN(every_byte_of_short_messages);
	RUN(every_byte_of_escaped_messages);
	RUN(bytes_of_long_messages);
	RUN(noise);
	RUN(a_torn_frame_is_no_bare_message);
	RUN(requests_are_done_once);
	RUN(slow_calls_are_not_repeated);
	RUN(pongs_are_of_their_time);
	RUN(greeting_twice_changes_nothing);
	RUN(late_answers_are_nobodys);
	RUN(sessions_wait_for_old_calls);
	RUN(a_restart_is_told);
	RUN(a_dead_call_is_lost);
	RUN(lies);
	return tap_done();
}
