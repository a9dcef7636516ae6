/* SPDX-License-Identifier: MIT */
#ifndef LIBCRYPTECH_INTERNAL_H
#define LIBCRYPTECH_INTERNAL_H

#include <linux/cryptech.h>

#include "libcryptech.h"

struct cryptech {
	int fd;
	bool owned;		/* close it with the handle */
	uint32_t error;		/* the HSM's, of the last call */
};

/* One ioctl; @error points to the field of that name in @arg. */
int lib_call(struct cryptech *hsm, unsigned long request, void *arg,
	     const uint32_t *error);

/* Copy @label to a struct's @out; -EINVAL if it is too long. */
int lib_label(const char *label, char out[CRYPTECH_LABEL_MAX],
	      uint32_t *label_len);

/* The reverse, whatever length the kernel gave; zero-terminated. */
void lib_take_label(char out[CRYPTECH_LABEL_MAX + 1], uint32_t *out_len,
		    const char *label, uint32_t label_len);

#endif /* LIBCRYPTECH_INTERNAL_H */
