/* SPDX-License-Identifier: MIT */
/*
 * Threads for work that nobody's call needs at once: as many as there are
 * cores, and behind everything else that wants a core.
 */
#ifndef SIM_BACKGROUND_H
#define SIM_BACKGROUND_H

struct background;

#define BACKGROUND_THREADS_MAX	64

/* NULL with errno set. */
struct background *background_start(unsigned int threads);
/* Run work(arg) on one of them. -1: no memory. Any thread may ask. */
int background_run(struct background *background, void (*work)(void *arg),
		   void *arg);
/* Nothing waits or runs any more, or will: end the threads. NULL is fine. */
void background_stop(struct background *background);

#endif /* SIM_BACKGROUND_H */
