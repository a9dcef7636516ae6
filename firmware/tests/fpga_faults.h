/* SPDX-License-Identifier: MIT */
/*
 * A line that fails, in front of another: at one frame, or from it on.
 */
#ifndef TESTS_FPGA_FAULTS_H
#define TESTS_FPGA_FAULTS_H

#include "../cores/fpga/spi.h"

#include <stdbool.h>
#include <stdint.h>

enum fault {
	FAULT_NONE,
	FAULT_BIT_OUT,		/* a bit flips on the way there */
	FAULT_BIT_IN,		/* ... on the way back */
	FAULT_ANSWER,		/* it arrives, its answer does not: 0xff */
	FAULT_LOST,		/* it does not arrive; 0xff */
	FAULT_CUT,		/* it ends half way */
	FAULT_ERROR,		/* transfer() fails */
	FAULT_LIE,		/* a whole answer, of 0xff words */
	FAULT_OLD,		/* the answer to the read before */
	FAULT_RESET,		/* reset() before it */
	FAULTS
};

struct faults {
	struct spi line;		/* the real one */
	enum fault fault;
	unsigned int from, frames;	/* which of them fail, from 0 on */
	unsigned int seen;		/* frames so far */
	unsigned int bit;		/* of the frame, or as far as it has */
	void (*reset)(void *data);
	void *reset_data;
	uint8_t old[300];		/* the last answer to a read */
	size_t old_len;
};

void faults_spi(struct faults *faults, struct spi *spi);

#endif /* TESTS_FPGA_FAULTS_H */
