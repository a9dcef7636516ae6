/* SPDX-License-Identifier: MIT */
#ifndef SIM_CONTAINER_H
#define SIM_CONTAINER_H

#include <stddef.h>

/* The object of which @pointer is the member. */
#define container_of(pointer, type, member) \
	((type *)((char *)(pointer) - offsetof(type, member)))

#endif /* SIM_CONTAINER_H */
