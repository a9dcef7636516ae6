// SPDX-License-Identifier: MIT
#include <string.h>

#include "hs_ledger.h"
#include "nor.h"

struct hs_key hs_keys[HS_KEYS];

/* --- secrets ---------------------------------------------------------------- */

#define SECRETS		65536
#define FILTER_BITS	20

static struct hs_secret secrets[SECRETS];
static uint32_t secret_count;
static uint32_t chain[SECRETS];		/* number + 1 of the next alike */
static uint32_t heads[1 << FILTER_BITS];	/* number + 1, by first bytes */
/* Which heads there are, in little, for the cache's sake. */
#define BLOOM_BITS	16
static uint64_t bloom[(1 << BLOOM_BITS) / 64];

/* It looks at all bytes there are, at every step of a million lives. */
#define FAST __attribute__((no_sanitize_address, no_sanitize_undefined))

static FAST uint64_t first_bytes(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static FAST uint32_t head_of(uint64_t first)
{
	return first * UINT64_C(0x9e3779b97f4a7c15) >> (64 - FILTER_BITS);
}

void hs_note(const uint8_t *bytes, size_t len, unsigned int slot,
	     uint64_t nodes, bool wrapped)
{
	uint32_t *head = &heads[head_of(first_bytes(bytes))];
	struct hs_secret *s = &secrets[secret_count];
	uint32_t i;

	if (secret_count == SECRETS || len > sizeof(s->bytes))
		__builtin_trap();
	memcpy(s->bytes, bytes, len);
	s->len = len;
	s->slot = slot;
	s->nodes = nodes;
	s->wrapped = wrapped;
	chain[secret_count] = *head;
	*head = ++secret_count;
	i = (head - heads) >> (FILTER_BITS - BLOOM_BITS);
	bloom[i / 64] |= UINT64_C(1) << i % 64;
}

void hs_wrap_note(const uint8_t *plain, size_t len, const uint8_t *wrapped,
		  size_t wrapped_len)
{
	for (unsigned int slot = 0; slot < HS_KEYS; slot++) {
		const struct hs_key *key = &hs_keys[slot];
		unsigned int n = key->facts.params[0].n;
		uint64_t nodes = 0;

		for (uint32_t r = 1; key->made && r < 2 * hs_leaves(key); r++)
			if (memmem(plain, len, key->seeds[r], n))
				nodes |= UINT64_C(1) << r;
		if (nodes)
			hs_note(wrapped, wrapped_len, slot, nodes, true);
	}
}

static FAST const struct hs_secret *secret_at(const struct hs_forbidden *f,
					      const uint8_t *p, size_t left)
{
	uint32_t i = head_of(first_bytes(p));
	uint32_t k = i >> (FILTER_BITS - BLOOM_BITS);

	if (!(bloom[k / 64] >> k % 64 & 1))
		return NULL;
	for (i = heads[i]; i; i = chain[i - 1]) {
		const struct hs_secret *s = &secrets[i - 1];

		if ((f->nodes[s->slot] & s->nodes) && s->len <= left &&
		    !memcmp(s->bytes, p, s->len))
			return s;
	}
	return NULL;
}

FAST const struct hs_secret *hs_look(const struct hs_forbidden *f,
				     const uint8_t *data, size_t len, size_t *at)
{
	for (size_t i = 0; i + 16 <= len; i++) {
		uint64_t v = first_bytes(data + i);
		const struct hs_secret *s;

		/* No secret begins with eight bytes all the same. */
		if (v == (v & 0xff) * UINT64_C(0x0101010101010101)) {
			if (v == first_bytes(data + i + 8))
				i += 7;
			continue;
		}
		s = secret_at(f, data + i, len - i);
		if (s) {
			*at = i;
			return s;
		}
	}
	return NULL;
}

/* --- keys -------------------------------------------------------------------- */

static void fill(uint64_t number, uint8_t *data, size_t len)
{
	for (size_t i = 0; i < len; i++)
		data[i] = nor_random(&number);
}

static void make_seeds(struct hs_key *key, uint64_t number)
{
	const struct lms_params *p = &key->facts.params[0];

	fill(number + 2, key->seeds[1], p->n);
	if (key->facts.profile == CRYPTECH_HASHSIG_SINGLE_SEED)
		return;
	for (uint32_t r = 1; r < hs_leaves(key); r++)
		lms_seed_children(p, key->facts.id, r, key->seeds[r],
				  key->seeds[2 * r], key->seeds[2 * r + 1]);
}

static void make_nodes(struct hs_key *key)
{
	const struct lms_params *p = &key->facts.params[0];
	bool single = key->facts.profile == CRYPTECH_HASHSIG_SINGLE_SEED;
	uint32_t leaves = hs_leaves(key);
	uint8_t pair[2 * LMS_N_MAX];

	for (uint32_t q = 0; q < leaves; q++)
		lms_leaves(p, key->facts.id, q, 1,
			   key->seeds[single ? 1 : leaves + q], p->n,
			   key->nodes[leaves + q]);
	for (uint32_t r = leaves - 1; r >= 1; r--) {
		memcpy(pair, key->nodes[2 * r], p->n);
		memcpy(pair + p->n, key->nodes[2 * r + 1], p->n);
		lms_nodes(p, key->facts.id, r, 1, pair, key->nodes[r]);
	}
	memcpy(key->facts.t1, key->nodes[1], p->n);
}

void hs_key_make(unsigned int slot, uint64_t number, uint32_t lms,
		 uint32_t lmots, uint32_t profile)
{
	struct hs_key *key = &hs_keys[slot];

	memset(key, 0, sizeof(*key));
	key->made = true;
	key->facts.levels = 1;
	key->facts.profile = profile;
	key->facts.reserve = 1;
	if (!lms_params(&key->facts.params[0], lms, lmots) ||
	    2 * hs_leaves(key) > HS_NODES)
		__builtin_trap();
	number *= 1000;
	fill(number, key->facts.uuid, sizeof(key->facts.uuid));
	fill(number + 1, key->facts.id, sizeof(key->facts.id));
	make_seeds(key, number);
	make_nodes(key);
	for (uint32_t r = 1; r < 2 * hs_leaves(key); r++)
		if (r == 1 || profile != CRYPTECH_HASHSIG_SINGLE_SEED)
			hs_note(key->seeds[r], key->facts.params[0].n, slot,
				UINT64_C(1) << r, false);
}

void hs_keys_forget(void)
{
	memset(hs_keys, 0, sizeof(hs_keys));
	memset(heads, 0, sizeof(heads));
	memset(bloom, 0, sizeof(bloom));
	secret_count = 0;
}

/* --- what must not be --------------------------------------------------------- */

/* The nodes on the paths from the root to the leaves [0, end). */
static uint64_t nodes_above(const struct hs_key *key, uint32_t end)
{
	uint64_t nodes = 0;

	for (uint32_t q = 0; q < end; q++)
		for (uint32_t r = hs_leaves(key) + q; r; r /= 2)
			nodes |= UINT64_C(1) << r;
	return nodes;
}

void hs_forbidden(const struct hs_ledger *ledger, struct hs_forbidden *f)
{
	for (unsigned int i = 0; i < HS_KEYS; i++) {
		const struct hs_life *life = &ledger->keys[i];

		if (!life->there && !life->maybe)
			f->nodes[i] = HS_ALL;
		else if (hs_keys[i].facts.profile ==
			 CRYPTECH_HASHSIG_SINGLE_SEED)
			f->nodes[i] = 0;
		else
			f->nodes[i] = nodes_above(&hs_keys[i], life->burnt);
	}
}

/* --- a root -------------------------------------------------------------------- */

static bool no(const char **why, const char *what)
{
	*why = what;
	return false;
}

/* Do the nodes cover the tree from left to right, and are they the tree's? */
static bool nodes_are_right(const struct hs_key *key, const struct root *root,
			    const char **why)
{
	const struct lms_params *p = &key->facts.params[0];
	uint32_t next = 0, first, end;

	for (unsigned int i = 0; i < root->node_count; i++) {
		uint32_t r = root->nodes[i].node;

		if (!r || r >= 2 * hs_leaves(key))
			return no(why, "a node that the tree has not");
		cover_leaves(p->h, r, &first, &end);
		if (first != next)
			return no(why, "nodes that do not cover the tree");
		next = end;
		if (memcmp(root->nodes[i].value, key->nodes[r], p->n))
			return no(why, "a public node has another value");
	}
	return next == hs_leaves(key) || no(why, "public nodes are missing");
}

/*
 * Nodes whose values follow from a root: those that it gives, which are right;
 * the leaves that it has a seed for, which is right; what is above them.
 */
static uint64_t nodes_known(const struct hs_key *key, const struct root *root)
{
	uint32_t leaves = hs_leaves(key);
	uint64_t known = 0;

	for (unsigned int i = 0; i < root->node_count; i++)
		known |= UINT64_C(1) << root->nodes[i].node;
	for (uint32_t q = root->seeds.floor; q < root->seeds.end; q++)
		known |= UINT64_C(1) << (leaves + q);
	for (uint32_t r = leaves - 1; r; r--)
		if ((known >> 2 * r & 3) == 3)
			known |= UINT64_C(1) << r;
	return known;
}

/* Every leaf that is left has its right seed, and a path that leads to T1. */
static bool leaves_are_right(const struct hs_key *key, const struct root *root,
			     const char **why)
{
	const struct lms_params *p = &key->facts.params[0];
	bool single = key->facts.profile == CRYPTECH_HASHSIG_SINGLE_SEED;
	uint64_t known = nodes_known(key, root);
	uint8_t seed[LMS_N_MAX];

	for (uint32_t q = 0; q < hs_leaves(key); q++) {
		uint32_t r = hs_leaves(key) + q;
		bool got = seeds_leaves(&root->seeds, p, key->facts.id, q, 1,
					seed);

		if (got != (q >= root->seeds.floor && q < root->seeds.end))
			return no(why, "not the leaves of the interval");
		if (!got)
			continue;
		if (memcmp(seed, key->seeds[single ? 1 : r], p->n))
			return no(why, "another seed");
		for (; r > 1; r /= 2)
			if (!(known >> (r ^ 1) & 1))
				return no(why, "a leaf has no path to T1");
	}
	return true;
}

static bool seeds_are_right(const struct hs_key *key, const struct root *root,
			    const char **why)
{
	uint64_t spent = nodes_above(key, root->seeds.floor);
	unsigned int n = key->facts.params[0].n;

	if (key->facts.profile == CRYPTECH_HASHSIG_SINGLE_SEED)
		return true;
	for (unsigned int i = 0; i < root->seeds.count; i++) {
		uint32_t r = root->seeds.list[i].node;

		if (!r || r >= 2 * hs_leaves(key) ||
		    memcmp(root->seeds.list[i].value, key->seeds[r], n))
			return no(why, "a seed that is not the tree's");
		if (spent >> r & 1)
			return no(why, "a spent leaf's seed");
	}
	return true;
}

static bool facts_are_right(const struct root_facts *want,
			    const struct root_facts *got)
{
	return !memcmp(got->uuid, want->uuid, sizeof(want->uuid)) &&
	       got->levels == want->levels &&
	       !memcmp(got->params, want->params,
		       want->levels * sizeof(want->params[0])) &&
	       got->profile == want->profile &&
	       got->reserve == want->reserve &&
	       !memcmp(got->id, want->id, sizeof(want->id)) &&
	       !memcmp(got->t1, want->t1, want->params[0].n);
}

static bool is_right(struct hs_ledger *ledger, unsigned int slot,
		     const struct root *root, bool harmed, bool part,
		     const char **why)
{
	const struct hs_key *key = &hs_keys[slot];
	struct hs_life *life = &ledger->keys[slot];
	uint32_t floor = root->seeds.floor;

	if (!harmed && (root->damage || root->lost))
		return no(why, "damaged");
	if (!facts_are_right(&key->facts, &root->facts))
		return no(why, "other facts");
	if (floor < life->burnt)
		return no(why, "burnt leaves are back");
	if (!harmed && floor != life->burnt && floor != life->burnt_max)
		return no(why, "more leaves are burnt than the run");
	if (!harmed && !part && root->seeds.end != hs_leaves(key))
		return no(why, "the end has moved");
	life->burnt = life->burnt_max = floor;
	return seeds_are_right(key, root, why) &&
	       nodes_are_right(key, root, why) &&
	       leaves_are_right(key, root, why);
}

bool hs_root_is_right(struct hs_ledger *ledger, unsigned int slot,
		      const struct root *root, bool harmed, const char **why)
{
	return is_right(ledger, slot, root, harmed, false, why);
}

bool hs_part_is_right(struct hs_ledger *ledger, unsigned int slot,
		      const struct root *root, const char **why)
{
	return is_right(ledger, slot, root, false, true, why);
}

bool hs_hand_out(struct hs_ledger *ledger, unsigned int slot, uint32_t from,
		 uint32_t to, const uint8_t *run, const char **why)
{
	const struct hs_key *key = &hs_keys[slot];
	struct hs_life *life = &ledger->keys[slot];
	bool single = key->facts.profile == CRYPTECH_HASHSIG_SINGLE_SEED;
	unsigned int n = key->facts.params[0].n;

	for (uint32_t q = from; q < to; q++) {
		if (life->handed >> q & 1)
			return no(why, "a leaf is handed out twice");
		if (memcmp(run + (q - from) * n,
			   key->seeds[single ? 1 : hs_leaves(key) + q], n))
			return no(why, "not the leaf's seed");
		life->handed |= UINT64_C(1) << q;
	}
	if (life->burnt > from)
		return no(why, "a burnt leaf is handed out");
	life->burnt = life->burnt_max = to;
	return true;
}
