// SPDX-License-Identifier: MIT
/*
 * Known answers, through a slot that is CLEAR: what the cores compute is right,
 * or the FPGA is not used.
 *
 *	AES-256, AES-128	FIPS 197, C.3 and C.1
 *	key wrap		RFC 3394, 4.6
 *	SHA-256			an inner node (RFC 8554, 5.3), by core_sha256()
 */
#include "internal.h"

#include <string.h>

#define SLOT	0u	/* of a vault that was zeroised, and is wiped again */

static const uint32_t plain[4] = {
	0x00112233, 0x44556677, 0x8899aabb, 0xccddeeff,
};
static const uint32_t aes_128[4] = {
	0x69c4e0d8, 0x6a7b0430, 0xd8cdb780, 0x70b4c55a,
};
static const uint32_t aes_256[4] = {
	0x8ea2b7ca, 0x516745bf, 0xeafc4990, 0x4b496089,
};
static const uint32_t unwrapped[10] = {
	0xa6a6a6a6, 0xa6a6a6a6,
	0x00112233, 0x44556677, 0x8899aabb, 0xccddeeff,
	0x00010203, 0x04050607, 0x08090a0b, 0x0c0d0e0f,
};
static const uint32_t wrapped[10] = {
	0x28c9f404, 0xc4b810f4, 0xcbccb35c, 0xfb87f826, 0x3f5786e2,
	0xd80ed326, 0xcbc7f0e7, 0x1a99f43b, 0xfb988b9b, 0x7a02dd21,
};

/* The key 00 01 02 to 1f, and an id. */
static int write_slot(struct fpga *fpga, uint32_t meta)
{
	uint32_t words[12];
	const struct command command = {
		.op = FPGA_OP_WRITE, .a = SLOT, .argument = meta,
		.text = words, .text_words = 12,
	};

	for (uint32_t i = 0; i < 12; i++)
		words[i] = 0x00010203 + 0x04040404 * i;
	return fpga_run(fpga, &command);
}

/* @gives of @words is what the command makes of @takes. */
static int expect(struct fpga *fpga, enum fpga_op op, unsigned int n,
		  const uint32_t *takes, const uint32_t *gives,
		  unsigned int words)
{
	uint32_t got[FPGA_TEXT_WORDS] = { 0 };
	const struct command command = {
		.op = op, .a = SLOT, .n = n, .text = takes,
		.text_words = words, .gives = got, .gives_words = words,
	};
	int error = fpga_run(fpga, &command);

	if (!error && memcmp(got, gives, 4 * words))
		error = CRYPTECH_ERR_ASSERTION_FAILED;
	return error;
}

static int check_aes(struct fpga *fpga, uint32_t meta, const uint32_t *cipher)
{
	int error = write_slot(fpga, FPGA_USE_BLOCK | meta);

	if (!error)
		error = expect(fpga, FPGA_OP_ENCRYPT, 1, plain, cipher, 4);
	return error ? error :
	       expect(fpga, FPGA_OP_DECRYPT, 1, cipher, plain, 4);
}

static int check_wrap(struct fpga *fpga)
{
	int error = write_slot(fpga, FPGA_USE_OPEN | FPGA_META_LONG);

	if (!error)
		error = expect(fpga, FPGA_OP_SEAL, 4, unwrapped, wrapped, 10);
	return error ? error :
	       expect(fpga, FPGA_OP_UNSEAL, 4, wrapped, unwrapped, 10);
}

static int check_node(struct fpga *fpga)
{
	uint8_t input[16 + 4 + 2 + 64], value[32] = { 0 }, right[32];
	int error = write_slot(fpga, FPGA_USE_SEED |
				     5 << FPGA_META_HEIGHT_SHIFT);

	for (size_t i = 0; i < 16; i++)
		input[i] = 32 + i;		/* the id */
	put_word(input + 16, 1);
	input[20] = 0x83;
	input[21] = 0x83;
	for (size_t i = 0; i < 64; i++)
		input[22 + i] = 3 * i + 1;
	if (!error)
		error = fpga_node(fpga, SLOT, 1, input + 22, value, 32);
	if (!error)
		error = core_sha256(input, sizeof(input), right);
	if (!error && memcmp(value, right, 32))
		error = CRYPTECH_ERR_ASSERTION_FAILED;
	return error;
}

int fpga_known_answers(struct fpga *fpga)
{
	const struct command wipe = { .op = FPGA_OP_WIPE, .a = SLOT };
	int error = check_aes(fpga, FPGA_META_LONG, aes_256);

	if (!error)
		error = check_aes(fpga, 0, aes_128);
	if (!error)
		error = check_wrap(fpga);
	if (!error)
		error = check_node(fpga);
	if (!error)
		error = fpga_run(fpga, &wipe);
	if (!error || fpga->error)
		return error;
	return bus_give_up(fpga, CRYPTECH_ERR_CORE_NOT_FOUND,
			   "its cores do not compute what they should");
}
