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

#define ZERO_AT_ONCE	64

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
static int cells_clear(struct keystore *ks, const ks_cell *cells,
		       unsigned int count)
{
	int ret = KS_OK;

	for (unsigned int i = 0; MUTATED(MUT_CELL_HEADER_FIRST) && i < count; i++)
		ret = dev_zero(ks, cells[i], CELL_HEADER);
	for (int twice = 0; twice < 2; twice++) {
		for (unsigned int i = 0; i < count && !ret; i++)
			ret = dev_zero(ks, cells[i] + CELL_HEADER,
				       KS_CELL_SIZE);
		if (!ret)
			ret = dev_sync(ks);
	}
	for (unsigned int i = 0; i < count && !ret; i++)
		ret = dev_zero(ks, cells[i], CELL_HEADER);
	return ret ? ret : dev_sync(ks);
}

int cell_clear(struct keystore *ks, uint32_t pos)
{
	return cells_clear(ks, &pos, 1);
}

static int cell_append(struct keystore *ks, const uint8_t *owner,
		       const uint8_t *data, bool replace, ks_cell *cell)
{
	uint8_t header[CELL_HEADER];
	uint32_t pos;
	int ret = cells_reserve(ks);

	if (!ret)
		ret = make_room(ks, CELL_ENTRY, true,
				replace ? RESERVE_REPLACE : RESERVE, &pos);
	if (ret)
		return ret;
	cell_encode(pos, owner, ks_crc(0, data, KS_CELL_SIZE), header);
	ret = dev_program(ks, pos, header, sizeof(header));
	if (!ret)
		ret = dev_program(ks, pos + CELL_HEADER, data, KS_CELL_SIZE);
	if (ret)
		return ret;
	segment_live(ks, pos, CELL_ENTRY, true);
	cells_put(ks, cells_hash(owner), pos);
	*cell = pos;
	return KS_OK;
}

int ks_cells_write(struct keystore *ks, const uint8_t owner[KS_NAME_SIZE],
		   const uint8_t (*data)[KS_CELL_SIZE], unsigned int count,
		   bool replace, ks_cell *cells)
{
	unsigned int done = 0;
	int ret = KS_OK;

	memset(cells, 0, count * sizeof(*cells));
	while (done < count && !ret) {
		ret = cell_append(ks, owner, data[done], replace, &cells[done]);
		done += !ret;
	}
	if (!ret)
		ret = dev_sync(ks);
	if (ret && done && !ks->broken) {
		int undo = ks_cells_zero(ks, cells, done);

		ret = undo ? undo : ret;
		memset(cells, 0, count * sizeof(*cells));
	}
	return ret;
}

int ks_cell_write(struct keystore *ks, const uint8_t owner[KS_NAME_SIZE],
		  const uint8_t data[KS_CELL_SIZE], ks_cell *cell)
{
	return ks_cells_write(ks, owner, (const uint8_t (*)[KS_CELL_SIZE])data,
			      1, false, cell);
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

int ks_cell_read_rotten(struct keystore *ks, ks_cell cell,
			uint8_t data[KS_CELL_SIZE])
{
	if (!cell_in_bounds(ks, cell))
		return KS_NOT_FOUND;
	return dev_read(ks, cell + CELL_HEADER, data, KS_CELL_SIZE);
}

static void cell_gone(struct keystore *ks, uint32_t hash, uint32_t pos)
{
	segment_dead(ks, pos, CELL_ENTRY, true);
	cells_remove(ks, hash, pos);
}

/*
 * A cell whose header has rotted, before the mount or since, may be zeroed if
 * nothing else lives where it is. *@listed: the index knew it.
 */
static int cell_may_clear(struct keystore *ks, ks_cell cell,
			  const struct cell_entry **listed)
{
	const struct segment *s = &ks->segs[seg_of(ks, cell)];

	*listed = NULL;
	if (s->state != SEG_USED || s->records ||
	    cell % ks->seg_size + CELL_ENTRY > s->end)
		return KS_NOT_FOUND;
	for (size_t i = 0; i < ks->cell_count; i++) {
		const struct cell_entry *c = &ks->cells[i];

		if (c->pos == cell)
			*listed = c;
		else if (c->pos < cell + CELL_ENTRY &&
			 cell < c->pos + CELL_ENTRY)
			return KS_NOT_FOUND;
	}
	return KS_OK;
}

/* A cell that is to be zeroed. */
struct doomed {
	bool zero;		/* it reads zero already */
	bool listed;		/* in the index, under .hash */
	uint32_t hash;
};

static int cell_doom(struct keystore *ks, ks_cell cell, struct doomed *doomed)
{
	const struct cell_entry *listed;
	uint8_t owner[KS_NAME_SIZE];
	uint32_t crc;
	int ret = cell_header(ks, cell, owner, &crc);

	*doomed = (struct doomed){ .listed = true };
	if (!ret)
		doomed->hash = cells_hash(owner);
	if (ret != KS_NOT_FOUND || !cell_in_bounds(ks, cell))
		return ret;
	doomed->zero = dev_is_all(ks, cell, CELL_ENTRY, 0);
	if (doomed->zero)
		return KS_OK;
	ret = cell_may_clear(ks, cell, &listed);
	doomed->listed = listed;
	if (listed)
		doomed->hash = listed->owner_hash;
	return ret;
}

static int cells_zero_some(struct keystore *ks, const ks_cell *cells,
			   unsigned int count)
{
	struct doomed doomed[ZERO_AT_ONCE];
	ks_cell clear[ZERO_AT_ONCE];
	unsigned int n = 0;
	int ret = KS_OK;

	for (unsigned int i = 0; i < count && !ret; i++) {
		ret = cell_doom(ks, cells[i], &doomed[n]);
		clear[n] = cells[i];
		n += !ret && !doomed[n].zero;
	}
	if (!ret && n)
		ret = cells_clear(ks, clear, n);
	for (unsigned int i = 0; i < n && !ret; i++)
		if (doomed[i].listed)
			cell_gone(ks, doomed[i].hash, clear[i]);
	return ret;
}

int ks_cells_zero(struct keystore *ks, const ks_cell *cells,
		  unsigned int count)
{
	struct doomed doomed;
	int ret = KS_OK;

	for (unsigned int i = 0; i < count && !ret; i++)
		ret = cell_doom(ks, cells[i], &doomed);
	for (unsigned int i = 0; i < count && !ret; i += ZERO_AT_ONCE)
		ret = cells_zero_some(ks, cells + i,
				      count - i < ZERO_AT_ONCE ? count - i :
								 ZERO_AT_ONCE);
	return ret;
}

int ks_cell_zero(struct keystore *ks, ks_cell cell)
{
	return ks_cells_zero(ks, &cell, 1);
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

ks_cell ks_cell_at(struct keystore *ks, uint32_t index,
		   uint8_t owner[KS_NAME_SIZE])
{
	uint32_t crc;

	if (index >= ks->cell_count ||
	    cell_header(ks, ks->cells[index].pos, owner, &crc))
		return 0;
	return ks->cells[index].pos;
}

/* --- where they are few --------------------------------------------------- */

/* Where the next cell will go, if not to a fresh segment. */
static uint32_t next_segment(const struct keystore *ks)
{
	uint32_t seg = ks->cell_head;

	if (seg == NO_SEGMENT || segment_tail(ks, seg) < CELL_ENTRY)
		seg = segment_longest(ks, true, NO_SEGMENT);
	return seg != NO_SEGMENT && segment_tail(ks, seg) >= CELL_ENTRY ?
	       seg : NO_SEGMENT;
}

/* Percent of what was written to a segment that lives. */
static unsigned int share(const struct keystore *ks, uint32_t seg)
{
	const struct segment *s = &ks->segs[seg];

	return s->live * 100 / (s->end - SEGMENT_HEADER);
}

unsigned int ks_cell_share(const struct keystore *ks, ks_cell cell)
{
	if (!cell_in_bounds(ks, cell) || seg_of(ks, cell) == next_segment(ks))
		return 100;
	return share(ks, seg_of(ks, cell));
}

ks_cell ks_cell_emptiest(const struct keystore *ks)
{
	uint32_t next = next_segment(ks), best = NO_SEGMENT;
	unsigned int least = 51;

	for (uint32_t i = 0; i < ks->seg_count; i++) {
		const struct segment *s = &ks->segs[i];

		if (i != next && s->cells && !s->records &&
		    share(ks, i) < least) {
			least = share(ks, i);
			best = i;
		}
	}
	for (size_t i = 0; i < ks->cell_count && best != NO_SEGMENT; i++)
		if (seg_of(ks, ks->cells[i].pos) == best)
			return ks->cells[i].pos;
	return 0;
}

bool ks_cell_together(const struct keystore *ks, ks_cell a, ks_cell b)
{
	return seg_of(ks, a) == seg_of(ks, b);
}
