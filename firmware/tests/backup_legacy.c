// SPDX-License-Identifier: MIT
/*
 * libhal's packages by UUID, where the security officer allows them: what goes
 * out opens by libcrypto, and what libcrypto made comes in.
 */
#include "backup_box.h"
#include "legacy.h"

static struct bytes der, spki, kekek_der, kekek_spki, pkcs8, kek, got;
static uint8_t kekek[UUID_SIZE], uuid[UUID_SIZE];

static int export(const uint8_t *name, const uint8_t *kekek_name)
{
	int error = ask(&SOURCE->box, ME, CRYPTECH_RPC_LEGACY_EXPORT, "oo",
			UUID(name), UUID(kekek_name));

	if (error)
		return error;
	return take_bytes(&SOURCE->box, &pkcs8) &&
	       take_bytes(&SOURCE->box, &kek) &&
	       xdr_reader_done(&SOURCE->box.results) ? 0 : -1;
}

static int import(struct twin *twin, uint32_t flags, const char *label)
{
	return result_uuid(twin, ask(&twin->box, ME,
			CRYPTECH_RPC_LEGACY_IMPORT, "ooous", UUID(kekek),
			pkcs8.data, pkcs8.len, kek.data, kek.len, flags,
			label), uuid);
}

/* An HSM with this policy; the KEKEK, private half and all. */
static bool ready(struct twin *twin, uint32_t policy)
{
	return twin_fresh(twin) && !set_policy(twin, policy) &&
	       !kekek_load(twin, kekek, &kekek_der, &kekek_spki);
}

/* What libcrypto packs of `der`. */
static void make_package(void)
{
	static const uint8_t secret[32] = "the key that encrypts the key...";
	static struct blob wrapped;
	struct bytes encrypted;

	EXPECT(soft_rsa(&kekek_spki, true, NULL, secret, 32, &encrypted));
	EXPECT(soft_kwp(secret, true, der.data, der.len, &wrapped));
	envelope(NID_rsaEncryption, encrypted.data, encrypted.len, &kek);
	envelope(NID_id_aes256_wrap_pad, wrapped.data, wrapped.len, &pkcs8);
}

static void out(void)
{
	EVP_PKEY *keys[] = { EVP_RSA_gen(2048), EVP_EC_gen("P-256"),
			     EVP_EC_gen("P-521") };
	struct bytes encrypted, secret, wrapped;
	static struct blob plain;

	REQUIRE(ready(SOURCE, CRYPTECH_POLICY_LEGACY_EXPORT));
	/* its public half is enough here */
	EXPECT_EQ(key_load_der(SOURCE, &kekek_spki, KEKEK, "", kekek), 0);
	for (unsigned int i = 0; i < 3; i++) {
		plain_encode(keys[i], &der, &spki);
		EXPECT_EQ(key_load_der(SOURCE, &der, SIGNS | EXPORTABLE, "",
				       uuid), 0);
		REQUIRE(!export(uuid, kekek));
		REQUIRE(open_envelope(&kek, NID_rsaEncryption, &encrypted));
		REQUIRE(soft_rsa(&kekek_der, false, NULL, encrypted.data,
				 encrypted.len, &secret));
		EXPECT_EQ(secret.len, 32);
		REQUIRE(open_envelope(&pkcs8, NID_id_aes256_wrap_pad,
				      &wrapped));
		REQUIRE(soft_kwp(secret.data, false, wrapped.data, wrapped.len,
				 &plain));
		EXPECT(plain.len == der.len &&
		       !memcmp(plain.data, der.data, der.len));
	}
}

static void in(void)
{
	uint8_t first[UUID_SIZE];
	struct key_seen seen;

	REQUIRE(ready(DESTINATION, CRYPTECH_POLICY_LEGACY_EXPORT));
	plain_encode(EVP_EC_gen("P-384"), &der, &spki);
	make_package();
	EXPECT_EQ(import(DESTINATION, SIGNS | TOKEN, "by libcrypto"), 0);
	memcpy(first, uuid, sizeof(first));
	EXPECT_EQ(key_public_of(DESTINATION, uuid, &got), 0);
	EXPECT(got.len == spki.len && !memcmp(got.data, spki.data, got.len));
	EXPECT_EQ(key_seen(DESTINATION, uuid, &seen), 0);
	EXPECT_EQ(seen.flags, SIGNS | TOKEN);
	EXPECT(seen.label.len == 12 &&
	       !memcmp(seen.label.data, "by libcrypto", 12));
	/* no name comes along: another key, or the same once more */
	EXPECT_EQ(import(DESTINATION, SIGNS, ""), 0);
	EXPECT(memcmp(first, uuid, sizeof(first)) != 0);
	kek.data[kek.len - 1] ^= 1;
	EXPECT_EQ(import(DESTINATION, SIGNS, ""),
		  CRYPTECH_ERR_KEYWRAP_BAD_MAGIC);
	kek.data[kek.len - 1] ^= 1;
	pkcs8.data[pkcs8.len - 1] ^= 1;
	EXPECT_EQ(import(DESTINATION, SIGNS, ""),
		  CRYPTECH_ERR_KEYWRAP_BAD_MAGIC);
	pkcs8.data[pkcs8.len - 1] ^= 1;
	EXPECT_EQ(import(DESTINATION, SIGNS | KEKEK, ""),
		  CRYPTECH_ERR_BAD_ARGUMENTS);
	EXPECT_EQ(import(DESTINATION, 0x100, ""), CRYPTECH_ERR_BAD_ARGUMENTS);
	EXPECT_EQ(import(DESTINATION, SIGNS, "\x01"),
		  CRYPTECH_ERR_BAD_ARGUMENTS);
	EXPECT_EQ(box_status(&DESTINATION->box, CRYPTECH_STATUS_KEYS_TOKEN),
		  2);
}

static void refused(void)
{
	uint8_t other[UUID_SIZE];

	REQUIRE(ready(SOURCE, CRYPTECH_POLICY_LEGACY_EXPORT));
	plain_encode(EVP_EC_gen("P-256"), &der, &spki);
	REQUIRE(!key_load_der(SOURCE, &der, SIGNS, "", uuid));
	EXPECT_EQ(export(uuid, kekek), CRYPTECH_ERR_FORBIDDEN);
	REQUIRE(!key_load_der(SOURCE, &der, SIGNS | EXPORTABLE, "", uuid));
	EXPECT_EQ(export(uuid, uuid), CRYPTECH_ERR_FORBIDDEN);
	REQUIRE(!key_load_der(SOURCE, &der, KEKEK, "", other));
	EXPECT_EQ(export(uuid, other), CRYPTECH_ERR_UNSUPPORTED_KEY);
	REQUIRE(!key_load_der(SOURCE, &spki, SIGNS | EXPORTABLE, "", other));
	EXPECT_EQ(export(other, kekek), CRYPTECH_ERR_UNSUPPORTED_KEY);
	REQUIRE(!key_generate_of(SOURCE, CRYPTECH_KEY_AES128, EXPORTABLE |
				 CRYPTECH_KEY_FLAG_DATAENCIPHERMENT, other));
	EXPECT_EQ(export(other, kekek), CRYPTECH_ERR_UNSUPPORTED_KEY);
	EXPECT_EQ(export(uuid, (const uint8_t *)"none of this nam"),
		  CRYPTECH_ERR_KEY_NOT_FOUND);
	EXPECT_EQ(export(uuid, kekek), 0);
	REQUIRE(!key_load_der(SOURCE, &kekek_spki, KEKEK, "", kekek));
	EXPECT_EQ(import(SOURCE, SIGNS, ""), CRYPTECH_ERR_UNSUPPORTED_KEY);
}

static int pkey_open(const uint8_t *name, uint32_t *handle)
{
	int error = ask(&SOURCE->box, ME, CRYPTECH_RPC_PKEY_OPEN, "uo", 0,
			UUID(name));

	*handle = xdr_get_u32(&SOURCE->box.results);
	return error;
}

/* The functions by handle, and those by UUID: all with the policy, or none. */
static void by_policy(void)
{
	struct box *box = &SOURCE->box;
	uint32_t handle, kekek_handle;

	REQUIRE(ready(SOURCE, CRYPTECH_POLICY_SHARED_SEED));
	plain_encode(EVP_EC_gen("P-256"), &der, &spki);
	make_package();
	REQUIRE(!key_load_der(SOURCE, &der, SIGNS | EXPORTABLE, "", uuid));
	REQUIRE(!pkey_open(uuid, &handle) && !pkey_open(kekek, &kekek_handle));
	for (unsigned int i = 0; i < 3; i++) {
		int error = i == 1 ? 0 : CRYPTECH_ERR_FORBIDDEN;

		EXPECT_EQ(export(uuid, kekek), error);
		EXPECT_EQ(ask(box, ME, CRYPTECH_RPC_PKEY_EXPORT, "uuuu",
			      handle, kekek_handle, 5480, 512), error);
		make_package();
		EXPECT_EQ(ask(box, ME, CRYPTECH_RPC_PKEY_IMPORT, "uuoou", 0,
			      kekek_handle, pkcs8.data, pkcs8.len, kek.data,
			      kek.len, SIGNS), error);
		EXPECT_EQ(ask(box, ME, CRYPTECH_RPC_LEGACY_IMPORT, "ooous",
			      UUID(kekek), pkcs8.data, pkcs8.len, kek.data,
			      kek.len, SIGNS, ""), error);
		EXPECT_EQ(set_policy(SOURCE, i ? 0 :
				     CRYPTECH_POLICY_LEGACY_EXPORT), 0);
	}
}

int main(void)
{
	RUN(out);
	RUN(in);
	RUN(refused);
	RUN(by_policy);
	twins_over();
	return tap_done();
}
