// SPDX-License-Identifier: MIT
/*
 * Settings: small records that say how this HSM is set up, whoever's keys are
 * in it. They are wrapped as a whole under K_config, with class and name in
 * the plaintext so that none can be put in another's place:
 *
 *	u32 class | name[16] | data
 *
 * The PIN record, which is older, has no such head; its class has no other.
 */
#include "internal.h"

#include <stdlib.h>

#define SETTING_HEAD	(4 + KS_NAME_SIZE)

static void put_head(uint8_t *head, enum ks_class class, const uint8_t *name)
{
	struct xdr_writer w;

	xdr_writer_init(&w, head, SETTING_HEAD);
	xdr_put_u32(&w, class);
	memcpy(xdr_put_raw(&w, KS_NAME_SIZE), name, KS_NAME_SIZE);
}

int setting_write(struct hsm *hsm, enum ks_class class,
		  const uint8_t name[KS_NAME_SIZE], const void *data,
		  size_t len, bool must_be_new)
{
	uint8_t sealed[SETTING_HEAD + SETTING_MAX + 16];
	uint8_t plain[SETTING_HEAD + SETTING_MAX];
	int error;

	if (len > SETTING_MAX)
		return CRYPTECH_ERR_RESULT_TOO_LONG;
	put_head(plain, class, name);
	if (len)
		memcpy(plain + SETTING_HEAD, data, len);
	error = core_wrap(hsm->k_config, plain, SETTING_HEAD + len, sealed);
	core_wipe(plain, sizeof(plain));
	if (error)
		return error;
	return store_write(hsm, class, name, sealed,
			   core_wrap_size(SETTING_HEAD + len), must_be_new);
}

int setting_read(struct hsm *hsm, enum ks_class class,
		 const uint8_t name[KS_NAME_SIZE], void *data, size_t size,
		 size_t *len)
{
	uint8_t sealed[SETTING_HEAD + SETTING_MAX + 16];
	uint8_t plain[sizeof(sealed)];
	uint8_t head[SETTING_HEAD];
	int error;

	error = store_error(ks_read(hsm->ks, class, name, sealed,
				    sizeof(sealed), len));
	if (error)
		return error;
	if (*len < 16)
		return CRYPTECH_ERR_KEYSTORE_LOST_DATA;
	error = core_unwrap(hsm->k_config, sealed, *len, plain, len);
	put_head(head, class, name);
	if (error || *len < SETTING_HEAD ||
	    memcmp(plain, head, SETTING_HEAD)) {
		if (error != CRYPTECH_ERR_ALLOCATION_FAILURE)
			error = CRYPTECH_ERR_KEYSTORE_LOST_DATA;
	} else {
		*len -= SETTING_HEAD;
		if (*len > size)
			error = CRYPTECH_ERR_RESULT_TOO_LONG;
		else if (*len)
			memcpy(data, plain + SETTING_HEAD, *len);
	}
	core_wipe(plain, sizeof(plain));
	return error;
}
