/* SPDX-License-Identifier: MIT */
/*
 * A line to the FPGA. platform/sim has two: pins of the design as Verilator
 * compiled it, in this process, and Linux' spidev.
 */
#ifndef CORES_FPGA_SPI_H
#define CORES_FPGA_SPI_H

#include <stddef.h>
#include <stdint.h>

struct spi {
	void *data;		/* the implementation's own */
	/*
	 * One selection: @len bytes go out, as many come in. 0 or -1. Mode 0,
	 * at most an eighth of the FPGA's clock. Called by one thread at a
	 * time.
	 */
	int (*transfer)(void *data, const uint8_t *out, uint8_t *in,
			size_t len);
	/* Let time pass while a command runs: some hundred cycles at least. */
	void (*wait)(void *data);
};

#endif /* CORES_FPGA_SPI_H */
