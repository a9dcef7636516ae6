// SPDX-License-Identifier: MIT
/* The anchor: a counter of 8 bytes, big endian, in a file apart. */
#include <endian.h>
#include <errno.h>
#include <string.h>

#include "files.h"
#include "flash_file.h"

int anchor_file_open(struct anchor_file *a, const char *path, bool durable)
{
	uint64_t value;
	ssize_t len;

	*a = (struct anchor_file){ .path = path, .durable = durable };
	if (!path)
		return 0;
	len = file_read(path, &value, sizeof(value));
	if (len == sizeof(value)) {
		a->value = be64toh(value);
		return 0;
	}
	if (len >= 0 || errno == EFBIG) {
		errno = EINVAL;
		return -1;
	}
	if (errno != ENOENT)
		return -1;
	/*
	 * Beginning at 0 is safe even if somebody took the file away: the
	 * flash remembers the anchor's value, and one that is lower than that
	 * tells that something was rolled back.
	 */
	value = 0;
	return file_replace(path, &value, sizeof(value), durable);
}

int anchor_file_advance(struct anchor_file *a, uint64_t value)
{
	uint64_t big_endian = htobe64(value);

	if (value <= a->value) {
		errno = EINVAL;
		return -1;
	}
	if (file_replace(a->path, &big_endian, sizeof(big_endian), a->durable))
		return -1;
	a->value = value;
	return 0;
}
