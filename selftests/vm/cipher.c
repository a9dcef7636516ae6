// SPDX-License-Identifier: GPL-2.0
/*
 * cbc(paes) and xts(paes) by AF_ALG: right results, whatever the lengths and
 * splits; what tokens are; who may use them; what happens if the HSM does not.
 */
#include <sched.h>
#include <sys/utsname.h>

#include "alg.h"
#include "alg_answers.h"

#define BIG	65536
#define CHUNK	16320		/* what fits into a message of the mailbox */
#define CROWD	24		/* more than there are slots for ciphers */

static unsigned char plain[BIG], wanted[BIG], got[BIG], serial[16];
static const unsigned char iv[16] = "an IV of 16 byte";

/* The bytes of a number in hexadecimal. */
static size_t unhex(unsigned char *to, const char *hex)
{
	size_t n = 0;

	for (; *hex; hex += 2, n++)
		if (sscanf(hex, "%2hhx", &to[n]) != 1)
			give_up("not hex");
	return n;
}

static const char *name_of(int xts)
{
	return xts ? "xts(paes)" : "cbc(paes)";
}

/* --- known answers, by clear tokens ---------------------------------------- */

static void known_answers(void)
{
	unsigned char key[64], token[96], vi[16], out[64];
	size_t i, key_len, len;
	int fd, err;

	for (i = 0; i < sizeof(answers) / sizeof(*answers); i++) {
		key_len = unhex(key, answers[i].key);
		unhex(vi, answers[i].iv);
		len = unhex(plain, answers[i].plain);
		unhex(wanted, answers[i].cipher);
		fd = alg_bind(name_of(answers[i].xts));
		key_len = token_make(token, 2, answers[i].type, NULL, key,
				     key_len);
		point_is(alg_setkey(fd, token, key_len), 0,
			 "%s: a clear token", answers[i].name);
		err = alg_crypt(fd, 1, vi, plain, out, len);
		point(!err && !memcmp(out, wanted, len), "%s encrypts (%d)",
		      answers[i].name, err);
		err = alg_crypt(fd, 0, vi, wanted, out, len);
		point(!err && !memcmp(out, plain, len), "%s decrypts (%d)",
		      answers[i].name, err);
		close(fd);
	}
}

/* --- lengths and splits, against OpenSSL ----------------------------------- */

/* Keys in flash; drawn, but the same in each run. */
static struct keys {
	const char *ssl;
	int xts;
	unsigned int type;
	size_t len;
	int fd;
	unsigned char value[64], uuid[16], token[48];
} keys[] = {
	{ "AES-128-CBC", 0, CRYPTECH_KEY_AES128, 16, -1, {}, {}, {} },
	{ "AES-192-CBC", 0, CRYPTECH_KEY_AES192, 24, -1, {}, {}, {} },
	{ "AES-256-CBC", 0, CRYPTECH_KEY_AES256, 32, -1, {}, {}, {} },
	{ "AES-128-XTS", 1, CRYPTECH_KEY_AES128_XTS, 32, -1, {}, {}, {} },
	{ "AES-256-XTS", 1, CRYPTECH_KEY_AES256_XTS, 64, -1, {}, {}, {} },
};
#define CBC	(&keys[2])
#define XTS	(&keys[4])

static void make_keys(int hsm)
{
	unsigned char by_hand[48];
	struct keys *k;
	size_t i;

	for (k = keys; k < keys + 5; k++) {
		for (i = 0; i < k->len; i++)
			k->value[i] = random();
		hsm_load_raw(hsm, k->type, k->value, k->len, k->uuid);
		errno = hsm_token(hsm, k->uuid, k->token);
		if (errno)
			give_up("TOKEN");
		token_make(by_hand, 1, k->type, serial, k->uuid, 16);
		point(!memcmp(by_hand, k->token, 48), "%s: its token", k->ssl);
		k->fd = alg_bind(name_of(k->xts));
		point_is(alg_setkey(k->fd, k->token, 48), 0,
			 "%s: setkey by root", k->ssl);
	}
}

/* Does the HSM do with @len bytes what OpenSSL does, there and back? */
static int agrees(const struct keys *k, size_t len)
{
	ssl_crypt(k->ssl, k->value, 1, iv, plain, wanted, len);
	if (alg_crypt(k->fd, 1, iv, plain, got, len) ||
	    memcmp(got, wanted, len))
		return 0;
	return !alg_crypt(k->fd, 0, iv, wanted, got, len) &&
	       !memcmp(got, plain, len);
}

static void lengths(const struct keys *k)
{
	static const size_t cbc[] = {
		16, 32, 4096, CHUNK - 16, CHUNK, CHUNK + 16, 2 * CHUNK, BIG,
	};
	static const size_t xts[] = {
		16, 17, 31, 32, 33, 4096, CHUNK - 1, CHUNK, CHUNK + 1,
		CHUNK + 15, CHUNK + 16, CHUNK + 17, 2 * CHUNK + 7, BIG - 1, BIG,
	};
	const size_t *lens = k->xts ? xts : cbc;
	size_t n = k->xts ? sizeof(xts) / 8 : sizeof(cbc) / 8, i;

	for (i = 0; i < n; i++)
		point(agrees(k, lens[i]), "%s: %zu bytes", k->ssl, lens[i]);
}

/* CBC in two steps: the IV that the first leaves is right for the second. */
static int split_agrees(const struct keys *k, int encrypt, size_t at)
{
	const unsigned char *in = encrypt ? plain : wanted;
	int op = alg_accept(k->fd);
	int err;

	err = alg_send(op, encrypt, iv, in, at, 1);
	if (!err)
		err = alg_read(op, got, at);
	if (!err)
		err = alg_send(op, encrypt, NULL, in + at, BIG - at, 0);
	if (!err)
		err = alg_read(op, got + at, BIG - at);
	close(op);
	return !err && !memcmp(got, encrypt ? wanted : plain, BIG);
}

/* All splits at block boundaries on new kernels, a sample on old ones. */
static void splits(const struct keys *k, int all)
{
	int encrypt, bad;
	size_t at;

	ssl_crypt(k->ssl, k->value, 1, iv, plain, wanted, BIG);
	for (encrypt = 0; encrypt < 2; encrypt++) {
		bad = 0;
		for (at = 16; at < BIG; at += all ? 16 : 16 * (1 + random() % 99))
			bad += !split_agrees(k, encrypt, at);
		point_is(bad, 0, "%s: %s of 64 KiB in two steps, %s", k->ssl,
			 encrypt ? "encryption" : "decryption",
			 all ? "all splits" : "sampled splits");
	}
}

/* Out by an odd iovec, in by odd pieces of user pages. */
static void odd_lists(const struct keys *k)
{
	static unsigned char pages[BIG + 4096];
	size_t len = 20000 / 16 * 16, done = 0, n, step = 1;
	struct iovec out[16], in;
	int op = alg_accept(k->fd), pipes[2], i;
	ssize_t read_len;

	ssl_crypt(k->ssl, k->value, 1, iv, plain, wanted, len);
	if (pipe(pipes) || alg_send(op, 1, iv, NULL, 0, 1))
		give_up("pipe");
	memcpy(pages + 13, plain, len);
	for (; done < len; done += n, step = step * 3 + 1) {
		n = step < len - done ? step : len - done;
		in.iov_base = pages + 13 + done;
		in.iov_len = n = n > 4000 ? 4000 : n;
		if (vmsplice(pipes[1], &in, 1, 0) != (ssize_t)n ||
		    splice(pipes[0], NULL, op, NULL, n,
			   done + n < len ? SPLICE_F_MORE : 0) != (ssize_t)n)
			give_up("splice");
	}
	for (i = 0, done = 0; i < 16; i++, done += n) {
		n = i == 15 ? len - done : 1 + (size_t)i * 131 % 997;
		out[i].iov_base = got + done;
		out[i].iov_len = n;
	}
	memset(got, 0, len);
	read_len = readv(op, out, 16);
	point(read_len == (ssize_t)len && !memcmp(got, wanted, len),
	      "%s: odd lists of memory (%zd)", k->ssl, read_len);
	close(op);
	close(pipes[0]);
	close(pipes[1]);
}

static void bad_lengths(void)
{
	unsigned char out[32];

	point_is(alg_crypt(CBC->fd, 1, iv, plain, out, 17), EINVAL,
		 "CBC of a partial block");
	point_is(alg_crypt(XTS->fd, 1, iv, plain, out, 15), EINVAL,
		 "XTS of less than a block");
}

/* --- tokens ----------------------------------------------------------------- */

static void spoilt_tokens(void)
{
	static const struct {
		int at;
		const char *what;
	} spoilt[] = {
		{ 0, "magic" }, { 4, "version" }, { 5, "kind" },
		{ 7, "length" }, { 6, "length, high byte" },
		{ 9, "family" }, { 12, "reserved" }, { 15, "reserved, end" },
	};
	unsigned char token[97], out[16];
	int fd = alg_bind("cbc(paes)");
	size_t i, len;

	for (i = 0; i < sizeof(spoilt) / sizeof(*spoilt); i++) {
		memcpy(token, CBC->token, 48);
		token[spoilt[i].at] ^= 0x40;
		point_is(alg_setkey(fd, token, 48), EINVAL, "another %s",
			 spoilt[i].what);
	}
	point_is(alg_setkey(fd, CBC->token, 47), EINVAL, "a token cut short");
	memcpy(token, CBC->token, 48);
	token[7] = 49;
	point_is(alg_setkey(fd, token, 49), EINVAL, "a token that is longer");
	point_is(alg_setkey(fd, XTS->token, 48), EINVAL, "a key for XTS");
	len = token_make(token, 2, CRYPTECH_KEY_AES256, NULL, plain, 24);
	point_is(alg_setkey(fd, token, len), EINVAL, "a clear key too short");

	point_is(alg_setkey(fd, CBC->token, 48), 0, "the good one");
	memcpy(token, CBC->token, 48);
	memset(token + 16, 0, 16);
	point_is(alg_setkey(fd, token, 48), 0, "for any device");
	point_is(alg_crypt(fd, 1, iv, plain, out, 16), 0, "works");
	token[16] = 1;
	point_is(alg_setkey(fd, token, 48), 0, "for a device that is not there");
	point_is(alg_crypt(fd, 1, iv, plain, out, 16), ENODEV, "does not");
	memcpy(token, CBC->token, 48);
	token[40] ^= 1;
	point_is(alg_setkey(fd, token, 48), 0, "for a key that is not there");
	point_is(alg_crypt(fd, 1, iv, plain, out, 16), ENOKEY, "does not, too");
	token[0] = 'c';
	point_is(alg_setkey(fd, token, 48), EINVAL, "a bad one after all");
	point_is(alg_crypt(fd, 1, iv, plain, out, 16), ENOKEY,
		 "leaves the socket without key");
	close(fd);
}

static void by_serial(int new_kernel)
{
	key_serial_t key = add_key("user", "token", CBC->token, 48,
				   KEY_SPEC_SESSION_KEYRING);
	int fd = alg_bind("cbc(paes)"), err;
	unsigned char out[16];

	if (key < 0)
		give_up("add_key user");
	err = setsockopt(fd, SOL_ALG, ALG_SET_KEY_BY_KEY_SERIAL, &key,
			 sizeof(key)) ? errno : 0;
	if (new_kernel) {
		point_is(err, 0, "a token by the serial number of a key");
		ssl_crypt(CBC->ssl, CBC->value, 1, iv, plain, wanted, 16);
		err = alg_crypt(fd, 1, iv, plain, out, 16);
		point(!err && !memcmp(out, wanted, 16), "which works");
	} else {
		point_is(err, ENOPROTOOPT, "no keys by serial number here");
	}
	close(fd);
}

/* --- who may ---------------------------------------------------------------- */

static void become_user(void)
{
	if (setresgid(1000, 1000, 1000) || setresuid(1000, 1000, 1000))
		give_up("setresuid");
}

/* In a process of its own that is @user; its exit status. */
static int in_child(int (*what)(int), int arg)
{
	pid_t pid;
	int status;

	fflush(stdout);
	pid = fork();
	if (!pid)
		_exit(what(arg));
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		give_up("child");
	return WEXITSTATUS(status);
}

static int as_stranger(int namespace)
{
	int fd = alg_bind("cbc(paes)");

	become_user();
	keyctl_join_session_keyring(NULL);
	if (namespace && unshare(CLONE_NEWUSER))
		return 99;
	return alg_setkey(fd, CBC->token, 48);
}

static int as_stranger_in_clear(int unused)
{
	unsigned char token[48];
	int fd = alg_bind("cbc(paes)");

	(void)unused;
	become_user();
	token_make(token, 2, CRYPTECH_KEY_AES128, NULL, plain, 16);
	return alg_setkey(fd, token, 48);
}

/* Holds a key for it; @revoke: and revokes it after setkey */
static int as_holder(int revoke)
{
	int hsm = hsm_session(0, CRYPTECH_USER_NORMAL, USER_PIN);
	int fd = alg_bind("cbc(paes)"), err;
	unsigned char out[16], token[48];
	char text[UUID_TEXT];
	long key;

	fcntl(hsm, F_SETFD, 0);
	become_user();
	keyctl_join_session_keyring(NULL);
	uuid_format(text, CBC->uuid);
	key = add("cryptech", "mine", KEY_SPEC_SESSION_KEYRING,
		  "use %s fd=%d", text, hsm);
	if (key < 0)
		return -key;
	err = alg_setkey(fd, CBC->token, 48);
	if (err)
		return err;
	memcpy(token, CBC->token, 48);
	token[20] ^= 1;
	if (alg_setkey(alg_bind("cbc(paes)"), token, 48) != EPERM)
		return 98;
	memcpy(token, keys[0].token, 48);
	if (alg_setkey(alg_bind("cbc(paes)"), token, 48) != EPERM)
		return 97;
	if (revoke && keyctl_revoke(key))
		return 96;
	return alg_crypt(fd, 1, iv, plain, out, 16);
}

static void rights(void)
{
	point_is(in_child(as_stranger, 0), EPERM, "who knows a token may not");
	point_is(in_child(as_stranger, 1), EPERM,
		 "nor the root of a user namespace");
	point_is(in_child(as_stranger_in_clear, 0), EPERM,
		 "nor with a key of one's own in the clear");
	point_is(in_child(as_holder, 0), 0,
		 "who has a key for it may, with that and no other");
	point_is(in_child(as_holder, 1), EKEYREVOKED,
		 "until it is revoked");
}

/* --- keys of type cryptech --------------------------------------------------- */

static void keyring_keys(int hsm)
{
	struct keyctl_pkey_query query;
	unsigned char uuid[16], token[48], out[16];
	char payload[64] = {};
	long key;
	int fd, i;

	key = add("cryptech", "new aes", KEY_SPEC_SESSION_KEYRING,
		  "new aes256-xts");
	point(key > 0, "a new AES key (%ld)", key);
	if (key < 0)
		return;
	point(keyctl_pkey_query(key, "enc=pkcs1", &query) < 0 &&
	      errno == EOPNOTSUPP, "signs nothing");
	if (keyctl_read(key, payload, sizeof(payload)) != 40)
		give_up("keyctl read");
	for (i = 0; i < 16; i++)
		sscanf(payload + 4 + 2 * i + (i > 3) + (i > 5) + (i > 7) +
		       (i > 9), "%2hhx", &uuid[i]);
	point_is(hsm_token(hsm, uuid, token), 0, "has a token");
	fd = alg_bind("xts(paes)");
	point_is(alg_setkey(fd, token, 48), 0, "is a key");
	point_is(alg_crypt(fd, 1, iv, plain, out, 16), 0, "and encrypts");
	point(memcmp(out, plain, 16), "indeed");
	close(fd);
	key = add("cryptech", "again", KEY_SPEC_SESSION_KEYRING, "%s", payload);
	point(key > 0, "use finds it (%ld)", key);
	point_is(add("asymmetric", "", KEY_SPEC_SESSION_KEYRING,
		     "CHSMKEY1%s", payload), -EOPNOTSUPP,
		 "it makes no asymmetric key");
	key = add("cryptech", "raw", KEY_SPEC_SESSION_KEYRING,
		  "new aes128 raw");
	point_is(key, -EINVAL, "raw is for RSA");
}

/* --- an HSM that does not answer --------------------------------------------- */

/* One who encrypts 64 KiB; exits with 0 or errno. */
static pid_t start_one(void)
{
	pid_t pid;
	int err;

	fflush(stdout);
	pid = fork();
	if (pid)
		return pid;
	err = alg_crypt(CBC->fd, 1, iv, plain, got, BIG);
	_exit(err ? err : memcmp(got, wanted, BIG) ? 99 : 0);
}

/* Wait until a process is in read(), which waits for the HSM. */
static void wait_reading(pid_t pid)
{
	char path[64], line[64];
	int tries = 3000;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/syscall", pid);
	do {
		usleep(10000);
		line[0] = 0;
		f = fopen(path, "r");
		if (f) {
			if (!fgets(line, sizeof(line), f))
				line[0] = 0;
			fclose(f);
		}
	} while (strncmp(line, "0 ", 2) && --tries);
	if (!tries)
		give_up("it does not read");
}

static int ended(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		give_up("waitpid");
	return WEXITSTATUS(status);
}

static void deadline(const char *ms)
{
	char command[96];

	snprintf(command, sizeof(command), "echo %s >/sys/module/cryptech"
		 "/parameters/deadline_ms", ms);
	run(command);
}

static void crowd(void)
{
	pid_t pids[CROWD];
	int i, bad = 0;

	ssl_crypt(CBC->ssl, CBC->value, 1, iv, plain, wanted, BIG);
	run("hsmctl hsm 0 stop");
	for (i = 0; i < CROWD; i++)
		pids[i] = start_one();
	for (i = 0; i < CROWD; i++)
		wait_reading(pids[i]);
	run("hsmctl hsm 0 cont");
	for (i = 0; i < CROWD; i++)
		bad += ended(pids[i]) != 0;
	point_is(bad, 0, "more requests than slots are all served");
}

static void late(void)
{
	unsigned char out[16];

	deadline("1000");
	run("hsmctl hsm 0 stop");
	point_is(ended(start_one()), ETIMEDOUT, "a stopped HSM: a deadline");
	deadline("10000");
	run("hsmctl hsm 0 cont");
	point_is(alg_crypt(CBC->fd, 1, iv, plain, out, 16), 0,
		 "afterwards it works again");
	point(!memcmp(out, wanted, 16), "and rightly");
}

static void lost(int clear)
{
	unsigned char out[16];
	pid_t pids[CROWD];
	int i, running = 0, waiting = 0, err, tries = 3000;

	run("hsmctl hsm 0 stop");
	for (i = 0; i < CROWD; i++)
		pids[i] = start_one();
	for (i = 0; i < CROWD; i++)
		wait_reading(pids[i]);
	run("hsmctl hsm 0 kill9");
	run("hsmctl hsm 0 start");
	for (i = 0; i < CROWD; i++) {
		err = ended(pids[i]);
		running += err == EIO;
		waiting += err == ENODEV;
	}
	point_is(running, 16, "the HSM dies: those on slots fail with EIO");
	point_is(waiting, CROWD - 16, "those that wait, with ENODEV");
	do {
		usleep(10000);
		err = alg_crypt(CBC->fd, 1, iv, plain, out, 16);
	} while (err == ENODEV && --tries);
	point_is(err, EACCES, "afterwards: not without the kernel's login");
	run("cryptech kernel-login -p /tmp/.pin.0");
	point_is(alg_crypt(CBC->fd, 1, iv, plain, out, 16), 0,
		 "with it the socket goes on");
	point_is(alg_crypt(clear, 1, iv, plain, out, 16), ENOKEY,
		 "but clear keys are gone");
}

static int clear_socket(void)
{
	unsigned char token[96];
	int fd = alg_bind("cbc(paes)");

	errno = alg_setkey(fd, token, token_make(token, 2, CRYPTECH_KEY_AES128,
						 serial, plain, 16));
	if (errno)
		give_up("clear token");
	return fd;
}

static int is_new(void)
{
	struct utsname u;

	return !uname(&u) && strncmp(u.release, "6.1.", 4);
}

int main(void)
{
	struct cryptech_ioc_info info = { .size = sizeof(info) };
	unsigned long long volatile_keys;
	size_t i;
	int hsm;

	run("modprobe cryptech clear_tokens=1 && hsm-ready");
	ksft_print_header();
	hsm = hsm_session(0, CRYPTECH_USER_NORMAL, USER_PIN);
	if (ioctl(hsm, CRYPTECH_IOC_INFO, &info))
		give_up("INFO");
	memcpy(serial, info.serial, 16);
	srandom(1);

	volatile_keys = hsm_status(hsm, CRYPTECH_STATUS_KEYS_VOLATILE);
	known_answers();
	point_is(wait_for_status(hsm, CRYPTECH_STATUS_KEYS_VOLATILE,
				 volatile_keys), volatile_keys,
		 "no clear key stays in the HSM");
	for (i = 0; i < BIG; i++)
		plain[i] = random();
	make_keys(hsm);
	for (i = 0; i < 5; i++)
		lengths(&keys[i]);
	splits(CBC, is_new());
	odd_lists(CBC);
	bad_lengths();
	spoilt_tokens();
	by_serial(is_new());
	rights();
	keyring_keys(hsm);
	crowd();
	late();
	lost(clear_socket());

	ksft_set_plan(ksft_test_num());
	ksft_print_cnts();
	return ksft_get_fail_cnt() ? 1 : 0;
}
