// SPDX-License-Identifier: MIT
/*
 * Which values are in slots: unwrapped when needed, the one that was not used
 * for longest goes first, and stays while somebody uses it.
 *
 * What a slot holds is known by its image, as nothing else can tell it, and an
 * image is of one value alone. An FPGA that was reset has empty slots and says
 * FORBIDDEN; then all that was known of it is forgotten.
 */
#include "internal.h"

/* --- with vk->lock ---------------------------------------------------------------- */

static void forget(struct vaultkeys *vk)
{
	vk->derived = false;
	for (unsigned int i = SLOT_FIRST; i < VAULT_SLOTS; i++)
		vk->places[i].there = false;
}

static int derive(struct vaultkeys *vk)
{
	int error;

	if (!vk->fpga)
		return CRYPTECH_ERR_CORE_NOT_FOUND;
	if (vk->derived)
		return CRYPTECH_ERR_OK;
	error = vault_derive(vk->fpga, SLOT_STATE, FPGA_USE_WRAP, 0);
	vk->derived = !error;
	return error;
}

static struct place *find(struct vaultkeys *vk, const uint8_t image[IMAGE])
{
	for (unsigned int i = SLOT_FIRST; i < VAULT_SLOTS; i++)
		if (vk->places[i].there &&
		    !memcmp(vk->places[i].image, image, IMAGE))
			return &vk->places[i];
	return NULL;
}

/* One that nobody uses; NULL: there is none. */
static struct place *oldest(struct vaultkeys *vk)
{
	struct place *found = NULL;

	for (unsigned int i = SLOT_FIRST; i < VAULT_SLOTS; i++) {
		struct place *place = &vk->places[i];

		if (!place->pins && (!found || place->used < found->used))
			found = place;
	}
	return found;
}

static unsigned int pin(struct vaultkeys *vk, struct place *place)
{
	place->pins++;
	place->used = ++vk->now;
	return place - vk->places;
}

/* An FPGA that has lost K_state gets it once more. */
static int unwrap(struct vaultkeys *vk, struct place *place,
		  const uint8_t image[IMAGE])
{
	unsigned int slot = place - vk->places;
	int error = CRYPTECH_ERR_FORBIDDEN;

	for (int tries = 0; tries < 2 && error == CRYPTECH_ERR_FORBIDDEN;
	     tries++) {
		error = derive(vk);
		if (!error)
			error = vault_unwrap(vk->fpga, SLOT_STATE, slot, image);
		if (error)
			forget(vk);
	}
	if (error == CRYPTECH_ERR_KEYWRAP_BAD_MAGIC)
		return CRYPTECH_ERR_KEYSTORE_LOST_DATA;
	return error == CRYPTECH_ERR_FORBIDDEN ? CRYPTECH_ERR_CORE_NOT_FOUND :
						 error;
}

/* --- slots ------------------------------------------------------------------------- */

/* Into a slot that nobody uses. */
static int fill(struct vaultkeys *vk, const uint8_t image[IMAGE],
		struct place **filled)
{
	struct place *place = oldest(vk);
	int error;

	if (!place)
		return CRYPTECH_ERR_NOT_READY;
	place->there = false;
	error = unwrap(vk, place, image);
	if (error)
		return error;
	memcpy(place->image, image, IMAGE);
	place->there = true;
	*filled = place;
	return CRYPTECH_ERR_OK;
}

int slot_get(struct vaultkeys *vk, const uint8_t image[IMAGE],
	     unsigned int *slot)
{
	int error = CRYPTECH_ERR_OK;
	struct place *place;

	lock_take(&vk->lock);
	place = find(vk, image);
	if (!place)
		error = fill(vk, image, &place);
	if (!error && place)
		*slot = pin(vk, place);
	lock_drop(&vk->lock);
	return error;
}

int slot_new(struct vaultkeys *vk, unsigned int *slot)
{
	struct place *place;
	int error;

	lock_take(&vk->lock);
	error = derive(vk);
	place = error ? NULL : oldest(vk);
	if (!error && !place)
		error = CRYPTECH_ERR_NOT_READY;
	if (!error) {
		place->there = false;
		*slot = pin(vk, place);
		error = vault_wipe(vk->fpga, *slot);
		place->pins -= error != CRYPTECH_ERR_OK;
	}
	lock_drop(&vk->lock);
	return error;
}

void slot_put(struct vaultkeys *vk, unsigned int slot, const uint8_t *image)
{
	struct place *place = &vk->places[slot];

	lock_take(&vk->lock);
	place->pins--;
	if (!image) {
		/* An FPGA that does not answer now is wiped before it does. */
		if (!place->pins)
			vault_wipe(vk->fpga, slot);
		place->there = false;
	} else if (!place->there && vk->derived) {
		memcpy(place->image, image, IMAGE);
		place->there = true;
	}
	lock_drop(&vk->lock);
}

int slot_wrap(struct vaultkeys *vk, unsigned int slot, uint8_t image[IMAGE])
{
	int error = vault_wrap(vk->fpga, SLOT_STATE, slot, image);

	return error == CRYPTECH_ERR_FORBIDDEN ? CRYPTECH_ERR_CORE_NOT_FOUND :
						 error;
}

void slots_forget(struct vaultkeys *vk)
{
	lock_take(&vk->lock);
	forget(vk);
	lock_drop(&vk->lock);
}

int slots_key(struct vaultkeys *vk)
{
	int error;

	lock_take(&vk->lock);
	error = derive(vk);
	lock_drop(&vk->lock);
	return error;
}

int slot_use(struct vaultkeys *vk, const uint8_t image[IMAGE], slot_user *user,
	     void *data)
{
	int error = CRYPTECH_ERR_FORBIDDEN;
	unsigned int slot;

	for (int tries = 0; tries < 2 && error == CRYPTECH_ERR_FORBIDDEN;
	     tries++) {
		error = slot_get(vk, image, &slot);
		if (error)
			return error;
		error = user(data, vk->fpga, slot);
		if (error)
			slots_forget(vk);
		slot_put(vk, slot, error ? NULL : image);
	}
	return error == CRYPTECH_ERR_FORBIDDEN ? CRYPTECH_ERR_CORE_NOT_FOUND :
						 error;
}
