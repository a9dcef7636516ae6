// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fail.h"
#include "file.h"
#include "hash.h"

uint32_t hash_number(const char *name)
{
	uint32_t digest;

	if (!name)
		name = "sha256";
	if (cryptech_digest_parse(name, &digest))
		fail_usage("no hash %s: sha256, sha384, sha512, sha224, "
			   "sha512-224, sha512-256 or sha1", name);
	return digest;
}

const EVP_MD *hash_method(uint32_t digest)
{
	return EVP_get_digestbyname(cryptech_digest_name(digest));
}

bool hash_bytes(struct hash *hash, uint32_t digest, const void *data,
		size_t len)
{
	hash->digest = digest;
	hash->len = cryptech_digest_size(digest);
	return EVP_Digest(data, len, hash->value, NULL, hash_method(digest),
			  NULL) == 1;
}

static void hash_stream(struct hash *hash, FILE *in, const char *path)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	static uint8_t chunk[65536];
	size_t n;

	if (!ctx || !EVP_DigestInit_ex(ctx, hash_method(hash->digest), NULL))
		fail_openssl("cannot hash");
	while ((n = fread(chunk, 1, sizeof(chunk), in)) > 0)
		if (!EVP_DigestUpdate(ctx, chunk, n))
			fail_openssl("cannot hash");
	if (ferror(in))
		fail(EXIT_FAILED, "cannot read %s: %s", path, strerror(errno));
	if (!EVP_DigestFinal_ex(ctx, hash->value, NULL))
		fail_openssl("cannot hash");
	EVP_MD_CTX_free(ctx);
}

static void check_length(const char *path, uint32_t digest, size_t len)
{
	if (len != cryptech_digest_size(digest))
		fail(EXIT_FAILED, "%s has %zu bytes, but a %s value has %zu",
		     path, len, cryptech_digest_name(digest),
		     cryptech_digest_size(digest));
}

static void hash_given(struct hash *hash, const char *path)
{
	struct bytes value;

	file_read(path, &value, EVP_MAX_MD_SIZE);
	check_length(path, hash->digest, value.len);
	memcpy(hash->value, value.data, value.len);
	bytes_free(&value);
}

void hash_file(struct hash *hash, uint32_t digest, const char *path,
	       bool prehashed)
{
	FILE *in;

	hash->digest = digest;
	hash->len = cryptech_digest_size(digest);
	if (prehashed) {
		hash_given(hash, path);
		return;
	}
	in = strcmp(path, "-") ? fopen(path, "re") : stdin;
	if (!in)
		fail(EXIT_FAILED, "cannot read %s: %s", path, strerror(errno));
	hash_stream(hash, in, path);
	if (in != stdin)
		fclose(in);
}

void hash_check(const char *name, const char *path, bool prehashed)
{
	uint32_t digest = hash_number(name);
	struct stat st;

	if (!strcmp(path, "-"))
		return;
	if (access(path, R_OK) || stat(path, &st))
		fail(EXIT_FAILED, "cannot read %s: %s", path, strerror(errno));
	if (prehashed && S_ISREG(st.st_mode))
		check_length(path, digest, st.st_size);
}
