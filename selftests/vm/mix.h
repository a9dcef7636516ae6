/* SPDX-License-Identifier: GPL-2.0 */
/*
 * For mix.c: what its processes know, all of it made before they start, and
 * what they tell. Each has its own digests, keys and labels, so that an answer
 * that was somebody else's is a wrong one.
 */
#ifndef SELFTESTS_MIX_H
#define SELFTESTS_MIX_H

#include <sys/mman.h>

#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/params.h>
#include <openssl/x509.h>

#include "alg.h"
#include "hss.h"

#define PROCESSES	16
#define UID		1000		/* of every fourth process */
#define SIGNS		CRYPTECH_KEY_FLAG_DIGITALSIGNATURE
#define DATA		CRYPTECH_KEY_FLAG_DATAENCIPHERMENT
#define TOKEN		CRYPTECH_KEY_FLAG_TOKEN
#define ANSWERS		4		/* RSA signatures of each process */
#define PIECE		4096		/* most bytes of a cipher's call */
#define DRAWN_MAX	(1u << 20)
#define SIGNED_MAX	2048
#define STEPS_MAX	40

/* A symmetric key of all, which we know, too. */
enum { CBC, XTS, ECB, CTR, GCM, CMAC, HMAC, SYMMETRIC };

struct symmetric {
	unsigned int type, mode, flags;
	size_t len;
	const char *ssl;
	unsigned char value[64], uuid[16], token[48];
	int fd;				/* AF_ALG, keyed; or -1 */
};

static struct symmetric symmetric[SYMMETRIC] = {
	{ CRYPTECH_KEY_AES256, CRYPTECH_MODE_CBC, DATA, 32, "AES-256-CBC",
	  {}, {}, {}, -1 },
	{ CRYPTECH_KEY_AES256_XTS, CRYPTECH_MODE_XTS, DATA, 64, "AES-256-XTS",
	  {}, {}, {}, -1 },
	{ CRYPTECH_KEY_AES128_ECB, CRYPTECH_MODE_ECB, DATA, 16, "AES-128-ECB",
	  {}, {}, {}, -1 },
	{ CRYPTECH_KEY_AES256_CTR, CRYPTECH_MODE_CTR, DATA, 32, "AES-256-CTR",
	  {}, {}, {}, -1 },
	{ CRYPTECH_KEY_AES256_GCM, CRYPTECH_MODE_GCM, DATA, 32, "AES-256-GCM",
	  {}, {}, {}, -1 },
	{ CRYPTECH_KEY_AES128_CMAC, CRYPTECH_MODE_CMAC, SIGNS, 16,
	  "AES-128-CBC", {}, {}, {}, -1 },
	{ CRYPTECH_KEY_HMAC_SHA256, 0, SIGNS, 32, "SHA256", {}, {}, {}, -1 },
};

/* A pair of keys that OpenSSL made and the HSM has, too. */
struct pair {
	EVP_PKEY *pkey;
	unsigned char uuid[16], der[1300], spki[320];
	int der_len, spki_len;
};

/* Of the HSM and of all processes. */
static struct {
	unsigned char serial[16], fingerprint[32], master[32];
	char release[64];
	struct pair rsa, ec;
	key_serial_t rsa_key, ec_key;	/* the same, in the session keyring */
	struct hss_key hss;
	key_serial_t hss_public;	/* verified by the kernel itself */
	unsigned int hss_room;		/* what the kernel reads of a signature */
	int hwrng;
	struct {
		unsigned char digest[32], signature[256];
	} answers[PROCESSES][ANSWERS];
	struct pair own[PROCESSES];	/* EC, in no HSM yet */
} world;

/* A signature of the HSS key that somebody got. */
struct signed_one {
	int whole;			/* written last */
	unsigned int message[4];
	struct signature sig;
};

/* Memory of all. */
static struct shared {
	char wrong[PROCESSES][256];	/* what was, or "" */
	unsigned long done[STEPS_MAX];	/* how often each step was */
	unsigned long drawn_count;
	unsigned int requests;		/* of the HSS key, in all */
	unsigned int signed_count;
	unsigned long long drawn[DRAWN_MAX];
	struct signed_one signed_ones[SIGNED_MAX];
} *shared;

/* This process. */
static struct {
	int number;
	int fd;				/* logged in as user, all its life */
	unsigned int seed;
	unsigned int count;
	unsigned char uuid[16];		/* a volatile key of this client */
	char label[40];			/* that only this process gives */
	unsigned char from[PIECE + 16], wanted[PIECE + 16], got[PIECE + 16];
} me;

static inline unsigned int draw(unsigned int below)
{
	return rand_r(&me.seed) % below;
}

/* Some of our own data, of that length. */
static inline void fill(void *to, size_t len)
{
	unsigned char *at = to;

	while (len--)
		*at++ = rand_r(&me.seed) >> 7;
}

/* Tell what is wrong, and end. */
static inline __attribute__((noreturn, format(printf, 1, 2)))
void wrong(const char *format, ...)
{
	char *to = shared->wrong[me.number];
	int err = errno, n;
	va_list args;

	va_start(args, format);
	n = vsnprintf(to, 200, format, args);
	va_end(args);
	snprintf(to + n, 56, " (errno %d)", err);
	_exit(1);
}

#define expect(condition, ...) \
	do { if (!(condition)) wrong(__VA_ARGS__); } while (0)

/* An ioctl that has to end with that errno, or 0. */
#define expect_ioctl(fd, name, arg, wanted_errno)			\
	do {								\
		int expect_got = ioctl(fd, CRYPTECH_IOC_##name, arg) ?	\
				 errno : 0;				\
		expect(expect_got == (wanted_errno),			\
		       #name ": %d, wanted %d", expect_got,		\
		       (int)(wanted_errno));				\
	} while (0)

/*
 * Random numbers: nobody gets what somebody else has got. The table takes the
 * first eight bytes of each draw until it is half full.
 */
static inline void drawn(const void *bytes)
{
	unsigned long long value, was;
	unsigned int at;

	memcpy(&value, bytes, sizeof(value));
	expect(value, "eight random bytes are zero");
	if (__atomic_load_n(&shared->drawn_count, __ATOMIC_RELAXED) >
	    DRAWN_MAX / 2)
		return;
	for (at = value % DRAWN_MAX;; at = (at + 1) % DRAWN_MAX) {
		was = 0;
		if (__atomic_compare_exchange_n(&shared->drawn[at], &was, value,
						0, __ATOMIC_RELAXED,
						__ATOMIC_RELAXED))
			break;
		expect(was != value, "the same random numbers twice");
	}
	__atomic_add_fetch(&shared->drawn_count, 1, __ATOMIC_RELAXED);
}

/* --- OpenSSL --------------------------------------------------------------- */

static inline bool ssl_verifies(EVP_PKEY *pkey, const unsigned char *digest,
				const unsigned char *sig, size_t len)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(pkey, NULL);
	bool ok = EVP_PKEY_verify_init(ctx) == 1 &&
		  EVP_PKEY_verify(ctx, sig, len, digest, 32) == 1;

	EVP_PKEY_CTX_free(ctx);
	return ok;
}

/* r || s, which OpenSSL takes as ECDSA-Sig-Value. */
static inline bool ssl_verifies_raw(EVP_PKEY *pkey, const unsigned char *digest,
				    const unsigned char *raw)
{
	ECDSA_SIG *sig = ECDSA_SIG_new();
	unsigned char *der = NULL;
	int len;
	bool ok;

	ECDSA_SIG_set0(sig, BN_bin2bn(raw, 32, NULL),
		       BN_bin2bn(raw + 32, 32, NULL));
	len = i2d_ECDSA_SIG(sig, &der);
	ok = ssl_verifies(pkey, digest, der, len);
	ECDSA_SIG_free(sig);
	OPENSSL_free(der);
	return ok;
}

static inline size_t ssl_mac(const struct symmetric *key, const void *data,
			     size_t len, unsigned char *mac)
{
	bool cmac = key->type == CRYPTECH_KEY_AES128_CMAC;
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(
			cmac ? OSSL_MAC_PARAM_CIPHER : OSSL_MAC_PARAM_DIGEST,
			(char *)key->ssl, 0),
		OSSL_PARAM_construct_end(),
	};
	EVP_MAC *alg = EVP_MAC_fetch(NULL, cmac ? "CMAC" : "HMAC", NULL);
	EVP_MAC_CTX *ctx = EVP_MAC_CTX_new(alg);
	size_t made = 0;

	expect(EVP_MAC_init(ctx, key->value, key->len, params) &&
	       EVP_MAC_update(ctx, data, len) &&
	       EVP_MAC_final(ctx, mac, &made, 64), "OpenSSL's MAC");
	EVP_MAC_CTX_free(ctx);
	EVP_MAC_free(alg);
	return made;
}

static inline void ssl_gcm(const struct symmetric *key, const unsigned char *iv,
			   const void *aad, size_t aad_len, const void *from,
			   size_t len, unsigned char *to, unsigned char *tag)
{
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, key->ssl, NULL);
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n;

	expect(EVP_EncryptInit_ex2(ctx, cipher, key->value, iv, NULL) &&
	       EVP_EncryptUpdate(ctx, NULL, &n, aad, aad_len) &&
	       EVP_EncryptUpdate(ctx, to, &n, from, len) &&
	       EVP_EncryptFinal_ex(ctx, to, &n) &&
	       EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, 16, tag),
	       "OpenSSL's GCM");
	EVP_CIPHER_CTX_free(ctx);
	EVP_CIPHER_free(cipher);
}

#endif /* SELFTESTS_MIX_H */
