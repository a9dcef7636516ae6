// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "common/newkey.h"
#include "common/pem.h"
#include "common/pin.h"

#define PEM_MAX	(1 << 20)

static const char *passphrase_file;

static const struct opt opts[] = {
	OPTIONS_NEWKEY,
	OPT_TEXT("passphrase-file", 0, "FILE", &passphrase_file,
		 "passphrase of an encrypted FILE"),
	OPTIONS_LOGIN,
	OPT_END
};

static const struct syntax syntax = {
	.args = "FILE",
	.about =
"Bring a private or public key into the HSM and print its UUID. FILE (- for\n"
"standard input) is PEM: PKCS#8, which may be encrypted, RSA PRIVATE KEY, EC\n"
"PRIVATE KEY or PUBLIC KEY. A key that was in a file has been seen by this\n"
"computer; one made by keygen has not.",
	.opts = opts,
	.args_min = 1,
	.args_max = 1,
};

/* A file of its own, or the terminal; never among the PINs. */
static int ask_passphrase(char *buffer, int size, int writing, void *context)
{
	static struct pin pin;
	int len, fd, ret = 0;

	(void)writing;
	(void)context;
	if (passphrase_file) {
		fd = open(passphrase_file, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			return -1;
		ret = pin_read_line(&pin, fd);
		close(fd);
	} else {
		pin_read_terminal(&pin, "passphrase of the key");
	}
	len = pin.len;
	if (!ret && len <= size)
		memcpy(buffer, pin.bytes, len);
	else
		len = -1;
	pin_wipe(&pin);
	return len;
}

int cmd_import(int argc, char **argv)
{
	struct bytes pem, der;
	struct newkey key;
	struct cryptech *hsm;
	int ret;

	options_parse(&syntax, &argc, &argv);
	newkey_parse(&key);
	file_read(argv[0], &pem, PEM_MAX);
	if (!pem_key(&pem, ask_passphrase, &der))
		fail_openssl("no key can be read from %s", argv[0]);
	bytes_free(&pem);
	hsm = session_login(CRYPTECH_USER_NORMAL);
	ret = cryptech_key_load(hsm, der.data, der.len, key.flags, key.label,
				key.uuid);
	bytes_free(&der);
	if (ret)
		fail_call(hsm, ret, "cannot import the key");
	newkey_print(&key);
	cryptech_close(hsm);
	return EXIT_OK;
}
