// SPDX-License-Identifier: MIT
/*
 * Tall keys that are split and parked while only a part of their tree is in
 * memory, and halves that come without their top: what has to be computed
 * first, and that both sides sign then. With trees for tests
 * (LMS_TEST_HEIGHTS), whose one-time keys cost next to nothing.
 */
#include "hss_box.h"

enum { H2 = 0xf2, H10 = 0x0b, H15 = 0x0c };
#define OTS		0xf1
#define LEAVES		32768u

static struct box here, there;
static uint8_t request[ROOT_REQUEST_SIZE] = "whom it is for";

/* --- packages: the body as it is ----------------------------------------------- */

struct parcel {
	uint8_t *data;
	size_t len;
};

static int seal(void *data, const uint8_t *body, size_t len, const uint8_t *kp,
		uint8_t **package, size_t *package_len)
{
	(void)data;
	(void)kp;
	*package = malloc(len);
	if (!*package)
		return CRYPTECH_ERR_ALLOCATION_FAILURE;
	memcpy(*package, body, len);
	*package_len = len;
	return 0;
}

static int split(struct hss *hss, struct parcel *p)
{
	free(p->data);
	request[0]++;
	return hss_split(hss, request, seal, NULL, &p->data, &p->len);
}

static int park(struct hss *hss, struct parcel *p)
{
	free(p->data);
	return hss_park(hss, seal, NULL, &p->data, &p->len);
}

static struct hss *adopt(struct box *box, const struct parcel *p)
{
	struct root *root;
	struct hss *hss;

	if (!EXPECT_EQ(root_adopt(box->roots, p->data, p->len, NULL, &root),
		       0) ||
	    !EXPECT_EQ(hss_open(&hss, box->roots, root), 0))
		abort();
	return hss;
}

/* --- helpers -------------------------------------------------------------------- */

static struct hss_counts counts_of(const struct hss *hss)
{
	struct hss_counts counts;

	hss_count(hss, &counts);
	return counts;
}

static struct hss *tall_key(uint32_t reserve)
{
	const uint32_t sets[][2] = { { H15, OTS } };
	struct root_facts facts;

	facts_of(&facts, CRYPTECH_HASHSIG_PUNCTURED, reserve, sets, 1);
	if (!box_start(&here, 1 << 20) || !box_start(&there, 1 << 20))
		abort();
	return key_new(&here, &facts);
}

/* One signature, which must not wait, by root leaf @leaf. */
static bool signs(struct hss *hss, uint32_t leaf)
{
	size_t len;

	return EXPECT_EQ(sign(hss, &leaf, sizeof(leaf), &len), 0) &&
	       EXPECT(verifies(hss, &leaf, sizeof(leaf), len, true)) &&
	       EXPECT_EQ((signature[4] << 24 | signature[5] << 16 |
			  signature[6] << 8 | signature[7]), leaf);
}

/* To the border of the next window and beyond. */
static void sign_on(struct hss *hss, uint32_t first, uint32_t count)
{
	for (uint32_t leaf = first; leaf < first + count; leaf++) {
		EXPECT_EQ(work_all(hss, HSS_AHEAD), 0);
		REQUIRE(signs(hss, leaf));
	}
}

static void over(struct hss *a, struct hss *b)
{
	hss_free(a);
	hss_free(b);
	box_stop(&here);
	box_stop(&there);
}

/* --- tests ---------------------------------------------------------------------- */

/* Split between windows, and within one, of a key that signs. */
static void where_to_cut_is_computed(void)
{
	struct parcel p = { 0 };
	struct hss *hss = tall_key(1), *half;
	uint64_t before;

	EXPECT_EQ(work_all(hss, HSS_AHEAD), 0);
	REQUIRE(signs(hss, 0) && signs(hss, 1) && signs(hss, 2));
	/* 32765 left: the cut is within a window that is not in memory. */
	EXPECT_EQ(hss_work_left(hss), 0);
	EXPECT_EQ(split(hss, &p), CRYPTECH_ERR_NOT_READY);
	EXPECT(hss_work_left(hss) > 0);
	EXPECT_EQ(counts_of(hss).root_left, LEAVES - 3);
	/* It signs on meanwhile. */
	REQUIRE(signs(hss, 3));
	before = counts_of(hss).total - counts_of(hss).done;
	EXPECT_EQ(before, 1024);	/* a window, not the tree */
	EXPECT_EQ(work_all(hss, HSS_NOW), 0);
	EXPECT_EQ(split(hss, &p), 0);
	EXPECT_EQ(counts_of(hss).root_left, 16382);
	REQUIRE(signs(hss, 4));
	sign_on(hss, 5, 40);
	/* The half has no top: all that is on its way is computed. */
	half = adopt(&there, &p);
	EXPECT_EQ(counts_of(half).root_left, 16382);
	EXPECT(hss_work_left(half) > 0);
	EXPECT_EQ(work_all(half, HSS_NOW), 0);
	sign_on(half, 16386, 20);
	half = box_again(&there, half);
	EXPECT_EQ(counts_of(half).root_left, 16362);
	EXPECT_EQ(work_all(half, HSS_NOW), 0);
	sign_on(half, 16406, 1030);
	/* And the first one, after a restart: its top was cached. */
	hss = box_again(&here, hss);
	EXPECT_EQ(work_all(hss, HSS_NOW), 0);
	sign_on(hss, 45, 5);
	EXPECT_EQ(ledger.repeats, 0);
	free(p.data);
	over(hss, half);
}

/* A half without its top is split before anything of it was computed. */
static void halves_of_halves(void)
{
	struct parcel p = { 0 }, q = { 0 };
	struct hss *hss = tall_key(7), *half;
	uint32_t floor = 16384, end = LEAVES;

	EXPECT_EQ(split(hss, &p), 0);	/* at the middle: the top knows */
	half = adopt(&there, &p);
	for (unsigned int i = 0; i < 4; i++) {
		int error = split(half, &q);

		if (error == CRYPTECH_ERR_NOT_READY) {
			EXPECT_EQ(work_all(half, HSS_NOW), 0);
			request[0]--;
			error = split(half, &q);
		}
		EXPECT_EQ(error, 0);
		EXPECT_EQ(root_outbox_drop(there.roots, hss_root(half)), 0);
		end -= (end - floor) / 2;
		EXPECT_EQ(counts_of(half).root_left, end - floor);
		EXPECT_EQ(work_all(half, HSS_NOW), 0);
		REQUIRE(signs(half, floor));
		floor += 7;		/* the run is burnt by the next split */
	}
	EXPECT_EQ(ledger.repeats, 0);
	free(p.data);
	free(q.data);
	over(hss, half);
}

/* A unit that is out has seeds of its own: nothing goes before it is back. */
static void nothing_goes_under_work(void)
{
	struct parcel p = { 0 };
	struct hss *hss = tall_key(1);
	struct hss_work *unit;

	hss = box_again(&here, hss);
	unit = hss_work_get(hss, HSS_NOW);
	REQUIRE(unit);
	EXPECT(!hss_hold(hss, true));
	EXPECT_EQ(split(hss, &p), CRYPTECH_ERR_IMPOSSIBLE);
	EXPECT_EQ(park(hss, &p), CRYPTECH_ERR_IMPOSSIBLE);
	EXPECT(!hss_work_get(hss, HSS_NOW));	/* held */
	EXPECT(hss_working(hss, HSS_NOW));	/* but there is some */
	hss_work_run(unit);
	EXPECT_EQ(hss_work_put(hss, unit), 0);
	EXPECT(hss_hold(hss, true));
	EXPECT_EQ(split(hss, &p), 0);
	hss_hold(hss, false);
	EXPECT_EQ(work_all(hss, HSS_NOW), 0);
	sign_on(hss, 0, 3);
	EXPECT_EQ(ledger.repeats, 0);
	free(p.data);
	over(hss, NULL);
}

static void a_parked_key_wants_nothing(void)
{
	const uint32_t sets[][2] = { { H10, OTS }, { H2, OTS } };
	struct parcel p = { 0 };
	struct root_facts facts;
	struct root *root;
	struct hss *hss;
	size_t len;

	facts_of(&facts, CRYPTECH_HASHSIG_PUNCTURED, 3, sets, 2);
	REQUIRE(box_start(&here, 1 << 20));
	hss = key_new(&here, &facts);
	EXPECT_EQ(sign_working(hss, "a", 1, &len), 0);
	EXPECT_EQ(park(hss, &p), 0);
	EXPECT(hss_is_parked(hss));
	for (int again = 0; again < 2; again++) {
		EXPECT_EQ(counts_of(hss).left, 0);
		EXPECT_EQ(counts_of(hss).root_left, 0);
		EXPECT(!hss_working(hss, HSS_AHEAD));
		EXPECT_EQ(hss_work_left(hss), 0);
		EXPECT(!hss_work_get(hss, HSS_AHEAD));
		EXPECT_EQ(sign(hss, "b", 1, &len), CRYPTECH_ERR_FORBIDDEN);
		hss = box_again(&here, hss);
		EXPECT(hss_is_parked(hss));
	}
	root = hss_root(hss);
	hss_free(hss);
	EXPECT_EQ(root_unpark(here.roots, root, p.data, p.len), 0);
	EXPECT_EQ(hss_open(&hss, here.roots, root), 0);
	EXPECT_EQ(counts_of(hss).left, 1021 * 4);
	EXPECT_EQ(sign_working(hss, "c", 1, &len), 0);
	EXPECT(verifies(hss, "c", 1, len, true));
	EXPECT_EQ(ledger.repeats, 0);
	free(p.data);
	hss_free(hss);
	box_stop(&here);
}

int main(void)
{
	RUN(where_to_cut_is_computed);
	RUN(halves_of_halves);
	RUN(nothing_goes_under_work);
	RUN(a_parked_key_wants_nothing);
	plain_ledger_free(&ledger);
	return tap_done();
}
