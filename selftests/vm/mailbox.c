// SPDX-License-Identifier: GPL-2.0
/*
 * What the driver makes of an HSM that is slow, dead or lying: a program,
 * fakehsm, takes the HSM's place and misbehaves. Each test waits for the
 * driver to get over it.
 */
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>

#include "kselftest_harness.h"
#include "door.h"

#define MANY	64	/* calls in flight that the driver promises */

static __attribute__((constructor)) void set_up(void)
{
	must_run("modprobe cryptech_pci");
}

/* Another HSM in its place, and wait until the driver has greeted it. */
static void replace(const char *behaviour)
{
	unsigned long before = incarnation();

	must_run("hsmctl hsm 0 replace fakehsm %s", behaviour);
	if (!eventually(incarnation() > before && is_ready()))
		die("%s: not attached", behaviour);
}

/* GET_RANDOM of @len bytes: our fake fills them with the low byte of len. */
static int64_t random_call(int fd, uint32_t len, bool *right)
{
	uint8_t reply[CRYPTECH_RPC_MESSAGE_MAX];
	const uint8_t *data;
	struct xdr_reader r = { .bad = true };
	struct message m;
	int64_t error;
	size_t n;

	xdr_put_u32(begin(&m, CRYPTECH_RPC_GET_RANDOM), len);
	error = call(fd, &m, reply, &r);
	*right = false;
	if (error)
		return error;
	data = xdr_get_opaque(&r, &n);
	*right = data && n == len;
	for (size_t i = 0; *right && i < n; i++)
		*right = data[i] == (uint8_t)len;
	return 0;
}

struct caller {
	pthread_t thread;
	uint32_t len;
	int fd;
	int64_t error;
	int64_t took_ms;
	bool right;
};

static void *random_thread(void *data)
{
	struct caller *c = data;
	int64_t start = now_ms();

	c->error = random_call(c->fd, c->len, &c->right);
	c->took_ms = now_ms() - start;
	return NULL;
}

static void start_callers(struct caller *callers, int n)
{
	for (int i = 0; i < n; i++) {
		callers[i].fd = open_ready();
		callers[i].len = i + 1;
	}
	for (int i = 0; i < n; i++)
		if (pthread_create(&callers[i].thread, NULL, random_thread,
				   &callers[i]))
			die("thread");
}

static void join_callers(struct caller *callers, int n)
{
	for (int i = 0; i < n; i++) {
		pthread_join(callers[i].thread, NULL);
		close(callers[i].fd);
	}
}

FIXTURE(mailbox) {
	unsigned long before;
};

FIXTURE_SETUP(mailbox)
{
	set_parameter("deadline_ms", 10000);
	set_parameter("long_deadline_ms", 10000);
}

FIXTURE_TEARDOWN(mailbox)
{
}

#define MAILBOX_TEST(name)	TEST_F_TIMEOUT(mailbox, name, 120)

/* How one call ends: 0 or the errno. The reply is right if it is 0. */
static int one_call(void)
{
	int fd = open_ready();
	bool right;
	int64_t error = random_call(fd, 100, &right);

	close(fd);
	return error ? -error : right ? 0 : EBADMSG;
}

MAILBOX_TEST(answers_in_reverse)
{
	struct caller callers[MANY] = {};

	replace("--reverse 64");
	for (int round = 0; round < 3; round++) {
		start_callers(callers, MANY);
		join_callers(callers, MANY);
		for (int i = 0; i < MANY; i++) {
			EXPECT_EQ(callers[i].error, 0);
			EXPECT_TRUE(callers[i].right);
		}
	}
}

/*
 * More calls than slots, to an HSM that never answers: those without a slot
 * have their deadline, too. The driver then resets the HSM by itself.
 */
MAILBOX_TEST(silence)
{
	struct caller callers[MANY + 16] = {};

	replace("--mute");
	self->before = incarnation();
	set_parameter("deadline_ms", 1000);
	start_callers(callers, MANY + 16);
	join_callers(callers, MANY + 16);
	for (int i = 0; i < MANY + 16; i++) {
		EXPECT_EQ(callers[i].error, -ETIMEDOUT);
		EXPECT_FALSE(callers[i].right);
		EXPECT_GE(callers[i].took_ms, 900);
		EXPECT_LT(callers[i].took_ms, 10000);
	}
	EXPECT_TRUE(eventually(incarnation() > self->before && is_ready()));
	replace("");
	EXPECT_EQ(one_call(), 0);
}

/* The heart stands still: nobody waits for his deadline. */
MAILBOX_TEST(dead_heart)
{
	struct caller callers[4] = {};

	set_parameter("deadline_ms", 60000);
	replace("--stop-heart");
	start_callers(callers, 4);
	join_callers(callers, 4);
	for (int i = 0; i < 4; i++) {
		EXPECT_EQ(callers[i].error, -EREMOTEIO);
		EXPECT_LT(callers[i].took_ms, 20000);
	}
	EXPECT_TRUE(eventually(!is_ready()));
	EXPECT_EQ(open(NODE, O_RDWR), -1);
	EXPECT_EQ(errno, ENODEV);
	replace("");
	EXPECT_EQ(one_call(), 0);
}

static void lie(struct __test_metadata *_metadata, const char *behaviour)
{
	unsigned long before;

	replace(behaviour);
	for (int i = 0; i < 3; i++) {
		before = incarnation();
		EXPECT_EQ(one_call(), EREMOTEIO);
		/* the driver starts anew by itself */
		EXPECT_TRUE(eventually(incarnation() > before && is_ready()));
	}
	replace("");
	EXPECT_EQ(one_call(), 0);
}

MAILBOX_TEST(lie_about_length) { lie(_metadata, "--lie length"); }
MAILBOX_TEST(lie_about_slot) { lie(_metadata, "--lie slot"); }
MAILBOX_TEST(lie_about_call) { lie(_metadata, "--lie call"); }
MAILBOX_TEST(lie_about_seq) { lie(_metadata, "--lie seq"); }

/* Answers to calls of the epoch before are a fault, and answer nothing. */
MAILBOX_TEST(answers_from_the_past)
{
	replace("--late");
	self->before = incarnation();
	set_parameter("deadline_ms", 500);
	EXPECT_EQ(one_call(), ETIMEDOUT);
	EXPECT_TRUE(eventually(incarnation() > self->before && is_ready()));
	EXPECT_TRUE(eventually(one_call() == 0));
}

/*
 * Any number of calls that take long, and the HSM at none of them: others are
 * answered (our fake answers IS_LOGGED_IN whatever else it does).
 */
MAILBOX_TEST(long_calls_hold_up_nobody)
{
	int fds[100], fd;
	struct message m;
	int64_t start;

	set_parameter("long_deadline_ms", 60000);
	replace("--mute");
	for (int i = 0; i < 100; i++) {
		fds[i] = open_ready();
		begin(&m, CRYPTECH_RPC_KEY_GENERATE);
		ASSERT_GT(send_message(fds[i], &m), 0);
	}
	fd = open_ready();
	start = now_ms();
	for (int i = 0; i < 100; i++) {
		xdr_put_u32(begin(&m, CRYPTECH_RPC_IS_LOGGED_IN), 1);
		ASSERT_EQ(simple_call(fd, &m), 0);
	}
	EXPECT_LT(now_ms() - start, 5000);
	close(fd);
	for (int i = 0; i < 100; i++)
		close(fds[i]);
	replace("");
	EXPECT_EQ(one_call(), 0);
}

/* --- signals --------------------------------------------------------------- */

static void on_signal(int number)
{
	(void)number;
}

/* In a child: an ioctl that waits; its errno is the exit status. */
static pid_t start_ioctl(int fd)
{
	struct sigaction action = { .sa_handler = on_signal };
	uint8_t data[16];
	struct cryptech_ioc_random random = {
		.size = sizeof(random), .length = sizeof(data),
		.data = (uintptr_t)data,
	};
	pid_t pid;

	sigaction(SIGUSR1, &action, NULL);	/* no SA_RESTART */
	pid = fork();
	if (!pid)
		_exit(ioctl(fd, CRYPTECH_IOC_RANDOM, &random) ? errno : 0);
	return pid;
}

/* Signal again and again until it has ended. */
static int signal_until_end(pid_t pid)
{
	int status = -1;

	if (!eventually(kill(pid, SIGUSR1) ||
			waitpid(pid, &status, WNOHANG) == pid))
		die("it does not end");
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static bool is_in_ioctl(pid_t pid)
{
	char path[64], text[16] = "";
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/syscall", pid);
	f = fopen(path, "r");
	if (!f)
		return false;
	if (!fgets(text, sizeof(text), f))
		text[0] = 0;
	fclose(f);
	return !strncmp(text, "16 ", 3);
}

/* Before it has a slot a call can be interrupted: it did not happen. */
MAILBOX_TEST(signals_before_submission)
{
	int fds[MANY], fd;
	struct message m;
	int64_t start;

	replace("--mute");
	xdr_put_u32(begin(&m, CRYPTECH_RPC_GET_RANDOM), 1);
	for (int i = 0; i < MANY; i++) {
		fds[i] = open_ready();
		ASSERT_GT(send_message(fds[i], &m), 0);
	}
	fd = open_ready();
	start = now_ms();
	EXPECT_EQ(signal_until_end(start_ioctl(fd)), EINTR);
	EXPECT_LT(now_ms() - start, 5000);
	close(fd);
	for (int i = 0; i < MANY; i++)
		close(fds[i]);
	replace("");
	EXPECT_EQ(one_call(), 0);
}

/* After that only death ends the wait early. */
MAILBOX_TEST(signals_after_submission)
{
	int fd, status;
	pid_t pid;

	replace("--mute");
	set_parameter("deadline_ms", 3000);
	fd = open_ready();
	EXPECT_EQ(signal_until_end(start_ioctl(fd)), ETIMEDOUT);
	close(fd);

	set_parameter("deadline_ms", 60000);
	replace("--mute");
	fd = open_ready();
	pid = start_ioctl(fd);
	ASSERT_TRUE(eventually(is_in_ioctl(pid)));
	kill(pid, SIGKILL);
	ASSERT_EQ(waitpid(pid, &status, 0), pid);
	EXPECT_TRUE(WIFSIGNALED(status));
	close(fd);
	replace("");
	EXPECT_EQ(one_call(), 0);
}

TEST_HARNESS_MAIN
