// SPDX-License-Identifier: MIT
/*
 * Trees and the guard, as the firmware asks for them: nodes against the firmware's
 * own mathematics, signatures by its verifier, and what the guard has to refuse.
 */
#include "../cores/fpga/internal.h"
#include "../hashsig/lms.h"
#include "fpga_board.h"
#include "tap.h"

#define H	5
#define LEAVES	(1u << H)
#define KEK	1

static struct fpga *fpga;
static struct spi spi;
static const uint8_t id[16] = "sixteen letters";
static const uint8_t secret[32] = "a seed that the bus knows";

static bool power_on(void)
{
	board_new(&spi);
	return !fpga_open(&fpga, &spi, NULL, NULL) && !vault_master_new(fpga) &&
	       !vault_derive(fpga, KEK, FPGA_USE_WRAP, 1);
}

static void power_off(void)
{
	fpga_close(fpga);
	fpga = NULL;
	board_done();
}

static uint32_t meta_of(const struct lms_params *params)
{
	return (params->n == 24 ? FPGA_META_N24 : 0) |
	       __builtin_ctz(params->w) << FPGA_META_WIDTH_SHIFT |
	       params->h << FPGA_META_HEIGHT_SHIFT;
}

static int write_seed(unsigned int slot, const struct lms_params *params)
{
	return vault_write(fpga, slot, secret, id, 1,
			   FPGA_USE_SEED | meta_of(params));
}

/* S of leaf q, as the firmware's cores have it. */
static void seed_of(const struct lms_params *params, uint32_t q, uint8_t *seed)
{
	uint8_t sides[2][32];

	memcpy(seed, secret, 32);
	for (int bit = params->h - 1; bit >= 0; bit--) {
		lms_seed_children(params, id, ((1u << params->h) + q) >>
				  (bit + 1), seed, sides[0], sides[1]);
		memcpy(seed, sides[q >> bit & 1], 32);
	}
}

static void one_leaf(unsigned int n, unsigned int h, unsigned int w, uint32_t q)
{
	uint8_t seed[32], ours[32], theirs[32];
	struct lms_params params;
	struct vault_info info;
	unsigned int top = h / 2;

	REQUIRE(lms_params_of(&params, n, h, w));
	seed_of(&params, q, seed);
	lms_leaves(&params, id, q, 1, seed, 0, theirs);
	EXPECT_EQ(write_seed(2, &params), 0);
	EXPECT_EQ(vault_leaf(fpga, 2, h, q, ours, n), 0);
	EXPECT_MEM(ours, theirs, n);
	/* In two steps: the numbers of nodes go on from the slot's. */
	EXPECT_EQ(vault_child(fpga, 2, 3, top, q >> (h - top)), 0);
	EXPECT_EQ(vault_info(fpga, 3, &info), 0);
	EXPECT_EQ(info.node, (1u << top) + (q >> (h - top)));
	EXPECT_MEM(info.id, id, 16);
	EXPECT_EQ(vault_leaf(fpga, 3, h - top, q & ((1u << (h - top)) - 1),
			     ours, n), 0);
	EXPECT_MEM(ours, theirs, n);
}

static void leaves(void)
{
	REQUIRE(power_on());
	for (unsigned int w = 1; w <= 8; w *= 2) {
		one_leaf(32, 5, w, 19);
		one_leaf(24, 10, w, 1000);
	}
	one_leaf(24, 25, 1, 0x1abcdef);
	power_off();
}

static void nodes(void)
{
	uint8_t below[64], ours[32], theirs[32];
	struct lms_params params;

	for (int i = 0; i < 64; i++)
		below[i] = 200 - 3 * i;
	REQUIRE(power_on());
	for (unsigned int n = 24; n <= 32; n += 8) {
		REQUIRE(lms_params_of(&params, n, 10, 4));
		EXPECT_EQ(write_seed(2, &params), 0);
		for (uint32_t node = 1; node < 1024; node = 3 * node + 1) {
			EXPECT_EQ(vault_node(fpga, 2, node, below, ours, n), 0);
			lms_nodes(&params, id, node, 1, below, theirs);
			EXPECT_MEM(ours, theirs, n);
		}
	}
	EXPECT_EQ(vault_node(fpga, 2, 1, below, ours, 16),
		  CRYPTECH_ERR_BAD_ARGUMENTS);
	power_off();
}

/* --- a key of one tree, made and used in the vault ------------------------------- */

struct key {
	struct lms_params params;
	uint8_t id[16], node[2 * LEAVES][32];
	uint8_t table[VAULT_TABLE_WRAPPED];	/* the newest */
};

static bool make_key(struct key *key, unsigned int n, unsigned int w)
{
	struct vault_entry entry;
	uint8_t below[64];
	uint32_t i;

	if (!lms_params_of(&key->params, n, H, w) ||
	    vault_entry_new(fpga, 2, 3, meta_of(&key->params)) ||
	    vault_entry_info(fpga, 3, &entry) || entry.floor ||
	    entry.end != LEAVES)
		return false;
	memcpy(key->id, entry.id, 16);
	for (i = 0; i < LEAVES; i++)
		if (vault_leaf(fpga, 2, H, i, key->node[LEAVES + i], n))
			return false;
	for (i = LEAVES - 1; i; i--) {
		memcpy(below, key->node[2 * i], n);
		memcpy(below + n, key->node[2 * i + 1], n);
		if (vault_node(fpga, 2, i, below, key->node[i], n))
			return false;
	}
	return true;
}

static bool verifies(const struct key *key, const uint8_t *signature,
		     size_t len, const char *message)
{
	uint8_t public[60] = { 0, 0, 0, 1 };
	struct hss_verify *verify;

	put_word(public + 4, key->params.lms);
	put_word(public + 8, key->params.lmots);
	memcpy(public + 12, key->id, 16);
	memcpy(public + 28, key->node[1], key->params.n);
	if (hss_verify_begin(&verify, public, 28 + key->params.n, signature,
			     len))
		return false;
	if (!hss_verify_update(verify, message, strlen(message)))
		return !hss_verify_final(verify);
	hss_verify_abort(verify);
	return false;
}

/* The next leaf's signature, in the order that fpga.rst asks for. 0 and *q. */
static int sign(struct key *key, const char *message, uint32_t *q, bool *good)
{
	const struct lms_params *params = &key->params;
	unsigned int n = params->n, y_len = n * params->p;
	uint8_t signature[12000] = { 0 }, digest[32], leaf[32], *p;
	struct lms_message hash;
	uint8_t *c = signature + 12;
	int error = vault_prepare(fpga, KEK, 3, q, key->table);

	if (!error)
		error = vault_child(fpga, 2, 4, H, *q);
	if (!error)
		error = vault_commit(fpga);
	if (!error)
		error = vault_begin(fpga, 4, c, n);
	if (error)
		return error;
	put_word(signature + 4, *q);
	put_word(signature + 8, params->lmots);
	if (lms_message_begin(&hash, params, key->id, *q, c) ||
	    lms_message_update(&hash, message, strlen(message)) ||
	    lms_message_final(&hash, digest))
		return -1;
	error = vault_sign(fpga, 4, digest, n, c + n, y_len, leaf);
	if (error)
		return error;
	*good = !memcmp(leaf, key->node[LEAVES + *q], n);
	p = c + n + y_len;
	put_word(p, params->lms);
	p += 4;
	for (uint32_t node = LEAVES + *q; node > 1; node /= 2, p += n)
		memcpy(p, key->node[node ^ 1], n);
	*good = *good && verifies(key, signature, p - signature, message) &&
		!verifies(key, signature, p - signature, "another");
	return 0;
}

static void signatures_of(unsigned int n, unsigned int w, unsigned int count)
{
	static struct key key;
	bool good;
	uint32_t q;

	REQUIRE(power_on());
	EXPECT_EQ(vault_table_new(fpga), 0);
	REQUIRE(make_key(&key, n, w));
	for (uint32_t i = 0; i < count; i++) {
		good = false;
		EXPECT_EQ(sign(&key, "message", &q, &good), 0);
		EXPECT_EQ(q, i);
		EXPECT(good);
	}
	if (count == LEAVES)
		EXPECT_EQ(sign(&key, "message", &q, &good),
			  CRYPTECH_ERR_HASHSIG_KEY_EXHAUSTED);
	power_off();
}

static void signatures(void)
{
	signatures_of(24, 4, LEAVES);
	signatures_of(32, 2, 2);
	signatures_of(32, 1, 2);
}

/* --- what is refused --------------------------------------------------------------- */

static void order_matters(void)
{
	static struct key key;
	uint8_t c[32], y[24 * 51], leaf[24], digest[24] = { 1 };
	uint32_t q;

	REQUIRE(power_on());
	EXPECT_EQ(vault_table_new(fpga), 0);
	EXPECT_EQ(vault_table_new(fpga), CRYPTECH_ERR_FORBIDDEN);
	REQUIRE(make_key(&key, 24, 4));
	EXPECT_EQ(vault_commit(fpga), CRYPTECH_ERR_FORBIDDEN);
	EXPECT_EQ(vault_child(fpga, 2, 4, H, 0), 0);
	EXPECT_EQ(vault_begin(fpga, 4, c, 24), CRYPTECH_ERR_FORBIDDEN);
	EXPECT_EQ(vault_prepare(fpga, KEK, 3, &q, key.table), 0);
	EXPECT_EQ(vault_begin(fpga, 4, c, 24), CRYPTECH_ERR_FORBIDDEN);
	EXPECT_EQ(vault_sign(fpga, 4, digest, 24, y, sizeof(y), leaf),
		  CRYPTECH_ERR_FORBIDDEN);
	EXPECT_EQ(vault_commit(fpga), 0);
	/* The slot was wiped with the refused signature; another leaf's seed. */
	EXPECT_EQ(vault_child(fpga, 2, 4, H, 1), 0);
	EXPECT_EQ(vault_begin(fpga, 4, c, 24), CRYPTECH_ERR_FORBIDDEN);
	EXPECT_EQ(vault_child(fpga, 2, 4, H, 0), 0);
	EXPECT_EQ(vault_begin(fpga, 4, c, 24), 0);
	EXPECT_EQ(vault_begin(fpga, 4, c, 24), CRYPTECH_ERR_FORBIDDEN);
	EXPECT_EQ(vault_sign(fpga, 4, digest, 24, y, sizeof(y), leaf), 0);
	EXPECT_EQ(vault_sign(fpga, 4, digest, 24, y, sizeof(y), leaf),
		  CRYPTECH_ERR_FORBIDDEN);
	EXPECT_EQ(vault_child(fpga, 2, 4, H, 0), 0);
	EXPECT_EQ(vault_begin(fpga, 4, c, 24), CRYPTECH_ERR_FORBIDDEN);
	power_off();
}

static bool power_again(void)
{
	board_reset(NULL);
	return !fpga_again(fpga) &&
	       !vault_derive(fpga, KEK, FPGA_USE_WRAP, 1);
}

static void only_the_newest_table(void)
{
	uint8_t seed[VAULT_SLOT_WRAPPED], old[VAULT_TABLE_WRAPPED];
	static struct key key;
	bool good = false;
	uint32_t q;

	REQUIRE(power_on());
	EXPECT_EQ(vault_table_new(fpga), 0);
	REQUIRE(make_key(&key, 24, 4));
	EXPECT_EQ(vault_wrap(fpga, KEK, 2, seed), 0);
	EXPECT_EQ(sign(&key, "one", &q, &good), 0);
	memcpy(old, key.table, sizeof(old));
	EXPECT_EQ(sign(&key, "two", &q, &good), 0);
	REQUIRE(power_again());
	EXPECT_EQ(vault_table_new(fpga), CRYPTECH_ERR_FORBIDDEN);
	EXPECT_EQ(vault_table_load(fpga, KEK, old),
		  CRYPTECH_ERR_KEYWRAP_BAD_MAGIC);
	EXPECT_EQ(vault_table_load(fpga, KEK, key.table), 0);
	EXPECT_EQ(vault_table_load(fpga, KEK, key.table),
		  CRYPTECH_ERR_FORBIDDEN);
	EXPECT_EQ(vault_unwrap(fpga, KEK, 2, seed), 0);
	good = false;
	EXPECT_EQ(sign(&key, "three", &q, &good), 0);
	EXPECT_EQ(q, 2);
	EXPECT(good);
	/* Prepared and in flash, but never committed: it is not the newest. */
	EXPECT_EQ(vault_prepare(fpga, KEK, 3, &q, old), 0);
	REQUIRE(power_again());
	EXPECT_EQ(vault_table_load(fpga, KEK, old),
		  CRYPTECH_ERR_KEYWRAP_BAD_MAGIC);
	EXPECT_EQ(vault_table_load(fpga, KEK, key.table), 0);
	power_off();
}

int main(void)
{
	RUN(leaves);
	RUN(nodes);
	RUN(signatures);
	RUN(order_matters);
	RUN(only_the_newest_table);
	return tap_done();
}
