/* SPDX-License-Identifier: MIT */
/* Hashes of what is to be signed, computed by libcrypto. */
#ifndef TOOL_HASH_H
#define TOOL_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/evp.h>

struct hash {
	uint32_t digest;	/* CRYPTECH_DIGEST_* */
	size_t len;
	uint8_t value[EVP_MAX_MD_SIZE];
};

/* Number of a digest's name (NULL: "sha256"); a usage error if there is none. */
uint32_t hash_number(const char *name);

/* libcrypto's method for a digest number. Never NULL for known numbers. */
const EVP_MD *hash_method(uint32_t digest);

bool hash_bytes(struct hash *hash, uint32_t digest, const void *data,
		size_t len);

/*
 * The hash of a file ("-": standard input); with @prehashed the file is the
 * hash's value itself, as bytes. Failure ends the process.
 */
void hash_file(struct hash *hash, uint32_t digest, const char *path,
	       bool prehashed);

/*
 * End the process now if hash_file() could not do it, as far as that can be
 * told without reading: before anybody is asked for a PIN.
 */
void hash_check(const char *name, const char *path, bool prehashed);

#endif /* TOOL_HASH_H */
