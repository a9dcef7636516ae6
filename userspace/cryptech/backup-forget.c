// SPDX-License-Identifier: MIT
#include <errno.h>
#include <string.h>

#include "backup.h"
#include "commands.h"
#include "common/pin.h"
#include "common/verbs.h"

static bool yes;

static const struct opt opts[] = {
	OPT_FLAG("yes", 'y', &yes, "do not ask"),
	OPTIONS_LOGIN,
	OPT_END
};

static const struct syntax syntax = {
	.args = "kekek|outbox|parked UUID",
	.about =
"Give up what waits, for ever.\n"
"kekek    a single-use KEKEK of this HSM: packages made for it open nowhere\n"
"outbox   (security officer) the package of a hash signature key that was given\n"
"         away: it was not acknowledged, and nobody will ask for it again\n"
"parked   (security officer) a hash signature key that was exported and deleted:\n"
"         its package opens no more, and the key is lost",
	.opts = opts,
	.args_min = 2,
	.args_max = 2,
};

static const struct {
	const char *name;
	uint32_t what;		/* CRYPTECH_FORGET_*; 0: a KEKEK */
	uint32_t role;
	const char *warning;
} things[] = {
	{ "kekek", 0, CRYPTECH_USER_NORMAL,
	  "What was exported for this KEKEK is lost." },
	{ "outbox", CRYPTECH_FORGET_OUTBOX, CRYPTECH_USER_SO,
	  "If the package has not arrived, half of the key is lost." },
	{ "parked", CRYPTECH_FORGET_PARKED, CRYPTECH_USER_SO,
	  "The key is lost, whoever has its package." },
};

#define THINGS (sizeof(things) / sizeof(things[0]))

int backup_forget(int argc, char **argv)
{
	struct cryptech *hsm;
	uint8_t uuid[16];
	size_t i;
	int ret;

	options_parse(&syntax, &argc, &argv);
	for (i = 0; i < THINGS; i++)
		if (!strcmp(argv[0], things[i].name))
			break;
	if (i == THINGS)
		fail_usage("%s cannot be forgotten: kekek, outbox or parked",
			   argv[0]);
	if (cryptech_uuid_parse(argv[1], uuid))
		fail_usage("%s is no UUID", argv[1]);
	hsm = session_login(things[i].role);
	confirm(yes, "%s", things[i].warning);
	ret = things[i].what ? cryptech_forget(hsm, things[i].what, uuid) :
			       cryptech_kekek_delete(hsm, uuid);
	if (ret == -ENOKEY)
		fail(EXIT_NO_KEY, "there is no such thing of %s", argv[1]);
	if (ret)
		fail_call(hsm, ret, "cannot forget it");
	cryptech_close(hsm);
	return EXIT_OK;
}
