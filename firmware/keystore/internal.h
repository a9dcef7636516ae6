/* SPDX-License-Identifier: MIT */
/*
 * What the keystore's files share. The format on flash and the reasons for
 * the protocol are in Documentation/keystore.rst; the words used here are
 * explained there.
 *
 * A "position" is an offset in the flash, an "end" an offset in a segment.
 */
#ifndef KEYSTORE_INTERNAL_H
#define KEYSTORE_INTERNAL_H

#include <string.h>

#include "keystore.h"

/* --- format -------------------------------------------------------------- */

#define GRANULE		16	/* entries begin and end at multiples of it */

#define SEGMENT_MAGIC	0x3153534bu	/* "KSS1", bytes in this order */
#define SEGMENT_HEADER	32
#define SEGMENT_FIXED	24	/* the part that its CRC and the CRC take */
#define SEGMENT_OPEN	24	/* the open word */

#define RECORD_MAGIC	0x524bu		/* "KR" */
#define RECORD_HEADER	48
#define RECORD_FIXED	40
#define RECORD_COMMIT	40	/* the commit word */
#define RECORD_SETTLED	44	/* the settled word */
#define RECORD_SEAL	0x4c414553u	/* "SEAL", the body's last four bytes */
#define SEAL_SIZE	4

#define CELL_MAGIC	0x3143534bu	/* "KSC1" */
#define CELL_HEADER	32
#define CELL_ENTRY	(CELL_HEADER + KS_CELL_SIZE)

/* What the first write to a segment of records after a mount burns. */
#define BURN_SIZE	RECORD_HEADER

enum entry_type {
	ENTRY_RECORD = 1,
	ENTRY_TOMBSTONE = 2,
};

/* A record or tombstone as its header says. */
struct entry {
	uint32_t pos;
	uint32_t len;		/* of the data */
	uint64_t generation;
	uint32_t data_crc;
	uint8_t type;
	uint8_t class;
	uint8_t name[KS_NAME_SIZE];
	bool committed;		/* the commit word is zero */
	bool settled;		/* the settled word is not blank */
};

/* Whose body is not whole is no record, whatever else reads. */
enum body {
	BODY_WHOLE,
	BODY_BLANK,
	BODY_BROKEN,		/* not finished, or zeroed, at least in part */
};

#define GENERATION_MAX	(UINT64_C(1) << 62)

static inline uint32_t round_up(uint32_t n, uint32_t unit)
{
	return (n + unit - 1) / unit * unit;
}

/* Bytes of flash that a record with @len bytes of data takes. */
static inline uint32_t record_size(uint32_t len)
{
	return RECORD_HEADER + round_up(len + SEAL_SIZE, GRANULE);
}

static inline uint32_t get_le32(const uint8_t *p)
{
	return p[0] | p[1] << 8 | p[2] << 16 | (uint32_t)p[3] << 24;
}

static inline void put_le32(uint8_t *p, uint32_t v)
{
	p[0] = v;
	p[1] = v >> 8;
	p[2] = v >> 16;
	p[3] = v >> 24;
}

/* --- in memory ----------------------------------------------------------- */

#define SEGMENTS_MIN	8
#define RESERVE		4	/* segments: see make_room() */
#define RESERVE_REPLACE	2	/* what a replacement not longer leaves */
#define RESERVE_DELETE	0	/* what a delete leaves */
#define WEAR_SPREAD	64	/* erases between least and most worn */

enum segment_state {
	SEG_DIRTY,	/* must be erased before use; holds nothing live */
	SEG_READY,	/* erased, not used since */
	SEG_USED,	/* opened; appended to up to .end */
	SEG_BAD,	/* did not become blank; tried again after a mount */
};

struct segment {
	uint32_t erases;
	uint32_t end;		/* where to append; segment's size: closed */
	uint32_t unsure;	/* bytes before it that may be torn zeros */
	uint32_t live;		/* bytes of live records and cells */
	uint32_t records;	/* live ones; a prepared one counts */
	uint32_t cells;		/* live ones */
	uint8_t state;
	bool header;		/* it reads good */
	bool touched;		/* made firm since the mount */
};

struct index_entry {
	uint8_t class;
	uint8_t name[KS_NAME_SIZE];
	bool lost;		/* counted in .lost */
	uint32_t pos;
	uint32_t len;
};

struct cell_entry {
	uint32_t owner_hash;
	uint32_t pos;
};

#define NO_SEGMENT	UINT32_MAX

struct keystore {
	struct flash *flash;
	bool broken;		/* the device failed: read only until mounted */
	uint32_t seg_size;
	uint32_t seg_count;
	uint32_t record_max;	/* bytes of data */
	struct segment *segs;
	uint32_t head;		/* segment that records are appended to */
	uint32_t cell_head;
	uint64_t next_generation;
	uint32_t lost;
	bool erased;		/* since wear was last levelled */

	struct index_entry *index;	/* by class and name */
	size_t index_count, index_room;
	struct cell_entry *cells;	/* by owner's hash and position */
	size_t cell_count, cell_room;

	bool is_prepared;
	struct entry prepared;

	uint8_t *buffer;	/* record_max bytes, for data that moves */
	uint8_t *chunk;		/* CHUNK bytes, of whoever reads back */
};

#define CHUNK		1024

/*
 * Mistakes to make on purpose: tests/ks_powerloss.c shows that it finds them.
 */
enum ks_mutation {
	MUT_NONE,
	MUT_NO_COPY,		/* trust a commit that may be torn */
	MUT_FIRM_IN_PLACE,	/* program such a commit again, no more */
	MUT_NO_VOID,		/* leave what was not committed */
	MUT_NO_TOMBSTONE,	/* delete by clearing the record alone */
	MUT_ZERO_FIRST,		/* zero the old record before the commit */
	MUT_NO_ZERO,		/* do not zero what a crash left */
	MUT_SETTLE_FIRST,	/* settled word before the commit word */
	MUT_NO_BURN,		/* append where a torn header may be */
	MUT_TRUST_BLANK,	/* use what reads blank without erasing it */
	MUT_NO_KILL,		/* erase with the header standing */
	MUT_MOVE_ZERO_FIRST,	/* the same when a record is moved */
	MUT_COMMIT_EARLY,	/* commit word before the data */
	MUT_HEADER_ZERO_FIRST,	/* zero header before data */
	MUT_CELL_HEADER_FIRST,	/* the same for cells */
	MUT_NO_SEAL,		/* take a zeroed body for a record's */
	MUT_NO_READ_BACK,	/* programmed is programmed: tests/hs_mutants.c */
	MUT_COUNT,
};
#ifdef KS_MUTATIONS
extern enum ks_mutation ks_mutation;
#define MUTATED(m)	(ks_mutation == (m))
#else
#define MUTATED(m)	false
#endif

/*
 * device.c: all access to the flash. Each returns KS_OK or KS_FLASH, after
 * which the keystore is broken: what the flash holds is known only after the
 * next mount.
 */
int dev_read(struct keystore *ks, uint32_t pos, void *data, uint32_t len);
/* Program, read back and compare. */
int dev_program(struct keystore *ks, uint32_t pos, const void *data,
		uint32_t len);
int dev_zero(struct keystore *ks, uint32_t pos, uint32_t len);
/* KS_CORRUPT: the sector is not blank after it, which breaks nothing. */
int dev_erase(struct keystore *ks, uint32_t pos);
int dev_sync(struct keystore *ks);
/* Whether all of the bytes read @value; false also if the device fails. */
bool dev_is_all(struct keystore *ks, uint32_t pos, uint32_t len,
		uint8_t value);

/* entry.c: records, tombstones. */
bool entry_parse(const struct keystore *ks, uint32_t pos, const uint8_t *header,
		 struct entry *e);
/* The entry at a position; KS_CORRUPT: there is none. */
int entry_read(struct keystore *ks, uint32_t pos, struct entry *e);
/* Read an entry's data and check its CRC; KS_CORRUPT. */
int entry_data(struct keystore *ks, const struct entry *e, void *data);
/* All but commit and settled words, at e->pos; e->data_crc is the caller's. */
int entry_write(struct keystore *ks, const struct entry *e, const void *data);
int entry_commit(struct keystore *ks, uint32_t pos);
int entry_zero(struct keystore *ks, const struct entry *e);
enum body entry_body(struct keystore *ks, const struct entry *e);

/*
 * What the first append after a mount burns: where torn bits may be that read
 * blank. Behind records that is a header. Behind cells it is a whole one: a
 * header that was torn may read good at one boot, when the cell is zeroed, and
 * not at the next, when nothing tells of what that had begun.
 */
static inline uint32_t burn_size(const struct segment *s)
{
	return s->cells ? 2 * BURN_SIZE : BURN_SIZE;
}

/* segment.c */
static inline uint32_t seg_of(const struct keystore *ks, uint32_t pos)
{
	return pos / ks->seg_size;
}

static inline uint32_t seg_pos(const struct keystore *ks, uint32_t seg)
{
	return seg * ks->seg_size;
}

void segment_encode(const struct keystore *ks, uint32_t seg, uint32_t erases,
		    uint8_t header[SEGMENT_HEADER]);
bool segment_parse(const struct keystore *ks, uint32_t seg,
		   const uint8_t header[SEGMENT_HEADER], uint32_t *erases);
/* Bytes that an entry can take in a segment that is in use. */
uint32_t segment_tail(const struct keystore *ks, uint32_t seg);
bool segment_is_free(const struct keystore *ks, uint32_t seg);
uint32_t segments_free(const struct keystore *ks);
/* Add to (or with dead, take from) what lives in the segment of @pos. */
void segment_live(struct keystore *ks, uint32_t pos, uint32_t size, bool cell);
void segment_dead(struct keystore *ks, uint32_t pos, uint32_t size, bool cell);
/* The segment in use for this kind of entry that has the longest tail. */
uint32_t segment_longest(const struct keystore *ks, bool cell,
			 uint32_t except);
/*
 * Find room for an entry of @size bytes, take it, and say where it is; at
 * least @reserve segments stay free. KS_FULL: there is none without moving
 * something. Never in segment @except.
 */
int segment_take(struct keystore *ks, uint32_t size, bool cell,
		 uint32_t reserve, uint32_t except, uint32_t *pos);
/* Only behind what is in segments that are in use, whatever is free. */
int segment_take_tail(struct keystore *ks, uint32_t size, bool cell,
		      uint32_t except, uint32_t *pos);
/* The same, but a free segment is preferred, and the most worn one. */
int segment_take_worn(struct keystore *ks, uint32_t size, uint32_t except,
		      uint32_t *pos);

/* gc.c */
/* As segment_take, but moves records until there is room. */
int make_room(struct keystore *ks, uint32_t size, bool cell, uint32_t reserve,
	      uint32_t *pos);
/* Bring the free segments back to RESERVE, as far as that can be done. */
int restore_reserve(struct keystore *ks);

/* index.c */
int index_compare(uint8_t class, const uint8_t *name,
		  const struct index_entry *e);
/* The first entry not before class and name; index_count if none. */
size_t index_lower(const struct keystore *ks, uint8_t class,
		   const uint8_t *name);
struct index_entry *index_find(const struct keystore *ks, uint8_t class,
			       const uint8_t *name);
/* Make sure that the next index_put, or cells_put, cannot fail. */
int index_reserve(struct keystore *ks);
void index_put(struct keystore *ks, uint8_t class, const uint8_t *name,
	       uint32_t pos, uint32_t len);
void index_remove(struct keystore *ks, struct index_entry *e);

uint32_t cells_hash(const uint8_t *owner);
int cells_reserve(struct keystore *ks);
size_t cells_lower(const struct keystore *ks, uint32_t hash, uint32_t pos);
void cells_put(struct keystore *ks, uint32_t hash, uint32_t pos);
void cells_remove(struct keystore *ks, uint32_t hash, uint32_t pos);
void cells_sort(struct keystore *ks);

/* cell.c */
bool cell_parse(const struct keystore *ks, uint32_t pos, const uint8_t *header,
		uint8_t owner[KS_NAME_SIZE], uint32_t *crc);
int cell_clear(struct keystore *ks, uint32_t pos);

/* scan.c: what a mount finds. */
struct found {
	struct entry *entries;
	size_t count, room;
	struct debris {
		uint32_t pos, len;
	} *debris;
	size_t debris_count, debris_room;
	uint32_t headers;	/* segment headers that read good */
};

/*
 * Look at all of the flash and change nothing: fills in the segments, with
 * all entries and cells counted as live, the cells (not sorted) and @found.
 */
int scan_flash(struct keystore *ks, struct found *found);

#endif /* KEYSTORE_INTERNAL_H */
