/* SPDX-License-Identifier: GPL-2.0 */
/* For mix.c: the ioctls of backup that do not change the HSM for others. */
#ifndef SELFTESTS_MIX_BACKUP_H
#define SELFTESTS_MIX_BACKUP_H

#include "mix.h"
#include "mix_ioctl.h"

static unsigned char package[CRYPTECH_RPC_MESSAGE_MAX];

/* What all have to be told the same. */
static void step_identity(void)
{
	struct cryptech_ioc_device_identity id = {
		.size = sizeof(id), .spki = (uintptr_t)me.got,
		.spki_len = sizeof(me.got),
	};
	struct cryptech_ioc_master_key master = { .size = sizeof(master) };
	struct cryptech_ioc_uuid_list list = { .size = sizeof(list) };

	expect_ioctl(me.fd, DEVICE_IDENTITY, &id, 0);
	expect(!memcmp(id.fingerprint, world.fingerprint, 32) &&
	       !memcmp(id.serial, world.serial, 16), "another's identity");
	expect_ioctl(me.fd, MASTER_KEY_INFO, &master, 0);
	expect(!memcmp(master.fingerprint, world.master, 32),
	       "another's master key");
	list.uuids = (uintptr_t)me.got;
	list.count = 16;
	expect_ioctl(me.fd, PARKED_LIST, &list, 0);
	expect(!list.count, "PARKED_LIST");
	memset(&list, 0, sizeof(list));
	list.size = sizeof(list);
	list.uuids = (uintptr_t)me.got;
	list.count = 16;
	expect_ioctl(me.fd, KEKEK_LIST, &list, 0);
	expect(list.count <= CRYPTECH_KEKEKS_MAX, "KEKEK_LIST");
}

/* Our own key goes out and comes back. */
static void step_away(void)
{
	struct pair *own = &world.own[me.number];
	struct cryptech_ioc_key_load load = {
		.size = sizeof(load), .der = (uintptr_t)own->der,
		.der_len = own->der_len,
		.key_flags = SIGNS | TOKEN | CRYPTECH_KEY_FLAG_EXPORTABLE,
	};
	struct cryptech_ioc_raw_export out = {
		.size = sizeof(out), .package = (uintptr_t)package,
		.package_len = sizeof(package),
	};
	struct cryptech_ioc_import in = {
		.size = sizeof(in), .package = (uintptr_t)package,
	};

	load.label_len = sprintf(load.label, "%s away", me.label);
	expect_ioctl(me.fd, KEY_LOAD, &load, 0);
	memcpy(out.uuid, load.uuid, 16);
	expect_ioctl(me.fd, RAW_EXPORT, &out, 0);
	expect_delete(load.uuid);
	in.package_len = out.package_len;
	in.drop = draw(2) ? TOKEN : 0;
	expect_ioctl(me.fd, RAW_IMPORT, &in, 0);
	expect(!memcmp(in.uuid, load.uuid, 16) &&
	       in.label_len == load.label_len &&
	       !memcmp(in.label, load.label, in.label_len),
	       "RAW_IMPORT of another key");
	sign_and_check(load.uuid, own->pkey);
	expect_delete(load.uuid);
}

/* The officer's and the wheel's, with a device that is ours alone. */
static void step_officer(void)
{
	struct pair *own = &world.own[me.number];
	struct cryptech_ioc_device_approve approve = {
		.size = sizeof(approve), .spki = (uintptr_t)own->spki,
		.spki_len = own->spki_len,
	};
	struct cryptech_ioc_device_revoke revoke = { .size = sizeof(revoke) };
	struct cryptech_ioc_hashsig_accept accept = {
		.size = sizeof(accept), .decision = CRYPTECH_ACCEPT_FLASH,
	};
	struct cryptech_ioc_policy_set policy = { .size = sizeof(policy) };
	struct cryptech_ioc_shares shares = {
		.size = sizeof(shares), .m = 2, .n = 3,
		.shares = (uintptr_t)me.got,
	};
	unsigned char both[16 + 320], hash[32];
	int fd = another_file();

	fill(approve.serial, 16);
	memcpy(both, approve.serial, 16);
	memcpy(both + 16, own->spki, own->spki_len);
	EVP_Digest(both, 16 + own->spki_len, hash, NULL, EVP_sha256(), NULL);
	memcpy(revoke.serial, approve.serial, 16);
	expect_login(fd, CRYPTECH_USER_SO, SO_PIN);
	expect_ioctl(fd, DEVICE_APPROVE, &approve, 0);
	expect(!memcmp(approve.fingerprint, hash, 32),
	       "DEVICE_APPROVE of another");
	expect_ioctl(fd, DEVICE_REVOKE, &revoke, 0);
	expect_ioctl(fd, HASHSIG_ACCEPT, &accept, EINVAL);
	expect_ioctl(fd, POLICY_SET, &policy, 0);
	expect_ioctl(fd, RECOVERY_CREATE, &shares, 0);
	expect_login(fd, CRYPTECH_USER_WHEEL, WHEEL_PIN);
	expect_ioctl(fd, MASTER_KEY_SHARES, &shares, 0);
	close(fd);
}

/* Single-use KEKEKs; there is room for as many as there are processes. */
static void step_kekek(void)
{
	struct cryptech_ioc_kekek kekek = {
		.size = sizeof(kekek), .statement = (uintptr_t)package,
		.statement_len = sizeof(package),
	};
	struct cryptech_ioc_kekek_delete del = { .size = sizeof(del) };
	int err = ioctl(me.fd, CRYPTECH_IOC_KEKEK_CREATE, &kekek) ? errno : 0;

	/* those of processes that were killed stay until the end */
	if (err == ENOSPC)
		return;
	expect(!err, "KEKEK_CREATE: %d", err);
	memcpy(del.uuid, kekek.uuid, 16);
	kekek.statement_len = sizeof(package);
	expect_ioctl(me.fd, KEKEK_ATTEST, &kekek, 0);
	expect_ioctl(me.fd, KEKEK_DELETE, &del, 0);
	expect_ioctl(me.fd, KEKEK_DELETE, &del, ENOKEY);
}

#endif /* SELFTESTS_MIX_BACKUP_H */
