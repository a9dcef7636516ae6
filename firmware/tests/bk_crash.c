// SPDX-License-Identifier: MIT
/*
 * Two HSMs give a key to each other and off themselves, while power and
 * messenger fail.
 *
 * Of every script (bk_scripts.c) there are two explorations.
 *
 * The *product* of power cuts: each HSM is cut once, at every program and erase
 * of everything that it does (not done, torn, done), every one on one side
 * times every one on the other, and what was cut is asked again. What is the
 * same to the bit, with its torn bits, is explored once.
 *
 * The *messenger* fails twice at any two times: a message that was ever sent
 * (statement of a KEKEK, package, acknowledgement, file) comes twice, late, or
 * before its turn. (Lost is as asked again.) With each HSM cut once anywhere,
 * and its recovery once more. HSMs at rest that are the same but for where
 * their records lie are explored once here.
 *
 * At each stop the ledger (bk_ledger.c) asserts:
 *
 *  - no (I, q) signs twice, wherever its seed went;
 *  - what source, destination and each package can sign are disjoint sets, and
 *    have nothing that was signed with. A package can sign as long as what opens
 *    it, KEKEK or Kp, is at any offset of a flash, wrapped or not, and it left
 *    the HSM, or lies in an outbox: a copy that was imported is nothing;
 *  - an HSM has the seeds of what it says that it can sign with, and of no more;
 *  - a KEY record is there just when the key is.
 *
 * At each end what is under way is asked again, all old packages are tried, and
 * every key signs to its end: each leaf has signed once, but for those of a run
 * that a power cut met, or that somebody deleted.
 *
 * Without arguments: a sample. --full, or CRYPTECH_FULL=1 in the environment:
 * all of it, but for cut recoveries, of which it is one of 20. --one SCRIPT, at
 * the end: that one alone.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bk_explore.h"

#define H2	0xf2

static struct bk_run run;
static const char *one;
static uint64_t states, ends;
static bool all = true;
static int count;

static void explore_all(const char *what)
{
	for (size_t i = 0; i < bk_script_count; i++) {
		bool ok;

		run.script = &bk_scripts[i];
		if (one && strcmp(one, run.script->name))
			continue;
		ok = bk_explore(&run);
		all &= ok;
		states += run.states - run.same;
		ends += run.ends;
		printf("%sok %d %s: %s\n# %llu states, %llu of them different, %llu ends\n",
		       ok ? "" : "not ", ++count, what, run.script->name,
		       (unsigned long long)run.states,
		       (unsigned long long)(run.states - run.same),
		       (unsigned long long)run.ends);
		fflush(stdout);
	}
}

int main(int argc, char **argv)
{
	bool full = (argc > 1 && !strcmp(argv[1], "--full")) ||
		    getenv("CRYPTECH_FULL");

	if (argc > 2 && !strcmp(argv[argc - 2], "--one"))
		one = argv[argc - 1];
	bk_key_make(H2);
	run = (struct bk_run){
		.cut = true, .tears = 1, .sample = { 1, full ? 1 : 200 },
	};
	explore_all("product");
	run = (struct bk_run){
		.cut = true, .tears = 1, .faults = 2, .logical = true,
		.sample = { full ? 1 : 8, full ? 1 : 40 }, .recut = 20,
	};
	explore_all("messenger");
	printf("1..%d\n# %llu different states, %llu ends\n", count,
	       (unsigned long long)states, (unsigned long long)ends);
	return !all;
}
