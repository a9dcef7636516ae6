// SPDX-License-Identifier: GPL-2.0
/*
 * Keys off the HSM and back by the typed door; the master key, its shares,
 * another HSM that takes the place of a lost one.
 */
#include "backup.h"

static struct blob package, older;

/* --- keys that are not spent ---------------------------------------------------- */

static void test_signing_key(const char *what, unsigned int type)
{
	struct key key = key_new(user[0], type, TOKEN | SIGNS | EXPORTABLE);
	struct cryptech_ioc_import arg;
	struct blob public[2], sig;

	if (key_public(user[0], key.uuid, &public[0]))
		give_up("KEY_PUBLIC");
	answers(raw_export(user[0], key.uuid, &package), OK, "%s: export",
		what);
	answers(raw_import(user[0], &package, 0, 0, &arg), KEY_NAME_IN_USE,
		"%s: its name is in use", what);
	point_is(key_delete(user[0], key.uuid), 0, "%s: delete", what);
	point(!raw_import(user[0], &package, 0, CRYPTECH_IMPORT_CHECK, &arg) &&
	      !memcmp(arg.uuid, key.uuid, 16) && arg.type == type &&
	      arg.key_flags == (TOKEN | SIGNS | EXPORTABLE) &&
	      hsm_key_info(user[0], key.uuid) == ENOKEY,
	      "%s: a check imports nothing", what);
	answers(raw_import(user[0], &package, EXPORTABLE, 0, &arg), OK,
		"%s: import", what);
	point(!memcmp(arg.uuid, key.uuid, 16) &&
	      arg.key_flags == (TOKEN | SIGNS), "%s: less a flag", what);
	point(!key_public(user[0], key.uuid, &public[1]) &&
	      public[0].len == public[1].len &&
	      !memcmp(public[0].bytes, public[1].bytes, public[0].len) &&
	      !key_sign_hash(user[0], key.uuid, &sig) &&
	      !key_verify_hash(user[0], key.uuid, &sig),
	      "%s: the key that it was", what);
	answers(raw_export(user[0], key.uuid, &older), FORBIDDEN,
		"%s: it is not exportable now", what);
	key_delete(user[0], key.uuid);
	point(!raw_import(user[0], &package, TOKEN, 0, &arg) &&
	      !(arg.key_flags & TOKEN) &&
	      hsm_key_info(wheel[0], key.uuid) == ENOKEY &&
	      !key_sign_hash(user[0], key.uuid, &sig),
	      "%s: as a volatile key it is this file's", what);
	key_delete(user[0], key.uuid);
}

static void test_changed_packages(void)
{
	struct key key = key_new(user[0], CRYPTECH_KEY_EC_P256,
				 TOKEN | SIGNS | EXPORTABLE);
	unsigned int i, wrong = 0, opened = 0;
	struct cryptech_ioc_import arg;
	struct blob bad;

	if (raw_export(user[0], key.uuid, &package) ||
	    key_delete(user[0], key.uuid))
		give_up("RAW_EXPORT");
	for (i = 0; i < package.len; i++) {
		bad = package;
		bad.bytes[i] ^= 1 << i % 8;
		opened += !raw_import(user[0], &bad, 0, 0, &arg);
		wrong += hsm_error != CRYPTECH_ERR_KEYWRAP_BAD_MAGIC;
	}
	point_is(opened, 0, "none of %u packages with a byte changed opens",
		 package.len);
	point_is(wrong, 0, "and each ends alike");
	for (i = 0, wrong = 0; i < package.len; i++) {
		bad.len = i;
		memcpy(bad.bytes, package.bytes, i);
		wrong += !raw_import(user[0], &bad, 0, 0, &arg);
	}
	bad = package;
	bad.len++;
	wrong += !raw_import(user[0], &bad, 0, 0, &arg);
	point_is(wrong, 0, "none that is cut or extended");
	answers(raw_import(user[0], &package, 0, 0, &arg), OK,
		"as it was it does");
	answers(raw_import(anyone[0], &package, 0, 0, &arg), FORBIDDEN,
		"but not without login");
	key_delete(user[0], key.uuid);
}

/* --- HSS keys ------------------------------------------------------------------ */

static void test_parking(void)
{
	struct hss_key key = hss_make(user[0], "5/8", EXPORTABLE);
	struct cryptech_ioc_import arg;
	struct signature sig;
	unsigned char first[16];
	struct blob again;

	point(!hss_sign(user[0], &key, 1, "one", 3, &sig), "it signs");
	ledger_enter(&key, "one", 3, &sig);
	answers(raw_export(user[0], key.uuid, &older), OK, "hss: export");
	point(!raw_export(user[0], key.uuid, &again) &&
	      again.len == older.len &&
	      !memcmp(again.bytes, older.bytes, older.len),
	      "hss: asked again, the same bytes");
	point_is(hss_info(user[0], &key).state, CRYPTECH_HASHSIG_PARKED,
		 "hss: it is parked");
	point(hss_sign(user[0], &key, 1, "one", 3, &sig) == EACCES &&
	      hss_sign(user[0], &key, 2, "two", 3, &sig) == EACCES,
	      "hss: it signs no more, nor gives what it signed");
	point_is(uuid_list(user[0], PARKED_LIST, first), 0,
		 "hss: none is off the HSM");
	point_is(key_delete(user[0], key.uuid), 0, "hss: delete");
	point(uuid_list(user[0], PARKED_LIST, first) == 1 &&
	      !memcmp(first, key.uuid, 16), "hss: now one is");
	point_is(hsm_status(user[0], CRYPTECH_STATUS_KEYS_PARKED), 1,
		 "hss: the status says so");
	answers(raw_import(user[0], &older, TOKEN, 0, &arg), BAD_ARGUMENTS,
		"hss: no import as a volatile key");
	answers(raw_import(user[0], &older, 0, 0, &arg), OK, "hss: import");
	point(!memcmp(arg.uuid, key.uuid, 16) &&
	      arg.type == CRYPTECH_KEY_HSS, "hss: it is the same");
	point_is(hss_info(user[0], &key).root_left, 31, "hss: with 31 leaves");
	point(!hss_sign(user[0], &key, 3, "three", 5, &sig), "hss: it signs");
	ledger_enter(&key, "three", 5, &sig);

	/* out again: the older package is worth nothing */
	answers(raw_export(user[0], key.uuid, &package), OK,
		"hss: export again");
	point_is(key_delete(user[0], key.uuid), 0, "hss: delete again");
	answers(raw_import(user[0], &older, 0, 0, &arg), KEYWRAP_BAD_MAGIC,
		"hss: the older package does not open");
	answers(forget(user[0], CRYPTECH_FORGET_PARKED, key.uuid), FORBIDDEN,
		"hss: to forget is for the officer");
	answers(raw_import(user[0], &package, 0, 0, &arg), OK,
		"hss: the newest does");
	point_is(hss_use_up(user[0], &key, 100), 30,
		 "hss: it signs what was left");
}

static void test_forget(void)
{
	struct hss_key key = hss_make(user[0], "5/8", EXPORTABLE);
	struct cryptech_ioc_import arg;
	unsigned char first[16];

	answers(forget(officer[0], CRYPTECH_FORGET_PARKED, key.uuid),
		KEY_NOT_FOUND, "forget: it is not off the HSM");
	if (raw_export(user[0], key.uuid, &package) ||
	    key_delete(user[0], key.uuid))
		give_up("RAW_EXPORT");
	answers(forget(officer[0], 7, key.uuid), BAD_ARGUMENTS,
		"forget: unknown things");
	point_is(forget(officer[0], CRYPTECH_FORGET_PARKED, key.uuid), 0,
		 "forget: the officer does");
	answers(raw_import(user[0], &package, 0, 0, &arg), KEYWRAP_BAD_MAGIC,
		"forget: no package opens");
	point_is(uuid_list(user[0], PARKED_LIST, first), 0,
		 "forget: none is off the HSM");
}

/* --- the master key --------------------------------------------------------------- */

#define M	2
#define N	3

static unsigned char shares[N][CRYPTECH_SHARE_SIZE];

static int make_shares(int fd, unsigned int m, unsigned int n, void *to)
{
	struct cryptech_ioc_shares arg = {
		.size = sizeof(arg),
		.m = m,
		.n = n,
		.shares = (uintptr_t)to,
	};

	return door(fd, MASTER_KEY_SHARES, &arg);
}

static int set_master_key(int fd, unsigned int flags, const void *secret,
			  unsigned int len, unsigned char *fingerprint)
{
	struct cryptech_ioc_master_key arg = {
		.size = sizeof(arg),
		.flags = flags,
		.shares_len = len,
		.shares = (uintptr_t)secret,
	};
	int ret = door(fd, MASTER_KEY_SET, &arg);

	memcpy(fingerprint, arg.fingerprint, 32);
	return ret;
}

static void fingerprint_of(int n, unsigned char *fingerprint)
{
	struct cryptech_ioc_master_key arg = { .size = sizeof(arg) };

	if (ioctl(anyone[n], CRYPTECH_IOC_MASTER_KEY_INFO, &arg))
		give_up("MASTER_KEY_INFO");
	memcpy(fingerprint, arg.fingerprint, 32);
}

static void test_shares(void)
{
	answers(make_shares(user[0], M, N, shares), FORBIDDEN,
		"shares are not for the user");
	answers(make_shares(wheel[0], 1, N, shares), BAD_ARGUMENTS,
		"a share alone is none");
	answers(make_shares(wheel[0], 4, N, shares), BAD_ARGUMENTS,
		"more are needed than there are");
	answers(make_shares(wheel[0], M, CRYPTECH_SHARES_MAX + 1, shares),
		BAD_ARGUMENTS, "too many shares");
	point_is(make_shares(wheel[0], M, N, (void *)1), EFAULT,
		 "nowhere to put them");
	answers(make_shares(wheel[0], M, N, shares), OK, "shares");
	point(!memcmp(shares[0], "CSHR", 4) && !memcmp(shares[2], "CSHR", 4) &&
	      memcmp(shares[0], shares[1], CRYPTECH_SHARE_SIZE),
	      "of their form, and not all the same");
}

/* HSM 1 gets HSM 0's master key; its own keys are gone. */
static void test_clone(const struct key *key)
{
	struct key victim = key_new(user[1], CRYPTECH_KEY_EC_P256, TOKEN | SIGNS);
	unsigned char some[2][CRYPTECH_SHARE_SIZE], ours[32], theirs[32];
	struct cryptech_ioc_master_key arg = { .size = sizeof(arg) };
	struct cryptech_ioc_import import;
	struct blob sig;

	fingerprint_of(0, ours);
	fingerprint_of(1, theirs);
	point(memcmp(ours, theirs, 32), "two master keys");
	answers(raw_import(user[1], &package, 0, 0, &import),
		KEYWRAP_BAD_MAGIC, "no package of another master key opens");
	answers(door(wheel[1], MASTER_KEY_GENERATE, &arg), FORBIDDEN,
		"no new master key while keys stand");
	memcpy(some[0], shares[2], CRYPTECH_SHARE_SIZE);
	memcpy(some[1], shares[0], CRYPTECH_SHARE_SIZE);
	answers(set_master_key(wheel[1], 0, some, sizeof(some), theirs),
		FORBIDDEN, "nor a given one");
	answers(set_master_key(officer[1], CRYPTECH_MASTER_KEY_ERASE, some,
			       sizeof(some), theirs), FORBIDDEN,
		"nor by the officer");
	answers(set_master_key(wheel[1], CRYPTECH_MASTER_KEY_ERASE, some,
			       CRYPTECH_SHARE_SIZE, theirs), BAD_ARGUMENTS,
		"nor of one share");
	some[1][CRYPTECH_SHARE_SIZE - 1] ^= 1;
	answers(set_master_key(wheel[1], CRYPTECH_MASTER_KEY_ERASE, some,
			       sizeof(some), theirs), BAD_ARGUMENTS,
		"nor of a wrong one");
	point_is(hsm_key_info(user[1], victim.uuid), 0, "keys still stand");
	some[1][CRYPTECH_SHARE_SIZE - 1] ^= 1;
	answers(set_master_key(wheel[1], CRYPTECH_MASTER_KEY_ERASE, some,
			       sizeof(some), theirs), OK, "of two, erased");
	point(!memcmp(ours, theirs, 32), "one fingerprint");
	fingerprint_of(1, theirs);
	point(!memcmp(ours, theirs, 32), "for everybody");
	point_is(hsm_key_info(user[1], victim.uuid), ENOKEY,
		 "its keys are gone");
	answers(raw_import(user[1], &package, 0, 0, &import), OK,
		"now the package opens");
	point(!memcmp(import.uuid, key->uuid, 16) &&
	      !key_sign_hash(user[1], key->uuid, &sig) &&
	      !key_verify_hash(user[0], key->uuid, &sig),
	      "and the key is the same");
	point_is(hsm_login(hsm_open(1), CRYPTECH_USER_NORMAL, USER_PIN), 0,
		 "PINs stayed");
}

/* A key by itself, and a new one. */
static void test_master_keys(const struct key *key)
{
	static const unsigned char secret[32] = "thirty-two bytes of a master ke";
	struct cryptech_ioc_master_key arg = { .size = sizeof(arg) };
	unsigned char first[32], second[32];
	struct cryptech_ioc_import import;

	if (key_delete(user[1], key->uuid))
		give_up("KEY_DELETE");
	point_is(set_master_key(wheel[1], 0, secret, 31, first), EINVAL,
		 "a master key has 32 bytes");
	answers(set_master_key(wheel[1], 0, secret, 32, first), OK,
		"a master key by itself, as no key stands");
	answers(door(wheel[1], MASTER_KEY_GENERATE, &arg), OK, "a new one");
	point(memcmp(arg.fingerprint, first, 32), "is another");
	answers(set_master_key(wheel[1], 0, secret, 32, second), OK,
		"the given one again");
	point(!memcmp(first, second, 32), "has the fingerprint it had");
	answers(raw_import(user[1], &package, 0, 0, &import),
		KEYWRAP_BAD_MAGIC, "it opens no package of the old one");
	arg.flags = 0;
	arg.shares_len = 32;
	point(door(wheel[1], MASTER_KEY_GENERATE, &arg) == EINVAL &&
	      !hsm_error, "GENERATE takes no key");
}

/* --- disaster ------------------------------------------------------------------------ */

static int arm(int fd, const struct blob *what, unsigned int floor,
	       const void *secret, unsigned int len)
{
	struct cryptech_ioc_recovery_arm arg = {
		.size = sizeof(arg),
		.floor = floor,
		.package = (uintptr_t)what->bytes,
		.package_len = what->len,
		.shares = (uintptr_t)secret,
		.shares_len = len,
	};

	return door(fd, RECOVERY_ARM, &arg);
}

/* HSM 0 is lost after it parked a key; HSM 1 takes its place. */
static void test_recovery(void)
{
	unsigned char recovery[N][CRYPTECH_SHARE_SIZE], fingerprint[32];
	struct cryptech_ioc_shares create = {
		.size = sizeof(create),
		.m = M,
		.n = N,
		.shares = (uintptr_t)recovery,
	};
	struct cryptech_ioc_import arg;
	struct signature sig;
	struct hss_key key;

	answers(door(wheel[0], RECOVERY_CREATE, &create), FORBIDDEN,
		"a recovery key is the officer's to make");
	answers(door(officer[0], RECOVERY_CREATE, &create), OK,
		"a recovery key, as shares");
	key = hss_make(user[0], "5/8", EXPORTABLE |
		       CRYPTECH_KEY_FLAG_RECOVERABLE);
	point(!hss_sign(user[0], &key, 1, "one", 3, &sig), "a key signs");
	ledger_enter(&key, "one", 3, &sig);
	if (raw_export(user[0], key.uuid, &package))
		give_up("RAW_EXPORT");
	if (set_master_key(wheel[1], CRYPTECH_MASTER_KEY_ERASE, shares,
			   2 * CRYPTECH_SHARE_SIZE, fingerprint))
		give_up("MASTER_KEY_SET");
	answers(raw_import(user[1], &package, 0, 0, &arg), KEYWRAP_BAD_MAGIC,
		"its package opens nowhere else");
	answers(arm(user[1], &package, 5, recovery, sizeof(recovery)),
		FORBIDDEN, "to arm is for the officer");
	answers(arm(officer[1], &package, 5, recovery, CRYPTECH_SHARE_SIZE),
		BAD_ARGUMENTS, "not with one share");
	answers(arm(officer[1], &package, 5, recovery, sizeof(recovery)), OK,
		"the officer arms");
	answers(raw_import(user[1], &older, 0, 0, &arg), KEYWRAP_BAD_MAGIC,
		"which is for this package only");
	answers(raw_import(user[1], &package, 0, 0, &arg), OK, "it comes");
	point_is(hss_info(user[1], &key).root_left, 27,
		 "from the floor on: 27 leaves");
	point_is(hss_use_up(user[1], &key, 10), 27, "which sign");
}

int main(void)
{
	struct key key;

	start_hsms();
	test_signing_key("rsa2048", CRYPTECH_KEY_RSA2048);
	test_signing_key("ec-p256", CRYPTECH_KEY_EC_P256);
	test_changed_packages();
	test_parking();
	test_forget();

	test_shares();
	key = key_new(user[0], CRYPTECH_KEY_EC_P256, TOKEN | SIGNS | EXPORTABLE);
	if (raw_export(user[0], key.uuid, &package))
		give_up("RAW_EXPORT");
	test_clone(&key);
	test_master_keys(&key);
	test_recovery();
	return end_of_test();
}
