// SPDX-License-Identifier: MIT
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "ks_model.h"

static void random_bytes(uint64_t rng, uint8_t *data, size_t len)
{
	for (size_t i = 0; i < len; i += 8) {
		uint64_t r = nor_random(&rng);

		for (size_t n = i; n < i + 8 && n < len; n++, r >>= 8)
			data[n] = r;
	}
}

void model_name(unsigned int slot, uint8_t name[KS_NAME_SIZE])
{
	random_bytes(slot / 2 + 1000, name, KS_NAME_SIZE);
}

enum ks_class model_class(unsigned int slot)
{
	return slot % 2 ? KS_CLASS_STATE : KS_CLASS_KEY;
}

void model_owner(unsigned int cell, uint8_t owner[KS_NAME_SIZE])
{
	model_name(cell % 3 * 2, owner);
}

void model_data(uint32_t version, uint8_t *data, size_t len)
{
	/* Blank and zero bytes must be as good as any. */
	if (version % 16 == 0)
		memset(data, 0xff, len);
	else if (version % 16 == 1)
		memset(data, 0, len);
	else
		random_bytes(version, data, len);
}

bool box_wrong(struct box *box, const char *format, ...)
{
	va_list args;

	if (!box->why[0]) {
		va_start(args, format);
		vsnprintf(box->why, sizeof(box->why), format, args);
		va_end(args);
	}
	return false;
}

/* --- operations ---------------------------------------------------------- */

int box_mount(struct box *box, uint64_t seed)
{
	uint64_t step = box->nor->cut_step;

	nor_boot(box->nor, seed);
	box->nor->cut_step = step;
	box->nor->rng = seed;
	return ks_mount(&box->ks, &box->nor->flash);
}

void box_unmount(struct box *box)
{
	ks_unmount(box->ks);
	box->ks = NULL;
}

static int do_record(struct box *box, const struct op *op)
{
	uint8_t name[KS_NAME_SIZE], data[MODEL_DATA];
	enum ks_class class = model_class(op->slot);
	int ret;

	model_name(op->slot, name);
	if (op->kind == OP_DELETE) {
		box->next.slots[op->slot].version = 0;
		return ks_delete(box->ks, class, name);
	}
	model_data(++box->version, data, op->len);
	if (op->kind != OP_ABANDON) {
		box->next.slots[op->slot].version = box->version;
		box->next.slots[op->slot].len = op->len;
	}
	if (op->kind == OP_WRITE || op->kind == OP_WRITE_NEW)
		return ks_write(box->ks, class, name, data, op->len,
				op->kind == OP_WRITE_NEW);
	ret = ks_prepare(box->ks, class, name, data, op->len);
	if (ret)
		return ret;
	if (op->kind == OP_COMMIT)
		return ks_commit(box->ks);
	ks_abandon(box->ks);
	return KS_OK;
}

static int do_cell(struct box *box, const struct op *op)
{
	uint8_t owner[KS_NAME_SIZE], data[KS_CELL_SIZE];
	ks_cell cell = box->now.cells[op->slot].cell;

	if (op->kind == OP_CELL_ZERO) {
		box->next.cells[op->slot].cell = 0;
		return cell ? ks_cell_zero(box->ks, cell) : KS_NOT_FOUND;
	}
	if (cell)
		return KS_EXISTS;
	model_owner(op->slot, owner);
	/* A cell of zeros would be a zeroed cell. */
	if (++box->version % 16 <= 1)
		box->version += 2;
	model_data(box->version, data, sizeof(data));
	box->next.cells[op->slot].version = box->version;
	return ks_cell_write(box->ks, owner, data,
			     &box->next.cells[op->slot].cell);
}

/* Of one owner: every third is his. */
static int do_cells(struct box *box, const struct op *op)
{
	uint8_t owner[KS_NAME_SIZE], data[MODEL_CELLS][KS_CELL_SIZE];
	ks_cell cells[MODEL_CELLS];
	int ret;

	model_owner(op->slot, owner);
	for (unsigned int i = 0; i < op->len; i++) {
		unsigned int slot = op->slot + 3 * i;

		cells[i] = box->now.cells[slot].cell;
		box->next.cells[slot].cell = 0;
		if (op->kind == OP_CELLS_ZERO)
			continue;
		if (cells[i])
			return KS_EXISTS;
		if (++box->version % 16 <= 1)
			box->version += 2;
		model_data(box->version, data[i], KS_CELL_SIZE);
		box->next.cells[slot].version = box->version;
	}
	if (op->kind == OP_CELLS_ZERO)
		return ks_cells_zero(box->ks, cells, op->len);
	ret = ks_cells_write(box->ks, owner,
			     (const uint8_t (*)[KS_CELL_SIZE])data, op->len,
			     true, cells);
	for (unsigned int i = 0; i < op->len; i++)
		box->next.cells[op->slot + 3 * i].cell = cells[i];
	return ret;
}

int box_do(struct box *box, const struct op *op)
{
	int ret;

	box->next = box->now;
	switch (op->kind) {
	case OP_REMOUNT:
		box_unmount(box);
		ret = box_mount(box, ++box->version);
		break;
	case OP_CELL_WRITE:
	case OP_CELL_ZERO:
		ret = do_cell(box, op);
		break;
	case OP_CELLS_WRITE:
	case OP_CELLS_ZERO:
		ret = do_cells(box, op);
		break;
	default:
		ret = do_record(box, op);
		break;
	}
	if (box->nor->off)
		ret = KS_FLASH;	/* ks_abandon does not say so */
	if (ret == KS_OK)
		box->now = box->next;
	else if (ret != KS_FLASH)
		box->next = box->now;
	return ret;
}

/* --- through the calls --------------------------------------------------- */

static bool holds(struct box *box, unsigned int slot, const struct model *m)
{
	uint8_t name[KS_NAME_SIZE], data[MODEL_DATA], want[MODEL_DATA];
	size_t len = 0;
	int ret;

	model_name(slot, name);
	ret = ks_read(box->ks, model_class(slot), name, data, sizeof(data),
		      &len);
	if (!m->slots[slot].version)
		return ret == KS_NOT_FOUND;
	model_data(m->slots[slot].version, want, m->slots[slot].len);
	return ret == KS_OK && len == m->slots[slot].len &&
	       !memcmp(data, want, len);
}

static bool check_slots(struct box *box)
{
	for (unsigned int i = 0; i < MODEL_SLOTS; i++) {
		if (holds(box, i, &box->now))
			continue;
		if (memcmp(&box->now.slots[i], &box->next.slots[i],
			   sizeof(box->now.slots[i])) == 0 ||
		    !holds(box, i, &box->next))
			return box_wrong(box, "record %u is not version %u",
					 i, box->now.slots[i].version);
		box->now.slots[i] = box->next.slots[i];
	}
	return true;
}

/* Names come in order, and no more than there should be. */
static bool check_names(struct box *box)
{
	unsigned int want = 0, got = 0;
	struct ks_stats stats;

	for (unsigned int i = 0; i < MODEL_SLOTS; i++)
		want += box->now.slots[i].version != 0;
	for (enum ks_class c = KS_CLASS_KEY; c <= KS_CLASS_STATE; c++) {
		uint8_t name[KS_NAME_SIZE], last[KS_NAME_SIZE];
		const uint8_t *after = NULL;
		size_t len;

		while (!ks_next(box->ks, c, after, name, &len)) {
			if (after && memcmp(name, last, KS_NAME_SIZE) <= 0)
				return box_wrong(box, "names out of order");
			memcpy(last, name, KS_NAME_SIZE);
			after = last;
			got++;
		}
	}
	ks_stats(box->ks, &stats);
	if (got != want || stats.records != want)
		return box_wrong(box, "%u records, not %u", got, want);
	if (stats.lost)
		return box_wrong(box, "%u records lost", stats.lost);
	return true;
}

static bool check_cell(struct box *box, unsigned int i)
{
	uint8_t owner[KS_NAME_SIZE], want_owner[KS_NAME_SIZE];
	uint8_t data[KS_CELL_SIZE], want[KS_CELL_SIZE];

	if (!box->now.cells[i].cell)
		return true;
	/* To be zeroed, but the power failed: the owner does it again. */
	if (!box->next.cells[i].cell) {
		box->now.cells[i].cell = 0;
		return true;
	}
	model_owner(i, want_owner);
	model_data(box->now.cells[i].version, want, sizeof(want));
	if (ks_cell_read(box->ks, box->now.cells[i].cell, owner, data) ||
	    memcmp(owner, want_owner, sizeof(owner)) ||
	    memcmp(data, want, sizeof(data)))
		return box_wrong(box, "cell %u is not version %u", i,
				 box->now.cells[i].version);
	return true;
}

static bool check_cells(struct box *box)
{
	unsigned int want = 0, got = 0;

	for (unsigned int i = 0; i < MODEL_CELLS; i++) {
		if (!check_cell(box, i))
			return false;
		want += box->now.cells[i].cell != 0;
	}
	for (unsigned int o = 0; o < 3; o++) {
		uint8_t owner[KS_NAME_SIZE];
		ks_cell cell = 0;

		model_owner(o, owner);
		while ((cell = ks_cell_next(box->ks, owner, cell))) {
			bool listed = false;

			for (unsigned int i = 0; i < MODEL_CELLS; i++)
				listed |= box->now.cells[i].cell == cell;
			got += listed;
			if (!listed && ks_cell_zero(box->ks, cell))
				return box_wrong(box, "cell not zeroed");
		}
	}
	return got == want || box_wrong(box, "%u cells, not %u", got, want);
}

/* The same by number, whoever's they are. */
static bool check_all_cells(struct box *box)
{
	struct ks_stats stats;
	unsigned int want = 0;

	ks_stats(box->ks, &stats);
	for (unsigned int i = 0; i < MODEL_CELLS; i++)
		want += box->now.cells[i].cell != 0;
	for (uint32_t n = stats.cells; n > 0; n--) {
		uint8_t owner[KS_NAME_SIZE], want_owner[KS_NAME_SIZE];
		ks_cell cell = ks_cell_at(box->ks, n - 1, owner);
		unsigned int i = 0;

		while (i < MODEL_CELLS && box->now.cells[i].cell != cell)
			i++;
		model_owner(i, want_owner);
		if (!cell || i == MODEL_CELLS ||
		    memcmp(owner, want_owner, sizeof(owner)))
			return box_wrong(box, "cell at %u is nobody's", cell);
	}
	return (stats.cells == want && (stats.cell_segments != 0) == (want != 0)) ||
	       box_wrong(box, "%u cells by number, not %u", stats.cells, want);
}

/* --- in the image -------------------------------------------------------- */

static uint32_t le32(const uint8_t *p)
{
	return p[0] | p[1] << 8 | p[2] << 16 | (uint32_t)p[3] << 24;
}

/* CRC-32C of the position and the first 20 bytes, bit by bit. */
static bool is_header(const struct box *box, uint32_t at)
{
	const uint8_t *p = box->nor->bits + at;
	uint8_t data[24];
	uint32_t crc = ~0u;

	for (int i = 0; i < 4; i++)
		data[i] = at >> 8 * i;
	memcpy(data + 4, p, 20);
	for (int i = 0; i < 24 * 8; i++) {
		crc ^= data[i / 8] >> i % 8 & 1;
		crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78 : 0);
	}
	return !memcmp(p, "KSS1", 4) && le32(p + 20) == (uint32_t)~crc;
}

static bool is_firm(const struct box *box, uint32_t at, uint32_t len)
{
	for (uint32_t i = 0; i < len; i++)
		if (box->nor->torn[at + i])
			return false;
	return true;
}

static bool is_all(const uint8_t *p, uint8_t value)
{
	for (int i = 0; i < 16; i++)
		if (p[i] != value)
			return false;
	return true;
}

static bool is_lone_header(const uint8_t *p, uint32_t room)
{
	if (room <= 48 || memcmp(p, "KR", 2))
		return false;
	for (uint32_t i = 48; i < room; i += 16)
		if (!is_all(p + i, 0xff))
			return false;
	return true;
}

/* The bytes that a live record takes at @at; 0: there is none. */
static uint32_t record_at(const struct box *box, uint32_t at)
{
	const uint8_t *p = box->nor->bits + at;
	uint8_t name[KS_NAME_SIZE], want[MODEL_DATA];
	uint32_t size;

	if (memcmp(p, "KR\1", 3))
		return 0;
	for (unsigned int i = 0; i < MODEL_SLOTS; i++) {
		uint32_t len = box->now.slots[i].len;

		if (!box->now.slots[i].version || le32(p + 28) != len)
			continue;
		model_name(i, name);
		model_data(box->now.slots[i].version, want, len);
		size = 48 + (len + 4 + 15) / 16 * 16;
		if (p[3] == model_class(i) && !memcmp(p + 12, name, 16) &&
		    !memcmp(p + 48, want, len) && le32(p + 40) == 0 &&
		    !memcmp(p + size - 4, "SEAL", 4))
			return size;
	}
	return 0;
}

static uint32_t cell_at(const struct box *box, uint32_t at)
{
	for (unsigned int i = 0; i < MODEL_CELLS; i++)
		if (box->now.cells[i].cell == at)
			return 96;
	return 0;
}

/*
 * Everything in a segment is a live record or cell, zero or blank; what
 * lives and what is zero is firm, which is more than reading so. Bits may be
 * torn in the settled word, and in the header (3 times 16 bytes) of a record
 * that was zeroed. At the end there may be a header alone, with nothing but
 * blank flash behind it.
 */
static bool check_segment(struct box *box, uint32_t start, uint32_t size)
{
	const uint8_t *p = box->nor->bits;
	uint32_t at = start + 32, n, torn = 0;

	while (at < start + size) {
		if ((n = record_at(box, at))) {
			if (!is_firm(box, at, 44) ||
			    !is_firm(box, at + 48, n - 48))
				return box_wrong(box, "record at %u is torn",
						 at);
		} else if ((n = cell_at(box, at))) {
			if (!is_firm(box, at, n))
				return box_wrong(box, "cell at %u is torn",
						 at);
		} else {
			n = 16;
			if (is_lone_header(p + at, start + size - at))
				return true;
			if (!is_all(p + at, 0xff) && !is_all(p + at, 0))
				return box_wrong(box, "bytes left at %u", at);
			torn = is_all(p + at, 0) && !is_firm(box, at, n) ?
			       torn + 1 : 0;
			if (torn > 3)
				return box_wrong(box, "zeros at %u are torn",
						 at);
		}
		at += n;
	}
	return true;
}

/* The segment size is what the first header says. */
static bool check_image(struct box *box)
{
	const struct flash *f = &box->nor->flash;
	const uint8_t *p = box->nor->bits;
	uint32_t size = 0;

	for (uint32_t at = 0; at < f->size && !size; at += f->sector_size)
		if (is_header(box, at))
			size = le32(p + at + 4) * le32(p + at + 8);
	if (!size)
		return box_wrong(box, "no header");
	for (uint32_t at = 0; at + size <= f->size; at += size) {
		bool live = false;

		/* A torn erase leaves anything, and no record. */
		for (uint32_t i = 32; i < size; i += 16)
			live |= record_at(box, at + i) || cell_at(box, at + i);
		if (!live && !is_header(box, at))
			continue;
		if (!check_segment(box, at, size))
			return false;
	}
	return true;
}

bool box_check(struct box *box, bool image)
{
	bool ok = check_slots(box) && check_names(box) && check_cells(box) &&
		  check_all_cells(box) && (!image || check_image(box));

	box->next = box->now;
	if (ok && box->nor->misuse)
		ok = box_wrong(box, "a 1 was programmed over a 0");
	return ok;
}
