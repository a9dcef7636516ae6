// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <string.h>

#include "json.h"
#include "text.h"

static unsigned int depth;
static bool first = true;

/* Text that is not UTF-8 becomes U+FFFD, byte by byte. */
static void quote(const char *s, size_t len)
{
	putchar('"');
	while (len) {
		size_t n = text_character(s, len);

		if (*s == '"' || *s == '\\') {
			printf("\\%c", *s);
		} else if (n) {
			fwrite(s, 1, n, stdout);
		} else if ((uint8_t)*s < 0x80) {
			printf("\\u%04x", (uint8_t)*s);
		} else {
			printf("\\ufffd");
		}
		n = n ? n : 1;
		s += n;
		len -= n;
	}
	putchar('"');
}

static void begin(const char *name)
{
	if (depth)
		printf("%s\n%*s", first ? "" : ",", 2 * depth, "");
	first = false;
	if (name) {
		quote(name, strlen(name));
		printf(": ");
	}
}

void json_open(const char *name, char bracket)
{
	begin(name);
	putchar(bracket);
	depth++;
	first = true;
}

void json_close(char bracket)
{
	depth--;
	if (!first)
		printf("\n%*s", 2 * depth, "");
	putchar(bracket);
	first = false;
	if (!depth) {
		putchar('\n');
		first = true;
	}
}

void json_bytes(const char *name, const char *value, size_t len)
{
	begin(name);
	quote(value, len);
}

void json_text(const char *name, const char *value)
{
	begin(name);
	if (value)
		quote(value, strlen(value));
	else
		printf("null");
}

void json_number(const char *name, uint64_t value)
{
	begin(name);
	printf("%llu", (unsigned long long)value);
}

void json_bool(const char *name, bool value)
{
	begin(name);
	printf("%s", value ? "true" : "false");
}
