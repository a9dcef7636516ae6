// SPDX-License-Identifier: MIT
/*
 * What becomes of the HSM when its FPGA is lost: nothing that nobody notices.
 */
#include "internal.h"

#include "../cores/fpga/fpga.h"

#define LOOK_NS	1000000000ull

int fpga_refusal(struct hsm *hsm)
{
	const struct platform *platform = hsm->platform;
	struct fpga_state state;
	uint64_t now;

	if (!platform->fpga)
		return CRYPTECH_ERR_OK;
	now = platform->now_ns(platform->data);
	if (now - hsm->fpga_looked_ns >= LOOK_NS) {
		hsm->fpga_looked_ns = now;
		fpga_look(platform->fpga, &state);
	}
	return platform->fpga_lost_serve ? CRYPTECH_ERR_OK :
					   fpga_error(platform->fpga);
}

void fpga_status(struct hsm *hsm, uint64_t *value)
{
	const struct platform *platform = hsm->platform;
	struct fpga_state state;

	value[CRYPTECH_STATUS_FPGA] = CRYPTECH_FPGA_NONE;
	if (!platform->fpga)
		return;
	fpga_look(platform->fpga, &state);
	value[CRYPTECH_STATUS_FPGA] = !state.error ? CRYPTECH_FPGA_WORKS :
				      platform->fpga_lost_serve ?
				      CRYPTECH_FPGA_SERVED :
				      CRYPTECH_FPGA_REFUSED;
	value[CRYPTECH_STATUS_FPGA_ERROR] = state.error;
	value[CRYPTECH_STATUS_FPGA_VERSION] = state.version;
	value[CRYPTECH_STATUS_FPGA_STATUS] = state.status;
	value[CRYPTECH_STATUS_FPGA_FRAMES] = state.frames;
	value[CRYPTECH_STATUS_FPGA_DAMAGED] = state.damaged;
}
