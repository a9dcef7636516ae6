// SPDX-License-Identifier: GPL-2.0
/*
 * Public HSS keys as asymmetric keys: signatures of others are verified by
 * the kernel, without an HSM and without its driver; with anything changed or
 * cut off they are refused. hss_verify_test.c of selftests/drivers tries the
 * mathematics much harder; this is about the door.
 */
#include <openssl/sha.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "../drivers/hss_case.h"
#include "keys.h"

#define SPKI_HEAD	20
#define SIG_MAX		65535	/* what fits pkey_query */
#define SAMPLES		24	/* of the bytes of a signature */
#define CLOSE		16	/* to its ends, where each byte is tried */

/* --- keys ----------------------------------------------------------------- */

/* RFC 9708 by hand; @public_len below 100. The length. */
static size_t spki(unsigned char *der, const unsigned char *public,
		   size_t public_len)
{
	static const unsigned char head[SPKI_HEAD] = {
		0x30, 0, 0x30, 0x0d, 0x06, 0x0b, 0x2a, 0x86, 0x48, 0x86, 0xf7,
		0x0d, 0x01, 0x09, 0x10, 0x03, 0x11, 0x03, 0, 0x00,
	};

	memcpy(der, head, sizeof(head));
	der[1] = 18 + public_len;
	der[18] = 1 + public_len;
	memcpy(der + SPKI_HEAD, public, public_len);
	return SPKI_HEAD + public_len;
}

static long add_der(const char *name, const void *der, size_t len)
{
	long key = add_key("asymmetric", name, der, len,
			   KEY_SPEC_SESSION_KEYRING);

	return key < 0 ? -errno : key;
}

static long add_public(const char *name, const unsigned char *public,
		       size_t len)
{
	unsigned char der[128];

	return add_der(name, der, spki(der, public, len));
}

static long add_case(const struct hss_case *c)
{
	return add_public(c->name, c->public, c->public_len);
}

static const struct hss_case *find(const char *name)
{
	size_t i;

	for (i = 0; i < HSS_CASES; i++)
		if (!strcmp(hss_cases[i].name, name))
			return &hss_cases[i];
	give_up("no case %s", name);
}

/* --- signatures ----------------------------------------------------------- */

/*
 * Room that ends where nothing can be read: @size bytes of it are @signature
 * and whatever.
 */
static unsigned char *at_end(const unsigned char *signature, size_t len,
			     size_t size)
{
	static unsigned char *end;

	if (!end) {
		end = mmap(NULL, SIG_MAX + 1 + 4096, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (end == MAP_FAILED ||
		    mprotect(end + SIG_MAX + 1, 4096, PROT_NONE))
			give_up("mmap");
		end += SIG_MAX + 1;
	}
	memset(end - size, 0xa5, size);
	memcpy(end - size, signature, len < size ? len : size);
	return end - size;
}

static size_t sig_max(key_serial_t key)
{
	struct keyctl_pkey_query query;

	if (keyctl_pkey_query(key, "", &query))
		give_up("pkey_query");
	return query.max_sig_size;
}

/* keyctl pkey_verify, in room of the size that the kernel reads: errno. */
static int verify(key_serial_t key, const struct hss_case *c,
		  const unsigned char *signature, size_t len)
{
	unsigned char *room = at_end(signature, len, sig_max(key));

	return keyctl_pkey_verify(key, "", c->message, c->message_len, room,
				  len) ? errno : 0;
}

static void signatures_of_others(void)
{
	const struct hss_case *c;
	unsigned char *other;
	long key;
	size_t i;

	for (i = 0; i < HSS_CASES; i++) {
		c = &hss_cases[i];
		key = add_case(c);
		if (!c->known) {
			point_is(key, -ENOPKG, "%s: refused, another hash",
				 c->name);
			continue;
		}
		if (key < 0)
			give_up("%s", c->name);
		point_is(verify(key, c, c->signature, c->signature_len), 0,
			 "%s: verifies", c->name);
		other = malloc(c->message_len);
		memcpy(other, c->message, c->message_len);
		other[c->message_len / 2] ^= 1;
		point_is(keyctl_pkey_verify(key, "", other, c->message_len,
				at_end(c->signature, c->signature_len,
				       sig_max(key)),
				c->signature_len) ? errno : 0, EKEYREJECTED,
			 "%s: not for another message", c->name);
		free(other);
		keyctl_unlink(key, KEY_SPEC_SESSION_KEYRING);
	}
}

/* The fields of a signature and some of all bytes, a bit of each. */
static void changed_signatures(const char *name, size_t head)
{
	const struct hss_case *c = find(name);
	long key = add_case(c);
	unsigned char *changed = malloc(c->signature_len);
	size_t i, tried = 0, refused = 0;

	memcpy(changed, c->signature, c->signature_len);
	for (i = 0; i < c->signature_len;
	     i += i < head ? 1 : c->signature_len / SAMPLES) {
		changed[i] ^= 1 << i % 8;
		refused += verify(key, c, changed, c->signature_len) ==
			   EKEYREJECTED;
		changed[i] ^= 1 << i % 8;
		tried++;
	}
	point_is(refused, tried, "%s: %zu changed signatures are refused",
		 name, tried);
	free(changed);
	keyctl_unlink(key, KEY_SPEC_SESSION_KEYRING);
}

static void cut_signatures(const char *name)
{
	const struct hss_case *c = find(name);
	size_t len, tried = 0, refused = 0;
	long key = add_case(c);

	for (len = 0; len < c->signature_len;
	     len += len < CLOSE || len + CLOSE >= c->signature_len ? 1 :
		    (c->signature_len - 2 * CLOSE) / SAMPLES) {
		refused += verify(key, c, c->signature, len) == EKEYREJECTED;
		tried++;
	}
	point_is(refused, tried, "%s: refused, cut to %zu lengths", name,
		 tried);
	keyctl_unlink(key, KEY_SPEC_SESSION_KEYRING);
}

/* What the key core makes of lengths: hss-keys.rst says so. */
static void lengths(void)
{
	const struct hss_case *one = find("cisco 10/4 1");
	const struct hss_case *two = find("cisco 5/4,5/4 1");
	struct keyctl_pkey_query query;
	long key = add_case(one);
	unsigned char *room;

	if (keyctl_pkey_query(key, "enc=raw", &query))
		give_up("pkey_query");
	point_is(query.max_sig_size, 2512, "one level: the exact length");
	point_is(query.max_data_size, 65535, "any message that keyctl takes");
	point_is(query.key_size, 480, "bits of the public key");
	point_is(query.supported_ops, KEYCTL_SUPPORTS_VERIFY, "verifies only");
	point_is(verify(key, one, one->signature, 2513), EINVAL,
		 "one byte more is refused by the core");
	room = at_end(one->signature, 2511, 2511);
	point_is(keyctl_pkey_verify(key, "", one->message, one->message_len,
				    room, 2511) ? errno : 0, EFAULT,
		 "the core reads the full length, whatever it is told");
	keyctl_unlink(key, KEY_SPEC_SESSION_KEYRING);

	key = add_case(two);
	point_is(sig_max(key), 2352 + 56 + 9324,
		 "two levels: as long as any lower level's could be");
	room = at_end(two->signature, two->signature_len, sig_max(key));
	point_is(keyctl_pkey_verify(key, "", two->message, two->message_len,
				    room, sig_max(key)) ? errno : 0, 0,
		 "what follows the signature is not looked at");
	keyctl_unlink(key, KEY_SPEC_SESSION_KEYRING);

	key = add_case(find("hss_lms_sig.vec 1"));
	point_is(sig_max(key), SIG_MAX, "eight levels: no more than 65535");
	keyctl_unlink(key, KEY_SPEC_SESSION_KEYRING);
}

static void wrong_words(void)
{
	const struct hss_case *c = find("cisco 10/4 1");
	static const char *const infos[] = {
		"enc=pkcs1", "enc=x962", "hash=sha256", "enc=raw hash=sha256",
	};
	struct keyctl_pkey_query query;
	long key = add_case(c);
	unsigned char out[4096];
	size_t i;

	for (i = 0; i < sizeof(infos) / sizeof(infos[0]); i++)
		point_is(keyctl_pkey_query(key, infos[i], &query) ? errno : 0,
			 EINVAL, "%s means nothing", infos[i]);
	point_is(keyctl_pkey_sign(key, "", c->message, 0, out, 0) < 0 ?
		 errno : 0, 524, "it cannot sign");	/* ENOTSUPP */
	point_is(keyctl_read(key, (char *)out, sizeof(out)) < 0 ? errno : 0,
		 EOPNOTSUPP, "it cannot be read");
	keyctl_revoke(key);
	point_is(keyctl_pkey_verify(key, "", c->message, c->message_len,
			at_end(c->signature, c->signature_len,
			       c->signature_len), c->signature_len) ?
		 errno : 0, EKEYREVOKED, "a revoked key verifies nothing");
}

/* --- the parser ----------------------------------------------------------- */

static void malformed_keys(void)
{
	const struct hss_case *c = find("cisco 10/4 1");
	unsigned char der[160], bad[160], public[64] = { 0 };
	size_t i, len = spki(der, c->public, c->public_len);
	unsigned int refused = 0;

	for (i = 0; i < SPKI_HEAD; i++) {
		memcpy(bad, der, len);
		bad[i] ^= 1;
		refused += add_der("bad", bad, len) == -EBADMSG;
	}
	point_is(refused, SPKI_HEAD, "nothing about the envelope can change");
	for (refused = 0, i = 1; i < len; i++)
		refused += add_der("bad", der, i) == -EBADMSG;
	point_is(refused, len - 1, "nor can anything be missing");
	memcpy(bad, der, len);
	bad[len] = 0;
	point_is(add_der("bad", bad, len + 1), -EBADMSG, "nor follow");

	memcpy(public, c->public, 60);
	for (refused = 0, i = 0; i < 12; i++) {
		public[i] ^= 0x40;
		refused += add_public("bad", public, 60) == -ENOPKG;
		public[i] ^= 0x40;
	}
	point_is(refused, 12, "unknown levels and sets are refused");
	public[3] = 0;
	point_is(add_public("bad", public, 60), -ENOPKG, "no level");
	public[3] = 9;
	point_is(add_public("bad", public, 60), -ENOPKG, "nine levels");
	public[3] = 1;
	public[11] = 5;
	point_is(add_public("bad", public, 60), -ENOPKG, "n = 32 and n = 24");
	public[11] = 3;
	point_is(add_public("bad", public, 59), -ENOPKG, "a byte too short");
	point_is(add_public("bad", public, 61), -ENOPKG, "a byte too long");
	memmove(public + 2, public, 60);
	memcpy(public, "\x04\x3c", 2);
	point_is(add_public("bad", public, 62), -ENOPKG,
		 "the form of RFC 8708, an OCTET STRING");
}

static void names(void)
{
	const struct hss_case *c = find("cisco 10/4,10/4 1");
	unsigned char digest[SHA256_DIGEST_LENGTH];
	char id[4 + 2 * sizeof(digest) + 1] = "ex:", wanted[160];
	long key = add_case(c);
	size_t i;

	SHA256(c->public, c->public_len, digest);
	for (i = 0; i < sizeof(digest); i++)
		sprintf(id + 3 + 2 * i, "%02x", digest[i]);
	point_is(keyctl_search(KEY_SPEC_SESSION_KEYRING, "asymmetric", id, 0),
		 key, "found by the SHA-256 of the public key");
	snprintf(wanted, sizeof(wanted), "id:%s", id + 3 + 40);
	point_is(keyctl_search(KEY_SPEC_SESSION_KEYRING, "asymmetric", wanted,
			       0), key, "or by the end of it");
	snprintf(wanted, sizeof(wanted),
		 "cisco 10/4,10/4 1: hss L=2 10/4,... %s []\n", id + 3 + 56);
	point(strstr(described(key), wanted) != NULL, "/proc/keys tells it");
	printf("# %s", described(key));
	keyctl_unlink(key, KEY_SPEC_SESSION_KEYRING);

	key = add_case(find("hss_lms_verify.vec 3"));
	point(strstr(described(key), ": hss L=1 5/8/24 ") != NULL,
	      "n = 24 is told");
	keyctl_unlink(key, KEY_SPEC_SESSION_KEYRING);

	key = add_public("", c->public, c->public_len);
	snprintf(wanted, sizeof(wanted), " hss:%s: hss ", id + 3);
	point(strstr(described(key), wanted) != NULL,
	      "without a description it gets one");
	keyctl_unlink(key, KEY_SPEC_SESSION_KEYRING);
}

/* The kernel takes the payload of every asymmetric key for a public_key. */
static void other_users(void)
{
	const struct hss_case *c = find("cisco 10/4 1");
	long key = add_case(c), ring;
	char command[256];

	ring = add_key("keyring", "picky", NULL, 0, KEY_SPEC_SESSION_KEYRING);
	snprintf(command, sizeof(command),
		 "keyctl restrict_keyring %ld asymmetric key_or_keyring:%ld && "
		 "openssl req -x509 -newkey rsa:1024 -nodes -keyout /dev/null "
		 "-subj /CN=x -outform DER -out x.der 2>/dev/null", ring, key);
	run(command);
	snprintf(command, sizeof(command),
		 "keyctl padd asymmetric x %ld <x.der 2>&1 | "
		 "grep -q 'Required key not available'", ring);
	fflush(stdout);
	point_is(system(command), 0, "an HSS key signs no certificate");
	point_is(keyctl_link(key, ring) ? errno : 0, ENOPKG,
		 "nor is it signed by any");
	keyctl_unlink(ring, KEY_SPEC_SESSION_KEYRING);
	keyctl_unlink(key, KEY_SPEC_SESSION_KEYRING);
}

static void anybody_may(void)
{
	const struct hss_case *c = find("cisco 10/4 1");
	pid_t pid = fork();
	int status;
	long key;

	if (!pid) {
		if (setgid(1000) || setuid(1000))
			_exit(2);
		keyctl_join_session_keyring(NULL);
		key = add_case(c);
		_exit(key < 0 || verify(key, c, c->signature,
					c->signature_len));
	}
	waitpid(pid, &status, 0);
	point_is(status, 0, "it needs no privilege");
}

/* --- the module ----------------------------------------------------------- */

static int unload(const char *name)
{
	return syscall(SYS_delete_module, name, O_NONBLOCK) ? errno : 0;
}

/* Keys are collected, and their module released, in their own time. */
static int unload_at_last(const char *name)
{
	int tries = 3000, ret;

	while ((ret = unload(name)) && --tries)
		usleep(20000);
	return ret;
}

static int is_loaded(const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/module/%s", name);
	return !access(path, F_OK);
}

static void loading(void)
{
	const struct hss_case *c = find("cisco 10/4 1");
	long key = add_case(c);

	point_is(unload("cryptech_hss"), EWOULDBLOCK, "it stays while in use");
	run("modprobe cryptech");
	point_is(verify(key, c, c->signature, c->signature_len), 0,
		 "the driver may come");
	point_is(unload_at_last("cryptech"), 0, "and go");
	point_is(verify(key, c, c->signature, c->signature_len), 0,
		 "it is the same to a key");
	keyctl_unlink(key, KEY_SPEC_SESSION_KEYRING);
	point_is(unload_at_last("cryptech_hss"), 0, "unused, it goes");
	point_is(add_case(c), -EBADMSG, "without it such keys are nobody's");

	run("modprobe cryptech && modprobe cryptech_hss");
	key = add_case(c);
	point_is(verify(key, c, c->signature, c->signature_len), 0,
		 "or the driver comes first");
	point_is(unload_at_last("cryptech"), 0, "and goes first");
	keyctl_unlink(key, KEY_SPEC_SESSION_KEYRING);
}

static volatile int stop;

/*
 * Mostly keys that are refused: the module is then used for a moment only,
 * and can go at the next.
 */
static void *keys_come_and_go(void *verified)
{
	const struct hss_case *c = find("cisco 5/1 1");
	const struct hss_case *unknown = find("hss_lms_verify.vec 4");
	char name[32];
	unsigned int i;
	long key;

	snprintf(name, sizeof(name), "thread %p", verified);
	for (i = 0; !stop; i++) {
		key = i % 16384 ? add_case(unknown) :
				add_public(name, c->public, c->public_len);
		if (key < 0)
			continue;
		if (!keyctl_pkey_verify(key, "", c->message, c->message_len,
					c->signature, c->signature_len))
			(*(unsigned int *)verified)++;
		keyctl_unlink(key, KEY_SPEC_SESSION_KEYRING);
	}
	return NULL;
}

/* A key that is being made must not outlive the module. */
static void unloading_in_the_middle(void)
{
	unsigned int verified[2] = { 0 }, unloaded = 0, tries, i;
	pthread_t threads[2];

	for (i = 0; i < 2; i++)
		pthread_create(&threads[i], NULL, keys_come_and_go,
			       &verified[i]);
	for (tries = 0; tries < 5000 && unloaded < 5; tries++) {
		if (unload("cryptech_hss")) {
			usleep(1000);
			continue;
		}
		unloaded++;
		run("modprobe cryptech_hss");
	}
	stop = 1;
	for (i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	printf("# unloaded %u times in %u; %u and %u verified\n", unloaded, tries,
	       verified[0], verified[1]);
	point(unloaded && verified[0] + verified[1],
	      "it can go at any time");
}

int main(void)
{
	ksft_print_header();
	run("modprobe cryptech_hss");
	point(!is_loaded("cryptech"), "without the driver of any HSM");
	signatures_of_others();
	changed_signatures("hss_lms_verify.vec 3", 12);
	changed_signatures("cisco 10/4 1", 12);
	changed_signatures("cisco 10/4,10/4 1", 12);
	cut_signatures("hss_lms_verify.vec 3");
	cut_signatures("cisco 10/4,10/4 1");
	lengths();
	wrong_words();
	malformed_keys();
	names();
	other_users();
	anybody_may();
	loading();
	unloading_in_the_middle();
	point_is(unload_at_last("cryptech_hss"), 0, "nothing is left");
	ksft_set_plan(ksft_test_num());
	ksft_print_cnts();
	return ksft_get_fail_cnt() ? KSFT_FAIL : KSFT_PASS;
}
