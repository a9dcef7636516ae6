// SPDX-License-Identifier: MIT
/*
 * fakehsm misbehaves as it says: a test that relies on it would otherwise pass
 * for the wrong reason. And the command line of the real one.
 */
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim_box.h"
#include "tap.h"

static struct host h;
static pid_t fake;
static uint64_t calls;

static uint64_t submit(uint32_t slot, uint32_t function, uint32_t argument)
{
	const uint8_t word[] = {
		argument >> 24, argument >> 16, argument >> 8, argument
	};
	uint8_t request[16];

	host_submit(&h, slot, ++calls, request,
		    make_request(request, function, 1, word, sizeof(word)));
	return calls;
}

static bool attach(uint32_t epoch)
{
	struct completion c;
	uint64_t call;

	if (!EXPECT(host_epoch(&h, epoch)))
		return false;
	call = submit(0, CRYPTECH_RPC_ATTACH, CRYPTECH_ATTACH_VERSION);
	return EXPECT(host_wait(&h, &c)) && EXPECT_EQ(c.call, call) &&
	       EXPECT_EQ(c.length, 12 + 4 + 20 + 12) &&
	       EXPECT_EQ(word_at(host_reply(&h, 0), 8), 0);
}

static bool begin(const char *option, const char *value)
{
	int status;

	fake = box_start(&status, "fakehsm", "--mailbox", "mb", option, value);
	return fake && host_connect(&h, "mb") && attach(1);
}

static void finish(void)
{
	host_leave(&h);
	box_end(fake, SIGKILL);
	while (waitpid(-1, NULL, 0) > 0)
		;
}

/* A call that can only be answered after all that came before it. */
static void barrier(void)
{
	struct completion c;
	uint64_t call = submit(79, CRYPTECH_RPC_IS_LOGGED_IN, 1);

	EXPECT(host_wait(&h, &c) && c.call == call && c.slot == 79);
}

static void well(void)
{
	struct completion c;

	REQUIRE(begin(NULL, NULL));
	for (uint32_t len = 0; len < 300; len += 37) {
		submit(3, CRYPTECH_RPC_GET_RANDOM, len);
		EXPECT(host_wait(&h, &c) && c.slot == 3);
		EXPECT_EQ(c.length, 16 + (len + 3) / 4 * 4);
		EXPECT_EQ(word_at(host_reply(&h, 3), 12), len);
		EXPECT(!len || host_reply(&h, 3)[16] == (uint8_t)len);
	}
	submit(4, CRYPTECH_RPC_KEY_GENERATE, 0);
	EXPECT(host_wait(&h, &c) && c.length == 12);
	EXPECT_EQ(word_at(host_reply(&h, 4), 8), CRYPTECH_ERR_NOT_IMPLEMENTED);
	finish();
}

static void reverse(void)
{
	struct completion c;

	REQUIRE(begin("--reverse", "64"));
	for (int i = 0; i < 63; i++)
		submit(i, CRYPTECH_RPC_GET_RANDOM, 4 * i);
	barrier();
	EXPECT(!host_poll(&h, &c));
	submit(63, CRYPTECH_RPC_GET_RANDOM, 4 * 63);
	for (uint32_t i = 63; i < 64; i--) {
		EXPECT(host_wait(&h, &c) && c.slot == i);
		EXPECT_EQ(c.length, 16 + 4 * i);
	}
	finish();
}

static void mute(void)
{
	uint64_t beats, until = box_now_ms() + BOX_DEADLINE_MS;
	struct completion c;

	REQUIRE(begin("--mute", NULL));
	submit(5, CRYPTECH_RPC_GET_RANDOM, 8);
	barrier();
	EXPECT(!host_poll(&h, &c));
	EXPECT_EQ(h.hsm->busy[0], 1 << 5);
	beats = h.hsm->heartbeat;
	while (h.hsm->heartbeat < beats + 2 && box_now_ms() < until)
		usleep(1000);
	EXPECT(h.hsm->heartbeat >= beats + 2);
	REQUIRE(attach(2));	/* the held call is in nobody's way */
	finish();
}

static void stop_heart(void)
{
	uint64_t until, beats;

	REQUIRE(begin("--stop-heart", NULL));
	barrier();
	beats = h.hsm->heartbeat;
	until = box_now_ms() + 2 * CRYPTECH_MAILBOX_BEAT_MS;
	while (box_now_ms() < until)
		usleep(1000);
	EXPECT(h.hsm->heartbeat == beats);
	finish();
}

static void late(void)
{
	struct completion c;
	uint64_t old, call;

	REQUIRE(begin("--late", NULL));
	old = submit(6, CRYPTECH_RPC_GET_RANDOM, 8);
	barrier();
	REQUIRE(host_epoch(&h, 2));
	call = submit(0, CRYPTECH_RPC_ATTACH, CRYPTECH_ATTACH_VERSION);
	EXPECT(host_wait(&h, &c) && c.call == old && c.slot == 6);
	EXPECT(host_wait(&h, &c) && c.call == call && c.slot == 0);
	submit(6, CRYPTECH_RPC_GET_RANDOM, 8);
	EXPECT(host_wait(&h, &c) && c.length == 24);
	finish();
}

static void expect_lie(const char *what, struct completion wanted)
{
	struct completion c = { 0, 0, 0 };

	REQUIRE(begin("--lie", what));
	submit(9, CRYPTECH_RPC_GET_RANDOM, 8);
	REQUIRE(host_wait(&h, &c));
	EXPECT_EQ(c.call, calls + wanted.call);
	EXPECT_EQ(c.slot, wanted.slot);
	EXPECT_EQ(c.length, wanted.length);
	finish();
}

static void lies(void)
{
	struct cryptech_mailbox_entry *e;

	expect_lie("length", (struct completion){ 0, 9, 16385 });
	expect_lie("slot", (struct completion){ 0, 80, 24 });
	expect_lie("call", (struct completion){ 1, 9, 24 });

	REQUIRE(begin("--lie", "seq"));
	h.page->wake = 1;
	submit(9, CRYPTECH_RPC_GET_RANDOM, 8);
	EXPECT(host_wait_bell(&h, 0));
	e = &h.completions[2];
	EXPECT_EQ(e->seq, 3);
	finish();
}

static void flips(void)
{
	uint64_t until = box_now_ms() + BOX_DEADLINE_MS;
	uint32_t epoch = 1;
	size_t changed = 0;
	uint8_t *before = malloc(CRYPTECH_MAILBOX_SIZE);
	const size_t sector = 4096;

	REQUIRE(before && begin("--flip", "1"));
	memcpy(before, h.memory, CRYPTECH_MAILBOX_SIZE);
	while (changed < 4 && box_now_ms() < until) {
		changed = 0;
		for (size_t i = 0; i < CRYPTECH_MAILBOX_SIZE; i += sector)
			changed += !!memcmp(h.memory + i, before + i, sector);
	}
	EXPECT(changed >= 4);
	/* It comes to an end, and then all is well. */
	while (box_now_ms() < until) {
		struct completion c;

		host_ask_epoch(&h, ++epoch);
		for (int i = 0; i < 1000 && h.hsm->epoch != epoch; i++)
			usleep(1000);
		submit(1, CRYPTECH_RPC_GET_RANDOM, 4);
		for (int i = 0; i < 100 && !host_poll(&h, &c); i++)
			usleep(1000);
		if (h.completed && c.call == calls && c.length == 20 &&
		    h.hsm->epoch == epoch)
			break;
	}
	EXPECT(box_now_ms() < until);
	free(before);
	finish();
}

static void expect_status(int wanted, const char *a, const char *b,
			  const char *c)
{
	int status = 0;

	EXPECT(!box_start(&status, "sim_double", a, b, c));
	if (!EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == wanted))
		printf("# of %s %s %s\n", a, b ?: "", c ?: "");
}

static void command_line(void)
{
	expect_status(0, "--help", NULL, NULL);
	expect_status(0, "-h", NULL, NULL);
	expect_status(0, "--version", NULL, NULL);
	expect_status(2, NULL, NULL, NULL);
	expect_status(2, "--state", NULL, NULL);
	expect_status(2, "--state", "state", NULL);
	expect_status(2, "--socket", "s", NULL);
	expect_status(2, "--state=state", "--socket=s", "extra");
	expect_status(2, "--state=state", "--socket=s", "--durability=x");
	expect_status(2, "--state=state", "--socket=s", "--unknown");
	expect_status(1, "--state=no/such/state", "--socket=s", NULL);
	expect_status(1, "--state=state", "--socket=no/such/s", NULL);
	expect_status(1, "--state=state", "--mailbox=no/such/mb", NULL);
	expect_status(1, "--state=state", "--socket=s", "--anchor=no/such/a");
	EXPECT(access("s", F_OK) != 0);
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
	RUN(well);
	RUN(reverse);
	RUN(mute);
	RUN(stop_heart);
	RUN(late);
	RUN(lies);
	RUN(flips);
	RUN(command_line);
	box_close();
	return tap_done();
}
