// SPDX-License-Identifier: GPL-2.0
/*
 * Packages between two HSMs: keyctl `load` of a key that the other one wrapped,
 * and which of the two a sealed key is of.
 */
#include "backup.h"

#define HERE	KEY_SPEC_SESSION_KEYRING

static struct cryptech_ioc_device_identity ids[HSMS];
static struct blob statement, package;
static char text[2 * CRYPTECH_RPC_MESSAGE_MAX];

/* `load` of the package, with one byte of it changed if @at is not 0. */
static const char *load(unsigned int at, const char *options)
{
	unsigned int i;

	strcpy(text, "load ");
	for (i = 0; i < package.len; i++)
		sprintf(text + 5 + 2 * i, "%02x",
			package.bytes[i] ^ (at && i == at));
	strcat(text, options);
	return text;
}

static long add_text(const char *name, const char *payload)
{
	long key = add_key("cryptech", name, payload, strlen(payload), HERE);

	return key < 0 ? -errno : key;
}

static unsigned long long tokens(int n)
{
	return hsm_status(user[n], CRYPTECH_STATUS_KEYS_TOKEN);
}

static void approve_each_other(void)
{
	unsigned char fingerprint[32];
	struct blob spki;
	int n;

	for (n = 0; n < HSMS; n++)
		if (identity(anyone[n], &ids[n], &spki) ||
		    approve(officer[!n], ids[n].serial, &spki, "the other",
			    fingerprint))
			give_up("approve %d", n);
}

static struct key make_key(unsigned int type)
{
	struct key key = key_new(user[0], type, TOKEN | SIGNS | EXPORTABLE);

	if (export(user[0], key.uuid, &statement, &package))
		give_up("TRANSFER_EXPORT, HSM's error %u", hsm_error);
	return key;
}

/* The one signs, the other verifies. */
static int fits(long a, long b)
{
	static const unsigned char digest[32] = "between";
	struct keyctl_pkey_query query;
	char signature[256] = {};

	if (keyctl_pkey_query(a, "enc=x962 hash=sha256", &query) ||
	    keyctl_pkey_sign(a, "enc=x962 hash=sha256", digest, 32, signature,
			     query.max_sig_size) < 0)
		return errno;
	return keyctl_pkey_verify(b, "enc=x962 hash=sha256", digest, 32,
				  signature, query.max_sig_size) ? errno : 0;
}

static void test_import(void)
{
	struct key key = make_key(CRYPTECH_KEY_EC_P256);
	char payload[128], use[64];
	long here, there;

	here = add_text("here", load(0, ""));
	point(here > 0, "load of what the other HSM wrapped");
	snprintf(use, sizeof(use), "use %s", key.text);
	memset(payload, 0, sizeof(payload));
	keyctl_read(here, payload, sizeof(payload));
	point(!strcmp(payload, use), "print gives use and its UUID");
	snprintf(payload, sizeof(payload), "%s dev=0", use);
	there = add_text("there", payload);
	point_is(fits(here, there), 0, "the one signs, the other verifies");
	point_is(fits(there, here), 0, "and the other way round");
	point_is(add_text("both", use), -ENOTUNIQ, "it is in both HSMs now");
	point_is(tokens(1), 2, "in flash");
	point_is(add_text("again", load(0, "")), -EEXIST, "it comes once");
	point_is(keyctl_update(here, load(0, ""), strlen(text)) ? errno : 0,
		 EOPNOTSUPP, "it is not for update");
	keyctl_clear(HERE);
	point_is(tokens(1), 2, "unlink does not delete it");
	if (key_delete(user[1], key.uuid))
		give_up("delete");
}

static void test_unplaced(void)
{
	make_key(CRYPTECH_KEY_RSA2048);
	add_text("name", "new ec-p256 volatile dev=0");
	point_is(add_text("name", load(0, "")), -EEXIST, "an existing name");
	point_is(wait_for_status(user[1], CRYPTECH_STATUS_KEYS_TOKEN, 1), 1,
		 "what came in for it is deleted again");
	keyctl_clear(HERE);
	point(add_text("name", load(0, "")) > 0, "with another name it comes");
	keyctl_clear(HERE);
}

static void test_refused(void)
{
	unsigned long long had = tokens(1);
	unsigned int at;
	int bad = 0;

	make_key(CRYPTECH_KEY_EC_P256);
	for (at = 41; at < package.len; at += 23)
		bad += add_text("bad", load(at, " dev=1")) >= 0;
	point_is(bad, 0, "changed bytes");
	point_is(add_text("bad", load(30, "")), -EACCES,
		 "from an HSM that is not known, by what it says");
	point_is(add_text("bad", load(50, "")), -ENODEV, "for another HSM");
	point_is(add_text("bad", load(18, "")), -EINVAL, "no zeros");
	point_is(add_text("bad", load(23, "")), -EINVAL, "another kind");
	point_is(add_text("bad", load(0, "00")), -EINVAL, "a byte more");
	point_is(add_text("bad", load(0, " dev=0")), -EACCES,
		 "by the HSM that wrapped it");
	load(0, "");
	memmove(text + 8, text, strlen(text) + 1);
	memcpy(text, "CHSMKEY1", 8);
	point_is(add_key("asymmetric", "", text, strlen(text), HERE) < 0 ?
		 errno : 0, EOPNOTSUPP, "as an asymmetric key");
	if (disapprove(officer[1], ids[0].serial))
		give_up("disapprove");
	point_is(add_text("bad", load(0, "")), -EACCES,
		 "from an HSM that is not approved");
	point_is(tokens(1), had, "nothing of this came in");
}

static int as_user(int fd)
{
	char options[32];
	int status;
	pid_t pid;
	long key;

	snprintf(options, sizeof(options), fd < 0 ? "" : " fd=%d", fd);
	fflush(stdout);
	pid = fork();
	if (!pid) {
		if (setresgid(1000, 1000, 1000) || setresuid(1000, 1000, 1000))
			_exit(99);
		keyctl_join_session_keyring(NULL);
		key = add_text("mine", load(0, options));
		_exit(key < 0 ? -key : key_signs(key));
	}
	waitpid(pid, &status, 0);
	return WEXITSTATUS(status);
}

static void test_authority(void)
{
	point_is(as_user(-1), EPERM, "a user without authority");
	point_is(as_user(anyone[1]), EPERM, "a file without login");
	point_is(as_user(user[0]), EPERM, "the other HSM's file");
	point_is(as_user(user[1]), 0, "a logged-in file");
}

static void test_hss(void)
{
	struct hss_key key = hss_make(user[0], "5/8", EXPORTABLE);
	struct cryptech_ioc_import arg;
	unsigned char kekek[16];
	struct blob single, ack;

	if (kekek_create(user[1], kekek, &single, sizeof(single.bytes)))
		give_up("KEKEK_CREATE");
	package.len = sizeof(package.bytes);
	if (export(user[0], key.uuid, &single, &package))
		give_up("TRANSFER_EXPORT, HSM's error %u", hsm_error);
	point_is(add_text("hss", load(0, "")), -EOPNOTSUPP,
		 "an HSS key: by ioctl and tool only");
	point_is(import(user[1], &package, 0, &ack, &arg), 0,
		 "which can still import it");
}

/* --- sealed keys of two HSMs -------------------------------------------------- */

static void test_sealed(void)
{
	char options[64];
	long key, len;
	int n;

	point_is(add_text("any", "new ec-p256 sealed"), -ENOTUNIQ,
		 "new wants to know which HSM");
	for (n = 0; n < HSMS; n++) {
		snprintf(options, sizeof(options), "new ec-p256 sealed dev=%d",
			 n);
		key = add_text("sealed", options);
		len = keyctl_read(key, text, sizeof(text) - 16);
		text[len < 0 ? 0 : len] = 0;
		keyctl_clear(HERE);
		key = add_text("sealed", text);
		point_is(key_signs(key), 0, "load finds that it is of HSM %d",
			 n);
		point_is(hsm_status(user[n], CRYPTECH_STATUS_KEYS_VOLATILE), 1,
			 "and loads it there");
		keyctl_clear(HERE);
		sprintf(text + len, " dev=%d", !n);
		point_is(add_text("sealed", text), -EKEYREJECTED,
			 "not in the other one");
	}
	for (n = 0; n < HSMS; n++)
		point_is(wait_for_status(user[n], CRYPTECH_STATUS_KEYS_VOLATILE,
					 0), 0, "nothing is left in HSM %d", n);
}

int main(void)
{
	struct key kekek;

	start_hsms();
	approve_each_other();
	kekek = key_new(user[1], CRYPTECH_KEY_RSA2048,
			TOKEN | CRYPTECH_KEY_FLAG_KEYENCIPHERMENT);
	if (attest(user[1], kekek.uuid, &statement))
		give_up("KEKEK_ATTEST, HSM's error %u", hsm_error);
	test_import();
	test_unplaced();
	test_hss();
	test_sealed();
	make_key(CRYPTECH_KEY_EC_P256);
	test_authority();
	test_refused();
	return end_of_test();
}
