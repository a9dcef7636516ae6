// SPDX-License-Identifier: GPL-2.0
/*
 * Sealed keys: what payloads say and give, what is refused, newer packages, who
 * may, and that nothing stays loaded for a key that is gone.
 */
#include "sealed.h"

#define UID	1000

static int watch;

/* --- payloads --------------------------------------------------------------- */

static void test_payload(void)
{
	static const unsigned char digest[32] = "digest";
	char *text, *again;
	char shouted[PAYLOAD_MAX];
	long key, other;
	size_t i;

	key = add_or_end("first", "new ec-p256 sealed");
	point(strstr(described(key), "first: sealed ec-p256 ") != NULL,
	      "/proc/keys says that it is sealed");
	point(!strstr(described(key), " making"), "and that it is made");
	text = payload_of(key);
	point(!strncmp(text, "load 43524157", 13), "print gives its package");
	point_is(keyctl_read(key, NULL, 0), strlen(text), "and its length");
	point_is(signs_and_verifies(key, EC_INFO, digest), 0, "it signs");
	expect_loaded(watch, 1, "after that");

	hsm("stop");
	point(!strcmp(text, payload_of(key)),
	      "reading does not ask the HSM, and gives the same");
	point_is(add_text("first", "use it"), -EINVAL, "nor does nonsense");
	hsm("cont");

	other = add_or_end("second", text);
	again = payload_of(other);
	point(!strcmp(text, again), "pipe, then padd, gives the same payload");
	expect_loaded(watch, 1, "one key of two names");
	point_is(signs_and_verifies(other, EC_INFO, digest), 0,
		 "the other name signs");
	point_is(add_text("first", text), -EEXIST, "an existing name");
	keyctl_unlink(key, HERE);
	keyctl_invalidate(key);
	point_is(signs_and_verifies(other, EC_INFO, digest), 0,
		 "without the first name, too");
	keyctl_clear(HERE);
	expect_loaded(watch, 0, "both are gone");

	strcpy(shouted, text);
	for (i = 5; shouted[i]; i++)
		if (shouted[i] >= 'a')
			shouted[i] -= 'a' - 'A';
	strcat(shouted, " dev=0\n");
	key = add_or_end("shouted", shouted);
	point(!strcmp(text, payload_of(key)), "digits in capitals, and dev=0");
	keyctl_clear(HERE);
	expect_loaded(watch, 0, "and it goes");
	point_is(hsm_status(watch, CRYPTECH_STATUS_KEYS_TOKEN), 0,
		 "nothing of this is in flash");
}

static void test_types(void)
{
	static const struct {
		const char *type, *info;
	} types[] = {
		{ "ec-p384", EC_INFO }, { "ec-p521", EC_INFO },
		{ "rsa2048", RSA_INFO }, { "rsa3072", RSA_INFO },
	};
	static const unsigned char digest[32] = "type";
	char payload[64];
	long key, again;
	size_t i;
	int ret;

	for (i = 0; i < sizeof(types) / sizeof(*types); i++) {
		snprintf(payload, sizeof(payload), "new %s sealed%s",
			 types[i].type, types[i].type[0] == 'r' ? " raw" : "");
		key = add_or_end(types[i].type, payload);
		while ((ret = signs_and_verifies(key, types[i].info, digest)) ==
		       EAGAIN)
			usleep(20000);
		point_is(ret, 0, "%s", payload);
		again = add_text("again", payload_of(key));
		keyctl_invalidate(key);
		point_is(signs_and_verifies(again, types[i].info, digest), 0,
			 "%s, loaded again", types[i].type);
		keyctl_clear(HERE);
	}
	expect_loaded(watch, 0, "all types are gone");
}

/* --- what is refused ---------------------------------------------------------- */

/* The payload with one byte of its package changed by that. */
static char *changed(const char *text, size_t byte, unsigned int by)
{
	static char copy[PAYLOAD_MAX];
	unsigned int was;

	strcpy(copy, text);
	sscanf(copy + 5 + 2 * byte, "%2x", &was);
	sprintf(copy + 5 + 2 * byte, "%02x", (was ^ by) & 0xff);
	copy[7 + 2 * byte] = text[7 + 2 * byte];
	return copy;
}

static void test_words(const char *text)
{
	static const struct {
		const char *payload;
		int error;
	} bad[] = {
		{ "load", EINVAL }, { "load ", EINVAL }, { "load 00", EINVAL },
		{ "load 4352415", EINVAL }, { "load 43524157", EINVAL },
		{ "load zz524157", EINVAL },
		{ "new ec-p256 sealed volatile", EINVAL },
		{ "new ec-p256 volatile sealed", EINVAL },
		{ "new ec-p256 sealed sealed", EINVAL },
		{ "new ec-p256 raw sealed", EINVAL },
		{ "new hss 5/8 sealed", EOPNOTSUPP },
		{ "sealed", EINVAL },
	};
	char payload[PAYLOAD_MAX + 16];
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		point_is(add_text("bad", bad[i].payload), -bad[i].error,
			 "refused: '%s'", bad[i].payload);
	snprintf(payload, sizeof(payload), "%s volatile", text);
	point_is(add_text("bad", payload), -EINVAL, "refused: load, volatile");
	snprintf(payload, sizeof(payload), "%s00", text);
	point_is(add_text("bad", payload), -EINVAL, "refused: a byte more");
	snprintf(payload, sizeof(payload), "%.*s", (int)strlen(text) - 2, text);
	point_is(add_text("bad", payload), -EINVAL, "refused: a byte less");
	snprintf(payload, sizeof(payload), "%.*s", (int)strlen(text) - 1, text);
	point_is(add_text("bad", payload), -EINVAL, "refused: half a byte");
}

/* "CRAW" | version | kind | check[8] | uuid[16] | recovery | wrapped */
static void test_bytes(const char *text, const char *foreign)
{
	size_t len = strlen(text + 5) / 2, i;
	char payload[PAYLOAD_MAX];
	int bad = 0;

	point_is(add_text("bad", changed(text, 0, 1)), -EINVAL, "another magic");
	point_is(add_text("bad", changed(text, 7, 2)), -EOPNOTSUPP,
		 "another version");
	point_is(add_text("bad", changed(text, 11, 3)), -EOPNOTSUPP,
		 "a parked key");
	point_is(add_text("bad", changed(text, 11, 4)), -EINVAL, "no kind");
	point_is(add_text("bad", changed(text, 12, 1)), -EKEYREJECTED,
		 "another master key's check");
	for (i = 20; i < 36; i++)
		bad += add_text("bad", changed(text, i, 0x10)) != -EKEYREJECTED;
	for (i = 44; i < len; i += 7)
		bad += add_text("bad", changed(text, i, 1)) != -EKEYREJECTED;
	point_is(bad, 0, "any other byte changed");
	/* the UUID of one and the wrapped bytes of another */
	strcpy(payload, text);
	memcpy(payload + 5 + 40, foreign + 5 + 40, 32);
	point_is(add_text("bad", payload), -EKEYREJECTED, "a foreign UUID");
}

static void test_refused(void)
{
	char text[PAYLOAD_MAX], foreign[PAYLOAD_MAX];
	long key;

	key = add_or_end("good", "new ec-p256 sealed");
	strcpy(text, payload_of(key));
	strcpy(foreign, payload_of(add_or_end("foreign", "new ec-p256 sealed")));
	keyctl_clear(HERE);
	expect_loaded(watch, 0, "before what is refused");
	test_words(text);
	test_bytes(text, foreign);
	expect_loaded(watch, 0, "after what was refused");
	/* while it is loaded a forged one must not do anything to it */
	key = add_or_end("good", text);
	test_bytes(text, foreign);
	point_is(key_signs(key), 0, "the good one still signs");
	keyctl_clear(HERE);
	expect_loaded(watch, 0, "and it goes");
}

/* --- a key that stands -------------------------------------------------------- */

static void test_standing(void)
{
	unsigned char uuid[16], back[16];
	char text[UUID_TEXT], payload[PAYLOAD_MAX];
	long key;

	hsm_generate(watch, CRYPTECH_KEY_EC_P256, CRYPTECH_KEY_FLAG_TOKEN |
		     CRYPTECH_KEY_FLAG_DIGITALSIGNATURE |
		     CRYPTECH_KEY_FLAG_EXPORTABLE, uuid, text);
	strcpy(payload, exported(watch, uuid));
	point_is(add_text("stands", payload), -EEXIST,
		 "the key is still in flash");
	delete_key(watch, uuid);
	key = add_text("stands", payload);
	point(key > 0, "deleted there, it is loaded");
	point_is(key_signs(key), 0, "and signs");
	point_is(hsm_status(watch, CRYPTECH_STATUS_KEYS_TOKEN), 0,
		 "without coming back to flash");
	keyctl_clear(HERE);
	expect_loaded(watch, 0, "it goes");
	imported(watch, payload, back);
	point(!memcmp(uuid, back, 16) && add_text("stands", payload) == -EEXIST,
	      "somebody else has it loaded");
	delete_key(watch, uuid);
	key = add_text("stands", payload);
	point_is(key_signs(key), 0, "he has not any more");
	keyctl_clear(HERE);
	expect_loaded(watch, 0, "it goes again");
}

/* --- update ------------------------------------------------------------------- */

static void test_update(void)
{
	char older[PAYLOAD_MAX], newer[PAYLOAD_MAX], other[PAYLOAD_MAX];
	unsigned char uuid[16];
	long key;

	key = add_or_end("key", "new ec-p256 sealed");
	strcpy(older, payload_of(key));
	strcpy(other, payload_of(add_or_end("other", "new ec-p256 sealed")));
	keyctl_clear(HERE);
	expect_loaded(watch, 0, "before update");
	imported(watch, older, uuid);
	set_label(watch, uuid, "a newer one");
	strcpy(newer, exported(watch, uuid));
	delete_key(watch, uuid);
	point(strcmp(older, newer), "a newer package of the same key");

	key = add_or_end("key", older);
	point_is(key_signs(key), 0, "the older one is loaded");
	point_is(update_text(key, other), EINVAL, "another key's package");
	point_is(update_text(key, changed(newer, 60, 1)), EKEYREJECTED,
		 "a changed package");
	point_is(update_text(key, "load 00"), EINVAL, "no package");
	point_is(update_text(key, "new ec-p256 sealed"), EOPNOTSUPP, "new");
	point(!strcmp(payload_of(key), older) && !key_signs(key),
	      "nothing of this changed anything");
	point_is(update_text(key, newer), 0, "the newer one");
	point(!strcmp(payload_of(key), newer), "is what print gives");
	point_is(key_signs(key), 0, "and signs");
	expect_loaded(watch, 1, "the older one is gone");
	point_is(update_text(key, newer), 0, "the same again");
	point_is(update_text(key, older), 0,
		 "and back: of such keys the HSM does not tell the ages");
	point_is(key_signs(key), 0, "it signs");
	keyctl_clear(HERE);
	expect_loaded(watch, 0, "after update");

	key = add_or_end("volatile", "new ec-p256 volatile");
	point_is(update_text(key, newer), EOPNOTSUPP, "of a key not sealed");
	keyctl_clear(HERE);
	expect_loaded(watch, 0, "and nothing is left");
}

/* --- ends ---------------------------------------------------------------------- */

static void end_unlink(long key)
{
	keyctl_unlink(key, HERE);
}

static void end_revoke(long key)
{
	keyctl_revoke(key);
}

static void end_invalidate(long key)
{
	keyctl_invalidate(key);
}

static void end_timeout(long key)
{
	keyctl_set_timeout(key, 1);
}

static void test_ends(const char *text)
{
	static const struct {
		const char *name;
		void (*end)(long key);
	} ends[] = {
		{ "unlink", end_unlink }, { "revoke", end_revoke },
		{ "invalidate", end_invalidate }, { "timeout", end_timeout },
	};
	size_t i;
	long key;

	run("echo 1 >/proc/sys/kernel/keys/gc_delay");
	for (i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
		key = add_or_end(ends[i].name, i % 2 ? text :
				 "new ec-p256 sealed");
		if (key_signs(key) || loaded(watch) != 1)
			give_up("sign before %s", ends[i].name);
		ends[i].end(key);
		expect_loaded(watch, 0, ends[i].name);
		keyctl_clear(HERE);
	}
}

static void test_unplaced(const char *text)
{
	key_serial_t ring;
	long got;
	int i;

	for (i = 0; i < 2; i++) {
		const char *payload = i ? text : "new ec-p256 sealed";

		ring = add_key("keyring", "restricted", NULL, 0, HERE);
		keyctl_restrict_keyring(ring, NULL, NULL);
		got = add_key("cryptech", "any", payload, strlen(payload), ring);
		point_is(got < 0 ? -errno : got, -EPERM, "a restricted keyring");
		expect_loaded(watch, 0, "a restricted keyring");
		keyctl_clear(HERE);
	}
}

/* --- who may -------------------------------------------------------------------- */

static void become_user(void)
{
	if (setresgid(UID, UID, UID) || setresuid(UID, UID, UID))
		_exit(99);
	keyctl_join_session_keyring(NULL);
}

/* As another user, with or without a descriptor; its errno. */
static int add_as_user(const char *text, int fd)
{
	char payload[PAYLOAD_MAX + 16];
	int status;
	pid_t pid;
	long key;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		become_user();
		snprintf(payload, sizeof(payload),
			 fd < 0 ? "%s" : "%s fd=%d", text, fd);
		key = add_text("mine", payload);
		if (key < 0)
			_exit(-key);
		_exit(key_signs(key));
	}
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		give_up("a user");
	return WEXITSTATUS(status);
}

static void test_authority(const char *text)
{
	int out = hsm_open(0);

	point_is(add_as_user(text, -1), EPERM, "to have a package is no right");
	point_is(add_as_user("new ec-p256 sealed", -1), EPERM, "nor new");
	point_is(add_as_user(text, out), EPERM, "nor a file without login");
	point_is(add_as_user(text, watch), 0, "a logged-in file is");
	point_is(add_as_user("new ec-p256 sealed", watch), 0, "for new, too");
	point_is(add_as_user(changed(text, 60, 1), watch), EKEYREJECTED,
		 "not for a package that the HSM refuses");
	close(out);
	expect_loaded(watch, 0, "users");
}

/* A user may have what his quota holds; what it does not leaves nothing. */
static void test_quota(void)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		char name[16], payload[64];
		long key = 0;
		int i;

		become_user();
		snprintf(payload, sizeof(payload), "new ec-p256 sealed fd=%d",
			 watch);
		for (i = 0; i < 200 && key >= 0; i++) {
			snprintf(name, sizeof(name), "%d", i);
			key = add_text(name, payload);
		}
		printf("# %d sealed keys within a user's quota\n", i - 1);
		fflush(stdout);
		_exit(i < 10 ? 1 : -key);
	}
	waitpid(pid, &status, 0);
	point_is(WEXITSTATUS(status), EDQUOT, "a user at the end of his quota");
	expect_loaded(watch, 0, "the quota");
}

/* --- asymmetric keys ------------------------------------------------------------ */

static void test_asymmetric(const char *text)
{
	static const unsigned char digest[32] = "asymmetric";
	char payload[PAYLOAD_MAX + 16];
	long key;

	snprintf(payload, sizeof(payload), "CHSMKEY1%s", text);
	key = add_key("asymmetric", "", payload, strlen(payload), HERE);
	point(key > 0, "load, as an asymmetric key");
	point_is(signs_and_verifies(key, EC_INFO, digest), 0, "it signs");
	expect_loaded(watch, 1, "an asymmetric key");
	keyctl_clear(HERE);
	expect_loaded(watch, 0, "the end of an asymmetric key");
	key = add("asymmetric", "", HERE, "CHSMKEY1new ec-p256 sealed");
	point_is(key, -EOPNOTSUPP, "new, as an asymmetric key");
	snprintf(payload, sizeof(payload), "CHSMKEY1%s", changed(text, 60, 1));
	key = add_key("asymmetric", "", payload, strlen(payload), HERE);
	point_is(key < 0 ? -errno : key, -EKEYREJECTED, "a changed package");
}

/* --- login and jobs ------------------------------------------------------------- */

static void test_login(const char *text)
{
	long key = add_or_end("key", text);

	point_is(key_signs(key), 0, "before the kernel's logout");
	point_is(hsm_logout(watch, CRYPTECH_IOC_KERNEL_LOGOUT), 0, "logout");
	point_is(key_signs(key), EACCES, "then it is not to be used");
	hsm_pin(watch, CRYPTECH_IOC_KERNEL_LOGIN, CRYPTECH_USER_NORMAL,
		USER_PIN);
	point_is(key_signs(key), 0, "after the next login it is loaded again");
	keyctl_clear(HERE);
	expect_loaded(watch, 0, "login");
}

static void test_job(void)
{
	char text[PAYLOAD_MAX];
	int tries = 3000;
	long key;

	hsm("stop");
	key = add_or_end("job", "new ec-p256 sealed");
	point(strstr(described(key), " making ") != NULL, "new is a job");
	point_is(key_signs(key), EAGAIN, "which cannot sign yet");
	point(keyctl_read(key, text, sizeof(text)) < 0 && errno == EAGAIN,
	      "nor be read");
	point_is(update_text(key, "load 00"), EINVAL, "nor be updated");
	hsm("cont");
	while (strstr(described(key), " making ") && --tries)
		usleep(20000);
	point_is(key_signs(key), 0, "then it is made");
	keyctl_clear(HERE);
	expect_loaded(watch, 0, "a job");
	hsm("stop");
	add_or_end("job", "new ec-p256 sealed");
	keyctl_clear(HERE);
	hsm("cont");
	expect_loaded(watch, 0, "unlinked meanwhile");
}

int main(void)
{
	char text[PAYLOAD_MAX];

	watch = sealed_start();
	test_payload();
	test_types();
	test_refused();
	test_standing();
	test_update();
	strcpy(text, payload_of(add_or_end("text", "new ec-p256 sealed")));
	keyctl_clear(HERE);
	expect_loaded(watch, 0, "first");
	test_ends(text);
	test_unplaced(text);
	test_authority(text);
	test_quota();
	test_asymmetric(text);
	test_login(text);
	test_job();
	return sealed_end();
}
