// SPDX-License-Identifier: MIT
/* Numbers and their names, all made from the lists in <cryptech/rpc.h>. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "internal.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct name {
	uint32_t number;
	const char *name;
	size_t bytes;
};

static const struct name errors[] = {
#define ERROR(number, name, errno_, text) { number, text, 0 },
	CRYPTECH_ERRORS(ERROR)
};

static const struct name key_types[] = {
#define KEY_TYPE(number, upper, name) { number, name, 0 },
	CRYPTECH_KEY_TYPES(KEY_TYPE)
};

static const struct name digests[] = {
#define DIGEST(number, upper, name, bytes) { number, name, bytes },
	CRYPTECH_DIGESTS(DIGEST)
};

static const struct name users[] = {
	{ CRYPTECH_USER_NORMAL, "user", 0 },
	{ CRYPTECH_USER_SO, "so", 0 },
	{ CRYPTECH_USER_WHEEL, "wheel", 0 },
};

static const struct {
	uint32_t tag;
	const char *name, *unit, *text;
} status_tags[] = {
#define STATUS_TAG(tag, name, unit, text) { tag, #name, unit, text },
	CRYPTECH_STATUS_TAGS(STATUS_TAG)
};

static const struct name *by_number(const struct name *table, size_t n,
				    uint32_t number)
{
	for (; n; table++, n--)
		if (table->number == number)
			return table;
	return NULL;
}

static int by_name(const struct name *table, size_t n, const char *name,
		   uint32_t *number)
{
	for (; n; table++, n--) {
		if (strcmp(table->name, name))
			continue;
		*number = table->number;
		return 0;
	}
	return -EINVAL;
}

const char *cryptech_strerror(uint32_t hsm_error)
{
	const struct name *found = by_number(errors, COUNT(errors), hsm_error);

	return found ? found->name : "an error number not known here";
}

const char *cryptech_key_type_name(uint32_t type,
				   char text[CRYPTECH_KEY_TYPE_TEXT])
{
	const struct name *found = by_number(key_types, COUNT(key_types), type);
	unsigned int bits = CRYPTECH_KEY_BITS(type);

	/* Keys of other sizes can be imported. */
	if (found)
		snprintf(text, CRYPTECH_KEY_TYPE_TEXT, "%s", found->name);
	else if (CRYPTECH_KEY_FAMILY(type) == CRYPTECH_KEY_FAMILY_RSA)
		snprintf(text, CRYPTECH_KEY_TYPE_TEXT, "rsa%u", bits);
	else if (type == CRYPTECH_KEY_HSS)
		snprintf(text, CRYPTECH_KEY_TYPE_TEXT, "hss");
	else
		snprintf(text, CRYPTECH_KEY_TYPE_TEXT, "0x%08x", type);
	return text;
}

int cryptech_key_type_parse(const char *name, uint32_t *type)
{
	return by_name(key_types, COUNT(key_types), name, type);
}

const char *cryptech_key_type_list(unsigned int i)
{
	return i < COUNT(key_types) ? key_types[i].name : NULL;
}

const char *cryptech_digest_name(uint32_t digest)
{
	const struct name *found = by_number(digests, COUNT(digests), digest);

	return found ? found->name : NULL;
}

size_t cryptech_digest_size(uint32_t digest)
{
	const struct name *found = by_number(digests, COUNT(digests), digest);

	return found ? found->bytes : 0;
}

int cryptech_digest_parse(const char *name, uint32_t *digest)
{
	return by_name(digests, COUNT(digests), name, digest);
}

const char *cryptech_user_name(uint32_t user)
{
	const struct name *found = by_number(users, COUNT(users), user);

	return found ? found->name : NULL;
}

int cryptech_user_parse(const char *name, uint32_t *user)
{
	return by_name(users, COUNT(users), name, user);
}

bool cryptech_status_text(uint32_t tag, const char **name, const char **unit,
			  const char **text)
{
	size_t i;

	for (i = 0; i < COUNT(status_tags); i++) {
		if (status_tags[i].tag != tag)
			continue;
		*name = status_tags[i].name;
		*unit = status_tags[i].unit;
		*text = status_tags[i].text;
		return true;
	}
	return false;
}

/* Does a dash stand before the @i-th byte of a UUID's text? */
static bool dash_before(unsigned int i)
{
	return i == 4 || i == 6 || i == 8 || i == 10;
}

const char *cryptech_uuid_format(const uint8_t uuid[16],
				 char text[CRYPTECH_UUID_TEXT])
{
	static const char digits[] = "0123456789abcdef";
	char *out = text;
	unsigned int i;

	for (i = 0; i < 16; i++) {
		if (dash_before(i))
			*out++ = '-';
		*out++ = digits[uuid[i] >> 4];
		*out++ = digits[uuid[i] & 15];
	}
	*out = 0;
	return text;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

int cryptech_uuid_parse(const char *text, uint8_t uuid[16])
{
	uint8_t out[16];
	unsigned int i;

	for (i = 0; i < 16; i++) {
		int high, low;

		if (dash_before(i) && *text++ != '-')
			return -EINVAL;
		/* A zero byte is no digit, so the text is never overrun. */
		high = hex_digit(*text);
		if (high < 0)
			return -EINVAL;
		low = hex_digit(text[1]);
		if (low < 0)
			return -EINVAL;
		out[i] = high << 4 | low;
		text += 2;
	}
	if (*text)
		return -EINVAL;
	memcpy(uuid, out, sizeof(out));
	return 0;
}
