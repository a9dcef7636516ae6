// SPDX-License-Identifier: MIT
/*
 * An HSS private key beside its struct key.
 *
 * In flash it is two things: a KEY record like that of other keys (name, flags,
 * attributes, public key), and a state, in which leaves are spent. The state is
 * written first and destroyed last: a state without a KEY record is one that
 * was never finished, or whose key was deleted, and is discarded at start;
 * unless it is parked: then the key is off the HSM. A KEY record without its
 * state is a key that was damaged. Keys of the vault have states of their own
 * class (vaultkeys/), to which the same applies.
 */
#include "hashsig.h"

#include <stdlib.h>

/* --- the object ---------------------------------------------------------------- */

struct hashsig *hashsig_new(struct hss *hss)
{
	struct hashsig *h = calloc(1, sizeof(*h));

	if (h)
		h->hss = hss;
	return h;
}

/* What is left of it, without hss. */
static void dispose(struct hashsig *h)
{
	requests_forget(h);
	free(h);
}

void hashsig_get(struct hashsig *h)
{
	h->users++;
}

void hashsig_put(struct hsm *hsm, struct hashsig *h)
{
	h->users--;
	if (h->stopping)
		lock_wake(&hsm->lock);
	if (h->users || !h->orphan)
		return;
	/* What cannot be deleted now is discarded at the next start. */
	if (!h->doomed || hss_delete(h->hss))
		hss_free(h->hss);
	dispose(h);
}

/* Nobody begins anything new with it; what runs ends soon. */
static void stop(struct hsm *hsm, struct hashsig *h)
{
	h->stopping = true;
	hashsig_unqueue(hsm, h);
	hss_stop(h->hss);
	streams_abort(hsm, h);
	/* Who waits for its work waits in vain. */
	lock_wake(&hsm->lock);
}

void hashsig_abandon(struct hsm *hsm, struct hashsig *h)
{
	stop(hsm, h);
	h->orphan = true;
	hashsig_get(h);
	hashsig_put(hsm, h);
}

void hashsig_own(struct hsm *hsm, struct hashsig *h, struct key *key)
{
	struct hss_counts counts;

	h->key = key;
	h->job = NULL;
	key->hashsig = h;
	h->next = hsm->hashsigs->first;
	hsm->hashsigs->first = h;
	hss_count(h->hss, &counts);
	h->low = hashsig_is_low(h, &counts);
}

void hashsig_disown(struct hsm *hsm, struct hashsig *h)
{
	struct hashsig **link = &hsm->hashsigs->first;

	while (*link != h)
		link = &(*link)->next;
	*link = h->next;
	if (h->key)
		h->key->hashsig = NULL;
	h->key = NULL;
}

static void stop_and_wait(struct hsm *hsm, struct hashsig *h)
{
	stop(hsm, h);
	while (h->users)
		lock_wait(&hsm->lock);
}

/* --- delete -------------------------------------------------------------------- */

int hashsig_may_delete(struct hsm *hsm, const uint8_t *uuid)
{
	struct roots *roots = hsm->hashsigs->roots;

	return roots_stale(roots) && roots_find(roots, uuid) ?
	       CRYPTECH_ERR_KEYSTORE_LOST_DATA : CRYPTECH_ERR_OK;
}

/* Who deletes a parked key says by that that he has its package. */
static int leave_parked(struct roots *roots, struct root *root)
{
	int error = root_outbox_drop(roots, root);

	return error == CRYPTECH_ERR_KEY_NOT_FOUND ? CRYPTECH_ERR_OK : error;
}

int hashsig_delete(struct hsm *hsm, const uint8_t *uuid, struct hashsig *h)
{
	struct roots *roots = hsm->hashsigs->roots;
	struct root *root;
	int error = CRYPTECH_ERR_OK;

	if (h) {
		bool kept = hss_kept(h->hss);

		stop_and_wait(hsm, h);
		if (kept)
			error = hss_delete(h->hss);
		if (!kept || error)
			hss_free(h->hss);
		dispose(h);
	} else {
		vaultkeys_hss_discard(hsm->vaultkeys, uuid);
	}
	root = roots_find(roots, uuid);
	if (root)
		error = root->parked ? leave_parked(roots, root) :
				       root_delete(roots, root);
	if (error)
		hsm_log(hsm, "a hash signature key was deleted, but not all "
			"of its state could be destroyed (error %d); it will "
			"be tried again at the next start", error);
	return error;
}

/* --- start and stop -------------------------------------------------------------- */

/* A key turns out to be damaged after it was counted as sound. */
static void damage(struct hsm *hsm, struct key *key, int error)
{
	if (key->damage)
		return;
	key->damage = error;
	hsm->keys->token--;
	hsm->keys->lost++;
}

/* The state and the KEY record have to be of one key. */
static bool belongs(const struct hss *hss, const struct key *key)
{
	uint8_t public[CRYPTECH_HSS_PUBLIC_MAX];
	uint8_t spki[HASHSIG_SPKI_MAX];
	size_t len = hss_public(hss, public);

	len = hashsig_spki(public, len, spki);
	return len == key->spki_len && !memcmp(spki, key->spki, len);
}

/* @error: what opening it said. */
static int open_key(struct hsm *hsm, struct key *key, struct hss *hss,
		    int error)
{
	struct hss_counts counts;
	struct hashsig *h;

	if (error == CRYPTECH_ERR_ALLOCATION_FAILURE)
		return error;
	if (error) {
		damage(hsm, key, error);
		return CRYPTECH_ERR_OK;
	}
	hss_count(hss, &counts);
	if (!counts.left_max || !belongs(hss, key)) {
		hss_free(hss);
		damage(hsm, key, CRYPTECH_ERR_KEYSTORE_LOST_DATA);
		return CRYPTECH_ERR_OK;
	}
	h = hashsig_new(hss);
	if (!h) {
		hss_free(hss);
		return CRYPTECH_ERR_ALLOCATION_FAILURE;
	}
	hashsig_own(hsm, h, key);
	return CRYPTECH_ERR_OK;
}

static struct key *key_of(struct hsm *hsm, const uint8_t *uuid)
{
	bool found;
	size_t at = keys_position(hsm->keys, uuid, &found);

	return found ? hsm->keys->list[at] : NULL;
}

/*
 * A key whose KEY record cannot be read keeps its state, which is what has
 * value; whoever deletes the one deletes the other.
 */
static int start_root(struct hsm *hsm, struct root *root)
{
	struct roots *roots = hsm->hashsigs->roots;
	struct key *key = key_of(hsm, root->facts.uuid);
	bool parked = root->parked;
	int error;

	if (key && (key->damage || key->hashsig))
		return CRYPTECH_ERR_OK;
	if (key && key->class == CRYPTECH_KEY_CLASS_HASHSIG_PRIVATE) {
		struct hss *hss = NULL;

		if (!root->damage) {
			error = hss_open(&hss, roots, root);
			return open_key(hsm, key, hss, error);
		}
		damage(hsm, key, root->damage);
		return CRYPTECH_ERR_OK;
	}
	if (roots_stale(roots))
		return CRYPTECH_ERR_OK;		/* not ours to decide yet */
	error = parked ? leave_parked(roots, root) : root_delete(roots, root);
	if (error)
		hsm_log(hsm, "the state of a hash signature key that is no "
			"more could not be destroyed (error %d)", error);
	else if (!parked)
		hsm_log(hsm, "discarded the state of a hash signature key "
			"that was never finished, or was being deleted");
	return CRYPTECH_ERR_OK;
}

/* The same of a state of the vault. */
static int start_vault(struct hsm *hsm, const uint8_t *uuid)
{
	struct key *key = key_of(hsm, uuid);
	struct hss *hss = NULL;
	int error;

	if (key && key->damage)
		vaultkeys_hss_spare(hsm->vaultkeys);
	if (key && (key->damage || key->hashsig))
		return CRYPTECH_ERR_OK;
	if (key && key_is_vault(key) && key_is_hashsig(key)) {
		error = vaultkeys_hss_open(hsm->vaultkeys, uuid, &hss);
		return open_key(hsm, key, hss, error);
	}
	error = vaultkeys_hss_discard(hsm->vaultkeys, uuid);
	hsm_log(hsm, "the state of a hash signature key of the vault that is "
		"no more was discarded (error %d)", error);
	return CRYPTECH_ERR_OK;
}

static int start_vault_keys(struct hsm *hsm)
{
	uint8_t uuid[CRYPTECH_UUID_SIZE];
	const uint8_t *previous = NULL;
	int error = CRYPTECH_ERR_OK;

	while (!error && vaultkeys_hss_next(hsm->vaultkeys, previous, uuid)) {
		error = start_vault(hsm, uuid);
		previous = uuid;
	}
	return error;
}

/* Bring states and KEY records together. */
static int start_keys(struct hsm *hsm)
{
	struct hashsigs *hashsigs = hsm->hashsigs;
	struct root *root, *next;
	size_t lost = 0;
	int error;

	for (root = roots_first(hashsigs->roots); root; root = next) {
		next = root->next;
		error = start_root(hsm, root);
		if (error)
			return error;
	}
	error = start_vault_keys(hsm);
	if (error)
		return error;
	for (size_t i = 0; i < hsm->keys->count; i++) {
		struct key *key = hsm->keys->list[i];

		if (key->class != CRYPTECH_KEY_CLASS_HASHSIG_PRIVATE ||
		    key->hashsig || key->damage)
			continue;
		damage(hsm, key, CRYPTECH_ERR_KEYSTORE_LOST_DATA);
		lost++;
	}
	if (lost)
		hsm_log(hsm, "%zu hash signature keys have lost their state",
			lost);
	return CRYPTECH_ERR_OK;
}

int hashsigs_recover(struct hsm *hsm)
{
	const struct roots_config config = {
		.ks = hsm->ks,
		.platform = hsm->platform,
		.k_state = hsm->k_state,
	};
	const struct vaultkeys_config vault = {
		.fpga = hsm->platform->fpga,
		.ks = hsm->ks,
		.platform = hsm->platform,
		.k_state = hsm->k_state,
	};
	int error;

	hsm->hashsigs = calloc(1, sizeof(*hsm->hashsigs));
	if (!hsm->hashsigs)
		return CRYPTECH_ERR_ALLOCATION_FAILURE;
	error = vaultkeys_start(&hsm->vaultkeys, &vault);
	return error ? error : roots_start(&hsm->hashsigs->roots, &config);
}

int hashsigs_start(struct hsm *hsm)
{
	int error;

	if (roots_stale(hsm->hashsigs->roots))
		hsm_log(hsm, "the flash is not the newest there was: hash "
			"signature keys wait for the security officer's "
			"decision");
	error = start_keys(hsm);
	/* Without it, or without its table, the other keys go on. */
	if (!error)
		vaultkeys_begin(hsm->vaultkeys);
	return error;
}

static struct hashsig *first_of(const struct hsm *hsm, bool vault)
{
	struct hashsig *h = hsm->hashsigs->first;

	while (h && !vault && hss_kept(h->hss))
		h = h->next;
	return h;
}

/* @vault: also the keys of the vault. */
static void close_all(struct hsm *hsm, bool vault)
{
	struct hashsig *h;

	while ((h = first_of(hsm, vault))) {
		hashsig_disown(hsm, h);
		stop_and_wait(hsm, h);
		hss_free(h->hss);
		dispose(h);
	}
}

void hashsigs_stop(struct hsm *hsm)
{
	if (!hsm->hashsigs)
		return;
	hashsig_work_stop(hsm);
	close_all(hsm, true);
	roots_stop(hsm->hashsigs->roots);
	free(hsm->hashsigs);
	hsm->hashsigs = NULL;
}

/* --- the security officer's decision ---------------------------------------------- */

static void forget_keys(struct hsm *hsm)
{
	struct keys *keys = hsm->keys;

	for (size_t i = keys->count; i-- > 0;) {
		struct key *key = keys->list[i];

		if (key->class != CRYPTECH_KEY_CLASS_HASHSIG_PRIVATE ||
		    key_is_vault(key))
			continue;
		if (!ks_delete(hsm->ks, KS_CLASS_KEY, key->uuid))
			keys_remove(keys, key);
		else	/* it can be deleted like other damaged keys */
			damage(hsm, key, CRYPTECH_ERR_KEYSTORE_LOST_DATA);
	}
}

int hashsigs_accept(struct hsm *hsm, uint32_t decision)
{
	struct roots *roots = hsm->hashsigs->roots;
	int error;

	if (!roots_stale(roots) || (decision != CRYPTECH_ACCEPT_FLASH &&
				    decision != CRYPTECH_ACCEPT_DESTROY))
		return CRYPTECH_ERR_BAD_ARGUMENTS;
	if (decision == CRYPTECH_ACCEPT_DESTROY)
		close_all(hsm, false);
	if (!roots_stale(roots))	/* another decided while we waited */
		return CRYPTECH_ERR_BAD_ARGUMENTS;
	error = roots_accept(roots, decision);
	if (error) {
		start_keys(hsm);
		return error;
	}
	if (decision == CRYPTECH_ACCEPT_DESTROY) {
		hsm_log(hsm, "security officer destroys all hash signature "
			"keys: the flash was not the newest");
		forget_keys(hsm);
		return CRYPTECH_ERR_OK;
	}
	hsm_log(hsm, "security officer accepts the hash signature keys of a "
		"flash that was not known to be the newest");
	return start_keys(hsm);
}

/* --- what is left ------------------------------------------------------------------ */

/* A sixteenth of the root's leaves, or two. */
bool hashsig_is_low(const struct hashsig *h, const struct hss_counts *counts)
{
	uint64_t leaves = 1ull << hss_facts(h->hss)->params[0].h;
	uint64_t least = leaves / 16 > 2 ? leaves / 16 : 2;

	return counts->root_left <= least;
}

void hashsig_look(struct hsm *hsm, struct hashsig *h,
		  struct hss_counts *counts)
{
	const uint8_t *u = hss_facts(h->hss)->uuid;

	hss_count(h->hss, counts);
	if (h->low || !hashsig_is_low(h, counts))
		return;
	h->low = true;
	hsm_log(hsm, "hash signature key %02x%02x%02x%02x-%02x%02x-%02x%02x-"
		"%02x%02x-%02x%02x%02x%02x%02x%02x: %llu root leaves left, "
		"%llu signatures", u[0], u[1], u[2], u[3], u[4], u[5], u[6],
		u[7], u[8], u[9], u[10], u[11], u[12], u[13], u[14], u[15],
		(unsigned long long)counts->root_left,
		(unsigned long long)counts->left);
}

void hashsigs_count(struct hsm *hsm, uint64_t *keys, uint64_t *low,
		    uint64_t *least)
{
	struct hss_counts counts;
	struct hashsig *h;

	*keys = *low = 0;
	*least = UINT64_MAX;
	for (h = hsm->hashsigs->first; h; h = h->next) {
		++*keys;
		if (hss_is_parked(h->hss))
			continue;
		hss_count(h->hss, &counts);
		if (counts.root_left < *least)
			*least = counts.root_left;
		*low += hashsig_is_low(h, &counts);
	}
	if (*least == UINT64_MAX)
		*least = 0;
}

uint64_t hashsigs_anchor(struct hsm *hsm)
{
	return roots_anchor(hsm->hashsigs->roots);
}

bool hashsigs_stale(const struct hsm *hsm)
{
	return roots_stale(hsm->hashsigs->roots);
}

/* Do all levels share one set? */
bool hashsig_uniform(const struct hashsig *h)
{
	const struct root_facts *facts = hss_facts(h->hss);

	for (unsigned int i = 1; i < facts->levels; i++)
		if (facts->params[i].lms != facts->params[0].lms ||
		    facts->params[i].lmots != facts->params[0].lmots)
			return false;
	return true;
}

bool hashsig_is_stale(const struct hsm *hsm, const struct hashsig *h)
{
	return roots_stale(hsm->hashsigs->roots) && !hss_kept(h->hss);
}

int hashsig_usable(const struct hsm *hsm, const struct hashsig *h)
{
	if (h->stopping)
		return CRYPTECH_ERR_KEY_NOT_FOUND;
	if (hashsig_is_stale(hsm, h))
		return CRYPTECH_ERR_KEYSTORE_LOST_DATA;
	if (hss_is_parked(h->hss))
		return CRYPTECH_ERR_FORBIDDEN;
	return h->broken;
}

int call_hashsig(struct call *call, struct hashsig **h)
{
	struct key *key;
	int error = call_key(call, &key);

	if (error)
		return error;
	if (key->class != CRYPTECH_KEY_CLASS_HASHSIG_PRIVATE)
		return CRYPTECH_ERR_UNSUPPORTED_KEY;
	/* NULL: the security officer's decision is being carried out. */
	*h = key->hashsig;
	return *h ? CRYPTECH_ERR_OK : CRYPTECH_ERR_KEYSTORE_LOST_DATA;
}
