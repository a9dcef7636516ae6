// SPDX-License-Identifier: MIT
#include <stdio.h>

#include "commands.h"
#include "common/newkey.h"
#include "common/pin.h"
#include "common/progress.h"

static const struct opt opts[] = {
	OPTIONS_NEWKEY,
	OPTIONS_LOGIN,
	OPT_END
};

static const struct syntax syntax = {
	.args = "TYPE",
	.about =
"Make a key in the HSM and print its UUID. The key, or its private half, never\n"
"leaves it.\n"
"TYPE: rsa2048, rsa3072, rsa4096, ec-p256, ec-p384, ec-p521, aes128, aes192,\n"
"aes256, aes128-xts or aes256-xts. A large RSA key may take a minute.",
	.opts = opts,
	.args_min = 1,
	.args_max = 1,
};

static void __attribute__((noreturn)) fail_type(const char *name)
{
	char names[160] = "";
	unsigned int i;
	size_t at = 0;

	for (i = 0; cryptech_key_type_list(i) && at < sizeof(names); i++)
		at += snprintf(names + at, sizeof(names) - at, " %s",
			       cryptech_key_type_list(i));
	fail_usage("no key type %s; there are%s", name, names);
}

int cmd_keygen(int argc, char **argv)
{
	struct newkey key;
	struct cryptech *hsm;
	uint32_t type;
	char what[60];
	int ret;

	options_parse(&syntax, &argc, &argv);
	if (cryptech_key_type_parse(argv[0], &type))
		fail_type(argv[0]);
	newkey_parse(&key, type);
	hsm = session_login(CRYPTECH_USER_NORMAL);
	snprintf(what, sizeof(what), "making an %s key", argv[0]);
	progress_start(what);
	ret = cryptech_key_generate(hsm, type, key.flags, key.label, key.uuid);
	progress_stop();
	if (ret)
		fail_call(hsm, ret, "cannot make the key");
	newkey_print(&key);
	cryptech_close(hsm);
	return EXIT_OK;
}
