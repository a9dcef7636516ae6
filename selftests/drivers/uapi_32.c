// SPDX-License-Identifier: MIT
/*
 * The UAPI as a 32-bit program sees it: compiled only, with -m32.
 */
#include <stddef.h>

#include <linux/cryptech.h>

#include "uapi_layout.h"

#define SIZE(name, size) \
	_Static_assert(sizeof(struct name) == (size), #name);
#define OFFSET(name, field, offset) \
	_Static_assert(offsetof(struct name, field) == (offset), #name);
#define NUMBER(name, number) \
	_Static_assert(CRYPTECH_IOC_##name == (number), #name);

_Static_assert(sizeof(void *) == 4, "this is not a 32-bit compiler");
UAPI_LAYOUT(SIZE, OFFSET, NUMBER)
