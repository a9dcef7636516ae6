/* SPDX-License-Identifier: MIT */
/*
 * Reads vectors/lms/: files of "Name = value" lines, and the JSON files, which
 * have one "name": "value" a line. Longer values than those of vectors.h.
 */
#ifndef TESTS_LMS_VECTORS_H
#define TESTS_LMS_VECTORS_H

#include "vectors.h"

#define LMS_VECTOR_BYTES 24576

struct lms_vector {
	FILE *file;
	char line[2 * LMS_VECTOR_BYTES + 64];
	char *name;
	char *text;		/* the value as it stands */
	uint8_t data[LMS_VECTOR_BYTES];
	size_t len;		/* of data, if text is hexadecimal */
};

static inline bool lms_vector_open(struct lms_vector *v, const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "firmware/tests/vectors/lms/%s", name);
	v->file = fopen(path, "r");
	if (!v->file)
		printf("# no %s: run this from the top of the tree\n", path);
	return v->file;
}

static inline void lms_vector_hex(struct lms_vector *v)
{
	const char *hex = v->text;

	for (v->len = 0; v->len < LMS_VECTOR_BYTES; hex += 2) {
		int high = hex_digit(hex[0]);
		int low = high < 0 ? -1 : hex_digit(hex[1]);

		if (low < 0)
			break;
		v->data[v->len++] = (uint8_t)(high << 4 | low);
	}
}

/* The next line that has a name and a value. */
static inline bool lms_vector_next(struct lms_vector *v)
{
	static const char between[] = " \t\n:=\",{}[]";
	char *rest;

	while (fgets(v->line, sizeof(v->line), v->file)) {
		if (v->line[0] == '#')
			continue;
		v->name = strtok_r(v->line, between, &rest);
		v->text = v->name ? strtok_r(NULL, between, &rest) : NULL;
		if (!v->text)
			continue;
		lms_vector_hex(v);
		return true;
	}
	fclose(v->file);
	return false;
}

static inline bool lms_vector_is(const struct lms_vector *v, const char *name)
{
	return !strcmp(v->name, name);
}

#endif /* TESTS_LMS_VECTORS_H */
