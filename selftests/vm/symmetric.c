// SPDX-License-Identifier: GPL-2.0
/*
 * The modes of AES that are not CBC and XTS, AES-GCM, AES-CMAC and HMAC: from
 * inside the kernel (cryptech_sym), by AF_ALG where it takes them, and by ioctl,
 * beside OpenSSL with the same keys.
 */
#include <openssl/core_names.h>
#include <openssl/params.h>

#include "alg_keys.h"
#include "results.h"

#define BIG	70000
#define SIGN	CRYPTECH_KEY_FLAG_DIGITALSIGNATURE
#define DATA	CRYPTECH_KEY_FLAG_DATAENCIPHERMENT
#define CALLER	CRYPTECH_KEY_FLAG_CALLER_IV

static unsigned char in[BIG], wanted[BIG], got[BIG + 16], key[64];
static int hsm_fd;

/* A key of the HSM that we know, too. */
static void load(unsigned int type, size_t len, unsigned int flags,
		 unsigned char *uuid)
{
	struct cryptech_ioc_key_load_raw arg = {
		.size = sizeof(arg), .type = type, .value = (uintptr_t)key,
		.value_len = len, .key_flags = flags,
	};

	if (ioctl(hsm_fd, CRYPTECH_IOC_KEY_LOAD_RAW, &arg))
		give_up("KEY_LOAD_RAW, HSM's error %u", arg.error);
	memcpy(uuid, arg.uuid, 16);
}

/* --- OpenSSL ---------------------------------------------------------------- */

static void ssl_gcm(const unsigned char *iv, const void *aad, size_t aad_len,
		    const void *from, size_t len, unsigned char *to,
		    unsigned char *tag)
{
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n;

	if (!EVP_EncryptInit_ex2(ctx, cipher, key, iv, NULL) ||
	    !EVP_EncryptUpdate(ctx, NULL, &n, aad, aad_len) ||
	    !EVP_EncryptUpdate(ctx, to, &n, from, len) ||
	    !EVP_EncryptFinal_ex(ctx, to, &n) ||
	    !EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, 16, tag))
		give_up("OpenSSL GCM");
	EVP_CIPHER_CTX_free(ctx);
	EVP_CIPHER_free(cipher);
}

static size_t ssl_mac(const char *name, const char *param, const char *part,
		      size_t key_len, const void *data, size_t len,
		      unsigned char *mac)
{
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(param, (char *)part, 0),
		OSSL_PARAM_construct_end(),
	};
	EVP_MAC *alg = EVP_MAC_fetch(NULL, name, NULL);
	EVP_MAC_CTX *ctx = EVP_MAC_CTX_new(alg);
	size_t made = 0;

	if (!EVP_MAC_init(ctx, key, key_len, params) ||
	    !EVP_MAC_update(ctx, data, len) ||
	    !EVP_MAC_final(ctx, mac, &made, 64))
		give_up("OpenSSL %s", name);
	EVP_MAC_CTX_free(ctx);
	EVP_MAC_free(alg);
	return made;
}

/* --- by ioctl: ciphers --------------------------------------------------------- */

/* In place, in chunks of @step. 0 or errno. */
static int ioc_cipher(unsigned long request, const unsigned char *uuid,
		      unsigned int mode, unsigned char *iv, size_t len,
		      size_t step)
{
	struct cryptech_ioc_cipher arg = {
		.size = sizeof(arg), .mode = mode,
		.iv_len = mode == CRYPTECH_MODE_ECB ? 0 : 16,
	};
	size_t at;

	memcpy(arg.uuid, uuid, 16);
	memcpy(arg.iv, iv, 16);
	for (at = 0; at < len; at += step) {
		arg.data = (uintptr_t)got + at;
		arg.data_len = step < len - at ? step : len - at;
		if (ioctl(hsm_fd, request, &arg))
			return errno;
	}
	memcpy(iv, arg.iv, 16);
	return 0;
}

static void ioctl_cipher(unsigned int type, unsigned int mode, const char *ssl,
			 size_t len, size_t step)
{
	unsigned char uuid[16], first[16], next[16];
	int err;

	memset(first, 0xff, 16);
	first[0] = 0;
	load(type, 32, DATA, uuid);
	ssl_crypt(ssl, key, 1, first, in, wanted, len);
	memcpy(got, in, len);
	memcpy(next, first, 16);
	err = ioc_cipher(CRYPTECH_IOC_ENCRYPT, uuid, mode, next, len, step);
	point(!err && !memcmp(got, wanted, len),
	      "%s: %zu bytes by %zu (%d)", ssl, len, step, err);
	memcpy(next, first, 16);
	err = ioc_cipher(CRYPTECH_IOC_DECRYPT, uuid, mode, next, len, step);
	point(!err && !memcmp(got, in, len), "and back (%d)", err);
	point_is(ioc_cipher(CRYPTECH_IOC_ENCRYPT, uuid, mode == 3 ? 4 : 3,
			    next, 16, 16), EACCES, "by no other mode");
}

/* --- by ioctl: GCM --------------------------------------------------------------- */

static struct cryptech_ioc_gcm gcm_arg(const unsigned char *uuid, size_t aad_len,
				       size_t len)
{
	struct cryptech_ioc_gcm arg = {
		.size = sizeof(arg), .aad = (uintptr_t)in, .aad_len = aad_len,
		.data = (uintptr_t)got, .data_len = len,
	};

	memcpy(arg.uuid, uuid, 16);
	return arg;
}

static void gcm_changed(struct cryptech_ioc_gcm arg, size_t len)
{
	struct cryptech_ioc_gcm bad;
	int refused = 0, i;

	memcpy(wanted, got, len);
	for (i = 0; i < 12 + 16 + 20; i++) {
		bad = arg;
		if (i < 12)
			bad.iv[i] ^= 1;
		else if (i < 28)
			bad.tag[i - 12] ^= 1;
		else
			got[(i - 28) * (len - 1) / 19] ^= 1;
		refused += ioctl(hsm_fd, CRYPTECH_IOC_GCM_DECRYPT, &bad) &&
			   errno == EKEYREJECTED &&
			   bad.error == CRYPTECH_ERR_INVALID_SIGNATURE;
		if (i >= 28)
			got[(i - 28) * (len - 1) / 19] ^= 1;
	}
	point_is(refused, 48, "every changed byte of IV, tag and data");
	point(!memcmp(wanted, got, len), "and nothing was written");
	arg.aad_len--;
	point(ioctl(hsm_fd, CRYPTECH_IOC_GCM_DECRYPT, &arg) &&
	      errno == EKEYREJECTED, "and other associated data");
}

static void ioctl_gcm(void)
{
	unsigned char drawn[16], chosen[16], tag[16], last[12] = {};
	struct cryptech_ioc_gcm arg;
	size_t len = 16000;

	load(CRYPTECH_KEY_AES256_GCM, 32, DATA, drawn);
	load(CRYPTECH_KEY_AES256_GCM, 32, DATA | CALLER, chosen);
	for (int i = 0; i < 2; i++) {
		memcpy(got, in, len);
		arg = gcm_arg(drawn, 300, len);
		point_is(ioctl(hsm_fd, CRYPTECH_IOC_GCM_ENCRYPT, &arg), 0,
			 "GCM: the HSM draws the IV");
		ssl_gcm(arg.iv, in, 300, in, len, wanted, tag);
		point(!memcmp(got, wanted, len) && !memcmp(arg.tag, tag, 16),
		      "as OpenSSL has it");
		point(memcmp(last, arg.iv, 12), "another one each time");
		memcpy(last, arg.iv, 12);
	}
	gcm_changed(arg, len);
	point_is(ioctl(hsm_fd, CRYPTECH_IOC_GCM_DECRYPT, &arg), 0, "decrypts");
	point(!memcmp(got, in, len), "to what it was");
	arg.flags = CRYPTECH_GCM_CALLER_IV;
	point(ioctl(hsm_fd, CRYPTECH_IOC_GCM_ENCRYPT, &arg) &&
	      errno == EACCES, "no IV of the caller's");
	memcpy(arg.uuid, chosen, 16);
	memset(arg.iv, 0, 12);
	memcpy(got, in, len);
	point_is(ioctl(hsm_fd, CRYPTECH_IOC_GCM_ENCRYPT, &arg), 0,
		 "but with a key for that, of zeros, too");
	ssl_gcm(arg.iv, in, 300, in, len, wanted, tag);
	point(!memcmp(got, wanted, len) && !memcmp(arg.tag, tag, 16),
	      "as OpenSSL has it");
	arg = gcm_arg(drawn, 0, 0);
	point_is(ioctl(hsm_fd, CRYPTECH_IOC_GCM_ENCRYPT, &arg), 0, "nothing");
	ssl_gcm(arg.iv, in, 0, in, 0, wanted, tag);
	point(!memcmp(arg.tag, tag, 16), "has a tag");
	arg = gcm_arg(drawn, 304, 16000);
	point_is(ioctl(hsm_fd, CRYPTECH_IOC_GCM_ENCRYPT, &arg), 0,
		 "the longest that always goes");
	point_is(ioctl(hsm_fd, CRYPTECH_IOC_GCM_DECRYPT, &arg), 0, "and back");
	arg = gcm_arg(drawn, 400, 16000);
	point(ioctl(hsm_fd, CRYPTECH_IOC_GCM_ENCRYPT, &arg) &&
	      errno == EMSGSIZE, "a longer one does not");
}

/* --- by ioctl: MACs ---------------------------------------------------------------- */

/* By parts: all but the last @end bytes before. 0 or errno. */
static int ioc_mac(struct cryptech_ioc_mac *arg, const unsigned char *uuid,
		   size_t len, size_t step, size_t end)
{
	size_t at = 0, n;

	memset(arg, 0, sizeof(*arg));
	arg->size = sizeof(*arg);
	memcpy(arg->uuid, uuid, 16);
	for (; len - at > end; at += n) {
		n = step < len - at - end ? step : len - at - end;
		arg->data = (uintptr_t)in + at;
		arg->data_len = n;
		if (ioctl(hsm_fd, CRYPTECH_IOC_MAC_UPDATE, arg))
			return errno;
	}
	arg->data = (uintptr_t)in + at;
	arg->data_len = len - at;
	return ioctl(hsm_fd, CRYPTECH_IOC_MAC, arg) ? errno : 0;
}

static int mac_agrees(const unsigned char *uuid, size_t len, size_t step,
		      size_t end, const unsigned char *mac, size_t mac_len)
{
	struct cryptech_ioc_mac arg;

	return !ioc_mac(&arg, uuid, len, step, end) && arg.mac_len == mac_len &&
	       !memcmp(arg.mac, mac, mac_len);
}

static void mac_verifies(struct cryptech_ioc_mac arg, size_t mac_len)
{
	size_t i, refused = 0;

	point_is(ioctl(hsm_fd, CRYPTECH_IOC_MAC_VERIFY, &arg), 0, "verifies");
	for (i = 0; i < mac_len; i++) {
		arg.mac[i] ^= 0x10;
		refused += ioctl(hsm_fd, CRYPTECH_IOC_MAC_VERIFY, &arg) &&
			   errno == EKEYREJECTED;
		arg.mac[i] ^= 0x10;
		arg.mac_len = i;
		refused += ioctl(hsm_fd, CRYPTECH_IOC_MAC_VERIFY, &arg) &&
			   errno == EKEYREJECTED;
		arg.mac_len = mac_len;
	}
	point_is(refused, 2 * mac_len, "every changed byte, every cut");
}

static void ioctl_mac(unsigned int type, size_t key_len, const char *name,
		      const char *param, const char *part)
{
	struct cryptech_ioc_mac arg;
	unsigned char uuid[16], mac[64];
	size_t len, mac_len;
	int bad = 0;

	load(type, key_len, SIGN, uuid);
	for (len = 0; len < 600; len += 1 + len / 20) {
		mac_len = ssl_mac(name, param, part, key_len, in, len, mac);
		bad += !mac_agrees(uuid, len, len, len, mac, mac_len);
	}
	point_is(bad, 0, "%s with %s: lengths to 600", name, part);
	mac_len = ssl_mac(name, param, part, key_len, in, BIG, mac);
	point(mac_agrees(uuid, BIG, 16256, BIG % 128 + 128, mac, mac_len) &&
	      mac_agrees(uuid, BIG, 16256, BIG % 128 + 12800, mac, mac_len) &&
	      mac_agrees(uuid, 1024, 128, 128, mac, mac_len) ==
	      mac_agrees(uuid, 1024, 896, 128, mac, mac_len),
	      "and one of %d bytes, by parts", BIG);
	ioc_mac(&arg, uuid, BIG, 16256, BIG % 128 + 128);
	mac_verifies(arg, mac_len);
	arg.state[40] ^= 1;
	point(ioctl(hsm_fd, CRYPTECH_IOC_MAC, &arg) && errno == EINVAL,
	      "a state that was changed is refused");
	arg.state[40] ^= 1;
	load(type, key_len, SIGN, arg.uuid);
	point(ioctl(hsm_fd, CRYPTECH_IOC_MAC, &arg) && errno == EINVAL,
	      "and one of another key, though the bytes are the same");
}

static void ioctl_refusals(void)
{
	struct cryptech_ioc_mac mac;
	struct cryptech_ioc_gcm gcm;
	unsigned char uuid[16], next[16] = {};

	load(CRYPTECH_KEY_AES256_GCM, 32, DATA, uuid);
	point_is(ioc_mac(&mac, uuid, 10, 10, 10), EACCES, "no MAC with GCM");
	load(CRYPTECH_KEY_HMAC_SHA256, 32, SIGN, uuid);
	gcm = gcm_arg(uuid, 0, 0);
	point(ioctl(hsm_fd, CRYPTECH_IOC_GCM_ENCRYPT, &gcm) &&
	      errno == EACCES, "no GCM with HMAC");
	point_is(ioc_cipher(CRYPTECH_IOC_ENCRYPT, uuid, CRYPTECH_MODE_CBC,
			    next, 16, 16), EACCES, "no cipher with HMAC");
	gcm.reserved2 = 1;
	point(ioctl(hsm_fd, CRYPTECH_IOC_GCM_ENCRYPT, &gcm) &&
	      errno == EINVAL, "a reserved field");
	point(ioc_mac(&mac, uuid, 10, 10, 10) == 0 &&
	      (mac.mac_len = 0, ioctl(hsm_fd, CRYPTECH_IOC_MAC_UPDATE, &mac)) &&
	      errno == EINVAL, "what MAC_UPDATE has not is zero");
}

/* --- by AF_ALG ----------------------------------------------------------------------- */

static int keyed_socket(const char *type, const char *name,
			const unsigned char *uuid)
{
	unsigned char token[48];
	int fd = alg_try(type, name);

	if (fd < 0)
		return fd;
	errno = hsm_token(hsm_fd, uuid, token);
	if (!errno)
		errno = alg_setkey(fd, token, sizeof(token));
	if (errno)
		give_up("%s: setkey", name);
	return fd;
}

static void alg_hash(unsigned int type, size_t key_len, const char *alg,
		     const char *name, const char *param, const char *part)
{
	unsigned char uuid[16], mac[64], out[64];
	size_t mac_len = ssl_mac(name, param, part, key_len, in, BIG, mac);
	int fd, op, copy, i;
	size_t at, n;

	load(type, key_len, SIGN | CRYPTECH_KEY_FLAG_TOKEN, uuid);
	fd = keyed_socket("hash", alg, uuid);
	if (alg_is_restricted()) {
		point_is(fd, -ENOENT, "AF_ALG has no %s", alg);
		return;
	}
	op = alg_accept(fd);
	n = write(op, in, BIG) == BIG ? read(op, out, 64) : 0;
	point(n == mac_len && !memcmp(out, mac, n), "%s: by AF_ALG", alg);
	/* in pieces, and by a copy that was made in the middle */
	for (at = 0, i = 1; at < 50000; at += n, i = i * 5 % 4001)
		n = send(op, in + at, i, MSG_MORE);
	copy = alg_accept(op);
	for (i = 0; i < 2; i++) {
		n = send(i ? copy : op, in + at, BIG - at, 0);
		n = n == BIG - at ? read(i ? copy : op, out, 64) : 0;
		point(n == mac_len && !memcmp(out, mac, n), "%s: %s", alg,
		      i ? "by the copy of a socket" : "in many pieces");
	}
	close(copy);
	close(op);
	close(fd);
}

/* 0 or errno */
static int aead_run(int fd, int encrypt, const unsigned char *vector,
		    const void *from, size_t aad, size_t len, void *to,
		    size_t out)
{
	char control[CMSG_SPACE(4) * 2 + CMSG_SPACE(4 + 12)] = {};
	struct iovec io = { .iov_base = (void *)from, .iov_len = aad + len };
	struct msghdr m = {
		.msg_iov = &io, .msg_iovlen = 1, .msg_control = control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	struct af_alg_iv *v;
	int op = alg_accept(fd), err = 0;

	c->cmsg_level = SOL_ALG;
	c->cmsg_type = ALG_SET_OP;
	c->cmsg_len = CMSG_LEN(4);
	*(unsigned int *)CMSG_DATA(c) = encrypt ? ALG_OP_ENCRYPT :
						  ALG_OP_DECRYPT;
	c = CMSG_NXTHDR(&m, c);
	c->cmsg_level = SOL_ALG;
	c->cmsg_type = ALG_SET_AEAD_ASSOCLEN;
	c->cmsg_len = CMSG_LEN(4);
	*(unsigned int *)CMSG_DATA(c) = aad;
	c = CMSG_NXTHDR(&m, c);
	c->cmsg_level = SOL_ALG;
	c->cmsg_type = ALG_SET_IV;
	c->cmsg_len = CMSG_LEN(4 + 12);
	v = (void *)CMSG_DATA(c);
	v->ivlen = 12;
	memcpy(v->iv, vector, 12);
	if (sendmsg(op, &m, 0) != (ssize_t)(aad + len) ||
	    read(op, to, aad + out) != (ssize_t)(aad + out))
		err = errno ? errno : EIO;
	close(op);
	return err;
}

static void alg_aead(void)
{
	unsigned char uuid[16], tag[16];
	const size_t aad = 20, len = 5000;
	int fd;

	load(CRYPTECH_KEY_AES256_GCM, 32, DATA | CALLER |
	     CRYPTECH_KEY_FLAG_TOKEN, uuid);
	fd = keyed_socket("aead", "gcm(paes)", uuid);
	if (alg_is_restricted()) {
		point_is(fd, -ENOENT, "AF_ALG has no gcm(paes)");
		return;
	}
	ssl_gcm(iv, in, aad, in + aad, len, wanted, tag);
	point_is(aead_run(fd, 1, iv, in, aad, len, got, len + 16), 0,
		 "gcm(paes) by AF_ALG");
	point(!memcmp(got + aad, wanted, len) &&
	      !memcmp(got + aad + len, tag, 16), "as OpenSSL has it");
	memcpy(wanted, got, aad + len + 16);
	point_is(aead_run(fd, 0, iv, wanted, aad, len + 16, got, len), 0,
		 "and back");
	point(!memcmp(got, in, aad + len), "to what it was");
	wanted[aad + 77] ^= 4;
	point_is(aead_run(fd, 0, iv, wanted, aad, len + 16, got, len), EBADMSG,
		 "changed it is refused");
	close(fd);
	load(CRYPTECH_KEY_AES256_GCM, 32, DATA | CRYPTECH_KEY_FLAG_TOKEN, uuid);
	fd = keyed_socket("aead", "gcm(paes)", uuid);
	point_is(aead_run(fd, 1, iv, in, aad, len, got, len + 16), EACCES,
		 "a key whose IVs the HSM draws does not encrypt there");
	close(fd);
}

/* --- keys of type cryptech ---------------------------------------------------------- */

/* Made by `new`: its flags are those of its type. */
static void keyring_key(const char *words, unsigned int flags)
{
	struct cryptech_ioc_key_info info = { .size = sizeof(info) };
	char payload[64] = {};
	long id = add("cryptech", words, KEY_SPEC_SESSION_KEYRING, "%s", words);
	int i;

	point(id > 0, "%s (%ld)", words, id);
	if (id < 0 || keyctl_read(id, payload, sizeof(payload)) != 40)
		return;
	for (i = 0; i < 16; i++)
		sscanf(payload + 4 + 2 * i + (i > 3) + (i > 5) + (i > 7) +
		       (i > 9), "%2hhx", &info.uuid[i]);
	if (ioctl(hsm_fd, CRYPTECH_IOC_KEY_INFO, &info))
		give_up("KEY_INFO");
	point_is(info.key_flags & ~CRYPTECH_KEY_MODE_FLAG(0xf),
		 flags | CRYPTECH_KEY_FLAG_TOKEN, "has its flags");
}

static void keyring_keys(void)
{
	keyring_key("new hmac-sha256", SIGN);
	keyring_key("new aes128-cmac", SIGN);
	keyring_key("new aes256-ctr", DATA);
	keyring_key("new aes256-gcm", DATA);
	keyring_key("new aes256-gcm caller-iv", DATA | CALLER);
	point_is(add("cryptech", "x", KEY_SPEC_SESSION_KEYRING,
		     "new aes256-ctr caller-iv"), -EINVAL,
		 "caller-iv is for GCM");
}

static void from_inside(void)
{
	run("modprobe cryptech_sym");
	take_results("cryptech_sym");
	run("rmmod cryptech_sym");
}

int main(void)
{
	const char *digest = OSSL_MAC_PARAM_DIGEST;
	size_t i;

	run("modprobe cryptech clear_tokens=1");
	hsm_fd = keys_session();
	for (i = 0; i < BIG; i++)
		in[i] = random();
	for (i = 0; i < sizeof(key); i++)
		key[i] = random();
	from_inside();
	ioctl_cipher(CRYPTECH_KEY_AES256_ECB, CRYPTECH_MODE_ECB, "AES-256-ECB",
		     32000, 16320);
	ioctl_cipher(CRYPTECH_KEY_AES256_CTR, CRYPTECH_MODE_CTR, "AES-256-CTR",
		     33333, 16320);
	ioctl_cipher(CRYPTECH_KEY_AES256, CRYPTECH_MODE_CBC, "AES-256-CBC",
		     32000, 1600);
	ioctl_gcm();
	ioctl_mac(CRYPTECH_KEY_AES128_CMAC, 16, "CMAC", OSSL_MAC_PARAM_CIPHER,
		  "AES-128-CBC");
	ioctl_mac(CRYPTECH_KEY_HMAC_SHA256, 14, "HMAC", digest, "SHA256");
	ioctl_mac(CRYPTECH_KEY_HMAC_SHA384, 48, "HMAC", digest, "SHA384");
	ioctl_mac(CRYPTECH_KEY_HMAC_SHA512, 64, "HMAC", digest, "SHA512");
	ioctl_refusals();
	alg_hash(CRYPTECH_KEY_AES256_CMAC, 32, "cmac(paes)", "CMAC",
		 OSSL_MAC_PARAM_CIPHER, "AES-256-CBC");
	alg_hash(CRYPTECH_KEY_HMAC_SHA256, 32, "phmac(sha256)", "HMAC", digest,
		 "SHA256");
	alg_hash(CRYPTECH_KEY_HMAC_SHA512, 64, "phmac(sha512)", "HMAC", digest,
		 "SHA512");
	alg_aead();
	keyring_keys();
	return keys_end();
}
