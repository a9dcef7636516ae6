// SPDX-License-Identifier: MIT
#include "shares.h"

#include <cryptech/xdr.h>

#include "../cores/cores.h"

#define SHARE_VERSION	1
#define SET_SIZE	16
#define CHECK_SIZE	8

static const uint8_t share_magic[4] = { 'C', 'S', 'H', 'R' };

struct share {
	uint32_t kind, m, n, x;
	const uint8_t *set, *check, *y;
};

/* --- GF(2^8) -------------------------------------------------------------- */

/* Neither a branch nor an address depends on the values. */
static uint8_t times(uint8_t a, uint8_t b)
{
	uint8_t product = 0;

	for (int i = 0; i < 8; i++) {
		product ^= a & -(b & 1);
		a = a << 1 ^ (0x1b & -(a >> 7));
		b >>= 1;
	}
	return product;
}

/* 1 / a, which is a^254. */
static uint8_t inverse(uint8_t a)
{
	uint8_t square = a, result = 1;

	for (int i = 1; i < 8; i++) {
		square = times(square, square);
		result = times(result, square);
	}
	return result;
}

/* --- shares as bytes ------------------------------------------------------ */

static int get_check(const uint8_t secret[SHARE_SECRET_SIZE],
		     uint8_t check[CHECK_SIZE])
{
	uint8_t derived[32];
	int error = core_kdf(secret, "share-check", derived);

	if (!error)
		memcpy(check, derived, CHECK_SIZE);
	core_wipe(derived, sizeof(derived));
	return error;
}

static void put_share(uint8_t out[CRYPTECH_SHARE_SIZE],
		      const struct share *share)
{
	struct xdr_writer w;

	xdr_writer_init(&w, out, CRYPTECH_SHARE_SIZE);
	memcpy(xdr_put_raw(&w, 4), share_magic, 4);
	xdr_put_u32(&w, SHARE_VERSION);
	xdr_put_u32(&w, share->kind);
	xdr_put_u32(&w, share->m);
	xdr_put_u32(&w, share->n);
	xdr_put_u32(&w, share->x);
	memcpy(xdr_put_raw(&w, SET_SIZE), share->set, SET_SIZE);
	memcpy(xdr_put_raw(&w, CHECK_SIZE), share->check, CHECK_SIZE);
	memcpy(xdr_put_raw(&w, SHARE_SECRET_SIZE), share->y,
	       SHARE_SECRET_SIZE);
}

static bool get_share(const uint8_t data[CRYPTECH_SHARE_SIZE],
		      struct share *share)
{
	struct xdr_reader r;
	const uint8_t *magic;
	uint32_t version;

	xdr_reader_init(&r, data, CRYPTECH_SHARE_SIZE);
	magic = xdr_get_raw(&r, 4);
	version = xdr_get_u32(&r);
	share->kind = xdr_get_u32(&r);
	share->m = xdr_get_u32(&r);
	share->n = xdr_get_u32(&r);
	share->x = xdr_get_u32(&r);
	share->set = xdr_get_raw(&r, SET_SIZE);
	share->check = xdr_get_raw(&r, CHECK_SIZE);
	share->y = xdr_get_raw(&r, SHARE_SECRET_SIZE);
	return !memcmp(magic, share_magic, 4) && version == SHARE_VERSION &&
	       share->m >= 2 && share->m <= share->n &&
	       share->n <= CRYPTECH_SHARES_MAX &&
	       share->x >= 1 && share->x <= share->n;
}

/* --- make ----------------------------------------------------------------- */

/* The polynomials' other coefficients, of each power from 1 to m - 1. */
typedef uint8_t coefficients[CRYPTECH_SHARES_MAX - 1][SHARE_SECRET_SIZE];

/* All polynomials at x, by Horner's rule. */
static void evaluate(const uint8_t secret[SHARE_SECRET_SIZE],
		     const coefficients c, unsigned int m, uint8_t x,
		     uint8_t y[SHARE_SECRET_SIZE])
{
	for (unsigned int i = 0; i < SHARE_SECRET_SIZE; i++) {
		uint8_t value = 0;

		for (unsigned int power = m - 1; power > 0; power--)
			value = times(value ^ c[power - 1][i], x);
		y[i] = value ^ secret[i];
	}
}

int shares_make(const uint8_t secret[SHARE_SECRET_SIZE], enum share_kind kind,
		unsigned int m, unsigned int n,
		uint8_t shares[][CRYPTECH_SHARE_SIZE])
{
	uint8_t y[SHARE_SECRET_SIZE], set[SET_SIZE], check[CHECK_SIZE];
	struct share share = {
		.kind = kind, .m = m, .n = n, .set = set, .check = check,
		.y = y,
	};
	coefficients c;
	int error;

	if (m < 2 || m > n || n > CRYPTECH_SHARES_MAX)
		return CRYPTECH_ERR_BAD_ARGUMENTS;
	error = get_check(secret, check);
	if (!error)
		error = core_random(set, sizeof(set));
	if (!error)
		error = core_random(c, (m - 1) * SHARE_SECRET_SIZE);
	for (unsigned int i = 0; i < n && !error; i++) {
		share.x = i + 1;
		evaluate(secret, c, m, share.x, y);
		put_share(shares[i], &share);
	}
	core_wipe(c, sizeof(c));
	core_wipe(y, sizeof(y));
	return error;
}

/* --- join ----------------------------------------------------------------- */

/* What each share has to have in common with the first. */
static bool is_of_set(const struct share *share, const struct share *first)
{
	return share->kind == first->kind && share->m == first->m &&
	       share->n == first->n &&
	       !memcmp(share->set, first->set, SET_SIZE) &&
	       !memcmp(share->check, first->check, CHECK_SIZE);
}

static bool get_set(const uint8_t *const *shares, unsigned int count,
		    enum share_kind kind, struct share *set)
{
	uint32_t seen = 0;

	if (!count || count > CRYPTECH_SHARES_MAX)
		return false;
	for (unsigned int i = 0; i < count; i++) {
		if (!get_share(shares[i], &set[i]) || set[i].kind != kind ||
		    !is_of_set(&set[i], &set[0]) || seen >> set[i].x & 1)
			return false;
		seen |= 1u << set[i].x;
	}
	return count >= set[0].m;
}

/*
 * Lagrange's polynomial of share @i at 0: the product over the others of
 * x_j / (x_j - x_i). The numbers of shares are no secret.
 */
static uint8_t weight(const struct share *set, unsigned int count,
		      unsigned int i)
{
	uint8_t above = 1, below = 1;

	for (unsigned int j = 0; j < count; j++) {
		if (j == i)
			continue;
		above = times(above, set[j].x);
		below = times(below, set[j].x ^ set[i].x);
	}
	return times(above, inverse(below));
}

/* All shares are used, so that a wrong one among more than m is found. */
int shares_join(const uint8_t *const *shares, unsigned int count,
		enum share_kind kind, uint8_t secret[SHARE_SECRET_SIZE])
{
	struct share set[CRYPTECH_SHARES_MAX];
	uint8_t check[CHECK_SIZE];
	int error;

	memset(secret, 0, SHARE_SECRET_SIZE);
	if (!get_set(shares, count, kind, set))
		return CRYPTECH_ERR_BAD_ARGUMENTS;
	for (unsigned int i = 0; i < count; i++) {
		uint8_t w = weight(set, count, i);

		for (unsigned int k = 0; k < SHARE_SECRET_SIZE; k++)
			secret[k] ^= times(set[i].y[k], w);
	}
	error = get_check(secret, check);
	if (!error && !core_equal(check, set[0].check, CHECK_SIZE))
		error = CRYPTECH_ERR_BAD_ARGUMENTS;
	if (error)
		core_wipe(secret, SHARE_SECRET_SIZE);
	return error;
}
