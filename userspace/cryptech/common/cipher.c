// SPDX-License-Identifier: MIT
#include <string.h>

#include "cipher.h"
#include "fail.h"

uint32_t cipher_mode(const struct cryptech_key *key)
{
	uint32_t mode = CRYPTECH_KEY_MODE(key->flags);

	switch (mode) {
	case CRYPTECH_MODE_CBC:
	case CRYPTECH_MODE_ECB:
	case CRYPTECH_MODE_CTR:
	case CRYPTECH_MODE_GCM:
		return mode;
	case CRYPTECH_MODE_XTS:
		fail(EXIT_FAILED, "XTS is for disks: use the key by "
		     "`cryptech token`");
	default:
		fail(EXIT_FAILED, "this is no AES key that encrypts");
	}
}

size_t cipher_iv_size(uint32_t mode)
{
	if (mode == CRYPTECH_MODE_ECB)
		return 0;
	return mode == CRYPTECH_MODE_GCM ? CRYPTECH_GCM_IV_SIZE : CIPHER_BLOCK;
}

size_t cipher_tag_size(uint32_t mode)
{
	return mode == CRYPTECH_MODE_GCM ? CRYPTECH_GCM_TAG_SIZE : 0;
}

bool cipher_pads(uint32_t mode)
{
	return mode == CRYPTECH_MODE_CBC || mode == CRYPTECH_MODE_ECB;
}

void cipher_read_aad(const char *path, uint32_t mode, struct bytes *aad)
{
	memset(aad, 0, sizeof(*aad));
	if (path && mode != CRYPTECH_MODE_GCM)
		fail_usage("--aad is for AES-GCM keys");
	if (path)
		file_read(path, aad, CIPHER_FILE_MAX);
}
