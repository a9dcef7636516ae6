/* SPDX-License-Identifier: MIT */
/*
 * The event loop: one thread that waits for descriptors and calls whoever
 * watches them. All functions are for that thread alone, unless said.
 */
#ifndef SIM_LOOP_H
#define SIM_LOOP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>

/* Events that are fetched at once. */
#define LOOP_BATCH	64

struct loop {
	int epoll;
	bool stop;		/* set it, and loop_run returns */
	int next, count;	/* of what follows: still to be told */
	struct epoll_event batch[LOOP_BATCH];
};

/* A watched descriptor; part of whatever object the watcher keeps. */
struct source {
	int fd;
	uint32_t events;	/* the loop's: what is watched for */
	/* Called with EPOLL bits. It may remove and free any source, its own
	 * too. */
	void (*ready)(struct source *source, uint32_t events);
};

/* 0, or -1 with errno set. */
int loop_init(struct loop *loop);
void loop_close(struct loop *loop);
/* Watch @source->fd for EPOLL bits (level triggered; errors and hang-up are
 * reported even when none is asked for). 0, or -1 with errno set. */
int loop_add(struct loop *loop, struct source *source, uint32_t events);
/* Watch it for these bits from now on; costs nothing if it is already. */
void loop_change(struct loop *loop, struct source *source, uint32_t events);
void loop_remove(struct loop *loop, struct source *source);
/* Serve until somebody sets ->stop. 0, or -1 if waiting itself failed. */
int loop_run(struct loop *loop);

/* An event counter (eventfd): made non-blocking; -1 with errno set. */
int event_new(void);
/* Raise it: its descriptor becomes readable. Any thread. */
void event_raise(int fd);
/* Take it back to zero. True if it was raised. */
bool event_clear(int fd);

#endif /* SIM_LOOP_H */
