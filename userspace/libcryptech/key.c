// SPDX-License-Identifier: MIT
/* Keys: make, describe, list, label, delete. */
#include <errno.h>
#include <string.h>

#include "internal.h"

/* Keys asked for at once; a message holds about as many. */
#define LIST_CHUNK	128

int lib_label(const char *label, char out[CRYPTECH_LABEL_MAX],
	      uint32_t *label_len)
{
	size_t len = label ? strlen(label) : 0;

	if (len > CRYPTECH_LABEL_MAX)
		return -EINVAL;
	if (len)
		memcpy(out, label, len);
	*label_len = len;
	return 0;
}

void lib_take_label(char out[CRYPTECH_LABEL_MAX + 1], uint32_t *out_len,
		    const char *label, uint32_t label_len)
{
	if (label_len > CRYPTECH_LABEL_MAX)
		label_len = CRYPTECH_LABEL_MAX;
	memset(out, 0, CRYPTECH_LABEL_MAX + 1);
	memcpy(out, label, label_len);
	*out_len = label_len;
}

int cryptech_key_generate(struct cryptech *hsm, uint32_t type, uint32_t flags,
			  const char *label, uint8_t uuid[16])
{
	struct cryptech_ioc_key_generate arg = {
		.size = sizeof(arg),
		.type = type,
		.key_flags = flags,
	};
	int ret;

	hsm->error = CRYPTECH_ERR_OK;
	ret = lib_label(label, arg.label, &arg.label_len);
	if (ret)
		return ret;
	memcpy(arg.uuid, uuid, sizeof(arg.uuid));
	ret = lib_call(hsm, CRYPTECH_IOC_KEY_GENERATE, &arg, &arg.error);
	if (!ret)
		memcpy(uuid, arg.uuid, sizeof(arg.uuid));
	return ret;
}

int cryptech_key_load(struct cryptech *hsm, const void *der, size_t der_len,
		      uint32_t flags, const char *label, uint8_t uuid[16])
{
	struct cryptech_ioc_key_load arg = {
		.size = sizeof(arg),
		.der = (uintptr_t)der,
		.der_len = der_len,
		.key_flags = flags,
	};
	int ret;

	hsm->error = CRYPTECH_ERR_OK;
	if (der_len > UINT32_MAX)
		return -EINVAL;
	ret = lib_label(label, arg.label, &arg.label_len);
	if (ret)
		return ret;
	memcpy(arg.uuid, uuid, sizeof(arg.uuid));
	ret = lib_call(hsm, CRYPTECH_IOC_KEY_LOAD, &arg, &arg.error);
	if (!ret)
		memcpy(uuid, arg.uuid, sizeof(arg.uuid));
	return ret;
}

int cryptech_key_load_raw(struct cryptech *hsm, uint32_t type,
			  const void *value, size_t value_len, uint32_t flags,
			  const char *label, uint8_t uuid[16])
{
	struct cryptech_ioc_key_load_raw arg = {
		.size = sizeof(arg),
		.type = type,
		.value = (uintptr_t)value,
		.value_len = value_len,
		.key_flags = flags,
	};
	int ret;

	hsm->error = CRYPTECH_ERR_OK;
	if (value_len > UINT32_MAX)
		return -EINVAL;
	ret = lib_label(label, arg.label, &arg.label_len);
	if (ret)
		return ret;
	memcpy(arg.uuid, uuid, sizeof(arg.uuid));
	ret = lib_call(hsm, CRYPTECH_IOC_KEY_LOAD_RAW, &arg, &arg.error);
	if (!ret)
		memcpy(uuid, arg.uuid, sizeof(arg.uuid));
	return ret;
}

_Static_assert(CRYPTECH_TOKEN_BYTES == CRYPTECH_TOKEN_SIZE,
	       "the library's tokens are the kernel's");

int cryptech_key_token(struct cryptech *hsm, const uint8_t uuid[16],
		       uint8_t token[CRYPTECH_TOKEN_BYTES])
{
	struct cryptech_ioc_token arg = { .size = sizeof(arg) };
	int ret;

	memcpy(arg.uuid, uuid, sizeof(arg.uuid));
	ret = lib_call(hsm, CRYPTECH_IOC_TOKEN, &arg, &arg.error);
	if (!ret)
		memcpy(token, arg.token, sizeof(arg.token));
	return ret;
}

int cryptech_key_info(struct cryptech *hsm, const uint8_t uuid[16],
		      struct cryptech_key *key)
{
	struct cryptech_ioc_key_info arg = { .size = sizeof(arg) };
	int ret;

	memcpy(arg.uuid, uuid, sizeof(arg.uuid));
	ret = lib_call(hsm, CRYPTECH_IOC_KEY_INFO, &arg, &arg.error);
	if (ret)
		return ret;
	memcpy(key->uuid, uuid, sizeof(key->uuid));
	key->type = arg.type;
	key->key_class = arg.key_class;
	key->flags = arg.key_flags;
	lib_take_label(key->label, &key->label_len, arg.label, arg.label_len);
	return 0;
}

int cryptech_key_list(struct cryptech *hsm, const uint8_t *previous,
		      struct cryptech_key *keys, size_t *count)
{
	struct cryptech_key_item items[LIST_CHUNK];
	struct cryptech_ioc_key_list arg = {
		.size = sizeof(arg),
		.count = *count < LIST_CHUNK ? *count : LIST_CHUNK,
		.items = (uintptr_t)items,
	};
	uint32_t room = arg.count, i;
	int ret;

	if (previous)
		memcpy(arg.previous, previous, sizeof(arg.previous));
	ret = lib_call(hsm, CRYPTECH_IOC_KEY_LIST, &arg, &arg.error);
	if (ret)
		return ret;
	if (arg.count > room)
		return -EPROTO;
	for (i = 0; i < arg.count; i++) {
		memcpy(keys[i].uuid, items[i].uuid, sizeof(keys[i].uuid));
		keys[i].type = items[i].type;
		keys[i].key_class = items[i].key_class;
		keys[i].flags = items[i].key_flags;
		lib_take_label(keys[i].label, &keys[i].label_len,
			       items[i].label, items[i].label_len);
	}
	*count = arg.count;
	return 0;
}

int cryptech_key_public(struct cryptech *hsm, const uint8_t uuid[16],
			void *spki, size_t *spki_len)
{
	struct cryptech_ioc_key_public arg = {
		.size = sizeof(arg),
		.spki = (uintptr_t)spki,
		.spki_len = *spki_len < UINT32_MAX ? *spki_len : UINT32_MAX,
	};
	int ret;

	memcpy(arg.uuid, uuid, sizeof(arg.uuid));
	ret = lib_call(hsm, CRYPTECH_IOC_KEY_PUBLIC, &arg, &arg.error);
	if (!ret || ret == -EOVERFLOW)
		*spki_len = arg.spki_len;
	return ret;
}

int cryptech_key_set_label(struct cryptech *hsm, const uint8_t uuid[16],
			   const char *label)
{
	struct cryptech_ioc_key_set_label arg = { .size = sizeof(arg) };
	int ret;

	hsm->error = CRYPTECH_ERR_OK;
	ret = lib_label(label, arg.label, &arg.label_len);
	if (ret)
		return ret;
	memcpy(arg.uuid, uuid, sizeof(arg.uuid));
	return lib_call(hsm, CRYPTECH_IOC_KEY_SET_LABEL, &arg, &arg.error);
}

int cryptech_key_delete(struct cryptech *hsm, const uint8_t uuid[16])
{
	struct cryptech_ioc_key_delete arg = { .size = sizeof(arg) };

	memcpy(arg.uuid, uuid, sizeof(arg.uuid));
	return lib_call(hsm, CRYPTECH_IOC_KEY_DELETE, &arg, &arg.error);
}
