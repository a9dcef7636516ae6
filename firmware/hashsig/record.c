// SPDX-License-Identifier: MIT
/*
 * Records in flash to the byte, big endian.
 *
 *	tag[32]	     HMAC-SHA-256 over `core`
 *	u32 length   of `core`
 *	core	     of a state record:
 *	  u32 "HSS1" | u32 version | uuid[16] | u32 generation | u64 anchor |
 *	  u32 profile | u32 reserve | u32 levels | levels * (u32 lms, u32 lmots) |
 *	  id[16] | t1[n] | u32 floor | u32 end | keys[32] | u32 single |
 *	  in version 2: u32 parked | u32 away | u32 Kp cell | kekek[16] |
 *			outbox[32] | h * asked[8]
 *	  u32 count | count * (u32 node, u32 seed cell, u32 copy cell)
 *	values	     count * (value[n], u32 CRC-32C of it)
 *	zeros	     up to the length that h + 1 nodes take, in version 2: 2h
 *
 * Version 2 is for keys that were split, parked or adopted: their interval may
 * have two ends inside the tree. Others stay as they are.
 *
 * The tag does not take the values in: they are checked against T1, and one that
 * has rotted is found by its CRC and had from its second copy. Nothing secret
 * is in here; the seeds' cells are wrapped.
 */
#include "root_internal.h"

static bool tag_core(const struct roots *roots, const uint8_t *core,
		     size_t len, uint8_t tag[RECORD_TAG])
{
	struct core_hash *hash = core_hash_new(CRYPTECH_DIGEST_SHA256,
					       roots->k_record,
					       sizeof(roots->k_record));
	bool ok = hash && !core_hash_update(hash, core, len) &&
		  !core_hash_final(hash, tag);

	core_hash_free(hash);
	return ok;
}

static void put_raw(struct xdr_writer *w, const void *data, size_t len)
{
	uint8_t *p = xdr_put_raw(w, len);

	if (p)
		memcpy(p, data, len);
}

static void get_raw(struct xdr_reader *r, void *data, size_t len)
{
	const uint8_t *p = xdr_get_raw(r, len);

	if (p)
		memcpy(data, p, len);
}

/* Put tag and length before the core that @w has behind room for them. */
static void seal(const struct roots *roots, struct xdr_writer *w)
{
	uint32_t len = xdr_written(w) - RECORD_HEAD;
	struct xdr_writer head;

	/* A record without its tag is refused when it is read. */
	if (!tag_core(roots, w->start + RECORD_HEAD, len, w->start))
		memset(w->start, 0, RECORD_TAG);
	xdr_writer_init(&head, w->start + RECORD_TAG, 4);
	xdr_put_u32(&head, len);
}

static bool is_sealed(const struct roots *roots, const uint8_t *record,
		      size_t len, size_t *core_len)
{
	uint8_t tag[RECORD_TAG];
	struct xdr_reader r;

	xdr_reader_init(&r, record + RECORD_TAG, 4);
	*core_len = xdr_get_u32(&r);
	return *core_len <= len - RECORD_HEAD &&
	       tag_core(roots, record + RECORD_HEAD, *core_len, tag) &&
	       core_equal(tag, record, sizeof(tag));
}

/*
 * Flash that is left alone for long loses single bits. So if the tag is not
 * right, it is tried whether it is with one bit, or none, turned.
 */
static bool unseal(const struct roots *roots, uint8_t *record, size_t len,
		   size_t *core_len)
{
	size_t bits = 8 * (len < STATE_MAX ? len : STATE_MAX);

	if (len < RECORD_HEAD)
		return false;
	if (is_sealed(roots, record, len, core_len))
		return true;
	for (size_t i = 0; i < bits; i++) {
		record[i / 8] ^= 1 << i % 8;
		if (is_sealed(roots, record, len, core_len))
			return true;
		record[i / 8] ^= 1 << i % 8;
	}
	return false;
}

/* --- state ---------------------------------------------------------------- */

static size_t state_size(const struct root_facts *facts, bool moved,
			 unsigned int count)
{
	const struct lms_params *params = &facts->params[0];
	unsigned int least = moved ? 2 * params->h : params->h + 1;
	size_t more = 0;

	if (count < least)
		count = least;
	if (moved)
		more = STATE_MOVED + ASKED_SIZE * params->h;
	return RECORD_HEAD + STATE_FIXED + more +
	       8 * facts->levels + params->n + count * (12 + params->n + 4);
}

void facts_put(struct xdr_writer *w, const struct root_facts *facts)
{
	xdr_put_u32(w, facts->profile);
	xdr_put_u32(w, facts->reserve);
	xdr_put_u32(w, facts->levels);
	for (unsigned int i = 0; i < facts->levels; i++) {
		xdr_put_u32(w, facts->params[i].lms);
		xdr_put_u32(w, facts->params[i].lmots);
	}
	put_raw(w, facts->id, LMS_ID_SIZE);
	put_raw(w, facts->t1, facts->params[0].n);
}

static void put_moved(struct xdr_writer *w, const struct root *root,
		      const struct root_places *places)
{
	xdr_put_u32(w, root->parked);
	xdr_put_u32(w, root->away);
	xdr_put_u32(w, places->kp);
	put_raw(w, places->kekek, sizeof(places->kekek));
	put_raw(w, places->outbox, sizeof(places->outbox));
	put_raw(w, places->asked,
		ASKED_SIZE * (size_t)root->facts.params[0].h);
}

size_t state_encode(const struct roots *roots, const struct root *root,
		    const struct root_places *places,
		    const uint8_t keys[KEYS_HASH], uint8_t *record)
{
	size_t size = state_size(&root->facts, places->moved,
				 root->node_count);
	unsigned int n = root->facts.params[0].n;
	struct xdr_writer w, values;

	memset(record, 0, size);
	xdr_writer_init(&w, record, size);
	xdr_put_raw(&w, RECORD_HEAD);
	xdr_put_u32(&w, RECORD_STATE);
	xdr_put_u32(&w, places->moved ? RECORD_MOVED : RECORD_VERSION);
	put_raw(&w, root->facts.uuid, CRYPTECH_UUID_SIZE);
	xdr_put_u32(&w, root->generation);
	xdr_put_u64(&w, places->anchor);
	facts_put(&w, &root->facts);
	xdr_put_u32(&w, HS_MUTATED(HS_MUT_NO_FLOOR) ? 0 : root->seeds.floor);
	xdr_put_u32(&w, root->seeds.end);
	put_raw(&w, keys, KEYS_HASH);
	xdr_put_u32(&w, places->single);
	if (places->moved)
		put_moved(&w, root, places);
	xdr_put_u32(&w, root->node_count);
	for (unsigned int i = 0; i < root->node_count; i++) {
		xdr_put_u32(&w, root->nodes[i].node);
		xdr_put_u32(&w, places->of[i].seed);
		xdr_put_u32(&w, places->of[i].copy);
	}
	values = w;
	for (unsigned int i = 0; i < root->node_count; i++) {
		put_raw(&values, root->nodes[i].value, n);
		xdr_put_u32(&values, ks_crc(0, root->nodes[i].value, n));
	}
	seal(roots, &w);
	return size;
}

bool facts_get(struct xdr_reader *r, struct root_facts *facts)
{
	facts->profile = xdr_get_u32(r);
	facts->reserve = xdr_get_u32(r);
	facts->levels = xdr_get_u32(r);
	if (r->bad || facts->levels < 1 ||
	    facts->levels > CRYPTECH_HSS_LEVELS_MAX ||
	    facts->profile > CRYPTECH_HASHSIG_SINGLE_SEED)
		return false;
	for (unsigned int i = 0; i < facts->levels; i++) {
		uint32_t lms = xdr_get_u32(r), lmots = xdr_get_u32(r);

		if (!lms_params(&facts->params[i], lms, lmots))
			return false;
	}
	get_raw(r, facts->id, LMS_ID_SIZE);
	get_raw(r, facts->t1, facts->params[0].n);
	return !r->bad;
}

static bool get_moved(struct xdr_reader *r, struct root *root)
{
	struct root_places *places = root->places;
	uint32_t parked = xdr_get_u32(r), end = root->seeds.end;

	root->parked = parked;
	root->away = xdr_get_u32(r);
	places->kp = xdr_get_u32(r);
	get_raw(r, places->kekek, sizeof(places->kekek));
	get_raw(r, places->outbox, sizeof(places->outbox));
	get_raw(r, places->asked,
		ASKED_SIZE * (size_t)root->facts.params[0].h);
	if (r->bad || parked > 1)
		return false;
	if (parked)
		return places->kp && root->away < end &&
		       root->seeds.floor == end && !places->single;
	return !root->away && (!places->kp || HS_MUTATED(HS_MUT_KP_SURVIVES));
}

static bool get_places(struct xdr_reader *r, struct root *root)
{
	struct root_places *places = root->places;

	places->single = xdr_get_u32(r);
	if (places->moved && !get_moved(r, root))
		return false;
	root->node_count = xdr_get_u32(r);
	if (r->bad || root->node_count > NODES_MAX)
		return false;
	for (unsigned int i = 0; i < root->node_count; i++) {
		root->nodes[i].node = xdr_get_u32(r);
		places->of[i].seed = xdr_get_u32(r);
		places->of[i].copy = xdr_get_u32(r);
	}
	return xdr_reader_done(r);
}

static bool get_core(struct xdr_reader *r, const uint8_t *uuid,
		     struct root *root, uint8_t *keys)
{
	uint32_t type = xdr_get_u32(r), version = xdr_get_u32(r);

	get_raw(r, root->facts.uuid, CRYPTECH_UUID_SIZE);
	root->generation = xdr_get_u32(r);
	root->places->anchor = xdr_get_u64(r);
	root->places->moved = version == RECORD_MOVED;
	if (r->bad || type != RECORD_STATE ||
	    (version != RECORD_VERSION && version != RECORD_MOVED) ||
	    memcmp(root->facts.uuid, uuid, CRYPTECH_UUID_SIZE) ||
	    !facts_get(r, &root->facts))
		return false;
	root->seeds.single = root->facts.profile ==
			     CRYPTECH_HASHSIG_SINGLE_SEED;
	root->seeds.floor = xdr_get_u32(r);
	root->seeds.end = xdr_get_u32(r);
	get_raw(r, keys, KEYS_HASH);
	return get_places(r, root) && root->seeds.floor <= root->seeds.end &&
	       root->seeds.end <= (uint32_t)1 << root->facts.params[0].h &&
	       frontier_is_named(root);
}

static uint32_t be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
}

/* With one bit turned, if that makes it right: no two such are right. */
static bool mend_value(uint8_t *value, unsigned int n)
{
	if (ks_crc(0, value, n) == be32(value + n))
		return true;
	for (unsigned int i = 0; i < 8 * (n + 4); i++) {
		value[i / 8] ^= 1 << i % 8;
		if (ks_crc(0, value, n) == be32(value + n))
			return true;
		value[i / 8] ^= 1 << i % 8;
	}
	return false;
}

bool state_decode(const struct roots *roots, const uint8_t *uuid,
		  uint8_t *record, size_t len, struct root *root,
		  uint8_t keys[KEYS_HASH])
{
	struct xdr_reader r;
	size_t core_len;
	unsigned int n;

	if (!unseal(roots, record, len, &core_len))
		return false;
	xdr_reader_init(&r, record + RECORD_HEAD, core_len);
	if (!get_core(&r, uuid, root, keys) ||
	    len != state_size(&root->facts, root->places->moved,
			      root->node_count))
		return false;
	n = root->facts.params[0].n;
	for (unsigned int i = 0; i < root->node_count; i++) {
		uint8_t *value = record + RECORD_HEAD + core_len + i * (n + 4);

		root->places->of[i].bad = !mend_value(value, n);
		memcpy(root->nodes[i].value, value, n);
	}
	return true;
}

void state_claims(const uint8_t *record, size_t len, struct root *root)
{
	struct xdr_reader r;

	xdr_reader_init(&r, record, len);
	xdr_get_raw(&r, RECORD_HEAD + 4 + 4 + CRYPTECH_UUID_SIZE);
	root->generation = xdr_get_u32(&r);
	root->places->anchor = xdr_get_u64(&r);
}

/* --- ledger --------------------------------------------------------------- */

void ledger_encode(const struct roots *roots, const struct ledger *ledger,
		   uint8_t record[LEDGER_SIZE])
{
	struct xdr_writer w;

	xdr_writer_init(&w, record, LEDGER_SIZE);
	xdr_put_raw(&w, RECORD_HEAD);
	xdr_put_u32(&w, RECORD_LEDGER);
	xdr_put_u32(&w, RECORD_VERSION);
	xdr_put_u64(&w, ledger->anchor);
	put_raw(&w, ledger->keys, KEYS_HASH);
	xdr_put_u32(&w, ledger->ends);
	put_raw(&w, ledger->ended, CRYPTECH_UUID_SIZE);
	seal(roots, &w);
}

bool ledger_decode(const struct roots *roots, uint8_t *record, size_t len,
		   struct ledger *ledger)
{
	uint32_t type, version;
	struct xdr_reader r;
	size_t core_len;

	if (len != LEDGER_SIZE || !unseal(roots, record, len, &core_len))
		return false;
	xdr_reader_init(&r, record + RECORD_HEAD, core_len);
	type = xdr_get_u32(&r);
	version = xdr_get_u32(&r);
	ledger->anchor = xdr_get_u64(&r);
	get_raw(&r, ledger->keys, KEYS_HASH);
	ledger->ends = xdr_get_u32(&r);
	get_raw(&r, ledger->ended, CRYPTECH_UUID_SIZE);
	ledger->there = xdr_reader_done(&r) && type == RECORD_LEDGER &&
			version == RECORD_VERSION;
	return ledger->there;
}
