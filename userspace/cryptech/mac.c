// SPDX-License-Identifier: MIT
#include <stdio.h>

#include "commands.h"
#include "common/file.h"
#include "common/find.h"
#include "common/pin.h"
#include "common/text.h"

#define FILE_MAX	(1u << 30)

static const char *out, *verify;
static bool hex;

static const struct opt opts[] = {
	OPT_TEXT("verify", 0, "MAC", &verify, "check the one in file MAC"),
	OPT_FLAG("hex", 0, &hex, "write hexadecimal digits"),
	OPT_TEXT("out", 'o', "FILE", &out, "write it to FILE"),
	OPTIONS_LOGIN,
	OPT_END
};

static const struct syntax syntax = {
	.args = "KEY [FILE]",
	.about =
"Make the message authentication code of a file (standard input without one),\n"
"with an aes*-cmac or hmac-* key. With --verify the HSM compares: the command\n"
"ends with status 0 if the whole of it is right, 6 if not.",
	.opts = opts,
	.args_min = 1,
	.args_max = 2,
};

static void check(struct cryptech *hsm, const struct cryptech_key *key,
		  const struct bytes *in)
{
	struct bytes mac;
	int ret;

	file_read(verify, &mac, FILE_MAX);
	ret = cryptech_mac_verify(hsm, key->uuid, in->data, in->len, mac.data,
				  mac.len);
	bytes_free(&mac);
	if (exit_code_of(ret) == EXIT_BAD_SIGNATURE)
		fail(EXIT_BAD_SIGNATURE, "the MAC is NOT right");
	if (ret)
		fail_call(hsm, ret, "cannot check the MAC");
	printf("the MAC is right\n");
}

static void make(struct cryptech *hsm, const struct cryptech_key *key,
		 const struct bytes *in)
{
	char digits[2 * CRYPTECH_MAC_MAX + 2];
	uint8_t mac[CRYPTECH_MAC_MAX];
	size_t len;
	int ret;

	ret = cryptech_mac(hsm, key->uuid, in->data, in->len, mac, &len);
	if (ret)
		fail_call(hsm, ret, "cannot make the MAC");
	if (!hex) {
		file_write_binary(out, mac, len);
		return;
	}
	text_hex(mac, len, digits);
	digits[2 * len] = '\n';
	file_write(out ? out : "-", digits, 2 * len + 1);
}

int cmd_mac(int argc, char **argv)
{
	struct cryptech_key key;
	struct cryptech *hsm;
	struct bytes in;

	options_parse(&syntax, &argc, &argv);
	if (verify && (out || hex))
		fail_usage("--verify writes nothing: no --out, no --hex");
	hsm = session_login(CRYPTECH_USER_NORMAL);
	find_key(hsm, argv[0], &key);
	file_read(argc > 1 ? argv[1] : "-", &in, FILE_MAX);
	if (verify)
		check(hsm, &key, &in);
	else
		make(hsm, &key, &in);
	bytes_free(&in);
	cryptech_close(hsm);
	return EXIT_OK;
}
