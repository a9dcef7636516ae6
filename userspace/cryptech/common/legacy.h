/* SPDX-License-Identifier: MIT */
/*
 * Files of libhal's cryptech_backup, field for field: an object with comment,
 * kekek_uuid, kekek_pubkey and, of a soft KEKEK, kekek_pkcs8 and kekek_salt; with
 * keys in it, also `keys`: {comment, pkcs8, kek, uuid, flags} of private and
 * {comment, spki, uuid, flags} of public ones. Bytes are base64 lines.
 */
#ifndef TOOL_LEGACY_H
#define TOOL_LEGACY_H

#include "bundle.h"
#include "pick.h"

/* Make @bundle of a setup file and keys. Failure ends the process. */
void legacy_export(struct cryptech *hsm, const struct bundle *setup,
		   struct bundle *bundle, const struct pick *pick);

/*
 * Import all keys of such a file, without the flags @drop, telling their old
 * and new UUIDs. Returns how many failed; each was told.
 */
unsigned int legacy_import(struct cryptech *hsm, const struct bundle *bundle,
			   uint32_t drop, bool json);

#endif /* TOOL_LEGACY_H */
