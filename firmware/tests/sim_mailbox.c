// SPDX-License-Identifier: MIT
/*
 * The mailbox, seen from the host:
 *	this test (as QEMU) -- mb --> keeper <-- mb.keeper -- sim_double
 *	        |                                                |
 *	        +------------- the same memory ------------------+
 *	        +---- hsm.sock: opens the gate of held calls ----+
 */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim_box.h"
#include "sim_double.h"
#include "tap.h"

static pid_t hsm;
static struct host h;
static uint32_t epoch;		/* the last that we asked for */
static uint64_t calls;		/* numbers given to calls */

static pid_t start_hsm(void)
{
	int status;

	return box_start(&status, "sim_double", "--state", "state",
			 "--mailbox", "mb", "--socket", "hsm.sock",
			 "--durability", "process");
}

/* Wait until nothing of an HSM or keeper is left: our children are all. */
static void wait_all(void)
{
	while (waitpid(-1, NULL, 0) > 0)
		;
}

static bool begin(void)
{
	hsm = start_hsm();
	return hsm && host_connect(&h, "mb") && host_epoch(&h, ++epoch);
}

static void finish(void)
{
	host_leave(&h);
	box_end(hsm, SIGKILL);
	wait_all();
}

/* A request for @function with @len bytes of @fill, in a slot. */
static uint64_t submit(uint32_t slot, uint32_t function, uint8_t fill,
		       size_t len)
{
	uint8_t request[CRYPTECH_RPC_MESSAGE_MAX], data[16000];

	memset(data, fill, sizeof(data));
	len = make_request(request, function, slot + 1, data, len);
	host_submit(&h, slot, ++calls, request, len);
	return calls;
}

static bool echo_works(void)
{
	struct completion c;
	uint64_t call = submit(7, DOUBLE_ECHO, 0x5a, 100);
	const uint8_t *reply = host_reply(&h, 7);

	return EXPECT(host_wait(&h, &c)) && EXPECT_EQ(c.call, call) &&
	       EXPECT_EQ(c.slot, 7) && EXPECT_EQ(c.length, 116) &&
	       EXPECT_EQ(word_at(reply, 0), DOUBLE_ECHO) &&
	       EXPECT_EQ(word_at(reply, 4), 8) &&
	       EXPECT_EQ(word_at(reply, 8), 0) &&
	       EXPECT(word_at(reply, 12) - 1 < 3) && EXPECT_EQ(reply[16], 0x5a) &&
	       EXPECT_EQ(reply[115], 0x5a);
}

/* Speak with the HSM by its socket: the last word of the reply. */
static uint32_t by_socket(uint32_t function, size_t word)
{
	uint8_t message[CRYPTECH_RPC_MESSAGE_MAX];
	int fd = socket_connect("hsm.sock");
	size_t len = make_request(message, function, 0, NULL, 0);

	socket_send(fd, message, len);
	len = socket_receive(fd, message);
	close(fd);
	return len >= 12 + 4 * word + 4 ? word_at(message, 12 + 4 * word) : 0;
}

static void wait_event(size_t word, uint32_t value)
{
	uint64_t until = box_now_ms() + BOX_DEADLINE_MS;

	while (by_socket(DOUBLE_EVENTS, word) != value &&
	       box_now_ms() < until)
		;
	EXPECT_EQ(by_socket(DOUBLE_EVENTS, word), value);
}

static void wait_held(uint32_t n)
{
	wait_event(3, n);
}

/* --- tests --------------------------------------------------------------- */

static void server_speaks_ivshmem(void)
{
	static const int64_t greeting[] = { 0, 1, -1, 0, 0, 1, 1 };
	struct stat st;

	REQUIRE(begin());
	EXPECT_MEM(h.greeting, greeting, sizeof(greeting));
	EXPECT(!fstat(h.memory_fd, &st));
	EXPECT_EQ(st.st_size, CRYPTECH_MAILBOX_SIZE);
	EXPECT(ftruncate(h.memory_fd, 0) == -1);
	EXPECT(h.hsm->magic == CRYPTECH_MAILBOX_MAGIC);
	EXPECT_EQ(h.hsm->version, 1);
	EXPECT_EQ(h.hsm->slots, 80);
	EXPECT(h.hsm->boot != 0);
	EXPECT(!stat("mb", &st) && (st.st_mode & 0777) == 0600);
	EXPECT(!stat("mb.keeper", &st) && (st.st_mode & 0777) == 0600);
	echo_works();
	finish();
}

static void eighty_calls_at_once(void)
{
	struct completion c;
	uint64_t first = calls + 1, seen[2] = { 0, 0 };

	REQUIRE(begin());
	for (uint32_t slot = 0; slot < 80; slot++)
		submit(slot, DOUBLE_ECHO_WORK, slot, 4 * slot);
	for (int i = 0; i < 80; i++) {
		REQUIRE(host_wait(&h, &c));
		REQUIRE(c.slot < 80);
		EXPECT_EQ(c.call, first + c.slot);
		EXPECT_EQ(c.length, 16 + 4 * c.slot);
		EXPECT(!c.slot || host_reply(&h, c.slot)[16] == c.slot);
		seen[c.slot / 64] |= 1ull << c.slot % 64;
	}
	EXPECT(seen[0] == ~0ull && seen[1] == 0xffff);
	EXPECT(!host_poll(&h, &c));
	finish();
}

static void answers_overtake(void)
{
	struct completion c;
	uint64_t held, quick;

	REQUIRE(begin());
	held = submit(0, DOUBLE_HOLD_LONG, 1, 4);
	wait_held(1);
	EXPECT_EQ(h.hsm->busy[0], 1);
	quick = submit(40, DOUBLE_ECHO_WORK, 2, 4);
	EXPECT(host_wait(&h, &c) && c.call == quick && c.slot == 40);
	EXPECT_EQ(h.hsm->busy[0], 1);
	by_socket(DOUBLE_OPEN, 0);
	EXPECT(host_wait(&h, &c) && c.call == held && c.slot == 0);
	/* busy is cleared after the answer, under the lock of the next. */
	EXPECT(echo_works());
	EXPECT_EQ(h.hsm->busy[0] & 1, 0);
	finish();
}

/* Far more calls than the rings have places; bells only where needed. */
static void rings_wrap_and_no_bell_is_lost(void)
{
	struct completion c;
	unsigned int open = 0, done = 0;
	uint32_t free_slots[80];

	REQUIRE(begin());
	for (uint32_t i = 0; i < 80; i++)
		free_slots[i] = i;
	while (done < 5000) {
		while (open < 80 && done + open < 5000) {
			submit(free_slots[79 - open],
			       calls % 3 ? DOUBLE_ECHO : DOUBLE_ECHO_WORK,
			       calls, 8);
			open++;
		}
		REQUIRE(host_wait(&h, &c));
		free_slots[80 - open] = c.slot;
		open--;
		done++;
	}
	EXPECT(!host_poll(&h, &c));
	EXPECT(h.bells < 5000);
	finish();
}

static void no_interrupt_unless_asked(void)
{
	uint64_t count, until = box_now_ms() + BOX_DEADLINE_MS;
	struct completion c;

	REQUIRE(begin());
	h.page->wake = 0;
	submit(3, DOUBLE_ECHO, 1, 4);
	while (!host_poll(&h, &c) && box_now_ms() < until)
		;
	EXPECT(c.slot == 3);
	EXPECT(read(h.bell[0], &count, 8) == -1);
	h.page->wake = 1;
	submit(4, DOUBLE_ECHO, 1, 4);
	EXPECT(host_wait_bell(&h, 0));
	EXPECT(host_poll(&h, &c) && c.slot == 4);
	finish();
}

static void heart_beats(void)
{
	uint64_t until = box_now_ms() + BOX_DEADLINE_MS, beats;

	REQUIRE(begin());
	beats = h.hsm->heartbeat;
	while (h.hsm->heartbeat < beats + 3 && box_now_ms() < until)
		usleep(1000);
	EXPECT(h.hsm->heartbeat >= beats + 3);
	finish();
}

/* The protocol was broken: see the fault, silence, and what mends it. */
static void expect_fault(uint32_t wanted, uint64_t seq, uint32_t slot,
			 uint32_t length)
{
	struct completion c;

	while (!h.hsm->fault && host_wait_bell(&h, 1))
		;
	EXPECT_EQ(h.hsm->fault, wanted);
	submit(9, DOUBLE_ECHO, 1, 4);
	by_socket(DOUBLE_EVENTS, 0);
	EXPECT(!host_poll(&h, &c));
	REQUIRE(host_epoch(&h, ++epoch));
	EXPECT_EQ(h.hsm->fault, 0);
	if (!echo_works())
		printf("# after seq %llu slot %u length %u\n",
		       (unsigned long long)seq, slot, length);
}

static void faults(void)
{
	static const struct {
		uint32_t fault;
		uint64_t seq;
		uint32_t slot, length;
	} bad[] = {
		{ CRYPTECH_MAILBOX_FAULT_SEQ, 2, 0, 8 },
		{ CRYPTECH_MAILBOX_FAULT_SEQ, 129, 0, 8 },
		{ CRYPTECH_MAILBOX_FAULT_SEQ, 1ull << 63, 0, 8 },
		{ CRYPTECH_MAILBOX_FAULT_SLOT, 1, 80, 8 },
		{ CRYPTECH_MAILBOX_FAULT_SLOT, 1, 0xffffffff, 8 },
		{ CRYPTECH_MAILBOX_FAULT_LENGTH, 1, 0, 0 },
		{ CRYPTECH_MAILBOX_FAULT_LENGTH, 1, 0, 7 },
		{ CRYPTECH_MAILBOX_FAULT_LENGTH, 1, 0, 16385 },
		{ CRYPTECH_MAILBOX_FAULT_LENGTH, 1, 0, 0xffffffff },
	};

	REQUIRE(begin());
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		host_publish(&h, h.submitted + bad[i].seq, ++calls,
			     bad[i].slot, bad[i].length);
		expect_fault(bad[i].fault, bad[i].seq, bad[i].slot,
			     bad[i].length);
	}
	finish();
}

static void fault_of_a_busy_slot(void)
{
	REQUIRE(begin());
	submit(5, DOUBLE_HOLD, 1, 4);
	wait_held(1);
	host_publish(&h, 2, ++calls, 5, 8);
	while (!h.hsm->fault && host_wait_bell(&h, 1))
		;
	EXPECT_EQ(h.hsm->fault, CRYPTECH_MAILBOX_FAULT_SLOT);
	by_socket(DOUBLE_OPEN, 0);
	REQUIRE(host_epoch(&h, ++epoch));
	echo_works();
	finish();
}

static void longest_and_shortest_request(void)
{
	uint8_t request[CRYPTECH_RPC_MESSAGE_MAX] = { 0, 0, 0xf };
	struct completion c;

	REQUIRE(begin());
	host_submit(&h, 79, ++calls, request, sizeof(request));
	EXPECT(host_wait(&h, &c) && c.slot == 79);
	EXPECT_EQ(c.length, sizeof(request));
	host_submit(&h, 0, ++calls, request, 8);
	EXPECT(host_wait(&h, &c) && c.slot == 0);
	EXPECT_EQ(c.length, 16);
	finish();
}

static void replies_do_not_stay(void)
{
	static const uint8_t zeros[16000];
	struct completion c;

	REQUIRE(begin());
	submit(7, DOUBLE_ECHO, 0x77, 16000);
	EXPECT(host_wait(&h, &c) && host_reply(&h, 7)[9000] == 0x77);
	REQUIRE(echo_works());
	EXPECT_MEM(host_reply(&h, 7) + 116, zeros, 15000);
	EXPECT(host_epoch(&h, ++epoch) && !host_reply(&h, 7)[100]);
	finish();
}

static void epoch_needs_a_blank_ring(void)
{
	uint64_t one = 1;

	REQUIRE(begin());
	REQUIRE(echo_works());	/* leaves its entry in the ring */
	h.page->epoch = ++epoch;
	REQUIRE(write(h.hsm_bell[1], &one, 8) == 8);
	while (h.hsm->epoch != epoch && host_wait_bell(&h, 1))
		;
	EXPECT_EQ(h.hsm->fault, CRYPTECH_MAILBOX_FAULT_SEQ);
	REQUIRE(host_epoch(&h, ++epoch));
	echo_works();
	finish();
}

/*
 * Calls that run or wait when the host begins anew: the former go on for
 * themselves, the latter are not begun, none is answered, and their clients
 * are dropped: at once, and once more when the last call has ended.
 */
static void new_epoch_voids_calls(void)
{
	struct completion c;
	uint32_t gone, port;

	REQUIRE(begin());
	REQUIRE(echo_works());
	port = word_at(host_reply(&h, 7), 12);
	gone = by_socket(DOUBLE_EVENTS, 0);
	for (uint32_t slot = 0; slot < 60; slot++)
		submit(slot, DOUBLE_HOLD_LONG, 1, 4);
	wait_held(4);		/* as many as there are patient threads */
	REQUIRE(host_epoch(&h, ++epoch));
	EXPECT_EQ(by_socket(DOUBLE_EVENTS, 0), gone + 1);
	EXPECT_EQ(h.hsm->busy[0] | h.hsm->busy[1], 0);
	REQUIRE(echo_works());	/* slot 7, too */
	EXPECT(word_at(host_reply(&h, 7), 12) != port);
	EXPECT_EQ(by_socket(DOUBLE_EVENTS, 3), 4);
	by_socket(DOUBLE_OPEN, 0);
	wait_event(0, gone + 2);
	EXPECT_EQ(by_socket(DOUBLE_EVENTS, 3), 0);
	EXPECT(!host_poll(&h, &c));
	echo_works();
	EXPECT(!host_poll(&h, &c));
	finish();
}

/* Calls that do not end, and the host begins anew again and again. */
static void epoch_waits_for_a_free_bank(void)
{
	struct completion c;

	REQUIRE(begin());
	for (int i = 1; i <= 3; i++) {
		submit(i, DOUBLE_HOLD_LONG, 1, 4);
		wait_held(i);
		if (i < 3)
			REQUIRE(host_epoch(&h, ++epoch));
	}
	host_ask_epoch(&h, ++epoch);
	by_socket(DOUBLE_EVENTS, 3);
	EXPECT(h.hsm->epoch != epoch);
	host_ask_epoch(&h, ++epoch);
	EXPECT_EQ(by_socket(DOUBLE_EVENTS, 3), 3);
	EXPECT(h.hsm->epoch != epoch);
	by_socket(DOUBLE_OPEN, 0);
	while (h.hsm->epoch != epoch && host_wait_bell(&h, 1))
		;
	EXPECT_EQ(h.hsm->epoch, epoch);
	echo_works();
	EXPECT(!host_poll(&h, &c));
	finish();
}

/* Killed with calls in flight and back: nothing is served twice. */
static void restart_behind_a_host(void)
{
	struct completion c;
	uint64_t boot;

	REQUIRE(begin());
	boot = h.hsm->boot;
	submit(0, DOUBLE_HOLD, 1, 4);
	wait_held(1);
	box_end(hsm, SIGKILL);
	submit(1, DOUBLE_HOLD, 1, 4);	/* nobody is there */
	host_clear_bell(&h, 1);
	REQUIRE((hsm = start_hsm()));
	EXPECT(host_wait_bell(&h, 1));
	EXPECT(h.hsm->boot != boot && h.hsm->boot != 0);
	EXPECT_EQ(h.hsm->epoch, 0);
	EXPECT(h.hsm->magic == CRYPTECH_MAILBOX_MAGIC);
	submit(2, DOUBLE_HOLD, 1, 4);
	EXPECT_EQ(by_socket(DOUBLE_EVENTS, 3), 0);
	EXPECT(!host_poll(&h, &c));
	REQUIRE(host_epoch(&h, ++epoch));
	EXPECT_EQ(by_socket(DOUBLE_EVENTS, 3), 0);
	echo_works();
	finish();
}

/* QEMU ends, another comes: memory without a trace of the first. */
static void host_leaves_and_comes_back(void)
{
	uint64_t until = box_now_ms() + BOX_DEADLINE_MS;
	uint32_t gone;

	REQUIRE(begin());
	gone = by_socket(DOUBLE_EVENTS, 0);
	submit(11, DOUBLE_ECHO, 0x77, 4000);
	host_leave(&h);
	while (by_socket(DOUBLE_EVENTS, 0) == gone && box_now_ms() < until)
		;
	EXPECT_EQ(by_socket(DOUBLE_EVENTS, 0), gone + 1);
	REQUIRE(host_connect(&h, "mb"));
	EXPECT_EQ(h.page->epoch, 0);
	for (size_t i = CRYPTECH_MAILBOX_HOST; i < CRYPTECH_MAILBOX_SIZE; i++)
		if (!EXPECT_EQ(h.memory[i], 0))
			break;
	REQUIRE(host_epoch(&h, epoch));		/* any number will do */
	echo_works();
	finish();
}

static void host_may_be_there_first(void)
{
	REQUIRE(begin());
	box_end(hsm, SIGKILL);
	host_leave(&h);
	/* The keeper stays while one is there, and greets hosts alone. */
	hsm = start_hsm();
	REQUIRE(hsm && host_connect(&h, "mb"));
	box_end(hsm, SIGKILL);
	h.hsm->boot = 0;
	REQUIRE((hsm = start_hsm()));
	EXPECT(h.hsm->boot != 0);
	REQUIRE(host_epoch(&h, ++epoch));
	echo_works();
	finish();
}

static void one_of_each_at_a_time(void)
{
	struct host second;
	int status = 0;

	REQUIRE(begin());
	EXPECT(!host_connect(&second, "mb"));
	EXPECT(!box_start(&status, "sim_double", "--state", "state2",
			  "--mailbox", "mb"));
	EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == 1);
	EXPECT(!box_start(&status, "sim_double", "--state", "state",
			  "--mailbox", "mb2"));
	EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == 1);
	echo_works();
	finish();
}

static void keeper_ends_with_the_last(void)
{
	REQUIRE(begin());
	EXPECT_EQ(box_end(hsm, SIGTERM), 0);
	EXPECT(!access("mb", F_OK));	/* we are still there */
	EXPECT(access("hsm.sock", F_OK));
	host_leave(&h);
	wait_all();
	EXPECT(access("mb", F_OK));
	EXPECT(access("mb.keeper", F_OK));
}

/* The keeper killed: its socket files are stale, and a new one takes over. */
static void keeper_killed(void)
{
	uint64_t until = box_now_ms() + BOX_DEADLINE_MS;
	struct host second;
	bool back = false;

	REQUIRE(begin());
	box_end(hsm, SIGKILL);		/* now it is our child */
	box_kill_all();
	host_leave(&h);
	EXPECT(!access("mb", F_OK));
	hsm = start_hsm();
	REQUIRE(hsm && host_connect(&h, "mb") && host_epoch(&h, ++epoch));
	REQUIRE(echo_works());
	/* And behind a running HSM, which starts another one. */
	REQUIRE(!kill(box_child_of(hsm), SIGKILL));
	while (!back && box_now_ms() < until)
		back = host_connect(&second, "mb");
	REQUIRE(back);
	host_leave(&h);
	h = second;
	REQUIRE(host_epoch(&h, ++epoch));
	echo_works();
	finish();
}

/* A host that writes anything anywhere. */
static void random_words(void)
{
	uint32_t word = CRYPTECH_MAILBOX_SIZE / 4;

	REQUIRE(begin());
	srandom(2);
	for (int round = 0; round < 300; round++) {
		for (int i = 0; i < 100; i++) {
			uint32_t at = random() % 2 ?
				random() % (0x4000 / 4) : random() % word;

			((uint32_t *)h.memory)[at] =
				random() % 2 ? random() : random() % 256;
			if (i % 10 == 0)
				submit(random() % 80, DOUBLE_ECHO_WORK, 1, 64);
		}
		REQUIRE(host_epoch(&h, ++epoch));
		if (!echo_works())
			break;
	}
	EXPECT(kill(hsm, 0) == 0);
	finish();
}

/* What the host writes into the HSM's page does not stay. */
static void page_is_restored(void)
{
	uint64_t until = box_now_ms() + BOX_DEADLINE_MS;

	REQUIRE(begin());
	memset(h.hsm, 0xa5, sizeof(*h.hsm));
	while ((h.hsm->magic != CRYPTECH_MAILBOX_MAGIC || h.hsm->fault ||
		h.hsm->epoch != epoch || h.hsm->wake != 1) &&
	       box_now_ms() < until)
		usleep(1000);
	EXPECT_EQ(h.hsm->epoch, epoch);
	EXPECT_EQ(h.hsm->version, 1);
	EXPECT_EQ(h.hsm->busy[0], 0);
	echo_works();
	finish();
}

/* Whatever a failed test has left. */
static void run(void (*test)(void), const char *name)
{
	tap_run(test, name);
	box_kill_all();
	box_show_log(tap_failed);
}

#undef RUN
#define RUN(test) run(test, #test)

int main(void)
{
	box_open();
	RUN(server_speaks_ivshmem);
	RUN(eighty_calls_at_once);
	RUN(answers_overtake);
	RUN(rings_wrap_and_no_bell_is_lost);
	RUN(no_interrupt_unless_asked);
	RUN(heart_beats);
	RUN(faults);
	RUN(fault_of_a_busy_slot);
	RUN(longest_and_shortest_request);
	RUN(replies_do_not_stay);
	RUN(epoch_needs_a_blank_ring);
	RUN(new_epoch_voids_calls);
	RUN(epoch_waits_for_a_free_bank);
	RUN(restart_behind_a_host);
	RUN(host_leaves_and_comes_back);
	RUN(host_may_be_there_first);
	RUN(one_of_each_at_a_time);
	RUN(keeper_ends_with_the_last);
	RUN(keeper_killed);
	RUN(random_words);
	RUN(page_is_restored);
	box_close();
	return tap_done();
}
