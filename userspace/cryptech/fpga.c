// SPDX-License-Identifier: MIT
/* The FPGA behind an HSM, as its figures tell it. */
#include <stdio.h>

#include "../../firmware/cores/fpga/registers.h"
#include "commands.h"
#include "common/json.h"

static bool json;

static const struct opt opts[] = {
	OPTIONS_DEVICE,
	OPT_FLAG("json", 'j', &json, "print JSON"),
	OPT_END
};

static const struct syntax syntax = {
	.args = "",
	.about = "Tell how the FPGA that keeps the HSM's keys is. Needs no "
		 "login.",
	.opts = opts,
};

static const struct {
	const char *name, *text;
} states[] = {
	[CRYPTECH_FPGA_NONE] = { "none", "this HSM has none" },
	[CRYPTECH_FPGA_WORKS] = { "works", "works" },
	[CRYPTECH_FPGA_REFUSED] = { "refused",
				    "lost: the HSM refuses to work" },
	[CRYPTECH_FPGA_SERVED] = { "served", "lost: software goes on" },
};

#define STATES	(sizeof(states) / sizeof(states[0]))

static const struct {
	uint32_t bit;
	const char *name, *text;
} bits[] = {
	{ FPGA_STATUS_MEMORY, "memory", "there is a tamper memory" },
	{ FPGA_STATUS_MASTER, "master", "it has a master key" },
	{ FPGA_STATUS_ENTERED, "entered",
	  "which was entered, not drawn in the FPGA" },
	{ FPGA_STATUS_GUARD, "guard",
	  "hash signature keys in the vault can sign" },
	{ FPGA_STATUS_TAMPER, "tamper",
	  "IT WAS TAMPERED WITH since it has power" },
	{ FPGA_STATUS_FAILED, "failed",
	  "A HEALTH TEST of its random generator FAILED" },
};

#define BITS	(sizeof(bits) / sizeof(bits[0]))

static uint64_t figure(const struct cryptech_status *status, uint32_t tag)
{
	return cryptech_figure(status, tag, 0);
}

static void print_json(const struct cryptech_status *status, uint64_t state,
		       uint64_t set)
{
	json_open(NULL, '{');
	json_text("state", states[state].name);
	json_number("error", figure(status, CRYPTECH_STATUS_FPGA_ERROR));
	json_number("version", figure(status, CRYPTECH_STATUS_FPGA_VERSION));
	json_open("status", '[');
	for (size_t i = 0; i < BITS; i++)
		if (set & bits[i].bit)
			json_text(NULL, bits[i].name);
	json_close(']');
	json_number("frames", figure(status, CRYPTECH_STATUS_FPGA_FRAMES));
	json_number("damaged", figure(status, CRYPTECH_STATUS_FPGA_DAMAGED));
	json_close('}');
}

static void print_text(const struct cryptech_status *status, uint64_t state,
		       uint64_t set)
{
	unsigned long long error = figure(status, CRYPTECH_STATUS_FPGA_ERROR);

	printf("%-10s %s\n", "FPGA", states[state].text);
	if (state == CRYPTECH_FPGA_NONE)
		return;
	if (error)
		printf("%-10s %llu (%s)\n", "error", error,
		       cryptech_strerror(error));
	printf("%-10s %llu\n", "version", (unsigned long long)
	       figure(status, CRYPTECH_STATUS_FPGA_VERSION));
	for (size_t i = 0; i < BITS; i++)
		if (set & bits[i].bit)
			printf("%-10s %s\n", "status", bits[i].text);
	printf("%-10s %llu frames, %llu of them damaged\n", "line",
	       (unsigned long long)figure(status, CRYPTECH_STATUS_FPGA_FRAMES),
	       (unsigned long long)
	       figure(status, CRYPTECH_STATUS_FPGA_DAMAGED));
}

int cmd_fpga(int argc, char **argv)
{
	struct cryptech_status status;
	struct cryptech *hsm;
	uint64_t state, set;
	int ret;

	options_parse(&syntax, &argc, &argv);
	hsm = session_open(true);
	ret = cryptech_get_status(hsm, &status);
	if (ret)
		fail_call(hsm, ret, "cannot ask for the status");
	state = figure(&status, CRYPTECH_STATUS_FPGA);
	set = figure(&status, CRYPTECH_STATUS_FPGA_STATUS);
	if (state >= STATES)
		fail(EXIT_FAILED, "the HSM tells a state of its FPGA that this "
		     "program does not know: %llu", (unsigned long long)state);
	(json ? print_json : print_text)(&status, state, set);
	cryptech_close(hsm);
	return EXIT_OK;
}
