/* SPDX-License-Identifier: MIT */
/*
 * Exploring what becomes of a key that two HSMs and a messenger have, when
 * power and messenger fail: bk_crash.c says what is asserted.
 */
#ifndef TESTS_BK_EXPLORE_H
#define TESTS_BK_EXPLORE_H

#include "bk_box.h"
#include "hs_memo.h"

#define BK_STEPS	12
#define BK_DEPTH	32

struct bk_script {
	const char *name;
	struct bk_step steps[BK_STEPS];		/* BK_END: the end */
};

/* bk_scripts.c */
extern const struct bk_script bk_scripts[];
extern const size_t bk_script_count;

struct bk_node {
	struct nor *nor[BK_SIDES];
	struct bk_world world;
	uint8_t at;			/* in the script */
	uint8_t faults;			/* of the messenger, so far */
	uint8_t cuts[BK_SIDES];
	uint8_t recuts;			/* of recoveries */
};

struct bk_run {
	/* what to do */
	const struct bk_script *script;
	unsigned int faults;		/* of the messenger, at most */
	bool cut;			/* once on each side */
	unsigned int tears;		/* ways of tearing a step */
	unsigned int sample[2];		/* the first, the second of the cuts:
					 * one of so many is tried */
	unsigned int recut;		/* a recovery is cut: one of so many;
					 * 0: never */
	/*
	 * HSMs at rest that are the same but for where things lie in flash
	 * are explored once: so messages can fail in all ways. Else only what
	 * is the same to the bit.
	 */
	bool logical;
	bool quiet;

	/* what came of it */
	uint64_t states, same, ends;

	/* at work */
	struct bk_box box;
	struct bk_node node[BK_DEPTH];
	struct hs_memo seen;
	uint64_t rng;
	uint64_t boot;			/* of the start that is next */
	char path[BK_DEPTH][24];	/* for reports */
};

/* False: something was wrong, and is told. */
bool bk_explore(struct bk_run *run);

#endif /* TESTS_BK_EXPLORE_H */
