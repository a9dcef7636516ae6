// SPDX-License-Identifier: MIT
/*
 * What the two HSMs are asked to do, as their functions do it with root trees
 * and KEY records.
 */
#include <stdlib.h>
#include <string.h>

#include "bk_box.h"
#include "hs_cores.h"
#include "hs_memo.h"

#define BAD_MAGIC	CRYPTECH_ERR_KEYWRAP_BAD_MAGIC
#define NOT_FOUND	CRYPTECH_ERR_KEY_NOT_FOUND

static const uint8_t k_seal[32] = "single-use KEKEKs are sealed by.";

static void fill(uint64_t number, void *data, size_t len)
{
	uint8_t *p = data;

	for (size_t i = 0; i < len; i++)
		p[i] = nor_random(&number);
}

static bool give_node(void *data, uint32_t r, uint8_t *value)
{
	(void)data;
	memcpy(value, bk_key->nodes[r], bk_key->facts.params[0].n);
	return true;
}

/* --- KEKEKs ---------------------------------------------------------------------- */

static void kekek_uuid(unsigned int number, uint8_t uuid[CRYPTECH_UUID_SIZE])
{
	fill(7000 + number, uuid, CRYPTECH_UUID_SIZE);
}

static void kekek_request(unsigned int number, uint8_t *request)
{
	static uint32_t count;

	fill(8000 + number, request, ROOT_REQUEST_SIZE);
	if (bk_mutation == BK_MUT_NEW_REQUEST)
		memcpy(request, &(uint32_t){ ++count }, sizeof(count));
}

static int do_kekek(struct bk_box *box, const struct bk_step *step)
{
	static bool noted[BK_SECRETS];
	struct roots *roots = box->side[step->side].roots;
	uint8_t uuid[CRYPTECH_UUID_SIZE], secret[32], sealed[40];
	size_t len;
	int ret;

	kekek_uuid(step->what, uuid);
	fill(9000 + step->what, secret, sizeof(secret));
	if (!noted[step->what])
		bk_note_secret(BK_KEKEK_SECRET, step->what, secret,
			       sizeof(secret));
	noted[step->what] = true;
	core_wrap(k_seal, secret, sizeof(secret), sealed);
	ret = kekek_read(roots, uuid, sealed, sizeof(sealed), &len);
	if (ret == NOT_FOUND)
		ret = kekek_add(roots, uuid, sealed, sizeof(sealed));
	if (!ret)
		box->world.statements |= 1u << step->what;
	return ret;
}

/* The secret of a KEKEK that this HSM has. */
static int kekek_secret(struct bk_box *box, unsigned int side,
			const uint8_t *uuid, uint8_t secret[32])
{
	uint8_t sealed[40];
	size_t len;
	int ret = kekek_read(box->side[side].roots, uuid, sealed,
			     sizeof(sealed), &len);

	return ret ? ret : core_unwrap(k_seal, sealed, len, secret, &len);
}

/* --- packages, by a stand-in cipher ------------------------------------------------ */

/* uuid of the KEKEK, or of the key | tag[8] | body, encrypted */
#define HEAD	(CRYPTECH_UUID_SIZE + 8)

static void crypt(const uint8_t secret[32], const uint8_t *from, size_t len,
		  uint8_t *to)
{
	uint64_t state = hs_memo_hash(11, secret, 32);

	for (size_t i = 0; i < len; i++)
		to[i] = from[i] ^ (uint8_t)nor_random(&state);
}

static uint64_t tag_of(const uint8_t secret[32], const uint8_t *body,
		       size_t len)
{
	return hs_memo_hash(hs_memo_hash(13, secret, 32), body, len);
}

struct sealing {
	struct bk_box *box;
	unsigned int side;
	const struct bk_step *step;
};

/* Which of all there were; a new one is noted. */
static unsigned int number_of_kp(const uint8_t *kp)
{
	static uint8_t kps[BK_SECRETS][PACKAGE_KEY_SIZE];
	static unsigned int count;

	for (unsigned int i = 0; i < count; i++)
		if (!memcmp(kps[i], kp, PACKAGE_KEY_SIZE))
			return i;
	if (count == BK_SECRETS)
		__builtin_trap();
	memcpy(kps[count], kp, PACKAGE_KEY_SIZE);
	bk_note_secret(BK_KP, count, kp, PACKAGE_KEY_SIZE);
	return count++;
}

static int seal(void *data, const uint8_t *body, size_t len,
		const uint8_t *kp, uint8_t **package, size_t *package_len)
{
	const struct sealing *s = data;
	struct bk_package p = { 0 };
	struct root_body look;
	uint8_t secret[32];
	uint64_t tag;

	if (HEAD + len > sizeof(p.bytes) || root_body_look(body, len, &look))
		return bk_wrong(s->box, "a body of %zu bytes", len) - 1;
	p.len = HEAD + len;
	p.floor = look.floor;
	p.end = look.end;
	if (kp) {
		p.secret = BK_KP;
		p.number = number_of_kp(kp);
		memcpy(secret, kp, sizeof(secret));
		memcpy(p.bytes, look.facts.uuid, CRYPTECH_UUID_SIZE);
	} else {
		p.secret = BK_KEKEK_SECRET;
		p.number = s->step->what;
		fill(9000 + s->step->what, secret, sizeof(secret));
		kekek_uuid(s->step->what, p.bytes);
	}
	tag = tag_of(secret, body, len);
	memcpy(p.bytes + CRYPTECH_UUID_SIZE, &tag, sizeof(tag));
	crypt(secret, body, len, p.bytes + HEAD);
	bk_package_number(&p);
	*package = malloc(p.len);
	memcpy(*package, p.bytes, p.len);
	*package_len = p.len;
	return 0;
}

/* BAD_MAGIC: it does not open. */
static int open_package(const struct bk_package *p, const uint8_t secret[32],
			uint8_t *body, struct root_body *look)
{
	uint64_t tag;

	crypt(secret, p->bytes + HEAD, p->len - HEAD, body);
	tag = tag_of(secret, body, p->len - HEAD);
	if (memcmp(p->bytes + CRYPTECH_UUID_SIZE, &tag, sizeof(tag)))
		return BAD_MAGIC;
	return root_body_look(body, p->len - HEAD, look);
}

/* Somebody outside has a package now. */
static int sent(struct bk_box *box, int ret, uint8_t *package, size_t len,
		uint8_t *which)
{
	unsigned int i;

	if (ret)
		return ret;
	i = bk_package_find(package, len);
	free(package);
	if (i == BK_NONE)
		return bk_wrong(box, "a package that nobody made") - 1;
	box->world.sent |= UINT64_C(1) << i;
	*which = i;
	return 0;
}

/* --- the key leaves ------------------------------------------------------------------- */

static int do_export(struct bk_box *box, const struct bk_step *step)
{
	struct roots *roots = box->side[step->side].roots;
	struct root *root = bk_root(box, step->side);
	struct sealing s = { box, step->side, step };
	uint8_t request[ROOT_REQUEST_SIZE], *package;
	size_t len;
	int ret;

	if (!root)
		return NOT_FOUND;
	kekek_request(step->what, request);
	if (bk_mutation == BK_MUT_DROP_EARLY)
		root_outbox_drop(roots, root);
	ret = root_split(roots, root, give_node, NULL, request, seal, &s,
			 &package, &len);
	return sent(box, ret, package, len,
		    &box->world.for_kekek[step->what]);
}

static int do_ack(struct bk_box *box, const struct bk_step *step)
{
	struct roots *roots = box->side[step->side].roots;
	struct root *root = bk_root(box, step->side);
	uint8_t is[ROOT_REQUEST_SIZE], want[ROOT_REQUEST_SIZE], *package;
	size_t len;
	int ret;

	if (!root)
		return 0;
	ret = root_outbox(roots, root, is, &package, &len);
	if (ret)
		return ret == NOT_FOUND ? 0 : ret;
	free(package);
	fill(8000 + step->what, want, sizeof(want));
	/* An acknowledgement of another package: twice is fine. */
	return memcmp(is, want, sizeof(want)) ? 0 :
	       root_outbox_drop(roots, root);
}

static int do_park(struct bk_box *box, const struct bk_step *step)
{
	struct roots *roots = box->side[step->side].roots;
	struct root *root = bk_root(box, step->side);
	struct sealing s = { box, step->side, step };
	uint8_t *package;
	size_t len;
	int ret;

	if (!root)
		return NOT_FOUND;
	/* Which Kp comes next has nothing to do with who else ran. */
	if (!root->parked)
		hs_random_seed(5000 + box->world.kps++);
	ret = root_park(roots, root, seal, &s, &package, &len);
	return sent(box, ret, package, len,
		    &box->world.parked_as[step->side]);
}

/* The KEY record and the package go, and the state stays. */
static int do_ack_delete(struct bk_box *box, const struct bk_step *step)
{
	struct bk_side *side = &box->side[step->side];
	struct root *root = bk_root(box, step->side);
	int ret;

	if (!root || !root->parked)
		return CRYPTECH_ERR_FORBIDDEN;
	if (bk_mutation == BK_MUT_FORGET_ON_ACK)
		return root_delete(side->roots, root);
	ret = ks_delete(side->ks, KS_CLASS_KEY, root->facts.uuid);
	if (ret && ret != KS_NOT_FOUND)
		return CRYPTECH_ERR_KEYSTORE_ACCESS;
	ret = root_outbox_drop(side->roots, root);
	return ret == NOT_FOUND ? 0 : ret;
}

static int do_delete(struct bk_box *box, const struct bk_step *step)
{
	struct bk_side *side = &box->side[step->side];
	struct root *root = bk_root(box, step->side);
	int ret;

	if (!root)
		return NOT_FOUND;
	if (root->parked != (step->kind == BK_FORGET))
		return CRYPTECH_ERR_FORBIDDEN;
	box->world.excused |= bk_leaves(root->parked ? root->away :
					root->seeds.floor, root->seeds.end);
	/* The state goes last. */
	ret = ks_delete(side->ks, KS_CLASS_KEY, bk_key->facts.uuid);
	return ret && ret != KS_NOT_FOUND ? CRYPTECH_ERR_KEYSTORE_ACCESS :
	       root_delete(side->roots, root);
}

static int do_sign(struct bk_box *box, const struct bk_step *step)
{
	struct roots *roots = box->side[step->side].roots;
	struct root *root = bk_root(box, step->side);
	uint8_t run[HS_NODES * LMS_N_MAX] = { 0 };
	uint32_t from, to;
	int ret;

	if (!root)
		return NOT_FOUND;
	from = root->seeds.floor;
	to = from + step->what;
	if (to > root->seeds.end)
		to = root->seeds.end;
	if (from == to)
		to++;
	ret = root_commit(roots, root, to, give_node, NULL, run);
	if (!ret && !bk_hand_out(box, from, to, run))
		return -1;
	/* Leaves that a cut burns were those of a run that was under way. */
	if (box->side[step->side].nor->off)
		box->world.excused |= bk_leaves(from, to);
	return ret;
}

/* --- and comes ------------------------------------------------------------------------- */

/* The KEY record, and what makes it a key; as the HSM has it. */
static int import(struct bk_box *box, unsigned int side, const uint8_t *body,
		  size_t len, const uint8_t *kekek, struct root *parked)
{
	struct bk_side *s = &box->side[side];
	const uint8_t *uuid = bk_key->facts.uuid;
	struct root *root;
	int ret = 0;

	if (bk_mutation != BK_MUT_NO_NOTE)
		ret = import_begin(s->roots, uuid);
	if (!ret && ks_write(s->ks, KS_CLASS_KEY, uuid, "wrapped", 8, true))
		ret = CRYPTECH_ERR_KEYSTORE_ACCESS;
	if (!ret && bk_mutation == BK_MUT_KEKEK_FIRST && kekek)
		ret = kekek_drop(s->roots, kekek);
	if (!ret && bk_mutation == BK_MUT_KEKEK_FIRST && kekek)
		kekek = NULL;
	if (!ret)
		ret = parked ? root_unpark(s->roots, parked, body, len) :
			       root_adopt(s->roots, body, len, kekek, &root);
	if (ret)
		return ret;
	return import_end(s->roots, uuid);
}

static int do_import(struct bk_box *box, const struct bk_step *step,
		     unsigned int number)
{
	const struct bk_package *p = &bk_packages[number];
	struct root *root = bk_root(box, step->side);
	uint8_t secret[32], body[BK_PACKAGE_MAX];
	struct root_body look;
	int ret = kekek_secret(box, step->side, p->bytes, secret);

	/* The first answer may have been lost. */
	if (ret && root && root_came_by(root, p->bytes)) {
		box->world.acks |= 1u << p->number;
		return 0;
	}
	if (!ret)
		ret = open_package(p, secret, body, &look);
	if (ret)
		return BAD_MAGIC;
	if (root || bk_has_key_record(box, step->side))
		return CRYPTECH_ERR_KEY_NAME_IN_USE;
	ret = import(box, step->side, body, p->len - HEAD, p->bytes, NULL);
	if (!ret)
		box->world.acks |= 1u << p->number;
	return ret;
}

static int do_unpark(struct bk_box *box, const struct bk_step *step,
		     unsigned int number)
{
	const struct bk_package *p = &bk_packages[number];
	struct roots *roots = box->side[step->side].roots;
	struct root *root = bk_root(box, step->side);
	uint8_t kp[PACKAGE_KEY_SIZE], body[BK_PACKAGE_MAX];
	struct root_body look;
	int ret;

	if (root && bk_has_key_record(box, step->side))
		return CRYPTECH_ERR_KEY_NAME_IN_USE;
	if (!root)
		return BAD_MAGIC;
	ret = root_package_key(roots, root, kp);
	if (!ret)
		ret = open_package(p, kp, body, &look);
	if (ret)
		return BAD_MAGIC;
	return import(box, step->side, body, p->len - HEAD, NULL, root);
}

/* --- steps -------------------------------------------------------------------------------- */

bool bk_can(const struct bk_box *box, const struct bk_step *step)
{
	const struct bk_world *w = &box->world;

	switch (step->kind) {
	case BK_EXPORT:
		return w->statements >> step->what & 1;
	case BK_IMPORT:
		return w->for_kekek[step->what] != BK_NONE;
	case BK_ACK:
		return w->acks >> step->what & 1;
	case BK_UNPARK:
		return w->parked_as[step->side] != BK_NONE;
	case BK_ACK_DELETE:
		/* Who deletes it has the file. */
		return w->parked_as[step->side] != BK_NONE;
	case BK_OLD_IMPORT:
	case BK_OLD_UNPARK:
		return w->sent >> step->what & 1;
	}
	return true;
}

int bk_do(struct bk_box *box, const struct bk_step *step)
{
	struct bk_world *w = &box->world;
	int ret = -1;

	w->view[step->side].known = false;
	switch (step->kind) {
	case BK_KEKEK:
		ret = do_kekek(box, step);
		break;
	case BK_EXPORT:
		ret = do_export(box, step);
		break;
	case BK_IMPORT:
		ret = do_import(box, step, w->for_kekek[step->what]);
		break;
	case BK_OLD_IMPORT:
		ret = do_import(box, step, step->what);
		break;
	case BK_ACK:
		ret = do_ack(box, step);
		break;
	case BK_SIGN:
		ret = do_sign(box, step);
		break;
	case BK_PARK:
		ret = do_park(box, step);
		break;
	case BK_ACK_DELETE:
		ret = do_ack_delete(box, step);
		break;
	case BK_UNPARK:
		ret = do_unpark(box, step, w->parked_as[step->side]);
		break;
	case BK_OLD_UNPARK:
		ret = do_unpark(box, step, step->what);
		break;
	case BK_DELETE:
	case BK_FORGET:
		ret = do_delete(box, step);
		break;
	}
	return box->side[step->side].nor->off || box->why[0] ? -1 : ret;
}

bool bk_create(struct bk_box *box, unsigned int side)
{
	struct bk_side *s = &box->side[side];
	struct root *root;
	int ret = root_create(s->roots, &bk_key->facts, bk_key->seeds[1],
			      bk_key->nodes[1], &root);

	if (!ret)
		ret = ks_write(s->ks, KS_CLASS_KEY, bk_key->facts.uuid,
			       "wrapped", 8, true);
	return !ret || bk_wrong(box, "create: %d", ret);
}

/* --- to the end ---------------------------------------------------------------------------- */

static bool must(struct bk_box *box, enum bk_kind kind, unsigned int side,
		 unsigned int what)
{
	const struct bk_step step = { kind, side, what };
	int ret = bk_do(box, &step);

	if (ret)
		return bk_wrong(box, "at the end, step %d of side %u, %u: %d, %s",
				kind, side, what, ret, box->said);
	return bk_check(box, side);
}

static bool use_up(struct bk_box *box, unsigned int side)
{
	struct root *root = bk_root(box, side);

	while (root && root->seeds.floor < root->seeds.end)
		if (!must(box, BK_SIGN, side, 1))
			return false;
	return true;
}

/* The package in this outbox arrives, if it is for a KEKEK. */
static bool deliver(struct bk_box *box, unsigned int side)
{
	struct root *root = bk_root(box, side);
	unsigned int to = !side, i;
	uint8_t *bytes;
	size_t len;

	if (!root || root->parked ||
	    root_outbox(box->side[side].roots, root, NULL, &bytes, &len))
		return true;
	i = bk_package_find(bytes, len);
	free(bytes);
	if (i == BK_NONE)
		return bk_wrong(box, "the outbox has what nobody made");
	box->world.sent |= UINT64_C(1) << i;
	/* It arrived, nobody said so, and then it was deleted. */
	if (!(bk_leaves(bk_packages[i].floor, bk_packages[i].end) &
	      ~box->world.excused))
		return true;
	/* Half a key that is there has to make room for the other. */
	root = bk_root(box, to);
	if (root && !root_came_by(root, bk_packages[i].bytes) &&
	    (!use_up(box, to) || !must(box, BK_DELETE, to, 0)))
		return false;
	return must(box, BK_OLD_IMPORT, to, i) &&
	       must(box, BK_ACK, side, bk_packages[i].number);
}

/* All there ever were: none opens that should not; see bk_check(). */
static bool try_old(struct bk_box *box)
{
	for (unsigned int i = 0; i < BK_PACKAGES; i++) {
		bool raw = bk_packages[i].secret == BK_KP;
		unsigned int side;

		if (!(box->world.sent >> i & 1))
			continue;
		for (side = 0; side < BK_SIDES; side++) {
			const struct bk_step step = {
				raw ? BK_OLD_UNPARK : BK_OLD_IMPORT, side, i
			};

			if (bk_do(box, &step) < 0 || !bk_check(box, side))
				return false;
		}
	}
	return true;
}

static bool come_back(struct bk_box *box, unsigned int side)
{
	struct root *root = bk_root(box, side);

	if (!root || !root->parked)
		return true;
	/* Its owner asks again, if he has no file of it. */
	if (bk_has_key_record(box, side) &&
	    box->world.parked_as[side] == BK_NONE &&
	    !must(box, BK_PARK, side, 0))
		return false;
	return must(box, BK_ACK_DELETE, side, 0) &&
	       must(box, BK_UNPARK, side, 0);
}

bool bk_finish(struct bk_box *box, uint64_t seed)
{
	const uint64_t all = bk_leaves(0, hs_leaves(bk_key));
	bool ok = true;

	for (unsigned int side = 0; side < BK_SIDES && ok; side++)
		ok = !bk_start(box, side, seed + side) && bk_check(box, side);
	ok = ok && come_back(box, BK_SOURCE) && come_back(box, BK_DEST) &&
	     deliver(box, BK_SOURCE) && deliver(box, BK_DEST) &&
	     try_old(box) && use_up(box, BK_SOURCE) && use_up(box, BK_DEST) &&
	     try_old(box);
	if (ok && (box->world.signed_with | box->world.excused) != all)
		ok = bk_wrong(box, "leaves are lost: %llx",
			      (unsigned long long)(all &
			      ~(box->world.signed_with | box->world.excused)));
	for (unsigned int side = 0; side < BK_SIDES; side++)
		bk_stop(box, side);
	return ok && !box->why[0];
}
