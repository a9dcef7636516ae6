// SPDX-License-Identifier: MIT
/*
 * Long lives of small keystores: operations drawn at random, the power cut
 * anywhere in one of three of them, and again in up to five recoveries one
 * after the other. Torn bits that nobody needs stay in the flash, so cuts add
 * up, and so does what moving records leaves behind.
 *
 * --full, or CRYPTECH_FULL=1 in the environment: more and longer lives.
 */
#include <stdlib.h>

#include "ks_model.h"
#include "tap.h"

#define SLOTS 14

static unsigned int lives = 60, operations = 150;
static uint64_t cuts, recoveries_cut;

static struct op draw(uint64_t *rng)
{
	/* Twice as many records come as go; cells come and go. */
	static const enum op_kind kinds[] = {
		OP_WRITE, OP_WRITE, OP_COMMIT, OP_DELETE, OP_ABANDON,
		OP_CELL_WRITE, OP_CELL_ZERO, OP_REMOUNT,
	};
	struct op op;

	op.kind = kinds[nor_random(rng) % (sizeof(kinds) / sizeof(*kinds))];
	op.slot = nor_random(rng) %
		  (op.kind == OP_CELL_WRITE || op.kind == OP_CELL_ZERO ?
		   MODEL_CELLS : SLOTS);
	op.len = nor_random(rng) % 100;
	return op;
}

static void cut_somewhere(struct box *box, uint64_t *rng, unsigned int within)
{
	uint64_t step = 1 + nor_random(rng) % within;

	/* Torn is the way that finds most. */
	nor_cut_at(box->nor, step, nor_random(rng) % 4 ? NOR_TORN :
		   nor_random(rng) % 2 ? NOR_DONE : NOR_NOT_DONE,
		   nor_random(rng));
}

static bool recover(struct box *box, uint64_t *rng)
{
	int ret = KS_FLASH;

	box_unmount(box);
	cuts++;
	for (int i = 0; i < 5 && ret == KS_FLASH; i++) {
		box->nor->cut_step = 0;
		if (nor_random(rng) % 2)
			cut_somewhere(box, rng, 12);
		ret = box_mount(box, nor_random(rng));
		recoveries_cut += ret == KS_FLASH;
		if (ret == KS_FLASH && !box->nor->off)
			return box_wrong(box, "mount failed without a cut");
	}
	if (ret == KS_FLASH) {
		box->nor->cut_step = 0;
		ret = box_mount(box, nor_random(rng));
	}
	box->nor->cut_step = 0;
	return ret == KS_OK ? box_check(box, true) :
			      box_wrong(box, "mount: %d", ret);
}

static bool is_expected(enum op_kind kind, int ret)
{
	if (ret == KS_OK)
		return true;
	if (ret == KS_FULL)
		return kind != OP_DELETE && kind != OP_CELL_ZERO;
	if (kind == OP_CELL_WRITE)
		return ret == KS_EXISTS;
	return (kind == OP_DELETE || kind == OP_CELL_ZERO) &&
	       ret == KS_NOT_FOUND;
}

static bool live(struct box *box, uint64_t seed)
{
	uint64_t rng = seed;

	if (box_mount(box, seed))
		return box_wrong(box, "first mount");
	for (unsigned int i = 0; i < operations; i++) {
		struct op op = draw(&rng);
		int ret;

		if (nor_random(&rng) % 3 == 0)
			cut_somewhere(box, &rng, 40);
		ret = box_do(box, &op);
		if (box->nor->off) {
			if (!recover(box, &rng))
				return false;
			continue;
		}
		box->nor->cut_step = 0;
		if (!is_expected(op.kind, ret))
			return box_wrong(box, "operation %d: %d", op.kind, ret);
		if (i % 8 == 0 && !box_check(box, false))
			return false;
	}
	return box_check(box, false);
}

static void soak(uint32_t size, uint32_t sector_size)
{
	for (unsigned int i = 0; i < lives; i++) {
		struct box box = { .nor = nor_new(size, sector_size) };

		if (!EXPECT(live(&box, i + 1)))
			printf("# life %u: %s\n", i + 1, box.why);
		box_unmount(&box);
		nor_free(box.nor);
	}
}

static void eight_small_segments(void)
{
	soak(8 * 256, 256);
}

static void twenty_small_segments(void)
{
	soak(20 * 256, 256);
}

static void segments_of_two_sectors(void)
{
	soak(16 * 256, 256);
}

static void segments_of_three_sectors(void)
{
	soak(25 * 256, 256);
}

int main(int argc, char **argv)
{
	if ((argc > 1 && !strcmp(argv[1], "--full")) ||
	    getenv("CRYPTECH_FULL")) {
		lives = 2000;
		operations = 400;
	}
	RUN(eight_small_segments);
	RUN(twenty_small_segments);
	RUN(segments_of_two_sectors);
	RUN(segments_of_three_sectors);
	printf("# %llu cuts, %llu in recoveries\n", (unsigned long long)cuts,
	       (unsigned long long)recoveries_cut);
	return tap_done();
}
