// SPDX-License-Identifier: MIT
/*
 * Commands on slots, keys and text.
 */
#include "internal.h"

#include <string.h>

#define SLOT_WORDS	(VAULT_SLOT_WRAPPED / 4)
#define TEXT_WORDS	FPGA_TEXT_WORDS
#define BLOCKS_MAX	(VAULT_TEXT_MAX / CORE_BLOCK)

/* --- all of it -------------------------------------------------------------- */

int vault_zeroise(struct fpga *fpga)
{
	int error = fpga_begin(fpga);

	return error ? error : fpga_end(fpga, fpga_zeroise(fpga));
}

int vault_master_new(struct fpga *fpga)
{
	const struct command command = { .op = FPGA_OP_MASTER_NEW };

	return fpga_command(fpga, &command);
}

int vault_master_enter(struct fpga *fpga, const uint8_t key[32])
{
	uint32_t words[8];
	const struct command command = {
		.op = FPGA_OP_MASTER_ENTER, .text = words, .text_words = 8,
	};
	int error;

	words_of(words, key, 32);
	error = fpga_command(fpga, &command);
	core_wipe(words, sizeof(words));
	return error;
}

/* It zeroises, too: what we knew is no more. */
static int master_wipe(struct fpga *fpga)
{
	const struct command command = { .op = FPGA_OP_MASTER_WIPE };
	int error;

	fpga->wiping = true;
	error = fpga_run(fpga, &command);
	fpga->wiping = false;
	if (!error && fpga->status & FPGA_STATUS_MASTER)
		error = CRYPTECH_ERR_MASTERKEY_FAIL;
	fpga_forget(fpga, FPGA_STATUS_TAMPER);
	return error;
}

int vault_master_wipe(struct fpga *fpga)
{
	int error = fpga_begin(fpga);

	return error ? error : fpga_end(fpga, master_wipe(fpga));
}

/* --- slots ------------------------------------------------------------------ */

int vault_derive(struct fpga *fpga, unsigned int slot, enum fpga_use use,
		 uint32_t context)
{
	const struct command command = {
		.op = FPGA_OP_DERIVE, .a = slot, .b = use, .argument = context,
	};

	if (context >> 24)
		return CRYPTECH_ERR_BAD_ARGUMENTS;
	return fpga_command(fpga, &command);
}

int vault_generate(struct fpga *fpga, unsigned int slot, bool is_long)
{
	const struct command command = {
		.op = FPGA_OP_GENERATE, .a = slot,
		.argument = FPGA_USE_BLOCK << FPGA_META_USE_SHIFT |
			    (is_long ? FPGA_META_LONG : 0),
	};

	return fpga_command(fpga, &command);
}

int vault_write(struct fpga *fpga, unsigned int slot, const uint8_t value[32],
		const uint8_t id[16], uint32_t node, uint32_t meta)
{
	uint32_t words[12];
	const struct command command = {
		.op = FPGA_OP_WRITE, .a = slot, .n = node, .argument = meta,
		.text = words, .text_words = 12,
	};
	int error;

	words_of(words, value, 32);
	words_of(words + 8, id, 16);
	error = fpga_command(fpga, &command);
	core_wipe(words, sizeof(words));
	return error;
}

int vault_wipe(struct fpga *fpga, unsigned int slot)
{
	const struct command command = { .op = FPGA_OP_WIPE, .a = slot };

	return fpga_command(fpga, &command);
}

int vault_info(struct fpga *fpga, unsigned int slot, struct vault_info *info)
{
	uint32_t words[6];
	const struct command command = {
		.op = FPGA_OP_INFO, .a = slot, .gives = words, .gives_words = 6,
	};
	int error = fpga_command(fpga, &command);

	if (error)
		return error;
	put_words(info->id, words, 16);
	info->node = words[4];
	info->meta = words[5];
	return CRYPTECH_ERR_OK;
}

int vault_wrap(struct fpga *fpga, unsigned int kek, unsigned int slot,
	       uint8_t wrapped[VAULT_SLOT_WRAPPED])
{
	uint32_t words[SLOT_WORDS];
	const struct command command = {
		.op = FPGA_OP_WRAP, .a = kek, .b = slot,
		.gives = words, .gives_words = SLOT_WORDS,
	};
	int error = fpga_command(fpga, &command);

	if (!error)
		put_words(wrapped, words, VAULT_SLOT_WRAPPED);
	return error;
}

int vault_unwrap(struct fpga *fpga, unsigned int kek, unsigned int slot,
		 const uint8_t wrapped[VAULT_SLOT_WRAPPED])
{
	uint32_t words[SLOT_WORDS];
	const struct command command = {
		.op = FPGA_OP_UNWRAP, .a = kek, .b = slot,
		.text = words, .text_words = SLOT_WORDS,
	};

	words_of(words, wrapped, VAULT_SLOT_WRAPPED);
	return fpga_command(fpga, &command);
}

/* --- text of the bus ------------------------------------------------------------ */

#define INTEGRITY	0xa65959a6u	/* RFC 5649, 3: then the length */

/* Words in place, the integrity value before them. */
static int wrap_text(struct fpga *fpga, enum fpga_op op, unsigned int slot,
		     uint32_t *words, size_t semiblocks)
{
	const struct command command = {
		.op = op, .a = slot, .n = semiblocks,
		.text = words, .text_words = 2 * (semiblocks + 1),
		.gives = words, .gives_words = 2 * (semiblocks + 1),
	};

	return fpga_command(fpga, &command);
}

int vault_seal(struct fpga *fpga, unsigned int slot, const void *plain,
	       size_t len, uint8_t *wrapped)
{
	uint8_t bytes[4 * TEXT_WORDS] = { 0 };
	uint32_t words[TEXT_WORDS];
	size_t size;
	int error;

	if (len < 9 || len > VAULT_TEXT_MAX)
		return CRYPTECH_ERR_KEYWRAP_BAD_LENGTH;
	size = core_wrap_size(len);
	put_word(bytes, INTEGRITY);
	put_word(bytes + 4, len);
	memcpy(bytes + 8, plain, len);
	words_of(words, bytes, size);
	error = wrap_text(fpga, FPGA_OP_SEAL, slot, words, size / 8 - 1);
	if (!error)
		put_words(wrapped, words, size);
	core_wipe(bytes, sizeof(bytes));
	core_wipe(words, sizeof(words));
	return error;
}

/* The vault has looked at the first half of the integrity value; length and
 * padding are ours. As core_unwrap(), it does not tell what was wrong. */
static bool is_whole(const uint8_t *bytes, size_t size, size_t *len)
{
	static const uint8_t zeros[8];
	size_t room = size - 8;

	*len = word_of(bytes + 4);
	return word_of(bytes) == INTEGRITY && *len <= room &&
	       *len > room - 8 &&
	       core_equal(bytes + 8 + *len, zeros, room - *len);
}

int vault_unseal(struct fpga *fpga, unsigned int slot, const uint8_t *wrapped,
		 size_t wrapped_len, uint8_t *plain, size_t *len)
{
	uint8_t bytes[4 * TEXT_WORDS];
	uint32_t words[TEXT_WORDS];
	int error;

	*len = 0;
	if (wrapped_len < 24 || wrapped_len % 8 ||
	    wrapped_len > VAULT_TEXT_MAX + 8)
		return CRYPTECH_ERR_KEYWRAP_BAD_LENGTH;
	words_of(words, wrapped, wrapped_len);
	error = wrap_text(fpga, FPGA_OP_UNSEAL, slot, words,
			  wrapped_len / 8 - 1);
	put_words(bytes, words, wrapped_len);
	if (!error && !is_whole(bytes, wrapped_len, len))
		error = CRYPTECH_ERR_KEYWRAP_BAD_MAGIC;
	if (error)
		*len = 0;
	else
		memcpy(plain, bytes + 8, *len);
	core_wipe(bytes, sizeof(bytes));
	core_wipe(words, sizeof(words));
	return error;
}

static int some_blocks(struct fpga *fpga, unsigned int slot, bool encrypt,
		       const uint8_t *in, uint8_t *out, size_t blocks)
{
	uint32_t words[TEXT_WORDS];
	const struct command command = {
		.op = encrypt ? FPGA_OP_ENCRYPT : FPGA_OP_DECRYPT,
		.a = slot, .n = blocks,
		.text = words, .text_words = 4 * blocks,
		.gives = words, .gives_words = 4 * blocks,
	};
	int error;

	words_of(words, in, CORE_BLOCK * blocks);
	error = fpga_command(fpga, &command);
	if (!error)
		put_words(out, words, CORE_BLOCK * blocks);
	core_wipe(words, sizeof(words));
	return error;
}

int vault_block(struct fpga *fpga, unsigned int slot, bool encrypt,
		const uint8_t *in, uint8_t *out, size_t blocks)
{
	uint8_t *start = out;

	while (blocks) {
		size_t some = blocks < BLOCKS_MAX ? blocks : BLOCKS_MAX;
		int error = some_blocks(fpga, slot, encrypt, in, out, some);

		if (error) {
			core_wipe(start, out - start);
			return error;
		}
		in += CORE_BLOCK * some;
		out += CORE_BLOCK * some;
		blocks -= some;
	}
	return CRYPTECH_ERR_OK;
}
