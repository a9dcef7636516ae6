/* SPDX-License-Identifier: MIT */
/* Keys in words, safe for terminals. */
#ifndef TOOL_TEXT_H
#define TOOL_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "../../libcryptech/libcryptech.h"

#define TEXT_LABEL	(4 * CRYPTECH_LABEL_MAX + 1)
#define TEXT_FLAGS	160
#define TEXT_MODE	16

/*
 * How many bytes at @s are one character of valid UTF-8 that is no control
 * character; 0: none.
 */
size_t text_character(const char *s, size_t len);

/* The label with \xNN for whatever is not text. Returns @text. */
const char *text_label(const struct cryptech_key *key, char text[TEXT_LABEL]);

/* The same for @len bytes, at most CRYPTECH_LABEL_MAX. */
const char *text_of(const char *bytes, size_t len, char text[TEXT_LABEL]);

/* "token,sign,...", an AES key's mode the last. Returns @text. */
const char *text_flags(uint32_t flags, char text[TEXT_FLAGS]);

/* "cbc", "xts": the mode in the flags of an AES key. Returns @text. */
const char *text_mode(uint32_t flags, char text[TEXT_MODE]);

/* A flag's name and number, the @i-th from 0; NULL behind the last. */
const char *text_flag(unsigned int i, uint32_t *flag);

/* "private", "public", "secret" */
const char *text_class(uint32_t key_class);

/* @len bytes as hexadecimal digits, zero-terminated. Returns @text. */
const char *text_hex(const void *data, size_t len, char *text);

/* The reverse: exactly @len bytes, small letters, nothing else. */
bool text_bytes(const char *text, void *data, size_t len);

#endif /* TOOL_TEXT_H */
