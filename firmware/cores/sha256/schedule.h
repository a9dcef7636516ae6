/* SPDX-License-Identifier: MIT */
/*
 * Chains of unequal length in a few lanes: the longest first, and whenever
 * one ends, the next takes its lane. So lanes run empty only at the very end,
 * and then the chains that are left are short.
 *
 * An engine includes this and calls schedule_chains() with constant operations,
 * which the compiler sees through: nothing is called by pointer.
 */
#ifndef CORES_SHA256_SCHEDULE_H
#define CORES_SHA256_SCHEDULE_H

#include "internal.h"

struct schedule_ops {
	unsigned int lanes;
	/* So few chains, at the end, are given to sha256_narrow(). */
	unsigned int few;
	/* A chain into a lane and its value, as it is by now, out of it. */
	void (*load)(void *data, unsigned int lane,
		     const struct sha256_chain *chain, unsigned int n);
	void (*store)(const void *data, unsigned int lane, uint8_t *value,
		      unsigned int n);
	void (*move)(void *data, unsigned int to, unsigned int from);
	/* @steps (1 or more) steps of the first @active lanes. */
	void (*run)(void *data, unsigned int active, unsigned int steps,
		    unsigned int n);
};

/* Chains that are sorted at once, for a place on the stack. */
#define SCHEDULE_MAX	320
#define SCHEDULE_STEPS	256

struct schedule {
	const struct sha256_chain *chains;
	uint16_t order[SCHEDULE_MAX];	/* longest first */
	unsigned int next, count;	/* in order[] */
	unsigned int active;
	uint16_t who[SHA256_LANES_MAX];
	uint16_t left[SHA256_LANES_MAX];
};

/* Longest first, and those of no steps left out. */
static inline void schedule_sort(struct schedule *s, unsigned int count)
{
	uint16_t at[SCHEDULE_STEPS + 1];
	unsigned int most = 0, sum = 0;

	for (unsigned int i = 0; i < count; i++)
		if (s->chains[i].steps > most)
			most = s->chains[i].steps;
	memset(at, 0, (most + 1) * sizeof(*at));
	for (unsigned int i = 0; i < count; i++)
		at[s->chains[i].steps]++;
	for (unsigned int steps = most; steps; steps--) {
		unsigned int these = at[steps];

		at[steps] = sum;
		sum += these;
	}
	s->count = sum;
	for (unsigned int i = 0; i < count; i++)
		if (s->chains[i].steps)
			s->order[at[s->chains[i].steps]++] = i;
}

static inline __attribute__((always_inline)) void
schedule_load(struct schedule *s, const struct schedule_ops *ops, void *data,
	      unsigned int lane, unsigned int n)
{
	unsigned int who = s->order[s->next++];

	s->who[lane] = who;
	s->left[lane] = s->chains[who].steps;
	ops->load(data, lane, &s->chains[who], n);
}

/* The lanes whose chains have ended get others, or are closed up. */
static inline __attribute__((always_inline)) void
schedule_turn(struct schedule *s, const struct schedule_ops *ops, void *data,
	      unsigned int steps, unsigned int n)
{
	unsigned int lane = 0;

	while (lane < s->active) {
		s->left[lane] -= steps;
		if (s->left[lane]) {
			lane++;
			continue;
		}
		ops->store(data, lane, s->chains[s->who[lane]].value, n);
		if (s->next < s->count) {
			schedule_load(s, ops, data, lane++, n);
		} else if (lane != --s->active) {
			/* looked at in its new place */
			ops->move(data, lane, s->active);
			s->who[lane] = s->who[s->active];
			s->left[lane] = s->left[s->active];
		}
	}
}

/* The last few chains, as far as they are, by another engine. */
static inline __attribute__((always_inline)) void
schedule_rest(struct schedule *s, const struct schedule_ops *ops, void *data,
	      unsigned int n)
{
	struct sha256_chain rest[SHA256_LANES_MAX];

	for (unsigned int lane = 0; lane < s->active; lane++) {
		const struct sha256_chain *chain = &s->chains[s->who[lane]];

		ops->store(data, lane, chain->value, n);
		rest[lane] = *chain;
		rest[lane].steps = s->left[lane];
		rest[lane].first += chain->steps - s->left[lane];
	}
	sha256_narrow()->chains(rest, s->active, n);
}

static inline unsigned int schedule_least(const struct schedule *s)
{
	unsigned int least = s->left[0];

	for (unsigned int lane = 1; lane < s->active; lane++)
		if (s->left[lane] < least)
			least = s->left[lane];
	return least;
}

/* @data is the lanes; the caller wipes them. @n is a constant. */
static inline __attribute__((always_inline)) void
schedule_chains(const struct schedule_ops *ops, void *data,
		const struct sha256_chain *chains, size_t count,
		unsigned int n)
{
	struct schedule s;

	for (size_t done = 0; done < count; done += SCHEDULE_MAX) {
		s.chains = chains + done;
		s.next = 0;
		schedule_sort(&s, count - done < SCHEDULE_MAX ? count - done :
							       SCHEDULE_MAX);
		for (s.active = 0; s.active < ops->lanes &&
				   s.next < s.count; s.active++)
			schedule_load(&s, ops, data, s.active, n);
		while (s.active > ops->few || (s.active && s.next < s.count)) {
			unsigned int steps = schedule_least(&s);

			ops->run(data, s.active, steps, n);
			schedule_turn(&s, ops, data, steps, n);
		}
		if (s.active)
			schedule_rest(&s, ops, data, n);
	}
}

#endif /* CORES_SHA256_SCHEDULE_H */
