// SPDX-License-Identifier: GPL-2.0
/*
 * The typed door of /dev/cryptechN, for backup: each struct is a function of
 * include/cryptech/rpc.h, field by field; see iocmap.h.
 */
#include <linux/build_bug.h>

#include "cryptech.h"
#include "ioctl.h"
#include "iocfields.h"

/* The flags are sent as the word that says whether to check, or to erase. */
static_assert(CRYPTECH_IMPORT_CHECK == 1 && CRYPTECH_MASTER_KEY_ERASE == 1);

static const struct cryptech_iocfield device_item[] = {
	BYTES(device_item, serial), BYTES(device_item, fingerprint),
	LABEL(device_item), {}
};

/* An item that is a UUID and nothing else. */
static const struct cryptech_iocfield uuid_item[] = {
	{ .kind = CRYPTECH_FIELD_BYTES, .size = CRYPTECH_UUID_SIZE }, {}
};

#define UUID_LIST(name)							       \
	MAPPED(name, ioc_uuid_list, 0,					       \
	       FIELDS(PREVIOUS(ioc_uuid_list), COUNT(ioc_uuid_list)),	       \
	       FIELDS(LIST(ioc_uuid_list, uuids, CRYPTECH_UUID_SIZE,	       \
			   uuid_item)))

/* What MASTER_KEY_INFO and MASTER_KEY_GENERATE do not take. */
#define NO_SHARES							       \
	ZERO(ioc_master_key, shares_len), ZERO(ioc_master_key, shares)

const struct cryptech_ioctl cryptech_backup_ioctls[] = {
	MAPPED(DEVICE_IDENTITY, ioc_device_identity, 0,
	       NONE,
	       FIELDS(BYTES(ioc_device_identity, serial),
		      BUFFER(ioc_device_identity, spki),
		      BYTES(ioc_device_identity, fingerprint))),
	MAPPED(DEVICE_APPROVE, ioc_device_approve, 0,
	       FIELDS(ZERO(ioc_device_approve, reserved),
		      BYTES(ioc_device_approve, serial),
		      BUFFER(ioc_device_approve, spki),
		      LABEL(ioc_device_approve)),
	       FIELDS(BYTES(ioc_device_approve, fingerprint))),
	MAPPED(DEVICE_REVOKE, ioc_device_revoke, 0,
	       FIELDS(ZERO(ioc_device_revoke, reserved),
		      BYTES(ioc_device_revoke, serial)),
	       NONE),
	MAPPED(DEVICE_LIST, ioc_device_list, 0,
	       FIELDS(PREVIOUS(ioc_device_list), COUNT(ioc_device_list)),
	       FIELDS(LIST(ioc_device_list, items,
			   sizeof(struct cryptech_device_item), device_item))),
	MAPPED(POLICY_SET, ioc_policy_set, 0,
	       FIELDS(U32(ioc_policy_set, policy)),
	       NONE),
	MAPPED(KEKEK_CREATE, ioc_kekek, 0,
	       NONE,
	       FIELDS(BYTES(ioc_kekek, uuid), BUFFER(ioc_kekek, statement))),
	MAPPED(KEKEK_ATTEST, ioc_kekek, 0,
	       FIELDS(BYTES(ioc_kekek, uuid)),
	       FIELDS(BUFFER(ioc_kekek, statement))),
	UUID_LIST(KEKEK_LIST),
	MAPPED(KEKEK_DELETE, ioc_kekek_delete, 0,
	       FIELDS(ZERO(ioc_kekek_delete, reserved),
		      BYTES(ioc_kekek_delete, uuid)),
	       NONE),
	MAPPED(TRANSFER_EXPORT, ioc_transfer_export, 0,
	       FIELDS(ZERO(ioc_transfer_export, reserved),
		      BYTES(ioc_transfer_export, uuid),
		      BUFFER(ioc_transfer_export, statement)),
	       FIELDS(BUFFER(ioc_transfer_export, package))),
	MAPPED(TRANSFER_IMPORT, ioc_import, CRYPTECH_IMPORT_CHECK,
	       FIELDS(ZERO(ioc_import, reserved), BUFFER(ioc_import, package),
		      U32(ioc_import, drop), U32(ioc_import, flags)),
	       FIELDS(BYTES(ioc_import, uuid), U32(ioc_import, type),
		      U32(ioc_import, key_flags), LABEL(ioc_import),
		      RECEIPT(ioc_import, ack, CRYPTECH_ACK_SIZE))),
	MAPPED(TRANSFER_ACK, ioc_transfer_ack, 0,
	       FIELDS(BUFFER(ioc_transfer_ack, ack)),
	       FIELDS(BYTES(ioc_transfer_ack, uuid))),
	MAPPED(LEGACY_EXPORT, ioc_legacy_export, 0,
	       FIELDS(ZERO(ioc_legacy_export, reserved),
		      BYTES(ioc_legacy_export, uuid),
		      BYTES(ioc_legacy_export, kekek)),
	       FIELDS(BUFFER(ioc_legacy_export, pkcs8),
		      BUFFER(ioc_legacy_export, kek))),
	MAPPED(LEGACY_IMPORT, ioc_legacy_import, 0,
	       FIELDS(ZERO(ioc_legacy_import, reserved),
		      BYTES(ioc_legacy_import, kekek),
		      BUFFER(ioc_legacy_import, pkcs8),
		      BUFFER(ioc_legacy_import, kek),
		      U32(ioc_legacy_import, key_flags),
		      LABEL(ioc_legacy_import)),
	       FIELDS(BYTES(ioc_legacy_import, uuid))),
	MAPPED(RAW_EXPORT, ioc_raw_export, 0,
	       FIELDS(BYTES(ioc_raw_export, uuid)),
	       FIELDS(BUFFER(ioc_raw_export, package))),
	MAPPED(RAW_IMPORT, ioc_import, CRYPTECH_IMPORT_CHECK,
	       FIELDS(ZERO(ioc_import, reserved), ZERO(ioc_import, ack),
		      ZERO(ioc_import, ack_len), BUFFER(ioc_import, package),
		      U32(ioc_import, drop), U32(ioc_import, flags)),
	       FIELDS(BYTES(ioc_import, uuid), U32(ioc_import, type),
		      U32(ioc_import, key_flags), LABEL(ioc_import))),
	UUID_LIST(PARKED_LIST),
	MAPPED(FORGET, ioc_forget, 0,
	       FIELDS(U32(ioc_forget, what), BYTES(ioc_forget, uuid)),
	       NONE),
	MAPPED(MASTER_KEY_INFO, ioc_master_key, 0,
	       FIELDS(NO_SHARES),
	       FIELDS(BYTES(ioc_master_key, fingerprint))),
	MAPPED(MASTER_KEY_GENERATE, ioc_master_key, CRYPTECH_MASTER_KEY_ERASE,
	       FIELDS(NO_SHARES, U32(ioc_master_key, flags)),
	       FIELDS(BYTES(ioc_master_key, fingerprint))),
	MAPPED(MASTER_KEY_SET, ioc_master_key, CRYPTECH_MASTER_KEY_ERASE,
	       FIELDS(U32(ioc_master_key, flags),
		      SHARES(SECRET, ioc_master_key, shares_len)),
	       FIELDS(BYTES(ioc_master_key, fingerprint))),
	MAPPED(MASTER_KEY_SHARES, ioc_shares, 0,
	       FIELDS(ZERO(ioc_shares, reserved), U32(ioc_shares, m),
		      U32(ioc_shares, n)),
	       FIELDS(SHARES(PARTS, ioc_shares, n))),
	MAPPED(RECOVERY_CREATE, ioc_shares, 0,
	       FIELDS(ZERO(ioc_shares, reserved), U32(ioc_shares, m),
		      U32(ioc_shares, n)),
	       FIELDS(BYTES(ioc_shares, fingerprint),
		      SHARES(PARTS, ioc_shares, n))),
	MAPPED(RECOVERY_ARM, ioc_recovery_arm, 0,
	       FIELDS(BUFFER(ioc_recovery_arm, package),
		      U32(ioc_recovery_arm, floor),
		      SHARES(PARTS, ioc_recovery_arm, shares_len)),
	       NONE),
};

const size_t cryptech_backup_ioctl_count = ARRAY_SIZE(cryptech_backup_ioctls);
