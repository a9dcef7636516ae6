/* SPDX-License-Identifier: MIT */
/*
 * For tests of what is signed: software keys in the HSM's place, and openssl,
 * on a command line, to judge what comes of it.
 */
#ifndef TESTS_SOFT_H
#define TESTS_SOFT_H

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "../../firmware/tests/tap.h"
#include "../cryptech/common/ecdsa.h"
#include "../cryptech/common/x509.h"

static char folder[] = "/tmp/cryptech-test-XXXXXX";

/* Run a command line in the folder; its output becomes comments. */
static inline int shell(const char *format, ...)
	__attribute__((format(printf, 1, 2)));
static inline int shell(const char *format, ...)
{
	char command[1024], line[1200];
	va_list args;
	int status;

	va_start(args, format);
	vsnprintf(command, sizeof(command), format, args);
	va_end(args);
	fflush(stdout);
	snprintf(line, sizeof(line), "cd %s && { %s; } >log 2>&1", folder,
		 command);
	status = system(line);
	if (status) {
		printf("# status %d: %s\n", WEXITSTATUS(status), command);
		fflush(stdout);
		snprintf(line, sizeof(line), "sed 's/^/# /' %s/log", folder);
		if (system(line) < 0)
			printf("# and no log\n");
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static inline const char *in_folder(const char *name)
{
	static char path[64];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

/* --- a signer in software, with the HSM's forms -------------------------- */

struct soft {
	struct signer signer;
	EVP_PKEY *key;
	unsigned int flip;	/* the byte to falsify, 0: none */
	int error;		/* to answer instead */
};

static inline int soft_sign(void *context, const struct hash *hash, uint8_t *sig,
		     size_t *sig_len)
{
	struct soft *soft = context;
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(soft->key, NULL);
	uint8_t der[CRYPTECH_SIGNATURE_MAX];
	size_t len = sizeof(der), width;
	bool good;

	if (soft->error)
		return EVP_PKEY_CTX_free(ctx), soft->error;
	good = ctx && EVP_PKEY_sign_init(ctx) > 0 &&
		EVP_PKEY_CTX_set_signature_md(ctx,
					      hash_method(hash->digest)) > 0 &&
		EVP_PKEY_sign(ctx, der, &len, hash->value, hash->len) > 0;
	EVP_PKEY_CTX_free(ctx);
	if (!good)
		return -EIO;
	if (EVP_PKEY_is_a(soft->key, "RSA")) {
		memcpy(sig, der, len);
		*sig_len = len;
	} else {
		width = ecdsa_width(EVP_PKEY_get_bits(soft->key));
		if (!ecdsa_from_der(der, len, sig, width))
			return -EIO;
		*sig_len = 2 * width;
	}
	if (soft->flip)
		sig[soft->flip] ^= 1;
	return 0;
}

static const char *const types[] = {
	"rsa2048", "rsa3072", "ec-P-256", "ec-P-384", "ec-P-521",
};
static const uint32_t digests[] = {
	CRYPTECH_DIGEST_SHA256, CRYPTECH_DIGEST_SHA384, CRYPTECH_DIGEST_SHA512,
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* One key of each type for all tests: large ones take their time. */
static EVP_PKEY *keys[COUNT(types)];

static inline EVP_PKEY *key_of(const char *type)
{
	size_t i;

	for (i = 0; strcmp(types[i], type); i++)
		;
	if (!keys[i])
		keys[i] = !strncmp(type, "rsa", 3) ?
			EVP_RSA_gen(strtoul(type + 3, NULL, 10)) :
			EVP_EC_gen(type + 3);
	if (!keys[i])
		abort();
	return keys[i];
}

static inline void soft_init(struct soft *soft, const char *type)
{
	uint8_t *spki = NULL;
	const uint8_t *next;
	int len;

	memset(soft, 0, sizeof(*soft));
	soft->key = key_of(type);
	/* The signer gets the public half only. */
	len = i2d_PUBKEY(soft->key, &spki);
	next = spki;
	soft->signer.public = d2i_PUBKEY(NULL, &next, len);
	OPENSSL_free(spki);
	soft->signer.sign = soft_sign;
	soft->signer.context = soft;
}

static inline void soft_free(struct soft *soft)
{
	EVP_PKEY_free(soft->signer.public);
}

static inline void soft_begin(void)
{
	if (!mkdtemp(folder))
		abort();
}

static inline void soft_end(void)
{
	size_t i;

	for (i = 0; i < COUNT(keys); i++)
		EVP_PKEY_free(keys[i]);
	if (!shell("rm -f *") && rmdir(folder))
		printf("# cannot remove %s\n", folder);
}

/* --- a certificate -------------------------------------------------------- */

static inline X509 *make_cert(struct soft *soft, uint32_t digest, const char *subject)
{
	struct x509_wish wish = {
		.subject = subject, .days = 30, .digest = digest,
	};
	enum signer_result result;
	X509 *cert;
	FILE *out;
	int error;

	cert = x509_self_signed(&soft->signer, &wish, &result, &error);
	if (!cert)
		return NULL;
	out = fopen(in_folder("cert.pem"), "w");
	PEM_write_X509(out, cert);
	fclose(out);
	return cert;
}

#endif /* TESTS_SOFT_H */
