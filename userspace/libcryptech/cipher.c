// SPDX-License-Identifier: MIT
/* What secret keys are for: ciphers and MACs, of any length. */
#include <errno.h>
#include <string.h>

#include "internal.h"

#define CHUNK		16320	/* fits a message, whole blocks */
#define MAC_CHUNK	16256	/* whole CRYPTECH_MAC_BLOCKs */

static int chunk(struct cryptech *hsm, unsigned long request,
		 struct cryptech_ioc_cipher *arg, uint8_t *data, size_t len)
{
	arg->data = (uintptr_t)data;
	arg->data_len = len;
	return lib_call(hsm, request, arg, &arg->error);
}

int cryptech_cipher(struct cryptech *hsm, const uint8_t uuid[16], bool encrypt,
		    uint32_t mode, uint8_t iv[16], void *data, size_t len)
{
	struct cryptech_ioc_cipher arg = {
		.size = sizeof(arg),
		.mode = mode,
		.iv_len = mode == CRYPTECH_MODE_ECB ? 0 : 16,
	};
	unsigned long request = encrypt ? CRYPTECH_IOC_ENCRYPT :
					  CRYPTECH_IOC_DECRYPT;
	uint8_t *at = data;
	int ret = 0;

	hsm->error = CRYPTECH_ERR_OK;
	if (mode == CRYPTECH_MODE_XTS)
		return -EOPNOTSUPP;
	memcpy(arg.uuid, uuid, sizeof(arg.uuid));
	memcpy(arg.iv, iv, arg.iv_len);
	while (!ret && len) {
		size_t n = len < CHUNK ? len : CHUNK;

		ret = chunk(hsm, request, &arg, at, n);
		at += n;
		len -= n;
	}
	if (!ret)
		memcpy(iv, arg.iv, arg.iv_len);
	return ret;
}

/* --- GCM --------------------------------------------------------------------- */

static void fill_gcm(struct cryptech_ioc_gcm *arg, const uint8_t uuid[16],
		     const void *aad, size_t aad_len, void *data, size_t len)
{
	arg->size = sizeof(*arg);
	memcpy(arg->uuid, uuid, sizeof(arg->uuid));
	arg->aad = (uintptr_t)aad;
	arg->aad_len = aad_len;
	arg->data = (uintptr_t)data;
	arg->data_len = len;
}

int cryptech_gcm_encrypt(struct cryptech *hsm, const uint8_t uuid[16],
			 bool caller_iv, uint8_t iv[12], const void *aad,
			 size_t aad_len, void *data, size_t len,
			 uint8_t tag[16])
{
	struct cryptech_ioc_gcm arg = {
		.flags = caller_iv ? CRYPTECH_GCM_CALLER_IV : 0,
	};
	int ret;

	hsm->error = CRYPTECH_ERR_OK;
	if (aad_len > CRYPTECH_GCM_MAX || len > CRYPTECH_GCM_MAX)
		return -EMSGSIZE;
	fill_gcm(&arg, uuid, aad, aad_len, data, len);
	if (caller_iv)
		memcpy(arg.iv, iv, sizeof(arg.iv));
	ret = lib_call(hsm, CRYPTECH_IOC_GCM_ENCRYPT, &arg, &arg.error);
	if (ret)
		return ret;
	memcpy(iv, arg.iv, sizeof(arg.iv));
	memcpy(tag, arg.tag, sizeof(arg.tag));
	return 0;
}

int cryptech_gcm_decrypt(struct cryptech *hsm, const uint8_t uuid[16],
			 const uint8_t iv[12], const void *aad, size_t aad_len,
			 void *data, size_t len, const uint8_t tag[16])
{
	struct cryptech_ioc_gcm arg = { 0 };

	hsm->error = CRYPTECH_ERR_OK;
	if (aad_len > CRYPTECH_GCM_MAX || len > CRYPTECH_GCM_MAX)
		return -EMSGSIZE;
	fill_gcm(&arg, uuid, aad, aad_len, data, len);
	memcpy(arg.iv, iv, sizeof(arg.iv));
	memcpy(arg.tag, tag, sizeof(arg.tag));
	return lib_call(hsm, CRYPTECH_IOC_GCM_DECRYPT, &arg, &arg.error);
}

/* --- MACs -------------------------------------------------------------------- */

/*
 * Takes in all but the end, which is to be of CRYPTECH_MAC_BLOCK bytes or more
 * and fits a message.
 */
static int mac_begin(struct cryptech *hsm, struct cryptech_ioc_mac *arg,
		     const uint8_t uuid[16], const uint8_t *data, size_t len)
{
	int ret = 0;

	hsm->error = CRYPTECH_ERR_OK;
	arg->size = sizeof(*arg);
	memcpy(arg->uuid, uuid, sizeof(arg->uuid));
	while (!ret && len > MAC_CHUNK) {
		size_t n = len - MAC_CHUNK < CRYPTECH_MAC_BLOCK ?
			   MAC_CHUNK - CRYPTECH_MAC_BLOCK : MAC_CHUNK;

		arg->data = (uintptr_t)data;
		arg->data_len = n;
		ret = lib_call(hsm, CRYPTECH_IOC_MAC_UPDATE, arg, &arg->error);
		data += n;
		len -= n;
	}
	arg->data = (uintptr_t)data;
	arg->data_len = len;
	return ret;
}

int cryptech_mac(struct cryptech *hsm, const uint8_t uuid[16],
		 const void *data, size_t len,
		 uint8_t mac[CRYPTECH_MAC_MAX], size_t *mac_len)
{
	struct cryptech_ioc_mac arg = { 0 };
	int ret = mac_begin(hsm, &arg, uuid, data, len);

	if (!ret)
		ret = lib_call(hsm, CRYPTECH_IOC_MAC, &arg, &arg.error);
	if (ret)
		return ret;
	memcpy(mac, arg.mac, sizeof(arg.mac));
	*mac_len = arg.mac_len;
	return 0;
}

int cryptech_mac_verify(struct cryptech *hsm, const uint8_t uuid[16],
			const void *data, size_t len, const void *mac,
			size_t mac_len)
{
	struct cryptech_ioc_mac arg = { 0 };
	int ret;

	hsm->error = CRYPTECH_ERR_OK;
	if (mac_len > sizeof(arg.mac))
		return -EKEYREJECTED;
	ret = mac_begin(hsm, &arg, uuid, data, len);
	if (ret)
		return ret;
	memcpy(arg.mac, mac, mac_len);
	arg.mac_len = mac_len;
	return lib_call(hsm, CRYPTECH_IOC_MAC_VERIFY, &arg, &arg.error);
}
