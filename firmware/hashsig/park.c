// SPDX-License-Identifier: MIT
/*
 * Parking: all that is left of a key goes off the HSM, to come back here and
 * once only.
 *
 * What makes it once is Kp, drawn for each package, without which the package
 * does not open. It is in a cell that the state record lists, and nowhere
 * else; the commit that takes the key back does not list it, so that it goes
 * like spent seeds go.
 */
#include "root_internal.h"

#include <stdlib.h>

static unsigned int parked_count(const struct roots *roots)
{
	unsigned int count = 0;

	for (const struct root *root = roots->first; root; root = root->next)
		count += root->parked;
	return count;
}

/* A package that waits: of the park before, or of a split. */
static int look_in_outbox(struct roots *roots, const struct root *root,
			  uint8_t **package, size_t *len)
{
	int error = root_outbox(roots, root, NULL, package, len);

	if (error || root->parked)
		return error;
	free(*package);
	*package = NULL;
	return CRYPTECH_ERR_NOT_READY;
}

static int draw_kp(struct roots *roots, const struct root *root,
		   uint8_t kp[PACKAGE_KEY_SIZE])
{
	if (HS_MUTATED(HS_MUT_KP_SURVIVES) && root->places->kp)
		return cells_read_kp(roots, root, kp);
	return core_random(kp, PACKAGE_KEY_SIZE);
}

int root_park(struct roots *roots, struct root *root, root_seal *seal,
	      void *seal_data, uint8_t **package, size_t *len)
{
	struct leaving leaving = { .seal = seal, .seal_data = seal_data };
	uint8_t kp[PACKAGE_KEY_SIZE];
	struct aim aim = {
		.floor = root->seeds.end,
		.end = root->seeds.end,
		.parked = true,
		.away = root->seeds.floor,
		.kp = kp,
		.grows = true,
	};
	int error;

	*package = NULL;
	error = look_in_outbox(roots, root, package, len);
	if (error != CRYPTECH_ERR_KEY_NOT_FOUND || root->parked)
		return error;
	if (root->damage)
		return root->damage;
	if (root->seeds.floor == root->seeds.end)
		return CRYPTECH_ERR_HASHSIG_KEY_EXHAUSTED;
	if (parked_count(roots) >= CRYPTECH_PARKED_MAX)
		return CRYPTECH_ERR_NO_KEY_SLOTS_AVAILABLE;
	error = draw_kp(roots, root, kp);
	if (!error)
		error = root_leave(roots, root, root, &leaving, &aim);
	core_wipe(kp, sizeof(kp));
	*package = leaving.package;
	*len = leaving.len;
	return error;
}

int root_package_key(struct roots *roots, const struct root *root,
		     uint8_t kp[PACKAGE_KEY_SIZE])
{
	int error = anchor_ready(roots);

	if (!error)
		error = root->damage;
	if (!error && !root->parked)
		error = CRYPTECH_ERR_KEY_NOT_FOUND;
	return error ? error : cells_read_kp(roots, root, kp);
}

/* --- back ----------------------------------------------------------------- */

/* Is @back what was parked? Of the facts T1 says the most. */
static bool is_same(const struct root *root, const struct root *back)
{
	const struct root_facts *a = &root->facts, *b = &back->facts;

	if (memcmp(a->uuid, b->uuid, sizeof(a->uuid)) ||
	    memcmp(a->id, b->id, sizeof(a->id)) || a->levels != b->levels ||
	    a->profile != b->profile || a->reserve != b->reserve)
		return false;
	for (unsigned int i = 0; i < a->levels; i++)
		if (a->params[i].lms != b->params[i].lms ||
		    a->params[i].lmots != b->params[i].lmots)
			return false;
	return !memcmp(a->t1, b->t1, a->params[0].n) &&
	       back->seeds.floor == root->away &&
	       back->seeds.end == root->seeds.end;
}

static int take_back(struct roots *roots, struct root *root,
		     const struct root *back)
{
	const struct aim aim = {
		.floor = back->seeds.floor,
		.end = back->seeds.end,
		.back = back,
		.grows = true,
	};
	int error;

	do {
		error = root_aim(roots, root, &aim, NULL, NULL);
	} while (error == CRYPTECH_ERR_NO_KEY_INDEX_SLOTS &&
		 root_collect(roots));
	/* It is back; that the anchor has not followed, the next commit says. */
	if (!root->parked && !root->damage && roots->behind)
		return CRYPTECH_ERR_OK;
	if (error && !root->parked)
		root->damage = error;
	return error;
}

int root_unpark(struct roots *roots, struct root *root, const uint8_t *body,
		size_t len)
{
	int error = anchor_ready(roots);
	struct root *back;

	if (!error)
		error = root->damage;
	if (!error && !root->parked)
		error = CRYPTECH_ERR_BAD_ARGUMENTS;
	if (!error)
		error = body_get(body, len, &back);
	if (error)
		return error;
	error = is_same(root, back) ? take_back(roots, root, back) :
				      CRYPTECH_ERR_BAD_ARGUMENTS;
	root_free(back);
	/* Its package opens no more. */
	return error ? error : outbox_delete(roots, root->facts.uuid);
}
