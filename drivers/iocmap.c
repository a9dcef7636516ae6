// SPDX-License-Identifier: GPL-2.0
/* Structs of ioctls to messages and back: see iocmap.h. */
#include <linux/errno.h>
#include <linux/pagemap.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "cryptech.h"
#include "ioctl.h"
#include "iocmap.h"

#define SECRET_SIZE	32	/* of a secret that is no share */
#define ITEM_MAX	128	/* the largest item of a list */

static u32 u32_at(const void *arg, size_t at)
{
	return *(const u32 *)((const u8 *)arg + at);
}

static void __user *user_at(const void *arg, const struct cryptech_iocfield *f)
{
	return u64_to_user_ptr(*(const u64 *)((const u8 *)arg + f->at));
}

/* --- arguments ------------------------------------------------------------- */

/* From the user to the message: no other copy is made of secrets. */
static int put_user_bytes(struct xdr_writer *w, const void __user *from,
			  u32 len)
{
	u8 *room;

	if (len > CRYPTECH_RPC_MESSAGE_MAX)
		return -EINVAL;
	room = xdr_put_opaque_room(w, len);
	if (!room)
		return -EMSGSIZE;
	return copy_from_user(room, from, len) ? -EFAULT : 0;
}

static int put_parts(struct xdr_writer *w, const void __user *from, u32 len,
		     u32 size)
{
	u32 n = len / size, i;
	int err = 0;

	if (!len || len % size || len > CRYPTECH_RPC_MESSAGE_MAX)
		return -EINVAL;
	xdr_put_u32(w, n);
	for (i = 0; !err && i < n; i++)
		err = put_user_bytes(w, from + i * size, size);
	return err;
}

static int put_field(struct xdr_writer *w, const struct cryptech_iocfield *f,
		     const void *arg)
{
	const u8 *at = (const u8 *)arg + f->at;
	u32 len = f->len ? u32_at(arg, f->len) : f->size;

	if (f->kind == CRYPTECH_FIELD_BY_FLAG &&
	    !((const struct cryptech_ioc_head *)arg)->flags)
		len = 0;
	switch (f->kind) {
	case CRYPTECH_FIELD_U32:
		xdr_put_u32(w, u32_at(arg, f->at));
		return 0;
	case CRYPTECH_FIELD_LIST:
		xdr_put_u32(w, len);
		return len ? 0 : -EINVAL;
	case CRYPTECH_FIELD_PREVIOUS:
		if (!memchr_inv(at, 0, len))
			len = 0;
		fallthrough;
	case CRYPTECH_FIELD_BY_FLAG:
	case CRYPTECH_FIELD_BYTES:
	case CRYPTECH_FIELD_LABEL:
		if (len > f->size)
			return -EINVAL;
		xdr_put_opaque(w, at, len);
		return 0;
	case CRYPTECH_FIELD_BUFFER:
		return put_user_bytes(w, user_at(arg, f), len);
	case CRYPTECH_FIELD_SECRET:
		return put_parts(w, user_at(arg, f), len,
				 len == SECRET_SIZE ? len : f->size);
	case CRYPTECH_FIELD_PARTS:
		return put_parts(w, user_at(arg, f), len, f->size);
	case CRYPTECH_FIELD_ZERO:
		return memchr_inv(at, 0, len) ? -EINVAL : 0;
	default:
		return -EINVAL;
	}
}

/* How many bytes of output can come at all. */
static size_t room_of(const struct cryptech_iocfield *f, const void *arg)
{
	u64 room = u32_at(arg, f->len);

	if (f->kind == CRYPTECH_FIELD_PARTS || f->kind == CRYPTECH_FIELD_LIST)
		room *= f->size;
	return min_t(u64, room, CRYPTECH_RPC_MESSAGE_MAX);
}

/* Nothing is to happen whose result cannot be given out. */
static int try_room(const struct cryptech_iocmap *map, void *arg)
{
	const struct cryptech_iocfield *f;
	u32 *len;

	if (cryptech_function(map->function)->class ==
	    CRYPTECH_CLASS_IDEMPOTENT)
		return 0;
	for (f = map->out; f->kind != CRYPTECH_FIELD_END; f++) {
		if (!f->len || f->kind == CRYPTECH_FIELD_LABEL)
			continue;
		if (fault_in_safe_writeable(user_at(arg, f), room_of(f, arg)))
			return -EFAULT;
		len = arg + f->len;
		if (f->kind == CRYPTECH_FIELD_RECEIPT &&
		    !((struct cryptech_ioc_head *)arg)->flags &&
		    *len < f->size) {
			*len = f->size;
			return -EOVERFLOW;
		}
	}
	return 0;
}

/* --- results --------------------------------------------------------------- */

/**
 * struct taking - a reply on its way into a struct
 * @r:		the rest of the reply
 * @store:	fill the struct in; else the reply is only checked
 * @fits:	there is room for all that goes to the user
 * @fault:	there is not, after all
 */
struct taking {
	struct xdr_reader r;
	bool store;
	bool fits;
	bool fault;
};

/* Out of the reply; @max: no more than that. */
static const u8 *take_opaque(struct taking *t, u32 max, size_t *len)
{
	const u8 *p = xdr_get_opaque(&t->r, len);

	if (*len > max) {
		t->r.bad = true;
		*len = 0;
	}
	return p;
}

static void give(struct taking *t, void __user *to, const void *data,
		 size_t len)
{
	if (t->store && t->fits && copy_to_user(to, data, len))
		t->fault = true;
}

static void take_buffer(struct taking *t, const struct cryptech_iocfield *f,
			void *arg)
{
	u32 *len = arg + f->len;
	const u8 *p;
	size_t n;

	p = take_opaque(t, CRYPTECH_RPC_MESSAGE_MAX, &n);
	if (!t->store)
		t->fits &= n <= *len;
	give(t, user_at(arg, f), p, n);
	if (t->store)
		*len = n;
}

static void take_parts(struct taking *t, const struct cryptech_iocfield *f,
		       void *arg)
{
	u32 n = xdr_get_u32(&t->r), i;
	const u8 *p;
	size_t len;

	t->r.bad |= n != u32_at(arg, f->len);
	for (i = 0; i < n && !t->r.bad; i++) {
		p = take_opaque(t, f->size, &len);
		t->r.bad |= len != f->size;
		give(t, user_at(arg, f) + i * f->size, p, len);
	}
}

static void take_plain(struct taking *t, const struct cryptech_iocfield *f,
		       void *to)
{
	u8 *at = (u8 *)to + f->at;
	const u8 *p;
	size_t len;
	u32 value;

	if (f->kind == CRYPTECH_FIELD_U32) {
		value = xdr_get_u32(&t->r);
		if (t->store)
			memcpy(at, &value, sizeof(value));
		return;
	}
	p = take_opaque(t, f->size, &len);
	if (f->kind == CRYPTECH_FIELD_BYTES)
		t->r.bad |= len != f->size;
	if (!t->store || t->r.bad)
		return;
	memset(at, 0, f->size);
	memcpy(at, p, len);
	if (f->kind == CRYPTECH_FIELD_LABEL)
		*(u32 *)((u8 *)to + f->len) = len;
}

static void take_list(struct taking *t, const struct cryptech_iocfield *f,
		      void *arg)
{
	u32 n = xdr_get_u32(&t->r), i;
	const struct cryptech_iocfield *item;
	u64 words[ITEM_MAX / sizeof(u64)];
	u32 *count = arg + f->len;

	/* the HSM was told how much room there is */
	t->r.bad |= n > *count || WARN_ON_ONCE(f->size > sizeof(words));
	for (i = 0; i < n && !t->r.bad; i++) {
		memset(words, 0, sizeof(words));
		for (item = f->items; item->kind != CRYPTECH_FIELD_END; item++)
			take_plain(t, item, words);
		give(t, user_at(arg, f) + i * f->size, words, f->size);
	}
	if (t->store)
		*count = n;
}

static int take_fields(struct taking *t, const struct cryptech_call *call,
		       const struct cryptech_iocfield *f, void *arg)
{
	cryptech_call_results(call, &t->r);
	for (; f->kind != CRYPTECH_FIELD_END; f++) {
		switch (f->kind) {
		case CRYPTECH_FIELD_BUFFER:
		case CRYPTECH_FIELD_RECEIPT:
			take_buffer(t, f, arg);
			break;
		case CRYPTECH_FIELD_PARTS:
			take_parts(t, f, arg);
			break;
		case CRYPTECH_FIELD_LIST:
			take_list(t, f, arg);
			break;
		default:
			take_plain(t, f, arg);
		}
	}
	return xdr_reader_done(&t->r) ? 0 : -EPROTO;
}

static int take_results(const struct cryptech_call *call,
			const struct cryptech_iocmap *map, void *arg)
{
	struct taking t = { .fits = true };
	int err;

	err = take_fields(&t, call, map->out, arg);
	if (err)
		return err;
	t.store = true;
	take_fields(&t, call, map->out, arg);
	if (!t.fits)
		return -EOVERFLOW;
	return t.fault ? -EFAULT : 0;
}

int cryptech_iocmap_call(struct cryptech_client *client,
			 const struct cryptech_iocmap *map, void *arg,
			 u32 *error)
{
	const struct cryptech_iocfield *f;
	struct cryptech_call *call;
	int err = 0;

	call = cryptech_call_new(client, map->function,
				 CRYPTECH_RPC_MESSAGE_MAX,
				 CRYPTECH_RPC_MESSAGE_MAX);
	if (!call)
		return -ENOMEM;
	for (f = map->in; !err && f->kind != CRYPTECH_FIELD_END; f++)
		err = put_field(&call->args, f, arg);
	if (!err)
		err = try_room(map, arg);
	if (!err)
		err = cryptech_call_run(call, error);
	if (!err)
		err = take_results(call, map, arg);
	cryptech_call_put(call);
	return err;
}
