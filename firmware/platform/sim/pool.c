// SPDX-License-Identifier: MIT
#include "pool.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "container.h"

/* Patient threads give way to the others (nice value). */
#define PATIENT_NICE	5
/* More than libcrypto needs for any key it can make. */
#define STACK_SIZE	(1024 * 1024)

struct queue {
	struct pool *pool;
	struct job *first;
	struct job **last;
	pthread_cond_t filled;
	int nice;
};

struct pool {
	struct loop *loop;
	struct source finished;		/* raised when `done` has jobs */
	pthread_mutex_t lock;		/* guards all below */
	pthread_cond_t ended;		/* a thread has ended */
	struct queue queue[2];		/* work, patient */
	struct job *done;		/* newest first */
	unsigned int serving;		/* threads that have not ended */
	bool stopping;

	unsigned int threads;		/* the loop's thread's alone */
	pthread_t thread[POOL_THREADS_MAX];
};

static struct job *queue_get(struct queue *queue)
{
	struct job *job = queue->first;

	queue->first = job->next;
	if (!queue->first)
		queue->last = &queue->first;
	return job;
}

static void *serve(void *arg)
{
	struct queue *queue = arg;
	struct pool *pool = queue->pool;

	if (queue->nice)	/* Linux: of this thread alone */
		setpriority(PRIO_PROCESS, syscall(SYS_gettid), queue->nice);
	pthread_mutex_lock(&pool->lock);
	for (;;) {
		struct job *job;
		bool tell;

		while (!pool->stopping && !queue->first)
			pthread_cond_wait(&queue->filled, &pool->lock);
		if (pool->stopping)
			break;
		job = queue_get(queue);
		pthread_mutex_unlock(&pool->lock);
		tell = job->done != NULL;
		job->run(job);
		pthread_mutex_lock(&pool->lock);
		if (!tell)
			continue;
		job->next = pool->done;
		pool->done = job;
		event_raise(pool->finished.fd);
	}
	pool->serving--;
	pthread_cond_signal(&pool->ended);
	pthread_mutex_unlock(&pool->lock);
	return NULL;
}

/* In the loop's thread: call done() of whatever has finished. */
static void finish(struct source *source, uint32_t events)
{
	struct pool *pool = container_of(source, struct pool, finished);
	struct job *job, *next;

	(void)events;
	event_clear(source->fd);
	pthread_mutex_lock(&pool->lock);
	job = pool->done;
	pool->done = NULL;
	pthread_mutex_unlock(&pool->lock);
	for (; job; job = next) {
		next = job->next;
		job->done(job);
	}
}

static int start_threads(struct queue *queue, unsigned int n)
{
	struct pool *pool = queue->pool;
	pthread_attr_t attr;
	int err = 0;

	if (n > POOL_THREADS_MAX - pool->threads)
		return EINVAL;
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_SIZE);
	for (; n && !err; n--) {
		pthread_mutex_lock(&pool->lock);
		err = pthread_create(&pool->thread[pool->threads], &attr,
				     serve, queue);
		pool->serving += !err;
		pthread_mutex_unlock(&pool->lock);
		pool->threads += !err;
	}
	pthread_attr_destroy(&attr);
	return err;
}

static void pool_free(struct pool *pool)
{
	/* They have ended, but for what libraries do at the end of a thread. */
	for (unsigned int i = 0; i < pool->threads; i++)
		pthread_join(pool->thread[i], NULL);
	if (pool->finished.fd >= 0) {
		loop_remove(pool->loop, &pool->finished);
		close(pool->finished.fd);
	}
	free(pool);
}

struct pool *pool_start(struct loop *loop, unsigned int work,
			unsigned int patient)
{
	struct pool *pool = calloc(1, sizeof(*pool));
	pthread_condattr_t monotonic;
	int err;

	if (!pool)
		return NULL;
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&pool->ended, &monotonic);
	pthread_condattr_destroy(&monotonic);
	pthread_mutex_init(&pool->lock, NULL);
	for (int i = 0; i < 2; i++) {
		pool->queue[i].pool = pool;
		pool->queue[i].last = &pool->queue[i].first;
		pool->queue[i].nice = i ? PATIENT_NICE : 0;
		pthread_cond_init(&pool->queue[i].filled, NULL);
	}
	pool->loop = loop;
	pool->finished.ready = finish;
	pool->finished.fd = event_new();
	if (pool->finished.fd < 0 ||
	    loop_add(loop, &pool->finished, EPOLLIN)) {
		err = errno;
		goto fail;
	}
	err = start_threads(&pool->queue[0], work);
	if (!err)
		err = start_threads(&pool->queue[1], patient);
	if (!err)
		return pool;
fail:
	pool_stop(pool, 1000);
	errno = err;
	return NULL;
}

void pool_submit(struct pool *pool, enum cryptech_cost cost, struct job *job)
{
	struct queue *queue = &pool->queue[cost == CRYPTECH_COST_LONG];

	pthread_mutex_lock(&pool->lock);
	job->next = NULL;
	*queue->last = job;
	queue->last = &job->next;
	pthread_cond_signal(&queue->filled);
	pthread_mutex_unlock(&pool->lock);
}

bool pool_stop(struct pool *pool, unsigned int ms)
{
	struct timespec until;
	bool all_ended;
	int err = 0;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += ms / 1000;
	until.tv_nsec += ms % 1000 * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000;
	}

	pthread_mutex_lock(&pool->lock);
	pool->stopping = true;
	pthread_cond_broadcast(&pool->queue[0].filled);
	pthread_cond_broadcast(&pool->queue[1].filled);
	while (pool->serving && !err)
		err = pthread_cond_timedwait(&pool->ended, &pool->lock, &until);
	all_ended = !pool->serving;
	pthread_mutex_unlock(&pool->lock);

	finish(&pool->finished, 0);
	if (all_ended)
		pool_free(pool);
	return all_ended;
}
