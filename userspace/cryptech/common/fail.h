/* SPDX-License-Identifier: MIT */
/* How the tool ends: exit codes and messages that say what to do next. */
#ifndef TOOL_FAIL_H
#define TOOL_FAIL_H

#include <stdbool.h>

#include "../../libcryptech/libcryptech.h"

/* Documented in cryptech(1); scripts rely on them. */
enum exit_code {
	EXIT_OK = 0,
	EXIT_FAILED = 1,	/* anything that has no code of its own */
	EXIT_USAGE = 2,		/* wrong command line */
	EXIT_NO_DEVICE = 3,	/* no HSM, none chosen of several, restarted */
	EXIT_DENIED = 4,	/* wrong PIN, not logged in, no permission */
	EXIT_NO_KEY = 5,	/* no such key, or several fit */
	EXIT_BAD_SIGNATURE = 6,	/* it does not verify */
	EXIT_LATER = 7,		/* the HSM asks to try again later */
	EXIT_UNCERTAIN = 8,	/* no answer: it may have happened */
};

/* The subcommand that runs, for messages. */
extern const char *fail_command;

void fail(enum exit_code code, const char *format, ...)
	__attribute__((noreturn, format(printf, 2, 3)));

/* Wrong command line: says where help is. */
void fail_usage(const char *format, ...)
	__attribute__((noreturn, format(printf, 1, 2)));

/* libcrypto failed: adds its reason. */
void fail_openssl(const char *format, ...)
	__attribute__((noreturn, format(printf, 1, 2)));

/*
 * A libcryptech call on @hsm (NULL: opening it) answered @ret. The words say
 * what was tried, as in "cannot sign".
 */
void fail_call(struct cryptech *hsm, int ret, const char *format, ...)
	__attribute__((noreturn, format(printf, 3, 4)));

/* The same, of one of many: ends the process only if the HSM is gone. */
void warn_call(struct cryptech *hsm, int ret, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The exit code that @ret of a libcryptech call stands for. */
enum exit_code exit_code_of(int ret);

void warn(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif /* TOOL_FAIL_H */
