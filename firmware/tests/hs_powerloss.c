// SPDX-License-Identifier: MIT
/*
 * Hash signature keys lose power at every program and erase of everything that
 * is done with them, and again in the recovery, and again in that one's.
 *
 * Each step is cut in three ways: not done, torn (in several ways, by seed),
 * done. Then the HSM is started three times, torn bits drawn anew each time,
 * and after one of these starts every key is used to its end. The ledger
 * (hs_ledger.h), which knows only what was handed out, asserts at every stop:
 *
 *  - no leaf's seed is handed out twice;
 *  - every leaf that is left has its seed, and a path that leads to T1;
 *  - no more is burnt than the run that was in flight, and what a start found
 *    stays so;
 *  - no seed from which a spent leaf could be computed is anywhere in the
 *    flash, wrapped or not, aligned or not; where it was, everything is zero
 *    for good, not only reads so; nor is it on the heap;
 *  - other keys are not touched.
 *
 * States that are the same (flash with its torn bits, anchor, ledger) are
 * explored once. Without arguments: a sample. --full, or CRYPTECH_FULL=1 in
 * the environment: all first and second cuts (of those that collect cells,
 * a 24th of the second), more ways of tearing, and a large sample of the
 * third. --one SCENARIO, at the end: that one alone.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hs_explore.h"

int main(int argc, char **argv)
{
	bool full = (argc > 1 && !strcmp(argv[1], "--full")) ||
		    getenv("CRYPTECH_FULL");
	const char *one = argc > 2 && !strcmp(argv[argc - 2], "--one") ?
			  argv[argc - 1] : NULL;
	struct hs_run run = {
		.depth = HS_DEPTH, .tears = 2, .sample = { 1, 150, 600 },
		.lies = true,
	};
	uint64_t total = 0;
	bool all = true;
	int n = 0;

	if (full) {
		run.tears = 4;
		run.sample[1] = 1;
		run.sample[2] = 30;
	}
	hs_make_keys();
	for (size_t i = 0; i < hs_scenario_count * hs_geometry_count; i++) {
		bool ok;

		run.scenario = &hs_scenarios[i % hs_scenario_count];
		run.geometry = &hs_geometries[i / hs_scenario_count];
		if (one && strcmp(one, run.scenario->name))
			continue;
		ok = hs_explore(&run);
		all &= ok;
		total += run.total;
		printf("# %llu steps, %u collected, %u full, %llu states\n%sok %d %s, %s\n",
		       (unsigned long long)run.steps, run.collected,
		       run.box.full,
		       (unsigned long long)run.total, ok ? "" : "not ", ++n,
		       run.scenario->name, run.geometry->name);
		fflush(stdout);
	}
	printf("1..%d\n# %llu states, %llu of them different\n", n,
	       (unsigned long long)total, (unsigned long long)hs_seen.count);
	return !all;
}
