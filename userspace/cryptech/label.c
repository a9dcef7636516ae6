// SPDX-License-Identifier: MIT
#include "commands.h"
#include "common/find.h"
#include "common/newkey.h"
#include "common/pin.h"

static const struct opt opts[] = {
	OPTIONS_LOGIN,
	OPT_END
};

static const struct syntax syntax = {
	.args = "KEY TEXT",
	.about = "Give a key another label; \"\" takes it away.",
	.opts = opts,
	.args_min = 2,
	.args_max = 2,
};

int cmd_label(int argc, char **argv)
{
	struct cryptech_key key;
	struct cryptech *hsm;
	int ret;

	options_parse(&syntax, &argc, &argv);
	newkey_check_label(argv[1]);
	hsm = session_login(CRYPTECH_USER_NORMAL);
	find_key(hsm, argv[0], &key);
	ret = cryptech_key_set_label(hsm, key.uuid, argv[1]);
	if (ret)
		fail_call(hsm, ret, "cannot set the label");
	cryptech_close(hsm);
	return EXIT_OK;
}
