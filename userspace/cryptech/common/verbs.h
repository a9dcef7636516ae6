/* SPDX-License-Identifier: MIT */
/* Subcommands that have subcommands, as in `cryptech backup export`. */
#ifndef TOOL_VERBS_H
#define TOOL_VERBS_H

#include <stddef.h>

#include "options.h"

/* Run the verb that argv[1] names; --help and wrong usage end the process. */
int verbs_run(const char *about, const struct command *verbs, size_t count,
	      int argc, char **argv);

/* Ask at the terminal to type yes, unless @yes; else the process ends. */
void confirm(bool yes, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif /* TOOL_VERBS_H */
