/* SPDX-License-Identifier: MIT */
/* Command lines: one table a subcommand gives both parsing and --help. */
#ifndef TOOL_OPTIONS_H
#define TOOL_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

struct opt {
	const char *name;
	char letter;		/* 0: none */
	const char *arg;	/* what --help calls its argument */
	bool *flag;		/* either this is set true */
	const char **text;	/* or this is set to the argument */
	const char *help;
};

#define OPT_FLAG(name, letter, flag, help) \
	{ name, letter, NULL, flag, NULL, help }
#define OPT_TEXT(name, letter, arg, text, help) \
	{ name, letter, arg, NULL, text, help }
#define OPT_END { NULL, 0, NULL, NULL, NULL, NULL }

struct syntax {
	const char *args;	/* after the subcommand, as in "KEY [FILE]" */
	const char *about;	/* a paragraph */
	const struct opt *opts;
	int args_min, args_max;	/* how many; args_max -1: any number */
	bool leading;		/* the first argument ends the options */
};

struct command {
	const char *name;
	const char *about;	/* a line */
	int (*run)(int argc, char **argv);
};

/*
 * Parse the options; leaves the arguments alone in *argv. --help and wrong
 * usage end the process.
 */
void options_parse(const struct syntax *syntax, int *argc, char ***argv);

/* A number of an option or argument, else a usage error that names it. */
uint64_t options_number(const char *what, const char *text, uint64_t min,
			uint64_t max);

#endif /* TOOL_OPTIONS_H */
