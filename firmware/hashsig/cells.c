// SPDX-License-Identifier: MIT
/*
 * Cells: seeds, wrapped, and second copies of public nodes.
 *
 *	u32 use << 26 | node | u32 generation | uuid[16] | value[32]
 *
 * big endian, the generation of the record that listed it first, a value of
 * 24 bytes followed by zeros. Seeds are that under AES key wrap with padding
 * (RFC 5649) by K_state, 64 bytes; copies are that in clear and 8 zeros.
 */
#include "root_internal.h"

#include <cryptech/xdr.h>

#define CELL_PLAIN	56

enum cell_use {			/* never 0: a cell has a bit set */
	CELL_SEED = 1,
	CELL_SINGLE = 2,	/* the seed of a single-seed key */
	CELL_COPY = 3,
};
#define CELL_NODE_BITS	26

struct content {
	enum cell_use use;
	uint32_t node;
	uint32_t generation;
	uint8_t value[LMS_N_MAX];
};

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
	       root->facts.params[0].n);
	if (content->use == CELL_COPY) {
		memset(cell, 0, KS_CELL_SIZE);
		memcpy(cell, plain, sizeof(plain));
	} else {
		error = core_wrap(roots->k_state, plain, sizeof(plain), cell);
	}
	core_wipe(plain, sizeof(plain));
	return error;
}

/*
 * Read a cell that should be this key's, of this use and node. LOST_DATA if it
 * is not.
 */
static int decode(const struct roots *roots, const struct root *root,
		  ks_cell cell, enum cell_use use, uint32_t node,
		  uint8_t value[LMS_N_MAX])
{
	uint8_t data[KS_CELL_SIZE], plain[KS_CELL_SIZE];
	uint8_t owner[KS_NAME_SIZE];
	size_t len = CELL_PLAIN;
	struct xdr_reader r;
	uint32_t what, generation;
	int error = CRYPTECH_ERR_KEYSTORE_LOST_DATA;

	switch (ks_cell_read(roots->ks, cell, owner, data)) {
	case KS_OK:
		break;
	case KS_NOT_FOUND:
	case KS_CORRUPT:
		return error;
	default:
		return CRYPTECH_ERR_KEYSTORE_ACCESS;
	}
	memcpy(plain, data, CELL_PLAIN);
	if (use != CELL_COPY && core_unwrap(roots->k_state, data, sizeof(data),
					    plain, &len))
		goto out;
	xdr_reader_init(&r, plain, CELL_PLAIN);
	what = xdr_get_u32(&r);
	generation = xdr_get_u32(&r);
	if (len == CELL_PLAIN &&
	    what == ((uint32_t)use << CELL_NODE_BITS | node) &&
	    generation <= root->generation &&
	    !memcmp(xdr_get_raw(&r, CRYPTECH_UUID_SIZE), root->facts.uuid,
		    CRYPTECH_UUID_SIZE)) {
		memcpy(value, xdr_get_raw(&r, LMS_N_MAX),
		       root->facts.params[0].n);
		error = CRYPTECH_ERR_OK;
	}
out:
	core_wipe(plain, sizeof(plain));
	return error;
}

/* --- writing ----------------------------------------------------------------- */

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
	memcpy(content->value, value, root->facts.params[0].n);
	wanted->place[wanted->count++] = place;
}

static void find_wanted(struct root *root, struct wanted *wanted)
{
	wanted->count = 0;
	if (root->seeds.single && !root->places->single)
		want(wanted, root, CELL_SINGLE, root->seeds.list[0].node,
		     root->seeds.list[0].value, &root->places->single);
	for (unsigned int i = 0; i < root->node_count; i++) {
		const struct public_node *node = &root->nodes[i];
		struct place *place = &root->places->of[i];

		if (is_spent_node(root, node->node)) {
			if (!place->copy)
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

	for (unsigned int i = 0; i < wanted->count && !error; i++) {
		const struct content *content = &wanted->content[i];

		error = decode(roots, root, cells[i], content->use,
			       content->node, value);
		if (!error && !core_equal(value, content->value,
					  root->facts.params[0].n))
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

	find_wanted(root, &wanted);
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
	return error;
}

/* --- which cells are whose ------------------------------------------------------ */

void cells_carry(const struct root *from, struct root *to)
{
	struct root_places *places = to->places;

	memset(places->of, 0, sizeof(places->of));
	places->single = from->places->single;
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
	    places->dropped_count < 2 * NODES_MAX)
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

	if (cell == places->single)
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

/* --- reading ----------------------------------------------------------------- */

static int read_seed(const struct roots *roots, struct root *root,
		     unsigned int i)
{
	struct seeds *seeds = &root->seeds;
	uint32_t node = root->nodes[i].node;
	int error = decode(roots, root, root->places->of[i].seed, CELL_SEED,
			   node, seeds->list[seeds->count].value);

	if (!error)
		seeds->list[seeds->count++].node = node;
	return error == CRYPTECH_ERR_KEYSTORE_LOST_DATA ? CRYPTECH_ERR_OK :
							  error;
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
	uint8_t value[LMS_N_MAX];
	int error = decode(roots, root, *cell, CELL_COPY, root->nodes[i].node,
			   value);

	if (error == CRYPTECH_ERR_KEYSTORE_ACCESS)
		return error;
	if (!error && *bad) {
		memcpy(root->nodes[i].value, value, n);
		*bad = false;
	}
	if (error || memcmp(root->nodes[i].value, value, n)) {
		root->places->dropped[root->places->dropped_count++] = *cell;
		*cell = 0;
	}
	return CRYPTECH_ERR_OK;
}

int cells_read(struct roots *roots, struct root *root)
{
	struct seeds *seeds = &root->seeds;
	int error = CRYPTECH_ERR_OK;

	if (seeds->single) {
		error = decode(roots, root, root->places->single, CELL_SINGLE,
			       1, seeds->list[0].value);
		seeds->list[0].node = 1;
		seeds->count = 1;
	}
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
