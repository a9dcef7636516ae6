// SPDX-License-Identifier: MIT
/* Key wrap against RFC 3394's example and OpenSSL, with and without padding. */
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <openssl/aes.h>
#include <openssl/evp.h>

#include "Vkeywrap_top.h"
#include "verilated.h"

static Vkeywrap_top *core;
static unsigned long cycles;

static void tick()
{
	core->clk = 0;
	core->eval();
	core->clk = 1;
	core->eval();
	core->rst = core->key_write = core->expand = core->text_write = 0;
	core->start = 0;
	cycles++;
}

static uint32_t be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
}

static void put32(uint8_t *p, uint32_t v)
{
	for (int k = 0; k < 4; k++)
		p[k] = v >> (24 - 8 * k);
}

static void set_key(const uint8_t *key, bool is_long)
{
	for (int i = 0; i < (is_long ? 8 : 4); i++) {
		core->key_write = 1;
		core->key_number = i;
		core->key = be32(key + 4 * i);
		tick();
	}
	core->expand = 1;
	core->key_long = is_long;
	tick();
	while (core->busy)
		tick();
}

/* @data: @words of text; of a wrap, A comes first. In place. */
static unsigned long run(uint8_t *data, int words, int n, bool blocks,
			 bool inverse)
{
	unsigned long before;

	for (int i = 0; i < words; i++) {
		core->text_write = 1;
		core->text_number = i;
		core->text_in = be32(data + 4 * i);
		tick();
	}
	before = cycles;
	core->start = 1;
	core->blocks = blocks;
	core->inverse = inverse;
	core->n = n;
	tick();
	while (core->busy)
		tick();
	before = cycles - before;
	for (int i = 0; i < words; i++) {
		core->text_number = i;
		tick();
		put32(data + 4 * i, core->text_out);
	}
	return before;
}

static unsigned long wrap(uint8_t *data, int n, bool unwrap)
{
	return run(data, 2 * n + 2, n, false, unwrap);
}

/* With one semiblock a wrap is a block. */
static unsigned long wrap_any(uint8_t *data, int n, bool unwrap)
{
	return n == 1 ? run(data, 4, 1, true, unwrap) : wrap(data, n, unwrap);
}

static void openssl(const uint8_t *key, bool is_long, const uint8_t *in,
		    int len, uint8_t *out, bool pad)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	const EVP_CIPHER *cipher =
		pad ? (is_long ? EVP_aes_256_wrap_pad() : EVP_aes_128_wrap_pad())
		    : (is_long ? EVP_aes_256_wrap() : EVP_aes_128_wrap());
	int n;

	EVP_CIPHER_CTX_set_flags(ctx, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
	EVP_EncryptInit_ex(ctx, cipher, NULL, key, NULL);
	EVP_EncryptUpdate(ctx, out, &n, in, len);
	EVP_CIPHER_CTX_free(ctx);
}

static void fill(uint8_t *p, size_t n)
{
	while (n--)
		*p++ = rand();
}

static bool test_random(bool is_long, int len, bool pad, unsigned long *took)
{
	static uint8_t key[32], plain[1024], want[1100], data[1100];
	int n = (len + 7) / 8;

	fill(key, sizeof(key));
	memset(plain, 0, sizeof(plain));
	fill(plain, len);
	openssl(key, is_long, plain, len, want, pad);
	set_key(key, is_long);
	memset(data, 0xa6, 8);
	if (pad) {
		put32(data, 0xa65959a6);
		put32(data + 4, len);
	}
	memcpy(data + 8, plain, 8 * n);
	*took = wrap_any(data, n, false);
	if (memcmp(data, want, 8 * n + 8))
		return false;
	wrap_any(data, n, true);
	return be32(data) == (pad ? 0xa65959a6 : 0xa6a6a6a6) &&
	       be32(data + 4) == (pad ? (uint32_t)len : 0xa6a6a6a6) &&
	       !memcmp(data + 8, plain, 8 * n);
}

static bool test_blocks(bool is_long, int n)
{
	static uint8_t key[32], plain[1024], want[1024], data[1024];
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int len;

	fill(key, sizeof(key));
	fill(plain, sizeof(plain));
	memcpy(want, plain, sizeof(want));	/* what is behind them stays */
	EVP_EncryptInit_ex(ctx, is_long ? EVP_aes_256_ecb() : EVP_aes_128_ecb(),
			   NULL, key, NULL);
	EVP_EncryptUpdate(ctx, want, &len, plain, 16 * n);
	EVP_CIPHER_CTX_free(ctx);
	set_key(key, is_long);
	memcpy(data, plain, sizeof(data));
	run(data, 256, n, true, false);
	if (memcmp(data, want, sizeof(want)))
		return false;
	run(data, 256, n, true, true);
	return !memcmp(data, plain, sizeof(plain));
}

int main(int argc, char **argv)
{
	static const uint8_t rfc[40] = {	/* RFC 3394, 4.6 */
		0x28, 0xc9, 0xf4, 0x04, 0xc4, 0xb8, 0x10, 0xf4, 0xcb, 0xcc,
		0xb3, 0x5c, 0xfb, 0x87, 0xf8, 0x26, 0x3f, 0x57, 0x86, 0xe2,
		0xd8, 0x0e, 0xd3, 0x26, 0xcb, 0xc7, 0xf0, 0xe7, 0x1a, 0x99,
		0xf4, 0x3b, 0xfb, 0x98, 0x8b, 0x9b, 0x7a, 0x02, 0xdd, 0x21
	};
	unsigned long took = 0, most = 0;
	uint8_t key[32], data[40];
	bool ok[5] = { true, true, true, true, true };

	Verilated::commandArgs(argc, argv);
	core = new Vkeywrap_top;
	core->rst = 1;
	tick();
	while (core->wiping)
		tick();
	for (int i = 0; i < 32; i++)
		key[i] = i;
	memset(data, 0xa6, 8);
	for (int i = 0; i < 16; i++) {
		data[8 + i] = 0x11 * i;
		data[24 + i] = i;
	}
	set_key(key, true);
	took = wrap(data, 4, false);
	ok[0] = !memcmp(data, rfc, 40);
	for (int n = 2; n <= 127; n++) {
		ok[1] &= test_random(n & 1, 8 * n, false, &most);
		ok[2] &= test_random(n & 2, 8 * n - rand() % 7, true, &most);
	}
	ok[2] &= test_random(true, 8, true, &most) &&
		 test_random(false, 3, true, &most);
	for (int n = 1; n <= 64; n++)
		ok[3] &= test_blocks(n & 1, n);
	ok[4] = took <= 24 * 88;
	printf("%sok 1 RFC 3394, 4.6\n", ok[0] ? "" : "not ");
	printf("%sok 2 RFC 3394 as OpenSSL has it, and back\n", ok[1] ? "" : "not ");
	printf("%sok 3 RFC 5649\n", ok[2] ? "" : "not ");
	printf("# %lu cycles for a key of 256 bits\n", took);
	printf("%sok 4 blocks\n", ok[3] ? "" : "not ");
	printf("%sok 5 no more cycles than there were\n", ok[4] ? "" : "not ");
	printf("1..5\n");
	return !(ok[0] && ok[1] && ok[2] && ok[3] && ok[4]);
}
