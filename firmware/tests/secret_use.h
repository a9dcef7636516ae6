/* SPDX-License-Identifier: MIT */
/* What secret keys of each type do, to see whether two are the same. */
#ifndef TESTS_SECRET_USE_H
#define TESTS_SECRET_USE_H

#include "hsm_box.h"
#include "vectors.h"

#define SECRET_DECRYPTS	CRYPTECH_KEY_FLAG_DATAENCIPHERMENT

static const struct secret_kind {
	uint32_t type, mode;
	uint32_t flags;			/* that it has to have for this */
	uint32_t function;
} secret_kinds[] = {
#define KIND(type, mode, flags, function)				       \
	{ CRYPTECH_KEY_##type, CRYPTECH_MODE_##mode, flags,		       \
	  CRYPTECH_RPC_##function }
#define CIPHER(type, mode) KIND(type, mode, SECRET_DECRYPTS, ENCRYPT)
#define GCM(type)							       \
	KIND(type, GCM, SECRET_DECRYPTS | CRYPTECH_KEY_FLAG_CALLER_IV,	       \
	     GCM_ENCRYPT)
#define MAC(type, mode)							       \
	KIND(type, mode, CRYPTECH_KEY_FLAG_DIGITALSIGNATURE, MAC)
	CIPHER(AES128, CBC), CIPHER(AES192, CBC), CIPHER(AES256, CBC),
	CIPHER(AES128_XTS, XTS), CIPHER(AES256_XTS, XTS),
	CIPHER(AES128_ECB, ECB), CIPHER(AES192_ECB, ECB),
	CIPHER(AES256_ECB, ECB), CIPHER(AES128_CTR, CTR),
	CIPHER(AES192_CTR, CTR), CIPHER(AES256_CTR, CTR),
	GCM(AES128_GCM), GCM(AES192_GCM), GCM(AES256_GCM),
	MAC(AES128_CMAC, CMAC), MAC(AES192_CMAC, CMAC), MAC(AES256_CMAC, CMAC),
	MAC(HMAC_SHA256, OF_TYPE), MAC(HMAC_SHA384, OF_TYPE),
	MAC(HMAC_SHA512, OF_TYPE),
#undef KIND
#undef CIPHER
#undef GCM
#undef MAC
};
#define SECRET_KINDS	(sizeof(secret_kinds) / sizeof(*secret_kinds))

/* Two blocks of zeros, with an IV of zeros, encrypted or authenticated. */
static inline int secret_use(struct box *in, uint32_t word,
			     const uint8_t *name, const struct secret_kind *k,
			     struct bytes *result)
{
	static const uint8_t zeros[32];
	const size_t name_len = CRYPTECH_UUID_SIZE;
	const uint8_t *data = NULL;
	int error;

	if (k->function == CRYPTECH_RPC_MAC)
		error = ask(in, word, k->function, "oso", name, name_len, "",
			    zeros, sizeof(zeros));
	else if (k->function == CRYPTECH_RPC_GCM_ENCRYPT)
		error = ask(in, word, k->function, "ooso", name, name_len,
			    zeros, (size_t)12, "", zeros, sizeof(zeros));
	else
		error = ask(in, word, k->function, "ououo", name, name_len,
			    k->mode, zeros,
			    (size_t)(k->mode == CRYPTECH_MODE_ECB ? 0 : 16), 0,
			    zeros, sizeof(zeros));
	if (error)
		return error;
	if (k->function != CRYPTECH_RPC_MAC)
		xdr_get_opaque(&in->results, &result->len);
	data = xdr_get_opaque(&in->results, &result->len);
	if (!data || result->len < 16 || result->len > 64)
		return -1;
	memcpy(result->data, data, result->len);
	return 0;
}

#endif /* TESTS_SECRET_USE_H */
