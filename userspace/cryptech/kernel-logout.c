// SPDX-License-Identifier: MIT
#include "commands.h"

static const struct opt opts[] = {
	OPTIONS_DEVICE,
	OPT_END
};

static const struct syntax syntax = {
	.args = "",
	.about = "Log the kernel out: keys in keyrings cannot be used until "
		 "the next kernel-login. Needs root.",
	.opts = opts,
};

int cmd_kernel_logout(int argc, char **argv)
{
	struct cryptech *hsm;
	int ret;

	options_parse(&syntax, &argc, &argv);
	hsm = session_open(true);
	ret = cryptech_kernel_logout(hsm);
	if (ret)
		fail_call(hsm, ret, "cannot log the kernel out");
	cryptech_close(hsm);
	return EXIT_OK;
}
