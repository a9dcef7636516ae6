/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the tests of keys share: an HSM that is ready, its calls, and results.
 *
 * Helpers that cannot go on say why and end the program, which fails it.
 */
#ifndef SELFTESTS_KEYS_H
#define SELFTESTS_KEYS_H

#include <errno.h>
#include <fcntl.h>
#include <keyutils.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cryptech/rpc.h>
#include <linux/cryptech.h>

#include "kselftest.h"

#define WHEEL_PIN	"wheel-pin-trustno1"	/* those of hsm-ready */
#define SO_PIN		"so-pin-trustno1"
#define USER_PIN	"user-pin-trustno1"
#define UUID_TEXT	37			/* with its zero */

static inline __attribute__((noreturn, format(printf, 1, 2)))
void give_up(const char *format, ...)
{
	va_list args;

	printf("Bail out! ");
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf(": %s\n", strerror(errno));
	exit(1);
}

/* What /proc/keys says of the key, until the next call; "" if nothing. */
static inline const char *described(key_serial_t key)
{
	static char line[512];
	char serial[16];
	FILE *f = fopen("/proc/keys", "r");

	if (!f)
		give_up("/proc/keys");
	snprintf(serial, sizeof(serial), "%08x", key);
	while (fgets(line, sizeof(line), f))
		if (!strncmp(line, serial, 8))
			break;
	if (feof(f))
		line[0] = 0;
	fclose(f);
	return line;
}

/* One test point, told by @format. */
static inline __attribute__((format(printf, 2, 3)))
void point(int passed, const char *format, ...)
{
	char what[256];
	va_list args;

	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	if (passed)
		ksft_test_result_pass("%s\n", what);
	else
		ksft_test_result_fail("%s\n", what);
	fflush(stdout);
}

/* A point that passes if @got is @wanted. */
#define point_is(got, wanted, ...)					\
	do {								\
		long point_got = (got), point_wanted = (wanted);	\
									\
		if (point_got != point_wanted)				\
			printf("# got %ld, wanted %ld\n", point_got,	\
			       point_wanted);				\
		point(point_got == point_wanted, __VA_ARGS__);		\
	} while (0)

static inline void run(const char *command)
{
	fflush(stdout);
	if (system(command))
		give_up("%s", command);
}

/* Have the host do something to the first HSM: stop, cont, kill9, start. */
static inline void hsm(const char *what)
{
	char command[64];

	snprintf(command, sizeof(command), "hsmctl hsm 0 %s", what);
	run(command);
}

static inline int hsm_open(int n)
{
	char path[32];
	int fd;

	snprintf(path, sizeof(path), "/dev/cryptech%d", n);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		give_up("%s", path);
	return fd;
}

static inline int hsm_pin(int fd, unsigned long request, unsigned int user,
			  const char *pin)
{
	struct cryptech_ioc_pin arg = {
		.size = sizeof(arg),
		.user = user,
		.pin = (uintptr_t)pin,
		.pin_len = strlen(pin),
	};

	return ioctl(fd, request, &arg) ? errno : 0;
}

static inline int hsm_login(int fd, unsigned int user, const char *pin)
{
	return hsm_pin(fd, CRYPTECH_IOC_LOGIN, user, pin);
}

static inline int hsm_logout(int fd, unsigned long request)
{
	struct cryptech_ioc_logout arg = { .size = sizeof(arg) };

	return ioctl(fd, request, &arg) ? errno : 0;
}

/* An open file that is logged in. */
static inline int hsm_session(int n, unsigned int user, const char *pin)
{
	int fd = hsm_open(n);

	errno = hsm_login(fd, user, pin);
	if (errno)
		give_up("login");
	return fd;
}

/* A figure of STATUS. */
static inline unsigned long long hsm_status(int fd, unsigned int tag)
{
	struct cryptech_status_item items[64];
	struct cryptech_ioc_status arg = {
		.size = sizeof(arg),
		.count = 64,
		.items = (uintptr_t)items,
	};
	unsigned int i;

	if (ioctl(fd, CRYPTECH_IOC_STATUS, &arg))
		give_up("STATUS");
	for (i = 0; i < arg.count && i < 64; i++)
		if (items[i].tag == tag)
			return items[i].value;
	give_up("STATUS has no %u", tag);
}

static inline void uuid_format(char *text, const unsigned char *uuid)
{
	int i;

	for (i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*text++ = '-';
		text += sprintf(text, "%02x", uuid[i]);
	}
}

/* Make a key in flash; its UUID comes both ways. */
static inline void hsm_generate(int fd, unsigned int type, unsigned int flags,
				unsigned char *uuid, char *text)
{
	struct cryptech_ioc_key_generate arg = {
		.size = sizeof(arg),
		.type = type,
		.key_flags = flags,
	};

	if (ioctl(fd, CRYPTECH_IOC_KEY_GENERATE, &arg))
		give_up("KEY_GENERATE");
	memcpy(uuid, arg.uuid, 16);
	uuid_format(text, uuid);
}

static inline int hsm_key_info(int fd, const unsigned char *uuid)
{
	struct cryptech_ioc_key_info arg = { .size = sizeof(arg) };

	memcpy(arg.uuid, uuid, 16);
	return ioctl(fd, CRYPTECH_IOC_KEY_INFO, &arg) ? errno : 0;
}

/* add_key() with a payload of text: the serial number, or -errno. */
static inline __attribute__((format(printf, 4, 5)))
long add(const char *type, const char *name, key_serial_t ring,
	 const char *format, ...)
{
	char payload[4096];
	va_list args;
	long key;
	int len;

	va_start(args, format);
	len = vsnprintf(payload, sizeof(payload), format, args);
	va_end(args);
	key = add_key(type, name, payload, len, ring);
	return key < 0 ? -errno : key;
}

/* keyctl pkey_sign of a digest of zeros, SHA-256 with ECDSA: 0 or errno. */
static inline int key_signs(key_serial_t key)
{
	static const unsigned char digest[32];
	struct keyctl_pkey_query query;
	char signature[1024];

	if (keyctl_pkey_query(key, "enc=x962 hash=sha256", &query))
		return errno;
	if (keyctl_pkey_sign(key, "enc=x962 hash=sha256", digest,
			     sizeof(digest), signature,
			     query.max_sig_size) < 0)
		return errno;
	return 0;
}

/*
 * Wait until @fd's HSM has @wanted of the figure @tag; what it has at last.
 * The bound is for broken builds: nothing is measured.
 */
static inline unsigned long long wait_for_status(int fd, unsigned int tag,
						 unsigned long long wanted)
{
	unsigned long long got;
	int tries = 3000;

	while ((got = hsm_status(fd, tag)) != wanted && --tries)
		usleep(20000);
	return got;
}

/*
 * Until the process is blocked in that system call, which is where the HSM
 * stands still; @operation: its first argument, or 0.
 */
static inline void wait_until_it_waits(pid_t pid, int number, int operation)
{
	char path[32], line[256], wanted[32];
	int tries = 500;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/syscall", pid);
	snprintf(wanted, sizeof(wanted), operation ? "%d 0x%x " : "%d ",
		 number, operation);
	do {
		usleep(10000);
		f = fopen(path, "r");
		if (!f)
			give_up("%s", path);
		if (!fgets(line, sizeof(line), f))
			line[0] = 0;
		fclose(f);
	} while (strncmp(line, wanted, strlen(wanted)) && --tries);
	if (!tries)
		give_up("the process does not wait, but %s", line);
}

#endif /* SELFTESTS_KEYS_H */
