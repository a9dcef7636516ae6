/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The typed door without code: an ioctl whose struct says just what the request
 * and the reply of one function say (include/cryptech/rpc.h) is two lists of
 * fields, its arguments and its results, each in the order of the message.
 */
#ifndef CRYPTECH_IOCMAP_H
#define CRYPTECH_IOCMAP_H

#include <linux/kernel.h>
#include <linux/types.h>

struct cryptech_client;

/**
 * enum cryptech_iocfield_kind - what a field is, in the struct and the message
 * @CRYPTECH_FIELD_U32:	a number
 * @CRYPTECH_FIELD_BYTES: so many bytes; opaque of just that length
 * @CRYPTECH_FIELD_PREVIOUS: the same, or an empty opaque if they are zero
 * @CRYPTECH_FIELD_BY_FLAG: an argument, the same, or empty if flags are 0
 * @CRYPTECH_FIELD_LABEL: at most so many bytes, the length apart; opaque
 * @CRYPTECH_FIELD_BUFFER: pointer to what the length says, in results to the
 *	room that it says; opaque
 * @CRYPTECH_FIELD_RECEIPT: a result, as BUFFER, that is given once: room for so
 *	many bytes is asked for before the call is sent, unless flags are set
 * @CRYPTECH_FIELD_PARTS: as BUFFER; a count and so many opaques of the same
 *	size. Arguments: the length is in bytes; results: a count
 * @CRYPTECH_FIELD_SECRET: an argument, as PARTS, or one part of 32 bytes
 * @CRYPTECH_FIELD_LIST: a result: pointer to an array with room for count items,
 *	each a struct of so many bytes with fields of its own; an argument: the
 *	count alone
 * @CRYPTECH_FIELD_ZERO: reserved bytes, in no message; else -EINVAL
 */
enum cryptech_iocfield_kind {
	CRYPTECH_FIELD_END,
	CRYPTECH_FIELD_U32,
	CRYPTECH_FIELD_BYTES,
	CRYPTECH_FIELD_PREVIOUS,
	CRYPTECH_FIELD_BY_FLAG,
	CRYPTECH_FIELD_LABEL,
	CRYPTECH_FIELD_BUFFER,
	CRYPTECH_FIELD_RECEIPT,
	CRYPTECH_FIELD_PARTS,
	CRYPTECH_FIELD_SECRET,
	CRYPTECH_FIELD_LIST,
	CRYPTECH_FIELD_ZERO,
};

/**
 * struct cryptech_iocfield - a field; lists end with a zero one
 * @kind:	enum cryptech_iocfield_kind
 * @size:	in bytes, of what the kind says
 * @at:		where it, or the pointer to it, is in the struct
 * @len:	where its length or count is, if it has one
 * @items:	the fields of an item
 */
struct cryptech_iocfield {
	u8 kind;
	u8 size;
	u16 at;
	u16 len;
	const struct cryptech_iocfield *items;
};

struct cryptech_iocmap {
	u32 function;
	const struct cryptech_iocfield *in;
	const struct cryptech_iocfield *out;
};

/* Is the member of that type, as well as of that name? */
#define CRYPTECH_FIELD_AT(type, member, wanted)				       \
	(offsetof(struct type, member) +				       \
	 BUILD_BUG_ON_ZERO(sizeof_field(struct type, member) != (wanted)))

#define CRYPTECH_FIELD_PLAIN(_kind, type, member)			       \
	{								       \
		.kind = CRYPTECH_FIELD_##_kind,				       \
		.size = sizeof_field(struct type, member),		       \
		.at = offsetof(struct type, member),			       \
	}

#define CRYPTECH_FIELD_POINTER(_kind, _size, type, member, length, ...)	       \
	{								       \
		.kind = CRYPTECH_FIELD_##_kind,				       \
		.size = _size,						       \
		.at = CRYPTECH_FIELD_AT(type, member, sizeof(u64)),	       \
		.len = CRYPTECH_FIELD_AT(type, length, sizeof(u32)),	       \
		##__VA_ARGS__						       \
	}

/*
 * Make the call that a struct stands for, wait for it, fill the struct in. May
 * sleep; returns as a handler of ioctl.h does. What is given out goes from the
 * reply to the user and nowhere else, and not before the whole of the reply
 * was checked. If it does not fit it is -EOVERFLOW and all lengths are those
 * needed. Before a call that changes something is sent, its output has to be
 * writable.
 */
int cryptech_iocmap_call(struct cryptech_client *client,
			 const struct cryptech_iocmap *map, void *arg,
			 u32 *error);

#endif /* CRYPTECH_IOCMAP_H */
