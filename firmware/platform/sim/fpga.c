// SPDX-License-Identifier: MIT
#include "fpga.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "files.h"
#include "log.h"

static void log_line(void *data, const char *line)
{
	(void)data;
	sim_log("%s", line);
}

/* --- the master key, sealed ------------------------------------------------------ */

enum kept { KEPT_NOTHING, KEPT_PLAIN, KEPT_SEALED };

static enum kept what_is_kept(const struct state *state)
{
	uint8_t data[FPGA_SEALED_SIZE];
	ssize_t len = file_read(state->mkm, data, sizeof(data));
	enum kept kept = len <= 0 ? KEPT_NOTHING :
			 fpga_master_is_sealed(data, len) ? KEPT_SEALED :
			 KEPT_PLAIN;

	explicit_bzero(data, sizeof(data));
	return kept;
}

static int sealed_read(void *data, uint8_t key[MASTER_KEY_SIZE])
{
	struct state *state = data;
	uint8_t sealed[FPGA_SEALED_SIZE];
	int error;

	if (file_read(state->mkm, sealed, sizeof(sealed)) != sizeof(sealed))
		return -1;
	error = fpga_master_unseal(state->platform.fpga, sealed, key);
	if (!error)
		return 0;
	sim_log("%s does not open with this FPGA and its tamper memory (error "
		"%d)", state->mkm, error);
	explicit_bzero(key, MASTER_KEY_SIZE);
	return -1;
}

static int sealed_write(void *data, const uint8_t key[MASTER_KEY_SIZE])
{
	struct state *state = data;
	uint8_t sealed[FPGA_SEALED_SIZE];
	int error = fpga_master_seal(state->platform.fpga, key, sealed);

	if (error) {
		sim_log("the FPGA cannot seal the master key (error %d)", error);
		return -1;
	}
	if (!file_replace(state->mkm, sealed, sizeof(sealed), true))
		return 0;
	sim_log_errno("cannot write %s", state->mkm);
	return -1;
}

/* --- the vault's own master key --------------------------------------------------- */

static int enter(struct fpga *fpga, const char *path)
{
	uint8_t key[MASTER_KEY_SIZE];
	int ret = -1;

	if (file_read(path, key, sizeof(key)) != sizeof(key)) {
		sim_log("%s is not a master key for the FPGA, a file of %d "
			"bytes", path, MASTER_KEY_SIZE);
	} else {
		ret = vault_master_enter(fpga, key);
		if (ret)
			sim_log("the FPGA does not take its master key (error "
				"%d)", ret);
		else
			sim_log("the FPGA has the master key of %s; destroy "
				"that file", path);
	}
	explicit_bzero(key, sizeof(key));
	return ret ? -1 : 0;
}

static int draw(struct fpga *fpga)
{
	int error = vault_master_new(fpga);

	if (!error) {
		sim_log("the FPGA has drawn its master key, which never leaves "
			"it");
		return 0;
	}
	sim_log("the FPGA cannot draw its master key (error %d): has it a "
		"tamper memory?", error);
	return -1;
}

static int give_master(const struct fpga_port *port,
		       const struct options *options, enum kept kept)
{
	struct fpga_state now;

	fpga_look(port->fpga, &now);
	if (now.status & FPGA_STATUS_TAMPER)
		sim_log("the FPGA was tampered with since it has power");
	if (now.status & FPGA_STATUS_MASTER) {
		if (!options->fpga_enter)
			return 0;
		sim_log("the FPGA has a master key already: --fpga-enter is "
			"for one whose tamper memory is empty");
		return -1;
	}
	if (options->fpga_enter)
		return enter(port->fpga, options->fpga_enter);
	if (kept != KEPT_SEALED)
		return draw(port->fpga);
	sim_log("this HSM's master key is sealed by an FPGA, and the tamper "
		"memory of this one is empty: attach the right one, or give "
		"it that one's key with --fpga-enter");
	return -1;
}

/* --- the line ------------------------------------------------------------------- */

static int open_line(struct fpga_port *port, const struct options *options,
		     struct spi *spi)
{
	static const char spidev[] = "spidev:";
	char *memory;

	if (!strncmp(options->fpga, spidev, strlen(spidev))) {
		port->spidev = fpga_spidev_open(options->fpga + strlen(spidev),
						spi);
		return port->spidev < 0 ? -1 : 0;
	}
	memory = path_join(options->state, "tamper-memory");
	if (memory)
		port->sim = fpga_sim_open(memory, options->durable,
					  spi);
	if (!port->sim && errno == ENOSYS)
		sim_log("this program was built without Verilator, and so "
			"without the FPGA's simulation");
	else if (!port->sim)
		sim_log_errno("cannot use %s", memory ? memory : "memory");
	free(memory);
	return port->sim ? 0 : -1;
}

/* In place of a line that cannot be opened, where software serves: what is lost
 * is lost in status, too. */
static int no_transfer(void *data, const uint8_t *out, uint8_t *in, size_t len)
{
	(void)data;
	(void)out;
	memset(in, 0, len);
	return -1;
}

static void no_wait(void *data)
{
	(void)data;
}

static const struct spi no_line = {
	.transfer = no_transfer, .wait = no_wait,
};

/* 0: it works; 1: it does not, and software serves. */
static int find(struct fpga_port *port, const struct options *options,
		enum kept kept)
{
	struct spi spi;
	int error;

	if (open_line(port, options, &spi)) {
		if (!options->fpga_lost_serve)
			return -1;
		spi = no_line;
	}
	error = fpga_open(&port->fpga, &spi, log_line, NULL);
	if (!error)
		return 0;
	if (!port->fpga)
		return -1;
	sim_log("the FPGA cannot be used (error %d)", error);
	if (!options->fpga_lost_serve)
		return -1;
	if (kept == KEPT_SEALED) {
		sim_log("this HSM's master key is sealed by the FPGA: software "
			"cannot serve without it");
		return -1;
	}
	sim_log("software serves without it");
	return 1;
}

/* A master key that stands in the open is not one that an FPGA guards. */
static int check_kept(const struct state *state,
		      const struct options *options, enum kept kept)
{
	if (!options->fpga && kept == KEPT_SEALED) {
		sim_log("the master key %s is sealed by an FPGA: start with "
			"--fpga", state->mkm);
		return -1;
	}
	if (options->fpga && kept == KEPT_PLAIN && !options->fpga_lost_serve) {
		sim_log("the master key %s was made without an FPGA and stands "
			"in the open. Make shares of it, begin with an empty "
			"state folder and --fpga, and give it the shares; or "
			"use --fpga-lost serve", state->mkm);
		return -1;
	}
	return 0;
}

/* Two good sources are none the worse for each other; one is enough, if it is
 * allowed to be. */
static int mix(void *arg, uint8_t *data, size_t len)
{
	const struct state *state = arg;
	int error = fpga_mix(state->platform.fpga, data, len);

	return state->platform.fpga_lost_serve ? CRYPTECH_ERR_OK : error;
}

int fpga_port_open(struct fpga_port *port, const struct options *options,
		   struct state *state)
{
	enum kept kept = what_is_kept(state);
	int found;

	*port = (struct fpga_port){ .spidev = -1 };
	if (check_kept(state, options, kept))
		return -1;
	if (!options->fpga)
		return 0;
	found = find(port, options, kept);
	if (found < 0 || (!found && give_master(port, options, kept))) {
		fpga_port_close(port);
		return -1;
	}
	state->platform.fpga = port->fpga;
	state->platform.fpga_lost_serve = options->fpga_lost_serve;
	if (kept == KEPT_SEALED ||
	    (kept == KEPT_NOTHING && !options->fpga_lost_serve)) {
		state->platform.mkm_read = sealed_read;
		state->platform.mkm_write = sealed_write;
	}
	core_random_mix(mix, state);
	return 0;
}

void fpga_port_close(struct fpga_port *port)
{
	core_random_mix(NULL, NULL);
	fpga_close(port->fpga);
	fpga_sim_close(port->sim);
	fpga_spidev_close(port->spidev);
	*port = (struct fpga_port){ .spidev = -1 };
}
