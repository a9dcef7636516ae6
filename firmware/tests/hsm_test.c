// SPDX-License-Identifier: MIT
/*
 * The HSM without its keys: version, random numbers, status, hashes. Values are
 * those of FIPS 180, RFC 4231 and libcrypto's own encoder.
 */
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "hsm_fresh.h"

static void version_is_libhals(void)
{
	REQUIRE(fresh());
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_GET_VERSION, ""), 0);
	EXPECT_EQ(result_u32(), 0x01010100);
	EXPECT(xdr_reader_done(&box.results));
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_CHECK_TAMPER, ""), 0);
	EXPECT(xdr_reader_done(&box.results));
}

static void random_fits_the_reply(void)
{
	uint8_t first[32];
	const uint8_t *p;
	size_t len;

	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_GET_RANDOM, "u", 32), 0);
	p = result_opaque(&len);
	REQUIRE(len == 32);
	memcpy(first, p, 32);
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_GET_RANDOM, "u", 32), 0);
	p = result_opaque(&len);
	EXPECT(len == 32 && memcmp(p, first, 32));

	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_GET_RANDOM, "u", 16368), 0);
	EXPECT_EQ(box.reply_len, 16384);
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_GET_RANDOM, "u", 16369), 29);
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_GET_RANDOM, "u", 0xffffffff), 29);
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_GET_RANDOM, "u", 0), 29);
}

static void status_tells(void)
{
	uint64_t calls;

	REQUIRE(fresh());
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_UPTIME), 0);
	box.now += 90 * BOX_SECOND;
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_UPTIME), 90);
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_MODE),
		  CRYPTECH_MODE_SIMULATOR);
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_CLIENTS_MAX), 1024);
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_HANDLES_MAX), 4096);
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_MESSAGE_MAX), 16384);
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_KEYS_TOKEN), 0);
	EXPECT(box_status(&box, CRYPTECH_STATUS_FLASH_FREE) > 0);
	calls = box_status(&box, CRYPTECH_STATUS_CALLS);
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_CALLS), calls + 1);
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_ERRORS), 0);
	EXPECT_EQ(ask(&box, ME, 77, ""), 30);
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_ERRORS), 1);
	/* an unknown tag is none of ours */
	EXPECT(box_status(&box, 39) == UINT64_MAX);
	box.config.libhal_compat = true;
	REQUIRE(box_restart(&box));
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_MODE),
		  CRYPTECH_MODE_SIMULATOR | CRYPTECH_MODE_LIBHAL_COMPAT |
		  CRYPTECH_MODE_LEGACY_EXPORT);
}

/* The DER that libcrypto makes for "this hash, with NULL parameters". */
static void check_algorithm_id(uint32_t digest, const char *name, size_t size)
{
	X509_ALGOR *algorithm = X509_ALGOR_new();
	unsigned char *der = NULL;
	const uint8_t *got;
	size_t len;
	int der_len;

	X509_ALGOR_set0(algorithm, OBJ_nid2obj(OBJ_sn2nid(name)), V_ASN1_NULL,
			NULL);
	der_len = i2d_X509_ALGOR(algorithm, &der);
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_HASH_GET_DIGEST_LEN, "u",
		      digest), 0);
	EXPECT_EQ(result_u32(), size);
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_HASH_GET_DIGEST_ALGORITHM_ID,
		      "uu", digest, 64), 0);
	got = result_opaque(&len);
	EXPECT(len == (size_t)der_len && memcmp(got, der, len) == 0);
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_HASH_GET_DIGEST_ALGORITHM_ID,
		      "uu", digest, 0), 0);
	EXPECT_EQ(result_u32(), der_len);
	EXPECT(xdr_reader_done(&box.results));
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_HASH_GET_DIGEST_ALGORITHM_ID,
		      "uu", digest, der_len - 1), 14);
	OPENSSL_free(der);
	X509_ALGOR_free(algorithm);
}

static void digests_have_lengths_and_ids(void)
{
	static const uint32_t bad[] = { 0, 2, 8, 0xffffffff };
	size_t i;

	check_algorithm_id(CRYPTECH_DIGEST_SHA1, "SHA1", 20);
	check_algorithm_id(CRYPTECH_DIGEST_SHA256, "SHA256", 32);
	check_algorithm_id(CRYPTECH_DIGEST_SHA384, "SHA384", 48);
	check_algorithm_id(CRYPTECH_DIGEST_SHA512, "SHA512", 64);
	check_algorithm_id(CRYPTECH_DIGEST_SHA512_224, "SHA512-224", 28);
	check_algorithm_id(CRYPTECH_DIGEST_SHA512_256, "SHA512-256", 32);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_HASH_GET_DIGEST_LEN, "u",
			      bad[i]), 1);
		EXPECT_EQ(ask(&box, ME,
			      CRYPTECH_RPC_HASH_GET_DIGEST_ALGORITHM_ID,
			      "uu", bad[i], 64), 1);
		EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_HASH_INITIALIZE, "uus", 0,
			      bad[i], ""), 1);
	}
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_HASH_GET_DIGEST_ALGORITHM_ID,
		      "uu", CRYPTECH_DIGEST_SHA1, 16369), 29);
}

static void check_hash(uint32_t digest, const char *key, const char *text,
		       const char *hex)
{
	uint8_t wanted[64];
	const uint8_t *got;
	uint32_t handle;
	size_t wanted_len;
	size_t len;
	size_t i;

	wanted_len = strlen(hex) / 2;
	for (i = 0; i < wanted_len; i++)
		sscanf(hex + 2 * i, "%2hhx", &wanted[i]);
	EXPECT_EQ(hash_open(ME, digest, key, &handle), 0);
	EXPECT_EQ(handle >> 31, *key != 0);
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_HASH_GET_ALGORITHM, "u", handle),
		  0);
	EXPECT_EQ(result_u32(), digest);
	for (i = 0; text[i]; i++)
		EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_HASH_UPDATE, "uo", handle,
			      &text[i], (size_t)1), 0);
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_HASH_FINALIZE, "uu", handle,
		      wanted_len - 1), 1);
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_HASH_FINALIZE, "uu", handle, 0),
		  29);
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_HASH_FINALIZE, "uu", handle, 64),
		  0);
	got = result_opaque(&len);
	EXPECT(len == wanted_len && memcmp(got, wanted, len) == 0);
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_HASH_FINALIZE, "uu", handle, 64),
		  1);
}

static void hashes_and_hmacs(void)
{
	/* FIPS 180-4 examples: "abc" */
	check_hash(CRYPTECH_DIGEST_SHA1, "", "abc",
		   "a9993e364706816aba3e25717850c26c9cd0d89d");
	check_hash(CRYPTECH_DIGEST_SHA256, "", "abc",
		   "ba7816bf8f01cfea414140de5dae2223"
		   "b00361a396177a9cb410ff61f20015ad");
	check_hash(CRYPTECH_DIGEST_SHA384, "", "abc",
		   "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded163"
		   "1a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7");
	check_hash(CRYPTECH_DIGEST_SHA512, "", "abc",
		   "ddaf35a193617abacc417349ae204131"
		   "12e6fa4e89a97ea20a9eeee64b55d39a"
		   "2192992a274fc1a836ba3c23a3feebbd"
		   "454d4423643ce80e2a9ac94fa54ca49f");
	check_hash(CRYPTECH_DIGEST_SHA512_224, "", "abc",
		   "4634270f707b6a54daae7530460842e2"
		   "0e37ed265ceee9a43e8924aa");
	check_hash(CRYPTECH_DIGEST_SHA512_256, "", "abc",
		   "53048e2681941ef99b2e29b76b4c7dab"
		   "e4c2d0c634fc6d46e0e2f13107e7af23");
	/* RFC 4231, test case 2 */
	check_hash(CRYPTECH_DIGEST_SHA256, "Jefe",
		   "what do ya want for nothing?",
		   "5bdcc146bf60754e6a042426089575c7"
		   "5a003f089d2739839dec58b964ec3843");
	check_hash(CRYPTECH_DIGEST_SHA384, "Jefe",
		   "what do ya want for nothing?",
		   "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47"
		   "e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649");
}

static enum cryptech_cost cost_of(uint32_t function, size_t len)
{
	uint8_t request[8] = {
		function >> 24, function >> 16, function >> 8, function
	};

	return hsm_cost(request, len);
}

/* What chooses the thread for a call sees bytes that nobody checked yet. */
static void cost_of_any_request(void)
{
	EXPECT_EQ(cost_of(CRYPTECH_RPC_GET_VERSION, 8), CRYPTECH_COST_INLINE);
	EXPECT_EQ(cost_of(CRYPTECH_RPC_SIGN, 8), CRYPTECH_COST_WORK);
	EXPECT_EQ(cost_of(CRYPTECH_RPC_LOGIN, 8), CRYPTECH_COST_LONG);
	EXPECT_EQ(cost_of(CRYPTECH_RPC_LOGIN, 4), CRYPTECH_COST_LONG);
	EXPECT_EQ(cost_of(CRYPTECH_RPC_LOGIN, 3), CRYPTECH_COST_INLINE);
	EXPECT_EQ(cost_of(CRYPTECH_RPC_LOGIN, 0), CRYPTECH_COST_INLINE);
	EXPECT_EQ(cost_of(0xffffffff, 8), CRYPTECH_COST_INLINE);
}

int main(void)
{
	RUN(version_is_libhals);
	RUN(random_fits_the_reply);
	RUN(status_tells);
	RUN(cost_of_any_request);
	RUN(digests_have_lengths_and_ids);
	RUN(hashes_and_hmacs);
	box_stop(&box);
	return tap_done();
}
