// SPDX-License-Identifier: MIT
#include "hss_plain.h"

#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

struct set {
	unsigned int n, h, w, p, ls;
};

static uint32_t u32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	       (uint32_t)p[2] << 8 | p[3];
}

static void put(uint8_t *p, uint32_t value, unsigned int bytes)
{
	while (bytes--) {
		p[bytes] = value & 0xff;
		value >>= 8;
	}
}

/* The tables of RFC 8554, 4.1 and 5.1, and RFC 9858, 4 and 5, put together. */
static bool set_of(uint32_t lms, uint32_t lmots, struct set *set)
{
	static const unsigned int p[2][4] = {
		{ 265, 133, 67, 34 }, { 200, 101, 51, 26 }
	};
	static const unsigned int ls[2][4] = { { 7, 6, 4, 0 }, { 8, 6, 4, 0 } };
	unsigned int small, w;

	if (lms < 5 || lms > 0x0e || lmots < 1 || lmots > 8)
		return false;
	small = lms > 9;
	if (small != (lmots > 4))
		return false;
	w = (lmots - 1) % 4;
	set->n = small ? 24 : 32;
	set->h = (lms - 5) % 5 * 5 + 5;
	set->w = 1u << w;
	set->p = p[small][w];
	set->ls = ls[small][w];
	return true;
}

static void hash(const struct set *set, const void *data, size_t len,
		 uint8_t *out)
{
	uint8_t digest[32];

	SHA256(data, len, digest);
	memcpy(out, digest, set->n);
}

/* coef(S, i, w) of section 3.1.3 */
static unsigned int coef(const uint8_t *s, unsigned int i, unsigned int w)
{
	unsigned int bit = i * w;

	return s[bit / 8] >> (8 - w - bit % 8) & ((1u << w) - 1);
}

/* Algorithm 4b: the public key that the one-time signature leads to. */
static void ots_key(const struct set *set, const uint8_t *id, uint32_t q,
		    const uint8_t *ots, const uint8_t *message, size_t len,
		    uint8_t *key)
{
	uint8_t *text = malloc(22 + 32 + len), digest[34], step[55];
	uint8_t *ends = malloc(22 + set->p * set->n);
	unsigned int sum = 0;

	if (!text || !ends)
		abort();
	memcpy(text, id, 16);
	put(text + 16, q, 4);
	put(text + 20, 0x8181, 2);
	memcpy(text + 22, ots + 4, set->n);
	if (len)
		memcpy(text + 22 + set->n, message, len);
	hash(set, text, 22 + set->n + len, digest);
	for (unsigned int i = 0; i < set->n * 8 / set->w; i++)
		sum += (1u << set->w) - 1 - coef(digest, i, set->w);
	put(digest + set->n, sum << set->ls, 2);

	memcpy(ends, id, 16);
	put(ends + 16, q, 4);
	memcpy(step, ends, 20);
	put(ends + 20, 0x8080, 2);
	for (unsigned int i = 0; i < set->p; i++) {
		put(step + 20, i, 2);
		memcpy(step + 23, ots + 4 + set->n * (1 + i), set->n);
		for (unsigned int j = coef(digest, i, set->w);
		     j < (1u << set->w) - 1; j++) {
			step[22] = j & 0xff;
			hash(set, step, 23 + set->n, step + 23);
		}
		memcpy(ends + 22 + i * set->n, step + 23, set->n);
	}
	hash(set, ends, 22 + set->p * set->n, key);
	free(text);
	free(ends);
}

/* Algorithm 6a: the root that the path leads to. */
static void path_root(const struct set *set, const uint8_t *id, uint32_t q,
		      const uint8_t *key, const uint8_t *path, uint8_t *root)
{
	uint32_t node = (1u << set->h) + q;
	uint8_t text[22 + 64];

	memcpy(text, id, 16);
	put(text + 16, node, 4);
	put(text + 20, 0x8282, 2);
	memcpy(text + 22, key, set->n);
	hash(set, text, 22 + set->n, root);
	for (; node > 1; path += set->n) {
		bool right = node & 1;

		node /= 2;
		put(text + 16, node, 4);
		put(text + 20, 0x8383, 2);
		memcpy(text + 22, right ? path : root, set->n);
		memcpy(text + 22 + set->n, right ? root : path, set->n);
		hash(set, text, 22 + 2 * set->n, root);
	}
}

/* One LMS signature at @s, of which @left bytes are there; its length, or 0. */
static size_t lms_length(const struct set *set, uint32_t lms, uint32_t lmots,
			 const uint8_t *s, size_t left)
{
	size_t ots = 4 + set->n * (1 + set->p);
	size_t all = 4 + ots + 4 + set->n * set->h;

	if (left < all || u32(s + 4) != lmots || u32(s + 4 + ots) != lms ||
	    u32(s) >= 1u << set->h)
		return 0;
	return all;
}

static bool lms_verify(const struct set *set, const uint8_t *id,
		       const uint8_t *root, const uint8_t *s,
		       const uint8_t *message, size_t message_len)
{
	uint8_t key[32], got[32];

	ots_key(set, id, u32(s), s + 4, message, message_len, key);
	path_root(set, id, u32(s), key, s + 12 + set->n * (1 + set->p), got);
	return !memcmp(got, root, set->n);
}

/* Section 6.3. The whole signature has to be well formed. */
enum plain_result hss_plain_verify(const uint8_t *public, size_t public_len,
				   const uint8_t *signature, size_t len,
				   const uint8_t *message, size_t message_len)
{
	const uint8_t *key = public + 4, *s = signature, *next;
	uint32_t levels;
	struct set set;
	bool valid = true;
	size_t size;

	if (public_len < 12 || !set_of(u32(key), u32(key + 4), &set) ||
	    public_len != 4 + 24 + set.n)
		return PLAIN_UNSUPPORTED;
	levels = u32(public);
	if (levels < 1 || levels > 8)
		return PLAIN_UNSUPPORTED;
	if (len < 4 || u32(s) != levels - 1)
		return PLAIN_INVALID;
	s += 4;
	len -= 4;
	while (--levels) {
		struct set below;
		size_t key_size;

		size = lms_length(&set, u32(key), u32(key + 4), s, len);
		if (!size || len - size < 8)
			return PLAIN_INVALID;
		next = s + size;
		if (!set_of(u32(next), u32(next + 4), &below))
			return PLAIN_INVALID;
		key_size = 24 + below.n;
		if (len - size < key_size)
			return PLAIN_INVALID;
		valid = valid && lms_verify(&set, key + 8, key + 24, s, next,
					    key_size);
		key = next;
		set = below;
		s = next + key_size;
		len -= size + key_size;
	}
	size = lms_length(&set, u32(key), u32(key + 4), s, len);
	if (!size || size != len)
		return PLAIN_INVALID;
	valid = valid && lms_verify(&set, key + 8, key + 24, s, message,
				    message_len);
	return valid ? PLAIN_VALID : PLAIN_INVALID;
}
