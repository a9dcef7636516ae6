// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "common/find.h"
#include "common/pin.h"
#include "common/showkey.h"

static bool yes;

static const struct opt opts[] = {
	OPT_FLAG("yes", 'y', &yes, "do not ask"),
	OPTIONS_LOGIN,
	OPT_END
};

static const struct syntax syntax = {
	.args = "KEY",
	.about =
"Delete a key, for ever: its bytes in flash are zeroed. Shows the key and asks\n"
"first, unless --yes is given.",
	.opts = opts,
	.args_min = 1,
	.args_max = 1,
};

static void confirm(const struct cryptech_key *key)
{
	char answer[8];

	if (!isatty(STDIN_FILENO))
		fail_usage("this needs --yes, or a terminal to ask");
	showkey_line(key);
	printf("Delete this key for ever? Type yes: ");
	fflush(stdout);
	if (!fgets(answer, sizeof(answer), stdin) || strcmp(answer, "yes\n"))
		fail(EXIT_FAILED, "nothing was deleted");
}

int cmd_delete(int argc, char **argv)
{
	struct cryptech_key key;
	struct cryptech *hsm;
	int ret;

	options_parse(&syntax, &argc, &argv);
	hsm = session_login(CRYPTECH_USER_NORMAL);
	find_key(hsm, argv[0], &key);
	if (!yes)
		confirm(&key);
	ret = cryptech_key_delete(hsm, key.uuid);
	if (ret)
		fail_call(hsm, ret, "cannot delete the key");
	cryptech_close(hsm);
	return EXIT_OK;
}
