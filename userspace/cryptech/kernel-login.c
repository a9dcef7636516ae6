// SPDX-License-Identifier: MIT
#include "commands.h"
#include "common/pin.h"

static const struct opt opts[] = {
	OPTIONS_DEVICE,
	OPTIONS_PIN,
	OPT_END
};

static const struct syntax syntax = {
	.args = "",
	.about =
"Log the kernel itself in with the PIN of user, so that keyrings (keyctl) and\n"
"the crypto API can use the HSM's keys. It lasts until `cryptech kernel-logout`\n"
"or a restart of the HSM. Needs root (CAP_SYS_ADMIN).",
	.opts = opts,
};

int cmd_kernel_login(int argc, char **argv)
{
	static struct pin pin;
	struct cryptech *hsm;
	int ret;

	options_parse(&syntax, &argc, &argv);
	hsm = session_open(true);
	pin_read(&pin, "PIN of user");
	ret = cryptech_kernel_login(hsm, pin.bytes, pin.len);
	pin_wipe(&pin);
	if (ret)
		fail_call(hsm, ret, "cannot log the kernel in");
	cryptech_close(hsm);
	return EXIT_OK;
}
