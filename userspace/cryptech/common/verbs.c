// SPDX-License-Identifier: MIT
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fail.h"
#include "verbs.h"

static void help(const char *about, const struct command *verbs, size_t count)
{
	size_t i;

	printf("Usage: cryptech %s VERB [OPTION...] [ARGUMENT...]\n\n%s\n\n"
	       "Verbs:\n", fail_command, about);
	for (i = 0; i < count; i++)
		printf("  %-14s %s\n", verbs[i].name, verbs[i].about);
	printf("\n`cryptech %s VERB --help` tells more.\n", fail_command);
}

int verbs_run(const char *about, const struct command *verbs, size_t count,
	      int argc, char **argv)
{
	static char name[64];
	size_t i;

	if (argc < 2)
		fail_usage("a verb is missing");
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")) {
		help(about, verbs, count);
		return EXIT_OK;
	}
	for (i = 0; i < count; i++) {
		if (strcmp(argv[1], verbs[i].name))
			continue;
		snprintf(name, sizeof(name), "%s %s", fail_command,
			 verbs[i].name);
		fail_command = name;
		return verbs[i].run(argc - 1, argv + 1);
	}
	fail_usage("no verb %s", argv[1]);
}

void confirm(bool yes, const char *format, ...)
{
	char answer[8];
	va_list args;

	if (yes)
		return;
	if (!isatty(STDIN_FILENO))
		fail_usage("this needs --yes, or a terminal to ask");
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fprintf(stderr, " Type yes: ");
	if (!fgets(answer, sizeof(answer), stdin) || strcmp(answer, "yes\n"))
		fail(EXIT_FAILED, "nothing was changed");
}
