/* SPDX-License-Identifier: MIT */
/*
 * What the files of this folder share.
 */
#ifndef CORES_FPGA_INTERNAL_H
#define CORES_FPGA_INTERNAL_H

#include "../cores.h"
#include "fpga.h"

#include <pthread.h>
#include <stdatomic.h>

#define BUS_TRIES	3
#define BUS_WORDS_MAX	64	/* in a frame */
/* Cycles that reading STATUS and RESULT takes at least: 16 bytes, 8 cycles a
 * bit. So time is counted in polls, and needs no clock. */
#define BUS_POLL_CYCLES	1024

struct fpga {
	struct spi spi;
	void (*log)(void *data, const char *line);
	void *log_data;

	pthread_mutex_t lock;	/* of all below */
	/*
	 * 0, or why it is given up until fpga_again(); read without the
	 * lock, too.
	 */
	atomic_int error;
	atomic_bool random_failed;	/* health tests */
	atomic_uint status;	/* when last read */
	uint32_t result;
	/* STATUS bits that cannot go away but by a reset, or by command. */
	uint32_t facts;
	bool wiping;		/* ... this one: whatever goes, goes */
	bool began;		/* commands were given: RESULT is not NONE */
	atomic_uint version;
	uint32_t last_random;
	_Atomic uint64_t frames, damaged;
	/* mix.c's, with a lock of its own, which is taken first */
	pthread_mutex_t mix_lock;
	uint8_t mix_key[32];
	uint64_t mix_left;	/* bytes until words are drawn; 0: now */

	/* A frame and what came back; wiped with the command. */
	uint8_t out[3 + 4 * BUS_WORDS_MAX + 8];
	uint8_t in[3 + 4 * BUS_WORDS_MAX + 8];
};

/* --- bus.c: with the lock held ------------------------------------------------ */

enum bus_result {
	BUS_DONE,
	BUS_REFUSED,	/* certainly nothing happened */
	BUS_UNCLEAR,	/* what came back was damaged */
};

/* One frame, once. n: 1 to BUS_WORDS_MAX. */
enum bus_result bus_write_once(struct fpga *fpga, unsigned int address,
			       const uint32_t *words, unsigned int n);
/*
 * Any number of words, sent again if damaged. Writes: only what may come twice,
 * hence never COMMAND. 0, or the error that the FPGA is given up for.
 */
int bus_write(struct fpga *fpga, unsigned int address, const uint32_t *words,
	      unsigned int n);
int bus_read(struct fpga *fpga, unsigned int address, uint32_t *words,
	     unsigned int n);
/* Give it up, with a line in the log. Returns @error. */
int bus_give_up(struct fpga *fpga, int error, const char *why);
/* The frames may have held secrets. */
void bus_wipe(struct fpga *fpga);

/* --- fpga.c --------------------------------------------------------------------- */

/*
 * A command's arguments, and what goes into it. fpga_begin() takes the lock
 * (and fails without it), fpga_end() drops it and wipes.
 */
struct command {
	enum fpga_op op;
	unsigned int a, b, n;
	uint32_t argument;
	const uint32_t *text;	/* that it takes */
	unsigned int text_words;
	const uint32_t *other;	/* what goes elsewhere: DIGEST, BELOW */
	unsigned int other_at, other_words;
	uint32_t *gives;	/* TEXT that it gives */
	unsigned int gives_words;
};

int fpga_begin(struct fpga *fpga);
int fpga_end(struct fpga *fpga, int error);
/* The whole command, lock and all. */
int fpga_command(struct fpga *fpga, const struct command *command);
/* The same with the lock held; and its parts. */
int fpga_run(struct fpga *fpga, const struct command *command);
int fpga_start(struct fpga *fpga, const struct command *command);
int fpga_outcome(struct fpga *fpga);
/* Read STATUS and RESULT, and believe no nonsense. */
int fpga_poll(struct fpga *fpga);
/* That a command may take at most. */
unsigned int fpga_cycles(enum fpga_op op);
/* It will lose what it holds, at our wish: only these STATUS bits must stay. */
void fpga_forget(struct fpga *fpga, uint32_t stays);
int fpga_zeroise(struct fpga *fpga);

/* tree.c: vault_node() with the lock held. */
int fpga_node(struct fpga *fpga, unsigned int slot, uint32_t node,
	      const uint8_t *below, uint8_t *value, size_t n);

/* check.c: do the cores compute right? With the lock held, and a slot of no use. */
int fpga_known_answers(struct fpga *fpga);

/* --- words and bytes -------------------------------------------------------------- */

static inline uint32_t word_of(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
}

static inline void put_word(uint8_t *p, uint32_t word)
{
	p[0] = word >> 24;
	p[1] = word >> 16;
	p[2] = word >> 8;
	p[3] = word;
}

/* @bytes: a multiple of 4 */
static inline void words_of(uint32_t *words, const uint8_t *p, size_t bytes)
{
	for (size_t i = 0; i < bytes / 4; i++)
		words[i] = word_of(p + 4 * i);
}

static inline void put_words(uint8_t *p, const uint32_t *words, size_t bytes)
{
	for (size_t i = 0; i < bytes / 4; i++)
		put_word(p + 4 * i, words[i]);
}

#endif /* CORES_FPGA_INTERNAL_H */
