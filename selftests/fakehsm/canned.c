// SPDX-License-Identifier: MIT
#include <cryptech/xdr.h>

#include "fakehsm.h"

static const uint8_t serial[CRYPTECH_SERIAL_SIZE] = "fakehsm";

uint32_t request_function(const uint8_t *request)
{
	struct xdr_reader r;

	xdr_reader_init(&r, request, 4);
	return xdr_get_u32(&r);
}

uint32_t request_client(const uint8_t *request)
{
	struct xdr_reader r;

	xdr_reader_init(&r, request + 4, 4);
	return xdr_get_u32(&r);
}

static enum cryptech_error attach(struct xdr_reader *in,
				  struct xdr_writer *out)
{
	if (xdr_get_u32(in) < CRYPTECH_ATTACH_VERSION)
		return CRYPTECH_ERR_BAD_ARGUMENTS;
	xdr_put_u32(out, CRYPTECH_ATTACH_VERSION);
	xdr_put_opaque(out, serial, sizeof(serial));
	xdr_put_u32(out, 1024);
	xdr_put_u32(out, 4096);
	xdr_put_u32(out, CRYPTECH_RPC_MESSAGE_MAX);
	return CRYPTECH_ERR_OK;
}

static enum cryptech_error status(struct xdr_writer *out)
{
	static const char release[] = "fakehsm";

	xdr_put_opaque(out, release, sizeof(release) - 1);
	xdr_put_opaque(out, serial, sizeof(serial));
	xdr_put_u32(out, 1);
	xdr_put_u32(out, CRYPTECH_STATUS_MODE);
	xdr_put_u64(out, CRYPTECH_MODE_SIMULATOR);
	return CRYPTECH_ERR_OK;
}

static enum cryptech_error get_random(struct xdr_reader *in,
				      struct xdr_writer *out)
{
	uint32_t len = xdr_get_u32(in);
	uint8_t *data;

	if (len > CRYPTECH_RPC_MESSAGE_MAX)
		return CRYPTECH_ERR_RPC_PACKET_OVERFLOW;
	data = xdr_put_opaque_room(out, len);
	if (!data)
		return CRYPTECH_ERR_RPC_PACKET_OVERFLOW;
	memset(data, len, len);
	return CRYPTECH_ERR_OK;
}

static enum cryptech_error serve(uint32_t function, struct xdr_reader *in,
				 struct xdr_writer *out)
{
	switch (function) {
	case CRYPTECH_RPC_ATTACH:
		return attach(in, out);
	case CRYPTECH_RPC_STATUS:
		return status(out);
	case CRYPTECH_RPC_GET_VERSION:
		xdr_put_u32(out, CRYPTECH_RPC_VERSION);
		return CRYPTECH_ERR_OK;
	case CRYPTECH_RPC_GET_RANDOM:
		return get_random(in, out);
	case CRYPTECH_RPC_LOGIN:
	case CRYPTECH_RPC_LOGOUT:
	case CRYPTECH_RPC_LOGOUT_ALL:
	case CRYPTECH_RPC_SET_PIN:
	case CRYPTECH_RPC_IS_LOGGED_IN:
		return CRYPTECH_ERR_OK;
	default:
		return CRYPTECH_ERR_NOT_IMPLEMENTED;
	}
}

size_t canned_reply(const uint8_t *request, size_t len, uint8_t *reply)
{
	enum cryptech_error error;
	uint32_t function, client;
	struct xdr_reader in;
	struct xdr_writer head, out;

	xdr_reader_init(&in, request, len);
	function = xdr_get_u32(&in);
	client = xdr_get_u32(&in);
	xdr_writer_init(&out, reply + CRYPTECH_RPC_REPLY_MIN,
			CRYPTECH_RPC_MESSAGE_MAX - CRYPTECH_RPC_REPLY_MIN);
	error = serve(function, &in, &out);
	xdr_writer_init(&head, reply, CRYPTECH_RPC_REPLY_MIN);
	xdr_put_u32(&head, function);
	xdr_put_u32(&head, client);
	xdr_put_u32(&head, error);
	return CRYPTECH_RPC_REPLY_MIN + (error ? 0 : xdr_written(&out));
}
