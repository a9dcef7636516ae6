// SPDX-License-Identifier: MIT
/*
 * sign-example UUID < file > signature
 *
 * Signs the SHA-256 hash of standard input with an EC or RSA key of the HSM
 * whose logged-in descriptor number is in $CRYPTECH_FD (`cryptech login --
 * sign-example UUID`). It uses the UAPI header alone; libcrypto makes the hash.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include <openssl/evp.h>

#include <cryptech/rpc.h>
#include <linux/cryptech.h>

static int parse_uuid(const char *text, __u8 uuid[16])
{
	unsigned int byte, i, used = 0;

	for (i = 0; i < 16; i++, text += used) {
		if (*text == '-')
			text++;
		if (sscanf(text, "%2x%n", &byte, &used) != 1 || used != 2)
			return -1;
		uuid[i] = byte;
	}
	return *text ? -1 : 0;
}

static int hash_stdin(unsigned char hash[32])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	char buffer[4096];
	size_t got;
	int ok;

	ok = ctx && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL);
	while (ok && (got = fread(buffer, 1, sizeof(buffer), stdin)) > 0)
		ok = EVP_DigestUpdate(ctx, buffer, got);
	ok = ok && !ferror(stdin) && EVP_DigestFinal_ex(ctx, hash, NULL);
	EVP_MD_CTX_free(ctx);
	return ok ? 0 : -1;
}

int main(int argc, char **argv)
{
	unsigned char hash[32], signature[512];
	const char *fd = getenv("CRYPTECH_FD");
	struct cryptech_ioc_sign sign = {
		.size = sizeof(sign),
		.digest = CRYPTECH_DIGEST_SHA256,
		.input = (__u64)(unsigned long)hash,
		.input_len = sizeof(hash),
		.signature = (__u64)(unsigned long)signature,
		.signature_len = sizeof(signature),
	};

	if (argc != 2 || !fd || parse_uuid(argv[1], sign.uuid)) {
		fprintf(stderr, "usage: cryptech login -- %s UUID < FILE\n",
			argv[0]);
		return 2;
	}
	if (hash_stdin(hash)) {
		fprintf(stderr, "cannot read or hash standard input\n");
		return 1;
	}
	if (ioctl(atoi(fd), CRYPTECH_IOC_SIGN, &sign)) {
		fprintf(stderr, "SIGN: %s (HSM error %u)\n", strerror(errno),
			sign.error);
		return 1;
	}
	return fwrite(signature, 1, sign.signature_len, stdout) ==
	       sign.signature_len ? 0 : 1;
}
