// SPDX-License-Identifier: MIT
/*
 * Keys that move, in the hands of who makes a mistake on purpose: exploring
 * (bk_explore.h) has to find it, in the script that is named.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../hashsig/root_internal.h"
#include "../keystore/internal.h"
#include "bk_explore.h"

enum hs_mutation hs_mutation;
enum ks_mutation ks_mutation;

static const struct mistake {
	const char *name;
	const char *script;
	enum hs_mutation hs;
	enum bk_mutation bk;
	bool by_cut;		/* not found while the power stays */
} mistakes[] = {
	{ "a KEKEK that lives on", "transfer", HS_MUT_KEKEK_LIVES, 0, false },
	{ "a Kp that survives import", "park", HS_MUT_KP_SURVIVES, 0, false },
	{ "an outbox written after the commit", "transfer",
		HS_MUT_OUTBOX_LATE, 0, true },
	{ "an outbox written after the commit that parks", "park",
		HS_MUT_OUTBOX_LATE, 0, true },
	{ "a split that keeps the upper half's cells", "transfer",
		HS_MUT_SPLIT_KEEPS, 0, false },
	{ "a delete that loses Kp", "park", HS_MUT_KP_FORGOTTEN, 0, false },
	{ "a delete that forgets a parked key", "park", 0,
		BK_MUT_FORGET_ON_ACK, false },
	{ "an import that leaves its KEY record", "transfer",
		HS_MUT_KEY_STAYS, 0, true },
	{ "an import back that leaves its KEY record", "park",
		HS_MUT_KEY_STAYS, 0, true },
	{ "a KEY record written without a note", "transfer", 0,
		BK_MUT_NO_NOTE, true },
	{ "a KEKEK dropped before its key is there", "transfer", 0,
		BK_MUT_KEKEK_FIRST, true },
	{ "packages of commits that never came", "transfer",
		HS_MUT_OUTBOX_STAYS, 0, true },
	{ "a request that is good again once acknowledged", "transfer",
		HS_MUT_ASKED_FORGOTTEN, 0, false },
	{ "requests that all differ", "transfer", 0, BK_MUT_NEW_REQUEST,
		true },
	{ "an outbox that is emptied by asking again", "transfer", 0,
		BK_MUT_DROP_EARLY, true },
	{ "leaving what a commit does not list", "transfer",
		HS_MUT_CHILDREN_STAY, 0, true },
	{ "zeroing before the commit", "transfer", HS_MUT_ZERO_FIRST, 0,
		true },
	{ "success before cells are zeroed", "park", HS_MUT_RELEASE_FIRST, 0,
		false },
	{ "an anchor that goes ahead", "transfer", HS_MUT_ANCHOR_FIRST, 0,
		true },
};

#define MISTAKES (sizeof(mistakes) / sizeof(mistakes[0]))

static const struct bk_script *script(const char *name)
{
	const struct bk_script *s = bk_scripts;

	while (strcmp(s->name, name))
		s++;
	return s;
}

static struct bk_run run;

/* What cuts find is found without the messenger's help, as a rule. */
static bool is_found(const struct mistake *m, bool cut)
{
	run = (struct bk_run){
		.script = script(m->script), .faults = cut ? 1 : 2,
		.logical = true, .cut = cut, .tears = 1,
		.sample = { 1, 100 }, .recut = 100, .quiet = true,
	};
	return !bk_explore(&run);
}

/* Under the sanitizers, too: all there is, of each a little. */
static bool none_is_found(void)
{
	bool none = true;

	for (size_t i = 0; i < bk_script_count; i++) {
		run = (struct bk_run){
			.script = &bk_scripts[i], .faults = 2,
			.logical = true, .cut = true, .tears = 1,
			.sample = { 40, 100 }, .recut = 40,
		};
		none &= bk_explore(&run);
	}
	return none;
}

int main(void)
{
	bool all;

	bk_key_make(0xf2);
	all = none_is_found();
	printf("1..%zu\n%sok 1 finds nothing where no mistake is\n",
	       MISTAKES + 1, all ? "" : "not ");
	for (size_t i = 0; i < MISTAKES; i++) {
		const struct mistake *m = &mistakes[i];
		bool ok;

		hs_mutation = m->hs;
		bk_mutation = m->bk;
		ok = is_found(m, false) == !m->by_cut &&
		     (!m->by_cut || is_found(m, true));
		all &= ok;
		printf("%sok %zu finds %s\n", ok ? "" : "not ", i + 2,
		       m->name);
		fflush(stdout);
	}
	return !all;
}
