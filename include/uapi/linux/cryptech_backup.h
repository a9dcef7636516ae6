/* SPDX-License-Identifier: (GPL-2.0 WITH Linux-syscall-note) OR MIT */
/*
 * Backup: from one HSM to another (DEVICE_, KEKEK_, TRANSFER_), in libhal's form
 * (LEGACY_), and off the HSM (RAW_). Documentation/backup.rst says how they go
 * together, include/cryptech/rpc.h (functions 0x140 on, which these are one by
 * one) what each does and what it answers.
 *
 * Where something is given out, its `len` is the room there is, all of it
 * writable, and then the length; EOVERFLOW: not enough room, and every `len` is
 * what is needed. Nothing is given out but after success; after EOVERFLOW the
 * fixed fields are. A call that changes something is not sent if its output
 * cannot be written (EFAULT). What it gives can be asked for again, should it be
 * lost all the same: the HSM keeps packages of HSS keys until TRANSFER_ACK or,
 * of a parked one, KEY_DELETE; it acknowledges such an import again, and tells
 * statements and shares as often as it is asked (of RECOVERY_CREATE: create
 * another). So after EFAULT, EOVERFLOW, ETIMEDOUT, a signal and, once logged in
 * again, EREMOTEIO: ask again. The driver itself never sends such a call twice.
 *
 * Packages and statements may be kept anywhere. Shares and a master key are
 * secrets: MASTER_KEY_SET, MASTER_KEY_SHARES, RECOVERY_CREATE and RECOVERY_ARM
 * pass them in clear through the mailbox, kernel memory (wiped after use) and
 * the program (which has to wipe them): for a machine that is trusted for it.
 * One message is all that a call can hold: EINVAL or EMSGSIZE if more goes in.
 *
 * This is a part of <linux/cryptech.h>, which includes it.
 */
#ifndef _UAPI_LINUX_CRYPTECH_BACKUP_H
#define _UAPI_LINUX_CRYPTECH_BACKUP_H

#ifndef _UAPI_LINUX_CRYPTECH_H
#error "include <linux/cryptech.h>"
#endif

/* DEVICE_IDENTITY */
struct cryptech_ioc_device_identity {
	__u32 size;
	__u32 flags;		/* 0 */
	__u32 error;		/* out */
	__u32 spki_len;		/* in: room; out: length */
	__aligned_u64 spki;	/* in: where to: the attestation key */
	__u8 serial[16];	/* out */
	__u8 fingerprint[32];	/* out: of both */
};

/* DEVICE_APPROVE, by the security officer */
struct cryptech_ioc_device_approve {
	__u32 size;
	__u32 flags;		/* 0 */
	__u32 error;		/* out */
	__u32 spki_len;
	__aligned_u64 spki;	/* in: the other device's attestation key */
	__u8 serial[16];	/* in: its serial number */
	__u8 fingerprint[32];	/* out */
	__u32 label_len;	/* at most CRYPTECH_LABEL_MAX */
	__u32 reserved;		/* 0 */
	char label[64];
};

/* DEVICE_REVOKE, by the security officer */
struct cryptech_ioc_device_revoke {
	__u32 size;
	__u32 flags;		/* 0 */
	__u32 error;		/* out */
	__u32 reserved;		/* 0 */
	__u8 serial[16];	/* in */
};

/* DEVICE_LIST: those that are approved, in the order of serial numbers. */
struct cryptech_device_item {
	__u8 serial[16];
	__u8 fingerprint[32];
	__u32 label_len;
	__u32 reserved;		/* 0 */
	char label[64];
};

struct cryptech_ioc_device_list {
	__u32 size;
	__u32 flags;		/* 0 */
	__u32 error;		/* out */
	__u32 count;		/* in: room; out: items; 0: no more */
	__aligned_u64 items;	/* in: struct cryptech_device_item[count] */
	__u8 previous[16];	/* in: go on after this one; zeros: start */
};

/* POLICY_SET, by the security officer */
struct cryptech_ioc_policy_set {
	__u32 size;
	__u32 flags;		/* 0 */
	__u32 error;		/* out */
	__u32 policy;		/* CRYPTECH_POLICY_* */
};

/* KEKEK_CREATE (uuid: out), KEKEK_ATTEST (uuid: in) */
struct cryptech_ioc_kekek {
	__u32 size;
	__u32 flags;		/* 0 */
	__u32 error;		/* out */
	__u32 statement_len;	/* in: room; out: length */
	__aligned_u64 statement; /* in: where to */
	__u8 uuid[16];
};

/* KEKEK_LIST, PARKED_LIST: UUIDs, in their order. */
struct cryptech_ioc_uuid_list {
	__u32 size;
	__u32 flags;		/* 0 */
	__u32 error;		/* out */
	__u32 count;		/* in: room; out: items; 0: no more */
	__aligned_u64 uuids;	/* in: __u8[count][16] */
	__u8 previous[16];	/* in: go on after this one; zeros: start */
};

/* KEKEK_DELETE */
struct cryptech_ioc_kekek_delete {
	__u32 size;
	__u32 flags;		/* 0 */
	__u32 error;		/* out */
	__u32 reserved;		/* 0 */
	__u8 uuid[16];		/* in */
};

/* TRANSFER_EXPORT */
struct cryptech_ioc_transfer_export {
	__u32 size;
	__u32 flags;		/* 0 */
	__u32 error;		/* out */
	__u32 statement_len;
	__aligned_u64 statement; /* in: the destination's, of its KEKEK */
	__aligned_u64 package;	/* in: where to */
	__u32 package_len;	/* in: room; out: length */
	__u32 reserved;		/* 0 */
	__u8 uuid[16];		/* in: the key */
};

/*
 * TRANSFER_IMPORT, RAW_IMPORT (which has no ack). With CRYPTECH_IMPORT_CHECK
 * nothing happens: what would is told, and ack_len is 0. Room for an ack of less
 * than CRYPTECH_ACK_SIZE bytes is EOVERFLOW before anything happens.
 */
#define CRYPTECH_IMPORT_CHECK	1

struct cryptech_ioc_import {
	__u32 size;
	__u32 flags;		/* 0 or CRYPTECH_IMPORT_CHECK */
	__u32 error;		/* out */
	__u32 package_len;
	__aligned_u64 package;	/* in */
	__aligned_u64 ack;	/* in: where to; RAW_IMPORT: 0 */
	__u32 ack_len;		/* in: room; out: length */
	__u32 drop;		/* in: CRYPTECH_KEY_FLAG_* not to have */
	__u32 type;		/* out: CRYPTECH_KEY_* */
	__u32 key_flags;	/* out */
	__u8 uuid[16];		/* out */
	__u32 label_len;	/* out */
	__u32 reserved;		/* 0 */
	char label[64];		/* out */
};

/* TRANSFER_ACK */
struct cryptech_ioc_transfer_ack {
	__u32 size;
	__u32 flags;		/* 0 */
	__u32 error;		/* out */
	__u32 ack_len;
	__aligned_u64 ack;	/* in: what the import gave */
	__u8 uuid[16];		/* out: the key */
};

/* LEGACY_EXPORT; CRYPTECH_POLICY_LEGACY_EXPORT has to be in force */
struct cryptech_ioc_legacy_export {
	__u32 size;
	__u32 flags;		/* 0 */
	__u32 error;		/* out */
	__u32 reserved;		/* 0 */
	__aligned_u64 pkcs8;	/* in: where to */
	__aligned_u64 kek;	/* in: where to */
	__u32 pkcs8_len;	/* in: room; out: length */
	__u32 kek_len;		/* in: room; out: length */
	__u8 uuid[16];		/* in: the key */
	__u8 kekek[16];		/* in: the KEKEK; its public half will do */
};

/* LEGACY_IMPORT, likewise */
struct cryptech_ioc_legacy_import {
	__u32 size;
	__u32 flags;		/* 0 */
	__u32 error;		/* out */
	__u32 key_flags;	/* CRYPTECH_KEY_FLAG_* */
	__aligned_u64 pkcs8;	/* in */
	__aligned_u64 kek;	/* in */
	__u32 pkcs8_len;
	__u32 kek_len;
	__u8 kekek[16];		/* in: the KEKEK */
	__u8 uuid[16];		/* out: the key's new UUID */
	__u32 label_len;	/* at most CRYPTECH_LABEL_MAX */
	__u32 reserved;		/* 0 */
	char label[64];
};

/* RAW_EXPORT */
struct cryptech_ioc_raw_export {
	__u32 size;
	__u32 flags;		/* 0 */
	__u32 error;		/* out */
	__u32 package_len;	/* in: room; out: length */
	__aligned_u64 package;	/* in: where to */
	__u8 uuid[16];		/* in */
};

/* FORGET, by the security officer */
struct cryptech_ioc_forget {
	__u32 size;
	__u32 flags;		/* 0 */
	__u32 error;		/* out */
	__u32 what;		/* CRYPTECH_FORGET_* */
	__u8 uuid[16];		/* in */
};

/* MASTER_KEY_INFO, MASTER_KEY_GENERATE, MASTER_KEY_SET */
#define CRYPTECH_MASTER_KEY_ERASE	1 /* destroy all keys first */

struct cryptech_ioc_master_key {
	__u32 size;
	__u32 flags;		/* 0; GENERATE, SET: or _ERASE */
	__u32 error;		/* out */
	__u32 shares_len;	/* SET: 32, or shares of 80 bytes each; else 0 */
	__aligned_u64 shares;	/* SET, in: the key itself, or shares; else 0 */
	__u8 fingerprint[32];	/* out */
};

/*
 * MASTER_KEY_SHARES, RECOVERY_CREATE: the secret as `n` shares of 80 bytes, of
 * which any `m` give it. The shares are secret.
 */
struct cryptech_ioc_shares {
	__u32 size;
	__u32 flags;		/* 0 */
	__u32 error;		/* out */
	__u32 m;
	__u32 n;
	__u32 reserved;		/* 0 */
	__aligned_u64 shares;	/* in: where to, n * 80 bytes */
	__u8 fingerprint[32];	/* out: of the recovery key */
};

/* RECOVERY_ARM, by the security officer */
struct cryptech_ioc_recovery_arm {
	__u32 size;
	__u32 flags;		/* 0 */
	__u32 error;		/* out */
	__u32 floor;		/* first leaf of the root not used yet */
	__aligned_u64 package;	/* in: the raw package that will come */
	__aligned_u64 shares;	/* in: shares of 80 bytes each */
	__u32 package_len;
	__u32 shares_len;
};

#define CRYPTECH_IOC_DEVICE_IDENTITY \
	_IOWR(CRYPTECH_IOC_MAGIC, 0x28, struct cryptech_ioc_device_identity)
#define CRYPTECH_IOC_DEVICE_APPROVE \
	_IOWR(CRYPTECH_IOC_MAGIC, 0x29, struct cryptech_ioc_device_approve)
#define CRYPTECH_IOC_DEVICE_REVOKE \
	_IOWR(CRYPTECH_IOC_MAGIC, 0x2a, struct cryptech_ioc_device_revoke)
#define CRYPTECH_IOC_DEVICE_LIST \
	_IOWR(CRYPTECH_IOC_MAGIC, 0x2b, struct cryptech_ioc_device_list)
#define CRYPTECH_IOC_POLICY_SET \
	_IOWR(CRYPTECH_IOC_MAGIC, 0x2c, struct cryptech_ioc_policy_set)
#define CRYPTECH_IOC_KEKEK_CREATE \
	_IOWR(CRYPTECH_IOC_MAGIC, 0x2d, struct cryptech_ioc_kekek)
#define CRYPTECH_IOC_KEKEK_ATTEST \
	_IOWR(CRYPTECH_IOC_MAGIC, 0x2e, struct cryptech_ioc_kekek)
#define CRYPTECH_IOC_KEKEK_LIST \
	_IOWR(CRYPTECH_IOC_MAGIC, 0x2f, struct cryptech_ioc_uuid_list)
#define CRYPTECH_IOC_KEKEK_DELETE \
	_IOWR(CRYPTECH_IOC_MAGIC, 0x30, struct cryptech_ioc_kekek_delete)
#define CRYPTECH_IOC_TRANSFER_EXPORT \
	_IOWR(CRYPTECH_IOC_MAGIC, 0x31, struct cryptech_ioc_transfer_export)
#define CRYPTECH_IOC_TRANSFER_IMPORT \
	_IOWR(CRYPTECH_IOC_MAGIC, 0x32, struct cryptech_ioc_import)
#define CRYPTECH_IOC_TRANSFER_ACK \
	_IOWR(CRYPTECH_IOC_MAGIC, 0x33, struct cryptech_ioc_transfer_ack)
#define CRYPTECH_IOC_LEGACY_EXPORT \
	_IOWR(CRYPTECH_IOC_MAGIC, 0x34, struct cryptech_ioc_legacy_export)
#define CRYPTECH_IOC_LEGACY_IMPORT \
	_IOWR(CRYPTECH_IOC_MAGIC, 0x35, struct cryptech_ioc_legacy_import)
#define CRYPTECH_IOC_RAW_EXPORT \
	_IOWR(CRYPTECH_IOC_MAGIC, 0x36, struct cryptech_ioc_raw_export)
#define CRYPTECH_IOC_RAW_IMPORT \
	_IOWR(CRYPTECH_IOC_MAGIC, 0x37, struct cryptech_ioc_import)
#define CRYPTECH_IOC_PARKED_LIST \
	_IOWR(CRYPTECH_IOC_MAGIC, 0x38, struct cryptech_ioc_uuid_list)
#define CRYPTECH_IOC_FORGET \
	_IOWR(CRYPTECH_IOC_MAGIC, 0x39, struct cryptech_ioc_forget)
#define CRYPTECH_IOC_MASTER_KEY_INFO \
	_IOWR(CRYPTECH_IOC_MAGIC, 0x3a, struct cryptech_ioc_master_key)
#define CRYPTECH_IOC_MASTER_KEY_GENERATE \
	_IOWR(CRYPTECH_IOC_MAGIC, 0x3b, struct cryptech_ioc_master_key)
#define CRYPTECH_IOC_MASTER_KEY_SET \
	_IOWR(CRYPTECH_IOC_MAGIC, 0x3c, struct cryptech_ioc_master_key)
#define CRYPTECH_IOC_MASTER_KEY_SHARES \
	_IOWR(CRYPTECH_IOC_MAGIC, 0x3d, struct cryptech_ioc_shares)
#define CRYPTECH_IOC_RECOVERY_CREATE \
	_IOWR(CRYPTECH_IOC_MAGIC, 0x3e, struct cryptech_ioc_shares)
#define CRYPTECH_IOC_RECOVERY_ARM \
	_IOWR(CRYPTECH_IOC_MAGIC, 0x3f, struct cryptech_ioc_recovery_arm)

#endif /* _UAPI_LINUX_CRYPTECH_BACKUP_H */
