// SPDX-License-Identifier: MIT
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "progress.h"

#define STEP_NS	100000000

static pthread_t thread;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t wake;
static bool running, stop;
static char what_runs[80];

static void later(struct timespec *t)
{
	t->tv_nsec += STEP_NS;
	if (t->tv_nsec >= 1000000000) {
		t->tv_nsec -= 1000000000;
		t->tv_sec++;
	}
}

static void *show(void *unused)
{
	struct timespec start, next;
	unsigned int i = 0;

	(void)unused;
	clock_gettime(CLOCK_MONOTONIC, &start);
	next = start;
	pthread_mutex_lock(&lock);
	while (!stop) {
		/* What is over at once leaves no trace. */
		later(&next);
		pthread_cond_timedwait(&wake, &lock, &next);
		if (stop)
			break;
		fprintf(stderr, "\r%s %c %lld s", what_runs, "|/-\\"[i++ & 3],
			(long long)(next.tv_sec - start.tv_sec));
	}
	pthread_mutex_unlock(&lock);
	if (i)
		fprintf(stderr, "\r%*s\r", (int)strlen(what_runs) + 20, "");
	return NULL;
}

void progress_start(const char *what)
{
	pthread_condattr_t attr;

	if (!isatty(STDERR_FILENO))
		return;
	snprintf(what_runs, sizeof(what_runs), "%s", what);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&wake, &attr);
	pthread_condattr_destroy(&attr);
	stop = false;
	running = !pthread_create(&thread, NULL, show, NULL);
}

void progress_stop(void)
{
	if (!running)
		return;
	pthread_mutex_lock(&lock);
	stop = true;
	pthread_cond_signal(&wake);
	pthread_mutex_unlock(&lock);
	pthread_join(thread, NULL);
	running = false;
}
