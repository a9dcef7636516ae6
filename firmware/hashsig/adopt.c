// SPDX-License-Identifier: MIT
/*
 * Adopting: a key comes from another HSM.
 *
 * The state record that makes it a key names the KEKEK by which it came; that
 * is the KEKEK's end, and if the power fails before its record reads zero the
 * next start sees to it.
 */
#include "root_internal.h"

/* --- the key -------------------------------------------------------------- */

/* One of the same name, or the same tree under another. */
static bool stands(const struct roots *roots, const struct root_facts *facts)
{
	const struct root *root;

	for (root = roots->first; root; root = root->next)
		if (!memcmp(root->facts.uuid, facts->uuid,
			    sizeof(facts->uuid)) ||
		    (!root->places->unread &&
		     !memcmp(root->facts.id, facts->id, sizeof(facts->id))))
			return true;
	return false;
}

static bool is_kekek(struct roots *roots, const uint8_t *uuid)
{
	size_t len = 0;

	return kekek_read(roots, uuid, NULL, 0, &len) !=
	       CRYPTECH_ERR_KEY_NOT_FOUND;
}

static int enter(struct roots *roots, struct root *root, const uint8_t *kekek)
{
	int error = root_begin(roots);

	if (!error && stands(roots, &root->facts))
		error = CRYPTECH_ERR_KEY_NAME_IN_USE;
	if (!error && kekek && !is_kekek(roots, kekek))
		error = CRYPTECH_ERR_KEY_NOT_FOUND;
	if (error)
		return error;
	root->generation = 1;
	root->places->moved = true;
	if (kekek && !HS_MUTATED(HS_MUT_KEKEK_LIVES))
		memcpy(root->places->kekek, kekek,
		       sizeof(root->places->kekek));
	return root_enter(roots, root, NULL);
}

int root_adopt(struct roots *roots, const uint8_t *body, size_t len,
	       const uint8_t *kekek, struct root **out)
{
	struct root *root;
	int error = body_get(body, len, &root);

	*out = NULL;
	if (error)
		return error;
	error = enter(roots, root, kekek);
	if (error) {
		root_free(root);
		return error;
	}
	if (kekek && !HS_MUTATED(HS_MUT_KEKEK_LIVES))
		error = kekek_spend(roots, kekek);
	if (error) {
		root->damage = error;
		return error;
	}
	*out = root;
	return CRYPTECH_ERR_OK;
}

bool root_came_by(const struct root *root, const uint8_t *kekek)
{
	return !root->places->unread &&
	       !memcmp(root->places->kekek, kekek,
		       sizeof(root->places->kekek));
}

/* --- imports under way ---------------------------------------------------- */

int import_begin(struct roots *roots, const uint8_t *uuid)
{
	int error = anchor_ready(roots);

	return error ? error :
	       root_error(ks_write(roots->ks, KS_CLASS_IMPORT, uuid, uuid,
				   CRYPTECH_UUID_SIZE, false));
}

int import_end(struct roots *roots, const uint8_t *uuid)
{
	int ret = ks_delete(roots->ks, KS_CLASS_IMPORT, uuid);

	return root_error(ret == KS_NOT_FOUND ? KS_OK : ret);
}

/* Before anybody reads KEY records. A state that cannot be read may be the
 * import's: then the KEY record stays. */
int imports_recover(struct roots *roots)
{
	uint8_t name[KS_NAME_SIZE];
	const uint8_t *last = NULL;
	int error = CRYPTECH_ERR_OK;

	while (!error && !ks_next(roots->ks, KS_CLASS_IMPORT, last, name,
				  NULL)) {
		const struct root *root = roots_find(roots, name);
		int ret = KS_OK;

		last = name;
		if ((!root || root->parked) && !HS_MUTATED(HS_MUT_KEY_STAYS)) {
			root_log(roots, name, "it was being imported, and is "
				 "not");
			ret = ks_delete(roots->ks, KS_CLASS_KEY, name);
		}
		error = root_error(ret == KS_NOT_FOUND ? KS_OK : ret);
		if (!error)
			error = import_end(roots, name);
	}
	return error;
}
