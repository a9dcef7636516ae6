// SPDX-License-Identifier: MIT
#include "hsm_flash.h"

#include <stdlib.h>

#define SECTOR	4096

static struct nor *nor;

struct flash *hsm_flash_blank_of(uint32_t size)
{
	nor_free(nor);
	nor = nor_new(size, SECTOR);
	if (!nor)
		abort();
	return &nor->flash;
}

struct flash *hsm_flash_blank(void)
{
	return hsm_flash_blank_of(1 << 20);
}

struct nor *hsm_flash_nor(void)
{
	return nor;
}

uint64_t hsm_flash_writes(void)
{
	return nor->steps;
}
