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

/* The power fails at a command: it was not begun, is in its midst, is done. */
enum command_cut { COMMAND_NOT_DONE, COMMAND_TORN, COMMAND_DONE };

/* What is done to its line. */
static struct {
	uint64_t commands;	/* that were begun, since the box was fresh */
	uint8_t ops[1024];	/* the first of them, what they are */
	uint64_t cut;		/* the power fails at this one; 0: never */
	enum command_cut how;
	unsigned long cycles;	/* that a torn one runs */
	uint8_t poll[16];	/* a frame that reads STATUS */
	bool dead;		/* the line is cut */
} line;

/* The operation that a frame begins (ARGUMENT and COMMAND); 0: none. */
static inline unsigned int op_of(const uint8_t *out)
{
	return out[0] == 0x81 && (out[1] << 8 | out[2]) == FPGA_REG_ARGUMENT ?
	       out[7] : 0;
}

static inline void note_poll(const uint8_t *out, size_t len)
{
	if (out[0] == 0x01 && (out[1] << 8 | out[2]) == FPGA_REG_STATUS &&
	    len == sizeof(line.poll))
		memcpy(line.poll, out, len);
}

/* To its end, of which nobody hears; SIGN waits for who takes its words. */
static inline void run_command(void)
{
	uint8_t in[sizeof(line.poll)];
	unsigned int polls = 500;
	uint32_t status;

	do {
		board_spi.transfer(board_spi.data, line.poll, in, sizeof(in));
		status = (uint32_t)in[6] << 24 | in[7] << 16 | in[8] << 8 |
			 in[9];
	} while (status & FPGA_STATUS_BUSY && --polls);
}

static inline int cut_command(const uint8_t *out, uint8_t *in, size_t len)
{
	if (line.how != COMMAND_NOT_DONE)
		board_spi.transfer(board_spi.data, out, in, len);
	if (line.how == COMMAND_TORN)
		board_run(line.cycles);
	else if (line.how == COMMAND_DONE)
		run_command();
	hsm_flash_nor()->off = true;
	return -1;
}

static inline int line_transfer(void *data, const uint8_t *out, uint8_t *in,
				size_t len)
{
	unsigned int op = op_of(out);

	(void)data;
	if (line.dead || hsm_flash_nor()->off)
		return -1;
	note_poll(out, len);
	if (op && line.commands < sizeof(line.ops))
		line.ops[line.commands] = op;
	if (op && ++line.commands == line.cut)
		return cut_command(out, in, len);
	return board_spi.transfer(board_spi.data, out, in, len);
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
