// SPDX-License-Identifier: MIT
#include "backup.h"

int handle_DEVICE_IDENTITY(struct call *call)
{
	(void)call;
	return CRYPTECH_ERR_NOT_IMPLEMENTED;
}

int handle_DEVICE_APPROVE(struct call *call)
{
	(void)call;
	return CRYPTECH_ERR_NOT_IMPLEMENTED;
}

int handle_DEVICE_REVOKE(struct call *call)
{
	(void)call;
	return CRYPTECH_ERR_NOT_IMPLEMENTED;
}

int handle_DEVICE_LIST(struct call *call)
{
	(void)call;
	return CRYPTECH_ERR_NOT_IMPLEMENTED;
}
