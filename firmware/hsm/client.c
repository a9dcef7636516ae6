// SPDX-License-Identifier: MIT
/*
 * Clients: who calls, what he holds, and when that goes.
 */
#include "internal.h"

#include <stdlib.h>

int port_init(struct hsm *hsm, struct port *port, unsigned int number)
{
	unsigned int buckets = 1;
	int kind;
	int error;

	while (buckets < hsm->config.clients)
		buckets *= 2;
	port->number = number;
	port->bucket_mask = buckets - 1;
	port->buckets = calloc(buckets, sizeof(*port->buckets));
	if (!port->buckets)
		return CRYPTECH_ERR_ALLOCATION_FAILURE;
	for (kind = 0; kind < HANDLE_KINDS; kind++) {
		error = handle_table_init(&port->handles[kind],
					  hsm->config.handles);
		if (error)
			return error;
	}
	return CRYPTECH_ERR_OK;
}

static struct client **bucket_of(struct port *port, uint32_t word)
{
	/* Words are handed out one after the other: the low bits will do. */
	return &port->buckets[word & port->bucket_mask];
}

static struct client *find(struct port *port, uint32_t word)
{
	struct client *client = *bucket_of(port, word);

	while (client && client->word != word)
		client = client->next;
	return client;
}

static void unlink_client(struct client *client)
{
	struct client **link = bucket_of(client->port, client->word);

	while (*link != client)
		link = &(*link)->next;
	*link = client->next;
}

/* Free the client if nothing needs it any more. */
static void settle(struct client *client)
{
	if (client->calls || client->holds)
		return;
	if (!client->gone)
		unlink_client(client);
	free(client);
}

struct client *client_get(struct hsm *hsm, unsigned int port, uint32_t word)
{
	struct client *client = find(&hsm->ports[port], word);
	struct client **bucket;
	int kind;

	if (!client) {
		client = calloc(1, sizeof(*client));
		if (!client)
			return NULL;
		client->hsm = hsm;
		client->port = &hsm->ports[port];
		client->word = word;
		client->role = CRYPTECH_USER_NONE;
		for (kind = 0; kind < HANDLE_KINDS; kind++)
			client->handles[kind] = HANDLE_NONE;
		bucket = bucket_of(client->port, word);
		client->next = *bucket;
		*bucket = client;
	}
	client->calls++;
	return client;
}

void client_put(struct client *client)
{
	client->calls--;
	settle(client);
}

int client_hold(struct client *client)
{
	if (client->gone)
		return CRYPTECH_ERR_FORBIDDEN;
	if (!client->holds) {
		if (client->port->holders >= client->hsm->config.clients)
			return CRYPTECH_ERR_NO_CLIENT_SLOTS_AVAILABLE;
		client->port->holders++;
	}
	client->holds++;
	return CRYPTECH_ERR_OK;
}

/* The caller holds a reference as well, so the client outlives this. */
void client_release(struct client *client)
{
	client->holds--;
	if (!client->holds)
		client->port->holders--;
}

void client_drop(struct client *client)
{
	if (client->gone)
		return;
	client->calls++;
	unlink_client(client);
	client->gone = true;
	handles_drop(client);
	keys_client_gone(client);
	streams_drop(client);
	jobs_client_gone(client);
	if (client->role != CRYPTECH_USER_NONE) {
		client->role = CRYPTECH_USER_NONE;
		client_release(client);
	}
	client_put(client);
}

static void port_drop(struct port *port)
{
	unsigned int i;

	for (i = 0; i <= port->bucket_mask; i++)
		while (port->buckets[i])
			client_drop(port->buckets[i]);
}

void port_free(struct port *port)
{
	int kind;

	if (port->buckets)
		port_drop(port);
	free(port->buckets);
	port->buckets = NULL;
	for (kind = 0; kind < HANDLE_KINDS; kind++)
		handle_table_free(&port->handles[kind]);
}

void hsm_client_gone(struct hsm *hsm, unsigned int port, uint32_t word)
{
	struct client *client;

	lock_take(&hsm->lock);
	client = find(&hsm->ports[port], word);
	if (client)
		client_drop(client);
	lock_drop(&hsm->lock);
}

void hsm_port_gone(struct hsm *hsm, unsigned int port)
{
	lock_take(&hsm->lock);
	port_drop(&hsm->ports[port]);
	lock_drop(&hsm->lock);
}

int handle_LOGOUT(struct call *call)
{
	client_drop(call->client);
	return CRYPTECH_ERR_OK;
}

/* The multiplexer of a port speaks for that port, the wheel for all. */
int handle_LOGOUT_ALL(struct call *call)
{
	unsigned int i;

	if (call->client->role != CRYPTECH_USER_WHEEL) {
		port_drop(call->client->port);
		return CRYPTECH_ERR_OK;
	}
	hsm_log(call->hsm, "wheel logs out all clients");
	for (i = 0; i < HSM_PORTS; i++)
		port_drop(&call->hsm->ports[i]);
	return CRYPTECH_ERR_OK;
}

int handle_IS_LOGGED_IN(struct call *call)
{
	uint32_t user = xdr_get_u32(&call->in);

	if (user != CRYPTECH_USER_NORMAL && user != CRYPTECH_USER_SO &&
	    user != CRYPTECH_USER_WHEEL)
		return CRYPTECH_ERR_BAD_ARGUMENTS;
	return call->client->role == user ? CRYPTECH_ERR_OK
					  : CRYPTECH_ERR_FORBIDDEN;
}

int handle_ATTACH(struct call *call)
{
	const struct hsm_config *config = &call->hsm->config;
	uint32_t version = xdr_get_u32(&call->in);

	if (!version)
		return CRYPTECH_ERR_BAD_ARGUMENTS;
	if (version > CRYPTECH_ATTACH_VERSION)
		version = CRYPTECH_ATTACH_VERSION;
	port_drop(call->client->port);
	xdr_put_u32(&call->out, version);
	xdr_put_opaque(&call->out, call->hsm->serial, CRYPTECH_SERIAL_SIZE);
	xdr_put_u32(&call->out, config->clients);
	xdr_put_u32(&call->out, config->handles);
	xdr_put_u32(&call->out, CRYPTECH_RPC_MESSAGE_MAX);
	return CRYPTECH_ERR_OK;
}
