/* SPDX-License-Identifier: MIT */
/* A set of hashes of states that were explored. */
#ifndef TESTS_HS_MEMO_H
#define TESTS_HS_MEMO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hs_memo {
	uint64_t *slots;	/* 0: empty */
	uint64_t count, room;	/* room: a power of two */
};

/* Not for adversaries. */
uint64_t hs_memo_hash(uint64_t h, const void *data, size_t len);
/* False: it was there. */
bool hs_memo_add(struct hs_memo *memo, uint64_t h);

#endif /* TESTS_HS_MEMO_H */
