// SPDX-License-Identifier: MIT
#include "options.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../hsm/internal.h"

static const char help[] =
"Usage: cryptech-hsm --state DIR [OPTION]...\n"
"\n"
"A Cryptech HSM as a process: the firmware, with files for its flash.\n"
"It is a simulator: it guards nothing against root of this machine.\n"
"\n"
"  --state DIR        folder of the HSM's flash and small files; made if it\n"
"                     is missing, mode 0700\n"
"  --mkm PATH         master key memory, mode 0600 (default: DIR/mkm)\n"
"  --anchor PATH      counter that tells when an old flash image was put back;\n"
"                     should lie on other storage than DIR (default: none)\n"
"  --socket PATH      serve the RPC protocol on a unix socket, in SLIP frames\n"
"  --mailbox PATH     serve a virtual machine: its QEMU connects to PATH with\n"
"                       -chardev socket,id=hsm,path=PATH\n"
"                       -device ivshmem-doorbell,chardev=hsm,vectors=2\n"
"  --fpga sim|spidev:DEVICE[,speed=HZ]|none\n"
"                     the FPGA that keeps keys: its design run by this process\n"
"                     (tamper memory in DIR/tamper-memory), or a board; with it\n"
"                     the master key is sealed by it (default: none)\n"
"  --fpga-lost WHAT   when it cannot be used: refuse (the default), or serve by\n"
"                     software what software can; then nothing is sealed\n"
"  --fpga-enter FILE  give the FPGA, whose tamper memory is empty, this master\n"
"                     key of 32 bytes; else it draws its own\n"
"  --pty              serve a pty, as a board does its serial line; its name is\n"
"                     printed, as in \"pty /dev/pts/5\"; cryptech attach makes\n"
"                     /dev/cryptechN of it\n"
"  --pty-link PATH    the same, and PATH becomes a symbolic link to it\n"
"  --slots N          at most N keys in flash and N in memory (default: as many\n"
"                     as the flash holds, and as clients may have)\n"
"  --libhal-compat    answer as libhal does, for its clients and tests: weaker\n"
"                     PIN rules, its well-known factory PIN, short RSA keys\n"
"  --durability WHAT  storage: what was committed survives a loss of power\n"
"                     (the default); process: it survives the death of this\n"
"                     process only, and is faster\n"
"  --adopt            take over a state folder that was copied or moved here;\n"
"                     never run two copies of one HSM\n"
"  -h, --help         this text\n"
"      --version      the version\n"
"\n"
"At least one of --socket, --mailbox and --pty is needed; each has clients of\n"
"its own. Once it serves, it prints the line \"ready\". SIGTERM ends it.\n"
"\n"
"A new HSM shows its first administrator (wheel) PIN in DIR/factory-pin.\n"
"\n"
"Example: cryptech-hsm --state ~/hsm --socket ~/hsm.sock\n";

enum {
	OPT_STATE = 256, OPT_MKM, OPT_ANCHOR, OPT_SOCKET, OPT_MAILBOX,
	OPT_PTY, OPT_PTY_LINK, OPT_FPGA, OPT_FPGA_LOST, OPT_FPGA_ENTER, OPT_SLOTS,
	OPT_COMPAT, OPT_DURABILITY, OPT_ADOPT, OPT_VERSION,
};

static const struct option options_table[] = {
	{ "state", required_argument, NULL, OPT_STATE },
	{ "mkm", required_argument, NULL, OPT_MKM },
	{ "anchor", required_argument, NULL, OPT_ANCHOR },
	{ "socket", required_argument, NULL, OPT_SOCKET },
	{ "mailbox", required_argument, NULL, OPT_MAILBOX },
	{ "fpga", required_argument, NULL, OPT_FPGA },
	{ "fpga-lost", required_argument, NULL, OPT_FPGA_LOST },
	{ "fpga-enter", required_argument, NULL, OPT_FPGA_ENTER },
	{ "pty", no_argument, NULL, OPT_PTY },
	{ "pty-link", required_argument, NULL, OPT_PTY_LINK },
	{ "slots", required_argument, NULL, OPT_SLOTS },
	{ "libhal-compat", no_argument, NULL, OPT_COMPAT },
	{ "durability", required_argument, NULL, OPT_DURABILITY },
	{ "adopt", no_argument, NULL, OPT_ADOPT },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, OPT_VERSION },
	{ }
};

static void __attribute__((noreturn, format(printf, 1, 2)))
usage_error(const char *format, ...)
{
	va_list args;

	fputs("cryptech-hsm: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputs("\nTry cryptech-hsm --help.\n", stderr);
	exit(EXIT_USAGE);
}

static bool durable(const char *what)
{
	if (!strcmp(what, "storage"))
		return true;
	if (!strcmp(what, "process"))
		return false;
	usage_error("--durability is storage or process, not %s", what);
}

static const char *fpga(const char *what)
{
	if (!strcmp(what, "none"))
		return NULL;
	if (!strcmp(what, "sim") || !strncmp(what, "spidev:", 7))
		return what;
	usage_error("--fpga is sim, spidev:DEVICE[,speed=HZ] or none, not %s",
		    what);
}

static bool lost_serve(const char *what)
{
	if (!strcmp(what, "serve"))
		return true;
	if (!strcmp(what, "refuse"))
		return false;
	usage_error("--fpga-lost is refuse or serve, not %s", what);
}

#define SLOTS_MAX	1000000

static unsigned int slots(const char *text)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	/* strtoul takes signs and spaces, too */
	if (text[0] < '0' || text[0] > '9' || *end || !n || n > SLOTS_MAX)
		usage_error("--slots is a number from 1 to %d, not %s",
			    SLOTS_MAX, text);
	return n;
}

static void take(struct options *options, int option)
{
	switch (option) {
	case OPT_STATE:
		options->state = optarg;
		break;
	case OPT_MKM:
		options->mkm = optarg;
		break;
	case OPT_ANCHOR:
		options->anchor = optarg;
		break;
	case OPT_SOCKET:
		options->socket = optarg;
		break;
	case OPT_MAILBOX:
		options->mailbox = optarg;
		break;
	case OPT_FPGA:
		options->fpga = fpga(optarg);
		break;
	case OPT_FPGA_LOST:
		options->fpga_lost_serve = lost_serve(optarg);
		break;
	case OPT_FPGA_ENTER:
		options->fpga_enter = optarg;
		break;
	case OPT_PTY_LINK:
		options->pty_link = optarg;
		/* fall through */
	case OPT_PTY:
		options->pty = true;
		break;
	case OPT_SLOTS:
		options->slots = slots(optarg);
		break;
	case OPT_COMPAT:
		options->libhal_compat = true;
		break;
	case OPT_DURABILITY:
		options->durable = durable(optarg);
		break;
	case OPT_ADOPT:
		options->adopt = true;
		break;
	case 'h':
		fputs(help, stdout);
		exit(EXIT_SUCCESS);
	case OPT_VERSION:
		puts(HSM_RELEASE);
		exit(EXIT_SUCCESS);
	default:	/* getopt has said what is wrong */
		fputs("Try cryptech-hsm --help.\n", stderr);
		exit(EXIT_USAGE);
	}
}

void options_parse(struct options *options, int argc, char **argv)
{
	int option;

	*options = (struct options){ .durable = true };
	while ((option = getopt_long(argc, argv, "h", options_table, NULL))
	       != -1)
		take(options, option);
	if (optind < argc)
		usage_error("%s: no such argument is known", argv[optind]);
	if (!options->state)
		usage_error("--state DIR is missing: where is this HSM to keep its flash?");
	if (options->fpga_enter && !options->fpga)
		usage_error("--fpga-enter without --fpga");
	if (!options->socket && !options->mailbox && !options->pty)
		usage_error("neither --socket nor --mailbox nor --pty: nobody could reach this HSM");
}
