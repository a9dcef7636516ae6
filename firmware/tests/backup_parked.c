// SPDX-License-Identifier: MIT
/*
 * Hash signature keys off the HSM and back: each package opens once, only the
 * newest, and what signed before does not sign again. And the drill for the
 * day when the HSM itself is lost.
 */
#include "../backup/shares.h"
#include "raw_box.h"

#define SET		SETS(1, { H5_W8 })
#define LEAVES		32

static struct package package, older;
static struct signature signature;

static bool make_flags(const uint8_t *uuid, uint32_t flags)
{
	return !generate_as(ME, uuid, UUID_SIZE, flags, "off and on",
			    CRYPTECH_HASHSIG_PUNCTURED, 1, SET) &&
	       job_wait(ME, uuid) == CRYPTECH_JOB_DONE;
}

static bool make(const uint8_t *uuid)
{
	return make_flags(uuid, FLAGS | EXPORTABLE);
}

static bool sign(const uint8_t *uuid, const char *text)
{
	return !sign_text(uuid, text, &signature) &&
	       is_good(uuid, text, &signature);
}

/* Which leaf the last signature spent: u32 levels - 1, u32 q. */
static uint32_t leaf(void)
{
	const uint8_t *q = signature.data + 4;

	return (uint32_t)q[0] << 24 | (uint32_t)q[1] << 16 |
	       (uint32_t)q[2] << 8 | q[3];
}

static uint32_t state_of(const uint8_t *uuid)
{
	struct hss_info info;

	return hss_info(ME, uuid, &info) ? 99 : info.state;
}

static int sign_now(const uint8_t *uuid)
{
	static uint8_t request[16];

	request[0]++;
	return sign_once(ME, uuid, request, "no", CRYPTECH_HSS_SIGNATURE_MAX,
			 &signature);
}

static bool park_and_delete(const uint8_t *uuid)
{
	return !raw_export(ME, uuid, &package) && !delete_key(uuid);
}

/* --- there and back ------------------------------------------------------- */

static void parked_by_its_export(void)
{
	const uint8_t *uuid = name_of('h');
	struct imported imported;
	uint8_t first[UUID_SIZE];
	uint32_t count;

	REQUIRE(raw_fresh() && make(uuid));
	EXPECT(sign(uuid, "one") && sign(uuid, "two"));
	REQUIRE(!raw_export(ME, uuid, &package));
	EXPECT_EQ(state_of(uuid), CRYPTECH_HASHSIG_PARKED);
	EXPECT_EQ(sign_now(uuid), 26);
	EXPECT_EQ(raw_import(&package), 22);
	EXPECT_EQ(parked(), 0);
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_OUTBOX), 1);
	/* asked again, the same bytes; after a restart, too */
	REQUIRE(!raw_export(ME, uuid, &older));
	EXPECT(older.len == package.len);
	EXPECT_MEM(older.data, package.data, package.len);
	REQUIRE(raw_restart());
	REQUIRE(!raw_export(ME, uuid, &older));
	EXPECT_MEM(older.data, package.data, package.len);
	EXPECT_EQ(sign_now(uuid), 26);
	EXPECT_EQ(delete_key(uuid), 0);
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_OUTBOX), 0);
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_KEYS_PARKED), 1);
	EXPECT_EQ(parked_list(SO, NULL, 0, 10, &count, first), 0);
	EXPECT_EQ(count, 1);
	EXPECT_MEM(first, uuid, UUID_SIZE);
	EXPECT_EQ(parked_list(NOBODY, NULL, 0, 10, &count, first), 26);
	REQUIRE(raw_restart());
	EXPECT_EQ(raw_import(&package), 0);
	REQUIRE(result_imported(&imported));
	EXPECT_MEM(imported.uuid, uuid, UUID_SIZE);
	EXPECT_EQ(imported.type, CRYPTECH_KEY_HSS);
	EXPECT_EQ(imported.flags, FLAGS | EXPORTABLE);
	EXPECT(!strcmp(imported.label, "off and on"));
	EXPECT_EQ(parked(), 0);
	EXPECT_EQ(left_of(uuid), LEAVES - 2);
	EXPECT(sign(uuid, "three"));
	EXPECT_EQ(leaf(), 2);
	EXPECT_EQ(ledger.count, 3);
	REQUIRE(raw_restart());
	EXPECT(sign(uuid, "four"));
	EXPECT_EQ(ledger.count, 4);
}

/* As long as it stands it is in use; afterwards it opens nothing. */
static void old_packages_are_dead(void)
{
	const uint8_t *uuid = name_of('h');

	REQUIRE(raw_fresh() && make(uuid) && sign(uuid, "one"));
	REQUIRE(park_and_delete(uuid));
	older = package;
	EXPECT_EQ(raw_import(&older), 0);
	EXPECT(sign(uuid, "two"));
	EXPECT_EQ(raw_import(&older), 22);
	REQUIRE(park_and_delete(uuid));
	EXPECT(package.len != older.len ||
	       memcmp(package.data, older.data, older.len));
	EXPECT_EQ(raw_import(&older), 9);
	EXPECT_EQ(raw_import_as(ME, &older, 0, 1), 9);
	REQUIRE(raw_restart());
	EXPECT_EQ(raw_import(&older), 9);
	EXPECT_EQ(raw_import(&package), 0);
	EXPECT(sign(uuid, "three"));
	EXPECT_EQ(ledger.count, 3);
	/* the living key is deleted: nobody brings it back */
	EXPECT_EQ(delete_key(uuid), 0);
	EXPECT_EQ(parked(), 0);
	EXPECT_EQ(raw_import(&older), 9);
	EXPECT_EQ(raw_import(&package), 9);
	REQUIRE(raw_restart());
	EXPECT_EQ(raw_import(&package), 9);
}

static void forgotten(void)
{
	const uint8_t *uuid = name_of('h'), *other = name_of('o');

	REQUIRE(raw_fresh() && make(uuid) && make(other));
	EXPECT_EQ(forget(SO, CRYPTECH_FORGET_PARKED, uuid), 21);
	EXPECT_EQ(forget(SO, CRYPTECH_FORGET_OUTBOX, uuid), 21);
	REQUIRE(!raw_export(ME, uuid, &package));
	EXPECT_EQ(forget(SO, CRYPTECH_FORGET_PARKED, uuid), 21);
	EXPECT_EQ(delete_key(uuid), 0);
	EXPECT_EQ(forget(ME, CRYPTECH_FORGET_PARKED, uuid), 26);
	EXPECT_EQ(forget(WHEEL, CRYPTECH_FORGET_PARKED, uuid), 26);
	EXPECT_EQ(forget(SO, 3, uuid), 1);
	EXPECT_EQ(forget(SO, CRYPTECH_FORGET_PARKED, name_of('x')), 21);
	EXPECT_EQ(forget(SO, CRYPTECH_FORGET_PARKED, uuid), 0);
	EXPECT_EQ(forget(SO, CRYPTECH_FORGET_PARKED, uuid), 21);
	EXPECT_EQ(parked(), 0);
	EXPECT_EQ(raw_import(&package), 9);
	REQUIRE(raw_restart());
	EXPECT_EQ(raw_import(&package), 9);
	/* the name is free again */
	EXPECT(make(uuid));
	/* of what waits in the outbox the key is not touched */
	REQUIRE(!raw_export(ME, other, &package));
	EXPECT_EQ(forget(SO, CRYPTECH_FORGET_OUTBOX, other), 0);
	EXPECT_EQ(raw_export(ME, other, &older), 21);
	EXPECT_EQ(delete_key(other), 0);
	EXPECT_EQ(raw_import(&package), 0);
	EXPECT(sign(other, "one"));
}

static void flags_of_packages(void)
{
	const uint8_t *uuid = name_of('h');

	REQUIRE(raw_fresh() && make_flags(uuid, FLAGS));
	EXPECT_EQ(raw_export(ME, uuid, &package), 26);
	EXPECT_EQ(delete_key(uuid), 0);
	REQUIRE(make(uuid));
	EXPECT_EQ(raw_export(NOBODY, uuid, &package), 26);
	REQUIRE(park_and_delete(uuid));
	EXPECT_EQ(raw_import_as(ME, &package, TOKEN, 0), 1);
	EXPECT_EQ(raw_import_as(ME, &package, TOKEN, 1), 1);
	EXPECT_EQ(raw_import_as(SO, &package, 0, 0), 26);
	EXPECT_EQ(raw_import_as(ME, &package, EXPORTABLE, 1), 0);
	EXPECT_EQ(parked(), 1);
	EXPECT_EQ(raw_import_as(ME, &package, EXPORTABLE, 0), 0);
	EXPECT_EQ(parked(), 0);
	EXPECT_EQ(raw_export(ME, uuid, &older), 26);
	EXPECT(sign(uuid, "one"));
}

/* After all the wrong ones the right one is still good. */
static void every_byte_counts(void)
{
	const uint8_t *uuid = name_of('h');
	static struct package changed;

	REQUIRE(raw_fresh() && make(uuid) && sign(uuid, "one"));
	REQUIRE(park_and_delete(uuid));
	for (size_t at = 0; at < package.len; at++) {
		changed = package;
		changed.data[at] ^= 1 << at % 8;
		if (!EXPECT_EQ(raw_import(&changed), 9))
			printf("# byte %zu\n", at);
	}
	for (size_t len = 0; len < package.len + 9; len += 3) {
		changed = package;
		changed.len = len;
		if (len != package.len)
			EXPECT_EQ(raw_import(&changed), 9);
	}
	EXPECT_EQ(parked(), 1);
	EXPECT_EQ(raw_import(&package), 0);
	EXPECT(sign(uuid, "two"));
	EXPECT_EQ(ledger.count, 2);
}

static void many_are_listed(void)
{
	uint8_t first[UUID_SIZE];
	uint32_t count;

	REQUIRE(raw_fresh());
	for (char letter = 'a'; letter < 'e'; letter++)
		REQUIRE(make(name_of(letter)) &&
			park_and_delete(name_of(letter)));
	EXPECT_EQ(parked_list(ME, NULL, 0, 3, &count, first), 0);
	EXPECT_EQ(count, 3);
	EXPECT_MEM(first, name_of('a'), UUID_SIZE);
	EXPECT_EQ(parked_list(ME, name_of('b'), UUID_SIZE, 3, &count, first),
		  0);
	EXPECT_EQ(count, 2);
	EXPECT_MEM(first, name_of('c'), UUID_SIZE);
	EXPECT_EQ(parked_list(ME, name_of('d'), UUID_SIZE, 3, &count, first),
		  0);
	EXPECT_EQ(count, 0);
	EXPECT_EQ(parked_list(ME, NULL, 0, 0, &count, first), 1);
	EXPECT_EQ(parked_list(ME, first, 3, 1, &count, first), 31);
	/* a new master key forgets them all */
	EXPECT_EQ(ask(&box, WHEEL, CRYPTECH_RPC_MASTER_KEY_GENERATE, "u", 0),
		  26);
	EXPECT_EQ(ask(&box, WHEEL, CRYPTECH_RPC_MASTER_KEY_GENERATE, "u", 1),
		  0);
	EXPECT_EQ(parked(), 0);
	EXPECT_EQ(raw_import(&package), 9);
	REQUIRE(raw_restart());
	EXPECT_EQ(parked(), 0);
	EXPECT(make(name_of('a')) && sign(name_of('a'), "new"));
}

/* One that was not deleted yet, and its outbox. */
static void new_master_key_over_a_package(void)
{
	const uint8_t *uuid = name_of('h');

	REQUIRE(raw_fresh() && make(uuid));
	REQUIRE(!raw_export(ME, uuid, &package));
	EXPECT_EQ(ask(&box, WHEEL, CRYPTECH_RPC_MASTER_KEY_GENERATE, "u", 1),
		  0);
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_OUTBOX), 0);
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_KEYS_PARKED), 0);
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_HASHSIG_KEYS), 0);
	EXPECT_EQ(raw_import(&package), 9);
	REQUIRE(raw_restart());
	EXPECT(make(uuid) && sign(uuid, "new"));
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_MODE) &
		  CRYPTECH_MODE_STALE, 0);
}

/* --- recovery ------------------------------------------------------------- */

static void recoverable_by_choice(void)
{
	const uint8_t *uuid = name_of('r');
	static struct share_list list;
	struct named named;

	REQUIRE(raw_fresh());
	EXPECT(!make_flags(uuid, FLAGS | EXPORTABLE | RECOVERABLE));
	EXPECT_EQ(generate_as(ME, uuid, UUID_SIZE,
			      FLAGS | EXPORTABLE | RECOVERABLE, "", 0, 1, SET),
		  26);
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_RECOVERY_CREATE, "uu", 2, 3), 26);
	EXPECT_EQ(ask(&box, WHEEL, CRYPTECH_RPC_RECOVERY_CREATE, "uu", 2, 3),
		  26);
	EXPECT_EQ(recovery_create(1, 3, &list), 1);
	EXPECT_EQ(recovery_create(4, 3, &list), 1);
	/* what failed set nothing */
	EXPECT_EQ(generate_as(ME, uuid, UUID_SIZE,
			      FLAGS | EXPORTABLE | RECOVERABLE, "", 0, 1, SET),
		  26);
	EXPECT_EQ(recovery_create(2, 3, &list), 0);
	EXPECT_EQ(generate_as(ME, uuid, UUID_SIZE, FLAGS | RECOVERABLE, "", 0,
			      1, SET), 1);
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_KEY_GENERATE, "ouus", name_of('e'),
		      (size_t)UUID_SIZE, CRYPTECH_KEY_EC_P256,
		      SIGNS | TOKEN | EXPORTABLE | RECOVERABLE, ""), 1);
	EXPECT_EQ(result_named(ask(&box, ME,
				   CRYPTECH_RPC_PKEY_GENERATE_HASHSIG, "uuuuu",
				   0, 1, 5, 4, FLAGS | EXPORTABLE |
				   RECOVERABLE), &named), 1);
	EXPECT(make_flags(uuid, FLAGS | EXPORTABLE | RECOVERABLE));
	/* one that is not cannot be armed */
	REQUIRE(make(name_of('n')) && park_and_delete(name_of('n')));
	EXPECT_EQ(recovery_arm_as(SO, &package, 0, &list, 0, 2), 9);
	EXPECT_EQ(raw_import(&package), 0);
	EXPECT(sign(name_of('n'), "one"));
}

/* A key, signed with three times, of which a package is kept; then the HSM is
 * lost. In its place comes one with the master key, from its shares. */
static bool disaster(const uint8_t *uuid, struct share_list *list)
{
	struct share_list other;

	return raw_fresh() && !recovery_create(2, 3, list) &&
	       make_flags(uuid, FLAGS | EXPORTABLE | RECOVERABLE) &&
	       sign(uuid, "1") && sign(uuid, "2") && sign(uuid, "3") &&
	       park_and_delete(uuid) && !recovery_create(2, 3, &other);
}

/* raw_fresh() forgets what was signed: this does not. */
static bool replaced_with_ledger(void)
{
	struct plain_ledger kept = ledger;
	bool done;

	memset(&ledger, 0, sizeof(ledger));
	done = replaced_hsm();
	plain_ledger_free(&ledger);
	ledger = kept;
	return done;
}

static void disaster_drill(void)
{
	const uint8_t *uuid = name_of('r');
	static struct share_list list, others;
	static struct package changed;

	REQUIRE(disaster(uuid, &list));
	REQUIRE(replaced_with_ledger());
	EXPECT_EQ(ledger.count, 3);
	REQUIRE(!recovery_create(2, 3, &others));
	EXPECT_EQ(raw_import(&package), 9);
	/* the officer alone, with enough shares, of the right key */
	EXPECT_EQ(recovery_arm_as(ME, &package, 10, &list, 0, 2), 26);
	EXPECT_EQ(recovery_arm_as(WHEEL, &package, 10, &list, 0, 2), 26);
	EXPECT_EQ(recovery_arm_as(SO, &package, 10, &list, 0, 1), 1);
	EXPECT_EQ(recovery_arm_as(SO, &package, 10, &list, 0, 0), 1);
	EXPECT_EQ(recovery_arm_as(SO, &package, 10, &others, 0, 2), 9);
	EXPECT_EQ(raw_import(&package), 9);
	EXPECT_EQ(recovery_arm_as(SO, &package, 10, &list, 1, 2), 0);
	/* until a restart */
	REQUIRE(raw_restart());
	EXPECT_EQ(raw_import(&package), 9);
	EXPECT_EQ(recovery_arm_as(SO, &package, 10, &list, 0, 3), 0);
	/* this package and no other */
	changed = package;
	changed.data[changed.len - 1] ^= 1;
	EXPECT_EQ(raw_import(&changed), 9);
	EXPECT_EQ(raw_import_as(ME, &package, TOKEN, 0), 1);
	EXPECT_EQ(raw_import_as(ME, &package, 0, 1), 0);
	EXPECT_EQ(raw_import(&package), 0);
	EXPECT_EQ(left_of(uuid), LEAVES - 10);
	EXPECT(sign(uuid, "4"));
	EXPECT_EQ(leaf(), 10);
	EXPECT_EQ(ledger.count, 4);
	/* once */
	EXPECT_EQ(raw_import(&package), 22);
	EXPECT_EQ(delete_key(uuid), 0);
	EXPECT_EQ(raw_import(&package), 9);
}

/* It came as if it had been here always. */
static void recovered_for_good(void)
{
	const uint8_t *uuid = name_of('r');
	static struct share_list list;

	REQUIRE(disaster(uuid, &list));
	older = package;
	REQUIRE(replaced_with_ledger());
	/* no recovery key here yet, which none needs to arm */
	EXPECT_EQ(recovery_arm_as(SO, &older, LEAVES, &list, 0, 2), 0);
	EXPECT_EQ(raw_import(&older), 48);
	EXPECT_EQ(recovery_arm_as(SO, &older, LEAVES - 1, &list, 0, 2), 0);
	EXPECT_EQ(raw_import(&older), 0);
	REQUIRE(raw_restart());
	/* it would not be recoverable off this one */
	EXPECT_EQ(raw_export(ME, uuid, &package), 26);
	EXPECT_EQ(state_of(uuid), CRYPTECH_HASHSIG_READY == state_of(uuid) ?
		  CRYPTECH_HASHSIG_READY : CRYPTECH_HASHSIG_IDLE);
	REQUIRE(!recovery_create(3, 4, &list));
	REQUIRE(park_and_delete(uuid));
	EXPECT_EQ(raw_import(&older), 9);
	EXPECT_EQ(raw_import(&package), 0);
	EXPECT(sign(uuid, "4"));
	EXPECT_EQ(leaf(), LEAVES - 1);
	EXPECT_EQ(sign_now(uuid), 48);
	EXPECT_EQ(ledger.count, 4);
}

/* An import that fails takes nothing away: it is still armed. */
static void no_room_for_it(void)
{
	const uint8_t *uuid = name_of('r');
	static struct share_list list;
	uint8_t key[MASTER_KEY_SIZE];
	unsigned int keys = 0;
	int error;

	REQUIRE(disaster(uuid, &list));
	memcpy(key, box.master_key, sizeof(key));
	REQUIRE(hashsig_fresh(0, 128 << 10) &&
		!box_login(&box, WHEEL, CRYPTECH_USER_WHEEL) &&
		!box_login(&box, SO, CRYPTECH_USER_SO) &&
		!ask(&box, WHEEL, CRYPTECH_RPC_MASTER_KEY_SET, "uuo", 0, 1,
		     key, sizeof(key)));
	do {
		uint8_t name[UUID_SIZE] = { 'k', keys };

		error = ask(&box, ME, CRYPTECH_RPC_KEY_GENERATE, "ouus", name,
			    (size_t)UUID_SIZE, CRYPTECH_KEY_EC_P256,
			    SIGNS | TOKEN, "");
	} while (!error && ++keys < 256);
	EXPECT_EQ(error, 41);
	EXPECT_EQ(recovery_arm_as(SO, &package, 3, &list, 0, 2), 0);
	EXPECT_EQ(raw_import(&package), 41);
	while (keys--) {
		uint8_t name[UUID_SIZE] = { 'k', keys };

		EXPECT_EQ(delete_key(name), 0);
	}
	EXPECT_EQ(raw_import(&package), 0);
	EXPECT(sign(uuid, "4"));
	EXPECT_EQ(leaf(), 3);
}

/* A package of the HSM that is not lost: what it knows goes first. */
static void armed_beside_the_state(void)
{
	const uint8_t *uuid = name_of('r');
	static struct share_list list;

	REQUIRE(raw_fresh() && !recovery_create(2, 2, &list));
	REQUIRE(make_flags(uuid, FLAGS | EXPORTABLE | RECOVERABLE));
	EXPECT(sign(uuid, "1"));
	REQUIRE(park_and_delete(uuid));
	older = package;
	EXPECT_EQ(raw_import(&package), 0);
	EXPECT(sign(uuid, "2"));
	REQUIRE(park_and_delete(uuid));
	EXPECT_EQ(recovery_arm_as(SO, &older, 0, &list, 0, 2), 0);
	EXPECT_EQ(raw_import(&older), 9);
	EXPECT_EQ(raw_import(&package), 0);
	EXPECT_EQ(raw_import(&older), 22);
	EXPECT(sign(uuid, "3"));
	EXPECT_EQ(ledger.count, 3);
	/* a new master key: nothing is armed any more */
	EXPECT_EQ(ask(&box, WHEEL, CRYPTECH_RPC_MASTER_KEY_SET, "uuo", 1, 1,
		      box.master_key, (size_t)MASTER_KEY_SIZE), 0);
	EXPECT_EQ(raw_import(&older), 9);
}

/* --- packages to the byte ---------------------------------------------------- */

#define POINT		65

/* The shared secret of the recovery key and the point in the package, by
 * libcrypto. */
static bool plain_ecdh(const uint8_t scalar[32], const uint8_t point[POINT],
		       uint8_t x[32], uint8_t own[POINT])
{
	EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
	EC_POINT *q = EC_POINT_new(group), *product = EC_POINT_new(group);
	BIGNUM *d = BN_bin2bn(scalar, 32, NULL), *out = BN_new();
	bool done = EC_POINT_oct2point(group, q, point, POINT, NULL) == 1 &&
		    EC_POINT_mul(group, product, NULL, q, d, NULL) == 1 &&
		    EC_POINT_get_affine_coordinates(group, product, out, NULL,
						    NULL) == 1 &&
		    BN_bn2binpad(out, x, 32) == 32 &&
		    EC_POINT_mul(group, product, d, NULL, NULL, NULL) == 1 &&
		    EC_POINT_point2oct(group, product,
				       POINT_CONVERSION_UNCOMPRESSED, own,
				       POINT, NULL) == POINT;

	EC_POINT_free(q);
	EC_POINT_free(product);
	BN_free(d);
	BN_free(out);
	EC_GROUP_free(group);
	return done;
}

/* Opened step by step with the shares and the master key, as documented. */
static void as_documented(void)
{
	static const char label[] = "cryptech recovery v1";
	static const char park[] = "cryptech park v1";
	static struct share_list list;
	const uint8_t *uuid = name_of('r'), *shares[2], *data;
	uint8_t scalar[32], x[32], own[POINT], k[32], kp[64], text[200];
	static uint8_t plain[CRYPTECH_RPC_MESSAGE_MAX];
	struct xdr_reader r;
	size_t len, head;
	int plain_len;

	REQUIRE(raw_fresh() && !recovery_create(2, 2, &list));
	shares[0] = list.data[0];
	shares[1] = list.data[1];
	REQUIRE(!shares_join(shares, 2, SHARE_RECOVERY_KEY, scalar));
	REQUIRE(make_flags(uuid, FLAGS | EXPORTABLE | RECOVERABLE));
	REQUIRE(!raw_export(ME, uuid, &package));
	xdr_reader_init(&r, package.data, package.len);
	EXPECT_MEM(xdr_get_raw(&r, 4), "CRAW", 4);
	EXPECT_EQ(xdr_get_u32(&r), 1);
	EXPECT_EQ(xdr_get_u32(&r), 2);
	plain_kdf(box.master_key, "fingerprint", k);
	EXPECT_MEM(xdr_get_raw(&r, 8), k, 8);
	EXPECT_MEM(xdr_get_raw(&r, 16), uuid, 16);
	data = xdr_get_opaque(&r, &len);
	REQUIRE(data && len == POINT + 40);
	head = r.next - package.data;
	/* K, then Kp */
	REQUIRE(plain_ecdh(scalar, data, x, own));
	memcpy(text, label, strlen(label));
	memcpy(text + strlen(label), uuid, 16);
	memcpy(text + strlen(label) + 16, data, POINT);
	memcpy(text + strlen(label) + 16 + POINT, own, POINT);
	HMAC(EVP_sha256(), x, 32, text, strlen(label) + 16 + 2 * POINT, k,
	     NULL);
	EXPECT_EQ(plain_wrap(k, false, data + POINT, 40, kp), 32);
	/* then the package */
	plain_kdf(box.master_key, "raw-hashsig", x);
	memcpy(text, park, strlen(park));
	memcpy(text + strlen(park), uuid, 16);
	memcpy(text + strlen(park) + 16, kp, 32);
	HMAC(EVP_sha256(), x, 32, text, strlen(park) + 16 + 32, k, NULL);
	data = xdr_get_opaque(&r, &len);
	REQUIRE(data && xdr_reader_done(&r));
	plain_len = plain_wrap(k, false, data, len, plain);
	REQUIRE(plain_len > (int)head + 36);
	EXPECT_MEM(plain, package.data, head);
	xdr_reader_init(&r, plain + head, plain_len - head);
	EXPECT_EQ(xdr_get_u32(&r), 1);
	EXPECT_MEM(xdr_get_raw(&r, 16), uuid, 16);
	EXPECT_EQ(xdr_get_u32(&r), CRYPTECH_KEY_HSS);
	EXPECT_EQ(xdr_get_u32(&r), CRYPTECH_KEY_CLASS_HASHSIG_PRIVATE);
	EXPECT_EQ(xdr_get_u32(&r), FLAGS | EXPORTABLE | RECOVERABLE);
}

int main(void)
{
	RUN(as_documented);
	RUN(parked_by_its_export);
	RUN(old_packages_are_dead);
	RUN(forgotten);
	RUN(flags_of_packages);
	RUN(every_byte_counts);
	RUN(many_are_listed);
	RUN(new_master_key_over_a_package);
	RUN(recoverable_by_choice);
	RUN(disaster_drill);
	RUN(recovered_for_good);
	RUN(no_room_for_it);
	RUN(armed_beside_the_state);
	hashsig_over();
	return tap_done();
}
