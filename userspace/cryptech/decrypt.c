// SPDX-License-Identifier: MIT
#include <string.h>

#include "commands.h"
#include "common/cipher.h"
#include "common/find.h"
#include "common/pin.h"

static const char *out, *aad_path;

static const struct opt opts[] = {
	OPT_TEXT("aad", 0, "FILE", &aad_path,
		 "AES-GCM: what was authenticated, too"),
	OPT_TEXT("out", 'o', "FILE", &out, "write it to FILE"),
	OPTIONS_LOGIN,
	OPT_END
};

static const struct syntax syntax = {
	.args = "KEY [FILE]",
	.about =
"Decrypt what `cryptech encrypt` wrote. A GCM message of which anything was\n"
"changed ends the command with status 6, and nothing is written; the other\n"
"modes do not notice.",
	.opts = opts,
	.args_min = 1,
	.args_max = 2,
};

/* How much of the text is padding (RFC 5652, 6.3); 0: it is none. */
static size_t padding(const uint8_t *text, size_t len)
{
	size_t pad = len ? text[len - 1] : 0;

	if (!pad || pad > CIPHER_BLOCK || pad > len)
		return 0;
	for (size_t i = 1; i <= pad; i++)
		if (text[len - i] != pad)
			return 0;
	return pad;
}

/* @text is what is between IV and tag. */
static void decrypt(struct cryptech *hsm, const struct cryptech_key *key,
		    uint32_t mode, const uint8_t *iv, struct bytes *text)
{
	uint8_t next[CIPHER_BLOCK];
	struct bytes aad;
	int ret;

	cipher_read_aad(aad_path, mode, &aad);
	if (mode == CRYPTECH_MODE_GCM) {
		ret = cryptech_gcm_decrypt(hsm, key->uuid, iv, aad.data,
					   aad.len, text->data, text->len,
					   text->data + text->len);
	} else {
		memcpy(next, iv, cipher_iv_size(mode));
		ret = cryptech_cipher(hsm, key->uuid, false, mode, next,
				      text->data, text->len);
	}
	bytes_free(&aad);
	if (exit_code_of(ret) == EXIT_BAD_SIGNATURE)
		fail(EXIT_BAD_SIGNATURE, "this is NOT what was encrypted");
	if (ret)
		fail_call(hsm, ret, "cannot decrypt");
}

int cmd_decrypt(int argc, char **argv)
{
	struct cryptech_key key;
	struct cryptech *hsm;
	struct bytes in, text;
	size_t iv, pad = 0;
	uint32_t mode;

	options_parse(&syntax, &argc, &argv);
	hsm = session_login(CRYPTECH_USER_NORMAL);
	find_key(hsm, argv[0], &key);
	mode = cipher_mode(&key);
	file_read(argc > 1 ? argv[1] : "-", &in, CIPHER_FILE_MAX);
	iv = cipher_iv_size(mode);
	if (in.len < iv + cipher_tag_size(mode))
		fail(EXIT_FAILED, "this is shorter than what encrypt writes");
	text.data = in.data + iv;
	text.len = in.len - iv - cipher_tag_size(mode);
	decrypt(hsm, &key, mode, in.data, &text);
	if (cipher_pads(mode)) {
		pad = padding(text.data, text.len);
		if (!pad)
			fail(EXIT_FAILED, "the padding is wrong: not made by "
			     "encrypt, or with another key");
	}
	file_write_binary(out, text.data, text.len - pad);
	bytes_free(&in);
	cryptech_close(hsm);
	return EXIT_OK;
}
