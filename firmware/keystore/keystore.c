// SPDX-License-Identifier: MIT
/*
 * The keystore's calls for records. All writing is: prepare, commit, zero
 * what was replaced.
 */
#include "internal.h"

static bool is_prepared(const struct keystore *ks, uint8_t class,
			const uint8_t *name)
{
	return ks->is_prepared && ks->prepared.class == class &&
	       !memcmp(ks->prepared.name, name, KS_NAME_SIZE);
}

/*
 * Append an entry without its commit word, which nothing can refuse any more
 * when this has returned.
 */
static int append(struct keystore *ks, struct entry *e, const void *data,
		  uint32_t reserve)
{
	uint32_t size = record_size(e->len);
	int ret = index_reserve(ks);

	if (!ret)
		ret = make_room(ks, size, false, reserve, &e->pos);
	if (ret)
		return ret;
	e->generation = ks->next_generation++;
	e->data_crc = ks_crc(0, data, e->len);
	ret = entry_write(ks, e, data);
	if (!ret)
		segment_live(ks, e->pos, size, false);
	return ret;
}

/* Zero the record that an index entry points to; the entry stays. */
static int zero_old(struct keystore *ks, const struct index_entry *ie)
{
	const struct entry old = { .pos = ie->pos, .len = ie->len };
	int ret = entry_zero(ks, &old);

	if (!ret)
		segment_dead(ks, old.pos, record_size(old.len), false);
	return ret;
}

/*
 * A replacement that takes no more than the old record may dig into the
 * reserve: PIN counters must go on counting on a full flash.
 */
static uint32_t reserve_for(const struct keystore *ks, enum ks_class class,
			    const uint8_t *name, size_t len)
{
	const struct index_entry *old = index_find(ks, class, name);

	return old && record_size(len) <= record_size(old->len) ?
	       RESERVE_REPLACE : RESERVE;
}

static int append_record(struct keystore *ks, struct entry *e,
			 enum ks_class class, const uint8_t *name,
			 const void *data, size_t len, uint32_t reserve)
{
	if (class < 1 || class > UINT8_MAX)
		return KS_NOT_FOUND;
	if (len > ks->record_max)
		return KS_TOO_LONG;
	*e = (struct entry){
		.type = ENTRY_RECORD, .class = class, .len = len
	};
	memcpy(e->name, name, KS_NAME_SIZE);
	return append(ks, e, data, reserve);
}

static int commit_record(struct keystore *ks, const struct entry *e)
{
	const struct index_entry *old = index_find(ks, e->class, e->name);
	int ret = KS_OK;

	if (old && MUTATED(MUT_ZERO_FIRST))
		ret = zero_old(ks, old);
	if (!ret)
		ret = entry_commit(ks, e->pos);
	if (!ret && old && !MUTATED(MUT_ZERO_FIRST))
		ret = zero_old(ks, old);
	if (!ret)
		index_put(ks, e->class, e->name, e->pos, e->len);
	return ret;
}

int ks_prepare(struct keystore *ks, enum ks_class class,
	       const uint8_t name[KS_NAME_SIZE], const void *data, size_t len)
{
	int ret;

	if (ks->is_prepared)
		return KS_EXISTS;
	ret = append_record(ks, &ks->prepared, class, name, data, len,
			    reserve_for(ks, class, name, len));
	ks->is_prepared = ret == KS_OK;
	return ret;
}

int ks_commit(struct keystore *ks)
{
	if (!ks->is_prepared)
		return KS_NOT_FOUND;
	ks->is_prepared = false;
	return commit_record(ks, &ks->prepared);
}

void ks_abandon(struct keystore *ks)
{
	const struct entry *e = &ks->prepared;

	if (!ks->is_prepared)
		return;
	ks->is_prepared = false;
	if (!entry_zero(ks, e))
		segment_dead(ks, e->pos, record_size(e->len), false);
}

int ks_write(struct keystore *ks, enum ks_class class,
	     const uint8_t name[KS_NAME_SIZE], const void *data, size_t len,
	     bool must_be_new)
{
	struct entry e;
	int ret;

	if (is_prepared(ks, class, name) ||
	    (must_be_new && index_find(ks, class, name)))
		return KS_EXISTS;
	ret = append_record(ks, &e, class, name, data, len,
			    reserve_for(ks, class, name, len));
	return ret ? ret : commit_record(ks, &e);
}

int ks_write_deletion(struct keystore *ks, enum ks_class class,
		      const uint8_t name[KS_NAME_SIZE], const void *data,
		      size_t len)
{
	struct entry e;
	int ret;

	if (is_prepared(ks, class, name))
		return KS_EXISTS;
	ret = append_record(ks, &e, class, name, data, len, RESERVE_DELETE);
	return ret ? ret : commit_record(ks, &e);
}

int ks_read_rotten(struct keystore *ks, enum ks_class class,
		   const uint8_t name[KS_NAME_SIZE], void *data, size_t size,
		   size_t *len)
{
	struct index_entry *ie = index_find(ks, class, name);
	struct entry e;
	int ret;

	if (!ie)
		return KS_NOT_FOUND;
	*len = ie->len;
	if (size < ie->len)
		return KS_TOO_LONG;
	ret = entry_read(ks, ie->pos, &e);
	if (!ret && (e.len != ie->len || e.class != class ||
		     memcmp(e.name, name, KS_NAME_SIZE)))
		ret = KS_CORRUPT;
	if (ret == KS_CORRUPT)
		memset(data, 0, ie->len);
	else if (!ret)
		ret = entry_data(ks, &e, data);
	if (ret == KS_CORRUPT) {
		ks->lost += !ie->lost;
		ie->lost = true;
	}
	return ret;
}

int ks_read(struct keystore *ks, enum ks_class class,
	    const uint8_t name[KS_NAME_SIZE], void *data, size_t size,
	    size_t *len)
{
	int ret = ks_read_rotten(ks, class, name, data, size, len);

	if (ret == KS_CORRUPT)
		explicit_bzero(data, *len);
	return ret;
}

/*
 * The tombstone is what says, after a power cut, that the record was deleted;
 * a record half zeroed cannot say so. It goes when the record reads zero.
 *
 * There is room for it unless more power cuts in a row than there are reserve
 * segments hit the moving of records. Then it is better to delete without
 * one, and so to get room again, than never.
 */
int ks_delete(struct keystore *ks, enum ks_class class,
	      const uint8_t name[KS_NAME_SIZE])
{
	struct index_entry *ie = index_find(ks, class, name);
	struct entry tomb = { .type = ENTRY_TOMBSTONE, .class = class };
	int ret = KS_OK;

	if (is_prepared(ks, class, name))
		return KS_EXISTS;
	if (!ie)
		return KS_NOT_FOUND;
	memcpy(tomb.name, name, KS_NAME_SIZE);
	if (!MUTATED(MUT_NO_TOMBSTONE)) {
		ret = append(ks, &tomb, "", RESERVE_DELETE);
		if (!ret)
			ret = entry_commit(ks, tomb.pos);
	}
	if (ret == KS_FULL)
		ret = KS_OK;
	if (ret)
		return ret;
	/* append() may have moved the record, or grown the index. */
	ie = index_find(ks, class, name);
	if (ie) {
		ret = zero_old(ks, ie);
		if (!ret)
			index_remove(ks, ie);
	}
	if (!ret && tomb.pos) {
		ret = entry_zero(ks, &tomb);
		segment_dead(ks, tomb.pos, record_size(0), false);
	}
	return ret;
}

int ks_next(struct keystore *ks, enum ks_class class,
	    const uint8_t *previous, uint8_t name[KS_NAME_SIZE], size_t *len)
{
	static const uint8_t first[KS_NAME_SIZE];
	size_t i = index_lower(ks, class, previous ? previous : first);

	if (previous && i < ks->index_count &&
	    !index_compare(class, previous, &ks->index[i]))
		i++;
	if (i == ks->index_count || ks->index[i].class != class)
		return KS_NOT_FOUND;
	memcpy(name, ks->index[i].name, KS_NAME_SIZE);
	if (len)
		*len = ks->index[i].len;
	return KS_OK;
}

void ks_stats(const struct keystore *ks, struct ks_stats *stats)
{
	uint32_t whole = ks->seg_size - SEGMENT_HEADER;
	uint32_t free = 0, room = 0;

	memset(stats, 0, sizeof(*stats));
	stats->size = ks->flash->size;
	stats->records = ks->index_count;
	stats->lost = ks->lost;
	stats->cells = ks->cell_count;
	stats->cells_fit = whole / CELL_ENTRY;
	for (uint32_t i = 0; i < ks->seg_count; i++) {
		const struct segment *s = &ks->segs[i];

		stats->live += s->live;
		stats->cell_segments += s->cells != 0;
		if (segment_is_free(ks, i))
			free++;
		else if (!s->cells && s->state != SEG_BAD)
			room += whole - s->live;
		if (s->erases > stats->erases_max)
			stats->erases_max = s->erases;
		stats->erases_total += s->erases;
	}
	stats->erases_total *= ks->seg_size / ks->flash->sector_size;
	if (free >= RESERVE)
		room += (free - RESERVE) * whole;
	else if (room > (RESERVE - free) * whole)
		room -= (RESERVE - free) * whole;
	else
		room = 0;
	stats->free = room;
}
