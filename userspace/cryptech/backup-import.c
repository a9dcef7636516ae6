// SPDX-License-Identifier: MIT
/* Keys come from a file; or, verify: it is told whether they would. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backup.h"
#include "commands.h"
#include "common/bundle.h"
#include "common/devices.h"
#include "common/find.h"
#include "common/hashsig.h"
#include "common/legacy.h"
#include "common/pick.h"
#include "common/pin.h"
#include "common/progress.h"
#include "common/text.h"

static const char *drop_text, *ack_path;
static bool json;

#define OPT_DROP OPT_TEXT("drop", 0, "FLAGS", &drop_text,		\
			  "flags that the keys shall not have here")

static const struct opt import_opts[] = {
	OPT_DROP,
	OPT_TEXT("ack", 0, "FILE", &ack_path,
		 "where acknowledgements go (default: FILE.ack)"),
	OPT_FLAG("json", 'j', &json, "print JSON"),
	OPTIONS_LOGIN,
	OPT_END
};

static const struct syntax import_syntax = {
	.args = "FILE [KEY...]",
	.about =
"Bring the keys in FILE, or only those that are named, into this HSM, and list\n"
"them. They keep their UUIDs, but not those of libhal's form. For hash signature\n"
"keys of another HSM an acknowledgement is written, which has to go back there:\n"
"`cryptech backup ack`. Importing FILE once more changes nothing but that.\n"
"--drop FLAGS, as in token,exportable: without token keys are volatile.",
	.opts = import_opts,
	.args_min = 1,
	.args_max = -1,
};

static const struct opt verify_opts[] = {
	OPT_DROP,
	OPT_FLAG("json", 'j', &json, "print JSON"),
	OPTIONS_LOGIN,
	OPT_END
};

static const struct syntax verify_syntax = {
	.args = "FILE [KEY...]",
	.about =
"Let this HSM open the keys in FILE, check them, and forget them again. Lists\n"
"what `cryptech backup import` would bring.",
	.opts = verify_opts,
	.args_min = 1,
	.args_max = -1,
};

struct run {
	struct cryptech *hsm;
	const char *path;
	struct bundle bundle;
	bool check;
	uint32_t drop;
	int names;		/* how many keys are named; 0: all */
	char *const *name;
	struct bundle acks;
	char *ack_path;
	struct pick done;
	unsigned int matched, failed;
};

/* --- options --------------------------------------------------------------- */

static uint32_t parse_drop(const char *text)
{
	const char *name, *end;
	uint32_t flag, drop = 0;
	unsigned int i;

	for (; text && *text; text = *end ? end + 1 : end) {
		end = strchrnul(text, ',');
		for (i = 0; (name = text_flag(i, &flag)); i++)
			if (strlen(name) == (size_t)(end - text) &&
			    !strncmp(name, text, end - text))
				break;
		if (!name)
			fail_usage("no flag %.*s: `cryptech list` shows flags",
				   (int)(end - text), text);
		drop |= flag;
	}
	return drop;
}

/* Is it one of those that were named? What the file says decides. */
static bool is_wanted(const struct run *run, const struct bundle_item *item)
{
	struct cryptech_key key;
	int i;

	bundle_item_key(item, &key);
	for (i = 0; i < run->names; i++)
		if (find_match(run->name[i], &key))
			return true;
	return !run->names;
}

/* --- acknowledgements ------------------------------------------------------- */

/*
 * A file that is there is added to: an earlier run may have written it. One
 * that cannot be written has to be known before a key is imported.
 */
static void ack_begin(struct run *run, const uint8_t serial[16])
{
	if (ack_path)
		run->ack_path = strdup(ack_path);
	else if (asprintf(&run->ack_path, "%s.ack", run->path) < 0)
		run->ack_path = NULL;
	if (!run->ack_path)
		fail(EXIT_FAILED, "no memory left");
	if (file_can_save_private(run->ack_path, false) == -EEXIST) {
		bundle_read(&run->acks, run->ack_path, BUNDLE(ACK));
		if (memcmp(run->acks.serial, serial, 16))
			fail(EXIT_FAILED, "%s has acknowledgements of another "
			     "HSM: give --ack", run->ack_path);
	} else {
		bundle_new(&run->acks, BUNDLE_ACK, serial, NULL, NULL, 0);
	}
	bundle_check_out(run->ack_path, true);
}

static void drop_old_ack(struct run *run, const uint8_t uuid[16])
{
	struct bundle_item item;
	size_t i = 0;

	while (i < bundle_count(&run->acks)) {
		if (!bundle_item(&run->acks, i, &item))
			return;
		bytes_free(&item.data);
		if (memcmp(item.uuid, uuid, 16))
			i++;
		else
			json_array_remove(run->acks.items, i);
	}
}

/* On disk before the next key, whatever becomes of that. */
static void ack_add(struct run *run, const uint8_t uuid[16],
		    const uint8_t ack[CRYPTECH_ACK_SIZE])
{
	drop_old_ack(run, uuid);
	bundle_add(&run->acks, uuid, ack, CRYPTECH_ACK_SIZE);
	bundle_write(&run->acks, run->ack_path, true);
}

/* --- one key ------------------------------------------------------------------ */

static void tell_failure(struct run *run, const struct bundle_item *item,
			 int ret)
{
	const char *verb = run->check ? "would not import" : "cannot import";
	char uuid[CRYPTECH_UUID_TEXT];

	cryptech_uuid_format(item->uuid, uuid);
	run->failed++;
	if (ret == -EEXIST)
		warn("%s %s: a key of that UUID is here already", verb, uuid);
	else if (ret == -EBADMSG && run->bundle.kind == BUNDLE_RAW)
		warn("%s %s: it was changed, is of another master key, or (hss) "
		     "is not the newest package of its key", verb, uuid);
	else if (ret == -EBADMSG)
		warn("%s %s: it was changed, its KEKEK is not in this HSM, or "
		     "(hss) it was imported already", verb, uuid);
	else
		warn_call(run->hsm, ret, "%s %s", verb, uuid);
}

static void import_one(struct run *run, const struct bundle_item *item)
{
	uint8_t ack[CRYPTECH_ACK_SIZE];
	struct cryptech_key key;
	int ret;

	if (run->bundle.kind == BUNDLE_RAW)
		ret = cryptech_raw_import(run->hsm, item->data.data,
					  item->data.len, run->drop,
					  run->check, &key);
	else
		ret = cryptech_transfer_import(run->hsm, item->data.data,
					       item->data.len, run->drop,
					       run->check, &key, ack);
	if (ret) {
		tell_failure(run, item, ret);
		return;
	}
	if (!run->check && run->bundle.kind == BUNDLE_TRANSFER &&
	    hashsig_is(&key))
		ack_add(run, key.uuid, ack);
	pick_add(&run->done, &key);
}

/* --- all ---------------------------------------------------------------------- */

/* What can be said better before the HSM refuses each key. */
static void check_device(struct run *run)
{
	uint8_t wanted[32], here[32];
	struct cryptech_info info;
	char text[65], other[65];
	int ret = cryptech_get_info(run->hsm, &info);

	if (!ret && run->bundle.kind == BUNDLE_RAW)
		ret = cryptech_master_key_info(run->hsm, here);
	if (ret)
		fail_call(run->hsm, ret, "cannot ask who this HSM is");
	if (run->bundle.kind == BUNDLE_RAW) {
		if (bundle_hex(run->bundle.root, "master_key", wanted, 32) &&
		    memcmp(wanted, here, 32))
			fail(EXIT_FAILED, "%s is of master key %s; this HSM "
			     "has %s", run->path, text_hex(wanted, 32, text),
			     text_hex(here, 32, other));
		return;
	}
	if (bundle_hex(run->bundle.root, "destination", wanted, 16) &&
	    memcmp(wanted, info.serial, 16))
		fail(EXIT_FAILED, "%s is for device %s; this is %s", run->path,
		     text_hex(wanted, 16, text),
		     text_hex(info.serial, 16, other));
	devices_check(run->hsm, run->bundle.serial);
	if (!run->check)
		ack_begin(run, info.serial);
}

static void import_all(struct run *run)
{
	size_t i, count = bundle_count(&run->bundle);
	struct bundle_item item;

	progress_start(run->check ? "checking keys" : "importing keys");
	for (i = 0; i < count; i++) {
		progress_at(i, count);
		if (!bundle_item(&run->bundle, i, &item))
			continue;
		if (is_wanted(run, &item)) {
			run->matched++;
			import_one(run, &item);
		}
		bytes_free(&item.data);
	}
	progress_stop();
	pick_print(&run->done, json);
}

static int finish(struct run *run)
{
	bool acks = run->ack_path && bundle_count(&run->acks);

	if (acks)
		warn("%s has to go back to the HSM that the keys came from, "
		     "for `cryptech backup ack`", run->ack_path);
	bundle_free(&run->acks);
	bundle_free(&run->bundle);
	free(run->ack_path);
	pick_free(&run->done);
	cryptech_close(run->hsm);
	if (run->failed)
		fail(EXIT_FAILED, "%u of %u keys failed", run->failed,
		     run->matched);
	return EXIT_OK;
}

static int run_on(struct run *run, int argc, char **argv, unsigned int kinds)
{
	run->path = argv[0];
	run->drop = parse_drop(drop_text);
	run->names = argc - 1;
	run->name = argv + 1;
	bundle_read(&run->bundle, run->path, kinds);
	if (run->bundle.kind == BUNDLE_LIBHAL && run->names)
		fail_usage("of libhal's form all keys are imported");
	run->hsm = session_login(CRYPTECH_USER_NORMAL);
	if (run->bundle.kind == BUNDLE_LIBHAL) {
		run->matched = bundle_count(&run->bundle);
		run->failed = legacy_import(run->hsm, &run->bundle, run->drop,
					    json);
		return finish(run);
	}
	check_device(run);
	import_all(run);
	if (!run->matched)
		fail(EXIT_NO_KEY, "%s has no such key", run->path);
	return finish(run);
}

int backup_import(int argc, char **argv)
{
	struct run run = { .check = false };

	options_parse(&import_syntax, &argc, &argv);
	return run_on(&run, argc, argv,
		      BUNDLE(TRANSFER) | BUNDLE(RAW) | BUNDLE(LIBHAL));
}

int backup_verify(int argc, char **argv)
{
	struct run run = { .check = true };

	options_parse(&verify_syntax, &argc, &argv);
	return run_on(&run, argc, argv, BUNDLE(TRANSFER) | BUNDLE(RAW));
}
