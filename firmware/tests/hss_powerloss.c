// SPDX-License-Identifier: MIT
/*
 * HSS keys lose power at every program and erase of everything that is done
 * with them: made, used, lower trees used up and replaced, runs of leaves
 * reserved, started again, deleted.
 *
 * What hs_powerloss.c shows for the seeds of the root tree, this shows for
 * signatures: all that ever left is written up outside, and is parsed as RFC
 * 8554 has it. After each cut the HSM starts, which is cut in turn, and the key
 * signs to its end, with starts in between. It is asserted
 *
 *  - that no one-time key of any level, (I, q), ever signs two things;
 *  - that the leaf of each level is the one that a model outside says, which
 *    knows no more than what was signed and when the power failed: so no root
 *    leaf is spent but for a tree that was used, or by a cut in just that;
 *  - that every signature verifies;
 *  - what hs_check() asserts of flash and root.
 *
 * Without arguments: a twelfth of the second cuts. --full, or CRYPTECH_FULL=1 in
 * the environment: all of them, and more ways of tearing.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../hashsig/levels.h"
#include "hs_box.h"
#include "hs_cores.h"
#include "hs_heap.h"

#define H2		0xf2
#define OTS		0xf1
#define LOWER		4u	/* leaves of a lower tree */
#define SIGNED_MAX	256

/* A one-time key that has signed, and what. */
struct signed_once {
	uint8_t id[LMS_ID_SIZE];
	uint32_t q;
	uint64_t what;
};

/* What outlives the power, beside hs_world: what has left. */
struct told {
	unsigned int slot;		/* of the key that there is */
	unsigned int count;
	struct signed_once list[SIGNED_MAX];
	uint32_t messages;
};

/* What the key will do next, as far as it can be told from outside. */
struct model {
	uint32_t run, run_end;		/* root leaves that are reserved */
	uint32_t left[CRYPTECH_HSS_LEVELS_MAX];	/* of the lower trees */
};

enum what { END, MAKE, SIGN, AHEAD, RESTART, DELETE };

struct scenario {
	const char *name;
	unsigned int levels;
	uint32_t reserve;
	struct { enum what what; unsigned int times; } before[4], ops[6];
};

static const struct scenario scenarios[] = {
	{ "make", 2, 1, { { END, 0 } }, { { MAKE, 1 }, { SIGN, 1 } } },
	{ "first", 2, 1, { { MAKE, 1 } }, { { SIGN, 1 } } },
	{ "second", 2, 1, { { MAKE, 1 }, { SIGN, 1 } }, { { SIGN, 1 } } },
	{ "rollover", 2, 1, { { MAKE, 1 }, { SIGN, 4 } }, { { SIGN, 1 } } },
	{ "rollover-ahead", 2, 1, { { MAKE, 1 }, { SIGN, 3 }, { AHEAD, 1 } },
	  { { SIGN, 2 } } },
	{ "last-tree", 2, 1, { { MAKE, 1 }, { SIGN, 12 } }, { { SIGN, 4 } } },
	{ "restart-sign", 2, 1, { { MAKE, 1 }, { SIGN, 2 } },
	  { { RESTART, 1 }, { SIGN, 1 } } },
	{ "reserve", 2, 2, { { MAKE, 1 } }, { { SIGN, 5 } } },
	{ "reserve-rest", 2, 3, { { MAKE, 1 }, { SIGN, 12 } },
	  { { SIGN, 1 } } },
	{ "reserve-restart", 2, 2, { { MAKE, 1 }, { SIGN, 1 } },
	  { { RESTART, 1 }, { SIGN, 1 } } },
	{ "plain-reserve", 1, 3, { { MAKE, 1 } }, { { SIGN, 4 } } },
	{ "three-levels", 3, 1, { { MAKE, 1 }, { SIGN, 16 } },
	  { { SIGN, 1 } } },
	{ "three-levels-ahead", 3, 2,
	  { { MAKE, 1 }, { SIGN, 15 }, { AHEAD, 1 } }, { { SIGN, 2 } } },
	{ "delete", 2, 1, { { MAKE, 1 }, { SIGN, 1 } }, { { DELETE, 1 } } },
	{ "delete-make", 2, 2, { { MAKE, 1 }, { SIGN, 2 } },
	  { { DELETE, 1 }, { MAKE, 1 }, { SIGN, 1 } } },
};

#define SCENARIOS (sizeof(scenarios) / sizeof(scenarios[0]))

static struct hs_box box;
static struct told told;
static struct model model;
static struct hss *hss;
static const struct scenario *scenario;
static uint64_t rng, states;
static unsigned int tears = 4, sample = 1, sample_second = 12;

static struct hs_key *the_key(void)
{
	return &hs_keys[told.slot];
}

static struct hs_life *the_life(void)
{
	return &box.world.ledger.keys[told.slot];
}

/* --- the ledger of signatures --------------------------------------------------- */

static uint64_t fingerprint(const void *data, size_t len)
{
	const uint8_t *p = data;
	uint64_t h = len;

	for (size_t i = 0; i < len; i++) {
		h ^= p[i];
		h = nor_random(&h);
	}
	return h;
}

static bool note(const uint8_t *id, uint32_t q, uint64_t what)
{
	struct signed_once *s = told.list;

	for (; s < told.list + told.count; s++)
		if (s->q == q && !memcmp(s->id, id, sizeof(s->id)))
			return s->what == what ||
			       hs_wrong(&box, "leaf %u of some tree signs "
					"two things", q);
	if (told.count == SIGNED_MAX)
		__builtin_trap();
	memcpy(s->id, id, sizeof(s->id));
	s->q = q;
	s->what = what;
	told.count++;
	return true;
}

static uint32_t u32_at(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
}

/*
 * RFC 8554, 6.2: u32 levels - 1, then for each level a signature, which begins
 * with q, and the public key below it; @expected: q of each level.
 */
static bool write_up(const uint8_t *sig, uint64_t message,
		     const uint32_t *expected)
{
	const struct root_facts *facts = &the_key()->facts;
	const struct lms_params *p = &facts->params[0];
	size_t size = lms_signature_size(p), key = lms_public_size(p);
	const uint8_t *id = facts->id, *at = sig + 4;

	if (u32_at(sig) != facts->levels - 1)
		return hs_wrong(&box, "another number of levels");
	for (unsigned int i = 0; i < facts->levels; i++) {
		bool last = i + 1 == facts->levels;
		uint32_t q = u32_at(at);

		if (q != expected[i])
			return hs_wrong(&box, "level %u signs with leaf %u, not %u",
					i, q, expected[i]);
		if (!note(id, q, last ? message :
			  fingerprint(at + size, key)))
			return false;
		id = at + size + 8;
		at += size + key;
	}
	return true;
}

/* --- the model --------------------------------------------------------------------- */

static void model_start(void)
{
	memset(&model, 0, sizeof(model));
}

/* What the next signature will take; *commits: a new run of root leaves. */
static bool model_take(unsigned int level, uint32_t *expected, bool *commits)
{
	struct hs_life *life = the_life();
	uint32_t reserve = the_key()->facts.reserve;

	if (level > 0 && level < CRYPTECH_HSS_LEVELS_MAX) {
		if (!model.left[level]) {
			if (!model_take(level - 1, expected, commits))
				return false;
			model.left[level] = LOWER;
		}
		expected[level] = LOWER - model.left[level]--;
		return true;
	}
	if (model.run == model.run_end) {
		model.run = life->burnt;
		model.run_end = model.run + reserve;
		if (model.run_end > LOWER)
			model.run_end = LOWER;
		*commits = true;
		if (model.run == model.run_end)
			return false;
	}
	expected[0] = model.run++;
	return true;
}

/* The leaves that stand above stay what they were. */
static void model_above(uint32_t *expected)
{
	static uint32_t last[CRYPTECH_HSS_LEVELS_MAX];

	for (unsigned int i = 0; i < CRYPTECH_HSS_LEVELS_MAX; i++) {
		if (expected[i] == UINT32_MAX)
			expected[i] = last[i];
		last[i] = expected[i];
	}
}

/* --- operations ----------------------------------------------------------------------- */

static bool is_off(void)
{
	return box.nor->off || box.why[0];
}

static bool work(enum hss_when when)
{
	struct hss_work *unit;
	int error = 0;

	while (!error && (unit = hss_work_get(hss, when))) {
		hss_work_run(unit);
		error = hss_work_put(hss, unit);
	}
	return !error || hs_wrong(&box, "work: %d", error);
}

static void down(void)
{
	hss_free(hss);
	hss = NULL;
	hs_stop(&box);
}

/* Start; false: cut, or wrong. */
static bool up(uint64_t seed)
{
	struct root *root;
	int ret = hs_start(&box, seed);

	model_start();
	if (box.nor->off)
		return false;
	if (ret)
		return hs_wrong(&box, "start: %d, %s", ret, box.said);
	if (!hs_check(&box))
		return false;
	root = roots_find(box.roots, the_key()->facts.uuid);
	ret = root ? hss_open(&hss, box.roots, root) : 0;
	return !ret || hs_wrong(&box, "open: %d", ret);
}

static bool make(void)
{
	struct hs_life *life = the_life();
	const struct hs_key *key = the_key();
	int ret = hss_new_from(&hss, &key->facts, key->facts.id,
			       key->seeds[1]);

	if (ret || !work(HSS_NOW))
		return hs_wrong(&box, "make: %d", ret);
	memset(life, 0, sizeof(*life));
	life->maybe = true;
	model_start();
	ret = hss_store(hss, box.roots);
	if (box.nor->off)
		return false;
	return !ret || hs_wrong(&box, "store: %d", ret);
}

static bool verifies(const uint8_t *sig, size_t len, uint32_t message)
{
	uint8_t public[CRYPTECH_HSS_PUBLIC_MAX];
	size_t public_len = hss_public(hss, public);
	struct hss_verify *verify;

	if (hss_verify_begin(&verify, public, public_len, sig, len))
		return false;
	if (hss_verify_update(verify, &message, sizeof(message))) {
		hss_verify_abort(verify);
		return false;
	}
	return !hss_verify_final(verify);
}

static int sign_leaf(struct hss_leaf *leaf, uint32_t message, uint8_t *sig,
		     size_t size, size_t *len)
{
	uint8_t digest[LMS_N_MAX];
	struct lms_message m;
	int error = hss_leaf_begin(leaf, &m);

	if (!error)
		error = lms_message_update(&m, &message, sizeof(message));
	if (!error)
		error = lms_message_final(&m, digest);
	if (!error)
		error = hss_leaf_sign(leaf, digest, sig, size, len);
	hss_leaf_put(hss, leaf);
	return error;
}

/* False: cut, wrong, or, with *@end, nothing is left. */
static bool sign(bool *end)
{
	static uint8_t sig[CRYPTECH_HSS_SIGNATURE_MAX];
	uint32_t expected[CRYPTECH_HSS_LEVELS_MAX];
	struct hs_life *life = the_life();
	bool commits = false, some;
	struct hss_leaf *leaf;
	size_t len;
	int ret;

	memset(expected, 0xff, sizeof(expected));
	some = model_take(the_key()->facts.levels - 1, expected, &commits);
	if (commits && some)
		life->burnt_max = model.run_end;
	ret = hss_take(hss, &leaf);
	if (ret == CRYPTECH_ERR_NOT_READY && work(HSS_NOW))
		ret = hss_take(hss, &leaf);
	if (is_off())
		return false;
	*end = ret == CRYPTECH_ERR_HASHSIG_KEY_EXHAUSTED;
	if (some == *end || (ret && !*end))
		return hs_wrong(&box, "take: %d", ret);
	if (*end)
		return false;
	if (commits)
		life->burnt = model.run_end;
	model_above(expected);
	ret = sign_leaf(leaf, ++told.messages, sig, sizeof(sig), &len);
	if (ret || !verifies(sig, len, told.messages))
		return hs_wrong(&box, "no good signature: %d", ret);
	return write_up(sig, told.messages, expected);
}

static bool delete(void)
{
	struct hs_life *life = the_life();
	int ret;

	life->maybe = true;
	life->there = false;
	ret = hss_delete(hss);
	if (is_off())
		return false;
	hss = NULL;
	life->maybe = false;
	/* Its leaves are spent for ever: the next key is another one. */
	told.slot++;
	return !ret || hs_wrong(&box, "delete: %d", ret);
}

static void draw_key(unsigned int slot)
{
	struct root_facts *facts = &hs_keys[slot].facts;

	hs_key_make(slot, slot + 1, H2, OTS, CRYPTECH_HASHSIG_PUNCTURED);
	facts->levels = scenario->levels;
	facts->reserve = scenario->reserve;
	for (unsigned int i = 1; i < facts->levels; i++)
		facts->params[i] = facts->params[0];
}

static bool run(enum what what, unsigned int times)
{
	bool end = false, ok = true;

	for (unsigned int i = 0; i < times && ok; i++) {
		switch (what) {
		case MAKE:
			ok = make();
			break;
		case SIGN:
			ok = sign(&end);
			break;
		case AHEAD:
			ok = work(HSS_AHEAD);
			break;
		case RESTART:
			down();
			ok = up(nor_random(&rng));
			break;
		case DELETE:
			ok = delete();
			break;
		case END:
			break;
		}
		ok = ok && hs_check(&box);
	}
	return ok;
}

/* To the end, with starts where it likes. */
static bool use_up(void)
{
	bool end = false;

	while (hss && sign(&end)) {
		if (!hs_check(&box))
			return false;
		if (nor_random(&rng) % 6)
			continue;
		down();
		if (!up(nor_random(&rng)))
			return false;
	}
	return !box.why[0];
}

/* --- cutting ------------------------------------------------------------------------------ */

struct snapshot {
	struct nor *nor;
	struct hs_world world;
	struct told told;
};

static struct snapshot base, cut;

static void save(struct snapshot *s)
{
	nor_copy(s->nor, box.nor);
	s->world = box.world;
	s->told = told;
}

static void restore(const struct snapshot *s)
{
	nor_copy(box.nor, s->nor);
	box.world = s->world;
	told = s->told;
	box.nor->cut_step = 0;
}

static enum nor_cut way_of(unsigned int way)
{
	return way == 0 ? NOR_NOT_DONE : way == 1 ? NOR_DONE : NOR_TORN;
}

static bool report(const char *where, uint64_t step)
{
	printf("# %s, %s, step %llu: %s\n", scenario->name, where,
	       (unsigned long long)step, box.why);
	return false;
}

/* From the state after the first cut; *steps of the start. */
static bool recover(uint64_t seed, uint64_t *steps)
{
	bool ok;

	states++;
	restore(&cut);
	*steps = box.nor->steps;
	ok = up(seed);
	*steps = box.nor->steps - *steps;
	ok = ok && use_up();
	down();
	return ok;
}

static bool cut_recovery(uint64_t seed, uint64_t steps, bool *ok)
{
	for (uint64_t step = 1; step <= steps; step++) {
		for (unsigned int way = 0; way < tears + 2; way++) {
			if (nor_random(&rng) % sample_second)
				continue;
			states++;
			restore(&cut);
			nor_cut_at(box.nor, step, way_of(way), 0);
			up(seed);
			down();
			box.nor->cut_step = 0;
			*ok = up(nor_random(&rng)) && use_up();
			down();
			if (!*ok)
				return report("recovery", step);
		}
	}
	return true;
}

/* The operations, cut at @step; *done: they came to their end. */
static bool first_cut(uint64_t step, unsigned int way, bool *done)
{
	bool ok;

	restore(&base);
	ok = up(1);
	/* As it was before this start: what lies in memory came of signing. */
	for (int i = 0; i < 4 && ok; i++)
		ok = run(scenario->before[i].what, scenario->before[i].times);
	if (!ok)
		return hs_wrong(&box, "set-up");
	nor_cut_at(box.nor, step, way_of(way), nor_random(&rng));
	for (int i = 0; i < 6 && ok; i++)
		ok = run(scenario->ops[i].what, scenario->ops[i].times);
	*done = !box.nor->off;
	down();
	save(&cut);
	return !box.why[0] && (ok || !*done);
}

static bool explore(void)
{
	bool done = false, ok = true;

	for (uint64_t step = 1; !done; step++) {
		for (unsigned int way = 0; way < tears + 2; way++) {
			uint64_t seed = nor_random(&rng), steps;

			if (step > 1 && way > 0 && nor_random(&rng) % sample)
				continue;
			/* A number of its own, so that random trees differ. */
			hs_random_seed(seed);
			if (!first_cut(step, way, &done) ||
			    !recover(seed, &steps))
				return report("cut", step);
			if (!cut_recovery(seed, steps, &ok))
				return false;
		}
	}
	return ok;
}

int main(int argc, char **argv)
{
	const uint32_t size = 24576, sector_size = 1536;
	bool all = true;

	if ((argc > 1 && !strcmp(argv[1], "--full")) ||
	    getenv("CRYPTECH_FULL")) {
		tears = 8;
		sample = 1;
		sample_second = 1;
	}
	hs_wrap_seen = hs_wrap_note;
	printf("1..%zu\n", SCENARIOS);
	for (size_t i = 0; i < SCENARIOS; i++) {
		uint64_t before = states;
		bool ok;

		rng = i;
		scenario = &scenarios[i];
		hs_keys_forget();
		hs_wraps_forget();
		draw_key(0);
		draw_key(1);
		hs_box_new(&box, size, sector_size);
		hs_heap_hide = true;
		base.nor = nor_new(size, sector_size);
		cut.nor = nor_new(size, sector_size);
		hs_heap_hide = false;
		memset(&told, 0, sizeof(told));
		save(&base);
		ok = explore();
		all &= ok;
		hs_box_free(&box);
		nor_free(base.nor);
		nor_free(cut.nor);
		printf("%sok %zu %s\n# %llu states\n", ok ? "" : "not ", i + 1,
		       scenario->name,
		       (unsigned long long)(states - before));
		fflush(stdout);
	}
	return !all;
}
