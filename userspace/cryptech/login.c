// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "common/pin.h"

/* Shell scripts like to open low descriptors themselves. */
#define SESSION_FD_MIN	100

static const struct opt opts[] = {
	OPTIONS_LOGIN,
	OPT_END
};

static const struct syntax syntax = {
	.args = "[--] [COMMAND [ARGUMENT...]]",
	.about =
"Log in, then run COMMAND (default: $SHELL) with the open session. All cryptech\n"
"commands in it use the session, whose descriptor is in $CRYPTECH_FD, and ask\n"
"for no PIN. It ends when COMMAND and its children have ended. Whatever runs in\n"
"it can use your keys.",
	.opts = opts,
	.args_max = -1,
	.leading = true,
};

/* Make the descriptor survive exec, out of the way of others. */
static int hand_down(struct cryptech *hsm)
{
	int fd = fcntl(cryptech_fd(hsm), F_DUPFD, SESSION_FD_MIN);

	if (fd < 0 && errno == EINVAL)	/* few descriptors are allowed */
		fd = fcntl(cryptech_fd(hsm), F_DUPFD, 3);
	return fd;
}

int cmd_login(int argc, char **argv)
{
	char *shell[] = { getenv("SHELL"), NULL };
	struct cryptech *hsm;
	char text[16];
	int fd;

	options_parse(&syntax, &argc, &argv);
	session_role(CRYPTECH_USER_NORMAL);	/* is it a role at all? */
	hsm = session_open(false);
	session_authenticate(hsm, CRYPTECH_USER_NORMAL);
	fd = hand_down(hsm);
	if (fd < 0)
		fail(EXIT_FAILED, "cannot pass the session on: %s",
		     strerror(errno));
	snprintf(text, sizeof(text), "%d", fd);
	if (setenv(SESSION_FD_VARIABLE, text, 1))
		fail(EXIT_FAILED, "cannot set $" SESSION_FD_VARIABLE);
	if (!shell[0] || !*shell[0])
		shell[0] = "/bin/sh";
	if (!argc) {
		argv = shell;
		if (isatty(STDERR_FILENO))
			warn("logged in to cryptech%u as %s; leave this shell "
			     "to log out", session_index(hsm),
			     cryptech_user_name(
				session_role(CRYPTECH_USER_NORMAL)));
	}
	execvp(argv[0], argv);
	warn("cannot run %s: %s", argv[0], strerror(errno));
	return errno == ENOENT ? 127 : 126;
}
