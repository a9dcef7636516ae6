// SPDX-License-Identifier: MIT
/*
 * Random words of the FPGA's generator.
 */
#include "internal.h"

#include <string.h>

/* Between two words there are 32,768 cycles; the first comes after start-up. */
#define POLLS_A_WORD	(4000000 / BUS_POLL_CYCLES)

/* That a good generator gives the same word so often: once in 2^96 words. */
#define REPEATS_MAX	3

/* TAKE may come twice: then a word is lost that nobody saw. */
static int take(struct fpga *fpga)
{
	const uint32_t taken = FPGA_CONTROL_TAKE;

	return bus_write(fpga, FPGA_REG_CONTROL, &taken, 1);
}

static int next_word(struct fpga *fpga, uint32_t *word)
{
	unsigned int polls = POLLS_A_WORD;
	int error;

	for (;;) {
		error = fpga_poll(fpga);
		if (error)
			return error;
		if (fpga->random_failed)
			return CRYPTECH_ERR_CSPRNG_BROKEN;
		if (fpga->status & FPGA_STATUS_RANDOM)
			break;
		if (!polls--)
			return bus_give_up(fpga, CRYPTECH_ERR_CSPRNG_BROKEN,
					   "no random word comes");
		fpga->spi.wait(fpga->spi.data);
	}
	error = bus_read(fpga, FPGA_REG_RANDOM, word, 1);
	return error ? error : take(fpga);
}

/*
 * A word that is the last one once more is not used: the line may have lost our
 * TAKE. Several of these: what is there gives no random numbers.
 */
static int fresh_word(struct fpga *fpga, uint32_t *word)
{
	for (int i = 0; i < REPEATS_MAX; i++) {
		int error = next_word(fpga, word);

		if (error)
			return error;
		if (*word != fpga->last_random) {
			fpga->last_random = *word;
			return CRYPTECH_ERR_OK;
		}
	}
	return bus_give_up(fpga, CRYPTECH_ERR_CSPRNG_BROKEN,
			   "its random words repeat");
}

int fpga_random(struct fpga *fpga, void *data, size_t len)
{
	uint8_t *out = data;

	for (size_t done = 0; done < len;) {
		size_t some = len - done < 4 ? len - done : 4;
		uint32_t word = 0;
		/* For each word, so that commands get their turn. */
		int error = fpga_begin(fpga);

		if (!error)
			error = fpga_end(fpga, fresh_word(fpga, &word));
		if (error) {
			core_wipe(data, done);
			return error;
		}
		memcpy(out + done, &word, some);
		core_wipe(&word, sizeof(word));
		done += some;
	}
	return CRYPTECH_ERR_OK;
}
