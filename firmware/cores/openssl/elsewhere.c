// SPDX-License-Identifier: MIT
/*
 * AES keys whose value is not here: the modes around blocks that somebody else
 * does. No step of a mode needs the key but in these.
 */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

int core_key_elsewhere(uint32_t type, const struct core_elsewhere *where,
		       void *data, struct core_key **key)
{
	*key = NULL;
	switch (CRYPTECH_KEY_FAMILY(type)) {
	case CRYPTECH_KEY_FAMILY_AES:
	case CRYPTECH_KEY_FAMILY_AES_XTS:
	case CRYPTECH_KEY_FAMILY_AES_ECB:
	case CRYPTECH_KEY_FAMILY_AES_CTR:
		break;
	default:
		return CRYPTECH_ERR_UNSUPPORTED_KEY;
	}
	*key = calloc(1, sizeof(**key));
	if (!*key)
		return CRYPTECH_ERR_ALLOCATION_FAILURE;
	atomic_init(&(*key)->references, 1);
	(*key)->type = type;
	(*key)->elsewhere = where;
	(*key)->elsewhere_data = data;
	return CRYPTECH_ERR_OK;
}

void *core_key_where(const struct core_key *key,
		     const struct core_elsewhere *where)
{
	return key->elsewhere == where ? key->elsewhere_data : NULL;
}

static int blocks(const struct core_key *key, unsigned int which, bool encrypt,
		  const uint8_t *in, uint8_t *out, size_t count)
{
	return count ? key->elsewhere->blocks(key->elsewhere_data, which,
					      encrypt, in, out, count) :
		       CRYPTECH_ERR_OK;
}

static void put_xor(uint8_t *out, const uint8_t *a, const uint8_t *b)
{
	for (unsigned int i = 0; i < CORE_BLOCK; i++)
		out[i] = a[i] ^ b[i];
}

/* --- CBC (SP 800-38A, 6.2) ---------------------------------------------------- */

static int cbc_encrypt(const struct core_key *key, const uint8_t *iv,
		       const uint8_t *in, size_t len, uint8_t *out)
{
	const uint8_t *before = iv;
	int error = CRYPTECH_ERR_OK;

	for (size_t at = 0; at < len && !error; at += CORE_BLOCK) {
		put_xor(out + at, in + at, before);
		error = blocks(key, 0, true, out + at, out + at, 1);
		before = out + at;
	}
	return error;
}

static int cbc_decrypt(const struct core_key *key, const uint8_t *iv,
		       const uint8_t *in, size_t len, uint8_t *out)
{
	int error = blocks(key, 0, false, in, out, len / CORE_BLOCK);

	for (size_t at = 0; at < len && !error; at += CORE_BLOCK)
		put_xor(out + at, out + at, at ? in + at - CORE_BLOCK : iv);
	return error;
}

/* --- CTR (SP 800-38A, 6.5) ---------------------------------------------------- */

#define CTR_BATCH	64	/* blocks */

static int ctr(const struct core_key *key, const uint8_t *iv,
	       const uint8_t *in, size_t len, uint8_t *out)
{
	uint8_t stream[CTR_BATCH * CORE_BLOCK];
	size_t done = 0;
	int error = CRYPTECH_ERR_OK;

	while (done < len && !error) {
		size_t some = len - done < sizeof(stream) ? len - done :
							    sizeof(stream);
		size_t count = (some + CORE_BLOCK - 1) / CORE_BLOCK;

		for (size_t i = 0; i < count; i++)
			core_count_on(iv, done / CORE_BLOCK + i,
				      stream + i * CORE_BLOCK);
		error = blocks(key, 0, true, stream, stream, count);
		for (size_t i = 0; i < some && !error; i++)
			out[done + i] = in[done + i] ^ stream[i];
		done += some;
	}
	core_wipe(stream, sizeof(stream));
	return error;
}

/* --- XTS (IEEE 1619, 5.3 and 5.4) ---------------------------------------------- */

/* Whole blocks; @tweak goes on to that behind them. */
static int xts_blocks(const struct core_key *key, bool encrypt,
		      uint8_t tweak[CORE_BLOCK], const uint8_t *in, size_t len,
		      uint8_t *out)
{
	uint8_t first[CORE_BLOCK];
	int error;

	memcpy(first, tweak, CORE_BLOCK);
	for (size_t at = 0; at < len; at += CORE_BLOCK) {
		put_xor(out + at, in + at, tweak);
		core_multiply_alpha(tweak, 1);
	}
	error = blocks(key, 0, encrypt, out, out, len / CORE_BLOCK);
	memcpy(tweak, first, CORE_BLOCK);
	for (size_t at = 0; at < len; at += CORE_BLOCK) {
		put_xor(out + at, out + at, tweak);
		core_multiply_alpha(tweak, 1);
	}
	core_wipe(first, sizeof(first));
	return error;
}

/*
 * The last whole block and @rest bytes behind it, which take the end of what
 * becomes of that block with them. Decrypting, the block has the later tweak.
 */
static int xts_steal(const struct core_key *key, bool encrypt,
		     uint8_t tweak[CORE_BLOCK], const uint8_t *in, size_t rest,
		     uint8_t *out)
{
	uint8_t next[CORE_BLOCK], part[CORE_BLOCK], whole[CORE_BLOCK];
	int error;

	memcpy(next, tweak, CORE_BLOCK);
	core_multiply_alpha(next, 1);
	error = xts_blocks(key, encrypt, encrypt ? tweak : next, in,
			   CORE_BLOCK, whole);
	/* Both have moved on; the other one is where it was. */
	if (!encrypt)
		memcpy(next, tweak, CORE_BLOCK);
	memcpy(part, in + CORE_BLOCK, rest);
	memcpy(part + rest, whole + rest, CORE_BLOCK - rest);
	if (!error)
		error = xts_blocks(key, encrypt, next, part, CORE_BLOCK, out);
	memcpy(out + CORE_BLOCK, whole, rest);
	core_wipe(next, sizeof(next));
	core_wipe(part, sizeof(part));
	core_wipe(whole, sizeof(whole));
	return error;
}

static int xts(const struct core_key *key, bool encrypt, const uint8_t *iv,
	       uint32_t block, const uint8_t *in, size_t len, uint8_t *out)
{
	size_t rest = len % CORE_BLOCK;
	size_t whole = rest ? len - rest - CORE_BLOCK : len;
	uint8_t tweak[CORE_BLOCK];
	int error = blocks(key, 1, true, iv, tweak, 1);

	core_multiply_alpha(tweak, block);
	if (!error && whole)
		error = xts_blocks(key, encrypt, tweak, in, whole, out);
	if (!error && rest)
		error = xts_steal(key, encrypt, tweak, in + whole, rest,
				  out + whole);
	core_wipe(tweak, sizeof(tweak));
	return error;
}

int core_elsewhere_cipher(const struct core_key *key, bool encrypt,
			  const uint8_t *iv, uint32_t block, const uint8_t *in,
			  size_t len, uint8_t *out)
{
	switch (core_family(key)) {
	case CRYPTECH_KEY_FAMILY_AES_XTS:
		return xts(key, encrypt, iv, block, in, len, out);
	case CRYPTECH_KEY_FAMILY_AES_ECB:
		return blocks(key, 0, encrypt, in, out, len / CORE_BLOCK);
	case CRYPTECH_KEY_FAMILY_AES_CTR:
		return ctr(key, iv, in, len, out);
	default:
		return encrypt ? cbc_encrypt(key, iv, in, len, out) :
				 cbc_decrypt(key, iv, in, len, out);
	}
}
