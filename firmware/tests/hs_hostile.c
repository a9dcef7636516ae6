// SPDX-License-Identifier: MIT
/*
 * Hash signature keys on flash that somebody, or time, has changed: rolled
 * back as a whole or in parts, with the anchor kept; rotten; its sectors
 * swapped; a deleted key put back. Whatever was done, no leaf is ever handed
 * out that was handed out before: the flash is refused, the key is damaged, or
 * leaves are lost.
 *
 * --full, or CRYPTECH_FULL=1 in the environment: every bit instead of some.
 */
#include <stdlib.h>

#include "hs_box.h"
#include "hs_cores.h"
#include "hs_heap.h"
#include "tap.h"

#define SIZE	(16 * 1536)
#define SECTOR	1536

#ifdef HS_MUTATIONS
/* Of the tests only some are made then. */
#pragma GCC diagnostic ignored "-Wunused-function"
#endif

static bool full;

/* A life, and what the machine was after each step of it. */
struct moment {
	struct nor *nor;
	struct hs_world world;
};

#define MOMENTS 16

static struct moment moments[MOMENTS];
static unsigned int last;		/* the present */
static struct hs_box box;

/* B is deleted, and SINGLE is left alone after its first use. */
enum { A, B, SINGLE, TALL };

static const struct hs_op history[] = {
	{ HS_CREATE, A, 0 }, { HS_CREATE, B, 0 }, { HS_CREATE, SINGLE, 0 },
	{ HS_COMMIT, A, 1 }, { HS_COMMIT, SINGLE, 1 }, { HS_COMMIT, B, 1 },
	{ HS_COMMIT, A, 2 }, { HS_CREATE, TALL, 0 }, { HS_COMMIT, A, 1 },
	{ HS_DELETE, B, 0 }, { HS_COMMIT, A, 2 }, { HS_COMMIT, TALL, 3 },
	{ HS_COMMIT, A, 1 },
};

static void keep(void)
{
	struct moment *m = &moments[last];

	hs_heap_hide = true;
	if (!m->nor)
		m->nor = nor_new(SIZE, SECTOR);
	hs_heap_hide = false;
	nor_copy(m->nor, box.nor);
	m->world = box.world;
}

/* Live; the moments are kept from after the creations on. */
static bool live(void)
{
	hs_wrap_seen = hs_wrap_note;
	hs_wraps_forget();
	hs_keys_forget();
	hs_key_make(A, 1, 0x0a, 0xf1, CRYPTECH_HASHSIG_PUNCTURED);
	hs_key_make(B, 2, 0xf2, 0xf1, CRYPTECH_HASHSIG_PUNCTURED);
	hs_key_make(SINGLE, 3, 0xf3, 0xf1, CRYPTECH_HASHSIG_SINGLE_SEED);
	hs_key_make(TALL, 4, 0xf3, 0xf1, CRYPTECH_HASHSIG_PUNCTURED);
	if (!box.nor)
		hs_box_new(&box, SIZE, SECTOR);
	if (!EXPECT_EQ(hs_start(&box, 1), 0))
		return false;
	last = 0;
	keep();
	for (size_t i = 0; i < sizeof(history) / sizeof(*history); i++) {
		if (!EXPECT_EQ(hs_do(&box, &history[i]), 0) ||
		    !EXPECT(hs_check(&box)))
			return false;
		last = i + 1;
		keep();
	}
	hs_stop(&box);
	return true;
}

enum verdict {
	REFUSED,	/* the start fails */
	STALE,		/* hash signature keys wait for the security officer */
	DAMAGED,	/* a key answers with its damage */
	LOST,		/* a key has fewer leaves */
	WELL,
	WRONG,
};

static unsigned int verdicts[WRONG + 1];

/* While stale, nothing commits. */
static enum verdict look_stale(void)
{
	for (unsigned int i = 0; i < HS_KEYS; i++) {
		struct root *root = roots_find(box.roots,
					       hs_keys[i].facts.uuid);
		const struct hs_op op = { HS_COMMIT, i, 1 };

		if (root && hs_do(&box, &op) !=
			    CRYPTECH_ERR_KEYSTORE_LOST_DATA)
			return WRONG;
	}
	return STALE;
}

static enum verdict use_key(unsigned int slot, struct root *root)
{
	const struct hs_op op = { HS_COMMIT, slot, 1 };
	const char *why;
	bool lost;
	int ret;

	if (!box.world.ledger.keys[slot].there) {
		hs_wrong(&box, "key %u is back", slot);
		return WRONG;
	}
	if (root->damage) {
		ret = hs_do(&box, &op);
		if (ret == root->damage)
			return DAMAGED;
		hs_wrong(&box, "key %u is damaged and says %d", slot, ret);
		return WRONG;
	}
	lost = root->seeds.floor != box.world.ledger.keys[slot].burnt ||
	       root->seeds.end != hs_leaves(&hs_keys[slot]);
	if (!hs_root_is_right(&box.world.ledger, slot, root, true, &why)) {
		hs_wrong(&box, "key %u: %s", slot, why);
		return WRONG;
	}
	while (!(ret = hs_do(&box, &op)))
		;
	if (ret != CRYPTECH_ERR_HASHSIG_KEY_EXHAUSTED)
		hs_wrong(&box, "key %u: using it up: %d", slot, ret);
	return box.why[0] ? WRONG : lost ? LOST : WELL;
}

/* What becomes of the flash in @nor, with the present's anchor and ledger. */
static enum verdict judge(const struct nor *nor)
{
	enum verdict worst = WELL, v;
	unsigned int there = 0, got = 0;

	nor_copy(box.nor, nor);
	box.nor->misuse = 0;
	box.world = moments[last].world;
	box.world.place_count = 0;
	box.why[0] = 0;
	if (hs_start(&box, 1)) {
		hs_stop(&box);
		return REFUSED;
	}
	if (roots_stale(box.roots)) {
		worst = look_stale();
	} else {
		for (unsigned int i = 0; i < HS_KEYS; i++) {
			struct root *root = roots_find(box.roots,
						hs_keys[i].facts.uuid);

			there += box.world.ledger.keys[i].there;
			got += root != NULL;
			v = root ? use_key(i, root) : WELL;
			if (v == WRONG)
				worst = WRONG;
			else if (worst != WRONG && v < worst)
				worst = v;
		}
		if (worst > DAMAGED && worst != WRONG && got < there)
			worst = DAMAGED;
	}
	hs_stop(&box);
	if (box.why[0])
		worst = WRONG;
	return worst;
}

static enum verdict count(enum verdict v)
{
	verdicts[v]++;
	return v;
}

static void tell(const char *what)
{
	printf("# %s: %u refused, %u stale, %u damaged, %u lost leaves, %u as if nothing\n",
	       what, verdicts[REFUSED], verdicts[STALE], verdicts[DAMAGED],
	       verdicts[LOST], verdicts[WELL]);
	memset(verdicts, 0, sizeof(verdicts));
}

static struct nor *copy_of(unsigned int moment)
{
	static struct nor *nor;

	hs_heap_hide = true;
	if (!nor)
		nor = nor_new(SIZE, SECTOR);
	hs_heap_hide = false;
	nor_copy(nor, moments[moment].nor);
	return nor;
}

/* --- tests ---------------------------------------------------------------------- */

static void the_present_is_well(void)
{
	REQUIRE(live());
	EXPECT_EQ(judge(moments[last].nor), WELL);
}

static void an_older_image_is_stale(void)
{
	for (unsigned int i = 1; i < last; i++)
		EXPECT_EQ(count(judge(moments[i].nor)), STALE);
	tell("older images");
}

/* Nothing at all is older, too: no key was there, but the anchor knows. */
static void a_blank_flash_is_stale(void)
{
	struct nor *nor = copy_of(0);

	memset(nor->bits, 0xff, SIZE);
	EXPECT_EQ(judge(nor), STALE);
}

/* The anchor of any other moment, under the present flash. */
static void only_the_anchor_before_is_made_good(void)
{
	for (unsigned int i = 0; i < last; i++) {
		struct hs_world *now = &moments[last].world;
		uint64_t anchor = now->anchor;
		bool fine;

		now->anchor = moments[i].world.anchor;
		fine = now->anchor + 1 >= anchor;
		EXPECT_EQ(judge(moments[last].nor), fine ? WELL : STALE);
		now->anchor = anchor;
	}
	moments[last].world.anchor++;
	EXPECT_EQ(judge(moments[last].nor), STALE);
	moments[last].world.anchor--;
}

static void copy_sector(struct nor *to, const struct nor *from, unsigned int n)
{
	memcpy(to->bits + n * SECTOR, from->bits + n * SECTOR, SECTOR);
}

/* Each sector, and each set of sectors that differ, from each older image. */
static void older_sectors_are_no_reuse(void)
{
	for (unsigned int i = 0; i < last; i++) {
		const uint8_t *old = moments[i].nor->bits;
		const uint8_t *now = moments[last].nor->bits;
		unsigned int which[SIZE / SECTOR], n = 0;

		for (unsigned int s = 0; s < SIZE / SECTOR; s++)
			if (memcmp(old + s * SECTOR, now + s * SECTOR, SECTOR))
				which[n++] = s;
		for (unsigned int set = 1; set < 1u << n; set++) {
			struct nor *nor = copy_of(last);

			for (unsigned int k = 0; k < n; k++)
				if (set >> k & 1)
					copy_sector(nor, moments[i].nor,
						    which[k]);
			if (!EXPECT(count(judge(nor)) != WRONG))
				printf("# moment %u, set %x: %s\n", i, set,
				       box.why);
		}
	}
	tell("older sectors");
}

/* Sectors from two older images at once. */
static void sectors_of_many_ages_are_no_reuse(void)
{
	uint64_t rng = 7;

	for (unsigned int n = 0; n < (full ? 100000 : 500); n++) {
		struct nor *nor = copy_of(last);
		unsigned int k = 1 + nor_random(&rng) % 4;

		for (; k; k--)
			copy_sector(nor, moments[nor_random(&rng) % last].nor,
				    nor_random(&rng) % (SIZE / SECTOR));
		if (!EXPECT(count(judge(nor)) != WRONG))
			printf("# try %u: %s\n", n, box.why);
	}
	tell("sectors of many ages");
}

static void swapped_sectors_are_no_reuse(void)
{
	for (unsigned int a = 0; a < SIZE / SECTOR; a++)
		for (unsigned int b = 0; b < a; b++) {
			struct nor *nor = copy_of(last);

			memcpy(nor->bits + a * SECTOR,
			       moments[last].nor->bits + b * SECTOR, SECTOR);
			memcpy(nor->bits + b * SECTOR,
			       moments[last].nor->bits + a * SECTOR, SECTOR);
			if (!EXPECT(count(judge(nor)) != WRONG))
				printf("# %u and %u: %s\n", a, b, box.why);
		}
	tell("swapped sectors");
}

/* One bit, the other way round: either way, as rot does. */
static void a_rotten_bit_costs_leaves_at_most(void)
{
	uint64_t rng = 3;

	for (uint32_t bit = 0; bit < SIZE * 8;
	     bit += full ? 1 : 1 + nor_random(&rng) % 160) {
		struct nor *nor = copy_of(last);
		enum verdict v;

		nor->bits[bit / 8] ^= 1 << bit % 8;
		v = count(judge(nor));
		if (!EXPECT(v != WRONG))
			printf("# bit %u: %s\n", bit, box.why);
	}
	tell("rotten bits");
}

static void rotten_bytes_are_no_reuse(void)
{
	uint64_t rng = 4;

	for (unsigned int n = 0; n < (full ? 100000 : 500); n++) {
		struct nor *nor = copy_of(last);
		unsigned int k = 1 + nor_random(&rng) % 16;

		for (; k; k--)
			nor->bits[nor_random(&rng) % SIZE] = nor_random(&rng);
		if (!EXPECT(count(judge(nor)) != WRONG))
			printf("# try %u: %s\n", n, box.why);
	}
	tell("rotten bytes");
}

/*
 * A public node over spent leaves cannot be computed again: it stands in two
 * places, not in one sector, and either may rot.
 */
static void a_public_node_survives_in_either_place(void)
{
	const struct hs_world *now = &moments[last].world;
	unsigned int nodes = 0;

	for (unsigned int slot = 0; slot < HS_KEYS; slot++) {
		const struct hs_key *key = &hs_keys[slot];
		unsigned int n = key->facts.params[0].n;

		for (uint32_t r = 2; key->made && now->ledger.keys[slot].there &&
		     r < 2 * hs_leaves(key); r++) {
			struct nor *nor = copy_of(last);
			uint32_t first, end, places = 0, sector = UINT32_MAX;

			cover_leaves(key->facts.params[0].h, r, &first, &end);
			if (end > now->ledger.keys[slot].burnt)
				continue;
			for (uint32_t at = 0; at + n <= SIZE; at++) {
				if (memcmp(nor->bits + at, key->nodes[r], n))
					continue;
				memset(nor->bits + at, 0x11, n);
				EXPECT_EQ(judge(nor), WELL);
				nor = copy_of(last);
				EXPECT(at / SECTOR != sector);
				sector = at / SECTOR;
				places++;
			}
			EXPECT(places == 0 || places == 2);
			nodes += places == 2;
		}
	}
	EXPECT(nodes >= 4);
}

/* The officer destroys: nothing is left that any key was ever made of. */
static void destroyed_is_destroyed(void)
{
	const struct hs_forbidden all = { .nodes = HS_ALL_OF_ALL };
	const struct hs_op create = { HS_CREATE, B, 0 };
	size_t at;

	nor_copy(box.nor, moments[last - 2].nor);
	box.world = moments[last].world;
	box.why[0] = 0;
	REQUIRE(hs_start(&box, 1) == 0);
	EXPECT(roots_stale(box.roots));
	EXPECT_EQ(hs_do(&box, &create), CRYPTECH_ERR_KEYSTORE_LOST_DATA);
	EXPECT_EQ(roots_accept(box.roots, 77), CRYPTECH_ERR_BAD_ARGUMENTS);
	EXPECT_EQ(roots_accept(box.roots, CRYPTECH_ACCEPT_DESTROY), 0);
	EXPECT(!roots_stale(box.roots));
	EXPECT(!roots_first(box.roots));
	EXPECT(!hs_look(&all, box.nor->bits, SIZE, &at));
	EXPECT_EQ(roots_accept(box.roots, CRYPTECH_ACCEPT_DESTROY),
		  CRYPTECH_ERR_BAD_ARGUMENTS);
	hs_stop(&box);
	REQUIRE(hs_start(&box, 2) == 0);
	EXPECT(!roots_stale(box.roots));
	EXPECT(!roots_first(box.roots));
	box.world.ledger.keys[B].there = false;
	EXPECT_EQ(hs_do(&box, &create), 0);
	hs_stop(&box);
}

/*
 * The officer says that the flash is right. It is not, but he knows that the
 * leaves in between were not used. From then on it is guarded as before.
 */
static void accepted_flash_is_guarded_again(void)
{
	const struct hs_op commit = { HS_COMMIT, A, 1 };
	struct nor *nor;

	nor_copy(box.nor, moments[last - 2].nor);
	box.world = moments[last - 2].world;
	box.world.anchor = moments[last].world.anchor;
	box.world.place_count = 0;
	box.why[0] = 0;
	REQUIRE(hs_start(&box, 1) == 0);
	EXPECT(roots_stale(box.roots));
	EXPECT_EQ(roots_accept(box.roots, CRYPTECH_ACCEPT_FLASH), 0);
	EXPECT(!roots_stale(box.roots));
	EXPECT(box.world.anchor > moments[last].world.anchor);
	nor = copy_of(last);
	nor_copy(nor, box.nor);
	EXPECT_EQ(hs_do(&box, &commit), 0);
	EXPECT(hs_check(&box));
	hs_stop(&box);
	EXPECT_EQ(hs_start(&box, 2), 0);
	EXPECT(hs_check(&box));
	hs_stop(&box);
	nor_copy(box.nor, nor);
	EXPECT_EQ(hs_start(&box, 3), 0);
	EXPECT(roots_stale(box.roots));
	hs_stop(&box);
	if (box.why[0])
		printf("# %s\n", box.why);
}

#ifdef HS_MUTATIONS
#include "../hashsig/root_internal.h"
#include "../keystore/internal.h"

enum hs_mutation hs_mutation;
enum ks_mutation ks_mutation;

/* Who fails is not told; whether somebody fails is what is asked. */
static bool is_found(enum hs_mutation mistake, void (*test)(void))
{
	hs_mutation = mistake;
	tap_failed = false;
	tap_told = TAP_TOLD_MAX + 1;
	the_present_is_well();
	if (!tap_failed)
		test();
	hs_mutation = HS_MUT_NONE;
	return tap_failed;
}

static const struct mistake {
	enum hs_mutation mistake;
	void (*test)(void);
	const char *name;
} mistakes[] = {
	{ HS_MUT_NONE, older_sectors_are_no_reuse, "none, which is not found" },
	{ HS_MUT_ANY_TIME, older_sectors_are_no_reuse,
		"taking keys of different times" },
	{ HS_MUT_NO_ANCHOR, an_older_image_is_stale,
		"not looking at the anchor" },
	{ HS_MUT_ANY_CELL, older_sectors_are_no_reuse,
		"taking another node's or generation's cell" },
	{ HS_MUT_ONE_PLACE, a_public_node_survives_in_either_place,
		"public nodes in one place" },
};

int main(void)
{
	const size_t n = sizeof(mistakes) / sizeof(mistakes[0]);
	bool all = true;

	printf("1..%zu\n", n);
	for (size_t i = 0; i < n; i++) {
		bool ok = is_found(mistakes[i].mistake, mistakes[i].test) ==
			  (mistakes[i].mistake != HS_MUT_NONE);

		all &= ok;
		printf("%sok %zu finds the mistake of %s\n", ok ? "" : "not ",
		       i + 1, mistakes[i].name);
	}
	hs_box_free(&box);
	return !all;
}
#else
int main(int argc, char **argv)
{
	full = (argc > 1 && !strcmp(argv[1], "--full")) ||
	       getenv("CRYPTECH_FULL");
	RUN(the_present_is_well);
	RUN(an_older_image_is_stale);
	RUN(a_blank_flash_is_stale);
	RUN(only_the_anchor_before_is_made_good);
	RUN(older_sectors_are_no_reuse);
	RUN(sectors_of_many_ages_are_no_reuse);
	RUN(swapped_sectors_are_no_reuse);
	RUN(a_rotten_bit_costs_leaves_at_most);
	RUN(rotten_bytes_are_no_reuse);
	RUN(a_public_node_survives_in_either_place);
	RUN(destroyed_is_destroyed);
	RUN(accepted_flash_is_guarded_again);
	hs_box_free(&box);
	for (unsigned int i = 0; i < MOMENTS; i++)
		nor_free(moments[i].nor);
	return tap_done();
}
#endif
