// SPDX-License-Identifier: MIT
/*
 * Hash signature keys as keys of the HSM: made, looked at, used, deleted, and
 * what is refused. Signatures are checked word by word as RFC 8554 has it.
 */
#include "hashsig_box.h"

#define SPARE	0x4444

/* --- helpers --------------------------------------------------------------------- */

static struct signature signature;

/* A fresh HSM with a key 'a' of these sets. */
static bool fresh_with(const uint8_t *uuid, uint32_t reserve,
		       const struct sets *sets)
{
	return hashsig_fresh(2, 1 << 20) && make_key(uuid, reserve, sets);
}

static int sign_max(const uint8_t *uuid, char request, uint32_t max)
{
	uint8_t id[16];

	memset(id, request, sizeof(id));
	return sign_once(ME, uuid, id, "text", max, &signature);
}

/* --- a key's life ---------------------------------------------------------------- */

static void to_its_end(void)
{
	const uint8_t *uuid = name_of('a');
	struct hss_info info;
	char text[32];

	REQUIRE(fresh_with(uuid, 1, SETS(1, { H5_W8 })));
	REQUIRE(!hss_info(ME, uuid, &info));
	EXPECT_EQ(info.profile, CRYPTECH_HASHSIG_PUNCTURED);
	EXPECT_EQ(info.reserve, 1);
	EXPECT_EQ(info.state, CRYPTECH_HASHSIG_READY);
	EXPECT_EQ(info.root_left, 32);
	EXPECT_EQ(info.left, 32);
	EXPECT_EQ(info.left_max, 32);
	EXPECT_EQ(info.sets.n, 1);
	EXPECT_EQ(info.sets.set[0][0], 5);
	EXPECT_EQ(info.sets.set[0][1], 4);
	for (unsigned int i = 0; i < 32; i++) {
		snprintf(text, sizeof(text), "message %u", i);
		REQUIRE(!sign_text(uuid, text, &signature));
		EXPECT_EQ(signature.len, 1296);
		EXPECT_EQ(signature.left, 31 - i);
		EXPECT(is_good(uuid, text, &signature));
		EXPECT_EQ(verify_text(ME, uuid, text, &signature), 0);
		EXPECT_EQ(verify_text(OTHER, uuid, "other", &signature),
			  CRYPTECH_ERR_INVALID_SIGNATURE);
	}
	EXPECT_EQ(ledger.count, 32);
	EXPECT_EQ(ledger.repeats, 0);
	for (unsigned int i = 0; i < 3; i++) {
		EXPECT_EQ(sign_text(uuid, "more", &signature),
			  CRYPTECH_ERR_HASHSIG_KEY_EXHAUSTED);
		REQUIRE(!hss_info(ME, uuid, &info));
		EXPECT_EQ(info.state, CRYPTECH_HASHSIG_EXHAUSTED);
		EXPECT_EQ(info.left, 0);
		REQUIRE(hashsig_restart());
	}
}

static void levels_and_sets(void)
{
	static const struct {
		struct sets sets;
		size_t len;
		uint64_t max;
	} cases[] = {
		{ { 2, { { H5_W8 }, { H5_W4 } } }, 0, 1024 },
		{ { 1, { { H10_W8 } } }, 1456, 1024 },
		{ { 2, { { H5_W4 }, { H5_W4 } } }, 4756, 1024 },
		{ { 3, { { H5_W8 }, { H5_W8 }, { H5_W8 } } }, 0, 32768 },
		{ { 1, { { 10, 8 } } }, 0, 32 },	/* n = 24 */
		{ { 2, { { 10, 7 }, { H5_W8 } } }, 0, 1024 },
		{ { 1, { { 5, 1 } } }, 0, 32 },		/* W1 */
	};

	for (unsigned int i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const uint8_t *uuid = name_of('a');
		struct hss_info info;

		REQUIRE(fresh_with(uuid, 2, &cases[i].sets));
		REQUIRE(!hss_info(ME, uuid, &info));
		EXPECT_EQ(info.left_max, cases[i].max);
		EXPECT_EQ(info.left, cases[i].max);
		EXPECT_EQ(info.root_left, 32 << (cases[i].max == 1024 &&
						cases[i].sets.n == 1 ? 5 : 0));
		EXPECT_EQ(info.sets.n, cases[i].sets.n);
		EXPECT_MEM(info.sets.set, cases[i].sets.set,
			   8 * info.sets.n);
		for (unsigned int k = 1; k <= 3; k++) {
			REQUIRE(!sign_text(uuid, "m", &signature));
			EXPECT(is_good(uuid, "m", &signature));
			EXPECT_EQ(verify_text(ME, uuid, "m", &signature), 0);
			EXPECT_EQ(signature.left, cases[i].max - k);
		}
		/* lengths that libhal's own signatures have */
		if (cases[i].len)
			EXPECT_EQ(signature.len, cases[i].len);
	}
}

/* --- what is refused --------------------------------------------------------------- */

static void refused_at_generation(void)
{
	const uint8_t *a = name_of('a');
	const struct sets *h5 = SETS(1, { H5_W8 });

	REQUIRE(hashsig_fresh(2, 1 << 20));
#define GEN(uuid, len, flags, label, profile, reserve, sets)		       \
	generate_as(ME, uuid, len, flags, label, profile, reserve, sets)
	EXPECT_EQ(generate_as(NOBODY, a, 16, FLAGS, "", 0, 1, h5),
		  CRYPTECH_ERR_FORBIDDEN);
	EXPECT_EQ(GEN(a, 15, FLAGS, "", 0, 1, h5),
		  CRYPTECH_ERR_KEY_NAME_TOO_LONG);
	EXPECT_EQ(GEN((const uint8_t *)"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16,
		      FLAGS, "", 0, 1, h5), CRYPTECH_ERR_BAD_ARGUMENTS);
	EXPECT_EQ(GEN(a, 16, SIGNS, "", 0, 1, h5), CRYPTECH_ERR_BAD_ARGUMENTS);
	EXPECT_EQ(GEN(a, 16, TOKEN, "", 0, 1, h5), CRYPTECH_ERR_BAD_ARGUMENTS);
	EXPECT_EQ(GEN(a, 16, FLAGS | KEKEK, "", 0, 1, h5),
		  CRYPTECH_ERR_BAD_ARGUMENTS);
	EXPECT_EQ(GEN(a, 16, FLAGS | CRYPTECH_KEY_FLAG_RAW, "", 0, 1, h5),
		  CRYPTECH_ERR_BAD_ARGUMENTS);
	EXPECT_EQ(GEN(a, 16, FLAGS | CRYPTECH_KEY_FLAG_DATAENCIPHERMENT, "",
		      0, 1, h5), CRYPTECH_ERR_BAD_ARGUMENTS);
	EXPECT_EQ(GEN(a, 16, FLAGS | 0x80000000, "", 0, 1, h5),
		  CRYPTECH_ERR_BAD_ARGUMENTS);
	EXPECT_EQ(GEN(a, 16, FLAGS, "a\nb", 0, 1, h5),
		  CRYPTECH_ERR_BAD_ARGUMENTS);
	EXPECT_EQ(GEN(a, 16, FLAGS, "", 2, 1, h5), CRYPTECH_ERR_BAD_ARGUMENTS);
	EXPECT_EQ(GEN(a, 16, FLAGS, "", 0, 1025, h5),
		  CRYPTECH_ERR_BAD_ARGUMENTS);
	EXPECT_EQ(GEN(a, 16, FLAGS, "", 0, 1, SETS(0, { 0, 0 })),
		  CRYPTECH_ERR_BAD_ARGUMENTS);
	EXPECT_EQ(GEN(a, 16, FLAGS, "", 0, 1,
		      SETS(9, { H5_W8 }, { H5_W8 }, { H5_W8 }, { H5_W8 },
			   { H5_W8 }, { H5_W8 }, { H5_W8 }, { H5_W8 },
			   { H5_W8 })), CRYPTECH_ERR_BAD_ARGUMENTS);
	/* unknown: 4, 15 (SHAKE of SP 800-208), n of one and n of the other */
	EXPECT_EQ(GEN(a, 16, FLAGS, "", 0, 1, SETS(1, { 4, 4 })),
		  CRYPTECH_ERR_UNSUPPORTED_KEY);
	EXPECT_EQ(GEN(a, 16, FLAGS, "", 0, 1, SETS(1, { 15, 9 })),
		  CRYPTECH_ERR_UNSUPPORTED_KEY);
	EXPECT_EQ(GEN(a, 16, FLAGS, "", 0, 1, SETS(1, { 5, 8 })),
		  CRYPTECH_ERR_UNSUPPORTED_KEY);
	EXPECT_EQ(GEN(a, 16, FLAGS, "", 0, 1, SETS(2, { H5_W8 }, { 5, 0 })),
		  CRYPTECH_ERR_UNSUPPORTED_KEY);
	/* two levels of W1: 8,688 and 8,688 bytes and more */
	EXPECT_EQ(GEN(a, 16, FLAGS, "", 0, 1, SETS(2, { 5, 1 }, { 5, 1 })),
		  CRYPTECH_ERR_UNSUPPORTED_KEY);
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_HASHSIG_KEYS), 0);
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_KEYS_TOKEN), 0);

	EXPECT_EQ(GEN(a, 16, FLAGS | PUBLIC | EXPORTABLE, "\303\244", 1, 0,
		      h5), 0);
	EXPECT_EQ(job_wait(ME, a), CRYPTECH_JOB_DONE);
	EXPECT_EQ(GEN(a, 16, FLAGS, "", 0, 1, h5),
		  CRYPTECH_ERR_KEY_NAME_IN_USE);
#undef GEN
}

static void refused_at_signing(void)
{
	const uint8_t *hss = name_of('a'), *ec = name_of('e');
	uint64_t left;

	REQUIRE(fresh_with(hss, 1, SETS(1, { H5_W8 })));
	REQUIRE(!ask(&box, ME, CRYPTECH_RPC_KEY_GENERATE, "ouus", ec,
		     (size_t)16, CRYPTECH_KEY_EC_P256, FLAGS, ""));
	left = left_of(hss);
#define REFUSED(error, call)						       \
	do {								       \
		uint64_t writes = hsm_flash_writes();			       \
									       \
		EXPECT_EQ(call, CRYPTECH_ERR_##error);			       \
		EXPECT_EQ(hsm_flash_writes(), writes);			       \
		EXPECT_EQ(left_of(hss), left);				       \
	} while (0)
	REFUSED(RESULT_TOO_LONG, sign_max(hss, 'r', 1295));
	REFUSED(RESULT_TOO_LONG, sign_max(hss, 'r', 0));
	REFUSED(RPC_PACKET_OVERFLOW, sign_max(hss, 'r', 16384));
	REFUSED(RPC_PACKET_OVERFLOW, sign_max(hss, 'r', 0xffffffff));
	REFUSED(UNSUPPORTED_KEY, sign_max(ec, 'r', 2000));
	REFUSED(KEY_NOT_FOUND, sign_max(name_of('n'), 'r', 2000));
	REFUSED(KEY_NAME_TOO_LONG, ask(&box, ME, CRYPTECH_RPC_SIGN_ONCE,
		"oosu", hss, (size_t)15, "sixteen bytes...", (size_t)16, "t",
		2000));
	REFUSED(BAD_ARGUMENTS, ask(&box, ME, CRYPTECH_RPC_SIGN_ONCE, "oosu",
		hss, (size_t)16, "fifteen bytes..", (size_t)15, "t", 2000));
	REFUSED(BAD_ARGUMENTS, ask(&box, ME, CRYPTECH_RPC_SIGN_ONCE, "oosu",
		hss, (size_t)16, "", (size_t)0, "t", 2000));
	REFUSED(FORBIDDEN, sign_once(NOBODY, hss, (const uint8_t *)
		"sixteen bytes...", "t", 2000, &signature));
	REFUSED(BAD_ARGUMENTS, ask(&box, ME, CRYPTECH_RPC_SIGN_INIT, "oo",
		hss, (size_t)16, "fifteen bytes..", (size_t)15));
	REFUSED(UNSUPPORTED_KEY, ask(&box, ME, CRYPTECH_RPC_SIGN_INIT, "oo",
		ec, (size_t)16, "sixteen bytes...", (size_t)16));
	REFUSED(UNSUPPORTED_KEY, ask(&box, ME, CRYPTECH_RPC_SIGN, "ouou", hss,
		(size_t)16, CRYPTECH_DIGEST_NONE, "t", (size_t)1, 2000));
	REFUSED(UNSUPPORTED_KEY, ask(&box, ME, CRYPTECH_RPC_HASHSIG_INFO,
		"o", ec, (size_t)16));
	REFUSED(UNSUPPORTED_KEY, ask(&box, ME, CRYPTECH_RPC_VERIFY_INIT,
		"oo", ec, (size_t)16, "s", (size_t)1));
	REFUSED(BAD_ARGUMENTS, ask(&box, ME, CRYPTECH_RPC_VERIFY, "ouoo", hss,
		(size_t)16, CRYPTECH_DIGEST_SHA256,
		"0123456789abcdef0123456789abcdef", (size_t)32, "s",
		(size_t)1));
	REFUSED(FORBIDDEN, ask(&box, ME, CRYPTECH_RPC_RSA_PRIVATE, "oo",
		hss, (size_t)16, "t", (size_t)1));
	REFUSED(FORBIDDEN, ask(&box, ME, CRYPTECH_RPC_HASHSIG_ACCEPT, "u",
		CRYPTECH_ACCEPT_FLASH));
	REQUIRE(!box_login(&box, SPARE, CRYPTECH_USER_SO));
	REFUSED(BAD_ARGUMENTS, ask(&box, SPARE, CRYPTECH_RPC_HASHSIG_ACCEPT,
		"u", CRYPTECH_ACCEPT_FLASH));
	REFUSED(FORBIDDEN, sign_once(SPARE, hss, (const uint8_t *)
		"sixteen bytes...", "t", 2000, &signature));
#undef REFUSED
	/* the very length is enough, and an empty message is one */
	REQUIRE(!sign_max(hss, 'r', 1296));
	EXPECT(is_good(hss, "text", &signature));
	REQUIRE(!sign_text(hss, "", &signature));
	EXPECT(is_good(hss, "", &signature));
	EXPECT_EQ(verify_text(ME, hss, "", &signature), 0);
	EXPECT_EQ(left_of(hss), left - 2);
}

/* --- a key like others --------------------------------------------------------------- */

static void listed_and_labelled(void)
{
	const uint8_t *uuid = name_of('a');
	const uint8_t *label;
	size_t len;

	REQUIRE(fresh_with(uuid, 1, SETS(1, { H5_W8 })));
	REQUIRE(!ask(&box, ME, CRYPTECH_RPC_KEY_SET_LABEL, "os", uuid,
		     (size_t)16, "new name"));
	REQUIRE(hashsig_restart());
	REQUIRE(!ask(&box, ME, CRYPTECH_RPC_KEY_LIST, "ou", "", (size_t)0,
		     10));
	EXPECT_EQ(xdr_get_u32(&box.results), 1);
	EXPECT_MEM(xdr_get_opaque(&box.results, &len), uuid, 16);
	EXPECT_EQ(xdr_get_u32(&box.results), CRYPTECH_KEY_HSS);
	EXPECT_EQ(xdr_get_u32(&box.results),
		  CRYPTECH_KEY_CLASS_HASHSIG_PRIVATE);
	EXPECT_EQ(xdr_get_u32(&box.results), FLAGS);
	label = xdr_get_opaque(&box.results, &len);
	EXPECT(len == 8 && !memcmp(label, "new name", 8));
	/* MATCH by libhal's type */
	REQUIRE(!ask(&box, ME, CRYPTECH_RPC_PKEY_MATCH, "uuuuuuuuo", 0,
		     CRYPTECH_KEY_CLASS_HASHSIG_PRIVATE, 0, 0, 0, 0, 0, 8,
		     "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", (size_t)16));
	xdr_get_u32(&box.results);
	EXPECT_EQ(xdr_get_u32(&box.results), 1);
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_KEYS_TOKEN), 1);
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_HASHSIG_KEYS), 1);
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_HASHSIG_LEAVES_MIN), 32);
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_FRESHNESS),
		  CRYPTECH_FRESH_FILE);
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_ANCHOR), box_anchor);
	EXPECT_EQ(delete_key(uuid), 0);
	EXPECT_EQ(delete_key(uuid), CRYPTECH_ERR_KEY_NOT_FOUND);
	EXPECT_EQ(sign_text(uuid, "t", &signature),
		  CRYPTECH_ERR_KEY_NOT_FOUND);
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_KEYS_TOKEN), 0);
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_HASHSIG_KEYS), 0);
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_HASHSIG_LEAVES_MIN), 0);
	/* the name is free again */
	REQUIRE(make_key(uuid, 1, SETS(1, { H5_W8 })));
	EXPECT_EQ(left_of(uuid), 32);
}

/* At 1/16 of the root's leaves, or two; told once. */
static void nearly_used_up(void)
{
	const uint8_t *uuid = name_of('a');

	REQUIRE(fresh_with(uuid, 1, SETS(1, { H5_W8 })));
	box.log[0] = 0;
	for (unsigned int i = 0; i < 29; i++)
		REQUIRE(!sign_text(uuid, "t", &signature));
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_HASHSIG_LOW), 0);
	EXPECT_EQ(box.log[0], 0);
	REQUIRE(!sign_text(uuid, "t", &signature));
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_HASHSIG_LOW), 1);
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_HASHSIG_LEAVES_MIN), 2);
	EXPECT(strstr(box.log, "61616161-6161-6161-6161-616161616161: "
		      "2 root leaves left, 2 signatures"));
	box.log[0] = 0;
	REQUIRE(!sign_text(uuid, "t", &signature));
	EXPECT_EQ(box.log[0], 0);
	REQUIRE(hashsig_restart());
	box.log[0] = 0;
	REQUIRE(!sign_text(uuid, "t", &signature));
	EXPECT_EQ(box.log[0], 0);
}

/* --- public keys --------------------------------------------------------------------- */

/* libhal's: SEQUENCE { SEQUENCE { OID, NULL }, BIT STRING { SEQUENCE {
 * INTEGER L, lms, lmots, OCTET STRING I, T1 } } }: 85 bytes for n = 32. */
static void check_libhal_form(const struct bytes *der, const uint8_t *public)
{
	static const uint8_t head[] = {
		0x30, 83, 0x30, 15, 0x06, 11, 0x2a, 0x86, 0x48, 0x86, 0xf7,
		0x0d, 0x01, 0x09, 0x10, 0x03, 0x11, 0x05, 0, 0x03, 64, 0,
		0x30, 61,
	};
	const uint8_t fields[] = {
		2, 1, public[3], 2, 1, public[7], 2, 1, public[11], 4, 16,
	};

	EXPECT_EQ(der->len, 85);
	EXPECT_MEM(der->data, head, sizeof(head));
	EXPECT_MEM(der->data + 24, fields, sizeof(fields));
	EXPECT_MEM(der->data + 35, public + 12, 16);
	EXPECT_EQ(der->data[51], 4);
	EXPECT_EQ(der->data[52], 32);
	EXPECT_MEM(der->data + 53, public + 28, 32);
}

static void public_forms(void)
{
	static const uint8_t rfc9708[] = {
		0x30, 78, 0x30, 13, 0x06, 11, 0x2a, 0x86, 0x48, 0x86, 0xf7,
		0x0d, 0x01, 0x09, 0x10, 0x03, 0x11, 0x03, 61, 0,
	};
	const uint8_t *uuid = name_of('a'), *mixed = name_of('b');
	uint8_t public[CRYPTECH_HSS_PUBLIC_MAX];
	struct bytes rfc, libhal;
	struct named key = { 0 };

	REQUIRE(fresh_with(uuid, 1, SETS(2, { H5_W8 }, { H5_W8 })));
	REQUIRE(!result_bytes(ask(&box, ME, CRYPTECH_RPC_KEY_PUBLIC, "ou",
				  uuid, (size_t)16, 80), &rfc));
	EXPECT_EQ(rfc.len, 80);
	EXPECT_MEM(rfc.data, rfc9708, sizeof(rfc9708));
	EXPECT_EQ(public_of(uuid, public), 60);
	EXPECT_MEM(public, "\0\0\0\2\0\0\0\5\0\0\0\4", 12);
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_KEY_PUBLIC, "ou", uuid,
		      (size_t)16, 79), CRYPTECH_ERR_RESULT_TOO_LONG);

	memcpy(key.uuid, uuid, 16);
	REQUIRE(!pkey_open(ME, &key));
	REQUIRE(!ask(&box, ME, CRYPTECH_RPC_PKEY_GET_PUBLIC_KEY_LEN, "u",
		     key.handle));
	EXPECT_EQ(xdr_get_u32(&box.results), 85);
	REQUIRE(!pkey_public(ME, key.handle, &libhal));
	check_libhal_form(&libhal, public);
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_PKEY_GET_PUBLIC_KEY, "uu",
		      key.handle, 84), CRYPTECH_ERR_RESULT_TOO_LONG);

	/* no room for two sets in libhal's form */
	REQUIRE(make_key(mixed, 1, SETS(2, { H5_W8 }, { H5_W4 })));
	memcpy(key.uuid, mixed, 16);
	REQUIRE(!pkey_open(ME, &key));
	REQUIRE(!pkey_public(ME, key.handle, &libhal));
	EXPECT_EQ(libhal.len, 80);
}

/* A public key loaded in either form verifies, token and volatile. */
static void public_keys_verify(void)
{
	const uint8_t *uuid = name_of('a'), *names[] = {
		name_of('p'), name_of('q')
	};
	struct named key = { 0 };
	struct bytes form[2];

	REQUIRE(fresh_with(uuid, 1, SETS(2, { H5_W8 }, { H5_W8 })));
	REQUIRE(!sign_text(uuid, "text", &signature));
	REQUIRE(!result_bytes(ask(&box, ME, CRYPTECH_RPC_KEY_PUBLIC, "ou",
				  uuid, (size_t)16, 80), &form[0]));
	memcpy(key.uuid, uuid, 16);
	REQUIRE(!pkey_open(ME, &key));
	REQUIRE(!pkey_public(ME, key.handle, &form[1]));
	for (unsigned int i = 0; i < 2; i++) {
		REQUIRE(!ask(&box, ME, CRYPTECH_RPC_KEY_LOAD, "oous", names[i],
			     (size_t)16, form[i].data, form[i].len,
			     i ? SIGNS : FLAGS, ""));
		EXPECT_EQ(verify_text(ME, names[i], "text", &signature), 0);
		EXPECT_EQ(verify_text(ME, names[i], "texu", &signature),
			  CRYPTECH_ERR_INVALID_SIGNATURE);
		EXPECT_EQ(sign_max(names[i], 'r', 2000 + 2000),
			  CRYPTECH_ERR_UNSUPPORTED_KEY);
		memcpy(key.uuid, names[i], 16);
		REQUIRE(!pkey_open(ME, &key));
		REQUIRE(!ask(&box, ME, CRYPTECH_RPC_PKEY_GET_KEY_TYPE, "u",
			     key.handle));
		EXPECT_EQ(xdr_get_u32(&box.results),
			  CRYPTECH_KEY_CLASS_HASHSIG_PUBLIC);
		EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_PKEY_VERIFY, "uuso",
			      key.handle, 0, "text", signature.data,
			      signature.len), 0);
		EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_PKEY_SIGN, "uusu",
			      key.handle, 0, "text", 4096),
			  CRYPTECH_ERR_UNSUPPORTED_KEY);
		/* whatever came in, RFC 9708 comes out */
		REQUIRE(!result_bytes(ask(&box, ME, CRYPTECH_RPC_KEY_PUBLIC,
				"ou", names[i], (size_t)16, 80), &form[i]));
		EXPECT_EQ(form[i].len, 80);
	}
	REQUIRE(hashsig_restart());
	EXPECT_EQ(verify_text(ME, names[0], "text", &signature), 0);
	EXPECT_EQ(delete_key(names[0]), 0);
	/* without flag SIGNS it does not even verify; nor does it transfer */
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_KEY_LOAD, "oous", names[0],
		      (size_t)16, form[0].data, form[0].len, 0, ""), 0);
	EXPECT_EQ(verify_text(ME, names[0], "text", &signature),
		  CRYPTECH_ERR_FORBIDDEN);
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_KEY_LOAD, "oous", names[1],
		      (size_t)16, form[0].data, form[0].len, KEKEK, ""),
		  CRYPTECH_ERR_BAD_ARGUMENTS);
}

/* Every byte of both forms counts. */
static void public_keys_malformed(void)
{
	const uint8_t *uuid = name_of('a');
	struct named key = { 0 };
	struct bytes form[2];

	REQUIRE(fresh_with(uuid, 1, SETS(1, { H5_W8 })));
	REQUIRE(!result_bytes(ask(&box, ME, CRYPTECH_RPC_KEY_PUBLIC, "ou",
				  uuid, (size_t)16, 80), &form[0]));
	memcpy(key.uuid, uuid, 16);
	REQUIRE(!pkey_open(ME, &key));
	REQUIRE(!pkey_public(ME, key.handle, &form[1]));
	for (unsigned int i = 0; i < 2; i++) {
		/* before I and T1, which can be anything */
		for (size_t at = 0; at < (i ? 35u : 32u); at++) {
			form[i].data[at] ^= 0x40;
			EXPECT(pkey_load(ME, &form[i], SIGNS, &key) != 0);
			form[i].data[at] ^= 0x40;
		}
		for (size_t len = 0; len < form[i].len; len++) {
			struct bytes cut = form[i];

			cut.len = len;
			EXPECT(pkey_load(ME, &cut, SIGNS, &key) != 0);
			cut.len = form[i].len + 1;
			EXPECT(pkey_load(ME, &cut, SIGNS, &key) != 0);
		}
		EXPECT_EQ(pkey_load(ME, &form[i], SIGNS, &key), 0);
	}
}

/* --- libhal's functions ---------------------------------------------------------------- */

static int generate_libhal(uint32_t levels, uint32_t lms, uint32_t lmots,
			   uint32_t flags, struct named *named)
{
	return result_named(ask(&box, ME, CRYPTECH_RPC_PKEY_GENERATE_HASHSIG,
				"uuuuu", 0, levels, lms, lmots, flags), named);
}

static void by_handle(void)
{
	struct named key;
	struct bytes message = { .len = 32 };
	uint32_t hash;
	size_t len;

	REQUIRE(hashsig_fresh(2, 1 << 20));
	EXPECT_EQ(generate_libhal(1, H5_W8, SIGNS, &key),
		  CRYPTECH_ERR_FORBIDDEN);
	EXPECT_EQ(generate_libhal(1, H5_W8, TOKEN, &key),
		  CRYPTECH_ERR_FORBIDDEN);
	EXPECT_EQ(generate_libhal(1, H5_W8, FLAGS | 0x10000, &key),
		  CRYPTECH_ERR_BAD_ARGUMENTS);
	EXPECT_EQ(generate_libhal(0, H5_W8, FLAGS, &key),
		  CRYPTECH_ERR_BAD_ARGUMENTS);
	EXPECT_EQ(generate_libhal(9, H5_W8, FLAGS, &key),
		  CRYPTECH_ERR_BAD_ARGUMENTS);
	EXPECT_EQ(generate_libhal(1, 99, 4, FLAGS, &key),
		  CRYPTECH_ERR_UNSUPPORTED_KEY);
	EXPECT_EQ(generate_libhal(1, 5, 99, FLAGS, &key),
		  CRYPTECH_ERR_UNSUPPORTED_KEY);
	EXPECT_EQ(generate_libhal(2, 5, 1, FLAGS, &key),
		  CRYPTECH_ERR_UNSUPPORTED_KEY);
	EXPECT_EQ(ask(&box, NOBODY, CRYPTECH_RPC_PKEY_GENERATE_HASHSIG,
		      "uuuuu", 0, 1, 5, 4, FLAGS), CRYPTECH_ERR_FORBIDDEN);
	REQUIRE(!generate_libhal(2, H5_W8, FLAGS, &key));
	EXPECT(key.handle >> 31);
	EXPECT_EQ(left_of(key.uuid), 1024);

	/* a message, and a hash's value as a message */
	signature.len = 2644;
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_PKEY_SIGN, "uusu", key.handle, 0,
		      "text", 2643), CRYPTECH_ERR_RESULT_TOO_LONG);
	EXPECT_EQ(left_of(key.uuid), 1024);
	REQUIRE(!ask(&box, ME, CRYPTECH_RPC_PKEY_SIGN, "uusu", key.handle, 0,
		     "text", 2644));
	memcpy(signature.data, xdr_get_opaque(&box.results, &len), 2644);
	EXPECT_EQ(len, 2644);
	EXPECT(is_good(key.uuid, "text", &signature));
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_PKEY_VERIFY, "uuso", key.handle,
		      0, "text", signature.data, signature.len), 0);
	hash = hash_handle(ME);
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_PKEY_SIGN, "uusu", key.handle,
		      hash, "both", 2644), CRYPTECH_ERR_BAD_ARGUMENTS);
	REQUIRE(!ask(&box, ME, CRYPTECH_RPC_PKEY_SIGN, "uusu", key.handle,
		     hash, "", 2644));
	memcpy(signature.data, xdr_get_opaque(&box.results, &len), 2644);
	memcpy(message.data, hash_value(), 32);
	hash = hash_handle(ME);
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_PKEY_VERIFY, "uuso", key.handle,
		      hash, "", signature.data, signature.len), 0);
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_PKEY_VERIFY, "uuoo", key.handle,
		      0, message.data, message.len, signature.data,
		      signature.len), 0);
	EXPECT_EQ(left_of(key.uuid), 1022);

	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_PKEY_DELETE, "u", key.handle), 0);
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_PKEY_SIGN, "uusu", key.handle, 0,
		      "text", 2644), CRYPTECH_ERR_KEY_NOT_FOUND);
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_HANDLES), 0);
}

/* Transfer of these keys is not there yet, in any mode. */
static void no_transfer(void)
{
	struct named key, kekek;

	REQUIRE(hashsig_fresh(2, 1 << 20));
	box.config.libhal_compat = true;
	REQUIRE(hashsig_restart());
	REQUIRE(!generate_libhal(1, H5_W8, FLAGS | EXPORTABLE, &key));
	REQUIRE(!result_named(ask(&box, ME, CRYPTECH_RPC_PKEY_GENERATE_RSA,
				  "uuou", 0, 1024, "\1\0\1", (size_t)3, KEKEK),
			      &kekek));
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_PKEY_EXPORT, "uuuu", key.handle,
		      kekek.handle, 5480, 512), CRYPTECH_ERR_FORBIDDEN);
	EXPECT_EQ(left_of(key.uuid), 32);
}

/* Without threads the same things happen, by whoever waits for them. */
static void without_threads(void)
{
	const uint8_t *uuid = name_of('a');

	REQUIRE(hashsig_fresh(0, 1 << 20));
	REQUIRE(make_key(uuid, 1, SETS(2, { H5_W8 }, { H5_W8 })));
	for (unsigned int i = 0; i < 70; i++) {
		REQUIRE(!sign_text(uuid, "text", &signature));
		EXPECT(is_good(uuid, "text", &signature));
		EXPECT_EQ(signature.left, 1023 - i);
	}
	EXPECT_EQ(ledger.repeats, 0);
}

int main(void)
{
	RUN(to_its_end);
	RUN(levels_and_sets);
	RUN(refused_at_generation);
	RUN(refused_at_signing);
	RUN(listed_and_labelled);
	RUN(nearly_used_up);
	RUN(public_forms);
	RUN(public_keys_verify);
	RUN(public_keys_malformed);
	RUN(by_handle);
	RUN(no_transfer);
	RUN(without_threads);
	hashsig_over();
	return tap_done();
}
