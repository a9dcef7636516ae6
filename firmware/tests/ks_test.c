// SPDX-License-Identifier: MIT
/*
 * The keystore as its callers see it, with the power on: results, errors,
 * damage, and random lives against a simple model.
 */
#include <stdlib.h>

#include "../keystore/internal.h"
#include "ks_fixture.h"

/* --- the check sum ------------------------------------------------------- */

/* RFC 3720, appendix B.4, whose CRCs are written low byte first. */
static void crc_of_rfc_3720(void)
{
	uint8_t data[32];

	memset(data, 0, sizeof(data));
	EXPECT_EQ(ks_crc(0, data, sizeof(data)), 0x8a9136aa);
	memset(data, 0xff, sizeof(data));
	EXPECT_EQ(ks_crc(0, data, sizeof(data)), 0x62a8ab43);
	for (int i = 0; i < 32; i++)
		data[i] = i;
	EXPECT_EQ(ks_crc(0, data, sizeof(data)), 0x46dd794e);
	for (int i = 0; i < 32; i++)
		data[i] = 31 - i;
	EXPECT_EQ(ks_crc(0, data, sizeof(data)), 0x113fdb5c);
	EXPECT_EQ(ks_crc(ks_crc(0, data, 5), data + 5, 27), 0x113fdb5c);
}

/* --- records ------------------------------------------------------------- */

static void records_come_and_go(void)
{
	uint8_t data[64];
	size_t len = 99;
	uint64_t steps;

	REQUIRE(start(1 * MIB, 4096));
	EXPECT_EQ(ks_read(ks, KS_CLASS_KEY, name_of(1), data, 64, &len),
		  KS_NOT_FOUND);
	EXPECT_EQ(ks_delete(ks, KS_CLASS_KEY, name_of(1)), KS_NOT_FOUND);
	EXPECT_EQ(ks_write(ks, KS_CLASS_KEY, name_of(1), "first", 5, true),
		  KS_OK);
	EXPECT_EQ(ks_write(ks, KS_CLASS_KEY, name_of(1), "again", 5, true),
		  KS_EXISTS);
	EXPECT_EQ(ks_read(ks, KS_CLASS_KEY, name_of(1), data, 4, &len),
		  KS_TOO_LONG);
	EXPECT_EQ(len, 5);
	EXPECT_EQ(ks_read(ks, KS_CLASS_KEY, name_of(1), data, 5, &len), KS_OK);
	EXPECT_MEM(data, "first", 5);
	/* The same name in another class is another record. */
	EXPECT_EQ(ks_write(ks, KS_CLASS_PIN, name_of(1), "other", 5, true),
		  KS_OK);
	EXPECT_EQ(ks_write(ks, KS_CLASS_KEY, name_of(1), "replaced", 8, false),
		  KS_OK);
	EXPECT_EQ(image_find("first", 5), -1);
	steps = nor->steps;
	REQUIRE(remount());
	EXPECT_EQ(nor->steps, steps);
	EXPECT_EQ(ks_read(ks, KS_CLASS_KEY, name_of(1), data, 64, &len), KS_OK);
	EXPECT_EQ(len, 8);
	EXPECT_MEM(data, "replaced", 8);
	EXPECT_EQ(ks_delete(ks, KS_CLASS_KEY, name_of(1)), KS_OK);
	EXPECT_EQ(image_find("replaced", 8), -1);
	EXPECT_EQ(ks_read(ks, KS_CLASS_KEY, name_of(1), data, 64, &len),
		  KS_NOT_FOUND);
	EXPECT_EQ(ks_read(ks, KS_CLASS_PIN, name_of(1), data, 64, &len), KS_OK);
	EXPECT_MEM(data, "other", 5);
	EXPECT_EQ(stats_now().records, 1);
	stop();
}

static void lengths(void)
{
	static const size_t lengths[] = {
		0, 1, 11, 12, 13, 15, 16, 17, 1000, 4096, KS_RECORD_MAX,
	};
	static const uint8_t data[KS_RECORD_MAX + 1];
	const size_t n = sizeof(lengths) / sizeof(*lengths);

	REQUIRE(start(1 * MIB, 4096));
	for (uint32_t i = 0; i < n; i++)
		EXPECT_EQ(put(i, lengths[i]), KS_OK);
	EXPECT_EQ(ks_write(ks, KS_CLASS_KEY, name_of(0), data,
			   KS_RECORD_MAX + 1, false), KS_TOO_LONG);
	EXPECT_EQ(ks_write(ks, 0, name_of(0), data, 1, false), KS_NOT_FOUND);
	EXPECT_EQ(ks_write(ks, 256, name_of(0), data, 1, false), KS_NOT_FOUND);
	for (int pass = 0; pass < 2; pass++) {
		for (uint32_t i = 0; i < n; i++)
			EXPECT(has(i, lengths[i]));
		REQUIRE(remount());
	}
	stop();
}

static void names_in_order(void)
{
	uint8_t name[KS_NAME_SIZE], last[KS_NAME_SIZE];
	const uint8_t *previous = NULL;
	uint64_t rng = 1;
	size_t len;
	int n = 0;

	REQUIRE(start(1 * MIB, 4096));
	for (int i = 0; i < 200; i++)
		EXPECT_EQ(put(nor_random(&rng), 3), KS_OK);
	EXPECT_EQ(ks_write(ks, KS_CLASS_STATE, name_of(0), "x", 1, true),
		  KS_OK);
	while (ks_next(ks, KS_CLASS_KEY, previous, name, &len) == KS_OK) {
		EXPECT_EQ(len, 3);
		EXPECT(!previous || memcmp(previous, name, sizeof(name)) < 0);
		memcpy(last, name, sizeof(name));
		previous = last;
		n++;
	}
	EXPECT_EQ(n, 200);
	/* What follows a name that is not there, and NULL for the length. */
	EXPECT_EQ(ks_next(ks, KS_CLASS_KEY, NULL, name, NULL), KS_OK);
	EXPECT_EQ(ks_next(ks, KS_CLASS_KEY, name, last, NULL), KS_OK);
	EXPECT_EQ(ks_delete(ks, KS_CLASS_KEY, name), KS_OK);
	EXPECT_EQ(ks_next(ks, KS_CLASS_KEY, name, name, NULL), KS_OK);
	EXPECT_MEM(name, last, sizeof(name));
	EXPECT_EQ(ks_next(ks, KS_CLASS_PIN, NULL, name, NULL), KS_NOT_FOUND);
	EXPECT_EQ(ks_next(ks, KS_CLASS_STATE, NULL, name, NULL), KS_OK);
	stop();
}

static void two_steps(void)
{
	const uint8_t *name = name_of(7);
	uint8_t data[16];
	size_t len;

	REQUIRE(start(1 * MIB, 4096));
	EXPECT_EQ(ks_commit(ks), KS_NOT_FOUND);
	EXPECT_EQ(ks_write(ks, KS_CLASS_STATE, name, "old", 3, true), KS_OK);
	EXPECT_EQ(ks_prepare(ks, KS_CLASS_STATE, name, "new!", 4), KS_OK);
	EXPECT_EQ(ks_prepare(ks, KS_CLASS_STATE, name_of(8), "x", 1),
		  KS_EXISTS);
	/* What is prepared cannot be changed under its owner's hands. */
	name = name_of(7);
	EXPECT_EQ(ks_write(ks, KS_CLASS_STATE, name, "x", 1, false),
		  KS_EXISTS);
	EXPECT_EQ(ks_delete(ks, KS_CLASS_STATE, name), KS_EXISTS);
	EXPECT_EQ(ks_read(ks, KS_CLASS_STATE, name, data, 16, &len), KS_OK);
	EXPECT_MEM(data, "old", 3);
	EXPECT_EQ(put(1, 100), KS_OK);
	EXPECT_EQ(ks_commit(ks), KS_OK);
	/*
	 * Nothing that happens between the steps can make the second fail:
	 * records that fill the index (64), or moving.
	 */
	EXPECT_EQ(ks_prepare(ks, KS_CLASS_PIN, name_of(8), "x", 1), KS_OK);
	for (uint32_t i = 0; i < 62; i++)
		EXPECT_EQ(put(100 + i, 1000), KS_OK);
	EXPECT_EQ(ks_commit(ks), KS_OK);
	EXPECT_EQ(stats_now().records, 65);
	EXPECT_EQ(ks_prepare(ks, KS_CLASS_PIN, name_of(8), "y", 1), KS_OK);
	for (uint32_t i = 0; i < 2000; i++)
		EXPECT_EQ(put(100 + i % 62, 1000), KS_OK);
	EXPECT_EQ(ks_commit(ks), KS_OK);
	EXPECT_EQ(ks_read(ks, KS_CLASS_PIN, name_of(8), data, 16, &len), KS_OK);
	name = name_of(7);
	EXPECT_EQ(ks_read(ks, KS_CLASS_STATE, name, data, 16, &len), KS_OK);
	EXPECT_MEM(data, "new!", 4);
	EXPECT_EQ(ks_prepare(ks, KS_CLASS_STATE, name, "bad", 3), KS_OK);
	ks_abandon(ks);
	EXPECT_EQ(image_find("bad", 3), -1);
	EXPECT_EQ(ks_prepare(ks, KS_CLASS_STATE, name, "bad", 3), KS_OK);
	REQUIRE(remount());
	EXPECT_EQ(image_find("bad", 3), -1);
	EXPECT_EQ(ks_read(ks, KS_CLASS_STATE, name, data, 16, &len), KS_OK);
	EXPECT_MEM(data, "new!", 4);
	EXPECT(has(1, 100));
	stop();
}

/* --- cells --------------------------------------------------------------- */

static void cells(void)
{
	uint8_t data[KS_CELL_SIZE], got[KS_CELL_SIZE], owner[KS_NAME_SIZE];
	ks_cell cell[5], next = 0;

	REQUIRE(start(1 * MIB, 4096));
	for (int i = 0; i < 5; i++) {
		model_data(i + 2, data, sizeof(data));
		EXPECT_EQ(ks_cell_write(ks, name_of(i == 2), data, &cell[i]),
			  KS_OK);
		EXPECT(cell[i] && cell[i] % 16 == 0);
	}
	REQUIRE(remount());
	for (int i = 0; i < 5; i++) {
		model_data(i + 2, data, sizeof(data));
		EXPECT_EQ(ks_cell_read(ks, cell[i], owner, got), KS_OK);
		EXPECT_MEM(owner, name_of(i == 2), sizeof(owner));
		EXPECT_MEM(got, data, sizeof(data));
		if (i != 2) {
			next = ks_cell_next(ks, name_of(0), next);
			EXPECT_EQ(next, cell[i]);
		}
	}
	EXPECT_EQ(ks_cell_next(ks, name_of(0), next), 0);
	EXPECT_EQ(ks_cell_next(ks, name_of(1), 0), cell[2]);
	EXPECT_EQ(ks_cell_next(ks, name_of(9), 0), 0);
	model_data(5, data, sizeof(data));
	EXPECT(image_find(data, sizeof(data)) > 0);
	EXPECT_EQ(ks_cell_zero(ks, cell[3]), KS_OK);
	EXPECT_EQ(ks_cell_zero(ks, cell[3]), KS_OK);
	EXPECT_EQ(image_find(data, 8), -1);
	EXPECT_EQ(ks_cell_read(ks, cell[3], owner, got), KS_NOT_FOUND);
	EXPECT_EQ(ks_cell_next(ks, name_of(0), cell[1]), cell[4]);
	/* Places where no cell is. */
	EXPECT_EQ(ks_cell_zero(ks, cell[0] + 16), KS_NOT_FOUND);
	EXPECT_EQ(ks_cell_zero(ks, 0), KS_NOT_FOUND);
	EXPECT_EQ(ks_cell_zero(ks, UINT32_MAX), KS_NOT_FOUND);
	EXPECT_EQ(ks_cell_zero(ks, cell[4] + 10 * 96), KS_NOT_FOUND);
	EXPECT_EQ(ks_cell_read(ks, 1 * MIB - 16, owner, got), KS_NOT_FOUND);
	EXPECT_EQ(stats_now().live, 4 * 96);
	stop();
}

/*
 * A cell's header that was torn reads good at one boot, when the cell is
 * zeroed, and not at the next. What the zeroing had begun must not be
 * programmed over.
 */
static void cells_behind_torn_headers(void)
{
	uint8_t data[KS_CELL_SIZE] = { 1, 2, 3 };
	struct nor *base = nor_new(16384, 1024);
	ks_cell cell = 0, more;

	REQUIRE(base && start(16384, 1024));
	EXPECT_EQ(ks_cell_write(ks, name_of(1), data, &more), KS_OK);
	EXPECT_EQ(ks_cell_write(ks, name_of(0), data, &cell), KS_OK);
	memset(nor->bits + cell + 32, 0xff, KS_CELL_SIZE);
	nor->torn[cell + 4] = ~nor->bits[cell + 4];
	nor_copy(base, nor);
	for (unsigned int step = 1; step < 3 * 16; step++) {
		nor_copy(nor, base);
		REQUIRE(remount());
		nor_cut_at(nor, 1 + step / 16, NOR_TORN, step);
		EXPECT_EQ(ks_cell_zero(ks, cell), KS_FLASH);
		ks_unmount(ks);
		nor_boot(nor, step);
		for (uint32_t i = cell; i < cell + 96; i++)
			nor->bits[i] |= nor->torn[i];
		REQUIRE(ks_mount(&ks, &nor->flash) == KS_OK);
		while ((more = ks_cell_next(ks, name_of(0), 0)))
			EXPECT_EQ(ks_cell_zero(ks, more), KS_OK);
		for (int i = 0; i < 8; i++)
			EXPECT_EQ(ks_cell_write(ks, name_of(1), data, &more),
				  KS_OK);
		EXPECT_EQ(nor->misuse, 0);
	}
	nor_free(base);
	stop();
}

/* A damaged cell cannot be read, but it can be zeroed. */
static void damaged_cells(void)
{
	uint8_t data[KS_CELL_SIZE], owner[KS_NAME_SIZE];
	ks_cell cell[3];

	REQUIRE(start(1 * MIB, 4096));
	for (int i = 0; i < 3; i++) {
		model_data(i + 2, data, sizeof(data));
		EXPECT_EQ(ks_cell_write(ks, name_of(0), data, &cell[i]), KS_OK);
	}
	nor->bits[cell[0] + 40] ^= 1;	/* data */
	nor->bits[cell[1] + 6] ^= 1;	/* header */
	EXPECT_EQ(ks_cell_read(ks, cell[0], owner, data), KS_CORRUPT);
	EXPECT_EQ(ks_cell_read(ks, cell[1], owner, data), KS_NOT_FOUND);
	EXPECT_EQ(ks_cell_zero(ks, cell[1]), KS_OK);
	EXPECT_EQ(ks_cell_next(ks, name_of(0), 0), cell[0]);
	EXPECT_EQ(ks_cell_next(ks, name_of(0), cell[0]), cell[2]);
	EXPECT_EQ(stats_now().live, 2 * 96);
	nor->bits[cell[2] + 6] ^= 1;
	REQUIRE(remount());
	EXPECT_EQ(stats_now().lost, 1);
	EXPECT_EQ(ks_cell_next(ks, name_of(0), cell[0]), 0);
	model_data(4, data, sizeof(data));
	EXPECT_EQ(image_find(data, sizeof(data)), cell[2] + 32);
	EXPECT_EQ(ks_cell_zero(ks, cell[2]), KS_OK);
	EXPECT_EQ(image_find(data, 8), -1);
	EXPECT_EQ(ks_cell_zero(ks, cell[0]), KS_OK);
	stop();
}

/* However much else is written, nothing happens to a live cell's sector. */
static void cells_stay(void)
{
	uint8_t data[KS_CELL_SIZE], got[KS_CELL_SIZE], owner[KS_NAME_SIZE];
	ks_cell cell, other;
	uint32_t erases;

	REQUIRE(start(64 * 256, 256));
	model_data(2, data, sizeof(data));
	EXPECT_EQ(ks_cell_write(ks, name_of(0), data, &cell), KS_OK);
	erases = nor->erases[cell / 256];
	for (int i = 0; i < 2000; i++) {
		EXPECT_EQ(put(i % 7, 60), KS_OK);
		EXPECT_EQ(ks_cell_write(ks, name_of(1), data, &other), KS_OK);
		EXPECT_EQ(ks_cell_zero(ks, other), KS_OK);
		if (i % 100 == 0)
			REQUIRE(remount());
	}
	EXPECT_EQ(nor->erases[cell / 256], erases);
	EXPECT_EQ(ks_cell_read(ks, cell, owner, got), KS_OK);
	EXPECT_MEM(got, data, sizeof(data));
	stop();
}

/* --- damage -------------------------------------------------------------- */

static void rotten_records(void)
{
	uint8_t data[KS_RECORD_MAX];
	size_t len;
	long at;

	REQUIRE(start(1 * MIB, 4096));
	for (int i = 0; i < 10; i++)
		EXPECT_EQ(put(i, 200), KS_OK);
	model_data(3 + 2, data, 200);
	at = image_find(data, 200);
	REQUIRE(at > 0);
	nor->bits[at + 100] ^= 0x10;	/* data of 3 */
	model_data(5 + 2, data, 200);
	at = image_find(data, 200);
	REQUIRE(at > 0);
	nor->bits[at - 20] ^= 0x10;	/* header of 5 */
	model_data(7 + 2, data, 200);
	at = image_find(data, 200);
	REQUIRE(at > 0);
	nor->bits[at + 207] ^= 0x10;	/* seal of 7: no harm */
	REQUIRE(remount());
	EXPECT_EQ(ks_read(ks, KS_CLASS_KEY, name_of(3), data, sizeof(data),
			  &len), KS_CORRUPT);
	EXPECT_EQ(ks_read(ks, KS_CLASS_KEY, name_of(3), data, sizeof(data),
			  &len), KS_CORRUPT);
	EXPECT_EQ(ks_read(ks, KS_CLASS_KEY, name_of(5), data, sizeof(data),
			  &len), KS_NOT_FOUND);
	EXPECT_EQ(stats_now().lost, 2);
	for (int i = 0; i < 10; i++)
		EXPECT(i == 3 || i == 5 || has(i, 200));
	EXPECT_EQ(ks_delete(ks, KS_CLASS_KEY, name_of(3)), KS_OK);
	EXPECT_EQ(put(5, 200), KS_OK);
	REQUIRE(remount());
	EXPECT_EQ(stats_now().records, 9);
	stop();
}

static void foreign_flash(void)
{
	uint8_t *before = malloc(1 * MIB);
	uint64_t rng = 1;

	REQUIRE(before);
	nor = nor_new(1 * MIB, 4096);
	REQUIRE(nor);
	for (int pass = 0; pass < 4; pass++) {
		for (uint32_t i = 0; i < 1 * MIB; i++)
			nor->bits[i] = pass == 0 ? nor_random(&rng) :
				       pass == 1 ? 0 : 0xff;
		if (pass == 2)
			nor->bits[1 * MIB - 1] = 0xfe;
		if (pass == 3)
			memcpy(nor->bits, "\x7f" "ELF", 4);
		memcpy(before, nor->bits, 1 * MIB);
		EXPECT_EQ(ks_mount(&ks, &nor->flash), KS_BAD_FLASH);
		EXPECT(!ks);
		EXPECT_MEM(before, nor->bits, 1 * MIB);
	}
	free(before);
	stop();
}

static void other_geometries(void)
{
	static const struct {
		uint32_t size, sector, unit;
		bool zero;
		int ret;
	} g[] = {
		{ 1 * MIB, 4096, 4, true, KS_OK },
		{ 1 * MIB, 4096, 2, true, KS_OK },
		{ 16 * MIB, 65536, 1, true, KS_OK },
		{ 8 * 256, 256, 1, true, KS_OK },
		{ 1 * MIB, 4096, 8, true, KS_BAD_FLASH },
		{ 1 * MIB, 4096, 3, true, KS_BAD_FLASH },
		{ 1 * MIB, 4096, 0, true, KS_BAD_FLASH },
		{ 1 * MIB, 4096, 1, false, KS_BAD_FLASH },
		{ 7 * 256, 256, 1, true, KS_BAD_FLASH },
		{ 64 * 128, 128, 1, true, KS_BAD_FLASH },
	};

	for (size_t i = 0; i < sizeof(g) / sizeof(*g); i++) {
		nor = nor_new(g[i].size, g[i].sector);
		REQUIRE(nor);
		nor->flash.program_unit = g[i].unit;
		nor->flash.zero_allowed = g[i].zero;
		if (EXPECT_EQ(ks_mount(&ks, &nor->flash), g[i].ret) && ks) {
			EXPECT_EQ(put(1, 51), KS_OK);
			REQUIRE(remount());
			EXPECT(has(1, 51));
			EXPECT_EQ(ks_delete(ks, KS_CLASS_KEY, name_of(1)),
				  KS_OK);
		}
		stop();
	}
	/* A keystore of another geometry is not taken for ours. */
	REQUIRE(start(1 * MIB, 4096));
	EXPECT_EQ(put(1, 51), KS_OK);
	ks_unmount(ks);
	nor->flash.sector_size = 8192;
	EXPECT_EQ(ks_mount(&ks, &nor->flash), KS_BAD_FLASH);
	nor->flash.sector_size = 4096;
	stop();
}

/* The device fails: nothing more is written until the next mount. */
static void failing_device(void)
{
	uint64_t steps;

	REQUIRE(start(8 * 256, 256));
	EXPECT_EQ(put(1, 20), KS_OK);
	EXPECT_EQ(put(2, 20), KS_OK);
	nor->fail_program = true;
	EXPECT_EQ(put(3, 20), KS_FLASH);
	nor->fail_program = false;
	steps = nor->steps;
	EXPECT_EQ(put(3, 20), KS_FLASH);
	EXPECT_EQ(ks_delete(ks, KS_CLASS_KEY, name_of(1)), KS_FLASH);
	EXPECT_EQ(nor->steps, steps);
	EXPECT(has(1, 20));
	REQUIRE(remount());
	EXPECT(has(1, 20) && has(2, 20) && !has(3, 20));
	EXPECT_EQ(put(4, 60), KS_OK);
	nor->fail_erase = true;
	for (int i = 0; i < 20 && put(4, 60) == KS_OK; i++)
		;
	EXPECT_EQ(put(4, 60), KS_FLASH);
	nor->fail_erase = false;
	REQUIRE(remount());
	EXPECT(has(1, 20) && has(2, 20) && has(4, 60));
	EXPECT_EQ(put(5, 60), KS_OK);
	stop();
}

/* A sector that cannot be erased any more is passed over. */
static void worn_sector(void)
{
	uint32_t erases;

	REQUIRE(start(32 * 256, 256));
	EXPECT_EQ(put(1, 20), KS_OK);
	nor->worn = 9;
	for (int i = 0; i < 500; i++) {
		EXPECT_EQ(put(2 + i % 3, 100), KS_OK);
		if (i % 100 == 0)
			REQUIRE(remount());
	}
	EXPECT(has(1, 20) && has(2, 100) && has(3, 100) && has(4, 100));
	erases = nor->erases[9];
	EXPECT(erases > 0 && erases < 10);
	stop();
}

/* --- at random ----------------------------------------------------------- */

static void random_lives(void)
{
	static const enum op_kind kinds[] = {
		OP_WRITE, OP_WRITE, OP_WRITE, OP_WRITE_NEW, OP_DELETE,
		OP_COMMIT, OP_ABANDON, OP_CELL_WRITE, OP_CELL_ZERO, OP_REMOUNT,
		OP_CELLS_WRITE, OP_CELLS_ZERO,
	};
	const size_t n = sizeof(kinds) / sizeof(*kinds);

	for (uint64_t seed = 1; seed <= 8; seed++) {
		struct box box = { .nor = nor_new(32 * 256 * seed, 256) };
		uint64_t rng = seed;

		REQUIRE(box.nor && box_mount(&box, 1) == KS_OK);
		for (int i = 0; i < 1200; i++) {
			struct op op = { .kind = kinds[nor_random(&rng) % n] };

			op.slot = nor_random(&rng) %
				  (op.kind == OP_CELL_WRITE ||
				   op.kind == OP_CELL_ZERO ? MODEL_CELLS : 40);
			op.len = nor_random(&rng) % 120;
			if (op.kind >= OP_CELLS_WRITE && op.kind <= OP_CELLS_ZERO) {
				op.slot %= 3;
				op.len %= MODEL_CELLS / 3 + 1;
			}
			box_do(&box, &op);
			if (i % 16 && i < 1190)
				continue;
			if (!EXPECT(box_check(&box, true))) {
				printf("# life %d, %d: %s\n", (int)seed, i,
				       box.why);
				break;
			}
		}
		box_unmount(&box);
		nor_free(box.nor);
	}
}

int main(void)
{
	RUN(crc_of_rfc_3720);
	RUN(records_come_and_go);
	RUN(lengths);
	RUN(names_in_order);
	RUN(two_steps);
	RUN(cells);
	RUN(cells_behind_torn_headers);
	RUN(damaged_cells);
	RUN(cells_stay);
	RUN(rotten_records);
	RUN(foreign_flash);
	RUN(other_geometries);
	RUN(failing_device);
	RUN(worn_sector);
	RUN(random_lives);
	return tap_done();
}
