// SPDX-License-Identifier: MIT
#include "backup.h"

int handle_RAW_EXPORT(struct call *call)
{
	(void)call;
	return CRYPTECH_ERR_NOT_IMPLEMENTED;
}

int handle_RAW_IMPORT(struct call *call)
{
	(void)call;
	return CRYPTECH_ERR_NOT_IMPLEMENTED;
}

int handle_PARKED_LIST(struct call *call)
{
	(void)call;
	return CRYPTECH_ERR_NOT_IMPLEMENTED;
}

int handle_FORGET(struct call *call)
{
	(void)call;
	return CRYPTECH_ERR_NOT_IMPLEMENTED;
}
