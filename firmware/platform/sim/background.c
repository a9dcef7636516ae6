// SPDX-License-Identifier: MIT
#include "background.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * Not the lowest there is: the HSM's lock is taken now and then, and whoever
 * holds it must get on even when all cores are busy.
 */
#define BACKGROUND_NICE	10
#define STACK_SIZE	(1024 * 1024)

struct piece {
	struct piece *next;
	void (*work)(void *arg);
	void *arg;
};

struct background {
	pthread_mutex_t lock;		/* guards all below */
	pthread_cond_t filled;
	struct piece *first;
	struct piece **last;
	bool stopping;

	unsigned int threads;
	pthread_t thread[BACKGROUND_THREADS_MAX];
};

static struct piece *get(struct background *background)
{
	struct piece *piece = background->first;

	background->first = piece->next;
	if (!background->first)
		background->last = &background->first;
	return piece;
}

static void give_way(void)
{
	const struct sched_param param = { 0 };

	/* Linux: both are of this thread alone. */
	pthread_setschedparam(pthread_self(), SCHED_BATCH, &param);
	setpriority(PRIO_PROCESS, syscall(SYS_gettid), BACKGROUND_NICE);
}

static void *serve(void *arg)
{
	struct background *background = arg;
	struct piece *piece;

	give_way();
	pthread_mutex_lock(&background->lock);
	for (;;) {
		while (!background->first && !background->stopping)
			pthread_cond_wait(&background->filled,
					  &background->lock);
		if (!background->first)
			break;
		piece = get(background);
		pthread_mutex_unlock(&background->lock);
		piece->work(piece->arg);
		free(piece);
		pthread_mutex_lock(&background->lock);
	}
	pthread_mutex_unlock(&background->lock);
	return NULL;
}

struct background *background_start(unsigned int threads)
{
	struct background *background = calloc(1, sizeof(*background));
	pthread_attr_t attr;
	int err = 0;

	if (!background)
		return NULL;
	if (threads > BACKGROUND_THREADS_MAX)
		threads = BACKGROUND_THREADS_MAX;
	pthread_mutex_init(&background->lock, NULL);
	pthread_cond_init(&background->filled, NULL);
	background->last = &background->first;
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_SIZE);
	while (background->threads < threads && !err) {
		err = pthread_create(&background->thread[background->threads],
				     &attr, serve, background);
		background->threads += !err;
	}
	pthread_attr_destroy(&attr);
	if (!err)
		return background;
	background_stop(background);
	errno = err;
	return NULL;
}

int background_run(struct background *background, void (*work)(void *arg),
		   void *arg)
{
	struct piece *piece = malloc(sizeof(*piece));

	if (!piece)
		return -1;
	*piece = (struct piece){ .work = work, .arg = arg };
	pthread_mutex_lock(&background->lock);
	*background->last = piece;
	background->last = &piece->next;
	pthread_cond_signal(&background->filled);
	pthread_mutex_unlock(&background->lock);
	return 0;
}

void background_stop(struct background *background)
{
	if (!background)
		return;
	pthread_mutex_lock(&background->lock);
	background->stopping = true;
	pthread_cond_broadcast(&background->filled);
	pthread_mutex_unlock(&background->lock);
	for (unsigned int i = 0; i < background->threads; i++)
		pthread_join(background->thread[i], NULL);
	pthread_cond_destroy(&background->filled);
	pthread_mutex_destroy(&background->lock);
	free(background);
}
