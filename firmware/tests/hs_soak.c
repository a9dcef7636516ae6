// SPDX-License-Identifier: MIT
/*
 * Long lives of several hash signature keys on small flash: operations drawn
 * at random, the power cut anywhere in one of three, and again in up to five
 * recoveries one after the other; records of others come and go, so that room
 * is always short and cells have to be collected. Keys that are used up or
 * deleted are replaced by new ones. The ledger watches (hs_ledger.h).
 *
 * --full, or CRYPTECH_FULL=1 in the environment: more and longer lives.
 */
#include <stdlib.h>

#include "hs_box.h"
#include "hs_cores.h"
#include "tap.h"

static unsigned int lives = 12, operations = 150;
static uint64_t cuts, recoveries_cut, born, handed, refused;

struct life {
	struct hs_box box;
	uint64_t rng;
	uint64_t number;	/* of the last key made */
};

static uint64_t draw(struct life *l, uint64_t below)
{
	return nor_random(&l->rng) % below;
}

/* A slot whose key is gone gets another one, never seen before. */
static void renew(struct life *l, unsigned int slot)
{
	static const uint32_t heights[] = { 0xf2, 0xf3, 0xf2, 0x0a };

	memset(&l->box.world.ledger.keys[slot], 0,
	       sizeof(l->box.world.ledger.keys[slot]));
	hs_key_make(slot, ++l->number, heights[draw(l, 4)], 0xf1,
		    draw(l, 4) ? CRYPTECH_HASHSIG_PUNCTURED :
				 CRYPTECH_HASHSIG_SINGLE_SEED);
	born++;
}

static struct hs_op draw_op(struct life *l)
{
	const struct hs_world *w = &l->box.world;
	struct hs_op op = { .slot = draw(l, HS_KEYS) };

	switch (draw(l, 16)) {
	case 0:
		op.kind = HS_RESTART;
		break;
	case 1:
	case 2:
		op.kind = HS_FILLER;
		op.slot = 0;
		op.count = draw(l, 300);
		break;
	case 3:
		op.kind = HS_UNFILL;
		op.slot = 1 + draw(l, w->filler + 1);
		break;
	case 4:
		op.kind = w->ledger.keys[op.slot].there ? HS_DELETE :
							 HS_CREATE;
		break;
	default:
		op.kind = w->ledger.keys[op.slot].there ? HS_COMMIT :
							 HS_CREATE;
		op.count = 1 + draw(l, 4) * draw(l, 2);
		break;
	}
	return op;
}

static void cut_somewhere(struct life *l, unsigned int within)
{
	uint64_t step = 1 + draw(l, within);

	/* Torn is the way that finds most. */
	nor_cut_at(l->box.nor, step, draw(l, 4) ? NOR_TORN :
		   draw(l, 2) ? NOR_DONE : NOR_NOT_DONE,
		   nor_random(&l->rng));
}

static bool recover(struct life *l)
{
	struct hs_box *box = &l->box;
	int ret = -1;

	cuts++;
	for (int i = 0; i < 6 && ret; i++) {
		hs_stop(box);
		box->nor->cut_step = 0;
		if (i < 5 && draw(l, 2))
			cut_somewhere(l, 20);
		ret = hs_start(box, nor_random(&l->rng));
		recoveries_cut += ret != 0;
		if (ret && !box->nor->off)
			return hs_wrong(box, "start: %d, %s", ret, box->said);
	}
	box->nor->cut_step = 0;
	return ret ? hs_wrong(box, "start: %d", ret) : hs_check(box);
}

static bool is_expected(enum hs_kind kind, int ret)
{
	switch (ret) {
	case 0:
		return true;
	case CRYPTECH_ERR_NO_KEY_INDEX_SLOTS:
		refused++;
		return kind != HS_UNFILL && kind != HS_DELETE;
	case CRYPTECH_ERR_HASHSIG_KEY_EXHAUSTED:
		return kind == HS_COMMIT;
	}
	return kind == HS_UNFILL && ret == KS_NOT_FOUND;
}

static bool step(struct life *l)
{
	struct hs_box *box = &l->box;
	struct hs_op op = draw_op(l);
	int ret;

	if (op.kind == HS_CREATE)
		renew(l, op.slot);
	if (draw(l, 3) == 0)
		cut_somewhere(l, 60);
	ret = hs_do(box, &op);
	if (box->nor->off)
		return recover(l);
	box->nor->cut_step = 0;
	handed += op.kind == HS_COMMIT && ret == 0;
	if (!is_expected(op.kind, ret))
		return hs_wrong(box, "operation %d: %d, %s", op.kind, ret,
				box->said);
	return hs_check(box);
}

static bool live(struct life *l)
{
	if (hs_start(&l->box, l->rng))
		return hs_wrong(&l->box, "first start");
	for (unsigned int i = 0; i < operations; i++)
		if (!step(l))
			return false;
	return hs_use_up(&l->box, 1);
}

static void soak(uint32_t size, uint32_t sector_size)
{
	hs_wrap_seen = hs_wrap_note;
	for (unsigned int i = 0; i < lives; i++) {
		struct life l = { .rng = i + 1 };

		hs_keys_forget();
		hs_wraps_forget();
		hs_box_new(&l.box, size, sector_size);
		l.box.heap = 1;
		if (!EXPECT(live(&l)))
			printf("# life %u: %s\n", i + 1, l.box.why);
		hs_box_free(&l.box);
	}
}

static void sixteen_segments(void)
{
	soak(16 * 1536, 1536);
}

static void ten_segments_of_four_sectors(void)
{
	soak(40 * 512, 512);
}

static void forty_segments(void)
{
	soak(40 * 1536, 1536);
}

int main(int argc, char **argv)
{
	if ((argc > 1 && !strcmp(argv[1], "--full")) ||
	    getenv("CRYPTECH_FULL")) {
		lives = 1000;
		operations = 400;
	}
	RUN(sixteen_segments);
	RUN(ten_segments_of_four_sectors);
	RUN(forty_segments);
	printf("# %llu keys, %llu commits, %llu refused for want of room\n",
	       (unsigned long long)born, (unsigned long long)handed,
	       (unsigned long long)refused);
	printf("# %llu cuts, %llu in recoveries\n", (unsigned long long)cuts,
	       (unsigned long long)recoveries_cut);
	return tap_done();
}
