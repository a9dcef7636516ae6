/* SPDX-License-Identifier: MIT */
/*
 * What the inputs of fuzz_rpc look like, for the target that runs them and the
 * mutator that makes them.
 *
 *	input:	u8 options | frame ...
 *	frame:	u8 who | u16 length, big endian | message
 *
 * who says what is done, by whom and on which port. A message is a request of
 * the RPC protocol, but for its client word, which is put in by the target.
 * It can name what exists only when it is run: see REFERENCE.
 */
#ifndef FUZZ_FRAMES_H
#define FUZZ_FRAMES_H

#include <cryptech/rpc.h>
#include <cryptech/xdr.h>

#define OPTION_LIBHAL_COMPAT	1
#define OPTION_FACTORY		2	/* no PIN was set yet, and no key made */

#define FRAMES_MAX	24	/* more are not looked at */
#define FRAME_HEAD	3

enum frame_op {			/* upper three bits of who */
	FRAME_CALL = 0,		/* up to 3 */
	FRAME_LONG = 4,		/* a call, with zeros up to beyond the limit */
	FRAME_GONE = 5,		/* the client, or (client 7) the whole port */
	FRAME_RESTART = 6,	/* the HSM loses its power */
	FRAME_CLOCK = 7,	/* five minutes pass */
};
#define WHO_OP(who)	((who) >> 5)
#define WHO_PORT(who)	((who) >> 3 & 3)
#define WHO_CLIENT(who)	((who) & 7)

struct frame {
	uint8_t who;
	const uint8_t *data;
	size_t len;
};

/* Take an input apart; a last frame that is cut short counts. */
unsigned int frames_parse(const uint8_t *input, size_t size,
			  struct frame frames[FRAMES_MAX]);
/* The reverse; what does not fit is left out. */
size_t frames_put(uint8_t *input, size_t max, uint8_t options,
		  const struct frame *frames, unsigned int n);

/*
 * Handles are numbered as they are given out, and so are UUIDs and other long
 * results ("blobs"). The word REFERENCE_WORD + i stands for the i-th handle,
 * opaque data of REFERENCE_SIZE bytes that begins so and ends in i for the
 * i-th UUID or blob.
 */
#define REFERENCES	32
#define REFERENCE_WORD	0x72656600u	/* "ref", 0 */
#define REFERENCE_UUID	"the uuid numbe"
#define REFERENCE_BLOB	"the blob numbe"
#define REFERENCE_SIZE	15

/* One argument of a message, where it stands. */
struct item {
	const char *name;	/* in the schema, up to the colon */
	char letter;
	size_t at;		/* of its word, or of its length word */
	uint32_t word;		/* of u, U's lower; else the length */
	size_t len;		/* bytes in the message, all in all */
};
#define ITEMS_MAX	64

struct rpc_schema {
	uint32_t number;
	const char *name;
	const char *args;
	const char *results;
};
extern const struct rpc_schema rpc_schemas[];
extern const unsigned int rpc_schema_count;
const struct rpc_schema *rpc_schema_of(uint32_t number);

/*
 * The items of data that @schema (an args or results text) describes. Returns
 * how many there are; *whole tells whether data ends where the schema does.
 */
unsigned int items_of(const char *schema, const uint8_t *data, size_t len,
		      struct item items[ITEMS_MAX], bool *whole);
bool item_is(const struct item *item, const char *name);

/* Write arguments by @schema, values drawn by their names; see values.c. */
void values_put(struct xdr_writer *w, const char *schema, unsigned int *seed);
uint32_t value_word(const char *name, unsigned int *seed);
/* Opaque content; what is returned may be @buffer, of 256 bytes. */
const uint8_t *value_opaque(const char *name, unsigned int *seed,
			    uint8_t *buffer, size_t *len);
unsigned int draw(unsigned int *seed, unsigned int n);

#endif /* FUZZ_FRAMES_H */
