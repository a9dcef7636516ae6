// SPDX-License-Identifier: MIT
/*
 * Root trees that are split, parked, adopted, taken back: what each side can
 * make afterwards, what is refused, what is in flash. Two HSMs, by turns.
 */
#include "root_box.h"

#include "../hashsig/root_internal.h"

/* --- two HSMs -------------------------------------------------------------- */

static struct side {
	struct nor *nor;
	struct keystore *ks;
	struct roots *roots;
	struct outside outside;
} sides[2];
static unsigned int here;

/* The other one, or the same: what root_box.h works on. */
static void at(unsigned int side)
{
	sides[here] = (struct side){ nor, ks, roots, outside };
	here = side;
	nor = sides[here].nor;
	ks = sides[here].ks;
	roots = sides[here].roots;
	outside = sides[here].outside;
}

static bool up_both(uint32_t size, uint32_t sector_size)
{
	memset(sides, 0, sizeof(sides));
	here = 1;
	if (!up(size, sector_size))
		return false;
	at(0);
	return up(size, sector_size);
}

static void end_both(void)
{
	at(0);
	end();
	at(1);
	end();
}

/* --- packages: the body as it is, and Kp in front ----------------------------- */

static struct sealing {
	int error;
	unsigned int count;
	bool has_kp;
	uint8_t kp[PACKAGE_KEY_SIZE];
	struct root_body look;
} sealing;

static int seal(void *data, const uint8_t *body, size_t len, const uint8_t *kp,
		uint8_t **package, size_t *package_len)
{
	struct sealing *s = data;

	s->count++;
	s->has_kp = kp;
	if (kp)
		memcpy(s->kp, kp, sizeof(s->kp));
	if (s->error)
		return s->error;
	EXPECT_EQ(root_body_look(body, len, &s->look), 0);
	*package = malloc(len);
	if (!*package)
		return CRYPTECH_ERR_ALLOCATION_FAILURE;
	/* Nobody shall find seeds in the package. */
	for (size_t i = 0; i < len; i++)
		(*package)[i] = body[i] ^ 0xa5;
	*package_len = len;
	return 0;
}

/* In place. */
static void open_package(uint8_t *package, size_t len)
{
	for (size_t i = 0; i < len; i++)
		package[i] ^= 0xa5;
}

static const uint8_t request[ROOT_REQUEST_SIZE] = "whom this package is for";

static int split(struct tree *t, uint8_t **package, size_t *len)
{
	return root_split(roots, tree_root(t), tree_node, t, request, seal,
			  &sealing, package, len);
}

static int park(struct tree *t, uint8_t **package, size_t *len)
{
	return root_park(roots, tree_root(t), seal, &sealing,
			 package, len);
}

static const uint8_t kekek[CRYPTECH_UUID_SIZE] = "the first KEKEK";

/* --- the tests ------------------------------------------------------------- */

static void halves_are_disjoint_and_whole(void)
{
	struct root *adopted;
	struct tree t;
	uint8_t *package;
	size_t len;

	tree_make(&t, 0x0a, 0x08, 0, 1);
	if (!up_both(1 << 20, 4096) || !EXPECT_EQ(tree_create(&t), 0))
		return;
	tree_commit(&t, 3);
	if (!EXPECT_EQ(split(&t, &package, &len), 0))
		return;
	/* 29 were left: 14 go, 15 stay */
	tree_check(&t, 3, 18);
	EXPECT_EQ(sealing.look.floor, 18);
	EXPECT_EQ(sealing.look.end, 32);
	restart();
	tree_check(&t, 3, 18);
	open_package(package, len);
	at(1);
	EXPECT_EQ(kekek_add(roots, kekek, "secret", 6), 0);
	if (!EXPECT_EQ(root_adopt(roots, package, len, kekek, &adopted), 0))
		return;
	tree_check(&t, 18, 32);
	restart();
	tree_check(&t, 18, 32);
	tree_commit(&t, 20);
	tree_commit(&t, 32);
	restart();
	tree_check(&t, 32, 32);
	at(0);
	tree_commit(&t, 18);
	free(package);
	end_both();
	tree_free(&t);
}

static void a_parked_key_comes_back(void)
{
	struct tree t;
	uint8_t *package;
	size_t len;

	tree_make(&t, 0x0a, 0x08, 0, 1);
	if (!up_both(1 << 20, 4096) || !EXPECT_EQ(tree_create(&t), 0))
		return;
	tree_commit(&t, 3);
	if (!EXPECT_EQ(park(&t, &package, &len), 0))
		return;
	EXPECT(tree_root(&t)->parked);
	tree_check(&t, 32, 32);
	restart();
	EXPECT(tree_root(&t)->parked);
	tree_check(&t, 32, 32);
	open_package(package, len);
	EXPECT_EQ(root_outbox_drop(roots, tree_root(&t)), 0);
	if (!EXPECT_EQ(root_unpark(roots, tree_root(&t), package, len), 0))
		return;
	tree_check(&t, 3, 32);
	restart();
	tree_check(&t, 3, 32);
	tree_commit(&t, 32);
	free(package);
	end_both();
	tree_free(&t);
}

int main(void)
{
	RUN(halves_are_disjoint_and_whole);
	RUN(a_parked_key_comes_back);
	return tap_done();
}
