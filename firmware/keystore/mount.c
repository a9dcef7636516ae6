// SPDX-License-Identifier: MIT
/*
 * Mounting: find what there is, and finish or take back what a power cut left
 * half done. Nothing of it is seen by a caller before all of it is firm.
 *
 * Of the entries of one name, the newest that was committed is the record.
 * If its settled word is not blank, the commit is known to be firm. If it is
 * blank, the power failed between the two: what reads committed now may read
 * otherwise at the next boot, and programming the commit word again would not
 * make it firm, for an earlier mount may have read otherwise, too, and have
 * begun to zero the record: bits that read 1 and will not stay so. So its
 * bytes, as read and checked now, are written to a fresh place.
 */
#include <stdlib.h>

#include "internal.h"

static int zero_found(struct keystore *ks, const struct entry *e)
{
	int ret = entry_zero(ks, e);

	if (!ret)
		segment_dead(ks, e->pos, record_size(e->len), false);
	return ret;
}

/* Write @e, whose data is in ks->buffer, again; @e becomes the new one. */
static int copy_found(struct keystore *ks, struct entry *e)
{
	struct entry new = *e;
	uint32_t size = record_size(e->len);
	int ret = MUTATED(MUT_FIRM_IN_PLACE) ? KS_FULL :
		  segment_take(ks, size, false, 0, NO_SEGMENT, &new.pos);

	/*
	 * After many cuts within as many mounts there may be no room. Then
	 * the commit is at least programmed again.
	 */
	if (ret == KS_FULL)
		return entry_commit(ks, e->pos);
	if (ret)
		return ret;
	new.generation = ks->next_generation++;
	ret = entry_write(ks, &new, ks->buffer);
	if (!ret)
		ret = entry_commit(ks, new.pos);
	if (ret)
		return ret;
	segment_live(ks, new.pos, size, false);
	*e = new;
	return KS_OK;
}

/*
 * The record among @n entries of one name, newest first; *@winner is @n if
 * there is none.
 */
static int find_winner(struct keystore *ks, const struct entry *e, size_t n,
		       size_t *winner)
{
	size_t i;

	for (i = 0; i < n; i++) {
		int ret = KS_CORRUPT;

		if (!e[i].settled && e[i].committed)
			ret = entry_data(ks, &e[i], ks->buffer);
		if (e[i].settled || ret == KS_OK)
			break;
		if (ret != KS_CORRUPT)
			return ret;
	}
	*winner = i;
	return KS_OK;
}

static bool stays(const struct entry *e, size_t winner, size_t i)
{
	if (MUTATED(MUT_NO_VOID) && !e->settled && !e->committed)
		return true;
	if (MUTATED(MUT_NO_ZERO) && i > winner)
		return true;
	return false;
}

/* The entries of one name, newest first. */
struct family {
	const struct entry *e;
	size_t n;
};

static bool is_void(const struct entry *e)
{
	return !e->committed && !e->settled;
}

/*
 * First for all names: zero what was not committed, and what a settled record
 * follows. Nothing is appended before that: what is torn may come and go, and
 * must not have anything behind it.
 */
static int resolve_dead(struct keystore *ks, const struct family *f)
{
	size_t w;
	int ret = find_winner(ks, f->e, f->n, &w);
	bool settled = w < f->n && f->e[w].settled;

	for (size_t i = 0; i < f->n && !ret; i++)
		if ((i < w || is_void(&f->e[i]) || (i > w && settled)) &&
		    !stays(&f->e[i], w, i))
			ret = zero_found(ks, &f->e[i]);
	return ret;
}

/*
 * Then: make the winner firm, zero what it replaces if that was not done yet,
 * and list it.
 */
static int resolve_live(struct keystore *ks, const struct family *f)
{
	struct entry winner = { 0 };
	size_t w;
	int ret = find_winner(ks, f->e, f->n, &w);

	if (ret || w == f->n)
		return ret;
	winner = f->e[w];
	if (!winner.settled && !MUTATED(MUT_NO_COPY) &&
	    !(winner.type == ENTRY_TOMBSTONE && w + 1 == f->n))
		ret = copy_found(ks, &winner);
	for (size_t i = w; i < f->n && !ret && !f->e[w].settled; i++)
		if (f->e[i].pos != winner.pos && !is_void(&f->e[i]) &&
		    !stays(&f->e[i], w, i))
			ret = zero_found(ks, &f->e[i]);
	if (ret)
		return ret;
	if (winner.type == ENTRY_TOMBSTONE)
		return zero_found(ks, &winner);
	ret = index_reserve(ks);
	if (!ret)
		index_put(ks, winner.class, winner.name, winner.pos,
			  winner.len);
	return ret;
}

static int compare_names(const struct entry *a, const struct entry *b)
{
	if (a->class != b->class)
		return a->class < b->class ? -1 : 1;
	return memcmp(a->name, b->name, KS_NAME_SIZE);
}

static int compare_found(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int order = compare_names(x, y);

	if (order)
		return order;
	if (x->generation != y->generation)
		return x->generation > y->generation ? -1 : 1;
	return x->pos > y->pos ? -1 : x->pos < y->pos;
}

static int for_families(struct keystore *ks, const struct found *f,
			int (*resolve)(struct keystore *ks,
				       const struct family *family))
{
	size_t i = 0;
	int ret = KS_OK;

	while (i < f->count && !ret) {
		struct family family = { .e = &f->entries[i], .n = 1 };

		while (i + family.n < f->count &&
		       !compare_names(family.e, family.e + family.n))
			family.n++;
		ret = resolve(ks, &family);
		i += family.n;
	}
	return ret;
}

/* Headers that a cut left in pieces; cells whose header alone was left. */
static int tidy(struct keystore *ks, const struct found *f)
{
	size_t i = 0;
	int ret = KS_OK;

	for (size_t n = 0; n < f->debris_count && !ret; n++)
		ret = dev_zero(ks, f->debris[n].pos, f->debris[n].len);
	while (i < ks->cell_count && !ret) {
		struct cell_entry c = ks->cells[i];

		if (!dev_is_all(ks, c.pos + CELL_HEADER, KS_CELL_SIZE, 0)) {
			i++;
			continue;
		}
		ret = cell_clear(ks, c.pos);
		segment_dead(ks, c.pos, CELL_ENTRY, true);
		cells_remove(ks, c.owner_hash, c.pos);
	}
	return ret;
}

/* --- formatting ---------------------------------------------------------- */

/*
 * A keystore is born with one header, in segment 0, that counts no erases:
 * no segment is used before it has been erased, however blank it reads.
 */
static void format_header(const struct keystore *ks, uint8_t h[SEGMENT_HEADER])
{
	segment_encode(ks, 0, 0, h);
	put_le32(h + SEGMENT_OPEN, 0);
}

/* Blank, or what a cut left of a format. */
static bool is_blank(struct keystore *ks)
{
	uint8_t want[SEGMENT_HEADER], is[SEGMENT_HEADER];

	format_header(ks, want);
	if (dev_read(ks, 0, is, sizeof(is)))
		return false;
	for (size_t i = 0; i < sizeof(is); i++)
		if ((is[i] & want[i]) != want[i])
			return false;
	return dev_is_all(ks, SEGMENT_HEADER, ks->flash->size - SEGMENT_HEADER,
			  0xff);
}

static int write_format(struct keystore *ks)
{
	uint8_t header[SEGMENT_HEADER];
	int ret;

	format_header(ks, header);
	ret = dev_program(ks, 0, header, SEGMENT_HEADER - 4);
	return ret ? ret : dev_sync(ks);
}

static int format_if_blank(struct keystore *ks, const struct found *f)
{
	struct segment *s = &ks->segs[0];

	if (f->headers == 0) {
		if (!is_blank(ks))
			return KS_BAD_FLASH;
		for (uint32_t i = 0; i < ks->seg_count; i++) {
			memset(&ks->segs[i], 0, sizeof(ks->segs[i]));
			ks->segs[i].end = ks->seg_size;
		}
		s->header = true;
	} else if (f->headers > 1 || !s->header || s->erases) {
		return KS_OK;
	}
	/* The only header: it may be torn. */
	return write_format(ks);
}

/* --- mounting ------------------------------------------------------------ */

static bool geometry(struct keystore *ks)
{
	const struct flash *f = ks->flash;
	uint32_t sectors, most, want;

	if (f->sector_size < 256 || f->sector_size % GRANULE ||
	    f->sector_size > UINT32_MAX / 2 || f->size % f->sector_size ||
	    f->program_unit > 4 || f->program_unit == 0 ||
	    4 % f->program_unit || !f->zero_allowed)
		return false;
	sectors = f->size / f->sector_size;
	most = sectors / SEGMENTS_MIN;
	if (most == 0)
		return false;
	want = SEGMENT_HEADER + BURN_SIZE + record_size(KS_RECORD_MAX);
	want = round_up(want, f->sector_size) / f->sector_size;
	ks->seg_size = (want < most ? want : most) * f->sector_size;
	ks->seg_count = f->size / ks->seg_size;
	ks->record_max = ks->seg_size - SEGMENT_HEADER - BURN_SIZE -
			 RECORD_HEADER - GRANULE;
	if (ks->record_max > KS_RECORD_MAX)
		ks->record_max = KS_RECORD_MAX;
	return true;
}

static int mount(struct keystore *ks, struct found *f)
{
	int ret;

	ks->segs = calloc(ks->seg_count, sizeof(*ks->segs));
	ks->buffer = malloc(ks->record_max);
	ks->chunk = malloc(CHUNK);
	if (!ks->segs || !ks->buffer || !ks->chunk)
		return KS_NO_MEMORY;
	ret = scan_flash(ks, f);
	explicit_bzero(ks->chunk, CHUNK);
	if (ret)
		return ret;
	if (ks->next_generation > GENERATION_MAX / 2)
		return KS_BAD_FLASH;
	cells_sort(ks);
	ret = format_if_blank(ks, f);
	if (!ret && f->count)
		qsort(f->entries, f->count, sizeof(*f->entries),
		      compare_found);
	/* All that only zeroes first, where it was found. */
	if (!ret)
		ret = tidy(ks, f);
	if (!ret)
		ret = for_families(ks, f, resolve_dead);
	if (!ret)
		ret = for_families(ks, f, resolve_live);
	return ret ? ret : restore_reserve(ks);
}

int ks_mount(struct keystore **out, struct flash *flash)
{
	struct keystore *ks = calloc(1, sizeof(*ks));
	struct found found = { 0 };
	int ret;

	*out = NULL;
	if (!ks)
		return KS_NO_MEMORY;
	ks->flash = flash;
	ks->head = ks->cell_head = NO_SEGMENT;
	ret = geometry(ks) ? mount(ks, &found) : KS_BAD_FLASH;
	free(found.entries);
	free(found.debris);
	if (ret)
		ks_unmount(ks);
	else
		*out = ks;
	return ret;
}

void ks_unmount(struct keystore *ks)
{
	if (!ks)
		return;
	if (ks->is_prepared)
		ks_abandon(ks);
	if (ks->buffer)
		explicit_bzero(ks->buffer, ks->record_max);
	if (ks->chunk)
		explicit_bzero(ks->chunk, CHUNK);
	free(ks->segs);
	free(ks->index);
	free(ks->cells);
	free(ks->buffer);
	free(ks->chunk);
	free(ks);
}
