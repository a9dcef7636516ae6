// SPDX-License-Identifier: MIT
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hs_box.h"
#include "hs_heap.h"

static const uint8_t k_state[32] = "the key that wraps cells: 32 by";

bool hs_wrong(struct hs_box *box, const char *format, ...)
{
	va_list args;

	if (!box->why[0]) {
		va_start(args, format);
		vsnprintf(box->why, sizeof(box->why), format, args);
		va_end(args);
	}
	return false;
}

/* --- the flash that is watched ------------------------------------------------ */

static struct hs_box *to_box(struct flash *f)
{
	return (struct hs_box *)((char *)f - offsetof(struct hs_box, flash));
}

static bool is_zero(const struct nor *nor, uint32_t pos, uint32_t len)
{
	for (uint32_t i = pos; i < pos + len; i++)
		if (nor->bits[i] | nor->torn[i])
			return false;
	return true;
}

/* Note every wrapped seed among these bytes; in clear there must be none. */
static void note_places(struct hs_box *box, uint32_t offset,
			const uint8_t *data, size_t len)
{
	const struct hs_forbidden all = { .nodes = HS_ALL_OF_ALL };
	struct hs_world *w = &box->world;
	const struct hs_secret *s;
	size_t from = 0, at;

	while ((s = hs_look(&all, data + from, len - from, &at))) {
		if (!s->wrapped)
			hs_wrong(box, "a seed in clear at %zu",
				 offset + from + at);
		if (w->place_count == HS_PLACES)
			__builtin_trap();
		w->places[w->place_count++] = (struct hs_place){
			offset + from + at, s->len, s->slot, s->nodes };
		from += at + s->len;
	}
}

static int box_read(struct flash *f, uint32_t offset, void *data, size_t len)
{
	struct flash *nor = &to_box(f)->nor->flash;

	return nor->ops->read(nor, offset, data, len);
}

static int box_program(struct flash *f, uint32_t offset, const void *data,
		       size_t len)
{
	struct hs_box *box = to_box(f);
	struct flash *nor = &box->nor->flash;

	if (!box->nor->off)
		note_places(box, offset, data, len);
	return nor->ops->program(nor, offset, data, len);
}

/* An erase that is cut may leave what it should destroy. */
static int box_erase(struct flash *f, uint32_t offset)
{
	struct hs_box *box = to_box(f);
	struct hs_world *w = &box->world;
	struct flash *nor = &box->nor->flash;
	unsigned int n = 0;

	for (unsigned int i = 0; i < w->place_count && !box->nor->off; i++) {
		const struct hs_place *p = &w->places[i];

		if (p->pos / f->sector_size == offset / f->sector_size) {
			if (!is_zero(box->nor, p->pos, p->len))
				hs_wrong(box, "an erase destroys a seed");
			continue;
		}
		w->places[n++] = *p;
	}
	if (!box->nor->off)
		w->place_count = n;
	return nor->ops->erase(nor, offset);
}

static int box_sync(struct flash *f)
{
	struct flash *nor = &to_box(f)->nor->flash;

	return nor->ops->sync(nor);
}

static const struct flash_ops box_ops = {
	.read = box_read,
	.program = box_program,
	.erase = box_erase,
	.sync = box_sync,
};

/* --- the rest of the machine ---------------------------------------------------- */

static int anchor_read(void *data, uint64_t *value)
{
	struct hs_box *box = data;

	*value = box->world.anchor;
	return box->nor->off ? -1 : 0;
}

static int anchor_advance(void *data, uint64_t value)
{
	struct hs_box *box = data;

	if (box->nor->off)
		return -1;
	if (value <= box->world.anchor)
		hs_wrong(box, "the anchor goes back");
	box->world.anchor = value;
	return 0;
}

static uint64_t now_ns(void *data)
{
	(void)data;
	return 0;
}

static void box_log(void *data, const char *line)
{
	struct hs_box *box = data;

	snprintf(box->said, sizeof(box->said), "%s", line);
}

/* The box whose heap it is. */
static struct hs_box *watched;

/* What is freed is nobody's to wipe any more: it must hold no seed at all. */
static void look_at_freed(const void *block, size_t size)
{
	const struct hs_forbidden all = { .nodes = HS_ALL_OF_ALL };
	const struct hs_secret *s;
	size_t at;

	s = hs_look(&all, block, size, &at);
	if (s)
		hs_wrong(watched, "freed, %zu in %zu bytes: a seed of key %u, nodes %llx%s",
			 at, size, s->slot, (unsigned long long)s->nodes,
			 s->wrapped ? ", wrapped" : "");
}

bool hs_box_new(struct hs_box *box, uint32_t size, uint32_t sector_size)
{
	memset(box, 0, sizeof(*box));
	watched = box;
	hs_heap_freed = look_at_freed;
	hs_heap_hide = true;
	box->nor = nor_new(size, sector_size);
	hs_heap_hide = false;
	if (!box->nor)
		return false;
	box->flash = box->nor->flash;
	box->flash.ops = &box_ops;
	box->platform = (struct platform){
		.data = box,
		.flash = &box->flash,
		.now_ns = now_ns,
		.anchor_kind = CRYPTECH_FRESH_FILE,
		.anchor_read = anchor_read,
		.anchor_advance = anchor_advance,
		.cores = 1,
		.log = box_log,
	};
	return true;
}

void hs_box_free(struct hs_box *box)
{
	hs_stop(box);
	hs_heap_freed = NULL;
	nor_free(box->nor);
	box->nor = NULL;
}

int hs_start(struct hs_box *box, uint64_t seed)
{
	const uint64_t step = box->nor->cut_step;
	struct roots_config config = {
		.platform = &box->platform,
		.k_state = k_state,
	};
	int ret;

	nor_boot(box->nor, seed);
	box->nor->cut_step = step;
	ret = ks_mount(&box->ks, &box->flash);
	if (ret)
		return -1;
	config.ks = box->ks;
	return roots_start(&box->roots, &config);
}

void hs_stop(struct hs_box *box)
{
	roots_stop(box->roots);
	box->roots = NULL;
	ks_unmount(box->ks);
	box->ks = NULL;
}

/* --- operations -------------------------------------------------------------------- */

static bool give_node(void *data, uint32_t r, uint8_t *value)
{
	const struct hs_key *key = data;

	memcpy(value, key->nodes[r], key->facts.params[0].n);
	return true;
}

/* Was it done or not? The next start will tell. */
static bool is_unknown(const struct hs_box *box, int ret)
{
	return box->nor->off || ret == CRYPTECH_ERR_KEYSTORE_ACCESS;
}

static int do_create(struct hs_box *box, unsigned int slot)
{
	const struct hs_key *key = &hs_keys[slot];
	struct hs_life *life = &box->world.ledger.keys[slot];
	struct root *root = NULL;
	int ret;

	memset(life, 0, sizeof(*life));
	life->maybe = true;
	ret = root_create(box->roots, &key->facts, key->seeds[1],
			  key->nodes[1], &root);
	if (is_unknown(box, ret))
		return -1;
	life->maybe = false;
	life->there = ret == 0;
	if (!ret && root != roots_find(box->roots, key->facts.uuid))
		return hs_wrong(box, "not the root that was created") - 1;
	return ret;
}

static int do_delete(struct hs_box *box, unsigned int slot)
{
	struct hs_life *life = &box->world.ledger.keys[slot];
	struct root *root = roots_find(box->roots, hs_keys[slot].facts.uuid);
	int ret;

	if (!root)
		return hs_wrong(box, "nothing to delete") - 1;
	life->maybe = true;
	life->there = false;
	ret = root_delete(box->roots, root);
	if (is_unknown(box, ret))
		return -1;
	life->maybe = false;
	life->there = ret != 0;
	return ret;
}

static bool is_blank(const uint8_t *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (p[i])
			return false;
	return true;
}

static int do_commit(struct hs_box *box, unsigned int slot, uint32_t count)
{
	struct hs_key *key = &hs_keys[slot];
	struct hs_life *life = &box->world.ledger.keys[slot];
	struct root *root = roots_find(box->roots, key->facts.uuid);
	uint8_t run[HS_NODES * LMS_N_MAX] = { 0 };
	uint32_t from, to;
	const char *why;
	bool ok = true;
	int ret;

	if (!root)
		return hs_wrong(box, "nothing to sign with") - 1;
	from = root->seeds.floor;
	to = from + count < root->seeds.end ? from + count : root->seeds.end;
	if (from == to)
		to++;
	else
		life->burnt_max = to;
	ret = root_commit(box->roots, root, to, give_node, key, run);
	if (ret == 0)
		ok = hs_hand_out(&box->world.ledger, slot, from, to, run,
				 &why) || hs_wrong(box, "commit: %s", why);
	else if (!is_blank(run, sizeof(run)))
		ok = hs_wrong(box, "a commit that failed gave seeds");
	core_wipe(run, sizeof(run));
	if (is_unknown(box, ret) || !ok)
		return -1;
	life->burnt_max = life->burnt;
	return ret;
}

static int do_filler(struct hs_box *box, const struct hs_op *op)
{
	uint8_t name[KS_NAME_SIZE] = "filler", data[KS_RECORD_MAX];
	uint32_t number = op->slot ? op->slot : ++box->world.filler;
	int ret;

	memcpy(name + 8, &number, sizeof(number));
	memset(data, 0x5a, sizeof(data));
	ret = op->kind == HS_UNFILL ?
	      ks_delete(box->ks, KS_CLASS_CONFIG, name) :
	      ks_write(box->ks, KS_CLASS_CONFIG, name, data, op->count, false);
	return ret == KS_FULL ? CRYPTECH_ERR_NO_KEY_INDEX_SLOTS : ret;
}

static uint32_t generations(const struct hs_box *box)
{
	uint32_t sum = 0;

	for (struct root *r = box->roots ? roots_first(box->roots) : NULL; r;
	     r = r->next)
		sum += r->generation;
	return sum;
}

int hs_do(struct hs_box *box, const struct hs_op *op)
{
	uint32_t before = generations(box);
	int ret = -1;

	switch (op->kind) {
	case HS_CREATE:
		ret = do_create(box, op->slot);
		break;
	case HS_COMMIT:
		ret = do_commit(box, op->slot, op->count);
		break;
	case HS_DELETE:
		ret = do_delete(box, op->slot);
		break;
	case HS_RESTART:
		hs_stop(box);
		ret = hs_start(box, 1);
		break;
	case HS_FILLER:
	case HS_UNFILL:
		ret = do_filler(box, op);
		break;
	case HS_END:
		break;
	}
	if (box->nor->off || box->why[0])
		return -1;
	if (!ret && (op->kind == HS_COMMIT || op->kind == HS_CREATE))
		box->collected += generations(box) - before - 1;
	return ret;
}

/* --- checks ---------------------------------------------------------------------------- */

static bool check_flash(struct hs_box *box, const struct hs_forbidden *f)
{
	const struct nor *nor = box->nor;
	const struct hs_secret *s;
	static uint8_t *image;
	static uint32_t size;
	size_t at;

	if (size < nor->flash.size) {
		free(image);
		size = nor->flash.size;
		image = hs_heap_hidden(size);
	}
	/* A torn bit may read 1 at some boot. */
	for (uint32_t i = 0; i < nor->flash.size; i += 8) {
		uint64_t bits, torn;

		memcpy(&bits, nor->bits + i, 8);
		memcpy(&torn, nor->torn + i, 8);
		bits |= torn;
		memcpy(image + i, &bits, 8);
	}
	s = hs_look(f, image, nor->flash.size, &at);
	if (s)
		return hs_wrong(box, "flash at %zu: spent seed of key %u, nodes %llx",
				at, s->slot, (unsigned long long)s->nodes);
	for (unsigned int i = 0; i < box->world.place_count; i++) {
		const struct hs_place *p = &box->world.places[i];

		if ((f->nodes[p->slot] & p->nodes) &&
		    !is_zero(nor, p->pos, p->len))
			return hs_wrong(box, "flash at %u: remains of a spent seed of key %u, nodes %llx",
					p->pos, p->slot,
					(unsigned long long)p->nodes);
	}
	return true;
}

struct look {
	struct hs_box *box;
	const struct hs_forbidden *f;
};

static bool look_at_block(void *data, const void *block, size_t size)
{
	const struct look *look = data;
	const struct hs_secret *s;
	size_t at;

	s = hs_look(look->f, block, size, &at);
	if (s)
		hs_wrong(look->box, "memory, %zu in %zu bytes: spent seed of key %u, nodes %llx%s",
			 at, size, s->slot, (unsigned long long)s->nodes,
			 s->wrapped ? ", wrapped" : "");
	return s;
}

static bool check_root(struct hs_box *box, unsigned int slot)
{
	const struct hs_key *key = &hs_keys[slot];
	struct hs_life *life = &box->world.ledger.keys[slot];
	const struct root *root = roots_find(box->roots, key->facts.uuid);
	const char *why;

	if (!life->maybe && life->there != (root != NULL))
		return hs_wrong(box, root ? "key %u is back" : "key %u is gone",
				slot);
	life->maybe = false;
	life->there = root != NULL;
	return !root ||
	       hs_root_is_right(&box->world.ledger, slot, root, false,
				&why) ||
	       hs_wrong(box, "key %u: %s", slot, why);
}

bool hs_check(struct hs_box *box)
{
	unsigned int there = 0, got = 0;
	struct look look = { .box = box };
	struct hs_forbidden f;

	if (box->why[0])
		return false;
	if (roots_stale(box->roots))
		return hs_wrong(box, "stale");
	for (unsigned int i = 0; i < HS_KEYS; i++) {
		if (!hs_keys[i].made)
			continue;
		if (!check_root(box, i))
			return false;
		there += box->world.ledger.keys[i].there;
	}
	for (struct root *r = roots_first(box->roots); r; r = r->next)
		got++;
	if (there != got)
		return hs_wrong(box, "%u keys, not %u", got, there);
	if (roots_anchor(box->roots) != box->world.anchor)
		return hs_wrong(box, "the anchor differs");
	if (box->nor->misuse)
		return hs_wrong(box, "a 1 was programmed over a 0");
	hs_forbidden(&box->world.ledger, &f);
	if (!check_flash(box, &f))
		return false;
	look.f = &f;
	return !(box->heap && ++box->looks % box->heap == 0 &&
		 hs_heap_any(look_at_block, &look));
}

bool hs_use_up(struct hs_box *box, uint32_t run)
{
	for (unsigned int i = 0; i < HS_KEYS; i++) {
		const struct hs_op op = { HS_COMMIT, i, run };
		int ret = 0;

		if (!hs_keys[i].made || !box->world.ledger.keys[i].there)
			continue;
		while (!ret) {
			ret = hs_do(box, &op);
			if (!ret && !hs_check(box))
				return false;
		}
		if (ret == CRYPTECH_ERR_NO_KEY_INDEX_SLOTS)
			box->full++;
		else if (ret != CRYPTECH_ERR_HASHSIG_KEY_EXHAUSTED)
			return hs_wrong(box, "key %u: using it up: error %d: %s",
					i, ret, box->said);
		if (!hs_check(box))
			return false;
	}
	return true;
}
