// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
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

/* The folder that @path is in; @copy: the string that it is cut from. */
static const char *folder_of(const char *path, char **copy)
{
	*copy = strdup(path);
	return *copy ? dirname(*copy) : NULL;
}

/* A new name is safe only once its folder has been written. */
static int sync_folder(const char *path)
{
	char *copy;
	const char *folder = folder_of(path, &copy);
	int fd, ret = 0;

	if (!folder)
		return -ENOMEM;
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	free(copy);
	if (fd < 0 || fsync(fd))
		ret = -errno;
	if (fd >= 0)
		close(fd);
	return ret;
}

static int give_name(const char *temporary, const char *path, bool force)
{
	if (force)
		return rename(temporary, path) ? -errno : 0;
	/* Unlike rename() this fails if somebody else was quicker. */
	if (link(temporary, path))
		return -errno;
	return unlink(temporary) ? -errno : 0;
}

static int save_private_beside(const char *path, char *temporary,
			       const void *data, size_t len, bool force)
{
	int fd = mkostemp(temporary, O_CLOEXEC);	/* its mode is 0600 */
	int ret;

	if (fd < 0)
		return -errno;
	ret = write_all(fd, data, len);
	if (!ret && fsync(fd))
		ret = -errno;
	if (close(fd) && !ret)
		ret = -errno;
	if (!ret)
		ret = give_name(temporary, path, force);
	if (ret) {
		unlink(temporary);
		return ret;
	}
	return sync_folder(path);
}

int file_can_save_private(const char *path, bool force)
{
	struct stat st;
	char *copy;
	const char *folder;
	int ret = 0;

	if (is_std(path))
		return -EINVAL;
	if (!lstat(path, &st))
		return !S_ISREG(st.st_mode) ? -EINVAL : force ? 0 : -EEXIST;
	folder = folder_of(path, &copy);
	if (!folder)
		return -ENOMEM;
	if (access(folder, W_OK | X_OK))
		ret = -errno;
	free(copy);
	return ret;
}

int file_save_private(const char *path, const void *data, size_t len,
		      bool force)
{
	int ret = file_can_save_private(path, force);
	char *temporary;

	if (ret)
		return ret;
	if (asprintf(&temporary, "%s.XXXXXX", path) < 0)
		return -ENOMEM;
	ret = save_private_beside(path, temporary, data, len, force);
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
