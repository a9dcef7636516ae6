// SPDX-License-Identifier: MIT
/*
 * Hash signature keys whose keeper makes a mistake on purpose: exploring
 * (hs_explore.h) has to find it, with few cuts, in the scenario that is named.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../hashsig/root_internal.h"
#include "../keystore/internal.h"
#include "hs_explore.h"

enum hs_mutation hs_mutation;
enum ks_mutation ks_mutation;

static const struct mistake {
	const char *name;
	const char *scenario;
	enum hs_mutation hs;
	enum ks_mutation ks;
} mistakes[] = {
	{ "none, which is not found", "sign-first", 0, 0 },
	{ "committing before what was written is read back", "sign-first",
		HS_MUT_NO_READ_BACK, MUT_NO_READ_BACK },
	{ "success before spent cells are zeroed", "sign-first",
		HS_MUT_RELEASE_FIRST, 0 },
	{ "zeroing cells by a record that is not firm yet", "sign-first",
		0, MUT_NO_COPY },
	{ "leaving records that were not committed", "sign-first",
		0, MUT_NO_VOID },
	{ "leaving the children of a commit that was not", "sign-second",
		HS_MUT_CHILDREN_STAY, 0 },
	{ "leaving seeds of a key that was not made", "create",
		HS_MUT_CHILDREN_STAY, 0 },
	{ "not raising the floor", "sign-single", HS_MUT_NO_FLOOR, 0 },
	{ "advancing the anchor before the commit", "sign-first",
		HS_MUT_ANCHOR_FIRST, 0 },
	{ "giving seeds in spite of an error", "sign-first",
		HS_MUT_KEEP_RUN, 0 },
	{ "zeroing spent cells before the commit", "reserve-two",
		HS_MUT_ZERO_FIRST, 0 },
	{ "collecting, zeroing before the commit", "create-collecting",
		HS_MUT_COLLECT_FIRST, 0 },
	{ "deleting before the ledger says so", "delete-used",
		HS_MUT_DELETE_FIRST, 0 },
	{ "zeroing cells' headers before their data", "sign-first",
		0, MUT_CELL_HEADER_FIRST },
	{ "zeroing the old record before the commit", "sign-first",
		0, MUT_ZERO_FIRST },
};

#define MISTAKES (sizeof(mistakes) / sizeof(mistakes[0]))

static bool is_found(const struct mistake *m, struct hs_run *run)
{
	for (size_t i = 0; i < hs_scenario_count * hs_geometry_count; i++) {
		run->scenario = &hs_scenarios[i / hs_geometry_count];
		run->geometry = &hs_geometries[i % hs_geometry_count];
		if (!strcmp(run->scenario->name, m->scenario) &&
		    !hs_explore(run))
			return true;
	}
	return false;
}

/* Most are found by one cut, some take two. */
static bool is_found_deepening(const struct mistake *m)
{
	struct hs_run one = {
		.depth = 1, .tears = 4, .sample = { 1 }, .lies = true,
	};
	struct hs_run two = {
		.depth = 2, .tears = 4, .sample = { 1, 2 },
	};

	return is_found(m, &one) || is_found(m, &two);
}

int main(void)
{
	bool all = true;

	hs_make_keys();
	printf("1..%zu\n", MISTAKES);
	for (size_t i = 0; i < MISTAKES; i++) {
		const struct mistake *m = &mistakes[i];
		bool ok;

		hs_mutation = m->hs;
		ks_mutation = m->ks;
		free(hs_seen.slots);
		memset(&hs_seen, 0, sizeof(hs_seen));
		ok = is_found_deepening(m) == (m->hs || m->ks);
		all &= ok;
		printf("%sok %zu finds the mistake of %s\n",
		       ok ? "" : "not ", i + 1, m->name);
		fflush(stdout);
	}
	return !all;
}
