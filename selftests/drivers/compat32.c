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
	char number[] = " 0 ";

	number[1] += ++points;
	say(good ? "ok" : "not ok");
	say(number);
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
	info.size--;
	point(device_ioctl(fd, CRYPTECH_IOC_INFO, &info) == -EINVAL,
	      "a size that is wrong");
	point(device_ioctl(fd, 0xc730, &info) == -ENOTTY,
	      "a number that is unknown");
	say("1..9\n");
	system_call(SYS_EXIT, failed != 0, 0, 0);
}
