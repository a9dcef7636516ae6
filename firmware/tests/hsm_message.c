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
	const struct message_pool *pool;	/* NULL: plain values */
	uint64_t *random;
};

static uint32_t draw_word(struct builder *b)
{
	static const uint32_t odd[] = {
		0, 1, 2, 3, 7, 0x7fffffff, 0x80000000, 0xffffffff
	};
	uint32_t r;

	if (!b->pool)
		return 1;
	r = random_u32(b->random);
	if (b->pool->word_count && r % 4 < 2)
		return b->pool->words[r / 4 % b->pool->word_count];
	if (r % 4 == 2)
		return odd[r / 4 % 8];
	return random_u32(b->random);
}

static void put_opaque(struct builder *b)
{
	static const uint8_t zeros[16];
	const struct message_pool *pool = b->pool;
	uint8_t data[64];
	uint32_t r;
	size_t i;

	b->message->counts[b->message->count_count++] = xdr_written(&b->w);
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
			repeat = b->pool ? random_u32(b->random) % 4 : 1;
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
			else if (*p == 'a' && draw_word(b) == 0xffffffff)
				xdr_put_u32(&b->w, CRYPTECH_ATTRIBUTE_NIL);
			else
				put_opaque(b);
		}
	}
}

void message_build(struct message *message, const struct rpc_function *function,
		   uint32_t word, const struct message_pool *pool,
		   uint64_t *random)
{
	struct builder b = {
		.message = message, .pool = pool, .random = random
	};

	message->count_count = 0;
	xdr_writer_init(&b.w, message->data, sizeof(message->data));
	xdr_put_u32(&b.w, function->number);
	xdr_put_u32(&b.w, word);
	build(&b, function->args, function->args + strlen(function->args));
	message->len = xdr_written(&b.w);
}

void message_build_plain(struct message *message,
			 const struct rpc_function *function, uint32_t word)
{
	message_build(message, function, word, NULL, NULL);
}
