/* SPDX-License-Identifier: MIT */
#ifndef SIM_OPTIONS_H
#define SIM_OPTIONS_H

#include <stdbool.h>

struct options {
	const char *state;	/* folder */
	const char *mkm;	/* NULL: in the state folder */
	const char *anchor;	/* NULL: none */
	const char *socket;	/* NULL: none */
	const char *mailbox;	/* NULL: none */
	const char *fpga;	/* "sim", "spidev:..."; NULL: none */
	const char *fpga_enter;	/* file; NULL: none */
	const char *pty_link;	/* NULL: none */
	bool pty;
	unsigned int slots;	/* 0: no limit */
	bool libhal_compat;
	bool durable;
	bool adopt;
	bool fpga_lost_serve;
};

/* Exit codes, of the man page. */
#define EXIT_USAGE	2

/* Read the command line. Ends the process for --help, --version and for
 * mistakes, with a line that says what to do. */
void options_parse(struct options *options, int argc, char **argv);

#endif /* SIM_OPTIONS_H */
