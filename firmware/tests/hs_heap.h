/* SPDX-License-Identifier: MIT */
/*
 * All that a test program holds on the heap, so that it can be searched.
 * Linked with HS_HEAP_WRAP (firmware/build.mk), which sends malloc, calloc,
 * realloc and free here.
 */
#ifndef TESTS_HS_HEAP_H
#define TESTS_HS_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All zero, never listed; free() it. NULL: no memory. */
void *hs_heap_hidden(size_t size);
/* While set, all that is allocated is as if by hs_heap_hidden(). */
extern bool hs_heap_hide;
/* Stops at the first block for which @look gives true, and returns that. */
bool hs_heap_any(bool (*look)(void *data, const void *block, size_t size),
		 void *data);
/* Sees every block that is about to be freed, with what it still holds. */
extern void (*hs_heap_freed)(const void *block, size_t size);
/* Called whenever a block that will be listed is asked for. */
extern void (*hs_heap_asked)(void);
/* Blocks that are listed. */
size_t hs_heap_blocks(void);

#endif /* TESTS_HS_HEAP_H */
