// SPDX-License-Identifier: MIT
/*
 * The keystore as the HSM uses it.
 */
#include "internal.h"

int store_error(int ks_error)
{
	switch (ks_error) {
	case KS_OK:
		return CRYPTECH_ERR_OK;
	case KS_NOT_FOUND:
		return CRYPTECH_ERR_KEY_NOT_FOUND;
	case KS_FULL:
		return CRYPTECH_ERR_NO_KEY_INDEX_SLOTS;
	case KS_TOO_LONG:
		return CRYPTECH_ERR_RESULT_TOO_LONG;
	case KS_CORRUPT:
		return CRYPTECH_ERR_KEYSTORE_BAD_CRC;
	case KS_NO_MEMORY:
		return CRYPTECH_ERR_ALLOCATION_FAILURE;
	case KS_EXISTS:
		return CRYPTECH_ERR_KEY_NAME_IN_USE;
	default:
		return CRYPTECH_ERR_KEYSTORE_ACCESS;
	}
}

int store_write(struct hsm *hsm, enum ks_class class,
		const uint8_t name[KS_NAME_SIZE], const void *data, size_t len,
		bool must_be_new)
{
	return store_error(ks_write(hsm->ks, class, name, data, len,
				    must_be_new));
}

bool store_has(struct hsm *hsm, enum ks_class class)
{
	uint8_t name[KS_NAME_SIZE];

	return ks_next(hsm->ks, class, NULL, name, NULL) != KS_NOT_FOUND;
}
