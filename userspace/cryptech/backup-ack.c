// SPDX-License-Identifier: MIT
/* The source learns that its package has arrived. */
#include <errno.h>
#include <stdio.h>

#include "backup.h"
#include "commands.h"
#include "common/bundle.h"
#include "common/json.h"
#include "common/pin.h"

static bool json;

static const struct opt opts[] = {
	OPT_FLAG("json", 'j', &json, "print JSON"),
	OPTIONS_LOGIN,
	OPT_END
};

static const struct syntax syntax = {
	.args = "FILE",
	.about =
"Tell this HSM that hash signature keys which it exported have arrived: FILE is\n"
"what `cryptech backup import` wrote there. It then keeps their packages no\n"
"longer, and can export more of those keys. Twice does no harm.",
	.opts = opts,
	.args_min = 1,
	.args_max = 1,
};

static void show(const uint8_t uuid[16])
{
	char text[CRYPTECH_UUID_TEXT];

	cryptech_uuid_format(uuid, text);
	if (json)
		json_text(NULL, text);
	else
		printf("%s\n", text);
}

static bool acknowledge(struct cryptech *hsm, const struct bundle_item *item)
{
	char text[CRYPTECH_UUID_TEXT];
	uint8_t uuid[16];
	int ret;

	cryptech_uuid_format(item->uuid, text);
	ret = cryptech_transfer_ack(hsm, item->data.data, item->data.len,
				    uuid);
	if (!ret)
		show(uuid);
	else if (ret == -EINVAL || ret == -ENOKEY)
		warn("cannot acknowledge %s: this is not of an approved device "
		     "for the package that this HSM made last", text);
	else
		warn_call(hsm, ret, "cannot acknowledge %s", text);
	return !ret;
}

int backup_ack(int argc, char **argv)
{
	struct bundle bundle;
	struct bundle_item item;
	struct cryptech *hsm;
	unsigned int failed = 0;
	size_t i;

	options_parse(&syntax, &argc, &argv);
	bundle_read(&bundle, argv[0], BUNDLE(ACK));
	hsm = session_login(CRYPTECH_USER_NORMAL);
	if (json)
		json_open(NULL, '[');
	for (i = 0; i < bundle_count(&bundle); i++) {
		if (!bundle_item(&bundle, i, &item))
			continue;
		failed += !acknowledge(hsm, &item);
		bytes_free(&item.data);
	}
	if (json)
		json_close(']');
	bundle_free(&bundle);
	cryptech_close(hsm);
	return failed ? EXIT_FAILED : EXIT_OK;
}
