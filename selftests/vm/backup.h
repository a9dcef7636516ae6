/* SPDX-License-Identifier: GPL-2.0 */
/*
 * For tests of backup by the typed door: two HSMs, the sessions of each, and
 * the calls. Each call gives 0 or errno; the HSM's error is in hsm_error.
 */
#ifndef SELFTESTS_BACKUP_H
#define SELFTESTS_BACKUP_H

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "hss.h"

#define HSMS		2
#define TOKEN		CRYPTECH_KEY_FLAG_TOKEN
#define SIGNS		CRYPTECH_KEY_FLAG_DIGITALSIGNATURE
#define EXPORTABLE	CRYPTECH_KEY_FLAG_EXPORTABLE
#define SECRET		((unsigned char *)"a message that was signed")

struct blob {
	unsigned int len;
	unsigned char bytes[CRYPTECH_RPC_MESSAGE_MAX];
};

static int user[HSMS], officer[HSMS], wheel[HSMS], anyone[HSMS];
static unsigned int hsm_error;

/* An ioctl whose struct is @arg. */
#define door(fd, name, arg)						\
({									\
	int door_ret = ioctl(fd, CRYPTECH_IOC_##name, arg) ? errno : 0;	\
									\
	hsm_error = (arg)->error;					\
	door_ret;							\
})

/* The errno of each of the HSM's errors. */
static const int errno_of[] = {
#define ERRNO(number, name, value, text) [number] = value,
	CRYPTECH_ERRORS(ERRNO)
#undef ERRNO
};

/* The test point of a call that ends with this error of the HSM. */
#define answers(call, name, ...)					\
	do {								\
		int answers_got = (call);				\
		bool answers_so =					\
			answers_got == errno_of[CRYPTECH_ERR_##name] &&	\
			hsm_error == CRYPTECH_ERR_##name;		\
									\
		if (!answers_so)					\
			printf("# errno %d, the HSM's error %u\n",	\
			       answers_got, hsm_error);			\
		point(answers_so, __VA_ARGS__);				\
	} while (0)

static inline void open_sessions(int n)
{
	user[n] = hsm_session(n, CRYPTECH_USER_NORMAL, USER_PIN);
	officer[n] = hsm_session(n, CRYPTECH_USER_SO, SO_PIN);
	wheel[n] = hsm_session(n, CRYPTECH_USER_WHEEL, WHEEL_PIN);
	anyone[n] = hsm_open(n);
}

static inline void start_hsms(void)
{
	ksft_print_header();
	for (int n = 0; n < HSMS; n++) {
		char command[32];

		snprintf(command, sizeof(command), "hsm-ready %d", n);
		run(command);
		open_sessions(n);
	}
}

/* --- keys ------------------------------------------------------------------ */

struct key {
	unsigned char uuid[16];
	char text[UUID_TEXT];
};

static inline struct key key_new(int fd, unsigned int type, unsigned int flags)
{
	struct key key;

	hsm_generate(fd, type, flags, key.uuid, key.text);
	return key;
}

static inline int key_delete(int fd, const unsigned char *uuid)
{
	struct cryptech_ioc_key_delete arg = { .size = sizeof(arg) };

	memcpy(arg.uuid, uuid, 16);
	return door(fd, KEY_DELETE, &arg);
}

static inline int key_public(int fd, const unsigned char *uuid,
			     struct blob *spki)
{
	struct cryptech_ioc_key_public arg = {
		.size = sizeof(arg),
		.spki = (uintptr_t)spki->bytes,
		.spki_len = sizeof(spki->bytes),
	};
	int ret;

	memcpy(arg.uuid, uuid, 16);
	ret = door(fd, KEY_PUBLIC, &arg);
	spki->len = arg.spki_len;
	return ret;
}

/* Sign SHA-256 of SECRET with an EC or RSA key. */
static inline int key_sign_hash(int fd, const unsigned char *uuid,
				struct blob *sig)
{
	unsigned char hash[32];
	struct cryptech_ioc_sign arg = {
		.size = sizeof(arg),
		.digest = CRYPTECH_DIGEST_SHA256,
		.input = (uintptr_t)hash,
		.input_len = sizeof(hash),
		.signature = (uintptr_t)sig->bytes,
		.signature_len = sizeof(sig->bytes),
	};
	int ret;

	EVP_Digest(SECRET, strlen((char *)SECRET), hash, NULL, EVP_sha256(), NULL);
	memcpy(arg.uuid, uuid, 16);
	ret = door(fd, SIGN, &arg);
	sig->len = arg.signature_len;
	return ret;
}

/* OpenSSL's opinion, by the public half. Not of EC: r and s are not DER. */
static inline bool openssl_verifies(const struct blob *spki,
				    const struct blob *sig)
{
	const unsigned char *p = spki->bytes;
	EVP_PKEY *pkey = d2i_PUBKEY(NULL, &p, spki->len);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok;

	ok = pkey && EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL,
					  pkey) == 1 &&
	     EVP_DigestVerify(ctx, sig->bytes, sig->len, SECRET,
			      strlen((char *)SECRET)) == 1;
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(pkey);
	return ok;
}

static inline int key_verify_hash(int fd, const unsigned char *uuid,
				  const struct blob *sig)
{
	unsigned char hash[32];
	struct cryptech_ioc_verify arg = {
		.size = sizeof(arg),
		.digest = CRYPTECH_DIGEST_SHA256,
		.input = (uintptr_t)hash,
		.input_len = sizeof(hash),
		.signature = (uintptr_t)sig->bytes,
		.signature_len = sig->len,
	};

	EVP_Digest(SECRET, strlen((char *)SECRET), hash, NULL, EVP_sha256(), NULL);
	memcpy(arg.uuid, uuid, 16);
	return door(fd, VERIFY, &arg);
}

/* An HSS key with more flags than those that all have. */
static inline struct hss_key hss_make(int fd, const char *sets,
				      unsigned int flags)
{
	struct cryptech_ioc_hashsig_generate arg = hss_generation(sets, 1);
	struct hss_key key = { .size = 0 };

	arg.key_flags |= flags;
	if (ioctl(fd, CRYPTECH_IOC_HASHSIG_GENERATE, &arg))
		give_up("HASHSIG_GENERATE %s", sets);
	memcpy(key.uuid, arg.uuid, 16);
	hss_wait(fd, key.uuid);
	hss_learn(fd, &key);
	return key;
}

/* Sign until the key is used up, into the ledger: how often it did. */
static inline unsigned int hss_use_up(int fd, const struct hss_key *key,
				      unsigned int request)
{
	struct signature sig;
	unsigned int count = 0;
	int ret;

	for (;; count++, request++) {
		ret = hss_sign(fd, key, request, &request, sizeof(request),
			       &sig);
		if (ret == EAGAIN) {	/* a tree is being rebuilt */
			usleep(10000);
			count--;
			request--;
			continue;
		}
		if (ret)
			break;
		ledger_enter(key, &request, sizeof(request), &sig);
	}
	if (ret != ENOSPC)
		printf("# the key ends with %s\n", strerror(ret));
	return count;
}

/* --- devices and KEKEKs ------------------------------------------------------ */

static inline int identity(int fd, struct cryptech_ioc_device_identity *arg,
			   struct blob *spki)
{
	int ret;

	*arg = (struct cryptech_ioc_device_identity){
		.size = sizeof(*arg),
		.spki_len = sizeof(spki->bytes),
		.spki = (uintptr_t)spki->bytes,
	};
	ret = door(fd, DEVICE_IDENTITY, arg);
	spki->len = arg->spki_len;
	return ret;
}

static inline int approve(int fd, const unsigned char *serial,
			  const struct blob *spki, const char *label,
			  unsigned char *fingerprint)
{
	struct cryptech_ioc_device_approve arg = {
		.size = sizeof(arg),
		.spki_len = spki->len,
		.spki = (uintptr_t)spki->bytes,
		.label_len = strlen(label),
	};
	int ret;

	memcpy(arg.serial, serial, 16);
	memcpy(arg.label, label, arg.label_len);
	ret = door(fd, DEVICE_APPROVE, &arg);
	memcpy(fingerprint, arg.fingerprint, 32);
	return ret;
}

static inline int disapprove(int fd, const unsigned char *serial)
{
	struct cryptech_ioc_device_revoke arg = { .size = sizeof(arg) };

	memcpy(arg.serial, serial, 16);
	return door(fd, DEVICE_REVOKE, &arg);
}

static inline int set_policy(int fd, unsigned int policy)
{
	struct cryptech_ioc_policy_set arg = {
		.size = sizeof(arg),
		.policy = policy,
	};

	return door(fd, POLICY_SET, &arg);
}

static inline int attest(int fd, const unsigned char *uuid,
			 struct blob *statement)
{
	struct cryptech_ioc_kekek arg = {
		.size = sizeof(arg),
		.statement_len = sizeof(statement->bytes),
		.statement = (uintptr_t)statement->bytes,
	};
	int ret;

	memcpy(arg.uuid, uuid, 16);
	ret = door(fd, KEKEK_ATTEST, &arg);
	statement->len = arg.statement_len;
	return ret;
}

static inline int kekek_create(int fd, unsigned char *uuid,
			       struct blob *statement, unsigned int room)
{
	struct cryptech_ioc_kekek arg = {
		.size = sizeof(arg),
		.statement_len = room,
		.statement = (uintptr_t)statement->bytes,
	};
	int ret = door(fd, KEKEK_CREATE, &arg);

	memcpy(uuid, arg.uuid, 16);
	statement->len = arg.statement_len;
	return ret;
}

static inline int kekek_delete(int fd, const unsigned char *uuid)
{
	struct cryptech_ioc_kekek_delete arg = { .size = sizeof(arg) };

	memcpy(arg.uuid, uuid, 16);
	return door(fd, KEKEK_DELETE, &arg);
}

/* How many UUIDs a list has, asked for one by one; the first in @first. */
static inline int count_list(int fd, unsigned long cmd, unsigned char *first)
{
	unsigned char uuid[16];
	struct cryptech_ioc_uuid_list list = {
		.size = sizeof(list),
		.uuids = (uintptr_t)uuid,
	};
	int count;

	for (count = 0;; count++) {
		list.count = 1;
		if (ioctl(fd, cmd, &list))
			give_up("a list");
		if (!list.count)
			return count;
		if (!count)
			memcpy(first, uuid, 16);
		memcpy(list.previous, uuid, 16);
	}
}

#define uuid_list(fd, name, first) \
	count_list(fd, CRYPTECH_IOC_##name, first)

/* --- packages ----------------------------------------------------------------- */

static inline int export_to(int fd, const unsigned char *uuid,
			    const struct blob *statement, void *to,
			    unsigned int *len)
{
	struct cryptech_ioc_transfer_export arg = {
		.size = sizeof(arg),
		.statement_len = statement->len,
		.statement = (uintptr_t)statement->bytes,
		.package = (uintptr_t)to,
		.package_len = *len,
	};
	int ret;

	memcpy(arg.uuid, uuid, 16);
	ret = door(fd, TRANSFER_EXPORT, &arg);
	*len = arg.package_len;
	return ret;
}

static inline int export(int fd, const unsigned char *uuid,
			 const struct blob *statement, struct blob *package)
{
	package->len = sizeof(package->bytes);
	return export_to(fd, uuid, statement, package->bytes, &package->len);
}

/* @ack, without which it is a check: the room in it counts. */
static inline int import(int fd, const struct blob *package, unsigned int drop,
			 struct blob *ack, struct cryptech_ioc_import *arg)
{
	int ret;

	*arg = (struct cryptech_ioc_import){
		.size = sizeof(*arg),
		.flags = ack ? 0 : CRYPTECH_IMPORT_CHECK,
		.package_len = package->len,
		.package = (uintptr_t)package->bytes,
		.ack = ack ? (uintptr_t)ack->bytes : 0,
		.ack_len = ack ? sizeof(ack->bytes) : 0,
		.drop = drop,
	};
	ret = door(fd, TRANSFER_IMPORT, arg);
	if (ack)
		ack->len = arg->ack_len;
	return ret;
}

static inline int acknowledge(int fd, const struct blob *ack,
			      unsigned char *uuid)
{
	struct cryptech_ioc_transfer_ack arg = {
		.size = sizeof(arg),
		.ack_len = ack->len,
		.ack = (uintptr_t)ack->bytes,
	};
	int ret = door(fd, TRANSFER_ACK, &arg);

	memcpy(uuid, arg.uuid, 16);
	return ret;
}

static inline int raw_export(int fd, const unsigned char *uuid,
			     struct blob *package)
{
	struct cryptech_ioc_raw_export arg = {
		.size = sizeof(arg),
		.package = (uintptr_t)package->bytes,
		.package_len = sizeof(package->bytes),
	};
	int ret;

	memcpy(arg.uuid, uuid, 16);
	ret = door(fd, RAW_EXPORT, &arg);
	package->len = arg.package_len;
	return ret;
}

static inline int raw_import(int fd, const struct blob *package,
			     unsigned int drop, unsigned int flags,
			     struct cryptech_ioc_import *arg)
{
	*arg = (struct cryptech_ioc_import){
		.size = sizeof(*arg),
		.flags = flags,
		.package_len = package->len,
		.package = (uintptr_t)package->bytes,
		.drop = drop,
	};
	return door(fd, RAW_IMPORT, arg);
}

static inline int forget(int fd, unsigned int what, const unsigned char *uuid)
{
	struct cryptech_ioc_forget arg = {
		.size = sizeof(arg),
		.what = what,
	};

	memcpy(arg.uuid, uuid, 16);
	return door(fd, FORGET, &arg);
}

static inline int end_of_test(void)
{
	point_is(ledger_bad, 0, "%u leaves, none twice", ledger_count);
	ksft_set_plan(ksft_test_num());
	ksft_print_cnts();
	return ksft_get_fail_cnt() ? 1 : 0;
}

#endif /* SELFTESTS_BACKUP_H */
