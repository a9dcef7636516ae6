/* SPDX-License-Identifier: MIT */
#ifndef FAKEHSM_H
#define FAKEHSM_H

#include "../../firmware/platform/sim/keeper.h"
#include "../../firmware/platform/sim/loop.h"
#include "../../firmware/platform/sim/mailbox.h"

#define FAKE_HELD_MAX	(4 * CRYPTECH_MAILBOX_SLOTS)

enum behaviour {
	FAKE_WELL, FAKE_REVERSE, FAKE_MUTE, FAKE_STOP_HEART, FAKE_LATE,
	FAKE_LIE, FAKE_FLIP, FAKE_ECHO,
};

/* In the order of the words on the command line. */
enum lie { LIE_LENGTH, LIE_SLOT, LIE_CALL, LIE_SEQ };
enum side { SIDE_HSM, SIDE_HOST, SIDE_ALL };

/* A call that was taken and not answered. */
struct held {
	struct mailbox_call *call;	/* still its own only in its run */
	uint64_t run;
	uint64_t number;
	uint32_t slot;
};

struct fake {
	const char *path;
	struct loop loop;
	struct mailbox *mailbox;
	enum behaviour behaviour;
	enum lie lie;
	unsigned int reverse;
	bool heart_stopped;

	/* flip.c */
	unsigned long flip_seconds;
	uint64_t seed;
	enum side side;
	struct source flip_timer;
	uint64_t flip_until_ns;
	unsigned long flips;

	unsigned int held_count;
	struct held held[FAKE_HELD_MAX];
};

/* The function of a request (which has 8 bytes at least), and its client. */
uint32_t request_function(const uint8_t *request);
uint32_t request_client(const uint8_t *request);

/* Writes the reply, up to CRYPTECH_RPC_MESSAGE_MAX bytes; returns its
 * length. */
size_t canned_reply(const uint8_t *request, size_t len, uint8_t *reply);

/* Change random words from now on for fake->flip_seconds, once. */
void flip_start(struct fake *fake);

#endif /* FAKEHSM_H */
