// SPDX-License-Identifier: MIT
/* What is done while the power is cut, and to what. */
#include "hs_cores.h"
#include "hs_explore.h"

/* Slots of keys: what they are. */
enum { A, B, SINGLE, TALL, CHURN };

const struct hs_geometry hs_geometries[] = {
	{ "16 segments of 1 sector", 16384, 1024 },
	{ "10 segments of 4 sectors", 20480, 512 },
};

const size_t hs_geometry_count =
	sizeof(hs_geometries) / sizeof(hs_geometries[0]);

/* --- set-ups ------------------------------------------------------------------ */

static void must(struct hs_box *box, enum hs_kind kind, unsigned int slot,
		 uint32_t count)
{
	const struct hs_op op = { kind, slot, count };
	int ret = hs_do(box, &op);

	if (ret || !hs_check(box))
		hs_wrong(box, "set-up: operation %d on %u: %d, %s", kind, slot,
			 ret, box->said);
}

static void setup_none(struct hs_box *box)
{
	(void)box;
}

static void setup_one(struct hs_box *box)
{
	must(box, HS_CREATE, A, 0);
}

static void setup_used(struct hs_box *box)
{
	setup_one(box);
	must(box, HS_COMMIT, A, 1);
}

static void setup_used_restarted(struct hs_box *box)
{
	setup_used(box);
	must(box, HS_RESTART, 0, 0);
}

static void setup_two(struct hs_box *box)
{
	setup_used(box);
	must(box, HS_CREATE, B, 0);
}

static void setup_last(struct hs_box *box)
{
	setup_one(box);
	must(box, HS_COMMIT, A, 3);
}

static void setup_single(struct hs_box *box)
{
	must(box, HS_CREATE, SINGLE, 0);
	must(box, HS_CREATE, A, 0);
	must(box, HS_COMMIT, SINGLE, 1);
}

static void setup_tall(struct hs_box *box)
{
	must(box, HS_CREATE, TALL, 0);
	must(box, HS_COMMIT, TALL, 1);
}

static void fill(struct hs_box *box, uint32_t len)
{
	const struct hs_op op = { HS_FILLER, 0, len };
	int ret;

	do
		ret = hs_do(box, &op);
	while (!ret);
	if (ret != CRYPTECH_ERR_NO_KEY_INDEX_SLOTS)
		hs_wrong(box, "set-up: fill: %d", ret);
	box->world.filler--;
}

/* Room is there, but nowhere in one piece: all that writes moves records. */
static void setup_holes(struct hs_box *box)
{
	uint32_t last;

	setup_two(box);
	fill(box, 100);
	last = box->world.filler;
	for (uint32_t i = 2; i <= last; i += 2)
		must(box, HS_UNFILL, i, 0);
}

static void setup_holes_restarted(struct hs_box *box)
{
	setup_holes(box);
	must(box, HS_RESTART, 0, 0);
}

/* Cells of another key, that come and go, up to the next segment. */
static void churn(struct hs_box *box)
{
	struct ks_stats stats;
	uint32_t before;

	ks_stats(box->ks, &stats);
	before = stats.cell_segments;
	for (int i = 0; i < 6 && stats.cell_segments == before; i++) {
		must(box, HS_COMMIT, CHURN, 1);
		ks_stats(box->ks, &stats);
	}
}

/* A few cells in each of many segments, and no room. */
static void setup_sparse(struct hs_box *box)
{
	must(box, HS_CREATE, CHURN, 0);
	must(box, HS_CREATE, A, 0);
	churn(box);
	must(box, HS_CREATE, B, 0);
	churn(box);
	must(box, HS_CREATE, SINGLE, 0);
	churn(box);
	must(box, HS_COMMIT, B, 1);
	churn(box);
	must(box, HS_DELETE, CHURN, 0);
	fill(box, 100);
}

static void setup_sparse_restarted(struct hs_box *box)
{
	setup_sparse(box);
	must(box, HS_RESTART, 0, 0);
}

/* --- scenarios ----------------------------------------------------------------- */

const struct hs_scenario hs_scenarios[] = {
	{ "create", setup_none, { { HS_CREATE, A, 0 } } },
	{ "create-second", setup_used, { { HS_CREATE, B, 0 } } },
	{ "create-single", setup_used, { { HS_CREATE, SINGLE, 0 } } },
	{ "sign-first", setup_one, { { HS_COMMIT, A, 1 } } },
	{ "sign-second", setup_used, { { HS_COMMIT, A, 1 } } },
	{ "sign-restarted", setup_used_restarted, { { HS_COMMIT, A, 1 } } },
	{ "sign-last", setup_last, { { HS_COMMIT, A, 1 } } },
	{ "sign-two-keys", setup_two, {
		{ HS_COMMIT, A, 1 }, { HS_COMMIT, B, 1 } } },
	{ "sign-single", setup_single, { { HS_COMMIT, SINGLE, 1 } } },
	{ "sign-tall", setup_tall, {
		{ HS_COMMIT, TALL, 1 }, { HS_COMMIT, TALL, 1 } } },
	{ "reserve-two", setup_used, { { HS_COMMIT, A, 2 } } },
	{ "reserve-all", setup_one, { { HS_COMMIT, A, 4 } } },
	{ "reserve-more", setup_used, { { HS_COMMIT, A, 9 } } },
	{ "reserve-tall", setup_tall, { { HS_COMMIT, TALL, 4 } } },
	{ "life", setup_none, {
		{ HS_CREATE, A, 0 }, { HS_COMMIT, A, 1 },
		{ HS_COMMIT, A, 2 }, { HS_COMMIT, A, 1 },
		{ HS_DELETE, A, 0 } } },
	{ "sign-restart-sign", setup_two, {
		{ HS_COMMIT, A, 1 }, { HS_RESTART, 0, 0 },
		{ HS_COMMIT, A, 1 } } },
	{ "delete", setup_one, { { HS_DELETE, A, 0 } } },
	{ "delete-used", setup_two, { { HS_DELETE, A, 0 } } },
	{ "delete-single", setup_single, { { HS_DELETE, SINGLE, 0 } } },
	{ "delete-create", setup_two, {
		{ HS_DELETE, A, 0 }, { HS_CREATE, TALL, 0 } } },
	{ "create-moving", setup_holes, {
		{ HS_CREATE, TALL, 0 }, { HS_COMMIT, TALL, 1 } } },
	{ "sign-moving", setup_holes, {
		{ HS_COMMIT, A, 1 }, { HS_COMMIT, B, 1 },
		{ HS_COMMIT, A, 1 } } },
	{ "sign-moving-restarted", setup_holes_restarted, {
		{ HS_COMMIT, A, 1 }, { HS_COMMIT, B, 1 },
		{ HS_COMMIT, A, 1 } } },
	{ "reserve-moving", setup_holes_restarted, {
		{ HS_COMMIT, B, 3 }, { HS_COMMIT, A, 2 } } },
	{ "delete-moving", setup_holes_restarted, {
		{ HS_DELETE, A, 0 }, { HS_COMMIT, B, 1 } } },
	{ "create-collecting", setup_sparse, { { HS_CREATE, TALL, 0 } } },
	{ "sign-collecting", setup_sparse, {
		{ HS_COMMIT, A, 1 }, { HS_COMMIT, B, 1 },
		{ HS_COMMIT, SINGLE, 1 }, { HS_COMMIT, A, 1 } } },
	{ "sign-collecting-restarted", setup_sparse_restarted, {
		{ HS_COMMIT, A, 1 }, { HS_COMMIT, B, 1 } } },
};

const size_t hs_scenario_count =
	sizeof(hs_scenarios) / sizeof(hs_scenarios[0]);

void hs_make_keys(void)
{
	hs_wrap_seen = hs_wrap_note;
	hs_key_make(A, 1, 0xf2, 0xf1, CRYPTECH_HASHSIG_PUNCTURED);
	hs_key_make(B, 2, 0xf2, 0xf1, CRYPTECH_HASHSIG_PUNCTURED);
	hs_key_make(SINGLE, 3, 0xf2, 0xf1, CRYPTECH_HASHSIG_SINGLE_SEED);
	hs_key_make(TALL, 4, 0xf3, 0xf1, CRYPTECH_HASHSIG_PUNCTURED);
	hs_key_make(CHURN, 5, 0x0a, 0xf1, CRYPTECH_HASHSIG_PUNCTURED);
}
