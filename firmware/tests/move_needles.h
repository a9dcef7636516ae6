/* SPDX-License-Identifier: MIT */
/*
 * What move_secrets.c looks for: secrets that were drawn, and all that follows
 * from them, computed by libcrypto alone.
 */
#ifndef TESTS_MOVE_NEEDLES_H
#define TESTS_MOVE_NEEDLES_H

#include <openssl/hmac.h>

#include "../hsm/internal.h"
#include "backup_hss.h"

#define N		32
#define P		34		/* chains of a leaf, W8 */
#define NODES		64
#define TREES		8
#define NEEDLES		16384
#define SLOTS		65536		/* a power of two */

/* --- what is looked for --------------------------------------------------- */

enum kind { SEED, CHAIN, BODY, KEK_, KP, PRIVATE, KINDS };
static const char *const names[] = {
	"seed", "chain's beginning", "body", "KEK", "Kp", "KEKEK",
};

struct needle {
	uint8_t bytes[384];
	size_t len;
	enum kind kind;
	unsigned int tree;
	uint32_t node;
	bool wrapped;
};

static struct needle needles[NEEDLES];
static unsigned int needle_count;
static uint16_t table[SLOTS];		/* needles by their first bytes, + 1 */

static uint64_t key_of(const uint8_t *bytes)
{
	uint64_t key;

	memcpy(&key, bytes, sizeof(key));
	return key;
}

/* Where the needles are that begin so; *slot 0 ends them. */
static uint32_t slot_of(const uint8_t *bytes)
{
	return (key_of(bytes) * UINT64_C(0x9e3779b97f4a7c15)) >> 48;
}

static const struct needle *find(const uint8_t *bytes, size_t left)
{
	uint32_t slot = slot_of(bytes);

	for (; table[slot]; slot = (slot + 1) % SLOTS) {
		const struct needle *n = &needles[table[slot] - 1];

		if (n->len <= left && !memcmp(n->bytes, bytes, n->len))
			return n;
	}
	return NULL;
}

static void add(const struct needle *like, const void *bytes, size_t len)
{
	struct needle *n = &needles[needle_count];
	uint32_t slot = slot_of(bytes);

	if (needle_count == NEEDLES || len > sizeof(n->bytes))
		abort();
	if (find(bytes, len))
		return;
	*n = *like;
	memcpy(n->bytes, bytes, len);
	n->len = len;
	while (table[slot])
		slot = (slot + 1) % SLOTS;
	table[slot] = ++needle_count;
}

static void add_kind(enum kind kind, const void *bytes, size_t len)
{
	const struct needle like = { .kind = kind };

	add(&like, bytes, len);
}

/* --- what follows from what is drawn -------------------------------------- */

struct drawn {
	uint8_t id[16];
	uint8_t seed[NODES][N];
};
static struct drawn trees[TREES];
static unsigned int tree_count;
static uint8_t kp[32], der[4096];
static size_t der_len;

/* H(I | u32 number | u16 tag | 0xff | seed), by the text in hashsig/lms.h. */
static void from_seed(const struct drawn *t, uint32_t number, uint32_t tag,
		      const uint8_t *seed, uint8_t out[N])
{
	const uint8_t middle[] = {
		number >> 24, number >> 16, number >> 8, number,
		tag >> 8, tag, 0xff,
	};
	uint8_t text[16 + sizeof(middle) + N];

	memcpy(text, t->id, 16);
	memcpy(text + 16, middle, sizeof(middle));
	memcpy(text + 16 + sizeof(middle), seed, N);
	EVP_Digest(text, sizeof(text), out, NULL, EVP_sha256(), NULL);
}

static void note_tree(void)
{
	struct drawn *t = &trees[tree_count];
	struct needle like = { .tree = tree_count };
	uint8_t x[N];

	for (uint32_t r = 1; r < NODES; r++) {
		if (r > 1)
			from_seed(t, r, 0xe4e4, t->seed[r / 2], t->seed[r]);
		like.kind = SEED;
		like.node = r;
		add(&like, t->seed[r], N);
		like.kind = CHAIN;
		for (uint32_t i = 0; r >= LEAVES && i < P; i++) {
			from_seed(t, r - LEAVES, i, t->seed[r], x);
			add(&like, x, N);
		}
	}
	tree_count++;
}

/* Kp, and the key of the package that is made of it. */
static void note_kp(void)
{
	uint8_t text[16 + UUID_SIZE + 32], kek[32];

	memcpy(text, "cryptech park v1", 16);
	memcpy(text + 16, uuid, UUID_SIZE);
	memcpy(text + 16 + UUID_SIZE, kp, 32);
	HMAC(EVP_sha256(), SOURCE->box.hsm->k_raw_hashsig, 32, text,
	     sizeof(text), kek, NULL);
	add_kind(KP, kp, sizeof(kp));
	add_kind(KEK_, kek, sizeof(kek));
}

/* d and the primes, as in the DER and as libcrypto's words have them. */
static void note_private(void)
{
	static const char *const numbers[] = {
		"d", "rsa-factor1", "rsa-factor2", "rsa-exponent1",
		"rsa-exponent2", "rsa-coefficient1",
	};
	const uint8_t *p = der;
	EVP_PKEY *key = d2i_AutoPrivateKey(NULL, &p, (long)der_len);
	uint8_t bytes[384];

	for (unsigned int i = 0; i < 6; i++) {
		BIGNUM *number = NULL;
		int len;

		if (!EVP_PKEY_get_bn_param(key, numbers[i], &number))
			abort();
		len = BN_bn2bin(number, bytes);
		add_kind(PRIVATE, bytes, len);
		BN_bn2lebinpad(number, bytes, len);
		add_kind(PRIVATE, bytes, len);
		BN_clear_free(number);
	}
	EVP_PKEY_free(key);
}

#endif /* TESTS_MOVE_NEEDLES_H */
