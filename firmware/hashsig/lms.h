/* SPDX-License-Identifier: MIT */
/*
 * LMS and LM-OTS as mathematics (RFC 8554): functions of their arguments,
 * without state, without locks; any thread, any time.
 *
 *	ots.c	  seeds, one-time public values, one-time signatures
 *	merkle.c  nodes
 *	verify.c  HSS verification
 *
 * The compressions come from cores/sha256. Hashes have params->n bytes; nodes
 * are numbered as in the RFC: 1 is the root, r has the children 2r and 2r + 1,
 * leaf q is node 2^h + q. `id` is the tree's I.
 *
 * Seeds. In a *punctured* key each node r has a seed S_r of n bytes and
 *
 *	S_r    = H(I | u32 r | u16 0xe4e4 | u8 0xff | S_(r / 2))
 *	SEED_q = S_(2^h + q)
 *
 * In a *single-seed* key SEED_q is the same for every q. From there on
 *
 *	x_q[i] = H(I | u32 q | u16 i | u8 0xff | SEED_q)	(appendix A)
 *	C      = H(I | u32 q | u16 0xfffd | u8 0xff | SEED_q)
 */
#ifndef HASHSIG_LMS_H
#define HASHSIG_LMS_H

#include <cryptech/hss.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../cores/cores.h"

#define LMS_N_MAX	CRYPTECH_LMS_N_MAX
#define LMS_H_MAX	CRYPTECH_LMS_H_MAX
#define LMS_ID_SIZE	CRYPTECH_LMS_I_SIZE

/* The seeds of the children of node @r, S_2r and S_(2r + 1). */
void lms_seed_children(const struct lms_params *params, const uint8_t *id,
		       uint32_t r, const uint8_t *seed, uint8_t *left,
		       uint8_t *right);

/*
 * The nodes of the leaves first .. first + count - 1 into @leaves, n bytes
 * each. @seeds are theirs, @stride bytes apart: n, or 0 for a single seed.
 * What was secret is wiped. Fast from 8 leaves on.
 */
void lms_leaves(const struct lms_params *params, const uint8_t *id,
		uint32_t first, uint32_t count, const uint8_t *seeds,
		size_t stride, uint8_t *leaves);

/* The inner nodes first .. first + count - 1 of one level from their 2 * count
 * children. @nodes may be @children. */
void lms_nodes(const struct lms_params *params, const uint8_t *id,
	       uint32_t first, uint32_t count, const uint8_t *children,
	       uint8_t *nodes);

/* The hash of a message, RFC 8554, 4.5: Q. */
struct lms_message {
	struct core_hash *hash;
	unsigned int n;
};
int lms_message_begin(struct lms_message *message,
		      const struct lms_params *params, const uint8_t *id,
		      uint32_t q, const uint8_t *c);
int lms_message_update(struct lms_message *message, const void *data,
		       size_t len);
/* Also closes it; so does lms_message_abort(). */
int lms_message_final(struct lms_message *message, uint8_t *digest);
void lms_message_abort(struct lms_message *message);

/* C of leaf q; must not leave before the leaf is spent for good. */
void lms_randomizer(const struct lms_params *params, const uint8_t *id,
		    uint32_t q, const uint8_t *seed, uint8_t *c);

/*
 * Sign a digest with leaf q: writes lmots_signature_size() bytes, and the
 * leaf's node as it follows from the completed chains to @leaf. The caller
 * compares that with what the leaf's node has to be before it lets the
 * signature go, and wipes the signature if it differs. Time does not depend on
 * the seed.
 */
void lms_ots_sign(const struct lms_params *params, const uint8_t *id,
		  uint32_t q, const uint8_t *seed, const uint8_t *c,
		  const uint8_t *digest, uint8_t *signature, uint8_t *leaf);

/*
 * Does @path, h nodes beginning with the sibling of leaf q, lead from @leaf to
 * @root? RFC 8554, 5.4.2.
 */
bool lms_path_leads(const struct lms_params *params, const uint8_t *id,
		    uint32_t q, const uint8_t *leaf, const uint8_t *path,
		    const uint8_t *root);

/*
 * Verify an HSS signature (RFC 8554, 6.3), of a message in pieces. begin takes
 * apart public key and signature and checks all levels but the last;
 * INVALID_SIGNATURE, also for bytes left over; UNSUPPORTED_KEY for a public
 * key of an unknown set. It copies what it needs. final closes.
 */
struct hss_verify;
int hss_verify_begin(struct hss_verify **verify, const uint8_t *public,
		     size_t public_len, const uint8_t *signature,
		     size_t signature_len);
int hss_verify_update(struct hss_verify *verify, const void *data, size_t len);
int hss_verify_final(struct hss_verify *verify);
void hss_verify_abort(struct hss_verify *verify);	/* NULL is fine */

#endif /* HASHSIG_LMS_H */
