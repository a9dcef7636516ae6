// SPDX-License-Identifier: MIT
#include "hsm_message.h"

#include <cryptech/xdr.h>

const struct rpc_function rpc_functions[] = {
#define ROW(number, name, class, rights, doors, cost, args, results)	       \
	{ number, #name, CRYPTECH_RIGHTS_##rights, CRYPTECH_DOOR_##doors, args },
CRYPTECH_FUNCTIONS(ROW)
#undef ROW
};
const size_t rpc_function_count =
	sizeof(rpc_functions) / sizeof(rpc_functions[0]);

/* xorshift64* */
uint32_t random_u32(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * 0x2545f4914f6cdd1dull >> 32;
}

struct builder {
	struct message *message;
	struct xdr_writer w;
	/* Where values come from, the first that is not NULL; else plain. */
	const struct message_value *values;
	const struct message_pool *pool;
	uint64_t *random;
};

static uint32_t draw_word(struct builder *b)
{
	static const uint32_t odd[] = {
		0, 1, 2, 3, 7, 0x7fffffff, 0x80000000, 0xffffffff
	};
	uint32_t r;

	if (b->values)
		return b->values++->word;
	if (!b->pool)
		return 1;
	r = random_u32(b->random);
	if (b->pool->word_count && r % 4 < 2)
		return b->pool->words[r / 4 % b->pool->word_count];
	if (r % 4 == 2)
		return odd[r / 4 % 8];
	return random_u32(b->random);
}

static uint32_t draw_count(struct builder *b)
{
	if (b->values)
		return b->values++->word;
	return b->pool ? random_u32(b->random) % 4 : 1;
}

/* Does a value that can be the word that deletes become that word? */
static bool draw_nil(struct builder *b)
{
	if (!b->values)
		return draw_word(b) == CRYPTECH_ATTRIBUTE_NIL;
	if (b->values->data)
		return false;
	b->values++;
	return true;
}

static void put_opaque(struct builder *b)
{
	static const uint8_t zeros[16];
	const struct message_pool *pool = b->pool;
	uint8_t data[64];
	uint32_t r;
	size_t i;

	b->message->counts[b->message->count_count++] = xdr_written(&b->w);
	if (b->values) {
		xdr_put_opaque(&b->w, b->values->data, b->values->len);
		b->values++;
		return;
	}
	if (!pool) {
		xdr_put_opaque(&b->w, zeros, sizeof(zeros));
		return;
	}
	r = random_u32(b->random);
	if (pool->opaque_count && r % 2) {
		i = r / 2 % pool->opaque_count;
		xdr_put_opaque(&b->w, pool->opaques[i].data,
			       pool->opaques[i].len);
		return;
	}
	for (i = 0; i < sizeof(data); i++)
		data[i] = random_u32(b->random);
	xdr_put_opaque(&b->w, data, r / 2 % 3 ? r / 8 % 65 : 16);
}

static void build(struct builder *b, const char *start, const char *end)
{
	const char *close;
	const char *p;
	uint32_t repeat = 0;

	for (p = start; p < end; p++) {
		if (*p == '(') {
			close = memchr(p, ')', end - p);
			while (repeat--)
				build(b, p + 1, close);
			p = close;
		} else if (p[0] == 'n' && p[1] == ':' &&
			   (p == start || p[-1] == ' ')) {
			repeat = draw_count(b);
			b->message->counts[b->message->count_count++] =
				xdr_written(&b->w);
			xdr_put_u32(&b->w, repeat);
			p += 2;
		} else if (*p == ':') {
			p++;
			if (*p == 'u')
				xdr_put_u32(&b->w, draw_word(b));
			else if (*p == 'U')
				xdr_put_u64(&b->w, draw_word(b));
			else if (*p == 'a' && draw_nil(b))
				xdr_put_u32(&b->w, CRYPTECH_ATTRIBUTE_NIL);
			else
				put_opaque(b);
		}
	}
}

static void build_message(struct builder *b, const struct rpc_function *function,
			  uint32_t word)
{
	const char *args = function->args;

	b->message->count_count = 0;
	xdr_writer_init(&b->w, b->message->data, sizeof(b->message->data));
	xdr_put_u32(&b->w, function->number);
	xdr_put_u32(&b->w, word);
	build(b, args, args + strlen(args));
	b->message->len = xdr_written(&b->w);
}

void message_build(struct message *message, const struct rpc_function *function,
		   uint32_t word, const struct message_pool *pool,
		   uint64_t *random)
{
	struct builder b = {
		.message = message, .pool = pool, .random = random
	};

	build_message(&b, function, word);
}

void message_build_plain(struct message *message,
			 const struct rpc_function *function, uint32_t word)
{
	struct builder b = { .message = message };

	build_message(&b, function, word);
}

void message_build_from(struct message *message,
			const struct rpc_function *function, uint32_t word,
			const struct message_value *values)
{
	struct builder b = { .message = message, .values = values };

	build_message(&b, function, word);
}

const struct rpc_function *rpc_function_of(uint32_t number)
{
	size_t i;

	for (i = 0; i < rpc_function_count; i++)
		if (rpc_functions[i].number == number)
			return &rpc_functions[i];
	return NULL;
}
