/* SPDX-License-Identifier: MIT */
/*
 * Secrets that people type.
 *
 * From --pin-file or --pin-fd each secret that is asked for is the next line;
 * else they come from the terminal without echo. Never from arguments or the
 * environment, where others can read them.
 */
#ifndef TOOL_PIN_H
#define TOOL_PIN_H

#include <cryptech/rpc.h>

#include "options.h"

extern struct pin_options {
	const char *file, *fd;
} pin_options;

#define OPTIONS_PIN							\
	OPT_TEXT("pin-file", 'p', "FILE", &pin_options.file,		\
		 "PINs from FILE, one a line"),				\
	OPT_TEXT("pin-fd", 0, "FD", &pin_options.fd,			\
		 "PINs from an open file, one a line")

/* What the HSM asks of new PINs, in bytes; the latter of wheel's and so's. */
#define PIN_MIN		4
#define PIN_MIN_ADMIN	8

struct pin {
	size_t len;
	char bytes[CRYPTECH_PIN_MAX + 2];	/* zero-terminated */
};

/* Ask for @what, as in "PIN of user"; ends the process on failure. */
void pin_read(struct pin *pin, const char *what);

/* The same for a secret that is being set: at a terminal it asks twice. */
void pin_read_new(struct pin *pin, const char *what);

/* Ask for it at the terminal, whatever the options say. */
void pin_read_terminal(struct pin *pin, const char *what);

void pin_wipe(struct pin *pin);

/*
 * The next line of @fd, at most CRYPTECH_PIN_MAX bytes, without its newline.
 * Reads not a byte beyond it, so that several readers can share a descriptor.
 * 0 or -errno; -ENODATA: the file has ended; -EINVAL: an empty line or one
 * that is too long.
 */
int pin_read_line(struct pin *pin, int fd);

#endif /* TOOL_PIN_H */
