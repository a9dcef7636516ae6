/* SPDX-License-Identifier: MIT */
/*
 * HSS verification word by word as RFC 8554 has it (algorithms 2b, 4b, 6a and
 * section 6.3), with libcrypto's SHA-256, for comparison: it shares nothing with
 * firmware/hashsig. And an outside ledger: which one-time keys have signed what.
 */
#ifndef TESTS_HSS_PLAIN_H
#define TESTS_HSS_PLAIN_H

#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static inline uint32_t plain_u32(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | at[1] << 16 | at[2] << 8 | at[3];
}

struct plain_hash {
	EVP_MD_CTX *ctx;
	unsigned int n;
};

static inline void plain_add(struct plain_hash *h, const void *data,
			     size_t len)
{
	EVP_DigestUpdate(h->ctx, data, len);
}

static inline void plain_begin(struct plain_hash *h, const uint8_t *id,
			       uint32_t number, uint16_t tag)
{
	uint8_t head[6] = { number >> 24, number >> 16, number >> 8, number,
			    tag >> 8, tag & 0xff };

	EVP_DigestInit_ex(h->ctx, EVP_sha256(), NULL);
	plain_add(h, id, 16);
	plain_add(h, head, sizeof(head));
}

static inline void plain_end(struct plain_hash *h, uint8_t *out)
{
	uint8_t full[32];

	EVP_DigestFinal_ex(h->ctx, full, NULL);
	memcpy(out, full, h->n);
}

/* Sets by typecode: appendix tables of RFC 8554 and RFC 9858. */
static inline bool plain_sets(uint32_t lms, uint32_t ots, unsigned int *n,
			      unsigned int *h, unsigned int *w,
			      unsigned int *p, unsigned int *ls)
{
	static const unsigned int p32[] = { 265, 133, 67, 34 };
	static const unsigned int p24[] = { 200, 101, 51, 26 };
	static const unsigned int ls32[] = { 7, 6, 4, 0 };
	static const unsigned int ls24[] = { 8, 6, 4, 0 };

#ifdef LMS_TEST_HEIGHTS
	if (ots == 0xf1) {
		*n = 24;
		*w = 1;
		*p = 4;
		*ls = 8;
		*h = lms >= 0xf0 ? lms - 0xf0 : 5 * (1 + (lms - 5) % 5);
		return lms >= 10;
	}
#endif
	if (lms < 5 || lms > 14 || ots < 1 || ots > 8)
		return false;
	*n = lms < 10 ? 32 : 24;
	*h = 5 * (1 + (lms - 5) % 5);
	*w = 1u << (ots - 1) % 4;
	*p = (ots <= 4 ? p32 : p24)[(ots - 1) % 4];
	*ls = (ots <= 4 ? ls32 : ls24)[(ots - 1) % 4];
	return (ots <= 4) == (*n == 32);
}

static inline unsigned int plain_digit(const uint8_t *s, unsigned int i,
				       unsigned int w)
{
	return s[i * w / 8] >> (8 - w * (i % (8 / w) + 1)) & ((1u << w) - 1);
}

/*
 * One LMS signature over @data by the public key at @key; how long it is, or 0
 * if it is no good.
 */
static inline size_t plain_lms(const uint8_t *key, const uint8_t *sig,
			       size_t len, const void *data, size_t data_len)
{
	struct plain_hash hash = { EVP_MD_CTX_new(), 0 };
	unsigned int n, h, w, p, ls, i, j, sum = 0;
	uint8_t ends[265 * 32], q_bytes[34], node[32];
	const uint8_t *id = key + 8, *y, *path;
	uint32_t q, r;
	size_t size = 0;

	if (!plain_sets(plain_u32(key), plain_u32(key + 4), &n, &h, &w, &p,
			&ls))
		goto out;
	hash.n = n;
	if (len < 12 + n * (size_t)(1 + p + h))
		goto out;
	q = plain_u32(sig);
	y = sig + 8 + n;
	path = y + n * p + 4;
	if (plain_u32(sig + 4) != plain_u32(key + 4) ||
	    plain_u32(path - 4) != plain_u32(key) || q >> h)
		goto out;
	plain_begin(&hash, id, q, 0x8181);
	plain_add(&hash, sig + 8, n);
	plain_add(&hash, data, data_len);
	plain_end(&hash, q_bytes);
	for (i = 0; i < 8 * n / w; i++)
		sum += (1u << w) - 1 - plain_digit(q_bytes, i, w);
	sum <<= ls;
	q_bytes[n] = sum >> 8;
	q_bytes[n + 1] = sum;
	for (i = 0; i < p; i++) {
		uint8_t *value = ends + i * n;

		memcpy(value, y + i * n, n);
		for (j = plain_digit(q_bytes, i, w); j < (1u << w) - 1; j++) {
			uint8_t step = j;

			plain_begin(&hash, id, q, i);
			plain_add(&hash, &step, 1);
			plain_add(&hash, value, n);
			plain_end(&hash, value);
		}
	}
	plain_begin(&hash, id, q, 0x8080);
	plain_add(&hash, ends, n * p);
	plain_end(&hash, node);
	r = (1u << h) + q;
	plain_begin(&hash, id, r, 0x8282);
	plain_add(&hash, node, n);
	plain_end(&hash, node);
	for (; r > 1; r /= 2, path += n) {
		plain_begin(&hash, id, r / 2, 0x8383);
		plain_add(&hash, r & 1 ? path : node, n);
		plain_add(&hash, r & 1 ? node : path, n);
		plain_end(&hash, node);
	}
	if (!memcmp(node, key + 24, n))
		size = path - sig;
out:
	EVP_MD_CTX_free(hash.ctx);
	return size;
}

/* --- the ledger ------------------------------------------------------------------ */

struct plain_entry {
	bool used;
	uint8_t id[16];
	uint32_t q;
	uint8_t hash[32];	/* of the signature and what it signs */
};

struct plain_ledger {
	struct plain_entry *table;	/* open addressing */
	size_t count, size;
	size_t repeats;		/* one-time keys that signed two things */
};

static inline void plain_ledger_free(struct plain_ledger *ledger)
{
	free(ledger->table);
	memset(ledger, 0, sizeof(*ledger));
}

/* Where the one-time key is, or would be. */
static inline struct plain_entry *plain_find(const struct plain_ledger *ledger,
					     const uint8_t *id, uint32_t q)
{
	size_t at = (plain_u32(id) ^ q * 2654435761u) % ledger->size;

	while (ledger->table[at].used && (ledger->table[at].q != q ||
	       memcmp(ledger->table[at].id, id, 16)))
		at = (at + 1) % ledger->size;
	return &ledger->table[at];
}

static inline void plain_grow(struct plain_ledger *ledger)
{
	struct plain_ledger old = *ledger;
	size_t i;

	ledger->size = 4 * old.size + 64;
	ledger->table = calloc(ledger->size, sizeof(*ledger->table));
	for (i = 0; i < old.size; i++)
		if (old.table[i].used)
			*plain_find(ledger, old.table[i].id,
				    old.table[i].q) = old.table[i];
	free(old.table);
}

/*
 * One-time key (@id, q) made this signature over this. The same again is fine:
 * that is the signature of a lower tree. True if the key is new.
 */
static inline bool plain_note(struct plain_ledger *ledger, const uint8_t *id,
			      const uint8_t *sig, size_t len,
			      const void *data, size_t data_len)
{
	struct plain_entry *entry;
	uint8_t hash[32];
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	EVP_DigestInit_ex(ctx, EVP_sha256(), NULL);
	EVP_DigestUpdate(ctx, sig, len);
	EVP_DigestUpdate(ctx, data, data_len);
	EVP_DigestFinal_ex(ctx, hash, NULL);
	EVP_MD_CTX_free(ctx);
	if (2 * ledger->count >= ledger->size)
		plain_grow(ledger);
	entry = plain_find(ledger, id, plain_u32(sig));
	if (entry->used) {
		ledger->repeats += memcmp(entry->hash, hash, 32) != 0;
		return false;
	}
	entry->used = true;
	entry->q = plain_u32(sig);
	memcpy(entry->id, id, 16);
	memcpy(entry->hash, hash, 32);
	ledger->count++;
	return true;
}

/* --- HSS ---------------------------------------------------------------------------- */

/* The lengths of a signature by the LMS public key at @key, and of that; 0: an
 * unknown set. */
static inline size_t plain_sizes(const uint8_t *key, size_t *key_len)
{
	unsigned int n, h, w, p, ls;

	if (!plain_sets(plain_u32(key), plain_u32(key + 4), &n, &h, &w, &p,
			&ls))
		return 0;
	*key_len = 24 + n;
	return 12 + n * (size_t)(1 + p + h);
}

/*
 * An HSS signature, wholly, with no byte left over. @check: is it good? With a
 * @ledger it is written up, and its last one-time key has to be a new one.
 */
static inline bool plain_hss(struct plain_ledger *ledger, bool check,
			     const uint8_t *public, size_t public_len,
			     const uint8_t *sig, size_t len,
			     const void *data, size_t data_len)
{
	const uint8_t *key = public + 4, *end = sig + len;
	uint32_t levels = plain_u32(public);
	size_t size, key_len, next_len;

	size = plain_sizes(key, &key_len);
	if (!size || public_len != 4 + key_len || len < 4 ||
	    plain_u32(sig) != levels - 1)
		return false;
	sig += 4;
	while (--levels > 0) {
		if ((size_t)(end - sig) < size + 56 ||
		    !plain_sizes(sig + size, &next_len) ||
		    (check && plain_lms(key, sig, size, sig + size,
					next_len) != size))
			return false;
		if (ledger)
			plain_note(ledger, key + 8, sig, size, sig + size,
				   next_len);
		key = sig + size;
		sig += size + next_len;
		size = plain_sizes(key, &key_len);
	}
	if (sig + size != end ||
	    (check && plain_lms(key, sig, size, data, data_len) != size))
		return false;
	return !ledger || plain_note(ledger, key + 8, sig, size, data,
				     data_len);
}

#endif /* TESTS_HSS_PLAIN_H */
