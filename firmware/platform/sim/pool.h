/* SPDX-License-Identifier: MIT */
/*
 * Threads for calls: some for work of milliseconds, others for work of
 * seconds, so that the latter never holds up the former.
 */
#ifndef SIM_POOL_H
#define SIM_POOL_H

#include <cryptech/rpc.h>

#include "loop.h"

/* A piece of work; part of its owner's object. */
struct job {
	struct job *next;	/* the pool's */
	/* In a thread of the pool. */
	void (*run)(struct job *job);
	/*
	 * Then, in the loop's thread; the job may be used anew. May be NULL:
	 * then the pool does not touch the job once run() was called, and
	 * run() itself may give it away.
	 */
	void (*done)(struct job *job);
};

struct pool;

#define POOL_THREADS_MAX	128

/* @work threads for CRYPTECH_COST_WORK, @patient ones for COST_LONG, with
 * done() called from @loop; together at most POOL_THREADS_MAX. NULL with errno
 * set. */
struct pool *pool_start(struct loop *loop, unsigned int work,
			unsigned int patient);
/* Any thread. INLINE is taken as WORK. */
void pool_submit(struct pool *pool, enum cryptech_cost cost, struct job *job);
/*
 * No new work is begun; jobs that wait are forgotten, neither run nor done.
 * Waits until those that run have ended, at most @ms milliseconds, and calls
 * their done(). True: all have ended and the pool is freed. False: some have
 * not, and the pool lives on.
 */
bool pool_stop(struct pool *pool, unsigned int ms);

#endif /* SIM_POOL_H */
