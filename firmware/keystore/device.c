// SPDX-License-Identifier: MIT
/*
 * Access to the flash. Whatever is programmed is read back: NOR that cannot
 * clear a bit any more must not cost a record.
 */
#include "internal.h"

#define CLEAR_CHUNK 256

static int dev_fail(struct keystore *ks)
{
	ks->broken = true;
	return KS_FLASH;
}

int dev_read(struct keystore *ks, uint32_t pos, void *data, uint32_t len)
{
	/* A failed read breaks nothing: nothing has changed. */
	if (ks->flash->ops->read(ks->flash, pos, data, len))
		return KS_FLASH;
	return KS_OK;
}

/* What is zeroed later must not stay in memory: the buffer is cleared. */
static int dev_compare(struct keystore *ks, uint32_t pos, const uint8_t *data,
		       uint32_t len)
{
	while (len) {
		uint32_t n = len < CHUNK ? len : CHUNK;
		bool same = !dev_read(ks, pos, ks->chunk, n) &&
			    !memcmp(ks->chunk, data, n);

		explicit_bzero(ks->chunk, n);
		if (!same)
			return dev_fail(ks);
		pos += n;
		data += n;
		len -= n;
	}
	return KS_OK;
}

int dev_program(struct keystore *ks, uint32_t pos, const void *data,
		uint32_t len)
{
	const struct flash *f = ks->flash;
	uint32_t whole = len / f->program_unit * f->program_unit;
	uint8_t tail[GRANULE];

	if (ks->broken)
		return KS_FLASH;
	if (whole && f->ops->program(ks->flash, pos, data, whole))
		return dev_fail(ks);
	if (whole < len) {
		memset(tail, 0xff, sizeof(tail));
		memcpy(tail, (const uint8_t *)data + whole, len - whole);
		if (f->ops->program(ks->flash, pos + whole, tail,
				    f->program_unit))
			return dev_fail(ks);
	}
	return MUTATED(MUT_NO_READ_BACK) ? KS_OK :
					   dev_compare(ks, pos, data, len);
}

int dev_zero(struct keystore *ks, uint32_t pos, uint32_t len)
{
	static const uint8_t zeros[CLEAR_CHUNK];

	while (len) {
		uint32_t n = len < CLEAR_CHUNK ? len : CLEAR_CHUNK;
		int ret = dev_program(ks, pos, zeros, n);

		if (ret)
			return ret;
		pos += n;
		len -= n;
	}
	return KS_OK;
}

int dev_erase(struct keystore *ks, uint32_t pos)
{
	if (ks->broken)
		return KS_FLASH;
	if (ks->flash->ops->erase(ks->flash, pos))
		return dev_fail(ks);
	return dev_is_all(ks, pos, ks->flash->sector_size, 0xff) ? KS_OK :
								   KS_CORRUPT;
}

int dev_sync(struct keystore *ks)
{
	if (ks->broken || ks->flash->ops->sync(ks->flash))
		return dev_fail(ks);
	return KS_OK;
}

bool dev_is_all(struct keystore *ks, uint32_t pos, uint32_t len, uint8_t value)
{
	while (len) {
		uint32_t n = len < CHUNK ? len : CHUNK;

		/* The first byte is right, and each equals the one before. */
		if (dev_read(ks, pos, ks->chunk, n) || ks->chunk[0] != value ||
		    memcmp(ks->chunk, ks->chunk + 1, n - 1)) {
			explicit_bzero(ks->chunk, n);
			return false;
		}
		pos += n;
		len -= n;
	}
	return true;
}
