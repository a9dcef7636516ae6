// SPDX-License-Identifier: MIT
#include "log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void write_line(const char *format, va_list args, const char *why)
{
	char line[512];
	int len = snprintf(line, sizeof(line), "%s: ",
			   program_invocation_short_name);
	ssize_t done;

	len += vsnprintf(line + len, sizeof(line) - len, format, args);
	if (len > (int)sizeof(line) - 1)
		len = sizeof(line) - 1;
	if (why)
		len += snprintf(line + len, sizeof(line) - len, ": %s", why);
	if (len > (int)sizeof(line) - 2)
		len = sizeof(line) - 2;
	line[len++] = '\n';
	/* One write, so that lines of several threads do not mix. Nobody to
	 * tell if it fails. */
	done = write(STDERR_FILENO, line, len);
	(void)done;
}

void sim_log(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	write_line(format, args, NULL);
	va_end(args);
}

void sim_log_errno(const char *format, ...)
{
	int saved = errno;
	va_list args;

	va_start(args, format);
	write_line(format, args, strerror(saved));
	va_end(args);
	errno = saved;
}
