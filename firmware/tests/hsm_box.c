// SPDX-License-Identifier: MIT
#include "hsm_box.h"

#include <stdarg.h>
#include <stdlib.h>

static uint64_t now_ns(void *data)
{
	return ((struct box *)data)->now;
}

static int mkm_read(void *data, uint8_t key[MASTER_KEY_SIZE])
{
	struct box *box = data;

	if (!box->has_master_key)
		return -1;
	memcpy(key, box->master_key, MASTER_KEY_SIZE);
	return 0;
}

static int mkm_write(void *data, const uint8_t key[MASTER_KEY_SIZE])
{
	struct box *box = data;

	memcpy(box->master_key, key, MASTER_KEY_SIZE);
	box->has_master_key = true;
	return 0;
}

static int factory_pin(void *data, const char *pin)
{
	struct box *box = data;
	size_t len = pin ? strlen(pin) : 0;

	if (len >= sizeof(box->factory_pin))
		return -1;
	memset(box->factory_pin, 0, sizeof(box->factory_pin));
	if (pin)
		memcpy(box->factory_pin, pin, len);
	return 0;
}

static void log_line(void *data, const char *line)
{
	struct box *box = data;
	size_t len = strnlen(line, sizeof(box->log) - 1);

	memcpy(box->log, line, len);
	box->log[len] = 0;
}

void box_init(struct box *box, struct flash *flash)
{
	memset(box, 0, sizeof(*box));
	box->port = HSM_PORT_SOCKET;
	box->now = 1000 * BOX_SECOND;
	box->config.pin_iterations = 3;
	box->platform = (struct platform){
		.data = box,
		.flash = flash,
		.now_ns = now_ns,
		.mkm_read = mkm_read,
		.mkm_write = mkm_write,
		.factory_pin = factory_pin,
		.simulator = true,
		.log = log_line,
	};
}

bool box_start(struct box *box)
{
	box->hsm = hsm_start(&box->platform, &box->config);
	return box->hsm;
}

void box_stop(struct box *box)
{
	hsm_stop(box->hsm);
	box->hsm = NULL;
}

bool box_restart(struct box *box)
{
	box_stop(box);
	return box_start(box);
}

/* The request lies in memory of its own length, for ASan to watch. */
int ask_raw(struct box *box, const void *request, size_t len)
{
	uint8_t *copy = malloc(len ? len : 1);
	struct xdr_reader r;
	int error = -1;

	if (!copy)
		abort();
	memcpy(copy, request, len);
	memset(box->reply, 0xaa, sizeof(box->reply));
	box->reply_len = hsm_call(box->hsm, box->port, copy, len, box->reply);
	xdr_reader_init(&r, box->reply, box->reply_len);
	if (box->reply_len >= CRYPTECH_RPC_REPLY_MIN &&
	    box->reply_len <= CRYPTECH_RPC_MESSAGE_MAX &&
	    box->reply_len % 4 == 0 && memcmp(box->reply, copy, 8) == 0) {
		xdr_get_raw(&r, 8);
		error = xdr_get_u32(&r);
		if (error && xdr_left(&r))
			error = -1;
	}
	box->results = r;
	free(copy);
	return error;
}

int ask(struct box *box, uint32_t word, uint32_t function,
	const char *letters, ...)
{
	static uint8_t request[CRYPTECH_RPC_MESSAGE_MAX + 64];
	struct xdr_writer w;
	const char *text;
	const void *data;
	va_list args;

	xdr_writer_init(&w, request, sizeof(request));
	xdr_put_u32(&w, function);
	xdr_put_u32(&w, word);
	va_start(args, letters);
	for (; *letters; letters++) {
		switch (*letters) {
		case 'u':
			xdr_put_u32(&w, va_arg(args, unsigned int));
			break;
		case 'U':
			xdr_put_u64(&w, va_arg(args, unsigned long long));
			break;
		case 's':
			text = va_arg(args, const char *);
			xdr_put_opaque(&w, text, strlen(text));
			break;
		case 'o':
			data = va_arg(args, const void *);
			xdr_put_opaque(&w, data, va_arg(args, size_t));
			break;
		default:
			abort();
		}
	}
	va_end(args);
	if (w.bad)
		abort();
	return ask_raw(box, request, xdr_written(&w));
}

int box_login(struct box *box, uint32_t word, uint32_t user)
{
	static const char *const pins[] = { "", BOX_USER, BOX_SO, BOX_WHEEL };

	return ask(box, word, CRYPTECH_RPC_LOGIN, "us", user, pins[user]);
}

bool box_init_pins(struct box *box)
{
	const uint32_t me = 0xb0b0b0b0;

	return !ask(box, me, CRYPTECH_RPC_LOGIN, "us", CRYPTECH_USER_WHEEL,
		    box->factory_pin) &&
	       !ask(box, me, CRYPTECH_RPC_SET_PIN, "us", CRYPTECH_USER_WHEEL,
		    BOX_WHEEL) &&
	       !ask(box, me, CRYPTECH_RPC_SET_PIN, "us", CRYPTECH_USER_SO,
		    BOX_SO) &&
	       !ask(box, me, CRYPTECH_RPC_SET_PIN, "us", CRYPTECH_USER_NORMAL,
		    BOX_USER) &&
	       !ask(box, me, CRYPTECH_RPC_LOGOUT, "");
}

uint64_t box_status(struct box *box, uint32_t tag)
{
	uint64_t value = UINT64_MAX;
	uint32_t seen;
	uint32_t n;
	size_t len;

	if (ask(box, 0xb0b0b0b0, CRYPTECH_RPC_STATUS, ""))
		return UINT64_MAX;
	xdr_get_opaque(&box->results, &len);
	xdr_get_opaque(&box->results, &len);
	for (n = xdr_get_u32(&box->results); n && !box->results.bad; n--) {
		seen = xdr_get_u32(&box->results);
		if (seen == tag)
			value = xdr_get_u64(&box->results);
		else
			xdr_get_u64(&box->results);
	}
	return xdr_reader_done(&box->results) ? value : UINT64_MAX;
}

bool box_take_away(struct box *box, enum ks_class class, const char *text)
{
	uint8_t name[KS_NAME_SIZE] = { 0 };
	struct keystore *ks;
	size_t len;
	bool done;

	box_stop(box);
	if (ks_mount(&ks, box->platform.flash))
		return false;
	if (text)
		memcpy(name, text, strlen(text));
	done = (text || !ks_next(ks, class, NULL, name, &len)) &&
	       !ks_delete(ks, class, name);
	ks_unmount(ks);
	return done;
}
