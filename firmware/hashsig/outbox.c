// SPDX-License-Identifier: MIT
/*
 * The outbox: packages of keys that went elsewhere, until somebody says that
 * they arrived.
 *
 *	request[32] | package
 *
 * The key's state record has the SHA-256 of that. A record of another hash was
 * written before a commit that never came. A hash without its record says that
 * the package was acknowledged.
 */
#include "root_internal.h"

#include <stdlib.h>

static int hash_record(const uint8_t *record, size_t len,
		       uint8_t hash[OUTBOX_HASH])
{
	struct core_hash *context = core_hash_new(CRYPTECH_DIGEST_SHA256, NULL,
						  0);
	int error = context ? core_hash_update(context, record, len) :
			      CRYPTECH_ERR_ALLOCATION_FAILURE;

	if (!error)
		error = core_hash_final(context, hash);
	core_hash_free(context);
	return error;
}

int outbox_write(struct roots *roots, const uint8_t *uuid,
		 const uint8_t request[ROOT_REQUEST_SIZE],
		 const uint8_t *package, size_t len, uint8_t hash[OUTBOX_HASH])
{
	uint8_t *record;
	int error;

	if (!len || len > ROOT_PACKAGE_MAX)
		return CRYPTECH_ERR_RESULT_TOO_LONG;
	record = malloc(ROOT_REQUEST_SIZE + len);
	if (!record)
		return CRYPTECH_ERR_ALLOCATION_FAILURE;
	memcpy(record, request, ROOT_REQUEST_SIZE);
	memcpy(record + ROOT_REQUEST_SIZE, package, len);
	len += ROOT_REQUEST_SIZE;
	error = hash_record(record, len, hash);
	if (!error)
		error = root_error(ks_write(roots->ks, KS_CLASS_OUTBOX, uuid,
					    record, len, false));
	free(record);
	return error;
}

int outbox_delete(struct roots *roots, const uint8_t *uuid)
{
	int ret = ks_delete(roots->ks, KS_CLASS_OUTBOX, uuid);

	return root_error(ret == KS_NOT_FOUND ? KS_OK : ret);
}

/* The record of that name, whatever it is. KEYSTORE_BAD_CRC: it has rotted. */
static int read_record(struct roots *roots, const uint8_t *uuid,
		       uint8_t **record, size_t *len)
{
	int ret;

	*record = malloc(KS_RECORD_MAX);
	if (!*record)
		return CRYPTECH_ERR_ALLOCATION_FAILURE;
	ret = ks_read(roots->ks, KS_CLASS_OUTBOX, uuid, *record, KS_RECORD_MAX,
		      len);
	if (!ret && *len > ROOT_REQUEST_SIZE)
		return CRYPTECH_ERR_OK;
	free(*record);
	*record = NULL;
	if (!ret || ret == KS_CORRUPT)
		return CRYPTECH_ERR_KEYSTORE_BAD_CRC;
	return ret == KS_NOT_FOUND ? CRYPTECH_ERR_KEY_NOT_FOUND :
				     root_error(ret);
}

/* The one that the key's state record names. */
static int read_named(struct roots *roots, const struct root *root,
		      uint8_t **record, size_t *len)
{
	uint8_t hash[OUTBOX_HASH];
	int error;

	if (root->places->unread ||
	    root->damage == CRYPTECH_ERR_KEYSTORE_ACCESS)
		return root->damage;
	error = read_record(roots, root->facts.uuid, record, len);
	if (error)
		return error;
	error = hash_record(*record, *len, hash);
	if (!error && memcmp(hash, root->places->outbox, sizeof(hash)))
		error = CRYPTECH_ERR_KEY_NOT_FOUND;
	if (error)
		free(*record);
	return error;
}

int root_outbox(struct roots *roots, const struct root *root, uint8_t *request,
		uint8_t **package, size_t *len)
{
	uint8_t *record;
	int error = anchor_ready(roots);

	if (!error)
		error = read_named(roots, root, &record, len);
	if (error)
		return error;
	if (request)
		memcpy(request, record, ROOT_REQUEST_SIZE);
	*len -= ROOT_REQUEST_SIZE;
	memmove(record, record + ROOT_REQUEST_SIZE, *len);
	*package = record;
	return CRYPTECH_ERR_OK;
}

int root_outbox_drop(struct roots *roots, struct root *root)
{
	int error = anchor_ready(roots);
	int ret;

	if (error)
		return error;
	if (HS_MUTATED(HS_MUT_KP_FORGOTTEN) && root->parked)
		ks_cell_zero(roots->ks, root->places->kp);
	ret = ks_delete(roots->ks, KS_CLASS_OUTBOX, root->facts.uuid);
	return ret == KS_NOT_FOUND ? CRYPTECH_ERR_KEY_NOT_FOUND :
				     root_error(ret);
}

unsigned int outbox_count(struct roots *roots)
{
	uint8_t name[KS_NAME_SIZE];
	unsigned int count = 0;

	while (!ks_next(roots->ks, KS_CLASS_OUTBOX, count ? name : NULL, name,
			NULL))
		count++;
	return count;
}

/*
 * One that has rotted is kept: whoever asks for it shall be told, and not that
 * it was acknowledged.
 */
static bool is_of_nobody(struct roots *roots, const uint8_t *uuid, int *error)
{
	const struct root *root = roots_find(roots, uuid);
	uint8_t *record;
	size_t len;
	int ret;

	*error = CRYPTECH_ERR_OK;
	if (!root)
		return true;
	if (root->places->unread)
		return false;
	ret = read_named(roots, root, &record, &len);
	if (!ret)
		free(record);
	else if (ret != CRYPTECH_ERR_KEY_NOT_FOUND &&
		 ret != CRYPTECH_ERR_KEYSTORE_BAD_CRC)
		*error = ret;
	return ret == CRYPTECH_ERR_KEY_NOT_FOUND;
}

int outbox_recover(struct roots *roots)
{
	uint8_t name[KS_NAME_SIZE];
	const uint8_t *last = NULL;
	int error = CRYPTECH_ERR_OK;

	while (!error && !ks_next(roots->ks, KS_CLASS_OUTBOX, last, name,
				  NULL)) {
		last = name;
		if (!is_of_nobody(roots, name, &error) ||
		    HS_MUTATED(HS_MUT_OUTBOX_STAYS))
			continue;
		root_log(roots, name, "a package that was not finished, or "
			 "whose key is gone, is discarded");
		error = outbox_delete(roots, name);
	}
	return error;
}
