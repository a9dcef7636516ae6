// SPDX-License-Identifier: MIT
#include "backup.h"

int handle_MASTER_KEY_INFO(struct call *call)
{
	(void)call;
	return CRYPTECH_ERR_NOT_IMPLEMENTED;
}

int handle_MASTER_KEY_GENERATE(struct call *call)
{
	(void)call;
	return CRYPTECH_ERR_NOT_IMPLEMENTED;
}

int handle_MASTER_KEY_SET(struct call *call)
{
	(void)call;
	return CRYPTECH_ERR_NOT_IMPLEMENTED;
}

int handle_MASTER_KEY_SHARES(struct call *call)
{
	(void)call;
	return CRYPTECH_ERR_NOT_IMPLEMENTED;
}
