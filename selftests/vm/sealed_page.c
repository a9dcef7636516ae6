// SPDX-License-Identifier: GPL-2.0
/*
 * More sealed keys than the HSM has slots: whoever wants to sign can, whatever
 * the others do, and after the HSM's end, too; and ciphers, which keep theirs.
 */
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "alg.h"
#include "sealed.h"

#define SLOTS		4
#define KEYS		64
#define RSA_EACH	16	/* every so many is an RSA key */
#define PROCESSES	16
#define ROUNDS		12
#define MANY		2000

static int watch;
static long keys[KEYS];

static const char *info_of(int i)
{
	return i % RSA_EACH ? EC_INFO : RSA_INFO;
}

static void make_keys(void)
{
	char name[32];
	int i;

	for (i = 0; i < KEYS; i++) {
		snprintf(name, sizeof(name), "%d", i);
		keys[i] = add_or_end(name, i % RSA_EACH ? "new ec-p256 sealed" :
				     "new rsa2048 sealed");
	}
	for (i = 0; i < KEYS; i++) {
		struct keyctl_pkey_query query;

		while (keyctl_pkey_query(keys[i], info_of(i), &query) &&
		       errno == EAGAIN)
			usleep(20000);
	}
	point(1, "%d keys are made in %d slots", KEYS, SLOTS);
}

/* --- many processes ------------------------------------------------------------ */

/* What they tell each other. */
static struct shared {
	int signatures;
} *shared;

/* The HSM went away meanwhile, and the kernel is not logged in yet. */
static int will_pass(int error)
{
	return error == ENODEV || error == EREMOTEIO || error == EACCES;
}

/* Sign with keys of one's own choice; 0, or what went wrong. */
static int sign_some(unsigned int seed, int rounds, int patient)
{
	unsigned char digest[32];
	int i, n, ret, tries = 3000;

	for (n = 0; n < rounds; n++) {
		seed = seed * 1103515245 + 12345;
		i = (seed >> 16) % KEYS;
		memset(digest, seed >> 8, sizeof(digest));
		while ((ret = signs_and_verifies(keys[i], info_of(i), digest))) {
			if (!patient || !will_pass(ret) || !--tries) {
				printf("# key %d: %s\n", i, strerror(ret));
				return ret;
			}
			usleep(20000);
		}
		__atomic_add_fetch(&shared->signatures, 1, __ATOMIC_SEQ_CST);
	}
	return 0;
}

static void start_processes(pid_t *pids, int rounds, int patient)
{
	int i;

	fflush(stdout);
	for (i = 0; i < PROCESSES; i++) {
		pids[i] = fork();
		if (!pids[i]) {
			int ret = sign_some(i + 1, rounds, patient);

			fflush(stdout);
			_exit(ret);
		}
	}
}

static int wait_processes(const pid_t *pids)
{
	int i, status, bad = 0;

	for (i = 0; i < PROCESSES; i++)
		bad += waitpid(pids[i], &status, 0) != pids[i] || status;
	return bad;
}

static void test_processes(void)
{
	pid_t pids[PROCESSES];

	start_processes(pids, ROUNDS, 0);
	point_is(wait_processes(pids), 0, "%d processes, %d signatures each",
		 PROCESSES, ROUNDS);
	point_is(shared->signatures, PROCESSES * ROUNDS, "all were verified");
}

static void test_killed_hsm(void)
{
	pid_t pids[PROCESSES];
	int tries = 30000;

	shared->signatures = 0;
	start_processes(pids, ROUNDS, 1);
	while (__atomic_load_n(&shared->signatures, __ATOMIC_SEQ_CST) <
	       PROCESSES && --tries)
		usleep(1000);
	hsm("kill9");
	hsm("start");
	close(watch);
	watch = sealed_login();
	point_is(wait_processes(pids), 0,
		 "the HSM dies, is started without --slots, and all go on");
	hsm("env --slots 4");
	close(watch);
	watch = sealed_login();
	point_is(sign_some(99, KEYS, 0), 0,
		 "another restart, and keys are loaded as they are needed");
}

/* Who is killed while he waits for the HSM leaves nothing that is in the way. */
static void test_killed_users(void)
{
	pid_t pids[PROCESSES];
	int i;

	hsm("stop");
	start_processes(pids, ROUNDS, 0);
	for (i = 0; i < PROCESSES; i++)
		wait_until_it_waits(pids[i], SYS_keyctl, KEYCTL_PKEY_SIGN);
	for (i = 0; i < PROCESSES; i++)
		kill(pids[i], SIGKILL);
	point_is(wait_processes(pids), PROCESSES,
		 "%d processes are killed while they wait", PROCESSES);
	hsm("cont");
	point_is(sign_some(7, KEYS, 0), 0, "the others can sign");
}

/* --- slots of others --------------------------------------------------------- */

static void test_others(void)
{
	unsigned char uuid[SLOTS][16];
	char text[UUID_TEXT];
	long key;
	int i;

	keyctl_clear(HERE);
	expect_loaded(watch, 0, "all keys are unlinked");
	for (i = 0; i < SLOTS; i++)
		hsm_generate(watch, CRYPTECH_KEY_EC_P256,
			     CRYPTECH_KEY_FLAG_DIGITALSIGNATURE, uuid[i], text);
	point_is(add_text("none", "new ec-p256 sealed"), -ENOSPC,
		 "all slots are somebody else's");
	delete_key(watch, uuid[0]);
	key = add_text("one", "new ec-p256 sealed");
	point_is(key_signs(key), 0, "one slot is enough");
	point_is(key_signs(add_text("two", "new ec-p256 sealed")), 0,
		 "for the next key, too");
	point_is(key_signs(key), 0, "and the first again");
	keyctl_clear(HERE);
	for (i = 1; i < SLOTS; i++)
		delete_key(watch, uuid[i]);
	expect_loaded(watch, 0, "others");
}

/* A key that nobody uses makes room for others, who cannot ask for that. */
static void test_idle(void)
{
	long key = add_or_end("idle", "new ec-p256 sealed");

	expect_loaded(watch, 1, "a new key");
	run("echo 1 >/sys/module/cryptech/parameters/sealed_idle_s");
	expect_loaded(watch, 0, "a key that nobody uses");
	point_is(key_signs(key), 0, "but it still signs");
	run("echo 60 >/sys/module/cryptech/parameters/sealed_idle_s");
	keyctl_clear(HERE);
	expect_loaded(watch, 0, "idle");
}

/* --- ciphers ------------------------------------------------------------------ */

static const unsigned char iv[16] = "an IV of 16 byte";

/* An AES key of known value, sealed; its token, too. */
static long sealed_aes(int i, unsigned char *value, unsigned char *token)
{
	struct cryptech_ioc_key_load_raw arg = {
		.size = sizeof(arg), .type = CRYPTECH_KEY_AES256,
		.value = (uintptr_t)value, .value_len = 32,
		.key_flags = CRYPTECH_KEY_FLAG_TOKEN |
			     CRYPTECH_KEY_FLAG_DATAENCIPHERMENT |
			     CRYPTECH_KEY_FLAG_EXPORTABLE,
	};
	const char *text;
	char name[16];

	memset(value, i + 1, 32);
	if (ioctl(watch, CRYPTECH_IOC_KEY_LOAD_RAW, &arg))
		give_up("KEY_LOAD_RAW, HSM's error %u", arg.error);
	text = exported(watch, arg.uuid);
	delete_key(watch, arg.uuid);
	token_make(token, 1, CRYPTECH_KEY_AES256, NULL, arg.uuid, 16);
	snprintf(name, sizeof(name), "aes %d", i);
	return add_or_end(name, text);
}

static struct aes {
	unsigned char value[32], token[48];
	long key;
	int fd;
} aes[SLOTS + 1];

static void test_one_cipher(struct aes *a)
{
	unsigned char plain[64] = "plain", got[64], wanted[64];

	point_is(alg_crypt(a->fd, 1, iv, plain, got, sizeof(got)), 0,
		 "a sealed AES key encrypts");
	ssl_crypt("AES-256-CBC", a->value, 1, iv, plain, wanted,
		  sizeof(wanted));
	point(!memcmp(got, wanted, sizeof(got)), "as OpenSSL does");
}

static void test_ciphers(void)
{
	unsigned char out[16];
	long key;
	int i;

	for (i = 0; i <= SLOTS; i++) {
		aes[i].key = sealed_aes(i, aes[i].value, aes[i].token);
		aes[i].fd = alg_bind("cbc(paes)");
	}
	key = add_or_end("signer", "new ec-p256 sealed");
	for (i = 0; i < SLOTS; i++)
		point_is(alg_setkey(aes[i].fd, aes[i].token, 48), 0,
			 "socket %d takes a sealed key", i);
	for (i = 0; i < SLOTS; i++)
		test_one_cipher(&aes[i]);
	point_is(alg_setkey(aes[SLOTS].fd, aes[SLOTS].token, 48), EBUSY,
		 "one more does not fit: sockets keep theirs");
	point_is(key_signs(key), EBUSY, "nor does a key to sign with");
	close(aes[0].fd);
	point_is(key_signs(key), 0, "one socket less, and it signs");
	point_is(alg_setkey(aes[SLOTS].fd, aes[SLOTS].token, 48), 0,
		 "the other socket takes its place");
	test_one_cipher(&aes[SLOTS]);
	for (i = 1; i < SLOTS; i++)
		test_one_cipher(&aes[i]);
	keyctl_revoke(aes[1].key);
	point_is(alg_crypt(aes[1].fd, 1, iv, out, out, 16), EKEYREVOKED,
		 "a revoked key does not encrypt");
	keyctl_clear(HERE);
	expect_loaded(watch, SLOTS, "sockets keep what is unlinked");
	test_one_cipher(&aes[2]);
	for (i = 1; i <= SLOTS; i++)
		close(aes[i].fd);
	expect_loaded(watch, 0, "without the sockets");
}

/* A user's socket takes what is in his keyrings, and nothing else. */
static void test_cipher_of_user(void)
{
	unsigned char token[48], value[32];
	int status, fd;
	pid_t pid;

	sealed_aes(9, value, token);
	fflush(stdout);
	pid = fork();
	if (!pid) {
		fd = alg_bind("cbc(paes)");
		if (setresgid(1000, 1000, 1000) || setresuid(1000, 1000, 1000))
			_exit(99);
		keyctl_join_session_keyring(NULL);
		_exit(alg_setkey(fd, token, 48));
	}
	waitpid(pid, &status, 0);
	point_is(WEXITSTATUS(status), EPERM,
		 "a user who knows the token, but has no key");
	keyctl_clear(HERE);
	expect_loaded(watch, 0, "a user");
}

/* --- thousands ------------------------------------------------------------------ */

static void test_many(void)
{
	static const unsigned char digest[32] = "many";
	static long many[MANY];
	char name[16];
	int i, bad = 0;

	for (i = 0; i < MANY; i++) {
		snprintf(name, sizeof(name), "%d", i);
		many[i] = add_or_end(name, "new ec-p256 sealed");
	}
	for (i = 0; i < MANY; i += 7)
		bad += signs_and_verifies(many[i * 11 % MANY], EC_INFO,
					  digest) != 0;
	point_is(bad, 0, "%d sealed keys are usable", MANY);
	keyctl_clear(HERE);
	expect_loaded(watch, 0, "thousands");
}

int main(void)
{
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		give_up("mmap");
	watch = sealed_start();
	make_keys();
	test_processes();
	test_killed_hsm();
	test_killed_users();
	test_others();
	test_idle();
	test_ciphers();
	test_cipher_of_user();
	test_many();
	return sealed_end();
}
