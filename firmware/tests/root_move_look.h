/* SPDX-License-Identifier: MIT */
/*
 * What root_move.c compares with: the cells in the raw image, bodies made by
 * the format's description, signatures. All of its tree, which is `a`.
 */
#ifndef TESTS_ROOT_MOVE_LOOK_H
#define TESTS_ROOT_MOVE_LOOK_H

#include "root_move.h"

static struct tree a;

/* --- seeds ------------------------------------------------------------------- */

/* Which leaves of @a could be made from the cells in flash? */
struct makes {
	uint32_t first, end;
	unsigned int cells, others;
};

static void see_cell(void *data, const uint8_t *plain, size_t len)
{
	struct makes *makes = data;
	uint32_t node = (plain[1] | plain[0] << 8) << 16 | plain[2] << 8 |
			plain[3];
	uint32_t first, end;

	/* Read here once more: u32 use << 26 | node | ... | value at 24 */
	if (len != 56 || plain[0] >> 2 != 1) {
		makes->others++;
		return;
	}
	node &= (1u << 26) - 1;
	EXPECT_MEM(plain + 24, tree_seed(&a, node), a.facts.params[0].n);
	cover_leaves(a.facts.params[0].h, node, &first, &end);
	if (!makes->cells || first < makes->first)
		makes->first = first;
	if (!makes->cells || end > makes->end)
		makes->end = end;
	makes->cells++;
}

/* Flash has seeds of [first, end) and of no other leaf; nor one in clear. */
static void expect_flash(uint32_t first, uint32_t end, unsigned int others)
{
	struct makes makes = { 0 };
	unsigned int n = a.facts.params[0].n;

	unwrap_all(see_cell, &makes);
	EXPECT_EQ(makes.others, others);
	if (first == end) {
		EXPECT_EQ(makes.cells, 0);
	} else {
		EXPECT_EQ(makes.first, first);
		EXPECT_EQ(makes.end, end);
	}
	for (uint32_t r = 1; r < 2u << a.facts.params[0].h; r++)
		EXPECT(!in_flash(tree_seed(&a, r), n));
}

/* --- bodies -------------------------------------------------------------------- */

static uint8_t *put32(uint8_t *at_, uint32_t value)
{
	for (int i = 24; i >= 0; i -= 8)
		*at_++ = value >> i;
	return at_;
}

/* The cover, found without arithmetic: a node that lies in [first, end) and
 * whose parent does not. */
static uint8_t *put_cover(uint8_t *at_, uint32_t first, uint32_t end,
			  const uint8_t *values)
{
	unsigned int h = a.facts.params[0].h, n = a.facts.params[0].n;

	for (uint32_t leaf = first; leaf < end;) {
		uint32_t r = leaf + (1u << h), low, high;

		for (; r > 1; r /= 2) {
			cover_leaves(h, r / 2, &low, &high);
			if (low < first || high > end)
				break;
		}
		memcpy(at_, values + r * n, n);
		at_ += n;
		cover_leaves(h, r, &low, &leaf);
	}
	return at_;
}

/* A body as the format says. */
static size_t expected_body(uint8_t *body, uint32_t floor, uint32_t end)
{
	const struct root_facts *f = &a.facts;
	uint8_t *at_ = put32(put32(body, 0x48535342), 1);

	memcpy(at_, f->uuid, 16);
	at_ = put32(put32(put32(at_ + 16, f->profile), f->reserve), 1);
	at_ = put32(put32(at_, f->params[0].lms), f->params[0].lmots);
	memcpy(at_, f->id, 16);
	memcpy(at_ + 16, f->t1, f->params[0].n);
	at_ = put32(put32(at_ + 16 + f->params[0].n, floor), end);
	at_ = put_cover(at_, 0, floor, a.nodes);
	at_ = put_cover(at_, floor, end, a.nodes);
	at_ = put_cover(at_, end, 1u << f->params[0].h, a.nodes);
	if (f->profile == CRYPTECH_HASHSIG_SINGLE_SEED) {
		memcpy(at_, a.seed, f->params[0].n);
		return at_ + f->params[0].n - body;
	}
	return put_cover(at_, floor, end, a.seeds) - body;
}

static void expect_body(const struct parcel *parcel, uint32_t floor,
			uint32_t end)
{
	static uint8_t body[ROOT_BODY_MAX];
	struct root_body look;

	EXPECT_EQ(parcel->len, expected_body(body, floor, end));
	EXPECT_MEM(parcel->body, body, parcel->len);
	REQUIRE(!root_body_look(parcel->body, parcel->len, &look));
	EXPECT_EQ(look.floor, floor);
	EXPECT_EQ(look.end, end);
	EXPECT_MEM(look.facts.uuid, a.facts.uuid, 16);
	EXPECT_EQ(look.facts.params[0].lms, a.facts.params[0].lms);
}

/* --- signatures ---------------------------------------------------------------- */

/* Sign with leaf @leaf by a seed of root_commit(); good to the public key? */
static bool signs(uint32_t leaf, const uint8_t *seed)
{
	const struct lms_params *params = &a.facts.params[0];
	const char *text = "a message";
	uint8_t signature[8192], public[80], c[LMS_N_MAX], digest[LMS_N_MAX];
	uint8_t value[LMS_N_MAX], *end = signature;
	struct lms_message message;
	struct hss_verify *verify;

	end = put32(put32(end, 0), leaf);
	lms_randomizer(params, a.facts.id, leaf, seed, c);
	if (lms_message_begin(&message, params, a.facts.id, leaf, c) ||
	    lms_message_update(&message, text, strlen(text)) ||
	    lms_message_final(&message, digest))
		return false;
	lms_ots_sign(params, a.facts.id, leaf, seed, c, digest, end, value);
	end = put32(end + lmots_signature_size(params), params->lms);
	for (uint32_t r = leaf + (1u << params->h); r > 1; r /= 2) {
		memcpy(end, tree_value(&a, r ^ 1), params->n);
		end += params->n;
	}
	put32(put32(put32(public, 1), params->lms), params->lmots);
	memcpy(public + 12, a.facts.id, 16);
	memcpy(public + 28, a.facts.t1, params->n);
	return !hss_verify_begin(&verify, public, 28 + params->n, signature,
				 end - signature) &&
	       !hss_verify_update(verify, text, strlen(text)) &&
	       !hss_verify_final(verify);
}

/* Spend [floor, end) wholly: each leaf's signature is good. */
static void use_up(uint32_t floor, uint32_t end)
{
	uint8_t seed[LMS_N_MAX];

	tree_check(&a, floor, end);
	for (uint32_t leaf = floor; leaf < end; leaf++) {
		REQUIRE(!root_commit(roots, tree_root(&a), leaf + 1,
				     tree_node, &a, seed));
		EXPECT(signs(leaf, seed));
	}
	EXPECT_EQ(root_commit(roots, tree_root(&a), end + 1, tree_node, &a,
			      seed), CRYPTECH_ERR_HASHSIG_KEY_EXHAUSTED);
}

#endif /* TESTS_ROOT_MOVE_LOOK_H */
