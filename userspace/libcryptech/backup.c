// SPDX-License-Identifier: MIT
/* Backup: keys to other HSMs, off this one and back; the master key. */
#include <errno.h>
#include <string.h>

#include "internal.h"

/* Devices asked for at once. */
#define LIST_CHUNK	32

_Static_assert(CRYPTECH_PACKAGE_MAX == CRYPTECH_RPC_MESSAGE_MAX,
	       "a package is never longer than a message");

/* What an ioctl takes: lengths there are 32 bits wide. */
static uint32_t room(const size_t *len)
{
	return *len < UINT32_MAX ? *len : UINT32_MAX;
}

/* A length goes out if it is the output's, or the room that it needs. */
static int set_len(size_t *len, uint32_t got, int ret)
{
	if (!ret || ret == -EOVERFLOW)
		*len = got;
	return ret;
}

/* --- devices --------------------------------------------------------------- */

int cryptech_device_identity(struct cryptech *hsm, uint8_t serial[16],
			     uint8_t fingerprint[32], void *spki,
			     size_t *spki_len)
{
	struct cryptech_ioc_device_identity arg = {
		.size = sizeof(arg),
		.spki_len = room(spki_len),
		.spki = (uintptr_t)spki,
	};
	int ret;

	ret = lib_call(hsm, CRYPTECH_IOC_DEVICE_IDENTITY, &arg, &arg.error);
	if (!ret) {
		memcpy(serial, arg.serial, sizeof(arg.serial));
		memcpy(fingerprint, arg.fingerprint, sizeof(arg.fingerprint));
	}
	return set_len(spki_len, arg.spki_len, ret);
}

int cryptech_device_approve(struct cryptech *hsm, const uint8_t serial[16],
			    const void *spki, size_t spki_len,
			    const char *label, uint8_t fingerprint[32])
{
	struct cryptech_ioc_device_approve arg = {
		.size = sizeof(arg),
		.spki_len = room(&spki_len),
		.spki = (uintptr_t)spki,
	};
	int ret;

	hsm->error = CRYPTECH_ERR_OK;
	ret = lib_label(label, arg.label, &arg.label_len);
	if (ret)
		return ret;
	memcpy(arg.serial, serial, sizeof(arg.serial));
	ret = lib_call(hsm, CRYPTECH_IOC_DEVICE_APPROVE, &arg, &arg.error);
	if (!ret)
		memcpy(fingerprint, arg.fingerprint, sizeof(arg.fingerprint));
	return ret;
}

int cryptech_device_revoke(struct cryptech *hsm, const uint8_t serial[16])
{
	struct cryptech_ioc_device_revoke arg = { .size = sizeof(arg) };

	memcpy(arg.serial, serial, sizeof(arg.serial));
	return lib_call(hsm, CRYPTECH_IOC_DEVICE_REVOKE, &arg, &arg.error);
}

int cryptech_device_list(struct cryptech *hsm, const uint8_t *previous,
			 struct cryptech_approved *devices, size_t *count)
{
	struct cryptech_device_item items[LIST_CHUNK];
	struct cryptech_ioc_device_list arg = {
		.size = sizeof(arg),
		.count = *count < LIST_CHUNK ? *count : LIST_CHUNK,
		.items = (uintptr_t)items,
	};
	uint32_t most = arg.count, i;
	int ret;

	if (previous)
		memcpy(arg.previous, previous, sizeof(arg.previous));
	ret = lib_call(hsm, CRYPTECH_IOC_DEVICE_LIST, &arg, &arg.error);
	if (ret)
		return ret;
	if (arg.count > most)
		return -EPROTO;
	for (i = 0; i < arg.count; i++) {
		memcpy(devices[i].serial, items[i].serial,
		       sizeof(items[i].serial));
		memcpy(devices[i].fingerprint, items[i].fingerprint,
		       sizeof(items[i].fingerprint));
		lib_take_label(devices[i].label, &devices[i].label_len,
			       items[i].label, items[i].label_len);
	}
	*count = arg.count;
	return 0;
}

int cryptech_policy_set(struct cryptech *hsm, uint32_t policy)
{
	struct cryptech_ioc_policy_set arg = {
		.size = sizeof(arg),
		.policy = policy,
	};

	return lib_call(hsm, CRYPTECH_IOC_POLICY_SET, &arg, &arg.error);
}

/* --- KEKEKs ---------------------------------------------------------------- */

int cryptech_kekek_create(struct cryptech *hsm, uint8_t uuid[16],
			  void *statement, size_t *statement_len)
{
	struct cryptech_ioc_kekek arg = {
		.size = sizeof(arg),
		.statement_len = room(statement_len),
		.statement = (uintptr_t)statement,
	};
	int ret;

	ret = lib_call(hsm, CRYPTECH_IOC_KEKEK_CREATE, &arg, &arg.error);
	if (!ret || ret == -EOVERFLOW)	/* it was made all the same */
		memcpy(uuid, arg.uuid, sizeof(arg.uuid));
	return set_len(statement_len, arg.statement_len, ret);
}

int cryptech_kekek_attest(struct cryptech *hsm, const uint8_t uuid[16],
			  void *statement, size_t *statement_len)
{
	struct cryptech_ioc_kekek arg = {
		.size = sizeof(arg),
		.statement_len = room(statement_len),
		.statement = (uintptr_t)statement,
	};
	int ret;

	memcpy(arg.uuid, uuid, sizeof(arg.uuid));
	ret = lib_call(hsm, CRYPTECH_IOC_KEKEK_ATTEST, &arg, &arg.error);
	return set_len(statement_len, arg.statement_len, ret);
}

static int uuid_list(struct cryptech *hsm, unsigned long request,
		     const uint8_t *previous, uint8_t (*uuids)[16],
		     size_t *count)
{
	struct cryptech_ioc_uuid_list arg = {
		.size = sizeof(arg),
		.count = room(count),
		.uuids = (uintptr_t)uuids,
	};
	int ret;

	if (previous)
		memcpy(arg.previous, previous, sizeof(arg.previous));
	ret = lib_call(hsm, request, &arg, &arg.error);
	if (!ret)
		*count = arg.count;
	return ret;
}

int cryptech_kekek_list(struct cryptech *hsm, const uint8_t *previous,
			uint8_t (*uuids)[16], size_t *count)
{
	return uuid_list(hsm, CRYPTECH_IOC_KEKEK_LIST, previous, uuids, count);
}

int cryptech_parked_list(struct cryptech *hsm, const uint8_t *previous,
			 uint8_t (*uuids)[16], size_t *count)
{
	return uuid_list(hsm, CRYPTECH_IOC_PARKED_LIST, previous, uuids,
			 count);
}

int cryptech_kekek_delete(struct cryptech *hsm, const uint8_t uuid[16])
{
	struct cryptech_ioc_kekek_delete arg = { .size = sizeof(arg) };

	memcpy(arg.uuid, uuid, sizeof(arg.uuid));
	return lib_call(hsm, CRYPTECH_IOC_KEKEK_DELETE, &arg, &arg.error);
}

/* --- from one HSM to another ----------------------------------------------- */

int cryptech_transfer_export(struct cryptech *hsm, const uint8_t uuid[16],
			     const void *statement, size_t statement_len,
			     void *package, size_t *package_len)
{
	struct cryptech_ioc_transfer_export arg = {
		.size = sizeof(arg),
		.statement_len = room(&statement_len),
		.statement = (uintptr_t)statement,
		.package = (uintptr_t)package,
		.package_len = room(package_len),
	};
	int ret;

	memcpy(arg.uuid, uuid, sizeof(arg.uuid));
	ret = lib_call(hsm, CRYPTECH_IOC_TRANSFER_EXPORT, &arg, &arg.error);
	return set_len(package_len, arg.package_len, ret);
}

/* Either import, as @arg says. */
static int import(struct cryptech *hsm, unsigned long request,
		  struct cryptech_ioc_import *arg, bool check,
		  struct cryptech_key *key)
{
	int ret;

	arg->size = sizeof(*arg);
	arg->flags = check ? CRYPTECH_IMPORT_CHECK : 0;
	ret = lib_call(hsm, request, arg, &arg->error);
	if (ret)
		return ret;
	memset(key, 0, sizeof(*key));
	memcpy(key->uuid, arg->uuid, sizeof(key->uuid));
	key->type = arg->type;
	key->flags = arg->key_flags;
	lib_take_label(key->label, &key->label_len, arg->label,
		       arg->label_len);
	return 0;
}

int cryptech_transfer_import(struct cryptech *hsm, const void *package,
			     size_t package_len, uint32_t drop, bool check,
			     struct cryptech_key *key,
			     uint8_t ack[CRYPTECH_ACK_SIZE])
{
	struct cryptech_ioc_import arg = {
		.package_len = room(&package_len),
		.package = (uintptr_t)package,
		.ack = check ? 0 : (uintptr_t)ack,
		.ack_len = check ? 0 : CRYPTECH_ACK_SIZE,
		.drop = drop,
	};
	int ret;

	ret = import(hsm, CRYPTECH_IOC_TRANSFER_IMPORT, &arg, check, key);
	if (!ret && arg.ack_len != (check ? 0 : CRYPTECH_ACK_SIZE))
		return -EPROTO;
	return ret;
}

int cryptech_transfer_ack(struct cryptech *hsm, const void *ack,
			  size_t ack_len, uint8_t uuid[16])
{
	struct cryptech_ioc_transfer_ack arg = {
		.size = sizeof(arg),
		.ack_len = room(&ack_len),
		.ack = (uintptr_t)ack,
	};
	int ret;

	ret = lib_call(hsm, CRYPTECH_IOC_TRANSFER_ACK, &arg, &arg.error);
	if (!ret)
		memcpy(uuid, arg.uuid, sizeof(arg.uuid));
	return ret;
}

int cryptech_legacy_export(struct cryptech *hsm, const uint8_t uuid[16],
			   const uint8_t kekek[16], void *pkcs8,
			   size_t *pkcs8_len, void *kek, size_t *kek_len)
{
	struct cryptech_ioc_legacy_export arg = {
		.size = sizeof(arg),
		.pkcs8 = (uintptr_t)pkcs8,
		.kek = (uintptr_t)kek,
		.pkcs8_len = room(pkcs8_len),
		.kek_len = room(kek_len),
	};
	int ret;

	memcpy(arg.uuid, uuid, sizeof(arg.uuid));
	memcpy(arg.kekek, kekek, sizeof(arg.kekek));
	ret = lib_call(hsm, CRYPTECH_IOC_LEGACY_EXPORT, &arg, &arg.error);
	set_len(pkcs8_len, arg.pkcs8_len, ret);
	return set_len(kek_len, arg.kek_len, ret);
}

int cryptech_legacy_import(struct cryptech *hsm, const uint8_t kekek[16],
			   const void *pkcs8, size_t pkcs8_len,
			   const void *kek, size_t kek_len, uint32_t flags,
			   const char *label, uint8_t uuid[16])
{
	struct cryptech_ioc_legacy_import arg = {
		.size = sizeof(arg),
		.key_flags = flags,
		.pkcs8 = (uintptr_t)pkcs8,
		.kek = (uintptr_t)kek,
		.pkcs8_len = room(&pkcs8_len),
		.kek_len = room(&kek_len),
	};
	int ret;

	hsm->error = CRYPTECH_ERR_OK;
	ret = lib_label(label, arg.label, &arg.label_len);
	if (ret)
		return ret;
	memcpy(arg.kekek, kekek, sizeof(arg.kekek));
	ret = lib_call(hsm, CRYPTECH_IOC_LEGACY_IMPORT, &arg, &arg.error);
	if (!ret)
		memcpy(uuid, arg.uuid, sizeof(arg.uuid));
	return ret;
}

/* --- off the HSM ----------------------------------------------------------- */

int cryptech_raw_export(struct cryptech *hsm, const uint8_t uuid[16],
			void *package, size_t *package_len)
{
	struct cryptech_ioc_raw_export arg = {
		.size = sizeof(arg),
		.package_len = room(package_len),
		.package = (uintptr_t)package,
	};
	int ret;

	memcpy(arg.uuid, uuid, sizeof(arg.uuid));
	ret = lib_call(hsm, CRYPTECH_IOC_RAW_EXPORT, &arg, &arg.error);
	return set_len(package_len, arg.package_len, ret);
}

int cryptech_raw_import(struct cryptech *hsm, const void *package,
			size_t package_len, uint32_t drop, bool check,
			struct cryptech_key *key)
{
	struct cryptech_ioc_import arg = {
		.package_len = room(&package_len),
		.package = (uintptr_t)package,
		.drop = drop,
	};

	return import(hsm, CRYPTECH_IOC_RAW_IMPORT, &arg, check, key);
}

int cryptech_forget(struct cryptech *hsm, uint32_t what,
		    const uint8_t uuid[16])
{
	struct cryptech_ioc_forget arg = {
		.size = sizeof(arg),
		.what = what,
	};

	memcpy(arg.uuid, uuid, sizeof(arg.uuid));
	return lib_call(hsm, CRYPTECH_IOC_FORGET, &arg, &arg.error);
}

/* --- the master key -------------------------------------------------------- */

static int master_key(struct cryptech *hsm, unsigned long request, bool erase,
		      const void *shares, size_t shares_len,
		      uint8_t fingerprint[32])
{
	struct cryptech_ioc_master_key arg = {
		.size = sizeof(arg),
		.flags = erase ? CRYPTECH_MASTER_KEY_ERASE : 0,
		.shares_len = room(&shares_len),
		.shares = (uintptr_t)shares,
	};
	int ret;

	ret = lib_call(hsm, request, &arg, &arg.error);
	if (!ret)
		memcpy(fingerprint, arg.fingerprint, sizeof(arg.fingerprint));
	return ret;
}

int cryptech_master_key_info(struct cryptech *hsm, uint8_t fingerprint[32])
{
	return master_key(hsm, CRYPTECH_IOC_MASTER_KEY_INFO, false, NULL, 0,
			  fingerprint);
}

int cryptech_master_key_generate(struct cryptech *hsm, bool erase,
				 uint8_t fingerprint[32])
{
	return master_key(hsm, CRYPTECH_IOC_MASTER_KEY_GENERATE, erase, NULL, 0,
			  fingerprint);
}

int cryptech_master_key_set(struct cryptech *hsm, bool erase,
			    const void *shares, size_t shares_len,
			    uint8_t fingerprint[32])
{
	return master_key(hsm, CRYPTECH_IOC_MASTER_KEY_SET, erase, shares,
			  shares_len, fingerprint);
}

static int make_shares(struct cryptech *hsm, unsigned long request,
		       unsigned int m, unsigned int n,
		       uint8_t (*shares)[CRYPTECH_SHARE_SIZE],
		       uint8_t *fingerprint)
{
	struct cryptech_ioc_shares arg = {
		.size = sizeof(arg),
		.m = m,
		.n = n,
		.shares = (uintptr_t)shares,
	};
	int ret;

	ret = lib_call(hsm, request, &arg, &arg.error);
	if (!ret && fingerprint)
		memcpy(fingerprint, arg.fingerprint, sizeof(arg.fingerprint));
	return ret;
}

int cryptech_master_key_shares(struct cryptech *hsm, unsigned int m,
			       unsigned int n,
			       uint8_t (*shares)[CRYPTECH_SHARE_SIZE])
{
	return make_shares(hsm, CRYPTECH_IOC_MASTER_KEY_SHARES, m, n, shares,
			   NULL);
}

int cryptech_recovery_create(struct cryptech *hsm, unsigned int m,
			     unsigned int n,
			     uint8_t (*shares)[CRYPTECH_SHARE_SIZE],
			     uint8_t fingerprint[32])
{
	return make_shares(hsm, CRYPTECH_IOC_RECOVERY_CREATE, m, n, shares,
			   fingerprint);
}

int cryptech_recovery_arm(struct cryptech *hsm, const void *package,
			  size_t package_len, uint32_t floor,
			  const void *shares, size_t shares_len)
{
	struct cryptech_ioc_recovery_arm arg = {
		.size = sizeof(arg),
		.floor = floor,
		.package = (uintptr_t)package,
		.shares = (uintptr_t)shares,
		.package_len = room(&package_len),
		.shares_len = room(&shares_len),
	};

	return lib_call(hsm, CRYPTECH_IOC_RECOVERY_ARM, &arg, &arg.error);
}
