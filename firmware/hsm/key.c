// SPDX-License-Identifier: MIT
/*
 * The index of all keys, in flash and in memory.
 *
 * It is a list of pointers in the order of the UUIDs: found by halving, walked
 * by MATCH and KEY_LIST. Whatever can be asked about a key without its private
 * half is in the index, so that flash is read only at start and when a private
 * key is decoded.
 */
#include "key.h"

#include <stdlib.h>

/* --- the object ------------------------------------------------------------- */

struct key *key_alloc(void)
{
	struct key *key = calloc(1, sizeof(*key));

	if (key)
		key->references = 1;
	return key;
}

struct key *key_get(struct key *key)
{
	key->references++;
	return key;
}

void key_put(struct key *key)
{
	if (!key || --key->references)
		return;
	core_key_put(key->core);
	attributes_free(&key->attributes);
	free(key->spki);
	free(key);
}

/* --- the list --------------------------------------------------------------- */

size_t keys_position(const struct keys *keys, const uint8_t *uuid,
		     bool *found)
{
	size_t low = 0, high = keys->count;

	*found = false;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = memcmp(keys->list[middle]->uuid, uuid,
				   CRYPTECH_UUID_SIZE);

		if (!order) {
			*found = true;
			return middle;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

int keys_reserve(struct keys *keys)
{
	size_t room = keys->room ? 2 * keys->room : 64;
	struct key **list;

	if (keys->count < keys->room)
		return CRYPTECH_ERR_OK;
	list = realloc(keys->list, room * sizeof(*list));
	if (!list)
		return CRYPTECH_ERR_ALLOCATION_FAILURE;
	keys->list = list;
	keys->room = room;
	return CRYPTECH_ERR_OK;
}

/* A record that cannot be read takes a slot until it is deleted. */
int keys_check_slots(const struct hsm *hsm, uint32_t flags)
{
	const struct keys *keys = hsm->keys;
	size_t slots = hsm->config.slots;

	if (!slots)
		return CRYPTECH_ERR_OK;
	if (flags & CRYPTECH_KEY_FLAG_TOKEN)
		return keys->token + keys->lost < slots ? CRYPTECH_ERR_OK :
		       CRYPTECH_ERR_NO_KEY_INDEX_SLOTS;
	return keys->in_memory < slots ? CRYPTECH_ERR_OK :
	       CRYPTECH_ERR_NO_KEY_SLOTS_AVAILABLE;
}

static size_t *counter_of(struct keys *keys, const struct key *key)
{
	if (key->damage)
		return &keys->lost;
	return key_is_token(key) ? &keys->token : &keys->in_memory;
}

int keys_insert(struct keys *keys, struct key *key)
{
	bool found;
	size_t at;

	if (keys_reserve(keys))
		return CRYPTECH_ERR_ALLOCATION_FAILURE;
	at = keys_position(keys, key->uuid, &found);
	if (found)
		return CRYPTECH_ERR_KEY_NAME_IN_USE;
	memmove(keys->list + at + 1, keys->list + at,
		(keys->count - at) * sizeof(*keys->list));
	keys->list[at] = key_get(key);
	key->number = ++keys->numbers;
	keys->count++;
	++*counter_of(keys, key);
	return CRYPTECH_ERR_OK;
}

/* A volatile key leaves its owner. */
static void disown(struct key *key)
{
	struct client *owner = key->owner;
	struct key **link;

	if (!owner)
		return;
	link = &owner->keys;
	while (*link != key)
		link = &(*link)->owner_next;
	*link = key->owner_next;
	key->owner = NULL;
	owner->key_count--;
	owner->port->volatile_keys--;
	client_release(owner);
}

void keys_remove(struct keys *keys, struct key *key)
{
	bool found;
	size_t at = keys_position(keys, key->uuid, &found);

	disown(key);
	key_uncache(keys, key);
	key->dead = true;
	--*counter_of(keys, key);
	keys->count--;
	memmove(keys->list + at, keys->list + at + 1,
		(keys->count - at) * sizeof(*keys->list));
	key_put(key);
}

void keys_client_gone(struct client *client)
{
	while (client->keys)
		keys_remove(client->hsm->keys, client->keys);
}

void keys_count(struct hsm *hsm, uint64_t *token, uint64_t *in_memory,
		uint64_t *lost)
{
	*token = hsm->keys->token;
	*in_memory = hsm->keys->in_memory;
	*lost = hsm->keys->lost;
}

/* --- finding ---------------------------------------------------------------- */

/*
 * A volatile key is its client's alone. libhal's rules let the wheel see all
 * of them, and everybody those of client 0.
 */
bool key_visible(const struct client *client, const struct key *key)
{
	const struct client *owner = key->owner;

	if (key->dead)
		return false;
	if (!owner || owner == client)
		return true;
	if (!client->hsm->config.libhal_compat || owner->port != client->port)
		return false;
	return client->role == CRYPTECH_USER_WHEEL ||
	       owner->word == CRYPTECH_CLIENT_MUX;
}

static int check_found(const struct client *client, const struct key *key)
{
	if (!key || !key_visible(client, key))
		return CRYPTECH_ERR_KEY_NOT_FOUND;
	if (!client_reads(client, key->flags))
		return CRYPTECH_ERR_FORBIDDEN;
	return key->damage;
}

int call_key_by_handle(struct call *call, uint32_t handle, struct key **key)
{
	*key = handle_find(call->client, HANDLE_KEY, handle);
	return check_found(call->client, *key);
}

int call_key_by_uuid(struct call *call, const uint8_t *uuid, struct key **key)
{
	struct keys *keys = call->hsm->keys;
	bool found;
	size_t at = keys_position(keys, uuid, &found);

	*key = found ? keys->list[at] : NULL;
	return check_found(call->client, *key);
}

int call_key(struct call *call, struct key **key)
{
	const uint8_t *uuid;
	int error = call_uuid(call, &uuid);

	return error ? error : call_key_by_uuid(call, uuid, key);
}

/* --- start and stop ----------------------------------------------------------- */

/* Fill a key from its record; an error is the key's damage. */
static int fill(struct hsm *hsm, struct key *key, const uint8_t *data,
		size_t len)
{
	struct key_record record;
	int error;

	error = record_open(hsm, key->uuid, data, len, &record);
	if (error)
		return error;
	key->spki = malloc(record.spki_len ? record.spki_len : 1);
	if (!key->spki) {
		error = CRYPTECH_ERR_ALLOCATION_FAILURE;
	} else if (!attributes_parse(&key->attributes, record.attributes,
				     record.attributes_len)) {
		error = CRYPTECH_ERR_KEYSTORE_LOST_DATA;
	} else {
		memcpy(key->spki, record.spki, record.spki_len);
		key->spki_len = record.spki_len;
		key->type = record.type;
		key->class = record.class;
		key->flags = record.flags;
	}
	record_close(&record);
	return error;
}

/* A record that does not open is kept in mind, so that its name is not given
 * away and it can be deleted. */
static int start_key(struct hsm *hsm, const uint8_t *name, uint8_t *buffer)
{
	struct key *key = key_alloc();
	size_t len;
	int error;

	if (!key)
		return CRYPTECH_ERR_ALLOCATION_FAILURE;
	memcpy(key->uuid, name, CRYPTECH_UUID_SIZE);
	error = store_error(ks_read(hsm->ks, KS_CLASS_KEY, name, buffer,
				    KS_RECORD_MAX, &len));
	if (!error)
		error = fill(hsm, key, buffer, len);
	if (error != CRYPTECH_ERR_ALLOCATION_FAILURE) {
		key->damage = error;
		if (error)
			key->flags = CRYPTECH_KEY_FLAG_TOKEN;
		error = keys_insert(hsm->keys, key);
	}
	key_put(key);
	return error;
}

int keys_start(struct hsm *hsm)
{
	uint8_t name[KS_NAME_SIZE];
	const uint8_t *previous = NULL;
	int error = CRYPTECH_ERR_OK;
	uint8_t *buffer;
	size_t len;

	hsm->keys = calloc(1, sizeof(*hsm->keys));
	buffer = malloc(KS_RECORD_MAX);
	if (!hsm->keys || !buffer)
		error = CRYPTECH_ERR_ALLOCATION_FAILURE;
	while (!error && ks_next(hsm->ks, KS_CLASS_KEY, previous, name,
				 &len) == KS_OK) {
		error = start_key(hsm, name, buffer);
		previous = name;
	}
	free(buffer);
	if (!error && hsm->keys->lost)
		hsm_log(hsm, "%zu of %zu key records cannot be read: they are "
			"damaged, or not of this master key",
			hsm->keys->lost, hsm->keys->count);
	return error;
}

void keys_stop(struct hsm *hsm)
{
	struct keys *keys = hsm->keys;

	if (!keys)
		return;
	while (keys->count)
		keys_remove(keys, keys->list[keys->count - 1]);
	free(keys->list);
	free(keys);
	hsm->keys = NULL;
}
