// SPDX-License-Identifier: MIT
#include "frames.h"

const struct rpc_schema rpc_schemas[] = {
#define ROW(number, name, class, rights, doors, cost, args, results)	       \
	{ number, #name, args, results },
CRYPTECH_FUNCTIONS(ROW)
#undef ROW
};
const unsigned int rpc_schema_count =
	sizeof(rpc_schemas) / sizeof(rpc_schemas[0]);

const struct rpc_schema *rpc_schema_of(uint32_t number)
{
	for (unsigned int i = 0; i < rpc_schema_count; i++)
		if (rpc_schemas[i].number == number)
			return &rpc_schemas[i];
	return NULL;
}

unsigned int frames_parse(const uint8_t *input, size_t size,
			  struct frame frames[FRAMES_MAX])
{
	unsigned int n = 0;
	size_t at = 1;

	while (n < FRAMES_MAX && at + FRAME_HEAD <= size) {
		struct frame *f = &frames[n++];

		f->who = input[at];
		f->len = input[at + 1] << 8 | input[at + 2];
		at += FRAME_HEAD;
		if (f->len > size - at)
			f->len = size - at;
		f->data = input + at;
		at += f->len;
	}
	return n;
}

size_t frames_put(uint8_t *input, size_t max, uint8_t options,
		  const struct frame *frames, unsigned int n)
{
	size_t at = 1;

	if (!max)
		return 0;
	input[0] = options;
	for (unsigned int i = 0; i < n; i++) {
		const struct frame *f = &frames[i];

		if (f->len > 0xffff || max - at < FRAME_HEAD + f->len)
			continue;
		input[at] = f->who;
		input[at + 1] = f->len >> 8;
		input[at + 2] = f->len;
		memcpy(input + at + FRAME_HEAD, f->data, f->len);
		at += FRAME_HEAD + f->len;
	}
	return at;
}

bool item_is(const struct item *item, const char *name)
{
	size_t len = strlen(name);

	return !strncmp(item->name, name, len) && item->name[len] == ':';
}

/* --- schemas ----------------------------------------------------------------- */

struct walk {
	const uint8_t *data;
	struct xdr_reader in;
	struct item *items;
	unsigned int count;
};

/* One item; false if it does not fit, or there is no room to note it. */
static bool walk_item(struct walk *w, const char *name, char letter)
{
	struct item *item = &w->items[w->count];
	const uint8_t *start = w->in.next;
	size_t len;

	if (w->count == ITEMS_MAX)
		return false;
	item->name = name;
	item->letter = letter;
	item->at = start - w->data;
	item->word = xdr_get_u32(&w->in);
	if (letter == 'U') {
		item->word = xdr_get_u32(&w->in);
	} else if (letter == 'o' || (letter == 'a' &&
				     item->word != CRYPTECH_ATTRIBUTE_NIL)) {
		w->in.next = w->in.bad ? w->in.next : start;
		xdr_get_opaque(&w->in, &len);
	}
	item->len = w->in.next - start;
	w->count += !w->in.bad;
	return !w->in.bad;
}

static bool walk(struct walk *w, const char *p, const char *end)
{
	uint32_t last = 0;

	while (p < end) {
		const char *stop = memchr(p, *p == '(' ? ')' : ':', end - p);

		if (*p == '(') {
			while (last--)
				if (!walk(w, p + 1, stop))
					return false;
			p = stop + 1;
		} else if (*p == ' ' || *p == '*' ||
			   (*p == 'n' && p[1] == '*')) {
			p++;
		} else {
			if (!walk_item(w, p, stop[1]))
				return false;
			last = w->items[w->count - 1].word;
			p = stop + 2;
		}
	}
	return true;
}

unsigned int items_of(const char *schema, const uint8_t *data, size_t len,
		      struct item items[ITEMS_MAX], bool *whole)
{
	struct walk w = { .data = data, .items = items };

	xdr_reader_init(&w.in, data, len);
	*whole = walk(&w, schema, schema + strlen(schema)) &&
		 xdr_reader_done(&w.in);
	return w.count;
}
