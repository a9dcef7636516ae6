// SPDX-License-Identifier: MIT
/*
 * Cells: seeds, wrapped, and second copies of public nodes.
 *
 *	u32 use << 26 | node | u32 generation | uuid[16] | value[32]
 *
 * big endian, the generation of the record that listed it first, a value of
 * 24 bytes followed by zeros. Seeds and Kp are that under AES key wrap with
 * padding (RFC 5649) by K_state, 64 bytes; copies are that in clear and 8
 * zeros.
 */
#include "root_internal.h"

#define CELL_PLAIN	56

enum cell_use {			/* never 0: a cell has a bit set */
	CELL_SEED = 1,
	CELL_SINGLE = 2,	/* the seed of a single-seed key */
	CELL_COPY = 3,
	CELL_KP = 4,		/* what opens a parked key's package */
};
#define CELL_NODE_BITS	26

struct content {
	enum cell_use use;
	uint32_t node;
	uint32_t generation;
	uint8_t value[LMS_N_MAX];
};

static size_t value_size(const struct root *root, enum cell_use use)
{
	return use == CELL_KP ? PACKAGE_KEY_SIZE : root->facts.params[0].n;
}

static int encode(const struct roots *roots, const struct root *root,
		  const struct content *content, uint8_t cell[KS_CELL_SIZE])
{
	uint8_t plain[CELL_PLAIN] = { 0 };
	struct xdr_writer w;
	int error = CRYPTECH_ERR_OK;

	xdr_writer_init(&w, plain, sizeof(plain));
	xdr_put_u32(&w, (uint32_t)content->use << CELL_NODE_BITS |
			content->node);
	xdr_put_u32(&w, content->generation);
	memcpy(xdr_put_raw(&w, CRYPTECH_UUID_SIZE), root->facts.uuid,
	       CRYPTECH_UUID_SIZE);
	memcpy(xdr_put_raw(&w, LMS_N_MAX), content->value,
	       value_size(root, content->use));
	if (content->use == CELL_COPY) {
		memset(cell, 0, KS_CELL_SIZE);
		memcpy(cell, plain, sizeof(plain));
	} else {
		error = core_wrap(roots->k_state, plain, sizeof(plain), cell);
	}
	core_wipe(plain, sizeof(plain));
	return error;
}

/* Is this what the cell of this use and node has to hold? Then its value. */
static bool open_cell(const struct roots *roots, const struct root *root,
		      const uint8_t data[KS_CELL_SIZE],
		      const struct content *want, uint8_t value[LMS_N_MAX])
{
	uint8_t plain[KS_CELL_SIZE];
	size_t len = CELL_PLAIN;
	struct xdr_reader r;
	uint32_t what, generation;
	bool ok = false;

	memcpy(plain, data, CELL_PLAIN);
	if (want->use != CELL_COPY &&
	    core_unwrap(roots->k_state, data, KS_CELL_SIZE, plain, &len))
		goto out;
	xdr_reader_init(&r, plain, CELL_PLAIN);
	what = xdr_get_u32(&r);
	generation = xdr_get_u32(&r);
	ok = len == CELL_PLAIN &&
	     (HS_MUTATED(HS_MUT_ANY_CELL) ||
	      (what == ((uint32_t)want->use << CELL_NODE_BITS | want->node) &&
	       generation <= root->generation)) &&
	     !memcmp(xdr_get_raw(&r, CRYPTECH_UUID_SIZE), root->facts.uuid,
		     CRYPTECH_UUID_SIZE);
	if (ok)
		memcpy(value, xdr_get_raw(&r, LMS_N_MAX),
		       value_size(root, want->use));
out:
	core_wipe(plain, sizeof(plain));
	return ok;
}

/*
 * Flash that is left alone for long loses single bits, and one bit would lose
 * up to half of a key. The wrapping tells which it was. (Of a copy nothing
 * tells; it has the record's.)
 */
static bool mend_cell(const struct roots *roots, const struct root *root,
		      uint8_t data[KS_CELL_SIZE], const struct content *want,
		      uint8_t value[LMS_N_MAX])
{
	bool ok = open_cell(roots, root, data, want, value);

	if (want->use == CELL_COPY)
		return ok;
	for (unsigned int i = 0; i < 8 * KS_CELL_SIZE && !ok; i++) {
		data[i / 8] ^= 1 << i % 8;
		ok = open_cell(roots, root, data, want, value);
		data[i / 8] ^= 1 << i % 8;
	}
	return ok;
}

/*
 * Read a cell that should be this key's, of this use and node. LOST_DATA if it
 * is not. *@mended: it is, but for one bit or its header.
 */
static int decode(const struct roots *roots, const struct root *root,
		  ks_cell cell, const struct content *want,
		  uint8_t value[LMS_N_MAX], bool *mended)
{
	uint8_t data[KS_CELL_SIZE], owner[KS_NAME_SIZE];
	int ret = ks_cell_read(roots->ks, cell, owner, data);
	bool ok = ret == KS_OK && open_cell(roots, root, data, want, value);

	*mended = !ok;
	if (!ok && ret != KS_FLASH) {
		ret = ks_cell_read_rotten(roots->ks, cell, data);
		ok = ret == KS_OK && mend_cell(roots, root, data, want, value);
	}
	/* Wrapped, too: what wraps it is in memory, and the cell may go. */
	core_wipe(data, sizeof(data));
	if (ret == KS_FLASH)
		return CRYPTECH_ERR_KEYSTORE_ACCESS;
	return ok ? CRYPTECH_ERR_OK : CRYPTECH_ERR_KEYSTORE_LOST_DATA;
}

/* --- writing -------------------------------------------------------------- */

static const struct seed *find_seed(const struct seeds *seeds, uint32_t node)
{
	for (unsigned int i = 0; i < seeds->count; i++)
		if (seeds->list[i].node == node)
			return &seeds->list[i];
	return NULL;
}

/* The cells that a key lacks. */
struct wanted {
	unsigned int count;
	struct content content[NODES_MAX + 1];
	ks_cell *place[NODES_MAX + 1];
};

static void want(struct wanted *wanted, const struct root *root,
		 enum cell_use use, uint32_t node, const uint8_t *value,
		 ks_cell *place)
{
	struct content *content = &wanted->content[wanted->count];

	*content = (struct content){
		.use = use, .node = node, .generation = root->generation,
	};
	memcpy(content->value, value, value_size(root, use));
	wanted->place[wanted->count++] = place;
}

static void find_wanted(struct roots *roots, struct root *root,
			struct wanted *wanted)
{
	wanted->count = 0;
	if (root->parked) {
		/* The one node is T1, which stands in the record anyway. */
		if (!root->places->kp)
			want(wanted, root, CELL_KP, 1, roots->kp,
			     &root->places->kp);
		return;
	}
	if (root->seeds.single && !root->places->single)
		want(wanted, root, CELL_SINGLE, root->seeds.list[0].node,
		     root->seeds.list[0].value, &root->places->single);
	for (unsigned int i = 0; i < root->node_count; i++) {
		const struct public_node *node = &root->nodes[i];
		struct place *place = &root->places->of[i];

		if (is_spent_node(root, node->node)) {
			if (!place->copy && !HS_MUTATED(HS_MUT_ONE_PLACE))
				want(wanted, root, CELL_COPY, node->node,
				     node->value, &place->copy);
		} else if (!root->seeds.single && !place->seed) {
			want(wanted, root, CELL_SEED, node->node,
			     find_seed(&root->seeds, node->node)->value,
			     &place->seed);
		}
	}
}

/* What was written is what was meant, unwrapped. */
static int check_wanted(const struct roots *roots, const struct root *root,
			const struct wanted *wanted, const ks_cell *cells)
{
	uint8_t value[LMS_N_MAX];
	int error = CRYPTECH_ERR_OK;
	bool mended;

	for (unsigned int i = 0; i < wanted->count && !error &&
	     !HS_MUTATED(HS_MUT_NO_READ_BACK); i++) {
		const struct content *content = &wanted->content[i];

		error = decode(roots, root, cells[i], content, value, &mended);
		if (!error &&
		    (mended || !core_equal(value, content->value,
					   value_size(root, content->use))))
			error = CRYPTECH_ERR_KEYSTORE_ACCESS;
	}
	core_wipe(value, sizeof(value));
	return error;
}

int cells_write(struct roots *roots, struct root *root, bool replace)
{
	uint8_t data[NODES_MAX + 1][KS_CELL_SIZE];
	ks_cell cells[NODES_MAX + 1];
	struct wanted wanted;
	int error = CRYPTECH_ERR_OK;

	find_wanted(roots, root, &wanted);
	for (unsigned int i = 0; i < wanted.count && !error; i++)
		error = encode(roots, root, &wanted.content[i], data[i]);
	if (error || !wanted.count)
		goto out;
	error = root_error(ks_cells_write(roots->ks, root->facts.uuid,
					  (const uint8_t (*)[KS_CELL_SIZE])data,
					  wanted.count, replace, cells));
	if (error)
		goto out;
	error = check_wanted(roots, root, &wanted, cells);
	if (error)
		ks_cells_zero(roots->ks, cells, wanted.count);
	for (unsigned int i = 0; i < wanted.count && !error; i++)
		*wanted.place[i] = cells[i];
out:
	core_wipe(&wanted, sizeof(wanted));
	core_wipe(data, sizeof(data));
	return error;
}

/* --- which cells are whose ------------------------------------------------ */

void cells_carry(const struct root *from, struct root *to)
{
	struct root_places *places = to->places;

	memset(places->of, 0, sizeof(places->of));
	places->single = to->parked ? 0 : from->places->single;
	if (to->parked || HS_MUTATED(HS_MUT_KP_SURVIVES))
		places->kp = from->places->kp;
	for (unsigned int i = 0; i < to->node_count; i++) {
		for (unsigned int k = 0; k < from->node_count; k++) {
			if (to->nodes[i].node != from->nodes[k].node)
				continue;
			/* What becomes spent has its seed's cell no more. */
			if (is_spent_node(to, to->nodes[i].node))
				places->of[i].copy = from->places->of[k].copy;
			else
				places->of[i].seed = from->places->of[k].seed;
		}
	}
}

static void drop(const struct root *to, ks_cell cell)
{
	struct root_places *places = to->places;

	if (cell && !cells_list(to, cell) &&
	    places->dropped_count < DROPPED_MAX)
		places->dropped[places->dropped_count++] = cell;
}

void cells_drop(const struct root *from, struct root *to)
{
	for (unsigned int i = 0; i < from->node_count; i++) {
		drop(to, from->places->of[i].seed);
		drop(to, from->places->of[i].copy);
	}
}

bool cells_list(const struct root *root, ks_cell cell)
{
	const struct root_places *places = root->places;

	if (cell == places->single || cell == places->kp)
		return true;
	for (unsigned int i = 0; i < root->node_count; i++)
		if (cell == places->of[i].seed || cell == places->of[i].copy)
			return true;
	return false;
}

/* Cells to zero, each once; more than fit are done in further rounds. */
struct doomed {
	unsigned int count;
	ks_cell cells[4 * NODES_MAX];
};

static void doom(struct doomed *doomed, const struct root *root, ks_cell cell)
{
	if (!cell || cells_list(root, cell) ||
	    doomed->count == sizeof(doomed->cells) / sizeof(ks_cell))
		return;
	for (unsigned int i = 0; i < doomed->count; i++)
		if (doomed->cells[i] == cell)
			return;
	doomed->cells[doomed->count++] = cell;
}

/* By place: their headers may have rotted, so that nobody finds them. */
static void doom_listed(struct doomed *doomed, const struct root *root,
			const struct root_places *before)
{
	doom(doomed, root, before->single);
	doom(doomed, root, before->kp);
	for (unsigned int i = 0; i < NODES_MAX; i++) {
		doom(doomed, root, before->of[i].seed);
		doom(doomed, root, before->of[i].copy);
	}
	for (unsigned int i = 0; i < before->dropped_count; i++)
		doom(doomed, root, before->dropped[i]);
}

/* A place where there is no cell any more is as good as zeroed. */
static int zero_all(struct roots *roots, const struct doomed *doomed)
{
	int ret = ks_cells_zero(roots->ks, doomed->cells, doomed->count);

	if (ret != KS_NOT_FOUND)
		return ret;
	ret = KS_OK;
	for (unsigned int i = 0; i < doomed->count && !ret; i++) {
		ret = ks_cell_zero(roots->ks, doomed->cells[i]);
		if (ret == KS_NOT_FOUND)
			ret = KS_OK;
	}
	return ret;
}

int cells_zero(struct roots *roots, const struct root *root,
	       const struct root_places *before)
{
	struct doomed doomed;
	int ret = KS_OK;

	do {
		ks_cell cell = 0;

		doomed.count = 0;
		if (before)
			doom_listed(&doomed, root, before);
		while ((cell = ks_cell_next(roots->ks, root->facts.uuid,
					    cell)))
			doom(&doomed, root, cell);
		if (doomed.count)
			ret = zero_all(roots, &doomed);
		before = NULL;
	} while (!ret && doomed.count);
	return root_error(ret);
}

int cells_undo(struct roots *roots, const struct root *root,
	       const struct root_places *places)
{
	struct doomed doomed = { 0 };

	doom_listed(&doomed, root, places);
	return doomed.count ? root_error(zero_all(roots, &doomed)) :
			      CRYPTECH_ERR_OK;
}

/* --- reading -------------------------------------------------------------- */

/* It serves no more: the next commit writes another and zeroes it. */
static void renew(struct root *root, ks_cell *cell)
{
	root->places->dropped[root->places->dropped_count++] = *cell;
	*cell = 0;
}

static int read_single(const struct roots *roots, struct root *root)
{
	const struct content want = { .use = CELL_SINGLE, .node = 1 };
	struct seeds *seeds = &root->seeds;
	bool mended;
	int error = decode(roots, root, root->places->single, &want,
			   seeds->list[0].value, &mended);

	seeds->list[0].node = 1;
	seeds->count = 1;
	if (!error && mended)
		renew(root, &root->places->single);
	return error;
}

static int read_seed(const struct roots *roots, struct root *root,
		     unsigned int i)
{
	const struct content want = {
		.use = CELL_SEED, .node = root->nodes[i].node,
	};
	struct seeds *seeds = &root->seeds;
	struct seed *seed = &seeds->list[seeds->count];
	bool mended;
	int error = decode(roots, root, root->places->of[i].seed, &want,
			   seed->value, &mended);

	if (error)
		return error == CRYPTECH_ERR_KEYSTORE_LOST_DATA ?
		       CRYPTECH_ERR_OK : error;
	seed->node = want.node;
	seeds->count++;
	if (mended)
		renew(root, &root->places->of[i].seed);
	return CRYPTECH_ERR_OK;
}

/*
 * The copy of a node that stands in the record, too: whichever is good serves.
 * A copy that is not is forgotten, so that the next commit writes another.
 */
static int read_copy(const struct roots *roots, struct root *root,
		     unsigned int i)
{
	bool *bad = &root->places->of[i].bad;
	ks_cell *cell = &root->places->of[i].copy;
	unsigned int n = root->facts.params[0].n;
	const struct content want = {
		.use = CELL_COPY, .node = root->nodes[i].node,
	};
	uint8_t value[LMS_N_MAX];
	bool mended;
	int error = decode(roots, root, *cell, &want, value, &mended);

	if (error == CRYPTECH_ERR_KEYSTORE_ACCESS)
		return error;
	if (!error && *bad) {
		memcpy(root->nodes[i].value, value, n);
		*bad = false;
	}
	if (error || mended || memcmp(root->nodes[i].value, value, n))
		renew(root, cell);
	return CRYPTECH_ERR_OK;
}

int cells_read_kp(const struct roots *roots, const struct root *root,
		  uint8_t kp[PACKAGE_KEY_SIZE])
{
	const struct content want = { .use = CELL_KP, .node = 1 };
	bool mended;

	return decode(roots, root, root->places->kp, &want, kp, &mended);
}

/* Of a parked key there is nothing to have but Kp, when it is asked for. */
static int read_parked(struct roots *roots, struct root *root)
{
	uint8_t kp[PACKAGE_KEY_SIZE];
	int error = cells_read_kp(roots, root, kp);

	core_wipe(kp, sizeof(kp));
	memcpy(root->nodes[0].value, root->facts.t1, root->facts.params[0].n);
	root->places->of[0].bad = false;
	if (error != CRYPTECH_ERR_KEYSTORE_LOST_DATA)
		return error;
	root_log(roots, root->facts.uuid, "what opens its package is damaged");
	return CRYPTECH_ERR_OK;
}

int cells_read(struct roots *roots, struct root *root)
{
	struct seeds *seeds = &root->seeds;
	int error = CRYPTECH_ERR_OK;

	if (root->parked)
		return read_parked(roots, root);
	if (seeds->single)
		error = read_single(roots, root);
	for (unsigned int i = 0; i < root->node_count && !error; i++) {
		if (is_spent_node(root, root->nodes[i].node))
			error = read_copy(roots, root, i);
		else if (!seeds->single)
			error = read_seed(roots, root, i);
		if (!error && root->places->of[i].bad)
			error = CRYPTECH_ERR_KEYSTORE_LOST_DATA;
	}
	return error;
}
