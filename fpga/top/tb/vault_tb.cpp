// SPDX-License-Identifier: MIT
/*
 * What the vault computes, over its pins: against OpenSSL, FIPS 197, RFC 3394 and
 * RFC 8554's definitions.
 */
#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include "bench.h"

enum { OK = FPGA_OUTCOME_OK, BROKEN = FPGA_OUTCOME_BROKEN };

static Fixture *f;

static Bytes text(size_t bytes)
{
	return bytes_of(f->host.get(bytes / 4));
}

/* --- AES ---------------------------------------------------------------------- */

static bool test_fips197()
{
	static const uint8_t c1[] = { 0x69, 0xc4, 0xe0, 0xd8, 0x6a, 0x7b, 0x04,
				      0x30, 0xd8, 0xcd, 0xb7, 0x80, 0x70, 0xb4,
				      0xc5, 0x5a };
	static const uint8_t c3[] = { 0x8e, 0xa2, 0xb7, 0xca, 0x51, 0x67, 0x45,
				      0xbf, 0xea, 0xfc, 0x49, 0x90, 0x4b, 0x49,
				      0x60, 0x89 };
	Bytes key(32), plain(16);

	for (int i = 0; i < 32; i++)
		key[i] = i;
	for (int i = 0; i < 16; i++)
		plain[i] = 0x11 * i;
	f->write(1, key, Bytes(16), 0, FPGA_USE_BLOCK);
	f->write(2, key, Bytes(16), 0, FPGA_USE_BLOCK | FPGA_META_LONG);
	f->host.text(words_of(plain));
	if (f->host.command(FPGA_OP_ENCRYPT, 1, 0, 1) != OK ||
	    text(16) != Bytes(c1, c1 + 16))
		return false;
	f->host.text(words_of(plain));
	return f->host.command(FPGA_OP_ENCRYPT, 2, 0, 1) == OK &&
	       text(16) == Bytes(c3, c3 + 16);
}

static bool test_blocks(bool is_long)
{
	for (int n : { 1, 2, 5, 63 }) {
		Bytes key = random_bytes(32), in = random_bytes(16 * n);
		const char *name = is_long ? "AES-256-ECB" : "AES-128-ECB";

		f->write(3, key, Bytes(16), 0,
			 FPGA_USE_BLOCK | (is_long ? FPGA_META_LONG : 0));
		for (int decrypt = 0; decrypt < 2; decrypt++) {
			f->host.text(words_of(in));
			if (f->host.command(decrypt ? FPGA_OP_DECRYPT
						    : FPGA_OP_ENCRYPT, 3, 0,
					    n) != OK ||
			    text(16 * n) != openssl(name, !decrypt, key, in))
				return false;
		}
	}
	return true;
}

/* --- KDF ------------------------------------------------------------------------ */

static Bytes kbkdf(const Bytes &key, const char *label, uint32_t context)
{
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, "KBKDF", NULL);
	EVP_KDF_CTX *ctx = EVP_KDF_CTX_new(kdf);
	Bytes c = u(context, 3), out(32);
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_MODE,
						 (char *)"counter", 0),
		OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_MAC,
						 (char *)"CMAC", 0),
		OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_CIPHER,
						 (char *)"AES-256-CBC", 0),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY,
						  (void *)key.data(), 32),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT,
						  (void *)label, 4),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO,
						  c.data(), 3),
		OSSL_PARAM_construct_end(),
	};

	if (EVP_KDF_derive(ctx, out.data(), 32, params) <= 0)
		out.clear();
	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
	return out;
}

/* What is sealed under K_flash, OpenSSL opens with the key that it derives. */
static bool test_derive_open()
{
	for (uint32_t context : { 0u, 1u, 0xabcdefu, 0xffffffu }) {
		Bytes key = random_bytes(32), plain = random_bytes(40);
		Bytes a = u(0xa65959a600000028, 8);

		f->host.command(FPGA_OP_MASTER_WIPE);
		f->host.text(words_of(key));
		if (f->host.command(FPGA_OP_MASTER_ENTER) != OK ||
		    !(f->host.status() & FPGA_STATUS_ENTERED) ||
		    memcmp(f->memory, key.data(), 32) ||
		    f->host.command(FPGA_OP_DERIVE, 4, FPGA_USE_OPEN, 0,
				    context) != OK)
			return false;
		f->host.text(words_of(a + plain));
		if (f->host.command(FPGA_OP_SEAL, 4, 0, 5) != OK ||
		    openssl("id-aes256-wrap-pad", false,
			    kbkdf(key, "open", context), text(48)) != plain)
			return false;
	}
	return true;
}

/* A slot that OpenSSL wrapped under K_state comes in, and works. */
static bool test_derive_wrap()
{
	Bytes key = random_bytes(32), value = random_bytes(32);
	Bytes id = random_bytes(16), block = random_bytes(16);
	Bytes image = value + id + u(77, 4) +
		      u(0x80000000 | FPGA_USE_BLOCK | FPGA_META_LONG, 4) +
		      u(0, 8);
	Words info;

	f->host.command(FPGA_OP_MASTER_WIPE);
	f->host.text(words_of(key));
	f->host.command(FPGA_OP_MASTER_ENTER);
	f->host.command(FPGA_OP_DERIVE, 5, FPGA_USE_WRAP, 0, 3);
	f->host.text(words_of(openssl("id-aes256-wrap-pad", true,
				      kbkdf(key, "wrap", 3), image)));
	if (f->host.command(FPGA_OP_UNWRAP, 5, 6) != OK ||
	    f->host.command(FPGA_OP_INFO, 6) != OK)
		return false;
	info = f->host.get(6);
	if (bytes_of(info) != id + u(77, 4) + u(0x80000008, 4))
		return false;
	f->host.text(words_of(block));
	return f->host.command(FPGA_OP_ENCRYPT, 6, 0, 1) == OK &&
	       text(16) == openssl("AES-256-ECB", true, value, block) &&
	       f->host.command(FPGA_OP_WRAP, 5, 6) == OK &&
	       openssl("id-aes256-wrap-pad", false, kbkdf(key, "wrap", 3),
		       text(72)) == image;
}

/* --- key wrap ---------------------------------------------------------------------- */

static bool test_seal(bool is_long, bool pad)
{
	const char *name = pad ? (is_long ? "id-aes256-wrap-pad"
					  : "id-aes128-wrap-pad")
			       : (is_long ? "id-aes256-wrap" : "id-aes128-wrap");

	for (int n : { 1, 2, 3, 4, 31, 126, 127 }) {
		Bytes key = random_bytes(32), plain = random_bytes(8 * n);
		int cut = pad ? rand() % 8 : 0;
		Bytes a = pad ? u(0xa65959a600000000 + 8 * n - cut, 8)
			      : Bytes(8, 0xa6), in, wrapped;

		if (n == 1 && !pad)
			continue;
		for (int i = 0; i < cut; i++)
			plain[8 * n - 1 - i] = 0;
		in = Bytes(plain.begin(), plain.end() - cut);
		f->write(7, key, Bytes(16), 0,
			 FPGA_USE_OPEN | (is_long ? FPGA_META_LONG : 0));
		f->host.text(words_of(a + plain));
		if (f->host.command(FPGA_OP_SEAL, 7, 0, n) != OK)
			return false;
		wrapped = text(8 * n + 8);
		if (wrapped != openssl(name, true, key, in))
			return false;
		f->host.text(words_of(wrapped));
		if (f->host.command(FPGA_OP_UNSEAL, 7, 0, n) != OK ||
		    text(8 * n + 8) != a + plain)
			return false;
		wrapped[rand() % wrapped.size()] ^= 1 << rand() % 8;
		f->host.text(words_of(wrapped));
		if (f->host.command(FPGA_OP_UNSEAL, 7, 0, n) != BROKEN ||
		    f->host.get(64) != Words(64) ||
		    f->host.status() & FPGA_STATUS_PUBLIC)
			return false;
	}
	return true;
}

static bool test_rfc3394()
{
	static const uint8_t want[40] = {	/* 4.6 */
		0x28, 0xc9, 0xf4, 0x04, 0xc4, 0xb8, 0x10, 0xf4, 0xcb, 0xcc,
		0xb3, 0x5c, 0xfb, 0x87, 0xf8, 0x26, 0x3f, 0x57, 0x86, 0xe2,
		0xd8, 0x0e, 0xd3, 0x26, 0xcb, 0xc7, 0xf0, 0xe7, 0x1a, 0x99,
		0xf4, 0x3b, 0xfb, 0x98, 0x8b, 0x9b, 0x7a, 0x02, 0xdd, 0x21
	};
	Bytes key(32), data(8, 0xa6);

	for (int i = 0; i < 32; i++)
		key[i] = i;
	for (int i = 0; i < 16; i++)
		data.push_back(0x11 * i);
	for (int i = 0; i < 16; i++)
		data.push_back(i);
	f->write(7, key, Bytes(16), 0, FPGA_USE_OPEN | FPGA_META_LONG);
	f->host.text(words_of(data));
	return f->host.command(FPGA_OP_SEAL, 7, 0, 4) == OK &&
	       text(40) == Bytes(want, want + 40);
}

/* Every bit of a wrapped slot: flipped it does not come in, and B is empty. */
static bool test_unwrap_flipped()
{
	Bytes wrapped;

	f->write(8, random_bytes(32), Bytes(16), 0,
		 FPGA_USE_WRAP | FPGA_META_LONG);
	f->write(9, random_bytes(32), random_bytes(16), 9, FPGA_USE_BLOCK);
	if (f->host.command(FPGA_OP_WRAP, 8, 9) != OK)
		return false;
	wrapped = text(72);
	for (size_t bit = 0; bit < 8 * wrapped.size(); bit += 3) {
		Bytes bad = wrapped;

		bad[bit / 8] ^= 0x80 >> bit % 8;
		f->host.text(words_of(bad));
		if (f->host.command(FPGA_OP_UNWRAP, 8, 9) != BROKEN ||
		    f->host.get(20) != Words(20) ||
		    f->host.command(FPGA_OP_INFO, 9) != OK ||
		    f->host.get(6) != Words(6))
			return false;
	}
	f->host.text(words_of(wrapped));
	return f->host.command(FPGA_OP_UNWRAP, 8, 9) == OK;
}

/* --- random keys --------------------------------------------------------------------- */

static bool test_generate()
{
	Words seen = f->host.read(FPGA_REG_RANDOM, 1), info[2];

	for (int i = 0; i < 2; i++) {
		if (f->host.command(FPGA_OP_GENERATE, 10 + i, 0, 0,
				    FPGA_META_LONG) != OK ||
		    f->host.command(FPGA_OP_INFO, 10 + i) != OK)
			return false;
		info[i] = f->host.get(6);
		if (info[i][4] || info[i][5] != (0x80000000 | FPGA_META_LONG))
			return false;
	}
	f->host.text(Words(4));
	f->host.command(FPGA_OP_ENCRYPT, 10, 0, 1);
	seen = f->host.get(4);
	f->host.text(Words(4));
	f->host.command(FPGA_OP_ENCRYPT, 11, 0, 1);
	return info[0][0] != info[1][0] && seen != f->host.get(4);
}

int main(int argc, char **argv)
{
	Verilated::commandArgs(argc, argv);
	f = new Fixture;
	ok(test_fips197(), "FIPS 197, C.1 and C.3");
	ok(test_blocks(false), "AES-128 as OpenSSL has it");
	ok(test_blocks(true), "AES-256 as OpenSSL has it");
	ok(test_rfc3394(), "RFC 3394, 4.6");
	ok(test_seal(true, true) && test_seal(false, true),
	   "RFC 5649 as OpenSSL has it; flipped, it opens not");
	ok(test_seal(true, false) && test_seal(false, false),
	   "RFC 3394 as OpenSSL has it; flipped, it opens not");
	ok(test_derive_open(), "K_flash is OpenSSL's KBKDF of the master key");
	ok(test_derive_wrap(), "and so is K_state: a slot from outside works");
	ok(test_unwrap_flipped(), "no slot comes in with a flipped bit");
	ok(test_generate(), "keys that are drawn differ");
	delete f;
	return done();
}
