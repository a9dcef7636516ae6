// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "fail.h"
#include "find.h"
#include "text.h"

#define CHUNK	128

void find_each(struct cryptech *hsm,
	       bool (*each)(const struct cryptech_key *key, void *context),
	       void *context)
{
	static struct cryptech_key keys[CHUNK];
	uint8_t previous[16] = { 0 };
	size_t count, i;

	for (;;) {
		int ret;

		count = CHUNK;
		ret = cryptech_key_list(hsm, previous, keys, &count);
		if (ret)
			fail_call(hsm, ret, "cannot list the keys");
		if (!count)
			return;
		for (i = 0; i < count; i++)
			if (!each(&keys[i], context))
				return;
		memcpy(previous, keys[count - 1].uuid, sizeof(previous));
	}
}

/* Is @name a prefix, long enough, of the UUID? Dashes may be left out. */
static bool is_prefix(const char *name, const uint8_t uuid[16])
{
	char text[CRYPTECH_UUID_TEXT];
	const char *t = cryptech_uuid_format(uuid, text);
	unsigned int digits = 0;

	for (; *name; name++, t++) {
		if (*t == '-' && *name != '-')
			t++;
		if (!*t || strncasecmp(name, t, 1))
			return false;
		if (*t != '-')
			digits++;
	}
	return digits >= FIND_PREFIX_MIN;
}

bool find_match(const char *name, const struct cryptech_key *key)
{
	return (key->label_len && !strcmp(name, key->label)) ||
		is_prefix(name, key->uuid);
}

struct search {
	const char *name;
	unsigned int found;
	struct cryptech_key *key;	/* the first */
};

static void show_candidate(const struct cryptech_key *key)
{
	char uuid[CRYPTECH_UUID_TEXT], label[TEXT_LABEL];

	fprintf(stderr, "  %s  %s\n", cryptech_uuid_format(key->uuid, uuid),
		text_label(key, label));
}

static bool search_one(const struct cryptech_key *key, void *context)
{
	struct search *search = context;

	if (!find_match(search->name, key))
		return true;
	search->found++;
	if (search->found == 1) {
		*search->key = *key;
		return true;
	}
	if (search->found == 2)
		show_candidate(search->key);
	show_candidate(key);
	return search->found < 8;
}

void find_key(struct cryptech *hsm, const char *name, struct cryptech_key *key)
{
	struct search search = { .name = name, .key = key };
	uint8_t uuid[16];
	int ret;

	if (!cryptech_uuid_parse(name, uuid)) {
		ret = cryptech_key_info(hsm, uuid, key);
		if (ret)
			fail_call(hsm, ret, "cannot use key %s", name);
		return;
	}
	find_each(hsm, search_one, &search);
	if (!search.found)
		fail(EXIT_NO_KEY, "no key is named %s: `cryptech list` shows "
		     "those you may use", name);
	if (search.found > 1)
		fail(EXIT_NO_KEY, "%s means several keys, see above: name one "
		     "by more of its UUID", name);
}
