// SPDX-License-Identifier: MIT
/*
 * "FPGA", version, and the key wrapped (RFC 5649) under K_flash = KDF(the vault's
 * master key, "open", 0): without that FPGA and its tamper memory it is nothing.
 */
#include "fpga.h"

#include <string.h>

static const uint8_t head[8] = { 'F', 'P', 'G', 'A', 0, 0, 0, 1 };

bool fpga_master_is_sealed(const uint8_t *data, size_t len)
{
	return len == FPGA_SEALED_SIZE && !memcmp(data, head, sizeof(head));
}

/* The first error of all; the slot is wiped whatever happened. */
static int wiped(struct fpga *fpga, int error)
{
	int second = vault_wipe(fpga, FPGA_MASTER_SLOT);

	return error ? error : second;
}

int fpga_master_seal(struct fpga *fpga, const uint8_t key[MASTER_KEY_SIZE],
		     uint8_t sealed[FPGA_SEALED_SIZE])
{
	uint8_t back[MASTER_KEY_SIZE];
	int error = vault_derive(fpga, FPGA_MASTER_SLOT, FPGA_USE_OPEN, 0);

	memcpy(sealed, head, sizeof(head));
	if (!error)
		error = wiped(fpga, vault_seal(fpga, FPGA_MASTER_SLOT, key,
					       MASTER_KEY_SIZE,
					       sealed + sizeof(head)));
	/* What does not open again would be the loss of all keys. */
	if (!error)
		error = fpga_master_unseal(fpga, sealed, back);
	if (!error && !core_equal(back, key, sizeof(back)))
		error = CRYPTECH_ERR_IO_UNEXPECTED;
	core_wipe(back, sizeof(back));
	return error;
}

int fpga_master_unseal(struct fpga *fpga,
		       const uint8_t sealed[FPGA_SEALED_SIZE],
		       uint8_t key[MASTER_KEY_SIZE])
{
	uint8_t plain[FPGA_SEALED_SIZE];
	size_t len = 0;
	int error;

	if (!fpga_master_is_sealed(sealed, FPGA_SEALED_SIZE))
		return CRYPTECH_ERR_KEYWRAP_BAD_MAGIC;
	error = vault_derive(fpga, FPGA_MASTER_SLOT, FPGA_USE_OPEN, 0);
	if (!error)
		error = wiped(fpga, vault_unseal(fpga, FPGA_MASTER_SLOT,
						 sealed + sizeof(head),
						 FPGA_SEALED_SIZE -
						 sizeof(head), plain, &len));
	if (!error && len != MASTER_KEY_SIZE)
		error = CRYPTECH_ERR_KEYWRAP_BAD_MAGIC;
	if (!error)
		memcpy(key, plain, MASTER_KEY_SIZE);
	core_wipe(plain, sizeof(plain));
	return error;
}
