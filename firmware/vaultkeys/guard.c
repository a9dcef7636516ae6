// SPDX-License-Identifier: MIT
/*
 * The guard's table. In flash it has two places, written by turns: what PREPARE
 * gives goes where the current one is not, and becomes current by COMMIT, in the
 * FPGA. Which of the two that is, nobody has to remember: the FPGA takes only one.
 */
#include "internal.h"

static const uint8_t table_names[2][KS_NAME_SIZE] = { "table 0", "table 1" };

/* --- into the FPGA ----------------------------------------------------------------- */

/* KEY_NOT_FOUND: none is there. KEYWRAP_BAD_MAGIC: it is not of this time. */
static int load_place(struct vaultkeys *vk, unsigned int place)
{
	uint8_t table[VAULT_TABLE_WRAPPED];
	size_t len;
	int error;

	error = ks_read(vk->config.ks, KS_CLASS_TABLE, table_names[place],
			table, sizeof(table), &len);
	if (error == KS_NOT_FOUND)
		return CRYPTECH_ERR_KEY_NOT_FOUND;
	/* One that is damaged is none of this time. */
	if (error || len != sizeof(table))
		return CRYPTECH_ERR_KEYWRAP_BAD_MAGIC;
	error = vault_table_load(vk->fpga, SLOT_STATE, table);
	if (!error)
		vk->current = place;
	return error;
}

/* An FPGA that never committed any begins with an empty one. */
static int load(struct vaultkeys *vk)
{
	for (unsigned int i = 0; i < 2; i++) {
		int error = load_place(vk, i);

		if (error != CRYPTECH_ERR_KEY_NOT_FOUND &&
		    error != CRYPTECH_ERR_KEYWRAP_BAD_MAGIC)
			return error;
	}
	/* Before its first commit the power may have failed, too. */
	return vault_table_new(vk->fpga);
}

/* What no state is of was never finished, or was being deleted. It is out of
 * flash with the next commit. */
static int free_orphans(struct vaultkeys *vk)
{
	struct vault_entry info;
	int error = CRYPTECH_ERR_OK;

	if (!vk->known || vk->unreadable)
		return CRYPTECH_ERR_OK;
	for (unsigned int i = 0; i < VAULT_ENTRIES && !error; i++) {
		error = vault_entry_info(vk->fpga, i, &info);
		if (!error && info.meta && !tree_is_known(vk, info.id))
			error = vault_entry_free(vk->fpga, i);
	}
	return error;
}

static int look(struct vaultkeys *vk, uint32_t *status)
{
	struct fpga_state state;

	if (!vk->fpga)
		return CRYPTECH_ERR_CORE_NOT_FOUND;
	fpga_look(vk->fpga, &state);
	*status = state.status;
	return state.error;
}

int guard_ready(struct vaultkeys *vk)
{
	uint32_t status = 0;
	int error = look(vk, &status);

	if (error)
		return error;
	if (vk->loaded && (status & FPGA_STATUS_GUARD))
		return CRYPTECH_ERR_OK;
	/* A table that this process has not brought may be any. */
	if (!vk->loaded && (status & FPGA_STATUS_GUARD))
		error = vault_zeroise(vk->fpga);
	vk->loaded = false;
	slots_forget(vk);
	if (!error)
		error = slots_key(vk);
	if (!error)
		error = load(vk);
	if (error == CRYPTECH_ERR_FORBIDDEN)
		return CRYPTECH_ERR_KEYSTORE_LOST_DATA;
	if (!error)
		error = free_orphans(vk);
	vk->loaded = !error;
	return error;
}

/* --- entries ------------------------------------------------------------------------ */

int guard_find(struct vaultkeys *vk, const uint8_t id[LMS_ID_SIZE],
	       unsigned int *entry, struct vault_entry *info)
{
	for (*entry = 0; *entry < VAULT_ENTRIES; ++*entry) {
		int error = vault_entry_info(vk->fpga, *entry, info);

		if (error)
			return error;
		if (info->meta && !memcmp(info->id, id, LMS_ID_SIZE))
			return CRYPTECH_ERR_OK;
	}
	return CRYPTECH_ERR_KEYSTORE_LOST_DATA;
}

int guard_find_free(struct vaultkeys *vk, unsigned int *entry)
{
	struct vault_entry info;

	for (*entry = 0; *entry < VAULT_ENTRIES; ++*entry) {
		int error = vault_entry_info(vk->fpga, *entry, &info);

		if (error)
			return error;
		if (!info.meta)
			return CRYPTECH_ERR_OK;
	}
	return CRYPTECH_ERR_HASHSIG_KEY_EXHAUSTED;
}

/* --- commit ------------------------------------------------------------------------- */

/*
 * If anything fails, whether the commit came to be may be unknown; and a floor
 * that was raised and not committed stays raised in the FPGA. So what it holds is
 * dropped, and the next who needs it loads what is current, whichever that is.
 */
int guard_commit(struct vaultkeys *vk, unsigned int entry, uint32_t *q)
{
	unsigned int other = !vk->current;
	uint8_t table[VAULT_TABLE_WRAPPED];
	int error;

	error = vault_prepare(vk->fpga, SLOT_STATE, entry, q, table);
	if (error == CRYPTECH_ERR_HASHSIG_KEY_EXHAUSTED)
		return error;
	if (!error)
		error = vk_store_error(ks_write(vk->config.ks, KS_CLASS_TABLE,
						table_names[other], table,
						sizeof(table), false));
	if (!error)
		error = vault_commit(vk->fpga);
	if (!error) {
		vk->current = other;
		return CRYPTECH_ERR_OK;
	}
	vk->loaded = false;
	vault_zeroise(vk->fpga);
	slots_forget(vk);
	return error == CRYPTECH_ERR_FORBIDDEN ? CRYPTECH_ERR_CORE_NOT_FOUND :
						 error;
}
