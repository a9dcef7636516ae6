// SPDX-License-Identifier: MIT
#include <stdio.h>

#include <openssl/crypto.h>

#include "commands.h"
#include "common/file.h"
#include "common/text.h"

#define BYTES_MAX	(1 << 20)

static const char *out;
static bool hex;

static const struct opt opts[] = {
	OPT_FLAG("hex", 0, &hex, "write hexadecimal digits"),
	OPT_TEXT("out", 'o', "FILE", &out, "write to FILE"),
	OPTIONS_DEVICE,
	OPT_END
};

static const struct syntax syntax = {
	.args = "BYTES",
	.about = "Give bytes, at most 1048576, of the HSM's random generator. "
		 "Needs no login.",
	.opts = opts,
	.args_min = 1,
	.args_max = 1,
};

int cmd_random(int argc, char **argv)
{
	static uint8_t bytes[BYTES_MAX];
	static char digits[2 * BYTES_MAX + 2];
	struct cryptech *hsm;
	size_t len;
	int ret;

	options_parse(&syntax, &argc, &argv);
	len = options_number("BYTES", argv[0], 1, BYTES_MAX);
	hsm = session_open(true);
	ret = cryptech_random(hsm, bytes, len);
	if (ret)
		fail_call(hsm, ret, "cannot get random bytes");
	if (hex) {
		text_hex(bytes, len, digits);
		digits[2 * len] = '\n';
		file_write(out ? out : "-", digits, 2 * len + 1);
	} else {
		file_write_binary(out, bytes, len);
	}
	OPENSSL_cleanse(bytes, len);
	OPENSSL_cleanse(digits, 2 * len + 2);
	cryptech_close(hsm);
	return EXIT_OK;
}
