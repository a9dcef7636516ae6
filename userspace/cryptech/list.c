// SPDX-License-Identifier: MIT
#include <stdio.h>

#include "commands.h"
#include "common/find.h"
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
"List the keys that you may use, one a line: UUID, type, flags, label. With\n"
"NAME only those that it names.",
	.opts = opts,
	.args_max = 1,
};

static bool print_one(const struct cryptech_key *key, void *context)
{
	const char *name = context;

	if (name && !find_match(name, key))
		return true;
	if (json) {
		json_open(NULL, '{');
		showkey_json(key);
		json_close('}');
	} else {
		showkey_line(key);
	}
	return true;
}

int cmd_list(int argc, char **argv)
{
	struct cryptech *hsm;

	options_parse(&syntax, &argc, &argv);
	hsm = session_login(CRYPTECH_USER_NORMAL);
	if (json)
		json_open(NULL, '[');
	find_each(hsm, print_one, argc ? argv[0] : NULL);
	if (json)
		json_close(']');
	cryptech_close(hsm);
	return EXIT_OK;
}
