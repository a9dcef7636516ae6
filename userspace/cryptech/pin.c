// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdio.h>

#include "commands.h"
#include "common/pin.h"

static const struct opt opts[] = {
	OPTIONS_LOGIN,
	OPT_END
};

static const struct syntax syntax = {
	.args = "user|so|wheel",
	.about =
"Set the PIN of a role. wheel (the default --role) may set every PIN, so the\n"
"user's. Asks for the PIN of --role, unless in a session, then for the new\n"
"one. PINs of wheel and so have at least 8 characters, the user's at least 4.",
	.opts = opts,
	.args_min = 1,
	.args_max = 1,
};

int cmd_pin(int argc, char **argv)
{
	static struct pin pin;
	struct cryptech *hsm;
	uint32_t user;
	char what[40];
	int ret;

	options_parse(&syntax, &argc, &argv);
	if (cryptech_user_parse(argv[0], &user))
		fail_usage("no role %s: user, so or wheel", argv[0]);
	hsm = session_login(CRYPTECH_USER_WHEEL);
	snprintf(what, sizeof(what), "new PIN of %s", argv[0]);
	pin_read_new(&pin, what);
	ret = cryptech_set_pin(hsm, user, pin.bytes, pin.len);
	pin_wipe(&pin);
	if (ret == -EINVAL)
		fail(EXIT_FAILED, "the HSM refused the PIN: %s needs at least "
		     "%zu characters", argv[0], session_pin_min(hsm, user));
	if (ret)
		fail_call(hsm, ret, "cannot set the PIN of %s", argv[0]);
	cryptech_close(hsm);
	return EXIT_OK;
}
