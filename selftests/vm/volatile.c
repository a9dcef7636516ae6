// SPDX-License-Identifier: GPL-2.0
/*
 * What `new` made and nobody can name any more is deleted in the HSM: volatile
 * keys with their name in the keyring, whatever ends that, and every key that
 * add_key() then could not place. Counted by the HSM itself.
 */
#include "keys.h"

#define UID	1000

static int watch;

static unsigned long long volatiles(void)
{
	return hsm_status(watch, CRYPTECH_STATUS_KEYS_VOLATILE);
}

static unsigned long long tokens(void)
{
	return hsm_status(watch, CRYPTECH_STATUS_KEYS_TOKEN);
}

static void expect_volatiles(unsigned long long wanted, const char *what)
{
	point_is(wait_for_status(watch, CRYPTECH_STATUS_KEYS_VOLATILE, wanted),
		 wanted, "%s", what);
}

static key_serial_t new_volatile(const char *name, key_serial_t ring)
{
	long key = add("cryptech", name, ring, "new ec-p256 volatile");

	if (key < 0) {
		errno = -key;
		give_up("new volatile");
	}
	return key;
}

static key_serial_t new_ring(const char *name)
{
	key_serial_t ring = add_key("keyring", name, NULL, 0,
				    KEY_SPEC_PROCESS_KEYRING);

	if (ring < 0)
		give_up("keyring");
	return ring;
}

/* --- the ends of a volatile key ------------------------------------------ */

enum end { UNLINK, REVOKE, INVALIDATE, TIMEOUT, CLEAR, END_OF_RING, ENDS };

static const char *const end_names[ENDS] = {
	"unlink", "revoke", "invalidate", "timeout", "clear",
	"the end of its keyring",
};

static void end_key(enum end end, key_serial_t key, key_serial_t ring)
{
	long ret = -1;

	switch (end) {
	case UNLINK:
		ret = keyctl_unlink(key, ring);
		break;
	case REVOKE:
		ret = keyctl_revoke(key);
		break;
	case INVALIDATE:
		ret = keyctl_invalidate(key);
		break;
	case TIMEOUT:
		ret = keyctl_set_timeout(key, 1);
		break;
	case CLEAR:
		ret = keyctl_clear(ring);
		break;
	case END_OF_RING:
		ret = keyctl_unlink(ring, KEY_SPEC_PROCESS_KEYRING);
		break;
	case ENDS:
		break;
	}
	if (ret)
		give_up("%s", end_names[end]);
}

static void test_ends(void)
{
	key_serial_t ring, key;
	enum end end;

	run("echo 1 >/proc/sys/kernel/keys/gc_delay");
	for (end = 0; end < ENDS; end++) {
		ring = new_ring(end_names[end]);
		key = new_volatile("volatile", ring);
		point(volatiles() == 1 && !key_signs(key),
		      "a volatile key before %s", end_names[end]);
		end_key(end, key, ring);
		expect_volatiles(0, end_names[end]);
		keyctl_clear(KEY_SPEC_PROCESS_KEYRING);
	}
}

static void test_end_of_process(void)
{
	pid_t pid = fork();

	if (!pid) {
		new_volatile("mine", KEY_SPEC_PROCESS_KEYRING);
		new_volatile("too", KEY_SPEC_THREAD_KEYRING);
		_exit(volatiles() == 2 ? 0 : 1);
	}
	point(waitpid(pid, NULL, 0) == pid, "a process with volatile keys ends");
	expect_volatiles(0, "the end of the process");
}

/* A name by `use` is not what the key lives by. */
static void test_use(void)
{
	key_serial_t key, used;
	char payload[64];
	int len;

	key = new_volatile("first", KEY_SPEC_PROCESS_KEYRING);
	len = keyctl_read(key, payload, sizeof(payload));
	used = add_key("cryptech", "second", payload, len,
		       KEY_SPEC_PROCESS_KEYRING);
	point(used > 0 && !key_signs(used), "use of the kernel's volatile key");
	keyctl_unlink(used, KEY_SPEC_PROCESS_KEYRING);
	keyctl_invalidate(used);
	point_is(key_signs(key), 0, "unlink of that leaves the key alone");
	used = add_key("cryptech", "second", payload, len,
		       KEY_SPEC_PROCESS_KEYRING);
	keyctl_unlink(key, KEY_SPEC_PROCESS_KEYRING);
	expect_volatiles(0, "unlink of the key that was made deletes it");
	point_is(key_signs(used), ENOKEY, "then the other one has no key");
	keyctl_clear(KEY_SPEC_PROCESS_KEYRING);
}

/* --- what could not be placed -------------------------------------------- */

static const char *const kinds[] = { "new ec-p256", "new ec-p256 volatile" };

/* After @got from add_key(): the right error, and nothing is left. */
static void expect_undone(long got, int error, unsigned long long had,
			  const char *what)
{
	point_is(got, -error, "%s", what);
	point_is(wait_for_status(watch, CRYPTECH_STATUS_KEYS_TOKEN, had), had,
		 "%s: no key in flash is left", what);
	expect_volatiles(0, what);
}

static void test_existing_name(const char *payload)
{
	unsigned long long had;
	long got;

	got = add("cryptech", "there", KEY_SPEC_PROCESS_KEYRING, "new ec-p256");
	if (got < 0)
		give_up("new");
	had = tokens();
	got = add("cryptech", "there", KEY_SPEC_PROCESS_KEYRING, "%s", payload);
	expect_undone(got, EEXIST, had, "an existing name");
	keyctl_clear(KEY_SPEC_PROCESS_KEYRING);
}

static void test_restricted(const char *payload)
{
	unsigned long long had = tokens();
	key_serial_t ring = new_ring("restricted");
	long got;

	keyctl_restrict_keyring(ring, NULL, NULL);
	got = add("cryptech", "any", ring, "%s", payload);
	expect_undone(got, EPERM, had, "a restricted keyring");
	keyctl_clear(KEY_SPEC_PROCESS_KEYRING);
}

static void test_read_only(const char *payload)
{
	unsigned long long had = tokens();
	key_serial_t ring = new_ring("read-only");
	pid_t pid;
	int status;

	keyctl_setperm(ring, KEY_POS_VIEW | KEY_POS_SEARCH | KEY_USR_VIEW);
	/* checked after preparse only by instantiation; add_key asks first */
	fflush(stdout);
	pid = fork();
	if (!pid)
		_exit(-add("cryptech", "any", ring, "%s", payload));
	waitpid(pid, &status, 0);
	expect_undone(-WEXITSTATUS(status), EACCES, had,
		      "a keyring without Write");
	keyctl_clear(KEY_SPEC_PROCESS_KEYRING);
}

/* An unprivileged user at the end of his quota, with a descriptor. */
static void test_quota(const char *payload)
{
	unsigned long long had = tokens();
	int fd, i, status;
	pid_t pid;
	long got;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		fd = hsm_session(0, CRYPTECH_USER_NORMAL, USER_PIN);
		if (setresgid(UID, UID, UID) || setresuid(UID, UID, UID))
			_exit(1);
		keyctl_join_session_keyring(NULL);
		for (i = 0; i < 300; i++) {
			char name[16];

			snprintf(name, sizeof(name), "%d", i);
			if (add_key("user", name, "x", 1,
				    KEY_SPEC_SESSION_KEYRING) < 0)
				break;
		}
		got = add("cryptech", "one too many", KEY_SPEC_SESSION_KEYRING,
			  "%s fd=%d", payload, fd);
		_exit(-got);
	}
	waitpid(pid, &status, 0);
	expect_undone(-WEXITSTATUS(status), EDQUOT, had, "the quota");
}

/* --- the end of the kernel's login --------------------------------------- */

static void test_logout(void)
{
	key_serial_t key = new_volatile("short", KEY_SPEC_PROCESS_KEYRING);

	point_is(hsm_logout(watch, CRYPTECH_IOC_KERNEL_LOGOUT), 0,
		 "kernel logout");
	expect_volatiles(0, "the kernel's logout");
	point_is(key_signs(key), EACCES, "then a key is not to be used");
	point_is(hsm_pin(watch, CRYPTECH_IOC_KERNEL_LOGIN, CRYPTECH_USER_NORMAL,
			 USER_PIN), 0, "kernel login");
	point_is(key_signs(key), ENOKEY, "and the volatile key is gone");
	keyctl_clear(KEY_SPEC_PROCESS_KEYRING);
}

int main(void)
{
	unsigned int i;

	ksft_print_header();
	run("hsm-ready");
	watch = hsm_open(0);
	test_ends();
	test_end_of_process();
	test_use();
	for (i = 0; i < 2; i++) {
		test_existing_name(kinds[i]);
		test_restricted(kinds[i]);
		test_read_only(kinds[i]);
		test_quota(kinds[i]);
	}
	test_logout();
	ksft_set_plan(ksft_test_num());
	ksft_print_cnts();
	return ksft_get_fail_cnt() ? 1 : 0;
}
