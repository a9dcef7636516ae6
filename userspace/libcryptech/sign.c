// SPDX-License-Identifier: MIT
/* What keys are for. */
#include <errno.h>
#include <string.h>

#include "internal.h"

static int sign(struct cryptech *hsm, const uint8_t uuid[16],
		struct cryptech_ioc_sign *arg, const void *input,
		size_t input_len, void *sig, size_t *sig_len)
{
	int ret;

	hsm->error = CRYPTECH_ERR_OK;
	if (input_len > UINT32_MAX)
		return -EINVAL;
	arg->size = sizeof(*arg);
	memcpy(arg->uuid, uuid, sizeof(arg->uuid));
	arg->input = (uintptr_t)input;
	arg->input_len = input_len;
	arg->signature = (uintptr_t)sig;
	arg->signature_len = *sig_len < UINT32_MAX ? *sig_len : UINT32_MAX;
	ret = lib_call(hsm, CRYPTECH_IOC_SIGN, arg, &arg->error);
	if (!ret || ret == -EOVERFLOW)
		*sig_len = arg->signature_len;
	return ret;
}

int cryptech_sign(struct cryptech *hsm, const uint8_t uuid[16],
		  uint32_t digest, const void *input, size_t input_len,
		  void *sig, size_t *sig_len)
{
	struct cryptech_ioc_sign arg = { .digest = digest };

	return sign(hsm, uuid, &arg, input, input_len, sig, sig_len);
}

int cryptech_sign_once(struct cryptech *hsm, const uint8_t uuid[16],
		       const uint8_t request_id[16], const void *message,
		       size_t message_len, void *sig, size_t *sig_len,
		       uint64_t *left)
{
	struct cryptech_ioc_sign arg = { .flags = CRYPTECH_SIGN_ONCE };
	int ret;

	memcpy(arg.request_id, request_id, sizeof(arg.request_id));
	ret = sign(hsm, uuid, &arg, message, message_len, sig, sig_len);
	if (!ret && left)
		*left = arg.left;
	return ret;
}

static int verify(struct cryptech *hsm, const uint8_t uuid[16],
		  struct cryptech_ioc_verify *arg, const void *input,
		  size_t input_len, const void *sig, size_t sig_len)
{
	hsm->error = CRYPTECH_ERR_OK;
	if (input_len > UINT32_MAX || sig_len > UINT32_MAX)
		return -EINVAL;
	arg->size = sizeof(*arg);
	memcpy(arg->uuid, uuid, sizeof(arg->uuid));
	arg->input = (uintptr_t)input;
	arg->input_len = input_len;
	arg->signature = (uintptr_t)sig;
	arg->signature_len = sig_len;
	return lib_call(hsm, CRYPTECH_IOC_VERIFY, arg, &arg->error);
}

int cryptech_verify(struct cryptech *hsm, const uint8_t uuid[16],
		    uint32_t digest, const void *input, size_t input_len,
		    const void *sig, size_t sig_len)
{
	struct cryptech_ioc_verify arg = { .digest = digest };

	return verify(hsm, uuid, &arg, input, input_len, sig, sig_len);
}

int cryptech_verify_message(struct cryptech *hsm, const uint8_t uuid[16],
			    const void *message, size_t message_len,
			    const void *sig, size_t sig_len)
{
	struct cryptech_ioc_verify arg = { .flags = CRYPTECH_SIGN_ONCE };

	return verify(hsm, uuid, &arg, message, message_len, sig, sig_len);
}
