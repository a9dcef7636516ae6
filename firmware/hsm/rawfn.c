// SPDX-License-Identifier: MIT
/*
 * RAW_*: keys off the HSM, as packages under its own master key. See
 * backup/package.h for the bytes.
 *
 * A package of an HSS key opens with a key that is derived from the master key
 * and Kp, which is drawn when the key is parked and destroyed when it comes
 * back: so each package opens once, and only the newest.
 */
#include "backup.h"

#include <stdlib.h>

#define PARK_LABEL	"cryptech park v1"
#define HEAD_MAX	(64 + RECOVERY_SIZE)

/* --- keys of packages ----------------------------------------------------- */

static int hmac_parts(struct core_hash *hash, const uint8_t *uuid,
		      const uint8_t *kp, uint8_t kek[32])
{
	int error = core_hash_update(hash, PARK_LABEL, strlen(PARK_LABEL));

	if (!error)
		error = core_hash_update(hash, uuid, CRYPTECH_UUID_SIZE);
	if (!error)
		error = core_hash_update(hash, kp, PACKAGE_KEY_SIZE);
	return error ? error : core_hash_final(hash, kek);
}

/* @kp: NULL for keys that are not HSS keys. */
static int package_key(const struct hsm *hsm, const uint8_t *uuid,
		       const uint8_t *kp, uint8_t kek[32])
{
	struct core_hash *hash;
	int error;

	if (!kp) {
		memcpy(kek, hsm->k_raw, 32);
		return CRYPTECH_ERR_OK;
	}
	hash = core_hash_new(CRYPTECH_DIGEST_SHA256, hsm->k_raw_hashsig, 32);
	error = hash ? hmac_parts(hash, uuid, kp, kek) :
		       CRYPTECH_ERR_ALLOCATION_FAILURE;
	core_hash_free(hash);
	return error;
}

/* --- sealing -------------------------------------------------------------- */

/* head | image, wrapped behind the head. */
static int wrap_behind(const uint8_t kek[32], const uint8_t *image, size_t len,
		       const uint8_t *head, size_t head_len,
		       struct xdr_writer *w)
{
	size_t plain_len = head_len + len;
	uint8_t *plain = malloc(plain_len);
	uint8_t *wrapped = xdr_put_opaque_room(w, core_wrap_size(plain_len));
	int error = CRYPTECH_ERR_ALLOCATION_FAILURE;

	if (plain && wrapped) {
		memcpy(plain, head, head_len);
		memcpy(plain + head_len, image, len);
		error = core_wrap(kek, plain, plain_len, wrapped);
		core_wipe(plain, plain_len);
	}
	free(plain);
	return error;
}

/*
 * The package of an image. @package gets uuid, kind and recovery from the
 * caller. RESULT_TOO_LONG: it would not fit a message. Lock not needed.
 */
static int seal(const struct hsm *hsm, struct raw_package *package,
		const uint8_t *kp, const uint8_t *image, size_t image_len,
		uint8_t **out, size_t *out_len)
{
	uint8_t head[HEAD_MAX], kek[32];
	struct xdr_writer w;
	size_t head_len, size;
	int error;

	package->check = hsm->fingerprint;
	head_len = raw_package_head_put(head, sizeof(head), package);
	size = head_len + xdr_size_opaque(core_wrap_size(head_len + image_len));
	if (size > ROOT_PACKAGE_MAX)
		return CRYPTECH_ERR_RESULT_TOO_LONG;
	*out = malloc(size);
	if (!*out)
		return CRYPTECH_ERR_ALLOCATION_FAILURE;
	xdr_writer_init(&w, *out, size);
	memcpy(xdr_put_raw(&w, head_len), head, head_len);
	error = package_key(hsm, package->uuid, kp, kek);
	if (!error)
		error = wrap_behind(kek, image, image_len, head, head_len, &w);
	core_wipe(kek, sizeof(kek));
	*out_len = xdr_written(&w);
	if (error) {
		free(*out);
		*out = NULL;
	}
	return error;
}

/* --- opening -------------------------------------------------------------- */

void raw_plain_free(struct raw_plain *opened)
{
	if (opened->plain)
		core_wipe(opened->plain, opened->plain_len);
	free(opened->plain);
	memset(opened, 0, sizeof(*opened));
}

/* What was before `wrapped` has to stand in it once more. */
static int unwrap(const uint8_t kek[32], const uint8_t *data,
		  const struct raw_package *package, struct raw_plain *opened)
{
	size_t len = 0;
	int error;

	error = core_unwrap(kek, package->wrapped, package->wrapped_len,
			    opened->plain, &len);
	if (error == CRYPTECH_ERR_ALLOCATION_FAILURE)
		return error;
	if (error || len < package->head_len ||
	    memcmp(opened->plain, data, package->head_len))
		return CRYPTECH_ERR_KEYWRAP_BAD_MAGIC;
	opened->image = opened->plain + package->head_len;
	opened->image_len = len - package->head_len;
	return CRYPTECH_ERR_OK;
}

int raw_open(const struct hsm *hsm, const uint8_t *data,
	     const struct raw_package *package, const uint8_t *kp,
	     struct raw_plain *opened)
{
	uint8_t kek[32];
	int error;

	memset(opened, 0, sizeof(*opened));
	if (package->wrapped_len < 16)
		return CRYPTECH_ERR_KEYWRAP_BAD_MAGIC;
	opened->plain_len = package->wrapped_len;
	opened->plain = malloc(opened->plain_len);
	if (!opened->plain)
		return CRYPTECH_ERR_ALLOCATION_FAILURE;
	error = package_key(hsm, package->uuid, kp, kek);
	if (!error)
		error = unwrap(kek, data, package, opened);
	core_wipe(kek, sizeof(kek));
	if (error)
		raw_plain_free(opened);
	return error;
}

/* --- RAW_EXPORT ----------------------------------------------------------- */

struct park_seal {
	struct hsm *hsm;
	const struct key *key;
};

/* An image_seal. */
static int seal_parked(void *data, const uint8_t *image, size_t len,
		       const uint8_t *kp, uint8_t **out, size_t *out_len)
{
	const struct park_seal *park = data;
	uint8_t recovery[RECOVERY_SIZE];
	struct raw_package package = {
		.kind = RAW_PARKED, .uuid = park->key->uuid,
	};
	int error;

	if (park->key->flags & CRYPTECH_KEY_FLAG_RECOVERABLE) {
		error = recovery_seal(park->hsm, park->key->uuid, kp,
				      recovery);
		if (error)
			return error;
		package.recovery = recovery;
		package.recovery_len = sizeof(recovery);
	}
	return seal(park->hsm, &package, kp, image, len, out, out_len);
}

static int export_key(struct call *call, struct key *key, uint8_t **out,
		      size_t *out_len)
{
	uint8_t uuid[CRYPTECH_UUID_SIZE], *image;
	struct raw_package package = { .kind = RAW_KEY, .uuid = uuid };
	size_t len;
	int error, gone;

	memcpy(uuid, key->uuid, sizeof(uuid));
	error = key_image(call, key, &image, &len);
	if (error)
		return error;
	call_unlock(call);
	error = seal(call->hsm, &package, NULL, image, len, out, out_len);
	core_wipe(image, len);
	free(image);
	gone = call_relock(call);
	if (gone && !error) {
		free(*out);
		error = gone;
	}
	return error;
}

int handle_RAW_EXPORT(struct call *call)
{
	struct park_seal park = { .hsm = call->hsm };
	uint8_t *package = NULL;
	struct key *key;
	size_t len = 0;
	int error = call_key(call, &key);

	if (error)
		return error;
	if (!(key->flags & CRYPTECH_KEY_FLAG_EXPORTABLE))
		return CRYPTECH_ERR_FORBIDDEN;
	park.key = key;
	if (key->class == CRYPTECH_KEY_CLASS_HASHSIG_PRIVATE)
		error = hashsig_park(call->hsm, key, seal_parked, &park,
				     &package, &len);
	else
		error = export_key(call, key, &package, &len);
	if (error)
		return error;
	xdr_put_opaque(&call->out, package, len);
	free(package);
	return CRYPTECH_ERR_OK;
}

/* --- RAW_IMPORT ----------------------------------------------------------- */

struct import {
	const uint8_t *data;
	size_t len;
	uint32_t drop, check;
	struct raw_package package;
	struct raw_plain opened;
	struct key_record record;
	/* of a parked key */
	bool armed;
	uint32_t floor;
};

static int get_import(struct call *call, struct import *import)
{
	memset(import, 0, sizeof(*import));
	import->data = xdr_get_opaque(&call->in, &import->len);
	import->drop = xdr_get_u32(&call->in);
	import->check = xdr_get_u32(&call->in);
	if (import->check > 1 || (import->drop & ~CRYPTECH_KEY_FLAGS_DROP))
		return CRYPTECH_ERR_BAD_ARGUMENTS;
	return raw_package_parse(import->data, import->len, &import->package) ?
	       CRYPTECH_ERR_OK : CRYPTECH_ERR_KEYWRAP_BAD_MAGIC;
}

/*
 * Kp of the key that is parked here, or of the package that the officer armed,
 * or of nobody: so that one that cannot be opened takes as long as one that
 * can.
 */
static int find_kp(struct hsm *hsm, struct import *import,
		   uint8_t kp[PACKAGE_KEY_SIZE])
{
	struct root *root = hashsig_parked(hsm, import->package.uuid);

	if (root)
		return root_package_key(hsm->hashsigs->roots, root, kp);
	import->armed = recovery_armed(hsm, import->data, import->len, kp,
				       &import->floor);
	return import->armed ? CRYPTECH_ERR_OK :
			       core_random(kp, PACKAGE_KEY_SIZE);
}

/* The lock is kept: whether the key is parked must not change meanwhile. */
static int open_parked(struct call *call, struct import *import)
{
	uint8_t kp[PACKAGE_KEY_SIZE];
	int error = find_kp(call->hsm, import, kp);

	if (!error)
		error = raw_open(call->hsm, import->data, &import->package, kp,
				 &import->opened);
	core_wipe(kp, sizeof(kp));
	return error;
}

static int open_key(struct call *call, struct import *import)
{
	int error, gone;

	call_unlock(call);
	error = raw_open(call->hsm, import->data, &import->package, NULL,
			 &import->opened);
	gone = call_relock(call);
	return error ? error : gone;
}

static int check_name(struct call *call, const struct import *import)
{
	bool found;

	keys_position(call->hsm->keys, import->package.uuid, &found);
	return found || job_names(call->hsm, import->package.uuid) ?
	       CRYPTECH_ERR_KEY_NAME_IN_USE : CRYPTECH_ERR_OK;
}

static int open_package(struct call *call, struct import *import)
{
	bool parked = import->package.kind == RAW_PARKED;
	int error = check_name(call, import);

	if (!error)
		error = parked ? open_parked(call, import) :
				 open_key(call, import);
	if (error)
		return error;
	if (!record_parse(import->opened.image, import->opened.image_len,
			  import->package.uuid, &import->record) ||
	    parked != (import->record.class ==
		       CRYPTECH_KEY_CLASS_HASHSIG_PRIVATE))
		return CRYPTECH_ERR_KEYWRAP_BAD_MAGIC;
	return CRYPTECH_ERR_OK;
}

static int check_parked(struct call *call, const struct import *import)
{
	const struct key_record *record = &import->record;
	struct root_body look;

	if (import->drop & CRYPTECH_KEY_FLAG_TOKEN)
		return CRYPTECH_ERR_BAD_ARGUMENTS;
	if (root_body_look(record->secret, record->secret_len, &look))
		return CRYPTECH_ERR_KEYWRAP_BAD_MAGIC;
	if (import->armed && import->floor >= look.end)
		return CRYPTECH_ERR_HASHSIG_KEY_EXHAUSTED;
	return keys_check_slots(call->hsm, record->flags);
}

static int import_parked(struct call *call, struct import *import)
{
	struct hsm *hsm = call->hsm;
	struct recovery *armed;
	struct key *key;
	int error = check_parked(call, import);

	if (error || import->check)
		return error;
	if (!import->armed)
		return hashsig_unpark(hsm, &import->record, import->drop,
				      &key);
	armed = recovery_take(hsm);
	error = hashsig_adopt(hsm, &import->record, import->drop, NULL,
			      import->floor, &key);
	if (error)
		recovery_give_back(hsm, armed);
	else
		recovery_free(armed);
	return error;
}

/* Flags and label are those of the image, without what is dropped. */
static int put_info(struct call *call, const struct import *import)
{
	const struct key_record *record = &import->record;
	struct attributes attributes = { 0 };
	const uint8_t *label;
	size_t len;

	if (!attributes_parse(&attributes, record->attributes,
			      record->attributes_len))
		return CRYPTECH_ERR_ALLOCATION_FAILURE;
	label = attributes_label(&attributes, &len);
	xdr_put_opaque(&call->out, record->uuid, CRYPTECH_UUID_SIZE);
	xdr_put_u32(&call->out, record->type);
	xdr_put_u32(&call->out, record->flags & ~import->drop);
	xdr_put_opaque(&call->out, label, len);
	attributes_free(&attributes);
	return CRYPTECH_ERR_OK;
}

int handle_RAW_IMPORT(struct call *call)
{
	struct import import;
	struct key *key;
	int error = get_import(call, &import);

	if (error)
		return error;
	error = open_package(call, &import);
	/* Before the import, after which nothing is to fail. */
	if (!error)
		error = put_info(call, &import);
	if (!error && import.package.kind == RAW_PARKED)
		error = import_parked(call, &import);
	else if (!error)
		error = key_add_image(call, &import.record, import.drop,
				      import.check, &key);
	raw_plain_free(&import.opened);
	return error;
}

/* --- PARKED_LIST, FORGET -------------------------------------------------- */

static bool is_parked_away(const struct hsm *hsm, const struct root *root)
{
	bool found;

	keys_position(hsm->keys, root->facts.uuid, &found);
	return root->parked && !found;
}

uint64_t parked_count(struct hsm *hsm)
{
	const struct root *root = roots_first(hsm->hashsigs->roots);
	uint64_t count = 0;

	for (; root; root = root->next)
		count += is_parked_away(hsm, root);
	return count;
}

int handle_PARKED_LIST(struct call *call)
{
	const struct root *root = roots_first(call->hsm->hashsigs->roots);
	const size_t size = xdr_size_opaque(CRYPTECH_UUID_SIZE);
	const uint8_t *previous;
	struct xdr_writer head;
	uint32_t max, n = 0;
	size_t len;

	previous = xdr_get_opaque(&call->in, &len);
	max = xdr_get_u32(&call->in);
	if (len && len != CRYPTECH_UUID_SIZE)
		return CRYPTECH_ERR_KEY_NAME_TOO_LONG;
	if (!max)
		return CRYPTECH_ERR_BAD_ARGUMENTS;
	xdr_writer_init(&head, xdr_put_raw(&call->out, 4), 4);
	for (; root && n < max && xdr_room(&call->out) >= size;
	     root = root->next) {
		const uint8_t *uuid = root->facts.uuid;

		if ((len && memcmp(uuid, previous, len) <= 0) ||
		    !is_parked_away(call->hsm, root))
			continue;
		xdr_put_opaque(&call->out, uuid, CRYPTECH_UUID_SIZE);
		n++;
	}
	xdr_put_u32(&head, n);
	return CRYPTECH_ERR_OK;
}

int handle_FORGET(struct call *call)
{
	uint32_t what = xdr_get_u32(&call->in);
	struct hsm *hsm = call->hsm;
	struct roots *roots = hsm->hashsigs->roots;
	const uint8_t *uuid;
	struct root *root;
	int error = call_uuid(call, &uuid);

	if (error)
		return error;
	switch (what) {
	case CRYPTECH_FORGET_PARKED:
		root = hashsig_parked(hsm, uuid);
		return root ? root_delete(roots, root) :
			      CRYPTECH_ERR_KEY_NOT_FOUND;
	case CRYPTECH_FORGET_OUTBOX:
		root = roots_find(roots, uuid);
		return root ? root_outbox_drop(roots, root) :
			      CRYPTECH_ERR_KEY_NOT_FOUND;
	default:
		return CRYPTECH_ERR_BAD_ARGUMENTS;
	}
}
