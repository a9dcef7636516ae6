// SPDX-License-Identifier: MIT
/*
 * Segments: runs of sectors that are erased together and appended to.
 *
 *  0  "KSS1"               4  sector size        8  sectors in a segment
 *  12 size of the flash    16 erases of it       20 CRC of position and 0..19
 *  24 open word            28 blank
 *
 * The header is written when the erase is done and says just that; it is
 * zeroed before the next erase. So what a torn erase leaves, however blank it
 * reads, has no header and is erased again.
 *
 * The open word is cleared before anything is appended: a segment whose open
 * word is blank holds nothing, not even torn bits, except in the open word
 * itself. In a segment that was open before this mount, the first header's
 * worth of bytes after its last entry may hold a header torn so early that it
 * reads blank; whoever appends there first burns (zeroes) them. Beyond them
 * nothing was programmed, because the data follows when the header is done.
 * An earlier burn, in turn, may have been torn and read zero: before the next
 * it is done again, so that never more than one burn is torn.
 */
#include "internal.h"

void segment_encode(const struct keystore *ks, uint32_t seg, uint32_t erases,
		    uint8_t h[SEGMENT_HEADER])
{
	uint8_t pos[4];

	memset(h, 0xff, SEGMENT_HEADER);
	put_le32(h, SEGMENT_MAGIC);
	put_le32(h + 4, ks->flash->sector_size);
	put_le32(h + 8, ks->seg_size / ks->flash->sector_size);
	put_le32(h + 12, ks->flash->size);
	put_le32(h + 16, erases);
	put_le32(pos, seg_pos(ks, seg));
	put_le32(h + 20, ks_crc(ks_crc(0, pos, sizeof(pos)), h, 20));
}

bool segment_parse(const struct keystore *ks, uint32_t seg,
		   const uint8_t h[SEGMENT_HEADER], uint32_t *erases)
{
	uint8_t check[SEGMENT_HEADER];

	*erases = get_le32(h + 16);
	segment_encode(ks, seg, *erases, check);
	return memcmp(h, check, SEGMENT_FIXED) == 0;
}

/* Whether it holds nothing, so that it is, or can be made, ready. */
bool segment_is_free(const struct keystore *ks, uint32_t seg)
{
	const struct segment *s = &ks->segs[seg];

	return s->live == 0 && s->state != SEG_BAD && seg != ks->head &&
	       seg != ks->cell_head;
}

uint32_t segments_free(const struct keystore *ks)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < ks->seg_count; i++)
		n += segment_is_free(ks, i);
	return n;
}

void segment_live(struct keystore *ks, uint32_t pos, uint32_t size, bool cell)
{
	struct segment *s = &ks->segs[seg_of(ks, pos)];

	s->live += size;
	if (cell)
		s->cells++;
	else
		s->records++;
}

void segment_dead(struct keystore *ks, uint32_t pos, uint32_t size, bool cell)
{
	struct segment *s = &ks->segs[seg_of(ks, pos)];

	s->live -= size;
	if (cell)
		s->cells--;
	else
		s->records--;
}

/*
 * Zero all of it, even what reads zero or blank and may be torn: no erase
 * shall be what destroys a record, because a torn one may not. The open word
 * before the header: it may be torn itself, and a header that is half gone
 * must not look like one of a segment that was never opened. The header
 * before the rest, which is nobody's when there is none.
 */
static int segment_wipe(struct keystore *ks, uint32_t seg)
{
	uint32_t pos = seg_pos(ks, seg);
	int ret = KS_OK;

	if (!MUTATED(MUT_NO_KILL)) {
		ret = dev_zero(ks, pos + SEGMENT_OPEN, 4);
		if (!ret)
			ret = dev_zero(ks, pos, SEGMENT_HEADER);
	}
	if (!ret)
		ret = dev_zero(ks, pos + SEGMENT_HEADER,
			       ks->seg_size - SEGMENT_HEADER);
	return ret ? ret : dev_sync(ks);
}

static int segment_erase(struct keystore *ks, uint32_t seg)
{
	struct segment *s = &ks->segs[seg];
	uint8_t header[SEGMENT_HEADER];
	uint32_t pos = seg_pos(ks, seg);
	int ret = segment_wipe(ks, seg);

	ks->erased = true;
	s->state = SEG_DIRTY;
	s->header = false;
	if (s->erases < UINT32_MAX)
		s->erases++;
	for (uint32_t i = 0; i < ks->seg_size && !ret;
	     i += ks->flash->sector_size)
		ret = dev_erase(ks, pos + i);
	if (!ret)
		ret = dev_sync(ks);
	if (ret)
		return ret;
	segment_encode(ks, seg, s->erases, header);
	ret = dev_program(ks, pos, header, SEGMENT_FIXED);
	if (!ret)
		ret = dev_sync(ks);
	if (ret)
		return ret;
	s->state = SEG_READY;
	s->header = true;
	s->touched = false;
	s->end = SEGMENT_HEADER;
	return KS_OK;
}

/*
 * Before the first append since the mount: header and open word may have been
 * torn when they were programmed; now they are made firm. A segment that was
 * open already has its burn.
 */
static int segment_touch(struct keystore *ks, uint32_t seg)
{
	struct segment *s = &ks->segs[seg];
	uint8_t header[SEGMENT_HEADER];
	uint32_t pos = seg_pos(ks, seg);
	int ret;

	if (s->touched)
		return KS_OK;
	segment_encode(ks, seg, s->erases, header);
	ret = dev_program(ks, pos, header, SEGMENT_FIXED);
	if (!ret)
		ret = dev_zero(ks, pos + SEGMENT_OPEN, 4);
	if (!ret && s->state == SEG_USED && !MUTATED(MUT_NO_BURN)) {
		ret = dev_zero(ks, pos + s->end - s->unsure, s->unsure);
		/* By steps, so that one that is cut is no more than a header. */
		for (uint32_t n = burn_size(s) / BURN_SIZE; n && !ret; n--) {
			ret = dev_sync(ks);
			if (!ret)
				ret = dev_zero(ks, pos + s->end, BURN_SIZE);
			s->end += BURN_SIZE;
		}
	}
	if (!ret)
		ret = dev_sync(ks);
	if (ret)
		return ret;
	s->state = SEG_USED;
	s->touched = true;
	return KS_OK;
}

uint32_t segment_tail(const struct keystore *ks, uint32_t seg)
{
	const struct segment *s = &ks->segs[seg];
	uint32_t tail = ks->seg_size - s->end;

	if (s->state != SEG_USED)
		return 0;
	if (s->touched)
		return tail;
	return tail > burn_size(s) ? tail - burn_size(s) : 0;
}

uint32_t segment_longest(const struct keystore *ks, bool cell,
			 uint32_t except)
{
	uint32_t best = NO_SEGMENT, longest = 0;

	for (uint32_t i = 0; i < ks->seg_count; i++) {
		const struct segment *s = &ks->segs[i];
		uint32_t tail = segment_tail(ks, i);

		if (i == except || !(cell ? s->cells : s->records) ||
		    (cell ? s->records : s->cells))
			continue;
		if (tail > longest) {
			longest = tail;
			best = i;
		}
	}
	return best;
}

/* Whether there is a header, other than @seg's, that is known to be firm. */
static bool has_other_header(const struct keystore *ks, uint32_t seg)
{
	for (uint32_t i = 0; i < ks->seg_count; i++) {
		const struct segment *s = &ks->segs[i];

		if (i != seg && s->header && (s->live || s->touched))
			return true;
	}
	return false;
}

/*
 * The least worn free segment, or the most worn. The last header in the
 * flash stays until there is another: without any, the next mount could not
 * tell a keystore from something else.
 */
static uint32_t segment_choose(const struct keystore *ks, uint32_t except,
			       bool worn)
{
	uint32_t best = NO_SEGMENT;

	for (uint32_t i = 0; i < ks->seg_count; i++) {
		const struct segment *s = &ks->segs[i];

		if (i == except || !segment_is_free(ks, i) ||
		    (best != NO_SEGMENT &&
		     (worn ? s->erases <= ks->segs[best].erases :
			     s->erases >= ks->segs[best].erases)))
			continue;
		if (s->state == SEG_READY || !s->header ||
		    has_other_header(ks, i))
			best = i;
	}
	return best;
}

/* Make @seg the head and take @size bytes of it, which it has. */
static int segment_use(struct keystore *ks, uint32_t seg, uint32_t size,
		       bool cell, uint32_t *pos)
{
	struct segment *s = &ks->segs[seg];
	int ret;

	if (cell)
		ks->cell_head = seg;
	else
		ks->head = seg;
	ret = segment_touch(ks, seg);
	if (ret)
		return ret;
	*pos = seg_pos(ks, seg) + s->end;
	s->end += size;
	return KS_OK;
}

static int segment_fresh(struct keystore *ks, uint32_t size, bool cell,
			 uint32_t reserve, uint32_t except, bool worn,
			 uint32_t *pos)
{
	uint32_t seg;
	int ret = KS_OK;

again:
	seg = segment_choose(ks, except, worn);
	if (seg == NO_SEGMENT || segments_free(ks) <= reserve)
		return KS_FULL;
	if (MUTATED(MUT_TRUST_BLANK) && !ks->segs[seg].header &&
	    dev_is_all(ks, seg_pos(ks, seg), ks->seg_size, 0xff)) {
		ks->segs[seg].end = SEGMENT_HEADER;
		ks->segs[seg].state = SEG_READY;
	}
	if (ks->segs[seg].state != SEG_READY)
		ret = segment_erase(ks, seg);
	if (ret == KS_CORRUPT) {
		ks->segs[seg].state = SEG_BAD;
		goto again;
	}
	return ret ? ret : segment_use(ks, seg, size, cell, pos);
}

int segment_take_tail(struct keystore *ks, uint32_t size, bool cell,
		      uint32_t except, uint32_t *pos)
{
	uint32_t *head = cell ? &ks->cell_head : &ks->head;
	uint32_t seg = *head;

	if (ks->broken)
		return KS_FLASH;
	if (seg != NO_SEGMENT && seg != except && segment_tail(ks, seg) >= size)
		return segment_use(ks, seg, size, cell, pos);
	*head = NO_SEGMENT;
	seg = segment_longest(ks, cell, except);
	if (seg != NO_SEGMENT && segment_tail(ks, seg) >= size)
		return segment_use(ks, seg, size, cell, pos);
	return KS_FULL;
}

int segment_take(struct keystore *ks, uint32_t size, bool cell,
		 uint32_t reserve, uint32_t except, uint32_t *pos)
{
	int ret = KS_FULL;

	/*
	 * Where fewer are free, somebody took of the reserve for a
	 * replacement: the tail that he left is reserve, too.
	 */
	if (segments_free(ks) >= reserve)
		ret = segment_take_tail(ks, size, cell, except, pos);
	if (ret != KS_FULL)
		return ret;
	return segment_fresh(ks, size, cell, reserve, except, false, pos);
}

int segment_take_worn(struct keystore *ks, uint32_t size, uint32_t except,
		      uint32_t *pos)
{
	uint32_t seg = ks->head;

	if (ks->broken)
		return KS_FLASH;
	if (seg != NO_SEGMENT && seg != except && segment_tail(ks, seg) >= size)
		return segment_use(ks, seg, size, false, pos);
	ks->head = NO_SEGMENT;
	return segment_fresh(ks, size, false, 0, except, true, pos);
}
