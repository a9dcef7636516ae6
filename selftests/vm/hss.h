/* SPDX-License-Identifier: GPL-2.0 */
/*
 * For tests of HSS keys: the calls, and a ledger of the leaves that signed.
 */
#ifndef SELFTESTS_HSS_H
#define SELFTESTS_HSS_H

#include <openssl/evp.h>

#include <cryptech/hss.h>

#include "keys.h"

#define HSS_FLAGS	(CRYPTECH_KEY_FLAG_TOKEN | \
			 CRYPTECH_KEY_FLAG_DIGITALSIGNATURE)
#define SIGNATURE_MAX	CRYPTECH_HSS_SIGNATURE_MAX

struct hss_key {
	unsigned char uuid[16];
	char text[UUID_TEXT];
	unsigned char public[CRYPTECH_HSS_PUBLIC_MAX];
	size_t public_len;
	unsigned int size;	/* of a signature */
};

struct signature {
	unsigned char bytes[SIGNATURE_MAX + 1];
	unsigned int len;
	unsigned int error;
	unsigned long long left;
};

/* --- calls ---------------------------------------------------------------- */

static inline struct cryptech_ioc_hashsig_generate
hss_generation(const char *sets, unsigned int reserve)
{
	struct cryptech_ioc_hashsig_generate arg = {
		.size = sizeof(arg),
		.reserve = reserve,
		.key_flags = HSS_FLAGS,
	};
	struct lms_params params[CRYPTECH_HSS_LEVELS_MAX];
	unsigned int i;

	if (!hss_parse(sets, &arg.levels, params))
		give_up("%s", sets);
	for (i = 0; i < arg.levels; i++) {
		arg.level[i].lms = params[i].lms;
		arg.level[i].lmots = params[i].lmots;
	}
	return arg;
}

/* 0 or errno; the state of the job in *state. */
static inline int hss_job(int fd, const unsigned char *uuid,
			  struct cryptech_ioc_hashsig_job *job)
{
	memset(job, 0, sizeof(*job));
	job->size = sizeof(*job);
	memcpy(job->uuid, uuid, 16);
	return ioctl(fd, CRYPTECH_IOC_HASHSIG_JOB, job) ? errno : 0;
}

static inline void hss_wait(int fd, const unsigned char *uuid)
{
	struct cryptech_ioc_hashsig_job job;

	do {
		usleep(5000);
		errno = hss_job(fd, uuid, &job);
		if (errno)
			give_up("HASHSIG_JOB");
	} while (job.state == CRYPTECH_JOB_RUNNING);
	if (job.state != CRYPTECH_JOB_DONE)
		give_up("the job's state is %u, error %u", job.state,
			job.job_error);
}

/* What else is known of a key whose UUID is. */
static inline void hss_learn(int fd, struct hss_key *key)
{
	struct cryptech_ioc_hashsig_info info = { .size = sizeof(info) };
	unsigned char spki[256];
	struct cryptech_ioc_key_public pub = {
		.size = sizeof(pub),
		.spki_len = sizeof(spki),
		.spki = (uintptr_t)spki,
	};
	struct lms_params params[CRYPTECH_HSS_LEVELS_MAX];
	unsigned int i;

	uuid_format(key->text, key->uuid);
	memcpy(info.uuid, key->uuid, 16);
	memcpy(pub.uuid, key->uuid, 16);
	if (ioctl(fd, CRYPTECH_IOC_HASHSIG_INFO, &info) ||
	    ioctl(fd, CRYPTECH_IOC_KEY_PUBLIC, &pub))
		give_up("what is %s", key->text);
	for (i = 0; i < info.levels; i++)
		if (!lms_params(&params[i], info.level[i].lms,
				info.level[i].lmots))
			give_up("level %u", i);
	key->size = hss_signature_size(params, info.levels);
	/* RFC 9708: the BIT STRING ends with the key as RFC 8554 has it */
	key->public_len = 4 + lms_public_size(&params[0]);
	memcpy(key->public, spki + pub.spki_len - key->public_len,
	       key->public_len);
}

static inline struct hss_key hss_new(int fd, const char *sets,
				     unsigned int reserve)
{
	struct cryptech_ioc_hashsig_generate arg;
	struct hss_key key = { .size = 0 };

	arg = hss_generation(sets, reserve);
	if (ioctl(fd, CRYPTECH_IOC_HASHSIG_GENERATE, &arg))
		give_up("HASHSIG_GENERATE %s", sets);
	memcpy(key.uuid, arg.uuid, 16);
	hss_wait(fd, key.uuid);
	hss_learn(fd, &key);
	return key;
}

static inline struct cryptech_ioc_hashsig_info
hss_info(int fd, const struct hss_key *key)
{
	struct cryptech_ioc_hashsig_info info = { .size = sizeof(info) };

	memcpy(info.uuid, key->uuid, 16);
	if (ioctl(fd, CRYPTECH_IOC_HASHSIG_INFO, &info))
		give_up("HASHSIG_INFO");
	return info;
}

static inline unsigned long long hss_left(int fd, const struct hss_key *key)
{
	return hss_info(fd, key).left;
}

/* Requests are told apart by a number; 0 or errno. */
static inline int hss_sign_to(int fd, const struct hss_key *key,
			      unsigned int request, const void *message,
			      unsigned int len, void *to,
			      struct signature *sig)
{
	struct cryptech_ioc_sign arg = {
		.size = sizeof(arg),
		.flags = CRYPTECH_SIGN_ONCE,
		.input = (uintptr_t)message,
		.input_len = len,
		.signature = (uintptr_t)to,
		.signature_len = SIGNATURE_MAX,
	};
	int ret;

	memcpy(arg.uuid, key->uuid, 16);
	memcpy(arg.request_id, &request, sizeof(request));
	ret = ioctl(fd, CRYPTECH_IOC_SIGN, &arg) ? errno : 0;
	sig->len = arg.signature_len;
	sig->error = arg.error;
	sig->left = arg.left;
	return ret;
}

static inline int hss_sign(int fd, const struct hss_key *key,
			   unsigned int request, const void *message,
			   unsigned int len, struct signature *sig)
{
	return hss_sign_to(fd, key, request, message, len, sig->bytes, sig);
}

static inline int hss_verify(int fd, const struct hss_key *key,
			     const void *message, unsigned int len,
			     const void *signature, unsigned int signature_len)
{
	struct cryptech_ioc_verify arg = {
		.size = sizeof(arg),
		.flags = CRYPTECH_SIGN_ONCE,
		.input = (uintptr_t)message,
		.input_len = len,
		.signature = (uintptr_t)signature,
		.signature_len = signature_len,
	};

	memcpy(arg.uuid, key->uuid, 16);
	return ioctl(fd, CRYPTECH_IOC_VERIFY, &arg) ? errno : 0;
}

/* The same by keyctl, with the key that stands in a keyring. */
static inline int key_sign(key_serial_t key, const void *message, size_t len,
			   struct signature *sig)
{
	long ret = keyctl_pkey_sign(key, "", message, len, sig->bytes,
				    SIGNATURE_MAX);
	struct keyctl_pkey_query query;

	if (ret < 0 && errno == EINVAL) {
		/* the core knows how long they are, and takes no more room */
		if (keyctl_pkey_query(key, "", &query))
			return errno;
		ret = keyctl_pkey_sign(key, "", message, len, sig->bytes,
				       query.max_sig_size);
	}
	if (ret < 0)
		return errno;
	sig->len = ret;
	return 0;
}

/* @signature has to be readable for as long as the key's signatures are. */
static inline int key_verify(key_serial_t key, const void *message, size_t len,
			     const void *signature, size_t signature_len)
{
	return keyctl_pkey_verify(key, "", message, len, signature,
				  signature_len) ? errno : 0;
}

static inline key_serial_t use_key(const struct hss_key *key)
{
	long serial = add("cryptech", key->text, KEY_SPEC_SESSION_KEYRING,
			  "use %s", key->text);

	if (serial < 0) {
		errno = -serial;
		give_up("use %s", key->text);
	}
	return serial;
}

/* --- the ledger ------------------------------------------------------------ */

/*
 * Every leaf that was seen in a signature, root and lower ones, with what it
 * signed and how. A leaf may be seen again with the same only.
 */
struct leaf {
	unsigned char id[CRYPTECH_LMS_I_SIZE];
	uint32_t q;
	unsigned char what[32];
};

static struct leaf ledger[8192];
static unsigned int ledger_count, ledger_bad;

static inline void ledger_leaf(const struct leaf *leaf)
{
	unsigned int i;

	for (i = 0; i < ledger_count; i++) {
		if (memcmp(ledger[i].id, leaf->id, sizeof(leaf->id)) ||
		    ledger[i].q != leaf->q)
			continue;
		if (!memcmp(ledger[i].what, leaf->what, sizeof(leaf->what)))
			return;
		printf("# leaf %u signed twice\n", leaf->q);
		ledger_bad++;
		return;
	}
	if (ledger_count == sizeof(ledger) / sizeof(ledger[0]))
		give_up("the ledger is full");
	ledger[ledger_count++] = *leaf;
}

/* Enter a signature that was given out over @message. */
static inline void ledger_enter(const struct hss_key *key,
				const void *message, size_t message_len,
				const struct signature *sig)
{
	struct hss_step steps[CRYPTECH_HSS_LEVELS_MAX];
	struct lms_public root;
	unsigned int levels, i;
	struct leaf leaf;
	EVP_MD_CTX *hash;
	size_t used;

	if (!hss_get_public(key->public, key->public_len, &levels, &root) ||
	    !hss_get_signature(sig->bytes, sig->len, levels, &root, steps,
			       &used) || used != sig->len) {
		printf("# not a signature, %u bytes\n", sig->len);
		ledger_bad++;
		return;
	}
	for (i = 0; i < levels; i++) {
		memcpy(leaf.id, steps[i].key.id, sizeof(leaf.id));
		leaf.q = steps[i].signature.q;
		hash = EVP_MD_CTX_new();
		EVP_DigestInit(hash, EVP_sha256());
		EVP_DigestUpdate(hash, steps[i].signature.c,
				 lmots_signature_size(&steps[i].key.params) - 4);
		if (i + 1 < levels)
			EVP_DigestUpdate(hash, steps[i + 1].key.bytes,
					 lms_public_size(&steps[i + 1].key.params));
		else
			EVP_DigestUpdate(hash, message, message_len);
		EVP_DigestFinal(hash, leaf.what, NULL);
		EVP_MD_CTX_free(hash);
		ledger_leaf(&leaf);
	}
}

#endif /* SELFTESTS_HSS_H */
