// SPDX-License-Identifier: MIT
/*
 * Single-use KEKEKs: what opens a hash signature key's package, once.
 *
 * That a spent one does not come back is as important as that a spent leaf does
 * not. So they are in the hash over all keys (anchor.c), and come and go by
 * commits: with an older copy of the part of the flash that one was in, the
 * flash is not what the newest record says. A commit is the ledger's, or, when a
 * key has come, that key's.
 */
#include "root_internal.h"

/* Where it is, or belongs, among those there are. */
static unsigned int position(const struct roots *roots, const uint8_t *uuid,
			     bool *found)
{
	unsigned int i = 0;
	int order = 1;

	while (i < roots->kekek_count &&
	       (order = memcmp(roots->kekeks[i], uuid,
			       CRYPTECH_UUID_SIZE)) < 0)
		i++;
	*found = i < roots->kekek_count && !order;
	return i;
}

static void put_in(struct roots *roots, unsigned int i, const uint8_t *uuid)
{
	memmove(roots->kekeks[i + 1], roots->kekeks[i],
		(roots->kekek_count - i) * CRYPTECH_UUID_SIZE);
	memcpy(roots->kekeks[i], uuid, CRYPTECH_UUID_SIZE);
	roots->kekek_count++;
}

static void take_out(struct roots *roots, unsigned int i)
{
	roots->kekek_count--;
	memmove(roots->kekeks[i], roots->kekeks[i + 1],
		(roots->kekek_count - i) * CRYPTECH_UUID_SIZE);
}

static int erase(struct roots *roots, const uint8_t *uuid)
{
	int ret = ks_delete(roots->ks, KS_CLASS_KEKEK, uuid);

	return root_error(ret == KS_NOT_FOUND ? KS_OK : ret);
}

/* The ledger says which there are now. */
static int commit(struct roots *roots)
{
	int error = ledger_write(roots, roots->anchor + 1, NULL);

	/* That the anchor does not follow, the next commit will say. */
	if (!error)
		anchor_follow(roots, roots->anchor + 1);
	return error;
}

int kekek_add(struct roots *roots, const uint8_t *uuid, const void *sealed,
	      size_t len)
{
	int error = root_begin(roots), ret;
	unsigned int i;
	bool found;

	if (error)
		return error;
	i = position(roots, uuid, &found);
	if (found)
		return CRYPTECH_ERR_KEY_NAME_IN_USE;
	if (roots->kekek_count == CRYPTECH_KEKEKS_MAX)
		return CRYPTECH_ERR_NO_KEY_SLOTS_AVAILABLE;
	ret = ks_write(roots->ks, KS_CLASS_KEKEK, uuid, sealed, len, true);
	if (ret)
		return root_error(ret);
	put_in(roots, i, uuid);
	error = commit(roots);
	if (error) {
		take_out(roots, i);
		erase(roots, uuid);
	}
	return error;
}

int kekek_read(struct roots *roots, const uint8_t *uuid, void *sealed,
	       size_t size, size_t *len)
{
	int error = anchor_ready(roots), ret;
	bool found;

	if (error)
		return error;
	position(roots, uuid, &found);
	if (!found)
		return CRYPTECH_ERR_KEY_NOT_FOUND;
	ret = ks_read(roots->ks, KS_CLASS_KEKEK, uuid, sealed, size, len);
	return ret == KS_TOO_LONG ? CRYPTECH_ERR_RESULT_TOO_LONG :
				    root_error(ret);
}

int kekek_drop(struct roots *roots, const uint8_t *uuid)
{
	int error = anchor_ready(roots);
	unsigned int i;
	bool found;

	if (error)
		return error;
	i = position(roots, uuid, &found);
	if (!found)
		return CRYPTECH_ERR_KEY_NOT_FOUND;
	take_out(roots, i);
	error = commit(roots);
	if (error) {
		put_in(roots, i, uuid);
		return error;
	}
	return erase(roots, uuid);
}

int kekek_spend(struct roots *roots, const uint8_t *uuid)
{
	bool found;
	unsigned int i = position(roots, uuid, &found);

	if (found)
		take_out(roots, i);
	return erase(roots, uuid);
}

bool kekek_next(struct roots *roots, const uint8_t *previous, uint8_t *uuid)
{
	unsigned int i = 0;
	bool found;

	if (previous) {
		i = position(roots, previous, &found);
		i += found;
	}
	if (i == roots->kekek_count)
		return false;
	memcpy(uuid, roots->kekeks[i], CRYPTECH_UUID_SIZE);
	return true;
}

unsigned int kekek_count(struct roots *roots)
{
	return roots->kekek_count;
}

/* --- start ---------------------------------------------------------------- */

static bool has_come_by(const struct roots *roots, const uint8_t *uuid)
{
	const struct root *root;

	for (root = roots->first; root; root = root->next)
		if (root_came_by(root, uuid))
			return true;
	return false;
}

int kekeks_load(struct roots *roots)
{
	uint8_t name[KS_NAME_SIZE];
	const uint8_t *last = NULL;
	int error = CRYPTECH_ERR_OK;

	while (!error && !ks_next(roots->ks, KS_CLASS_KEKEK, last, name,
				  NULL)) {
		last = name;
		/* More than there can be: somebody's work, and no use. */
		if (has_come_by(roots, name) ||
		    roots->kekek_count == CRYPTECH_KEKEKS_MAX)
			error = erase(roots, name);
		else
			put_in(roots, roots->kekek_count, name);
	}
	return error;
}

int kekeks_settle(struct roots *roots, const uint8_t keys[KEYS_HASH],
		  bool *right)
{
	uint8_t hash[KEYS_HASH], uuid[CRYPTECH_UUID_SIZE];
	int error = CRYPTECH_ERR_OK;

	*right = false;
	for (unsigned int i = 0; i < roots->kekek_count && !error; i++) {
		memcpy(uuid, roots->kekeks[i], sizeof(uuid));
		take_out(roots, i);
		error = keys_hash(roots, NULL, NULL, hash);
		if (!error && !memcmp(hash, keys, sizeof(hash))) {
			*right = true;
			return erase(roots, uuid);
		}
		put_in(roots, i, uuid);
	}
	return error;
}

int kekeks_clear(struct roots *roots)
{
	int error = CRYPTECH_ERR_OK;

	while (roots->kekek_count && !error) {
		error = erase(roots, roots->kekeks[roots->kekek_count - 1]);
		if (!error)
			roots->kekek_count--;
	}
	return error;
}
