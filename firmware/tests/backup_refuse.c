// SPDX-License-Identifier: MIT
/*
 * Statements, packages and acknowledgements that are not as they should be:
 * every byte changed, cut anywhere, signed by others, or signed well and wrong
 * all the same.
 */
#include "backup_box.h"

static struct bytes der, spki, kekek_spki;
static uint8_t kekek[UUID_SIZE], uuid[UUID_SIZE];
static struct blob statement, package, changed;
static struct imported imported;

/* A key that may go, and a KEKEK of the destination; a device of software that
 * the destination approves. */
static bool ready(void)
{
	soft_make();
	plain_encode(EVP_EC_gen("P-256"), &der, &spki);
	return twins_fresh() &&
	       !approve(DESTINATION, soft_serial, &soft_spki) &&
	       !kekek_make(DESTINATION, kekek, &kekek_spki) &&
	       !attest(DESTINATION, kekek, &statement) &&
	       !key_load_der(SOURCE, &der, SIGNS | EXPORTABLE, "", uuid);
}

/* Nothing but the KEKEK is at the destination. */
static void expect_nothing_came(void)
{
	EXPECT_EQ(box_status(&DESTINATION->box, CRYPTECH_STATUS_KEYS_TOKEN),
		  1);
	EXPECT_EQ(box_status(&DESTINATION->box, CRYPTECH_STATUS_KEYS_VOLATILE),
		  0);
}

/* --- bytes ---------------------------------------------------------------- */

static void statement_bytes(void)
{
	REQUIRE(ready());
	for (size_t i = 0; i < statement.len; i++) {
		int error;

		changed = statement;
		changed.data[i] ^= 1 << i % 8;
		error = transfer_export(SOURCE, uuid, &changed, &package);
		/* whose it is, it says itself */
		EXPECT_EQ(error, i >= 24 && i < 40 ?
				 CRYPTECH_ERR_FORBIDDEN :
				 CRYPTECH_ERR_BAD_ARGUMENTS);
	}
	changed = statement;
	for (changed.len = 0; changed.len < statement.len; changed.len++)
		EXPECT_EQ(transfer_export(SOURCE, uuid, &changed, &package),
			  CRYPTECH_ERR_BAD_ARGUMENTS);
	changed.len++;
	EXPECT_EQ(transfer_export(SOURCE, uuid, &changed, &package),
		  CRYPTECH_ERR_BAD_ARGUMENTS);
	EXPECT_EQ(transfer_export(SOURCE, uuid, &statement, &package), 0);
	/* another kind of struct that the destination signed well */
	REQUIRE(!transfer_import(DESTINATION, &package, 0, 0, &imported));
	EXPECT_EQ(transfer_export(SOURCE, uuid, &imported.ack, &package),
		  CRYPTECH_ERR_BAD_ARGUMENTS);
}

static void package_bytes(void)
{
	REQUIRE(ready());
	REQUIRE(!transfer_export(SOURCE, uuid, &statement, &package));
	for (size_t i = 0; i < package.len; i++) {
		changed = package;
		changed.data[i] ^= 1 << i % 8;
		EXPECT_EQ(transfer_import(DESTINATION, &changed, 0, i % 2,
					  &imported),
			  i >= 24 && i < 40 ? CRYPTECH_ERR_FORBIDDEN :
					      CRYPTECH_ERR_KEYWRAP_BAD_MAGIC);
	}
	changed = package;
	for (changed.len = 0; changed.len < package.len; changed.len++)
		EXPECT_EQ(transfer_import(DESTINATION, &changed, 0, 0,
					  &imported),
			  CRYPTECH_ERR_KEYWRAP_BAD_MAGIC);
	changed.len++;
	EXPECT_EQ(transfer_import(DESTINATION, &changed, 0, 0, &imported),
		  CRYPTECH_ERR_KEYWRAP_BAD_MAGIC);
	EXPECT_EQ(transfer_import(DESTINATION, &statement, 0, 0, &imported),
		  CRYPTECH_ERR_KEYWRAP_BAD_MAGIC);
	expect_nothing_came();
	EXPECT_EQ(transfer_import(DESTINATION, &package, 0, 0, &imported), 0);
}

static void ack_bytes(void)
{
	REQUIRE(ready());
	REQUIRE(!transfer_export(SOURCE, uuid, &statement, &package));
	REQUIRE(!transfer_import(DESTINATION, &package, 0, 0, &imported));
	for (size_t i = 0; i < imported.ack.len; i++) {
		changed = imported.ack;
		changed.data[i] ^= 1 << i % 8;
		EXPECT_EQ(transfer_ack(SOURCE, &changed),
			  CRYPTECH_ERR_BAD_ARGUMENTS);
	}
	changed = imported.ack;
	for (changed.len = 0; changed.len < imported.ack.len; changed.len++)
		EXPECT_EQ(transfer_ack(SOURCE, &changed),
			  CRYPTECH_ERR_BAD_ARGUMENTS);
	changed.len++;
	EXPECT_EQ(transfer_ack(SOURCE, &changed), CRYPTECH_ERR_BAD_ARGUMENTS);
	EXPECT_EQ(transfer_ack(DESTINATION, &imported.ack),
		  CRYPTECH_ERR_BAD_ARGUMENTS);
	EXPECT_EQ(transfer_ack(SOURCE, &package), CRYPTECH_ERR_BAD_ARGUMENTS);
	EXPECT_EQ(transfer_ack(SOURCE, &imported.ack), 0);
}

/* --- who ------------------------------------------------------------------ */

static void strangers(void)
{
	REQUIRE(ready());
	REQUIRE(!transfer_export(SOURCE, uuid, &statement, &package));
	EXPECT_EQ(revoke(DESTINATION, SOURCE->serial), 0);
	EXPECT_EQ(transfer_import(DESTINATION, &package, 0, 0, &imported),
		  CRYPTECH_ERR_FORBIDDEN);
	/* approved with another key, it is another device */
	EXPECT_EQ(approve(DESTINATION, SOURCE->serial, &soft_spki), 0);
	EXPECT_EQ(transfer_import(DESTINATION, &package, 0, 0, &imported),
		  CRYPTECH_ERR_KEYWRAP_BAD_MAGIC);
	expect_nothing_came();
	EXPECT_EQ(revoke(DESTINATION, SOURCE->serial), 0);
	EXPECT_EQ(approve(DESTINATION, SOURCE->serial, &SOURCE->spki), 0);
	EXPECT_EQ(transfer_import(DESTINATION, &package, 0, 0, &imported), 0);
	EXPECT_EQ(revoke(SOURCE, DESTINATION->serial), 0);
	EXPECT_EQ(transfer_export(SOURCE, uuid, &statement, &package),
		  CRYPTECH_ERR_FORBIDDEN);
	EXPECT_EQ(transfer_ack(SOURCE, &imported.ack),
		  CRYPTECH_ERR_BAD_ARGUMENTS);
	/* its own statements are another device's, which it cannot approve */
	EXPECT_EQ(kekek_make(SOURCE, kekek, &kekek_spki), 0);
	EXPECT_EQ(attest(SOURCE, kekek, &statement), 0);
	EXPECT_EQ(transfer_export(SOURCE, uuid, &statement, &package),
		  CRYPTECH_ERR_FORBIDDEN);
}

static void statements_signed_well(void)
{
	struct bytes other_der, other;

	REQUIRE(ready());
	REQUIRE(!approve(SOURCE, soft_serial, &soft_spki));
	soft_statement(&statement, kekek, 0, &kekek_spki);
	EXPECT_EQ(transfer_export(SOURCE, uuid, &statement, &package), 0);
	/* one struct, one form: what fills it up is zeros */
	EXPECT_EQ(kekek_spki.len % 4, 2);
	statement.len -= 64;
	statement.data[statement.len - 1] = 1;
	soft_sign(&statement);
	EXPECT_EQ(transfer_export(SOURCE, uuid, &statement, &package),
		  CRYPTECH_ERR_BAD_ARGUMENTS);
	/* a single-use KEKEK is for hash signature keys */
	soft_statement(&statement, kekek, 1, &kekek_spki);
	EXPECT_EQ(transfer_export(SOURCE, uuid, &statement, &package),
		  CRYPTECH_ERR_FORBIDDEN);
	soft_statement(&statement, kekek, 2, &kekek_spki);
	EXPECT_EQ(transfer_export(SOURCE, uuid, &statement, &package),
		  CRYPTECH_ERR_BAD_ARGUMENTS);
	plain_encode(EVP_EC_gen("P-256"), &other_der, &other);
	soft_statement(&statement, kekek, 0, &other);
	EXPECT_EQ(transfer_export(SOURCE, uuid, &statement, &package),
		  CRYPTECH_ERR_UNSUPPORTED_KEY);
	plain_encode(EVP_RSA_gen(1024), &other_der, &other);
	soft_statement(&statement, kekek, 0, &other);
	EXPECT_EQ(transfer_export(SOURCE, uuid, &statement, &package),
		  CRYPTECH_ERR_UNSUPPORTED_KEY);
	soft_statement(&statement, kekek, 0, &other_der);
	EXPECT_EQ(transfer_export(SOURCE, uuid, &statement, &package),
		  CRYPTECH_ERR_BAD_ARGUMENTS);
	other.len = 0;
	soft_statement(&statement, kekek, 0, &other);
	EXPECT_EQ(transfer_export(SOURCE, uuid, &statement, &package),
		  CRYPTECH_ERR_BAD_ARGUMENTS);
}

static void keys_that_stay(void)
{
	uint8_t name[UUID_SIZE];

	REQUIRE(ready());
	REQUIRE(!key_load_der(SOURCE, &der, SIGNS, "", name));
	EXPECT_EQ(transfer_export(SOURCE, name, &statement, &package),
		  CRYPTECH_ERR_FORBIDDEN);
	EXPECT_EQ(transfer_export(SOURCE, (const uint8_t *)"none of this nam",
				  &statement, &package),
		  CRYPTECH_ERR_KEY_NOT_FOUND);
}

/* --- signed well ---------------------------------------------------------- */

/* What a package is made of; each of its tests changes one thing. */
static struct {
	const uint8_t *destination, *kekek, *name;
	const char *label;
	uint8_t secret[64];
	size_t secret_len;
	struct blob image;
	bool garbage_kek, garbage_image;
} recipe;

static void good_image(uint32_t type, uint32_t class, uint32_t flags)
{
	struct blob *image = &recipe.image;

	image->len = 0;
	put_word(image, 1);
	put_bytes(image, recipe.name, 16);
	put_word(image, type);
	put_word(image, class);
	put_word(image, flags);
	put_opaque(image, "", 0);
	put_opaque(image, spki.data, spki.len);
	put_opaque(image, der.data, der.len);
}

static void good_recipe(void)
{
	memset(&recipe, 0, sizeof(recipe));
	recipe.destination = DESTINATION->serial;
	recipe.kekek = kekek;
	recipe.name = (const uint8_t *)"a name of theirs";
	recipe.label = "cryptech transfer";
	memset(recipe.secret, 7, sizeof(recipe.secret));
	recipe.secret_len = 32;
	good_image(CRYPTECH_KEY_EC_P256, CRYPTECH_KEY_CLASS_EC_PRIVATE, SIGNS);
}

static int import_recipe(void)
{
	static struct blob wrapped;
	struct bytes kek;

	EXPECT(soft_kwp(recipe.secret, true, recipe.image.data,
			recipe.image.len, &wrapped));
	EXPECT(soft_rsa(&kekek_spki, true, recipe.label, recipe.secret,
			recipe.secret_len, &kek));
	kek.data[kek.len - 1] ^= recipe.garbage_kek;
	wrapped.data[0] ^= recipe.garbage_image;
	put_head(&package, 2);
	put_bytes(&package, soft_serial, 16);
	put_bytes(&package, recipe.destination, 16);
	put_bytes(&package, recipe.kekek, 16);
	put_bytes(&package, recipe.name, 16);
	put_opaque(&package, kek.data, kek.len);
	put_opaque(&package, wrapped.data, wrapped.len);
	soft_sign(&package);
	return transfer_import(DESTINATION, &package, 0, 0, &imported);
}

#define EXPECT_REFUSED() \
	do { \
		EXPECT_EQ(import_recipe(), CRYPTECH_ERR_KEYWRAP_BAD_MAGIC); \
		good_recipe(); \
	} while (0)

static void what_does_not_open(void)
{
	struct bytes other_der, ours;
	uint8_t other[UUID_SIZE];

	REQUIRE(ready());
	good_recipe();
	recipe.destination = SOURCE->serial;
	EXPECT_REFUSED();
	recipe.kekek = (const uint8_t *)"none of this nam";
	EXPECT_REFUSED();
	recipe.secret_len = 31;
	EXPECT_REFUSED();
	recipe.secret_len = 33;
	EXPECT_REFUSED();
	recipe.secret_len = 0;
	EXPECT_REFUSED();
	recipe.label = "cryptech Transfer";
	EXPECT_REFUSED();
	recipe.label = NULL;		/* PKCS#1 v1.5 */
	EXPECT_REFUSED();
	recipe.garbage_kek = true;
	EXPECT_REFUSED();
	recipe.garbage_image = true;
	EXPECT_REFUSED();
	/* keys of this HSM that are no KEKEKs */
	ours = kekek_spki;
	plain_encode(EVP_RSA_gen(2048), &other_der, &kekek_spki);
	REQUIRE(!key_load_der(DESTINATION, &other_der, SIGNS | TOKEN, "",
			      other));
	recipe.kekek = other;
	EXPECT_REFUSED();
	REQUIRE(!key_delete_of(DESTINATION, other));
	REQUIRE(!key_load_der(DESTINATION, &other_der, KEKEK, "", other));
	recipe.kekek = other;		/* not in flash */
	EXPECT_REFUSED();
	REQUIRE(!key_delete_of(DESTINATION, other));
	/* one that is for a hash signature key: it stays */
	REQUIRE(!kekek_create(DESTINATION, other, &statement));
	kekek_spki.len = statement.len - 64 - 64;
	memcpy(kekek_spki.data, statement.data + 64, kekek_spki.len);
	recipe.kekek = other;
	EXPECT_REFUSED();
	EXPECT_EQ(box_status(&DESTINATION->box, CRYPTECH_STATUS_KEKEKS), 1);
	kekek_spki = ours;
	expect_nothing_came();
	EXPECT_EQ(import_recipe(), 0);
}

static void images_that_are_none(void)
{
	const uint32_t type = CRYPTECH_KEY_EC_P256;
	const uint32_t class = CRYPTECH_KEY_CLASS_EC_PRIVATE;
	struct bytes other_der, other;
	size_t len;

	REQUIRE(ready());
	good_recipe();
	len = recipe.image.len;
	for (size_t i = 1; i < len; i += 3) {
		recipe.image.len = i;
		EXPECT_REFUSED();
	}
	put_word(&recipe.image, 0);
	EXPECT_REFUSED();
	recipe.image.data[3] = 2;	/* version */
	EXPECT_REFUSED();
	recipe.image.data[4] ^= 1;	/* name */
	EXPECT_REFUSED();
	good_image(CRYPTECH_KEY_EC_P384, class, SIGNS);
	EXPECT_REFUSED();
	good_image(CRYPTECH_KEY_RSA2048, class, SIGNS);
	EXPECT_REFUSED();
	good_image(type, CRYPTECH_KEY_CLASS_EC_PUBLIC, SIGNS);
	EXPECT_REFUSED();
	good_image(type, CRYPTECH_KEY_CLASS_HASHSIG_PRIVATE, SIGNS | TOKEN);
	EXPECT_REFUSED();
	good_image(CRYPTECH_KEY_HSS, CRYPTECH_KEY_CLASS_HASHSIG_PRIVATE,
		   SIGNS | TOKEN);
	EXPECT_REFUSED();
	good_image(CRYPTECH_KEY_HSS, CRYPTECH_KEY_CLASS_HASHSIG_PUBLIC, SIGNS);
	EXPECT_REFUSED();
	good_image(CRYPTECH_KEY_AES256, CRYPTECH_KEY_CLASS_AES, 0);
	EXPECT_REFUSED();
	good_image(type, class, 0x100);
	EXPECT_REFUSED();
	good_image(type, class, SIGNS | KEKEK);
	EXPECT_REFUSED();
	good_image(type, class, CRYPTECH_KEY_FLAG_RAW);
	EXPECT_REFUSED();
	good_image(type, class, CRYPTECH_KEY_MODE_FLAG(1));
	EXPECT_REFUSED();
	recipe.name = (const uint8_t *)"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
	good_image(type, class, SIGNS);
	EXPECT_REFUSED();
	plain_encode(EVP_EC_gen("P-256"), &other_der, &other);
	other_der = spki;
	spki = other;			/* another key's public half */
	good_image(type, class, SIGNS);
	EXPECT_REFUSED();
	spki = other_der;
	expect_nothing_came();
	good_recipe();
	EXPECT_EQ(import_recipe(), 0);
}

/* What one destination got is of no use to another, even one that has the very
 * KEKEK and approves the source. */
static void another_destination(void)
{
	struct bytes other_der, other;

	REQUIRE(ready());
	REQUIRE(!approve(SOURCE, soft_serial, &soft_spki));
	plain_encode(EVP_RSA_gen(2048), &other_der, &other);
	REQUIRE(!key_delete_of(DESTINATION, kekek));
	REQUIRE(!ask(&DESTINATION->box, ME, CRYPTECH_RPC_KEY_LOAD, "oous",
		     UUID(kekek), other_der.data, other_der.len,
		     KEKEK | TOKEN, ""));
	soft_statement(&statement, kekek, 0, &other);
	REQUIRE(!transfer_export(SOURCE, uuid, &statement, &package));
	EXPECT_EQ(transfer_import(DESTINATION, &package, 0, 0, &imported),
		  CRYPTECH_ERR_KEYWRAP_BAD_MAGIC);
	expect_nothing_came();
}

int main(void)
{
	RUN(statement_bytes);
	RUN(package_bytes);
	RUN(ack_bytes);
	RUN(strangers);
	RUN(statements_signed_well);
	RUN(keys_that_stay);
	RUN(what_does_not_open);
	RUN(images_that_are_none);
	RUN(another_destination);
	twins_over();
	EVP_PKEY_free(soft_key);
	return tap_done();
}
