// SPDX-License-Identifier: MIT
/*
 * The engine for CPUs with SHA instructions. One computation waits most of the
 * time for the result of its last instruction, so four are interleaved.
 *
 * The instructions keep the state as (a, b, e, f) and (c, d, g, h), the first
 * word in the highest place of the register.
 */
#include "schedule.h"

#include <cpuid.h>
#include <immintrin.h>

#define LANES	4

static bool usable(void)
{
	unsigned int a, b, c, d;

	return __builtin_cpu_supports("sse4.1") &&
	       __builtin_cpu_supports("ssse3") &&
	       __get_cpuid_count(7, 0, &a, &b, &c, &d) && b & bit_SHA;
}

struct state {
	__m128i abef, cdgh;
};

static const struct state first_value = {
	/* sha256_first */
	{ (long long)0x510e527f9b05688c, (long long)0x6a09e667bb67ae85 },
	{ (long long)0x1f83d9ab5be0cd19, (long long)0x3c6ef372a54ff53a },
};

#define INLINE	static inline __attribute__((always_inline))

/* Rounds 4 * i to 4 * i + 3 with these four words. */
INLINE void four_rounds(struct state *s, __m128i words, unsigned int i)
{
	__m128i k = _mm_load_si128((const __m128i *)(sha256_k + 4 * i));

	words = _mm_add_epi32(words, k);
	s->cdgh = _mm_sha256rnds2_epu32(s->cdgh, s->abef, words);
	words = _mm_shuffle_epi32(words, 0x0e);
	s->abef = _mm_sha256rnds2_epu32(s->abef, s->cdgh, words);
}

/* The next four words; @begun is sha256msg1 of the oldest and the one after. */
INLINE __m128i next_words(__m128i begun, __m128i w2, __m128i w3)
{
	begun = _mm_add_epi32(begun, _mm_alignr_epi8(w3, w2, 4));
	return _mm_sha256msg2_epu32(begun, w3);
}

/* Rounds 4 * i to the end for all lanes, which have words to go on from. */
INLINE void rounds_from(struct state *s, __m128i (*w)[4], unsigned int lanes,
			unsigned int i)
{
#pragma GCC unroll 16
	for (; i < 16; i++) {
#pragma GCC unroll 4
		for (unsigned int l = 0; l < lanes; l++) {
			__m128i *word = &w[l][i & 3];

			if (i >= 4) {
				*word = _mm_sha256msg1_epu32(*word,
							     w[l][(i + 1) & 3]);
				*word = next_words(*word, w[l][(i + 2) & 3],
						   w[l][(i + 3) & 3]);
			}
			four_rounds(&s[l], *word, i);
		}
	}
}

/* --- blocks -------------------------------------------------------------- */

INLINE struct state load_state(const uint32_t state[8])
{
	__m128i abcd = _mm_loadu_si128((const __m128i *)state);
	__m128i efgh = _mm_loadu_si128((const __m128i *)(state + 4));
	struct state s;

	abcd = _mm_shuffle_epi32(abcd, 0x1b);
	efgh = _mm_shuffle_epi32(efgh, 0x1b);
	s.abef = _mm_unpackhi_epi64(efgh, abcd);
	s.cdgh = _mm_unpacklo_epi64(efgh, abcd);
	return s;
}

INLINE void store_state(uint32_t state[8], struct state s)
{
	__m128i abcd = _mm_unpackhi_epi64(s.cdgh, s.abef);
	__m128i efgh = _mm_unpacklo_epi64(s.cdgh, s.abef);

	_mm_storeu_si128((__m128i *)state, _mm_shuffle_epi32(abcd, 0x1b));
	_mm_storeu_si128((__m128i *)(state + 4), _mm_shuffle_epi32(efgh, 0x1b));
}

INLINE void add_state(struct state *s, const struct state *to)
{
	s->abef = _mm_add_epi32(s->abef, to->abef);
	s->cdgh = _mm_add_epi32(s->cdgh, to->cdgh);
}

INLINE void compress_lanes(uint32_t (*state)[8], const uint8_t (*block)[64],
			   unsigned int lanes)
{
	const __m128i swap = _mm_set_epi64x(0x0c0d0e0f08090a0b,
					    0x0405060700010203);
	struct state s[LANES], before[LANES];
	__m128i w[LANES][4];

#pragma GCC unroll 4
	for (unsigned int l = 0; l < lanes; l++) {
		const __m128i *from = (const __m128i *)block[l];

		before[l] = s[l] = load_state(state[l]);
		for (unsigned int k = 0; k < 4; k++)
			w[l][k] = _mm_shuffle_epi8(_mm_loadu_si128(from + k),
						   swap);
	}
	rounds_from(s, w, lanes, 0);
#pragma GCC unroll 4
	for (unsigned int l = 0; l < lanes; l++) {
		add_state(&s[l], &before[l]);
		store_state(state[l], s[l]);
	}
}

SHA256_CLEAN static void compress(uint32_t (*state)[8],
				  const uint8_t (*block)[64], size_t count)
{
	for (; count >= 4; count -= 4, state += 4, block += 4)
		compress_lanes(state, block, 4);
	for (; count >= 2; count -= 2, state += 2, block += 2)
		compress_lanes(state, block, 2);
	if (count)
		compress_lanes(state, block, 1);
}

/* --- chains ---------------------------------------------------------------- */

struct lane {
	struct state value;
	__m128i id;		/* words 0 to 3 of the block */
	__m128i prefix;		/* 4; and 5 without the value's first byte */
};

/*
 * The block of a step is prefix[22] | j | value | 0x80 .. | length. So its words
 * from the fifth on are the value's, moved by a byte: these masks bring the
 * value's bytes from (a, b, e, f) and (c, d, g, h) to their places.
 */
#define NO	-1
#define BYTES(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p) \
	_mm_setr_epi8(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p)

/* words 4 to 7: -, a[3], a[0..2] b[3], b[0..2] c[3] */
INLINE __m128i value_words_4(const struct lane *lane)
{
	const __m128i ab = BYTES(NO, NO, NO, NO, 15, NO, NO, NO,
				 11, 12, 13, 14, NO, 8, 9, 10);
	const __m128i c = BYTES(NO, NO, NO, NO, NO, NO, NO, NO,
				NO, NO, NO, NO, 15, NO, NO, NO);

	return _mm_or_si128(_mm_or_si128(
			_mm_shuffle_epi8(lane->value.abef, ab),
			_mm_shuffle_epi8(lane->value.cdgh, c)), lane->prefix);
}

/* words 8 to 11: c[0..2] d[3], d[0..2] e[3], e[0..2] f[3], f[0..2] g[3] */
INLINE __m128i value_words_8(const struct lane *lane, unsigned int n)
{
	const __m128i ef = BYTES(NO, NO, NO, NO, 7, NO, NO, NO,
				 3, 4, 5, 6, NO, 0, 1, 2);
	const __m128i cdg = BYTES(11, 12, 13, 14, NO, 8, 9, 10,
				  NO, NO, NO, NO, 7, NO, NO, NO);
	const __m128i cd = BYTES(11, 12, 13, 14, NO, 8, 9, 10,
				 NO, NO, NO, NO, NO, NO, NO, NO);
	const __m128i end = _mm_setr_epi32(0, 0, 0, 0x80);
	__m128i words = _mm_shuffle_epi8(lane->value.abef, ef);

	if (n == 32)
		return _mm_or_si128(words, _mm_shuffle_epi8(lane->value.cdgh,
							    cdg));
	words = _mm_or_si128(words, _mm_shuffle_epi8(lane->value.cdgh, cd));
	return _mm_or_si128(words, end);
}

/* words 12 to 15: g[0..2] h[3], h[0..2] 0x80, the length */
INLINE __m128i value_words_12(const struct lane *lane, unsigned int n)
{
	const __m128i gh = BYTES(3, 4, 5, 6, NO, 0, 1, 2,
				 NO, NO, NO, NO, NO, NO, NO, NO);
	const __m128i end = _mm_setr_epi32(0, 0x80, 0, 8 * (23 + 32));

	if (n != 32)
		return _mm_setr_epi32(0, 0, 0, 8 * (23 + 24));
	return _mm_or_si128(_mm_shuffle_epi8(lane->value.cdgh, gh), end);
}

/*
 * Words 0 to 3 are the tree's I. What follows from them alone is computed
 * once: the first four rounds, and the beginning of words 16 to 19.
 */
INLINE void run_lanes(struct lane *lane, unsigned int lanes,
		      unsigned int steps, unsigned int n)
{
	const __m128i one = _mm_setr_epi32(0, 0x100, 0, 0);
	struct state begun[LANES], s[LANES];
	__m128i w[LANES][4], words_16[LANES];

#pragma GCC unroll 4
	for (unsigned int l = 0; l < lanes; l++) {
		begun[l] = first_value;
		four_rounds(&begun[l], lane[l].id, 0);
		words_16[l] = _mm_sha256msg1_epu32(lane[l].id, lane[l].prefix);
	}
	do {
#pragma GCC unroll 4
		for (unsigned int l = 0; l < lanes; l++) {
			s[l] = begun[l];
			w[l][1] = value_words_4(&lane[l]);
			w[l][2] = value_words_8(&lane[l], n);
			w[l][3] = value_words_12(&lane[l], n);
			/* bytes: j follows 255 with 0 */
			lane[l].prefix = _mm_add_epi8(lane[l].prefix, one);
		}
#pragma GCC unroll 4
		for (unsigned int i = 1; i < 4; i++)
#pragma GCC unroll 4
			for (unsigned int l = 0; l < lanes; l++)
				four_rounds(&s[l], w[l][i], i);
#pragma GCC unroll 4
		for (unsigned int l = 0; l < lanes; l++) {
			w[l][0] = next_words(words_16[l], w[l][2], w[l][3]);
			four_rounds(&s[l], w[l][0], 4);
		}
		rounds_from(s, w, lanes, 5);
#pragma GCC unroll 4
		for (unsigned int l = 0; l < lanes; l++) {
			add_state(&s[l], &first_value);
			lane[l].value = s[l];
		}
	} while (--steps);
}

SHA256_CLEAN static void run_32(struct lane *lane, unsigned int active,
				unsigned int steps)
{
	switch (active) {
	case 1:
		run_lanes(lane, 1, steps, 32);
		break;
	case 2:
		run_lanes(lane, 2, steps, 32);
		break;
	default:
		run_lanes(lane, 4, steps, 32);
		break;
	}
}

SHA256_CLEAN static void run_24(struct lane *lane, unsigned int active,
				unsigned int steps)
{
	switch (active) {
	case 1:
		run_lanes(lane, 1, steps, 24);
		break;
	case 2:
		run_lanes(lane, 2, steps, 24);
		break;
	default:
		run_lanes(lane, 4, steps, 24);
		break;
	}
}

INLINE void lane_run(void *data, unsigned int active, unsigned int steps,
		     unsigned int n)
{
	if (n == 32)
		run_32(data, active, steps);
	else
		run_24(data, active, steps);
}

INLINE void lane_load(void *data, unsigned int l,
		      const struct sha256_chain *chain, unsigned int n)
{
	struct lane *lane = (struct lane *)data + l;
	const uint8_t *prefix = chain->prefix;
	uint32_t words[8] = { 0 };

	for (unsigned int k = 0; k < n / 4; k++)
		words[k] = get_be32(chain->value + 4 * k);
	lane->value = load_state(words);
	lane->id = _mm_setr_epi32(get_be32(prefix), get_be32(prefix + 4),
				  get_be32(prefix + 8), get_be32(prefix + 12));
	lane->prefix = _mm_setr_epi32(get_be32(prefix + 16),
				      (int)((uint32_t)prefix[20] << 24 |
					    prefix[21] << 16 |
					    chain->first << 8), 0, 0);
}

INLINE void lane_store(const void *data, unsigned int l, uint8_t *value,
		       unsigned int n)
{
	const struct lane *lane = (const struct lane *)data + l;
	uint32_t words[8];

	store_state(words, lane->value);
	for (unsigned int k = 0; k < n / 4; k++)
		put_be32(value + 4 * k, words[k]);
}

INLINE void lane_move(void *data, unsigned int to, unsigned int from)
{
	struct lane *lane = data;

	lane[to] = lane[from];
}

static const struct schedule_ops ops = {
	.lanes = LANES,
	.load = lane_load,
	.store = lane_store,
	.move = lane_move,
	.run = lane_run,
};

SHA256_CLEAN static void chains(const struct sha256_chain *chains,
				size_t count, unsigned int n)
{
	struct lane lanes[LANES];

	/* with three, the fourth computes for nobody */
	memset(lanes, 0, sizeof(lanes));
	if (n == 32)
		schedule_chains(&ops, lanes, chains, count, 32);
	else
		schedule_chains(&ops, lanes, chains, count, 24);
	core_wipe(lanes, sizeof(lanes));
}

const struct sha256_engine sha256_shani = {
	.name = "shani",
	.lanes = LANES,
	.usable = usable,
	.compress = compress,
	.chains = chains,
};
