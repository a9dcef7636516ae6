// SPDX-License-Identifier: MIT
/*
 * One request: found in the table, taken apart as the table says, allowed as
 * the table says, handed to its handler.
 */
#include "internal.h"

#include <stdarg.h>
#include <stdio.h>

struct function {
	enum cryptech_rights rights;
	enum cryptech_door doors;
	enum cryptech_cost cost;
	const char *args;
	int (*handler)(struct call *call);
};

enum function_index {
#define INDEX_OF(number, name, ...) INDEX_##name,
CRYPTECH_FUNCTIONS(INDEX_OF)
#undef INDEX_OF
};

static const struct function functions[] = {
#define ENTRY(number, name, class, rights_, doors_, cost_, args_, results)     \
	[INDEX_##name] = {						       \
		.rights = CRYPTECH_RIGHTS_##rights_,			       \
		.doors = CRYPTECH_DOOR_##doors_,			       \
		.cost = CRYPTECH_COST_##cost_,				       \
		.args = args_,						       \
		.handler = handle_##name,				       \
	},
CRYPTECH_FUNCTIONS(ENTRY)
#undef ENTRY
};

#define CASE(number, name, ...)						       \
	case number:							       \
		return &functions[INDEX_##name];

static const struct function *function_of(uint32_t number)
{
	switch (number) {
	CRYPTECH_FUNCTIONS(CASE)
	default:
		return NULL;
	}
}

#undef CASE

/*
 * Walk over the arguments as the schema [p, end) says, from rpc.h: words
 * "name:letter", groups "n*(...)" repeated as often as the last u32 before
 * said. A message that does not fit leaves the reader bad.
 */
static void walk(struct xdr_reader *in, const char *p, const char *end)
{
	const char *close;
	uint32_t last = 0;
	size_t len;

	for (; p < end; p++) {
		if (*p == '(') {
			close = memchr(p, ')', end - p);
			while (last-- && !in->bad)
				walk(in, p + 1, close);
			p = close;
			last = 0;
		} else if (*p == ':') {
			p++;
			switch (*p) {
			case 'u':
				last = xdr_get_u32(in);
				break;
			case 'U':
				xdr_get_u64(in);
				break;
			case 'o':
				xdr_get_opaque(in, &len);
				break;
			case 'a':
				last = xdr_get_u32(in);
				if (last == CRYPTECH_ATTRIBUTE_NIL)
					break;
				xdr_get_raw(in, last);
				xdr_get_raw(in, -last & 3);
				break;
			}
		}
	}
}

static int check_args(const struct function *function, struct xdr_reader in)
{
	const char *args = function->args;

	walk(&in, args, args + strlen(args));
	if (in.bad)
		return CRYPTECH_ERR_XDR_BUFFER_OVERFLOW;
	if (!xdr_reader_done(&in))
		return CRYPTECH_ERR_BAD_ARGUMENTS;
	return CRYPTECH_ERR_OK;
}

/* The wheel and the multiplexer are who they are by role and by word. */
static bool has_rights(const struct client *client,
		       enum cryptech_rights rights)
{
	bool wheel = client->role == CRYPTECH_USER_WHEEL;
	bool mux = client->word == CRYPTECH_CLIENT_MUX;

	switch (rights) {
	case CRYPTECH_RIGHTS_ANY:
	case CRYPTECH_RIGHTS_KEY:
		return true;
	case CRYPTECH_RIGHTS_USER:
		return client_is_user(client);
	case CRYPTECH_RIGHTS_WHEEL:
		return wheel;
	case CRYPTECH_RIGHTS_SO:
		return client->role == CRYPTECH_USER_SO;
	case CRYPTECH_RIGHTS_LOGIN:
		return client->role != CRYPTECH_USER_NONE;
	case CRYPTECH_RIGHTS_PIN:
		return wheel || client->role == CRYPTECH_USER_SO;
	case CRYPTECH_RIGHTS_PORT:
		return mux;
	case CRYPTECH_RIGHTS_PORTWHEEL:
		return mux || wheel;
	}
	return false;
}

static int serve(struct call *call, unsigned int port, uint32_t word)
{
	const struct function *function = call->function;
	int error;

	if (!function)
		return CRYPTECH_ERR_RPC_BAD_FUNCTION;
	error = check_args(function, call->in);
	if (error)
		return error;
	if (pins_restricted(call->hsm) &&
	    !(function->doors & CRYPTECH_DOOR_FACTORY))
		return CRYPTECH_ERR_FORBIDDEN;
	error = fpga_refusal(call->hsm);
	if (error && !(function->doors & CRYPTECH_DOOR_FACTORY))
		return error;

	call->client = client_get(call->hsm, port, word);
	if (!call->client)
		return CRYPTECH_ERR_ALLOCATION_FAILURE;
	if (has_rights(call->client, function->rights))
		error = function->handler(call);
	else
		error = CRYPTECH_ERR_FORBIDDEN;
	client_put(call->client);

	if (!error && call->out.bad)
		error = CRYPTECH_ERR_RPC_PACKET_OVERFLOW;
	return error;
}

size_t hsm_call(struct hsm *hsm, unsigned int port, const uint8_t *request,
		size_t len, uint8_t *reply)
{
	struct call call = { .hsm = hsm };
	uint8_t *results;
	uint32_t number;
	uint32_t word;
	int error;

	if (len < CRYPTECH_RPC_REQUEST_MIN || port >= HSM_PORTS)
		return 0;
	xdr_reader_init(&call.in, request, len);
	number = xdr_get_u32(&call.in);
	word = xdr_get_u32(&call.in);
	call.function = function_of(number);
	xdr_writer_init(&call.out, reply, CRYPTECH_RPC_MESSAGE_MAX);
	xdr_put_u32(&call.out, number);
	xdr_put_u32(&call.out, word);
	xdr_put_u32(&call.out, CRYPTECH_ERR_OK);
	results = call.out.next;

	lock_take(&hsm->lock);
	while (hsm->claimed && call.function &&
	       call.function->cost != CRYPTECH_COST_INLINE)
		lock_wait(&hsm->lock);
	if (len > CRYPTECH_RPC_MESSAGE_MAX)
		error = CRYPTECH_ERR_RPC_PACKET_OVERFLOW;
	else
		error = serve(&call, port, word);
	hsm->calls++;
	hsm->errors += error != CRYPTECH_ERR_OK;
	if (hsm->claimed)	/* who claimed it may wait for this call */
		lock_wake(&hsm->lock);
	lock_drop(&hsm->lock);

	if (error) {
		core_wipe(results, call.out.next - results);
		call.out.next = results - 4;
		call.out.bad = false;
		xdr_put_u32(&call.out, error);
	}
	return xdr_written(&call.out);
}

enum cryptech_cost hsm_cost(const uint8_t *request, size_t len)
{
	const struct function *function;
	struct xdr_reader in;

	xdr_reader_init(&in, request, len);
	function = function_of(xdr_get_u32(&in));
	return in.bad || !function ? CRYPTECH_COST_INLINE : function->cost;
}

void call_unlock(struct call *call)
{
	call->hsm->unlocked++;
	lock_drop(&call->hsm->lock);
}

int call_relock(struct call *call)
{
	struct hsm *hsm = call->hsm;

	lock_take(&hsm->lock);
	hsm->unlocked--;
	if (hsm->claimed)
		lock_wake(&hsm->lock);
	return call->client->gone ? CRYPTECH_ERR_FORBIDDEN : CRYPTECH_ERR_OK;
}

int hsm_claim(struct call *call)
{
	struct hsm *hsm = call->hsm;

	hsm->claimed = true;	/* it was not: this call has begun, and waits
				 * for the first time */
	while (hsm->unlocked)
		lock_wait(&hsm->lock);
	return call->client->gone ? CRYPTECH_ERR_FORBIDDEN : CRYPTECH_ERR_OK;
}

void hsm_unclaim(struct hsm *hsm)
{
	hsm->claimed = false;
	lock_wake(&hsm->lock);
}

int call_fits(const struct call *call, uint64_t bytes)
{
	return bytes <= xdr_room(&call->out) ? CRYPTECH_ERR_OK
					     : CRYPTECH_ERR_RPC_PACKET_OVERFLOW;
}

int call_uuid(struct call *call, const uint8_t **uuid)
{
	size_t len;

	*uuid = xdr_get_opaque(&call->in, &len);
	return len == CRYPTECH_UUID_SIZE ? CRYPTECH_ERR_OK
					 : CRYPTECH_ERR_KEY_NAME_TOO_LONG;
}

void hsm_log(struct hsm *hsm, const char *format, ...)
{
	const struct platform *platform = hsm->platform;
	char line[160];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	platform->log(platform->data, line);
}
