/* SPDX-License-Identifier: MIT */
/* Small files that are replaced whole, and unix sockets by path. */
#ifndef SIM_FILES_H
#define SIM_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* All return 0 or -1 with errno set, unless said. */

/* Write all of it, at @offset. */
int file_write(int fd, const void *data, size_t len, off_t offset);

/*
 * Read a file of at most @size bytes. Returns its length; -1 with errno set,
 * EFBIG if it is longer.
 */
ssize_t file_read(const char *path, void *data, size_t size);

/*
 * Put @data in place of the file, mode 0600, so that at any moment there is
 * the old or the new one; with @durable it is on storage when this returns.
 */
int file_replace(const char *path, const void *data, size_t len, bool durable);

/* Make what happened to names in the folder of @path durable. */
int folder_sync(const char *path);

/* "FOLDER/NAME", to be freed; NULL if memory is short. */
char *path_join(const char *folder, const char *name);

/*
 * Wait for the lock on the folder in which @path is. It keeps programs from
 * taking over each other's socket names while they look who listens there.
 * Returns a descriptor: closing it unlocks.
 */
int folder_lock(const char *path);

/*
 * A listening unix socket of @type at @path, mode 0600, non-blocking. A socket
 * file there on which nobody listens any more is replaced; EADDRINUSE if
 * somebody does, ENOTSOCK if it is another kind of file. The caller holds
 * folder_lock().
 */
int unix_listen(const char *path, int type);
/* Connected, blocking. ECONNREFUSED or ENOENT: nobody listens. */
int unix_connect(const char *path, int type);
/* May a process of this user speak with us? Ours or root's. */
bool unix_peer_allowed(int fd);

#endif /* SIM_FILES_H */
