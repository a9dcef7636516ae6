// SPDX-License-Identifier: GPL-2.0
/* The functions and errors of the HSM, as the driver needs them. */
#include <linux/errno.h>
#include <linux/kernel.h>

#include "cryptech.h"

static const struct cryptech_function_info cryptech_functions[] = {
#define CRYPTECH_INFO(_number, _name, _class, _rights, _doors, _cost, ...)     \
	{									\
		.number = _number,						\
		.class = CRYPTECH_CLASS_##_class,				\
		.cost = CRYPTECH_COST_##_cost,					\
		.doors = CRYPTECH_DOOR_##_doors,				\
	},
	CRYPTECH_FUNCTIONS(CRYPTECH_INFO)
#undef CRYPTECH_INFO
};

const struct cryptech_function_info *cryptech_function(u32 number)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cryptech_functions); i++)
		if (cryptech_functions[i].number == number)
			return &cryptech_functions[i];
	return NULL;
}

int cryptech_errno(u32 error)
{
	static const u8 errnos[] = {
#define CRYPTECH_ERRNO(number, name, value, text)			       \
		[number] = value,
		CRYPTECH_ERRORS(CRYPTECH_ERRNO)
#undef CRYPTECH_ERRNO
	};

	if (error >= ARRAY_SIZE(errnos))
		return -EIO;
	return -errnos[error];
}
