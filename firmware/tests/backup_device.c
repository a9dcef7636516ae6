// SPDX-License-Identifier: MIT
/*
 * What comes before a transfer: policy, this device, those that are approved,
 * statements for KEKEKs.
 */
#include "backup_box.h"

static struct bytes der, spki;
static struct blob statement;

/* SHA-256 of serial number and public key, by libcrypto. */
static void expect_fingerprint(const uint8_t *serial, const struct bytes *key,
			       const uint8_t *fingerprint)
{
	uint8_t both[256], hash[32];

	memcpy(both, serial, 16);
	memcpy(both + 16, key->data, key->len);
	EVP_Digest(both, 16 + key->len, hash, NULL, EVP_sha256(), NULL);
	EXPECT_MEM(fingerprint, hash, 32);
}

static void policy(void)
{
	struct box *box = &SOURCE->box;

	REQUIRE(twin_fresh(SOURCE));
	EXPECT_EQ(box_status(box, CRYPTECH_STATUS_POLICY), 0);
	EXPECT_EQ(box_status(box, CRYPTECH_STATUS_MODE) &
		  CRYPTECH_MODE_LEGACY_EXPORT, 0);
	EXPECT_EQ(set_policy(SOURCE, 4), CRYPTECH_ERR_BAD_ARGUMENTS);
	EXPECT_EQ(set_policy(SOURCE, 0x80000001), CRYPTECH_ERR_BAD_ARGUMENTS);
	EXPECT_EQ(box_status(box, CRYPTECH_STATUS_POLICY), 0);
	EXPECT_EQ(set_policy(SOURCE, 3), 0);
	EXPECT_EQ(set_policy(SOURCE, CRYPTECH_POLICY_LEGACY_EXPORT), 0);
	REQUIRE(twin_restart(SOURCE));
	EXPECT_EQ(box_status(box, CRYPTECH_STATUS_POLICY), 1);
	EXPECT(box_status(box, CRYPTECH_STATUS_MODE) &
	       CRYPTECH_MODE_LEGACY_EXPORT);
	EXPECT_EQ(set_policy(SOURCE, 0), 0);
	REQUIRE(twin_restart(SOURCE));
	EXPECT_EQ(box_status(box, CRYPTECH_STATUS_POLICY), 0);
}

static void this_device(void)
{
	uint8_t fingerprint[32], again[32], serial[16];
	struct bytes key;
	const uint8_t *p;
	EVP_PKEY *pkey;

	REQUIRE(twin_fresh(SOURCE));
	REQUIRE(!identity(SOURCE, fingerprint));
	expect_fingerprint(SOURCE->serial, &SOURCE->spki, fingerprint);
	p = SOURCE->spki.data;
	pkey = d2i_PUBKEY(NULL, &p, (long)SOURCE->spki.len);
	EXPECT(pkey && EVP_PKEY_is_a(pkey, "EC") &&
	       EVP_PKEY_get_bits(pkey) == 256);
	EVP_PKEY_free(pkey);
	EXPECT_EQ(ask(&SOURCE->box, ME, CRYPTECH_RPC_STATUS, ""), 0);
	take_bytes(&SOURCE->box, &key);
	EXPECT(take(&SOURCE->box, serial, 16));
	EXPECT_MEM(serial, SOURCE->serial, 16);
	/* the same for ever, another one elsewhere */
	REQUIRE(twin_restart(SOURCE));
	REQUIRE(!identity(SOURCE, again));
	EXPECT_MEM(again, fingerprint, 32);
	REQUIRE(twin_fresh(DESTINATION));
	EXPECT(memcmp(DESTINATION->spki.data, SOURCE->spki.data, 91) != 0);
}

/* How many DEVICE_LIST gives, @max at a time; the last one's fields stay. */
static struct {
	uint8_t serial[16], fingerprint[32];
	struct bytes label;
} seen;

static unsigned int list_devices(uint32_t max)
{
	struct box *box = &SOURCE->box;
	unsigned int total = 0;
	uint32_t n;

	do {
		if (ask(box, ME, CRYPTECH_RPC_DEVICE_LIST, "ou", seen.serial,
			(size_t)(total ? 16 : 0), max))
			return 0xffff;
		n = xdr_get_u32(&box->results);
		for (uint32_t i = 0; i < n; i++, total++) {
			uint8_t before[16];

			memcpy(before, seen.serial, 16);
			if (!take(box, seen.serial, 16) ||
			    !take(box, seen.fingerprint, 32) ||
			    !take_bytes(box, &seen.label) ||
			    (total && memcmp(before, seen.serial, 16) >= 0))
				return 0xffff;
		}
		if (!xdr_reader_done(&box->results))
			return 0xffff;
	} while (n);
	return total;
}

static void approved_devices(void)
{
	uint8_t serial[16] = "another device  ", fingerprint[32];

	REQUIRE(twin_fresh(SOURCE));
	soft_make();
	EXPECT_EQ(list_devices(4), 0);
	EXPECT_EQ(approve(SOURCE, soft_serial, &soft_spki), 0);
	REQUIRE(take(&SOURCE->box, fingerprint, 32));
	expect_fingerprint(soft_serial, &soft_spki, fingerprint);
	EXPECT_EQ(approve(SOURCE, soft_serial, &soft_spki),
		  CRYPTECH_ERR_KEY_NAME_IN_USE);
	EXPECT_EQ(approve(SOURCE, soft_serial, &SOURCE->spki),
		  CRYPTECH_ERR_KEY_NAME_IN_USE);
	EXPECT_EQ(list_devices(4), 1);
	EXPECT_MEM(seen.serial, soft_serial, 16);
	EXPECT_MEM(seen.fingerprint, fingerprint, 32);
	EXPECT(seen.label.len == 8 && !memcmp(seen.label.data, "a device", 8));
	REQUIRE(twin_restart(SOURCE));
	EXPECT_EQ(list_devices(4), 1);
	for (unsigned int i = 1; i < CRYPTECH_DEVICES_MAX; i++) {
		serial[15] = (uint8_t)i;
		EXPECT_EQ(approve(SOURCE, serial, &soft_spki), 0);
	}
	serial[15] = 0;
	EXPECT_EQ(approve(SOURCE, serial, &soft_spki),
		  CRYPTECH_ERR_NO_KEY_SLOTS_AVAILABLE);
	EXPECT_EQ(list_devices(5), CRYPTECH_DEVICES_MAX);
	EXPECT_EQ(list_devices(1000), CRYPTECH_DEVICES_MAX);
	EXPECT_EQ(revoke(SOURCE, soft_serial), 0);
	EXPECT_EQ(revoke(SOURCE, soft_serial), CRYPTECH_ERR_KEY_NOT_FOUND);
	EXPECT_EQ(approve(SOURCE, serial, &soft_spki), 0);
	EXPECT_EQ(list_devices(64), CRYPTECH_DEVICES_MAX);
	EXPECT_EQ(ask(&SOURCE->box, ME, CRYPTECH_RPC_DEVICE_LIST, "su", "", 0),
		  CRYPTECH_ERR_BAD_ARGUMENTS);
}

static int approve_as(const void *serial, size_t serial_len,
		      const struct bytes *key, const char *label)
{
	return ask(&SOURCE->box, OFFICER, CRYPTECH_RPC_DEVICE_APPROVE, "oos",
		   serial, serial_len, key->data, key->len, label);
}

static void approval_refuses(void)
{
	struct bytes wrong = { .len = 0 };

	REQUIRE(twin_fresh(SOURCE));
	soft_make();
	EXPECT_EQ(approve_as("short", 5, &soft_spki, ""),
		  CRYPTECH_ERR_BAD_ARGUMENTS);
	EXPECT_EQ(approve_as(soft_serial, 15, &soft_spki, ""),
		  CRYPTECH_ERR_BAD_ARGUMENTS);
	EXPECT_EQ(approve_as(soft_serial, 16, &soft_spki, "a\nb"),
		  CRYPTECH_ERR_BAD_ARGUMENTS);
	EXPECT_EQ(approve_as(soft_serial, 16, &wrong, ""),
		  CRYPTECH_ERR_ASN1_PARSE_FAILED);
	wrong = soft_spki;
	wrong.data[wrong.len++] = 0;
	EXPECT_EQ(approve_as(soft_serial, 16, &wrong, ""),
		  CRYPTECH_ERR_ASN1_PARSE_FAILED);
	wrong.len--;
	wrong.data[90] ^= 1;
	EXPECT_EQ(approve_as(soft_serial, 16, &wrong, ""),
		  CRYPTECH_ERR_KEY_NOT_ON_CURVE);
	plain_encode(EVP_EC_gen("P-384"), &der, &wrong);
	EXPECT_EQ(approve_as(soft_serial, 16, &wrong, ""),
		  CRYPTECH_ERR_UNSUPPORTED_KEY);
	plain_encode(EVP_RSA_gen(2048), &der, &wrong);
	EXPECT_EQ(approve_as(soft_serial, 16, &wrong, ""),
		  CRYPTECH_ERR_UNSUPPORTED_KEY);
	EXPECT_EQ(approve(SOURCE, SOURCE->serial, &soft_spki),
		  CRYPTECH_ERR_BAD_ARGUMENTS);
	EXPECT_EQ(list_devices(4), 0);
}

/* A statement field by field, as the document has it. */
static void expect_statement(const uint8_t *uuid, uint32_t flags,
			     const struct bytes *key)
{
	static struct blob made;

	put_head(&made, 1);
	put_bytes(&made, SOURCE->serial, 16);
	put_bytes(&made, uuid, 16);
	put_word(&made, flags);
	put_opaque(&made, key->data, key->len);
	EXPECT_EQ(statement.len, made.len + 64);
	EXPECT_MEM(statement.data, made.data, made.len);
	EXPECT(soft_verify(&SOURCE->spki, statement.data, statement.len));
}

static void statements(void)
{
	uint8_t uuid[UUID_SIZE], other[UUID_SIZE] = "none of this nam";

	REQUIRE(twin_fresh(SOURCE));
	REQUIRE(!kekek_make(SOURCE, uuid, &spki));
	REQUIRE(!attest(SOURCE, uuid, &statement));
	expect_statement(uuid, 0, &spki);
	REQUIRE(twin_restart(SOURCE));
	REQUIRE(!attest(SOURCE, uuid, &statement));
	expect_statement(uuid, 0, &spki);
	EXPECT_EQ(attest(SOURCE, other, &statement),
		  CRYPTECH_ERR_KEY_NOT_FOUND);
	/* who loaded it has it, who may take it along will */
	REQUIRE(!kekek_load(SOURCE, other, &der, &spki));
	EXPECT_EQ(attest(SOURCE, other, &statement), CRYPTECH_ERR_FORBIDDEN);
	REQUIRE(!key_generate_of(SOURCE, CRYPTECH_KEY_RSA2048,
				 KEKEK | TOKEN | EXPORTABLE, other));
	EXPECT_EQ(attest(SOURCE, other, &statement), CRYPTECH_ERR_FORBIDDEN);
	EXPECT_EQ(ask(&SOURCE->box, ME, CRYPTECH_RPC_KEY_LOAD, "sous", "",
		      der.data, der.len, KEKEK | TOKEN |
		      CRYPTECH_KEY_FLAG_LOCAL, ""),
		  CRYPTECH_ERR_BAD_ARGUMENTS);
	/* a public half, a volatile key, keys that do other things */
	REQUIRE(!key_load_der(SOURCE, &spki, KEKEK | TOKEN, "", other));
	EXPECT_EQ(attest(SOURCE, other, &statement), CRYPTECH_ERR_FORBIDDEN);
	REQUIRE(!key_generate_of(SOURCE, CRYPTECH_KEY_RSA2048, KEKEK, other));
	EXPECT_EQ(attest(SOURCE, other, &statement), CRYPTECH_ERR_FORBIDDEN);
	REQUIRE(!key_load_der(SOURCE, &der, SIGNS | TOKEN, "", other));
	EXPECT_EQ(attest(SOURCE, other, &statement), CRYPTECH_ERR_FORBIDDEN);
	REQUIRE(!key_generate_of(SOURCE, CRYPTECH_KEY_EC_P256, KEKEK | TOKEN,
				 other));
	EXPECT_EQ(attest(SOURCE, other, &statement), CRYPTECH_ERR_FORBIDDEN);
	REQUIRE(!key_generate_of(SOURCE, CRYPTECH_KEY_AES256, TOKEN, other));
	EXPECT_EQ(attest(SOURCE, other, &statement), CRYPTECH_ERR_FORBIDDEN);
}

static unsigned int count_kekeks(void)
{
	struct box *box = &SOURCE->box;
	uint8_t uuid[UUID_SIZE];
	unsigned int count = 0;
	uint32_t n;

	do {
		if (ask(box, ME, CRYPTECH_RPC_KEKEK_LIST, "ou", uuid,
			(size_t)(count ? 16 : 0), 3))
			return 0xffff;
		n = xdr_get_u32(&box->results);
		for (uint32_t i = 0; i < n; i++, count++)
			if (!take(box, uuid, 16))
				return 0xffff;
	} while (n);
	return count;
}

/* The public half in a statement, of an RSA key of these bits. */
static int bits_of_statement(void)
{
	const uint8_t *p = statement.data + 24 + 16 + 16 + 4 + 4;
	EVP_PKEY *pkey = d2i_PUBKEY(NULL, &p, (long)statement.len);
	int bits = pkey && EVP_PKEY_is_a(pkey, "RSA") ?
		   EVP_PKEY_get_bits(pkey) : 0;

	spki.len = (size_t)(p - (statement.data + 64));
	memcpy(spki.data, statement.data + 64, spki.len);
	EVP_PKEY_free(pkey);
	return bits;
}

static void single_use_kekeks(void)
{
	uint8_t uuid[UUID_SIZE], other[UUID_SIZE];

	REQUIRE(twin_fresh(SOURCE));
	EXPECT_EQ(count_kekeks(), 0);
	REQUIRE(!kekek_create(SOURCE, uuid, &statement));
	EXPECT_EQ(bits_of_statement(), 3072);
	expect_statement(uuid, 1, &spki);
	/* it is no key */
	EXPECT_EQ(box_status(&SOURCE->box, CRYPTECH_STATUS_KEYS_TOKEN), 0);
	EXPECT_EQ(key_delete_of(SOURCE, uuid), CRYPTECH_ERR_KEY_NOT_FOUND);
	REQUIRE(twin_restart(SOURCE));
	EXPECT_EQ(count_kekeks(), 1);
	REQUIRE(!attest(SOURCE, uuid, &statement));
	expect_statement(uuid, 1, &spki);
	for (unsigned int i = 1; i < CRYPTECH_KEKEKS_MAX; i++)
		EXPECT_EQ(kekek_create(SOURCE, other, &statement), 0);
	EXPECT_EQ(count_kekeks(), CRYPTECH_KEKEKS_MAX);
	EXPECT_EQ(box_status(&SOURCE->box, CRYPTECH_STATUS_KEKEKS),
		  CRYPTECH_KEKEKS_MAX);
	EXPECT_EQ(kekek_create(SOURCE, other, &statement),
		  CRYPTECH_ERR_NO_KEY_SLOTS_AVAILABLE);
	EXPECT_EQ(ask(&SOURCE->box, ME, CRYPTECH_RPC_KEKEK_DELETE, "o",
		      UUID(uuid)), 0);
	EXPECT_EQ(ask(&SOURCE->box, ME, CRYPTECH_RPC_KEKEK_DELETE, "o",
		      UUID(uuid)), CRYPTECH_ERR_KEY_NOT_FOUND);
	EXPECT_EQ(attest(SOURCE, uuid, &statement),
		  CRYPTECH_ERR_KEY_NOT_FOUND);
	EXPECT_EQ(kekek_create(SOURCE, other, &statement), 0);
	REQUIRE(twin_restart(SOURCE));
	EXPECT_EQ(count_kekeks(), CRYPTECH_KEKEKS_MAX);
}

int main(void)
{
	RUN(policy);
	RUN(this_device);
	RUN(approved_devices);
	RUN(approval_refuses);
	RUN(statements);
	RUN(single_use_kekeks);
	twins_over();
	EVP_PKEY_free(soft_key);
	return tap_done();
}
