// SPDX-License-Identifier: MIT
#include "fpga_faults.h"

#include <string.h>

static uint16_t crc_of(const uint8_t *p, size_t len)
{
	uint16_t crc = 0xffff;

	for (size_t i = 0; i < 8 * len; i++) {
		int bit = p[i / 8] >> (7 - i % 8) & 1;

		crc = crc << 1 ^ ((crc >> 15 ^ bit) ? 0x1021 : 0);
	}
	return crc;
}

static void flip(uint8_t *bytes, size_t len, unsigned int bit)
{
	bytes[bit / 8 % len] ^= 0x80 >> bit % 8;
}

/* A read: from its answer on. */
static void lie(const uint8_t *out, uint8_t *in, size_t len)
{
	uint16_t crc;

	memset(in, 0xff, len);
	if (out[0] & 0x80) {
		in[len - 1] = 0xa5;
		return;
	}
	in[5] = 0xa5;
	crc = crc_of(in + 5, len - 7);
	in[len - 2] = crc >> 8;
	in[len - 1] = crc;
}

static int fail(struct faults *faults, const uint8_t *out, uint8_t *in,
		size_t len)
{
	struct spi *line = &faults->line;
	uint8_t copy[300];
	int ret;

	switch (faults->fault) {
	case FAULT_BIT_OUT:
		memcpy(copy, out, len);
		/* the answer's time carries nothing that way */
		flip(copy, out[0] & 0x80 ? len - 1 : 5, faults->bit);
		return line->transfer(line->data, copy, in, len);
	case FAULT_BIT_IN:
		ret = line->transfer(line->data, out, in, len);
		flip(in, len, faults->bit);
		return ret;
	case FAULT_ANSWER:
		ret = line->transfer(line->data, out, in, len);
		memset(in, 0xff, len);
		return ret;
	case FAULT_CUT:
		memset(in, 0, len);
		return line->transfer(line->data, out, in, len / 2 + 1);
	case FAULT_ERROR:
		memset(in, 0, len);
		return -1;
	case FAULT_LIE:
		lie(out, in, len);
		return 0;
	case FAULT_OLD:
		if (out[0] & 0x80 || faults->old_len != len)
			return line->transfer(line->data, out, in, len);
		memcpy(in, faults->old, len);
		return 0;
	case FAULT_RESET:
		faults->reset(faults->reset_data);
		return line->transfer(line->data, out, in, len);
	default:
		memset(in, 0xff, len);
		return 0;
	}
}

static int transfer(void *data, const uint8_t *out, uint8_t *in, size_t len)
{
	struct faults *faults = data;
	unsigned int at = faults->seen++ - faults->from;
	bool failing = faults->fault && at < faults->frames;
	int ret;

	/* Once is enough, however many frames. */
	if (failing && faults->fault == FAULT_RESET && at)
		failing = false;
	ret = failing ? fail(faults, out, in, len) :
	      faults->line.transfer(faults->line.data, out, in, len);
	if (!failing && !(out[0] & 0x80)) {
		memcpy(faults->old, in, len);
		faults->old_len = len;
	}
	return ret;
}

static void pass_time(void *data)
{
	struct faults *faults = data;

	faults->line.wait(faults->line.data);
}

void faults_spi(struct faults *faults, struct spi *spi)
{
	*spi = (struct spi){
		.data = faults, .transfer = transfer, .wait = pass_time,
	};
}
