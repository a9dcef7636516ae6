/* SPDX-License-Identifier: MIT */
/*
 * The engine for CPUs with wide registers: the same computation in each of
 * their lanes, in the compiler's vector extensions. avx2.c and avx512.c
 * define LANES and include this.
 */
#ifndef CORES_SHA256_LANES_H
#define CORES_SHA256_LANES_H

#include "schedule.h"

typedef uint32_t vec __attribute__((vector_size(4 * LANES)));

#define INLINE	static inline __attribute__((always_inline))

INLINE vec ror(vec x, unsigned int by)
{
	return x >> by | x << (32 - by);
}

INLINE vec small_0(vec x)
{
	return ror(x, 7) ^ ror(x, 18) ^ x >> 3;
}

INLINE vec small_1(vec x)
{
	return ror(x, 17) ^ ror(x, 19) ^ x >> 10;
}

struct state {
	vec word[8];
};

/*
 * A round leaves its results where the next one looks for them, a place
 * further: the word that is h in round i is at (7 - i) & 7. @xored is a ^ b,
 * which the next round has as b ^ c.
 */
INLINE void one_round(struct state *s, vec *xored, vec w, unsigned int i)
{
	vec *word = s->word;
	vec a = word[(0 - i) & 7], b = word[(1 - i) & 7];
	vec e = word[(4 - i) & 7], f = word[(5 - i) & 7];
	vec g = word[(6 - i) & 7], *d = &word[(3 - i) & 7];
	vec *h = &word[(7 - i) & 7];
	vec ab = a ^ b;

	*h += w + sha256_k[i];
	*h += (ror(e, 6) ^ ror(e, 11) ^ ror(e, 25)) + (g ^ (e & (f ^ g)));
	*d += *h;
	*h += (ror(a, 2) ^ ror(a, 13) ^ ror(a, 22)) + (b ^ (ab & *xored));
	*xored = ab;
}

INLINE vec xored_at(const struct state *s, unsigned int i)
{
	return s->word[(1 - i) & 7] ^ s->word[(2 - i) & 7];
}

INLINE void add_first(struct state *s)
{
	for (unsigned int k = 0; k < 8; k++)
		s->word[k] += sha256_first[k];
}

/* --- blocks ---------------------------------------------------------------- */

INLINE void all_rounds(struct state *s, vec w[16])
{
	vec xored = xored_at(s, 0);

#pragma GCC unroll 64
	for (unsigned int i = 0; i < 64; i++) {
		if (i >= 16)
			w[i & 15] += small_0(w[(i + 1) & 15]) +
				     w[(i + 9) & 15] +
				     small_1(w[(i + 14) & 15]);
		one_round(s, &xored, w[i & 15], i);
	}
}

/* @count may be less than LANES: then the other lanes compute for nobody. */
SHA256_CLEAN static __attribute__((noinline)) void
compress_lanes(uint32_t (*state)[8], const uint8_t (*block)[64],
	       unsigned int count)
{
	struct state s, before;
	vec w[16];

	memset(&s, 0, sizeof(s));
	memset(w, 0, sizeof(w));
	for (unsigned int l = 0; l < count; l++) {
		for (unsigned int k = 0; k < 8; k++)
			s.word[k][l] = state[l][k];
		for (unsigned int k = 0; k < 16; k++)
			w[k][l] = get_be32(block[l] + 4 * k);
	}
	before = s;
	all_rounds(&s, w);
	for (unsigned int k = 0; k < 8; k++)
		s.word[k] += before.word[k];
	for (unsigned int l = 0; l < count; l++)
		for (unsigned int k = 0; k < 8; k++)
			state[l][k] = s.word[k][l];
}

/* So few that their own engine is faster. */
#define FEW	(LANES / 4)

static void compress(uint32_t (*state)[8], const uint8_t (*block)[64],
		     size_t count)
{
	for (; count > FEW; state += LANES, block += LANES) {
		unsigned int some = count < LANES ? count : LANES;

		compress_lanes(state, block, some);
		count -= some;
	}
	if (count)
		sha256_narrow()->compress(state, block, count);
}

/* --- chains ------------------------------------------------------------------ */

struct lanes {
	vec prefix[5];		/* words 0 to 4: I, q */
	vec i;			/* word 5 without j and the value: i << 16 */
	vec j;			/* j << 8 */
	vec value[8];
};

/* What follows from I and q alone, which stay. */
struct begun {
	struct state state;	/* after the first five rounds */
	vec word[4];		/* beginnings of the words 16 to 19 */
};

INLINE void begin(struct begun *b, const struct lanes *lanes, unsigned int n)
{
	const vec *w = lanes->prefix;
	const vec length = (vec){ 0 } + 8 * (23 + n);
	vec xored;

	memset(&b->state, 0, sizeof(b->state));
	add_first(&b->state);
	xored = xored_at(&b->state, 0);
#pragma GCC unroll 5
	for (unsigned int i = 0; i < 5; i++)
		one_round(&b->state, &xored, w[i], i);
	b->word[0] = w[0] + small_0(w[1]);	/* word 14 is 0 */
	b->word[1] = w[1] + small_0(w[2]) + small_1(length);
	b->word[2] = w[2] + small_0(w[3]);
	b->word[3] = w[3] + small_0(w[4]);
}

/*
 * The block: words 0 to 3 as the beginnings of 16 to 19, as they are not needed
 * otherwise any more; then q | prefix[20, 22) | j | value | 0x80 .. | length
 */
INLINE void block_words(vec w[16], const struct begun *b,
			const struct lanes *lanes, unsigned int n)
{
	const vec *value = lanes->value;
	unsigned int last = n / 4;

	memcpy(w, b->word, sizeof(b->word));
	w[4] = lanes->prefix[4];
	w[5] = lanes->i | lanes->j | value[0] >> 24;
#pragma GCC unroll 8
	for (unsigned int k = 1; k < last; k++)
		w[5 + k] = value[k - 1] << 8 | value[k] >> 24;
	w[5 + last] = value[last - 1] << 8 | 0x80;
#pragma GCC unroll 8
	for (unsigned int k = 6 + last; k < 16; k++)
		w[k] = (vec){ 0 };
	w[15] += 8 * (23 + n);
}

INLINE vec next_word(const vec w[16], unsigned int i)
{
	vec word = w[i & 15] + w[(i + 9) & 15];

	/* words 1 to 4, 14 and 15 are in the beginnings */
	if (i >= 20)
		word += small_0(w[(i + 1) & 15]);
	if (i >= 18)
		word += small_1(w[(i + 14) & 15]);
	return word;
}

INLINE void one_step(struct lanes *lanes, const struct begun *b,
		     unsigned int n)
{
	struct state s = b->state;
	vec xored = xored_at(&s, 5);
	vec w[16];

	block_words(w, b, lanes, n);
	lanes->j = (lanes->j + 0x100) & 0xff00;
#pragma GCC unroll 64
	for (unsigned int i = 5; i < 64; i++) {
		if (i >= 16)
			w[i & 15] = next_word(w, i);
		one_round(&s, &xored, w[i & 15], i);
	}
	add_first(&s);
	for (unsigned int k = 0; k < n / 4; k++)
		lanes->value[k] = s.word[k];
}

SHA256_CLEAN static __attribute__((noinline)) void
run_32(struct lanes *lanes, unsigned int steps)
{
	struct begun b;

	begin(&b, lanes, 32);
	do
		one_step(lanes, &b, 32);
	while (--steps);
}

SHA256_CLEAN static __attribute__((noinline)) void
run_24(struct lanes *lanes, unsigned int steps)
{
	struct begun b;

	begin(&b, lanes, 24);
	do
		one_step(lanes, &b, 24);
	while (--steps);
}

INLINE void lane_run(void *data, unsigned int active, unsigned int steps,
		     unsigned int n)
{
	(void)active;	/* all lanes cost as much as one */
	if (n == 32)
		run_32(data, steps);
	else
		run_24(data, steps);
}

INLINE void lane_load(void *data, unsigned int l,
		      const struct sha256_chain *chain, unsigned int n)
{
	struct lanes *lanes = data;
	const uint8_t *prefix = chain->prefix;

	for (unsigned int k = 0; k < 5; k++)
		lanes->prefix[k][l] = get_be32(prefix + 4 * k);
	lanes->i[l] = (uint32_t)prefix[20] << 24 | (uint32_t)prefix[21] << 16;
	lanes->j[l] = (uint32_t)chain->first << 8;
	for (unsigned int k = 0; k < n / 4; k++)
		lanes->value[k][l] = get_be32(chain->value + 4 * k);
}

INLINE void lane_store(const void *data, unsigned int l, uint8_t *value,
		       unsigned int n)
{
	const struct lanes *lanes = data;

	for (unsigned int k = 0; k < n / 4; k++)
		put_be32(value + 4 * k, lanes->value[k][l]);
}

INLINE void lane_move(void *data, unsigned int to, unsigned int from)
{
	struct lanes *lanes = data;

	for (unsigned int k = 0; k < 5; k++)
		lanes->prefix[k][to] = lanes->prefix[k][from];
	lanes->i[to] = lanes->i[from];
	lanes->j[to] = lanes->j[from];
	for (unsigned int k = 0; k < 8; k++)
		lanes->value[k][to] = lanes->value[k][from];
}

static const struct schedule_ops ops = {
	.lanes = LANES,
	.few = FEW,
	.load = lane_load,
	.store = lane_store,
	.move = lane_move,
	.run = lane_run,
};

SHA256_CLEAN static void chains(const struct sha256_chain *chains,
				size_t count, unsigned int n)
{
	struct lanes lanes;

	/* lanes that get no chain compute for nobody */
	memset(&lanes, 0, sizeof(lanes));
	if (n == 32)
		schedule_chains(&ops, &lanes, chains, count, 32);
	else
		schedule_chains(&ops, &lanes, chains, count, 24);
	core_wipe(&lanes, sizeof(lanes));
}

#endif /* CORES_SHA256_LANES_H */
