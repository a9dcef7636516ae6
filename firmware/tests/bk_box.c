// SPDX-License-Identifier: MIT
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bk_box.h"
#include "hs_cores.h"
#include "hs_memo.h"

static const uint8_t k_state[BK_SIDES][32] = {
	"the source wraps its cells so...", "the destination's are other ones",
};

const struct hs_key *const bk_key = &hs_keys[BK_SEED];
enum bk_mutation bk_mutation;

bool bk_wrong(struct bk_box *box, const char *format, ...)
{
	va_list args;

	if (!box->why[0]) {
		va_start(args, format);
		vsnprintf(box->why, sizeof(box->why), format, args);
		va_end(args);
	}
	return false;
}

void bk_key_make(uint32_t lms)
{
	hs_wrap_seen = bk_wrap_note;
	hs_key_make(BK_SEED, 1, lms, 0xf1, CRYPTECH_HASHSIG_PUNCTURED);
}

/* --- the machines ------------------------------------------------------------- */

static struct bk_box *the_box;

static unsigned int side_of(const void *data)
{
	return data == &the_box->side[BK_DEST];
}

static int anchor_read(void *data, uint64_t *value)
{
	const struct bk_side *s = data;

	*value = the_box->world.anchor[side_of(s)];
	return s->nor->off ? -1 : 0;
}

static int anchor_advance(void *data, uint64_t value)
{
	const struct bk_side *s = data;
	uint64_t *anchor = &the_box->world.anchor[side_of(s)];

	if (s->nor->off)
		return -1;
	if (value <= *anchor)
		bk_wrong(the_box, "an anchor goes back");
	*anchor = value;
	return 0;
}

static uint64_t now_ns(void *data)
{
	(void)data;
	return 0;
}

static void note_line(void *data, const char *line)
{
	(void)data;
	snprintf(the_box->said, sizeof(the_box->said), "%s", line);
}

/* --- the flash that is watched -------------------------------------------------- */

static struct bk_side *to_side(struct flash *f)
{
	return (struct bk_side *)f;
}

/* Note every secret among these bytes; in clear there must be none. */
static void note_places(struct bk_side *side, uint32_t offset,
			const uint8_t *data, size_t len)
{
	const struct hs_forbidden all = { .nodes = HS_ALL_OF_ALL };
	unsigned int *count = &the_box->world.place_count[side_of(side)];
	const struct hs_secret *s;
	size_t from = 0, at;

	while ((s = hs_look(&all, data + from, len - from, &at))) {
		if (!s->wrapped && s->slot != BK_CIPHER)
			bk_wrong(the_box, "a secret in clear at %zu",
				 offset + from + at);
		if (*count == BK_PLACES)
			__builtin_trap();
		the_box->world.places[side_of(side)][(*count)++] =
			(struct bk_place){ offset + from + at, s->len, s->slot,
					   s->nodes };
		from += at + s->len;
	}
}

static int side_read(struct flash *f, uint32_t offset, void *data, size_t len)
{
	struct flash *nor = &to_side(f)->nor->flash;

	return nor->ops->read(nor, offset, data, len);
}

static int side_program(struct flash *f, uint32_t offset, const void *data,
			size_t len)
{
	struct flash *nor = &to_side(f)->nor->flash;

	if (!to_side(f)->nor->off)
		note_places(to_side(f), offset, data, len);
	return nor->ops->program(nor, offset, data, len);
}

/* What an erase leaves that is cut was zero before, which hs_box.c sees to. */
static int side_erase(struct flash *f, uint32_t offset)
{
	unsigned int side = side_of(to_side(f)), n = 0;
	struct bk_world *w = &the_box->world;
	struct flash *nor = &to_side(f)->nor->flash;

	for (unsigned int i = 0; i < w->place_count[side]; i++)
		if (w->places[side][i].pos / f->sector_size !=
		    offset / f->sector_size)
			w->places[side][n++] = w->places[side][i];
	if (!to_side(f)->nor->off)
		w->place_count[side] = n;
	return nor->ops->erase(nor, offset);
}

static int side_sync(struct flash *f)
{
	struct flash *nor = &to_side(f)->nor->flash;

	return nor->ops->sync(nor);
}

static const struct flash_ops side_ops = {
	.read = side_read,
	.program = side_program,
	.erase = side_erase,
	.sync = side_sync,
};

bool bk_box_new(struct bk_box *box, uint32_t size, uint32_t sector_size)
{
	memset(box, 0, sizeof(*box));
	the_box = box;
	for (unsigned int i = 0; i < BK_SIDES; i++) {
		struct bk_side *s = &box->side[i];

		s->nor = nor_new(size, sector_size);
		if (!s->nor)
			return false;
		s->flash = s->nor->flash;
		s->flash.ops = &side_ops;
		s->platform = (struct platform){
			.data = s,
			.flash = &s->flash,
			.now_ns = now_ns,
			.anchor_kind = CRYPTECH_FRESH_FILE,
			.anchor_read = anchor_read,
			.anchor_advance = anchor_advance,
			.cores = 1,
			.log = note_line,
		};
	}
	return true;
}

void bk_box_free(struct bk_box *box)
{
	for (unsigned int i = 0; i < BK_SIDES; i++) {
		bk_stop(box, i);
		nor_free(box->side[i].nor);
	}
}

int bk_start(struct bk_box *box, unsigned int side, uint64_t seed)
{
	struct bk_side *s = &box->side[side];
	const uint64_t step = s->nor->cut_step;
	struct roots_config config = {
		.platform = &s->platform,
		.k_state = k_state[side],
	};
	uint64_t before = s->nor->steps;
	struct root *root;
	int ret;

	box->world.view[side].known = false;
	nor_boot(s->nor, seed);
	s->nor->cut_step = step;
	ret = ks_mount(&s->ks, &s->flash);
	if (!ret) {
		config.ks = s->ks;
		ret = roots_start(&s->roots, &config);
	}
	box->started = s->nor->steps - before;
	if (s->nor->off)
		return -1;
	if (ret || roots_stale(s->roots))
		return bk_wrong(box, "start: %d, %s", ret, box->said) - 1;
	/* The HSM takes a key without KEY record for one whose deletion was
	 * cut. */
	root = bk_root(box, side);
	if (root && !root->parked && !bk_has_key_record(box, side))
		root_delete(s->roots, root);
	box->started = s->nor->steps - before;
	return s->nor->off ? -1 : 0;
}

void bk_stop(struct bk_box *box, unsigned int side)
{
	struct bk_side *s = &box->side[side];

	roots_stop(s->roots);
	s->roots = NULL;
	ks_unmount(s->ks);
	s->ks = NULL;
}

struct root *bk_root(struct bk_box *box, unsigned int side)
{
	return roots_find(box->side[side].roots, bk_key->facts.uuid);
}

bool bk_has_key_record(struct bk_box *box, unsigned int side)
{
	uint8_t data[64];
	size_t len;

	return ks_read(box->side[side].ks, KS_CLASS_KEY, bk_key->facts.uuid,
		       data, sizeof(data), &len) == KS_OK;
}

/* --- what an HSM is ---------------------------------------------------------------- */

/* Is what the root says the key's, but for whose leaves are whose? */
static bool root_is_right(struct bk_box *box, const struct root *root)
{
	struct hs_ledger ledger = { 0 };
	const char *why;

	if (root->damage || root->lost)
		return bk_wrong(box, "damaged");
	if (root->parked)
		return root->seeds.count == 0 ||
		       bk_wrong(box, "a parked key has seeds");
	ledger.keys[BK_SEED].burnt = root->seeds.floor;
	ledger.keys[BK_SEED].burnt_max = root->seeds.floor;
	/* An end that has moved is fine here. */
	return hs_part_is_right(&ledger, BK_SEED, root, &why) ||
	       bk_wrong(box, "%s", why);
}

static void hash_outbox(struct bk_box *box, unsigned int side,
			const struct root *root, uint64_t *h)
{
	uint8_t request[ROOT_REQUEST_SIZE];
	uint8_t *package;
	size_t len;
	int ret = root_outbox(box->side[side].roots, root, request, &package,
			      &len);

	*h = hs_memo_hash(*h, &ret, sizeof(ret));
	if (ret)
		return;
	*h = hs_memo_hash(*h, request, sizeof(request));
	*h = hs_memo_hash(*h, package, len);
	free(package);
}

static void look(struct bk_box *box, unsigned int side, struct bk_view *view)
{
	struct bk_side *s = &box->side[side];
	const struct root *root = bk_root(box, side);
	uint8_t uuid[CRYPTECH_UUID_SIZE];
	const uint8_t *last = NULL;
	uint64_t h = 1;

	memset(view, 0, sizeof(*view));
	view->known = true;
	view->key_record = bk_has_key_record(box, side);
	if (root) {
		view->there = true;
		view->parked = root->parked;
		if (!root->parked)
			view->can_sign = bk_leaves(root->seeds.floor,
						   root->seeds.end);
		h = hs_memo_hash(h, &root->seeds.floor, 4);
		h = hs_memo_hash(h, &root->seeds.end, 4);
		h = hs_memo_hash(h, &root->away, 4);
		h = hs_memo_hash(h, &root->generation, 4);
		hash_outbox(box, side, root, &h);
	}
	while (kekek_next(s->roots, last, uuid)) {
		h = hs_memo_hash(h, uuid, sizeof(uuid));
		last = uuid;
	}
	bk_find(s->nor, view->found);
	h = hs_memo_hash(h, view, sizeof(*view));
	view->logical = h;
}

bool bk_check(struct bk_box *box, unsigned int side)
{
	struct bk_view *view = &box->world.view[side];
	const struct root *root = bk_root(box, side);

	if (box->why[0] || (root && !root_is_right(box, root)))
		return false;
	look(box, side, view);
	if (bk_has_remains(box, side))
		return bk_wrong(box, "remains of a secret");
	if (view->there && !view->parked && !view->key_record)
		return bk_wrong(box, "a key without KEY record");
	if (!view->there && view->key_record)
		return bk_wrong(box, "a KEY record without key");
	if (roots_anchor(box->side[side].roots) != box->world.anchor[side])
		return bk_wrong(box, "the anchor differs");
	if (box->side[side].nor->misuse)
		return bk_wrong(box, "a 1 was programmed over a 0");
	return bk_ledger_is_right(box);
}
