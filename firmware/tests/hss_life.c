/* SPDX-License-Identifier: MIT */
/*
 * HSS keys from birth to exhaustion: every signature verifies, no one-time key
 * signs twice, and all counts are exact.
 */
#include "hss_box.h"
#include "lms_vectors.h"

enum { H5 = 0x05, H10 = 0x06, H25 = 0x09, H5_24 = 0x0a, H10_24 = 0x0b,
       H25_24 = 0x0e };
enum { W1 = 1, W2 = 2, W4 = 3, W8 = 4, W1_24 = 5, W2_24 = 6, W4_24 = 7,
       W8_24 = 8 };

#define PUNCTURED	CRYPTECH_HASHSIG_PUNCTURED
#define SINGLE		CRYPTECH_HASHSIG_SINGLE_SEED
#define EXHAUSTED	CRYPTECH_ERR_HASHSIG_KEY_EXHAUSTED

static struct box box;
static bool full;		/* CRYPTECH_FULL: every signature of long lives */

static struct hss_counts counts_of(const struct hss *hss)
{
	struct hss_counts counts;

	hss_count(hss, &counts);
	return counts;
}

/* One signature, all that can be said of it. */
static bool sign_and_check(struct hss *hss, unsigned int number)
{
	uint8_t text[4] = { number >> 24, number >> 16, number >> 8, number };
	uint64_t left = counts_of(hss).left;
	size_t len;

	if (!EXPECT_EQ(sign_working(hss, text, sizeof(text), &len), 0))
		return false;
	EXPECT_EQ(len, hss_signature_bytes(hss));
	EXPECT_EQ(signature[len], 0xa5);
	EXPECT_EQ(counts_of(hss).left, left - 1);
	return EXPECT(verifies(hss, text, sizeof(text), len,
			       full || number % 16 < 2));
}

static void is_exhausted(struct hss *hss)
{
	struct hss_counts counts = counts_of(hss);
	size_t len;

	EXPECT_EQ(counts.left, 0);
	EXPECT_EQ(counts.root_left, 0);
	EXPECT_EQ(counts.done, counts.total);
	EXPECT_EQ(sign(hss, "no", 2, &len), EXHAUSTED);
	EXPECT(!hss_working(hss, HSS_AHEAD));
	EXPECT(!hss_work_get(hss, HSS_AHEAD));
	EXPECT_EQ(hss_work_left(hss), 0);
	EXPECT_EQ(hss_out(hss), 0);
}

/* --- whole lives ------------------------------------------------------------------ */

/* In one go, with work ahead every now and then. */
static void live(uint32_t profile, uint32_t reserve,
		 const uint32_t (*sets)[2], unsigned int levels)
{
	struct root_facts facts;
	struct hss_counts counts;
	struct hss *hss;
	uint64_t all = 1;
	unsigned int i;

	facts_of(&facts, profile, reserve, sets, levels);
	REQUIRE(box_start(&box, 1 << 20));
	hss = key_new(&box, &facts);
	for (i = 0; i < levels; i++)
		all <<= hss_facts(hss)->params[i].h;
	counts = counts_of(hss);
	EXPECT_EQ(counts.left_max, all);
	EXPECT_EQ(counts.left, all);
	EXPECT_EQ(counts.root_left, 1u << hss_facts(hss)->params[0].h);
	for (i = 0; i < all && sign_and_check(hss, i); i++)
		if (i % 5 == 1)
			EXPECT_EQ(work_all(hss, HSS_AHEAD), 0);
	is_exhausted(hss);
	hss = box_again(&box, hss);
	is_exhausted(hss);
	EXPECT_EQ(counts_of(hss).left_max, all);
	EXPECT_EQ(hss_delete(hss), 0);
	EXPECT(!roots_first(box.roots));
	box_stop(&box);
}

#define LIVE(profile, reserve, ...) do { \
	static const uint32_t sets[][2] = { __VA_ARGS__ }; \
	live(profile, reserve, sets, sizeof(sets) / sizeof(sets[0])); \
} while (0)

static void one_level(void)
{
	LIVE(PUNCTURED, 1, { H5, W4 });
	LIVE(PUNCTURED, 8, { H5, W1 });
	LIVE(PUNCTURED, 7, { H5, W2 });
	LIVE(PUNCTURED, 1024, { H5, W8 });
	LIVE(PUNCTURED, 1, { H5_24, W8_24 });
	LIVE(PUNCTURED, 32, { H5_24, W1_24 });
	LIVE(PUNCTURED, 8, { H10_24, W4_24 });
}

static void one_level_of_a_single_seed(void)
{
	LIVE(SINGLE, 1, { H5, W4 });
	LIVE(SINGLE, 8, { H5_24, W2_24 });
	LIVE(SINGLE, 100, { H5, W2 });
}

static void two_levels(void)
{
	LIVE(PUNCTURED, 1, { H5_24, W8_24 }, { H5_24, W4_24 });
	LIVE(PUNCTURED, 3, { H5, W4 }, { H5, W2 });
	LIVE(SINGLE, 3, { H5, W4 }, { H5, W2 });
	/* Each level has a hash of its own size. */
	LIVE(PUNCTURED, 1, { H5, W8 }, { H5_24, W2_24 });
}

/* Shorter ones are in hss_tall.c. */
static void three_levels(void)
{
	LIVE(PUNCTURED, 4, { H5_24, W2_24 }, { H5_24, W2_24 },
	     { H5_24, W2_24 });
}

/* --- restarts ------------------------------------------------------------------------ */

/* A restart after every signature, and twice; each costs the rest of a run. */
static void restart_always(uint32_t profile, uint32_t reserve)
{
	static const uint32_t sets[][2] = { { H5, W4 } };
	struct root_facts facts;
	struct hss *hss;
	uint32_t left = 32;
	unsigned int number = 0;

	facts_of(&facts, profile, reserve, sets, 1);
	REQUIRE(box_start(&box, 1 << 20));
	hss = key_new(&box, &facts);
	while (left > 0) {
		hss = box_again(&box, hss);
		hss = box_again(&box, hss);
		EXPECT_EQ(counts_of(hss).left, left);
		EXPECT_EQ(counts_of(hss).left_max, 32);
		EXPECT(counts_of(hss).total > 0);
		if (!sign_and_check(hss, number++))
			break;
		left -= left < reserve ? left : reserve;
	}
	hss = box_again(&box, hss);
	is_exhausted(hss);
	hss_free(hss);
	box_stop(&box);
}

static void restart_after_each(void)
{
	restart_always(PUNCTURED, 1);
	restart_always(SINGLE, 1);
	restart_always(PUNCTURED, 5);
}

/* What lower trees had left is gone; root leaves only if they were used. */
static void restart_with_levels(void)
{
	static const uint32_t sets[][2] = { { H5_24, W4_24 },
					    { H5_24, W2_24 } };
	struct root_facts facts;
	struct hss *hss;
	uint32_t root_left = 32, number = 0, i, uses;

	facts_of(&facts, PUNCTURED, 1, sets, 2);
	REQUIRE(box_start(&box, 1 << 20));
	hss = key_new(&box, &facts);
	for (uses = 0; root_left > 0; uses = (uses + 23) % 71) {
		hss = box_again(&box, hss);
		EXPECT_EQ(counts_of(hss).root_left, root_left);
		EXPECT_EQ(counts_of(hss).left, 32 * root_left);
		for (i = 0; i < uses && counts_of(hss).left; i++)
			if (!sign_and_check(hss, number++))
				return;
		root_left -= (i + 31) / 32;
	}
	is_exhausted(hss);
	hss_free(hss);
	box_stop(&box);
}

/* --- exact bytes ------------------------------------------------------------------------ */

/* Trees of given seeds: what RFC 8554's and Cisco's implementations made. */
static void vectors(void)
{
	static struct lms_vector v;
	uint8_t seed[32], text[256], public[60], hash[32];
	const uint32_t (*set)[2];
	struct root_facts facts;
	struct hss *hss = NULL;
	size_t text_len = 0, len;
	unsigned int seen = 0;
	uint32_t q = 0;

	REQUIRE(box_start(&box, 1 << 20));
	REQUIRE(lms_vector_open(&v, "lms.vec"));
	while (lms_vector_next(&v)) {
		if (lms_vector_is(&v, "Seed"))
			memcpy(seed, v.data, sizeof(seed));
		if (lms_vector_is(&v, "Msg"))
			memcpy(text, v.data, text_len = v.len);
		if (lms_vector_is(&v, "q"))
			q = strtoul(v.text, NULL, 10);
		if (lms_vector_is(&v, "PublicKey")) {
			uint32_t sets[1][2] = { { v.data[3], v.data[7] } };

			set = (const uint32_t (*)[2])sets;
			facts_of(&facts, SINGLE, 1, set, 1);
			EXPECT_EQ(hss_new_from(&hss, &facts, v.data + 8, seed),
				  0);
			EXPECT_EQ(work_all(hss, HSS_NOW), 0);
			EXPECT_EQ(hss_store(hss, box.roots), 0);
			EXPECT_EQ(hss_public(hss, public), v.len + 4);
			EXPECT_MEM(public + 4, v.data, v.len);
		}
		if (!lms_vector_is(&v, "HashSig"))
			continue;
		for (; q > 0; q--)
			EXPECT_EQ(sign(hss, "another", 7, &len), 0);
		EXPECT_EQ(sign(hss, text, text_len, &len), 0);
		EVP_Digest(signature + 4, len - 4, hash, NULL, EVP_sha256(),
			   NULL);
		EXPECT_MEM(hash, v.data, 32);
		EXPECT_EQ(hss_delete(hss), 0);
		seen++;
	}
	EXPECT_EQ(seen, 3);
	box_stop(&box);
}

/* --- what is refused ---------------------------------------------------------------------- */

static int try_new(uint32_t profile, uint32_t reserve,
		   const uint32_t (*sets)[2], unsigned int levels)
{
	struct root_facts facts;
	struct hss *hss = (struct hss *)&facts;
	int error;

	facts_of(&facts, profile, reserve, sets, levels);
	error = hss_new(&hss, &facts);
	EXPECT(!hss == !!error);
	hss_free(hss);
	return error;
}

static void bad_sets(void)
{
	static const uint32_t good[9][2] = {
		{ H5, W8 }, { H5, W8 }, { H5, W8 }, { H5, W8 }, { H5, W8 },
		{ H5, W8 }, { H5, W8 }, { H5, W8 }, { H5, W8 } };
	static const uint32_t long1[][2] = { { H5, W1 }, { H5, W1 } };
	static const uint32_t mixed[][2] = { { H5, W4_24 } };
	static const uint32_t shake[][2] = { { 0x0f, 0x09 } };
	static const uint32_t none[][2] = { { 0, 0 } };
	static const uint32_t second[][2] = { { H5, W4 }, { H5, 0x10 } };

	EXPECT_EQ(try_new(PUNCTURED, 1, good, 8), 0);
	EXPECT_EQ(try_new(SINGLE, 1024, good, 1), 0);
	EXPECT_EQ(try_new(PUNCTURED, 1, good, 9), CRYPTECH_ERR_BAD_ARGUMENTS);
	EXPECT_EQ(try_new(PUNCTURED, 1, good, 0), CRYPTECH_ERR_BAD_ARGUMENTS);
	EXPECT_EQ(try_new(2, 1, good, 1), CRYPTECH_ERR_BAD_ARGUMENTS);
	EXPECT_EQ(try_new(PUNCTURED, 0, good, 1), CRYPTECH_ERR_BAD_ARGUMENTS);
	EXPECT_EQ(try_new(PUNCTURED, 1025, good, 1),
		  CRYPTECH_ERR_BAD_ARGUMENTS);
	/* 2 * 8,684 + 60 bytes */
	EXPECT_EQ(try_new(PUNCTURED, 1, long1, 1), 0);
	EXPECT_EQ(try_new(PUNCTURED, 1, long1, 2),
		  CRYPTECH_ERR_UNSUPPORTED_KEY);
	EXPECT_EQ(try_new(PUNCTURED, 1, mixed, 1),
		  CRYPTECH_ERR_UNSUPPORTED_KEY);
	EXPECT_EQ(try_new(PUNCTURED, 1, shake, 1),
		  CRYPTECH_ERR_UNSUPPORTED_KEY);
	EXPECT_EQ(try_new(PUNCTURED, 1, none, 1),
		  CRYPTECH_ERR_UNSUPPORTED_KEY);
	EXPECT_EQ(try_new(PUNCTURED, 1, second, 2),
		  CRYPTECH_ERR_UNSUPPORTED_KEY);
}

static void counts_that_do_not_fit(void)
{
	static const uint32_t sets[][2] = {
		{ H25_24, W8_24 }, { H25_24, W8_24 }, { H25_24, W8_24 } };
	struct root_facts facts;
	struct hss_counts counts;
	struct hss *hss;

	facts_of(&facts, PUNCTURED, 1, sets, 2);
	EXPECT_EQ(hss_new(&hss, &facts), 0);
	counts = counts_of(hss);
	EXPECT_EQ(counts.left, 1ull << 50);
	EXPECT_EQ(counts.left_max, 1ull << 50);
	EXPECT_EQ(counts.total, 2ull << 25);
	hss_free(hss);
	facts_of(&facts, PUNCTURED, 1, sets, 3);
	EXPECT_EQ(hss_new(&hss, &facts), 0);
	counts = counts_of(hss);
	EXPECT(counts.left == UINT64_MAX);
	EXPECT(counts.left_max == UINT64_MAX);
	EXPECT_EQ(counts.root_left, 1 << 25);
	hss_free(hss);
}

/* Out of turn: nothing happens, nothing is spent. */
static void wrong_order(void)
{
	static const uint32_t sets[][2] = { { H5, W4 }, { H5, W4 } };
	uint8_t digest[LMS_N_MAX] = { 1 };
	struct root_facts facts;
	struct hss_leaf *leaf, *other;
	struct hss *hss;
	size_t len;

	facts_of(&facts, PUNCTURED, 1, sets, 2);
	REQUIRE(box_start(&box, 1 << 20));
	REQUIRE(!hss_new(&hss, &facts));
	EXPECT_EQ(hss_take(hss, &leaf), CRYPTECH_ERR_IMPOSSIBLE);
	EXPECT_EQ(hss_store(hss, box.roots), CRYPTECH_ERR_NOT_READY);
	EXPECT(!roots_first(box.roots));
	EXPECT_EQ(work_all(hss, HSS_NOW), 0);
	EXPECT_EQ(hss_store(hss, box.roots), 0);
	EXPECT_EQ(hss_store(hss, box.roots), CRYPTECH_ERR_IMPOSSIBLE);

	EXPECT_EQ(hss_take(hss, &leaf), 0);
	EXPECT_EQ(hss_take(hss, &other), 0);
	EXPECT_EQ(hss_out(hss), 2);
	/* No room: then there is another try, but one. */
	len = hss_signature_bytes(hss) - 1;
	EXPECT_EQ(hss_leaf_sign(leaf, digest, signature, len, &len),
		  CRYPTECH_ERR_RESULT_TOO_LONG);
	EXPECT_EQ(leaf_sign(leaf, "a", 1, &len), 0);
	EXPECT(verifies(hss, "a", 1, len, true));
	EXPECT_EQ(hss_leaf_sign(leaf, digest, signature, len, &len),
		  CRYPTECH_ERR_IMPOSSIBLE);
	EXPECT_EQ(len, 0);
	hss_leaf_put(hss, leaf);
	/* One that is not used is spent nevertheless. */
	hss_leaf_put(hss, other);
	EXPECT_EQ(counts_of(hss).left, 1022);
	EXPECT_EQ(sign(hss, "b", 1, &len), 0);
	EXPECT(verifies(hss, "b", 1, len, true));
	EXPECT_EQ(plain_u32(signature + 4 + (len - 4 - 56) / 2 + 56), 2);
	hss_leaf_put(hss, NULL);

	EXPECT_EQ(counts_of(hss).left, 1021);
	EXPECT_EQ(hss_out(hss), 0);
	hss_free(hss);
	box_stop(&box);
}

int main(void)
{
	full = getenv("CRYPTECH_FULL");
	RUN(bad_sets);
	RUN(counts_that_do_not_fit);
	RUN(wrong_order);
	RUN(vectors);
	RUN(one_level);
	RUN(one_level_of_a_single_seed);
	RUN(two_levels);
	if (full)
		RUN(three_levels);
	RUN(restart_after_each);
	RUN(restart_with_levels);
	plain_ledger_free(&ledger);
	return tap_done();
}
