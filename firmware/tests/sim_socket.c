// SPDX-License-Identifier: MIT
/* The socket port of sim_double, and peers of every kind of rudeness. */
#include <cryptech/slip.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim_box.h"
#include "sim_double.h"
#include "tap.h"

#define LIMIT	1024	/* of connections, from the manual */

static pid_t hsm;
static int control;
static uint8_t request[CRYPTECH_RPC_MESSAGE_MAX];
static uint8_t reply[CRYPTECH_RPC_MESSAGE_MAX];

static void send_call(int fd, uint32_t function, uint8_t fill, size_t len)
{
	uint8_t data[CRYPTECH_RPC_MESSAGE_MAX];

	memset(data, fill, sizeof(data));
	socket_send(fd, request, make_request(request, function, 0xabcdef01,
					      data, len));
}

/* One call with its reply checked; returns the client word, 0: failed. */
static uint32_t echo(int fd, uint32_t function, uint8_t fill, size_t len)
{
	size_t got;

	send_call(fd, function, fill, len);
	got = socket_receive(fd, reply);
	if (EXPECT_EQ(got, 16 + len) && EXPECT_EQ(word_at(reply, 0), function) &&
	    EXPECT_EQ(word_at(reply, 8), 0) &&
	    EXPECT_EQ(word_at(reply, 12), 0) &&
	    (!len || EXPECT_EQ(reply[15 + len], fill)))
		return word_at(reply, 4);
	return 0;
}

/* Ask the double, on a connection of our own that stays. */
static uint32_t event(size_t word)
{
	send_call(control, DOUBLE_EVENTS, 0, 0);
	if (socket_receive(control, reply) < 16 + 4 * word)
		return 0;
	return word_at(reply, 12 + 4 * word);
}

static void open_gate(void)
{
	send_call(control, DOUBLE_OPEN, 0, 0);
	EXPECT_EQ(socket_receive(control, reply), 12);
}

static bool wait_event(size_t word, uint32_t value)
{
	uint64_t until = box_now_ms() + BOX_DEADLINE_MS;

	while (event(word) < value)
		if (box_now_ms() > until)
			return false;
	return true;
}

/* --- tests --------------------------------------------------------------- */

static void a_word_for_each_connection(void)
{
	int a = socket_connect("hsm.sock"), b = socket_connect("hsm.sock");
	uint32_t word_a = echo(a, DOUBLE_ECHO, 1, 4);
	uint32_t word_b = echo(b, DOUBLE_ECHO_WORK, 2, 4);

	EXPECT(word_a && word_b && word_a != word_b);
	EXPECT(word_a != 0xabcdef01 && word_b != 0xabcdef01);
	EXPECT_EQ(echo(a, DOUBLE_ECHO, 3, 4), word_a);
	close(a);
	close(b);
}

static void longest_message(void)
{
	int fd = socket_connect("hsm.sock");

	EXPECT(echo(fd, DOUBLE_ECHO, 0xc0, 16384 - 16));
	EXPECT(echo(fd, DOUBLE_ECHO, 0xdb, 16384 - 16));
	close(fd);
}

static void short_frames_are_dropped(void)
{
	int fd = socket_connect("hsm.sock");

	for (size_t len = 1; len < 8; len++)
		socket_send(fd, "\0\0\0\0\0\0\0", len);
	EXPECT(echo(fd, DOUBLE_ECHO, 1, 0));
	close(fd);
}

static void too_long_frame_is_dropped(void)
{
	static uint8_t big[40000];
	int fd = socket_connect("hsm.sock");

	memset(big, 1, sizeof(big));
	socket_send(fd, big, 16385);
	socket_send(fd, big, sizeof(big));
	EXPECT(echo(fd, DOUBLE_ECHO, 2, 8));
	close(fd);
}

static void pipelined_calls_in_order(void)
{
	int fd = socket_connect("hsm.sock");

	for (int i = 0; i < 50; i++)
		send_call(fd, i % 2 ? DOUBLE_ECHO : DOUBLE_ECHO_WORK, i, 40);
	for (int i = 0; i < 50; i++) {
		EXPECT_EQ(socket_receive(fd, reply), 56);
		EXPECT_EQ(reply[20], i);
	}
	close(fd);
}

static void byte_by_byte(void)
{
	int fd = socket_connect("hsm.sock");
	uint8_t frame[64];
	struct slip_encoder e;
	size_t len = make_request(request, DOUBLE_ECHO, 0, "\xc0\xdb\x01\x02", 4);

	slip_encoder_init(&e, request, len);
	len = slip_encode(&e, frame, sizeof(frame));
	for (size_t i = 0; i < len; i++)
		socket_write(fd, frame + i, 1);
	EXPECT_EQ(socket_receive(fd, reply), 20);
	EXPECT_MEM(reply + 16, "\xc0\xdb\x01\x02", 4);
	close(fd);
}

/* Hang up in the middle of everything. */
static void half_frames(void)
{
	uint32_t gone = event(1);

	for (size_t cut = 0; cut < 40; cut++) {
		int fd = socket_connect("hsm.sock");
		uint8_t frame[128];
		struct slip_encoder e;
		size_t len = make_request(request, DOUBLE_ECHO_WORK, 0, frame,
					  24);

		slip_encoder_init(&e, request, len);
		slip_encode(&e, frame, sizeof(frame));
		socket_write(fd, frame, cut);
		close(fd);
	}
	EXPECT(wait_event(1, gone + 40));
	EXPECT_EQ(event(1), gone + 40);
}

static void garbage(void)
{
	uint8_t junk[5000];

	srandom(3);
	for (int round = 0; round < 100; round++) {
		int fd = socket_connect("hsm.sock");

		for (size_t i = 0; i < sizeof(junk); i++)
			junk[i] = random() % 8 ? random() : 0xc0;
		/* Not to be held: no frame shall call those functions. */
		for (size_t i = 0; i + 1 < sizeof(junk); i++)
			if (junk[i] == 0x0f)
				junk[i] = 0;
		send(fd, junk, sizeof(junk), MSG_NOSIGNAL | MSG_DONTWAIT);
		if (round % 2)
			shutdown(fd, SHUT_RD);
		close(fd);
	}
	int fd = socket_connect("hsm.sock");

	EXPECT(echo(fd, DOUBLE_ECHO, 1, 4));
	close(fd);
}

/* Who does not read gets no more service, and the others do. */
static void slow_reader(void)
{
	int slow = socket_connect("hsm.sock"), quick;
	struct pollfd p = { .fd = slow, .events = POLLOUT };
	static uint8_t frame[20000];
	struct slip_encoder e;
	size_t len, sent = 0, calls;
	uint8_t data[8000];

	memset(data, 9, sizeof(data));
	len = make_request(request, DOUBLE_ECHO, 0, data, sizeof(data));
	slip_encoder_init(&e, request, len);
	len = slip_encode(&e, frame, sizeof(frame));
	/* Until nothing is taken any more: back-pressure. */
	while (poll(&p, 1, 500) == 1) {
		ssize_t n = send(slow, frame + sent % len, len - sent % len,
				 MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EAGAIN)
			continue;
		if (!EXPECT(n > 0) || !EXPECT(sent < 64 * 1024 * 1024))
			break;
		sent += n;
	}
	quick = socket_connect("hsm.sock");
	EXPECT(echo(quick, DOUBLE_ECHO, 1, 4));
	EXPECT(echo(quick, DOUBLE_ECHO_WORK, 1, 4));
	close(quick);
	calls = sent / len;
	EXPECT(calls > 2);
	for (size_t i = 0; i < calls; i++)
		if (!EXPECT_EQ(socket_receive(slow, reply), 8016))
			break;
	close(slow);
}

static void calls_do_not_wait_for_others(void)
{
	int held[5], fd = socket_connect("hsm.sock");

	for (int i = 0; i < 5; i++) {
		held[i] = socket_connect("hsm.sock");
		send_call(held[i], DOUBLE_HOLD_LONG, i, 4);
	}
	EXPECT(wait_event(3, 4));	/* the patient threads */
	EXPECT(echo(fd, DOUBLE_ECHO_WORK, 1, 4));
	EXPECT(echo(fd, DOUBLE_ECHO, 1, 4));
	open_gate();
	for (int i = 0; i < 5; i++) {
		if (i == 4) {		/* this one had no thread so far */
			EXPECT(wait_event(3, 1));
			open_gate();
		}
		EXPECT_EQ(socket_receive(held[i], reply), 20);
		EXPECT_EQ(reply[16], i);
		close(held[i]);
	}
	close(fd);
}

/* The client is gone when its call has ended, not before and not never. */
static void hang_up_during_a_call(void)
{
	int fd = socket_connect("hsm.sock");
	uint32_t word = echo(fd, DOUBLE_ECHO, 1, 4), gone;

	send_call(fd, DOUBLE_HOLD, 1, 4);
	EXPECT(wait_event(3, 1));
	close(fd);
	gone = event(1);
	EXPECT_EQ(event(3), 1);
	open_gate();
	EXPECT(wait_event(1, gone + 1));
	EXPECT_EQ(event(2), word);
	EXPECT_EQ(event(3), 0);
}

static void half_closed(void)
{
	int fd = socket_connect("hsm.sock");

	send_call(fd, DOUBLE_ECHO_WORK, 1, 4);
	send_call(fd, DOUBLE_ECHO, 2, 4);
	shutdown(fd, SHUT_WR);
	EXPECT_EQ(socket_receive(fd, reply), 20);
	EXPECT_EQ(socket_receive(fd, reply), 20);
	EXPECT_EQ(reply[16], 2);
	EXPECT_EQ(socket_receive(fd, reply), 0);
	close(fd);
}

static void a_thousand_connections(void)
{
	int fds[LIMIT - 1], extra;	/* control is one, too */
	uint32_t gone = event(1);
	char byte;

	for (int i = 0; i < LIMIT - 1; i++) {
		fds[i] = socket_connect("hsm.sock");
		if (!EXPECT(fds[i] >= 0))
			return;
	}
	for (int i = 0; i < LIMIT - 1; i++)
		if (!echo(fds[i], i % 2 ? DOUBLE_ECHO : DOUBLE_ECHO_WORK, i, 8))
			break;
	extra = socket_connect("hsm.sock");
	EXPECT_EQ(recv(extra, &byte, 1, 0), 0);
	close(extra);
	for (int i = 0; i < LIMIT - 1; i++)
		close(fds[i]);
	EXPECT(wait_event(1, gone + LIMIT - 1));
	EXPECT_EQ(event(1), gone + LIMIT - 1);
}

/* Asked to end while a call runs that does not end. */
static void end_is_bounded(void)
{
	int fd = socket_connect("hsm.sock"), status;
	int held = socket_connect("hsm.sock");
	uint64_t began = box_now_ms();

	send_call(held, DOUBLE_HOLD, 1, 4);
	EXPECT(wait_event(3, 1));
	status = box_end(hsm, SIGTERM);
	EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	EXPECT(box_now_ms() - began < BOX_DEADLINE_MS);
	EXPECT(access("hsm.sock", F_OK) != 0);
	EXPECT_EQ(socket_receive(fd, reply), 0);
	close(fd);
	close(held);
}

static bool start_hsm(void)
{
	int status;

	hsm = box_start(&status, "sim_double", "--state", "state", "--socket",
			"hsm.sock", "--durability", "process");
	if (hsm)
		control = socket_connect("hsm.sock");
	return hsm;
}

static void stale_socket_is_replaced(void)
{
	int fd;

	REQUIRE(start_hsm());
	box_end(hsm, SIGKILL);
	EXPECT(access("hsm.sock", F_OK) == 0);
	REQUIRE(start_hsm());
	fd = socket_connect("hsm.sock");
	EXPECT(echo(fd, DOUBLE_ECHO, 1, 4));
	close(fd);
}

static void socket_in_use_is_left_alone(void)
{
	int status = 0, fd;

	EXPECT(!box_start(&status, "sim_double", "--state", "state2",
			  "--socket", "hsm.sock"));
	EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == 1);
	fd = socket_connect("hsm.sock");
	EXPECT(echo(fd, DOUBLE_ECHO, 1, 4));
	close(fd);
}

int main(void)
{
	struct rlimit files = { 4096, 4096 };

	box_open();
	if (setrlimit(RLIMIT_NOFILE, &files))
		getrlimit(RLIMIT_NOFILE, &files);
	if (!start_hsm())
		return 1;
	RUN(a_word_for_each_connection);
	RUN(longest_message);
	RUN(short_frames_are_dropped);
	RUN(too_long_frame_is_dropped);
	RUN(pipelined_calls_in_order);
	RUN(byte_by_byte);
	RUN(half_frames);
	RUN(garbage);
	RUN(slow_reader);
	RUN(calls_do_not_wait_for_others);
	RUN(hang_up_during_a_call);
	RUN(half_closed);
	RUN(a_thousand_connections);
	RUN(end_is_bounded);
	RUN(stale_socket_is_replaced);
	RUN(socket_in_use_is_left_alone);
	box_close();
	return tap_done();
}
