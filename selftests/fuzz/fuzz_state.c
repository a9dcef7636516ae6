// SPDX-License-Identifier: MIT
/*
 * Fuzz target: what root trees have in flash, of any bytes and all the same
 * with its tag right, as if whoever wrote it had the key for it.
 *
 * An input is a list of changes to a flash with three keys that have a past:
 *
 *	u8 what | u8 which | u8 length | length bytes
 *
 * Then the keys start. Whatever there is must be refused or be a key; a key's
 * nodes hash to its T1, no cell is left that no record lists, the next start
 * finds the same, and what signs is the seed of that leaf and of none that was
 * spent: no record, however well it is forged, brings one back.
 */
#include "../../firmware/hashsig/root_internal.h"
#include "../../firmware/tests/root_box.h"

#define FLASH_SIZE	(64 * 1024)
#define FLASH_SECTOR	512
#define KEYS		3
#define CHANGES_MAX	32

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(met)							       \
	do {								       \
		if (!(met)) {						       \
			fprintf(stderr, "fuzz_state: not so: %s (line %d)\n",  \
				#met, __LINE__);			       \
			abort();					       \
		}							       \
	} while (0)

static struct tree trees[KEYS];
/* Leaves below are spent. */
static const uint32_t spent[KEYS] = { 5, 11, 600 };
static struct nor *past;
static struct outside past_outside;
static uint8_t k_record[32];

/* --- the past ----------------------------------------------------------------- */

static void make_key(unsigned int i, uint32_t lms, uint32_t lmots,
		     uint32_t profile)
{
	tree_make(&trees[i], lms, lmots, profile, i);
	if (i == 1) {
		trees[i].facts.levels = 2;
		trees[i].facts.params[1] = trees[i].facts.params[0];
	}
	CHECK(tree_create(&trees[i]) == CRYPTECH_ERR_OK);
	for (uint32_t to = 1; to < spent[i]; to *= 2)
		CHECK(tree_commit(&trees[i], to));
	CHECK(tree_commit(&trees[i], spent[i]));
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	CHECK(up(FLASH_SIZE, FLASH_SECTOR));
	make_key(0, 5, 2, CRYPTECH_HASHSIG_PUNCTURED);
	/* n = 24 */
	make_key(1, 10, 6, CRYPTECH_HASHSIG_SINGLE_SEED);
	make_key(2, 6, 1, CRYPTECH_HASHSIG_PUNCTURED);
	down();
	CHECK(!core_kdf(k_state, "hashsig records", k_record));
	past = nor;
	past_outside = outside;
	nor = nor_new(FLASH_SIZE, FLASH_SECTOR);
	CHECK(nor);
	return 0;
}

/* --- changes ------------------------------------------------------------------- */

struct change {
	uint8_t what, which, len;
	const uint8_t *bytes;
};

static const uint8_t *name_of(uint8_t which)
{
	static uint8_t foreign[KS_NAME_SIZE] = "a key not known";

	return which % 4 < KEYS ? trees[which % 4].facts.uuid : foreign;
}

/* The tag over what the length word of a record says, as record.c has it. */
static void tag(uint8_t *record, size_t len)
{
	struct core_hash *hash = core_hash_new(CRYPTECH_DIGEST_SHA256,
					       k_record, sizeof(k_record));
	uint32_t core = len < RECORD_HEAD ? 0 :
			(uint32_t)record[32] << 24 | record[33] << 16 |
			record[34] << 8 | record[35];

	if (len >= RECORD_HEAD && core <= len - RECORD_HEAD)
		CHECK(!core_hash_update(hash, record + RECORD_HEAD, core) &&
		      !core_hash_final(hash, record));
	core_hash_free(hash);
}

/* Bytes in threes: where, twice, and what to turn there. */
static void edit(uint8_t *record, size_t len, const struct change *c)
{
	for (unsigned int i = 0; i + 3 <= c->len && len; i += 3) {
		size_t at = (c->bytes[i] << 8 | c->bytes[i + 1]) % len;

		record[at] ^= c->bytes[i + 2];
	}
}

/* The record as it stands, edited; with its tag right or as it was. */
static void change_record(enum ks_class class, const uint8_t *name,
			  const struct change *c, bool tagged)
{
	static uint8_t record[KS_RECORD_MAX];
	size_t len = 0;

	if (ks_read_rotten(ks, class, name, record, sizeof(record), &len))
		return;
	edit(record, len, c);
	if (tagged)
		tag(record, len);
	ks_write(ks, class, name, record, len, false);
}

/* Bytes of the input's own behind a right tag. */
static void write_record(const struct change *c)
{
	uint8_t record[RECORD_HEAD + 255] = { 0 };

	record[35] = c->len;
	memcpy(record + RECORD_HEAD, c->bytes, c->len);
	tag(record, RECORD_HEAD + c->len);
	ks_write(ks, c->which & 0x80 ? KS_CLASS_LEDGER : KS_CLASS_STATE,
		 name_of(c->which), record, RECORD_HEAD + c->len, false);
}

/* Longer or shorter, and tagged. */
static void resize_record(const struct change *c)
{
	static uint8_t record[KS_RECORD_MAX];
	size_t len = 0, to;

	memset(record, 0, sizeof(record));
	if (!c->len || ks_read(ks, KS_CLASS_STATE, name_of(c->which), record,
			       sizeof(record), &len))
		return;
	to = len + c->bytes[0] < 128 ? 0 : len + c->bytes[0] - 128;
	tag(record, to);
	ks_write(ks, KS_CLASS_STATE, name_of(c->which), record, to, false);
}

static void change_cell(const struct change *c)
{
	uint8_t owner[KS_NAME_SIZE], data[KS_CELL_SIZE];
	ks_cell cell = 0;

	for (unsigned int i = c->which / 4; i + 1; i--)
		cell = ks_cell_next(ks, name_of(c->which), cell);
	if (cell && !c->len)
		ks_cell_zero(ks, cell);
	else if (cell && !ks_cell_read(ks, cell, owner, data))
		nor->bits[cell + c->bytes[0]] ^= 1 << c->len % 8;
}

/* Records that hold no state themselves: bytes as they are. */
static void write_other(const struct change *c)
{
	enum ks_class class = KS_CLASS_OUTBOX + c->which / 4 % 3;

	if (!c->len)
		ks_delete(ks, class, name_of(c->which));
	else
		ks_write(ks, class, name_of(c->which), c->bytes, c->len,
			 false);
}

static void find_ledger(const struct change *c)
{
	uint8_t name[KS_NAME_SIZE];

	if (!ks_next(ks, KS_CLASS_LEDGER, NULL, name, NULL))
		change_record(KS_CLASS_LEDGER, name, c, c->which % 2);
}

static void delete_key(const struct change *c)
{
	struct root *root;

	if (roots_up())
		return;
	root = roots_find(roots, name_of(c->which));
	if (root)
		root_delete(roots, root);
	roots_stop(roots);
	roots = NULL;
}

static void apply(const struct change *c)
{
	switch (c->what % 9) {
	case 0:
	case 1:
		change_record(KS_CLASS_STATE, name_of(c->which), c, true);
		break;
	case 2:
		change_record(KS_CLASS_STATE, name_of(c->which), c, false);
		break;
	case 3:
		write_record(c);
		break;
	case 4:
		resize_record(c);
		break;
	case 5:
		find_ledger(c);
		break;
	case 6:
		change_cell(c);
		break;
	case 7:
		write_other(c);
		break;
	default:
		delete_key(c);
	}
}

/* --- what is left --------------------------------------------------------------- */

static struct tree *tree_of(const struct root *root)
{
	for (unsigned int i = 0; i < KEYS; i++) {
		const struct root_facts *a = &trees[i].facts, *b = &root->facts;

		if (!memcmp(a->id, b->id, LMS_ID_SIZE) &&
		    !memcmp(a->t1, b->t1, a->params[0].n) &&
		    a->params[0].lms == b->params[0].lms &&
		    a->params[0].lmots == b->params[0].lmots)
			return &trees[i];
	}
	return NULL;
}

/* By the record, or to be zeroed by the next commit (R5). */
static bool is_listed(const struct root *root, ks_cell cell)
{
	const struct root_places *places = root->places;
	bool listed = places->unread || cells_list(root, cell);

	for (unsigned int i = 0; i < places->dropped_count; i++)
		listed = listed || places->dropped[i] == cell;
	return listed;
}

/* R4: every cell is its owner's, and listed; or nobody can tell. */
static void check_cells(void)
{
	uint8_t owner[KS_NAME_SIZE];
	struct ks_stats stats;

	ks_stats(ks, &stats);
	for (uint32_t i = 0; i < stats.cells; i++) {
		ks_cell cell = ks_cell_at(ks, i, owner);
		struct root *root = roots_find(roots, owner);

		if (cell)
			CHECK(root && is_listed(root, cell));
	}
}

static void check_root(const struct root *root)
{
	const struct lms_params *params = &root->facts.params[0];

	if (root->damage)
		return;
	CHECK(root->facts.levels >= 1 &&
	      root->facts.levels <= CRYPTECH_HSS_LEVELS_MAX);
	CHECK(root->seeds.floor <= root->seeds.end &&
	      root->seeds.end <= 1u << params->h);
	CHECK(root->node_count <= NODES_MAX && frontier_is_whole(root));
	for (unsigned int i = 0; i < root->seeds.count && !root->seeds.single;
	     i++) {
		uint32_t first, end;

		cover_leaves(params->h, root->seeds.list[i].node, &first, &end);
		CHECK(first >= root->seeds.floor && end <= root->seeds.end);
	}
}

/* What the next leaf would sign with is its seed, and was never spent. */
static void check_next(struct root *root)
{
	struct tree *tree = root->damage ? NULL : tree_of(root);
	uint32_t floor = root->seeds.floor;
	uint8_t seed[LMS_N_MAX];
	int error;

	if (!tree)
		return;
	error = root_commit(roots, root, floor + 1, tree_node, tree, seed);
	if (error)
		return;
	if (root->facts.profile == CRYPTECH_HASHSIG_SINGLE_SEED) {
		CHECK(tree->facts.profile == CRYPTECH_HASHSIG_SINGLE_SEED);
		return;
	}
	CHECK(floor >= spent[tree - trees]);
	CHECK(tree_is_run(tree, floor, 1, seed));
}

static unsigned int usable(uint32_t *floors)
{
	unsigned int n = 0;

	for (struct root *r = roots_first(roots); r; r = r->next)
		if (!r->damage)
			floors[n++ % 8] = r->seeds.floor;
	return n;
}

static void check(void)
{
	uint32_t floors[8] = { 0 }, again[8] = { 0 };
	unsigned int n;

	if (roots_up()) {
		CHECK(!roots);
		return;
	}
	for (struct root *r = roots_first(roots); r; r = r->next)
		check_root(r);
	check_cells();
	n = usable(floors);
	roots_stop(roots);
	CHECK(roots_up() == CRYPTECH_ERR_OK);
	CHECK(usable(again) == n && !memcmp(floors, again, sizeof(floors)));
	if (roots_stale(roots))
		roots_accept(roots, CRYPTECH_ACCEPT_FLASH);
	for (struct root *r = roots_first(roots); r; r = r->next)
		check_next(r);
	roots_stop(roots);
	CHECK(roots_up() == CRYPTECH_ERR_OK);
	check_cells();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	nor_copy(nor, past);
	outside = past_outside;
	CHECK(ks_mount(&ks, &nor->flash) == KS_OK);
	for (unsigned int i = 0; i < CHANGES_MAX && size >= 3; i++) {
		struct change c = { data[0], data[1], data[2], data + 3 };

		if (c.len > size - 3)
			c.len = size - 3;
		apply(&c);
		data += 3 + c.len;
		size -= 3 + c.len;
	}
	/* what was turned in cells is found by a mount */
	ks_unmount(ks);
	CHECK(ks_mount(&ks, &nor->flash) == KS_OK);
	check();
	down();
	return 0;
}
