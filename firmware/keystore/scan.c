// SPDX-License-Identifier: MIT
/*
 * The mount's first part: look at all of the flash and change nothing.
 *
 * Entries are found by their headers, at any granule. Between them there are
 * zeros (what was deleted) and, at the end of a segment, blank flash.
 * Anything else is either what a power cut left of one header, which is
 * zeroed later, or damage, which is counted and left for the next erase.
 */
#include <stdlib.h>

#include "internal.h"

struct scan {
	struct keystore *ks;
	struct found *found;
	uint32_t seg;

	uint32_t window, window_len;	/* in ks->chunk */

	uint32_t entries;	/* whole ones and cells in this segment */
	uint32_t lost;
	size_t debris;		/* debris_count when it began */
	uint32_t entry_end;	/* of the last entry */
	uint32_t clean;		/* end of the last entry or zeros */
	uint32_t junk, junk_end; /* since then; 0: none */
	bool closed;		/* not to be appended to */
};

static int grow(void **array, size_t count, size_t *room, size_t size)
{
	size_t more = *room ? 2 * *room : 256;
	void *grown;

	if (count < *room)
		return KS_OK;
	grown = realloc(*array, more * size);
	if (!grown)
		return KS_NO_MEMORY;
	*array = grown;
	*room = more;
	return KS_OK;
}

static int add_debris(struct scan *s, uint32_t end, uint32_t len)
{
	struct found *f = s->found;
	void *array = f->debris;
	int ret = grow(&array, f->debris_count, &f->debris_room,
		       sizeof(*f->debris));

	f->debris = array;
	if (ret)
		return ret;
	f->debris[f->debris_count].pos = seg_pos(s->ks, s->seg) + end;
	f->debris[f->debris_count++].len = len;
	return KS_OK;
}

static int add_entry(struct scan *s, struct entry *e)
{
	struct found *f = s->found;
	void *array = f->entries;
	enum body body = entry_body(s->ks, e);
	int ret = grow(&array, f->count, &f->room, sizeof(*f->entries));

	s->window_len = 0;	/* that has taken the buffer */
	f->entries = array;
	if (ret)
		return ret;
	/*
	 * Behind a header that is torn the body is blank, so if it is blank,
	 * the header may be torn and come and go. It is no record either way;
	 * but nothing must be appended that it could seem to hold.
	 */
	if (body == BODY_BLANK) {
		s->closed = true;
		return KS_OK;
	}
	if (body != BODY_WHOLE)
		e->committed = e->settled = false;
	f->entries[f->count++] = *e;
	s->entries += body == BODY_WHOLE;
	segment_live(s->ks, e->pos, record_size(e->len), false);
	if (e->generation >= s->ks->next_generation)
		s->ks->next_generation = e->generation + 1;
	return KS_OK;
}

static int add_cell(struct scan *s, uint32_t pos, const uint8_t *owner)
{
	int ret = cells_reserve(s->ks);

	if (ret)
		return ret;
	s->ks->cells[s->ks->cell_count].owner_hash = cells_hash(owner);
	s->ks->cells[s->ks->cell_count++].pos = pos;
	s->entries++;
	segment_live(s->ks, pos, CELL_ENTRY, true);
	return KS_OK;
}

/* The bytes at @end of the segment, @len of them or fewer at its end. */
static int look(struct scan *s, uint32_t end, uint32_t len, const uint8_t **p)
{
	struct keystore *ks = s->ks;
	uint32_t room = ks->seg_size - end;
	int ret;

	if (len > room)
		len = room;
	if (end < s->window || end + len > s->window + s->window_len) {
		s->window = end;
		s->window_len = room < CHUNK ? room : CHUNK;
		ret = dev_read(ks, seg_pos(ks, s->seg) + end, ks->chunk,
			       s->window_len);
		if (ret)
			return ret;
	}
	*p = ks->chunk + (end - s->window);
	return KS_OK;
}

static bool is_all(const uint8_t *p, uint8_t value)
{
	return p[0] == value && memcmp(p, p + 1, GRANULE - 1) == 0;
}

/*
 * Junk that ends at an entry or zeros. As much as a header: a zeroing was cut,
 * after the data, which reads zero. More: damage.
 */
static int end_junk(struct scan *s)
{
	uint32_t len = s->junk_end - s->junk, junk = s->junk;

	s->junk = 0;
	if (!junk)
		return KS_OK;
	if (len <= RECORD_HEADER)
		return add_debris(s, junk, len);
	s->lost++;
	return KS_OK;
}

/*
 * Junk with nothing but blank flash behind it: a header was cut while it was
 * programmed, or burnt. What else of it is torn reads blank or zero and is
 * zeroed by the first append.
 */
static int end_last_junk(struct scan *s)
{
	if (!s->junk)
		return KS_OK;
	if (s->junk_end - s->clean > BURN_SIZE) {
		s->lost++;
		s->closed = true;
		return KS_OK;
	}
	s->clean = s->junk_end;
	return add_debris(s, s->junk, s->junk_end - s->junk);
}

static int scan_one(struct scan *s, uint32_t *end)
{
	uint32_t room = s->ks->seg_size - *end, size, crc;
	uint32_t pos = seg_pos(s->ks, s->seg) + *end;
	uint8_t owner[KS_NAME_SIZE];
	const uint8_t *p;
	struct entry e;
	int ret = look(s, *end, RECORD_HEADER, &p);

	if (ret)
		return ret;
	if (room >= RECORD_HEADER && entry_parse(s->ks, pos, p, &e)) {
		size = record_size(e.len);
		ret = add_entry(s, &e);
	} else if (room >= CELL_ENTRY && cell_parse(s->ks, pos, p, owner,
						     &crc)) {
		size = CELL_ENTRY;
		ret = add_cell(s, pos, owner);
	} else if (is_all(p, 0)) {
		size = GRANULE;
	} else {
		if (!is_all(p, 0xff)) {
			if (!s->junk)
				s->junk = *end;
			s->junk_end = *end + GRANULE;
		}
		*end += GRANULE;
		return KS_OK;
	}
	*end += size;
	if (!ret)
		ret = end_junk(s);
	s->clean = *end;
	if (size != GRANULE)
		s->entry_end = *end;
	return ret;
}

/* What the header and what was found say of the segment. */
static void conclude(struct scan *s, const uint8_t *header)
{
	struct segment *seg = &s->ks->segs[s->seg];
	bool fit = seg->header && seg->erases;
	bool blank = s->clean == SEGMENT_HEADER && !s->closed;
	bool opened = get_le32(header + SEGMENT_OPEN) != UINT32_MAX;

	if (!seg->header && !s->entries) {
		/* A torn erase leaves anything. */
		s->found->debris_count = s->debris;
		s->lost = 0;
	}
	s->ks->lost += s->lost;
	if (fit && !opened && blank) {
		seg->state = SEG_READY;
		seg->end = SEGMENT_HEADER;
	} else if (fit && opened) {
		seg->state = SEG_USED;
		seg->end = s->closed ? s->ks->seg_size : s->clean;
		seg->unsure = s->clean - s->entry_end;
		if (seg->unsure > BURN_SIZE)
			seg->unsure = BURN_SIZE;
	} else {
		seg->state = s->entries ? SEG_USED : SEG_DIRTY;
		seg->end = s->ks->seg_size;
	}
}

static int scan_segment(struct scan *s)
{
	struct segment *seg = &s->ks->segs[s->seg];
	uint8_t header[SEGMENT_HEADER];
	uint32_t end = SEGMENT_HEADER;
	int ret = dev_read(s->ks, seg_pos(s->ks, s->seg), header,
			   sizeof(header));

	s->window = s->window_len = 0;
	s->entries = s->lost = 0;
	s->debris = s->found->debris_count;
	s->clean = s->entry_end = SEGMENT_HEADER;
	s->junk = 0;
	s->closed = false;
	while (!ret && end < s->ks->seg_size)
		ret = scan_one(s, &end);
	if (!ret)
		ret = end_last_junk(s);
	if (ret)
		return ret;
	seg->header = segment_parse(s->ks, s->seg, header, &seg->erases);
	if (!seg->header)
		seg->erases = get_le32(header) == UINT32_MAX ? 0 : UINT32_MAX;
	s->found->headers += seg->header;
	conclude(s, header);
	return KS_OK;
}

/*
 * Segments without a header: those that read blank were most likely never
 * used, others were being erased. An estimate that is too high does no harm.
 */
static void estimate_erases(struct keystore *ks)
{
	uint32_t least = UINT32_MAX, most = 0;

	for (uint32_t i = 0; i < ks->seg_count; i++) {
		const struct segment *s = &ks->segs[i];

		if (s->header && s->erases < least)
			least = s->erases;
		if (s->header && s->erases > most)
			most = s->erases;
	}
	for (uint32_t i = 0; i < ks->seg_count; i++)
		if (!ks->segs[i].header)
			ks->segs[i].erases = ks->segs[i].erases ? most :
				least == UINT32_MAX || !least ? 0 : least - 1;
}

int scan_flash(struct keystore *ks, struct found *found)
{
	struct scan s = { .ks = ks, .found = found };
	int ret = KS_OK;

	ks->next_generation = 1;
	for (s.seg = 0; s.seg < ks->seg_count && !ret; s.seg++)
		ret = scan_segment(&s);
	estimate_erases(ks);
	return ret;
}
