// SPDX-License-Identifier: MIT
/*
 * libcrypto's memory, wiped when it is freed. Most of what held a key it wipes
 * itself, but not all: its decoders leave copies of a private key's DER behind.
 */
#include "internal.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

union block {
	size_t size;		/* of what follows */
	max_align_t align;
};

static void *take(size_t size, const char *file, int line)
{
	union block *block;

	(void)file;
	(void)line;
	if (size > SIZE_MAX - sizeof(*block))
		return NULL;
	block = malloc(sizeof(*block) + size);
	if (!block)
		return NULL;
	block->size = size;
	return block + 1;
}

static void give(void *data, const char *file, int line)
{
	union block *block = data;

	(void)file;
	(void)line;
	if (!data)
		return;
	block--;
	core_wipe(data, block->size);
	free(block);
}

static void *change(void *data, size_t size, const char *file, int line)
{
	size_t old = data ? ((union block *)data - 1)->size : 0;
	void *changed = NULL;

	if (size) {
		changed = take(size, file, line);
		if (!changed)
			return NULL;
		if (data)
			memcpy(changed, data, old < size ? old : size);
	}
	give(data, file, line);
	return changed;
}

/* Before main(), for libcrypto takes no other functions once it has allocated. */
static void __attribute__((constructor)) own_memory(void)
{
	if (CRYPTO_set_mem_functions(take, change, give) != 1)
		abort();
}
