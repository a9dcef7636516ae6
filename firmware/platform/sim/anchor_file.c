// SPDX-License-Identifier: MIT
/*
 * The anchor: a counter in a file apart.
 *
 *	0   u64 value | u64 ~value
 *	16  the same
 *
 * big endian. Even values stand in the first place, odd ones in the second, so
 * whatever a power cut makes of the write of one, the one before is there: that
 * is what the flash expects then, too. Written in place: it is one write, and one
 * wait for the storage, for each commit of a hash signature key.
 */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "files.h"
#include "flash_file.h"

#define PLACE_SIZE	16
#define ANCHOR_SIZE	(2 * PLACE_SIZE)

static void encode(uint64_t value, uint8_t place[PLACE_SIZE])
{
	const uint64_t words[2] = { htobe64(value), htobe64(~value) };

	memcpy(place, words, PLACE_SIZE);
}

static bool decode(const uint8_t *place, uint64_t *value)
{
	uint64_t words[2];

	memcpy(words, place, PLACE_SIZE);
	*value = be64toh(words[0]);
	return words[1] == ~words[0];
}

static int read_value(struct anchor_file *a)
{
	uint8_t data[ANCHOR_SIZE];
	uint64_t first = 0, second = 0;
	bool has_first, has_second;

	if (pread(a->fd, data, sizeof(data), 0) != sizeof(data))
		return -1;
	has_first = decode(data, &first) && first % 2 == 0;
	has_second = decode(data + PLACE_SIZE, &second) && second % 2 == 1;
	if (!has_first && !has_second)
		return -1;
	a->value = has_second && (!has_first || second > first) ? second :
								  first;
	return 0;
}

/*
 * Beginning at 0 is safe even if somebody took the file away: the flash
 * remembers the anchor's value, and one that is lower than that tells that
 * something was rolled back.
 */
static int begin(const char *path, bool durable)
{
	uint8_t data[ANCHOR_SIZE] = { 0 };

	encode(0, data);
	return file_replace(path, data, sizeof(data), durable);
}

int anchor_file_open(struct anchor_file *a, const char *path, bool durable)
{
	struct stat st;
	int saved;

	*a = (struct anchor_file){ .path = path, .durable = durable, .fd = -1 };
	if (!path)
		return 0;
	if (access(path, F_OK) && errno == ENOENT && begin(path, durable))
		return -1;
	a->fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (a->fd < 0)
		return -1;
	/* One counter for two HSMs would stop both. */
	if (flock(a->fd, LOCK_EX | LOCK_NB))
		goto fail;
	errno = EINVAL;
	if (!fstat(a->fd, &st) && S_ISREG(st.st_mode) &&
	    st.st_size == ANCHOR_SIZE && !read_value(a))
		return 0;
fail:
	saved = errno;
	close(a->fd);
	a->fd = -1;
	errno = saved;
	return -1;
}

int anchor_file_advance(struct anchor_file *a, uint64_t value)
{
	uint8_t place[PLACE_SIZE];

	if (value <= a->value) {
		errno = EINVAL;
		return -1;
	}
	encode(value, place);
	if (file_write(a->fd, place, sizeof(place), value % 2 * PLACE_SIZE) ||
	    (a->durable && fdatasync(a->fd)))
		return -1;
	a->value = value;
	return 0;
}

void anchor_file_close(struct anchor_file *a)
{
	if (a->fd >= 0)
		close(a->fd);
}
