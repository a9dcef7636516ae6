// SPDX-License-Identifier: MIT
/* Handles, and what is asked of the device as a whole. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "internal.h"

int lib_call(struct cryptech *hsm, unsigned long request, void *arg,
	     const uint32_t *error)
{
	int ret = ioctl(hsm->fd, request, arg) < 0 ? -errno : 0;

	hsm->error = *error;
	return ret;
}

/* N of a name "cryptechN", or -1. */
static int device_index(const char *name)
{
	static const char prefix[] = "cryptech";
	const char *digits = name + sizeof(prefix) - 1;
	char *end;
	long n;

	if (strncmp(name, prefix, sizeof(prefix) - 1) ||
	    *digits < '0' || *digits > '9')
		return -1;
	errno = 0;
	n = strtol(digits, &end, 10);
	return *end || errno || n > 0xffff ? -1 : n;
}

/* The only device's index. */
static int only_device(void)
{
	DIR *dir = opendir("/dev");
	struct dirent *entry;
	int found = -ENODEV;

	if (!dir)
		return -errno;
	while ((entry = readdir(dir))) {
		int n = device_index(entry->d_name);

		if (n < 0)
			continue;
		if (found >= 0) {
			found = -ENOTUNIQ;
			break;
		}
		found = n;
	}
	closedir(dir);
	return found;
}

static int handle_new(struct cryptech **hsm, int fd, bool owned)
{
	*hsm = malloc(sizeof(**hsm));
	if (!*hsm)
		return -ENOMEM;
	**hsm = (struct cryptech){ .fd = fd, .owned = owned };
	return 0;
}

int cryptech_open(struct cryptech **hsm, int index)
{
	char path[32];
	int fd, ret;

	*hsm = NULL;
	if (index == CRYPTECH_DEVICE_ANY)
		index = only_device();
	else if (index < 0)
		return -EINVAL;
	if (index < 0)
		return index;
	snprintf(path, sizeof(path), "/dev/cryptech%d", index);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT || errno == ENXIO ? -ENODEV : -errno;
	ret = handle_new(hsm, fd, true);
	if (ret)
		close(fd);
	return ret;
}

int cryptech_use_fd(struct cryptech **hsm, int fd)
{
	struct cryptech_info info;
	int ret;

	ret = handle_new(hsm, fd, false);
	if (ret)
		return ret;
	ret = cryptech_get_info(*hsm, &info);
	if (ret) {
		free(*hsm);
		*hsm = NULL;
	}
	return ret;
}

void cryptech_close(struct cryptech *hsm)
{
	if (!hsm)
		return;
	if (hsm->owned)
		close(hsm->fd);
	free(hsm);
}

int cryptech_fd(const struct cryptech *hsm)
{
	return hsm->fd;
}

uint32_t cryptech_hsm_error(const struct cryptech *hsm)
{
	return hsm->error;
}

int cryptech_get_info(struct cryptech *hsm, struct cryptech_info *info)
{
	struct cryptech_ioc_info arg = { .size = sizeof(arg) };

	hsm->error = CRYPTECH_ERR_OK;
	if (ioctl(hsm->fd, CRYPTECH_IOC_INFO, &arg) < 0)
		return -errno;
	info->index = arg.index;
	info->kernel_user = arg.kernel_user;
	info->incarnation = arg.incarnation;
	info->message_max = arg.message_max;
	memcpy(info->serial, arg.serial, sizeof(info->serial));
	return 0;
}

int cryptech_get_status(struct cryptech *hsm, struct cryptech_status *status)
{
	struct cryptech_status_item items[CRYPTECH_STATUS_VALUES];
	struct cryptech_ioc_status arg = {
		.size = sizeof(arg),
		.count = CRYPTECH_STATUS_VALUES,
		.items = (uintptr_t)items,
	};
	uint32_t i;
	int ret;

	ret = lib_call(hsm, CRYPTECH_IOC_STATUS, &arg, &arg.error);
	if (ret)
		return ret;
	if (arg.count > CRYPTECH_STATUS_VALUES)
		arg.count = CRYPTECH_STATUS_VALUES;
	memset(status, 0, sizeof(*status));
	memcpy(status->release, arg.release, sizeof(arg.release));
	memcpy(status->serial, arg.serial, sizeof(status->serial));
	status->count = arg.count;
	for (i = 0; i < arg.count; i++) {
		status->figures[i].tag = items[i].tag;
		status->figures[i].value = items[i].value;
	}
	return 0;
}

uint64_t cryptech_figure(const struct cryptech_status *status, uint32_t tag,
			 uint64_t absent)
{
	uint32_t i;

	for (i = 0; i < status->count; i++)
		if (status->figures[i].tag == tag)
			return status->figures[i].value;
	return absent;
}

int cryptech_random(struct cryptech *hsm, void *data, size_t length)
{
	uint8_t *next = data;

	hsm->error = CRYPTECH_ERR_OK;
	while (length) {
		size_t n = length < CRYPTECH_RANDOM_MAX ?
			   length : CRYPTECH_RANDOM_MAX;
		struct cryptech_ioc_random arg = {
			.size = sizeof(arg),
			.length = n,
			.data = (uintptr_t)next,
		};
		int ret = lib_call(hsm, CRYPTECH_IOC_RANDOM, &arg,
				   &arg.error);

		if (ret)
			return ret;
		next += n;
		length -= n;
	}
	return 0;
}
