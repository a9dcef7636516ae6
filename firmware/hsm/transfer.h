/* SPDX-License-Identifier: MIT */
/*
 * libhal's packages, between transfer.c and transferhss.c.
 */
#ifndef HSM_TRANSFER_H
#define HSM_TRANSFER_H

#include "backup.h"

#define LEGACY_KEK		32
#define LEGACY_ENVELOPE		32	/* at most, around the bytes of one */

struct legacy_package {
	uint8_t pkcs8[CORE_DER_MAX + LEGACY_ENVELOPE];
	uint8_t kek[CORE_SIGNATURE_MAX + LEGACY_ENVELOPE];
	size_t pkcs8_len, kek_len;
	/* secrets */
	uint8_t key[LEGACY_KEK];
	uint8_t plain[CORE_DER_MAX];
	uint8_t wrapped[CORE_DER_MAX + 16];
};

/* Wrap the @len bytes of package->plain. Lock not needed. */
int legacy_pack(struct legacy_package *package, size_t len,
		const struct core_key *kekek);

/*
 * Hash signature keys (transferhss.c): a half of a single-seed key leaves, for
 * ever; such a half comes. FORBIDDEN without POLICY_SHARED_SEED;
 * UNSUPPORTED_KEY: this form has no room for such a key.
 */
int legacy_hashsig_export(struct call *call, struct key *key,
			  const struct core_key *kekek,
			  struct legacy_package *package);
/* Is this the PKCS#8 of one? */
bool legacy_is_hashsig(const uint8_t *der, size_t len);
int legacy_hashsig_import(struct call *call, const uint8_t *der, size_t len,
			  const struct key_request *request, uint32_t *handle,
			  struct key **key);

#endif /* HSM_TRANSFER_H */
