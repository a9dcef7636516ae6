// SPDX-License-Identifier: MIT
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "common/json.h"
#include "common/policy.h"
#include "common/text.h"

static bool json;

static const struct opt opts[] = {
	OPTIONS_DEVICE,
	OPT_FLAG("json", 'j', &json, "print JSON"),
	OPT_END
};

static const struct syntax syntax = {
	.args = "",
	.about = "Tell the HSM's serial number, release, state and figures. "
		 "Needs no login.",
	.opts = opts,
};

static const struct {
	uint64_t bit;
	const char *name;
} modes[] = {
	{ CRYPTECH_MODE_FACTORY_PIN, "factory-pin" },
	{ CRYPTECH_MODE_SIMULATOR, "simulator" },
	{ CRYPTECH_MODE_LIBHAL_COMPAT, "libhal-compat" },
	{ CRYPTECH_MODE_LEGACY_EXPORT, "legacy-export" },
	{ CRYPTECH_MODE_STALE, "stale" },
};

#define MODES (sizeof(modes) / sizeof(modes[0]))

static const char *const freshness[] = {
	[CRYPTECH_FRESH_NONE] = "none",
	[CRYPTECH_FRESH_FILE] = "file",
	[CRYPTECH_FRESH_TPM] = "tpm",
	[CRYPTECH_FRESH_BATTERY] = "battery",
};

static const char *const fpga[] = {
	[CRYPTECH_FPGA_NONE] = "none",
	[CRYPTECH_FPGA_WORKS] = "works",
	[CRYPTECH_FPGA_REFUSED] = "refused",
	[CRYPTECH_FPGA_SERVED] = "served",
};

static const char *const durability[] = { "process", "storage" };

/* A figure whose value is one of a few words; NULL: it is a number. */
static const char *word(const struct cryptech_figure *figure)
{
	if (figure->tag == CRYPTECH_STATUS_FRESHNESS)
		return figure->value < 4 ? freshness[figure->value] : "?";
	if (figure->tag == CRYPTECH_STATUS_DURABILITY)
		return figure->value < 2 ? durability[figure->value] : "?";
	if (figure->tag == CRYPTECH_STATUS_FPGA)
		return figure->value < 4 ? fpga[figure->value] : "?";
	return NULL;
}

/* FLASH_SIZE -> flash_size (json) or flash-size */
static void lower(const char *name, char *out, size_t size, char space)
{
	size_t i;

	for (i = 0; name[i] && i < size - 1; i++)
		out[i] = name[i] == '_' ? space : tolower(name[i]);
	out[i] = 0;
}

static void print_json(const struct cryptech_info *info,
		       const struct cryptech_status *status)
{
	uint64_t mode = cryptech_figure(status, CRYPTECH_STATUS_MODE, 0);
	const char *name, *unit, *text;
	char serial[33], key[40];
	uint32_t i;

	json_open(NULL, '{');
	json_number("device", info->index);
	json_text("serial", text_hex(info->serial, 16, serial));
	json_text("release", status->release);
	json_number("incarnation", info->incarnation);
	json_text("kernel_login", cryptech_user_name(info->kernel_user));
	json_open("mode", '[');
	for (i = 0; i < MODES; i++)
		if (mode & modes[i].bit)
			json_text(NULL, modes[i].name);
	json_close(']');
	for (i = 0; i < status->count; i++) {
		const struct cryptech_figure *f = &status->figures[i];

		if (f->tag == CRYPTECH_STATUS_MODE ||
		    !cryptech_status_text(f->tag, &name, &unit, &text))
			continue;
		lower(name, key, sizeof(key), '_');
		if (f->tag == CRYPTECH_STATUS_POLICY)
			policy_json(key, f->value);
		else if (word(f))
			json_text(key, word(f));
		else
			json_number(key, f->value);
	}
	json_close('}');
}

static void print_mode(uint64_t mode)
{
	bool some = false;
	uint32_t i;

	printf("%-20s", "mode");
	for (i = 0; i < MODES; i++) {
		if (!(mode & modes[i].bit))
			continue;
		printf(" %s", modes[i].name);
		some = true;
	}
	printf("%s\n", some ? "" : " normal");
}

static void print_text(const struct cryptech_info *info,
		       const struct cryptech_status *status)
{
	uint64_t mode = cryptech_figure(status, CRYPTECH_STATUS_MODE, 0);
	const char *name, *unit, *text;
	char serial[33], key[40];
	uint32_t i;

	printf("%-20s /dev/cryptech%u\n", "device", info->index);
	printf("%-20s %s\n", "serial", text_hex(info->serial, 16, serial));
	printf("%-20s %s\n", "release", status->release);
	printf("%-20s %llu\n", "incarnation",
	       (unsigned long long)info->incarnation);
	printf("%-20s %s\n", "kernel-login", info->kernel_user ?
	       cryptech_user_name(info->kernel_user) : "no");
	print_mode(mode);
	for (i = 0; i < status->count; i++) {
		const struct cryptech_figure *f = &status->figures[i];

		if (f->tag == CRYPTECH_STATUS_MODE ||
		    !cryptech_status_text(f->tag, &name, &unit, &text))
			continue;
		lower(name, key, sizeof(key), '-');
		if (f->tag == CRYPTECH_STATUS_POLICY)
			policy_print(20, f->value);
		else if (word(f))
			printf("%-20s %s\n", key, word(f));
		else
			printf("%-20s %llu%s%s\n", key,
			       (unsigned long long)f->value,
			       strcmp(unit, "count") ? " " : "",
			       strcmp(unit, "count") ? unit : "");
	}
	if (mode & CRYPTECH_MODE_FACTORY_PIN)
		printf("\nThis HSM is new: run `cryptech init`.\n");
	if (mode & CRYPTECH_MODE_STALE)
		printf("\nThe flash is not the newest there was: hash signature "
		       "keys wait for\n`cryptech accept`, see its --help.\n");
}

int cmd_status(int argc, char **argv)
{
	struct cryptech_status status;
	struct cryptech_info info;
	struct cryptech *hsm;
	int ret;

	options_parse(&syntax, &argc, &argv);
	hsm = session_open(true);
	ret = cryptech_get_info(hsm, &info);
	if (!ret)
		ret = cryptech_get_status(hsm, &status);
	if (ret)
		fail_call(hsm, ret, "cannot ask for the status");
	if (json)
		print_json(&info, &status);
	else
		print_text(&info, &status);
	cryptech_close(hsm);
	return EXIT_OK;
}
