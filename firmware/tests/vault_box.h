/* SPDX-License-Identifier: MIT */
/*
 * An HSM in a box with an FPGA beside it, whose power fails with its own, at a
 * write to flash or at a command.
 */
#ifndef TESTS_VAULT_BOX_H
#define TESTS_VAULT_BOX_H

#include "../cores/fpga/fpga.h"
#include "fpga_board.h"
#include "hashsig_box.h"

#define VAULT	CRYPTECH_KEY_FLAG_VAULT
#define DECRYPTS CRYPTECH_KEY_FLAG_DATAENCIPHERMENT

static struct spi board_spi;	/* of the board itself */

/* What is done to its line. */
static struct {
	uint64_t commands;	/* that were begun, since the box was fresh */
	uint64_t cut;		/* the power fails at this one; 0: never */
	bool cut_after;		/* when it has run */
	bool dead;		/* the line is cut */
} line;

static inline bool is_command(const uint8_t *out)
{
	return (out[0] & 0xc0) == 0x80 &&
	       (out[1] << 8 | out[2]) == FPGA_REG_COMMAND && out[3];
}

static inline int line_transfer(void *data, const uint8_t *out, uint8_t *in,
				size_t len)
{
	bool cut = is_command(out) && ++line.commands == line.cut;
	int ret;

	(void)data;
	if (line.dead || hsm_flash_nor()->off)
		return -1;
	if (cut && !line.cut_after) {
		hsm_flash_nor()->off = true;
		return -1;
	}
	ret = board_spi.transfer(board_spi.data, out, in, len);
	if (!cut)
		return ret;
	/* It runs to its end, and nobody hears of it. */
	for (int i = 0; i < 2000; i++)
		board_spi.wait(board_spi.data);
	hsm_flash_nor()->off = true;
	return -1;
}

static inline void line_wait(void *data)
{
	(void)data;
	board_spi.wait(board_spi.data);
}

/* Power comes to the FPGA, and somebody looks whether it is there. */
static inline bool vault_open(void)
{
	const struct spi spi = {
		.transfer = line_transfer, .wait = line_wait,
	};

	fpga_close(box.platform.fpga);
	box.platform.fpga = NULL;
	return !fpga_open(&box.platform.fpga, &spi, NULL, NULL);
}

static inline bool vault_users(void)
{
	return !box_login(&box, ME, CRYPTECH_USER_NORMAL) &&
	       !box_login(&box, OTHER, CRYPTECH_USER_NORMAL);
}

/* A fresh HSM with a fresh FPGA that has drawn its master key. */
static inline bool vault_fresh(unsigned int threads, uint32_t flash)
{
	struct fpga *before = box.platform.fpga;

	box_stop(&box);
	plain_ledger_free(&ledger);
	box_init(&box, hsm_flash_blank_of(flash));
	box.platform.fpga = before;
	memset(&line, 0, sizeof(line));
	board_new(&board_spi);
	box_set_threads(threads);
	box_set_anchor();
	return vault_open() && !vault_master_new(box.platform.fpga) &&
	       box_start(&box) && box_init_pins(&box) && vault_users();
}

/* The power fails, if it did not already, and comes again. */
static inline bool vault_power(void)
{
	struct fpga *before = box.platform.fpga;

	hsm_flash_nor()->off = true;
	box_stop(&box);
	nor_boot(hsm_flash_nor(), 1);
	line.cut = 0;
	fpga_close(before);
	box.platform.fpga = NULL;
	board_reset(NULL);
	return vault_open() && box_start(&box) && vault_users();
}

static inline void vault_over(void)
{
	box_stop(&box);
	fpga_close(box.platform.fpga);
	box.platform.fpga = NULL;
	box_set_threads(0);
	plain_ledger_free(&ledger);
	board_done();
}

static inline int vault_generate_hss(const uint8_t *uuid, uint32_t lms,
				     uint32_t lmots)
{
	return generate_as(ME, uuid, UUID_SIZE, FLAGS | VAULT, "in the vault",
			   CRYPTECH_HASHSIG_PUNCTURED, 1,
			   SETS(1, { lms, lmots }));
}

static inline bool vault_make_hss(const uint8_t *uuid, uint32_t lms,
				  uint32_t lmots)
{
	return !vault_generate_hss(uuid, lms, lmots) &&
	       job_wait(ME, uuid) == CRYPTECH_JOB_DONE;
}

static inline int vault_make_aes(const uint8_t *uuid, uint32_t type,
				 uint32_t flags)
{
	return ask(&box, ME, CRYPTECH_RPC_KEY_GENERATE, "ouus", uuid,
		   (size_t)UUID_SIZE, type, DECRYPTS | VAULT | flags, "");
}

#endif /* TESTS_VAULT_BOX_H */
