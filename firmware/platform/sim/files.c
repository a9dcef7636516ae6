// SPDX-License-Identifier: MIT
#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define LISTENS_ATTEMPTS	5
#define LISTENS_MS		1000

int file_write(int fd, const void *data, size_t len, off_t offset)
{
	const char *p = data;

	while (len) {
		ssize_t n = pwrite(fd, p, len, offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		p += n;
		offset += n;
		len -= n;
	}
	return 0;
}

ssize_t file_read(const char *path, void *data, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	size_t len = 0;
	ssize_t n = -1;
	char more;

	if (fd < 0)
		return -1;
	while (len < size) {
		n = read(fd, (char *)data + len, size - len);
		if (n <= 0)
			break;
		len += n;
	}
	if (len == size) {
		n = read(fd, &more, 1);
		if (n > 0) {
			errno = EFBIG;
			n = -1;
		}
	}
	close(fd);
	return n < 0 ? -1 : (ssize_t)len;
}

static int folder_open(const char *path)
{
	char *copy = strdup(path);
	int fd;

	if (!copy)
		return -1;
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	free(copy);
	return fd;
}

int folder_sync(const char *path)
{
	int fd = folder_open(path);
	int ret;

	if (fd < 0)
		return -1;
	ret = fsync(fd);
	close(fd);
	return ret;
}

int file_replace(const char *path, const void *data, size_t len, bool durable)
{
	char *fresh;
	int fd, saved;

	if (asprintf(&fresh, "%s.new", path) < 0)
		return -1;
	fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
		  0600);
	if (fd < 0)
		goto fail;
	if (file_write(fd, data, len, 0) || (durable && fsync(fd))) {
		saved = errno;
		close(fd);
		unlink(fresh);
		errno = saved;
		goto fail;
	}
	close(fd);
	if (rename(fresh, path))
		goto fail;
	free(fresh);
	return durable ? folder_sync(path) : 0;
fail:
	free(fresh);
	return -1;
}

char *path_join(const char *folder, const char *name)
{
	char *path;

	return asprintf(&path, "%s/%s", folder, name) < 0 ? NULL : path;
}

int folder_lock(const char *path)
{
	int fd = folder_open(path);

	while (fd >= 0 && flock(fd, LOCK_EX)) {
		if (errno != EINTR) {
			close(fd);
			return -1;
		}
	}
	return fd;
}

static int unix_address(struct sockaddr_un *address, const char *path)
{
	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (strlen(path) >= sizeof(address->sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	strcpy(address->sun_path, path);
	return 0;
}

int unix_connect(const char *path, int type)
{
	struct sockaddr_un address;
	int fd, saved;

	if (unix_address(&address, path))
		return -1;
	fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	if (!connect(fd, (struct sockaddr *)&address, sizeof(address)))
		return fd;
	saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

/*
 * Does anybody listen there? A process that is dying may, for a moment still;
 * whoever it takes up then is hung up on. That we wait for.
 */
static bool listens(const char *path, int type)
{
	struct pollfd link = { .events = 0 };
	int hung_up = 1;

	for (int i = 0; i < LISTENS_ATTEMPTS && hung_up == 1; i++) {
		/* Non-blocking: the listener may be stopped, its queue full. */
		link.fd = unix_connect(path, type | SOCK_NONBLOCK);
		if (link.fd < 0)
			return errno != ECONNREFUSED;
		hung_up = poll(&link, 1, LISTENS_MS);
		close(link.fd);
	}
	return true;
}

/* Take away a socket file on which nobody listens. */
static int remove_stale(const char *path, int type)
{
	struct stat st;

	if (lstat(path, &st))
		return errno == ENOENT ? 0 : -1;
	if (!S_ISSOCK(st.st_mode)) {
		errno = ENOTSOCK;
		return -1;
	}
	if (listens(path, type)) {
		errno = EADDRINUSE;
		return -1;
	}
	return unlink(path);
}

int unix_listen(const char *path, int type)
{
	struct sockaddr_un address;
	mode_t mask;
	int fd, ret, saved;

	if (unix_address(&address, path) || remove_stale(path, type))
		return -1;
	fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -1;
	mask = umask(0177);
	ret = bind(fd, (struct sockaddr *)&address, sizeof(address));
	saved = errno;
	umask(mask);
	errno = saved;
	if (!ret)
		ret = listen(fd, SOMAXCONN);
	if (!ret)
		return fd;
	saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

bool unix_peer_allowed(int fd)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len))
		return false;
	return peer.uid == 0 || peer.uid == geteuid();
}
