// SPDX-License-Identifier: MIT
/*
 * Splitting: the upper half of what is left of a key goes to another HSM.
 *
 * The package has to be in flash before the commit, or a power cut right after
 * it would lose what it gives away. And it may leave only after the commit has
 * been followed by the anchor: an older flash would still have those leaves.
 */
#include "root_internal.h"

#include <stdlib.h>

/* --- what split and park share -------------------------------------------- */

/* The body of a key as package. */
static int seal_body(const struct root *root, root_seal *seal, void *data,
		     const uint8_t *kp, uint8_t **package, size_t *len)
{
	uint8_t *body = malloc(ROOT_BODY_MAX);
	int error;

	*package = NULL;
	if (!body)
		return CRYPTECH_ERR_ALLOCATION_FAILURE;
	error = seal(data, body, body_put(root, body), kp, package, len);
	core_wipe(body, ROOT_BODY_MAX);
	free(body);
	return error;
}

/* The package into the outbox, and the commit that names it. */
static int store_and_commit(struct roots *roots, struct root *root,
			    const struct leaving *leaving, struct aim *aim)
{
	bool late = HS_MUTATED(HS_MUT_OUTBOX_LATE);
	uint32_t generation = root->generation;
	uint8_t hash[OUTBOX_HASH];
	int error = outbox_write(roots, root->facts.uuid, leaving->request,
				 leaving->package, leaving->len, hash);

	if (!error && late)
		error = outbox_delete(roots, root->facts.uuid);
	if (error)
		return error;
	aim->outbox = hash;
	error = root_aim(roots, root, aim, leaving->node, leaving->node_data);
	if (late)
		outbox_write(roots, root->facts.uuid, leaving->request,
			     leaving->package, leaving->len, hash);
	/* Nothing happened. (If that is not sure, the next start knows.) */
	if (error && root->generation == generation && !root->damage)
		outbox_delete(roots, root->facts.uuid);
	return error;
}

int root_leave(struct roots *roots, struct root *root, const struct root *goes,
	       struct leaving *leaving, struct aim *aim)
{
	int error = seal_body(goes, leaving->seal, leaving->seal_data, aim->kp,
			      &leaving->package, &leaving->len);

	if (error)
		return error;
	do {
		error = store_and_commit(roots, root, leaving, aim);
	} while (error == CRYPTECH_ERR_NO_KEY_INDEX_SLOTS &&
		 root_collect(roots));
	if (error) {
		free(leaving->package);
		leaving->package = NULL;
	}
	return error;
}

/* --- split ---------------------------------------------------------------- */

/* Is there a package already? KEY_NOT_FOUND: no. */
static int ask_again(struct roots *roots, const struct root *root,
		     const uint8_t *request, uint8_t **package, size_t *len)
{
	uint8_t before[ROOT_REQUEST_SIZE];
	int error = root_outbox(roots, root, before, package, len);

	if (error || !memcmp(before, request, sizeof(before)))
		return error;
	free(*package);
	*package = NULL;
	return CRYPTECH_ERR_NOT_READY;
}

static bool is_remembered(const uint8_t *request)
{
	static const uint8_t many_uses[ASKED_SIZE];

	return memcmp(request, many_uses, ASKED_SIZE);
}

/*
 * Was any key split for this before? Its package was acknowledged, so the KEKEK
 * it is for is no more, and what is given away now would open nowhere.
 */
static bool was_asked(const struct roots *roots, const uint8_t *request)
{
	const struct root *root = is_remembered(request) ? roots->first : NULL;

	for (; root && !HS_MUTATED(HS_MUT_ASKED_FORGOTTEN); root = root->next)
		for (unsigned int i = 0; i < LMS_H_MAX; i++)
			if (!memcmp(root->places->asked[i], request,
				    ASKED_SIZE))
				return true;
	return false;
}

/* What is given away: another key, in memory, of the leaves [middle, end). */
static int cut_off(const struct root *root, uint32_t middle,
		   node_fn *node, void *data, struct root **out)
{
	const struct root_facts *facts = &root->facts;
	struct root *upper = root_new(facts->uuid);
	int error;

	if (!upper)
		return CRYPTECH_ERR_ALLOCATION_FAILURE;
	upper->facts = *facts;
	seeds_narrow(&root->seeds, &facts->params[0], facts->id, middle,
		     root->seeds.end, &upper->seeds);
	error = frontier_move(root, upper, node, data);
	if (!error && !frontier_is_whole(upper))
		error = CRYPTECH_ERR_ASSERTION_FAILED;
	if (error)
		root_free(upper);
	else
		*out = upper;
	return error;
}

int root_split(struct roots *roots, struct root *root,
	       bool (*node)(void *data, uint32_t r, uint8_t *value),
	       void *node_data, const uint8_t *request, root_seal *seal,
	       void *seal_data, uint8_t **package, size_t *len)
{
	struct leaving leaving = {
		.node = node, .node_data = node_data, .seal = seal,
		.seal_data = seal_data,
	};
	uint32_t left = root->seeds.end - root->seeds.floor;
	struct aim aim = {
		.floor = root->seeds.floor,
		.end = root->seeds.end - left / 2,
		.request = is_remembered(request) ? request : NULL,
		.grows = true,
	};
	struct root *upper;
	int error;

	*package = NULL;
	if (root->parked)
		return CRYPTECH_ERR_FORBIDDEN;
	error = ask_again(roots, root, request, package, len);
	if (error != CRYPTECH_ERR_KEY_NOT_FOUND)
		return error;
	if (root->damage)
		return root->damage;
	if (was_asked(roots, request))
		return CRYPTECH_ERR_FORBIDDEN;
	if (left < 2)
		return CRYPTECH_ERR_HASHSIG_KEY_EXHAUSTED;
	error = cut_off(root, aim.end, node, node_data, &upper);
	if (error)
		return error;
	memcpy(leaving.request, request, sizeof(leaving.request));
	error = root_leave(roots, root, upper, &leaving, &aim);
	root_free(upper);
	*package = leaving.package;
	*len = leaving.len;
	return error;
}
