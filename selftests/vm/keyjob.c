// SPDX-License-Identifier: GPL-2.0
/*
 * Keys while the HSM does not answer: `new` becomes a job, `use` gives up,
 * nothing waits for ever, and what came to nothing leaves nothing behind.
 */
#include <signal.h>
#include <sys/syscall.h>
#include <time.h>

#include "keys.h"

#define PATIENCE	20	/* seconds; add_key() promises 2 */

static int watch;

static int is_making(key_serial_t key)
{
	return strstr(described(key), " making ") != NULL;
}

static void wait_for_job(key_serial_t key)
{
	int tries = 3000;

	while (is_making(key) && --tries)
		usleep(20000);
}

static void log_in(void)
{
	close(watch);
	run("until cryptech status -d 0 >/dev/null 2>&1; do usleep 20000; done");
	watch = hsm_open(0);
	errno = hsm_pin(watch, CRYPTECH_IOC_KERNEL_LOGIN, CRYPTECH_USER_NORMAL,
			USER_PIN);
	if (errno)
		give_up("kernel login");
}

static long timed_add(const char *payload, long *seconds)
{
	struct timespec from, to;
	long key;

	clock_gettime(CLOCK_MONOTONIC, &from);
	key = add("cryptech", payload, KEY_SPEC_PROCESS_KEYRING, "%s", payload);
	clock_gettime(CLOCK_MONOTONIC, &to);
	*seconds = to.tv_sec - from.tv_sec;
	return key;
}

static void test_job(const char *payload)
{
	struct keyctl_pkey_query query;
	char text[64];
	long key, seconds;

	hsm("stop");
	key = timed_add(payload, &seconds);
	point(key > 0 && seconds < PATIENCE, "%s gives a key in time", payload);
	point(is_making(key), "%s: /proc/keys says that it is being made",
	      payload);
	point_is(keyctl_pkey_query(key, "enc=x962", &query) ? errno : 0, EAGAIN,
		 "%s: query: not yet", payload);
	point_is(key_signs(key), EAGAIN, "%s: sign: not yet", payload);
	point(keyctl_read(key, text, sizeof(text)) == 40 &&
	      !memcmp(text, "use ", 4), "%s has its UUID already", payload);
	hsm("cont");
	wait_for_job(key);
	point_is(key_signs(key), 0, "%s: then it signs", payload);
	keyctl_clear(KEY_SPEC_PROCESS_KEYRING);
}

static void test_unlinked_job(void)
{
	long key, seconds;

	hsm("stop");
	key = timed_add("new ec-p256 volatile", &seconds);
	point(is_making(key), "a volatile key is being made");
	keyctl_clear(KEY_SPEC_PROCESS_KEYRING);
	hsm("cont");
	point_is(wait_for_status(watch, CRYPTECH_STATUS_KEYS_VOLATILE, 0), 0,
		 "unlinked meanwhile, it is deleted when it is made");
}

static void test_use(const char *uuid)
{
	char payload[64];
	long seconds;

	snprintf(payload, sizeof(payload), "use %s", uuid);
	hsm("stop");
	point_is(timed_add(payload, &seconds), -ETIMEDOUT, "use gives up");
	point(seconds < PATIENCE, "in time");
	hsm("cont");
	point(timed_add(payload, &seconds) > 0, "and works later");
	keyctl_clear(KEY_SPEC_PROCESS_KEYRING);
}

/* --- signals ------------------------------------------------------------- */

static void on_signal(int number)
{
	(void)number;
}

static void test_killed_add(void)
{
	unsigned long long had = hsm_status(watch, CRYPTECH_STATUS_KEYS_TOKEN);
	int status;
	pid_t pid;

	hsm("stop");
	fflush(stdout);
	pid = fork();
	if (!pid) {
		add("cryptech", "killed", KEY_SPEC_PROCESS_KEYRING,
		    "new ec-p256");
		_exit(0);
	}
	wait_until_it_waits(pid, SYS_add_key, 0);
	kill(pid, SIGKILL);
	point(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status),
	      "add_key() is killed while the HSM stands still");
	hsm("cont");
	/* the HSM answers in order of cost only, so ask until it is so */
	point_is(wait_for_status(watch, CRYPTECH_STATUS_KEYS_TOKEN, had), had,
		 "and leaves no key");
}

static void test_interrupted_sign(key_serial_t key)
{
	struct sigaction action = { .sa_handler = on_signal };
	unsigned long long calls;
	int status;
	pid_t pid;

	sigaction(SIGUSR1, &action, NULL);
	calls = hsm_status(watch, CRYPTECH_STATUS_CALLS);
	hsm("stop");
	fflush(stdout);
	pid = fork();
	if (!pid)
		_exit(key_signs(key));
	wait_until_it_waits(pid, SYS_keyctl, KEYCTL_PKEY_SIGN);
	kill(pid, SIGUSR1);
	hsm("cont");
	waitpid(pid, &status, 0);
	point(WIFEXITED(status) && !WEXITSTATUS(status),
	      "a signal does not end pkey_sign");
	calls = hsm_status(watch, CRYPTECH_STATUS_CALLS) - calls;
	point_is(calls, 2, "and there was one signature (and STATUS)");
}

static void test_killed_sign(key_serial_t key)
{
	int status;
	pid_t pid;

	hsm("stop");
	fflush(stdout);
	pid = fork();
	if (!pid)
		_exit(key_signs(key));
	wait_until_it_waits(pid, SYS_keyctl, KEYCTL_PKEY_SIGN);
	kill(pid, SIGKILL);
	point(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status),
	      "pkey_sign is killed while the HSM stands still");
	hsm("cont");
	point_is(key_signs(key), 0, "and the key works later");
}

/* --- the HSM dies -------------------------------------------------------- */

static void test_death(const char *payload)
{
	unsigned long long had = hsm_status(watch, CRYPTECH_STATUS_KEYS_TOKEN);
	long key, seconds;

	hsm("stop");
	key = timed_add(payload, &seconds);
	point(is_making(key), "%s is being made", payload);
	hsm("kill9");
	hsm("start");
	wait_for_job(key);
	point(strstr(described(key), " failed ") != NULL,
	      "%s: the HSM dies, and /proc/keys says so", payload);
	point_is(key_signs(key), EREMOTEIO, "%s: sign: it failed", payload);
	log_in();
	point_is(wait_for_status(watch, CRYPTECH_STATUS_KEYS_TOKEN, had), had,
		 "%s: no key is left in flash", payload);
	point_is(hsm_status(watch, CRYPTECH_STATUS_KEYS_VOLATILE), 0,
		 "%s: none in memory", payload);
	point_is(key_signs(key), EREMOTEIO, "%s: it stays failed", payload);
	keyctl_clear(KEY_SPEC_PROCESS_KEYRING);
}

/* Keys pin the module, and only keys. */
static void test_module(void)
{
	long key, seconds;

	close(watch);
	key = timed_add("new ec-p256", &seconds);
	point(key > 0 && system("rmmod cryptech_pci && rmmod cryptech 2>/dev/null"),
	      "the module cannot go while there is a key");
	point_is(key_signs(key), ENODEV, "a key whose device has gone");
	run("modprobe cryptech_pci");
	watch = -1;
	log_in();
	point_is(key_signs(key), 0, "works again when it is back");
	keyctl_clear(KEY_SPEC_PROCESS_KEYRING);
	close(watch);
	run("rmmod cryptech_pci");
	point_is(system("i=0; until rmmod cryptech 2>/dev/null; do usleep 20000; i=$((i+1)); [ $i -lt 500 ] || exit 1; done"),
		 0, "without keys the module can go");
}

int main(void)
{
	unsigned char uuid[16];
	char text[UUID_TEXT], use[64];
	key_serial_t key;
	int session;

	ksft_print_header();
	run("hsm-ready");
	watch = hsm_open(0);
	session = hsm_session(0, CRYPTECH_USER_NORMAL, USER_PIN);
	hsm_generate(session, CRYPTECH_KEY_EC_P256, CRYPTECH_KEY_FLAG_TOKEN |
		     CRYPTECH_KEY_FLAG_DIGITALSIGNATURE, uuid, text);
	close(session);
	snprintf(use, sizeof(use), "use %s", text);

	test_job("new ec-p256");
	test_job("new ec-p256 volatile");
	test_unlinked_job();
	test_use(text);
	test_killed_add();
	key = add("cryptech", "signs", KEY_SPEC_SESSION_KEYRING, "%s", use);
	test_interrupted_sign(key);
	test_killed_sign(key);
	test_death("new ec-p256");
	test_death("new ec-p256 volatile");
	point_is(key_signs(key), 0, "an old key is as it was");
	keyctl_unlink(key, KEY_SPEC_SESSION_KEYRING);
	test_module();

	ksft_set_plan(ksft_test_num());
	ksft_print_cnts();
	return ksft_get_fail_cnt() ? 1 : 0;
}
