// SPDX-License-Identifier: MIT
/* The AES core against FIPS 197's examples and OpenSSL. */
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <openssl/evp.h>

#include "Vaes.h"
#include "verilated.h"

static Vaes *core;
static unsigned long cycles;

static void tick()
{
	core->clk = 0;
	core->eval();
	core->clk = 1;
	core->eval();
	core->rst = core->key_write = core->expand = core->shift = 0;
	core->start = 0;
	cycles++;
}

static uint32_t be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
}

static unsigned long set_key(const uint8_t *key, bool is_long)
{
	unsigned long before;

	for (int i = 0; i < (is_long ? 8 : 4); i++) {
		core->key_write = 1;
		core->key_number = i;
		core->key = be32(key + 4 * i);
		tick();
	}
	before = cycles;
	core->expand = 1;
	core->key_long = is_long;
	tick();
	while (core->busy)
		tick();
	return cycles - before;
}

static unsigned long run(uint8_t block[16], bool inverse)
{
	unsigned long before;

	for (int i = 0; i < 4; i++) {
		core->shift = 1;
		core->word_in = be32(block + 4 * i);
		tick();
	}
	before = cycles;
	core->start = 1;
	core->inverse = inverse;
	tick();
	while (core->busy)
		tick();
	before = cycles - before;
	for (int i = 0; i < 4; i++) {
		for (int k = 0; k < 4; k++)
			block[4 * i + k] = core->word_out >> (24 - 8 * k);
		core->shift = 1;
		core->word_in = 0;
		tick();
	}
	return before;
}

static void openssl(const uint8_t *key, bool is_long, const uint8_t in[16],
		    uint8_t out[16])
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n;

	EVP_EncryptInit_ex(ctx, is_long ? EVP_aes_256_ecb() : EVP_aes_128_ecb(),
			   NULL, key, NULL);
	EVP_CIPHER_CTX_set_padding(ctx, 0);
	EVP_EncryptUpdate(ctx, out, &n, in, 16);
	EVP_CIPHER_CTX_free(ctx);
}

static void fill(uint8_t *p, size_t n)
{
	while (n--)
		*p++ = rand();
}

static bool test_random(bool is_long, unsigned long *took, unsigned long *expand)
{
	uint8_t key[32], plain[16], want[16], got[16];

	fill(key, sizeof(key));
	*expand = set_key(key, is_long);
	for (int i = 0; i < 10; i++) {
		fill(plain, sizeof(plain));
		openssl(key, is_long, plain, want);
		memcpy(got, plain, 16);
		*took = run(got, false);
		if (memcmp(got, want, 16))
			return false;
		run(got, true);
		if (memcmp(got, plain, 16))
			return false;
	}
	return true;
}

int main(int argc, char **argv)
{
	static const uint8_t c3[16] = {		/* FIPS 197, C.3 */
		0x8e, 0xa2, 0xb7, 0xca, 0x51, 0x67, 0x45, 0xbf, 0xea, 0xfc,
		0x49, 0x90, 0x4b, 0x49, 0x60, 0x89
	};
	unsigned long took = 0, expand = 0, took128 = 0, expand128 = 0;
	uint8_t key[32], block[16];
	bool ok[4] = { true, true, true, true };

	Verilated::commandArgs(argc, argv);
	core = new Vaes;
	core->rst = 1;
	tick();
	while (core->wiping)
		tick();
	for (int i = 0; i < 32; i++)
		key[i] = i;
	for (int i = 0; i < 16; i++)
		block[i] = 0x11 * i;
	set_key(key, true);
	run(block, false);
	ok[0] = !memcmp(block, c3, 16);
	for (int i = 0; i < 100; i++) {
		ok[1] &= test_random(true, &took, &expand);
		ok[2] &= test_random(false, &took128, &expand128);
	}
	ok[3] = took <= 76 && expand <= 157 && took128 <= 56 && expand128 <= 121;
	printf("%sok 1 FIPS 197, C.3\n", ok[0] ? "" : "not ");
	printf("%sok 2 AES-256 as OpenSSL has it, and back\n", ok[1] ? "" : "not ");
	printf("%sok 3 AES-128\n", ok[2] ? "" : "not ");
	printf("# cycles: AES-256 %lu a block, %lu a key; AES-128 %lu, %lu\n",
	       took, expand, took128, expand128);
	printf("%sok 4 no more cycles than there were\n", ok[3] ? "" : "not ");
	printf("1..4\n");
	return !(ok[0] && ok[1] && ok[2] && ok[3]);
}
