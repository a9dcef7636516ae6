/* SPDX-License-Identifier: MIT */
/*
 * Messages made from the function table, for tests that do something to every
 * function there is.
 */
#ifndef TESTS_HSM_MESSAGE_H
#define TESTS_HSM_MESSAGE_H

#include <stdint.h>
#include <stddef.h>

#include <cryptech/rpc.h>

struct rpc_function {
	uint32_t number;
	const char *name;
	enum cryptech_rights rights;
	enum cryptech_door doors;
	const char *args;
};
extern const struct rpc_function rpc_functions[];
extern const size_t rpc_function_count;

/*
 * What the builder draws values from: words, and opaque values. Beside these it
 * draws random ones of its own.
 */
struct message_pool {
	uint32_t words[32];
	unsigned int word_count;
	struct { const uint8_t *data; size_t len; } opaques[16];
	unsigned int opaque_count;
};

#define MESSAGE_WORDS	64
struct message {
	uint8_t data[4096];
	size_t len;
	/* offsets of the words that say how long or how many */
	size_t counts[MESSAGE_WORDS];
	unsigned int count_count;
};

/* What to put in, one after the other: a word, or opaque data. */
struct message_value {
	uint32_t word;
	const void *data;	/* NULL for 'a': the word that deletes */
	size_t len;
};

/* Reproducible random numbers; never 0 twice in a row. */
uint32_t random_u32(uint64_t *state);

/* A well-formed request of @function by client @word. */
void message_build(struct message *message, const struct rpc_function *function,
		   uint32_t word, const struct message_pool *pool,
		   uint64_t *random);
/* The same with every word 1, one element in each group, 16 zeros as opaque. */
void message_build_plain(struct message *message,
			 const struct rpc_function *function, uint32_t word);
/* The same with these values, in order; a count is one of them. */
void message_build_from(struct message *message,
			const struct rpc_function *function, uint32_t word,
			const struct message_value *values);
const struct rpc_function *rpc_function_of(uint32_t number);

#endif /* TESTS_HSM_MESSAGE_H */
