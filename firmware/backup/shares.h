/* SPDX-License-Identifier: MIT */
/*
 * A secret of 32 bytes as shares, of which any m give it and fewer say nothing
 * of it: Shamir's scheme, byte by byte over GF(2^8) with the polynomial of AES
 * (x^8 + x^4 + x^3 + x + 1), in time that does not depend on secrets.
 *
 * A share is CRYPTECH_SHARE_SIZE bytes, big endian:
 *
 *	"CSHR" | u32 version 1 | u32 kind | u32 m | u32 n | u32 x | set[16] |
 *	check[8] | y[32]
 *
 * x: 1 to n; set: random, the same in all of one set; check: the beginning of
 * KDF(secret, "share-check"); y: the polynomials at x.
 */
#ifndef BACKUP_SHARES_H
#define BACKUP_SHARES_H

#include <cryptech/rpc.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SHARE_SECRET_SIZE	32

enum share_kind { SHARE_MASTER_KEY = 1, SHARE_RECOVERY_KEY = 2 };

/* BAD_ARGUMENTS unless 2 <= m <= n <= CRYPTECH_SHARES_MAX. */
int shares_make(const uint8_t secret[SHARE_SECRET_SIZE], enum share_kind kind,
		unsigned int m, unsigned int n,
		uint8_t shares[][CRYPTECH_SHARE_SIZE]);

/*
 * At least m shares of one set, in any order, no x twice. BAD_ARGUMENTS:
 * malformed, not of one set and kind, too few, or `check` is not right. @secret
 * is wiped on failure.
 */
int shares_join(const uint8_t *const *shares, unsigned int count,
		enum share_kind kind, uint8_t secret[SHARE_SECRET_SIZE]);

#endif /* BACKUP_SHARES_H */
