/* SPDX-License-Identifier: MIT */
/*
 * The FPGA of a process: the design as Verilator compiled it, in this process, or
 * one at the end of a spidev; and the master key, which is sealed by it.
 */
#ifndef SIM_FPGA_H
#define SIM_FPGA_H

#include "../../cores/cores.h"
#include "../../cores/fpga/fpga.h"
#include "fpga_sim.h"
#include "options.h"
#include "state.h"

struct fpga_port {
	struct fpga *fpga;
	struct fpga_sim *sim;
	int spidev;		/* descriptor; -1: none */
};

/*
 * What --fpga says, for the HSM of @state, whose platform gets it; also the
 * source of random numbers. 0, or -1 with a line in the log that says what to do.
 */
int fpga_port_open(struct fpga_port *port, const struct options *options,
		   struct state *state);
void fpga_port_close(struct fpga_port *port);

/* --- fpga_spidev.c --------------------------------------------------------------- */

/* "DEVICE[,speed=HZ]". A descriptor; -1 with a line in the log. */
int fpga_spidev_open(const char *text, struct spi *spi);
void fpga_spidev_close(int fd);

/* --- fpga_master.c --------------------------------------------------------------- */

/*
 * A master key in a file, sealed under K_flash of the FPGA's vault. The slot that
 * K_flash is in meanwhile is FPGA_MASTER_SLOT.
 */
#define FPGA_MASTER_SLOT	1u
#define FPGA_SEALED_SIZE	SEALED_KEY_SIZE
int fpga_master_seal(struct fpga *fpga, const uint8_t key[MASTER_KEY_SIZE],
		     uint8_t sealed[FPGA_SEALED_SIZE]);
int fpga_master_unseal(struct fpga *fpga,
		       const uint8_t sealed[FPGA_SEALED_SIZE],
		       uint8_t key[MASTER_KEY_SIZE]);
bool fpga_master_is_sealed(const uint8_t *data, size_t len);

#endif /* SIM_FPGA_H */
