// SPDX-License-Identifier: GPL-2.0
/*
 * Keys of cbc(paes) and xts(paes): what tokens are, by which ways they come,
 * who may use them, and what ends that.
 */
#include <sched.h>

#include "alg_keys.h"

static unsigned char plain[48], wanted[48];

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
	memcpy(token, CBC->token, 48);
	point_is(alg_setkey(fd, token, 48), 0, "the good one again");
	token[0] = 'c';
	point_is(alg_setkey(fd, token, 48), EINVAL, "then a bad one");
	point_is(alg_crypt(fd, 1, iv, plain, out, 16), ENOKEY,
		 "leaves the socket without key");
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

/*
 * Become a user whose session has a key for the HSM's, by right of his logged-in
 * descriptor; the key.
 */
static long become_holder(void)
{
	int hsm = hsm_session(0, CRYPTECH_USER_NORMAL, USER_PIN);
	char text[UUID_TEXT];
	long key;

	fcntl(hsm, F_SETFD, 0);
	become_user();
	keyctl_join_session_keyring(NULL);
	uuid_format(text, CBC->uuid);
	key = add("cryptech", "mine", KEY_SPEC_SESSION_KEYRING,
		  "use %s fd=%d", text, hsm);
	if (key < 0)
		give_up("use with fd: %ld", key);
	return key;
}

static int as_holder(int unused)
{
	int fd = alg_bind("cbc(paes)"), err;
	unsigned char out[16], token[48];

	(void)unused;
	become_holder();
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
	return alg_crypt(fd, 1, iv, plain, out, 16);
}

/* What is in the keyring but may not be searched is no right. */
static int as_holder_without_search(int unused)
{
	(void)unused;
	if (keyctl_setperm(become_holder(), KEY_POS_VIEW | KEY_POS_READ |
			   KEY_POS_SETATTR | KEY_USR_VIEW))
		return 99;
	return alg_setkey(alg_bind("cbc(paes)"), CBC->token, 48);
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
	point_is(in_child(as_holder_without_search, 0), EPERM,
		 "not without permission to search it");
}

/* ALG_SET_KEY_BY_KEY_SERIAL; 0 or errno */
static int alg_setkey_serial(int fd, key_serial_t key)
{
	return setsockopt(fd, SOL_ALG, ALG_SET_KEY_BY_KEY_SERIAL, &key,
			  sizeof(key)) ? errno : 0;
}

static key_serial_t token_key(const char *type, const char *name)
{
	key_serial_t key = add_key(type, name, CBC->token, 48,
				   KEY_SPEC_SESSION_KEYRING);

	if (key < 0)
		give_up("add_key %s", type);
	return key;
}

/* As new kernels have it: the key holds the token. */
static void by_serial_of(const char *type)
{
	key_serial_t key = token_key(type, "token:serial");
	int fd = alg_bind("cbc(paes)"), err;
	unsigned char out[48];

	point_is(alg_setkey_serial(fd, key), 0,
		 "a token by the serial number of a key, type %s", type);
	ssl_crypt(CBC->ssl, CBC->value, 1, iv, plain, wanted, 48);
	err = alg_crypt(fd, 1, iv, plain, out, 48);
	point(!err && !memcmp(out, wanted, 48), "which works (%d)", err);
	if (keyctl_revoke(key))
		give_up("revoke");
	point_is(alg_setkey_serial(fd, key), EKEYREVOKED,
		 "not once that key is revoked");
	point_is(alg_crypt(fd, 1, iv, plain, out, 48), 0,
		 "the socket has its token still");
	close(fd);
}

/* A key of type user is no better than what is in it. */
static int as_stranger_by_serial(int unused)
{
	int fd = alg_bind("cbc(paes)");

	(void)unused;
	become_user();
	keyctl_join_session_keyring(NULL);
	return alg_setkey_serial(fd, token_key("user", "token"));
}

static void by_serial(int new_kernel)
{
	int fd = alg_bind("cbc(paes)");
	char text[UUID_TEXT];
	long ours;

	uuid_format(text, CBC->uuid);
	ours = add("cryptech", "by serial", KEY_SPEC_SESSION_KEYRING,
		   "use %s", text);
	if (ours < 0)
		give_up("use: %ld", ours);
	/* the kernel takes only types that it knows */
	point_is(alg_setkey_serial(fd, ours), ENOPROTOOPT,
		 "no keys of type cryptech by serial number");
	if (!new_kernel) {
		point_is(alg_setkey_serial(fd, token_key("user", "t")),
			 ENOPROTOOPT, "nor of type user, on this kernel");
		point_is(alg_setkey_serial(fd, token_key("logon", "t:")),
			 ENOPROTOOPT, "nor of type logon");
	} else {
		by_serial_of("user");
		by_serial_of("logon");
		point_is(in_child(as_stranger_by_serial, 0), EPERM,
			 "a token by serial number is no right either");
	}
	close(fd);
}

/* --- what ends it ------------------------------------------------------------ */

/* @key no longer serves: one way each. */
static int end_key(long key, int how)
{
	switch (how) {
	case EKEYREVOKED:
		return keyctl_revoke(key);
	case EKEYEXPIRED:
		return keyctl_set_timeout(key, 1);
	default:
		return keyctl_invalidate(key);
	}
}

/* The error of a holder's socket once his key has ended in the way of @how. */
static int holder_after(int how)
{
	long key = become_holder();
	int fd = alg_bind("cbc(paes)"), err, tries = 3000;
	unsigned char out[16];

	if (alg_setkey(fd, CBC->token, 48) ||
	    alg_crypt(fd, 1, iv, plain, out, 16) || end_key(key, how))
		return 99;
	/* what ends by the clock takes its time */
	while (!(err = alg_crypt(fd, 1, iv, plain, out, 16)) && --tries)
		usleep(10000);
	/* it stays so, and the key serves for no other socket */
	if (alg_crypt(fd, 1, iv, plain, out, 16) != err)
		return 98;
	if (alg_setkey(alg_bind("cbc(paes)"), CBC->token, 48) != EPERM)
		return 97;
	return err;
}

/* The key is in no keyring any more, but the cipher holds it. */
static int holder_without_link(int unused)
{
	long key = become_holder();
	int fd = alg_bind("cbc(paes)");
	unsigned char out[16];

	(void)unused;
	if (alg_setkey(fd, CBC->token, 48) ||
	    keyctl_unlink(key, KEY_SPEC_SESSION_KEYRING))
		return 99;
	if (alg_crypt(fd, 1, iv, plain, out, 16))
		return 98;
	return alg_setkey(alg_bind("cbc(paes)"), CBC->token, 48);
}

static void ends(void)
{
	point_is(in_child(holder_after, EKEYREVOKED), EKEYREVOKED,
		 "a key that is revoked");
	point_is(in_child(holder_after, EKEYEXPIRED), EKEYEXPIRED,
		 "one that expires");
	point_is(in_child(holder_after, ENOKEY), ENOKEY,
		 "one that is invalidated");
	point_is(in_child(holder_without_link, 0), EPERM,
		 "unlinked: the socket goes on, another gets no key");
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
		  "new aes256");
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
	fd = alg_bind("cbc(paes)");
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

int main(void)
{
	size_t i;
	int hsm;

	run("modprobe cryptech clear_tokens=1");
	hsm = keys_session();

	for (i = 0; i < sizeof(plain); i++)
		plain[i] = random();
	make_keys(hsm);
	spoilt_tokens();
	rights();
	by_serial(kernel_is_new());
	ends();
	keyring_keys(hsm);
	return keys_end();
}
