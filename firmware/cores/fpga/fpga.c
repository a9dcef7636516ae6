// SPDX-License-Identifier: MIT
/*
 * Commands, and watching who runs them.
 *
 * No command runs twice. COMMAND is no register to write a second time when the
 * answer was damaged, so before each command stands a *mark*: operation 0, which
 * does nothing and leaves UNKNOWN in RESULT, however often it comes. When it
 * then is not clear whether a command arrived, STATUS and RESULT tell: it is
 * running, or has left something else than UNKNOWN: it did. Neither: it did not,
 * or it was itself UNKNOWN, which does nothing; so it may be sent again.
 *
 * Time is counted in polls: one takes at least BUS_POLL_CYCLES of the FPGA's
 * clock, because its line is no faster than an eighth of it. So the deadlines
 * hold for every clock, and for one that a simulator moves.
 */
#include "internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OP_MARK		0u

/* Cycles, well above what fpga.rst says for the longest: a leaf of W8. */
#define CYCLES_QUICK	400000u		/* 127 semiblocks, tamper memory */
#define CYCLES_RANDOM	4000000u	/* with 16 words of the generator, start-up test */
#define CYCLES_LEAF	2000000u

/* What STATUS may have set. */
#define STATUS_KNOWN	(FPGA_STATUS_BUSY | FPGA_STATUS_TAMPER |	       \
			 FPGA_STATUS_MEMORY | FPGA_STATUS_MASTER |	       \
			 FPGA_STATUS_ENTERED | FPGA_STATUS_GUARD |	       \
			 FPGA_STATUS_PUBLIC | FPGA_STATUS_RANDOM |	       \
			 FPGA_STATUS_STARTED | FPGA_STATUS_FAILED |	       \
			 FPGA_STATUS_WORDS)
/* What stays until a reset, or a command that takes it away. */
#define STATUS_FACTS	(FPGA_STATUS_TAMPER | FPGA_STATUS_MASTER |	       \
			 FPGA_STATUS_GUARD | FPGA_STATUS_STARTED)
/* ... of these, what zeroising leaves. */
#define STATUS_STAYS	(FPGA_STATUS_TAMPER | FPGA_STATUS_MASTER)

unsigned int fpga_cycles(enum fpga_op op)
{
	switch (op) {
	case FPGA_OP_MASTER_NEW:
	case FPGA_OP_MASTER_ENTER:	/* draws a nonce */
	case FPGA_OP_GENERATE:
	case FPGA_OP_ENTRY_NEW:
		return CYCLES_RANDOM;
	case FPGA_OP_LEAF:
	case FPGA_OP_CHILD:
	case FPGA_OP_SIGN:		/* since the last word that came */
		return CYCLES_LEAF;
	default:
		return CYCLES_QUICK;
	}
}

static unsigned int code_of(const struct fpga *fpga)
{
	return (fpga->result & FPGA_RESULT_CODE) >> FPGA_RESULT_CODE_SHIFT;
}

/* --- watching ---------------------------------------------------------------- */

static void note_failed(struct fpga *fpga)
{
	if (fpga->random_failed)
		return;
	fpga->random_failed = true;
	if (fpga->log)
		fpga->log(fpga->log_data, "FPGA: a health test of its random "
			  "generator has failed; no numbers come from it");
}

/* Does what was read fit what we know of it? */
static int check_status(struct fpga *fpga)
{
	uint32_t status = fpga->status;

	if (status & ~STATUS_KNOWN || code_of(fpga) > FPGA_OUTCOME_UNKNOWN)
		return bus_give_up(fpga, CRYPTECH_ERR_IO_UNEXPECTED,
				   "its status makes no sense");
	if (fpga->began && status & ~fpga->facts & FPGA_STATUS_TAMPER)
		return bus_give_up(fpga, CRYPTECH_ERR_TAMPER,
				   "it was tampered with, and wiped");
	if (status & FPGA_STATUS_FAILED) {
		note_failed(fpga);
		fpga->facts &= ~FPGA_STATUS_STARTED;
	}
	/* After a reset it is busy at first, and knows nothing yet. */
	if (fpga->wiping || status & FPGA_STATUS_BUSY)
		return CRYPTECH_ERR_OK;
	if (fpga->facts & ~status ||
	    (fpga->began && code_of(fpga) == FPGA_OUTCOME_NONE))
		return bus_give_up(fpga, CRYPTECH_ERR_CORE_NOT_FOUND,
				   "it was reset, its slots are lost");
	fpga->facts |= status & STATUS_FACTS;
	return CRYPTECH_ERR_OK;
}

int fpga_poll(struct fpga *fpga)
{
	uint32_t words[2];
	/* STATUS first: RESULT of what has ended is that of its end. */
	int error = bus_read(fpga, FPGA_REG_STATUS, words, 2);

	if (error)
		return error;
	fpga->status = words[0];
	fpga->result = words[1];
	return check_status(fpga);
}

/* Until nothing runs, and all of @wanted is in STATUS or any of @instead. */
static int wait_for(struct fpga *fpga, unsigned int cycles, uint32_t wanted,
		    uint32_t instead)
{
	unsigned int polls = cycles / BUS_POLL_CYCLES;

	for (;;) {
		int error = fpga_poll(fpga);

		if (error)
			return error;
		if (!(fpga->status & FPGA_STATUS_BUSY) &&
		    ((fpga->status & wanted) == wanted ||
		     fpga->status & instead))
			return CRYPTECH_ERR_OK;
		if (!polls--)
			return bus_give_up(fpga, CRYPTECH_ERR_IO_UNEXPECTED,
					   "it does not come to an end");
		fpga->spi.wait(fpga->spi.data);
	}
}

/* --- commands ---------------------------------------------------------------- */

static uint32_t command_word(const struct command *command)
{
	return (uint32_t)command->op << FPGA_COMMAND_OP_SHIFT |
	       command->a << FPGA_COMMAND_A_SHIFT |
	       command->b << FPGA_COMMAND_B_SHIFT |
	       command->n << FPGA_COMMAND_N_SHIFT;
}

static bool in_range(const struct command *command)
{
	return command->a < VAULT_SLOTS && command->b < VAULT_SLOTS &&
	       command->n <= FPGA_COMMAND_N;
}

static int mark(struct fpga *fpga)
{
	const uint32_t word = OP_MARK << FPGA_COMMAND_OP_SHIFT;
	int error = wait_for(fpga, CYCLES_QUICK, 0, 0);

	if (!error)
		error = bus_write(fpga, FPGA_REG_COMMAND, &word, 1);
	if (!error) {
		fpga->began = true;
		error = wait_for(fpga, CYCLES_QUICK, 0, 0);
	}
	if (!error && code_of(fpga) != FPGA_OUTCOME_UNKNOWN)
		error = bus_give_up(fpga, CRYPTECH_ERR_IO_UNEXPECTED,
				    "it does not do as it is told");
	return error;
}

/* See above. */
static int give_order(struct fpga *fpga, const uint32_t order[2])
{
	unsigned int tries = BUS_TRIES;

	while (tries--) {
		enum bus_result sent = bus_write_once(fpga, FPGA_REG_ARGUMENT,
						      order, 2);
		int error;

		if (sent == BUS_DONE)
			return CRYPTECH_ERR_OK;
		if (sent == BUS_REFUSED)
			continue;
		error = fpga_poll(fpga);
		if (error)
			return error;
		if (fpga->status & FPGA_STATUS_BUSY ||
		    code_of(fpga) != FPGA_OUTCOME_UNKNOWN)
			return CRYPTECH_ERR_OK;
	}
	return bus_give_up(fpga, CRYPTECH_ERR_IO_UNEXPECTED,
			   "it does not take commands");
}

int fpga_start(struct fpga *fpga, const struct command *command)
{
	const uint32_t order[2] = { command->argument, command_word(command) };
	int error;

	_Static_assert(FPGA_REG_COMMAND == FPGA_REG_ARGUMENT + 1,
		       "one frame has both");
	if (!in_range(command))
		return CRYPTECH_ERR_BAD_ARGUMENTS;
	error = mark(fpga);
	if (!error)
		error = bus_write(fpga, FPGA_REG_TEXT, command->text,
				  command->text_words);
	if (!error)
		error = bus_write(fpga, command->other_at, command->other,
				  command->other_words);
	return error ? error : give_order(fpga, order);
}

int fpga_outcome(struct fpga *fpga)
{
	switch (code_of(fpga)) {
	case FPGA_OUTCOME_OK:
		return CRYPTECH_ERR_OK;
	case FPGA_OUTCOME_REFUSED:
		return CRYPTECH_ERR_FORBIDDEN;
	case FPGA_OUTCOME_BROKEN:
		return CRYPTECH_ERR_KEYWRAP_BAD_MAGIC;
	case FPGA_OUTCOME_NO_RANDOM:
		note_failed(fpga);
		return CRYPTECH_ERR_CSPRNG_BROKEN;
	case FPGA_OUTCOME_NO_MEMORY:
		return CRYPTECH_ERR_MASTERKEY_NOT_SET;
	case FPGA_OUTCOME_EXHAUSTED:
		return CRYPTECH_ERR_HASHSIG_KEY_EXHAUSTED;
	case FPGA_OUTCOME_UNKNOWN:
		return CRYPTECH_ERR_BAD_ARGUMENTS;
	default:
		return bus_give_up(fpga, CRYPTECH_ERR_IO_UNEXPECTED,
				   "a command left no result");
	}
}

int fpga_run(struct fpga *fpga, const struct command *command)
{
	int error = fpga_start(fpga, command);

	if (!error)
		error = wait_for(fpga, fpga_cycles(command->op), 0, 0);
	if (!error)
		error = fpga_outcome(fpga);
	if (error || !command->gives_words)
		return error;
	error = bus_read(fpga, FPGA_REG_TEXT, command->gives,
			 command->gives_words);
	/* Afterwards: what a reset has emptied reads as zeros. */
	if (!error)
		error = fpga_poll(fpga);
	if (!error && !(fpga->status & FPGA_STATUS_PUBLIC))
		error = bus_give_up(fpga, CRYPTECH_ERR_IO_UNEXPECTED,
				    "a command gave no text");
	return error;
}

int fpga_begin(struct fpga *fpga)
{
	int error;

	pthread_mutex_lock(&fpga->lock);
	error = fpga->error;
	if (error)
		pthread_mutex_unlock(&fpga->lock);
	return error;
}

int fpga_end(struct fpga *fpga, int error)
{
	bus_wipe(fpga);
	pthread_mutex_unlock(&fpga->lock);
	return error;
}

int fpga_command(struct fpga *fpga, const struct command *command)
{
	int error = fpga_begin(fpga);

	return error ? error : fpga_end(fpga, fpga_run(fpga, command));
}

/* What we know ends here, but for these facts. */
void fpga_forget(struct fpga *fpga, uint32_t stays)
{
	fpga->facts &= stays;
	fpga->began = false;
}

int fpga_zeroise(struct fpga *fpga)
{
	const uint32_t zeroise = FPGA_CONTROL_ZEROISE;
	int error;

	fpga_forget(fpga, STATUS_STAYS);
	error = bus_write(fpga, FPGA_REG_CONTROL, &zeroise, 1);
	return error ? error : wait_for(fpga, CYCLES_QUICK, 0, 0);
}

/* --- finding it ----------------------------------------------------------------- */

static const uint32_t identity[FPGA_IDENTITY_WORDS] = FPGA_IDENTITY;

static int check_identity(struct fpga *fpga, unsigned int words)
{
	uint32_t found[FPGA_IDENTITY_WORDS];
	int error = bus_read(fpga, FPGA_REG_IDENTITY, found, words);

	if (error)
		return error;
	fpga->version = found[2];
	if (!memcmp(found, identity, 4 * words))
		return CRYPTECH_ERR_OK;
	return bus_give_up(fpga, CRYPTECH_ERR_CORE_NOT_FOUND,
			   memcmp(found, identity, 8) ?
			   "what is there is another design" :
			   "the design in it is of another version");
}

static int find(struct fpga *fpga)
{
	int error = check_identity(fpga, FPGA_IDENTITY_WORDS);

	if (!error)
		error = wait_for(fpga, CYCLES_QUICK, 0, 0);
	/* Nobody else's keys are in it. */
	if (!error)
		error = fpga_zeroise(fpga);
	if (!error)
		error = fpga_known_answers(fpga);
	if (!error)
		error = wait_for(fpga, CYCLES_RANDOM, FPGA_STATUS_STARTED,
				 FPGA_STATUS_FAILED);
	if (!error && fpga->random_failed)
		error = CRYPTECH_ERR_CSPRNG_BROKEN;
	return error;
}

int fpga_again(struct fpga *fpga)
{
	int error;

	pthread_mutex_lock(&fpga->lock);
	fpga->error = CRYPTECH_ERR_OK;
	fpga->random_failed = false;
	fpga_forget(fpga, 0);
	error = find(fpga);
	return fpga_end(fpga, error);
}

int fpga_open(struct fpga **fpga_out, const struct spi *spi,
	      void (*log)(void *data, const char *line), void *data)
{
	struct fpga *fpga = calloc(1, sizeof(*fpga));

	*fpga_out = fpga;
	if (!fpga)
		return CRYPTECH_ERR_ALLOCATION_FAILURE;
	fpga->spi = *spi;
	fpga->log = log;
	fpga->log_data = data;
	pthread_mutex_init(&fpga->lock, NULL);
	pthread_mutex_init(&fpga->mix_lock, NULL);
	return fpga_again(fpga);
}

void fpga_close(struct fpga *fpga)
{
	if (!fpga)
		return;
	if (!fpga_begin(fpga))
		fpga_end(fpga, fpga_zeroise(fpga));
	pthread_mutex_destroy(&fpga->lock);
	pthread_mutex_destroy(&fpga->mix_lock);
	core_wipe(fpga, sizeof(*fpga));
	free(fpga);
}

int fpga_error(const struct fpga *fpga)
{
	if (fpga->error)
		return fpga->error;
	return fpga->random_failed ? CRYPTECH_ERR_CSPRNG_BROKEN :
				     CRYPTECH_ERR_OK;
}

void fpga_look(struct fpga *fpga, struct fpga_state *state)
{
	/* Whoever has the lock looks himself. No command is running, so that it
	 * is busy only for another reason: what then is over tells which. */
	if (!pthread_mutex_trylock(&fpga->lock)) {
		if (!fpga->error && !check_identity(fpga, 4))
			wait_for(fpga, CYCLES_QUICK, 0, 0);
		pthread_mutex_unlock(&fpga->lock);
	}
	state->error = fpga_error(fpga);
	state->status = fpga->error ? 0 : fpga->status;
	state->version = fpga->version;
	state->frames = fpga->frames;
	state->damaged = fpga->damaged;
}
