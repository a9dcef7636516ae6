// SPDX-License-Identifier: MIT
/*
 * Which other HSMs may exchange keys with this one. Files that people carry
 * could be another's; what makes sure is that two officers compare fingerprints.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "common/bundle.h"
#include "common/devices.h"
#include "common/json.h"
#include "common/newkey.h"
#include "common/pin.h"
#include "common/text.h"
#include "common/verbs.h"

static const char *out, *label;
static bool json, yes, force;

/* --- identity -------------------------------------------------------------- */

static const struct opt identity_opts[] = {
	OPT_TEXT("out", 'o', "FILE", &out, "write the identity to FILE, too"),
	OPT_FLAG("force", 'f', &force, "FILE may exist"),
	OPT_FLAG("json", 'j', &json, "print JSON"),
	OPTIONS_DEVICE,
	OPT_END
};

static const struct syntax identity_syntax = {
	.args = "",
	.about =
"Tell who this HSM is: serial number, and the fingerprint that the officer of\n"
"another HSM has to see there before approving this one. Needs no login.",
	.opts = identity_opts,
};

static void write_identity(const struct identity *id)
{
	struct bundle bundle;

	bundle_new(&bundle, BUNDLE_IDENTITY, id->serial, "fingerprint",
		   id->fingerprint, sizeof(id->fingerprint));
	/* The one item has no key's UUID: the serial number is one as well. */
	bundle_add(&bundle, id->serial, id->spki, id->spki_len);
	bundle_write(&bundle, out, force);
	bundle_free(&bundle);
}

static int identity(int argc, char **argv)
{
	struct identity id;
	struct cryptech *hsm;
	char text[65];

	options_parse(&identity_syntax, &argc, &argv);
	if (out)
		bundle_check_out(out, force);
	hsm = session_open(true);
	identity_get(hsm, &id);
	if (out)
		write_identity(&id);
	if (json) {
		json_open(NULL, '{');
		json_text("serial", text_hex(id.serial, 16, text));
		json_text("fingerprint", text_hex(id.fingerprint, 32, text));
		json_close('}');
	} else {
		printf("%-12s %s\n", "serial", text_hex(id.serial, 16, text));
		printf("%-12s %s\n", "fingerprint",
		       fingerprint_text(id.fingerprint));
	}
	cryptech_close(hsm);
	return EXIT_OK;
}

/* --- approve --------------------------------------------------------------- */

static const struct opt approve_opts[] = {
	OPT_TEXT("label", 'l', "TEXT", &label, "what to call it"),
	OPT_FLAG("yes", 'y', &yes, "the fingerprint has been compared"),
	OPTIONS_LOGIN,
	OPT_END
};

static const struct syntax approve_syntax = {
	.args = "FILE",
	.about =
"As security officer allow the device whose `cryptech device identity --out`\n"
"wrote FILE to send keys to this HSM and to get keys from it. Shows its\n"
"fingerprint: compare it with what `cryptech device identity` shows on a screen\n"
"there, by a way that whoever carried FILE could not touch.",
	.opts = approve_opts,
	.args_min = 1,
	.args_max = 1,
};

static void read_identity(const char *path, struct identity *id)
{
	struct bundle_item item;
	struct bundle bundle;

	bundle_read(&bundle, path, BUNDLE(IDENTITY));
	if (bundle_count(&bundle) != 1 || !bundle_item(&bundle, 0, &item) ||
	    item.data.len > sizeof(id->spki))
		fail(EXIT_FAILED, "%s is damaged", path);
	memcpy(id->serial, bundle.serial, sizeof(id->serial));
	memcpy(id->spki, item.data.data, item.data.len);
	id->spki_len = item.data.len;
	bytes_free(&item.data);
	bundle_free(&bundle);
}

static int approve(int argc, char **argv)
{
	struct identity id;
	struct cryptech *hsm;
	uint8_t seen[32];
	char serial[33];
	int ret;

	options_parse(&approve_syntax, &argc, &argv);
	if (label)
		newkey_check_label(label);
	read_identity(argv[0], &id);
	text_hex(id.serial, sizeof(id.serial), serial);
	if (!identity_fingerprint(&id))
		fail_openssl("cannot hash");
	hsm = session_login(CRYPTECH_USER_SO);
	printf("%-12s %s\n%-12s %s\n", "serial", serial, "fingerprint",
	       fingerprint_text(id.fingerprint));
	fflush(stdout);
	confirm(yes, "Does the other HSM show just this?");
	ret = cryptech_device_approve(hsm, id.serial, id.spki, id.spki_len,
				      label, seen);
	if (ret == -EEXIST)
		fail(EXIT_FAILED, "%s is approved already: to approve another "
		     "key of it, `cryptech device revoke` it first", serial);
	if (ret)
		fail_call(hsm, ret, "cannot approve the device");
	if (memcmp(seen, id.fingerprint, sizeof(seen))) {
		cryptech_device_revoke(hsm, id.serial);
		fail(EXIT_FAILED, "this HSM sees another fingerprint, %s: the "
		     "device was not approved", fingerprint_text(seen));
	}
	cryptech_close(hsm);
	return EXIT_OK;
}

/* --- revoke ---------------------------------------------------------------- */

static const struct opt revoke_opts[] = {
	OPTIONS_LOGIN,
	OPT_END
};

static const struct syntax revoke_syntax = {
	.args = "SERIAL",
	.about =
"As security officer take that back: no key goes to that device any more, and\n"
"none that it sends is taken. What it has, it keeps.",
	.opts = revoke_opts,
	.args_min = 1,
	.args_max = 1,
};

static int revoke(int argc, char **argv)
{
	struct cryptech *hsm;
	uint8_t serial[16];
	int ret;

	options_parse(&revoke_syntax, &argc, &argv);
	if (!text_bytes(argv[0], serial, sizeof(serial)))
		fail_usage("%s is no serial number: 32 hexadecimal digits, as "
			   "`cryptech device list` shows them", argv[0]);
	hsm = session_login(CRYPTECH_USER_SO);
	ret = cryptech_device_revoke(hsm, serial);
	if (ret == -ENOKEY)
		fail(EXIT_NO_KEY, "%s is not approved", argv[0]);
	if (ret)
		fail_call(hsm, ret, "cannot revoke the device");
	cryptech_close(hsm);
	return EXIT_OK;
}

/* --- list ------------------------------------------------------------------ */

static const struct opt list_opts[] = {
	OPT_FLAG("json", 'j', &json, "print JSON"),
	OPTIONS_LOGIN,
	OPT_END
};

static const struct syntax list_syntax = {
	.args = "",
	.about = "List the devices that are approved: serial number, "
		 "fingerprint, label.",
	.opts = list_opts,
};

static bool list_one(const struct cryptech_approved *device, void *context)
{
	char serial[33], print[65], text[TEXT_LABEL];

	(void)context;
	text_hex(device->serial, 16, serial);
	if (json) {
		json_open(NULL, '{');
		json_text("serial", serial);
		json_text("fingerprint", text_hex(device->fingerprint, 32,
						  print));
		json_bytes("label", device->label, device->label_len);
		json_close('}');
	} else {
		printf("%s  %s  %s\n", serial,
		       fingerprint_text(device->fingerprint),
		       text_of(device->label, device->label_len, text));
	}
	return true;
}

static int list(int argc, char **argv)
{
	struct cryptech *hsm;

	options_parse(&list_syntax, &argc, &argv);
	hsm = session_login(CRYPTECH_USER_NORMAL);
	if (json)
		json_open(NULL, '[');
	devices_each(hsm, list_one, NULL);
	if (json)
		json_close(']');
	cryptech_close(hsm);
	return EXIT_OK;
}

/* --------------------------------------------------------------------------- */

static const struct command verbs[] = {
	{ "identity", "tell who this HSM is", identity },
	{ "approve", "allow another to exchange keys with it", approve },
	{ "revoke", "take that back", revoke },
	{ "list", "list those that are approved", list },
};

static const char about[] =
"HSMs that may exchange keys. Each side approves the other once; then\n"
"`cryptech backup` needs no officer.";

int cmd_device(int argc, char **argv)
{
	return verbs_run(about, verbs, sizeof(verbs) / sizeof(verbs[0]), argc,
			 argv);
}
