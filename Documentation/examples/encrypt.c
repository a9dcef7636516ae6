// SPDX-License-Identifier: MIT
/*
 * encrypt-example TOKEN-FILE IV < file > ciphertext
 *
 * Encrypts standard input with AES-CBC and an AES key of the HSM, which a
 * token names (`cryptech token KEY --out TOKEN-FILE`). IV has 32 hexadecimal
 * digits. The result is padded as `openssl enc` does, which undoes it:
 *
 *	openssl enc -d -aes-256-cbc -K KEY -iv IV < ciphertext
 *
 * It uses the kernel's AF_ALG sockets alone and knows nothing of HSMs.
 */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/if_alg.h>

#define BLOCK	16
#define PIECE	65536	/* whole blocks, and less than a socket takes */

static int fail(const char *what)
{
	perror(what);
	return 1;
}

/* A socket for cbc(paes) with that token, or -1. */
static int cipher_open(const void *token, size_t len)
{
	struct sockaddr_alg address = {
		.salg_family = AF_ALG,
		.salg_type = "skcipher",
		.salg_name = "cbc(paes)",
	};
	int bound = socket(AF_ALG, SOCK_SEQPACKET, 0);

	if (bound < 0 ||
	    bind(bound, (struct sockaddr *)&address, sizeof(address)) ||
	    setsockopt(bound, SOL_ALG, ALG_SET_KEY, token, len))
		return -1;
	return accept(bound, NULL, NULL);
}

/* The first message to the kernel: what to do, and the IV. */
static int cipher_begin(int cipher, const unsigned char iv[BLOCK])
{
	union {		/* aligned for its headers */
		char bytes[CMSG_SPACE(4) + CMSG_SPACE(4 + BLOCK)];
		struct cmsghdr first;
	} control = { .bytes = { 0 } };
	struct msghdr message = {
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *c = CMSG_FIRSTHDR(&message);
	const __u32 operation = ALG_OP_ENCRYPT, iv_len = BLOCK;

	c->cmsg_level = SOL_ALG;
	c->cmsg_type = ALG_SET_OP;
	c->cmsg_len = CMSG_LEN(4);
	memcpy(CMSG_DATA(c), &operation, 4);
	c = CMSG_NXTHDR(&message, c);
	c->cmsg_level = SOL_ALG;
	c->cmsg_type = ALG_SET_IV;
	c->cmsg_len = CMSG_LEN(4 + BLOCK);
	memcpy(CMSG_DATA(c), &iv_len, 4);	/* struct af_alg_iv */
	memcpy(CMSG_DATA(c) + 4, iv, BLOCK);
	return sendmsg(cipher, &message, MSG_MORE) < 0 ? -1 : 0;
}

/* One piece, in place; the kernel keeps the IV for the next. */
static int cipher_piece(int cipher, unsigned char *data, size_t len, int last)
{
	size_t done = 0;
	ssize_t got;

	if (send(cipher, data, len, last ? 0 : MSG_MORE) != (ssize_t)len)
		return -1;
	for (; done < len; done += got) {
		got = read(cipher, data + done, len - done);
		if (got <= 0)
			return -1;
	}
	return 0;
}

static int parse_iv(const char *text, unsigned char iv[BLOCK])
{
	int i;

	if (strlen(text) != 2 * BLOCK)
		return -1;
	for (i = 0; i < BLOCK; i++)
		if (sscanf(text + 2 * i, "%2hhx", &iv[i]) != 1)
			return -1;
	return 0;
}

int main(int argc, char **argv)
{
	static unsigned char data[PIECE];
	unsigned char token[128], iv[BLOCK];
	size_t len, pad;
	int cipher;
	FILE *f;

	if (argc != 3 || parse_iv(argv[2], iv)) {
		fprintf(stderr, "usage: %s TOKEN-FILE IV < FILE\n", argv[0]);
		return 2;
	}
	f = fopen(argv[1], "rb");
	if (!f)
		return fail(argv[1]);
	len = fread(token, 1, sizeof(token), f);
	fclose(f);
	cipher = cipher_open(token, len);
	if (cipher < 0 || cipher_begin(cipher, iv))
		return fail("cbc(paes)");
	do {
		len = fread(data, 1, PIECE, stdin);
		pad = len == PIECE ? 0 : BLOCK - len % BLOCK;
		memset(data + len, (int)pad, pad);
		if (ferror(stdin) ||
		    cipher_piece(cipher, data, len + pad, pad != 0))
			return fail("encryption");
		if (fwrite(data, 1, len + pad, stdout) != len + pad)
			return fail("standard output");
	} while (!pad);
	return fflush(stdout) ? fail("standard output") : 0;
}
