/* SPDX-License-Identifier: MIT */
/*
 * The FPGA's design as Verilator compiled it, with a board around it, in this
 * process. From C and C++.
 */
#ifndef SIM_FPGA_SIM_H
#define SIM_FPGA_SIM_H

#include <stdbool.h>

#include "../../cores/fpga/spi.h"

#ifdef __cplusplus
extern "C" {
#endif

struct fpga_sim;

/*
 * Power for a board whose tamper memory is the file @memory, made if it is not
 * there. Every byte that is written to it survives the death of this process; with
 * @durable a loss of power, too, before anything else comes over the line. NULL
 * with errno set; ENOSYS: this program was built without Verilator.
 */
struct fpga_sim *fpga_sim_open(const char *memory, bool durable,
			       struct spi *spi);
void fpga_sim_close(struct fpga_sim *sim);	/* NULL is fine */

/* For tests: power that fails and comes again, the tamper pin, and noise that
 * stands still. Not while a call uses the line. */
void fpga_sim_reset(struct fpga_sim *sim);
void fpga_sim_tamper(struct fpga_sim *sim);
void fpga_sim_still(struct fpga_sim *sim);

#ifdef __cplusplus
}
#endif

#endif /* SIM_FPGA_SIM_H */
