// SPDX-License-Identifier: MIT
/*
 * Tables of handles. Freed entries queue up at the end of the free list, so
 * that a number comes back as late as possible; the counter tells its uses
 * apart.
 */
#include "internal.h"

#include <stdlib.h>

#define INDEX(handle)	((handle) & 0xffff)
#define COUNTER(handle)	((handle) >> 16 & 0x7fff)
#define MARK(handle)	((handle) >> 31)
#define COUNTER_MAX	0x7fff

int handle_table_init(struct handle_table *table, uint32_t size)
{
	uint32_t i;

	table->entries = calloc(size, sizeof(*table->entries));
	if (!table->entries)
		return CRYPTECH_ERR_ALLOCATION_FAILURE;
	for (i = 0; i < size; i++)
		table->entries[i].next = i + 1 < size ? i + 1 : HANDLE_NONE;
	table->size = size;
	table->used = 0;
	table->free = 0;
	table->free_last = size - 1;
	return CRYPTECH_ERR_OK;
}

void handle_table_free(struct handle_table *table)
{
	free(table->entries);
	table->entries = NULL;
}

static struct handle_table *table_of(struct client *client,
				     enum handle_kind kind)
{
	return &client->port->handles[kind];
}

int handle_open(struct client *client, enum handle_kind kind, void *object,
		bool mark, uint32_t *handle)
{
	struct handle_table *table = table_of(client, kind);
	uint32_t index = table->free;
	struct handle *entry;
	int error;

	if (index == HANDLE_NONE ||
	    client->handle_count[kind] >= HSM_CLIENT_HANDLES(table->size))
		return kind == HANDLE_KEY ? CRYPTECH_ERR_NO_KEY_SLOTS_AVAILABLE
					  : CRYPTECH_ERR_ALLOCATION_FAILURE;
	error = client_hold(client);
	if (error)
		return error;

	entry = &table->entries[index];
	table->free = entry->next;
	if (table->free == HANDLE_NONE)
		table->free_last = HANDLE_NONE;
	table->used++;

	entry->object = object;
	entry->owner = client;
	entry->counter = entry->counter % COUNTER_MAX + 1;
	entry->mark = mark;
	entry->previous = HANDLE_NONE;
	entry->next = client->handles[kind];
	if (entry->next != HANDLE_NONE)
		table->entries[entry->next].previous = index;
	client->handles[kind] = index;
	client->handle_count[kind]++;
	*handle = index | (uint32_t)entry->counter << 16 |
		  (uint32_t)mark << 31;
	return CRYPTECH_ERR_OK;
}

static struct handle *find(struct client *client, enum handle_kind kind,
			   uint32_t handle)
{
	struct handle_table *table = table_of(client, kind);
	struct handle *entry;

	if (INDEX(handle) >= table->size)
		return NULL;
	entry = &table->entries[INDEX(handle)];
	if (!entry->object || entry->owner != client ||
	    entry->counter != COUNTER(handle) || entry->mark != MARK(handle))
		return NULL;
	return entry;
}

void *handle_find(struct client *client, enum handle_kind kind,
		  uint32_t handle)
{
	struct handle *entry = find(client, kind, handle);

	return entry ? entry->object : NULL;
}

static void *release(struct client *client, enum handle_kind kind,
		     uint32_t index)
{
	struct handle_table *table = table_of(client, kind);
	struct handle *entry = &table->entries[index];
	void *object = entry->object;

	if (entry->previous == HANDLE_NONE)
		client->handles[kind] = entry->next;
	else
		table->entries[entry->previous].next = entry->next;
	if (entry->next != HANDLE_NONE)
		table->entries[entry->next].previous = entry->previous;

	entry->object = NULL;
	entry->owner = NULL;
	entry->next = HANDLE_NONE;
	if (table->free_last == HANDLE_NONE)
		table->free = index;
	else
		table->entries[table->free_last].next = index;
	table->free_last = index;
	table->used--;

	client->handle_count[kind]--;
	client_release(client);
	return object;
}

void *handle_close(struct client *client, enum handle_kind kind,
		   uint32_t handle)
{
	if (!find(client, kind, handle))
		return NULL;
	return release(client, kind, INDEX(handle));
}

void handles_drop(struct client *client)
{
	while (client->handles[HANDLE_KEY] != HANDLE_NONE)
		key_put(release(client, HANDLE_KEY,
				client->handles[HANDLE_KEY]));
	while (client->handles[HANDLE_HASH] != HANDLE_NONE)
		hash_free(release(client, HANDLE_HASH,
				  client->handles[HANDLE_HASH]));
}
