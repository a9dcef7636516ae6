/* SPDX-License-Identifier: GPL-2.0 */
/* What the tests of sealed keys share: an HSM with few slots, and packages. */
#ifndef SELFTESTS_SEALED_H
#define SELFTESTS_SEALED_H

#include "keys.h"

#define PAYLOAD_MAX	32768
#define HERE		KEY_SPEC_SESSION_KEYRING

/* A logged-in file; the kernel is logged in, too. After the HSM's start. */
static inline int sealed_login(void)
{
	int fd;

	run("until cryptech status -d 0 >/dev/null 2>&1; do usleep 20000; done");
	fd = hsm_session(0, CRYPTECH_USER_NORMAL, USER_PIN);
	errno = hsm_pin(fd, CRYPTECH_IOC_KERNEL_LOGIN, CRYPTECH_USER_NORMAL,
			USER_PIN);
	if (errno)
		give_up("kernel login");
	return fd;
}

/* The HSM with slots for four keys. */
static inline int sealed_start(void)
{
	ksft_print_header();
	run("hsm-ready");
	hsm("env --slots 4");
	return sealed_login();
}

static inline int sealed_end(void)
{
	ksft_set_plan(ksft_test_num());
	ksft_print_cnts();
	return ksft_get_fail_cnt() ? 1 : 0;
}

/* add_key() of type cryptech with that payload: the serial number or -errno. */
static inline long add_text(const char *name, const char *payload)
{
	long key = add_key("cryptech", name, payload, strlen(payload), HERE);

	return key < 0 ? -errno : key;
}

/* 0 or errno */
static inline int update_text(long key, const char *payload)
{
	return keyctl_update(key, payload, strlen(payload)) ? errno : 0;
}

static inline long add_or_end(const char *name, const char *payload)
{
	long key = add_text(name, payload);

	if (key < 0) {
		errno = -key;
		give_up("add '%.30s'", payload);
	}
	return key;
}

/* What print gives: a text, good until the next but three. */
static inline char *payload_of(long key)
{
	static char texts[4][PAYLOAD_MAX];
	static int next;
	char *text = texts[next++ % 4];
	long len = keyctl_read(key, text, PAYLOAD_MAX - 1);

	text[len > 0 && len < PAYLOAD_MAX ? len : 0] = 0;
	return text;
}

static inline unsigned long long loaded(int fd)
{
	return hsm_status(fd, CRYPTECH_STATUS_KEYS_VOLATILE);
}

static inline void expect_loaded(int fd, unsigned long long wanted,
				 const char *what)
{
	point_is(wait_for_status(fd, CRYPTECH_STATUS_KEYS_VOLATILE, wanted),
		 wanted, "%s: %llu loaded", what, wanted);
}

/*
 * Sign a digest and verify that, by the public half that the key was added
 * with: 0 or errno.
 */
static inline int signs_and_verifies(long key, const char *info,
				     const unsigned char *digest)
{
	struct keyctl_pkey_query query;
	char signature[1024] = {};

	if (keyctl_pkey_query(key, info, &query) ||
	    keyctl_pkey_sign(key, info, digest, 32, signature,
			     query.max_sig_size) < 0 ||
	    keyctl_pkey_verify(key, info, digest, 32, signature,
			       query.max_sig_size))
		return errno;
	return 0;
}

#define EC_INFO		"enc=x962 hash=sha256"
#define RSA_INFO	"enc=pkcs1 hash=sha256"

/* --- packages ---------------------------------------------------------------- */

static inline void unhex(unsigned char *to, const char *digits, size_t len)
{
	while (len--) {
		sscanf(digits, "%2hhx", to++);
		digits += 2;
	}
}

/* RAW_EXPORT, as a payload. */
static inline char *exported(int fd, const unsigned char *uuid)
{
	static unsigned char package[PAYLOAD_MAX / 2];
	static char text[PAYLOAD_MAX];
	struct cryptech_ioc_raw_export arg = {
		.size = sizeof(arg),
		.package = (uintptr_t)package,
		.package_len = 16000,
	};
	unsigned int i;

	memcpy(arg.uuid, uuid, 16);
	if (ioctl(fd, CRYPTECH_IOC_RAW_EXPORT, &arg))
		give_up("RAW_EXPORT, HSM's error %u", arg.error);
	strcpy(text, "load ");
	for (i = 0; i < arg.package_len; i++)
		sprintf(text + 5 + 2 * i, "%02x", package[i]);
	return text;
}

/* RAW_IMPORT of a payload as this file's volatile key. */
static inline void imported(int fd, const char *payload, unsigned char *uuid)
{
	static unsigned char package[PAYLOAD_MAX / 2];
	struct cryptech_ioc_import arg = {
		.size = sizeof(arg),
		.package = (uintptr_t)package,
		.package_len = strlen(payload + 5) / 2,
		.drop = CRYPTECH_KEY_FLAG_TOKEN,
	};

	unhex(package, payload + 5, arg.package_len);
	if (ioctl(fd, CRYPTECH_IOC_RAW_IMPORT, &arg))
		give_up("RAW_IMPORT, HSM's error %u", arg.error);
	memcpy(uuid, arg.uuid, 16);
}

static inline void set_label(int fd, const unsigned char *uuid,
			     const char *label)
{
	struct cryptech_ioc_key_set_label arg = {
		.size = sizeof(arg),
		.label_len = strlen(label),
	};

	memcpy(arg.uuid, uuid, 16);
	memcpy(arg.label, label, arg.label_len);
	if (ioctl(fd, CRYPTECH_IOC_KEY_SET_LABEL, &arg))
		give_up("KEY_SET_LABEL, HSM's error %u", arg.error);
}

static inline void delete_key(int fd, const unsigned char *uuid)
{
	struct cryptech_ioc_key_delete arg = { .size = sizeof(arg) };

	memcpy(arg.uuid, uuid, 16);
	if (ioctl(fd, CRYPTECH_IOC_KEY_DELETE, &arg))
		give_up("KEY_DELETE, HSM's error %u", arg.error);
}

#endif /* SELFTESTS_SEALED_H */
