/* SPDX-License-Identifier: MIT */
/*
 * Exploring what power cuts make of hash signature keys: hs_powerloss.c says
 * what is asserted.
 */
#ifndef TESTS_HS_EXPLORE_H
#define TESTS_HS_EXPLORE_H

#include "hs_box.h"
#include "hs_memo.h"

#define HS_DEPTH 3

struct hs_geometry {
	const char *name;
	uint32_t size, sector_size;
};

struct hs_scenario {
	const char *name;
	void (*setup)(struct hs_box *box);
	struct hs_op ops[8];		/* HS_END: the end */
};

/* hs_scenarios.c */
extern const struct hs_geometry hs_geometries[];
extern const size_t hs_geometry_count;
extern const struct hs_scenario hs_scenarios[];
extern const size_t hs_scenario_count;
void hs_make_keys(void);

struct hs_snapshot {
	struct nor *nor;
	struct hs_world world;
};

struct hs_run {
	/* what to do */
	const struct hs_geometry *geometry;
	const struct hs_scenario *scenario;
	int depth;			/* cuts, each in a recovery */
	unsigned int tears;		/* ways of tearing a step */
	unsigned int sample[HS_DEPTH];	/* one of so many is tried */
	bool lies;			/* have the flash lie, too */
	bool quiet;

	/* what came of it */
	uint64_t total;			/* states, also the same ones */
	uint64_t steps;			/* of the operations, uncut */
	unsigned int collected;		/* in these */

	/* at work */
	struct hs_box box;
	struct hs_snapshot base;		/* after the set-up */
	struct hs_snapshot cut[HS_DEPTH];	/* after each of the cuts */
	uint64_t rng;
	uint64_t path[HS_DEPTH];	/* steps that are cut, for reports */
};

/* States that were seen, in all runs. */
extern struct hs_memo hs_seen;
/* False: something was wrong, and is told. */
bool hs_explore(struct hs_run *run);

#endif /* TESTS_HS_EXPLORE_H */
