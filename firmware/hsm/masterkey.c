// SPDX-License-Identifier: MIT
/*
 * MASTER_KEY_*: who wants another master key gives up all that is wrapped under
 * the present one. How one takes the other's place: rekey.c.
 */
#include "backup.h"

/* What is wrapped under it and does not outlive it. */
static const enum ks_class wrapped[] = {
	KS_CLASS_KEY, KS_CLASS_STATE, KS_CLASS_KEKEK, KS_CLASS_OUTBOX,
	KS_CLASS_IMPORT, KS_CLASS_VAULT,
};
#define WRAPPED	(sizeof(wrapped) / sizeof(*wrapped))

static bool anything_wrapped(struct hsm *hsm)
{
	for (unsigned int i = 0; i < WRAPPED; i++)
		if (store_has(hsm, wrapped[i]))
			return true;
	return false;
}

/* --- destroy -------------------------------------------------------------- */

static struct key *token_key(const struct keys *keys)
{
	for (size_t i = keys->count; i-- > 0;)
		if (key_is_token(keys->list[i]))
			return keys->list[i];
	return NULL;
}

/* A state of no key: parked, or left from a deletion that failed. Of one that
 * is used the deletion is under way, in another call. */
static struct root *idle_root(struct roots *roots)
{
	struct root *root = roots_first(roots);

	while (root && root->user)
		root = root->next;
	return root;
}

/* What is left is what no key has. */
static int delete_class(struct hsm *hsm, enum ks_class class)
{
	uint8_t name[KS_NAME_SIZE];
	int ret = KS_OK;

	while (!ret && !ks_next(hsm->ks, class, NULL, name, NULL))
		ret = ks_delete(hsm->ks, class, name);
	return store_error(ret);
}

static int delete_others(struct hsm *hsm)
{
	uint8_t uuid[CRYPTECH_UUID_SIZE];
	int error = CRYPTECH_ERR_OK;

	while (!error && kekek_next(hsm->hashsigs->roots, NULL, uuid))
		error = kekek_drop(hsm->hashsigs->roots, uuid);
	if (!error)	/* what has rotted */
		error = delete_class(hsm, KS_CLASS_KEKEK);
	if (!error)
		error = delete_class(hsm, KS_CLASS_OUTBOX);
	if (!error)
		error = delete_class(hsm, KS_CLASS_IMPORT);
	return error ? error : delete_class(hsm, KS_CLASS_VAULT);
}

/* One thing of all that stands. May drop the lock, so that the caller looks
 * again whatever there is. */
static int destroy_something(struct hsm *hsm)
{
	struct roots *roots = hsm->hashsigs->roots;
	struct key *key = token_key(hsm->keys);
	struct root *root;

	if (key)
		return key_delete(hsm, key);
	root = idle_root(roots);
	if (root)
		return root_delete(roots, root);
	if (!roots_first(roots))
		return delete_others(hsm);
	lock_wait(&hsm->lock);
	return CRYPTECH_ERR_OK;
}

static int destroy_all(struct hsm *hsm)
{
	int error = CRYPTECH_ERR_OK;

	hsm_log(hsm, "all keys are destroyed for a new master key");
	while (!error && anything_wrapped(hsm)) {
		error = destroy_something(hsm);
		/* There may be thousands: others get a turn. */
		lock_drop(&hsm->lock);
		lock_take(&hsm->lock);
	}
	return error;
}

/* --- change --------------------------------------------------------------- */

/* The HSM is claimed. */
static int replace(struct hsm *hsm, bool erase,
		   const uint8_t key[MASTER_KEY_SIZE])
{
	int error = CRYPTECH_ERR_OK;

	if (roots_stale(hsm->hashsigs->roots))
		return CRYPTECH_ERR_KEYSTORE_LOST_DATA;
	if (anything_wrapped(hsm)) {
		if (!erase)
			return CRYPTECH_ERR_FORBIDDEN;
		error = destroy_all(hsm);
	}
	return error ? error : master_key_change(hsm, key);
}

static int change(struct call *call, uint32_t erase,
		  const uint8_t key[MASTER_KEY_SIZE])
{
	struct hsm *hsm = call->hsm;
	int error;

	if (erase > 1)
		return CRYPTECH_ERR_BAD_ARGUMENTS;
	error = hsm_claim(call);
	if (!error)
		error = replace(hsm, erase, key);
	if (!error)
		recovery_disarm(hsm);
	hsm_unclaim(hsm);
	if (!error)
		xdr_put_opaque(&call->out, hsm->fingerprint,
			       sizeof(hsm->fingerprint));
	return error;
}

int handle_MASTER_KEY_INFO(struct call *call)
{
	xdr_put_opaque(&call->out, call->hsm->fingerprint,
		       sizeof(call->hsm->fingerprint));
	return CRYPTECH_ERR_OK;
}

int handle_MASTER_KEY_GENERATE(struct call *call)
{
	uint32_t erase = xdr_get_u32(&call->in);
	uint8_t key[MASTER_KEY_SIZE];
	int error = core_random(key, sizeof(key));

	if (!error)
		error = change(call, erase, key);
	core_wipe(key, sizeof(key));
	return error;
}

/* The one share is the key itself. */
static bool get_whole(struct xdr_reader in, uint8_t key[MASTER_KEY_SIZE])
{
	const uint8_t *data;
	size_t len;

	if (xdr_get_u32(&in) != 1)
		return false;
	data = xdr_get_opaque(&in, &len);
	if (len != MASTER_KEY_SIZE)
		return false;
	memcpy(key, data, len);
	return true;
}

static int get_key(struct call *call, uint8_t key[MASTER_KEY_SIZE])
{
	const uint8_t *shares[CRYPTECH_SHARES_MAX];
	uint32_t count;
	int error;

	if (get_whole(call->in, key))
		return CRYPTECH_ERR_OK;
	error = call_shares(call, shares, &count);
	return error ? error :
	       shares_join(shares, count, SHARE_MASTER_KEY, key);
}

int handle_MASTER_KEY_SET(struct call *call)
{
	uint32_t erase = xdr_get_u32(&call->in);
	uint8_t key[MASTER_KEY_SIZE];
	int error = get_key(call, key);

	if (!error)
		error = change(call, erase, key);
	core_wipe(key, sizeof(key));
	return error;
}

/* --- shares --------------------------------------------------------------- */

int call_shares(struct call *call, const uint8_t *shares[CRYPTECH_SHARES_MAX],
		uint32_t *count)
{
	int error = CRYPTECH_ERR_OK;
	size_t len;

	*count = xdr_get_u32(&call->in);
	if (!*count || *count > CRYPTECH_SHARES_MAX)
		return CRYPTECH_ERR_BAD_ARGUMENTS;
	for (uint32_t i = 0; i < *count; i++) {
		shares[i] = xdr_get_opaque(&call->in, &len);
		if (len != CRYPTECH_SHARE_SIZE)
			error = CRYPTECH_ERR_MASTERKEY_BAD_LENGTH;
	}
	return error;
}

int put_shares(struct call *call, const uint8_t secret[SHARE_SECRET_SIZE],
	       enum share_kind kind, uint32_t m, uint32_t n)
{
	uint8_t shares[CRYPTECH_SHARES_MAX][CRYPTECH_SHARE_SIZE];
	int error = shares_make(secret, kind, m, n, shares);

	if (!error) {
		xdr_put_u32(&call->out, n);
		for (uint32_t i = 0; i < n; i++)
			xdr_put_opaque(&call->out, shares[i],
				       CRYPTECH_SHARE_SIZE);
	}
	core_wipe(shares, sizeof(shares));
	return error;
}

int handle_MASTER_KEY_SHARES(struct call *call)
{
	const struct platform *platform = call->hsm->platform;
	uint32_t m = xdr_get_u32(&call->in);
	uint32_t n = xdr_get_u32(&call->in);
	uint8_t key[MASTER_KEY_SIZE];
	int error = CRYPTECH_ERR_MASTERKEY_FAIL;

	if (!platform->mkm_read(platform->data, key))
		error = put_shares(call, key, SHARE_MASTER_KEY, m, n);
	core_wipe(key, sizeof(key));
	return error;
}
