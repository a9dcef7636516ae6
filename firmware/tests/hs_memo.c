// SPDX-License-Identifier: MIT
#include <stdlib.h>
#include <string.h>

#include "hs_heap.h"
#include "hs_memo.h"

uint64_t hs_memo_hash(uint64_t h, const void *data, size_t len)
{
	const uint8_t *p = data;

	h = (h ^ len) * UINT64_C(0x9e3779b97f4a7c15);
	for (size_t i = 0; i < len; i += 8) {
		uint64_t v = 0;

		memcpy(&v, p + i, len - i < 8 ? len - i : 8);
		h = (h ^ v) * UINT64_C(0xff51afd7ed558ccd);
		h ^= h >> 32;
	}
	return h;
}

static bool put(struct hs_memo *memo, uint64_t h)
{
	uint64_t i = h & (memo->room - 1);

	while (memo->slots[i] && memo->slots[i] != h)
		i = (i + 1) & (memo->room - 1);
	if (memo->slots[i] == h)
		return false;
	memo->slots[i] = h;
	return true;
}

static void grow(struct hs_memo *memo)
{
	struct hs_memo old = *memo;

	memo->room = old.room ? old.room * 2 : 1 << 16;
	memo->slots = hs_heap_hidden(memo->room * sizeof(*memo->slots));
	if (!memo->slots)
		abort();
	for (uint64_t i = 0; i < old.room; i++)
		if (old.slots[i])
			put(memo, old.slots[i]);
	free(old.slots);
}

bool hs_memo_add(struct hs_memo *memo, uint64_t h)
{
	h += !h;
	if (memo->count * 2 >= memo->room)
		grow(memo);
	if (!put(memo, h))
		return false;
	memo->count++;
	return true;
}
