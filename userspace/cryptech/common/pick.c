// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fail.h"
#include "find.h"
#include "hashsig.h"
#include "json.h"
#include "pick.h"
#include "showkey.h"

void pick_add(struct pick *pick, const struct cryptech_key *key)
{
	size_t n = pick->count;

	/* Doubled whenever the count is a power of two. */
	if (!(n & (n - 1))) {
		void *keys = realloc(pick->keys, (n ? 2 * n : 1) *
				     sizeof(*pick->keys));

		if (!keys)
			fail(EXIT_FAILED, "no memory left");
		pick->keys = keys;
	}
	pick->keys[pick->count++] = *key;
}

static bool libhal_has(const struct cryptech_key *key)
{
	return key->key_class >= CRYPTECH_KEY_CLASS_RSA_PRIVATE &&
	       key->key_class <= CRYPTECH_KEY_CLASS_EC_PUBLIC;
}

struct wish {
	struct pick *pick;
	bool libhal;
};

static bool take(const struct cryptech_key *key, void *context)
{
	const struct wish *wish = context;

	if (!(key->flags & CRYPTECH_KEY_FLAG_EXPORTABLE))
		return true;
	if (hashsig_is_private(key))
		wish->pick->left_out++;
	else if (!wish->libhal || libhal_has(key))
		pick_add(wish->pick, key);
	return true;
}

static void take_named(const struct wish *wish, struct cryptech *hsm,
		       const char *name)
{
	struct cryptech_key key;
	size_t i;

	find_key(hsm, name, &key);
	if (!(key.flags & CRYPTECH_KEY_FLAG_EXPORTABLE))
		fail(EXIT_DENIED, "%s may not leave the HSM: it was not made "
		     "with --exportable", name);
	if (wish->libhal && !libhal_has(&key))
		fail(EXIT_FAILED, "%s: libhal's form has RSA and EC keys only",
		     name);
	for (i = 0; i < wish->pick->count; i++)
		if (!memcmp(wish->pick->keys[i].uuid, key.uuid, 16))
			return;
	pick_add(wish->pick, &key);
}

void pick_keys(struct pick *pick, struct cryptech *hsm, int count,
	       char *const *names, bool libhal)
{
	struct wish wish = { .pick = pick, .libhal = libhal };
	int i;

	memset(pick, 0, sizeof(*pick));
	if (!count)
		find_each(hsm, take, &wish);
	for (i = 0; i < count; i++)
		take_named(&wish, hsm, names[i]);
	if (!pick->count)
		fail(EXIT_NO_KEY, "no key may leave the HSM%s: they have to be "
		     "made with --exportable", pick->left_out ?
		     ", but hash signature keys, which have to be named" : "");
}

void pick_free(struct pick *pick)
{
	free(pick->keys);
	memset(pick, 0, sizeof(*pick));
}

void pick_print(const struct pick *pick, bool json)
{
	size_t i;

	if (json)
		json_open(NULL, '[');
	for (i = 0; i < pick->count; i++) {
		if (json) {
			json_open(NULL, '{');
			showkey_json(&pick->keys[i]);
			json_close('}');
		} else {
			showkey_line(&pick->keys[i]);
			printf("\n");
		}
	}
	if (json)
		json_close(']');
}
