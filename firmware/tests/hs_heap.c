// SPDX-License-Identifier: MIT
#include <stdlib.h>
#include <string.h>

#include "hs_heap.h"

/* Before each block; keeps the alignment that malloc promises. */
struct head {
	struct head *next, *previous;	/* NULL: hidden */
	size_t size;
	size_t spare;
};

static struct head list = { &list, &list, 0, 0 };
static size_t blocks;

bool hs_heap_hide;
void (*hs_heap_freed)(const void *block, size_t size);
void (*hs_heap_asked)(void);

void *__real_malloc(size_t size);
void __real_free(void *block);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *block, size_t size);
void __wrap_free(void *block);

void *__wrap_malloc(size_t size)
{
	struct head *head;

	if (hs_heap_asked && !hs_heap_hide)
		hs_heap_asked();
	head = __real_malloc(sizeof(*head) + size);
	if (!head)
		return NULL;
	/* What others left there is not the new owner's. */
	memset(head + 1, 0xaa, size);
	head->size = size;
	head->next = NULL;
	if (hs_heap_hide)
		return head + 1;
	head->next = &list;
	head->previous = list.previous;
	list.previous->next = head;
	list.previous = head;
	blocks++;
	return head + 1;
}

void __wrap_free(void *block)
{
	struct head *head;

	if (!block)
		return;
	head = (struct head *)block - 1;
	if (head->next) {
		if (hs_heap_freed)
			hs_heap_freed(block, head->size);
		head->next->previous = head->previous;
		head->previous->next = head->next;
		blocks--;
	}
	__real_free(head);
}

void *__wrap_calloc(size_t count, size_t size)
{
	size_t bytes;
	void *block;

	if (__builtin_mul_overflow(count, size, &bytes))
		return NULL;
	block = __wrap_malloc(bytes);
	if (block)
		memset(block, 0, bytes);
	return block;
}

/* Always to another place: what may happen, will. */
void *__wrap_realloc(void *block, size_t size)
{
	size_t old = block ? ((struct head *)block - 1)->size : 0;
	void *new = __wrap_malloc(size);

	if (!new)
		return NULL;
	if (block)
		memcpy(new, block, old < size ? old : size);
	__wrap_free(block);
	return new;
}

void *hs_heap_hidden(size_t size)
{
	struct head *head = __real_malloc(sizeof(*head) + size);

	if (!head)
		return NULL;
	memset(head, 0, sizeof(*head) + size);
	return head + 1;
}

bool hs_heap_any(bool (*look)(void *data, const void *block, size_t size),
		 void *data)
{
	for (struct head *h = list.next; h != &list; h = h->next)
		if (look(data, h + 1, h->size))
			return true;
	return false;
}

size_t hs_heap_blocks(void)
{
	return blocks;
}
