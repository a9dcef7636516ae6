/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The ways by which the kernel and its programs use an HSM, one operation of
 * each, that tells whether its answer was right.
 */
#ifndef SELFTESTS_TEARDOWN_H
#define SELFTESTS_TEARDOWN_H

#include <linux/capability.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <pthread.h>
#include <sys/syscall.h>

#include "alg_keys.h"
#include "dmcrypt.h"

#define WRONG		ENOTRECOVERABLE	/* our word for: the answer is wrong */
#define BLOCK		4096
#define RNG		"/sys/class/misc/hw_random/rng_current"
#define TEXT_LEN	64

enum row { READ, IOCTL, PKEY_SIGN, AF_ALG_READ, HWRNG, DM_CRYPT, ROWS };

static const char *const row_names[ROWS] = {
	"read", "ioctl", "pkey_sign", "AF_ALG", "hwrng", "dm-crypt",
};

/* What all operations need. Descriptors are -1 while closed. */
static struct {
	unsigned char rsa_uuid[16];
	EVP_PKEY *rsa;			/* its public half */
	unsigned char dm_token[48];
	key_serial_t dm_key;		/* of type logon, holds that token */
	int raw;			/* two files: close() ends one use */
	int typed;
	int authority;			/* for which the key was made */
	key_serial_t key;		/* of pkey_sign */
	key_serial_t alg_key;		/* the right to CBC's */
	int alg;
	int alg_op;
	int rng;
	int disk;
	unsigned char version[16];	/* the reply to GET_VERSION */
	unsigned char text[TEXT_LEN];
	unsigned char cbc[TEXT_LEN];	/* by OpenSSL */
} world = { .raw = -1, .typed = -1, .authority = -1, .alg = -1, .alg_op = -1,
	    .rng = -1, .disk = -1 };

static inline void close_one(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* --- operations: 0, WRONG or errno ----------------------------------------- */

/* A request by the raw door, and its reply; but for the client word. */
static inline int get_version(unsigned char *reply)
{
	static const unsigned char request[8];	/* GET_VERSION is 0 */

	if (write(world.raw, request, 8) != 8)
		return errno;
	if (read(world.raw, reply, 16) != 16)
		return errno;
	memset(reply + 4, 0, 4);
	return 0;
}

static inline int by_read(void)
{
	unsigned char reply[16];
	int err = get_version(reply);

	return err ? err : memcmp(reply, world.version, 16) ? WRONG : 0;
}

static inline int by_ioctl(void)
{
	unsigned char data[TEXT_LEN];
	struct cryptech_ioc_cipher arg = {
		.size = sizeof(arg), .mode = CRYPTECH_MODE_CBC, .iv_len = 16,
		.data = (uintptr_t)data, .data_len = TEXT_LEN,
	};

	memcpy(arg.uuid, CBC->uuid, 16);
	memcpy(arg.iv, iv, 16);
	memcpy(data, world.text, TEXT_LEN);
	if (ioctl(world.typed, CRYPTECH_IOC_ENCRYPT, &arg))
		return errno;
	return memcmp(data, world.cbc, TEXT_LEN) ? WRONG : 0;
}

static inline int by_pkey_sign(void)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(world.rsa, NULL);
	unsigned char digest[32] = "a digest", signature[256];
	int good;

	if (keyctl_pkey_sign(world.key, "enc=pkcs1 hash=sha256",
			     (void *)digest, 32, (void *)signature, 256) < 0) {
		EVP_PKEY_CTX_free(ctx);
		return errno;
	}
	good = EVP_PKEY_verify_init(ctx) == 1 &&
	       EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1 &&
	       EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) == 1 &&
	       EVP_PKEY_verify(ctx, signature, 256, digest, 32) == 1;
	EVP_PKEY_CTX_free(ctx);
	return good ? 0 : WRONG;
}

static inline int by_alg(void)
{
	unsigned char out[TEXT_LEN];
	int err;

	if (world.alg_op < 0)
		world.alg_op = alg_accept(world.alg);
	err = alg_send(world.alg_op, 1, iv, world.text, TEXT_LEN, 0);
	if (!err)
		err = alg_read(world.alg_op, out, TEXT_LEN);
	/* it keeps what it did not encipher */
	if (err)
		close_one(&world.alg_op);
	return err ? err : memcmp(out, world.cbc, TEXT_LEN) ? WRONG : 0;
}

/* So many that the HSM has to be asked for them; no block comes twice. */
static inline int by_hwrng(void)
{
	static __thread unsigned char before[16];
	unsigned char bytes[1024];
	size_t have = 0, i;
	ssize_t n;

	while (have < sizeof(bytes)) {
		n = read(world.rng, bytes + have, sizeof(bytes) - have);
		if (n <= 0)
			return n ? errno : ENODATA;
		have += n;
	}
	for (i = 0; i < sizeof(bytes); i += 16) {
		if (!memcmp(before, bytes + i, 16))
			return WRONG;
		memcpy(before, bytes + i, 16);
	}
	return 0;
}

static inline int by_dm(void)
{
	void *block;
	ssize_t n;
	int err;

	if (posix_memalign(&block, BLOCK, BLOCK))
		return ENOMEM;
	n = pread(world.disk, block, BLOCK, 8 * BLOCK);
	err = n < 0 ? errno : n != BLOCK ? EIO : 0;
	if (!err && memcmp(block, world.text, TEXT_LEN))
		err = WRONG;
	free(block);
	return err;
}

static int (*const row_run[ROWS])(void) = {
	by_read, by_ioctl, by_pkey_sign, by_alg, by_hwrng, by_dm,
};

/* The system call in which an operation waits for the HSM. */
static const int row_call[ROWS] = {
	SYS_read, SYS_ioctl, SYS_keyctl, SYS_read, SYS_read, SYS_pread64,
};

/* --- what they need --------------------------------------------------------- */

static inline void close_all(void)
{
	close_one(&world.raw);
	close_one(&world.typed);
	close_one(&world.authority);
	close_one(&world.alg_op);
	close_one(&world.alg);
	close_one(&world.rng);
	close_one(&world.disk);
}

static inline key_serial_t use_key(const char *name, const unsigned char *uuid)
{
	char text[UUID_TEXT];
	long key;

	uuid_format(text, uuid);
	key = add("cryptech", name, KEY_SPEC_SESSION_KEYRING, "use %s fd=%d",
		  text, world.authority);
	if (key < 0)
		give_up("use %s: %ld", name, key);
	return key;
}

/*
 * A keyed socket, by right of a key in a keyring: without CAP_SYS_ADMIN, which
 * would be right enough, a revoked key stops it.
 */
static inline void *key_socket(void *unused)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct none[2] = {};

	(void)unused;
	if (syscall(SYS_capset, &head, none))	/* of this thread alone */
		give_up("capset");
	world.alg = alg_bind("cbc(paes)");
	errno = alg_setkey(world.alg, CBC->token, 48);
	if (errno)
		give_up("setkey by right of a key");
	return NULL;
}

static inline void kernel_login(void)
{
	errno = hsm_pin(world.authority, CRYPTECH_IOC_KERNEL_LOGIN,
			CRYPTECH_USER_NORMAL, USER_PIN);
	if (errno)
		give_up("kernel login");
}

/* An open file of the HSM, as soon as there is one. */
static inline int open_when_ready(void)
{
	int tries = 3000, fd;

	while ((fd = open("/dev/cryptech0", O_RDWR | O_CLOEXEC)) < 0 &&
	       --tries)
		usleep(10000);
	if (fd < 0)
		give_up("the HSM does not come back");
	return fd;
}

static inline void choose_rng(void)
{
	int tries = 1000, fd, n;

	do {
		fd = open(RNG, O_WRONLY | O_CLOEXEC);
		n = write(fd, "cryptech0", 9);
		close(fd);
	} while (n != 9 && --tries && !usleep(10000));
	if (n != 9)
		give_up(RNG);
}

/* Open what is closed, make anew what is revoked, log in. */
static inline void make_ready(void)
{
	pthread_t thread;

	close_all();
	world.authority = open_when_ready();
	errno = hsm_login(world.authority, CRYPTECH_USER_NORMAL, USER_PIN);
	if (errno)
		give_up("login");
	kernel_login();
	world.raw = hsm_open(0);
	world.typed = hsm_session(0, CRYPTECH_USER_NORMAL, USER_PIN);
	if (!world.key)
		world.key = use_key("sign", world.rsa_uuid);
	if (!world.alg_key)
		world.alg_key = use_key("cipher", CBC->uuid);
	if (pthread_create(&thread, NULL, key_socket, NULL) ||
	    pthread_join(thread, NULL))
		give_up("thread");
	world.alg_op = alg_accept(world.alg);
	choose_rng();
	world.rng = open("/dev/hwrng", O_RDONLY | O_CLOEXEC);
	world.disk = open(DM_NODE, O_RDONLY | O_DIRECT | O_CLOEXEC);
	if (world.rng < 0 || world.disk < 0)
		give_up("hwrng or disk");
}

/* A mapped disk on a token that a key of type logon holds. */
static inline void make_disk(int hsm)
{
	unsigned char uuid[16], *block;
	int fd;

	hsm_load_raw(hsm, CRYPTECH_KEY_AES256_XTS, XTS->value, 64, uuid);
	errno = hsm_token(hsm, uuid, world.dm_token);
	if (errno || posix_memalign((void **)&block, BLOCK, BLOCK))
		give_up("token");
	run("dd if=/dev/zero of=" DM_DISK " bs=1M count=4 2>/dev/null; "
	    "losetup " DM_LOOP " " DM_DISK);
	dm_open();
	world.dm_key = add_key("logon", "disk:key", world.dm_token, 48,
			       KEY_SPEC_SESSION_KEYRING);
	if (world.dm_key < 0)
		give_up("logon key");
	errno = dm_map_by(":48:logon:disk:key", BLOCK);
	if (errno)
		give_up("dm-crypt");
	memset(block, 0, BLOCK);
	memcpy(block, world.text, TEXT_LEN);
	fd = open(DM_NODE, O_WRONLY | O_DIRECT | O_CLOEXEC);
	if (fd < 0 || pwrite(fd, block, BLOCK, 8 * BLOCK) != BLOCK)
		give_up(DM_NODE);
	close(fd);
	free(block);
}

static inline void make_rsa(int hsm)
{
	unsigned char spki[1024];
	const unsigned char *p = spki;
	struct cryptech_ioc_key_public arg = {
		.size = sizeof(arg), .spki = (uintptr_t)spki,
		.spki_len = sizeof(spki),
	};
	char text[UUID_TEXT];

	hsm_generate(hsm, CRYPTECH_KEY_RSA2048, CRYPTECH_KEY_FLAG_TOKEN |
		     CRYPTECH_KEY_FLAG_DIGITALSIGNATURE, world.rsa_uuid, text);
	memcpy(arg.uuid, world.rsa_uuid, 16);
	if (ioctl(hsm, CRYPTECH_IOC_KEY_PUBLIC, &arg))
		give_up("KEY_PUBLIC");
	world.rsa = d2i_PUBKEY(NULL, &p, arg.spki_len);
	if (!world.rsa)
		give_up("SubjectPublicKeyInfo");
}

/* Keys in the HSM, a disk, and the answers that are right. */
static inline void make_world(void)
{
	int hsm = keys_session();

	memcpy(world.text, "what is enciphered", 18);
	CBC->len = 32;
	for (size_t i = 0; i < 64; i++) {
		CBC->value[i] = random();
		XTS->value[i] = random();
	}
	hsm_load_raw(hsm, CBC->type, CBC->value, 32, CBC->uuid);
	errno = hsm_token(hsm, CBC->uuid, CBC->token);
	if (errno)
		give_up("token");
	ssl_crypt(CBC->ssl, CBC->value, 1, iv, world.text, world.cbc,
		  TEXT_LEN);
	make_rsa(hsm);
	make_disk(hsm);
	close(hsm);
	make_ready();
	errno = get_version(world.version);
	if (errno || memcmp(world.version, "\0\0\0\0\0\0\0\0\0\0\0\0", 12))
		give_up("GET_VERSION");
}

#endif /* SELFTESTS_TEARDOWN_H */
