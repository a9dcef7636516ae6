// SPDX-License-Identifier: MIT
/*
 * AES keys of the vault: a core_key that has no value but does its blocks there.
 */
#include "internal.h"

#include <stdlib.h>

struct aes {
	struct vaultkeys *vk;
	unsigned int images;		/* XTS: two */
	uint8_t image[2][IMAGE];
};

struct blocks {
	bool encrypt;
	const uint8_t *in;
	uint8_t *out;
	size_t count;
};

static int use_blocks(void *data, struct fpga *fpga, unsigned int slot)
{
	const struct blocks *blocks = data;

	return vault_block(fpga, slot, blocks->encrypt, blocks->in,
			   blocks->out, blocks->count);
}

static int do_blocks(void *data, unsigned int which, bool encrypt,
		     const uint8_t *in, uint8_t *out, size_t count)
{
	struct blocks blocks = { encrypt, in, out, count };
	struct aes *aes = data;

	return slot_use(aes->vk, aes->image[which], use_blocks, &blocks);
}

static void free_aes(void *data)
{
	free(data);
}

static const struct core_elsewhere elsewhere = {
	.blocks = do_blocks,
	.free = free_aes,
};

static bool is_xts(uint32_t type)
{
	return CRYPTECH_KEY_FAMILY(type) == CRYPTECH_KEY_FAMILY_AES_XTS;
}

/* The vault has AES-128 and AES-256, and blocks: what a mode needs beyond them,
 * as GCM does, is not to be had. */
static bool has_type(uint32_t type)
{
	switch (CRYPTECH_KEY_FAMILY(type)) {
	case CRYPTECH_KEY_FAMILY_AES:
	case CRYPTECH_KEY_FAMILY_AES_XTS:
	case CRYPTECH_KEY_FAMILY_AES_ECB:
	case CRYPTECH_KEY_FAMILY_AES_CTR:
		return core_secret_size(type) && CRYPTECH_KEY_BITS(type) != 192;
	default:
		return false;
	}
}

static int aes_alloc(struct vaultkeys *vk, uint32_t type, struct aes **out)
{
	struct aes *aes;

	*out = NULL;
	if (!has_type(type))
		return CRYPTECH_ERR_UNSUPPORTED_KEY;
	aes = calloc(1, sizeof(*aes));
	if (!aes)
		return CRYPTECH_ERR_ALLOCATION_FAILURE;
	aes->vk = vk;
	aes->images = is_xts(type) ? 2 : 1;
	*out = aes;
	return CRYPTECH_ERR_OK;
}

static int finish(struct aes *aes, uint32_t type, int error,
		  struct core_key **key)
{
	if (!error)
		error = core_key_elsewhere(type, &elsewhere, aes, key);
	if (error)
		free(aes);
	return error;
}

static int draw(struct aes *aes, unsigned int i, bool is_long)
{
	struct vaultkeys *vk = aes->vk;
	unsigned int slot;
	int error = slot_new(vk, &slot);

	if (error)
		return error;
	error = vault_generate(vk->fpga, slot, is_long);
	if (!error)
		error = slot_wrap(vk, slot, aes->image[i]);
	slot_put(vk, slot, error ? NULL : aes->image[i]);
	return error == CRYPTECH_ERR_FORBIDDEN ? CRYPTECH_ERR_CORE_NOT_FOUND :
						 error;
}

/* Equal halves of XTS never come from a generator that works; both are drawn
 * where its health tests are. */
int vaultkeys_aes_new(struct vaultkeys *vk, uint32_t type,
		      struct core_key **key)
{
	struct aes *aes;
	int error = aes_alloc(vk, type, &aes);

	if (error)
		return error;
	for (unsigned int i = 0; i < aes->images && !error; i++)
		error = draw(aes, i, CRYPTECH_KEY_BITS(type) == 256);
	return finish(aes, type, error, key);
}

int vaultkeys_aes_record(const struct core_key *key, uint8_t *record,
			 size_t size, size_t *len)
{
	const struct aes *aes = core_key_where(key, &elsewhere);

	*len = 0;
	if (!aes)
		return CRYPTECH_ERR_UNSUPPORTED_KEY;
	if (size < aes->images * IMAGE)
		return CRYPTECH_ERR_RESULT_TOO_LONG;
	*len = aes->images * IMAGE;
	memcpy(record, aes->image, *len);
	return CRYPTECH_ERR_OK;
}

int vaultkeys_aes_open(struct vaultkeys *vk, uint32_t type,
		       const uint8_t *record, size_t len, struct core_key **key)
{
	struct aes *aes;
	int error = aes_alloc(vk, type, &aes);

	if (error)
		return error;
	if (len == aes->images * IMAGE)
		memcpy(aes->image, record, len);
	else
		error = CRYPTECH_ERR_KEYSTORE_LOST_DATA;
	return finish(aes, type, error, key);
}
