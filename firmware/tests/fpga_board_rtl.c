// SPDX-License-Identifier: MIT
/* The design itself, with its tamper memory in a file of no name. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../platform/sim/fpga_sim.h"
#include "fpga_board.h"

static struct fpga_sim *sim;

void board_new(struct spi *spi)
{
	char path[] = "/tmp/tamper-XXXXXX";
	int fd = mkstemp(path);

	if (fd < 0)
		abort();
	close(fd);
	sim = fpga_sim_open(path, false, spi);
	unlink(path);
	if (!sim)
		abort();
}

void board_reset(void *unused)
{
	(void)unused;
	fpga_sim_reset(sim);
}

void board_tamper(void)
{
	fpga_sim_tamper(sim);
}

void board_noise_dies(void)
{
	fpga_sim_still(sim);
}

void board_done(void)
{
	fpga_sim_close(sim);
}
