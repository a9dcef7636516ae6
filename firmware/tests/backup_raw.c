// SPDX-License-Identifier: MIT
/*
 * Keys off the HSM and back: all kinds but hash signature keys, which are
 * backup_parked's.
 */
#include "raw_box.h"
#include "secret_use.h"

#define DECRYPTS	CRYPTECH_KEY_FLAG_DATAENCIPHERMENT
#define BACKED_UP	(TOKEN | EXPORTABLE)

static struct package package;

static int make_type(uint8_t letter, uint32_t type, uint32_t flags)
{
	return ask(&box, ME, CRYPTECH_RPC_KEY_GENERATE, "ouus",
		   name_of(letter), (size_t)UUID_SIZE, type, flags,
		   "a label \xc3\xa9");
}

static int make(uint8_t letter, uint32_t flags)
{
	return make_type(letter, CRYPTECH_KEY_EC_P256, flags);
}

static int info(uint32_t word, uint8_t letter)
{
	return ask(&box, word, CRYPTECH_RPC_KEY_INFO, "o", name_of(letter),
		   (size_t)UUID_SIZE);
}

static int public_key(uint8_t letter, struct bytes *spki)
{
	return result_bytes(ask(&box, ME, CRYPTECH_RPC_KEY_PUBLIC, "ou",
				name_of(letter), (size_t)UUID_SIZE, 4000),
			    spki);
}

static int sign_with(uint32_t word, uint8_t letter, struct bytes *signature)
{
	return result_bytes(ask(&box, word, CRYPTECH_RPC_SIGN, "ouou",
				name_of(letter), (size_t)UUID_SIZE,
				CRYPTECH_DIGEST_SHA256, hash_value(),
				(size_t)32, 1024), signature);
}

/* --- there and back ------------------------------------------------------- */

/* Off the HSM and back by a package; name, flags, label are the same. */
static bool goes_and_comes(uint8_t letter, uint32_t type, uint32_t flags)
{
	struct imported imported;

	return EXPECT_EQ(raw_export(ME, name_of(letter), &package), 0) &&
	       EXPECT_EQ(raw_import(&package), 22) &&
	       EXPECT_EQ(delete_key(name_of(letter)), 0) &&
	       EXPECT_EQ(info(ME, letter), 21) &&
	       EXPECT_EQ(raw_import(&package), 0) &&
	       EXPECT(result_imported(&imported)) &&
	       EXPECT(!memcmp(imported.uuid, name_of(letter), UUID_SIZE)) &&
	       EXPECT_EQ(imported.type, type) &&
	       EXPECT_EQ(imported.flags, flags) &&
	       EXPECT(!strcmp(imported.label, "a label \xc3\xa9")) &&
	       EXPECT_EQ(raw_import(&package), 22);
}

static void keys_that_sign(void)
{
	static const uint32_t types[] = {
		CRYPTECH_KEY_RSA2048, CRYPTECH_KEY_EC_P256,
		CRYPTECH_KEY_EC_P384, CRYPTECH_KEY_EC_P521,
	};
	struct bytes before, after, signature;

	REQUIRE(raw_fresh());
	for (unsigned int i = 0; i < 4; i++) {
		REQUIRE(!make_type('a' + i, types[i], SIGNS | BACKED_UP));
		REQUIRE(!public_key('a' + i, &before));
		REQUIRE(goes_and_comes('a' + i, types[i], SIGNS | BACKED_UP));
		REQUIRE(!public_key('a' + i, &after));
		EXPECT_EQ(after.len, before.len);
		EXPECT_MEM(after.data, before.data, before.len);
		EXPECT_EQ(sign_with(ME, 'a' + i, &signature), 0);
		EXPECT(plain_verify(&before, hash_value(), 32, "SHA256",
				    signature.data, signature.len));
	}
	REQUIRE(raw_restart());
	EXPECT_EQ(sign_with(ME, 'a', &signature), 0);
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_KEYS_TOKEN), 4);
}

static void secret_keys(void)
{
	struct bytes before, after;

	REQUIRE(raw_fresh());
	for (unsigned int i = 0; i < SECRET_KINDS; i++) {
		const struct secret_kind *k = &secret_kinds[i];
		uint32_t flags = k->flags | BACKED_UP |
				 CRYPTECH_KEY_MODE_FLAG(k->mode);
		uint8_t letter = 'a' + i;

		REQUIRE(!make_type(letter, k->type, flags));
		REQUIRE(!secret_use(&box, ME, name_of(letter), k, &before));
		REQUIRE(goes_and_comes(letter, k->type, flags));
		REQUIRE(!secret_use(&box, ME, name_of(letter), k, &after));
		EXPECT_EQ(after.len, before.len);
		EXPECT_MEM(after.data, before.data, before.len);
	}
}

/* A public key, too, may be more than fit. */
static void public_keys(void)
{
	struct bytes spki, signature;

	REQUIRE(raw_fresh());
	REQUIRE(!make('a', SIGNS | BACKED_UP) && !public_key('a', &spki));
	REQUIRE(!ask(&box, ME, CRYPTECH_RPC_KEY_LOAD, "oous", name_of('p'),
		     (size_t)UUID_SIZE, spki.data, spki.len,
		     SIGNS | BACKED_UP, "a label \xc3\xa9"));
	REQUIRE(goes_and_comes('p', CRYPTECH_KEY_EC_P256, SIGNS | BACKED_UP));
	REQUIRE(!sign_with(ME, 'a', &signature));
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_VERIFY, "ouoo", name_of('p'),
		      (size_t)UUID_SIZE, CRYPTECH_DIGEST_SHA256, hash_value(),
		      (size_t)32, signature.data, signature.len), 0);
}

/* Attributes of libhal's kind are part of the key. */
static void attributes_come_along(void)
{
	struct named named;

	REQUIRE(raw_fresh());
	REQUIRE(!pkey_generate_ec(ME, 1, SIGNS | BACKED_UP, &named));
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_PKEY_SET_ATTRIBUTES, "uuus",
		      named.handle, 1, 0x1234, "value"), 0);
	REQUIRE(!raw_export(ME, named.uuid, &package));
	EXPECT_EQ(delete_key(named.uuid), 0);
	EXPECT_EQ(raw_import(&package), 0);
	REQUIRE(!pkey_open(ME, &named));
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_PKEY_GET_ATTRIBUTES, "uuuu",
		      named.handle, 1, 0x1234, 100), 0);
	EXPECT_EQ(xdr_get_u32(&box.results), 1);
	EXPECT_EQ(xdr_get_u32(&box.results), 0x1234);
	EXPECT_EQ(xdr_get_u32(&box.results), 5);
	EXPECT_MEM(box.results.next, "value", 5);
}

/* --- who may what --------------------------------------------------------- */

static void not_every_key(void)
{
	REQUIRE(raw_fresh());
	REQUIRE(!make('a', SIGNS | TOKEN) && !make('b', SIGNS | EXPORTABLE));
	EXPECT_EQ(raw_export(ME, name_of('a'), &package), 26);
	EXPECT_EQ(raw_export(ME, name_of('z'), &package), 21);
	EXPECT_EQ(raw_export(NOBODY, name_of('a'), &package), 26);
	EXPECT_EQ(raw_export(SO, name_of('b'), &package), 26);
	/* in memory, and somebody's: his alone */
	EXPECT_EQ(raw_export(OTHER, name_of('b'), &package), 21);
	EXPECT_EQ(raw_export(ME, name_of('b'), &package), 0);
	EXPECT_EQ(delete_key(name_of('b')), 0);
	EXPECT_EQ(raw_import_as(NOBODY, &package, 0, 0), 26);
	EXPECT_EQ(raw_import_as(SO, &package, 0, 0), 26);
	EXPECT_EQ(raw_import_as(OTHER, &package, 0, 0), 0);
	EXPECT_EQ(info(ME, 'b'), 21);
	EXPECT_EQ(info(OTHER, 'b'), 0);
}

/* A volatile copy of a key in flash, so that it comes and goes. */
static void dropped_flags(void)
{
	struct imported imported;
	struct bytes signature;

	REQUIRE(raw_fresh() && !make('a', SIGNS | BACKED_UP));
	REQUIRE(!raw_export(ME, name_of('a'), &package));
	EXPECT_EQ(delete_key(name_of('a')), 0);
	EXPECT_EQ(raw_import_as(ME, &package, 0x40000000, 0), 1);
	EXPECT_EQ(raw_import_as(ME, &package, 0, 2), 1);
	EXPECT_EQ(raw_import_as(ME, &package, TOKEN, 0), 0);
	REQUIRE(result_imported(&imported));
	EXPECT_EQ(imported.flags, SIGNS | EXPORTABLE);
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_KEYS_TOKEN), 0);
	EXPECT_EQ(sign_with(ME, 'a', &signature), 0);
	EXPECT_EQ(info(OTHER, 'a'), 21);
	EXPECT_EQ(raw_import_as(OTHER, &package, TOKEN, 0), 22);
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_LOGOUT, ""), 0);
	EXPECT_EQ(box_login(&box, ME, CRYPTECH_USER_NORMAL), 0);
	EXPECT_EQ(info(ME, 'a'), 21);
	EXPECT_EQ(raw_import_as(ME, &package, TOKEN | EXPORTABLE | SIGNS, 0),
		  0);
	EXPECT_EQ(sign_with(ME, 'a', &signature), 26);
	EXPECT_EQ(raw_export(ME, name_of('a'), &package), 26);
}

static void only_looked_at(void)
{
	struct imported imported;

	REQUIRE(raw_fresh() && !make('a', SIGNS | BACKED_UP));
	REQUIRE(!raw_export(ME, name_of('a'), &package));
	EXPECT_EQ(raw_import_as(ME, &package, 0, 1), 22);
	EXPECT_EQ(delete_key(name_of('a')), 0);
	EXPECT_EQ(raw_import_as(ME, &package, TOKEN, 1), 0);
	REQUIRE(result_imported(&imported));
	EXPECT_MEM(imported.uuid, name_of('a'), UUID_SIZE);
	EXPECT_EQ(imported.flags, SIGNS | EXPORTABLE);
	EXPECT_EQ(info(ME, 'a'), 21);
	package.data[package.len - 1] ^= 1;
	EXPECT_EQ(raw_import_as(ME, &package, TOKEN, 1), 9);
}

/* --- packages to the byte ------------------------------------------------- */

#define HEAD	(4 + 4 + 4 + 8 + 16 + 4)

static void as_documented(void)
{
	uint8_t key[32], fingerprint[32], plain[CRYPTECH_RPC_MESSAGE_MAX];
	struct xdr_reader r;
	const uint8_t *data;
	size_t len;
	int plain_len;

	REQUIRE(raw_fresh() && !make('a', SIGNS | BACKED_UP));
	REQUIRE(!raw_export(ME, name_of('a'), &package));
	plain_kdf(box.master_key, "raw", key);
	plain_kdf(box.master_key, "fingerprint", fingerprint);
	xdr_reader_init(&r, package.data, package.len);
	EXPECT_MEM(xdr_get_raw(&r, 4), "CRAW", 4);
	EXPECT_EQ(xdr_get_u32(&r), 1);
	EXPECT_EQ(xdr_get_u32(&r), 1);
	EXPECT_MEM(xdr_get_raw(&r, 8), fingerprint, 8);
	EXPECT_MEM(xdr_get_raw(&r, 16), name_of('a'), 16);
	EXPECT_EQ(xdr_get_u32(&r), 0);
	data = xdr_get_opaque(&r, &len);
	REQUIRE(data && xdr_reader_done(&r));
	plain_len = plain_wrap(key, false, data, len, plain);
	REQUIRE(plain_len > HEAD + 60);
	EXPECT_MEM(plain, package.data, HEAD);
	/* u32 version | uuid | u32 type | u32 class | u32 flags */
	xdr_reader_init(&r, plain + HEAD, plain_len - HEAD);
	EXPECT_EQ(xdr_get_u32(&r), 1);
	EXPECT_MEM(xdr_get_raw(&r, 16), name_of('a'), 16);
	EXPECT_EQ(xdr_get_u32(&r), CRYPTECH_KEY_EC_P256);
	EXPECT_EQ(xdr_get_u32(&r), CRYPTECH_KEY_CLASS_EC_PRIVATE);
	EXPECT_EQ(xdr_get_u32(&r), SIGNS | BACKED_UP);
}

/* Every bit, every length. */
static void every_byte_counts(void)
{
	static struct package changed;

	REQUIRE(raw_fresh() && !make('a', SIGNS | BACKED_UP));
	REQUIRE(!raw_export(ME, name_of('a'), &package));
	EXPECT_EQ(delete_key(name_of('a')), 0);
	for (size_t bit = 0; bit < 8 * package.len; bit++) {
		changed = package;
		changed.data[bit / 8] ^= 1 << bit % 8;
		if (!EXPECT_EQ(raw_import(&changed), 9))
			printf("# bit %zu\n", bit);
	}
	for (size_t len = 0; len < package.len + 16; len++) {
		changed = package;
		changed.len = len;
		if (len != package.len && !EXPECT_EQ(raw_import(&changed), 9))
			printf("# length %zu\n", len);
	}
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_KEYS_TOKEN), 0);
	EXPECT_EQ(raw_import(&package), 0);
}

/* Whoever has the master key may write anything into a package. */
static void forged(void)
{
	static struct package good, forged;
	uint8_t key[32], plain[CRYPTECH_RPC_MESSAGE_MAX];
	int plain_len;
	size_t at;

	REQUIRE(raw_fresh() && !make('a', SIGNS | BACKED_UP));
	REQUIRE(!raw_export(ME, name_of('a'), &good));
	EXPECT_EQ(delete_key(name_of('a')), 0);
	plain_kdf(box.master_key, "raw", key);
	plain_len = plain_wrap(key, false, good.data + HEAD + 4,
			       good.len - HEAD - 4, plain);
	REQUIRE(plain_len > HEAD + 36);
	/* each byte of head, kind of key and length, wrapped rightly */
	for (at = 0; at < HEAD + 36; at++) {
		forged = good;
		plain[at] ^= 0x40;
		plain_wrap(key, true, plain, plain_len, forged.data + HEAD + 4);
		plain[at] ^= 0x40;
		/* its flags are its own business, as long as they can be */
		if (at >= HEAD + 28 && at < HEAD + 32)
			continue;
		if (!EXPECT_EQ(raw_import(&forged), 9))
			printf("# byte %zu\n", at);
	}
	plain_wrap(key, true, plain, plain_len, forged.data + HEAD + 4);
	EXPECT_EQ(raw_import(&forged), 0);
}

/* --- other HSMs ----------------------------------------------------------- */

static void other_master_key(void)
{
	struct bytes spki, again;
	static struct package two;

	REQUIRE(raw_fresh() && !make('a', SIGNS | BACKED_UP) &&
		!make('b', SIGNS | BACKED_UP));
	REQUIRE(!public_key('a', &spki));
	REQUIRE(!raw_export(ME, name_of('a'), &package));
	REQUIRE(!raw_export(ME, name_of('b'), &two));
	/* the HSM is lost; a blank one takes its place */
	REQUIRE(replaced_hsm());
	EXPECT_EQ(raw_import(&package), 0);
	EXPECT_EQ(raw_import(&two), 0);
	REQUIRE(!public_key('a', &again));
	EXPECT_MEM(again.data, spki.data, spki.len);
	/* one of another master key cannot open them */
	REQUIRE(raw_fresh());
	EXPECT_EQ(raw_import(&package), 9);
	EXPECT_EQ(raw_import(&two), 9);
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_KEYS_TOKEN), 0);
}

static void no_room(void)
{
	REQUIRE(raw_fresh());
	box.config.slots = 2;
	REQUIRE(raw_restart() && !make('a', SIGNS | BACKED_UP));
	REQUIRE(!raw_export(ME, name_of('a'), &package));
	EXPECT_EQ(delete_key(name_of('a')), 0);
	REQUIRE(!make('b', SIGNS | TOKEN) && !make('c', SIGNS | TOKEN));
	EXPECT_EQ(raw_import(&package), 41);
	EXPECT_EQ(raw_import_as(ME, &package, 0, 1), 41);
	EXPECT_EQ(raw_import_as(ME, &package, TOKEN, 0), 0);
	EXPECT_EQ(delete_key(name_of('a')), 0);
	REQUIRE(!make('d', SIGNS) && !make('e', SIGNS));
	EXPECT_EQ(raw_import_as(ME, &package, TOKEN, 0), 23);
	EXPECT_EQ(delete_key(name_of('c')), 0);
	EXPECT_EQ(raw_import(&package), 0);
}

int main(void)
{
	RUN(keys_that_sign);
	RUN(secret_keys);
	RUN(public_keys);
	RUN(attributes_come_along);
	RUN(not_every_key);
	RUN(dropped_flags);
	RUN(only_looked_at);
	RUN(as_documented);
	RUN(every_byte_counts);
	RUN(forged);
	RUN(other_master_key);
	RUN(no_room);
	hashsig_over();
	return tap_done();
}
