// SPDX-License-Identifier: MIT
/*
 * libhal's functions about attributes: match, set, get.
 */
#include "key.h"

#include <stdlib.h>

/* --- match ---------------------------------------------------------------------- */

/* The state word of MATCH: where the client's walk over all keys stands. */
enum match_state {
	MATCH_START = 0, MATCH_TOKEN = 1, MATCH_VOLATILE = 2, MATCH_DONE = 3,
};

struct pattern {
	uint32_t type, curve, mask, flags;
	uint32_t attribute_count;
	struct xdr_reader attributes;	/* stands at the first one */
};

static bool attributes_match(const struct pattern *pattern,
			     const struct key *key)
{
	struct xdr_reader r = pattern->attributes;
	const uint8_t *wanted, *value;
	size_t wanted_len, len;
	uint32_t type;

	for (uint32_t i = 0; i < pattern->attribute_count; i++) {
		type = xdr_get_u32(&r);
		wanted = xdr_get_opaque(&r, &wanted_len);
		value = attributes_find(&key->attributes, type, &len);
		if (!value || len != wanted_len || memcmp(value, wanted, len))
			return false;
	}
	return true;
}

static bool matches(const struct client *client, const struct pattern *pattern,
		    const struct key *key)
{
	return !key->damage && key_visible(client, key) &&
	       client_reads(client, key->flags) &&
	       (!pattern->type || pattern->type == key->class) &&
	       (!pattern->curve || pattern->curve == key_curve(key)) &&
	       !((pattern->flags ^ key->flags) & pattern->mask) &&
	       attributes_match(pattern, key);
}

/* The first place behind @previous. */
static size_t after(const struct keys *keys, const uint8_t *previous)
{
	bool found;
	size_t at = keys_position(keys, previous, &found);

	return found ? at + 1 : at;
}

/*
 * Token keys in the order of their UUIDs, then volatile ones likewise. The walk
 * is done when a reply has fewer keys than were asked for.
 */
static uint32_t walk(struct call *call, const struct pattern *pattern,
		     uint32_t *state, uint32_t max, const uint8_t *previous)
{
	static const uint8_t zero[CRYPTECH_UUID_SIZE];
	const struct keys *keys = call->hsm->keys;
	uint32_t n = 0;

	if (*state == MATCH_START && max) {
		previous = zero;
		*state = MATCH_TOKEN;
	}
	while (n < max && *state != MATCH_DONE) {
		bool token = *state == MATCH_TOKEN;

		for (size_t i = after(keys, previous);
		     i < keys->count && n < max; i++) {
			struct key *key = keys->list[i];

			if (key_is_token(key) != token ||
			    !matches(call->client, pattern, key))
				continue;
			xdr_put_opaque(&call->out, key->uuid,
				       CRYPTECH_UUID_SIZE);
			n++;
		}
		if (n < max) {
			previous = zero;
			++*state;
		}
	}
	return n;
}

static void skip_attributes(struct xdr_reader *r, uint32_t n)
{
	size_t len;

	while (n--) {
		xdr_get_u32(r);
		xdr_get_opaque(r, &len);
	}
}

int handle_PKEY_MATCH(struct call *call)
{
	struct pattern pattern;
	const uint8_t *previous;
	struct xdr_writer head;
	uint32_t state, max, n = 0;
	int error;

	xdr_get_u32(&call->in);		/* the session */
	pattern.type = xdr_get_u32(&call->in);
	pattern.curve = xdr_get_u32(&call->in);
	pattern.mask = xdr_get_u32(&call->in);
	pattern.flags = xdr_get_u32(&call->in);
	pattern.attribute_count = xdr_get_u32(&call->in);
	pattern.attributes = call->in;
	skip_attributes(&call->in, pattern.attribute_count);
	state = xdr_get_u32(&call->in);
	max = xdr_get_u32(&call->in);
	error = call_fits(call, 8 + (uint64_t)max *
			  xdr_size_opaque(CRYPTECH_UUID_SIZE));
	if (!error)
		error = call_uuid(call, &previous);
	if (error)
		return error;
	if (state > MATCH_DONE)
		return CRYPTECH_ERR_BAD_ARGUMENTS;

	/* State and count come first, and are known last. */
	xdr_writer_init(&head, xdr_put_raw(&call->out, 8), 8);
	/* Who is not logged in finds public keys if he asks for those. */
	if (client_reads(call->client, pattern.flags))
		n = walk(call, &pattern, &state, max, previous);
	xdr_put_u32(&head, state);
	xdr_put_u32(&head, n);
	return CRYPTECH_ERR_OK;
}

/* --- set ------------------------------------------------------------------------ */

/* Apply the request to a copy of the list. */
static int apply(struct xdr_reader *in, uint32_t n, struct attributes *list)
{
	const uint8_t *value;
	struct xdr_reader peek;
	uint32_t type;
	size_t len;
	int error = CRYPTECH_ERR_OK;

	while (n-- && !error) {
		type = xdr_get_u32(in);
		peek = *in;
		if (xdr_get_u32(&peek) == CRYPTECH_ATTRIBUTE_NIL) {
			*in = peek;
			attributes_remove(list, type);
			continue;
		}
		value = xdr_get_opaque(in, &len);
		error = attributes_set(list, type, value, len);
	}
	return error;
}

int handle_PKEY_SET_ATTRIBUTES(struct call *call)
{
	uint32_t handle = xdr_get_u32(&call->in);
	uint32_t n = xdr_get_u32(&call->in);
	struct attributes list;
	struct key *key;
	int error;

	error = call_key_by_handle(call, handle, &key);
	if (error)
		return error;
	if (!client_writes(call->client, key->flags))
		return CRYPTECH_ERR_FORBIDDEN;
	if (!n)
		return CRYPTECH_ERR_BAD_ARGUMENTS;
	error = attributes_copy(&list, &key->attributes);
	if (error)
		return error;
	error = apply(&call->in, n, &list);
	if (!error)
		error = key_set_attributes(call->hsm, key, &list);
	attributes_free(&list);
	return error;
}

/* --- get ------------------------------------------------------------------------ */

/* @room 0: lengths alone. What is not there has length 0, or is an error. */
static int put_attribute(struct call *call, const struct key *key,
			 uint32_t type, bool lengths, size_t *room)
{
	const uint8_t *value;
	size_t len;

	value = attributes_find(&key->attributes, type, &len);
	xdr_put_u32(&call->out, type);
	if (lengths) {
		xdr_put_u32(&call->out, len);
		return CRYPTECH_ERR_OK;
	}
	if (!value)
		return CRYPTECH_ERR_ATTRIBUTE_NOT_FOUND;
	if (len > *room)
		return CRYPTECH_ERR_RESULT_TOO_LONG;
	*room -= len;
	xdr_put_opaque(&call->out, value, len);
	return CRYPTECH_ERR_OK;
}

int handle_PKEY_GET_ATTRIBUTES(struct call *call)
{
	uint32_t handle = xdr_get_u32(&call->in);
	uint32_t n = xdr_get_u32(&call->in);
	struct xdr_reader types = call->in;
	struct key *key;
	size_t room;
	bool lengths;
	int error;

	xdr_get_raw(&call->in, 4 * (size_t)n);
	room = xdr_get_u32(&call->in);
	lengths = !room;
	error = call_fits(call, 4 + 8 * (uint64_t)n + room);
	if (!error)
		error = call_key_by_handle(call, handle, &key);
	if (error)
		return error;
	if (!key->attributes.count)
		return CRYPTECH_ERR_ATTRIBUTE_NOT_FOUND;
	xdr_put_u32(&call->out, n);
	while (n-- && !error)
		error = put_attribute(call, key, xdr_get_u32(&types), lengths,
				      &room);
	return error;
}
