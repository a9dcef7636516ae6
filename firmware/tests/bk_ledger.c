// SPDX-License-Identifier: MIT
/*
 * The ledger of a key that is in two HSMs and in packages. What a place can
 * sign is what its bytes give, whatever its code would do with them.
 */
#include <string.h>

#include "bk_box.h"

/* What wraps may hold, beside the key's seeds. */
static struct {
	uint8_t bytes[32];
	uint8_t kind, number;
} secrets[2 * BK_SECRETS];
static unsigned int secret_count;

/* As slots of hs_ledger.h, where the key has slot 0, BK_SEED. */
void bk_note_secret(enum bk_secret kind, unsigned int number,
		    const uint8_t *bytes, size_t len)
{
	hs_note(bytes, len, kind, UINT64_C(1) << number, false);
	if (kind == BK_CIPHER)
		return;
	for (unsigned int i = 0; i < secret_count; i++)
		if (secrets[i].kind == kind && secrets[i].number == number)
			__builtin_trap();
	if (secret_count == 2 * BK_SECRETS)
		__builtin_trap();
	secrets[secret_count].kind = kind;
	secrets[secret_count].number = number;
	memcpy(secrets[secret_count++].bytes, bytes, 32);
}

void bk_wrap_note(const uint8_t *plain, size_t len, const uint8_t *wrapped,
		  size_t wrapped_len)
{
	hs_wrap_note(plain, len, wrapped, wrapped_len);
	for (unsigned int i = 0; i < secret_count; i++)
		if (memmem(plain, len, secrets[i].bytes, 32))
			hs_note(wrapped, wrapped_len, secrets[i].kind,
				UINT64_C(1) << secrets[i].number, true);
}

/* All that is there, at any offset; torn bits read 1 at some boot. */
void bk_find(const struct nor *nor, uint64_t found[BK_KINDS])
{
	struct hs_forbidden left = { .nodes = HS_ALL_OF_ALL };
	static uint8_t image[1 << 16];
	const struct hs_secret *s;
	size_t size = nor->flash.size, from = 0, at;

	for (size_t i = 0; i < size; i += 8) {
		uint64_t bits, torn;

		memcpy(&bits, nor->bits + i, 8);
		memcpy(&torn, nor->torn + i, 8);
		bits |= torn;
		memcpy(image + i, &bits, 8);
	}
	for (unsigned int i = 0; i < BK_KINDS; i++)
		found[i] = 0;
	/* Whatever was found is not looked for again. */
	while ((s = hs_look(&left, image + from, size - from, &at))) {
		found[s->slot] |= s->nodes;
		left.nodes[s->slot] &= ~s->nodes;
		from += at + 1;
	}
}

/*
 * Zeroed for good, or never written: a record whose body was torn so early that
 * it reads blank is none, and is left until its sector is erased (scan.c).
 */
static bool is_nothing(const struct nor *nor, uint32_t pos, uint32_t len)
{
	for (uint32_t i = pos; i < pos + len; i++)
		if (nor->bits[i] ? nor->bits[i] != 0xff : nor->torn[i])
			return false;
	return true;
}

/* It is all there, where it is, or nothing of it. */
bool bk_has_remains(const struct bk_box *box, unsigned int side)
{
	const struct nor *nor = box->side[side].nor;
	const struct bk_world *w = &box->world;

	for (unsigned int i = 0; i < w->place_count[side]; i++) {
		const struct bk_place *p = &w->places[side][i];
		struct hs_forbidden is = { .nodes = { 0 } };
		size_t at;

		is.nodes[p->kind] = p->numbers;
		if (!is_nothing(nor, p->pos, p->len) &&
		    !hs_look(&is, nor->bits + p->pos, p->len, &at))
			return true;
	}
	return false;
}

/* --- packages ------------------------------------------------------------------- */

struct bk_package bk_packages[BK_PACKAGES];
static unsigned int package_count;

unsigned int bk_package_find(const uint8_t *bytes, size_t len)
{
	for (unsigned int i = 0; i < package_count; i++)
		if (bk_packages[i].len == len &&
		    !memcmp(bk_packages[i].bytes, bytes, len))
			return i;
	return BK_NONE;
}

unsigned int bk_package_number(const struct bk_package *package)
{
	unsigned int i = bk_package_find(package->bytes, package->len);

	if (i != BK_NONE)
		return i;
	if (package_count == BK_PACKAGES || package->len < 64)
		__builtin_trap();
	i = package_count++;
	bk_packages[i] = *package;
	/* Where it is encrypted it is like no other. */
	bk_note_secret(BK_CIPHER, i, package->bytes + package->len - 40, 40);
	return i;
}

/* --- who can sign with what ------------------------------------------------------ */

uint64_t bk_leaves(uint32_t from, uint32_t to)
{
	uint64_t set = 0;

	for (uint32_t q = from; q < to; q++)
		set |= UINT64_C(1) << q;
	return set;
}

/* Leaves that follow from seeds of these nodes. */
static uint64_t leaves_under(uint64_t nodes)
{
	uint64_t set = 0;

	for (uint32_t q = 0; q < hs_leaves(bk_key); q++)
		for (uint32_t r = hs_leaves(bk_key) + q; r; r /= 2)
			if (nodes >> r & 1)
				set |= UINT64_C(1) << q;
	return set;
}

/* What a package can sign: nothing, unless it is somewhere and opens. */
static uint64_t package_leaves(const struct bk_world *w, unsigned int i)
{
	const struct bk_package *p = &bk_packages[i];
	bool is = w->sent >> i & 1, opens = false;

	for (unsigned int side = 0; side < BK_SIDES; side++) {
		const struct bk_view *v = &w->view[side];

		is |= v->known && (v->found[BK_CIPHER] >> i & 1);
		opens |= v->known && (v->found[p->secret] >> p->number & 1);
	}
	return is && opens ? bk_leaves(p->floor, p->end) : 0;
}

bool bk_ledger_is_right(struct bk_box *box)
{
	static const char *const names[] = { "source", "destination" };
	const struct bk_world *w = &box->world;
	uint64_t all = w->signed_with, more;

	for (unsigned int side = 0; side < BK_SIDES; side++) {
		const struct bk_view *v = &w->view[side];

		if (!v->known)
			continue;
		more = leaves_under(v->found[BK_SEED]);
		if (more & w->signed_with)
			return bk_wrong(box, "the %s can sign again: %llx",
					names[side],
					(unsigned long long)
					(more & w->signed_with));
		if (more & all)
			return bk_wrong(box, "both can sign: %llx",
					(unsigned long long)(more & all));
		if (more != v->can_sign)
			return bk_wrong(box, "the %s has seeds of %llx, and "
					"signs with %llx", names[side],
					(unsigned long long)more,
					(unsigned long long)v->can_sign);
		all |= more;
	}
	for (unsigned int i = 0; i < package_count; i++) {
		more = package_leaves(w, i);
		if (more & all)
			return bk_wrong(box, "package %u can sign with what "
					"others can, or did: %llx", i,
					(unsigned long long)(more & all));
		all |= more;
	}
	return true;
}

bool bk_hand_out(struct bk_box *box, uint32_t from, uint32_t to,
		 const uint8_t *run)
{
	unsigned int n = bk_key->facts.params[0].n;
	uint64_t set = bk_leaves(from, to);

	for (uint32_t q = from; q < to; q++)
		if (memcmp(run + (q - from) * n,
			   bk_key->seeds[hs_leaves(bk_key) + q], n))
			return bk_wrong(box, "not the seed of leaf %u", q);
	if (box->world.signed_with & set)
		return bk_wrong(box, "leaves sign twice: %llx",
				(unsigned long long)
				(box->world.signed_with & set));
	box->world.signed_with |= set;
	return true;
}
