/* SPDX-License-Identifier: MIT */
/*
 * For key_matrix.c: each function of cryptech/rpc.h, asked with a key such
 * that nothing but the rules of matrix_rules.h can be against it.
 */
#ifndef TESTS_MATRIX_CALLS_H
#define TESTS_MATRIX_CALLS_H

#include "../backup/package.h"
#include "../cores/cores.h"
#include "key_box.h"
#include "matrix_rules.h"

#define MATRIX_PIN	"another pin"
#define NOT_ASKED	(-2)

struct instance {
	enum kind kind;
	uint32_t flags;
	bool there;
	uint8_t uuid[CRYPTECH_UUID_SIZE];
	uint32_t handle;
};

struct asked {
	uint32_t word, role;
	const struct instance *key;
	uint32_t kekek_handle;		/* of PKEY_EXPORT and _IMPORT */
};

/* Of all of them: made once. */
static struct {
	struct bytes rsa_spki, ec_der, ec_spki, hss_spki;
	uint8_t kekek[CRYPTECH_UUID_SIZE];
	uint8_t serial[CRYPTECH_SERIAL_SIZE];	/* of another device */
	struct bytes device_spki;
	struct bytes statement, single_use;	/* of that device's KEKEKs */
} world;

static const uint8_t zeros[512];
#define UUID_OF(k)	(k)->uuid, (size_t)CRYPTECH_UUID_SIZE

static inline int ask_sign(const struct asked *a)
{
	const struct instance *k = a->key;

	return ask(&box, a->word, CRYPTECH_RPC_SIGN, "ouou", UUID_OF(k),
		   CRYPTECH_DIGEST_SHA256, zeros, (size_t)32, 4464);
}

static inline int ask_match(const struct asked *a)
{
	return ask(&box, a->word, CRYPTECH_RPC_PKEY_MATCH, "uuuuuuuuo", 0, 0,
		   0, 0, 0, 0, 0, 16, zeros, (size_t)16);
}

static inline int ask_cipher(const struct asked *a, uint32_t function)
{
	const struct instance *k = a->key;
	uint32_t mode = k->kind == K_XTS ? CRYPTECH_MODE_XTS :
			k->kind == K_CTR ? CRYPTECH_MODE_CTR :
			k->kind == K_GCM ? CRYPTECH_MODE_GCM : CRYPTECH_MODE_CBC;

	return ask(&box, a->word, function, "ououo", UUID_OF(k), mode, zeros,
		   (size_t)16, 0, zeros, (size_t)32);
}

static inline int ask_gcm_or_mac(const struct asked *a, uint32_t f)
{
	const struct instance *k = a->key;
	uint32_t w = a->word;

	switch (f) {
	case CRYPTECH_RPC_GCM_ENCRYPT:
		return ask(&box, w, f, "ooso", UUID_OF(k), zeros, (size_t)12,
			   "aad", zeros, (size_t)32);
	case CRYPTECH_RPC_GCM_DECRYPT:
		return ask(&box, w, f, "oosoo", UUID_OF(k), zeros, (size_t)12,
			   "aad", zeros, (size_t)32, zeros, (size_t)16);
	case CRYPTECH_RPC_MAC:
		return ask(&box, w, f, "oso", UUID_OF(k), "", zeros,
			   (size_t)32);
	case CRYPTECH_RPC_MAC_VERIFY:
		return ask(&box, w, f, "osoo", UUID_OF(k), "", zeros,
			   (size_t)32, zeros, (size_t)16);
	case CRYPTECH_RPC_MAC_UPDATE:
		return ask(&box, w, f, "oso", UUID_OF(k), "", zeros,
			   (size_t)CRYPTECH_MAC_BLOCK);
	}
	return NOT_ASKED;
}

/* Functions of libhal's, by handle or without a key. */
static inline int ask_libhal(const struct asked *a, uint32_t f)
{
	uint32_t w = a->word, h = a->key->handle;

	switch (f) {
	case CRYPTECH_RPC_GET_VERSION:
	case CRYPTECH_RPC_LOGOUT:
	case CRYPTECH_RPC_LOGOUT_ALL:
	case CRYPTECH_RPC_CHECK_TAMPER:
		return ask(&box, w, f, "");
	case CRYPTECH_RPC_GET_RANDOM:
	case CRYPTECH_RPC_HASH_GET_ALGORITHM:
	case CRYPTECH_RPC_PKEY_CLOSE:
	case CRYPTECH_RPC_PKEY_DELETE:
	case CRYPTECH_RPC_PKEY_GET_KEY_TYPE:
	case CRYPTECH_RPC_PKEY_GET_KEY_FLAGS:
	case CRYPTECH_RPC_PKEY_GET_PUBLIC_KEY_LEN:
	case CRYPTECH_RPC_PKEY_GET_KEY_CURVE:
		return ask(&box, w, f, "u",
			   f == CRYPTECH_RPC_GET_RANDOM ? 16 : h);
	case CRYPTECH_RPC_SET_PIN:
	case CRYPTECH_RPC_LOGIN:
		return ask(&box, w, f, "us", CRYPTECH_USER_NORMAL, BOX_USER);
	case CRYPTECH_RPC_IS_LOGGED_IN:
		return ask(&box, w, f, "u", a->role ? a->role :
			   CRYPTECH_USER_NORMAL);
	case CRYPTECH_RPC_HASH_GET_DIGEST_LEN:
		return ask(&box, w, f, "u", CRYPTECH_DIGEST_SHA256);
	case CRYPTECH_RPC_HASH_GET_DIGEST_ALGORITHM_ID:
	case CRYPTECH_RPC_HASH_FINALIZE:
		return ask(&box, w, f, "uu", CRYPTECH_DIGEST_SHA256, 32);
	case CRYPTECH_RPC_HASH_INITIALIZE:
		return ask(&box, w, f, "uus", 0, CRYPTECH_DIGEST_SHA256, "");
	case CRYPTECH_RPC_HASH_UPDATE:
		return ask(&box, w, f, "us", 0, "data");
	case CRYPTECH_RPC_PKEY_LOAD:
		return ask(&box, w, f, "uou", 0, world.ec_der.data,
			   world.ec_der.len, F_SIGN | F_PUB);
	case CRYPTECH_RPC_PKEY_OPEN:
		return ask(&box, w, f, "uo", 0, UUID_OF(a->key));
	case CRYPTECH_RPC_PKEY_GENERATE_RSA:
		return ask(&box, w, f, "uuou", 0, 2048, "\1\0\1", (size_t)3,
			   F_PUB);
	case CRYPTECH_RPC_PKEY_GENERATE_EC:
		return ask(&box, w, f, "uuu", 0, CRYPTECH_CURVE_P256, F_PUB);
	case CRYPTECH_RPC_PKEY_GENERATE_HASHSIG:
		return ask(&box, w, f, "uuuuu", 0, 1, 5, 2, F_SIGN | F_TOKEN);
	case CRYPTECH_RPC_PKEY_GET_PUBLIC_KEY:
		return ask(&box, w, f, "uu", h, 1024);
	case CRYPTECH_RPC_PKEY_SIGN:
		return ask(&box, w, f, "uuou", h, 0, zeros, (size_t)32, 4464);
	case CRYPTECH_RPC_PKEY_VERIFY:
		return ask(&box, w, f, "uuoo", h, 0, zeros, (size_t)32, zeros,
			   (size_t)64);
	case CRYPTECH_RPC_PKEY_MATCH:
		return ask_match(a);
	case CRYPTECH_RPC_PKEY_SET_ATTRIBUTES:
		return ask(&box, w, f, "uuus", h, 1, 7, "value");
	case CRYPTECH_RPC_PKEY_GET_ATTRIBUTES:
		return ask(&box, w, f, "uuuu", h, 1, 7, 0);
	case CRYPTECH_RPC_PKEY_EXPORT:
		return ask(&box, w, f, "uuuu", h, a->kekek_handle, 5480, 512);
	case CRYPTECH_RPC_PKEY_IMPORT:
		return ask(&box, w, f, "uuoou", 0, a->kekek_handle, zeros,
			   (size_t)64, zeros, (size_t)256, F_SIGN | F_PUB);
	}
	return NOT_ASKED;
}

/* Our functions without a key, or with any. */
static inline int ask_ours(const struct asked *a, uint32_t f)
{
	const struct instance *k = a->key;
	uint32_t w = a->word;

	switch (f) {
	case CRYPTECH_RPC_ATTACH:
		return ask(&box, w, f, "u", 1);
	case CRYPTECH_RPC_STATUS:
		return ask(&box, w, f, "");
	case CRYPTECH_RPC_KEY_GENERATE:
		return ask(&box, w, f, "suus", "", CRYPTECH_KEY_EC_P256,
			   F_SIGN, "");
	case CRYPTECH_RPC_KEY_LOAD:
		return ask(&box, w, f, "sous", "", world.ec_der.data,
			   world.ec_der.len, F_SIGN, "");
	case CRYPTECH_RPC_KEY_LOAD_RAW:
		return ask(&box, w, f, "suous", "", CRYPTECH_KEY_AES128,
			   "sixteen bytes...", (size_t)16, F_DATA, "");
	case CRYPTECH_RPC_KEY_INFO:
	case CRYPTECH_RPC_KEY_DELETE:
	case CRYPTECH_RPC_HASHSIG_JOB:
	case CRYPTECH_RPC_HASHSIG_CANCEL:
	case CRYPTECH_RPC_HASHSIG_INFO:
		return ask(&box, w, f, "o", UUID_OF(k));
	case CRYPTECH_RPC_KEY_PUBLIC:
		return ask(&box, w, f, "ou", UUID_OF(k), 1024);
	case CRYPTECH_RPC_KEY_LIST:
		return ask(&box, w, f, "su", "", 16);
	case CRYPTECH_RPC_KEY_SET_LABEL:
		return ask(&box, w, f, "os", UUID_OF(k), "label");
	case CRYPTECH_RPC_SIGN:
		return ask_sign(a);
	case CRYPTECH_RPC_VERIFY:
		return ask(&box, w, f, "ouoo", UUID_OF(k),
			   k->kind & (K_HSS | K_HSS_PUB) ?
			   CRYPTECH_DIGEST_NONE : CRYPTECH_DIGEST_SHA256,
			   zeros, (size_t)32, zeros, (size_t)64);
	case CRYPTECH_RPC_RSA_PRIVATE:
		return ask(&box, w, f, "oo", UUID_OF(k), zeros, (size_t)256);
	case CRYPTECH_RPC_ENCRYPT:
	case CRYPTECH_RPC_DECRYPT:
		return ask_cipher(a, f);
	case CRYPTECH_RPC_OAEP_ENCRYPT:
	case CRYPTECH_RPC_OAEP_DECRYPT:
		return ask(&box, w, f, "ouso", UUID_OF(k),
			   CRYPTECH_DIGEST_SHA256, "label", zeros, (size_t)32);
	case CRYPTECH_RPC_HASHSIG_GENERATE:
		return ask(&box, w, f, "susuuuuu", "", F_SIGN | F_TOKEN, "", 0,
			   1, 1, 5, 2);
	case CRYPTECH_RPC_HASHSIG_ACCEPT:
		return ask(&box, w, f, "u", CRYPTECH_ACCEPT_FLASH);
	case CRYPTECH_RPC_SIGN_ONCE:
		return ask(&box, w, f, "oosu", UUID_OF(k), zeros, (size_t)16,
			   "message", 4464);
	case CRYPTECH_RPC_SIGN_INIT:
		return ask(&box, w, f, "oo", UUID_OF(k), zeros, (size_t)16);
	case CRYPTECH_RPC_SIGN_UPDATE:
	case CRYPTECH_RPC_VERIFY_UPDATE:
		return ask(&box, w, f, "us", 0, "message");
	case CRYPTECH_RPC_SIGN_FINAL:
		return ask(&box, w, f, "uu", 0, 4464);
	case CRYPTECH_RPC_VERIFY_FINAL:
	case CRYPTECH_RPC_STREAM_ABORT:
		return ask(&box, w, f, "u", 0);
	case CRYPTECH_RPC_VERIFY_INIT:
		return ask(&box, w, f, "oo", UUID_OF(k), zeros, (size_t)64);
	}
	return NOT_ASKED;
}

static inline int ask_transfer(const struct asked *a, uint32_t f)
{
	const struct instance *k = a->key;
	const struct bytes *s = k->kind == K_HSS ? &world.single_use :
						 &world.statement;
	uint32_t w = a->word;

	switch (f) {
	case CRYPTECH_RPC_TRANSFER_EXPORT:
		return ask(&box, w, f, "oo", UUID_OF(k), s->data, s->len);
	case CRYPTECH_RPC_TRANSFER_IMPORT:
	case CRYPTECH_RPC_RAW_IMPORT:
		return ask(&box, w, f, "ouu", zeros, (size_t)256, 0, 0);
	case CRYPTECH_RPC_TRANSFER_ACK:
		return ask(&box, w, f, "o", zeros, (size_t)256);
	case CRYPTECH_RPC_LEGACY_EXPORT:
		return ask(&box, w, f, "oo", UUID_OF(k), world.kekek,
			   sizeof(world.kekek));
	case CRYPTECH_RPC_LEGACY_IMPORT:
		return ask(&box, w, f, "ooous", world.kekek, (size_t)16, zeros,
			   (size_t)64, zeros, (size_t)256, F_SIGN, "");
	case CRYPTECH_RPC_RAW_EXPORT:
		return ask(&box, w, f, "o", UUID_OF(k));
	}
	return NOT_ASKED;
}

static inline int ask_backup(const struct asked *a, uint32_t f)
{
	const struct instance *k = a->key;
	uint32_t w = a->word;

	switch (f) {
	case CRYPTECH_RPC_DEVICE_IDENTITY:
	case CRYPTECH_RPC_KEKEK_CREATE:
	case CRYPTECH_RPC_MASTER_KEY_INFO:
		return ask(&box, w, f, "");
	case CRYPTECH_RPC_DEVICE_APPROVE:
		return ask(&box, w, f, "oos", zeros, (size_t)16,
			   world.device_spki.data, world.device_spki.len,
			   "another");
	case CRYPTECH_RPC_DEVICE_REVOKE:
		return ask(&box, w, f, "o", zeros, (size_t)16);
	case CRYPTECH_RPC_DEVICE_LIST:
	case CRYPTECH_RPC_KEKEK_LIST:
	case CRYPTECH_RPC_PARKED_LIST:
		return ask(&box, w, f, "su", "", 16);
	case CRYPTECH_RPC_POLICY_SET:
		return ask(&box, w, f, "u", 0);
	case CRYPTECH_RPC_KEKEK_ATTEST:
	case CRYPTECH_RPC_KEKEK_DELETE:
		return ask(&box, w, f, "o", UUID_OF(k));
	case CRYPTECH_RPC_FORGET:
		return ask(&box, w, f, "uo", CRYPTECH_FORGET_PARKED,
			   UUID_OF(k));
	case CRYPTECH_RPC_MASTER_KEY_GENERATE:
		return ask(&box, w, f, "u", 1);
	case CRYPTECH_RPC_MASTER_KEY_SET:
		return ask(&box, w, f, "uuo", 1, 1, zeros + 32, (size_t)32);
	case CRYPTECH_RPC_MASTER_KEY_SHARES:
	case CRYPTECH_RPC_RECOVERY_CREATE:
		return ask(&box, w, f, "uu", 2, 3);
	case CRYPTECH_RPC_RECOVERY_ARM:
		return ask(&box, w, f, "ouuo", zeros, (size_t)256, 0, 1, zeros,
			   (size_t)CRYPTECH_SHARE_SIZE);
	}
	return ask_transfer(a, f);
}

/* The error; NOT_ASKED: nobody wrote how to ask for this function. */
static inline int ask_function(const struct asked *a, uint32_t f)
{
	int error = ask_libhal(a, f);

	if (error == NOT_ASKED)
		error = ask_ours(a, f);
	if (error == NOT_ASKED)
		error = ask_gcm_or_mac(a, f);
	return error == NOT_ASKED ? ask_backup(a, f) : error;
}

#endif /* TESTS_MATRIX_CALLS_H */
