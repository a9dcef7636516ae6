// SPDX-License-Identifier: MIT
/*
 * A 32-bit program on a 64-bit kernel, without any library, so that it needs
 * no 32-bit one: system calls by int 0x80. Structs and pointers in them are
 * taken as from a 64-bit program.
 */
#include <linux/cryptech.h>

#define O_RDWR		2
#define ENOTTY		25
#define EINVAL		22
#define EACCES		13
#define EOVERFLOW	75
#define SYS_EXIT	1
#define SYS_WRITE	4
#define SYS_OPEN	5
#define SYS_IOCTL	54

static long system_call(long number, long a, long b, long c)
{
	long ret;

	__asm__ volatile("int $0x80" : "=a"(ret)
			 : "a"(number), "b"(a), "c"(b), "d"(c) : "memory");
	return ret;
}

static long device_ioctl(int fd, unsigned long cmd, void *arg)
{
	return system_call(SYS_IOCTL, fd, cmd, (long)arg);
}

static int points, failed;

static void say(const char *text)
{
	unsigned int len = 0;

	while (text[len])
		len++;
	system_call(SYS_WRITE, 1, (long)text, len);
}

static void point(int good, const char *what)
{
	char number[] = " 00 ";

	points++;
	number[1] += points / 10;
	number[2] += points % 10;
	/* without the first zero */
	if (points < 10)
		number[1] = ' ';
	say(good ? "ok" : "not ok");
	say(number + (points < 10));
	say(what);
	say("\n");
	failed += !good;
}

static void test_status(int fd)
{
	struct cryptech_status_item items[64];
	struct cryptech_ioc_status status = {
		.size = sizeof(status), .count = 64,
		.items = (unsigned long)items,
	};

	point(!device_ioctl(fd, CRYPTECH_IOC_STATUS, &status), "STATUS");
	/* tags come in order, from 1; values are small */
	point(status.count > 20 && items[0].tag == 1 &&
	      items[1].tag == 2 && items[1].value < 16,
	      "items through a 32-bit pointer");
}

static void test_random(int fd)
{
	static unsigned char data[64];
	struct cryptech_ioc_random random = {
		.size = sizeof(random), .length = sizeof(data) - 1,
		.data = (unsigned long)data,
	};
	int i, zeros = 0;

	point(!device_ioctl(fd, CRYPTECH_IOC_RANDOM, &random), "RANDOM");
	for (i = 0; i < 63; i++)
		zeros += !data[i];
	point(zeros < 8 && !data[63], "bytes through a 32-bit pointer");
}

/* Backup: what anybody may ask, and what not, through structs and buffers. */
static void test_backup(int fd)
{
	static unsigned char spki[256];
	struct cryptech_ioc_device_identity identity = {
		.size = sizeof(identity),
		.spki_len = sizeof(spki),
		.spki = (unsigned long)spki,
	};
	struct cryptech_ioc_master_key key = { .size = sizeof(key) };
	struct cryptech_ioc_raw_export export = {
		.size = sizeof(export),
		.package_len = sizeof(spki),
		.package = (unsigned long)spki,
	};
	int i, zeros = 0;

	point(!device_ioctl(fd, CRYPTECH_IOC_DEVICE_IDENTITY, &identity),
	      "DEVICE_IDENTITY");
	/* P-256: a SEQUENCE of 89 bytes behind its head */
	point(identity.spki_len == 91 && spki[0] == 0x30 && spki[1] == 89,
	      "a key through a 32-bit pointer");
	identity.spki_len = 90;
	point(device_ioctl(fd, CRYPTECH_IOC_DEVICE_IDENTITY, &identity) ==
	      -EOVERFLOW && identity.spki_len == 91, "how long it is");
	point(!device_ioctl(fd, CRYPTECH_IOC_MASTER_KEY_INFO, &key),
	      "MASTER_KEY_INFO");
	for (i = 0; i < 32; i++)
		zeros += !key.fingerprint[i];
	point(zeros < 8, "a fingerprint");
	point(device_ioctl(fd, CRYPTECH_IOC_RAW_EXPORT, &export) == -EACCES &&
	      export.error == 26, "RAW_EXPORT without login");
}

void _start(void);
void _start(void)
{
	struct cryptech_ioc_info info = { .size = sizeof(info) };
	long fd = system_call(SYS_OPEN, (long)"/dev/cryptech0", O_RDWR, 0);

	say("TAP version 13\n");
	point(fd >= 0, "open");
	point(!device_ioctl(fd, CRYPTECH_IOC_INFO, &info), "INFO");
	point(info.abi == CRYPTECH_IOC_ABI && info.incarnation == 1 &&
	      info.message_max == 16384, "its figures");
	test_status(fd);
	test_random(fd);
	test_backup(fd);
	info.size--;
	point(device_ioctl(fd, CRYPTECH_IOC_INFO, &info) == -EINVAL,
	      "a size that is wrong");
	point(device_ioctl(fd, 0xc77f, &info) == -ENOTTY,
	      "a number that is unknown");
	say("1..15\n");
	system_call(SYS_EXIT, failed != 0, 0, 0);
}
