// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "fail.h"
#include "file.h"

#define CHUNK	65536

static bool is_std(const char *path)
{
	return !strcmp(path, "-");
}

void bytes_free(struct bytes *bytes)
{
	OPENSSL_clear_free(bytes->data, bytes->len);
	*bytes = (struct bytes){ NULL, 0 };
}

/* Room for @more bytes. Old copies are wiped: they may hold private keys. */
static int grow(struct bytes *bytes, size_t *room, size_t more)
{
	size_t want = *room ? *room : CHUNK;
	void *data;

	while (want - bytes->len < more)
		want *= 2;
	if (want == *room)
		return 0;
	data = OPENSSL_clear_realloc(bytes->data, *room, want);
	if (!data)
		return -ENOMEM;
	bytes->data = data;
	*room = want;
	return 0;
}

static int load_fd(int fd, struct bytes *bytes, size_t max)
{
	size_t room = 0;
	ssize_t n;
	int ret;

	do {
		ret = grow(bytes, &room, CHUNK / 2);
		if (ret)
			return ret;
		n = read(fd, bytes->data + bytes->len, room - bytes->len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		bytes->len += n;
		if (bytes->len > max)
			return -EFBIG;
	} while (n);
	return 0;
}

int file_load(const char *path, struct bytes *bytes, size_t max)
{
	int fd = STDIN_FILENO, ret;

	*bytes = (struct bytes){ NULL, 0 };
	if (!is_std(path))
		fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	ret = load_fd(fd, bytes, max);
	if (!is_std(path))
		close(fd);
	if (ret)
		bytes_free(bytes);
	return ret;
}

static int write_all(int fd, const uint8_t *data, size_t len)
{
	while (len) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		data += n;
		len -= n;
	}
	return 0;
}

/* The permissions that @path has, or that a new file gets. */
static mode_t mode_of(const char *path)
{
	struct stat st;
	mode_t mask;

	if (!stat(path, &st))
		return st.st_mode & 07777;
	mask = umask(0);
	umask(mask);
	return 0666 & ~mask;
}

static int save_beside(const char *path, char *temporary, const void *data,
		       size_t len)
{
	int fd = mkostemp(temporary, O_CLOEXEC);
	int ret;

	if (fd < 0)
		return -errno;
	ret = write_all(fd, data, len);
	if (!ret && (fchmod(fd, mode_of(path)) || fsync(fd)))
		ret = -errno;
	if (close(fd) && !ret)
		ret = -errno;
	if (!ret && rename(temporary, path))
		ret = -errno;
	if (ret)
		unlink(temporary);
	return ret;
}

int file_save(const char *path, const void *data, size_t len)
{
	struct stat st;
	char *temporary;
	int fd, ret;

	if (is_std(path))
		return write_all(STDOUT_FILENO, data, len);
	/* Devices and pipes are written to, not replaced. */
	if (!stat(path, &st) && !S_ISREG(st.st_mode)) {
		fd = open(path, O_WRONLY | O_CLOEXEC);
		if (fd < 0)
			return -errno;
		ret = write_all(fd, data, len);
		close(fd);
		return ret;
	}
	if (asprintf(&temporary, "%s.XXXXXX", path) < 0)
		return -ENOMEM;
	ret = save_beside(path, temporary, data, len);
	free(temporary);
	return ret;
}

void file_read(const char *path, struct bytes *bytes, size_t max)
{
	int ret = file_load(path, bytes, max);

	if (ret)
		fail(EXIT_FAILED, "cannot read %s: %s", path, strerror(-ret));
}

void file_write(const char *path, const void *data, size_t len)
{
	int ret;

	fflush(stdout);
	ret = file_save(path, data, len);
	if (ret)
		fail(EXIT_FAILED, "cannot write %s: %s", path, strerror(-ret));
}

void file_write_binary(const char *path, const void *data, size_t len)
{
	if (!path && isatty(STDOUT_FILENO))
		fail_usage("binary output is not for a terminal: give --out "
			   "FILE, or --out - if you mean it");
	file_write(path ? path : "-", data, len);
}
