// SPDX-License-Identifier: MIT
/*
 * LMS and HSS against values from elsewhere (see vectors/lms/README.md), with
 * every engine that this CPU has.
 */
#include <openssl/sha.h>

#include "../cores/sha256.h"
#include "lms_key.h"
#include "lms_vectors.h"
#include "tap.h"

static struct lms_vector v;
static uint8_t public[CRYPTECH_HSS_PUBLIC_MAX], message[4096];
static size_t public_len, message_len;
static uint8_t signature[LMS_VECTOR_BYTES];

static int verify(const uint8_t *sig, size_t len, size_t cut)
{
	struct hss_verify *verify;
	int error;

	error = hss_verify_begin(&verify, public, public_len, sig, len);
	if (error)
		return error;
	EXPECT_EQ(hss_verify_update(verify, message, cut), 0);
	EXPECT_EQ(hss_verify_update(verify, message + cut, message_len - cut),
		  0);
	return hss_verify_final(verify);
}

static void take_public(void)
{
	public_len = v.len;
	memcpy(public, v.data, v.len);
}

static void take_message(void)
{
	message_len = v.len;
	memcpy(message, v.data, v.len);
}

static bool is_shake(const uint8_t *hss_public)
{
	return hss_public[7] >= 0x0f;
}

/* RFC 8554, appendix F, and RFC 9858's sets; SHAKE is not ours. */
static void rfc_signatures(void)
{
	unsigned int seen = 0, unsupported = 0;

	REQUIRE(lms_vector_open(&v, "hss_lms_verify.vec"));
	while (lms_vector_next(&v)) {
		if (lms_vector_is(&v, "PublicKey"))
			take_public();
		if (lms_vector_is(&v, "Msg"))
			take_message();
		if (!lms_vector_is(&v, "Signature"))
			continue;
		seen++;
		if (is_shake(public)) {
			unsupported++;
			EXPECT_EQ(verify(v.data, v.len, 0),
				  CRYPTECH_ERR_UNSUPPORTED_KEY);
			continue;
		}
		EXPECT_EQ(verify(v.data, v.len, message_len / 3), 0);
		message[message_len / 2] ^= 1;
		EXPECT_EQ(verify(v.data, v.len, 0),
			  CRYPTECH_ERR_INVALID_SIGNATURE);
	}
	EXPECT_EQ(seen, 5);
	EXPECT_EQ(unsupported, 2);
}

static void cisco_signatures(void)
{
	static const char *const files[] = {
		"5_1", "5_2", "5_8", "10_4", "10_8", "15_4", "5_4-5_4",
		"10_4-10_4", "5_8-5_8-5_8",
	};
	unsigned int seen = 0;
	char name[64];

	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		snprintf(name, sizeof(name), "cisco/%s.json", files[i]);
		REQUIRE(lms_vector_open(&v, name));
		while (lms_vector_next(&v)) {
			if (lms_vector_is(&v, "public"))
				take_public();
			if (lms_vector_is(&v, "message"))
				take_message();
			if (!lms_vector_is(&v, "signature"))
				continue;
			seen++;
			EXPECT_EQ(verify(v.data, v.len, seen % message_len), 0);
			message[0] ^= 0x80;
			EXPECT_EQ(verify(v.data, v.len, 0),
				  CRYPTECH_ERR_INVALID_SIGNATURE);
		}
	}
	EXPECT_EQ(seen, 27);
}

/* Single trees from their seeds: I, q and the signature's hash are given. */
static void exact_trees(void)
{
	struct lms_key key = { .nodes = NULL };
	struct xdr_reader r;
	struct lms_public parts;
	uint8_t digest[32], seed[32];
	unsigned int seen = 0;
	uint32_t q = 0;

	REQUIRE(lms_vector_open(&v, "lms.vec"));
	while (lms_vector_next(&v)) {
		if (lms_vector_is(&v, "Seed"))
			memcpy(seed, v.data, sizeof(seed));
		if (lms_vector_is(&v, "Msg"))
			take_message();
		if (lms_vector_is(&v, "q"))
			q = strtoul(v.text, NULL, 10);
		if (lms_vector_is(&v, "PublicKey")) {
			xdr_reader_init(&r, v.data, v.len);
			REQUIRE(lms_get_public(&r, &parts));
			key.params = parts.params;
			memcpy(key.id, parts.id, LMS_ID_SIZE);
			memcpy(key.seed, seed, sizeof(seed));
			lms_key_make(&key);
			EXPECT_MEM(lms_key_node(&key, 1), parts.root, 32);
		}
		if (!lms_vector_is(&v, "HashSig"))
			continue;
		EXPECT(lms_key_sign(&key, q, message, message_len, signature));
		SHA256(signature, lms_signature_size(&key.params), digest);
		EXPECT_MEM(digest, v.data, 32);
		lms_key_free(&key);
		seen++;
	}
	EXPECT_EQ(seen, 3);
}

/*
 * The tree below leaf @q, as Cisco's "secret method 2" has it: seed and I are
 * hashes of the parent's seed with tags of their own.
 */
static void descend(struct lms_key *key, uint32_t q,
		    const struct lms_params *params)
{
	uint8_t text[16 + 4 + 2 + 1 + 32], digest[32], id[LMS_ID_SIZE];

	memcpy(text, key->id, 16);
	lms_key_u32(text + 16, q);
	memcpy(text + 20, "\xff\xff\xff", 3);
	memcpy(text + 23, key->seed, 32);
	SHA256(text, sizeof(text), digest);
	memcpy(id, digest, LMS_ID_SIZE);
	text[21] = 0xfe;
	SHA256(text, sizeof(text), key->seed);
	memcpy(key->id, id, LMS_ID_SIZE);
	key->params = *params;
}

/* Makes the signature number @index of @levels levels anew; its length. */
static size_t sign_all(const uint8_t *private, unsigned int levels,
		       uint64_t index)
{
	struct lms_params params[CRYPTECH_HSS_LEVELS_MAX];
	struct lms_key above, key = { .nodes = NULL };
	uint8_t below[CRYPTECH_LMS_PUBLIC_MAX];
	uint32_t q[CRYPTECH_HSS_LEVELS_MAX];
	uint8_t *out = signature;
	unsigned int i;

	for (i = 0; i < levels; i++)
		EXPECT(lms_params(&params[i], private[12 + 8 * i + 3],
				  private[12 + 8 * i + 7]));
	for (i = levels; i--; index >>= params[i].h)
		q[i] = index & ((1u << params[i].h) - 1);
	key.params = params[0];
	memcpy(key.seed, private + 12 + 8 * levels, 32);
	memcpy(key.id, private + 12 + 8 * levels + 32, LMS_ID_SIZE);
	out = lms_key_u32(out, levels - 1);
	lms_key_make(&key);
	for (i = 0; i + 1 < levels; i++) {
		above = key;
		descend(&key, q[i], &params[i + 1]);
		lms_key_make(&key);
		lms_key_public(&key, below);
		EXPECT(lms_key_sign(&above, q[i], below,
				    lms_public_size(&key.params), out));
		out += lms_signature_size(&above.params);
		memcpy(out, below, lms_public_size(&key.params));
		out += lms_public_size(&key.params);
		if (!i) {
			lms_key_u32(public, levels);
			lms_key_public(&above, public + 4);
			public_len = 4 + lms_public_size(&above.params);
		}
		lms_key_free(&above);
	}
	EXPECT(lms_key_sign(&key, q[i], message, message_len, out));
	out += lms_signature_size(&key.params);
	lms_key_free(&key);
	return out - signature;
}

/* Known answers of whole HSS keys: all levels rebuilt from the root's seed. */
static void exact_levels(void)
{
	unsigned int seen = 0, levels = 0;
	uint8_t private[256];
	size_t len;

	REQUIRE(lms_vector_open(&v, "hss_lms_sig.vec"));
	while (lms_vector_next(&v)) {
		if (lms_vector_is(&v, "PrivateKey")) {
			REQUIRE(v.len <= sizeof(private));
			memcpy(private, v.data, v.len);
			levels = private[3];
			REQUIRE(v.len == 12 + 8 * levels + 32 + 16);
		}
		if (lms_vector_is(&v, "Msg"))
			take_message();
		if (!lms_vector_is(&v, "Signature"))
			continue;
		len = sign_all(private, levels, private[11]);
		EXPECT_EQ(len, v.len);
		EXPECT_MEM(signature, v.data, v.len);
		EXPECT_EQ(verify(v.data, v.len, 1), 0);
		seen++;
	}
	EXPECT_EQ(seen, 2);
}

/* Each set of one-time parameters, signed and verified. */
static void all_sets(void)
{
	struct lms_key key = { .nodes = NULL };

	message_len = 100;
	for (uint32_t lmots = 1; lmots <= 8; lmots++) {
		uint32_t lms = lmots <= 4 ? 5 : 10;

		REQUIRE(lms_params(&key.params, lms, lmots));
		EXPECT(!lms_params(&key.params, lms, (lmots + 3) % 8 + 1));
		REQUIRE(lms_params(&key.params, lms, lmots));
		memset(key.id, (int)lmots, LMS_ID_SIZE);
		memset(key.seed, 0x5a, sizeof(key.seed));
		lms_key_make(&key);
		lms_key_u32(public, 1);
		lms_key_public(&key, public + 4);
		public_len = 4 + lms_public_size(&key.params);
		lms_key_u32(signature, 0);
		for (uint32_t q = 0; q < 32; q += 31) {
			message[q] ^= 1;
			EXPECT(lms_key_sign(&key, q, message, message_len,
					    signature + 4));
			EXPECT_EQ(verify(signature,
					 hss_signature_size(&key.params, 1),
					 50), 0);
		}
		lms_key_free(&key);
	}
}

/* Leaves, nodes, seeds do not depend on how many are asked for at once. */
static void pieces(void)
{
	uint8_t seeds[40][LMS_N_MAX], leaves[40 * 32], one[32], two[2][32];
	struct lms_params params;
	uint8_t id[LMS_ID_SIZE] = { 7 }, nodes[20 * 32];

	REQUIRE(lms_params(&params, 0x0a, 0x07));
	for (unsigned int i = 0; i < 40; i++)
		memset(seeds[i], (int)i, LMS_N_MAX);
	lms_leaves(&params, id, 100, 37, seeds[0], LMS_N_MAX, leaves);
	for (unsigned int i = 0; i < 37; i++) {
		lms_leaves(&params, id, 100 + i, 1, seeds[i], 0, one);
		EXPECT_MEM(one, leaves + i * 24, 24);
	}
	lms_nodes(&params, id, 50, 18, leaves, nodes);
	for (unsigned int i = 0; i < 18; i++) {
		lms_nodes(&params, id, 50 + i, 1, leaves + i * 48, one);
		EXPECT_MEM(one, nodes + i * 24, 24);
	}
	lms_nodes(&params, id, 50, 18, leaves, leaves);
	EXPECT_MEM(leaves, nodes, 18 * 24);
	/* a child may take its parent's place */
	lms_seed_children(&params, id, 9, seeds[1], two[0], two[1]);
	memcpy(one, seeds[1], 32);
	lms_seed_children(&params, id, 9, one, one, leaves);
	EXPECT_MEM(one, two[0], 24);
	EXPECT_MEM(leaves, two[1], 24);
	lms_seed_children(&params, id, 9, seeds[1], leaves, seeds[1]);
	EXPECT_MEM(leaves, two[0], 24);
	EXPECT_MEM(seeds[1], two[1], 24);
}

/* The definition in lms.h, by libcrypto. */
static void seeds(void)
{
	uint8_t text[55], digest[32], children[2][32], c[32];
	struct lms_params params;

	for (uint32_t n = 24; n <= 32; n += 8) {
		REQUIRE(lms_params_of(&params, n, 5, 4));
		for (unsigned int i = 0; i < sizeof(text); i++)
			text[i] = (uint8_t)(i * 7);
		lms_seed_children(&params, text, 0x01020304, text + 23,
				  children[0], children[1]);
		lms_randomizer(&params, text, 0x01020304, text + 23, c);
		memcpy(text + 16, "\x02\x04\x06\x08\xe4\xe4\xff", 7);
		SHA256(text, 23 + n, digest);
		EXPECT_MEM(children[0], digest, n);
		text[19]++;
		SHA256(text, 23 + n, digest);
		EXPECT_MEM(children[1], digest, n);
		memcpy(text + 16, "\x01\x02\x03\x04\xff\xfd\xff", 7);
		SHA256(text, 23 + n, digest);
		EXPECT_MEM(c, digest, n);
	}
}

static void with_engine(void (*test)(void), const char *name)
{
	char what[64];

	for (unsigned int i = 0; sha256_engines[i]; i++) {
		if (!sha256_use(sha256_engines[i]->name)) {
			printf("# this CPU cannot use %s\n",
			       sha256_engines[i]->name);
			continue;
		}
		snprintf(what, sizeof(what), "%s %s", name,
			 sha256_engines[i]->name);
		tap_run(test, what);
	}
}

#define RUN_EACH(test) with_engine(test, #test)

int main(void)
{
	printf("# engine of choice: %s\n", sha256_engine()->name);
	RUN_EACH(rfc_signatures);
	RUN_EACH(cisco_signatures);
	RUN_EACH(exact_trees);
	RUN_EACH(exact_levels);
	RUN_EACH(all_sets);
	RUN_EACH(pieces);
	RUN_EACH(seeds);
	return tap_done();
}
