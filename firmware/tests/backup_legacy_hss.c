// SPDX-License-Identifier: MIT
/*
 * Hash signature keys in libhal's form. What goes out is taken apart here; what
 * comes in was made here, its tree computed from the seed as appendix A of RFC
 * 8554 says, with libcrypto's SHA-256.
 */
#include "backup_hss.h"
#include "legacy.h"

#define ALLOWED	(CRYPTECH_POLICY_LEGACY_EXPORT | CRYPTECH_POLICY_SHARED_SEED)

static struct bytes kekek_der, kekek_spki, pkcs8, kek;
static uint8_t kekek[UUID_SIZE];
static const uint8_t id[16] = "I of sixteen by.";
static const uint8_t seed[33] = "a seed of thirty-two bytes......";

/* --- libhal's body by hand ------------------------------------------------ */

/* All numbers are below 128, or have two bytes. */
static void put_tlv(struct bytes *out, uint8_t tag, const void *data,
		    size_t len)
{
	out->data[out->len++] = tag;
	if (len >= 0x80)
		out->data[out->len++] = 0x81;
	out->data[out->len++] = (uint8_t)len;
	memcpy(out->data + out->len, data, len);
	out->len += len;
}

static void put_small(struct bytes *out, uint8_t value)
{
	put_tlv(out, 0x02, &value, 1);
}

static void make_body(struct bytes *out, uint8_t levels, uint8_t lms,
		      const uint8_t *t1, uint8_t first, uint8_t end)
{
	static const uint8_t algorithm[] = {
		0x06, 0x0b, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09,
		0x10, 0x03, 0x11, 0x05, 0x00,
	};
	struct bytes fields = { .len = 0 }, body = { .len = 0 };
	struct bytes whole = { .len = 0 };

	put_small(&fields, levels);
	put_small(&fields, lms);
	put_small(&fields, 4);
	put_tlv(&fields, 0x04, id, 16);
	put_tlv(&fields, 0x04, t1, 32);
	put_tlv(&fields, 0x04, seed, 32);
	put_small(&fields, first);
	put_small(&fields, end);
	put_tlv(&body, 0x30, fields.data, fields.len);
	put_small(&whole, 0);
	put_tlv(&whole, 0x30, algorithm, sizeof(algorithm));
	put_tlv(&whole, 0x04, body.data, body.len);
	out->len = 0;
	put_tlv(out, 0x30, whole.data, whole.len);
}

/* The leaf's public value, W8: 34 chains of 255 steps. */
static void compute_leaf(const uint8_t *tree_id, const uint8_t *tree_seed,
			 uint32_t q, uint8_t value[32])
{
	struct plain_hash hash = { EVP_MD_CTX_new(), 32 };
	uint8_t ends[34 * 32], last = 0xff;

	for (unsigned int i = 0; i < 34; i++) {
		uint8_t *x = ends + 32 * i;

		plain_begin(&hash, tree_id, q, i);
		plain_add(&hash, &last, 1);
		plain_add(&hash, tree_seed, 32);
		plain_end(&hash, x);
		for (uint8_t j = 0; j < 255; j++) {
			plain_begin(&hash, tree_id, q, i);
			plain_add(&hash, &j, 1);
			plain_add(&hash, x, 32);
			plain_end(&hash, x);
		}
	}
	plain_begin(&hash, tree_id, q, 0x8080);
	plain_add(&hash, ends, sizeof(ends));
	plain_end(&hash, value);
	plain_begin(&hash, tree_id, LEAVES + q, 0x8282);
	plain_add(&hash, value, 32);
	plain_end(&hash, value);
	EVP_MD_CTX_free(hash.ctx);
}

static void compute_t1(const uint8_t *tree_id, const uint8_t *tree_seed,
		       uint8_t t1[32])
{
	struct plain_hash hash = { EVP_MD_CTX_new(), 32 };
	uint8_t nodes[2 * LEAVES][32];

	for (uint32_t q = 0; q < LEAVES; q++)
		compute_leaf(tree_id, tree_seed, q, nodes[LEAVES + q]);
	for (uint32_t r = LEAVES - 1; r; r--) {
		plain_begin(&hash, tree_id, r, 0x8383);
		plain_add(&hash, nodes[2 * r], 64);
		plain_end(&hash, nodes[r]);
	}
	memcpy(t1, nodes[1], 32);
	EVP_MD_CTX_free(hash.ctx);
}

/* --- calls ---------------------------------------------------------------- */

static int export(void)
{
	int error = ask(&SOURCE->box, ME, CRYPTECH_RPC_LEGACY_EXPORT, "oo",
			UUID(uuid), UUID(kekek));

	if (error)
		return error;
	return take_bytes(&SOURCE->box, &pkcs8) &&
	       take_bytes(&SOURCE->box, &kek) ? 0 : -1;
}

static int import(struct twin *twin, uint32_t flags)
{
	return result_uuid(twin, ask(&twin->box, ME,
			CRYPTECH_RPC_LEGACY_IMPORT, "ooous", UUID(kekek),
			pkcs8.data, pkcs8.len, kek.data, kek.len, flags,
			"came"), uuid);
}

static void make_package(const struct bytes *body)
{
	static const uint8_t secret[32] = "the key that encrypts the key...";
	static struct blob wrapped;
	struct bytes encrypted;

	EXPECT(soft_rsa(&kekek_spki, true, NULL, secret, 32, &encrypted));
	EXPECT(soft_kwp(secret, true, body->data, body->len, &wrapped));
	envelope(NID_rsaEncryption, encrypted.data, encrypted.len, &kek);
	envelope(NID_id_aes256_wrap_pad, wrapped.data, wrapped.len, &pkcs8);
}

static bool open_package(struct bytes *body)
{
	struct bytes encrypted, secret, wrapped;
	static struct blob plain;

	if (!open_envelope(&kek, NID_rsaEncryption, &encrypted) ||
	    !soft_rsa(&kekek_der, false, NULL, encrypted.data, encrypted.len,
		      &secret) || secret.len != 32 ||
	    !open_envelope(&pkcs8, NID_id_aes256_wrap_pad, &wrapped) ||
	    !soft_kwp(secret.data, false, wrapped.data, wrapped.len, &plain))
		return false;
	body->len = plain.len;
	memcpy(body->data, plain.data, plain.len);
	return true;
}

static bool ready(struct twin *twin, uint32_t policy)
{
	plain_ledger_free(&ledger);
	memcpy(uuid, "a key that moves", UUID_SIZE);
	return twin_fresh(twin) && !set_policy(twin, policy) &&
	       !kekek_load(twin, kekek, &kekek_der, &kekek_spki);
}

/* --- tests ---------------------------------------------------------------- */

/* Both halves, the one that went at another HSM, sign each leaf once. */
static void there(void)
{
	uint8_t name[UUID_SIZE];

	REQUIRE(ready(SOURCE, ALLOWED));
	REQUIRE(!generate(SOURCE, FLAGS, CRYPTECH_HASHSIG_SINGLE_SEED, 1));
	REQUIRE(!key_public_of(SOURCE, uuid, &public));
	EXPECT_EQ(sign(SOURCE), 0);
	EXPECT_EQ(export(), 0);
	EXPECT_EQ(left_of(SOURCE).root, 16);
	EXPECT_EQ(box_status(&SOURCE->box, CRYPTECH_STATUS_OUTBOX), 0);
	REQUIRE(twin_fresh(DESTINATION));
	REQUIRE(!set_policy(DESTINATION, ALLOWED));
	REQUIRE(!key_load_der(DESTINATION, &kekek_der, KEKEK | TOKEN, "",
			      kekek));
	EXPECT_EQ(sign_all(SOURCE), 16);
	memcpy(name, uuid, UUID_SIZE);
	EXPECT_EQ(import(DESTINATION, SIGNS | TOKEN), 0);
	EXPECT(memcmp(name, uuid, UUID_SIZE) != 0);
	EXPECT_EQ(left_of(DESTINATION).root, 15);
	REQUIRE(twin_restart(DESTINATION));
	EXPECT_EQ(sign_all(DESTINATION), 15);
	EXPECT_EQ(ledger.count, LEAVES);
	EXPECT_EQ(ledger.repeats, 0);
	/* the same tree does not come twice */
	EXPECT_EQ(import(DESTINATION, SIGNS | TOKEN),
		  CRYPTECH_ERR_KEY_NAME_IN_USE);
}

/* The body, byte by byte: its range, and a seed that gives the tree. */
static void what_goes(void)
{
	struct bytes body;
	uint8_t t1[32];

	REQUIRE(ready(SOURCE, ALLOWED));
	REQUIRE(!generate(SOURCE, FLAGS, CRYPTECH_HASHSIG_SINGLE_SEED, 1));
	REQUIRE(!key_public_of(SOURCE, uuid, &public));
	REQUIRE(!export() && open_package(&body));
	EXPECT_EQ(body.len, 127);
	EXPECT_MEM(body.data, "\x30\x7d\x02\x01\x00\x30\x0f\x06\x0b", 9);
	EXPECT_MEM(body.data + 22, "\x04\x67\x30\x65\x02\x01\x01\x02\x01\x05"
		   "\x02\x01\x04\x04\x10", 15);
	EXPECT_MEM(body.data + 37, public.data + SPKI_HEAD + 12, 16);
	EXPECT_MEM(body.data + 55, public.data + SPKI_HEAD + 28, 32);
	EXPECT_MEM(body.data + 121, "\x02\x01\x10\x02\x01\x20", 6);
	compute_t1(body.data + 37, body.data + 89, t1);
	EXPECT_MEM(t1, body.data + 55, 32);
}

static void what_comes(void)
{
	struct bytes body;
	struct key_seen seen;
	uint8_t t1[32];

	compute_t1(id, seed, t1);
	REQUIRE(ready(DESTINATION, ALLOWED));
	make_body(&body, 1, 5, t1, 3, 29);
	make_package(&body);
	EXPECT_EQ(import(DESTINATION, SIGNS | TOKEN | PUBLIC), 0);
	EXPECT_EQ(left_of(DESTINATION).root, 26);
	REQUIRE(!key_seen(DESTINATION, uuid, &seen));
	EXPECT_EQ(seen.flags, SIGNS | TOKEN | PUBLIC);
	EXPECT(seen.label.len == 4 && !memcmp(seen.label.data, "came", 4));
	REQUIRE(!key_public_of(DESTINATION, uuid, &public));
	EXPECT_MEM(public.data + SPKI_HEAD + 12, id, 16);
	EXPECT_MEM(public.data + SPKI_HEAD + 28, t1, 32);
	EXPECT_EQ(sign_all(DESTINATION), 26);
	EXPECT_EQ(ledger.count, 26);
	/* two levels, by handle */
	REQUIRE(ready(DESTINATION, ALLOWED));
	make_body(&body, 2, 5, t1, 0, 32);
	make_package(&body);
	REQUIRE(!ask(&DESTINATION->box, ME, CRYPTECH_RPC_PKEY_OPEN, "uo", 0,
		     UUID(kekek)));
	EXPECT_EQ(ask(&DESTINATION->box, ME, CRYPTECH_RPC_PKEY_IMPORT, "uuoou",
		      0, xdr_get_u32(&DESTINATION->box.results), pkcs8.data,
		      pkcs8.len, kek.data, kek.len, SIGNS | TOKEN), 0);
	EXPECT(xdr_get_u32(&DESTINATION->box.results) & 0x80000000);
	REQUIRE(take(&DESTINATION->box, uuid, UUID_SIZE));
	REQUIRE(!key_public_of(DESTINATION, uuid, &public));
	EXPECT_EQ(left_of(DESTINATION).all, 1024);
	EXPECT_EQ(sign(DESTINATION), 0);
}

static int import_body(const struct bytes *body, uint32_t flags)
{
	make_package(body);
	return import(DESTINATION, flags);
}

static void what_does_not_come(void)
{
	struct bytes body;
	uint8_t t1[32];

	compute_t1(id, seed, t1);
	REQUIRE(ready(DESTINATION, CRYPTECH_POLICY_LEGACY_EXPORT));
	make_body(&body, 1, 5, t1, 0, 32);
	EXPECT_EQ(import_body(&body, SIGNS | TOKEN), CRYPTECH_ERR_FORBIDDEN);
	EXPECT_EQ(set_policy(DESTINATION, ALLOWED), 0);
	EXPECT_EQ(import_body(&body, SIGNS), CRYPTECH_ERR_BAD_ARGUMENTS);
	EXPECT_EQ(import_body(&body, TOKEN), CRYPTECH_ERR_BAD_ARGUMENTS);
	EXPECT_EQ(import_body(&body, TOKEN | KEKEK),
		  CRYPTECH_ERR_BAD_ARGUMENTS);
	t1[0] ^= 1;
	make_body(&body, 1, 5, t1, 0, 32);
	EXPECT_EQ(import_body(&body, SIGNS | TOKEN),
		  CRYPTECH_ERR_BAD_ARGUMENTS);
	t1[0] ^= 1;
	make_body(&body, 1, 5, t1, 4, 4);
	EXPECT_EQ(import_body(&body, SIGNS | TOKEN),
		  CRYPTECH_ERR_BAD_ARGUMENTS);
	make_body(&body, 1, 5, t1, 0, 33);
	EXPECT_EQ(import_body(&body, SIGNS | TOKEN),
		  CRYPTECH_ERR_BAD_ARGUMENTS);
	make_body(&body, 0, 5, t1, 0, 32);
	EXPECT_EQ(import_body(&body, SIGNS | TOKEN),
		  CRYPTECH_ERR_UNSUPPORTED_KEY);
	make_body(&body, 9, 5, t1, 0, 32);
	EXPECT_EQ(import_body(&body, SIGNS | TOKEN),
		  CRYPTECH_ERR_UNSUPPORTED_KEY);
	make_body(&body, 1, 7, t1, 0, 32);	/* H15 */
	EXPECT_EQ(import_body(&body, SIGNS | TOKEN),
		  CRYPTECH_ERR_UNSUPPORTED_KEY);
	make_body(&body, 1, 10, t1, 0, 32);	/* not libhal's */
	EXPECT_EQ(import_body(&body, SIGNS | TOKEN),
		  CRYPTECH_ERR_UNSUPPORTED_KEY);
	make_body(&body, 1, 5, t1, 0, 32);
	for (size_t len = 27; len < body.len; len += 5) {
		struct bytes cut = body;

		cut.len = len;
		EXPECT_EQ(import_body(&cut, SIGNS | TOKEN),
			  CRYPTECH_ERR_ASN1_PARSE_FAILED);
	}
	EXPECT_EQ(box_status(&DESTINATION->box, CRYPTECH_STATUS_HASHSIG_KEYS),
		  0);
	EXPECT_EQ(import_body(&body, SIGNS | TOKEN), 0);
}

static void what_stays(void)
{
	uint32_t handle, kekek_handle;
	struct box *box = &SOURCE->box;

	REQUIRE(ready(SOURCE, ALLOWED));
	REQUIRE(!generate(SOURCE, FLAGS, CRYPTECH_HASHSIG_PUNCTURED, 1));
	EXPECT_EQ(export(), CRYPTECH_ERR_UNSUPPORTED_KEY);
	EXPECT_EQ(left_of(SOURCE).root, LEAVES);
	REQUIRE(ready(SOURCE, ALLOWED));
	REQUIRE(!generate(SOURCE, SIGNS | TOKEN, CRYPTECH_HASHSIG_SINGLE_SEED,
			  1));
	EXPECT_EQ(export(), CRYPTECH_ERR_FORBIDDEN);
	REQUIRE(ready(SOURCE, CRYPTECH_POLICY_LEGACY_EXPORT));
	REQUIRE(!generate(SOURCE, FLAGS, CRYPTECH_HASHSIG_SINGLE_SEED, 1));
	EXPECT_EQ(export(), CRYPTECH_ERR_FORBIDDEN);
	EXPECT_EQ(left_of(SOURCE).root, LEAVES);
	EXPECT_EQ(set_policy(SOURCE, ALLOWED), 0);
	/* a reply that would not fit costs nothing */
	REQUIRE(!ask(box, ME, CRYPTECH_RPC_PKEY_OPEN, "uo", 0, UUID(uuid)));
	handle = xdr_get_u32(&box->results);
	REQUIRE(!ask(box, ME, CRYPTECH_RPC_PKEY_OPEN, "uo", 0, UUID(kekek)));
	kekek_handle = xdr_get_u32(&box->results);
	for (uint32_t max = 256; max < 280; max++) {
		int error = ask(box, ME, CRYPTECH_RPC_PKEY_EXPORT, "uuuu",
				handle, kekek_handle, 5480, max);

		if (!error)
			break;
		EXPECT_EQ(error, CRYPTECH_ERR_RESULT_TOO_LONG);
		EXPECT_EQ(left_of(SOURCE).root, LEAVES);
	}
	EXPECT_EQ(left_of(SOURCE).root, LEAVES / 2);
	/* the same KEKEK serves as often as one likes */
	EXPECT_EQ(export(), 0);
	EXPECT_EQ(left_of(SOURCE).root, LEAVES / 4);
	EXPECT_EQ(set_policy(SOURCE, CRYPTECH_POLICY_SHARED_SEED), 0);
	EXPECT_EQ(export(), CRYPTECH_ERR_FORBIDDEN);
}

int main(void)
{
	RUN(there);
	RUN(what_goes);
	RUN(what_comes);
	RUN(what_does_not_come);
	RUN(what_stays);
	plain_ledger_free(&ledger);
	twins_over();
	return tap_done();
}
