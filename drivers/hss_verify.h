/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Verification of HSS signatures (RFC 8554, 6.3; sets with n = 24: RFC 9858)
 * with the kernel's own SHA-256.
 *
 * Nothing in hss_verify.c but that, and cond_resched(), is the kernel's, so
 * that the same file is tested in a program.
 */
#ifndef CRYPTECH_HSS_VERIFY_H
#define CRYPTECH_HSS_VERIFY_H

#include <linux/types.h>

#include <cryptech/hss.h>

/**
 * cryptech_hss_get_spki() - Take apart a SubjectPublicKeyInfo of an HSS key
 * @der: RFC 9708, section 3: the algorithm has no parameters, the BIT STRING
 *	is the HSS public key as it stands, without an OCTET STRING around it
 * @len: its length in bytes; trailing bytes are refused
 * @public: where the HSS public key is, in @der
 * @public_len: how long it is; 1 to 109 bytes
 *
 * Only strict DER is taken.
 *
 * Return: false if it is something else.
 */
bool cryptech_hss_get_spki(const u8 *der, size_t len,
			   const u8 **public, size_t *public_len);

/**
 * cryptech_hss_signature_max() - The longest signature that a key can make
 * @levels: of the key
 * @root: the set of its topmost level, the only one that a public key names
 *
 * Return: bytes. With one level every signature has this length.
 */
size_t cryptech_hss_signature_max(unsigned int levels,
				  const struct lms_params *root);

/* Room for what is not on the stack. */
struct cryptech_hss_work {
	struct hss_step steps[CRYPTECH_HSS_LEVELS_MAX];
};

/**
 * cryptech_hss_verify() - Verify a signature
 * @work: room; neither side looks at it before or after
 * @levels: of the key
 * @root: the key, from hss_get_public()
 * @message: what was signed
 * @message_len: its length in bytes
 * @signature: has the signature at its start
 * @signature_len: bytes there
 * @used: how many of them the signature takes; set if it verifies
 *
 * Takes one hash for each step of a chain, half of them on average: 67 * 15 a
 * level with W = 4, 34 * 255 with W = 8.
 *
 * Context: may sleep.
 * Return: whether the signature is that of @message.
 */
bool cryptech_hss_verify(struct cryptech_hss_work *work, unsigned int levels,
			 const struct lms_public *root, const u8 *message,
			 size_t message_len, const u8 *signature,
			 size_t signature_len, size_t *used);

#endif /* CRYPTECH_HSS_VERIFY_H */
