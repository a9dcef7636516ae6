/* SPDX-License-Identifier: MIT */
/*
 * What the HSM needs from the machine it runs on. platform/sim implements it
 * for a Linux process; a board implements it again.
 */
#ifndef PLATFORM_PLATFORM_H
#define PLATFORM_PLATFORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../keystore/flash.h"

#define MASTER_KEY_SIZE	32

struct fpga;

/*
 * All return 0 or -1. `data` is the implementation's own.
 */
struct platform {
	void *data;
	struct flash *flash;

	/* Seconds and nanoseconds since some fixed moment; never goes back. */
	uint64_t (*now_ns)(void *data);

	/*
	 * The master key memory, apart from the flash. read gives -1 if none
	 * was ever set; write replaces it, durably.
	 */
	int (*mkm_read)(void *data, uint8_t key[MASTER_KEY_SIZE]);
	int (*mkm_write)(void *data, const uint8_t key[MASTER_KEY_SIZE]);

	/*
	 * The anchor: a 64-bit counter outside the flash. kind is a
	 * CRYPTECH_FRESH_ value; both calls may be NULL with FRESH_NONE.
	 * advance sets it to @value, which must be higher, durably.
	 */
	unsigned int anchor_kind;
	int (*anchor_read)(void *data, uint64_t *value);
	int (*anchor_advance)(void *data, uint64_t value);

	/*
	 * Show the factory wheel PIN where only the owner can read it, or
	 * take it away (pin NULL).
	 */
	int (*factory_pin)(void *data, const char *pin);

	/*
	 * Run work(arg) soon on a thread that serves nothing more urgent, as
	 * many at once as there are cores. -1: it will not be run. Without
	 * threads (NULL) whoever waits does the work himself.
	 */
	int (*background)(void *data, void (*work)(void *arg), void *arg);
	unsigned int cores;	/* 1 or more */

	/* An FPGA that keeps keys (cores/fpga); NULL: there is none. */
	struct fpga *fpga;
	/* Software goes on without it when it is lost; else most is refused. */
	bool fpga_lost_serve;

	/* It guards nothing against its machine's owner; STATUS says so. */
	bool simulator;

	/* One line to the HSM's log; never a secret. */
	void (*log)(void *data, const char *line);
};

#endif /* PLATFORM_PLATFORM_H */
