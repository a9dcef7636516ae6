// SPDX-License-Identifier: MIT
/*
 * Freshness. Every commit on any key takes the next value of one counter and
 * writes it into its record, with a hash over all keys; a deletion, whose
 * record goes, writes them into the ledger. The platform keeps the value
 * outside the flash.
 *
 * So the record with the highest value says what all the others have to be,
 * and the anchor says which value is the highest.
 */
#include "root_internal.h"

const uint8_t roots_ledger_name[KS_NAME_SIZE] = "hashsig ledger";

static bool has_anchor(const struct roots *roots)
{
	return roots->platform->anchor_kind != CRYPTECH_FRESH_NONE &&
	       roots->platform->anchor_read &&
	       roots->platform->anchor_advance;
}

/* --- the hash over all keys ----------------------------------------------- */

/* "KEKK" | uuid */
static int hash_kekeks(struct core_hash *hash, const struct roots *roots,
		       const struct root *changed)
{
	uint8_t data[4 + CRYPTECH_UUID_SIZE] = "KEKK";
	int error = CRYPTECH_ERR_OK;

	for (unsigned int i = 0; i < roots->kekek_count && !error; i++) {
		if (changed && root_came_by(changed, roots->kekeks[i]))
			continue;
		memcpy(data + 4, roots->kekeks[i], CRYPTECH_UUID_SIZE);
		error = core_hash_update(hash, data, sizeof(data));
	}
	return error;
}

/* uuid | u32 generation | u64 anchor */
static int hash_key(struct core_hash *hash, const struct root *root)
{
	uint8_t data[CRYPTECH_UUID_SIZE + 4 + 8];
	uint64_t anchor = root->places->anchor;

	memcpy(data, root->facts.uuid, CRYPTECH_UUID_SIZE);
	for (int i = 0; i < 4; i++)
		data[CRYPTECH_UUID_SIZE + i] = root->generation >> (24 - 8 * i);
	for (int i = 0; i < 8; i++)
		data[CRYPTECH_UUID_SIZE + 4 + i] = anchor >> (56 - 8 * i);
	return core_hash_update(hash, data, sizeof(data));
}

int keys_hash(const struct roots *roots, const struct root *changed,
	      const struct root *gone, uint8_t out[KEYS_HASH])
{
	struct core_hash *hash = core_hash_new(CRYPTECH_DIGEST_SHA256, NULL, 0);
	const struct root *root = roots->first;
	const struct root *comes = changed;
	int error = hash ? CRYPTECH_ERR_OK : CRYPTECH_ERR_ALLOCATION_FAILURE;

	/* Both are in the order of their UUIDs. */
	for (; root && !error; root = root->next) {
		int order = changed ? memcmp(root->facts.uuid,
					     changed->facts.uuid,
					     CRYPTECH_UUID_SIZE) : -1;
		bool goes = gone && gone == root;

		if (order >= 0) {
			error = hash_key(hash, changed);
			changed = NULL;
		}
		if (order && !goes && !error)
			error = hash_key(hash, root);
	}
	if (changed && !error)
		error = hash_key(hash, changed);
	if (!error)
		error = hash_kekeks(hash, roots, comes);
	if (!error)
		error = core_hash_final(hash, out);
	core_hash_free(hash);
	return error;
}

/* --- the anchor ----------------------------------------------------------- */

bool anchor_value(const struct roots *roots, uint64_t *value)
{
	const struct platform *platform = roots->platform;

	*value = 0;
	return !has_anchor(roots) ||
	       !platform->anchor_read(platform->data, value);
}

int anchor_follow(struct roots *roots, uint64_t value)
{
	const struct platform *platform = roots->platform;

	roots->anchor = value;
	roots->behind = has_anchor(roots);
	if (roots->behind && platform->anchor_advance(platform->data, value)) {
		root_log(roots, NULL, "the anchor cannot be advanced to %llu",
			 (unsigned long long)value);
		return CRYPTECH_ERR_KEYSTORE_ACCESS;
	}
	roots->behind = false;
	return CRYPTECH_ERR_OK;
}

int anchor_ready(struct roots *roots)
{
	if (roots->stale)
		return CRYPTECH_ERR_KEYSTORE_LOST_DATA;
	return roots->behind ? anchor_follow(roots, roots->anchor) :
			       CRYPTECH_ERR_OK;
}

static int go_stale(struct roots *roots, const char *why)
{
	root_log(roots, NULL, "%s: the flash is not the newest there was; "
		 "hash signature keys wait for the security officer", why);
	roots->stale = true;
	return CRYPTECH_ERR_OK;
}

/* Is what there is what the newest record says? */
static int compare_keys(struct roots *roots, const uint8_t keys[KEYS_HASH],
			bool *same)
{
	uint8_t hash[KEYS_HASH];
	int error = keys_hash(roots, NULL, NULL, hash);

	*same = !memcmp(hash, keys, sizeof(hash)) ||
		HS_MUTATED(HS_MUT_ANY_TIME);
	return error || *same ? error : kekeks_settle(roots, keys, same);
}

int anchor_start(struct roots *roots, const uint8_t keys[KEYS_HASH])
{
	uint64_t value;
	bool same;
	int error;

	if (!roots->anchor && roots->first)
		return go_stale(roots, "no state of any key can be read");
	/* Before there was a commit nothing was there. */
	error = roots->anchor ? compare_keys(roots, keys, &same) :
				kekeks_clear(roots);
	if (error)
		return error;
	if (roots->anchor && !same)
		return go_stale(roots, "not all keys are of one time");
	if (!anchor_value(roots, &value))
		return go_stale(roots, "the anchor cannot be read");
	if (!has_anchor(roots) || value == roots->anchor ||
	    HS_MUTATED(HS_MUT_NO_ANCHOR))
		return CRYPTECH_ERR_OK;
	if (value + 1 != roots->anchor)
		return go_stale(roots, value > roots->anchor ?
				"the anchor is ahead" : "the anchor is behind");
	/* The power failed between commit and anchor. If it cannot be advanced
	 * now, the next commit will try again. */
	anchor_follow(roots, roots->anchor);
	return CRYPTECH_ERR_OK;
}

/* --- the ledger ----------------------------------------------------------- */

int ledger_read(struct roots *roots)
{
	uint8_t record[LEDGER_SIZE];
	size_t len = 0;
	int ret = ks_read_rotten(roots->ks, KS_CLASS_LEDGER,
				 roots_ledger_name, record, sizeof(record),
				 &len);

	memset(&roots->ledger, 0, sizeof(roots->ledger));
	if (ret == KS_NOT_FOUND)
		return CRYPTECH_ERR_OK;
	if (ret == KS_OK || ret == KS_CORRUPT || ret == KS_TOO_LONG) {
		if (ret == KS_TOO_LONG ||
		    !ledger_decode(roots, record, len, &roots->ledger))
			root_log(roots, NULL, "the ledger of hash signature "
				 "keys is damaged");
		return CRYPTECH_ERR_OK;
	}
	return root_error(ret);
}

int ledger_write(struct roots *roots, uint64_t value, const struct root *gone)
{
	struct ledger ledger = { .there = true, .anchor = value };
	uint8_t record[LEDGER_SIZE];
	int error = keys_hash(roots, NULL, gone, ledger.keys);

	if (error)
		return error;
	if (gone) {
		ledger.ends = true;
		memcpy(ledger.ended, gone->facts.uuid, sizeof(ledger.ended));
	}
	ledger_encode(roots, &ledger, record);
	error = root_error(gone ?
			   ks_write_deletion(roots->ks, KS_CLASS_LEDGER,
					     roots_ledger_name, record,
					     sizeof(record)) :
			   ks_write(roots->ks, KS_CLASS_LEDGER,
				    roots_ledger_name, record, sizeof(record),
				    false));
	if (!error)
		roots->ledger = ledger;
	return error;
}
