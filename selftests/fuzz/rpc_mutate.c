// SPDX-License-Identifier: MIT
/*
 * How fuzz_rpc's inputs are changed: frames come and go, arguments get other
 * values, and now and then the fuzzer does what it likes to the bytes.
 */
#include <stdlib.h>

#include "frames.h"

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max,
			       unsigned int seed);

#define MESSAGE_ROOM	20000	/* somewhat more than a message may have */

/* Where messages are made. */
static uint8_t made[MESSAGE_ROOM];

static void make_message(struct frame *f, unsigned int *seed)
{
	const struct rpc_schema *schema =
		&rpc_schemas[draw(seed, rpc_schema_count)];
	struct xdr_writer w;

	xdr_writer_init(&w, made, sizeof(made));
	xdr_put_u32(&w, schema->number);
	xdr_put_u32(&w, 0);
	values_put(&w, schema->args, seed);
	/* mostly the user, on the socket's port */
	f->who = draw(seed, 3) ? 2 : draw(seed, 256);
	f->data = made;
	f->len = xdr_written(&w);
}

/* Write the message anew with another value for one of its arguments. */
static void change_item(struct frame *f, const struct item *item,
			unsigned int *seed)
{
	size_t at = 8 + item->at, behind = at + item->len;
	struct xdr_writer w;
	uint8_t buffer[256];
	const uint8_t *value;
	size_t len;

	xdr_writer_init(&w, made, sizeof(made));
	memcpy(xdr_put_raw(&w, at), f->data, at);
	if (item->letter == 'u') {
		xdr_put_u32(&w, draw(seed, 8) ?
			    value_word(item->name, seed) :
			    item->word + draw(seed, 3) - 1);
	} else if (item->letter == 'U' || draw(seed, 6) == 0) {
		/* a length that lies */
		xdr_put_u32(&w, value_word("any:", seed));
		behind = at + 4;
	} else if (draw(seed, 2) && item->len > 4) {
		len = item->len > 4 + item->word ? item->word : item->len - 4;
		len = len < sizeof(buffer) ? len : sizeof(buffer);
		memcpy(buffer, f->data + at + 4, len);
		len = LLVMFuzzerMutate(buffer, len, sizeof(buffer));
		xdr_put_opaque(&w, buffer, len);
	} else {
		value = value_opaque(item->name, seed, buffer, &len);
		xdr_put_opaque(&w, value, len);
	}
	len = f->len - behind;
	if (len <= xdr_room(&w))
		memcpy(xdr_put_raw(&w, len), f->data + behind, len);
	f->data = made;
	f->len = xdr_written(&w);
}

static void change_message(struct frame *f, unsigned int *seed)
{
	const struct rpc_schema *schema = NULL;
	struct item items[ITEMS_MAX];
	struct xdr_reader r;
	unsigned int n = 0;
	bool whole;

	xdr_reader_init(&r, f->data, f->len);
	if (f->len >= 8 && f->len <= MESSAGE_ROOM / 2)
		schema = rpc_schema_of(xdr_get_u32(&r));
	if (schema)
		n = items_of(schema->args, f->data + 8, f->len - 8, items,
			     &whole);
	if (n)
		change_item(f, &items[draw(seed, n)], seed);
	else
		make_message(f, seed);
}

static void change_bytes(struct frame *f)
{
	size_t len = f->len < MESSAGE_ROOM ? f->len : MESSAGE_ROOM;

	memcpy(made, f->data, len);
	f->len = LLVMFuzzerMutate(made, len, MESSAGE_ROOM);
	f->data = made;
}

static void insert(struct frame *frames, unsigned int *n, unsigned int at,
		   const struct frame *f)
{
	memmove(frames + at + 1, frames + at, (*n - at) * sizeof(*f));
	frames[at] = *f;
	++*n;
}

static void mutate(struct frame *frames, unsigned int *n, unsigned int *seed)
{
	unsigned int at = *n ? draw(seed, *n) : 0;
	unsigned int what = draw(seed, 12);
	struct frame f;

	if (!*n || (what < 4 && *n < FRAMES_MAX)) {
		make_message(&f, seed);
		insert(frames, n, *n ? draw(seed, *n + 1) : 0, &f);
	} else if (what < 8) {
		change_message(&frames[at], seed);
	} else if (what == 8) {
		memmove(frames + at, frames + at + 1,
			(*n - at - 1) * sizeof(*frames));
		--*n;
	} else if (what == 9 && *n < FRAMES_MAX) {
		f = frames[at];
		insert(frames, n, draw(seed, *n + 1), &f);
	} else if (what == 10) {
		frames[at].who = draw(seed, 256);
	} else {
		change_bytes(&frames[at]);
	}
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max,
			       unsigned int seed)
{
	struct frame frames[FRAMES_MAX + 1];
	uint8_t options = size ? data[0] : 0;
	unsigned int n;
	uint8_t *out;

	if (draw(&seed, 16) == 0)
		return LLVMFuzzerMutate(data, size, max);
	if (draw(&seed, 32) == 0)
		options = draw(&seed, 4);
	n = frames_parse(data, size, frames);
	mutate(frames, &n, &seed);
	/* not into @data, where the frames still stand */
	out = malloc(max);
	if (!out)
		abort();
	size = frames_put(out, max, options, frames, n);
	memcpy(data, out, size);
	free(out);
	return size;
}
