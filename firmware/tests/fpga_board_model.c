// SPDX-License-Identifier: MIT
#include "fpga_board.h"
#include "fpga_model.h"

static struct model model;

void board_new(struct spi *spi)
{
	model_init(&model);
	model_spi(&model, spi);
}

void board_reset(void *unused)
{
	(void)unused;
	model_reset(&model);
}

void board_tamper(void)
{
	model_tamper(&model);
}

void board_noise_dies(void)
{
	model.random_dead = true;
}

void board_done(void)
{
}
