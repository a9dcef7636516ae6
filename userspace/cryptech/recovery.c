// SPDX-License-Identifier: MIT
/*
 * Hash signature keys of an HSM that is lost: the package is there, but the
 * key to it died with the HSM. A recovery key, which exists as shares alone,
 * opens it; and officers answer for it that nothing signs twice.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <openssl/crypto.h>

#include "commands.h"
#include "common/bundle.h"
#include "common/devices.h"
#include "common/find.h"
#include "common/pin.h"
#include "common/share.h"
#include "common/verbs.h"

static const char *threshold, *count_text, *dir, *floor_text, *after, *name;
static bool yes;

/* --- create ------------------------------------------------------------------ */

static const struct opt create_opts[] = {
	OPT_TEXT("threshold", 'm', "M", &threshold, "any M of them give it"),
	OPT_TEXT("count", 'n', "N", &count_text, "how many shares, up to 16"),
	OPT_TEXT("out-dir", 0, "DIR", &dir, "where the files go"),
	OPTIONS_LOGIN,
	OPT_END
};

static const struct syntax create_syntax = {
	.args = "--threshold M --count N --out-dir DIR",
	.about =
"As security officer have a new recovery key made, whose private half is nowhere\n"
"but in N shares, each for another person to keep; any M give it. Hash signature\n"
"keys made from now on with --recoverable, and exported with --raw, can be had\n"
"back with them when the HSM is lost. Prints its fingerprint. Keys of an earlier\n"
"recovery key keep that.",
	.opts = create_opts,
};

static int create(int argc, char **argv)
{
	uint8_t all[CRYPTECH_SHARES_MAX][CRYPTECH_SHARE_SIZE], print[32];
	struct cryptech *hsm;
	unsigned int m, n;
	int ret;

	options_parse(&create_syntax, &argc, &argv);
	shares_options(threshold, count_text, &m, &n);
	if (!dir)
		fail_usage("--out-dir is needed");
	shares_check_dir(dir, n);
	hsm = session_login(CRYPTECH_USER_SO);
	ret = cryptech_recovery_create(hsm, m, n, all, print);
	if (ret)
		fail_call(hsm, ret, "cannot make a recovery key");
	shares_write(dir, all[0], n);
	OPENSSL_cleanse(all, sizeof(all));
	printf("%s\n", fingerprint_text(print));
	cryptech_close(hsm);
	return EXIT_OK;
}

/* --- arm --------------------------------------------------------------------- */

static const struct opt arm_opts[] = {
	OPT_TEXT("floor", 0, "Q", &floor_text,
		 "the first leaf of the root that nobody signed with"),
	OPT_TEXT("after", 0, "SIGNATURE", &after,
		 "the floor is behind the leaf of this, the last signature"),
	OPT_TEXT("key", 0, "KEY", &name, "which one, if FILE has several"),
	OPT_FLAG("yes", 'y', &yes, "do not ask"),
	OPTIONS_LOGIN,
	OPT_END
};

static const struct syntax arm_syntax = {
	.args = "--floor Q|--after SIGNATURE FILE SHARE...",
	.about =
"As security officer let this HSM import a hash signature key from FILE (made by\n"
"`cryptech backup export --raw` of an HSM that is lost) without knowing what\n"
"became of it: once, until the next restart, from leaf Q of the root on. You\n"
"answer for it that nobody signed with that leaf or one behind it, and that no\n"
"other HSM has the key: else leaves sign twice, which breaks it. This computer\n"
"sees the recovery key.",
	.opts = arm_opts,
	.args_min = 2,
	.args_max = 1 + CRYPTECH_SHARES_MAX,
};

/* An HSS signature begins with its count of levels less one and the q of the
 * root's leaf (RFC 8554 sections 5.4 and 6.2), each 4 bytes, big endian. */
static uint32_t leaf_behind(const char *path)
{
	struct bytes sig;
	uint64_t q;

	file_read(path, &sig, CRYPTECH_SIGNATURE_MAX);
	if (sig.len < 8 || sig.data[0] || sig.data[1] || sig.data[2] ||
	    sig.data[3] > 7)
		fail(EXIT_FAILED, "%s is no signature of an hss key", path);
	q = (uint32_t)sig.data[4] << 24 | sig.data[5] << 16 |
	    sig.data[6] << 8 | sig.data[7];
	bytes_free(&sig);
	return q + 1;
}

static bool is_named(const struct bundle_item *item)
{
	struct cryptech_key key;

	bundle_item_key(item, &key);
	return !name || find_match(name, &key);
}

/* The one package that is meant. */
static void choose(const char *path, struct bundle_item *chosen)
{
	struct bundle_item item;
	struct bundle bundle;
	unsigned int found = 0;
	size_t i;

	bundle_read(&bundle, path, BUNDLE(RAW));
	for (i = 0; i < bundle_count(&bundle); i++) {
		if (!bundle_item(&bundle, i, &item))
			continue;
		if (is_named(&item) && !found++)
			*chosen = item;
		else
			bytes_free(&item.data);
	}
	bundle_free(&bundle);
	if (found != 1)
		fail(EXIT_NO_KEY, "%s has %s: name one with --key", path,
		     found ? "several such keys" : "no such key");
}

static int arm(int argc, char **argv)
{
	struct bundle_item item;
	struct cryptech *hsm;
	struct bytes shares;
	uint32_t floor;
	int ret;

	options_parse(&arm_syntax, &argc, &argv);
	if (!floor_text == !after)
		fail_usage("either --floor or --after");
	floor = floor_text ? options_number("--floor", floor_text, 0,
					    UINT32_MAX) : leaf_behind(after);
	choose(argv[0], &item);
	shares_read(argv + 1, argc - 1, SHARE_RECOVERY_KEY, &shares);
	hsm = session_login(CRYPTECH_USER_SO);
	confirm(yes, "If anybody signed with leaf %u or one behind it, or "
		"another HSM has this key,\nit breaks.", floor);
	ret = cryptech_recovery_arm(hsm, item.data.data, item.data.len, floor,
				    shares.data, shares.len);
	bytes_free(&shares);
	bytes_free(&item.data);
	if (ret)
		fail_call(hsm, ret, "cannot arm the import");
	cryptech_close(hsm);
	return EXIT_OK;
}

/* ------------------------------------------------------------------------------ */

static const struct command verbs[] = {
	{ "create", "make a recovery key, as shares", create },
	{ "arm", "let one package be imported with it", arm },
};

static const char about[] =
"Hash signature keys of an HSM that is lost. See Documentation/backup.rst: it\n"
"has a drill.";

int cmd_recovery(int argc, char **argv)
{
	return verbs_run(about, verbs, sizeof(verbs) / sizeof(verbs[0]), argc,
			 argv);
}
