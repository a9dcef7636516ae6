// SPDX-License-Identifier: MIT
/*
 * Messages of one length, side by side.
 */
#include "internal.h"

void sha256_many_begin(struct sha256_many *many, unsigned int count)
{
	many->count = count;
	many->len = 0;
	for (unsigned int i = 0; i < count; i++)
		memcpy(many->state[i], sha256_first, sizeof(sha256_first));
}

static void compress(struct sha256_many *many)
{
	sha256_engine()->compress(many->state,
				  (const uint8_t (*)[64])many->block,
				  many->count);
}

void sha256_many_add(struct sha256_many *many, const void *data,
		     size_t stride, size_t len)
{
	const uint8_t *from = data;

	while (len) {
		unsigned int fill = many->len % 64;
		size_t part = 64 - fill < len ? 64 - fill : len;

		for (unsigned int i = 0; i < many->count; i++)
			memcpy(many->block[i] + fill, from + i * stride, part);
		many->len += part;
		from += part;
		len -= part;
		if (fill + part == 64)
			compress(many);
	}
}

void sha256_many_end(struct sha256_many *many, uint8_t *digests,
		     size_t stride, unsigned int n)
{
	static const uint8_t padding[64] = { 0x80 };
	uint64_t bits = 8 * many->len;
	uint8_t length[8];

	sha256_many_add(many, padding, 0, 1 + (119 - many->len % 64) % 64);
	put_be32(length, bits >> 32);
	put_be32(length + 4, (uint32_t)bits);
	sha256_many_add(many, length, 0, sizeof(length));
	for (unsigned int i = 0; i < many->count; i++)
		for (unsigned int k = 0; k < n / 4; k++)
			put_be32(digests + i * stride + 4 * k,
				 many->state[i][k]);
}
