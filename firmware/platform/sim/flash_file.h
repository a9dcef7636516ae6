/* SPDX-License-Identifier: MIT */
/* NOR flash in a file, and the anchor's counter in another. */
#ifndef SIM_FLASH_FILE_H
#define SIM_FLASH_FILE_H

#include "../../keystore/flash.h"

#define FLASH_FILE_SIZE		(16 * 1024 * 1024)
#define FLASH_FILE_SECTOR	4096

struct flash_file {
	struct flash flash;	/* what the keystore gets */
	int fd;
	bool durable;		/* sync means storage, not only the kernel */
};

/* Make a new, erased image. 0, or -1 with errno set. */
int flash_file_create(const char *path);
/* Open an image; EINVAL if it has not the size. 0, or -1 with errno set. */
int flash_file_open(struct flash_file *f, const char *path, bool durable);
void flash_file_close(struct flash_file *f);

struct anchor_file {
	const char *path;	/* NULL: no anchor */
	uint64_t value;		/* what the file says */
	bool durable;
	int fd;
};

/* Open the counter, or begin one at 0. EINVAL: the file is not a counter;
 * EWOULDBLOCK: another process counts there. */
int anchor_file_open(struct anchor_file *a, const char *path, bool durable);
/* Set the counter to @value; EINVAL unless that is higher. */
int anchor_file_advance(struct anchor_file *a, uint64_t value);
void anchor_file_close(struct anchor_file *a);

#endif /* SIM_FLASH_FILE_H */
