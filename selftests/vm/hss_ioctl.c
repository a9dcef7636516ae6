// SPDX-License-Identifier: GPL-2.0
/*
 * HSS keys by the typed door: generation, requests, messages of any length,
 * what is refused and costs nothing, the end of a key.
 */
#include <linux/netlink.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "hss.h"

/* Longest message of one call: what a message of the protocol leaves. */
#define ONCE_MAX	(CRYPTECH_RPC_MESSAGE_MAX - 8 - 20 - 20 - 4 - 4)
#define LONG_MESSAGE	200000

static int fd;			/* logged in as user */
static unsigned char message[LONG_MESSAGE];
static unsigned char *nowhere;	/* a page before one that is not there */

/* --- generation ------------------------------------------------------------ */

static void generate_fails(struct cryptech_ioc_hashsig_generate arg, int file,
			   int error, unsigned int hsm_error, const char *what)
{
	int got = ioctl(file, CRYPTECH_IOC_HASHSIG_GENERATE, &arg) ? errno : 0;

	point_is(got, error, "generate, %s", what);
	point_is(arg.error, hsm_error, "generate, %s: the HSM's error", what);
}

static void test_refused_generation(void)
{
	struct cryptech_ioc_hashsig_generate good = hss_generation("5/8", 1);
	struct cryptech_ioc_hashsig_generate arg;
	int anyone = hsm_open(0);

	arg = good;
	arg.levels = 0;
	generate_fails(arg, fd, EINVAL, 0, "no level");
	arg.levels = 9;
	generate_fails(arg, fd, EINVAL, 0, "nine levels");
	arg = good;
	arg.level[1] = arg.level[0];
	generate_fails(arg, fd, EINVAL, 0, "a level too many");
	arg = good;
	arg.level[0].lms = 0x0f;	/* SHAKE, RFC 9858 */
	generate_fails(arg, fd, EOPNOTSUPP, CRYPTECH_ERR_UNSUPPORTED_KEY,
		       "SHAKE");
	generate_fails(hss_generation("25/1,25/1", 1), fd, EOPNOTSUPP,
		       CRYPTECH_ERR_UNSUPPORTED_KEY, "too long signatures");
	arg = good;
	arg.profile = 7;
	generate_fails(arg, fd, EINVAL, CRYPTECH_ERR_BAD_ARGUMENTS,
		       "unknown profile");
	arg = good;
	arg.reserve = CRYPTECH_HASHSIG_RESERVE_MAX + 1;
	generate_fails(arg, fd, EINVAL, CRYPTECH_ERR_BAD_ARGUMENTS,
		       "too much reserve");
	generate_fails(good, anyone, EACCES, CRYPTECH_ERR_FORBIDDEN,
		       "not logged in");
	close(anyone);
}

static int cancel(int file, const unsigned char *uuid)
{
	struct cryptech_ioc_hashsig_cancel arg = { .size = sizeof(arg) };

	memcpy(arg.uuid, uuid, 16);
	return ioctl(file, CRYPTECH_IOC_HASHSIG_CANCEL, &arg) ? errno : 0;
}

static void test_jobs(void)
{
	struct cryptech_ioc_hashsig_generate arg = hss_generation("25/4", 1);
	struct cryptech_ioc_hashsig_job job;
	int other = hsm_session(0, CRYPTECH_USER_NORMAL, USER_PIN);
	int tries = 1000, ret;

	memset(arg.uuid, 0x44, 16);
	point_is(hss_job(fd, arg.uuid, &job), ENOKEY, "no such job");
	point_is(cancel(fd, arg.uuid), ENOKEY, "nothing to cancel");
	ret = ioctl(fd, CRYPTECH_IOC_HASHSIG_GENERATE, &arg);
	point_is(ret, 0, "a long generation starts");
	do {
		ret = hss_job(fd, arg.uuid, &job);
		usleep(10000);
	} while (!ret && !job.done && --tries);
	point(!ret && job.state == CRYPTECH_JOB_RUNNING && job.done &&
	      job.done < job.total && job.total >= 1 << 25,
	      "it goes on: %llu of %llu", job.done, job.total);
	point_is(hss_job(other, arg.uuid, &job), ENOKEY,
		 "to others it is not there");
	point_is(cancel(other, arg.uuid), ENOKEY, "they cannot cancel it");
	point_is(hsm_key_info(fd, arg.uuid), ENOKEY, "there is no key yet");
	point_is(cancel(fd, arg.uuid), 0, "cancel");
	point(!hss_job(fd, arg.uuid, &job) &&
	      job.state == CRYPTECH_JOB_CANCELLED, "it is cancelled");
	point_is(cancel(fd, arg.uuid), ENOKEY, "once");

	/* a job ends with its file: then its name is free */
	ret = ioctl(other, CRYPTECH_IOC_HASHSIG_GENERATE, &arg);
	point_is(ret, 0, "another's generation");
	close(other);
	arg = hss_generation("5/8", 1);
	memset(arg.uuid, 0x44, 16);
	tries = 1000;
	do {
		usleep(10000);
		ret = ioctl(fd, CRYPTECH_IOC_HASHSIG_GENERATE, &arg);
	} while (ret && errno == EEXIST && --tries);
	point_is(ret ? errno : 0, 0, "ends with its file");
	hss_wait(fd, arg.uuid);
	point_is(hsm_key_info(fd, arg.uuid), 0, "the name is a key's now");
}

static void test_info(void)
{
	struct hss_key key = hss_new(fd, "5/8,10/4/24", 4);
	struct cryptech_ioc_hashsig_info info = hss_info(fd, &key);
	struct cryptech_ioc_hashsig_accept accept = { .size = sizeof(accept) };
	struct cryptech_ioc_hashsig_info bad = info;

	point(info.levels == 2 && info.level[0].lms == 5 &&
	      info.level[0].lmots == 4 && info.level[1].lms == 0x0b &&
	      info.level[1].lmots == 7 && !info.level[2].lms,
	      "info: the levels, by RFC 8554's and RFC 9858's numbers");
	point(info.profile == CRYPTECH_HASHSIG_PUNCTURED && info.reserve == 4,
	      "info: profile and reserve");
	point(info.root_left == 32 && info.left == 32 << 10 &&
	      info.left_max == 32 << 10, "info: all is left");
	bad.reserved = 1;
	point(ioctl(fd, CRYPTECH_IOC_HASHSIG_INFO, &bad) && errno == EINVAL,
	      "info: reserved fields are 0");
	accept.decision = CRYPTECH_ACCEPT_FLASH;
	point(ioctl(fd, CRYPTECH_IOC_HASHSIG_ACCEPT, &accept) &&
	      errno == EACCES, "accept is for the security officer");
}

/* --- requests ---------------------------------------------------------------- */

static void test_requests(void)
{
	struct hss_key key = hss_new(fd, "5/8", 1);
	struct signature sig, again;
	struct cryptech_ioc_sign arg = { .size = sizeof(arg) };

	point_is(hss_sign(fd, &key, 1, "one", 3, &sig), 0, "sign");
	point_is(sig.len, 1296, "H5/W8 signatures have 1,296 bytes");
	point_is(sig.left, 31, "31 are left");
	ledger_enter(&key, "one", 3, &sig);
	point(!hss_sign(fd, &key, 1, "one", 3, &again) &&
	      again.len == sig.len && again.left == 31 &&
	      !memcmp(sig.bytes, again.bytes, sig.len),
	      "the same request gives the same and costs nothing");
	point(hss_sign(fd, &key, 1, "two", 3, &again) == EACCES &&
	      again.error == CRYPTECH_ERR_FORBIDDEN,
	      "the same request for another message is refused");
	point(!hss_sign(fd, &key, 2, "one", 3, &again) && again.left == 30 &&
	      memcmp(sig.bytes, again.bytes, sig.len),
	      "another request is another leaf");
	ledger_enter(&key, "one", 3, &again);

	memcpy(arg.uuid, key.uuid, 16);
	arg.flags = CRYPTECH_SIGN_ONCE;
	arg.digest = CRYPTECH_DIGEST_SHA256;
	point(ioctl(fd, CRYPTECH_IOC_SIGN, &arg) && errno == EINVAL,
	      "a digest is refused");
	arg.digest = 0;
	point(ioctl(fd, CRYPTECH_IOC_SIGN, &arg) && errno == EOVERFLOW,
	      "no room for the signature");
	arg.flags = 0;
	point(ioctl(fd, CRYPTECH_IOC_SIGN, &arg) && errno == EOPNOTSUPP,
	      "without the flag it is no key to sign with");
	point_is(hss_sign(fd, &key, 3, NULL, 3, &again), EFAULT,
		 "no message");
	point_is(hss_sign(fd, &key, 4, nowhere, LONG_MESSAGE, &again), EFAULT,
		 "a long message that ends too early");
	point_is(hss_left(fd, &key), 30, "all these cost nothing");
	point_is(hss_sign_to(fd, &key, 5, "x", 1, NULL, &again), EFAULT,
		 "nowhere to put the signature");
	point_is(hss_left(fd, &key), 29, "that cost a leaf,");
	point(!hss_sign(fd, &key, 5, "x", 1, &again) && again.left == 29,
	      "and the same request still gets it");
	ledger_enter(&key, "x", 1, &again);

	/* a program from before `left` was there */
	arg.size = offsetof(struct cryptech_ioc_sign, left);
	arg.flags = CRYPTECH_SIGN_ONCE;
	arg.signature = (uintptr_t)again.bytes;
	arg.signature_len = SIGNATURE_MAX;
	arg.left = 77;
	point(!ioctl(fd, CRYPTECH_IOC_SIGN, &arg) && arg.left == 77 &&
	      arg.signature_len == 1296, "a struct that ends earlier");
	again.len = arg.signature_len;
	ledger_enter(&key, "", 0, &again);
	point_is(hss_verify(fd, &key, "", 0, again.bytes, again.len), 0,
		 "the message was the empty one");
}

/* --- messages of any length ------------------------------------------------------ */

static void test_lengths(void)
{
	static const unsigned int lengths[] = {
		0, 1, ONCE_MAX - 1, ONCE_MAX, ONCE_MAX + 1, 16368, 16369,
		2 * 16368, LONG_MESSAGE,
	};
	struct hss_key key = hss_new(fd, "5/4,5/4", 1);
	struct signature sig, again;
	unsigned int i, len;
	int wrong = 0;

	for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		len = lengths[i];
		wrong |= hss_sign(fd, &key, 100 + i, message, len, &sig);
		wrong |= hss_sign(fd, &key, 100 + i, message, len, &again);
		wrong |= memcmp(sig.bytes, again.bytes, sig.len);
		ledger_enter(&key, message, len, &sig);
		wrong |= hss_verify(fd, &key, message, len, sig.bytes,
				    sig.len);
		if (len) {
			message[len - 1] ^= 1;
			wrong |= hss_verify(fd, &key, message, len, sig.bytes,
					    sig.len) != EKEYREJECTED;
			wrong |= hss_sign(fd, &key, 100 + i, message, len,
					  &again) != EACCES;
			message[len - 1] ^= 1;
		}
		point(!wrong, "%u bytes", len);
		wrong = 0;
	}
	point_is(hss_left(fd, &key), 32 * 32 - i, "a leaf each");
}

struct signer {
	pthread_t thread;
	const struct hss_key *key;
	unsigned int request;
	int error;
	struct signature sig;
};

static void *sign_long(void *arg)
{
	struct signer *s = arg;

	s->error = hss_sign(fd, s->key, s->request, message, LONG_MESSAGE,
			    &s->sig);
	return NULL;
}

/* More at once than the HSM has streams for one client. */
static void test_at_once(void)
{
	struct hss_key key = hss_new(fd, "5/8", 1);
	static struct signer signers[6];
	int i, wrong = 0;

	for (i = 0; i < 6; i++) {
		signers[i].key = &key;
		signers[i].request = i;
		pthread_create(&signers[i].thread, NULL, sign_long,
			       &signers[i]);
	}
	for (i = 0; i < 6; i++) {
		pthread_join(signers[i].thread, NULL);
		wrong |= signers[i].error;
		ledger_enter(&key, message, LONG_MESSAGE, &signers[i].sig);
	}
	point(!wrong, "six long messages at once");
	point_is(hss_left(fd, &key), 26, "a leaf each");
}

/* --- what does not verify ---------------------------------------------------------- */

static void test_verifier(const char *sets)
{
	struct hss_key key = hss_new(fd, sets, 1);
	unsigned int i, wrong = 0;
	struct signature sig;

	point(!hss_sign(fd, &key, 1, message, 1000, &sig) &&
	      sig.len == key.size, "%s signs", sets);
	ledger_enter(&key, message, 1000, &sig);
	for (i = 0; i < sig.len; i++) {
		sig.bytes[i] ^= 1 << i % 8;
		if (hss_verify(fd, &key, message, 1000, sig.bytes, sig.len) !=
		    EKEYREJECTED) {
			printf("# byte %u\n", i);
			wrong++;
		}
		sig.bytes[i] ^= 1 << i % 8;
	}
	point(!wrong, "%s: each byte changed", sets);
	for (i = 0; i < sig.len; i++)
		wrong += hss_verify(fd, &key, message, 1000, sig.bytes, i) !=
			 EKEYREJECTED;
	point(!wrong, "%s: cut anywhere", sets);
	sig.bytes[sig.len] = 0;
	for (i = 1; i < SIGNATURE_MAX - sig.len; i = 3 * i + 1)
		wrong += hss_verify(fd, &key, message, 1000, sig.bytes,
				    sig.len + i) != EKEYREJECTED;
	wrong += hss_verify(fd, &key, message, 1000, sig.bytes, SIGNATURE_MAX +
			    1) != EKEYREJECTED;
	wrong += hss_verify(fd, &key, message, LONG_MESSAGE, sig.bytes,
			    sig.len + 1) != EKEYREJECTED;
	point(!wrong, "%s: extended", sets);
	point(!hss_verify(fd, &key, message, 1000, sig.bytes, sig.len) &&
	      hss_verify(fd, &key, message, 999, sig.bytes, sig.len) ==
	      EKEYREJECTED, "%s: as it was it verifies its message", sets);
}

/* The public half alone, as a key of its own. */
static struct hss_key public_half(const struct hss_key *key)
{
	unsigned char spki[256];
	struct cryptech_ioc_key_public pub = {
		.size = sizeof(pub),
		.spki_len = sizeof(spki),
		.spki = (uintptr_t)spki,
	};
	struct cryptech_ioc_key_load load = {
		.size = sizeof(load),
		.der = (uintptr_t)spki,
		.key_flags = HSS_FLAGS,
	};
	struct hss_key public = *key;

	memcpy(pub.uuid, key->uuid, 16);
	if (ioctl(fd, CRYPTECH_IOC_KEY_PUBLIC, &pub))
		give_up("KEY_PUBLIC");
	load.der_len = pub.spki_len;
	if (ioctl(fd, CRYPTECH_IOC_KEY_LOAD, &load))
		give_up("KEY_LOAD of a public half");
	memcpy(public.uuid, load.uuid, 16);
	uuid_format(public.text, public.uuid);
	return public;
}

static unsigned int longest(key_serial_t key)
{
	struct keyctl_pkey_query query;

	if (keyctl_pkey_query(key, "", &query))
		give_up("pkey_query");
	return query.max_sig_size;
}

/*
 * keyctl pkey_verify, by the HSM. Fields begin at multiples of 4, so each of
 * them is changed. What is cut off is other bytes then: the core reads as many
 * as the longest signature has.
 */
static void test_keyctl_changes(const char *what, key_serial_t serial,
				struct signature *sig)
{
	unsigned char cut[SIGNATURE_MAX + 1];
	unsigned int i, wrong = 0;

	for (i = 0; i < sig->len; i += 4) {
		sig->bytes[i + i / 4 % 4] ^= 1 << i % 8;
		wrong += key_verify(serial, message, 1000, sig->bytes,
				    sig->len) != EKEYREJECTED;
		sig->bytes[i + i / 4 % 4] ^= 1 << i % 8;
	}
	point(!wrong, "keyctl, %s: each field changed", what);
	for (i = 0; i < sig->len; i += i < 64 || i + 64 >= sig->len ? 1 : 61) {
		memset(cut, 0xa5, sizeof(cut));
		memcpy(cut, sig->bytes, i);
		wrong += key_verify(serial, message, 1000, cut, i) !=
			 EKEYREJECTED;
	}
	point(!wrong, "keyctl, %s: cut", what);
	point(!key_verify(serial, message, 1000, sig->bytes, sig->len) &&
	      key_verify(serial, message, 999, sig->bytes, sig->len) ==
	      EKEYREJECTED, "keyctl, %s: as it was it verifies its message",
	      what);
}

static void test_keyctl_verifier(void)
{
	struct hss_key key = hss_new(fd, "5/8,5/4/24", 1);
	struct hss_key half = public_half(&key);
	key_serial_t serial = use_key(&key), public = use_key(&half);
	struct signature sig;

	memset(&sig, 0, sizeof(sig));
	point_is(key_sign(serial, message, 1000, &sig), 0, "keyctl signs");
	ledger_enter(&key, message, 1000, &sig);
	test_keyctl_changes("key", serial, &sig);
	test_keyctl_changes("public half", public, &sig);
	point(longest(serial) == sig.len &&
	      key_verify(serial, message, 1000, sig.bytes, sig.len + 1) ==
	      EINVAL, "a byte more than the key's signatures have: EINVAL");
	memset(sig.bytes + sig.len, 0xa5, SIGNATURE_MAX - sig.len);
	point_is(longest(public), SIGNATURE_MAX,
		 "how long the lower level's are a public half cannot tell");
	point_is(key_verify(public, message, 1000, sig.bytes, sig.len + 1), 0,
		 "extended: keyctl alone does not look at what follows");
	point_is(hss_verify(fd, &half, message, 1000, sig.bytes, sig.len + 1),
		 EKEYREJECTED, "the ioctl does");
	keyctl_unlink(serial, KEY_SPEC_SESSION_KEYRING);
	keyctl_unlink(public, KEY_SPEC_SESSION_KEYRING);
}

/* --- the end of a key ---------------------------------------------------------------- */

static int open_uevents(void)
{
	struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = 1 };
	int s = socket(AF_NETLINK, SOCK_DGRAM, NETLINK_KOBJECT_UEVENT);

	if (s < 0 || bind(s, (void *)&address, sizeof(address)))
		give_up("uevents");
	return s;
}

/* Count events that the key is low; @left is what the last of them said. */
static int count_events(int s, const struct hss_key *key, char *left)
{
	char event[4096], wanted[48], *line;
	int count = 0, low, ours;
	ssize_t len;

	snprintf(wanted, sizeof(wanted), "KEY=%s", key->text);
	while ((len = recv(s, event, sizeof(event) - 1, MSG_DONTWAIT)) > 0) {
		event[len] = 0;
		low = 0;
		ours = 0;
		for (line = event; line < event + len; line += strlen(line) + 1) {
			low |= !strcmp(line, "CRYPTECH_EVENT=hashsig-low");
			ours |= !strcmp(line, wanted);
			if (!strncmp(line, "LEFT=", 5))
				snprintf(left, 16, "%s", line + 5);
		}
		count += low && ours;
	}
	return count;
}

static long sysfs_figure(const char *name)
{
	char path[96];
	long value = -1;
	FILE *f;

	snprintf(path, sizeof(path), "/sys/class/cryptech/cryptech0/%s", name);
	f = fopen(path, "r");
	if (f) {
		if (fscanf(f, "%ld", &value) != 1)
			value = -1;
		fclose(f);
	}
	return value;
}

static long wait_for_figure(const char *name, long wanted)
{
	int tries = 500;

	while (sysfs_figure(name) != wanted && --tries)
		usleep(20000);
	return sysfs_figure(name);
}

static void test_exhaustion(void)
{
	struct hss_key key = hss_new(fd, "5/8", 4);
	int uevents = open_uevents(), tries = 500, events = 0;
	char left[16] = "";
	struct signature sig;
	unsigned int i;
	int ret = 0;

	for (i = 0; !ret && i < 100; i++) {
		ret = hss_sign(fd, &key, 1000 + i, &i, sizeof(i), &sig);
		if (!ret)
			ledger_enter(&key, &i, sizeof(i), &sig);
		/* the first asks how many there were: let it be answered */
		if (!i)
			usleep(200000);
	}
	point_is(i - 1, 32, "a key of 32 leaves signs 32 times");
	point(ret == ENOSPC && sig.error == CRYPTECH_ERR_HASHSIG_KEY_EXHAUSTED,
	      "then it is used up");
	point(hss_sign(fd, &key, 2000, "x", 1, &sig) == ENOSPC, "for ever");
	point_is(hss_info(fd, &key).state, CRYPTECH_HASHSIG_EXHAUSTED,
		 "info says so");
	while (!events && --tries) {
		events = count_events(uevents, &key, left);
		usleep(20000);
	}
	point_is(events, 1, "one event");
	point(!strcmp(left, "2"), "when 2 of 32 were left: %s", left);
	point(!system("dmesg | grep -q 'nearly used up: 2 signatures left'"),
	      "and a line in the log");
	point_is(wait_for_figure("hashsig_leaves_min", 0), 0,
		 "sysfs: a key has no leaf left");
	point_is(sysfs_figure("hashsig_keys"),
		 hsm_status(fd, CRYPTECH_STATUS_HASHSIG_KEYS),
		 "sysfs: how many keys there are");
	point_is(sysfs_figure("hashsig_low"), 1, "sysfs: one is low");
	point_is(sysfs_figure("anchor"), hsm_status(fd, CRYPTECH_STATUS_ANCHOR),
		 "sysfs: the anchor");
	close(uevents);
}

int main(void)
{
	unsigned int i;

	ksft_print_header();
	run("hsm-ready");
	fd = hsm_session(0, CRYPTECH_USER_NORMAL, USER_PIN);
	for (i = 0; i < sizeof(message); i++)
		message[i] = i * 7 + i / 256;
	nowhere = mmap(NULL, 8192, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (nowhere == MAP_FAILED || munmap(nowhere + 4096, 4096))
		give_up("mmap");

	test_refused_generation();
	test_jobs();
	test_info();
	test_requests();
	test_lengths();
	test_at_once();
	test_verifier("5/8");
	test_verifier("5/4/24,5/8/24");
	test_keyctl_verifier();
	test_exhaustion();
	point_is(ledger_bad, 0, "%u leaves, none twice", ledger_count);
	close(fd);
	ksft_set_plan(ksft_test_num());
	ksft_print_cnts();
	return ksft_get_fail_cnt() ? 1 : 0;
}
