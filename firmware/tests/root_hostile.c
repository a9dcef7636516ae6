// SPDX-License-Identifier: MIT
/*
 * State records, ledgers and cells that lie under right tags and wrappings:
 * nobody can make them without the master key, and still nothing must crash,
 * write beyond its bounds, or hang. (The sanitizers watch.) Whatever is taken
 * for a key can be committed to, or says why not, and be deleted.
 *
 * 1,600 tries; 100,000 with CRYPTECH_FULL=1.
 */
#include "root_box.h"

#define H5	0x0a		/* SHA256_M24_H5 */
#define W2	0x06
#define KIB	1024

static struct tree a;
static struct nor *base;
static uint64_t rng = 1;

static uint8_t record[4096];
static size_t record_len;

static uint32_t draw(uint32_t n)
{
	return nor_random(&rng) % n;
}

/* The tag over what the record says is its core, if it has that. */
static void seal(void)
{
	uint32_t core = (uint32_t)record[32] << 24 | record[33] << 16 |
			record[34] << 8 | record[35];
	struct core_hash *hash;
	uint8_t key[32];

	if (core > record_len - 36)
		return;
	EXPECT(!core_kdf(k_state, "hashsig records", key));
	hash = core_hash_new(CRYPTECH_DIGEST_SHA256, key, sizeof(key));
	EXPECT(hash && !core_hash_update(hash, record + 36, core) &&
	       !core_hash_final(hash, record));
	core_hash_free(hash);
}

/* Numbers that are nearly right, and such that are not at all. */
static void change_word(size_t at)
{
	static const uint32_t odd[] = {
		0, 1, 2, 31, 32, 33, 52, 53, 0x7fffffff, 0x80000000,
		0xfffffff0, 0xffffffff, 1u << 25, 1u << 26, 16, 32,
	};
	uint32_t v = draw(2) ? odd[draw(16)] : draw(64);

	for (int i = 0; i < 4; i++)
		record[at + i] = v >> (24 - 8 * i);
}

static void change_record(void)
{
	for (uint32_t n = 1 + draw(4); n; n--) {
		size_t at = 32 + draw(record_len - 36);

		switch (draw(4)) {
		case 0:
			record[at] = draw(256);
			break;
		case 1:
			change_word(at & ~3u);
			break;
		case 2:
			change_word(32 + 4 * draw(60));
			break;
		default:	/* it is longer or shorter */
			if (draw(4))
				break;
			record_len = 36 + draw(sizeof(record) - 36);
			break;
		}
	}
	seal();
}

/* Use whatever there is. */
static bool use_all(void)
{
	struct root *root, *next;
	int error = roots_up();

	if (!EXPECT(error == 0 || error == CRYPTECH_ERR_KEYSTORE_ACCESS))
		return false;
	if (error)
		return true;
	for (root = roots_first(roots); root; root = root->next) {
		EXPECT(root->seeds.floor <= root->seeds.end);
		EXPECT(root->node_count <= COVER_MAX + 2);
		EXPECT(root->damage || root->seeds.end <=
		       1u << root->facts.params[0].h);
		root_commit(roots, root, root->seeds.floor + 1 + draw(3),
			    tree_node, &a, NULL);
	}
	if (roots_stale(roots))
		EXPECT_EQ(roots_accept(roots, CRYPTECH_ACCEPT_FLASH), 0);
	for (root = roots_first(roots); root; root = next) {
		next = root->next;
		root_commit(roots, root, root->seeds.floor + 1, tree_node, &a,
			    NULL);
		if (!EXPECT_EQ(root_delete(roots, root), 0))
			return false;
	}
	return EXPECT_EQ(stats_now().cells, 0) &&
	       EXPECT_EQ(stats_now().records, 1);
}

static unsigned int tries(void)
{
	return getenv("CRYPTECH_FULL") ? 100000 : 1600;
}

static bool begin(void)
{
	down();
	nor_copy(nor, base);
	outside.anchor = 4;
	return EXPECT_EQ(ks_mount(&ks, &nor->flash), KS_OK);
}

static void start(uint32_t profile)
{
	REQUIRE(up(16 * KIB, 512));
	tree_make(&a, H5, W2, profile, 1);
	REQUIRE(!tree_create(&a) && tree_commit(&a, 3) && tree_commit(&a, 4) &&
		tree_commit(&a, 7));
	base = nor_new(16 * KIB, 512);
	nor_copy(base, nor);
}

static void stop(void)
{
	down();
	tree_free(&a);
	nor_free(base);
	end();
}

static void lying_records(void)
{
	for (uint32_t profile = 0; profile < 2; profile++) {
		start(profile);
		for (unsigned int i = 0; i < tries() / 2; i++) {
			REQUIRE(begin());
			REQUIRE(!ks_read(ks, KS_CLASS_STATE, a.facts.uuid,
					 record, sizeof(record), &record_len));
			change_record();
			if (ks_write(ks, KS_CLASS_STATE, a.facts.uuid, record,
				     record_len, false))
				continue;	/* longer than there is room */
			if (!use_all()) {
				printf("# try %u\n", i);
				break;
			}
		}
		stop();
	}
}

static void lying_ledgers(void)
{
	uint8_t name[KS_NAME_SIZE];

	start(CRYPTECH_HASHSIG_PUNCTURED);
	for (unsigned int i = 0; i < tries() / 4; i++) {
		REQUIRE(begin());
		REQUIRE(!ks_next(ks, KS_CLASS_LEDGER, NULL, name, NULL));
		REQUIRE(!ks_read(ks, KS_CLASS_LEDGER, name, record,
				 sizeof(record), &record_len));
		change_record();
		if (ks_write(ks, KS_CLASS_LEDGER, name, record, record_len,
			     false))
			continue;
		if (!use_all()) {
			printf("# try %u\n", i);
			break;
		}
	}
	stop();
}

/* Cells of any content, in clear and rightly wrapped, at listed places. */
static void lying_cells(void)
{
	start(CRYPTECH_HASHSIG_PUNCTURED);
	for (unsigned int i = 0; i < tries() / 4; i++) {
		uint8_t plain[56], data[64];
		ks_cell cell = 0;

		REQUIRE(begin());
		while ((cell = ks_cell_next(ks, a.facts.uuid, cell))) {
			if (draw(3))
				continue;
			for (size_t k = 0; k < sizeof(plain); k++)
				plain[k] = draw(256);
			plain[0] = draw(4) << 2;
			plain[1] = plain[2] = 0;
			plain[3] = draw(64);
			memcpy(plain + 8, a.facts.uuid, 16);
			if (draw(4))
				memset(plain + 4, 0, 3);
			if (draw(2))
				EXPECT(!core_wrap(k_state, plain, 56, data));
			else
				memcpy(data, plain, 56);
			memcpy(nor->bits + cell + 32, data, sizeof(data));
		}
		if (!use_all()) {
			printf("# try %u\n", i);
			break;
		}
	}
	stop();
}

int main(void)
{
	RUN(lying_records);
	RUN(lying_ledgers);
	RUN(lying_cells);
	return tap_done();
}
