/* SPDX-License-Identifier: GPL-2.0 */
/*
 * For tests of /dev/cryptech0 in the virtual machine: both doors, and the host
 * outside.
 *
 * What can only fail if the machine is broken ends the test by die().
 */
#ifndef DOOR_H
#define DOOR_H

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include <cryptech/rpc.h>
#include <cryptech/xdr.h>
#include <linux/cryptech.h>

#define NODE		"/dev/cryptech0"
#define SYSFS		"/sys/class/cryptech/cryptech0/"
#define PARAMETERS	"/sys/module/cryptech/parameters/"

#define WHEEL_PIN	"wheel-pin-of-the-tests"
#define SO_PIN		"so-pin-of-the-tests"
#define USER_PIN	"user-pin-of-the-tests"

/* How long anything bounded may take; the machine is emulated and loaded. */
#define PATIENCE_MS	30000

static inline void __attribute__((noreturn, format(printf, 1, 2)))
die(const char *format, ...)
{
	va_list ap;

	printf("# ");
	va_start(ap, format);
	vprintf(format, ap);
	va_end(ap);
	printf(": %s\n", strerror(errno));
	fflush(stdout);
	_exit(1);
}

static inline int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000ll + t.tv_nsec / 1000000;
}

/* Wait until @condition holds; false if that took too long. */
#define eventually(condition)						       \
({									       \
	int64_t _end = now_ms() + PATIENCE_MS;				       \
	bool _holds;							       \
									       \
	while (!(_holds = (condition)) && now_ms() < _end)		       \
		usleep(5000);						       \
	_holds;								       \
})

/* --- the host and the modules --------------------------------------------- */

static inline int __attribute__((format(printf, 1, 2)))
run(const char *format, ...)
{
	char command[512];
	va_list ap;

	va_start(ap, format);
	vsnprintf(command, sizeof(command), format, ap);
	va_end(ap);
	return system(command);
}

#define must_run(...) \
	do { if (run(__VA_ARGS__)) die("%s", #__VA_ARGS__); } while (0)

/* First line of a file, or of what a command prints. */
static inline void read_line(FILE *f, const char *what, char *line, int size)
{
	if (!f || !fgets(line, size, f))
		die("%s", what);
	line[strcspn(line, "\n")] = 0;
}

static inline const char *sysfs(const char *attribute)
{
	static char line[256];
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), SYSFS "%s", attribute);
	f = fopen(path, "r");
	line[0] = 0;
	if (f) {
		if (!fgets(line, sizeof(line), f))
			line[0] = 0;
		fclose(f);
	}
	line[strcspn(line, "\n")] = 0;
	return line;
}

static inline unsigned long incarnation(void)
{
	return strtoul(sysfs("incarnation"), NULL, 10);
}

static inline bool is_ready(void)
{
	return !strcmp(sysfs("state"), "ready");
}

static inline void set_parameter(const char *name, unsigned int value)
{
	must_run("echo %u >" PARAMETERS "%s", value, name);
}

/* Open the device as soon as an HSM is attached. */
static inline int open_ready(void)
{
	int fd = -1;

	if (!eventually((fd = open(NODE, O_RDWR | O_CLOEXEC)) >= 0))
		die("no HSM comes");
	return fd;
}

/* --- the raw door --------------------------------------------------------- */

struct message {
	struct xdr_writer w;
	uint8_t bytes[CRYPTECH_RPC_MESSAGE_MAX];
};

/* A request; the driver puts in another client word than ours. */
static inline struct xdr_writer *begin(struct message *m, uint32_t function)
{
	xdr_writer_init(&m->w, m->bytes, sizeof(m->bytes));
	xdr_put_u32(&m->w, function);
	xdr_put_u32(&m->w, 0xdeadbeef);
	return &m->w;
}

static inline ssize_t send_message(int fd, const struct message *m)
{
	return write(fd, m->bytes, xdr_written(&m->w));
}

/* Results of a reply, with its error; -1 if it is none to that function. */
static inline int64_t reply_error(const uint8_t *reply, ssize_t len,
				  uint32_t function, struct xdr_reader *r)
{
	uint32_t error;

	if (len < CRYPTECH_RPC_REPLY_MIN)
		return -1;
	xdr_reader_init(r, reply, len);
	if (xdr_get_u32(r) != function)
		return -1;
	xdr_get_u32(r);
	error = xdr_get_u32(r);
	return error;
}

/* Send, wait, read: the HSM's error, or -errno; results in r. */
static inline int64_t call(int fd, struct message *m, uint8_t *reply,
			   struct xdr_reader *r)
{
	struct xdr_reader in;
	ssize_t len;

	if (send_message(fd, m) < 0)
		return -errno;
	len = read(fd, reply, CRYPTECH_RPC_MESSAGE_MAX);
	if (len < 0)
		return -errno;
	xdr_reader_init(&in, m->bytes, xdr_written(&m->w));
	return reply_error(reply, len, xdr_get_u32(&in), r);
}

/* A call with no results or with results that do not matter. */
static inline int64_t simple_call(int fd, struct message *m)
{
	uint8_t reply[CRYPTECH_RPC_MESSAGE_MAX];
	struct xdr_reader r;

	return call(fd, m, reply, &r);
}

static inline int64_t raw_pin(int fd, uint32_t function, uint32_t user,
			      const char *pin)
{
	struct message m;
	struct xdr_writer *w = begin(&m, function);

	xdr_put_u32(w, user);
	xdr_put_opaque(w, pin, strlen(pin));
	return simple_call(fd, &m);
}

static inline int64_t raw_login(int fd, uint32_t user, const char *pin)
{
	return raw_pin(fd, CRYPTECH_RPC_LOGIN, user, pin);
}

/* --- the HSM --------------------------------------------------------------- */

/* A figure of the HSM's status; ~0 if it cannot be had. */
static inline uint64_t status_value(int fd, uint32_t tag)
{
	struct cryptech_status_item items[64];
	struct cryptech_ioc_status s = {
		.size = sizeof(s), .count = 64, .items = (uintptr_t)items,
	};

	if (ioctl(fd, CRYPTECH_IOC_STATUS, &s))
		return ~0ull;
	for (uint32_t i = 0; i < s.count && i < 64; i++)
		if (items[i].tag == tag)
			return items[i].value;
	return ~0ull;
}

/* Give a factory-new HSM its PINs. */
static inline void initialise(void)
{
	char pin[128];
	FILE *f = popen("hsmctl hsm 0 factory-pin", "r");
	int fd = open_ready();

	read_line(f, "factory PIN", pin, sizeof(pin));
	pclose(f);
	if (raw_login(fd, CRYPTECH_USER_WHEEL, pin) ||
	    raw_pin(fd, CRYPTECH_RPC_SET_PIN, CRYPTECH_USER_WHEEL,
		    WHEEL_PIN) ||
	    raw_pin(fd, CRYPTECH_RPC_SET_PIN, CRYPTECH_USER_SO, SO_PIN) ||
	    raw_pin(fd, CRYPTECH_RPC_SET_PIN, CRYPTECH_USER_NORMAL, USER_PIN))
		die("the PINs cannot be set");
	close(fd);
}

static inline void load_modules(void)
{
	must_run("modprobe cryptech_pci");
	if (!eventually(is_ready()))
		die("the HSM does not attach");
}

#endif /* DOOR_H */
