// SPDX-License-Identifier: MIT
#include "backup.h"

int handle_RECOVERY_CREATE(struct call *call)
{
	(void)call;
	return CRYPTECH_ERR_NOT_IMPLEMENTED;
}

int handle_RECOVERY_ARM(struct call *call)
{
	(void)call;
	return CRYPTECH_ERR_NOT_IMPLEMENTED;
}
