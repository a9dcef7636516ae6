/* SPDX-License-Identifier: MIT */
/* Bytes in JSON: base64 (RFC 4648 section 4) as an array of lines. */
#ifndef TOOL_BASE64_H
#define TOOL_BASE64_H

#include <jansson.h>

#include "file.h"

/* Bytes of a line, as libhal's tools and MIME write it. */
#define BASE64_LINE	76

/* An array of lines; NULL: no memory. */
json_t *base64_lines(const void *data, size_t len);

/*
 * Back from an array of lines, or from one string. False: it is neither, or not
 * the one encoding of anything, or longer than @max bytes.
 */
bool base64_bytes(const json_t *lines, struct bytes *bytes, size_t max);

#endif /* TOOL_BASE64_H */
