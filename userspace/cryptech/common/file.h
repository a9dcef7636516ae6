/* SPDX-License-Identifier: MIT */
/* Whole files in memory. "-" is standard input or output. */
#ifndef TOOL_FILE_H
#define TOOL_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bytes {
	uint8_t *data;	/* malloc()ed, or NULL */
	size_t len;
};

/* Read a file of at most @max bytes. 0 or -errno (-EFBIG). */
int file_load(const char *path, struct bytes *bytes, size_t max);

/*
 * Write a file so that it is there wholly or not at all; an existing one
 * keeps its permissions. 0 or -errno.
 */
int file_save(const char *path, const void *data, size_t len);

/*
 * The same for files that are as precious as keys: mode 0600, and on disk with
 * its name when this returns. An existing file is -EEXIST unless @force; what
 * is no regular file, and "-", is -EINVAL.
 */
int file_save_private(const char *path, const void *data, size_t len,
		      bool force);
/* Would it be -EEXIST or -EINVAL, or could no file be made there? 0 or so. */
int file_can_save_private(const char *path, bool force);

/* The same, but failure ends the process with a message. */
void file_read(const char *path, struct bytes *bytes, size_t max);
void file_write(const char *path, const void *data, size_t len);

/* Write bytes that no terminal should be sent: to it only if asked by name. */
void file_write_binary(const char *path, const void *data, size_t len);

/* Wipe and free. */
void bytes_free(struct bytes *bytes);

#endif /* TOOL_FILE_H */
