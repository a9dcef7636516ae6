// SPDX-License-Identifier: MIT
#include "backup.h"

int handle_TRANSFER_EXPORT(struct call *call)
{
	(void)call;
	return CRYPTECH_ERR_NOT_IMPLEMENTED;
}

int handle_TRANSFER_IMPORT(struct call *call)
{
	(void)call;
	return CRYPTECH_ERR_NOT_IMPLEMENTED;
}

int handle_TRANSFER_ACK(struct call *call)
{
	(void)call;
	return CRYPTECH_ERR_NOT_IMPLEMENTED;
}
