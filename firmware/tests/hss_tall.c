/* SPDX-License-Identifier: MIT */
/*
 * Tall trees, of which only a part is in memory: windows that slide, tops that
 * were lost. And lives of many levels. With trees for tests
 * (LMS_TEST_HEIGHTS), whose one-time keys cost next to nothing.
 */
#include "hss_box.h"

enum { H2 = 0xf2, H3 = 0xf3, H10 = 0x0b, H15 = 0x0c, H20 = 0x0d, H25 = 0x0e };
#define OTS		0xf1
#define PUNCTURED	CRYPTECH_HASHSIG_PUNCTURED
#define SINGLE		CRYPTECH_HASHSIG_SINGLE_SEED
#define NOT_READY	CRYPTECH_ERR_NOT_READY
#define RESERVE		CRYPTECH_HASHSIG_RESERVE_MAX

static struct box box;
static bool full;

/* --- what the linker gives us ------------------------------------------------- */

int __real_root_read_top(struct roots *roots, const struct root *root,
			 uint8_t *top);
int __wrap_root_read_top(struct roots *roots, const struct root *root,
			 uint8_t *top);

static enum { TOP_GOOD, TOP_LOST, TOP_WRONG } top_is;

int __wrap_root_read_top(struct roots *roots, const struct root *root,
			 uint8_t *top)
{
	int error = __real_root_read_top(roots, root, top);

	EXPECT_EQ(error, 0);
	if (top_is == TOP_LOST)
		memset(top, 0xee, 24);
	if (top_is == TOP_WRONG)
		top[100] ^= 1;
	return top_is == TOP_LOST ? CRYPTECH_ERR_KEYSTORE_LOST_DATA : error;
}

/* --- helpers -------------------------------------------------------------------- */

static struct hss_counts counts_of(const struct hss *hss)
{
	struct hss_counts counts;

	hss_count(hss, &counts);
	return counts;
}

/* Leaves that the next signature waits for. */
static uint64_t waits(const struct hss *hss)
{
	struct hss_counts counts = counts_of(hss);

	EXPECT_EQ(!hss_work_left(hss), counts.done == counts.total);
	return counts.total - counts.done;
}

/* Sign @count times, which must not have to wait; verify some. */
static bool sign_some(struct hss *hss, uint32_t count, uint32_t each)
{
	uint64_t left = counts_of(hss).left;
	uint32_t i;
	size_t len;

	for (i = 0; i < count; i++) {
		if (!EXPECT_EQ(sign(hss, &i, sizeof(i), &len), 0))
			return false;
		if (i % each == 0 || i + 1 == count)
			EXPECT(verifies(hss, &i, sizeof(i), len, true));
	}
	return EXPECT_EQ(counts_of(hss).left, left - count);
}

/* Take leaves, and let them go. */
static void skip(struct hss *hss, uint32_t count)
{
	struct hss_leaf *leaf;

	while (count-- > 0) {
		if (!EXPECT_EQ(hss_take(hss, &leaf), 0))
			break;
		hss_leaf_put(hss, leaf);
	}
}

static struct hss *tall_key(uint32_t lms, uint32_t profile, uint32_t reserve,
			    uint32_t flash)
{
	const uint32_t sets[][2] = { { lms, OTS } };
	struct root_facts facts;

	facts_of(&facts, profile, reserve, sets, 1);
	top_is = TOP_GOOD;
	if (!box_start(&box, flash))
		abort();
	return key_new(&box, &facts);
}

static void tall_end(struct hss *hss)
{
	hss_free(hss);
	box_stop(&box);
}

/* --- many levels ------------------------------------------------------------------ */

static void live(uint32_t profile, uint32_t reserve,
		 const uint32_t (*sets)[2], unsigned int levels, bool again)
{
	struct root_facts facts;
	struct hss *hss;
	uint64_t all = 1, i;
	uint32_t root_left;
	size_t len;

	facts_of(&facts, profile, reserve, sets, levels);
	REQUIRE(box_start(&box, 1 << 20));
	hss = key_new(&box, &facts);
	for (i = 0; i < levels; i++)
		all <<= hss_facts(hss)->params[i].h;
	EXPECT_EQ(counts_of(hss).left_max, all);
	for (i = 0; i < all && counts_of(hss).left; i++) {
		uint64_t left = counts_of(hss).left;

		if (!EXPECT_EQ(sign_working(hss, &i, sizeof(i), &len), 0) ||
		    !EXPECT(verifies(hss, &i, sizeof(i), len, true)))
			break;
		EXPECT_EQ(counts_of(hss).left, left - 1);
		if (!again || i % 7)
			continue;
		/* What the root had left, less a run that was begun. */
		root_left = counts_of(hss).root_left;
		hss = box_again(&box, hss);
		EXPECT(counts_of(hss).root_left <= root_left);
		EXPECT(counts_of(hss).root_left + reserve > root_left);
	}
	EXPECT(again || i == all);
	EXPECT_EQ(sign(hss, "no", 2, &len),
		  CRYPTECH_ERR_HASHSIG_KEY_EXHAUSTED);
	EXPECT(!hss_working(hss, HSS_AHEAD));
	hss_free(hss);
	box_stop(&box);
}

static void many_levels(void)
{
	static const uint32_t a[][2] = { { H3, OTS }, { H2, OTS }, { H3, OTS } };
	static const uint32_t b[][2] = { { H2, OTS }, { H2, OTS }, { H2, OTS },
					 { H2, OTS }, { H2, OTS } };

	live(PUNCTURED, 1, a, 3, false);
	live(PUNCTURED, 3, a, 3, true);
	live(SINGLE, 3, a, 3, false);
	live(PUNCTURED, 1, b, 5, false);
	live(PUNCTURED, 2, b, 5, true);
}

/* Eight levels of two bits each; a life of 65,536 signatures. */
static void eight_levels(void)
{
	static const uint32_t sets[][2] = {
		{ H2, OTS }, { H2, OTS }, { H2, OTS }, { H2, OTS },
		{ H2, OTS }, { H2, OTS }, { H2, OTS }, { H2, OTS } };

	live(PUNCTURED, 1, sets, full ? 8 : 6, false);
}

/* The next tree of every level is built ahead: then nothing ever waits. */
static void nothing_waits(void)
{
	static const uint32_t sets[][2] = { { H3, OTS }, { H2, OTS },
					    { H3, OTS } };
	struct root_facts facts;
	struct hss *hss;
	unsigned int i;

	facts_of(&facts, PUNCTURED, 1, sets, 3);
	REQUIRE(box_start(&box, 1 << 20));
	hss = key_new(&box, &facts);
	for (i = 0; i < 256; i++) {
		if (!sign_some(hss, 1, 1))
			break;
		EXPECT_EQ(work_all(hss, HSS_AHEAD), 0);
	}
	EXPECT_EQ(counts_of(hss).left, 0);
	hss_free(hss);
	box_stop(&box);
}

/* --- windows ------------------------------------------------------------------------ */

/* H15 has 32 windows of 1,024 leaves; the first two are there from the start. */
static void windows_slide(void)
{
	struct hss *hss = tall_key(H15, PUNCTURED, RESERVE, 1 << 20);
	size_t len;

	EXPECT_EQ(hss_window_height(15), 10);
	REQUIRE(sign_some(hss, 2048, 100));
	EXPECT_EQ(waits(hss), 1024);
	EXPECT_EQ(sign(hss, "", 0, &len), NOT_READY);
	EXPECT_EQ(counts_of(hss).left, 32768 - 2048);
	EXPECT_EQ(work_all(hss, HSS_NOW), 0);
	REQUIRE(sign_some(hss, 10, 1));
	EXPECT_EQ(waits(hss), 0);
	EXPECT(hss_working(hss, HSS_AHEAD));
	EXPECT_EQ(work_all(hss, HSS_AHEAD), 0);
	REQUIRE(sign_some(hss, 1024 + 1000, 100));
	tall_end(hss);
}

static void a_tall_life(uint32_t profile, uint32_t reserve, uint32_t leaves)
{
	struct hss *hss = tall_key(H15, profile, reserve, 1 << 20);
	uint32_t i;

	for (i = 0; i < leaves; i += 512) {
		EXPECT_EQ(work_all(hss, HSS_AHEAD), 0);
		if (!sign_some(hss, 512, 300))
			break;
	}
	EXPECT_EQ(counts_of(hss).left, 32768 - leaves);
	tall_end(hss);
}

static void tall_lives(void)
{
	a_tall_life(PUNCTURED, RESERVE, full ? 32768 : 8192);
	a_tall_life(SINGLE, 1000, full ? 32768 : 4096);
	/* runs that do not divide a window are cut at its end */
	a_tall_life(PUNCTURED, 700, full ? 32768 : 4096);
}

/* A lower tree may be tall, too. */
static void tall_lower_tree(void)
{
	static const uint32_t sets[][2] = { { H2, OTS }, { H15, OTS } };
	struct root_facts facts;
	struct hss *hss;
	uint32_t i;

	facts_of(&facts, PUNCTURED, 1, sets, 2);
	REQUIRE(box_start(&box, 1 << 20));
	hss = key_new(&box, &facts);
	for (i = 0; i < 33 * 1024; i += 1024) {
		if (!sign_some(hss, 24, 23))
			break;
		skip(hss, 1000);
		EXPECT_EQ(work_all(hss, HSS_AHEAD), 0);
	}
	EXPECT_EQ(counts_of(hss).root_left, 2);
	hss_free(hss);
	box_stop(&box);
}

/* --- after a restart ------------------------------------------------------------------ */

/* With the top of the tree from flash, no more than a window is computed. */
static void restart_with_top(void)
{
	struct hss *hss = tall_key(H15, PUNCTURED, 3, 1 << 20);

	REQUIRE(sign_some(hss, 1, 1));
	hss = box_again(&box, hss);
	EXPECT_EQ(counts_of(hss).left, 32768 - 3);
	EXPECT_EQ(waits(hss), 1024 - 3);
	EXPECT_EQ(hss_work_left(hss), (1024 - 3) * leaf_cost(
			&hss_facts(hss)->params[0]));
	EXPECT_EQ(work_all(hss, HSS_AHEAD), 0);
	REQUIRE(sign_some(hss, 1200 - 3, 99));
	hss = box_again(&box, hss);
	/* A run was cut at the window's end; the last one is [1198, 1201) */
	EXPECT_EQ(waits(hss), 2048 - 1200 - 1);
	EXPECT_EQ(work_all(hss, HSS_NOW), 0);
	REQUIRE(sign_some(hss, 1, 1));
	tall_end(hss);
}

/* A key of which just so many leaves are spent. */
static struct hss *spent_key(uint32_t spent)
{
	struct hss *hss = tall_key(H15, PUNCTURED, RESERVE, 1 << 20);
	uint32_t i, step;
	size_t len;

	for (i = 0; i < spent; i += step) {
		step = spent - i < RESERVE ? spent - i : RESERVE;
		hss->facts.reserve = step;
		EXPECT_EQ(sign_working(hss, "", 0, &len), 0);
		skip(hss, step - 1);
	}
	return hss;
}

/*
 * Without the top: the sibling of every node on the next leaf's path is in the
 * record, or under a seed and computed. @wait: leaves that this takes; @after:
 * leaves of all that is not known then.
 */
static void lost_top(int how, uint32_t spent, uint64_t wait, uint64_t after)
{
	struct hss *hss = spent_key(spent);
	unsigned int i;

	top_is = how;
	hss = box_again(&box, hss);
	EXPECT_EQ(counts_of(hss).left, 32768 - spent);
	EXPECT_EQ(waits(hss), wait);
	EXPECT_EQ(work_all(hss, HSS_NOW), 0);
	EXPECT_EQ(tree_wants(hss->level[0].now, HSS_AHEAD), after);
	/* And on, to windows that only the top has something of. */
	hss->facts.reserve = 256;
	for (i = 0; i < 13 && counts_of(hss).left >= 256; i++) {
		if (!sign_some(hss, 256, 100))
			break;
		EXPECT_EQ(work_all(hss, HSS_AHEAD), 0);
	}
	tall_end(hss);
}

static void restart_without_top(void)
{
	lost_top(TOP_LOST, 0, 32768, 0);
	lost_top(TOP_LOST, 1, 1023, 31 * 1024);
	lost_top(TOP_WRONG, 30 * 1024, 2048, 0);
	if (!full)
		return;
	lost_top(TOP_WRONG, 0, 32768, 0);
	lost_top(TOP_WRONG, 16384, 16384, 0);
	lost_top(TOP_LOST, 16385, 1023, 15 * 1024);
	lost_top(TOP_LOST, 24 * 1024 + 512, 512, 7 * 1024);
	lost_top(TOP_LOST, 31 * 1024, 1024, 0);
}

/* A window that was computed wrong is not the one that the top knows. */
static void wrong_window(void)
{
	struct hss *hss = tall_key(H15, PUNCTURED, 1, 1 << 20);
	struct hss_leaf *leaf;
	struct hss_work *work;
	struct unit *unit;
	int error = 0;

	hss = box_again(&box, hss);
	while (!error && (work = hss_work_get(hss, HSS_NOW))) {
		hss_work_run(work);
		unit = *(struct unit **)work;	/* its first member */
		unit->patch.value[24 * 1 + 7] ^= 1;
		error = hss_work_put(hss, work);
	}
	EXPECT_EQ(error, CRYPTECH_ERR_KEYSTORE_LOST_DATA);
	EXPECT_EQ(hss_take(hss, &leaf), CRYPTECH_ERR_KEYSTORE_LOST_DATA);
	hss = box_again(&box, hss);
	EXPECT_EQ(work_all(hss, HSS_NOW), 0);
	REQUIRE(sign_some(hss, 2, 1));
	tall_end(hss);
}

/* --- rot ------------------------------------------------------------------------------ */

/*
 * One seed in flash has rotted: its leaves are lost, and what else does not fit
 * in one interval. The rest signs, be the top there or not, to its end.
 */
static unsigned int with_loss;

static void rot_one(uint32_t number, int how)
{
	struct hss *hss = spent_key(1);
	const uint8_t *uuid = hss_facts(hss)->uuid;
	ks_cell cell = 0;
	uint32_t length, lost;
	size_t len;
	uint32_t i;

	for (i = 0; i <= number; i++)
		cell = ks_cell_next(box.ks, uuid, cell);
	REQUIRE(cell);
	box.nor->bits[cell + 50] ^= 0x24;
	top_is = how;
	hss = box_again(&box, hss);
	length = hss->root->seeds.end - hss->root->seeds.floor;
	lost = hss->root->lost;
	EXPECT_EQ(lost + length, 32767);
	/* Among them is a copy of leaf 0's node, of which there are two. */
	with_loss += lost > 0;
	EXPECT(length >= 8192);
	EXPECT_EQ(counts_of(hss).left, length);
	EXPECT_EQ(counts_of(hss).left_max, 32768);
	EXPECT_EQ(work_all(hss, HSS_NOW), 0);
	hss->facts.reserve = 16;
	REQUIRE(sign_some(hss, 32, 9));
	EXPECT_EQ(work_all(hss, HSS_AHEAD), 0);
	/* To the end of it, where there is one that is not the tree's. */
	if (hss->root->seeds.end < 32768) {
		hss->facts.reserve = RESERVE;
		while (counts_of(hss).left > 40) {
			EXPECT_EQ(work_all(hss, HSS_AHEAD), 0);
			skip(hss, counts_of(hss).left > 840 ? 800 : 40);
		}
		EXPECT_EQ(work_all(hss, HSS_AHEAD), 0);
		REQUIRE(sign_some(hss, counts_of(hss).left, 7));
		EXPECT_EQ(sign(hss, "", 0, &len),
			  CRYPTECH_ERR_HASHSIG_KEY_EXHAUSTED);
	}
	tall_end(hss);
}

static void rot(void)
{
	uint32_t i;

	for (i = 0; i < 15; i += full ? 1 : 14) {
		rot_one(i, TOP_GOOD);
		rot_one(i, TOP_LOST);
	}
	EXPECT(with_loss >= (full ? 28 : 2));
}

int main(void)
{
	full = getenv("CRYPTECH_FULL");
	RUN(many_levels);
	RUN(eight_levels);
	RUN(nothing_waits);
	RUN(windows_slide);
	RUN(tall_lives);
	RUN(tall_lower_tree);
	RUN(restart_with_top);
	RUN(restart_without_top);
	RUN(wrong_window);
	RUN(rot);
	plain_ledger_free(&ledger);
	return tap_done();
}
