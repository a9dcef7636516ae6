/* SPDX-License-Identifier: GPL-2.0 */
/* For mix.c: the raw door, and what the kernel does for programs. */
#ifndef SELFTESTS_MIX_KERNEL_H
#define SELFTESTS_MIX_KERNEL_H

#include <poll.h>

#include <cryptech/xdr.h>

#include "mix.h"
#include "mix_ioctl.h"

/* --- the raw door ------------------------------------------------------------ */

struct message {
	struct xdr_writer w;
	struct xdr_reader r;
	unsigned char bytes[CRYPTECH_RPC_MESSAGE_MAX];
};

static struct message message;

static inline struct xdr_writer *raw(unsigned int function)
{
	xdr_writer_init(&message.w, message.bytes, sizeof(message.bytes));
	xdr_put_u32(&message.w, function);
	xdr_put_u32(&message.w, 0);
	return &message.w;
}

/* To the HSM and back; its error. */
static inline unsigned int raw_call(int fd)
{
	struct pollfd poll_it = { .fd = fd, .events = POLLIN };
	unsigned int function, error;
	struct xdr_reader r;
	ssize_t len = xdr_written(&message.w);

	xdr_reader_init(&r, message.bytes, len);
	function = xdr_get_u32(&r);
	expect(write(fd, message.bytes, len) == len, "write of %#x", function);
	if (draw(2))
		expect(poll(&poll_it, 1, -1) == 1 &&
		       poll_it.revents == POLLIN, "poll");
	len = read(fd, message.bytes, sizeof(message.bytes));
	expect(len >= CRYPTECH_RPC_REPLY_MIN, "read after %#x: %zd", function,
	       len);
	xdr_reader_init(&message.r, message.bytes, len);
	expect(xdr_get_u32(&message.r) == function,
	       "the reply to another function than %#x", function);
	xdr_get_u32(&message.r);
	error = xdr_get_u32(&message.r);
	return error;
}

static inline unsigned int raw_u32(void)
{
	unsigned int value = xdr_get_u32(&message.r);

	expect(!message.r.bad, "a reply that is too short");
	return value;
}

/* A result of that length. */
static inline const unsigned char *raw_bytes(size_t wanted)
{
	const unsigned char *bytes;
	size_t len;

	bytes = xdr_get_opaque(&message.r, &len);
	expect(bytes && len == wanted, "a result of %zu bytes, not %zu", len,
	       wanted);
	return bytes;
}

static void step_raw(void)
{
	size_t len = 8 + draw(1000);

	raw(CRYPTECH_RPC_GET_VERSION);
	expect(!raw_call(me.fd) && raw_u32() == CRYPTECH_RPC_VERSION,
	       "GET_VERSION");
	xdr_put_u32(raw(CRYPTECH_RPC_GET_RANDOM), len);
	expect(!raw_call(me.fd), "GET_RANDOM");
	drawn(raw_bytes(len));
	xdr_put_u32(raw(CRYPTECH_RPC_IS_LOGGED_IN), CRYPTECH_USER_NORMAL);
	expect(!raw_call(me.fd), "IS_LOGGED_IN");
	xdr_put_u32(raw(CRYPTECH_RPC_IS_LOGGED_IN), CRYPTECH_USER_SO);
	expect(raw_call(me.fd) == CRYPTECH_ERR_FORBIDDEN, "IS_LOGGED_IN as SO");
}

static void step_raw_hash(void)
{
	unsigned char digest[32];
	size_t len = 1 + draw(PIECE), half = draw(len);
	unsigned int hash;
	struct xdr_writer *w;

	fill(me.from, len);
	EVP_Digest(me.from, len, digest, NULL, EVP_sha256(), NULL);
	w = raw(CRYPTECH_RPC_HASH_INITIALIZE);
	xdr_put_u32(w, 0);
	xdr_put_u32(w, CRYPTECH_DIGEST_SHA256);
	xdr_put_opaque(w, "", 0);
	expect(!raw_call(me.fd), "HASH_INITIALIZE");
	hash = raw_u32();
	for (int i = 0; i < 2; i++) {
		w = raw(CRYPTECH_RPC_HASH_UPDATE);
		xdr_put_u32(w, hash);
		xdr_put_opaque(w, me.from + (i ? half : 0),
			       i ? len - half : half);
		expect(!raw_call(me.fd), "HASH_UPDATE");
	}
	w = raw(CRYPTECH_RPC_HASH_FINALIZE);
	xdr_put_u32(w, hash);
	xdr_put_u32(w, 32);
	expect(!raw_call(me.fd), "HASH_FINALIZE");
	expect(!memcmp(raw_bytes(32), digest, 32), "another's hash");
}

static void step_raw_sign(void)
{
	unsigned int n = draw(ANSWERS), handle;
	struct xdr_writer *w = raw(CRYPTECH_RPC_PKEY_OPEN);

	xdr_put_u32(w, 0);
	xdr_put_opaque(w, world.rsa.uuid, 16);
	expect(!raw_call(me.fd), "PKEY_OPEN");
	handle = raw_u32();
	w = raw(CRYPTECH_RPC_SIGN);
	xdr_put_opaque(w, world.rsa.uuid, 16);
	xdr_put_u32(w, CRYPTECH_DIGEST_SHA256);
	xdr_put_opaque(w, world.answers[me.number][n].digest, 32);
	xdr_put_u32(w, 256);
	expect(!raw_call(me.fd), "SIGN by the raw door");
	expect(!memcmp(raw_bytes(256), world.answers[me.number][n].signature,
		       256), "an RSA signature by the raw door, not OpenSSL's");
	xdr_put_u32(raw(CRYPTECH_RPC_PKEY_GET_KEY_CURVE), handle);
	expect(!raw_call(me.fd) && raw_u32() == CRYPTECH_CURVE_NONE,
	       "PKEY_GET_KEY_CURVE");
	xdr_put_u32(raw(CRYPTECH_RPC_PKEY_CLOSE), handle);
	expect(!raw_call(me.fd), "PKEY_CLOSE");
}

/* A file that goes with its call under way: nobody else gets the reply. */
static void step_raw_abandon(void)
{
	int fd = another_file();
	ssize_t len;

	xdr_put_u32(raw(CRYPTECH_RPC_GET_RANDOM), 4000);
	len = xdr_written(&message.w);
	expect(write(fd, message.bytes, len) == len, "write");
	close(fd);
}

/* --- keys in keyrings -------------------------------------------------------- */

#define PKCS1	"enc=pkcs1 hash=sha256"
#define X962	"enc=x962 hash=sha256"

static void step_keyctl_rsa(void)
{
	unsigned int n = draw(ANSWERS);
	unsigned char *digest = world.answers[me.number][n].digest;
	struct keyctl_pkey_query query;

	expect(!keyctl_pkey_query(world.rsa_key, PKCS1, &query) &&
	       query.key_size == 2048 && query.max_sig_size == 256,
	       "pkey_query");
	expect(keyctl_pkey_sign(world.rsa_key, PKCS1, digest, 32, me.got,
				256) == 256, "pkey_sign");
	expect(!memcmp(me.got, world.answers[me.number][n].signature, 256),
	       "pkey_sign: not OpenSSL's");
	expect(!keyctl_pkey_verify(world.rsa_key, PKCS1, digest, 32, me.got,
				   256), "pkey_verify");
	me.got[draw(256)] ^= 2;
	expect(keyctl_pkey_verify(world.rsa_key, PKCS1, digest, 32, me.got,
				  256) && errno == EKEYREJECTED,
	       "pkey_verify takes what was changed");
}

static inline void keyctl_ec(key_serial_t key, EVP_PKEY *pkey)
{
	unsigned char digest[32];
	struct keyctl_pkey_query query;
	long len;

	fill(digest, 32);
	/* add_key waits for a new one, but not for ever */
	while (keyctl_pkey_query(key, X962, &query) && errno == EAGAIN)
		usleep(10000);
	expect(!keyctl_pkey_query(key, X962, &query), "pkey_query, EC");
	len = keyctl_pkey_sign(key, X962, digest, 32, me.got,
			       query.max_sig_size);
	expect(len > 0, "pkey_sign, EC");
	expect(!pkey || ssl_verifies(pkey, digest, me.got, len),
	       "pkey_sign: OpenSSL refuses it");
	expect(!keyctl_pkey_verify(key, X962, digest, 32, me.got, len),
	       "pkey_verify, EC");
	digest[draw(32)] ^= 4;
	expect(keyctl_pkey_verify(key, X962, digest, 32, me.got, len) &&
	       errno == EKEYREJECTED, "pkey_verify takes what was changed, EC");
}

static void step_keyctl_ec(void)
{
	keyctl_ec(world.ec_key, world.ec.pkey);
}

/* A volatile key of the keyring's, which goes with its name. */
static void step_keyctl_new(void)
{
	long key = add("cryptech", me.label, KEY_SPEC_PROCESS_KEYRING,
		       "new ec-p256 volatile fd=%d", me.fd);

	expect(key > 0, "add_key, new: %ld", key);
	keyctl_ec(key, NULL);
	expect(!keyctl_invalidate(key), "invalidate");
}

/* --- the crypto API ----------------------------------------------------------- */

static void step_alg_cipher(void)
{
	const struct symmetric *key = &symmetric[CBC + draw(2)];
	size_t len = 16 * (1 + draw(PIECE / 16));
	unsigned char first[16];

	if (key->fd < 0)
		key = &symmetric[CBC];
	fill(me.from, len);
	fill(first, 16);
	ssl_crypt(key->ssl, key->value, 1, first, me.from, me.wanted, len);
	errno = alg_crypt(key->fd, 1, first, me.from, me.got, len);
	expect(!errno && !memcmp(me.got, me.wanted, len),
	       "AF_ALG, %s: not OpenSSL's", key->ssl);
	errno = alg_crypt(key->fd, 0, first, me.wanted, me.got, len);
	expect(!errno && !memcmp(me.got, me.from, len),
	       "AF_ALG, %s: not what it was", key->ssl);
}

static void step_alg_hash(void)
{
	const struct symmetric *key = &symmetric[CMAC + draw(2)];
	size_t len = 1 + draw(PIECE), mac_len;
	unsigned char mac[64], got[64];
	int op;

	if (key->fd < 0)
		return;		/* mix.c says so */
	fill(me.from, len);
	mac_len = ssl_mac(key, me.from, len, mac);
	op = accept4(key->fd, NULL, NULL, SOCK_CLOEXEC);
	expect(op >= 0 && write(op, me.from, len) == (ssize_t)len &&
	       read(op, got, 64) == (ssize_t)mac_len, "AF_ALG, hash");
	expect(!memcmp(got, mac, mac_len), "AF_ALG, hash: not OpenSSL's");
	close(op);
}

static void step_hwrng(void)
{
	unsigned char bytes[16];

	expect(read(world.hwrng, bytes, sizeof(bytes)) == sizeof(bytes),
	       "/dev/hwrng");
	drawn(bytes);
}

#endif /* SELFTESTS_MIX_KERNEL_H */
