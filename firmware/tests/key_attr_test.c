// SPDX-License-Identifier: MIT
/*
 * Attributes and MATCH.
 */
#include "key_box.h"

#define SET	CRYPTECH_RPC_PKEY_SET_ATTRIBUTES
#define GET	CRYPTECH_RPC_PKEY_GET_ATTRIBUTES
#define NIL	CRYPTECH_ATTRIBUTE_NIL

static uint8_t request[CRYPTECH_RPC_MESSAGE_MAX];
static struct xdr_writer w;
static struct bytes value;

static void begin(uint32_t function)
{
	xdr_writer_init(&w, request, sizeof(request));
	xdr_put_u32(&w, function);
	xdr_put_u32(&w, ME);
}

static int end(void)
{
	return ask_raw(&box, request, xdr_written(&w));
}

static int set(uint32_t handle, uint32_t type, const void *data, size_t len)
{
	return ask(&box, ME, SET, "uuuo", handle, 1, type, data, len);
}

/* The one attribute, into `value`. */
static int get(uint32_t handle, uint32_t type, uint32_t room)
{
	int error = ask(&box, ME, GET, "uuuu", handle, 1, type, room);

	if (error)
		return error;
	if (xdr_get_u32(&box.results) != 1 ||
	    xdr_get_u32(&box.results) != type)
		return -1;
	return result_bytes(0, &value);
}

static void set_get_delete(void)
{
	struct named key;

	for (uint32_t flags = 0; flags <= TOKEN; flags += TOKEN) {
		REQUIRE(key_box_fresh(false));
		EXPECT_EQ(pkey_generate_ec(ME, 1, SIGNS | flags, &key), 0);
		EXPECT_EQ(get(key.handle, 1, 10),
			  CRYPTECH_ERR_ATTRIBUTE_NOT_FOUND);
		EXPECT_EQ(get(key.handle, 1, 0),
			  CRYPTECH_ERR_ATTRIBUTE_NOT_FOUND);
		EXPECT_EQ(set(key.handle, 1, "one", 3), 0);
		EXPECT_EQ(set(key.handle, 0xfffffffe, "", 0), 0);
		EXPECT_EQ(get(key.handle, 1, 3), 0);
		EXPECT(value.len == 3 && !memcmp(value.data, "one", 3));
		EXPECT_EQ(get(key.handle, 1, 2), CRYPTECH_ERR_RESULT_TOO_LONG);
		EXPECT_EQ(get(key.handle, 0xfffffffe, 1), 0);
		EXPECT_EQ(value.len, 0);
		EXPECT_EQ(get(key.handle, 2, 10),
			  CRYPTECH_ERR_ATTRIBUTE_NOT_FOUND);
		EXPECT_EQ(set(key.handle, 1, "another", 7), 0);
		EXPECT_EQ(get(key.handle, 1, 7), 0);
		EXPECT(value.len == 7 && !memcmp(value.data, "another", 7));
		/* several at once: replaced, deleted, deleted though absent */
		EXPECT_EQ(ask(&box, ME, SET, "uuusuuuuus", key.handle, 4,
			      1, "new", 0xfffffffe, NIL, 77, NIL, 5, "five"),
			  0);
		EXPECT_EQ(get(key.handle, 0xfffffffe, 1),
			  CRYPTECH_ERR_ATTRIBUTE_NOT_FOUND);
		EXPECT_EQ(get(key.handle, 5, 4), 0);
		EXPECT_EQ(ask(&box, ME, GET, "uuuuuu", key.handle, 3, 5, 6, 1,
			      0), 0);
		EXPECT_EQ(xdr_get_u32(&box.results), 3);
		EXPECT_EQ(xdr_get_u32(&box.results), 5);
		EXPECT_EQ(xdr_get_u32(&box.results), 4);
		EXPECT_EQ(xdr_get_u32(&box.results), 6);
		EXPECT_EQ(xdr_get_u32(&box.results), 0);
		EXPECT_EQ(xdr_get_u32(&box.results), 1);
		EXPECT_EQ(xdr_get_u32(&box.results), 3);
		EXPECT(xdr_reader_done(&box.results));
		EXPECT_EQ(ask(&box, ME, SET, "uu", key.handle, 0),
			  CRYPTECH_ERR_BAD_ARGUMENTS);
		EXPECT_EQ(ask(&box, ME, GET, "uuuu", key.handle, 1, 1, 16361),
			  CRYPTECH_ERR_RPC_PACKET_OVERFLOW);
	}
}

/* 128 attributes beside an RSA-4096 key, or 6 of 512 bytes; then no more. */
static void limits(void)
{
	static struct bytes der, spki;
	static uint8_t big[16000];
	struct named key;

	REQUIRE(key_box_fresh(false));
	plain_encode(EVP_RSA_gen(4096), &der, &spki);
	EXPECT_EQ(pkey_load(ME, &der, SIGNS | TOKEN, &key), 0);
	for (uint32_t i = 0; i < 6; i++) {
		memset(big, (int)i, 512);
		EXPECT_EQ(set(key.handle, i, big, 512), 0);
	}
	for (uint32_t i = 0; i < 6; i++) {
		memset(big, (int)i, 512);
		EXPECT_EQ(get(key.handle, i, 512), 0);
		EXPECT(value.len == 512 && !memcmp(value.data, big, 512));
	}
	EXPECT_EQ(pkey_load(ME, &der, SIGNS | TOKEN, &key), 0);
	begin(SET);
	xdr_put_u32(&w, key.handle);
	xdr_put_u32(&w, 128);
	for (uint32_t i = 1000; i < 1128; i++) {
		xdr_put_u32(&w, i);
		xdr_put_opaque(&w, &i, 4);
	}
	EXPECT_EQ(end(), 0);
	EXPECT_EQ(set(key.handle, 1128, "x", 1), CRYPTECH_ERR_RESULT_TOO_LONG);
	EXPECT_EQ(set(key.handle, 1127, "y", 1), 0);
	EXPECT_EQ(set(key.handle, 1000, big, sizeof(big)),
		  CRYPTECH_ERR_RESULT_TOO_LONG);
	REQUIRE(key_box_restart());
	EXPECT_EQ(pkey_open(ME, &key), 0);
	for (uint32_t i = 1000; i < 1127; i++) {
		EXPECT_EQ(get(key.handle, i, 100), 0);
		EXPECT(value.len == 4 && !memcmp(value.data, &i, 4));
	}
	EXPECT_EQ(get(key.handle, 1127, 100), 0);
	EXPECT(value.len == 1 && value.data[0] == 'y');
	/* an error in the middle of a request changes nothing */
	EXPECT_EQ(ask(&box, ME, SET, "uuuuusus", key.handle, 3, 1000, NIL,
		      2000, "fits", 2001, "does not"),
		  CRYPTECH_ERR_RESULT_TOO_LONG);
	EXPECT_EQ(get(key.handle, 1000, 100), 0);
}

/* --- match -------------------------------------------------------------------- */

struct criteria {
	uint32_t type, curve, mask, flags;
	const char *attribute;		/* of type 7; NULL: any */
};

/*
 * Walk with replies of at most @max; true if what comes is @wanted, of
 * @count keys, in that order.
 */
static bool match_gives(const struct criteria *c, uint32_t max,
			const struct named *const *wanted, size_t count)
{
	uint8_t previous[CRYPTECH_UUID_SIZE] = { 0 };
	uint32_t state = 0, n;
	size_t seen = 0, len;
	const uint8_t *uuid;

	do {
		begin(CRYPTECH_RPC_PKEY_MATCH);
		xdr_put_u32(&w, 0);
		xdr_put_u32(&w, c->type);
		xdr_put_u32(&w, c->curve);
		xdr_put_u32(&w, c->mask);
		xdr_put_u32(&w, c->flags);
		xdr_put_u32(&w, c->attribute ? 1 : 0);
		if (c->attribute) {
			xdr_put_u32(&w, 7);
			xdr_put_opaque(&w, c->attribute, strlen(c->attribute));
		}
		xdr_put_u32(&w, state);
		xdr_put_u32(&w, max);
		xdr_put_opaque(&w, previous, sizeof(previous));
		if (end())
			return false;
		state = xdr_get_u32(&box.results);
		n = xdr_get_u32(&box.results);
		if (n > max)
			return false;
		for (uint32_t i = 0; i < n; i++) {
			uuid = xdr_get_opaque(&box.results, &len);
			if (!uuid || len != sizeof(previous) ||
			    seen == count ||
			    memcmp(uuid, wanted[seen++]->uuid, len))
				return false;
			memcpy(previous, uuid, len);
		}
		if (!xdr_reader_done(&box.results))
			return false;
	} while (n == max);
	return seen == count && state == 3;
}

static int by_uuid(const void *a, const void *b)
{
	const struct named *const *x = a, *const *y = b;

	return memcmp((*x)->uuid, (*y)->uuid, CRYPTECH_UUID_SIZE);
}

#define KEYS	12	/* even ones in flash */

static struct named keys[KEYS];

static uint32_t curve_of(unsigned int i)
{
	return i / 2 % 3 + 1;
}

static uint32_t flags_of(unsigned int i)
{
	return (i % 2 ? 0 : TOKEN) | (i % 4 < 2 ? SIGNS : EXPORTABLE);
}

/* Those of ours that @which takes, token keys first, each lot by UUID. */
static void expect_match(const struct criteria *c, bool (*which)(unsigned int))
{
	const struct named *wanted[KEYS];
	size_t count = 0, token;

	for (unsigned int i = 0; i < KEYS; i += 2)
		if (which(i))
			wanted[count++] = &keys[i];
	token = count;
	for (unsigned int i = 1; i < KEYS; i += 2)
		if (which(i))
			wanted[count++] = &keys[i];
	qsort(wanted, token, sizeof(*wanted), by_uuid);
	qsort(wanted + token, count - token, sizeof(*wanted), by_uuid);
	EXPECT(match_gives(c, 1, wanted, count));
	EXPECT(match_gives(c, 3, wanted, count));
	EXPECT(match_gives(c, 100, wanted, count));
	EXPECT(match_gives(c, 818, wanted, count));
}

static bool all(unsigned int i)
{
	return i < KEYS;
}

static bool none(unsigned int i)
{
	return i >= KEYS;
}

static bool of_p384(unsigned int i)
{
	return curve_of(i) == CRYPTECH_CURVE_P384;
}

static bool signing(unsigned int i)
{
	return flags_of(i) & SIGNS;
}

static bool not_in_flash(unsigned int i)
{
	return !(flags_of(i) & TOKEN);
}

static bool third(unsigned int i)
{
	return i == 3;
}

static void match(void)
{
	struct named foreign;
	char text[8];

	REQUIRE(key_box_fresh(false));
	EXPECT_EQ(pkey_generate_ec(OTHER, 1, SIGNS, &foreign), 0);
	for (unsigned int i = 0; i < KEYS; i++) {
		EXPECT_EQ(pkey_generate_ec(ME, curve_of(i), flags_of(i),
					   &keys[i]), 0);
		snprintf(text, sizeof(text), "key %u", i);
		EXPECT_EQ(set(keys[i].handle, 7, text, strlen(text)), 0);
	}
	expect_match(&(struct criteria){ 0 }, all);
	expect_match(&(struct criteria){
		.type = CRYPTECH_KEY_CLASS_EC_PRIVATE }, all);
	expect_match(&(struct criteria){
		.type = CRYPTECH_KEY_CLASS_RSA_PRIVATE }, none);
	expect_match(&(struct criteria){ .curve = CRYPTECH_CURVE_P384 },
		     of_p384);
	expect_match(&(struct criteria){ .mask = SIGNS, .flags = SIGNS },
		     signing);
	expect_match(&(struct criteria){ .mask = TOKEN, .flags = 0 },
		     not_in_flash);
	expect_match(&(struct criteria){ .attribute = "key 3" }, third);
	expect_match(&(struct criteria){ .attribute = "key" }, none);
	/* kept or not, all of it */
	REQUIRE(key_box_restart());
	for (unsigned int i = 0; i < KEYS; i += 2) {
		EXPECT_EQ(pkey_open(ME, &keys[i]), 0);
		snprintf(text, sizeof(text), "key %u", i);
		EXPECT_EQ(get(keys[i].handle, 7, 10), 0);
		EXPECT(value.len == strlen(text) &&
		       !memcmp(value.data, text, value.len));
	}
	EXPECT_EQ(pkey_open(ME, &keys[1]), CRYPTECH_ERR_KEY_NOT_FOUND);
}

static int match_once(uint32_t word, uint32_t flags, uint32_t state,
		      uint32_t max)
{
	static const uint8_t zero[CRYPTECH_UUID_SIZE];

	return ask(&box, word, CRYPTECH_RPC_PKEY_MATCH, "uuuuuuuuo", 0, 0, 0,
		   flags, flags, 0, state, max, zero, sizeof(zero));
}

static void match_arguments(void)
{
	struct named key;

	REQUIRE(key_box_fresh(false));
	EXPECT_EQ(pkey_generate_ec(ME, 1, SIGNS | TOKEN, &key), 0);
	EXPECT_EQ(pkey_generate_ec(ME, 1, SIGNS | TOKEN | PUBLIC, &key), 0);
	EXPECT_EQ(match_once(ME, 0, 4, 1), CRYPTECH_ERR_BAD_ARGUMENTS);
	EXPECT_EQ(match_once(ME, 0, 0, 819), CRYPTECH_ERR_RPC_PACKET_OVERFLOW);
	EXPECT_EQ(match_once(ME, 0, 0, 0xffffffff),
		  CRYPTECH_ERR_RPC_PACKET_OVERFLOW);
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_PKEY_MATCH, "uuuuuuuus", 0, 0, 0,
		      0, 0, 0, 0, 1, "short"), CRYPTECH_ERR_KEY_NAME_TOO_LONG);
	EXPECT_EQ(match_once(ME, 0, 0, 0), 0);
	EXPECT_EQ(xdr_get_u32(&box.results), 0);
	EXPECT_EQ(xdr_get_u32(&box.results), 0);
	EXPECT_EQ(match_once(ME, 0, 3, 10), 0);
	EXPECT_EQ(xdr_get_u32(&box.results), 3);
	EXPECT_EQ(xdr_get_u32(&box.results), 0);
	/* not logged in: nothing, or the public ones if asked for */
	EXPECT_EQ(match_once(NOBODY, 0, 0, 10), 0);
	xdr_get_u32(&box.results);
	EXPECT_EQ(xdr_get_u32(&box.results), 0);
	EXPECT_EQ(match_once(NOBODY, PUBLIC, 0, 10), 0);
	xdr_get_u32(&box.results);
	EXPECT_EQ(xdr_get_u32(&box.results), 1);
	result_bytes(0, &value);
	EXPECT_MEM(value.data, key.uuid, sizeof(key.uuid));
}

int main(void)
{
	RUN(set_get_delete);
	RUN(limits);
	RUN(match);
	RUN(match_arguments);
	box_stop(&box);
	return tap_done();
}
