// SPDX-License-Identifier: MIT
/* What waits for somebody; and what the officer allows. */
#include <stdio.h>
#include <string.h>

#include "backup.h"
#include "commands.h"
#include "common/json.h"
#include "common/pin.h"
#include "common/policy.h"

#define CHUNK	128

static bool json;

static const struct opt opts[] = {
	OPT_FLAG("json", 'j', &json, "print JSON"),
	OPTIONS_LOGIN,
	OPT_END
};

static const struct syntax syntax = {
	.args = "",
	.about =
"Tell what waits: single-use KEKEKs for their key, packages for their\n"
"acknowledgement, hash signature keys that are parked and deleted for their\n"
"import. `cryptech backup forget` gives them up.",
	.opts = opts,
};

typedef int list_call(struct cryptech *hsm, const uint8_t *previous,
		      uint8_t (*uuids)[16], size_t *count);

static void show_uuid(const char *what, const uint8_t uuid[16])
{
	char text[CRYPTECH_UUID_TEXT];

	cryptech_uuid_format(uuid, text);
	if (json)
		json_text(NULL, text);
	else
		printf("%-12s %s\n", what, text);
}

static void list(struct cryptech *hsm, list_call *call, const char *what,
		 const char *json_name)
{
	uint8_t uuids[CHUNK][16], previous[16] = { 0 };
	size_t count, i;
	int ret;

	if (json)
		json_open(json_name, '[');
	for (;;) {
		count = CHUNK;
		ret = call(hsm, previous, uuids, &count);
		if (ret)
			fail_call(hsm, ret, "cannot list what waits");
		if (!count)
			break;
		for (i = 0; i < count; i++)
			show_uuid(what, uuids[i]);
		memcpy(previous, uuids[count - 1], sizeof(previous));
	}
	if (json)
		json_close(']');
}

static void head(const struct cryptech_status *status)
{
	uint64_t policy = cryptech_figure(status, CRYPTECH_STATUS_POLICY, 0);
	uint64_t outbox = cryptech_figure(status, CRYPTECH_STATUS_OUTBOX, 0);

	if (json) {
		json_open(NULL, '{');
		policy_json("policy", policy);
		json_number("outbox", outbox);
		return;
	}
	policy_print(12, policy);
	printf("%-12s %llu package%s\n", "outbox", (unsigned long long)outbox,
	       outbox == 1 ? "" : "s");
}

int backup_status(int argc, char **argv)
{
	struct cryptech_status status;
	struct cryptech *hsm;
	int ret;

	options_parse(&syntax, &argc, &argv);
	hsm = session_login(CRYPTECH_USER_NORMAL);
	ret = cryptech_get_status(hsm, &status);
	if (ret)
		fail_call(hsm, ret, "cannot ask for the status");
	head(&status);
	list(hsm, cryptech_kekek_list, "kekek", "kekeks");
	list(hsm, cryptech_parked_list, "parked", "parked");
	if (json)
		json_close('}');
	cryptech_close(hsm);
	return EXIT_OK;
}
