// SPDX-License-Identifier: MIT
/* Keys go to a file: for another HSM (--to), or under the master key (--raw). */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backup.h"
#include "commands.h"
#include "common/bundle.h"
#include "common/devices.h"
#include "common/hashsig.h"
#include "common/legacy.h"
#include "common/pick.h"
#include "common/pin.h"
#include "common/progress.h"

static const char *to, *out;
static bool raw, all, force, json, again;

static const struct opt opts[] = {
	OPT_TEXT("to", 't', "FILE", &to, "setup file of the HSM they are for"),
	OPT_FLAG("raw", 0, &raw, "under the master key, to come back"),
	OPT_TEXT("out", 'o', "FILE", &out, "the file to write"),
	OPT_FLAG("all", 'a', &all, "all exportable keys but those of hashes"),
	OPT_FLAG("force", 'f', &force, "FILE may exist"),
	OPT_FLAG("again", 0, &again,
		 "hss: the package that was not acknowledged, once more"),
	OPT_FLAG("json", 'j', &json, "print JSON"),
	OPTIONS_LOGIN,
	OPT_END
};

static const struct syntax syntax = {
	.args = "--to FILE|--raw --out FILE KEY...|--all",
	.about =
"Write keys to a file, and list them. --to: for the HSM that made the setup file,\n"
"or in libhal's form if that is of libhal's. --raw: for this HSM, or one with the\n"
"same master key. Only keys made with --exportable leave.\n"
"Hash signature keys (hss) have to be named. With --to half of what is left of\n"
"one goes, for ever; when it has arrived, `cryptech backup ack` what the import\n"
"there gave. With --raw all of it goes: the key is parked, and signs no more until\n"
"it is deleted and its file imported.",
	.opts = opts,
	.args_max = -1,
};

/* What goes on. */
struct run {
	struct cryptech *hsm;
	struct bundle setup;	/* --to */
	struct bundle bundle;	/* what is written */
};

static const char *name_of(const struct cryptech_key *key)
{
	static char uuid[CRYPTECH_UUID_TEXT];

	return key->label_len ? key->label :
				cryptech_uuid_format(key->uuid, uuid);
}

/* For people, and to choose from when importing. */
static void describe(json_t *item, const struct cryptech_key *key)
{
	char type[CRYPTECH_KEY_TYPE_TEXT];
	json_t *label = json_stringn(key->label, key->label_len);

	bundle_put(item, "type",
		   json_string(cryptech_key_type_name(key->type, type)));
	/* The HSM takes UTF-8 alone; else the file goes without. */
	if (label)
		bundle_put(item, "label", label);
}

/* --- to another HSM ---------------------------------------------------------- */

static bool is_single_use(const json_t *item)
{
	return json_is_true(json_object_get(item, "single_use"));
}

static bool is_written(const json_t *item)
{
	return json_is_true(json_object_get(item, "written"));
}

/*
 * The KEKEK of this kind that serves the key @wanted, or (NULL) none yet; if its
 * package is to be @written already, the last one, else the first.
 */
static bool next_kekek(const struct run *run, bool once, const char *wanted,
		       bool written, struct bundle_item *item)
{
	size_t i, count = bundle_count(&run->setup);
	const char *key;

	for (i = 0; i < count; i++) {
		if (!bundle_item(&run->setup, written ? count - 1 - i : i,
				 item))
			return false;
		key = json_string_value(json_object_get(item->json, "key"));
		if (is_single_use(item->json) == once && !key == !wanted &&
		    is_written(item->json) == written &&
		    (!key || !strcmp(key, wanted)))
			return true;
		bytes_free(&item->data);
	}
	return false;
}

/*
 * The KEKEK for a key. One for HSS keys serves one key; which, stands in the
 * setup file before anything happens, so that whoever asks again, after
 * whatever befell, asks for the package that there is. Once that is written it
 * is given again only to whoever says so.
 */
static bool find_kekek(const struct run *run, const struct cryptech_key *key,
		       struct bundle_item *item)
{
	char text[CRYPTECH_UUID_TEXT];

	if (!hashsig_is_private(key))
		return next_kekek(run, false, NULL, false, item);
	cryptech_uuid_format(key->uuid, text);
	if (again)
		return next_kekek(run, true, text, true, item);
	return next_kekek(run, true, text, false, item) ||
	       next_kekek(run, true, NULL, false, item);
}

static void note_kekek(const struct run *run, const struct bundle_item *item,
		       const struct cryptech_key *key)
{
	char text[CRYPTECH_UUID_TEXT];

	bundle_put(item->json, "key",
		   json_string(cryptech_uuid_format(key->uuid, text)));
	bundle_write(&run->setup, to, true);
}

static void __attribute__((noreturn)) fail_transfer(const struct run *run,
						    const struct cryptech_key
						    *key, int ret)
{
	const char *name = name_of(key);

	if (ret == -EAGAIN && hashsig_is_private(key)) {
		if (hashsig_is_rebuilding(run->hsm, key))
			fail(EXIT_LATER, "a tree of %s is being rebuilt: try "
			     "again later", name);
		fail(EXIT_LATER, "a package of %s for another KEKEK has not "
		     "been acknowledged: `cryptech backup ack` its "
		     "acknowledgement, have the package --again, or let the "
		     "officer `cryptech backup forget outbox` it", name);
	}
	if (ret == -ENOSPC && hashsig_is_private(key))
		fail(EXIT_FAILED, "fewer than two leaves of the root are left "
		     "of %s: there is nothing to give away", name);
	if (cryptech_hsm_error(run->hsm) == CRYPTECH_ERR_FORBIDDEN &&
	    hashsig_is_private(key))
		fail(EXIT_DENIED, "%s may not be given away: it is parked, of "
		     "profile single-seed without policy shared-seed, or the "
		     "KEKEK has served and the package has arrived", name);
	if (ret == -EINVAL)
		fail(EXIT_FAILED, "the HSM does not take the statement in %s: "
		     "it is not of the approved device, or was changed", to);
	fail_call(run->hsm, ret, "cannot export %s", name);
}

static void transfer_one(struct run *run, const struct cryptech_key *key)
{
	static uint8_t package[CRYPTECH_PACKAGE_MAX];
	size_t len = sizeof(package);
	struct bundle_item kekek;
	json_t *item;
	int ret;

	if (!find_kekek(run, key, &kekek))
		fail(EXIT_FAILED, "%s has no KEKEK %s for %s: %s", to,
		     again ? "that was used" : "left", name_of(key),
		     hashsig_is_private(key) ?
		     "`cryptech backup setup --single-use N` there" :
		     "it is damaged");
	if (hashsig_is_private(key) && !again)
		note_kekek(run, &kekek, key);
	ret = cryptech_transfer_export(run->hsm, key->uuid, kekek.data.data,
				       kekek.data.len, package, &len);
	bytes_free(&kekek.data);
	if (ret) {
		progress_stop();
		fail_transfer(run, key, ret);
	}
	item = bundle_add(&run->bundle, key->uuid, package, len);
	describe(item, key);
}

/* The file is on disk: whoever exports these keys again means another half. */
static void note_written(const struct run *run, const struct pick *pick)
{
	struct bundle_item item;
	bool changed = false;
	size_t i;

	for (i = 0; i < pick->count; i++) {
		char text[CRYPTECH_UUID_TEXT];

		cryptech_uuid_format(pick->keys[i].uuid, text);
		if (!hashsig_is_private(&pick->keys[i]) ||
		    !next_kekek(run, true, text, false, &item))
			continue;
		bundle_put(item.json, "written", json_true());
		bytes_free(&item.data);
		changed = true;
	}
	if (changed)
		bundle_write(&run->setup, to, true);
}

static void transfer_begin(struct run *run)
{
	struct cryptech_info info;
	int ret = cryptech_get_info(run->hsm, &info);

	if (ret)
		fail_call(run->hsm, ret, "cannot ask for the serial number");
	devices_check(run->hsm, run->setup.serial);
	bundle_new(&run->bundle, BUNDLE_TRANSFER, info.serial, "destination",
		   run->setup.serial, sizeof(run->setup.serial));
}

/* --- under the master key ------------------------------------------------------ */

static void raw_one(struct run *run, const struct cryptech_key *key)
{
	static uint8_t package[CRYPTECH_PACKAGE_MAX];
	size_t len = sizeof(package);
	json_t *item;
	int ret;

	ret = cryptech_raw_export(run->hsm, key->uuid, package, &len);
	if (ret) {
		progress_stop();
		if (ret == -EAGAIN && hashsig_is_private(key))
			fail_transfer(run, key, ret);
		fail_call(run->hsm, ret, "cannot export %s", name_of(key));
	}
	item = bundle_add(&run->bundle, key->uuid, package, len);
	describe(item, key);
}

static void raw_begin(struct run *run)
{
	struct cryptech_info info;
	uint8_t fingerprint[32];
	int ret;

	ret = cryptech_get_info(run->hsm, &info);
	if (!ret)
		ret = cryptech_master_key_info(run->hsm, fingerprint);
	if (ret)
		fail_call(run->hsm, ret, "cannot ask for the master key's "
			  "fingerprint");
	bundle_new(&run->bundle, BUNDLE_RAW, info.serial, "master_key",
		   fingerprint, sizeof(fingerprint));
}

/* --- both ------------------------------------------------------------------------ */

static void check_usage(int argc)
{
	if (!out)
		fail_usage("--out FILE is needed");
	if (!to == !raw)
		fail_usage("either --to FILE, for another HSM, or --raw, to "
			   "come back");
	if (!all == !argc)
		fail_usage("either keys or --all");
	bundle_check_out(out, force);
}

/* What the owner of HSS keys has to do next. */
static void tell_hashsig(const struct pick *pick)
{
	size_t i;

	for (i = 0; i < pick->count; i++) {
		if (!hashsig_is_private(&pick->keys[i]))
			continue;
		if (raw)
			warn("%s is parked: it signs no more here. To go on, "
			     "delete it and import %s, which nothing can "
			     "replace", name_of(&pick->keys[i]), out);
		else
			warn("half of %s is in %s for ever: import it there, "
			     "then `cryptech backup ack` here",
			     name_of(&pick->keys[i]), out);
	}
	if (pick->left_out)
		warn("%u hash signature key%s left out: name %s to export "
		     "%s", pick->left_out, pick->left_out > 1 ? "s were" :
		     " was", pick->left_out > 1 ? "them" : "it",
		     pick->left_out > 1 ? "them" : "it");
}

static void export_all(struct run *run, const struct pick *pick)
{
	size_t i;

	progress_start("exporting keys");
	for (i = 0; i < pick->count; i++) {
		progress_at(i, pick->count);
		if (raw)
			raw_one(run, &pick->keys[i]);
		else
			transfer_one(run, &pick->keys[i]);
	}
	progress_stop();
}

int backup_export(int argc, char **argv)
{
	struct run run = { .hsm = NULL };
	struct pick pick;

	options_parse(&syntax, &argc, &argv);
	check_usage(argc);
	if (to)
		bundle_read(&run.setup, to,
			    BUNDLE(SETUP) | BUNDLE(LIBHAL_SETUP));
	run.hsm = session_login(CRYPTECH_USER_NORMAL);
	pick_keys(&pick, run.hsm, argc, argv,
		  run.setup.kind == BUNDLE_LIBHAL_SETUP);
	if (run.setup.kind == BUNDLE_LIBHAL_SETUP) {
		legacy_export(run.hsm, &run.setup, &run.bundle, &pick);
	} else {
		if (raw)
			raw_begin(&run);
		else
			transfer_begin(&run);
		export_all(&run, &pick);
	}
	bundle_write(&run.bundle, out, force);
	if (to && run.setup.kind == BUNDLE_SETUP)
		note_written(&run, &pick);
	pick_print(&pick, json);
	tell_hashsig(&pick);
	bundle_free(&run.bundle);
	bundle_free(&run.setup);
	pick_free(&pick);
	cryptech_close(run.hsm);
	return EXIT_OK;
}
