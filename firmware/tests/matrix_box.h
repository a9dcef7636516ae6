/* SPDX-License-Identifier: MIT */
/*
 * For key_matrix.c: who asks, the keys that are asked for, and an HSM to have
 * them in.
 */
#ifndef TESTS_MATRIX_BOX_H
#define TESTS_MATRIX_BOX_H

#include "matrix_calls.h"

#include <openssl/ecdsa.h>

#define MAKER	0x4444		/* of keys that others ask for */
#define OFFICER	0x5555

struct rule {
	uint32_t function;
	const char *name;
	enum who who;
	enum naming naming;
	unsigned int kinds;
	uint32_t needs, policy;
	int also;
};

static const struct rule rules[] = {
#define RULE(name, who, naming, kinds, needs, policy, also)		       \
	{ CRYPTECH_RPC_##name, #name, who, naming, kinds, needs, policy, also },
MATRIX_RULES(RULE)
#undef RULE
};
#define RULE_COUNT	(sizeof(rules) / sizeof(rules[0]))

/* Who asks: the key's owner, or somebody else. */
static struct subject {
	const char *name;
	bool owner;
	uint32_t word, role;
	struct instance key;	/* an owner's */
	uint32_t kekek_handle;
} subjects[] = {
#define WHO(name_, owner_, word_, role_)				       \
	{ .name = name_, .owner = owner_, .word = word_,		       \
	  .role = CRYPTECH_USER_##role_ }
	WHO("owner, user", true, 0x101, NORMAL),
	WHO("owner, officer", true, 0x102, SO),
	WHO("owner, wheel", true, 0x103, WHEEL),
	/* of a volatile PUBLIC key */
	WHO("owner, nobody", true, 0x104, NONE),
	WHO("nobody", false, 0x200, NONE),
	WHO("user", false, 0x201, NORMAL),
	WHO("officer", false, 0x202, SO),
	WHO("wheel", false, 0x203, WHEEL),
	WHO("multiplexer", false, CRYPTECH_CLIENT_MUX, NONE),
#undef WHO
};
#define SUBJECTS	(sizeof(subjects) / sizeof(subjects[0]))

static struct instance others;		/* MAKER's */
static uint32_t policy;			/* in force */
static struct core_key *rsa_key;	/* every RSA key that is generated */
static unsigned long cases;

int __real_core_key_generate(uint32_t type, struct core_key **key);
int __wrap_core_key_generate(uint32_t type, struct core_key **key);

/* RSA keys take seconds to make: one for all. */
int __wrap_core_key_generate(uint32_t type, struct core_key **key)
{
	if (CRYPTECH_KEY_FAMILY(type) != CRYPTECH_KEY_FAMILY_RSA)
		return __real_core_key_generate(type, key);
	*key = core_key_get(rsa_key);
	return CRYPTECH_ERR_OK;
}

/* --- keys ------------------------------------------------------------------------ */

static int result_uuid(int error, struct instance *k)
{
	const uint8_t *uuid;
	size_t len;

	uuid = error ? NULL : xdr_get_opaque(&box.results, &len);
	if (uuid)
		memcpy(k->uuid, uuid, sizeof(k->uuid));
	return error;
}

static int load(uint32_t word, const struct bytes *der, struct instance *k)
{
	return result_uuid(ask(&box, word, CRYPTECH_RPC_KEY_LOAD, "sous", "",
			       der->data, der->len, k->flags, ""), k);
}

static int wait_for_job(uint32_t word, const struct instance *k)
{
	uint32_t state = CRYPTECH_JOB_RUNNING;
	int error = 0;

	while (!error && state == CRYPTECH_JOB_RUNNING) {
		error = ask(&box, word, CRYPTECH_RPC_HASHSIG_JOB, "o",
			    UUID_OF(k));
		state = xdr_get_u32(&box.results);
	}
	return error ? error : state != CRYPTECH_JOB_DONE;
}

static int generate_hss(uint32_t word, struct instance *k)
{
	int error = result_uuid(ask(&box, word, CRYPTECH_RPC_HASHSIG_GENERATE,
				    "susuuuuu", "", k->flags, "", 0, 1, 1, 5,
				    2), k);

	return error ? error : wait_for_job(word, k);
}

static int generate(uint32_t word, uint32_t type, struct instance *k)
{
	return result_uuid(ask(&box, word, CRYPTECH_RPC_KEY_GENERATE, "suus",
			       "", type, k->flags, ""), k);
}

static const struct bytes *der_of(const struct instance *k)
{
	switch (k->kind) {
	case K_RSA_PUB:
		return &world.rsa_spki;
	case K_EC:
		return &world.ec_der;
	case K_EC_PUB:
		return &world.ec_spki;
	default:
		return &world.hss_spki;
	}
}

static int make(uint32_t word, struct instance *k)
{
	switch (k->kind) {
	case K_RSA:
		return generate(word, CRYPTECH_KEY_RSA2048, k);
	case K_AES:
		return generate(word, CRYPTECH_KEY_AES256, k);
	case K_XTS:
		return generate(word, CRYPTECH_KEY_AES256_XTS, k);
	case K_CTR:
		return generate(word, CRYPTECH_KEY_AES192_CTR, k);
	case K_GCM:
		return generate(word, CRYPTECH_KEY_AES128_GCM, k);
	case K_CMAC:
		return generate(word, CRYPTECH_KEY_AES256_CMAC, k);
	case K_HMAC:
		return generate(word, CRYPTECH_KEY_HMAC_SHA384, k);
	case K_HSS:
		return generate_hss(word, k);
	default:
		return load(word, der_of(k), k);
	}
}

/* With a handle. The maker is a user then. */
static bool make_as_user(uint32_t word, struct instance *k)
{
	if (!EXPECT_EQ(box_login(&box, word, CRYPTECH_USER_NORMAL), 0) ||
	    !EXPECT_EQ(make(word, k), 0) ||
	    !EXPECT_EQ(ask(&box, word, CRYPTECH_RPC_PKEY_OPEN, "uo", 0,
			   UUID_OF(k)), 0))
		return false;
	k->handle = xdr_get_u32(&box.results);
	return true;
}

static bool make_as_nobody(uint32_t word, struct instance *k)
{
	struct named named = { 0 };

	if (!EXPECT_EQ(pkey_load(word, der_of(k), k->flags, &named), 0))
		return false;
	memcpy(k->uuid, named.uuid, sizeof(k->uuid));
	k->handle = named.handle;
	return true;
}

/* It is there, and so is a handle of it. */
static bool ensure(const struct subject *owner, struct instance *k)
{
	uint32_t word = owner ? owner->word : MAKER;

	if (k->there)
		return true;
	k->there = owner && owner->role == CRYPTECH_USER_NONE ?
		   make_as_nobody(word, k) : make_as_user(word, k);
	return k->there &&
	       EXPECT_EQ(ask(&box, word, CRYPTECH_RPC_PKEY_SET_ATTRIBUTES,
			     "uuus", k->handle, 1, 7, "value"), 0);
}

/* Also what an HSS key leaves behind that was parked. */
static void destroy(const struct subject *owner, struct instance *k)
{
	uint32_t word = owner ? owner->word : MAKER;

	k->there = false;
	if (owner && owner->role == CRYPTECH_USER_NONE) {
		ask(&box, word, CRYPTECH_RPC_PKEY_DELETE, "u", k->handle);
		return;
	}
	box_login(&box, word, CRYPTECH_USER_NORMAL);
	ask(&box, word, CRYPTECH_RPC_PKEY_CLOSE, "u", k->handle);
	ask(&box, word, CRYPTECH_RPC_KEY_DELETE, "o", UUID_OF(k));
	if (k->kind == K_HSS)
		ask(&box, OFFICER, CRYPTECH_RPC_FORGET, "uo",
		    CRYPTECH_FORGET_PARKED, UUID_OF(k));
}

/* (Who logs out loses his keys; this one never logs in.) */
static bool set_role(const struct subject *s)
{
	if (s->role == CRYPTECH_USER_NONE && s->owner)
		return true;
	if (s->role == CRYPTECH_USER_NONE)
		return ask(&box, s->word, CRYPTECH_RPC_LOGOUT, "") == 0;
	return EXPECT_EQ(box_login(&box, s->word, s->role), 0);
}

/* --- the world ---------------------------------------------------------------------- */

/* A statement of another device, for the KEKEK that is everybody's. */
static void sign_statement(EVP_PKEY *device, uint32_t flags,
			   struct bytes *out)
{
	const struct kekek_statement statement = {
		.serial = world.serial, .uuid = world.kekek, .flags = flags,
		.spki = world.rsa_spki.data, .spki_len = world.rsa_spki.len,
	};
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t der[80];
	const uint8_t *p = der;
	size_t len = sizeof(der);
	ECDSA_SIG *sig;

	out->len = kekek_statement_put(out->data, sizeof(out->data),
				       &statement);
	EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, device);
	EVP_DigestSign(ctx, der, &len, out->data, out->len);
	sig = d2i_ECDSA_SIG(NULL, &p, len);
	BN_bn2binpad(ECDSA_SIG_get0_r(sig), out->data + out->len, 32);
	BN_bn2binpad(ECDSA_SIG_get0_s(sig), out->data + out->len + 32, 32);
	out->len += ATTEST_SIGNATURE;
	ECDSA_SIG_free(sig);
	EVP_MD_CTX_free(ctx);
}

static void make_device(void)
{
	EVP_PKEY *device = EVP_EC_gen("P-256");
	uint8_t *p = world.device_spki.data;

	memset(world.serial, 'D', sizeof(world.serial));
	world.device_spki.len = i2d_PUBKEY(device, &p);
	sign_statement(device, 0, &world.statement);
	sign_statement(device, KEKEK_SINGLE_USE, &world.single_use);
	EVP_PKEY_free(device);
}

static void make_world(void)
{
	__real_core_key_generate(CRYPTECH_KEY_RSA2048, &rsa_key);
	core_key_spki(rsa_key, world.rsa_spki.data,
		      sizeof(world.rsa_spki.data), &world.rsa_spki.len);
	plain_encode(EVP_EC_gen("P-256"), &world.ec_der, &world.ec_spki);
	make_device();
}

/* The public half of some HSS key. */
static bool learn_hss_public(void)
{
	struct instance k = { .kind = K_HSS, .flags = F_SIGN | F_TOKEN };

	if (!EXPECT_EQ(box_login(&box, MAKER, CRYPTECH_USER_NORMAL), 0) ||
	    !EXPECT_EQ(generate_hss(MAKER, &k), 0) ||
	    !EXPECT_EQ(result_bytes(ask(&box, MAKER, CRYPTECH_RPC_KEY_PUBLIC,
					"ou", UUID_OF(&k), 1024),
				    &world.hss_spki), 0))
		return false;
	return EXPECT_EQ(ask(&box, MAKER, CRYPTECH_RPC_KEY_DELETE, "o",
			     UUID_OF(&k)), 0);
}

/* Everybody has a handle of the KEKEK, or at least of its public half. */
static bool open_kekeks(void)
{
	struct instance k = { .kind = K_RSA, .flags = F_KEK | F_TOKEN | F_PUB };

	if (!EXPECT_EQ(generate(MAKER, CRYPTECH_KEY_RSA2048, &k), 0))
		return false;
	memcpy(world.kekek, k.uuid, sizeof(k.uuid));
	for (size_t i = 0; i < SUBJECTS; i++) {
		struct subject *s = &subjects[i];
		struct named named = { 0 };
		int error;

		memcpy(named.uuid, k.uuid, sizeof(k.uuid));
		if (s->role != CRYPTECH_USER_NONE) {
			box_login(&box, s->word, CRYPTECH_USER_NORMAL);
			error = pkey_open(s->word, &named);
		} else {
			error = pkey_load(s->word, &world.rsa_spki,
					  F_KEK | F_PUB, &named);
		}
		if (!EXPECT_EQ(error, 0))
			return false;
		s->kekek_handle = named.handle;
	}
	return true;
}

static bool fresh(uint32_t with_policy)
{
	policy = with_policy;
	memset(&others, 0, sizeof(others));
	for (size_t i = 0; i < SUBJECTS; i++)
		memset(&subjects[i].key, 0, sizeof(subjects[i].key));
	box_stop(&box);
	box_init(&box, hsm_flash_blank_of(4 << 20));
	return EXPECT(box_start(&box) && box_init_pins(&box)) &&
	       EXPECT_EQ(box_login(&box, OFFICER, CRYPTECH_USER_SO), 0) &&
	       EXPECT_EQ(ask(&box, OFFICER, CRYPTECH_RPC_DEVICE_APPROVE,
			     "oos", world.serial, sizeof(world.serial),
			     world.device_spki.data, world.device_spki.len,
			     ""), 0) &&
	       EXPECT_EQ(ask(&box, OFFICER, CRYPTECH_RPC_POLICY_SET, "u",
			     policy), 0) &&
	       learn_hss_public() && open_kekeks();
}

#endif /* TESTS_MATRIX_BOX_H */
