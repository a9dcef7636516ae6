// SPDX-License-Identifier: MIT
#include <stdio.h>

#include "commands.h"
#include "common/find.h"
#include "common/hash.h"
#include "common/hashsig.h"
#include "common/newkey.h"
#include "common/pin.h"
#include "common/showkey.h"
#include "common/text.h"

static bool json;

static const struct opt opts[] = {
	OPT_FLAG("json", 'j', &json, "print JSON"),
	OPTIONS_LOGIN,
	OPT_END
};

static const struct syntax syntax = {
	.args = "KEY",
	.about =
"Tell all about a key. The fingerprint is the SHA-256 of its public half in\n"
"DER, as `cryptech pubkey --der KEY | sha256sum` gives it; AES keys have none.",
	.opts = opts,
	.args_min = 1,
	.args_max = 1,
};

static void print_text(const struct cryptech_key *key, const char *print)
{
	char uuid[CRYPTECH_UUID_TEXT], type[CRYPTECH_KEY_TYPE_TEXT];
	char flags[TEXT_FLAGS], label[TEXT_LABEL];

	printf("%-12s %s\n", "uuid", cryptech_uuid_format(key->uuid, uuid));
	printf("%-12s %s\n", "label", text_label(key, label));
	printf("%-12s %s\n", "type", cryptech_key_type_name(key->type, type));
	printf("%-12s %s\n", "class", text_class(key->key_class));
	printf("%-12s %s\n", "flags", text_flags(key->flags, flags));
	if (print)
		printf("%-12s %s\n", "fingerprint", print);
}

/* NULL for a key without a public half. */
static const char *fingerprint(struct cryptech *hsm,
			       const struct cryptech_key *key)
{
	static char print[2 * EVP_MAX_MD_SIZE + 1];
	uint8_t spki[CRYPTECH_SPKI_MAX];
	size_t len = sizeof(spki);
	struct hash hash;
	int ret;

	if (newkey_is_secret(key->type))
		return NULL;
	ret = cryptech_key_public(hsm, key->uuid, spki, &len);
	if (ret)
		fail_call(hsm, ret, "cannot get the public key");
	if (!hash_bytes(&hash, CRYPTECH_DIGEST_SHA256, spki, len))
		fail_openssl("cannot hash");
	return text_hex(hash.value, hash.len, print);
}

int cmd_show(int argc, char **argv)
{
	struct cryptech_key key;
	struct cryptech *hsm;
	const char *print;

	options_parse(&syntax, &argc, &argv);
	hsm = session_login(CRYPTECH_USER_NORMAL);
	find_key(hsm, argv[0], &key);
	print = fingerprint(hsm, &key);
	if (json) {
		json_open(NULL, '{');
		showkey_json(&key);
		if (print)
			json_text("fingerprint", print);
		hashsig_json(hsm, &key);
		json_close('}');
	} else {
		print_text(&key, print);
		hashsig_print(hsm, &key);
	}
	cryptech_close(hsm);
	return EXIT_OK;
}
