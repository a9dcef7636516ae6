// SPDX-License-Identifier: GPL-2.0
/*
 * cbc(paes) and xts(paes) by AF_ALG: right results, whatever the lengths and
 * splits; what happens if the HSM does not answer. Where AF_ALG does not take
 * xts(paes), there is kernel_users.
 */
#include "alg_answers.h"
#include "alg_keys.h"

#define BIG	65536
#define CHUNK	16320		/* what fits into a message of the mailbox */
#define CROWD	24		/* more than there are slots for ciphers */

static unsigned char plain[BIG], wanted[BIG], got[BIG];

/* The bytes of a number in hexadecimal. */
static size_t unhex(unsigned char *to, const char *hex)
{
	size_t n = 0;

	for (; *hex; hex += 2, n++)
		if (sscanf(hex, "%2hhx", &to[n]) != 1)
			give_up("not hex");
	return n;
}

/* --- known answers, by clear tokens ---------------------------------------- */

static void known_answers(void)
{
	unsigned char key[64], token[96], vi[16], out[64];
	size_t i, key_len, len;
	int fd, err;

	for (i = 0; i < sizeof(answers) / sizeof(*answers); i++) {
		if (answers[i].xts && alg_is_restricted())
			continue;
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
			 all ? "all splits" : "splits drawn with seed 1");
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
	if (XTS->fd >= 0)
		point_is(alg_crypt(XTS->fd, 1, iv, plain, out, 15), EINVAL,
			 "XTS of less than a block");
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
	for (i = 0; i < CROWD; i++) {
		err = ended(pids[i]);
		running += err == EIO;
		waiting += err == ENODEV;
	}
	point_is(running, 16, "the HSM dies: those on slots fail with EIO");
	point_is(waiting, CROWD - 16, "those that wait, with ENODEV");
	point_is(alg_crypt(CBC->fd, 1, iv, plain, out, 16), ENODEV,
		 "and so do new ones");
	run("hsmctl hsm 0 start");
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

int main(void)
{
	unsigned long long volatile_keys;
	size_t i;
	int hsm;

	run("modprobe cryptech clear_tokens=1");
	hsm = keys_session();
	volatile_keys = hsm_status(hsm, CRYPTECH_STATUS_KEYS_VOLATILE);
	check_names();
	known_answers();
	point_is(wait_for_status(hsm, CRYPTECH_STATUS_KEYS_VOLATILE,
				 volatile_keys), volatile_keys,
		 "no clear key stays in the HSM");
	for (i = 0; i < BIG; i++)
		plain[i] = random();
	make_keys(hsm);
	for (i = 0; i < 5; i++)
		if (keys[i].fd >= 0)
			lengths(&keys[i]);
	splits(CBC, kernel_is_new());
	odd_lists(CBC);
	bad_lengths();
	crowd();
	late();
	lost(clear_socket());

	return keys_end();
}
