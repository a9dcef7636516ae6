// SPDX-License-Identifier: MIT
/*
 * Fuzz target: mounting a flash that holds anything.
 *
 * An input is a list of steps on a small flash: work of a keystore that gives
 * it a past, power cuts, and damage, also such that has its check sums right.
 * Each step is four bytes: what, and a, b, c. Then whatever there is must be
 * mounted or refused; what is mounted can be walked, read and used, and what
 * use has made of it can be mounted again and holds the same records.
 */
#include <stdio.h>
#include <stdlib.h>

#include "../../firmware/keystore/internal.h"
#include "../../firmware/tests/nor.h"

#define SECTOR		256
#define SECTORS		24
#define SIZE		(SECTOR * SECTORS)
#define STEPS_MAX	96
#define NAMES		8

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(met)							       \
	do {								       \
		if (!(met)) {						       \
			fprintf(stderr, "fuzz_flash: not so: %s (line %d)\n",  \
				#met, __LINE__);			       \
			abort();					       \
		}							       \
	} while (0)

static struct nor *nor;
static struct keystore *ks;
static bool damaged;		/* by other than power cuts */

/* --- a past --------------------------------------------------------------------- */

static void mount(void)
{
	if (!ks && ks_mount(&ks, &nor->flash))
		ks = NULL;
}

static void unmount(void)
{
	ks_unmount(ks);
	ks = NULL;
}

static const uint8_t *name_of(uint8_t n)
{
	static uint8_t name[KS_NAME_SIZE];

	memset(name, 'a' + n % NAMES, sizeof(name));
	return name;
}

static const uint8_t *data_of(uint8_t n)
{
	static uint8_t data[KS_RECORD_MAX];

	memset(data, n, 1024);
	return data;
}

static void use_cells(uint8_t what, uint8_t n)
{
	uint8_t owner[KS_NAME_SIZE], data[KS_CELL_SIZE];
	ks_cell cell = 0;

	if (what % 4 == 0) {
		ks_cell_write(ks, name_of(n), data_of(n), &cell);
		return;
	}
	/* the what-th of this owner */
	do
		cell = ks_cell_next(ks, name_of(n), cell);
	while (cell && what-- > 8);
	if (cell && what % 2)
		ks_cell_zero(ks, cell);
	else if (cell)
		ks_cell_read(ks, cell, owner, data);
}

static void use(uint8_t what, uint8_t a, uint8_t b, uint8_t c)
{
	enum ks_class class = 1 + a / NAMES % 4;
	size_t len = b * 4;

	mount();
	if (!ks)
		return;
	if (what == 0) {
		ks_write(ks, class, name_of(a), data_of(c), len, c % 8 == 0);
	} else if (what == 1) {
		ks_delete(ks, class, name_of(a));
	} else if (what == 2) {
		use_cells(b, a);
	} else if (!ks_prepare(ks, class, name_of(a), data_of(c), len)) {
		if (c % 2)
			ks_commit(ks);
		else
			ks_abandon(ks);
	}
}

/* --- damage --------------------------------------------------------------------- */

static uint32_t place(uint8_t a, uint8_t b)
{
	return (a << 8 | b) % SIZE;
}

/* A header of an entry or a segment, if one is there, with its sum right. */
static void mend_sum(uint32_t pos)
{
	uint8_t *h = nor->bits + pos;
	uint8_t le[4];

	put_le32(le, pos);
	if (pos % GRANULE || pos + RECORD_HEADER > SIZE)
		return;
	if (pos % SECTOR == 0 && get_le32(h) == SEGMENT_MAGIC)
		put_le32(h + 20, ks_crc(ks_crc(0, le, 4), h, 20));
	else if ((h[0] | h[1] << 8) == RECORD_MAGIC)
		put_le32(h + 36, ks_crc(ks_crc(0, le, 4), h, 36));
}

/* The sum over the data of the record at @pos. */
static void mend_data_sum(uint32_t pos)
{
	uint8_t *h = nor->bits + pos;
	uint32_t len;

	if (pos % GRANULE || pos + RECORD_HEADER > SIZE)
		return;
	len = get_le32(h + 28);
	if (len <= SIZE - pos - RECORD_HEADER)
		put_le32(h + 32, ks_crc(0, h + RECORD_HEADER, len));
	mend_sum(pos);
}

static void damage(uint8_t what, uint8_t a, uint8_t b, uint8_t c)
{
	uint32_t pos = place(a, b), granule = pos / GRANULE * GRANULE;
	uint32_t to = place(c, a) / GRANULE * GRANULE;

	unmount();
	damaged = true;
	if (what == 0) {
		nor->bits[pos] = c;
	} else if (what == 1) {		/* a field of a header */
		nor->bits[pos] = c;
		mend_sum(pos / GRANULE * GRANULE);
		if (granule >= 2 * GRANULE)
			mend_sum(granule - 2 * GRANULE);
		if (granule >= GRANULE)
			mend_sum(granule - GRANULE);
	} else if (what == 2) {		/* a piece, elsewhere */
		if (to + 8 * GRANULE <= SIZE && granule + 8 * GRANULE <= SIZE)
			memmove(nor->bits + to, nor->bits + granule,
				8 * GRANULE);
		mend_sum(to);
	} else if (what == 3) {
		mend_data_sum(granule);
	} else {
		memset(nor->bits + granule, c & 1 ? 0xff : 0, GRANULE);
	}
}

static void cut_power(uint8_t a, uint8_t b)
{
	mount();
	nor_cut_at(nor, 1 + a, b % 3, b);
}

static void step(const uint8_t *s)
{
	uint8_t what = s[0] % 12;

	if (what < 4) {
		use(what, s[1], s[2], s[3]);
	} else if (what < 6) {
		unmount();
		nor_boot(nor, s[1]);
	} else if (what == 6) {
		cut_power(s[1], s[2]);
	} else {
		damage(what - 7, s[1], s[2], s[3]);
	}
}

/* --- what is left ----------------------------------------------------------------- */

struct census {
	unsigned int records, good;
	uint32_t sum;		/* of classes, names and data */
};

/* Walk over all there is; an order that goes on and ends. */
static struct census count(void)
{
	static uint8_t data[KS_RECORD_MAX];
	uint8_t name[KS_NAME_SIZE], last[KS_NAME_SIZE];
	struct census census = { 0 };
	size_t len, read_len;

	for (int class = 1; class < 256; class++) {
		const uint8_t *previous = NULL;

		while (!ks_next(ks, class, previous, name, &len)) {
			int ret = ks_read(ks, class, name, data, sizeof(data),
					  &read_len);

			CHECK(!previous || memcmp(last, name, 16) < 0);
			CHECK(ret == KS_OK || ret == KS_CORRUPT);
			CHECK(len <= KS_RECORD_MAX);
			census.records++;
			census.sum += class + ks_crc(0, name, sizeof(name));
			if (ret == KS_OK) {
				CHECK(read_len == len);
				census.good++;
				census.sum += ks_crc(1, data, len);
			}
			memcpy(last, name, sizeof(last));
			previous = last;
		}
	}
	return census;
}

static void check_cells(void)
{
	uint8_t owner[KS_NAME_SIZE], data[KS_CELL_SIZE];

	for (uint8_t n = 0; n < NAMES; n++) {
		ks_cell cell = 0, next;

		while ((next = ks_cell_next(ks, name_of(n), cell)) != 0) {
			CHECK(next > cell);
			cell = next;
			if (!ks_cell_read(ks, cell, owner, data))
				CHECK(!memcmp(owner, name_of(n),
					      sizeof(owner)));
		}
	}
}

static void check_use(void)
{
	static const uint8_t name[KS_NAME_SIZE] = "a new one";
	uint8_t data[64];
	size_t len;
	int ret = ks_write(ks, KS_CLASS_KEY, name, data_of(7), sizeof(data),
			   false);

	CHECK(ret == KS_OK || ret == KS_FULL);
	if (ret)
		return;
	CHECK(!ks_read(ks, KS_CLASS_KEY, name, data, sizeof(data), &len));
	CHECK(len == sizeof(data) && !memcmp(data, data_of(7), len));
	CHECK(!ks_delete(ks, KS_CLASS_KEY, name));
	CHECK(ks_read(ks, KS_CLASS_KEY, name, data, sizeof(data), &len) ==
	      KS_NOT_FOUND);
}

static void check(void)
{
	struct census first, second;
	int ret;

	unmount();
	nor_boot(nor, 1);
	ret = ks_mount(&ks, &nor->flash);
	CHECK(ret == KS_OK || ret == KS_BAD_FLASH);
	/* a power cut alone is no reason not to mount */
	CHECK(ret == KS_OK || damaged);
	if (ret) {
		ks = NULL;
		return;
	}
	first = count();
	check_cells();
	check_use();
	unmount();
	nor_boot(nor, 2);
	CHECK(!ks_mount(&ks, &nor->flash));
	second = count();
	CHECK(first.records == second.records && first.good == second.good &&
	      first.sum == second.sum);
	CHECK(damaged || first.good == first.records);
	unmount();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	nor = nor_new(SIZE, SECTOR);
	CHECK(nor);
	damaged = false;
	for (size_t i = 0; i < STEPS_MAX && 4 * i + 4 <= size; i++)
		step(data + 4 * i);
	check();
	nor_free(nor);
	nor = NULL;
	return 0;
}
