// SPDX-License-Identifier: MIT
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "progress.h"

#define STEP_NS	100000000
#define BAR	20		/* characters */

static pthread_t thread;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t wake;
static bool running, stop;
static char what_runs[160];
static uint64_t at_done, at_total;

static void later(struct timespec *t)
{
	t->tv_nsec += STEP_NS;
	if (t->tv_nsec >= 1000000000) {
		t->tv_nsec -= 1000000000;
		t->tv_sec++;
	}
}

/* "[####......]  40 %", or the next picture of a wheel. */
static void picture(unsigned int turn, char out[BAR + 16])
{
	double part = at_total ? (double)at_done / at_total : 0;
	char bar[BAR + 1];
	unsigned int i;

	if (!at_total) {
		snprintf(out, BAR + 16, "%c", "|/-\\"[turn & 3]);
		return;
	}
	for (i = 0; i < BAR; i++)
		bar[i] = i < part * BAR ? '#' : '.';
	bar[BAR] = 0;
	snprintf(out, BAR + 16, "[%s] %3.0f %%", bar, part * 100);
}

static void *show(void *unused)
{
	struct timespec start, next;
	char text[BAR + 16];
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
		picture(i++, text);
		fprintf(stderr, "\r%s %s %lld s", what_runs, text,
			(long long)(next.tv_sec - start.tv_sec));
	}
	pthread_mutex_unlock(&lock);
	if (i)
		fprintf(stderr, "\r%*s\r", (int)strlen(what_runs) + BAR + 30, "");
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
	at_done = at_total = 0;
	running = !pthread_create(&thread, NULL, show, NULL);
}

void progress_at(uint64_t done, uint64_t total)
{
	if (!running)
		return;
	pthread_mutex_lock(&lock);
	at_done = done < total ? done : total;
	at_total = total;
	pthread_mutex_unlock(&lock);
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
