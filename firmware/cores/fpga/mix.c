// SPDX-License-Identifier: MIT
/*
 * Random bytes out of the generator's words, of which there are few: a key K that
 * 8 words go into, and SHA-256 over it.
 *
 *	K       = SHA-256("add" | K | words)
 *	bytes   = SHA-256("out" | K | counter) ...
 *	K, then = SHA-256("new" | K)
 *
 * so that nobody who reads K later has what was given out before.
 */
#include "internal.h"

#include <string.h>

#define WORDS_SIZE	32
#define BYTES_A_DRAW	65536
#define CALL_COST	64	/* bytes that a call counts as at least */

static int hash_key(struct fpga *fpga, const char *what, const void *more,
		    size_t len, uint8_t out[32])
{
	uint8_t input[4 + 32 + WORDS_SIZE] = { 0 };
	int error;

	memcpy(input, what, strlen(what));
	memcpy(input + 4, fpga->mix_key, 32);
	memcpy(input + 36, more, len);
	error = core_sha256(input, 36 + len, out);
	core_wipe(input, sizeof(input));
	return error;
}

static int draw(struct fpga *fpga)
{
	uint8_t words[WORDS_SIZE], other[32];
	int error = fpga_random(fpga, words, sizeof(words));

	if (!error)
		error = hash_key(fpga, "lib", words, sizeof(words), other);
	if (!error)
		error = hash_key(fpga, "add", words, sizeof(words),
				 fpga->mix_key);
	if (!error) {
		core_random_add(other, sizeof(other));
		fpga->mix_left = BYTES_A_DRAW;
	}
	core_wipe(words, sizeof(words));
	core_wipe(other, sizeof(other));
	return error;
}

static int xor_stream(struct fpga *fpga, uint8_t *data, size_t len)
{
	uint8_t block[32], counter[4];

	for (uint32_t i = 0; len; i++) {
		size_t some = len < 32 ? len : 32;
		int error;

		put_word(counter, i);
		error = hash_key(fpga, "out", counter, 4, block);
		if (error)
			return error;
		for (size_t k = 0; k < some; k++)
			data[k] ^= block[k];
		data += some;
		len -= some;
	}
	core_wipe(block, sizeof(block));
	return hash_key(fpga, "new", "", 0, fpga->mix_key);
}

static int mix(struct fpga *fpga, uint8_t *data, size_t len)
{
	size_t cost = len < CALL_COST ? CALL_COST : len;
	int error = fpga_error(fpga);

	if (!error && !fpga->mix_left)
		error = draw(fpga);
	if (error)
		return error;
	fpga->mix_left -= cost < fpga->mix_left ? cost : fpga->mix_left;
	return xor_stream(fpga, data, len);
}

int fpga_mix(struct fpga *fpga, uint8_t *data, size_t len)
{
	int error;

	pthread_mutex_lock(&fpga->mix_lock);
	error = mix(fpga, data, len);
	pthread_mutex_unlock(&fpga->mix_lock);
	return error;
}
