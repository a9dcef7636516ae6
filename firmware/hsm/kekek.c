// SPDX-License-Identifier: MIT
#include "backup.h"

int handle_KEKEK_CREATE(struct call *call)
{
	(void)call;
	return CRYPTECH_ERR_NOT_IMPLEMENTED;
}

int handle_KEKEK_ATTEST(struct call *call)
{
	(void)call;
	return CRYPTECH_ERR_NOT_IMPLEMENTED;
}

int handle_KEKEK_LIST(struct call *call)
{
	(void)call;
	return CRYPTECH_ERR_NOT_IMPLEMENTED;
}

int handle_KEKEK_DELETE(struct call *call)
{
	(void)call;
	return CRYPTECH_ERR_NOT_IMPLEMENTED;
}
