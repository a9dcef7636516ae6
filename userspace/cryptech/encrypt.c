// SPDX-License-Identifier: MIT
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "common/cipher.h"
#include "common/find.h"
#include "common/pin.h"
#include "common/text.h"

static const char *out, *iv_text, *aad_path;

static const struct opt opts[] = {
	OPT_TEXT("iv", 0, "HEX", &iv_text,
		 "the IV (default: the HSM draws one)"),
	OPT_TEXT("aad", 0, "FILE", &aad_path,
		 "AES-GCM: authenticate this, too"),
	OPT_TEXT("out", 'o', "FILE", &out, "write it to FILE"),
	OPTIONS_LOGIN,
	OPT_END
};

static const struct syntax syntax = {
	.args = "KEY [FILE]",
	.about =
"Encrypt a file (standard input without one) with an AES key: CBC and ECB with\n"
"PKCS#7 padding, CTR, or GCM, for what is short. What is written is the IV (none\n"
"with ECB), the ciphertext, and of GCM the tag.",
	.opts = opts,
	.args_min = 1,
	.args_max = 2,
};

static void choose_iv(struct cryptech *hsm, uint32_t mode, uint8_t *iv)
{
	size_t size = cipher_iv_size(mode);
	int ret;

	if (iv_text && (!size || !text_bytes(iv_text, iv, size)))
		fail_usage("--iv: the IV of this key's mode has %zu bytes, "
			   "each two digits of a to f and 0 to 9", size);
	if (iv_text || !size || mode == CRYPTECH_MODE_GCM)
		return;
	ret = cryptech_random(hsm, iv, size);
	if (ret)
		fail_call(hsm, ret, "cannot draw the IV");
}

/* The file with room for IV, padding and tag around it. */
static void lay_out(const struct bytes *in, uint32_t mode, struct bytes *to)
{
	size_t pad = cipher_pads(mode) ?
		     CIPHER_BLOCK - in->len % CIPHER_BLOCK : 0;
	size_t before = cipher_iv_size(mode);

	to->len = before + in->len + pad + cipher_tag_size(mode);
	to->data = calloc(1, to->len + 1);
	if (!to->data)
		fail(EXIT_FAILED, "no memory");
	memcpy(to->data + before, in->data, in->len);
	memset(to->data + before + in->len, (int)pad, pad);
}

static int encrypt(struct cryptech *hsm, const struct cryptech_key *key,
		   uint32_t mode, struct bytes *to)
{
	size_t before = cipher_iv_size(mode);
	size_t len = to->len - before - cipher_tag_size(mode);
	uint8_t *data = to->data + before, next[CIPHER_BLOCK];
	struct bytes aad;
	int ret;

	cipher_read_aad(aad_path, mode, &aad);
	choose_iv(hsm, mode, to->data);
	if (mode == CRYPTECH_MODE_GCM) {
		ret = cryptech_gcm_encrypt(hsm, key->uuid, iv_text, to->data,
					   aad.data, aad.len, data, len,
					   data + len);
	} else {
		memcpy(next, to->data, before);
		ret = cryptech_cipher(hsm, key->uuid, true, mode, next, data,
				      len);
	}
	bytes_free(&aad);
	return ret;
}

int cmd_encrypt(int argc, char **argv)
{
	struct cryptech_key key;
	struct cryptech *hsm;
	struct bytes in, to;
	uint32_t mode;
	int ret;

	options_parse(&syntax, &argc, &argv);
	hsm = session_login(CRYPTECH_USER_NORMAL);
	find_key(hsm, argv[0], &key);
	mode = cipher_mode(&key);
	file_read(argc > 1 ? argv[1] : "-", &in, CIPHER_FILE_MAX);
	lay_out(&in, mode, &to);
	bytes_free(&in);
	ret = encrypt(hsm, &key, mode, &to);
	if (ret)
		fail_call(hsm, ret, "cannot encrypt");
	file_write_binary(out, to.data, to.len);
	bytes_free(&to);
	cryptech_close(hsm);
	return EXIT_OK;
}
