// SPDX-License-Identifier: GPL-2.0
/*
 * The HSM stops, dies, comes back; the driver is unbound and unloaded: with
 * every kind of use under way. Nobody hangs, old files are dead, new ones
 * work, keys in flash stay.
 */
#include <keyutils.h>
#include <pthread.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "kselftest_harness.h"
#include "door.h"

#define PCI_DRIVER	"/sys/bus/pci/drivers/cryptech_pci/"

static uint8_t token_key[16];	/* a key in flash */

static int generate(int fd, uint32_t flags, uint8_t *uuid)
{
	struct cryptech_ioc_key_generate g = {
		.size = sizeof(g), .type = CRYPTECH_KEY_EC_P256,
		.key_flags = flags | CRYPTECH_KEY_FLAG_DIGITALSIGNATURE,
	};
	int err = ioctl(fd, CRYPTECH_IOC_KEY_GENERATE, &g) ? errno : 0;

	memcpy(uuid, g.uuid, 16);
	return err;
}

static int sign(int fd)
{
	uint8_t input[32] = "a hash", signature[64];
	struct cryptech_ioc_sign s = {
		.size = sizeof(s), .digest = CRYPTECH_DIGEST_SHA256,
		.input = (uintptr_t)input, .input_len = 32,
		.signature = (uintptr_t)signature, .signature_len = 64,
	};

	memcpy(s.uuid, token_key, 16);
	return ioctl(fd, CRYPTECH_IOC_SIGN, &s) ? errno : 0;
}

static int kernel_login(int fd)
{
	struct cryptech_ioc_pin p = {
		.size = sizeof(p), .user = CRYPTECH_USER_NORMAL,
		.pin = (uintptr_t)USER_PIN, .pin_len = strlen(USER_PIN),
	};

	return ioctl(fd, CRYPTECH_IOC_KERNEL_LOGIN, &p) ? errno : 0;
}

static bool log_in(int *fd)
{
	*fd = open_ready();
	if (!raw_login(*fd, CRYPTECH_USER_NORMAL, USER_PIN) &&
	    !kernel_login(*fd))
		return true;
	close(*fd);
	return false;
}

static __attribute__((constructor)) void set_up(void)
{
	int fd;

	load_modules();
	initialise();
	fd = open_ready();
	if (raw_login(fd, CRYPTECH_USER_NORMAL, USER_PIN) ||
	    generate(fd, CRYPTECH_KEY_FLAG_TOKEN, token_key))
		die("no key");
	close(fd);
}

FIXTURE(attach) {
	int fd;
	unsigned long before;
	key_serial_t key;
};

FIXTURE_SETUP(attach)
{
	char text[64] = "use ";

	set_parameter("deadline_ms", 10000);
	set_parameter("long_deadline_ms", 10000);
	/* a reset that the test before deserved may only come now */
	ASSERT_TRUE(eventually(log_in(&self->fd)));
	self->before = incarnation();
	for (int i = 0; i < 16; i++)
		sprintf(text + strlen(text), "%02x%s", token_key[i],
			i == 3 || i == 5 || i == 7 || i == 9 ? "-" : "");
	self->key = add_key("cryptech", "t", text, strlen(text),
			    KEY_SPEC_PROCESS_KEYRING);
	ASSERT_GE(self->key, 0);
}

FIXTURE_TEARDOWN(attach)
{
	close(self->fd);
}

#define ATTACH_TEST(name)	TEST_F_TIMEOUT(attach, name, 120)

/* This file is of the past, for ever. */
static void expect_dead(struct __test_metadata *_metadata, int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN | POLLOUT };
	struct cryptech_ioc_info i = { .size = sizeof(i) };
	struct message m;
	uint8_t byte[64];

	begin(&m, CRYPTECH_RPC_GET_VERSION);
	EXPECT_EQ(send_message(fd, &m), -1);
	EXPECT_EQ(errno, ENODEV);
	EXPECT_EQ(read(fd, byte, sizeof(byte)), -1);
	EXPECT_EQ(errno, ENODEV);
	EXPECT_EQ(ioctl(fd, CRYPTECH_IOC_INFO, &i), -1);
	EXPECT_EQ(errno, ENODEV);
	EXPECT_EQ(sign(fd), ENODEV);
	EXPECT_EQ(kernel_login(fd), ENODEV);
	EXPECT_EQ(poll(&p, 1, 0), 1);
	EXPECT_EQ(p.revents, POLLHUP | POLLERR);
}

/* There is a new incarnation, and it works with the keys of before. */
static void expect_new(struct __test_metadata *_metadata,
		       unsigned long before)
{
	int fd;

	ASSERT_TRUE(eventually(incarnation() > before && is_ready()));
	EXPECT_STREQ(sysfs("kernel_user"), "0");
	fd = open_ready();
	EXPECT_EQ(sign(fd), EACCES);
	EXPECT_EQ(raw_login(fd, CRYPTECH_USER_NORMAL, USER_PIN), 0);
	EXPECT_EQ(sign(fd), 0);
	close(fd);
}

/* --- every door at once ----------------------------------------------------- */

static int by_raw(FIXTURE_DATA(attach) *self, int fd)
{
	uint8_t reply[1024];
	struct message m;

	(void)self;
	xdr_put_u32(begin(&m, CRYPTECH_RPC_GET_RANDOM), 64);
	return send_message(fd, &m) < 0 ||
	       read(fd, reply, sizeof(reply)) < 0 ? errno : 0;
}

static int by_poll(FIXTURE_DATA(attach) *self, int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	uint8_t reply[1024];
	struct message m;

	(void)self;
	xdr_put_u32(begin(&m, CRYPTECH_RPC_GET_RANDOM), 64);
	if (send_message(fd, &m) < 0)
		return errno;
	if (poll(&p, 1, PATIENCE_MS) != 1)
		return EILSEQ;
	return read(fd, reply, sizeof(reply)) < 0 ? errno : 0;
}

static int by_sign(FIXTURE_DATA(attach) *self, int fd)
{
	(void)self;
	return sign(fd);
}

static int by_generate(FIXTURE_DATA(attach) *self, int fd)
{
	uint8_t uuid[16];

	(void)self;
	return generate(fd, 0, uuid);
}

static int by_login(FIXTURE_DATA(attach) *self, int fd)
{
	struct cryptech_ioc_pin p = {
		.size = sizeof(p), .user = CRYPTECH_USER_NORMAL,
		.pin = (uintptr_t)USER_PIN, .pin_len = strlen(USER_PIN),
	};

	(void)self;
	return ioctl(fd, CRYPTECH_IOC_LOGIN, &p) ? errno : 0;
}

static int by_kernel_login(FIXTURE_DATA(attach) *self, int fd)
{
	(void)self;
	return kernel_login(fd);
}

static int by_keyctl(FIXTURE_DATA(attach) *self, int fd)
{
	char hash[32] = "a hash", signature[64];

	(void)fd;
	return keyctl_pkey_sign(self->key, "enc=raw hash=sha256", hash, 32,
				signature, 64) < 0 ? errno : 0;
}

static int by_add_key(FIXTURE_DATA(attach) *self, int fd)
{
	static const char text[] = "new ec-p256 volatile";
	char name[16];

	(void)self;
	snprintf(name, sizeof(name), "new %d", fd);
	return add_key("cryptech", name, text, strlen(text),
		       KEY_SPEC_PROCESS_KEYRING) < 0 ? errno : 0;
}

struct use {
	const char *name;
	int (*by)(FIXTURE_DATA(attach) *self, int fd);
	FIXTURE_DATA(attach) *self;
	bool login;
	pthread_t thread;
	int fd;
	int error;
	int64_t took_ms;
};

static void *use_thread(void *data)
{
	struct use *use = data;
	int64_t start = now_ms();

	use->error = use->by(use->self, use->fd);
	use->took_ms = now_ms() - start;
	return NULL;
}

static const struct use doors[] = {
	{ .name = "raw", .by = by_raw },
	{ .name = "poll", .by = by_poll },
	{ .name = "sign", .by = by_sign, .login = true },
	{ .name = "generate", .by = by_generate, .login = true },
	{ .name = "login", .by = by_login },
	{ .name = "kernel login", .by = by_kernel_login },
	{ .name = "pkey_sign", .by = by_keyctl },
	{ .name = "add_key", .by = by_add_key },
};

#define DOORS	ARRAY_SIZE(doors)
#define USES	(2 * DOORS)

/* Start every kind of use, several times, each by a file of its own. */
static void start_uses(FIXTURE_DATA(attach) *self, struct use *uses)
{
	for (size_t i = 0; i < USES; i++) {
		uses[i] = doors[i % DOORS];
		uses[i].self = self;
		uses[i].fd = open_ready();
		if (uses[i].login && raw_login(uses[i].fd,
					       CRYPTECH_USER_NORMAL, USER_PIN))
			die("login");
	}
	must_run("hsmctl hsm 0 stop");
	for (size_t i = 0; i < USES; i++)
		if (pthread_create(&uses[i].thread, NULL, use_thread,
				   &uses[i]))
			die("thread");
}

static void join_uses(struct use *uses)
{
	for (size_t i = 0; i < USES; i++)
		pthread_join(uses[i].thread, NULL);
}

static void close_uses(struct use *uses)
{
	for (size_t i = 0; i < USES; i++)
		close(uses[i].fd);
}

/* --- the HSM stands still ---------------------------------------------------- */

/*
 * Every door returns by its deadline. Then the HSM goes on before the driver
 * has given it up: the late answers go to nobody.
 */
ATTACH_TEST(stopped_hsm)
{
	struct use uses[USES];

	set_parameter("deadline_ms", 2500);
	set_parameter("long_deadline_ms", 2500);
	start_uses(self, uses);
	join_uses(uses);
	must_run("hsmctl hsm 0 cont");
	for (size_t i = 0; i < USES; i++) {
		/* one that makes a key becomes a job instead */
		EXPECT_EQ(uses[i].error,
			  uses[i].by == by_add_key ? 0 : ETIMEDOUT)
			TH_LOG("%s", uses[i].name);
		EXPECT_LT(uses[i].took_ms, 6000)
			TH_LOG("%s", uses[i].name);
	}
	close_uses(uses);
	set_parameter("deadline_ms", 10000);
	if (incarnation() == self->before && is_ready()) {
		EXPECT_EQ(by_raw(self, self->fd), 0);
		EXPECT_EQ(sign(self->fd), 0);
	} else {
		expect_new(_metadata, self->before);
	}
}

/* The driver gives it up; when it goes on it attaches anew. */
ATTACH_TEST(hsm_given_up)
{
	struct use uses[USES];

	set_parameter("deadline_ms", 60000);
	set_parameter("long_deadline_ms", 60000);
	start_uses(self, uses);
	join_uses(uses);
	EXPECT_TRUE(eventually(!is_ready()));
	for (size_t i = 0; i < USES; i++) {
		if (uses[i].by == by_add_key)
			continue;
		EXPECT_EQ(uses[i].error, EREMOTEIO)
			TH_LOG("%s", uses[i].name);
		EXPECT_LT(uses[i].took_ms, 15000);
	}
	expect_dead(_metadata, self->fd);
	EXPECT_EQ(open(NODE, O_RDWR), -1);
	EXPECT_EQ(errno, ENODEV);
	close_uses(uses);
	must_run("hsmctl hsm 0 cont");
	expect_new(_metadata, self->before);
	expect_dead(_metadata, self->fd);
}

/* --- the HSM dies ------------------------------------------------------------ */

ATTACH_TEST(hsm_killed)
{
	struct use uses[USES];

	set_parameter("deadline_ms", 60000);
	start_uses(self, uses);
	must_run("hsmctl hsm 0 kill9");
	must_run("hsmctl hsm 0 start");
	join_uses(uses);
	for (size_t i = 0; i < USES; i++) {
		if (uses[i].by == by_add_key)
			continue;
		EXPECT_EQ(uses[i].error, EREMOTEIO)
			TH_LOG("%s", uses[i].name);
	}
	expect_new(_metadata, self->before);
	expect_dead(_metadata, self->fd);
	close_uses(uses);
}

/* The kernel has to be logged in again; then the same key works. */
ATTACH_TEST(keyring_keys_outlive_the_hsm)
{
	int fd;

	EXPECT_EQ(by_keyctl(self, -1), 0);
	must_run("hsmctl hsm 0 restart");
	expect_new(_metadata, self->before);
	EXPECT_EQ(by_keyctl(self, -1), EACCES);
	fd = open_ready();
	EXPECT_EQ(kernel_login(fd), 0);
	EXPECT_EQ(by_keyctl(self, -1), 0);
	close(fd);
}

/* --- the machine sleeps ------------------------------------------------------ */

/* As far as the devices, then it wakes again: that is what concerns us. */
ATTACH_TEST(suspended)
{
	must_run("echo 1 >/sys/module/suspend/parameters/pm_test_delay");
	must_run("echo devices >/sys/power/pm_test");
	must_run("echo freeze >/sys/power/state");
	expect_new(_metadata, self->before);
	expect_dead(_metadata, self->fd);
}

/* --- the driver goes --------------------------------------------------------- */

ATTACH_TEST(unbound)
{
	struct use uses[USES];
	char device[64];
	FILE *f;

	f = popen("basename $(readlink " SYSFS "device)", "r");
	read_line(f, "PCI device", device, sizeof(device));
	pclose(f);
	start_uses(self, uses);
	must_run("echo %s >" PCI_DRIVER "unbind", device);
	join_uses(uses);
	for (size_t i = 0; i < USES; i++) {
		if (uses[i].by == by_add_key)
			continue;
		EXPECT_TRUE(uses[i].error == EREMOTEIO ||
			    uses[i].error == ENODEV)
			TH_LOG("%s: %s", uses[i].name,
			       strerror(uses[i].error));
	}
	EXPECT_NE(access(NODE, F_OK), 0);
	expect_dead(_metadata, self->fd);
	EXPECT_EQ(by_keyctl(self, -1), ENODEV);
	must_run("hsmctl hsm 0 cont");
	must_run("echo %s >" PCI_DRIVER "bind", device);
	expect_new(_metadata, 0);
	expect_dead(_metadata, self->fd);
	close_uses(uses);
}

static int delete_module(const char *name)
{
	return syscall(SYS_delete_module, name, O_NONBLOCK) ? errno : 0;
}

/* The transport can go at any time, the core only when nobody uses it. */
ATTACH_TEST(unloaded)
{
	struct use uses[USES];
	struct message m;

	start_uses(self, uses);
	EXPECT_EQ(delete_module("cryptech"), EWOULDBLOCK);
	EXPECT_EQ(delete_module("cryptech_pci"), 0);
	join_uses(uses);
	close_uses(uses);
	expect_dead(_metadata, self->fd);
	EXPECT_EQ(delete_module("cryptech"), EWOULDBLOCK);
	must_run("hsmctl hsm 0 cont");
	must_run("modprobe cryptech_pci");
	expect_new(_metadata, 0);
	expect_dead(_metadata, self->fd);
	begin(&m, CRYPTECH_RPC_GET_VERSION);
	EXPECT_EQ(send_message(self->fd, &m), -1);
}

TEST_HARNESS_MAIN
