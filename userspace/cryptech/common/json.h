/* SPDX-License-Identifier: MIT */
/* JSON (RFC 8259) on standard output. */
#ifndef TOOL_JSON_H
#define TOOL_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Values go into the object or array that was opened last. @name is NULL in
 * an array and at the top.
 */
void json_open(const char *name, char bracket);		/* '{' or '[' */
void json_close(char bracket);				/* '}' or ']' */
void json_text(const char *name, const char *value);	/* NULL: null */
void json_bytes(const char *name, const char *value, size_t len);
void json_number(const char *name, uint64_t value);
void json_bool(const char *name, bool value);

#endif /* TOOL_JSON_H */
