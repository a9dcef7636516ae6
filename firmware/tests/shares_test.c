// SPDX-License-Identifier: MIT
/*
 * Shares, against two others who know nothing of ours: a Python program
 * (vectors/shares.py), and libgfshare, whose field has another polynomial. All
 * fields of 256 elements are the same but for the names of the elements, so
 * that its shares can be translated into ours.
 */
#include "../backup/shares.h"

#include <libgfshare.h>

#include "../cores/cores.h"
#include "tap.h"
#include "vectors.h"

typedef uint8_t share_bytes[CRYPTECH_SHARE_SIZE];

#define SECRET_AT	(CRYPTECH_SHARE_SIZE - SHARE_SECRET_SIZE)
#define N		CRYPTECH_SHARES_MAX

static const uint8_t secret[SHARE_SECRET_SIZE] = {
	0x00, 0x01, 0x02, 0x53, 0xca, 0xff, 0x80, 0x7f, 0x1b, 0x1d, 0x03,
	0xaa, 0x55, 0x10, 0x20, 0x40, 0x91, 0x92, 0x93, 0x94, 0x95, 0x96,
	0x97, 0x98, 0x99, 0x9a, 0x9b, 0x9c, 0x9d, 0x9e, 0x9f, 0xfe,
};

/* --- fields --------------------------------------------------------------- */

static uint8_t times(uint8_t a, uint8_t b, unsigned int polynomial)
{
	unsigned int product = 0;

	for (int i = 7; i >= 0; i--) {
		product <<= 1;
		if (product & 0x100)
			product ^= polynomial;
		if (b >> i & 1)
			product ^= a;
	}
	return product;
}

#define OURS	0x11b
#define THEIRS	0x11d

static uint8_t to_ours[256], to_theirs[256];

/* A root of their polynomial in our field, whose powers are their powers of
 * x: to_ours is then a map that keeps sums and products. */
static void find_map(void)
{
	uint8_t root = 1, value, powers[9];

	do {
		root++;
		powers[0] = 1;
		for (int i = 1; i <= 8; i++)
			powers[i] = times(powers[i - 1], root, OURS);
		value = 0;
		for (int i = 0; i <= 8; i++)
			value ^= THEIRS >> i & 1 ? powers[i] : 0;
	} while (value);
	for (unsigned int a = 0; a < 256; a++) {
		value = 0;
		for (int i = 0; i < 8; i++)
			value ^= a >> i & 1 ? powers[i] : 0;
		to_ours[a] = value;
		to_theirs[value] = a;
	}
}

static void map_of_fields(void)
{
	find_map();
	for (unsigned int a = 0; a < 256; a++) {
		EXPECT_EQ(to_theirs[to_ours[a]], a);
		for (unsigned int b = 0; b < 256; b++)
			if (!EXPECT_EQ(to_ours[times(a, b, THEIRS)],
				       times(to_ours[a], to_ours[b], OURS)))
				return;
	}
}

static void translate(const uint8_t map[256], const uint8_t *from,
		      uint8_t to[SHARE_SECRET_SIZE])
{
	for (int i = 0; i < SHARE_SECRET_SIZE; i++)
		to[i] = map[from[i]];
}

/* --- tests ---------------------------------------------------------------- */

static int join(share_bytes *shares, const unsigned int *which,
		unsigned int count, enum share_kind kind, uint8_t *out)
{
	const uint8_t *list[N + 1];

	for (unsigned int i = 0; i < count; i++)
		list[i] = shares[which[i]];
	return shares_join(list, count, kind, out);
}

/* The shares number 0 to count - 1. */
static int join_first(share_bytes *shares, unsigned int count,
		      enum share_kind kind, uint8_t *out)
{
	static const unsigned int first[N + 1] = {
		0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 15,
	};

	return join(shares, first, count, kind, out);
}

static void python_made_them(void)
{
	share_bytes shares[64];
	struct vector v;
	unsigned int count = 0, first = 0, sets = 0;
	static struct bytes wanted, share;
	uint8_t out[SHARE_SECRET_SIZE];
	bool more;

	REQUIRE(vector_open(&v, "shares.txt"));
	do {
		more = vector_next(&v);
		if (more) {
			from_hex(&share, v.field[1]);
			REQUIRE(share.len == CRYPTECH_SHARE_SIZE && count < 64);
			memcpy(shares[count], share.data, share.len);
		}
		/* set[16] tells sets apart: the whole of one is here */
		if (count > first && (!more || memcmp(shares[first] + 24,
						      shares[count] + 24, 16))) {
			unsigned int m = shares[first][15];
			unsigned int kind = shares[first][11];

			EXPECT_EQ(join_first(shares + first, m, kind, out), 0);
			EXPECT_MEM(out, wanted.data, sizeof(out));
			EXPECT_EQ(join_first(shares + count - m, m, kind, out),
				  0);
			EXPECT_MEM(out, wanted.data, sizeof(out));
			EXPECT_EQ(join_first(shares + first, count - first,
					     kind, out), 0);
			EXPECT_MEM(out, wanted.data, sizeof(out));
			first = count;
			sets++;
		}
		if (more)
			from_hex(&wanted, v.field[0]);
		count += more;
	} while (more);
	EXPECT_EQ(sets, 5);
}

static void fill_random(unsigned char *buffer, unsigned int count)
{
	if (core_random(buffer, count))
		abort();
}

/* libgfshare finds the secret in what we made. */
static void libgfshare_joins_ours(void)
{
	static const unsigned int sizes[][2] = {
		{ 2, 2 }, { 2, 3 }, { 3, 5 }, { 5, 16 }, { 16, 16 },
	};
	uint8_t numbers[N], y[SHARE_SECRET_SIZE], out[SHARE_SECRET_SIZE];
	share_bytes shares[N];
	gfshare_ctx *ctx;

	for (unsigned int s = 0; s < 5; s++) {
		unsigned int m = sizes[s][0], n = sizes[s][1];

		REQUIRE(!shares_make(secret, SHARE_MASTER_KEY, m, n, shares));
		for (unsigned int i = 0; i < m; i++)
			numbers[i] = to_theirs[n - i];
		ctx = gfshare_ctx_init_dec(numbers, m, sizeof(y));
		REQUIRE(ctx);
		for (unsigned int i = 0; i < m; i++) {
			const uint8_t *share = shares[n - i - 1];

			EXPECT_EQ(share[23], n - i);
			translate(to_theirs, share + SECRET_AT, y);
			gfshare_ctx_dec_giveshare(ctx, i, y);
		}
		gfshare_ctx_dec_extract(ctx, y);
		gfshare_ctx_free(ctx);
		translate(to_ours, y, out);
		EXPECT_MEM(out, secret, sizeof(out));
	}
}

/* ... and we find it in what libgfshare made. The head is put around it. */
static void ours_joins_libgfshares(void)
{
	enum { M = 4, COUNT = 9 };
	uint8_t numbers[COUNT], theirs[SHARE_SECRET_SIZE];
	uint8_t y[SHARE_SECRET_SIZE], out[SHARE_SECRET_SIZE];
	share_bytes shares[COUNT];
	gfshare_ctx *ctx;

	REQUIRE(!shares_make(secret, SHARE_RECOVERY_KEY, M, COUNT, shares));
	for (unsigned int i = 0; i < COUNT; i++)
		numbers[i] = to_theirs[i + 1];
	ctx = gfshare_ctx_init_enc(numbers, COUNT, M, sizeof(y));
	REQUIRE(ctx);
	translate(to_theirs, secret, theirs);
	gfshare_ctx_enc_setsecret(ctx, theirs);
	for (unsigned int i = 0; i < COUNT; i++) {
		gfshare_ctx_enc_getshare(ctx, i, y);
		translate(to_ours, y, shares[i] + SECRET_AT);
	}
	gfshare_ctx_free(ctx);
	for (unsigned int i = 0; i + M <= COUNT; i++) {
		EXPECT_EQ(join_first(shares + i, M, SHARE_RECOVERY_KEY, out),
			  0);
		EXPECT_MEM(out, secret, sizeof(out));
	}
}

/* Every choice of 3 out of 5, in any order; never 2. */
static void any_three_of_five(void)
{
	share_bytes shares[5];
	uint8_t out[SHARE_SECRET_SIZE];
	unsigned int w[3];
	unsigned int good = 0;

	REQUIRE(!shares_make(secret, SHARE_MASTER_KEY, 3, 5, shares));
	for (w[0] = 0; w[0] < 5; w[0]++)
		for (w[1] = 0; w[1] < 5; w[1]++) {
			EXPECT_EQ(join(shares, w, 2, SHARE_MASTER_KEY, out),
				  1);
			for (w[2] = 0; w[2] < 5; w[2]++) {
				memset(out, 0, sizeof(out));
				good += !join(shares, w, 3, SHARE_MASTER_KEY,
					      out) &&
					!memcmp(out, secret, sizeof(out));
			}
		}
	EXPECT_EQ(good, 60);	/* 5 * 4 * 3: no share twice */
}

/* Two sets of one secret have nothing in common but `check`. */
static void sets_do_not_mix(void)
{
	static const unsigned int two[] = { 0, 1 };
	share_bytes a[3], b[3], mixed[2];
	uint8_t out[SHARE_SECRET_SIZE];

	REQUIRE(!shares_make(secret, SHARE_MASTER_KEY, 2, 3, a));
	REQUIRE(!shares_make(secret, SHARE_MASTER_KEY, 2, 3, b));
	EXPECT(memcmp(a[0] + SECRET_AT, b[0] + SECRET_AT, 32));
	EXPECT(memcmp(a[0] + 24, b[0] + 24, 16));
	memcpy(mixed[0], a[0], sizeof(mixed[0]));
	memcpy(mixed[1], b[1], sizeof(mixed[1]));
	EXPECT_EQ(join(mixed, two, 2, SHARE_MASTER_KEY, out), 1);
	EXPECT_EQ(join(a, two, 2, SHARE_RECOVERY_KEY, out), 1);
	EXPECT_EQ(join(a, two, 2, SHARE_MASTER_KEY, out), 0);
}

/* No bit of a share can change; and a secret that is not one is wiped. */
static void every_bit_counts(void)
{
	static const uint8_t zeros[SHARE_SECRET_SIZE];
	uint8_t out[SHARE_SECRET_SIZE];
	share_bytes shares[3];

	REQUIRE(!shares_make(secret, SHARE_MASTER_KEY, 2, 3, shares));
	for (unsigned int bit = 0; bit < 8 * CRYPTECH_SHARE_SIZE; bit++) {
		shares[1][bit / 8] ^= 1 << bit % 8;
		if (!EXPECT_EQ(join_first(shares, 2, SHARE_MASTER_KEY, out), 1))
			printf("# bit %u\n", bit);
		EXPECT_MEM(out, zeros, sizeof(out));
		EXPECT_EQ(join_first(shares, 3, SHARE_MASTER_KEY, out), 1);
		shares[1][bit / 8] ^= 1 << bit % 8;
	}
	EXPECT_EQ(join_first(shares, 3, SHARE_MASTER_KEY, out), 0);
}

static void bounds(void)
{
	share_bytes shares[N];
	uint8_t out[SHARE_SECRET_SIZE];

	EXPECT_EQ(shares_make(secret, SHARE_MASTER_KEY, 1, 3, shares), 1);
	EXPECT_EQ(shares_make(secret, SHARE_MASTER_KEY, 0, 0, shares), 1);
	EXPECT_EQ(shares_make(secret, SHARE_MASTER_KEY, 4, 3, shares), 1);
	EXPECT_EQ(shares_make(secret, SHARE_MASTER_KEY, 2, N + 1, shares), 1);
	REQUIRE(!shares_make(secret, SHARE_MASTER_KEY, N, N, shares));
	EXPECT_EQ(join_first(shares, 0, SHARE_MASTER_KEY, out), 1);
	EXPECT_EQ(join_first(shares, N - 1, SHARE_MASTER_KEY, out), 1);
	EXPECT_EQ(join_first(shares, N, SHARE_MASTER_KEY, out), 0);
	EXPECT_EQ(join_first(shares, N + 1, SHARE_MASTER_KEY, out), 1);
}

/*
 * Fewer than m say nothing: of one share of two, over many sets of one secret,
 * every byte takes every value. 256 values in 6,000 draws: that one is missing
 * has a chance of e^-23 a byte value.
 */
static void one_share_says_nothing(void)
{
	static bool seen[2][256];
	share_bytes shares[2];
	unsigned int values = 0;

	for (unsigned int i = 0; i < 6000; i++) {
		REQUIRE(!shares_make(secret, SHARE_MASTER_KEY, 2, 2, shares));
		seen[0][shares[0][SECRET_AT]] = true;
		seen[1][shares[1][CRYPTECH_SHARE_SIZE - 1]] = true;
	}
	for (unsigned int i = 0; i < 256; i++)
		values += seen[0][i] + seen[1][i];
	EXPECT_EQ(values, 512);
}

/* --- the recovery key's Diffie-Hellman ------------------------------------ */

static struct core_key *p256(const char *scalar)
{
	static struct bytes bytes;
	struct core_key *key = NULL;

	from_hex(&bytes, scalar);
	EXPECT_EQ(bytes.len, 32);
	EXPECT_EQ(core_key_p256(bytes.data, &key), 0);
	return key;
}

/* RFC 5903, section 8.1 */
static void ecdh_of_rfc_5903(void)
{
	struct core_key *i = p256("c88f01f510d9ac3f70a292daa2316de5"
				  "44e9aab8afe84049c62a9c57862d1433");
	struct core_key *r = p256("c6ef9c5d78ae012a011164acb397ce20"
				  "88685d8f06bf9be0b283ab46476bee53");
	static struct bytes point, shared;
	uint8_t spki[CORE_DER_MAX], out[32];
	struct core_key *public;
	size_t len;

	REQUIRE(i && r);
	from_hex(&point, "d12dfb5289c8d4f81208b70270398c34"
			 "2296970a0bccb74c736fc7554494bf63"
			 "56fbf3ca366cc23e8157854c13c58d6a"
			 "ac23f046ada30f8353e74f33039872ab");
	from_hex(&shared, "d6840f6b42f6edafd13116e0e1256520"
			  "2fef8e9ece7dce03812464d04b9442de");
	EXPECT_EQ(core_key_spki(r, spki, sizeof(spki), &len), 0);
	REQUIRE(len > 64);
	EXPECT_MEM(spki + len - 64, point.data, 64);
	REQUIRE(!core_key_from_spki(spki, len, &public));
	EXPECT_EQ(core_ecdh(i, public, out), 0);
	EXPECT_MEM(out, shared.data, 32);
	EXPECT_EQ(core_ecdh(r, i, out), 0);
	EXPECT_MEM(out, shared.data, 32);
	EXPECT_EQ(core_ecdh(public, i, out), CRYPTECH_ERR_UNSUPPORTED_KEY);
	EXPECT_EQ(core_key_scalar(public, out), CRYPTECH_ERR_UNSUPPORTED_KEY);
	EXPECT_EQ(core_key_scalar(r, out), 0);
	from_hex(&point, "c6ef9c5d78ae012a011164acb397ce20"
			 "88685d8f06bf9be0b283ab46476bee53");
	EXPECT_MEM(out, point.data, 32);
	core_key_put(public);
	core_key_put(i);
	core_key_put(r);
}

/* SP 800-186, 3.2.1.3: n, of which n - 1 is the last private key */
static void scalars_in_range(void)
{
	struct core_key *key = NULL;
	static struct bytes n;
	uint8_t out[32];

	from_hex(&n, "ffffffff00000000ffffffffffffffff"
		     "bce6faada7179e84f3b9cac2fc632551");
	EXPECT_EQ(core_key_p256(n.data, &key), 1);
	n.data[31]++;
	EXPECT_EQ(core_key_p256(n.data, &key), 1);
	n.data[31] -= 2;
	EXPECT_EQ(core_key_p256(n.data, &key), 0);
	EXPECT_EQ(core_key_scalar(key, out), 0);
	EXPECT_MEM(out, n.data, 32);
	core_key_put(key);
	memset(n.data, 0, 32);
	EXPECT_EQ(core_key_p256(n.data, &key), 1);
	n.data[31] = 1;		/* leading zeros are kept */
	EXPECT_EQ(core_key_p256(n.data, &key), 0);
	EXPECT_EQ(core_key_scalar(key, out), 0);
	EXPECT_MEM(out, n.data, 32);
	core_key_put(key);
	memset(n.data, 0xff, 32);
	EXPECT_EQ(core_key_p256(n.data, &key), 1);
}

int main(void)
{
	gfshare_fill_rand = fill_random;
	RUN(map_of_fields);
	RUN(python_made_them);
	RUN(libgfshare_joins_ours);
	RUN(ours_joins_libgfshares);
	RUN(any_three_of_five);
	RUN(sets_do_not_mix);
	RUN(every_bit_counts);
	RUN(bounds);
	RUN(one_share_says_nothing);
	RUN(ecdh_of_rfc_5903);
	RUN(scalars_in_range);
	return tap_done();
}
