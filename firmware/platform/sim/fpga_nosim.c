// SPDX-License-Identifier: MIT
/* In place of fpga_sim.cpp where there is no Verilator. */
#include "fpga_sim.h"

#include <errno.h>

struct fpga_sim *fpga_sim_open(const char *memory, bool durable,
			       struct spi *spi)
{
	(void)memory;
	(void)durable;
	(void)spi;
	errno = ENOSYS;
	return NULL;
}

void fpga_sim_close(struct fpga_sim *sim)
{
	(void)sim;
}
