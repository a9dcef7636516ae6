// SPDX-License-Identifier: MIT
#include <stdio.h>

#include "commands.h"
#include "common/file.h"
#include "common/find.h"
#include "common/pin.h"
#include "common/text.h"

static const char *out;
static bool hex;

static const struct opt opts[] = {
	OPT_FLAG("hex", 0, &hex, "write hexadecimal digits"),
	OPT_TEXT("out", 'o', "FILE", &out, "write to FILE"),
	OPTIONS_LOGIN,
	OPT_END
};

static const struct syntax syntax = {
	.args = "KEY",
	.about =
"Write the token of a key: 48 bytes that the kernel's crypto API, its paes and\n"
"prsa algorithms, take in place of the key. A token is no secret, and gives\n"
"nobody the right to use the key.",
	.opts = opts,
	.args_min = 1,
	.args_max = 1,
};

int cmd_token(int argc, char **argv)
{
	uint8_t token[CRYPTECH_TOKEN_BYTES];
	char digits[2 * sizeof(token) + 2];
	struct cryptech_key key;
	struct cryptech *hsm;
	int ret;

	options_parse(&syntax, &argc, &argv);
	hsm = session_login(CRYPTECH_USER_NORMAL);
	find_key(hsm, argv[0], &key);
	ret = cryptech_key_token(hsm, key.uuid, token);
	if (ret)
		fail_call(hsm, ret, "cannot make the token");
	if (hex) {
		text_hex(token, sizeof(token), digits);
		digits[2 * sizeof(token)] = '\n';
		file_write(out ? out : "-", digits, 2 * sizeof(token) + 1);
	} else {
		file_write_binary(out, token, sizeof(token));
	}
	cryptech_close(hsm);
	return EXIT_OK;
}
