// SPDX-License-Identifier: GPL-2.0
/*
 * Who can make the HSM sign: every door, tried by everybody.
 *
 *	doors	   a raw message, an ioctl, add_key `new`, `use` and `load`, an
 *		   asymmetric key, and a key that is already there
 *	actors	   root, somebody with a descriptor that is logged in, somebody
 *		   who holds the key in a keyring, somebody who knows its UUID
 *		   and its serial number, and such a one as root of a user
 *		   namespace
 *
 * The last two never get in, and add_key() then asks nothing of the HSM.
 */
#include <sched.h>
#include <sys/prctl.h>

#include <cryptech/xdr.h>

#include "keys.h"

#define HOLDER_UID	1000
#define KNOWER_UID	1001

/* What the actors know; the descriptor only one of them has. */
static struct {
	unsigned char uuid[16];
	char text[UUID_TEXT];
	int fd;			/* logged in, or -1 */
	key_serial_t key;	/* of type cryptech */
	char sealed[2048];	/* payload of a sealed key that is gone */
} world;

/* --- doors: 0 or errno --------------------------------------------------- */

static int own_file(void)
{
	return world.fd >= 0 ? world.fd : open("/dev/cryptech0", O_RDWR);
}

static int door_ioctl(void)
{
	static const unsigned char digest[32];
	unsigned char signature[64];
	struct cryptech_ioc_sign arg = {
		.size = sizeof(arg),
		.digest = CRYPTECH_DIGEST_SHA256,
		.input = (uintptr_t)digest,
		.input_len = sizeof(digest),
		.signature = (uintptr_t)signature,
		.signature_len = sizeof(signature),
	};
	int fd = own_file();

	if (fd < 0)
		return errno;
	memcpy(arg.uuid, world.uuid, 16);
	return ioctl(fd, CRYPTECH_IOC_SIGN, &arg) ? errno : 0;
}

static int door_raw(void)
{
	static const unsigned char digest[32];
	unsigned char message[512];
	struct xdr_writer w;
	struct xdr_reader r;
	int fd = own_file();
	ssize_t len;

	if (fd < 0)
		return errno;
	xdr_writer_init(&w, message, sizeof(message));
	xdr_put_u32(&w, CRYPTECH_RPC_SIGN);
	xdr_put_u32(&w, 0);
	xdr_put_opaque(&w, world.uuid, 16);
	xdr_put_u32(&w, CRYPTECH_DIGEST_SHA256);
	xdr_put_opaque(&w, digest, sizeof(digest));
	xdr_put_u32(&w, 64);
	if (write(fd, message, xdr_written(&w)) < 0)
		return errno;
	len = read(fd, message, sizeof(message));
	if (len < 0)
		return errno;
	xdr_reader_init(&r, message, len);
	xdr_get_u32(&r);
	xdr_get_u32(&r);
	switch (xdr_get_u32(&r)) {
	case CRYPTECH_ERR_OK:
		return 0;
	case CRYPTECH_ERR_FORBIDDEN:
		return EACCES;
	default:
		return EPROTO;
	}
}

/*
 * add_key(), by one who has a descriptor with it, by others without and with
 * all that they could think of. Every answer has to be the same.
 */
static int try_add(const char *type, const char *payload)
{
	char options[3][32] = { "", " dev=0", " fd=999" };
	int i, others = 3, ret = -1;
	long key;

	if (world.fd >= 0) {
		snprintf(options[0], sizeof(options[0]), " fd=%d", world.fd);
		others = 1;
	} else if (!geteuid() && !getenv("NAMESPACE")) {
		others = 1;
	} else {
		/* a descriptor, but of something else */
		snprintf(options[1], sizeof(options[1]), " fd=%d",
			 open("/dev/null", O_RDWR));
	}
	for (i = 0; i < others; i++) {
		key = add(type, "authority", KEY_SPEC_PROCESS_KEYRING, "%s%s",
			  payload, options[i]);
		if (key < 0)
			key = -key;
		else
			key = type[0] == 'c' ? key_signs(key) : 0;
		if (ret >= 0 && ret != key)
			return ENOTRECOVERABLE;
		ret = key;
	}
	return ret;
}

static int door_new(void)
{
	return try_add("cryptech", "new ec-p256 volatile");
}

static int door_sealed(void)
{
	return try_add("cryptech", "new ec-p256 sealed");
}

static int door_load(void)
{
	return try_add("cryptech", world.sealed);
}

static int door_use(void)
{
	char payload[64];

	snprintf(payload, sizeof(payload), "use %s", world.text);
	return try_add("cryptech", payload);
}

static int door_asymmetric(void)
{
	char payload[64];

	snprintf(payload, sizeof(payload), "CHSMKEY1use %s", world.text);
	return try_add("asymmetric", payload);
}

static int door_key(void)
{
	return key_signs(world.key);
}

/* --- actors: become one, in a process of its own ------------------------- */

static void become_user(uid_t uid)
{
	if (setresgid(uid, uid, uid) || setresuid(uid, uid, uid))
		give_up("uid %u", uid);
}

static void drop_fd(void)
{
	close(world.fd);
	world.fd = -1;
}

static void become_root(void)
{
	drop_fd();
}

static void become_with_fd(void)
{
	keyctl_join_session_keyring(NULL);
	become_user(HOLDER_UID);
}

/* Keeps root's session keyring, and the key that is in it, and no more. */
static void become_holder(void)
{
	drop_fd();
	become_user(HOLDER_UID);
}

static void become_knower(void)
{
	drop_fd();
	become_user(KNOWER_UID);
	keyctl_join_session_keyring(NULL);
}

static void put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		give_up("%s", path);
	close(fd);
}

static void become_namespace_root(void)
{
	char map[32];

	become_knower();
	prctl(PR_SET_DUMPABLE, 1);
	if (unshare(CLONE_NEWUSER))
		give_up("unshare");
	snprintf(map, sizeof(map), "0 %d 1", KNOWER_UID);
	put("/proc/self/uid_map", map);
	if (geteuid())
		give_up("not root of the namespace");
	setenv("NAMESPACE", "1", 1);
}

/* --- the matrix ---------------------------------------------------------- */

enum { ROOT, WITH_FD, HOLDER, KNOWER, NAMESPACE_ROOT, ACTORS };

static const struct {
	const char *name;
	void (*become)(void);
} actors[ACTORS] = {
	[ROOT] = { "root", become_root },
	[WITH_FD] = { "a logged-in descriptor", become_with_fd },
	[HOLDER] = { "a keyring holder", become_holder },
	[KNOWER] = { "one who knows the UUID", become_knower },
	[NAMESPACE_ROOT] = { "root of a user namespace",
			     become_namespace_root },
};

/*
 * That root is EACCES at the first two is right: a file has the login that
 * was made on it, whoever root is. EACCES of the others: they cannot open it.
 */
static const struct {
	const char *name;
	int (*open)(void);
	int wanted[ACTORS];
	int silent;		/* refused before the HSM is asked */
} doors[] = {
	{ "a raw message", door_raw,
	  { EACCES, 0, EACCES, EACCES, EACCES }, 0 },
	{ "an ioctl", door_ioctl,
	  { EACCES, 0, EACCES, EACCES, EACCES }, 0 },
	{ "keyctl new", door_new, { 0, 0, EPERM, EPERM, EPERM }, 1 },
	{ "keyctl new, sealed", door_sealed,
	  { 0, 0, EPERM, EPERM, EPERM }, 1 },
	{ "keyctl load", door_load, { 0, 0, EPERM, EPERM, EPERM }, 1 },
	{ "keyctl use", door_use, { 0, 0, EPERM, EPERM, EPERM }, 1 },
	{ "an asymmetric key", door_asymmetric,
	  { 0, 0, EPERM, EPERM, EPERM }, 1 },
	{ "a key that is there", door_key,
	  { 0, EACCES, 0, EACCES, EACCES }, 1 },
};

#define DOORS (sizeof(doors) / sizeof(doors[0]))

static int try_door(unsigned int door, unsigned int actor)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		actors[actor].become();
		_exit(doors[door].open());
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		give_up("actor");
	return WEXITSTATUS(status);
}

/* Calls so far, once what others left (files that close, reaped keys) is over. */
static unsigned long long calls_at_rest(int watch)
{
	unsigned long long before, now;

	wait_for_status(watch, CRYPTECH_STATUS_KEYS_VOLATILE, 0);
	now = hsm_status(watch, CRYPTECH_STATUS_CALLS);
	do {
		before = now;
		usleep(20000);
		now = hsm_status(watch, CRYPTECH_STATUS_CALLS);
	} while (now != before + 1);
	return now;
}

static void test_matrix(int watch)
{
	unsigned int door, actor;

	for (door = 0; door < DOORS; door++) {
		for (actor = 0; actor < ACTORS; actor++) {
			unsigned long long calls = calls_at_rest(watch);
			int got = try_door(door, actor);

			calls = hsm_status(watch, CRYPTECH_STATUS_CALLS) -
				calls;
			point_is(got, doors[door].wanted[actor],
				 "%s, by %s: %s", doors[door].name,
				 actors[actor].name,
				 doors[door].wanted[actor] ? "no" : "yes");
			/* STATUS itself is one */
			if (doors[door].silent && actor >= KNOWER)
				point_is(calls, 1, "%s, by %s: the HSM is not asked",
					 doors[door].name, actors[actor].name);
		}
	}
}

/* A package that everybody knows, without the key that it is of. */
static void make_sealed(void)
{
	long key = add("cryptech", "sealed", KEY_SPEC_PROCESS_KEYRING,
		       "new ec-p256 sealed");
	long len = keyctl_read(key, world.sealed, sizeof(world.sealed) - 1);

	if (key < 0 || len < 0 || len >= (long)sizeof(world.sealed))
		give_up("new, sealed");
	keyctl_clear(KEY_SPEC_PROCESS_KEYRING);
}

/* --- descriptors --------------------------------------------------------- */

#define NEW	"new ec-p256 volatile"

static long add_by(int fd, const char *payload)
{
	return add("cryptech", "by fd", KEY_SPEC_PROCESS_KEYRING, "%s fd=%d",
		   payload, fd);
}

static void test_descriptors(void)
{
	char use[64], use_own[64], own[UUID_TEXT];
	unsigned char uuid[16];
	int user, so, wheel, none;

	snprintf(use, sizeof(use), "use %s", world.text);
	none = hsm_open(0);
	user = hsm_session(0, CRYPTECH_USER_NORMAL, USER_PIN);
	so = hsm_session(0, CRYPTECH_USER_SO, SO_PIN);
	wheel = hsm_session(0, CRYPTECH_USER_WHEEL, WHEEL_PIN);

	/* that we are root does not count once we name a descriptor */
	point_is(add_by(none, NEW), -EPERM, "fd without login: no new");
	point_is(add_by(none, use), -EPERM, "fd without login: no use");
	point_is(add_by(so, NEW), -EPERM, "security officer's fd: no new");
	point_is(add_by(so, use), -EPERM, "security officer's fd: no use");
	point(add_by(wheel, NEW) > 0, "wheel's fd: new");
	keyctl_clear(KEY_SPEC_PROCESS_KEYRING);
	point(add_by(wheel, use) > 0, "wheel's fd: use");
	keyctl_clear(KEY_SPEC_PROCESS_KEYRING);
	point(add_by(user, use) > 0, "user's fd: use");
	keyctl_clear(KEY_SPEC_PROCESS_KEYRING);
	point_is(add_by(user, "use 00000000-0000-4000-8000-000000000000"),
		 -ENOKEY, "a key that is not there");

	/* the kernel cannot use a client's own volatile key */
	hsm_generate(user, CRYPTECH_KEY_EC_P256,
		     CRYPTECH_KEY_FLAG_DIGITALSIGNATURE, uuid, own);
	snprintf(use_own, sizeof(use_own), "use %s", own);
	point_is(add_by(user, use_own), -ENOKEY, "use of a volatile key of its own");
	snprintf(use_own, sizeof(use_own), "use %s dev=7", world.text);
	point_is(add_by(user, use_own), -EINVAL, "dev= is not the one of fd=");

	hsm_logout(user, CRYPTECH_IOC_LOGOUT);
	point_is(add_by(user, use), -EPERM, "logged out: no use");
	point_is(add_by(user, NEW), -EPERM, "logged out: no new");
	point_is(add_by(STDOUT_FILENO, NEW), -EPERM, "another file");
	point_is(add_by(999, NEW), -EPERM, "no file");
	close(none);
	close(user);
	close(so);
	close(wheel);
}

/* The HSM says whether a client is logged in, not what the driver saw. */
static void test_stale_login(void)
{
	int user = hsm_session(0, CRYPTECH_USER_NORMAL, USER_PIN);
	char use[64];
	int dead;

	dead = user;
	run("hsmctl hsm 0 restart");
	run("until cryptech status -d 0 >/dev/null 2>&1; do usleep 20000; done");
	snprintf(use, sizeof(use), "use %s", world.text);
	point_is(add_by(dead, use), -ENODEV, "a file from before a restart");
	point_is(add("cryptech", "restart", KEY_SPEC_PROCESS_KEYRING, "%s", use),
		 -EACCES, "the kernel is not logged in");
	point_is(key_signs(world.key), EACCES, "a key from before: not yet");
	close(dead);
	user = hsm_open(0);
	point_is(hsm_pin(user, CRYPTECH_IOC_KERNEL_LOGIN, CRYPTECH_USER_NORMAL,
			 USER_PIN), 0, "kernel login");
	point_is(key_signs(world.key), 0, "the key from before works again");
	close(user);
}

int main(void)
{
	char use[64];
	int watch;
	long key;

	ksft_print_header();
	run("hsm-ready");
	world.fd = hsm_session(0, CRYPTECH_USER_NORMAL, USER_PIN);
	/* actors get it by fork; a session must not last longer than they */
	hsm_generate(world.fd, CRYPTECH_KEY_EC_P256,
		     CRYPTECH_KEY_FLAG_DIGITALSIGNATURE |
		     CRYPTECH_KEY_FLAG_TOKEN, world.uuid, world.text);
	keyctl_join_session_keyring(NULL);
	snprintf(use, sizeof(use), "use %s", world.text);
	key = add("cryptech", "held", KEY_SPEC_SESSION_KEYRING, "%s", use);
	if (key < 0) {
		errno = -key;
		give_up("%s", use);
	}
	world.key = key;
	make_sealed();

	watch = hsm_open(0);
	test_matrix(watch);
	test_descriptors();
	close(watch);
	close(world.fd);
	test_stale_login();

	ksft_set_plan(ksft_test_num());
	ksft_print_cnts();
	return ksft_get_fail_cnt() ? 1 : 0;
}
