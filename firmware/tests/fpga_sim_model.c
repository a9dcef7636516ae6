// SPDX-License-Identifier: MIT
/* The simulated FPGA of cryptech-hsm, where a program stands for the design. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../platform/sim/files.h"
#include "../platform/sim/fpga_sim.h"
#include "fpga_model.h"

struct fpga_sim {
	struct model model;
	struct spi line;		/* the model's */
	int fd;
	struct tamper_memory saved;
};

static int transfer(void *data, const uint8_t *out, uint8_t *in, size_t len)
{
	struct fpga_sim *sim = data;
	int ret = sim->line.transfer(sim->line.data, out, in, len);

	if (memcmp(&sim->saved, &sim->model.memory, sizeof(sim->saved))) {
		sim->saved = sim->model.memory;
		if (file_write(sim->fd, &sim->saved, sizeof(sim->saved), 0))
			return -1;
	}
	return ret;
}

static void pass_time(void *data)
{
	struct fpga_sim *sim = data;

	sim->line.wait(sim->line.data);
}

struct fpga_sim *fpga_sim_open(const char *memory, bool durable,
			       struct spi *spi)
{
	struct fpga_sim *sim = calloc(1, sizeof(*sim));

	(void)durable;
	if (!sim)
		return NULL;
	sim->fd = open(memory, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (sim->fd < 0) {
		free(sim);
		return NULL;
	}
	model_init(&sim->model);
	if (read(sim->fd, &sim->saved, sizeof(sim->saved)) ==
	    sizeof(sim->saved))
		sim->model.memory = sim->saved;
	model_spi(&sim->model, &sim->line);
	*spi = (struct spi){
		.data = sim, .transfer = transfer, .wait = pass_time,
	};
	return sim;
}

void fpga_sim_close(struct fpga_sim *sim)
{
	if (!sim)
		return;
	close(sim->fd);
	free(sim);
}

void fpga_sim_reset(struct fpga_sim *sim)
{
	model_reset(&sim->model);
}

void fpga_sim_tamper(struct fpga_sim *sim)
{
	model_tamper(&sim->model);
}

void fpga_sim_still(struct fpga_sim *sim)
{
	sim->model.random_dead = true;
}
