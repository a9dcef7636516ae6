/* SPDX-License-Identifier: MIT */
/*
 * Root trees on the move between two HSMs, for test programs in one file each.
 * Packages are bodies, every byte turned so that nobody takes them for seeds.
 */
#ifndef TESTS_ROOT_MOVE_H
#define TESTS_ROOT_MOVE_H

#include "../hashsig/root_internal.h"
#include "root_box.h"

#define H5	0x0a		/* SHA256_M24_H5 */
#define H10	0x0b
#define H5_32	0x05		/* SHA256_M32_H5 */
#define W8	0x08		/* SHA256_N24_W8 */
#define W8_32	0x04		/* SHA256_N32_W8 */
#define SIZE	(256 * 1024)
#define SECTOR	4096

/* --- two HSMs -------------------------------------------------------------- */

static struct side {
	struct nor *nor;
	struct keystore *ks;
	struct roots *roots;
	struct outside outside;
} sides[2];
static unsigned int here;

/* What root_box.h works on from now on. */
static inline void at(unsigned int side)
{
	sides[here] = (struct side){ nor, ks, roots, outside };
	here = side;
	nor = sides[here].nor;
	ks = sides[here].ks;
	roots = sides[here].roots;
	outside = sides[here].outside;
}

static inline bool up_both(void)
{
	memset(sides, 0, sizeof(sides));
	here = 1;
	if (!up(SIZE, SECTOR))
		return false;
	at(0);
	return up(SIZE, SECTOR);
}

static inline void end_both(void)
{
	at(0);
	end();
	at(1);
	end();
}

/* --- packages -------------------------------------------------------------- */

static struct sealing {
	int error;
	unsigned int count;
	bool has_kp;
	uint8_t kp[PACKAGE_KEY_SIZE];
	size_t pad;		/* makes packages longer */
} sealing;

static inline void turn(uint8_t *to, const uint8_t *from, size_t len)
{
	for (size_t i = 0; i < len; i++)
		to[i] = from[i] ^ 0xa5;
}

static inline int seal(void *data, const uint8_t *body, size_t len,
		       const uint8_t *kp, uint8_t **package,
		       size_t *package_len)
{
	struct sealing *s = data;

	s->count++;
	s->has_kp = kp;
	if (kp)
		memcpy(s->kp, kp, sizeof(s->kp));
	if (s->error)
		return s->error;
	*package = calloc(1, len + s->pad);
	if (!*package)
		return CRYPTECH_ERR_ALLOCATION_FAILURE;
	turn(*package, body, len);
	*package_len = len + s->pad;
	return 0;
}

/* Whom packages are for. */
static uint8_t request[ROOT_REQUEST_SIZE] = "0, the first of the others";
static const uint8_t other_request[ROOT_REQUEST_SIZE] = "and somebody else";

struct parcel {
	uint8_t *package;
	size_t len;
	uint8_t body[ROOT_BODY_MAX];
};

static inline int open_parcel(struct parcel *p, int error)
{
	if (!error)
		turn(p->body, p->package, p->len);
	free(p->package);
	p->package = NULL;
	return error;
}

static inline int split(struct tree *t, struct parcel *p)
{
	return open_parcel(p, root_split(roots, tree_root(t), tree_node, t,
					 request, seal, &sealing, &p->package,
					 &p->len));
}

static inline int park(struct tree *t, struct parcel *p)
{
	return open_parcel(p, root_park(roots, tree_root(t), seal, &sealing,
					&p->package, &p->len));
}

static inline int ask_outbox(struct tree *t, uint8_t *asked, struct parcel *p)
{
	return open_parcel(p, root_outbox(roots, tree_root(t), asked,
					  &p->package, &p->len));
}

static inline int adopt(const struct parcel *p, const uint8_t *kekek)
{
	struct root *root;

	return root_adopt(roots, p->body, p->len, kekek, &root);
}

static inline int unpark(struct tree *t, const struct parcel *p)
{
	return root_unpark(roots, tree_root(t), p->body, p->len);
}

static const uint8_t kekek_a[CRYPTECH_UUID_SIZE] = "one KEKEK";
static const uint8_t kekek_b[CRYPTECH_UUID_SIZE] = "another KEKEK";
static const char kekek_secret[] = "what only the import may use, and once";

static inline int add_kekek(const uint8_t *uuid)
{
	return kekek_add(roots, uuid, kekek_secret, sizeof(kekek_secret));
}

/* --- flash ------------------------------------------------------------------- */

/* Do these bytes stand anywhere in the image? */
static inline bool in_flash(const void *data, size_t len)
{
	return memmem(nor->bits, nor->flash.size, data, len);
}

/*
 * What every 64 bytes of the image, wherever they begin, are when they are
 * unwrapped: cells' plaintexts. Calls @see for each.
 */
static inline void unwrap_all(void (*see)(void *data, const uint8_t *plain,
					  size_t len), void *data)
{
	uint8_t plain[KS_CELL_SIZE];
	size_t len;

	for (uint32_t i = 0; i + KS_CELL_SIZE <= nor->flash.size; i += 4) {
		const uint8_t *p = nor->bits + i;

		if (p[0] == p[1] && p[1] == p[2] && p[2] == p[3])
			continue;	/* blank or zeroed, all but surely */
		len = sizeof(plain);
		if (!core_unwrap(k_state, p, KS_CELL_SIZE, plain, &len))
			see(data, plain, len);
	}
}

#endif /* TESTS_ROOT_MOVE_H */
