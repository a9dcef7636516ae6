// SPDX-License-Identifier: MIT
/*
 * Cells: an owner and 64 bytes at a fixed place.
 *
 *  0  "KSC1"     4  owner (16)    20 CRC of the data    24 blank
 *  28 CRC of the position and 0..27                     32 data
 *
 * A cell has no commit word: it counts when a committed record of its owner
 * lists it. The header is done before the data begins and stays until the
 * data is zero, so the owner finds every cell that may hold some of it.
 */
#include "internal.h"

static void cell_encode(uint32_t pos, const uint8_t *owner, uint32_t crc,
			uint8_t h[CELL_HEADER])
{
	uint8_t p[4];

	memset(h, 0xff, CELL_HEADER);
	put_le32(h, CELL_MAGIC);
	memcpy(h + 4, owner, KS_NAME_SIZE);
	put_le32(h + 20, crc);
	put_le32(p, pos);
	put_le32(h + 28, ks_crc(ks_crc(0, p, sizeof(p)), h, 28));
}

bool cell_parse(const struct keystore *ks, uint32_t pos, const uint8_t *h,
		uint8_t owner[KS_NAME_SIZE], uint32_t *crc)
{
	uint8_t check[CELL_HEADER];

	if (get_le32(h) != CELL_MAGIC ||
	    ks->seg_size - pos % ks->seg_size < CELL_ENTRY)
		return false;
	memcpy(owner, h + 4, KS_NAME_SIZE);
	*crc = get_le32(h + 20);
	cell_encode(pos, owner, *crc, check);
	return memcmp(check, h, CELL_HEADER) == 0;
}

/* The data twice: on some NOR the second clear drains what the first left. */
int cell_clear(struct keystore *ks, uint32_t pos)
{
	int ret = KS_OK;

	if (MUTATED(MUT_CELL_HEADER_FIRST))
		ret = dev_zero(ks, pos, CELL_HEADER);
	for (int i = 0; i < 2; i++) {
		if (!ret)
			ret = dev_zero(ks, pos + CELL_HEADER, KS_CELL_SIZE);
		if (!ret)
			ret = dev_sync(ks);
	}
	if (!ret)
		ret = dev_zero(ks, pos, CELL_HEADER);
	return ret ? ret : dev_sync(ks);
}

int ks_cell_write(struct keystore *ks, const uint8_t owner[KS_NAME_SIZE],
		  const uint8_t data[KS_CELL_SIZE], ks_cell *cell)
{
	uint8_t header[CELL_HEADER];
	uint32_t pos;
	int ret = cells_reserve(ks);

	*cell = 0;
	if (!ret)
		ret = make_room(ks, CELL_ENTRY, true, RESERVE, &pos);
	if (ret)
		return ret;
	cell_encode(pos, owner, ks_crc(0, data, KS_CELL_SIZE), header);
	ret = dev_program(ks, pos, header, sizeof(header));
	if (!ret)
		ret = dev_program(ks, pos + CELL_HEADER, data, KS_CELL_SIZE);
	if (!ret)
		ret = dev_sync(ks);
	if (ret)
		return ret;
	segment_live(ks, pos, CELL_ENTRY, true);
	cells_put(ks, cells_hash(owner), pos);
	*cell = pos;
	return KS_OK;
}

/* Whether an entry could be there at all. */
static bool cell_in_bounds(const struct keystore *ks, ks_cell cell)
{
	return cell < ks->seg_count * ks->seg_size && cell % GRANULE == 0 &&
	       cell % ks->seg_size >= SEGMENT_HEADER &&
	       ks->seg_size - cell % ks->seg_size >= CELL_ENTRY;
}

static int cell_header(struct keystore *ks, ks_cell cell,
		       uint8_t owner[KS_NAME_SIZE], uint32_t *crc)
{
	uint8_t header[CELL_HEADER];
	int ret;

	if (!cell_in_bounds(ks, cell))
		return KS_NOT_FOUND;
	ret = dev_read(ks, cell, header, sizeof(header));
	if (ret)
		return ret;
	return cell_parse(ks, cell, header, owner, crc) ? KS_OK : KS_NOT_FOUND;
}

int ks_cell_read(struct keystore *ks, ks_cell cell,
		 uint8_t owner[KS_NAME_SIZE], uint8_t data[KS_CELL_SIZE])
{
	uint32_t crc;
	int ret = cell_header(ks, cell, owner, &crc);

	if (!ret)
		ret = dev_read(ks, cell + CELL_HEADER, data, KS_CELL_SIZE);
	if (!ret && ks_crc(0, data, KS_CELL_SIZE) != crc) {
		explicit_bzero(data, KS_CELL_SIZE);
		ret = KS_CORRUPT;
	}
	return ret;
}

static void cell_gone(struct keystore *ks, uint32_t hash, uint32_t pos)
{
	segment_dead(ks, pos, CELL_ENTRY, true);
	cells_remove(ks, hash, pos);
}

/*
 * A cell whose header has rotted, before the mount or since: nothing else may
 * live where it is.
 */
static int cell_zero_damaged(struct keystore *ks, ks_cell cell)
{
	const struct segment *s = &ks->segs[seg_of(ks, cell)];
	const struct cell_entry *listed = NULL;
	int ret;

	if (s->state != SEG_USED || s->records ||
	    cell % ks->seg_size + CELL_ENTRY > s->end)
		return KS_NOT_FOUND;
	for (size_t i = 0; i < ks->cell_count; i++) {
		const struct cell_entry *c = &ks->cells[i];

		if (c->pos == cell)
			listed = c;
		else if (c->pos < cell + CELL_ENTRY &&
			 cell < c->pos + CELL_ENTRY)
			return KS_NOT_FOUND;
	}
	ret = cell_clear(ks, cell);
	if (!ret && listed)
		cell_gone(ks, listed->owner_hash, cell);
	return ret;
}

int ks_cell_zero(struct keystore *ks, ks_cell cell)
{
	uint8_t owner[KS_NAME_SIZE];
	uint32_t crc;
	int ret = cell_header(ks, cell, owner, &crc);

	if (ret == KS_NOT_FOUND && cell_in_bounds(ks, cell)) {
		if (dev_is_all(ks, cell, CELL_ENTRY, 0))
			return KS_OK;
		return cell_zero_damaged(ks, cell);
	}
	if (!ret)
		ret = cell_clear(ks, cell);
	if (!ret)
		cell_gone(ks, cells_hash(owner), cell);
	return ret;
}

ks_cell ks_cell_next(struct keystore *ks, const uint8_t owner[KS_NAME_SIZE],
		     ks_cell cell)
{
	uint32_t hash = cells_hash(owner), crc;
	uint8_t found[KS_NAME_SIZE];

	if (cell >= ks->seg_count * ks->seg_size)
		return 0;
	for (size_t i = cells_lower(ks, hash, cell + 1);
	     i < ks->cell_count && ks->cells[i].owner_hash == hash; i++)
		if (!cell_header(ks, ks->cells[i].pos, found, &crc) &&
		    !memcmp(found, owner, KS_NAME_SIZE))
			return ks->cells[i].pos;
	return 0;
}
