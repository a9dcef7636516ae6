// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "common/newkey.h"
#include "common/pem.h"
#include "common/pin.h"

#define PEM_MAX	(1 << 20)
#define RAW_MAX	4096	/* more than any key has, to tell how long it is */

static const char *passphrase_file, *type_name;

static const struct opt opts[] = {
	OPTIONS_NEWKEY,
	OPT_TEXT("passphrase-file", 0, "FILE", &passphrase_file,
		 "passphrase of an encrypted FILE"),
	OPT_TEXT("type", 't', "TYPE", &type_name,
		 "FILE has the bytes of a key of this type"),
	OPTIONS_LOGIN,
	OPT_END
};

static const struct syntax syntax = {
	.args = "FILE",
	.about =
"Bring a key into the HSM and print its UUID. FILE (- for standard input) is\n"
"PEM: PKCS#8, which may be encrypted, RSA PRIVATE KEY, EC PRIVATE KEY or PUBLIC\n"
"KEY. With --type and a type of AES or HMAC key, as for keygen, it has the bytes\n"
"of the key, as they are: XTS has two keys, one after the other; HMAC any number\n"
"from 14 to 256. A key that was in a file has been seen by this computer; one\n"
"made by keygen has not.",
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

/* The type of secret key that was asked for; 0: none was. */
static uint32_t parse_type(void)
{
	uint32_t type;

	if (!type_name)
		return 0;
	if (cryptech_key_type_parse(type_name, &type) || !newkey_is_secret(type))
		fail_usage("no type of AES or HMAC key: %s; other keys tell "
			   "their type themselves", type_name);
	if (passphrase_file)
		fail_usage("--type and --passphrase-file do not go together");
	return type;
}

static void read_pem(const char *path, struct bytes *der)
{
	struct bytes pem;

	file_read(path, &pem, PEM_MAX);
	if (!pem_key(&pem, ask_passphrase, der))
		fail_openssl("no key can be read from %s", path);
	bytes_free(&pem);
}

static void read_raw(const char *path, uint32_t type, struct bytes *value)
{
	size_t wanted = CRYPTECH_KEY_BITS(type) / 8, len;

	if (CRYPTECH_KEY_FAMILY(type) == CRYPTECH_KEY_FAMILY_AES_XTS)
		wanted *= 2;
	file_read(path, value, RAW_MAX);
	len = value->len;
	if (len == wanted)
		return;
	if (CRYPTECH_KEY_FAMILY(type) == CRYPTECH_KEY_FAMILY_HMAC) {
		if (len >= CRYPTECH_HMAC_KEY_MIN &&
		    len <= CRYPTECH_HMAC_KEY_MAX)
			return;
		bytes_free(value);
		fail(EXIT_FAILED, "%s has %zu bytes; an %s key has %d to %d",
		     path, len, type_name, CRYPTECH_HMAC_KEY_MIN,
		     CRYPTECH_HMAC_KEY_MAX);
	}
	bytes_free(value);
	fail(EXIT_FAILED, "%s has %zu bytes; an %s key has %zu", path, len,
	     type_name, wanted);
}

int cmd_import(int argc, char **argv)
{
	struct bytes in;
	struct newkey key;
	struct cryptech *hsm;
	uint32_t type;
	int ret;

	options_parse(&syntax, &argc, &argv);
	type = parse_type();
	if (newkey_options.vault)
		fail_usage("--vault is for keygen: nothing comes into the "
			   "FPGA's vault from outside");
	newkey_parse(&key, type);
	if (type)
		read_raw(argv[0], type, &in);
	else
		read_pem(argv[0], &in);
	hsm = session_login(CRYPTECH_USER_NORMAL);
	if (type)
		ret = cryptech_key_load_raw(hsm, type, in.data, in.len,
					    key.flags, key.label, key.uuid);
	else
		ret = cryptech_key_load(hsm, in.data, in.len, key.flags,
					key.label, key.uuid);
	bytes_free(&in);
	if (ret)
		fail_call(hsm, ret, "cannot import the key");
	newkey_print(&key);
	cryptech_close(hsm);
	return EXIT_OK;
}
