// SPDX-License-Identifier: MIT
/*
 * Frames on the line, as fpga/bus/rtl/bus.v has them: all numbers big endian,
 * crc is CRC-16 (polynomial 0x1021, from 0xffff) over all bytes before it of
 * the same direction.
 *
 *	write	0x80 + n-1 | u16 address | n words | crc | one byte for the answer
 *	read	n-1 | u16 address | crc | 1 + 4 n + 2 bytes for the answer
 *
 * A read changes nothing over there, so whatever is wrong with one, it is sent
 * again. A write that was answered REFUSED did nothing. If its answer was
 * damaged it may have happened: that is sent again where twice is as good as once
 * (text, digest, arguments, control bits), and fpga.c finds out for commands.
 *
 * The crc misses one in 65,536 of the frames that are damaged by more than it
 * finds with certainty (up to three bits, or a burst of 16).
 */
#include "internal.h"

#include <stdio.h>
#include <string.h>

#define ANSWER_ACCEPTED	0xa5
#define ANSWER_REFUSED	0x5a

#define WRITES		0x80
#define HEAD		3
#define CRC		2

static uint16_t crc_of(const uint8_t *p, size_t len)
{
	uint16_t crc = 0xffff;

	while (len--) {
		crc ^= *p++ << 8;
		for (int i = 0; i < 8; i++)
			crc = crc << 1 ^ (crc & 0x8000 ? 0x1021 : 0);
	}
	return crc;
}

static size_t put_head(struct fpga *fpga, bool writes, unsigned int address,
		       unsigned int n)
{
	fpga->out[0] = (writes ? WRITES : 0) | (n - 1);
	fpga->out[1] = address >> 8;
	fpga->out[2] = address;
	return HEAD;
}

static size_t put_crc(struct fpga *fpga, size_t len)
{
	uint16_t crc = crc_of(fpga->out, len);

	fpga->out[len] = crc >> 8;
	fpga->out[len + 1] = crc;
	return len + CRC;
}

/* Bytes of nothing while the answer comes, and then the frame is over. */
static bool send(struct fpga *fpga, size_t len, size_t answer)
{
	memset(fpga->out + len, 0, answer);
	fpga->frames++;
	return !fpga->spi.transfer(fpga->spi.data, fpga->out, fpga->in,
				   len + answer);
}

enum bus_result bus_write_once(struct fpga *fpga, unsigned int address,
			       const uint32_t *words, unsigned int n)
{
	size_t len = put_head(fpga, true, address, n);

	put_words(fpga->out + len, words, 4 * n);
	len = put_crc(fpga, len + 4 * n);
	if (send(fpga, len, 1)) {
		if (fpga->in[len] == ANSWER_ACCEPTED)
			return BUS_DONE;
		if (fpga->in[len] == ANSWER_REFUSED) {
			fpga->damaged++;
			return BUS_REFUSED;
		}
	}
	fpga->damaged++;
	return BUS_UNCLEAR;
}

static enum bus_result read_once(struct fpga *fpga, unsigned int address,
				 uint32_t *words, unsigned int n)
{
	size_t len = put_crc(fpga, put_head(fpga, false, address, n));
	size_t answer = 1 + 4 * n;
	const uint8_t *in = fpga->in + len;

	if (send(fpga, len, answer + CRC) && in[0] == ANSWER_ACCEPTED &&
	    crc_of(in, answer) == (in[answer] << 8 | in[answer + 1])) {
		words_of(words, in + 1, 4 * n);
		return BUS_DONE;
	}
	fpga->damaged++;
	return BUS_UNCLEAR;
}

int bus_give_up(struct fpga *fpga, int error, const char *why)
{
	char line[120];

	if (!fpga->error) {
		fpga->error = error;
		snprintf(line, sizeof(line), "FPGA: %s; it is not used any more",
			 why);
		if (fpga->log)
			fpga->log(fpga->log_data, line);
	}
	return fpga->error;
}

int bus_write(struct fpga *fpga, unsigned int address, const uint32_t *words,
	      unsigned int n)
{
	while (n) {
		unsigned int some = n < BUS_WORDS_MAX ? n : BUS_WORDS_MAX;
		unsigned int tries = BUS_TRIES;

		while (bus_write_once(fpga, address, words, some) != BUS_DONE)
			if (!--tries)
				return bus_give_up(fpga,
					CRYPTECH_ERR_IO_UNEXPECTED,
					"it does not take what is written");
		address += some;
		words += some;
		n -= some;
	}
	return CRYPTECH_ERR_OK;
}

int bus_read(struct fpga *fpga, unsigned int address, uint32_t *words,
	     unsigned int n)
{
	while (n) {
		unsigned int some = n < BUS_WORDS_MAX ? n : BUS_WORDS_MAX;
		unsigned int tries = BUS_TRIES;

		while (read_once(fpga, address, words, some) != BUS_DONE)
			if (!--tries)
				return bus_give_up(fpga,
					CRYPTECH_ERR_IO_UNEXPECTED,
					"it does not answer, or not in frames");
		address += some;
		words += some;
		n -= some;
	}
	return CRYPTECH_ERR_OK;
}

void bus_wipe(struct fpga *fpga)
{
	core_wipe(fpga->out, sizeof(fpga->out));
	core_wipe(fpga->in, sizeof(fpga->in));
}
