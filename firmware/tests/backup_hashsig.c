// SPDX-License-Identifier: MIT
/*
 * Hash signature keys from one HSM to another: half of what is left goes, and
 * no leaf is ever in two places. Verified by the RFC's text and libcrypto's
 * SHA-256; an outside ledger has every one-time key that ever signed.
 */
#include "backup_hss.h"

static uint8_t kekek[UUID_SIZE];
static struct blob statement, package, again;
static struct imported imported;

/* --- calls ---------------------------------------------------------------- */

/* Two HSMs, a key of @levels at the source, a KEKEK at the destination. */
static bool ready_with(uint32_t profile, unsigned int levels)
{
	plain_ledger_free(&ledger);
	return twins_fresh() && !generate(SOURCE, FLAGS, profile, levels) &&
	       !key_public_of(SOURCE, uuid, &public) &&
	       !kekek_create(DESTINATION, kekek, &statement);
}

static bool ready(void)
{
	return ready_with(CRYPTECH_HASHSIG_PUNCTURED, 1);
}

static uint64_t waiting(struct twin *twin)
{
	return box_status(&twin->box, CRYPTECH_STATUS_OUTBOX);
}

static uint64_t kekeks(struct twin *twin)
{
	return box_status(&twin->box, CRYPTECH_STATUS_KEKEKS);
}

/* From @from to @to, acknowledged. */
static bool transfer(struct twin *from, struct twin *to)
{
	return !kekek_create(to, kekek, &statement) &&
	       !transfer_export(from, uuid, &statement, &package) &&
	       !transfer_import(to, &package, 0, 0, &imported) &&
	       !transfer_ack(from, &imported.ack);
}

/* --- halves --------------------------------------------------------------- */

static void two_halves(void)
{
	struct bytes spki;
	struct key_seen seen;

	REQUIRE(ready());
	EXPECT_EQ(left_of(SOURCE).root, LEAVES);
	EXPECT_EQ(transfer_export(SOURCE, uuid, &statement, &package), 0);
	EXPECT_EQ(left_of(SOURCE).root, LEAVES / 2);
	EXPECT_EQ(transfer_import(DESTINATION, &package, 0, 1, &imported), 0);
	EXPECT_EQ(imported.ack.len, 0);
	EXPECT_EQ(imported.type, CRYPTECH_KEY_HSS);
	EXPECT_EQ(kekeks(DESTINATION), 1);
	EXPECT_EQ(transfer_import(DESTINATION, &package, 0, 0, &imported), 0);
	EXPECT_EQ(imported.flags, FLAGS);
	EXPECT(imported.label.len == 10 &&
	       !memcmp(imported.label.data, "hash based", 10));
	EXPECT_EQ(kekeks(DESTINATION), 0);
	EXPECT_EQ(left_of(DESTINATION).root, LEAVES / 2);
	EXPECT_EQ(key_seen(DESTINATION, uuid, &seen), 0);
	EXPECT_EQ(seen.class, CRYPTECH_KEY_CLASS_HASHSIG_PRIVATE);
	EXPECT_EQ(key_public_of(DESTINATION, uuid, &spki), 0);
	EXPECT(spki.len == public.len &&
	       !memcmp(spki.data, public.data, spki.len));
	/* one after the other, then one alone */
	for (unsigned int i = 0; i < 5; i++)
		EXPECT(!sign(SOURCE) && !sign(DESTINATION));
	EXPECT_EQ(sign_all(SOURCE), LEAVES / 2 - 5);
	EXPECT_EQ(sign_all(DESTINATION), LEAVES / 2 - 5);
	EXPECT_EQ(ledger.count, LEAVES);
	EXPECT_EQ(ledger.repeats, 0);
}

/* Each side can make up to half: 2^(L*h-1) signatures from a fresh key. */
static void two_levels(void)
{
	REQUIRE(ready_with(CRYPTECH_HASHSIG_PUNCTURED, 2));
	EXPECT_EQ(left_of(SOURCE).all, 1024);
	EXPECT_EQ(transfer_export(SOURCE, uuid, &statement, &package), 0);
	EXPECT_EQ(left_of(SOURCE).all, 512);
	EXPECT_EQ(transfer_import(DESTINATION, &package, 0, 0, &imported), 0);
	EXPECT_EQ(left_of(DESTINATION).all, 512);
	for (unsigned int i = 0; i < 40; i++)
		EXPECT(!sign(SOURCE) && !sign(DESTINATION));
	EXPECT_EQ(left_of(SOURCE).all, 512 - 40);
	EXPECT_EQ(left_of(DESTINATION).all, 512 - 40);
	/* 80 messages, two roots' leaves each */
	EXPECT_EQ(ledger.count, 80 + 4);
	EXPECT_EQ(ledger.repeats, 0);
}

/* A lower tree stays at work where it is. */
static void lower_trees_stay(void)
{
	REQUIRE(ready_with(CRYPTECH_HASHSIG_PUNCTURED, 2));
	EXPECT_EQ(sign(SOURCE), 0);
	EXPECT_EQ(left_of(SOURCE).root, 31);
	EXPECT_EQ(transfer_export(SOURCE, uuid, &statement, &package), 0);
	EXPECT_EQ(left_of(SOURCE).root, 16);
	EXPECT_EQ(left_of(SOURCE).all, 16 * 32 + 31);
	EXPECT_EQ(transfer_import(DESTINATION, &package, 0, 0, &imported), 0);
	EXPECT_EQ(left_of(DESTINATION).root, 15);
	EXPECT_EQ(sign(SOURCE), 0);
	EXPECT_EQ(left_of(SOURCE).root, 16);
	EXPECT_EQ(sign(DESTINATION), 0);
	EXPECT_EQ(ledger.repeats, 0);
}

/* Half, half of the half, and back where it came from: r, floor(r/2). */
static void halves_of_halves(void)
{
	unsigned int here, there;

	REQUIRE(ready());
	EXPECT_EQ(sign(SOURCE), 0);
	REQUIRE(transfer(SOURCE, DESTINATION));
	EXPECT_EQ(left_of(SOURCE).root, 16);
	EXPECT_EQ(left_of(DESTINATION).root, 15);
	REQUIRE(kekek_create(SOURCE, kekek, &statement) == 0);
	EXPECT_EQ(transfer_export(DESTINATION, uuid, &statement, &package), 0);
	EXPECT_EQ(left_of(DESTINATION).root, 8);
	/* where a part of the same tree stands it cannot come */
	EXPECT_EQ(transfer_import(SOURCE, &package, 0, 1, &imported),
		  CRYPTECH_ERR_KEY_NAME_IN_USE);
	EXPECT_EQ(transfer_import(SOURCE, &package, 0, 0, &imported),
		  CRYPTECH_ERR_KEY_NAME_IN_USE);
	here = sign_all(SOURCE);
	EXPECT_EQ(here, 16);
	EXPECT_EQ(key_delete_of(SOURCE, uuid), 0);
	EXPECT_EQ(transfer_import(SOURCE, &package, 0, 0, &imported), 0);
	EXPECT_EQ(transfer_ack(DESTINATION, &imported.ack), 0);
	EXPECT_EQ(left_of(SOURCE).root, 7);
	REQUIRE(twin_restart(SOURCE) && twin_restart(DESTINATION));
	here = sign_all(SOURCE);
	there = sign_all(DESTINATION);
	EXPECT_EQ(here, 7);
	EXPECT_EQ(there, 8);
	EXPECT_EQ(ledger.count, LEAVES);
	EXPECT_EQ(ledger.repeats, 0);
}

static void too_few(void)
{
	REQUIRE(ready());
	while (left_of(SOURCE).root > 1)
		REQUIRE(!sign(SOURCE));
	EXPECT_EQ(transfer_export(SOURCE, uuid, &statement, &package),
		  CRYPTECH_ERR_HASHSIG_KEY_EXHAUSTED);
	EXPECT_EQ(left_of(SOURCE).root, 1);
	EXPECT_EQ(waiting(SOURCE), 0);
	REQUIRE(twin_restart(SOURCE));
	EXPECT_EQ(left_of(SOURCE).root, 1);
	EXPECT_EQ(sign_all(SOURCE), 1);
	EXPECT_EQ(transfer_export(SOURCE, uuid, &statement, &package),
		  CRYPTECH_ERR_HASHSIG_KEY_EXHAUSTED);
	/* two are enough for one each */
	REQUIRE(ready());
	while (left_of(SOURCE).root > 2)
		REQUIRE(!sign(SOURCE));
	REQUIRE(transfer(SOURCE, DESTINATION));
	EXPECT_EQ(sign_all(SOURCE), 1);
	EXPECT_EQ(sign_all(DESTINATION), 1);
	EXPECT_EQ(ledger.count, LEAVES);
	EXPECT_EQ(ledger.repeats, 0);
}

/* --- until it is acknowledged --------------------------------------------- */

static bool same_package(void)
{
	return !transfer_export(SOURCE, uuid, &statement, &again) &&
	       again.len == package.len &&
	       !memcmp(again.data, package.data, package.len);
}

static void asked_again(void)
{
	struct blob other;
	uint8_t name[UUID_SIZE];

	REQUIRE(ready());
	REQUIRE(!transfer_export(SOURCE, uuid, &statement, &package));
	EXPECT_EQ(waiting(SOURCE), 1);
	EXPECT(same_package());
	/* signed anew, it asks for the same */
	other = statement;
	REQUIRE(!attest(DESTINATION, kekek, &statement));
	EXPECT(memcmp(other.data, statement.data, statement.len) != 0);
	EXPECT(same_package());
	REQUIRE(twin_restart(SOURCE));
	EXPECT(same_package());
	EXPECT_EQ(sign(SOURCE), 0);
	EXPECT(same_package());
	/* another one has to wait */
	REQUIRE(!kekek_create(DESTINATION, name, &other));
	EXPECT_EQ(transfer_export(SOURCE, uuid, &other, &again),
		  CRYPTECH_ERR_NOT_READY);
	EXPECT_EQ(left_of(SOURCE).root, LEAVES / 2 - 1);
	REQUIRE(!transfer_import(DESTINATION, &package, 0, 0, &imported));
	EXPECT(same_package());
	EXPECT_EQ(transfer_ack(SOURCE, &imported.ack), 0);
	EXPECT_EQ(waiting(SOURCE), 0);
	EXPECT_EQ(transfer_ack(SOURCE, &imported.ack), 0);
	/* nothing goes to a KEKEK that has served, and is no more */
	EXPECT_EQ(transfer_export(SOURCE, uuid, &statement, &again),
		  CRYPTECH_ERR_FORBIDDEN);
	EXPECT_EQ(left_of(SOURCE).root, LEAVES / 2 - 1);
	EXPECT_EQ(transfer_export(SOURCE, uuid, &other, &again), 0);
	EXPECT_EQ(left_of(SOURCE).root, 8);
	/* an acknowledgement is for its package */
	EXPECT_EQ(transfer_ack(SOURCE, &imported.ack),
		  CRYPTECH_ERR_BAD_ARGUMENTS);
	EXPECT_EQ(waiting(SOURCE), 1);
}

/* The answers of the destination are lost. */
static void acknowledged_again(void)
{
	REQUIRE(ready());
	REQUIRE(!transfer_export(SOURCE, uuid, &statement, &package));
	REQUIRE(!transfer_import(DESTINATION, &package, 0, 0, &imported));
	REQUIRE(twin_restart(DESTINATION));
	EXPECT_EQ(sign(DESTINATION), 0);
	memset(&imported, 0, sizeof(imported));
	EXPECT_EQ(transfer_import(DESTINATION, &package, 0, 0, &imported), 0);
	EXPECT_MEM(imported.uuid, uuid, UUID_SIZE);
	EXPECT_EQ(left_of(DESTINATION).root, LEAVES / 2 - 1);
	EXPECT_EQ(transfer_ack(SOURCE, &imported.ack), 0);
	EXPECT_EQ(waiting(SOURCE), 0);
	sign_all(SOURCE);
	sign_all(DESTINATION);
	EXPECT_EQ(ledger.count, LEAVES);
	EXPECT_EQ(ledger.repeats, 0);
}

/* Another device that the source approves says that it has the package. */
static void acknowledged_by_others(void)
{
	static struct blob ack;

	REQUIRE(ready());
	soft_make();
	REQUIRE(!approve(SOURCE, soft_serial, &soft_spki));
	REQUIRE(!transfer_export(SOURCE, uuid, &statement, &package));
	put_head(&ack, 3);
	put_bytes(&ack, soft_serial, 16);
	put_bytes(&ack, SOURCE->serial, 16);
	put_bytes(&ack, uuid, 16);
	EVP_Digest(BLOB(&package), ack.data + ack.len, NULL, EVP_sha256(),
		   NULL);
	ack.len += 32;
	soft_sign(&ack);
	EXPECT_EQ(transfer_ack(SOURCE, &ack), CRYPTECH_ERR_BAD_ARGUMENTS);
	EXPECT_EQ(waiting(SOURCE), 1);
}

/* A key that was made here came by no package, whatever a device says. */
static void never_came(void)
{
	static const uint8_t zeros[16];

	REQUIRE(ready());
	soft_make();
	REQUIRE(!approve(SOURCE, soft_serial, &soft_spki));
	put_head(&package, 2);
	put_bytes(&package, soft_serial, 16);
	put_bytes(&package, SOURCE->serial, 16);
	put_bytes(&package, zeros, 16);
	put_bytes(&package, uuid, 16);
	put_opaque(&package, "", 0);
	put_opaque(&package, "", 0);
	soft_sign(&package);
	EXPECT_EQ(transfer_import(SOURCE, &package, 0, 0, &imported),
		  CRYPTECH_ERR_KEYWRAP_BAD_MAGIC);
}

/* --- once ----------------------------------------------------------------- */

static void opens_once(void)
{
	REQUIRE(ready());
	REQUIRE(!transfer_export(SOURCE, uuid, &statement, &package));
	REQUIRE(!transfer_import(DESTINATION, &package, 0, 0, &imported));
	EXPECT_EQ(sign(DESTINATION), 0);
	EXPECT_EQ(key_delete_of(DESTINATION, uuid), 0);
	EXPECT_EQ(transfer_import(DESTINATION, &package, 0, 0, &imported),
		  CRYPTECH_ERR_KEYWRAP_BAD_MAGIC);
	REQUIRE(twin_restart(DESTINATION));
	EXPECT_EQ(transfer_import(DESTINATION, &package, 0, 0, &imported),
		  CRYPTECH_ERR_KEYWRAP_BAD_MAGIC);
	EXPECT_EQ(attest(DESTINATION, kekek, &statement),
		  CRYPTECH_ERR_KEY_NOT_FOUND);
	/* destroyed before it came */
	REQUIRE(ready());
	REQUIRE(!transfer_export(SOURCE, uuid, &statement, &package));
	EXPECT_EQ(ask(&DESTINATION->box, ME, CRYPTECH_RPC_KEKEK_DELETE, "o",
		      UUID(kekek)), 0);
	EXPECT_EQ(transfer_import(DESTINATION, &package, 0, 0, &imported),
		  CRYPTECH_ERR_KEYWRAP_BAD_MAGIC);
}

/* What does not open leaves the KEKEK alone. */
static void damaged_on_the_way(void)
{
	REQUIRE(ready());
	REQUIRE(!transfer_export(SOURCE, uuid, &statement, &package));
	for (size_t i = 0; i < package.len; i += 7) {
		again = package;
		again.data[i] ^= 1 << i % 8;
		EXPECT_EQ(transfer_import(DESTINATION, &again, 0, 0,
					  &imported),
			  i >= 24 && i < 40 ? CRYPTECH_ERR_FORBIDDEN :
					      CRYPTECH_ERR_KEYWRAP_BAD_MAGIC);
	}
	EXPECT_EQ(kekeks(DESTINATION), 1);
	EXPECT_EQ(transfer_import(DESTINATION, &package, 0, 0, &imported), 0);
}

/* --- refused -------------------------------------------------------------- */

static void refused(void)
{
	struct bytes der, spki;
	struct blob ordinary;
	uint8_t name[UUID_SIZE];

	REQUIRE(ready());
	REQUIRE(!kekek_make(DESTINATION, name, &spki));
	REQUIRE(!attest(DESTINATION, name, &ordinary));
	plain_encode(EVP_EC_gen("P-256"), &der, &spki);
	EXPECT_EQ(transfer_export(SOURCE, uuid, &ordinary, &package),
		  CRYPTECH_ERR_FORBIDDEN);
	REQUIRE(!key_load_der(SOURCE, &der, SIGNS | EXPORTABLE, "", name));
	EXPECT_EQ(transfer_export(SOURCE, name, &statement, &package),
		  CRYPTECH_ERR_FORBIDDEN);
	EXPECT_EQ(left_of(SOURCE).root, LEAVES);
	/* what an HSS key has to have */
	REQUIRE(!transfer_export(SOURCE, uuid, &statement, &package));
	for (uint32_t check = 2; check--;) {
		EXPECT_EQ(transfer_import(DESTINATION, &package, TOKEN, check,
					  &imported),
			  CRYPTECH_ERR_BAD_ARGUMENTS);
		EXPECT_EQ(transfer_import(DESTINATION, &package, SIGNS, check,
					  &imported),
			  CRYPTECH_ERR_BAD_ARGUMENTS);
	}
	EXPECT_EQ(transfer_import(DESTINATION, &package, EXPORTABLE, 0,
				  &imported), 0);
	EXPECT_EQ(imported.flags, SIGNS | TOKEN);
	REQUIRE(!kekek_create(SOURCE, kekek, &statement));
	EXPECT_EQ(transfer_export(DESTINATION, uuid, &statement, &again),
		  CRYPTECH_ERR_FORBIDDEN);
	REQUIRE(twin_restart(DESTINATION));
	EXPECT_EQ(transfer_export(DESTINATION, uuid, &statement, &again),
		  CRYPTECH_ERR_FORBIDDEN);
	EXPECT_EQ(sign(DESTINATION), 0);
}

/* Halves that share a secret need the policy on both sides. */
static void single_seed(void)
{
	REQUIRE(ready_with(CRYPTECH_HASHSIG_SINGLE_SEED, 1));
	EXPECT_EQ(transfer_export(SOURCE, uuid, &statement, &package),
		  CRYPTECH_ERR_FORBIDDEN);
	EXPECT_EQ(set_policy(SOURCE, CRYPTECH_POLICY_SHARED_SEED), 0);
	EXPECT_EQ(transfer_export(SOURCE, uuid, &statement, &package), 0);
	EXPECT_EQ(transfer_import(DESTINATION, &package, 0, 1, &imported),
		  CRYPTECH_ERR_FORBIDDEN);
	EXPECT_EQ(transfer_import(DESTINATION, &package, 0, 0, &imported),
		  CRYPTECH_ERR_FORBIDDEN);
	EXPECT_EQ(kekeks(DESTINATION), 1);
	EXPECT_EQ(set_policy(DESTINATION, CRYPTECH_POLICY_SHARED_SEED), 0);
	EXPECT_EQ(transfer_import(DESTINATION, &package, 0, 0, &imported), 0);
	EXPECT_EQ(sign_all(SOURCE), LEAVES / 2);
	EXPECT_EQ(sign_all(DESTINATION), LEAVES / 2);
	EXPECT_EQ(ledger.count, LEAVES);
	EXPECT_EQ(ledger.repeats, 0);
}

/* The flash of either is not the newest: nothing goes, nothing comes. */
static void stale(void)
{
	REQUIRE(ready());
	REQUIRE(!transfer_export(SOURCE, uuid, &statement, &package));
	DESTINATION->anchor += 5;
	REQUIRE(twin_restart(DESTINATION));
	EXPECT_EQ(transfer_import(DESTINATION, &package, 0, 0, &imported),
		  CRYPTECH_ERR_KEYSTORE_LOST_DATA);
	EXPECT_EQ(transfer_import(DESTINATION, &package, 0, 1, &imported),
		  CRYPTECH_ERR_KEYSTORE_LOST_DATA);
	EXPECT_EQ(kekek_create(DESTINATION, kekek, &again),
		  CRYPTECH_ERR_KEYSTORE_LOST_DATA);
	REQUIRE(ready());
	SOURCE->anchor += 5;
	REQUIRE(twin_restart(SOURCE));
	EXPECT_EQ(transfer_export(SOURCE, uuid, &statement, &package),
		  CRYPTECH_ERR_KEYSTORE_LOST_DATA);
}

int main(void)
{
	RUN(two_halves);
	RUN(two_levels);
	RUN(lower_trees_stay);
	RUN(halves_of_halves);
	RUN(too_few);
	RUN(asked_again);
	RUN(acknowledged_again);
	RUN(acknowledged_by_others);
	RUN(never_came);
	RUN(opens_once);
	RUN(damaged_on_the_way);
	RUN(refused);
	RUN(single_seed);
	RUN(stale);
	plain_ledger_free(&ledger);
	twins_over();
	EVP_PKEY_free(soft_key);
	return tap_done();
}
