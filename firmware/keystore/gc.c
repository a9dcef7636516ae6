// SPDX-License-Identifier: MIT
/*
 * Making room: records move out of a segment, which is then free.
 *
 * All that lives in a segment fits in an empty one, so one free segment is
 * enough to finish. RESERVE is more than that: each power cut in the middle
 * leaves a segment half filled until the mount has tidied up.
 */
#include "internal.h"

/* Bytes that neither live nor can be appended to: what a move gains. */
static uint32_t holes(const struct keystore *ks, uint32_t seg)
{
	const struct segment *s = &ks->segs[seg];

	return s->end - SEGMENT_HEADER - s->live;
}

/*
 * Not where a prepared record is, nor where the record is that it will
 * replace: moved, that would be the newer of the two.
 */
static bool is_movable(const struct keystore *ks, uint32_t seg)
{
	const struct entry *p = &ks->prepared;
	const struct index_entry *old;

	if (!ks->segs[seg].records || ks->segs[seg].cells)
		return false;
	if (!ks->is_prepared)
		return true;
	old = index_find(ks, p->class, p->name);
	return seg != seg_of(ks, p->pos) &&
	       !(old && seg == seg_of(ks, old->pos));
}

static int move_record(struct keystore *ks, struct index_entry *ie, bool worn)
{
	uint32_t seg = seg_of(ks, ie->pos), size = record_size(ie->len);
	struct entry old, new;
	int ret = entry_read(ks, ie->pos, &old);

	if (!ret)
		ret = dev_read(ks, old.pos + RECORD_HEADER, ks->buffer,
			       old.len);
	if (ret)
		return ret;
	/* A record that has rotted moves as it is; it stays recognisable. */
	new = old;
	ret = worn ? segment_take_worn(ks, size, seg, &new.pos) :
		     segment_take(ks, size, false, 0, seg, &new.pos);
	if (ret)
		return ret;
	new.generation = ks->next_generation++;
	ret = entry_write(ks, &new, ks->buffer);
	explicit_bzero(ks->buffer, new.len);
	if (!ret && MUTATED(MUT_MOVE_ZERO_FIRST))
		ret = entry_zero(ks, &old);
	if (!ret)
		ret = entry_commit(ks, new.pos);
	if (ret)
		return ret;
	segment_live(ks, new.pos, size, false);
	ie->pos = new.pos;
	ret = entry_zero(ks, &old);
	if (!ret)
		segment_dead(ks, old.pos, size, false);
	return ret;
}

/* Move all records out of a segment. KS_FULL: some had no place. */
static int empty_segment(struct keystore *ks, uint32_t seg, bool worn)
{
	size_t i = 0;

	if (ks->head == seg)
		ks->head = NO_SEGMENT;
	while (i < ks->index_count && ks->segs[seg].records) {
		struct index_entry *ie = &ks->index[i];
		int ret;

		if (seg_of(ks, ie->pos) != seg) {
			i++;
			continue;
		}
		ret = move_record(ks, ie, worn);
		if (ret == KS_CORRUPT) {
			/* Its header has rotted since the mount. */
			ks->lost += !ie->lost;
			segment_dead(ks, ie->pos, record_size(ie->len), false);
			index_remove(ks, ie);
		} else if (ret) {
			return ret;
		}
	}
	return KS_OK;
}

struct tails {
	uint32_t seg, longest, second;
};

static void find_tails(const struct keystore *ks, struct tails *t)
{
	t->seg = NO_SEGMENT;
	t->longest = t->second = 0;
	for (uint32_t i = 0; i < ks->seg_count; i++) {
		uint32_t tail = segment_tail(ks, i);

		if (!(ks->segs[i].records || i == ks->head) ||
		    ks->segs[i].cells)
			continue;
		if (tail > t->longest) {
			t->second = t->longest;
			t->longest = tail;
			t->seg = i;
		} else if (tail > t->second) {
			t->second = tail;
		}
	}
}

/*
 * Move out of the segment where the least lives, if that gains anything:
 * holes become tail, or another segment's tail takes all of it. With @hard,
 * what the first append would burn counts as a hole. KS_FULL: nothing to
 * gain.
 */
static int gc_step(struct keystore *ks, bool hard)
{
	uint32_t victim = NO_SEGMENT, free = segments_free(ks);
	struct tails t;

	find_tails(ks, &t);
	for (uint32_t i = 0; i < ks->seg_count; i++) {
		const struct segment *s = &ks->segs[i];
		uint32_t tail = i == t.seg ? t.second : t.longest;
		uint32_t gain = holes(ks, i);

		if (!is_movable(ks, i))
			continue;
		if (victim != NO_SEGMENT && s->live >= ks->segs[victim].live)
			continue;
		if (hard && !s->touched)
			gain += ks->seg_size - s->end;
		if ((free > !hard && gain) || s->live <= tail)
			victim = i;
	}
	return victim == NO_SEGMENT ? KS_FULL :
				      empty_segment(ks, victim, false);
}

/*
 * Records that nobody changes keep their segment from its share of the wear:
 * move them to the most worn one. At most once for each erase.
 */
static int level_wear(struct keystore *ks)
{
	uint32_t cold = NO_SEGMENT, most = 0;
	int ret;

	if (!ks->erased || segments_free(ks) < 2)
		return KS_OK;
	ks->erased = false;
	for (uint32_t i = 0; i < ks->seg_count; i++) {
		if (ks->segs[i].erases > most)
			most = ks->segs[i].erases;
		if (is_movable(ks, i) &&
		    (cold == NO_SEGMENT ||
		     ks->segs[i].erases < ks->segs[cold].erases))
			cold = i;
	}
	if (cold == NO_SEGMENT || most - ks->segs[cold].erases <= WEAR_SPREAD)
		return KS_OK;
	ks->head = NO_SEGMENT;
	ret = empty_segment(ks, cold, true);
	ks->head = NO_SEGMENT;
	ks->erased = false;
	return ret == KS_FULL ? KS_OK : ret;
}

/* Whether all that could be gained would not be enough. */
static bool is_hopeless(const struct keystore *ks, uint32_t size)
{
	uint32_t free = segments_free(ks), room = 0;

	if (free > RESERVE)
		return false;
	for (uint32_t i = 0; i < ks->seg_count && room < size; i++)
		if (is_movable(ks, i))
			room += holes(ks, i) + segment_tail(ks, i);
	return room < size;
}

static int gc_until(struct keystore *ks, uint32_t size, bool cell, bool hard,
		    uint32_t *pos)
{
	int ret = KS_OK;

	for (uint32_t n = 0; n <= 2 * ks->seg_count && !ret; n++) {
		ret = segment_take(ks, size, cell, RESERVE, NO_SEGMENT, pos);
		if (ret != KS_FULL)
			return ret;
		ret = gc_step(ks, hard);
	}
	return ret ? ret : KS_FULL;
}

/*
 * An operation leaves RESERVE segments free. One that adds nothing in the
 * end (a replacement, a delete) tries harder, and may leave less when nothing
 * can be gained by moving: what it zeroes can.
 */
int make_room(struct keystore *ks, uint32_t size, bool cell, uint32_t reserve,
	      uint32_t *pos)
{
	int ret = ks->broken ? KS_FLASH : level_wear(ks);

	if (ret)
		return ret;
	ret = segment_take(ks, size, cell, RESERVE, NO_SEGMENT, pos);
	if (ret == KS_FULL && reserve < RESERVE &&
	    segments_free(ks) >= reserve)
		ret = segment_take_tail(ks, size, cell, NO_SEGMENT, pos);
	if (ret == KS_FULL && !is_hopeless(ks, size))
		ret = gc_until(ks, size, cell, false, pos);
	if (ret != KS_FULL || reserve == RESERVE)
		return ret;
	ret = gc_until(ks, size, cell, true, pos);
	if (ret != KS_FULL)
		return ret;
	return segment_take(ks, size, cell, reserve, NO_SEGMENT, pos);
}

int restore_reserve(struct keystore *ks)
{
	int ret = KS_OK;

	for (uint32_t n = 0; n <= 2 * ks->seg_count && !ret; n++) {
		if (segments_free(ks) >= RESERVE)
			return KS_OK;
		ret = gc_step(ks, false);
	}
	return ret == KS_FULL ? KS_OK : ret;
}
