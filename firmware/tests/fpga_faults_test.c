// SPDX-License-Identifier: MIT
/*
 * A script of everything that the firmware asks of the FPGA, on lines that fail in
 * every way at every frame. Whatever happens: an error that fpga.h names, or the
 * right result; no command runs twice; it ends.
 */
#include <stdlib.h>

#include "../hashsig/lms.h"
#include "fpga_faults.h"
#include "fpga_model.h"
#include "tap.h"

#define N	24
#define P	26			/* chains of W8 */
#define META	(FPGA_META_N24 | 3 << FPGA_META_WIDTH_SHIFT |		       \
		 5 << FPGA_META_HEIGHT_SHIFT)

static struct model model;
static struct faults faults;
static struct fpga *fpga;
static unsigned int lines;		/* in the log */

static void log_line(void *data, const char *line)
{
	(void)data;
	(void)line;
	lines++;
}

static void reset(void *data)
{
	(void)data;
	model_reset(&model);
}

/* --- the script ---------------------------------------------------------------- */

#define TRY(call)							       \
	do {								       \
		int error_ = (call);					       \
		if (error_)						       \
			return error_;					       \
	} while (0)

/* What comes back is not what it has to be. */
#define WRONG	-1
#define SAME(a, b, len)							       \
	do {								       \
		if (memcmp(a, b, len))					       \
			return WRONG;					       \
	} while (0)

static int text_and_blocks(void)
{
	uint8_t text[100] = "text", sealed[112], back[112], block[16] = { 1 };
	uint8_t one[16], two[16], wrapped[VAULT_SLOT_WRAPPED];
	struct vault_info info;
	size_t len;

	TRY(vault_master_new(fpga));
	TRY(vault_derive(fpga, 1, FPGA_USE_OPEN, 0));
	TRY(vault_seal(fpga, 1, text, sizeof(text), sealed));
	TRY(vault_unseal(fpga, 1, sealed, sizeof(sealed), back, &len));
	SAME(text, back, sizeof(text));
	TRY(vault_derive(fpga, 2, FPGA_USE_WRAP, 1));
	TRY(vault_generate(fpga, 3, true));
	TRY(vault_wrap(fpga, 2, 3, wrapped));
	TRY(vault_unwrap(fpga, 2, 4, wrapped));
	TRY(vault_block(fpga, 3, true, block, one, 1));
	TRY(vault_block(fpga, 4, true, block, two, 1));
	SAME(one, two, 16);
	TRY(vault_info(fpga, 4, &info));
	TRY(vault_wipe(fpga, 4));
	return 0;
}

static int signature(void)
{
	uint8_t table[VAULT_TABLE_WRAPPED], leaf[N], done[N], c[N];
	uint8_t y[N * P], digest[N] = { 9, 8, 7 };
	struct vault_entry entry;
	uint32_t q;

	TRY(vault_table_new(fpga));
	TRY(vault_entry_new(fpga, 5, 0, META));
	TRY(vault_child(fpga, 5, 6, 5, 0));
	TRY(vault_leaf(fpga, 5, 5, 0, leaf, N));
	TRY(vault_prepare(fpga, 2, 0, &q, table));
	TRY(vault_commit(fpga));
	TRY(vault_entry_info(fpga, 0, &entry));
	if (q || entry.floor != 1 || entry.end != 32)
		return WRONG;
	TRY(vault_begin(fpga, 6, c, N));
	TRY(vault_sign(fpga, 6, digest, N, y, sizeof(y), done));
	SAME(leaf, done, N);
	TRY(vault_entry_free(fpga, 0));
	return 0;
}

static int script(const struct spi *spi)
{
	uint8_t bytes[8];

	TRY(fpga_open(&fpga, spi, log_line, NULL));
	TRY(text_and_blocks());
	TRY(signature());
	TRY(fpga_random(fpga, bytes, sizeof(bytes)));
	if (!memcmp(bytes, bytes + 4, 4))
		return WRONG;
	return 0;
}

/* --- with a line that fails ------------------------------------------------------ */

static struct model clean;		/* after a run without failures */
static unsigned int clean_frames;

static int run(enum fault fault, unsigned int from, unsigned int frames)
{
	struct spi spi;
	int error;

	model_init(&model);
	memset(&faults, 0, sizeof(faults));
	model_spi(&model, &faults.line);
	faults.fault = fault;
	faults.from = from;
	faults.frames = frames;
	faults.bit = 37 * from + 5;
	faults.reset = reset;
	faults_spi(&faults, &spi);
	lines = 0;
	error = script(&spi);
	return error;
}

static void without(void)
{
	EXPECT_EQ(run(FAULT_NONE, 0, 0), 0);
	fpga_close(fpga);
	clean = model;
	clean_frames = faults.seen;
	EXPECT_EQ(model_ran(&clean), 34);
	EXPECT_EQ(lines, 0);
	printf("# %u frames\n", clean_frames);
}

static bool is_named(int error)
{
	switch (error) {
	case CRYPTECH_ERR_OK:
	case CRYPTECH_ERR_BAD_ARGUMENTS:
	case CRYPTECH_ERR_IO_UNEXPECTED:
	case CRYPTECH_ERR_CORE_NOT_FOUND:
	case CRYPTECH_ERR_KEYWRAP_BAD_MAGIC:
	case CRYPTECH_ERR_FORBIDDEN:
	case CRYPTECH_ERR_TAMPER:
	case CRYPTECH_ERR_CSPRNG_BROKEN:
	case CRYPTECH_ERR_MASTERKEY_NOT_SET:
		return true;
	default:
		return false;
	}
}

/* One WIPE more: that of the slot whose signature failed. */
static void none_twice(enum fault fault, unsigned int from)
{
	for (unsigned int op = 1; op < 0x40; op++)
		if (!EXPECT(model.ran[op] <= clean.ran[op] +
			    (op == FPGA_OP_WIPE)))
			printf("# fault %d at %u: %02x ran %u times\n", fault,
			       from, op, model.ran[op]);
}

/* One frame that fails such that it can be told: nobody sees more of it. */
static void once(enum fault fault)
{
	for (unsigned int from = 0; from < clean_frames; from++) {
		struct fpga_state state = { 0 };

		if (EXPECT_EQ(run(fault, from, 1), 0))
			fpga_look(fpga, &state);
		EXPECT(!memcmp(model.ran, clean.ran, sizeof(clean.ran)));
		EXPECT(from + 9 > clean_frames || state.damaged == 1);
		EXPECT_EQ(lines, 0);
		fpga_close(fpga);
	}
}

static void once_bit_out(void)
{
	once(FAULT_BIT_OUT);
}

static void once_bit_in(void)
{
	/* A bit that is not looked at is no damage. */
	for (unsigned int from = 0; from < clean_frames; from++) {
		EXPECT_EQ(run(FAULT_BIT_IN, from, 1), 0);
		EXPECT(!memcmp(model.ran, clean.ran, sizeof(clean.ran)));
		fpga_close(fpga);
	}
}

static void once_answer(void)
{
	once(FAULT_ANSWER);
}

static void once_lost(void)
{
	once(FAULT_LOST);
}

static void once_cut(void)
{
	once(FAULT_CUT);
}

static void once_error(void)
{
	once(FAULT_ERROR);
}

static void twice(void)
{
	for (int fault = FAULT_BIT_OUT; fault <= FAULT_ERROR; fault++) {
		for (unsigned int from = 0; from < clean_frames; from += 5) {
			EXPECT_EQ(run(fault, from, 2), 0);
			EXPECT(!memcmp(model.ran, clean.ran,
				       sizeof(clean.ran)));
			fpga_close(fpga);
		}
	}
}

/* From some frame on: an error, soon, the same at every call from then on. */
static void for_good(void)
{
	for (int fault = FAULT_BIT_OUT; fault <= FAULT_LIE; fault++) {
		if (fault == FAULT_BIT_IN)
			continue;
		for (unsigned int from = 0; from < clean_frames - 4; from += 3) {
			unsigned int frames;
			int error = run(fault, from, 1u << 30);

			EXPECT(error && is_named(error));
			none_twice(fault, from);
			if (!EXPECT(faults.seen <= from + 9))
				printf("# fault %d at %u: %u frames\n", fault,
				       from, faults.seen - from);
			EXPECT_EQ(lines, 1);
			frames = faults.seen;
			EXPECT_EQ(vault_wipe(fpga, 7), error);
			EXPECT_EQ(fpga_error(fpga), error);
			EXPECT_EQ(faults.seen, frames);
			fpga_close(fpga);
		}
	}
}

/* A line that answers what is not so cannot always be found out; never may a
 * command run twice, nor a result be wrong that tells of itself. */
static void lies(void)
{
	for (unsigned int from = 0; from < clean_frames; from++) {
		int error = run(FAULT_LIE, from, 1);

		if (!EXPECT(error == WRONG || is_named(error)))
			printf("# at %u: error %d\n", from, error);
		none_twice(FAULT_LIE, from);
		fpga_close(fpga);
		error = run(FAULT_OLD, from, 1);
		if (!EXPECT(error == WRONG || is_named(error)))
			printf("# at %u: error %d\n", from, error);
		none_twice(FAULT_OLD, from);
		fpga_close(fpga);
	}
}

/* A reset is never survived silently once there was something to lose. */
static void resets(void)
{
	struct fpga_state state;

	for (unsigned int from = 0; from < clean_frames; from++) {
		int error = run(FAULT_RESET, from, 1);

		if (!EXPECT(is_named(error)))
			printf("# at %u: error %d\n", from, error);
		fpga_look(fpga, &state);
		if (!EXPECT(state.error || model.ran[FPGA_OP_MASTER_NEW] == 0 ||
			    model_ran(&model) == model_ran(&clean)))
			printf("# at %u: error %d\n", from, error);
		none_twice(FAULT_RESET, from);
		fpga_close(fpga);
	}
}

static void another_version(void)
{
	struct spi spi;

	model_init(&model);
	model.version_offset = 1;
	model_spi(&model, &spi);
	lines = 0;
	EXPECT_EQ(fpga_open(&fpga, &spi, log_line, NULL),
		  CRYPTECH_ERR_CORE_NOT_FOUND);
	EXPECT_EQ(lines, 1);
	model.version_offset = 0;
	EXPECT_EQ(vault_wipe(fpga, 1), CRYPTECH_ERR_CORE_NOT_FOUND);
	EXPECT_EQ(fpga_again(fpga), 0);
	EXPECT_EQ(vault_wipe(fpga, 1), 0);
	fpga_close(fpga);
}

int main(void)
{
	RUN(without);
	RUN(once_bit_out);
	RUN(once_bit_in);
	RUN(once_answer);
	RUN(once_lost);
	RUN(once_cut);
	RUN(once_error);
	RUN(twice);
	RUN(for_good);
	RUN(lies);
	RUN(resets);
	RUN(another_version);
	return tap_done();
}
