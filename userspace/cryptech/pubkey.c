// SPDX-License-Identifier: MIT
#include <openssl/bio.h>
#include <openssl/pem.h>

#include "commands.h"
#include "common/file.h"
#include "common/find.h"
#include "common/pin.h"

static const char *out;
static bool der;

static const struct opt opts[] = {
	OPT_TEXT("out", 'o', "FILE", &out, "write to FILE"),
	OPT_FLAG("der", 0, &der, "write DER, not PEM"),
	OPTIONS_LOGIN,
	OPT_END
};

static const struct syntax syntax = {
	.args = "KEY",
	.about = "Write the public half of a key (SubjectPublicKeyInfo).",
	.opts = opts,
	.args_min = 1,
	.args_max = 1,
};

static void write_pem(const uint8_t *spki, size_t len)
{
	BIO *memory = BIO_new(BIO_s_mem());
	char *text;
	long text_len;

	if (!memory || !PEM_write_bio(memory, PEM_STRING_PUBLIC, "", spki, len))
		fail_openssl("cannot write PEM");
	text_len = BIO_get_mem_data(memory, &text);
	file_write(out ? out : "-", text, text_len);
	BIO_free(memory);
}

int cmd_pubkey(int argc, char **argv)
{
	uint8_t spki[CRYPTECH_SPKI_MAX];
	size_t len = sizeof(spki);
	struct cryptech_key key;
	struct cryptech *hsm;
	int ret;

	options_parse(&syntax, &argc, &argv);
	hsm = session_login(CRYPTECH_USER_NORMAL);
	find_key(hsm, argv[0], &key);
	ret = cryptech_key_public(hsm, key.uuid, spki, &len);
	if (ret)
		fail_call(hsm, ret, "cannot get the public key");
	if (der)
		file_write_binary(out, spki, len);
	else
		write_pem(spki, len);
	cryptech_close(hsm);
	return EXIT_OK;
}
