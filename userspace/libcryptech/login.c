// SPDX-License-Identifier: MIT
/* Logins and PINs. */
#include <errno.h>

#include "internal.h"

static int pin_call(struct cryptech *hsm, unsigned long request, uint32_t user,
		    const void *pin, size_t pin_len)
{
	struct cryptech_ioc_pin arg = {
		.size = sizeof(arg),
		.user = user,
		.pin = (uintptr_t)pin,
		.pin_len = pin_len,
	};

	hsm->error = CRYPTECH_ERR_OK;
	if (pin_len > CRYPTECH_PIN_MAX)
		return -EINVAL;
	return lib_call(hsm, request, &arg, &arg.error);
}

static int logout_call(struct cryptech *hsm, unsigned long request)
{
	struct cryptech_ioc_logout arg = { .size = sizeof(arg) };

	return lib_call(hsm, request, &arg, &arg.error);
}

int cryptech_login(struct cryptech *hsm, uint32_t user, const void *pin,
		   size_t pin_len)
{
	return pin_call(hsm, CRYPTECH_IOC_LOGIN, user, pin, pin_len);
}

int cryptech_logout(struct cryptech *hsm)
{
	return logout_call(hsm, CRYPTECH_IOC_LOGOUT);
}

int cryptech_set_pin(struct cryptech *hsm, uint32_t user, const void *pin,
		     size_t pin_len)
{
	return pin_call(hsm, CRYPTECH_IOC_SET_PIN, user, pin, pin_len);
}

int cryptech_kernel_login(struct cryptech *hsm, const void *pin,
			  size_t pin_len)
{
	return pin_call(hsm, CRYPTECH_IOC_KERNEL_LOGIN, CRYPTECH_USER_NORMAL,
			pin, pin_len);
}

int cryptech_kernel_logout(struct cryptech *hsm)
{
	return logout_call(hsm, CRYPTECH_IOC_KERNEL_LOGOUT);
}
