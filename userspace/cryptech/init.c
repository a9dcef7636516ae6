// SPDX-License-Identifier: MIT
#include <stdio.h>

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
"Give a new HSM its PINs. Asks for four: the factory wheel PIN (the simulator\n"
"leaves it in factory-pin in its state folder), then the new ones of wheel\n"
"(administrator), so (security officer) and user. Those of wheel and so have\n"
"at least 8 characters. Until this is done the HSM keeps no keys.",
	.opts = opts,
};

/* The new PINs, in the order in which they are asked for and set. */
static const struct {
	uint32_t user;
	const char *what;
} roles[] = {
	{ CRYPTECH_USER_WHEEL, "new PIN of wheel" },
	{ CRYPTECH_USER_SO, "new PIN of so" },
	{ CRYPTECH_USER_NORMAL, "new PIN of user" },
};

#define ROLES (sizeof(roles) / sizeof(roles[0]))

/*
 * Complain about a short PIN before the first one is set: the HSM would refuse
 * it, but then wheel's has been changed already.
 */
static void check_lengths(struct cryptech *hsm, const struct pin *pins)
{
	size_t i;

	for (i = 0; i < ROLES; i++)
		if (pins[i].len < session_pin_min(hsm, roles[i].user))
			fail(EXIT_FAILED, "the %s is too short: at least %zu "
			     "characters; nothing was changed", roles[i].what,
			     session_pin_min(hsm, roles[i].user));
}

static void set_pins(struct cryptech *hsm, struct pin *pins)
{
	uint32_t failed = 0;
	int ret = 0;
	size_t i;

	for (i = 0; i < ROLES && !ret; i++) {
		failed = roles[i].user;
		ret = cryptech_set_pin(hsm, failed, pins[i].bytes,
				       pins[i].len);
	}
	for (i = 0; i < ROLES; i++)
		pin_wipe(&pins[i]);
	if (!ret)
		return;
	if (failed != CRYPTECH_USER_WHEEL)
		warn("the PIN of wheel is set; set the missing ones with "
		     "`cryptech pin`");
	fail_call(hsm, ret, "cannot set the PIN of %s",
		  cryptech_user_name(failed));
}

int cmd_init(int argc, char **argv)
{
	static struct pin factory, pins[ROLES];
	struct cryptech *hsm;
	size_t i;
	int ret;

	options_parse(&syntax, &argc, &argv);
	hsm = session_open(false);
	if (!session_factory(hsm))
		fail(EXIT_FAILED, "this HSM has its PINs already: "
		     "`cryptech pin` changes them");
	/* Ask for all before anything is changed. */
	pin_read(&factory, "factory PIN of wheel");
	for (i = 0; i < ROLES; i++)
		pin_read_new(&pins[i], roles[i].what);
	check_lengths(hsm, pins);
	ret = cryptech_login(hsm, CRYPTECH_USER_WHEEL, factory.bytes,
			     factory.len);
	pin_wipe(&factory);
	if (ret)
		for (i = 0; i < ROLES; i++)
			pin_wipe(&pins[i]);
	if (ret)
		fail_call(hsm, ret, "cannot log in with the factory PIN");
	set_pins(hsm, pins);
	cryptech_close(hsm);
	return EXIT_OK;
}
