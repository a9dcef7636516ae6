// SPDX-License-Identifier: MIT
/*
 * Hash signature keys of the vault: who keeps their seeds (hashsig/keeper.h).
 *
 * To spend leaf q:
 *
 *  1. The seeds of what is left are derived and wrapped, the leaf's goes into a
 *     slot that stays its own; all that can fail so far changes nothing.
 *  2. guard_commit(): leaf q is burnt in the table, which goes into flash, and
 *     from COMMIT on it holds.
 *  3. The state without leaf q goes into flash.
 *  4. BEGIN gives C.
 *
 * If the power fails before COMMIT nothing happened. After it, and before 3, the
 * guard's floor is above the state's: the leaf is lost, and the state follows
 * before it spends another. At no time is there a signature of a leaf whose seed
 * is in flash, nor one that an older flash could make once more.
 */
#include "internal.h"

#include <stdlib.h>

/* --- the list ------------------------------------------------------------------------ */

struct vk_tree *tree_add(struct vaultkeys *vk)
{
	struct vk_tree *tree = calloc(1, sizeof(*tree));

	if (!tree)
		return NULL;
	tree->vk = vk;
	tree->next = vk->trees;
	vk->trees = tree;
	return tree;
}

void tree_drop(struct vk_tree *tree)
{
	struct vk_tree **link = &tree->vk->trees;

	while (*link != tree)
		link = &(*link)->next;
	*link = tree->next;
	free(tree);
}

bool tree_is_known(const struct vaultkeys *vk, const uint8_t id[LMS_ID_SIZE])
{
	const struct vk_tree *tree = vk->trees;

	while (tree && memcmp(tree->state.root.facts.id, id, LMS_ID_SIZE))
		tree = tree->next;
	return tree;
}

static unsigned int height_of(const struct vk_tree *tree)
{
	return tree->state.root.facts.params[0].h;
}

/* --- seeds --------------------------------------------------------------------------- */

static unsigned int level_of(uint32_t node)
{
	return 31 - (unsigned int)__builtin_clz(node);
}

/* The seed that node @r is under, or is; NULL: it is spent. */
static const struct wrapped *seed_above(const struct vk_state *state,
					uint32_t r)
{
	for (unsigned int i = 0; i < state->count; i++) {
		uint32_t node = state->cover[i].node;

		if (level_of(node) <= level_of(r) &&
		    r >> (level_of(r) - level_of(node)) == node)
			return &state->cover[i];
	}
	return NULL;
}

/* The way down from a seed to node @r. */
static unsigned int way_to(uint32_t from, uint32_t r, uint32_t *path)
{
	unsigned int depth = level_of(r) - level_of(from);

	*path = r - (from << depth);
	return depth;
}

struct child {
	unsigned int to, depth;
	uint32_t path;
};

static int use_child(void *data, struct fpga *fpga, unsigned int slot)
{
	const struct child *child = data;

	return vault_child(fpga, slot, child->to, child->depth, child->path);
}

/* The seed of node @r in a slot of its own. KEYSTORE_LOST_DATA: it is spent. */
static int seed_slot(struct vk_tree *tree, uint32_t r, unsigned int *slot)
{
	const struct wrapped *above = seed_above(&tree->state, r);
	struct vaultkeys *vk = tree->vk;
	struct child child;
	int error;

	if (!above)
		return CRYPTECH_ERR_KEYSTORE_LOST_DATA;
	error = slot_new(vk, &child.to);
	if (error)
		return error;
	child.depth = way_to(above->node, r, &child.path);
	if (child.depth)
		error = slot_use(vk, above->image, use_child, &child);
	else
		error = vault_unwrap(vk->fpga, SLOT_STATE, child.to,
				     above->image);
	if (error) {
		slot_put(vk, child.to, NULL);
		return error == CRYPTECH_ERR_FORBIDDEN ?
		       CRYPTECH_ERR_CORE_NOT_FOUND : error;
	}
	*slot = child.to;
	return CRYPTECH_ERR_OK;
}

/* The wrapped seed of node @r. */
static int seed_image(struct vk_tree *tree, uint32_t r, uint8_t image[IMAGE])
{
	const struct wrapped *above = seed_above(&tree->state, r);
	unsigned int slot;
	int error;

	if (above && above->node == r) {
		memcpy(image, above->image, IMAGE);
		return CRYPTECH_ERR_OK;
	}
	error = seed_slot(tree, r, &slot);
	if (error)
		return error;
	error = slot_wrap(tree->vk, slot, image);
	slot_put(tree->vk, slot, error ? NULL : image);
	return error;
}

/* --- leaves ------------------------------------------------------------------------- */

struct leaf {
	unsigned int depth, n;
	uint32_t path;
	uint8_t *value;
};

static int use_leaf(void *data, struct fpga *fpga, unsigned int slot)
{
	const struct leaf *leaf = data;

	return vault_leaf(fpga, slot, leaf->depth, leaf->path, leaf->value,
			  leaf->n);
}

static int keeper_leaves(void *kept, uint32_t first, uint32_t count,
			 uint8_t *values)
{
	struct vk_tree *tree = kept;
	struct leaf leaf = { .n = tree->state.root.facts.params[0].n };
	uint32_t leaf0 = (uint32_t)1 << height_of(tree);
	int error = CRYPTECH_ERR_OK;

	for (uint32_t q = first; q < first + count && !error; q++) {
		const struct wrapped *above;
		struct wrapped seed;

		lock_take(&tree->vk->lock);
		above = seed_above(&tree->state, leaf0 + q);
		if (above)
			seed = *above;
		lock_drop(&tree->vk->lock);
		if (!above)
			return CRYPTECH_ERR_KEYSTORE_LOST_DATA;
		leaf.depth = way_to(seed.node, leaf0 + q, &leaf.path);
		leaf.value = values + (q - first) * leaf.n;
		error = slot_use(tree->vk, seed.image, use_leaf, &leaf);
	}
	return error;
}

/* --- another floor ------------------------------------------------------------------- */

/* The state with another floor: the nodes, and the seeds of what is left. */
static int raise(struct vk_tree *tree, uint32_t floor, node_fn *node,
		 void *data, struct vk_state *to)
{
	uint32_t nodes[COVER_MAX];
	unsigned int count = 0;
	int error;

	*to = tree->state;
	to->root.seeds.floor = floor;
	error = frontier_move(&tree->state.root, &to->root, node, data);
	if (error == CRYPTECH_ERR_NOT_READY)
		return CRYPTECH_ERR_KEYSTORE_LOST_DATA;
	if (error)
		return error;
	if (!frontier_is_whole(&to->root))
		return CRYPTECH_ERR_ASSERTION_FAILED;
	if (floor < to->root.seeds.end)
		count = cover_nodes(height_of(tree), floor,
				    to->root.seeds.end, nodes);
	memset(to->cover, 0, sizeof(to->cover));
	to->count = count;
	for (unsigned int i = 0; i < count && !error; i++) {
		to->cover[i].node = nodes[i];
		error = seed_image(tree, nodes[i], to->cover[i].image);
	}
	return error;
}

/* It is in flash now. */
static void adopt(struct vk_tree *tree, const struct vk_state *state)
{
	lock_take(&tree->vk->lock);
	tree->state = *state;
	lock_drop(&tree->vk->lock);
}

/* Leaves that the guard knows to be burnt, and the state does not. */
static int follow(struct vk_tree *tree, uint32_t floor, node_fn *node,
		  void *data)
{
	struct vk_state next;
	int error = raise(tree, floor, node, data, &next);

	if (!error)
		error = state_write(tree->vk, &next);
	if (error)
		return error;
	vk_log(tree->vk, "a leaf of a hash signature key is lost: it was "
	       "burnt when the power failed");
	adopt(tree, &next);
	return CRYPTECH_ERR_NOT_READY;
}

/* --- spending ------------------------------------------------------------------------ */

/* Steps 2 to 4, with everything there that they need. */
static int spend(struct vk_tree *tree, unsigned int entry, unsigned int slot,
		 const struct vk_state *next, uint8_t *c)
{
	const struct root *root = &tree->state.root;
	struct vaultkeys *vk = tree->vk;
	uint32_t q;
	int error = guard_commit(vk, entry, &q);

	if (!error && q != root->seeds.floor)
		error = CRYPTECH_ERR_IMPOSSIBLE;
	if (!error)
		error = state_write(vk, next);
	if (error)
		return error;
	adopt(tree, next);
	error = vault_begin(vk->fpga, slot, c, root->facts.params[0].n);
	return error == CRYPTECH_ERR_FORBIDDEN ? CRYPTECH_ERR_CORE_NOT_FOUND :
						 error;
}

static int keeper_take(void *kept, node_fn *node, void *data, uint8_t *c,
		       unsigned int *leaf)
{
	struct vk_tree *tree = kept;
	uint32_t floor = tree->state.root.seeds.floor;
	struct vault_entry info;
	struct vk_state next;
	unsigned int entry;
	int error;

	error = guard_ready(tree->vk);
	if (!error)
		error = guard_find(tree->vk, tree->state.root.facts.id,
				   &entry, &info);
	if (error)
		return error;
	if (info.floor > floor && info.floor <= tree->state.root.seeds.end)
		return follow(tree, info.floor, node, data);
	if (info.floor != floor)
		return CRYPTECH_ERR_KEYSTORE_LOST_DATA;
	error = raise(tree, floor + 1, node, data, &next);
	if (!error)
		error = seed_slot(tree, ((uint32_t)1 << height_of(tree)) +
				  floor, leaf);
	if (error)
		return error;
	error = spend(tree, entry, *leaf, &next, c);
	if (error)
		slot_put(tree->vk, *leaf, NULL);
	return error;
}

static int keeper_sign(void *kept, unsigned int leaf, const uint8_t *digest,
		       uint8_t *y, uint8_t *node)
{
	struct vk_tree *tree = kept;
	const struct lms_params *params = &tree->state.root.facts.params[0];
	int error = vault_sign(tree->vk->fpga, leaf, digest, params->n, y,
			       (size_t)params->p * params->n, node);

	/* The vault was zeroised, and the leaf with it. */
	return error == CRYPTECH_ERR_FORBIDDEN ? CRYPTECH_ERR_CORE_NOT_FOUND :
						 error;
}

static void keeper_drop(void *kept, unsigned int leaf)
{
	struct vk_tree *tree = kept;

	slot_put(tree->vk, leaf, NULL);
}

/* --- into flash, and out of it ------------------------------------------------------- */

static int keeper_store(void *kept, const struct root_facts *facts,
			struct root **root)
{
	struct vk_tree *tree = kept;
	struct root *own = &tree->state.root;
	unsigned int n = facts->params[0].n;
	struct vault_entry info;
	unsigned int entry;
	int error = guard_ready(tree->vk);

	/* An FPGA that was reset since has forgotten it. */
	if (!error)
		error = guard_find(tree->vk, own->facts.id, &entry, &info);
	if (error == CRYPTECH_ERR_KEYSTORE_LOST_DATA)
		return CRYPTECH_ERR_CORE_NOT_FOUND;
	if (error)
		return error;
	own->facts = *facts;
	own->node_count = 1;
	own->nodes[0].node = 1;
	memcpy(own->nodes[0].value, facts->t1, n);
	error = guard_commit(tree->vk, entry, NULL);
	if (!error)
		error = state_write(tree->vk, &tree->state);
	if (error)
		return error;
	tree->stored = true;
	*root = own;
	return CRYPTECH_ERR_OK;
}

/* What the guard has of it; out of flash with the next commit. */
static int free_entry(struct vk_tree *tree, unsigned int *entry)
{
	struct vault_entry info;
	int error = guard_ready(tree->vk);

	if (!error)
		error = guard_find(tree->vk, tree->state.root.facts.id, entry,
				   &info);
	return error ? error : vault_entry_free(tree->vk->fpga, *entry);
}

/* The state is what can sign; an entry without one is freed at a start. */
static int keeper_remove(void *kept)
{
	struct vk_tree *tree = kept;
	unsigned int entry;
	int error = free_entry(tree, &entry);

	if (!error)
		error = guard_commit(tree->vk, entry, NULL);
	if (error)
		vk_log(tree->vk, "the guard still has the entry of a key that "
		       "was deleted (error %d)", error);
	error = vk_store_error(ks_delete(tree->vk->config.ks, KS_CLASS_VAULT,
					 tree->state.root.facts.uuid));
	if (error && error != CRYPTECH_ERR_KEY_NOT_FOUND)
		return error;
	tree->stored = false;
	return CRYPTECH_ERR_OK;
}

static void keeper_free(void *kept)
{
	struct vk_tree *tree = kept;
	unsigned int entry;

	/* One that was never finished holds an entry for nothing. */
	if (!tree->stored && tree->vk->loaded)
		free_entry(tree, &entry);
	tree_drop(tree);
}

const struct hss_keeper vk_keeper = {
	.leaves = keeper_leaves,
	.store = keeper_store,
	.take = keeper_take,
	.sign = keeper_sign,
	.drop = keeper_drop,
	.remove = keeper_remove,
	.free = keeper_free,
};
