// SPDX-License-Identifier: MIT
/* The key that all keys in an HSM are wrapped under. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <openssl/crypto.h>

#include "commands.h"
#include "common/file.h"
#include "common/json.h"
#include "common/pin.h"
#include "common/share.h"
#include "common/text.h"
#include "common/verbs.h"

#define KEY_SIZE	32

static const char *key_file, *threshold, *count_text, *dir;
static bool json, erase, yes;

#define OPTIONS_NEW							\
	OPT_FLAG("erase", 0, &erase, "destroy all keys first"),		\
	OPT_FLAG("yes", 'y', &yes, "do not ask"),			\
	OPT_FLAG("json", 'j', &json, "print JSON")

static void show(const uint8_t fingerprint[32])
{
	char text[65];

	text_hex(fingerprint, 32, text);
	if (json) {
		json_open(NULL, '{');
		json_text("fingerprint", text);
		json_close('}');
	} else {
		printf("%s\n", text);
	}
}

/* --- fingerprint ----------------------------------------------------------- */

static const struct opt fingerprint_opts[] = {
	OPT_FLAG("json", 'j', &json, "print JSON"),
	OPTIONS_DEVICE,
	OPT_END
};

static const struct syntax fingerprint_syntax = {
	.args = "",
	.about =
"Print the fingerprint of the master key: HSMs with the same one open each\n"
"other's raw packages. It says nothing of the key. Needs no login.",
	.opts = fingerprint_opts,
};

static int fingerprint(int argc, char **argv)
{
	struct cryptech *hsm;
	uint8_t print[32];
	int ret;

	options_parse(&fingerprint_syntax, &argc, &argv);
	hsm = session_open(true);
	ret = cryptech_master_key_info(hsm, print);
	if (ret)
		fail_call(hsm, ret, "cannot ask for the fingerprint");
	show(print);
	cryptech_close(hsm);
	return EXIT_OK;
}

/* --- generate, set ----------------------------------------------------------- */

static const struct opt generate_opts[] = {
	OPTIONS_NEW,
	OPTIONS_LOGIN,
	OPT_END
};

static const struct syntax generate_syntax = {
	.args = "",
	.about =
"As wheel let the HSM draw a new master key; prints its fingerprint. Not while\n"
"there are keys, unless they are to be destroyed (--erase). Packages made under\n"
"the old one open nowhere but where that still is.",
	.opts = generate_opts,
};

static void ask(void)
{
	confirm(yes, "%s", erase ?
		"All keys in this HSM will be destroyed, and no package made "
		"under its present\nmaster key opens here again." :
		"No package made under the present master key opens here "
		"again.");
}

static void finish(struct cryptech *hsm, int ret, const uint8_t print[32])
{
	if (cryptech_hsm_error(hsm) == CRYPTECH_ERR_FORBIDDEN)
		fail(EXIT_DENIED, "wheel alone may do this, and while there "
		     "are keys, parked ones or KEKEKs only with --erase, which "
		     "destroys them");
	if (ret)
		fail_call(hsm, ret, "cannot change the master key");
	show(print);
	cryptech_close(hsm);
}

static int generate(int argc, char **argv)
{
	struct cryptech *hsm;
	uint8_t print[32];
	int ret;

	options_parse(&generate_syntax, &argc, &argv);
	hsm = session_login(CRYPTECH_USER_WHEEL);
	ask();
	ret = cryptech_master_key_generate(hsm, erase, print);
	finish(hsm, ret, print);
	return EXIT_OK;
}

static const struct opt set_opts[] = {
	OPT_TEXT("key-file", 'k', "FILE", &key_file,
		 "the key itself: 32 bytes, or 64 hexadecimal digits"),
	OPTIONS_NEW,
	OPTIONS_LOGIN,
	OPT_END
};

static const struct syntax set_syntax = {
	.args = "SHARE...|--key-file FILE",
	.about =
"As wheel give the HSM a master key, from files of shares; prints its\n"
"fingerprint. This computer sees the key: use one that is on no network, and is\n"
"wiped after. Not while there are keys, as for generate.",
	.opts = set_opts,
	.args_max = CRYPTECH_SHARES_MAX,
};

static void read_key(const char *path, struct bytes *key)
{
	struct bytes text;
	char digits[2 * KEY_SIZE + 1] = "";
	size_t len;

	file_read(path, key, 4096);
	if (key->len == KEY_SIZE)
		return;
	text = *key;
	len = text.len;
	while (len && (text.data[len - 1] == '\n' || text.data[len - 1] == '\r'))
		len--;
	if (len == 2 * KEY_SIZE)
		memcpy(digits, text.data, len);
	key->data = OPENSSL_zalloc(KEY_SIZE);
	key->len = KEY_SIZE;
	if (!key->data || !text_bytes(digits, key->data, KEY_SIZE))
		fail(EXIT_FAILED, "%s has neither 32 bytes nor 64 hexadecimal "
		     "digits", path);
	OPENSSL_cleanse(digits, sizeof(digits));
	bytes_free(&text);
}

static int set(int argc, char **argv)
{
	struct cryptech *hsm;
	struct bytes shares;
	uint8_t print[32];
	int ret;

	options_parse(&set_syntax, &argc, &argv);
	if (!key_file == !argc)
		fail_usage("either files of shares or --key-file");
	if (key_file)
		read_key(key_file, &shares);
	else
		shares_read(argv, argc, SHARE_MASTER_KEY, &shares);
	hsm = session_login(CRYPTECH_USER_WHEEL);
	ask();
	ret = cryptech_master_key_set(hsm, erase, shares.data, shares.len,
				      print);
	bytes_free(&shares);
	if (ret == -EINVAL)
		fail(EXIT_FAILED, "the HSM does not take these shares: they do "
		     "not give the key that they were made of");
	finish(hsm, ret, print);
	return EXIT_OK;
}

/* --- shares ------------------------------------------------------------------ */

static const struct opt shares_opts[] = {
	OPT_TEXT("threshold", 'm', "M", &threshold, "any M of them give it"),
	OPT_TEXT("count", 'n', "N", &count_text, "how many shares, up to 16"),
	OPT_TEXT("out-dir", 0, "DIR", &dir, "where the files go"),
	OPTIONS_LOGIN,
	OPT_END
};

static const struct syntax shares_syntax = {
	.args = "--threshold M --count N --out-dir DIR",
	.about =
"As wheel write the master key as N shares to files, each for another person to\n"
"keep. Any M give the key; fewer say nothing of it. This computer sees them all:\n"
"use one that is on no network, and is wiped after.",
	.opts = shares_opts,
};

static int shares(int argc, char **argv)
{
	uint8_t all[CRYPTECH_SHARES_MAX][CRYPTECH_SHARE_SIZE];
	struct cryptech *hsm;
	unsigned int m, n;
	int ret;

	options_parse(&shares_syntax, &argc, &argv);
	shares_options(threshold, count_text, &m, &n);
	if (!dir)
		fail_usage("--out-dir is needed");
	shares_check_dir(dir, n);
	hsm = session_login(CRYPTECH_USER_WHEEL);
	ret = cryptech_master_key_shares(hsm, m, n, all);
	if (ret)
		fail_call(hsm, ret, "cannot have shares made");
	shares_write(dir, all[0], n);
	OPENSSL_cleanse(all, sizeof(all));
	cryptech_close(hsm);
	return EXIT_OK;
}

/* ------------------------------------------------------------------------------ */

static const struct command verbs[] = {
	{ "fingerprint", "tell which one it is", fingerprint },
	{ "generate", "let the HSM draw a new one", generate },
	{ "set", "give the HSM a known one", set },
	{ "shares", "write it as shares, of which some give it", shares },
};

static const char about[] =
"The key that all keys in the HSM, and its raw packages, are wrapped under. With\n"
"its shares and the packages another HSM takes the place of one that is lost.";

int cmd_master_key(int argc, char **argv)
{
	return verbs_run(about, verbs, sizeof(verbs) / sizeof(verbs[0]), argc,
			 argv);
}
