// SPDX-License-Identifier: MIT
#include <stdlib.h>
#include <string.h>

#include "hs_cores.h"
#include "hs_heap.h"
#include "nor.h"

static uint64_t mix(uint64_t h, const void *data, size_t len)
{
	const uint8_t *p = data;

	for (size_t i = 0; i < len; i++)
		h = (h ^ p[i]) * UINT64_C(0x100000001b3) + (h >> 47);
	return h;
}

static void stretch(uint64_t h, uint8_t *out, size_t len)
{
	for (size_t i = 0; i < len; i += 8) {
		uint64_t r = nor_random(&h);

		memcpy(out + i, &r, len - i < 8 ? len - i : 8);
	}
}

/* --- wrapping ------------------------------------------------------------ */

#define PLAIN_MAX 64

struct wrap {
	struct wrap *next;	/* in its bucket */
	uint8_t kek[32];
	size_t len, wrapped_len;
	uint8_t plain[PLAIN_MAX], wrapped[PLAIN_MAX + 8];
};

#define BUCKETS 65536

static struct wrap *wraps[BUCKETS];

void (*hs_wrap_seen)(const uint8_t *plain, size_t len, const uint8_t *wrapped,
		     size_t wrapped_len);

static struct wrap **bucket(const uint8_t *wrapped)
{
	return &wraps[(wrapped[0] | wrapped[1] << 8) % BUCKETS];
}

static struct wrap *find_wrap(const uint8_t *kek, const uint8_t *wrapped,
			      size_t wrapped_len)
{
	struct wrap *w = *bucket(wrapped);

	while (w && (w->wrapped_len != wrapped_len ||
		     memcmp(w->wrapped, wrapped, wrapped_len) ||
		     memcmp(w->kek, kek, sizeof(w->kek))))
		w = w->next;
	return w;
}

int core_wrap(const uint8_t kek[32], const void *plain, size_t len,
	      uint8_t *wrapped)
{
	size_t wrapped_len = core_wrap_size(len);
	struct wrap *w;

	if (len > PLAIN_MAX)
		return CRYPTECH_ERR_BAD_ARGUMENTS;
	stretch(mix(mix(1, kek, 32), plain, len), wrapped, wrapped_len);
	if (find_wrap(kek, wrapped, wrapped_len))
		return 0;
	/* Plain text that is nobody's fault: unseen by hs_heap. */
	w = hs_heap_hidden(sizeof(*w));
	if (!w)
		return CRYPTECH_ERR_ALLOCATION_FAILURE;
	memcpy(w->kek, kek, sizeof(w->kek));
	memcpy(w->plain, plain, len);
	memcpy(w->wrapped, wrapped, wrapped_len);
	w->len = len;
	w->wrapped_len = wrapped_len;
	w->next = *bucket(wrapped);
	*bucket(wrapped) = w;
	if (hs_wrap_seen)
		hs_wrap_seen(plain, len, wrapped, wrapped_len);
	return 0;
}

int core_unwrap(const uint8_t kek[32], const uint8_t *wrapped,
		size_t wrapped_len, uint8_t *plain, size_t *len)
{
	const struct wrap *w = find_wrap(kek, wrapped, wrapped_len);

	if (!w)
		return CRYPTECH_ERR_KEYWRAP_BAD_MAGIC;
	memcpy(plain, w->plain, w->len);
	*len = w->len;
	return 0;
}

void hs_wraps_forget(void)
{
	for (size_t i = 0; i < BUCKETS; i++) {
		while (wraps[i]) {
			struct wrap *w = wraps[i];

			wraps[i] = w->next;
			free(w);
		}
	}
}

/* --- hashing ------------------------------------------------------------- */

struct core_hash {
	uint64_t state;
	size_t len;
};

struct core_hash *core_hash_new(enum cryptech_digest digest, const void *key,
				size_t key_len)
{
	struct core_hash *hash = malloc(sizeof(*hash));

	if (!hash)
		return NULL;
	hash->len = core_digest_size(digest);
	hash->state = mix(2 + key_len, key, key_len);
	return hash;
}

int core_hash_update(struct core_hash *hash, const void *data, size_t len)
{
	hash->state = mix(hash->state, data, len);
	return 0;
}

int core_hash_final(struct core_hash *hash, uint8_t *digest)
{
	stretch(hash->state, digest, hash->len);
	return 0;
}

void core_hash_free(struct core_hash *hash)
{
	if (!hash)
		return;
	core_wipe(hash, sizeof(*hash));
	free(hash);
}

size_t core_digest_size(enum cryptech_digest digest)
{
	return digest == CRYPTECH_DIGEST_SHA256 ? 32 : 0;
}

int core_kdf(const uint8_t key[32], const char *label, uint8_t out[32])
{
	stretch(mix(mix(3, key, 32), label, strlen(label)), out, 32);
	return 0;
}

/* --- memory, random numbers ---------------------------------------------- */

static uint64_t random_state = 1;

void hs_random_seed(uint64_t seed)
{
	random_state = seed;
}

int core_random(void *data, size_t len)
{
	stretch(nor_random(&random_state), data, len);
	return 0;
}

void core_wipe(void *data, size_t len)
{
	explicit_bzero(data, len);
}

bool core_equal(const void *a, const void *b, size_t len)
{
	return memcmp(a, b, len) == 0;
}
