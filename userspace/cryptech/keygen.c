// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "common/hashsig.h"
#include "common/newkey.h"
#include "common/pin.h"
#include "common/progress.h"

static const char *profile_text, *reserve_text;

static const struct opt opts[] = {
	OPTIONS_NEWKEY,
	OPT_TEXT("profile", 0, "PROFILE", &profile_text,
		 "hss: punctured (default) or single-seed"),
	OPT_TEXT("reserve", 0, "N", &reserve_text,
		 "hss: leaves of the root to take at once (default: 1)"),
	OPTIONS_LOGIN,
	OPT_END
};

static const struct syntax syntax = {
	.args = "TYPE [SETS]",
	.about =
"Make a key in the HSM and print its UUID. The key, or its private half, never\n"
"leaves it.\n"
"TYPE: rsa2048, rsa3072, rsa4096, ec-p256, ec-p384, ec-p521; aes128, aes192 or\n"
"aes256 (CBC), or these with -ecb, -ctr, -gcm or -cmac; aes128-xts, aes256-xts;\n"
"hmac-sha256, hmac-sha384, hmac-sha512; or hss. A large RSA key may take a\n"
"minute.\n"
"An hss key (RFC 8554) has SETS: for each level of trees HEIGHT/BITS, root first,\n"
"with commas, as in 10/4,10/4; HEIGHT/BITS/24 for hashes of 24 bytes. It can\n"
"sign 2 to the power of all heights times, no more.",
	.opts = opts,
	.args_min = 1,
	.args_max = 2,
};

static void __attribute__((noreturn)) fail_type(const char *name)
{
	char names[480] = "";
	unsigned int i;
	size_t at = 0;

	for (i = 0; cryptech_key_type_list(i) && at < sizeof(names); i++)
		at += snprintf(names + at, sizeof(names) - at, " %s",
			       cryptech_key_type_list(i));
	fail_usage("no key type %s; there are%s hss", name, names);
}

/* What goes with hss alone. */
static void generate_hss(int argc, char **argv, struct newkey *key,
			 struct cryptech **hsm)
{
	struct cryptech_hss set;
	uint32_t profile, reserve;

	if (argc < 2)
		fail_usage("an hss key has parameters, as in hss 10/4,10/4");
	hashsig_parse(argv[1], profile_text, reserve_text, &set, &profile,
		      &reserve);
	newkey_parse(key, CRYPTECH_KEY_HSS);
	*hsm = session_login(CRYPTECH_USER_NORMAL);
	hashsig_generate(*hsm, &set, profile, reserve, key);
}

static void generate(int argc, char **argv, struct newkey *key,
		     struct cryptech **hsm)
{
	uint32_t type;
	char what[60];
	int ret;

	if (cryptech_key_type_parse(argv[0], &type))
		fail_type(argv[0]);
	if (argc > 1 || profile_text || reserve_text)
		fail_usage("parameters, --profile and --reserve go with hss "
			   "alone");
	newkey_parse(key, type);
	*hsm = session_login(CRYPTECH_USER_NORMAL);
	snprintf(what, sizeof(what), "making an %s key", argv[0]);
	progress_start(what);
	ret = cryptech_key_generate(*hsm, type, key->flags, key->label,
				    key->uuid);
	progress_stop();
	if (ret)
		fail_call(*hsm, ret, "cannot make the key");
}

int cmd_keygen(int argc, char **argv)
{
	struct cryptech *hsm;
	struct newkey key;

	options_parse(&syntax, &argc, &argv);
	if (strcmp(argv[0], "hss"))
		generate(argc, argv, &key, &hsm);
	else
		generate_hss(argc, argv, &key, &hsm);
	newkey_print(&key);
	cryptech_close(hsm);
	return EXIT_OK;
}
