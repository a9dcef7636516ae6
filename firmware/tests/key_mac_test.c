// SPDX-License-Identifier: MIT
/*
 * AES-GCM, AES-CMAC and HMAC in the HSM: who may what with which key, IVs,
 * states of MACs, and messages as long as they may be.
 */
#include "key_box.h"

#define UUID	(size_t)CRYPTECH_UUID_SIZE
#define CIPHERS	CRYPTECH_KEY_FLAG_DATAENCIPHERMENT
#define CALLER	CRYPTECH_KEY_FLAG_CALLER_IV
#define STATE	CRYPTECH_MAC_STATE_SIZE
#define MAX	CRYPTECH_RPC_MESSAGE_MAX

static struct bytes uuid, value, iv, text, wanted, tag, state;
static uint8_t large[MAX], copy[MAX];
static const uint8_t *out;	/* of the last gcm() */
static size_t out_len;
static const uint8_t zeros[512];

static int load(uint32_t type, uint32_t flags)
{
	return result_bytes(ask(&box, ME, CRYPTECH_RPC_KEY_LOAD_RAW, "ouous",
				"", (size_t)0, type, value.data, value.len,
				flags, "secret"), &uuid);
}

static int generate(uint32_t type, uint32_t flags)
{
	return result_bytes(ask(&box, ME, CRYPTECH_RPC_KEY_GENERATE, "ouus",
				"", (size_t)0, type, flags, ""), &uuid);
}

/* The next opaque of the results. */
static void take(struct bytes *to)
{
	const uint8_t *data = xdr_get_opaque(&box.results, &to->len);

	if (data && to->len <= sizeof(to->data))
		memcpy(to->data, data, to->len);
}

/* --- GCM ------------------------------------------------------------------------ */

static int seal(size_t iv_len, const void *aad, size_t aad_len,
		const void *data, size_t len)
{
	int error = ask(&box, ME, CRYPTECH_RPC_GCM_ENCRYPT, "oooo", uuid.data,
			UUID, iv.data, iv_len, aad, aad_len, data, len);

	if (error)
		return error;
	take(&iv);
	out = xdr_get_opaque(&box.results, &out_len);
	take(&tag);
	return xdr_reader_done(&box.results) && iv.len == 12 &&
	       out_len == len && tag.len == 16 ? 0 : -1;
}

static int open_sealed(const void *aad, size_t aad_len, const void *data,
		       size_t len)
{
	int error = ask(&box, ME, CRYPTECH_RPC_GCM_DECRYPT, "ooooo",
			uuid.data, UUID, iv.data, iv.len, aad, aad_len, data,
			len, tag.data, tag.len);

	if (error)
		return error;
	out = xdr_get_opaque(&box.results, &out_len);
	return xdr_reader_done(&box.results) && out_len == len ? 0 : -1;
}

/* With the vector's IV, in memory and in flash; refused with any but its tag. */
static void gcm_vectors(void)
{
	static struct vector v;
	struct bytes aad, right;
	uint32_t type, flags;

	REQUIRE(key_box_fresh(false));
	REQUIRE(vector_open(&v, "nist_gcm.txt"));
	while (vector_next(&v)) {
		vector_bytes(&v, 2, &value);
		vector_bytes(&v, 3, &iv);
		vector_bytes(&v, 4, &aad);
		vector_bytes(&v, 5, &text);
		vector_bytes(&v, 6, &wanted);
		vector_bytes(&v, 7, &right);
		tag = right;
		type = CRYPTECH_KEY_FAMILY_AES_GCM << 16 |
		       (uint32_t)value.len * 8;
		flags = CIPHERS | CALLER | (v.read % 10 ? 0 : TOKEN);
		REQUIRE(!load(type, flags));
		if (vector_is(&v, "invalid")) {
			EXPECT_EQ(open_sealed(aad.data, aad.len, wanted.data,
					      wanted.len),
				  CRYPTECH_ERR_INVALID_SIGNATURE);
			continue;
		}
		EXPECT_EQ(open_sealed(aad.data, aad.len, wanted.data,
				      wanted.len), 0);
		EXPECT(!memcmp(out, text.data, text.len));
		EXPECT_EQ(seal(12, aad.data, aad.len, text.data, text.len), 0);
		EXPECT(!memcmp(out, wanted.data, wanted.len));
		EXPECT_MEM(tag.data, right.data, 16);
	}
	EXPECT_EQ(v.read, 225);
}

/* The HSM's own IVs differ; the caller's is taken by flag alone. */
static void ivs(void)
{
	static uint8_t seen[300][12];

	REQUIRE(key_box_fresh(false));
	REQUIRE(!generate(CRYPTECH_KEY_AES256_GCM, CIPHERS));
	for (size_t i = 0; i < 300; i++) {
		REQUIRE(!seal(0, "aad", 3, "text", 4));
		memcpy(seen[i], iv.data, 12);
		for (size_t k = 0; k < i; k++)
			EXPECT(memcmp(seen[i], seen[k], 12) != 0);
		memcpy(copy, out, 4);
		EXPECT_EQ(open_sealed("aad", 3, copy, 4), 0);
		EXPECT(!memcmp(out, "text", 4));
	}
	for (size_t len = 1; len <= 20; len++)
		EXPECT_EQ(seal(len, "", 0, "text", 4), CRYPTECH_ERR_FORBIDDEN);
	REQUIRE(!generate(CRYPTECH_KEY_AES256_GCM, CIPHERS | CALLER));
	for (size_t len = 0; len <= 20; len++)
		EXPECT_EQ(seal(len, "", 0, "text", 4),
			  !len || len == 12 ? 0 : CRYPTECH_ERR_BAD_ARGUMENTS);
}

static void gcm_arguments(void)
{
	REQUIRE(key_box_fresh(false));
	REQUIRE(!generate(CRYPTECH_KEY_AES128_GCM, CIPHERS));
	REQUIRE(!seal(0, "", 0, "text", 4));
	memcpy(copy, out, 4);
	for (tag.len = 0; tag.len <= 20; tag.len++)
		EXPECT_EQ(open_sealed("", 0, copy, 4), tag.len == 16 ? 0 :
			  CRYPTECH_ERR_BAD_ARGUMENTS);
	tag.len = 16;
	for (iv.len = 0; iv.len <= 20; iv.len++)
		EXPECT_EQ(open_sealed("", 0, copy, 4), iv.len == 12 ? 0 :
			  CRYPTECH_ERR_BAD_ARGUMENTS);
	/* GCM's functions are the only door to a GCM key */
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_ENCRYPT, "ououo", uuid.data, UUID,
		      CRYPTECH_MODE_GCM, zeros, (size_t)16, 0, zeros,
		      (size_t)16), CRYPTECH_ERR_FORBIDDEN);
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_DECRYPT, "ououo", uuid.data, UUID,
		      CRYPTECH_MODE_CTR, zeros, (size_t)16, 0, zeros,
		      (size_t)16), CRYPTECH_ERR_FORBIDDEN);
}

/* 16,304 bytes of both together always go, as the manual says. */
static void gcm_lengths(void)
{
	static const size_t aads[] = { 0, 1, 3, 4, 300, 8001, 16304 };

	REQUIRE(key_box_fresh(false));
	REQUIRE(!generate(CRYPTECH_KEY_AES192_GCM, CIPHERS));
	for (size_t i = 0; i < MAX; i++)
		large[i] = (uint8_t)(i * i >> 5);
	for (size_t i = 0; i < sizeof(aads) / sizeof(*aads); i++) {
		size_t len = 16304 - aads[i];

		EXPECT_EQ(seal(0, large, aads[i], large, len), 0);
		memcpy(copy, out, len);
		EXPECT_EQ(open_sealed(large, aads[i], copy, len), 0);
		EXPECT(out_len == len && !memcmp(out, large, len));
		copy[len / 2] ^= 1;
		EXPECT_EQ(open_sealed(large, aads[i], copy, len),
			  len ? CRYPTECH_ERR_INVALID_SIGNATURE : 0);
	}
}

/* --- MACs ------------------------------------------------------------------------- */

static int mac_with(uint32_t word, const struct bytes *from, const void *data,
		    size_t len)
{
	int error = ask(&box, word, CRYPTECH_RPC_MAC, "ooo", uuid.data, UUID,
			from->data, from->len, data, len);

	return result_bytes(error, &tag);
}

static int update(const struct bytes *from, const void *data, size_t len,
		  struct bytes *to)
{
	return result_bytes(ask(&box, ME, CRYPTECH_RPC_MAC_UPDATE, "ooo",
				uuid.data, UUID, from->data, from->len, data,
				len), to);
}

static int verify(const struct bytes *from, const void *data, size_t len,
		  const void *mac, size_t mac_len)
{
	return ask(&box, ME, CRYPTECH_RPC_MAC_VERIFY, "oooo", uuid.data, UUID,
		   from->data, from->len, data, len, mac, mac_len);
}

static const struct bytes none;

static void mac_vector(uint32_t type, uint32_t flags)
{
	REQUIRE(!load(type, flags));
	EXPECT_EQ(verify(&none, text.data, text.len, wanted.data, wanted.len),
		  0);
	EXPECT_EQ(mac_with(ME, &none, text.data, text.len), 0);
	EXPECT_EQ(tag.len, wanted.len);
	EXPECT_MEM(tag.data, wanted.data, wanted.len);
	for (size_t i = 0; i <= wanted.len; i++) {
		if (i < wanted.len)
			EXPECT_EQ(verify(&none, text.data, text.len,
					 wanted.data, i),
				  CRYPTECH_ERR_INVALID_SIGNATURE);
		wanted.data[i % wanted.len] ^= 0x40;
		EXPECT_EQ(verify(&none, text.data, text.len, wanted.data,
				 wanted.len), CRYPTECH_ERR_INVALID_SIGNATURE);
		wanted.data[i % wanted.len] ^= 0x40;
	}
	EXPECT_EQ(verify(&none, text.data, text.len, wanted.data,
			 wanted.len + 1), CRYPTECH_ERR_INVALID_SIGNATURE);
}

static void mac_vectors(void)
{
	static struct vector v;

	REQUIRE(key_box_fresh(false));
	REQUIRE(vector_open(&v, "nist_cmac.txt"));
	while (vector_next(&v)) {
		vector_bytes(&v, 2, &value);
		vector_bytes(&v, 3, &text);
		vector_bytes(&v, 4, &wanted);
		mac_vector(CRYPTECH_KEY_FAMILY_AES_CMAC << 16 |
			   (uint32_t)value.len * 8, SIGNS);
	}
	REQUIRE(vector_open(&v, "rfc4231.txt"));
	while (vector_next(&v)) {
		vector_bytes(&v, 2, &value);
		vector_bytes(&v, 3, &text);
		vector_bytes(&v, 4, &wanted);
		if (value.len < CRYPTECH_HMAC_KEY_MIN) {
			EXPECT_EQ(load(CRYPTECH_KEY_HMAC_SHA256, SIGNS),
				  CRYPTECH_ERR_BAD_ARGUMENTS);
			continue;
		}
		mac_vector(CRYPTECH_KEY_FAMILY_HMAC << 16 |
			   (uint32_t)wanted.len * 8,
			   SIGNS | (v.read % 2 ? TOKEN : 0));
	}
}

/* By the longest messages there are, forked, and with the key in flash. */
static void parts(uint32_t type)
{
	const size_t step = 16256, middle = 8192, end = 300;
	struct bytes first, whole;

	REQUIRE(!generate(type, SIGNS | TOKEN));
	EXPECT_EQ(update(&none, large, step, &first), 0);
	EXPECT_EQ(first.len, STATE);
	EXPECT_EQ(update(&first, large, 128, &state), 0);
	EXPECT_EQ(mac_with(ME, &state, large, end), 0);
	whole = tag;
	/* the same message by other parts */
	EXPECT_EQ(update(&none, large, middle, &state), 0);
	EXPECT_EQ(update(&state, large + middle, step - middle, &state), 0);
	EXPECT_EQ(update(&state, large, 128, &state), 0);
	EXPECT_EQ(mac_with(ME, &state, large, end), 0);
	EXPECT_MEM(tag.data, whole.data, whole.len);
	EXPECT_EQ(verify(&state, large, end, tag.data, tag.len), 0);
	EXPECT_EQ(verify(&first, large, end, tag.data, tag.len),
		  CRYPTECH_ERR_INVALID_SIGNATURE);
}

static void macs_in_parts(void)
{
	REQUIRE(key_box_fresh(false));
	for (size_t i = 0; i < MAX; i++)
		large[i] = (uint8_t)(i * 7 >> 3);
	parts(CRYPTECH_KEY_AES192_CMAC);
	parts(CRYPTECH_KEY_HMAC_SHA256);
	parts(CRYPTECH_KEY_HMAC_SHA384);
	parts(CRYPTECH_KEY_HMAC_SHA512);
}

/* Every bit of a state counts, and it is for one key, until a restart. */
static void states(void)
{
	struct bytes same;

	REQUIRE(key_box_fresh(false));
	memset(value.data, 7, 32);
	value.len = 32;
	REQUIRE(!load(CRYPTECH_KEY_HMAC_SHA256, SIGNS | TOKEN));
	EXPECT_EQ(update(&none, zeros, 128, &state), 0);
	for (size_t i = 0; i < STATE * 8; i++) {
		state.data[i / 8] ^= 1 << i % 8;
		EXPECT_EQ(mac_with(ME, &state, zeros, 128),
			  CRYPTECH_ERR_BAD_ARGUMENTS);
		EXPECT_EQ(update(&state, zeros, 128, &same),
			  CRYPTECH_ERR_BAD_ARGUMENTS);
		state.data[i / 8] ^= 1 << i % 8;
	}
	for (state.len = 1; state.len < 2 * STATE; state.len++)
		EXPECT_EQ(mac_with(ME, &state, zeros, 128),
			  state.len == STATE ? 0 : CRYPTECH_ERR_BAD_ARGUMENTS);
	state.len = STATE;
	for (size_t len = 0; len < 140; len++)
		EXPECT_EQ(mac_with(ME, &state, zeros, len),
			  len >= 128 ? 0 : CRYPTECH_ERR_BAD_ARGUMENTS);
	for (size_t len = 0; len < 300; len++)
		EXPECT_EQ(update(&none, zeros, len, &same), len && len % 128 == 0 ?
			  0 : CRYPTECH_ERR_BAD_ARGUMENTS);
	/* the same key, deleted and back under its name */
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_KEY_DELETE, "o", uuid.data, UUID),
		  0);
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_KEY_LOAD_RAW, "ouous", uuid.data,
		      UUID, CRYPTECH_KEY_HMAC_SHA256, value.data, value.len,
		      SIGNS | TOKEN, ""), 0);
	EXPECT_EQ(mac_with(ME, &state, zeros, 128), CRYPTECH_ERR_BAD_ARGUMENTS);
}

/* Twice, so that the key has the same number before and after. */
static void states_end_with_a_restart(void)
{
	REQUIRE(key_box_fresh(false));
	REQUIRE(!generate(CRYPTECH_KEY_AES128_CMAC, SIGNS | TOKEN));
	for (int i = 0; i < 2; i++) {
		EXPECT_EQ(update(&none, zeros, 128, &state), 0);
		EXPECT_EQ(mac_with(ME, &state, zeros, 128), 0);
		REQUIRE(key_box_restart());
		EXPECT_EQ(mac_with(ME, &state, zeros, 128),
			  CRYPTECH_ERR_BAD_ARGUMENTS);
		EXPECT_EQ(mac_with(ME, &none, zeros, 128), 0);
	}
}

/* What a key is for is asked before anything is computed with it. */
static void uses(void)
{
	static const uint32_t macs[] = {
		CRYPTECH_KEY_AES256_CMAC, CRYPTECH_KEY_HMAC_SHA256,
	};

	REQUIRE(key_box_fresh(false));
	for (size_t i = 0; i < 2; i++) {
		EXPECT_EQ(generate(macs[i], SIGNS | CIPHERS),
			  CRYPTECH_ERR_BAD_ARGUMENTS);
		EXPECT_EQ(generate(macs[i], SIGNS | CALLER),
			  CRYPTECH_ERR_BAD_ARGUMENTS);
		EXPECT_EQ(generate(macs[i], KEKEK), CRYPTECH_ERR_BAD_ARGUMENTS);
		EXPECT_EQ(generate(macs[i], 0), 0);
		EXPECT_EQ(mac_with(ME, &none, zeros, 9), CRYPTECH_ERR_FORBIDDEN);
		EXPECT_EQ(generate(macs[i], SIGNS), 0);
		EXPECT_EQ(mac_with(OTHER, &none, zeros, 9),
			  CRYPTECH_ERR_KEY_NOT_FOUND);
		EXPECT_EQ(mac_with(NOBODY, &none, zeros, 9),
			  CRYPTECH_ERR_FORBIDDEN);
		EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_SIGN, "ouou", uuid.data,
			      UUID, 0, zeros, (size_t)32, 512),
			  CRYPTECH_ERR_UNSUPPORTED_KEY);
		EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_VERIFY, "ouoo", uuid.data,
			      UUID, 0, zeros, (size_t)32, zeros, (size_t)32),
			  CRYPTECH_ERR_UNSUPPORTED_KEY);
		EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_KEY_PUBLIC, "ou",
			      uuid.data, UUID, 4096),
			  CRYPTECH_ERR_UNSUPPORTED_KEY);
	}
	EXPECT_EQ(generate(CRYPTECH_KEY_AES256, CIPHERS | CALLER),
		  CRYPTECH_ERR_BAD_ARGUMENTS);
	EXPECT_EQ(generate(CRYPTECH_KEY_AES256_GCM, CIPHERS | SIGNS),
		  CRYPTECH_ERR_BAD_ARGUMENTS);
	/* signing with an EC key is no MAC */
	EXPECT_EQ(generate(CRYPTECH_KEY_EC_P256, SIGNS), 0);
	EXPECT_EQ(mac_with(ME, &none, zeros, 9), CRYPTECH_ERR_UNSUPPORTED_KEY);
}

int main(void)
{
	RUN(gcm_vectors);
	RUN(ivs);
	RUN(gcm_arguments);
	RUN(gcm_lengths);
	RUN(mac_vectors);
	RUN(macs_in_parts);
	RUN(states);
	RUN(states_end_with_a_restart);
	RUN(uses);
	box_stop(&box);
	return tap_done();
}
