// SPDX-License-Identifier: GPL-2.0
/*
 * AES keys in the vault of the HSM's FPGA, which is the design itself under
 * simulation, by AF_ALG. Nobody knows their values; so what they make is held
 * against what each mode says of its own blocks.
 */
#include "alg_keys.h"

#define LENGTH	512

static unsigned char plain[LENGTH], made[LENGTH], got[LENGTH];

static int make_key(int hsm, unsigned int type, unsigned char *token)
{
	struct cryptech_ioc_key_generate arg = {
		.size = sizeof(arg), .type = type,
		.key_flags = CRYPTECH_KEY_FLAG_TOKEN |
			     CRYPTECH_KEY_FLAG_DATAENCIPHERMENT |
			     CRYPTECH_KEY_FLAG_VAULT,
	};

	if (ioctl(hsm, CRYPTECH_IOC_KEY_GENERATE, &arg))
		return errno;
	return hsm_token(hsm, arg.uuid, token);
}

static int open_key(int hsm, unsigned int type, int xts)
{
	unsigned char token[48];
	int fd = alg_bind(name_of(xts));

	point_is(make_key(hsm, type, token), 0, "a key of type %x", type);
	point_is(alg_setkey(fd, token, 48), 0, "setkey of its token");
	return fd;
}

/* The first block is E(plain ^ iv), whichever of the two has which bits. */
static void cbc(int hsm, unsigned int type)
{
	unsigned char moved[16], other_iv[16];
	int fd = open_key(hsm, type, 0);

	point_is(alg_crypt(fd, 1, iv, plain, made, LENGTH), 0, "encrypts");
	point_is(alg_crypt(fd, 0, iv, made, got, LENGTH), 0, "decrypts");
	point(!memcmp(got, plain, LENGTH), "what was encrypted");
	for (int i = 0; i < 16; i++) {
		other_iv[i] = iv[i] ^ 0x5a;
		moved[i] = plain[i] ^ 0x5a;
	}
	point_is(alg_crypt(fd, 1, other_iv, moved, got, 16), 0, "one block");
	point(!memcmp(got, made, 16), "is chained as CBC is");
	/* The second block, with the first one's result for an IV. */
	point_is(alg_crypt(fd, 1, made, plain + 16, got, 16), 0, "another");
	point(!memcmp(got, made + 16, 16), "is chained as CBC is");
	close(fd);
}

/* Blocks of equal text differ; a data unit that is cut is the same so far. */
static void xts(int hsm, unsigned int type)
{
	static unsigned char zeros[LENGTH];
	int fd = open_key(hsm, type, 1);

	point_is(alg_crypt(fd, 1, iv, zeros, made, LENGTH), 0, "encrypts");
	point_is(alg_crypt(fd, 0, iv, made, got, LENGTH), 0, "decrypts");
	point(!memcmp(got, zeros, LENGTH), "what was encrypted");
	point(memcmp(made, made + 16, 16), "each block by its own tweak");
	point_is(alg_crypt(fd, 1, iv, zeros, got, 64), 0, "a part of it");
	point(!memcmp(got, made, 64), "is the beginning of it");
	close(fd);
}

int main(void)
{
	int hsm = keys_session();

	for (int i = 0; i < LENGTH; i++)
		plain[i] = random();
	cbc(hsm, CRYPTECH_KEY_AES128);
	cbc(hsm, CRYPTECH_KEY_AES256);
	xts(hsm, CRYPTECH_KEY_AES128_XTS);
	xts(hsm, CRYPTECH_KEY_AES256_XTS);
	return keys_end();
}
