// SPDX-License-Identifier: MIT
#include "flash_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "container.h"
#include "files.h"
#include "log.h"

static struct flash_file *to_file(struct flash *flash)
{
	return container_of(flash, struct flash_file, flash);
}

static bool within(const struct flash *flash, uint32_t offset, size_t len)
{
	return offset <= flash->size && len <= flash->size - offset;
}

static int read_at(int fd, void *data, size_t len, off_t offset)
{
	char *p = data;

	while (len) {
		ssize_t n = pread(fd, p, len, offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)	/* 0: somebody has cut the image */
			return -1;
		p += n;
		offset += n;
		len -= n;
	}
	return 0;
}

static int flash_read(struct flash *flash, uint32_t offset, void *data,
		      size_t len)
{
	if (!within(flash, offset, len))
		return -1;
	if (!read_at(to_file(flash)->fd, data, len, offset))
		return 0;
	sim_log_errno("flash: cannot read");
	return -1;
}

/* A real part would give the AND of old and new; whoever programs a 0 to 1
 * has lost track of what is there, so it is an error here. */
static int program_piece(int fd, uint32_t offset, const uint8_t *data,
			 size_t len)
{
	uint8_t old[FLASH_FILE_SECTOR];

	if (read_at(fd, old, len, offset)) {
		sim_log_errno("flash: cannot read");
		return -1;
	}
	for (size_t i = 0; i < len; i++) {
		if (data[i] & ~old[i]) {
			sim_log("flash: program of 1 over 0 at 0x%zx",
				offset + i);
			return -1;
		}
	}
	if (!file_write(fd, data, len, offset))
		return 0;
	sim_log_errno("flash: cannot write");
	return -1;
}

static int flash_program(struct flash *flash, uint32_t offset,
			 const void *data, size_t len)
{
	const uint8_t *p = data;

	if (!within(flash, offset, len))
		return -1;
	while (len) {
		size_t n = len < FLASH_FILE_SECTOR ? len : FLASH_FILE_SECTOR;

		if (program_piece(to_file(flash)->fd, offset, p, n))
			return -1;
		p += n;
		offset += n;
		len -= n;
	}
	return 0;
}

static int flash_erase(struct flash *flash, uint32_t offset)
{
	uint8_t ones[FLASH_FILE_SECTOR];

	if (offset % FLASH_FILE_SECTOR ||
	    !within(flash, offset, FLASH_FILE_SECTOR))
		return -1;
	memset(ones, 0xff, sizeof(ones));
	if (!file_write(to_file(flash)->fd, ones, sizeof(ones), offset))
		return 0;
	sim_log_errno("flash: cannot write");
	return -1;
}

static int flash_sync(struct flash *flash)
{
	struct flash_file *f = to_file(flash);

	if (!f->durable || !fdatasync(f->fd))
		return 0;
	sim_log_errno("flash: cannot sync");
	return -1;
}

static const struct flash_ops ops = {
	.read = flash_read,
	.program = flash_program,
	.erase = flash_erase,
	.sync = flash_sync,
};

int flash_file_create(const char *path)
{
	uint8_t ones[65536];
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	int ret = 0, saved;

	if (fd < 0)
		return -1;
	memset(ones, 0xff, sizeof(ones));
	for (off_t at = 0; at < FLASH_FILE_SIZE && !ret; at += sizeof(ones))
		ret = file_write(fd, ones, sizeof(ones), at);
	if (!ret)
		ret = fsync(fd);
	saved = errno;
	close(fd);
	if (ret)
		unlink(path);
	errno = saved;
	return ret;
}

int flash_file_open(struct flash_file *f, const char *path, bool durable)
{
	struct stat st;

	f->fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (f->fd < 0)
		return -1;
	if (fstat(f->fd, &st) || st.st_size != FLASH_FILE_SIZE) {
		close(f->fd);
		errno = EINVAL;
		return -1;
	}
	f->durable = durable;
	f->flash = (struct flash){
		.ops = &ops,
		.size = FLASH_FILE_SIZE,
		.sector_size = FLASH_FILE_SECTOR,
		.program_unit = 1,
		.zero_allowed = true,
	};
	return 0;
}

void flash_file_close(struct flash_file *f)
{
	close(f->fd);
}
