/* SPDX-License-Identifier: MIT */
/*
 * The keystore: named records in a log on NOR flash.
 *
 * It keeps bytes, not keys: what is in a record is wrapped and checked by its
 * caller. A record has a class and a name of 16 bytes (for keys, the UUID);
 * there is at most one of each. Records are of their own size, may span
 * sectors as the log does, and carry a CRC.
 *
 * What is promised, at whatever byte the power fails and however torn cells
 * read afterwards:
 *
 *  - a write or delete that returned success is there for ever;
 *  - one that did not return is there wholly or not at all, and whichever it
 *    was found to be at the next mount it stays;
 *  - nothing else changes;
 *  - after a successful delete or replacement, the bytes of the old record
 *    read zero, before success is returned; after a power cut, before the next
 *    mount returns.
 *
 * When the device fails (KS_FLASH from anything that writes), what the flash
 * holds is known only after the next mount: until then all that writes
 * answers KS_FLASH, and reading goes on.
 *
 * The caller serialises: none of these is called by two threads at once, and
 * none but ks_mount and those marked "may erase" takes long. No function
 * allocates after ks_mount except for the index, which grows.
 */
#ifndef KEYSTORE_KEYSTORE_H
#define KEYSTORE_KEYSTORE_H

#include "flash.h"

#define KS_NAME_SIZE	16
#define KS_RECORD_MAX	16384	/* bytes of a record's data; less on parts
				 * smaller than 160 KiB, see keystore.rst */

/* Other classes from 1 to 255 work as well; 0 and above 255: KS_NOT_FOUND. */
enum ks_class {
	KS_CLASS_KEY = 1,	/* a wrapped key; name: its UUID */
	KS_CLASS_PIN = 2,	/* PIN hashes and failure counters */
	KS_CLASS_CONFIG = 3,	/* serial number, policies */
	KS_CLASS_STATE = 4,	/* state records of hash signature keys */
	KS_CLASS_LEDGER = 5,	/* of which there are, and were */
	KS_CLASS_OUTBOX = 6,	/* packages that were not acknowledged */
	KS_CLASS_KEKEK = 7,	/* single-use KEKEKs */
	KS_CLASS_IMPORT = 8,	/* of hash signature keys, under way */
	KS_CLASS_DEVICE = 9,	/* approved ones; name: serial number */
	KS_CLASS_VAULT = 10,	/* hash signature keys of the FPGA's vault */
	KS_CLASS_TABLE = 11,	/* the guard's table, in two places */
	KS_CLASS_STAGED = 16,	/* to 31: what a change of the master key is
				 * about to put in the place of class - 16 */
	KS_CLASS_TOP = 64,	/* 64 to 127: public nodes of theirs, cached */
};

enum ks_error {
	KS_OK = 0,
	KS_NOT_FOUND = -1,
	KS_FULL = -2,		/* nothing changed */
	KS_TOO_LONG = -3,	/* data beyond KS_RECORD_MAX, or buffer short */
	KS_FLASH = -4,		/* the flash device failed */
	KS_CORRUPT = -5,	/* the record's CRC is wrong */
	KS_NO_MEMORY = -6,
	KS_BAD_FLASH = -7,	/* not a keystore of ours, and not blank */
	KS_EXISTS = -8,		/* or it is prepared, which holds its name */
};

struct keystore;

/*
 * Open the keystore on @flash; a blank flash is formatted. Finishes or takes
 * back what a crash left half done. The flash must outlive the keystore. May
 * erase. KS_BAD_FLASH: nothing was changed; also for a geometry that cannot
 * be used (see keystore.rst). KS_FLASH, KS_NO_MEMORY: mount again.
 */
int ks_mount(struct keystore **ks, struct flash *flash);
/* What is prepared is abandoned. NULL is fine. */
void ks_unmount(struct keystore *ks);

/*
 * Create or replace a record, atomically; may erase. With @must_be_new, a
 * record that stands is left alone and KS_EXISTS returned.
 *
 * A replacement that is not longer than the old record may use the reserve,
 * so that counters go on counting when the flash is full.
 */
int ks_write(struct keystore *ks, enum ks_class class,
	     const uint8_t name[KS_NAME_SIZE], const void *data, size_t len,
	     bool must_be_new);

/*
 * The same for a record that says that others go, which are deleted next: it
 * may use all of the reserve, as a deletion does, so that what frees room is
 * not refused for want of room.
 */
int ks_write_deletion(struct keystore *ks, enum ks_class class,
		      const uint8_t name[KS_NAME_SIZE], const void *data,
		      size_t len);

/*
 * Read a whole record into @data; *@len is its length, also with KS_TOO_LONG
 * (@size is short) and KS_CORRUPT (@data is wiped).
 */
int ks_read(struct keystore *ks, enum ks_class class,
	    const uint8_t name[KS_NAME_SIZE], void *data, size_t size,
	    size_t *len);

/* The same, but with KS_CORRUPT @data is what the flash says: for records that
 * can be mended, or that are of use in part. */
int ks_read_rotten(struct keystore *ks, enum ks_class class,
		   const uint8_t name[KS_NAME_SIZE], void *data, size_t size,
		   size_t *len);
/* CRC-32C (RFC 3720, B.4); @crc 0 to begin with. */
uint32_t ks_crc(uint32_t crc, const void *data, size_t len);

/*
 * Delete a record and zero its bytes in flash; a corrupt one, too. Works on a
 * full flash. May erase.
 */
int ks_delete(struct keystore *ks, enum ks_class class,
	      const uint8_t name[KS_NAME_SIZE]);

/*
 * The name that follows @previous among the records of a class, in memcmp
 * order; @previous NULL: the first. It need not exist, and may be @name. @len
 * may be NULL. KS_NOT_FOUND: there is none.
 */
int ks_next(struct keystore *ks, enum ks_class class,
	    const uint8_t *previous, uint8_t name[KS_NAME_SIZE], size_t *len);

struct ks_stats {
	uint32_t size;		/* bytes of the flash */
	uint32_t live;		/* bytes that live records take, headers too */
	uint32_t free;		/* bytes that new records can still take, if
				 * they fit in the pieces */
	uint32_t records;	/* of all classes */
	uint32_t lost;		/* damaged records found since the mount */
	uint32_t erases_max;	/* of the most worn sector; erases that a
				 * power cut hit are estimated */
	uint64_t erases_total;	/* of all sectors */
	uint32_t cells;		/* that live */
	uint32_t cell_segments;	/* in which they are, and nothing else can be */
	uint32_t cells_fit;	/* in one of these */
};
void ks_stats(const struct keystore *ks, struct ks_stats *stats);

/*
 * Records in two steps, and cells: for keys whose state must be committed in
 * one instant and whose spent seeds must read zero. See keystore.rst.
 *
 * A cell holds KS_CELL_SIZE bytes at a fixed, aligned place, belongs to a key
 * (its name) and is erased, valid or zeroed. It does not move, except by
 * ks_cell_write of a copy elsewhere by its owner. A sector that holds a live
 * cell is not erased.
 */
#define KS_CELL_SIZE	64
typedef uint32_t ks_cell;	/* 0: none */

/*
 * Take an erased cell and program it; read back and compared. May erase. A
 * cell of zeros is a zeroed cell: @data must have a bit set. After a power cut
 * the cell may be there, with any data: who owns it zeroes what no committed
 * record of his lists.
 */
int ks_cell_write(struct keystore *ks, const uint8_t owner[KS_NAME_SIZE],
		  const uint8_t data[KS_CELL_SIZE], ks_cell *cell);
/* KS_NOT_FOUND: no cell, or zeroed. KS_CORRUPT: its CRC is wrong. */
int ks_cell_read(struct keystore *ks, ks_cell cell,
		 uint8_t owner[KS_NAME_SIZE], uint8_t data[KS_CELL_SIZE]);
/* The data at a cell's place as they are, whatever its header and CRC say: for
 * who knows what they have to be. KS_NOT_FOUND: no cell could be there. */
int ks_cell_read_rotten(struct keystore *ks, ks_cell cell,
			uint8_t data[KS_CELL_SIZE]);
/*
 * Clear a cell to zeros, read back, clear once more. Fine for a cell that is
 * zeroed, or whose header has rotted. KS_NOT_FOUND: something else is there.
 */
int ks_cell_zero(struct keystore *ks, ks_cell cell);
/* The next cell after @cell (0: the first) of this owner that is not zeroed. */
ks_cell ks_cell_next(struct keystore *ks, const uint8_t owner[KS_NAME_SIZE],
		     ks_cell cell);

/*
 * Many at once, with fewer waits for the device. Writing: all or none; with
 * @replace as many others are about to be zeroed, so the reserve may be used.
 * Zeroing: all data, all data once more, all headers; KS_NOT_FOUND before
 * anything is done.
 */
int ks_cells_write(struct keystore *ks, const uint8_t owner[KS_NAME_SIZE],
		   const uint8_t (*data)[KS_CELL_SIZE], unsigned int count,
		   bool replace, ks_cell *cells);
int ks_cells_zero(struct keystore *ks, const ks_cell *cells,
		  unsigned int count);
/*
 * All cells, whoever's: number @index of ks_stats.cells. From the last one
 * down they can be zeroed on the way. 0: its header has rotted meanwhile.
 */
ks_cell ks_cell_at(struct keystore *ks, uint32_t index,
		   uint8_t owner[KS_NAME_SIZE]);
/*
 * Where cells are few, they keep a segment from its reuse: their owner may
 * write them anew and zero the old ones. How much of what was ever written to
 * the segment of @cell lives, in percent; 100 where the next cell will go.
 */
unsigned int ks_cell_share(const struct keystore *ks, ks_cell cell);
/* A cell where that is least, and at most half; 0: none. */
ks_cell ks_cell_emptiest(const struct keystore *ks);
/* In one segment? */
bool ks_cell_together(const struct keystore *ks, ks_cell a, ks_cell b);

/*
 * ks_prepare appends the record without its commit word and reads it back;
 * ks_commit programs the commit word (the commit point: from here the new
 * record is the record) and zeroes the record it replaces; ks_abandon makes
 * the prepared one void. At most one is prepared at a time: KS_EXISTS.
 * Meanwhile all other names can be written and deleted. ks_commit cannot run
 * out of space; KS_NOT_FOUND: nothing is prepared.
 */
int ks_prepare(struct keystore *ks, enum ks_class class,
	       const uint8_t name[KS_NAME_SIZE], const void *data, size_t len);
int ks_commit(struct keystore *ks);
void ks_abandon(struct keystore *ks);

#endif /* KEYSTORE_KEYSTORE_H */
