// SPDX-License-Identifier: GPL-2.0
/*
 * Volatile keys are added and unlinked 10,000 times; the HSM counts down to
 * none, and the keys never pile up there as long as somebody takes them away.
 */
#include "keys.h"

#define ROUNDS	10000

int main(void)
{
	int watch, i, failed = 0;
	long key;

	ksft_print_header();
	ksft_set_plan(3);
	run("hsm-ready");
	watch = hsm_open(0);
	for (i = 0; i < ROUNDS && !failed; i++) {
		key = add("cryptech", "one of many", KEY_SPEC_PROCESS_KEYRING,
			  "new ec-p256 volatile");
		if (key < 0) {
			printf("# round %d: %s\n", i, strerror(-key));
			failed = 1;
		} else {
			failed = keyctl_unlink(key, KEY_SPEC_PROCESS_KEYRING);
		}
	}
	point(!failed, "%d volatile keys were added and unlinked", ROUNDS);
	point_is(wait_for_status(watch, CRYPTECH_STATUS_KEYS_VOLATILE, 0), 0,
		 "none of them is left in the HSM");
	point_is(hsm_status(watch, CRYPTECH_STATUS_ERRORS), 0,
		 "the HSM refused nothing");
	ksft_print_cnts();
	return ksft_get_fail_cnt() ? 1 : 0;
}
