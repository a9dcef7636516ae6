// SPDX-License-Identifier: MIT
/*
 * An FPGA on a Linux SPI bus: /dev/spidevB.C, whose chip select frames each
 * message.
 */
#include "fpga.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/spi/spidev.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "log.h"

#define SPEED_DEFAULT	1000000u
#define SPEED_MAX	7875000u	/* an eighth of 63 MHz */
#define WAIT_NS		20000

static int transfer(void *data, const uint8_t *out, uint8_t *in, size_t len)
{
	struct spi_ioc_transfer message = {
		.tx_buf = (uintptr_t)out, .rx_buf = (uintptr_t)in, .len = len,
	};

	return ioctl((int)(intptr_t)data, SPI_IOC_MESSAGE(1), &message) ==
	       (int)len ? 0 : -1;
}

static void pass_time(void *data)
{
	const struct timespec some = { .tv_nsec = WAIT_NS };

	(void)data;
	nanosleep(&some, NULL);
}

/* "DEVICE[,speed=HZ]" in two; false: not so. */
static bool take_apart(const char *text, char **device, uint32_t *speed)
{
	static const char option[] = "speed=";
	const char *comma = strchr(text, ',');
	unsigned long hz = SPEED_DEFAULT;
	char *end = "";

	if (comma) {
		const char *number = comma + strlen(option) + 1;

		if (strncmp(comma + 1, option, strlen(option)) ||
		    *number < '0' || *number > '9')
			return false;
		hz = strtoul(number, &end, 10);
	}
	if (*end || !hz || hz > SPEED_MAX)
		return false;
	*speed = hz;
	*device = strndup(text, comma ? (size_t)(comma - text) : strlen(text));
	return *device && **device;
}

int fpga_spidev_open(const char *text, struct spi *spi)
{
	uint8_t mode = SPI_MODE_0, bits = 8;
	char *device = NULL;
	uint32_t speed;
	int fd = -1;

	if (!take_apart(text, &device, &speed)) {
		sim_log("--fpga spidev:DEVICE[,speed=HZ], at most %u Hz, not "
			"spidev:%s", SPEED_MAX, text);
		goto out;
	}
	fd = open(device, O_RDWR | O_CLOEXEC);
	if (fd < 0) {
		sim_log_errno("cannot open %s", device);
		goto out;
	}
	if (ioctl(fd, SPI_IOC_WR_MODE, &mode) ||
	    ioctl(fd, SPI_IOC_WR_BITS_PER_WORD, &bits) ||
	    ioctl(fd, SPI_IOC_WR_MAX_SPEED_HZ, &speed)) {
		sim_log_errno("%s is no SPI device that does mode 0 at %u Hz",
			      device, speed);
		close(fd);
		fd = -1;
		goto out;
	}
	*spi = (struct spi){
		.data = (void *)(intptr_t)fd, .transfer = transfer,
		.wait = pass_time,
	};
out:
	free(device);
	return fd;
}

void fpga_spidev_close(int fd)
{
	if (fd >= 0)
		close(fd);
}
