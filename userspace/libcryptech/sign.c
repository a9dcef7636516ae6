// SPDX-License-Identifier: MIT
/* What keys are for. */
#include <errno.h>
#include <string.h>

#include "internal.h"

int cryptech_sign_once(struct cryptech *hsm, const uint8_t uuid[16],
		       const uint8_t request_id[16], uint32_t digest,
		       const void *input, size_t input_len, void *sig,
		       size_t *sig_len)
{
	struct cryptech_ioc_sign arg = {
		.size = sizeof(arg),
		.digest = digest,
		.input = (uintptr_t)input,
		.input_len = input_len,
		.signature = (uintptr_t)sig,
		.signature_len = *sig_len < UINT32_MAX ? *sig_len : UINT32_MAX,
	};
	int ret;

	hsm->error = CRYPTECH_ERR_OK;
	if (input_len > UINT32_MAX)
		return -EINVAL;
	memcpy(arg.uuid, uuid, sizeof(arg.uuid));
	memcpy(arg.request_id, request_id, sizeof(arg.request_id));
	ret = lib_call(hsm, CRYPTECH_IOC_SIGN, &arg, &arg.error);
	if (!ret || ret == -EOVERFLOW)
		*sig_len = arg.signature_len;
	return ret;
}

int cryptech_sign(struct cryptech *hsm, const uint8_t uuid[16],
		  uint32_t digest, const void *input, size_t input_len,
		  void *sig, size_t *sig_len)
{
	static const uint8_t no_id[16];

	return cryptech_sign_once(hsm, uuid, no_id, digest, input, input_len,
				  sig, sig_len);
}

int cryptech_verify(struct cryptech *hsm, const uint8_t uuid[16],
		    uint32_t digest, const void *input, size_t input_len,
		    const void *sig, size_t sig_len)
{
	struct cryptech_ioc_verify arg = {
		.size = sizeof(arg),
		.digest = digest,
		.input = (uintptr_t)input,
		.input_len = input_len,
		.signature = (uintptr_t)sig,
		.signature_len = sig_len,
	};

	hsm->error = CRYPTECH_ERR_OK;
	if (input_len > UINT32_MAX || sig_len > UINT32_MAX)
		return -EINVAL;
	memcpy(arg.uuid, uuid, sizeof(arg.uuid));
	return lib_call(hsm, CRYPTECH_IOC_VERIFY, &arg, &arg.error);
}
