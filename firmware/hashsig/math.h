/* SPDX-License-Identifier: MIT */
/*
 * What ots.c, merkle.c and verify.c share.
 */
#ifndef HASHSIG_MATH_H
#define HASHSIG_MATH_H

#include <string.h>

#include "../cores/sha256.h"
#include "lms.h"

#define PREFIX_SIZE	SHA256_PREFIX_SIZE

/* Tags beside those of RFC 8554 (appendix A; lms.h). */
#define LMS_D_SEED	0xe4e4
#define LMS_D_C		0xfffd
#define LMS_FROM_SEED	0xff	/* byte 22: no step of a chain */

/* What every hash begins with: I | u32 number | u16 tag. */
static inline void lms_prefix(uint8_t prefix[PREFIX_SIZE], const uint8_t *id,
			      uint32_t number, uint16_t tag)
{
	memcpy(prefix, id, LMS_ID_SIZE);
	prefix[16] = number >> 24;
	prefix[17] = number >> 16 & 0xff;
	prefix[18] = number >> 8 & 0xff;
	prefix[19] = number & 0xff;
	prefix[20] = tag >> 8;
	prefix[21] = tag & 0xff;
}

/* The steps of a whole chain: 2^w - 1. */
static inline unsigned int lms_steps(const struct lms_params *params)
{
	return (1u << params->w) - 1;
}

/*
 * The p digits of a digest and its checksum (RFC 8554, 4.4). They follow from
 * what is signed, so they are no secret, and time may depend on them.
 */
void lms_digits(const struct lms_params *params, const uint8_t *digest,
		uint8_t digits[CRYPTECH_LMOTS_P_MAX]);

/* The node of leaf q from the ends of its chains, p * n bytes (4.3, 5.3). */
void lms_leaf_node(const struct lms_params *params, const uint8_t *id,
		   uint32_t q, const uint8_t *ends, uint8_t *leaf);

/* The digest of all of a message at once; an error of lms_message_*. */
int lms_digest(const struct lms_params *params, const uint8_t *id, uint32_t q,
	       const uint8_t *c, const void *data, size_t len,
	       uint8_t *digest);

#endif /* HASHSIG_MATH_H */
