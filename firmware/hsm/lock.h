/* SPDX-License-Identifier: MIT */
/*
 * The HSM's one lock. Everything about threads that the HSM proper knows is
 * here, so that a board without threads replaces this file alone (there a
 * lock does nothing, and nobody ever has to wait).
 */
#ifndef HSM_LOCK_H
#define HSM_LOCK_H

#include <pthread.h>

struct lock {
	pthread_mutex_t mutex;
	pthread_cond_t changed;
};

static inline void lock_init(struct lock *lock)
{
	pthread_mutex_init(&lock->mutex, NULL);
	pthread_cond_init(&lock->changed, NULL);
}

static inline void lock_destroy(struct lock *lock)
{
	pthread_cond_destroy(&lock->changed);
	pthread_mutex_destroy(&lock->mutex);
}

static inline void lock_take(struct lock *lock)
{
	pthread_mutex_lock(&lock->mutex);
}

static inline void lock_drop(struct lock *lock)
{
	pthread_mutex_unlock(&lock->mutex);
}

/* Lock held: drop it until somebody calls lock_wake, then take it again. */
static inline void lock_wait(struct lock *lock)
{
	pthread_cond_wait(&lock->changed, &lock->mutex);
}

/* Lock held: all who wait look at their condition again. */
static inline void lock_wake(struct lock *lock)
{
	pthread_cond_broadcast(&lock->changed);
}

#endif /* HSM_LOCK_H */
