// SPDX-License-Identifier: MIT
/*
 * backup-example statement KEKEK > statement	at the destination
 * backup-example export KEY statement > package	at the source
 * backup-example import < package > ack	at the destination
 * backup-example ack < ack			at the source
 *
 * backup-example raw-export KEY > package	off the HSM,
 * backup-example raw-import < package		and back
 *
 * Takes a key from one HSM to another, or off an HSM and back. The HSM is the
 * one whose logged-in descriptor number is in $CRYPTECH_FD (`cryptech login --
 * backup-example ...`). KEKEK and KEY are UUIDs: of an RSA key in flash that was
 * made with the flag KEYENCIPHERMENT alone, and of a key that was made with the
 * flag EXPORTABLE. Both devices have to be approved by the other side's security
 * officer before. It uses the UAPI header alone; see Documentation/backup.rst.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include <cryptech/rpc.h>
#include <linux/cryptech.h>

/* No package, statement or acknowledgement is longer than a message. */
static unsigned char in[CRYPTECH_RPC_MESSAGE_MAX];
static unsigned char out[CRYPTECH_RPC_MESSAGE_MAX];
static __u32 in_len, out_len = sizeof(out);

static int hsm = -1;

static int parse_uuid(const char *text, __u8 uuid[16])
{
	unsigned int byte, i, used = 0;

	for (i = 0; i < 16; i++, text += used) {
		if (*text == '-')
			text++;
		if (sscanf(text, "%2x%n", &byte, &used) != 1 || used != 2)
			break;
		uuid[i] = byte;
	}
	if (i == 16 && !*text)
		return 0;
	fprintf(stderr, "that is not a UUID\n");
	return -1;
}

static int read_in(FILE *f)
{
	in_len = f ? fread(in, 1, sizeof(in), f) : 0;
	if (f && !ferror(f) && fgetc(f) == EOF)
		return 0;
	fprintf(stderr, "cannot read it, or it is too long\n");
	return -1;
}

/* The struct's `error` tells what the HSM thinks of it, if it was asked. */
static int call(const char *name, unsigned long request, void *arg,
		const __u32 *error)
{
	if (!ioctl(hsm, request, arg))
		return 0;
	fprintf(stderr, "%s: %s (HSM error %u)\n", name, strerror(errno),
		*error);
	return -1;
}

static int statement(char **argv)
{
	struct cryptech_ioc_kekek arg = {
		.size = sizeof(arg),
		.statement = (__u64)(unsigned long)out,
		.statement_len = sizeof(out),
	};

	if (parse_uuid(argv[2], arg.uuid) ||
	    call("KEKEK_ATTEST", CRYPTECH_IOC_KEKEK_ATTEST, &arg, &arg.error))
		return -1;
	out_len = arg.statement_len;
	return 0;
}

static int export_key(char **argv)
{
	struct cryptech_ioc_transfer_export arg = {
		.size = sizeof(arg),
		.statement = (__u64)(unsigned long)in,
		.package = (__u64)(unsigned long)out,
		.package_len = sizeof(out),
	};

	if (parse_uuid(argv[2], arg.uuid) || read_in(fopen(argv[3], "r")))
		return -1;
	arg.statement_len = in_len;
	if (call("TRANSFER_EXPORT", CRYPTECH_IOC_TRANSFER_EXPORT, &arg,
		 &arg.error))
		return -1;
	out_len = arg.package_len;
	return 0;
}

static int import_key(char **argv)
{
	struct cryptech_ioc_import arg = {
		.size = sizeof(arg),
		.package = (__u64)(unsigned long)in,
		.ack = (__u64)(unsigned long)out,
		.ack_len = sizeof(out),
	};

	(void)argv;
	if (read_in(stdin))
		return -1;
	arg.package_len = in_len;
	if (call("TRANSFER_IMPORT", CRYPTECH_IOC_TRANSFER_IMPORT, &arg,
		 &arg.error))
		return -1;
	out_len = arg.ack_len;
	return 0;
}

static int acknowledge(char **argv)
{
	struct cryptech_ioc_transfer_ack arg = {
		.size = sizeof(arg),
		.ack = (__u64)(unsigned long)in,
	};

	(void)argv;
	if (read_in(stdin))
		return -1;
	arg.ack_len = in_len;
	out_len = 0;
	return call("TRANSFER_ACK", CRYPTECH_IOC_TRANSFER_ACK, &arg,
		    &arg.error);
}

static int raw_export(char **argv)
{
	struct cryptech_ioc_raw_export arg = {
		.size = sizeof(arg),
		.package = (__u64)(unsigned long)out,
		.package_len = sizeof(out),
	};

	if (parse_uuid(argv[2], arg.uuid) ||
	    call("RAW_EXPORT", CRYPTECH_IOC_RAW_EXPORT, &arg, &arg.error))
		return -1;
	out_len = arg.package_len;
	return 0;
}

static int raw_import(char **argv)
{
	struct cryptech_ioc_import arg = {
		.size = sizeof(arg),
		.package = (__u64)(unsigned long)in,
	};

	(void)argv;
	if (read_in(stdin))
		return -1;
	arg.package_len = in_len;
	out_len = 0;
	return call("RAW_IMPORT", CRYPTECH_IOC_RAW_IMPORT, &arg, &arg.error);
}

static const struct {
	const char *name;
	int arguments;
	int (*run)(char **argv);
} commands[] = {
	{ "statement", 1, statement },
	{ "export", 2, export_key },
	{ "import", 0, import_key },
	{ "ack", 0, acknowledge },
	{ "raw-export", 1, raw_export },
	{ "raw-import", 0, raw_import },
};

#define COMMANDS	(sizeof(commands) / sizeof(commands[0]))

int main(int argc, char **argv)
{
	const char *fd = getenv("CRYPTECH_FD");
	size_t i;

	for (i = 0; fd && argc > 1 && i < COMMANDS; i++) {
		if (strcmp(argv[1], commands[i].name) ||
		    argc != 2 + commands[i].arguments)
			continue;
		hsm = atoi(fd);
		return commands[i].run(argv) ||
		       fwrite(out, 1, out_len, stdout) != out_len;
	}
	fprintf(stderr, "usage: cryptech login -- %s statement|export|import|"
		"ack|raw-export|raw-import ...\n", argv[0]);
	return 2;
}
