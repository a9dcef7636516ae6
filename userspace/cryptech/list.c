// SPDX-License-Identifier: MIT
#include <stdio.h>

#include "commands.h"
#include "common/find.h"
#include "common/hashsig.h"
#include "common/pin.h"
#include "common/showkey.h"

static bool json;

static const struct opt opts[] = {
	OPT_FLAG("json", 'j', &json, "print JSON"),
	OPTIONS_LOGIN,
	OPT_END
};

static const struct syntax syntax = {
	.args = "[NAME]",
	.about =
"List the keys that you may use, one a line: UUID, type, flags, label; of hss\n"
"keys also what is left. With NAME only those that it names.",
	.opts = opts,
	.args_max = 1,
};

struct wish {
	struct cryptech *hsm;
	const char *name;
};

static bool print_one(const struct cryptech_key *key, void *context)
{
	const struct wish *wish = context;

	if (wish->name && !find_match(wish->name, key))
		return true;
	if (json) {
		json_open(NULL, '{');
		showkey_json(key);
		hashsig_json(wish->hsm, key);
		json_close('}');
	} else {
		showkey_line(key);
		hashsig_left(wish->hsm, key);
		printf("\n");
	}
	return true;
}

int cmd_list(int argc, char **argv)
{
	struct wish wish;

	options_parse(&syntax, &argc, &argv);
	wish.hsm = session_login(CRYPTECH_USER_NORMAL);
	wish.name = argc ? argv[0] : NULL;
	if (json)
		json_open(NULL, '[');
	find_each(wish.hsm, print_one, &wish);
	if (json)
		json_close(']');
	cryptech_close(wish.hsm);
	return EXIT_OK;
}
