// SPDX-License-Identifier: MIT
/*
 * Keys of all kinds but hash signatures from one HSM to another: what arrives,
 * what libcrypto says of what is on the way, what is refused.
 */
#include "backup_box.h"
#include "secret_use.h"

static struct bytes der, spki, got;
static struct bytes kekek_spki;
static uint8_t kekek[UUID_SIZE], uuid[UUID_SIZE];
static struct blob statement, package;
static struct imported imported;

/* Two HSMs, and a KEKEK of the destination. */
static bool ready(void)
{
	return twins_fresh() &&
	       !kekek_make(DESTINATION, kekek, &kekek_spki) &&
	       !attest(DESTINATION, kekek, &statement);
}

/* --- there and back ------------------------------------------------------- */

/* The key `uuid` of @from, with all that belongs to it, to @to. */
static void expect_transfer(struct twin *from, struct twin *to)
{
	struct key_seen before, after;
	struct blob ack;

	REQUIRE(!key_seen(from, uuid, &before));
	EXPECT_EQ(transfer_export(from, uuid, &statement, &package), 0);
	/* what would come says the same as what comes */
	for (uint32_t check = 2; check--;) {
		REQUIRE(!transfer_import(to, &package, 0, check, &imported));
		EXPECT_MEM(imported.uuid, uuid, UUID_SIZE);
		EXPECT_EQ(imported.type, before.type);
		EXPECT_EQ(imported.flags, before.flags);
		EXPECT_EQ(imported.label.len, before.label.len);
		EXPECT_MEM(imported.label.data, before.label.data,
			   before.label.len);
		EXPECT_EQ(imported.ack.len, check ? 0 : 24 + 48 + 32 + 64);
		EXPECT_EQ(key_seen(to, uuid, &after),
			  check ? CRYPTECH_ERR_KEY_NOT_FOUND : 0);
	}
	EXPECT_EQ(after.type, before.type);
	EXPECT_EQ(after.class, before.class);
	EXPECT_EQ(after.flags, before.flags);
	ack = imported.ack;
	EXPECT_EQ(transfer_import(to, &package, 0, 0, &imported),
		  CRYPTECH_ERR_KEY_NAME_IN_USE);
	EXPECT_EQ(transfer_import(to, &package, 0, 1, &imported),
		  CRYPTECH_ERR_KEY_NAME_IN_USE);
	EXPECT_EQ(transfer_ack(from, &ack), 0);
	EXPECT_EQ(transfer_ack(from, &ack), 0);
}

static bool signs(struct twin *twin, const struct bytes *public)
{
	static const uint8_t hash[32] = "a hash value of thirty-two byte";
	bool rsa = public->len > 200;

	return !ask(&twin->box, ME, CRYPTECH_RPC_SIGN, "ouou", UUID(uuid),
		    rsa ? CRYPTECH_DIGEST_SHA256 : CRYPTECH_DIGEST_NONE, hash,
		    (size_t)32, 1024) && take_bytes(&twin->box, &got) &&
	       plain_verify(public, hash, 32, "sha256", got.data, got.len);
}

static void signing_keys(void)
{
	EVP_PKEY *keys[] = {
		EVP_RSA_gen(2048), EVP_RSA_gen(3072), EVP_EC_gen("P-256"),
		EVP_EC_gen("P-384"), EVP_EC_gen("P-521"),
	};

	REQUIRE(ready());
	for (unsigned int i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		plain_encode(keys[i], &der, &spki);
		EXPECT_EQ(key_load_der(SOURCE, &der, SIGNS | EXPORTABLE |
				       (i % 2 ? TOKEN : 0) |
				       (i % 3 ? PUBLIC : 0), "a label", uuid),
			  0);
		expect_transfer(SOURCE, DESTINATION);
		EXPECT(signs(DESTINATION, &spki));
		EXPECT(signs(SOURCE, &spki));
		EXPECT_EQ(key_public_of(DESTINATION, uuid, &got), 0);
		EXPECT(got.len == spki.len &&
		       !memcmp(got.data, spki.data, got.len));
	}
	/* what was for flash is there for good */
	plain_encode(EVP_EC_gen("P-256"), &der, &spki);
	EXPECT_EQ(key_load_der(SOURCE, &der, SIGNS | EXPORTABLE | TOKEN, "",
			       uuid), 0);
	expect_transfer(SOURCE, DESTINATION);
	REQUIRE(twin_restart(DESTINATION));
	EXPECT(signs(DESTINATION, &spki));
}

/* Of AES in each mode, and of HMAC: what it makes there is what it made here. */
static void secret_keys(void)
{
	struct bytes here, there;

	REQUIRE(ready());
	for (unsigned int i = 0; i < SECRET_KINDS; i++) {
		const struct secret_kind *k = &secret_kinds[i];

		EXPECT_EQ(key_generate_of(SOURCE, k->type, EXPORTABLE |
					  k->flags | (i % 2 ? TOKEN : 0),
					  uuid), 0);
		EXPECT_EQ(secret_use(&SOURCE->box, ME, uuid, k, &here), 0);
		expect_transfer(SOURCE, DESTINATION);
		EXPECT_EQ(secret_use(&DESTINATION->box, ME, uuid, k, &there),
			  0);
		EXPECT_EQ(there.len, here.len);
		EXPECT_MEM(there.data, here.data, here.len);
	}
}

/* Public halves, raw RSA, KEKEKs: flags say what they may. */
static void other_keys(void)
{
	static const char hss[] =
		"304e300d060b2a864886f70d0109100311033d00"
		"00000001000000050000000461a5d57d37f5e46bfb7520806b07a1b8"
		"50650e3b31fe4a773ea29a07f09cf2ea30e579f0df58ef8e298da043"
		"4cb2b878";
	const char *p = hss;

	REQUIRE(ready());
	plain_encode(EVP_EC_gen("P-384"), &der, &spki);
	EXPECT_EQ(key_load_der(SOURCE, &spki, SIGNS | EXPORTABLE, "", uuid), 0);
	expect_transfer(SOURCE, DESTINATION);
	plain_encode(EVP_RSA_gen(2048), &der, &spki);
	EXPECT_EQ(key_load_der(SOURCE, &spki, SIGNS | EXPORTABLE | TOKEN, "",
			       uuid), 0);
	expect_transfer(SOURCE, DESTINATION);
	EXPECT_EQ(key_load_der(SOURCE, &der, CRYPTECH_KEY_FLAG_RAW |
			       EXPORTABLE, "", uuid), 0);
	expect_transfer(SOURCE, DESTINATION);
	EXPECT_EQ(key_load_der(SOURCE, &der, KEKEK | EXPORTABLE | TOKEN, "",
			       uuid), 0);
	expect_transfer(SOURCE, DESTINATION);
	/* RFC 8554, test case 1: its public key of the second level */
	from_hex(&spki, p);
	spki.len = 80;
	EXPECT_EQ(key_load_der(SOURCE, &spki, SIGNS | EXPORTABLE | TOKEN, "",
			       uuid), 0);
	expect_transfer(SOURCE, DESTINATION);
	EXPECT_EQ(key_public_of(DESTINATION, uuid, &got), 0);
	EXPECT(got.len == spki.len && !memcmp(got.data, spki.data, got.len));
}

/* Attributes go along, those too that only libhal's clients know. */
static void attributes(void)
{
	uint32_t handle;
	struct box *box = &SOURCE->box;

	REQUIRE(ready());
	plain_encode(EVP_EC_gen("P-256"), &der, &spki);
	REQUIRE(!key_load_der(SOURCE, &der, SIGNS | EXPORTABLE | TOKEN, "name",
			      uuid));
	REQUIRE(!ask(box, ME, CRYPTECH_RPC_PKEY_OPEN, "uo", 0, UUID(uuid)));
	handle = xdr_get_u32(&box->results);
	EXPECT_EQ(ask(box, ME, CRYPTECH_RPC_PKEY_SET_ATTRIBUTES, "uuusus",
		      handle, 2, 0x1234, "a value", 0x5678, ""), 0);
	expect_transfer(SOURCE, DESTINATION);
	box = &DESTINATION->box;
	REQUIRE(!ask(box, ME, CRYPTECH_RPC_PKEY_OPEN, "uo", 0, UUID(uuid)));
	handle = xdr_get_u32(&box->results);
	EXPECT_EQ(ask(box, ME, CRYPTECH_RPC_PKEY_GET_ATTRIBUTES, "uuuuu",
		      handle, 2, 0x1234, 0x5678, 100), 0);
	EXPECT_EQ(xdr_get_u32(&box->results), 2);
	EXPECT_EQ(xdr_get_u32(&box->results), 0x1234);
	EXPECT(take_bytes(box, &got) && got.len == 7 &&
	       !memcmp(got.data, "a value", 7));
	EXPECT_EQ(xdr_get_u32(&box->results), 0x5678);
	EXPECT(take_bytes(box, &got) && !got.len);
}

static void the_other_way(void)
{
	REQUIRE(twins_fresh());
	REQUIRE(!kekek_make(SOURCE, kekek, &kekek_spki));
	REQUIRE(!attest(SOURCE, kekek, &statement));
	plain_encode(EVP_EC_gen("P-256"), &der, &spki);
	REQUIRE(!key_load_der(DESTINATION, &der, SIGNS | EXPORTABLE | TOKEN,
			      "back", uuid));
	expect_transfer(DESTINATION, SOURCE);
	EXPECT(signs(SOURCE, &spki));
	/* and home again, once it is gone there */
	REQUIRE(!kekek_make(DESTINATION, kekek, &kekek_spki));
	REQUIRE(!attest(DESTINATION, kekek, &statement));
	EXPECT_EQ(key_delete_of(DESTINATION, uuid), 0);
	expect_transfer(SOURCE, DESTINATION);
	EXPECT(signs(DESTINATION, &spki));
}

static void flags_narrow(void)
{
	const uint32_t all = SIGNS | EXPORTABLE | TOKEN | PUBLIC;
	struct key_seen seen;

	REQUIRE(ready());
	plain_encode(EVP_EC_gen("P-256"), &der, &spki);
	REQUIRE(!key_load_der(SOURCE, &der, all, "", uuid));
	REQUIRE(!transfer_export(SOURCE, uuid, &statement, &package));
	for (uint32_t flag = 1; flag <= 0x80000000u / 2; flag *= 2) {
		int error = flag & CRYPTECH_KEY_FLAGS_ALL ? 0 :
			    CRYPTECH_ERR_BAD_ARGUMENTS;

		EXPECT_EQ(transfer_import(DESTINATION, &package, flag, 1,
					  &imported), error);
		EXPECT_EQ(transfer_import(DESTINATION, &package, flag, 0,
					  &imported), error);
		if (error)
			continue;
		EXPECT_EQ(imported.flags, all & ~flag);
		EXPECT_EQ(key_seen(DESTINATION, uuid, &seen), 0);
		EXPECT_EQ(seen.flags, all & ~flag);
		EXPECT_EQ(key_delete_of(DESTINATION, uuid), 0);
	}
	EXPECT_EQ(transfer_import(DESTINATION, &package, 0, 2, &imported),
		  CRYPTECH_ERR_BAD_ARGUMENTS);
	/* what came without TOKEN is gone with its client */
	EXPECT_EQ(transfer_import(DESTINATION, &package, TOKEN, 0, &imported),
		  0);
	REQUIRE(twin_restart(DESTINATION));
	EXPECT_EQ(key_seen(DESTINATION, uuid, &seen),
		  CRYPTECH_ERR_KEY_NOT_FOUND);
	/* what came without EXPORTABLE stays */
	EXPECT_EQ(transfer_import(DESTINATION, &package, EXPORTABLE, 0,
				  &imported), 0);
	EXPECT_EQ(transfer_export(DESTINATION, uuid, &statement, &package),
		  CRYPTECH_ERR_FORBIDDEN);
}

/* --- by hand and libcrypto ------------------------------------------------ */

/* The image of an EC key, after backup.rst. */
static void make_image(struct blob *image, const uint8_t *name, uint32_t type,
		       uint32_t class, uint32_t flags)
{
	image->len = 0;
	put_word(image, 1);
	put_bytes(image, name, 16);
	put_word(image, type);
	put_word(image, class);
	put_word(image, flags);
	put_word(image, 4 + 4 + 8);		/* attributes: a label */
	put_word(image, CRYPTECH_ATTRIBUTE_LABEL);
	put_opaque(image, "by hand", 7);
	put_opaque(image, spki.data, spki.len);
	put_opaque(image, der.data, der.len);
}

/* For the device of software, which has this KEKEK. */
static bool ready_for_soft(struct bytes *kekek_der)
{
	if (!ready())
		return false;
	soft_make();
	plain_encode(EVP_RSA_gen(2048), kekek_der, &kekek_spki);
	soft_statement(&statement, kekek, 0, &kekek_spki);
	return !approve(SOURCE, soft_serial, &soft_spki);
}

static void opened_by_libcrypto(void)
{
	static struct blob head, image, plain;
	struct bytes kek, kekek_der;
	size_t at;

	REQUIRE(ready_for_soft(&kekek_der));
	plain_encode(EVP_EC_gen("P-256"), &der, &spki);
	REQUIRE(!key_load_der(SOURCE, &der, SIGNS | EXPORTABLE, "by hand",
			      uuid));
	REQUIRE(!transfer_export(SOURCE, uuid, &statement, &package));
	EXPECT(soft_verify(&SOURCE->spki, package.data, package.len));
	put_head(&head, 2);
	put_bytes(&head, SOURCE->serial, 16);
	put_bytes(&head, soft_serial, 16);
	put_bytes(&head, kekek, 16);
	put_bytes(&head, uuid, 16);
	put_word(&head, 256);
	EXPECT_MEM(package.data, head.data, head.len);
	REQUIRE(soft_rsa(&kekek_der, false, "cryptech transfer",
			 package.data + head.len, 256, &kek));
	EXPECT_EQ(kek.len, 32);
	at = head.len + 256 + 4;
	make_image(&image, uuid, CRYPTECH_KEY_EC_P256,
		   CRYPTECH_KEY_CLASS_EC_PRIVATE, SIGNS | EXPORTABLE);
	REQUIRE(soft_kwp(kek.data, false, package.data + at,
			 package.len - 64 - at, &plain));
	EXPECT_EQ(plain.len, image.len);
	EXPECT_MEM(plain.data, image.data, image.len);
	/* each has a KEK of its own */
	head = package;
	REQUIRE(!transfer_export(SOURCE, uuid, &statement, &package));
	EXPECT(memcmp(head.data + at, package.data + at, 64) != 0);
}

static void made_by_libcrypto(void)
{
	static const uint8_t name[16] = "a name of theirs", secret[33] = "kek";
	static struct blob image, wrapped;
	struct bytes kek;

	REQUIRE(ready());
	soft_make();
	REQUIRE(!approve(DESTINATION, soft_serial, &soft_spki));
	plain_encode(EVP_EC_gen("P-521"), &der, &spki);
	make_image(&image, name, CRYPTECH_KEY_EC_P521,
		   CRYPTECH_KEY_CLASS_EC_PRIVATE, SIGNS | TOKEN);
	REQUIRE(soft_kwp(secret, true, image.data, image.len, &wrapped));
	REQUIRE(soft_rsa(&kekek_spki, true, "cryptech transfer", secret, 32,
			 &kek));
	put_head(&package, 2);
	put_bytes(&package, soft_serial, 16);
	put_bytes(&package, DESTINATION->serial, 16);
	put_bytes(&package, kekek, 16);
	put_bytes(&package, name, 16);
	put_opaque(&package, kek.data, kek.len);
	put_opaque(&package, wrapped.data, wrapped.len);
	soft_sign(&package);
	EXPECT_EQ(transfer_import(DESTINATION, &package, 0, 0, &imported), 0);
	EXPECT_MEM(imported.uuid, name, 16);
	EXPECT(imported.label.len == 7 &&
	       !memcmp(imported.label.data, "by hand", 7));
	memcpy(uuid, name, 16);
	EXPECT(signs(DESTINATION, &spki));

	/* the acknowledgement, field by field */
	put_head(&wrapped, 3);
	put_bytes(&wrapped, DESTINATION->serial, 16);
	put_bytes(&wrapped, soft_serial, 16);
	put_bytes(&wrapped, name, 16);
	EVP_Digest(BLOB(&package), wrapped.data + wrapped.len, NULL,
		   EVP_sha256(), NULL);
	wrapped.len += 32;
	EXPECT_EQ(imported.ack.len, wrapped.len + 64);
	EXPECT_MEM(imported.ack.data, wrapped.data, wrapped.len);
	EXPECT(soft_verify(&DESTINATION->spki, BLOB(&imported.ack)));
}

int main(void)
{
	RUN(signing_keys);
	RUN(secret_keys);
	RUN(other_keys);
	RUN(attributes);
	RUN(the_other_way);
	RUN(flags_narrow);
	RUN(opened_by_libcrypto);
	RUN(made_by_libcrypto);
	twins_over();
	EVP_PKEY_free(soft_key);
	return tap_done();
}
