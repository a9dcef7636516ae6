// SPDX-License-Identifier: MIT
#include "sim_double.h"

#include <cryptech/xdr.h>

#include <pthread.h>

#include "../hsm/hsm.h"

struct hsm {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	unsigned int gate;
	unsigned int ports_gone;
	unsigned int clients_gone;
	uint32_t last_gone;
	unsigned int held;
};

static struct hsm the_hsm = {
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.changed = PTHREAD_COND_INITIALIZER,
};

struct hsm *hsm_start(const struct platform *platform,
		      const struct hsm_config *config)
{
	(void)platform;
	(void)config;
	return &the_hsm;
}

void hsm_stop(struct hsm *hsm)
{
	(void)hsm;
}

static uint32_t function_of(const uint8_t *request)
{
	struct xdr_reader in;

	xdr_reader_init(&in, request, 4);
	return xdr_get_u32(&in);
}

enum cryptech_cost hsm_cost(const uint8_t *request, size_t len)
{
	if (len < CRYPTECH_RPC_REQUEST_MIN)
		return CRYPTECH_COST_INLINE;
	switch (function_of(request)) {
	case DOUBLE_ECHO_WORK:
	case DOUBLE_HOLD:
		return CRYPTECH_COST_WORK;
	case DOUBLE_HOLD_LONG:
		return CRYPTECH_COST_LONG;
	default:
		return CRYPTECH_COST_INLINE;
	}
}

static void hold(struct hsm *hsm)
{
	unsigned int gate = hsm->gate;

	hsm->held++;
	while (hsm->gate == gate)
		pthread_cond_wait(&hsm->changed, &hsm->lock);
	hsm->held--;
}

static void put_events(struct hsm *hsm, struct xdr_writer *out)
{
	xdr_put_u32(out, hsm->ports_gone);
	xdr_put_u32(out, hsm->clients_gone);
	xdr_put_u32(out, hsm->last_gone);
	xdr_put_u32(out, hsm->held);
}

size_t hsm_call(struct hsm *hsm, unsigned int port, const uint8_t *request,
		size_t len, uint8_t *reply)
{
	struct xdr_writer out;
	struct xdr_reader in;
	uint32_t function;
	uint8_t *rest;

	xdr_reader_init(&in, request, len);
	xdr_writer_init(&out, reply, CRYPTECH_RPC_MESSAGE_MAX);
	function = xdr_get_u32(&in);
	xdr_put_u32(&out, function);
	xdr_put_u32(&out, xdr_get_u32(&in));
	xdr_put_u32(&out, CRYPTECH_ERR_OK);

	pthread_mutex_lock(&hsm->lock);
	if (function == DOUBLE_HOLD || function == DOUBLE_HOLD_LONG)
		hold(hsm);
	if (function == DOUBLE_OPEN)
		hsm->gate++;
	if (function == DOUBLE_EVENTS)
		put_events(hsm, &out);
	pthread_cond_broadcast(&hsm->changed);
	pthread_mutex_unlock(&hsm->lock);

	if (function == DOUBLE_EVENTS || function == DOUBLE_OPEN)
		return xdr_written(&out);
	xdr_put_u32(&out, port);
	len = xdr_left(&in);
	if (len > xdr_room(&out))
		len = xdr_room(&out);
	rest = xdr_put_raw(&out, len);
	memcpy(rest, xdr_get_raw(&in, len), len);
	return xdr_written(&out);
}

void hsm_client_gone(struct hsm *hsm, unsigned int port, uint32_t client)
{
	(void)port;
	pthread_mutex_lock(&hsm->lock);
	hsm->clients_gone++;
	hsm->last_gone = client;
	pthread_mutex_unlock(&hsm->lock);
}

void hsm_port_gone(struct hsm *hsm, unsigned int port)
{
	(void)port;
	pthread_mutex_lock(&hsm->lock);
	hsm->ports_gone++;
	pthread_mutex_unlock(&hsm->lock);
}
