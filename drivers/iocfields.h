/* SPDX-License-Identifier: GPL-2.0 */
/* Words for the tables of ioctls that are functions, field by field. */
#ifndef CRYPTECH_IOCFIELDS_H
#define CRYPTECH_IOCFIELDS_H

#include "iocmap.h"

/* A map's fields, all of one struct. */
#define U32(type, member)						       \
	CRYPTECH_FIELD_PLAIN(U32, cryptech_##type, member)
#define BYTES(type, member)						       \
	CRYPTECH_FIELD_PLAIN(BYTES, cryptech_##type, member)
#define UNLESS_ZERO(type, member)					       \
	CRYPTECH_FIELD_PLAIN(PREVIOUS, cryptech_##type, member)
#define PREVIOUS(type)	UNLESS_ZERO(type, previous)
#define BY_FLAG(type, member)						       \
	CRYPTECH_FIELD_PLAIN(BY_FLAG, cryptech_##type, member)
#define ZERO(type, member)						       \
	CRYPTECH_FIELD_PLAIN(ZERO, cryptech_##type, member)
#define UP_TO(type, member) {						       \
		.kind = CRYPTECH_FIELD_LABEL,				       \
		.size = sizeof_field(struct cryptech_##type, member),	       \
		.at = offsetof(struct cryptech_##type, member),		       \
		.len = CRYPTECH_FIELD_AT(cryptech_##type, member##_len,	       \
					 sizeof(u32)),			       \
	}
#define LABEL(type)	UP_TO(type, label)
#define BUFFER(type, member)						       \
	CRYPTECH_FIELD_POINTER(BUFFER, 0, cryptech_##type, member,	       \
			       member##_len)
#define RECEIPT(type, member, size)					       \
	CRYPTECH_FIELD_POINTER(RECEIPT, size, cryptech_##type, member,	       \
			       member##_len)
#define SHARES(kind, type, length)					       \
	CRYPTECH_FIELD_POINTER(kind, CRYPTECH_SHARE_SIZE, cryptech_##type,     \
			       shares, length)
#define COUNT(type) {							       \
		.kind = CRYPTECH_FIELD_LIST,				       \
		.len = CRYPTECH_FIELD_AT(cryptech_##type, count, sizeof(u32)), \
	}
#define LIST(type, member, size_, items_)				       \
	CRYPTECH_FIELD_POINTER(LIST, size_, cryptech_##type, member, count,    \
			       .items = items_)

#define NONE		(const struct cryptech_iocfield[]){ {} }
#define FIELDS(...)	(const struct cryptech_iocfield[]){ __VA_ARGS__, {} }

/* The ioctl is named as the function is. */
#define MAPPED(name, type, knows, args, results) {			       \
		.cmd = CRYPTECH_IOC_##name,				       \
		.error = offsetof(struct cryptech_##type, error),	       \
		.flags = knows,						       \
		.map = &(const struct cryptech_iocmap) {		       \
			.function = CRYPTECH_RPC_##name,		       \
			.in = args,					       \
			.out = results,					       \
		},							       \
	}

#endif /* CRYPTECH_IOCFIELDS_H */
