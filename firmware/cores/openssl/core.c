// SPDX-License-Identifier: MIT
/*
 * Memory, random bytes and the table of libcrypto's algorithms.
 */
#include "internal.h"

#include <limits.h>
#include <pthread.h>
#include <stdio.h>

#include <openssl/crypto.h>
#include <openssl/rand.h>

static struct core_algorithms algorithms;
static pthread_once_t algorithms_once = PTHREAD_ONCE_INIT;

#define DIGEST_NAME(number, name, text, size) [number] = text,
static const char *const digest_names[CORE_DIGESTS] = {
	CRYPTECH_DIGESTS(DIGEST_NAME)
};

static EVP_CIPHER *fetch_aes(unsigned int bits, const char *mode)
{
	char name[16];

	snprintf(name, sizeof(name), "AES-%u-%s", bits, mode);
	return EVP_CIPHER_fetch(NULL, name, NULL);
}

static void fetch_algorithms(void)
{
	for (unsigned int i = 1; i < CORE_DIGESTS; i++)
		algorithms.digests[i] = EVP_MD_fetch(NULL, digest_names[i],
						     NULL);
	algorithms.hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	algorithms.cmac = EVP_MAC_fetch(NULL, "CMAC", NULL);
	algorithms.kbkdf = EVP_KDF_fetch(NULL, "KBKDF", NULL);
	for (unsigned int i = 0; i < 3; i++) {
		algorithms.ecb[i] = fetch_aes(128 + 64 * i, "ECB");
		algorithms.cbc[i] = fetch_aes(128 + 64 * i, "CBC");
		algorithms.ctr[i] = fetch_aes(128 + 64 * i, "CTR");
		algorithms.gcm[i] = fetch_aes(128 + 64 * i, "GCM");
		if (i != 1)
			algorithms.xts[i] = fetch_aes(128 + 64 * i, "XTS");
	}
	algorithms.wrap = EVP_CIPHER_fetch(NULL, "AES-256-WRAP-PAD", NULL);
}

const struct core_algorithms *core_algorithms(void)
{
	pthread_once(&algorithms_once, fetch_algorithms);
	return &algorithms;
}

const EVP_MD *core_md(enum cryptech_digest digest)
{
	if ((unsigned int)digest >= CORE_DIGESTS)
		return NULL;
	return core_algorithms()->digests[digest];
}

const char *core_digest_name(enum cryptech_digest digest)
{
	if ((unsigned int)digest >= CORE_DIGESTS)
		return NULL;
	return digest_names[digest];
}

void core_wipe(void *data, size_t len)
{
	OPENSSL_cleanse(data, len);
}

bool core_equal(const void *a, const void *b, size_t len)
{
	return CRYPTO_memcmp(a, b, len) == 0;
}

static int (*mix)(void *arg, uint8_t *data, size_t len);
static void *mix_arg;

void core_random_mix(int (*mix_)(void *arg, uint8_t *data, size_t len),
		     void *arg)
{
	mix = mix_;
	mix_arg = arg;
}

void core_random_add(const void *data, size_t len)
{
	RAND_add(data, (int)len, 0);
}

static bool random_bytes(uint8_t *out, size_t len)
{
	while (len) {
		int chunk = len > INT_MAX ? INT_MAX : (int)len;

		if (RAND_bytes(out, chunk) != 1)
			return false;
		out += chunk;
		len -= chunk;
	}
	return true;
}

int core_random(void *data, size_t len)
{
	if (random_bytes(data, len) && (!mix || !mix(mix_arg, data, len)))
		return CRYPTECH_ERR_OK;
	core_wipe(data, len);
	return CRYPTECH_ERR_CSPRNG_BROKEN;
}
