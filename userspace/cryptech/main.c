// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include "commands.h"

#define VERSION	"0.1"

#define COMMAND_ENTRY(function, name, about) { name, about, cmd_##function },
static const struct command commands[] = {
	COMMANDS(COMMAND_ENTRY)
};

#define COUNT	(sizeof(commands) / sizeof(commands[0]))

static void help(void)
{
	size_t i;

	printf("Usage: cryptech COMMAND [OPTION...] [ARGUMENT...]\n\n"
	       "Use a hardware security module.\n\nCommands:\n");
	for (i = 0; i < COUNT; i++)
		printf("  %-14s %s\n", commands[i].name, commands[i].about);
	printf("\n`cryptech COMMAND --help` tells more; so does "
	       "`man cryptech`.\nKEY is a key's UUID, its first digits, or "
	       "its label.\n");
}

static int run(const struct command *command, int argc, char **argv)
{
	int ret;

	fail_command = command->name;
	ret = command->run(argc, argv);
	if (fflush(stdout) || ferror(stdout))
		fail(EXIT_FAILED, "cannot write the output");
	return ret;
}

int main(int argc, char **argv)
{
	size_t i;

	/* Memory holds PINs: no core dumps, no debugger of the same user. */
	prctl(PR_SET_DUMPABLE, 0);
	if (argc < 2)
		fail_usage("a command is missing");
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")) {
		help();
		return EXIT_OK;
	}
	if (!strcmp(argv[1], "--version")) {
		printf("cryptech " VERSION "\n");
		return EXIT_OK;
	}
	for (i = 0; i < COUNT; i++)
		if (!strcmp(argv[1], commands[i].name))
			return run(&commands[i], argc - 1, argv + 1);
	fail_usage("no command %s", argv[1]);
}
