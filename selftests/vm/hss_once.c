// SPDX-License-Identifier: GPL-2.0
/*
 * One request, one leaf: whatever comes between the request and its signature,
 * asking again gets it, and the key has lost exactly one. After the HSM has
 * died it may be two, and what was left of a reserved run.
 */
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>

#include "hss.h"

#define RESERVE		8
#define STORM		40	/* signatures in a storm of signals */
#define BATCH		200	/* that a child may make */
#define MANY		72	/* requests at once; the driver has 64 slots */
#define LONG_MESSAGE	60000	/* more than a call takes */

enum door { KEYCTL, IOCTL, DOORS };

static const char *const doors[] = { "keyctl", "ioctl" };

static int fd;			/* logged in as user */
static struct hss_key key, reserved;
static key_serial_t serial, reserved_serial;
static unsigned int number;	/* of the latest message, and request */

/* What children did. */
static struct shared {
	unsigned int count;	/* signatures */
	int error;
	struct signature sigs[BATCH];
} *shared;

/* --- signing by either door ------------------------------------------------ */

static int sign_with(enum door door, const struct hss_key *k, unsigned int n,
		     struct signature *sig)
{
	if (door == IOCTL)
		return hss_sign(fd, k, n, &n, sizeof(n), sig);
	return key_sign(k == &key ? serial : reserved_serial, &n, sizeof(n),
			sig);
}

static int sign(enum door door, unsigned int n, struct signature *sig)
{
	return sign_with(door, &key, n, sig);
}

static void enter(const struct hss_key *k, unsigned int n,
		  const struct signature *sig)
{
	ledger_enter(k, &n, sizeof(n), sig);
}

/* Ask for message @n again: it has to be there, and be worth one leaf. */
static void expect_one(enum door door, unsigned int n,
		       unsigned long long before, const char *what)
{
	struct signature sig;
	unsigned long long left;

	point_is(sign(door, n, &sig), 0, "%s, %s: asked again, it signs",
		 doors[door], what);
	enter(&key, n, &sig);
	left = hss_left(fd, &key);
	point_is(before - left, 1, "%s, %s: that cost one leaf", doors[door],
		 what);
}

/* A child that signs message @n, and waits for the HSM, which is stopped. */
static pid_t signing_child(enum door door, unsigned int n)
{
	pid_t pid;

	memset(shared, 0, sizeof(*shared));
	hsm("stop");
	fflush(stdout);
	pid = fork();
	if (!pid) {
		shared->error = sign(door, n, &shared->sigs[0]);
		_exit(0);
	}
	if (door == KEYCTL)
		wait_until_it_waits(pid, SYS_keyctl, KEYCTL_PKEY_SIGN);
	else
		wait_until_it_waits(pid, SYS_ioctl, 0);
	return pid;
}

/* --- signals -------------------------------------------------------------------- */

static void on_signal(int signal_number)
{
	(void)signal_number;
}

static void test_signal(enum door door)
{
	unsigned long long before = hss_left(fd, &key);
	unsigned int n = ++number;
	int i;
	pid_t pid;

	pid = signing_child(door, n);
	for (i = 0; i < 5; i++)
		kill(pid, SIGUSR1);
	hsm("cont");
	waitpid(pid, NULL, 0);
	point_is(shared->error, 0, "%s, a signal: it signs nevertheless",
		 doors[door]);
	enter(&key, n, &shared->sigs[0]);
	expect_one(door, n, before, "a signal");
}

static void test_storm(enum door door)
{
	struct itimerval storm = {
		.it_interval.tv_usec = 3000, .it_value.tv_usec = 1000,
	};
	unsigned long long before = hss_left(fd, &key);
	unsigned int first = number + 1, i;
	int wrong = 0;
	pid_t pid;

	number += STORM;
	memset(shared, 0, sizeof(*shared));
	fflush(stdout);
	pid = fork();
	if (!pid) {
		setitimer(ITIMER_REAL, &storm, NULL);
		for (i = 0; i < STORM; i++)
			shared->error |= sign(door, first + i,
					      &shared->sigs[i]);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	point_is(shared->error, 0, "%s: %u signatures in a storm of signals",
		 doors[door], STORM);
	for (i = 0; i < STORM; i++) {
		enter(&key, first + i, &shared->sigs[i]);
		wrong |= hss_verify(fd, &key, &(unsigned int){ first + i }, 4,
				    shared->sigs[i].bytes,
				    shared->sigs[i].len);
	}
	point(!wrong && before - hss_left(fd, &key) == STORM,
	      "%s: each is good and cost a leaf", doors[door]);
}

/* More requests than slots: those that wait for one are really restarted. */
struct signer {
	pthread_t thread;
	enum door door;
	unsigned int n;
	int error;
	struct signature sig;
};

static void *sign_one(void *arg)
{
	struct signer *s = arg;

	s->error = sign(s->door, s->n, &s->sig);
	return NULL;
}

static void test_queue(enum door door)
{
	unsigned long long before = hss_left(fd, &key);
	static struct signer signers[MANY];
	int i, round, wrong = 0;

	hsm("stop");
	for (i = 0; i < MANY; i++) {
		signers[i].door = door;
		signers[i].n = ++number;
		pthread_create(&signers[i].thread, NULL, sign_one, &signers[i]);
	}
	for (round = 0; round < 10; round++) {
		for (i = 0; i < MANY; i++)
			pthread_kill(signers[i].thread, SIGUSR1);
		usleep(20000);
	}
	hsm("cont");
	for (i = 0; i < MANY; i++) {
		pthread_join(signers[i].thread, NULL);
		wrong |= signers[i].error;
		enter(&key, signers[i].n, &signers[i].sig);
	}
	point_is(wrong, 0, "%s: %d requests at once, with signals", doors[door],
		 MANY);
	point_is(before - hss_left(fd, &key), MANY, "%s: a leaf each",
		 doors[door]);
}

static void test_killed(enum door door)
{
	unsigned long long before = hss_left(fd, &key);
	unsigned int n = ++number;
	int status;
	pid_t pid;

	pid = signing_child(door, n);
	kill(pid, SIGKILL);
	point(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status),
	      "%s: SIGKILL ends the wait", doors[door]);
	hsm("cont");
	expect_one(door, n, before, "SIGKILL");
}

/* --- deadlines, bad memory ---------------------------------------------------------- */

static void log_in_again(void)
{
	int watch;

	close(fd);
	run("until cryptech status -d 0 >/dev/null 2>&1; do usleep 20000; done");
	watch = hsm_open(0);
	errno = hsm_pin(watch, CRYPTECH_IOC_KERNEL_LOGIN, CRYPTECH_USER_NORMAL,
			USER_PIN);
	if (errno)
		give_up("kernel login");
	close(watch);
	fd = hsm_session(0, CRYPTECH_USER_NORMAL, USER_PIN);
}

static void set_deadline(unsigned int ms)
{
	char command[96];

	snprintf(command, sizeof(command),
		 "echo %u >/sys/module/cryptech/parameters/deadline_ms", ms);
	run(command);
}

/*
 * Let the HSM stand still until @wait has met its deadline. False if that
 * took so long, on a busy machine, that the driver gave the HSM up.
 */
static int stand_still(void (*wait)(void *), void *data)
{
	int there;

	set_deadline(2500);
	hsm("stop");
	wait(data);
	hsm("cont");
	set_deadline(10000);
	there = !hsm_key_info(fd, key.uuid);
	if (!there)
		log_in_again();
	return there;
}

struct late {
	enum door door;
	unsigned int n;
	int error;
};

static void sign_late(void *data)
{
	struct late *late = data;
	struct signature sig;

	late->error = sign(late->door, late->n, &sig);
}

static void test_deadline(enum door door)
{
	struct late late = { .door = door };
	unsigned long long before;
	int tries = 5;

	do {
		before = hss_left(fd, &key);
		late.n = ++number;
	} while (!stand_still(sign_late, &late) && --tries);
	point_is(late.error, ETIMEDOUT, "%s: the deadline passes", doors[door]);
	expect_one(door, late.n, before, "the deadline");
}

static void test_bad_memory(void)
{
	unsigned long long before = hss_left(fd, &key);
	unsigned int n = ++number;

	point(keyctl_pkey_sign(serial, "", &n, sizeof(n), NULL, key.size) < 0 &&
	      errno == EFAULT, "keyctl: nowhere to put the signature");
	expect_one(KEYCTL, n, before, "bad memory");
}

/* --- the HSM dies ----------------------------------------------------------------------- */

static void test_death(enum door door)
{
	unsigned long long before = hss_left(fd, &key), left;
	unsigned int n = ++number;
	struct signature sig;
	pid_t pid;

	pid = signing_child(door, n);
	hsm("kill9");
	waitpid(pid, NULL, 0);
	hsm("start");
	point_is(shared->error, EREMOTEIO, "%s: the HSM dies before it signs",
		 doors[door]);
	log_in_again();
	point_is(sign(door, n, &sig), 0, "%s: asked again, it signs",
		 doors[door]);
	enter(&key, n, &sig);
	left = hss_left(fd, &key);
	point(before - left >= 1 && before - left <= 2,
	      "%s: that cost %llu, at most two", doors[door], before - left);
}

/* Kill it while a child signs as fast as it can. */
static void test_sudden_death(enum door door, const struct hss_key *k,
			      unsigned int reserve)
{
	unsigned long long before = hss_left(fd, k), left;
	unsigned int first = number + 1, i;
	struct signature sig;
	int tries = 5000;
	pid_t pid;

	number += BATCH;
	memset(shared, 0, sizeof(*shared));
	fflush(stdout);
	pid = fork();
	if (!pid) {
		for (i = 0; i < BATCH && !shared->error; i++) {
			shared->error = sign_with(door, k, first + i,
						  &shared->sigs[i]);
			shared->count += !shared->error;
		}
		_exit(0);
	}
	while (!*(volatile unsigned int *)&shared->count && --tries)
		usleep(1000);
	hsm("kill9");
	waitpid(pid, NULL, 0);
	hsm("start");
	log_in_again();
	for (i = 0; i < shared->count; i++)
		enter(k, first + i, &shared->sigs[i]);
	if (i == BATCH)
		i--;
	else	/* for the rest nobody could tell any more */
		point(shared->error == EREMOTEIO || shared->error == ENODEV,
		      "%s: after %u signatures the HSM dies: error %d",
		      doors[door], i, shared->error);
	point_is(sign_with(door, k, first + i, &sig), 0,
		 "%s: asked again, it signs", doors[door]);
	enter(k, first + i, &sig);
	left = hss_left(fd, k);
	point(before - left >= shared->count &&
	      before - left <= shared->count + 2 + reserve - 1,
	      "%s: %u signatures and the one cost %llu", doors[door],
	      shared->count, before - left);
}

/* --- streams that nobody ends --------------------------------------------------------------- */

static unsigned char message[LONG_MESSAGE];

static int sign_long(unsigned int n, struct signature *sig)
{
	memcpy(message, &n, sizeof(n));
	return key_sign(serial, message, sizeof(message), sig);
}

static void *sign_long_one(void *arg)
{
	unsigned char bytes[LONG_MESSAGE] = { 0 };
	unsigned int n = (intptr_t)arg;
	struct signature sig;

	memcpy(bytes, &n, sizeof(n));
	return (void *)(intptr_t)key_sign(serial, bytes, sizeof(bytes), &sig);
}

static void open_late(void *data)
{
	pthread_t threads[2];
	int i, *wrong = data;
	void *error;

	*wrong = 0;
	for (i = 0; i < 2; i++)
		pthread_create(&threads[i], NULL, sign_long_one,
			       (void *)(intptr_t)++number);
	for (i = 0; i < 2; i++) {
		pthread_join(threads[i], &error);
		*wrong |= (intptr_t)error != ETIMEDOUT;
	}
}

/* The kernel's client has two streams: none may stay behind. */
static void test_lost_streams(void)
{
	struct signature sig;
	int i, tries = 5, wrong;
	pid_t pid;

	for (i = 0; i < 5; i++) {
		fflush(stdout);
		pid = fork();
		if (!pid)
			for (;;)
				sign_long(++number, &sig);
		usleep(20000 + 5000 * i);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
	number += 10000;
	point_is(sign_long(++number, &sig), 0,
		 "streams whose owners were killed are closed");
	ledger_enter(&key, message, sizeof(message), &sig);
	point_is(key_verify(serial, message, sizeof(message), sig.bytes,
			    sig.len), 0, "and long messages verify");

	while (!stand_still(open_late, &wrong) && --tries)
		;
	point(!wrong, "two streams are opened too late");
	point_is(sign_long(++number, &sig), 0, "they are closed, too");
	ledger_enter(&key, message, sizeof(message), &sig);
}

int main(void)
{
	struct sigaction action = {
		.sa_handler = on_signal, .sa_flags = SA_RESTART,
	};
	enum door door;

	ksft_print_header();
	run("hsm-ready");
	fd = hsm_session(0, CRYPTECH_USER_NORMAL, USER_PIN);
	sigaction(SIGUSR1, &action, NULL);
	sigaction(SIGALRM, &action, NULL);
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		give_up("mmap");
	key = hss_new(fd, "10/4", 1);
	reserved = hss_new(fd, "10/8", RESERVE);
	serial = use_key(&key);
	reserved_serial = use_key(&reserved);

	for (door = 0; door < DOORS; door++) {
		test_signal(door);
		test_storm(door);
		test_queue(door);
		test_killed(door);
		test_deadline(door);
	}
	test_bad_memory();
	test_lost_streams();
	for (door = 0; door < DOORS; door++) {
		test_death(door);
		test_sudden_death(door, &key, 1);
		test_sudden_death(door, &reserved, RESERVE);
	}
	point_is(ledger_bad, 0, "%u leaves, none twice", ledger_count);
	close(fd);
	ksft_set_plan(ksft_test_num());
	ksft_print_cnts();
	return ksft_get_fail_cnt() ? 1 : 0;
}
