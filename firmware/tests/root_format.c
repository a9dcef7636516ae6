// SPDX-License-Identifier: MIT
/*
 * A reader of Documentation/hashsig-format.rst, with libcrypto alone: what is in
 * the raw image after each step is what the page says, no less and no more.
 *
 * Seeds and public values are computed here too, by SHA-256 and the formulas
 * of RFC 8554 and hashsig.rst, one hash after the other.
 */
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/sha.h>

#include "root_box.h"

#define KIB	1024
#define RECORDS	16
#define CELLS	64

static struct tree a, b;

/* --- libcrypto ------------------------------------------------------------ */

/* SP 800-108, counter mode, AES-256-CMAC. */
static void kdf(const uint8_t key[32], const char *label, uint8_t out[32])
{
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, "KBKDF", NULL);
	EVP_KDF_CTX *ctx = EVP_KDF_CTX_new(kdf);
	const OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_MODE,
						 (char *)"counter", 0),
		OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_MAC,
						 (char *)"CMAC", 0),
		OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_CIPHER,
						 (char *)"AES-256-CBC", 0),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY,
						  (void *)key, 32),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT,
						  (void *)label,
						  strlen(label)),
		OSSL_PARAM_construct_end(),
	};

	EXPECT(EVP_KDF_derive(ctx, out, 32, params) > 0);
	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
}

/* RFC 5649; false: it is not wrapped under this key. */
static bool unwrap(const uint8_t *key, const uint8_t *data, size_t len,
		   uint8_t *plain)
{
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, "AES-256-WRAP-PAD", NULL);
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int out = 0;
	bool ok;

	EVP_CIPHER_CTX_set_flags(ctx, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
	ok = EVP_DecryptInit_ex2(ctx, cipher, key, NULL, NULL) > 0 &&
	     EVP_DecryptUpdate(ctx, plain, &out, data, len) > 0 && out == 56;
	EVP_CIPHER_CTX_free(ctx);
	EVP_CIPHER_free(cipher);
	return ok;
}

static uint32_t be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
}

static uint64_t be64(const uint8_t *p)
{
	return (uint64_t)be32(p) << 32 | be32(p + 4);
}

static uint32_t le32(const uint8_t *p)
{
	return p[0] | p[1] << 8 | p[2] << 16 | (uint32_t)p[3] << 24;
}

static uint32_t crc32c(const uint8_t *p, size_t len)
{
	uint32_t crc = ~0u;

	for (size_t i = 0; i < 8 * len; i++) {
		crc ^= p[i / 8] >> i % 8 & 1;
		crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78 : 0);
	}
	return ~crc;
}

/* --- the tree, one hash after the other ----------------------------------- */

static void put32(uint8_t *p, uint32_t v)
{
	p[0] = v >> 24;
	p[1] = v >> 16;
	p[2] = v >> 8;
	p[3] = v;
}

static void hash(const struct tree *t, const uint8_t *data, size_t len,
		 uint8_t *out)
{
	uint8_t digest[32];

	SHA256(data, len, digest);
	memcpy(out, digest, t->facts.params[0].n);
}

/* I | u32 r | u16 tag | u8 | value */
static void hash_tagged(const struct tree *t, uint32_t r, uint16_t tag,
			int byte, const uint8_t *value, uint8_t *out)
{
	uint8_t data[16 + 4 + 2 + 1 + 32];
	size_t len = 22;

	memcpy(data, t->facts.id, 16);
	put32(data + 16, r);
	data[20] = tag >> 8;
	data[21] = tag;
	if (byte >= 0)
		data[len++] = byte;
	memcpy(data + len, value, t->facts.params[0].n);
	hash(t, data, len + t->facts.params[0].n, out);
}

static void seed_of(const struct tree *t, uint32_t r, uint8_t *out)
{
	if (r == 1 || t->facts.profile == CRYPTECH_HASHSIG_SINGLE_SEED) {
		memcpy(out, t->seed, t->facts.params[0].n);
		return;
	}
	seed_of(t, r / 2, out);
	hash_tagged(t, r, 0xe4e4, 0xff, out, out);
}

static void leaf_of(const struct tree *t, uint32_t q, uint8_t *out)
{
	const struct lms_params *p = &t->facts.params[0];
	uint8_t seed[32], data[22 + 133 * 32], x[32];
	size_t len = 22;

	seed_of(t, (1u << p->h) + q, seed);
	memcpy(data, t->facts.id, 16);
	put32(data + 16, q);
	data[20] = data[21] = 0x80;
	for (unsigned int i = 0; i < p->p; i++) {
		hash_tagged(t, q, i, 0xff, seed, x);
		for (unsigned int j = 0; j < (1u << p->w) - 1; j++)
			hash_tagged(t, q, i, j, x, x);
		memcpy(data + len, x, p->n);
		len += p->n;
	}
	hash(t, data, len, x);
	hash_tagged(t, (1u << p->h) + q, 0x8282, -1, x, out);
}

static void value_of(const struct tree *t, uint32_t r, uint8_t *out)
{
	const struct lms_params *p = &t->facts.params[0];
	uint8_t data[22 + 2 * 32];

	if (r >> p->h) {
		leaf_of(t, r - (1u << p->h), out);
		return;
	}
	memcpy(data, t->facts.id, 16);
	put32(data + 16, r);
	data[20] = data[21] = 0x83;
	value_of(t, 2 * r, data + 22);
	value_of(t, 2 * r + 1, data + 22 + p->n);
	hash(t, data, 22 + 2 * p->n, out);
}

/* Is [first, end) of the leaves under r all on one side of floor? */
static bool is_whole(const struct tree *t, uint32_t r, uint32_t floor)
{
	unsigned int h = t->facts.params[0].h;
	uint32_t first = r, last = r;

	while (!(first >> h)) {
		first = 2 * first;
		last = 2 * last + 1;
	}
	first -= 1u << h;
	last -= 1u << h;
	return last < floor || first >= floor;
}

/* --- the reader ----------------------------------------------------------- */

struct image {
	const uint8_t *record[RECORDS];		/* their data */
	uint32_t record_len[RECORDS];
	uint8_t class[RECORDS];
	const uint8_t *name[RECORDS];
	unsigned int records;
	uint32_t cell[CELLS];
	unsigned int cells;
	unsigned int other;	/* bytes that are none of these, nor header,
				 * zero or blank */
};

/* What keystore.rst says, at every multiple of 16. */
static void read_image(struct image *image)
{
	const uint8_t *p = nor->bits;

	memset(image, 0, sizeof(*image));
	for (uint32_t at = 0; at < nor->flash.size;) {
		uint32_t size = 16;

		if (!memcmp(p + at, "KSS1", 4)) {
			size = 32;
		} else if (!memcmp(p + at, "KR\1", 3)) {
			unsigned int i = image->records++;

			image->record[i] = p + at + 48;
			image->record_len[i] = le32(p + at + 28);
			image->class[i] = p[at + 3];
			image->name[i] = p + at + 12;
			size = 48 + (image->record_len[i] + 4 + 15) / 16 * 16;
			EXPECT_EQ(le32(p + at + 40), 0);
		} else if (!memcmp(p + at, "KSC1", 4)) {
			image->cell[image->cells++] = at;
			size = 96;
		} else {
			for (uint32_t i = 0; i < 16; i++)
				image->other += p[at + i] != 0 &&
						p[at + i] != 0xff;
		}
		at += size;
	}
}

static bool is_tagged(const uint8_t *record, uint32_t len)
{
	uint8_t key[32], tag[32];
	uint32_t core = be32(record + 32);
	unsigned int tag_len = sizeof(tag);

	kdf(k_state, "hashsig records", key);
	HMAC(EVP_sha256(), key, sizeof(key), record + 36, core, tag, &tag_len);
	return core + 36 <= len && !memcmp(tag, record, sizeof(tag));
}

/* --- what there should be ------------------------------------------------- */

/* A cell that the list names: its use, node, key and value. */
static bool check_cell(struct image *image, struct tree *t, uint32_t cell,
		       uint32_t use, uint32_t node, uint32_t generation)
{
	uint8_t plain[64], value[32];
	bool found = false;

	for (unsigned int i = 0; i < image->cells; i++) {
		found |= image->cell[i] == cell;
		if (image->cell[i] == cell)	/* seen */
			image->cell[i] = image->cell[--image->cells];
	}
	if (!EXPECT(found) ||
	    !EXPECT_MEM(nor->bits + cell + 4, t->facts.uuid, 16))
		return false;
	if (use == 3)
		memcpy(plain, nor->bits + cell + 32, 64);
	else if (!EXPECT(unwrap(k_state, nor->bits + cell + 32, 64, plain)))
		return false;
	if (use == 3)
		value_of(t, node, value);
	else
		seed_of(t, node, value);
	return EXPECT_EQ(be32(plain), use << 26 | node) &&
	       EXPECT(be32(plain + 4) >= 1 && be32(plain + 4) <= generation) &&
	       EXPECT_MEM(plain + 8, t->facts.uuid, 16) &&
	       EXPECT_MEM(plain + 24, value, t->facts.params[0].n);
}

/* The lists and values: the frontier is all that is whole, and no more. */
static bool check_nodes(struct image *image, struct tree *t,
			const uint8_t *list, uint32_t count,
			const uint8_t *values, uint32_t floor,
			uint32_t generation, bool single)
{
	unsigned int n = t->facts.params[0].n, h = t->facts.params[0].h;
	uint32_t leaves = 0;

	for (uint32_t i = 0; i < count; i++) {
		uint32_t node = be32(list + 12 * i);
		uint32_t seed = be32(list + 12 * i + 4);
		uint32_t copy = be32(list + 12 * i + 8);
		uint32_t first = node << __builtin_clz(node) >> (31 - h);
		const uint8_t *value = values + i * (n + 4);
		bool spent = first - (1u << h) < floor;
		uint8_t want[32];

		/* From left to right, as tall as can be. */
		if (!EXPECT_EQ(first - (1u << h), leaves) ||
		    !EXPECT(is_whole(t, node, floor)) ||
		    !EXPECT(node == 1 || !is_whole(t, node / 2, floor)))
			return false;
		leaves += 1u << (__builtin_clz(node) - (31 - h));
		value_of(t, node, want);
		if (!EXPECT_MEM(value, want, n) ||
		    !EXPECT_EQ(be32(value + n), crc32c(want, n)) ||
		    !EXPECT_EQ(copy != 0, spent) ||
		    !EXPECT_EQ(seed != 0, !spent && !single))
			return false;
		if (seed && !check_cell(image, t, seed, 1, node, generation))
			return false;
		if (copy && !check_cell(image, t, copy, 3, node, generation))
			return false;
	}
	return EXPECT_EQ(leaves, 1u << h);
}

struct expected {
	struct tree *t;
	uint32_t generation, floor;
	uint64_t anchor;
};

static bool check_state(struct image *image, unsigned int i,
			const struct expected *e, const uint8_t keys[32])
{
	const struct root_facts *f = &e->t->facts;
	unsigned int n = f->params[0].n, h = f->params[0].h, L = f->levels;
	bool single = f->profile == CRYPTECH_HASHSIG_SINGLE_SEED;
	const uint8_t *r = image->record[i], *p = r + 84 + 8 * L;
	uint32_t len = image->record_len[i], count = be32(p + 16 + n + 44);
	const uint8_t *list = p + 16 + n + 48, *values = list + 12 * count;

	if (!EXPECT(is_tagged(r, len)) ||
	    !EXPECT_EQ(be32(r + 32), 48 + 8 * L + 64 + n + 12 * count) ||
	    !EXPECT_EQ(len, 36 + 48 + 8 * L + 64 + n + (h + 1) * (16 + n)) ||
	    !EXPECT_MEM(r + 36, "HSS1\0\0\0\1", 8) ||
	    !EXPECT_MEM(r + 44, f->uuid, 16) ||
	    !EXPECT_EQ(be32(r + 60), e->generation) ||
	    !EXPECT_EQ(be64(r + 64), e->anchor) ||
	    !EXPECT_EQ(be32(r + 72), f->profile) ||
	    !EXPECT_EQ(be32(r + 76), f->reserve) ||
	    !EXPECT_EQ(be32(r + 80), L) ||
	    !EXPECT_MEM(p, f->id, 16) || !EXPECT_MEM(p + 16, f->t1, n) ||
	    !EXPECT_EQ(be32(p + 16 + n), e->floor) ||
	    !EXPECT_EQ(be32(p + 20 + n), 1u << h) ||
	    (keys && !EXPECT_MEM(p + 24 + n, keys, 32)) ||
	    !EXPECT_EQ(be32(p + 56 + n) != 0, single))
		return false;
	for (unsigned int level = 0; level < L; level++)
		if (!EXPECT_EQ(be32(r + 84 + 8 * level),
			       f->params[level].lms) ||
		    !EXPECT_EQ(be32(r + 88 + 8 * level),
			       f->params[level].lmots))
			return false;
	if (single && !check_cell(image, e->t, be32(p + 56 + n), 2, 1,
				  e->generation))
		return false;
	for (const uint8_t *z = values + count * (n + 4); z < r + len; z++)
		if (!EXPECT_EQ(*z, 0))
			return false;
	return check_nodes(image, e->t, list, count, values, e->floor,
			   e->generation, single);
}

/* Of the keys in the order of their names. */
static void hash_keys(const struct expected *e, unsigned int count,
		      uint8_t out[32])
{
	uint8_t data[2 * 28];

	for (unsigned int i = 0; i < count; i++) {
		memcpy(data + 28 * i, e[i].t->facts.uuid, 16);
		put32(data + 28 * i + 16, e[i].generation);
		put32(data + 28 * i + 20, e[i].anchor >> 32);
		put32(data + 28 * i + 24, e[i].anchor);
	}
	SHA256(data, 28 * count, out);
}

static bool check_ledger(const uint8_t *r, uint32_t len, uint64_t anchor,
			 const uint8_t *keys, const uint8_t *ended)
{
	static const uint8_t nobody[16];

	return EXPECT_EQ(len, 104) && EXPECT(is_tagged(r, len)) &&
	       EXPECT_EQ(be32(r + 32), 68) &&
	       EXPECT_MEM(r + 36, "HSSL\0\0\0\1", 8) &&
	       EXPECT_EQ(be64(r + 44), anchor) &&
	       (!keys || EXPECT_MEM(r + 52, keys, 32)) &&
	       EXPECT_EQ(be32(r + 84), ended != NULL) &&
	       EXPECT_MEM(r + 88, ended ? ended : nobody, 16);
}

/* These keys, the ledger, and nothing else. @newest: which has the hash. */
static bool check_image(const struct expected *e, unsigned int count,
			unsigned int newest, uint64_t ledger,
			const uint8_t *ended)
{
	unsigned int ledgers = 0, states = 0;
	uint8_t keys[32];
	struct image image;

	read_image(&image);
	hash_keys(e, count, keys);
	for (unsigned int i = 0; i < image.records; i++) {
		const struct expected *of = e;

		if (image.class[i] == KS_CLASS_LEDGER) {
			ledgers++;
			if (!EXPECT_MEM(image.name[i], "hashsig ledger\0\0",
					16) ||
			    !check_ledger(image.record[i], image.record_len[i],
					  ledger, newest == count ? keys : NULL,
					  ended))
				return false;
			continue;
		}
		if (!EXPECT_EQ(image.class[i], KS_CLASS_STATE))
			return false;
		while (of < e + count && memcmp(of->t->facts.uuid,
						image.name[i], 16))
			of++;
		if (!EXPECT(of < e + count) ||
		    !check_state(&image, i, of,
				 of == e + newest ? keys : NULL))
			return false;
		states++;
	}
	return EXPECT_EQ(states, count) && EXPECT_EQ(ledgers, 1) &&
	       EXPECT_EQ(image.cells, 0) && EXPECT_EQ(image.other, 0);
}

/* --- tests ---------------------------------------------------------------- */

static void lives(uint32_t lms, uint32_t lmots, uint32_t profile)
{
	struct expected e[2] = { { &a, 1, 0, 1 }, { &b, 1, 0, 2 } };
	uint64_t value = 2;

	REQUIRE(up(64 * KIB, 512));
	tree_make(&a, lms, lmots, profile, 1);
	tree_make(&b, lms, lmots, profile, 2);
	a.facts.reserve = 3;
	b.facts.levels = 2;
	b.facts.params[1] = b.facts.params[0];
	REQUIRE(!tree_create(&a) && check_image(e, 1, 0, 0, NULL));
	REQUIRE(!tree_create(&b) && check_image(e, 2, 1, 0, NULL));
	for (unsigned int i = 0; i < 14; i++) {
		struct expected *of = &e[i % 3 == 1];
		uint32_t to = of->floor + 1 + i % 5;

		REQUIRE(tree_commit(of->t, to > 32 ? 32 : to));
		of->floor = to > 32 ? 32 : to;
		of->generation++;
		of->anchor = ++value;
		REQUIRE(check_image(e, 2, of - e, 0, NULL));
		if (i % 4 == 2)
			REQUIRE(restart() && check_image(e, 2, of - e, 0,
							 NULL));
	}
	REQUIRE(!root_delete(roots, tree_root(&a)));
	REQUIRE(check_image(e + 1, 1, 1, ++value, a.facts.uuid));
	REQUIRE(tree_commit(&b, 32));
	e[1].floor = 32;
	e[1].generation++;
	e[1].anchor = value + 1;
	REQUIRE(check_image(e + 1, 1, 0, value, a.facts.uuid));
	REQUIRE(!root_delete(roots, tree_root(&b)));
	REQUIRE(check_image(e, 0, 0, value + 2, b.facts.uuid));
	tree_free(&a);
	tree_free(&b);
	end();
}

static void punctured(void)
{
	lives(0x0a, 0x06, CRYPTECH_HASHSIG_PUNCTURED);
	lives(0x05, 0x02, CRYPTECH_HASHSIG_PUNCTURED);
}

static void single_seed(void)
{
	lives(0x0a, 0x06, CRYPTECH_HASHSIG_SINGLE_SEED);
}

/* Public nodes of a tall tree. */
static void top(void)
{
	struct image image;
	unsigned int found = 0;
	uint8_t value[32];

	REQUIRE(up(64 * KIB, 4096));
	tree_make(&a, 0x0c, 0x06, CRYPTECH_HASHSIG_PUNCTURED, 1);
	REQUIRE(!tree_create(&a));
	read_image(&image);
	for (unsigned int i = 0; i < image.records; i++) {
		if (image.class[i] != 64)
			continue;
		found++;
		EXPECT_EQ(image.record_len[i], 32 * 24);
		EXPECT_MEM(image.name[i], a.facts.uuid, 16);
		value_of(&a, 32 + 7, value);
		EXPECT_MEM(image.record[i] + 7 * 24, value, 24);
	}
	EXPECT_EQ(found, 1);
	tree_free(&a);
	end();
}

int main(void)
{
	RUN(punctured);
	RUN(single_seed);
	RUN(top);
	return tap_done();
}
