/* SPDX-License-Identifier: MIT */
/*
 * What an HSM computes for a call, counted at the border to libcrypto by link-time
 * wrapping (FAILURES_WRAP), for tests that nothing is told by the time it takes.
 * For one file of a program.
 */
#ifndef TESTS_COUNTED_H
#define TESTS_COUNTED_H

#include <openssl/evp.h>

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum work { RSA_PRIVATE, EC_VERIFY, EC_SIGN, HASHES, HASHED, CIPHERS, CIPHERED,
	    DRAWN, WORKS };
static const char *const work_names[] = {
	"RSA private operations", "ECDSA verifications", "ECDSA signatures",
	"hashes", "bytes hashed", "key wraps", "bytes of key wraps",
	"bytes drawn",
};

struct counts {
	uint64_t of[WORKS];
};
static struct counts now;
static bool counting;

static void count(enum work work, uint64_t n)
{
	if (counting)
		now.of[work] += n;
}

/* One that libcrypto refuses before it computes does not count. */
int __real_EVP_PKEY_decrypt(EVP_PKEY_CTX *ctx, uint8_t *out, size_t *out_len,
			    const uint8_t *in, size_t len);
int __wrap_EVP_PKEY_decrypt(EVP_PKEY_CTX *ctx, uint8_t *out, size_t *out_len,
			    const uint8_t *in, size_t len);
int __wrap_EVP_PKEY_decrypt(EVP_PKEY_CTX *ctx, uint8_t *out, size_t *out_len,
			    const uint8_t *in, size_t len)
{
	int done = __real_EVP_PKEY_decrypt(ctx, out, out_len, in, len);

	count(RSA_PRIVATE, done == 1);
	return done;
}

int __real_EVP_PKEY_verify(EVP_PKEY_CTX *ctx, const uint8_t *sig,
			   size_t sig_len, const uint8_t *in, size_t len);
int __wrap_EVP_PKEY_verify(EVP_PKEY_CTX *ctx, const uint8_t *sig,
			   size_t sig_len, const uint8_t *in, size_t len);
int __wrap_EVP_PKEY_verify(EVP_PKEY_CTX *ctx, const uint8_t *sig,
			   size_t sig_len, const uint8_t *in, size_t len)
{
	count(EC_VERIFY, 1);
	return __real_EVP_PKEY_verify(ctx, sig, sig_len, in, len);
}

int __real_EVP_PKEY_sign(EVP_PKEY_CTX *ctx, uint8_t *sig, size_t *sig_len,
			 const uint8_t *in, size_t len);
int __wrap_EVP_PKEY_sign(EVP_PKEY_CTX *ctx, uint8_t *sig, size_t *sig_len,
			 const uint8_t *in, size_t len);
int __wrap_EVP_PKEY_sign(EVP_PKEY_CTX *ctx, uint8_t *sig, size_t *sig_len,
			 const uint8_t *in, size_t len)
{
	count(EC_SIGN, 1);
	return __real_EVP_PKEY_sign(ctx, sig, sig_len, in, len);
}

int __real_EVP_DigestUpdate(EVP_MD_CTX *ctx, const void *data, size_t len);
int __wrap_EVP_DigestUpdate(EVP_MD_CTX *ctx, const void *data, size_t len);
int __wrap_EVP_DigestUpdate(EVP_MD_CTX *ctx, const void *data, size_t len)
{
	count(HASHED, len);
	return __real_EVP_DigestUpdate(ctx, data, len);
}

int __real_EVP_DigestFinal_ex(EVP_MD_CTX *ctx, unsigned char *md,
			      unsigned int *len);
int __wrap_EVP_DigestFinal_ex(EVP_MD_CTX *ctx, unsigned char *md,
			      unsigned int *len);
int __wrap_EVP_DigestFinal_ex(EVP_MD_CTX *ctx, unsigned char *md,
			      unsigned int *len)
{
	count(HASHES, 1);
	return __real_EVP_DigestFinal_ex(ctx, md, len);
}

int __real_EVP_Digest(const void *data, size_t len, unsigned char *md,
		      unsigned int *size, const EVP_MD *type, ENGINE *impl);
int __wrap_EVP_Digest(const void *data, size_t len, unsigned char *md,
		      unsigned int *size, const EVP_MD *type, ENGINE *impl);
int __wrap_EVP_Digest(const void *data, size_t len, unsigned char *md,
		      unsigned int *size, const EVP_MD *type, ENGINE *impl)
{
	count(HASHES, 1);
	count(HASHED, len);
	return __real_EVP_Digest(data, len, md, size, type, impl);
}

int __real_EVP_CipherUpdate(EVP_CIPHER_CTX *ctx, unsigned char *out,
			    int *out_len, const unsigned char *in, int len);
int __wrap_EVP_CipherUpdate(EVP_CIPHER_CTX *ctx, unsigned char *out,
			    int *out_len, const unsigned char *in, int len);
int __wrap_EVP_CipherUpdate(EVP_CIPHER_CTX *ctx, unsigned char *out,
			    int *out_len, const unsigned char *in, int len)
{
	count(CIPHERS, 1);
	count(CIPHERED, len);
	return __real_EVP_CipherUpdate(ctx, out, out_len, in, len);
}

int __real_core_random(void *data, size_t len);
int __wrap_core_random(void *data, size_t len);
int __wrap_core_random(void *data, size_t len)
{
	count(DRAWN, len);
	return __real_core_random(data, len);
}

/* What this many packages of one kind cost, each. */
struct statistics {
	unsigned int packages;
	struct counts least, most;
	double mean[WORKS];
};

static void enter(struct statistics *s, const struct counts *c)
{
	if (!s->packages)
		s->least = s->most = *c;
	s->packages++;
	for (unsigned int i = 0; i < WORKS; i++) {
		if (c->of[i] < s->least.of[i])
			s->least.of[i] = c->of[i];
		if (c->of[i] > s->most.of[i])
			s->most.of[i] = c->of[i];
		s->mean[i] += ((double)c->of[i] - s->mean[i]) / s->packages;
	}
}

/* All packages of both cost the same. */
static bool is_same(const struct statistics *a, const struct statistics *b,
		    const char *what)
{
	bool same = true;

	for (unsigned int i = 0; i < WORKS; i++) {
		if (a->least.of[i] == b->least.of[i] &&
		    a->most.of[i] == b->most.of[i] &&
		    b->least.of[i] == b->most.of[i])
			continue;
		printf("# %s: %s: %.1f of each (%llu to %llu), else %.1f\n",
		       what, work_names[i], b->mean[i],
		       (unsigned long long)b->least.of[i],
		       (unsigned long long)b->most.of[i], a->mean[i]);
		same = false;
	}
	return same;
}

static void tell(const struct statistics *s, const char *what)
{
	printf("# %s:", what);
	for (unsigned int i = 0; i < WORKS; i++)
		if (s->mean[i] > 0)
			printf(" %.0f %s%s", s->mean[i], work_names[i],
			       i + 1 < WORKS ? "," : "");
	printf("\n");
}

#endif /* TESTS_COUNTED_H */
