/* SPDX-License-Identifier: MIT */
/*
 * What the tests of cores/fpga run on: fpga_board_model.c has the model,
 * fpga_board_rtl.c the design itself.
 */
#ifndef TESTS_FPGA_BOARD_H
#define TESTS_FPGA_BOARD_H

#include "../cores/fpga/fpga.h"

/* Power comes, with an empty tamper memory. One board at a time. */
void board_new(struct spi *spi);
/* Power fails and comes again; the tamper memory stays. */
void board_reset(void *unused);
/* The tamper pin. */
void board_tamper(void);
/* Its noise stands still: the health tests fail. */
void board_noise_dies(void);
void board_done(void);

#endif /* TESTS_FPGA_BOARD_H */
