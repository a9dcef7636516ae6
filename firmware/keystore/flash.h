/* SPDX-License-Identifier: MIT */
/*
 * NOR flash, as the keystore sees it.
 *
 * Bits are 1 after an erase of a whole sector and can only be cleared by a
 * program. A power cut in the middle of either leaves the bits that were
 * changing undefined: they may read differently at each boot.
 */
#ifndef KEYSTORE_FLASH_H
#define KEYSTORE_FLASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct flash;

/*
 * Each returns 0, or -1 if the device failed. Offsets and lengths are in
 * bytes and within the device; program takes any length at any offset that is
 * a multiple of program_unit; erase takes the offset of a sector. sync returns
 * once all that was programmed and erased before is durable. None is called
 * by two threads at once.
 */
struct flash_ops {
	int (*read)(struct flash *f, uint32_t offset, void *data, size_t len);
	int (*program)(struct flash *f, uint32_t offset, const void *data,
		       size_t len);
	int (*erase)(struct flash *f, uint32_t offset);
	int (*sync)(struct flash *f);
};

struct flash {
	const struct flash_ops *ops;
	uint32_t size;		/* bytes, a multiple of sector_size */
	uint32_t sector_size;	/* bytes, the unit of erasing */
	uint32_t program_unit;	/* bytes, 1 for plain NOR */
	bool zero_allowed;	/* programmed bytes may be cleared to zero */
};

#endif /* KEYSTORE_FLASH_H */
