/* SPDX-License-Identifier: MIT */
/*
 * What goes between HSMs, and off them, to the byte. No keys are used here and
 * nothing is decided: bytes to structs and back, through one bounded cursor.
 * All of it is XDR (big endian); Documentation/backup.rst has the tables, and
 * each version of each kind is read for ever.
 *
 * Signed structs begin with CRYPTECH_ATTEST_MAGIC (18 bytes, no zero) and two
 * zero bytes, then u32 kind; the signature (ECDSA P-256 over SHA-256 of all
 * that is before it, r || s, 64 bytes) ends them:
 *
 *	1 KEKEK	   serial[16] of the destination | uuid[16] | u32 flags | opaque spki
 *	2 package  source serial[16] | destination serial[16] | kekek uuid[16] |
 *		   uuid[16] of the key | opaque kek | opaque wrapped
 *	3 ack	   destination serial[16] | source serial[16] | uuid[16] of the key |
 *		   sha256[32] of the package
 *
 * kek: the transit KEK, 32 bytes, by RSA-OAEP (SHA-256, MGF1 of the same, label
 * "cryptech transfer" and no zero) to the KEKEK; wrapped: the key image by AES-256 KWP
 * under the KEK.
 *
 * Raw packages:
 *
 *	"CRAW" | u32 version 1 | u32 kind: 1 key, 2 parked | check[8] | uuid[16] |
 *	opaque recovery | opaque wrapped
 *
 * check: the first bytes of the master key's fingerprint, so that people can
 * be told whose it is. wrapped: AES-256 KWP, under k_raw = KDF(master key, "raw")
 * for keys of kind 1, for those of kind 2 under HMAC-SHA-256(KDF(master key,
 * "raw-hashsig"), "cryptech park v1" | uuid | Kp). All that is before the opaque
 * `wrapped` stands in the wrapped plaintext once more, before the key image.
 *
 * recovery: empty, or of kind 2 Kp for the recovery key, 105 bytes:
 *
 *	point[65] | KWP(HMAC-SHA-256(x, "cryptech recovery v1" | uuid | point |
 *	recovery point[65]), Kp)
 *
 * point: the public half of an ephemeral key, uncompressed; x: the shared secret
 * of it and the recovery key by Diffie-Hellman; both on P-256. Texts here have no
 * zero at their end.
 *
 * A key image is what KEY records hold, see hsm/keyrecord.c; the secret of an
 * HSS key in it is a body (hashsig/backup.h).
 */
#ifndef BACKUP_PACKAGE_H
#define BACKUP_PACKAGE_H

#include <cryptech/rpc.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ATTEST_HEAD		(18 + 2 + 4)
#define ATTEST_SIGNATURE	64
#define KEKEK_SINGLE_USE	1	/* flags of a KEKEK statement */

enum attest_kind { ATTEST_KEKEK = 1, ATTEST_PACKAGE = 2, ATTEST_ACK = 3 };

/* Pointers go into the bytes that were parsed. */
struct kekek_statement {
	const uint8_t *serial, *uuid;
	uint32_t flags;
	const uint8_t *spki;
	size_t spki_len;
};

struct transfer_package {
	const uint8_t *source, *destination, *kekek, *uuid;
	const uint8_t *kek, *wrapped;
	size_t kek_len, wrapped_len;
};

struct transfer_ack {
	const uint8_t *destination, *source, *uuid, *sha256;
};

enum raw_kind { RAW_KEY = 1, RAW_PARKED = 2 };

struct raw_package {
	enum raw_kind kind;
	const uint8_t *check, *uuid;
	const uint8_t *recovery, *wrapped;
	size_t recovery_len, wrapped_len;
	size_t head_len;		/* bytes before the opaque `wrapped` */
};

/*
 * False: malformed, of an unknown version, or bytes are left over. *signed_len:
 * how many bytes the signature, which follows them, is over.
 */
bool kekek_statement_parse(const uint8_t *data, size_t len,
			   struct kekek_statement *statement,
			   size_t *signed_len);
bool transfer_package_parse(const uint8_t *data, size_t len,
			    struct transfer_package *package,
			    size_t *signed_len);
bool transfer_ack_parse(const uint8_t *data, size_t len,
			struct transfer_ack *ack, size_t *signed_len);
bool raw_package_parse(const uint8_t *data, size_t len,
		       struct raw_package *package);

/*
 * Into @out of @size bytes; returns the length (of signed structs without the
 * signature, for which there is room), 0: it does not fit.
 */
size_t kekek_statement_put(uint8_t *out, size_t size,
			   const struct kekek_statement *statement);
size_t transfer_package_put(uint8_t *out, size_t size,
			    const struct transfer_package *package);
size_t transfer_ack_put(uint8_t *out, size_t size,
			const struct transfer_ack *ack);
/* Without `wrapped`; head_len is set. */
size_t raw_package_head_put(uint8_t *out, size_t size,
			    struct raw_package *package);

#endif /* BACKUP_PACKAGE_H */
