// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <string.h>

#include "backup.h"
#include "commands.h"
#include "common/json.h"
#include "common/pin.h"
#include "common/policy.h"

static bool json;

static const struct opt opts[] = {
	OPT_FLAG("json", 'j', &json, "print JSON"),
	OPTIONS_LOGIN,
	OPT_END
};

static const struct syntax syntax = {
	.args = "[none|POLICY...]",
	.about =
"Show, or as security officer set, what is allowed:\n"
"legacy-export   keys leave and come in libhal's form, for KEKEKs that nobody\n"
"                attested: whoever can log in can take every exportable key\n"
"shared-seed     hash signature keys of profile single-seed may be exported,\n"
"                though both halves can then compute all of the other\n"
"What is named is in force from now on, and nothing else.",
	.opts = opts,
	.args_max = 2,
};

static void show(void)
{
	struct cryptech *hsm = session_open(true);
	struct cryptech_status status;
	uint64_t policy;
	int ret;

	ret = cryptech_get_status(hsm, &status);
	if (ret)
		fail_call(hsm, ret, "cannot ask for the policy");
	policy = cryptech_figure(&status, CRYPTECH_STATUS_POLICY, 0);
	if (json)
		policy_json(NULL, policy);
	else
		policy_print(12, policy);
	cryptech_close(hsm);
}

static void set(int count, char **names)
{
	struct cryptech *hsm;
	uint32_t policy = 0, bit;
	int ret, i;

	for (i = 0; i < count; i++) {
		bit = policy_parse(names[i]);
		if (!bit && (strcmp(names[i], "none") || count > 1))
			fail_usage("no policy %s: none, legacy-export, "
				   "shared-seed", names[i]);
		policy |= bit;
	}
	hsm = session_login(CRYPTECH_USER_SO);
	ret = cryptech_policy_set(hsm, policy);
	if (ret)
		fail_call(hsm, ret, "cannot set the policy");
	cryptech_close(hsm);
}

int backup_policy(int argc, char **argv)
{
	options_parse(&syntax, &argc, &argv);
	if (argc)
		set(argc, argv);
	else
		show();
	return EXIT_OK;
}
