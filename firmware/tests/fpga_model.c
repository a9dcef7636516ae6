// SPDX-License-Identifier: MIT
#include "fpga_model.h"

#include <string.h>

#include "../cores/fpga/internal.h"

#define WIPE_CYCLES	900
#define RANDOM_CYCLES	32768

static uint16_t crc_of(const uint8_t *p, size_t len)
{
	uint16_t crc = 0xffff;

	for (size_t i = 0; i < 8 * len; i++) {
		bool bit = p[i / 8] >> (7 - i % 8) & 1;

		crc = crc << 1 ^ ((crc >> 15 ^ bit) ? 0x1021 : 0);
	}
	return crc;
}

/* --- registers --------------------------------------------------------------- */

static void zeroise(struct model *model)
{
	memset(model->slots, 0, sizeof(model->slots));
	memset(model->text, 0, sizeof(model->text));
	memset(model->digest, 0, sizeof(model->digest));
	memset(model->below, 0, sizeof(model->below));
	memset(model->table, 0, sizeof(model->table));
	memset(model->y, 0, sizeof(model->y));
	model->has_table = model->loaded = model->begin_allowed = false;
	model->prepared = 0;
	model->y_words = model->y_made = model->y_taken = 0;
	model->result = FPGA_OUTCOME_NONE;
	model->status = 0;
	model->busy_until = model->cycles + WIPE_CYCLES;
}

static bool signs(const struct model *model)
{
	return model->y_taken < model->y_words;
}

static uint32_t status(const struct model *model)
{
	uint32_t word = model->status;

	if (model->cycles < model->busy_until ||
	    (signs(model) && model->y_made < model->y_words))
		word |= FPGA_STATUS_BUSY;
	if (model->tampered)
		word |= FPGA_STATUS_TAMPER;
	if (model->has_memory)
		word |= FPGA_STATUS_MEMORY;
	if (model->memory.mark)
		word |= FPGA_STATUS_MASTER;
	if (model->memory.mark == 2)
		word |= FPGA_STATUS_ENTERED;
	if (model->has_table)
		word |= FPGA_STATUS_GUARD;
	if (model->random_dead)
		word |= FPGA_STATUS_FAILED;
	else if (model->cycles >= 4 * RANDOM_CYCLES)
		word |= FPGA_STATUS_STARTED;
	if (model->cycles >= model->random_at && !model->random_dead)
		word |= FPGA_STATUS_RANDOM;
	return word | (model->y_made & 0xff) << FPGA_STATUS_WORDS_SHIFT;
}

static uint32_t read_register(struct model *model, unsigned int address)
{
	static const uint32_t identity[FPGA_IDENTITY_WORDS] = FPGA_IDENTITY;
	unsigned int at;

	if (address < FPGA_IDENTITY_WORDS)
		return identity[address] +
		       (address == 2 ? model->version_offset : 0);
	if (address == FPGA_REG_STATUS)
		return status(model);
	if (address == FPGA_REG_RESULT)
		return model->result;
	if (address == FPGA_REG_RANDOM)
		return status(model) & FPGA_STATUS_RANDOM ? model->random : 0;
	if (address == FPGA_REG_EPOCH)
		return model->memory.committed;
	at = address - FPGA_REG_TEXT;
	if (at < FPGA_TEXT_WORDS && (model->status & FPGA_STATUS_PUBLIC ||
				     signs(model)))
		return model->text[at];
	return 0;
}

/* Words of a signature go into the ring while there is room. */
static void fill_ring(struct model *model)
{
	while (model->y_made < model->y_words &&
	       model->y_made - model->y_taken < FPGA_TEXT_WORDS - 8) {
		model->text[model->y_made % FPGA_TEXT_WORDS] =
			model->y[model->y_made];
		model->y_made++;
	}
}

static void control(struct model *model, uint32_t word)
{
	if (word & FPGA_CONTROL_ZEROISE)
		zeroise(model);
	if (word & FPGA_CONTROL_ABORT)
		model->y_words = model->y_made = model->y_taken = 0;
	if (word & FPGA_CONTROL_TAKE && model->cycles >= model->random_at) {
		model->random = model_random(model);
		model->random_at = model->cycles + RANDOM_CYCLES;
	}
}

static void begin(struct model *model, uint32_t word)
{
	unsigned int cycles = 100;

	model->ran[word >> 24 & 0x3f]++;
	model->result = model_command(model, word, &cycles);
	model->busy_until = model->cycles + cycles;
	if (model->y_words)
		fill_ring(model);
}

static void write_register(struct model *model, unsigned int address,
			   uint32_t word)
{
	bool busy = status(model) & FPGA_STATUS_BUSY;

	if (address == FPGA_REG_CONTROL) {
		control(model, word);
	} else if (address == FPGA_REG_TAKEN) {
		model->y_taken += (word - model->y_taken) % FPGA_TEXT_WORDS;
		fill_ring(model);
	} else if (busy) {
		return;
	} else if (address == FPGA_REG_ARGUMENT) {
		model->argument = word;
	} else if (address == FPGA_REG_COMMAND) {
		begin(model, word);
	} else if (address - FPGA_REG_TEXT < FPGA_TEXT_WORDS) {
		model->text[address - FPGA_REG_TEXT] = word;
		model->status &= ~FPGA_STATUS_PUBLIC;
	} else if (address - FPGA_REG_DIGEST < FPGA_DIGEST_WORDS) {
		model->digest[address - FPGA_REG_DIGEST] = word;
	} else if (address - FPGA_REG_BELOW < FPGA_BELOW_WORDS) {
		model->below[address - FPGA_REG_BELOW] = word;
	}
}

/* --- frames ------------------------------------------------------------------ */

static void written(struct model *model, const uint8_t *out, uint8_t *in,
		    size_t len)
{
	unsigned int n = (out[0] & 0x3f) + 1, address = out[1] << 8 | out[2];
	size_t whole = 3 + 4 * n + 2;

	if (len < whole)
		return;
	if (len > whole)
		in[whole] = crc_of(out, whole) ? 0x5a : 0xa5;
	for (unsigned int i = 0; i < n && !crc_of(out, whole); i++)
		write_register(model, address + i, word_of(out + 3 + 4 * i));
}

static void wanted(struct model *model, const uint8_t *out, uint8_t *in,
		   size_t len)
{
	unsigned int n = (out[0] & 0x3f) + 1, address = out[1] << 8 | out[2];
	uint8_t answer[1 + 4 * 64 + 2] = { 0x5a };
	size_t size = 1 + 4 * n;
	uint16_t crc;

	if (len < 5)
		return;
	if (!crc_of(out, 5)) {
		answer[0] = 0xa5;
		for (unsigned int i = 0; i < n; i++)
			put_word(answer + 1 + 4 * i,
				 read_register(model, address + i));
	}
	crc = crc_of(answer, size);
	answer[size] = crc >> 8;
	answer[size + 1] = crc;
	memcpy(in + 5, answer, len - 5 < size + 2 ? len - 5 : size + 2);
}

static int transfer(void *data, const uint8_t *out, uint8_t *in, size_t len)
{
	struct model *model = data;

	model->cycles += 64 * len;
	memset(in, 0, len);
	if (out[0] & 0x40)
		return 0;
	if (out[0] & 0x80)
		written(model, out, in, len);
	else
		wanted(model, out, in, len);
	return 0;
}

static void pass_time(void *data)
{
	((struct model *)data)->cycles += 1000;
}

void model_spi(struct model *model, struct spi *spi)
{
	*spi = (struct spi){
		.data = model, .transfer = transfer, .wait = pass_time,
	};
}

void model_reset(struct model *model)
{
	model->cycles = 0;
	zeroise(model);
	model->argument = 0;
	model->tampered = false;
	model->random_at = 5 * RANDOM_CYCLES;
	model->random = model_random(model);
}

void model_tamper(struct model *model)
{
	zeroise(model);
	memset(&model->memory, 0, sizeof(model->memory));
	model->tampered = true;
}

void model_init(struct model *model)
{
	memset(model, 0, sizeof(*model));
	model->has_memory = true;
	model_reset(model);
}

unsigned int model_ran(const struct model *model)
{
	unsigned int sum = 0;

	for (unsigned int op = 1; op < 0x40; op++)
		sum += model->ran[op];
	return sum;
}
