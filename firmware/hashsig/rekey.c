// SPDX-License-Identifier: MIT
/*
 * Another K_state, because the master key changes. By then there is no key any
 * more, and of what is in flash the ledger alone goes on: it says at which
 * anchor value this flash is.
 */
#include "root_internal.h"

_Static_assert(LEDGER_SIZE <= ROOTS_LEDGER_MAX, "room for a ledger");

int roots_rekey_prepare(struct roots *roots, const uint8_t k_state[32],
			struct roots_rekey *rekey)
{
	struct ledger ledger = { .there = true, .anchor = roots->anchor };
	uint8_t before[sizeof(roots->k_record)];
	int error;

	rekey->ledger_len = 0;
	if (roots->first)
		return CRYPTECH_ERR_IMPOSSIBLE;
	error = anchor_ready(roots);
	if (!error)
		error = core_kdf(k_state, "hashsig records", rekey->k_record);
	if (error || !roots->anchor)	/* there never was a key */
		return error;
	error = keys_hash(roots, NULL, NULL, ledger.keys);
	if (error)
		return error;
	memcpy(before, roots->k_record, sizeof(before));
	memcpy(roots->k_record, rekey->k_record, sizeof(before));
	ledger_encode(roots, &ledger, rekey->ledger);
	memcpy(roots->k_record, before, sizeof(before));
	core_wipe(before, sizeof(before));
	rekey->ledger_len = LEDGER_SIZE;
	return CRYPTECH_ERR_OK;
}

void roots_rekey(struct roots *roots, const struct roots_rekey *rekey)
{
	memcpy(roots->k_record, rekey->k_record, sizeof(roots->k_record));
	roots->ledger.ends = false;
}
