/* SPDX-License-Identifier: MIT */
/*
 * The state folder: what a real HSM has in its case.
 *
 *	lock		held while a process serves this HSM; its number
 *	identity	the machine, and the device and inode of the flash image:
 *			a copy of the folder is found out
 *	flash.img	the NOR flash
 *	mkm		the master key, unless it is kept elsewhere; with an
 *			FPGA it is sealed (SEALED_KEY_SIZE bytes)
 *	tamper-memory	of an FPGA that is simulated
 *	factory-pin	the first administrator PIN, until the HSM is initialised
 */
#ifndef SIM_STATE_H
#define SIM_STATE_H

#include "../platform.h"
#include "background.h"
#include "flash_file.h"
#include "options.h"

#define SEALED_KEY_SIZE	48

struct state {
	struct platform platform;	/* for hsm_start() */
	struct flash_file flash;
	struct anchor_file anchor;
	/* Whoever opened the state may put threads here. */
	struct background *background;
	char *mkm;
	char *factory_pin;
	bool durable;
	int lock;
};

/* Open, or make, what @options name. 0, or -1 with a line in the log that
 * says what to do. @options must outlive it. */
int state_open(struct state *state, const struct options *options);
/* Give the platform background threads, as many as there are cores. */
int state_start_background(struct state *state, unsigned int cores);
/* ... which nobody needs any more. */
void state_stop_background(struct state *state);
void state_close(struct state *state);

#endif /* SIM_STATE_H */
