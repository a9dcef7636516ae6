// SPDX-License-Identifier: MIT
/* Many cells at once, whoever's; where they are few; records that have rotted. */
#include "ks_fixture.h"

#define MANY	40

static uint8_t data[MANY][KS_CELL_SIZE];
static ks_cell cell[MANY];

static void draw(uint32_t version)
{
	for (unsigned int i = 0; i < MANY; i++)
		model_data(version * MANY + i + 2, data[i], KS_CELL_SIZE);
	/* Neither blank nor zeros, which are everywhere. */
	for (unsigned int i = 0; i < MANY; i++)
		data[i][0] = 0xa5;
}

static int write_some(uint32_t owner, unsigned int count, bool replace)
{
	return ks_cells_write(ks, name_of(owner),
			      (const uint8_t (*)[KS_CELL_SIZE])data, count,
			      replace, cell);
}

static void many_at_once(void)
{
	uint8_t owner[KS_NAME_SIZE], got[KS_CELL_SIZE];
	uint64_t syncs;

	REQUIRE(start(MIB, 4096));
	draw(1);
	EXPECT_EQ(write_some(5, 0, false), KS_OK);
	EXPECT_EQ(write_some(5, MANY, false), KS_OK);
	for (unsigned int i = 0; i < MANY; i++) {
		EXPECT_EQ(ks_cell_read(ks, cell[i], owner, got), KS_OK);
		EXPECT_MEM(got, data[i], KS_CELL_SIZE);
		EXPECT_MEM(owner, name_of(5), KS_NAME_SIZE);
	}
	REQUIRE(remount());
	EXPECT_EQ(stats_now().cells, MANY);
	EXPECT_EQ(stats_now().cell_segments, 1);
	EXPECT_EQ(stats_now().cells_fit, (20480 - 32) / 96);
	/* One that is not there: nothing happens to the others. */
	cell[MANY - 1] += 16;
	EXPECT_EQ(ks_cells_zero(ks, cell, MANY), KS_NOT_FOUND);
	EXPECT_EQ(stats_now().cells, MANY);
	EXPECT_EQ(ks_cell_read(ks, cell[0], owner, got), KS_OK);
	cell[MANY - 1] -= 16;
	/* Zeroed ones are fine. */
	EXPECT_EQ(ks_cell_zero(ks, cell[3]), KS_OK);
	syncs = nor->syncs;
	EXPECT_EQ(ks_cells_zero(ks, cell, MANY), KS_OK);
	EXPECT_EQ(nor->syncs - syncs, 3);
	EXPECT_EQ(stats_now().cells, 0);
	EXPECT_EQ(stats_now().cell_segments, 0);
	for (unsigned int i = 0; i < MANY; i++)
		EXPECT_EQ(image_find(data[i], KS_CELL_SIZE), -1);
	stop();
}

static void all_or_none(void)
{
	uint32_t count = 0, before;

	REQUIRE(start(12 * 512, 512));
	for (uint32_t n = 0; !put(n, 100); n++)
		;
	draw(1);
	while (!write_some(count, 1, false))
		count++;
	/* A replacement has some of the reserve, and not all of it. */
	before = stats_now().cells;
	EXPECT_EQ(write_some(900, MANY, true), KS_FULL);
	EXPECT_EQ(stats_now().cells, before);
	for (unsigned int i = 0; i < MANY; i++)
		EXPECT_EQ(cell[i], 0);
	EXPECT_EQ(ks_cell_next(ks, name_of(900), 0), 0);
	EXPECT_EQ(write_some(901, 5, true), KS_OK);
	REQUIRE(remount());
	EXPECT_EQ(stats_now().cells, before + 5);
	stop();
}

static void whoevers(void)
{
	uint8_t owner[KS_NAME_SIZE];
	unsigned int seen[3] = { 0 };

	REQUIRE(start(MIB, 4096));
	for (uint32_t i = 0; i < 3; i++) {
		draw(i);
		EXPECT_EQ(write_some(i, 4 + i, false), KS_OK);
	}
	EXPECT_EQ(ks_cell_at(ks, 15, owner), 0);
	for (uint32_t n = stats_now().cells; n > 0; n--) {
		ks_cell at = ks_cell_at(ks, n - 1, owner);

		REQUIRE(at && owner[3] < 3);
		seen[owner[3]]++;
		if (owner[3] == 1)
			EXPECT_EQ(ks_cell_zero(ks, at), KS_OK);
	}
	for (uint32_t i = 0; i < 3; i++)
		EXPECT_EQ(seen[i], 4 + i);
	EXPECT_EQ(stats_now().cells, 10);
	EXPECT_EQ(ks_cell_next(ks, name_of(1), 0), 0);
	/* Its header rots. */
	nor->bits[ks_cell_at(ks, 4, owner) + 9] ^= 4;
	EXPECT_EQ(ks_cell_at(ks, 4, owner), 0);
	stop();
}

static void where_they_are_few(void)
{
	ks_cell first[8], sparse;
	unsigned int fit;

	REQUIRE(start(MIB, 4096));
	EXPECT_EQ(ks_cell_emptiest(ks), 0);
	fit = stats_now().cells_fit;
	/* Four segments and a little; of the second one in ten stays, of the
	 * third two. */
	for (unsigned int i = 0; i < 4 * fit + 3; i++) {
		unsigned int seg = i / fit, nth = i % fit;

		draw(i);
		REQUIRE(!write_some(seg, 1, false));
		if (nth == 0)
			first[seg] = cell[0];
		if ((seg == 1 && nth % 10) || (seg == 2 && nth % 10 > 1))
			EXPECT_EQ(ks_cell_zero(ks, cell[0]), KS_OK);
	}
	EXPECT_EQ(ks_cell_share(ks, first[0]), 100);
	EXPECT_EQ(ks_cell_share(ks, first[1]), (fit / 10 + 1) * 100 / fit);
	EXPECT(ks_cell_share(ks, first[2]) > 15);
	EXPECT_EQ(ks_cell_share(ks, first[4]), 100);	/* is being filled */
	sparse = ks_cell_emptiest(ks);
	EXPECT(ks_cell_together(ks, sparse, first[1]));
	EXPECT(!ks_cell_together(ks, sparse, first[2]));
	/* After a mount the one with the longest tail is filled on. */
	REQUIRE(remount());
	EXPECT_EQ(ks_cell_share(ks, first[4]), 100);
	EXPECT(ks_cell_together(ks, ks_cell_emptiest(ks), first[1]));
	while ((sparse = ks_cell_next(ks, name_of(1), 0)))
		EXPECT_EQ(ks_cell_zero(ks, sparse), KS_OK);
	EXPECT(ks_cell_together(ks, ks_cell_emptiest(ks), first[2]));
	while ((sparse = ks_cell_next(ks, name_of(2), 0)))
		EXPECT_EQ(ks_cell_zero(ks, sparse), KS_OK);
	EXPECT_EQ(ks_cell_emptiest(ks), 0);
	EXPECT_EQ(stats_now().cell_segments, 3);
	stop();
}

static void rotten_records(void)
{
	uint8_t want[100], got[100];
	size_t len = 0;
	long at;

	REQUIRE(start(MIB, 4096));
	EXPECT_EQ(put(1, 100), KS_OK);
	model_data(3, want, 100);
	at = image_find(want, 100);
	REQUIRE(at > 0);
	EXPECT_EQ(ks_read_rotten(ks, KS_CLASS_KEY, name_of(1), got, 100, &len),
		  KS_OK);
	EXPECT_MEM(got, want, 100);
	nor->bits[at + 7] ^= 8;
	EXPECT_EQ(ks_read(ks, KS_CLASS_KEY, name_of(1), got, 100, &len),
		  KS_CORRUPT);
	EXPECT_EQ(got[0] | got[99], 0);
	EXPECT_EQ(ks_read_rotten(ks, KS_CLASS_KEY, name_of(1), got, 100, &len),
		  KS_CORRUPT);
	EXPECT_EQ(len, 100);
	want[7] ^= 8;
	EXPECT_MEM(got, want, 100);
	EXPECT_EQ(stats_now().lost, 1);
	EXPECT_EQ(ks_read_rotten(ks, KS_CLASS_KEY, name_of(1), got, 99, &len),
		  KS_TOO_LONG);
	EXPECT_EQ(ks_read_rotten(ks, KS_CLASS_KEY, name_of(2), got, 99, &len),
		  KS_NOT_FOUND);
	/* Whose header has gone meanwhile gives nothing. */
	nor->bits[at - 48 + 20] ^= 1;
	EXPECT_EQ(ks_read_rotten(ks, KS_CLASS_KEY, name_of(1), got, 100, &len),
		  KS_CORRUPT);
	EXPECT_EQ(got[0] | got[7] | got[99], 0);
	stop();
}

int main(void)
{
	RUN(many_at_once);
	RUN(all_or_none);
	RUN(whoevers);
	RUN(where_they_are_few);
	RUN(rotten_records);
	return tap_done();
}
