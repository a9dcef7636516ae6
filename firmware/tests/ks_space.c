// SPDX-License-Identifier: MIT
/*
 * What fits in a keystore, what can be done when nothing fits any more, and
 * how evenly it wears the flash.
 */
#include <time.h>

#include "ks_fixture.h"

/* --- space --------------------------------------------------------------- */

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

/* The mount's bound is loose: sanitizers and a busy machine are slow. */
static void capacity(uint32_t size, uint32_t count, uint32_t len)
{
	struct ks_stats stats;
	double begin;

	REQUIRE(start(size, 4096));
	for (uint32_t i = 0; i < count; i++)
		if (!EXPECT_EQ(put(i, len), KS_OK))
			break;
	begin = now();
	REQUIRE(remount());
	EXPECT(now() - begin < 5);
	stats = stats_now();
	EXPECT_EQ(stats.records, count);
	EXPECT_EQ(stats.lost, 0);
	for (uint32_t i = 0; i < count; i += 97)
		EXPECT(has(i, len));
	printf("# %u records of %u bytes in %u KiB: %u live, %u free, mounted "
	       "in %.0f ms\n", count, len, size / 1024, stats.live, stats.free,
	       1000 * (now() - begin));
	stop();
}

static void ec_keys_8000(void)
{
	capacity(16 * MIB, 8000, 350);
}

static void rsa_keys_5000(void)
{
	capacity(16 * MIB, 5000, 1700);
}

static void small_part_2000_ec_keys(void)
{
	capacity(4 * MIB, 2000, 350);
}

static void long_records_600(void)
{
	capacity(16 * MIB, 600, KS_RECORD_MAX);
}

/* Fill it, and see what can and cannot be done then. */
static void full_flash(uint32_t sector_size, uint32_t len)
{
	uint32_t n = 0, live, steps;
	int ret;

	REQUIRE(start(64 * sector_size, sector_size));
	while ((ret = put(n, len)) == KS_OK)
		n++;
	EXPECT_EQ(ret, KS_FULL);
	EXPECT_EQ(stats_now().records, n);
	live = stats_now().live;
	/* Nothing changes, and after once around nothing wears. */
	EXPECT_EQ(put(n, len), KS_FULL);
	steps = nor->steps;
	EXPECT_EQ(put(n, len), KS_FULL);
	EXPECT_EQ(nor->steps, steps);
	EXPECT_EQ(stats_now().live, live);
	/* Replacing goes on for ever: PIN counters must count. */
	for (uint32_t i = 0; i < 500; i++)
		if (!EXPECT_EQ(put(i % n, len), KS_OK))
			break;
	REQUIRE(remount());
	for (uint32_t i = 0; i < n; i++)
		EXPECT(has(i, len));
	EXPECT_EQ(put(n, len), KS_FULL);
	for (uint32_t i = 0; i < n; i++)
		EXPECT_EQ(ks_delete(ks, KS_CLASS_KEY, name_of(i)), KS_OK);
	EXPECT_EQ(stats_now().records, 0);
	EXPECT_EQ(stats_now().live, 0);
	for (uint32_t i = 0; i < n; i++)
		EXPECT_EQ(put(i, len), KS_OK);
	stop();
}

static void full_of_short_records(void)
{
	full_flash(256, 20);
}

static void full_of_middling_records(void)
{
	full_flash(4096, 1700);
}

static void full_of_records_that_waste(void)
{
	full_flash(4096, 9000);
}

/* --- wear ---------------------------------------------------------------- */

/* Half of the flash never changes; a few records always do. */
static void wear_is_levelled(void)
{
	uint32_t least = UINT32_MAX, most = 0, sectors = 32;
	struct ks_stats stats;
	uint64_t total = 0;

	REQUIRE(start(sectors * 256, 256));
	for (uint32_t i = 0; i < 20; i++)
		EXPECT_EQ(put(i, 60), KS_OK);
	for (int i = 0; i < 30000; i++) {
		if (!EXPECT_EQ(put(100 + i % 3, 60), KS_OK))
			break;
		if (i % 1000 == 0)
			REQUIRE(remount());
	}
	for (uint32_t i = 0; i < sectors; i++) {
		total += nor->erases[i];
		if (nor->erases[i] < least)
			least = nor->erases[i];
		if (nor->erases[i] > most)
			most = nor->erases[i];
	}
	printf("# erases: least %u, most %u\n", least, most);
	EXPECT(most - least <= 128);
	stats = stats_now();
	EXPECT_EQ(stats.erases_max, most);
	EXPECT_EQ(stats.erases_total, total);
	for (uint32_t i = 0; i < 20; i++)
		EXPECT(has(i, 60));
	stop();
}

int main(void)
{
	RUN(ec_keys_8000);
	RUN(rsa_keys_5000);
	RUN(small_part_2000_ec_keys);
	RUN(long_records_600);
	RUN(full_of_short_records);
	RUN(full_of_middling_records);
	RUN(full_of_records_that_waste);
	RUN(wear_is_levelled);
	return tap_done();
}
