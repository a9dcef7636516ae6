// SPDX-License-Identifier: MIT
/*
 * AES: its keys, and CBC and XTS by chunks.
 */
#include "internal.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>

#define XTS_UNIT_BLOCKS	(1u << 20)	/* of a data unit (SP 800-38E) */

static bool is_xts(uint32_t type)
{
	return CRYPTECH_KEY_FAMILY(type) == CRYPTECH_KEY_FAMILY_AES_XTS;
}

/* --- keys ------------------------------------------------------------------ */

size_t core_aes_size(uint32_t type)
{
	switch (type) {
	case CRYPTECH_KEY_AES128:
	case CRYPTECH_KEY_AES192:
	case CRYPTECH_KEY_AES256:
		return CRYPTECH_KEY_BITS(type) / 8;
	case CRYPTECH_KEY_AES128_XTS:
	case CRYPTECH_KEY_AES256_XTS:
		return 2 * CRYPTECH_KEY_BITS(type) / 8;
	default:
		return 0;
	}
}

int core_key_from_raw(uint32_t type, const void *value, size_t len,
		      struct core_key **key)
{
	const uint8_t *bytes = value;
	size_t size = core_aes_size(type);

	if (!size)
		return CRYPTECH_ERR_UNSUPPORTED_KEY;
	if (len != size)
		return CRYPTECH_ERR_BAD_ARGUMENTS;
	/* Equal halves open XTS to chosen plaintexts (IEEE 1619; IG C.I). */
	if (is_xts(type) && core_equal(bytes, bytes + size / 2, size / 2))
		return CRYPTECH_ERR_BAD_ARGUMENTS;
	*key = calloc(1, sizeof(**key));
	if (!*key)
		return CRYPTECH_ERR_ALLOCATION_FAILURE;
	atomic_init(&(*key)->references, 1);
	(*key)->type = type;
	memcpy((*key)->secret, bytes, size);
	return CRYPTECH_ERR_OK;
}

int core_aes_generate(uint32_t type, struct core_key **key)
{
	size_t size = core_aes_size(type);
	uint8_t value[CORE_AES_MAX];
	int error;

	if (!size)
		return CRYPTECH_ERR_UNSUPPORTED_KEY;
	error = core_random(value, size);
	if (!error)
		error = core_key_from_raw(type, value, size, key);
	core_wipe(value, sizeof(value));
	/* Two equal halves never come from a generator that works. */
	return error == CRYPTECH_ERR_BAD_ARGUMENTS ?
	       CRYPTECH_ERR_CSPRNG_BROKEN : error;
}

int core_key_raw(const struct core_key *key, uint8_t *value, size_t size,
		 size_t *len)
{
	size_t need = core_aes_size(key->type);

	*len = 0;
	if (!need)
		return CRYPTECH_ERR_UNSUPPORTED_KEY;
	if (key->elsewhere)
		return CRYPTECH_ERR_FORBIDDEN;
	if (size < need)
		return CRYPTECH_ERR_RESULT_TOO_LONG;
	memcpy(value, key->secret, need);
	*len = need;
	return CRYPTECH_ERR_OK;
}

void core_aes_free(struct core_key *key)
{
	for (unsigned int i = 0; i < CORE_CIPHERS; i++)
		EVP_CIPHER_CTX_free(key->ciphers[i]);
	core_wipe(key->secret, sizeof(key->secret));
	if (key->elsewhere)
		key->elsewhere->free(key->elsewhere_data);
}

/* --- contexts --------------------------------------------------------------- */

/* libcrypto's algorithm; a tweak is made with the bare block cipher. */
static const EVP_CIPHER *algorithm(uint32_t type, bool tweak)
{
	unsigned int size = CRYPTECH_KEY_BITS(type) / 64 - 2;
	const struct core_algorithms *a = core_algorithms();

	if (tweak)
		return a->ecb[size];
	return is_xts(type) ? a->xts[size] : a->cbc[size];
}

static EVP_CIPHER_CTX *new_context(const struct core_key *key,
				   enum core_cipher which)
{
	bool tweak = which == CORE_CIPHER_TWEAK_DECRYPT ||
		     which == CORE_CIPHER_TWEAK_ENCRYPT;
	bool encrypt = which == CORE_CIPHER_ENCRYPT ||
		       which == CORE_CIPHER_TWEAK_ENCRYPT;
	size_t second = tweak ? core_aes_size(key->type) / 2 : 0;
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
	if (len < CORE_BLOCK || len > INT_MAX)
		return CRYPTECH_ERR_BAD_ARGUMENTS;
	if (!is_xts(type))
		return block || len % CORE_BLOCK ? CRYPTECH_ERR_BAD_ARGUMENTS :
						   CRYPTECH_ERR_OK;
	if (block >= XTS_UNIT_BLOCKS ||
	    (len + CORE_BLOCK - 1) / CORE_BLOCK > XTS_UNIT_BLOCKS - block)
		return CRYPTECH_ERR_BAD_ARGUMENTS;
	return CRYPTECH_ERR_OK;
}

static int cipher(const struct core_key *key, bool encrypt,
		  const uint8_t iv[CORE_BLOCK], uint32_t block,
		  const uint8_t *in, size_t len, uint8_t *out)
{
	uint8_t begin[CORE_BLOCK];
	int error = CRYPTECH_ERR_OK;

	memcpy(begin, iv, CORE_BLOCK);
	if (block)
		error = xts_advance(key, iv, block, begin);
	if (!error)
		error = run(key, encrypt ? CORE_CIPHER_ENCRYPT :
					   CORE_CIPHER_DECRYPT,
			    begin, in, len, out);
	core_wipe(begin, sizeof(begin));
	return error;
}

int core_key_cipher(const struct core_key *key, bool encrypt,
		    const uint8_t iv[CORE_BLOCK], uint32_t block,
		    const uint8_t *in, size_t len, uint8_t *out,
		    uint8_t next_iv[CORE_BLOCK])
{
	int error;

	if (!core_aes_size(key->type))
		return CRYPTECH_ERR_UNSUPPORTED_KEY;
	error = check_chunk(key->type, block, len);
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
	if (is_xts(key->type))
		memcpy(next_iv, iv, CORE_BLOCK);
	else
		memcpy(next_iv, (encrypt ? out : in) + len - CORE_BLOCK,
		       CORE_BLOCK);
	return CRYPTECH_ERR_OK;
}
