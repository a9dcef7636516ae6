// SPDX-License-Identifier: MIT
/*
 * The HSM without its keys: versions, hashes, clients, handles, status, and
 * when it refuses to start. Values are those of FIPS 180, RFC 4231 and
 * libcrypto's own encoder.
 */
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "../keystore/keystore.h"
#include "hsm_box.h"
#include "hsm_flash.h"
#include "tap.h"

#define ME	0x1234
#define OTHER	0x5678

static struct box box;

/* A fresh HSM with its PINs set. */
static bool fresh(void)
{
	box_stop(&box);
	box_init(&box, hsm_flash_blank());
	return box_start(&box) && box_init_pins(&box);
}

static uint32_t result_u32(void)
{
	return xdr_get_u32(&box.results);
}

static const uint8_t *result_opaque(size_t *len)
{
	return xdr_get_opaque(&box.results, len);
}

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

static int hash_open(uint32_t word, uint32_t digest, const char *key,
		     uint32_t *handle)
{
	int error = ask(&box, word, CRYPTECH_RPC_HASH_INITIALIZE, "uus", 7,
			digest, key);

	*handle = result_u32();
	return error;
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

static void handles_belong_to_clients(void)
{
	uint32_t handle;
	uint32_t next;

	EXPECT_EQ(hash_open(ME, CRYPTECH_DIGEST_SHA256, "", &handle), 0);
	EXPECT(handle != 0);
	EXPECT_EQ(ask(&box, OTHER, CRYPTECH_RPC_HASH_GET_ALGORITHM, "u",
		      handle), 1);
	EXPECT_EQ(ask(&box, OTHER, CRYPTECH_RPC_HASH_UPDATE, "us", handle,
		      "x"), 1);
	EXPECT_EQ(ask(&box, OTHER, CRYPTECH_RPC_HASH_FINALIZE, "uu", handle,
		      32), 1);
	/* the same word on another port is another client */
	box.port = HSM_PORT_MAILBOX;
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_HASH_GET_ALGORITHM, "u", handle),
		  1);
	box.port = HSM_PORT_SOCKET;
	/* the mark and the counter are part of the handle */
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_HASH_GET_ALGORITHM, "u",
		      handle ^ 0x80000000), 1);
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_HASH_GET_ALGORITHM, "u",
		      handle ^ 0x00010000), 1);
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_HASH_GET_ALGORITHM, "u",
		      handle | 0xffff), 1);
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_HASH_GET_ALGORITHM, "u", handle),
		  0);
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_HASH_FINALIZE, "uu", handle, 32),
		  0);
	EXPECT_EQ(hash_open(ME, CRYPTECH_DIGEST_SHA256, "", &next), 0);
	EXPECT(next != handle);
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_HASH_GET_ALGORITHM, "u", handle),
		  1);
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_LOGOUT, ""), 0);
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_HASH_GET_ALGORITHM, "u", next),
		  1);
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_HANDLES), 0);
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_CLIENTS), 0);
}

/* No handle is 0 and none comes back while its counter can still tell. */
static void handles_do_not_come_back(void)
{
	static uint8_t seen[0x80000000u >> 19];
	unsigned int repeated = 0;
	uint32_t handle;
	int i;

	memset(seen, 0, sizeof(seen));
	box_stop(&box);
	box_init(&box, hsm_flash_blank());
	box.config.handles = 16;
	REQUIRE(box_start(&box) && box_init_pins(&box));
	for (i = 0; i < 16 * 255; i++) {
		EXPECT_EQ(hash_open(ME, CRYPTECH_DIGEST_SHA1, "", &handle), 0);
		EXPECT(handle != 0 && handle >> 16 <= 0xff);
		repeated += seen[(handle >> 16 << 4) | (handle & 0xf)]++;
		EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_HASH_FINALIZE, "uu",
			      handle, 20), 0);
	}
	EXPECT_EQ(repeated, 0);
}

/*
 * Handles opened and closed in any order by clients whose words share a
 * bucket, against a list of what should be there.
 */
static void handles_in_any_order(void)
{
	static struct { uint32_t word, handle; } model[40];
	unsigned int count = 0;
	uint64_t random = 99;
	uint32_t word;
	unsigned int i;
	int round;

	REQUIRE(fresh());
	for (round = 0; round < 3000; round++) {
		word = 5 + nor_random(&random) % 4 * 1024;
		i = nor_random(&random) % 40;
		if (i >= count && count < 40) {
			model[count].word = word;
			EXPECT_EQ(hash_open(word, CRYPTECH_DIGEST_SHA1, "",
					    &model[count].handle), 0);
			count++;
		} else if (round % 64 == 0) {
			EXPECT_EQ(ask(&box, word, CRYPTECH_RPC_LOGOUT, ""), 0);
			for (i = count; i-- > 0; )
				if (model[i].word == word)
					model[i] = model[--count];
		} else if (i < count) {
			EXPECT_EQ(ask(&box, model[i].word,
				      CRYPTECH_RPC_HASH_FINALIZE, "uu",
				      model[i].handle, 20), 0);
			model[i] = model[--count];
		}
		for (i = 0; i < count && round % 16 == 0; i++)
			EXPECT_EQ(ask(&box, model[i].word,
				      CRYPTECH_RPC_HASH_GET_ALGORITHM, "u",
				      model[i].handle), 0);
		if (!EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_HANDLES),
			       count))
			break;
	}
}

static void quotas_and_limits(void)
{
	uint32_t handle;
	uint32_t word;
	int i;

	box_stop(&box);
	box_init(&box, hsm_flash_blank());
	box.config.handles = 16;
	box.config.clients = 6;
	REQUIRE(box_start(&box) && box_init_pins(&box));

	for (i = 0; i < 4; i++)
		EXPECT_EQ(hash_open(ME, CRYPTECH_DIGEST_SHA1, "", &handle), 0);
	EXPECT_EQ(hash_open(ME, CRYPTECH_DIGEST_SHA1, "", &handle), 13);
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_HANDLES), 4);
	for (word = 1; word <= 3; word++)
		for (i = 0; i < 4; i++)
			EXPECT_EQ(hash_open(word, CRYPTECH_DIGEST_SHA1, "",
					    &handle), 0);
	EXPECT_EQ(hash_open(9, CRYPTECH_DIGEST_SHA1, "", &handle), 13);
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_CLIENTS), 4);

	/* whom a login makes the seventh is refused, before his try counts */
	EXPECT_EQ(box_login(&box, 10, CRYPTECH_USER_NORMAL), 0);
	EXPECT_EQ(box_login(&box, 11, CRYPTECH_USER_NORMAL), 0);
	for (i = 0; i < 5; i++)
		EXPECT_EQ(box_login(&box, 12, CRYPTECH_USER_NORMAL), 25);
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_PIN_DELAY_USER), 0);
	/* but can still ask what needs no place, and others' ports are free */
	EXPECT_EQ(ask(&box, 12, CRYPTECH_RPC_GET_VERSION, ""), 0);
	box.port = HSM_PORT_MAILBOX;
	EXPECT_EQ(box_login(&box, 12, CRYPTECH_USER_NORMAL), 0);
	EXPECT_EQ(hash_open(12, CRYPTECH_DIGEST_SHA1, "", &handle), 0);
	box.port = HSM_PORT_SOCKET;
	/* a place that gets free is given again */
	hsm_client_gone(box.hsm, HSM_PORT_SOCKET, 10);
	EXPECT_EQ(box_login(&box, 12, CRYPTECH_USER_NORMAL), 0);
}

static void any_number_of_clients_may_ask(void)
{
	uint32_t word;

	REQUIRE(fresh());
	for (word = 0; word < 100000; word++)
		if (!EXPECT_EQ(ask(&box, word * 42949, CRYPTECH_RPC_GET_VERSION,
				   ""), 0))
			break;
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_CLIENTS), 0);
}

static int logged_in(uint32_t word, uint32_t user)
{
	return ask(&box, word, CRYPTECH_RPC_IS_LOGGED_IN, "u", user);
}

static void logout_and_logout_all(void)
{
	REQUIRE(fresh());
	EXPECT_EQ(box_login(&box, 1, CRYPTECH_USER_NORMAL), 0);
	EXPECT_EQ(box_login(&box, 2, CRYPTECH_USER_SO), 0);
	box.port = HSM_PORT_MAILBOX;
	EXPECT_EQ(box_login(&box, 3, CRYPTECH_USER_NORMAL), 0);
	box.port = HSM_PORT_SOCKET;
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_CLIENTS), 3);

	EXPECT_EQ(logged_in(1, CRYPTECH_USER_NORMAL), 0);
	EXPECT_EQ(logged_in(1, CRYPTECH_USER_SO), 26);
	EXPECT_EQ(logged_in(4, CRYPTECH_USER_NORMAL), 26);
	EXPECT_EQ(logged_in(1, 0), 1);
	EXPECT_EQ(logged_in(1, 4), 1);

	/* a new login replaces the old one and takes no second place */
	EXPECT_EQ(box_login(&box, 1, CRYPTECH_USER_WHEEL), 0);
	EXPECT_EQ(logged_in(1, CRYPTECH_USER_NORMAL), 26);
	EXPECT_EQ(logged_in(1, CRYPTECH_USER_WHEEL), 0);
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_CLIENTS), 3);
	EXPECT_EQ(ask(&box, 1, CRYPTECH_RPC_LOGOUT, ""), 0);
	EXPECT_EQ(logged_in(1, CRYPTECH_USER_WHEEL), 26);
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_CLIENTS), 2);

	EXPECT_EQ(ask(&box, 2, CRYPTECH_RPC_LOGOUT_ALL, ""), 26);
	EXPECT_EQ(logged_in(2, CRYPTECH_USER_SO), 0);
	/* the multiplexer of the port: this port alone */
	EXPECT_EQ(ask(&box, CRYPTECH_CLIENT_MUX, CRYPTECH_RPC_LOGOUT_ALL, ""),
		  0);
	EXPECT_EQ(logged_in(2, CRYPTECH_USER_SO), 26);
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_CLIENTS), 1);
	/* the wheel: all of them */
	EXPECT_EQ(box_login(&box, 5, CRYPTECH_USER_WHEEL), 0);
	EXPECT_EQ(ask(&box, 5, CRYPTECH_RPC_LOGOUT_ALL, ""), 0);
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_CLIENTS), 0);
}

static void attach_empties_its_port(void)
{
	const uint8_t *serial;
	uint32_t handle;
	size_t len;

	REQUIRE(fresh());
	EXPECT_EQ(box_login(&box, ME, CRYPTECH_USER_NORMAL), 0);
	box.port = HSM_PORT_MAILBOX;
	EXPECT_EQ(box_login(&box, ME, CRYPTECH_USER_NORMAL), 0);
	EXPECT_EQ(hash_open(ME, CRYPTECH_DIGEST_SHA1, "", &handle), 0);
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_ATTACH, "u", 1), 26);
	EXPECT_EQ(ask(&box, 0, CRYPTECH_RPC_ATTACH, "u", 0), 1);
	EXPECT_EQ(logged_in(ME, CRYPTECH_USER_NORMAL), 0);

	EXPECT_EQ(ask(&box, 0, CRYPTECH_RPC_ATTACH, "u", 99), 0);
	EXPECT_EQ(result_u32(), CRYPTECH_ATTACH_VERSION);
	serial = result_opaque(&len);
	EXPECT_EQ(len, 16);
	EXPECT(serial[0] || memcmp(serial, serial + 1, 15));
	EXPECT_EQ(result_u32(), 1024);
	EXPECT_EQ(result_u32(), 4096);
	EXPECT_EQ(result_u32(), 16384);
	EXPECT(xdr_reader_done(&box.results));

	EXPECT_EQ(logged_in(ME, CRYPTECH_USER_NORMAL), 26);
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_HASH_GET_ALGORITHM, "u", handle),
		  1);
	box.port = HSM_PORT_SOCKET;
	EXPECT_EQ(logged_in(ME, CRYPTECH_USER_NORMAL), 0);
	hsm_port_gone(box.hsm, HSM_PORT_SOCKET);
	EXPECT_EQ(logged_in(ME, CRYPTECH_USER_NORMAL), 26);
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
	EXPECT(box_status(&box, 24) == UINT64_MAX);
	box.config.libhal_compat = true;
	REQUIRE(box_restart(&box));
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_MODE),
		  CRYPTECH_MODE_SIMULATOR | CRYPTECH_MODE_LIBHAL_COMPAT |
		  CRYPTECH_MODE_LEGACY_EXPORT);
}

static void hash_signatures_are_not_there_yet(void)
{
	REQUIRE(fresh());
	EXPECT_EQ(box_login(&box, ME, CRYPTECH_USER_NORMAL), 0);
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_PKEY_GENERATE_HASHSIG, "uuuuu",
		      0, 1, 5, 3, CRYPTECH_KEY_FLAG_DIGITALSIGNATURE |
		      CRYPTECH_KEY_FLAG_TOKEN), 45);
}

static void get_serial(uint8_t serial[16])
{
	const uint8_t *p;
	size_t len;

	memset(serial, 0, 16);
	if (ask(&box, ME, CRYPTECH_RPC_STATUS, ""))
		return;
	result_opaque(&len);
	p = result_opaque(&len);
	if (EXPECT_EQ(len, 16))
		memcpy(serial, p, 16);
}

static void restart_keeps_who_it_is(void)
{
	uint8_t before[16];
	uint8_t after[16];

	REQUIRE(fresh());
	get_serial(before);
	EXPECT_EQ(box_login(&box, ME, CRYPTECH_USER_NORMAL), 0);
	REQUIRE(box_restart(&box));
	get_serial(after);
	EXPECT_MEM(after, before, 16);
	EXPECT_EQ(logged_in(ME, CRYPTECH_USER_NORMAL), 26);
	EXPECT_EQ(box_login(&box, ME, CRYPTECH_USER_NORMAL), 0);
	REQUIRE(fresh());
	get_serial(after);
	EXPECT(memcmp(before, after, 16));
}

static void starts_only_with_its_master_key(void)
{
	REQUIRE(fresh());
	box_stop(&box);
	box.has_master_key = false;
	EXPECT(!box_start(&box));
	EXPECT(!box.has_master_key);
	box.has_master_key = true;
	box.master_key[31] ^= 1;
	EXPECT(!box_start(&box));
	box.master_key[31] ^= 1;
	EXPECT(box_start(&box));
	EXPECT_EQ(box_login(&box, ME, CRYPTECH_USER_NORMAL), 0);
}

/* Take a record out of the flash of an HSM that is switched off. */
static bool take_away(enum ks_class class)
{
	uint8_t name[KS_NAME_SIZE];
	struct keystore *ks;
	size_t len;
	bool done;

	box_stop(&box);
	if (ks_mount(&ks, box.platform.flash))
		return false;
	done = !ks_next(ks, class, NULL, name, &len) &&
	       !ks_delete(ks, class, name);
	ks_unmount(ks);
	return done;
}

static bool make_token_key(void)
{
	return !box_login(&box, ME, CRYPTECH_USER_NORMAL) &&
	       !ask(&box, ME, CRYPTECH_RPC_KEY_GENERATE, "ouus", "",
		    (size_t)0, CRYPTECH_KEY_EC_P256, CRYPTECH_KEY_FLAG_TOKEN |
		    CRYPTECH_KEY_FLAG_DIGITALSIGNATURE, "");
}

/* Whoever can write to the flash must not get a new PIN for old keys by it. */
static void does_not_start_without_its_records(void)
{
	REQUIRE(fresh());
	REQUIRE(take_away(KS_CLASS_PIN));
	EXPECT(!box_start(&box));
	EXPECT_EQ(strlen(box.factory_pin), 0);

	REQUIRE(fresh() && make_token_key());
	REQUIRE(take_away(KS_CLASS_CONFIG));
	EXPECT(!box_start(&box));
	EXPECT_EQ(strlen(box.factory_pin), 0);

	/* without keys there is nothing to lose: it is a fresh HSM */
	REQUIRE(fresh());
	REQUIRE(take_away(KS_CLASS_CONFIG));
	EXPECT(box_start(&box));
	EXPECT_EQ(strlen(box.factory_pin), 23);
}

struct record {
	uint8_t name[KS_NAME_SIZE];
	uint8_t data[1024];
	size_t len;
};

/* Read the first record of a class, with the HSM switched off. */
static bool copy_record(enum ks_class class, struct record *record)
{
	struct keystore *ks;
	bool done;

	box_stop(&box);
	if (ks_mount(&ks, box.platform.flash))
		return false;
	done = !ks_next(ks, class, NULL, record->name, &record->len) &&
	       !ks_read(ks, class, record->name, record->data,
			sizeof(record->data), &record->len);
	ks_unmount(ks);
	return done;
}

static bool put_record(enum ks_class class, const struct record *record)
{
	struct keystore *ks;
	bool done;

	box_stop(&box);
	if (ks_mount(&ks, box.platform.flash))
		return false;
	done = !ks_write(ks, class, record->name, record->data, record->len,
			 false);
	ks_unmount(ks);
	return done;
}

/* A fresh HSM in the old one's case: the flash blank, the same master key. */
static bool fresh_with_master_key(void)
{
	uint8_t key[MASTER_KEY_SIZE];

	box_stop(&box);
	memcpy(key, box.master_key, sizeof(key));
	box_init(&box, hsm_flash_blank());
	memcpy(box.master_key, key, sizeof(key));
	box.has_master_key = true;
	return box_start(&box) && box_init_pins(&box) &&
	       !memcmp(box.master_key, key, sizeof(key));
}

/* A PIN record from before the flash was blanked opens nothing after. */
static void does_not_take_foreign_pins(void)
{
	struct record pins;

	REQUIRE(fresh());
	REQUIRE(copy_record(KS_CLASS_PIN, &pins));
	REQUIRE(fresh_with_master_key() && make_token_key());
	REQUIRE(put_record(KS_CLASS_PIN, &pins));
	EXPECT(!box_start(&box));
}

/* Nor does a key record, put back beside PINs of somebody's own. */
static void does_not_take_foreign_keys(void)
{
	struct record key;

	REQUIRE(fresh() && make_token_key());
	REQUIRE(copy_record(KS_CLASS_KEY, &key));
	REQUIRE(fresh_with_master_key() && make_token_key());
	REQUIRE(put_record(KS_CLASS_KEY, &key));
	REQUIRE(box_start(&box));
	EXPECT_EQ(box_login(&box, ME, CRYPTECH_USER_NORMAL), 0);
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_KEY_INFO, "o", key.name,
		      sizeof(key.name)), 38);
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_RECORDS_LOST), 1);
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_KEYS_TOKEN), 1);
}

/* Whatever is in the flash: a start that works, or none. */
static void flash_of_any_content(void)
{
	uint64_t random = 5;
	unsigned int starts = 0;
	struct nor *base;
	struct nor *nor;
	int round;
	int i;

	box_stop(&box);
	box_init(&box, hsm_flash_blank_of(64 << 10));
	box.config.handles = 16;
	box.config.clients = 16;
	REQUIRE(box_start(&box) && box_init_pins(&box) && make_token_key());
	box_stop(&box);
	nor = hsm_flash_nor();
	base = nor_new(nor->flash.size, nor->flash.sector_size);
	REQUIRE(base);
	nor_copy(base, nor);
	for (round = 0; round < 300; round++) {
		nor_copy(nor, base);
		for (i = 0; i < 1 + round / 10; i++)
			nor->bits[nor_random(&random) % (round < 150 ? 4096 :
				  nor->flash.size)] = nor_random(&random);
		if (!box_start(&box))
			continue;
		starts++;
		EXPECT(box_status(&box, CRYPTECH_STATUS_FLASH_SIZE) ==
		       nor->flash.size);
		box_stop(&box);
	}
	printf("# %u of %d started\n", starts, round);
	EXPECT(starts > 0 && starts < 300);
	nor_free(base);
}

/* Make token keys, then labels longer, until the flash takes no more. */
static unsigned int fill_flash(uint8_t uuid[16])
{
	static const char longest[] = "0123456789012345678901234567890123456789"
				      "012345678901234567890123";
	static uint8_t uuids[2000][16];
	unsigned int keys = 0;
	unsigned int i;

	while (keys < 2000 && make_token_key()) {
		if (xdr_get_u32(&box.results) != 16)
			return 0;
		memcpy(uuids[keys++], xdr_get_raw(&box.results, 16), 16);
	}
	for (i = 0; i < keys; i++)
		if (ask(&box, ME, CRYPTECH_RPC_KEY_SET_LABEL, "os", uuids[i],
			(size_t)16, longest))
			break;
	memcpy(uuid, uuids[0], 16);
	return keys;
}

static void full_flash_still_logs_in(void)
{
	unsigned int keys;
	uint8_t uuid[16];
	int i;

	box_stop(&box);
	box_init(&box, hsm_flash_blank_of(128 << 10));
	REQUIRE(box_start(&box) && box_init_pins(&box));
	keys = fill_flash(uuid);
	EXPECT(keys > 50);
	EXPECT(!make_token_key());
	EXPECT(box.reply_len == 12 && box.reply[11] == 41);
	EXPECT(box_status(&box, CRYPTECH_STATUS_FLASH_FREE) < 1000);
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_KEYS_TOKEN), keys);
	REQUIRE(box_restart(&box));
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_KEYS_TOKEN), keys);
	for (i = 0; i < 500; i++) {
		if (!EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_LOGIN, "us",
				   CRYPTECH_USER_NORMAL, "wrong"), 24) ||
		    !EXPECT_EQ(box_login(&box, ME, CRYPTECH_USER_NORMAL), 0))
			break;
	}
	for (i = 0; i < 2; i++) {
		EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_KEY_DELETE, "o", uuid,
			      sizeof(uuid)), i ? 21 : 0);
	}
	EXPECT(make_token_key());
}

int main(void)
{
	RUN(version_is_libhals);
	RUN(random_fits_the_reply);
	RUN(digests_have_lengths_and_ids);
	RUN(hashes_and_hmacs);
	RUN(handles_belong_to_clients);
	RUN(handles_do_not_come_back);
	RUN(handles_in_any_order);
	RUN(quotas_and_limits);
	RUN(any_number_of_clients_may_ask);
	RUN(logout_and_logout_all);
	RUN(attach_empties_its_port);
	RUN(status_tells);
	RUN(hash_signatures_are_not_there_yet);
	RUN(restart_keeps_who_it_is);
	RUN(starts_only_with_its_master_key);
	RUN(does_not_start_without_its_records);
	RUN(does_not_take_foreign_pins);
	RUN(does_not_take_foreign_keys);
	RUN(flash_of_any_content);
	RUN(full_flash_still_logs_in);
	box_stop(&box);
	return tap_done();
}
