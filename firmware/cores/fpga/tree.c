// SPDX-License-Identifier: MIT
/*
 * Commands on trees and the guard's table.
 */
#include "internal.h"

#include <string.h>

#define TABLE_WORDS	(VAULT_TABLE_WRAPPED / 4)
#define LEVELS_MAX	25
#define RING		FPGA_TEXT_WORDS

static bool is_n(size_t n)
{
	return n == 24 || n == 32;
}

/* Sides of @depth steps, the first in bit 25. */
static bool put_path(struct command *command, unsigned int depth,
		     uint32_t path)
{
	if (depth > LEVELS_MAX || path >> depth)
		return false;
	command->n = depth;
	command->argument = path << (LEVELS_MAX + 1 - depth);
	return true;
}

/* --- nodes -------------------------------------------------------------------- */

int vault_child(struct fpga *fpga, unsigned int from, unsigned int to,
		unsigned int depth, uint32_t path)
{
	struct command command = { .op = FPGA_OP_CHILD, .a = from, .b = to };

	if (!put_path(&command, depth, path))
		return CRYPTECH_ERR_BAD_ARGUMENTS;
	return fpga_command(fpga, &command);
}

/* A command whose text is one value of n bytes. */
static int give_value(struct fpga *fpga, struct command command,
		      uint8_t *value, size_t n)
{
	uint32_t words[8];
	int error;

	command.gives = words;
	command.gives_words = n / 4;
	error = fpga_run(fpga, &command);
	if (!error)
		put_words(value, words, n);
	core_wipe(words, sizeof(words));
	return error;
}

int vault_leaf(struct fpga *fpga, unsigned int slot, unsigned int depth,
	       uint32_t path, uint8_t *value, size_t n)
{
	struct command command = { .op = FPGA_OP_LEAF, .a = slot };
	int error;

	if (!is_n(n) || !put_path(&command, depth, path))
		return CRYPTECH_ERR_BAD_ARGUMENTS;
	error = fpga_begin(fpga);
	return error ? error :
	       fpga_end(fpga, give_value(fpga, command, value, n));
}

int fpga_node(struct fpga *fpga, unsigned int slot, uint32_t node,
	      const uint8_t *below, uint8_t *value, size_t n)
{
	uint32_t words[FPGA_BELOW_WORDS];
	const struct command command = {
		.op = FPGA_OP_NODE, .a = slot, .argument = node,
		.other = words, .other_at = FPGA_REG_BELOW,
		.other_words = 2 * n / 4,
	};

	words_of(words, below, 2 * n);
	return give_value(fpga, command, value, n);
}

int vault_node(struct fpga *fpga, unsigned int slot, uint32_t node,
	       const uint8_t *below, uint8_t *value, size_t n)
{
	int error;

	if (!is_n(n))
		return CRYPTECH_ERR_BAD_ARGUMENTS;
	error = fpga_begin(fpga);
	return error ? error :
	       fpga_end(fpga, fpga_node(fpga, slot, node, below, value, n));
}

/* --- the guard's table -------------------------------------------------------- */

int vault_table_new(struct fpga *fpga)
{
	const struct command command = { .op = FPGA_OP_TABLE_NEW };

	return fpga_command(fpga, &command);
}

int vault_table_load(struct fpga *fpga, unsigned int kek,
		     const uint8_t table[VAULT_TABLE_WRAPPED])
{
	uint32_t words[TABLE_WORDS];
	const struct command command = {
		.op = FPGA_OP_TABLE_LOAD, .a = kek,
		.text = words, .text_words = TABLE_WORDS,
	};

	words_of(words, table, VAULT_TABLE_WRAPPED);
	return fpga_command(fpga, &command);
}

int vault_entry_new(struct fpga *fpga, unsigned int slot, unsigned int entry,
		    uint32_t meta)
{
	const struct command command = {
		.op = FPGA_OP_ENTRY_NEW, .a = slot, .b = entry,
		.argument = FPGA_USE_SEED << FPGA_META_USE_SHIFT | meta,
	};

	return fpga_command(fpga, &command);
}

int vault_entry_free(struct fpga *fpga, unsigned int entry)
{
	const struct command command = {
		.op = FPGA_OP_ENTRY_FREE, .b = entry,
	};

	return fpga_command(fpga, &command);
}

int vault_entry_info(struct fpga *fpga, unsigned int entry,
		     struct vault_entry *info)
{
	uint32_t words[8];
	const struct command command = {
		.op = FPGA_OP_ENTRY_INFO, .b = entry,
		.gives = words, .gives_words = 8,
	};
	int error = fpga_command(fpga, &command);

	if (error)
		return error;
	put_words(info->id, words, 16);
	info->meta = words[4];
	info->floor = words[5];
	info->end = words[6];
	return CRYPTECH_ERR_OK;
}

int vault_prepare(struct fpga *fpga, unsigned int kek, unsigned int entry,
		  uint32_t *q, uint8_t table[VAULT_TABLE_WRAPPED])
{
	uint32_t words[TABLE_WORDS];
	const struct command command = {
		.op = FPGA_OP_PREPARE, .a = kek, .b = entry, .n = q ? 1 : 0,
		.gives = words, .gives_words = TABLE_WORDS,
	};
	int error = fpga_begin(fpga);

	if (error)
		return error;
	error = fpga_run(fpga, &command);
	if (!error && q)
		*q = fpga->result >> FPGA_RESULT_NODE_SHIFT;
	if (!error)
		put_words(table, words, VAULT_TABLE_WRAPPED);
	return fpga_end(fpga, error);
}

int vault_commit(struct fpga *fpga)
{
	const struct command command = { .op = FPGA_OP_COMMIT };

	return fpga_command(fpga, &command);
}

int vault_begin(struct fpga *fpga, unsigned int slot, uint8_t *c, size_t n)
{
	const struct command command = { .op = FPGA_OP_BEGIN, .a = slot };
	int error;

	if (!is_n(n))
		return CRYPTECH_ERR_BAD_ARGUMENTS;
	error = fpga_begin(fpga);
	return error ? error :
	       fpga_end(fpga, give_value(fpga, command, c, n));
}

/* --- signing --------------------------------------------------------------------- */

/* Where the words of a signature go: y, then the leaf. */
struct stream {
	uint8_t *y, *leaf;
	size_t y_words, words;
	size_t taken;
};

static void put_one(struct stream *stream, uint32_t word)
{
	size_t at = stream->taken++;

	if (at < stream->y_words)
		put_word(stream->y + 4 * at, word);
	else
		put_word(stream->leaf + 4 * (at - stream->y_words), word);
}

/* @n words that stand in the ring; then the ring is told. TAKEN is a position:
 * it may come twice. */
static int take(struct fpga *fpga, struct stream *stream, size_t n)
{
	uint32_t words[BUS_WORDS_MAX], position;
	int error = CRYPTECH_ERR_OK;

	while (n && !error) {
		size_t at = stream->taken % RING, some = RING - at;

		if (some > n)
			some = n;
		if (some > BUS_WORDS_MAX)
			some = BUS_WORDS_MAX;
		error = bus_read(fpga, FPGA_REG_TEXT + at, words, some);
		for (size_t i = 0; i < some && !error; i++)
			put_one(stream, words[i]);
		n -= some;
	}
	core_wipe(words, sizeof(words));
	if (error)
		return error;
	position = stream->taken % RING;
	return bus_write(fpga, FPGA_REG_TAKEN, &position, 1);
}

static size_t ready(const struct fpga *fpga, const struct stream *stream)
{
	size_t made = (fpga->status & FPGA_STATUS_WORDS) >>
		      FPGA_STATUS_WORDS_SHIFT;

	return (made - stream->taken) % RING;
}

/* Until the command ends; more words than there can be are a lie. */
static int take_all(struct fpga *fpga, struct stream *stream)
{
	const unsigned int patience = fpga_cycles(FPGA_OP_SIGN) /
				      BUS_POLL_CYCLES;
	unsigned int polls = patience;

	for (;;) {
		int error = fpga_poll(fpga);
		bool over = !error && !(fpga->status & FPGA_STATUS_BUSY);
		size_t n = ready(fpga, stream);

		if (error)
			return error;
		if (over)
			error = fpga_outcome(fpga);
		if (error)
			return error;
		if (n > stream->words - stream->taken || !polls--)
			return bus_give_up(fpga, CRYPTECH_ERR_IO_UNEXPECTED,
					   "a signature did not come as it should");
		if (n) {
			error = take(fpga, stream, n);
			if (error)
				return error;
			polls = patience;
		}
		if (over)
			break;
		if (!n)
			fpga->spi.wait(fpga->spi.data);
	}
	if (stream->taken != stream->words)
		return bus_give_up(fpga, CRYPTECH_ERR_IO_UNEXPECTED,
				   "a signature came in part");
	return fpga_poll(fpga);		/* what a reset emptied read as zeros */
}

static int sign(struct fpga *fpga, unsigned int slot, const uint8_t *digest,
		size_t n, struct stream *stream)
{
	uint32_t words[FPGA_DIGEST_WORDS];
	const struct command command = {
		.op = FPGA_OP_SIGN, .a = slot, .other = words,
		.other_at = FPGA_REG_DIGEST, .other_words = n / 4,
	};
	const struct command wipe = { .op = FPGA_OP_WIPE, .a = slot };
	const uint32_t stop = FPGA_CONTROL_ABORT;
	int error;

	words_of(words, digest, n);
	error = fpga_start(fpga, &command);
	if (!error)
		error = take_all(fpga, stream);
	if (!error)
		return error;
	/* Nothing of it may be left, though it was refused. */
	if (!fpga->error && !bus_write(fpga, FPGA_REG_CONTROL, &stop, 1))
		fpga_run(fpga, &wipe);
	return error;
}

int vault_sign(struct fpga *fpga, unsigned int slot, const uint8_t *digest,
	       size_t n, uint8_t *y, size_t y_len, uint8_t *leaf)
{
	struct stream stream = {
		.y = y, .leaf = leaf, .y_words = y_len / 4,
		.words = (y_len + n) / 4,
	};
	int error;

	if (!is_n(n) || !y_len || y_len % n)
		return CRYPTECH_ERR_BAD_ARGUMENTS;
	error = fpga_begin(fpga);
	if (error)
		return error;
	error = fpga_end(fpga, sign(fpga, slot, digest, n, &stream));
	if (error) {
		core_wipe(y, y_len);
		core_wipe(leaf, n);
	}
	return error;
}
