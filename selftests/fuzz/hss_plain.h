/* SPDX-License-Identifier: MIT */
/*
 * A second verifier of HSS signatures, to compare the first with: RFC 8554 step by
 * step and RFC 9858's table, one hash after the other, by libcrypto. It shares
 * nothing with firmware/hashsig or cryptech/hss.h.
 */
#ifndef FUZZ_HSS_PLAIN_H
#define FUZZ_HSS_PLAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum plain_result { PLAIN_UNSUPPORTED, PLAIN_INVALID, PLAIN_VALID };

enum plain_result hss_plain_verify(const uint8_t *public, size_t public_len,
				   const uint8_t *signature, size_t len,
				   const uint8_t *message, size_t message_len);

#endif /* FUZZ_HSS_PLAIN_H */
