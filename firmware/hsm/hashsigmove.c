// SPDX-License-Identifier: MIT
/*
 * HSS keys on the way: a state that leaves or comes, with the KEY record beside
 * it and what a key has in memory.
 *
 * Who comes writes the KEY record first, as the state's commit makes the key
 * live; a note says so meanwhile, so that a KEY record whose state never came is
 * gone after the next start.
 */
#include "backup.h"

#include <stdlib.h>

/* --- out -------------------------------------------------------------------------- */

/* How a body becomes an image, for those who make packages of images. */
struct sealing {
	const struct key *key;
	image_seal *seal;
	void *data;
};

static int seal_image(void *data, const uint8_t *body, size_t body_len,
		      const uint8_t *kp, uint8_t **package, size_t *len)
{
	const struct sealing *sealing = data;
	size_t image_len;
	uint8_t *image;
	int error = record_image(sealing->key, body, body_len, &image,
				 &image_len);

	if (error)
		return error;
	error = sealing->seal(sealing->data, image, image_len, kp, package,
			      len);
	core_wipe(image, image_len);
	free(image);
	return error;
}

/*
 * Units of work have seeds of their own. So none is out when seeds go: no new
 * ones are given out, and those that are end within milliseconds.
 */
static int settle(struct hsm *hsm, struct hashsig *h)
{
	while (!hss_hold(h->hss, true) && !h->stopping)
		lock_wait(&hsm->lock);
	if (h->stopping)
		return CRYPTECH_ERR_KEY_NOT_FOUND;
	return h->broken;
}

static void go_on(struct hsm *hsm, struct hashsig *h)
{
	hss_hold(h->hss, false);
	hashsig_kick(hsm, h);
	lock_wake(&hsm->lock);	/* who waited for a unit of his own */
}

static int split(struct hsm *hsm, struct hashsig *h, const uint8_t *request,
		 struct sealing *sealing, uint8_t **package, size_t *len)
{
	int error;

	for (;;) {
		error = settle(hsm, h);
		if (!error)
			error = hss_split(h->hss, request, seal_image, sealing,
					  package, len);
		go_on(hsm, h);
		if (error != CRYPTECH_ERR_NOT_READY || !hss_work_left(h->hss))
			return error;
		error = hashsig_make_ready(hsm, NULL, h);
		if (error)
			return error;
	}
}

int hashsig_split(struct hsm *hsm, struct key *key, const uint8_t *request,
		  image_seal *seal, void *data, uint8_t **package, size_t *len)
{
	struct sealing sealing = { .key = key, .seal = seal, .data = data };
	struct hashsig *h = key->hashsig;
	struct hss_counts counts;
	int error;

	*package = NULL;
	if (!h)
		return CRYPTECH_ERR_KEYSTORE_LOST_DATA;
	key_get(key);
	hashsig_get(h);
	error = split(hsm, h, request, &sealing, package, len);
	if (!error)
		hashsig_look(hsm, h, &counts);
	hashsig_put(hsm, h);
	key_put(key);
	return error;
}

int hashsig_park(struct hsm *hsm, struct key *key, image_seal *seal,
		 void *data, uint8_t **package, size_t *len)
{
	struct sealing sealing = { .key = key, .seal = seal, .data = data };
	struct hashsig *h = key->hashsig;
	int error;

	*package = NULL;
	if (!h)
		return CRYPTECH_ERR_KEYSTORE_LOST_DATA;
	key_get(key);
	hashsig_get(h);
	error = settle(hsm, h);
	if (!error)
		error = hss_park(h->hss, seal_image, &sealing, package, len);
	if (hss_is_parked(h->hss)) {
		requests_forget(h);
		streams_abort(hsm, h);
	}
	go_on(hsm, h);
	hashsig_put(hsm, h);
	key_put(key);
	return error;
}

bool hashsig_is_parked(const struct hashsig *h)
{
	return hss_is_parked(h->hss);
}

struct root *hashsig_parked(struct hsm *hsm, const uint8_t *uuid)
{
	struct root *root = roots_find(hsm->hashsigs->roots, uuid);
	bool found;

	keys_position(hsm->keys, uuid, &found);
	return root && root->parked && !found ? root : NULL;
}

/* --- in --------------------------------------------------------------------------- */

#define FLAGS_NEEDED	(CRYPTECH_KEY_FLAG_DIGITALSIGNATURE |		       \
			 CRYPTECH_KEY_FLAG_TOKEN)
#define FLAGS_ALLOWED	(FLAGS_NEEDED | CRYPTECH_KEY_FLAG_PUBLIC |	       \
			 CRYPTECH_KEY_FLAG_EXPORTABLE |			       \
			 CRYPTECH_KEY_FLAG_RECOVERABLE)

/* A key that comes. */
struct arrival {
	const struct key_record *record;
	uint32_t flags;
	const uint8_t *body;		/* the record's, or made of it */
	size_t body_len;
	uint8_t *narrowed;
	const uint8_t *kekek;		/* or NULL */
	struct root *root;		/* parked; NULL: not known here yet */
};

/* Does the image's public key belong to the state in it? */
static bool is_public_of(const struct key_record *record,
			 const struct root_facts *facts)
{
	uint8_t public[CRYPTECH_HSS_PUBLIC_MAX], spki[HASHSIG_SPKI_MAX];
	const struct lms_params *params = &facts->params[0];
	struct xdr_writer w;
	size_t len;

	xdr_writer_init(&w, public, sizeof(public));
	xdr_put_u32(&w, facts->levels);
	xdr_put_u32(&w, params->lms);
	xdr_put_u32(&w, params->lmots);
	memcpy(xdr_put_raw(&w, LMS_ID_SIZE), facts->id, LMS_ID_SIZE);
	memcpy(xdr_put_raw(&w, params->n), facts->t1, params->n);
	len = hashsig_spki(public, xdr_written(&w), spki);
	return len == record->spki_len && !memcmp(spki, record->spki, len);
}

static int check(struct hsm *hsm, const struct arrival *a)
{
	const struct key_record *record = a->record;
	struct root_body look;
	bool found;
	int error;

	if (roots_stale(hsm->hashsigs->roots))
		return CRYPTECH_ERR_KEYSTORE_LOST_DATA;
	error = root_body_look(a->body, a->body_len, &look);
	if (error == CRYPTECH_ERR_ALLOCATION_FAILURE)
		return error;
	if (error || record->type != CRYPTECH_KEY_HSS ||
	    record->class != CRYPTECH_KEY_CLASS_HASHSIG_PRIVATE ||
	    memcmp(look.facts.uuid, record->uuid, CRYPTECH_UUID_SIZE) ||
	    !is_public_of(record, &look.facts))
		return CRYPTECH_ERR_KEYWRAP_BAD_MAGIC;
	if ((a->flags & ~FLAGS_ALLOWED) ||
	    (a->flags & FLAGS_NEEDED) != FLAGS_NEEDED)
		return CRYPTECH_ERR_BAD_ARGUMENTS;
	keys_position(hsm->keys, record->uuid, &found);
	if (found || job_names(hsm, record->uuid))
		return CRYPTECH_ERR_KEY_NAME_IN_USE;
	error = keys_check_slots(hsm, a->flags);
	return error ? error : keys_reserve(hsm->keys);
}

static int make_key(const struct arrival *a, struct key **result)
{
	const struct key_record *record = a->record;
	struct key *key = key_alloc();

	if (!key)
		return CRYPTECH_ERR_ALLOCATION_FAILURE;
	key->type = record->type;
	key->class = record->class;
	key->flags = a->flags;
	memcpy(key->uuid, record->uuid, CRYPTECH_UUID_SIZE);
	key->spki = malloc(record->spki_len);
	if (!key->spki) {
		key_put(key);
		return CRYPTECH_ERR_ALLOCATION_FAILURE;
	}
	memcpy(key->spki, record->spki, record->spki_len);
	key->spki_len = record->spki_len;
	if (!attributes_parse(&key->attributes, record->attributes,
			      record->attributes_len)) {
		key_put(key);
		return CRYPTECH_ERR_KEYWRAP_BAD_MAGIC;
	}
	*result = key;
	return CRYPTECH_ERR_OK;
}

/* The state; after this the key is here, or is not. */
static int commit_state(struct roots *roots, struct arrival *a, bool *here)
{
	int error;

	if (a->root) {
		error = root_unpark(roots, a->root, a->body, a->body_len);
		*here = !a->root->parked;
		return error;
	}
	error = root_adopt(roots, a->body, a->body_len, a->kekek, &a->root);
	if (error)
		a->root = roots_find(roots, a->record->uuid);
	*here = a->root;
	return error;
}

/* Note, KEY record, state. With an error after which the key is here all stays
 * as it is: the next start knows what is right. */
static int store(struct hsm *hsm, struct arrival *a, const struct key *key,
		 bool *here)
{
	struct roots *roots = hsm->hashsigs->roots;
	struct sealed sealed;
	int error = record_seal(hsm, key, NULL, 0, &sealed);

	*here = false;
	if (error)
		return error;
	error = import_begin(roots, key->uuid);
	if (error)
		goto out;
	error = store_write(hsm, KS_CLASS_KEY, key->uuid, sealed.data,
			    sealed.len, true);
	if (!error) {
		error = commit_state(roots, a, here);
		if (!*here)
			ks_delete(hsm->ks, KS_CLASS_KEY, key->uuid);
	}
	if (!*here)
		import_end(roots, key->uuid);
	else if (!error)
		error = import_end(roots, key->uuid);
out:
	free(sealed.data);
	return error;
}

static int open_hashsig(struct hsm *hsm, struct root *root,
			struct hashsig **h)
{
	struct hss *hss;
	int error = hss_open(&hss, hsm->hashsigs->roots, root);

	if (error)
		return error;
	*h = hashsig_new(hss);
	if (*h)
		return CRYPTECH_ERR_OK;
	hss_free(hss);
	return CRYPTECH_ERR_ALLOCATION_FAILURE;
}

/* It is in flash: whatever fails here, the key is there, and says so. */
static int bring_to_life(struct hsm *hsm, const struct arrival *a,
			 struct key *key, int error)
{
	struct hashsig *h = NULL;

	if (!error)
		error = open_hashsig(hsm, a->root, &h);
	key->damage = error;
	keys_insert(hsm->keys, key);	/* there is room, and no such name */
	if (h)
		hashsig_own(hsm, h, key);
	return error;
}

static int arrive(struct hsm *hsm, struct arrival *a, struct key **result)
{
	struct key *key;
	bool here;
	int error = check(hsm, a);

	*result = NULL;
	if (!error)
		error = make_key(a, &key);
	if (error)
		return error;
	error = store(hsm, a, key, &here);
	if (here)
		error = bring_to_life(hsm, a, key, error);
	if (!error)
		*result = key;
	key_put(key);
	return error;
}

/* Leaves below @floor are to be burnt: a body without them. That may take long,
 * and is nobody's but the caller's. */
static int narrow(struct hsm *hsm, struct arrival *a, uint32_t floor)
{
	int error;

	a->narrowed = malloc(ROOT_BODY_MAX);
	if (!a->narrowed)
		return CRYPTECH_ERR_ALLOCATION_FAILURE;
	hsm->unlocked++;
	lock_drop(&hsm->lock);
	error = root_body_narrow(a->body, a->body_len, floor, a->narrowed,
				 &a->body_len);
	lock_take(&hsm->lock);
	hsm->unlocked--;
	a->body = a->narrowed;
	return error == CRYPTECH_ERR_BAD_ARGUMENTS ?
	       CRYPTECH_ERR_KEYWRAP_BAD_MAGIC : error;
}

int hashsig_check(struct hsm *hsm, const struct key_record *record,
		  uint32_t drop)
{
	const struct arrival a = {
		.record = record, .flags = record->flags & ~drop,
		.body = record->secret, .body_len = record->secret_len,
	};

	return check(hsm, &a);
}

int hashsig_adopt(struct hsm *hsm, const struct key_record *record,
		  uint32_t drop, const uint8_t *kekek, uint32_t floor,
		  struct key **key)
{
	struct arrival a = {
		.record = record, .flags = record->flags & ~drop,
		.body = record->secret, .body_len = record->secret_len,
		.kekek = kekek,
	};
	int error = CRYPTECH_ERR_OK;

	*key = NULL;
	if (floor)
		error = narrow(hsm, &a, floor);
	if (!error)
		error = arrive(hsm, &a, key);
	if (a.narrowed)
		core_wipe(a.narrowed, ROOT_BODY_MAX);
	free(a.narrowed);
	return error;
}

int hashsig_unpark(struct hsm *hsm, const struct key_record *record,
		   uint32_t drop, struct key **key)
{
	struct arrival a = {
		.record = record, .flags = record->flags & ~drop,
		.body = record->secret, .body_len = record->secret_len,
		.root = hashsig_parked(hsm, record->uuid),
	};

	*key = NULL;
	return a.root ? arrive(hsm, &a, key) : CRYPTECH_ERR_KEY_NOT_FOUND;
}
