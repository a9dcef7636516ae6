/* SPDX-License-Identifier: MIT */
/*
 * A keystore on emulated flash, and records whose bytes follow from their
 * number, for test programs in one file each.
 */
#ifndef TESTS_KS_FIXTURE_H
#define TESTS_KS_FIXTURE_H

#include "ks_model.h"
#include "tap.h"

#define MIB (1024 * 1024)

static struct nor *nor;
static struct keystore *ks;

static inline bool start(uint32_t size, uint32_t sector_size)
{
	nor = nor_new(size, sector_size);
	return EXPECT(nor) && EXPECT_EQ(ks_mount(&ks, &nor->flash), KS_OK);
}

static inline bool remount(void)
{
	ks_unmount(ks);
	ks = NULL;
	return EXPECT_EQ(ks_mount(&ks, &nor->flash), KS_OK);
}

static inline void stop(void)
{
	ks_unmount(ks);
	ks = NULL;
	EXPECT_EQ(nor->misuse, 0);
	nor_free(nor);
	nor = NULL;
}

/* A name that sorts by @n. */
static inline const uint8_t *name_of(uint32_t n)
{
	static uint8_t name[KS_NAME_SIZE];

	memset(name, 0x5a, sizeof(name));
	name[0] = n >> 24;
	name[1] = n >> 16;
	name[2] = n >> 8;
	name[3] = n;
	return name;
}

static inline int put(uint32_t n, size_t len)
{
	uint8_t data[KS_RECORD_MAX];

	model_data(n + 2, data, len);
	return ks_write(ks, KS_CLASS_KEY, name_of(n), data, len, false);
}

static inline bool has(uint32_t n, size_t want_len)
{
	uint8_t data[KS_RECORD_MAX], want[KS_RECORD_MAX];
	size_t len = 0;

	model_data(n + 2, want, want_len);
	return ks_read(ks, KS_CLASS_KEY, name_of(n), data, sizeof(data),
		       &len) == KS_OK &&
	       len == want_len && !memcmp(data, want, len);
}

static inline struct ks_stats stats_now(void)
{
	struct ks_stats stats;

	ks_stats(ks, &stats);
	return stats;
}

/* Where these bytes are in the image; -1: nowhere. */
static inline long image_find(const void *data, size_t len)
{
	const uint8_t *at = memmem(nor->bits, nor->flash.size, data, len);

	return at ? at - nor->bits : -1;
}

#endif /* TESTS_KS_FIXTURE_H */
