// SPDX-License-Identifier: MIT
/*
 * HSS signatures that are not quite right. All that the verifier is given lies in
 * memory of just its length, for the sanitizer to watch.
 */
#include "../cores/sha256.h"
#include "lms_key.h"
#include "tap.h"

#define LEVELS	CRYPTECH_HSS_LEVELS_MAX

static const uint8_t text[] = "What is signed once, is signed once.";

/* A signature that is right, and its public key. */
static struct signed_text {
	uint8_t public[CRYPTECH_HSS_PUBLIC_MAX];
	size_t public_len;
	uint8_t signature[32768];
	size_t len;
} made;

static void *copy(const void *data, size_t len)
{
	void *p = malloc(len ? len : 1);

	if (!p)
		abort();
	return memcpy(p, data, len);
}

static int verify_text(const struct signed_text *s, const uint8_t *message,
		       size_t message_len)
{
	uint8_t *public = copy(s->public, s->public_len);
	uint8_t *signature = copy(s->signature, s->len);
	struct hss_verify *verify = NULL;
	int error;

	error = hss_verify_begin(&verify, public, s->public_len, signature,
				 s->len);
	free(public);
	free(signature);
	if (error)
		return error;
	error = hss_verify_update(verify, message, message_len);
	if (error) {
		hss_verify_abort(verify);
		return error;
	}
	return hss_verify_final(verify);
}

static int verify(const struct signed_text *s)
{
	return verify_text(s, text, sizeof(text));
}

static void set_key(struct lms_key *key, const char *set, unsigned int level)
{
	struct lms_params params[LEVELS];
	unsigned int levels;

	if (!hss_parse(set, &levels, params) || level >= levels)
		abort();
	key->params = params[level];
	memset(key->id, 0x11 * (level + 1), LMS_ID_SIZE);
	memset(key->seed, 0x22 + level, sizeof(key->seed));
	lms_key_make(key);
}

/* Level by level, from the root, each with another leaf. */
static void make(const char *set)
{
	uint8_t below[CRYPTECH_LMS_PUBLIC_MAX], *out;
	struct lms_key above, key;
	struct lms_params params[LEVELS];
	unsigned int levels;

	if (!hss_parse(set, &levels, params))
		abort();
	set_key(&key, set, 0);
	lms_key_u32(made.public, levels);
	lms_key_public(&key, made.public + 4);
	made.public_len = 4 + lms_public_size(&key.params);
	out = lms_key_u32(made.signature, levels - 1);
	for (unsigned int i = 1; i < levels; i++) {
		size_t size;

		above = key;
		set_key(&key, set, i);
		lms_key_public(&key, below);
		size = lms_public_size(&key.params);
		EXPECT(lms_key_sign(&above, 31 - i, below, size, out));
		out += lms_signature_size(&above.params);
		memcpy(out, below, size);
		out += size;
		lms_key_free(&above);
	}
	EXPECT(lms_key_sign(&key, 5, text, sizeof(text), out));
	out += lms_signature_size(&key.params);
	lms_key_free(&key);
	made.len = out - made.signature;
	EXPECT_EQ(made.len, hss_signature_size(params, levels));
	EXPECT_EQ(verify(&made), 0);
}

/* Flip bit after bit of @data, which is in `made`; count what was let pass. */
static void flip(uint8_t *data, size_t len, unsigned int bits)
{
	for (size_t i = 0; i < len; i++) {
		for (unsigned int bit = 0; bit < bits; bit++) {
			unsigned int which = bits == 8 ? bit : (i * 5 + bit) % 8;
			int error;

			data[i] ^= 1u << which;
			error = verify(&made);
			data[i] ^= 1u << which;
			if (error == CRYPTECH_ERR_INVALID_SIGNATURE ||
			    (error == CRYPTECH_ERR_UNSUPPORTED_KEY &&
			     data == made.public))
				continue;
			if (tap_tell())
				printf("# byte %zu, bit %u: %d\n", i, which,
				       error);
		}
	}
	EXPECT_EQ(verify(&made), 0);
}

static void every_bit(void)
{
	make("5/4/24");
	flip(made.signature, made.len, 8);
	flip(made.public, made.public_len, 8);
}

static void every_byte_of_two_levels(void)
{
	make("5/2/24,5/4/24");
	flip(made.signature, made.len, 1);
	flip(made.public, made.public_len, 8);
}

static void every_byte_of_three_levels(void)
{
	make("5/8,5/8,5/8");
	flip(made.signature, made.len, 1);
	flip(made.public, made.public_len, 8);
}

/* Cut anywhere, with a byte more, twice. */
static void every_length(void)
{
	static struct signed_text s;

	make("5/2/24,5/4/24");
	s = made;
	for (s.len = 0; s.len < made.len; s.len++)
		EXPECT_EQ(verify(&s), CRYPTECH_ERR_INVALID_SIGNATURE);
	EXPECT_EQ(verify(&s), 0);
	for (unsigned int byte = 0; byte < 256; byte += 255) {
		s.signature[made.len] = byte;
		s.len = made.len + 1;
		EXPECT_EQ(verify(&s), CRYPTECH_ERR_INVALID_SIGNATURE);
	}
	memcpy(s.signature + made.len, made.signature, made.len);
	s.len = 2 * made.len;
	EXPECT_EQ(verify(&s), CRYPTECH_ERR_INVALID_SIGNATURE);
	s = made;
	for (s.public_len = 0; s.public_len < made.public_len; s.public_len++)
		EXPECT_EQ(verify(&s), CRYPTECH_ERR_UNSUPPORTED_KEY);
	s.public_len++;
	EXPECT_EQ(verify(&s), CRYPTECH_ERR_UNSUPPORTED_KEY);
}

/* Levels of different sets: their chains cannot all run together. */
static void mixed_levels(void)
{
	make("5/8,5/4/24,5/2/24,5/1,5/4");
	flip(made.signature, 16, 8);
	flip(made.signature + made.len - 16, 16, 8);
	make("5/8,5/8,5/8,5/8,5/8,5/8,5/8,5/8");
	flip(made.signature, 16, 8);
	flip(made.signature + made.len - 16, 16, 8);
}

static void put_u32(uint8_t *p, uint32_t value)
{
	lms_key_u32(p, value);
}

/* Numbers that no bit flip makes. */
static void numbers(void)
{
	static const uint32_t values[] = {
		0, 1, 2, 4, 8, 9, 0x0f, 0x7fffffff, 0x80000000, 0xffffffff,
	};
	static struct signed_text s;
	struct lms_params params;

	make("5/4");
	REQUIRE(lms_params_of(&params, 32, 5, 4));
	for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++) {
		s = made;
		if (values[i] != 1) {
			put_u32(s.public, values[i]);
			EXPECT(verify(&s) != 0);
		}
		for (size_t at = 0; at < 12; at += 4) {
			s = made;
			if (!memcmp(s.signature + at, (uint8_t[4]){
					values[i] >> 24, values[i] >> 16 & 255,
					values[i] >> 8 & 255, values[i] & 255
				    }, 4))
				continue;
			put_u32(s.signature + at, values[i]);
			EXPECT_EQ(verify(&s), CRYPTECH_ERR_INVALID_SIGNATURE);
		}
		s = made;
		put_u32(s.signature + 8 + lmots_signature_size(&params),
			values[i]);
		EXPECT_EQ(verify(&s), CRYPTECH_ERR_INVALID_SIGNATURE);
	}
	/* beyond the last leaf, with the path of the one it would be */
	s = made;
	put_u32(s.signature + 4, 32 + 5);
	EXPECT_EQ(verify(&s), CRYPTECH_ERR_INVALID_SIGNATURE);
	/* the key itself, one level higher */
	s = made;
	put_u32(s.public, 2);
	put_u32(s.signature, 1);
	EXPECT_EQ(verify(&s), CRYPTECH_ERR_INVALID_SIGNATURE);
}

/* In any pieces; of other texts; given up. */
static void messages(void)
{
	struct hss_verify *verify;

	make("5/8,5/8");
	for (size_t piece = 1; piece <= sizeof(text); piece++) {
		REQUIRE(!hss_verify_begin(&verify, made.public,
					  made.public_len, made.signature,
					  made.len));
		for (size_t at = 0; at < sizeof(text); at += piece)
			EXPECT_EQ(hss_verify_update(verify, text + at,
						    at + piece < sizeof(text) ?
						    piece : sizeof(text) - at),
				  0);
		EXPECT_EQ(hss_verify_final(verify), 0);
	}
	EXPECT_EQ(verify_text(&made, text, sizeof(text) - 1),
		  CRYPTECH_ERR_INVALID_SIGNATURE);
	EXPECT_EQ(verify_text(&made, text, 0), CRYPTECH_ERR_INVALID_SIGNATURE);
	EXPECT_EQ(verify_text(&made, (const uint8_t *)"W", 1),
		  CRYPTECH_ERR_INVALID_SIGNATURE);
	REQUIRE(!hss_verify_begin(&verify, made.public, made.public_len,
				  made.signature, made.len));
	EXPECT_EQ(hss_verify_update(verify, text, 3), 0);
	hss_verify_abort(verify);
	hss_verify_abort(NULL);
}

int main(void)
{
	printf("# engine: %s\n", sha256_engine()->name);
	RUN(every_bit);
	RUN(every_byte_of_two_levels);
	RUN(every_byte_of_three_levels);
	RUN(every_length);
	RUN(mixed_levels);
	RUN(numbers);
	RUN(messages);
	return tap_done();
}
