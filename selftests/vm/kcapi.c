// SPDX-License-Identifier: GPL-2.0
/*
 * libkcapi, as others' programs use it, on cbc(paes) and xts(paes); and what
 * its tool kcapi-enc cannot do.
 */
#include <kcapi.h>
#include <sys/stat.h>

#include "alg_keys.h"

#define LENGTH	50000	/* whole blocks; several chunks */

static unsigned char plain[LENGTH], wanted[LENGTH], got[LENGTH];

static struct kcapi_handle *open_cipher(const struct keys *k, int flags)
{
	struct kcapi_handle *handle;

	errno = -kcapi_cipher_init(&handle, name_of(k->xts), flags);
	if (errno)
		give_up("kcapi_cipher_init");
	return handle;
}

static void one_shot(const struct keys *k)
{
	struct kcapi_handle *handle = open_cipher(k, 0);
	static const struct {
		int access;
		const char *name;
	} ways[] = {
		{ KCAPI_ACCESS_SENDMSG, "sendmsg" },
		{ KCAPI_ACCESS_VMSPLICE, "vmsplice" },
	};
	ssize_t len;
	int i;

	point_is(kcapi_cipher_ivsize(handle), 16, "%s: its IV", k->ssl);
	point_is(kcapi_cipher_blocksize(handle), 16, "its blocks");
	point_is(kcapi_cipher_setkey(handle, k->token, 47), -EINVAL,
		 "setkey of half a token");
	point_is(kcapi_cipher_setkey(handle, k->token, 48), 0,
		 "setkey of a token");
	for (i = 0; i < 2; i++) {
		memset(got, 0, LENGTH);
		len = kcapi_cipher_encrypt(handle, plain, LENGTH, iv, got,
					   LENGTH, ways[i].access);
		point(len == LENGTH && !memcmp(got, wanted, LENGTH),
		      "encrypts, by %s (%zd)", ways[i].name, len);
		/* in place */
		len = kcapi_cipher_decrypt(handle, got, LENGTH, iv, got,
					   LENGTH, ways[i].access);
		point(len == LENGTH && !memcmp(got, plain, LENGTH),
		      "decrypts, by %s (%zd)", ways[i].name, len);
	}
	kcapi_cipher_destroy(handle);
}

/* Several updates, and the result by several pieces of memory. */
static void stream(const struct keys *k)
{
	struct kcapi_handle *handle = open_cipher(k, 0);
	struct iovec in[2] = {
		{ plain, 4096 }, { plain + 4096, 16400 },
	}, rest = { plain + 20496, 16000 }, out[3] = {
		{ got, 777 }, { got + 777, 30001 }, { got + 30778, 5718 },
	};
	ssize_t len;

	if (kcapi_cipher_setkey(handle, k->token, 48))
		give_up("setkey");
	memset(got, 0, LENGTH);
	len = kcapi_cipher_stream_init_enc(handle, iv, in, 2);
	if (len >= 0)
		len = kcapi_cipher_stream_update(handle, &rest, 1);
	point_is(len, 16000, "%s: a stream takes pieces", k->ssl);
	len = kcapi_cipher_stream_op(handle, out, 3);
	point(len == 36496 && !memcmp(got, wanted, 36496),
	      "and gives the result in others (%zd)", len);
	kcapi_cipher_destroy(handle);
}

static void asynchronous(const struct keys *k)
{
	struct kcapi_handle *handle = open_cipher(k, KCAPI_INIT_AIO);
	struct iovec in = { plain, LENGTH }, out = { got, LENGTH };
	ssize_t len;

	if (kcapi_cipher_setkey(handle, k->token, 48))
		give_up("setkey");
	memset(got, 0, LENGTH);
	len = kcapi_cipher_encrypt_aio(handle, &in, &out, 1, iv,
				       KCAPI_ACCESS_SENDMSG);
	point(len == LENGTH && !memcmp(got, wanted, LENGTH),
	      "%s: asynchronous I/O (%zd)", k->ssl, len);
	kcapi_cipher_destroy(handle);
}

/* It takes 32 bytes of a key, so it cannot name a key of the HSM by a token. */
static void tool(void)
{
	FILE *f = fopen("token", "w");
	struct stat st;
	int status;

	if (!f || fwrite(CBC->token, 48, 1, f) != 1 || fclose(f))
		give_up("token");
	status = system("exec kcapi-enc -c 'cbc(paes)' -e -i token -o result "
			"--iv 00112233445566778899aabbccddeeff "
			"--keyfd 3 3<token 2>/dev/null");
	point_is(WEXITSTATUS(status), (unsigned char)-EINVAL,
		 "kcapi-enc reads 32 bytes of a token: setkey refuses them");
	point(stat("result", &st) && errno == ENOENT, "and nothing is written");
}

/* Tokens with the key in them are for who asked for it: clear_tokens=1. */
static void clear_token(void)
{
	struct kcapi_handle *handle = open_cipher(CBC, 0);
	unsigned char token[96];
	size_t len = token_make(token, 2, CRYPTECH_KEY_AES256, NULL, plain, 32);

	point_is(kcapi_cipher_setkey(handle, token, len), -EINVAL,
		 "clear tokens are refused");
	kcapi_cipher_destroy(handle);
}

int main(void)
{
	const struct keys *both[] = { CBC, XTS };
	int i;

	run("modprobe crypto_user");	/* libkcapi asks it for sizes */
	make_keys(keys_session());
	for (i = 0; i < LENGTH; i++)
		plain[i] = random();
	for (i = 0; i < 2; i++) {
		if (both[i]->fd < 0) {
			struct kcapi_handle *handle;

			/* AF_ALG does not take it */
			point_is(kcapi_cipher_init(&handle,
						   name_of(both[i]->xts), 0),
				 -ENOENT, "%s: not to be had", both[i]->ssl);
			continue;
		}
		ssl_crypt(both[i]->ssl, both[i]->value, 1, iv, plain, wanted,
			  LENGTH);
		one_shot(both[i]);
		asynchronous(both[i]);
		if (both[i]->xts)	/* one data unit, as long as the stream */
			ssl_crypt(both[i]->ssl, both[i]->value, 1, iv, plain,
				  wanted, 36496);
		stream(both[i]);
	}
	tool();
	clear_token();
	return keys_end();
}
