// SPDX-License-Identifier: GPL-2.0
/*
 * mix [SECONDS]: 16 processes at one HSM, all calls at once: ioctls, the raw
 * door, keys in keyrings, the crypto API, hw_random, hash signatures; as root
 * and not, as user, officer and wheel, on files that live long or not; every
 * fourth process is killed now and then, in whatever it does, and another takes
 * its place. Every answer is checked: against OpenSSL with the same key, by
 * OpenSSL with the public half, by the kernel (HSS), or by what this process
 * alone can have asked for.
 *
 * Not called, since they are for all: KERNEL_LOGIN and _LOGOUT, a new master key,
 * and packages for other HSMs, which take two; vm/backup and vm/modules do.
 */
#include <signal.h>
#include <sys/stat.h>
#include <time.h>

#include "mix.h"
#include "mix_backup.h"
#include "mix_ioctl.h"
#include "mix_kernel.h"

#define SECONDS		10
#define KILL_EVERY	4	/* a quarter of the processes is mortal */
#define PATIENCE_S	120	/* for the last call of each */

/* What a process does, and how often of the sum of all. */
static const struct {
	const char *name;
	unsigned int weight;
	void (*run)(void);
} steps[] = {
	{ "INFO, STATUS", 8, step_info },
	{ "RANDOM", 8, step_random },
	{ "sessions of others", 2, step_session },
	{ "SET_PIN", 1, step_pin },
	{ "SIGN, VERIFY: RSA", 8, step_sign_rsa },
	{ "SIGN, VERIFY: EC", 8, step_sign_ec },
	{ "KEY_GENERATE, _SET_LABEL, _DELETE", 4, step_generate },
	{ "KEY_LOAD, _PUBLIC", 4, step_load },
	{ "KEY_LIST", 4, step_list },
	{ "TOKEN", 4, step_token },
	{ "ENCRYPT, DECRYPT", 8, step_cipher },
	{ "GCM", 8, step_gcm },
	{ "MAC, _VERIFY, _UPDATE", 8, step_mac },
	{ "KEY_LOAD_RAW", 4, step_load_raw },
	{ "SIGN_ONCE, VERIFY: HSS", 4, step_hss },
	{ "HASHSIG_GENERATE, _JOB, _CANCEL", 2, step_hss_job },
	{ "raw: random numbers, logins", 8, step_raw },
	{ "raw: hashes", 8, step_raw_hash },
	{ "raw: handles, signatures", 8, step_raw_sign },
	{ "raw: a call that is abandoned", 4, step_raw_abandon },
	{ "keyctl: RSA", 8, step_keyctl_rsa },
	{ "keyctl: EC", 8, step_keyctl_ec },
	{ "keyctl: a new key", 2, step_keyctl_new },
	{ "AF_ALG: skcipher", 8, step_alg_cipher },
	{ "AF_ALG: hash", 8, step_alg_hash },
	{ "hw_random", 4, step_hwrng },
	{ "DEVICE_IDENTITY and lists", 4, step_identity },
	{ "RAW_EXPORT, RAW_IMPORT", 4, step_away },
	{ "the officer's calls", 1, step_officer },
	{ "KEKEK_CREATE, _ATTEST, _DELETE", 1, step_kekek },
};

#define STEPS	(sizeof(steps) / sizeof(steps[0]))

static pid_t processes[PROCESSES];
static unsigned int lives[PROCESSES];	/* how many had that number */

/* --- before ------------------------------------------------------------------ */

static EVP_PKEY *must_have(EVP_PKEY *pkey)
{
	if (!pkey)
		give_up("OpenSSL's key");
	return pkey;
}

/* In DER; and into the HSM, if there is a file for it. */
static void make_pair(struct pair *pair, EVP_PKEY *pkey, int fd)
{
	struct cryptech_ioc_key_load arg = {
		.size = sizeof(arg), .der = (uintptr_t)pair->der,
		.key_flags = SIGNS | TOKEN,
	};
	PKCS8_PRIV_KEY_INFO *p8 = EVP_PKEY2PKCS8(must_have(pkey));
	unsigned char *der = pair->der, *spki = pair->spki;

	if (i2d_PKCS8_PRIV_KEY_INFO(p8, NULL) > (int)sizeof(pair->der) ||
	    i2d_PUBKEY(pkey, NULL) > (int)sizeof(pair->spki))
		give_up("DER");
	pair->pkey = pkey;
	pair->der_len = i2d_PKCS8_PRIV_KEY_INFO(p8, &der);
	pair->spki_len = i2d_PUBKEY(pkey, &spki);
	PKCS8_PRIV_KEY_INFO_free(p8);
	arg.der_len = pair->der_len;
	if (fd >= 0 && ioctl(fd, CRYPTECH_IOC_KEY_LOAD, &arg))
		give_up("KEY_LOAD, HSM's error %u", arg.error);
	memcpy(pair->uuid, arg.uuid, 16);
}

static key_serial_t in_keyring(const char *name, const unsigned char *uuid)
{
	char text[UUID_TEXT];
	long key;

	uuid_format(text, uuid);
	key = add("cryptech", name, KEY_SPEC_SESSION_KEYRING, "use %s", text);
	if (key < 0)
		give_up("use %s: %ld", text, key);
	return key;
}

/* OpenSSL's signatures, of digests that are each process's own. */
static void make_answers(void)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(world.rsa.pkey, NULL);
	unsigned int i, j;
	size_t len;

	for (i = 0; i < PROCESSES; i++)
		for (j = 0; j < ANSWERS; j++) {
			len = 256;
			fill(world.answers[i][j].digest, 32);
			if (EVP_PKEY_sign_init(ctx) != 1 ||
			    EVP_PKEY_CTX_set_rsa_padding(ctx,
					RSA_PKCS1_PADDING) != 1 ||
			    EVP_PKEY_CTX_set_signature_md(ctx,
					EVP_sha256()) != 1 ||
			    EVP_PKEY_sign(ctx, world.answers[i][j].signature,
					  &len, world.answers[i][j].digest,
					  32) != 1)
				give_up("OpenSSL's signatures");
		}
	EVP_PKEY_CTX_free(ctx);
}

static void make_symmetric(int fd)
{
	static const char *const names[SYMMETRIC] = {
		[CBC] = "cbc(paes)", [XTS] = "xts(paes)",
		[CMAC] = "cmac(paes)", [HMAC] = "phmac(sha256)",
	};
	struct symmetric *key;
	int i;

	for (i = 0; i < SYMMETRIC; i++) {
		struct cryptech_ioc_key_load_raw arg = { .size = sizeof(arg) };

		key = &symmetric[i];
		fill(key->value, key->len);
		arg.type = key->type;
		arg.value = (uintptr_t)key->value;
		arg.value_len = key->len;
		arg.key_flags = key->flags | TOKEN;
		if (ioctl(fd, CRYPTECH_IOC_KEY_LOAD_RAW, &arg))
			give_up("KEY_LOAD_RAW, HSM's error %u", arg.error);
		memcpy(key->uuid, arg.uuid, 16);
		errno = hsm_token(fd, key->uuid, key->token);
		if (errno)
			give_up("TOKEN");
		if (!names[i] || (i != CBC && alg_is_restricted()))
			continue;
		key->fd = alg_try(i < ECB ? "skcipher" : "hash", names[i]);
		errno = key->fd < 0 ? -key->fd :
			alg_setkey(key->fd, key->token, 48);
		if (errno)
			give_up("%s", names[i]);
	}
}

/* The public half of the HSS key as the kernel's own verifier takes it. */
static void make_hss(int fd)
{
	struct keyctl_pkey_query query;
	unsigned char spki[128];
	struct cryptech_ioc_key_public pub = {
		.size = sizeof(pub), .spki = (uintptr_t)spki,
		.spki_len = sizeof(spki),
	};

	world.hss = hss_new(fd, "10/4,5/4", 1);
	memcpy(pub.uuid, world.hss.uuid, 16);
	if (ioctl(fd, CRYPTECH_IOC_KEY_PUBLIC, &pub))
		give_up("KEY_PUBLIC");
	world.hss_public = add_key("asymmetric", "hss", spki, pub.spki_len,
				   KEY_SPEC_SESSION_KEYRING);
	if (world.hss_public < 0 ||
	    keyctl_pkey_query(world.hss_public, "", &query) ||
	    query.max_sig_size > SIGNATURE_MAX)
		give_up("the public HSS key");
}

static void learn(int fd)
{
	struct cryptech_ioc_info info = { .size = sizeof(info) };
	struct cryptech_ioc_status status = { .size = sizeof(status) };
	struct cryptech_ioc_device_identity id = { .size = sizeof(id) };
	struct cryptech_ioc_master_key master = { .size = sizeof(master) };
	unsigned char spki[256];

	id.spki = (uintptr_t)spki;
	id.spki_len = sizeof(spki);
	if (ioctl(fd, CRYPTECH_IOC_INFO, &info) ||
	    ioctl(fd, CRYPTECH_IOC_STATUS, &status) ||
	    ioctl(fd, CRYPTECH_IOC_DEVICE_IDENTITY, &id) ||
	    ioctl(fd, CRYPTECH_IOC_MASTER_KEY_INFO, &master))
		give_up("the HSM");
	memcpy(world.serial, info.serial, 16);
	memcpy(world.release, status.release, sizeof(world.release));
	memcpy(world.fingerprint, id.fingerprint, 32);
	memcpy(world.master, master.fingerprint, 32);
}

static void prepare(int fd)
{
	unsigned int i;

	me.seed = 1;
	learn(fd);
	make_pair(&world.rsa, EVP_RSA_gen(2048), fd);
	make_pair(&world.ec, EVP_EC_gen("P-256"), fd);
	for (i = 0; i < PROCESSES; i++)
		make_pair(&world.own[i], EVP_EC_gen("P-256"), -1);
	world.rsa_key = in_keyring("rsa", world.rsa.uuid);
	world.ec_key = in_keyring("ec", world.ec.uuid);
	make_answers();
	make_symmetric(fd);
	make_hss(fd);
	run("echo cryptech0 >/sys/class/misc/hw_random/rng_current");
	world.hwrng = open("/dev/hwrng", O_RDONLY);
	if (world.hwrng < 0 || chmod(NODE, 0666))
		give_up("/dev/hwrng, %s", NODE);
	/* for keys of keyrings that are collected in the kernel's own time */
	run("echo 1 >/proc/sys/kernel/keys/gc_delay;"
	    "echo 10000 >/proc/sys/kernel/keys/maxkeys;"
	    "echo 1000000 >/proc/sys/kernel/keys/maxbytes");
}

/* --- a process ----------------------------------------------------------------- */

static void begin_life(int number)
{
	struct cryptech_ioc_key_generate arg = {
		.size = sizeof(arg), .type = CRYPTECH_KEY_EC_P256,
		.key_flags = SIGNS,
	};

	me.number = number;
	me.seed = 1000 * number + lives[number];
	sprintf(me.label, "mix %d life %u", number, lives[number]);
	me.fd = another_file();
	if (number % KILL_EVERY == KILL_EVERY - 1)
		expect(!setresgid(UID, UID, UID) && !setresuid(UID, UID, UID),
		       "setresuid");
	expect_login(me.fd, CRYPTECH_USER_NORMAL, USER_PIN);
	arg.label_len = strlen(me.label);
	memcpy(arg.label, me.label, arg.label_len);
	expect_ioctl(me.fd, KEY_GENERATE, &arg, 0);
	memcpy(me.uuid, arg.uuid, 16);
}

static void live(int number, time_t end)
{
	unsigned int sum = 0, at, i;

	begin_life(number);
	for (i = 0; i < STEPS; i++)
		sum += steps[i].weight;
	for (me.count = 0; time(NULL) < end; me.count++) {
		at = draw(sum);
		for (i = 0; at >= steps[i].weight; i++)
			at -= steps[i].weight;
		steps[i].run();
		__atomic_add_fetch(&shared->done[i], 1, __ATOMIC_RELAXED);
		/* a client that is in use now and then begins anew */
		if (!draw(200)) {
			close(me.fd);
			begin_life(number);
		}
	}
	/* each step at least once, however slow the machine is */
	if (!number)
		for (i = 0; i < STEPS; i++)
			if (!shared->done[i]) {
				steps[i].run();
				shared->done[i]++;
			}
	_exit(0);
}

static void start(int number, time_t end)
{
	lives[number]++;
	processes[number] = fork();
	if (processes[number] < 0)
		give_up("fork");
	if (!processes[number])
		live(number, end);
}

/* --- the killer ------------------------------------------------------------------ */

/* Something that a process says is wrong, or an end that nobody wished. */
static bool has_failed(int number, int options)
{
	int status;

	if (!processes[number] ||
	    waitpid(processes[number], &status, options) != processes[number])
		return false;
	processes[number] = 0;
	if (status && !shared->wrong[number][0])
		snprintf(shared->wrong[number], 200, "status %#x", status);
	return status != 0;
}

static unsigned int kill_and_watch(time_t end)
{
	unsigned int killed = 0, i, victim = KILL_EVERY - 1;

	while (time(NULL) < end) {
		usleep(300000);
		for (i = 0; i < PROCESSES; i++)
			if (has_failed(i, WNOHANG))
				return killed;
		if (!processes[victim])
			continue;	/* it ended just now, as it should */
		kill(processes[victim], SIGKILL);
		waitpid(processes[victim], NULL, 0);
		processes[victim] = 0;
		killed++;
		start(victim, end);
		victim = (victim + KILL_EVERY) % PROCESSES;
	}
	return killed;
}

static void wait_for_all(void)
{
	time_t end = time(NULL) + PATIENCE_S;
	unsigned int i, left;

	do {
		for (left = 0, i = 0; i < PROCESSES; i++) {
			has_failed(i, WNOHANG);
			left += processes[i] != 0;
		}
		usleep(10000);
	} while (left && time(NULL) < end);
	for (i = 0; i < PROCESSES; i++) {
		if (!processes[i])
			continue;
		kill(processes[i], SIGKILL);
		snprintf(shared->wrong[i], 200, "does not end");
	}
}

/* --- after ------------------------------------------------------------------------ */

/* Keys and KEKEKs of those that were killed. */
static void clear_away(int fd)
{
	struct cryptech_key_item items[16];
	struct cryptech_ioc_key_list list = { .size = sizeof(list) };
	unsigned char uuids[CRYPTECH_KEKEKS_MAX][16];
	struct cryptech_ioc_uuid_list kekeks = { .size = sizeof(kekeks) };
	unsigned int i;

	list.items = (uintptr_t)items;
	do {
		list.count = 16;
		if (ioctl(fd, CRYPTECH_IOC_KEY_LIST, &list))
			give_up("KEY_LIST");
		for (i = 0; i < list.count; i++) {
			struct cryptech_ioc_key_delete del = {
				.size = sizeof(del),
			};

			memcpy(list.previous, items[i].uuid, 16);
			memcpy(del.uuid, items[i].uuid, 16);
			if (!strncmp(items[i].label, "mix ", 4) &&
			    ioctl(fd, CRYPTECH_IOC_KEY_DELETE, &del))
				give_up("KEY_DELETE");
		}
	} while (list.count);
	kekeks.count = CRYPTECH_KEKEKS_MAX;
	kekeks.uuids = (uintptr_t)uuids;
	if (ioctl(fd, CRYPTECH_IOC_KEKEK_LIST, &kekeks))
		give_up("KEKEK_LIST");
	for (i = 0; i < kekeks.count; i++) {
		struct cryptech_ioc_kekek_delete del = { .size = sizeof(del) };

		memcpy(del.uuid, uuids[i], 16);
		if (ioctl(fd, CRYPTECH_IOC_KEKEK_DELETE, &del))
			give_up("KEKEK_DELETE");
	}
}

static const struct {
	unsigned int tag;
	const char *what;
} figures[] = {
	{ CRYPTECH_STATUS_KEYS_TOKEN, "keys in flash" },
	{ CRYPTECH_STATUS_KEYS_VOLATILE, "volatile keys" },
	{ CRYPTECH_STATUS_HANDLES, "handles" },
	{ CRYPTECH_STATUS_CLIENTS, "clients" },
	{ CRYPTECH_STATUS_KEKEKS, "KEKEKs" },
};

#define FIGURES	(sizeof(figures) / sizeof(figures[0]))

/*
 * A call goes on at the HSM when its caller was killed: a key can appear after
 * everything was cleared away.
 */
static unsigned long long settled(int fd, unsigned int tag,
				  unsigned long long wanted)
{
	time_t end = time(NULL) + PATIENCE_S;
	unsigned long long is;

	do {
		clear_away(fd);
		is = hsm_status(fd, tag);
	} while (is != wanted && time(NULL) < end && !usleep(10000));
	return is;
}

static void take_figures(int fd, unsigned long long *to)
{
	for (unsigned int i = 0; i < FIGURES; i++)
		to[i] = hsm_status(fd, figures[i].tag);
}

static void leaves_signed_once(void)
{
	unsigned int i, whole = 0;

	for (i = 0; i < shared->signed_count && i < SIGNED_MAX; i++) {
		if (!shared->signed_ones[i].whole)
			continue;
		ledger_enter(&world.hss, shared->signed_ones[i].message,
			     sizeof(shared->signed_ones[i].message),
			     &shared->signed_ones[i].sig);
		whole++;
	}
	point(whole && !ledger_bad, "no leaf twice in %u HSS signatures", whole);
}

static void tell(unsigned int killed, int fd, const unsigned long long *before)
{
	unsigned int i;

	for (i = 0; i < PROCESSES; i++)
		point(!shared->wrong[i][0], "process %u, %u in turn%s%s", i,
		      lives[i], shared->wrong[i][0] ? ": " : "",
		      shared->wrong[i]);
	for (i = 0; i < STEPS; i++)
		point(shared->done[i] > 0, "%s: %lu times", steps[i].name,
		      shared->done[i]);
	point(killed > 0, "%u processes were killed", killed);
	leaves_signed_once();
	for (i = 0; i < FIGURES; i++)
		point_is(settled(fd, figures[i].tag, before[i]), before[i],
			 "as many %s as before", figures[i].what);
}

int main(int argc, char **argv)
{
	int seconds = argc > 1 ? atoi(argv[1]) : SECONDS, fd;
	unsigned long long before[FIGURES];
	unsigned int i, killed;
	time_t end;

	run("hsm-ready && modprobe cryptech_hss");
	ksft_print_header();
	fd = hsm_session(0, CRYPTECH_USER_NORMAL, USER_PIN);
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		give_up("mmap");
	prepare(fd);
	take_figures(fd, before);
	fflush(stdout);
	end = time(NULL) + seconds;
	for (i = 0; i < PROCESSES; i++)
		start(i, end);
	killed = kill_and_watch(end);
	wait_for_all();
	tell(killed, fd, before);
	ksft_set_plan(ksft_test_num());
	ksft_print_cnts();
	return ksft_get_fail_cnt() ? 1 : 0;
}
