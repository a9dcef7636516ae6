// SPDX-License-Identifier: MIT
/*
 * AES by chunks: CBC, XTS, ECB and CTR.
 */
#include "internal.h"

#include <limits.h>
#include <string.h>

#include <openssl/err.h>

#define XTS_UNIT_BLOCKS	(1u << 20)	/* of a data unit (SP 800-38E) */

size_t core_iv_size(uint32_t type)
{
	return CRYPTECH_KEY_FAMILY(type) == CRYPTECH_KEY_FAMILY_AES_ECB ?
	       0 : CORE_BLOCK;
}

/* --- contexts --------------------------------------------------------------- */

/* libcrypto's algorithm; a tweak is made with the bare block cipher. */
static const EVP_CIPHER *algorithm(uint32_t type, bool tweak)
{
	unsigned int size = core_aes_index(type);
	const struct core_algorithms *a = core_algorithms();

	if (tweak)
		return a->ecb[size];
	switch (CRYPTECH_KEY_FAMILY(type)) {
	case CRYPTECH_KEY_FAMILY_AES:
		return a->cbc[size];
	case CRYPTECH_KEY_FAMILY_AES_XTS:
		return a->xts[size];
	case CRYPTECH_KEY_FAMILY_AES_ECB:
		return a->ecb[size];
	case CRYPTECH_KEY_FAMILY_AES_CTR:
		return a->ctr[size];
	default:
		return NULL;
	}
}

static EVP_CIPHER_CTX *new_context(const struct core_key *key,
				   enum core_cipher which)
{
	bool tweak = which == CORE_CIPHER_TWEAK_DECRYPT ||
		     which == CORE_CIPHER_TWEAK_ENCRYPT;
	bool encrypt = which == CORE_CIPHER_ENCRYPT ||
		       which == CORE_CIPHER_TWEAK_ENCRYPT;
	size_t second = tweak ? key->secret_len / 2 : 0;
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();

	if (ctx && EVP_CipherInit_ex2(ctx, algorithm(key->type, tweak),
				      key->secret + second, NULL, encrypt,
				      NULL) == 1 &&
	    EVP_CIPHER_CTX_set_padding(ctx, 0) == 1)
		return ctx;
	EVP_CIPHER_CTX_free(ctx);
	return NULL;
}

/* One pass over whole data, with a context from the key's place for it. */
static int run(const struct core_key *key, enum core_cipher which,
	       const uint8_t *iv, const uint8_t *in, size_t len, uint8_t *out)
{
	_Atomic(EVP_CIPHER_CTX *) *place =
		&((struct core_key *)key)->ciphers[which];
	EVP_CIPHER_CTX *ctx = atomic_exchange(place, NULL);
	int made = 0, done;

	if (!ctx)
		ctx = new_context(key, which);
	if (!ctx)
		return CRYPTECH_ERR_ALLOCATION_FAILURE;
	ERR_set_mark();
	done = EVP_CipherInit_ex2(ctx, NULL, NULL, iv, -1, NULL) == 1 &&
	       EVP_CipherUpdate(ctx, out, &made, in, (int)len) == 1 &&
	       (size_t)made == len;
	ERR_pop_to_mark();
	EVP_CIPHER_CTX_free(atomic_exchange(place, ctx));
	return done ? CRYPTECH_ERR_OK : CRYPTECH_ERR_IMPOSSIBLE;
}

/* --- XTS from the middle of a data unit -------------------------------------- */

static uint64_t get_le64(const uint8_t *p)
{
	uint64_t value = 0;

	for (unsigned int i = 8; i-- > 0; )
		value = value << 8 | p[i];
	return value;
}

static void put_le64(uint8_t *p, uint64_t value)
{
	for (unsigned int i = 0; i < 8; i++, value >>= 8)
		p[i] = (uint8_t)value;
}

/*
 * Multiply by alpha to the power @n in GF(2^128) as IEEE 1619 (5.2) writes it:
 * polynomials with the least bit first, modulo x^128 + x^7 + x^2 + x + 1. 64
 * powers at a time, then one by one; only @n, which is no secret, decides how
 * long it takes.
 */
void core_multiply_alpha(uint8_t tweak[CORE_BLOCK], uint32_t n)
{
	uint64_t low = get_le64(tweak), high = get_le64(tweak + 8), over;

	for (; n >= 64; n -= 64) {
		over = high;
		high = low ^ over >> 63 ^ over >> 62 ^ over >> 57;
		low = over ^ over << 1 ^ over << 2 ^ over << 7;
	}
	for (; n; n--) {
		over = high >> 63;
		high = high << 1 | low >> 63;
		low = low << 1 ^ over * 0x87;
	}
	put_le64(tweak, low);
	put_le64(tweak + 8, high);
}

/*
 * libcrypto begins a data unit with E_K2(iv) as the tweak of its first block.
 * The tweak of block n is that times alpha^n; so the iv whose encryption it is
 * makes libcrypto begin with block n.
 */
static int xts_advance(const struct core_key *key, const uint8_t *iv,
		       uint32_t block, uint8_t begin[CORE_BLOCK])
{
	uint8_t tweak[CORE_BLOCK];
	int error;

	error = run(key, CORE_CIPHER_TWEAK_ENCRYPT, NULL, iv, CORE_BLOCK,
		    tweak);
	if (!error) {
		core_multiply_alpha(tweak, block);
		error = run(key, CORE_CIPHER_TWEAK_DECRYPT, NULL, tweak,
			    CORE_BLOCK, begin);
	}
	core_wipe(tweak, sizeof(tweak));
	return error;
}

/* --- chunks ------------------------------------------------------------------- */

static int check_chunk(uint32_t type, uint32_t block, size_t len)
{
	if (!len || len > INT_MAX)
		return CRYPTECH_ERR_BAD_ARGUMENTS;
	switch (CRYPTECH_KEY_FAMILY(type)) {
	case CRYPTECH_KEY_FAMILY_AES_CTR:
		return block ? CRYPTECH_ERR_BAD_ARGUMENTS : CRYPTECH_ERR_OK;
	case CRYPTECH_KEY_FAMILY_AES:
	case CRYPTECH_KEY_FAMILY_AES_ECB:
		return block || len % CORE_BLOCK ? CRYPTECH_ERR_BAD_ARGUMENTS :
						   CRYPTECH_ERR_OK;
	case CRYPTECH_KEY_FAMILY_AES_XTS:
		if (len < CORE_BLOCK || block >= XTS_UNIT_BLOCKS ||
		    (len + CORE_BLOCK - 1) / CORE_BLOCK >
		    XTS_UNIT_BLOCKS - block)
			return CRYPTECH_ERR_BAD_ARGUMENTS;
		return CRYPTECH_ERR_OK;
	default:
		return CRYPTECH_ERR_UNSUPPORTED_KEY;
	}
}

/* The counter block is one number of 128 bits, most significant byte first. */
void core_count_on(const uint8_t *iv, size_t blocks, uint8_t *next)
{
	uint64_t carry = blocks;

	for (unsigned int i = CORE_BLOCK; i-- > 0; carry >>= 8) {
		carry += iv[i];
		next[i] = (uint8_t)carry;
	}
}

static void make_next_iv(const struct core_key *key, const uint8_t *iv,
			 const uint8_t *ciphertext, size_t len, uint8_t *next)
{
	switch (core_family(key)) {
	case CRYPTECH_KEY_FAMILY_AES:
		memcpy(next, ciphertext + len - CORE_BLOCK, CORE_BLOCK);
		break;
	case CRYPTECH_KEY_FAMILY_AES_CTR:
		core_count_on(iv, (len + CORE_BLOCK - 1) / CORE_BLOCK, next);
		break;
	case CRYPTECH_KEY_FAMILY_AES_XTS:
		memcpy(next, iv, CORE_BLOCK);
		break;
	}
}

static int cipher(const struct core_key *key, bool encrypt, const uint8_t *iv,
		  uint32_t block, const uint8_t *in, size_t len, uint8_t *out)
{
	uint8_t begin[CORE_BLOCK] = { 0 };
	int error = CRYPTECH_ERR_OK;

	memcpy(begin, iv, core_iv_size(key->type));
	if (block)
		error = xts_advance(key, iv, block, begin);
	if (!error)
		error = run(key, encrypt ? CORE_CIPHER_ENCRYPT :
					   CORE_CIPHER_DECRYPT,
			    core_iv_size(key->type) ? begin : NULL, in, len,
			    out);
	core_wipe(begin, sizeof(begin));
	return error;
}

int core_key_cipher(const struct core_key *key, bool encrypt,
		    const uint8_t *iv, uint32_t block, const uint8_t *in,
		    size_t len, uint8_t *out, uint8_t *next_iv)
{
	int error = check_chunk(key->type, block, len);

	if (error)
		return error;
	if (key->elsewhere)
		error = core_elsewhere_cipher(key, encrypt, iv, block, in, len,
					      out);
	else
		error = cipher(key, encrypt, iv, block, in, len, out);
	if (error) {
		core_wipe(out, len);
		return error;
	}
	make_next_iv(key, iv, encrypt ? out : in, len, next_iv);
	return CRYPTECH_ERR_OK;
}
