// SPDX-License-Identifier: MIT
#include "backup.h"

int handle_POLICY_SET(struct call *call)
{
	(void)call;
	return CRYPTECH_ERR_NOT_IMPLEMENTED;
}

void backup_count(struct hsm *hsm, uint64_t *value)
{
	(void)hsm;
	(void)value;
}
