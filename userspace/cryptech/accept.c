// SPDX-License-Identifier: MIT
#include <errno.h>
#include <string.h>

#include "commands.h"
#include "common/pin.h"

static bool yes;

static const struct opt opts[] = {
	OPT_FLAG("yes", 'y', &yes, "do it"),
	OPTIONS_LOGIN,
	OPT_END
};

static const struct syntax syntax = {
	.args = "flash|destroy",
	.about =
"As security officer decide what becomes of hash signature keys when the HSM\n"
"says that its flash is not the newest there was (mode stale). flash: the flash\n"
"is right, and nobody has another copy of it; the keys go on. If an older copy\n"
"was put back, this lets one-time keys sign twice, which breaks them. destroy:\n"
"all hash signature keys are destroyed; other keys stay.",
	.opts = opts,
	.args_min = 1,
	.args_max = 1,
};

int cmd_accept(int argc, char **argv)
{
	struct cryptech *hsm;
	uint32_t decision;
	int ret;

	options_parse(&syntax, &argc, &argv);
	if (!strcmp(argv[0], "flash"))
		decision = CRYPTECH_ACCEPT_FLASH;
	else if (!strcmp(argv[0], "destroy"))
		decision = CRYPTECH_ACCEPT_DESTROY;
	else
		fail_usage("no decision %s: flash or destroy", argv[0]);
	if (!yes)
		fail_usage("this cannot be undone: read the help, then give "
			   "--yes");
	hsm = session_login(CRYPTECH_USER_SO);
	ret = cryptech_hashsig_accept(hsm, decision);
	if (ret == -EINVAL)
		fail(EXIT_FAILED, "there is nothing to decide: the flash is "
		     "the newest");
	if (ret)
		fail_call(hsm, ret, "cannot decide");
	cryptech_close(hsm);
	return EXIT_OK;
}
