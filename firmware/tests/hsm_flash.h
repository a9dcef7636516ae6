/* SPDX-License-Identifier: MIT */
/*
 * The flash of the HSM in a box: one emulated NOR that is blanked for each
 * test.
 */
#ifndef TESTS_HSM_FLASH_H
#define TESTS_HSM_FLASH_H

#include "nor.h"

/* Blank, 1 MiB in sectors of 4 KiB. The one before is gone. */
struct flash *hsm_flash_blank(void);
/* The same, of @size bytes. */
struct flash *hsm_flash_blank_of(uint32_t size);
struct nor *hsm_flash_nor(void);
/* Programs and erases since it was blank. */
uint64_t hsm_flash_writes(void);

#endif /* TESTS_HSM_FLASH_H */
