// SPDX-License-Identifier: MIT
/*
 * Random words of the shared memory changed under the feet of both sides.
 * Half of the changes go to pages and rings, where they hurt, half to the
 * messages.
 */
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "../../firmware/platform/sim/container.h"
#include "../../firmware/platform/sim/log.h"
#include "fakehsm.h"

#define TICK_NS		1000000
#define STORM_FLIPS	8	/* a tick */
#define CALM_TICKS	32	/* a flip */

struct region {
	uint32_t offset;
	uint32_t size;
};

#define PAGE		0x1000
#define SLOTS_SIZE	(CRYPTECH_MAILBOX_SLOTS * CRYPTECH_MAILBOX_SLOT_SIZE)

/* Of the pages only what has a meaning, else most changes would be lost. */
static const struct region regions[2][3] = {
	[SIDE_HSM] = {
		{ CRYPTECH_MAILBOX_HSM, sizeof(struct cryptech_mailbox_hsm) },
		{ CRYPTECH_MAILBOX_COMPLETIONS, PAGE },
		{ CRYPTECH_MAILBOX_REPLY_SLOTS, SLOTS_SIZE },
	},
	[SIDE_HOST] = {
		{ CRYPTECH_MAILBOX_HOST, sizeof(struct cryptech_mailbox_host) },
		{ CRYPTECH_MAILBOX_REQUESTS, PAGE },
		{ CRYPTECH_MAILBOX_REQUEST_SLOTS, SLOTS_SIZE },
	},
};

/* xorshift64*: any run can be repeated from its seed. */
static uint64_t draw(struct fake *fake)
{
	fake->seed ^= fake->seed >> 12;
	fake->seed ^= fake->seed << 25;
	fake->seed ^= fake->seed >> 27;
	return fake->seed * 0x2545f4914f6cdd1dull;
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ull + now.tv_nsec;
}

static void flip(struct fake *fake)
{
	enum side side = fake->side == SIDE_ALL ? draw(fake) >> 32 & 1 :
						  fake->side;
	uint64_t kind = (draw(fake) >> 32) % 4;	/* 0, 1, and 2 or 3 */
	const struct region *r = &regions[side][kind < 2 ? kind : 2];
	uint32_t at = r->offset + (draw(fake) >> 32) % (r->size / 4) * 4;
	uint32_t *word = (uint32_t *)(fake->mailbox->memory + at);
	uint64_t random = draw(fake) >> 16;

	if (random >> 32 & 1)	/* one bit, else the whole word */
		__atomic_fetch_xor(word, 1u << random % 32, __ATOMIC_RELAXED);
	else
		__atomic_store_n(word, random, __ATOMIC_RELAXED);
	fake->flips++;
}

/*
 * One second of four a storm, in which nothing stays what it is; else so
 * little that most calls are answered.
 */
static void flip_some(struct fake *fake)
{
	uint64_t left_s = (fake->flip_until_ns - now_ns()) / 1000000000;

	if (left_s % 4 == 3)
		for (int i = 0; i < STORM_FLIPS; i++)
			flip(fake);
	else if ((draw(fake) >> 32) % CALM_TICKS == 0)
		flip(fake);
}

static void flip_ready(struct source *source, uint32_t events)
{
	struct fake *fake = container_of(source, struct fake, flip_timer);

	(void)events;
	event_clear(source->fd);
	if (now_ns() < fake->flip_until_ns) {
		flip_some(fake);
		return;
	}
	loop_remove(&fake->loop, source);
	close(source->fd);
	fake->behaviour = FAKE_WELL;
	sim_log("flip: done, %lu words changed", fake->flips);
}

void flip_start(struct fake *fake)
{
	const struct itimerspec tick = {
		.it_interval.tv_nsec = TICK_NS, .it_value.tv_nsec = TICK_NS,
	};

	if (fake->flip_until_ns)
		return;		/* the host has attached once more */
	fake->flip_until_ns = now_ns() + fake->flip_seconds * 1000000000ull;
	fake->flip_timer.ready = flip_ready;
	fake->flip_timer.fd = timerfd_create(CLOCK_MONOTONIC,
					     TFD_CLOEXEC | TFD_NONBLOCK);
	if (fake->flip_timer.fd < 0 ||
	    timerfd_settime(fake->flip_timer.fd, 0, &tick, NULL) ||
	    loop_add(&fake->loop, &fake->flip_timer, EPOLLIN))
		sim_log_errno("flip: cannot start");
	else
		sim_log("flip: changing words for %lu s", fake->flip_seconds);
}
