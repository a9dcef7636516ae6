/* SPDX-License-Identifier: MIT */
/*
 * Reads the lines of firmware/tests/vectors/ (see its README.md).
 */
#ifndef TESTS_VECTORS_H
#define TESTS_VECTORS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VECTOR_FIELDS	8
#define VECTOR_BYTES	4096

struct bytes {
	uint8_t data[VECTOR_BYTES];
	size_t len;
};

struct vector {
	FILE *file;
	char line[4 * VECTOR_BYTES];
	char *field[VECTOR_FIELDS];
	unsigned int fields;
	unsigned int read;		/* lines that vector_next has given */
};

static inline bool vector_open(struct vector *v, const char *name)
{
	char path[256];

	memset(v, 0, sizeof(*v));
	snprintf(path, sizeof(path), "firmware/tests/vectors/%s", name);
	v->file = fopen(path, "r");
	if (!v->file)
		printf("# no %s: run this from the top of the tree\n", path);
	return v->file;
}

static inline bool vector_next(struct vector *v)
{
	char *rest, *field;

	do {
		if (!fgets(v->line, sizeof(v->line), v->file)) {
			fclose(v->file);
			return false;
		}
	} while (v->line[0] == '#');
	v->fields = 0;
	rest = v->line;
	while (v->fields < VECTOR_FIELDS &&
	       (field = strsep(&rest, " \n")) && *field)
		v->field[v->fields++] = field;
	v->read++;
	return true;
}

static inline int hex_digit(char c)
{
	const char digits[] = "0123456789abcdef";
	const char *at = c ? strchr(digits, c | 0x20) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* Aborts on what is not hexadecimal: the file is broken, not the code. */
static inline void from_hex(struct bytes *out, const char *hex)
{
	out->len = 0;
	if (!strcmp(hex, "-"))
		return;
	for (; *hex; hex += 2) {
		int high = hex_digit(hex[0]);
		int low = high < 0 ? -1 : hex_digit(hex[1]);

		if (low < 0 || out->len == sizeof(out->data))
			abort();
		out->data[out->len++] = (uint8_t)(high << 4 | low);
	}
}

static inline void vector_bytes(const struct vector *v, unsigned int field,
				struct bytes *out)
{
	if (field >= v->fields)
		abort();
	from_hex(out, v->field[field]);
}

static inline bool vector_is(const struct vector *v, const char *result)
{
	return v->fields > 1 && !strcmp(v->field[1], result);
}

#endif /* TESTS_VECTORS_H */
