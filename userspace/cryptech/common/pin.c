// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/crypto.h>
#include <openssl/ui.h>

#include "fail.h"
#include "pin.h"

struct pin_options pin_options;

void pin_wipe(struct pin *pin)
{
	OPENSSL_cleanse(pin, sizeof(*pin));
}

int pin_read_line(struct pin *pin, int fd)
{
	pin->len = 0;
	for (;;) {
		char *c = &pin->bytes[pin->len];
		ssize_t n = read(fd, c, 1);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (!n && !pin->len)
			return -ENODATA;
		if (!n || *c == '\n')
			break;
		if (pin->len == CRYPTECH_PIN_MAX)
			return -EINVAL;
		pin->len++;
	}
	pin->bytes[pin->len] = 0;
	return pin->len ? 0 : -EINVAL;
}

/* The descriptor that the options name, opened once; -1: the terminal. */
static int source(void)
{
	static int fd = -1;
	struct stat st;

	if (fd >= 0 || (!pin_options.file && !pin_options.fd))
		return fd;
	if (pin_options.file && pin_options.fd)
		fail_usage("--pin-file and --pin-fd exclude each other");
	if (pin_options.fd) {
		fd = options_number("--pin-fd", pin_options.fd, 0, INT_MAX);
		return fd;
	}
	fd = open(pin_options.file, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		fail(EXIT_FAILED, "cannot open %s: %s", pin_options.file,
		     strerror(errno));
	if (!fstat(fd, &st) && S_ISREG(st.st_mode) && st.st_mode & 077)
		warn("others may read %s: chmod 600 it", pin_options.file);
	return fd;
}

static void from_terminal(struct pin *pin, const char *what, bool twice)
{
	char again[CRYPTECH_PIN_MAX + 2], prompt[160], repeat[160];
	int tty = open("/dev/tty", O_RDWR | O_CLOEXEC);
	UI *ui = UI_new();
	int ret = -1;

	/* Without a terminal UI would take standard input, which is data. */
	if (tty < 0)
		fail(EXIT_DENIED, "no terminal to ask for the %s: give "
		     "--pin-file or --pin-fd, or run this under "
		     "`cryptech login`", what);
	close(tty);
	snprintf(prompt, sizeof(prompt), "%s: ", what);
	snprintf(repeat, sizeof(repeat), "%s, again: ", what);
	if (ui && UI_add_input_string(ui, prompt, 0, pin->bytes, 1,
				      CRYPTECH_PIN_MAX) > 0 &&
	    (!twice || UI_add_verify_string(ui, repeat, 0, again, 1,
					    CRYPTECH_PIN_MAX,
					    pin->bytes) > 0))
		ret = UI_process(ui);
	UI_free(ui);
	OPENSSL_cleanse(again, sizeof(again));
	if (ret) {
		pin_wipe(pin);
		fail(EXIT_DENIED, "no %s was given", what);
	}
	pin->len = strlen(pin->bytes);
}

void pin_read_terminal(struct pin *pin, const char *what)
{
	from_terminal(pin, what, false);
}

static void ask(struct pin *pin, const char *what, bool twice)
{
	int fd = source();
	int ret;

	if (fd < 0) {
		from_terminal(pin, what, twice);
		return;
	}
	ret = pin_read_line(pin, fd);
	if (!ret)
		return;
	pin_wipe(pin);
	if (ret == -ENODATA)
		fail(EXIT_DENIED, "the file of PINs ends before the %s", what);
	if (ret == -EINVAL)
		fail(EXIT_DENIED, "the line for the %s is empty or longer than "
		     "%d bytes", what, CRYPTECH_PIN_MAX);
	fail(EXIT_FAILED, "cannot read the %s: %s", what, strerror(-ret));
}

void pin_read(struct pin *pin, const char *what)
{
	ask(pin, what, false);
}

void pin_read_new(struct pin *pin, const char *what)
{
	ask(pin, what, true);
}
