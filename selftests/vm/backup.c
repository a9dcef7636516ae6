// SPDX-License-Identifier: GPL-2.0
/*
 * Keys from one HSM to another by the typed door: devices, KEKEKs, packages,
 * acknowledgements, and what happens when an answer is lost.
 */
#include <sys/mman.h>
#include <sys/syscall.h>

#include "backup.h"

static struct cryptech_ioc_device_identity id[HSMS];
static struct blob spki[HSMS];
static unsigned char *nowhere;	/* a page that is not there */

/* --- devices, policy --------------------------------------------------------- */

static void test_identity(void)
{
	unsigned char text[16 + 256], hash[32];
	int n;

	for (n = 0; n < HSMS; n++) {
		point_is(identity(anyone[n], &id[n], &spki[n]), 0,
			 "HSM %d says who it is", n);
		memcpy(text, id[n].serial, 16);
		memcpy(text + 16, spki[n].bytes, spki[n].len);
		EVP_Digest(text, 16 + spki[n].len, hash, NULL, EVP_sha256(),
			   NULL);
		point(!memcmp(hash, id[n].fingerprint, 32),
		      "its fingerprint is SHA-256 of serial number and key");
	}
	point(memcmp(id[0].fingerprint, id[1].fingerprint, 32),
	      "they are not the same");
}

static void test_devices(void)
{
	struct cryptech_device_item item;
	struct cryptech_ioc_device_list list = {
		.size = sizeof(list),
		.count = 1,
		.items = (uintptr_t)&item,
	};
	unsigned char fingerprint[32];

	answers(approve(user[0], id[1].serial, &spki[1], "b", fingerprint),
		FORBIDDEN, "approval is not for the user");
	point(!approve(officer[0], id[1].serial, &spki[1], "the other",
		       fingerprint) &&
	      !memcmp(fingerprint, id[1].fingerprint, 32),
	      "the officer approves, and sees the fingerprint");
	answers(approve(officer[0], id[1].serial, &spki[0], "x", fingerprint),
		KEY_NAME_IN_USE, "once");
	point(!door(user[0], DEVICE_LIST, &list) && list.count == 1 &&
	      !memcmp(item.serial, id[1].serial, 16) &&
	      !memcmp(item.fingerprint, id[1].fingerprint, 32) &&
	      item.label_len == 9 && !memcmp(item.label, "the other", 9) &&
	      !item.label[9], "the list has it");
	memcpy(list.previous, item.serial, 16);
	point(!door(user[0], DEVICE_LIST, &list) && !list.count,
	      "and nothing behind it");
	point_is(disapprove(officer[0], id[1].serial), 0, "revoke");
	answers(disapprove(officer[0], id[1].serial), KEY_NOT_FOUND, "once");
	list.count = 1;
	memset(list.previous, 0, 16);
	point(!door(user[0], DEVICE_LIST, &list) && !list.count,
	      "the list is empty");
}

static void test_policy(void)
{
	answers(set_policy(user[0], CRYPTECH_POLICY_LEGACY_EXPORT), FORBIDDEN,
		"policy is not for the user");
	answers(set_policy(officer[0], 0x80), BAD_ARGUMENTS, "unknown policy");
	point_is(hsm_status(user[0], CRYPTECH_STATUS_POLICY), 0,
		 "none is in force");
	point_is(set_policy(officer[0], CRYPTECH_POLICY_LEGACY_EXPORT), 0,
		 "the officer sets one");
	point_is(hsm_status(user[0], CRYPTECH_STATUS_POLICY),
		 CRYPTECH_POLICY_LEGACY_EXPORT, "the status has it");
	point_is(set_policy(officer[0], 0), 0, "and none again");
}

/* --- keys that are not spent ---------------------------------------------------- */

static struct blob statement, package, ack, none;

/* Export from HSM 0, import on HSM 1; the key is there. */
static void move(const char *what, const struct key *key)
{
	struct cryptech_ioc_import arg;
	unsigned char uuid[16];

	point_is(export(user[0], key->uuid, &statement, &package), 0,
		 "%s: export", what);
	point(!import(user[1], &package, 0, NULL, &arg) &&
	      !memcmp(arg.uuid, key->uuid, 16) && !arg.ack_len &&
	      hsm_key_info(user[1], key->uuid) == ENOKEY,
	      "%s: a check imports nothing", what);
	point(!import(user[1], &package, 0, &ack, &arg) &&
	      !memcmp(arg.uuid, key->uuid, 16) &&
	      ack.len == CRYPTECH_ACK_SIZE, "%s: import", what);
	point_is(hsm_key_info(user[1], key->uuid), 0, "%s: there it is", what);
	answers(import(user[1], &package, 0, &none, &arg), KEY_NAME_IN_USE,
		"%s: its name is in use", what);
	point(!acknowledge(user[0], &ack, uuid) &&
	      !memcmp(uuid, key->uuid, 16), "%s: acknowledged", what);
}

static void test_signing_key(const char *what, unsigned int type)
{
	struct key key = key_new(user[0], type, TOKEN | SIGNS | EXPORTABLE);
	struct blob public[HSMS], sig[HSMS];
	int n;

	move(what, &key);
	for (n = 0; n < HSMS; n++)
		point(!key_public(user[n], key.uuid, &public[n]) &&
		      !key_sign_hash(user[n], key.uuid, &sig[n]),
		      "%s: HSM %d signs", what, n);
	point(public[0].len == public[1].len &&
	      !memcmp(public[0].bytes, public[1].bytes, public[0].len),
	      "%s: one public half", what);
	point(!key_verify_hash(user[0], key.uuid, &sig[1]) &&
	      !key_verify_hash(user[1], key.uuid, &sig[0]),
	      "%s: each verifies what the other signed", what);
	if (CRYPTECH_KEY_FAMILY(type) == CRYPTECH_KEY_FAMILY_RSA)
		point(openssl_verifies(&public[0], &sig[1]),
		      "%s: so does openssl", what);
}

static void test_aes_key(void)
{
	unsigned char value[16] = "sixteen bytes, 1";
	struct cryptech_ioc_key_load_raw load = {
		.size = sizeof(load),
		.type = CRYPTECH_KEY_AES128,
		.value = (uintptr_t)value,
		.value_len = sizeof(value),
		.key_flags = TOKEN | EXPORTABLE |
			     CRYPTECH_KEY_FLAG_DATAENCIPHERMENT,
		.label_len = 5,
		.label = "moved",
	};
	struct cryptech_ioc_key_info info = { .size = sizeof(info) };
	struct key key;

	if (ioctl(user[0], CRYPTECH_IOC_KEY_LOAD_RAW, &load))
		give_up("KEY_LOAD_RAW");
	memcpy(key.uuid, load.uuid, 16);
	move("aes128", &key);
	memcpy(info.uuid, key.uuid, 16);
	point(!door(user[1], KEY_INFO, &info) && info.label_len == 5 &&
	      !memcmp(info.label, "moved", 5) && (info.key_flags & TOKEN),
	      "aes128: with its label and flags");
}

static void test_refused_exports(const struct key *kekek)
{
	struct key key = key_new(user[0], CRYPTECH_KEY_EC_P256,
				 TOKEN | SIGNS | EXPORTABLE);
	struct key fixed = key_new(user[0], CRYPTECH_KEY_EC_P256, TOKEN | SIGNS);
	struct cryptech_ioc_import arg;
	unsigned char uuid[16], fingerprint[32];
	unsigned int len = 10;
	struct blob bad;

	answers(export(user[0], key.uuid, &statement, &package), FORBIDDEN,
		"no export to a device that is not approved");
	if (approve(officer[0], id[1].serial, &spki[1], "b", fingerprint) ||
	    approve(officer[1], id[0].serial, &spki[0], "a", fingerprint) ||
	    disapprove(officer[1], id[0].serial))
		give_up("approve");
	answers(export(user[0], fixed.uuid, &statement, &package), FORBIDDEN,
		"no export of a key that is not exportable");
	answers(export(user[0], kekek->uuid, &statement, &package), KEY_NOT_FOUND,
		"no export of another HSM's key");
	bad = statement;
	bad.bytes[bad.len - 1] ^= 1;
	answers(export(user[0], key.uuid, &bad, &package), BAD_ARGUMENTS,
		"no export for a changed statement");
	bad.len = 0;
	answers(export(user[0], key.uuid, &bad, &package), BAD_ARGUMENTS,
		"nor for none");
	point(export_to(user[0], key.uuid, &statement, package.bytes, &len) ==
	      EOVERFLOW && len > 400, "too little room: what is needed");
	point_is(export_to(user[0], key.uuid, &statement, nowhere, &len),
		 EFAULT, "nowhere to put it");
	point_is(export(user[0], key.uuid, &statement, &package), 0,
		 "then it is exported");
	answers(import(user[1], &package, 0, &ack, &arg), FORBIDDEN,
		"no import from a device that is not approved");
	if (approve(officer[1], id[0].serial, &spki[0], "a", fingerprint))
		give_up("approve");
	bad = package;
	bad.bytes[bad.len - 1] ^= 1;
	answers(import(user[1], &bad, 0, &ack, &arg), KEYWRAP_BAD_MAGIC,
		"no import of a changed package");
	answers(import(user[0], &package, 0, &ack, &arg), FORBIDDEN,
		"nor on another HSM, which did not approve the source");
	answers(import(anyone[1], &package, 0, &ack, &arg), FORBIDDEN,
		"nor without login");
	arg.flags = 0;
	arg.ack = (uintptr_t)nowhere;
	arg.ack_len = CRYPTECH_ACK_SIZE;
	point(door(user[1], TRANSFER_IMPORT, &arg) == EFAULT &&
	      hsm_key_info(user[1], key.uuid) == ENOKEY,
	      "nowhere to put the acknowledgement: nothing happened");
	arg.ack = (uintptr_t)ack.bytes;
	arg.ack_len = 1;
	point(door(user[1], TRANSFER_IMPORT, &arg) == EOVERFLOW &&
	      arg.ack_len == CRYPTECH_ACK_SIZE &&
	      hsm_key_info(user[1], key.uuid) == ENOKEY,
	      "too little room for it: likewise");
	answers(import(user[1], &package, EXPORTABLE, &ack, &arg), OK,
		"import without a flag");
	point(!(arg.key_flags & EXPORTABLE) && (arg.key_flags & SIGNS),
	      "which it then has not");
	bad = ack;
	bad.bytes[30] ^= 1;
	answers(acknowledge(user[0], &bad, uuid), BAD_ARGUMENTS,
		"a changed acknowledgement");
}

static void test_legacy(const struct key *kekek)
{
	struct key key = key_new(user[0], CRYPTECH_KEY_EC_P384,
				 TOKEN | SIGNS | EXPORTABLE);
	struct cryptech_ioc_key_load load = {
		.size = sizeof(load),
		.der = (uintptr_t)statement.bytes,
		.key_flags = TOKEN | CRYPTECH_KEY_FLAG_KEYENCIPHERMENT,
	};
	struct blob pkcs8, kek, public[HSMS], sig;
	struct cryptech_ioc_legacy_export out = {
		.size = sizeof(out),
		.pkcs8 = (uintptr_t)pkcs8.bytes,
		.kek = (uintptr_t)kek.bytes,
	};
	struct cryptech_ioc_legacy_import in = {
		.size = sizeof(in),
		.key_flags = TOKEN | SIGNS,
		.label_len = 6,
		.label = "legacy",
		.pkcs8 = (uintptr_t)pkcs8.bytes,
		.kek = (uintptr_t)kek.bytes,
	};

	if (key_public(user[1], kekek->uuid, &statement))
		give_up("KEY_PUBLIC");
	load.der_len = statement.len;
	if (ioctl(user[0], CRYPTECH_IOC_KEY_LOAD, &load))
		give_up("KEY_LOAD");
	memcpy(out.uuid, key.uuid, 16);
	memcpy(out.kekek, load.uuid, 16);
	answers(door(user[0], LEGACY_EXPORT, &out), FORBIDDEN,
		"legacy export without the policy");
	if (set_policy(officer[0], CRYPTECH_POLICY_LEGACY_EXPORT))
		give_up("POLICY_SET");
	point(door(user[0], LEGACY_EXPORT, &out) == EOVERFLOW &&
	      out.pkcs8_len && out.kek_len, "legacy export: both lengths");
	answers(door(user[0], LEGACY_EXPORT, &out), OK, "legacy export");
	if (hsm_error)
		return;
	in.pkcs8_len = out.pkcs8_len;
	in.kek_len = out.kek_len;
	memcpy(in.kekek, kekek->uuid, 16);
	answers(door(user[1], LEGACY_IMPORT, &in), FORBIDDEN,
		"legacy import without the policy");
	if (set_policy(officer[1], CRYPTECH_POLICY_LEGACY_EXPORT))
		give_up("POLICY_SET");
	answers(door(user[1], LEGACY_IMPORT, &in), OK, "legacy import");
	point(memcmp(in.uuid, key.uuid, 16) &&
	      !key_public(user[0], key.uuid, &public[0]) &&
	      !key_public(user[1], in.uuid, &public[1]) &&
	      public[0].len == public[1].len &&
	      !memcmp(public[0].bytes, public[1].bytes, public[0].len),
	      "legacy: another name, the same key");
	point(!key_sign_hash(user[1], in.uuid, &sig) &&
	      !key_verify_hash(user[0], key.uuid, &sig), "legacy: it signs");
	kek.bytes[out.kek_len - 1] ^= 1;
	answers(door(user[1], LEGACY_IMPORT, &in), KEYWRAP_BAD_MAGIC,
		"legacy import of changed bytes");
	set_policy(officer[0], 0);
	set_policy(officer[1], 0);
}

/* --- HSS keys ------------------------------------------------------------------ */

static void test_kekeks(void)
{
	unsigned char uuid[16], first[16], other[16];
	struct blob again;

	point_is(uuid_list(user[1], KEKEK_LIST, first), 0, "no KEKEK waits");
	point(kekek_create(user[1], uuid, &statement, 10) == EOVERFLOW &&
	      statement.len > 400, "too little room for the statement");
	point(uuid_list(user[1], KEKEK_LIST, first) == 1 &&
	      !memcmp(uuid, first, 16), "it was made all the same");
	point(!attest(user[1], uuid, &again) && again.len == statement.len,
	      "the statement can be had");
	point_is(kekek_create(user[1], other, &again, sizeof(again.bytes)), 0,
		 "another one");
	point_is(uuid_list(user[1], KEKEK_LIST, first), 2, "both are listed");
	point_is(hsm_status(user[1], CRYPTECH_STATUS_KEKEKS), 2,
		 "and counted");
	point_is(kekek_delete(user[1], other), 0, "delete");
	answers(kekek_delete(user[1], other), KEY_NOT_FOUND, "once");
	answers(attest(user[1], other, &again), KEY_NOT_FOUND,
		"then there is no statement");
	point_is(attest(user[1], uuid, &statement), 0, "of the first there is");
}

/* A child asks for the export while the HSM stands still, and is killed. */
static void killed_export(const struct hss_key *key)
{
	pid_t child;
	int status;

	hsm("stop");
	child = fork();
	if (!child) {
		export(user[0], key->uuid, &statement, &package);
		_exit(0);
	}
	wait_until_it_waits(child, SYS_ioctl, 0);
	kill(child, SIGKILL);
	waitpid(child, &status, 0);
	hsm("cont");
	point(WIFSIGNALED(status), "an export is killed while the HSM has it");
}

static void test_split(void)
{
	struct hss_key key = hss_make(user[0], "5/8,5/8", EXPORTABLE);
	struct cryptech_ioc_import arg;
	unsigned char uuid[16];
	struct signature sig;
	struct blob again;
	unsigned int len = 0, left;

	point(!hss_sign(user[0], &key, 1, "one", 3, &sig), "it signs before");
	ledger_enter(&key, "one", 3, &sig);
	point_is(hss_info(user[0], &key).root_left, 31, "31 root leaves left");
	killed_export(&key);
	point(export_to(user[0], key.uuid, &statement, NULL, &len) ==
	      EOVERFLOW && len > 0, "asked again, without room");
	point_is(export_to(user[0], key.uuid, &statement, nowhere, &len),
		 EFAULT, "and with nowhere to put it");
	point_is(export(user[0], key.uuid, &statement, &package), 0,
		 "then it is had");
	point(!export(user[0], key.uuid, &statement, &again) &&
	      again.len == package.len &&
	      !memcmp(again.bytes, package.bytes, package.len),
	      "the same bytes each time");
	point_is(hss_info(user[0], &key).root_left, 16,
		 "half of the leaves went, once");
	point_is(hsm_status(user[0], CRYPTECH_STATUS_OUTBOX), 1,
		 "a package waits");
	point_is(import(user[1], &package, 0, NULL, &arg), 0, "check");
	answers(import(user[1], &package, 0, &ack, &arg), OK, "import");
	again = ack;
	answers(import(user[1], &package, 0, &ack, &arg), OK,
		"the answer to an import can be had again");
	point(ack.len == again.len && hss_info(user[1], &key).root_left == 15,
	      "and the other half came");
	point(!acknowledge(user[0], &ack, uuid) &&
	      !acknowledge(user[0], &again, uuid) &&
	      !memcmp(uuid, key.uuid, 16), "acknowledged, twice");
	point_is(hsm_status(user[0], CRYPTECH_STATUS_OUTBOX), 0,
		 "nothing waits");
	point_is(hsm_status(user[1], CRYPTECH_STATUS_KEKEKS), 0,
		 "the KEKEK is gone");
	if (key_delete(user[1], key.uuid))
		give_up("KEY_DELETE");
	answers(import(user[1], &package, 0, &ack, &arg), KEYWRAP_BAD_MAGIC,
		"so the package never opens again");
	left = hss_left(user[0], &key);
	point_is(left, 16 * 32 + 31, "what the source can still sign");
	point_is(hss_use_up(user[0], &key, 100), left, "and it does");
}

/* The same with a second key, and both halves used to their ends. */
static void test_halves(void)
{
	struct hss_key key = hss_make(user[0], "5/8", EXPORTABLE);
	struct cryptech_ioc_import arg;
	unsigned char kekek[16], uuid[16];

	if (kekek_create(user[1], kekek, &statement, sizeof(statement.bytes)))
		give_up("KEKEK_CREATE");
	point(!export(user[0], key.uuid, &statement, &package) &&
	      !import(user[1], &package, 0, &ack, &arg) &&
	      !acknowledge(user[0], &ack, uuid), "a fresh key is split");
	point_is(hss_use_up(user[0], &key, 1000), 16, "one half signs");
	point_is(hss_use_up(user[1], &key, 2000), 16, "and the other");
	if (kekek_create(user[1], kekek, &statement, sizeof(statement.bytes)))
		give_up("KEKEK_CREATE");
	answers(export(user[0], key.uuid, &statement, &package),
		HASHSIG_KEY_EXHAUSTED, "nothing is left to give");
}

/* The HSM dies with the request; the driver does not send it again. */
static void test_hsm_dies(void)
{
	struct hss_key key = hss_make(user[0], "5/8", EXPORTABLE);
	unsigned int left;
	int status, ret;
	pid_t child;

	hsm("stop");
	child = fork();
	if (!child)
		_exit(export(user[0], key.uuid, &statement, &package));
	wait_until_it_waits(child, SYS_ioctl, 0);
	hsm("kill9");
	waitpid(child, &status, 0);
	point(WIFEXITED(status) && WEXITSTATUS(status) == EREMOTEIO,
	      "an export while the HSM dies");
	hsm("start");
	run("until cryptech status -d 0 >/dev/null 2>&1; do usleep 20000; done");
	open_sessions(0);
	while ((ret = export(user[0], key.uuid, &statement, &package)) ==
	       EAGAIN)
		usleep(20000);
	point_is(ret, 0, "asked again it is given");
	left = hss_info(user[0], &key).root_left;
	point_is(left, 16, "half of the leaves went, once");
	answers(forget(user[0], CRYPTECH_FORGET_OUTBOX, key.uuid), FORBIDDEN,
		"to forget a package is for the officer");
	point_is(forget(officer[0], CRYPTECH_FORGET_OUTBOX, key.uuid), 0,
		 "who does");
	answers(forget(officer[0], CRYPTECH_FORGET_OUTBOX, key.uuid),
		KEY_NOT_FOUND, "once");
}

int main(void)
{
	struct key kekek;

	start_hsms();
	nowhere = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		       0);
	test_identity();
	test_devices();
	test_policy();

	kekek = key_new(user[1], CRYPTECH_KEY_RSA2048,
			TOKEN | CRYPTECH_KEY_FLAG_KEYENCIPHERMENT);
	point_is(attest(user[1], kekek.uuid, &statement), 0,
		 "a statement for an RSA key");
	test_refused_exports(&kekek);
	test_signing_key("rsa2048", CRYPTECH_KEY_RSA2048);
	test_signing_key("ec-p256", CRYPTECH_KEY_EC_P256);
	test_signing_key("ec-p521", CRYPTECH_KEY_EC_P521);
	test_aes_key();
	test_legacy(&kekek);

	test_kekeks();
	test_split();
	test_halves();
	test_hsm_dies();
	return end_of_test();
}
