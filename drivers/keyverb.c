// SPDX-License-Identifier: GPL-2.0
/* What payloads of keys say: the verbs and their options. */
#include <linux/build_bug.h>
#include <linux/ctype.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uuid.h>

#include "key.h"

#define REQUEST_MAX	256	/* bytes; every good one is shorter */

static const struct {
	const char *name;
	u32 type;
} key_types[] = {
#define CRYPTECH_T(number, id, text) \
	{ text, (number) + BUILD_BUG_ON_ZERO((number) != CRYPTECH_KEY_##id) },
	CRYPTECH_KEY_TYPES(CRYPTECH_T)
#undef CRYPTECH_T
};

const char *cryptech_key_type_name(u32 type, char *buf, size_t size)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(key_types); i++)
		if (key_types[i].type == type)
			return key_types[i].name;
	snprintf(buf, size, "%s%u",
		 CRYPTECH_KEY_FAMILY(type) == CRYPTECH_KEY_FAMILY_RSA ?
		 "rsa" : "ec-p", CRYPTECH_KEY_BITS(type));
	return buf;
}

static int parse_type(const char *word, u32 *type)
{
	size_t i;

	for (i = 0; word && i < ARRAY_SIZE(key_types); i++) {
		if (strcmp(word, key_types[i].name))
			continue;
		*type = key_types[i].type;
		return 0;
	}
	return -EINVAL;
}

static int parse_uuid(const char *word, u8 *uuid)
{
	uuid_t parsed;

	if (!word || strlen(word) != UUID_STRING_LEN ||
	    uuid_parse(word, &parsed))
		return -EINVAL;
	export_uuid(uuid, &parsed);
	return 0;
}

/* `name=N` with a plain decimal number that was not given before */
static int parse_number(const char *word, const char *name, int *number)
{
	size_t len = strlen(name);

	if (strncmp(word, name, len) || !isdigit(word[len]) || *number >= 0)
		return -EINVAL;
	return kstrtoint(word + len, 10, number) ? -EINVAL : 0;
}

/* A flag that only `new` has, once. */
static int parse_flag(const char *word, struct cryptech_key_request *req)
{
	u32 flag;

	if (req->verb != CRYPTECH_KEY_NEW)
		return -EINVAL;
	if (!strcmp(word, "sealed"))
		return -EOPNOTSUPP;
	if (!strcmp(word, "volatile")) {
		if (!(req->flags & CRYPTECH_KEY_FLAG_TOKEN))
			return -EINVAL;
		req->flags &= ~CRYPTECH_KEY_FLAG_TOKEN;
		return 0;
	}
	if (!strcmp(word, "exportable"))
		flag = CRYPTECH_KEY_FLAG_EXPORTABLE;
	else if (!strcmp(word, "raw") &&
		 CRYPTECH_KEY_FAMILY(req->type) == CRYPTECH_KEY_FAMILY_RSA)
		flag = CRYPTECH_KEY_FLAG_RAW;
	else
		return -EINVAL;
	if (req->flags & flag)
		return -EINVAL;
	req->flags |= flag;
	return 0;
}

static int parse_option(const char *word, struct cryptech_key_request *req)
{
	if (!strncmp(word, "dev=", 4))
		return parse_number(word, "dev=", &req->dev);
	if (!strncmp(word, "fd=", 3))
		return parse_number(word, "fd=", &req->fd);
	return parse_flag(word, req);
}

/* The next word, or NULL. */
static char *next_word(char **text)
{
	char *word;

	do {
		word = strsep(text, " \t");
	} while (word && !*word);
	return word;
}

/* What a new key of that type is for. */
static u32 flags_of_type(u32 type)
{
	return CRYPTECH_KEY_FLAG_TOKEN |
	       (cryptech_key_is_asymmetric(type) ?
		CRYPTECH_KEY_FLAG_DIGITALSIGNATURE :
		CRYPTECH_KEY_FLAG_DATAENCIPHERMENT);
}

static int parse_words(char *text, struct cryptech_key_request *req)
{
	char *word = next_word(&text);
	int ret;

	if (!word)
		return -EINVAL;
	if (!strcmp(word, "new")) {
		req->verb = CRYPTECH_KEY_NEW;
		ret = parse_type(next_word(&text), &req->type);
		req->flags = flags_of_type(req->type);
	} else if (!strcmp(word, "use")) {
		req->verb = CRYPTECH_KEY_USE;
		ret = parse_uuid(next_word(&text), req->uuid);
	} else if (!strcmp(word, "load")) {
		ret = -EOPNOTSUPP;
	} else {
		ret = -EINVAL;
	}
	while (!ret && (word = next_word(&text)))
		ret = parse_option(word, req);
	return ret;
}

int cryptech_key_request_parse(const void *text, size_t len,
			       struct cryptech_key_request *req)
{
	char *words;
	int ret;

	memset(req, 0, sizeof(*req));
	req->dev = -1;
	req->fd = -1;

	if (!text || !len || len > REQUEST_MAX || memchr(text, 0, len))
		return -EINVAL;
	words = kmemdup_nul(text, len, GFP_KERNEL);
	if (!words)
		return -ENOMEM;
	/* people pipe the output of echo into keyctl padd */
	ret = parse_words(strim(words), req);
	kfree(words);
	return ret;
}
