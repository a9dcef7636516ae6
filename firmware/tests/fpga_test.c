// SPDX-License-Identifier: MIT
/*
 * The FPGA's commands as the firmware gives them, on whatever board this is linked
 * with, against the vector files of the software's cores, libcrypto, and the
 * firmware's own mathematics.
 */
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include "../hashsig/lms.h"
#include "fpga_board.h"
#include "tap.h"
#include "vectors.h"

#define CBC_VECTORS	16
#define KWP_VECTORS	40

static struct fpga *fpga;
static struct spi spi;
static char last_line[160];
static const uint8_t no_id[16];

static void log_line(void *data, const char *line)
{
	(void)data;
	snprintf(last_line, sizeof(last_line), "%s", line);
}

static int power_on(void)
{
	last_line[0] = 0;
	board_new(&spi);
	return fpga_open(&fpga, &spi, log_line, NULL);
}

static void power_off(void)
{
	fpga_close(fpga);
	fpga = NULL;
	board_done();
}

/* --- the whole ---------------------------------------------------------------- */

static void opens_and_is_watched(void)
{
	struct fpga_state state;

	REQUIRE(!power_on());
	fpga_look(fpga, &state);
	EXPECT_EQ(state.error, 0);
	EXPECT_EQ(state.version, 1);
	EXPECT_EQ(state.damaged, 0);
	EXPECT(state.frames > 50);
	EXPECT((state.status & (FPGA_STATUS_MEMORY | FPGA_STATUS_STARTED)) ==
	       (FPGA_STATUS_MEMORY | FPGA_STATUS_STARTED));
	EXPECT(!(state.status & (FPGA_STATUS_MASTER | FPGA_STATUS_FAILED)));
	power_off();
}

static void reset_is_noticed(void)
{
	struct fpga_state state;

	REQUIRE(!power_on());
	EXPECT_EQ(vault_master_new(fpga), 0);
	EXPECT_EQ(vault_derive(fpga, 1, FPGA_USE_OPEN, 0), 0);
	board_reset(NULL);
	EXPECT_EQ(vault_wipe(fpga, 2), CRYPTECH_ERR_CORE_NOT_FOUND);
	EXPECT(strstr(last_line, "reset"));
	EXPECT_EQ(vault_wipe(fpga, 2), CRYPTECH_ERR_CORE_NOT_FOUND);
	fpga_look(fpga, &state);
	EXPECT_EQ(state.error, CRYPTECH_ERR_CORE_NOT_FOUND);
	EXPECT_EQ(fpga_again(fpga), 0);
	EXPECT_EQ(vault_derive(fpga, 1, FPGA_USE_OPEN, 0), 0);
	board_reset(NULL);
	fpga_look(fpga, &state);
	EXPECT_EQ(state.error, CRYPTECH_ERR_CORE_NOT_FOUND);
	power_off();
}

static void tamper_is_noticed(void)
{
	struct fpga_state state;

	REQUIRE(!power_on());
	EXPECT_EQ(vault_master_new(fpga), 0);
	board_tamper();
	EXPECT_EQ(vault_derive(fpga, 1, FPGA_USE_OPEN, 0), CRYPTECH_ERR_TAMPER);
	EXPECT_EQ(fpga_error(fpga), CRYPTECH_ERR_TAMPER);
	EXPECT_EQ(fpga_again(fpga), 0);
	EXPECT_EQ(vault_derive(fpga, 1, FPGA_USE_OPEN, 0),
		  CRYPTECH_ERR_MASTERKEY_NOT_SET);
	fpga_look(fpga, &state);
	EXPECT(state.status & FPGA_STATUS_TAMPER);
	power_off();
}

static void random_words(void)
{
	uint8_t one[30], two[30];

	REQUIRE(!power_on());
	EXPECT_EQ(fpga_random(fpga, one, sizeof(one)), 0);
	EXPECT_EQ(fpga_random(fpga, two, sizeof(two)), 0);
	EXPECT(memcmp(one, two, sizeof(one)));
	for (size_t i = 4; i < sizeof(one) - 4; i += 4)
		EXPECT(memcmp(one, one + i, 4));
	power_off();
}

static void dead_noise_is_noticed(void)
{
	struct fpga_state state;
	uint8_t bytes[4096] = { 0 };
	int error = 0;

	REQUIRE(!power_on());
	board_noise_dies();
	/* Words that stood there may still come. */
	for (int i = 0; i < 64 && !error; i++)
		error = fpga_random(fpga, bytes, 4);
	EXPECT_EQ(error, CRYPTECH_ERR_CSPRNG_BROKEN);
	EXPECT(strstr(last_line, "health"));
	EXPECT_EQ(vault_generate(fpga, 1, true), CRYPTECH_ERR_CSPRNG_BROKEN);
	fpga_look(fpga, &state);
	EXPECT_EQ(state.error, CRYPTECH_ERR_CSPRNG_BROKEN);
	EXPECT(state.status & FPGA_STATUS_FAILED);
	/* What needs no random numbers goes on. */
	EXPECT_EQ(vault_wipe(fpga, 1), 0);
	power_off();
}

/* --- AES, key wrap, KDF --------------------------------------------------------- */

static int load_key(unsigned int slot, enum fpga_use use,
		    const struct bytes *key)
{
	uint8_t value[32] = { 0 };

	memcpy(value, key->data, key->len);
	return vault_write(fpga, slot, value, no_id, 0,
			   use | (key->len == 32 ? FPGA_META_LONG : 0));
}

/* CBC out of single blocks, without the padding of the file's ciphertexts. */
static void cbc_both_ways(const struct bytes *iv, const struct bytes *plain,
			  const struct bytes *cipher)
{
	size_t blocks = plain->len / 16;
	uint8_t chain[16], out[VECTOR_BYTES];

	memcpy(chain, iv->data, 16);
	for (size_t i = 0; i < blocks; i++) {
		for (int k = 0; k < 16; k++)
			chain[k] ^= plain->data[16 * i + k];
		EXPECT_EQ(vault_block(fpga, 1, true, chain, chain, 1), 0);
		EXPECT_MEM(chain, cipher->data + 16 * i, 16);
	}
	EXPECT_EQ(vault_block(fpga, 1, false, cipher->data, out, blocks), 0);
	for (size_t i = 0; i < 16 * blocks; i++)
		EXPECT_EQ(out[i] ^ (i < 16 ? iv->data[i] :
				    cipher->data[i - 16]), plain->data[i]);
}

static void aes_vectors(void)
{
	static struct bytes key, iv, plain, cipher;
	static struct vector v;
	unsigned int done = 0;

	REQUIRE(vector_open(&v, "aes_cbc_pkcs5.txt"));
	REQUIRE(!power_on());
	while (done < CBC_VECTORS && vector_next(&v)) {
		if (!vector_is(&v, "valid"))
			continue;
		vector_bytes(&v, 2, &key);
		vector_bytes(&v, 3, &iv);
		vector_bytes(&v, 4, &plain);
		vector_bytes(&v, 5, &cipher);
		if (key.len == 24 || plain.len < 16)
			continue;
		EXPECT_EQ(load_key(1, FPGA_USE_BLOCK, &key), 0);
		cbc_both_ways(&iv, &plain, &cipher);
		done++;
	}
	EXPECT_EQ(done, CBC_VECTORS);
	power_off();
}

/* More blocks than one command takes. */
static void many_blocks(void)
{
	static uint8_t plain[16 * 150], cipher[16 * 150], back[16 * 150];
	struct bytes key = { .len = 32 };
	struct core_key *core;
	uint8_t iv[16] = { 0 }, next[16];

	for (size_t i = 0; i < sizeof(plain); i++)
		plain[i] = i * 7 + i / 251;
	for (size_t i = 0; i < 32; i++)
		key.data[i] = 3 * i;
	REQUIRE(!power_on());
	EXPECT_EQ(load_key(1, FPGA_USE_BLOCK, &key), 0);
	EXPECT_EQ(vault_block(fpga, 1, true, plain, cipher, 150), 0);
	EXPECT_EQ(vault_block(fpga, 1, false, cipher, back, 150), 0);
	EXPECT_MEM(back, plain, sizeof(plain));
	EXPECT_EQ(vault_block(fpga, 1, true, plain, cipher, 0), 0);
	EXPECT_EQ(core_key_from_raw(CRYPTECH_KEY_AES256, key.data, 32,
				    &core), 0);
	for (size_t i = 0; i < 150; i += 31) {
		EXPECT_EQ(core_key_cipher(core, true, iv, 0, plain + 16 * i,
					  16, back, next), 0);
		EXPECT_MEM(cipher + 16 * i, back, 16);
	}
	core_key_put(core);
	power_off();
}

static void kwp_one(const struct vector *v)
{
	static struct bytes key, plain, wrapped;
	uint8_t out[VECTOR_BYTES];
	size_t len = 1;
	int error;

	vector_bytes(v, 2, &key);
	vector_bytes(v, 3, &plain);
	vector_bytes(v, 4, &wrapped);
	EXPECT_EQ(load_key(2, FPGA_USE_OPEN, &key), 0);
	error = vault_unseal(fpga, 2, wrapped.data, wrapped.len, out, &len);
	if (!vector_is(v, "valid")) {
		EXPECT(error == CRYPTECH_ERR_KEYWRAP_BAD_MAGIC ||
		       error == CRYPTECH_ERR_KEYWRAP_BAD_LENGTH);
		EXPECT_EQ(len, 0);
		return;
	}
	if (plain.len < 9) {
		EXPECT_EQ(error, CRYPTECH_ERR_KEYWRAP_BAD_LENGTH);
		return;
	}
	EXPECT_EQ(error, 0);
	EXPECT_EQ(len, plain.len);
	EXPECT_MEM(out, plain.data, plain.len);
	EXPECT_EQ(vault_seal(fpga, 2, plain.data, plain.len, out), 0);
	EXPECT_MEM(out, wrapped.data, wrapped.len);
}

static void kwp_vectors(void)
{
	static struct vector v;
	unsigned int done = 0;

	REQUIRE(vector_open(&v, "aes256_kwp.txt"));
	REQUIRE(!power_on());
	for (; vector_next(&v); done++)
		if (done % 3 == 0)
			kwp_one(&v);
	EXPECT(done > KWP_VECTORS);
	power_off();
}

/* Every length there is room for, against libcrypto. */
static void seal_lengths(void)
{
	static const size_t lengths[] = { 9, 15, 16, 17, 32, 333, 1000, 1001,
					  1007, 1008 };
	static uint8_t plain[VAULT_TEXT_MAX + 8], ours[1100], theirs[1100];
	struct bytes key = { .len = 32, .data = { 1, 2, 3 } };
	size_t len;

	for (size_t i = 0; i < sizeof(plain); i++)
		plain[i] = i ^ i >> 8;
	REQUIRE(!power_on());
	EXPECT_EQ(load_key(2, FPGA_USE_OPEN, &key), 0);
	for (size_t i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
		size_t n = lengths[i];

		EXPECT_EQ(vault_seal(fpga, 2, plain, n, ours), 0);
		EXPECT_EQ(core_wrap(key.data, plain, n, theirs), 0);
		EXPECT_MEM(ours, theirs, core_wrap_size(n));
		EXPECT_EQ(vault_unseal(fpga, 2, theirs, core_wrap_size(n),
				       ours, &len), 0);
		EXPECT_EQ(len, n);
		EXPECT_MEM(ours, plain, n);
		theirs[i]++;
		EXPECT_EQ(vault_unseal(fpga, 2, theirs, core_wrap_size(n),
				       ours, &len),
			  CRYPTECH_ERR_KEYWRAP_BAD_MAGIC);
	}
	EXPECT_EQ(vault_seal(fpga, 2, plain, 8, ours),
		  CRYPTECH_ERR_KEYWRAP_BAD_LENGTH);
	EXPECT_EQ(vault_seal(fpga, 2, plain, 1009, ours),
		  CRYPTECH_ERR_KEYWRAP_BAD_LENGTH);
	EXPECT_EQ(vault_seal(fpga, 16, plain, 16, ours),
		  CRYPTECH_ERR_BAD_ARGUMENTS);
	power_off();
}

/* SP 800-108 by libcrypto, with label and context. */
static bool kbkdf(const uint8_t key[32], const char *label,
		  const uint8_t context[3], uint8_t out[32])
{
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, "KBKDF", NULL);
	EVP_KDF_CTX *ctx = EVP_KDF_CTX_new(kdf);
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string("mode", "counter", 0),
		OSSL_PARAM_construct_utf8_string("mac", "CMAC", 0),
		OSSL_PARAM_construct_utf8_string("cipher", "AES-256-CBC", 0),
		OSSL_PARAM_construct_octet_string("key", (void *)key, 32),
		OSSL_PARAM_construct_octet_string("salt", (void *)label, 4),
		OSSL_PARAM_construct_octet_string("info", (void *)context, 3),
		OSSL_PARAM_construct_end(),
	};
	bool done = EVP_KDF_derive(ctx, out, 32, params) == 1;

	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
	return done;
}

static void derived_keys(void)
{
	static const uint8_t contexts[][3] = {
		{ 0, 0, 0 }, { 0, 0, 1 }, { 0xfe, 0xdc, 0xba },
	};
	uint8_t master[32], key[32], ours[40], theirs[40];

	for (int i = 0; i < 32; i++)
		master[i] = 0xf0 - 5 * i;
	REQUIRE(!power_on());
	EXPECT_EQ(vault_derive(fpga, 1, FPGA_USE_OPEN, 0),
		  CRYPTECH_ERR_MASTERKEY_NOT_SET);
	EXPECT_EQ(vault_master_enter(fpga, master), 0);
	EXPECT_EQ(vault_master_enter(fpga, master), CRYPTECH_ERR_FORBIDDEN);
	EXPECT_EQ(vault_master_new(fpga), CRYPTECH_ERR_FORBIDDEN);
	for (int i = 0; i < 3; i++) {
		const uint8_t *c = contexts[i];

		EXPECT(kbkdf(master, "open", c, key));
		EXPECT_EQ(vault_derive(fpga, 1, FPGA_USE_OPEN,
				       c[0] << 16 | c[1] << 8 | c[2]), 0);
		EXPECT_EQ(vault_seal(fpga, 1, master, 32, ours), 0);
		EXPECT_EQ(core_wrap(key, master, 32, theirs), 0);
		EXPECT_MEM(ours, theirs, 40);
	}
	EXPECT_EQ(vault_derive(fpga, 1, FPGA_USE_OPEN, 0x1000000),
		  CRYPTECH_ERR_BAD_ARGUMENTS);
	EXPECT_EQ(vault_derive(fpga, 1, FPGA_USE_BLOCK, 0),
		  CRYPTECH_ERR_BAD_ARGUMENTS);
	power_off();
}

#define SEED_META	(FPGA_META_N24 | 2 << FPGA_META_WIDTH_SHIFT |	       \
			 5 << FPGA_META_HEIGHT_SHIFT)

static uint32_t word_at(const uint8_t *p, unsigned int i)
{
	return (uint32_t)p[4 * i] << 24 | p[4 * i + 1] << 16 |
	       p[4 * i + 2] << 8 | p[4 * i + 3];
}

/* What is wrapped, opened by libcrypto: use, id and node are in it. */
static void wrapped_slot(unsigned int slot, const uint8_t key[32],
			 uint32_t node, uint32_t meta)
{
	uint8_t wrapped[VAULT_SLOT_WRAPPED], image[VAULT_SLOT_WRAPPED];
	struct vault_info info;
	size_t len;

	EXPECT_EQ(vault_wrap(fpga, 1, slot, wrapped), 0);
	EXPECT_EQ(core_unwrap(key, wrapped, sizeof(wrapped), image, &len), 0);
	EXPECT_EQ(len, 64);
	EXPECT_EQ(vault_info(fpga, slot, &info), 0);
	EXPECT_MEM(image + 32, info.id, 16);
	EXPECT_EQ(word_at(image, 12), node);
	EXPECT_EQ(word_at(image, 13), meta | FPGA_META_VALID);
	EXPECT_EQ(word_at(image, 14) | word_at(image, 15), 0);
	EXPECT_EQ(info.meta, meta | FPGA_META_VALID);
	EXPECT_EQ(vault_unwrap(fpga, 1, 9, wrapped), 0);
	EXPECT_EQ(vault_info(fpga, 9, &info), 0);
	EXPECT_EQ(info.meta, meta | FPGA_META_VALID);
	wrapped[70] ^= 4;
	EXPECT_EQ(vault_unwrap(fpga, 1, 9, wrapped),
		  CRYPTECH_ERR_KEYWRAP_BAD_MAGIC);
	EXPECT_EQ(vault_info(fpga, 9, &info), 0);
	EXPECT_EQ(info.meta, 0);
}

static void wrapped_under_the_master_key(void)
{
	static const uint8_t context[3] = { 0, 0, 1 };
	uint8_t master[32] = "a master key from somewhere else", key[32];
	uint8_t table[VAULT_TABLE_WRAPPED], image[VAULT_TABLE_WRAPPED];
	struct vault_entry entry;
	size_t len;
	uint32_t q;

	EXPECT(kbkdf(master, "wrap", context, key));
	REQUIRE(!power_on());
	EXPECT_EQ(vault_master_enter(fpga, master), 0);
	EXPECT_EQ(vault_derive(fpga, 1, FPGA_USE_WRAP, 1), 0);
	EXPECT_EQ(vault_generate(fpga, 2, true), 0);
	wrapped_slot(2, key, 0, FPGA_USE_BLOCK | FPGA_META_LONG);
	EXPECT_EQ(vault_generate(fpga, 3, false), 0);
	wrapped_slot(3, key, 0, FPGA_USE_BLOCK);
	EXPECT_EQ(vault_table_new(fpga), 0);
	EXPECT_EQ(vault_entry_new(fpga, 4, 5, SEED_META), 0);
	wrapped_slot(4, key, 1, FPGA_USE_SEED | SEED_META);
	EXPECT_EQ(vault_prepare(fpga, 1, 5, &q, table), 0);
	EXPECT_EQ(core_unwrap(key, table, sizeof(table), image, &len), 0);
	EXPECT_EQ(len, 272);
	EXPECT(word_at(image, 0) || word_at(image, 1));	/* the nonce */
	EXPECT_EQ(word_at(image, 2), 1);		/* epoch */
	EXPECT_EQ(word_at(image, 3), 0);
	EXPECT_EQ(vault_entry_info(fpga, 5, &entry), 0);
	EXPECT_MEM(image + 16 + 5 * 32, entry.id, 16);
	EXPECT_EQ(word_at(image + 16 + 5 * 32, 5), 1);	/* floor */
	EXPECT_EQ(word_at(image + 16 + 5 * 32, 6), 32);	/* end */
	EXPECT_EQ(word_at(image + 16 + 6 * 32, 4), 0);	/* free */
	power_off();
}

static void master_key_life(void)
{
	uint8_t one[40], two[40], text[32] = { 7 };
	struct fpga_state state;

	REQUIRE(!power_on());
	EXPECT_EQ(vault_master_new(fpga), 0);
	fpga_look(fpga, &state);
	EXPECT((state.status & (FPGA_STATUS_MASTER | FPGA_STATUS_ENTERED)) ==
	       FPGA_STATUS_MASTER);
	EXPECT_EQ(vault_derive(fpga, 1, FPGA_USE_OPEN, 0), 0);
	EXPECT_EQ(vault_seal(fpga, 1, text, 32, one), 0);
	EXPECT_EQ(vault_zeroise(fpga), 0);
	EXPECT_EQ(vault_seal(fpga, 1, text, 32, two), CRYPTECH_ERR_FORBIDDEN);
	EXPECT_EQ(vault_derive(fpga, 1, FPGA_USE_OPEN, 0), 0);
	EXPECT_EQ(vault_seal(fpga, 1, text, 32, two), 0);
	EXPECT_MEM(one, two, 40);
	board_reset(NULL);
	EXPECT_EQ(fpga_again(fpga), 0);
	EXPECT_EQ(vault_derive(fpga, 1, FPGA_USE_OPEN, 0), 0);
	EXPECT_EQ(vault_seal(fpga, 1, text, 32, two), 0);
	EXPECT_MEM(one, two, 40);
	EXPECT_EQ(vault_master_wipe(fpga), 0);
	EXPECT_EQ(vault_seal(fpga, 1, text, 32, two), CRYPTECH_ERR_FORBIDDEN);
	EXPECT_EQ(vault_derive(fpga, 1, FPGA_USE_OPEN, 0),
		  CRYPTECH_ERR_MASTERKEY_NOT_SET);
	EXPECT_EQ(vault_master_enter(fpga, text), 0);
	fpga_look(fpga, &state);
	EXPECT(state.status & FPGA_STATUS_ENTERED);
	power_off();
}

int main(void)
{
	RUN(opens_and_is_watched);
	RUN(reset_is_noticed);
	RUN(tamper_is_noticed);
	RUN(random_words);
	RUN(dead_noise_is_noticed);
	RUN(aes_vectors);
	RUN(many_blocks);
	RUN(kwp_vectors);
	RUN(seal_lengths);
	RUN(derived_keys);
	RUN(wrapped_under_the_master_key);
	RUN(master_key_life);
	return tap_done();
}
