/* SPDX-License-Identifier: MIT */
/*
 * An HSM in a box, for tests: flash in memory, a clock that stands still until
 * it is told to go, a master key memory, and calls made from a line of code.
 */
#ifndef TESTS_HSM_BOX_H
#define TESTS_HSM_BOX_H

#include <cryptech/xdr.h>

#include "../hsm/hsm.h"
#include "../keystore/keystore.h"

#define BOX_SECOND	1000000000ull

struct box {
	struct hsm *hsm;
	struct hsm_config config;	/* for the next start */
	struct platform platform;
	uint64_t now;			/* ns */
	bool has_master_key;
	uint8_t master_key[MASTER_KEY_SIZE];
	char factory_pin[80];		/* "" when taken away */
	char log[256];			/* the last line */
	unsigned int port;		/* that ask() calls on */
	uint8_t reply[CRYPTECH_RPC_MESSAGE_MAX];
	size_t reply_len;
	struct xdr_reader results;	/* of the last call */
};

/* A box of blank flash and no master key; @flash must outlive it. */
void box_init(struct box *box, struct flash *flash);
/* Start or start again, with box->config. False if the HSM refuses. */
bool box_start(struct box *box);
void box_stop(struct box *box);
/* Stop and start: everything in memory is lost. */
bool box_restart(struct box *box);
/* A fresh HSM has started: set wheel, so and user PIN to these. */
#define BOX_WHEEL	"wheel-pin"
#define BOX_SO		"so-pin-so"
#define BOX_USER	"user"
bool box_init_pins(struct box *box);

/*
 * One call by client @word: @letters say what follows, u: unsigned int, U:
 * unsigned long long, s: a string as opaque, o: pointer and size_t as opaque.
 * Returns the reply's error, with the results in box->results; -1 if there
 * was no reply, or one that breaks the protocol.
 */
int ask(struct box *box, uint32_t word, uint32_t function,
	const char *letters, ...);
/* The same, the request as it stands. */
int ask_raw(struct box *box, const void *request, size_t len);

/* Log @word in as a CRYPTECH_USER_ with box_init_pins' PIN. The error. */
int box_login(struct box *box, uint32_t word, uint32_t user);

/* One value of STATUS. */
uint64_t box_status(struct box *box, uint32_t tag);

/* Stop it and take a record out of its flash: that of this name, or (NULL) the
 * first of the class. */
bool box_take_away(struct box *box, enum ks_class class, const char *text);

#endif /* TESTS_HSM_BOX_H */
