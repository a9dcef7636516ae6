/* SPDX-License-Identifier: GPL-2.0 */
/* Ciphers by AF_ALG sockets, and by OpenSSL to compare with. */
#ifndef SELFTESTS_ALG_H
#define SELFTESTS_ALG_H

#include <linux/if_alg.h>
#include <openssl/evp.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "keys.h"

#ifndef ALG_SET_KEY_BY_KEY_SERIAL
#define ALG_SET_KEY_BY_KEY_SERIAL	7
#endif

/* A socket for an algorithm of that type, without key, or -errno. */
static inline int alg_try(const char *type, const char *name)
{
	struct sockaddr_alg sa = { .salg_family = AF_ALG };
	int fd = socket(AF_ALG, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	int err;

	snprintf((char *)sa.salg_type, sizeof(sa.salg_type), "%s", type);
	snprintf((char *)sa.salg_name, sizeof(sa.salg_name), "%s", name);
	if (fd < 0)
		give_up("AF_ALG");
	if (!bind(fd, (void *)&sa, sizeof(sa)))
		return fd;
	err = -errno;
	close(fd);
	return err;
}

/* A socket for a cipher, without key. */
static inline int alg_bind(const char *name)
{
	int fd = alg_try("skcipher", name);

	if (fd < 0) {
		errno = -fd;
		give_up("AF_ALG %s", name);
	}
	return fd;
}

/*
 * Does this kernel keep AF_ALG from what does not compute in the caller's
 * time? It begins with 7.2, and distributions take it to older ones.
 * cbc(paes), by that name alone, is excepted.
 */
static inline int alg_is_restricted(void)
{
	int fd = alg_try("skcipher", "cbc-paes-cryptech");

	if (fd < 0 && fd != -ENOENT)
		give_up("AF_ALG cbc-paes-cryptech: %d", fd);
	if (fd >= 0)
		close(fd);
	return fd < 0;
}

/* 0 or errno */
static inline int alg_setkey(int fd, const void *key, size_t len)
{
	return setsockopt(fd, SOL_ALG, ALG_SET_KEY, key, len) ? errno : 0;
}

static inline int alg_accept(int fd)
{
	int op = accept4(fd, NULL, NULL, SOCK_CLOEXEC);

	if (op < 0)
		give_up("AF_ALG accept");
	return op;
}

/* Give it data; the first message has an IV. 0 or errno. */
static inline int alg_send(int op, int encrypt, const unsigned char *iv,
			   const void *data, size_t len, int more)
{
	struct iovec io = { .iov_base = (void *)data, .iov_len = len };
	char control[CMSG_SPACE(4) + CMSG_SPACE(4 + 16)] = {};
	struct msghdr m = { .msg_iov = &io, .msg_iovlen = 1 };
	struct cmsghdr *c;
	struct af_alg_iv *v;

	if (iv) {
		m.msg_control = control;
		m.msg_controllen = sizeof(control);
		c = CMSG_FIRSTHDR(&m);
		c->cmsg_level = SOL_ALG;
		c->cmsg_type = ALG_SET_OP;
		c->cmsg_len = CMSG_LEN(4);
		*(unsigned int *)CMSG_DATA(c) =
			encrypt ? ALG_OP_ENCRYPT : ALG_OP_DECRYPT;
		c = CMSG_NXTHDR(&m, c);
		c->cmsg_level = SOL_ALG;
		c->cmsg_type = ALG_SET_IV;
		c->cmsg_len = CMSG_LEN(4 + 16);
		v = (void *)CMSG_DATA(c);
		v->ivlen = 16;
		memcpy(v->iv, iv, 16);
	}
	return sendmsg(op, &m, more ? MSG_MORE : 0) == (ssize_t)len ?
	       0 : errno;
}

/* Take exactly @len bytes. 0 or errno. */
static inline int alg_read(int op, void *data, size_t len)
{
	size_t done = 0;
	ssize_t n;

	while (done < len) {
		n = read(op, (char *)data + done, len - done);
		if (n <= 0)
			return n ? errno : EPIPE;
		done += n;
	}
	return 0;
}

/* All of it at once, with a keyed socket. 0 or errno. */
static inline int alg_crypt(int fd, int encrypt, const unsigned char *iv,
			    const void *in, void *out, size_t len)
{
	int op = alg_accept(fd);
	int err = alg_send(op, encrypt, iv, in, len, 0);

	if (!err)
		err = alg_read(op, out, len);
	close(op);
	return err;
}

/* What OpenSSL makes of it. */
static inline void ssl_crypt(const char *name, const unsigned char *key,
			     int encrypt, const unsigned char *iv,
			     const void *in, void *out, size_t len)
{
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, name, NULL);
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n = 0;

	if (!cipher || !ctx ||
	    !EVP_CipherInit_ex2(ctx, cipher, key, iv, encrypt, NULL) ||
	    !EVP_CIPHER_CTX_set_padding(ctx, 0) ||
	    !EVP_CipherUpdate(ctx, out, &n, in, len) || n != (int)len)
		give_up("OpenSSL %s", name);
	EVP_CIPHER_CTX_free(ctx);
	EVP_CIPHER_free(cipher);
}

/* A token by hand, from the table in linux/cryptech.h; its length. */
static inline size_t token_make(unsigned char *to, int kind, unsigned int type,
				const unsigned char *serial,
				const unsigned char *value, size_t value_len)
{
	size_t len = 32 + value_len;

	memset(to, 0, 32);
	memcpy(to, "CHSM", 4);
	to[4] = 1;
	to[5] = kind;
	to[6] = len >> 8;
	to[7] = len;
	to[8] = type >> 24;
	to[9] = type >> 16;
	to[10] = type >> 8;
	to[11] = type;
	if (serial)
		memcpy(to + 16, serial, 16);
	memcpy(to + 32, value, value_len);
	return len;
}

/* Import an AES key into flash. */
static inline void hsm_load_raw(int fd, unsigned int type,
				const unsigned char *value, size_t len,
				unsigned char *uuid)
{
	struct cryptech_ioc_key_load_raw arg = {
		.size = sizeof(arg), .type = type,
		.value = (uintptr_t)value, .value_len = len,
		.key_flags = CRYPTECH_KEY_FLAG_TOKEN |
			     CRYPTECH_KEY_FLAG_DATAENCIPHERMENT,
	};

	if (ioctl(fd, CRYPTECH_IOC_KEY_LOAD_RAW, &arg))
		give_up("KEY_LOAD_RAW, HSM's error %u", arg.error);
	memcpy(uuid, arg.uuid, 16);
}

/* 0 or errno */
static inline int hsm_token(int fd, const unsigned char *uuid,
			    unsigned char *token)
{
	struct cryptech_ioc_token arg = { .size = sizeof(arg) };

	memcpy(arg.uuid, uuid, 16);
	if (ioctl(fd, CRYPTECH_IOC_TOKEN, &arg))
		return errno;
	memcpy(token, arg.token, 48);
	return 0;
}

#endif /* SELFTESTS_ALG_H */
