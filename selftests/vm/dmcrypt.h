/* SPDX-License-Identifier: GPL-2.0 */
/* A mapping of dm-crypt over a loop device, by the device mapper's ioctls. */
#ifndef SELFTESTS_DMCRYPT_H
#define SELFTESTS_DMCRYPT_H

#include <fcntl.h>
#include <linux/dm-ioctl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "keys.h"

#define DM_NAME		"vault"
#define DM_NODE		"/dev/dm-0"
#define DM_DISK		"/tmp/disk"	/* what is under the loop device */
#define DM_LOOP		"/dev/loop0"
#define SECTOR		512
#define DISK_SIZE	(4 << 20)
#define SECTORS		(DISK_SIZE / SECTOR)

static int dm_control;

struct dm_arg {
	struct dm_ioctl head;
	struct dm_target_spec target;
	char parameters[512];
};

static inline void dm_open(void)
{
	dm_control = open("/dev/mapper/control", O_RDWR | O_CLOEXEC);
	if (dm_control < 0)
		give_up("/dev/mapper/control");
}

/* 0 or errno */
static inline int dm_do(unsigned long request, struct dm_arg *arg)
{
	arg->head.version[0] = DM_VERSION_MAJOR;
	arg->head.data_size = sizeof(*arg);
	arg->head.data_start = sizeof(arg->head);
	snprintf(arg->head.name, sizeof(arg->head.name), DM_NAME);
	return ioctl(dm_control, request, arg) ? errno : 0;
}

static inline int dm_simple(unsigned long request)
{
	struct dm_arg arg = {};

	return dm_do(request, &arg);
}

/*
 * Map all of the disk with this token, by sectors of @sector bytes. 0 or errno;
 * then nothing is left of it.
 */
static inline int dm_map(const unsigned char *token, int sector)
{
	struct dm_arg arg = {};
	char digits[97];
	struct stat st;
	int err, i;

	for (i = 0; i < 48; i++)
		sprintf(digits + 2 * i, "%02x", token[i]);
	if (stat(DM_LOOP, &st))
		give_up(DM_LOOP);
	err = dm_simple(DM_DEV_CREATE);
	if (err)
		return err;
	arg.head.target_count = 1;
	arg.target.length = SECTORS;
	strcpy(arg.target.target_type, "crypt");
	snprintf(arg.parameters, sizeof(arg.parameters),
		 "capi:xts(paes)-plain64 %s 0 %u:%u 0 1 sector_size:%d",
		 digits, major(st.st_rdev), minor(st.st_rdev), sector);
	err = dm_do(DM_TABLE_LOAD, &arg);
	if (!err)
		err = dm_simple(DM_DEV_SUSPEND);	/* resumes it */
	if (err)
		dm_simple(DM_DEV_REMOVE);
	return err;
}

static inline int dm_unmap(void)
{
	int tries = 500, err;

	do {
		err = dm_simple(DM_DEV_REMOVE);
	} while (err == EBUSY && --tries && !usleep(10000));
	return err;
}

#endif /* SELFTESTS_DMCRYPT_H */
