// SPDX-License-Identifier: MIT
/*
 * Our functions 0x130 to 0x13f: hash signature keys, by UUID.
 */
#include "key.h"

#define HANDLER(name)							       \
int handle_##name(struct call *call)					       \
{									       \
	(void)call;							       \
	return CRYPTECH_ERR_NOT_IMPLEMENTED;				       \
}
HANDLER(HASHSIG_GENERATE)
HANDLER(HASHSIG_JOB)
HANDLER(HASHSIG_CANCEL)
HANDLER(HASHSIG_INFO)
HANDLER(HASHSIG_ACCEPT)
HANDLER(SIGN_ONCE)
HANDLER(SIGN_INIT)
HANDLER(SIGN_UPDATE)
HANDLER(SIGN_FINAL)
HANDLER(VERIFY_INIT)
HANDLER(VERIFY_UPDATE)
HANDLER(VERIFY_FINAL)
HANDLER(STREAM_ABORT)
