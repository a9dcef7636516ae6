// SPDX-License-Identifier: MIT
#include <stdlib.h>
#include <string.h>

#include "nor.h"

uint64_t nor_random(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static struct nor *to_nor(struct flash *f)
{
	return (struct nor *)f;
}

/* --- tearing ------------------------------------------------------------- */

/*
 * How far a torn step got. Few bits touched and few bits missing are the
 * cases where the result reads as if nothing, or everything, had been done.
 */
enum progress {
	BEGUN,			/* a bit here and there */
	ONE_BEGUN,		/* in one byte */
	ANYWHERE,
	PREFIX,			/* byte by byte up to some byte */
	NEARLY,			/* all but a bit here and there */
	ONE_NEARLY,		/* all but one byte */
	PROGRESSES
};

struct tear {
	enum progress progress;
	uint32_t byte;
};

static struct tear draw_tear(struct nor *nor, uint32_t len)
{
	struct tear t;

	t.progress = nor_random(&nor->rng) % PROGRESSES;
	t.byte = nor_random(&nor->rng) % len;
	return t;
}

/*
 * Of the bits in @changing of byte @i: which are done (to their new value)
 * and which are torn; the rest are as before.
 */
static void tear_byte(struct nor *nor, const struct tear *t, uint32_t i,
		      uint8_t changing, uint8_t *done, uint8_t *torn)
{
	uint64_t r = nor_random(&nor->rng);
	uint8_t a = r, b = r >> 8, c = r >> 16, d = r >> 24;
	bool few = t->progress == BEGUN || t->progress == NEARLY ?
		   (r >> 40) % 8 == 0 : i == t->byte;

	switch (t->progress) {
	case BEGUN:
	case ONE_BEGUN:
		*done = 0;
		*torn = !few ? 0 : a & (b | ~c) & changing;
		break;
	case NEARLY:
	case ONE_NEARLY:
		*torn = !few ? 0 : a & (b | ~c) & changing;
		*done = changing & ~*torn;
		break;
	case PREFIX:
		*torn = i == t->byte ? a & changing : 0;
		*done = i < t->byte ? changing :
			i == t->byte ? changing & ~a & b : 0;
		break;
	default:
		*done = a & b & changing;
		*torn = c & changing & ~*done;
		/* All torn, and nothing else, is possible, too. */
		if (t->byte % 4 == 0) {
			*done = 0;
			*torn = (c | d) & changing;
		}
		break;
	}
}

/*
 * The torn bits of four bytes often read alike: as if all had been done, or
 * nothing.
 */
static void draw_torn(struct nor *nor)
{
	static const uint8_t firm[16];

	for (uint32_t i = 0; i < nor->flash.size; i++) {
		uint64_t mood;
		uint8_t r;

		if (i % 16 == 0 && !memcmp(nor->torn + i, firm, 16)) {
			i += 15;
			continue;
		}
		if (!nor->torn[i])
			continue;
		mood = nor->rng + i / 4;
		mood = nor_random(&mood);
		r = mood % 4 == 0 ? 0 : mood % 4 == 1 ? 0xff :
		    mood >> 8 * (i % 4 + 1);
		nor->bits[i] = (nor->bits[i] & ~nor->torn[i]) |
			       (r & nor->torn[i]);
	}
	nor_random(&nor->rng);
}

/* --- operations ---------------------------------------------------------- */

/* Count a step; whether it is the one to cut. */
static bool step(struct nor *nor)
{
	return ++nor->steps == nor->cut_step;
}

static int nor_read(struct flash *f, uint32_t offset, void *data, size_t len)
{
	struct nor *nor = to_nor(f);

	if (nor->off || len > f->size || offset > f->size - len)
		return -1;
	memcpy(data, nor->bits + offset, len);
	return 0;
}

static void program_byte(struct nor *nor, uint32_t at, uint8_t clear,
			 uint8_t torn)
{
	nor->bits[at] &= ~clear;
	nor->torn[at] &= ~clear;
	nor->torn[at] |= torn;
}

static int nor_program(struct flash *f, uint32_t offset, const void *data,
		       size_t len)
{
	struct nor *nor = to_nor(f);
	const uint8_t *p = data;
	bool cut;

	if (nor->off || nor->fail_program || len > f->size ||
	    offset > f->size - len || offset % f->program_unit ||
	    len % f->program_unit)
		return -1;
	cut = step(nor);
	if (!cut || nor->cut == NOR_DONE) {
		for (size_t i = 0; i < len; i++) {
			uint32_t at = offset + i;

			if (nor->steps == nor->lie_step && i == len / 2)
				continue;
			if (p[i] & (~nor->bits[at] | nor->torn[at]))
				nor->misuse++;
			program_byte(nor, at, ~p[i], 0);
		}
	} else if (nor->cut == NOR_TORN) {
		struct tear t = draw_tear(nor, len);

		for (size_t i = 0; i < len; i++) {
			uint32_t at = offset + i;
			/* Firm zeros do not change; torn bits may. */
			uint8_t changing = ~p[i] &
					   (nor->bits[at] | nor->torn[at]);
			uint8_t done, torn;

			tear_byte(nor, &t, i, changing, &done, &torn);
			program_byte(nor, at, done, torn);
		}
	}
	nor->off = cut;
	return cut ? -1 : 0;
}

static int nor_erase(struct flash *f, uint32_t offset)
{
	struct nor *nor = to_nor(f);
	bool cut;

	if (nor->off || nor->fail_erase || offset % f->sector_size ||
	    offset >= f->size)
		return -1;
	nor->erases[offset / f->sector_size]++;
	cut = step(nor);
	if (!cut || nor->cut == NOR_DONE) {
		memset(nor->bits + offset, 0xff, f->sector_size);
		memset(nor->torn + offset, 0, f->sector_size);
		if (offset / f->sector_size == nor->worn)
			nor->bits[offset + f->sector_size / 2] = 0xef;
	} else if (nor->cut == NOR_TORN) {
		struct tear t = draw_tear(nor, f->sector_size);
		/* Some parts program all to zero before they erase. */
		bool zeroed = nor_random(&nor->rng) % 2;

		for (uint32_t i = 0; i < f->sector_size; i++) {
			uint32_t at = offset + i;
			uint8_t done, torn, *bits = &nor->bits[at];

			tear_byte(nor, &t, i, 0xff, &done, &torn);
			if (zeroed) {
				*bits = 0;
				nor->torn[at] = 0;
			}
			*bits |= done;
			nor->torn[at] = (nor->torn[at] & ~done) | torn;
		}
	}
	nor->off = cut;
	return cut ? -1 : 0;
}

static int nor_sync(struct flash *f)
{
	to_nor(f)->syncs++;
	return to_nor(f)->off ? -1 : 0;
}

static const struct flash_ops nor_ops = {
	.read = nor_read,
	.program = nor_program,
	.erase = nor_erase,
	.sync = nor_sync,
};

/* --- the part ------------------------------------------------------------ */

struct nor *nor_new(uint32_t size, uint32_t sector_size)
{
	struct nor *nor = calloc(1, sizeof(*nor));

	if (!nor)
		return NULL;
	nor->flash.ops = &nor_ops;
	nor->flash.size = size;
	nor->flash.sector_size = sector_size;
	nor->flash.program_unit = 1;
	nor->flash.zero_allowed = true;
	nor->worn = UINT32_MAX;
	nor->bits = malloc(size);
	nor->torn = calloc(1, size);
	nor->erases = calloc(size / sector_size, sizeof(*nor->erases));
	if (!nor->bits || !nor->torn || !nor->erases) {
		nor_free(nor);
		return NULL;
	}
	memset(nor->bits, 0xff, size);
	return nor;
}

void nor_free(struct nor *nor)
{
	if (!nor)
		return;
	free(nor->bits);
	free(nor->torn);
	free(nor->erases);
	free(nor);
}

void nor_copy(struct nor *to, const struct nor *from)
{
	const struct flash *f = &from->flash;
	uint8_t *bits = to->bits, *torn = to->torn;
	uint32_t *erases = to->erases;

	memcpy(bits, from->bits, f->size);
	memcpy(torn, from->torn, f->size);
	memcpy(erases, from->erases,
	       f->size / f->sector_size * sizeof(*erases));
	*to = *from;
	to->bits = bits;
	to->torn = torn;
	to->erases = erases;
}

void nor_boot(struct nor *nor, uint64_t seed)
{
	nor->off = false;
	nor->cut_step = 0;
	nor->rng = seed;
	draw_torn(nor);
}

void nor_cut_at(struct nor *nor, uint64_t step, enum nor_cut cut,
		uint64_t seed)
{
	nor->cut_step = nor->steps + step;
	nor->cut = cut;
	nor->rng = seed;
}
