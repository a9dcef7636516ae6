// SPDX-License-Identifier: MIT
/*
 * The two indexes in memory: live records by class and name, live cells by
 * owner and position. Sorted arrays: ks_next wants the order, and a search
 * takes 14 steps for 16,384 records.
 */
#include <stdlib.h>

#include "internal.h"

int index_compare(uint8_t class, const uint8_t *name,
		  const struct index_entry *e)
{
	if (class != e->class)
		return class < e->class ? -1 : 1;
	return memcmp(name, e->name, KS_NAME_SIZE);
}

size_t index_lower(const struct keystore *ks, uint8_t class,
		   const uint8_t *name)
{
	size_t low = 0, high = ks->index_count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (index_compare(class, name, &ks->index[mid]) > 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

struct index_entry *index_find(const struct keystore *ks, uint8_t class,
			       const uint8_t *name)
{
	size_t i = index_lower(ks, class, name);

	if (i == ks->index_count || index_compare(class, name, &ks->index[i]))
		return NULL;
	return &ks->index[i];
}

int index_reserve(struct keystore *ks)
{
	size_t room = ks->index_room ? 2 * ks->index_room : 64;
	struct index_entry *grown;

	/* A prepared record has its place already. */
	if (ks->index_count + ks->is_prepared < ks->index_room)
		return KS_OK;
	grown = realloc(ks->index, room * sizeof(*grown));
	if (!grown)
		return KS_NO_MEMORY;
	ks->index = grown;
	ks->index_room = room;
	return KS_OK;
}

void index_put(struct keystore *ks, uint8_t class, const uint8_t *name,
	       uint32_t pos, uint32_t len)
{
	size_t i = index_lower(ks, class, name);
	struct index_entry *e = ks->index + i;

	if (i == ks->index_count || index_compare(class, name, e)) {
		memmove(e + 1, e, (ks->index_count - i) * sizeof(*e));
		ks->index_count++;
	}
	e->class = class;
	memcpy(e->name, name, KS_NAME_SIZE);
	e->lost = false;
	e->pos = pos;
	e->len = len;
}

void index_remove(struct keystore *ks, struct index_entry *e)
{
	size_t after = ks->index + ks->index_count - (e + 1);

	memmove(e, e + 1, after * sizeof(*e));
	ks->index_count--;
}

/* --- cells --------------------------------------------------------------- */

uint32_t cells_hash(const uint8_t *owner)
{
	return ks_crc(0, owner, KS_NAME_SIZE);
}

static int cells_compare(const void *a, const void *b)
{
	const struct cell_entry *x = a, *y = b;

	if (x->owner_hash != y->owner_hash)
		return x->owner_hash < y->owner_hash ? -1 : 1;
	return x->pos < y->pos ? -1 : x->pos > y->pos;
}

void cells_sort(struct keystore *ks)
{
	if (ks->cell_count)
		qsort(ks->cells, ks->cell_count, sizeof(*ks->cells),
		      cells_compare);
}

size_t cells_lower(const struct keystore *ks, uint32_t hash, uint32_t pos)
{
	const struct cell_entry key = { .owner_hash = hash, .pos = pos };
	size_t low = 0, high = ks->cell_count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (cells_compare(&key, &ks->cells[mid]) > 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

int cells_reserve(struct keystore *ks)
{
	size_t room = ks->cell_room ? 2 * ks->cell_room : 64;
	struct cell_entry *grown;

	if (ks->cell_count < ks->cell_room)
		return KS_OK;
	grown = realloc(ks->cells, room * sizeof(*grown));
	if (!grown)
		return KS_NO_MEMORY;
	ks->cells = grown;
	ks->cell_room = room;
	return KS_OK;
}

void cells_put(struct keystore *ks, uint32_t hash, uint32_t pos)
{
	size_t i = cells_lower(ks, hash, pos);
	struct cell_entry *c = ks->cells + i;

	memmove(c + 1, c, (ks->cell_count - i) * sizeof(*c));
	ks->cell_count++;
	c->owner_hash = hash;
	c->pos = pos;
}

void cells_remove(struct keystore *ks, uint32_t hash, uint32_t pos)
{
	size_t i = cells_lower(ks, hash, pos);
	struct cell_entry *c = ks->cells + i;

	if (i == ks->cell_count || c->owner_hash != hash || c->pos != pos)
		return;
	ks->cell_count--;
	memmove(c, c + 1, (ks->cell_count - i) * sizeof(*c));
}
