// SPDX-License-Identifier: GPL-2.0
/*
 * The typed door of /dev/cryptechN: the rules of the structs, the device,
 * logins. Keys: ioctl_keys.c.
 */
#include <stddef.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "kselftest_harness.h"
#include "door.h"

static __attribute__((constructor)) void set_up(void)
{
	load_modules();
	initialise();
}

FIXTURE(ioctl) {
	int fd;		/* logged in as user */
	int anyone;	/* not logged in */
};

static int pin_ioctl(int fd, unsigned long cmd, uint32_t user,
		     const char *pin, uint32_t *error)
{
	struct cryptech_ioc_pin p = {
		.size = sizeof(p), .user = user, .pin = (uintptr_t)pin,
		.pin_len = strlen(pin),
	};
	int ret = ioctl(fd, cmd, &p) ? errno : 0;

	if (error)
		*error = p.error;
	return ret;
}

FIXTURE_SETUP(ioctl)
{
	self->anyone = open_ready();
	self->fd = open_ready();
	ASSERT_EQ(pin_ioctl(self->fd, CRYPTECH_IOC_LOGIN, CRYPTECH_USER_NORMAL,
			    USER_PIN, NULL), 0);
}

FIXTURE_TEARDOWN(ioctl)
{
	close(self->fd);
	close(self->anyone);
}

/* --- structs --------------------------------------------------------------- */

static const struct {
	unsigned long cmd;
	uint32_t size;
	uint32_t flags;		/* that are known */
	uint32_t first;		/* size of the first version */
} all[] = {
#define GROWN(name, type, flags, first) \
	{ CRYPTECH_IOC_##name, sizeof(struct type), flags, first }
#define FLAGS(name, type, flags) \
	GROWN(name, type, flags, sizeof(struct type))
#define ENTRY(name, type) FLAGS(name, type, 0)
	ENTRY(INFO, cryptech_ioc_info),
	ENTRY(STATUS, cryptech_ioc_status),
	ENTRY(LOGIN, cryptech_ioc_pin),
	ENTRY(LOGOUT, cryptech_ioc_logout),
	ENTRY(SET_PIN, cryptech_ioc_pin),
	ENTRY(KERNEL_LOGIN, cryptech_ioc_pin),
	ENTRY(KERNEL_LOGOUT, cryptech_ioc_logout),
	ENTRY(RANDOM, cryptech_ioc_random),
	ENTRY(KEY_GENERATE, cryptech_ioc_key_generate),
	ENTRY(KEY_LOAD, cryptech_ioc_key_load),
	ENTRY(KEY_INFO, cryptech_ioc_key_info),
	ENTRY(KEY_PUBLIC, cryptech_ioc_key_public),
	ENTRY(KEY_DELETE, cryptech_ioc_key_delete),
	ENTRY(KEY_LIST, cryptech_ioc_key_list),
	ENTRY(KEY_SET_LABEL, cryptech_ioc_key_set_label),
	GROWN(SIGN, cryptech_ioc_sign, CRYPTECH_SIGN_ONCE, 72),
	FLAGS(VERIFY, cryptech_ioc_verify, CRYPTECH_SIGN_ONCE),
	ENTRY(KEY_LOAD_RAW, cryptech_ioc_key_load_raw),
	ENTRY(TOKEN, cryptech_ioc_token),
	ENTRY(HASHSIG_GENERATE, cryptech_ioc_hashsig_generate),
	ENTRY(HASHSIG_JOB, cryptech_ioc_hashsig_job),
	ENTRY(HASHSIG_CANCEL, cryptech_ioc_hashsig_cancel),
	ENTRY(HASHSIG_INFO, cryptech_ioc_hashsig_info),
	ENTRY(HASHSIG_ACCEPT, cryptech_ioc_hashsig_accept),
	ENTRY(ENCRYPT, cryptech_ioc_cipher),
	ENTRY(DECRYPT, cryptech_ioc_cipher),
	FLAGS(GCM_ENCRYPT, cryptech_ioc_gcm, CRYPTECH_GCM_CALLER_IV),
	ENTRY(GCM_DECRYPT, cryptech_ioc_gcm),
	ENTRY(MAC, cryptech_ioc_mac),
	ENTRY(MAC_VERIFY, cryptech_ioc_mac),
	ENTRY(MAC_UPDATE, cryptech_ioc_mac),
	ENTRY(DEVICE_IDENTITY, cryptech_ioc_device_identity),
	ENTRY(DEVICE_APPROVE, cryptech_ioc_device_approve),
	ENTRY(DEVICE_REVOKE, cryptech_ioc_device_revoke),
	ENTRY(DEVICE_LIST, cryptech_ioc_device_list),
	ENTRY(POLICY_SET, cryptech_ioc_policy_set),
	ENTRY(KEKEK_CREATE, cryptech_ioc_kekek),
	ENTRY(KEKEK_ATTEST, cryptech_ioc_kekek),
	ENTRY(KEKEK_LIST, cryptech_ioc_uuid_list),
	ENTRY(KEKEK_DELETE, cryptech_ioc_kekek_delete),
	ENTRY(TRANSFER_EXPORT, cryptech_ioc_transfer_export),
	FLAGS(TRANSFER_IMPORT, cryptech_ioc_import, CRYPTECH_IMPORT_CHECK),
	ENTRY(TRANSFER_ACK, cryptech_ioc_transfer_ack),
	ENTRY(LEGACY_EXPORT, cryptech_ioc_legacy_export),
	ENTRY(LEGACY_IMPORT, cryptech_ioc_legacy_import),
	ENTRY(RAW_EXPORT, cryptech_ioc_raw_export),
	FLAGS(RAW_IMPORT, cryptech_ioc_import, CRYPTECH_IMPORT_CHECK),
	ENTRY(PARKED_LIST, cryptech_ioc_uuid_list),
	ENTRY(FORGET, cryptech_ioc_forget),
	ENTRY(MASTER_KEY_INFO, cryptech_ioc_master_key),
	FLAGS(MASTER_KEY_GENERATE, cryptech_ioc_master_key,
	      CRYPTECH_MASTER_KEY_ERASE),
	FLAGS(MASTER_KEY_SET, cryptech_ioc_master_key,
	      CRYPTECH_MASTER_KEY_ERASE),
	ENTRY(MASTER_KEY_SHARES, cryptech_ioc_shares),
	ENTRY(RECOVERY_CREATE, cryptech_ioc_shares),
	ENTRY(RECOVERY_ARM, cryptech_ioc_recovery_arm),
};

#define EXPECT_ERRNO(wanted, expression)				       \
do {									       \
	errno = 0;							       \
	EXPECT_EQ((expression), -1);					       \
	EXPECT_EQ(errno, wanted);					       \
} while (0)

TEST_F(ioctl, sizes_and_flags)
{
	uint32_t words[128];
	uint8_t *end = mmap(NULL, 8192, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_NE(end, MAP_FAILED);
	end += 4096;
	ASSERT_EQ(mprotect(end, 4096, PROT_NONE), 0);

	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		uint32_t size = all[i].size;

		memset(words, 0, sizeof(words));
		/* too small, by any amount */
		for (uint32_t small = 0; small < all[i].first; small++) {
			words[0] = small;
			EXPECT_ERRNO(EINVAL,
				     ioctl(self->fd, all[i].cmd, words));
		}
		/* a newer caller who asks for what we do not know */
		words[0] = size + 8;
		words[size / 4] = 1;
		EXPECT_ERRNO(E2BIG, ioctl(self->fd, all[i].cmd, words));
		words[size / 4] = 0;
		words[0] = 0xffffffff;
		EXPECT_ERRNO(E2BIG, ioctl(self->fd, all[i].cmd, words));
		/* unknown flags */
		words[0] = size;
		for (int bit = 0; bit < 32; bit++) {
			words[1] = 1u << bit;
			if (words[1] & all[i].flags)
				continue;
			EXPECT_ERRNO(EINVAL,
				     ioctl(self->fd, all[i].cmd, words));
		}
		/* memory that ends inside of it, or is not there */
		words[1] = 0;
		memcpy(end - size + 4, words, size - 4);
		EXPECT_ERRNO(EFAULT, ioctl(self->fd, all[i].cmd,
					   end - size + 4));
		EXPECT_ERRNO(EFAULT, ioctl(self->fd, all[i].cmd, NULL));
	}
}

TEST_F(ioctl, unknown_numbers)
{
	uint32_t words[128] = { sizeof(words) };

	for (unsigned int nr = 0; nr < 256; nr++) {
		bool known = false;

		for (size_t i = 0; i < ARRAY_SIZE(all); i++)
			known |= _IOC_NR(all[i].cmd) == nr;
		if (!known)
			EXPECT_ERRNO(ENOTTY, ioctl(self->fd,
				_IOWR(CRYPTECH_IOC_MAGIC, nr, words), words));
	}
	EXPECT_ERRNO(ENOTTY, ioctl(self->fd,
				   _IOWR(0xC8, 0, struct cryptech_ioc_info),
				   words));
	EXPECT_ERRNO(ENOTTY, ioctl(self->fd, TCGETS, words));
}

TEST_F(ioctl, a_newer_struct_is_taken)
{
	struct {
		struct cryptech_ioc_info info;
		uint64_t more;
	} newer = { .info.size = sizeof(newer) };

	/* its number has its own size in it, too */
	ASSERT_EQ(ioctl(self->fd, _IOWR(CRYPTECH_IOC_MAGIC, 0, newer),
			&newer), 0);
	EXPECT_EQ(newer.info.abi, CRYPTECH_IOC_ABI);
	EXPECT_EQ(newer.info.size, sizeof(newer));
}

TEST_F(ioctl, reserved_fields)
{
	static const struct {
		unsigned long cmd;
		uint32_t size, reserved;
	} cases[] = {
#define RESERVED(name, type) { CRYPTECH_IOC_##name, sizeof(struct type), \
			       offsetof(struct type, reserved) }
		RESERVED(LOGIN, cryptech_ioc_pin),
		RESERVED(SET_PIN, cryptech_ioc_pin),
		RESERVED(KERNEL_LOGIN, cryptech_ioc_pin),
		RESERVED(LOGOUT, cryptech_ioc_logout),
		RESERVED(KERNEL_LOGOUT, cryptech_ioc_logout),
		RESERVED(KEY_INFO, cryptech_ioc_key_info),
		RESERVED(KEY_DELETE, cryptech_ioc_key_delete),
		RESERVED(KEY_LOAD_RAW, cryptech_ioc_key_load_raw),
		RESERVED(TOKEN, cryptech_ioc_token),
		RESERVED(DEVICE_APPROVE, cryptech_ioc_device_approve),
		RESERVED(DEVICE_REVOKE, cryptech_ioc_device_revoke),
		RESERVED(KEKEK_DELETE, cryptech_ioc_kekek_delete),
		RESERVED(TRANSFER_EXPORT, cryptech_ioc_transfer_export),
		RESERVED(TRANSFER_IMPORT, cryptech_ioc_import),
		RESERVED(LEGACY_EXPORT, cryptech_ioc_legacy_export),
		RESERVED(LEGACY_IMPORT, cryptech_ioc_legacy_import),
		RESERVED(RAW_IMPORT, cryptech_ioc_import),
		RESERVED(MASTER_KEY_SHARES, cryptech_ioc_shares),
		RESERVED(RECOVERY_CREATE, cryptech_ioc_shares),
	};
	uint32_t words[128];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		memset(words, 0, sizeof(words));
		words[0] = cases[i].size;
		if (cases[i].cmd == CRYPTECH_IOC_KERNEL_LOGIN)
			words[3] = CRYPTECH_USER_NORMAL;
		words[cases[i].reserved / 4] = 1;
		EXPECT_ERRNO(EINVAL, ioctl(self->fd, cases[i].cmd, words));
	}
}

/* --- the device ------------------------------------------------------------ */

TEST_F(ioctl, info)
{
	struct cryptech_ioc_info i = { .size = sizeof(i) };
	char serial[33];

	ASSERT_EQ(ioctl(self->anyone, CRYPTECH_IOC_INFO, &i), 0);
	EXPECT_EQ(i.abi, 1);
	EXPECT_EQ(i.index, 0);
	EXPECT_EQ(i.incarnation, incarnation());
	EXPECT_EQ(i.message_max, CRYPTECH_RPC_MESSAGE_MAX);
	EXPECT_EQ(i.kernel_user, 0);
	for (int k = 0; k < 16; k++)
		sprintf(serial + 2 * k, "%02x", i.serial[k]);
	EXPECT_STREQ(sysfs("serial"), serial);
}

TEST_F(ioctl, status)
{
	struct cryptech_status_item items[64] = {};
	struct cryptech_ioc_status s = {
		.size = sizeof(s), .count = 64, .items = (uintptr_t)items,
	};
	uint32_t all_of_them;

	ASSERT_EQ(ioctl(self->anyone, CRYPTECH_IOC_STATUS, &s), 0);
	EXPECT_EQ(s.error, 0);
	EXPECT_STREQ(s.release, sysfs("release"));
	EXPECT_GT(s.count, 20);
	EXPECT_LT(s.count, 64);
	EXPECT_EQ(status_value(self->anyone, CRYPTECH_STATUS_MESSAGE_MAX),
		  CRYPTECH_RPC_MESSAGE_MAX);
	EXPECT_EQ(status_value(self->anyone, CRYPTECH_STATUS_MODE) &
		  CRYPTECH_MODE_SIMULATOR, CRYPTECH_MODE_SIMULATOR);

	/* less room: no more is written, the true count is told */
	all_of_them = s.count;
	memset(items, 0xee, sizeof(items));
	s.count = 1;
	ASSERT_EQ(ioctl(self->anyone, CRYPTECH_IOC_STATUS, &s), 0);
	EXPECT_EQ(s.count, all_of_them);
	EXPECT_EQ(items[0].reserved, 0);
	EXPECT_EQ(items[1].tag, 0xeeeeeeee);
	s.count = 1;
	s.items = 8;
	EXPECT_ERRNO(EFAULT, ioctl(self->anyone, CRYPTECH_IOC_STATUS, &s));
}

TEST_F(ioctl, random)
{
	static uint8_t a[16369], b[16369];
	struct cryptech_ioc_random r = { .size = sizeof(r) };
	static const uint32_t lengths[] = { 1, 3, 4, 4096, 16368 };

	for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
		r.length = lengths[i];
		memset(a, 0, sizeof(a));
		r.data = (uintptr_t)a;
		ASSERT_EQ(ioctl(self->anyone, CRYPTECH_IOC_RANDOM, &r), 0);
		EXPECT_EQ(a[r.length], 0);
		r.data = (uintptr_t)b;
		ASSERT_EQ(ioctl(self->anyone, CRYPTECH_IOC_RANDOM, &r), 0);
		if (r.length > 16)
			EXPECT_NE(memcmp(a, b, r.length), 0);
	}
	r.length = 0;
	EXPECT_ERRNO(EINVAL, ioctl(self->anyone, CRYPTECH_IOC_RANDOM, &r));
	r.length = 16369;
	EXPECT_ERRNO(EINVAL, ioctl(self->anyone, CRYPTECH_IOC_RANDOM, &r));
	r.length = 16;
	r.data = 8;
	EXPECT_ERRNO(EFAULT, ioctl(self->anyone, CRYPTECH_IOC_RANDOM, &r));
}

/* --- logins ---------------------------------------------------------------- */

TEST_F(ioctl, login)
{
	struct cryptech_ioc_logout out = { .size = sizeof(out) };
	struct cryptech_ioc_pin p = {
		.size = sizeof(p), .user = 1, .pin = 8, .pin_len = 8,
	};
	static char long_pin[CRYPTECH_PIN_MAX + 2];
	uint32_t error;
	int fd = self->anyone;

	EXPECT_EQ(pin_ioctl(fd, CRYPTECH_IOC_LOGIN, 1, "wrong-pin", &error),
		  EACCES);
	EXPECT_EQ(error, CRYPTECH_ERR_PIN_INCORRECT);
	EXPECT_EQ(pin_ioctl(fd, CRYPTECH_IOC_LOGIN, 9, "wrong-pin", &error),
		  EINVAL);
	EXPECT_EQ(error, CRYPTECH_ERR_BAD_ARGUMENTS);
	EXPECT_ERRNO(EFAULT, ioctl(fd, CRYPTECH_IOC_LOGIN, &p));
	memset(long_pin, 'x', CRYPTECH_PIN_MAX + 1);
	EXPECT_EQ(pin_ioctl(fd, CRYPTECH_IOC_LOGIN, 1, long_pin, &error),
		  EINVAL);
	EXPECT_EQ(error, 0);	/* the driver's own */

	EXPECT_EQ(pin_ioctl(fd, CRYPTECH_IOC_LOGIN, CRYPTECH_USER_SO, SO_PIN,
			    &error), 0);
	EXPECT_EQ(error, 0);
	/* the security officer sets the user's PIN, not the wheel's */
	EXPECT_EQ(pin_ioctl(fd, CRYPTECH_IOC_SET_PIN, CRYPTECH_USER_NORMAL,
			    USER_PIN, &error), 0);
	EXPECT_EQ(pin_ioctl(fd, CRYPTECH_IOC_SET_PIN, CRYPTECH_USER_WHEEL,
			    WHEEL_PIN, &error), EACCES);
	EXPECT_EQ(error, CRYPTECH_ERR_FORBIDDEN);
	EXPECT_EQ(ioctl(fd, CRYPTECH_IOC_LOGOUT, &out), 0);
	EXPECT_EQ(pin_ioctl(fd, CRYPTECH_IOC_SET_PIN, CRYPTECH_USER_NORMAL,
			    USER_PIN, &error), EACCES);
}

static int as_user(int (*test)(int fd), int fd)
{
	int status;
	pid_t pid = fork();

	if (!pid)
		_exit(setresgid(1000, 1000, 1000) ||
		      setresuid(1000, 1000, 1000) ? 255 : test(fd));
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int try_kernel_login(int fd)
{
	return pin_ioctl(fd, CRYPTECH_IOC_KERNEL_LOGIN, 1, USER_PIN, NULL);
}

static int try_kernel_logout(int fd)
{
	struct cryptech_ioc_logout out = { .size = sizeof(out) };

	return ioctl(fd, CRYPTECH_IOC_KERNEL_LOGOUT, &out) ? errno : 0;
}

TEST_F(ioctl, kernel_login)
{
	struct cryptech_ioc_info i = { .size = sizeof(i) };
	uint32_t error;

	/* a descriptor is not enough: the caller is tested */
	EXPECT_EQ(as_user(try_kernel_login, self->fd), EPERM);
	EXPECT_EQ(as_user(try_kernel_logout, self->fd), EPERM);
	EXPECT_EQ(run("unshare --user --map-root-user true"), 0);
	EXPECT_STREQ(sysfs("kernel_user"), "0");

	EXPECT_EQ(pin_ioctl(self->anyone, CRYPTECH_IOC_KERNEL_LOGIN,
			    CRYPTECH_USER_WHEEL, WHEEL_PIN, &error), EINVAL);
	EXPECT_EQ(pin_ioctl(self->anyone, CRYPTECH_IOC_KERNEL_LOGIN,
			    CRYPTECH_USER_SO, SO_PIN, &error), EINVAL);
	EXPECT_EQ(pin_ioctl(self->anyone, CRYPTECH_IOC_KERNEL_LOGIN, 1,
			    "wrong-pin", &error), EACCES);
	EXPECT_EQ(error, CRYPTECH_ERR_PIN_INCORRECT);
	EXPECT_STREQ(sysfs("kernel_user"), "0");

	EXPECT_EQ(try_kernel_login(self->anyone), 0);
	EXPECT_STREQ(sysfs("kernel_user"), "1");
	EXPECT_EQ(ioctl(self->anyone, CRYPTECH_IOC_INFO, &i), 0);
	EXPECT_EQ(i.kernel_user, CRYPTECH_USER_NORMAL);
	EXPECT_EQ(as_user(try_kernel_logout, self->fd), EPERM);
	EXPECT_STREQ(sysfs("kernel_user"), "1");
	EXPECT_EQ(try_kernel_logout(self->anyone), 0);
	EXPECT_STREQ(sysfs("kernel_user"), "0");
}

TEST_HARNESS_MAIN
