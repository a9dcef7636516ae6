/* SPDX-License-Identifier: MIT */
/*
 * How long calls took: counted in buckets 3 % wide, so that processes can add
 * theirs up, and the longest exactly.
 */
#ifndef BENCH_LATENCY_H
#define BENCH_LATENCY_H

#include <stdint.h>
#include <stdio.h>

#define LATENCY_STEPS	32		/* of each power of two */
#define LATENCY_BUCKETS	(40 * LATENCY_STEPS)

struct latency {
	uint64_t count[LATENCY_BUCKETS];
	uint64_t sum;
	uint64_t max;			/* ns */
};

/* The bucket of a time in ns: its highest bit, and the five after it. */
static inline unsigned int latency_bucket(uint64_t ns)
{
	unsigned int bit, at;

	if (ns < LATENCY_STEPS)
		return ns;
	bit = 63 - __builtin_clzll(ns);
	at = (bit - 4) * LATENCY_STEPS + (ns >> (bit - 5)) % LATENCY_STEPS;
	return at < LATENCY_BUCKETS ? at : LATENCY_BUCKETS - 1;
}

/* The most that a bucket holds, in ns. */
static inline uint64_t latency_most(unsigned int at)
{
	unsigned int bit = at / LATENCY_STEPS + 4;

	if (at < LATENCY_STEPS)
		return at;
	return ((LATENCY_STEPS + at % LATENCY_STEPS + 1ull) << (bit - 5)) - 1;
}

static inline void latency_add(struct latency *l, double seconds)
{
	uint64_t ns = seconds > 0 ? seconds * 1e9 : 0;

	l->count[latency_bucket(ns)]++;
	l->sum++;
	if (ns > l->max)
		l->max = ns;
}

static inline void latency_join(struct latency *to, const struct latency *from)
{
	for (unsigned int i = 0; i < LATENCY_BUCKETS; i++)
		to->count[i] += from->count[i];
	to->sum += from->sum;
	if (from->max > to->max)
		to->max = from->max;
}

/* What @share of all calls kept to, in microseconds. */
static inline double latency_share(const struct latency *l, double share)
{
	uint64_t passed = 0;
	unsigned int i;

	for (i = 0; i < LATENCY_BUCKETS; i++) {
		passed += l->count[i];
		if (passed >= share * l->sum)
			break;
	}
	if (i == LATENCY_BUCKETS || latency_most(i) > l->max)
		return l->max / 1e3;
	return latency_most(i) / 1e3;
}

/* p50, p90, p99, p99.9 and the longest, in microseconds, with blanks before. */
static inline void latency_print(const struct latency *l)
{
	printf(" %.1f %.1f %.1f %.1f %.1f", latency_share(l, 0.5),
	       latency_share(l, 0.9), latency_share(l, 0.99),
	       latency_share(l, 0.999), l->max / 1e3);
}

#endif /* BENCH_LATENCY_H */
