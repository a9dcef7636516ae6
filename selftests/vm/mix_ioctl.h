/* SPDX-License-Identifier: GPL-2.0 */
/* For mix.c: the ioctls, but for backup. */
#ifndef SELFTESTS_MIX_IOCTL_H
#define SELFTESTS_MIX_IOCTL_H

#include "mix.h"

#define NODE	"/dev/cryptech0"

static inline int another_file(void)
{
	int fd = open(NODE, O_RDWR | O_CLOEXEC);

	expect(fd >= 0, "another file");
	return fd;
}

static inline void expect_login(int fd, unsigned int user, const char *pin)
{
	struct cryptech_ioc_pin arg = {
		.size = sizeof(arg), .user = user, .pin = (uintptr_t)pin,
		.pin_len = strlen(pin),
	};

	expect_ioctl(fd, LOGIN, &arg, 0);
}

/* --- the device ------------------------------------------------------------ */

static void step_info(void)
{
	struct cryptech_ioc_info info = { .size = sizeof(info) };
	struct cryptech_status_item items[64];
	struct cryptech_ioc_status status = {
		.size = sizeof(status), .count = 64,
		.items = (uintptr_t)items,
	};

	expect_ioctl(me.fd, INFO, &info, 0);
	expect(!memcmp(info.serial, world.serial, 16), "INFO: another serial");
	expect_ioctl(me.fd, STATUS, &status, 0);
	expect(!memcmp(status.serial, world.serial, 16) &&
	       !strcmp(status.release, world.release), "STATUS of another");
	for (unsigned int i = 0; i < status.count; i++)
		expect(items[i].tag != CRYPTECH_STATUS_HANDLES_MAX ||
		       items[i].value, "STATUS: no handles");
}

static void step_random(void)
{
	struct cryptech_ioc_random arg = {
		.size = sizeof(arg), .length = 8 + draw(PIECE - 8),
		.data = (uintptr_t)me.got,
	};

	memset(me.got, 0, sizeof(me.got));
	expect_ioctl(me.fd, RANDOM, &arg, 0);
	drawn(me.got);
	expect(!me.got[arg.length] && !me.got[arg.length + 1],
	       "RANDOM writes too much");
}

/* A file of its own for somebody else: what he may and may not. */
static void step_session(void)
{
	static const struct {
		unsigned int user;
		const char *pin;
	} users[] = {
		{ CRYPTECH_USER_NORMAL, USER_PIN },
		{ CRYPTECH_USER_SO, SO_PIN },
		{ CRYPTECH_USER_WHEEL, WHEEL_PIN },
	};
	unsigned int n = draw(3);
	struct cryptech_ioc_key_info info = { .size = sizeof(info) };
	struct cryptech_ioc_logout logout = { .size = sizeof(logout) };
	struct cryptech_device_item device;
	struct cryptech_ioc_device_list list = {
		.size = sizeof(list), .count = 1, .items = (uintptr_t)&device,
	};
	int fd = another_file();

	memcpy(info.uuid, world.ec.uuid, 16);
	expect_ioctl(fd, KEY_INFO, &info, EACCES);
	expect_login(fd, users[n].user, users[n].pin);
	expect_ioctl(fd, KEY_INFO, &info,
		     users[n].user == CRYPTECH_USER_SO ? EACCES : 0);
	expect_ioctl(fd, DEVICE_LIST, &list, 0);
	/* a volatile key is its client's, whoever else there is */
	memcpy(info.uuid, me.uuid, 16);
	expect_ioctl(fd, KEY_INFO, &info,
		     users[n].user == CRYPTECH_USER_SO ? EACCES : ENOKEY);
	if (draw(2)) {
		expect_ioctl(fd, LOGOUT, &logout, 0);
		list.count = 1;
		expect_ioctl(fd, DEVICE_LIST, &list, EACCES);
	}
	close(fd);
	expect_ioctl(me.fd, KEY_INFO, &info, 0);
}

/* The officer gives the user the PIN that he has: nobody must notice. */
static void step_pin(void)
{
	struct cryptech_ioc_pin arg = {
		.size = sizeof(arg), .user = CRYPTECH_USER_NORMAL,
		.pin = (uintptr_t)USER_PIN, .pin_len = strlen(USER_PIN),
	};
	int fd = another_file();

	expect_login(fd, CRYPTECH_USER_SO, SO_PIN);
	expect_ioctl(fd, SET_PIN, &arg, 0);
	close(fd);
	expect_ioctl(me.fd, SET_PIN, &arg, EACCES);
}

/* --- keys -------------------------------------------------------------------- */

static inline void expect_delete(const unsigned char *uuid)
{
	struct cryptech_ioc_key_delete del = { .size = sizeof(del) };
	struct cryptech_ioc_key_info info = { .size = sizeof(info) };

	memcpy(del.uuid, uuid, 16);
	memcpy(info.uuid, uuid, 16);
	expect_ioctl(me.fd, KEY_DELETE, &del, 0);
	expect_ioctl(me.fd, KEY_INFO, &info, ENOKEY);
}

static inline void expect_label(const unsigned char *uuid, unsigned int type,
				const char *label)
{
	struct cryptech_ioc_key_info info = { .size = sizeof(info) };

	memcpy(info.uuid, uuid, 16);
	expect_ioctl(me.fd, KEY_INFO, &info, 0);
	expect(info.type == type && info.label_len == strlen(label) &&
	       !memcmp(info.label, label, info.label_len),
	       "KEY_INFO of another key: %.*s for %s", (int)info.label_len,
	       info.label, label);
}

/* The public half of a key; it has to be freed. */
static inline EVP_PKEY *its_public(const unsigned char *uuid)
{
	struct cryptech_ioc_key_public arg = {
		.size = sizeof(arg), .spki_len = sizeof(me.got),
		.spki = (uintptr_t)me.got,
	};
	const unsigned char *p = me.got;
	EVP_PKEY *pkey;

	memcpy(arg.uuid, uuid, 16);
	expect_ioctl(me.fd, KEY_PUBLIC, &arg, 0);
	pkey = d2i_PUBKEY(NULL, &p, arg.spki_len);
	expect(pkey && p == me.got + arg.spki_len, "KEY_PUBLIC: no key");
	return pkey;
}

static inline unsigned int sign(const unsigned char *uuid, unsigned int digest,
				const unsigned char *input, unsigned char *to)
{
	struct cryptech_ioc_sign arg = {
		.size = sizeof(arg), .digest = digest,
		.input = (uintptr_t)input, .input_len = 32,
		.signature = (uintptr_t)to, .signature_len = 256,
	};

	memcpy(arg.uuid, uuid, 16);
	expect_ioctl(me.fd, SIGN, &arg, 0);
	return arg.signature_len;
}

/* It verifies, and, changed in a bit somewhere, it does not. */
static inline void verify(const unsigned char *uuid, unsigned int digest,
			  const unsigned char *input, unsigned char *sig,
			  unsigned int len)
{
	struct cryptech_ioc_verify arg = {
		.size = sizeof(arg), .digest = digest,
		.input = (uintptr_t)input, .input_len = 32,
		.signature = (uintptr_t)sig, .signature_len = len,
	};
	unsigned int at = draw(len);

	memcpy(arg.uuid, uuid, 16);
	expect_ioctl(me.fd, VERIFY, &arg, 0);
	sig[at] ^= 1 << draw(8);
	expect_ioctl(me.fd, VERIFY, &arg, EKEYREJECTED);
}

static void step_sign_rsa(void)
{
	unsigned int n = draw(ANSWERS), len;
	const unsigned char *digest = world.answers[me.number][n].digest;

	len = sign(world.rsa.uuid, CRYPTECH_DIGEST_SHA256, digest, me.got);
	expect(len == 256 && !memcmp(me.got,
				     world.answers[me.number][n].signature,
				     256), "an RSA signature, not OpenSSL's");
	verify(world.rsa.uuid, CRYPTECH_DIGEST_SHA256, digest, me.got, len);
}

static inline void sign_and_check(const unsigned char *uuid, EVP_PKEY *pkey)
{
	unsigned char digest[32];
	unsigned int len;

	fill(digest, 32);
	len = sign(uuid, CRYPTECH_DIGEST_SHA256, digest, me.got);
	expect(len == 64 && ssl_verifies_raw(pkey, digest, me.got),
	       "an EC signature that OpenSSL refuses");
	verify(uuid, CRYPTECH_DIGEST_SHA256, digest, me.got, len);
}

static void step_sign_ec(void)
{
	sign_and_check(world.ec.uuid, world.ec.pkey);
}

static void step_generate(void)
{
	struct cryptech_ioc_key_generate arg = {
		.size = sizeof(arg), .type = CRYPTECH_KEY_EC_P256,
		.key_flags = SIGNS | (draw(2) ? TOKEN : 0),
	};
	struct cryptech_ioc_key_set_label label = { .size = sizeof(label) };
	char text[64];
	EVP_PKEY *pkey;

	arg.label_len = sprintf(arg.label, "%s %u", me.label, me.count);
	expect_ioctl(me.fd, KEY_GENERATE, &arg, 0);
	sprintf(text, "%s %u", me.label, me.count);
	expect_label(arg.uuid, arg.type, text);
	pkey = its_public(arg.uuid);
	sign_and_check(arg.uuid, pkey);
	EVP_PKEY_free(pkey);
	label.label_len = sprintf(text, "%s, again %u", me.label, me.count);
	memcpy(label.label, text, label.label_len);
	memcpy(label.uuid, arg.uuid, 16);
	expect_ioctl(me.fd, KEY_SET_LABEL, &label, 0);
	expect_label(arg.uuid, arg.type, text);
	expect_delete(arg.uuid);
}

/* A key that no other process has goes in, and its public half comes out. */
static void step_load(void)
{
	struct pair *own = &world.own[me.number];
	struct cryptech_ioc_key_load arg = {
		.size = sizeof(arg), .der = (uintptr_t)own->der,
		.der_len = own->der_len,
		.key_flags = SIGNS | (draw(2) ? TOKEN : 0),
	};

	arg.label_len = sprintf(arg.label, "%s loaded", me.label);
	expect_ioctl(me.fd, KEY_LOAD, &arg, 0);
	EVP_PKEY_free(its_public(arg.uuid));
	expect(!memcmp(me.got, own->spki, own->spki_len),
	       "KEY_PUBLIC of another key");
	sign_and_check(arg.uuid, own->pkey);
	expect_delete(arg.uuid);
}

/* What is listed in the order of UUIDs; of volatile keys our own alone. */
static void step_list(void)
{
	static struct cryptech_key_item items[16];
	struct cryptech_ioc_key_list arg = {
		.size = sizeof(arg), .items = (uintptr_t)items,
	};
	unsigned int found = 0, i;

	do {
		arg.count = 16;
		expect_ioctl(me.fd, KEY_LIST, &arg, 0);
		for (i = 0; i < arg.count; i++) {
			expect(memcmp(items[i].uuid, arg.previous, 16) > 0,
			       "KEY_LIST: not in order");
			memcpy(arg.previous, items[i].uuid, 16);
			found += !memcmp(items[i].uuid, me.uuid, 16);
			expect(items[i].key_flags & TOKEN ||
			       !strncmp(items[i].label, me.label,
					strlen(me.label)),
			       "KEY_LIST: somebody else's volatile key");
		}
	} while (arg.count);
	expect(found == 1, "KEY_LIST: our key comes %u times", found);
}

static void step_token(void)
{
	const struct symmetric *key = &symmetric[draw(SYMMETRIC)];
	unsigned char token[48], by_hand[48];

	errno = hsm_token(me.fd, key->uuid, token);
	expect(!errno, "TOKEN");
	token_make(by_hand, 1, key->type, world.serial, key->uuid, 16);
	expect(!memcmp(token, by_hand, 48), "TOKEN of another key");
}

/* --- ciphers ------------------------------------------------------------------ */

static void step_cipher(void)
{
	const struct symmetric *key = &symmetric[draw(ECB + 2)];
	struct cryptech_ioc_cipher arg = {
		.size = sizeof(arg), .mode = key->mode,
		.iv_len = key->mode == CRYPTECH_MODE_ECB ? 0 : 16,
		.data = (uintptr_t)me.got,
	};
	size_t len = 16 * (1 + draw(PIECE / 16));
	unsigned char first[16] = {};

	fill(me.from, len);
	fill(first, arg.iv_len);
	ssl_crypt(key->ssl, key->value, 1, first, me.from, me.wanted, len);
	memcpy(me.got, me.from, len);
	memcpy(arg.uuid, key->uuid, 16);
	memcpy(arg.iv, first, 16);
	arg.data_len = len;
	expect_ioctl(me.fd, ENCRYPT, &arg, 0);
	expect(!memcmp(me.got, me.wanted, len), "%s: not OpenSSL's", key->ssl);
	memcpy(arg.iv, first, 16);
	expect_ioctl(me.fd, DECRYPT, &arg, 0);
	expect(!memcmp(me.got, me.from, len), "%s: not what it was", key->ssl);
}

static void step_gcm(void)
{
	const struct symmetric *key = &symmetric[GCM];
	size_t len = draw(PIECE), aad = draw(64);
	unsigned char also[64], tag[16];
	struct cryptech_ioc_gcm arg = {
		.size = sizeof(arg), .aad = (uintptr_t)also, .aad_len = aad,
		.data = (uintptr_t)me.got, .data_len = len,
	};

	fill(also, aad);
	fill(me.from, len);
	memcpy(me.got, me.from, len);
	memcpy(arg.uuid, key->uuid, 16);
	expect_ioctl(me.fd, GCM_ENCRYPT, &arg, 0);
	drawn(arg.iv);
	ssl_gcm(key, arg.iv, also, aad, me.from, len, me.wanted, tag);
	expect(!memcmp(me.got, me.wanted, len) && !memcmp(arg.tag, tag, 16),
	       "GCM: not OpenSSL's");
	arg.tag[draw(16)] ^= 1;
	expect_ioctl(me.fd, GCM_DECRYPT, &arg, EKEYREJECTED);
	memcpy(arg.tag, tag, 16);
	expect_ioctl(me.fd, GCM_DECRYPT, &arg, 0);
	expect(!memcmp(me.got, me.from, len), "GCM: not what it was");
}

static inline void expect_mac(const struct symmetric *key,
			      const unsigned char *uuid)
{
	size_t len = 256 + draw(PIECE - 256), head = 128 * draw(2);
	struct cryptech_ioc_mac arg = {
		.size = sizeof(arg), .data = (uintptr_t)me.from,
		.data_len = head,
	};
	unsigned char mac[64];
	size_t mac_len;

	fill(me.from, len);
	mac_len = ssl_mac(key, me.from, len, mac);
	memcpy(arg.uuid, uuid, 16);
	if (head)
		expect_ioctl(me.fd, MAC_UPDATE, &arg, 0);
	arg.data = (uintptr_t)me.from + head;
	arg.data_len = len - head;
	expect_ioctl(me.fd, MAC, &arg, 0);
	expect(arg.mac_len == mac_len && !memcmp(arg.mac, mac, mac_len),
	       "MAC: not OpenSSL's");
	expect_ioctl(me.fd, MAC_VERIFY, &arg, 0);
	arg.mac[draw(mac_len)] ^= 0x40;
	expect_ioctl(me.fd, MAC_VERIFY, &arg, EKEYREJECTED);
}

static void step_mac(void)
{
	const struct symmetric *key = &symmetric[CMAC + draw(2)];

	expect_mac(key, key->uuid);
}

/* The same with a key of our own. */
static void step_load_raw(void)
{
	struct symmetric key = symmetric[HMAC];
	struct cryptech_ioc_key_load_raw arg = {
		.size = sizeof(arg), .type = key.type,
		.value = (uintptr_t)key.value, .value_len = key.len,
		.key_flags = key.flags,
	};

	arg.label_len = sprintf(arg.label, "%s raw", me.label);
	fill(key.value, key.len);
	expect_ioctl(me.fd, KEY_LOAD_RAW, &arg, 0);
	expect_mac(&key, arg.uuid);
	expect_delete(arg.uuid);
}

/* --- hash signatures ------------------------------------------------------------ */

/* By the HSM and by the kernel; the signature goes to those that are compared. */
static void step_hss(void)
{
	static struct signature sig;
	unsigned int message[4] = { me.number, me.count, me.seed, draw(1u << 30) };
	unsigned int n = __atomic_add_fetch(&shared->requests, 1,
					    __ATOMIC_RELAXED);
	struct signed_one *to;
	int err;

	while ((err = hss_sign(me.fd, &world.hss, n, message, sizeof(message),
			       &sig)) == EAGAIN)
		usleep(1000);
	expect(!err && sig.len == world.hss.size, "HSS: SIGN %d, %u bytes", err,
	       sig.len);
	err = hss_verify(me.fd, &world.hss, message, sizeof(message), sig.bytes,
			 sig.len);
	expect(!err, "HSS: the HSM refuses it: %d", err);
	expect(!keyctl_pkey_verify(world.hss_public, "", message,
				   sizeof(message), sig.bytes, sig.len),
	       "HSS: the kernel refuses it");
	n = __atomic_fetch_add(&shared->signed_count, 1, __ATOMIC_RELAXED);
	if (n < SIGNED_MAX) {
		to = &shared->signed_ones[n];
		memcpy(to->message, message, sizeof(message));
		to->sig = sig;
		__atomic_store_n(&to->whole, 1, __ATOMIC_RELEASE);
	}
	message[3] ^= 1;
	err = hss_verify(me.fd, &world.hss, message, sizeof(message), sig.bytes,
			 sig.len);
	expect(err == EKEYREJECTED, "HSS: takes another message: %d", err);
}

/* A key of our own is made, or its making is cancelled. */
static void step_hss_job(void)
{
	struct cryptech_ioc_hashsig_generate arg = hss_generation("5/8", 1);
	struct cryptech_ioc_hashsig_cancel cancel = { .size = sizeof(cancel) };
	struct cryptech_ioc_hashsig_info info = { .size = sizeof(info) };
	struct cryptech_ioc_hashsig_job job;
	int err;

	arg.label_len = sprintf(arg.label, "%s HSS", me.label);
	expect_ioctl(me.fd, HASHSIG_GENERATE, &arg, 0);
	memcpy(cancel.uuid, arg.uuid, 16);
	memcpy(info.uuid, arg.uuid, 16);
	if (draw(2)) {
		err = ioctl(me.fd, CRYPTECH_IOC_HASHSIG_CANCEL, &cancel) ?
		      errno : 0;
		expect(!err || err == ENOKEY, "HASHSIG_CANCEL: %d", err);
	}
	do {
		err = hss_job(me.fd, arg.uuid, &job);
		expect(!err, "HASHSIG_JOB: %d", err);
		usleep(2000);
	} while (job.state == CRYPTECH_JOB_RUNNING);
	expect(job.state == CRYPTECH_JOB_DONE ||
	       job.state == CRYPTECH_JOB_CANCELLED, "HASHSIG_JOB: state %u",
	       job.state);
	if (job.state == CRYPTECH_JOB_CANCELLED) {
		expect_ioctl(me.fd, HASHSIG_INFO, &info, ENOKEY);
		return;
	}
	expect_ioctl(me.fd, HASHSIG_INFO, &info, 0);
	expect(info.left_max == 32 && info.left == 32 && info.levels == 1,
	       "HASHSIG_INFO of another key");
	expect_delete(arg.uuid);
}

#endif /* SELFTESTS_MIX_IOCTL_H */
